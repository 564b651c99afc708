// SPDX-License-Identifier: MIT
#include "testcard-store.h"

#include <drm_fourcc.h>
#include <stdbool.h>
#include <stddef.h>

#include "testcard-picture.h"

enum layout {
	LAYOUT_RGB,        // one word of `bytes` a pixel, little-endian
	LAYOUT_PACKED,     // two pixels in four bytes
	LAYOUT_SEMIPLANAR, // luma, then pairs of chroma
	LAYOUT_PLANAR,     // luma, then two planes of chroma
};

struct channel {
	uint8_t shift, bits; // bits 0: not there
};

struct testcard_store {
	uint32_t format;
	enum layout layout;
	uint8_t bytes;          // of a pixel (RGB) or of a sample (YUV)
	struct channel rgba[4]; // RGB
	uint8_t order[4];       // PACKED: the byte of Y0, Y1, Cb, Cr
	uint8_t hsub, vsub;     // chroma
	bool swap;              // Cr before Cb
};

#define RGB(fmt, size, rs, rb, gs, gb, bs, bb, as, ab) \
	{ \
		.format = DRM_FORMAT_##fmt, .layout = LAYOUT_RGB, .bytes = size, .rgba = { \
			{rs, rb}, \
			{gs, gb}, \
			{bs, bb}, \
			{as, ab} \
		} \
	}
// Formats of four channels of the same width; with and without alpha they are the same bits.
#define RGB4(fmt, alpha_fmt, size, bits, rs, gs, bs, as) \
	RGB(fmt, size, rs, bits, gs, bits, bs, bits, as, bits), \
		RGB(alpha_fmt, size, rs, bits, gs, bits, bs, bits, as, bits)
#define PACKED(fmt, y0, y1, cb, cr) \
	{ \
		.format = DRM_FORMAT_##fmt, .layout = LAYOUT_PACKED, .bytes = 1, .order = { \
			y0, \
			y1, \
			cb, \
			cr \
		} \
	}
#define YUV(fmt, lay, size, h, v, cr_first) \
	{ \
		.format = DRM_FORMAT_##fmt, .layout = lay, .bytes = size, .hsub = h, .vsub = v, \
		.swap = cr_first \
	}

static const struct testcard_store stores[] = {
	RGB4(XRGB8888, ARGB8888, 4, 8, 16, 8, 0, 24),
	RGB4(XBGR8888, ABGR8888, 4, 8, 0, 8, 16, 24),
	RGB4(RGBX8888, RGBA8888, 4, 8, 24, 16, 8, 0),
	RGB4(BGRX8888, BGRA8888, 4, 8, 8, 16, 24, 0),
	RGB(RGB888, 3, 16, 8, 8, 8, 0, 8, 0, 0),
	RGB(BGR888, 3, 0, 8, 8, 8, 16, 8, 0, 0),
	RGB(RGB565, 2, 11, 5, 5, 6, 0, 5, 0, 0),
	RGB(BGR565, 2, 0, 5, 5, 6, 11, 5, 0, 0),
	RGB(XRGB1555, 2, 10, 5, 5, 5, 0, 5, 15, 1),
	RGB(ARGB1555, 2, 10, 5, 5, 5, 0, 5, 15, 1),
	RGB(XBGR1555, 2, 0, 5, 5, 5, 10, 5, 15, 1),
	RGB(ABGR1555, 2, 0, 5, 5, 5, 10, 5, 15, 1),
	RGB4(XRGB4444, ARGB4444, 2, 4, 8, 4, 0, 12),
	RGB4(XBGR4444, ABGR4444, 2, 4, 0, 4, 8, 12),
	RGB(XRGB2101010, 4, 20, 10, 10, 10, 0, 10, 30, 2),
	RGB(ARGB2101010, 4, 20, 10, 10, 10, 0, 10, 30, 2),
	RGB(XBGR2101010, 4, 0, 10, 10, 10, 20, 10, 30, 2),
	RGB(ABGR2101010, 4, 0, 10, 10, 10, 20, 10, 30, 2),
	RGB4(XRGB16161616, ARGB16161616, 8, 16, 32, 16, 0, 48),
	RGB4(XBGR16161616, ABGR16161616, 8, 16, 0, 16, 32, 48),
	PACKED(YUYV, 0, 2, 1, 3),
	PACKED(YVYU, 0, 2, 3, 1),
	PACKED(UYVY, 1, 3, 0, 2),
	PACKED(VYUY, 1, 3, 2, 0),
	YUV(NV12, LAYOUT_SEMIPLANAR, 1, 2, 2, false),
	YUV(NV21, LAYOUT_SEMIPLANAR, 1, 2, 2, true),
	YUV(NV16, LAYOUT_SEMIPLANAR, 1, 2, 1, false),
	YUV(NV61, LAYOUT_SEMIPLANAR, 1, 2, 1, true),
	YUV(NV24, LAYOUT_SEMIPLANAR, 1, 1, 1, false),
	YUV(NV42, LAYOUT_SEMIPLANAR, 1, 1, 1, true),
	YUV(P010, LAYOUT_SEMIPLANAR, 2, 2, 2, false),
	YUV(P012, LAYOUT_SEMIPLANAR, 2, 2, 2, false),
	YUV(P016, LAYOUT_SEMIPLANAR, 2, 2, 2, false),
	YUV(YUV420, LAYOUT_PLANAR, 1, 2, 2, false),
	YUV(YVU420, LAYOUT_PLANAR, 1, 2, 2, true),
	YUV(YUV422, LAYOUT_PLANAR, 1, 2, 1, false),
	YUV(YVU422, LAYOUT_PLANAR, 1, 2, 1, true),
	YUV(YUV444, LAYOUT_PLANAR, 1, 1, 1, false),
	YUV(YVU444, LAYOUT_PLANAR, 1, 1, 1, true),
};

