// SPDX-License-Identifier: MIT
#include "scene/scene.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scene/private.h"

enum {
	MAX_COVERED_RECTS = 128,
	LARGE_PART = 64, // of the output
};

void scene_output_init(struct scene_output *output, int32_t width, int32_t height) {
	*output = (struct scene_output){
		.width = width,
		.height = height,
	};
}

// What frames of this output took counts for nothing on another, whose frames have numbers of their own. Who
// asked for a frame, and has not seen it, still waits for one.
static void leave(struct scene_layer *layer) {
	scene_mirror_left(layer);
	layer->output = NULL;
	layer->awaited = false;
	layer->frame_wanted |= layer->latched_serial != 0;
	layer->latched_serial = 0;
}

static void disown(struct scene_layer **layers, int n_layers) {
	for (int i = 0; i < n_layers; i++) {
		leave(layers[i]);
		layers[i]->listed = false;
	}
}

void scene_output_finish(struct scene_output *output) {
	assert(!output->mirrors);
	disown(output->layers, output->n_layers);
	disown(output->next, output->n_next);
	free(output->layers);
	free(output->next);
	*output = (struct scene_output){0};
}

void scene_output_schedule(struct scene_output *output) {
	if (output->schedule) {
		output->schedule(output);
	}
	scene_mirror_schedule(output);
}

static bool take_out(struct scene_layer **layers, int *n_layers, const struct scene_layer *layer) {
	for (int i = 0; i < *n_layers; i++) {
		if (layers[i] == layer) {
			(*n_layers)--;
			memmove(&layers[i], &layers[i + 1], (size_t)(*n_layers - i) * sizeof(layers[0]));
			return true;
		}
	}
	return false;
}

void scene_output_remove(struct scene_output *output, struct scene_layer *layer) {
	assert(layer->output == output);
	leave(layer);
	if (layer->listed) {
		take_out(output->next, &output->n_next, layer);
		layer->listed = false;
	}
	if (take_out(output->layers, &output->n_layers, layer)) {
		output->changed = true;
		scene_output_schedule(output);
	}
}

void scene_output_begin(struct scene_output *output) {
	(void)output;
	assert(output->n_next == 0); // begin and end come in pairs
}

bool scene_output_append(struct scene_output *output, struct scene_layer *layer) {
	if (output->n_next == output->cap_next) {
		int cap = output->cap_next ? 2 * output->cap_next : 16;
		struct scene_layer **next = realloc(output->next, (size_t)cap * sizeof(*next));
		if (!next) {
			return false;
		}
		output->next = next;
		output->cap_next = cap;
	}
	if (layer->output && layer->output != output) {
		scene_output_remove(layer->output, layer);
	}
	assert(!layer->listed);
	layer->listed = true;
	layer->output = output;
	output->next[output->n_next++] = layer;
	return true;
}

void scene_output_end(struct scene_output *output) {
	bool changed = output->n_layers != output->n_next ||
		(output->n_next > 0 &&
			memcmp(output->layers, output->next,
				(size_t)output->n_next * sizeof(output->next[0])) != 0);
	for (int i = 0; i < output->n_layers; i++) {
		if (!output->layers[i]->listed) {
			leave(output->layers[i]);
		}
	}
	for (int i = 0; i < output->n_next; i++) {
		output->next[i]->listed = false;
	}

	struct scene_layer **layers = output->layers;
	int cap = output->cap_layers;
	output->layers = output->next;
	output->n_layers = output->n_next;
	output->cap_layers = output->cap_next;
	output->next = layers;
	output->n_next = 0;
	output->cap_next = cap;

	if (changed) {
		output->changed = true;
		scene_output_schedule(output);
	}
}

static int32_t clamp_to(int64_t value, int32_t max) {
	return (int32_t)(value < 0 ? 0 : value > max ? max : value);
}

