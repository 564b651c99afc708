// SPDX-License-Identifier: MIT
// What toolkits expect of a desktop, with real devices: clipboard and drags between two clients, locked and
// confined pointers, gestures; wl-clipboard as it comes from Debian.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "globals.h"
#include "input-fixture.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"

enum {
	COPY = WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY,
	WORDS = 256,
	FLOAT_WIDTH = 100, // px, of the second client's window in the middle
	FLOAT_HEIGHT = 80,
	FLOAT_X = (TEST_WIDTH - FLOAT_WIDTH) / 2,
	FLOAT_Y = (TEST_HEIGHT - FLOAT_HEIGHT) / 2,
};

static const char text[] = "from one client to another";

// A client with what it heard of the protocols here, one word an event.
struct peer {
	struct test_client *client;
	struct wl_seat *seat;
	struct wl_data_device_manager *manager;
	struct wl_data_device *device;
	struct wl_data_offer *offer;
	struct zwp_pointer_constraints_v1 *constraints;
	struct zwp_relative_pointer_manager_v1 *relative_manager;
	struct zwp_pointer_gestures_v1 *gestures;
	char words[WORDS][64];
	unsigned n_heard, n_taken;
};

#define HEAR(data, ...) \
	do { \
		struct peer *hearer = data; \
		assert_true(hearer->n_heard < WORDS); \
		snprintf(hearer->words[hearer->n_heard++], sizeof(hearer->words[0]), __VA_ARGS__); \
	} while (0)

static const char *next_word(struct peer *peer) {
	test_client_wait(peer->client, peer->n_taken < peer->n_heard);
	return peer->words[peer->n_taken++];
}

static void expect(struct peer *peer, const char *word) {
	assert_string_equal(next_word(peer), word);
}

static void expect_nothing(struct peer *peer) {
	test_client_roundtrip(peer->client);
	if (peer->n_taken < peer->n_heard) {
		fail_msg("heard %s, expected nothing", peer->words[peer->n_taken]);
	}
}

// ---- Data ----

static void offer_type(void *data, struct wl_data_offer *offer, const char *type) {
	(void)offer;
	HEAR(data, "type:%s", type);
}

static void offer_source_actions(void *data, struct wl_data_offer *offer, uint32_t actions) {
	(void)offer;
	HEAR(data, "source-actions:%u", actions);
}

static void offer_action(void *data, struct wl_data_offer *offer, uint32_t action) {
	(void)offer;
	HEAR(data, "action:%u", action);
}

static const struct wl_data_offer_listener offer_listener = {
	offer_type, offer_source_actions, offer_action};

static void device_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	(void)device;
	struct peer *peer = data;
	peer->offer = offer;
	wl_data_offer_add_listener(offer, &offer_listener, peer);
}

