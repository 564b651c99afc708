// SPDX-License-Identifier: MIT
// GTK 4 and a program of GTK 3, of Debian and unmodified, used with a mouse, a keyboard and a touch screen.
#include "toolkit.h"

static void need_widgets(void) {
	toolkit_need("/usr/bin/python3");
	toolkit_need("/usr/lib/python3/dist-packages/gi/__init__.py");
	toolkit_need("/usr/lib/*/girepository-1.0/Gtk-4.0.typelib");
}

static void test_widgets(void **state) {
	(void)state;
	need_widgets();
	toolkit_use_widgets("gtk4", TOOLKIT_FOLDER "/toolkit-gtk4.py", 1, 0);
}

static void test_widgets_turned(void **state) {
	(void)state;
	need_widgets();
	toolkit_use_widgets("gtk4-turned", TOOLKIT_FOLDER "/toolkit-gtk4.py", 1.5, 1);
}

static void test_touch_alone(void **state) {
	(void)state;
	need_widgets();
	toolkit_use_touch_alone("gtk4-touch", TOOLKIT_FOLDER "/toolkit-gtk4.py");
}

static void test_mousepad(void **state) {
	(void)state;
	static const struct toolkit_editor mousepad = {
		.name = "mousepad",
		.program = "/usr/bin/mousepad",
		.column = 4,
		.letter_width = 9,
		.first_line = 63,
		.line_height = 18,
		.menu = {20, 13},
		.save = {45, 171},
	};
	toolkit_need(mousepad.program);
	toolkit_use_editor(&mousepad);
}

int main(void) {
	test_guard(190);
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widgets),
		cmocka_unit_test(test_widgets_turned),
		cmocka_unit_test(test_touch_alone),
		cmocka_unit_test(test_mousepad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
