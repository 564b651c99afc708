// SPDX-License-Identifier: MIT
// One device: what it is, and how it behaves.
#include <errno.h>
#include <libudev.h>
#include <linux/input.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "input/internal.h"

const struct input_identity *input_device_identity(const struct input_device *device) {
	return &device->identity;
}

void input_device_calibration(const struct input_device *device, float matrix[6]) {
	// Without one libinput writes the identity and returns 0.
	libinput_device_config_calibration_get_matrix(device->libinput, matrix);
}

const char *input_device_property(const struct input_device *device, const char *name) {
	return device->udev != NULL ? udev_device_get_property_value(device->udev, name) : NULL;
}

void *input_device_data(const struct input_device *device) {
	return device->data;
}

void input_device_set_data(struct input_device *device, void *data) {
	device->data = data;
}

// ---- What it is ----

// The lowest word of a bitmap in sysfs, which is written last.
static unsigned long lowest_word(struct udev_device *parent, const char *attribute) {
	const char *text = parent != NULL ? udev_device_get_sysattr_value(parent, attribute) : NULL;
	const char *last = text != NULL ? strrchr(text, ' ') : NULL;
	return text != NULL ? strtoul(last != NULL ? last : text, NULL, 16) : 0;
}

static uint16_t bus_of(struct udev_device *parent) {
	const char *text = parent != NULL ? udev_device_get_sysattr_value(parent, "id/bustype") : NULL;
	return text != NULL ? (uint16_t)strtoul(text, NULL, 16) : 0;
}

// libinput takes for a pointer what has buttons of one. Without axes to move it by nothing would ever
// come of it, and the kernel gives every HDMI-CEC remote such axes (rc-main.c): neither is one.
static bool is_pointer(const struct input_device *device, struct udev_device *parent) {
	const unsigned long rel_xy = 1ul << REL_X | 1ul << REL_Y, abs_xy = 1ul << ABS_X | 1ul << ABS_Y;
	return libinput_device_has_capability(device->libinput, LIBINPUT_DEVICE_CAP_POINTER) &&
		device->identity.bus != BUS_CEC &&
		((lowest_word(parent, "capabilities/rel") & rel_xy) == rel_xy ||
			(lowest_word(parent, "capabilities/abs") & abs_xy) == abs_xy);
}

static void identify(struct input_device *device) {
	struct libinput_device *libinput = device->libinput;
	struct input_identity *identity = &device->identity;
	device->udev = libinput_device_get_udev_device(libinput);
	struct udev_device *parent = device->udev != NULL
		? udev_device_get_parent_with_subsystem_devtype(device->udev, "input", NULL)
		: NULL;
	*identity = (struct input_identity){
		.name = libinput_device_get_name(libinput),
		.node = libinput_device_get_sysname(libinput),
		.bus = bus_of(parent),
		.vendor = (uint16_t)libinput_device_get_id_vendor(libinput),
		.product = (uint16_t)libinput_device_get_id_product(libinput),
	};
	if (libinput_device_has_capability(libinput, LIBINPUT_DEVICE_CAP_KEYBOARD)) {
		identity->kinds |= INPUT_KIND_KEYBOARD;
	}
	if (is_pointer(device, parent)) {
		identity->kinds |= INPUT_KIND_POINTER;
	}
	if (libinput_device_has_capability(libinput, LIBINPUT_DEVICE_CAP_TOUCH)) {
		identity->kinds |= INPUT_KIND_TOUCH;
	}
	if (libinput_device_has_capability(libinput, LIBINPUT_DEVICE_CAP_TABLET_TOOL)) {
		identity->kinds |= INPUT_KIND_TABLET;
	}
	if (libinput_device_get_size(libinput, &identity->width_mm, &identity->height_mm) != 0) {
		identity->width_mm = identity->height_mm = 0;
	}
}

// ---- How it behaves ----

static void check(const struct input_device *device, const char *what,
	enum libinput_config_status status, bool asked) {
	if (asked && status != LIBINPUT_CONFIG_STATUS_SUCCESS) {
		log_warning("%s: %s cannot be set: %s", device->identity.name, what,
			libinput_config_status_to_str(status));
	}
}

// What is not set is what the device has by itself: it may have been set before.
static void apply_switches(struct input_device *device, const struct input_settings *settings) {
	struct libinput_device *libinput = device->libinput;
	bool taps = libinput_device_config_tap_get_finger_count(libinput) > 0;
	check(device, "tap",
		libinput_device_config_tap_set_enabled(libinput,
			settings->tap < 0   ? libinput_device_config_tap_get_default_enabled(libinput)
				: settings->tap ? LIBINPUT_CONFIG_TAP_ENABLED
								: LIBINPUT_CONFIG_TAP_DISABLED),
		settings->tap >= 0 && taps);
	check(device, "natural-scroll",
		libinput_device_config_scroll_set_natural_scroll_enabled(libinput,
			settings->natural_scroll < 0
				? libinput_device_config_scroll_get_default_natural_scroll_enabled(libinput)
				: settings->natural_scroll),
		settings->natural_scroll >= 0 &&
			libinput_device_config_scroll_has_natural_scroll(libinput));
	check(device, "left-handed",
		libinput_device_config_left_handed_set(libinput,
			settings->left_handed < 0 ? libinput_device_config_left_handed_get_default(libinput)
									  : settings->left_handed),
		settings->left_handed >= 0 && libinput_device_config_left_handed_is_available(libinput));
	device->natural_scroll = libinput_device_config_scroll_get_natural_scroll_enabled(libinput);
}

