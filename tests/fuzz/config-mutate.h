// SPDX-License-Identifier: MIT
#ifndef VITRINE_TESTS_FUZZ_CONFIG_MUTATE_H
#define VITRINE_TESTS_FUZZ_CONFIG_MUTATE_H

#include <stddef.h>
#include <stdint.h>

// Damages the file once, by the seed; returns its new size.
size_t config_mutate(char *bytes, size_t size, size_t max_size, uint64_t seed);

#endif
