// SPDX-License-Identifier: MIT
// Chords as people write them, and the keys that they are.
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <xkbcommon/xkbcommon.h>

#include "kiosk/chord.h"

static void test_written(void **state) {
	(void)state;
	static const struct {
		const char *text;
		uint32_t modifiers;
		xkb_keysym_t keysym;
	} cases[] = {
		{"F11", 0, XKB_KEY_F11},
		{"ctrl+alt+delete", CHORD_CTRL | CHORD_ALT, XKB_KEY_Delete},
		{"Ctrl+Alt+Del", CHORD_CTRL | CHORD_ALT, XKB_KEY_Delete},
		{"Control+W", CHORD_CTRL, XKB_KEY_w},
		{"Super+Shift+Escape", CHORD_LOGO | CHORD_SHIFT, XKB_KEY_Escape},
		{"Logo+esc", CHORD_LOGO, XKB_KEY_Escape},
		{"Alt+F4", CHORD_ALT, XKB_KEY_F4},
		{"plus", 0, XKB_KEY_plus},
		{"Cyrillic_ef", 0, XKB_KEY_Cyrillic_ef},
	};
	struct chord chords[CHORD_MAX];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(chord_parse_list(cases[i].text, chords), 1);
		assert_int_equal(chords[0].modifiers, cases[i].modifiers);
		assert_int_equal(chords[0].keysym, cases[i].keysym);
	}
	assert_int_equal(chord_parse_list("  F1,F2 ,\tAlt+F3  ", chords), 3);
	assert_int_equal(chords[2].keysym, XKB_KEY_F3);
	assert_int_equal(chord_parse_list("", chords), 0);
}

static void test_miswritten(void **state) {
	(void)state;
	static const char *const texts[] = {
		"F99", "Ctrl+", "+F1", "Hyper+F1", "Ctrl Alt Delete+", "Ctrl", "F1;F2", "a+b"};
	struct chord chords[CHORD_MAX];
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (chord_parse_list(texts[i], chords) != -1) {
			fail_msg("\"%s\" was taken", texts[i]);
		}
	}
	char many[8 * CHORD_MAX] = "", word[300];
	for (int i = 0; i <= CHORD_MAX; i++) {
		strcat(many, "F1 ");
	}
	assert_int_equal(chord_parse_list(many, chords), -1);
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(chord_parse_list(word, chords), -1);
}

static void test_keys(void **state) {
	(void)state;
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	const struct xkb_rule_names names = {.layout = "ru,us"};
	struct xkb_keymap *keymap =
		xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	struct xkb_state *keys = xkb_state_new(keymap);
	struct chord chords[CHORD_MAX];
	assert_int_equal(chord_parse_list("Ctrl+W Cyrillic_tse F4", chords), 3);
	// The key that has W on it, also while Russian is typed.
	assert_true(chord_has_key(&chords[0], keys, KEY_W));
	assert_true(chord_has_key(&chords[1], keys, KEY_W));
	assert_false(chord_has_key(&chords[0], keys, KEY_Q));
	assert_true(chord_has_key(&chords[2], keys, KEY_F4));
	assert_int_equal(chord_modifiers(keys), 0);
	xkb_state_update_key(keys, KEY_LEFTCTRL + 8, XKB_KEY_DOWN);
	xkb_state_update_key(keys, KEY_LEFTALT + 8, XKB_KEY_DOWN);
	xkb_state_update_key(keys, KEY_NUMLOCK + 8, XKB_KEY_DOWN);
	assert_int_equal(chord_modifiers(keys), CHORD_CTRL | CHORD_ALT);
	xkb_state_unref(keys);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_miswritten),
		cmocka_unit_test(test_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
