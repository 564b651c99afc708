// SPDX-License-Identifier: MIT
// A touch screen on an output that mirrors another touches what is seen there, to the px, however the
// mirror is turned; the bars beside the picture are nothing; pointers move on what is mirrored.
#include <drm_fourcc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "input-fixture.h"

enum {
	UNITS = 16, // of a touch screen to a px
	BAR = 40,   // px left and right of the picture
	WIDE = TEST_WIDTH + 2 * BAR,
};

static const char *const transforms[] = {
	"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"};
static const double scales[] = {1, 1.5, 2};

// px of the source as it is seen; corners, and places that no symmetry maps to each other.
static const int places[][2] = {{0, 0}, {TEST_WIDTH - 1, 0}, {0, TEST_HEIGHT - 1},
	{TEST_WIDTH - 1, TEST_HEIGHT - 1}, {37, 101}, {250, 66}};

// Where an upright px of the mirror is on its panel: mirrored first, then turned counter-clockwise a
// quarter at a time (wl_output.transform).
static void to_panel(int transform, int width, int height, int *x, int *y) {
	if (transform & 4) {
		*x = width - 1 - *x;
	}
	for (int i = 0; i < (transform & 3); i++) {
		int swap = width - 1 - *x;
		*x = *y;
		*y = swap;
		swap = width;
		width = height;
		height = swap;
	}
}

struct panel {
	struct input_fixture *fixture;
	struct test_device device;
	int transform;
	double scale; // of the source
};

static void panel_init(struct panel *panel, int transform, double scale, const char *more) {
	int width = transform & 1 ? TEST_HEIGHT : WIDE, height = transform & 1 ? WIDE : TEST_HEIGHT;
	char text[512];
	snprintf(text, sizeof(text),
		"[output Virtual-1]\nmode = " TEST_MODE "\nscale = %g\n"
		"[output Virtual-2]\nmirror = Virtual-1\nmode = %dx%d@60\ntransform = %s\n%s",
		scale, width, height, transforms[transform], more);
	*panel = (struct panel){.transform = transform, .scale = scale};
	panel->fixture = input_start_with(text);
	// Its name says where it is.
	struct test_device_settings settings = {.width = UNITS * width, .height = UNITS * height};
	test_device_init_touch(&panel->device, &panel->fixture->server, "Virtual-2 panel", &settings);
	test_seat_wait_capabilities(&panel->fixture->seat, WL_SEAT_CAPABILITY_TOUCH);
}

static void panel_finish(struct panel *panel) {
	test_device_finish(&panel->device, NULL);
	void *state = panel->fixture;
	input_stop(&state);
}

// px of the source, or beside it, to units of the device.
static void to_units(const struct panel *panel, int *x, int *y) {
	*x += BAR;
	to_panel(panel->transform, WIDE, TEST_HEIGHT, x, y);
	*x = *x * UNITS + UNITS / 2;
	*y = *y * UNITS + UNITS / 2;
}

static void down(struct panel *panel, int x, int y) {
	to_units(panel, &x, &y);
	test_device_touch_down(&panel->device, 0, x, y);
}

static void move(struct panel *panel, int x, int y) {
	to_units(panel, &x, &y);
	test_device_touch_move(&panel->device, 0, x, y);
}

static void up(struct panel *panel) {
	test_device_touch_up(&panel->device, 0);
}

static void expect(struct panel *panel, enum test_event_type type, int x, int y) {
	struct test_event event = test_seat_expect(&panel->fixture->seat, type);
	if (floor(event.x * panel->scale) != x || floor(event.y * panel->scale) != y) {
		fail_msg("mirror %s, scale %g: px %d,%d is at %g,%g of the app",
			transforms[panel->transform], panel->scale, x, y, event.x, event.y);
	}
	test_seat_expect(&panel->fixture->seat, TEST_TOUCH_FRAME);
}

static void expect_up(struct panel *panel) {
	test_seat_expect(&panel->fixture->seat, TEST_TOUCH_UP);
	test_seat_expect(&panel->fixture->seat, TEST_TOUCH_FRAME);
}

static void check_touch(int transform, double scale) {
	struct panel panel;
	panel_init(&panel, transform, scale, "");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		// Nothing of this is heard, or it would come first.
		down(&panel, i % 2 ? -1 : TEST_WIDTH, places[i][1]);
		move(&panel, 100, 100);
		up(&panel);
		down(&panel, places[i][0], places[i][1]);
		expect(&panel, TEST_TOUCH_DOWN, places[i][0], places[i][1]);
		up(&panel);
		expect_up(&panel);
	}
	// A finger that leaves the picture is at its edge.
	down(&panel, 300, 120);
	expect(&panel, TEST_TOUCH_DOWN, 300, 120);
	move(&panel, TEST_WIDTH + 20, 50);
	expect(&panel, TEST_TOUCH_MOTION, TEST_WIDTH - 1, 50);
	up(&panel);
	expect_up(&panel);
	panel_finish(&panel);
}

