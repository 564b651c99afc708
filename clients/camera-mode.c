// SPDX-License-Identifier: MIT
#include "camera-mode.h"

#include <drm_fourcc.h>
#include <linux/videodev2.h>

// V4L2 names formats by the order of bytes in memory, DRM by the order of bits in a little-endian
// word: BGR32 there is RGB here.
static const struct camera_format formats[] = {
	{V4L2_PIX_FMT_XBGR32, DRM_FORMAT_XRGB8888, false},
	{V4L2_PIX_FMT_ABGR32, DRM_FORMAT_XRGB8888, false},
	{V4L2_PIX_FMT_RGBX32, DRM_FORMAT_XBGR8888, false},
	{V4L2_PIX_FMT_RGBA32, DRM_FORMAT_XBGR8888, false},
	{V4L2_PIX_FMT_BGRX32, DRM_FORMAT_RGBX8888, false},
	{V4L2_PIX_FMT_BGRA32, DRM_FORMAT_RGBX8888, false},
	{V4L2_PIX_FMT_XRGB32, DRM_FORMAT_BGRX8888, false},
	{V4L2_PIX_FMT_ARGB32, DRM_FORMAT_BGRX8888, false},
	{V4L2_PIX_FMT_BGR24, DRM_FORMAT_RGB888, false},
	{V4L2_PIX_FMT_RGB24, DRM_FORMAT_BGR888, false},
	{V4L2_PIX_FMT_RGB565, DRM_FORMAT_RGB565, false},
	{V4L2_PIX_FMT_XRGB555, DRM_FORMAT_XRGB1555, false},
	{V4L2_PIX_FMT_ARGB555, DRM_FORMAT_XRGB1555, false},
	{V4L2_PIX_FMT_XBGR555, DRM_FORMAT_XBGR1555, false},
	{V4L2_PIX_FMT_XRGB444, DRM_FORMAT_XRGB4444, false},
	{V4L2_PIX_FMT_XBGR444, DRM_FORMAT_XBGR4444, false},
	{V4L2_PIX_FMT_YUYV, DRM_FORMAT_YUYV, false},
	{V4L2_PIX_FMT_YVYU, DRM_FORMAT_YVYU, false},
	{V4L2_PIX_FMT_UYVY, DRM_FORMAT_UYVY, false},
	{V4L2_PIX_FMT_VYUY, DRM_FORMAT_VYUY, false},
	{V4L2_PIX_FMT_NV12, DRM_FORMAT_NV12, false},
	{V4L2_PIX_FMT_NV21, DRM_FORMAT_NV21, false},
	{V4L2_PIX_FMT_NV16, DRM_FORMAT_NV16, false},
	{V4L2_PIX_FMT_NV61, DRM_FORMAT_NV61, false},
	{V4L2_PIX_FMT_NV24, DRM_FORMAT_NV24, false},
	{V4L2_PIX_FMT_NV42, DRM_FORMAT_NV42, false},
	{V4L2_PIX_FMT_NV12M, DRM_FORMAT_NV12, true},
	{V4L2_PIX_FMT_NV21M, DRM_FORMAT_NV21, true},
	{V4L2_PIX_FMT_NV16M, DRM_FORMAT_NV16, true},
	{V4L2_PIX_FMT_NV61M, DRM_FORMAT_NV61, true},
	{V4L2_PIX_FMT_YUV420, DRM_FORMAT_YUV420, false},
	{V4L2_PIX_FMT_YVU420, DRM_FORMAT_YVU420, false},
	{V4L2_PIX_FMT_YUV422P, DRM_FORMAT_YUV422, false},
	{V4L2_PIX_FMT_YUV420M, DRM_FORMAT_YUV420, true},
	{V4L2_PIX_FMT_YVU420M, DRM_FORMAT_YVU420, true},
	{V4L2_PIX_FMT_YUV422M, DRM_FORMAT_YUV422, true},
	{V4L2_PIX_FMT_YVU422M, DRM_FORMAT_YVU422, true},
	{V4L2_PIX_FMT_YUV444M, DRM_FORMAT_YUV444, true},
	{V4L2_PIX_FMT_YVU444M, DRM_FORMAT_YVU444, true},
};

const struct camera_format *camera_format_find(uint32_t v4l2) {
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].v4l2 == v4l2) {
			return &formats[i];
		}
	}
	return NULL;
}

bool camera_coding_init(
	struct format_coding *coding, uint32_t colorspace, uint32_t encoding, uint32_t quantization) {
	// Drivers are to know, those that do not leave it open: what webcams do then.
	if (colorspace == V4L2_COLORSPACE_DEFAULT) {
		colorspace = V4L2_MAP_COLORSPACE_DEFAULT(false, false);
	}
	if (encoding == V4L2_YCBCR_ENC_DEFAULT) {
		encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(colorspace);
	}
	if (quantization == V4L2_QUANTIZATION_DEFAULT) {
		quantization = V4L2_MAP_QUANTIZATION_DEFAULT(false, colorspace, encoding);
	}
	coding->full_range = quantization == V4L2_QUANTIZATION_FULL_RANGE;
	switch (encoding) {
	case V4L2_YCBCR_ENC_601:
	case V4L2_YCBCR_ENC_XV601:
		coding->matrix = FORMAT_BT601;
		return true;
	case V4L2_YCBCR_ENC_709:
	case V4L2_YCBCR_ENC_XV709:
		coding->matrix = FORMAT_BT709;
		return true;
	case V4L2_YCBCR_ENC_BT2020:
		coding->matrix = FORMAT_BT2020;
		return true;
	default: // of constant luminance, of SMPTE 240M, HSV
		return false;
	}
}

