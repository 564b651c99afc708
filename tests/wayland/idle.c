// SPDX-License-Identifier: MIT
// Screens that nobody touches are dimmed and turned off, and what lights them does nothing else. Whether
// a screen is on is asked of the kernel, and what it shows of its CRC.
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "ext-idle-notify-v1-client-protocol.h"
#include "globals.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "input-fixture.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"

// From debugfs: "crtc[36]: crtc-0", and below it "active=1".
static bool is_active(void) {
	char path[64], line[256];
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/state", minor(test_device_rdev()));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	bool in_crtc = false, active = false;
	while (fgets(line, sizeof(line), file)) {
		in_crtc = line[0] != '\t' ? strncmp(line, "crtc[", 5) == 0 : in_crtc;
		active |= in_crtc && strstr(line, "\tactive=1") != NULL;
	}
	fclose(file);
	return active;
}

static void answered(void *data, struct vitrine_reply_v1 *reply) {
	(void)reply;
	*(int *)data = 1;
}

static void failed(void *data, struct vitrine_reply_v1 *reply, const char *reason) {
	(void)reply;
	(void)reason;
	*(int *)data = -1;
}

static const struct vitrine_reply_v1_listener reply_listener = {answered, failed};

// Returns 1 if it was done, -1 if not.
static int set_power(struct test_client *control, const char *output, bool on) {
	int answer = 0;
	struct vitrine_reply_v1 *reply = vitrine_control_v1_set_power(control->control, output, on);
	vitrine_reply_v1_add_listener(reply, &reply_listener, &answer);
	test_client_wait(control, answer != 0);
	vitrine_reply_v1_destroy(reply);
	return answer;
}

static void plug_touch(struct input_fixture *fixture) {
	const struct test_device_settings settings = {.width = TEST_WIDTH, .height = TEST_HEIGHT};
	test_device_init_touch(&fixture->touch, &fixture->server, "test touch", &settings);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_TOUCH);
}

static void paint(struct input_fixture *fixture, struct test_picture *picture) {
	test_buffer_paint(&fixture->buffer, 9);
	test_surface_show(&fixture->window.base, &fixture->buffer);
	test_surface_wait_frame(&fixture->window.base);
	test_picture_init(picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(picture, &(struct test_layer){.image = &fixture->buffer.image});
}

static void assert_screen(const struct test_picture *picture) {
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, picture);
	test_screen_close(&screen);
}

static void expect_tap(struct input_fixture *fixture) {
	test_device_touch_down(&fixture->touch, 0, 50, 60);
	test_seat_expect(&fixture->seat, TEST_TOUCH_DOWN);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
	test_device_touch_up(&fixture->touch, 0);
	test_seat_expect(&fixture->seat, TEST_TOUCH_UP);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
}

static void test_off_and_on(void **state) {
	struct input_fixture *fixture = *state;
	struct test_picture picture;
	plug_touch(fixture);
	paint(fixture, &picture);
	assert_true(is_active());
	assert_int_equal(set_power(&fixture->control, "Virtual-9", false), -1);
	assert_int_equal(set_power(&fixture->control, "Virtual-1", false), 1);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: off"));
	assert_false(is_active());
	// Apps go on, slowly, and may change what will be seen.
	test_buffer_paint(&fixture->buffer, 10);
	test_surface_show(&fixture->window.base, &fixture->buffer);
	test_surface_wait_frame(&fixture->window.base);
	struct json_object *status = test_status(&fixture->control);
	assert_string_equal(test_json_string(test_status_output(status, 0), "power"), "off");
	json_object_put(status);
	assert_int_equal(set_power(&fixture->control, "", true), 1);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: on"));
	assert_true(is_active());
	test_picture_draw(&picture, &(struct test_layer){.image = &fixture->buffer.image});
	assert_screen(&picture);
	expect_tap(fixture);
	test_picture_finish(&picture);
}

