// SPDX-License-Identifier: MIT
// Who is shown where: apps fill their output, the newest in front; dialogs and small windows are
// centred, popups stay on the screen; each of two screens gets an app.
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static const char *layout(void) {
	const char *name = getenv("VITRINE_LAYOUT");
	return name ? name : "";
}

static void paint_shm(
	struct test_buffer *buffer, struct test_client *client, int width, int height, uint32_t seed) {
	test_buffer_init_shm(buffer, client, DRM_FORMAT_XRGB8888, width, height);
	test_buffer_paint(buffer, seed);
}

static void show(struct test_surface *surface, struct test_buffer *buffer) {
	test_surface_show(surface, buffer);
	test_surface_wait_frame(surface);
}

static void draw(struct fixture *fixture, const struct test_buffer *buffer, int x, int y) {
	test_picture_draw(
		&fixture->picture, &(struct test_layer){.image = &buffer->image, .x = x, .y = y});
}

static void clear(struct fixture *fixture) {
	test_picture_fill(
		&fixture->picture, 0, 0, TEST_WIDTH, TEST_HEIGHT, (struct test_color){.a = 0xffff});
}

static void assert_screen(struct fixture *fixture, int crtc) {
	struct test_screen screen;
	test_screen_open(&screen, crtc);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

static void test_black_without_an_app(void **state) {
	struct fixture *fixture = *state;
	assert_screen(fixture, 0);
}

// Chromium maps at a size of its own for good unless the very first configure has all of it.
static void test_first_configure_says_everything(void **state) {
	struct fixture *fixture = *state;
	struct test_client client;
	struct test_window window;
	test_client_connect(&client, &fixture->server);
	test_window_init(&window, &client, "app", NULL);
	assert_int_equal(window.configures, 1);
	assert_int_equal(window.width, TEST_WIDTH);
	assert_int_equal(window.height, TEST_HEIGHT);
	assert_true(window.fullscreen);
	assert_true(window.activated);
	test_window_finish(&window);
	test_client_disconnect(&client);
}

static void test_window_of_its_own_size_is_centred_on_black(void **state) {
	static const int sizes[][2] = {{100, 60}, {320, 60}, {100, 240}, {400, 300}, {319, 239}};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int width = sizes[i][0], height = sizes[i][1];
		int x = width < TEST_WIDTH ? (TEST_WIDTH - width) / 2 : 0;
		int y = height < TEST_HEIGHT ? (TEST_HEIGHT - height) / 2 : 0;
		struct test_client client;
		struct test_window window;
		struct test_buffer buffer;
		test_client_connect(&client, &fixture->server);
		test_window_init(&window, &client, "app", NULL);
		paint_shm(&buffer, &client, width, height, (uint32_t)i);
		show(&window.base, &buffer);
		clear(fixture);
		draw(fixture, &buffer, x, y);
		assert_screen(fixture, 0);
		test_buffer_finish(&buffer);
		test_window_finish(&window);
		test_client_disconnect(&client);
	}
}

static void test_newest_app_is_in_front(void **state) {
	struct fixture *fixture = *state;
	struct witness old, new;
	struct test_picture picture;
	witness_init(&old, fixture, "old", 1);
	witness_init(&new, fixture, "new", 2);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	witness_picture(&new, &picture);
	test_screen_wait(&screen, &picture);
	test_picture_finish(&picture);
	// The older one may draw: it stays behind, and learns that it is not active.
	test_client_wait(&old.client, !old.window.activated);
	witness_next_frame(&old);
	witness_picture(&new, &picture);
	test_screen_assert_stays(&screen, &picture, 5);
	test_picture_finish(&picture);
	witness_finish(&new);
	witness_picture(&old, &picture);
	test_screen_wait(&screen, &picture);
	test_picture_finish(&picture);
	test_client_wait(&old.client, old.window.activated);
	test_screen_close(&screen);
	witness_finish(&old);
}

// A small window in front does not let the app behind it shine in around it.
static void test_small_app_in_front_hides_the_one_behind(void **state) {
	struct fixture *fixture = *state;
	struct witness behind;
	witness_init(&behind, fixture, "behind", 1);
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	test_client_connect(&client, &fixture->server);
	test_window_init(&window, &client, "small", NULL);
	paint_shm(&buffer, &client, 100, 80, 3);
	show(&window.base, &buffer);
	draw(fixture, &buffer, (TEST_WIDTH - 100) / 2, (TEST_HEIGHT - 80) / 2);
	assert_screen(fixture, 0);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&client);
	witness_finish(&behind);
}

