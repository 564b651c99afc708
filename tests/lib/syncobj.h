// SPDX-License-Identifier: MIT
// Timelines of the kernel (DRM synchronisation objects) as a client's GPU driver has them: points that a test
// signals, and points that the server does.
#ifndef VITRINE_TESTS_LIB_SYNCOBJ_H
#define VITRINE_TESTS_LIB_SYNCOBJ_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

struct test_syncobj {
	int card; // the test device, a file of its own
	uint32_t handle;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline; // NULL once destroyed
};

// Skips the test program (77) where the test device has no timelines.
void test_syncobj_need(void);
// With no point signalled, known to the server.
void test_syncobj_init(struct test_syncobj *syncobj, struct test_client *client);
// The client's own; takes a zeroed one.
void test_syncobj_finish(struct test_syncobj *syncobj);
// The server's object of it, all else stays.
void test_syncobj_destroy_object(struct test_syncobj *syncobj);
// Lets go of the test device, which may go then, but of nothing else: a file of it, for test_syncobj_return.
int test_syncobj_leave(struct test_syncobj *syncobj);
// Takes the file.
void test_syncobj_return(struct test_syncobj *syncobj, int fd);
void test_syncobj_signal(struct test_syncobj *syncobj, uint64_t point);
bool test_syncobj_is_signalled(const struct test_syncobj *syncobj, uint64_t point);
// Somebody will signal the point, or has: a GPU could be told to wait for it.
bool test_syncobj_is_promised(const struct test_syncobj *syncobj, uint64_t point);
// Fails the test after 10 s.
void test_syncobj_wait(const struct test_syncobj *syncobj, uint64_t point);
void test_syncobj_wait_promised(const struct test_syncobj *syncobj, uint64_t point);

// The points of the surface's next commit.
void test_syncobj_set(struct wp_linux_drm_syncobj_surface_v1 *surface,
	const struct test_syncobj *acquire, uint64_t acquire_point, const struct test_syncobj *release,
	uint64_t release_point);

#endif
