// SPDX-License-Identifier: MIT
// Joins devices and seat: what the configuration makes of a device, which output it lies on, and its
// events as the seat takes them.
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "input/input.h"
#include "kiosk/config_keys.h"
#include "kiosk/kiosk.h"
#include "session/session.h"
#include "wayland/keymap.h"
#include "wayland/seat.h"

enum { NOT_CHOSEN = -2 };

struct kiosk_device {
	struct input_device *device;
	char *configured; // output of the configuration; NULL: none
	int output;       // index into kiosk.outputs, -1: none
	struct input_map map;
	struct wl_list link; // kiosk_input.devices
};

struct kiosk_input {
	struct kiosk *kiosk;
	struct seat *seat;
	struct input *input;                                        // NULL: without devices
	struct wl_list devices;                                     // kiosk_device.link
	bool (*tap)(void *data, const struct input_report *report); // NULL: none
	void *tap_data;
};

// ---- Configuration ----

static const char *property_of(void *data, const char *name) {
	return input_device_property(data, name);
}

static void set_switch(int *setting, int configured) {
	*setting = configured != CONFIG_UNSET ? configured : *setting;
}

static void merge(struct input_settings *settings, const struct config_input *section) {
	settings->enabled = section->enabled != CONFIG_UNSET ? section->enabled : settings->enabled;
	set_switch(&settings->tap, section->tap);
	set_switch(&settings->natural_scroll, section->natural_scroll);
	set_switch(&settings->left_handed, section->left_handed);
	set_switch(&settings->accel_profile, section->accel_profile);
	if (section->accel_speed == section->accel_speed) { // else NAN
		settings->accel_speed = section->accel_speed;
	}
	if (section->calibration.set) {
		settings->has_calibration = true;
		memcpy(settings->calibration, section->calibration.values, sizeof(settings->calibration));
	}
}

static bool fits(const struct config_input *section, struct input_device *device) {
	return input_match(section->match, input_device_identity(device), property_of, device);
}

static void handle_configure(
	void *data, struct input_device *device, struct input_settings *settings) {
	struct kiosk_input *input = data;
	const struct config *config = input->kiosk->config;
	for (int i = 0; i < config->n_inputs; i++) {
		if (fits(&config->inputs[i], device)) {
			merge(settings, &config->inputs[i]);
		}
	}
}

static const char *configured_output(const struct config *config, struct input_device *device) {
	const char *output = NULL;
	for (int i = 0; i < config->n_inputs; i++) {
		if (config->inputs[i].output != NULL && fits(&config->inputs[i], device)) {
			output = config->inputs[i].output;
		}
	}
	return output;
}

// ---- Which output ----

static bool has_place(const struct input_identity *identity) {
	return (identity->kinds & (INPUT_KIND_TOUCH | INPUT_KIND_TABLET)) != 0;
}

static void choose_output(struct kiosk_input *input, struct kiosk_device *device) {
	const struct kiosk *kiosk = input->kiosk;
	int before = device->output;
	struct input_panel panels[KIOSK_MAX_OUTPUTS];
	for (int i = 0; i < kiosk->n_outputs; i++) {
		const struct kms_connector *connector = output_pipe(kiosk->outputs[i]->output)->connector;
		panels[i] = (struct input_panel){
			.connector = connector->name,
			.model = kiosk->outputs[i]->display.model,
			.width_mm = (int32_t)connector->width_mm,
			.height_mm = (int32_t)connector->height_mm,
		};
	}
	const struct input_identity *identity = input_device_identity(device->device);
	device->output = input_choose_panel(identity, device->configured,
		input_device_property(device->device, "WL_OUTPUT"), panels, kiosk->n_outputs);
	if (device->output < 0) {
		if (has_place(identity) && before != device->output) {
			log_warning("%s: the output that it is for is not there", identity->name);
		}
		return;
	}
	kiosk_output_map(kiosk->outputs[device->output], &device->map);
	if (has_place(identity) && before != device->output) {
		log_info("%s: on %s", identity->name, panels[device->output].connector);
	}
}

// ---- Devices that come and go ----

