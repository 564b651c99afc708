// SPDX-License-Identifier: MIT
// Random times for single commits, the same for every program that is given the same seed: so far
// apart that the one before is on the screen, and in even shares at every phase of a refresh, without
// which a mean of a few hundred would still scatter by half a millisecond.
#ifndef VITRINE_BENCH_RANDOM_H
#define VITRINE_BENCH_RANDOM_H

#include <stdint.h>

struct bench_random {
	uint32_t state;
	uint32_t n;
	int64_t phase_ns; // of the last time
};

static inline uint32_t bench_random_next(struct bench_random *random) {
	random->state = random->state * 1664525 + 1013904223;
	return random->state >> 8;
}

// From one commit to the next, ns: three to five refreshes and what leads to the next phase.
static inline int64_t bench_random_step_ns(struct bench_random *random, int64_t refresh_ns) {
	// Steps of the golden ratio leave no phase out, and come close to none twice.
	uint64_t share = random->n++ * UINT64_C(2654435769) & 0xffffffff;
	int64_t phase = (int64_t)(share * (uint64_t)refresh_ns >> 32);
	phase = (phase + bench_random_next(random) % (refresh_ns / 16)) % refresh_ns;
	int64_t step = (3 + bench_random_next(random) % 3) * refresh_ns + phase - random->phase_ns;
	random->phase_ns = phase;
	return step;
}

#endif
