// SPDX-License-Identifier: MIT
// The few bytes of an EDID's base block that name a display; the rest is the kernel's business. Displays
// write what they like into it: nothing is taken for granted but the header.
#include "kiosk/edid.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum {
	BASE_SIZE = 128,
	MAKER = 8, // two bytes, most significant first: three letters of five bits
	PRODUCT = 10,
	SERIAL = 12, // four bytes, least significant first
	DESCRIPTORS = 54,
	N_DESCRIPTORS = 4,
	DESCRIPTOR_SIZE = 18,
	DESCRIPTOR_TAG = 3,
	DESCRIPTOR_TEXT = 5,
	TAG_SERIAL = 0xff,
	TAG_NAME = 0xfc,
};

static void read_letters(const uint8_t *edid, char pnp[4]) {
	unsigned word = (unsigned)edid[MAKER] << 8 | edid[MAKER + 1];
	for (int i = 0; i < 3; i++) {
		unsigned letter = word >> (10 - 5 * i) & 31;
		if (letter < 1 || letter > 26) {
			pnp[0] = '\0';
			return;
		}
		pnp[i] = (char)('A' + letter - 1);
	}
	pnp[3] = '\0';
}

// The text of the first descriptor with that tag; NULL without one, or when it is blank.
static char *read_text(const uint8_t *edid, uint8_t tag) {
	for (int d = 0; d < N_DESCRIPTORS; d++) {
		const uint8_t *at = edid + DESCRIPTORS + (size_t)d * DESCRIPTOR_SIZE;
		if (at[0] != 0 || at[1] != 0 || at[2] != 0 || at[DESCRIPTOR_TAG] != tag) {
			continue;
		}
		char text[DESCRIPTOR_SIZE - DESCRIPTOR_TEXT + 1] = "";
		memcpy(text, at + DESCRIPTOR_TEXT, sizeof(text) - 1);
		text[strcspn(text, "\n")] = '\0';
		for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--) {
			text[len - 1] = '\0';
		}
		utf8_scrub(text);
		return text[0] != '\0' ? strdup(text) : NULL;
	}
	return NULL;
}

static char *write_number(const char *format, unsigned number) {
	char text[16];
	snprintf(text, sizeof(text), format, number);
	return strdup(text);
}

void edid_identify(const void *data, size_t size, struct display_identity *display) {
	static const uint8_t header[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
	const uint8_t *edid = data;
	display->pnp[0] = '\0';
	display->make = display->model = display->serial = NULL;
	if (edid == NULL || size < BASE_SIZE || memcmp(edid, header, sizeof(header)) != 0) {
		return;
	}
	read_letters(edid, display->pnp);
	display->make = edid_make(edid, size);
	if (display->make == NULL && display->pnp[0] != '\0') {
		display->make = strdup(display->pnp);
	}
	unsigned product = edid[PRODUCT] | (unsigned)edid[PRODUCT + 1] << 8;
	display->model = read_text(edid, TAG_NAME);
	if (display->model == NULL) {
		display->model = write_number("0x%04X", product);
	}
	unsigned serial = edid[SERIAL] | (unsigned)edid[SERIAL + 1] << 8 |
		(unsigned)edid[SERIAL + 2] << 16 | (unsigned)edid[SERIAL + 3] << 24;
	display->serial = read_text(edid, TAG_SERIAL);
	if (display->serial == NULL && serial != 0) {
		display->serial = write_number("0x%08X", serial);
	}
}

void display_identity_finish(struct display_identity *display) {
	free(display->name);
	free(display->make);
	free(display->model);
	free(display->serial);
	*display = (struct display_identity){0};
}
