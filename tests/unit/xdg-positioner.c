// SPDX-License-Identifier: MIT
// The arithmetic of xdg_positioner against a table: where each rule puts a popup, and how each
// adjustment brings it back into its bounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wayland/xdg.h"
#include "xdg-shell-server-protocol.h"

#define ANCHOR(name) XDG_POSITIONER_ANCHOR_##name
#define GRAVITY(name) XDG_POSITIONER_GRAVITY_##name
#define ADJUST(name) XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_##name

struct placing {
	const char *what;
	struct xdg_positioner_rules rules;
	struct scene_rect bounds;
	struct scene_rect expected;
};

static const struct scene_rect anywhere = {0};
static const struct scene_rect screen = {0, 0, 640, 480};

static void check(const struct placing *placings, size_t n) {
	for (size_t i = 0; i < n; i++) {
		const struct placing *placing = &placings[i];
		struct scene_rect box = xdg_positioner_place(&placing->rules, placing->bounds);
		if (box.x != placing->expected.x || box.y != placing->expected.y ||
			box.width != placing->expected.width || box.height != placing->expected.height) {
			fail_msg("%s: %dx%d at %d,%d", placing->what, box.width, box.height, box.x, box.y);
		}
	}
}

// A popup of 100x50 at an anchor rectangle of 20x10 at 200,100.
#define RULES(...) \
	{ .width = 100, .height = 50, .anchor_rect = {200, 100, 20, 10}, __VA_ARGS__ }

static void test_anchor_and_gravity(void **state) {
	(void)state;
	const struct placing placings[] = {
		{"centre on centre", RULES(.anchor = 0), anywhere, {160, 80, 100, 50}},
		{"a menu below its button",
			RULES(.anchor = ANCHOR(BOTTOM_LEFT), .gravity = GRAVITY(BOTTOM_RIGHT)), anywhere,
			{200, 110, 100, 50}},
		{"top left, up and left", RULES(.anchor = ANCHOR(TOP_LEFT), .gravity = GRAVITY(TOP_LEFT)),
			anywhere, {100, 50, 100, 50}},
		{"a submenu at the right",
			RULES(.anchor = ANCHOR(TOP_RIGHT), .gravity = GRAVITY(BOTTOM_RIGHT)), anywhere,
			{220, 100, 100, 50}},
		{"an edge anchors at its middle",
			RULES(.anchor = ANCHOR(BOTTOM), .gravity = GRAVITY(BOTTOM)), anywhere,
			{160, 110, 100, 50}},
		{"left, left", RULES(.anchor = ANCHOR(LEFT), .gravity = GRAVITY(LEFT)), anywhere,
			{100, 80, 100, 50}},
		{"right, right", RULES(.anchor = ANCHOR(RIGHT), .gravity = GRAVITY(RIGHT)), anywhere,
			{220, 80, 100, 50}},
		{"top, top", RULES(.anchor = ANCHOR(TOP), .gravity = GRAVITY(TOP)), anywhere,
			{160, 50, 100, 50}},
		{"bottom right, up and right",
			RULES(.anchor = ANCHOR(BOTTOM_RIGHT), .gravity = GRAVITY(TOP_RIGHT)), anywhere,
			{220, 60, 100, 50}},
		{"an offset",
			RULES(.anchor = ANCHOR(TOP_LEFT), .gravity = GRAVITY(BOTTOM_LEFT), .offset_x = 7,
				.offset_y = -3),
			anywhere, {107, 97, 100, 50}},
	};
	check(placings, sizeof(placings) / sizeof(placings[0]));
}

// At the right and bottom edge of the screen: anchored at 620,460.
#define CORNER(...) \
	{ \
		.width = 100, .height = 50, .anchor_rect = {600, 450, 20, 10}, \
		.anchor = ANCHOR(BOTTOM_RIGHT), .gravity = GRAVITY(BOTTOM_RIGHT), __VA_ARGS__ \
	}

static void test_adjustment(void **state) {
	(void)state;
	const struct placing placings[] = {
		{"none", CORNER(.adjustment = 0), screen, {620, 460, 100, 50}},
		{"not constrained", RULES(.adjustment = 63), screen, {160, 80, 100, 50}},
		{"slide x", CORNER(.adjustment = ADJUST(SLIDE_X)), screen, {540, 460, 100, 50}},
		{"slide y", CORNER(.adjustment = ADJUST(SLIDE_Y)), screen, {620, 430, 100, 50}},
		{"flip x", CORNER(.adjustment = ADJUST(FLIP_X)), screen, {500, 460, 100, 50}},
		{"flip y", CORNER(.adjustment = ADJUST(FLIP_Y)), screen, {620, 400, 100, 50}},
		{"flip both", CORNER(.adjustment = ADJUST(FLIP_X) | ADJUST(FLIP_Y)), screen,
			{500, 400, 100, 50}},
		{"resize x", CORNER(.adjustment = ADJUST(RESIZE_X)), screen, {620, 460, 20, 50}},
		{"resize y", CORNER(.adjustment = ADJUST(RESIZE_Y)), screen, {620, 460, 100, 20}},
		{"flip comes before slide and resize", CORNER(.adjustment = 63), screen,
			{500, 400, 100, 50}},
		{"the offset is not flipped", CORNER(.adjustment = ADJUST(FLIP_X), .offset_x = 5), screen,
			{505, 460, 100, 50}},
		{"a flip that does not help is undone",
			{.width = 400,
				.height = 50,
				.anchor_rect = {300, 100, 20, 10},
				.anchor = ANCHOR(RIGHT),
				.gravity = GRAVITY(RIGHT),
				.adjustment = ADJUST(FLIP_X)},
			screen, {320, 80, 400, 50}},
		{"then it slides",
			{.width = 400,
				.height = 50,
				.anchor_rect = {300, 100, 20, 10},
				.anchor = ANCHOR(RIGHT),
				.gravity = GRAVITY(RIGHT),
				.adjustment = ADJUST(FLIP_X) | ADJUST(SLIDE_X)},
			screen, {240, 80, 400, 50}},
		{"slide from the left",
			{.width = 100,
				.height = 50,
				.anchor_rect = {10, 10, 20, 10},
				.anchor = ANCHOR(TOP_LEFT),
				.gravity = GRAVITY(TOP_LEFT),
				.adjustment = ADJUST(SLIDE_X) | ADJUST(SLIDE_Y)},
			screen, {0, 0, 100, 50}},
	};
	check(placings, sizeof(placings) / sizeof(placings[0]));
}

