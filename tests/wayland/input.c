// SPDX-License-Identifier: MIT
// Input all the way from the kernel's event device to the client: what arrives, where, and who gets it.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input-fixture.h"

enum { CAPS_POINTER = 1, CAPS_KEYBOARD = 2, CAPS_TOUCH = 4 };

static void plug_pointer(struct input_fixture *fixture) {
	test_device_init_pointer(&fixture->pointer, &fixture->server, "test pointer", NULL);
	test_seat_wait_capabilities(&fixture->seat, fixture->seat.capabilities | CAPS_POINTER);
}

static void plug_keyboard(struct input_fixture *fixture) {
	test_device_init_keyboard(&fixture->keyboard, &fixture->server, "test keyboard", NULL);
	test_seat_wait_capabilities(&fixture->seat, fixture->seat.capabilities | CAPS_KEYBOARD);
}

static void plug_touch(struct input_fixture *fixture) {
	struct test_device_settings settings = {.width = TEST_WIDTH, .height = TEST_HEIGHT};
	test_device_init_touch(&fixture->touch, &fixture->server, "test touch", &settings);
	test_seat_wait_capabilities(&fixture->seat, fixture->seat.capabilities | CAPS_TOUCH);
}

// Where the pointer is after this, px of the screen; takes its events.
static void move_to_corner(struct input_fixture *fixture) {
	test_device_move(&fixture->pointer, -2 * TEST_WIDTH, -2 * TEST_HEIGHT);
	struct test_event event = test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	assert_ptr_equal(event.surface, fixture->window.base.surface);
	assert_true(event.x == 0 && event.y == 0);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
}

static void assert_at(struct test_event event, double x, double y) {
	if (event.x != x || event.y != y) {
		fail_msg("at %g,%g, expected %g,%g", event.x, event.y, x, y);
	}
}

static void expect_motion(struct input_fixture *fixture, double x, double y) {
	assert_at(test_seat_expect(&fixture->seat, TEST_MOTION), x, y);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
}

static struct test_event expect_button(struct input_fixture *fixture, int button, bool pressed) {
	struct test_event event = test_seat_expect(&fixture->seat, TEST_BUTTON);
	assert_int_equal(event.value, button);
	assert_int_equal(event.state, pressed);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	return event;
}

static struct test_event expect_key(struct input_fixture *fixture, int key, bool pressed) {
	struct test_event event = test_seat_expect(&fixture->seat, TEST_KEY);
	assert_int_equal(event.value, key);
	assert_int_equal(event.state, pressed);
	return event;
}

static void expect_keyboard(struct input_fixture *fixture) {
	struct test_event event = test_seat_expect(&fixture->seat, TEST_KEYMAP);
	close(event.fd);
	test_seat_expect(&fixture->seat, TEST_REPEAT);
	test_seat_expect(&fixture->seat, TEST_KEYBOARD_ENTER);
	test_seat_expect(&fixture->seat, TEST_MODIFIERS);
}

// ---- Pointer ----

static void test_pointer(void **state) {
	struct input_fixture *fixture = *state;
	plug_pointer(fixture);
	test_seat_expect_nothing(&fixture->seat); // it has not moved yet
	move_to_corner(fixture);
	test_device_move(&fixture->pointer, 17, 23);
	expect_motion(fixture, 17, 23);
	test_device_move(&fixture->pointer, 0, -3);
	expect_motion(fixture, 17, 20);
	test_device_key(&fixture->pointer, BTN_LEFT, true);
	struct test_event press = expect_button(fixture, BTN_LEFT, true);
	test_device_key(&fixture->pointer, BTN_RIGHT, true);
	expect_button(fixture, BTN_RIGHT, true);
	// The implicit grab: also beyond the edge, where there is nothing.
	test_device_move(&fixture->pointer, TEST_WIDTH, 0);
	expect_motion(fixture, TEST_WIDTH - 1 / 256.0, 20);
	test_device_key(&fixture->pointer, BTN_LEFT, false);
	struct test_event release = expect_button(fixture, BTN_LEFT, false);
	assert_true((int32_t)(release.serial - press.serial) > 0);
	test_device_key(&fixture->pointer, BTN_RIGHT, false);
	expect_button(fixture, BTN_RIGHT, false);
	test_seat_expect_nothing(&fixture->seat);
}

