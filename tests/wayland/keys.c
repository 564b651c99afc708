// SPDX-License-Identifier: MIT
// Keys that do not reach apps, pressed on a real keyboard: chords that would leave the kiosk, what the
// configuration swallows, what an app is not to have; and the operator's chord.
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

#include "globals.h"
#include "input-fixture.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"

static void plug(struct input_fixture *fixture) {
	test_device_init_keyboard(&fixture->keyboard, &fixture->server, "test keyboard", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_KEYBOARD);
	fixture->seat.ignored = ~(1u << TEST_KEY);
	test_seat_drain(&fixture->seat);
}

static void press(struct input_fixture *fixture, const uint16_t *keys, int n) {
	for (int i = 0; i < n; i++) {
		test_device_key(&fixture->keyboard, keys[i], true);
	}
	for (int i = n - 1; i >= 0; i--) {
		test_device_key(&fixture->keyboard, keys[i], false);
	}
}

// After these keys, last of all an F5 that no one keeps, the client has heard of those that are told and
// of that, each pressed and released once.
static void expect(struct input_fixture *fixture, const uint16_t *keys, int n, uint32_t told) {
	static const uint16_t last[] = {KEY_F5};
	press(fixture, keys, n);
	press(fixture, last, 1);
	int pressed[KEY_CNT] = {0};
	while (true) {
		struct test_event event = test_seat_expect(&fixture->seat, TEST_KEY);
		pressed[event.value] += event.state ? 1 : 100;
		if (event.value == KEY_F5 && !event.state) {
			break;
		}
	}
	for (int i = 0; i < n; i++) {
		if (pressed[keys[i]] != (told & 1u << i ? 101 : 0)) {
			fail_msg("key %d: %d presses, %d releases heard", keys[i], pressed[keys[i]] % 100,
				pressed[keys[i]] / 100);
		}
	}
}

#define EXPECT(told, ...) \
	do { \
		static const uint16_t chord[] = {__VA_ARGS__}; \
		expect(fixture, chord, sizeof(chord) / sizeof(chord[0]), told); \
	} while (0)

static void test_chords_that_leave(void **state) {
	struct input_fixture *fixture = *state;
	plug(fixture);
	EXPECT(3, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F1);
	EXPECT(3, KEY_LEFTCTRL, KEY_RIGHTALT, KEY_F12);
	EXPECT(1, KEY_LEFTALT, KEY_SYSRQ);
	EXPECT(1, KEY_LEFTALT, KEY_F4);
	EXPECT(3, KEY_LEFTCTRL, KEY_LEFTALT, KEY_DELETE);
	// Neighbours of these are the app's.
	EXPECT(3, KEY_LEFTCTRL, KEY_F4);
	EXPECT(7, KEY_LEFTSHIFT, KEY_LEFTALT, KEY_F4);
	EXPECT(1, KEY_DELETE);
}

// The console does not get what is typed, since nobody else does.
static void test_keyboards_are_grabbed(void **state) {
	struct input_fixture *fixture = *state;
	plug(fixture);
	test_device_init_button(&fixture->others[0], &fixture->server, "power", NULL);
	int grabbed = 0, shared = 0;
	for (int i = 0; i < 32; i++) {
		char path[32], name[80] = "";
		snprintf(path, sizeof(path), "/dev/input/event%d", i);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0 || ioctl(fd, EVIOCGNAME(sizeof(name) - 1), name) < 0) {
			continue;
		}
		int rc = ioctl(fd, EVIOCGRAB, 1);
		grabbed += strcmp(name, "test keyboard") == 0 && rc < 0 && errno == EBUSY;
		shared += strcmp(name, "power") == 0 && rc == 0;
		close(fd);
	}
	assert_int_equal(grabbed, 1);
	assert_int_equal(shared, 1);
}

static void test_configured(void **state) {
	(void)state;
	struct input_fixture *fixture = input_start_with("[keys]\nswallow = Ctrl+W, F11\n"
													 "[app-keys input]\ndeny = Tab\n"
													 "[app-keys other]\nallow = Return\n");
	plug(fixture);
	EXPECT(1, KEY_LEFTCTRL, KEY_W);
	EXPECT(0, KEY_F11);
	EXPECT(1, KEY_W);
	EXPECT(1, KEY_LEFTSHIFT, KEY_TAB);
	EXPECT(3, KEY_LEFTALT, KEY_F4); // the list replaces the default
	EXPECT(3, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F2);
	void *self = fixture;
	input_stop(&self);
}

// What is allowed to an app is all that it gets; another one gets everything.
static void test_allowed(void **state) {
	(void)state;
	struct input_fixture *fixture =
		input_start_with("[app-keys input]\nallow = Return, F5, A\ndeny = Ctrl+A\n");
	plug(fixture);
	EXPECT(1, KEY_ENTER);
	EXPECT(0, KEY_B);
	EXPECT(3, KEY_LEFTSHIFT, KEY_A);
	EXPECT(1, KEY_LEFTCTRL, KEY_A);
	struct test_window window;
	struct test_buffer buffer;
	input_show_window(&window, &fixture->client, &buffer, "free");
	test_client_roundtrip(&fixture->client);
	EXPECT(1, KEY_B);
	test_window_finish(&window);
	test_buffer_finish(&buffer);
	void *self = fixture;
	input_stop(&self);
}

