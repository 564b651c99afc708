// SPDX-License-Identifier: MIT
// YUV to XRGB8888, chroma repeated over the luma it belongs to.
//
// A row goes in pieces of CHUNK pixels: samples are gathered into three arrays of 16 bit words (those
// of 8 bits as their upper half) whatever their layout, then one loop of 16 bit arithmetic converts
// them. Its trip count is constant and it has no branch, so compilers turn it into vector code for any
// CPU.
#include "render/private.h"

#include <drm_fourcc.h>
#include <math.h>
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
	uint8_t bits;       // of a sample; more than 8: the upper ones of two bytes
};

static const struct yuv_format formats[] = {
	{DRM_FORMAT_YUYV, LAYOUT_PACKED, 0, 1, 3, 2, 1, 8},
	{DRM_FORMAT_YVYU, LAYOUT_PACKED, 0, 3, 1, 2, 1, 8},
	{DRM_FORMAT_UYVY, LAYOUT_PACKED, 1, 0, 2, 2, 1, 8},
	{DRM_FORMAT_VYUY, LAYOUT_PACKED, 1, 2, 0, 2, 1, 8},
	{DRM_FORMAT_NV12, LAYOUT_SEMIPLANAR, 0, 0, 1, 2, 2, 8},
	{DRM_FORMAT_NV21, LAYOUT_SEMIPLANAR, 0, 1, 0, 2, 2, 8},
	{DRM_FORMAT_NV16, LAYOUT_SEMIPLANAR, 0, 0, 1, 2, 1, 8},
	{DRM_FORMAT_NV61, LAYOUT_SEMIPLANAR, 0, 1, 0, 2, 1, 8},
	{DRM_FORMAT_NV24, LAYOUT_SEMIPLANAR, 0, 0, 1, 1, 1, 8},
	{DRM_FORMAT_NV42, LAYOUT_SEMIPLANAR, 0, 1, 0, 1, 1, 8},
	{DRM_FORMAT_P010, LAYOUT_SEMIPLANAR, 0, 0, 2, 2, 2, 10},
	{DRM_FORMAT_P012, LAYOUT_SEMIPLANAR, 0, 0, 2, 2, 2, 12},
	{DRM_FORMAT_P016, LAYOUT_SEMIPLANAR, 0, 0, 2, 2, 2, 16},
	{DRM_FORMAT_YUV420, LAYOUT_PLANAR, 0, 1, 2, 2, 2, 8},
	{DRM_FORMAT_YVU420, LAYOUT_PLANAR, 0, 2, 1, 2, 2, 8},
	{DRM_FORMAT_YUV422, LAYOUT_PLANAR, 0, 1, 2, 2, 1, 8},
	{DRM_FORMAT_YVU422, LAYOUT_PLANAR, 0, 2, 1, 2, 1, 8},
	{DRM_FORMAT_YUV444, LAYOUT_PLANAR, 0, 1, 2, 1, 1, 8},
	{DRM_FORMAT_YVU444, LAYOUT_PLANAR, 0, 2, 1, 1, 1, 8},
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

// Of what is coded, the weights of red and blue in the luma (ITU-R BT.601, BT.709, BT.2020).
static const struct {
	double red, blue;
} weights[] = {
	[FORMAT_BT601] = {0.299, 0.114},
	[FORMAT_BT709] = {0.2126, 0.0722},
	[FORMAT_BT2020] = {0.2627, 0.0593},
};

// Sums have FRACTION bits after the point: the most that keep the extremes within 16. So that the upper
// half of the product with a factor has them, luma goes into it with 15 bits and chroma with 16.
enum { FRACTION = 5 };

static int16_t factor(double value, int bits) {
	return (int16_t)lround(ldexp(value, FRACTION + 16 - bits));
}

bool render_yuv_init(struct render_yuv *yuv, const struct render_pixels *pixels) {
	const struct yuv_format *format = find(pixels->format);
	const struct format_coding *coding = &pixels->coding;
	if (!format || (size_t)coding->matrix >= sizeof(weights) / sizeof(weights[0])) {
		return false;
	}
	// The largest sample as the upper bits of 16, in units of 1/256 of what 8 bits have.
	double full = ldexp(ldexp(1, format->bits) - 1, 8 - format->bits);
	double luma = 255 / (coding->full_range ? full : 235 - 16);
	double chroma = 255 / (coding->full_range ? full : 240 - 16);
	double red = weights[coding->matrix].red, blue = weights[coding->matrix].blue;
	double green = 1 - red - blue;
	*yuv = (struct render_yuv){
		.format = format,
		.black = coding->full_range ? 0 : 16 << 7,
		.luma = factor(luma, 7),
		.r_cr = factor(2 * (1 - red) * chroma, 8),
		.g_cb = factor(2 * (1 - blue) * blue / green * chroma, 8),
		.g_cr = factor(2 * (1 - red) * red / green * chroma, 8),
		.b_cb = factor(2 * (1 - blue) * chroma, 8),
	};
	return true;
}

struct samples {
	uint16_t y[CHUNK], cb[CHUNK], cr[CHUNK];
};

// Where the samples of one row begin, and how far apart they are.
struct row {
	const uint8_t *y, *cb, *cr;
	int y_step, chroma_step; // bytes
	int hsub;
	bool wide; // samples of two bytes
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
			.y_step = format->bits > 8 ? 2 : 1,
			.cb = pixels->data[1] + chroma_y * pixels->stride[1] + format->cb,
			.cr = pixels->data[1] + chroma_y * pixels->stride[1] + format->cr,
			.chroma_step = format->bits > 8 ? 4 : 2,
			.hsub = format->hsub,
			.wide = format->bits > 8,
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

// out[i] = the sample at in[i * step] for steps that occur; a constant step lets the compiler make
// vectors of it.
static void gather(uint16_t *restrict out, const uint8_t *restrict in, int step, int n) {
	if (step == 1) {
		for (int i = 0; i < n; i++) {
			out[i] = (uint16_t)(in[i] << 8);
		}
	} else if (step == 2) {
		for (int i = 0; i < n; i++) {
			out[i] = (uint16_t)(in[2 * i] << 8);
		}
	} else {
		for (int i = 0; i < n; i++) {
			out[i] = (uint16_t)(in[4 * i] << 8);
		}
	}
}

// The same for samples of two bytes, little-endian.
static void gather_wide(uint16_t *restrict out, const uint8_t *restrict in, int step, int n) {
	if (step == 2) {
		memcpy(out, in, (size_t)n * sizeof(out[0]));
		return;
	}
	for (int i = 0; i < n; i++) {
		out[i] = (uint16_t)(in[4 * i] | in[4 * i + 1] << 8);
	}
}

static void gather_row(
	uint16_t *restrict out, const struct row *row, const uint8_t *in, int step, int n) {
	if (row->wide) {
		gather_wide(out, in, step, n);
	} else {
		gather(out, in, step, n);
	}
}

// Each sample of `in` for two pixels.
static void widen(uint16_t *restrict out, const uint16_t *restrict in) {
	for (int i = 0; i < CHUNK / 2; i++) {
		out[2 * i] = in[i];
		out[2 * i + 1] = in[i];
	}
}

// Pixels x to x + n of the row; x is even. Reads not a byte beyond them, but for the second luma
// pixel's half of a chroma sample.
static void load(struct samples *samples, const struct row *row, int32_t x, int n) {
	gather_row(samples->y, row, row->y + (ptrdiff_t)x * row->y_step, row->y_step, n);
	int32_t start = row->hsub == 1 ? x : x / 2;
	const uint8_t *cb = row->cb + (ptrdiff_t)start * row->chroma_step;
	const uint8_t *cr = row->cr + (ptrdiff_t)start * row->chroma_step;
	if (row->hsub == 1) {
		gather_row(samples->cb, row, cb, row->chroma_step, n);
		gather_row(samples->cr, row, cr, row->chroma_step, n);
		return;
	}
	uint16_t half[CHUNK / 2] = {0};
	int n_chroma = (n + 1) / 2;
	gather_row(half, row, cb, row->chroma_step, n_chroma);
	widen(samples->cb, half);
	gather_row(half, row, cr, row->chroma_step, n_chroma);
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

// R = luma (Y - black)                     + r_cr (Cr - middle)
// G = luma (Y - black) - g_cb (Cb - middle) - g_cr (Cr - middle)
// B = luma (Y - black) + b_cb (Cb - middle)
// Each product is rounded down; half a unit of each is made good together with the final rounding.
static void convert(uint32_t *restrict out, const struct samples *restrict samples,
	const struct render_yuv *restrict yuv) {
	enum { HALF = 1 << (FRACTION - 1) };
	const struct render_yuv by = *yuv;
	for (int i = 0; i < CHUNK; i++) {
		int16_t y = mul_high((int16_t)((samples->y[i] >> 1) - by.black), by.luma);
		int16_t cb = (int16_t)(samples->cb[i] ^ 0x8000); // the middle becomes zero
		int16_t cr = (int16_t)(samples->cr[i] ^ 0x8000);
		int16_t r = (int16_t)(y + mul_high(cr, by.r_cr) + HALF + 1);
		int16_t g = (int16_t)(y - mul_high(cb, by.g_cb) - mul_high(cr, by.g_cr) + HALF);
		int16_t b = (int16_t)(y + mul_high(cb, by.b_cb) + HALF + 1);
		uint16_t gb =
			(uint16_t)((uint16_t)clamp(g >> FRACTION) << 8 | (uint16_t)clamp(b >> FRACTION));
		uint16_t xr = (uint16_t)(0xff00 | (uint16_t)clamp(r >> FRACTION));
		out[i] = (uint32_t)xr << 16 | gb;
	}
}

void render_yuv_convert_row(const struct render_yuv *yuv, const struct render_pixels *pixels,
	int32_t x, int32_t y, int32_t width, uint8_t *out) {
	struct row row = row_at(yuv->format, pixels, y);
	int32_t end = x + width;
	while (x < end) {
		int32_t start = x & ~1; // where a chroma sample begins
		int32_t stop = end - start > CHUNK ? start + CHUNK : end;
		struct samples samples;
		uint32_t colours[CHUNK];
		load(&samples, &row, start, (int)(stop - start));
		convert(colours, &samples, yuv);
		size_t bytes = (size_t)(stop - x) * sizeof(colours[0]);
		memcpy(out, &colours[x - start], bytes);
		out += bytes;
		x = stop;
	}
}
