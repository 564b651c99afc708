// SPDX-License-Identifier: MIT
// Keys and chords as people write them: "F11", "Ctrl+Alt+Delete".
#ifndef VITRINE_KIOSK_CHORD_H
#define VITRINE_KIOSK_CHORD_H

#include <stdbool.h>
#include <stdint.h>

struct xkb_state;

enum chord_modifiers {
	CHORD_SHIFT = 1 << 0,
	CHORD_CTRL = 1 << 1,
	CHORD_ALT = 1 << 2,
	CHORD_LOGO = 1 << 3,
};

enum { CHORD_MAX = 64 }; // in one list

struct chord {
	uint32_t modifiers; // CHORD_*
	uint32_t keysym;    // as xkbcommon names it, of the key without modifiers
};

// Chords with commas or blanks between them. Names of keys are xkbcommon's (xkbcommon-keysyms.h), of
// modifiers Ctrl, Alt, Shift and Logo (or Super), all in either case. Returns how many, -1 if the text is
// none or has more than CHORD_MAX.
int chord_parse_list(const char *text, struct chord chords[CHORD_MAX]);

// The modifiers that are down or locked, as far as chords know them.
uint32_t chord_modifiers(struct xkb_state *state);
// True if the key (evdev code) is the chord's, on any layout of the keymap: the label of a key does not
// change with what is typed.
bool chord_has_key(const struct chord *chord, struct xkb_state *state, uint32_t key);

#endif
