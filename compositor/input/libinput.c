// SPDX-License-Identifier: MIT
// All devices: libinput's context, and what comes and goes.
#include <errno.h>
#include <libudev.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "input/internal.h"

// A device that one can type on.
static bool has_letters(int fd) {
	uint8_t keys[(KEY_CNT + 7) / 8] = {0};
	static const int letters[] = {KEY_A, KEY_E, KEY_N, KEY_Z, KEY_SPACE};
	if (ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(keys)), keys) < 0) {
		return false;
	}
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (!(keys[letters[i] / 8] & 1u << letters[i] % 8)) {
			return false;
		}
	}
	return true;
}

static int open_restricted(const char *path, int flags, void *data) {
	struct input *input = data;
	int fd = session_open(input->session, path, flags);
	if (fd < 0) {
		log_warning("%s: %s; it is left alone", path,
			fd == -EACCES ? "no permission: its user needs the group input, or a seat daemon"
						  : strerror(-fd));
	} else if (has_letters(fd)) {
		if (input->grab && ioctl(fd, EVIOCGRAB, 1) != 0) {
			log_warning(
				"%s: another program has this keyboard for itself: %s", path, strerror(errno));
		}
		if (input->n_keyboards < INPUT_MAX_KEYBOARDS) {
			input->keyboards[input->n_keyboards++] = fd;
		}
	}
	return fd;
}

static void close_restricted(int fd, void *data) {
	struct input *input = data;
	for (int i = 0; i < input->n_keyboards; i++) {
		if (input->keyboards[i] == fd) {
			input->keyboards[i] = input->keyboards[--input->n_keyboards];
		}
	}
	session_close(input->session, fd);
}

static void handle_log(struct libinput *libinput, enum libinput_log_priority priority,
	const char *format, va_list args) {
	(void)libinput;
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (priority >= LIBINPUT_LOG_PRIORITY_ERROR) {
		log_warning("libinput: %s", line);
	} else {
		log_debug("libinput: %s", line);
	}
}

// ---- Devices ----

static void add_device(struct input *input, struct libinput_device *libinput) {
	struct input_device *device = device_create(input, libinput);
	if (device == NULL) {
		log_error("%s: out of memory, it is left alone", libinput_device_get_name(libinput));
		return;
	}
	const struct input_identity *identity = &device->identity;
	log_info("input device %s (%s, %04x:%04x)%s", identity->name, identity->node, identity->vendor,
		identity->product, device->enabled ? "" : ": not enabled");
	if (device->enabled) {
		libinput_device_led_update(libinput, (enum libinput_led)input->leds);
		input->handler.added(input->data, device);
	}
}

static void remove_device(struct input_device *device) {
	struct input *input = device->input;
	log_info("input device %s (%s) is gone", device->identity.name, device->identity.node);
	event_release_all(device);
	if (device->enabled) {
		input->handler.removed(input->data, device);
	}
	device_destroy(device);
}

static void handle_event(struct input *input, struct libinput_event *event) {
	struct libinput_device *libinput = libinput_event_get_device(event);
	struct input_device *device = libinput_device_get_user_data(libinput);
	switch (libinput_event_get_type(event)) {
	case LIBINPUT_EVENT_DEVICE_ADDED:
		add_device(input, libinput);
		break;
	case LIBINPUT_EVENT_DEVICE_REMOVED:
		if (device != NULL) {
			remove_device(device);
		}
		break;
	default:
		if (device != NULL && device->enabled) {
			event_translate(device, event);
		}
	}
}

static void dispatch(struct input *input) {
	int rc = libinput_dispatch(input->libinput);
	if (rc != 0) {
		log_warning("reading input devices failed: %s", strerror(-rc));
	}
	struct libinput_event *event;
	while ((event = libinput_get_event(input->libinput)) != NULL) {
		handle_event(input, event);
		libinput_event_destroy(event);
	}
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	dispatch(data);
	return 0;
}

// Devices that were found on creation wait in libinput's queue, whose file is not readable for them.
static void handle_first(void *data) {
	struct input *input = data;
	input->first = NULL;
	dispatch(input);
}

// What libinput is given is opened at once, and left alone if that fails: not before the session is in front.
static bool assign_seat(struct input *input) {
	input->assigned = libinput_udev_assign_seat(input->libinput, session_seat(input->session)) == 0;
	return input->assigned;
}

