// SPDX-License-Identifier: MIT
// Modes: refresh rates, comparison, choice from a list, timings of our own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "kms/kms.h"

// CEA-861 timings.
static const drmModeModeInfo hd60 = {.clock = 148500,
	.hdisplay = 1920,
	.hsync_start = 2008,
	.hsync_end = 2052,
	.htotal = 2200,
	.vdisplay = 1080,
	.vsync_start = 1084,
	.vsync_end = 1089,
	.vtotal = 1125,
	.vrefresh = 60,
	.flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_PVSYNC,
	.name = "1920x1080"};

static drmModeModeInfo variant(uint32_t clock, uint32_t flags) {
	drmModeModeInfo mode = hd60;
	mode.clock = clock;
	mode.flags |= flags;
	return mode;
}

static void refresh_from_the_clock(void **state) {
	(void)state;
	assert_int_equal(kms_mode_refresh_mhz(&hd60), 60000);
	drmModeModeInfo mode = variant(148352, 0);
	assert_int_equal(kms_mode_refresh_mhz(&mode), 59940);
	mode = variant(74250, DRM_MODE_FLAG_INTERLACE); // 1080i: 60 fields
	assert_int_equal(kms_mode_refresh_mhz(&mode), 60000);
	mode = variant(148500, DRM_MODE_FLAG_DBLSCAN);
	assert_int_equal(kms_mode_refresh_mhz(&mode), 30000);
	mode = (drmModeModeInfo){0};
	assert_int_equal(kms_mode_refresh_mhz(&mode), 0);
	// 8K at 120 Hz does not overflow.
	mode = (drmModeModeInfo){.clock = 4752000, .htotal = 9000, .vtotal = 4400};
	assert_int_equal(kms_mode_refresh_mhz(&mode), 120000);
}

static void names_do_not_count(void **state) {
	(void)state;
	drmModeModeInfo mode = hd60;
	strcpy(mode.name, "other");
	mode.type = DRM_MODE_TYPE_PREFERRED;
	mode.vrefresh = 0;
	assert_true(kms_mode_equal(&mode, &hd60));
	mode.vsync_end++;
	assert_false(kms_mode_equal(&mode, &hd60));
	mode = variant(148352, 0);
	assert_false(kms_mode_equal(&mode, &hd60));
}

static void finds_the_nearest(void **state) {
	(void)state;
	drmModeModeInfo modes[] = {
		variant(148500, DRM_MODE_FLAG_INTERLACE), // 120 fields, never chosen
		variant(123750, 0),                       // 50 Hz
		variant(148352, 0),                       // 59.94 Hz
		variant(148500, 0),                       // 60 Hz
	};
	struct kms_connector connector = {.modes = modes, .n_modes = 4};
	drmModeModeInfo mode;
	assert_true(kms_connector_find_mode(&connector, 1920, 1080, 0, &mode));
	assert_int_equal(mode.clock, 148500);
	assert_int_equal(mode.flags & DRM_MODE_FLAG_INTERLACE, 0);
	assert_true(kms_connector_find_mode(&connector, 1920, 1080, 59940, &mode));
	assert_int_equal(mode.clock, 148352);
	assert_true(kms_connector_find_mode(&connector, 1920, 1080, 60000, &mode));
	assert_int_equal(mode.clock, 148500);
	assert_true(kms_connector_find_mode(&connector, 1920, 1080, 50000, &mode));
	assert_int_equal(mode.clock, 123750);
	assert_false(kms_connector_find_mode(&connector, 1920, 1080, 75000, &mode));
	assert_false(kms_connector_find_mode(&connector, 1280, 720, 0, &mode));
}

static drmModeModeInfo sized(uint16_t width, uint16_t height, uint32_t clock) {
	drmModeModeInfo mode = variant(clock, 0);
	mode.hdisplay = width;
	mode.vdisplay = height;
	return mode;
}

