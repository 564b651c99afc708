// SPDX-License-Identifier: MIT
// wp_alpha_modifier_v1: alpha of a surface as a whole, on top of its pixels'.
#include "alpha-modifier-v1-server-protocol.h"
#include "wayland/server.h"

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static void handle_set_multiplier(
	struct wl_client *client, struct wl_resource *resource, uint32_t factor) {
	(void)client;
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface) {
		wl_resource_post_error(resource, WP_ALPHA_MODIFIER_SURFACE_V1_ERROR_NO_SURFACE,
			"the alpha modifier's wl_surface is destroyed");
		return;
	}
	surface->pending.fade = (uint16_t)(UINT16_MAX - (factor >> 16));
	surface->pending.fields |= SURFACE_STATE_FADE;
}

static const struct wp_alpha_modifier_surface_v1_interface modifier_impl = {
	.destroy = handle_destroy,
	.set_multiplier = handle_set_multiplier,
};

static void handle_modifier_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface) {
		return;
	}
	surface->alpha_modifier = NULL;
	surface->pending.fade = 0;
	surface->pending.fields |= SURFACE_STATE_FADE;
}

static void handle_get_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface_resource) {
	(void)client;
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *modifier =
		surface_extend(surface, resource, id, &wp_alpha_modifier_surface_v1_interface,
			&surface->alpha_modifier, WP_ALPHA_MODIFIER_V1_ERROR_ALREADY_CONSTRUCTED);
	if (modifier) {
		wl_resource_set_implementation(modifier, &modifier_impl, surface, handle_modifier_destroy);
	}
}

static const struct wp_alpha_modifier_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_surface = handle_get_surface,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wp_alpha_modifier_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool alpha_modifier_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wp_alpha_modifier_v1_interface, 1, server, handle_bind);
}
