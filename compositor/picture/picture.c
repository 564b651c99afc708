// SPDX-License-Identifier: MIT
#include "picture/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "picture/internal.h"

enum { BAND = 16 }; // rows that are drawn between two looks at `cancel`

bool picture_is_cancelled(const atomic_bool *cancel) {
	return cancel != NULL && atomic_load(cancel);
}

// ---- Reading ----

bool picture_make(struct picture_source *source, uint32_t width, uint32_t height) {
	if (width == 0 || height == 0 || width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE ||
		(uint64_t)width * height > PICTURE_MAX_PIXELS) {
		snprintf(source->reason, sizeof(source->reason),
			"has %ux%u px: expected at most %d a side and %d million in all", width, height,
			PICTURE_MAX_SIDE, PICTURE_MAX_PIXELS / 1000000);
		return false;
	}
	source->image = pixman_image_create_bits(PIXMAN_a8r8g8b8, (int)width, (int)height, NULL, 0);
	if (source->image == NULL) {
		snprintf(source->reason, sizeof(source->reason), "out of memory for its %ux%u px", width,
			height);
		return false;
	}
	return true;
}

// Something that reads like a file and ends; nothing that would block. NULL with a reason.
static FILE *open_file(const char *path, char *reason, size_t size) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	if (fd < 0 || fstat(fd, &info) != 0) {
		snprintf(reason, size, "%s", strerror(errno));
	} else if (!S_ISREG(info.st_mode)) {
		snprintf(reason, size, "is no file");
	} else if (info.st_size > PICTURE_MAX_FILE) {
		snprintf(reason, size, "has %lld bytes: expected at most %d", (long long)info.st_size,
			PICTURE_MAX_FILE);
	} else {
		FILE *file = fdopen(fd, "rb");
		if (file != NULL) {
			return file;
		}
		snprintf(reason, size, "out of memory");
	}
	if (fd >= 0) {
		close(fd);
	}
	return NULL;
}

static bool read_source(struct picture_source *source) {
	static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};
	uint8_t start[sizeof(png)] = {0};
	size_t n = fread(start, 1, sizeof(start), source->file);
	rewind(source->file);
	if (n == sizeof(png) && memcmp(start, png, sizeof(png)) == 0) {
		return picture_read_png(source);
	}
	if (n >= sizeof(jpeg) && memcmp(start, jpeg, sizeof(jpeg)) == 0) {
		return picture_read_jpeg(source);
	}
	snprintf(source->reason, sizeof(source->reason), "is neither PNG nor JPEG");
	return false;
}

pixman_image_t *picture_load(
	const char *path, const atomic_bool *cancel, char error[PICTURE_ERROR_SIZE]) {
	struct picture_source source = {.cancel = cancel};
	error[0] = '\0';
	source.file = open_file(path, source.reason, sizeof(source.reason));
	bool ok = source.file != NULL && read_source(&source);
	if (source.file != NULL) {
		fclose(source.file);
	}
	if (ok) {
		return source.image;
	}
	if (source.image != NULL) {
		pixman_image_unref(source.image);
	}
	if (source.reason[0] != '\0') {
		snprintf(error, PICTURE_ERROR_SIZE, "%.90s: %s", path, source.reason);
	}
	return NULL;
}

// ---- Places ----

static int32_t at_least_one(double value) {
	return value < 1 ? 1 : (int32_t)lround(value);
}

struct picture_place picture_place(enum picture_fit fit, int32_t picture_width,
	int32_t picture_height, int32_t width, int32_t height) {
	struct picture_place place = {
		.src_width = picture_width,
		.src_height = picture_height,
		.width = width,
		.height = height,
	};
	double across = (double)width / picture_width, down = (double)height / picture_height;
	double scale = fit == PICTURE_COVER ? fmax(across, down)
		: fit == PICTURE_CONTAIN        ? fmin(across, down)
										: 1;
	if (fit == PICTURE_STRETCH) {
		return place;
	}
	if (fit == PICTURE_CONTAIN) {
		place.width = at_least_one(picture_width * scale);
		place.height = at_least_one(picture_height * scale);
	} else {
		place.src_width = fmin(picture_width, width / scale);
		place.src_height = fmin(picture_height, height / scale);
		place.src_x = (picture_width - place.src_width) / 2;
		place.src_y = (picture_height - place.src_height) / 2;
		place.width = fit == PICTURE_COVER ? width : (int32_t)place.src_width;
		place.height = fit == PICTURE_COVER ? height : (int32_t)place.src_height;
	}
	if (scale == 1) { // px stay px
		place.src_x = floor(place.src_x);
		place.src_y = floor(place.src_y);
	}
	place.x = (width - place.width) / 2;
	place.y = (height - place.height) / 2;
	return place;
}

// ---- Drawing ----

// Each px of what is shrunk becomes the mean of what it covers. False when out of memory.
static bool set_filter(pixman_image_t *picture, double across, double down) {
	if (across <= 1 && down <= 1) {
		return pixman_image_set_filter(picture,
			across == 1 && down == 1 ? PIXMAN_FILTER_NEAREST : PIXMAN_FILTER_BILINEAR, NULL, 0);
	}
	int n = 0;
	pixman_fixed_t *filter = pixman_filter_create_separable_convolution(&n,
		pixman_double_to_fixed(fmax(across, 1)), pixman_double_to_fixed(fmax(down, 1)),
		PIXMAN_KERNEL_LINEAR, PIXMAN_KERNEL_LINEAR, PIXMAN_KERNEL_BOX, PIXMAN_KERNEL_BOX, 4, 4);
	bool ok = filter != NULL &&
		pixman_image_set_filter(picture, PIXMAN_FILTER_SEPARABLE_CONVOLUTION, filter, n);
	free(filter);
	return ok;
}

bool picture_draw(pixman_image_t *picture, const struct picture_place *place,
	pixman_image_t *target, const atomic_bool *cancel) {
	double across = place->src_width / place->width, down = place->src_height / place->height;
	pixman_transform_t transform;
	pixman_transform_init_identity(&transform);
	transform.matrix[0][0] = pixman_double_to_fixed(across);
	transform.matrix[1][1] = pixman_double_to_fixed(down);
	transform.matrix[0][2] = pixman_double_to_fixed(place->src_x);
	transform.matrix[1][2] = pixman_double_to_fixed(place->src_y);
	if (!pixman_image_set_transform(picture, &transform) || !set_filter(picture, across, down)) {
		return false;
	}
	pixman_image_set_repeat(picture, PIXMAN_REPEAT_PAD); // nothing shines in at its edges
	for (int32_t y = 0; y < place->height; y += BAND) {
		if (picture_is_cancelled(cancel)) {
			return false;
		}
		int32_t rows = place->height - y < BAND ? place->height - y : BAND;
		pixman_image_composite32(PIXMAN_OP_OVER, picture, NULL, target, 0, y, 0, 0, place->x,
			place->y + y, place->width, rows);
	}
	return true;
}
