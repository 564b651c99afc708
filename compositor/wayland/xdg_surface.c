// SPDX-License-Identifier: MIT
// xdg_surface: what toplevels and popups share: configure and acknowledge, and window geometry.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-shell-server-protocol.h"

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct xdg_surface *xdg = wl_container_of(listener, xdg, surface_destroy);
	if (xdg->toplevel) {
		xdg_toplevel_retire(xdg->toplevel, true);
	}
	if (xdg->popup) {
		xdg_popup_retire(xdg->popup, true);
	}
	wl_list_remove(&xdg->surface_destroy.link);
	wl_list_init(&xdg->surface_destroy.link);
	xdg->surface = NULL;
}

struct xdg_surface *xdg_surface_from_surface(struct surface *surface) {
	struct wl_listener *listener = wl_signal_get(&surface->destroy, handle_surface_destroy);
	struct xdg_surface *xdg = NULL;
	return listener ? wl_container_of(listener, xdg, surface_destroy) : NULL;
}

void xdg_surface_post_error(struct xdg_surface *xdg, uint32_t error, const char *message) {
	if (xdg->wm_base) {
		wl_resource_post_error(xdg->wm_base->resource, error, "%s", message);
	}
}

// ---- What the roles use. ----

bool xdg_surface_attaches_buffer(const struct surface *surface) {
	return surface->pending.buffer || surface->pending.buffer_resource;
}

bool xdg_surface_has_buffer(const struct surface *surface) {
	return surface->current.buffer || surface_holds_buffer(surface) ||
		xdg_surface_attaches_buffer(surface);
}

static bool check_configured(struct xdg_surface *xdg, bool has_buffer) {
	if (has_buffer && !xdg->configured) {
		wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
			"buffer attached before the first configure was acknowledged");
		return false;
	}
	return true;
}

bool xdg_surface_precommit(struct xdg_surface *xdg) {
	return check_configured(xdg, xdg_surface_attaches_buffer(xdg->surface));
}

bool xdg_surface_check_mapped(struct xdg_surface *xdg) {
	return check_configured(xdg, xdg->surface->mapped);
}

// ---- Commits that are held back ----

struct xdg_state {
	struct xdg_configure acked;
	struct scene_rect geometry;
	bool ack_pending, geometry_pending;
};

static_assert(sizeof(struct xdg_state) <= sizeof(struct surface_role_state), "larger");

void xdg_surface_save(struct surface *surface, struct surface_role_state *state) {
	struct xdg_surface *xdg = xdg_surface_from_surface(surface);
	struct xdg_state *saved = (struct xdg_state *)state->bytes;
	if (xdg && xdg->ack_pending) {
		saved->acked = xdg->acked;
		saved->ack_pending = true;
		xdg->ack_pending = false;
	}
	if (xdg && xdg->geometry_pending) {
		saved->geometry = xdg->pending_geometry;
		saved->geometry_pending = true;
		xdg->geometry_pending = false;
	}
}

void xdg_surface_restore(struct surface *surface, const struct surface_role_state *state) {
	struct xdg_surface *xdg = xdg_surface_from_surface(surface);
	const struct xdg_state *saved = (const struct xdg_state *)state->bytes;
	if (xdg && saved->ack_pending) {
		xdg->acked = saved->acked;
		xdg->ack_pending = true;
	}
	if (xdg && saved->geometry_pending) {
		xdg->pending_geometry = saved->geometry;
		xdg->geometry_pending = true;
	}
}

static struct scene_rect intersect(struct scene_rect a, struct scene_rect b) {
	int64_t x1 = a.x > b.x ? a.x : b.x;
	int64_t y1 = a.y > b.y ? a.y : b.y;
	int64_t a_x2 = (int64_t)a.x + a.width, b_x2 = (int64_t)b.x + b.width;
	int64_t a_y2 = (int64_t)a.y + a.height, b_y2 = (int64_t)b.y + b.height;
	int64_t x2 = a_x2 < b_x2 ? a_x2 : b_x2;
	int64_t y2 = a_y2 < b_y2 ? a_y2 : b_y2;
	if (x1 >= x2 || y1 >= y2) {
		return (struct scene_rect){0};
	}
	return (struct scene_rect){(int32_t)x1, (int32_t)y1, (int32_t)(x2 - x1), (int32_t)(y2 - y1)};
}

