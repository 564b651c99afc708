// SPDX-License-Identifier: MIT
// Out of memory: each allocation of an opening, an import and a mode change fails once, and every
// time the call says so and leaves nothing behind.
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dmabuf.h"
#include "fixture.h"

// glibc's own allocator behind the public names; `fail_at` counts down to the one that fails.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

static long fail_at = -1; // negative: none

static bool fails_now(void) {
	if (fail_at < 0 || fail_at-- > 0) {
		return false;
	}
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size) {
	return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
	return fails_now() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size) {
	return fails_now() ? NULL : __libc_realloc(memory, size);
}

static void opening(void **state) {
	(void)state;
	const char *path = test_device_path();
	struct test_counts before = test_count(path);
	for (long n = 0;; n++) {
		struct kms_open_error error;
		fail_at = n;
		struct kms_device *device = kms_device_open(path, NULL, &error);
		bool failed = fail_at < 0;
		fail_at = -1;
		if (device && !failed) {
			assert_true(n > 20);
			kms_device_close(device);
			break;
		}
		if (device) {
			// libdrm did without (its device cache, a name).
			kms_device_close(device);
		} else {
			assert_int_not_equal(error.status, KMS_OPEN_OK);
			assert_true(error.message[0] != '\0');
		}
		test_assert_counts(path, before);
	}
}

static void finding(void **state) {
	(void)state;
	const char *path = test_device_path();
	struct test_counts before = test_count(path);
	struct kms_device *device = NULL;
	for (long n = 0; n < 2000; n += 7) { // libudev allocates a lot
		struct kms_open_error error;
		fail_at = n;
		device = kms_device_open(NULL, NULL, &error);
		bool failed = fail_at < 0;
		fail_at = -1;
		kms_device_close(device);
		test_assert_counts(path, before);
		if (!failed) {
			break;
		}
	}
	assert_non_null(device);
}

static void buffers_and_modes(void **state) {
	(void)state;
	struct kms_device *device = test_open();
	struct kms_pipe pipe = test_first_pipe(device);
	struct kms_dumb *shown = test_light(pipe.crtc, pipe.connector);
	uint32_t next = test_next_handle(device);
	struct test_counts before = test_count(device->path);

	fail_at = 0;
	assert_null(kms_dumb_create(device, 64, 64, DRM_FORMAT_XRGB8888));
	assert_int_equal(errno, ENOMEM);
	fail_at = 1; // its framebuffer
	assert_null(kms_dumb_create(device, 64, 64, DRM_FORMAT_XRGB8888));
	fail_at = -1;
	assert_int_equal(test_next_handle(device), next);
	test_assert_counts(device->path, before);

	struct test_dmabuf buffer;
	if (test_dmabuf_create(&buffer, TEST_MEMORY_UDMABUF, 64 * 64 * 4)) {
		struct kms_framebuffer_desc desc = {.width = 64,
			.height = 64,
			.format = DRM_FORMAT_XRGB8888,
			.modifier = DRM_FORMAT_MOD_LINEAR,
			.n_planes = 1,
			.fd = {buffer.fd},
			.stride = {64 * 4}};
		fail_at = 0;
		assert_null(kms_framebuffer_import(device, &desc));
		assert_int_equal(errno, ENOMEM);
		fail_at = -1;
		test_dmabuf_finish(&buffer);
	}
	drmModeModeInfo mode;
	fail_at = 0;
	assert_false(kms_mode_custom(640, 480, 0, &mode));
	fail_at = 0;
	assert_null(kms_monitor_create(NULL, NULL));
	fail_at = -1;

	// A probe that finds no memory changes nothing that was known.
	struct kms_connector *connector = pipe.connector;
	int n_modes = connector->n_modes;
	for (long n = 0; n < 60; n++) {
		fail_at = n;
		assert_false(kms_device_probe(device));
		fail_at = -1;
		assert_true(connector->connected);
		assert_int_equal(connector->n_modes, n_modes);
	}
	test_assert_counts(device->path, before);
	kms_dumb_destroy(shown);
	kms_device_close(device);
}

int main(void) {
	test_device_path();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening),
		cmocka_unit_test(finding),
		cmocka_unit_test(buffers_and_modes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
