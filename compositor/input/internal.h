// SPDX-License-Identifier: MIT
// Shared by the files of input/ alone.
#ifndef VITRINE_INPUT_INTERNAL_H
#define VITRINE_INPUT_INTERNAL_H

#include <libinput.h>
#include <linux/input-event-codes.h>

#include "input/input.h"
#include "session/session.h"

enum {
	KEY_WORD_BITS = 32,
	KEY_WORDS = (KEY_CNT + KEY_WORD_BITS - 1) / KEY_WORD_BITS,
	INPUT_MAX_KEYBOARDS = 32,
	INPUT_MAX_TOUCHES = 64, // of a device, down at a time
};

struct input {
	struct input_handler handler;
	void *data;
	struct wl_event_loop *loop;
	bool grab;                          // keyboards
	int keyboards[INPUT_MAX_KEYBOARDS]; // files of devices that one can type on
	int n_keyboards;
	struct session *session;
	struct session_listener session_listener;
	struct udev *udev;
	struct libinput *libinput;
	bool assigned; // it has the devices of the seat
	struct wl_event_source *event, *first;
	struct wl_list devices; // input_device.link
	uint32_t leds;          // as libinput counts them
};

struct input_device {
	struct input *input;
	struct libinput_device *libinput; // a reference
	struct input_identity identity;
	struct udev_device *udev;       // a reference; may be NULL
	void *data;                     // of the handler
	struct input_settings settings; // that it has
	bool enabled;                   // they were told of
	bool natural_scroll;
	// What it holds down, so that nothing stays down when it goes.
	uint32_t keys[KEY_WORDS], buttons[KEY_WORDS];
	int32_t touches[INPUT_MAX_TOUCHES];
	int n_touches;
	bool in_gesture;
	enum input_gesture_type gesture;
	struct wl_list link; // input.devices
};

// ---- device.c ----

// Configures it as the handler says. NULL when out of memory.
struct input_device *device_create(struct input *input, struct libinput_device *libinput);
void device_destroy(struct input_device *device);
// Asks the handler anew what it should be like.
void device_configure(struct input_device *device);

// ---- event.c ----

// Turns one of libinput's events of the device into the handler's.
void event_translate(struct input_device *device, struct libinput_event *event);
// gesture.c: the same for LIBINPUT_EVENT_GESTURE_*; other events are left alone.
void gesture_translate(struct input_device *device, struct libinput_event *event);
// Ends the gesture that goes on, if one does.
void gesture_cancel(struct input_device *device, uint64_t time_us);
// Releases and cancels what the device holds down.
void event_release_all(struct input_device *device);

#endif
