// SPDX-License-Identifier: MIT
// --events: a commit for each motion of a touch point, and the times of both.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <wayland-client.h>

#include "client.h"

static void handle_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
	struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)data;
	(void)touch;
	(void)serial;
	(void)time;
	(void)surface;
	(void)id;
	(void)x;
	(void)y;
	// Who drives the device goes on from here.
	fprintf(stderr, "down\n");
}

static void handle_up(
	void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	(void)data;
	(void)touch;
	(void)serial;
	(void)time;
	(void)id;
}

static void handle_motion(
	void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)touch;
	(void)time;
	(void)id;
	(void)x;
	(void)y;
	struct client *client = data;
	if (client->n_events < client->options.events) {
		client->events[client->n_events++].receipt_ns = client_now_ns(CLOCK_MONOTONIC);
	}
}

static void handle_frame(void *data, struct wl_touch *touch) {
	(void)data;
	(void)touch;
}

static void handle_cancel(void *data, struct wl_touch *touch) {
	(void)data;
	(void)touch;
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_motion,
	.frame = handle_frame,
	.cancel = handle_cancel,
};

static void handle_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities) {
	struct client *client = data;
	if (!client->touch && (capabilities & WL_SEAT_CAPABILITY_TOUCH)) {
		client->touch = wl_seat_get_touch(seat);
		wl_touch_add_listener(client->touch, &touch_listener, client);
	}
}

static void handle_name(void *data, struct wl_seat *seat, const char *name) {
	(void)data;
	(void)seat;
	(void)name;
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = handle_capabilities,
	.name = handle_name,
};

void client_input_seat(struct client *client) {
	wl_seat_add_listener(client->seat, &seat_listener, client);
}

bool client_input_init(struct client *client) {
	client->events = calloc(client->options.events, sizeof(client->events[0]));
	if (!client->events) {
		return client_complain("out of memory");
	}
	if (!client->seat) {
		return client_complain("the compositor offers no wl_seat");
	}
	while (!client->touch) { // the device may be found later
		if (wl_display_dispatch(client->display) < 0) {
			return client_complain("no touch screen; the connection is lost");
		}
	}
	return true;
}

bool client_input_done(struct client *client) {
	size_t lit = client->presentation ? client->n_lit : client->n_answered;
	return lit == client->options.events;
}

void client_input_lit(struct client *client, size_t n_answered, int64_t light_ns) {
	while (client->n_lit < n_answered) {
		client->events[client->n_lit++].light_ns = light_ns;
	}
}

void client_input_print(const struct client *client) {
	printf("{\"width\": %d, \"height\": %d, \"presentation\": %s, \"events\": [", client->width,
		client->height, client->presentation ? "true" : "false");
	for (size_t i = 0; i < client->n_events; i++) {
		printf("%s[%" PRId64 ", %" PRId64 "]", i > 0 ? ", " : "", client->events[i].receipt_ns,
			client->events[i].light_ns);
	}
	printf("]}\n");
	fflush(stdout);
}
