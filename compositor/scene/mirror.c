// SPDX-License-Identifier: MIT
// From layers of the source to those of the mirror.
//
// Layers lie in px of memory. What turns the source's memory upright and that into the target's is one
// transform (`turn`); what lies within the source, turned, is then scaled and moved, each axis for
// itself, into the part of the target that shows it (`fit`).
#include "scene/mirror.h"

#include <math.h>
#include <stdlib.h>

#include "scene/private.h"

enum {
	MAX_SIZE = 1 << 20, // px of a layer: more than any output has
	MAX_PX = 1 << 29,   // farther away than any output reaches
	MAX_DAMAGE_RECTS = 32,
};

struct scene_mirror_layer {
	struct scene_layer base;
	struct scene_mirror *mirror;
	struct scene_layer *source;      // on the mirror's source; NULL: spare
	struct scene_mirror_layer *next; // of the source's mirrors, or spare; may be NULL
	struct scene_rect cropped;       // what of the source's dst is shown, px of the source
	uint32_t opaque_serial;          // of the source, that `opaque` is for
};

struct scene_mirror {
	struct scene_output *source, *target;
	enum wl_output_transform turn;
	int32_t width, height; // px of the source, turned
	struct scene_rect fit; // px of the target
	bool scaled;
	struct scene_mirror_layer *spare; // may be NULL
	struct scene_mirror *next;        // of the source's mirrors; may be NULL
	pixman_region32_t scratch;        // kept so that a frame allocates nothing
};

// ---- Geometry ----

static int32_t part_of(int64_t length, int64_t numerator, int64_t denominator) {
	int64_t part = (2 * length * numerator + denominator) / (2 * denominator);
	return part > 0 ? (int32_t)part : 1;
}

struct scene_rect scene_mirror_fit(
	int32_t width, int32_t height, int32_t room_width, int32_t room_height) {
	struct scene_rect fit = {0, 0, room_width, room_height};
	if ((int64_t)width * room_height >= (int64_t)height * room_width) {
		fit.height = part_of(height, room_width, width);
		fit.y = (room_height - fit.height) / 2;
	} else {
		fit.width = part_of(width, room_height, height);
		fit.x = (room_width - fit.width) / 2;
	}
	return fit;
}

enum rounding {
	TO_NEAREST, // so that neighbours share an edge
	OUTWARD,
	INWARD,
};

// An edge within `length` px as it lies within `shown` px; `low`: a left or upper one.
static int32_t map_edge(
	double edge, int32_t length, int32_t start, int32_t shown, bool low, enum rounding rounding) {
	double px = edge * shown / length;
	px = start +
		(rounding == TO_NEAREST                ? floor(px + 0.5)
				: low == (rounding == OUTWARD) ? floor(px)
											   : ceil(px));
	return px < -MAX_PX ? -MAX_PX : px > MAX_PX ? MAX_PX : (int32_t)px;
}

// px of the source -> px of the target.
static pixman_box32_t map_box(
	const struct scene_mirror *mirror, const struct scene_fbox *box, enum rounding rounding) {
	const struct scene_rect *fit = &mirror->fit;
	struct scene_fbox turned =
		scene_fbox_transform(*box, mirror->turn, mirror->source->width, mirror->source->height);
	double right = turned.x + turned.width, bottom = turned.y + turned.height;
	return (pixman_box32_t){
		.x1 = map_edge(turned.x, mirror->width, fit->x, fit->width, true, rounding),
		.y1 = map_edge(turned.y, mirror->height, fit->y, fit->height, true, rounding),
		.x2 = map_edge(right, mirror->width, fit->x, fit->width, false, rounding),
		.y2 = map_edge(bottom, mirror->height, fit->y, fit->height, false, rounding),
	};
}

static struct scene_rect map_rect(
	const struct scene_mirror *mirror, const struct scene_rect *rect) {
	struct scene_fbox box = {rect->x, rect->y, rect->width, rect->height};
	pixman_box32_t mapped = map_box(mirror, &box, TO_NEAREST);
	return (struct scene_rect){mapped.x1, mapped.y1, mapped.x2 - mapped.x1, mapped.y2 - mapped.y1};
}

static void crop_axis(int32_t *start, int32_t *length, int32_t limit) {
	int64_t end = (int64_t)*start + *length;
	int64_t first = *start > 0 ? *start : 0;
	end = end < limit ? end : limit;
	*start = (int32_t)first;
	*length = end > first ? (int32_t)(end - first) : 0;
}

static bool is_too_large(int32_t length, int32_t shown, int32_t of) {
	return (int64_t)length * shown / of > MAX_SIZE;
}

