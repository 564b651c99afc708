// SPDX-License-Identifier: MIT
#include "data-harness.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "globals.h"

void peer_hear(struct peer *peer, const char *format, ...) {
	size_t length = strlen(peer->heard);
	va_list args;
	va_start(args, format);
	vsnprintf(peer->heard + length, sizeof(peer->heard) - length, format, args);
	va_end(args);
	length = strlen(peer->heard);
	assert_true(length + 2 < sizeof(peer->heard));
	peer->heard[length] = ' ';
	peer->heard[length + 1] = '\0';
}

void peer_forget(struct peer *peer) {
	assert_true(client_sync(peer->client));
	peer->heard[0] = '\0';
}

void peer_expect(struct peer *peer, const char *heard) {
	assert_true(client_sync(peer->client));
	if (strncmp(peer->heard, heard, strlen(heard)) != 0 ||
		strlen(peer->heard) != strlen(heard) + (*heard ? 1 : 0)) {
		fail_msg("%s heard \"%s\", expected \"%s\"", peer->name, peer->heard, heard);
	}
	peer->heard[0] = '\0';
}

// ---- Seat ----

static void pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y) {
	(void)pointer;
	(void)surface;
	struct peer *peer = data;
	peer->enter = serial;
	peer_hear(peer, "enter:%g,%g", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void pointer_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
	(void)pointer;
	(void)serial;
	(void)surface;
	peer_hear(data, "leave");
}

static void pointer_motion(
	void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	(void)pointer;
	(void)time;
	peer_hear(data, "motion:%g,%g", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void pointer_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
	uint32_t button, uint32_t state) {
	(void)pointer;
	(void)time;
	(void)button;
	struct peer *peer = data;
	if (state) {
		peer->press = serial;
	}
	peer_hear(peer, state ? "press" : "release");
}

static void pointer_axis(
	void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
	(void)pointer;
	(void)time;
	(void)axis;
	peer_hear(data, "axis:%g", wl_fixed_to_double(value));
}

static void pointer_frame(void *data, struct wl_pointer *pointer) {
	(void)pointer;
	peer_hear(data, "frame");
}

static void ignore_source(void *data, struct wl_pointer *pointer, uint32_t source) {
	(void)data;
	(void)pointer;
	(void)source;
}

static void ignore_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis) {
	(void)data;
	(void)pointer;
	(void)time;
	(void)axis;
}

static void ignore_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t value) {
	(void)data;
	(void)pointer;
	(void)axis;
	(void)value;
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = pointer_motion,
	.button = pointer_button,
	.axis = pointer_axis,
	.frame = pointer_frame,
	.axis_source = ignore_source,
	.axis_stop = ignore_stop,
	.axis_discrete = ignore_discrete,
};

