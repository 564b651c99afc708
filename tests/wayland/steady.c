// SPDX-License-Identifier: MIT
// While nothing changes but contents and places, a frame costs what it must: no test commit, a few
// property values, no allocation and no import. Counted from outside, by what the server asks of the
// kernel and of the C library.
#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>

#include "app.h"

enum {
	FRAMES = 1000,
	QUIET_FRAMES = 30, // without a test: the planner has come to an end
	WARM_UP_MAX = 400,
	PLANE_VALUES = 4, // framebuffer, x and y, and that nobody is waited for
};

// One frame of what is to be steady; `i` counts them.
typedef void (*frame_func)(struct app *app, int i);

static void warm_up(struct fixture *fixture, struct app *app, frame_func frame) {
	int quiet = 0;
	for (int i = 0; quiet < QUIET_FRAMES; i++) {
		struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
		frame(app, i);
		quiet = test_trace_counts(&fixture->trace, &before).tests == 0 ? quiet + 1 : 0;
		if (i == WARM_UP_MAX) {
			fail_msg("the planner still tests after %d frames of the same scene", i);
		}
	}
}

static struct trace_counts count_frames(
	struct fixture *fixture, struct app *app, frame_func frame) {
	warm_up(fixture, app, frame);
	test_trace_restart(&fixture->trace);
	struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
	for (int i = 0; i < FRAMES; i++) {
		frame(app, i);
	}
	struct trace_counts counts = test_trace_counts(&fixture->trace, &before);
	print_message("%d frames: %llu commits, %llu tests, at most %u values to a plane, "
				  "allocations: %llu, by pixman %llu, by libwayland %llu; %llu other ioctls\n",
		FRAMES, (unsigned long long)counts.commits, (unsigned long long)counts.tests,
		test_trace_plane_values(&fixture->trace), (unsigned long long)counts.allocations,
		(unsigned long long)counts.pixman_allocations,
		(unsigned long long)counts.wayland_allocations, (unsigned long long)counts.other_ioctls);
	test_trace_print_callers(&fixture->trace);
	return counts;
}

// Contents change and places do, too: what the server works out anew are regions.
static struct trace_counts assert_moves_for_free(
	struct fixture *fixture, struct app *app, frame_func frame, unsigned changing_planes) {
	struct trace_counts counts = count_frames(fixture, app, frame);
	assert_true(counts.commits >= FRAMES);
	assert_int_equal(counts.tests, 0);
	assert_in_range(test_trace_plane_values(&fixture->trace), 1, PLANE_VALUES);
	// Planes whose picture stays where it is are not even named.
	assert_in_range(test_trace_last_objects(&fixture->trace), 1, changing_planes);
	assert_int_equal(counts.allocations, 0);
	assert_int_equal(counts.other_ioctls, 0);
	assert_int_equal(counts.commit_results[0], counts.commits);
	return counts;
}

static void assert_steady(
	struct fixture *fixture, struct app *app, frame_func frame, unsigned changing_planes) {
	struct trace_counts counts = assert_moves_for_free(fixture, app, frame, changing_planes);
	assert_int_equal(counts.pixman_allocations, 0);
}

// The type of the plane that shows the app's layer number `index` from the bottom; "composed" for none.
static void find_plane(struct fixture *fixture, size_t index, char type[16]) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *output = test_status_output(status, 0);
	struct json_object *planes = test_json(output, "planes");
	strcpy(type, "composed");
	for (size_t i = 0; i < json_object_array_length(planes); i++) {
		struct json_object *plane = json_object_array_get_idx(planes, i);
		if (test_json_int(plane, "layer") == (int64_t)index) {
			snprintf(type, 16, "%s", test_json_string(plane, "type"));
		}
	}
	json_object_put(status);
}

static void assert_plane(struct fixture *fixture, size_t index, const char *wanted) {
	char type[16];
	find_plane(fixture, index, type);
	assert_string_equal(type, wanted);
}

