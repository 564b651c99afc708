// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "input/input.h"

static const char usb[] = "usb:", tag[] = "tag:";

// "VVVV:PPPP" in hexadecimal digits.
static bool parse_numbers(const char *text, unsigned *vendor, unsigned *product) {
	char *end;
	if (strlen(text) != 9 || text[4] != ':' || strspn(text, "0123456789abcdefABCDEF") != 4 ||
		strspn(text + 5, "0123456789abcdefABCDEF") != 4) {
		return false;
	}
	*vendor = (unsigned)strtoul(text, &end, 16);
	*product = (unsigned)strtoul(text + 5, &end, 16);
	return true;
}

bool input_pattern_is_valid(const char *pattern) {
	unsigned vendor, product;
	if (strncmp(pattern, usb, strlen(usb)) == 0) {
		return parse_numbers(pattern + strlen(usb), &vendor, &product);
	}
	return strncmp(pattern, tag, strlen(tag)) != 0 || pattern[strlen(tag)] != '\0';
}

bool input_match(const char *pattern, const struct input_identity *identity,
	const char *(*property)(void *data, const char *name), void *data) {
	unsigned vendor, product;
	if (strncmp(pattern, usb, strlen(usb)) == 0) {
		return parse_numbers(pattern + strlen(usb), &vendor, &product) &&
			vendor == identity->vendor && product == identity->product;
	}
	if (strncmp(pattern, tag, strlen(tag)) == 0) {
		const char *value = property(data, pattern + strlen(tag));
		return value != NULL && strcmp(value, "") != 0 && strcmp(value, "0") != 0;
	}
	return fnmatch(pattern, identity->name, 0) == 0;
}
