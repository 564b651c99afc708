// SPDX-License-Identifier: MIT
// zwlr_layer_shell_v1: surfaces that lie on an output below or above its windows, at its edges: panels,
// on-screen keyboards. Where they lie is policy's.
//
// The wl_surface and the layer surface may go in any order when a client leaves. What was closed is
// inert: `surface` stays until one of the two goes, but nothing of it is shown or told any more.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wayland/server.h"
#include "wayland/xdg.h"
#include "wlr-layer-shell-unstable-v1-server-protocol.h"

enum {
	LAYER_SHELL_VERSION = 5,
	MAX_CONFIGURES = 16, // more than these wait for nobody
};

struct layer_surface {
	struct wl_resource *resource;
	struct surface *surface; // NULL once it is gone
	struct layer_state pending, current;
	struct wayland_output *wanted_output; // may be NULL
	struct wl_listener output_destroy;
	uint32_t serials[MAX_CONFIGURES]; // of configures that are not acknowledged, oldest first
	int n_serials, n_stale;           // the first of them, sent before it was unmapped
	bool initialized, configured, mapped, closed;
	bool known; // to policy
	bool configure_sent, configure_owed;
	int32_t width, height; // that policy asked for last
	struct popup_tree tree;
	void *data; // of policy
};

static struct layer_surface *layer_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

// ---- What policy sees ----

const struct layer_state *layer_surface_state(const struct layer_surface *layer) {
	return &layer->current;
}

struct surface *layer_surface_surface(const struct layer_surface *layer) {
	return layer->surface;
}

struct wayland_output *layer_surface_wanted_output(const struct layer_surface *layer) {
	return layer->wanted_output;
}

void *layer_surface_data(const struct layer_surface *layer) {
	return layer->data;
}

void layer_surface_set_data(struct layer_surface *layer, void *data) {
	layer->data = data;
}

void layer_surface_moved(struct layer_surface *layer) {
	xdg_popup_reconstrain_all(&layer->tree);
}

static void send_configure(struct layer_surface *layer) {
	if (layer->n_serials == MAX_CONFIGURES && layer->n_stale > 0) {
		layer->n_stale--; // nobody acknowledges that one any more
		layer->n_serials--;
		memmove(layer->serials, layer->serials + 1,
			(size_t)layer->n_serials * sizeof(layer->serials[0]));
	}
	layer->configure_owed = layer->n_serials == MAX_CONFIGURES;
	if (layer->configure_owed) {
		return;
	}
	struct wl_client *client = wl_resource_get_client(layer->resource);
	uint32_t serial = wl_display_next_serial(wl_client_get_display(client));
	layer->serials[layer->n_serials++] = serial;
	layer->configure_sent = true;
	zwlr_layer_surface_v1_send_configure(
		layer->resource, serial, (uint32_t)layer->width, (uint32_t)layer->height);
}

void layer_surface_configure(struct layer_surface *layer, int32_t width, int32_t height) {
	if (layer->configure_sent && layer->width == width && layer->height == height) {
		return;
	}
	layer->width = width;
	layer->height = height;
	send_configure(layer);
}

static void tell_gone(struct layer_surface *layer) {
	if (layer->known) {
		struct wayland_server *server = layer->surface->server;
		layer->known = false;
		server->policy->layer_gone(server->data, layer);
	}
}

// Back to where only the role is there. What the client set stays set: clients that map a surface
// again do not all say it again, and saying it again changes nothing.
static void reset(struct layer_surface *layer) {
	xdg_popup_dismiss_tree(&layer->tree);
	tell_gone(layer);
	layer->n_stale = layer->n_serials;
	layer->initialized = false;
	layer->configured = false;
	layer->mapped = false;
	layer->configure_sent = false;
	layer->configure_owed = false;
}

void layer_surface_close(struct layer_surface *layer) {
	reset(layer);
	layer->closed = true;
	surface_unmap(layer->surface);
	zwlr_layer_surface_v1_send_closed(layer->resource);
}

