// SPDX-License-Identifier: MIT
// Fences of dma-bufs that are signalled when a test says so, as a GPU does when it has drawn: the
// kernel's software timeline (debugfs, sync/sw_sync).
#ifndef VITRINE_TESTS_LIB_FENCE_H
#define VITRINE_TESTS_LIB_FENCE_H

#include <stdint.h>

#include "dmabuf.h"

struct test_timeline {
	int fd;
	uint32_t attached; // fences made
};

// Skips the test program (77) where the kernel has no sw_sync.
void test_timeline_init(struct test_timeline *timeline);
// Whoever reads the buffer has to wait for the next point of the timeline. Painting waits, too.
void test_timeline_attach(struct test_timeline *timeline, struct test_dmabuf *buffer);
// One point on: the oldest fence that is not signalled becomes so.
void test_timeline_signal(struct test_timeline *timeline);
// Signals all that are left.
void test_timeline_finish(struct test_timeline *timeline);

#endif