static void handle_session(struct session_listener *listener, bool active) {
	struct input *input = wl_container_of(listener, input, session_listener);
	if (!active) {
		libinput_suspend(input->libinput);
	} else if (!input->assigned) {
		if (!assign_seat(input)) {
			log_error("input devices cannot be listed: is udev running?");
		}
	} else if (libinput_resume(input->libinput) != 0) {
		log_error("input devices cannot be opened again");
	}
	dispatch(input);
}

void input_set_leds(struct input *input, uint32_t leds) {
	static const enum libinput_led lights[] = {
		LIBINPUT_LED_NUM_LOCK, LIBINPUT_LED_CAPS_LOCK, LIBINPUT_LED_SCROLL_LOCK};
	input->leds = 0;
	for (unsigned i = 0; i < sizeof(lights) / sizeof(lights[0]); i++) {
		input->leds |= (leds & 1u << i) != 0 ? (uint32_t)lights[i] : 0;
	}
	struct input_device *device;
	wl_list_for_each(device, &input->devices, link) {
		libinput_device_led_update(device->libinput, (enum libinput_led)input->leds);
	}
}

void input_configure(struct input *input) {
	struct input_device *device;
	wl_list_for_each(device, &input->devices, link) {
		device_configure(device);
	}
}

void input_set_grab(struct input *input, bool grab) {
	if (grab == input->grab) {
		return;
	}
	input->grab = grab;
	for (int i = 0; i < input->n_keyboards; i++) {
		if (ioctl(input->keyboards[i], EVIOCGRAB, grab) != 0) {
			log_warning("a keyboard cannot be %s the console: %s",
				grab ? "taken from" : "given back to", strerror(errno));
		}
	}
}

// ---- Life ----

static bool init(struct input *input, char error[256]) {
	static const struct libinput_interface interface = {
		.open_restricted = open_restricted,
		.close_restricted = close_restricted,
	};
	input->udev = udev_new();
	input->libinput =
		input->udev != NULL ? libinput_udev_create_context(&interface, input, input->udev) : NULL;
	if (input->libinput == NULL) {
		snprintf(error, 256, "input: out of memory");
		return false;
	}
	libinput_log_set_handler(input->libinput, handle_log);
	libinput_log_set_priority(input->libinput, LIBINPUT_LOG_PRIORITY_INFO);
	input->session_listener.changed = handle_session;
	session_add_listener(input->session, &input->session_listener);
	if (session_is_active(input->session) && !assign_seat(input)) {
		snprintf(error, 256, "input devices of %.32s cannot be listed: is udev running?",
			session_seat(input->session));
		return false;
	}
	input->event = wl_event_loop_add_fd(
		input->loop, libinput_get_fd(input->libinput), WL_EVENT_READABLE, handle_readable, input);
	input->first = wl_event_loop_add_idle(input->loop, handle_first, input);
	if (input->event == NULL || input->first == NULL) {
		snprintf(error, 256, "input: out of memory");
		return false;
	}
	return true;
}

struct input *input_create(struct wl_event_loop *loop, struct session *session, bool grab,
	const struct input_handler *handler, void *data, char error[256]) {
	struct input *input = calloc(1, sizeof(*input));
	if (input == NULL) {
		snprintf(error, 256, "input: out of memory");
		return NULL;
	}
	input->handler = *handler;
	input->data = data;
	input->loop = loop;
	input->session = session;
	input->grab = grab;
	wl_list_init(&input->session_listener.link);
	wl_list_init(&input->devices);
	if (!init(input, error)) {
		input_destroy(input);
		return NULL;
	}
	return input;
}

void input_destroy(struct input *input) {
	if (input == NULL) {
		return;
	}
	session_remove_listener(&input->session_listener);
	if (input->event != NULL) {
		wl_event_source_remove(input->event);
	}
	if (input->first != NULL) {
		wl_event_source_remove(input->first);
	}
	struct input_device *device, *next;
	wl_list_for_each_safe(device, next, &input->devices, link) {
		device_destroy(device);
	}
	if (input->libinput != NULL) {
		libinput_unref(input->libinput);
	}
	if (input->udev != NULL) {
		udev_unref(input->udev);
	}
	free(input);
}
