// SPDX-License-Identifier: MIT
// Commits: what is sent, what comes back, what stays as it was when the kernel says no.
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "crc.h"
#include "fixture.h"

// glibc's own allocator behind the public names lets this program count every call, libdrm's too.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

static unsigned long n_allocations;

void *malloc(size_t size) {
	n_allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
	n_allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size) {
	n_allocations++;
	return __libc_realloc(memory, size);
}

struct screen {
	struct kms_device *device;
	struct kms_crtc *crtc;
	struct kms_connector *connector;
	struct kms_plane *primary;
	struct kms_dumb *dumbs[2];
};

static int setup(void **state) {
	static struct screen screen;
	screen.device = test_open();
	struct kms_pipe pipe = test_first_pipe(screen.device);
	screen.crtc = pipe.crtc;
	screen.connector = pipe.connector;
	screen.primary = test_plane(pipe.crtc, KMS_PLANE_PRIMARY);
	screen.dumbs[0] = test_light(pipe.crtc, pipe.connector);
	screen.dumbs[1] = kms_dumb_create(screen.device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_non_null(screen.dumbs[1]);
	*state = &screen;
	return 0;
}

static int teardown(void **state) {
	struct screen *screen = *state;
	kms_dumb_destroy(screen->dumbs[0]);
	kms_dumb_destroy(screen->dumbs[1]);
	kms_device_close(screen->device);
	return 0;
}

static void stage(struct screen *screen, struct kms_plane *plane, struct kms_dumb *dumb) {
	struct kms_plane_state whole = test_whole(dumb->framebuffer, dumb->width, dumb->height);
	kms_request_plane(plane, screen->crtc, &whole);
}

static int flip(struct screen *screen, int i) {
	kms_request_begin(screen->device);
	stage(screen, screen->primary, screen->dumbs[i]);
	return kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_EVENT);
}

struct flips {
	int n;
	struct kms_flip last;
};

static void count_flip(struct kms_crtc *crtc, const struct kms_flip *flip, void *data) {
	(void)crtc;
	struct flips *flips = data;
	if (flips->n > 0) {
		assert_true(flip->sequence > flips->last.sequence);
		assert_true(flip->time_ns > flips->last.time_ns);
	}
	flips->n++;
	flips->last = *flip;
}

// Steady state: a new buffer on the same plane is one property, and nothing changed is none.
static void only_what_changed_is_sent(void **state) {
	struct screen *screen = *state;
	struct kms_stats *stats = &screen->device->stats;
	struct flips flips = {0};
	screen->crtc->on_flip = count_flip;
	screen->crtc->on_flip_data = &flips;
	for (int i = 1; i <= 10; i++) {
		uint64_t before = stats->props_sent;
		assert_int_equal(flip(screen, i % 2), 0);
		assert_int_equal(stats->props_sent - before, 1);
		assert_true(screen->crtc->flip_pending);
		assert_true(test_wait_flip(screen->crtc));
		assert_int_equal(flips.n, i);
	}
	// The same buffer again: its event comes all the same, by one property that changes nothing.
	uint64_t before = stats->props_sent;
	assert_int_equal(flip(screen, 0), 0);
	assert_int_equal(stats->props_sent - before, 1);
	assert_true(test_wait_flip(screen->crtc));
	assert_int_equal(flips.n, 11);

	// Without an event nothing is sent.
	uint64_t commits = stats->commits;
	kms_request_begin(screen->device);
	stage(screen, screen->primary, screen->dumbs[0]);
	assert_int_equal(kms_request_count(screen->device), 0);
	assert_int_equal(kms_request_commit(screen->device, NULL, 0), 0);
	assert_int_equal(stats->commits, commits);

	// A moved plane: its position only.
	struct kms_plane *overlay = test_plane(screen->crtc, KMS_PLANE_OVERLAY);
	if (overlay) {
		struct kms_plane_state small = test_whole(screen->dumbs[1]->framebuffer, 64, 64);
		kms_request_plane(overlay, screen->crtc, &small);
		assert_true(kms_request_count(screen->device) >= 10);
		assert_int_equal(kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_EVENT), 0);
		assert_true(test_wait_flip(screen->crtc));
		small.crtc_x = -16;
		small.crtc_y = 5;
		kms_request_plane(overlay, screen->crtc, &small);
		assert_int_equal(kms_request_count(screen->device), 2);
		assert_int_equal(kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_EVENT), 0);
		assert_true(test_wait_flip(screen->crtc));
		kms_request_plane(overlay, screen->crtc, NULL);
		assert_int_equal(kms_request_count(screen->device), 2);
		assert_int_equal(kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_EVENT), 0);
		assert_true(test_wait_flip(screen->crtc));
	}
}

