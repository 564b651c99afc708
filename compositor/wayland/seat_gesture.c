// SPDX-License-Identifier: MIT
// zwp_pointer_gestures_v1: what several fingers do on a touchpad. A gesture belongs to the surface that the
// pointer is on when it begins, and is cancelled when the pointer leaves it.
#include "pointer-gestures-unstable-v1-server-protocol.h"
#include "wayland/seat_internal.h"

enum { GESTURES_VERSION = 3 };

// ---- Events ----

static void send_begin(struct seat *seat, const struct seat_gesture *gesture) {
	struct seat_surface *focus = &seat->pointer.focus;
	struct wl_list *list = &focus->client->gestures[gesture->type];
	uint32_t serial = seat_client_serial(focus->client, SEAT_SERIAL_OTHER);
	uint32_t time = seat_time_ms(gesture->time_us), fingers = gesture->fingers;
	struct wl_resource *surface = focus->surface->resource, *resource;
	wl_resource_for_each(resource, list) {
		switch (gesture->type) {
		case SEAT_GESTURE_SWIPE:
			zwp_pointer_gesture_swipe_v1_send_begin(resource, serial, time, surface, fingers);
			break;
		case SEAT_GESTURE_PINCH:
			zwp_pointer_gesture_pinch_v1_send_begin(resource, serial, time, surface, fingers);
			break;
		default:
			zwp_pointer_gesture_hold_v1_send_begin(resource, serial, time, surface, fingers);
		}
	}
}

static void send_update(struct seat_client *client, const struct seat_gesture *gesture) {
	uint32_t time = seat_time_ms(gesture->time_us);
	wl_fixed_t dx = wl_fixed_from_double(gesture->dx), dy = wl_fixed_from_double(gesture->dy);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->gestures[gesture->type]) {
		if (gesture->type == SEAT_GESTURE_SWIPE) {
			zwp_pointer_gesture_swipe_v1_send_update(resource, time, dx, dy);
		} else if (gesture->type == SEAT_GESTURE_PINCH) {
			zwp_pointer_gesture_pinch_v1_send_update(resource, time, dx, dy,
				wl_fixed_from_double(gesture->scale), wl_fixed_from_double(gesture->rotation));
		}
	}
}

static void send_end(
	struct seat_client *client, enum seat_gesture_type type, uint64_t time_us, bool cancelled) {
	uint32_t serial = seat_client_serial(client, SEAT_SERIAL_OTHER);
	uint32_t time = seat_time_ms(time_us);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->gestures[type]) {
		switch (type) {
		case SEAT_GESTURE_SWIPE:
			zwp_pointer_gesture_swipe_v1_send_end(resource, serial, time, cancelled);
			break;
		case SEAT_GESTURE_PINCH:
			zwp_pointer_gesture_pinch_v1_send_end(resource, serial, time, cancelled);
			break;
		default:
			zwp_pointer_gesture_hold_v1_send_end(resource, serial, time, cancelled);
		}
	}
}

static void end(struct seat *seat, uint64_t time_us, bool cancelled) {
	struct seat_client *client = seat->pointer.focus.client;
	if (seat->in_gesture && client) {
		send_end(client, seat->gesture, time_us, cancelled);
	}
	seat->in_gesture = false;
}

void seat_gesture_cancel(struct seat *seat) {
	end(seat, seat_now_us(), true);
}

static void begin(struct seat *seat, const struct seat_gesture *gesture) {
	seat_gesture_cancel(seat);
	seat_pointer_wake(seat, gesture->time_us);
	if (seat->pointer.focus.client) {
		seat->in_gesture = true;
		seat->gesture = gesture->type;
		send_begin(seat, gesture);
	}
}

void seat_notify_gesture(struct seat *seat, const struct seat_gesture *gesture) {
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->gesture && filter->ops->gesture(filter, gesture);
	}
	if (gesture->phase == SEAT_GESTURE_BEGIN) {
		if (!taken) {
			begin(seat, gesture);
		}
	} else if (!seat->in_gesture || seat->gesture != gesture->type) {
		return; // nobody heard of its beginning
	} else if (gesture->phase == SEAT_GESTURE_END) {
		end(seat, gesture->time_us, gesture->cancelled); // who did hears of its end
	} else if (!taken && seat->pointer.focus.client) {
		send_update(seat->pointer.focus.client, gesture);
	}
}

// ---- Objects ----

static const struct zwp_pointer_gesture_swipe_v1_interface swipe_impl = {
	.destroy = resource_handle_destroy};
static const struct zwp_pointer_gesture_pinch_v1_interface pinch_impl = {
	.destroy = resource_handle_destroy};
static const struct zwp_pointer_gesture_hold_v1_interface hold_impl = {
	.destroy = resource_handle_destroy};

static void create(struct wl_resource *gestures, struct wl_resource *pointer, uint32_t id,
	const struct wl_interface *interface, enum seat_gesture_type type, const void *impl) {
	struct seat_client *client = wl_resource_get_user_data(pointer);
	int version = wl_resource_get_version(gestures);
	seat_pointer_object(client, interface,
		version < interface->version ? version : interface->version, id, impl,
		&client->gestures[type]);
}

static void handle_get_swipe(struct wl_client *client, struct wl_resource *gestures, uint32_t id,
	struct wl_resource *pointer) {
	(void)client;
	create(gestures, pointer, id, &zwp_pointer_gesture_swipe_v1_interface, SEAT_GESTURE_SWIPE,
		&swipe_impl);
}

static void handle_get_pinch(struct wl_client *client, struct wl_resource *gestures, uint32_t id,
	struct wl_resource *pointer) {
	(void)client;
	create(gestures, pointer, id, &zwp_pointer_gesture_pinch_v1_interface, SEAT_GESTURE_PINCH,
		&pinch_impl);
}

static void handle_get_hold(struct wl_client *client, struct wl_resource *gestures, uint32_t id,
	struct wl_resource *pointer) {
	(void)client;
	create(gestures, pointer, id, &zwp_pointer_gesture_hold_v1_interface, SEAT_GESTURE_HOLD,
		&hold_impl);
}

static const struct zwp_pointer_gestures_v1_interface gestures_impl = {
	.get_swipe_gesture = handle_get_swipe,
	.get_pinch_gesture = handle_get_pinch,
	.release = resource_handle_destroy,
	.get_hold_gesture = handle_get_hold,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &zwp_pointer_gestures_v1_interface, version, id, &gestures_impl, data);
}

bool pointer_gestures_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &zwp_pointer_gestures_v1_interface, GESTURES_VERSION, server, handle_bind);
}