// The finger that wakes does not click, however long it stays.
static void test_touch_wakes_and_does_nothing_else(void **state) {
	struct input_fixture *fixture = *state;
	struct test_picture picture;
	plug_touch(fixture);
	paint(fixture, &picture);
	set_power(&fixture->control, "", false);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: off"));
	test_device_touch_down(&fixture->touch, 0, 100, 100);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: on"));
	assert_true(is_active());
	test_device_touch_move(&fixture->touch, 0, 120, 90);
	// A second finger is meant for the app already.
	test_device_touch_down(&fixture->touch, 1, 30, 40);
	struct test_event event = test_seat_expect(&fixture->seat, TEST_TOUCH_DOWN);
	assert_true(event.x == 30 && event.y == 40);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
	test_device_touch_up(&fixture->touch, 0);
	test_device_touch_up(&fixture->touch, 1);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_TOUCH_UP).value, event.value);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
	test_seat_expect_nothing(&fixture->seat);
	assert_screen(&picture);
	expect_tap(fixture);
	test_picture_finish(&picture);
}

static void test_key_wakes_and_does_nothing_else(void **state) {
	struct input_fixture *fixture = *state;
	test_device_init_keyboard(&fixture->keyboard, &fixture->server, "test keyboard", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_KEYBOARD);
	fixture->seat.ignored = ~(1u << TEST_KEY);
	test_seat_drain(&fixture->seat);
	set_power(&fixture->control, "", false);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: off"));
	test_device_key(&fixture->keyboard, KEY_A, true);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: on"));
	test_device_key(&fixture->keyboard, KEY_A, false);
	test_device_key(&fixture->keyboard, KEY_B, true);
	test_device_key(&fixture->keyboard, KEY_B, false);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(test_seat_expect(&fixture->seat, TEST_KEY).value, KEY_B);
	}
}

// What the gamma table makes of a picture: half of every channel.
static void dim(struct test_picture *picture) {
	for (int i = 0; i < picture->width * picture->height; i++) {
		uint16_t *channels[] = {
			&picture->pixels[i].r, &picture->pixels[i].g, &picture->pixels[i].b};
		for (int c = 0; c < 3; c++) {
			*channels[c] = (uint16_t)(*channels[c] * 0.5 + 0.5);
		}
	}
}

static void test_dims_then_turns_off(void **state) {
	(void)state;
	struct input_fixture *fixture =
		input_start_with("[idle]\ndim-after = 4\noff-after = 6\ndim-level = 0.5\n");
	struct test_picture bright, dark;
	plug_touch(fixture);
	paint(fixture, &bright);
	paint(fixture, &dark);
	dim(&dark);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &dark);
	int64_t bytes = test_status_counter(&fixture->control, 0, "composed_bytes");
	// A touch on a dimmed screen is a touch.
	expect_tap(fixture);
	test_screen_see(&screen, &bright);
	test_screen_see(&screen, &dark);
	assert_int_equal(test_status_counter(&fixture->control, 0, "composed_bytes"), bytes);
	test_screen_close(&screen);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: off"));
	assert_false(is_active());
	test_device_touch_down(&fixture->touch, 0, 100, 100);
	test_device_touch_up(&fixture->touch, 0);
	assert_true(test_server_wait_log(&fixture->server, "Virtual-1: on"));
	assert_screen(&bright);
	test_picture_finish(&bright);
	test_picture_finish(&dark);
	void *self = fixture;
	input_stop(&self);
}

// ---- What clients hear, and ask for ----

struct globals {
	struct ext_idle_notifier_v1 *notifier;
	struct zwp_idle_inhibit_manager_v1 *inhibit;
	struct zwp_keyboard_shortcuts_inhibit_manager_v1 *shortcuts;
};

static void bind_globals(struct globals *globals, struct test_client *client) {
	struct test_globals all;
	test_globals_ask(&all, client->display);
	test_client_roundtrip(client);
	*globals = (struct globals){
		.notifier = test_globals_bind(&all, &ext_idle_notifier_v1_interface, 2),
		.inhibit = test_globals_bind(&all, &zwp_idle_inhibit_manager_v1_interface, 1),
		.shortcuts =
			test_globals_bind(&all, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1),
	};
	test_globals_finish(&all);
	assert_true(globals->notifier && globals->inhibit && globals->shortcuts);
}

static void release_globals(struct globals *globals) {
	ext_idle_notifier_v1_destroy(globals->notifier);
	zwp_idle_inhibit_manager_v1_destroy(globals->inhibit);
	zwp_keyboard_shortcuts_inhibit_manager_v1_destroy(globals->shortcuts);
}

