// SPDX-License-Identifier: MIT
// zwp_pointer_constraints_v1: the pointer stays where it is, or within a region, as long as it is on the
// surface that asked for it. One constraint a surface; at most one of all is active.
//
// The region of a new constraint holds at once, later ones and the hint with the surface's commit, and for
// a synchronized subsurface with that of its parent.
#include <math.h>
#include <stdlib.h>

#include "pointer-constraints-unstable-v1-server-protocol.h"
#include "wayland/seat_internal.h"

struct constraint_state {
	bool region_set, hint_set; // by this state
	bool everywhere;           // no region: all that takes input
	pixman_region32_t region;  // logical px of the surface
	wl_fixed_t hint_x, hint_y;
};

struct seat_constraint {
	struct wl_resource *resource;
	struct seat *seat;
	struct surface *surface; // NULL: defunct
	struct wl_listener surface_destroy, pointer_destroy;
	bool locks, persistent;
	struct constraint_state pending, cached, current;
	pixman_region32_t area; // the region, cut to what of the surface takes input
	struct client_account *account;
	size_t held; // rectangles, in the account
};

// ---- State ----

static void state_init(struct constraint_state *state) {
	state->everywhere = true;
	pixman_region32_init(&state->region);
}

static bool state_merge(struct constraint_state *to, struct constraint_state *from) {
	bool ok = true;
	if (from->region_set) {
		to->region_set = true;
		to->everywhere = from->everywhere;
		ok = pixman_region32_copy(&to->region, &from->region);
		pixman_region32_clear(&from->region);
		from->region_set = false;
	}
	if (from->hint_set) {
		to->hint_set = true;
		to->hint_x = from->hint_x;
		to->hint_y = from->hint_y;
		from->hint_set = false;
	}
	return ok;
}

static void account(struct seat_constraint *constraint, bool ok) {
	size_t n = (size_t)pixman_region32_n_rects(&constraint->pending.region) +
		(size_t)pixman_region32_n_rects(&constraint->cached.region) +
		(size_t)pixman_region32_n_rects(&constraint->current.region) +
		(size_t)pixman_region32_n_rects(&constraint->area);
	if (!client_hold_rects(constraint->account, &constraint->held, n) || !ok) {
		wl_resource_post_no_memory(constraint->resource);
	}
}

static void set_region(struct seat_constraint *constraint, struct wl_resource *region) {
	struct constraint_state *pending = &constraint->pending;
	pending->region_set = true;
	pending->everywhere = !region;
	bool ok = true;
	if (region) {
		ok = pixman_region32_copy(
			&pending->region, (pixman_region32_t *)region_from_resource(region));
	} else {
		pixman_region32_clear(&pending->region);
	}
	account(constraint, ok);
}

static void update_area(struct seat_constraint *constraint) {
	struct surface *surface = constraint->surface;
	pixman_region32_t *area = &constraint->area;
	bool ok = pixman_region32_intersect_rect(
		area, &surface->current.input, 0, 0, (unsigned)surface->width, (unsigned)surface->height);
	if (ok && !constraint->current.everywhere) {
		ok = pixman_region32_intersect(area, area, &constraint->current.region);
	}
	account(constraint, ok);
}

static bool is_inside(const pixman_region32_t *area, double x, double y, pixman_box32_t *box) {
	return pixman_region32_contains_point(
		(pixman_region32_t *)area, (int)floor(x), (int)floor(y), box);
}

// ---- Active or not ----

static void make_defunct(struct seat_constraint *constraint) {
	if (!constraint->surface) {
		return;
	}
	constraint->surface->constraint = NULL;
	constraint->surface = NULL;
	wl_list_remove(&constraint->surface_destroy.link);
	wl_list_remove(&constraint->pointer_destroy.link);
}

static void deactivate(struct seat_constraint *constraint) {
	constraint->seat->constraint = NULL;
	if (constraint->locks) {
		zwp_locked_pointer_v1_send_unlocked(constraint->resource);
	} else {
		zwp_confined_pointer_v1_send_unconfined(constraint->resource);
	}
	if (!constraint->persistent) {
		make_defunct(constraint);
	}
}

void seat_constraint_update(struct seat *seat) {
	const struct seat_pointer *pointer = &seat->pointer;
	struct surface *focus = pointer->focus.surface;
	if (seat->constraint && seat->constraint->surface != focus) {
		deactivate(seat->constraint);
	}
	struct seat_constraint *constraint = focus ? focus->constraint : NULL;
	if (!constraint || seat->constraint ||
		!is_inside(&constraint->area, wl_fixed_to_double(pointer->x),
			wl_fixed_to_double(pointer->y), NULL)) {
		return;
	}
	seat->constraint = constraint;
	if (constraint->locks) {
		zwp_locked_pointer_v1_send_locked(constraint->resource);
	} else {
		zwp_confined_pointer_v1_send_confined(constraint->resource);
	}
}

