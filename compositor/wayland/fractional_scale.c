// SPDX-License-Identifier: MIT
// wp_fractional_scale_manager_v1: tells clients the scale of the output that shows their surface, in
// 1/120. A client that draws in that size, with a viewport, is shown px for px.
#include <math.h>

#include "fractional-scale-v1-server-protocol.h"
#include "wayland/server.h"

enum { DENOMINATOR = 120 };

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct wp_fractional_scale_v1_interface scale_impl = {
	.destroy = handle_destroy,
};

static void handle_scale_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface) {
		surface->fractional = NULL;
	}
}

void fractional_scale_send(struct surface *surface) {
	if (surface->fractional && surface->output) {
		wp_fractional_scale_v1_send_preferred_scale(
			surface->fractional, (uint32_t)round(surface->output->info.scale * DENOMINATOR));
	}
}

static void handle_get_fractional_scale(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *surface_resource) {
	(void)client;
	(void)client;
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *resource =
		surface_extend(surface, manager, id, &wp_fractional_scale_v1_interface,
			&surface->fractional, WP_FRACTIONAL_SCALE_MANAGER_V1_ERROR_FRACTIONAL_SCALE_EXISTS);
	if (!resource) {
		return;
	}
	wl_resource_set_implementation(resource, &scale_impl, surface, handle_scale_destroy);
	if (surface->output) {
		fractional_scale_send(surface);
	} else if (!wl_list_empty(&surface->server->outputs)) {
		// Before it is shown: where it most likely will be, so that its first picture fits.
		struct wayland_output *output =
			wl_container_of(surface->server->outputs.next, output, link);
		wp_fractional_scale_v1_send_preferred_scale(
			resource, (uint32_t)round(output->info.scale * DENOMINATOR));
	}
}

static const struct wp_fractional_scale_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_fractional_scale = handle_get_fractional_scale,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wp_fractional_scale_manager_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool fractional_scale_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wp_fractional_scale_manager_v1_interface, 1, server, handle_bind);
}
