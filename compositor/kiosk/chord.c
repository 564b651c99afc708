// SPDX-License-Identifier: MIT
#include "kiosk/chord.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <xkbcommon/xkbcommon.h>

enum { EVDEV_OFFSET = 8 }; // of XKB's key codes

static const struct {
	const char *name;
	uint32_t modifier;
} modifier_names[] = {
	{"ctrl", CHORD_CTRL},
	{"control", CHORD_CTRL},
	{"alt", CHORD_ALT},
	{"shift", CHORD_SHIFT},
	{"logo", CHORD_LOGO},
	{"super", CHORD_LOGO},
};

// Keys that everybody calls otherwise than XKB does.
static const struct {
	const char *name;
	xkb_keysym_t keysym;
} key_names[] = {
	{"del", XKB_KEY_Delete},
	{"esc", XKB_KEY_Escape},
	{"enter", XKB_KEY_Return},
	{"pageup", XKB_KEY_Prior},
	{"pagedown", XKB_KEY_Next},
};

static uint32_t find_modifier(const char *name) {
	for (size_t i = 0; i < sizeof(modifier_names) / sizeof(modifier_names[0]); i++) {
		if (strcasecmp(name, modifier_names[i].name) == 0) {
			return modifier_names[i].modifier;
		}
	}
	return 0;
}

static xkb_keysym_t find_key(const char *name) {
	for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++) {
		if (strcasecmp(name, key_names[i].name) == 0) {
			return key_names[i].keysym;
		}
	}
	xkb_keysym_t exact = xkb_keysym_from_name(name, XKB_KEYSYM_NO_FLAGS);
	xkb_keysym_t keysym =
		exact != XKB_KEY_NoSymbol ? exact : xkb_keysym_from_name(name, XKB_KEYSYM_CASE_INSENSITIVE);
	return xkb_keysym_to_lower(keysym); // the label W is of the key that types w
}

// All words before the last '+' are modifiers.
static bool parse_chord(char *text, struct chord *chord) {
	*chord = (struct chord){0};
	char *plus;
	while ((plus = strchr(text, '+')) != NULL) {
		*plus = '\0';
		uint32_t modifier = find_modifier(text);
		if (modifier == 0) {
			return false;
		}
		chord->modifiers |= modifier;
		text = plus + 1;
	}
	chord->keysym = find_key(text);
	return chord->keysym != XKB_KEY_NoSymbol;
}

int chord_parse_list(const char *text, struct chord chords[CHORD_MAX]) {
	static const char blanks[] = ", \t";
	int n = 0;
	for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
		char word[128];
		size_t len = strcspn(text, blanks);
		if (n == CHORD_MAX || len >= sizeof(word)) {
			return -1;
		}
		memcpy(word, text, len);
		word[len] = '\0';
		if (!parse_chord(word, &chords[n++])) {
			return -1;
		}
		text += len;
	}
	return n;
}

uint32_t chord_modifiers(struct xkb_state *state) {
	static const struct {
		const char *name;
		uint32_t modifier;
	} names[] = {
		{XKB_MOD_NAME_SHIFT, CHORD_SHIFT},
		{XKB_MOD_NAME_CTRL, CHORD_CTRL},
		{XKB_MOD_NAME_ALT, CHORD_ALT},
		{XKB_MOD_NAME_LOGO, CHORD_LOGO},
	};
	uint32_t modifiers = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool active =
			xkb_state_mod_name_is_active(state, names[i].name, XKB_STATE_MODS_EFFECTIVE) > 0;
		modifiers |= active ? names[i].modifier : 0;
	}
	return modifiers;
}

bool chord_has_key(const struct chord *chord, struct xkb_state *state, uint32_t key) {
	struct xkb_keymap *keymap = xkb_state_get_keymap(state);
	xkb_keycode_t code = key + EVDEV_OFFSET;
	xkb_layout_index_t n_layouts = xkb_keymap_num_layouts_for_key(keymap, code);
	for (xkb_layout_index_t layout = 0; layout < n_layouts; layout++) {
		const xkb_keysym_t *keysyms;
		int n = xkb_keymap_key_get_syms_by_level(keymap, code, layout, 0, &keysyms);
		for (int i = 0; i < n; i++) {
			if (keysyms[i] == chord->keysym) {
				return true;
			}
		}
	}
	return false;
}
