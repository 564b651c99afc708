// SPDX-License-Identifier: MIT
// What is visible of each layer, against a px by px count from top to bottom.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "scene/scene.h"

enum { WIDTH = 40, HEIGHT = 30, MAX_LAYERS = 8 };

static uint32_t random_state = 2463534242u;

static int random_int(int low, int high) { // both included
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return low + (int)(random_state % (uint32_t)(high - low + 1));
}

static bool in_rect(const struct scene_rect *rect, int x, int y) {
	return x >= rect->x && y >= rect->y && x - rect->x < rect->width && y - rect->y < rect->height;
}

static bool hides(const struct scene_layer *layer, int x, int y) {
	const struct scene_buffer *buffer = layer->buffer;
	if (!buffer || !in_rect(&layer->dst, x, y)) {
		return false;
	}
	if (buffer->kind == SCENE_BUFFER_SOLID ? buffer->solid[3] == 0xffff
										   : buffer->format == DRM_FORMAT_XRGB8888) {
		return true;
	}
	pixman_region32_t *opaque = (pixman_region32_t *)(uintptr_t)&layer->opaque;
	return pixman_region32_contains_point(opaque, x - layer->dst.x, y - layer->dst.y, NULL);
}

static void check(const struct scene_output *output) {
	pixman_region32_t visible[MAX_LAYERS], background;
	pixman_region32_init_rect(&background, 3, 3, 3, 3); // old contents do not matter
	for (int i = 0; i < output->n_layers; i++) {
		pixman_region32_init_rect(&visible[i], 1, 2, 3, 4);
	}
	scene_output_visibility(output, visible, &background);
	for (int y = -3; y < HEIGHT + 3; y++) {
		for (int x = -3; x < WIDTH + 3; x++) {
			bool open = x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT;
			for (int i = output->n_layers - 1; i >= 0; i--) {
				const struct scene_layer *layer = output->layers[i];
				bool expected = open && layer->buffer && in_rect(&layer->dst, x, y);
				assert_int_equal(pixman_region32_contains_point(&visible[i], x, y, NULL), expected);
				open = open && !hides(layer, x, y);
			}
			assert_int_equal(pixman_region32_contains_point(&background, x, y, NULL), open);
		}
	}
	scene_output_visibility(output, visible, NULL);
	for (int i = 0; i < output->n_layers; i++) {
		pixman_region32_fini(&visible[i]);
	}
	pixman_region32_fini(&background);
}

static void randomise(struct scene_layer *layer, struct scene_buffer *buffer) {
	layer->buffer = random_int(0, 9) == 0 ? NULL : buffer;
	layer->dst = (struct scene_rect){
		.x = random_int(-20, WIDTH + 2),
		.y = random_int(-20, HEIGHT + 2),
		.width = random_int(0, WIDTH + 20),
		.height = random_int(0, HEIGHT + 20),
	};
	bool solid = random_int(0, 3) == 0;
	scene_buffer_init(buffer, NULL, solid ? SCENE_BUFFER_SOLID : SCENE_BUFFER_SHM);
	buffer->format = random_int(0, 2) == 0 ? DRM_FORMAT_XRGB8888 : DRM_FORMAT_ARGB8888;
	buffer->solid[3] = (uint16_t)random_int(0xfffe, 0xffff);
	for (int i = random_int(0, 4); i > 0; i--) {
		pixman_region32_union_rect(&layer->opaque, &layer->opaque, random_int(-5, WIDTH),
			random_int(-5, HEIGHT), (unsigned)random_int(0, 30), (unsigned)random_int(0, 30));
	}
}

static void test_random(void **state) {
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct scene_output output;
		struct scene_layer layers[MAX_LAYERS];
		struct scene_buffer buffers[MAX_LAYERS];
		scene_output_init(&output, WIDTH, HEIGHT);
		scene_output_begin(&output);
		int n = random_int(0, MAX_LAYERS);
		for (int i = 0; i < n; i++) {
			scene_layer_init(&layers[i], NULL);
			randomise(&layers[i], &buffers[i]);
			assert_true(scene_output_append(&output, &layers[i]));
		}
		scene_output_end(&output);
		check(&output);
		for (int i = 0; i < n; i++) {
			scene_layer_finish(&layers[i]);
		}
		scene_output_finish(&output);
	}
}

