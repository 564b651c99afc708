// SPDX-License-Identifier: MIT
// wp_tearing_control_v1: whether the contents of a surface may be shown torn, if that shows them sooner.
#include "tearing-control-v1-server-protocol.h"
#include "wayland/server.h"

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

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
	.destroy = handle_destroy,
};

static void handle_control_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface) {
		surface->tearing_control = NULL;
		set_tearing(surface, false);
	}
}

static void handle_get_tearing_control(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource) {
	(void)client;
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *control =
		surface_extend(surface, resource, id, &wp_tearing_control_v1_interface,
			&surface->tearing_control, WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS);
	if (control) {
		wl_resource_set_implementation(control, &control_impl, surface, handle_control_destroy);
	}
}

static const struct wp_tearing_control_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_tearing_control = handle_get_tearing_control,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wp_tearing_control_manager_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool tearing_control_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wp_tearing_control_manager_v1_interface, 1, server, handle_bind);
}
