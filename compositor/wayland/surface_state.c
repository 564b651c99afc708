// SPDX-License-Identifier: MIT
// Double-buffered state of a surface, and the arithmetic between buffer px and logical px.
//
// From buffer to surface (wp_viewport): undo buffer_transform, divide by buffer_scale, then crop and
// scale. "Upright" below means after the first of the three.
#include <math.h>

#include "wayland/server.h"

// Damage of more rectangles than these is not worth its cost and becomes its bounding box: while it
// is gathered, and when it is turned into the layer's.
enum { MAX_PENDING_RECTS = 256, MAX_DAMAGE_RECTS = 64 };

void surface_state_init(struct surface_state *state) {
	*state = (struct surface_state){.scale = 1};
	pixman_region32_init(&state->surface_damage);
	pixman_region32_init(&state->buffer_damage);
	pixman_region32_init(&state->opaque);
	// Everything: the input region's initial value is infinite.
	pixman_region32_init_rect(&state->input, INT32_MIN, INT32_MIN, UINT32_MAX, UINT32_MAX);
	wl_list_init(&state->frame_callbacks);
	wl_list_init(&state->feedbacks);
	wl_list_init(&state->buffer_destroy.link);
}

void surface_state_finish(struct surface_state *state) {
	surface_destroy_callbacks(&state->frame_callbacks);
	surface_discard_feedbacks(&state->feedbacks);
	wl_list_remove(&state->buffer_destroy.link);
	wl_list_init(&state->buffer_destroy.link);
	state->buffer_resource = NULL;
	surface_state_drop_buffer(state);
	pixman_region32_fini(&state->surface_damage);
	pixman_region32_fini(&state->buffer_damage);
	pixman_region32_fini(&state->opaque);
	pixman_region32_fini(&state->input);
}

void surface_state_drop_buffer(struct surface_state *state) {
	struct scene_buffer *buffer = state->buffer;
	struct scene_release *release = state->release;
	state->buffer = NULL;
	state->release = NULL;
	state->fields &= ~(uint32_t)SURFACE_STATE_BUFFER;
	sync_point_clear(&state->acquire);
	scene_buffer_unlock(buffer);
	scene_release_unlock(release);
}

size_t surface_state_rects(const struct surface_state *state) {
	return (size_t)pixman_region32_n_rects((pixman_region32_t *)&state->surface_damage) +
		(size_t)pixman_region32_n_rects((pixman_region32_t *)&state->buffer_damage) +
		(size_t)pixman_region32_n_rects((pixman_region32_t *)&state->opaque) +
		(size_t)pixman_region32_n_rects((pixman_region32_t *)&state->input);
}

void surface_damage_limit(pixman_region32_t *damage) {
	if (pixman_region32_n_rects(damage) > MAX_PENDING_RECTS) {
		pixman_box32_t extents = *pixman_region32_extents(damage);
		pixman_region32_reset(damage, &extents);
	}
}

static bool move_damage(pixman_region32_t *to, pixman_region32_t *from) {
	bool ok = pixman_region32_union(to, to, from);
	pixman_region32_clear(from);
	surface_damage_limit(to);
	return ok;
}

static void move_list(struct wl_list *to, struct wl_list *from) {
	wl_list_insert_list(to->prev, from);
	wl_list_init(from);
}

static bool merge_regions(struct surface_state *to, struct surface_state *from) {
	bool ok = true;
	if (from->fields & SURFACE_STATE_SURFACE_DAMAGE) {
		ok = move_damage(&to->surface_damage, &from->surface_damage) && ok;
	}
	if (from->fields & SURFACE_STATE_BUFFER_DAMAGE) {
		ok = move_damage(&to->buffer_damage, &from->buffer_damage) && ok;
	}
	if (from->fields & SURFACE_STATE_OPAQUE) {
		ok = pixman_region32_copy(&to->opaque, &from->opaque) && ok;
	}
	if (from->fields & SURFACE_STATE_INPUT) {
		ok = pixman_region32_copy(&to->input, &from->input) && ok;
	}
	return ok;
}

// What takes effect together waits for the last of its times.
static void merge_time(struct surface_state *to, const struct surface_state *from) {
	bool later = !(to->fields & SURFACE_STATE_TIME) || to->present_ns < from->present_ns;
	if ((from->fields & SURFACE_STATE_TIME) && later) {
		to->present_ns = from->present_ns;
	}
}

static int32_t sum(int32_t a, int32_t b) {
	int64_t sum = (int64_t)a + b;
	return (int32_t)(sum < INT32_MIN ? INT32_MIN : sum > INT32_MAX ? INT32_MAX : sum);
}

