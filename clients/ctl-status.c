// SPDX-License-Identifier: MIT
#include <errno.h>
#include <json.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl-table.h"
#include "ctl.h"
#include "shared/display.h"
#include "shared/report.h"
#include "vitrine-control-v1-client-protocol.h"

struct answer {
	int fd; // -1 until it came
	uint32_t size;
};

static void handle_done(void *data, struct vitrine_status_v1 *status, int32_t fd, uint32_t size) {
	(void)status;
	struct answer *answer = data;
	if (answer->fd >= 0) {
		close(fd);
		return;
	}
	answer->fd = fd;
	answer->size = size;
}

static const struct vitrine_status_v1_listener status_listener = {.done = handle_done};

static struct json_object *parse(const struct answer *answer) {
	void *text = mmap(NULL, answer->size, PROT_READ, MAP_PRIVATE, answer->fd, 0);
	if (text == MAP_FAILED) {
		client_report("cannot read the status: %s", strerror(errno));
		return NULL;
	}
	struct json_object *status = NULL;
	struct json_tokener *tokener = json_tokener_new();
	if (tokener) {
		status = json_tokener_parse_ex(tokener, text, (int)answer->size);
		if (!status || !json_object_is_type(status, json_type_object)) {
			client_report("the compositor's status is not the JSON object that it should be (%s): "
						  "are vitrine and vitrinectl of the same version?",
				json_tokener_error_desc(json_tokener_get_error(tokener)));
			json_object_put(status);
			status = NULL;
		}
		json_tokener_free(tokener);
	} else {
		client_report("out of memory");
	}
	munmap(text, answer->size);
	return status;
}

struct json_object *ctl_status_fetch(struct client_display *display) {
	struct answer answer = {.fd = -1};
	struct vitrine_status_v1 *object = vitrine_control_v1_get_status(display->control);
	if (!object) {
		client_report("out of memory");
		return NULL;
	}
	vitrine_status_v1_add_listener(object, &status_listener, &answer);
	// The answer comes at once: whoever answers the roundtrip has answered this before.
	bool alive = client_display_roundtrip(display);
	vitrine_status_v1_destroy(object);
	if (answer.fd < 0) {
		if (alive) {
			client_report("the compositor gave no status: see its log");
		}
		return NULL;
	}
	struct json_object *status = alive ? parse(&answer) : NULL;
	close(answer.fd);
	return status;
}

char *ctl_configuration_folder(struct client_display *display) {
	struct json_object *status = ctl_status_fetch(display), *configuration, *folder;
	char *copy = NULL;
	if (status && json_object_object_get_ex(status, "configuration", &configuration) &&
		json_object_object_get_ex(configuration, "folder", &folder)) {
		copy = strdup(json_object_get_string(folder));
	} else if (status) {
		client_report(
			"the running vitrine does not tell where its configuration is: name a file with "
			"--file");
	}
	json_object_put(status);
	return copy;
}

static void print_json(struct json_object *status) {
	printf("%s\n",
		json_object_to_json_string_ext(status,
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
}

// Lets `seconds` pass, with the connection served.
static bool wait_interval(struct client_display *display, uint32_t seconds) {
	int64_t end = client_now_ns(CLOCK_MONOTONIC) + (int64_t)seconds * 1000000000;
	int64_t left = end - client_now_ns(CLOCK_MONOTONIC);
	for (; left > 0 && !display->stop; left = end - client_now_ns(CLOCK_MONOTONIC)) {
		if (!client_display_wait(display, NULL, 0, (int)((left + 999999) / 1000000))) {
			return false;
		}
	}
	return !display->stop;
}

int ctl_status(struct client_display *display, const struct ctl_options *options) {
	struct json_object *status = ctl_status_fetch(display), *earlier = NULL;
	int64_t interval_ns = 0;
	if (status && options->interval_s > 0) {
		int64_t start = client_now_ns(CLOCK_MONOTONIC);
		earlier = status;
		status = wait_interval(display, options->interval_s) ? ctl_status_fetch(display) : NULL;
		interval_ns = client_now_ns(CLOCK_MONOTONIC) - start;
	}
	if (status && options->json) {
		print_json(status);
	} else if (status) {
		ctl_table_print(stdout, status, earlier, interval_ns);
	}
	bool ok = status != NULL;
	if (ok && fflush(stdout) != 0) {
		client_report("cannot write to standard output: %s", strerror(errno));
		ok = false;
	}
	json_object_put(status);
	json_object_put(earlier);
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}