static void test_touch(void **state) {
	(void)state;
	for (int i = 0; i < 8; i++) {
		check_touch(i, scales[i % 3]);
		check_touch(i, scales[(i + 1) % 3]);
	}
}

// As the configuration says, whatever the device is called.
static void test_configured(void **state) {
	(void)state;
	struct panel panel;
	panel_init(&panel, 0, 1, "[input Virtual-2 panel]\noutput = Virtual-1\n");
	test_device_touch_down(&panel.device, 0, 0, 0); // a corner of the source's own panel now
	expect(&panel, TEST_TOUCH_DOWN, 0, 0);
	up(&panel);
	expect_up(&panel);
	struct json_object *status = test_status(&panel.fixture->control);
	struct json_object *input = json_object_array_get_idx(test_json(status, "inputs"), 0);
	assert_string_equal(test_json_string(input, "output"), "Virtual-1");
	json_object_put(status);
	panel_finish(&panel);
	panel_init(&panel, 0, 1, "[input Virtual-2*]\noutput = Virtual-2\n");
	down(&panel, 20, 30);
	expect(&panel, TEST_TOUCH_DOWN, 20, 30);
	status = test_status(&panel.fixture->control);
	input = json_object_array_get_idx(test_json(status, "inputs"), 0);
	assert_string_equal(test_json_string(input, "output"), "Virtual-2");
	json_object_put(status);
	up(&panel);
	expect_up(&panel);
	panel_finish(&panel);
}

// A menu is closed by a touch beside it, as anywhere else.
static void test_bar_closes_menus(void **state) {
	(void)state;
	struct panel panel;
	struct test_popup popup;
	struct test_buffer buffer;
	panel_init(&panel, 0, 1, "");
	struct input_fixture *fixture = panel.fixture;
	down(&panel, 20, 30);
	struct test_event event = test_seat_expect(&fixture->seat, TEST_TOUCH_DOWN);
	test_popup_init_grab(
		&popup, &fixture->window, 20, 20, 60, 40, fixture->seat.seat, event.serial);
	input_show_popup(&popup, &buffer, 60, 40);
	up(&panel);
	assert_int_equal(popup.dones, 0);
	down(&panel, TEST_WIDTH + 20, 30);
	test_client_wait(&fixture->client, popup.dones == 1);
	up(&panel);
	test_popup_finish(&popup);
	test_buffer_finish(&buffer);
	panel_finish(&panel);
}

// Screens go off and on together; the touch that wakes them may be on a bar.
static void test_idle(void **state) {
	(void)state;
	struct panel panel;
	panel_init(&panel, 0, 1, "[idle]\noff-after = 1\n");
	struct test_server *server = &panel.fixture->server;
	assert_true(test_server_wait_log(server, "Virtual-1: off"));
	assert_true(test_server_wait_log(server, "Virtual-2: off"));
	down(&panel, -20, 20); // on a bar: nobody sees one in the dark
	up(&panel);
	assert_true(test_server_wait_log(server, "Virtual-1: on"));
	assert_true(test_server_wait_log(server, "Virtual-2: on"));
	down(&panel, 20, 30);
	expect(&panel, TEST_TOUCH_DOWN, 20, 30);
	up(&panel);
	expect_up(&panel);
	panel_finish(&panel);
}

static bool has_cursor(struct test_client *control, size_t output) {
	struct json_object *status = test_status(control);
	struct json_object *layers = test_json(test_status_output(status, output), "layers");
	size_t n = json_object_array_length(layers);
	struct json_object *top = n > 0 ? json_object_array_get_idx(layers, n - 1) : NULL;
	bool found = top && strcmp(test_json_string(top, "app_id"), "vitrine-cursor") == 0;
	if (found) {
		assert_string_equal(test_json_string(top, "placement"), "plane");
	}
	json_object_put(status);
	return found;
}

// It moves on the source, and is seen on both, on cursor planes.
static void test_pointer(void **state) {
	(void)state;
	struct input_fixture *fixture = input_start_with(
		"[output Virtual-2]\nmirror = Virtual-1\nmode = " TEST_MODE "\n[cursor]\nhide-after = 0\n");
	test_device_init_pointer(&fixture->pointer, &fixture->server, "mouse", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_POINTER);
	test_device_move(&fixture->pointer, 10, 10);
	test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	// Not beyond the source's edge: there is nothing.
	test_device_move(&fixture->pointer, 2000, 0);
	struct test_event event;
	do {
		event = test_seat_next(&fixture->seat);
		assert_int_not_equal(event.type, TEST_POINTER_LEAVE);
	} while (event.type != TEST_MOTION || event.x < TEST_WIDTH - 1);
	test_device_move(&fixture->pointer, -100, 20);
	while (!has_cursor(&fixture->control, 0) || !has_cursor(&fixture->control, 1)) {
		test_client_roundtrip(&fixture->control);
	}
	void *begun = fixture;
	input_stop(&begun);
}

int main(void) {
	test_guard(170);
	test_need_layout("dual");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_touch),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_bar_closes_menus),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_pointer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