// What takes effect together moves the contents by all of its offsets.
static void merge_offset(struct surface_state *to, struct surface_state *from) {
	if (from->fields & SURFACE_STATE_OFFSET) {
		bool both = (to->fields & SURFACE_STATE_OFFSET) != 0;
		to->dx = both ? sum(to->dx, from->dx) : from->dx;
		to->dy = both ? sum(to->dy, from->dy) : from->dy;
		from->dx = 0;
		from->dy = 0;
	}
}

// The new ones first: the same buffer attached again is not released in between.
static void move_buffer(struct surface_state *to, struct surface_state *from) {
	struct scene_buffer *buffer = to->buffer;
	struct scene_release *release = to->release;
	to->buffer = from->buffer;
	to->release = from->release;
	from->buffer = NULL;
	from->release = NULL;
	sync_point_move(&to->acquire, &from->acquire);
	scene_buffer_unlock(buffer);
	scene_release_unlock(release);
}

bool surface_state_merge(struct surface_state *to, struct surface_state *from) {
	if (from->fields & SURFACE_STATE_BUFFER) {
		move_buffer(to, from);
	}
	merge_offset(to, from);
	if (from->fields & SURFACE_STATE_TRANSFORM) {
		to->transform = from->transform;
	}
	if (from->fields & SURFACE_STATE_SCALE) {
		to->scale = from->scale;
	}
	if (from->fields & SURFACE_STATE_VIEWPORT_SRC) {
		to->has_viewport_src = from->has_viewport_src;
		to->viewport_src = from->viewport_src;
	}
	if (from->fields & SURFACE_STATE_VIEWPORT_DST) {
		to->viewport_width = from->viewport_width;
		to->viewport_height = from->viewport_height;
	}
	if (from->fields & SURFACE_STATE_FADE) {
		to->fade = from->fade;
	}
	if (from->fields & SURFACE_STATE_TEARING) {
		to->tearing = from->tearing;
	}
	if (from->fields & SURFACE_STATE_CONTENT) {
		to->content = from->content;
	}
	if (from->fields & SURFACE_STATE_CODING) {
		to->coding = from->coding;
	}
	merge_time(to, from);
	bool ok = merge_regions(to, from);
	move_list(&to->frame_callbacks, &from->frame_callbacks);
	// What was submitted before has been superseded, with or without feedback on the new content.
	surface_discard_feedbacks(&to->feedbacks);
	move_list(&to->feedbacks, &from->feedbacks);
	to->fields |= from->fields;
	from->fields = 0;
	return ok;
}

static bool swaps_axes(enum wl_output_transform transform) {
	return (transform & WL_OUTPUT_TRANSFORM_90) != 0;
}

// Size of the upright buffer, buffer px.
static void upright_size(const struct surface_state *state, double *width, double *height) {
	bool swapped = swaps_axes(state->transform);
	*width = swapped ? state->buffer->height : state->buffer->width;
	*height = swapped ? state->buffer->width : state->buffer->height;
}

// What the viewport takes of the upright buffer, logical px.
static struct scene_fbox logical_source(const struct surface_state *state) {
	if (state->has_viewport_src) {
		return state->viewport_src;
	}
	struct scene_fbox box = {0};
	upright_size(state, &box.width, &box.height);
	box.width /= state->scale;
	box.height /= state->scale;
	return box;
}

enum surface_size_error surface_state_size(
	const struct surface_state *state, int32_t *width, int32_t *height) {
	*width = 0;
	*height = 0;
	if (!state->buffer) {
		return SURFACE_SIZE_OK;
	}
	if (state->buffer->width % state->scale != 0 || state->buffer->height % state->scale != 0) {
		return SURFACE_SIZE_NO_MULTIPLE;
	}
	double full_width, full_height;
	upright_size(state, &full_width, &full_height);
	struct scene_fbox src = logical_source(state);
	if (src.x + src.width > full_width / state->scale ||
		src.y + src.height > full_height / state->scale) {
		return SURFACE_SIZE_OUT_OF_BUFFER;
	}
	if (state->viewport_width > 0) {
		*width = state->viewport_width;
		*height = state->viewport_height;
		return SURFACE_SIZE_OK;
	}
	if (src.width != floor(src.width) || src.height != floor(src.height)) {
		return SURFACE_SIZE_BAD_SIZE;
	}
	*width = (int32_t)src.width;
	*height = (int32_t)src.height;
	return SURFACE_SIZE_OK;
}

