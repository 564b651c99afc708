// SPDX-License-Identifier: MIT
#include "scene/scene.h"

#include "scene/private.h"

// Damage of more rectangles than this is rounded up to its bounding box: a client could otherwise
// make every frame pay for thousands of them.
enum { MAX_DAMAGE_RECTS = 32 };

enum {
	RATE_SMOOTHING = 8,             // updates until a new rate is mostly believed
	ASSUMED_INTERVAL_NS = 16666667, // between updates of a layer that shows nothing yet
	LEAST_INTERVAL_NS = 1000000,
};

void scene_layer_init(struct scene_layer *layer, const struct scene_layer_ops *ops) {
	static uint64_t last_id;

	*layer = (struct scene_layer){
		.ops = ops,
		.id = ++last_id,
		.interval_ns = ASSUMED_INTERVAL_NS,
	};
	pixman_region32_init(&layer->opaque);
	pixman_region32_init(&layer->damage);
}

void scene_layer_finish(struct scene_layer *layer) {
	if (layer->output) {
		scene_output_remove(layer->output, layer);
	}
	pixman_region32_fini(&layer->opaque);
	pixman_region32_fini(&layer->damage);
	layer->buffer = NULL;
	layer->release = NULL;
}

static void schedule(struct scene_layer *layer) {
	if (layer->output) {
		scene_output_schedule(layer->output);
	}
}

static pixman_box32_t layer_extents(const struct scene_layer *layer) {
	return (pixman_box32_t){
		.x2 = layer->dst.width > 0 ? layer->dst.width : 0,
		.y2 = layer->dst.height > 0 ? layer->dst.height : 0,
	};
}

// Unlike a union this cannot run out of memory.
static void damage_everything(struct scene_layer *layer) {
	pixman_box32_t box = layer_extents(layer);
	if (box.x2 == 0 || box.y2 == 0) {
		pixman_region32_clear(&layer->damage);
	} else {
		pixman_region32_reset(&layer->damage, &box);
	}
}

void scene_layer_damage(struct scene_layer *layer, const pixman_region32_t *damage) {
	pixman_box32_t box = layer_extents(layer);
	// Clipped as a whole: earlier damage may belong to a larger dst.
	if (!pixman_region32_union(&layer->damage, &layer->damage, damage) ||
		!pixman_region32_intersect_rect(
			&layer->damage, &layer->damage, 0, 0, (unsigned)box.x2, (unsigned)box.y2)) {
		damage_everything(layer);
	}
	if (pixman_region32_n_rects(&layer->damage) > MAX_DAMAGE_RECTS) {
		pixman_box32_t extents = *pixman_region32_extents(&layer->damage);
		pixman_region32_reset(&layer->damage, &extents);
	}
	scene_mirror_damage(layer, damage);
	schedule(layer);
}

void scene_layer_damage_all(struct scene_layer *layer) {
	damage_everything(layer);
	scene_mirror_damage_all(layer);
	schedule(layer);
}

void scene_layer_want_frame(struct scene_layer *layer) {
	layer->frame_wanted = true;
	layer->awaited = false;
	scene_mirror_changed(layer);
	schedule(layer);
}

void scene_layer_note_update(struct scene_layer *layer, int64_t now_ns) {
	if (layer->frames > 0) {
		layer->interval_ns += (now_ns - layer->updated_ns - layer->interval_ns) / RATE_SMOOTHING;
	}
	layer->updated_ns = now_ns;
	layer->frames++;
}

uint32_t scene_layer_rate_mhz(const struct scene_layer *layer, int64_t now_ns) {
	int64_t interval = layer->interval_ns;
	if (layer->frames > 0 && now_ns - layer->updated_ns > interval) {
		interval = now_ns - layer->updated_ns;
	}
	if (interval < LEAST_INTERVAL_NS) {
		interval = LEAST_INTERVAL_NS;
	}
	return (uint32_t)(INT64_C(1000000000000) / interval);
}

