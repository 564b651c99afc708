// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdio.h>
// jpeglib.h needs stdio.h.
#include <jpeglib.h>
#include <stdlib.h>

#include "picture/internal.h"

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

static bool read_rows(struct jpeg_decompress_struct *info, struct reader *reader) {
	struct picture_source *source = reader->source;
	jpeg_stdio_src(info, source->file);
	jpeg_read_header(info, TRUE);
	if (info->num_components > 3) {
		snprintf(source->reason, sizeof(source->reason),
			"has the colours of print (CMYK): save it with those of screens (RGB)");
		return false;
	}
	if (!picture_make(source, info->image_width, info->image_height)) {
		return false;
	}
	info->out_color_space = JCS_RGB;
	jpeg_start_decompress(info);
	reader->row = malloc((size_t)info->output_width * 3);
	if (reader->row == NULL) {
		snprintf(source->reason, sizeof(source->reason), "out of memory");
		return false;
	}
	size_t stride = (size_t)pixman_image_get_stride(source->image) / 4;
	uint32_t *data = pixman_image_get_data(source->image);
	while (info->output_scanline < info->output_height) {
		uint32_t *to = data + info->output_scanline * stride;
		JSAMPROW rows[1] = {reader->row};
		if (jpeg_read_scanlines(info, rows, 1) != 1) {
			continue;
		}
		for (size_t x = 0; x < info->output_width; x++) {
			const uint8_t *px = reader->row + x * 3;
			to[x] = 0xff000000 | (uint32_t)px[0] << 16 | (uint32_t)px[1] << 8 | px[2];
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
