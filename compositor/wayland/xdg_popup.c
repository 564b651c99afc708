// SPDX-License-Identifier: MIT
// xdg_popup: menus and the like, placed by their positioner relative to their parent.
//
// A popup hangs on its parent until one of them goes: the client destroys it, or the parent is
// unmapped and it is dismissed (popup_done), topmost first. From then on it is shown nowhere.
//
// A grab is denied, which is to say that the popup is dismissed, unless its serial is of a press or a
// release that the client was told of, or the client is whom people used last.
#include <stdlib.h>
#include <string.h>

#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-shell-server-protocol.h"

struct popup *xdg_popup_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void tree_changed(struct popup_tree *tree) {
	if (tree && tree->surface) {
		surface_tree_changed(tree->surface);
	}
}

// NULL if it hangs on a root, or on nothing.
static struct popup *parent_popup(const struct popup *popup) {
	return popup->parent ? popup->parent->popup : NULL;
}

// ---- Hanging on a parent ----

static void detach(struct popup *popup) {
	wl_list_remove(&popup->parent_link);
	wl_list_init(&popup->parent_link);
	wl_list_remove(&popup->stack_link);
	wl_list_init(&popup->stack_link);
	popup->parent = NULL;
	popup->tree = NULL;
	popup->mapped = false;
	xdg_popup_end_grab(popup);
}

static void dismiss(struct popup *popup) {
	surface_unmap(popup->xdg->surface); // while policy can still be told of whose tree it was
	detach(popup);
	popup->dismissed = true;
	xdg_popup_send_popup_done(popup->resource);
}

// Depth first without recursion: a client may nest them as deep as it likes.
void xdg_popup_dismiss_all(struct xdg_surface *parent) {
	struct xdg_surface *above = parent;
	while (above != parent || !wl_list_empty(&parent->popups)) {
		struct popup *popup;
		if (!wl_list_empty(&above->popups)) {
			popup = wl_container_of(above->popups.prev, popup, parent_link);
			above = popup->xdg;
		} else {
			popup = above->popup;
			above = popup->parent;
			dismiss(popup);
		}
	}
}

void xdg_popup_dismiss(struct popup *popup) {
	xdg_popup_dismiss_all(popup->xdg);
	dismiss(popup);
}

void xdg_popup_dismiss_tree(struct popup_tree *tree) {
	while (!wl_list_empty(&tree->popups)) {
		struct popup *popup = wl_container_of(tree->popups.prev, popup, stack_link);
		xdg_popup_dismiss(popup);
	}
}

// ---- Placing ----

struct toplevel *popup_toplevel(const struct popup *popup) {
	return popup->tree ? popup->tree->toplevel : NULL;
}

struct layer_surface *popup_layer(const struct popup *popup) {
	return popup->tree ? popup->tree->layer : NULL;
}

static const struct scene_rect *place_of(const struct popup *popup) {
	return popup->mapped ? &popup->current : &popup->configured;
}

void popup_parent_position(const struct popup *popup, int32_t *x, int32_t *y) {
	int64_t sum_x = 0, sum_y = 0;
	const struct popup *above = parent_popup(popup);
	if (above && popup->tree->placing) {
		sum_x = popup->base_x;
		sum_y = popup->base_y;
		above = NULL;
	}
	for (; above; above = parent_popup(above)) {
		sum_x += place_of(above)->x;
		sum_y += place_of(above)->y;
	}
	*x = xdg_clamp_coordinate(sum_x);
	*y = xdg_clamp_coordinate(sum_y);
}

bool popup_parent_size(const struct popup *popup, int32_t *width, int32_t *height) {
	if (!popup->parent || !popup->parent->toplevel || popup->rules.parent_width == 0 ||
		popup->rules.parent_height == 0) {
		return false;
	}
	*width = popup->rules.parent_width;
	*height = popup->rules.parent_height;
	return true;
}

static struct scene_rect place(struct popup *popup) {
	struct wayland_server *server = popup->xdg->surface->server;
	return xdg_positioner_place(&popup->rules, server->policy->popup_bounds(server->data, popup));
}

void xdg_popup_reconfigure(struct popup *popup) {
	if (popup->dismissed || !popup->xdg->initialized || !xdg_surface_may_configure(popup->xdg)) {
		return;
	}
	popup->configured = place(popup);
	if (popup->reposition_owed) {
		xdg_popup_send_repositioned(popup->resource, popup->reposition_token);
		popup->reposition_owed = false;
	}
	const struct scene_rect *box = &popup->configured;
	xdg_popup_send_configure(popup->resource, box->x, box->y, box->width, box->height);
	xdg_surface_end_configure(popup->xdg, box);
}

void xdg_popup_reconstrain_all(struct popup_tree *tree) {
	struct popup *popup;
	tree->placing = true;
	wl_list_for_each(popup, &tree->popups, stack_link) {
		// A parent is older than its popups: no need to go all the way down for each.
		const struct popup *above = parent_popup(popup);
		popup->base_x = above ? above->base_x + place_of(above)->x : 0;
		popup->base_y = above ? above->base_y + place_of(above)->y : 0;
		if (!popup->rules.reactive || !popup->xdg->initialized) {
			continue;
		}
		struct scene_rect box = place(popup);
		if (memcmp(&box, &popup->configured, sizeof(box)) != 0) {
			xdg_popup_reconfigure(popup);
		}
	}
	tree->placing = false;
}

