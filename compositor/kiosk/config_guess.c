// SPDX-License-Identifier: MIT
// What was meant by a word that is none of the known ones, and what is text at all.
#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
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

bool config_is_text(const char *text, size_t size) {
	size_t at = utf8_printable(text, size);
	while (at < size && (text[at] == '\t' || text[at] == '\r')) {
		at++;
		at += utf8_printable(text + at, size - at);
	}
	return at == size;
}
