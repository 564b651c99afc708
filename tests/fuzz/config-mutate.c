// SPDX-License-Identifier: MIT
// How people and disks damage configuration files: slips of fingers, lines that went astray, bytes that
// are none of text. Byte by byte such files hardly come about.
#include "config-mutate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// What numbers, names and values are replaced with.
static const char *const words[] = {"", "0", "-1", "1", "99999999999999999999", "1e999", "-1e-999",
	"nan", "inf", "0x10", "1.5", "true", "flase", "preferred", "1x1", "32768x1@1001", "%s%n", "*",
	"[", "]", "=", ";", "[core", "[output *]", "[output", "\"", "'", "$(reboot)", "~", "Ctrl+",
	"++", "\\", "\xff\xfe", "\xc3", "\xed\xa0\x80", "\xef\xbb\xbf", "\x1b[2J", "\t", "\r", "\r\n",
	"\n\n", "transform = 91\n", "[input usb:12]\n", "[outptu X]\n", "device = card0\n",
	"\ndevise = 1\n"};

struct text {
	char *bytes;
	size_t size, max_size;
};

static uint64_t seed_state;

// SplitMix64.
static uint64_t random_number(void) {
	uint64_t z = (seed_state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(size_t n) {
	return n > 0 ? (size_t)(random_number() % n) : 0;
}

// Replaces `length` bytes at `at`.
static void splice(struct text *text, size_t at, size_t length, const char *bytes, size_t n_bytes) {
	if (at + length > text->size || text->size - length + n_bytes > text->max_size) {
		return;
	}
	memmove(text->bytes + at + n_bytes, text->bytes + at + length, text->size - at - length);
	memcpy(text->bytes + at, bytes, n_bytes);
	text->size = text->size - length + n_bytes;
}

// The line that a random byte is in, with its end.
static void pick_line(const struct text *text, size_t *at, size_t *length) {
	*at = below(text->size);
	while (*at > 0 && text->bytes[*at - 1] != '\n') {
		--*at;
	}
	*length = 0;
	while (*at + *length < text->size && text->bytes[*at + (*length)++] != '\n') {
	}
}

static bool is_word(char c) {
	return strchr(" \t\n=[],;@+", c) == NULL || c == '\0';
}

static void pick_word(const struct text *text, size_t *at, size_t *length) {
	*at = below(text->size);
	while (*at > 0 && is_word(text->bytes[*at - 1])) {
		--*at;
	}
	*length = 0;
	while (*at + *length < text->size && is_word(text->bytes[*at + *length])) {
		++*length;
	}
}

static void mutate_line(struct text *text) {
	size_t at, length, to, ignored;
	char line[4096];
	pick_line(text, &at, &length);
	if (length > sizeof(line)) {
		return;
	}
	memcpy(line, text->bytes + at, length);
	switch (below(4)) {
	case 0: // out
		splice(text, at, length, "", 0);
		break;
	case 1: // twice
		splice(text, at, 0, line, length);
		break;
	case 2: // elsewhere: keys come into other sections
		splice(text, at, length, "", 0);
		pick_line(text, &to, &ignored);
		splice(text, to, 0, line, length);
		break;
	default: // longer than anyone reads
		memset(line, "a =[;\\"[below(6)], sizeof(line));
		splice(text, at + below(length), 0, line, below(sizeof(line)));
	}
}

// As a finger slips: one letter out, twice, changed or swapped with the next.
static void mutate_word(struct text *text) {
	size_t at, length;
	pick_word(text, &at, &length);
	if (length < 2) {
		return;
	}
	at += below(length - 1);
	char letters[2] = {text->bytes[at + 1], text->bytes[at]};
	char other = (char)('a' + below(26));
	switch (below(4)) {
	case 0:
		splice(text, at, 1, "", 0);
		break;
	case 1:
		splice(text, at, 0, text->bytes + at, 1);
		break;
	case 2:
		splice(text, at, 1, &other, 1);
		break;
	default:
		splice(text, at, 2, letters, 2);
	}
}

static void mutate_many(struct text *text) {
	char section[64];
	size_t n = below(200);
	for (size_t i = 0; i < n; i++) {
		static const char *const kinds[] = {"output", "input", "app-keys"};
		static const char *const keys[] = {"scale = 2", "tap = true", "deny = F1"};
		size_t kind = below(3);
		int length = snprintf(
			section, sizeof(section), "[%s N%zu]\n%s\n", kinds[kind], below(100), keys[kind]);
		splice(text, text->size, 0, section, (size_t)length);
	}
}

static void mutate(struct text *text) {
	size_t at, length;
	const char *word = words[below(sizeof(words) / sizeof(words[0]))];
	char byte = (char)random_number();
	switch (below(9)) {
	case 0:
		splice(text, below(text->size), 1, &byte, 1);
		break;
	case 1:
		splice(text, below(text->size + 1), 0, &byte, 1);
		break;
	case 2:
		splice(text, below(text->size), 1, "", 1); // a NUL
		break;
	case 3:
		pick_word(text, &at, &length);
		splice(text, at, length, word, strlen(word));
		break;
	case 4:
		splice(text, below(text->size + 1), 0, word, strlen(word));
		break;
	case 5:
		mutate_line(text);
		break;
	case 6:
		text->size -= below(text->size + 1) / (1 + below(4)); // cut off
		break;
	case 7:
		if (below(4) == 0) {
			mutate_many(text);
		}
		break;
	default:
		mutate_word(text);
	}
}

size_t config_mutate(char *bytes, size_t size, size_t max_size, uint64_t seed) {
	struct text text = {bytes, size, max_size};
	seed_state = seed;
	mutate(&text);
	return text.size;
}
