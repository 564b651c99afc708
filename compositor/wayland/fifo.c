// SPDX-License-Identifier: MIT
// wp_fifo_v1: contents that stay for a refresh at least, and contents that wait until those before them
// have. surface_hold.c keeps what waits; a frame, or that there is none, ends the wait
// (surface_clear_barrier).
#include "fifo-v1-server-protocol.h"
#include "wayland/server.h"

static void set_field(struct wl_resource *resource, enum surface_state_field field) {
	struct surface *surface =
		surface_extension_require(resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED);
	if (surface) {
		surface->pending.fields |= field;
	}
}

static void handle_set_barrier(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	set_field(resource, SURFACE_STATE_SET_BARRIER);
}

static void handle_wait_barrier(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	set_field(resource, SURFACE_STATE_WAIT_BARRIER);
}

// What was asked for when it is destroyed stays asked for.
static const struct wp_fifo_v1_interface fifo_impl = {
	.set_barrier = handle_set_barrier,
	.wait_barrier = handle_wait_barrier,
	.destroy = resource_handle_destroy,
};

static const struct wp_fifo_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_fifo = surface_extension_get,
};

bool fifo_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_FIFO,
		.manager = &wp_fifo_manager_v1_interface,
		.interface = &wp_fifo_v1_interface,
		.manager_impl = &manager_impl,
		.impl = &fifo_impl,
		.exists = WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS,
	};
	return surface_extension_create(server, &extension);
}