static void test_too_large(void **state) {
	(void)state;
	const struct placing placings[] = {
		{"sliding with gravity right shows the left edge",
			{.width = 900,
				.height = 50,
				.anchor_rect = {300, 100, 20, 10},
				.anchor = ANCHOR(RIGHT),
				.gravity = GRAVITY(RIGHT),
				.adjustment = ADJUST(SLIDE_X)},
			screen, {0, 80, 900, 50}},
		{"sliding with gravity left shows the right edge",
			{.width = 900,
				.height = 50,
				.anchor_rect = {300, 100, 20, 10},
				.anchor = ANCHOR(LEFT),
				.gravity = GRAVITY(LEFT),
				.adjustment = ADJUST(SLIDE_X)},
			screen, {-260, 80, 900, 50}},
		{"slide, then resize: all of the screen",
			{.width = 900,
				.height = 50,
				.anchor_rect = {300, 100, 20, 10},
				.anchor = ANCHOR(RIGHT),
				.gravity = GRAVITY(RIGHT),
				.adjustment = ADJUST(SLIDE_X) | ADJUST(RESIZE_X)},
			screen, {0, 80, 640, 50}},
		{"resize cuts both ends",
			{.width = 900,
				.height = 50,
				.anchor_rect = {300, 100, 40, 10},
				.adjustment = ADJUST(RESIZE_X)},
			screen, {0, 80, 640, 50}},
		{"entirely outside no size would help",
			{.width = 100,
				.height = 50,
				.anchor_rect = {700, 100, 20, 10},
				.anchor = ANCHOR(RIGHT),
				.gravity = GRAVITY(RIGHT),
				.adjustment = ADJUST(RESIZE_X)},
			screen, {720, 80, 100, 50}},
	};
	check(placings, sizeof(placings) / sizeof(placings[0]));
}

// The bounds are relative to the parent: a parent in the middle of the screen.
static void test_bounds_elsewhere(void **state) {
	(void)state;
	const struct scene_rect bounds = {-160, -120, 640, 480};
	const struct placing placings[] = {
		{"left of the parent is room",
			{.width = 100,
				.height = 50,
				.anchor_rect = {0, 0, 10, 10},
				.anchor = ANCHOR(TOP_LEFT),
				.gravity = GRAVITY(TOP_LEFT),
				.adjustment = 63},
			bounds, {-100, -50, 100, 50}},
		{"but not without end",
			{.width = 200,
				.height = 150,
				.anchor_rect = {0, 0, 10, 10},
				.anchor = ANCHOR(TOP_LEFT),
				.gravity = GRAVITY(TOP_LEFT),
				.adjustment = ADJUST(SLIDE_X) | ADJUST(SLIDE_Y)},
			bounds, {-160, -120, 200, 150}},
	};
	check(placings, sizeof(placings) / sizeof(placings[0]));
}

// Whatever a client sends, coordinates stay small enough to be added up.
static void test_extremes(void **state) {
	(void)state;
	const int32_t values[] = {INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX - 1, INT32_MAX};
	const size_t n = sizeof(values) / sizeof(values[0]);
	for (size_t i = 0; i < n * n * n; i++) {
		int32_t size = values[i % n] > 0 ? values[i % n] : 1;
		for (uint32_t adjustment = 0; adjustment < 64; adjustment++) {
			struct xdg_positioner_rules rules = {
				.width = size,
				.height = size,
				.anchor_rect = {values[i / n % n], values[i / n % n], size, size},
				.anchor = (uint32_t)(i % 9),
				.gravity = (uint32_t)(i / 9 % 9),
				.offset_x = values[i / n / n],
				.offset_y = values[i / n / n],
				.adjustment = adjustment,
			};
			struct scene_rect box = xdg_positioner_place(&rules, screen);
			assert_in_range((uint32_t)abs(box.x), 0, XDG_MAX_COORDINATE);
			assert_in_range((uint32_t)abs(box.y), 0, XDG_MAX_COORDINATE);
			assert_true(box.width > 0 && box.width <= size);
			assert_true(box.height > 0 && box.height <= size);
		}
	}
}

static void test_complete(void **state) {
	(void)state;
	struct xdg_positioner_rules rules = RULES(.anchor = 0);
	assert_true(xdg_positioner_is_complete(&rules));
	rules.width = 0;
	assert_false(xdg_positioner_is_complete(&rules));
	rules.width = 1;
	rules.anchor_rect.height = 0;
	assert_false(xdg_positioner_is_complete(&rules));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anchor_and_gravity),
		cmocka_unit_test(test_adjustment),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_bounds_elsewhere),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
