// SPDX-License-Identifier: MIT
#include "uinput.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/uinput.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

static void control(struct test_device *device, unsigned long request, int value) {
	if (ioctl(device->fd, request, value) != 0) {
		fail_msg("%s: uinput: %s", device->name, strerror(errno));
	}
}

static void begin(struct test_device *device, const char *name) {
	*device = (struct test_device){.fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC)};
	snprintf(device->name, sizeof(device->name), "%s", name);
	if (device->fd < 0) {
		fail_msg("/dev/uinput: %s", strerror(errno));
	}
}

static void axis(struct test_device *device, uint16_t code, int max, int max_mm) {
	struct uinput_abs_setup setup = {
		.code = code,
		.absinfo = {.maximum = max, .resolution = max_mm > 0 ? (max + 1) / max_mm : 0},
	};
	control(device, UI_SET_ABSBIT, code);
	assert_int_equal(ioctl(device->fd, UI_ABS_SETUP, &setup), 0);
}

static void create(struct test_device *device, struct test_server *server,
	const struct test_device_settings *settings) {
	struct uinput_setup setup = {
		.id =
			{
				.bustype = settings && settings->bus ? settings->bus : BUS_USB,
				.vendor = settings && settings->vendor ? settings->vendor : 0x1234,
				.product = settings && settings->product ? settings->product : 0x5678,
				.version = 1,
			},
	};
	strcpy(setup.name, device->name);
	assert_int_equal(ioctl(device->fd, UI_DEV_SETUP, &setup), 0);
	control(device, UI_DEV_CREATE, 0);
	if (server) {
		char line[128];
		snprintf(line, sizeof(line), "input device %s (", device->name);
		if (!test_server_wait_log(server, line)) {
			fail_msg("the server ended before it saw %s", device->name);
		}
	}
}

void test_device_init_pointer(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings) {
	begin(device, name);
	control(device, UI_SET_EVBIT, EV_REL);
	control(device, UI_SET_RELBIT, REL_X);
	control(device, UI_SET_RELBIT, REL_Y);
	control(device, UI_SET_RELBIT, REL_WHEEL);
	control(device, UI_SET_RELBIT, REL_WHEEL_HI_RES);
	control(device, UI_SET_EVBIT, EV_KEY);
	for (int button = BTN_LEFT; button <= BTN_EXTRA; button++) {
		control(device, UI_SET_KEYBIT, button);
	}
	create(device, server, settings);
}

void test_device_init_keyboard(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings) {
	begin(device, name);
	control(device, UI_SET_EVBIT, EV_KEY);
	control(device, UI_SET_EVBIT, EV_LED);
	control(device, UI_SET_LEDBIT, LED_NUML);
	control(device, UI_SET_LEDBIT, LED_CAPSL);
	for (int key = KEY_ESC; key <= KEY_COMPOSE; key++) {
		control(device, UI_SET_KEYBIT, key);
	}
	create(device, server, settings);
}

void test_device_init_touch(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings) {
	int width = settings && settings->width ? settings->width : 4096;
	int height = settings && settings->height ? settings->height : 4096;
	int width_mm = settings ? settings->width_mm : 0,
		height_mm = settings ? settings->height_mm : 0;
	begin(device, name);
	control(device, UI_SET_PROPBIT, INPUT_PROP_DIRECT);
	control(device, UI_SET_EVBIT, EV_KEY);
	control(device, UI_SET_KEYBIT, BTN_TOUCH);
	control(device, UI_SET_EVBIT, EV_ABS);
	axis(device, ABS_X, width - 1, width_mm);
	axis(device, ABS_Y, height - 1, height_mm);
	axis(device, ABS_MT_SLOT, TEST_TOUCH_SLOTS - 1, 0);
	axis(device, ABS_MT_TRACKING_ID, 65535, 0);
	axis(device, ABS_MT_POSITION_X, width - 1, width_mm);
	axis(device, ABS_MT_POSITION_Y, height - 1, height_mm);
	create(device, server, settings);
}

void test_device_init_touchpad(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings) {
	static const int keys[] = {BTN_LEFT, BTN_TOUCH, BTN_TOOL_FINGER, BTN_TOOL_DOUBLETAP,
		BTN_TOOL_TRIPLETAP, BTN_TOOL_QUADTAP};
	begin(device, name);
	control(device, UI_SET_PROPBIT, INPUT_PROP_POINTER);
	control(device, UI_SET_PROPBIT, INPUT_PROP_BUTTONPAD);
	control(device, UI_SET_EVBIT, EV_KEY);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		control(device, UI_SET_KEYBIT, keys[i]);
	}
	control(device, UI_SET_EVBIT, EV_ABS);
	axis(device, ABS_X, settings->width - 1, settings->width_mm);
	axis(device, ABS_Y, settings->height - 1, settings->height_mm);
	axis(device, ABS_MT_SLOT, 3, 0);
	axis(device, ABS_MT_TRACKING_ID, 65535, 0);
	axis(device, ABS_MT_POSITION_X, settings->width - 1, settings->width_mm);
	axis(device, ABS_MT_POSITION_Y, settings->height - 1, settings->height_mm);
	device->touchpad = true;
	create(device, server, settings);
}

void test_device_init_button(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings) {
	begin(device, name);
	control(device, UI_SET_EVBIT, EV_KEY);
	control(device, UI_SET_KEYBIT, KEY_POWER);
	create(device, server, settings);
}