static void test_wheel(void **state) {
	struct input_fixture *fixture = *state;
	plug_pointer(fixture);
	move_to_corner(fixture);
	test_device_wheel(&fixture->pointer, -2); // towards the user: down
	assert_int_equal(
		test_seat_expect(&fixture->seat, TEST_AXIS_SOURCE).value, WL_POINTER_AXIS_SOURCE_WHEEL);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_AXIS_DIRECTION).value, 0);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_AXIS_V120).value, 240);
	struct test_event event = test_seat_expect(&fixture->seat, TEST_AXIS);
	assert_int_equal(event.value, WL_POINTER_AXIS_VERTICAL_SCROLL);
	assert_true(event.x == 30); // libinput: 15 degrees a notch
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_seat_expect_nothing(&fixture->seat);
	// Clients of before hear of notches.
	test_seat_finish(&fixture->seat);
	test_seat_init(&fixture->seat, &fixture->client, 7);
	test_seat_drain(&fixture->seat);
	test_device_wheel(&fixture->pointer, 1);
	test_seat_expect(&fixture->seat, TEST_AXIS_SOURCE);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_AXIS_DISCRETE).value, -1);
	assert_true(test_seat_expect(&fixture->seat, TEST_AXIS).x == -15);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_seat_expect_nothing(&fixture->seat);
}

// Neither a button nor an HDMI-CEC remote is a pointer, whatever it claims.
static void test_no_pointers(void **state) {
	struct input_fixture *fixture = *state;
	struct test_device *remote = &fixture->others[1];
	test_device_init_button(&fixture->others[0], &fixture->server, "power button", NULL);
	struct test_device_settings cec = {.bus = 0x1e}; // BUS_CEC
	test_device_init_pointer(remote, &fixture->server, "vc4-hdmi remote", &cec);
	plug_touch(fixture); // its capability comes last
	assert_int_equal(fixture->seat.capabilities & CAPS_POINTER, 0);
	test_seat_drain(&fixture->seat); // a power button is a keyboard of one key
	test_device_move(remote, 5, 5);
	test_seat_expect_nothing(&fixture->seat);
}

// Subsurfaces take what is theirs; where an input region has a hole the surface below gets it.
static void test_subsurface_and_input_region(void **state) {
	struct input_fixture *fixture = *state;
	struct test_client *client = &fixture->client;
	struct test_surface child;
	struct test_buffer buffer;
	test_surface_init(&child, client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		client->subcompositor, child.surface, fixture->window.base.surface);
	wl_subsurface_set_position(subsurface, 100, 50);
	wl_subsurface_set_desync(subsurface);
	test_buffer_init_shm(&buffer, client, DRM_FORMAT_XRGB8888, 40, 40);
	struct wl_region *region = wl_compositor_create_region(client->compositor);
	wl_region_add(region, 0, 0, 40, 40);
	wl_region_subtract(region, 10, 10, 10, 10);
	wl_surface_set_input_region(child.surface, region);
	wl_region_destroy(region);
	test_surface_show(&child, &buffer);
	test_surface_show(&fixture->window.base, &fixture->buffer); // applies the position
	test_surface_wait_frame(&fixture->window.base);
	plug_pointer(fixture);
	move_to_corner(fixture);
	test_device_move(&fixture->pointer, 109, 59); // the last px before the hole
	test_seat_expect(&fixture->seat, TEST_POINTER_LEAVE);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	struct test_event event = test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	assert_ptr_equal(event.surface, child.surface);
	assert_at(event, 9, 9);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_device_move(&fixture->pointer, 1, 1); // into it
	assert_ptr_equal(test_seat_expect(&fixture->seat, TEST_POINTER_LEAVE).surface, child.surface);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	event = test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	assert_ptr_equal(event.surface, fixture->window.base.surface);
	assert_at(event, 110, 60);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	// What goes from under a pointer that stays still gives it to what is below.
	test_device_move(&fixture->pointer, -5, -5);
	test_seat_expect(&fixture->seat, TEST_POINTER_LEAVE);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	event = test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	assert_ptr_equal(event.surface, fixture->window.base.surface);
	assert_at(event, 105, 55);
	test_buffer_finish(&buffer);
}

