// SPDX-License-Identifier: MIT
// Formats: the table is consistent with itself and with libdrm's fourccs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <string.h>

#include "base/format.h"

static void table_is_sound(void **state) {
	(void)state;
	size_t n = 0;
	for (const struct format_info *info; (info = format_info_at(n)); n++) {
		assert_ptr_equal(format_info(info->format), info); // none twice
		assert_true(info->planes >= 1 && info->planes <= 3);
		assert_true(info->hsub >= 1 && info->vsub >= 1);
		for (int i = 0; i < info->planes; i++) {
			assert_true(info->block_bytes[i] > 0 && info->block_width[i] > 0);
		}
		const struct format_info *opaque = format_info(info->opaque);
		assert_non_null(opaque);
		assert_false(opaque->alpha);
		assert_true(info->alpha ? opaque != info : opaque == info);
		assert_false(info->alpha && info->yuv);
		char name[5];
		format_name(info->format, name);
		assert_int_equal(strlen(name), 4);
		assert_int_equal(format_from_name(name), info->format);
	}
	assert_true(n >= 26);
	assert_null(format_info(0));
	assert_null(format_info_at(SIZE_MAX));
}

static void strides(void **state) {
	(void)state;
	const struct format_info *xrgb = format_info(DRM_FORMAT_XRGB8888);
	assert_int_equal(format_min_stride(xrgb, 0, 1920), 7680);
	assert_int_equal(format_plane_height(xrgb, 0, 1080), 1080);
	assert_int_equal(format_min_stride(xrgb, 0, UINT32_MAX), 0); // exceeds 32 bit
	assert_int_equal(format_min_stride(xrgb, 0, UINT32_MAX / 4), UINT32_MAX / 4 * 4);
	const struct format_info *nv12 = format_info(DRM_FORMAT_NV12);
	assert_int_equal(format_min_stride(nv12, 0, 641), 641);
	assert_int_equal(format_min_stride(nv12, 1, 641), 642);
	assert_int_equal(format_plane_height(nv12, 1, 481), 241);
	assert_int_equal(format_plane_height(nv12, 0, 481), 481);
	const struct format_info *yuyv = format_info(DRM_FORMAT_YUYV);
	assert_int_equal(format_min_stride(yuyv, 0, 641), 1284);
	const struct format_info *yuv420 = format_info(DRM_FORMAT_YUV420);
	assert_int_equal(format_min_stride(yuv420, 2, 641), 321);
	const struct format_info *nv15 = format_info(DRM_FORMAT_NV15);
	assert_int_equal(format_min_stride(nv15, 0, 8), 10);
	assert_int_equal(format_min_stride(nv15, 1, 8), 10);
	const struct format_info *p010 = format_info(DRM_FORMAT_P010);
	assert_int_equal(format_min_stride(p010, 0, 64), 128);
	assert_int_equal(format_min_stride(p010, 1, 64), 128);
}

static void names(void **state) {
	(void)state;
	assert_int_equal(format_from_name("XR24"), DRM_FORMAT_XRGB8888);
	assert_int_equal(format_from_name("xrgb8888"), DRM_FORMAT_XRGB8888);
	assert_int_equal(format_from_name("nv12"), DRM_FORMAT_NV12);
	assert_int_equal(format_from_name("YUV420"), DRM_FORMAT_YUV420);
	assert_int_equal(format_from_name("YU12"), DRM_FORMAT_YUV420);
	assert_int_equal(format_from_name("ABCD"), 0);
	assert_int_equal(format_from_name(""), 0);
	char name[5];
	format_name(0x0a1bff41, name);
	assert_string_equal(name, "A???");
}

static void codings(void **state) {
	(void)state;
	uint32_t bits = 0;
	for (int matrix = 0; matrix < FORMAT_MATRICES; matrix++) {
		for (int full = 0; full <= 1; full++) {
			struct format_coding coding = {(enum format_matrix)matrix, full}, read = {0};
			assert_true(format_coding_from_name(format_coding_name(coding), &read));
			assert_true(format_coding_equal(coding, read));
			assert_int_equal(bits & format_coding_bit(coding), 0);
			bits |= format_coding_bit(coding);
		}
	}
	assert_int_equal(bits, 0x3f);
	assert_int_equal(format_coding_bit((struct format_coding){0}), 1);
	struct format_coding untouched = {FORMAT_BT2020, true};
	assert_false(format_coding_from_name("bt709-", &untouched));
	assert_false(format_coding_from_name("", &untouched));
	assert_string_equal(format_coding_name(untouched), "bt2020-full");
}

static void sets(void **state) {
	(void)state;
	struct format_set set = {0};
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 100; i++) {
			assert_true(format_set_add(&set, DRM_FORMAT_XRGB8888, i));
		}
	}
	assert_int_equal(set.len, 100);
	assert_true(format_set_has(&set, DRM_FORMAT_XRGB8888, 99));
	assert_false(format_set_has(&set, DRM_FORMAT_XRGB8888, 100));
	assert_false(format_set_has(&set, DRM_FORMAT_ARGB8888, 1));
	assert_true(format_set_has_format(&set, DRM_FORMAT_XRGB8888));
	assert_false(format_set_has_format(&set, DRM_FORMAT_ARGB8888));
	format_set_finish(&set);
	assert_int_equal(set.len, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(strides),
		cmocka_unit_test(names),
		cmocka_unit_test(codings),
		cmocka_unit_test(sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
