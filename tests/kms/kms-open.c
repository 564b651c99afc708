// SPDX-License-Identifier: MIT
// Opening and closing: nothing is left behind, each failure says what is wrong and what to do.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fixture.h"

static void light_all(struct kms_device *device) {
	struct kms_pipe pipes[4];
	int n = kms_device_route(device, pipes, 4);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		test_light(pipes[i].crtc, pipes[i].connector);
	}
}

// What the callers still hold when a device goes: shells, to be freed by them.
static void free_shells(struct kms_dumb **dumbs, int n) {
	for (int i = 0; i < n; i++) {
		assert_null(dumbs[i]->device);
		assert_null(dumbs[i]->data);
		kms_dumb_destroy(dumbs[i]);
	}
}

static void open_close_leaves_nothing(void **state) {
	(void)state;
	const char *path = test_device_path();
	struct test_counts before = test_count(path);
	for (int i = 0; i < 200; i++) {
		struct kms_device *device = test_open();
		struct kms_pipe pipes[4];
		struct kms_dumb *dumbs[4];
		int n = kms_device_route(device, pipes, 4);
		for (int j = 0; j < n; j++) {
			dumbs[j] = test_light(pipes[j].crtc, pipes[j].connector);
		}
		if (i % 2 == 0) {
			for (int j = 0; j < n; j++) {
				kms_dumb_destroy(dumbs[j]);
			}
			n = 0;
		}
		kms_device_close(device);
		free_shells(dumbs, n);
	}
	test_assert_counts(path, before);
}

static void close_turns_off_what_we_lit(void **state) {
	(void)state;
	struct kms_device *device = test_open();
	struct kms_pipe pipe = test_first_pipe(device);
	if (pipe.crtc->initial_active) {
		kms_device_close(device);
		skip(); // a host's console is on it
	}
	struct kms_dumb *dumb = test_light(pipe.crtc, pipe.connector);
	assert_true(test_kernel_crtc_active(pipe.crtc));
	uint32_t crtc = pipe.crtc->id;
	kms_dumb_destroy(dumb);
	kms_device_close(device);

	device = test_open();
	pipe = test_first_pipe(device);
	assert_int_equal(pipe.crtc->id, crtc);
	assert_false(pipe.crtc->initial_active);
	for (int i = 0; i < device->n_planes; i++) {
		assert_int_equal(device->planes[i].props[KMS_PLANE_FB_ID].value, 0);
	}
	for (int i = 0; i < device->n_connectors; i++) {
		assert_int_equal(device->connectors[i].props[KMS_CONNECTOR_CRTC_ID].value, 0);
	}
	kms_device_close(device);
}

// A first client shows a picture, drops master and lives on; we come, show ours and go.
static void close_brings_the_former_picture_back(void **state) {
	(void)state;
	struct kms_device *first = test_open();
	struct kms_pipe pipe = test_first_pipe(first);
	struct kms_dumb *dumb = test_light(pipe.crtc, pipe.connector);
	drmModeModeInfo mode_a = pipe.crtc->mode;
	uint32_t fb = dumb->framebuffer->id;
	struct kms_plane *plane = test_plane(pipe.crtc, KMS_PLANE_PRIMARY);
	assert_int_equal(drmDropMaster(first->fd), 0);

	struct kms_device *second = test_open();
	struct kms_crtc *crtc = &second->crtcs[pipe.crtc->index];
	assert_true(crtc->initial_active);
	assert_true(kms_mode_equal(&crtc->initial_mode, &mode_a));
	struct kms_pipe pipe2 = test_first_pipe(second);
	assert_ptr_equal(pipe2.crtc, crtc);
	drmModeModeInfo mode_b;
	assert_true(kms_mode_custom(640, 480, 60000, &mode_b));
	struct kms_dumb *ours = kms_dumb_create(second, 640, 480, dumb->format);
	assert_non_null(ours);
	struct kms_plane_state shown = test_whole(ours->framebuffer, 640, 480);
	kms_request_begin(second);
	assert_true(kms_request_enable(crtc, pipe2.connector, &mode_b));
	kms_request_plane(test_plane(crtc, KMS_PLANE_PRIMARY), crtc, &shown);
	assert_int_equal(
		kms_request_commit(second, crtc, KMS_COMMIT_BLOCK | KMS_COMMIT_ALLOW_MODESET), 0);
	assert_int_not_equal(test_kernel_fb(plane), fb);
	// Destroyed first, as a caller does: the picture stays until the former one is back.
	kms_dumb_destroy(ours);
	kms_device_close(second);

	assert_int_equal(test_kernel_fb(plane), fb);
	assert_true(test_kernel_crtc_active(pipe.crtc));
	drmModeCrtc *now = drmModeGetCrtc(first->fd, pipe.crtc->id);
	assert_non_null(now);
	assert_true(kms_mode_equal(&now->mode, &mode_a));
	drmModeFreeCrtc(now);
	assert_int_equal(drmSetMaster(first->fd), 0);
	kms_dumb_destroy(dumb);
	kms_device_close(first);
}

