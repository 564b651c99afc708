// SPDX-License-Identifier: MIT
// What comes of a request that changes something.
#include <stdbool.h>
#include <stdio.h>

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

static void handle_problem(void *data, struct vitrine_reply_v1 *reply, const char *text) {
	(void)data;
	(void)reply;
	client_report("%s", text);
}

static void handle_note(void *data, struct vitrine_reply_v1 *reply, const char *text) {
	(void)data;
	(void)reply;
	printf("%s\n", text);
}

static const struct vitrine_reply_v1_listener listener = {
	.done = handle_done,
	.failed = handle_failed,
	.problem = handle_problem,
	.note = handle_note,
};

bool ctl_knows(struct client_display *display, uint32_t since) {
	if (vitrine_control_v1_get_version(display->control) >= since) {
		return true;
	}
	client_report("the vitrine that runs is older than vitrinectl and cannot do that: restart it");
	return false;
}

int ctl_reply(struct client_display *display, struct vitrine_reply_v1 *reply) {
	if (!reply) {
		client_report("out of memory");
		return CLIENT_EXIT_FAILURE;
	}
	struct answer answer = {0};
	vitrine_reply_v1_add_listener(reply, &listener, &answer);
	bool heard = client_display_roundtrip(display);
	vitrine_reply_v1_destroy(reply);
	return heard && answer.came && answer.ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}

int ctl_reload(struct client_display *display) {
	return ctl_knows(display, VITRINE_CONTROL_V1_RELOAD_SINCE_VERSION)
		? ctl_reply(display, vitrine_control_v1_reload(display->control))
		: CLIENT_EXIT_FAILURE;
}

int ctl_session(struct client_display *display, const struct ctl_options *options) {
	return ctl_knows(display, VITRINE_CONTROL_V1_SWITCH_SESSION_SINCE_VERSION)
		? ctl_reply(display, vitrine_control_v1_switch_session(display->control, options->session))
		: CLIENT_EXIT_FAILURE;
}
