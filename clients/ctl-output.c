// SPDX-License-Identifier: MIT
// vitrinectl output: lists displays, and arranges them.
#include <errno.h>
#include <json.h>
#include <stdio.h>
#include <string.h>

#include "ctl-table.h"
#include "ctl.h"
#include "shared/display.h"
#include "shared/report.h"
#include "vitrine-control-v1-client-protocol.h"

// The display on the connector; NULL: reported.
static struct json_object *find_display(struct json_object *status, const char *name) {
	struct json_object *displays, *connector;
	json_object_object_get_ex(status, "displays", &displays);
	for (size_t i = 0; displays && i < json_object_array_length(displays); i++) {
		struct json_object *display = json_object_array_get_idx(displays, i);
		if (json_object_object_get_ex(display, "connector", &connector) &&
			strcmp(json_object_get_string(connector), name) == 0) {
			return display;
		}
	}
	client_report("there is no connector %s: 'vitrinectl output' lists them", name);
	return NULL;
}

static bool print(struct json_object *status, const struct ctl_options *options) {
	struct json_object *which = NULL;
	if (options->output[0] != '\0') {
		which = find_display(status, options->output);
		if (!which) {
			return false;
		}
	} else if (options->json) {
		json_object_object_get_ex(status, "displays", &which);
	}
	if (options->json) {
		printf("%s\n",
			json_object_to_json_string_ext(which,
				JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					JSON_C_TO_STRING_NOSLASHESCAPE));
	} else if (which) {
		ctl_table_print_modes(stdout, status, which);
	} else {
		ctl_table_print_displays(stdout, status);
	}
	if (fflush(stdout) != 0) {
		client_report("cannot write to standard output: %s", strerror(errno));
		return false;
	}
	return true;
}

static int list(struct client_display *display, const struct ctl_options *options) {
	struct json_object *status = ctl_status_fetch(display);
	bool ok = status && print(status, options);
	json_object_put(status);
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}

static int change(struct client_display *display, const struct ctl_options *options) {
	const struct ctl_change *change = &options->change;
	if (!ctl_knows(display, VITRINE_CONTROL_V1_CHANGE_OUTPUT_SINCE_VERSION)) {
		return CLIENT_EXIT_FAILURE;
	}
	struct vitrine_output_change_v1 *request =
		vitrine_control_v1_change_output(display->control, options->output);
	if (!request) {
		client_report("out of memory");
		return CLIENT_EXIT_FAILURE;
	}
	if (change->enabled != CTL_POWER_KEEP) {
		vitrine_output_change_v1_set_enabled(request, change->enabled == CTL_POWER_ON);
	}
	if (change->has_mode) {
		vitrine_output_change_v1_set_mode(
			request, change->width, change->height, change->refresh_mhz);
	}
	if (change->rotate || change->flip) {
		vitrine_output_change_v1_set_transform(request, change->quarters | (change->flip ? 4 : 0));
	}
	if (change->scale != 0) {
		vitrine_output_change_v1_set_scale(request, wl_fixed_from_double(change->scale));
	}
	if (change->has_position) {
		vitrine_output_change_v1_set_position(request, change->x, change->y);
	}
	int status = ctl_reply(display,
		change->test ? vitrine_output_change_v1_test(request)
					 : vitrine_output_change_v1_apply(request));
	vitrine_output_change_v1_destroy(request);
	return status;
}

int ctl_output(struct client_display *display, const struct ctl_options *options) {
	bool empty = ctl_change_is_empty(&options->change);
	if (empty && options->power == CTL_POWER_KEEP) {
		return list(display, options);
	}
	int status = empty ? CLIENT_EXIT_OK : change(display, options);
	if (status == CLIENT_EXIT_OK && options->power != CTL_POWER_KEEP) {
		status = ctl_reply(display,
			vitrine_control_v1_set_power(
				display->control, options->output, options->power == CTL_POWER_ON));
	}
	return status;
}
