// SPDX-License-Identifier: MIT
// wl_pointer: focus, the implicit grab, motion, buttons, axes.
//
// While a button is down that the focus heard of, the pointer stays with it wherever it goes (the
// implicit grab); while one is down that nobody heard of, it stays with nobody.
#include <stdlib.h>

#include "wayland/seat_internal.h"

enum { NOTCH = 120 }; // of wl_pointer.axis_value120

// ---- Frames ----

static void send_frame(struct seat *seat) {
	struct seat_pointer *pointer = &seat->pointer;
	struct seat_client *client = pointer->focus.client;
	pointer->source_sent = false;
	if (!pointer->frame_owed || !client) {
		return;
	}
	pointer->frame_owed = false;
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->pointers) {
		if (wl_resource_get_version(resource) >= WL_POINTER_FRAME_SINCE_VERSION) {
			wl_pointer_send_frame(resource);
		}
	}
}

void seat_notify_pointer_frame(struct seat *seat) {
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->pointer_frame && filter->ops->pointer_frame(filter);
	}
	send_frame(seat);
}

// ---- Focus ----

static void send_leave(struct seat *seat) {
	struct seat_surface *focus = &seat->pointer.focus;
	if (!focus->client || focus->surface->dying || wl_list_empty(&focus->client->pointers)) {
		return;
	}
	uint32_t serial = seat_client_serial(focus->client, SEAT_SERIAL_OTHER);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &focus->client->pointers) {
		wl_pointer_send_leave(resource, serial, focus->surface->resource);
	}
	seat->pointer.frame_owed = true;
	send_frame(seat);
}

static void send_enter_to(struct seat *seat, struct wl_resource *resource) {
	struct seat_pointer *pointer = &seat->pointer;
	wl_pointer_send_enter(
		resource, pointer->enter_serial, pointer->focus.surface->resource, pointer->x, pointer->y);
	pointer->frame_owed = true;
}

static void send_enter(struct seat *seat) {
	struct seat_pointer *pointer = &seat->pointer;
	struct seat_client *client = pointer->focus.client;
	if (!client || wl_list_empty(&client->pointers)) {
		return;
	}
	pointer->enter_serial = seat_client_serial(client, SEAT_SERIAL_ENTER);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->pointers) {
		send_enter_to(seat, resource);
	}
	send_frame(seat);
}

void seat_pointer_greet(
	struct seat *seat, struct seat_client *client, struct wl_resource *resource) {
	struct seat_pointer *pointer = &seat->pointer;
	if (pointer->focus.client == client) {
		pointer->enter_serial = seat_client_serial(client, SEAT_SERIAL_ENTER);
		send_enter_to(seat, resource);
		send_frame(seat);
	}
}

static void handle_focus_gone(struct wl_listener *listener, void *data);

static struct wl_client *client_of(const struct surface *surface) {
	return surface ? surface_client(surface) : NULL;
}

static void set_focus(struct seat *seat, struct surface *surface, double x, double y) {
	struct seat_pointer *pointer = &seat->pointer;
	struct wl_client *before = client_of(pointer->focus.surface);
	seat_gesture_cancel(seat);
	send_leave(seat);
	seat_surface_set(seat, &pointer->focus, surface, handle_focus_gone);
	pointer->x = wl_fixed_from_double(x);
	pointer->y = wl_fixed_from_double(y);
	pointer->frame_owed = false;
	for (unsigned i = 0; i < SEAT_N_AXES; i++) {
		pointer->v120[i] = 0;
	}
	seat_cursor_focus(seat, before, client_of(surface));
	if (surface) {
		send_enter(seat);
	}
	seat_constraint_update(seat);
}

static void handle_focus_gone(struct wl_listener *listener, void *data) {
	(void)data;
	struct seat *seat = wl_container_of(listener, seat, pointer.focus.destroy);
	struct seat_pointer *pointer = &seat->pointer;
	// The client knows that its surface is gone: nothing is left to be told of it.
	struct wl_client *before = client_of(pointer->focus.surface);
	seat_gesture_cancel(seat);
	seat_surface_set(seat, &pointer->focus, NULL, NULL);
	for (unsigned i = 0; i < pointer->n_buttons; i++) {
		pointer->buttons[i].sent = false;
	}
	seat_cursor_focus(seat, before, NULL);
	seat_constraint_update(seat);
	seat_scene_changed(seat); // what is below gets the pointer once the surface is off the output
}

