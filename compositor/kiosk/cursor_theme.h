// SPDX-License-Identifier: MIT
// Pictures of cursors, from the themes that the system has.
#ifndef VITRINE_KIOSK_CURSOR_THEME_H
#define VITRINE_KIOSK_CURSOR_THEME_H

#include <stdbool.h>
#include <stdint.h>

struct cursor_theme;

struct cursor_picture {
	int32_t width, height; // px
	int32_t hotspot_x, hotspot_y;
	const uint32_t
		*pixels; // ARGB8888, premultiplied, rows without padding; valid as long as the theme
};

// The theme of that name (NULL: XCURSOR_THEME, else the system's) at about this size, px. A theme that is
// not there is replaced by the one that libwayland-cursor brings. NULL when out of memory.
struct cursor_theme *cursor_theme_load(const char *name, int size);
void cursor_theme_destroy(struct cursor_theme *theme); // NULL is fine
// The first picture of the cursor with that name, else of the arrow. False if there is none.
bool cursor_theme_picture(
	struct cursor_theme *theme, const char *name, struct cursor_picture *picture);

#endif
