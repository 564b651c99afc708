// SPDX-License-Identifier: MIT
// Input devices made of /dev/uinput: for the kernel, udev and libinput they are as good as real ones.
//
// What goes wrong ends the running cmocka test.
#ifndef VITRINE_TESTS_LIB_UINPUT_H
#define VITRINE_TESTS_LIB_UINPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "server.h"

enum { TEST_TOUCH_SLOTS = 10 };

struct test_device {
	int fd; // -1: gone
	char name[80];
	int32_t next_tracking_id;
	int n_down; // fingers
	bool touchpad;
};

struct test_device_settings {
	uint16_t bus, vendor, product; // 0: BUS_USB, 0x1234, 0x5678
	int width, height;             // units of a touch screen; 0: 4096
	int width_mm, height_mm;       // of a touch screen; 0: not told
};

// Made, and known to the server, whose log says so. Names have to be unique in a test. `settings` may
// be NULL. If `server` is NULL nobody is waited for.
void test_device_init_pointer(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings);
// With all keys of a keyboard.
void test_device_init_keyboard(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings);
// With TEST_TOUCH_SLOTS fingers.
void test_device_init_touch(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings);
// A touchpad for up to four fingers, which are those of a touch screen; it is all of a button.
void test_device_init_touchpad(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings);
// One key, no more.
void test_device_init_button(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings);
// A tablet with a pen, of width x height units.
void test_device_init_tablet(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings);
// Its node, such as /dev/input/event3.
void test_device_node(const struct test_device *device, char path[32]);
// Pulled out, whatever it holds down. A device that is gone already is fine. Waits until the server
// knows unless that is NULL.
void test_device_finish(struct test_device *device, struct test_server *server);

void test_device_emit(struct test_device *device, uint16_t type, uint16_t code, int32_t value);
void test_device_sync(struct test_device *device);
// Each with its SYN_REPORT.
void test_device_key(struct test_device *device, uint16_t code, bool pressed); // buttons, too
void test_device_move(struct test_device *device, int dx, int dy);
void test_device_wheel(struct test_device *device, int notches);
// Fingers; each is a report of its own.
void test_device_touch_down(struct test_device *device, int slot, int x, int y);
void test_device_touch_move(struct test_device *device, int slot, int x, int y);
void test_device_touch_up(struct test_device *device, int slot);

#endif