static bool is_shown(const struct surface *surface) {
	return surface->layer.output && surface->layer.buffer;
}

// Sends motion to the focus if it is elsewhere on it than the client knows. Unless it has to be told
// now, a client that is behind is told later.
static void update_position(struct seat *seat, double x, double y, uint64_t time_us, bool now) {
	struct seat_pointer *pointer = &seat->pointer;
	wl_fixed_t fixed_x = wl_fixed_from_double(x), fixed_y = wl_fixed_from_double(y);
	struct seat_client *client = pointer->focus.client;
	if ((fixed_x == pointer->x && fixed_y == pointer->y) ||
		(!now && client && seat_client_is_behind(client))) {
		return;
	}
	pointer->x = fixed_x;
	pointer->y = fixed_y;
	if (!client) {
		return;
	}
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->pointers) {
		wl_pointer_send_motion(resource, seat_time_ms(time_us), fixed_x, fixed_y);
		pointer->frame_owed = true;
	}
}

// The focus follows the place unless it is held; then only the place on it does.
static void follow(struct seat *seat, uint64_t time_us) {
	struct seat_pointer *pointer = &seat->pointer;
	if (!pointer->active) {
		return;
	}
	double x = 0, y = 0;
	struct surface *focus = pointer->focus.surface;
	if (focus && !is_shown(focus)) {
		seat_pointer_end_grab(seat);
	}
	if (pointer->n_buttons > 0 && !pointer->shared) {
		focus = pointer->focus.surface;
		if (focus && seat_place_on(&pointer->place, focus, &x, &y)) {
			update_position(seat, x, y, time_us, false);
			seat_constraint_update(seat);
		}
		return;
	}
	struct surface *surface = seat_pick_filtered(seat, &pointer->place, &x, &y);
	if (surface != pointer->focus.surface) {
		set_focus(seat, surface, x, y);
	} else if (surface) {
		update_position(seat, x, y, time_us, false);
		seat_constraint_update(seat);
	}
}

// Before what happens at a place the client knows that place.
static void tell_place(struct seat *seat, uint64_t time_us) {
	struct seat_pointer *pointer = &seat->pointer;
	double x, y;
	if (pointer->focus.surface && seat_place_on(&pointer->place, pointer->focus.surface, &x, &y)) {
		update_position(seat, x, y, time_us, true);
	}
}

void seat_pointer_refocus(struct seat *seat) {
	follow(seat, seat_now_us());
	send_frame(seat);
}

struct seat_place seat_pointer_place(struct seat *seat) {
	return seat->pointer.place;
}

// ---- Motion ----

// Before anything moved it, and when its output is gone, it is in the middle of the first output.
static void find_place(struct seat *seat) {
	struct seat_place *place = &seat->pointer.place;
	if (place->output || wl_list_empty(&seat->server->outputs)) {
		return;
	}
	struct wayland_output *output = wl_container_of(seat->server->outputs.next, output, link);
	int32_t width, height;
	wayland_output_logical_size(output, &width, &height);
	*place = (struct seat_place){output, width / 2.0, height / 2.0};
}

void seat_notify_motion(struct seat *seat, struct seat_motion *motion) {
	struct seat_pointer *pointer = &seat->pointer;
	find_place(seat);
	if (motion->relative) {
		motion->to = pointer->place;
		seat_place_move(seat, &motion->to, motion->dx, motion->dy);
	} else {
		seat_place_clamp(&motion->to);
	}
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->motion && filter->ops->motion(filter, motion);
	}
	if (taken || !motion->to.output) {
		return;
	}
	pointer->active = true;
	pointer->place = motion->to;
	follow(seat, motion->time_us);
	seat_cursor_moved(seat);
}

// ---- Buttons ----

static struct seat_held_button *find_button(struct seat_pointer *pointer, uint32_t button) {
	for (unsigned i = 0; i < pointer->n_buttons; i++) {
		if (pointer->buttons[i].button == button) {
			return &pointer->buttons[i];
		}
	}
	return NULL;
}

