// SPDX-License-Identifier: MIT
#ifndef VITRINE_TESTS_FUZZ_KEYMAP_CACHE_H
#define VITRINE_TESTS_FUZZ_KEYMAP_CACHE_H

#include <xkbcommon/xkbcommon.h>

// As xkb_keymap_new_from_names, of which no code but the linker's knows that it is this one.
struct xkb_keymap *__wrap_xkb_keymap_new_from_names(struct xkb_context *context,
	const struct xkb_rule_names *names, enum xkb_keymap_compile_flags flags);

#endif
