// SPDX-License-Identifier: MIT
// A frame like the last one allocates nothing; what is kept follows its buffer; odd input is survived.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "allocations.h"
#include "render-oracle.h"

enum { WIDTH = 200, HEIGHT = 150 };

static uint32_t memory[HEIGHT][WIDTH];

static struct render_target target_with(struct render_canvas **canvas) {
	return (struct render_target){
		.format = DRM_FORMAT_XRGB8888,
		.width = WIDTH,
		.height = HEIGHT,
		.data = (uint8_t *)memory,
		.stride = sizeof(memory[0]),
		.canvas = canvas,
	};
}

static struct render_layer layer_of(const struct picture *picture, int x, int y) {
	return (struct render_layer){
		.pixels = picture->pixels,
		.src = {0, 0, picture->pixels.width, picture->pixels.height},
		.x = x,
		.y = y,
		.width = picture->pixels.width,
		.height = picture->pixels.height,
	};
}

static void expect_picture(const struct render_layer *layers, int n, int tolerance) {
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			struct oracle_colour c = oracle_compose(layers, n, x, y);
			const uint8_t *p = (const uint8_t *)&memory[y][x];
			if (fabs(p[0] - c.b) > tolerance || fabs(p[1] - c.g) > tolerance ||
				fabs(p[2] - c.r) > tolerance) {
				fail_msg("at %d,%d: got %d %d %d instead of %.1f %.1f %.1f", x, y, p[2], p[1], p[0],
					c.r, c.g, c.b);
			}
		}
	}
}

static void compose(const struct render_target *target, const struct render_layer *layers, int n) {
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, WIDTH, HEIGHT);
	struct render_stats stats = {0};
	assert_true(render_compose(target, &all, layers, n, &stats));
	pixman_region32_fini(&all);
}

// ---- allocations ----

static void test_steady_state_allocates_nothing(void **state) {
	(void)state;
	count_allocations();

	struct picture pictures[6];
	picture_init(&pictures[0], DRM_FORMAT_XRGB8888, WIDTH, HEIGHT, 0, 0);
	picture_init(&pictures[1], DRM_FORMAT_ARGB8888, 70, 50, 0, 0);
	picture_init(&pictures[2], DRM_FORMAT_NV12, 40, 40, 0, 0);
	picture_init(&pictures[3], DRM_FORMAT_ARGB8888, 30, 60, 0, 0);
	picture_init(&pictures[4], DRM_FORMAT_YUYV, 32, 24, 0, 0);
	picture_init(&pictures[5], DRM_FORMAT_RGB565, 33, 20, 0, 0);
	for (int i = 0; i < 6; i++) {
		picture_premultiply(&pictures[i]);
	}
	struct render_scratch *scratch[9] = {0};
	struct render_canvas *canvas = NULL;
	struct render_layer layers[9] = {
		layer_of(&pictures[0], 0, 0),
		layer_of(&pictures[1], 10, 10),
		layer_of(&pictures[2], 100, 20),
		layer_of(&pictures[3], 20, 70),
		layer_of(&pictures[4], 90, 80),
		layer_of(&pictures[5], 150, 5),
		{.pixels.solid = {0x1010, 0x2020, 0x3030, 0x8080},
			.x = 5,
			.y = 5,
			.width = 90,
			.height = 90},
		{.pixels.solid = {0xffff, 0, 0, 0xffff}, .x = 60, .y = 60, .width = 40, .height = 40},
		{.pixels.solid = {0, 0x3030, 0, 0x4040}, .x = 0, .y = 100, .width = 200, .height = 50},
	};
	layers[3].transform = WL_OUTPUT_TRANSFORM_90; // turned and blended
	layers[3].width = 60;
	layers[3].height = 30;
	layers[4].width = 75; // YUV, scaled
	layers[4].height = 61;
	pixman_region32_t opaque, visible, damage;
	pixman_region32_init_rect(&opaque, 20, 20, 40, 20);
	pixman_region32_init_rect(&visible, 0, 0, WIDTH, HEIGHT);
	pixman_region32_init_rect(&damage, 0, 0, 160, 140);
	pixman_region32_union_rect(&damage, &damage, 190, 10, 10, 100);
	layers[1].opaque = &opaque;
	for (int i = 0; i < 9; i++) {
		layers[i].visible = &visible;
		layers[i].scratch = &scratch[i];
	}
	struct render_target target = target_with(&canvas);
	for (int frame = 0; frame < 20; frame++) {
		int before = allocations;
		struct render_stats stats = {0};
		assert_true(render_compose(&target, &damage, layers, 9, &stats));
		if (frame > 3) {
			assert_int_equal(allocations - before, 0);
		}
	}
	assert_true(allocations > 0);
	for (int i = 0; i < 9; i++) {
		render_scratch_destroy(scratch[i]);
	}
	for (int i = 0; i < 6; i++) {
		picture_finish(&pictures[i]);
	}
	render_canvas_destroy(canvas);
	pixman_region32_fini(&opaque);
	pixman_region32_fini(&visible);
	pixman_region32_fini(&damage);
}

