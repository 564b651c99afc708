// SPDX-License-Identifier: MIT
// Between scene and render/: which pixels of the composed picture are stale, and what fills them.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "output/internal.h"

// The face of a client buffer that render/ sees: what it keeps of it.
struct image_face {
	struct scene_face base;
	struct render_scratch *scratch;
};

static void face_destroy(struct scene_face *base) {
	struct image_face *face = (struct image_face *)base;
	render_scratch_destroy(face->scratch);
	free(face);
}

static struct render_scratch **scratch_of(struct scene_buffer *buffer) {
	if (buffer->image == NULL) {
		struct image_face *face = calloc(1, sizeof(*face));
		if (face == NULL) {
			return NULL;
		}
		face->base.destroy = face_destroy;
		buffer->image = &face->base;
	}
	return &((struct image_face *)buffer->image)->scratch;
}

// Maps the layer's buffer and describes it to render/. False if it can't be read: it is left out.
static bool fill_layer(struct output *output, int index, struct render_layer *out) {
	const struct scene_layer *layer = output->scene.layers[index];
	struct scene_buffer *buffer = layer->buffer;
	*out = (struct render_layer){
		.src = {layer->src.x, layer->src.y, layer->src.width, layer->src.height},
		.x = layer->dst.x,
		.y = layer->dst.y,
		.width = layer->dst.width,
		.height = layer->dst.height,
		.transform = layer->transform,
		.fade = layer->fade,
		.opaque = &output->opaque[index],
		.visible = &output->visible[index],
	};
	pixman_region32_copy(&output->opaque[index], (pixman_region32_t *)&layer->opaque);
	pixman_region32_translate(&output->opaque[index], layer->dst.x, layer->dst.y);
	out->scratch = scratch_of(buffer);
	out->pixels.width = buffer->width;
	out->pixels.height = buffer->height;
	if (buffer->kind == SCENE_BUFFER_SOLID) {
		for (int i = 0; i < 4; i++) {
			out->pixels.solid[i] = buffer->solid[i];
		}
		return true;
	}
	struct scene_pixels pixels = {0};
	if (!buffer->ops->begin_access(buffer, &pixels)) {
		return false;
	}
	out->pixels.format = buffer->format;
	out->pixels.coding = layer->coding;
	out->pixels.y_invert = buffer->y_invert;
	out->pixels.n_planes = pixels.n_planes;
	for (int i = 0; i < pixels.n_planes; i++) {
		out->pixels.data[i] = pixels.data[i];
		out->pixels.stride[i] = pixels.stride[i];
	}
	return true;
}

uint64_t region_area(const pixman_region32_t *region) {
	int n;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);
	uint64_t px = 0;
	for (int i = 0; i < n; i++) {
		px += (uint64_t)(boxes[i].x2 - boxes[i].x1) * (uint64_t)(boxes[i].y2 - boxes[i].y1);
	}
	return px;
}

// px that both hold. Damage is mostly one box, for which nothing has to be allocated.
static uint64_t common_area(
	struct output *output, const pixman_region32_t *visible, const pixman_region32_t *region) {
	if (pixman_region32_n_rects((pixman_region32_t *)region) == 1) {
		pixman_box32_t *box = pixman_region32_extents((pixman_region32_t *)region);
		switch (pixman_region32_contains_rectangle((pixman_region32_t *)visible, box)) {
		case PIXMAN_REGION_OUT:
			return 0;
		case PIXMAN_REGION_IN:
			return region_area(region);
		case PIXMAN_REGION_PART:
			break;
		}
	}
	pixman_region32_intersect(
		&output->scratch, (pixman_region32_t *)visible, (pixman_region32_t *)region);
	return region_area(&output->scratch);
}

// What of the scene a picture shows.
struct drawing {
	const struct frame *frame; // NULL: every layer
	int picture;
	const pixman_region32_t *holes; // may be NULL
	uint32_t format;
	bool blank;                     // the target is new
	struct render_workers *workers; // may be NULL
	struct render_canvas **canvas;  // may be NULL
	struct output_shadow *shadow;   // may be NULL
	struct render_stats *stats;
};

static bool is_drawn(const struct drawing *drawing, int index) {
	if (drawing->frame == NULL) {
		return true;
	}
	const struct frame_layer *layer = &drawing->frame->layers[index];
	return layer->placement == FRAME_COMPOSED && layer->picture == drawing->picture;
}

