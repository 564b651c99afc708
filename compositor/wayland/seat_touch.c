// SPDX-License-Identifier: MIT
// wl_touch: each point stays with the surface that it went down on.
#include "wayland/seat_internal.h"

static struct seat_touch_point *find_point(struct seat *seat, int32_t id) {
	struct seat_touch_state *touch = &seat->touch;
	for (unsigned i = 0; i < touch->n_points; i++) {
		if (touch->points[i].id == id) {
			return &touch->points[i];
		}
	}
	return NULL;
}

static void handle_surface_gone(struct wl_listener *listener, void *data) {
	(void)data;
	// The client knows; until it is lifted the finger means nobody.
	struct seat_surface *grab = wl_container_of(listener, grab, destroy);
	wl_list_remove(&grab->destroy.link);
	wl_list_init(&grab->destroy.link);
	grab->surface = NULL;
	grab->client = NULL;
}

static void remove_point(struct seat *seat, struct seat_touch_point *point) {
	struct seat_touch_state *touch = &seat->touch;
	seat_surface_set(seat, &point->grab, NULL, NULL);
	struct seat_touch_point *last = &touch->points[--touch->n_points];
	if (point != last) {
		struct surface *surface = last->grab.surface;
		point->id = last->id;
		point->serial = last->serial;
		point->at = last->at;
		point->filtered = last->filtered;
		point->moved = last->moved;
		point->x = last->x;
		point->y = last->y;
		seat_surface_set(seat, &last->grab, NULL, NULL);
		seat_surface_set(seat, &point->grab, surface, handle_surface_gone);
	}
}

static void owe_frame(struct seat *seat, struct seat_client *client) {
	if (wl_list_empty(&client->frame_link)) {
		wl_list_insert(&seat->touch.frames, &client->frame_link);
	}
}

static void send_frames(struct seat *seat) {
	struct seat_client *client, *next;
	wl_list_for_each_safe(client, next, &seat->touch.frames, frame_link) {
		wl_list_remove(&client->frame_link);
		wl_list_init(&client->frame_link);
		struct wl_resource *resource;
		wl_resource_for_each(resource, &client->touches) {
			wl_touch_send_frame(resource);
		}
	}
}

void seat_notify_touch_frame(struct seat *seat) {
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->touch_frame && filter->ops->touch_frame(filter);
	}
	send_frames(seat);
}

// ---- Down, motion, up ----

static void send_down(struct seat *seat, struct seat_touch_point *point,
	const struct seat_touch *touch, double x, double y) {
	struct seat_client *client = point->grab.client;
	if (!client || wl_list_empty(&client->touches)) {
		return;
	}
	point->serial = seat_client_serial(client, SEAT_SERIAL_PRESS);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->touches) {
		wl_touch_send_down(resource, point->serial, seat_time_ms(touch->time_us),
			point->grab.surface->resource, point->id, wl_fixed_from_double(x),
			wl_fixed_from_double(y));
	}
	owe_frame(seat, client);
}

void seat_notify_touch_down(struct seat *seat, const struct seat_touch *touch) {
	struct seat_touch_state *state = &seat->touch;
	if (find_point(seat, touch->id) || state->n_points == SEAT_MAX_TOUCHES) {
		return;
	}
	struct seat_touch_point *point = &state->points[state->n_points++];
	point->id = touch->id;
	point->serial = 0;
	point->at = touch->at;
	point->filtered = false;
	point->moved = false;
	seat_cursor_hide(seat);
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->touch_down && filter->ops->touch_down(filter, touch);
	}
	point->filtered = taken;
	if (taken) {
		return;
	}
	double x = 0, y = 0;
	struct surface *surface = seat_pick_filtered(seat, &touch->at, &x, &y);
	seat_tell_pressed(seat, surface);
	point = find_point(seat, touch->id);
	if (point && surface) {
		seat_surface_set(seat, &point->grab, surface, handle_surface_gone);
		send_down(seat, point, touch, x, y);
	}
}

static void send_motion(struct seat *seat, struct seat_touch_point *point, uint64_t time_us) {
	point->moved = false;
	struct wl_resource *resource;
	wl_resource_for_each(resource, &point->grab.client->touches) {
		wl_touch_send_motion(resource, seat_time_ms(time_us), point->id, point->x, point->y);
	}
	owe_frame(seat, point->grab.client);
}

void seat_notify_touch_motion(struct seat *seat, const struct seat_touch *touch) {
	struct seat_touch_point *point = find_point(seat, touch->id);
	if (point) {
		point->at = touch->at;
	}
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->touch_motion && filter->ops->touch_motion(filter, touch);
	}
	point = find_point(seat, touch->id);
	double x, y;
	if (taken || !point || !point->grab.client ||
		!seat_place_on(&touch->at, point->grab.surface, &x, &y)) {
		return;
	}
	point->moved = true;
	point->x = wl_fixed_from_double(x);
	point->y = wl_fixed_from_double(y);
	if (!seat_client_is_behind(point->grab.client)) {
		send_motion(seat, point, touch->time_us);
	}
}

