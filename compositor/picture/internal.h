// SPDX-License-Identifier: MIT
#ifndef VITRINE_PICTURE_INTERNAL_H
#define VITRINE_PICTURE_INTERNAL_H

#include <stdio.h>

#include "picture/picture.h"

struct picture_source {
	FILE *file;
	const atomic_bool *cancel; // may be NULL
	pixman_image_t *image;     // owned by the caller, made by the reader; may be NULL
	char reason[160];          // what is wrong, without the file's name
};

bool picture_is_cancelled(const atomic_bool *cancel);
// Makes source->image. False if it is too large or memory is out: `reason` says so.
bool picture_make(struct picture_source *source, uint32_t width, uint32_t height);

// The orientation that a block of Exif data tells, as it is in a JPEG file: where row 0 and column 0 are, 1 to 8; 0
// if it tells none.
int picture_exif_orientation(const uint8_t *data, size_t size);

// Read the whole of a picture. False with a reason, or cancelled.
bool picture_read_png(struct picture_source *source);
bool picture_read_jpeg(struct picture_source *source);

#endif
