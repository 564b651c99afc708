// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "count.h"

void test_skip(const char *reason) {
	printf("skipped: %s\n", reason);
	exit(77);
}

const char *test_device_path(void) {
	static char *path;
	if (path) {
		return path;
	}
	const char *named = getenv("VITRINE_TEST_DEVICE");
	struct kms_open_error error;
	struct kms_device *device = kms_device_open(named && *named ? named : NULL, NULL, &error);
	if (!device) {
		test_skip(error.message);
	}
	path = strdup(device->path);
	kms_device_close(device);
	return path;
}

void test_need_layout(const char *layout) {
	const char *now = getenv("VITRINE_LAYOUT");
	if (!now || strcmp(now, layout) != 0) {
		char reason[128];
		snprintf(reason, sizeof(reason), "needs the guest with layout '%s'", layout);
		test_skip(reason);
	}
}

struct kms_device *test_open(void) {
	struct kms_open_error error;
	struct kms_device *device = kms_device_open(test_device_path(), NULL, &error);
	if (!device) {
		fail_msg("%s", error.message);
	}
	return device;
}

static void debugfs_path(char *path, size_t size, dev_t rdev, const char *name) {
	snprintf(path, size, "/sys/kernel/debug/dri/%u/%s", minor(rdev), name);
}

struct test_counts test_count(const char *path) {
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	char framebuffers[64];
	debugfs_path(framebuffers, sizeof(framebuffers), st.st_rdev, "framebuffer");
	// The heap grows and shrinks as one mapping; shared ones are what a leak would be.
	return (struct test_counts){
		.fds = test_count_entries("/proc/self/fd"),
		.maps = test_count_lines("/proc/self/maps", " rw-s"),
		.framebuffers = test_count_lines(framebuffers, "framebuffer["),
	};
}

static void pause_10ms(void) {
	struct timespec pause = {.tv_nsec = 10000000};
	nanosleep(&pause, NULL);
}

void test_assert_counts(const char *path, struct test_counts before) {
	struct test_counts after = test_count(path);
	for (int i = 0; i < 100 && after.framebuffers != before.framebuffers; i++) {
		pause_10ms();
		after = test_count(path);
	}
	assert_int_equal(after.fds, before.fds);
	assert_int_equal(after.maps, before.maps);
	assert_int_equal(after.framebuffers, before.framebuffers);
}

uint32_t test_next_handle(struct kms_device *device) {
	uint32_t handle, pitch;
	uint64_t size;
	assert_int_equal(drmModeCreateDumbBuffer(device->fd, 16, 16, 32, 0, &handle, &pitch, &size), 0);
	assert_int_equal(drmModeDestroyDumbBuffer(device->fd, handle), 0);
	return handle;
}

static int open_observer(const struct kms_device *device) {
	int fd = open(device->path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1), 0);
	return fd;
}

uint32_t test_kernel_fb(const struct kms_plane *plane) {
	int fd = open_observer(plane->device);
	drmModePlane *now = drmModeGetPlane(fd, plane->id);
	assert_non_null(now);
	uint32_t id = now->fb_id;
	drmModeFreePlane(now);
	close(fd);
	return id;
}

bool test_kernel_crtc_active(const struct kms_crtc *crtc) {
	char path[64], line[512], title[32];
	debugfs_path(path, sizeof(path), crtc->device->rdev, "state");
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	snprintf(title, sizeof(title), "crtc[%u]:", crtc->id);
	bool here = false, active = false;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '\t') {
			here = strncmp(line, title, strlen(title)) == 0;
		} else if (here && strncmp(line, "\tactive=", 8) == 0) {
			active = line[8] == '1';
		}
	}
	fclose(file);
	return active;
}

bool test_kernel_has_fb(struct kms_device *device, uint32_t id) {
	char path[64], title[32];
	debugfs_path(path, sizeof(path), device->rdev, "framebuffer");
	snprintf(title, sizeof(title), "framebuffer[%u]:", id);
	return test_count_lines(path, title) == 1;
}

bool test_kernel_loses_fb(struct kms_device *device, uint32_t id) {
	for (int i = 0; i < 100 && test_kernel_has_fb(device, id); i++) {
		pause_10ms();
	}
	return !test_kernel_has_fb(device, id);
}

struct kms_plane *test_plane(struct kms_crtc *crtc, enum kms_plane_type type) {
	struct kms_device *device = crtc->device;
	for (int i = 0; i < device->n_planes; i++) {
		struct kms_plane *plane = &device->planes[i];
		if (plane->type == type && (plane->possible_crtcs & (1u << crtc->index))) {
			return plane;
		}
	}
	return NULL;
}

struct kms_pipe test_first_pipe(struct kms_device *device) {
	struct kms_pipe pipe;
	assert_int_equal(kms_device_route(device, &pipe, 1), 1);
	return pipe;
}

struct kms_plane_state test_whole(
	struct kms_framebuffer *framebuffer, uint32_t width, uint32_t height) {
	return (struct kms_plane_state){
		.framebuffer = framebuffer,
		.src_w = width << 16,
		.src_h = height << 16,
		.crtc_w = width,
		.crtc_h = height,
	};
}

struct kms_dumb *test_light(struct kms_crtc *crtc, struct kms_connector *connector) {
	struct kms_device *device = crtc->device;
	drmModeModeInfo mode;
	assert_true(kms_mode_custom(TEST_WIDTH, TEST_HEIGHT, 60000, &mode));
	struct kms_dumb *dumb = kms_dumb_create(device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_non_null(dumb);
	struct kms_plane_state state = test_whole(dumb->framebuffer, TEST_WIDTH, TEST_HEIGHT);
	kms_request_begin(device);
	assert_true(kms_request_enable(crtc, connector, &mode));
	kms_request_plane(test_plane(crtc, KMS_PLANE_PRIMARY), crtc, &state);
	assert_int_equal(
		kms_request_commit(device, crtc, KMS_COMMIT_ALLOW_MODESET | KMS_COMMIT_BLOCK), 0);
	return dumb;
}

bool test_wait_flip(struct kms_crtc *crtc) {
	while (crtc->flip_pending) {
		struct pollfd pollfd = {.fd = crtc->device->fd, .events = POLLIN};
		if (poll(&pollfd, 1, 2000) <= 0 || !kms_device_dispatch(crtc->device)) {
			return false;
		}
	}
	return true;
}

void test_paint(void *data, uint32_t width, uint32_t height, size_t stride, uint32_t seed) {
	for (uint32_t y = 0; y < height; y++) {
		uint32_t *row = (uint32_t *)((uint8_t *)data + y * stride);
		for (uint32_t x = 0; x < width; x++) {
			row[x] = (y * width + x + 1) * 2654435761u ^ seed * 40503u;
		}
	}
}