void seat_touch_catch_up(struct seat *seat) {
	for (unsigned i = 0; i < seat->touch.n_points; i++) {
		struct seat_touch_point *point = &seat->touch.points[i];
		if (point->moved && point->grab.client && !seat_client_is_behind(point->grab.client)) {
			send_motion(seat, point, seat_now_us());
		}
	}
	send_frames(seat);
}

void seat_notify_touch_up(struct seat *seat, const struct seat_touch *touch) {
	for (struct seat_filter *filter = seat_first_filter(seat); filter;
		 filter = seat_next_filter(seat)) {
		if (filter->ops->touch_up && filter->ops->touch_up(filter, touch)) {
			break;
		}
	}
	struct seat_touch_point *point = find_point(seat, touch->id);
	if (!point) {
		return;
	}
	struct seat_client *client = point->grab.client;
	// Whoever heard of it going down hears this, whatever a filter says.
	if (client && !wl_list_empty(&client->touches)) {
		if (point->moved) {
			send_motion(seat, point, touch->time_us);
		}
		uint32_t serial = seat_client_serial(client, SEAT_SERIAL_RELEASE);
		struct wl_resource *resource;
		wl_resource_for_each(resource, &client->touches) {
			wl_touch_send_up(resource, serial, seat_time_ms(touch->time_us), point->id);
		}
		owe_frame(seat, client);
	}
	remove_point(seat, point);
}

// ---- Cancel ----

// A client's touches are cancelled all at once (wl_touch.cancel).
static void cancel_client(struct seat *seat, struct seat_client *client) {
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->touches) {
		wl_touch_send_cancel(resource);
	}
	wl_list_remove(&client->frame_link);
	wl_list_init(&client->frame_link);
	for (unsigned i = 0; i < seat->touch.n_points; i++) {
		if (seat->touch.points[i].grab.client == client) {
			seat_surface_set(seat, &seat->touch.points[i].grab, NULL, NULL);
		}
	}
}

void seat_notify_touch_cancel(struct seat *seat, int32_t id) {
	for (struct seat_filter *filter = seat_first_filter(seat); filter;
		 filter = seat_next_filter(seat)) {
		if (filter->ops->touch_cancel) {
			filter->ops->touch_cancel(filter, id);
		}
	}
	struct seat_touch_point *point = find_point(seat, id);
	if (!point) {
		return;
	}
	if (point->grab.client) {
		cancel_client(seat, point->grab.client);
	}
	remove_point(seat, point);
}

void seat_touch_cancel_all(struct seat *seat) {
	while (seat->touch.n_points > 0) {
		seat_notify_touch_cancel(seat, seat->touch.points[0].id);
	}
}

void seat_touch_output_removed(struct seat *seat, const struct wayland_output *output) {
	for (unsigned i = 0; i < seat->touch.n_points;) {
		if (seat->touch.points[i].at.output == output) {
			seat_notify_touch_cancel(seat, seat->touch.points[i].id);
			i = 0; // filters may have ended others with it
		} else {
			i++;
		}
	}
}

void seat_touch_take(struct seat *seat, int32_t id) {
	const struct seat_touch_point *point = find_point(seat, id);
	if (point && point->grab.client) {
		cancel_client(seat, point->grab.client);
	}
}

void seat_touch_check(struct seat *seat) {
	for (unsigned i = 0; i < seat->touch.n_points; i++) {
		const struct seat_surface *grab = &seat->touch.points[i].grab;
		if (grab->client && !grab->surface->layer.output) {
			cancel_client(seat, grab->client);
		}
	}
}

struct surface *seat_touch_grab(struct seat *seat, int32_t id) {
	struct seat_touch_point *point = find_point(seat, id);
	return point ? point->grab.surface : NULL;
}

struct seat_place seat_touch_place(struct seat *seat, int32_t id) {
	const struct seat_touch_point *point = find_point(seat, id);
	return point ? point->at : (struct seat_place){0};
}

bool seat_touch_of_serial(struct seat *seat, uint32_t serial, int32_t *id) {
	for (unsigned i = 0; i < seat->touch.n_points; i++) {
		const struct seat_touch_point *point = &seat->touch.points[i];
		if (point->grab.client && point->serial == serial) {
			*id = point->id;
			return true;
		}
	}
	return false;
}

// ---- Life ----

void seat_touch_init(struct seat *seat) {
	wl_list_init(&seat->touch.frames);
	for (unsigned i = 0; i < SEAT_MAX_TOUCHES; i++) {
		seat_surface_init(&seat->touch.points[i].grab);
	}
}

void seat_touch_finish(struct seat *seat) {
	while (seat->touch.n_points > 0) {
		remove_point(seat, &seat->touch.points[0]);
	}
}
