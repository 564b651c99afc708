// SPDX-License-Identifier: MIT
#include "picture.h"

#include <drm_fourcc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

#include "crc.h"

// vkms converts with limited precision; a value this near to a rounding boundary may go either way.
#define YUV_MARGIN 0.06

static uint32_t hash(uint32_t value) {
	value ^= value >> 16;
	value *= UINT32_C(0x7feb352d);
	value ^= value >> 15;
	value *= UINT32_C(0x846ca68b);
	return value ^ (value >> 16);
}

// BT.601 with limited range. `scale` is what a step of an 8 bit sample is worth in the result,
// `black` the sample value of black.
struct yuv_scale {
	double luma, chroma;
};

// Of 16 bit samples and results; vkms counts a 16 bit sample as 257 8 bit steps, and their range as
// 219 and 224 of 256 of it.
static const struct yuv_scale vkms_scale = {257.0 * 256 / 219, 257.0 * 256 / 224};
// Of 8 bit samples and results.
static const struct yuv_scale byte_scale = {255.0 / 219, 255.0 / 224};

static void yuv_convert(const struct yuv_scale *scale, int y, int cb, int cr, double rgb[3]) {
	const double kr = 0.299, kb = 0.114, kg = 1 - kr - kb;
	double luma = scale->luma * (y - 16);
	double pb = scale->chroma * (cb - 128), pr = scale->chroma * (cr - 128);
	rgb[0] = luma + 2 * (1 - kr) * pr;
	rgb[1] = luma - 2 * (1 - kb) * kb / kg * pb - 2 * (1 - kr) * kr / kg * pr;
	rgb[2] = luma + 2 * (1 - kb) * pb;
}

static bool yuv_is_unambiguous(int y, int cb, int cr) {
	double rgb[3];
	yuv_convert(&vkms_scale, y, cb, cr, rgb);
	for (int i = 0; i < 3; i++) {
		bool clamped = rgb[i] < 0 || rgb[i] > 65535;
		if (!clamped && fabs(rgb[i] - floor(rgb[i]) - 0.5) < YUV_MARGIN) {
			return false;
		}
	}
	return true;
}

static uint8_t pick_luma(uint32_t random, int cb, int cr) {
	int y = 16 + (int)(random % 220);
	while (!yuv_is_unambiguous(y, cb, cr)) {
		y = y == 235 ? 16 : y + 1;
	}
	return (uint8_t)y;
}

static uint8_t pick_chroma(uint32_t random) {
	return (uint8_t)(16 + random % 225);
}

static void paint_nv12(const struct test_image *image, uint32_t seed) {
	for (int y = 0; y < image->height; y++) {
		for (int x = 0; x < image->width; x++) {
			uint32_t block = hash(seed ^ (uint32_t)(y / 2 * 65536 + x / 2));
			uint8_t cb = pick_chroma(block & 0xffff), cr = pick_chroma(block >> 16);
			uint8_t *chroma = image->data[1] + (size_t)(y / 2) * image->stride[1] + x / 2 * 2;
			chroma[0] = cb;
			chroma[1] = cr;
			image->data[0][(size_t)y * image->stride[0] + (size_t)x] =
				pick_luma(hash(block + (uint32_t)(y % 2 * 2 + x % 2)), cb, cr);
		}
	}
}

static void paint_yuyv(const struct test_image *image, uint32_t seed) {
	for (int y = 0; y < image->height; y++) {
		uint8_t *row = image->data[0] + (size_t)y * image->stride[0];
		for (int x = 0; x < image->width; x += 2) {
			uint32_t block = hash(seed ^ (uint32_t)(y * 65536 + x));
			uint8_t cb = pick_chroma(block & 0xffff), cr = pick_chroma(block >> 16);
			row[2 * x] = pick_luma(hash(block), cb, cr);
			row[2 * x + 1] = cb;
			row[2 * x + 2] = pick_luma(hash(block + 1), cb, cr);
			row[2 * x + 3] = cr;
		}
	}
}

static uint32_t premultiply(uint32_t argb) {
	uint32_t a = argb >> 24, result = argb & 0xff000000;
	for (int shift = 0; shift <= 16; shift += 8) {
		result |= ((argb >> shift & 0xff) * a / 255) << shift;
	}
	return result;
}

