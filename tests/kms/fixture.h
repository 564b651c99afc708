// SPDX-License-Identifier: MIT
// What the tests of compositor/kms share: the device, counts of what a process and the kernel hold,
// and the kernel's own view of the display (debugfs).
#ifndef VITRINE_TESTS_KMS_FIXTURE_H
#define VITRINE_TESTS_KMS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kms/kms.h"

#define TEST_WIDTH 320 // px: vkms composes in software, small pictures are quick
#define TEST_HEIGHT 240

// VITRINE_TEST_DEVICE, or the first card that kms_device_open takes. Exits with 77 and a reason on
// standard output when the machine has none.
const char *test_device_path(void);

// Exits with 77 unless the test runs in the guest with this layout of vkms.
void test_need_layout(const char *layout);
void test_skip(const char *reason); // exits with 77

// kms_device_open that must succeed.
struct kms_device *test_open(void);

struct test_counts {
	int fds;
	int maps;
	int framebuffers; // of the device, all clients; -1 without debugfs
};

struct test_counts test_count(const char *path);
// Fails unless the counts are those of before. The kernel's worker of the last commit may hold a
// framebuffer a moment longer than the flip event tells: it gets a second.
void test_assert_counts(const char *path, struct test_counts before);

// The lowest free GEM handle: the same before and after means that no handle was left open.
uint32_t test_next_handle(struct kms_device *device);

// Framebuffer id on the plane as the kernel sees it now, through an own file description.
uint32_t test_kernel_fb(const struct kms_plane *plane);
bool test_kernel_crtc_active(const struct kms_crtc *crtc);
// True if the device's framebuffer list has it.
bool test_kernel_has_fb(struct kms_device *device, uint32_t id);
// True if it has it no more, after a second at the latest.
bool test_kernel_loses_fb(struct kms_device *device, uint32_t id);

struct kms_plane *test_plane(struct kms_crtc *crtc, enum kms_plane_type type);

// Lights `crtc` on `connector` with a dumb buffer of TEST_WIDTH x TEST_HEIGHT (blocking).
struct kms_dumb *test_light(struct kms_crtc *crtc, struct kms_connector *connector);
struct kms_pipe test_first_pipe(struct kms_device *device);

// The state that shows the whole framebuffer at the CRTC's origin.
struct kms_plane_state test_whole(
	struct kms_framebuffer *framebuffer, uint32_t width, uint32_t height);

// Dispatches until no flip of the CRTC is pending. False after two seconds.
bool test_wait_flip(struct kms_crtc *crtc);

// A picture whose pixels are all different, made from `seed`.
void test_paint(void *data, uint32_t width, uint32_t height, size_t stride, uint32_t seed);

#endif