void camera_format_name(uint32_t v4l2, char name[5]) {
	format_name(v4l2 & 0x7fffffff, name);
	for (int i = 3; i > 0 && name[i] == '?' && (v4l2 >> (8 * i) & 0x7f) == ' '; i--) {
		name[i] = '\0';
	}
}

static bool takes(const struct format_set *set, uint32_t drm) {
	return format_set_has(set, drm, DRM_FORMAT_MOD_LINEAR) ||
		format_set_has(set, drm, DRM_FORMAT_MOD_INVALID);
}

enum camera_way camera_way(const struct client_feedback *feedback, uint32_t drm) {
	if (takes(&feedback->scanout, drm)) {
		return CAMERA_WAY_SCANOUT;
	}
	if (!takes(&feedback->all, drm)) {
		return CAMERA_WAY_NONE;
	}
	return feedback->has_tranches ? CAMERA_WAY_COMPOSE : CAMERA_WAY_SCANOUT;
}

// Drivers round their intervals: 60.02 Hz does not exceed 60, and 29.97 Hz does for 30.
static bool exceeds(uint32_t rate_mhz, uint32_t wish) {
	return wish != 0 && rate_mhz > wish + wish / 100;
}

// What makes one mode better than another, most important first.
struct merit {
	bool fits, fast;
	enum camera_way way;
	uint64_t area; // px
	uint32_t cost; // bytes a row of 1024 px and its share of the other planes
	int planes;
};

static uint32_t bytes_of_1024(uint32_t drm) {
	const struct format_info *info = format_info(drm);
	uint32_t bytes = 0;
	for (int i = 0; info && i < info->planes; i++) {
		bytes += format_min_stride(info, i, 1024) / (i > 0 ? info->vsub : 1);
	}
	return bytes;
}

static struct merit judge(const struct camera_mode *mode, const struct camera_wish *wish,
	const struct client_feedback *feedback) {
	uint32_t least = wish->rate_mhz ? wish->rate_mhz : CAMERA_LEAST_RATE_MHZ;
	return (struct merit){
		.fits = (wish->width == 0 || mode->width <= wish->width) &&
			(wish->height == 0 || mode->height <= wish->height),
		.fast = mode->rate_mhz == 0 || !exceeds(least, mode->rate_mhz),
		.way = camera_way(feedback, mode->format->drm),
		.area = (uint64_t)mode->width * mode->height,
		.cost = bytes_of_1024(mode->format->drm),
		.planes = format_info(mode->format->drm)->planes,
	};
}

static bool better(const struct merit *a, const struct merit *b) {
	if (a->fits != b->fits) {
		return a->fits;
	}
	if (a->fast != b->fast) {
		return a->fast;
	}
	if (a->way != b->way) {
		return a->way > b->way;
	}
	if (a->area != b->area) {
		return a->fits ? a->area > b->area : a->area < b->area;
	}
	// Of formats that cost the same, display hardware knows NV12 better than YUV420.
	return a->cost != b->cost ? a->cost < b->cost : a->planes < b->planes;
}

const struct camera_mode *camera_mode_choose(const struct camera_mode *modes, size_t len,
	const struct camera_wish *wish, const struct client_feedback *feedback) {
	const struct camera_mode *best = NULL;
	struct merit best_merit = {0};
	for (size_t i = 0; i < len; i++) {
		if (wish->drm != 0 && modes[i].format->drm != wish->drm) {
			continue;
		}
		struct merit merit = judge(&modes[i], wish, feedback);
		if (merit.way != CAMERA_WAY_NONE && (!best || better(&merit, &best_merit))) {
			best = &modes[i];
			best_merit = merit;
		}
	}
	return best;
}

bool camera_rate_better(uint32_t a, uint32_t b, uint32_t wish) {
	if (a == 0 || b == 0) {
		return a != 0;
	}
	if (exceeds(a, wish) != exceeds(b, wish)) {
		return exceeds(b, wish);
	}
	return exceeds(a, wish) ? a < b : a > b;
}

uint32_t camera_step_size(uint32_t min, uint32_t max, uint32_t step, uint32_t wish) {
	if (wish == 0 || wish >= max) {
		return max;
	}
	if (wish <= min || step == 0) {
		return wish <= min ? min : wish;
	}
	return min + (wish - min) / step * step;
}

bool camera_layout_init(struct client_layout *layout, const struct camera_format *format,
	uint32_t width, uint32_t height, uint32_t bytesperline) {
	const struct format_info *info = format_info(format->drm);
	if (!info || bytesperline < format_min_stride(info, 0, width)) {
		return false;
	}
	*layout = (struct client_layout){.planes = info->planes};
	uint64_t size = 0;
	for (int i = 0; i < info->planes; i++) {
		// A row of plane i holds this many bytes for each `hsub` samples of the first plane.
		uint64_t stride = bytesperline;
		if (i > 0) {
			stride = stride * info->block_bytes[i] / ((uint64_t)info->block_bytes[0] * info->hsub);
		}
		if (stride < format_min_stride(info, i, width) || stride > UINT32_MAX ||
			size > UINT32_MAX) {
			return false;
		}
		layout->strides[i] = (uint32_t)stride;
		layout->offsets[i] = (uint32_t)size;
		size += stride * format_plane_height(info, i, height);
	}
	layout->size = (size_t)size;
	return size <= UINT32_MAX;
}
