// SPDX-License-Identifier: MIT
// What a SIZE_HINTS blob says, whatever a driver puts into it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kms/internal.h"

static void test_list(void **state) {
	(void)state;
	const uint16_t blob[] = {64, 64, 128, 64, 256, 256};
	struct kms_plane plane = {0};
	kms_plane_set_size_hints(&plane, blob, sizeof(blob));
	assert_int_equal(plane.n_size_hints, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(plane.size_hints[i].width, blob[2 * i]);
		assert_int_equal(plane.size_hints[i].height, blob[2 * i + 1]);
	}
	kms_plane_set_size_hints(&plane, blob, 4);
	assert_int_equal(plane.n_size_hints, 1);
}

static void test_nothing(void **state) {
	(void)state;
	const uint16_t blob[] = {0, 0, 0, 64, 64, 0};
	struct kms_plane plane = {0};
	kms_plane_set_size_hints(&plane, blob, sizeof(blob));
	assert_int_equal(plane.n_size_hints, 0);
	kms_plane_set_size_hints(&plane, NULL, 0);
	assert_int_equal(plane.n_size_hints, 0);
}

static void test_cut_off_and_unaligned(void **state) {
	(void)state;
	const unsigned char bytes[] = {0xff, 64, 0, 32, 0, 128, 0, 128}; // the second one is half there
	struct kms_plane plane = {0};
	kms_plane_set_size_hints(&plane, bytes + 1, sizeof(bytes) - 1);
	assert_int_equal(plane.n_size_hints, 1);
	assert_int_equal(((const unsigned char *)&plane.size_hints[0])[0] +
			((const unsigned char *)&plane.size_hints[0])[1],
		64);
}

static void test_more_than_there_is_room_for(void **state) {
	(void)state;
	uint16_t blob[2 * (KMS_MAX_SIZE_HINTS + 5)];
	for (uint16_t i = 0; i < sizeof(blob) / sizeof(blob[0]); i++) {
		blob[i] = (uint16_t)(i / 2 + 1);
	}
	struct kms_plane plane = {0};
	kms_plane_set_size_hints(&plane, blob, sizeof(blob));
	assert_int_equal(plane.n_size_hints, KMS_MAX_SIZE_HINTS);
	assert_int_equal(plane.size_hints[KMS_MAX_SIZE_HINTS - 1].height, KMS_MAX_SIZE_HINTS);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_cut_off_and_unaligned),
		cmocka_unit_test(test_more_than_there_is_room_for),
	};
	return cmocka_run_group_tests_name("kms-size-hints", tests, NULL, NULL);
}