static void steady_state_allocates_nothing(void **state) {
	struct screen *screen = *state;
	struct kms_plane *overlay = test_plane(screen->crtc, KMS_PLANE_OVERLAY);
	unsigned long before = n_allocations;
	for (int i = 1; i <= 30; i++) {
		kms_request_begin(screen->device);
		stage(screen, screen->primary, screen->dumbs[i % 2]);
		kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_TEST);
		stage(screen, screen->primary, screen->dumbs[i % 2]);
		if (overlay && i % 3 == 0) {
			stage(screen, overlay, screen->dumbs[0]);
		} else if (overlay) {
			kms_request_plane(overlay, screen->crtc, NULL);
		}
		if (kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_EVENT) != 0 ||
			!test_wait_flip(screen->crtc)) {
			fail();
		}
	}
	assert_int_equal(n_allocations - before, 0);
}

static void busy_while_a_flip_is_pending(void **state) {
	struct screen *screen = *state;
	assert_int_equal(flip(screen, 1), 0);
	uint64_t shown = screen->primary->props[KMS_PLANE_FB_ID].value;
	assert_int_equal(flip(screen, 0), -EBUSY);
	assert_int_equal(screen->primary->props[KMS_PLANE_FB_ID].value, shown);
	assert_int_equal(kms_request_count(screen->device), 0);
	assert_true(test_wait_flip(screen->crtc));
	assert_int_equal(flip(screen, 0), 0);
	assert_true(test_wait_flip(screen->crtc));
}

// vkms does not scale: what it refuses changes nothing, tested or committed.
static void refused_commits_change_nothing(void **state) {
	struct screen *screen = *state;
	struct kms_plane_state scaled =
		test_whole(screen->dumbs[1]->framebuffer, TEST_WIDTH, TEST_HEIGHT);
	scaled.crtc_w /= 2;
	uint32_t before = test_kernel_fb(screen->primary);
	for (int i = 0; i < 2; i++) {
		kms_request_begin(screen->device);
		kms_request_plane(screen->primary, screen->crtc, &scaled);
		int ret = kms_request_commit(
			screen->device, screen->crtc, i == 0 ? KMS_COMMIT_TEST : KMS_COMMIT_EVENT);
		if (ret == 0) {
			test_wait_flip(screen->crtc);
			skip(); // a device that scales
		}
		assert_false(screen->crtc->flip_pending);
		assert_int_equal(screen->primary->props[KMS_PLANE_FB_ID].value, before);
		assert_int_equal(screen->primary->props[KMS_PLANE_CRTC_W].value, TEST_WIDTH);
		assert_int_equal(kms_request_count(screen->device), 0);
	}
	assert_int_equal(test_kernel_fb(screen->primary), before);
	assert_int_equal(flip(screen, 1), 0);
	assert_true(test_wait_flip(screen->crtc));
}

static void a_test_changes_nothing(void **state) {
	struct screen *screen = *state;
	uint32_t before = test_kernel_fb(screen->primary);
	kms_request_begin(screen->device);
	stage(screen, screen->primary, screen->dumbs[1]);
	assert_int_equal(
		kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_TEST | KMS_COMMIT_EVENT), 0);
	assert_int_equal(screen->primary->props[KMS_PLANE_FB_ID].value, before);
	assert_int_equal(test_kernel_fb(screen->primary), before);
	assert_int_equal(screen->device->stats.tests, 1);
}

// The first picture on a plane says everything, though the last master may have left the same values.
static void a_plane_newly_used_is_written_whole(void **state) {
	struct screen *screen = *state;
	struct kms_plane *overlay = test_plane(screen->crtc, KMS_PLANE_OVERLAY);
	if (!overlay) {
		skip();
	}
	for (int round = 0; round < 2; round++) {
		kms_request_begin(screen->device);
		stage(screen, overlay, screen->dumbs[1]);
		for (int i = KMS_PLANE_FB_ID; i <= KMS_PLANE_CRTC_H; i++) {
			assert_true(overlay->props[i].is_staged);
		}
		static const enum kms_plane_property others[] = {KMS_PLANE_ALPHA, KMS_PLANE_BLEND_MODE,
			KMS_PLANE_ROTATION, KMS_PLANE_COLOR_ENCODING, KMS_PLANE_COLOR_RANGE};
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			const struct kms_property *property = &overlay->props[others[i]];
			assert_true(property->is_staged == (property->id != 0));
		}
		assert_int_equal(kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_BLOCK), 0);
		kms_request_plane(overlay, screen->crtc, NULL);
		assert_int_equal(kms_request_commit(screen->device, screen->crtc, KMS_COMMIT_BLOCK), 0);
	}
}

