// SPDX-License-Identifier: MIT
// The pictures of vitrine-testcard. Everything is defined by integer arithmetic below, so that a
// test can compute each pixel by itself.
//
// w and h are the size of the picture in px, x and y a pixel, n the frame number (from 0).
//
// 1. Pattern: red, green and blue from 0 to 255.
//    bars      eight vertical bars; bar i = x * 8 / w (rounded down) is white, yellow, cyan, green,
//              magenta, red, blue, black, each channel 0 or 255
//    gradient  red = x * 255 / max(w - 1, 1), green = y * 255 / max(h - 1, 1), blue = 128
//    checker   white where (x / 16 + y / 16) is odd, black elsewhere
//    solid     one colour
//    cycle     red = green = blue = (n * 37) mod 256: the whole picture changes with each frame
//
// 2. Number for machines, over the pattern: 32 square blocks in a row, most significant bit of n
//    on the left, white for 1 and black for 0. A block is b px wide and high: b is the largest of
//    8, 4 and 2 with 34 * b <= w and 3 * b <= h; smaller pictures have no row. The row begins at
//    (b, b).
//
// 3. Number for people, over the pattern: n mod 1000000 with leading zeros, in white digits of
//    seven segments on a black field. With u = min(w / 40, h / 27) (rounded down; no field if u is
//    0) the field is 31u x 9u px with its top left corner at ((w - 31u) / 2, (h - 9u) / 2). Digit i
//    of 6 begins at (u + 5u * i, u) in the field and is 4u x 7u px, its strokes are u px wide:
//    horizontal ones at rows 0, 3u and 6u, vertical ones at columns 0 and 3u, the upper from row 0
//    to 4u, the lower from row 3u to 7u.
//
//    With a box (--damage WxH), both numbers give way to one rectangle of box_width x box_height px
//    at ((w - box_width) / 2, (h - box_height) / 2) that is (n * 37) mod 256 in all channels.
//
// 4. Alpha, for formats with alpha: all channels c become (c * alpha + 127) / 255, premultiplied as
//    Wayland has it.
//
// 5. Format: channels of 8 bits are taken as they are, narrower ones keep the upper bits
//    (c >> (8 - bits)), 10 bits are c << 2 | c >> 6, 16 bits c * 257. YUV is BT.601 with limited
//    range unless told otherwise, with arithmetic right shifts:
//      Y  = 16 + ((66 * R + 129 * G + 25 * B + 128) >> 8)
//      Cb = 128 + ((-38 * R - 74 * G + 112 * B + 128) >> 8)
//      Cr = 128 + ((112 * R - 94 * G - 18 * B + 128) >> 8)
//    With other codings the weights are in units of 1/65536 (testcard-store.c), full range begins with
//    Y = 0, and what would be 256 is 255.
//    Subsampled chroma is that of the top left pixel of its block, unfiltered. Samples wider than
//    8 bits (P010, P012, P016) are the 8-bit ones times 256. The unused byte or bits of formats
//    without alpha are all ones. The luma that YUYV and its kin keep for a pixel right of the last
//    column (odd w) is that of the last column.
#ifndef VITRINE_CLIENTS_TESTCARD_PICTURE_H
#define VITRINE_CLIENTS_TESTCARD_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"

enum testcard_pattern {
	TESTCARD_PATTERN_BARS,
	TESTCARD_PATTERN_GRADIENT,
	TESTCARD_PATTERN_CHECKER,
	TESTCARD_PATTERN_SOLID,
	TESTCARD_PATTERN_CYCLE,
};

struct testcard_picture {
	uint32_t format;        // DRM fourcc, one that testcard_picture_draws()
	uint32_t width, height; // px, 1 to 16384
	enum testcard_pattern pattern;
	uint32_t color;                 // 0xRRGGBB of TESTCARD_PATTERN_SOLID
	uint8_t alpha;                  // for formats with alpha
	struct format_coding coding;    // for YUV
	uint32_t box_width, box_height; // px, at most the picture; 0 for the numbers instead
};

// Where the planes of a picture lie: rows of `strides` bytes, each at least format_min_stride().
struct testcard_planes {
	uint8_t *data[3];
	uint32_t strides[3];
};

// A rectangle in px.
struct testcard_rect {
	uint32_t x, y, width, height;
};

// True for the formats that the card can be drawn in.
bool testcard_picture_draws(uint32_t format);

// The colour of a pixel: 0xAARRGGBB, premultiplied, before the format narrows it. Formats without
// alpha have 0xff there.
uint32_t testcard_picture_pixel(
	const struct testcard_picture *picture, uint32_t x, uint32_t y, uint32_t frame);

// Draws the whole picture.
void testcard_picture_draw(
	const struct testcard_picture *picture, const struct testcard_planes *planes, uint32_t frame);

// Draws what differs from any other frame of the same picture: much less, except with
// TESTCARD_PATTERN_CYCLE.
void testcard_picture_update(
	const struct testcard_picture *picture, const struct testcard_planes *planes, uint32_t frame);

// The rectangle around everything that may differ between two frames; 0x0 if nothing does.
struct testcard_rect testcard_picture_changes(const struct testcard_picture *picture);

#endif