// ---- Keyboard ----

static void test_keyboard(void **state) {
	struct input_fixture *fixture = *state;
	plug_keyboard(fixture);
	struct test_event keymap = test_seat_expect(&fixture->seat, TEST_KEYMAP);
	struct test_event repeat = test_seat_expect(&fixture->seat, TEST_REPEAT);
	assert_int_equal(repeat.value, 25);
	assert_int_equal(repeat.state, 400);
	struct test_event enter = test_seat_expect(&fixture->seat, TEST_KEYBOARD_ENTER);
	assert_ptr_equal(enter.surface, fixture->window.base.surface);
	assert_int_equal(enter.n_keys, 0);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_MODIFIERS).value, 0);
	// Readable both ways, writable in none.
	char *text = mmap(NULL, keymap.state, PROT_READ, MAP_PRIVATE, keymap.fd, 0);
	assert_true(text != MAP_FAILED);
	assert_memory_equal(text, "xkb_keymap {", 12);
	assert_int_equal(text[keymap.state - 1], '\0');
	munmap(text, keymap.state);
	text = mmap(NULL, keymap.state, PROT_READ, MAP_SHARED, keymap.fd, 0);
	assert_true(text != MAP_FAILED);
	munmap(text, keymap.state);
	assert_true(
		mmap(NULL, keymap.state, PROT_READ | PROT_WRITE, MAP_SHARED, keymap.fd, 0) == MAP_FAILED);
	assert_int_equal(
		fcntl(keymap.fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	close(keymap.fd);
	test_device_key(&fixture->keyboard, KEY_LEFTSHIFT, true);
	expect_key(fixture, KEY_LEFTSHIFT, true);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_MODIFIERS).value, 1); // Shift
	test_device_key(&fixture->keyboard, KEY_A, true);
	expect_key(fixture, KEY_A, true);
	// A second device holds the same key: one press, and one release with the last.
	struct test_device *second = &fixture->others[0];
	test_device_init_keyboard(second, &fixture->server, "second keyboard", NULL);
	test_device_key(second, KEY_A, true);
	test_device_key(&fixture->keyboard, KEY_A, false);
	test_device_key(second, KEY_B, true);
	expect_key(fixture, KEY_B, true);
	test_device_key(second, KEY_A, false);
	expect_key(fixture, KEY_A, false);
	test_device_key(second, KEY_B, false);
	expect_key(fixture, KEY_B, false);
	test_device_key(&fixture->keyboard, KEY_LEFTSHIFT, false);
	expect_key(fixture, KEY_LEFTSHIFT, false);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_MODIFIERS).value, 0);
	test_seat_expect_nothing(&fixture->seat);
}

// The front window has the keyboard; with it come the keys that are down.
static void test_keyboard_follows_the_layout(void **state) {
	struct input_fixture *fixture = *state;
	plug_keyboard(fixture);
	expect_keyboard(fixture);
	test_device_key(&fixture->keyboard, KEY_Q, true);
	expect_key(fixture, KEY_Q, true);
	struct test_client other;
	struct test_window window;
	struct test_buffer buffer;
	struct test_seat seat;
	test_client_connect(&other, &fixture->server);
	test_seat_init(&seat, &other, 9);
	test_seat_drain(&seat);
	input_show_window(&window, &other, &buffer, "other");
	struct test_event leave = test_seat_expect(&fixture->seat, TEST_KEYBOARD_LEAVE);
	assert_ptr_equal(leave.surface, fixture->window.base.surface);
	struct test_event enter = test_seat_expect(&seat, TEST_KEYBOARD_ENTER);
	assert_ptr_equal(enter.surface, window.base.surface);
	assert_int_equal(enter.n_keys, 1);
	assert_int_equal(enter.keys[0], KEY_Q);
	test_seat_expect(&seat, TEST_MODIFIERS);
	test_device_key(&fixture->keyboard, KEY_Q, false);
	assert_int_equal(test_seat_expect(&seat, TEST_KEY).value, KEY_Q);
	test_window_finish(&window);
	enter = test_seat_expect(&fixture->seat, TEST_KEYBOARD_ENTER);
	assert_int_equal(enter.n_keys, 0);
	test_buffer_finish(&buffer);
	test_seat_finish(&seat);
	test_client_disconnect(&other);
}

