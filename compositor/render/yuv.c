// SPDX-License-Identifier: MIT
// YUV to XRGB8888: BT.601, limited range, chroma repeated over the luma it belongs to.
//
// A row goes in pieces of CHUNK pixels: samples are gathered into three arrays whatever their layout,
// then one loop of 16 bit arithmetic converts them. Its trip count is constant and it has no branch,
// so compilers turn it into vector code for any CPU.
#include "render/private.h"

#include <drm_fourcc.h>
#include <stddef.h>
#include <string.h>

enum { CHUNK = 64 }; // px, even

enum layout {
	LAYOUT_PACKED,     // two luma and two chroma samples in four bytes
	LAYOUT_SEMIPLANAR, // a plane of chroma pairs
	LAYOUT_PLANAR,     // a plane each
};

struct yuv_format {
	uint32_t format;
	enum layout layout;
	uint8_t luma;       // packed: byte of the first luma sample
	uint8_t cb, cr;     // packed: byte; semi-planar: byte in the pair; planar: plane
	uint8_t hsub, vsub; // chroma subsampling
};

static const struct yuv_format formats[] = {
	{DRM_FORMAT_YUYV, LAYOUT_PACKED, 0, 1, 3, 2, 1},
	{DRM_FORMAT_YVYU, LAYOUT_PACKED, 0, 3, 1, 2, 1},
	{DRM_FORMAT_UYVY, LAYOUT_PACKED, 1, 0, 2, 2, 1},
	{DRM_FORMAT_VYUY, LAYOUT_PACKED, 1, 2, 0, 2, 1},
	{DRM_FORMAT_NV12, LAYOUT_SEMIPLANAR, 0, 0, 1, 2, 2},
	{DRM_FORMAT_NV21, LAYOUT_SEMIPLANAR, 0, 1, 0, 2, 2},
	{DRM_FORMAT_NV16, LAYOUT_SEMIPLANAR, 0, 0, 1, 2, 1},
	{DRM_FORMAT_NV61, LAYOUT_SEMIPLANAR, 0, 1, 0, 2, 1},
	{DRM_FORMAT_NV24, LAYOUT_SEMIPLANAR, 0, 0, 1, 1, 1},
	{DRM_FORMAT_NV42, LAYOUT_SEMIPLANAR, 0, 1, 0, 1, 1},
	{DRM_FORMAT_YUV420, LAYOUT_PLANAR, 0, 1, 2, 2, 2},
	{DRM_FORMAT_YVU420, LAYOUT_PLANAR, 0, 2, 1, 2, 2},
	{DRM_FORMAT_YUV422, LAYOUT_PLANAR, 0, 1, 2, 2, 1},
	{DRM_FORMAT_YVU422, LAYOUT_PLANAR, 0, 2, 1, 2, 1},
	{DRM_FORMAT_YUV444, LAYOUT_PLANAR, 0, 1, 2, 1, 1},
	{DRM_FORMAT_YVU444, LAYOUT_PLANAR, 0, 2, 1, 1, 1},
};

static const struct yuv_format *find(uint32_t format) {
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].format == format) {
			return &formats[i];
		}
	}
	return NULL;
}

bool render_yuv_supports(uint32_t format) {
	return find(format) != NULL;
}

struct samples {
	uint8_t y[CHUNK], cb[CHUNK], cr[CHUNK];
};

// Where the samples of one row begin, and how far apart they are.
struct row {
	const uint8_t *y, *cb, *cr;
	int y_step, chroma_step; // bytes
	int hsub;
};

static struct row row_at(
	const struct yuv_format *format, const struct render_pixels *pixels, int32_t y) {
	const uint8_t *luma = pixels->data[0] + (size_t)y * pixels->stride[0];
	size_t chroma_y = (size_t)(y / format->vsub);
	switch (format->layout) {
	case LAYOUT_PACKED:
		return (struct row){
			.y = luma + format->luma,
			.y_step = 2,
			.cb = luma + format->cb,
			.cr = luma + format->cr,
			.chroma_step = 4,
			.hsub = format->hsub,
		};
	case LAYOUT_SEMIPLANAR:
		return (struct row){
			.y = luma,
			.y_step = 1,
			.cb = pixels->data[1] + chroma_y * pixels->stride[1] + format->cb,
			.cr = pixels->data[1] + chroma_y * pixels->stride[1] + format->cr,
			.chroma_step = 2,
			.hsub = format->hsub,
		};
	case LAYOUT_PLANAR:
	default:
		return (struct row){
			.y = luma,
			.y_step = 1,
			.cb = pixels->data[format->cb] + chroma_y * pixels->stride[format->cb],
			.cr = pixels->data[format->cr] + chroma_y * pixels->stride[format->cr],
			.chroma_step = 1,
			.hsub = format->hsub,
		};
	}
}

