// SPDX-License-Identifier: MIT
// How pixels of the test card are stored in each format.
#ifndef VITRINE_CLIENTS_TESTCARD_STORE_H
#define VITRINE_CLIENTS_TESTCARD_STORE_H

#include <stdint.h>

#include "base/format.h"

struct testcard_planes;
struct testcard_store;

// NULL for a format that cannot be stored.
const struct testcard_store *testcard_store_find(uint32_t format);

// Stores `n` pixels (0xAARRGGBB) of row `y` from column `x`, which is even. Chroma is stored with
// the pixels whose column and row are multiples of the subsampling. `coding` is that of YUV.
void testcard_store_pixels(const struct testcard_store *store, struct format_coding coding,
	const struct testcard_planes *planes, uint32_t x, uint32_t y, const uint32_t *pixels,
	uint32_t n);

#endif
