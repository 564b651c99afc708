// SPDX-License-Identifier: MIT
#include "toolkit.h"

static void step_pointer(struct toolkit *toolkit) {
	toolkit_click_on(toolkit, "button");
	toolkit_expect(toolkit, "click");

	// From one end to the other; let go, it stays.
	struct toolkit_place slider = toolkit_place(toolkit, "slider");
	int y = slider.y + slider.height / 2;
	toolkit_drag(toolkit, slider.x + 10, y, slider.x + slider.width / 2, y);
	toolkit_expect_number(toolkit, "slider", 40, 60);
	toolkit_picture(toolkit, "drag");
	toolkit_drag(toolkit, slider.x + slider.width / 2, y, slider.x + slider.width + 50, y);
	toolkit_expect(toolkit, "slider 100");
	toolkit_click_on(toolkit, "button");
	toolkit_expect(toolkit, "click");

	// A wheel, down and up again.
	struct toolkit_place list = toolkit_place(toolkit, "list");
	toolkit_move(toolkit, list.x + list.width / 2, list.y + list.height / 2);
	test_device_wheel(&toolkit->pointer, -3);
	toolkit_expect_number(toolkit, "scroll", 30, 1000);
	toolkit_wait_settled(toolkit);
	toolkit_picture(toolkit, "wheel");
	test_device_wheel(&toolkit->pointer, 10);
	toolkit_expect(toolkit, "scroll 0");
}

static void step_text(struct toolkit *toolkit) {
	toolkit_click_on(toolkit, "entry");
	toolkit_type(toolkit, "Hello kiosk");
	toolkit_expect(toolkit, "text Hello kiosk");
	toolkit_wait_settled(toolkit);
	toolkit_picture(toolkit, "text");
	// From elsewhere: GTK 4.8 lets nobody select by dragging in a field that has the keyboard.
	toolkit_click_on(toolkit, "button");
	toolkit_expect(toolkit, "click");
	struct toolkit_place entry = toolkit_place(toolkit, "entry");
	int y = entry.y + entry.height / 2;
	toolkit_drag(toolkit, entry.x + entry.width / 2, y, entry.x + 2, y);
	toolkit_expect(toolkit, "selected Hello kiosk");
	toolkit_wait_settled(toolkit);
	toolkit_picture(toolkit, "selected");
	toolkit_type(toolkit, "vitrine");
	toolkit_expect(toolkit, "text vitrine");
}

static void step_touch(struct toolkit *toolkit) {
	toolkit_tap_on(toolkit, "button");
	toolkit_expect(toolkit, "click");
	struct toolkit_place list = toolkit_place(toolkit, "list");
	int x = list.x + list.width / 2;
	toolkit_swipe(toolkit, x, list.y + list.height - 20, x, list.y + 20);
	toolkit_expect_number(toolkit, "scroll", list.height / 2, 10000);
	toolkit_wait_settled(toolkit);
	toolkit_picture(toolkit, "swipe");
}

static void step_menu(struct toolkit *toolkit) {
	toolkit_tap_on(toolkit, "entry");
	toolkit_type(toolkit, " x");
	toolkit_expect(toolkit, "text vitrine x");
	toolkit_tap_on(toolkit, "menu:Drinks");
	toolkit_expect_place(toolkit, "item:Coffee");
	toolkit_wait_popups(toolkit, 1);
	toolkit_picture(toolkit, "menu");
	toolkit_tap_on(toolkit, "item:Coffee");
	toolkit_expect(toolkit, "chosen Coffee");
	toolkit_wait_popups(toolkit, 0);
	// The window has the keyboard again.
	toolkit_wait_settled(toolkit);
	toolkit_type(toolkit, "y");
	toolkit_expect(toolkit, "key y");
}

static void step_combo(struct toolkit *toolkit) {
	toolkit_tap_on(toolkit, "combo");
	toolkit_expect_place(toolkit, "item:Cherry");
	toolkit_wait_popups(toolkit, 1);
	toolkit_picture(toolkit, "combo");
	toolkit_tap_on(toolkit, "item:Cherry");
	toolkit_expect(toolkit, "combo Cherry");
	toolkit_wait_popups(toolkit, 0);
}

// In the lower right corner it opens upwards.
static void step_corner(struct toolkit *toolkit) {
	toolkit_tap_on(toolkit, "corner");
	toolkit_expect_place(toolkit, "item:South");
	toolkit_wait_popups(toolkit, 1);
	toolkit_picture(toolkit, "corner");
	toolkit_tap_on(toolkit, "item:South");
	toolkit_expect(toolkit, "chosen South");
	toolkit_wait_popups(toolkit, 0);
}

void toolkit_use_touch_alone(const char *name, const char *script) {
	const char *argv[] = {"/usr/bin/python3", script, NULL};
	struct toolkit toolkit;
	toolkit_start(&toolkit, name, argv, TOOLKIT_TOUCH, 1, 0);
	toolkit_expect(&toolkit, "ready");
	step_combo(&toolkit);
	step_corner(&toolkit);
	toolkit_stop(&toolkit);
}

void toolkit_use_widgets(const char *name, const char *script, double scale, int quarters) {
	const char *argv[] = {"/usr/bin/python3", script, NULL};
	struct toolkit toolkit;
	toolkit_start(&toolkit, name, argv, TOOLKIT_EVERYTHING, scale, quarters);
	toolkit_expect(&toolkit, "ready");
	step_pointer(&toolkit);
	step_text(&toolkit);
	step_touch(&toolkit);
	step_menu(&toolkit);
	step_combo(&toolkit);
	step_corner(&toolkit);
	toolkit_stop(&toolkit);
}
