// SPDX-License-Identifier: MIT
// What a client hears of input, event by event in the order of arrival.
#ifndef VITRINE_TESTS_LIB_SEAT_H
#define VITRINE_TESTS_LIB_SEAT_H

#include "client.h"

enum test_event_type {
	TEST_KEYMAP,
	TEST_REPEAT,
	TEST_KEYBOARD_ENTER,
	TEST_KEYBOARD_LEAVE,
	TEST_KEY,
	TEST_MODIFIERS,
	TEST_POINTER_ENTER,
	TEST_POINTER_LEAVE,
	TEST_MOTION,
	TEST_BUTTON,
	TEST_AXIS,
	TEST_AXIS_SOURCE,
	TEST_AXIS_STOP,
	TEST_AXIS_V120,
	TEST_AXIS_DISCRETE,
	TEST_AXIS_DIRECTION,
	TEST_POINTER_FRAME,
	TEST_TOUCH_DOWN,
	TEST_TOUCH_UP,
	TEST_TOUCH_MOTION,
	TEST_TOUCH_FRAME,
	TEST_TOUCH_CANCEL,
	TEST_N_EVENTS,
};

struct test_event {
	enum test_event_type type;
	struct wl_surface *surface; // ENTER, LEAVE, DOWN
	uint32_t serial, time;
	double x, y;      // px; of the axis: x
	int32_t value;    // key, button, id, axis, source, v120, repeat rate, mods_depressed
	uint32_t state;   // pressed; repeat delay; mods_locked; keymap's size
	uint32_t keys[8]; // KEYBOARD_ENTER
	int n_keys;
	int fd; // KEYMAP, owned by who takes the event
};

enum { TEST_EVENTS = 4096 };

struct test_seat {
	struct test_client *client;
	struct wl_seat *seat;
	struct wl_pointer *pointer;
	struct wl_keyboard *keyboard;
	struct wl_touch *touch;
	uint32_t capabilities; // as told last
	uint32_t version;
	struct test_event events[TEST_EVENTS]; // a ring
	unsigned n_heard, n_taken;
	uint32_t ignored; // 1 << TEST_*: not recorded
};

// Binds wl_seat, and takes the objects of each capability as it comes.
void test_seat_init(struct test_seat *seat, struct test_client *client, uint32_t version);
void test_seat_finish(struct test_seat *seat);
// All of these, at least.
void test_seat_wait_capabilities(struct test_seat *seat, uint32_t capabilities);
// The next event, waited for.
struct test_event test_seat_next(struct test_seat *seat);
// The next event is of this type, or the test fails.
struct test_event test_seat_expect(struct test_seat *seat, enum test_event_type type);
// Nothing came up to now.
void test_seat_expect_nothing(struct test_seat *seat);
// Throws away what came up to now.
void test_seat_drain(struct test_seat *seat);

#endif
