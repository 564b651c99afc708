// SPDX-License-Identifier: MIT
// Pictures of files: read, and what could be read drawn.
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "picture/picture.h"

enum { MAX_DRAWN = 1 << 20 }; // px: what is larger takes too long for too little

static unsigned long n_read, n_refused;

bool fuzz_is_mixture(void) {
	printf("%lu read, %lu refused\n", n_read, n_refused);
	return n_read > 0 && n_refused > 0;
}

static uint32_t crc_of(const uint8_t *data, size_t size) {
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
		}
	}
	return ~crc;
}

static uint32_t read_word(const uint8_t *data) {
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

// Each chunk of a PNG gets the sum that it should have, for what is wrong there is seen at once.
static void mend_sums(uint8_t *data, size_t size) {
	size_t at = 8;
	while (at + 12 <= size) {
		size_t length = read_word(data + at);
		if (length > size - at - 12) {
			return;
		}
		uint32_t crc = crc_of(data + at + 4, length + 4);
		for (int i = 0; i < 4; i++) {
			data[at + 8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
		}
		at += length + 12;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
	size = LLVMFuzzerMutate(data, size, max_size);
	if (size > 8 && data[0] == 0x89 && seed % 8 != 0) {
		mend_sums(data, size);
	}
	return size;
}

static void draw(pixman_image_t *picture, enum picture_fit fit) {
	pixman_image_t *target = pixman_image_create_bits(PIXMAN_x8r8g8b8, 64, 48, NULL, 0);
	fuzz_assert(target != NULL);
	struct picture_place place = picture_place(
		fit, pixman_image_get_width(picture), pixman_image_get_height(picture), 64, 48);
	fuzz_assert(picture_draw(picture, &place, target, NULL));
	pixman_image_unref(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char error[PICTURE_ERROR_SIZE];
	const char *path = fuzz_write("picture", data, size);
	pixman_image_t *picture = picture_load(path, NULL, error);
	if (picture == NULL) {
		n_refused++;
		fuzz_assert(strncmp(error, path, strlen(path)) == 0 && strchr(error, '\n') == NULL);
		return 0;
	}
	n_read++;
	fuzz_assert(error[0] == '\0');
	int width = pixman_image_get_width(picture), height = pixman_image_get_height(picture);
	if ((long)width * height <= MAX_DRAWN) {
		draw(picture, size > 0 ? (enum picture_fit)(data[size - 1] % 4) : PICTURE_COVER);
	}
	pixman_image_unref(picture);
	return 0;
}
