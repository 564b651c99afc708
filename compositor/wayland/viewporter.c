// SPDX-License-Identifier: MIT
// wp_viewporter: cropping and scaling. The arithmetic is in surface_state.c.
#include "viewporter-server-protocol.h"
#include "wayland/server.h"

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

// The viewport's surface; an error was posted if it is gone.
static struct surface *require_surface(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface) {
		wl_resource_post_error(
			resource, WP_VIEWPORT_ERROR_NO_SURFACE, "the viewport's wl_surface is destroyed");
	}
	return surface;
}

static void handle_set_source(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
	wl_fixed_t y, wl_fixed_t width, wl_fixed_t height) {
	(void)client;
	struct surface *surface = require_surface(resource);
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
	struct surface *surface = require_surface(resource);
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
	.destroy = handle_destroy,
	.set_source = handle_set_source,
	.set_destination = handle_set_destination,
};

static void handle_viewport_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface) {
		return;
	}
	surface->viewport = NULL;
	surface->pending.has_viewport_src = false;
	surface->pending.viewport_width = 0;
	surface->pending.viewport_height = 0;
	surface->pending.fields |= SURFACE_STATE_VIEWPORT_SRC | SURFACE_STATE_VIEWPORT_DST;
}

static void handle_get_viewport(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface_resource) {
	(void)client;
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *viewport = surface_extend(surface, resource, id, &wp_viewport_interface,
		&surface->viewport, WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS);
	if (viewport) {
		wl_resource_set_implementation(viewport, &viewport_impl, surface, handle_viewport_destroy);
	}
}

static const struct wp_viewporter_interface viewporter_impl = {
	.destroy = handle_destroy,
	.get_viewport = handle_get_viewport,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wp_viewporter_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &viewporter_impl, data, NULL);
}

bool viewporter_create(struct wayland_server *server) {
	return wl_global_create(server->display, &wp_viewporter_interface, 1, server, handle_bind);
}
