// SPDX-License-Identifier: MIT
// Keymaps that clients bring (zwp_virtual_keyboard_v1): read, used, and given to other clients, who must be
// able to read what they get. The bytes after a line "----" are modifiers and keys.
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "wayland/keymap.h"

static unsigned long n_read, n_refused;

bool fuzz_is_mixture(void) {
	printf("%lu read, %lu refused\n", n_read, n_refused);
	return n_read > 0 && n_refused > 0;
}

static void use(struct xkb_keymap *keymap, const uint8_t *data, size_t size) {
	struct xkb_state *state = xkb_state_new(keymap);
	fuzz_assert(state != NULL);
	for (size_t i = 0; i + 16 <= size; i += 16) {
		uint32_t words[4];
		memcpy(words, data + i, sizeof(words));
		xkb_state_update_mask(state, words[0], words[1], words[2], 0, 0, words[3]);
		const xkb_keysym_t *syms;
		for (xkb_keycode_t key = 8; key < 256; key++) {
			xkb_state_key_get_syms(state, key, &syms);
		}
	}
	xkb_state_unref(state);
}

// What other clients get can be read.
static void expect_readable(struct xkb_keymap *keymap) {
	uint32_t size;
	struct stat info;
	int fd = keymap_export(keymap, &size);
	fuzz_assert(fd >= 0);
	fuzz_assert(fstat(fd, &info) == 0 && info.st_size == size);
	struct xkb_keymap *again = keymap_read(fd, size);
	fuzz_assert(again != NULL);
	xkb_keymap_unref(again);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	size_t keys_size;
	const uint8_t *keys = fuzz_split(data, &size, &keys_size);
	int fd = fuzz_memfd(data, size);
	struct xkb_keymap *keymap = keymap_read(fd, (uint32_t)size);
	close(fd);
	if (keymap == NULL) {
		n_refused++;
		return 0;
	}
	n_read++;
	use(keymap, keys, keys_size);
	expect_readable(keymap);
	xkb_keymap_unref(keymap);
	return 0;
}
