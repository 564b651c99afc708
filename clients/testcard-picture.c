// SPDX-License-Identifier: MIT
// Pixels are made one by one from their definition (testcard_picture_pixel), then stored by format
// (testcard-store.c). Speed comes from drawing little: most frames only redraw the numbers, and
// rows that are all alike are copied.
#include "testcard-picture.h"

#include <stddef.h>
#include <string.h>

#include "base/format.h"
#include "testcard-store.h"

#define DIGITS 6
#define CHUNK 256 // px made at once; even, so that chroma blocks stay whole

// What the picture holds beside its pattern. Rectangles are 0x0 where there is none.
struct marks {
	struct testcard_rect row; // the machine-readable number
	struct testcard_rect field;
	struct testcard_rect box;
	uint32_t block; // px
	uint32_t unit;  // px
};

static uint32_t min(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

static bool inside(const struct testcard_rect *rect, uint32_t x, uint32_t y) {
	// Unsigned arithmetic: what lies left of or above the rectangle wraps to a large number.
	return x - rect->x < rect->width && y - rect->y < rect->height;
}

static struct testcard_rect centred(
	const struct testcard_picture *picture, uint32_t width, uint32_t height) {
	return (struct testcard_rect){.x = (picture->width - width) / 2,
		.y = (picture->height - height) / 2,
		.width = width,
		.height = height};
}

static struct marks find_marks(const struct testcard_picture *picture) {
	struct marks marks = {0};
	if (picture->box_width > 0 && picture->box_height > 0) {
		marks.box = centred(picture, min(picture->box_width, picture->width),
			min(picture->box_height, picture->height));
		return marks;
	}
	for (uint32_t block = 8; block >= 2; block /= 2) {
		if (34 * block <= picture->width && 3 * block <= picture->height) {
			marks.block = block;
			marks.row = (struct testcard_rect){block, block, 32 * block, block};
			break;
		}
	}
	marks.unit = min(picture->width / 40, picture->height / 27);
	if (marks.unit > 0) {
		marks.field = centred(picture, 31 * marks.unit, 9 * marks.unit);
	}
	return marks;
}

// The seven segments from the top left as bits: top, upper left, upper right, middle, lower left,
// lower right, bottom.
enum segment {
	SEGMENT_TOP = 1 << 0,
	SEGMENT_UPPER_LEFT = 1 << 1,
	SEGMENT_UPPER_RIGHT = 1 << 2,
	SEGMENT_MIDDLE = 1 << 3,
	SEGMENT_LOWER_LEFT = 1 << 4,
	SEGMENT_LOWER_RIGHT = 1 << 5,
	SEGMENT_BOTTOM = 1 << 6,
};

static const uint8_t digit_segments[10] = {
	0x77,
	0x24,
	0x5d,
	0x6d,
	0x2e,
	0x6b,
	0x7b,
	0x25,
	0x7f,
	0x6f,
};

// Whether the unit square at (column, row) of the 4 x 7 of a digit is lit.
static bool digit_lit(uint32_t digit, uint32_t column, uint32_t row) {
	uint32_t here = 0;
	if (row == 0) {
		here |= SEGMENT_TOP;
	} else if (row == 3) {
		here |= SEGMENT_MIDDLE;
	} else if (row == 6) {
		here |= SEGMENT_BOTTOM;
	}
	if (column == 0) {
		here |= row <= 3 ? SEGMENT_UPPER_LEFT : 0;
		here |= row >= 3 ? SEGMENT_LOWER_LEFT : 0;
	} else if (column == 3) {
		here |= row <= 3 ? SEGMENT_UPPER_RIGHT : 0;
		here |= row >= 3 ? SEGMENT_LOWER_RIGHT : 0;
	}
	return here & digit_segments[digit];
}

// Whether a pixel of the field, at (x, y) from its corner, is lit.
static bool field_lit(uint32_t unit, uint32_t x, uint32_t y, uint32_t frame) {
	uint32_t column = x / unit, row = y / unit;
	if (column == 0 || row == 0 || row == 8 || (column - 1) % 5 == 4) {
		return false;
	}
	uint32_t digit = frame % 1000000;
	for (uint32_t i = (column - 1) / 5; i < DIGITS - 1; i++) {
		digit /= 10;
	}
	return digit_lit(digit % 10, (column - 1) % 5, row - 1);
}

static uint32_t grey(uint32_t level) {
	return level << 16 | level << 8 | level;
}

static uint32_t pattern_pixel(
	const struct testcard_picture *picture, uint32_t x, uint32_t y, uint32_t frame) {
	static const uint32_t bars[8] = {
		0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000, 0x0000ff, 0x000000};
	uint32_t last_x = picture->width > 1 ? picture->width - 1 : 1;
	uint32_t last_y = picture->height > 1 ? picture->height - 1 : 1;
	switch (picture->pattern) {
	case TESTCARD_PATTERN_BARS:
		return bars[x * 8 / picture->width];
	case TESTCARD_PATTERN_GRADIENT:
		return (x * 255 / last_x) << 16 | (y * 255 / last_y) << 8 | 128;
	case TESTCARD_PATTERN_CHECKER:
		return (x / 16 + y / 16) % 2 ? 0xffffff : 0x000000;
	case TESTCARD_PATTERN_SOLID:
		return picture->color & 0xffffff;
	case TESTCARD_PATTERN_CYCLE:
		return grey(frame * 37 % 256);
	}
	return 0;
}

static uint32_t marked_pixel(const struct testcard_picture *picture, const struct marks *marks,
	uint32_t x, uint32_t y, uint32_t frame) {
	if (marks->block > 0 && inside(&marks->row, x, y)) {
		uint32_t bit = 31 - (x - marks->row.x) / marks->block;
		return frame >> bit & 1 ? 0xffffff : 0x000000;
	}
	if (marks->unit > 0 && inside(&marks->field, x, y)) {
		bool lit = field_lit(marks->unit, x - marks->field.x, y - marks->field.y, frame);
		return lit ? 0xffffff : 0x000000;
	}
	if (inside(&marks->box, x, y)) {
		return grey(frame * 37 % 256);
	}
	return pattern_pixel(picture, x, y, frame);
}

static uint32_t premultiply(uint32_t rgb, uint32_t alpha) {
	uint32_t r = ((rgb >> 16 & 0xff) * alpha + 127) / 255;
	uint32_t g = ((rgb >> 8 & 0xff) * alpha + 127) / 255;
	uint32_t b = ((rgb & 0xff) * alpha + 127) / 255;
	return alpha << 24 | r << 16 | g << 8 | b;
}

static uint32_t picture_alpha(const struct testcard_picture *picture) {
	const struct format_info *info = format_info(picture->format);
	return info && info->alpha ? picture->alpha : 255;
}

uint32_t testcard_picture_pixel(
	const struct testcard_picture *picture, uint32_t x, uint32_t y, uint32_t frame) {
	struct marks marks = find_marks(picture);
	return premultiply(marked_pixel(picture, &marks, x, y, frame), picture_alpha(picture));
}

bool testcard_picture_draws(uint32_t format) {
	return testcard_store_find(format) != NULL;
}

// Draws a rectangle, widened to whole chroma blocks.
static void draw_rect(const struct testcard_picture *picture, const struct marks *marks,
	const struct testcard_planes *planes, const struct testcard_rect *rect, uint32_t frame) {
	const struct testcard_store *store = testcard_store_find(picture->format);
	uint32_t alpha = picture_alpha(picture);
	uint32_t left = rect->x & ~1u, top = rect->y & ~1u;
	uint32_t right = min((rect->x + rect->width + 1) & ~1u, picture->width);
	uint32_t bottom = min((rect->y + rect->height + 1) & ~1u, picture->height);
	uint32_t pixels[CHUNK];
	for (uint32_t y = top; y < bottom; y++) {
		for (uint32_t x = left; x < right; x += CHUNK) {
			uint32_t n = min(CHUNK, right - x);
			for (uint32_t i = 0; i < n; i++) {
				pixels[i] = premultiply(marked_pixel(picture, marks, x + i, y, frame), alpha);
			}
			testcard_store_pixels(store, picture->coding, planes, x, y, pixels, n);
		}
	}
}

// The row pairs of bars and of one colour are all alike: the first pair is drawn, the rest copied.
static void draw_alike_rows(
	const struct testcard_picture *picture, const struct testcard_planes *planes, uint32_t frame) {
	const struct format_info *info = format_info(picture->format);
	const struct marks none = {0};
	struct testcard_rect first = {0, 0, picture->width, min(2, picture->height)};
	draw_rect(picture, &none, planes, &first, frame);
	for (int i = 0; i < info->planes; i++) {
		uint32_t bytes = format_min_stride(info, i, picture->width);
		uint32_t rows = format_plane_height(info, i, picture->height);
		for (uint32_t y = 1; y < rows; y++) {
			memcpy(planes->data[i] + (size_t)y * planes->strides[i], planes->data[i], bytes);
		}
	}
}

static void draw_marks(const struct testcard_picture *picture, const struct marks *marks,
	const struct testcard_planes *planes, uint32_t frame) {
	const struct testcard_rect *rects[] = {&marks->row, &marks->field, &marks->box};
	for (size_t i = 0; i < sizeof(rects) / sizeof(rects[0]); i++) {
		if (rects[i]->width > 0) {
			draw_rect(picture, marks, planes, rects[i], frame);
		}
	}
}

void testcard_picture_draw(
	const struct testcard_picture *picture, const struct testcard_planes *planes, uint32_t frame) {
	struct marks marks = find_marks(picture);
	if (picture->pattern == TESTCARD_PATTERN_GRADIENT ||
		picture->pattern == TESTCARD_PATTERN_CHECKER) {
		struct testcard_rect whole = {0, 0, picture->width, picture->height};
		draw_rect(picture, &marks, planes, &whole, frame);
		return;
	}
	draw_alike_rows(picture, planes, frame);
	draw_marks(picture, &marks, planes, frame);
}

void testcard_picture_update(
	const struct testcard_picture *picture, const struct testcard_planes *planes, uint32_t frame) {
	if (picture->pattern == TESTCARD_PATTERN_CYCLE) {
		testcard_picture_draw(picture, planes, frame);
		return;
	}
	struct marks marks = find_marks(picture);
	draw_marks(picture, &marks, planes, frame);
}

struct testcard_rect testcard_picture_changes(const struct testcard_picture *picture) {
	if (picture->pattern == TESTCARD_PATTERN_CYCLE) {
		return (struct testcard_rect){0, 0, picture->width, picture->height};
	}
	struct marks marks = find_marks(picture);
	struct testcard_rect all = marks.box.width > 0 ? marks.box : marks.field;
	if (marks.row.width > 0 && all.width == 0) {
		all = marks.row;
	} else if (marks.row.width > 0) {
		uint32_t right = all.x + all.width, bottom = all.y + all.height;
		uint32_t row_right = marks.row.x + marks.row.width;
		all.x = min(all.x, marks.row.x);
		all.y = min(all.y, marks.row.y);
		all.width = (right > row_right ? right : row_right) - all.x;
		all.height = bottom - all.y;
	}
	// Chroma belongs to whole blocks.
	uint32_t right = min((all.x + all.width + 1) & ~1u, picture->width);
	uint32_t bottom = min((all.y + all.height + 1) & ~1u, picture->height);
	all.x &= ~1u;
	all.y &= ~1u;
	if (all.width > 0) {
		all.width = right - all.x;
		all.height = bottom - all.y;
	}
	return all;
}