// However scattered the layers are, the regions stay small; a layer over all of them still hides them.
static void test_scattered(void **state) {
	(void)state;
	enum { SIDE = 100, COUNT = SIDE * SIDE };
	struct scene_output output;
	struct scene_buffer buffer;
	scene_buffer_init(&buffer, NULL, SCENE_BUFFER_SHM);
	buffer.format = DRM_FORMAT_XRGB8888;
	struct scene_layer *layers = test_calloc(COUNT + 2, sizeof(*layers));
	pixman_region32_t *visible = test_calloc(COUNT + 2, sizeof(*visible)), background;
	pixman_region32_init(&background);
	scene_output_init(&output, SIDE * 3, SIDE * 3);
	scene_output_begin(&output);
	for (int i = 0; i < COUNT + 2; i++) {
		scene_layer_init(&layers[i], NULL);
		pixman_region32_init(&visible[i]);
		bool whole = i == 0 || i == COUNT + 1;
		layers[i].buffer = i == COUNT + 1 ? NULL : &buffer;
		layers[i].dst = whole ? (struct scene_rect){0, 0, SIDE * 3, SIDE * 3}
							  : (struct scene_rect){i % SIDE * 3, (i - 1) / SIDE * 3, 1, 1};
		assert_true(scene_output_append(&output, &layers[i]));
	}
	scene_output_end(&output);
	scene_output_visibility(&output, visible, &background);
	assert_in_range(pixman_region32_n_rects(&visible[0]), 2, 1000);
	for (int i = 1; i <= COUNT; i++) {
		assert_true(pixman_region32_not_empty(&visible[i]));
	}
	layers[COUNT + 1].buffer = &buffer;
	scene_output_visibility(&output, visible, &background);
	for (int i = 0; i <= COUNT; i++) {
		assert_false(pixman_region32_not_empty(&visible[i]));
	}
	assert_false(pixman_region32_not_empty(&background));
	for (int i = 0; i < COUNT + 2; i++) {
		scene_layer_finish(&layers[i]);
		pixman_region32_fini(&visible[i]);
	}
	pixman_region32_fini(&background);
	scene_output_finish(&output);
	test_free(visible);
	test_free(layers);
}

static void test_far_away(void **state) {
	(void)state;
	struct scene_output output;
	struct scene_layer layer;
	struct scene_buffer buffer;
	scene_output_init(&output, WIDTH, HEIGHT);
	scene_layer_init(&layer, NULL);
	scene_buffer_init(&buffer, NULL, SCENE_BUFFER_SHM);
	buffer.format = DRM_FORMAT_XRGB8888;
	layer.buffer = &buffer;
	scene_output_begin(&output);
	assert_true(scene_output_append(&output, &layer));
	scene_output_end(&output);
	const struct scene_rect places[] = {
		{INT32_MAX - 5, 0, 100, 100},
		{0, INT32_MIN, 100, 100},
		{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX},
		{-10, -10, 16384, 16384},
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		layer.dst = places[i];
		pixman_region32_t visible, background;
		pixman_region32_init(&visible);
		pixman_region32_init(&background);
		scene_output_visibility(&output, &visible, &background);
		bool covers = i == 3;
		assert_int_equal(pixman_region32_not_empty(&visible), covers);
		assert_int_equal(pixman_region32_not_empty(&background), !covers);
		pixman_region32_fini(&visible);
		pixman_region32_fini(&background);
	}
	scene_layer_finish(&layer);
	scene_output_finish(&output);
}

// Visibility is worked out anew only when the shapes differ: all that it depends on must tell.
static void test_shapes(void **state) {
	(void)state;
	const struct scene_rect dst = {1, 2, 30, 40};
	struct scene_buffer opaque = {.kind = SCENE_BUFFER_SHM, .format = DRM_FORMAT_XRGB8888};
	struct scene_buffer other = opaque;
	struct scene_buffer blended = {.kind = SCENE_BUFFER_SHM, .format = DRM_FORMAT_ARGB8888};
	struct scene_output output;
	struct scene_layer layer;
	struct scene_shape shape = {0};
	scene_output_init(&output, 100, 100);
	scene_layer_init(&layer, NULL);
	layer.dst = dst;
	layer.buffer = &opaque;
	scene_output_begin(&output);
	assert_true(scene_output_append(&output, &layer));
	scene_output_end(&output);
	assert_true(scene_output_take_shapes(&output, &shape));
	assert_false(scene_output_take_shapes(&output, &shape));
	layer.buffer = &other;
	assert_false(scene_output_take_shapes(&output, &shape));
	layer.buffer = &blended;
	assert_true(scene_output_take_shapes(&output, &shape));
	layer.opaque_serial++;
	assert_true(scene_output_take_shapes(&output, &shape));
	layer.dst.x++;
	assert_true(scene_output_take_shapes(&output, &shape));
	layer.dst.height--;
	assert_true(scene_output_take_shapes(&output, &shape));
	layer.buffer = NULL;
	assert_true(scene_output_take_shapes(&output, &shape));
	assert_false(scene_output_take_shapes(&output, &shape));
	scene_layer_finish(&layer);
	scene_output_finish(&output);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_far_away),
		cmocka_unit_test(test_scattered),
		cmocka_unit_test(test_shapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