static bool reserve_shadow(struct output *output, struct output_shadow *shadow, size_t size) {
	if (size <= shadow->size) {
		return true;
	}
	free(shadow->data);
	shadow->data = malloc(size);
	shadow->size = shadow->data != NULL ? size : 0;
	if (shadow->data != NULL) {
		log_info(
			"%s: dumb buffers are slow to read: what is blended is so in a shadow of %zu bytes",
			output->device->path, size);
	}
	return shadow->data != NULL;
}

static void copy_boxes(const struct render_target *from, const struct render_target *to,
	const pixman_region32_t *region) {
	int n;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);
	size_t px = format_min_stride(format_info(to->format), 0, 1);
	for (int i = 0; i < n; i++) {
		const pixman_box32_t *box = &boxes[i];
		for (int32_t y = box->y1; y < box->y2; y++) {
			size_t at = (size_t)y * to->stride + (size_t)box->x1 * px;
			memcpy(to->data + at, from->data + at, (size_t)(box->x2 - box->x1) * px);
		}
	}
}

// By way of the shadow if pixels are blended and the target is slow to read. `region` lies in it.
static bool compose(struct output *output, const struct render_target *target,
	const pixman_region32_t *region, int n_layers, const struct drawing *drawing) {
	struct output_shadow *shadow = drawing->shadow;
	const struct render_layer *layers = output->render_layers;
	size_t size = (size_t)target->stride * (size_t)target->height;
	if (!output->device->prefer_shadow || shadow == NULL ||
		!render_blends(target, layers, n_layers) || !reserve_shadow(output, shadow, size)) {
		return render_compose(target, region, layers, n_layers, drawing->stats);
	}
	struct render_target blended = *target;
	blended.data = shadow->data;
	blended.blank = false;
	blended.canvas = &shadow->canvas;
	bool ok = render_compose(&blended, region, layers, n_layers, drawing->stats);
	copy_boxes(&blended, target, region);
	return ok;
}

// Draws into `dumb` where `region` says.
static bool draw(struct output *output, struct kms_dumb *dumb, const pixman_region32_t *region,
	const struct drawing *drawing) {
	struct render_target target = {
		.format = drawing->format,
		.width = (int32_t)dumb->width,
		.height = (int32_t)dumb->height,
		.data = dumb->data,
		.stride = dumb->stride,
		.holes = drawing->holes,
		.blank = drawing->blank,
		.canvas = drawing->canvas,
		.workers = drawing->workers,
	};
	int n = 0;
	for (int i = 0; i < output->scene.n_layers; i++) {
		struct scene_layer *layer = output->scene.layers[i];
		if (layer->buffer == NULL || !is_drawn(drawing, i)) {
			continue;
		}
		uint64_t px = common_area(output, &output->visible[i], region);
		if (px > 0 && fill_layer(output, i, &output->render_layers[n])) {
			output->render_index[n++] = i;
			if (drawing->frame != NULL) {
				layer->composed_bytes += px * format_min_stride(format_info(dumb->format), 0, 1);
			}
		}
	}
	bool ok = compose(output, &target, region, n, drawing);
	for (int r = 0; r < n; r++) {
		struct scene_buffer *buffer = output->scene.layers[output->render_index[r]]->buffer;
		// A truncated pool is the client's own error, posted where the access ends.
		if (buffer->kind != SCENE_BUFFER_SOLID && !buffer->ops->end_access(buffer)) {
			log_debug("a client's buffer was truncated while it was composed");
		}
	}
	return ok;
}

// What opaque planes above it hide needs no picture. Kept while the same layers are on planes.
static void hidden_by_planes(struct output *output, const struct frame *frame, int index) {
	struct output_picture *picture = &output->pictures[index];
	uint64_t layers = 0;
	for (int i = 0; i < frame->n_planned; i++) {
		layers |= frame->plan.plane_of[i] >= 0 ? UINT64_C(1) << i : 0;
	}
	layers &= ~frame->plan.below[index];
	if (picture->hidden_visibility == output->visibility && picture->hidden_layers == layers) {
		return;
	}
	picture->hidden_visibility = output->visibility;
	picture->hidden_layers = layers;
	for (int t = 0; t < OUTPUT_TARGETS; t++) {
		picture->targets[t].sorted = false;
	}
	pixman_region32_clear(&picture->hidden);
	for (int i = 0; i < frame->n_layers; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		if (layer->placement == FRAME_PLANE && !(layer->below & 1 << index)) {
			scene_layer_opaque(output->scene.layers[i], &output->scratch);
			pixman_region32_union(&picture->hidden, &picture->hidden, &output->scratch);
		}
	}
}

// Both only tell what can be told without a region to be made.
static bool is_surely_inside(pixman_region32_t *inner, pixman_region32_t *outer) {
	return !pixman_region32_not_empty(inner) ||
		pixman_region32_contains_rectangle(outer, pixman_region32_extents(inner)) ==
		PIXMAN_REGION_IN;
}

