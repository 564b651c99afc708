// SPDX-License-Identifier: MIT
// xdg_toplevel: an app's window. What becomes of it is asked of policy.
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-shell-server-protocol.h"

enum { MAX_STRING = 1024 }; // bytes of a title or app id that are kept

struct toplevel *xdg_toplevel_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static struct wayland_server *server_of(const struct toplevel *toplevel) {
	return toplevel->xdg->surface->server;
}

// Policy knows a toplevel from its initial commit on.
static void tell_changed(struct toplevel *toplevel) {
	if (toplevel->xdg && toplevel->xdg->initialized) {
		struct wayland_server *server = server_of(toplevel);
		server->policy->toplevel_changed(server->data, toplevel);
	}
}

// ---- Configure ----

static void send_capabilities(struct toplevel *toplevel) {
	uint32_t capabilities[] = {XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN};
	struct wl_array array = {
		.size = sizeof(capabilities), .alloc = sizeof(capabilities), .data = capabilities};
	xdg_toplevel_send_wm_capabilities(toplevel->resource, &array);
}

static void send_states(struct toplevel *toplevel) {
	uint32_t states[3];
	size_t n = 0;
	if (toplevel->states & TOPLEVEL_FULLSCREEN) {
		states[n++] = XDG_TOPLEVEL_STATE_FULLSCREEN;
	}
	if (toplevel->states & TOPLEVEL_ACTIVATED) {
		states[n++] = XDG_TOPLEVEL_STATE_ACTIVATED;
	}
	if (toplevel->states & TOPLEVEL_MAXIMIZED) {
		states[n++] = XDG_TOPLEVEL_STATE_MAXIMIZED;
	}
	struct wl_array array = {
		.size = n * sizeof(states[0]), .alloc = sizeof(states), .data = states};
	xdg_toplevel_send_configure(toplevel->resource, toplevel->width, toplevel->height, &array);
}

void xdg_toplevel_reconfigure(struct toplevel *toplevel) {
	if (!toplevel->xdg->initialized || !xdg_surface_may_configure(toplevel->xdg)) {
		return;
	}
	int version = wl_resource_get_version(toplevel->resource);
	if (!toplevel->configure_begun && version >= XDG_TOPLEVEL_WM_CAPABILITIES_SINCE_VERSION) {
		send_capabilities(toplevel);
	}
	if (toplevel->bounds_changed && version >= XDG_TOPLEVEL_CONFIGURE_BOUNDS_SINCE_VERSION) {
		xdg_toplevel_send_configure_bounds(
			toplevel->resource, toplevel->bounds_width, toplevel->bounds_height);
	}
	toplevel->bounds_changed = false;
	xdg_decoration_send_configure(toplevel->decoration);
	send_states(toplevel);
	toplevel->configure_begun = true;
	xdg_surface_end_configure(toplevel->xdg, NULL);
}

void toplevel_configure(
	struct toplevel *toplevel, int32_t width, int32_t height, uint32_t states, bool force) {
	bool changed = width != toplevel->width || height != toplevel->height ||
		states != toplevel->states || toplevel->bounds_changed || !toplevel->configure_begun;
	toplevel->width = width;
	toplevel->height = height;
	toplevel->states = states;
	if (toplevel->xdg && (changed || force)) {
		xdg_toplevel_reconfigure(toplevel);
	}
}

void toplevel_set_bounds(struct toplevel *toplevel, int32_t width, int32_t height) {
	if (width != toplevel->bounds_width || height != toplevel->bounds_height) {
		toplevel->bounds_width = width;
		toplevel->bounds_height = height;
		toplevel->bounds_changed = true;
	}
}

// ---- What policy sees ----

struct surface *toplevel_surface(const struct toplevel *toplevel) {
	return toplevel->xdg->surface;
}

struct toplevel *toplevel_from_surface(const struct surface *surface) {
	return surface->role == &xdg_toplevel_role ? surface->role_object : NULL;
}

struct toplevel *toplevel_parent(const struct toplevel *toplevel) {
	return toplevel->parent;
}

struct scene_rect toplevel_geometry(const struct toplevel *toplevel) {
	return toplevel->xdg->geometry;
}