struct scene_fbox surface_state_source(const struct surface_state *state) {
	if (!state->buffer) {
		return (struct scene_fbox){0};
	}
	double width, height;
	upright_size(state, &width, &height);
	struct scene_fbox box = logical_source(state);
	box.x *= state->scale;
	box.y *= state->scale;
	box.width *= state->scale;
	box.height *= state->scale;
	return scene_fbox_transform(box, scene_transform_invert(state->transform), width, height);
}

bool surface_region_add(
	pixman_region32_t *region, int32_t x, int32_t y, int32_t width, int32_t height) {
	if (width <= 0 || height <= 0) {
		return true;
	}
	int64_t right = (int64_t)x + width, bottom = (int64_t)y + height;
	right = right > INT32_MAX ? INT32_MAX : right;
	bottom = bottom > INT32_MAX ? INT32_MAX : bottom;
	return pixman_region32_union_rect(
		region, region, x, y, (unsigned)(right - x), (unsigned)(bottom - y));
}

static double clamp(double value, double max) {
	return value < 0 ? 0 : value > max ? max : value;
}

// Adds a box in logical px of the surface, rounded outward and cut to the surface.
static bool add_outward(
	pixman_region32_t *damage, struct scene_fbox box, int32_t width, int32_t height) {
	int32_t x1 = (int32_t)floor(clamp(box.x, width));
	int32_t y1 = (int32_t)floor(clamp(box.y, height));
	int32_t x2 = (int32_t)ceil(clamp(box.x + box.width, width));
	int32_t y2 = (int32_t)ceil(clamp(box.y + box.height, height));
	return surface_region_add(damage, x1, y1, x2 - x1, y2 - y1);
}

// The rectangles of a client's damage; just their bounding box when there are very many.
static const pixman_box32_t *damage_boxes(pixman_region32_t *region, int *n) {
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, n);
	if (*n > MAX_DAMAGE_RECTS) {
		*n = 1;
		return pixman_region32_extents(region);
	}
	return boxes;
}

static bool add_surface_damage(const struct surface_state *state, double grow_x, double grow_y,
	int32_t width, int32_t height, pixman_region32_t *damage) {
	int n;
	const pixman_box32_t *boxes = damage_boxes((pixman_region32_t *)&state->surface_damage, &n);
	for (int i = 0; i < n; i++) {
		struct scene_fbox box = {
			.x = boxes[i].x1 - grow_x,
			.y = boxes[i].y1 - grow_y,
			.width = (double)boxes[i].x2 - boxes[i].x1 + 2 * grow_x,
			.height = (double)boxes[i].y2 - boxes[i].y1 + 2 * grow_y,
		};
		if (!add_outward(damage, box, width, height)) {
			return false;
		}
	}
	return true;
}

static bool add_buffer_damage(const struct surface_state *state, const struct scene_fbox *src,
	bool scaled, int32_t width, int32_t height, pixman_region32_t *damage) {
	int n;
	const pixman_box32_t *boxes = damage_boxes((pixman_region32_t *)&state->buffer_damage, &n);
	double grow = scaled ? 1 : 0; // px of the buffer that a filter reaches beyond its centre
	for (int i = 0; i < n; i++) {
		struct scene_fbox box = {
			.x = boxes[i].x1 - grow,
			.y = boxes[i].y1 - grow,
			.width = (double)boxes[i].x2 - boxes[i].x1 + 2 * grow,
			.height = (double)boxes[i].y2 - boxes[i].y1 + 2 * grow,
		};
		box = scene_fbox_transform(
			box, state->transform, state->buffer->width, state->buffer->height);
		box.x = (box.x / state->scale - src->x) * width / src->width;
		box.y = (box.y / state->scale - src->y) * height / src->height;
		box.width = box.width / state->scale * width / src->width;
		box.height = box.height / state->scale * height / src->height;
		if (!add_outward(damage, box, width, height)) {
			return false;
		}
	}
	return true;
}

bool surface_state_damage(
	const struct surface_state *state, int32_t width, int32_t height, pixman_region32_t *damage) {
	if (!state->buffer || width <= 0 || height <= 0) {
		return true;
	}
	bool has_buffer_damage = pixman_region32_not_empty((pixman_region32_t *)&state->buffer_damage);
	if (state->buffer->y_invert && has_buffer_damage) {
		// Which way round the client counts rows is not said anywhere.
		return surface_region_add(damage, 0, 0, width, height);
	}
	struct scene_fbox src = logical_source(state);
	bool scaled = src.width * state->scale != width || src.height * state->scale != height;
	double grow_x = scaled ? ceil(fmax(1, width / src.width)) : 0;
	double grow_y = scaled ? ceil(fmax(1, height / src.height)) : 0;
	return add_surface_damage(state, grow_x, grow_y, width, height, damage) &&
		add_buffer_damage(state, &src, scaled, width, height, damage);
}
