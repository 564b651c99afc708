// SPDX-License-Identifier: MIT
// From a place on a device to a px of the output: each px, all transforms, scales, calibration; and
// which output a device lies on.
#include <linux/input.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "input/input.h"

enum { WIDTH = 40, HEIGHT = 30 };

// What wl_output.transform means, told px by px: the contents were flipped around a vertical axis and
// then turned counter-clockwise by so many quarters. So a px of the contents at x, y of w x h is on the
// panel at:
static void to_panel(unsigned transform, int w, int h, int x, int y, int *panel_x, int *panel_y) {
	if (transform >= 4) {
		x = w - 1 - x;
	}
	for (unsigned i = 0; i < transform % 4; i++) {
		int turned = w - 1 - x; // what was at the right edge is at the top
		x = y;
		y = turned;
		turned = w;
		w = h;
		h = turned;
	}
	*panel_x = x;
	*panel_y = y;
}

static struct input_map make_map(unsigned transform, double scale) {
	struct input_map map = {
		.transform = transform, .width = WIDTH, .height = HEIGHT, .scale = scale};
	memcpy(map.calibration, input_no_calibration, sizeof(map.calibration));
	return map;
}

static void assert_px(const struct input_map *map, double u, double v, int x, int y) {
	double at_x, at_y;
	input_map_point(map, u, v, &at_x, &at_y);
	if (floor(at_x) != x || floor(at_y) != y) {
		fail_msg("transform %u, scale %g: %g,%g is at %g,%g, expected px %d,%d", map->transform,
			map->scale, u, v, at_x, at_y, x, y);
	}
}

// A device with as many units as the panel has px tells the px's first point, libinput's (a - min) /
// (max - min + 1); one with more tells points within.
static void test_every_px(void **state) {
	(void)state;
	static const double within[] = {0, 0.25, 0.5, 0.996};
	for (unsigned transform = 0; transform < 8; transform++) {
		struct input_map map = make_map(transform, 1);
		int w = transform & 1 ? HEIGHT : WIDTH, h = transform & 1 ? WIDTH : HEIGHT;
		for (int i = 0; i < w * h; i++) {
			int x = i % w, y = i / w, panel_x, panel_y;
			to_panel(transform, w, h, x, y, &panel_x, &panel_y);
			for (size_t k = 0; k < sizeof(within) / sizeof(within[0]); k++) {
				assert_px(
					&map, (panel_x + within[k]) / WIDTH, (panel_y + within[k]) / HEIGHT, x, y);
			}
		}
	}
}

static void test_scales(void **state) {
	(void)state;
	static const double scales[] = {1, 1.5, 2, 2.5};
	for (unsigned transform = 0; transform < 8; transform++) {
		for (size_t s = 0; s < sizeof(scales) / sizeof(scales[0]); s++) {
			struct input_map map = make_map(transform, scales[s]);
			int w = transform & 1 ? HEIGHT : WIDTH, h = transform & 1 ? WIDTH : HEIGHT;
			// A tenth of each px: its edges may be those of logical px, and these are none.
			for (int i = 0; i < w * h; i++) {
				int x = i % w * 10 + 3, y = i / w * 10 + 3, panel_x, panel_y;
				to_panel(transform, w * 10, h * 10, x, y, &panel_x, &panel_y);
				assert_px(&map, (panel_x + 0.5) / (WIDTH * 10), (panel_y + 0.5) / (HEIGHT * 10),
					(int)((x + 0.5) / 10 / scales[s]), (int)((y + 0.5) / 10 / scales[s]));
			}
		}
	}
}

static void test_calibration(void **state) {
	(void)state;
	static const struct {
		float matrix[6];
		int x, y; // of px 7,9
	} cases[] = {
		{{1, 0, 0, 0, 1, 0}, 7, 9},
		{{-1, 0, 1, 0, 1, 0}, WIDTH - 1 - 7, 9},
		{{1, 0, 0, 0, -1, 1}, 7, HEIGHT - 1 - 9},
		{{-1, 0, 1, 0, -1, 1}, WIDTH - 1 - 7, HEIGHT - 1 - 9},
		{{1, 0, 0.25f, 0, 1, 0.5f}, 7 + WIDTH / 4, 9 + HEIGHT / 2},
		{{0.5f, 0, 0, 0, 0.5f, 0}, 3, 4},
		// Turned: what was across is along now, in units of the other side.
		{{0, 1, 0, 1, 0, 0}, (int)(9.5 / HEIGHT * WIDTH), (int)(7.5 / WIDTH * HEIGHT)},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct input_map map = make_map(0, 1);
		memcpy(map.calibration, cases[i].matrix, sizeof(map.calibration));
		assert_px(&map, 7.5 / WIDTH, 9.5 / HEIGHT, cases[i].x, cases[i].y);
	}
	// Before the transform: the device is calibrated to the panel, not to what it shows.
	struct input_map map = make_map(1, 2);
	memcpy(map.calibration, cases[1].matrix, sizeof(map.calibration));
	int panel_x, panel_y;
	to_panel(1, HEIGHT, WIDTH, 10, 20, &panel_x, &panel_y);
	assert_px(&map, (WIDTH - 1 - panel_x + 0.5) / WIDTH, (panel_y + 0.5) / HEIGHT, 5, 10);
}

