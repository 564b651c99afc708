// SPDX-License-Identifier: MIT
// wp_viewporter: cropping and scaling. The arithmetic is in surface_state.c.
#include "viewporter-server-protocol.h"
#include "wayland/server.h"

static void handle_set_source(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
	wl_fixed_t y, wl_fixed_t width, wl_fixed_t height) {
	(void)client;
	struct surface *surface = surface_extension_require(resource, WP_VIEWPORT_ERROR_NO_SURFACE);
	if (!surface) {
		return;
	}
	struct surface_state *pending = &surface->pending;
	const wl_fixed_t unset = wl_fixed_from_int(-1);
	if (x == unset && y == unset && width == unset && height == unset) {
		pending->has_viewport_src = false;
	} else if (x < 0 || y < 0 || width <= 0 || height <= 0) {
		wl_resource_post_error(resource, WP_VIEWPORT_ERROR_BAD_VALUE, "source %g,%g %gx%g",
			wl_fixed_to_double(x), wl_fixed_to_double(y), wl_fixed_to_double(width),
			wl_fixed_to_double(height));
		return;
	} else {
		pending->has_viewport_src = true;
		pending->viewport_src = (struct scene_fbox){
			.x = wl_fixed_to_double(x),
			.y = wl_fixed_to_double(y),
			.width = wl_fixed_to_double(width),
			.height = wl_fixed_to_double(height),
		};
	}
	pending->fields |= SURFACE_STATE_VIEWPORT_SRC;
}

static void handle_set_destination(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height) {
	(void)client;
	struct surface *surface = surface_extension_require(resource, WP_VIEWPORT_ERROR_NO_SURFACE);
	if (!surface) {
		return;
	}
	if (width == -1 && height == -1) {
		width = 0;
		height = 0;
	} else if (width <= 0 || height <= 0) {
		wl_resource_post_error(
			resource, WP_VIEWPORT_ERROR_BAD_VALUE, "destination of %dx%d px", width, height);
		return;
	}
	surface->pending.viewport_width = width;
	surface->pending.viewport_height = height;
	surface->pending.fields |= SURFACE_STATE_VIEWPORT_DST;
}

static const struct wp_viewport_interface viewport_impl = {
	.destroy = resource_handle_destroy,
	.set_source = handle_set_source,
	.set_destination = handle_set_destination,
};

static void handle_destroyed(struct surface *surface) {
	surface->pending.has_viewport_src = false;
	surface->pending.viewport_width = 0;
	surface->pending.viewport_height = 0;
	surface->pending.fields |= SURFACE_STATE_VIEWPORT_SRC | SURFACE_STATE_VIEWPORT_DST;
}

static const struct wp_viewporter_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_viewport = surface_extension_get,
};

bool viewporter_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_VIEWPORT,
		.manager = &wp_viewporter_interface,
		.interface = &wp_viewport_interface,
		.manager_impl = &manager_impl,
		.impl = &viewport_impl,
		.exists = WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS,
		.destroyed = handle_destroyed,
	};
	return surface_extension_create(server, &extension);
}
