// SPDX-License-Identifier: MIT
#include "kiosk/kiosk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <drm_fourcc.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "render/render.h"
#include "scene/mirror.h"

struct wl_event_loop *kiosk_loop(struct kiosk *kiosk) {
	return wl_display_get_event_loop(wayland_server_display(kiosk->server));
}

static int handle_device(int fd, uint32_t mask, void *data) {
	(void)fd;
	struct kiosk *kiosk = data;
	if (!kms_device_dispatch(kiosk->device) || (mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) != 0) {
		log_error("%s: the display device is gone", kiosk->device->path);
		kiosk->failed = true;
		kiosk_stop(kiosk);
	}
	return 0;
}

// A display came or went. What the device takes may depend on it: bandwidth, clocks, shared planes.
static void handle_device_change(void *data, const char *action, dev_t rdev, const char *path) {
	(void)path;
	struct kiosk *kiosk = data;
	if (rdev != kiosk->device->rdev || strcmp(action, "change") != 0) {
		return;
	}
	log_debug("%s: its displays changed", kiosk->device->path);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		output_forget(kiosk->outputs[i].output);
	}
}

static int handle_monitor(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	struct kiosk *kiosk = data;
	kms_monitor_dispatch(kiosk->monitor);
	return 0;
}

static void start_monitor(struct kiosk *kiosk) {
	kiosk->monitor = kms_monitor_create(handle_device_change, kiosk);
	if (kiosk->monitor != NULL) {
		kiosk->monitor_event = wl_event_loop_add_fd(kiosk_loop(kiosk),
			kms_monitor_fd(kiosk->monitor), WL_EVENT_READABLE, handle_monitor, kiosk);
	}
	if (kiosk->monitor_event == NULL) {
		log_warning("udev cannot be reached: displays that come or go are not noticed");
	}
}

static void handle_before_frame(void *data, struct output *output) {
	struct kiosk_output *kiosk_output = data;
	kiosk_layout_flush(kiosk_output->kiosk->layout);
	if (kiosk_output->mirror != NULL && !scene_mirror_update(kiosk_output->mirror)) {
		log_warning("%s: out of memory: not all that it mirrors is shown",
			output_pipe(output)->connector->name);
	}
}

static void handle_lost(void *data, struct output *output) {
	(void)output;
	struct kiosk *kiosk = ((struct kiosk_output *)data)->kiosk;
	if (kiosk->kiosk_session != NULL) {
		kiosk_session_lost(kiosk->kiosk_session);
	}
}

static void handle_first_flip(void *data, struct output *output) {
	struct kiosk_output *kiosk_output = data;
	struct kiosk *kiosk = kiosk_output->kiosk;
	const struct kms_pipe *pipe = output_pipe(output);
	int n_planes;
	output_planes(output, &n_planes);
	log_info("%s: %dx%d at %.2f Hz, %d planes", pipe->connector->name, pipe->mode.hdisplay,
		pipe->mode.vdisplay, kms_mode_refresh_mhz(&pipe->mode) / 1000.0, n_planes);
	if (!kiosk->ready) {
		kiosk->ready = true;
		log_info("ready");
		sd_notifyf(0, "READY=1\nSTATUS=Showing %dx%d on %s", pipe->mode.hdisplay,
			pipe->mode.vdisplay, pipe->connector->name);
	}
}

// Without a GPU, linear memory and memory whose modifier nobody told are the same.
static bool add_format(struct format_set *set, uint32_t format, uint64_t modifier) {
	bool linear = modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID;
	return linear ? format_set_add(set, format, DRM_FORMAT_MOD_LINEAR) &&
			format_set_add(set, format, DRM_FORMAT_MOD_INVALID)
				  : format_set_add(set, format, modifier);
}

// What one of the planes takes, and what render/ can read from a mapped buffer.
static bool collect_formats(const struct kiosk *kiosk, const struct kms_pipe *pipes,
	struct format_set *scanout, struct format_set *composed) {
	uint32_t crtcs = 0;
	for (int i = 0; i < kiosk->n_outputs; i++) {
		crtcs |= 1u << pipes[i].crtc->index;
	}
	for (int p = 0; p < kiosk->device->n_planes; p++) {
		const struct kms_plane *plane = &kiosk->device->planes[p];
		if (plane->type == KMS_PLANE_CURSOR || (plane->possible_crtcs & crtcs) == 0) {
			continue;
		}
		for (size_t f = 0; f < plane->formats.len; f++) {
			const struct format_pair *pair = &plane->formats.pairs[f];
			if (!add_format(scanout, pair->format, pair->modifier)) {
				return false;
			}
		}
	}
	const struct format_info *info;
	for (size_t i = 0; (info = format_info_at(i)) != NULL; i++) {
		if (render_can_compose(info->format) &&
			!add_format(composed, info->format, DRM_FORMAT_MOD_LINEAR)) {
			return false;
		}
	}
	return true;
}