// What sticks out of the source must not be seen on the bars. Elsewhere the target's own edge cuts it,
// px for px as the source's does, unless its size would be out of all bounds.
static struct scene_rect crop(const struct scene_mirror *mirror, const struct scene_rect *dst) {
	struct scene_rect cropped = *dst;
	bool quarter = (mirror->turn & WL_OUTPUT_TRANSFORM_90) != 0;
	bool bars_x = mirror->fit.width < mirror->target->width;
	bool bars_y = mirror->fit.height < mirror->target->height;
	int32_t shown_x = quarter ? mirror->fit.height : mirror->fit.width;
	int32_t shown_y = quarter ? mirror->fit.width : mirror->fit.height;
	if ((quarter ? bars_y : bars_x) || is_too_large(dst->width, shown_x, mirror->source->width)) {
		crop_axis(&cropped.x, &cropped.width, mirror->source->width);
	}
	if ((quarter ? bars_x : bars_y) || is_too_large(dst->height, shown_y, mirror->source->height)) {
		crop_axis(&cropped.y, &cropped.height, mirror->source->height);
	}
	return cropped;
}

static bool is_same_rect(const struct scene_rect *a, const struct scene_rect *b) {
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static bool is_same_fbox(const struct scene_fbox *a, const struct scene_fbox *b) {
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

// px of the source that a filter carries contents beyond their own place on the target, where these are
// not px for px what they are on the source.
static int32_t spread(const struct scene_mirror_layer *layer) {
	const struct scene_layer *source = layer->source;
	if (!layer->mirror->scaled) {
		return 0;
	}
	bool quarter = (source->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	double across = source->dst.width / (quarter ? source->src.height : source->src.width);
	double down = source->dst.height / (quarter ? source->src.width : source->src.height);
	double most = fmax(across, down);
	return most > 1 && most < MAX_SIZE ? (int32_t)ceil(most) : most < MAX_SIZE ? 1 : MAX_SIZE;
}

// ---- Regions, relative to dst ----

// False when out of memory.
static bool add_box(
	struct scene_mirror_layer *layer, const pixman_box32_t *box, pixman_region32_t *region) {
	return box->x1 >= box->x2 || box->y1 >= box->y2 ||
		pixman_region32_union_rect(region, region, box->x1 - layer->base.dst.x,
			box->y1 - layer->base.dst.y, (unsigned)(box->x2 - box->x1),
			(unsigned)(box->y2 - box->y1));
}

// Edges are rounded, which moves contents on a scaled mirror by as much as half a px.
static void grow_box(struct scene_mirror_layer *layer, pixman_box32_t *box, int32_t by) {
	if (layer->mirror->scaled) {
		box->x1 -= by;
		box->y1 -= by;
		box->x2 += by;
		box->y2 += by;
	}
}

static bool add_damage_box(struct scene_mirror_layer *layer, const pixman_box32_t *box) {
	const struct scene_layer *source = layer->source;
	double grow = spread(layer);
	struct scene_fbox grown = {
		.x = (double)source->dst.x + box->x1 - grow,
		.y = (double)source->dst.y + box->y1 - grow,
		.width = box->x2 - box->x1 + 2 * grow,
		.height = box->y2 - box->y1 + 2 * grow,
	};
	pixman_box32_t mapped = map_box(layer->mirror, &grown, OUTWARD);
	grow_box(layer, &mapped, 1);
	return add_box(layer, &mapped, &layer->mirror->scratch);
}

// An edge of an opaque part within [start, end) of the source: the layer's own edge stays that, of
// others a filter lets what is beside shine in.
static void shrink(int64_t *from, int64_t *to, int64_t start, int64_t end, int32_t by) {
	*from = *from <= start ? start : *from + by;
	*to = *to >= end ? end : *to - by;
}

static bool add_opaque_box(
	struct scene_mirror_layer *layer, const pixman_box32_t *box, pixman_region32_t *region) {
	const struct scene_rect *dst = &layer->source->dst, *cropped = &layer->cropped;
	int64_t x1 = (int64_t)dst->x + box->x1, x2 = (int64_t)dst->x + box->x2;
	int64_t y1 = (int64_t)dst->y + box->y1, y2 = (int64_t)dst->y + box->y2;
	int64_t right = (int64_t)cropped->x + cropped->width;
	int64_t bottom = (int64_t)cropped->y + cropped->height;
	int32_t by = spread(layer);
	bool whole = x1 <= cropped->x && x2 >= right && y1 <= cropped->y && y2 >= bottom;
	shrink(&x1, &x2, cropped->x, right, by);
	shrink(&y1, &y2, cropped->y, bottom, by);
	if (x1 >= x2 || y1 >= y2) {
		return true;
	}
	struct scene_fbox shrunk = {(double)x1, (double)y1, (double)(x2 - x1), (double)(y2 - y1)};
	// The layer's own edges are rounded to the nearest.
	pixman_box32_t mapped = map_box(layer->mirror, &shrunk, whole ? TO_NEAREST : INWARD);
	grow_box(layer, &mapped, whole ? 0 : -1);
	return add_box(layer, &mapped, region);
}

static void update_opaque(struct scene_mirror_layer *layer) {
	pixman_region32_t *opaque = &layer->mirror->scratch;
	pixman_region32_clear(opaque);
	int n;
	const pixman_box32_t *boxes = pixman_region32_rectangles(&layer->source->opaque, &n);
	bool ok = true;
	for (int i = 0; i < n && ok; i++) {
		ok = add_opaque_box(layer, &boxes[i], opaque);
	}
	layer->opaque_serial = layer->source->opaque_serial;
	if (ok && pixman_region32_equal(opaque, &layer->base.opaque)) {
		return;
	}
	// What is opaque only saves work: without memory for it there is less to save.
	if (!ok || !pixman_region32_copy(&layer->base.opaque, opaque)) {
		pixman_region32_clear(&layer->base.opaque);
	}
	layer->base.opaque_serial++;
}

// ---- One layer ----

static void set_buffer(
	struct scene_layer *layer, struct scene_buffer *buffer, struct scene_release *release) {
	struct scene_buffer *before = layer->buffer;
	struct scene_release *release_before = layer->release;
	if (before != buffer) {
		layer->buffer = scene_buffer_lock(buffer);
		scene_buffer_unlock(before);
	}
	if (release_before != release) {
		layer->release = scene_release_lock(release);
		scene_release_unlock(release_before);
	}
}

// Makes it what its source is now, but for damage that the source was told of.
static void follow(struct scene_mirror_layer *layer) {
	const struct scene_mirror *mirror = layer->mirror;
	const struct scene_layer *source = layer->source;
	struct scene_layer *base = &layer->base;
	struct scene_rect cropped = crop(mirror, &source->dst);
	bool uncut = is_same_rect(&cropped, &source->dst);
	struct scene_fbox src = source->src;
	struct scene_rect dst = {0};
	if (cropped.width > 0 && cropped.height > 0) {
		dst = map_rect(mirror, &cropped);
		if (!uncut && source->buffer) {
			src = scene_layer_part(source,
				(struct scene_fbox){(double)cropped.x - source->dst.x,
					(double)cropped.y - source->dst.y, cropped.width, cropped.height});
		}
	}
	enum wl_output_transform transform = scene_transform_compose(source->transform, mirror->turn);
	bool moved = !is_same_rect(&dst, &base->dst);
	bool reshaped = dst.width != base->dst.width || dst.height != base->dst.height ||
		transform != base->transform || source->fade != base->fade ||
		!format_coding_equal(source->coding, base->coding) || !is_same_fbox(&src, &base->src);
	bool appeared = !base->buffer && source->buffer;
	set_buffer(base, source->buffer, source->release);
	layer->cropped = cropped;
	base->src = src;
	base->dst = dst;
	base->transform = transform;
	base->coding = source->coding;
	base->fade = source->fade;
	base->tearing = source->tearing;
	base->stays = source->stays;
	base->content = source->content;
	base->tree = source->tree;
	// A cursor plane shows px as they are.
	base->whole = source->whole && uncut && !mirror->scaled;
	if (moved || reshaped || layer->opaque_serial != source->opaque_serial) {
		update_opaque(layer);
	}
	if (reshaped || appeared) {
		scene_layer_damage_all(base);
	}
}

void scene_mirror_changed(struct scene_layer *source) {
	for (struct scene_mirror_layer *layer = source->mirrors; layer; layer = layer->next) {
		follow(layer);
	}
}

void scene_mirror_damage_all(struct scene_layer *source) {
	for (struct scene_mirror_layer *layer = source->mirrors; layer; layer = layer->next) {
		follow(layer);
		scene_layer_damage_all(&layer->base);
	}
}

void scene_mirror_damage(struct scene_layer *source, const pixman_region32_t *damage) {
	for (struct scene_mirror_layer *layer = source->mirrors; layer; layer = layer->next) {
		follow(layer);
		pixman_region32_t *mapped = &layer->mirror->scratch;
		pixman_region32_clear(mapped);
		int n;
		const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)damage, &n);
		bool ok = n <= MAX_DAMAGE_RECTS;
		for (int i = 0; i < n && ok; i++) {
			ok = add_damage_box(layer, &boxes[i]);
		}
		if (ok) {
			scene_layer_damage(&layer->base, mapped);
		} else {
			scene_layer_damage_all(&layer->base);
		}
	}
}

static void attach(struct scene_mirror_layer *layer, struct scene_layer *source) {
	scene_layer_init(&layer->base, NULL);
	layer->base.mirrored = source;
	layer->source = source;
	layer->next = source->mirrors;
	source->mirrors = layer;
	layer->opaque_serial = source->opaque_serial - 1; // never that of the source now
}

// It leaves the target and is spare. Its source is to forget it.
static void detach(struct scene_mirror_layer *layer) {
	struct scene_buffer *buffer = layer->base.buffer;
	struct scene_release *release = layer->base.release;
	scene_layer_finish(&layer->base);
	scene_buffer_unlock(buffer);
	scene_release_unlock(release);
	layer->base.mirrored = layer->source = NULL;
	layer->next = layer->mirror->spare;
	layer->mirror->spare = layer;
}

void scene_mirror_left(struct scene_layer *source) {
	while (source->mirrors) {
		struct scene_mirror_layer *layer = source->mirrors;
		source->mirrors = layer->next;
		detach(layer);
	}
}

// ---- The mirror ----

// The layer that follows `source`, made if there is none yet; NULL when out of memory.
static struct scene_mirror_layer *follower(
	struct scene_mirror *mirror, struct scene_layer *source) {
	struct scene_mirror_layer *layer = source->mirrors;
	while (layer && layer->mirror != mirror) {
		layer = layer->next;
	}
	if (layer) {
		return layer;
	}
	layer = mirror->spare;
	if (layer) {
		mirror->spare = layer->next;
	} else {
		layer = calloc(1, sizeof(*layer));
	}
	if (layer) {
		layer->mirror = mirror;
		attach(layer, source);
	}
	return layer;
}

bool scene_mirror_update(struct scene_mirror *mirror) {
	bool ok = true;
	scene_output_begin(mirror->target);
	for (int i = 0; i < mirror->source->n_layers; i++) {
		struct scene_mirror_layer *layer = follower(mirror, mirror->source->layers[i]);
		if (layer) {
			follow(layer);
		}
		ok = layer && scene_output_append(mirror->target, &layer->base) && ok;
	}
	scene_output_end(mirror->target);
	return ok;
}

void scene_mirror_schedule(struct scene_output *source) {
	for (struct scene_mirror *mirror = source->mirrors; mirror; mirror = mirror->next) {
		scene_output_schedule(mirror->target);
	}
}

struct scene_mirror *scene_mirror_create(struct scene_output *target,
	enum wl_output_transform target_transform, struct scene_output *source,
	enum wl_output_transform source_transform) {
	struct scene_mirror *mirror = calloc(1, sizeof(*mirror));
	if (!mirror) {
		return NULL;
	}
	bool source_turned = (source_transform & WL_OUTPUT_TRANSFORM_90) != 0;
	bool target_turned = (target_transform & WL_OUTPUT_TRANSFORM_90) != 0;
	int32_t room_width = target_turned ? target->height : target->width;
	int32_t room_height = target_turned ? target->width : target->height;
	struct scene_rect fit = scene_mirror_fit(source_turned ? source->height : source->width,
		source_turned ? source->width : source->height, room_width, room_height);
	enum wl_output_transform into = scene_transform_invert(target_transform);
	struct scene_fbox box = {fit.x, fit.y, fit.width, fit.height};
	box = scene_fbox_transform(box, into, room_width, room_height);
	mirror->target = target;
	mirror->source = source;
	mirror->fit = (struct scene_rect){
		(int32_t)box.x, (int32_t)box.y, (int32_t)box.width, (int32_t)box.height};
	mirror->turn = scene_transform_compose(source_transform, into);
	bool quarter = (mirror->turn & WL_OUTPUT_TRANSFORM_90) != 0;
	mirror->width = quarter ? source->height : source->width;
	mirror->height = quarter ? source->width : source->height;
	mirror->scaled = mirror->width != mirror->fit.width || mirror->height != mirror->fit.height;
	pixman_region32_init(&mirror->scratch);
	mirror->next = source->mirrors;
	source->mirrors = mirror;
	scene_output_schedule(target);
	return mirror;
}

// Takes the mirror's layer out of those that follow `source`.
static void unfollow(struct scene_mirror *mirror, struct scene_layer *source) {
	struct scene_mirror_layer **link = &source->mirrors;
	while (*link && (*link)->mirror != mirror) {
		link = &(*link)->next;
	}
	struct scene_mirror_layer *layer = *link;
	if (layer) {
		*link = layer->next;
		detach(layer);
	}
}

void scene_mirror_destroy(struct scene_mirror *mirror) {
	if (!mirror) {
		return;
	}
	for (int i = 0; i < mirror->source->n_layers; i++) {
		unfollow(mirror, mirror->source->layers[i]);
	}
	while (mirror->spare) {
		struct scene_mirror_layer *layer = mirror->spare;
		mirror->spare = layer->next;
		free(layer);
	}
	struct scene_mirror **link = &mirror->source->mirrors;
	while (*link != mirror) {
		link = &(*link)->next;
	}
	*link = mirror->next;
	pixman_region32_fini(&mirror->scratch);
	free(mirror);
}
