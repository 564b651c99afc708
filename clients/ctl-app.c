// SPDX-License-Identifier: MIT
// vitrinectl app: lists apps, starts and ends them.
#include <errno.h>
#include <json.h>
#include <string.h>

#include "ctl-table.h"
#include "ctl.h"
#include "shared/display.h"
#include "shared/report.h"
#include "vitrine-control-v1-client-protocol.h"

static int list(struct client_display *display) {
	struct json_object *status = ctl_status_fetch(display);
	if (!status) {
		return CLIENT_EXIT_FAILURE;
	}
	ctl_table_print_apps(stdout, status);
	bool ok = fflush(stdout) == 0;
	if (!ok) {
		client_report("cannot write to standard output: %s", strerror(errno));
	}
	json_object_put(status);
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}

int ctl_app(struct client_display *display, const struct ctl_options *options) {
	if (!options->app) {
		return list(display);
	}
	if (vitrine_control_v1_get_version(display->control) < VITRINE_CONTROL_V1_APP_SINCE_VERSION) {
		client_report(
			"the running vitrine is older than vitrinectl and cannot do that: restart it");
		return CLIENT_EXIT_FAILURE;
	}
	return ctl_reply(
		display, vitrine_control_v1_app(display->control, options->app, options->action));
}
