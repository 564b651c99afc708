// SPDX-License-Identifier: MIT
// A composed picture with holes, through which planes below it are seen: clear where nothing is drawn
// into them, whatever was there before, and opaque everywhere else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "render/render.h"

enum { SIZE = 40 };

struct fixture {
	uint32_t target[SIZE * SIZE];
	uint32_t low[SIZE * SIZE], high[8 * 8];
	struct render_layer layers[2];
	pixman_region32_t visible[2], opaque[2], holes, damage;
	struct render_canvas *canvas;
};

static void fill(uint32_t *px, int n, uint32_t value) {
	for (int i = 0; i < n; i++) {
		px[i] = value;
	}
}

// An opaque layer all over, of which a plane at 10,10 to 30,30 hides a part, and a small one with
// alpha that straddles the plane's left edge.
static void init(struct fixture *f) {
	*f = (struct fixture){0};
	fill(f->target, SIZE * SIZE, 0x55aa55aa); // what an earlier frame left
	fill(f->low, SIZE * SIZE, 0x00112233);    // XRGB: the unused byte is not alpha
	fill(f->high, 8 * 8, 0x80400000);
	pixman_region32_init_rect(&f->holes, 10, 10, 20, 20);
	pixman_region32_init_rect(&f->damage, 0, 0, SIZE, SIZE);
	pixman_region32_init_rect(&f->visible[0], 0, 0, SIZE, SIZE);
	pixman_region32_subtract(&f->visible[0], &f->visible[0], &f->holes);
	pixman_region32_init_rect(&f->visible[1], 6, 12, 8, 8);
	for (int i = 0; i < 2; i++) {
		pixman_region32_init(&f->opaque[i]);
	}
	f->layers[0] = (struct render_layer){.pixels = {.format = DRM_FORMAT_XRGB8888,
											 .width = SIZE,
											 .height = SIZE,
											 .n_planes = 1,
											 .data = {(uint8_t *)f->low},
											 .stride = {4 * SIZE}},
		.src = {0, 0, SIZE, SIZE},
		.width = SIZE,
		.height = SIZE};
	f->layers[1] = (struct render_layer){.pixels = {.format = DRM_FORMAT_ARGB8888,
											 .width = 8,
											 .height = 8,
											 .n_planes = 1,
											 .data = {(uint8_t *)f->high},
											 .stride = {4 * 8}},
		.src = {0, 0, 8, 8},
		.x = 6,
		.y = 12,
		.width = 8,
		.height = 8};
	for (int i = 0; i < 2; i++) {
		f->layers[i].visible = &f->visible[i];
		f->layers[i].opaque = &f->opaque[i];
	}
}

static void finish(struct fixture *f) {
	render_canvas_destroy(f->canvas);
	for (int i = 0; i < 2; i++) {
		pixman_region32_fini(&f->visible[i]);
		pixman_region32_fini(&f->opaque[i]);
	}
	pixman_region32_fini(&f->holes);
	pixman_region32_fini(&f->damage);
}

static struct render_stats compose(struct fixture *f, int n_layers) {
	struct render_target target = {.format = DRM_FORMAT_ARGB8888,
		.width = SIZE,
		.height = SIZE,
		.data = (uint8_t *)f->target,
		.stride = 4 * SIZE,
		.holes = &f->holes,
		.canvas = &f->canvas};
	struct render_stats stats = {0};
	assert_true(render_compose(&target, &f->damage, f->layers, n_layers, &stats));
	return stats;
}

static bool in(int x, int y, int left, int top, int size) {
	return x >= left && x < left + size && y >= top && y < top + size;
}

static void test_holes_are_clear_and_the_rest_opaque(void **state) {
	(void)state;
	struct fixture f;
	init(&f);
	for (int round = 0; round < 2; round++) { // the second over the first, not over zeroes
		struct render_stats stats = compose(&f, 2);
		assert_int_equal(
			stats.pixels, SIZE * SIZE + 8 * 8); // each px once, the small layer's twice
		for (int i = 0; i < SIZE * SIZE; i++) {
			int x = i % SIZE, y = i / SIZE;
			bool hole = in(x, y, 10, 10, 20), high = in(x, y, 6, 12, 8);
			if (hole) {
				assert_int_equal(f.target[i], high ? 0x80400000 : 0);
			} else {
				// 0x40 + 0x11 x (1 - 0x80 / 0xff), and so on
				assert_int_equal(f.target[i], high ? 0xff481119 : 0xff112233);
			}
		}
	}
	finish(&f);
}

static void test_what_leaves_a_hole_leaves_nothing(void **state) {
	(void)state;
	struct fixture f;
	init(&f);
	compose(&f, 2);
	pixman_region32_fini(&f.damage);
	pixman_region32_init_rect(&f.damage, 6, 12, 8, 8);
	compose(&f, 1);
	for (int i = 0; i < SIZE * SIZE; i++) {
		bool hole = in(i % SIZE, i / SIZE, 10, 10, 20);
		assert_int_equal(f.target[i], hole ? 0 : 0xff112233);
	}
	finish(&f);
}

static void test_black_ground_with_holes(void **state) {
	(void)state;
	struct fixture f;
	init(&f);
	compose(&f, 0);
	for (int i = 0; i < SIZE * SIZE; i++) {
		assert_int_equal(f.target[i], in(i % SIZE, i / SIZE, 10, 10, 20) ? 0 : 0xff000000);
	}
	finish(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holes_are_clear_and_the_rest_opaque),
		cmocka_unit_test(test_what_leaves_a_hole_leaves_nothing),
		cmocka_unit_test(test_black_ground_with_holes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