static void update_capabilities(struct kiosk_input *input) {
	uint32_t capabilities = 0;
	struct kiosk_device *device;
	wl_list_for_each(device, &input->devices, link) {
		uint32_t kinds = input_device_identity(device->device)->kinds;
		capabilities |= kinds & INPUT_KIND_KEYBOARD ? WL_SEAT_CAPABILITY_KEYBOARD : 0;
		capabilities |= kinds & INPUT_KIND_TOUCH ? WL_SEAT_CAPABILITY_TOUCH : 0;
		capabilities |=
			kinds & (INPUT_KIND_POINTER | INPUT_KIND_TABLET) ? WL_SEAT_CAPABILITY_POINTER : 0;
	}
	seat_set_capabilities(input->seat, capabilities);
}

static void handle_added(void *data, struct input_device *input_device) {
	struct kiosk_input *input = data;
	struct kiosk_device *device = calloc(1, sizeof(*device));
	const char *configured = configured_output(input->kiosk->config, input_device);
	char *copy = configured != NULL ? strdup(configured) : NULL;
	if (device == NULL || (configured != NULL && copy == NULL)) {
		log_error("%s: out of memory, it is left alone", input_device_identity(input_device)->name);
		free(device);
		free(copy);
		return;
	}
	device->device = input_device;
	device->configured = copy;
	device->output = NOT_CHOSEN;
	input_device_set_data(input_device, device);
	wl_list_insert(input->devices.prev, &device->link);
	choose_output(input, device);
	update_capabilities(input);
}

static void handle_removed(void *data, struct input_device *input_device) {
	struct kiosk_device *device = input_device_data(input_device);
	if (device != NULL) {
		calibration_forget(((struct kiosk_input *)data)->kiosk, input_device);
		wl_list_remove(&device->link);
		free(device->configured);
		free(device);
		update_capabilities(data);
	}
}

// ---- Events ----

// Where on an output the device was touched. False: on the bars beside a mirrored picture; the place is
// the next one within.
static bool find_place(struct kiosk_input *input, const struct kiosk_device *device, double u,
	double v, struct seat_place *place) {
	*place = (struct seat_place){0};
	if (device->output < 0) {
		return false;
	}
	const struct kiosk_output *output = input->kiosk->outputs[device->output];
	place->output = output->source != NULL ? output->source->wayland : output->wayland;
	return input_map_point(&device->map, u, v, &place->x, &place->y);
}

static void report_motion(struct kiosk_input *input, const struct kiosk_device *device,
	const struct input_report *report) {
	struct seat_motion motion = {.time_us = report->time_us};
	if (report->type == INPUT_MOTION) {
		motion.relative = true;
		motion.dx = report->motion.dx;
		motion.dy = report->motion.dy;
		motion.raw_dx = report->motion.raw_dx;
		motion.raw_dy = report->motion.raw_dy;
	} else {
		find_place(input, device, report->position.x, report->position.y, &motion.to);
	}
	seat_notify_motion(input->seat, &motion);
}

static void report_axis(struct kiosk_input *input, const struct input_report *report) {
	static const enum wl_pointer_axis_source sources[] = {
		[INPUT_AXIS_WHEEL] = WL_POINTER_AXIS_SOURCE_WHEEL,
		[INPUT_AXIS_FINGER] = WL_POINTER_AXIS_SOURCE_FINGER,
		[INPUT_AXIS_CONTINUOUS] = WL_POINTER_AXIS_SOURCE_CONTINUOUS,
	};
	seat_notify_axis(input->seat,
		&(struct seat_axis){
			.time_us = report->time_us,
			.axis = report->axis.horizontal ? WL_POINTER_AXIS_HORIZONTAL_SCROLL
											: WL_POINTER_AXIS_VERTICAL_SCROLL,
			.source = sources[report->axis.source],
			.inverted = report->axis.inverted,
			.value = report->axis.value,
			.v120 = report->axis.v120,
		});
}

