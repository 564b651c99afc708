// SPDX-License-Identifier: MIT
// Keymaps: compiled by libxkbcommon, and as clients get them.
#ifndef VITRINE_WAYLAND_KEYMAP_H
#define VITRINE_WAYLAND_KEYMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

struct keymap_names { // of xkeyboard-config(7); each may be NULL: its default
	const char *model, *layout, *variant, *options;
};

bool keymap_is_valid(const struct keymap_names *names);
// NULL if libxkbcommon rejects the names, or when out of memory. The caller unrefs it.
struct xkb_keymap *keymap_compile(const struct keymap_names *names);
// Reads the text (XKB_KEYMAP_FORMAT_TEXT_V1, `size` bytes, with or without a NUL) that a client has in a
// file, and compiles it; what it includes of other files is not read. NULL with errno set: EINVAL if it
// is no keymap, EFBIG if it is longer than anyone's keymap. The caller unrefs it.
struct xkb_keymap *keymap_read(int fd, uint32_t size);
// The keymap's text (XKB_KEYMAP_FORMAT_TEXT_V1, with its NUL, *size bytes) in a memfd that is sealed
// and open for reading only: it may be given to any client, which can map it shared or private. The
// caller closes it; -1 with errno set.
int keymap_export(struct xkb_keymap *keymap, uint32_t *size);

#endif
