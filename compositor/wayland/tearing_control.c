// SPDX-License-Identifier: MIT
// wp_tearing_control_v1: whether the contents of a surface may be shown torn, if that shows them sooner.
#include "tearing-control-v1-server-protocol.h"
#include "wayland/server.h"

static void set_tearing(struct surface *surface, bool tearing) {
	surface->pending.tearing = tearing;
	surface->pending.fields |= SURFACE_STATE_TEARING;
}

static void handle_set_presentation_hint(
	struct wl_client *client, struct wl_resource *resource, uint32_t hint) {
	(void)client;
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface) {
		set_tearing(surface, hint == WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	}
}

static const struct wp_tearing_control_v1_interface control_impl = {
	.set_presentation_hint = handle_set_presentation_hint,
	.destroy = resource_handle_destroy,
};

static void handle_destroyed(struct surface *surface) {
	set_tearing(surface, false);
}

static const struct wp_tearing_control_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_tearing_control = surface_extension_get,
};

bool tearing_control_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_TEARING_CONTROL,
		.manager = &wp_tearing_control_manager_v1_interface,
		.interface = &wp_tearing_control_v1_interface,
		.manager_impl = &manager_impl,
		.impl = &control_impl,
		.exists = WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS,
		.destroyed = handle_destroyed,
	};
	return surface_extension_create(server, &extension);
}
