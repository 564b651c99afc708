// SPDX-License-Identifier: MIT
// Which mode a display gets, and where outputs lie beside each other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kiosk/kiosk.h"

// ---- Places ----

static void test_boxes(void **state) {
	(void)state;
	static const struct {
		struct arrange_box boxes[4];
		int x[4], y[4];
		const char *overlaps; // pairs of indices
	} cases[] = {
		{{{.width = 10, .height = 5}, {.width = 20, .height = 5}, {.width = 30, .height = 5}},
			{0, 10, 30}, {0, 0, 0}, ""},
		// A mirror is nowhere.
		{{{.width = 10, .height = 5}, {0}, {.width = 30, .height = 5}}, {0, 0, 10}, {0, 0, 0}, ""},
		// To the right of all that have a place.
		{{{.width = 10, .height = 5}, {true, 100, 50, 20, 5}, {.width = 30, .height = 5}},
			{120, 100, 130}, {0, 50, 0}, ""},
		{{{true, -50, 7, 20, 5}, {.width = 10, .height = 5}}, {-50, -30}, {7, 0}, ""},
		{{{true, 0, 0, 20, 10}, {true, 0, 10, 20, 10}, {true, 20, 0, 10, 20}}, {0, 0, 20},
			{0, 10, 0}, ""},
		{{{true, 0, 0, 20, 10}, {true, 19, 9, 20, 10}, {true, 0, 0, 5, 5}}, {0, 19, 0}, {0, 9, 0},
			"01 02 "},
		{{{true, 0, 0, 20, 10}, {0}, {true, 0, 0, 20, 10}, {true, 5, 5, 1, 1}}, {0, 0, 0, 5},
			{0, 0, 0, 5}, "02 03 23 "},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arrange_box boxes[4];
		char overlaps[32] = "";
		memcpy(boxes, cases[i].boxes, sizeof(boxes));
		arrange_boxes(boxes, 4);
		for (int b = 0; b < 4; b++) {
			if (boxes[b].x != cases[i].x[b] || boxes[b].y != cases[i].y[b]) {
				fail_msg("case %zu: box %d at %d,%d", i, b, boxes[b].x, boxes[b].y);
			}
		}
		int a = 0, b = 0;
		while (arrange_next_overlap(boxes, 4, &a, &b)) {
			size_t len = strlen(overlaps);
			snprintf(overlaps + len, sizeof(overlaps) - len, "%d%d ", a, b);
		}
		assert_string_equal(overlaps, cases[i].overlaps);
	}
}

// ---- Modes ----

struct heard {
	int n;
	char last[512];
};

static void hear_problem(void *data, const char *text) {
	(void)data;
	fail_msg("%s", text);
}

static void hear_note(void *data, const char *text) {
	struct heard *heard = data;
	heard->n++;
	snprintf(heard->last, sizeof(heard->last), "%s", text);
}

static drmModeModeInfo make_mode(int width, int height, int mhz) {
	drmModeModeInfo mode;
	assert_true(kms_mode_custom(width, height, mhz, &mode));
	return mode;
}