static bool start_server(struct kiosk *kiosk, const struct kms_pipe *pipes, char error[256]) {
	struct format_set scanout = {0}, composed = {0};
	if (!collect_formats(kiosk, pipes, &scanout, &composed)) {
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
	};
	kiosk->server = wayland_server_create(&options, error);
	format_set_finish(&scanout);
	format_set_finish(&composed);
	return kiosk->server != NULL;
}

void kiosk_set_scale(struct wayland_output_info *info, const struct config_output *section) {
	info->scale = section != NULL ? round(section->scale * 120) / 120 : 1;
	info->transform = kiosk_transform(section);
}

enum wl_output_transform kiosk_transform(const struct config_output *section) {
	return section != NULL ? (enum wl_output_transform)section->transform
						   : WL_OUTPUT_TRANSFORM_NORMAL;
}

static bool light_output(struct kiosk *kiosk, struct kiosk_output *kiosk_output,
	const struct kms_pipe *pipe, char error[256]) {
	struct output_handler handler = {
		.before_frame = handle_before_frame,
		.lost = handle_lost,
		.first_flip = handle_first_flip,
		.data = kiosk_output,
	};
	kiosk_output->output = output_create(kiosk_loop(kiosk), kiosk->pool, pipe, &handler, error);
	const struct kms_connector *connector = pipe->connector;
	edid_names(connector->edid, connector->edid_size, &kiosk_output->make, &kiosk_output->model);
	const struct config_output *section = config_output(kiosk->config, connector->name);
	kiosk_output->transform = kiosk_transform(section);
	return kiosk_output->output != NULL;
}

// To clients and the layout.
static bool announce_output(
	struct kiosk *kiosk, struct kiosk_output *kiosk_output, int32_t x, char error[256]) {
	const struct kms_pipe *pipe = output_pipe(kiosk_output->output);
	const struct kms_connector *connector = pipe->connector;
	const struct config_output *section = config_output(kiosk->config, connector->name);
	const char *make = kiosk_output->make, *model = kiosk_output->model;
	char description[128];
	snprintf(description, sizeof(description), "%s%s%s (%s)", make != NULL ? make : "",
		make != NULL ? " " : "", model != NULL ? model : "Display", connector->name);
	struct wayland_output_info info = {
		.name = connector->name,
		.description = description,
		.make = make != NULL ? make : "Unknown",
		.model = model != NULL ? model : "Unknown",
		.width = pipe->mode.hdisplay,
		.height = pipe->mode.vdisplay,
		.refresh_mhz = kms_mode_refresh_mhz(&pipe->mode),
		.width_mm = (int32_t)connector->width_mm,
		.height_mm = (int32_t)connector->height_mm,
		.x = x,
	};
	kiosk_set_scale(&info, section);
	kiosk_output->wayland =
		wayland_output_create(kiosk->server, &info, output_scene(kiosk_output->output));
	if (kiosk_output->wayland == NULL ||
		!kiosk_layout_add_output(kiosk->layout, kiosk_output->wayland)) {
		snprintf(error, 256, "%s: out of memory", connector->name);
		return false;
	}
	return true;
}

bool kiosk_choose_mode(
	const struct config *config, struct kms_pipe *pipe, bool *custom, char error[256]) {
	*custom = false;
	const struct config_output *section = config_output(config, pipe->connector->name);
	if (section == NULL || section->mode.width == 0) {
		return true;
	}
	const struct config_mode *wanted = &section->mode;
	if (kms_connector_find_mode(
			pipe->connector, wanted->width, wanted->height, wanted->refresh_mhz, &pipe->mode)) {
		return true;
	}
	if (!kms_mode_custom(wanted->width, wanted->height,
			wanted->refresh_mhz > 0 ? wanted->refresh_mhz : 60000, &pipe->mode)) {
		snprintf(error, 256, "%s: no timing can be made for mode %dx%d: choose another",
			pipe->connector->name, wanted->width, wanted->height);
		return false;
	}
	*custom = true;
	return true;
}

void kiosk_say_custom(const struct kms_pipe *pipe) {
	log_info("%s: %dx%d is none of the display's own modes, trying it all the same",
		pipe->connector->name, pipe->mode.hdisplay, pipe->mode.vdisplay);
}

static bool choose_mode(
	struct kiosk *kiosk, struct kiosk_output *output, struct kms_pipe *pipe, char error[256]) {
	bool custom;
	output->default_mode = pipe->mode;
	if (!kiosk_choose_mode(kiosk->config, pipe, &custom, error)) {
		return false;
	}
	if (custom) {
		kiosk_say_custom(pipe);
	}
	return true;
}

