// SPDX-License-Identifier: MIT
// What render/ should draw, px by px in doubles; written without a look at how it does it.
#ifndef VITRINE_TESTS_UNIT_RENDER_ORACLE_H
#define VITRINE_TESTS_UNIT_RENDER_ORACLE_H

#include <drm_fourcc.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "render/render.h"

struct oracle_colour {
	double r, g, b, a; // premultiplied, 0 to 255
};

static uint32_t oracle_state = 88172645u;

static inline uint32_t random_bits(void) {
	oracle_state ^= oracle_state << 13;
	oracle_state ^= oracle_state >> 17;
	oracle_state ^= oracle_state << 5;
	return oracle_state;
}

static inline int random_int(int low, int high) { // both included
	return low + (int)(random_bits() % (uint32_t)(high - low + 1));
}

// ---- formats ----

struct oracle_rgb {
	uint32_t format;
	int bytes;
	struct {
		int shift, bits;
	} r, g, b, a; // of the little-endian word; bits 0: not there
};

static const struct oracle_rgb oracle_rgb[] = {
	{DRM_FORMAT_XRGB8888, 4, {16, 8}, {8, 8}, {0, 8}, {0, 0}},
	{DRM_FORMAT_ARGB8888, 4, {16, 8}, {8, 8}, {0, 8}, {24, 8}},
	{DRM_FORMAT_XBGR8888, 4, {0, 8}, {8, 8}, {16, 8}, {0, 0}},
	{DRM_FORMAT_ABGR8888, 4, {0, 8}, {8, 8}, {16, 8}, {24, 8}},
	{DRM_FORMAT_RGBX8888, 4, {24, 8}, {16, 8}, {8, 8}, {0, 0}},
	{DRM_FORMAT_RGBA8888, 4, {24, 8}, {16, 8}, {8, 8}, {0, 8}},
	{DRM_FORMAT_BGRX8888, 4, {8, 8}, {16, 8}, {24, 8}, {0, 0}},
	{DRM_FORMAT_BGRA8888, 4, {8, 8}, {16, 8}, {24, 8}, {0, 8}},
	{DRM_FORMAT_RGB888, 3, {16, 8}, {8, 8}, {0, 8}, {0, 0}},
	{DRM_FORMAT_BGR888, 3, {0, 8}, {8, 8}, {16, 8}, {0, 0}},
	{DRM_FORMAT_RGB332, 1, {5, 3}, {2, 3}, {0, 2}, {0, 0}},
	{DRM_FORMAT_BGR233, 1, {0, 3}, {3, 3}, {6, 2}, {0, 0}},
	{DRM_FORMAT_RGB565, 2, {11, 5}, {5, 6}, {0, 5}, {0, 0}},
	{DRM_FORMAT_BGR565, 2, {0, 5}, {5, 6}, {11, 5}, {0, 0}},
	{DRM_FORMAT_XRGB1555, 2, {10, 5}, {5, 5}, {0, 5}, {0, 0}},
	{DRM_FORMAT_ARGB1555, 2, {10, 5}, {5, 5}, {0, 5}, {15, 1}},
	{DRM_FORMAT_XBGR1555, 2, {0, 5}, {5, 5}, {10, 5}, {0, 0}},
	{DRM_FORMAT_ABGR1555, 2, {0, 5}, {5, 5}, {10, 5}, {15, 1}},
	{DRM_FORMAT_XRGB4444, 2, {8, 4}, {4, 4}, {0, 4}, {0, 0}},
	{DRM_FORMAT_ARGB4444, 2, {8, 4}, {4, 4}, {0, 4}, {12, 4}},
	{DRM_FORMAT_XBGR4444, 2, {0, 4}, {4, 4}, {8, 4}, {0, 0}},
	{DRM_FORMAT_ABGR4444, 2, {0, 4}, {4, 4}, {8, 4}, {12, 4}},
	{DRM_FORMAT_XRGB2101010, 4, {20, 10}, {10, 10}, {0, 10}, {0, 0}},
	{DRM_FORMAT_ARGB2101010, 4, {20, 10}, {10, 10}, {0, 10}, {30, 2}},
	{DRM_FORMAT_XBGR2101010, 4, {0, 10}, {10, 10}, {20, 10}, {0, 0}},
	{DRM_FORMAT_ABGR2101010, 4, {0, 10}, {10, 10}, {20, 10}, {30, 2}},
};

static inline const struct oracle_rgb *oracle_rgb_find(uint32_t format) {
	for (size_t i = 0; i < sizeof(oracle_rgb) / sizeof(oracle_rgb[0]); i++) {
		if (oracle_rgb[i].format == format) {
			return &oracle_rgb[i];
		}
	}
	return NULL;
}

