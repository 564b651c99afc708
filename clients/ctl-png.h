// SPDX-License-Identifier: MIT
// Pictures as PNG files.
#ifndef VITRINE_CLIENTS_CTL_PNG_H
#define VITRINE_CLIENTS_CTL_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A picture in memory; borrowed.
struct ctl_picture {
	const uint8_t *data;
	size_t size;            // bytes of `data`
	uint32_t format;        // DRM fourcc: XRGB8888, ARGB8888, XBGR8888, ABGR8888 or RGB565
	uint32_t width, height; // px
	uint32_t stride;        // bytes
};

// Converts a row of `width` px into red, green and blue of 8 bits each. Alpha is left out: what a
// display shows is opaque. False for a format that is not known.
bool ctl_png_convert_row(uint32_t format, const uint8_t *row, uint32_t width, uint8_t *rgb);

// Writes the picture to `path` ("-": standard output). A file appears there whole or not at all:
// it is written under another name in the same folder, and renamed. False on error: reported, and
// what was at `path` is untouched.
bool ctl_png_save(const struct ctl_picture *picture, const char *path);

#endif