bool xdg_surface_commit_geometry(struct xdg_surface *xdg) {
	// Set with the initial commit it has nothing yet to be clamped to: it waits for the contents.
	if (!xdg->surface->mapped) {
		return false;
	}
	struct scene_rect old = xdg->geometry;
	if (xdg->geometry_pending) {
		struct scene_rect effective =
			intersect(xdg->pending_geometry, surface_bounds(xdg->surface));
		if (effective.width == 0) {
			wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_INVALID_SIZE,
				"window geometry lies outside of the surface");
			return false;
		}
		xdg->geometry = effective;
		xdg->geometry_set = true;
		xdg->geometry_pending = false;
	} else if (!xdg->geometry_set) {
		xdg->geometry = surface_bounds(xdg->surface);
	}
	return memcmp(&old, &xdg->geometry, sizeof(old)) != 0;
}

static void drop_configures(struct xdg_surface *xdg, int n) {
	xdg->n_configures -= n;
	memmove(&xdg->configures[0], &xdg->configures[n],
		(size_t)xdg->n_configures * sizeof(xdg->configures[0]));
	xdg->n_stale = xdg->n_stale > n ? xdg->n_stale - n : 0;
}

bool xdg_surface_may_configure(struct xdg_surface *xdg) {
	if (xdg->n_configures == XDG_MAX_CONFIGURES && xdg->n_stale > 0) {
		drop_configures(xdg, 1); // nobody acknowledges that one any more
	}
	xdg->configure_owed = xdg->n_configures == XDG_MAX_CONFIGURES;
	return !xdg->configure_owed;
}

void xdg_surface_end_configure(struct xdg_surface *xdg, const struct scene_rect *box) {
	struct wl_client *client = wl_resource_get_client(xdg->resource);
	struct xdg_configure *configure = &xdg->configures[xdg->n_configures++];
	*configure = (struct xdg_configure){
		.serial = wl_display_next_serial(wl_client_get_display(client)),
	};
	if (box) {
		configure->box = *box;
	}
	xdg_surface_send_configure(xdg->resource, configure->serial);
}

void xdg_surface_reset(struct xdg_surface *xdg) {
	xdg->initialized = false;
	xdg->configured = false;
	// The client may still acknowledge what was on its way to it.
	xdg->n_stale = xdg->n_configures;
	xdg->configure_owed = false;
	xdg->ack_pending = false;
	xdg->geometry_set = false;
	xdg->geometry_pending = false;
	xdg->geometry = (struct scene_rect){0};
}

// ---- The object. ----

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct xdg_surface *xdg = xdg_surface_from_resource(resource);
	if (xdg->toplevel || xdg->popup) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT,
			"xdg_surface destroyed before its role object");
		return;
	}
	wl_resource_destroy(resource);
}

// What both kinds of role object need.
static bool may_construct(struct xdg_surface *xdg) {
	if (!xdg->surface) {
		wl_resource_post_error(
			xdg->resource, XDG_SURFACE_ERROR_NOT_CONSTRUCTED, "the wl_surface is gone");
		return false;
	}
	if (xdg->toplevel || xdg->popup) {
		wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED,
			"xdg_surface has a role object already");
		return false;
	}
	if (xdg_surface_has_buffer(xdg->surface)) {
		wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
			"wl_surface has a buffer before its role object is there");
		return false;
	}
	return true;
}

static void handle_get_toplevel(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	(void)client;
	struct xdg_surface *xdg = xdg_surface_from_resource(resource);
	if (may_construct(xdg)) {
		xdg_toplevel_create(xdg, id);
	}
}

static void handle_get_popup(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *parent_resource, struct wl_resource *positioner_resource) {
	(void)client;
	struct xdg_surface *xdg = xdg_surface_from_resource(resource);
	const struct xdg_positioner_rules *rules = xdg_positioner_from_resource(positioner_resource);
	if (!may_construct(xdg)) {
		return;
	}
	if (!xdg_positioner_is_complete(rules)) {
		xdg_surface_post_error(xdg, XDG_WM_BASE_ERROR_INVALID_POSITIONER,
			"positioner without size or anchor rectangle");
		return;
	}
	xdg_popup_create(
		xdg, id, parent_resource ? xdg_surface_from_resource(parent_resource) : NULL, rules);
}

