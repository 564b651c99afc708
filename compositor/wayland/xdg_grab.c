// SPDX-License-Identifier: MIT
// Popup grabs (xdg_popup.grab): while a menu is open its client alone hears of pointer and touch, on any
// of its surfaces, and the topmost grabbing popup has the keyboard. A press anywhere else closes all
// of them, and does nothing more.
#include "wayland/seat_internal.h"
#include "wayland/xdg.h"

static struct popup *topmost(struct seat *seat) {
	if (wl_list_empty(&seat->popup_grabs)) {
		return NULL;
	}
	struct popup *popup = wl_container_of(seat->popup_grabs.prev, popup, grab_link);
	return popup;
}

static struct popup *lowest(struct seat *seat) {
	struct popup *popup = wl_container_of(seat->popup_grabs.next, popup, grab_link);
	return popup;
}

static struct wl_client *grab_client(struct seat *seat) {
	return wl_resource_get_client(topmost(seat)->resource);
}

static void dismiss_all(struct seat *seat) {
	while (!wl_list_empty(&seat->popup_grabs)) {
		xdg_popup_dismiss(lowest(seat));
	}
}

// An on-screen keyboard types for whoever has the grab.
static bool is_foreign(struct seat *seat, struct surface *surface) {
	struct surface *root = surface_root(surface);
	const struct layer_surface *layer = root ? layer_surface_from_surface(root) : NULL;
	bool types = layer && layer_surface_state(layer)->keyboard == LAYER_KEYBOARD_NONE;
	return !types && surface_client(surface) != grab_client(seat);
}

static bool is_outside(struct seat *seat, const struct seat_place *place) {
	double x, y;
	struct surface *surface = seat_pick(seat, place, &x, &y);
	return !surface || is_foreign(seat, surface);
}

static bool handle_button(struct seat_filter *filter, const struct seat_button *button) {
	struct seat *seat = filter->seat;
	struct seat_place place = seat_pointer_place(seat);
	if (!button->pressed || seat_buttons_down(seat) > 1 || !is_outside(seat, &place)) {
		return false;
	}
	dismiss_all(seat);
	return true;
}

static bool handle_touch_down(struct seat_filter *filter, const struct seat_touch *touch) {
	struct seat *seat = filter->seat;
	if (!is_outside(seat, &touch->at)) {
		return false;
	}
	dismiss_all(seat);
	return true;
}

static void handle_pick(struct seat_filter *filter, struct surface **surface) {
	if (*surface && is_foreign(filter->seat, *surface)) {
		*surface = NULL;
	}
}

static const struct seat_filter_ops popup_ops = {
	.button = handle_button,
	.touch_down = handle_touch_down,
	.pick = handle_pick,
};

// The topmost of them that is shown has the keyboard.
static void update(struct seat *seat) {
	struct surface *surface = NULL;
	struct popup *popup;
	wl_list_for_each_reverse(popup, &seat->popup_grabs, grab_link) {
		if (popup->mapped && !surface) {
			surface = popup->xdg->surface;
		}
	}
	seat_keyboard_override(seat, surface);
	if (wl_list_empty(&seat->popup_grabs)) {
		seat_remove_filter(&seat->popup_filter);
	} else if (!seat->popup_filter.seat) {
		seat_add_filter(seat, &seat->popup_filter, &popup_ops, SEAT_FILTER_POPUP);
	}
	seat_scene_changed(seat);
}

bool xdg_popup_begin_grab(struct popup *popup, uint32_t serial) {
	struct seat *seat = popup->xdg->surface->server->seat;
	struct wl_client *client = wl_resource_get_client(popup->resource);
	// GTK 4 opens menus when the finger is up again, and then names what it heard last of a key or a
	// button: the release, or one that is long forgotten, or 0 where there is only a touch screen.
	if (!seat_has_serial(seat, client, serial, SEAT_SERIAL_PRESS | SEAT_SERIAL_RELEASE) &&
		!seat_acted_last(seat, client)) {
		return false;
	}
	struct popup *other = topmost(seat);
	if (other && other->tree != popup->tree) {
		dismiss_all(seat);
	}
	// A button that is still down goes on in the menu, as owner of all of its client's surfaces.
	struct surface *held = seat_pointer_grab(seat);
	if (held && surface_client(held) == client) {
		seat_pointer_share_grab(seat);
	}
	if (wl_list_empty(&popup->grab_link)) {
		wl_list_insert(seat->popup_grabs.prev, &popup->grab_link);
	}
	update(seat);
	return true;
}

void xdg_popup_end_grab(struct popup *popup) {
	if (!wl_list_empty(&popup->grab_link)) {
		wl_list_remove(&popup->grab_link);
		wl_list_init(&popup->grab_link);
		update(popup->seat);
	}
}

void xdg_popup_grab_mapped(struct popup *popup) {
	if (!wl_list_empty(&popup->grab_link)) {
		update(popup->seat);
	}
}

void seat_popup_check(struct seat *seat) {
	struct popup *popup = topmost(seat);
	const struct surface *wanted = seat->keyboard.wanted.surface;
	// Of a layer surface that takes no keyboard they go on.
	if (popup && popup->tree && popup->tree->toplevel && popup->tree->surface &&
		popup->tree->surface != wanted) {
		dismiss_all(seat);
	}
}

void seat_popup_init(struct seat *seat) {
	wl_list_init(&seat->popup_grabs);
}