// A chord is swallowed to its end: a release alone would be as odd as a press alone.
static void test_released_after_its_modifiers(void **state) {
	struct input_fixture *fixture = *state;
	plug(fixture);
	test_device_key(&fixture->keyboard, KEY_LEFTALT, true);
	test_device_key(&fixture->keyboard, KEY_F4, true);
	test_device_key(&fixture->keyboard, KEY_LEFTALT, false);
	test_device_key(&fixture->keyboard, KEY_F4, false);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(test_seat_expect(&fixture->seat, TEST_KEY).value, KEY_LEFTALT);
	}
	EXPECT(1, KEY_F4);
}

// ---- Keys of a program, such as an on-screen keyboard ----

// Sends the keymap of a usual keyboard; gives the bit of Alt in it.
static uint32_t send_keymap(struct zwp_virtual_keyboard_v1 *keyboard) {
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap =
		xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	assert_non_null(keymap);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	size_t size = strlen(text) + 1;
	int fd = memfd_create("keymap", MFD_CLOEXEC);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	zwp_virtual_keyboard_v1_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)size);
	close(fd);
	uint32_t alt = 1u << xkb_keymap_mod_get_index(keymap, XKB_MOD_NAME_ALT);
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	return alt;
}

static void type(struct zwp_virtual_keyboard_v1 *keyboard, uint32_t modifiers, uint32_t key) {
	zwp_virtual_keyboard_v1_modifiers(keyboard, modifiers, 0, 0, 0);
	zwp_virtual_keyboard_v1_key(keyboard, 0, key, WL_KEYBOARD_KEY_STATE_PRESSED);
	zwp_virtual_keyboard_v1_key(keyboard, 0, key, WL_KEYBOARD_KEY_STATE_RELEASED);
	zwp_virtual_keyboard_v1_modifiers(keyboard, 0, 0, 0, 0);
}

static void test_typed_by_a_program(void **state) {
	(void)state;
	char self_path[256] = "", configuration[512];
	assert_true(readlink("/proc/self/exe", self_path, sizeof(self_path) - 1) > 0);
	snprintf(configuration, sizeof(configuration),
		"[osk]\nallow = %s\n[app-keys input]\ndeny = Tab\n", self_path);
	struct input_fixture *fixture = input_start_with(configuration);
	struct zwp_virtual_keyboard_manager_v1 *manager = NULL;
	struct test_globals globals;
	test_globals_ask(&globals, fixture->client.display);
	test_client_roundtrip(&fixture->client);
	manager = test_globals_bind(&globals, &zwp_virtual_keyboard_manager_v1_interface, 1);
	test_globals_finish(&globals);
	assert_non_null(manager);
	struct zwp_virtual_keyboard_v1 *keyboard =
		zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(manager, fixture->seat.seat);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_KEYBOARD);
	fixture->seat.ignored = ~(1u << TEST_KEY);
	test_seat_drain(&fixture->seat);
	uint32_t alt = send_keymap(keyboard);
	type(keyboard, alt, KEY_F4);
	type(keyboard, 0, KEY_TAB);
	type(keyboard, 0, KEY_F4);
	for (int i = 0; i < 2; i++) { // nothing but the last
		struct test_event event = test_seat_expect(&fixture->seat, TEST_KEY);
		assert_int_equal(event.value, KEY_F4);
		assert_int_equal(event.state, i == 0);
	}
	zwp_virtual_keyboard_v1_destroy(keyboard);
	zwp_virtual_keyboard_manager_v1_destroy(manager);
	void *self = fixture;
	input_stop(&self);
}

static void test_operator(void **state) {
	(void)state;
	char configuration[256], path[64];
	snprintf(path, sizeof(path), "/tmp/vitrine-operator-%d", (int)getpid());
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(configuration, sizeof(configuration),
		"[keys]\noperator = Ctrl+Alt+Shift+O\noperator-command = echo $WAYLAND_DISPLAY >%s\n",
		path);
	struct input_fixture *fixture = input_start_with(configuration);
	plug(fixture);
	FILE *fifo = fopen(path, "r+e"); // of both ends: it neither waits nor comes to an end
	assert_non_null(fifo);
	for (int i = 0; i < 2; i++) { // it may be run again when it has ended
		EXPECT(7, KEY_LEFTCTRL, KEY_LEFTALT, KEY_LEFTSHIFT, KEY_O);
		char line[64] = "";
		assert_non_null(fgets(line, sizeof(line), fifo));
		line[strcspn(line, "\n")] = '\0';
		assert_string_equal(line, fixture->server.socket);
		assert_true(test_server_wait_log(&fixture->server, "command has ended"));
	}
	fclose(fifo);
	unlink(path);
	void *self = fixture;
	input_stop(&self);
}

int main(void) {
	test_guard(80);
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	const struct CMUnitTest tests[] = {
		TEST(test_chords_that_leave),
		TEST(test_keyboards_are_grabbed),
		TEST(test_released_after_its_modifiers),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_typed_by_a_program),
		cmocka_unit_test(test_operator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