void seat_constraint_commit(struct surface *surface) {
	struct seat_constraint *constraint = surface->constraint;
	account(constraint, state_merge(&constraint->cached, &constraint->pending));
}

void seat_constraint_apply(struct surface *surface, bool reshaped) {
	struct seat_constraint *constraint = surface->constraint;
	struct seat *seat = constraint->seat;
	const struct seat_pointer *pointer = &seat->pointer;
	bool changed = constraint->cached.region_set || reshaped;
	bool ok = state_merge(&constraint->current, &constraint->cached);
	if (changed) {
		update_area(constraint);
	}
	account(constraint, ok);
	// What it is confined to is no longer where it is.
	if (changed && seat->constraint == constraint && !constraint->locks &&
		!is_inside(&constraint->area, wl_fixed_to_double(pointer->x),
			wl_fixed_to_double(pointer->y), NULL)) {
		deactivate(constraint);
	}
	seat_constraint_update(seat);
}

// ---- Motion ----

static const double step = 1 / 256.0; // what a wl_fixed_t can tell apart

static double clamp(double value, int32_t begin, int32_t end) {
	return value < begin ? begin : value > end - step ? end - step : value;
}

// The part of the way from `at` to `to` after which it leaves [begin, end).
static double leaves(double at, double to, int32_t begin, int32_t end) {
	if (to >= begin && to < end) {
		return 2; // not on this way
	}
	return ((to < begin ? begin : end) - at) / (to - at);
}

// Cuts the way to where it leaves the area, and leads it on along the edge. From box to box: each
// turn comes to another one, or spends what is left in one direction.
static void confine(const pixman_region32_t *area, double x, double y, double *to_x, double *to_y) {
	pixman_box32_t box;
	while (is_inside(area, x, y, &box)) {
		double after_x = leaves(x, *to_x, box.x1, box.x2);
		double after_y = leaves(y, *to_y, box.y1, box.y2);
		if (after_x > 1 && after_y > 1) {
			return;
		}
		bool sideways = after_x < after_y;
		double part = sideways ? after_x : after_y;
		double edge_x = clamp(x + (*to_x - x) * part, box.x1, box.x2);
		double edge_y = clamp(y + (*to_y - y) * part, box.y1, box.y2);
		double *edge = sideways ? &edge_x : &edge_y, *to = sideways ? to_x : to_y;
		double wall = *edge;
		*edge = sideways ? (*to < box.x1 ? box.x1 - step : box.x2)
						 : (*to < box.y1 ? box.y1 - step : box.y2);
		if (!is_inside(area, edge_x, edge_y, NULL)) {
			*edge = *to = wall;
		}
		x = edge_x;
		y = edge_y;
	}
	*to_x = x;
	*to_y = y;
}

static bool handle_motion(struct seat_filter *filter, struct seat_motion *motion) {
	struct seat *seat = filter->seat;
	const struct seat_constraint *constraint = seat->constraint;
	if (!constraint) {
		return false;
	}
	if (constraint->locks) {
		return true;
	}
	const struct seat_pointer *pointer = &seat->pointer;
	double x, y;
	if (seat_place_on(&motion->to, constraint->surface, &x, &y)) {
		confine(&constraint->area, wl_fixed_to_double(pointer->x), wl_fixed_to_double(pointer->y),
			&x, &y);
		motion->to = seat_place_of(constraint->surface, x, y);
	}
	return false;
}

static const struct seat_filter_ops constraint_ops = {.motion = handle_motion};

void seat_constraint_init(struct seat *seat) {
	seat_add_filter(seat, &seat->constraint_filter, &constraint_ops, SEAT_FILTER_METHOD);
}

// ---- Requests ----

static struct seat_constraint *constraint_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

// The client unlocks the pointer: it goes to where the client had its own cursor.
static void handle_unlock(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct seat_constraint *constraint = constraint_of(resource);
	struct seat *seat = constraint->seat;
	struct surface *surface = constraint->surface;
	bool hinted = seat->constraint == constraint && constraint->current.hint_set;
	double x = wl_fixed_to_double(constraint->current.hint_x);
	double y = wl_fixed_to_double(constraint->current.hint_y);
	wl_resource_destroy(resource);
	if (hinted && x >= 0 && y >= 0 && x < surface->width && y < surface->height &&
		surface->layer.output) {
		struct seat_place place = seat_place_of(surface, x, y);
		seat_pointer_warp(seat, &place);
	}
}