static void put_pixel(const struct test_image *image, int x, int y, uint32_t argb) {
	uint8_t *row = image->data[0] + (size_t)y * image->stride[0];
	switch (image->format) {
	case DRM_FORMAT_XRGB8888:
	case DRM_FORMAT_ARGB8888:
		memcpy(row + 4 * x, &argb, 4);
		break;
	case DRM_FORMAT_RGB565: {
		uint16_t packed =
			(uint16_t)((argb >> 19 & 0x1f) << 11 | (argb >> 10 & 0x3f) << 5 | (argb >> 3 & 0x1f));
		memcpy(row + 2 * x, &packed, 2);
		break;
	}
	default:
		fail_msg("cannot write pixels of format %08x", image->format);
	}
}

void test_image_paint(const struct test_image *image, uint32_t seed) {
	if (image->format == DRM_FORMAT_NV12) {
		paint_nv12(image, seed);
		return;
	}
	if (image->format == DRM_FORMAT_YUYV) {
		paint_yuyv(image, seed);
		return;
	}
	for (int y = 0; y < image->height; y++) {
		for (int x = 0; x < image->width; x++) {
			uint32_t argb = hash(seed ^ (uint32_t)(y * 65536 + x));
			put_pixel(image, x, y, image->format == DRM_FORMAT_ARGB8888 ? premultiply(argb) : argb);
		}
	}
}

void test_image_fill(const struct test_image *image, uint32_t argb) {
	for (int y = 0; y < image->height; y++) {
		for (int x = 0; x < image->width; x++) {
			put_pixel(image, x, y, argb);
		}
	}
}

// ---- Colours that no conversion changes ----

enum { CHROMA_STEP = 8, MAX_LUMAS = 32, MAX_CHROMAS = 32 * 32 };

// A pair of chroma samples with the luma samples for which it is clipped to 0 or to the full value in
// every channel.
struct saturated {
	uint8_t cb, cr;
	uint8_t lumas[MAX_LUMAS];
	int n_lumas;
};

static bool yuv_is_saturated(int y, int cb, int cr) {
	double rgb[3];
	yuv_convert(&byte_scale, y, cb, cr, rgb); // vkms' own lies further out
	for (int i = 0; i < 3; i++) {
		if (rgb[i] > -1 && rgb[i] < 256) {
			return false;
		}
	}
	return true;
}

static const struct saturated *saturated_colors(int *n) {
	static struct saturated table[MAX_CHROMAS];
	static int count;
	static bool made;
	for (int i = 0; !made && i < MAX_CHROMAS; i++) {
		struct saturated entry = {
			.cb = (uint8_t)(i % 32 * CHROMA_STEP), .cr = (uint8_t)(i / 32 * CHROMA_STEP)};
		for (int y = 0; y < 256 && entry.n_lumas < MAX_LUMAS; y += 3) {
			if (yuv_is_saturated(y, entry.cb, entry.cr)) {
				entry.lumas[entry.n_lumas++] = (uint8_t)y;
			}
		}
		if (entry.n_lumas > 0) {
			table[count++] = entry;
		}
	}
	made = true;
	*n = count;
	return table;
}

static void paint_saturated(const struct test_image *image, uint32_t seed) {
	int n, rows = image->format == DRM_FORMAT_NV12 ? 2 : 1;
	const struct saturated *table = saturated_colors(&n);
	for (int y = 0; y < image->height; y++) {
		uint8_t *row = image->data[0] + (size_t)y * image->stride[0];
		for (int x = 0; x < image->width; x += 2) {
			uint32_t block = hash(seed ^ (uint32_t)(y / rows * 65536 + x));
			const struct saturated *color = &table[block % (uint32_t)n];
			uint32_t lumas = hash(block + (uint32_t)(y % rows));
			uint8_t left = color->lumas[(lumas & 0xffff) % (uint32_t)color->n_lumas];
			uint8_t right = color->lumas[(lumas >> 16) % (uint32_t)color->n_lumas];
			if (image->format == DRM_FORMAT_NV12) {
				uint8_t *chroma = image->data[1] + (size_t)(y / 2) * image->stride[1] + x;
				chroma[0] = color->cb;
				chroma[1] = color->cr;
				row[x] = left;
				row[x + 1] = right;
			} else {
				memcpy(row + 2 * x, (uint8_t[]){left, color->cb, right, color->cr}, 4);
			}
		}
	}
}

