// SPDX-License-Identifier: MIT
// YUV against its definition in doubles, at every size down to one px, read in any pieces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "render-oracle.h"

static const uint32_t yuv_formats[] = {
	DRM_FORMAT_YUYV,
	DRM_FORMAT_YVYU,
	DRM_FORMAT_UYVY,
	DRM_FORMAT_VYUY,
	DRM_FORMAT_NV12,
	DRM_FORMAT_NV21,
	DRM_FORMAT_NV16,
	DRM_FORMAT_NV61,
	DRM_FORMAT_NV24,
	DRM_FORMAT_NV42,
	DRM_FORMAT_P010,
	DRM_FORMAT_P012,
	DRM_FORMAT_P016,
	DRM_FORMAT_YUV420,
	DRM_FORMAT_YVU420,
	DRM_FORMAT_YUV422,
	DRM_FORMAT_YVU422,
	DRM_FORMAT_YUV444,
	DRM_FORMAT_YVU444,
};

#define N_FORMATS (sizeof(yuv_formats) / sizeof(yuv_formats[0]))

static void compare(const uint8_t *p, struct oracle_colour expected, int tolerance) {
	struct oracle_colour got = oracle_rgb_read(oracle_rgb_find(DRM_FORMAT_XRGB8888), p);
	if (fabs(got.r - round(expected.r)) > tolerance ||
		fabs(got.g - round(expected.g)) > tolerance ||
		fabs(got.b - round(expected.b)) > tolerance) {
		fail_msg("got %.0f %.0f %.0f instead of %.2f %.2f %.2f", got.r, got.g, got.b, expected.r,
			expected.g, expected.b);
	}
}

static struct render_target target_create(uint32_t format, int width, int height) {
	struct render_target target = {
		.format = format,
		.width = width,
		.height = height,
		.stride = ((uint32_t)width * 4 + 7) & ~7u,
	};
	target.data = calloc((size_t)height, target.stride);
	assert_non_null(target.data);
	return target;
}

// Draws the picture unscaled at (0, 0), the damage cut in pieces of `piece` px.
static void draw(const struct render_target *target, const struct picture *picture, int piece) {
	pixman_region32_t visible, damage;
	pixman_region32_init_rect(&visible, 0, 0, (unsigned)target->width, (unsigned)target->height);
	struct render_layer layer = {
		.pixels = picture->pixels,
		.src = {0, 0, picture->pixels.width, picture->pixels.height},
		.width = picture->pixels.width,
		.height = picture->pixels.height,
		.visible = &visible,
	};
	for (int x = 0; x < target->width; x += piece) {
		pixman_region32_init_rect(&damage, x, 0, (unsigned)piece, (unsigned)target->height);
		struct render_stats stats = {0};
		assert_true(render_compose(target, &damage, &layer, 1, &stats));
		pixman_region32_fini(&damage);
	}
	pixman_region32_fini(&visible);
}

// All of Y, and Cb and Cr in steps of 3, through the path that writes straight into the target.
static void check_every_colour(struct format_coding coding) {
	enum { STEPS = 86 };
	struct picture picture;
	picture_init(&picture, DRM_FORMAT_YUV444, 256, STEPS * STEPS, 0, 0);
	picture.pixels.coding = coding;
	for (int row = 0; row < STEPS * STEPS; row++) {
		for (int x = 0; x < 256; x++) {
			picture.memory[0][row * 256 + x] = (uint8_t)x;
			picture.memory[1][row * 256 + x] = (uint8_t)(row % STEPS * 3);
			picture.memory[2][row * 256 + x] = (uint8_t)(row / STEPS * 3);
		}
	}
	struct render_target target = target_create(DRM_FORMAT_XRGB8888, 256, STEPS * STEPS);
	draw(&target, &picture, 256);
	int differ = 0;
	for (int row = 0; row < STEPS * STEPS; row++) {
		for (int x = 0; x < 256; x++) {
			struct oracle_colour expected = oracle_pixel(&picture.pixels, x, row);
			const uint8_t *p = target.data + (size_t)row * target.stride + 4 * x;
			compare(p, expected, 1);
			differ += p[0] != (int)round(expected.b) || p[1] != (int)round(expected.g) ||
				p[2] != (int)round(expected.r);
			assert_int_equal(p[3], 0xff);
		}
	}
	// Off by one only where the exact value is close to a half.
	assert_true(differ < 256 * STEPS * STEPS / 10);
	free(target.data);
	picture_finish(&picture);
}

static void test_every_colour(void **state) {
	(void)state;
	for (int matrix = FORMAT_BT601; matrix <= FORMAT_BT2020; matrix++) {
		check_every_colour((struct format_coding){(enum format_matrix)matrix, false});
		check_every_colour((struct format_coding){(enum format_matrix)matrix, true});
	}
}

