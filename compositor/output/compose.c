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

// Draws the layers that `wants` names into `dumb` where `region` says.
static bool draw(struct output *output, struct kms_dumb *dumb, struct render_canvas **canvas,
	const pixman_region32_t *region, bool (*wants)(const struct frame *, int),
	const struct frame *frame, struct render_stats *stats) {
	struct render_target target = {
		.format = dumb->format,
		.width = (int32_t)dumb->width,
		.height = (int32_t)dumb->height,
		.data = dumb->data,
		.stride = dumb->stride,
		.canvas = canvas,
	};
	int n = 0;
	for (int i = 0; i < output->scene.n_layers; i++) {
		struct scene_layer *layer = output->scene.layers[i];
		if (layer->buffer == NULL || !wants(frame, i)) {
			continue;
		}
		pixman_region32_intersect(
			&output->scratch, &output->visible[i], (pixman_region32_t *)region);
		if (pixman_region32_not_empty(&output->scratch) &&
			fill_layer(output, i, &output->render_layers[n])) {
			output->render_index[n++] = i;
			if (stats == &output->composed) {
				layer->composed_bytes += region_area(&output->scratch) *
					format_min_stride(format_info(dumb->format), 0, 1);
			}
		}
	}
	bool ok = render_compose(&target, region, output->render_layers, n, stats);
	for (int r = 0; r < n; r++) {
		struct scene_buffer *buffer = output->scene.layers[output->render_index[r]]->buffer;
		// A truncated pool is the client's own error, posted where the access ends.
		if (buffer->kind != SCENE_BUFFER_SOLID && !buffer->ops->end_access(buffer)) {
			log_debug("a client's buffer was truncated while it was composed");
		}
	}
	return ok;
}

static bool is_composed_layer(const struct frame *frame, int index) {
	return frame->layers[index].placement == FRAME_COMPOSED;
}

static bool is_any_layer(const struct frame *frame, int index) {
	(void)frame;
	(void)index;
	return true;
}

// What opaque planes hide needs no picture below.
static void hidden_by_planes(struct output *output, const struct frame *frame) {
	pixman_region32_clear(&output->hidden);
	for (int i = 0; i < frame->n_layers; i++) {
		if (frame->layers[i].placement != FRAME_PLANE) {
			continue;
		}
		const struct scene_layer *layer = output->scene.layers[i];
		pixman_region32_copy(&output->scratch, (pixman_region32_t *)&layer->opaque);
		pixman_region32_translate(&output->scratch, layer->dst.x, layer->dst.y);
		pixman_region32_union(&output->hidden, &output->hidden, &output->scratch);
	}
}

static int pick_target(const struct output *output) {
	bool front_shown = output->on_screen != NULL && output->on_screen->target == output->front;
	return front_shown ? (output->front + 1) % OUTPUT_TARGETS : output->front;
}

static bool prepare_target(struct output *output, struct output_target *target) {
	if (target->dumb != NULL) {
		return true;
	}
	target->dumb = kms_dumb_create(output->device, (uint32_t)output->scene.width,
		(uint32_t)output->scene.height, output->target_format);
	if (target->dumb == NULL) {
		log_error("%s: no memory for a %dx%d picture: %s", output->device->path,
			output->scene.width, output->scene.height, strerror(errno));
		return false;
	}
	pixman_region32_union_rect(&target->damage, &target->damage, 0, 0,
		(unsigned)output->scene.width, (unsigned)output->scene.height);
	return true;
}

bool output_compose(struct output *output, struct frame *frame) {
	for (int t = 0; t < OUTPUT_TARGETS; t++) {
		pixman_region32_union(
			&output->targets[t].damage, &output->targets[t].damage, &output->damage);
	}
	if (!frame_is_composed(output, frame)) {
		return true;
	}
	hidden_by_planes(output, frame);
	struct output_target *front = &output->targets[output->front];
	pixman_region32_subtract(&output->scratch, &front->damage, &output->hidden);
	if (front->dumb != NULL && !pixman_region32_not_empty(&output->scratch)) {
		frame->target = output->front;
		return true;
	}
	int index = pick_target(output);
	struct output_target *target = &output->targets[index];
	if (!prepare_target(output, target)) {
		return false;
	}
	pixman_region32_t todo;
	pixman_region32_init(&todo);
	pixman_region32_subtract(&todo, &target->damage, &output->hidden);
	struct render_stats *stats = &output->composed;
	*stats = (struct render_stats){0};
	bool ok = draw(output, target->dumb, &target->canvas, &todo, is_composed_layer, frame, stats);
	pixman_region32_fini(&todo);
	frame->composed_px = stats->pixels;
	frame->composed_bytes = stats->bytes;
	output->counters.composed_px += stats->pixels;
	output->counters.composed_bytes += stats->bytes;
	if (ok) {
		pixman_region32_clear(&target->damage);
	}
	output->front = index;
	frame->target = index;
	return ok;
}

bool output_compose_into(struct output *output, struct kms_dumb *dumb) {
	if (!frame_reserve_regions(output, output->scene.n_layers)) {
		return false;
	}
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, dumb->width, dumb->height);
	scene_output_visibility(&output->scene, output->visible, &output->background);
	struct render_stats stats = {0};
	bool ok = draw(output, dumb, NULL, &all, is_any_layer, NULL, &stats);
	pixman_region32_fini(&all);
	return ok;
}
