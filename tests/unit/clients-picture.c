// SPDX-License-Identifier: MIT
// The test card's pictures are what clients/testcard-picture.h says. The expected values here are
// worked out by hand or by a second way, never by the code under test.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "base/format.h"
#include "testcard-picture.h"

#define GUARD 0xa5
#define PAD 16 // bytes after each row that must stay untouched

// A picture in memory of its own with guard bytes around every row.
struct canvas {
	struct testcard_picture picture;
	struct testcard_planes planes;
	uint8_t *memory;
	size_t size;
};

static void canvas_init(struct canvas *canvas, const struct testcard_picture *picture) {
	*canvas = (struct canvas){.picture = *picture};
	const struct format_info *info = format_info(picture->format);
	size_t offsets[3] = {0};
	for (int i = 0; i < info->planes; i++) {
		canvas->planes.strides[i] = format_min_stride(info, i, picture->width) + PAD;
		offsets[i] = canvas->size;
		canvas->size +=
			(size_t)canvas->planes.strides[i] * format_plane_height(info, i, picture->height);
	}
	canvas->memory = malloc(canvas->size);
	assert_non_null(canvas->memory);
	memset(canvas->memory, GUARD, canvas->size);
	for (int i = 0; i < info->planes; i++) {
		canvas->planes.data[i] = canvas->memory + offsets[i];
	}
}

static void canvas_finish(struct canvas *canvas) {
	free(canvas->memory);
}

static struct testcard_picture card(uint32_t format, uint32_t width, uint32_t height) {
	return (struct testcard_picture){
		.format = format, .width = width, .height = height, .alpha = 255};
}

static uint32_t word_at(const struct canvas *canvas, uint32_t x, uint32_t y) {
	uint32_t word;
	memcpy(
		&word, canvas->planes.data[0] + (size_t)y * canvas->planes.strides[0] + (size_t)x * 4, 4);
	return word;
}

static void bars_are_eight_colours(void **state) {
	(void)state;
	static const uint32_t expected[8] = {0xffffffff, 0xffffff00, 0xff00ffff, 0xff00ff00, 0xffff00ff,
		0xffff0000, 0xff0000ff, 0xff000000};
	struct testcard_picture picture = card(DRM_FORMAT_XRGB8888, 320, 240);
	struct canvas canvas;
	canvas_init(&canvas, &picture);
	testcard_picture_draw(&picture, &canvas.planes, 0);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(word_at(&canvas, i * 40, 0), expected[i]);
		assert_int_equal(word_at(&canvas, i * 40 + 39, 239), expected[i]);
	}
	canvas_finish(&canvas);
}

static void gradient_runs_from_corner_to_corner(void **state) {
	(void)state;
	struct testcard_picture picture = card(DRM_FORMAT_XRGB8888, 256, 256);
	picture.pattern = TESTCARD_PATTERN_GRADIENT;
	assert_int_equal(testcard_picture_pixel(&picture, 0, 0, 0), 0xff000080);
	assert_int_equal(testcard_picture_pixel(&picture, 255, 0, 0), 0xffff0080);
	assert_int_equal(testcard_picture_pixel(&picture, 0, 255, 0), 0xff00ff80);
	assert_int_equal(testcard_picture_pixel(&picture, 17, 201, 0), 0xff11c980);
	picture = card(DRM_FORMAT_XRGB8888, 1, 1);
	picture.pattern = TESTCARD_PATTERN_GRADIENT;
	assert_int_equal(testcard_picture_pixel(&picture, 0, 0, 0), 0xff000080);
}

