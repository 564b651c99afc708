// SPDX-License-Identifier: MIT
// That a screen shows one picture at every refresh, seen by a thread that reads each CRC as it comes.
//
// A CRC is evidence only if it was ready before the next refresh. vkms composes in a worker, which on a busy machine may
// still read a picture's buffers when the flip has taken them off the screen, and they are drawn into again.
#ifndef VITRINE_TESTS_LIB_WATCH_H
#define VITRINE_TESTS_LIB_WATCH_H

#include <pthread.h>

#include "status.h"

struct test_watch {
	struct test_screen *screen;
	int drm;
	uint32_t crtc_id;
	uint32_t expected;
	pthread_t thread;
	pthread_mutex_t mutex; // for all that follows
	bool stops;
	unsigned in_time, late; // CRCs
	unsigned late_wrong;    // of those that were late
	bool wrong;             // one that was in time
	uint32_t frame, value;  // of the first such one
};

// The server must be up: whoever is first to open the device owns it. What was computed before does not count.
// The thread outlives a test that fails, and so must `watch` and `screen`.
void test_watch_start(
	struct test_watch *watch, struct test_screen *screen, const struct test_picture *picture);
// True if another picture was seen.
bool test_watch_wrong(struct test_watch *watch, uint32_t *frame, uint32_t *value);
// Nothing changes in it any more.
void test_watch_stop(struct test_watch *watch);

#endif