// Every luma of 10 bits, chroma at random; full range ends elsewhere than that of 8 bits.
static void test_ten_bits(void **state) {
	(void)state;
	enum { WIDTH = 1024, HEIGHT = 16 };
	for (int coding = 0; coding < 6; coding++) {
		struct picture picture;
		picture_init(&picture, DRM_FORMAT_P010, WIDTH, HEIGHT, 0, 0);
		picture.pixels.coding =
			(struct format_coding){(enum format_matrix)(coding / 2), coding % 2 == 1};
		for (int i = 0; i < WIDTH * HEIGHT; i++) {
			picture.memory[0][2 * i] = (uint8_t)(i << 6);
			picture.memory[0][2 * i + 1] = (uint8_t)(i % WIDTH >> 2);
		}
		for (int i = 0; i < WIDTH * HEIGHT / 2; i++) {
			picture.memory[1][2 * i] &= 0xc0;
		}
		struct render_target target = target_create(DRM_FORMAT_XRGB8888, WIDTH, HEIGHT);
		draw(&target, &picture, WIDTH);
		for (int i = 0; i < WIDTH * HEIGHT; i++) {
			int x = i % WIDTH, y = i / WIDTH;
			compare(target.data + (size_t)y * target.stride + 4 * x,
				oracle_pixel(&picture.pixels, x, y), 1);
		}
		free(target.data);
		picture_finish(&picture);
	}
}

static void test_black_and_white(void **state) {
	(void)state;
	static const uint8_t samples[][3] = {{16, 128, 128}, {235, 128, 128}, {0, 128, 128},
		{255, 128, 128}, {0, 0, 0}, {255, 255, 255}, {255, 0, 0}, {0, 255, 255}};
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct picture picture;
		picture_init(&picture, DRM_FORMAT_YUV444, 1, 1, 0, 0);
		for (int plane = 0; plane < 3; plane++) {
			picture.memory[plane][0] = samples[i][plane];
		}
		struct render_target target = target_create(DRM_FORMAT_XRGB8888, 1, 1);
		draw(&target, &picture, 1);
		compare(target.data,
			oracle_yuv(&picture.pixels, 8, samples[i][0], samples[i][1], samples[i][2]),
			i < 4 ? 0 : 1);
		free(target.data);
		picture_finish(&picture);
	}
}

static void check_size(uint32_t format, int width, int height, int slack, int shift) {
	struct picture picture;
	picture_init(&picture, format, width, height, slack, shift);
	for (int inverted = 0; inverted < 2; inverted++) {
		picture.pixels.y_invert = inverted;
		// Straight into the target, and by way of the staging area.
		static const uint32_t targets[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_XBGR8888};
		for (int t = 0; t < 2; t++) {
			for (int piece = width; piece > 0; piece = piece > 1 ? piece / 3 + (piece == 2) : 0) {
				struct render_target target = target_create(targets[t], width, height);
				draw(&target, &picture, piece);
				for (int y = 0; y < height; y++) {
					for (int x = 0; x < width; x++) {
						struct oracle_colour expected = oracle_pixel(&picture.pixels, x, y);
						if (t == 1) {
							double swap = expected.r;
							expected.r = expected.b;
							expected.b = swap;
						}
						compare(target.data + (size_t)y * target.stride + 4 * x, expected, 1);
					}
				}
				free(target.data);
			}
		}
	}
	picture_finish(&picture);
}

static void test_sizes(void **state) {
	(void)state;
	static const int sizes[][2] = {{1, 1}, {2, 1}, {1, 2}, {3, 3}, {5, 4}, {63, 2}, {64, 2},
		{65, 3}, {66, 2}, {127, 5}, {129, 1}, {200, 7}};
	for (size_t f = 0; f < N_FORMATS; f++) {
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			check_size(yuv_formats[f], sizes[s][0], sizes[s][1], (int)s % 4, (int)f % 3);
		}
	}
}

// Rows go in pieces of 64 px that begin with a chroma sample: every start and length around that.
static void test_pieces(void **state) {
	(void)state;
	enum { WIDTH = 140 };
	for (size_t f = 0; f < N_FORMATS; f++) {
		struct picture picture;
		picture_init(&picture, yuv_formats[f], WIDTH, 1, 0, 0);
		struct render_target target = target_create(DRM_FORMAT_XRGB8888, WIDTH, 1);
		struct render_layer layer = {
			.pixels = picture.pixels, .src = {0, 0, WIDTH, 1}, .width = WIDTH, .height = 1};
		for (int start = 0; start < 4; start++) {
			for (int length = 1; start + length <= WIDTH; length += length == 4 ? 56 : 1) {
				memset(target.data, 0, target.stride);
				pixman_region32_t damage;
				pixman_region32_init_rect(&damage, start, 0, (unsigned)length, 1);
				struct render_stats stats = {0};
				assert_true(render_compose(&target, &damage, &layer, 1, &stats));
				for (int x = 0; x < WIDTH; x++) {
					bool inside = x >= start && x < start + length;
					struct oracle_colour expected = {0};
					if (inside) {
						expected = oracle_pixel(&picture.pixels, x, 0);
					}
					compare(target.data + 4 * x, expected, inside);
				}
			}
		}
		free(target.data);
		picture_finish(&picture);
	}
}

static void test_known_to_can_compose(void **state) {
	(void)state;
	for (size_t f = 0; f < N_FORMATS; f++) {
		assert_true(render_can_compose(yuv_formats[f]));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_colour),
		cmocka_unit_test(test_ten_bits),
		cmocka_unit_test(test_black_and_white),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_known_to_can_compose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
