// SPDX-License-Identifier: MIT
// What was meant by a word that is none of the known ones, and what is text at all.
#include <ctype.h>
#include <string.h>

#include "kiosk/config_keys.h"

enum { MAX_WORD = 64 }; // bytes of a known word

static size_t smallest(size_t a, size_t b, size_t c) {
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

static bool same_letter(char a, char b) {
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

// How many letters have to be changed, added, left out or swapped with the next one to make one word of
// the other (Damerau and Levenshtein's distance, no letter touched twice).
static size_t distance(const char *a, const char *b, size_t len) {
	size_t rows[3][MAX_WORD + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	if (len > MAX_WORD) {
		return MAX_WORD;
	}
	for (size_t j = 0; j <= len; j++) {
		before[j] = last[j] = j;
	}
	for (size_t i = 0; a[i] != '\0'; i++) {
		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			row[j + 1] = smallest(last[j + 1] + 1, row[j] + 1, last[j] + !same_letter(a[i], b[j]));
			if (i > 0 && j > 0 && same_letter(a[i], b[j - 1]) && same_letter(a[i - 1], b[j]) &&
				before[j - 1] + 1 < row[j + 1]) {
				row[j + 1] = before[j - 1] + 1;
			}
		}
		size_t *spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[len];
}

void config_guess(struct config_guess *guess, const char *said, const char *known, size_t length) {
	size_t n = distance(said, known, length);
	// Of a word of two letters half would have to be another.
	if (n <= 1 + length / 4 && 2 * n < length && (guess->best == NULL || n < guess->distance)) {
		*guess = (struct config_guess){known, length, n};
	}
}

// Bytes of the character that begins here, of `size`; 0 if that is none (Unicode, table 3-7).
static size_t character(const unsigned char *text, size_t size) {
	static const struct {
		unsigned char first, last, low, high; // of the first byte, and of the second
		size_t length;
	} forms[] = {
		{0x20, 0x7e, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		size_t length = forms[f].length;
		if (text[0] < forms[f].first || text[0] > forms[f].last || length > size) {
			continue;
		}
		bool ok = length == 1 || (text[1] >= forms[f].low && text[1] <= forms[f].high);
		for (size_t i = 2; i < length; i++) {
			ok = ok && (text[i] & 0xc0) == 0x80;
		}
		// U+0080 to U+009f are controls, too.
		return ok && !(text[0] == 0xc2 && text[1] < 0xa0) ? length : 0;
	}
	return 0;
}

bool config_is_text(const char *text, size_t size) {
	const unsigned char *at = (const unsigned char *)text;
	for (size_t i = 0; i < size;) {
		size_t length = at[i] == '\t' || at[i] == '\r' ? 1 : character(at + i, size - i);
		if (length == 0) {
			return false;
		}
		i += length;
	}
	return true;
}

void config_scrub(char *text) {
	size_t size = strlen(text);
	for (size_t i = 0; i < size;) {
		size_t length = character((unsigned char *)text + i, size - i);
		if (length == 0) {
			text[i] = '?';
			length = 1;
		}
		i += length;
	}
}
