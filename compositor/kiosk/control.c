// SPDX-License-Identifier: MIT
// Serves vitrine-control-v1 to clients of the compositor's own user.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "kiosk/apps.h"
#include "kiosk/kiosk.h"
#include "session/session.h"
#include "vitrine-control-v1-server-protocol.h"

enum { CONTROL_VERSION = 3 };

struct control {
	struct kiosk *kiosk;
	struct wl_global *global;
};

static const char no_such_output[] = "no such output: `vitrinectl status` lists the outputs";

struct capture_request {
	struct wl_resource *resource;
	struct capture *capture; // NULL when it is over
};

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct vitrine_status_v1_interface status_implementation = {
	.destroy = handle_destroy,
};

static const struct vitrine_capture_v1_interface capture_implementation = {
	.destroy = handle_destroy,
};

// A sealed file that holds the text; -1 with errno set.
static int seal_text(const char *text, size_t size) {
	int fd = memfd_create("vitrine-status", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) {
		return -1;
	}
	size_t done = 0;
	while (done < size) {
		ssize_t n = write(fd, text + done, size - done);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

static void handle_get_status(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct control *control = wl_resource_get_user_data(resource);
	struct wl_resource *status = wl_resource_create(
		client, &vitrine_status_v1_interface, wl_resource_get_version(resource), id);
	if (status == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(status, &status_implementation, NULL, NULL);
	char *text = status_json(control->kiosk);
	size_t size = text != NULL ? strlen(text) : 0;
	int fd = text != NULL ? seal_text(text, size) : -1;
	free(text);
	if (fd < 0) {
		wl_client_post_no_memory(client);
		return;
	}
	vitrine_status_v1_send_done(status, fd, (uint32_t)size);
	close(fd);
}

static void handle_capture_resource_destroy(struct wl_resource *resource) {
	struct capture_request *request = wl_resource_get_user_data(resource);
	if (request->capture != NULL) {
		capture_cancel(request->capture);
	}
	free(request);
}

static void handle_captured(void *data, const struct capture_result *result) {
	struct capture_request *request = data;
	request->capture = NULL;
	if (result->picture == NULL) {
		vitrine_capture_v1_send_failed(request->resource, result->error);
		return;
	}
	struct kms_dumb *picture = result->picture;
	int fd = kms_dumb_export(picture);
	if (fd < 0) {
		vitrine_capture_v1_send_failed(
			request->resource, "the device does not export its buffers (PRIME)");
		return;
	}
	uint32_t source = result->source == CAPTURE_WRITEBACK ? VITRINE_CONTROL_V1_SOURCE_WRITEBACK
														  : VITRINE_CONTROL_V1_SOURCE_COMPOSED;
	vitrine_capture_v1_send_done(request->resource, fd, picture->width, picture->height,
		picture->stride, picture->format, source);
	close(fd);
}

static struct output *find_output(const struct kiosk *kiosk, const char *name) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		struct output *output = kiosk->outputs[i]->output;
		if (name[0] == '\0' || strcmp(output_pipe(output)->connector->name, name) == 0) {
			return output;
		}
	}
	return NULL;
}

static void handle_capture_output(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, const char *name, uint32_t source) {
	struct control *control = wl_resource_get_user_data(resource);
	if (source > VITRINE_CONTROL_V1_SOURCE_COMPOSED) {
		wl_resource_post_error(
			resource, VITRINE_CONTROL_V1_ERROR_INVALID_SOURCE, "%u is not a source", source);
		return;
	}
	struct capture_request *request = calloc(1, sizeof(*request));
	struct wl_resource *capture = request == NULL
		? NULL
		: wl_resource_create(
			  client, &vitrine_capture_v1_interface, wl_resource_get_version(resource), id);
	if (capture == NULL) {
		free(request);
		wl_client_post_no_memory(client);
		return;
	}
	request->resource = capture;
	wl_resource_set_implementation(
		capture, &capture_implementation, request, handle_capture_resource_destroy);
	struct output *output = find_output(control->kiosk, name);
	if (output == NULL) {
		vitrine_capture_v1_send_failed(capture, no_such_output);
		return;
	}
	static const enum capture_source sources[] = {
		[VITRINE_CONTROL_V1_SOURCE_AUTOMATIC] = CAPTURE_AUTOMATIC,
		[VITRINE_CONTROL_V1_SOURCE_WRITEBACK] = CAPTURE_WRITEBACK,
		[VITRINE_CONTROL_V1_SOURCE_COMPOSED] = CAPTURE_COMPOSED,
	};
	request->capture = output_capture(output, sources[source], handle_captured, request);
	if (request->capture == NULL) {
		vitrine_capture_v1_send_failed(capture, "out of memory");
	}
}

static const struct vitrine_reply_v1_interface reply_implementation = {
	.destroy = handle_destroy,
};

// NULL when out of memory: the client is told.
static struct wl_resource *reply_create(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct wl_resource *answer = wl_resource_create(
		client, &vitrine_reply_v1_interface, wl_resource_get_version(resource), id);
	if (answer == NULL) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(answer, &reply_implementation, NULL, NULL);
	return answer;
}

void control_reply(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, const char *reason) {
	struct wl_resource *answer = reply_create(client, resource, id);
	if (answer == NULL) {
		return;
	}
	if (reason == NULL) {
		vitrine_reply_v1_send_done(answer);
	} else {
		vitrine_reply_v1_send_failed(answer, reason);
	}
}

static void handle_set_power(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	const char *name, uint32_t on) {
	struct kiosk *kiosk = ((struct control *)wl_resource_get_user_data(resource))->kiosk;
	bool found = false;
	for (int i = 0; i < kiosk->n_outputs; i++) {
		struct output *output = kiosk->outputs[i]->output;
		if (name[0] == '\0' || strcmp(output_pipe(output)->connector->name, name) == 0) {
			kiosk_idle_set_power(kiosk->idle, output, on != 0);
			found = true;
		}
	}
	control_reply(client, resource, id, found ? NULL : no_such_output);
}

static void handle_switch_session(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t number) {
	struct control *control = wl_resource_get_user_data(resource);
	int rc = number <= INT32_MAX ? session_switch(control->kiosk->session, (int)number) : -EINVAL;
	control_reply(client, resource, id,
		rc == 0 ? NULL
			: rc == -ENOTSUP
			? "there is no seat daemon: start seatd, or vitrine from a logind session"
			: "the seat daemon does not switch to that session: is there one of that number?");
}

static void handle_calibrate(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, const char *device) {
	struct control *control = wl_resource_get_user_data(resource);
	calibration_create(
		control->kiosk, client, (uint32_t)wl_resource_get_version(resource), id, device);
}

static void handle_problem(void *data, const char *text) {
	vitrine_reply_v1_send_problem(data, text);
}

static void handle_note(void *data, const char *text) {
	vitrine_reply_v1_send_note(data, text);
}

static void handle_reload(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct kiosk *kiosk = ((struct control *)wl_resource_get_user_data(resource))->kiosk;
	struct wl_resource *answer = reply_create(client, resource, id);
	if (answer == NULL) {
		return;
	}
	const struct kiosk_listener listener = {handle_problem, handle_note, answer};
	if (kiosk_reload(kiosk, &listener)) {
		vitrine_reply_v1_send_done(answer);
	} else {
		vitrine_reply_v1_send_failed(answer, "correct what is wrong and reload again");
	}
}

static void handle_app(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	const char *name, uint32_t action) {
	struct control *control = wl_resource_get_user_data(resource);
	static const enum kiosk_apps_command commands[] = {
		[VITRINE_CONTROL_V1_APP_ACTION_START] = KIOSK_APPS_START,
		[VITRINE_CONTROL_V1_APP_ACTION_STOP] = KIOSK_APPS_STOP,
		[VITRINE_CONTROL_V1_APP_ACTION_RESTART] = KIOSK_APPS_RESTART,
	};
	if (action >= sizeof(commands) / sizeof(commands[0])) {
		wl_resource_post_error(
			resource, VITRINE_CONTROL_V1_ERROR_INVALID_ACTION, "%u is not an action", action);
		return;
	}
	struct kiosk_apps *apps = control->kiosk->apps;
	control_reply(client, resource, id,
		apps != NULL ? kiosk_apps_command(apps, name, commands[action])
					 : "vitrine is only starting: try again");
}

static void handle_change_output(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, const char *output) {
	struct control *control = wl_resource_get_user_data(resource);
	control_change_output(
		control->kiosk, client, (uint32_t)wl_resource_get_version(resource), id, output);
}

static const struct vitrine_control_v1_interface control_implementation = {
	.destroy = handle_destroy,
	.get_status = handle_get_status,
	.capture_output = handle_capture_output,
	.set_power = handle_set_power,
	.switch_session = handle_switch_session,
	.calibrate = handle_calibrate,
	.reload = handle_reload,
	.app = handle_app,
	.change_output = handle_change_output,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &vitrine_control_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &control_implementation, data, NULL);
}

struct control *control_create(struct kiosk *kiosk) {
	struct control *control = calloc(1, sizeof(*control));
	if (control == NULL) {
		return NULL;
	}
	control->kiosk = kiosk;
	control->global = wl_global_create(wayland_server_display(kiosk->server),
		&vitrine_control_v1_interface, CONTROL_VERSION, control, handle_bind);
	if (!wayland_server_add_private_global(kiosk->server, control->global)) {
		free(control);
		return NULL;
	}
	return control;
}

void control_destroy(struct control *control) {
	if (control == NULL) {
		return;
	}
	wl_global_destroy(control->global);
	free(control);
}
