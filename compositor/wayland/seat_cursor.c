// SPDX-License-Identifier: MIT
// The cursor: what it looks like (wl_pointer.set_cursor), and whether it is to be seen. kiosk/ shows it.
//
// It is not there until a pointer moves, goes with a touch or when it has not moved for a while, and
// comes back with the next motion. A surface that serves as cursor has no place of its own in any
// output; its commits are told to policy.
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wayland/seat_internal.h"
#include "wayland/xdg.h"

static void tell_changed(struct seat *seat) {
	struct wayland_server *server = seat->server;
	if (server->policy->cursor_changed) {
		server->policy->cursor_changed(server->data);
	}
}

static void tell_moved(struct seat *seat) {
	struct wayland_server *server = seat->server;
	if (server->policy->cursor_moved) {
		server->policy->cursor_moved(server->data);
	}
}

// ---- Shown and hidden ----

static void arm(struct seat_cursor_state *cursor, int64_t ms) {
	wl_event_source_timer_update(cursor->timer, (int)(ms > 0 ? ms : 1));
	cursor->armed = true;
}

static int handle_timer(void *data) {
	struct seat *seat = data;
	struct seat_cursor_state *cursor = &seat->cursor;
	cursor->armed = false;
	if (!cursor->shown || cursor->hide_after_ms == 0) {
		return 0;
	}
	int64_t left = cursor->moved_ms + cursor->hide_after_ms - clock_now_ms();
	if (left > 0) {
		arm(cursor, left);
	} else if (seat->pointer.n_buttons > 0) {
		arm(cursor, cursor->hide_after_ms);
	} else {
		seat_cursor_hide(seat);
	}
	return 0;
}

void seat_set_cursor_timeout(struct seat *seat, int ms) {
	seat->cursor.hide_after_ms = ms;
	if (ms > 0 && seat->cursor.shown) {
		arm(&seat->cursor, ms);
	}
}

void seat_cursor_moved(struct seat *seat) {
	struct seat_cursor_state *cursor = &seat->cursor;
	cursor->moved_ms = clock_now_ms();
	if (cursor->hide_after_ms > 0 && !cursor->armed) {
		arm(cursor, cursor->hide_after_ms);
	}
	if (!cursor->shown) {
		cursor->shown = true;
		tell_changed(seat);
	} else {
		tell_moved(seat);
	}
}

void seat_cursor_hide(struct seat *seat) {
	if (seat->cursor.shown) {
		seat->cursor.shown = false;
		tell_changed(seat);
	}
}

struct seat_cursor seat_cursor(struct seat *seat) {
	const struct seat_cursor_state *cursor = &seat->cursor;
	bool shown = cursor->shown && seat->pointer.place.output;
	return (struct seat_cursor){
		.kind = shown ? cursor->kind : SEAT_CURSOR_HIDDEN,
		.shape = cursor->shape,
		.surface = cursor->surface.surface,
		.hotspot_x = cursor->hotspot_x,
		.hotspot_y = cursor->hotspot_y,
		.at = seat->pointer.place,
	};
}

// ---- What it looks like ----

static void handle_surface_gone(struct wl_listener *listener, void *data) {
	(void)data;
	struct seat *seat = wl_container_of(listener, seat, cursor.surface.destroy);
	struct seat_cursor_state *cursor = &seat->cursor;
	seat_surface_set(seat, &cursor->surface, NULL, NULL);
	cursor->kind = SEAT_CURSOR_HIDDEN;
	tell_changed(seat);
}

static void set(struct seat *seat, enum seat_cursor_kind kind, struct surface *surface) {
	struct seat_cursor_state *cursor = &seat->cursor;
	if (surface != cursor->surface.surface) {
		struct surface *before = cursor->surface.surface;
		seat_surface_set(seat, &cursor->surface, surface, handle_surface_gone);
		if (before) {
			surface_hide_tree(before);
		}
	}
	cursor->kind = kind;
	tell_changed(seat);
}

static void handle_commit(struct surface *surface) {
	struct seat *seat = surface->server->seat;
	struct seat_cursor_state *cursor = &seat->cursor;
	if (cursor->surface.surface != surface) {
		return;
	}
	// An offset moves the contents, and the pointer stays where it is.
	cursor->hotspot_x = xdg_clamp_coordinate((int64_t)cursor->hotspot_x - surface->current.dx);
	cursor->hotspot_y = xdg_clamp_coordinate((int64_t)cursor->hotspot_y - surface->current.dy);
	surface->current.dx = 0;
	surface->current.dy = 0;
	tell_changed(seat);
}

const struct surface_role seat_cursor_role = {
	.name = "cursor",
	.no_object = true,
	.commit = handle_commit,
};

bool seat_may_set_cursor(struct seat *seat, struct wl_client *client, uint32_t serial) {
	const struct seat_pointer *pointer = &seat->pointer;
	// Some programs name the serial of a later button: as good as that of the enter.
	return pointer->focus.surface && surface_client(pointer->focus.surface) == client &&
		(int32_t)(serial - pointer->enter_serial) >= 0 &&
		seat_has_serial(seat, client, serial, SEAT_SERIAL_ANY);
}

void seat_cursor_set(struct seat *seat, struct wl_client *client, struct wl_resource *resource,
	uint32_t serial, struct wl_resource *surface_resource, int32_t hotspot_x, int32_t hotspot_y) {
	struct surface *surface = surface_resource ? surface_from_resource(surface_resource) : NULL;
	// The role is taken, or cannot be, whether or not the request comes in time.
	if (surface && (surface->role != &seat_cursor_role || !surface->role_object) &&
		!surface_set_role(surface, &seat_cursor_role, seat, resource, WL_POINTER_ERROR_ROLE)) {
		return;
	}
	if (!seat_may_set_cursor(seat, client, serial)) {
		return;
	}
	struct seat_cursor_state *cursor = &seat->cursor;
	cursor->hotspot_x = xdg_clamp_coordinate(hotspot_x);
	cursor->hotspot_y = xdg_clamp_coordinate(hotspot_y);
	if (surface) {
		surface->current.dx = surface->current.dy = 0; // they are of before
	}
	set(seat, surface ? SEAT_CURSOR_SURFACE : SEAT_CURSOR_HIDDEN, surface);
}

void seat_set_cursor_shape(struct seat *seat, const char *name) {
	struct seat_cursor_state *cursor = &seat->cursor;
	if (cursor->kind == SEAT_CURSOR_SHAPE && strcmp(cursor->shape, name) == 0) {
		return;
	}
	snprintf(cursor->shape, sizeof(cursor->shape), "%s", name);
	set(seat, SEAT_CURSOR_SHAPE, NULL);
}

void seat_cursor_focus(struct seat *seat, struct wl_client *before, struct wl_client *now) {
	// Between surfaces of one client its cursor stays until it sets another.
	if (before != now && seat->cursor.kind != SEAT_CURSOR_DEFAULT) {
		set(seat, SEAT_CURSOR_DEFAULT, NULL);
	}
}

// ---- Life ----

bool seat_cursor_init(struct seat *seat) {
	struct seat_cursor_state *cursor = &seat->cursor;
	seat_surface_init(&cursor->surface);
	cursor->kind = SEAT_CURSOR_DEFAULT;
	cursor->timer = wl_event_loop_add_timer(seat->server->loop, handle_timer, seat);
	return cursor->timer != NULL;
}

void seat_cursor_finish(struct seat *seat) {
	if (seat->cursor.timer) {
		wl_event_source_remove(seat->cursor.timer);
	}
}
