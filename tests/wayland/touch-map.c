// SPDX-License-Identifier: MIT
// Touch follows the output: on two screens, however they are turned, mirrored and scaled, with and
// without a calibration, a finger on a px of the panel is a finger on that px of the app.
#include <drm_fourcc.h>
#include <math.h>
#include <stdio.h>

#include "input-fixture.h"

enum {
	UNITS = 16, // of a touch screen to a px
	PANELS = 2,
};

static const char *const transforms[] = {
	"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"};
static const double scales[] = {1, 1.5, 2};

// px of the panel; corners, and places that no symmetry maps to each other.
static const int places[][2] = {{0, 0}, {TEST_WIDTH - 1, 0}, {0, TEST_HEIGHT - 1},
	{TEST_WIDTH - 1, TEST_HEIGHT - 1}, {37, 101}, {250, 66}};

struct panel {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	struct test_seat seat;
	struct test_device device;
};

// Which upright px is at this px of the panel: undoes wl_output.transform a quarter at a time.
static void to_upright(int transform, int x, int y, int *upright_x, int *upright_y) {
	int width = TEST_WIDTH, height = TEST_HEIGHT, swap;
	for (int i = 0; i < (transform & 3); i++) { // clockwise
		swap = height - 1 - y;
		y = x;
		x = swap;
		swap = width;
		width = height;
		height = swap;
	}
	*upright_x = transform & 4 ? width - 1 - x : x;
	*upright_y = y;
}

static void panel_init(struct panel *panel, struct input_fixture *fixture, int index) {
	static const struct test_device_settings settings = {
		.width = UNITS * TEST_WIDTH, .height = UNITS * TEST_HEIGHT};
	static const char *const names[PANELS] = {"left panel", "right panel"};
	test_client_connect(&panel->client, &fixture->server);
	input_show_window(&panel->window, &panel->client, &panel->buffer, names[index]);
	test_seat_init(&panel->seat, &panel->client, 9);
	test_device_init_touch(&panel->device, &fixture->server, names[index], &settings);
	test_seat_wait_capabilities(&panel->seat, WL_SEAT_CAPABILITY_TOUCH);
}

static void panel_finish(struct panel *panel) {
	test_device_finish(&panel->device, NULL);
	test_seat_finish(&panel->seat);
	test_window_finish(&panel->window);
	test_buffer_finish(&panel->buffer);
	test_client_disconnect(&panel->client);
}

static void tap(struct panel *panel, int x, int y, int expected_x, int expected_y, double scale) {
	test_device_touch_down(&panel->device, 0, x * UNITS + UNITS / 2, y * UNITS + UNITS / 2);
	struct test_event event = test_seat_expect(&panel->seat, TEST_TOUCH_DOWN);
	assert_ptr_equal(event.surface, panel->window.base.surface);
	if (floor(event.x * scale) != expected_x || floor(event.y * scale) != expected_y) {
		fail_msg("px %d,%d of the panel is at %g,%g of the app (scale %g), expected px %d,%d", x, y,
			event.x, event.y, scale, expected_x, expected_y);
	}
	test_seat_expect(&panel->seat, TEST_TOUCH_FRAME);
	test_device_touch_up(&panel->device, 0);
	test_seat_expect(&panel->seat, TEST_TOUCH_UP);
	test_seat_expect(&panel->seat, TEST_TOUCH_FRAME);
}

static void check(int transform, double scale) {
	char configuration[512];
	snprintf(configuration, sizeof(configuration),
		"[output *]\ntransform = %s\nscale = %g\n"
		"[input left panel]\noutput = Virtual-1\n"
		"[input right panel]\noutput = Virtual-2\ncalibration-matrix = -1 0 1 0 1 0\n",
		transforms[transform], scale);
	struct input_fixture *fixture = input_start_with(configuration);
	test_window_finish(&fixture->window); // its own window is in the way
	struct panel panels[PANELS] = {0};
	for (int i = 0; i < PANELS; i++) {
		panel_init(&panels[i], fixture, i);
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int x = places[i][0], y = places[i][1], expected_x, expected_y;
		to_upright(transform, x, y, &expected_x, &expected_y);
		tap(&panels[0], x, y, expected_x, expected_y, scale);
		// The other one was mounted the wrong way round, as its calibration says.
		to_upright(transform, TEST_WIDTH - 1 - x, y, &expected_x, &expected_y);
		tap(&panels[1], x, y, expected_x, expected_y, scale);
	}
	for (int i = 0; i < PANELS; i++) {
		panel_finish(&panels[i]);
	}
	void *state = fixture;
	input_stop(&state);
}

static void test_all_ways(void **state) {
	(void)state;
	for (int transform = 0; transform < 8; transform++) {
		for (size_t s = 0; s < sizeof(scales) / sizeof(scales[0]); s++) {
			check(transform, scales[s]);
		}
	}
}

int main(void) {
	test_guard(140);
	test_need_layout("dual");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
