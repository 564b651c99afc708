// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
// jpeglib.h needs stdio.h.
#include <jpeglib.h>
#include <stdlib.h>

#include "picture/internal.h"

enum { MARKER_MAX = 0xffff }; // bytes of one

struct reader {
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf jump;
	struct picture_source *source;
	uint8_t *row; // r, g, b; may be NULL
};

static void handle_error(j_common_ptr info) {
	struct reader *reader = (struct reader *)info->err;
	char message[JMSG_LENGTH_MAX];
	info->err->format_message(info, message);
	snprintf(reader->source->reason, sizeof(reader->source->reason), "is damaged: %.120s", message);
	longjmp(reader->jump, 1);
}

// What the library would go on from with grey instead of a picture.
static void handle_message(j_common_ptr info, int level) {
	if (level < 0) {
		handle_error(info);
	}
}

// Between rows, and while all of a progressive file is read before the first of them.
static void handle_progress(j_common_ptr info) {
	struct reader *reader = (struct reader *)info->err;
	if (picture_is_cancelled(reader->source->cancel)) {
		longjmp(reader->jump, 1);
	}
}

// Which way up the picture is to be; what is damaged says nothing.
static int orientation_of(const struct jpeg_decompress_struct *info) {
	int orientation = 0;
	for (jpeg_saved_marker_ptr marker = info->marker_list; marker != NULL && orientation == 0;
		 marker = marker->next) {
		orientation = picture_exif_orientation(marker->data, marker->data_length);
	}
	return orientation;
}

// Where the picture's first px lies in the upright one, and how far it is from there to the next one and to the
// next row, in px of memory.
struct layout {
	uint32_t *first;
	ptrdiff_t across, down;
};

// Makes the image, and says how the file's picture lies in it. False as picture_make.
static bool make_upright(struct picture_source *source, int orientation, uint32_t width,
	uint32_t height, struct layout *layout) {
	// By orientation: the picture's rows are the upright one's columns, which go left, and which go up.
	static const struct {
		bool turned, left, up;
	} ways[] = {
		[2] = {.left = true},
		[3] = {.left = true, .up = true},
		[4] = {.up = true},
		[5] = {.turned = true},
		[6] = {.turned = true, .left = true},
		[7] = {.turned = true, .left = true, .up = true},
		[8] = {.turned = true, .up = true},
	};
	const bool turned = ways[orientation].turned;
	const bool left = ways[orientation].left, up = ways[orientation].up;
	const uint32_t upright_width = turned ? height : width;
	const uint32_t upright_height = turned ? width : height;
	if (!picture_make(source, upright_width, upright_height)) {
		return false;
	}
	const ptrdiff_t stride = pixman_image_get_stride(source->image) / 4;
	const ptrdiff_t x_step = left ? -1 : 1, y_step = up ? -stride : stride;
	*layout = (struct layout){
		.first = pixman_image_get_data(source->image) + (left ? upright_width - 1 : 0) +
			(up ? (ptrdiff_t)(upright_height - 1) * stride : 0),
		.across = turned ? y_step : x_step,
		.down = turned ? x_step : y_step,
	};
	return true;
}

static bool read_rows(struct jpeg_decompress_struct *info, struct reader *reader) {
	struct picture_source *source = reader->source;
	jpeg_stdio_src(info, source->file);
	jpeg_save_markers(info, JPEG_APP0 + 1, MARKER_MAX);
	jpeg_read_header(info, TRUE);
	if (info->num_components > 3) {
		snprintf(source->reason, sizeof(source->reason),
			"has the colours of print (CMYK): save it with those of screens (RGB)");
		return false;
	}
	struct layout layout;
	if (!make_upright(
			source, orientation_of(info), info->image_width, info->image_height, &layout)) {
		return false;
	}
	info->out_color_space = JCS_RGB;
	jpeg_start_decompress(info);
	reader->row = malloc((size_t)info->output_width * 3);
	if (reader->row == NULL) {
		snprintf(source->reason, sizeof(source->reason), "out of memory");
		return false;
	}
	while (info->output_scanline < info->output_height) {
		uint32_t *to = layout.first + (ptrdiff_t)info->output_scanline * layout.down;
		JSAMPROW rows[1] = {reader->row};
		if (jpeg_read_scanlines(info, rows, 1) != 1) {
			continue;
		}
		for (size_t x = 0; x < info->output_width; x++) {
			const uint8_t *px = reader->row + x * 3;
			to[(ptrdiff_t)x * layout.across] =
				0xff000000 | (uint32_t)px[0] << 16 | (uint32_t)px[1] << 8 | px[2];
		}
	}
	jpeg_finish_decompress(info);
	return true;
}

bool picture_read_jpeg(struct picture_source *source) {
	struct reader reader = {.source = source};
	struct jpeg_decompress_struct info = {.err = jpeg_std_error(&reader.errors)};
	reader.errors.error_exit = handle_error;
	reader.errors.emit_message = handle_message;
	volatile bool ok = false;
	if (setjmp(reader.jump) == 0) {
		jpeg_create_decompress(&info);
		reader.progress.progress_monitor = handle_progress;
		info.progress = &reader.progress;
		ok = read_rows(&info, &reader);
	}
	jpeg_destroy_decompress(&info);
	free(reader.row);
	return ok;
}