static void test_modes(void **state) {
	(void)state;
	drmModeModeInfo modes[] = {make_mode(3840, 2160, 60000), make_mode(1920, 1080, 120000),
		make_mode(1920, 1080, 60000), make_mode(640, 480, 60000)};
	struct kms_connector connector = {.name = "DP-1", .modes = modes, .n_modes = 4};
	static const struct {
		struct display_wish wish;
		int index; // of what is chosen; -1: another one
		bool note;
	} cases[] = {
		{{0}, 0, false},
		{{.mode = {.highest = true}}, 0, false},
		{{.mode_max = {3840, 2160}}, 0, false},
		{{.mode_max = {1920, 1080}}, 2, false}, // as fast as what is preferred
		{{.mode_max = {1920, 1080}, .mode = {.highest = true}}, 1, false},
		{{.mode_max = {3840, 2000}}, 2, false},
		{{.mode_max = {320, 240}}, 0, true},
		{{.mode = {640, 480, 0, false}}, 3, false},
		// The limit is for modes that are not named.
		{{.mode_max = {320, 240}, .mode = {640, 480, 0, false}}, 3, false},
		{{.mode = {800, 600, 0, false}}, -1, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard heard = {0};
		const struct kiosk_listener listener = {hear_problem, hear_note, &heard};
		struct kms_pipe pipe = {.connector = &connector, .mode = modes[0]};
		bool custom;
		char error[256] = "";
		assert_true(kiosk_choose_mode(&cases[i].wish, &pipe, &custom, &listener, error));
		bool own = cases[i].index >= 0;
		if (custom == own || (own && !kms_mode_equal(&pipe.mode, &modes[cases[i].index])) ||
			heard.n != cases[i].note) {
			fail_msg(
				"case %zu: %dx%d, %d notes", i, pipe.mode.hdisplay, pipe.mode.vdisplay, heard.n);
		}
	}
	const struct display_wish wish = {.mode = {30000, 1, 0, false}};
	struct kms_pipe pipe = {.connector = &connector, .mode = modes[0]};
	bool custom;
	char error[256] = "";
	assert_false(kiosk_choose_mode(&wish, &pipe, &custom, NULL, error));
	assert_non_null(strstr(error, "DP-1"));
	assert_non_null(strstr(error, "30000x1"));
}

static void test_bits_a_colour(void **state) {
	(void)state;
	static const struct {
		int min, max, wanted, chosen;
		const char *note;
	} cases[] = {
		{6, 12, 0, 0, ""},
		{6, 12, 8, 8, ""},
		{8, 10, 16, 10, "takes 8 to 10, using 10"},
		{8, 10, 6, 8, "takes 8 to 10, using 8"},
		{0, 0, 8, 0, "no such property"},
		{0, 0, 0, 0, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard heard = {0};
		const struct kiosk_listener listener = {hear_problem, hear_note, &heard};
		struct kms_connector connector = {
			.name = "DP-1", .min_bpc = cases[i].min, .max_bpc = cases[i].max};
		struct kms_pipe pipe = {.connector = &connector, .mode = make_mode(640, 480, 60000)};
		const struct display_wish wish = {.max_bpc = cases[i].wanted};
		bool custom;
		char error[256];
		assert_true(kiosk_choose_mode(&wish, &pipe, &custom, &listener, error));
		assert_int_equal(pipe.max_bpc, cases[i].chosen);
		assert_int_equal(heard.n, cases[i].note[0] != '\0');
		assert_non_null(strstr(heard.last, cases[i].note));
	}
}

static void test_variable_refresh(void **state) {
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct heard heard = {0};
		const struct kiosk_listener listener = {hear_problem, hear_note, &heard};
		struct kms_connector connector = {.name = "DP-1", .vrr_capable = (i & 1) != 0};
		struct kms_pipe pipe = {.connector = &connector, .mode = make_mode(640, 480, 60000)};
		const struct display_wish wish = {.vrr = (i & 2) != 0};
		const struct display_change change = {.set = DISPLAY_CHANGE_VRR, .vrr = wish.vrr};
		bool custom, refused = i == 2;
		char error[256];
		assert_true(kiosk_choose_mode(&wish, &pipe, &custom, &listener, error));
		assert_int_equal(pipe.vrr, i == 3);
		assert_int_equal(heard.n, refused);
		// Who asks for it while it runs is told.
		assert_int_equal(display_change_is_valid(&change, &connector, error), !refused);
	}
}

// ---- From the configuration ----

static void test_wishes(void **state) {
	(void)state;
	static struct config config;
	struct kiosk kiosk = {.config = &config};
	struct kms_connector connector = {.name = "DSI-1", .orientation = KMS_ORIENTATION_RIGHT_UP};
	// Without a section, upright.
	struct display_wish wish = kiosk_wish(&kiosk, &connector);
	assert_true(wish.scale == 1);
	assert_int_equal(wish.transform, WL_OUTPUT_TRANSFORM_270);
	assert_false(wish.off);
	config.n_outputs = 1;
	config.outputs[0] = (struct config_output){.name = (char *)"DSI-1",
		.scale = 1.333,
		.transform = CONFIG_TRANSFORM_PANEL,
		.off = 1,
		.position = {true, 3, 4},
		.mirror = (char *)"HDMI-A-1"};
	static const enum wl_output_transform upright[] = {WL_OUTPUT_TRANSFORM_NORMAL,
		WL_OUTPUT_TRANSFORM_180, WL_OUTPUT_TRANSFORM_90, WL_OUTPUT_TRANSFORM_270};
	for (int i = 0; i < 4; i++) {
		connector.orientation = (enum kms_orientation)i;
		wish = kiosk_wish(&kiosk, &connector);
		assert_int_equal(wish.transform, upright[i]);
	}
	assert_true(wish.scale == 160 / 120.0);
	assert_true(wish.off);
	assert_int_equal(wish.position.y, 4);
	assert_string_equal(wish.mirror, "HDMI-A-1");
	config.outputs[0].transform = WL_OUTPUT_TRANSFORM_NORMAL;
	assert_int_equal(kiosk_wish(&kiosk, &connector).transform, WL_OUTPUT_TRANSFORM_NORMAL);
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_bits_a_colour),
		cmocka_unit_test(test_variable_refresh),
		cmocka_unit_test(test_wishes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
