// SPDX-License-Identifier: MIT
// Displays that come, go and come back. Whenever something may have changed the device is asked what is
// there, and that is compared with what runs: so it does not matter in which order things are told, or
// whether all of them are. No output at all is a state like any other.
//
// One goes in this order: its mirrors, its windows (layout.h finds them another place), its wl_output, and
// then the screen, with the frame that is on its way.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "kiosk/kiosk.h"
#include "scene/mirror.h"

void kiosk_tell_problem(const struct kiosk_listener *listener, const char *text) {
	log_error("%s", text);
	if (listener != NULL) {
		listener->problem(listener->data, text);
	}
}

void kiosk_tell_note(const struct kiosk_listener *listener, const char *text) {
	log_warning("%s", text);
	if (listener != NULL) {
		listener->note(listener->data, text);
	}
}

static void keep_problem(void *data, const char *text) {
	char *error = data;
	if (error[0] == '\0') {
		snprintf(error, 256, "%s", text);
	}
}

static void ignore_note(void *data, const char *text) {
	(void)data;
	(void)text;
}

struct kiosk_listener kiosk_keep_first(char error[256]) {
	error[0] = '\0';
	return (struct kiosk_listener){keep_problem, ignore_note, error};
}

const struct kms_connector *kiosk_find_connector(const struct kiosk *kiosk, const char *name) {
	for (int i = 0; kiosk->device != NULL && i < kiosk->device->n_connectors; i++) {
		if (strcmp(kiosk->device->connectors[i].name, name) == 0) {
			return &kiosk->device->connectors[i];
		}
	}
	return NULL;
}

struct kiosk_output *kiosk_find_output(const struct kiosk *kiosk, const char *name) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		if (strcmp(kiosk->outputs[i]->display.name, name) == 0) {
			return kiosk->outputs[i];
		}
	}
	return NULL;
}

// ---- What the output tells ----

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

static void handle_gone(void *data, struct output *output) {
	(void)output;
	kiosk_device_gone(((struct kiosk_output *)data)->kiosk);
}

static void become_ready(struct kiosk *kiosk, const char *status) {
	if (!kiosk->ready) {
		kiosk->ready = true;
		log_info("ready");
		sd_notify(0, "READY=1");
	}
	kiosk_unit_status_display(kiosk, status);
}

static void handle_first_flip(void *data, struct output *output, int64_t time_ns) {
	struct kiosk_output *kiosk_output = data;
	const struct kms_pipe *pipe = output_pipe(output);
	int n_planes;
	output_planes(output, &n_planes);
	log_info("%s: %dx%d at %.2f Hz, %d planes, lit at %.3f s", pipe->connector->name,
		pipe->mode.hdisplay, pipe->mode.vdisplay, kms_mode_refresh_mhz(&pipe->mode) / 1000.0,
		n_planes, (double)time_ns / 1e9);
	char status[128];
	snprintf(status, sizeof(status), "Showing %dx%d on %s", pipe->mode.hdisplay,
		pipe->mode.vdisplay, pipe->connector->name);
	become_ready(kiosk_output->kiosk, status);
}

// ---- One that comes ----

static void output_free(struct kiosk_output *output) {
	if (output == NULL) {
		return;
	}
	display_identity_finish(&output->display);
	free(output);
}

static bool identify(struct display_identity *display, const struct kms_connector *connector) {
	edid_identify(connector->edid, connector->edid_size, display);
	display->name = strdup(connector->name);
	return display->name != NULL;
}

// Lights the display as is wanted, from its first picture on.
static bool light(struct kiosk_output *output, struct kms_pipe *pipe,
	const struct kiosk_listener *listener, char error[256]) {
	struct kiosk *kiosk = output->kiosk;
	const struct output_handler handler = {
		.before_frame = handle_before_frame,
		.lost = handle_lost,
		.gone = handle_gone,
		.first_flip = handle_first_flip,
		.data = output,
	};
	bool custom;
	output->default_mode = pipe->mode;
	const struct display_wish wish = kiosk_wish(kiosk, pipe->connector);
	output->transform = wish.transform;
	if (!kiosk_choose_mode(&wish, pipe, &custom, listener, error)) {
		return false;
	}
	if (custom) {
		kiosk_say_custom(pipe);
	}
	const bool vrr = pipe->vrr;
	bool dark = kiosk->idle != NULL && kiosk_idle_is_dark(kiosk->idle);
	output->output = output_create(kiosk_loop(kiosk), kiosk->pool, pipe, !dark, &handler, error);
	if (output->output == NULL) {
		return false;
	}
	if (kiosk->idle != NULL) {
		kiosk_idle_output_added(kiosk->idle, output->output);
	}
	if (!output_set_vrr(output->output, vrr, error)) {
		kiosk_tell_notef(listener, "%s", error);
	}
	return true;
}

