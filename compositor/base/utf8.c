// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

// RFC 3629, section 4: the first byte says how many follow, and what the second may be.
static size_t sequence_length(unsigned char first, uint8_t *second_min, uint8_t *second_max) {
	*second_min = 0x80;
	*second_max = 0xbf;
	if (first < 0x80) {
		return 1;
	}
	if (first < 0xc2 || first > 0xf4) {
		return 0;
	}
	switch (first) {
	case 0xe0:
		*second_min = 0xa0;
		break;
	case 0xed:
		*second_max = 0x9f;
		break;
	case 0xf0:
		*second_min = 0x90;
		break;
	case 0xf4:
		*second_max = 0x8f;
		break;
	default:
		break;
	}
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t utf8_length(const char *text, size_t max) {
	const unsigned char *bytes = (const unsigned char *)text;
	size_t at = 0;
	while (at < max && bytes[at] != '\0') {
		uint8_t low, high;
		size_t length = sequence_length(bytes[at], &low, &high);
		if (length == 0 || length > max - at) {
			break;
		}
		// A NUL is no byte that may follow: what is behind it is not looked at.
		for (size_t i = 1; i < length; i++) {
			if (bytes[at + i] < low || bytes[at + i] > high) {
				return at;
			}
			low = 0x80;
			high = 0xbf;
		}
		at += length;
	}
	return at;
}

size_t utf8_printable(const char *text, size_t max) {
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = utf8_length(text, max);
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7f || (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0)) {
			return i;
		}
	}
	return length;
}

void utf8_scrub(char *text) {
	size_t size = strlen(text);
	for (size_t at = utf8_printable(text, size); at < size;
		 at += utf8_printable(text + at, size - at)) {
		text[at++] = '?';
	}
}