static void assert_screen(struct fixture *fixture, const struct app *app) {
	struct test_screen screen;
	app_draw(app, &fixture->picture);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

// A picture of `width` x `height` at x, y.
static struct part *add_video(struct app *app, int width, int height, int x, int y) {
	struct part *video = app_add_part(app, true, DRM_FORMAT_XRGB8888, width, height);
	part_move(video, x, y);
	part_turn(video);
	return video;
}

static void show_camera(struct app *app, int i) {
	(void)i;
	part_turn(&app->parts[0]);
	test_surface_wait_frame(&app->parts[0].surface);
}

static void test_camera_over_a_quiet_app(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	struct part *camera = add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	wl_subsurface_set_desync(camera->subsurface);
	assert_steady(fixture, &app, show_camera, 1);
	assert_plane(fixture, 1, "overlay");
	assert_screen(fixture, &app);
	app_finish(&app);
}

static void show_cameras(struct app *app, int i) {
	(void)i;
	part_turn(&app->parts[0]);
	part_turn(&app->parts[1]);
	test_client_wait(
		&app->client, !app->parts[0].surface.callback && !app->parts[1].surface.callback);
}

static void test_two_cameras(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	add_video(&app, 160, 120, 10, 10);
	add_video(&app, 100, 90, 140, 100); // over the first
	app_commit(&app);
	wl_subsurface_set_desync(app.parts[0].subsurface);
	wl_subsurface_set_desync(app.parts[1].subsurface);
	assert_steady(fixture, &app, show_cameras, 2);
	assert_plane(fixture, 1, "overlay");
	assert_plane(fixture, 2, "overlay");
	assert_screen(fixture, &app);
	app_finish(&app);
}

// A box of the app's window, in whichever buffer is its turn, in a colour for each frame.
static void draw_app(struct app *app, int i) {
	enum { X = 210, Y = 60, WIDTH = 90, HEIGHT = 20 };
	app->shown = 1 - app->shown;
	struct test_buffer *buffer = &app->buffers[app->shown];
	test_buffer_wait_release(buffer);
	struct test_image box = buffer->image;
	box.data[0] += (size_t)Y * box.stride[0] + 4 * X;
	box.width = WIDTH;
	box.height = HEIGHT;
	test_image_fill(&box, (uint32_t)i * 0x010305);
	buffer->busy = true;
	wl_surface_attach(app->window.base.surface, buffer->buffer, 0, 0);
	wl_surface_damage_buffer(app->window.base.surface, X, Y, WIDTH, HEIGHT);
	test_surface_want_frame(&app->window.base);
	wl_surface_commit(app->window.base.surface);
}

static void show_camera_and_app(struct app *app, int i) {
	part_turn(&app->parts[0]);
	draw_app(app, i);
	test_client_wait(&app->client, !app->parts[0].surface.callback && !app->window.base.callback);
}

static void test_camera_over_an_app_that_draws(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	struct part *camera = add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	wl_subsurface_set_desync(camera->subsurface);
	assert_steady(fixture, &app, show_camera_and_app, 2);
	assert_plane(fixture, 1, "overlay");
	assert_screen(fixture, &app);
	app_finish(&app);
}

// Up and down, to and fro, inside the screen.
static int bounce(int i, int range) {
	int at = i % (2 * range);
	return at < range ? at : 2 * range - at;
}

static void move_top(struct app *app, int i) {
	struct part *part = &app->parts[app->n_parts - 1];
	const struct test_image *image = &part->buffers[0].image;
	part_move(
		part, bounce(3 * i, TEST_WIDTH - image->width), bounce(2 * i, TEST_HEIGHT - image->height));
	app_commit_state(app);
}

static void test_small_layer_that_moves(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	// As many videos as there are overlays, so that the cursor plane is left.
	add_video(&app, 100, 80, 10, 20);
	add_video(&app, 100, 80, 200, 30);
	add_video(&app, 100, 80, 100, 150);
	struct part *pointer = app_add_part(&app, true, DRM_FORMAT_ARGB8888, 64, 64);
	for (int i = 0; i < 2; i++) {
		test_buffer_fill(&pointer->buffers[i], 0xffd0e010); // opaque, for the sake of the CRC
	}
	part_turn(pointer);
	app_commit(&app);
	assert_moves_for_free(fixture, &app, move_top, 1);
	assert_plane(fixture, 4, "cursor");
	assert_screen(fixture, &app);
	app_finish(&app);
}

static void test_window_that_moves(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	assert_moves_for_free(fixture, &app, move_top, 1);
	assert_plane(fixture, 1, "overlay");
	assert_screen(fixture, &app);
	app_finish(&app);
}

static void move_and_draw(struct app *app, int i) {
	struct part *part = &app->parts[0];
	const struct test_image *image = &part->buffers[0].image;
	part_move(
		part, bounce(3 * i, TEST_WIDTH - image->width), bounce(2 * i, TEST_HEIGHT - image->height));
	part_turn(part);
	app_commit_state(app);
}

// The same with new contents in each place.
static void test_video_that_moves(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	assert_moves_for_free(fixture, &app, move_and_draw, 1);
	assert_plane(fixture, 1, "overlay");
	assert_screen(fixture, &app);
	app_finish(&app);
}

// Dialogs come and go: what the planner found out for a scene holds when it comes back.
static void test_scene_seen_before(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	warm_up(fixture, &app, move_and_draw);
	struct part *dialog = app_add_part(&app, true, DRM_FORMAT_XRGB8888, 90, 70);
	part_move(dialog, 20, 150);
	for (int round = 0; round < 10; round++) {
		struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
		part_turn(dialog);
		app_commit(&app);
		uint64_t tests = test_trace_counts(&fixture->trace, &before).tests;
		if (round == 0) {
			assert_in_range(tests, 1, 8);
			warm_up(fixture, &app, move_and_draw);
		} else {
			assert_int_equal(tests, 0);
		}
		assert_screen(fixture, &app);
		before = test_trace_counts(&fixture->trace, NULL);
		part_unmap(dialog);
		app_commit(&app);
		assert_int_equal(test_trace_counts(&fixture->trace, &before).tests, 0);
		assert_screen(fixture, &app);
	}
	app_finish(&app);
}

int main(void) {
	test_need_layout("default");
	test_guard(140);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start_traced_fast, fixture_stop)
		TEST(test_camera_over_a_quiet_app),
		TEST(test_two_cameras),
		TEST(test_camera_over_an_app_that_draws),
		TEST(test_small_layer_that_moves),
		TEST(test_window_that_moves),
		TEST(test_video_that_moves),
		TEST(test_scene_seen_before),
	};
	return cmocka_run_group_tests_name("steady", tests, NULL, NULL);
}
