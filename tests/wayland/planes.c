// SPDX-License-Identifier: MIT
// Video over an app: a dma-buf subsurface is on an overlay plane while what lies beneath it is composed
// once, and whatever the planes take, the screen shows the same.
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define FRAMES 100
#define MAX_PARTS 8
#define STEPS 120 // of random scenes

struct part { // a subsurface
	struct test_surface surface;
	struct wl_subsurface *subsurface;
	struct test_buffer buffers[2];
	int shown; // index of the buffer on screen
	int x, y;
	enum wl_output_transform transform;
};

struct app {
	struct test_client client;
	struct test_window window;
	struct test_buffer background;
	struct part parts[MAX_PARTS];
	int n_parts;
};

static void app_init(struct app *app, struct fixture *fixture) {
	*app = (struct app){0};
	test_client_connect(&app->client, &fixture->server);
	test_window_init(&app->window, &app->client, "app", NULL);
	xdg_surface_set_window_geometry(app->window.xdg_surface, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_init_shm(
		&app->background, &app->client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_paint(&app->background, 1);
}

static void part_finish(struct part *part) {
	wl_subsurface_destroy(part->subsurface);
	test_surface_finish(&part->surface);
	test_buffer_finish(&part->buffers[0]);
	test_buffer_finish(&part->buffers[1]);
}

static void app_finish(struct app *app) {
	for (int i = 0; i < app->n_parts; i++) {
		part_finish(&app->parts[i]);
	}
	test_buffer_finish(&app->background);
	test_window_finish(&app->window);
	test_client_disconnect(&app->client);
}

static struct part *add_part(struct app *app, bool dmabuf, uint32_t format, int width, int height) {
	struct part *part = &app->parts[app->n_parts++];
	*part = (struct part){0};
	test_surface_init(&part->surface, &app->client);
	part->subsurface = wl_subcompositor_get_subsurface(
		app->client.subcompositor, part->surface.surface, app->window.base.surface);
	for (uint32_t i = 0; i < 2; i++) {
		if (dmabuf) {
			test_buffer_init_dmabuf(
				&part->buffers[i], &app->client, TEST_MEMORY_UDMABUF, format, width, height);
		} else {
			test_buffer_init_shm(&part->buffers[i], &app->client, format, width, height);
		}
		test_buffer_paint(&part->buffers[i], (uint32_t)app->n_parts * 10 + i);
	}
	return part;
}

static void move_part(struct part *part, int x, int y) {
	part->x = x;
	part->y = y;
	wl_subsurface_set_position(part->subsurface, x, y);
}

// The other buffer, with the parent's next commit if the part is synchronised.
static void turn_part(struct part *part) {
	part->shown = 1 - part->shown;
	struct test_buffer *buffer = &part->buffers[part->shown];
	test_buffer_wait_release(buffer);
	test_surface_show(&part->surface, buffer);
}

static void commit_app(struct app *app) {
	test_surface_show(&app->window.base, &app->background);
	test_surface_wait_frame(&app->window.base);
}

// `order` (NULL: as they were made) holds the parts' numbers from bottom to top.
static void draw_app(
	struct fixture *fixture, const struct app *app, const int *order, bool on_plane) {
	test_picture_draw(&fixture->picture, &(struct test_layer){.image = &app->background.image});
	for (int i = 0; i < app->n_parts; i++) {
		const struct part *part = &app->parts[order ? order[i] : i];
		test_picture_draw(&fixture->picture,
			&(struct test_layer){.image = &part->buffers[part->shown].image,
				.x = part->x,
				.y = part->y,
				.transform = part->transform,
				.on_plane = on_plane});
	}
}

static void assert_screen(struct fixture *fixture) {
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

// How many of the client's surfaces are on planes, and how many of the rest tell no reason.
static int count_on_planes(struct fixture *fixture) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	int on_planes = 0;
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		const char *placement = test_json_string(layer, "placement");
		size_t reasons = json_object_array_length(test_json(layer, "reasons"));
		if (strcmp(placement, "composed") == 0 && reasons == 0) {
			fail_msg("composed without a reason: %s", json_object_to_json_string(layer));
		}
		on_planes += strcmp(placement, "plane") == 0;
	}
	json_object_put(status);
	return on_planes;
}

static void test_video_runs_without_composing(void **state) {
	static const uint32_t formats[] = {DRM_FORMAT_NV12, DRM_FORMAT_XRGB8888, DRM_FORMAT_RGB565};
	struct fixture *fixture = *state;
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		struct app app;
		app_init(&app, fixture);
		struct part *video = add_part(&app, true, formats[f], 160, 120);
		move_part(video, 40, 30);
		turn_part(video);
		commit_app(&app);
		wl_subsurface_set_desync(video->subsurface);
		for (int i = 0; i < 5; i++) {
			turn_part(video);
			test_surface_wait_frame(&video->surface);
		}
		assert_int_equal(count_on_planes(fixture), 1);
		int64_t bytes = test_status_counter(&fixture->control, 0, "composed_bytes");
		int64_t tests = test_status_counter(&fixture->control, 0, "test_commits");
		for (int i = 0; i < FRAMES; i++) {
			turn_part(video);
			test_surface_wait_frame(&video->surface);
		}
		assert_int_equal(test_status_counter(&fixture->control, 0, "composed_bytes"), bytes);
		assert_int_equal(test_status_counter(&fixture->control, 0, "test_commits"), tests);
		draw_app(fixture, &app, NULL, true);
		assert_screen(fixture);
		app_finish(&app);
	}
}

