// SPDX-License-Identifier: MIT
// Another configuration of keyboards, chords, devices and of idle screens while they are in use. What a
// keymap means is asked of libxkbcommon, who has a keyboard of the kernel.
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

#include "reload-fixture.h"

static void key(struct reload *reload, uint16_t code, bool pressed) {
	test_device_key(&reload->keyboard, code, pressed);
}

static void expect_key(struct reload *reload, int32_t code, bool pressed) {
	struct test_event event = test_seat_expect(&reload->seat, TEST_KEY);
	assert_int_equal(event.value, code);
	assert_int_equal(event.state, pressed);
}

// ---- Keyboards ----

static xkb_keysym_t keysym_of(const struct test_event *keymap, uint32_t key) {
	char *text = mmap(NULL, keymap->state, PROT_READ, MAP_PRIVATE, keymap->fd, 0);
	assert_true(text != MAP_FAILED);
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *xkb = xkb_keymap_new_from_string(
		context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	assert_non_null(xkb);
	struct xkb_state *state = xkb_state_new(xkb);
	xkb_keysym_t keysym = xkb_state_key_get_one_sym(state, key + 8);
	xkb_state_unref(state);
	xkb_keymap_unref(xkb);
	xkb_context_unref(context);
	munmap(text, keymap->state);
	close(keymap->fd);
	return keysym;
}

static void test_keyboard(void **state) {
	struct reload *reload = *state;
	reload_plug_keyboard(reload);
	key(reload, KEY_LEFTSHIFT, true);
	expect_key(reload, KEY_LEFTSHIFT, true);
	assert_int_equal(test_seat_expect(&reload->seat, TEST_MODIFIERS).value, 1);
	reload_configure(reload, MODE "[keyboard]\nlayout = de\n");
	struct test_event keymap = test_seat_expect(&reload->seat, TEST_KEYMAP);
	assert_int_equal(keysym_of(&keymap, KEY_Z), XKB_KEY_y);
	// A client that has a new keymap knows of no modifier until it is told of them.
	assert_int_equal(test_seat_expect(&reload->seat, TEST_MODIFIERS).value, 1);
	key(reload, KEY_LEFTSHIFT, false);
	expect_key(reload, KEY_LEFTSHIFT, false);
	assert_int_equal(test_seat_expect(&reload->seat, TEST_MODIFIERS).value, 0);
	reload_configure(
		reload, MODE "[keyboard]\nlayout = de\nrepeat-rate = 10\nrepeat-delay = 111\n");
	struct test_event repeat = test_seat_expect(&reload->seat, TEST_REPEAT);
	assert_int_equal(repeat.value, 10);
	assert_int_equal(repeat.state, 111);
	// Nothing that did not change is told.
	reload_configure(reload,
		MODE "[keyboard]\nlayout = de\nrepeat-rate = 10\nrepeat-delay = 111\n"
			 "[idle]\ndim-after = 1000\n");
	test_seat_expect_nothing(&reload->seat);
	reload_configure(reload, MODE);
	keymap = test_seat_expect(&reload->seat, TEST_KEYMAP);
	assert_int_equal(keysym_of(&keymap, KEY_Z), XKB_KEY_z);
	test_seat_expect(&reload->seat, TEST_MODIFIERS);
	assert_int_equal(test_seat_expect(&reload->seat, TEST_REPEAT).value, 25);
	test_seat_expect_nothing(&reload->seat);
}

// The console may have the keyboard, or may not.
static bool is_grabbed(void) {
	for (int i = 0; i < 32; i++) {
		char path[32], name[80] = "";
		snprintf(path, sizeof(path), "/dev/input/event%d", i);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0 || ioctl(fd, EVIOCGNAME(sizeof(name) - 1), name) < 0 ||
			strcmp(name, "test keyboard") != 0) {
			close(fd);
			continue;
		}
		int rc = ioctl(fd, EVIOCGRAB, 1);
		int error = errno;
		close(fd);
		return rc < 0 && error == EBUSY;
	}
	fail_msg("there is no test keyboard");
	return false;
}

static void test_chords(void **state) {
	struct reload *reload = *state;
	reload_plug_keyboard(reload);
	reload->seat.ignored = ~(1u << TEST_KEY);
	key(reload, KEY_F11, true);
	expect_key(reload, KEY_F11, true);
	reload_configure(reload, MODE "[keys]\nswallow = F11\n");
	key(reload, KEY_F11, false);
	expect_key(reload, KEY_F11, false); // who heard the press
	key(reload, KEY_F11, true);
	reload_configure(reload, MODE "[app-keys input]\ndeny = F9\n");
	key(reload, KEY_F11, false); // who did not
	key(reload, KEY_F9, true);
	key(reload, KEY_F9, false);
	key(reload, KEY_F11, true);
	expect_key(reload, KEY_F11, true);
	key(reload, KEY_F11, false);
	expect_key(reload, KEY_F11, false);
	assert_true(is_grabbed());
	reload_configure(reload, MODE "[keys]\ngrab = false\n");
	assert_false(is_grabbed());
	reload_configure(reload, MODE);
	assert_true(is_grabbed());
	key(reload, KEY_F9, true);
	expect_key(reload, KEY_F9, true);
	key(reload, KEY_F9, false);
	expect_key(reload, KEY_F9, false);
}

static void test_operator(void **state) {
	struct reload *reload = *state;
	char text[256], path[96];
	struct stat info;
	reload_plug_keyboard(reload);
	reload->seat.ignored = ~(1u << TEST_KEY);
	snprintf(path, sizeof(path), "%s/done", reload_folder);
	snprintf(text, sizeof(text), MODE "[keys]\noperator = F8\noperator-command = : >%s\n", path);
	reload_configure(reload, text);
	key(reload, KEY_F8, true);
	key(reload, KEY_F8, false);
	assert_true(test_server_wait_log(&reload->server, "the operator's command has ended"));
	assert_int_equal(stat(path, &info), 0);
	unlink(path);
	test_seat_expect_nothing(&reload->seat);
}

