// SPDX-License-Identifier: MIT
#include "base/format.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct entry {
	const char *name; // without DRM_FORMAT_
	struct format_info info;
};

#define RGB(fmt, bytes, has_alpha, opaque_fmt) \
	{ \
		.name = #fmt, .info = { \
			.format = DRM_FORMAT_##fmt, \
			.planes = 1, \
			.block_bytes = {bytes}, \
			.block_width = {1}, \
			.hsub = 1, \
			.vsub = 1, \
			.alpha = has_alpha, \
			.opaque = DRM_FORMAT_##opaque_fmt \
		} \
	}

// One plane, two pixels of luma share their chroma in four bytes.
#define YUV_PACKED(fmt) \
	{ \
		.name = #fmt, .info = { \
			.format = DRM_FORMAT_##fmt, \
			.planes = 1, \
			.block_bytes = {4}, \
			.block_width = {2}, \
			.hsub = 2, \
			.vsub = 1, \
			.yuv = true, \
			.opaque = DRM_FORMAT_##fmt \
		} \
	}

// A luma plane and a plane of interleaved chroma; `bytes` for one sample.
#define YUV_SEMIPLANAR(fmt, bytes, h, v) \
	{ \
		.name = #fmt, .info = { \
			.format = DRM_FORMAT_##fmt, \
			.planes = 2, \
			.block_bytes = {bytes, 2 * (bytes)}, \
			.block_width = {1, 1}, \
			.hsub = h, \
			.vsub = v, \
			.yuv = true, \
			.opaque = DRM_FORMAT_##fmt \
		} \
	}

// The same with 10 bit samples packed without padding: four in five bytes.
#define YUV_SEMIPLANAR_PACKED10(fmt, h, v) \
	{ \
		.name = #fmt, .info = { \
			.format = DRM_FORMAT_##fmt, \
			.planes = 2, \
			.block_bytes = {5, 5}, \
			.block_width = {4, 2}, \
			.hsub = h, \
			.vsub = v, \
			.yuv = true, \
			.opaque = DRM_FORMAT_##fmt \
		} \
	}

#define YUV_PLANAR(fmt, h, v) \
	{ \
		.name = #fmt, .info = { \
			.format = DRM_FORMAT_##fmt, \
			.planes = 3, \
			.block_bytes = {1, 1, 1}, \
			.block_width = {1, 1, 1}, \
			.hsub = h, \
			.vsub = v, \
			.yuv = true, \
			.opaque = DRM_FORMAT_##fmt \
		} \
	}

