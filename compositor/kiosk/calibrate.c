// SPDX-License-Identifier: MIT
// vitrine_calibration_v1: the touches of one touch screen, for whoever works out its matrix. One at a time.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "input/input.h"
#include "kiosk/kiosk.h"
#include "vitrine-control-v1-server-protocol.h"

enum {
	UNITS = 1000000, // of a panel's width or height
	MAX_FINGERS = 64,
};

struct calibration {
	struct kiosk *kiosk;
	struct wl_resource *resource;
	const struct input_device *device;
	bool down;
	int32_t id;  // of the finger that counts, while it is down
	double x, y; // sums over its places
	unsigned n;  // places
	// All fingers that went down since it began: those of before are still their app's.
	int32_t fingers[MAX_FINGERS];
	int n_fingers;
};

static void end(struct calibration *calibration) {
	struct kiosk *kiosk = calibration->kiosk;
	if (kiosk->calibration == calibration) {
		kiosk->calibration = NULL;
		kiosk_input_set_tap(kiosk->input, NULL, NULL);
	}
}

static int32_t to_units(double sum, unsigned n) {
	double mean = n > 0 ? sum / n : 0;
	return (int32_t)lround(fmin(fmax(mean, -100), 100) * UNITS);
}

static int find_finger(const struct calibration *calibration, int32_t id) {
	int i = 0;
	while (i < calibration->n_fingers && calibration->fingers[i] != id) {
		i++;
	}
	return i < calibration->n_fingers ? i : -1;
}

static void begin_touch(struct calibration *calibration, const struct input_report *report) {
	if (calibration->n_fingers < MAX_FINGERS) {
		calibration->fingers[calibration->n_fingers++] = report->touch.id;
	}
	if (!calibration->down) {
		calibration->down = true;
		calibration->id = report->touch.id;
		calibration->x = report->touch.x;
		calibration->y = report->touch.y;
		calibration->n = 1;
	}
}

static bool end_touch(struct calibration *calibration, const struct input_report *report) {
	int finger = find_finger(calibration, report->touch.id);
	if (finger < 0) {
		return false;
	}
	calibration->fingers[finger] = calibration->fingers[--calibration->n_fingers];
	if (calibration->down && report->touch.id == calibration->id) {
		calibration->down = false;
		if (report->type == INPUT_TOUCH_UP) {
			vitrine_calibration_v1_send_touch(calibration->resource,
				to_units(calibration->x, calibration->n), to_units(calibration->y, calibration->n));
		}
	}
	return true;
}

static bool handle_report(void *data, const struct input_report *report) {
	struct calibration *calibration = data;
	if (report->device != calibration->device) {
		return false;
	}
	switch (report->type) {
	case INPUT_TOUCH_DOWN:
		kiosk_idle_wake(calibration->kiosk->idle);
		begin_touch(calibration, report);
		return true;
	case INPUT_TOUCH_MOTION:
		if (calibration->down && report->touch.id == calibration->id) {
			calibration->x += report->touch.x;
			calibration->y += report->touch.y;
			calibration->n++;
		}
		return find_finger(calibration, report->touch.id) >= 0;
	case INPUT_TOUCH_UP:
	case INPUT_TOUCH_CANCEL:
		return end_touch(calibration, report);
	default:
		return false;
	}
}

void calibration_forget(struct kiosk *kiosk, const struct input_device *device) {
	struct calibration *calibration = kiosk->calibration;
	if (calibration != NULL && (device == NULL || calibration->device == device)) {
		vitrine_calibration_v1_send_failed(
			calibration->resource, "the touch screen is gone: plug it in and begin anew");
		end(calibration);
	}
}

// NULL with the reason.
static struct input_device *find_device(
	const struct kiosk *kiosk, const char *name, int *output, const char **reason) {
	struct input_device *found = NULL, *device = NULL;
	int at;
	while ((device = kiosk_input_next(kiosk->input, device, &at)) != NULL) {
		const struct input_identity *identity = input_device_identity(device);
		if ((identity->kinds & INPUT_KIND_TOUCH) == 0 ||
			(name[0] != '\0' && strcmp(identity->name, name) != 0)) {
			continue;
		}
		if (found != NULL) {
			*reason = "there are several touch screens: name one of them, as `vitrinectl status` "
					  "lists them, with --device";
			return NULL;
		}
		found = device;
		*output = at;
	}
	if (found == NULL) {
		*reason = name[0] != '\0'
			? "there is no touch screen of that name: `vitrinectl status` lists the input devices"
			: "there is no touch screen: `vitrinectl status` lists the input devices";
	} else if (*output < 0) {
		*reason = "the output that the touch screen is for is not there: connect it, or correct "
				  "its [input] section";
		found = NULL;
	}
	return found;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct vitrine_calibration_v1_interface implementation = {.destroy = handle_destroy};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct calibration *calibration = wl_resource_get_user_data(resource);
	end(calibration);
	free(calibration);
}

static void send_device(struct calibration *calibration, int output) {
	float values[6];
	input_device_calibration(calibration->device, values);
	struct wl_array matrix = {.size = sizeof(values), .data = values};
	vitrine_calibration_v1_send_device(calibration->resource,
		input_device_identity(calibration->device)->name,
		output_pipe(calibration->kiosk->outputs[output]->output)->connector->name, &matrix);
}

void calibration_create(struct kiosk *kiosk, struct wl_client *client, uint32_t version,
	uint32_t id, const char *device) {
	struct calibration *calibration = calloc(1, sizeof(*calibration));
	struct wl_resource *resource = calibration != NULL
		? wl_resource_create(client, &vitrine_calibration_v1_interface, (int)version, id)
		: NULL;
	if (resource == NULL) {
		free(calibration);
		wl_client_post_no_memory(client);
		return;
	}
	calibration->kiosk = kiosk;
	calibration->resource = resource;
	wl_resource_set_implementation(resource, &implementation, calibration, handle_resource_destroy);
	const char *reason = "another calibration is under way: end that one first";
	int output = -1;
	calibration->device =
		kiosk->calibration == NULL ? find_device(kiosk, device, &output, &reason) : NULL;
	if (calibration->device == NULL) {
		vitrine_calibration_v1_send_failed(resource, reason);
		return;
	}
	kiosk->calibration = calibration;
	kiosk_input_set_tap(kiosk->input, handle_report, calibration);
	send_device(calibration, output);
}