static bool is_constructed(struct xdg_surface *xdg) {
	if (xdg->toplevel || xdg->popup) {
		return true;
	}
	wl_resource_post_error(
		xdg->resource, XDG_SURFACE_ERROR_NOT_CONSTRUCTED, "xdg_surface has no role object");
	return false;
}

static void handle_set_window_geometry(struct wl_client *client, struct wl_resource *resource,
	int32_t x, int32_t y, int32_t width, int32_t height) {
	(void)client;
	struct xdg_surface *xdg = xdg_surface_from_resource(resource);
	if (!is_constructed(xdg)) {
		return;
	}
	if (width <= 0 || height <= 0) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_INVALID_SIZE,
			"window geometry %dx%d is not positive", width, height);
		return;
	}
	xdg->pending_geometry = (struct scene_rect){x, y, width, height};
	xdg->geometry_pending = true;
}

static void handle_ack_configure(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial) {
	(void)client;
	struct xdg_surface *xdg = xdg_surface_from_resource(resource);
	if (!is_constructed(xdg)) {
		return;
	}
	int found = 0;
	while (found < xdg->n_configures && xdg->configures[found].serial != serial) {
		found++;
	}
	if (found == xdg->n_configures) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_INVALID_SERIAL,
			"no configure with serial %u awaits to be acknowledged", serial);
		return;
	}
	if (found >= xdg->n_stale) {
		xdg->acked = xdg->configures[found];
		xdg->ack_pending = true;
		xdg->configured = true;
	}
	drop_configures(xdg, found + 1);
	if (xdg->configure_owed && xdg->toplevel) {
		xdg_toplevel_reconfigure(xdg->toplevel);
	} else if (xdg->configure_owed) {
		xdg_popup_reconfigure(xdg->popup);
	}
}

static const struct xdg_surface_interface xdg_surface_impl = {
	.destroy = handle_destroy,
	.get_toplevel = handle_get_toplevel,
	.get_popup = handle_get_popup,
	.set_window_geometry = handle_set_window_geometry,
	.ack_configure = handle_ack_configure,
};

// Popups above are gone then: a popup lets go of its parent when the parent's role object goes.
static void handle_resource_destroy(struct wl_resource *resource) {
	struct xdg_surface *xdg = xdg_surface_from_resource(resource);
	if (xdg->toplevel) {
		xdg_toplevel_retire(xdg->toplevel, false);
	}
	if (xdg->popup) {
		xdg_popup_retire(xdg->popup, false);
	}
	wl_list_remove(&xdg->surface_destroy.link);
	wl_list_remove(&xdg->link);
	free(xdg);
}

struct xdg_surface *xdg_surface_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static bool may_have_xdg_surface(struct xdg_wm_base *wm_base, struct surface *surface) {
	bool xdg_role =
		surface && (surface->role == &xdg_toplevel_role || surface->role == &xdg_popup_role);
	// A surface keeps its role when the role object is gone, and may get a new one of that role.
	if (!surface || xdg_surface_from_surface(surface) ||
		(surface->role && (!xdg_role || surface->role_object))) {
		wl_resource_post_error(
			wm_base->resource, XDG_WM_BASE_ERROR_ROLE, "wl_surface has a role already");
		return false;
	}
	if (xdg_surface_has_buffer(surface)) {
		wl_resource_post_error(wm_base->resource, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
			"wl_surface has a buffer before it is an xdg_surface");
		return false;
	}
	return true;
}

void xdg_surface_create(
	struct xdg_wm_base *wm_base, struct wl_client *client, uint32_t id, struct surface *surface) {
	if (!may_have_xdg_surface(wm_base, surface)) {
		return;
	}
	struct xdg_surface *xdg = calloc(1, sizeof(*xdg));
	int version = wl_resource_get_version(wm_base->resource);
	struct wl_resource *resource =
		xdg ? wl_resource_create(client, &xdg_surface_interface, version, id) : NULL;
	if (!resource) {
		free(xdg);
		wl_client_post_no_memory(client);
		return;
	}
	xdg->resource = resource;
	xdg->wm_base = wm_base;
	xdg->surface = surface;
	wl_list_init(&xdg->popups);
	xdg->surface_destroy.notify = handle_surface_destroy;
	wl_signal_add(&surface->destroy, &xdg->surface_destroy);
	wl_list_insert(&wm_base->surfaces, &xdg->link);
	wl_resource_set_implementation(resource, &xdg_surface_impl, xdg, handle_resource_destroy);
}