// ---- what is kept ----

static void test_scratch_follows_buffer(void **state) {
	(void)state;
	struct render_scratch *scratch = NULL;
	struct render_canvas *canvas = NULL;
	struct render_target target = target_with(&canvas);
	static const uint32_t formats[] = {
		DRM_FORMAT_XRGB8888, DRM_FORMAT_NV12, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB8888};
	for (int i = 0; i < 12; i++) {
		struct picture picture;
		picture_init(&picture, formats[i % 4], 60 + i % 3, 40 + i % 2, i % 2 * 4, 0);
		struct render_layer layer = layer_of(&picture, 7, 9);
		layer.scratch = &scratch;
		if (i % 3 == 1) {
			layer.transform = WL_OUTPUT_TRANSFORM_180;
		}
		compose(&target, &layer, 1);
		expect_picture(&layer, 1, 1);
		// New contents in the same memory.
		for (size_t b = 0; b < 60 * 2; b++) {
			picture.memory[0][b] ^= 0x5a;
		}
		compose(&target, &layer, 1);
		expect_picture(&layer, 1, 1);
		picture_finish(&picture);
	}
	render_scratch_destroy(scratch);
	render_scratch_destroy(NULL);
	render_canvas_destroy(canvas);
	render_canvas_destroy(NULL);
}

// The same memory, seen in another way each time.
static void test_scratch_follows_layout(void **state) {
	(void)state;
	struct render_scratch *scratch = NULL;
	struct picture picture;
	picture_init(&picture, DRM_FORMAT_XRGB8888, 64, 64, 0, 0);
	struct render_target target = target_with(NULL);
	for (int i = 0; i < 5; i++) {
		struct render_layer layer = layer_of(&picture, 1, 2);
		layer.pixels.width = layer.width = 30;
		layer.pixels.height = layer.height = i > 0 ? 30 : 20;
		layer.src = (struct render_box){0, 0, layer.width, layer.height};
		layer.pixels.stride[0] = i > 1 ? 4 * 31 : 4 * 64;
		layer.pixels.format = i > 2 ? DRM_FORMAT_XBGR8888 : DRM_FORMAT_XRGB8888;
		layer.pixels.y_invert = i > 3;
		layer.scratch = &scratch;
		compose(&target, &layer, 1);
		expect_picture(&layer, 1, 0);
	}
	render_scratch_destroy(scratch);
	picture_finish(&picture);
}

static void test_one_canvas_for_two_targets(void **state) {
	(void)state;
	struct render_canvas *canvas = NULL;
	struct picture picture;
	picture_init(&picture, DRM_FORMAT_ARGB8888, 50, 50, 0, 0);
	picture_premultiply(&picture);
	struct render_layer layer = layer_of(&picture, 3, 3);
	static uint32_t other[20][20];
	struct render_target small = {
		.format = DRM_FORMAT_RGB565,
		.width = 20,
		.height = 20,
		.data = (uint8_t *)other,
		.stride = sizeof(other[0]),
		.canvas = &canvas,
	};
	struct render_target large = target_with(&canvas);
	for (int i = 0; i < 3; i++) {
		compose(&small, &layer, 1);
		compose(&large, &layer, 1);
		expect_picture(&layer, 1, 1);
	}
	render_canvas_destroy(canvas);
	picture_finish(&picture);
}

