// SPDX-License-Identifier: MIT
// Devices that are pulled out while keys and fingers are down, again and again: no client is left with a
// key or touch that is down for ever, and nothing is left of the devices in the server.
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input-fixture.h"

// VITRINE_SOAK: all of it, as in ./run soak.
static int plugs(void) {
	return getenv("VITRINE_SOAK") ? 1000 : 100;
}

static void skip_greeting(struct test_seat *seat) {
	struct test_event event = test_seat_next(seat);
	if (event.type == TEST_KEYMAP) { // only the first time: the object stays
		close(event.fd);
		test_seat_expect(seat, TEST_REPEAT);
		event = test_seat_next(seat);
	}
	assert_int_equal(event.type, TEST_KEYBOARD_ENTER);
	assert_int_equal(event.n_keys, 0);
	assert_int_equal(test_seat_expect(seat, TEST_MODIFIERS).value, 0);
}

static void plug_keyboard(struct input_fixture *fixture, const char *name) {
	struct test_seat *seat = &fixture->seat;
	test_device_init_keyboard(&fixture->keyboard, NULL, name, NULL);
	skip_greeting(seat);
	static const uint16_t keys[] = {KEY_LEFTSHIFT, KEY_A, KEY_ENTER};
	for (int i = 0; i < 3; i++) {
		test_device_key(&fixture->keyboard, keys[i], true);
		assert_int_equal(test_seat_expect(seat, TEST_KEY).value, keys[i]);
		if (i == 0) {
			assert_int_equal(test_seat_expect(seat, TEST_MODIFIERS).value, 1);
		}
	}
	test_device_finish(&fixture->keyboard, NULL);
	int released = 0;
	uint32_t modifiers = 1;
	for (struct test_event event = test_seat_next(seat); event.type != TEST_KEYBOARD_LEAVE;
		 event = test_seat_next(seat)) {
		if (event.type == TEST_MODIFIERS) {
			modifiers = (uint32_t)event.value;
		} else {
			assert_int_equal(event.type, TEST_KEY);
			assert_int_equal(event.state, WL_KEYBOARD_KEY_STATE_RELEASED);
			released++;
		}
	}
	assert_int_equal(released, 3);
	assert_int_equal(modifiers, 0);
}

static void plug_touch(struct input_fixture *fixture, const char *name) {
	struct test_seat *seat = &fixture->seat;
	uint32_t before = seat->capabilities;
	test_device_init_touch(&fixture->touch, NULL, name, NULL);
	test_seat_wait_capabilities(seat, before | WL_SEAT_CAPABILITY_TOUCH);
	for (int i = 0; i < 4; i++) {
		test_device_touch_down(&fixture->touch, i, 400 * i, 300 * i);
		test_seat_expect(seat, TEST_TOUCH_DOWN);
		test_seat_expect(seat, TEST_TOUCH_FRAME);
	}
	test_device_finish(&fixture->touch, NULL);
	test_seat_expect(seat, TEST_TOUCH_CANCEL);
	test_client_wait(&fixture->client, (seat->capabilities & WL_SEAT_CAPABILITY_TOUCH) == 0);
	test_seat_expect_nothing(seat);
}

static void plug_pointer(struct input_fixture *fixture, const char *name) {
	struct test_seat *seat = &fixture->seat;
	uint32_t before = seat->capabilities;
	test_device_init_pointer(&fixture->pointer, NULL, name, NULL);
	test_seat_wait_capabilities(seat, before | WL_SEAT_CAPABILITY_POINTER);
	test_device_move(&fixture->pointer, 1, 1);
	test_seat_expect(seat, TEST_POINTER_ENTER);
	test_seat_expect(seat, TEST_POINTER_FRAME);
	test_device_key(&fixture->pointer, BTN_LEFT, true);
	test_seat_expect(seat, TEST_BUTTON);
	test_seat_expect(seat, TEST_POINTER_FRAME);
	test_device_finish(&fixture->pointer, NULL);
	assert_int_equal(test_seat_expect(seat, TEST_BUTTON).state, 0);
	test_seat_expect(seat, TEST_POINTER_FRAME);
	test_seat_expect(seat, TEST_POINTER_LEAVE);
	test_seat_expect(seat, TEST_POINTER_FRAME);
}

static void test_pulled_out_while_down(void **state) {
	struct input_fixture *fixture = *state;
	static void (*const plug[])(struct input_fixture * fixture, const char *name) = {
		plug_keyboard, plug_touch, plug_pointer};
	struct test_counts before = {0};
	int n = plugs();
	for (int i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof(name), "plug %d", i);
		plug[i % 3](fixture, name);
		if (i == 5) { // each kind was there twice: what is made once is made
			test_client_roundtrip(&fixture->control);
			before = test_server_count(&fixture->server);
		}
	}
	// The last capability that went was told after the last device had been closed.
	test_client_roundtrip(&fixture->control);
	test_counts_assert_same(before, test_server_count(&fixture->server));
	struct json_object *status = test_status(&fixture->control);
	assert_int_equal(json_object_array_length(test_json(status, "inputs")), 0);
	json_object_put(status);
	// What comes now begins with nothing down.
	test_device_init_keyboard(&fixture->keyboard, NULL, "last keyboard", NULL);
	skip_greeting(&fixture->seat);
	test_seat_expect_nothing(&fixture->seat);
}

