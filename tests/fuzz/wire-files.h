// SPDX-License-Identifier: MIT
#ifndef VITRINE_TESTS_FUZZ_WIRE_FILES_H
#define VITRINE_TESTS_FUZZ_WIRE_FILES_H

#include <stdint.h>

extern const uint32_t wire_keymap_size; // bytes

// Borrowed. The pool is of POOL_SIZE bytes, unless it was cut off; others are pipes, sockets, folders and files
// that cannot be written.
int wire_pool_file(void);
int wire_keymap_file(void);
int wire_other_file(void);

#endif