static const struct entry formats[] = {
	RGB(XRGB8888, 4, false, XRGB8888),
	RGB(ARGB8888, 4, true, XRGB8888),
	RGB(XBGR8888, 4, false, XBGR8888),
	RGB(ABGR8888, 4, true, XBGR8888),
	RGB(RGBX8888, 4, false, RGBX8888),
	RGB(RGBA8888, 4, true, RGBX8888),
	RGB(BGRX8888, 4, false, BGRX8888),
	RGB(BGRA8888, 4, true, BGRX8888),
	RGB(RGB888, 3, false, RGB888),
	RGB(BGR888, 3, false, BGR888),
	RGB(RGB332, 1, false, RGB332),
	RGB(BGR233, 1, false, BGR233),
	RGB(RGB565, 2, false, RGB565),
	RGB(BGR565, 2, false, BGR565),
	RGB(XRGB1555, 2, false, XRGB1555),
	RGB(ARGB1555, 2, true, XRGB1555),
	RGB(XBGR1555, 2, false, XBGR1555),
	RGB(ABGR1555, 2, true, XBGR1555),
	RGB(XRGB4444, 2, false, XRGB4444),
	RGB(ARGB4444, 2, true, XRGB4444),
	RGB(XBGR4444, 2, false, XBGR4444),
	RGB(ABGR4444, 2, true, XBGR4444),
	RGB(XRGB2101010, 4, false, XRGB2101010),
	RGB(ARGB2101010, 4, true, XRGB2101010),
	RGB(XBGR2101010, 4, false, XBGR2101010),
	RGB(ABGR2101010, 4, true, XBGR2101010),
	RGB(XRGB16161616, 8, false, XRGB16161616),
	RGB(ARGB16161616, 8, true, XRGB16161616),
	RGB(XBGR16161616, 8, false, XBGR16161616),
	RGB(ABGR16161616, 8, true, XBGR16161616),
	YUV_PACKED(YUYV),
	YUV_PACKED(YVYU),
	YUV_PACKED(UYVY),
	YUV_PACKED(VYUY),
	YUV_SEMIPLANAR(NV12, 1, 2, 2),
	YUV_SEMIPLANAR(NV21, 1, 2, 2),
	YUV_SEMIPLANAR(NV16, 1, 2, 1),
	YUV_SEMIPLANAR(NV61, 1, 2, 1),
	YUV_SEMIPLANAR(NV24, 1, 1, 1),
	YUV_SEMIPLANAR(NV42, 1, 1, 1),
	YUV_SEMIPLANAR(P010, 2, 2, 2),
	YUV_SEMIPLANAR(P012, 2, 2, 2),
	YUV_SEMIPLANAR(P016, 2, 2, 2),
	YUV_SEMIPLANAR_PACKED10(NV15, 2, 2),
	YUV_PLANAR(YUV420, 2, 2),
	YUV_PLANAR(YVU420, 2, 2),
	YUV_PLANAR(YUV422, 2, 1),
	YUV_PLANAR(YVU422, 2, 1),
	YUV_PLANAR(YUV444, 1, 1),
	YUV_PLANAR(YVU444, 1, 1),
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct format_info *format_info(uint32_t format) {
	for (size_t i = 0; i < N_FORMATS; i++) {
		if (formats[i].info.format == format) {
			return &formats[i].info;
		}
	}
	return NULL;
}

const struct format_info *format_info_at(size_t i) {
	return i < N_FORMATS ? &formats[i].info : NULL;
}

static uint64_t div_round_up(uint64_t n, uint32_t divisor) {
	return (n + divisor - 1) / divisor;
}

uint32_t format_min_stride(const struct format_info *info, int plane, uint32_t width) {
	uint64_t samples = plane > 0 ? div_round_up(width, info->hsub) : width;
	uint64_t stride = div_round_up(samples, info->block_width[plane]) * info->block_bytes[plane];
	return stride <= UINT32_MAX ? (uint32_t)stride : 0;
}

uint32_t format_plane_height(const struct format_info *info, int plane, uint32_t height) {
	return plane > 0 ? (uint32_t)div_round_up(height, info->vsub) : height;
}

void format_name(uint32_t format, char name[5]) {
	for (int i = 0; i < 4; i++) {
		char c = (char)((format >> (8 * i)) & 0xff);
		name[i] = c > 0x20 && c < 0x7f ? c : '?';
	}
	name[4] = '\0';
}

uint32_t format_from_name(const char *name) {
	for (size_t i = 0; i < N_FORMATS; i++) {
		char fourcc[5];
		format_name(formats[i].info.format, fourcc);
		if (strcasecmp(name, formats[i].name) == 0 || strcasecmp(name, fourcc) == 0) {
			return formats[i].info.format;
		}
	}
	return 0;
}

static const char *const coding_names[FORMAT_MATRICES][2] = {
	[FORMAT_BT601] = {"bt601", "bt601-full"},
	[FORMAT_BT709] = {"bt709", "bt709-full"},
	[FORMAT_BT2020] = {"bt2020", "bt2020-full"},
};

const char *format_coding_name(struct format_coding coding) {
	return coding_names[coding.matrix][coding.full_range];
}

bool format_coding_from_name(const char *name, struct format_coding *coding) {
	for (int matrix = 0; matrix < FORMAT_MATRICES; matrix++) {
		for (int full = 0; full <= 1; full++) {
			if (strcmp(name, coding_names[matrix][full]) == 0) {
				*coding = (struct format_coding){(enum format_matrix)matrix, full};
				return true;
			}
		}
	}
	return false;
}

void format_set_finish(struct format_set *set) {
	free(set->pairs);
	*set = (struct format_set){0};
}

bool format_set_add(struct format_set *set, uint32_t format, uint64_t modifier) {
	if (format_set_has(set, format, modifier)) {
		return true;
	}
	if (set->len == set->cap) {
		size_t cap = set->cap ? 2 * set->cap : 32;
		struct format_pair *pairs = realloc(set->pairs, cap * sizeof(*pairs));
		if (!pairs) {
			return false;
		}
		set->pairs = pairs;
		set->cap = cap;
	}
	set->pairs[set->len++] = (struct format_pair){.format = format, .modifier = modifier};
	return true;
}

bool format_set_has(const struct format_set *set, uint32_t format, uint64_t modifier) {
	for (size_t i = 0; i < set->len; i++) {
		if (set->pairs[i].format == format && set->pairs[i].modifier == modifier) {
			return true;
		}
	}
	return false;
}

bool format_set_has_format(const struct format_set *set, uint32_t format) {
	for (size_t i = 0; i < set->len; i++) {
		if (set->pairs[i].format == format) {
			return true;
		}
	}
	return false;
}