static void click(struct reload *reload, int32_t expected) {
	for (int pressed = 1; pressed >= 0; pressed--) {
		test_device_key(&reload->pointer, BTN_LEFT, pressed != 0);
		struct test_event event = test_seat_expect(&reload->seat, TEST_BUTTON);
		assert_int_equal(event.value, expected);
		assert_int_equal(event.state, pressed);
	}
}

static void test_devices(void **state) {
	struct reload *reload = *state;
	test_device_init_pointer(&reload->pointer, &reload->server, "test mouse", NULL);
	test_seat_wait_capabilities(&reload->seat, WL_SEAT_CAPABILITY_POINTER);
	test_device_move(&reload->pointer, 5, 5);
	reload->seat.ignored = ~(1u << TEST_BUTTON);
	click(reload, BTN_LEFT);
	reload_configure(reload, MODE "[input test mouse]\nleft-handed = true\n");
	click(reload, BTN_RIGHT);
	reload_configure(reload, MODE); // what nobody sets any more is the device's own again
	click(reload, BTN_LEFT);
}

// A key that is down when its device is switched off goes up.
static void test_switched_off(void **state) {
	struct reload *reload = *state;
	reload_plug_keyboard(reload);
	reload->seat.ignored = ~(1u << TEST_KEY);
	key(reload, KEY_A, true);
	expect_key(reload, KEY_A, true);
	reload_configure(reload, MODE "[input test *]\nenabled = false\n");
	expect_key(reload, KEY_A, false);
	test_client_wait(&reload->client, !(reload->seat.capabilities & WL_SEAT_CAPABILITY_KEYBOARD));
	key(reload, KEY_A, false);
	key(reload, KEY_B, true);
	key(reload, KEY_B, false);
	reload_configure(reload, MODE);
	test_seat_wait_capabilities(&reload->seat, WL_SEAT_CAPABILITY_KEYBOARD);
	key(reload, KEY_C, true);
	expect_key(reload, KEY_C, true);
	key(reload, KEY_C, false);
	expect_key(reload, KEY_C, false);
	assert_true(is_grabbed());
}

static void tap(struct reload *reload, double x, double y) {
	test_device_touch_down(&reload->touch, 0, 40, 60);
	struct test_event down = test_seat_expect(&reload->seat, TEST_TOUCH_DOWN);
	if (down.x < x - 1 || down.x > x + 1 || down.y < y - 1 || down.y > y + 1) {
		fail_msg("touched at %g,%g instead of %g,%g", down.x, down.y, x, y);
	}
	test_device_touch_up(&reload->touch, 0);
	test_seat_expect(&reload->seat, TEST_TOUCH_UP);
}

static void test_calibration(void **state) {
	struct reload *reload = *state;
	const struct test_device_settings settings = {.width = 320, .height = 240};
	test_device_init_touch(&reload->touch, &reload->server, "test touch", &settings);
	test_seat_wait_capabilities(&reload->seat, WL_SEAT_CAPABILITY_TOUCH);
	reload->seat.ignored = ~(1u << TEST_TOUCH_DOWN | 1u << TEST_TOUCH_UP);
	tap(reload, 40, 60);
	reload_configure(reload, MODE "[input test touch]\ncalibration-matrix = -1 0 1 0 1 0\n");
	tap(reload, 280, 60);
	reload_configure(reload, MODE "[input test touch]\ncalibration-matrix = 1 0 0 0 -1 1\n");
	tap(reload, 40, 180);
	reload_configure(reload, MODE);
	tap(reload, 40, 60);
	// It belongs to an output that is not there: nothing comes of it.
	reload_configure(reload, MODE "[input test touch]\noutput = Virtual-9\n");
	test_device_touch_down(&reload->touch, 0, 40, 60);
	test_device_touch_up(&reload->touch, 0);
	reload_configure(reload, MODE "[input test touch]\noutput = Virtual-1\n");
	tap(reload, 40, 60);
}

// ---- Idle ----

static void test_idle(void **state) {
	struct reload *reload = *state;
	assert_true(reload_read_crtc(NULL));
	reload_configure(reload, MODE "[idle]\noff-after = 1\n");
	assert_true(test_server_wait_log(&reload->server, "Virtual-1: off"));
	assert_false(reload_read_crtc(NULL));
	// The time without input is now less than what turns it off.
	reload_configure(reload, MODE "[idle]\noff-after = 1000\n");
	assert_true(test_server_wait_log(&reload->server, "Virtual-1: on"));
	assert_true(reload_read_crtc(NULL));
	// What the operator turned off stays so.
	reload_set_power(reload, false);
	while (reload_count_log(&reload->server, "Virtual-1: off") < 2) {
		assert_true(test_server_read_log(&reload->server));
	}
	reload_configure(reload, MODE);
	assert_false(reload_read_crtc(NULL));
	reload_set_power(reload, true);
	while (reload_count_log(&reload->server, "Virtual-1: on") < 2) {
		assert_true(test_server_read_log(&reload->server));
	}
	assert_true(reload_read_crtc(NULL));
}

int main(void) {
	test_guard(160);
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keyboard, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_chords, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_operator, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_devices, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_switched_off, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_calibration, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_idle, reload_start, reload_stop),
	};
	return cmocka_run_group_tests_name("reload-input", tests, NULL, NULL);
}