// Short channels are widened by repeating their bits, as display hardware does.
static inline double oracle_channel(uint32_t word, int shift, int bits) {
	if (bits == 0) {
		return 255;
	}
	uint32_t value = (word >> shift) & ((1u << bits) - 1);
	if (bits > 8) {
		return value * 255.0 / ((1u << bits) - 1);
	}
	uint32_t wide = 0;
	for (int i = 8 - bits; i > -bits; i -= bits) {
		wide |= i >= 0 ? value << i : value >> -i;
	}
	return wide;
}

static inline struct oracle_colour oracle_rgb_read(const struct oracle_rgb *rgb, const uint8_t *p) {
	uint32_t word = 0;
	for (int i = 0; i < rgb->bytes; i++) {
		word |= (uint32_t)p[i] << (8 * i);
	}
	return (struct oracle_colour){
		.r = oracle_channel(word, rgb->r.shift, rgb->r.bits),
		.g = oracle_channel(word, rgb->g.shift, rgb->g.bits),
		.b = oracle_channel(word, rgb->b.shift, rgb->b.bits),
		.a = oracle_channel(word, rgb->a.shift, rgb->a.bits),
	};
}

static inline double oracle_clamp(double v) {
	return v < 0 ? 0 : v > 255 ? 255 : v;
}

// Samples of `bits` each, as the picture's coding says.
static inline struct oracle_colour oracle_yuv(
	const struct render_pixels *p, int bits, double y, double cb, double cr) {
	static const double reds[] = {0.299, 0.2126, 0.2627}, blues[] = {0.114, 0.0722, 0.0593};
	const double kr = reds[p->coding.matrix], kb = blues[p->coding.matrix], kg = 1 - kr - kb;
	double unit = 1 << (bits - 8), max = (1 << bits) - 1;
	double luma = p->coding.full_range ? y / max : (y - 16 * unit) / (219 * unit);
	double chroma = p->coding.full_range ? max : 224 * unit;
	double pb = (cb - 128 * unit) / chroma, pr = (cr - 128 * unit) / chroma;
	double r = luma + 2 * (1 - kr) * pr;
	double b = luma + 2 * (1 - kb) * pb;
	double g = (luma - kr * r - kb * b) / kg;
	return (struct oracle_colour){
		oracle_clamp(255 * r), oracle_clamp(255 * g), oracle_clamp(255 * b), 255};
}

// A sample in the upper `bits` of two bytes.
static inline int oracle_wide(const uint8_t *p, int bits) {
	return (p[0] | p[1] << 8) >> (16 - bits);
}

// One px of the picture; row 0 is the top whatever y_invert says.
static inline struct oracle_colour oracle_pixel(const struct render_pixels *p, int x, int y) {
	if (p->y_invert) {
		y = p->height - 1 - y;
	}
	const uint8_t *row = p->data[0] + (size_t)y * p->stride[0];
	const struct oracle_rgb *rgb = oracle_rgb_find(p->format);
	if (rgb) {
		return oracle_rgb_read(rgb, row + x * rgb->bytes);
	}
	const uint8_t *half1 = p->data[1] ? p->data[1] + (size_t)(y / 2) * p->stride[1] : NULL;
	const uint8_t *half2 = p->data[2] ? p->data[2] + (size_t)(y / 2) * p->stride[2] : NULL;
	const uint8_t *full1 = p->data[1] ? p->data[1] + (size_t)y * p->stride[1] : NULL;
	const uint8_t *full2 = p->data[2] ? p->data[2] + (size_t)y * p->stride[2] : NULL;
	const uint8_t *quad = row + x / 2 * 4;
	switch (p->format) {
	case DRM_FORMAT_YUYV:
		return oracle_yuv(p, 8, quad[x % 2 ? 2 : 0], quad[1], quad[3]);
	case DRM_FORMAT_YVYU:
		return oracle_yuv(p, 8, quad[x % 2 ? 2 : 0], quad[3], quad[1]);
	case DRM_FORMAT_UYVY:
		return oracle_yuv(p, 8, quad[x % 2 ? 3 : 1], quad[0], quad[2]);
	case DRM_FORMAT_VYUY:
		return oracle_yuv(p, 8, quad[x % 2 ? 3 : 1], quad[2], quad[0]);
	case DRM_FORMAT_NV12:
		return oracle_yuv(p, 8, row[x], half1[x / 2 * 2], half1[x / 2 * 2 + 1]);
	case DRM_FORMAT_NV21:
		return oracle_yuv(p, 8, row[x], half1[x / 2 * 2 + 1], half1[x / 2 * 2]);
	case DRM_FORMAT_NV16:
		return oracle_yuv(p, 8, row[x], full1[x / 2 * 2], full1[x / 2 * 2 + 1]);
	case DRM_FORMAT_NV61:
		return oracle_yuv(p, 8, row[x], full1[x / 2 * 2 + 1], full1[x / 2 * 2]);
	case DRM_FORMAT_NV24:
		return oracle_yuv(p, 8, row[x], full1[x * 2], full1[x * 2 + 1]);
	case DRM_FORMAT_NV42:
		return oracle_yuv(p, 8, row[x], full1[x * 2 + 1], full1[x * 2]);
	case DRM_FORMAT_P010:
	case DRM_FORMAT_P012:
	case DRM_FORMAT_P016: {
		int bits = p->format == DRM_FORMAT_P010 ? 10 : p->format == DRM_FORMAT_P012 ? 12 : 16;
		return oracle_yuv(p, bits, oracle_wide(row + 2 * x, bits),
			oracle_wide(half1 + x / 2 * 4, bits), oracle_wide(half1 + x / 2 * 4 + 2, bits));
	}
	case DRM_FORMAT_YUV420:
		return oracle_yuv(p, 8, row[x], half1[x / 2], half2[x / 2]);
	case DRM_FORMAT_YVU420:
		return oracle_yuv(p, 8, row[x], half2[x / 2], half1[x / 2]);
	case DRM_FORMAT_YUV422:
		return oracle_yuv(p, 8, row[x], full1[x / 2], full2[x / 2]);
	case DRM_FORMAT_YVU422:
		return oracle_yuv(p, 8, row[x], full2[x / 2], full1[x / 2]);
	case DRM_FORMAT_YUV444:
		return oracle_yuv(p, 8, row[x], full1[x], full2[x]);
	case DRM_FORMAT_YVU444:
		return oracle_yuv(p, 8, row[x], full2[x], full1[x]);
	default:
		abort();
	}
}