// out[i] = in[i * step] for steps that occur; a constant step lets the compiler make vectors of it.
static void gather(uint8_t *restrict out, const uint8_t *restrict in, int step, int n) {
	if (step == 1) {
		memcpy(out, in, (size_t)n);
	} else if (step == 2) {
		for (int i = 0; i < n; i++) {
			out[i] = in[2 * i];
		}
	} else {
		for (int i = 0; i < n; i++) {
			out[i] = in[4 * i];
		}
	}
}

// Each sample of `in` for two pixels.
static void widen(uint8_t *restrict out, const uint8_t *restrict in) {
	for (int i = 0; i < CHUNK / 2; i++) {
		out[2 * i] = in[i];
		out[2 * i + 1] = in[i];
	}
}

// Pixels x to x + n of the row; x is even. Reads not a byte beyond them, but for the second luma
// pixel's half of a chroma sample.
static void load(struct samples *samples, const struct row *row, int32_t x, int n) {
	gather(samples->y, row->y + (ptrdiff_t)x * row->y_step, row->y_step, n);
	if (row->hsub == 1) {
		gather(samples->cb, row->cb + (ptrdiff_t)x * row->chroma_step, row->chroma_step, n);
		gather(samples->cr, row->cr + (ptrdiff_t)x * row->chroma_step, row->chroma_step, n);
		return;
	}
	uint8_t half[CHUNK / 2] = {0};
	int n_chroma = (n + 1) / 2;
	ptrdiff_t offset = (ptrdiff_t)(x / 2) * row->chroma_step;
	gather(half, row->cb + offset, row->chroma_step, n_chroma);
	widen(samples->cb, half);
	gather(half, row->cr + offset, row->chroma_step, n_chroma);
	widen(samples->cr, half);
}

// The upper half of the product of two 16 bit numbers: one instruction where there are vectors.
static inline int16_t mul_high(int16_t a, int16_t b) {
	return (int16_t)(((int32_t)a * b) >> 16);
}

static inline int16_t clamp(int16_t value) {
	int16_t low = value < 0 ? 0 : value;
	return low > 255 ? 255 : low;
}

// R = 1.164383 (Y - 16) + 1.596027 (Cr - 128)
// G = 1.164383 (Y - 16) - 0.391762 (Cb - 128) - 0.812968 (Cr - 128)
// B = 1.164383 (Y - 16) + 2.017232 (Cb - 128)
// Sums have 5 fractional bits: the largest that keep the extremes within 16. Luma is scaled by 128
// and chroma by 256 before the multiplication so that the upper half of the product has them.
// Each product is rounded down; half a unit of each is made good together with the final rounding.
static void convert(uint32_t *restrict out, const struct samples *restrict samples) {
	enum { FRACTION = 5, HALF = 1 << (FRACTION - 1) };
	for (int i = 0; i < CHUNK; i++) {
		int16_t y = mul_high((int16_t)((samples->y[i] - 16) * 128), 19077);
		int16_t cb = (int16_t)((samples->cb[i] - 128) * 256);
		int16_t cr = (int16_t)((samples->cr[i] - 128) * 256);
		int16_t r = (int16_t)(y + mul_high(cr, 13075) + HALF + 1);
		int16_t g = (int16_t)(y - mul_high(cb, 3209) - mul_high(cr, 6660) + HALF);
		int16_t b = (int16_t)(y + mul_high(cb, 16525) + HALF + 1);
		uint16_t gb =
			(uint16_t)((uint16_t)clamp(g >> FRACTION) << 8 | (uint16_t)clamp(b >> FRACTION));
		uint16_t xr = (uint16_t)(0xff00 | (uint16_t)clamp(r >> FRACTION));
		out[i] = (uint32_t)xr << 16 | gb;
	}
}

void render_yuv_convert_row(
	const struct render_pixels *pixels, int32_t x, int32_t y, int32_t width, uint8_t *out) {
	const struct yuv_format *format = find(pixels->format);
	struct row row = row_at(format, pixels, y);
	int32_t end = x + width;
	while (x < end) {
		int32_t start = x & ~1; // where a chroma sample begins
		int32_t stop = end - start > CHUNK ? start + CHUNK : end;
		struct samples samples;
		uint32_t colours[CHUNK];
		load(&samples, &row, start, (int)(stop - start));
		convert(colours, &samples);
		size_t bytes = (size_t)(stop - x) * sizeof(colours[0]);
		memcpy(out, &colours[x - start], bytes);
		out += bytes;
		x = stop;
	}
}
