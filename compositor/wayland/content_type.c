// SPDX-License-Identifier: MIT
// wp_content_type_v1: what a surface shows, for displays that treat it accordingly.
#include "content-type-v1-server-protocol.h"
#include "wayland/server.h"

static void set_content(struct surface *surface, enum scene_content content) {
	surface->pending.content = content;
	surface->pending.fields |= SURFACE_STATE_CONTENT;
}

// A hint of no known kind says nothing.
static enum scene_content content_of(uint32_t type) {
	switch (type) {
	case WP_CONTENT_TYPE_V1_TYPE_PHOTO:
		return SCENE_CONTENT_PHOTO;
	case WP_CONTENT_TYPE_V1_TYPE_VIDEO:
		return SCENE_CONTENT_VIDEO;
	case WP_CONTENT_TYPE_V1_TYPE_GAME:
		return SCENE_CONTENT_GAME;
	default:
		return SCENE_CONTENT_NONE;
	}
}

static void handle_set_content_type(
	struct wl_client *client, struct wl_resource *resource, uint32_t type) {
	(void)client;
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface) {
		set_content(surface, content_of(type));
	}
}

static const struct wp_content_type_v1_interface type_impl = {
	.destroy = resource_handle_destroy,
	.set_content_type = handle_set_content_type,
};

static void handle_destroyed(struct surface *surface) {
	set_content(surface, SCENE_CONTENT_NONE);
}

static const struct wp_content_type_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_surface_content_type = surface_extension_get,
};

bool content_type_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_CONTENT_TYPE,
		.manager = &wp_content_type_manager_v1_interface,
		.interface = &wp_content_type_v1_interface,
		.manager_impl = &manager_impl,
		.impl = &type_impl,
		.exists = WP_CONTENT_TYPE_MANAGER_V1_ERROR_ALREADY_CONSTRUCTED,
		.destroyed = handle_destroyed,
	};
	return surface_extension_create(server, &extension);
}
