// SPDX-License-Identifier: MIT
// wp_fifo_v1: contents that stay for a refresh at least, and contents that wait until those before them
// have. surface_hold.c keeps what waits; a frame, or that there is none, ends the wait
// (surface_clear_barrier).
#include "fifo-v1-server-protocol.h"
#include "wayland/server.h"

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static void set_field(struct wl_resource *resource, enum surface_state_field field) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface) {
		wl_resource_post_error(
			resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED, "the fifo's wl_surface is destroyed");
		return;
	}
	surface->pending.fields |= field;
}

static void handle_set_barrier(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	set_field(resource, SURFACE_STATE_SET_BARRIER);
}

static void handle_wait_barrier(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	set_field(resource, SURFACE_STATE_WAIT_BARRIER);
}

static const struct wp_fifo_v1_interface fifo_impl = {
	.set_barrier = handle_set_barrier,
	.wait_barrier = handle_wait_barrier,
	.destroy = handle_destroy,
};

// What was asked for by then stays asked for.
static void handle_fifo_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface) {
		surface->fifo = NULL;
	}
}

static void handle_get_fifo(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface_resource) {
	(void)client;
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *fifo = surface_extend(surface, resource, id, &wp_fifo_v1_interface,
		&surface->fifo, WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS);
	if (fifo) {
		wl_resource_set_implementation(fifo, &fifo_impl, surface, handle_fifo_destroy);
	}
}

static const struct wp_fifo_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_fifo = handle_get_fifo,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wp_fifo_manager_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool fifo_create(struct wayland_server *server) {
	return wl_global_create(server->display, &wp_fifo_manager_v1_interface, 1, server, handle_bind);
}
