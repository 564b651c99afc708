// SPDX-License-Identifier: MIT
// A drag: from a button or finger that is held on a surface to the surface that it is let go over.
//
// While it lasts the button means nobody, or the finger's touch is cancelled for its client: what they do
// is told by wl_data_device alone. There is one drag at a time.
#include <stdlib.h>

#include "wayland/data_device.h"
#include "wayland/seat_internal.h"
#include "wayland/xdg.h"

enum { XKB_OFFSET = 8 };

struct drag {
	struct seat *seat;
	struct seat_filter filter;
	struct wl_client *client; // who began it
	struct wl_listener client_destroy;
	struct data_source *source; // NULL: the client tells nobody but itself what it drags
	bool touch;
	int32_t touch_id;
	struct seat_place place;
	struct seat_surface focus;
	wl_fixed_t x, y; // as the focus heard last
	struct seat_surface icon;
	int32_t icon_x, icon_y; // of its upper left corner, relative to the place
};

static void tell_icon(struct seat *seat) {
	struct wayland_server *server = seat->server;
	if (server->policy->drag_icon_changed) {
		server->policy->drag_icon_changed(server->data);
	}
}

// ---- Focus ----

#define FOR_EACH_DEVICE(drag, device, owner) \
	wl_resource_for_each(device, &(drag)->seat->clipboard.devices) \
		if (wl_resource_get_client(device) == (owner))

static struct wl_client *focus_client(const struct drag *drag) {
	return drag->focus.surface ? surface_client(drag->focus.surface) : NULL;
}

static bool is_gone(struct wl_client *client) {
	return client_account(client)->gone;
}

static void send_leave(struct drag *drag) {
	struct wl_client *client = focus_client(drag);
	struct wl_resource *device;
	if (!client || is_gone(client)) {
		return;
	}
	FOR_EACH_DEVICE(drag, device, client) {
		wl_data_device_send_leave(device);
	}
}

static void send_enter(struct drag *drag) {
	struct wl_client *client = focus_client(drag);
	struct wl_resource *device;
	uint32_t serial = seat_issue_serial(drag->seat, client, SEAT_SERIAL_OTHER);
	FOR_EACH_DEVICE(drag, device, client) {
		struct wl_resource *offer = NULL;
		if (drag->source) {
			offer = data_offer_create(device, &drag->source->base);
			if (!offer) {
				return;
			}
		}
		wl_data_device_send_enter(
			device, serial, drag->focus.surface->resource, drag->x, drag->y, offer);
	}
}

static void handle_focus_gone(struct wl_listener *listener, void *data);

static void set_focus(struct drag *drag, struct surface *surface) {
	if (drag->focus.surface) {
		send_leave(drag);
		if (drag->source && drag->source->phase == DATA_DRAGGED) {
			data_source_reset(drag->source);
		}
	}
	seat_surface_set(drag->seat, &drag->focus, surface, handle_focus_gone);
	if (surface) {
		send_enter(drag);
	}
}

static void handle_focus_gone(struct wl_listener *listener, void *data) {
	(void)data;
	struct drag *drag = wl_container_of(listener, drag, focus.destroy);
	set_focus(drag, NULL);
}

// The surface at the drag's place is the focus, and hears where it is.
static void follow(struct drag *drag, uint64_t time_us) {
	double x = 0, y = 0;
	struct surface *surface = seat_pick(drag->seat, &drag->place, &x, &y);
	// What has no source means nothing to others.
	if (surface && !drag->source && surface_client(surface) != drag->client) {
		surface = NULL;
	}
	wl_fixed_t fixed_x = wl_fixed_from_double(x), fixed_y = wl_fixed_from_double(y);
	bool moved = fixed_x != drag->x || fixed_y != drag->y;
	drag->x = fixed_x;
	drag->y = fixed_y;
	if (surface != drag->focus.surface) {
		set_focus(drag, surface);
	} else if (surface && moved) {
		struct wl_resource *device;
		FOR_EACH_DEVICE(drag, device, surface_client(surface)) {
			wl_data_device_send_motion(device, seat_time_ms(time_us), fixed_x, fixed_y);
		}
	}
}