// ---- The role ----

static bool state_is_valid(struct layer_surface *layer) {
	const struct layer_state *state = &layer->pending;
	const uint32_t wide = LAYER_EDGE_LEFT | LAYER_EDGE_RIGHT;
	const uint32_t high = LAYER_EDGE_TOP | LAYER_EDGE_BOTTOM;
	if ((state->width == 0 && (state->anchors & wide) != wide) ||
		(state->height == 0 && (state->anchors & high) != high)) {
		wl_resource_post_error(layer->resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE,
			"size %dx%d: what is 0 needs anchors at both of its edges", state->width,
			state->height);
		return false;
	}
	if (state->exclusive_edge & ~state->anchors) {
		wl_resource_post_error(layer->resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_EXCLUSIVE_EDGE,
			"the exclusive edge is none that the surface is anchored to");
		return false;
	}
	return true;
}

static bool check_configured(struct layer_surface *layer, bool has_buffer) {
	if (has_buffer && !layer->configured) {
		wl_resource_post_error(layer->resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE,
			"buffer attached before the first configure was acknowledged");
		return false;
	}
	return true;
}

static bool role_precommit(struct surface *surface) {
	struct layer_surface *layer = surface->role_object;
	if (!layer || layer->closed) {
		return true;
	}
	return check_configured(layer, xdg_surface_attaches_buffer(surface)) && state_is_valid(layer);
}

static_assert(sizeof(struct layer_state) <= sizeof(struct surface_role_state), "larger");

static void role_save(struct surface *surface, struct surface_role_state *state) {
	const struct layer_surface *layer = surface->role_object;
	memcpy(state->bytes, &layer->pending, sizeof(layer->pending));
}

static void role_restore(struct surface *surface, const struct surface_role_state *state) {
	struct layer_surface *layer = surface->role_object;
	memcpy(&layer->pending, state->bytes, sizeof(layer->pending));
}

static void role_commit(struct surface *surface) {
	struct layer_surface *layer = surface->role_object;
	if (!layer) {
		return;
	}
	if (layer->closed) {
		if (surface->mapped) {
			surface_unmap(surface);
		}
		return;
	}
	// A commit that was held back may come when the surface has been unmapped.
	if (!check_configured(layer, surface->mapped)) {
		return;
	}
	struct wayland_server *server = surface->server;
	bool changed = memcmp(&layer->current, &layer->pending, sizeof(layer->current)) != 0;
	layer->current = layer->pending;
	if (layer->mapped && !surface->mapped) {
		reset(layer);
	} else if (!layer->initialized) {
		layer->initialized = true;
		layer->known = true;
		server->policy->layer_initial(server->data, layer);
	} else if (changed || layer->mapped != surface->mapped) {
		layer->mapped = surface->mapped;
		server->policy->layer_changed(server->data, layer);
	}
}

static bool role_append(
	struct surface *surface, struct wayland_output *output, int32_t x, int32_t y) {
	struct layer_surface *layer = surface->role_object;
	return !layer || xdg_popup_append_all(&layer->tree, output, x, y);
}

// The surface goes first: the client is leaving.
static void role_destroyed(struct surface *surface) {
	struct layer_surface *layer = surface->role_object;
	reset(layer);
	layer->closed = true;
	layer->surface = NULL;
	layer->tree.surface = NULL;
}

static const struct surface_role layer_role = {
	.name = "zwlr_layer_surface_v1",
	.precommit = role_precommit,
	.commit = role_commit,
	.save = role_save,
	.restore = role_restore,
	.destroyed = role_destroyed,
	.append = role_append,
};

struct layer_surface *layer_surface_from_surface(const struct surface *surface) {
	return surface->role == &layer_role ? surface->role_object : NULL;
}

// ---- Requests ----

