// SPDX-License-Identifier: MIT
// xdg_positioner: the rules by which a popup finds its place, and the arithmetic of them.
#include <stdlib.h>

#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-shell-server-protocol.h"

int32_t xdg_clamp_coordinate(int64_t value) {
	if (value > XDG_MAX_COORDINATE) {
		return XDG_MAX_COORDINATE;
	}
	return value < -XDG_MAX_COORDINATE ? -XDG_MAX_COORDINATE : (int32_t)value;
}

bool xdg_positioner_is_complete(const struct xdg_positioner_rules *rules) {
	return rules->width > 0 && rules->height > 0 && rules->anchor_rect.width > 0 &&
		rules->anchor_rect.height > 0;
}

// ---- Placing: x and y obey the same rules and do not know each other. ----

enum {
	ADJUST_SLIDE = 1 << 0,
	ADJUST_FLIP = 1 << 1,
	ADJUST_RESIZE = 1 << 2,
};

// In 64 bits: every input is a client's and may be anything of 32.
struct axis {
	int64_t rect_start, rect_size;
	int anchor, gravity; // -1: left or top, 0: centre, 1: right or bottom
	int64_t offset;
	int adjustment; // ADJUST_*
	int64_t bounds_start, bounds_end;
	int64_t start, size; // the result
};

static int64_t unadjusted_start(const struct axis *axis, int anchor, int gravity) {
	int64_t start = axis->rect_start + axis->offset;
	start += anchor < 0 ? 0 : anchor > 0 ? axis->rect_size : axis->rect_size / 2;
	start -= gravity < 0 ? axis->size : gravity > 0 ? 0 : axis->size / 2;
	return start;
}

static bool is_constrained(const struct axis *axis, int64_t start) {
	return start < axis->bounds_start || start + axis->size > axis->bounds_end;
}

// Towards the end until the start is in bounds, or the end reaches them.
static void slide_to_end(struct axis *axis) {
	int64_t wanted = axis->bounds_start - axis->start;
	int64_t room = axis->bounds_end - (axis->start + axis->size);
	int64_t way = wanted < room ? wanted : room;
	axis->start += way > 0 ? way : 0;
}

static void slide_to_start(struct axis *axis) {
	int64_t wanted = axis->start + axis->size - axis->bounds_end;
	int64_t room = axis->start - axis->bounds_start;
	int64_t way = wanted < room ? wanted : room;
	axis->start -= way > 0 ? way : 0;
}

static void resize(struct axis *axis) {
	int64_t start = axis->start > axis->bounds_start ? axis->start : axis->bounds_start;
	int64_t end = axis->start + axis->size;
	end = end < axis->bounds_end ? end : axis->bounds_end;
	if (start < end) { // otherwise no size would help
		axis->start = start;
		axis->size = end - start;
	}
}

static void place_on_axis(struct axis *axis) {
	axis->start = unadjusted_start(axis, axis->anchor, axis->gravity);
	if (axis->bounds_end <= axis->bounds_start) {
		return;
	}
	if (is_constrained(axis, axis->start) && (axis->adjustment & ADJUST_FLIP)) {
		int64_t flipped = unadjusted_start(axis, -axis->anchor, -axis->gravity);
		if (!is_constrained(axis, flipped)) {
			axis->start = flipped;
		}
	}
	if (is_constrained(axis, axis->start) && (axis->adjustment & ADJUST_SLIDE)) {
		// First in the direction of the gravity, then in the other.
		if (axis->gravity < 0) {
			slide_to_start(axis);
			slide_to_end(axis);
		} else {
			slide_to_end(axis);
			slide_to_start(axis);
		}
	}
	if (is_constrained(axis, axis->start) && (axis->adjustment & ADJUST_RESIZE)) {
		resize(axis);
	}
}

// The enums of anchor and gravity are the same.
static int direction_x(uint32_t value) {
	switch (value) {
	case XDG_POSITIONER_ANCHOR_LEFT:
	case XDG_POSITIONER_ANCHOR_TOP_LEFT:
	case XDG_POSITIONER_ANCHOR_BOTTOM_LEFT:
		return -1;
	case XDG_POSITIONER_ANCHOR_RIGHT:
	case XDG_POSITIONER_ANCHOR_TOP_RIGHT:
	case XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT:
		return 1;
	default:
		return 0;
	}
}

static int direction_y(uint32_t value) {
	switch (value) {
	case XDG_POSITIONER_ANCHOR_TOP:
	case XDG_POSITIONER_ANCHOR_TOP_LEFT:
	case XDG_POSITIONER_ANCHOR_TOP_RIGHT:
		return -1;
	case XDG_POSITIONER_ANCHOR_BOTTOM:
	case XDG_POSITIONER_ANCHOR_BOTTOM_LEFT:
	case XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT:
		return 1;
	default:
		return 0;
	}
}

static int adjustment_of(uint32_t adjustment, uint32_t slide, uint32_t flip, uint32_t resize_bit) {
	return (adjustment & slide ? ADJUST_SLIDE : 0) | (adjustment & flip ? ADJUST_FLIP : 0) |
		(adjustment & resize_bit ? ADJUST_RESIZE : 0);
}