static void test_keyboard_settings(void **state) {
	(void)state;
	struct input_fixture *fixture = input_start_with(
		"[keyboard]\nlayout = de\nvariant = nodeadkeys\nrepeat-rate = 40\nrepeat-delay = 300\n");
	plug_keyboard(fixture);
	struct test_event keymap = test_seat_expect(&fixture->seat, TEST_KEYMAP);
	char *text = mmap(NULL, keymap.state, PROT_READ, MAP_PRIVATE, keymap.fd, 0);
	assert_true(text != MAP_FAILED);
	assert_non_null(strstr(text, "German (no dead keys)"));
	munmap(text, keymap.state);
	close(keymap.fd);
	struct test_event repeat = test_seat_expect(&fixture->seat, TEST_REPEAT);
	assert_int_equal(repeat.value, 40);
	assert_int_equal(repeat.state, 300);
	input_stop((void **)&fixture);
}

// A layout that does not exist: the safe one, and the log says so.
static void test_bad_layout(void **state) {
	(void)state;
	struct input_fixture *fixture = input_start_with("[keyboard]\nlayout = klingon\n");
	assert_non_null(strstr(fixture->server.text, ":5: layout = klingon: expected"));
	plug_keyboard(fixture);
	struct test_event keymap = test_seat_expect(&fixture->seat, TEST_KEYMAP);
	char *text = mmap(NULL, keymap.state, PROT_READ, MAP_PRIVATE, keymap.fd, 0);
	assert_true(text != MAP_FAILED);
	assert_non_null(strstr(text, "English (US)"));
	munmap(text, keymap.state);
	close(keymap.fd);
	input_stop((void **)&fixture);
}

// ---- Touch ----

static struct test_event expect_down(struct input_fixture *fixture, double x, double y) {
	struct test_event event = test_seat_expect(&fixture->seat, TEST_TOUCH_DOWN);
	assert_at(event, x, y);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
	return event;
}

static void expect_up(struct input_fixture *fixture, int32_t id) {
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_TOUCH_UP).value, id);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
}

static void test_ten_fingers(void **state) {
	struct input_fixture *fixture = *state;
	struct test_device *touch = &fixture->touch;
	int32_t ids[TEST_TOUCH_SLOTS];
	plug_touch(fixture);
	for (int i = 0; i < TEST_TOUCH_SLOTS; i++) {
		test_device_touch_down(touch, i, 30 * i, 20 * i + 7);
		struct test_event event = expect_down(fixture, 30 * i, 20 * i + 7);
		assert_ptr_equal(event.surface, fixture->window.base.surface);
		ids[i] = event.value;
		for (int j = 0; j < i; j++) {
			assert_int_not_equal(ids[i], ids[j]);
		}
	}
	for (int i = 0; i < TEST_TOUCH_SLOTS; i++) {
		test_device_touch_move(touch, i, TEST_WIDTH - 1 - i, TEST_HEIGHT - 1 - i);
		struct test_event event = test_seat_expect(&fixture->seat, TEST_TOUCH_MOTION);
		assert_int_equal(event.value, ids[i]);
		assert_at(event, TEST_WIDTH - 1 - i, TEST_HEIGHT - 1 - i);
		test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
	}
	for (int i = 0; i < TEST_TOUCH_SLOTS; i++) {
		test_device_touch_up(touch, i);
		expect_up(fixture, ids[i]);
	}
	test_seat_expect_nothing(&fixture->seat);
}