void test_device_init_tablet(struct test_device *device, struct test_server *server,
	const char *name, const struct test_device_settings *settings) {
	begin(device, name);
	control(device, UI_SET_PROPBIT, INPUT_PROP_DIRECT);
	control(device, UI_SET_EVBIT, EV_KEY);
	control(device, UI_SET_KEYBIT, BTN_TOOL_PEN);
	control(device, UI_SET_KEYBIT, BTN_TOUCH);
	control(device, UI_SET_KEYBIT, BTN_STYLUS);
	control(device, UI_SET_EVBIT, EV_ABS);
	axis(device, ABS_X, settings->width - 1, settings->width_mm);
	axis(device, ABS_Y, settings->height - 1, settings->height_mm);
	axis(device, ABS_PRESSURE, 1023, 0);
	create(device, server, settings);
}

void test_device_node(const struct test_device *device, char path[32]) {
	char name[64] = "", pattern[128];
	assert_true(ioctl(device->fd, UI_GET_SYSNAME(sizeof(name) - 1), name) >= 0);
	snprintf(pattern, sizeof(pattern), "/sys/devices/virtual/input/%s/event*", name);
	glob_t found;
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	snprintf(path, 32, "/dev/input/%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
}

void test_device_finish(struct test_device *device, struct test_server *server) {
	if (device->fd <= 0) {
		return;
	}
	ioctl(device->fd, UI_DEV_DESTROY);
	close(device->fd);
	device->fd = -1;
	if (server) {
		// "NAME (event7) is gone": the number is the kernel's affair.
		char start[128];
		snprintf(start, sizeof(start), "input device %s (event", device->name);
		const char *line;
		size_t from = 0;
		for (;;) {
			line = server->text ? strstr(server->text + from, start) : NULL;
			const char *end = line ? strchr(line, '\n') : NULL;
			if (end && strncmp(end - strlen(" is gone"), " is gone", strlen(" is gone")) == 0) {
				return;
			}
			if (end) {
				from = (size_t)(end - server->text);
			} else if (!test_server_read_log(server)) {
				fail_msg("the server ended before %s was gone", device->name);
			}
		}
	}
}

void test_device_emit(struct test_device *device, uint16_t type, uint16_t code, int32_t value) {
	struct input_event event = {.type = type, .code = code, .value = value};
	ssize_t n;
	do {
		n = write(device->fd, &event, sizeof(event));
	} while (n < 0 && errno == EINTR);
	assert_int_equal(n, sizeof(event));
}

void test_device_sync(struct test_device *device) {
	test_device_emit(device, EV_SYN, SYN_REPORT, 0);
}

void test_device_key(struct test_device *device, uint16_t code, bool pressed) {
	test_device_emit(device, EV_KEY, code, pressed);
	test_device_sync(device);
}

void test_device_move(struct test_device *device, int dx, int dy) {
	if (dx != 0) {
		test_device_emit(device, EV_REL, REL_X, dx);
	}
	if (dy != 0) {
		test_device_emit(device, EV_REL, REL_Y, dy);
	}
	test_device_sync(device);
}

void test_device_wheel(struct test_device *device, int notches) {
	test_device_emit(device, EV_REL, REL_WHEEL, notches);
	test_device_emit(device, EV_REL, REL_WHEEL_HI_RES, notches * 120);
	test_device_sync(device);
}

static void put(struct test_device *device, int slot, int x, int y) {
	test_device_emit(device, EV_ABS, ABS_MT_POSITION_X, x);
	test_device_emit(device, EV_ABS, ABS_MT_POSITION_Y, y);
	if (slot == 0) {
		test_device_emit(device, EV_ABS, ABS_X, x);
		test_device_emit(device, EV_ABS, ABS_Y, y);
	}
}

// The keys that tell how many fingers there are.
static void count_fingers(struct test_device *device, int n) {
	static const uint16_t tools[] = {
		BTN_TOOL_FINGER, BTN_TOOL_DOUBLETAP, BTN_TOOL_TRIPLETAP, BTN_TOOL_QUADTAP};
	if ((n == 0) != (device->n_down == 0)) {
		test_device_emit(device, EV_KEY, BTN_TOUCH, n > 0);
	}
	if (device->touchpad && device->n_down > 0) {
		test_device_emit(device, EV_KEY, tools[device->n_down - 1], 0);
	}
	if (device->touchpad && n > 0) {
		test_device_emit(device, EV_KEY, tools[n - 1], 1);
	}
	device->n_down = n;
}

void test_device_touch_down(struct test_device *device, int slot, int x, int y) {
	test_device_emit(device, EV_ABS, ABS_MT_SLOT, slot);
	test_device_emit(device, EV_ABS, ABS_MT_TRACKING_ID, device->next_tracking_id++ & 0xffff);
	put(device, slot, x, y);
	count_fingers(device, device->n_down + 1);
	test_device_sync(device);
}

void test_device_touch_move(struct test_device *device, int slot, int x, int y) {
	test_device_emit(device, EV_ABS, ABS_MT_SLOT, slot);
	put(device, slot, x, y);
	test_device_sync(device);
}

void test_device_touch_up(struct test_device *device, int slot) {
	test_device_emit(device, EV_ABS, ABS_MT_SLOT, slot);
	test_device_emit(device, EV_ABS, ABS_MT_TRACKING_ID, -1);
	count_fingers(device, device->n_down - 1);
	test_device_sync(device);
}