// Whatever a device tells is somewhere on the output.
static void test_always_inside(void **state) {
	(void)state;
	static const double wild[] = {
		-1e300, -1, -1e-9, 0, 0.5, 1 - 1e-12, 1, 1 + 1e-9, 7, 1e300, INFINITY, -INFINITY, NAN};
	const size_t n = sizeof(wild) / sizeof(wild[0]);
	for (unsigned transform = 0; transform < 8; transform++) {
		struct input_map map = make_map(transform, 1.5);
		double w = (transform & 1 ? HEIGHT : WIDTH) / 1.5;
		double h = (transform & 1 ? WIDTH : HEIGHT) / 1.5;
		for (size_t i = 0; i < n * n; i++) {
			double x, y;
			input_map_point(&map, wild[i % n], wild[i / n], &x, &y);
			assert_true(x >= 0 && x < w && y >= 0 && y < h);
		}
	}
}

// A panel that repeats another's picture: what is touched is the px that is seen there, worked out px by
// px; the bars beside it are nothing.
static void test_mirrored(void **state) {
	(void)state;
	// Of the panel, upright; where the picture is on it; and how large that is in itself.
	static const struct {
		int width, height;
		struct input_part part;
		int shown_width, shown_height;
	} cases[] = {
		{WIDTH, HEIGHT, {0, 0, WIDTH, HEIGHT}, WIDTH, HEIGHT},
		{WIDTH + 10, HEIGHT, {5, 0, WIDTH, HEIGHT}, WIDTH, HEIGHT},
		{2 * WIDTH, 2 * HEIGHT + 6, {0, 3, 2 * WIDTH, 2 * HEIGHT}, WIDTH, HEIGHT},
		{WIDTH, HEIGHT, {10, 0, 20, HEIGHT}, 40, 60},
	};
	for (unsigned i = 0; i < 4 * 8 * 2; i++) {
		unsigned transform = i / 4 % 8;
		const double scale = i < 32 ? 1 : 2;
		int w = cases[i % 4].width, h = cases[i % 4].height;
		const struct input_part *part = &cases[i % 4].part;
		struct input_map map = make_map(transform, scale);
		map.width = transform & 1 ? h : w;
		map.height = transform & 1 ? w : h;
		map.part = *part;
		map.shown_width = cases[i % 4].shown_width;
		map.shown_height = cases[i % 4].shown_height;
		for (int px = 0; px < w * h; px++) {
			int x = px % w, y = px / w, panel_x, panel_y;
			to_panel(transform, w, h, x, y, &panel_x, &panel_y);
			double at_x, at_y;
			bool inside = input_map_point(
				&map, (panel_x + 0.5) / map.width, (panel_y + 0.5) / map.height, &at_x, &at_y);
			bool expected = x >= part->x && y >= part->y && x < part->x + part->width &&
				y < part->y + part->height;
			assert_int_equal(inside, expected);
			// Beside it, the nearest one within.
			int near_x = x < part->x ? part->x : x;
			int near_y = y < part->y ? part->y : y;
			near_x = near_x < part->x + part->width ? near_x : part->x + part->width - 1;
			near_y = near_y < part->y + part->height ? near_y : part->y + part->height - 1;
			double within = 0.51 * fmax(1, (double)map.shown_width / part->width);
			double u = (near_x - part->x + 0.5) * map.shown_width / part->width;
			double v = (near_y - part->y + 0.5) * map.shown_height / part->height;
			if (fabs(at_x * scale - u) > within || fabs(at_y * scale - v) > within ||
				(expected && (floor(at_x * scale) != floor(u) || floor(at_y * scale) != floor(v)) &&
					part->width % map.shown_width == 0)) {
				fail_msg("case %u, transform %u: px %d,%d is at %g,%g, expected %g,%g", i % 4,
					transform, x, y, at_x * scale, at_y * scale, u, v);
			}
		}
	}
}