static void report_gesture(struct kiosk_input *input, const struct input_report *report) {
	static const enum seat_gesture_type types[] = {
		[INPUT_SWIPE] = SEAT_GESTURE_SWIPE,
		[INPUT_PINCH] = SEAT_GESTURE_PINCH,
		[INPUT_HOLD] = SEAT_GESTURE_HOLD,
	};
	static const enum seat_gesture_phase phases[] = {
		[INPUT_GESTURE_BEGIN] = SEAT_GESTURE_BEGIN,
		[INPUT_GESTURE_UPDATE] = SEAT_GESTURE_UPDATE,
		[INPUT_GESTURE_END] = SEAT_GESTURE_END,
	};
	seat_notify_gesture(input->seat,
		&(struct seat_gesture){
			.time_us = report->time_us,
			.type = types[report->gesture.type],
			.phase = phases[report->gesture.phase],
			.fingers = (unsigned)report->gesture.fingers,
			.dx = report->gesture.dx,
			.dy = report->gesture.dy,
			.scale = report->gesture.scale,
			.rotation = report->gesture.rotation,
			.cancelled = report->gesture.cancelled,
		});
}

static void report_touch(struct kiosk_input *input, const struct kiosk_device *device,
	const struct input_report *report) {
	struct seat_touch touch = {.time_us = report->time_us, .id = report->touch.id};
	bool inside = false;
	if (report->type == INPUT_TOUCH_DOWN || report->type == INPUT_TOUCH_MOTION) {
		inside = find_place(input, device, report->touch.x, report->touch.y, &touch.at);
	}
	switch (report->type) {
	case INPUT_TOUCH_DOWN:
		if (touch.at.output == NULL) {
			break;
		}
		if (!inside) {
			touch.at = (struct seat_place){0}; // hits nothing, but wakes, and closes menus
		}
		seat_notify_touch_down(input->seat, &touch);
		break;
	case INPUT_TOUCH_MOTION:
		seat_notify_touch_motion(input->seat, &touch);
		break;
	case INPUT_TOUCH_UP:
		seat_notify_touch_up(input->seat, &touch);
		break;
	default:
		seat_notify_touch_cancel(input->seat, touch.id);
	}
}

static void handle_report(void *data, const struct input_report *report) {
	struct kiosk_input *input = data;
	const struct kiosk_device *device = input_device_data(report->device);
	if (device == NULL || (input->tap != NULL && input->tap(input->tap_data, report))) {
		return;
	}
	switch (report->type) {
	case INPUT_KEY:
		seat_notify_key(input->seat,
			&(struct seat_key){report->time_us, report->key.code, report->key.pressed});
		break;
	case INPUT_BUTTON:
		seat_notify_button(input->seat,
			&(struct seat_button){report->time_us, report->key.code, report->key.pressed});
		break;
	case INPUT_MOTION:
	case INPUT_POSITION:
		report_motion(input, device, report);
		break;
	case INPUT_AXIS:
		report_axis(input, report);
		break;
	case INPUT_GESTURE:
		report_gesture(input, report);
		break;
	case INPUT_POINTER_FRAME:
		seat_notify_pointer_frame(input->seat);
		break;
	case INPUT_TOUCH_FRAME:
		seat_notify_touch_frame(input->seat);
		break;
	default:
		report_touch(input, device, report);
	}
}

void kiosk_input_set_tap(struct kiosk_input *input,
	bool (*tap)(void *data, const struct input_report *report), void *data) {
	input->tap = tap;
	input->tap_data = data;
}

static void handle_leds(void *data, uint32_t leds) {
	struct kiosk_input *input = data;
	if (input->input != NULL) {
		input_set_leds(input->input, leds);
	}
}

// ---- For status ----

struct input_device *kiosk_input_next(
	const struct kiosk_input *input, const struct input_device *after, int *output) {
	const struct kiosk_device *before = after != NULL ? input_device_data(after) : NULL;
	const struct wl_list *link = before != NULL ? before->link.next : input->devices.next;
	if (link == &input->devices) {
		return NULL;
	}
	struct kiosk_device *device = wl_container_of(link, device, link);
	*output = has_place(input_device_identity(device->device)) ? device->output : -1;
	return device->device;
}

// ---- Life ----

