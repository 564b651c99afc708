// SPDX-License-Identifier: MIT
// Heads: what clients hear of displays. What they want of them is in output_configuration.c.
#include <stdlib.h>
#include <string.h>

#include "wayland/output_manager_internal.h"
#include "wlr-output-management-unstable-v1-server-protocol.h"

// ---- Modes ----

static bool same_mode(const struct output_head_mode *a, const struct output_head_mode *b) {
	return a->width == b->width && a->height == b->height && a->refresh_mhz == b->refresh_mhz;
}

static void mode_detach(struct output_mode_view *mode) {
	wl_list_remove(&mode->link);
	wl_list_init(&mode->link);
	mode->head = NULL;
}

static void handle_mode_resource_destroy(struct wl_resource *resource) {
	struct output_mode_view *mode = wl_resource_get_user_data(resource);
	wl_list_remove(&mode->link);
	free(mode);
}

static void handle_release(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct zwlr_output_mode_v1_interface mode_impl = {
	.release = handle_release,
};

// NULL when out of memory: the client is told.
static struct output_mode_view *send_mode(
	struct output_head_view *view, const struct output_head_mode *state, bool custom) {
	struct wl_client *client = wl_resource_get_client(view->resource);
	int version = wl_resource_get_version(view->resource);
	struct output_mode_view *mode = calloc(1, sizeof(*mode));
	struct wl_resource *resource = mode
		? wl_resource_create(client, &zwlr_output_mode_v1_interface, version < 3 ? version : 3, 0)
		: NULL;
	if (!resource) {
		free(mode);
		wl_client_post_no_memory(client);
		return NULL;
	}
	*mode = (struct output_mode_view){
		.head = view->head, .resource = resource, .mode = *state, .custom = custom};
	wl_list_insert(view->modes.prev, &mode->link);
	wl_resource_set_implementation(resource, &mode_impl, mode, handle_mode_resource_destroy);
	zwlr_output_head_v1_send_mode(view->resource, resource);
	zwlr_output_mode_v1_send_size(resource, state->width, state->height);
	zwlr_output_mode_v1_send_refresh(resource, state->refresh_mhz);
	if (state->preferred && !custom) {
		zwlr_output_mode_v1_send_preferred(resource);
	}
	return mode;
}

// One that the display does not list has an object as long as it runs.
static void send_current_mode(struct output_head_view *view) {
	const struct output_head_mode *runs = &view->head->state.mode;
	struct output_mode_view *mode, *next, *current = NULL;
	wl_list_for_each(mode, &view->modes, link) {
		if (!current && same_mode(&mode->mode, runs)) {
			current = mode;
		}
	}
	current = current ? current : send_mode(view, runs, true);
	if (current) {
		zwlr_output_head_v1_send_current_mode(view->resource, current->resource);
	}
	wl_list_for_each_safe(mode, next, &view->modes, link) {
		if (mode->custom && mode != current) {
			zwlr_output_mode_v1_send_finished(mode->resource);
			mode_detach(mode);
		}
	}
}

// ---- Heads, as one client sees them ----

static void view_detach(struct output_head_view *view) {
	struct output_mode_view *mode, *next;
	wl_list_for_each_safe(mode, next, &view->modes, link) {
		mode_detach(mode);
	}
	wl_list_remove(&view->link);
	wl_list_init(&view->link);
	view->head = NULL;
}

static void handle_head_resource_destroy(struct wl_resource *resource) {
	struct output_head_view *view = wl_resource_get_user_data(resource);
	view_detach(view);
	free(view);
}

static const struct zwlr_output_head_v1_interface head_impl = {
	.release = handle_release,
};

struct output_head *output_head_from_resource(struct wl_resource *resource) {
	return ((struct output_head_view *)wl_resource_get_user_data(resource))->head;
}

enum {
	CHANGED_ENABLED = 1 << 0,
	CHANGED_MODE = 1 << 1,
	CHANGED_PLACE = 1 << 2,
	CHANGED_TRANSFORM = 1 << 3,
	CHANGED_SCALE = 1 << 4,
	CHANGED_VRR = 1 << 5,
	CHANGED_ALL = (1 << 6) - 1,
};

static void send_state(struct output_head_view *view, uint32_t changed) {
	const struct output_head_state *state = &view->head->state;
	if (changed & CHANGED_ENABLED) {
		zwlr_output_head_v1_send_enabled(view->resource, state->enabled);
	}
	if (!state->enabled) {
		return;
	}
	if (changed & CHANGED_MODE) {
		send_current_mode(view);
	}
	if (changed & CHANGED_PLACE) {
		zwlr_output_head_v1_send_position(view->resource, state->x, state->y);
	}
	if (changed & CHANGED_TRANSFORM) {
		zwlr_output_head_v1_send_transform(view->resource, (int32_t)state->transform);
	}
	if (changed & CHANGED_SCALE) {
		zwlr_output_head_v1_send_scale(view->resource, wl_fixed_from_double(state->scale));
	}
	if ((changed & CHANGED_VRR) &&
		wl_resource_get_version(view->resource) >=
			ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_SINCE_VERSION) {
		zwlr_output_head_v1_send_adaptive_sync(view->resource,
			state->vrr ? ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_ENABLED
					   : ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_DISABLED);
	}
}

static void send_names(struct wl_resource *resource, const struct output_head_state *state) {
	zwlr_output_head_v1_send_name(resource, state->name);
	zwlr_output_head_v1_send_description(resource, state->description);
	if (state->width_mm > 0 && state->height_mm > 0) {
		zwlr_output_head_v1_send_physical_size(resource, state->width_mm, state->height_mm);
	}
	int version = wl_resource_get_version(resource);
	if (version >= ZWLR_OUTPUT_HEAD_V1_MAKE_SINCE_VERSION && state->make) {
		zwlr_output_head_v1_send_make(resource, state->make);
	}
	if (version >= ZWLR_OUTPUT_HEAD_V1_MODEL_SINCE_VERSION && state->model) {
		zwlr_output_head_v1_send_model(resource, state->model);
	}
	if (version >= ZWLR_OUTPUT_HEAD_V1_SERIAL_NUMBER_SINCE_VERSION && state->serial) {
		zwlr_output_head_v1_send_serial_number(resource, state->serial);
	}
}

static void send_head(struct wl_resource *manager, struct output_head *head) {
	struct wl_client *client = wl_resource_get_client(manager);
	struct output_head_view *view = calloc(1, sizeof(*view));
	struct wl_resource *resource = view ? wl_resource_create(client, &zwlr_output_head_v1_interface,
											  wl_resource_get_version(manager), 0)
										: NULL;
	if (!resource) {
		free(view);
		wl_client_post_no_memory(client);
		return;
	}
	*view = (struct output_head_view){.head = head, .resource = resource, .manager = manager};
	wl_list_init(&view->modes);
	wl_list_insert(&head->views, &view->link);
	wl_resource_set_implementation(resource, &head_impl, view, handle_head_resource_destroy);
	zwlr_output_manager_v1_send_head(manager, resource);
	send_names(resource, &head->state);
	for (int i = 0; i < head->state.n_modes; i++) {
		if (!send_mode(view, &head->state.modes[i], false)) {
			return;
		}
	}
	send_state(view, CHANGED_ALL);
}

// ---- Heads ----

static char *copy(const char *text) {
	return text && *text ? strdup(text) : NULL;
}

static void state_finish(struct output_head_state *state) {
	free((char *)state->name);
	free((char *)state->description);
	free((char *)state->make);
	free((char *)state->model);
	free((char *)state->serial);
	free((struct output_head_mode *)state->modes);
}

// False when out of memory; to be finished all the same.
static bool state_copy(struct output_head_state *to, const struct output_head_state *from) {
	struct output_head_mode *modes = calloc((size_t)from->n_modes + 1, sizeof(*modes));
	*to = *from;
	to->modes = modes;
	to->name = strdup(from->name);
	to->description = strdup(from->description);
	to->make = copy(from->make);
	to->model = copy(from->model);
	to->serial = copy(from->serial);
	if (!modes || !to->name || !to->description) {
		return false;
	}
	for (int i = 0; i < from->n_modes; i++) {
		modes[i] = from->modes[i];
	}
	return true;
}

static void head_destroy(struct output_head *head) {
	struct output_head_view *view, *next;
	wl_list_for_each_safe(view, next, &head->views, link) {
		struct output_mode_view *mode;
		wl_list_for_each(mode, &view->modes, link) {
			zwlr_output_mode_v1_send_finished(mode->resource);
		}
		zwlr_output_head_v1_send_finished(view->resource);
		view_detach(view);
	}
	output_configurations_forget(head);
	wl_list_remove(&head->link);
	state_finish(&head->state);
	free(head);
}

static void head_create(struct output_manager *manager, const struct output_head_state *state) {
	struct output_head *head = calloc(1, sizeof(*head));
	if (!head) {
		return; // the next update tries again
	}
	head->manager = manager;
	wl_list_init(&head->views);
	wl_list_insert(manager->heads.prev, &head->link);
	if (!state_copy(&head->state, state)) {
		head_destroy(head);
		return;
	}
	struct wl_resource *resource;
	wl_resource_for_each(resource, &manager->resources) {
		send_head(resource, head);
	}
}

static bool same_text(const char *a, const char *b) {
	return strcmp(a ? a : "", b ? b : "") == 0;
}

// What clients hear once of a head.
static bool same_display(const struct output_head_state *a, const struct output_head_state *b) {
	bool same = same_text(a->name, b->name) && same_text(a->description, b->description) &&
		same_text(a->make, b->make) && same_text(a->model, b->model) &&
		same_text(a->serial, b->serial) && a->width_mm == b->width_mm &&
		a->height_mm == b->height_mm && a->n_modes == b->n_modes;
	for (int i = 0; same && i < a->n_modes; i++) {
		same =
			same_mode(&a->modes[i], &b->modes[i]) && a->modes[i].preferred == b->modes[i].preferred;
	}
	return same;
}

static uint32_t head_update(struct output_head *head, const struct output_head_state *state) {
	struct output_head_state *known = &head->state;
	uint32_t changed = 0;
	changed |= known->enabled != state->enabled ? CHANGED_ALL : 0;
	changed |= !same_mode(&known->mode, &state->mode) ? CHANGED_MODE : 0;
	changed |= known->x != state->x || known->y != state->y ? CHANGED_PLACE : 0;
	changed |= known->transform != state->transform ? CHANGED_TRANSFORM : 0;
	changed |= known->scale != state->scale ? CHANGED_SCALE : 0;
	changed |= known->vrr != state->vrr ? CHANGED_VRR : 0;
	if (!state->enabled && !known->enabled) {
		return 0;
	}
	known->enabled = state->enabled;
	known->mode = state->mode;
	known->x = state->x;
	known->y = state->y;
	known->transform = state->transform;
	known->scale = state->scale;
	known->vrr = state->vrr;
	struct output_head_view *view;
	wl_list_for_each(view, &head->views, link) {
		send_state(view, changed);
	}
	return changed;
}

static const struct output_head_state *find_state(
	const struct output_head_state *states, int n, const struct output_head *head) {
	for (int i = 0; i < n; i++) {
		if (same_display(&states[i], &head->state)) {
			return &states[i];
		}
	}
	return NULL;
}

static bool has_head(const struct output_manager *manager, const struct output_head_state *state) {
	const struct output_head *head;
	wl_list_for_each(head, &manager->heads, link) {
		if (same_display(&head->state, state)) {
			return true;
		}
	}
	return false;
}

void output_manager_update(
	struct output_manager *manager, const struct output_head_state *states, int n) {
	bool changed = false;
	struct output_head *head, *next;
	wl_list_for_each_safe(head, next, &manager->heads, link) {
		const struct output_head_state *state = find_state(states, n, head);
		if (state) {
			changed = head_update(head, state) != 0 || changed;
		} else {
			head_destroy(head);
			changed = true;
		}
	}
	for (int i = 0; i < n; i++) {
		if (!has_head(manager, &states[i])) {
			head_create(manager, &states[i]);
			changed = true;
		}
	}
	if (!changed) {
		return;
	}
	manager->serial++;
	struct wl_resource *resource;
	wl_resource_for_each(resource, &manager->resources) {
		zwlr_output_manager_v1_send_done(resource, manager->serial);
	}
}

// ---- The manager ----

// The heads that were introduced through it are of no more use.
static void handle_manager_resource_destroy(struct wl_resource *resource) {
	struct output_manager *manager = wl_resource_get_user_data(resource);
	wl_list_remove(wl_resource_get_link(resource));
	struct output_head *head;
	wl_list_for_each(head, &manager->heads, link) {
		struct output_head_view *view, *next;
		wl_list_for_each_safe(view, next, &head->views, link) {
			if (view->manager == resource) {
				view_detach(view);
			}
		}
	}
}

static void handle_stop(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	zwlr_output_manager_v1_send_finished(resource);
	wl_resource_destroy(resource);
}

static const struct zwlr_output_manager_v1_interface manager_impl = {
	.create_configuration = output_configuration_create,
	.stop = handle_stop,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct output_manager *manager = data;
	struct wl_resource *resource =
		wl_resource_create(client, &zwlr_output_manager_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		resource, &manager_impl, manager, handle_manager_resource_destroy);
	wl_list_insert(&manager->resources, wl_resource_get_link(resource));
	struct output_head *head;
	wl_list_for_each(head, &manager->heads, link) {
		send_head(resource, head);
	}
	zwlr_output_manager_v1_send_done(resource, manager->serial);
}

struct output_manager *output_manager_create(
	struct wayland_server *server, const struct output_manager_ops *ops, void *data) {
	struct output_manager *manager = calloc(1, sizeof(*manager));
	if (!manager) {
		return NULL;
	}
	*manager = (struct output_manager){.server = server, .ops = ops, .data = data, .serial = 1};
	wl_list_init(&manager->heads);
	wl_list_init(&manager->resources);
	wl_list_init(&manager->configurations);
	wl_list_init(&manager->powers);
	struct wl_display *display = wayland_server_display(server);
	manager->global =
		wl_global_create(display, &zwlr_output_manager_v1_interface, 4, manager, handle_bind);
	manager->power_global = output_power_global_create(manager);
	if (!wayland_server_add_private_global(server, manager->global) ||
		!wayland_server_add_private_global(server, manager->power_global)) {
		output_manager_destroy(manager);
		return NULL;
	}
	return manager;
}

void output_manager_destroy(struct output_manager *manager) {
	if (!manager) {
		return;
	}
	struct output_head *head, *next;
	wl_list_for_each_safe(head, next, &manager->heads, link) {
		head_destroy(head);
	}
	if (manager->global) {
		wl_global_destroy(manager->global);
	}
	if (manager->power_global) {
		wl_global_destroy(manager->power_global);
	}
	free(manager);
}