static bool is_surely_apart(pixman_region32_t *a, pixman_region32_t *b) {
	return !pixman_region32_not_empty(a) ||
		pixman_region32_contains_rectangle(b, pixman_region32_extents(a)) == PIXMAN_REGION_OUT;
}

// Stale px that planes hide are left out of what is to be drawn, until they come to light.
static void sort_damage(
	struct output *output, struct output_picture *picture, struct output_target *target) {
	pixman_region32_t *hidden = &picture->hidden, *scratch = &output->scratch;
	if (target->sorted) {
		return;
	}
	target->sorted = true;
	if (!is_surely_inside(&target->behind, hidden)) {
		pixman_region32_subtract(scratch, &target->behind, hidden);
		pixman_region32_union(&target->damage, &target->damage, scratch);
		pixman_region32_intersect(&target->behind, &target->behind, hidden);
	}
	if (!is_surely_apart(&target->damage, hidden)) {
		pixman_region32_intersect(scratch, &target->damage, hidden);
		pixman_region32_union(&target->behind, &target->behind, scratch);
		pixman_region32_subtract(&target->damage, &target->damage, hidden);
	}
}

// Where planes below it shine through. The upper picture has nothing but what is drawn into it.
static void find_holes(struct output *output, const struct frame *frame, int picture) {
	pixman_region32_clear(&output->holes);
	if (picture > 0) {
		pixman_region32_union_rect(&output->holes, &output->holes, 0, 0,
			(unsigned)output->scene.width, (unsigned)output->scene.height);
		return;
	}
	for (int i = 0; i < frame->n_layers; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		if (layer->placement == FRAME_PLANE && (layer->below & 1 << picture)) {
			pixman_region32_union_rect(&output->holes, &output->holes, layer->dst.x, layer->dst.y,
				(unsigned)layer->dst.width, (unsigned)layer->dst.height);
		}
	}
}

static int pick_target(const struct output *output, int picture) {
	int front = output->pictures[picture].front;
	const struct frame *shown_frame = output->on_screen;
	bool shown = shown_frame != NULL && !shown_frame->splash &&
		shown_frame->picture_target[picture] == front;
	return shown ? (front + 1) % OUTPUT_TARGETS : front;
}

static void damage_target(struct output *output, struct output_target *target) {
	pixman_region32_union_rect(&target->damage, &target->damage, 0, 0,
		(unsigned)output->scene.width, (unsigned)output->scene.height);
	target->sorted = false;
}

// Makes the target's memory, and all of it stale if it was drawn for other purposes.
static bool prepare_target(struct output *output, struct output_target *target, bool alpha) {
	if (target->dumb == NULL) {
		target->dumb = kms_dumb_create(output->device, (uint32_t)output->scene.width,
			(uint32_t)output->scene.height, output->target_format);
		if (target->dumb == NULL) {
			log_error("%s: no memory for a %dx%d picture: %s", output->device->path,
				output->scene.width, output->scene.height, strerror(errno));
			return false;
		}
		target->blank = true; // as it came; pages that are not drawn are not even made
		damage_target(output, target);
	}
	if (target->alpha != alpha) {
		target->alpha = alpha;
		damage_target(output, target);
	}
	return true;
}

// Where `target`, which is about to be drawn into, comes to differ from the picture in front: where it is drawn,
// and where that one is stale.
static void note_drawn(
	struct output *output, struct output_picture *picture, struct output_target *target) {
	struct output_target *front = &picture->targets[picture->front];
	pixman_region32_t *drawn = &target->damage, *scratch = &output->scratch;
	if (!is_surely_inside(&front->damage, drawn) && !pixman_region32_equal(&front->damage, drawn)) {
		pixman_region32_union(scratch, drawn, &front->damage);
		drawn = scratch;
	}
	if (!is_surely_inside(&front->behind, &target->behind) &&
		!pixman_region32_equal(&front->behind, &target->behind)) {
		pixman_region32_union(scratch, drawn, &front->behind);
		drawn = scratch;
	}
	picture->n_drawn = damage_boxes(drawn, picture->drawn);
}

