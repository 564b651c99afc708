// SPDX-License-Identifier: MIT
// The linker puts this before libxkbcommon's function of the same name (--wrap): what was compiled once is kept,
// for keymaps of names take longer than all else, and are not what is looked into here.
#include <stdio.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "keymap-cache.h"

enum { N_KEPT = 32 };

struct kept {
	char names[256];
	struct xkb_keymap *keymap; // NULL: such names mean nothing
};

struct xkb_keymap *__real_xkb_keymap_new_from_names(struct xkb_context *context,
	const struct xkb_rule_names *names, enum xkb_keymap_compile_flags flags);

static struct xkb_keymap *ref(struct xkb_keymap *keymap) {
	return keymap != NULL ? xkb_keymap_ref(keymap) : NULL;
}

static const char *text_of(const char *name) {
	return name != NULL ? name : "-";
}

struct xkb_keymap *__wrap_xkb_keymap_new_from_names(struct xkb_context *context,
	const struct xkb_rule_names *names, enum xkb_keymap_compile_flags flags) {
	static struct kept kept[N_KEPT];
	static unsigned n_kept;
	char text[sizeof(kept[0].names)];
	int length = snprintf(text, sizeof(text), "%s\n%s\n%s\n%s", text_of(names->model),
		text_of(names->layout), text_of(names->variant), text_of(names->options));
	if (length >= (int)sizeof(text)) {
		return __real_xkb_keymap_new_from_names(context, names, flags);
	}
	for (unsigned i = 0; i < n_kept && i < N_KEPT; i++) {
		if (strcmp(kept[i].names, text) == 0) {
			return ref(kept[i].keymap);
		}
	}
	struct kept *place = &kept[n_kept++ % N_KEPT];
	xkb_keymap_unref(place->keymap);
	strcpy(place->names, text);
	place->keymap = __real_xkb_keymap_new_from_names(context, names, flags);
	return ref(place->keymap);
}
