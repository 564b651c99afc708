// SPDX-License-Identifier: MIT
// What of a plane's picture differs from the one before, in px of its framebuffer.
#include <math.h>
#include <string.h>

#include "output/internal.h"

int damage_boxes(const pixman_region32_t *region, struct drm_mode_rect boxes[KMS_DAMAGE_BOXES]) {
	int n;
	const pixman_box32_t *from = pixman_region32_rectangles((pixman_region32_t *)region, &n);
	if (n > KMS_DAMAGE_BOXES) {
		from = pixman_region32_extents((pixman_region32_t *)region);
		n = 1;
	}
	for (int i = 0; i < n; i++) {
		boxes[i] = (struct drm_mode_rect){from[i].x1, from[i].y1, from[i].x2, from[i].y2};
	}
	return n;
}

static int32_t clamp(double value, int32_t max) {
	return value < 0 ? 0 : value > max ? max : (int32_t)value;
}

// From px relative to the layer's dst to px of its buffer. False: it is all of the buffer, or none of it.
static bool to_buffer(const struct scene_layer *layer, struct drm_mode_rect *box) {
	const struct scene_buffer *buffer = layer->buffer;
	struct scene_fbox part = frame_source(
		layer, (struct scene_fbox){box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1});
	*box = (struct drm_mode_rect){
		.x1 = clamp(floor(part.x), buffer->width),
		.y1 = clamp(floor(part.y), buffer->height),
		.x2 = clamp(ceil(part.x + part.width), buffer->width),
		.y2 = clamp(ceil(part.y + part.height), buffer->height),
	};
	bool all =
		box->x1 == 0 && box->y1 == 0 && box->x2 == buffer->width && box->y2 == buffer->height;
	return !all && box->x1 < box->x2 && box->y1 < box->y2;
}

int damage_of_layer(const struct scene_layer *layer, const struct frame_layer *taken,
	struct drm_mode_rect boxes[KMS_DAMAGE_BOXES]) {
	if (!taken->steady) {
		return 0;
	}
	int n = damage_boxes(&layer->damage, boxes);
	for (int i = 0; i < n; i++) {
		if (!to_buffer(layer, &boxes[i])) {
			return 0;
		}
	}
	return n;
}

int damage_of_picture(const struct output *output, const struct frame *frame, int picture,
	struct drm_mode_rect boxes[KMS_DAMAGE_BOXES]) {
	const struct frame *before = output->on_screen;
	const struct output_picture *drawn = &output->pictures[picture];
	// Otherwise the plane shows something else, or the picture of another time.
	if (before == NULL || before->splash || before->picture_plane[picture] < 0 ||
		before->picture_plane[picture] != frame->picture_plane[picture]) {
		return 0;
	}
	const struct drm_mode_rect *first = &drawn->drawn[0];
	bool all = drawn->n_drawn == 1 && first->x1 == 0 && first->y1 == 0 &&
		first->x2 == output->scene.width && first->y2 == output->scene.height;
	if (all) {
		return 0;
	}
	memcpy(boxes, drawn->drawn, sizeof(*boxes) * (size_t)drawn->n_drawn);
	return drawn->n_drawn;
}
