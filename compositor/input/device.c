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

static void apply_switches(struct input_device *device, const struct input_settings *settings) {
	struct libinput_device *libinput = device->libinput;
	if (settings->tap >= 0) {
		enum libinput_config_status status = libinput_device_config_tap_set_enabled(
			libinput, settings->tap ? LIBINPUT_CONFIG_TAP_ENABLED : LIBINPUT_CONFIG_TAP_DISABLED);
		check(device, "tap", status, libinput_device_config_tap_get_finger_count(libinput) > 0);
	}
	if (settings->natural_scroll >= 0) {
		enum libinput_config_status status =
			libinput_device_config_scroll_set_natural_scroll_enabled(
				libinput, settings->natural_scroll);
		check(device, "natural-scroll", status,
			libinput_device_config_scroll_has_natural_scroll(libinput));
	}
	if (settings->left_handed >= 0) {
		enum libinput_config_status status =
			libinput_device_config_left_handed_set(libinput, settings->left_handed);
		check(device, "left-handed", status,
			libinput_device_config_left_handed_is_available(libinput));
	}
	device->natural_scroll = libinput_device_config_scroll_get_natural_scroll_enabled(libinput);
}

static void apply(struct input_device *device, const struct input_settings *settings) {
	struct libinput_device *libinput = device->libinput;
	bool accelerates = libinput_device_config_accel_is_available(libinput) != 0;
	apply_switches(device, settings);
	if (settings->accel_profile >= 0) {
		enum libinput_config_status status = libinput_device_config_accel_set_profile(libinput,
			settings->accel_profile == 0 ? LIBINPUT_CONFIG_ACCEL_PROFILE_FLAT
										 : LIBINPUT_CONFIG_ACCEL_PROFILE_ADAPTIVE);
		check(device, "accel-profile", status, accelerates);
	}
	if (!isnan(settings->accel_speed)) {
		enum libinput_config_status status =
			libinput_device_config_accel_set_speed(libinput, settings->accel_speed);
		check(device, "accel-speed", status, accelerates);
	}
	if (settings->has_calibration) {
		enum libinput_config_status status =
			libinput_device_config_calibration_set_matrix(libinput, settings->calibration);
		check(device, "calibration-matrix", status,
			libinput_device_config_calibration_has_matrix(libinput));
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
	struct input_settings settings = {
		.enabled = true,
		.tap = -1,
		.natural_scroll = -1,
		.left_handed = -1,
		.accel_profile = -1,
		.accel_speed = NAN,
	};
	input->handler.configure(input->data, device, &settings);
	device->enabled = settings.enabled;
	if (!device->enabled) {
		libinput_device_config_send_events_set_mode(libinput, LIBINPUT_CONFIG_SEND_EVENTS_DISABLED);
	}
	apply(device, &settings);
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