// ---- geometry ----

// Undoes a wl_output.transform for a point of the unit square that the client sees.
static inline void oracle_place(enum wl_output_transform transform, double *u, double *v) {
	if (transform >= WL_OUTPUT_TRANSFORM_FLIPPED) {
		*u = 1 - *u;
	}
	for (int i = 0; i < (int)transform % 4; i++) { // a quarter counter-clockwise
		double turned_u = *v, turned_v = 1 - *u;
		*u = turned_u;
		*v = turned_v;
	}
}

static inline struct oracle_colour oracle_mix(
	struct oracle_colour a, struct oracle_colour b, double t) {
	return (struct oracle_colour){
		a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t, a.a + (b.a - a.a) * t};
}

static inline int oracle_clamp_int(double v, double low, double high) {
	return (int)(v < low ? low : v > high ? high : v);
}

static inline bool oracle_is_scaled(const struct render_layer *layer) {
	bool sideways = layer->transform % 2;
	return layer->pixels.format != 0 &&
		(layer->src.width != (sideways ? layer->height : layer->width) ||
			layer->src.height != (sideways ? layer->width : layer->height) ||
			layer->src.x != floor(layer->src.x) || layer->src.y != floor(layer->src.y));
}

// What the layer shows at px (x, y) of the target, which lies in it.
static inline struct oracle_colour oracle_sample(const struct render_layer *layer, int x, int y) {
	const struct render_pixels *pixels = &layer->pixels;
	if (pixels->format == 0) {
		return (struct oracle_colour){round(pixels->solid[0] / 257.0),
			round(pixels->solid[1] / 257.0), round(pixels->solid[2] / 257.0),
			round(pixels->solid[3] / 257.0)};
	}
	double u = (x + 0.5 - layer->x) / layer->width;
	double v = (y + 0.5 - layer->y) / layer->height;
	oracle_place(layer->transform, &u, &v);
	double sx = layer->src.x + u * layer->src.width;
	double sy = layer->src.y + v * layer->src.height;
	if (!oracle_is_scaled(layer)) {
		return oracle_pixel(pixels, (int)floor(sx), (int)floor(sy));
	}
	double left = floor(layer->src.x), top = floor(layer->src.y);
	double right = ceil(layer->src.x + layer->src.width) - 1;
	double bottom = ceil(layer->src.y + layer->src.height) - 1;
	double fx = floor(sx - 0.5), fy = floor(sy - 0.5);
	int x0 = oracle_clamp_int(fx, left, right), x1 = oracle_clamp_int(fx + 1, left, right);
	int y0 = oracle_clamp_int(fy, top, bottom), y1 = oracle_clamp_int(fy + 1, top, bottom);
	double tx = sx - 0.5 - fx, ty = sy - 0.5 - fy;
	return oracle_mix(oracle_mix(oracle_pixel(pixels, x0, y0), oracle_pixel(pixels, x1, y0), tx),
		oracle_mix(oracle_pixel(pixels, x0, y1), oracle_pixel(pixels, x1, y1), tx), ty);
}

