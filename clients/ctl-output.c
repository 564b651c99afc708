// SPDX-License-Identifier: MIT
// vitrinectl output: changes an output.
#include <stdbool.h>

#include "ctl.h"
#include "shared/display.h"
#include "shared/report.h"
#include "vitrine-control-v1-client-protocol.h"

struct answer {
	bool came, ok;
};

static void handle_done(void *data, struct vitrine_reply_v1 *reply) {
	(void)reply;
	struct answer *answer = data;
	answer->came = answer->ok = true;
}

static void handle_failed(void *data, struct vitrine_reply_v1 *reply, const char *reason) {
	(void)reply;
	struct answer *answer = data;
	answer->came = true;
	client_report("%s", reason);
}

static const struct vitrine_reply_v1_listener listener = {
	.done = handle_done,
	.failed = handle_failed,
};

int ctl_output(struct client_display *display, const struct ctl_options *options) {
	struct answer answer = {0};
	struct vitrine_reply_v1 *reply = vitrine_control_v1_set_power(
		display->control, options->output, options->power == CTL_POWER_ON);
	if (!reply) {
		client_report("out of memory");
		return CLIENT_EXIT_FAILURE;
	}
	vitrine_reply_v1_add_listener(reply, &listener, &answer);
	bool heard = client_display_roundtrip(display);
	vitrine_reply_v1_destroy(reply);
	return heard && answer.came && answer.ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}