// A finger stays with the surface that it was put on, and with nobody when that goes.
static void test_touch_stays(void **state) {
	struct input_fixture *fixture = *state;
	struct test_window dialog;
	struct test_buffer buffer;
	plug_touch(fixture);
	test_window_init(&dialog, &fixture->client, "dialog", &fixture->window);
	test_buffer_init_shm(&buffer, &fixture->client, DRM_FORMAT_XRGB8888, 100, 100);
	test_surface_show(&dialog.base, &buffer); // at 110,70
	test_surface_wait_frame(&dialog.base);
	test_device_touch_down(&fixture->touch, 0, 112, 75);
	struct test_event down = expect_down(fixture, 2, 5);
	assert_ptr_equal(down.surface, dialog.base.surface);
	test_device_touch_move(&fixture->touch, 0, 10, 20);
	assert_at(test_seat_expect(&fixture->seat, TEST_TOUCH_MOTION), -100, -50);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
	// The window beside it, at the same time.
	test_device_touch_down(&fixture->touch, 1, 1, 2);
	struct test_event second = expect_down(fixture, 1, 2);
	assert_ptr_equal(second.surface, fixture->window.base.surface);
	test_window_finish(&dialog);
	test_client_roundtrip(&fixture->client);
	test_device_touch_move(&fixture->touch, 0, 15, 25);
	test_device_touch_up(&fixture->touch, 0);
	test_device_touch_up(&fixture->touch, 1);
	expect_up(fixture, second.value);
	test_seat_expect_nothing(&fixture->seat);
	test_buffer_finish(&buffer);
}

// ---- Popup grabs ----

static void test_popup_grab(void **state) {
	struct input_fixture *fixture = *state;
	struct test_popup popup;
	struct test_buffer small, buffer;
	plug_touch(fixture);
	plug_keyboard(fixture);
	expect_keyboard(fixture);
	// A window that leaves some of the screen black.
	test_buffer_init_shm(&small, &fixture->client, DRM_FORMAT_XRGB8888, 200, 100);
	test_surface_show(&fixture->window.base, &small); // at 60,70
	test_surface_wait_frame(&fixture->window.base);
	test_device_touch_down(&fixture->touch, 0, 80, 90);
	struct test_event down = expect_down(fixture, 20, 20);
	test_popup_init_grab(&popup, &fixture->window, 20, 20, 60, 40, fixture->seat.seat, down.serial);
	input_show_popup(&popup, &buffer, 60, 40); // at 81,91
	test_seat_expect(&fixture->seat, TEST_KEYBOARD_LEAVE);
	assert_ptr_equal(
		test_seat_expect(&fixture->seat, TEST_KEYBOARD_ENTER).surface, popup.base.surface);
	test_seat_expect(&fixture->seat, TEST_MODIFIERS);
	test_device_touch_up(&fixture->touch, 0);
	expect_up(fixture, down.value);
	// Its client goes on hearing of all of its surfaces.
	test_device_touch_down(&fixture->touch, 0, 85, 96);
	down = expect_down(fixture, 4, 5);
	assert_ptr_equal(down.surface, popup.base.surface);
	test_device_touch_up(&fixture->touch, 0);
	expect_up(fixture, down.value);
	test_device_touch_down(&fixture->touch, 0, 61, 71);
	assert_ptr_equal(expect_down(fixture, 1, 1).surface, fixture->window.base.surface);
	test_device_touch_up(&fixture->touch, 0);
	expect_up(fixture, down.value);
	assert_int_equal(popup.dones, 0);
	// A touch elsewhere closes it, and is for nobody.
	test_device_touch_down(&fixture->touch, 0, 5, 5);
	test_device_touch_up(&fixture->touch, 0);
	test_seat_expect(&fixture->seat, TEST_KEYBOARD_LEAVE);
	assert_ptr_equal(test_seat_expect(&fixture->seat, TEST_KEYBOARD_ENTER).surface,
		fixture->window.base.surface);
	test_seat_expect(&fixture->seat, TEST_MODIFIERS);
	test_client_wait(&fixture->client, popup.dones == 1);
	test_seat_expect_nothing(&fixture->seat);
	test_popup_finish(&popup);
	test_buffer_finish(&buffer);
	test_buffer_finish(&small);
}