// NULL with one line in error.
static struct kiosk_output *output_start(struct kiosk *kiosk, struct kms_pipe *pipe,
	const struct kiosk_listener *listener, char error[256]) {
	struct kiosk_output *output = calloc(1, sizeof(*output));
	if (output == NULL || !identify(&output->display, pipe->connector)) {
		snprintf(error, 256, "%s: out of memory", pipe->connector->name);
		output_free(output);
		return NULL;
	}
	output->kiosk = kiosk;
	output->displays = pipe->connector->displays;
	if (!light(output, pipe, listener, error)) {
		output_free(output);
		return NULL;
	}
	return output;
}

static void take_state(struct wayland_output_info *info, const struct wayland_output_info *state) {
	info->width = state->width;
	info->height = state->height;
	info->refresh_mhz = state->refresh_mhz;
	info->x = state->x;
	info->y = state->y;
	info->scale = state->scale;
	info->transform = state->transform;
}

void kiosk_describe_display(
	const struct display_identity *display, const char *name, char *text, size_t size) {
	const char *make = display->make, *model = display->model;
	snprintf(text, size, "%s%s%s (%s)", make != NULL ? make : "", make != NULL ? " " : "",
		model != NULL ? model : "Display", name);
}

// To clients and the layout. False when out of memory.
static bool announce(struct kiosk_output *output, const struct wayland_output_info *state) {
	struct kiosk *kiosk = output->kiosk;
	const struct kms_connector *connector = output_pipe(output->output)->connector;
	const struct display_identity *display = &output->display;
	const char *make = display->make, *model = display->model;
	char description[128];
	kiosk_describe_display(display, connector->name, description, sizeof(description));
	struct wayland_output_info info = {
		.name = connector->name,
		.description = description,
		.make = make != NULL ? make : "Unknown",
		.model = model != NULL ? model : "Unknown",
		.serial = display->serial,
		.width_mm = (int32_t)connector->width_mm,
		.height_mm = (int32_t)connector->height_mm,
	};
	take_state(&info, state);
	output->wayland = wayland_output_create(kiosk->server, &info, output_scene(output->output));
	if (output->wayland != NULL && !kiosk_layout_add_output(kiosk->layout, output->wayland)) {
		wayland_output_destroy(output->wayland);
		output->wayland = NULL;
	}
	return output->wayland != NULL;
}

// ---- One that goes ----

// From clients and the layout.
static void withdraw(struct kiosk_output *output) {
	if (output->wayland != NULL) {
		kiosk_layout_remove_output(output->kiosk->layout, output->wayland);
		wayland_output_destroy(output->wayland);
		output->wayland = NULL;
	}
}

static void output_remove(struct kiosk *kiosk, int index) {
	struct kiosk_output *output = kiosk->outputs[index];
	for (int i = 0; i < kiosk->n_outputs; i++) {
		struct kiosk_output *other = kiosk->outputs[i];
		if (other == output || other->source == output) {
			scene_mirror_destroy(other->mirror);
			other->mirror = NULL;
			other->source = NULL;
		}
	}
	withdraw(output);
	if (kiosk->device->gone) {
		output_destroy(output->output);
	} else {
		output_retire(output->output);
	}
	kiosk->n_outputs--;
	memmove(&kiosk->outputs[index], &kiosk->outputs[index + 1],
		sizeof(kiosk->outputs[0]) * (size_t)(kiosk->n_outputs - index));
	output_free(output);
}

// ---- Comparing ----

static const struct kms_pipe *find_pipe(
	const struct kms_pipe *pipes, int n_pipes, const struct kms_connector *connector) {
	for (int i = 0; i < n_pipes; i++) {
		if (pipes[i].connector == connector) {
			return &pipes[i];
		}
	}
	return NULL;
}