static void handle_set_cursor_position_hint(
	struct wl_client *client, struct wl_resource *resource, wl_fixed_t x, wl_fixed_t y) {
	(void)client;
	struct constraint_state *pending = &constraint_of(resource)->pending;
	pending->hint_set = true;
	pending->hint_x = x;
	pending->hint_y = y;
}

static void handle_set_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region) {
	(void)client;
	set_region(constraint_of(resource), region);
}

static const struct zwp_locked_pointer_v1_interface locked_impl = {
	.destroy = handle_unlock,
	.set_cursor_position_hint = handle_set_cursor_position_hint,
	.set_region = handle_set_region,
};

static const struct zwp_confined_pointer_v1_interface confined_impl = {
	.destroy = resource_handle_destroy,
	.set_region = handle_set_region,
};

// ---- Life ----

static void handle_resource_destroy(struct wl_resource *resource) {
	struct seat_constraint *constraint = constraint_of(resource);
	if (constraint->seat->constraint == constraint) {
		constraint->seat->constraint = NULL;
	}
	make_defunct(constraint);
	pixman_region32_fini(&constraint->pending.region);
	pixman_region32_fini(&constraint->cached.region);
	pixman_region32_fini(&constraint->current.region);
	pixman_region32_fini(&constraint->area);
	client_hold_rects(constraint->account, &constraint->held, 0);
	free(constraint);
}

static void end(struct seat_constraint *constraint) {
	if (constraint->seat->constraint == constraint) {
		deactivate(constraint);
	}
	make_defunct(constraint);
}

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct seat_constraint *constraint = wl_container_of(listener, constraint, surface_destroy);
	end(constraint);
}

static void handle_pointer_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct seat_constraint *constraint = wl_container_of(listener, constraint, pointer_destroy);
	end(constraint);
}

static struct seat_constraint *constraint_create(
	struct wl_client *client, struct surface *surface, struct wl_resource *pointer) {
	struct seat_constraint *constraint = calloc(1, sizeof(*constraint));
	if (!constraint) {
		return NULL;
	}
	constraint->seat = surface->server->seat;
	constraint->surface = surface;
	constraint->account = client_account(client);
	state_init(&constraint->pending);
	state_init(&constraint->cached);
	state_init(&constraint->current);
	pixman_region32_init(&constraint->area);
	constraint->surface_destroy.notify = handle_surface_destroy;
	wl_signal_add(&surface->destroy, &constraint->surface_destroy);
	constraint->pointer_destroy.notify = handle_pointer_destroy;
	wl_resource_add_destroy_listener(pointer, &constraint->pointer_destroy);
	surface->constraint = constraint;
	return constraint;
}

static void constrain(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface_resource, struct wl_resource *pointer, struct wl_resource *region,
	uint32_t lifetime, bool locks) {
	struct surface *surface = surface_from_resource(surface_resource);
	if (surface->constraint) {
		wl_resource_post_error(manager, ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED,
			"wl_surface#%u already has a pointer constraint", wl_resource_get_id(surface_resource));
		return;
	}
	if (!zwp_pointer_constraints_v1_lifetime_is_valid(lifetime, 1)) {
		wl_resource_post_error(manager, WL_DISPLAY_ERROR_INVALID_METHOD,
			"%u is no lifetime of a constraint", lifetime);
		return;
	}
	struct wl_resource *resource = wl_resource_create(client,
		locks ? &zwp_locked_pointer_v1_interface : &zwp_confined_pointer_v1_interface,
		wl_resource_get_version(manager), id);
	struct seat_constraint *constraint =
		resource ? constraint_create(client, surface, pointer) : NULL;
	if (!constraint) {
		wl_client_post_no_memory(client);
		return;
	}
	constraint->resource = resource;
	constraint->locks = locks;
	constraint->persistent = lifetime == ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT;
	wl_resource_set_implementation(resource,
		locks ? (const void *)&locked_impl : (const void *)&confined_impl, constraint,
		handle_resource_destroy);
	set_region(constraint, region);
	seat_constraint_commit(surface);
	seat_constraint_apply(surface, true);
}

static void handle_lock_pointer(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface, struct wl_resource *pointer, struct wl_resource *region,
	uint32_t lifetime) {
	constrain(client, manager, id, surface, pointer, region, lifetime, true);
}

static void handle_confine_pointer(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *surface, struct wl_resource *pointer,
	struct wl_resource *region, uint32_t lifetime) {
	constrain(client, manager, id, surface, pointer, region, lifetime, false);
}

static const struct zwp_pointer_constraints_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.lock_pointer = handle_lock_pointer,
	.confine_pointer = handle_confine_pointer,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &zwp_pointer_constraints_v1_interface, version, id, &manager_impl, data);
}

bool pointer_constraints_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &zwp_pointer_constraints_v1_interface, 1, server, handle_bind);
}