void test_image_paint_exact(const struct test_image *image, uint32_t seed) {
	switch (image->format) {
	case DRM_FORMAT_NV12:
	case DRM_FORMAT_YUYV:
		assert_int_equal(image->width % 2, 0);
		paint_saturated(image, seed);
		break;
	case DRM_FORMAT_RGB565:
		for (int y = 0; y < image->height; y++) {
			for (int x = 0; x < image->width; x++) {
				uint32_t bits = hash(seed ^ (uint32_t)(y * 65536 + x));
				put_pixel(image, x, y,
					(bits & 1 ? 0xff0000 : 0) | (bits & 2 ? 0xff00 : 0) | (bits & 4 ? 0xff : 0));
			}
		}
		break;
	default:
		test_image_paint(image, seed);
	}
}

static uint16_t widen(uint32_t value, uint32_t max) {
	return (uint16_t)((value * 65535 * 2 + max) / (2 * max));
}

static struct test_color color_of_565(uint16_t packed, bool on_plane) {
	uint32_t r = packed >> 11, g = packed >> 5 & 0x3f, b = packed & 0x1f;
	if (on_plane) {
		return (struct test_color){0xffff, widen(r, 31), widen(g, 63), widen(b, 31)};
	}
	return (struct test_color){0xffff, (uint16_t)((r << 3 | r >> 2) * 257),
		(uint16_t)((g << 2 | g >> 4) * 257), (uint16_t)((b << 3 | b >> 2) * 257)};
}

static uint16_t to_channel(double value, double max) {
	value = floor(value + 0.5);
	value = value < 0 ? 0 : value > max ? max : value;
	return (uint16_t)(value * (65535 / max));
}

static struct test_color color_of_yuv(int y, int cb, int cr, bool on_plane) {
	double rgb[3], max = on_plane ? 65535 : 255;
	yuv_convert(on_plane ? &vkms_scale : &byte_scale, y, cb, cr, rgb);
	return (struct test_color){
		0xffff, to_channel(rgb[0], max), to_channel(rgb[1], max), to_channel(rgb[2], max)};
}

static struct test_color color_of_argb(uint32_t argb) {
	return (struct test_color){(uint16_t)((argb >> 24) * 257),
		(uint16_t)((argb >> 16 & 0xff) * 257), (uint16_t)((argb >> 8 & 0xff) * 257),
		(uint16_t)((argb & 0xff) * 257)};
}

static struct test_color get_pixel(const struct test_image *image, int x, int y, bool on_plane) {
	const uint8_t *row = image->data[0] + (size_t)y * image->stride[0];
	uint32_t argb;
	uint16_t packed;
	switch (image->format) {
	case DRM_FORMAT_ARGB8888:
		memcpy(&argb, row + 4 * x, 4);
		return color_of_argb(argb);
	case DRM_FORMAT_RGB565:
		memcpy(&packed, row + 2 * x, 2);
		return color_of_565(packed, on_plane);
	case DRM_FORMAT_NV12: {
		const uint8_t *chroma = image->data[1] + (size_t)(y / 2) * image->stride[1] + x / 2 * 2;
		return color_of_yuv(row[x], chroma[0], chroma[1], on_plane);
	}
	case DRM_FORMAT_YUYV: {
		const uint8_t *pair = row + x / 2 * 4;
		return color_of_yuv(pair[x % 2 * 2], pair[1], pair[3], on_plane);
	}
	default:
		memcpy(&argb, row + 4 * x, 4);
		return color_of_argb(argb | 0xff000000);
	}
}

void test_picture_init(struct test_picture *picture, int width, int height) {
	*picture = (struct test_picture){.width = width, .height = height};
	picture->pixels = malloc(sizeof(*picture->pixels) * (size_t)width * (size_t)height);
	assert_non_null(picture->pixels);
	for (int i = 0; i < width * height; i++) {
		picture->pixels[i] = (struct test_color){.a = 0xffff};
	}
}

