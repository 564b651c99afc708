// SPDX-License-Identifier: MIT
// What clipped-planes.c writes after each commit.
#ifndef VITRINE_TESTS_CLIPPED_PLANES_H
#define VITRINE_TESTS_CLIPPED_PLANES_H

#include <stdint.h>

struct clips_counts {
	uint64_t whole,
		clipped;    // pictures of planes that were copied in whole, or where they were damaged
	uint64_t px;    // of the last of the latter
	uint64_t blobs; // made for any property
};

#endif