// ---- small damage ----

// A change of 16 x 16 px on a large target touches these px and no other byte, whatever lies there.
static void test_small_damage_of_a_large_scene(void **state) {
	(void)state;
	enum { LARGE_WIDTH = 3840, LARGE_HEIGHT = 2160, SIDE = 16 };
	size_t size = (size_t)LARGE_WIDTH * LARGE_HEIGHT * 4;
	struct picture pictures[3];
	picture_init(&pictures[0], DRM_FORMAT_XRGB8888, LARGE_WIDTH, LARGE_HEIGHT, 0, 0);
	picture_init(&pictures[1], DRM_FORMAT_ARGB8888, 1000, 900, 0, 0);
	picture_init(&pictures[2], DRM_FORMAT_NV12, 640, 480, 0, 0);
	picture_premultiply(&pictures[1]);
	struct render_layer layers[3] = {layer_of(&pictures[0], 0, 0), layer_of(&pictures[1], 700, 600),
		layer_of(&pictures[2], 2000, 100)};
	layers[2].width = 1500; // scaled
	layers[2].height = 1500;
	struct render_target target = {.format = DRM_FORMAT_XRGB8888,
		.width = LARGE_WIDTH,
		.height = LARGE_HEIGHT,
		.data = malloc(size),
		.stride = 4 * LARGE_WIDTH};
	uint8_t *before = malloc(size);
	assert_non_null(target.data);
	assert_non_null(before);
	memset(before, 0x5a, size);
	memset(target.data, 0x5a, size);
	static const struct {
		int x, y, draws;
	} places[] = {{0, 0, 1}, {3000, 2144, 1}, {800, 700, 2}, {2500, 1000, 2}};
	for (int i = 0; i < 4; i++) {
		pixman_region32_t damage;
		pixman_region32_init_rect(&damage, places[i].x, places[i].y, SIDE, SIDE);
		struct render_stats stats = {0};
		assert_true(render_compose(&target, &damage, layers, 3, &stats));
		assert_int_equal(stats.pixels, SIDE * SIDE * places[i].draws);
		for (int y = 0; y < SIDE;
			 y++) { // what was drawn is taken over, all else is to be as before
			size_t at = (size_t)(places[i].y + y) * target.stride + 4 * (size_t)places[i].x;
			memcpy(before + at, target.data + at, 4 * SIDE);
			assert_int_not_equal(memcmp(target.data + at, "ZZZZZZZZZZZZZZZZ", 16), 0);
		}
		assert_int_equal(memcmp(before, target.data, size), 0);
		pixman_region32_fini(&damage);
	}
	free(before);
	free(target.data);
	for (int i = 0; i < 3; i++) {
		picture_finish(&pictures[i]);
	}
}

// ---- odd input ----

static void test_nothing_to_draw(void **state) {
	(void)state;
	struct picture picture;
	picture_init(&picture, DRM_FORMAT_XRGB8888, 10, 10, 0, 0);
	struct render_layer layers[8];
	for (int i = 0; i < 8; i++) {
		layers[i] = layer_of(&picture, 0, 0);
	}
	layers[0].pixels.data[0] = NULL;
	layers[1].pixels.format = DRM_FORMAT_R8;
	layers[2].src.width = 0;
	layers[3].src.height = NAN;
	layers[4].width = 0;
	layers[5].height = -1;
	layers[6].x = WIDTH;
	layers[7].y = INT32_MIN;
	struct render_target target = target_with(NULL);
	memset(memory, 0x55, sizeof(memory));
	compose(&target, layers, 8);
	expect_picture(NULL, 0, 0);
	compose(&target, NULL, 0);
	expect_picture(NULL, 0, 0);

	pixman_region32_t nothing;
	pixman_region32_init(&nothing);
	struct render_stats stats = {0};
	memset(memory, 0x55, sizeof(memory));
	assert_true(render_compose(&target, &nothing, layers, 8, &stats));
	assert_int_equal(stats.pixels, 0);
	assert_int_equal(memory[0][0], 0x55555555);
	target.format = DRM_FORMAT_NV12;
	assert_false(render_compose(&target, &nothing, NULL, 0, &stats));
	picture_finish(&picture);
}