struct scene_rect xdg_positioner_place(
	const struct xdg_positioner_rules *rules, struct scene_rect bounds) {
	struct axis x = {
		.rect_start = rules->anchor_rect.x,
		.rect_size = rules->anchor_rect.width,
		.anchor = direction_x(rules->anchor),
		.gravity = direction_x(rules->gravity),
		.offset = rules->offset_x,
		.adjustment = adjustment_of(rules->adjustment, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X,
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_X,
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_X),
		.bounds_start = bounds.x,
		.bounds_end = (int64_t)bounds.x + bounds.width,
		.size = rules->width,
	};
	struct axis y = {
		.rect_start = rules->anchor_rect.y,
		.rect_size = rules->anchor_rect.height,
		.anchor = direction_y(rules->anchor),
		.gravity = direction_y(rules->gravity),
		.offset = rules->offset_y,
		.adjustment = adjustment_of(rules->adjustment, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y,
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y,
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_Y),
		.bounds_start = bounds.y,
		.bounds_end = (int64_t)bounds.y + bounds.height,
		.size = rules->height,
	};
	place_on_axis(&x);
	place_on_axis(&y);
	return (struct scene_rect){
		.x = xdg_clamp_coordinate(x.start),
		.y = xdg_clamp_coordinate(y.start),
		.width = (int32_t)x.size,
		.height = (int32_t)y.size,
	};
}

// ---- The object. ----

static struct xdg_positioner_rules *rules_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void handle_set_size(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height) {
	(void)client;
	if (width <= 0 || height <= 0) {
		wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT,
			"size %dx%d is not positive", width, height);
		return;
	}
	rules_of(resource)->width = width;
	rules_of(resource)->height = height;
}

static void handle_set_anchor_rect(struct wl_client *client, struct wl_resource *resource,
	int32_t x, int32_t y, int32_t width, int32_t height) {
	(void)client;
	if (width < 0 || height < 0) {
		wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT,
			"anchor rectangle size %dx%d is negative", width, height);
		return;
	}
	rules_of(resource)->anchor_rect = (struct scene_rect){x, y, width, height};
}

static void handle_set_anchor(
	struct wl_client *client, struct wl_resource *resource, uint32_t anchor) {
	(void)client;
	if (!xdg_positioner_anchor_is_valid(anchor, (uint32_t)wl_resource_get_version(resource))) {
		wl_resource_post_error(
			resource, XDG_POSITIONER_ERROR_INVALID_INPUT, "unknown anchor %u", anchor);
		return;
	}
	rules_of(resource)->anchor = anchor;
}

static void handle_set_gravity(
	struct wl_client *client, struct wl_resource *resource, uint32_t gravity) {
	(void)client;
	if (!xdg_positioner_gravity_is_valid(gravity, (uint32_t)wl_resource_get_version(resource))) {
		wl_resource_post_error(
			resource, XDG_POSITIONER_ERROR_INVALID_INPUT, "unknown gravity %u", gravity);
		return;
	}
	rules_of(resource)->gravity = gravity;
}

static void handle_set_constraint_adjustment(
	struct wl_client *client, struct wl_resource *resource, uint32_t adjustment) {
	(void)client;
	rules_of(resource)->adjustment = adjustment;
}

static void handle_set_offset(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y) {
	(void)client;
	rules_of(resource)->offset_x = x;
	rules_of(resource)->offset_y = y;
}

static void handle_set_reactive(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	rules_of(resource)->reactive = true;
}

static void handle_set_parent_size(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height) {
	(void)client;
	rules_of(resource)->parent_width = width > 0 ? width : 0;
	rules_of(resource)->parent_height = height > 0 ? height : 0;
}

// The future size of the parent (set_parent_size) says all that this serial could.
static void handle_set_parent_configure(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial) {
	(void)client;
	(void)resource;
	(void)serial;
}

static const struct xdg_positioner_interface positioner_impl = {
	.destroy = resource_handle_destroy,
	.set_size = handle_set_size,
	.set_anchor_rect = handle_set_anchor_rect,
	.set_anchor = handle_set_anchor,
	.set_gravity = handle_set_gravity,
	.set_constraint_adjustment = handle_set_constraint_adjustment,
	.set_offset = handle_set_offset,
	.set_reactive = handle_set_reactive,
	.set_parent_size = handle_set_parent_size,
	.set_parent_configure = handle_set_parent_configure,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	free(wl_resource_get_user_data(resource));
}

void xdg_positioner_create(struct wl_client *client, uint32_t version, uint32_t id) {
	struct xdg_positioner_rules *rules = calloc(1, sizeof(*rules));
	struct wl_resource *resource =
		rules ? wl_resource_create(client, &xdg_positioner_interface, (int)version, id) : NULL;
	if (!resource) {
		free(rules);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &positioner_impl, rules, handle_resource_destroy);
}

const struct xdg_positioner_rules *xdg_positioner_from_resource(struct wl_resource *resource) {
	return rules_of(resource);
}