// The CRC helper, vkms and what this test paints agree to the bit.
static void the_crc_is_the_picture(void **state) {
	struct screen *screen = *state;
	struct test_crc crc;
	if (!test_crc_open(&crc, screen->device->rdev, screen->crtc->index)) {
		skip();
	}
	// A known value first: 320x240 px of black.
	static uint16_t black[TEST_WIDTH * TEST_HEIGHT * 4];
	for (size_t i = 0; i < TEST_WIDTH * TEST_HEIGHT; i++) {
		black[4 * i] = 0xffff;
	}
	struct kms_dumb *dumb = screen->dumbs[0];
	uint32_t expected = test_crc_of_xrgb8888(dumb->data, TEST_WIDTH, TEST_HEIGHT, dumb->stride);
	assert_int_equal(expected, test_crc_of_argb16(black, TEST_WIDTH, TEST_HEIGHT));
	assert_true(test_crc_wait(&crc, expected, 2000, NULL));
	for (int i = 1; i <= 8; i++) {
		dumb = screen->dumbs[i % 2];
		test_paint(dumb->data, TEST_WIDTH, TEST_HEIGHT, dumb->stride, (uint32_t)i);
		expected = test_crc_of_xrgb8888(dumb->data, TEST_WIDTH, TEST_HEIGHT, dumb->stride);
		assert_int_equal(flip(screen, i % 2), 0);
		assert_true(test_wait_flip(screen->crtc));
		// The first CRC at or after the flip's sequence shows it.
		uint32_t frame, value;
		do {
			assert_true(test_crc_read(&crc, &frame, &value, 2000));
		} while ((int32_t)(frame - (uint32_t)screen->crtc->last_sequence) < 0);
		assert_int_equal(value, expected);
	}
	// One pixel differs.
	dumb->data[0] ^= 1;
	assert_true(test_crc_wait(
		&crc, test_crc_of_xrgb8888(dumb->data, TEST_WIDTH, TEST_HEIGHT, dumb->stride), 2000, NULL));
	test_crc_close(&crc);
}

static void wait_fence(int32_t fence) {
	assert_true(fence >= 0);
	struct pollfd pollfd = {.fd = fence, .events = POLLIN};
	assert_int_equal(poll(&pollfd, 1, 2000), 1);
	close(fence);
}

// One of the commit is signalled with its flip; one that is signalled already is taken for a plane that changes, and for
// one that does not.
static void fences_go_with_frames(void **state) {
	struct screen *screen = *state;
	struct kms_device *device = screen->device;
	struct kms_stats *stats = &device->stats;
	struct test_counts counts = test_count(device->path);
	assert_true(device->idle_fence >= 0);
	struct pollfd idle = {.fd = device->idle_fence, .events = POLLIN};
	assert_int_equal(poll(&idle, 1, 0), 1);
	for (int i = 1; i <= 4; i++) {
		int32_t fence = 0;
		kms_request_begin(device);
		stage(screen, screen->primary, screen->dumbs[i % 2]);
		kms_request_no_wait(screen->primary);
		kms_request_out_fence(screen->crtc, &fence);
		assert_int_equal(kms_request_commit(device, screen->crtc, KMS_COMMIT_TEST), 0);
		assert_int_equal(fence, -1);
		uint64_t before = stats->props_sent;
		stage(screen, screen->primary, screen->dumbs[i / 2 % 2]);
		kms_request_no_wait(screen->primary);
		kms_request_out_fence(screen->crtc, &fence);
		bool changes = kms_request_count(device) == 3;
		assert_int_equal(kms_request_commit(device, screen->crtc, KMS_COMMIT_EVENT), 0);
		assert_int_equal(stats->props_sent - before, 2 + changes);
		assert_true(test_wait_flip(screen->crtc));
		struct pollfd pollfd = {.fd = fence, .events = POLLIN};
		assert_true(fence >= 0);
		assert_int_equal(poll(&pollfd, 1, 0), 1);
		close(fence);
	}
	assert_int_equal(flip(screen, 0), 0); // neither stays
	assert_true(test_wait_flip(screen->crtc));
	test_assert_counts(device->path, counts);
}