// Over every edge of the screen, and off it.
static void test_video_that_moves(void **state) {
	static const int places[][2] = {{0, 0}, {-50, -40}, {250, 200}, {-160, 0}, {320, 0},
		{100, -119}, {319, 239}, {-159, -119}, {80, 60}, {81, 61}};
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture);
	struct part *video = add_part(&app, true, DRM_FORMAT_XRGB8888, 160, 120);
	turn_part(video);
	commit_app(&app);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		move_part(video, places[i][0], places[i][1]);
		turn_part(video);
		commit_app(&app);
		draw_app(fixture, &app, NULL, true);
		assert_screen(fixture);
	}
	app_finish(&app);
}

// Controls drawn over the video: it can't stay above them.
static void test_shm_over_video(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture);
	struct part *video = add_part(&app, true, DRM_FORMAT_XRGB8888, 160, 120);
	struct part *controls = add_part(&app, false, DRM_FORMAT_XRGB8888, 100, 20);
	move_part(video, 60, 50);
	move_part(controls, 90, 140);
	turn_part(video);
	turn_part(controls);
	commit_app(&app);
	draw_app(fixture, &app, NULL, false);
	assert_screen(fixture);
	// Beside it they are in nobody's way.
	move_part(controls, 10, 200);
	commit_app(&app);
	draw_app(fixture, &app, NULL, false);
	assert_screen(fixture);
	if (fixture_has_overlays()) {
		assert_int_equal(count_on_planes(fixture), 1);
	}
	app_finish(&app);
}

// The composer may leave out what a plane hides, but has to make up for it.
static void test_change_under_a_video_is_seen_when_it_goes(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture);
	struct part *video = add_part(&app, true, DRM_FORMAT_XRGB8888, 160, 120);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	for (uint32_t i = 0; i < 8; i++) {
		move_part(video, 60, 50);
		turn_part(video);
		commit_app(&app);
		draw_app(fixture, &app, NULL, false);
		test_screen_wait(&screen, &fixture->picture);
		test_buffer_paint(&app.background, 50 + i);
		commit_app(&app);
		draw_app(fixture, &app, NULL, false);
		test_screen_wait(&screen, &fixture->picture);
		if (i % 2 == 0) {
			move_part(video, 200, 130);
			commit_app(&app);
			draw_app(fixture, &app, NULL, false);
			test_screen_wait(&screen, &fixture->picture);
		}
		test_surface_show(&video->surface, NULL);
		wl_surface_commit(app.window.base.surface); // without damage of its own
		wl_display_flush(app.client.display);
		test_picture_draw(&fixture->picture, &(struct test_layer){.image = &app.background.image});
		test_screen_wait(&screen, &fixture->picture);
	}
	test_screen_close(&screen);
	app_finish(&app);
}

