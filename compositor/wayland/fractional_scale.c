// SPDX-License-Identifier: MIT
// wp_fractional_scale_manager_v1: tells clients the scale of the output that shows their surface, in
// 1/120. A client that draws in that size, with a viewport, is shown px for px.
#include <math.h>

#include "fractional-scale-v1-server-protocol.h"
#include "wayland/server.h"

enum { DENOMINATOR = 120 };

static const struct wp_fractional_scale_v1_interface scale_impl = {
	.destroy = resource_handle_destroy,
};

static void send_scale_of(const struct surface *surface, const struct wayland_output *output) {
	struct wl_resource *resource = surface->extended[SURFACE_FRACTIONAL_SCALE].resource;
	if (resource) {
		wp_fractional_scale_v1_send_preferred_scale(
			resource, (uint32_t)round(output->info.scale * DENOMINATOR));
	}
}

void fractional_scale_send(struct surface *surface) {
	if (surface->output) {
		send_scale_of(surface, surface->output);
	}
}

static void handle_made(struct surface *surface) {
	if (surface->output) {
		fractional_scale_send(surface);
	} else if (!wl_list_empty(&surface->server->outputs)) {
		// Before it is shown: where it most likely will be, so that its first picture fits.
		struct wayland_output *output =
			wl_container_of(surface->server->outputs.next, output, link);
		send_scale_of(surface, output);
	}
}

static const struct wp_fractional_scale_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_fractional_scale = surface_extension_get,
};

bool fractional_scale_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_FRACTIONAL_SCALE,
		.manager = &wp_fractional_scale_manager_v1_interface,
		.interface = &wp_fractional_scale_v1_interface,
		.manager_impl = &manager_impl,
		.impl = &scale_impl,
		.exists = WP_FRACTIONAL_SCALE_MANAGER_V1_ERROR_FRACTIONAL_SCALE_EXISTS,
		.made = handle_made,
	};
	return surface_extension_create(server, &extension);
}
