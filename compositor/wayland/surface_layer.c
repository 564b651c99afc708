// SPDX-License-Identifier: MIT
// From a surface's logical px to what the scene shows of it: px of its output, whose picture may be
// scaled and turned (wl_output.scale, wl_output.transform).
//
// "Upright" below means px of the output as a person sees it, before the output's transform.
#include <math.h>

#include "wayland/server.h"

enum {
	MAX_SIZE = 1 << 20, // px of a layer: more than any output has
	MAX_PX = 1 << 24,   // farther away than any output reaches
};

static int32_t clamp(double value, int32_t min, int32_t max) {
	return value < min ? min : value > max ? max : (int32_t)value;
}

// Scale 1, not turned: logical px are px.
static bool is_plain_output(const struct wayland_output *output) {
	return output->info.scale == 1 && output->info.transform == WL_OUTPUT_TRANSFORM_NORMAL;
}

static void upright_size(const struct wayland_output_info *info, int32_t *width, int32_t *height) {
	bool turned = (info->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	*width = turned ? info->height : info->width;
	*height = turned ? info->width : info->height;
}

void wayland_output_info_size(
	const struct wayland_output_info *info, int32_t *width, int32_t *height) {
	upright_size(info, width, height);
	*width = (int32_t)round(*width / info->scale);
	*height = (int32_t)round(*height / info->scale);
}

void wayland_output_logical_size(
	const struct wayland_output *output, int32_t *width, int32_t *height) {
	wayland_output_info_size(&output->info, width, height);
}

// The edge of a surface: neighbours share it, and the last one is the output's own, whatever the
// output's size divided by the scale was rounded to.
static int32_t to_px(double edge, int32_t logical_size, int32_t size, double scale) {
	return edge == logical_size ? size : clamp(round(edge * scale), -MAX_PX, MAX_PX);
}

static struct scene_rect upright_rect(
	const struct wayland_output *output, const struct scene_rect *logical) {
	const double scale = output->info.scale;
	int32_t logical_width, logical_height;
	wayland_output_logical_size(output, &logical_width, &logical_height);
	int32_t width, height;
	upright_size(&output->info, &width, &height);
	double right = (double)logical->x + logical->width;
	double bottom = (double)logical->y + logical->height;
	struct scene_rect rect = {
		.x = to_px(logical->x, logical_width, width, scale),
		.y = to_px(logical->y, logical_height, height, scale),
	};
	rect.width = clamp(to_px(right, logical_width, width, scale) - rect.x, 0, MAX_SIZE);
	rect.height = clamp(to_px(bottom, logical_height, height, scale) - rect.y, 0, MAX_SIZE);
	return rect;
}

// What lies upright within width x height px, as it lies in memory.
static struct scene_rect turn(const struct wayland_output *output, const struct scene_rect *upright,
	int32_t width, int32_t height) {
	struct scene_fbox box = {upright->x, upright->y, upright->width, upright->height};
	box = scene_fbox_transform(box, scene_transform_invert(output->info.transform), width, height);
	return (struct scene_rect){
		(int32_t)box.x, (int32_t)box.y, (int32_t)box.width, (int32_t)box.height};
}

struct scene_rect wayland_output_turned(
	const struct wayland_output *output, const struct scene_rect *upright) {
	int32_t width, height;
	upright_size(&output->info, &width, &height);
	return turn(output, upright, width, height);
}

// Where a box in logical px of the output lies in px of its scene.
static struct scene_rect output_rect(
	const struct wayland_output *output, const struct scene_rect *logical) {
	if (is_plain_output(output)) {
		return (struct scene_rect){logical->x, logical->y, clamp(logical->width, 0, MAX_SIZE),
			clamp(logical->height, 0, MAX_SIZE)};
	}
	struct scene_rect rect = upright_rect(output, logical);
	int32_t width, height;
	upright_size(&output->info, &width, &height);
	return turn(output, &rect, width, height);
}

static struct scene_rect logical_rect(const struct surface *surface) {
	return (struct scene_rect){surface->x, surface->y, surface->width, surface->height};
}

// ---- Regions of a surface ----

// Logical px of the surface that a filter carries a change beyond its own place: on a scaled output
// contents are, unless the client drew them for it.
static double spread(const struct surface *surface, const struct scene_rect *upright) {
	const struct surface_state *state = &surface->current;
	bool swapped = (state->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	const struct scene_fbox *src = &surface->layer.src;
	bool exact = (swapped ? src->height : src->width) == upright->width &&
		(swapped ? src->width : src->height) == upright->height;
	return exact ? 0 : 1;
}

// An edge of a region of the surface in px of its layer, rounded outward or inward, where `low` is its
// left or upper one. What reaches the surface's own edge reaches the layer's.
static int32_t edge_to_px(const struct surface *surface, double edge, bool low, bool outward,
	int32_t at, int32_t start, int32_t logical_size, int32_t size) {
	if (edge <= 0 || edge >= logical_size) {
		return edge <= 0 ? 0 : size;
	}
	double px = (at + edge) * surface->output->info.scale - start;
	return clamp(low == outward ? floor(px) : ceil(px), 0, size);
}

// An edge that was moved, unless it is the surface's own.
static double moved(int32_t edge, double by, int32_t logical_size) {
	return edge <= 0 || edge >= logical_size ? edge : edge + by;
}

static bool add_box(const struct surface *surface, const struct scene_rect *upright,
	const pixman_box32_t *box, double grow, bool outward, pixman_region32_t *out) {
	int32_t x1 = edge_to_px(surface, moved(box->x1, -grow, surface->width), true, outward,
		surface->x, upright->x, surface->width, upright->width);
	int32_t x2 = edge_to_px(surface, moved(box->x2, grow, surface->width), false, outward,
		surface->x, upright->x, surface->width, upright->width);
	int32_t y1 = edge_to_px(surface, moved(box->y1, -grow, surface->height), true, outward,
		surface->y, upright->y, surface->height, upright->height);
	int32_t y2 = edge_to_px(surface, moved(box->y2, grow, surface->height), false, outward,
		surface->y, upright->y, surface->height, upright->height);
	if (x1 >= x2 || y1 >= y2) {
		return true;
	}
	struct scene_rect rect = {x1, y1, x2 - x1, y2 - y1};
	rect = turn(surface->output, &rect, upright->width, upright->height);
	return surface_region_add(out, rect.x, rect.y, rect.width, rect.height);
}

// `region` in logical px of the surface -> px of its layer.
static bool map_region(const struct surface *surface, const pixman_region32_t *region, bool outward,
	pixman_region32_t *out) {
	pixman_region32_clear(out);
	struct scene_rect logical = logical_rect(surface);
	struct scene_rect upright = upright_rect(surface->output, &logical);
	// What a filter mixes of both sides of an opaque region's edge is not opaque.
	double grow = outward ? spread(surface, &upright) : -spread(surface, &upright);
	int n;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);
	for (int i = 0; i < n; i++) {
		if (!add_box(surface, &upright, &boxes[i], grow, outward, out)) {
			return false;
		}
	}
	return true;
}

static bool is_plain(const struct surface *surface) {
	return !surface->output || is_plain_output(surface->output);
}

static bool compute_opaque(struct surface *surface) {
	struct scene_layer *layer = &surface->layer;
	pixman_region32_clear(&layer->opaque);
	const struct scene_buffer *buffer = surface->current.buffer;
	if (!buffer || layer->fade != 0) {
		return true;
	}
	const struct format_info *info = format_info(buffer->format);
	bool opaque =
		buffer->kind == SCENE_BUFFER_SOLID ? buffer->solid[3] == UINT16_MAX : info && !info->alpha;
	if (opaque) {
		return surface_region_add(&layer->opaque, 0, 0, layer->dst.width, layer->dst.height);
	}
	if (!is_plain(surface)) {
		return map_region(surface, &surface->current.opaque, false, &layer->opaque);
	}
	return pixman_region32_intersect_rect(&layer->opaque, &surface->current.opaque, 0, 0,
		(unsigned)layer->dst.width, (unsigned)layer->dst.height);
}

static bool update_opaque(struct surface *surface) {
	struct scene_layer *layer = &surface->layer;
	pixman_region32_t before;
	pixman_region32_init(&before);
	bool ok = pixman_region32_copy(&before, &layer->opaque) && compute_opaque(surface);
	if (!pixman_region32_equal(&before, &layer->opaque)) {
		layer->opaque_serial++;
	}
	pixman_region32_fini(&before);
	return ok;
}

static bool add_damage(struct surface *surface) {
	pixman_region32_t damage, mapped;
	pixman_region32_init(&damage);
	bool ok = surface_state_damage(&surface->current, surface->width, surface->height, &damage);
	if (is_plain(surface)) {
		scene_layer_damage(&surface->layer, &damage);
	} else {
		pixman_region32_init(&mapped);
		ok = map_region(surface, &damage, true, &mapped) && ok;
		scene_layer_damage(&surface->layer, &mapped);
		pixman_region32_fini(&mapped);
	}
	pixman_region32_fini(&damage);
	return ok;
}

// ---- The layer ----

// Where the surface lies on its output, and how it is turned there. True if that differs.
static bool update_place(struct surface *surface) {
	struct scene_layer *layer = &surface->layer;
	struct scene_rect rect = logical_rect(surface);
	enum wl_output_transform transform = surface->current.transform;
	if (surface->output) {
		rect = output_rect(surface->output, &rect);
		transform = scene_transform_compose(
			transform, scene_transform_invert(surface->output->info.transform));
	}
	bool changed = rect.x != layer->dst.x || rect.y != layer->dst.y ||
		rect.width != layer->dst.width || rect.height != layer->dst.height ||
		transform != layer->transform;
	layer->dst = rect;
	layer->transform = transform;
	return changed;
}

bool surface_update_layer(struct surface *surface, uint32_t fields, bool resized) {
	struct surface_state *state = &surface->current;
	struct scene_layer *layer = &surface->layer;
	layer->buffer = surface->output ? state->buffer : NULL; // else surface_append_layer sets it
	layer->release = surface->output ? state->release : NULL;
	layer->src = surface_state_source(state);
	layer->fade = state->fade;
	bool recoded = !format_coding_equal(layer->coding, state->coding);
	layer->coding = state->coding;
	layer->content = state->content;
	layer->tearing = state->tearing;
	layer->stays = surface->barrier;
	resized |= update_place(surface);
	const uint32_t shape = SURFACE_STATE_OPAQUE | SURFACE_STATE_BUFFER | SURFACE_STATE_FADE;
	if ((resized || (fields & shape)) && !update_opaque(surface)) {
		return false;
	}
	const uint32_t all = SURFACE_STATE_TRANSFORM | SURFACE_STATE_SCALE |
		SURFACE_STATE_VIEWPORT_SRC | SURFACE_STATE_VIEWPORT_DST | SURFACE_STATE_FADE;
	bool ok = true;
	if (resized || recoded || (fields & all)) {
		scene_layer_damage_all(layer);
	} else if (fields & (SURFACE_STATE_SURFACE_DAMAGE | SURFACE_STATE_BUFFER_DAMAGE)) {
		ok = add_damage(surface);
	}
	pixman_region32_clear(&state->surface_damage);
	pixman_region32_clear(&state->buffer_damage);
	// A swapped buffer is shown even if nothing was damaged: its predecessor is waited for.
	const uint32_t waited_for = SURFACE_STATE_BUFFER | SURFACE_STATE_FRAME |
		SURFACE_STATE_FEEDBACK | SURFACE_STATE_SET_BARRIER;
	if (fields & waited_for) {
		scene_layer_want_frame(layer);
	}
	return ok;
}

bool surface_append_layer(
	struct surface *surface, struct wayland_output *output, int32_t x, int32_t y, uint64_t tree) {
	struct scene_layer *layer = &surface->layer;
	layer->tree = tree;
	bool elsewhere = surface->output != output;
	surface->x = x;
	surface->y = y;
	bool hidden = !layer->buffer;
	layer->buffer = surface->current.buffer;
	layer->release = surface->current.release;
	if (!scene_output_append(output->scene, layer)) {
		return false;
	}
	surface_set_output(surface, output);
	int32_t width = layer->dst.width, height = layer->dst.height;
	enum wl_output_transform transform = layer->transform;
	bool moved = update_place(surface);
	bool reshaped = elsewhere || width != layer->dst.width || height != layer->dst.height ||
		transform != layer->transform;
	if (reshaped && !update_opaque(surface)) {
		return false;
	}
	if (moved || hidden) {
		scene_layer_damage_all(layer);
	}
	return true;
}
