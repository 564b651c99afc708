// SPDX-License-Identifier: MIT
// The one thing that is wanted of a photo's Exif data (Exif 2.32, 4.6; TIFF 6.0, section 2): which way up it is.
// Numbers are in either byte order, as its first bytes say.
#include <string.h>

#include "picture/internal.h"

enum {
	ENTRY_SIZE = 12, // of a directory: tag, type, count of 32 bits, value
	TAG_ORIENTATION = 0x112,
	TYPE_SHORT = 3,
};

struct tiff {
	const uint8_t *data;
	size_t size;
	bool big_endian;
};

// Those of `at` must be in it.
static uint32_t number_of(const struct tiff *tiff, size_t at, int bytes) {
	uint32_t value = 0;
	for (int i = 0; i < bytes; i++) {
		value = value << 8 | tiff->data[at + (size_t)(tiff->big_endian ? i : bytes - 1 - i)];
	}
	return value;
}

// Where its first directory is; 0 if it is no TIFF.
static size_t first_directory(struct tiff *tiff) {
	if (tiff->size < 8) {
		return 0;
	}
	tiff->big_endian = memcmp(tiff->data, "MM", 2) == 0;
	if ((!tiff->big_endian && memcmp(tiff->data, "II", 2) != 0) || number_of(tiff, 2, 2) != 42) {
		return 0;
	}
	size_t at = number_of(tiff, 4, 4);
	return at <= tiff->size - 2 ? at : 0;
}

int picture_exif_orientation(const uint8_t *data, size_t size) {
	static const uint8_t magic[] = {'E', 'x', 'i', 'f', 0, 0};
	if (size < sizeof(magic) || memcmp(data, magic, sizeof(magic)) != 0) {
		return 0;
	}
	struct tiff tiff = {.data = data + sizeof(magic), .size = size - sizeof(magic)};
	size_t at = first_directory(&tiff);
	if (at == 0) {
		return 0;
	}
	uint32_t n = number_of(&tiff, at, 2);
	at += 2;
	for (uint32_t i = 0; i < n && tiff.size - at >= ENTRY_SIZE; i++, at += ENTRY_SIZE) {
		if (number_of(&tiff, at, 2) != TAG_ORIENTATION) {
			continue;
		}
		uint32_t value = number_of(&tiff, at + 8, 2);
		bool known = number_of(&tiff, at + 2, 2) == TYPE_SHORT && number_of(&tiff, at + 4, 4) == 1;
		return known && value >= 1 && value <= 8 ? (int)value : 0;
	}
	return 0;
}
