// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: a display whose flips are never heard of, as some drivers' are
// when they hang, as long as the file that VITRINE_TEST_LOSE_FLIPS names is there. If there is something in
// it, for as many flips as it has bytes: then it is removed. What the kernel was to signal with such a flip
// (OUT_FENCE_PTR) is not signalled either, as long as the server runs.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "sw_sync.h"

static void count_one(const char *file) {
	struct stat st;
	if (stat(file, &st) != 0 || st.st_size == 0) {
		return;
	}
	if ((st.st_size == 1 ? unlink(file) : truncate(file, st.st_size - 1)) != 0) {
		perror("lost-flips");
		abort();
	}
}

static bool is_out_fence(int fd, uint32_t id) {
	drmModePropertyRes *property = drmModeGetProperty(fd, id);
	bool is = property && strcmp(property->name, "OUT_FENCE_PTR") == 0;
	drmModeFreeProperty(property);
	return is;
}

static int create_fence(void) {
	static int timeline = -1;
	static uint32_t value;
	struct sw_sync_fence fence = {.value = ++value, .name = "lost", .fence = -1};
	if (timeline < 0) {
		timeline = open(SW_SYNC_PATH, O_RDWR | O_CLOEXEC);
	}
	if (ioctl(timeline, SW_SYNC_CREATE_FENCE, &fence) != 0) {
		perror("lost-flips: " SW_SYNC_PATH);
		abort();
	}
	return fence.fence;
}

// Puts others in the place of those that the kernel has made.
static void lose_fences(int fd, const struct drm_mode_atomic *atomic) {
	const uint32_t *counts = (const uint32_t *)(uintptr_t)atomic->count_props_ptr;
	const uint32_t *props = (const uint32_t *)(uintptr_t)atomic->props_ptr;
	const uint64_t *values = (const uint64_t *)(uintptr_t)atomic->prop_values_ptr;
	uint32_t n = 0;
	for (uint32_t i = 0; i < atomic->count_objs; i++) {
		n += counts[i];
	}
	for (uint32_t i = 0; i < n; i++) {
		int32_t *fence = (int32_t *)(uintptr_t)values[i];
		if (fence && is_out_fence(fd, props[i]) && *fence >= 0) {
			close(*fence);
			*fence = create_fence();
		}
	}
}

int drmIoctl(int fd, unsigned long number, void *argument) {
	int (*real)(int, unsigned long, void *);
	// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
	*(void **)&real = dlsym(RTLD_NEXT, "drmIoctl");
	const char *file = getenv("VITRINE_TEST_LOSE_FLIPS");
	if (!real || !file) {
		fprintf(stderr, "lost-flips: no drmIoctl, or VITRINE_TEST_LOSE_FLIPS is not set\n");
		abort();
	}
	struct drm_mode_atomic *atomic = argument;
	bool lose = number == DRM_IOCTL_MODE_ATOMIC && access(file, F_OK) == 0;
	uint32_t flags = lose ? atomic->flags : 0;
	if (lose) {
		atomic->flags &= ~(uint32_t)DRM_MODE_PAGE_FLIP_EVENT;
	}
	int rc = real(fd, number, argument);
	if (lose) {
		atomic->flags = flags;
	}
	if (rc == 0 && (flags & DRM_MODE_PAGE_FLIP_EVENT)) {
		lose_fences(fd, atomic);
		count_one(file);
	}
	return rc;
}
