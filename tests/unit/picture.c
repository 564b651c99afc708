// SPDX-License-Identifier: MIT
// Pictures of files: px for px what was written, and a word about every file that is none.
#include "picture/internal.h"

#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
// These need some of the above.
#include <cmocka.h>
#include <jpeglib.h>

enum { WIDTH = 21, HEIGHT = 13 };

static char folder[] = "/tmp/vitrine-picture-XXXXXX";
static char file_path[64];

static int set_up(void **state) {
	(void)state;
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	snprintf(file_path, sizeof(file_path), "%s/picture", folder);
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	unlink(file_path);
	return rmdir(folder);
}

// ---- Files ----

struct png_kind {
	int color_type, depth, interlace;
};

// A channel of a px, of 8 bits, such that 1 and 4 bits hold it.
static uint8_t value(int x, int y, int channel, int depth) {
	unsigned v = (unsigned)(x * 37 + y * 101 + channel * 59) & 0xff;
	return depth == 1 ? (v & 1) * 0xff : depth == 4 ? (v & 0xf) * 0x11 : (uint8_t)v;
}

static void put(uint8_t *row, int depth, int i, uint8_t v) {
	if (depth == 16) {
		row[2 * i] = row[2 * i + 1] = v;
	} else if (depth == 8) {
		row[i] = v;
	} else {
		int per_byte = 8 / depth, shift = 8 - depth * (i % per_byte + 1);
		row[i / per_byte] |= (uint8_t)((v >> (8 - depth)) << shift);
	}
}

static int channels_of(int color_type) {
	return color_type == PNG_COLOR_TYPE_RGB_ALPHA ? 4
		: color_type == PNG_COLOR_TYPE_RGB        ? 3
		: color_type == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
												  : 1;
}