bool scene_layer_is_opaque(const struct scene_layer *layer) {
	const struct scene_buffer *buffer = layer->buffer;
	if (layer->fade != 0) {
		return false;
	}
	if (buffer->kind == SCENE_BUFFER_SOLID) {
		return buffer->solid[3] == UINT16_MAX;
	}
	const struct format_info *info = format_info(buffer->format);
	return info && !info->alpha;
}

void scene_layer_opaque(const struct scene_layer *layer, pixman_region32_t *opaque) {
	pixman_box32_t box = layer_extents(layer);
	if (!layer->buffer || box.x2 == 0 || box.y2 == 0) {
		pixman_region32_clear(opaque);
		return;
	}
	if (scene_layer_is_opaque(layer)) {
		pixman_region32_reset(opaque, &box);
	} else if (!pixman_region32_intersect_rect(
				   opaque, &layer->opaque, 0, 0, (unsigned)box.x2, (unsigned)box.y2)) {
		pixman_region32_clear(opaque);
	}
	pixman_region32_translate(opaque, layer->dst.x, layer->dst.y);
}

const struct scene_owner *scene_layer_owner(const struct scene_layer *layer) {
	return layer->mirrored ? &layer->mirrored->owner : &layer->owner;
}

struct scene_fbox scene_layer_part(const struct scene_layer *layer, struct scene_fbox part) {
	double width = layer->buffer->width, height = layer->buffer->height;
	bool quarter = (layer->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	struct scene_fbox upright = scene_fbox_transform(layer->src, layer->transform, width, height);
	double sx = upright.width / layer->dst.width, sy = upright.height / layer->dst.height;
	struct scene_fbox box = {
		upright.x + part.x * sx, upright.y + part.y * sy, part.width * sx, part.height * sy};
	return scene_fbox_transform(box, scene_transform_invert(layer->transform),
		quarter ? height : width, quarter ? width : height);
}

enum wl_output_transform scene_transform_invert(enum wl_output_transform transform) {
	switch (transform) {
	case WL_OUTPUT_TRANSFORM_90:
		return WL_OUTPUT_TRANSFORM_270;
	case WL_OUTPUT_TRANSFORM_270:
		return WL_OUTPUT_TRANSFORM_90;
	default:
		return transform; // a half turn and every reflection undo themselves
	}
}

// A flip turns the sense of every turn that comes before it.
enum wl_output_transform scene_transform_compose(
	enum wl_output_transform first, enum wl_output_transform second) {
	unsigned turn = second & 3, flips = (first ^ second) & WL_OUTPUT_TRANSFORM_FLIPPED;
	turn = (first & WL_OUTPUT_TRANSFORM_FLIPPED) != 0 ? 4 - turn : turn;
	return (enum wl_output_transform)(((first + turn) & 3) | flips);
}

// The protocol rotates counter-clockwise, after the flip, so undoing turns clockwise first. In a
// frame of the given size a quarter turn clockwise takes (x, y) to (height - y, x).
struct scene_fbox scene_fbox_transform(
	struct scene_fbox box, enum wl_output_transform transform, double width, double height) {
	double right = width - box.x - box.width;
	double below = height - box.y - box.height;
	switch (transform) {
	case WL_OUTPUT_TRANSFORM_90:
		return (struct scene_fbox){below, box.x, box.height, box.width};
	case WL_OUTPUT_TRANSFORM_180:
		return (struct scene_fbox){right, below, box.width, box.height};
	case WL_OUTPUT_TRANSFORM_270:
		return (struct scene_fbox){box.y, right, box.height, box.width};
	case WL_OUTPUT_TRANSFORM_FLIPPED:
		return (struct scene_fbox){right, box.y, box.width, box.height};
	case WL_OUTPUT_TRANSFORM_FLIPPED_90:
		return (struct scene_fbox){box.y, box.x, box.height, box.width};
	case WL_OUTPUT_TRANSFORM_FLIPPED_180:
		return (struct scene_fbox){box.x, below, box.width, box.height};
	case WL_OUTPUT_TRANSFORM_FLIPPED_270:
		return (struct scene_fbox){below, right, box.height, box.width};
	case WL_OUTPUT_TRANSFORM_NORMAL:
	default:
		return box;
	}
}
