// SPDX-License-Identifier: MIT
#include "seat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

#include "globals.h"

static const char *const names[TEST_N_EVENTS] = {"keymap", "repeat_info", "keyboard.enter",
	"keyboard.leave", "key", "modifiers", "pointer.enter", "pointer.leave", "motion", "button",
	"axis", "axis_source", "axis_stop", "axis_value120", "axis_discrete", "axis_direction",
	"pointer.frame", "touch.down", "touch.up", "touch.motion", "touch.frame", "touch.cancel"};

static void hear(struct test_seat *seat, struct test_event event) {
	if (event.type != TEST_KEYMAP) {
		event.fd = -1;
	}
	if (seat->ignored & 1u << event.type) {
		if (event.fd >= 0) {
			close(event.fd);
		}
		return;
	}
	if (seat->n_heard - seat->n_taken >= TEST_EVENTS) {
		fail_msg("more than %d events of input came", TEST_EVENTS);
	}
	seat->events[seat->n_heard++ % TEST_EVENTS] = event;
}

#define HEAR(...) hear(data, (struct test_event){__VA_ARGS__})
#define FIXED(x) wl_fixed_to_double(x)

// ---- Keyboard ----

static void keymap(
	void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	(void)keyboard;
	assert_int_equal(format, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
	HEAR(.type = TEST_KEYMAP, .fd = fd, .state = size);
}

static void keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface, struct wl_array *keys) {
	(void)keyboard;
	struct test_event event = {.type = TEST_KEYBOARD_ENTER, .serial = serial, .surface = surface};
	event.n_keys = (int)(keys->size / sizeof(uint32_t));
	assert_true(event.n_keys <= 8);
	if (event.n_keys > 0) {
		memcpy(event.keys, keys->data, keys->size);
	}
	hear(data, event);
}

static void keyboard_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
	(void)keyboard;
	HEAR(.type = TEST_KEYBOARD_LEAVE, .serial = serial, .surface = surface);
}

static void key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
	uint32_t code, uint32_t state) {
	(void)keyboard;
	HEAR(.type = TEST_KEY, .serial = serial, .time = time, .value = (int32_t)code, .state = state);
}

static void modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
	uint32_t latched, uint32_t locked, uint32_t group) {
	(void)keyboard;
	(void)latched;
	HEAR(.type = TEST_MODIFIERS, .serial = serial, .value = (int32_t)depressed, .state = locked,
		.time = group);
}

static void repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay) {
	(void)keyboard;
	HEAR(.type = TEST_REPEAT, .value = rate, .state = (uint32_t)delay);
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keymap,
	.enter = keyboard_enter,
	.leave = keyboard_leave,
	.key = key,
	.modifiers = modifiers,
	.repeat_info = repeat_info,
};

// ---- Pointer ----

static void pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y) {
	(void)pointer;
	HEAR(.type = TEST_POINTER_ENTER, .serial = serial, .surface = surface, .x = FIXED(x),
		.y = FIXED(y));
}

static void pointer_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
	(void)pointer;
	HEAR(.type = TEST_POINTER_LEAVE, .serial = serial, .surface = surface);
}

static void motion(
	void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	(void)pointer;
	HEAR(.type = TEST_MOTION, .time = time, .x = FIXED(x), .y = FIXED(y));
}

static void button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
	uint32_t code, uint32_t state) {
	(void)pointer;
	HEAR(.type = TEST_BUTTON, .serial = serial, .time = time, .value = (int32_t)code,
		.state = state);
}

static void axis(
	void *data, struct wl_pointer *pointer, uint32_t time, uint32_t which, wl_fixed_t value) {
	(void)pointer;
	HEAR(.type = TEST_AXIS, .time = time, .value = (int32_t)which, .x = FIXED(value));
}

static void pointer_frame(void *data, struct wl_pointer *pointer) {
	(void)pointer;
	HEAR(.type = TEST_POINTER_FRAME);
}

static void axis_source(void *data, struct wl_pointer *pointer, uint32_t source) {
	(void)pointer;
	HEAR(.type = TEST_AXIS_SOURCE, .value = (int32_t)source);
}

static void axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t which) {
	(void)pointer;
	HEAR(.type = TEST_AXIS_STOP, .time = time, .value = (int32_t)which);
}

static void axis_discrete(
	void *data, struct wl_pointer *pointer, uint32_t which, int32_t discrete) {
	(void)pointer;
	(void)which;
	HEAR(.type = TEST_AXIS_DISCRETE, .value = discrete);
}

static void axis_value120(void *data, struct wl_pointer *pointer, uint32_t which, int32_t v120) {
	(void)pointer;
	(void)which;
	HEAR(.type = TEST_AXIS_V120, .value = v120);
}

static void axis_direction(
	void *data, struct wl_pointer *pointer, uint32_t which, uint32_t direction) {
	(void)pointer;
	(void)which;
	HEAR(.type = TEST_AXIS_DIRECTION, .value = (int32_t)direction);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = motion,
	.button = button,
	.axis = axis,
	.frame = pointer_frame,
	.axis_source = axis_source,
	.axis_stop = axis_stop,
	.axis_discrete = axis_discrete,
	.axis_value120 = axis_value120,
	.axis_relative_direction = axis_direction,
};