static void write_png(struct png_kind kind, uint32_t width, uint32_t height) {
	FILE *file = fopen(file_path, "wb");
	assert_non_null(file);
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	assert_int_equal(setjmp(png_jmpbuf(png)), 0);
	png_init_io(png, file);
	png_set_IHDR(png, info, width, height, kind.depth, kind.color_type, kind.interlace,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	int passes = png_set_interlace_handling(png), n = channels_of(kind.color_type);
	uint8_t *row = malloc((size_t)width * 8);
	assert_non_null(row);
	for (int pass = 0; pass < passes; pass++) {
		for (uint32_t y = 0; y < height; y++) {
			memset(row, 0, (size_t)width * 8);
			for (int i = 0; width == WIDTH && i < WIDTH * n; i++) {
				put(row, kind.depth, i, value(i / n, (int)y, i % n, kind.depth));
			}
			png_write_row(png, row);
		}
	}
	png_write_end(png, NULL);
	free(row);
	png_destroy_write_struct(&png, &info);
	fclose(file);
}

static void write_jpeg(J_COLOR_SPACE space, int components) {
	struct jpeg_error_mgr errors;
	struct jpeg_compress_struct info = {.err = jpeg_std_error(&errors)};
	FILE *file = fopen(file_path, "wb");
	assert_non_null(file);
	jpeg_create_compress(&info);
	jpeg_stdio_dest(&info, file);
	info.image_width = 40;
	info.image_height = 24;
	info.input_components = components;
	info.in_color_space = space;
	jpeg_set_defaults(&info);
	jpeg_set_quality(&info, 100, TRUE);
	jpeg_start_compress(&info, TRUE);
	uint8_t row[40 * 4];
	memset(row, 0x80, sizeof(row)); // grey in all of them, which no rounding changes
	while (info.next_scanline < info.image_height) {
		JSAMPROW rows[] = {row};
		jpeg_write_scanlines(&info, rows, 1);
	}
	jpeg_finish_compress(&info);
	jpeg_destroy_compress(&info);
	fclose(file);
}

static void write_bytes(const void *bytes, size_t size) {
	FILE *file = fopen(file_path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static size_t read_bytes(uint8_t *bytes, size_t size) {
	FILE *file = fopen(file_path, "rb");
	assert_non_null(file);
	size_t n = fread(bytes, 1, size, file);
	fclose(file);
	assert_true(n < size);
	return n;
}

static void expect_refused(const char *path, const char *why) {
	char error[PICTURE_ERROR_SIZE] = "";
	assert_null(picture_load(path, NULL, error));
	if (strncmp(error, path, strlen(path)) != 0 || strstr(error, why) == NULL) {
		fail_msg("expected '%s: ...%s...', got '%s'", path, why, error);
	}
}

static pixman_image_t *load(void) {
	char error[PICTURE_ERROR_SIZE] = "";
	pixman_image_t *image = picture_load(file_path, NULL, error);
	if (image == NULL) {
		fail_msg("%s", error);
	}
	return image;
}

static uint32_t px_at(pixman_image_t *image, int x, int y) {
	return pixman_image_get_data(image)[y * pixman_image_get_stride(image) / 4 + x];
}

// ---- Reading ----

static uint32_t expected_px(struct png_kind kind, int x, int y) {
	uint32_t c[4];
	int n = channels_of(kind.color_type);
	for (int i = 0; i < 4; i++) {
		c[i] = value(x, y, n < 3 ? 0 : i, kind.depth);
	}
	uint32_t a = n == 4 ? c[3] : n == 2 ? value(x, y, 1, kind.depth) : 0xff;
	for (int i = 0; i < 3; i++) {
		c[i] = (c[i] * a + 127) / 255;
	}
	return a << 24 | c[0] << 16 | c[1] << 8 | c[2];
}

static void test_png(void **state) {
	(void)state;
	static const struct png_kind kinds[] = {
		{PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_NONE},
		{PNG_COLOR_TYPE_RGB, 16, PNG_INTERLACE_NONE},
		{PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_NONE},
		{PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_ADAM7},
		{PNG_COLOR_TYPE_RGB_ALPHA, 16, PNG_INTERLACE_ADAM7},
		{PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE},
		{PNG_COLOR_TYPE_GRAY, 4, PNG_INTERLACE_ADAM7},
		{PNG_COLOR_TYPE_GRAY_ALPHA, 8, PNG_INTERLACE_NONE},
	};
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		write_png(kinds[k], WIDTH, HEIGHT);
		pixman_image_t *image = load();
		assert_int_equal(pixman_image_get_width(image), WIDTH);
		assert_int_equal(pixman_image_get_height(image), HEIGHT);
		for (int i = 0; i < WIDTH * HEIGHT; i++) {
			uint32_t is = px_at(image, i % WIDTH, i / WIDTH);
			uint32_t should = expected_px(kinds[k], i % WIDTH, i / WIDTH);
			if (is != should) {
				fail_msg("kind %zu, px %d: %08x instead of %08x", k, i, is, should);
			}
		}
		pixman_image_unref(image);
	}
}

static void test_jpeg(void **state) {
	(void)state;
	static const struct {
		J_COLOR_SPACE space;
		int components;
	} kinds[] = {{JCS_RGB, 3}, {JCS_GRAYSCALE, 1}};
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		write_jpeg(kinds[k].space, kinds[k].components);
		pixman_image_t *image = load();
		assert_int_equal(pixman_image_get_width(image), 40);
		assert_int_equal(pixman_image_get_height(image), 24);
		for (int i = 0; i < 40 * 24; i++) {
			assert_int_equal(px_at(image, i % 40, i / 40), 0xff808080);
		}
		pixman_image_unref(image);
	}
	write_jpeg(JCS_CMYK, 4);
	expect_refused(file_path, "CMYK");
}

static void test_no_picture(void **state) {
	(void)state;
	expect_refused("/nonexistent/picture.png", "No such file");
	expect_refused(folder, "is no file");
	write_bytes("", 0);
	expect_refused(file_path, "neither PNG nor JPEG");
	write_bytes("GIF89a, perhaps", 15);
	expect_refused(file_path, "neither PNG nor JPEG");
	unlink(file_path);
	assert_int_equal(mkfifo(file_path, 0600), 0); // nobody will ever write to it
	expect_refused(file_path, "is no file");
	unlink(file_path);
}

static void test_too_large(void **state) {
	(void)state;
	const struct png_kind bits = {PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE};
	write_png(bits, PICTURE_MAX_SIDE + 1, 1);
	expect_refused(file_path, "has 16385x1 px");
	write_png(bits, PICTURE_MAX_SIDE, PICTURE_MAX_PIXELS / PICTURE_MAX_SIDE + 1);
	expect_refused(file_path, "has 16384x2561 px");
	unlink(file_path);
	assert_int_equal(mknod(file_path, S_IFREG | 0600, 0), 0);
	assert_int_equal(truncate(file_path, PICTURE_MAX_FILE + 1), 0);
	expect_refused(file_path, "bytes: expected at most");
}

// Cut off anywhere, or with any byte another one.
static void check_damage(const uint8_t *bytes, size_t size) {
	char error[PICTURE_ERROR_SIZE];
	for (size_t n = 0; n < size; n++) {
		write_bytes(bytes, n);
		expect_refused(file_path, n > 8 ? "is damaged" : "");
	}
	uint8_t *copy = malloc(size);
	assert_non_null(copy);
	for (size_t i = 0; i < size; i++) {
		memcpy(copy, bytes, size);
		copy[i] ^= (uint8_t)(1 + i * 7 % 255);
		write_bytes(copy, size);
		pixman_image_t *image = picture_load(file_path, NULL, error);
		assert_true((image == NULL) == (error[0] != '\0'));
		if (image != NULL) {
			pixman_image_unref(image);
		}
	}
	free(copy);
}

static void test_damaged(void **state) {
	(void)state;
	static uint8_t bytes[16384];
	write_png((struct png_kind){PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_ADAM7}, WIDTH, HEIGHT);
	check_damage(bytes, read_bytes(bytes, sizeof(bytes)));
	write_jpeg(JCS_RGB, 3);
	check_damage(bytes, read_bytes(bytes, sizeof(bytes)));
}

static void test_cancelled(void **state) {
	(void)state;
	atomic_bool cancel;
	atomic_init(&cancel, true);
	char error[PICTURE_ERROR_SIZE] = "?";
	write_png((struct png_kind){PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_NONE}, WIDTH, HEIGHT);
	assert_null(picture_load(file_path, &cancel, error));
	assert_string_equal(error, "");
	write_jpeg(JCS_RGB, 3);
	assert_null(picture_load(file_path, &cancel, error));
	assert_string_equal(error, "");
}

// ---- Places ----

static void test_places(void **state) {
	(void)state;
	static const struct {
		enum picture_fit fit;
		int32_t picture[2], area[2];
		struct picture_place place;
	} cases[] = {
		{PICTURE_COVER, {640, 240}, {320, 240}, {160, 0, 320, 240, 0, 0, 320, 240}},
		{PICTURE_COVER, {321, 240}, {320, 240}, {0, 0, 320, 240, 0, 0, 320, 240}},
		{PICTURE_COVER, {160, 240}, {320, 240}, {0, 60, 160, 120, 0, 0, 320, 240}},
		{PICTURE_CONTAIN, {320, 120}, {320, 240}, {0, 0, 320, 120, 0, 60, 320, 120}},
		{PICTURE_CONTAIN, {640, 960}, {320, 240}, {0, 0, 640, 960, 80, 0, 160, 240}},
		{PICTURE_CONTAIN, {9000, 1}, {320, 240}, {0, 0, 9000, 1, 0, 119, 320, 1}},
		{PICTURE_STRETCH, {7, 9}, {320, 240}, {0, 0, 7, 9, 0, 0, 320, 240}},
		{PICTURE_CENTRE, {100, 50}, {320, 240}, {0, 0, 100, 50, 110, 95, 100, 50}},
		{PICTURE_CENTRE, {1000, 501}, {320, 240}, {340, 130, 320, 240, 0, 0, 320, 240}},
		{PICTURE_CENTRE, {1000, 50}, {320, 240}, {340, 0, 320, 50, 0, 95, 320, 50}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct picture_place is = picture_place(cases[i].fit, cases[i].picture[0],
			cases[i].picture[1], cases[i].area[0], cases[i].area[1]);
		const struct picture_place *should = &cases[i].place;
		if (is.src_x != should->src_x || is.src_y != should->src_y ||
			is.src_width != should->src_width || is.src_height != should->src_height ||
			is.x != should->x || is.y != should->y || is.width != should->width ||
			is.height != should->height) {
			fail_msg("case %zu: %g,%g %gx%g at %d,%d %dx%d", i, is.src_x, is.src_y, is.src_width,
				is.src_height, is.x, is.y, is.width, is.height);
		}
	}
}

// ---- Drawing ----

static pixman_image_t *make_image(int width, int height, bool uniform) {
	pixman_image_t *image = pixman_image_create_bits(PIXMAN_a8r8g8b8, width, height, NULL, 0);
	assert_non_null(image);
	for (int i = 0; i < width * height; i++) {
		pixman_image_get_data(image)[i] =
			uniform ? 0xff3c7fb1 : 0xff000000 | (uint32_t)(i * 7919 & 0xffffff);
	}
	return image;
}

// What of the target is outside of the place stays as it was.
static void test_draw_unscaled(void **state) {
	(void)state;
	pixman_image_t *picture = make_image(50, 30, false), *target = make_image(40, 40, true);
	struct picture_place place = picture_place(PICTURE_CENTRE, 50, 30, 40, 40);
	assert_true(picture_draw(picture, &place, target, NULL));
	for (int i = 0; i < 40 * 40; i++) {
		int x = i % 40, y = i / 40;
		uint32_t should = y < 5 || y >= 35 ? 0xff3c7fb1 : px_at(picture, x + 5, y - 5);
		assert_int_equal(px_at(target, x, y), should);
	}
	pixman_image_unref(picture);
	pixman_image_unref(target);
}

// One colour stays that colour at any size, up to the edges.
static void test_draw_scaled(void **state) {
	(void)state;
	static const int sizes[][2] = {{3, 5}, {33, 47}, {64, 48}, {500, 300}, {1000, 7}, {1, 1}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pixman_image_t *picture = make_image(sizes[i][0], sizes[i][1], true);
		pixman_image_t *target = make_image(64, 48, false);
		struct picture_place place =
			picture_place(PICTURE_STRETCH, sizes[i][0], sizes[i][1], 64, 48);
		assert_true(picture_draw(picture, &place, target, NULL));
		for (int px = 0; px < 64 * 48; px++) {
			if (px_at(target, px % 64, px / 64) != 0xff3c7fb1) {
				fail_msg("%dx%d, px %d: %08x", sizes[i][0], sizes[i][1], px,
					px_at(target, px % 64, px / 64));
			}
		}
		pixman_image_unref(picture);
		pixman_image_unref(target);
	}
}

// What is shrunk is the mean of what it covers, to within what the filter takes of its neighbours.
static void test_draw_half(void **state) {
	(void)state;
	pixman_image_t *picture = make_image(64, 32, true), *target = make_image(32, 16, false);
	uint32_t *data = pixman_image_get_data(picture);
	for (int i = 0; i < 64 * 32; i++) {
		data[i] = (i % 64 + i / 64) % 2 == 0 ? 0xff000000 : 0xffffffff; // a chessboard
	}
	struct picture_place place = picture_place(PICTURE_CONTAIN, 64, 32, 32, 16);
	assert_true(picture_draw(picture, &place, target, NULL));
	for (int i = 0; i < 32 * 16; i++) {
		assert_in_range(px_at(target, i % 32, i / 32) & 0xff, 0x78, 0x88);
	}
	pixman_image_unref(picture);
	pixman_image_unref(target);
}

// ---- Exif data ----

static const uint8_t little[] = "Exif\0\0II*\0\x8\0\0\0\2\0"
								"\x0f\1\2\0\4\0\0\0Vi.\0"
								"\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0";
static const uint8_t big[] = "Exif\0\0MM\0*\0\0\0\xc....\0\1"
							 "\1\x12\0\3\0\0\0\1\0\x8\0\0\0\0\0";

// In memory of its own, past whose end the sanitizer sees a read.
static int orientation_of(const uint8_t *data, size_t size) {
	uint8_t *copy = malloc(size + (size == 0));
	assert_non_null(copy);
	memcpy(copy, data, size);
	int orientation = picture_exif_orientation(copy, size);
	free(copy);
	return orientation;
}

// Any part of it says what all of it does, or nothing.
static void test_exif(void **state) {
	(void)state;
	assert_int_equal(orientation_of(little, sizeof(little) - 1), 6);
	assert_int_equal(orientation_of(big, sizeof(big) - 1), 8);
	for (size_t size = 0; size < sizeof(little); size++) {
		int is = orientation_of(little, size);
		assert_true(is == 0 || is == 6);
	}
	for (size_t size = 0; size < sizeof(big); size++) {
		int is = orientation_of(big, size);
		assert_true(is == 0 || is == 8);
	}
	assert_int_equal(orientation_of(little, 14), 0);
}

// What is damaged reads nothing that is not there, and gives no number that is no orientation.
static void test_damaged_exif(void **state) {
	(void)state;
	uint8_t data[sizeof(little)];
	uint32_t random = 1;
	for (int round = 0; round < 200000; round++) {
		memcpy(data, round % 2 ? little : big, sizeof(big));
		for (int i = 0; i < 3; i++) {
			random = random * 1664525 + 1013904223;
			data[6 + (random >> 8) % (sizeof(big) - 6)] = (uint8_t)(random >> 24);
		}
		assert_in_range(orientation_of(data, sizeof(big)), 0, 8);
	}
	static const uint8_t far[][4] = {{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0}, {0, 0, 0, 0x80}};
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		memcpy(data, little, sizeof(little));
		memcpy(data + 10, far[i], 4);
		assert_int_equal(orientation_of(data, sizeof(little) - 1), 0);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_png),
		cmocka_unit_test(test_jpeg),
		cmocka_unit_test(test_no_picture),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_exif),
		cmocka_unit_test(test_damaged_exif),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_draw_unscaled),
		cmocka_unit_test(test_draw_scaled),
		cmocka_unit_test(test_draw_half),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