static void device_enter(void *data, struct wl_data_device *device, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer) {
	(void)device;
	(void)serial;
	(void)surface;
	assert_non_null(offer);
	HEAR(data, "drag-enter:%g,%g", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void device_leave(void *data, struct wl_data_device *device) {
	(void)device;
	HEAR(data, "drag-leave");
}

static void device_motion(
	void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	(void)device;
	(void)time;
	HEAR(data, "drag-motion:%g,%g", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void device_drop(void *data, struct wl_data_device *device) {
	(void)device;
	HEAR(data, "drop");
}

static void device_selection(
	void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	(void)device;
	HEAR(data, offer ? "selection" : "no-selection");
}

static const struct wl_data_device_listener device_listener = {
	device_offer, device_enter, device_leave, device_motion, device_drop, device_selection};

static void source_target(void *data, struct wl_data_source *source, const char *type) {
	(void)source;
	HEAR(data, "target:%s", type ? type : "none");
}

static void source_send(void *data, struct wl_data_source *source, const char *type, int32_t fd) {
	(void)source;
	HEAR(data, "send:%s", type);
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	close(fd);
}

static void source_cancelled(void *data, struct wl_data_source *source) {
	(void)source;
	HEAR(data, "cancelled");
}

static void source_dropped(void *data, struct wl_data_source *source) {
	(void)source;
	HEAR(data, "dropped");
}

static void source_finished(void *data, struct wl_data_source *source) {
	(void)source;
	HEAR(data, "finished");
}

static void source_action(void *data, struct wl_data_source *source, uint32_t action) {
	(void)source;
	HEAR(data, "chosen:%u", action);
}

static const struct wl_data_source_listener source_listener = {
	source_target, source_send, source_cancelled, source_dropped, source_finished, source_action};

static struct wl_data_source *source_create(struct peer *peer) {
	struct wl_data_source *source = wl_data_device_manager_create_data_source(peer->manager);
	wl_data_source_add_listener(source, &source_listener, peer);
	wl_data_source_offer(source, "text/plain");
	return source;
}

// The data arrives whole, and its end.
static void expect_data(struct peer *from, struct peer *to) {
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	wl_data_offer_receive(to->offer, "text/plain", fds[1]);
	close(fds[1]);
	test_client_roundtrip(to->client);
	expect(from, "send:text/plain");
	char got[sizeof(text) + 1];
	assert_int_equal(read(fds[0], got, sizeof(got)), sizeof(text));
	assert_memory_equal(got, text, sizeof(text));
	assert_int_equal(read(fds[0], got, 1), 0);
	close(fds[0]);
}

// ---- Peers ----

static void peer_init(struct peer *peer, struct test_client *client, struct test_seat *seat) {
	memset(peer, 0, sizeof(*peer));
	peer->client = client;
	struct test_globals globals;
	test_globals_ask(&globals, client->display);
	test_client_roundtrip(client);
	peer->manager = test_globals_bind(&globals, &wl_data_device_manager_interface, 3);
	peer->constraints = test_globals_bind(&globals, &zwp_pointer_constraints_v1_interface, 1);
	peer->relative_manager =
		test_globals_bind(&globals, &zwp_relative_pointer_manager_v1_interface, 1);
	peer->gestures = test_globals_bind(&globals, &zwp_pointer_gestures_v1_interface, 3);
	test_globals_finish(&globals);
	peer->device = wl_data_device_manager_get_data_device(peer->manager, seat->seat);
	wl_data_device_add_listener(peer->device, &device_listener, peer);
	test_client_roundtrip(client);
}

static void peer_finish(struct peer *peer) {
	wl_data_device_release(peer->device);
	wl_data_device_manager_destroy(peer->manager);
	zwp_pointer_constraints_v1_destroy(peer->constraints);
	zwp_relative_pointer_manager_v1_destroy(peer->relative_manager);
	zwp_pointer_gestures_v1_release(peer->gestures);
}

struct second { // another client, with a window of FLOAT_WIDTH x FLOAT_HEIGHT in the middle
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	struct test_seat seat;
	struct peer peer;
};

static struct second second;
static struct peer first;

static void second_init(struct input_fixture *fixture) {
	test_client_connect(&second.client, &fixture->server);
	test_seat_init(&second.seat, &second.client, 9);
	peer_init(&second.peer, &second.client, &second.seat);
	test_window_init(&second.window, &second.client, "second", NULL);
	xdg_toplevel_set_min_size(second.window.toplevel, FLOAT_WIDTH, FLOAT_HEIGHT);
	xdg_toplevel_set_max_size(second.window.toplevel, FLOAT_WIDTH, FLOAT_HEIGHT);
	test_buffer_init_shm(
		&second.buffer, &second.client, DRM_FORMAT_XRGB8888, FLOAT_WIDTH, FLOAT_HEIGHT);
	test_surface_show(&second.window.base, &second.buffer);
	test_surface_wait_frame(&second.window.base);
	test_seat_drain(&second.seat);
}

static void second_finish(void) {
	peer_finish(&second.peer);
	test_seat_finish(&second.seat);
	test_window_finish(&second.window);
	test_buffer_finish(&second.buffer);
	test_client_disconnect(&second.client);
}

static struct test_event wait_event(struct test_seat *seat, enum test_event_type type) {
	struct test_event event;
	do {
		event = test_seat_next(seat);
		if (event.fd >= 0) {
			close(event.fd);
		}
	} while (event.type != type);
	return event;
}

// ---- Clipboard ----

static void test_clipboard(void **state) {
	struct input_fixture *fixture = *state;
	test_device_init_keyboard(&fixture->keyboard, &fixture->server, "test keyboard", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_KEYBOARD);
	peer_init(&first, &fixture->client, &fixture->seat);
	test_device_key(&fixture->keyboard, KEY_C, true);
	uint32_t serial = wait_event(&fixture->seat, TEST_KEY).serial;
	test_device_key(&fixture->keyboard, KEY_C, false);
	struct wl_data_source *source = source_create(&first);
	wl_data_device_set_selection(first.device, source, serial);
	expect(&first, "type:text/plain");
	expect(&first, "selection");
	second_init(fixture); // in front: it has the keyboard
	expect(&second.peer, "type:text/plain");
	expect(&second.peer, "selection");
	expect_data(&first, &second.peer);
	wl_data_source_destroy(source);
	test_client_roundtrip(&fixture->client);
	expect(&second.peer, "no-selection");
	wl_data_offer_destroy(second.peer.offer);
	second_finish();
	peer_finish(&first);
}

// ---- Drags: from the second client's window to the first one's, which is all around it ----

static void agree(struct peer *from, struct peer *to) {
	wl_data_offer_accept(to->offer, 0, "text/plain");
	wl_data_offer_set_actions(to->offer, COPY, COPY);
	expect(to, "action:1");
	expect(from, "target:text/plain");
	expect(from, "chosen:1");
}

static void start_drag(struct wl_data_source *source, uint32_t serial) {
	wl_data_source_set_actions(source, COPY);
	wl_data_device_start_drag(second.peer.device, source, second.window.base.surface, NULL, serial);
	while (strncmp(next_word(&second.peer), "drag-enter", strlen("drag-enter")) != 0) {
	}
}

static void expect_dropped(struct wl_data_source *source) {
	expect(&first, "drop");
	expect(&first, "drag-leave");
	expect(&second.peer, "dropped");
	expect_data(&second.peer, &first);
	wl_data_offer_finish(first.offer);
	test_client_roundtrip(first.client);
	expect(&second.peer, "finished");
	wl_data_source_destroy(source);
	wl_data_offer_destroy(first.offer);
}

static void test_drag_by_pointer(void **state) {
	struct input_fixture *fixture = *state;
	test_device_init_pointer(&fixture->pointer, &fixture->server, "test pointer", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_POINTER);
	peer_init(&first, &fixture->client, &fixture->seat);
	second_init(fixture);
	test_device_move(&fixture->pointer, -2 * TEST_WIDTH, -2 * TEST_HEIGHT);
	test_device_move(&fixture->pointer, FLOAT_X + 10, FLOAT_Y + 20);
	wait_event(&second.seat, TEST_POINTER_ENTER);
	test_device_key(&fixture->pointer, BTN_LEFT, true);
	struct wl_data_source *source = source_create(&second.peer);
	start_drag(source, wait_event(&second.seat, TEST_BUTTON).serial);
	wait_event(&second.seat, TEST_POINTER_LEAVE);
	test_seat_drain(&fixture->seat);
	while (first.n_taken < first.n_heard) {
		first.n_taken++; // the selection that it was told of on its way
	}
	test_device_move(&fixture->pointer, -FLOAT_X, 3);
	expect(&second.peer, "drag-leave");
	expect(&first, "type:text/plain");
	expect(&first, "source-actions:1");
	expect(&first, "drag-enter:10,103");
	agree(&second.peer, &first);
	test_device_move(&fixture->pointer, 5, 0);
	expect(&first, "drag-motion:15,103");
	test_seat_expect_nothing(&fixture->seat); // of the pointer itself
	test_device_key(&fixture->pointer, BTN_LEFT, false);
	expect_dropped(source);
	struct test_event enter = test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	assert_true(enter.x == 15 && enter.y == 103);
	second_finish();
	peer_finish(&first);
}

static void test_drag_by_touch(void **state) {
	struct input_fixture *fixture = *state;
	struct test_device_settings settings = {.width = TEST_WIDTH, .height = TEST_HEIGHT};
	test_device_init_touch(&fixture->touch, &fixture->server, "test touch", &settings);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_TOUCH);
	peer_init(&first, &fixture->client, &fixture->seat);
	second_init(fixture);
	test_device_touch_down(&fixture->touch, 0, FLOAT_X + 10, FLOAT_Y + 20);
	struct wl_data_source *source = source_create(&second.peer);
	start_drag(source, wait_event(&second.seat, TEST_TOUCH_DOWN).serial);
	wait_event(&second.seat, TEST_TOUCH_CANCEL);
	test_client_roundtrip(&fixture->client);
	while (first.n_taken < first.n_heard) {
		first.n_taken++;
	}
	test_device_touch_move(&fixture->touch, 0, 30, 40);
	expect(&second.peer, "drag-leave");
	expect(&first, "type:text/plain");
	expect(&first, "source-actions:1");
	expect(&first, "drag-enter:30,40");
	agree(&second.peer, &first);
	test_device_touch_move(&fixture->touch, 0, 31, 42);
	expect(&first, "drag-motion:31,42");
	test_device_touch_up(&fixture->touch, 0);
	expect_dropped(source);
	test_seat_expect_nothing(&fixture->seat);
	// Pulled out in the middle of one.
	test_device_touch_down(&fixture->touch, 0, FLOAT_X + 10, FLOAT_Y + 20);
	source = source_create(&second.peer);
	start_drag(source, wait_event(&second.seat, TEST_TOUCH_DOWN).serial);
	test_device_finish(&fixture->touch, &fixture->server);
	expect(&second.peer, "drag-leave");
	expect(&second.peer, "cancelled");
	wl_data_source_destroy(source);
	second_finish();
	peer_finish(&first);
}

// ---- Constraints ----

static void handle_relative(void *data, struct zwp_relative_pointer_v1 *relative, uint32_t hi,
	uint32_t lo, wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t raw_dx, wl_fixed_t raw_dy) {
	(void)relative;
	assert_true(hi > 0 || lo > 0);
	HEAR(data, "relative:%g,%g,%g,%g", wl_fixed_to_double(dx), wl_fixed_to_double(dy),
		wl_fixed_to_double(raw_dx), wl_fixed_to_double(raw_dy));
}

static const struct zwp_relative_pointer_v1_listener relative_listener = {handle_relative};

static void handle_locked(void *data, struct zwp_locked_pointer_v1 *locked) {
	(void)locked;
	HEAR(data, "locked");
}

static void handle_unlocked(void *data, struct zwp_locked_pointer_v1 *locked) {
	(void)locked;
	HEAR(data, "unlocked");
}

static const struct zwp_locked_pointer_v1_listener locked_listener = {
	handle_locked, handle_unlocked};

static void handle_confined(void *data, struct zwp_confined_pointer_v1 *confined) {
	(void)confined;
	HEAR(data, "confined");
}

static void handle_unconfined(void *data, struct zwp_confined_pointer_v1 *confined) {
	(void)confined;
	HEAR(data, "unconfined");
}

static const struct zwp_confined_pointer_v1_listener confined_listener = {
	handle_confined, handle_unconfined};

static void plug_pointer_at(struct input_fixture *fixture, int x, int y) {
	test_device_init_pointer(&fixture->pointer, &fixture->server, "test pointer", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_POINTER);
	peer_init(&first, &fixture->client, &fixture->seat);
	test_device_move(&fixture->pointer, -2 * TEST_WIDTH, -2 * TEST_HEIGHT);
	test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_device_move(&fixture->pointer, x, y);
	test_seat_expect(&fixture->seat, TEST_MOTION);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
}

static void expect_motion(struct input_fixture *fixture, double x, double y) {
	struct test_event event = test_seat_expect(&fixture->seat, TEST_MOTION);
	if (event.x != x || event.y != y) {
		fail_msg("at %g,%g, expected %g,%g", event.x, event.y, x, y);
	}
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
}

static void test_lock(void **state) {
	struct input_fixture *fixture = *state;
	plug_pointer_at(fixture, 50, 60);
	struct zwp_relative_pointer_v1 *relative = zwp_relative_pointer_manager_v1_get_relative_pointer(
		first.relative_manager, fixture->seat.pointer);
	zwp_relative_pointer_v1_add_listener(relative, &relative_listener, &first);
	struct zwp_locked_pointer_v1 *locked =
		zwp_pointer_constraints_v1_lock_pointer(first.constraints, fixture->window.base.surface,
			fixture->seat.pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_locked_pointer_v1_add_listener(locked, &locked_listener, &first);
	expect(&first, "locked");
	test_device_move(&fixture->pointer, 1000, -7);
	expect(&first, "relative:1000,-7,1000,-7");
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_seat_expect_nothing(&fixture->seat);
	zwp_locked_pointer_v1_set_cursor_position_hint(
		locked, wl_fixed_from_int(111), wl_fixed_from_int(99));
	wl_surface_commit(fixture->window.base.surface);
	zwp_locked_pointer_v1_destroy(locked);
	expect_motion(fixture, 111, 99);
	test_device_move(&fixture->pointer, 1, 1);
	expect(&first, "relative:1,1,1,1");
	expect_motion(fixture, 112, 100);
	zwp_relative_pointer_v1_destroy(relative);
	peer_finish(&first);
}

static void test_confine(void **state) {
	struct input_fixture *fixture = *state;
	plug_pointer_at(fixture, 50, 60);
	struct wl_region *region = wl_compositor_create_region(fixture->client.compositor);
	wl_region_add(region, 40, 40, 60, 30);
	struct zwp_confined_pointer_v1 *confined =
		zwp_pointer_constraints_v1_confine_pointer(first.constraints, fixture->window.base.surface,
			fixture->seat.pointer, region, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_confined_pointer_v1_add_listener(confined, &confined_listener, &first);
	wl_region_destroy(region);
	expect(&first, "confined");
	test_device_move(&fixture->pointer, 10, 100);
	expect_motion(fixture, 60, 70 - 1 / 256.0);
	test_device_move(&fixture->pointer, -100, 0);
	expect_motion(fixture, 40, 70 - 1 / 256.0);
	zwp_confined_pointer_v1_destroy(confined);
	test_client_roundtrip(&fixture->client);
	test_device_move(&fixture->pointer, -10, 0);
	expect_motion(fixture, 30, 70 - 1 / 256.0);
	expect_nothing(&first);
	peer_finish(&first);
}

// ---- Gestures ----

static void swipe_begin(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial,
	uint32_t time, struct wl_surface *surface, uint32_t fingers) {
	(void)swipe;
	(void)serial;
	(void)time;
	assert_non_null(surface);
	HEAR(data, "swipe:%u", fingers);
}

static double swiped_x, swiped_y;

static void swipe_update(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t time,
	wl_fixed_t dx, wl_fixed_t dy) {
	(void)data;
	(void)swipe;
	(void)time;
	swiped_x += wl_fixed_to_double(dx);
	swiped_y += wl_fixed_to_double(dy);
}

static void swipe_end(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial,
	uint32_t time, int32_t cancelled) {
	(void)swipe;
	(void)serial;
	(void)time;
	HEAR(data, cancelled ? "swipe-cancelled" : "swiped");
}

static const struct zwp_pointer_gesture_swipe_v1_listener swipe_listener = {
	swipe_begin, swipe_update, swipe_end};

// Three fingers over a touchpad, from the left to the right. As a touchpad does, it reports 100 times a
// second: libinput discards what moves as fast as a test could write.
static void swipe(struct test_device *touchpad) {
	const struct timespec period = {.tv_nsec = 10000000};
	int y[] = {1000, 800, 1000};
	for (int i = 0; i < 3; i++) {
		test_device_touch_down(touchpad, i, 500 + 500 * i, y[i]);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
	}
	for (int step = 1; step <= 30; step++) {
		for (int i = 0; i < 3; i++) {
			test_device_emit(touchpad, EV_ABS, ABS_MT_SLOT, i);
			test_device_emit(touchpad, EV_ABS, ABS_MT_POSITION_X, 500 + 500 * i + 40 * step);
			if (i == 0) {
				test_device_emit(touchpad, EV_ABS, ABS_X, 500 + 40 * step);
			}
		}
		test_device_sync(touchpad);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
	}
}

static void test_swipe(void **state) {
	struct input_fixture *fixture = *state;
	plug_pointer_at(fixture, 50, 60);
	struct zwp_pointer_gesture_swipe_v1 *object =
		zwp_pointer_gestures_v1_get_swipe_gesture(first.gestures, fixture->seat.pointer);
	zwp_pointer_gesture_swipe_v1_add_listener(object, &swipe_listener, &first);
	test_client_roundtrip(&fixture->client);
	struct test_device *touchpad = &fixture->others[0];
	struct test_device_settings settings = {
		.width = 4000, .height = 2400, .width_mm = 100, .height_mm = 60};
	test_device_init_touchpad(touchpad, &fixture->server, "test touchpad", &settings);
	swiped_x = swiped_y = 0;
	swipe(touchpad);
	expect(&first, "swipe:3");
	for (int i = 0; i < 3; i++) {
		test_device_touch_up(touchpad, i);
	}
	expect(&first, "swiped");
	assert_true(swiped_x > 0);
	assert_true(swiped_y < swiped_x / 4 && swiped_y > -swiped_x / 4);
	// Pulled out with the fingers on it: it ends, as the kernel lifts them or as libinput cancels it.
	swipe(touchpad);
	expect(&first, "swipe:3");
	test_device_finish(touchpad, &fixture->server);
	const char *end = next_word(&first);
	assert_true(strcmp(end, "swiped") == 0 || strcmp(end, "swipe-cancelled") == 0);
	expect_nothing(&first);
	zwp_pointer_gesture_swipe_v1_destroy(object);
	peer_finish(&first);
}

// ---- wl-clipboard, unmodified: it has no window of its own and takes what it needs to ----

static void expect_output(const char *command, const char *expected) {
	FILE *pipe = popen(command, "re");
	assert_non_null(pipe);
	char got[256] = "";
	size_t n = fread(got, 1, sizeof(got) - 1, pipe);
	got[n] = '\0';
	assert_int_equal(pclose(pipe), 0);
	assert_string_equal(got, expected);
}

static void test_wl_clipboard(void **state) {
	struct input_fixture *fixture = *state;
	if (system("command -v wl-copy >/dev/null && command -v wl-paste >/dev/null") != 0) {
		print_message("skipped: wl-clipboard is not installed\n");
		skip();
	}
	assert_int_equal(setenv("WAYLAND_DISPLAY", fixture->server.socket, 1), 0);
	test_device_init_keyboard(&fixture->keyboard, &fixture->server, "test keyboard", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_KEYBOARD);
	peer_init(&first, &fixture->client, &fixture->seat);
	assert_int_equal(system("wl-copy 'what was copied'"), 0);
	assert_int_equal(system("wl-copy --primary 'what was marked'"), 0);
	expect_output("wl-paste --no-newline", "what was copied");
	expect_output("wl-paste --no-newline --primary", "what was marked");
	// Ours goes over theirs, and theirs reads ours.
	test_device_key(&fixture->keyboard, KEY_C, true);
	uint32_t serial = wait_event(&fixture->seat, TEST_KEY).serial;
	test_device_key(&fixture->keyboard, KEY_C, false);
	while (first.n_taken < first.n_heard) {
		first.n_taken++;
	}
	struct wl_data_source *source = source_create(&first);
	wl_data_device_set_selection(first.device, source, serial);
	test_client_roundtrip(&fixture->client);
	FILE *pipe = popen("wl-paste --no-newline", "re");
	assert_non_null(pipe);
	while (strcmp(next_word(&first), "send:text/plain") != 0) {
	}
	char got[sizeof(text) + 1];
	assert_int_equal(fread(got, 1, sizeof(got), pipe), sizeof(text));
	assert_memory_equal(got, text, sizeof(text));
	assert_int_equal(pclose(pipe), 0);
	assert_int_equal(system("wl-copy --clear --primary"), 0); // ends what serves it
	wl_data_source_destroy(source);
	peer_finish(&first);
}

int main(void) {
	test_guard(110);
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	static const struct CMUnitTest tests[] = {
		TEST(test_clipboard),
		TEST(test_drag_by_pointer),
		TEST(test_drag_by_touch),
		TEST(test_lock),
		TEST(test_confine),
		TEST(test_swipe),
		TEST(test_wl_clipboard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