// The former picture's owner ends while we run: the CRTC goes dark instead of failing.
static void close_survives_a_former_picture_that_is_gone(void **state) {
	(void)state;
	struct kms_device *first = test_open();
	struct kms_pipe pipe = test_first_pipe(first);
	if (pipe.crtc->initial_active) {
		kms_device_close(first);
		skip(); // a host's console is on it, and comes back
	}
	struct kms_dumb *dumb = test_light(pipe.crtc, pipe.connector);
	assert_int_equal(drmDropMaster(first->fd), 0);

	struct kms_device *second = test_open();
	struct kms_pipe pipe2 = test_first_pipe(second);
	assert_true(pipe2.crtc->initial_active);
	struct kms_dumb *ours = test_light(pipe2.crtc, pipe2.connector);
	kms_device_close(first); // not master: restores nothing
	kms_dumb_destroy(dumb);
	assert_true(test_kernel_crtc_active(pipe2.crtc));
	kms_dumb_destroy(ours);
	kms_device_close(second);

	struct kms_device *third = test_open();
	assert_false(test_kernel_crtc_active(&third->crtcs[0]));
	kms_device_close(third);
}

static void running_mode_is_no_modeset(void **state) {
	(void)state;
	struct kms_device *first = test_open();
	struct kms_pipe pipe = test_first_pipe(first);
	struct kms_dumb *dumb = test_light(pipe.crtc, pipe.connector);
	drmModeModeInfo mode = pipe.crtc->mode;
	assert_int_equal(drmDropMaster(first->fd), 0);

	struct kms_device *second = test_open();
	struct kms_crtc *crtc = &second->crtcs[pipe.crtc->index];
	struct kms_connector *connector = test_first_pipe(second).connector;
	kms_request_begin(second);
	assert_true(kms_request_enable(crtc, connector, &mode));
	assert_int_equal(kms_request_count(second), 0);
	struct kms_dumb *ours = kms_dumb_create(second, TEST_WIDTH, TEST_HEIGHT, dumb->format);
	assert_non_null(ours);
	struct kms_plane_state shown = test_whole(ours->framebuffer, TEST_WIDTH, TEST_HEIGHT);
	kms_request_plane(test_plane(crtc, KMS_PLANE_PRIMARY), crtc, &shown);
	// Without ALLOW_MODESET.
	assert_int_equal(kms_request_commit(second, crtc, KMS_COMMIT_EVENT), 0);
	assert_true(test_wait_flip(crtc));
	kms_dumb_destroy(ours);
	kms_device_close(second);
	assert_int_equal(drmSetMaster(first->fd), 0);
	kms_dumb_destroy(dumb);
	kms_device_close(first);
}

static void assert_refused(const char *path, enum kms_open_status status, const char *says) {
	struct kms_open_error error;
	assert_null(kms_device_open(path, NULL, &error));
	if (error.status != status || !strstr(error.message, says) || strchr(error.message, '\n')) {
		fail_msg("status %d, \"%s\"", error.status, error.message);
	}
}

static void no_such_device(void **state) {
	(void)state;
	assert_refused("/dev/dri/card99", KMS_OPEN_NO_DEVICE, "/dev/dri/card99: no such device");
}

static void not_a_drm_device(void **state) {
	(void)state;
	assert_refused("/dev/null", KMS_OPEN_UNFIT, "/dev/null: not a DRM device");
	assert_refused("/etc/passwd", KMS_OPEN_UNFIT, "/etc/passwd: not a DRM device");
	assert_refused("/", KMS_OPEN_UNFIT, "/: cannot be opened");
}

static void busy_device(void **state) {
	(void)state;
	struct kms_device *first = test_open();
	struct test_counts before = test_count(first->path);
	assert_refused(first->path, KMS_OPEN_BUSY, "DRM master: stop it");
	test_assert_counts(first->path, before);
	kms_device_close(first);
}

// In a child, that gives up its rights.
static void no_permission(void **state) {
	(void)state;
	const char *path = test_device_path();
	if (getuid() != 0) {
		skip();
	}
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(chmod(path, 0600), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct kms_open_error error;
		bool ok = setgid(65534) == 0 && setuid(65534) == 0 &&
			!kms_device_open(path, NULL, &error) && error.status == KMS_OPEN_NO_PERMISSION &&
			strstr(error.message, "permission denied: add the user to group");
		_exit(ok ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(chmod(path, st.st_mode & 07777), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void finds_the_device_itself(void **state) {
	(void)state;
	struct kms_open_error error;
	const char *path = test_device_path();
	struct kms_device *device = kms_device_open(NULL, NULL, &error);
	if (!device) {
		fail_msg("%s", error.message);
	}
	assert_string_equal(device->path, path);
	struct test_counts before = test_count(path);
	assert_refused(NULL, KMS_OPEN_BUSY, "DRM master: stop it");
	test_assert_counts(path, before);
	kms_device_close(device);
}

static void lights_every_pipe(void **state) {
	(void)state;
	struct kms_device *device = test_open();
	light_all(device);
	struct kms_dumb *dumb, *tmp;
	wl_list_for_each_safe(dumb, tmp, &device->dumbs, link) {
		kms_dumb_destroy(dumb);
	}
	kms_device_close(device);
}

int main(void) {
	test_device_path();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lights_every_pipe),
		cmocka_unit_test(close_turns_off_what_we_lit),
		cmocka_unit_test(close_brings_the_former_picture_back),
		cmocka_unit_test(close_survives_a_former_picture_that_is_gone),
		cmocka_unit_test(running_mode_is_no_modeset),
		cmocka_unit_test(no_such_device),
		cmocka_unit_test(not_a_drm_device),
		cmocka_unit_test(busy_device),
		cmocka_unit_test(no_permission),
		cmocka_unit_test(finds_the_device_itself),
		cmocka_unit_test(open_close_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
