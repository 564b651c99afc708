// SPDX-License-Identifier: MIT
// zwp_input_popup_surface_v2: what an input method shows at the cursor of the text field, as long as one
// is in use: below the cursor, or above it where there is no room.
//
// The wl_surface and the popup may go in any order when a client leaves.
#include <stdlib.h>
#include <string.h>

#include "input-method-unstable-v2-server-protocol.h"
#include "wayland/input_method.h"
#include "wayland/xdg.h"
#include "xdg-shell-server-protocol.h"

struct input_popup {
	struct wl_resource *resource;
	struct input_method *method; // NULL: inert
	struct surface *surface;     // NULL: inert
	int32_t width, height;       // when it was placed last
	struct scene_rect told;      // the cursor, relative to the surface
	bool was_told;
	struct wl_list link; // input_method.popups
};

// The window with the text field is laid out anew, and the popups with it.
static void lay_out(struct input_method *method) {
	struct surface *surface = method->server->text.surface;
	if (surface && !surface->dying) {
		surface_tree_changed(surface);
	}
}

void input_popups_update(struct input_method *method) {
	if (wl_list_empty(&method->popups)) {
		return;
	}
	struct input_popup *popup;
	wl_list_for_each(popup, &method->popups, link) {
		if (!method->active) {
			surface_hide_tree(popup->surface);
		}
	}
	lay_out(method);
}

// The cursor of the field in use, px of the output; false if that does not show it.
static bool find_cursor(const struct text_focus *focus, const struct wayland_output *output,
	struct scene_rect *cursor) {
	const struct text_state *state = text_focus_state(focus);
	const struct surface *surface = focus->surface;
	if (!state || !surface || surface->output != output || !surface->layer.output) {
		return false;
	}
	*cursor = state->has_cursor_box ? state->cursor_box
									: (struct scene_rect){0, 0, surface->width, surface->height};
	cursor->x = xdg_clamp_coordinate((int64_t)cursor->x + surface->x);
	cursor->y = xdg_clamp_coordinate((int64_t)cursor->y + surface->y);
	return true;
}

static void tell_cursor(struct input_popup *popup, const struct scene_rect *cursor) {
	if (popup->was_told && memcmp(cursor, &popup->told, sizeof(*cursor)) == 0) {
		return;
	}
	popup->was_told = true;
	popup->told = *cursor;
	zwp_input_popup_surface_v2_send_text_input_rectangle(
		popup->resource, cursor->x, cursor->y, cursor->width, cursor->height);
}

static bool append(struct input_popup *popup, struct wayland_output *output,
	struct scene_rect bounds, struct scene_rect cursor) {
	struct xdg_positioner_rules rules = {
		.width = popup->surface->width,
		.height = popup->surface->height,
		.anchor_rect = cursor,
		.anchor = XDG_POSITIONER_ANCHOR_BOTTOM_LEFT,
		.gravity = XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT,
		.adjustment = XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y |
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X |
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y,
	};
	struct scene_rect place = xdg_positioner_place(&rules, bounds);
	cursor.x -= place.x;
	cursor.y -= place.y;
	tell_cursor(popup, &cursor);
	return surface_append(popup->surface, output, place.x, place.y);
}

bool input_popups_append(
	struct wayland_server *server, struct wayland_output *output, struct scene_rect bounds) {
	struct input_method *method = server->input_method;
	struct scene_rect cursor;
	if (!method || !method->active || !find_cursor(&server->text, output, &cursor)) {
		return true;
	}
	struct input_popup *popup;
	wl_list_for_each(popup, &method->popups, link) {
		popup->width = popup->surface->width;
		popup->height = popup->surface->height;
		if (popup->surface->mapped && !append(popup, output, bounds, cursor)) {
			return false;
		}
	}
	return true;
}

// ---- The role ----

static void detach(struct input_popup *popup) {
	struct input_method *method = popup->method;
	wl_list_remove(&popup->link);
	wl_list_init(&popup->link);
	popup->method = NULL;
	if (popup->surface && !popup->surface->dying) {
		surface_unmap(popup->surface);
	}
	if (method) {
		lay_out(method);
	}
}

static void role_commit(struct surface *surface) {
	struct input_popup *popup = surface->role_object;
	if (popup && popup->method &&
		(popup->width != surface->width || popup->height != surface->height)) {
		popup->width = surface->width;
		popup->height = surface->height;
		lay_out(popup->method);
	}
}

static void role_destroyed(struct surface *surface) {
	struct input_popup *popup = surface->role_object;
	detach(popup);
	popup->surface = NULL;
}

static const struct surface_role popup_role = {
	.name = "zwp_input_popup_surface_v2",
	.commit = role_commit,
	.destroyed = role_destroyed,
};

// ---- Life ----

void input_popups_orphan(struct input_method *method) {
	struct input_popup *popup, *next;
	wl_list_for_each_safe(popup, next, &method->popups, link) {
		detach(popup);
	}
}

static const struct zwp_input_popup_surface_v2_interface popup_impl = {
	.destroy = resource_handle_destroy};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct input_popup *popup = wl_resource_get_user_data(resource);
	detach(popup);
	if (popup->surface) {
		popup->surface->role_object = NULL;
	}
	free(popup);
}

void input_popup_create(struct input_method *method, uint32_t id, struct surface *surface) {
	struct wl_client *client = wl_resource_get_client(method->resource);
	int version = wl_resource_get_version(method->resource);
	struct input_popup *popup = calloc(1, sizeof(*popup));
	struct wl_resource *resource = popup
		? wl_resource_create(client, &zwp_input_popup_surface_v2_interface, version, id)
		: NULL;
	if (!resource) {
		free(popup);
		wl_client_post_no_memory(client);
		return;
	}
	popup->resource = resource;
	wl_list_init(&popup->link);
	wl_resource_set_implementation(resource, &popup_impl, popup, handle_resource_destroy);
	// The protocol names no error of its own for it.
	if (!surface_set_role(surface, &popup_role, popup, method->resource, 0)) {
		return;
	}
	popup->surface = surface;
	if (!method->unavailable) {
		popup->method = method;
		wl_list_insert(method->popups.prev, &popup->link);
	}
}