static void test_more_videos_than_planes(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture);
	for (int i = 0; i < MAX_PARTS; i++) {
		struct part *video = add_part(&app, true, DRM_FORMAT_XRGB8888, 60, 50);
		move_part(video, 5 + 35 * i, 10 + 20 * i);
		turn_part(video);
	}
	commit_app(&app);
	draw_app(fixture, &app, NULL, false);
	assert_screen(fixture);
	int on_planes = count_on_planes(fixture);
	if (fixture_has_overlays()) {
		assert_int_equal(on_planes, 4); // three overlays, and the cursor plane
	}
	app_finish(&app);
}

static void test_see_through_video(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture);
	for (int i = 0; i < 2; i++) {
		struct part *video = add_part(&app, true, DRM_FORMAT_ARGB8888, 160, 120);
		move_part(video, 30 + 60 * i, 20 + 50 * i);
		turn_part(video);
	}
	commit_app(&app);
	draw_app(fixture, &app, NULL, false);
	test_capture_assert(&fixture->control, &fixture->picture, 1);
	if (fixture_has_overlays()) {
		assert_int_equal(count_on_planes(fixture), 2);
	}
	app_finish(&app);
}

static uint32_t random_state;

static int pick(int from, int to) {
	random_state = random_state * 1664525 + 1013904223;
	return from + (int)((random_state >> 8) % (uint32_t)(to - from + 1));
}

// One change at random. `order` holds the parts' numbers from bottom to top.
static void change_something(struct app *app, int order[MAX_PARTS]) {
	int at = pick(0, MAX_PARTS - 1), top = MAX_PARTS - 1, number = order[at];
	struct part *part = &app->parts[number];
	switch (pick(0, 4)) {
	case 0:
		turn_part(part);
		break;
	case 1:
		move_part(part, pick(-100, 300), pick(-80, 220));
		break;
	case 2:
		part->transform = (enum wl_output_transform)pick(0, 7);
		wl_surface_set_buffer_transform(part->surface.surface, (int32_t)part->transform);
		turn_part(part);
		break;
	case 3: // to the top
		if (at != top) {
			wl_subsurface_place_above(part->subsurface, app->parts[order[top]].surface.surface);
			memmove(&order[at], &order[at + 1], sizeof(order[0]) * (size_t)(top - at));
			order[top] = number;
		}
		break;
	default:
		for (int i = 0; i < MAX_PARTS; i++) {
			turn_part(&app->parts[i]);
		}
	}
}

// Whatever goes on planes and whatever is composed, after each change the screen is what it should be.
static void test_random_scenes(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	int order[MAX_PARTS];
	random_state = 42;
	app_init(&app, fixture);
	for (int i = 0; i < MAX_PARTS; i++) {
		struct part *part =
			add_part(&app, i % 4 != 3, DRM_FORMAT_XRGB8888, pick(1, 200), pick(1, 150));
		move_part(part, pick(-100, 300), pick(-80, 220));
		turn_part(part);
		order[i] = i;
	}
	struct test_screen screen;
	test_screen_open(&screen, 0);
	for (int step = 0; step < STEPS; step++) {
		change_something(&app, order);
		commit_app(&app);
		draw_app(fixture, &app, order, false);
		test_screen_wait(&screen, &fixture->picture);
	}
	test_screen_close(&screen);
	app_finish(&app);
}

int main(void) {
	test_guard(90);
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
	const struct CMUnitTest tests[] = {
		TEST(test_video_that_moves),
		TEST(test_shm_over_video),
		TEST(test_change_under_a_video_is_seen_when_it_goes),
		TEST(test_more_videos_than_planes),
		TEST(test_see_through_video),
		TEST(test_random_scenes),
	};
	const struct CMUnitTest with_overlays[] = {
		TEST(test_video_runs_without_composing),
	};
	int failed = cmocka_run_group_tests_name("planes", tests, NULL, NULL);
	if (fixture_has_overlays()) {
		failed += cmocka_run_group_tests_name("planes: overlays", with_overlays, NULL, NULL);
	}
	return failed;
}