static void move(struct drag *drag, const struct seat_place *place, uint64_t time_us) {
	drag->place = *place;
	follow(drag, time_us);
	if (drag->icon.surface) {
		tell_icon(drag->seat);
	}
}

// ---- The end ----

static void drag_destroy(struct drag *drag) {
	struct seat *seat = drag->seat;
	set_focus(drag, NULL);
	seat->drag = NULL;
	seat_remove_filter(&drag->filter);
	wl_list_remove(&drag->client_destroy.link);
	if (drag->source) {
		drag->source->drag = NULL;
	}
	struct surface *icon = drag->icon.surface;
	seat_surface_set(seat, &drag->icon, NULL, NULL);
	if (icon) {
		surface_unmap(icon);
		tell_icon(seat);
	}
	free(drag);
}

static void cancel(struct drag *drag) {
	set_focus(drag, NULL);
	if (drag->source) {
		data_source_cancel(drag->source);
	}
	drag_destroy(drag);
}

static bool is_agreed(const struct data_source *source) {
	return source->action != DATA_NO_ACTION && (source->lenient || source->accepted);
}

static void drop(struct drag *drag, uint64_t time_us) {
	struct data_source *source = drag->source;
	follow(drag, time_us); // what is shown may have changed since the last motion
	struct wl_client *client = focus_client(drag);
	if (!client || (source && !is_agreed(source))) {
		cancel(drag);
		return;
	}
	struct wl_resource *device;
	FOR_EACH_DEVICE(drag, device, client) {
		wl_data_device_send_drop(device);
	}
	if (source) {
		source->phase = DATA_DROPPED;
		source->asked = source->action == WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK;
		if (wl_resource_get_version(source->base.resource) >=
			WL_DATA_SOURCE_DND_DROP_PERFORMED_SINCE_VERSION) {
			wl_data_source_send_dnd_drop_performed(source->base.resource);
		}
	}
	drag_destroy(drag);
}

void drag_source_gone(struct drag *drag) {
	selection_source_withdraw(&drag->source->base);
	drag->source->phase = DATA_DONE;
	drag_destroy(drag);
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct drag *drag = wl_container_of(listener, drag, client_destroy);
	cancel(drag);
}

void seat_drag_output_removed(struct seat *seat, struct wayland_output *output) {
	if (seat->drag && seat->drag->place.output == output) {
		cancel(seat->drag);
	}
}

// ---- What the seat tells ----

static struct drag *drag_of(struct seat_filter *filter) {
	struct drag *drag;
	return wl_container_of(filter, drag, filter);
}

static bool handle_key(struct seat_filter *filter, const struct seat_key *key) {
	struct xkb_state *state = seat_xkb_state(filter->seat);
	if (!key->pressed || !state ||
		xkb_state_key_get_one_sym(state, key->key + XKB_OFFSET) != XKB_KEY_Escape) {
		return false;
	}
	cancel(drag_of(filter));
	return true;
}

static bool handle_motion(struct seat_filter *filter, struct seat_motion *motion) {
	struct drag *drag = drag_of(filter);
	if (!drag->touch && motion->to.output) {
		move(drag, &motion->to, motion->time_us);
	}
	return false; // the cursor goes with it
}

static bool handle_button(struct seat_filter *filter, const struct seat_button *button) {
	struct drag *drag = drag_of(filter);
	if (!drag->touch && seat_buttons_down(drag->seat) == 0) {
		drop(drag, button->time_us);
		return true;
	}
	return !drag->touch;
}

static bool handle_axis(struct seat_filter *filter, const struct seat_axis *axis) {
	(void)axis;
	return !drag_of(filter)->touch;
}

static bool is_dragged(struct seat_filter *filter, int32_t id) {
	const struct drag *drag = drag_of(filter);
	return drag->touch && drag->touch_id == id;
}

