// SPDX-License-Identifier: MIT
// What kms_device_open says on a machine without a display, and on one without a display device.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void assert_refused(const char *path, enum kms_open_status status, const char *says) {
	struct kms_open_error error;
	assert_null(kms_device_open(path, NULL, &error));
	if (error.status != status || !strstr(error.message, says) || strchr(error.message, '\n')) {
		fail_msg("status %d, \"%s\"", error.status, error.message);
	}
}

static void no_display(void **state) {
	(void)state;
	const char *path = getenv("VITRINE_TEST_DEVICE");
	struct test_counts before = test_count(path);
	for (int i = 0; i < 10; i++) {
		struct kms_open_error error;
		struct kms_pipe pipe;
		struct kms_device *device = kms_device_open(i % 2 == 0 ? path : NULL, NULL, &error);
		if (!device) {
			fail_msg("%s", error.message);
		}
		assert_string_equal(device->path, path);
		assert_false(kms_device_has_display(device));
		assert_int_equal(kms_device_route(device, &pipe, 1), 0);
		kms_device_close(device);
	}
	test_assert_counts(path, before);
}

// The guest still has vgem then, which renders and displays nothing.
static void no_device(void **state) {
	(void)state;
	assert_refused(NULL, KMS_OPEN_NO_DEVICE, "no DRM device with KMS found");
	assert_refused("/dev/dri/card0", KMS_OPEN_UNFIT, "(vgem) without display outputs");
	assert_refused("/dev/dri/card1", KMS_OPEN_NO_DEVICE, "/dev/dri/card1: no such device");
}

int main(void) {
	const char *layout = getenv("VITRINE_LAYOUT");
	if (layout && strcmp(layout, "nodisplay") == 0) {
		const struct CMUnitTest tests[] = {cmocka_unit_test(no_display)};
		return cmocka_run_group_tests(tests, NULL, NULL);
	}
	if (layout && strcmp(layout, "nodevice") == 0) {
		const struct CMUnitTest tests[] = {cmocka_unit_test(no_device)};
		return cmocka_run_group_tests(tests, NULL, NULL);
	}
	test_skip("needs the guest with layout 'nodisplay' or 'nodevice'");
}