static void handle_set_size(
	struct wl_client *client, struct wl_resource *resource, uint32_t width, uint32_t height) {
	(void)client;
	if (width > INT32_MAX || height > INT32_MAX) {
		wl_resource_post_error(resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE,
			"size %ux%u is too large", width, height);
		return;
	}
	layer_of(resource)->pending.width = (int32_t)width;
	layer_of(resource)->pending.height = (int32_t)height;
}

static void handle_set_anchor(
	struct wl_client *client, struct wl_resource *resource, uint32_t anchors) {
	(void)client;
	const uint32_t all = LAYER_EDGE_TOP | LAYER_EDGE_BOTTOM | LAYER_EDGE_LEFT | LAYER_EDGE_RIGHT;
	if (anchors & ~all) {
		wl_resource_post_error(resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_ANCHOR,
			"0x%x are no edges to anchor to", anchors);
		return;
	}
	layer_of(resource)->pending.anchors = anchors;
}

static void handle_set_exclusive_zone(
	struct wl_client *client, struct wl_resource *resource, int32_t zone) {
	(void)client;
	layer_of(resource)->pending.exclusive_zone = zone < -1 ? -1 : zone;
}

static void handle_set_margin(struct wl_client *client, struct wl_resource *resource, int32_t top,
	int32_t right, int32_t bottom, int32_t left) {
	(void)client;
	struct layer_state *pending = &layer_of(resource)->pending;
	pending->margin_top = xdg_clamp_coordinate(top);
	pending->margin_right = xdg_clamp_coordinate(right);
	pending->margin_bottom = xdg_clamp_coordinate(bottom);
	pending->margin_left = xdg_clamp_coordinate(left);
}

static void handle_set_keyboard_interactivity(
	struct wl_client *client, struct wl_resource *resource, uint32_t keyboard) {
	(void)client;
	// Before version 4 it was a yes or no.
	if (wl_resource_get_version(resource) <
		ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_ON_DEMAND_SINCE_VERSION) {
		keyboard = keyboard != 0;
	}
	if (keyboard > LAYER_KEYBOARD_ON_DEMAND) {
		wl_resource_post_error(resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_KEYBOARD_INTERACTIVITY,
			"%u is no keyboard interactivity", keyboard);
		return;
	}
	layer_of(resource)->pending.keyboard = (enum layer_keyboard)keyboard;
}

static void handle_get_popup(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *popup_resource) {
	(void)client;
	struct layer_surface *layer = layer_of(resource);
	struct popup *popup = xdg_popup_from_resource(popup_resource);
	if (!popup->xdg || popup->dismissed || layer->closed) {
		return;
	}
	if (popup->tree || popup->xdg->initialized) {
		wl_resource_post_error(resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE,
			"get_popup takes a popup without a parent, before its initial commit");
		return;
	}
	xdg_popup_hang_on_root(popup, &layer->tree);
}

static void handle_ack_configure(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial) {
	(void)client;
	struct layer_surface *layer = layer_of(resource);
	int found = 0;
	while (found < layer->n_serials && layer->serials[found] != serial) {
		found++;
	}
	if (layer->closed) {
		return;
	}
	if (found == layer->n_serials) {
		wl_resource_post_error(resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE,
			"no configure with serial %u awaits to be acknowledged", serial);
		return;
	}
	layer->configured |= found >= layer->n_stale;
	found++;
	layer->n_serials -= found;
	layer->n_stale = layer->n_stale > found ? layer->n_stale - found : 0;
	memmove(layer->serials, layer->serials + found,
		(size_t)layer->n_serials * sizeof(layer->serials[0]));
	if (layer->configure_owed) {
		send_configure(layer);
	}
}

static void handle_set_layer(
	struct wl_client *client, struct wl_resource *resource, uint32_t layer) {
	(void)client;
	if (layer >= N_LAYERS) {
		wl_resource_post_error(resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE,
			"there is no layer %u", layer);
		return;
	}
	layer_of(resource)->pending.layer = (enum layer)layer;
}