const char *toplevel_app_id(const struct toplevel *toplevel) {
	return toplevel->app_id;
}

const char *toplevel_title(const struct toplevel *toplevel) {
	return toplevel->title;
}

void *toplevel_data(const struct toplevel *toplevel) {
	return toplevel->data;
}

void toplevel_set_data(struct toplevel *toplevel, void *data) {
	toplevel->data = data;
}

struct wayland_output *toplevel_wanted_output(const struct toplevel *toplevel) {
	return toplevel->wanted_output;
}

void toplevel_moved(struct toplevel *toplevel) {
	xdg_popup_reconstrain_all(&toplevel->tree);
}

// ---- Parents ----

static void set_parent(struct toplevel *toplevel, struct toplevel *parent) {
	toplevel->parent = parent;
	wl_list_remove(&toplevel->parent_link);
	wl_list_init(&toplevel->parent_link);
	if (parent) {
		wl_list_insert(parent->children.prev, &toplevel->parent_link);
	}
}

// Children of an unmapped toplevel become its parent's.
static void give_children_away(struct toplevel *toplevel) {
	struct toplevel *child, *tmp;
	wl_list_for_each_reverse_safe(child, tmp, &toplevel->children, parent_link) {
		set_parent(child, toplevel->parent);
		tell_changed(child);
	}
}

static void handle_set_parent(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *parent_resource) {
	(void)client;
	struct toplevel *toplevel = xdg_toplevel_from_resource(resource);
	struct toplevel *parent = parent_resource ? xdg_toplevel_from_resource(parent_resource) : NULL;
	for (struct toplevel *above = parent; above; above = above->parent) {
		if (above == toplevel) {
			wl_resource_post_error(resource, XDG_TOPLEVEL_ERROR_INVALID_PARENT,
				"the parent is the toplevel itself or a descendant of it");
			return;
		}
	}
	if (parent && !parent->mapped) {
		parent = NULL; // as the protocol wants it
	}
	if (toplevel->xdg && parent != toplevel->parent) {
		set_parent(toplevel, parent);
		tell_changed(toplevel);
	}
}

// ---- Mapping ----

static void discard_attributes(struct toplevel *toplevel) {
	toplevel->xdg->surface->layer.owner.app_id = NULL;
	free(toplevel->title);
	free(toplevel->app_id);
	toplevel->title = NULL;
	toplevel->app_id = NULL;
	toplevel->limits = (struct toplevel_limits){0};
	toplevel->pending_limits = (struct toplevel_limits){0};
	toplevel->wanted_output = NULL;
	toplevel->bounds_width = toplevel->bounds_height = 0;
	toplevel->bounds_changed = false;
	toplevel->configure_begun = false;
}

// Back to what xdg_surface.get_toplevel made of it.
static void unmap(struct toplevel *toplevel) {
	struct wayland_server *server = server_of(toplevel);
	xdg_popup_dismiss_all(toplevel->xdg);
	give_children_away(toplevel);
	if (toplevel->mapped) {
		toplevel->mapped = false;
		server->policy->toplevel_unmapped(server->data, toplevel);
	}
	set_parent(toplevel, NULL);
	discard_attributes(toplevel);
	xdg_surface_reset(toplevel->xdg);
}

static bool limits_are_valid(const struct toplevel_limits *limits) {
	return (limits->max_width == 0 || limits->min_width <= limits->max_width) &&
		(limits->max_height == 0 || limits->min_height <= limits->max_height);
}

bool toplevel_has_fixed_size(const struct toplevel *toplevel) {
	const struct toplevel_limits *limits = &toplevel->limits;
	return limits->max_width > 0 && limits->min_width == limits->max_width &&
		limits->max_height > 0 && limits->min_height == limits->max_height;
}

static bool role_precommit(struct surface *surface) {
	struct toplevel *toplevel = surface->role_object;
	if (!toplevel) {
		return true;
	}
	if (!limits_are_valid(&toplevel->pending_limits)) {
		wl_resource_post_error(toplevel->resource, XDG_TOPLEVEL_ERROR_INVALID_SIZE,
			"the minimum size is larger than the maximum");
		return false;
	}
	return xdg_surface_precommit(toplevel->xdg);
}

