// SPDX-License-Identifier: MIT
// Framebuffers: the import rule for GEM handles, and dropping one that is on screen.
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "crc.h"
#include "dmabuf.h"
#include "fixture.h"

#define STRIDE (TEST_WIDTH * 4)

struct screen {
	struct kms_device *device;
	struct kms_pipe pipe;
	struct kms_plane *primary;
	struct kms_dumb *dumb;
	struct test_counts before;
	uint32_t next_handle;
};

static int setup(void **state) {
	static struct screen screen;
	screen.before = test_count(test_device_path());
	screen.device = test_open();
	screen.pipe = test_first_pipe(screen.device);
	screen.primary = test_plane(screen.pipe.crtc, KMS_PLANE_PRIMARY);
	screen.dumb = test_light(screen.pipe.crtc, screen.pipe.connector);
	screen.next_handle = test_next_handle(screen.device);
	*state = &screen;
	return 0;
}

static int teardown(void **state) {
	struct screen *screen = *state;
	kms_dumb_destroy(screen->dumb);
	assert_int_equal(test_next_handle(screen->device), 1); // none is open
	kms_device_close(screen->device);
	test_assert_counts(test_device_path(), screen->before);
	return 0;
}

static struct kms_framebuffer_desc rgb_desc(int fd) {
	return (struct kms_framebuffer_desc){
		.width = TEST_WIDTH,
		.height = TEST_HEIGHT,
		.format = DRM_FORMAT_XRGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.fd = {fd},
		.stride = {STRIDE},
	};
}

static int show(struct screen *screen, struct kms_framebuffer *framebuffer, uint32_t flags) {
	struct kms_plane_state whole = test_whole(framebuffer, TEST_WIDTH, TEST_HEIGHT);
	kms_request_begin(screen->device);
	kms_request_plane(screen->primary, screen->pipe.crtc, &whole);
	return kms_request_commit(screen->device, screen->pipe.crtc, flags);
}

static struct kms_framebuffer *import_rgb(struct screen *screen, int fd) {
	struct kms_framebuffer_desc desc = rgb_desc(fd);
	struct kms_framebuffer *framebuffer = kms_framebuffer_import(screen->device, &desc);
	if (!framebuffer) {
		fail_msg("import: %s", strerror(errno));
	}
	return framebuffer;
}

// Each source of memory is imported and shown, and the screen shows exactly its pixels.
static void every_memory_is_shown(void **state) {
	struct screen *screen = *state;
	struct test_crc crc;
	bool has_crc = test_crc_open(&crc, screen->device->rdev, screen->pipe.crtc->index);
	for (int source = 0; source < TEST_MEMORY_COUNT; source++) {
		struct test_dmabuf buffer;
		if (!test_dmabuf_create(&buffer, source, STRIDE * TEST_HEIGHT)) {
			print_message("no %s: %s\n", test_memory_name(source), strerror(errno));
			continue;
		}
		assert_true(test_dmabuf_begin_write(&buffer));
		test_paint(buffer.map, TEST_WIDTH, TEST_HEIGHT, STRIDE, (uint32_t)source + 1);
		assert_true(test_dmabuf_end_write(&buffer));
		uint32_t expected = test_crc_of_xrgb8888(buffer.map, TEST_WIDTH, TEST_HEIGHT, STRIDE);
		struct kms_framebuffer *framebuffer = import_rgb(screen, buffer.fd);
		test_dmabuf_finish(&buffer);
		assert_int_equal(show(screen, framebuffer, KMS_COMMIT_EVENT), 0);
		assert_true(test_wait_flip(screen->pipe.crtc));
		assert_int_equal(test_kernel_fb(screen->primary), framebuffer->id);
		if (has_crc && !test_crc_wait(&crc, expected, 2000, NULL)) {
			fail_msg("%s: the screen shows something else", test_memory_name(source));
		}
		// Dropped while shown: the pixels stay.
		kms_framebuffer_destroy(framebuffer);
		if (has_crc) {
			assert_true(test_crc_wait(&crc, expected, 2000, NULL));
		}
	}
	if (has_crc) {
		test_crc_close(&crc);
	}
}

static void same_dmabuf_twice(void **state) {
	struct screen *screen = *state;
	struct test_dmabuf buffer;
	if (!test_dmabuf_create(&buffer, TEST_MEMORY_UDMABUF, STRIDE * TEST_HEIGHT)) {
		skip();
	}
	struct kms_framebuffer *a = import_rgb(screen, buffer.fd);
	assert_int_equal(test_next_handle(screen->device), screen->next_handle);
	struct kms_framebuffer *b = import_rgb(screen, buffer.fd);
	assert_int_equal(test_next_handle(screen->device), screen->next_handle);
	assert_int_not_equal(a->id, b->id);
	kms_framebuffer_destroy(a);
	assert_int_equal(show(screen, b, KMS_COMMIT_EVENT), 0);
	assert_true(test_wait_flip(screen->pipe.crtc));
	struct kms_framebuffer *c = import_rgb(screen, buffer.fd);
	assert_int_equal(show(screen, c, KMS_COMMIT_EVENT), 0);
	assert_true(test_wait_flip(screen->pipe.crtc));
	test_dmabuf_finish(&buffer);
	kms_framebuffer_destroy(b);
	assert_int_equal(test_kernel_fb(screen->primary), c->id);
	kms_framebuffer_destroy(c);
}