static void writeback_reads_the_screen(void **state) {
	struct screen *screen = *state;
	struct kms_device *device = screen->device;
	struct kms_connector *writeback = kms_crtc_writeback(screen->crtc);
	if (!writeback) {
		skip();
	}
	struct kms_dumb *copy = kms_dumb_create(device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_non_null(copy);
	struct test_counts before = test_count(device->path);
	for (int i = 0; i < 4; i++) {
		struct kms_dumb *shown = screen->dumbs[i % 2];
		test_paint(shown->data, TEST_WIDTH, TEST_HEIGHT, shown->stride, (uint32_t)i);
		int32_t fence = 0;
		// A test makes no fence, so that none is left over.
		kms_request_begin(device);
		stage(screen, screen->primary, shown);
		kms_request_writeback(writeback, screen->crtc, copy->framebuffer, &fence);
		assert_int_equal(
			kms_request_commit(device, screen->crtc, KMS_COMMIT_TEST | KMS_COMMIT_ALLOW_MODESET),
			0);
		assert_int_equal(fence, -1);

		stage(screen, screen->primary, shown);
		kms_request_writeback(writeback, screen->crtc, copy->framebuffer, &fence);
		// The connector stays attached after the first job.
		assert_int_equal(kms_request_commit(device, screen->crtc,
							 KMS_COMMIT_EVENT | (i == 0 ? KMS_COMMIT_ALLOW_MODESET : 0)),
			0);
		wait_fence(fence);
		assert_true(test_wait_flip(screen->crtc));
		for (uint32_t y = 0; y < TEST_HEIGHT; y++) {
			const uint32_t *a = (uint32_t *)(void *)(shown->data + y * shown->stride);
			const uint32_t *b = (uint32_t *)(void *)(copy->data + y * copy->stride);
			for (uint32_t x = 0; x < TEST_WIDTH; x++) {
				if ((a[x] ^ b[x]) & 0xffffff) {
					fail_msg("round %d, %u,%u: %08x, read back %08x", i, x, y, a[x], b[x]);
				}
			}
		}
		// Ordinary flips go on in between, without a job.
		assert_int_equal(flip(screen, (i + 1) % 2), 0);
		assert_true(test_wait_flip(screen->crtc));
	}
	kms_request_begin(device);
	kms_request_detach(writeback);
	assert_int_equal(
		kms_request_commit(device, screen->crtc, KMS_COMMIT_ALLOW_MODESET | KMS_COMMIT_BLOCK), 0);
	test_assert_counts(device->path, before);
	kms_dumb_destroy(copy);
}

static void mode_changes_and_power(void **state) {
	struct screen *screen = *state;
	struct kms_device *device = screen->device;
	struct test_counts before = test_count(device->path);
	drmModeModeInfo modes[2];
	assert_true(kms_mode_custom(TEST_WIDTH, TEST_HEIGHT, 60000, &modes[0]));
	assert_true(kms_mode_custom(TEST_WIDTH, TEST_HEIGHT, 50000, &modes[1]));
	for (int i = 1; i < 6; i++) {
		kms_request_begin(device);
		assert_true(kms_request_enable(screen->crtc, screen->connector, &modes[i % 2]));
		assert_int_equal(kms_request_count(device), 1);
		stage(screen, screen->primary, screen->dumbs[i % 2]);
		// A modeset is refused without leave, and changes nothing.
		assert_int_equal(kms_request_commit(device, screen->crtc, KMS_COMMIT_EVENT), -EINVAL);
		assert_false(kms_mode_equal(&screen->crtc->mode, &modes[i % 2]));
		assert_true(kms_request_enable(screen->crtc, screen->connector, &modes[i % 2]));
		stage(screen, screen->primary, screen->dumbs[i % 2]);
		assert_int_equal(
			kms_request_commit(device, screen->crtc, KMS_COMMIT_EVENT | KMS_COMMIT_ALLOW_MODESET),
			0);
		assert_true(test_wait_flip(screen->crtc));
		assert_true(kms_mode_equal(&screen->crtc->mode, &modes[i % 2]));
	}
	kms_request_disable(screen->crtc);
	assert_int_equal(
		kms_request_commit(device, screen->crtc, KMS_COMMIT_BLOCK | KMS_COMMIT_ALLOW_MODESET), 0);
	assert_false(test_kernel_crtc_active(screen->crtc));
	assert_true(kms_request_enable(screen->crtc, screen->connector, &modes[0]));
	stage(screen, screen->primary, screen->dumbs[0]);
	assert_int_equal(
		kms_request_commit(device, screen->crtc, KMS_COMMIT_EVENT | KMS_COMMIT_ALLOW_MODESET), 0);
	assert_true(test_wait_flip(screen->crtc));
	assert_true(test_kernel_crtc_active(screen->crtc));
	test_assert_counts(device->path, before);
}

#define ON_SCREEN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
	test_device_path();
	const struct CMUnitTest tests[] = {
		ON_SCREEN(only_what_changed_is_sent),
		ON_SCREEN(steady_state_allocates_nothing),
		ON_SCREEN(busy_while_a_flip_is_pending),
		ON_SCREEN(refused_commits_change_nothing),
		ON_SCREEN(a_test_changes_nothing),
		ON_SCREEN(a_plane_newly_used_is_written_whole),
		ON_SCREEN(the_crc_is_the_picture),
		ON_SCREEN(fences_go_with_frames),
		ON_SCREEN(writeback_reads_the_screen),
		ON_SCREEN(mode_changes_and_power),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
