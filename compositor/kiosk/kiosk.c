// SPDX-License-Identifier: MIT
#include "kiosk/kiosk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <drm_fourcc.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "kiosk/realtime.h"
#include "render/render.h"

struct wl_event_loop *kiosk_loop(struct kiosk *kiosk) {
	return wl_display_get_event_loop(wayland_server_display(kiosk->server));
}

void kiosk_tell_problemf(const struct kiosk_listener *listener, const char *format, ...) {
	char text[CONFIG_ERROR_SIZE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	kiosk_tell_problem(listener, text);
}

void kiosk_tell_notef(const struct kiosk_listener *listener, const char *format, ...) {
	char text[CONFIG_ERROR_SIZE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	kiosk_tell_note(listener, text);
}

// What render/ can read from a mapped buffer.
static bool collect_composed(struct format_set *composed) {
	const struct format_info *info;
	for (size_t i = 0; (info = format_info_at(i)) != NULL; i++) {
		// Without a GPU, linear memory and memory whose modifier nobody told are the same.
		if (render_can_compose(info->format) &&
			(!format_set_add(composed, info->format, DRM_FORMAT_MOD_LINEAR) ||
				!format_set_add(composed, info->format, DRM_FORMAT_MOD_INVALID))) {
			return false;
		}
	}
	return true;
}

static bool start_server(struct kiosk *kiosk, char error[256]) {
	struct format_set scanout = {0}, composed = {0};
	if (!kiosk_device_formats(kiosk->device, &scanout) || !collect_composed(&composed)) {
		format_set_finish(&scanout);
		format_set_finish(&composed);
		snprintf(error, 256, "out of memory");
		return false;
	}
	struct wayland_server_options options = {
		.socket = kiosk->config->socket,
		.policy = kiosk_layout_policy(),
		.data = kiosk->layout,
		.main_device = kiosk->device->rdev,
		.scanout_formats = &scanout,
		.composed_formats = &composed,
		.presentation_clock = CLOCK_MONOTONIC,
		.udmabuf = kiosk->config->udmabuf ? "/dev/udmabuf" : NULL,
	};
	kiosk->server = wayland_server_create(&options, error);
	format_set_finish(&scanout);
	format_set_finish(&composed);
	if (kiosk->server != NULL &&
		!wayland_server_set_sync_device(kiosk->server, kiosk->device->fd)) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	return kiosk->server != NULL;
}

// Before the outputs, whose threads are to have what this one has.
static bool start_realtime(struct kiosk *kiosk, char error[256]) {
	if (!kiosk->config->realtime) {
		return true;
	}
	kiosk->realtime = realtime_create(kiosk_loop(kiosk));
	if (kiosk->realtime == NULL) {
		snprintf(error, 256, "out of memory");
	}
	return kiosk->realtime != NULL;
}

// Whom apps are started by and connect to. Nobody is answered before the event loop runs: so apps come first,
// and get as far as their first request while the rest is made.
static bool start_apps(struct kiosk *kiosk, char **argv, char error[256]) {
	if (!start_server(kiosk, error)) {
		return false;
	}
	const char *socket = wayland_server_socket(kiosk->server);
	if (!process_host_init(
			&kiosk->host, kiosk_loop(kiosk), wayland_server_display(kiosk->server), socket, NULL)) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	log_info("%s (%s), socket %s", kiosk->device->path, kiosk->device->driver, socket);
	kiosk->apps = kiosk_apps_create(kiosk, argv, error);
	return kiosk->apps != NULL;
}

static bool start_outputs(struct kiosk *kiosk, char error[256]) {
	kiosk->pool = output_pool_create(kiosk->device);
	if (kiosk->pool == NULL) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	const struct kiosk_listener listener = kiosk_keep_first(error);
	return start_realtime(kiosk, error) && kiosk_outputs_start(kiosk, &listener);
}

bool kiosk_start(struct kiosk *kiosk, struct config *config, struct session *session,
	struct kms_device *device, struct kms_monitor *monitor, char **argv, char error[256]) {
	*kiosk =
		(struct kiosk){.config = config, .session = session, .device = device, .monitor = monitor};
	kiosk->layout = kiosk_layout_create();
	if (kiosk->layout == NULL) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	if (!start_apps(kiosk, argv, error) || !start_outputs(kiosk, error)) {
		return false;
	}
	kiosk->kiosk_session = kiosk_session_create(kiosk);
	kiosk->control = control_create(kiosk);
	kiosk->heads = kiosk_heads_create(kiosk);
	kiosk->cursor = kiosk_cursor_create(kiosk);
	kiosk->keys = kiosk_keys_create(kiosk);
	kiosk->idle = kiosk_idle_create(kiosk); // sees events before the others
	kiosk->input = kiosk_input_create(kiosk);
	kiosk->osk = kiosk_osk_create(kiosk);
	kiosk->backgrounds = kiosk_backgrounds_create(kiosk);
	kiosk->status_screen = kiosk_status_screen_create(kiosk);
	kiosk->watchdog = kiosk_watchdog_create(kiosk);
	if (kiosk->kiosk_session == NULL || kiosk->control == NULL || kiosk->heads == NULL ||
		kiosk->cursor == NULL || kiosk->keys == NULL || kiosk->idle == NULL ||
		kiosk->input == NULL || kiosk->osk == NULL || kiosk->backgrounds == NULL ||
		kiosk->status_screen == NULL || kiosk->watchdog == NULL || !kiosk_device_start(kiosk)) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	kiosk_outputs_started(kiosk);
	return true;
}

void kiosk_check_stopped(struct kiosk *kiosk) {
	const struct app *osk = kiosk_osk_app(kiosk->osk);
	const struct app *screen = kiosk_status_screen_app(kiosk->status_screen);
	if (kiosk->stopping && (kiosk->apps == NULL || kiosk_apps_have_stopped(kiosk->apps)) &&
		(osk == NULL || !app_has_process(osk)) && (screen == NULL || !app_has_process(screen))) {
		wl_display_terminate(wayland_server_display(kiosk->server));
	}
}

void kiosk_stop(struct kiosk *kiosk) {
	sd_notify(0, "STOPPING=1");
	if (kiosk->stopping) {
		return;
	}
	kiosk->stopping = true;
	if (kiosk->apps != NULL) {
		kiosk_apps_stop(kiosk->apps);
	}
	struct app *osk = kiosk_osk_app(kiosk->osk);
	if (osk != NULL) {
		app_stop(osk, APP_STOP_MS);
	}
	kiosk_status_screen_update(kiosk->status_screen);
	kiosk_check_stopped(kiosk);
}

void kiosk_finish(struct kiosk *kiosk) {
	kiosk_apps_destroy(kiosk->apps);
	kiosk->apps = NULL;
	kiosk_osk_destroy(kiosk->osk);
	kiosk_status_screen_destroy(kiosk->status_screen);
	kiosk_device_finish(kiosk);
	kiosk_watchdog_destroy(kiosk->watchdog);
	realtime_destroy(kiosk->realtime);
	kiosk_input_destroy(kiosk->input);
	kiosk_idle_destroy(kiosk->idle);
	kiosk_keys_destroy(kiosk->keys);
	process_host_finish(&kiosk->host);
	kiosk_session_destroy(kiosk->kiosk_session);
	// Clients go first, so that their buffers do before the outputs that show them.
	kiosk_outputs_withdraw(kiosk);
	if (kiosk->server != NULL) {
		wl_display_destroy_clients(wayland_server_display(kiosk->server));
	}
	control_destroy(kiosk->control);
	kiosk_backgrounds_destroy(kiosk->backgrounds);
	kiosk_heads_destroy(kiosk->heads);
	kiosk_cursor_destroy(kiosk->cursor);
	kiosk_outputs_finish(kiosk);
	output_pool_destroy(kiosk->pool);
	wayland_server_destroy(kiosk->server);
	kiosk_layout_destroy(kiosk->layout);
	kms_device_close(kiosk->device);
	config_finish(kiosk->config);
	free(kiosk->config);
	*kiosk = (struct kiosk){0};
}
