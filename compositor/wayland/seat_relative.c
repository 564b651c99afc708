// SPDX-License-Identifier: MIT
// zwp_relative_pointer_v1: how far the pointer's device moved, whatever became of the pointer.
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "wayland/seat_internal.h"

static const struct zwp_relative_pointer_v1_interface relative_impl = {
	.destroy = resource_handle_destroy};

static bool handle_motion(struct seat_filter *filter, struct seat_motion *motion) {
	struct seat_pointer *pointer = &filter->seat->pointer;
	struct seat_client *client = pointer->focus.client;
	if (!motion->relative || !client) {
		return false;
	}
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->relatives) {
		zwp_relative_pointer_v1_send_relative_motion(resource, (uint32_t)(motion->time_us >> 32),
			(uint32_t)motion->time_us, wl_fixed_from_double(motion->dx),
			wl_fixed_from_double(motion->dy), wl_fixed_from_double(motion->raw_dx),
			wl_fixed_from_double(motion->raw_dy));
		pointer->frame_owed = true;
	}
	return false;
}

static const struct seat_filter_ops relative_ops = {.motion = handle_motion};

void seat_relative_init(struct seat *seat) {
	seat_add_filter(seat, &seat->relative_filter, &relative_ops, SEAT_FILTER_METHOD);
}

static void handle_get_relative_pointer(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *pointer) {
	(void)client;
	struct seat_client *seat_client = wl_resource_get_user_data(pointer);
	seat_pointer_object(seat_client, &zwp_relative_pointer_v1_interface,
		wl_resource_get_version(manager), id, &relative_impl, &seat_client->relatives);
}

static const struct zwp_relative_pointer_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_relative_pointer = handle_get_relative_pointer,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(
		client, &zwp_relative_pointer_manager_v1_interface, version, id, &manager_impl, data);
}

bool relative_pointer_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &zwp_relative_pointer_manager_v1_interface, 1, server, handle_bind);
}