struct notification {
	int idled, resumed;
};

static void handle_idled(void *data, struct ext_idle_notification_v1 *object) {
	(void)object;
	((struct notification *)data)->idled++;
}

static void handle_resumed(void *data, struct ext_idle_notification_v1 *object) {
	(void)object;
	((struct notification *)data)->resumed++;
}

static const struct ext_idle_notification_v1_listener notification_listener = {
	handle_idled, handle_resumed};

enum { TIMEOUT_MS = 100 };

static void test_clients_hear_of_it(void **state) {
	struct input_fixture *fixture = *state;
	struct test_client *client = &fixture->client;
	struct globals globals;
	struct notification all = {0}, input = {0};
	plug_touch(fixture);
	bind_globals(&globals, client);
	struct ext_idle_notification_v1 *objects[2] = {
		ext_idle_notifier_v1_get_idle_notification(
			globals.notifier, TIMEOUT_MS, fixture->seat.seat),
		ext_idle_notifier_v1_get_input_idle_notification(
			globals.notifier, TIMEOUT_MS, fixture->seat.seat)};
	ext_idle_notification_v1_add_listener(objects[0], &notification_listener, &all);
	ext_idle_notification_v1_add_listener(objects[1], &notification_listener, &input);
	for (int i = 1; i <= 3; i++) {
		test_client_wait(client, all.idled == i && input.idled == i);
		assert_int_equal(all.resumed, i - 1);
		expect_tap(fixture);
		test_client_wait(client, all.resumed == i && input.resumed == i);
	}
	// An inhibitor counts while its surface is shown; input alone does not care.
	struct zwp_idle_inhibitor_v1 *inhibitor =
		zwp_idle_inhibit_manager_v1_create_inhibitor(globals.inhibit, fixture->window.base.surface);
	for (int i = 4; i <= 6; i++) {
		expect_tap(fixture);
		test_client_wait(client, input.idled == i);
		expect_tap(fixture);
		test_client_wait(client, input.resumed == i);
	}
	assert_true(all.idled <= 4); // it may have been before the inhibitor came
	int before = all.idled;
	test_window_finish(&fixture->window);
	test_client_wait(client, all.idled > before);
	zwp_idle_inhibitor_v1_destroy(inhibitor);
	for (int i = 0; i < 2; i++) {
		ext_idle_notification_v1_destroy(objects[i]);
	}
	release_globals(&globals);
}

static void test_shortcuts_are_the_operators(void **state) {
	struct input_fixture *fixture = *state;
	struct globals globals;
	bind_globals(&globals, &fixture->client);
	struct zwp_keyboard_shortcuts_inhibitor_v1 *inhibitor =
		zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
			globals.shortcuts, fixture->window.base.surface, fixture->seat.seat);
	test_client_roundtrip(&fixture->client);
	test_window_finish(&fixture->window);
	zwp_keyboard_shortcuts_inhibitor_v1_destroy(inhibitor);
	test_client_roundtrip(&fixture->client);
	release_globals(&globals);
	// One surface, one inhibitor.
	struct test_client greedy;
	test_client_connect(&greedy, &fixture->server);
	bind_globals(&globals, &greedy);
	struct test_seat seat;
	test_seat_init(&seat, &greedy, 9);
	struct wl_surface *surface = wl_compositor_create_surface(greedy.compositor);
	for (int i = 0; i < 2; i++) {
		zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
			globals.shortcuts, surface, seat.seat);
	}
	assert_int_equal(
		test_client_wait_error(&greedy, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface),
		ZWP_KEYBOARD_SHORTCUTS_INHIBIT_MANAGER_V1_ERROR_ALREADY_INHIBITED);
}

int main(void) {
	test_guard(80);
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	const struct CMUnitTest tests[] = {
		TEST(test_off_and_on),
		TEST(test_touch_wakes_and_does_nothing_else),
		TEST(test_key_wakes_and_does_nothing_else),
		cmocka_unit_test(test_dims_then_turns_off),
		TEST(test_clients_hear_of_it),
		TEST(test_shortcuts_are_the_operators),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
