// SPDX-License-Identifier: MIT
// Qt 5 and a program of it, of Debian and unmodified, used with a mouse, a keyboard and a touch screen.
#include "toolkit.h"

static void need_widgets(void) {
	toolkit_need("/usr/bin/python3");
	toolkit_need("/usr/lib/python3/dist-packages/PyQt5/__init__.py");
	toolkit_need("/usr/lib/*/qt5/plugins/platforms/libqwayland-generic.so");
}

static void test_widgets(void **state) {
	(void)state;
	need_widgets();
	toolkit_use_widgets("qt5", TOOLKIT_FOLDER "/toolkit-qt5.py", 1, 0);
}

static void test_widgets_turned(void **state) {
	(void)state;
	need_widgets();
	toolkit_use_widgets("qt5-turned", TOOLKIT_FOLDER "/toolkit-qt5.py", 1.5, 1);
}

static void test_touch_alone(void **state) {
	(void)state;
	need_widgets();
	toolkit_use_touch_alone("qt5-touch", TOOLKIT_FOLDER "/toolkit-qt5.py");
}

static void test_featherpad(void **state) {
	(void)state;
	static const struct toolkit_editor featherpad = {
		.name = "featherpad",
		.program = "/usr/bin/featherpad",
		.column = 5,
		.letter_width = 7,
		.first_line = 103,
		.line_height = 15,
		.menu = {20, 10},
		.save = {48, 314},
	};
	toolkit_need(featherpad.program);
	toolkit_use_editor(&featherpad);
}

int main(void) {
	test_guard(290);
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widgets),
		cmocka_unit_test(test_widgets_turned),
		cmocka_unit_test(test_touch_alone),
		cmocka_unit_test(test_featherpad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
