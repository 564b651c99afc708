// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: says of the device that it can flip without waiting for a refresh, and
// looks at what is asked of it. vkms cannot: what is taken waits for the refresh after all.
//
// VITRINE_TEST_ASYNC=take|refuse  what becomes of such commits
// VITRINE_TEST_ASYNC_LOG=FILE     a line for each: how many properties it had, and when it came (ns of CLOCK_MONOTONIC)
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

enum {
	ATOMIC_ASYNC_PAGE_FLIP = 0x15
}; // DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP, which Debian 12's libdrm lacks

// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
static void find(const char *name, void *function) {
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function) {
		fprintf(stderr, "async-flips: no %s\n", name);
		abort();
	}
}

int drmGetCap(int fd, uint64_t capability, uint64_t *value) {
	int (*real)(int, uint64_t, uint64_t *);
	find("drmGetCap", &real);
	if (capability == ATOMIC_ASYNC_PAGE_FLIP) {
		*value = 1;
		return 0;
	}
	return real(fd, capability, value);
}

static void note(const struct drm_mode_atomic *atomic) {
	const uint32_t *counts = (const void *)(uintptr_t)atomic->count_props_ptr;
	const char *path = getenv("VITRINE_TEST_ASYNC_LOG");
	FILE *file = path ? fopen(path, "ae") : NULL;
	uint32_t n = 0;
	for (uint32_t i = 0; i < atomic->count_objs; i++) {
		n += counts[i];
	}
	if (file) {
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		fprintf(
			file, "%u %" PRId64 "\n", (unsigned)n, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
		fclose(file);
	}
}

int drmIoctl(int fd, unsigned long number, void *argument) {
	int (*real)(int, unsigned long, void *);
	find("drmIoctl", &real);
	if (number != DRM_IOCTL_MODE_ATOMIC) {
		return real(fd, number, argument);
	}
	struct drm_mode_atomic atomic = *(struct drm_mode_atomic *)argument;
	if (atomic.flags & DRM_MODE_PAGE_FLIP_ASYNC) {
		const char *what = getenv("VITRINE_TEST_ASYNC");
		note(&atomic);
		if (what && strcmp(what, "refuse") == 0) {
			errno = EINVAL;
			return -1;
		}
		atomic.flags &= ~(uint32_t)DRM_MODE_PAGE_FLIP_ASYNC;
	}
	return real(fd, number, &atomic);
}
