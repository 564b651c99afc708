// SPDX-License-Identifier: MIT
// libinput's events into ours.
#include "base/clock.h"
#include "input/internal.h"

static void tell(struct input_device *device, struct input_report *event) {
	event->device = device;
	device->input->handler.report(device->input->data, event);
}

static void tell_simple(
	struct input_device *device, enum input_report_type type, uint64_t time_us) {
	struct input_report event = {.type = type, .time_us = time_us};
	tell(device, &event);
}

// ---- What is down ----

// False if that is what it was already.
static bool note(uint32_t *words, uint32_t code, bool pressed) {
	uint32_t *word = &words[code / KEY_WORD_BITS], bit = 1u << code % KEY_WORD_BITS;
	if (code >= KEY_CNT || ((*word & bit) != 0) == pressed) {
		return false;
	}
	*word ^= bit;
	return true;
}

static void tell_key(struct input_device *device, enum input_report_type type, uint64_t time_us,
	uint32_t code, bool pressed) {
	uint32_t *words = type == INPUT_KEY ? device->keys : device->buttons;
	if (code >= KEY_CNT || !note(words, code, pressed)) {
		return;
	}
	struct input_report event = {.type = type, .time_us = time_us, .key = {code, pressed}};
	tell(device, &event);
	if (type == INPUT_BUTTON) {
		tell_simple(device, INPUT_POINTER_FRAME, time_us);
	}
}

static int find_touch(const struct input_device *device, int32_t id) {
	for (int i = 0; i < device->n_touches; i++) {
		if (device->touches[i] == id) {
			return i;
		}
	}
	return -1;
}

static void tell_touch_end(
	struct input_device *device, enum input_report_type type, uint64_t time_us, int32_t id) {
	int index = find_touch(device, id);
	if (index >= 0) {
		device->touches[index] = device->touches[--device->n_touches];
		struct input_report event = {.type = type, .time_us = time_us, .touch = {.id = id}};
		tell(device, &event);
	}
}

void event_release_all(struct input_device *device) {
	uint64_t time_us = (uint64_t)clock_now_us();
	for (uint32_t code = 0; code < KEY_CNT; code++) {
		tell_key(device, INPUT_KEY, time_us, code, false);
		tell_key(device, INPUT_BUTTON, time_us, code, false);
	}
	bool any = device->n_touches > 0;
	while (device->n_touches > 0) {
		tell_touch_end(device, INPUT_TOUCH_CANCEL, time_us, device->touches[0]);
	}
	if (any) {
		tell_simple(device, INPUT_TOUCH_FRAME, time_us);
	}
	gesture_cancel(device, time_us);
}

// ---- Keyboards and pointers ----

static void keyboard_key(struct input_device *device, struct libinput_event *base) {
	struct libinput_event_keyboard *event = libinput_event_get_keyboard_event(base);
	tell_key(device, INPUT_KEY, libinput_event_keyboard_get_time_usec(event),
		libinput_event_keyboard_get_key(event),
		libinput_event_keyboard_get_key_state(event) == LIBINPUT_KEY_STATE_PRESSED);
}

static void pointer_motion(struct input_device *device, struct libinput_event_pointer *pointer) {
	struct input_report event = {
		.type = INPUT_MOTION,
		.time_us = libinput_event_pointer_get_time_usec(pointer),
		.motion =
			{
				.dx = libinput_event_pointer_get_dx(pointer),
				.dy = libinput_event_pointer_get_dy(pointer),
				.raw_dx = libinput_event_pointer_get_dx_unaccelerated(pointer),
				.raw_dy = libinput_event_pointer_get_dy_unaccelerated(pointer),
			},
	};
	tell(device, &event);
	tell_simple(device, INPUT_POINTER_FRAME, event.time_us);
}

static void tell_position(struct input_device *device, uint64_t time_us, double x, double y) {
	struct input_report event = {.type = INPUT_POSITION, .time_us = time_us, .position = {x, y}};
	tell(device, &event);
	tell_simple(device, INPUT_POINTER_FRAME, time_us);
}

static void pointer_scroll(struct input_device *device, struct libinput_event_pointer *pointer,
	enum input_axis_source source) {
	static const enum libinput_pointer_axis axes[] = {
		LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL, LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL};
	uint64_t time_us = libinput_event_pointer_get_time_usec(pointer);
	for (int i = 0; i < 2; i++) {
		if (!libinput_event_pointer_has_axis(pointer, axes[i])) {
			continue;
		}
		double v120 = source == INPUT_AXIS_WHEEL
			? libinput_event_pointer_get_scroll_value_v120(pointer, axes[i])
			: 0;
		struct input_report event = {
			.type = INPUT_AXIS,
			.time_us = time_us,
			.axis =
				{
					.horizontal = i == 1,
					.source = source,
					.inverted = device->natural_scroll,
					.value = libinput_event_pointer_get_scroll_value(pointer, axes[i]),
					.v120 = (int32_t)v120,
				},
		};
		tell(device, &event);
	}
	tell_simple(device, INPUT_POINTER_FRAME, time_us);
}

