// SPDX-License-Identifier: MIT
// Pictures of files, PNG and JPEG: read, and brought to a size.
//
// Files may be damaged or huge: what is larger than the limits is refused before memory is asked for.
// Both calls may take long, and may run in any thread; `cancel` (may be NULL) ends them early.
#ifndef VITRINE_PICTURE_PICTURE_H
#define VITRINE_PICTURE_PICTURE_H

#include <pixman.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	PICTURE_MAX_SIDE = 16384,      // px
	PICTURE_MAX_PIXELS = 40 << 20, // 160 MiB of them
	PICTURE_MAX_FILE = 64 << 20,   // bytes
	PICTURE_ERROR_SIZE = 256,
};

enum picture_fit {   // in the order of the configuration's choices
	PICTURE_COVER,   // all of the area is covered, what is too long is cut off on both sides
	PICTURE_CONTAIN, // all of the picture is seen
	PICTURE_STRETCH, // both, at the cost of the proportions
	PICTURE_CENTRE,  // px stay px
};

// Which part of the picture goes where.
struct picture_place {
	double src_x, src_y, src_width, src_height; // px of the picture
	int32_t x, y, width, height;                // px of the area
};

struct picture_place picture_place(enum picture_fit fit, int32_t picture_width,
	int32_t picture_height, int32_t width, int32_t height);

// As a8r8g8b8, premultiplied; upright if it is a JPEG file whose Exif data tell how that is. The caller ends it with
// pixman_image_unref. NULL with one line in error that names the file, or an empty one if it was cancelled.
pixman_image_t *picture_load(
	const char *path, const atomic_bool *cancel, char error[PICTURE_ERROR_SIZE]);

// Draws it over what is in the place, filtered where it is scaled. False when out of memory or cancelled.
bool picture_draw(pixman_image_t *picture, const struct picture_place *place,
	pixman_image_t *target, const atomic_bool *cancel);

#endif