// The entry of the button if this is the first device to press it, or the last to release it.
static struct seat_held_button *hold(
	struct seat_pointer *pointer, const struct seat_button *button) {
	struct seat_held_button *held = find_button(pointer, button->button);
	if (!button->pressed) {
		return held && --held->devices == 0 ? held : NULL;
	}
	if (held) {
		held->devices++;
		return NULL;
	}
	if (pointer->n_buttons == SEAT_MAX_BUTTONS) {
		return NULL;
	}
	held = &pointer->buttons[pointer->n_buttons++];
	*held = (struct seat_held_button){.button = button->button, .devices = 1};
	return held;
}

// Returns its serial; 0: nobody was told.
static uint32_t send_button(struct seat *seat, const struct seat_button *button) {
	struct seat_pointer *pointer = &seat->pointer;
	struct seat_client *client = pointer->focus.client;
	if (!client || wl_list_empty(&client->pointers)) {
		return 0;
	}
	tell_place(seat, button->time_us);
	uint32_t serial =
		seat_client_serial(client, button->pressed ? SEAT_SERIAL_PRESS : SEAT_SERIAL_RELEASE);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->pointers) {
		wl_pointer_send_button(resource, serial, seat_time_ms(button->time_us), button->button,
			button->pressed ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
	}
	pointer->frame_owed = true;
	return serial;
}

static void press(struct seat *seat, const struct seat_button *button, bool taken) {
	struct seat_pointer *pointer = &seat->pointer;
	if (taken) {
		return;
	}
	seat_tell_pressed(seat, pointer->focus.surface);
	struct seat_held_button *held = find_button(pointer, button->button);
	if (held && pointer->focus.surface) {
		held->sent = true;
		held->serial = send_button(seat, button);
	}
}

void seat_notify_button(struct seat *seat, const struct seat_button *button) {
	struct seat_pointer *pointer = &seat->pointer;
	find_place(seat);
	if (button->pressed && pointer->n_buttons == 0) {
		pointer->active = true;
		follow(seat, button->time_us); // what is shown may have changed since the last motion
	}
	struct seat_held_button *held = hold(pointer, button);
	if (!held) {
		return;
	}
	bool sent = held->sent;
	pointer->shared = pointer->shared && pointer->n_buttons > !button->pressed;
	if (!button->pressed) {
		*held = pointer->buttons[--pointer->n_buttons];
	}
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->button && filter->ops->button(filter, button);
	}
	if (button->pressed) {
		press(seat, button, taken);
	} else {
		if (sent) {
			send_button(seat, button); // who heard the press hears the release
		}
		if (pointer->n_buttons == 0) {
			send_frame(seat);
			follow(seat, button->time_us);
		}
	}
	seat_cursor_moved(seat);
}

void seat_pointer_share_grab(struct seat *seat) {
	seat->pointer.shared = true;
}

void seat_pointer_end_grab(struct seat *seat) {
	struct seat_pointer *pointer = &seat->pointer;
	pointer->n_buttons = 0; // their releases are heard by nobody
	if (pointer->focus.surface) {
		set_focus(seat, NULL, 0, 0);
	}
}

void seat_pointer_take(struct seat *seat) {
	struct seat_pointer *pointer = &seat->pointer;
	for (unsigned i = 0; i < pointer->n_buttons; i++) {
		pointer->buttons[i].sent = false;
	}
	pointer->shared = false;
	if (pointer->focus.surface) {
		set_focus(seat, NULL, 0, 0);
	}
}

bool seat_button_has_serial(struct seat *seat, uint32_t serial) {
	const struct seat_pointer *pointer = &seat->pointer;
	for (unsigned i = 0; i < pointer->n_buttons; i++) {
		if (pointer->buttons[i].sent && pointer->buttons[i].serial == serial) {
			return true;
		}
	}
	return false;
}

unsigned seat_buttons_down(struct seat *seat) {
	return seat->pointer.n_buttons;
}

struct surface *seat_pointer_grab(struct seat *seat) {
	return seat->pointer.n_buttons > 0 ? seat->pointer.focus.surface : NULL;
}