static void pointer_event(
	struct input_device *device, enum libinput_event_type type, struct libinput_event *base) {
	struct libinput_event_pointer *event = libinput_event_get_pointer_event(base);
	if ((device->identity.kinds & INPUT_KIND_POINTER) == 0) {
		return;
	}
	switch (type) {
	case LIBINPUT_EVENT_POINTER_MOTION:
		pointer_motion(device, event);
		break;
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		tell_position(device, libinput_event_pointer_get_time_usec(event),
			libinput_event_pointer_get_absolute_x_transformed(event, 1),
			libinput_event_pointer_get_absolute_y_transformed(event, 1));
		break;
	case LIBINPUT_EVENT_POINTER_BUTTON:
		tell_key(device, INPUT_BUTTON, libinput_event_pointer_get_time_usec(event),
			libinput_event_pointer_get_button(event),
			libinput_event_pointer_get_button_state(event) == LIBINPUT_BUTTON_STATE_PRESSED);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
		pointer_scroll(device, event, INPUT_AXIS_WHEEL);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
		pointer_scroll(device, event, INPUT_AXIS_FINGER);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		pointer_scroll(device, event, INPUT_AXIS_CONTINUOUS);
		break;
	default: // POINTER_AXIS tells the same again
		break;
	}
}

// ---- Touch screens ----

static void touch_at(
	struct input_device *device, enum input_report_type type, struct libinput_event_touch *touch) {
	int32_t id = libinput_event_touch_get_seat_slot(touch);
	struct input_report event = {
		.type = type,
		.time_us = libinput_event_touch_get_time_usec(touch),
		.touch =
			{
				.id = id,
				.x = libinput_event_touch_get_x_transformed(touch, 1),
				.y = libinput_event_touch_get_y_transformed(touch, 1),
			},
	};
	if (type == INPUT_TOUCH_DOWN) {
		if (device->n_touches == INPUT_MAX_TOUCHES || find_touch(device, id) >= 0) {
			return;
		}
		device->touches[device->n_touches++] = id;
	} else if (find_touch(device, id) < 0) {
		return;
	}
	tell(device, &event);
}

static void touch_event(
	struct input_device *device, enum libinput_event_type type, struct libinput_event *base) {
	struct libinput_event_touch *event = libinput_event_get_touch_event(base);
	uint64_t time_us = libinput_event_touch_get_time_usec(event);
	switch (type) {
	case LIBINPUT_EVENT_TOUCH_DOWN:
		touch_at(device, INPUT_TOUCH_DOWN, event);
		break;
	case LIBINPUT_EVENT_TOUCH_MOTION:
		touch_at(device, INPUT_TOUCH_MOTION, event);
		break;
	case LIBINPUT_EVENT_TOUCH_UP:
		tell_touch_end(device, INPUT_TOUCH_UP, time_us, libinput_event_touch_get_seat_slot(event));
		break;
	case LIBINPUT_EVENT_TOUCH_CANCEL:
		tell_touch_end(
			device, INPUT_TOUCH_CANCEL, time_us, libinput_event_touch_get_seat_slot(event));
		break;
	default:
		tell_simple(device, INPUT_TOUCH_FRAME, time_us);
	}
}

// ---- Tablets: their tools do what a pointer does ----

static void tablet_event(
	struct input_device *device, enum libinput_event_type type, struct libinput_event *base) {
	struct libinput_event_tablet_tool *event = libinput_event_get_tablet_tool_event(base);
	uint64_t time_us = libinput_event_tablet_tool_get_time_usec(event);
	if (type != LIBINPUT_EVENT_TABLET_TOOL_BUTTON &&
		(libinput_event_tablet_tool_x_has_changed(event) ||
			libinput_event_tablet_tool_y_has_changed(event))) {
		tell_position(device, time_us, libinput_event_tablet_tool_get_x_transformed(event, 1),
			libinput_event_tablet_tool_get_y_transformed(event, 1));
	}
	if (type == LIBINPUT_EVENT_TABLET_TOOL_TIP) {
		tell_key(device, INPUT_BUTTON, time_us, BTN_LEFT,
			libinput_event_tablet_tool_get_tip_state(event) == LIBINPUT_TABLET_TOOL_TIP_DOWN);
	} else if (type == LIBINPUT_EVENT_TABLET_TOOL_BUTTON) {
		uint32_t button = libinput_event_tablet_tool_get_button(event);
		// The pen's own buttons are what a mouse's other ones are.
		button = button == BTN_STYLUS ? BTN_RIGHT : button == BTN_STYLUS2 ? BTN_MIDDLE : button;
		tell_key(device, INPUT_BUTTON, time_us, button,
			libinput_event_tablet_tool_get_button_state(event) == LIBINPUT_BUTTON_STATE_PRESSED);
	}
}

void event_translate(struct input_device *device, struct libinput_event *event) {
	enum libinput_event_type type = libinput_event_get_type(event);
	switch (type) {
	case LIBINPUT_EVENT_KEYBOARD_KEY:
		keyboard_key(device, event);
		break;
	case LIBINPUT_EVENT_POINTER_MOTION:
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
	case LIBINPUT_EVENT_POINTER_BUTTON:
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		pointer_event(device, type, event);
		break;
	case LIBINPUT_EVENT_TOUCH_DOWN:
	case LIBINPUT_EVENT_TOUCH_MOTION:
	case LIBINPUT_EVENT_TOUCH_UP:
	case LIBINPUT_EVENT_TOUCH_CANCEL:
	case LIBINPUT_EVENT_TOUCH_FRAME:
		touch_event(device, type, event);
		break;
	case LIBINPUT_EVENT_TABLET_TOOL_AXIS:
	case LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY:
	case LIBINPUT_EVENT_TABLET_TOOL_TIP:
	case LIBINPUT_EVENT_TABLET_TOOL_BUTTON:
		tablet_event(device, type, event);
		break;
	default:
		gesture_translate(device, event);
	}
}