static bool compose_target(
	struct output *output, struct frame *frame, int picture, struct output_target *target) {
	bool alpha = frame->picture_alpha[picture];
	if (!prepare_target(output, target, alpha)) {
		return false;
	}
	if (alpha) {
		find_holes(output, frame, picture);
	}
	struct render_stats stats = {0};
	struct drawing drawing = {
		.frame = frame,
		.picture = picture,
		.holes = alpha ? &output->holes : NULL,
		.format = alpha ? output->target_alpha_format : output->target_format,
		.blank = target->blank,
		.workers = target->warm ? pool_workers(output->pool) : NULL,
		.canvas = &target->canvas,
		.shadow = &output->pictures[picture].shadow,
		.stats = &stats,
	};
	sort_damage(output, &output->pictures[picture], target);
	target->blank = false;
	note_drawn(output, &output->pictures[picture], target);
	bool ok = draw(output, target->dumb, &target->damage, &drawing);
	frame->composed_px += stats.pixels;
	frame->composed_bytes += stats.bytes;
	output->counters.composed_px += stats.pixels;
	output->counters.composed_bytes += stats.bytes;
	target->warm = target->warm || stats.pixels >= target->dumb->width * target->dumb->height / 2;
	if (ok) {
		pixman_region32_clear(&target->damage);
	}
	return ok;
}

static bool compose_picture(struct output *output, struct frame *frame, int index) {
	struct output_picture *picture = &output->pictures[index];
	picture->n_drawn = 0;
	for (int t = 0; pixman_region32_not_empty(&picture->damage) && t < OUTPUT_TARGETS; t++) {
		struct output_target *target = &picture->targets[t];
		pixman_region32_union(&target->damage, &target->damage, &picture->damage);
		target->sorted = false;
	}
	if (frame->picture_plane[index] < 0) {
		return true;
	}
	hidden_by_planes(output, frame, index);
	for (int t = 0; t < OUTPUT_TARGETS; t++) {
		sort_damage(output, picture, &picture->targets[t]);
	}
	struct output_target *front = &picture->targets[picture->front];
	if (front->dumb == NULL || front->alpha != frame->picture_alpha[index] ||
		pixman_region32_not_empty(&front->damage)) {
		int target = pick_target(output, index);
		if (!compose_target(output, frame, index, &picture->targets[target])) {
			return false;
		}
		picture->front = target;
	}
	frame->picture_target[index] = picture->front;
	return true;
}

bool output_compose(struct output *output, struct frame *frame) {
	bool ok = true;
	for (int i = 0; i < FRAME_PICTURES; i++) {
		ok = compose_picture(output, frame, i) && ok;
	}
	return ok;
}

void output_pictures_init(struct output *output) {
	for (int i = 0; i < FRAME_PICTURES; i++) {
		struct output_picture *picture = &output->pictures[i];
		pixman_region32_init(&picture->damage);
		pixman_region32_init(&picture->hidden);
		for (int t = 0; t < OUTPUT_TARGETS; t++) {
			pixman_region32_init(&picture->targets[t].damage);
			pixman_region32_init(&picture->targets[t].behind);
		}
	}
}

void output_pictures_drop(struct output_picture aside[FRAME_PICTURES]) {
	for (int i = 0; i < FRAME_PICTURES; i++) {
		struct output_picture *picture = &aside[i];
		for (int t = 0; t < OUTPUT_TARGETS; t++) {
			struct output_target *target = &picture->targets[t];
			render_canvas_destroy(target->canvas);
			kms_dumb_destroy(target->dumb);
			pixman_region32_fini(&target->damage);
			pixman_region32_fini(&target->behind);
		}
		render_canvas_destroy(picture->shadow.canvas);
		free(picture->shadow.data);
		pixman_region32_fini(&picture->damage);
		pixman_region32_fini(&picture->hidden);
	}
}

void output_pictures_finish(struct output *output) {
	output_pictures_drop(output->pictures);
}

void output_pictures_swap(struct output *output, struct output_picture aside[FRAME_PICTURES]) {
	memcpy(aside, output->pictures, sizeof(output->pictures));
	memset(output->pictures, 0, sizeof(output->pictures));
	output_pictures_init(output);
}

void output_pictures_restore(struct output *output, struct output_picture aside[FRAME_PICTURES]) {
	output_pictures_drop(output->pictures);
	memcpy(output->pictures, aside, sizeof(output->pictures));
}

bool output_pictures_prepare(struct output *output) {
	struct output_picture *lower = &output->pictures[0];
	return prepare_target(output, &lower->targets[lower->front], false);
}

bool output_compose_into(struct output *output, struct kms_dumb *dumb) {
	if (!frame_reserve_regions(output, output->scene.n_layers)) {
		return false;
	}
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, dumb->width, dumb->height);
	frame_visibility(output);
	struct render_stats stats = {0};
	struct drawing drawing = {
		.format = dumb->format, .workers = pool_workers(output->pool), .stats = &stats};
	bool ok = draw(output, dumb, &all, &drawing);
	pixman_region32_fini(&all);
	return ok;
}