// A grab that no press is behind is denied.
static void test_popup_without_a_press(void **state) {
	struct input_fixture *fixture = *state;
	struct test_popup popup;
	test_popup_init_grab(&popup, &fixture->window, 20, 20, 60, 40, fixture->seat.seat, 4711);
	test_client_wait(&fixture->client, popup.dones == 1);
	test_popup_finish(&popup);
}

static void expect_grab(struct input_fixture *fixture, uint32_t serial, unsigned dones) {
	struct test_popup popup;
	test_popup_init_grab(&popup, &fixture->window, 20, 20, 60, 40, fixture->seat.seat, serial);
	test_client_roundtrip(&fixture->client);
	assert_int_equal(popup.dones, dones);
	test_popup_finish(&popup);
}

// GTK 4 opens menus and combo boxes when the finger is up again, and names no touch then but the last event
// of a key, if there was any.
static void test_popup_after_a_tap(void **state) {
	struct input_fixture *fixture = *state;
	plug_touch(fixture);
	expect_grab(fixture, 0, 1); // nobody tapped yet
	test_device_touch_down(&fixture->touch, 0, 80, 90);
	struct test_event down = expect_down(fixture, 80, 90);
	test_device_touch_up(&fixture->touch, 0);
	expect_up(fixture, down.value);
	expect_grab(fixture, 0, 0);
	// Not when another app was tapped since.
	struct test_client other;
	struct test_window window;
	struct test_buffer buffer;
	test_client_connect(&other, &fixture->server);
	input_show_window(&window, &other, &buffer, "other");
	struct test_seat seat;
	test_seat_init(&seat, &other, 9);
	test_seat_wait_capabilities(&seat, CAPS_TOUCH);
	test_device_touch_down(&fixture->touch, 0, 80, 90);
	test_seat_expect(&seat, TEST_TOUCH_DOWN);
	test_device_touch_up(&fixture->touch, 0);
	expect_grab(fixture, 0, 1);
	test_seat_finish(&seat);
	test_window_finish(&window);
	test_buffer_finish(&buffer);
	test_client_disconnect(&other);
}

// The release of a key is as good as its press.
static void test_popup_after_a_key(void **state) {
	struct input_fixture *fixture = *state;
	plug_keyboard(fixture);
	expect_keyboard(fixture);
	test_device_key(&fixture->keyboard, KEY_A, true);
	expect_key(fixture, KEY_A, true);
	test_device_key(&fixture->keyboard, KEY_A, false);
	expect_grab(fixture, expect_key(fixture, KEY_A, false).serial, 0);
}

// ---- Status ----

static struct json_object *find_input(struct json_object *status, const char *name) {
	struct json_object *inputs = test_json(status, "inputs");
	for (size_t i = 0; i < json_object_array_length(inputs); i++) {
		struct json_object *input = json_object_array_get_idx(inputs, i);
		if (strcmp(test_json_string(input, "name"), name) == 0) {
			return input;
		}
	}
	fail_msg("no input %s in %s", name, json_object_to_json_string(status));
	return NULL;
}