static void the_largest_within(void **state) {
	(void)state;
	drmModeModeInfo modes[] = {
		sized(3840, 2160, 148500),
		variant(297000, DRM_MODE_FLAG_INTERLACE), // never chosen
		variant(123750, 0),                       // 50 Hz
		variant(297000, 0),                       // 120 Hz
		variant(148500, 0),                       // 60 Hz
		sized(1280, 720, 148500),
		sized(720, 1280, 148500),
	};
	static const struct {
		int max_width, max_height, mhz, index; // -1: none
	} cases[] = {
		{0, 0, 0, 0},
		{3840, 2160, 60000, 0},
		{1920, 1080, 0, 3},
		{1920, 1080, 60000, 4},
		{1920, 1080, 49000, 2},
		{3839, 2160, 60000, 4},
		{3840, 2159, 0, 3},
		{1919, 0, 60000, 5},
		{0, 1079, 60000, 5},
		{1279, 1280, 60000, 6},
		{719, 0, 0, -1},
		{0, 719, 0, -1},
	};
	struct kms_connector connector = {.modes = modes, .n_modes = 7};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		drmModeModeInfo mode = hd60;
		bool any = kms_connector_mode_within(
			&connector, cases[i].max_width, cases[i].max_height, cases[i].mhz, &mode);
		const drmModeModeInfo *expected = cases[i].index >= 0 ? &modes[cases[i].index] : &hd60;
		if (any != (cases[i].index >= 0) || !kms_mode_equal(&mode, expected)) {
			fail_msg("case %zu: %dx%d at %d mHz", i, mode.hdisplay, mode.vdisplay,
				kms_mode_refresh_mhz(&mode));
		}
	}
	connector.n_modes = 0;
	drmModeModeInfo mode;
	assert_false(kms_connector_mode_within(&connector, 0, 0, 0, &mode));
}

static void custom_timings_are_sound(void **state) {
	(void)state;
	static const struct {
		int width, height, mhz;
	} wanted[] = {
		{320, 240, 60000},
		{1366, 768, 60000},
		{1366, 768, 59940},
		{800, 1280, 0},
		{1, 1, 60000},
		{3840, 2160, 30000},
		{1920, 1080, 144000},
		{480, 1920, 50000},
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		drmModeModeInfo m;
		assert_true(kms_mode_custom(wanted[i].width, wanted[i].height, wanted[i].mhz, &m));
		assert_int_equal(m.hdisplay, wanted[i].width);
		assert_int_equal(m.vdisplay, wanted[i].height);
		// The kernel's drm_mode_validate_basic asks for this order.
		assert_true(
			m.hdisplay <= m.hsync_start && m.hsync_start < m.hsync_end && m.hsync_end <= m.htotal);
		assert_true(
			m.vdisplay <= m.vsync_start && m.vsync_start < m.vsync_end && m.vsync_end <= m.vtotal);
		int mhz = wanted[i].mhz ? wanted[i].mhz : 60000;
		// The clock is in kHz: half a kHz is what can be missed.
		int error = kms_mode_refresh_mhz(&m) - mhz;
		int allowed = 500000 / (m.htotal * m.vtotal) + 1;
		assert_true(error <= allowed && error >= -allowed);
	}
}

static void custom_timings_out_of_range(void **state) {
	(void)state;
	drmModeModeInfo m;
	assert_false(kms_mode_custom(0, 240, 60000, &m));
	assert_false(kms_mode_custom(320, -1, 60000, &m));
	assert_false(kms_mode_custom(16385, 240, 60000, &m));
	assert_false(kms_mode_custom(320, 240, 999, &m));
	assert_false(kms_mode_custom(320, 240, 1000001, &m));
	assert_false(kms_mode_custom(320, 240, -60000, &m));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refresh_from_the_clock),
		cmocka_unit_test(names_do_not_count),
		cmocka_unit_test(finds_the_nearest),
		cmocka_unit_test(the_largest_within),
		cmocka_unit_test(custom_timings_are_sound),
		cmocka_unit_test(custom_timings_out_of_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
