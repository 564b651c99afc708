// SPDX-License-Identifier: MIT
// The command line of vitrine-testcard(1).
#ifndef VITRINE_CLIENTS_TESTCARD_OPTIONS_H
#define VITRINE_CLIENTS_TESTCARD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/memory.h"
#include "testcard-picture.h"

#define TESTCARD_MAX_BUFFERS 16

enum testcard_damage {
	TESTCARD_DAMAGE_FULL,    // all of the surface, whatever changed
	TESTCARD_DAMAGE_CHANGED, // the rectangle around what changed
	TESTCARD_DAMAGE_BOX,     // a box of a given size is all that changes
};

enum testcard_modifier {
	TESTCARD_MODIFIER_AUTO,
	TESTCARD_MODIFIER_LINEAR,
	TESTCARD_MODIFIER_INVALID,
};

struct testcard_options {
	uint32_t format;        // DRM fourcc
	uint32_t width, height; // px; 0 to take what the compositor configures
	uint32_t rate_mhz;      // 0: as the frame callbacks come
	uint32_t buffers;
	uint32_t frames; // 0: until ended
	bool hold;       // keep the last picture up after `frames`
	enum client_memory_kind memory;
	const char *heap;   // may be NULL
	const char *device; // may be NULL
	enum testcard_modifier modifier;
	enum testcard_damage damage;
	uint32_t box_width, box_height; // px, of TESTCARD_DAMAGE_BOX
	enum testcard_pattern pattern;
	uint32_t color; // 0xRRGGBB
	uint8_t alpha;
	bool has_coding; // tell the compositor
	struct format_coding coding;
	bool opaque_region;
	bool stats, verbose;
	const char *app_id, *title;
	bool help, version; // print that and do nothing else
};

// Fills in defaults and what the command line says; strings point into `argv`. False for a command
// line that makes no sense: reported.
bool testcard_options_parse(struct testcard_options *options, int argc, char *argv[]);

// Writes the usage to standard output.
void testcard_options_help(void);

#endif