static void number_can_be_read_by_machine(void **state) {
	(void)state;
	static const uint32_t frames[] = {0, 1, 0x12345678, 0xdeadbeef, UINT32_MAX};
	static const struct {
		uint32_t width, height, block;
	} sizes[] = {{320, 240, 8}, {272, 24, 8}, {271, 240, 4}, {136, 12, 4}, {68, 6, 2}};
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct testcard_picture picture =
			card(DRM_FORMAT_XRGB8888, sizes[s].width, sizes[s].height);
		struct canvas canvas;
		canvas_init(&canvas, &picture);
		for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++) {
			testcard_picture_draw(&picture, &canvas.planes, frames[f]);
			uint32_t block = sizes[s].block, read = 0;
			for (uint32_t bit = 0; bit < 32; bit++) {
				uint32_t first = word_at(&canvas, block + bit * block, block);
				uint32_t last = word_at(&canvas, block + bit * block + block - 1, 2 * block - 1);
				assert_int_equal(first, last);
				assert_true(first == 0xffffffff || first == 0xff000000);
				read = read << 1 | (first == 0xffffffff);
			}
			assert_int_equal(read, frames[f]);
		}
		canvas_finish(&canvas);
	}
}

// The digits as people see them: 4 x 7 unit squares each.
static void number_can_be_read_by_people(void **state) {
	(void)state;
	static const char *const shapes[10][7] = {
		{"####", "#..#", "#..#", "#..#", "#..#", "#..#", "####"},
		{"...#", "...#", "...#", "...#", "...#", "...#", "...#"},
		{"####", "...#", "...#", "####", "#...", "#...", "####"},
		{"####", "...#", "...#", "####", "...#", "...#", "####"},
		{"#..#", "#..#", "#..#", "####", "...#", "...#", "...#"},
		{"####", "#...", "#...", "####", "...#", "...#", "####"},
		{"####", "#...", "#...", "####", "#..#", "#..#", "####"},
		{"####", "...#", "...#", "...#", "...#", "...#", "...#"},
		{"####", "#..#", "#..#", "####", "#..#", "#..#", "####"},
		{"####", "#..#", "#..#", "####", "...#", "...#", "####"},
	};
	struct testcard_picture picture = card(DRM_FORMAT_XRGB8888, 320, 240); // u = 8
	uint32_t left = (320 - 31 * 8) / 2, top = (240 - 9 * 8) / 2;
	static const uint32_t frames[] = {12345, 678900, 3987654321};
	static const char *const texts[] = {"012345", "678900", "654321"};
	for (size_t f = 0; f < 3; f++) {
		for (uint32_t i = 0; i < 6 * 4 * 7; i++) {
			uint32_t digit = i / 28, column = i % 28 / 7, row = i % 7;
			uint32_t x = left + (1 + 5 * digit + column) * 8, y = top + (1 + row) * 8;
			bool lit = shapes[texts[f][digit] - '0'][row][column] == '#';
			uint32_t expected = lit ? 0xffffffff : 0xff000000;
			assert_int_equal(testcard_picture_pixel(&picture, x, y, frames[f]), expected);
			assert_int_equal(testcard_picture_pixel(&picture, x + 7, y + 7, frames[f]), expected);
		}
		assert_int_equal(testcard_picture_pixel(&picture, left, top, frames[f]), 0xff000000);
	}
}

