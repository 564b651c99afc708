// SPDX-License-Identifier: MIT
// Shared by output_manager.c, output_configuration.c and output_power.c alone.
#ifndef VITRINE_WAYLAND_OUTPUT_MANAGER_INTERNAL_H
#define VITRINE_WAYLAND_OUTPUT_MANAGER_INTERNAL_H

#include "wayland/output_manager.h"
#include "wayland/server.h"

struct output_manager {
	struct wayland_server *server;
	const struct output_manager_ops *ops;
	void *data;
	struct wl_global *global, *power_global;
	uint32_t serial;               // of the heads' last change
	struct wl_list heads;          // output_head.link
	struct wl_list resources;      // of managers
	struct wl_list configurations; // output_configuration.link
	struct wl_list powers;         // of output_power.c
};

// A display that is connected.
struct output_head {
	struct output_manager *manager;
	struct output_head_state state; // owned, with its strings
	struct wl_list views;           // output_head_view.link
	struct wl_list link;
};

// The same for one client.
struct output_head_view {
	struct output_head *head; // NULL: inert
	struct wl_resource *resource;
	struct wl_resource *manager; // that introduced it; only compared
	struct wl_list modes;        // output_mode_view.link
	struct wl_list link;
};

struct output_mode_view {
	struct output_head *head; // NULL: inert
	struct wl_resource *resource;
	struct output_head_mode mode;
	bool custom; // none of the display's list
	struct wl_list link;
};

// NULL: inert.
struct output_head *output_head_from_resource(struct wl_resource *resource);

// ---- output_configuration.c ----
void output_configuration_create(
	struct wl_client *client, struct wl_resource *manager, uint32_t id, uint32_t serial);
// The head goes.
void output_configurations_forget(const struct output_head *head);

// ---- output_power.c ----
struct wl_global *output_power_global_create(struct output_manager *manager); // may be NULL

#endif
