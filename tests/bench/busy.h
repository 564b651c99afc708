// SPDX-License-Identifier: MIT
// How long a server is at work: what bench-preload counts in the server and the others read.
#ifndef VITRINE_BENCH_BUSY_H
#define VITRINE_BENCH_BUSY_H

#include <stdint.h>

// The contents of the file named by BENCH_BUSY. One writer; the fields are read one by one, so a
// reader may see a value of one wait more in the one than in the other.
struct bench_busy {
	_Atomic uint64_t busy_ns; // between the end of one wait for events and the next
	_Atomic uint64_t waits;   // waits that had to block
};

#endif