static void handle_set_exclusive_edge(
	struct wl_client *client, struct wl_resource *resource, uint32_t edge) {
	(void)client;
	if (edge > LAYER_EDGE_RIGHT || (edge & (edge - 1)) != 0) {
		wl_resource_post_error(resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_EXCLUSIVE_EDGE,
			"0x%x is not one edge", edge);
		return;
	}
	layer_of(resource)->pending.exclusive_edge = edge;
}

static const struct zwlr_layer_surface_v1_interface layer_impl = {
	.set_size = handle_set_size,
	.set_anchor = handle_set_anchor,
	.set_exclusive_zone = handle_set_exclusive_zone,
	.set_margin = handle_set_margin,
	.set_keyboard_interactivity = handle_set_keyboard_interactivity,
	.get_popup = handle_get_popup,
	.ack_configure = handle_ack_configure,
	.destroy = resource_handle_destroy,
	.set_layer = handle_set_layer,
	.set_exclusive_edge = handle_set_exclusive_edge,
};

// ---- Life ----

static void forget_output(struct layer_surface *layer) {
	wl_list_remove(&layer->output_destroy.link);
	wl_list_init(&layer->output_destroy.link);
	layer->wanted_output = NULL;
}

static void handle_output_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct layer_surface *layer = wl_container_of(listener, layer, output_destroy);
	forget_output(layer);
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct layer_surface *layer = layer_of(resource);
	struct surface *surface = layer->surface;
	if (surface) {
		reset(layer);
		surface_unmap(surface);
		surface->role_object = NULL;
	}
	forget_output(layer);
	free(layer);
}

static void handle_get_layer_surface(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource, struct wl_resource *output_resource,
	uint32_t layer_number, const char *namespace) {
	(void)namespace;
	struct surface *surface = surface_from_resource(surface_resource);
	if (layer_number >= N_LAYERS) {
		wl_resource_post_error(resource, ZWLR_LAYER_SHELL_V1_ERROR_INVALID_LAYER,
			"there is no layer %u", layer_number);
		return;
	}
	if (xdg_surface_has_buffer(surface)) {
		wl_resource_post_error(resource, ZWLR_LAYER_SHELL_V1_ERROR_ALREADY_CONSTRUCTED,
			"wl_surface has a buffer before it is a layer surface");
		return;
	}
	struct layer_surface *layer = calloc(1, sizeof(*layer));
	struct wl_resource *layer_resource = layer
		? wl_resource_create(
			  client, &zwlr_layer_surface_v1_interface, wl_resource_get_version(resource), id)
		: NULL;
	if (!layer_resource) {
		free(layer);
		wl_client_post_no_memory(client);
		return;
	}
	layer->resource = layer_resource;
	layer->pending.layer = (enum layer)layer_number;
	layer->closed = true; // unless the surface takes the role
	layer->tree.layer = layer;
	wl_list_init(&layer->tree.popups);
	wl_list_init(&layer->output_destroy.link);
	wl_resource_set_implementation(layer_resource, &layer_impl, layer, handle_resource_destroy);
	if (!surface_set_role(surface, &layer_role, layer, resource, ZWLR_LAYER_SHELL_V1_ERROR_ROLE)) {
		return;
	}
	layer->closed = false;
	layer->surface = surface;
	layer->tree.surface = surface;
	layer->wanted_output = output_resource ? wayland_output_from_resource(output_resource) : NULL;
	if (layer->wanted_output) {
		layer->output_destroy.notify = handle_output_destroy;
		wl_signal_add(&layer->wanted_output->withdrawn, &layer->output_destroy);
	}
}

static const struct zwlr_layer_shell_v1_interface shell_impl = {
	.get_layer_surface = handle_get_layer_surface,
	.destroy = resource_handle_destroy,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &zwlr_layer_shell_v1_interface, version, id, &shell_impl, data);
}

bool layer_shell_create(struct wayland_server *server) {
	return server_add_trusted_global(server,
		wl_global_create(server->display, &zwlr_layer_shell_v1_interface, LAYER_SHELL_VERSION,
			server, handle_bind));
}