// True if one went.
static bool remove_gone(struct kiosk *kiosk, const struct kms_pipe *pipes, int n_pipes) {
	bool any = false;
	for (int i = kiosk->n_outputs - 1; i >= 0; i--) {
		const struct kiosk_output *output = kiosk->outputs[i];
		const struct kms_pipe *runs = output_pipe(output->output);
		const struct kms_pipe *pipe = find_pipe(pipes, n_pipes, runs->connector);
		if (pipe != NULL && pipe->crtc == runs->crtc &&
			output->displays == runs->connector->displays) {
			continue;
		}
		log_info("%s: %s", output->display.name,
			!runs->connector->connected ? "its display is gone"
				: runs->connector->off  ? "is left dark"
				: pipe == NULL          ? "no CRTC is left for its display"
										: "its display is another");
		output_remove(kiosk, i);
		any = true;
	}
	return any;
}

static void insert(struct kiosk *kiosk, struct kiosk_output *output) {
	const struct kms_connector *connector = output_pipe(output->output)->connector;
	int at = kiosk->n_outputs++;
	while (at > 0 && output_pipe(kiosk->outputs[at - 1]->output)->connector > connector) {
		kiosk->outputs[at] = kiosk->outputs[at - 1];
		at--;
	}
	kiosk->outputs[at] = output;
}

// False if one of them cannot be lit.
static bool light_new(struct kiosk *kiosk, struct kms_pipe *pipes, int n_pipes, bool *any,
	const struct kiosk_listener *listener) {
	bool ok = true;
	for (int i = 0; i < n_pipes; i++) {
		if (kiosk_find_output(kiosk, pipes[i].connector->name) != NULL) {
			continue;
		}
		char error[256];
		struct kiosk_output *output = output_start(kiosk, &pipes[i], listener, error);
		if (output == NULL) {
			kiosk_tell_problem(listener, error);
			ok = false;
			continue;
		}
		insert(kiosk, output);
		*any = true;
	}
	return ok;
}

// Which show apps and which mirror another. True if one changes that.
static bool update_roles(struct kiosk *kiosk) {
	struct kiosk_output *sources[KIOSK_MAX_OUTPUTS];
	bool changed = false;
	kiosk_mirrors_find(kiosk, sources);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		changed = changed || sources[i] != kiosk->outputs[i]->source;
	}
	if (!changed) {
		return false;
	}
	kiosk_mirrors_finish(kiosk);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		if (sources[i] != NULL) {
			withdraw(kiosk->outputs[i]);
		}
		kiosk->outputs[i]->source = sources[i];
	}
	return true;
}

// Brings what clients and the layout know of it up to date. False when out of memory.
static bool update_one(
	struct kiosk_output *output, const struct wayland_output_info *state, bool *changed) {
	*changed = *changed || output->changed || output->transform != state->transform;
	output->transform = state->transform;
	output->changed = false;
	if (output->source != NULL) { // clients know nothing of it
		return true;
	}
	if (output->wayland == NULL) {
		*changed = true;
		return announce(output, state);
	}
	if (wayland_output_update(output->wayland, state)) {
		kiosk_layout_output_changed(output->kiosk->layout, output->wayland);
		*changed = true;
	}
	return true;
}

static bool update_all(struct kiosk *kiosk, bool *changed, const struct kiosk_listener *listener) {
	struct wayland_output_info states[KIOSK_MAX_OUTPUTS];
	bool ok = true;
	kiosk_arrange(kiosk, states, listener);
	for (int i = 0, s = 0; i < kiosk->n_outputs; s++) {
		if (update_one(kiosk->outputs[i], &states[s], changed)) {
			i++;
			continue;
		}
		kiosk_tell_problemf(listener, "%s: out of memory", kiosk->outputs[i]->display.name);
		output_remove(kiosk, i);
		ok = false;
	}
	return ok;
}

static void check_displays(struct kiosk *kiosk) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		struct output *output = kiosk->outputs[i]->output;
		const struct kms_property *props = output_pipe(output)->connector->props;
		if (props[KMS_CONNECTOR_LINK_STATUS].value == DRM_MODE_LINK_STATUS_BAD) {
			output_retrain(output);
		}
		// What the device takes may depend on the others: bandwidth, clocks, shared planes.
		output_forget(output);
	}
}