const struct testcard_store *testcard_store_find(uint32_t format) {
	for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		if (stores[i].format == format) {
			return &stores[i];
		}
	}
	return NULL;
}

static void put(uint8_t *to, uint64_t value, uint32_t bytes) {
	for (uint32_t i = 0; i < bytes; i++) {
		to[i] = (uint8_t)(value >> (8 * i));
	}
}

static uint64_t channel_value(uint32_t value, uint32_t bits) {
	if (bits <= 8) {
		return value >> (8 - bits);
	}
	return bits == 10 ? value << 2 | value >> 6 : value * 257;
}

static void store_rgb(const struct testcard_store *store, const struct testcard_planes *planes,
	uint32_t x, uint32_t y, const uint32_t *pixels, uint32_t n) {
	static const uint8_t shifts[4] = {16, 8, 0, 24}; // of 0xAARRGGBB, in the order of `rgba`
	uint8_t *to = planes->data[0] + (size_t)y * planes->strides[0] + (size_t)x * store->bytes;
	for (uint32_t i = 0; i < n; i++, to += store->bytes) {
		uint64_t word = 0;
		for (int c = 0; c < 4; c++) {
			const struct channel *channel = &store->rgba[c];
			word |= channel_value(pixels[i] >> shifts[c] & 0xff, channel->bits) << channel->shift;
		}
		put(to, word, store->bytes);
	}
}

// Weights of red, green and blue in luma and chroma, in units of 1/65536.
struct weights {
	int luma_base; // of black
	int luma[3], chroma_b[3], chroma_r[3];
};

// Each is that of the standard, rounded, but for green, with which luma sums up to white and chroma to
// nothing. BT.601 of limited range is the well-known one of 8 bits.
static const struct weights weights[FORMAT_MATRICES][2] = {
	[FORMAT_BT601] =
		{
			{16, {66 << 8, 129 << 8, 25 << 8}, {-38 * 256, -74 * 256, 112 << 8},
				{112 << 8, -94 * 256, -18 * 256}},
			{0, {19595, 38470, 7471}, {-11058, -21710, 32768}, {32768, -27439, -5329}},
		},
	[FORMAT_BT709] =
		{
			{16, {11966, 40254, 4064}, {-6596, -22188, 28784}, {28784, -26145, -2639}},
			{0, {13933, 46871, 4732}, {-7509, -25259, 32768}, {32768, -29763, -3005}},
		},
	[FORMAT_BT2020] =
		{
			{16, {14786, 38160, 3338}, {-8038, -20746, 28784}, {28784, -26469, -2315}},
			{0, {17216, 44434, 3886}, {-9151, -23617, 32768}, {32768, -30133, -2635}},
		},
};

