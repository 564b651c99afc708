// SPDX-License-Identifier: MIT
// Two displays: flips told apart, planes that move, displays that come and go.
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <xf86drm.h>

#include "fixture.h"

struct side {
	struct kms_pipe pipe;
	struct kms_plane *primary;
	struct kms_dumb *dumbs[2];
	int flips;
};

struct screens {
	struct kms_device *device;
	struct side sides[2];
};

static void count_flip(struct kms_crtc *crtc, const struct kms_flip *flip, void *data) {
	struct side *side = data;
	assert_ptr_equal(crtc, side->pipe.crtc);
	assert_true(flip->time_ns > 0);
	side->flips++;
}

static int setup(void **state) {
	static struct screens screens;
	screens = (struct screens){.device = test_open()};
	struct kms_pipe pipes[4];
	assert_int_equal(kms_device_route(screens.device, pipes, 4), 2);
	assert_ptr_not_equal(pipes[0].crtc, pipes[1].crtc);
	for (int i = 0; i < 2; i++) {
		struct side *side = &screens.sides[i];
		side->pipe = pipes[i];
		side->primary = test_plane(pipes[i].crtc, KMS_PLANE_PRIMARY);
		side->dumbs[0] = test_light(pipes[i].crtc, pipes[i].connector);
		side->dumbs[1] =
			kms_dumb_create(screens.device, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
		assert_non_null(side->dumbs[1]);
		pipes[i].crtc->on_flip = count_flip;
		pipes[i].crtc->on_flip_data = side;
	}
	*state = &screens;
	return 0;
}

static int teardown(void **state) {
	struct screens *screens = *state;
	for (int i = 0; i < 2; i++) {
		kms_dumb_destroy(screens->sides[i].dumbs[0]);
		kms_dumb_destroy(screens->sides[i].dumbs[1]);
	}
	kms_device_close(screens->device);
	return 0;
}

static void stage(struct side *side, struct kms_plane *plane, int i) {
	struct kms_plane_state whole = test_whole(side->dumbs[i]->framebuffer, TEST_WIDTH, TEST_HEIGHT);
	kms_request_plane(plane, side->pipe.crtc, &whole);
}

static int commit(struct side *side, uint32_t flags) {
	return kms_request_commit(side->pipe.crtc->device, side->pipe.crtc, flags);
}

// Each CRTC flips at its own pace.
static void flips_by_crtc(void **state) {
	struct screens *screens = *state;
	struct side *a = &screens->sides[0], *b = &screens->sides[1];
	for (int i = 1; i <= 20; i++) {
		kms_request_begin(screens->device);
		stage(a, a->primary, i % 2);
		assert_int_equal(commit(a, KMS_COMMIT_EVENT), 0);
		assert_true(a->pipe.crtc->flip_pending);
		if (i % 2 == 0) {
			stage(b, b->primary, (i / 2) % 2);
			assert_int_equal(commit(b, KMS_COMMIT_EVENT), 0);
		}
		assert_true(test_wait_flip(a->pipe.crtc));
		assert_int_equal(a->flips, i);
		assert_true(test_wait_flip(b->pipe.crtc));
		assert_int_equal(b->flips, i / 2);
	}
}

// One commit for both: two events, though only one CRTC was named.
static void one_commit_for_both(void **state) {
	struct screens *screens = *state;
	struct side *a = &screens->sides[0], *b = &screens->sides[1];
	kms_request_begin(screens->device);
	stage(a, a->primary, 1);
	stage(b, b->primary, 1);
	assert_int_equal(commit(a, KMS_COMMIT_EVENT), 0);
	assert_true(a->pipe.crtc->flip_pending);
	assert_true(b->pipe.crtc->flip_pending);
	assert_true(test_wait_flip(a->pipe.crtc));
	assert_true(test_wait_flip(b->pipe.crtc));
	assert_int_equal(a->flips, 1);
	assert_int_equal(b->flips, 1);
}

// Turning one display off leaves the other alone.
static void one_off_one_on(void **state) {
	struct screens *screens = *state;
	struct side *a = &screens->sides[0], *b = &screens->sides[1];
	drmModeModeInfo mode = b->pipe.crtc->mode;
	kms_request_begin(screens->device);
	kms_request_disable(b->pipe.crtc);
	assert_int_equal(commit(b, KMS_COMMIT_BLOCK | KMS_COMMIT_ALLOW_MODESET), 0);
	assert_false(test_kernel_crtc_active(b->pipe.crtc));
	assert_true(test_kernel_crtc_active(a->pipe.crtc));
	assert_int_equal(test_kernel_fb(b->primary), 0);
	stage(a, a->primary, 1);
	assert_int_equal(commit(a, KMS_COMMIT_EVENT), 0);
	assert_true(test_wait_flip(a->pipe.crtc));
	assert_true(kms_request_enable(b->pipe.crtc, b->pipe.connector, &mode));
	stage(b, b->primary, 0);
	assert_int_equal(commit(b, KMS_COMMIT_EVENT | KMS_COMMIT_ALLOW_MODESET), 0);
	assert_true(test_wait_flip(b->pipe.crtc));
}

// vkms has no link that could go bad: it is only told that it did.
static void a_bad_link_is_trained_anew(void **state) {
	struct screens *screens = *state;
	struct side *b = &screens->sides[1];
	struct kms_property *link = &b->pipe.connector->props[KMS_CONNECTOR_LINK_STATUS];
	drmModeModeInfo mode = b->pipe.crtc->mode;
	assert_int_not_equal(link->id, 0);
	kms_request_begin(screens->device);
	assert_true(kms_request_enable(b->pipe.crtc, b->pipe.connector, &mode));
	assert_int_equal(kms_request_count(screens->device), 0);
	link->value = DRM_MODE_LINK_STATUS_BAD;
	assert_true(kms_request_enable(b->pipe.crtc, b->pipe.connector, &mode));
	assert_int_equal(kms_request_count(screens->device), 1);
	stage(b, b->primary, 1);
	assert_int_equal(commit(b, KMS_COMMIT_EVENT | KMS_COMMIT_ALLOW_MODESET), 0);
	assert_true(test_wait_flip(b->pipe.crtc));
	assert_int_equal(link->value, DRM_MODE_LINK_STATUS_GOOD);
	link->value = DRM_MODE_LINK_STATUS_BAD;
	kms_device_probe(screens->device); // the kernel knows better
	assert_int_equal(link->value, DRM_MODE_LINK_STATUS_GOOD);
}

// Both lit by a first master; a second one swaps nothing, moves off and goes: both are back.
static void both_come_back(void **state) {
	struct screens *screens = *state;
	assert_int_equal(drmDropMaster(screens->device->fd), 0);
	struct kms_device *second = test_open();
	struct kms_pipe pipes[4];
	assert_int_equal(kms_device_route(second, pipes, 4), 2);
	struct kms_dumb *dumb = test_light(pipes[1].crtc, pipes[1].connector);
	kms_request_begin(second);
	kms_request_disable(pipes[0].crtc);
	assert_int_equal(
		kms_request_commit(second, NULL, KMS_COMMIT_BLOCK | KMS_COMMIT_ALLOW_MODESET), 0);
	assert_false(test_kernel_crtc_active(pipes[0].crtc));
	kms_dumb_destroy(dumb);
	kms_device_close(second);
	for (int i = 0; i < 2; i++) {
		struct side *side = &screens->sides[i];
		assert_true(test_kernel_crtc_active(side->pipe.crtc));
		assert_int_equal(test_kernel_fb(side->primary), side->dumbs[0]->framebuffer->id);
	}
	assert_int_equal(drmSetMaster(screens->device->fd), 0);
}

static bool set_status(int connector, const char *status) {
	char path[96];
	snprintf(path, sizeof(path), "/sys/kernel/config/vkms/kiosk/connectors/n%d/status", connector);
	FILE *file = fopen(path, "we");
	if (!file) {
		return false;
	}
	bool ok = fputs(status, file) >= 0;
	return fclose(file) == 0 && ok;
}

struct heard {
	int changes;
	dev_t rdev;
};

static void handle_change(void *data, const char *action, dev_t rdev, const char *path) {
	struct heard *heard = data;
	assert_non_null(path);
	if (strcmp(action, "change") == 0) {
		heard->changes++;
		heard->rdev = rdev;
	}
}

static void wait_change(struct kms_monitor *monitor, struct heard *heard) {
	int before = heard->changes;
	while (heard->changes == before) {
		struct pollfd pollfd = {.fd = kms_monitor_fd(monitor), .events = POLLIN};
		assert_int_equal(poll(&pollfd, 1, 5000), 1);
		kms_monitor_dispatch(monitor);
	}
}

static void displays_come_and_go(void **state) {
	struct screens *screens = *state;
	struct kms_device *device = screens->device;
	struct heard heard = {0};
	struct kms_monitor *monitor = kms_monitor_create(handle_change, &heard);
	assert_non_null(monitor);
	assert_false(kms_device_probe(device)); // nothing changed yet
	struct test_counts before = test_count(device->path);
	struct kms_connector *second = screens->sides[1].pipe.connector;
	for (int i = 0; i < 20; i++) {
		assert_true(set_status(1, "2"));
		wait_change(monitor, &heard);
		assert_int_equal(heard.rdev, device->rdev);
		assert_true(kms_device_probe(device));
		assert_false(second->connected);
		struct kms_pipe pipes[4];
		assert_int_equal(kms_device_route(device, pipes, 4), 1);
		assert_ptr_equal(pipes[0].connector, screens->sides[0].pipe.connector);

		assert_true(set_status(1, "1"));
		wait_change(monitor, &heard);
		assert_true(kms_device_probe(device));
		assert_true(second->connected);
		assert_int_equal(kms_device_route(device, pipes, 4), 2);
		// What was routed stays where it was.
		assert_ptr_equal(pipes[0].crtc, screens->sides[0].pipe.crtc);
		assert_ptr_equal(pipes[1].crtc, screens->sides[1].pipe.crtc);
	}
	// A display that cannot be detected does not count beside one that can.
	assert_true(set_status(1, "3"));
	wait_change(monitor, &heard);
	kms_device_probe(device);
	assert_false(second->connected);
	assert_true(set_status(0, "2"));
	wait_change(monitor, &heard);
	kms_device_probe(device);
	assert_true(second->connected);
	assert_true(set_status(0, "1"));
	assert_true(set_status(1, "1"));
	wait_change(monitor, &heard);
	kms_device_probe(device);
	test_assert_counts(device->path, before);
	kms_monitor_destroy(monitor);
	kms_monitor_destroy(NULL);
}

#define ON_SCREENS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
	test_need_layout("dual");
	test_device_path();
	const struct CMUnitTest tests[] = {
		ON_SCREENS(flips_by_crtc),
		ON_SCREENS(one_commit_for_both),
		ON_SCREENS(one_off_one_on),
		ON_SCREENS(a_bad_link_is_trained_anew),
		ON_SCREENS(both_come_back),
		ON_SCREENS(displays_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
