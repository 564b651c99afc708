// SPDX-License-Identifier: MIT
// zwp_keyboard_shortcuts_inhibit_manager_v1: apps that want every chord for themselves. In a kiosk the
// operator decides which chords an app gets (keys in vitrine.ini), so an inhibitor never becomes active;
// apps that ask get an answer that the protocol knows, and go on.
#include "keyboard-shortcuts-inhibit-unstable-v1-server-protocol.h"
#include "wayland/server.h"

static const struct zwp_keyboard_shortcuts_inhibitor_v1_interface inhibitor_impl = {
	.destroy = resource_handle_destroy,
};

static void handle_inhibit(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface, struct wl_resource *seat) {
	(void)seat; // there is one
	surface_extension_get(client, manager, id, surface);
}

static const struct zwp_keyboard_shortcuts_inhibit_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.inhibit_shortcuts = handle_inhibit,
};

bool shortcuts_inhibit_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_SHORTCUTS_INHIBITOR,
		.manager = &zwp_keyboard_shortcuts_inhibit_manager_v1_interface,
		.interface = &zwp_keyboard_shortcuts_inhibitor_v1_interface,
		.manager_impl = &manager_impl,
		.impl = &inhibitor_impl,
		.exists = ZWP_KEYBOARD_SHORTCUTS_INHIBIT_MANAGER_V1_ERROR_ALREADY_INHIBITED,
	};
	return surface_extension_create(server, &extension);
}
