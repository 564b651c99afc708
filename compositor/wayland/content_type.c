// SPDX-License-Identifier: MIT
// wp_content_type_v1: what a surface shows, for displays that treat it accordingly.
#include "content-type-v1-server-protocol.h"
#include "wayland/server.h"

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

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
	.destroy = handle_destroy,
	.set_content_type = handle_set_content_type,
};

static void handle_type_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface) {
		surface->content_type = NULL;
		set_content(surface, SCENE_CONTENT_NONE);
	}
}

static void handle_get_surface_content_type(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource) {
	(void)client;
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *type = surface_extend(surface, resource, id, &wp_content_type_v1_interface,
		&surface->content_type, WP_CONTENT_TYPE_MANAGER_V1_ERROR_ALREADY_CONSTRUCTED);
	if (type) {
		wl_resource_set_implementation(type, &type_impl, surface, handle_type_destroy);
	}
}

static const struct wp_content_type_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_surface_content_type = handle_get_surface_content_type,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wp_content_type_manager_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool content_type_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wp_content_type_manager_v1_interface, 1, server, handle_bind);
}
