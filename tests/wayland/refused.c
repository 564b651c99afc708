// SPDX-License-Identifier: MIT
// Commits that the kernel refuses though their layout passed its test, or because it is busy: clients do
// not notice. Every picture reaches the screen, with one more commit than without the refusal.
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "app.h"

enum {
	TENTH = 100,        // of 1,000 commits
	FRAMES = 700,       // with errors of layouts in turn
	EACH = 100,         // with each passing error
	CHECKED = 50,       // between looks at the screen
	WAIT_NS = 50000000, // from a refusal to the next try at most, on average, on a busy machine
};

static const int layout_errors[] = {EINVAL, ERANGE, ENOSPC, E2BIG, EOPNOTSUPP, EPERM, ENOMEM};
static const int passing_errors[] = {EINTR, EAGAIN, EBUSY, EACCES};

static void assert_screen(struct fixture *fixture, const struct app *app) {
	struct test_screen screen;
	app_draw(app, &fixture->picture);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

// The next picture of a surface, which must be presented. Gives the feedback.
static struct test_feedback show(struct app *app, struct part *part) {
	struct test_surface *surface = part ? &part->surface : &app->window.base;
	struct test_feedback feedback;
	test_feedback_init(&feedback, surface);
	unsigned frames = surface->frames;
	if (part) {
		part_turn(part);
		test_surface_wait_frame(surface);
	} else {
		app_commit(app);
	}
	test_feedback_wait(&feedback);
	assert_int_equal(surface->frames, frames + 1);
	if (!feedback.presented) {
		fail_msg("a picture that nothing took the place of was not presented");
	}
	return feedback;
}

static void assert_counts(
	struct fixture *fixture, const struct trace_counts *before, const char *what, int frames) {
	struct trace_counts counts = test_trace_counts(&fixture->trace, before);
	uint64_t failed = counts.commits - counts.commit_results[0];
	uint64_t wait_ns = counts.refused > 0 ? counts.wait_ns / counts.refused : 0;
	print_message("%s: %d frames, %llu commits, %llu refused, %llu ms until the next on average\n",
		what, frames, (unsigned long long)counts.commits, (unsigned long long)counts.refused,
		(unsigned long long)wait_ns / 1000000);
	assert_true(counts.refused > 0);
	assert_int_equal(failed, counts.refused); // none but ours
	// One for each frame and each refusal, and one that may have been on its way.
	assert_in_range(counts.commits, (uint64_t)frames, (uint64_t)frames + counts.refused + 1);
	assert_true(wait_ns < WAIT_NS);
}

// Shows pictures of the part (NULL: of the window) and looks at the screen now and then.
static void show_frames(
	struct fixture *fixture, struct app *app, struct part *part, int frames, const char *what) {
	struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
	for (int i = 1; i <= frames; i++) {
		struct test_feedback feedback = show(app, part);
		test_feedback_finish(&feedback);
		if (i % CHECKED == 0) {
			assert_screen(fixture, app);
		}
	}
	assert_counts(fixture, &before, what, frames);
}

static void begin(struct app *app, struct fixture *fixture) {
	app_init(app, fixture, "app");
	struct part *camera = app_add_part(app, true, DRM_FORMAT_XRGB8888, 160, 120);
	struct part *other = app_add_part(app, true, DRM_FORMAT_XRGB8888, 100, 90);
	part_move(camera, 40, 30);
	part_move(other, 120, 110);
	part_turn(camera);
	part_turn(other);
	app_commit(app);
	wl_subsurface_set_desync(camera->subsurface);
	wl_subsurface_set_desync(other->subsurface);
}

static void end(struct app *app, struct fixture *fixture) {
	test_trace_refuse_none(&fixture->trace);
	test_client_roundtrip(&app->client);
	assert_true(test_server_alive(&fixture->server));
	app_finish(app);
}

// A layout that is refused is given up, until all is composed; then the next one must be found.
static void test_layouts_refused_after_their_test(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	begin(&app, fixture);
	test_trace_refuse(
		&fixture->trace, TENTH, 1, layout_errors, sizeof(layout_errors) / sizeof(layout_errors[0]));
	show_frames(fixture, &app, &app.parts[0], FRAMES, "layout errors");
	end(&app, fixture);
}

// The same for layouts that nobody saw before: each frame has another one.
static void test_new_layouts_refused_after_their_test(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	begin(&app, fixture);
	test_trace_refuse(&fixture->trace, TENTH * 3, 2, layout_errors,
		sizeof(layout_errors) / sizeof(layout_errors[0]));
	struct part *part = &app.parts[1];
	wl_subsurface_set_sync(part->subsurface);
	struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
	for (int i = 0; i < EACH; i++) {
		// Overlapping one another or not, crossing each edge or not, there or not.
		part_move(part, i * 37 % 400 - 60, i * 23 % 300 - 40);
		if (i % 5 == 0) {
			part_unmap(part);
		} else {
			part_turn(part);
		}
		struct test_feedback feedback = show(&app, NULL);
		test_feedback_finish(&feedback);
		assert_screen(fixture, &app);
	}
	assert_counts(fixture, &before, "layout errors, new layouts", EACH);
	end(&app, fixture);
}

// Of what might be seen through, the picture below is drawn for the layout that is refused: without it.
static void test_translucent_layers_stay(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	begin(&app, fixture);
	wl_subsurface_set_sync(app.parts[1].subsurface);
	struct part *glass = app_add_part(&app, true, DRM_FORMAT_ARGB8888, 90, 70);
	test_buffer_fill(&glass->buffers[0], 0xff20c040);
	test_buffer_fill(&glass->buffers[1], 0xffc04020);
	test_trace_refuse(&fixture->trace, TENTH * 3, 10, layout_errors,
		sizeof(layout_errors) / sizeof(layout_errors[0]));
	struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
	part_turn(glass);
	for (int i = 0; i < EACH; i++) {
		// It stays as it is while others make room for it on planes, or need them.
		part_move(&app.parts[1], i * 37 % 400 - 60, i * 23 % 300 - 40);
		if (i % 3 == 0) {
			part_unmap(&app.parts[1]);
		} else {
			part_turn(&app.parts[1]);
		}
		app_commit_state(&app); // the picture below is not drawn anew for reasons of its own
		assert_screen(fixture, &app);
	}
	assert_counts(fixture, &before, "layout errors, a translucent layer", EACH);
	end(&app, fixture);
}

// What is composed alone has nothing to fall back to, and needs nothing: it is tried again.
static void test_composed_pictures_refused(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	app_commit(&app);
	test_trace_refuse(
		&fixture->trace, TENTH, 3, layout_errors, sizeof(layout_errors) / sizeof(layout_errors[0]));
	show_frames(fixture, &app, NULL, 2 * EACH, "composed");
	end(&app, fixture);
}

static void test_passing_errors(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	begin(&app, fixture);
	for (size_t i = 0; i < sizeof(passing_errors) / sizeof(passing_errors[0]); i++) {
		struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
		test_trace_refuse(&fixture->trace, TENTH, (uint32_t)i + 4, &passing_errors[i], 1);
		show_frames(fixture, &app, &app.parts[0], EACH, strerrorname_np(passing_errors[i]));
		// They say nothing of the layout, which stays.
		struct json_object *status = test_status(&fixture->control);
		struct json_object *layers = test_json(test_status_output(status, 0), "layers");
		struct json_object *camera = json_object_array_get_idx(layers, 1);
		assert_string_equal(test_json_string(camera, "placement"), "plane");
		json_object_put(status);
		assert_true(
			test_trace_counts(&fixture->trace, &before).commit_results[passing_errors[i]] > 0);
	}
	end(&app, fixture);
}

// Then the device is opened anew: that costs commits of its own, and no picture.
static void test_device_that_is_gone(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	const int error = ENODEV;
	begin(&app, fixture);
	struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
	test_trace_refuse(&fixture->trace, TENTH, 8, &error, 1);
	for (int i = 0; i < EACH; i++) {
		struct test_feedback feedback = show(&app, &app.parts[0]);
		test_feedback_finish(&feedback);
	}
	struct trace_counts counts = test_trace_counts(&fixture->trace, &before);
	assert_true(counts.commit_results[ENODEV] > 0);
	assert_true(test_server_wait_log(&fixture->server, ": the display device is there\n"));
	test_trace_refuse_none(&fixture->trace);
	assert_screen(fixture, &app);
	end(&app, fixture);
}

// A frame is begun early enough before its vblank for a second try.
static void test_busy_once_loses_no_refresh(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	const int error = EBUSY;
	begin(&app, fixture);
	test_trace_refuse(&fixture->trace, 2 * TENTH, 9, &error, 1);
	int n[2] = {0}, late[2] = {0}; // [1]: with a refusal
	uint64_t last = 0;
	for (int i = 0; i < 2 * EACH; i++) {
		struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
		struct test_feedback feedback = show(&app, &app.parts[0]);
		int refused = test_trace_counts(&fixture->trace, &before).refused > 0;
		if (i > 0) {
			n[refused]++;
			late[refused] += feedback.sequence != last + 1;
		}
		last = feedback.sequence;
		test_feedback_finish(&feedback);
	}
	print_message("late: %d of %d frames, %d of %d of which one commit was refused\n", late[0],
		n[0], late[1], n[1]);
	assert_true(n[0] > 0 && n[1] > 0);
	// The machine makes frames late as it likes; refusals may not be the reason of most.
	assert_true(late[1] * 2 * n[0] <= n[1] * n[0] + late[0] * 2 * n[1]);
	end(&app, fixture);
}

int main(void) {
	test_need_layout("default");
	test_guard(110);
	const struct CMUnitTest tests[] = {
#define FAST(name) cmocka_unit_test_setup_teardown(name, fixture_start_traced_fast, fixture_stop)
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start_traced, fixture_stop)
		FAST(test_layouts_refused_after_their_test),
		FAST(test_new_layouts_refused_after_their_test),
		FAST(test_translucent_layers_stay),
		FAST(test_composed_pictures_refused),
		FAST(test_passing_errors),
		FAST(test_device_that_is_gone),
		TEST(test_busy_once_loses_no_refresh),
	};
	return cmocka_run_group_tests_name("refused", tests, NULL, NULL);
}