// Right shifts of negative numbers are arithmetic with every compiler that builds this.
static uint8_t dot(uint32_t pixel, int base, const int by[3]) {
	int red = pixel >> 16 & 0xff, green = pixel >> 8 & 0xff, blue = pixel & 0xff;
	int sum = base + ((by[0] * red + by[1] * green + by[2] * blue + 32768) >> 16);
	return (uint8_t)(sum < 255 ? sum : 255);
}

static uint8_t luma(const struct weights *by, uint32_t pixel) {
	return dot(pixel, by->luma_base, by->luma);
}

static uint8_t chroma_b(const struct weights *by, uint32_t pixel) {
	return dot(pixel, 128, by->chroma_b);
}

static uint8_t chroma_r(const struct weights *by, uint32_t pixel) {
	return dot(pixel, 128, by->chroma_r);
}

static void store_packed(const struct testcard_store *store, const struct weights *by,
	const struct testcard_planes *planes, uint32_t x, uint32_t y, const uint32_t *pixels,
	uint32_t n) {
	uint8_t *to = planes->data[0] + (size_t)y * planes->strides[0] + (size_t)x * 2;
	for (uint32_t i = 0; i < n; i += 2, to += 4) {
		to[store->order[0]] = luma(by, pixels[i]);
		to[store->order[1]] = luma(by, pixels[i + 1 < n ? i + 1 : i]);
		to[store->order[2]] = chroma_b(by, pixels[i]);
		to[store->order[3]] = chroma_r(by, pixels[i]);
	}
}

static void store_planes(const struct testcard_store *store, const struct weights *by,
	const struct testcard_planes *planes, uint32_t x, uint32_t y, const uint32_t *pixels,
	uint32_t n) {
	// Wider samples keep the 8 bits in their upper byte.
	uint32_t bytes = store->bytes, shift = bytes == 2 ? 8 : 0;
	uint8_t *to = planes->data[0] + (size_t)y * planes->strides[0] + (size_t)x * bytes;
	for (uint32_t i = 0; i < n; i++, to += bytes) {
		put(to, (uint64_t)luma(by, pixels[i]) << shift, bytes);
	}
	if (y % store->vsub != 0) {
		return;
	}
	bool pairs = store->layout == LAYOUT_SEMIPLANAR;
	int second = pairs ? 1 : 2; // the plane of the second sample
	uint32_t step = pairs ? 2 * bytes : bytes;
	size_t column = (size_t)(x / store->hsub) * step, row = y / store->vsub;
	uint8_t *first_to = planes->data[1] + row * planes->strides[1] + column;
	uint8_t *second_to =
		planes->data[second] + row * planes->strides[second] + column + (pairs ? bytes : 0);
	for (uint32_t i = 0; i < n; i += store->hsub, first_to += step, second_to += step) {
		uint64_t b = chroma_b(by, pixels[i]), r = chroma_r(by, pixels[i]);
		put(first_to, (store->swap ? r : b) << shift, bytes);
		put(second_to, (store->swap ? b : r) << shift, bytes);
	}
}

void testcard_store_pixels(const struct testcard_store *store, struct format_coding coding,
	const struct testcard_planes *planes, uint32_t x, uint32_t y, const uint32_t *pixels,
	uint32_t n) {
	const struct weights *by = &weights[coding.matrix][coding.full_range];
	switch (store->layout) {
	case LAYOUT_RGB:
		store_rgb(store, planes, x, y, pixels, n);
		break;
	case LAYOUT_PACKED:
		store_packed(store, by, planes, x, y, pixels, n);
		break;
	case LAYOUT_SEMIPLANAR:
	case LAYOUT_PLANAR:
		store_planes(store, by, planes, x, y, pixels, n);
		break;
	}
}