static void apply_acceleration(struct input_device *device, const struct input_settings *settings) {
	struct libinput_device *libinput = device->libinput;
	if (libinput_device_config_accel_is_available(libinput) == 0) {
		return;
	}
	check(device, "accel-profile",
		libinput_device_config_accel_set_profile(libinput,
			settings->accel_profile < 0 ? libinput_device_config_accel_get_default_profile(libinput)
				: settings->accel_profile == 0 ? LIBINPUT_CONFIG_ACCEL_PROFILE_FLAT
											   : LIBINPUT_CONFIG_ACCEL_PROFILE_ADAPTIVE),
		settings->accel_profile >= 0);
	check(device, "accel-speed",
		libinput_device_config_accel_set_speed(libinput,
			isnan(settings->accel_speed) ? libinput_device_config_accel_get_default_speed(libinput)
										 : settings->accel_speed),
		!isnan(settings->accel_speed));
}

static void apply(struct input_device *device) {
	struct libinput_device *libinput = device->libinput;
	const struct input_settings *settings = &device->settings;
	apply_switches(device, settings);
	apply_acceleration(device, settings);
	float matrix[6];
	libinput_device_config_calibration_get_default_matrix(libinput, matrix);
	check(device, "calibration-matrix",
		libinput_device_config_calibration_set_matrix(
			libinput, settings->has_calibration ? settings->calibration : matrix),
		settings->has_calibration && libinput_device_config_calibration_has_matrix(libinput));
}

static bool is_same(const struct input_settings *a, const struct input_settings *b) {
	bool same = a->enabled == b->enabled && a->tap == b->tap &&
		a->natural_scroll == b->natural_scroll && a->left_handed == b->left_handed &&
		a->accel_profile == b->accel_profile && a->has_calibration == b->has_calibration &&
		(a->accel_speed == b->accel_speed || (isnan(a->accel_speed) && isnan(b->accel_speed)));
	for (int i = 0; same && a->has_calibration && i < 6; i++) {
		same = a->calibration[i] == b->calibration[i];
	}
	return same;
}

// What the handler wants of the device now. True if that is new.
static bool ask_settings(struct input_device *device) {
	struct input *input = device->input;
	struct input_settings settings = {
		.enabled = true,
		.tap = -1,
		.natural_scroll = -1,
		.left_handed = -1,
		.accel_profile = -1,
		.accel_speed = NAN,
	};
	input->handler.configure(input->data, device, &settings);
	bool changed = !is_same(&settings, &device->settings);
	device->settings = settings;
	return changed;
}

static void enable(struct input_device *device) {
	libinput_device_config_send_events_set_mode(device->libinput,
		device->enabled ? LIBINPUT_CONFIG_SEND_EVENTS_ENABLED
						: LIBINPUT_CONFIG_SEND_EVENTS_DISABLED);
}

void device_configure(struct input_device *device) {
	struct input *input = device->input;
	if (!ask_settings(device)) {
		return;
	}
	apply(device);
	if (device->settings.enabled == device->enabled) {
		return;
	}
	log_info("input device %s (%s) is %s", device->identity.name, device->identity.node,
		device->settings.enabled ? "enabled" : "not enabled any more");
	if (device->enabled) {
		event_release_all(device);
		input->handler.removed(input->data, device);
	}
	device->enabled = device->settings.enabled;
	enable(device);
	if (device->enabled) {
		libinput_device_led_update(device->libinput, (enum libinput_led)input->leds);
		input->handler.added(input->data, device);
	}
}

// ---- Life ----

struct input_device *device_create(struct input *input, struct libinput_device *libinput) {
	struct input_device *device = calloc(1, sizeof(*device));
	if (device == NULL) {
		return NULL;
	}
	device->input = input;
	device->libinput = libinput_device_ref(libinput);
	identify(device);
	ask_settings(device);
	device->enabled = device->settings.enabled;
	if (!device->enabled) {
		enable(device);
	}
	apply(device);
	libinput_device_set_user_data(libinput, device);
	wl_list_insert(input->devices.prev, &device->link);
	return device;
}

void device_destroy(struct input_device *device) {
	libinput_device_set_user_data(device->libinput, NULL);
	if (device->udev != NULL) {
		udev_device_unref(device->udev);
	}
	wl_list_remove(&device->link);
	libinput_device_unref(device->libinput);
	free(device);
}
