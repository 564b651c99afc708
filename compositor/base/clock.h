// SPDX-License-Identifier: MIT
// The time that everything is measured by: CLOCK_MONOTONIC, as the kernel stamps flips and input.
#ifndef VITRINE_BASE_CLOCK_H
#define VITRINE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t clock_now_us(void) {
	return clock_now_ns() / 1000;
}

static inline int64_t clock_now_ms(void) {
	return clock_now_ns() / 1000000;
}

#endif
