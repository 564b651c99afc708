// SPDX-License-Identifier: MIT
// wl_compositor.
#include "wayland/server.h"

static void handle_create_surface(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct wayland_server *server = wl_resource_get_user_data(resource);
	surface_create(server, client, (uint32_t)wl_resource_get_version(resource), id);
}

static void handle_create_region(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	region_create(client, (uint32_t)wl_resource_get_version(resource), id);
}

static const struct wl_compositor_interface compositor_impl = {
	.create_surface = handle_create_surface,
	.create_region = handle_create_region,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &wl_compositor_interface, version, id, &compositor_impl, data);
}

bool compositor_create(struct wayland_server *server) {
	return wl_global_create(server->display, &wl_compositor_interface, 6, server, handle_bind);
}