// A source box beyond the buffer is a bug above, but no memory beyond the buffer is read.
static void test_source_beyond_buffer(void **state) {
	(void)state;
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_NV12,
		DRM_FORMAT_RGB565, DRM_FORMAT_YUYV};
	struct render_canvas *canvas = NULL;
	struct render_target target = target_with(&canvas);
	for (int round = 0; round < 400; round++) {
		struct picture picture;
		picture_init(&picture, formats[round % 5], random_int(1, 30), random_int(1, 30), 0, 0);
		struct render_layer layer = layer_of(&picture, random_int(-50, 50), random_int(-50, 50));
		layer.src = (struct render_box){random_int(-40, 40) / 2.0, random_int(-40, 40) / 2.0,
			random_int(1, 80) / 2.0, random_int(1, 80) / 2.0};
		layer.width = random_int(0, 1) ? (int)ceil(layer.src.width) : random_int(1, 200);
		layer.height = random_int(0, 1) ? (int)ceil(layer.src.height) : random_int(1, 200);
		layer.transform = (enum wl_output_transform)random_int(0, 7);
		compose(&target, &layer, 1);
		picture_finish(&picture);
	}
	render_canvas_destroy(canvas);
}

// Larger than pixman's own limit, at their own size and made smaller.
static void test_large_buffers(void **state) {
	(void)state;
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_NV12};
	for (int i = 0; i < 8; i++) {
		struct picture picture;
		bool tall = i & 1;
		picture_init(&picture, formats[i / 2 % 2], tall ? 3 : 40001, tall ? 40001 : 3, 0, 0);
		struct render_layer layer = layer_of(&picture, 0, 0);
		if (i < 4) {
			layer.x = tall ? 5 : -39900;
			layer.y = tall ? -39950 : 5;
			struct render_target target = target_with(NULL);
			compose(&target, &layer, 1);
			expect_picture(&layer, 1, 1);
		} else {
			layer.width = tall ? 3 : 150;
			layer.height = tall ? 120 : 3;
			struct render_target target = target_with(NULL);
			compose(&target, &layer, 1);
			expect_picture(&layer, 1, 12); // noise, and positions rounded over 40000 px
		}
		picture_finish(&picture);
	}
}

static void test_extreme_scales(void **state) {
	(void)state;
	struct picture picture;
	picture_init(&picture, DRM_FORMAT_ARGB8888, 1, 1, 0, 0);
	picture.memory[0][3] = 255;
	struct render_layer layer = layer_of(&picture, -8000, -8000);
	layer.width = 16384;
	layer.height = 16384;
	struct render_target target = target_with(NULL);
	compose(&target, &layer, 1);
	expect_picture(&layer, 1, 0);
	picture_finish(&picture);

	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_YUYV, DRM_FORMAT_XBGR8888};
	for (int i = 0; i < 6; i++) { // a large picture in one px, and in one row
		picture_init(&picture, formats[i % 3], 3000, 2500, 0, 0);
		layer = layer_of(&picture, 10, 10);
		layer.width = i < 3 ? 1 : 100;
		layer.height = 1;
		layer.transform = (enum wl_output_transform)i;
		compose(&target, &layer, 1);
		expect_picture(&layer, 1, 6);
		picture_finish(&picture);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady_state_allocates_nothing),
		cmocka_unit_test(test_scratch_follows_buffer),
		cmocka_unit_test(test_scratch_follows_layout),
		cmocka_unit_test(test_one_canvas_for_two_targets),
		cmocka_unit_test(test_small_damage_of_a_large_scene),
		cmocka_unit_test(test_nothing_to_draw),
		cmocka_unit_test(test_source_beyond_buffer),
		cmocka_unit_test(test_large_buffers),
		cmocka_unit_test(test_extreme_scales),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