// One pixel of each colour in each format, by hand.
static void formats_store_what_they_should(void **state) {
	(void)state;
	static const struct {
		uint32_t format;
		int len;
		uint8_t bytes[8]; // of the pixel 0xff8040
	} cases[] = {
		{DRM_FORMAT_XRGB8888, 4, {0x40, 0x80, 0xff, 0xff}},
		{DRM_FORMAT_ARGB8888, 4, {0x40, 0x80, 0xff, 0xff}},
		{DRM_FORMAT_XBGR8888, 4, {0xff, 0x80, 0x40, 0xff}},
		{DRM_FORMAT_RGBX8888, 4, {0xff, 0x40, 0x80, 0xff}},
		{DRM_FORMAT_BGRX8888, 4, {0xff, 0xff, 0x80, 0x40}},
		{DRM_FORMAT_RGB888, 3, {0x40, 0x80, 0xff}},
		{DRM_FORMAT_BGR888, 3, {0xff, 0x80, 0x40}},
		{DRM_FORMAT_RGB565, 2, {0x08, 0xfc}},   // 11111 100000 01000
		{DRM_FORMAT_BGR565, 2, {0x1f, 0x44}},   // 01000 100000 11111
		{DRM_FORMAT_XRGB1555, 2, {0x08, 0xfe}}, // 1 11111 10000 01000
		{DRM_FORMAT_XRGB4444, 2, {0x84, 0xff}},
		// 11 1111111111 1000000010 0100000001
		{DRM_FORMAT_XRGB2101010, 4, {0x01, 0x09, 0xf8, 0xff}},
		{DRM_FORMAT_XRGB16161616, 8, {0x40, 0x40, 0x80, 0x80, 0xff, 0xff, 0xff, 0xff}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct testcard_picture picture = card(cases[i].format, 4, 4);
		picture.pattern = TESTCARD_PATTERN_SOLID;
		picture.color = 0xff8040;
		struct canvas canvas;
		canvas_init(&canvas, &picture);
		testcard_picture_draw(&picture, &canvas.planes, 0);
		for (uint32_t pixel = 0; pixel < 16; pixel++) {
			const uint8_t *at = canvas.planes.data[0] +
				(size_t)(pixel / 4) * canvas.planes.strides[0] +
				(size_t)(pixel % 4) * (size_t)cases[i].len;
			assert_memory_equal(at, cases[i].bytes, (size_t)cases[i].len);
		}
		canvas_finish(&canvas);
	}
}

// BT.601 limited range of 0xff8040, worked out by hand:
// Y = 16 + ((16830 + 16512 + 1600 + 128) >> 8) = 16 + 136 = 152
// Cb = 128 + ((-9690 - 9472 + 7168 + 128) >> 8) = 128 - 47 = 81
// Cr = 128 + ((28560 - 12032 - 1152 + 128) >> 8) = 128 + 60 = 188
static void yuv_is_bt601_limited(void **state) {
	(void)state;
	static const struct {
		uint32_t format;
		int planes;
		int lens[3];
		uint8_t bytes[3][4];
	} cases[] = {
		{DRM_FORMAT_YUYV, 1, {4}, {{152, 81, 152, 188}}},
		{DRM_FORMAT_YVYU, 1, {4}, {{152, 188, 152, 81}}},
		{DRM_FORMAT_UYVY, 1, {4}, {{81, 152, 188, 152}}},
		{DRM_FORMAT_VYUY, 1, {4}, {{188, 152, 81, 152}}},
		{DRM_FORMAT_NV12, 2, {1, 2}, {{152}, {81, 188}}},
		{DRM_FORMAT_NV21, 2, {1, 2}, {{152}, {188, 81}}},
		{DRM_FORMAT_NV24, 2, {1, 2}, {{152}, {81, 188}}},
		{DRM_FORMAT_P010, 2, {2, 4}, {{0, 152}, {0, 81, 0, 188}}},
		{DRM_FORMAT_YUV420, 3, {1, 1, 1}, {{152}, {81}, {188}}},
		{DRM_FORMAT_YVU420, 3, {1, 1, 1}, {{152}, {188}, {81}}},
		{DRM_FORMAT_YUV444, 3, {1, 1, 1}, {{152}, {81}, {188}}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct testcard_picture picture = card(cases[i].format, 6, 6);
		picture.pattern = TESTCARD_PATTERN_SOLID;
		picture.color = 0xff8040;
		struct canvas canvas;
		canvas_init(&canvas, &picture);
		testcard_picture_draw(&picture, &canvas.planes, 0);
		const struct format_info *info = format_info(cases[i].format);
		for (int p = 0; p < cases[i].planes; p++) {
			uint32_t row = format_min_stride(info, p, 6);
			for (uint32_t y = 0; y < format_plane_height(info, p, 6); y++) {
				const uint8_t *at = canvas.planes.data[p] + (size_t)y * canvas.planes.strides[p];
				for (uint32_t x = 0; x < row; x++) {
					assert_int_equal(at[x], cases[i].bytes[p][x % (uint32_t)cases[i].lens[p]]);
				}
			}
		}
		canvas_finish(&canvas);
	}
}

// The sample that the standard has for the colour, of which 0 is the least and 1 the most; limited range
// has `steps` between them, from `least` on.
static double sample(double value, bool full, double least, double steps) {
	return full ? 255 * value : least + steps * value;
}

static void assert_near(uint8_t got, double expected) {
	double clamped = expected > 255 ? 255 : expected;
	assert_true(got >= clamped - 1 && got <= clamped + 1);
}

static void other_codings_are_the_standards(void **state) {
	(void)state;
	static const double red[] = {0.299, 0.2126, 0.2627}, blue[] = {0.114, 0.0722, 0.0593};
	static const uint32_t colours[] = {0x000000, 0xffffff, 0x808080, 0xff0000, 0x00ff00, 0x0000ff,
		0xffff00, 0x00ffff, 0xff00ff, 0xff8040, 0x123456, 0xfedcba};
	for (int i = 0; i < FORMAT_MATRICES * 2 * (int)(sizeof(colours) / sizeof(colours[0])); i++) {
		struct testcard_picture picture = card(DRM_FORMAT_NV24, 2, 2);
		struct format_coding coding = {(enum format_matrix)(i % FORMAT_MATRICES), i / 3 % 2};
		picture.coding = coding;
		picture.pattern = TESTCARD_PATTERN_SOLID;
		picture.color = colours[i / 6];
		struct canvas canvas;
		canvas_init(&canvas, &picture);
		testcard_picture_draw(&picture, &canvas.planes, 0);
		double r = (picture.color >> 16) / 255.0, g = (picture.color >> 8 & 0xff) / 255.0;
		double b = (picture.color & 0xff) / 255.0, kr = red[coding.matrix],
			   kb = blue[coding.matrix];
		double y = kr * r + (1 - kr - kb) * g + kb * b;
		bool full = coding.full_range;
		assert_near(canvas.planes.data[0][0], sample(y, full, 16, 219));
		double cb = (b - y) / (2 - 2 * kb), cr = (r - y) / (2 - 2 * kr);
		assert_near(canvas.planes.data[1][0], 128 + sample(cb, full, 0, 224));
		assert_near(canvas.planes.data[1][1], 128 + sample(cr, full, 0, 224));
		bool grey = picture.color % 0x10101 == 0;
		assert_true(!grey || (canvas.planes.data[1][0] == 128 && canvas.planes.data[1][1] == 128));
		canvas_finish(&canvas);
	}
}

static void extremes_of_yuv_are_16_and_235(void **state) {
	(void)state;
	struct testcard_picture picture = card(DRM_FORMAT_NV12, 8, 2); // one pixel a bar, no numbers
	struct canvas canvas;
	canvas_init(&canvas, &picture);
	testcard_picture_draw(&picture, &canvas.planes, 0);
	assert_int_equal(canvas.planes.data[0][0], 235);
	assert_int_equal(canvas.planes.data[0][7], 16);
	// Chroma is that of the left pixel of each pair: white, cyan, magenta, blue.
	assert_int_equal(canvas.planes.data[1][0], 128);
	assert_int_equal(canvas.planes.data[1][1], 128);
	assert_int_equal(canvas.planes.data[1][6], 240);
	canvas_finish(&canvas);
}

static void alpha_is_premultiplied(void **state) {
	(void)state;
	struct testcard_picture picture = card(DRM_FORMAT_ARGB8888, 4, 4);
	picture.pattern = TESTCARD_PATTERN_SOLID;
	picture.color = 0xff8001;
	picture.alpha = 128;
	// 128, (128 * 128 + 127) / 255 = 64, (128 + 127) / 255 = 1
	assert_int_equal(testcard_picture_pixel(&picture, 0, 0, 0), 0x80804001);
	picture.alpha = 0;
	assert_int_equal(testcard_picture_pixel(&picture, 0, 0, 0), 0x00000000);
	picture.format = DRM_FORMAT_XRGB8888;
	assert_int_equal(testcard_picture_pixel(&picture, 0, 0, 0), 0xffff8001);
}

// For every format and odd sizes: rows are filled to their end and nothing is written beyond.
static void nothing_is_written_outside(void **state) {
	(void)state;
	static const uint32_t sizes[][2] = {{1, 1}, {3, 5}, {69, 41}, {321, 243}};
	for (size_t f = 0; format_info_at(f); f++) {
		const struct format_info *info = format_info_at(f);
		if (!testcard_picture_draws(info->format)) {
			continue;
		}
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			struct testcard_picture picture = card(info->format, sizes[s][0], sizes[s][1]);
			struct canvas canvas;
			canvas_init(&canvas, &picture);
			testcard_picture_draw(&picture, &canvas.planes, 77);
			testcard_picture_update(&picture, &canvas.planes, 78);
			for (int p = 0; p < info->planes; p++) {
				uint32_t row = format_min_stride(info, p, picture.width);
				for (uint32_t y = 0; y < format_plane_height(info, p, picture.height); y++) {
					const uint8_t *end =
						canvas.planes.data[p] + (size_t)y * canvas.planes.strides[p] + row;
					for (int i = 0; i < PAD; i++) {
						assert_int_equal(end[i], GUARD);
					}
				}
			}
			canvas_finish(&canvas);
		}
	}
}

static void compare_update(const struct testcard_picture *picture) {
	struct canvas drawn, updated, before;
	canvas_init(&drawn, picture);
	canvas_init(&updated, picture);
	canvas_init(&before, picture);
	testcard_picture_draw(picture, &updated.planes, 999999);
	testcard_picture_draw(picture, &before.planes, 999999);
	testcard_picture_update(picture, &updated.planes, 123456);
	testcard_picture_draw(picture, &drawn.planes, 123456);
	assert_memory_equal(drawn.memory, updated.memory, drawn.size);
	assert_memory_not_equal(drawn.memory, before.memory, drawn.size);
	// Nothing differs outside the rectangle that is told.
	struct testcard_rect changes = testcard_picture_changes(picture);
	for (uint32_t y = 0; y < picture->height; y++) {
		for (uint32_t x = 0; x < picture->width; x++) {
			bool inside = x >= changes.x && x < changes.x + changes.width && y >= changes.y &&
				y < changes.y + changes.height;
			if (!inside) {
				assert_int_equal(testcard_picture_pixel(picture, x, y, 999999),
					testcard_picture_pixel(picture, x, y, 123456));
			}
		}
	}
	canvas_finish(&drawn);
	canvas_finish(&updated);
	canvas_finish(&before);
}

static void update_equals_drawing_anew(void **state) {
	(void)state;
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_RGB565, DRM_FORMAT_NV12,
		DRM_FORMAT_YUYV, DRM_FORMAT_YUV420};
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		for (int pattern = TESTCARD_PATTERN_BARS; pattern <= TESTCARD_PATTERN_CYCLE; pattern++) {
			struct testcard_picture picture = card(formats[f], 333, 121);
			picture.pattern = (enum testcard_pattern)pattern;
			compare_update(&picture);
			picture.box_width = 17;
			picture.box_height = 9;
			compare_update(&picture);
		}
	}
}