void seat_pointer_wake(struct seat *seat, uint64_t time_us) {
	find_place(seat);
	seat->pointer.active = true;
	if (seat->pointer.n_buttons == 0) {
		follow(seat, time_us); // what is shown may have changed since the last motion
	}
}

void seat_pointer_warp(struct seat *seat, const struct seat_place *place) {
	seat->pointer.place = *place;
	seat_pointer_refocus(seat);
	seat_cursor_moved(seat);
}

// ---- Axes ----

static void send_axis_to(
	struct wl_resource *resource, const struct seat_axis *axis, bool with_source, int32_t notches) {
	int version = wl_resource_get_version(resource);
	bool tilt = axis->source == WL_POINTER_AXIS_SOURCE_WHEEL_TILT;
	if (with_source &&
		version >= (tilt ? WL_POINTER_AXIS_SOURCE_WHEEL_TILT_SINCE_VERSION
						 : WL_POINTER_AXIS_SOURCE_SINCE_VERSION)) {
		wl_pointer_send_axis_source(resource, axis->source);
	}
	if (version >= WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION) {
		wl_pointer_send_axis_relative_direction(resource, axis->axis,
			axis->inverted ? WL_POINTER_AXIS_RELATIVE_DIRECTION_INVERTED
						   : WL_POINTER_AXIS_RELATIVE_DIRECTION_IDENTICAL);
	}
	if (axis->v120 != 0 && version >= WL_POINTER_AXIS_VALUE120_SINCE_VERSION) {
		wl_pointer_send_axis_value120(resource, axis->axis, axis->v120);
	} else if (notches != 0 && version >= WL_POINTER_AXIS_DISCRETE_SINCE_VERSION &&
		version < WL_POINTER_AXIS_VALUE120_SINCE_VERSION) {
		wl_pointer_send_axis_discrete(resource, axis->axis, notches);
	}
	if (axis->value != 0 || axis->v120 != 0) {
		wl_pointer_send_axis(
			resource, seat_time_ms(axis->time_us), axis->axis, wl_fixed_from_double(axis->value));
	} else if (version >= WL_POINTER_AXIS_STOP_SINCE_VERSION) {
		wl_pointer_send_axis_stop(resource, seat_time_ms(axis->time_us), axis->axis);
	}
}

void seat_notify_axis(struct seat *seat, const struct seat_axis *axis) {
	struct seat_pointer *pointer = &seat->pointer;
	seat_pointer_wake(seat, axis->time_us);
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->axis && filter->ops->axis(filter, axis);
	}
	struct seat_client *client = pointer->focus.client;
	if (taken || !client) {
		return;
	}
	tell_place(seat, axis->time_us);
	int32_t *part = &pointer->v120[axis->axis];
	*part += axis->v120;
	int32_t notches = *part / NOTCH;
	*part -= notches * NOTCH;
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->pointers) {
		send_axis_to(resource, axis, !pointer->source_sent, notches);
		pointer->frame_owed = true;
	}
	pointer->source_sent = true;
}

// ---- Life ----

void seat_pointer_lose(struct seat *seat) {
	struct seat_pointer *pointer = &seat->pointer;
	while (pointer->n_buttons > 0) {
		struct seat_held_button *held = &pointer->buttons[0];
		held->devices = 1;
		seat_notify_button(seat, &(struct seat_button){seat_now_us(), held->button, false});
		send_frame(seat);
	}
	if (pointer->focus.surface) {
		set_focus(seat, NULL, 0, 0);
	}
	pointer->active = false;
	seat_cursor_hide(seat);
}

void seat_pointer_output_removed(struct seat *seat, struct wayland_output *output) {
	struct seat_pointer *pointer = &seat->pointer;
	if (pointer->place.output == output) {
		seat_pointer_end_grab(seat);
		pointer->place = (struct seat_place){0};
		seat_cursor_hide(seat); // until it is moved
		seat_scene_changed(seat);
	}
}

void seat_pointer_init(struct seat *seat) {
	seat_surface_init(&seat->pointer.focus);
}

void seat_pointer_finish(struct seat *seat) {
	seat_surface_set(seat, &seat->pointer.focus, NULL, NULL);
}
