// SPDX-License-Identifier: MIT
// A small change on a large screen costs its own size: once in each of the composer's two targets and
// nothing else, however many layers there are. Counted by the server; that the pictures are right is
// for `composed` to prove.
#include <drm_fourcc.h>
#include <string.h>

#include "fixture.h"

#define LARGE_MODE "3840x2160@60"

enum {
	WIDTH = 3840,
	HEIGHT = 2160,
	SIDE = 16, // px, of a change
	CHANGES = 12,
};

struct app {
	struct test_client client;
	struct test_window window;
	struct test_buffer background;
	struct test_surface part;
	struct wl_subsurface *subsurface;
	struct test_buffer panel;
};

static int start_large(void **state) {
	static struct fixture fixture;
	fixture = (struct fixture){0};
	*state = &fixture;
	test_server_start(&fixture.server, LARGE_MODE);
	test_client_connect(&fixture.control, &fixture.server);
	test_picture_init(&fixture.picture, 1, 1);
	return 0;
}

// wl_shm, so that all of it is composed: a window as large as the screen, and a panel of `format` over
// its right half.
static void app_init(struct app *app, struct fixture *fixture, uint32_t format) {
	*app = (struct app){0};
	test_client_connect(&app->client, &fixture->server);
	test_window_init(&app->window, &app->client, "app", NULL);
	assert_int_equal(app->window.width, WIDTH);
	assert_int_equal(app->window.height, HEIGHT);
	test_buffer_init_shm(&app->background, &app->client, DRM_FORMAT_XRGB8888, WIDTH, HEIGHT);
	test_buffer_fill(&app->background, 0xff203040);
	test_surface_init(&app->part, &app->client);
	app->subsurface = wl_subcompositor_get_subsurface(
		app->client.subcompositor, app->part.surface, app->window.base.surface);
	wl_subsurface_set_position(app->subsurface, WIDTH / 2, 0);
	test_buffer_init_shm(&app->panel, &app->client, format, WIDTH / 2, HEIGHT);
	test_buffer_fill(&app->panel, 0x80102030);
	wl_surface_attach(app->part.surface, app->panel.buffer, 0, 0);
	wl_surface_damage_buffer(app->part.surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(app->part.surface);
	test_surface_show(&app->window.base, &app->background);
	test_surface_wait_frame(&app->window.base);
}

static void app_finish(struct app *app) {
	wl_subsurface_destroy(app->subsurface);
	test_surface_finish(&app->part);
	test_buffer_finish(&app->panel);
	test_buffer_finish(&app->background);
	test_window_finish(&app->window);
	test_client_disconnect(&app->client);
}

// Another colour in a box of the window, and what the frame cost in px composed.
static int64_t change(struct fixture *fixture, struct app *app, int x, int y) {
	int64_t before = test_status_counter(&fixture->control, 0, "composed_px");
	struct test_image box = app->background.image;
	box.data[0] += (size_t)y * box.stride[0] + 4 * (size_t)x;
	box.width = box.height = SIDE;
	// While it is shown: which moment of it is seen does not matter here.
	test_image_fill(&box, 0xff000000 | (uint32_t)(x * 7 + y));
	wl_surface_attach(app->window.base.surface, app->background.buffer, 0, 0);
	wl_surface_damage_buffer(app->window.base.surface, x, y, SIDE, SIDE);
	test_surface_want_frame(&app->window.base);
	wl_surface_commit(app->window.base.surface);
	test_surface_wait_frame(&app->window.base);
	return test_status_counter(&fixture->control, 0, "composed_px") - before;
}

// Apart from each other, `left` px from the left and more.
static int64_t change_number(struct fixture *fixture, struct app *app, int i, int left) {
	return change(fixture, app, left + i * 97, 40 + i * 131);
}

// What each change of the window costs from `left` on, while it is drawn `draws` times.
static void assert_costs(struct fixture *fixture, struct app *app, int left, int draws) {
	int64_t once = SIDE * SIDE * draws;
	// So long a target may lack more than that, or another change than one of these.
	change_number(fixture, app, 0, left);
	change_number(fixture, app, 1, left);
	for (int i = 2; i < CHANGES; i++) {
		// The target that is drawn into lacks the change before as well.
		assert_int_equal(change_number(fixture, app, i, left), 2 * once);
	}
}

static void test_beside_a_panel(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, DRM_FORMAT_ARGB8888);
	assert_costs(fixture, &app, 100, 1);
	app_finish(&app);
}

// Once the window and once the panel that is blended over it.
static void test_below_a_panel_that_is_seen_through(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, DRM_FORMAT_ARGB8888);
	assert_costs(fixture, &app, WIDTH / 2 + 100, 2);
	app_finish(&app);
}

// What an opaque panel hides costs nothing, and comes to light with the rest when the panel goes.
static void test_below_an_opaque_panel(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, DRM_FORMAT_XRGB8888);
	assert_costs(fixture, &app, 100, 1);
	assert_costs(fixture, &app, WIDTH / 2 + 100, 0);
	int64_t before = test_status_counter(&fixture->control, 0, "composed_px");
	wl_surface_attach(app.part.surface, NULL, 0, 0);
	wl_surface_commit(app.part.surface);
	test_surface_want_frame(&app.window.base);
	wl_surface_commit(app.window.base.surface);
	test_surface_wait_frame(&app.window.base);
	assert_int_equal(test_status_counter(&fixture->control, 0, "composed_px") - before,
		WIDTH / 2 * HEIGHT + SIDE * SIDE); // which the target lacks of before
	app_finish(&app);
}

int main(void) {
	test_guard(200);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_large, fixture_stop)
		TEST(test_beside_a_panel),
		TEST(test_below_a_panel_that_is_seen_through),
		TEST(test_below_an_opaque_panel),
	};
	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