static void box_is_all_that_changes(void **state) {
	(void)state;
	struct testcard_picture picture = card(DRM_FORMAT_XRGB8888, 320, 240);
	picture.box_width = 16;
	picture.box_height = 16;
	struct testcard_rect changes = testcard_picture_changes(&picture);
	assert_int_equal(changes.x, 152);
	assert_int_equal(changes.y, 112);
	assert_int_equal(changes.width, 16);
	assert_int_equal(changes.height, 16);
	assert_int_equal(testcard_picture_pixel(&picture, 152, 112, 3), 0xff6f6f6f); // 3 * 37 = 0x6f
	// No number at its place.
	assert_int_equal(testcard_picture_pixel(&picture, 8, 8, 0), 0xffffffff);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_are_eight_colours),
		cmocka_unit_test(gradient_runs_from_corner_to_corner),
		cmocka_unit_test(number_can_be_read_by_machine),
		cmocka_unit_test(number_can_be_read_by_people),
		cmocka_unit_test(formats_store_what_they_should),
		cmocka_unit_test(yuv_is_bt601_limited),
		cmocka_unit_test(other_codings_are_the_standards),
		cmocka_unit_test(extremes_of_yuv_are_16_and_235),
		cmocka_unit_test(alpha_is_premultiplied),
		cmocka_unit_test(nothing_is_written_outside),
		cmocka_unit_test(update_equals_drawing_anew),
		cmocka_unit_test(box_is_all_that_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