static void test_status_inputs(void **state) {
	struct input_fixture *fixture = *state;
	plug_pointer(fixture);
	struct test_device_settings settings = {.vendor = 0x046d, .product = 0xc0de};
	test_device_init_touch(&fixture->touch, &fixture->server, "panel", &settings);
	struct json_object *status = test_status(&fixture->control);
	struct json_object *input = find_input(status, "panel");
	assert_string_equal(test_json_string(input, "id"), "046d:c0de");
	assert_string_equal(test_json_string(input, "output"), "Virtual-1");
	assert_string_equal(
		json_object_to_json_string_ext(test_json(input, "kinds"), JSON_C_TO_STRING_PLAIN),
		"[\"touch\"]");
	input = find_input(status, "test pointer");
	assert_string_equal(
		json_object_to_json_string_ext(test_json(input, "kinds"), JSON_C_TO_STRING_PLAIN),
		"[\"pointer\"]");
	assert_string_equal(test_json_string(input, "output"), "");
	json_object_put(status);
}

// ---- Settings of devices ----

static void test_device_settings(void **state) {
	(void)state;
	struct input_fixture *fixture =
		input_start_with("[input usb:dead:beef]\nenabled = false\n"
						 "[input turned*]\ncalibration-matrix = -1 0 1 0 -1 1\n"
						 "[input tag:ID_INPUT_MOUSE]\nleft-handed = true\nnatural-scroll = true\n"
						 "[input elsewhere]\noutput = HDMI-A-9\n");
	struct test_device *off = &fixture->others[0], *elsewhere = &fixture->others[1];
	struct test_device_settings dead = {.vendor = 0xdead, .product = 0xbeef};
	test_device_init_touch(off, &fixture->server, "off", &dead);
	test_device_init_touch(elsewhere, &fixture->server, "elsewhere", NULL);
	struct test_device_settings screen = {.width = 16 * TEST_WIDTH, .height = 16 * TEST_HEIGHT};
	test_device_init_touch(&fixture->touch, &fixture->server, "turned panel", &screen);
	test_seat_wait_capabilities(&fixture->seat, CAPS_TOUCH);
	test_device_touch_down(off, 0, 100, 100);
	test_device_touch_down(elsewhere, 0, 100, 100);
	test_device_touch_down(&fixture->touch, 0, 16 * 30 + 8, 16 * 40 + 8);
	struct test_event down = test_seat_expect(&fixture->seat, TEST_TOUCH_DOWN);
	assert_int_equal((int)down.x, TEST_WIDTH - 1 - 30);
	assert_int_equal((int)down.y, TEST_HEIGHT - 1 - 40);
	test_seat_expect(&fixture->seat, TEST_TOUCH_FRAME);
	test_device_touch_up(&fixture->touch, 0);
	expect_up(fixture, down.value);
	plug_pointer(fixture);
	move_to_corner(fixture);
	test_device_key(&fixture->pointer, BTN_LEFT, true);
	expect_button(fixture, BTN_RIGHT, true);
	test_device_key(&fixture->pointer, BTN_LEFT, false);
	expect_button(fixture, BTN_RIGHT, false);
	test_device_wheel(&fixture->pointer, 1);
	test_seat_expect(&fixture->seat, TEST_AXIS_SOURCE);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_AXIS_DIRECTION).value,
		WL_POINTER_AXIS_RELATIVE_DIRECTION_INVERTED);
	assert_int_equal(test_seat_expect(&fixture->seat, TEST_AXIS_V120).value, 120);
	test_seat_expect(&fixture->seat, TEST_AXIS);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_seat_expect_nothing(&fixture->seat);
	input_stop((void **)&fixture);
}

int main(void) {
	test_guard(170);
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	static const struct CMUnitTest tests[] = {
		TEST(test_pointer),
		TEST(test_wheel),
		TEST(test_no_pointers),
		TEST(test_subsurface_and_input_region),
		TEST(test_keyboard),
		TEST(test_keyboard_follows_the_layout),
		cmocka_unit_test(test_keyboard_settings),
		cmocka_unit_test(test_bad_layout),
		TEST(test_ten_fingers),
		TEST(test_touch_stays),
		TEST(test_popup_grab),
		TEST(test_popup_without_a_press),
		TEST(test_popup_after_a_tap),
		TEST(test_popup_after_a_key),
		TEST(test_status_inputs),
		cmocka_unit_test(test_device_settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