// What of the layer lies on the output, in 64 bits: a client may place it anywhere.
static pixman_box32_t layer_box(
	const struct scene_output *output, const struct scene_layer *layer) {
	const struct scene_rect *dst = &layer->dst;
	return (pixman_box32_t){
		.x1 = clamp_to(dst->x, output->width),
		.y1 = clamp_to(dst->y, output->height),
		.x2 = clamp_to((int64_t)dst->x + dst->width, output->width),
		.y2 = clamp_to((int64_t)dst->y + dst->height, output->height),
	};
}

static bool box_is_empty(const pixman_box32_t *box) {
	return box->x1 >= box->x2 || box->y1 >= box->y2;
}

static void subtract(
	pixman_region32_t *result, const pixman_box32_t *box, const pixman_region32_t *covered) {
	if (box_is_empty(box)) {
		pixman_region32_clear(result);
		return;
	}
	pixman_region32_t whole;
	pixman_region32_init_with_extents(&whole, box);
	if (!pixman_region32_subtract(result, &whole, covered)) {
		// Out of memory: drawing what is hidden costs time, leaving out what is not is wrong.
		pixman_region32_reset(result, box);
	}
	pixman_region32_fini(&whole);
}

// Past some number of rectangles small parts are not worth counting: what they hide is drawn and drawn
// over. It bounds the time that a client with thousands of scattered surfaces can take from a frame.
static bool is_worth_hiding(const struct scene_output *output, const pixman_region32_t *covered,
	const pixman_box32_t *box) {
	int64_t area = (int64_t)(box->x2 - box->x1) * (box->y2 - box->y1);
	return pixman_region32_n_rects((pixman_region32_t *)covered) < MAX_COVERED_RECTS ||
		area >= (int64_t)output->width * output->height / LARGE_PART;
}

void scene_output_visibility(
	const struct scene_output *output, pixman_region32_t *visible, pixman_region32_t *background) {
	pixman_region32_t covered, opaque;
	pixman_region32_init(&covered);
	pixman_region32_init(&opaque);
	for (int i = output->n_layers - 1; i >= 0; i--) {
		const struct scene_layer *layer = output->layers[i];
		pixman_box32_t box = layer_box(output, layer);
		if (!layer->buffer || box_is_empty(&box)) {
			pixman_region32_clear(&visible[i]);
			continue;
		}
		subtract(&visible[i], &box, &covered);
		if (!is_worth_hiding(output, &covered, &box)) {
			continue;
		}
		scene_layer_opaque(layer, &opaque);
		if (!pixman_region32_intersect_rect(&opaque, &opaque, box.x1, box.y1,
				(unsigned)(box.x2 - box.x1), (unsigned)(box.y2 - box.y1)) ||
			!pixman_region32_union(&covered, &covered, &opaque)) {
			pixman_region32_clear(&covered);
		}
	}
	if (background) {
		pixman_box32_t all = {.x2 = output->width, .y2 = output->height};
		subtract(background, &all, &covered);
	}
	pixman_region32_fini(&opaque);
	pixman_region32_fini(&covered);
}

static bool is_same_shape(const struct scene_shape *a, const struct scene_shape *b) {
	return a->id == b->id && a->dst.x == b->dst.x && a->dst.y == b->dst.y &&
		a->dst.width == b->dst.width && a->dst.height == b->dst.height &&
		a->opaque_serial == b->opaque_serial && a->mapped == b->mapped &&
		a->opaque_buffer == b->opaque_buffer;
}

bool scene_output_take_shapes(const struct scene_output *output, struct scene_shape *shapes) {
	bool changed = false;
	for (int i = 0; i < output->n_layers; i++) {
		const struct scene_layer *layer = output->layers[i];
		struct scene_shape shape = {
			.id = layer->id,
			.dst = layer->dst,
			.opaque_serial = layer->opaque_serial,
			.mapped = layer->buffer != NULL,
			.opaque_buffer = layer->buffer != NULL && scene_layer_is_opaque(layer),
		};
		changed |= !is_same_shape(&shapes[i], &shape);
		shapes[i] = shape;
	}
	return changed;
}