static struct kms_framebuffer_desc nv12_desc(int fd) {
	return (struct kms_framebuffer_desc){
		.width = TEST_WIDTH,
		.height = TEST_HEIGHT,
		.format = DRM_FORMAT_NV12,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 2,
		.fd = {fd, fd},
		.stride = {TEST_WIDTH, TEST_WIDTH},
		.offset = {0, TEST_WIDTH * TEST_HEIGHT},
	};
}

// Both planes resolve to one handle, which must be closed once.
static void nv12_in_one_buffer(void **state) {
	struct screen *screen = *state;
	struct test_dmabuf buffer;
	if (!test_dmabuf_create(&buffer, TEST_MEMORY_UDMABUF, TEST_WIDTH * TEST_HEIGHT * 3 / 2)) {
		skip();
	}
	memset(buffer.map, 0x80, buffer.size);
	struct kms_framebuffer_desc desc = nv12_desc(buffer.fd);
	struct kms_framebuffer *framebuffer = kms_framebuffer_import(screen->device, &desc);
	assert_non_null(framebuffer);
	assert_int_equal(test_next_handle(screen->device), screen->next_handle);
	assert_int_equal(show(screen, framebuffer, KMS_COMMIT_EVENT), 0);
	assert_true(test_wait_flip(screen->pipe.crtc));

	// The same memory through two file descriptors is one dma-buf all the same.
	desc.fd[1] = dup(buffer.fd);
	struct kms_framebuffer *again = kms_framebuffer_import(screen->device, &desc);
	assert_non_null(again);
	close(desc.fd[1]);
	assert_int_equal(test_next_handle(screen->device), screen->next_handle);
	kms_framebuffer_destroy(framebuffer);
	kms_framebuffer_destroy(again);
	test_dmabuf_finish(&buffer);
}

