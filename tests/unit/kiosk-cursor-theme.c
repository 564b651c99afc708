// SPDX-License-Identifier: MIT
// Pictures of cursor themes, read without a compositor.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kiosk/cursor_theme.h"

static void assert_picture(struct cursor_theme *theme, const char *name) {
	struct cursor_picture picture;
	assert_true(cursor_theme_picture(theme, name, &picture));
	assert_true(picture.width > 0 && picture.width <= 256);
	assert_true(picture.height > 0 && picture.height <= 256);
	assert_true(picture.hotspot_x >= 0 && picture.hotspot_x < picture.width);
	assert_true(picture.hotspot_y >= 0 && picture.hotspot_y < picture.height);
	int visible = 0;
	for (int32_t i = 0; i < picture.width * picture.height; i++) {
		uint32_t alpha = picture.pixels[i] >> 24;
		visible += alpha > 0;
		// Premultiplied.
		assert_true((picture.pixels[i] >> 16 & 255) <= alpha);
		assert_true((picture.pixels[i] >> 8 & 255) <= alpha);
		assert_true((picture.pixels[i] & 255) <= alpha);
	}
	assert_true(visible > 8);
}

// A theme that is not there: the pictures that the library brings.
static void test_no_theme(void **state) {
	(void)state;
	struct cursor_theme *theme = cursor_theme_load("no-such-theme", 24);
	assert_non_null(theme);
	assert_picture(theme, "default");
	assert_picture(theme, "no-such-cursor");
	cursor_theme_destroy(theme);
}

static void test_system_theme(void **state) {
	(void)state;
	unsetenv("XCURSOR_THEME");
	for (int size = 16; size <= 96; size *= 2) {
		struct cursor_theme *theme = cursor_theme_load(NULL, size);
		assert_non_null(theme);
		assert_picture(theme, "default");
		assert_picture(theme, "text");
		assert_picture(theme, "default");
		cursor_theme_destroy(theme);
	}
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_theme),
		cmocka_unit_test(test_system_theme),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
