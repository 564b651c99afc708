// SPDX-License-Identifier: MIT
// Input devices: found and read by libinput over udev, whenever they come and go. Knows no client and
// no output; who they belong to is told to a handler, as typed events.
#ifndef VITRINE_INPUT_INPUT_H
#define VITRINE_INPUT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct input;
struct input_device;
struct session;

// ---- libinput.c: all devices ----

enum input_report_type {
	INPUT_KEY,      // of a keyboard
	INPUT_MOTION,   // of a pointer
	INPUT_POSITION, // of a tablet's tool, or a pointer that tells where it is
	INPUT_BUTTON,   // of a pointer; the tip of a tablet's tool is BTN_LEFT
	INPUT_AXIS,
	INPUT_GESTURE,
	INPUT_POINTER_FRAME, // what came since the last one belongs together
	INPUT_TOUCH_DOWN,
	INPUT_TOUCH_MOTION,
	INPUT_TOUCH_UP,
	INPUT_TOUCH_CANCEL,
	INPUT_TOUCH_FRAME,
};

enum input_axis_source {
	INPUT_AXIS_WHEEL,
	INPUT_AXIS_FINGER,
	INPUT_AXIS_CONTINUOUS,
};

enum input_gesture_type { INPUT_SWIPE, INPUT_PINCH, INPUT_HOLD };
enum input_gesture_phase { INPUT_GESTURE_BEGIN, INPUT_GESTURE_UPDATE, INPUT_GESTURE_END };

// Called a report as the kernel has a struct input_event of its own.
struct input_report {
	enum input_report_type type;
	uint64_t time_us; // the kernel's stamp, CLOCK_MONOTONIC
	struct input_device *device;
	union {
		struct {
			uint32_t code; // linux/input-event-codes.h
			bool pressed;
		} key; // KEY, BUTTON
		struct {
			double dx, dy;         // px, accelerated
			double raw_dx, raw_dy; // units of the device
		} motion;
		struct {
			double x, y; // 0..1 of the device
		} position;
		struct {
			bool horizontal;
			enum input_axis_source source;
			bool inverted; // natural scrolling
			double value;  // px; 0: the finger was lifted
			int32_t v120;  // of a wheel: 120 a notch
		} axis;
		struct { // of several fingers on a touchpad
			enum input_gesture_type type;
			enum input_gesture_phase phase;
			int fingers;
			double dx, dy;   // UPDATE of SWIPE and PINCH: of their middle, px, accelerated
			double scale;    // UPDATE of PINCH: since its beginning
			double rotation; // UPDATE of PINCH: since the last one, degrees clockwise
			bool cancelled;  // END
		} gesture;
		struct {
			int32_t id;  // unique among those that are down
			double x, y; // 0..1 of the device; DOWN, MOTION
		} touch;
	};
};

// How a device is to behave. Switches are 0, 1, or -1 for the device's own.
struct input_settings {
	bool enabled;
	int tap, natural_scroll, left_handed;
	int accel_profile;  // 0 flat, 1 adaptive, -1 the device's own
	double accel_speed; // -1..1; NAN: the device's own
	bool has_calibration;
	float calibration[6]; // first two rows of a matrix on coordinates of 0..1
};

struct input_handler {
	// A device is there, or input_configure was called: what it should be like. `settings` holds what
	// devices have by themselves.
	void (*configure)(void *data, struct input_device *device, struct input_settings *settings);
	// Only of devices that are enabled.
	void (*added)(void *data, struct input_device *device);
	// All of its keys, buttons, touches and gestures have been ended by events before.
	void (*removed)(void *data, struct input_device *device);
	void (*report)(void *data, const struct input_report *report);
};

// Devices that are there are told of from the loop, not before this returns; none is fine. NULL with
// one line in `error`. The handler is copied.
// With `grab`, keyboards are taken away from everybody else, the kernel's console above all: it knows
// chords that would leave the kiosk. Devices without letters (a power button) stay shared.
struct input *input_create(struct wl_event_loop *loop, struct session *session, bool grab,
	const struct input_handler *handler, void *data, char error[256]);
// Without telling of the devices that go with it. NULL is fine.
void input_destroy(struct input *input);
// Asks for the settings of all devices anew, and applies what differs. One that is no longer enabled ends
// what it holds down and is removed, one that is again is added.
void input_configure(struct input *input);
// From now on, and of keyboards that are there.
void input_set_grab(struct input *input, bool grab);
// Lights of all keyboards: Num Lock, Caps Lock, Scroll Lock from the lowest bit.
void input_set_leds(struct input *input, uint32_t leds);

// ---- device.c: one device ----

enum input_kind { // a device may be several
	INPUT_KIND_KEYBOARD = 1 << 0,
	INPUT_KIND_POINTER = 1 << 1,
	INPUT_KIND_TOUCH = 1 << 2,
	INPUT_KIND_TABLET = 1 << 3,
};

struct input_identity {
	const char *name;
	const char *node; // such as "event3"
	uint16_t bus;     // BUS_* of linux/input.h
	uint16_t vendor, product;
	uint32_t kinds;             // INPUT_KIND_*
	double width_mm, height_mm; // of what is touched; 0: unknown
};

// Valid as long as the device.
const struct input_identity *input_device_identity(const struct input_device *device);
// The matrix that places on it go through: first two rows, on coordinates of 0..1.
void input_device_calibration(const struct input_device *device, float matrix[6]);
// A udev property, NULL without.
const char *input_device_property(const struct input_device *device, const char *name);
void *input_device_data(const struct input_device *device); // of set_data
void input_device_set_data(struct input_device *device, void *data);

// ---- match.c: devices by name, number or property ----

// True if `pattern` (vitrine.ini(5), [input MATCH]) fits. `property` is asked for udev properties.
bool input_match(const char *pattern, const struct input_identity *identity,
	const char *(*property)(void *data, const char *name), void *data);
// False for patterns that fit nothing, such as "usb:12".
bool input_pattern_is_valid(const char *pattern);

// ---- map.c: where on an output a place on a device is ----

struct input_part { // px
	int32_t x, y, width, height;
};

struct input_map {
	unsigned transform;    // of the output, as wl_output.transform counts them
	int32_t width, height; // px of its mode
	double scale;          // px a logical px
	float calibration[6];  // applied first, on coordinates of 0..1
	// Of a panel that repeats another's picture: where that is on it, upright px, and how large that is,
	// px. Nothing wide: it has a picture of its own.
	struct input_part part;
	int32_t shown_width, shown_height;
};

extern const float input_no_calibration[6];

// From x, y of 0..1 on a device that lies on the panel, to logical px of what the output shows. Exact
// to 1/256 px, which is what clients get, and always inside. False if it is beside `part`; what is told
// is then the nearest place in it.
bool input_map_point(const struct input_map *map, double u, double v, double *x, double *y);

struct input_panel {             // an output, as far as it matters here
	const char *connector;       // its name
	const char *model;           // of the display; may be NULL
	int32_t width_mm, height_mm; // 0: unknown
};

// Which of the outputs a touch screen or tablet lies on: the one that the configuration names, or the
// udev property WL_OUTPUT (a name that is not among them: none, -1); else the one whose connector or
// model the device's name holds; else the only one of its size; else for devices that are built in
// the only display that is; else the first. -1 without outputs.
int input_choose_panel(const struct input_identity *identity, const char *configured,
	const char *property, const struct input_panel *panels, int n_panels);

#endif