// An exported dumb buffer that comes back resolves to the handle that it has: closing that would end
// the dumb buffer.
static void own_dumb_buffer_comes_back(void **state) {
	struct screen *screen = *state;
	struct kms_dumb *dumb =
		kms_dumb_create(screen->device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_non_null(dumb);
	int fd = kms_dumb_export(dumb);
	assert_true(fd >= 0);
	uint32_t next = test_next_handle(screen->device);
	struct kms_framebuffer_desc desc = rgb_desc(fd);
	desc.stride[0] = dumb->stride;
	for (int i = 0; i < 3; i++) {
		struct kms_framebuffer *framebuffer = kms_framebuffer_import(screen->device, &desc);
		assert_non_null(framebuffer);
		kms_framebuffer_destroy(framebuffer);
	}
	assert_int_equal(test_next_handle(screen->device), next);
	// The handle still works, and the memory is the same from both sides.
	int fd2 = kms_dumb_export(dumb);
	assert_true(fd2 >= 0);
	dumb->data[5] = 0xa5;
	uint8_t *map = mmap(NULL, dumb->size, PROT_READ, MAP_SHARED, fd2, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(map[5], 0xa5);
	munmap(map, dumb->size);
	close(fd);
	close(fd2);
	kms_dumb_destroy(dumb);
}

static void refused_imports_leave_nothing(void **state) {
	struct screen *screen = *state;
	struct test_dmabuf buffer;
	if (!test_dmabuf_create(&buffer, TEST_MEMORY_UDMABUF, STRIDE * TEST_HEIGHT)) {
		skip();
	}
	int memory = memfd_create("not a dma-buf", MFD_CLOEXEC);
	struct kms_framebuffer_desc descs[5];
	for (int i = 0; i < 5; i++) {
		descs[i] = rgb_desc(buffer.fd);
	}
	descs[0].fd[0] = memory;
	descs[1].height = TEST_HEIGHT * 2; // more than there is
	descs[2].format = 0x20202020;
	descs[3].modifier = UINT64_C(0x0123456789abcdef) & ~DRM_FORMAT_MOD_INVALID;
	descs[4] = nv12_desc(buffer.fd);
	descs[4].fd[1] = memory;
	struct test_counts before = test_count(screen->device->path);
	for (int i = 0; i < 5; i++) {
		errno = 0;
		assert_null(kms_framebuffer_import(screen->device, &descs[i]));
		assert_int_not_equal(errno, 0);
		assert_int_equal(test_next_handle(screen->device), screen->next_handle);
	}
	test_assert_counts(screen->device->path, before);
	close(memory);
	test_dmabuf_finish(&buffer);
}

static void drop_shown(struct screen *screen) {
	struct kms_device *device = screen->device;
	struct kms_dumb *other = kms_dumb_create(device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_non_null(other);
	uint32_t id = screen->dumb->framebuffer->id;
	assert_int_equal(show(screen, screen->dumb->framebuffer, KMS_COMMIT_EVENT), 0);
	assert_true(test_wait_flip(screen->pipe.crtc));
	test_paint(screen->dumb->data, TEST_WIDTH, TEST_HEIGHT, screen->dumb->stride, 9);
	kms_dumb_destroy(screen->dumb);
	screen->dumb = other;
	assert_int_equal(test_kernel_fb(screen->primary), id);
	assert_true(test_kernel_crtc_active(screen->pipe.crtc));

	// On its way out it is still shown: it may go only with the flip.
	assert_int_equal(show(screen, other->framebuffer, KMS_COMMIT_EVENT), 0);
	if (!device->close_fb) {
		assert_true(test_kernel_has_fb(device, id));
		assert_false(wl_list_empty(&device->doomed));
	}
	assert_true(test_wait_flip(screen->pipe.crtc));
	assert_true(wl_list_empty(&device->doomed));
	assert_int_equal(test_kernel_fb(screen->primary), other->framebuffer->id);
	assert_true(test_kernel_crtc_active(screen->pipe.crtc));
}

static void dropping_the_shown_one_by_closefb(void **state) {
	struct screen *screen = *state;
	if (!screen->device->close_fb) {
		skip(); // Linux before 6.8
	}
	drop_shown(screen);
}

static void dropping_the_shown_one_by_waiting(void **state) {
	struct screen *screen = *state;
	screen->device->close_fb = false;
	drop_shown(screen);
	// Destroyed between commit and flip, and not shown at all.
	struct kms_dumb *a =
		kms_dumb_create(screen->device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_int_equal(show(screen, a->framebuffer, KMS_COMMIT_EVENT), 0);
	uint32_t old = screen->dumb->framebuffer->id;
	kms_dumb_destroy(screen->dumb);
	assert_true(test_kernel_has_fb(screen->device, old));
	screen->dumb = a;
	struct kms_dumb *b =
		kms_dumb_create(screen->device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	uint32_t never_shown = b->framebuffer->id;
	kms_dumb_destroy(b);
	assert_true(test_kernel_loses_fb(screen->device, never_shown));
	assert_true(test_wait_flip(screen->pipe.crtc));
	assert_true(test_kernel_loses_fb(screen->device, old));
	assert_true(test_kernel_crtc_active(screen->pipe.crtc));
}

// Closed with a doomed framebuffer on screen.
static void closing_with_doomed_ones(void **state) {
	(void)state;
	struct test_counts before = test_count(test_device_path());
	struct kms_device *device = test_open();
	device->close_fb = false;
	struct kms_pipe pipe = test_first_pipe(device);
	kms_dumb_destroy(test_light(pipe.crtc, pipe.connector));
	assert_true(test_kernel_crtc_active(pipe.crtc));
	assert_false(wl_list_empty(&device->doomed));
	kms_device_close(device);
	test_assert_counts(test_device_path(), before);
}

static void dumb_formats(void **state) {
	struct screen *screen = *state;
	static const uint32_t refused[] = {DRM_FORMAT_NV12, DRM_FORMAT_YUYV, 0x20202020};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_null(kms_dumb_create(screen->device, 64, 64, refused[i]));
		assert_int_equal(errno, EINVAL);
	}
	assert_null(kms_dumb_create(screen->device, 0, 64, DRM_FORMAT_XRGB8888));
	static const uint32_t taken[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565};
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct kms_dumb *dumb = kms_dumb_create(screen->device, 33, 17, taken[i]);
		assert_non_null(dumb);
		assert_true(dumb->stride >= format_min_stride(format_info(taken[i]), 0, 33));
		for (size_t j = 0; j < dumb->size; j++) {
			assert_int_equal(dumb->data[j], 0);
		}
		kms_dumb_destroy(dumb);
	}
	kms_dumb_destroy(NULL);
	kms_framebuffer_destroy(NULL);
}

#define ON_SCREEN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
	test_device_path();
	const struct CMUnitTest tests[] = {
		ON_SCREEN(every_memory_is_shown),
		ON_SCREEN(same_dmabuf_twice),
		ON_SCREEN(nv12_in_one_buffer),
		ON_SCREEN(own_dumb_buffer_comes_back),
		ON_SCREEN(refused_imports_leave_nothing),
		ON_SCREEN(dropping_the_shown_one_by_closefb),
		ON_SCREEN(dropping_the_shown_one_by_waiting),
		ON_SCREEN(dumb_formats),
		cmocka_unit_test(closing_with_doomed_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