// ---- Which output ----

static const struct input_panel panels[] = {
	{"HDMI-A-1", "DELL U2412M", 518, 324},
	{"DSI-1", NULL, 154, 86},
	{"DP-1", "ET2201L", 477, 268},
};

static int choose(const struct input_identity *identity, const char *configured,
	const char *property, int n_panels) {
	return input_choose_panel(identity, configured, property, panels, n_panels);
}

static void test_choose_panel(void **state) {
	(void)state;
	struct input_identity plain = {.name = "Touch"};
	assert_int_equal(choose(&plain, NULL, NULL, 0), -1);
	assert_int_equal(choose(&plain, NULL, NULL, 1), 0);
	assert_int_equal(choose(&plain, NULL, NULL, 3), 0);
	// Who is named, or nobody.
	assert_int_equal(choose(&plain, "DP-1", "DSI-1", 3), 2);
	assert_int_equal(choose(&plain, NULL, "DSI-1", 3), 1);
	assert_int_equal(choose(&plain, "DP-2", "DSI-1", 3), -1);
	assert_int_equal(choose(&plain, NULL, "DP-2", 3), -1);
	struct input_identity named = {.name = "Elo ET2201L Touch"};
	assert_int_equal(choose(&named, NULL, NULL, 3), 2);
	// By size, lying or standing, within the thickness of a bezel.
	struct input_identity sized = {.name = "Touch", .width_mm = 152, .height_mm = 88};
	assert_int_equal(choose(&sized, NULL, NULL, 3), 1);
	sized = (struct input_identity){.name = "Touch", .width_mm = 270, .height_mm = 475};
	assert_int_equal(choose(&sized, NULL, NULL, 3), 2);
	sized = (struct input_identity){.name = "Touch", .width_mm = 100, .height_mm = 60};
	assert_int_equal(choose(&sized, NULL, NULL, 3), 0);
	// Two of that size tell nothing.
	static const struct input_panel twins[] = {{"DP-1", NULL, 100, 60}, {"DP-2", NULL, 100, 60}};
	assert_int_equal(input_choose_panel(&sized, NULL, NULL, twins, 2), 0);
	struct input_identity built_in = {.name = "Goodix", .bus = BUS_I2C};
	assert_int_equal(choose(&built_in, NULL, NULL, 3), 1);
	built_in.bus = BUS_USB;
	assert_int_equal(choose(&built_in, NULL, NULL, 3), 0);
}

// ---- Which devices ----

static const char *property(void *data, const char *name) {
	assert_ptr_equal(data, panels);
	return strcmp(name, "ID_INPUT_TOUCHSCREEN") == 0 ? "1"
		: strcmp(name, "ID_ZERO") == 0               ? "0"
													 : NULL;
}

static void test_match(void **state) {
	(void)state;
	static const struct {
		const char *pattern;
		bool valid, fits;
	} cases[] = {
		{"Goodix Capacitive TouchScreen", true, true},
		{"Goodix*", true, true},
		{"*touchscreen", true, false},
		{"Goodix ???acitive*", true, true},
		{"Goodix", true, false},
		{"usb:0416:038f", true, true},
		{"usb:0416:038F", true, true},
		{"usb:0416:0390", true, false},
		{"usb:416:38f", false, false},
		{"usb:", false, false},
		{"usb:0416-038f", false, false},
		{"usb:0416:038fx", false, false},
		{"tag:ID_INPUT_TOUCHSCREEN", true, true},
		{"tag:ID_ZERO", true, false},
		{"tag:ID_INPUT_MOUSE", true, false},
		{"tag:", false, false},
	};
	struct input_identity identity = {
		.name = "Goodix Capacitive TouchScreen", .vendor = 0x0416, .product = 0x038f};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (input_pattern_is_valid(cases[i].pattern) != cases[i].valid) {
			fail_msg("%s: valid?", cases[i].pattern);
		}
		if (cases[i].valid &&
			input_match(cases[i].pattern, &identity, property, (void *)panels) != cases[i].fits) {
			fail_msg("%s: fits?", cases[i].pattern);
		}
	}
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_px),
		cmocka_unit_test(test_scales),
		cmocka_unit_test(test_calibration),
		cmocka_unit_test(test_always_inside),
		cmocka_unit_test(test_mirrored),
		cmocka_unit_test(test_choose_panel),
		cmocka_unit_test(test_match),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
