// SPDX-License-Identifier: MIT
// wp_alpha_modifier_v1: alpha of a surface as a whole, on top of its pixels'.
#include "alpha-modifier-v1-server-protocol.h"
#include "wayland/server.h"

static void handle_set_multiplier(
	struct wl_client *client, struct wl_resource *resource, uint32_t factor) {
	(void)client;
	struct surface *surface =
		surface_extension_require(resource, WP_ALPHA_MODIFIER_SURFACE_V1_ERROR_NO_SURFACE);
	if (!surface) {
		return;
	}
	surface->pending.fade = (uint16_t)(UINT16_MAX - (factor >> 16));
	surface->pending.fields |= SURFACE_STATE_FADE;
}

static const struct wp_alpha_modifier_surface_v1_interface modifier_impl = {
	.destroy = resource_handle_destroy,
	.set_multiplier = handle_set_multiplier,
};

static void handle_destroyed(struct surface *surface) {
	surface->pending.fade = 0;
	surface->pending.fields |= SURFACE_STATE_FADE;
}

static const struct wp_alpha_modifier_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_surface = surface_extension_get,
};

bool alpha_modifier_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_ALPHA_MODIFIER,
		.manager = &wp_alpha_modifier_v1_interface,
		.interface = &wp_alpha_modifier_surface_v1_interface,
		.manager_impl = &manager_impl,
		.impl = &modifier_impl,
		.exists = WP_ALPHA_MODIFIER_V1_ERROR_ALREADY_CONSTRUCTED,
		.destroyed = handle_destroyed,
	};
	return surface_extension_create(server, &extension);
}