static inline bool oracle_contains(const pixman_region32_t *region, int x, int y) {
	return pixman_region32_contains_point((pixman_region32_t *)(uintptr_t)region, x, y, NULL);
}

static inline bool oracle_in_layer(const struct render_layer *layer, int x, int y) {
	return x >= layer->x && y >= layer->y && x < layer->x + layer->width &&
		y < layer->y + layer->height;
}

static inline bool oracle_has_alpha(const struct render_layer *layer) {
	if (layer->pixels.format == 0) {
		return layer->pixels.solid[3] != 0xffff;
	}
	const struct oracle_rgb *rgb = oracle_rgb_find(layer->pixels.format);
	return rgb && rgb->a.bits > 0;
}

static inline bool oracle_is_opaque(const struct render_layer *layer, int x, int y) {
	return oracle_in_layer(layer, x, y) &&
		(!oracle_has_alpha(layer) || (layer->opaque && oracle_contains(layer->opaque, x, y)));
}

// The picture at px (x, y), as 8 bit numbers.
static inline struct oracle_colour oracle_compose(
	const struct render_layer *layers, int n_layers, int x, int y) {
	struct oracle_colour c = {0, 0, 0, 255};
	for (int i = 0; i < n_layers; i++) {
		if (!oracle_in_layer(&layers[i], x, y)) {
			continue;
		}
		struct oracle_colour s = oracle_sample(&layers[i], x, y);
		double keep = oracle_is_opaque(&layers[i], x, y) ? 0 : 1 - s.a / 255;
		c = (struct oracle_colour){oracle_clamp(round(s.r + keep * c.r)),
			oracle_clamp(round(s.g + keep * c.g)), oracle_clamp(round(s.b + keep * c.b)), 255};
	}
	return c;
}

// ---- pictures ----

// A buffer in memory of exactly the size that the format needs, so that a sanitizer sees the first
// byte read beyond. Free with picture_finish.
struct picture {
	struct render_pixels pixels;
	uint8_t *memory[FORMAT_MAX_PLANES];
};

// `slack` more bytes of stride; `shift` bytes until the first pixel.
static inline void picture_init(
	struct picture *picture, uint32_t format, int width, int height, int slack, int shift) {
	const struct format_info *info = format_info(format);
	*picture = (struct picture){0};
	struct render_pixels *pixels = &picture->pixels;
	pixels->format = format;
	pixels->width = width;
	pixels->height = height;
	pixels->n_planes = info->planes;
	for (int i = 0; i < info->planes; i++) {
		uint32_t row = format_min_stride(info, i, (uint32_t)width);
		uint32_t rows = format_plane_height(info, i, (uint32_t)height);
		pixels->stride[i] = row + (uint32_t)slack;
		size_t size = (size_t)pixels->stride[i] * (rows - 1) + row + (size_t)shift;
		picture->memory[i] = malloc(size);
		if (!picture->memory[i]) {
			abort();
		}
		for (size_t b = 0; b < size; b++) {
			picture->memory[i][b] = (uint8_t)random_bits();
		}
		pixels->data[i] = picture->memory[i] + shift;
	}
}

static inline void picture_finish(struct picture *picture) {
	for (int i = 0; i < FORMAT_MAX_PLANES; i++) {
		free(picture->memory[i]);
	}
}

// Makes the colours of a picture with 8 bit alpha premultiplied; other formats stay as they are.
static inline void picture_premultiply(struct picture *picture) {
	const struct oracle_rgb *rgb = oracle_rgb_find(picture->pixels.format);
	if (!rgb || rgb->a.bits != 8) {
		return;
	}
	for (int y = 0; y < picture->pixels.height; y++) {
		uint8_t *row = picture->memory[0] + (picture->pixels.data[0] - picture->memory[0]) +
			(size_t)y * picture->pixels.stride[0];
		for (int x = 0; x < picture->pixels.width; x++) {
			uint8_t *p = row + 4 * x;
			uint8_t *a = p + rgb->a.shift / 8;
			*a = random_int(0, 2) == 0 ? (uint8_t)(random_int(0, 1) * 255) : *a;
			uint8_t *channels[] = {
				p + rgb->r.shift / 8, p + rgb->g.shift / 8, p + rgb->b.shift / 8};
			for (int i = 0; i < 3; i++) {
				*channels[i] = (uint8_t)(*channels[i] * *a / 255);
			}
		}
	}
}

#endif
