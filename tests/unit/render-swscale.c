// SPDX-License-Identifier: MIT
// YUV against FFmpeg's libswscale: random pictures in each coding, within 2 of 255 a channel.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>

#include "render-oracle.h"

enum { WIDTH = 192, HEIGHT = 96, TOLERANCE = 2, ROUNDS = 4 };

static const struct {
	uint32_t format;
	enum AVPixelFormat theirs;
} pairs[] = {
	{DRM_FORMAT_YUYV, AV_PIX_FMT_YUYV422},
	{DRM_FORMAT_UYVY, AV_PIX_FMT_UYVY422},
	{DRM_FORMAT_NV12, AV_PIX_FMT_NV12},
	{DRM_FORMAT_NV21, AV_PIX_FMT_NV21},
	{DRM_FORMAT_NV16, AV_PIX_FMT_YUV422P}, // it reads no NV16: its chroma is taken apart
	{DRM_FORMAT_NV24, AV_PIX_FMT_NV24},
	{DRM_FORMAT_YUV420, AV_PIX_FMT_YUV420P},
	{DRM_FORMAT_YUV422, AV_PIX_FMT_YUV422P},
	{DRM_FORMAT_YUV444, AV_PIX_FMT_YUV444P},
	{DRM_FORMAT_P010, AV_PIX_FMT_P010LE},
};

static const int coefficients[] = {
	[FORMAT_BT601] = SWS_CS_ITU601,
	[FORMAT_BT709] = SWS_CS_ITU709,
	[FORMAT_BT2020] = SWS_CS_BT2020,
};

static void convert_theirs(
	const struct render_pixels *pixels, enum AVPixelFormat format, uint8_t *out) {
	// Chroma repeated, as planes do it; without SWS_ACCURATE_RND it is off by more than rounding.
	struct SwsContext *context =
		sws_getContext(WIDTH, HEIGHT, format, WIDTH, HEIGHT, AV_PIX_FMT_BGRA,
			SWS_POINT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, NULL, NULL, NULL);
	assert_non_null(context);
	const int *table = sws_getCoefficients(coefficients[pixels->coding.matrix]);
	assert_true(sws_setColorspaceDetails(context, table, pixels->coding.full_range,
					sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16) >= 0);
	const uint8_t *planes[4] = {pixels->data[0], pixels->data[1], pixels->data[2]};
	int strides[4] = {(int)pixels->stride[0], (int)pixels->stride[1], (int)pixels->stride[2]};
	static uint8_t halves[2][HEIGHT][WIDTH / 2];
	if (pixels->format == DRM_FORMAT_NV16) {
		for (int i = 0; i < HEIGHT * WIDTH; i++) {
			halves[i % 2][i / WIDTH][i % WIDTH / 2] = pixels->data[1][i];
		}
		planes[1] = halves[0][0];
		planes[2] = halves[1][0];
		strides[1] = strides[2] = WIDTH / 2;
	}
	int out_stride = 4 * WIDTH;
	assert_int_equal(sws_scale(context, planes, strides, 0, HEIGHT, &out, &out_stride), HEIGHT);
	sws_freeContext(context);
}

static void convert_ours(const struct render_pixels *pixels, uint8_t *out) {
	struct render_target target = {
		.format = DRM_FORMAT_XRGB8888,
		.width = WIDTH,
		.height = HEIGHT,
		.data = out,
		.stride = 4 * WIDTH,
	};
	struct render_layer layer = {
		.pixels = *pixels, .src = {0, 0, WIDTH, HEIGHT}, .width = WIDTH, .height = HEIGHT};
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, WIDTH, HEIGHT);
	struct render_stats stats = {0};
	assert_true(render_compose(&target, &all, &layer, 1, &stats));
	pixman_region32_fini(&all);
}

// Samples that the coding has: of those beyond, libswscale's numbers overflow.
static void make_legal(struct picture *picture) {
	const struct render_pixels *pixels = &picture->pixels;
	const struct format_info *info = format_info(pixels->format);
	bool wide = pixels->format == DRM_FORMAT_P010;
	for (int i = 0; i < pixels->n_planes; i++) {
		size_t size = (size_t)pixels->stride[i] * format_plane_height(info, i, HEIGHT);
		for (size_t b = 0; b < size; b++) {
			uint8_t *byte = &picture->memory[i][b];
			if (wide && b % 2 == 0) {
				*byte &= 0xc0;
			} else if (!pixels->coding.full_range) {
				*byte = (uint8_t)(16 + *byte * (235 - 16) / 256);
			}
		}
	}
}

static void check(int pair, struct format_coding coding) {
	static uint8_t ours[HEIGHT][WIDTH][4], theirs[HEIGHT][WIDTH][4];
	struct picture picture;
	picture_init(&picture, pairs[pair].format, WIDTH, HEIGHT, 0, 0);
	picture.pixels.coding = coding;
	make_legal(&picture);
	convert_ours(&picture.pixels, ours[0][0]);
	convert_theirs(&picture.pixels, pairs[pair].theirs, theirs[0][0]);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		int x = i % WIDTH, y = i / WIDTH;
		for (int c = 0; c < 3; c++) {
			if (abs(ours[y][x][c] - theirs[y][x][c]) > TOLERANCE) {
				char name[5];
				format_name(pairs[pair].format, name);
				fail_msg("%s, matrix %d, full range %d, at %d,%d: channel %d is %d instead of %d",
					name, coding.matrix, coding.full_range, x, y, c, ours[y][x][c],
					theirs[y][x][c]);
			}
		}
	}
	picture_finish(&picture);
}

static void test_random_pictures(void **state) {
	(void)state;
	for (size_t pair = 0; pair < sizeof(pairs) / sizeof(pairs[0]); pair++) {
		for (int matrix = FORMAT_BT601; matrix <= FORMAT_BT2020; matrix++) {
			for (int round = 0; round < ROUNDS; round++) {
				check(
					(int)pair, (struct format_coding){(enum format_matrix)matrix, round % 2 == 1});
			}
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_pictures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