static bool set_keymap(struct seat *seat, const struct config_keyboard *keyboard) {
	const struct keymap_names names = {
		keyboard->model, keyboard->layout, keyboard->variant, keyboard->options};
	struct xkb_keymap *keymap = keymap_compile(&names);
	bool ok = keymap != NULL && seat_set_keymap(seat, keymap);
	xkb_keymap_unref(keymap);
	return ok;
}

struct kiosk_input *kiosk_input_create(struct kiosk *kiosk) {
	static const struct input_handler handler = {
		.configure = handle_configure,
		.added = handle_added,
		.removed = handle_removed,
		.report = handle_report,
	};
	struct kiosk_input *input = calloc(1, sizeof(*input));
	if (input == NULL) {
		return NULL;
	}
	const struct config *config = kiosk->config;
	input->kiosk = kiosk;
	input->seat = wayland_server_seat(kiosk->server);
	wl_list_init(&input->devices);
	if (!set_keymap(input->seat, &config->keyboard)) {
		log_error("no keymap can be made: keys will mean nothing; is xkb-data installed?");
	}
	seat_set_repeat(input->seat, config->keyboard.repeat_rate, config->keyboard.repeat_delay);
	seat_set_cursor_timeout(input->seat, config->cursor.hide_after);
	char error[256];
	input->input = input_create(
		kiosk_loop(kiosk), kiosk->session, kiosk->config->keys.grab != 0, &handler, input, error);
	if (input->input == NULL) {
		log_error("%s", error);
	} else {
		log_debug("input devices are opened by %s", session_kind(kiosk->session));
		seat_set_leds_handler(input->seat, handle_leds, input);
	}
	return input;
}

// ---- Reload ----

// Where touch screens and tablets lie, as the configuration of now and the outputs have it.
static void choose_outputs(struct kiosk_input *input) {
	struct kiosk_device *device;
	wl_list_for_each(device, &input->devices, link) {
		const char *configured = configured_output(input->kiosk->config, device->device);
		char *copy = configured != NULL ? strdup(configured) : NULL;
		if (configured == NULL || copy != NULL) { // else the former one has to do
			free(device->configured);
			device->configured = copy;
		}
		choose_output(input, device);
	}
}

static void reload_keyboard(struct kiosk_input *input, const struct config_keyboard *before) {
	const struct config_keyboard *keyboard = &input->kiosk->config->keyboard;
	bool same = true;
	for (size_t k = 0; k < config_n_keys; k++) {
		const struct config_key *key = &config_keys[k];
		if (key->section == CONFIG_KEYBOARD && key->type == CONFIG_TEXT) {
			same = same &&
				config_equal(
					key, (const char *)before + key->offset, (const char *)keyboard + key->offset);
		}
	}
	if (!same && !set_keymap(input->seat, keyboard)) {
		log_error("no keymap can be made: the former one goes on");
	}
	if (keyboard->repeat_rate != before->repeat_rate ||
		keyboard->repeat_delay != before->repeat_delay) {
		seat_set_repeat(input->seat, keyboard->repeat_rate, keyboard->repeat_delay);
	}
}

void kiosk_input_outputs_changed(struct kiosk_input *input) {
	choose_outputs(input);
}

void kiosk_input_reload(
	struct kiosk_input *input, const struct config *before, bool outputs_changed) {
	const struct config *config = input->kiosk->config;
	reload_keyboard(input, &before->keyboard);
	if (config->cursor.hide_after != before->cursor.hide_after) {
		seat_set_cursor_timeout(input->seat, config->cursor.hide_after);
	}
	bool devices_changed = config_section_changed(before, config, CONFIG_INPUT);
	if (input->input != NULL) {
		input_set_grab(input->input, config->keys.grab != 0);
	}
	if (input->input != NULL && devices_changed) {
		input_configure(input->input);
	}
	if (devices_changed || outputs_changed) {
		choose_outputs(input);
	}
}

void kiosk_input_destroy(struct kiosk_input *input) {
	if (input == NULL) {
		return;
	}
	calibration_forget(input->kiosk, NULL);
	seat_set_leds_handler(input->seat, NULL, NULL);
	input_destroy(input->input);
	struct kiosk_device *device, *next;
	wl_list_for_each_safe(device, next, &input->devices, link) {
		free(device->configured);
		free(device);
	}
	free(input);
}
