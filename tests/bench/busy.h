// SPDX-License-Identifier: MIT
// How long a server is at work: what bench-preload counts in the server and the others read.
#ifndef VITRINE_BENCH_BUSY_H
#define VITRINE_BENCH_BUSY_H

#include <stdint.h>
#include <time.h>

#define BENCH_FRAMES 8192

// The contents of the file named by BENCH_BUSY. One writer; the fields are read one by one, so a
// reader may see a value of one wait more in the one than in the other.
struct bench_busy {
	_Atomic uint64_t busy;        // ticks between the end of one wait for events and the next
	_Atomic uint64_t waits;       // waits that had to block
	_Atomic uint64_t commit;      // ticks in atomic commits, all of them
	_Atomic uint64_t commits;     // the frames that ended: those with an event
	_Atomic uint64_t allocations; // of all threads, those of libwayland and pixman aside
	_Atomic uint64_t library_allocations; // those
	// The newest frames: number n is in place n modulo BENCH_FRAMES. Work of a frame is what is done from
	// the end of the commit before to the end of its own.
	struct bench_frame {
		uint32_t busy, commit; // ticks
	} frames[BENCH_FRAMES];
};

// A clock that costs nothing to read. In User Mode Linux each clock_gettime is a system call of some
// 5 us: a server that waits three times a frame would seem to work 50 us a frame more than it does. Of
// an unknown rate: who reads the counts compares it with CLOCK_MONOTONIC over the same time.
static inline uint64_t bench_ticks(void) {
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
#endif
}

#endif
