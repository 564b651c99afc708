// SPDX-License-Identifier: MIT
#include <png.h>
#include <setjmp.h>

#include "picture/internal.h"

enum { MAX_CHUNK = 8 << 20 }; // bytes: colour profiles and texts are smaller

static void handle_error(png_structp png, png_const_charp message) {
	struct picture_source *source = png_get_error_ptr(png);
	snprintf(source->reason, sizeof(source->reason), "is damaged: %.120s", message);
	png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
	(void)png;
	(void)message;
}

// Bytes r, g, b, a become px.
static void premultiply(pixman_image_t *image) {
	int width = pixman_image_get_width(image), height = pixman_image_get_height(image);
	int stride = pixman_image_get_stride(image) / 4;
	uint32_t *data = pixman_image_get_data(image);
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			uint32_t *px = &data[(size_t)y * (size_t)stride + (size_t)x];
			const uint8_t *bytes = (const uint8_t *)px;
			uint32_t a = bytes[3];
			uint32_t r = (bytes[0] * a + 127) / 255, g = (bytes[1] * a + 127) / 255;
			uint32_t b = (bytes[2] * a + 127) / 255;
			*px = a << 24 | r << 16 | g << 8 | b;
		}
	}
}

static void ask_for_rgba(png_structp png, png_infop info) {
	png_set_expand(png); // palettes, few bits, transparent colours
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	(void)info;
}

// Leaves by longjmp if something is wrong.
static bool read_rows(png_structp png, png_infop info, struct picture_source *source) {
	png_read_info(png, info);
	uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
	if (!picture_make(source, width, height)) {
		return false;
	}
	ask_for_rgba(png, info);
	int passes = png_set_interlace_handling(png);
	png_read_update_info(png, info);
	size_t stride = (size_t)pixman_image_get_stride(source->image);
	if (png_get_rowbytes(png, info) > stride) {
		png_error(png, "its rows are longer than they should be");
	}
	uint8_t *data = (uint8_t *)pixman_image_get_data(source->image);
	for (int pass = 0; pass < passes; pass++) {
		for (uint32_t y = 0; y < height; y++) {
			if (picture_is_cancelled(source->cancel)) {
				return false;
			}
			png_read_row(png, data + y * stride, NULL);
		}
	}
	png_read_end(png, NULL);
	return true;
}

bool picture_read_png(struct picture_source *source) {
	png_structp png =
		png_create_read_struct(PNG_LIBPNG_VER_STRING, source, handle_error, ignore_warning);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
	if (info == NULL) {
		png_destroy_read_struct(&png, NULL, NULL);
		snprintf(source->reason, sizeof(source->reason), "out of memory");
		return false;
	}
	volatile bool ok = false;
	if (setjmp(png_jmpbuf(png)) == 0) {
		// Our own check of the size says more than the library's.
		png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
		png_set_chunk_malloc_max(png, MAX_CHUNK);
		png_init_io(png, source->file);
		ok = read_rows(png, info, source);
	}
	png_destroy_read_struct(&png, &info, NULL);
	if (ok) {
		premultiply(source->image);
	}
	return ok;
}