static void role_commit(struct surface *surface) {
	struct toplevel *toplevel = surface->role_object;
	if (!toplevel) {
		return;
	}
	struct xdg_surface *xdg = toplevel->xdg;
	struct wayland_server *server = surface->server;
	if (toplevel->mapped && !surface->mapped) {
		unmap(toplevel);
		return;
	}
	if (!xdg_surface_check_mapped(xdg)) {
		return;
	}
	bool moved = xdg_surface_commit_geometry(xdg);
	bool changed = moved ||
		memcmp(&toplevel->limits, &toplevel->pending_limits, sizeof(toplevel->limits)) != 0;
	// After a commit that was held back the client may be in the middle of setting them anew.
	if (limits_are_valid(&toplevel->pending_limits)) {
		toplevel->limits = toplevel->pending_limits;
	}
	xdg->ack_pending = false;
	if (!xdg->initialized) {
		xdg->initialized = true;
		server->policy->toplevel_initial(server->data, toplevel);
	} else if (surface->mapped && !toplevel->mapped) {
		toplevel->mapped = true;
		server->policy->toplevel_mapped(server->data, toplevel);
	} else if (changed) {
		server->policy->toplevel_changed(server->data, toplevel);
		if (moved) {
			xdg_popup_reconstrain_all(&toplevel->tree);
		}
	}
}

static bool role_append(
	struct surface *surface, struct wayland_output *output, int32_t x, int32_t y) {
	struct toplevel *toplevel = surface->role_object;
	if (!toplevel) {
		return true;
	}
	const struct scene_rect *geometry = &toplevel->xdg->geometry;
	return xdg_popup_append_all(&toplevel->tree, output,
		xdg_clamp_coordinate((int64_t)x + geometry->x),
		xdg_clamp_coordinate((int64_t)y + geometry->y));
}

const struct surface_role xdg_toplevel_role = {
	.name = "xdg_toplevel",
	.precommit = role_precommit,
	.commit = role_commit,
	.save = xdg_surface_save,
	.restore = xdg_surface_restore,
	.append = role_append,
};

// ---- Requests ----

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	xdg_decoration_orphan(xdg_toplevel_from_resource(resource)->decoration, true);
	wl_resource_destroy(resource);
}

// libwayland lets strings be much longer than anyone reads, and be other than the UTF-8 that they have to
// be: status is told in JSON.
static void set_string(struct wl_client *client, char **string, const char *value) {
	char *copy = strndup(value, utf8_length(value, MAX_STRING));
	if (!copy) {
		wl_client_post_no_memory(client);
		return;
	}
	free(*string);
	*string = copy;
}

static void handle_set_title(
	struct wl_client *client, struct wl_resource *resource, const char *title) {
	set_string(client, &xdg_toplevel_from_resource(resource)->title, title);
}

static void handle_set_app_id(
	struct wl_client *client, struct wl_resource *resource, const char *app_id) {
	struct toplevel *toplevel = xdg_toplevel_from_resource(resource);
	set_string(client, &toplevel->app_id, app_id);
	if (toplevel->xdg) {
		toplevel->xdg->surface->layer.owner.app_id = toplevel->app_id;
	}
}

// No window menu, and windows of a kiosk are neither moved nor resized by hand.
static void handle_show_window_menu(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *seat, uint32_t serial, int32_t x, int32_t y) {
	(void)client;
	(void)resource;
	(void)seat;
	(void)serial;
	(void)x;
	(void)y;
}

static void handle_move(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *seat, uint32_t serial) {
	(void)client;
	(void)resource;
	(void)seat;
	(void)serial;
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *seat, uint32_t serial, uint32_t edges) {
	(void)client;
	(void)seat;
	(void)serial;
	if (!xdg_toplevel_resize_edge_is_valid(edges, (uint32_t)wl_resource_get_version(resource))) {
		wl_resource_post_error(
			resource, XDG_TOPLEVEL_ERROR_INVALID_RESIZE_EDGE, "unknown resize edge %u", edges);
	}
}

static bool check_size(struct wl_resource *resource, int32_t width, int32_t height) {
	if (width >= 0 && height >= 0) {
		return true;
	}
	wl_resource_post_error(resource, XDG_TOPLEVEL_ERROR_INVALID_SIZE,
		"minimum or maximum size %dx%d is negative", width, height);
	return false;
}

