// SPDX-License-Identifier: MIT
#include "syncobj.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <xf86drm.h>

#include "server.h"

enum { WAIT_S = 10 };

static int open_card(void) {
	int card = open(test_device(), O_RDWR | O_CLOEXEC);
	assert_true(card >= 0);
	return card;
}

void test_syncobj_need(void) {
	int card = open_card();
	uint64_t capable = 0;
	bool has = drmGetCap(card, DRM_CAP_SYNCOBJ_TIMELINE, &capable) == 0 && capable != 0;
	close(card);
	if (!has) {
		printf(
			"%s: the driver has no timelines (the guest's vkms has: kernel.sed)\n", test_device());
		exit(77);
	}
}

static int export(const struct test_syncobj *syncobj) {
	int fd;
	assert_int_equal(drmSyncobjHandleToFD(syncobj->card, syncobj->handle, &fd), 0);
	return fd;
}

void test_syncobj_init(struct test_syncobj *syncobj, struct test_client *client) {
	*syncobj = (struct test_syncobj){.card = open_card()};
	assert_int_equal(drmSyncobjCreate(syncobj->card, 0, &syncobj->handle), 0);
	int fd = export(syncobj);
	assert_non_null(client->syncobj);
	syncobj->timeline = wp_linux_drm_syncobj_manager_v1_import_timeline(client->syncobj, fd);
	close(fd);
}

int test_syncobj_leave(struct test_syncobj *syncobj) {
	int fd = export(syncobj);
	drmSyncobjDestroy(syncobj->card, syncobj->handle);
	close(syncobj->card);
	syncobj->handle = 0;
	return fd;
}

void test_syncobj_return(struct test_syncobj *syncobj, int fd) {
	syncobj->card = open_card();
	assert_int_equal(drmSyncobjFDToHandle(syncobj->card, fd, &syncobj->handle), 0);
	close(fd);
}

void test_syncobj_destroy_object(struct test_syncobj *syncobj) {
	if (syncobj->timeline) {
		wp_linux_drm_syncobj_timeline_v1_destroy(syncobj->timeline);
		syncobj->timeline = NULL;
	}
}

void test_syncobj_finish(struct test_syncobj *syncobj) {
	test_syncobj_destroy_object(syncobj);
	if (syncobj->handle != 0) {
		drmSyncobjDestroy(syncobj->card, syncobj->handle);
		close(syncobj->card);
	}
	*syncobj = (struct test_syncobj){0};
}

void test_syncobj_signal(struct test_syncobj *syncobj, uint64_t point) {
	assert_int_equal(drmSyncobjTimelineSignal(syncobj->card, &syncobj->handle, &point, 1), 0);
}

static int wait_until(
	const struct test_syncobj *syncobj, uint64_t point, uint32_t flags, int64_t until_ns) {
	uint32_t handle = syncobj->handle;
	return drmSyncobjTimelineWait(syncobj->card, &handle, &point, 1, until_ns, flags, NULL);
}

bool test_syncobj_is_signalled(const struct test_syncobj *syncobj, uint64_t point) {
	return wait_until(syncobj, point, 0, 0) == 0;
}

bool test_syncobj_is_promised(const struct test_syncobj *syncobj, uint64_t point) {
	return wait_until(syncobj, point, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE, 0) == 0;
}

static void assert_comes(const struct test_syncobj *syncobj, uint64_t point, uint32_t flags) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t until_ns = (now.tv_sec + WAIT_S) * INT64_C(1000000000) + now.tv_nsec;
	int rc = wait_until(syncobj, point, flags, until_ns);
	if (rc != 0) {
		fail_msg("point %llu did not come: %s", (unsigned long long)point, strerror(errno));
	}
}

void test_syncobj_wait(const struct test_syncobj *syncobj, uint64_t point) {
	assert_comes(syncobj, point, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT);
}

void test_syncobj_wait_promised(const struct test_syncobj *syncobj, uint64_t point) {
	assert_comes(syncobj, point, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE);
}

void test_syncobj_set(struct wp_linux_drm_syncobj_surface_v1 *surface,
	const struct test_syncobj *acquire, uint64_t acquire_point, const struct test_syncobj *release,
	uint64_t release_point) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(
		surface, acquire->timeline, (uint32_t)(acquire_point >> 32), (uint32_t)acquire_point);
	wp_linux_drm_syncobj_surface_v1_set_release_point(
		surface, release->timeline, (uint32_t)(release_point >> 32), (uint32_t)release_point);
}
