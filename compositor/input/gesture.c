// SPDX-License-Identifier: MIT
// Gestures of touchpads: swipe, pinch and hold, as libinput makes them out.
#include "input/internal.h"

static void tell(struct input_device *device, struct input_report *report) {
	report->type = INPUT_GESTURE;
	report->device = device;
	device->input->handler.report(device->input->data, report);
}

void gesture_cancel(struct input_device *device, uint64_t time_us) {
	if (device->in_gesture) {
		device->in_gesture = false;
		struct input_report report = {
			.time_us = time_us,
			.gesture = {.type = device->gesture, .phase = INPUT_GESTURE_END, .cancelled = true},
		};
		tell(device, &report);
	}
}

static void begin(struct input_device *device, struct libinput_event_gesture *event,
	enum input_gesture_type type) {
	struct input_report report = {
		.time_us = libinput_event_gesture_get_time_usec(event),
		.gesture = {.type = type,
			.phase = INPUT_GESTURE_BEGIN,
			.fingers = libinput_event_gesture_get_finger_count(event)},
	};
	gesture_cancel(device, report.time_us);
	device->in_gesture = true;
	device->gesture = type;
	tell(device, &report);
}

static void update(struct input_device *device, struct libinput_event_gesture *event,
	enum input_gesture_type type) {
	struct input_report report = {
		.time_us = libinput_event_gesture_get_time_usec(event),
		.gesture = {.type = type,
			.phase = INPUT_GESTURE_UPDATE,
			.fingers = libinput_event_gesture_get_finger_count(event),
			.dx = libinput_event_gesture_get_dx(event),
			.dy = libinput_event_gesture_get_dy(event)},
	};
	if (type == INPUT_PINCH) {
		report.gesture.scale = libinput_event_gesture_get_scale(event);
		report.gesture.rotation = libinput_event_gesture_get_angle_delta(event);
	}
	tell(device, &report);
}

static void end(struct input_device *device, struct libinput_event_gesture *event,
	enum input_gesture_type type) {
	struct input_report report = {
		.time_us = libinput_event_gesture_get_time_usec(event),
		.gesture = {.type = type,
			.phase = INPUT_GESTURE_END,
			.fingers = libinput_event_gesture_get_finger_count(event),
			.cancelled = libinput_event_gesture_get_cancelled(event) != 0},
	};
	device->in_gesture = false;
	tell(device, &report);
}

void gesture_translate(struct input_device *device, struct libinput_event *base) {
	struct libinput_event_gesture *event;
	switch (libinput_event_get_type(base)) {
	case LIBINPUT_EVENT_GESTURE_SWIPE_BEGIN:
	case LIBINPUT_EVENT_GESTURE_SWIPE_UPDATE:
	case LIBINPUT_EVENT_GESTURE_SWIPE_END:
	case LIBINPUT_EVENT_GESTURE_PINCH_BEGIN:
	case LIBINPUT_EVENT_GESTURE_PINCH_UPDATE:
	case LIBINPUT_EVENT_GESTURE_PINCH_END:
	case LIBINPUT_EVENT_GESTURE_HOLD_BEGIN:
	case LIBINPUT_EVENT_GESTURE_HOLD_END:
		event = libinput_event_get_gesture_event(base);
		break;
	default:
		return;
	}
	switch (libinput_event_get_type(base)) {
	case LIBINPUT_EVENT_GESTURE_SWIPE_BEGIN:
		begin(device, event, INPUT_SWIPE);
		break;
	case LIBINPUT_EVENT_GESTURE_SWIPE_UPDATE:
		update(device, event, INPUT_SWIPE);
		break;
	case LIBINPUT_EVENT_GESTURE_SWIPE_END:
		end(device, event, INPUT_SWIPE);
		break;
	case LIBINPUT_EVENT_GESTURE_PINCH_BEGIN:
		begin(device, event, INPUT_PINCH);
		break;
	case LIBINPUT_EVENT_GESTURE_PINCH_UPDATE:
		update(device, event, INPUT_PINCH);
		break;
	case LIBINPUT_EVENT_GESTURE_PINCH_END:
		end(device, event, INPUT_PINCH);
		break;
	case LIBINPUT_EVENT_GESTURE_HOLD_BEGIN:
		begin(device, event, INPUT_HOLD);
		break;
	default:
		end(device, event, INPUT_HOLD);
	}
}
