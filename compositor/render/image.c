// SPDX-License-Identifier: MIT
#include "render/private.h"

#include <drm_fourcc.h>
#include <stdlib.h>

enum { MAX_SHARED_PIXELS = 1 << 21 };

struct mapping {
	uint32_t format;
	pixman_format_code_t pixman;
};

// DRM formats are little-endian words, pixman's are words of the CPU's own order: these agree as
// long as the CPU is little-endian. There the bytes of 24 bit formats agree as well.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format table is little-endian");

static const struct mapping mappings[] = {
	{DRM_FORMAT_XRGB8888, PIXMAN_x8r8g8b8},
	{DRM_FORMAT_ARGB8888, PIXMAN_a8r8g8b8},
	{DRM_FORMAT_XBGR8888, PIXMAN_x8b8g8r8},
	{DRM_FORMAT_ABGR8888, PIXMAN_a8b8g8r8},
	{DRM_FORMAT_RGBX8888, PIXMAN_r8g8b8x8},
	{DRM_FORMAT_RGBA8888, PIXMAN_r8g8b8a8},
	{DRM_FORMAT_BGRX8888, PIXMAN_b8g8r8x8},
	{DRM_FORMAT_BGRA8888, PIXMAN_b8g8r8a8},
	{DRM_FORMAT_RGB888, PIXMAN_r8g8b8},
	{DRM_FORMAT_BGR888, PIXMAN_b8g8r8},
	{DRM_FORMAT_RGB332, PIXMAN_r3g3b2},
	{DRM_FORMAT_BGR233, PIXMAN_b2g3r3},
	{DRM_FORMAT_RGB565, PIXMAN_r5g6b5},
	{DRM_FORMAT_BGR565, PIXMAN_b5g6r5},
	{DRM_FORMAT_XRGB1555, PIXMAN_x1r5g5b5},
	{DRM_FORMAT_ARGB1555, PIXMAN_a1r5g5b5},
	{DRM_FORMAT_XBGR1555, PIXMAN_x1b5g5r5},
	{DRM_FORMAT_ABGR1555, PIXMAN_a1b5g5r5},
	{DRM_FORMAT_XRGB4444, PIXMAN_x4r4g4b4},
	{DRM_FORMAT_ARGB4444, PIXMAN_a4r4g4b4},
	{DRM_FORMAT_XBGR4444, PIXMAN_x4b4g4r4},
	{DRM_FORMAT_ABGR4444, PIXMAN_a4b4g4r4},
	{DRM_FORMAT_XRGB2101010, PIXMAN_x2r10g10b10},
	{DRM_FORMAT_ARGB2101010, PIXMAN_a2r10g10b10},
	{DRM_FORMAT_XBGR2101010, PIXMAN_x2b10g10r10},
	{DRM_FORMAT_ABGR2101010, PIXMAN_a2b10g10r10},
};

pixman_format_code_t render_pixman_format(uint32_t format) {
	for (size_t i = 0; i < sizeof(mappings) / sizeof(mappings[0]); i++) {
		if (mappings[i].format == format) {
			return mappings[i].pixman;
		}
	}
	return 0;
}

bool render_can_compose(uint32_t format) {
	return render_pixman_format(format) != 0 || render_yuv_supports(format);
}

static bool views_are_equal(const struct render_view *a, const struct render_view *b) {
	return a->data == b->data && a->stride == b->stride && a->format == b->format &&
		a->width == b->width && a->height == b->height;
}

pixman_image_t *render_image_get(struct render_image *image, const struct render_view *view) {
	if (image->image && views_are_equal(&image->view, view)) {
		return image->image;
	}
	render_image_finish(image);
	image->image = pixman_image_create_bits_no_clear(
		view->format, view->width, view->height, (uint32_t *)(uintptr_t)view->data, view->stride);
	image->view = *view;
	return image->image;
}

void render_image_finish(struct render_image *image) {
	if (image->image) {
		pixman_image_unref(image->image);
		image->image = NULL;
	}
}

static int32_t max(int32_t a, int32_t b) {
	return a > b ? a : b;
}

static void staging_drop_images(struct render_staging *staging) {
	for (size_t i = 0; i < sizeof(staging->images) / sizeof(staging->images[0]); i++) {
		render_image_finish(&staging->images[i]);
	}
}

struct render_image *render_staging_get(
	struct render_staging *staging, pixman_format_code_t format, int32_t width, int32_t height) {
	int slot = format == PIXMAN_a8r8g8b8 ? 0 : format == PIXMAN_x8r8g8b8 ? 1 : 2;
	struct render_image *image = &staging->images[slot];
	struct render_view view = image->view;
	bool fits = image->image && view.format == format;
	if (fits && view.width >= width && view.height >= height) {
		return image;
	}
	if (width > RENDER_MAX_SIZE || height > RENDER_MAX_SIZE) {
		return NULL;
	}
	// Larger than both what was and what is asked for, so that two users do not take turns in
	// making it anew; unless one is wide and the other tall.
	int32_t both_width = max(width, view.width);
	int32_t both_height = max(height, view.height);
	if (fits && (int64_t)both_width * both_height <= MAX_SHARED_PIXELS) {
		width = both_width;
		height = both_height;
	}
	int32_t stride = (width * (PIXMAN_FORMAT_BPP(format) / 8) + 15) & ~15;
	size_t size = (size_t)stride * (size_t)height;
	if (size > staging->size) {
		staging_drop_images(staging);
		free(staging->data);
		staging->size = 0;
		staging->data = malloc(size);
		if (!staging->data) {
			return NULL;
		}
		staging->size = size;
	}
	view = (struct render_view){
		.format = format,
		.width = width,
		.height = height,
		.data = staging->data,
		.stride = stride,
	};
	return render_image_get(image, &view) ? image : NULL;
}

void render_staging_finish(struct render_staging *staging) {
	staging_drop_images(staging);
	free(staging->data);
	*staging = (struct render_staging){0};
}

void render_images_finish(struct render_images *images) {
	render_image_finish(&images->image);
	if (images->solid) {
		pixman_image_unref(images->solid);
		images->solid = NULL;
	}
}

void render_scratch_destroy(struct render_scratch *scratch) {
	if (!scratch) {
		return;
	}
	for (int i = 0; i < RENDER_MAX_THREADS; i++) {
		render_images_finish(&scratch->images[i]);
	}
	free(scratch);
}