static bool handle_touch_motion(struct seat_filter *filter, const struct seat_touch *touch) {
	if (!is_dragged(filter, touch->id)) {
		return false;
	}
	move(drag_of(filter), &touch->at, touch->time_us);
	return true;
}

static bool handle_touch_up(struct seat_filter *filter, const struct seat_touch *touch) {
	if (!is_dragged(filter, touch->id)) {
		return false;
	}
	drop(drag_of(filter), touch->time_us);
	return true;
}

static void handle_touch_cancel(struct seat_filter *filter, int32_t id) {
	if (is_dragged(filter, id)) {
		cancel(drag_of(filter));
	}
}

static const struct seat_filter_ops drag_ops = {
	.key = handle_key,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.touch_motion = handle_touch_motion,
	.touch_up = handle_touch_up,
	.touch_cancel = handle_touch_cancel,
};

// ---- The icon ----

static void handle_icon_commit(struct surface *surface) {
	struct drag *drag = surface->server->seat->drag;
	if (!drag || drag->icon.surface != surface) {
		return;
	}
	drag->icon_x = xdg_clamp_coordinate((int64_t)drag->icon_x + surface->current.dx);
	drag->icon_y = xdg_clamp_coordinate((int64_t)drag->icon_y + surface->current.dy);
	surface->current.dx = 0;
	surface->current.dy = 0;
	tell_icon(drag->seat);
}

const struct surface_role drag_icon_role = {
	.name = "drag icon",
	.no_object = true,
	.commit = handle_icon_commit,
};

static void handle_icon_gone(struct wl_listener *listener, void *data) {
	(void)data;
	struct drag *drag = wl_container_of(listener, drag, icon.destroy);
	seat_surface_set(drag->seat, &drag->icon, NULL, NULL);
	tell_icon(drag->seat);
}

struct seat_icon seat_drag_icon(struct seat *seat) {
	const struct drag *drag = seat->drag;
	if (!drag || !drag->icon.surface || !drag->place.output) {
		return (struct seat_icon){0};
	}
	struct seat_icon icon = {.surface = drag->icon.surface, .at = drag->place};
	icon.at.x += drag->icon_x;
	icon.at.y += drag->icon_y;
	return icon;
}

// ---- The beginning ----

// Where the button or touch with that serial is held on the surface.
static bool find_grab(struct drag *drag, const struct surface *origin, uint32_t serial) {
	struct seat *seat = drag->seat;
	drag->touch = seat_touch_of_serial(seat, serial, &drag->touch_id);
	if (drag->touch) {
		drag->place = seat_touch_place(seat, drag->touch_id);
		return seat_touch_grab(seat, drag->touch_id) == origin;
	}
	drag->place = seat_pointer_place(seat);
	return seat_pointer_grab(seat) == origin && seat_button_has_serial(seat, serial);
}

bool drag_start(struct seat *seat, struct wl_resource *device, struct data_source *source,
	struct surface *origin, struct surface *icon, uint32_t serial) {
	struct drag *drag = seat->drag ? NULL : calloc(1, sizeof(*drag));
	if (!drag) {
		return false;
	}
	drag->seat = seat;
	drag->client = wl_resource_get_client(device);
	if (!find_grab(drag, origin, serial)) {
		free(drag);
		return false;
	}
	seat->drag = drag;
	drag->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(drag->client, &drag->client_destroy);
	seat_surface_init(&drag->focus);
	seat_surface_init(&drag->icon);
	drag->source = source;
	if (source) {
		source->phase = DATA_DRAGGED;
		source->drag = drag;
	}
	if (icon) {
		seat_surface_set(seat, &drag->icon, icon, handle_icon_gone);
		icon->current.dx = icon->current.dy = 0; // they are of before
		icon->mapped = icon->current.buffer != NULL;
	}
	if (drag->touch) {
		seat_touch_take(seat, drag->touch_id);
	} else {
		seat_pointer_take(seat);
	}
	seat_add_filter(seat, &drag->filter, &drag_ops, SEAT_FILTER_DRAG);
	follow(drag, seat_now_us());
	if (icon) {
		tell_icon(seat);
	}
	return true;
}