bool xdg_popup_append_all(
	struct popup_tree *tree, struct wayland_output *output, int32_t x, int32_t y) {
	struct popup *popup;
	wl_list_for_each(popup, &tree->popups, stack_link) {
		// A parent is older than its popups, so its place is known.
		const struct popup *above = parent_popup(popup);
		int64_t shown_x = (int64_t)(above ? above->shown_x : x) + popup->current.x;
		int64_t shown_y = (int64_t)(above ? above->shown_y : y) + popup->current.y;
		popup->shown_x = xdg_clamp_coordinate(shown_x);
		popup->shown_y = xdg_clamp_coordinate(shown_y);
		const struct scene_rect *geometry = &popup->xdg->geometry;
		if (popup->mapped &&
			!surface_append(popup->xdg->surface, output,
				xdg_clamp_coordinate((int64_t)popup->shown_x - geometry->x),
				xdg_clamp_coordinate((int64_t)popup->shown_y - geometry->y))) {
			return false;
		}
	}
	return true;
}

// ---- The role ----

// Or will be, when the contents that it has committed have been drawn.
static bool parent_is_mapped(const struct popup *popup) {
	const struct xdg_surface *parent = popup->parent;
	const struct surface *surface = parent ? parent->surface : popup->tree->surface;
	if (surface && surface_holds_buffer(surface)) {
		return true;
	}
	if (!parent) {
		return surface && surface->mapped;
	}
	return (parent->toplevel && parent->toplevel->mapped) ||
		(parent->popup && parent->popup->mapped);
}

static bool role_precommit(struct surface *surface) {
	struct popup *popup = surface->role_object;
	if (!popup || popup->dismissed) {
		return true;
	}
	if (!popup->tree) {
		xdg_surface_post_error(
			popup->xdg, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT, "popup committed without a parent");
		return false;
	}
	if (!xdg_surface_precommit(popup->xdg)) {
		return false;
	}
	if (xdg_surface_attaches_buffer(surface) && !parent_is_mapped(popup)) {
		xdg_surface_post_error(
			popup->xdg, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT, "popup mapped before its parent");
		return false;
	}
	return true;
}

static void apply_ack(struct popup *popup) {
	struct xdg_surface *xdg = popup->xdg;
	if (!xdg->ack_pending) {
		return;
	}
	xdg->ack_pending = false;
	bool moved = popup->current.x != xdg->acked.box.x || popup->current.y != xdg->acked.box.y;
	popup->current = xdg->acked.box;
	if (moved && popup->mapped) {
		tree_changed(popup->tree);
		xdg_popup_reconstrain_all(popup->tree);
	}
}

static void role_commit(struct surface *surface) {
	struct popup *popup = surface->role_object;
	if (!popup || popup->dismissed) {
		return;
	}
	struct xdg_surface *xdg = popup->xdg;
	if (popup->mapped && !surface->mapped) {
		xdg_popup_dismiss_all(xdg);
		popup->mapped = false;
		xdg_popup_grab_mapped(popup);
		xdg_surface_reset(xdg);
		return;
	}
	if (!xdg_surface_check_mapped(xdg)) {
		return;
	}
	if (xdg_surface_commit_geometry(xdg)) {
		tree_changed(popup->tree);
	}
	apply_ack(popup);
	if (popup->mapped != surface->mapped) {
		popup->mapped = surface->mapped;
		xdg_popup_grab_mapped(popup);
	}
	if (!xdg->initialized) {
		xdg->initialized = true;
		xdg_popup_reconfigure(popup);
	}
}

static struct surface *role_root(struct surface *surface) {
	struct popup *popup = surface->role_object;
	return popup && popup->tree ? popup->tree->surface : NULL;
}

const struct surface_role xdg_popup_role = {
	.name = "xdg_popup",
	.precommit = role_precommit,
	.commit = role_commit,
	.save = xdg_surface_save,
	.restore = xdg_surface_restore,
	.root = role_root,
};

// ---- Requests ----

static struct popup *topmost_grab(struct popup_tree *tree) {
	struct popup *popup;
	wl_list_for_each_reverse(popup, &tree->popups, stack_link) {
		if (popup->grabbed) {
			return popup;
		}
	}
	return NULL;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct popup *popup = xdg_popup_from_resource(resource);
	bool covered = popup->xdg && !wl_list_empty(&popup->xdg->popups);
	if (popup->grabbed && popup->tree && topmost_grab(popup->tree) != popup) {
		covered = true;
	}
	if (covered) {
		xdg_surface_post_error(popup->xdg, XDG_WM_BASE_ERROR_NOT_THE_TOPMOST_POPUP,
			"popup destroyed while it was not the topmost");
		return;
	}
	wl_resource_destroy(resource);
}