// There is no first picture to wait for.
static void say_none(struct kiosk *kiosk) {
	bool off = kms_device_has_display(kiosk->device);
	log_warning("%s: %s", kiosk->device->path,
		off ? "every display is off, or has no CRTC" : "no display is connected: waiting for one");
	become_ready(kiosk, off ? "Every display is off" : "Waiting for a display");
}

// Those that are to be dark get no route. What others have lit of them, firmware for one, goes dark.
static void leave_dark(struct kiosk *kiosk) {
	struct kms_device *device = kiosk->device;
	kms_request_begin(device);
	for (int i = 0; i < device->n_connectors; i++) {
		struct kms_connector *connector = &device->connectors[i];
		connector->off = !connector->writeback && kiosk_wish(kiosk, connector).off;
		if (connector->off && kiosk_find_output(kiosk, connector->name) == NULL) {
			kms_request_dark(connector);
		}
	}
	int rc = kms_request_commit(device, NULL, KMS_COMMIT_BLOCK | KMS_COMMIT_ALLOW_MODESET);
	if (rc != 0) {
		log_warning("%s: a display that is to be off cannot be turned off: %s", device->path,
			strerror(-rc));
	}
}

static bool compare(struct kiosk *kiosk, bool *any_changed, const struct kiosk_listener *listener) {
	struct kms_pipe pipes[KIOSK_MAX_OUTPUTS];
	leave_dark(kiosk);
	int n_pipes = kms_device_route(kiosk->device, pipes, KIOSK_MAX_OUTPUTS);
	bool changed = remove_gone(kiosk, pipes, n_pipes), had_any = kiosk->n_outputs > 0 || changed;
	output_pool_route(kiosk->pool, pipes, n_pipes);
	bool ok = light_new(kiosk, pipes, n_pipes, &changed, listener);
	check_displays(kiosk);
	changed = update_roles(kiosk) || changed;
	ok = update_all(kiosk, &changed, listener) && ok;
	if (changed) {
		// They are made for the sizes and transforms of both.
		kiosk_mirrors_finish(kiosk);
		if (!kiosk_mirrors_start(kiosk)) {
			kiosk_tell_problem(listener, "out of memory: not every mirror shows something");
			ok = false;
		}
		*any_changed = true;
	}
	if (had_any && kiosk->n_outputs == 0) {
		say_none(kiosk);
	}
	kiosk_heads_update(kiosk->heads);
	return ok;
}

bool kiosk_outputs_start(struct kiosk *kiosk, const struct kiosk_listener *listener) {
	bool changed = false;
	return compare(kiosk, &changed, listener);
}

void kiosk_outputs_started(struct kiosk *kiosk) {
	if (kiosk->n_outputs == 0) {
		say_none(kiosk);
	}
}

bool kiosk_outputs_reload(
	struct kiosk *kiosk, bool probe, bool *changed, const struct kiosk_listener *listener) {
	*changed = false;
	if (kiosk->device == NULL || kiosk->device->gone ||
		kiosk_session_is_away(kiosk->kiosk_session)) {
		return true; // once it is there and ours
	}
	if (probe) {
		kms_device_probe(kiosk->device);
	}
	return compare(kiosk, changed, listener);
}

void kiosk_outputs_update(struct kiosk *kiosk) {
	bool changed;
	kiosk_outputs_reload(kiosk, true, &changed, NULL);
	if (changed) {
		kiosk_input_outputs_changed(kiosk->input);
		kiosk_cursor_outputs_changed(kiosk->cursor);
	}
}

void kiosk_outputs_drop(struct kiosk *kiosk) {
	while (kiosk->n_outputs > 0) {
		output_remove(kiosk, kiosk->n_outputs - 1);
	}
	kiosk_heads_update(kiosk->heads);
	kiosk_input_outputs_changed(kiosk->input);
	kiosk_unit_status_display(kiosk, "Waiting for a display device");
}

void kiosk_outputs_withdraw(struct kiosk *kiosk) {
	kiosk_mirrors_finish(kiosk);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		if (kiosk->outputs[i]->wayland != NULL) {
			kiosk_layout_remove_output(kiosk->layout, kiosk->outputs[i]->wayland);
		}
	}
}

void kiosk_outputs_finish(struct kiosk *kiosk) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		wayland_output_destroy(kiosk->outputs[i]->wayland);
		output_destroy(kiosk->outputs[i]->output);
		output_free(kiosk->outputs[i]);
	}
	kiosk->n_outputs = 0;
}
