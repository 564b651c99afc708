// SPDX-License-Identifier: MIT
// zwp_keyboard_shortcuts_inhibit_manager_v1: apps that want every chord for themselves. In a kiosk the
// operator decides which chords an app gets (keys in vitrine.ini), so an inhibitor never becomes active;
// apps that ask get an answer that the protocol knows, and go on.
#include "keyboard-shortcuts-inhibit-unstable-v1-server-protocol.h"
#include "wayland/server.h"

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct zwp_keyboard_shortcuts_inhibitor_v1_interface inhibitor_impl = {
	.destroy = handle_destroy,
};

static void handle_inhibitor_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface) {
		surface->shortcuts_inhibitor = NULL;
	}
}

static void handle_inhibit(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface_resource, struct wl_resource *seat) {
	(void)client;
	(void)seat; // there is one
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *inhibitor = surface_extend(surface, manager, id,
		&zwp_keyboard_shortcuts_inhibitor_v1_interface, &surface->shortcuts_inhibitor,
		ZWP_KEYBOARD_SHORTCUTS_INHIBIT_MANAGER_V1_ERROR_ALREADY_INHIBITED);
	if (inhibitor) {
		wl_resource_set_implementation(
			inhibitor, &inhibitor_impl, surface, handle_inhibitor_destroy);
	}
}

static const struct zwp_keyboard_shortcuts_inhibit_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.inhibit_shortcuts = handle_inhibit,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool shortcuts_inhibit_create(struct wayland_server *server) {
	return wl_global_create(server->display, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface,
		1, server, handle_bind);
}