static void handle_grab(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *seat, uint32_t serial) {
	(void)client;
	(void)seat;
	struct popup *popup = xdg_popup_from_resource(resource);
	if (!popup->xdg || popup->dismissed) {
		return;
	}
	if (popup->mapped || popup->xdg->initialized) {
		wl_resource_post_error(
			resource, XDG_POPUP_ERROR_INVALID_GRAB, "grab after the initial commit");
		return;
	}
	struct popup *parent = parent_popup(popup);
	if (!popup->tree || (parent && !parent->grabbed)) {
		xdg_surface_post_error(popup->xdg, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT,
			"the parent of a grabbing popup is neither a window nor a grabbing popup");
		return;
	}
	if (topmost_grab(popup->tree) != (popup->grabbed ? popup : parent)) {
		xdg_surface_post_error(popup->xdg, XDG_WM_BASE_ERROR_NOT_THE_TOPMOST_POPUP,
			"the parent of a grabbing popup is not the topmost one");
		return;
	}
	if (xdg_popup_begin_grab(popup, serial)) {
		popup->grabbed = true;
	} else {
		xdg_popup_dismiss(popup);
	}
}

static void handle_reposition(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *positioner_resource, uint32_t token) {
	(void)client;
	struct popup *popup = xdg_popup_from_resource(resource);
	const struct xdg_positioner_rules *rules = xdg_positioner_from_resource(positioner_resource);
	if (!popup->xdg || popup->dismissed) {
		return;
	}
	if (!xdg_positioner_is_complete(rules)) {
		xdg_surface_post_error(popup->xdg, XDG_WM_BASE_ERROR_INVALID_POSITIONER,
			"positioner without size or anchor rectangle");
		return;
	}
	popup->rules = *rules;
	popup->reposition_owed = true;
	popup->reposition_token = token;
	xdg_popup_reconfigure(popup);
}

static const struct xdg_popup_interface popup_impl = {
	.destroy = handle_destroy,
	.grab = handle_grab,
	.reposition = handle_reposition,
};

// ---- Life ----

void xdg_popup_retire(struct popup *popup, bool surface_gone) {
	struct xdg_surface *xdg = popup->xdg;
	if (!xdg) {
		return;
	}
	struct popup_tree *tree = popup->tree;
	xdg_popup_dismiss_all(xdg);
	if (!surface_gone) {
		surface_unmap(xdg->surface);
	}
	detach(popup);
	xdg->surface->role_object = NULL;
	xdg_surface_reset(xdg);
	xdg->popup = NULL;
	popup->xdg = NULL;
	if (surface_gone) {
		tree_changed(tree);
	}
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct popup *popup = xdg_popup_from_resource(resource);
	xdg_popup_retire(popup, false);
	free(popup);
}

// False if the parent is none: it has no role object, or only the popup itself.
static bool hang_on(struct popup *popup, struct xdg_surface *parent) {
	if (!parent->toplevel && (!parent->popup || parent->popup == popup)) {
		return false;
	}
	struct popup_tree *tree = parent->toplevel ? &parent->toplevel->tree : parent->popup->tree;
	if (tree) {
		popup->parent = parent;
		popup->tree = tree;
		wl_list_insert(parent->popups.prev, &popup->parent_link);
		wl_list_insert(tree->popups.prev, &popup->stack_link);
	} else {
		popup->dismissed = true; // what it should hang on was dismissed a moment ago
		xdg_popup_send_popup_done(popup->resource);
	}
	return true;
}

void xdg_popup_hang_on_root(struct popup *popup, struct popup_tree *tree) {
	popup->tree = tree;
	wl_list_insert(tree->popups.prev, &popup->stack_link);
}

void xdg_popup_create(struct xdg_surface *xdg, uint32_t id, struct xdg_surface *parent,
	const struct xdg_positioner_rules *rules) {
	struct wl_client *client = wl_resource_get_client(xdg->resource);
	struct popup *popup = calloc(1, sizeof(*popup));
	int version = wl_resource_get_version(xdg->resource);
	struct wl_resource *resource =
		popup ? wl_resource_create(client, &xdg_popup_interface, version, id) : NULL;
	if (!resource) {
		free(popup);
		wl_client_post_no_memory(client);
		return;
	}
	popup->resource = resource;
	popup->rules = *rules;
	wl_list_init(&popup->parent_link);
	wl_list_init(&popup->stack_link);
	wl_list_init(&popup->grab_link);
	popup->seat = xdg->surface->server->seat;
	wl_resource_set_implementation(resource, &popup_impl, popup, handle_resource_destroy);
	struct wl_resource *blamed = xdg->wm_base ? xdg->wm_base->resource : xdg->resource;
	if (!surface_set_role(xdg->surface, &xdg_popup_role, popup, blamed, XDG_WM_BASE_ERROR_ROLE)) {
		return;
	}
	popup->xdg = xdg;
	xdg->popup = popup;
	if (parent && !hang_on(popup, parent)) {
		xdg_surface_post_error(xdg, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT,
			"the parent has no role object, or is the popup itself");
	}
}