static void test_dialog_is_centred_above_its_parent(void **state) {
	struct fixture *fixture = *state;
	struct test_client client;
	struct test_window window, dialog;
	struct test_buffer buffer, dialog_buffer;
	test_client_connect(&client, &fixture->server);
	test_window_init(&window, &client, "app", NULL);
	paint_shm(&buffer, &client, TEST_WIDTH, TEST_HEIGHT, 1);
	show(&window.base, &buffer);
	test_window_init(&dialog, &client, "app", &window);
	assert_int_equal(dialog.width, 0); // its own choice
	assert_int_equal(dialog.height, 0);
	assert_false(dialog.fullscreen);
	assert_true(dialog.activated);
	paint_shm(&dialog_buffer, &client, 120, 90, 2);
	show(&dialog.base, &dialog_buffer);
	draw(fixture, &buffer, 0, 0);
	draw(fixture, &dialog_buffer, (TEST_WIDTH - 120) / 2, (TEST_HEIGHT - 90) / 2);
	assert_screen(fixture, 0);
	// Unmapped, the parent is whole again.
	test_surface_show(&dialog.base, NULL);
	draw(fixture, &buffer, 0, 0);
	assert_screen(fixture, 0);
	test_buffer_finish(&dialog_buffer);
	test_buffer_finish(&buffer);
	test_window_finish(&dialog);
	test_window_finish(&window);
	test_client_disconnect(&client);
}

static void test_popup_stays_on_the_screen(void **state) {
	static const int at[][4] = {// anchor, and where the popup of 80 x 50 px has to be
		{50, 40, 51, 41}, {300, 40, 240, 41}, {50, 230, 51, 190}, {310, 235, 240, 190}};
	struct fixture *fixture = *state;
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	test_client_connect(&client, &fixture->server);
	test_window_init(&window, &client, "app", NULL);
	paint_shm(&buffer, &client, TEST_WIDTH, TEST_HEIGHT, 1);
	show(&window.base, &buffer);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct test_popup popup;
		struct test_buffer popup_buffer;
		test_popup_init(&popup, &window, at[i][0], at[i][1], 80, 50);
		assert_int_equal(popup.width, 80);
		assert_int_equal(popup.height, 50);
		assert_int_equal(popup.x, at[i][2]);
		assert_int_equal(popup.y, at[i][3]);
		paint_shm(&popup_buffer, &client, 80, 50, (uint32_t)i + 5);
		show(&popup.base, &popup_buffer);
		draw(fixture, &buffer, 0, 0);
		draw(fixture, &popup_buffer, at[i][2], at[i][3]);
		assert_screen(fixture, 0);
		test_popup_finish(&popup);
		test_buffer_finish(&popup_buffer);
	}
	draw(fixture, &buffer, 0, 0);
	assert_screen(fixture, 0);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&client);
}

static void test_two_apps_fill_two_screens(void **state) {
	struct fixture *fixture = *state;
	struct witness apps[2];
	witness_init(&apps[0], fixture, "first", 1);
	witness_init(&apps[1], fixture, "second", 2);
	assert_int_equal(apps[0].client.n_outputs, 2);
	for (int i = 0; i < 2; i++) {
		struct test_picture picture;
		struct test_screen screen;
		witness_picture(&apps[i], &picture);
		test_screen_open(&screen, i);
		test_screen_wait(&screen, &picture);
		test_screen_close(&screen);
		test_picture_finish(&picture);
		struct test_layer_status layer =
			test_status_layer(&fixture->control, (size_t)i, i == 0 ? "first" : "second");
		assert_string_equal(layer.placement, "plane");
	}
	witness_finish(&apps[0]);
	witness_finish(&apps[1]);
}

// An app may name the screen it wants.
static void test_app_chooses_its_screen(void **state) {
	struct fixture *fixture = *state;
	struct witness app;
	witness_init(&app, fixture, "app", 1);
	test_status_layer(&fixture->control, 0, "app");
	xdg_toplevel_set_fullscreen(app.window.toplevel, app.client.outputs[1]);
	unsigned configures = app.window.configures;
	test_client_wait(&app.client, app.window.configures > configures);
	witness_next_frame(&app);
	test_status_layer(&fixture->control, 1, "app");
	assert_screen(fixture, 0); // black
	witness_finish(&app);
}

int main(void) {
	test_guard(60);
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
	const struct CMUnitTest one_screen[] = {
		TEST(test_black_without_an_app),
		TEST(test_first_configure_says_everything),
		TEST(test_window_of_its_own_size_is_centred_on_black),
		TEST(test_newest_app_is_in_front),
		TEST(test_small_app_in_front_hides_the_one_behind),
		TEST(test_dialog_is_centred_above_its_parent),
		TEST(test_popup_stays_on_the_screen),
	};
	const struct CMUnitTest two_screens[] = {
		TEST(test_two_apps_fill_two_screens),
		TEST(test_app_chooses_its_screen),
	};
	if (strcmp(layout(), "dual") == 0) {
		return cmocka_run_group_tests_name("kiosk", two_screens, NULL, NULL);
	}
	return cmocka_run_group_tests_name("kiosk", one_screen, NULL, NULL);
}