void test_picture_finish(struct test_picture *picture) {
	free(picture->pixels);
	*picture = (struct test_picture){0};
}

static uint16_t blend_channel(uint16_t above, uint16_t alpha, uint16_t below) {
	double value = floor(above + below * (65535.0 - alpha) / 65535.0 + 0.5);
	return value > 65535 ? 0xffff : (uint16_t)value;
}

static void blend(struct test_picture *picture, int x, int y, struct test_color color) {
	if (x < 0 || y < 0 || x >= picture->width || y >= picture->height) {
		return;
	}
	struct test_color *pixel = &picture->pixels[y * picture->width + x];
	pixel->r = blend_channel(color.r, color.a, pixel->r);
	pixel->g = blend_channel(color.g, color.a, pixel->g);
	pixel->b = blend_channel(color.b, color.a, pixel->b);
}

// Where the pixel (x, y) of a surface of width x height px lies in its buffer: the buffer holds the
// surface flipped around the vertical axis for FLIPPED, then turned counter-clockwise.
static void untransform(enum wl_output_transform transform, int width, int height, int *x, int *y) {
	if (transform >= WL_OUTPUT_TRANSFORM_FLIPPED) {
		*x = width - 1 - *x;
	}
	for (unsigned turn = 0; turn < (unsigned)transform % 4; turn++) {
		int turned = width - 1 - *x;
		*x = *y;
		*y = turned;
		int size = width;
		width = height;
		height = size;
	}
}

void test_picture_draw(struct test_picture *picture, const struct test_layer *layer) {
	const struct test_image *image = layer->image;
	bool turned = layer->transform % 2 == 1;
	int width = turned ? image->height : image->width;
	int height = turned ? image->width : image->height;
	int crop_width = layer->crop_width ? layer->crop_width : width;
	int crop_height = layer->crop_height ? layer->crop_height : height;
	for (int y = 0; y < crop_height; y++) {
		for (int x = 0; x < crop_width; x++) {
			int source_x = layer->crop_x + x, source_y = layer->crop_y + y;
			untransform(layer->transform, width, height, &source_x, &source_y);
			blend(picture, layer->x + x, layer->y + y,
				get_pixel(image, source_x, source_y, layer->on_plane));
		}
	}
}

void test_picture_fill(
	struct test_picture *picture, int x, int y, int width, int height, struct test_color color) {
	for (int row = y; row < y + height; row++) {
		for (int column = x; column < x + width; column++) {
			blend(picture, column, row, color);
		}
	}
}

uint32_t test_picture_crc(const struct test_picture *picture) {
	_Static_assert(sizeof(struct test_color) == 8, "a, r, g, b without padding");
	return test_crc_of_argb16(&picture->pixels->a, picture->width, picture->height);
}

static int difference(uint16_t wanted, uint32_t is) {
	return abs((int)floor(wanted / 257.0 + 0.5) - (int)is);
}

int test_picture_compare(
	const struct test_picture *picture, const struct test_image *image, int tolerance) {
	assert_int_equal(picture->width, image->width);
	assert_int_equal(picture->height, image->height);
	int largest = 0;
	for (int y = 0; y < image->height; y++) {
		for (int x = 0; x < image->width; x++) {
			uint32_t is;
			memcpy(&is, image->data[0] + (size_t)y * image->stride[0] + 4 * (size_t)x, 4);
			const struct test_color *wanted = &picture->pixels[y * picture->width + x];
			int diff = difference(wanted->r, is >> 16 & 0xff);
			int green = difference(wanted->g, is >> 8 & 0xff);
			int blue = difference(wanted->b, is & 0xff);
			diff = green > diff ? green : diff;
			diff = blue > diff ? blue : diff;
			if (diff > tolerance && largest <= tolerance) {
				fprintf(stderr, "pixel %d,%d is %06x, should be %02x%02x%02x\n", x, y,
					is & 0xffffff, wanted->r / 257, wanted->g / 257, wanted->b / 257);
			}
			largest = diff > largest ? diff : largest;
		}
	}
	return largest;
}