// ---- Touch ----

static void down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
	struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)touch;
	HEAR(.type = TEST_TOUCH_DOWN, .serial = serial, .time = time, .surface = surface, .value = id,
		.x = FIXED(x), .y = FIXED(y));
}

static void up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	(void)touch;
	HEAR(.type = TEST_TOUCH_UP, .serial = serial, .time = time, .value = id);
}

static void touch_motion(
	void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)touch;
	HEAR(.type = TEST_TOUCH_MOTION, .time = time, .value = id, .x = FIXED(x), .y = FIXED(y));
}

static void touch_frame(void *data, struct wl_touch *touch) {
	(void)touch;
	HEAR(.type = TEST_TOUCH_FRAME);
}

static void touch_cancel(void *data, struct wl_touch *touch) {
	(void)touch;
	HEAR(.type = TEST_TOUCH_CANCEL);
}

static const struct wl_touch_listener touch_listener = {
	.down = down,
	.up = up,
	.motion = touch_motion,
	.frame = touch_frame,
	.cancel = touch_cancel,
};

// ---- Seat ----

static void handle_capabilities(void *data, struct wl_seat *wl_seat, uint32_t capabilities) {
	struct test_seat *seat = data;
	seat->capabilities = capabilities;
	if (capabilities & WL_SEAT_CAPABILITY_POINTER && !seat->pointer) {
		seat->pointer = wl_seat_get_pointer(wl_seat);
		wl_pointer_add_listener(seat->pointer, &pointer_listener, seat);
	}
	if (capabilities & WL_SEAT_CAPABILITY_KEYBOARD && !seat->keyboard) {
		seat->keyboard = wl_seat_get_keyboard(wl_seat);
		wl_keyboard_add_listener(seat->keyboard, &keyboard_listener, seat);
	}
	if (capabilities & WL_SEAT_CAPABILITY_TOUCH && !seat->touch) {
		seat->touch = wl_seat_get_touch(wl_seat);
		wl_touch_add_listener(seat->touch, &touch_listener, seat);
	}
}

static void handle_name(void *data, struct wl_seat *seat, const char *name) {
	(void)data;
	(void)seat;
	assert_string_equal(name, "seat0");
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = handle_capabilities,
	.name = handle_name,
};

void test_seat_init(struct test_seat *seat, struct test_client *client, uint32_t version) {
	memset(seat, 0, sizeof(*seat));
	seat->client = client;
	seat->version = version;
	struct test_globals globals;
	test_globals_ask(&globals, client->display);
	test_client_roundtrip(client);
	assert_true(test_globals_version(&globals, &wl_seat_interface) >= version);
	seat->seat = test_globals_bind(&globals, &wl_seat_interface, version);
	wl_seat_add_listener(seat->seat, &seat_listener, seat);
	test_globals_finish(&globals);
	test_client_roundtrip(client);
}

void test_seat_finish(struct test_seat *seat) {
	for (; seat->n_taken < seat->n_heard; seat->n_taken++) {
		struct test_event *event = &seat->events[seat->n_taken % TEST_EVENTS];
		if (event->fd >= 0) {
			close(event->fd);
		}
	}
	if (!seat->seat) {
		return;
	}
	if (seat->pointer) {
		wl_pointer_destroy(seat->pointer);
	}
	if (seat->keyboard) {
		wl_keyboard_destroy(seat->keyboard);
	}
	if (seat->touch) {
		wl_touch_destroy(seat->touch);
	}
	wl_seat_destroy(seat->seat);
	seat->seat = NULL;
}

void test_seat_wait_capabilities(struct test_seat *seat, uint32_t capabilities) {
	test_client_wait(seat->client, (seat->capabilities & capabilities) == capabilities);
	test_client_roundtrip(seat->client); // what its objects are told at first is there
}

struct test_event test_seat_next(struct test_seat *seat) {
	test_client_wait(seat->client, seat->n_taken != seat->n_heard);
	return seat->events[seat->n_taken++ % TEST_EVENTS];
}

struct test_event test_seat_expect(struct test_seat *seat, enum test_event_type type) {
	struct test_event event = test_seat_next(seat);
	if (event.type != type) {
		fail_msg("heard %s, expected %s", names[event.type], names[type]);
	}
	return event;
}

void test_seat_expect_nothing(struct test_seat *seat) {
	test_client_roundtrip(seat->client);
	if (seat->n_taken != seat->n_heard) {
		fail_msg(
			"heard %s, expected nothing", names[seat->events[seat->n_taken % TEST_EVENTS].type]);
	}
}

void test_seat_drain(struct test_seat *seat) {
	test_client_roundtrip(seat->client);
	while (seat->n_taken != seat->n_heard) {
		struct test_event event = test_seat_next(seat);
		if (event.fd >= 0) {
			close(event.fd);
		}
	}
}
