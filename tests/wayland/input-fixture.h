// SPDX-License-Identifier: MIT
// What tests of input begin with: the server with a configuration, a client in front of the screen,
// and all that it hears.
#ifndef VITRINE_TESTS_WAYLAND_INPUT_FIXTURE_H
#define VITRINE_TESTS_WAYLAND_INPUT_FIXTURE_H

#include <linux/input-event-codes.h>

#include "fixture.h"
#include "seat.h"
#include "uinput.h"

// Pointers go as far as they are told to.
#define INPUT_FLAT "[input *]\naccel-profile = flat\naccel-speed = 0\n"

struct input_fixture {
	struct test_server server;
	struct test_client control;
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;                   // of the screen's size
	struct test_seat seat;                       // version 9
	struct test_device pointer, keyboard, touch; // gone unless a test makes them
	struct test_device others[2];                // likewise
};

// For cmocka_unit_test_setup_teardown: the server without a device, *state a struct input_fixture.
int input_start(void **state);
// The same with more in its configuration than INPUT_FLAT, for tests that call it themselves.
struct input_fixture *input_start_with(const char *configuration);
int input_stop(void **state);

// A window of the screen's size, shown. `buffer` is painted by nobody.
void input_show_window(struct test_window *window, struct test_client *client,
	struct test_buffer *buffer, const char *app_id);
// Shows a popup of `width` x `height` px in a buffer of its own.
void input_show_popup(struct test_popup *popup, struct test_buffer *buffer, int width, int height);

#endif
