// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: a display whose flips are never heard of, as some drivers' are
// when they hang, as long as the file that VITRINE_TEST_LOSE_FLIPS names is there. If there is something in
// it, for as many flips as it has bytes: then it is removed.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

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
		count_one(file);
	}
	return rc;
}