static void handle_set_max_size(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height) {
	(void)client;
	struct toplevel *toplevel = xdg_toplevel_from_resource(resource);
	if (check_size(resource, width, height)) {
		toplevel->pending_limits.max_width = width;
		toplevel->pending_limits.max_height = height;
	}
}

static void handle_set_min_size(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height) {
	(void)client;
	struct toplevel *toplevel = xdg_toplevel_from_resource(resource);
	if (check_size(resource, width, height)) {
		toplevel->pending_limits.min_width = width;
		toplevel->pending_limits.min_height = height;
	}
}

// Before the initial commit the first configure is the answer.
static void ask_policy(struct wl_resource *resource) {
	struct toplevel *toplevel = xdg_toplevel_from_resource(resource);
	if (toplevel->xdg && toplevel->xdg->initialized) {
		struct wayland_server *server = server_of(toplevel);
		server->policy->toplevel_request(server->data, toplevel, toplevel_wanted_output(toplevel));
	}
}

static void handle_state_request(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	ask_policy(resource);
}

static void handle_set_fullscreen(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *output) {
	(void)client;
	xdg_toplevel_from_resource(resource)->wanted_output =
		output ? wayland_output_from_resource(output) : NULL;
	ask_policy(resource);
}

static const struct xdg_toplevel_interface toplevel_impl = {
	.destroy = handle_destroy,
	.set_parent = handle_set_parent,
	.set_title = handle_set_title,
	.set_app_id = handle_set_app_id,
	.show_window_menu = handle_show_window_menu,
	.move = handle_move,
	.resize = handle_resize,
	.set_max_size = handle_set_max_size,
	.set_min_size = handle_set_min_size,
	.set_maximized = handle_state_request,
	.unset_maximized = handle_state_request,
	.set_fullscreen = handle_set_fullscreen,
	.unset_fullscreen = handle_state_request,
	.set_minimized = handle_state_request,
};

// ---- Life ----

void xdg_toplevel_retire(struct toplevel *toplevel, bool surface_gone) {
	struct xdg_surface *xdg = toplevel->xdg;
	if (!xdg) {
		return;
	}
	struct surface *surface = xdg->surface;
	struct wayland_server *server = surface->server;
	unmap(toplevel);
	server->policy->toplevel_destroyed(server->data, toplevel);
	surface->role_object = NULL;
	if (!surface_gone) {
		surface_unmap(surface);
	}
	xdg->toplevel = NULL;
	toplevel->xdg = NULL;
	toplevel->tree.surface = NULL;
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct toplevel *toplevel = xdg_toplevel_from_resource(resource);
	xdg_toplevel_retire(toplevel, false);
	xdg_decoration_orphan(toplevel->decoration, false);
	free(toplevel->title);
	free(toplevel->app_id);
	free(toplevel);
}

void xdg_toplevel_create(struct xdg_surface *xdg, uint32_t id) {
	struct wl_client *client = wl_resource_get_client(xdg->resource);
	struct toplevel *toplevel = calloc(1, sizeof(*toplevel));
	int version = wl_resource_get_version(xdg->resource);
	struct wl_resource *resource =
		toplevel ? wl_resource_create(client, &xdg_toplevel_interface, version, id) : NULL;
	if (!resource) {
		free(toplevel);
		wl_client_post_no_memory(client);
		return;
	}
	toplevel->resource = resource;
	wl_list_init(&toplevel->children);
	wl_list_init(&toplevel->parent_link);
	toplevel->tree.toplevel = toplevel;
	wl_list_init(&toplevel->tree.popups);
	wl_resource_set_implementation(resource, &toplevel_impl, toplevel, handle_resource_destroy);
	// Without xdg_wm_base the client is leaving, and nobody reads the error.
	struct wl_resource *blamed = xdg->wm_base ? xdg->wm_base->resource : xdg->resource;
	if (surface_set_role(
			xdg->surface, &xdg_toplevel_role, toplevel, blamed, XDG_WM_BASE_ERROR_ROLE)) {
		toplevel->xdg = xdg;
		xdg->toplevel = toplevel;
		toplevel->tree.surface = xdg->surface;
	}
}
