// SPDX-License-Identifier: MIT
// Each format as a source and as a target, and which formats are said to be readable.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "render-oracle.h"

enum { WIDTH = 37, HEIGHT = 9 };

static bool compose(struct render_target *target, struct render_layer *layers, int n) {
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, (unsigned)target->width, (unsigned)target->height);
	for (int i = 0; i < n; i++) {
		layers[i].visible = &all;
	}
	struct render_stats stats = {0};
	bool done = render_compose(target, &all, layers, n, &stats);
	pixman_region32_fini(&all);
	return done;
}

static struct render_layer whole_layer(const struct picture *picture) {
	return (struct render_layer){
		.pixels = picture->pixels,
		.src = {0, 0, picture->pixels.width, picture->pixels.height},
		.width = picture->pixels.width,
		.height = picture->pixels.height,
	};
}

// 10 bit channels lose two bits: pixman's rounding is its own.
static int tolerance_of(const struct oracle_rgb *rgb) {
	return rgb->r.bits > 8 ? 1 : 0;
}

// Colours no larger than alpha in formats of few bits.
static void premultiply_small(struct picture *picture, const struct oracle_rgb *rgb) {
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		uint8_t *p = picture->memory[0] + (size_t)i * (size_t)rgb->bytes;
		uint32_t word = 0;
		memcpy(&word, p, (size_t)rgb->bytes);
		uint32_t alpha = (word >> rgb->a.shift) & ((1u << rgb->a.bits) - 1);
		if (alpha == (1u << rgb->a.bits) - 1) {
			continue;
		}
		const int shifts[] = {rgb->r.shift, rgb->g.shift, rgb->b.shift};
		for (int c = 0; c < 3; c++) {
			uint32_t mask = ((1u << rgb->r.bits) - 1) << shifts[c];
			uint32_t max = ((1u << rgb->r.bits) - 1) * alpha / ((1u << rgb->a.bits) - 1);
			uint32_t value = (word & mask) >> shifts[c];
			word = (word & ~mask) | ((value > max ? max : value) << shifts[c]);
		}
		memcpy(p, &word, (size_t)rgb->bytes);
	}
}

static void test_sources(void **state) {
	(void)state;
	for (size_t f = 0; f < sizeof(oracle_rgb) / sizeof(oracle_rgb[0]); f++) {
		const struct oracle_rgb *rgb = &oracle_rgb[f];
		char name[5];
		format_name(rgb->format, name);
		for (int shift = 0; shift < 4; shift++) { // memory at any address, stride of any length
			struct picture picture;
			picture_init(&picture, rgb->format, WIDTH, HEIGHT, shift ? random_int(0, 5) : 0, shift);
			if (shift == 0 && rgb->a.bits > 0) {
				premultiply_small(&picture, rgb);
			}
			uint32_t pixels[HEIGHT][WIDTH];
			struct render_target target = {
				.format = DRM_FORMAT_XRGB8888,
				.width = WIDTH,
				.height = HEIGHT,
				.data = (uint8_t *)pixels,
				.stride = sizeof(pixels[0]),
			};
			// A colour below, and the picture as if it were opaque for the odd shifts.
			struct render_layer layers[2] = {
				{.pixels.solid = {0x6060, 0xa0a0, 0x3030, 0xffff},
					.width = WIDTH,
					.height = HEIGHT},
				whole_layer(&picture),
			};
			pixman_region32_t opaque;
			pixman_region32_init_rect(&opaque, 0, 0, WIDTH, HEIGHT);
			if (shift > 0) {
				layers[1].opaque = &opaque;
			}
			memset(pixels, 0x77, sizeof(pixels));
			assert_true(compose(&target, layers, 2));
			for (int y = 0; y < HEIGHT; y++) {
				for (int x = 0; x < WIDTH; x++) {
					struct oracle_colour expected = oracle_compose(layers, 2, x, y);
					struct oracle_colour got = oracle_rgb_read(
						oracle_rgb_find(DRM_FORMAT_XRGB8888), (uint8_t *)&pixels[y][x]);
					int tolerance = tolerance_of(rgb);
					if (fabs(got.r - expected.r) > tolerance ||
						fabs(got.g - expected.g) > tolerance ||
						fabs(got.b - expected.b) > tolerance) {
						fail_msg("%s at %d,%d: got %.0f %.0f %.0f instead of %.1f %.1f %.1f", name,
							x, y, got.r, got.g, got.b, expected.r, expected.g, expected.b);
					}
				}
			}
			pixman_region32_fini(&opaque);
			picture_finish(&picture);
		}
	}
}

static void test_targets(void **state) {
	(void)state;
	for (size_t f = 0; f < sizeof(oracle_rgb) / sizeof(oracle_rgb[0]); f++) {
		const struct oracle_rgb *rgb = &oracle_rgb[f];
		if (rgb->bytes % 2 != 0) {
			continue;
		}
		char name[5];
		format_name(rgb->format, name);
		struct picture picture;
		picture_init(&picture, DRM_FORMAT_XRGB8888, WIDTH, HEIGHT, 0, 0);
		uint32_t memory[HEIGHT][WIDTH];
		struct render_target target = {
			.format = rgb->format,
			.width = WIDTH,
			.height = HEIGHT,
			.data = (uint8_t *)memory,
			.stride = sizeof(memory[0]),
		};
		struct render_layer layers[2] = {whole_layer(&picture), whole_layer(&picture)};
		layers[0].height = HEIGHT - 2; // black below
		layers[0].src.height = HEIGHT - 2;
		layers[1] = (struct render_layer){
			.pixels.solid = {0xffff, 0x8080, 0x0000, 0xffff}, .x = 3, .width = 4, .height = 4};
		assert_true(compose(&target, layers, 2));
		for (int y = 0; y < HEIGHT; y++) {
			for (int x = 0; x < WIDTH; x++) {
				struct oracle_colour c = oracle_compose(layers, 2, x, y);
				struct oracle_colour got =
					oracle_rgb_read(rgb, (uint8_t *)memory[y] + x * rgb->bytes);
				double step = rgb->r.bits >= 8 ? 0.3 : 255.0 / ((1 << rgb->r.bits) - 1);
				if (fabs(got.r - c.r) > step || fabs(got.g - c.g) > step ||
					fabs(got.b - c.b) > step || got.a != 255) {
					fail_msg("%s at %d,%d: got %.0f %.0f %.0f %.0f instead of %.1f %.1f %.1f", name,
						x, y, got.r, got.g, got.b, got.a, c.r, c.g, c.b);
				}
			}
		}
		picture_finish(&picture);
	}
}

static void test_can_compose(void **state) {
	(void)state;
	static const uint32_t unreadable[] = {0, DRM_FORMAT_R8, DRM_FORMAT_NV15,
		DRM_FORMAT_XRGB16161616, DRM_FORMAT_ARGB16161616, DRM_FORMAT_C8, DRM_FORMAT_XYUV8888};
	for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++) {
		assert_false(render_can_compose(unreadable[i]));
	}
	for (size_t i = 0; i < sizeof(oracle_rgb) / sizeof(oracle_rgb[0]); i++) {
		assert_true(render_can_compose(oracle_rgb[i].format));
	}
	// What can be composed must be known to the format table, or nobody could check its size.
	const struct format_info *info;
	for (size_t i = 0; (info = format_info_at(i)) != NULL; i++) {
		const struct oracle_rgb *rgb = oracle_rgb_find(info->format);
		if (rgb) {
			assert_int_equal(info->alpha, rgb->a.bits > 0);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_can_compose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