static void handle_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
	struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)touch;
	(void)time;
	(void)surface;
	struct peer *peer = data;
	peer->press = serial;
	peer_hear(peer, "down%d:%g,%g", id, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_up(
	void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	(void)touch;
	(void)serial;
	(void)time;
	peer_hear(data, "up%d", id);
}

static void handle_touch_motion(
	void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)touch;
	(void)time;
	peer_hear(data, "move%d:%g,%g", id, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_touch_frame(void *data, struct wl_touch *touch) {
	(void)data;
	(void)touch;
}

static void handle_touch_cancel(void *data, struct wl_touch *touch) {
	(void)touch;
	peer_hear(data, "touch-cancel");
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_touch_motion,
	.frame = handle_touch_frame,
	.cancel = handle_touch_cancel,
};

// ---- Data ----

static void offer_type(void *data, struct wl_data_offer *offer, const char *type) {
	(void)offer;
	peer_hear(data, "type:%s", type);
}

static void offer_source_actions(void *data, struct wl_data_offer *offer, uint32_t actions) {
	(void)offer;
	peer_hear(data, "source-actions:%u", actions);
}

static void offer_action(void *data, struct wl_data_offer *offer, uint32_t action) {
	(void)offer;
	peer_hear(data, "action:%u", action);
}

static const struct wl_data_offer_listener offer_listener = {
	.offer = offer_type,
	.source_actions = offer_source_actions,
	.action = offer_action,
};

static void device_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	(void)device;
	struct peer *peer = data;
	peer->offer = offer;
	wl_data_offer_add_listener(offer, &offer_listener, peer);
	peer_hear(peer, "offer");
}

static void device_enter(void *data, struct wl_data_device *device, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer) {
	(void)device;
	(void)serial;
	(void)surface;
	peer_hear(data, "drag-enter:%g,%g%s", wl_fixed_to_double(x), wl_fixed_to_double(y),
		offer ? "" : ":none");
}

static void device_leave(void *data, struct wl_data_device *device) {
	(void)device;
	peer_hear(data, "drag-leave");
}

static void device_motion(
	void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	(void)device;
	(void)time;
	peer_hear(data, "drag-motion:%g,%g", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void device_drop(void *data, struct wl_data_device *device) {
	(void)device;
	peer_hear(data, "drop");
}

static void device_selection(
	void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	(void)device;
	peer_hear(data, offer ? "selection" : "no-selection");
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = device_offer,
	.enter = device_enter,
	.leave = device_leave,
	.motion = device_motion,
	.drop = device_drop,
	.selection = device_selection,
};

static void source_target(void *data, struct wl_data_source *source, const char *type) {
	(void)source;
	peer_hear(data, "target:%s", type ? type : "none");
}

// Writes the type's own name, as data.
static void source_send(void *data, struct wl_data_source *source, const char *type, int32_t fd) {
	(void)source;
	struct peer *peer = data;
	peer->n_sent++;
	if (!peer->quiet) {
		peer_hear(data, "send:%s", type);
		assert_int_equal(write(fd, type, strlen(type)), strlen(type));
	}
	close(fd);
}

static void source_cancelled(void *data, struct wl_data_source *source) {
	(void)source;
	peer_hear(data, "cancelled");
}

static void source_dropped(void *data, struct wl_data_source *source) {
	(void)source;
	peer_hear(data, "dropped");
}

static void source_finished(void *data, struct wl_data_source *source) {
	(void)source;
	peer_hear(data, "finished");
}

static void source_action(void *data, struct wl_data_source *source, uint32_t action) {
	(void)source;
	peer_hear(data, "chosen:%u", action);
}

static const struct wl_data_source_listener source_listener = {
	.target = source_target,
	.send = source_send,
	.cancelled = source_cancelled,
	.dnd_drop_performed = source_dropped,
	.dnd_finished = source_finished,
	.action = source_action,
};

struct wl_data_source *peer_source(struct peer *peer, const char *type, const char *second) {
	struct wl_data_source *source = wl_data_device_manager_create_data_source(peer->manager);
	wl_data_source_add_listener(source, &source_listener, peer);
	wl_data_source_offer(source, type);
	if (second) {
		wl_data_source_offer(source, second);
	}
	return source;
}

// ---- Primary selection ----

static void primary_type(
	void *data, struct zwp_primary_selection_offer_v1 *offer, const char *type) {
	(void)offer;
	peer_hear(data, "primary-type:%s", type);
}

static const struct zwp_primary_selection_offer_v1_listener primary_offer_listener = {
	.offer = primary_type,
};

static void primary_offer(void *data, struct zwp_primary_selection_device_v1 *device,
	struct zwp_primary_selection_offer_v1 *offer) {
	(void)device;
	struct peer *peer = data;
	peer->primary_offer = offer;
	zwp_primary_selection_offer_v1_add_listener(offer, &primary_offer_listener, peer);
	peer_hear(peer, "primary-offer");
}

static void primary_selection(void *data, struct zwp_primary_selection_device_v1 *device,
	struct zwp_primary_selection_offer_v1 *offer) {
	(void)device;
	peer_hear(data, offer ? "primary" : "no-primary");
}

static const struct zwp_primary_selection_device_v1_listener primary_listener = {
	.data_offer = primary_offer,
	.selection = primary_selection,
};

// ---- Life ----

void peer_init(struct peer *peer, struct harness *harness, const char *name, uint32_t version,
	int32_t width, int32_t height) {
	*peer = (struct peer){.version = version};
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	peer->client = client_connect(harness);
	struct test_globals globals;
	test_globals_ask(&globals, peer->client->display);
	assert_true(client_sync(peer->client));
	assert_int_equal(test_globals_version(&globals, &wl_data_device_manager_interface), 3);
	peer->seat = test_globals_bind(&globals, &wl_seat_interface, 5);
	peer->manager = test_globals_bind(&globals, &wl_data_device_manager_interface, version);
	peer->primary_manager =
		test_globals_bind(&globals, &zwp_primary_selection_device_manager_v1_interface, 1);
	test_globals_finish(&globals);
	peer->pointer = wl_seat_get_pointer(peer->seat);
	wl_pointer_add_listener(peer->pointer, &pointer_listener, peer);
	peer->touch = wl_seat_get_touch(peer->seat);
	wl_touch_add_listener(peer->touch, &touch_listener, peer);
	peer->device = wl_data_device_manager_get_data_device(peer->manager, peer->seat);
	wl_data_device_add_listener(peer->device, &device_listener, peer);
	peer->primary_device =
		zwp_primary_selection_device_manager_v1_get_device(peer->primary_manager, peer->seat);
	zwp_primary_selection_device_v1_add_listener(peer->primary_device, &primary_listener, peer);
	window_init(&peer->window, peer->client);
	xdg_toplevel_set_min_size(peer->window.toplevel, width, height);
	xdg_toplevel_set_max_size(peer->window.toplevel, width, height);
	window_configure(&peer->window);
	window_draw(&peer->window, width, height);
	peer_forget(peer);
}

void peer_finish(struct peer *peer) {
	client_kill(peer->client);
	*peer = (struct peer){0};
}

// ---- Devices ----

struct seat *peers_seat(struct harness *harness) {
	return wayland_server_seat(harness->server);
}

void peers_start(struct harness *harness) {
	harness_start(harness, 1);
	seat_set_capabilities(peers_seat(harness),
		WL_SEAT_CAPABILITY_POINTER | WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_TOUCH);
}

static uint64_t next_time(void) {
	static uint64_t time_us = 1000000;
	return time_us += 1000;
}

static struct seat_place place(struct harness *harness, double x, double y) {
	return (struct seat_place){harness->outputs[0].wayland, x, y};
}

void point_at(struct harness *harness, double x, double y) {
	struct seat_motion motion = {.time_us = next_time(), .to = place(harness, x, y)};
	harness_dispatch(harness);
	seat_notify_motion(peers_seat(harness), &motion);
	seat_notify_pointer_frame(peers_seat(harness));
}

void press(struct harness *harness, bool pressed) {
	struct seat_button button = {next_time(), BTN_LEFT, pressed};
	harness_dispatch(harness);
	seat_notify_button(peers_seat(harness), &button);
	seat_notify_pointer_frame(peers_seat(harness));
}

void touch_down(struct harness *harness, int32_t id, double x, double y) {
	struct seat_touch touch = {next_time(), id, place(harness, x, y)};
	harness_dispatch(harness);
	seat_notify_touch_down(peers_seat(harness), &touch);
	seat_notify_touch_frame(peers_seat(harness));
}

void touch_move(struct harness *harness, int32_t id, double x, double y) {
	struct seat_touch touch = {next_time(), id, place(harness, x, y)};
	seat_notify_touch_motion(peers_seat(harness), &touch);
	seat_notify_touch_frame(peers_seat(harness));
}

void touch_up(struct harness *harness, int32_t id) {
	struct seat_touch touch = {.time_us = next_time(), .id = id};
	seat_notify_touch_up(peers_seat(harness), &touch);
	seat_notify_touch_frame(peers_seat(harness));
}