static bool start_outputs(struct kiosk *kiosk, char error[256]) {
	struct kms_pipe pipes[KIOSK_MAX_OUTPUTS];
	kiosk->n_outputs = kms_device_route(kiosk->device, pipes, KIOSK_MAX_OUTPUTS);
	if (kiosk->n_outputs == 0) {
		snprintf(error, 256, "%s: no CRTC can drive the connected display", kiosk->device->path);
		return false;
	}
	kiosk->pool = output_pool_create(kiosk->device, pipes, kiosk->n_outputs);
	if (kiosk->pool == NULL) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	if (!start_server(kiosk, pipes, error)) {
		return false;
	}
	kiosk_mirrors_find(kiosk, pipes);
	int32_t x = 0;
	for (int i = 0; i < kiosk->n_outputs; i++) {
		struct kiosk_output *output = &kiosk->outputs[i];
		output->kiosk = kiosk;
		if (!choose_mode(kiosk, output, &pipes[i], error) ||
			!light_output(kiosk, output, &pipes[i], error)) {
			return false;
		}
		if (output->source != NULL) {
			continue;
		}
		if (!announce_output(kiosk, output, x, error)) {
			return false;
		}
		int32_t width, height;
		wayland_output_logical_size(output->wayland, &width, &height);
		x += width;
	}
	if (!kiosk_mirrors_start(kiosk)) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	return true;
}

bool kiosk_start(struct kiosk *kiosk, struct config *config, struct session *session,
	struct kms_device *device, char **argv, char error[256]) {
	*kiosk = (struct kiosk){.config = config, .session = session, .device = device};
	kiosk->layout = kiosk_layout_create();
	if (kiosk->layout == NULL) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	if (!start_outputs(kiosk, error)) {
		return false;
	}
	if (!process_host_init(&kiosk->host, kiosk_loop(kiosk), wayland_server_display(kiosk->server),
			wayland_server_socket(kiosk->server), NULL)) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	kiosk->kiosk_session = kiosk_session_create(kiosk);
	kiosk->control = control_create(kiosk);
	kiosk->cursor = kiosk_cursor_create(kiosk);
	kiosk->keys = kiosk_keys_create(kiosk);
	kiosk->idle = kiosk_idle_create(kiosk); // sees events before the others
	kiosk->input = kiosk_input_create(kiosk);
	kiosk->osk = kiosk_osk_create(kiosk);
	kiosk->backgrounds = kiosk_backgrounds_create(kiosk);
	kiosk->status_screen = kiosk_status_screen_create(kiosk);
	kiosk->watchdog = kiosk_watchdog_create(kiosk);
	kiosk->device_event = wl_event_loop_add_fd(
		kiosk_loop(kiosk), device->fd, WL_EVENT_READABLE, handle_device, kiosk);
	if (kiosk->kiosk_session == NULL || kiosk->control == NULL || kiosk->cursor == NULL ||
		kiosk->keys == NULL || kiosk->idle == NULL || kiosk->input == NULL || kiosk->osk == NULL ||
		kiosk->backgrounds == NULL || kiosk->status_screen == NULL || kiosk->watchdog == NULL ||
		kiosk->device_event == NULL) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	start_monitor(kiosk);
	log_info(
		"%s (%s), socket %s", device->path, device->driver, wayland_server_socket(kiosk->server));
	kiosk->apps = kiosk_apps_create(kiosk, argv, error);
	return kiosk->apps != NULL;
}

void kiosk_check_stopped(struct kiosk *kiosk) {
	const struct app *osk = kiosk_osk_app(kiosk->osk);
	const struct app *screen = kiosk_status_screen_app(kiosk->status_screen);
	if (kiosk->stopping && (kiosk->apps == NULL || kiosk_apps_have_stopped(kiosk->apps)) &&
		(osk == NULL || app_pid(osk) == 0) && (screen == NULL || app_pid(screen) == 0)) {
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
	if (kiosk->monitor_event != NULL) {
		wl_event_source_remove(kiosk->monitor_event);
	}
	kms_monitor_destroy(kiosk->monitor);
	kiosk_watchdog_destroy(kiosk->watchdog);
	if (kiosk->device_event != NULL) {
		wl_event_source_remove(kiosk->device_event);
	}
	kiosk_input_destroy(kiosk->input);
	kiosk_idle_destroy(kiosk->idle);
	kiosk_keys_destroy(kiosk->keys);
	process_host_finish(&kiosk->host);
	kiosk_session_destroy(kiosk->kiosk_session);
	kiosk_mirrors_finish(kiosk);
	// Clients go first, so that their buffers do before the outputs that show them.
	for (int i = 0; i < kiosk->n_outputs; i++) {
		if (kiosk->outputs[i].wayland != NULL) {
			kiosk_layout_remove_output(kiosk->layout, kiosk->outputs[i].wayland);
		}
	}
	if (kiosk->server != NULL) {
		wl_display_destroy_clients(wayland_server_display(kiosk->server));
	}
	control_destroy(kiosk->control);
	kiosk_backgrounds_destroy(kiosk->backgrounds);
	kiosk_cursor_destroy(kiosk->cursor);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		wayland_output_destroy(kiosk->outputs[i].wayland);
		output_destroy(kiosk->outputs[i].output);
		free(kiosk->outputs[i].make);
		free(kiosk->outputs[i].model);
	}
	output_pool_destroy(kiosk->pool);
	wayland_server_destroy(kiosk->server);
	kiosk_layout_destroy(kiosk->layout);
	kms_device_close(kiosk->device);
	config_finish(kiosk->config);
	free(kiosk->config);
	*kiosk = (struct kiosk){0};
}