// A client that leaves while it has everything, and one that destroys its objects in any order.
static void test_clients_that_go(void **state) {
	struct input_fixture *fixture = *state;
	test_device_init_keyboard(&fixture->keyboard, &fixture->server, "keyboard", NULL);
	test_device_init_touch(&fixture->touch, &fixture->server, "touch", NULL);
	test_device_init_pointer(&fixture->pointer, &fixture->server, "pointer", NULL);
	test_seat_wait_capabilities(&fixture->seat, 7);
	for (int i = 0; i < 12; i++) {
		struct test_client client;
		struct test_window window;
		struct test_buffer buffer;
		static struct test_seat seat;
		// libinput takes the same button so soon after for a switch that bounces.
		const uint16_t button = (uint16_t)(BTN_LEFT + i % 4);
		test_client_connect(&client, &fixture->server);
		test_seat_init(&seat, &client, 9);
		input_show_window(&window, &client, &buffer, "goes");
		test_device_key(&fixture->keyboard, KEY_X, true);
		test_device_touch_down(&fixture->touch, 0, 2000, 2000);
		test_device_move(&fixture->pointer, i % 2 ? -3 : 3, 0);
		test_device_key(&fixture->pointer, button, true);
		for (unsigned heard = 0; heard != 7;) {
			struct test_event event = test_seat_next(&seat);
			heard |= event.type == TEST_KEY ? 1 : 0;
			heard |= event.type == TEST_TOUCH_DOWN ? 2 : 0;
			heard |= event.type == TEST_BUTTON ? 4 : 0;
			if (event.fd >= 0) {
				close(event.fd);
			}
		}
		if (i % 3 == 1) {
			test_window_finish(&window);
		} else if (i % 3 == 2) {
			test_seat_finish(&seat);
			test_client_roundtrip(&client);
		}
		test_device_touch_move(&fixture->touch, 0, 2100, 2100);
		if (i % 2) {
			test_client_roundtrip(&client);
		}
		test_buffer_finish(&buffer);
		wl_display_disconnect(client.display); // whatever is left of it
		client.display = NULL;
		test_device_touch_up(&fixture->touch, 0);
		test_device_key(&fixture->keyboard, KEY_X, false);
		test_device_key(&fixture->pointer, button, false);
		test_client_roundtrip(&fixture->control);
	}
	// The first window has all of it again.
	test_seat_drain(&fixture->seat);
	test_device_key(&fixture->keyboard, KEY_Y, true);
	for (;;) {
		struct test_event event = test_seat_next(&fixture->seat);
		if (event.type == TEST_KEY && event.value == KEY_Y) {
			break;
		}
	}
}

enum { NOBODY = 65534 };

static void become_nobody(void) {
	static const char *const names[] = {"video", "input"};
	gid_t groups[2];
	for (size_t i = 0; i < 2; i++) {
		const struct group *group = getgrnam(names[i]);
		groups[i] = group ? group->gr_gid : NOBODY;
	}
	if (setgroups(2, groups) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
		_exit(1);
	}
}

// Without a seat daemon, as a user of the groups that may open the devices.
static void test_ordinary_user(void **state) {
	(void)state;
	if (access("/run/seatd.sock", F_OK) == 0) {
		skip(); // its socket is for others
	}
	const char *before = getenv("XDG_RUNTIME_DIR");
	char *old = before ? strdup(before) : NULL;
	char folder[] = "/tmp/vitrine-user-XXXXXX";
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", folder, 1), 0);
	struct test_server server = {0};
	const char *args[] = {"--device", test_device(), "--mode", TEST_MODE, NULL};
	test_server_launch(&server, args, become_nobody);
	assert_true(test_server_wait_log(&server, "ready\n"));
	struct test_device pointer;
	test_device_init_pointer(&pointer, &server, "of anybody", NULL); // the log tells of it
	test_device_finish(&pointer, &server);
	test_server_stop(&server);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", old ? old : "/tmp", 1), 0);
	free(old);
}

int main(void) {
	test_guard(getenv("VITRINE_SOAK") ? 1700 : 170);
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	static const struct CMUnitTest tests[] = {
		TEST(test_pulled_out_while_down),
		TEST(test_clients_that_go),
		cmocka_unit_test(test_ordinary_user),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
