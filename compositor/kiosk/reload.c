// SPDX-License-Identifier: MIT
// The configuration anew, while everything runs: read and checked in full, then only what changed is
// touched. A wrong file changes nothing.
//
// Each module is told after `kiosk->config` has become the new one, gets the former one to compare with,
// and keeps nothing of it, for it goes at the end. Outputs are compared with what they run, not with what
// was configured: so a mode that was refused is tried again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "kiosk/apps.h"
#include "kiosk/config_keys.h"
#include "kiosk/kiosk.h"
#include "wayland/seat.h"

void kiosk_set_loader(struct kiosk *kiosk, kiosk_loader *load, void *data) {
	kiosk->load = load;
	kiosk->load_data = data;
}

static void tell_problem(const struct kiosk_listener *listener, const char *text) {
	log_error("%s", text);
	if (listener != NULL) {
		listener->problem(listener->data, text);
	}
}

static void tell_note(const struct kiosk_listener *listener, const char *text) {
	log_warning("%s", text);
	if (listener != NULL) {
		listener->note(listener->data, text);
	}
}

// ---- Reading ----

// All of the configuration without anything wrong; NULL if there was, which was told.
static struct config *read_config(struct kiosk *kiosk, const struct kiosk_listener *listener) {
	struct config *config = calloc(1, sizeof(*config));
	if (config == NULL) {
		tell_problem(listener, "out of memory: nothing is changed");
		return NULL;
	}
	char error[CONFIG_ERROR_SIZE] = "";
	config_init(config);
	config->known_keyboard = &kiosk->config->keyboard;
	bool ok = kiosk->load(kiosk->load_data, config, error);
	for (int i = 0; i < config->n_problems; i++) {
		tell_problem(listener, config->problems[i]);
	}
	if (!ok) {
		tell_problem(listener, error);
	}
	if (!ok || config->n_problems > 0) {
		config_finish(config);
		free(config);
		return NULL;
	}
	return config;
}

// What only a restart changes is left as it runs.
static void hold_back(
	struct config *config, struct config *running, const struct kiosk_listener *listener) {
	const struct config_key *key = NULL;
	while ((key = config_hold_back(config, running, key)) != NULL) {
		char text[128];
		snprintf(text, sizeof(text), "[%s] %s: the change takes effect when vitrine is restarted",
			config_sections[key->section].name, key->name);
		tell_note(listener, text);
	}
}

// ---- Outputs ----

// False if its mode is the former one though it should not be.
static bool reload_mode(
	struct kiosk *kiosk, struct kiosk_output *output, bool *changed, char error[256]) {
	struct kms_pipe pipe = *output_pipe(output->output);
	const drmModeModeInfo before = pipe.mode;
	pipe.mode = output->default_mode;
	bool custom;
	if (!kiosk_choose_mode(kiosk->config, &pipe, &custom, error)) {
		return false;
	}
	if (kms_mode_equal(&before, &pipe.mode)) {
		return true;
	}
	if (custom) {
		kiosk_say_custom(&pipe);
	}
	if (!output_set_mode(output->output, &pipe.mode, error)) {
		return false;
	}
	*changed = true;
	log_info("%s: %dx%d at %.2f Hz from now on", pipe.connector->name, pipe.mode.hdisplay,
		pipe.mode.vdisplay, kms_mode_refresh_mhz(&pipe.mode) / 1000.0);
	return true;
}

// True if it has another place, size, scale or transform.
static bool update_output(struct kiosk *kiosk, struct kiosk_output *output, int32_t *x) {
	const struct kms_pipe *pipe = output_pipe(output->output);
	const struct config_output *section = config_output(kiosk->config, pipe->connector->name);
	if (output->source != NULL) { // clients know nothing of it
		enum wl_output_transform before = output->transform;
		output->transform = kiosk_transform(section);
		return output->transform != before;
	}
	struct wayland_output_info info = *wayland_output_info(output->wayland);
	info.width = pipe->mode.hdisplay;
	info.height = pipe->mode.vdisplay;
	info.refresh_mhz = kms_mode_refresh_mhz(&pipe->mode);
	info.x = *x;
	kiosk_set_scale(&info, section);
	output->transform = info.transform;
	bool changed = wayland_output_update(output->wayland, &info);
	if (changed) {
		kiosk_layout_output_changed(kiosk->layout, output->wayland);
	}
	int32_t width, height;
	wayland_output_logical_size(output->wayland, &width, &height);
	*x += width;
	return changed;
}

// Clients would have to learn of an output more or less.
static void note_mirrors(const struct kiosk *kiosk, const struct kiosk_listener *listener) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		const struct kiosk_output *source = kiosk->outputs[i].source;
		const char *name = output_pipe(kiosk->outputs[i].output)->connector->name;
		const char *runs = source != NULL ? output_pipe(source->output)->connector->name : "";
		const char *wanted = config_mirror(kiosk->config, name);
		if (strcmp(wanted != NULL ? wanted : "", runs) != 0) {
			char text[128];
			snprintf(text, sizeof(text),
				"[output %.40s] mirror: the change takes effect when vitrine is restarted", name);
			tell_note(listener, text);
		}
	}
}

static bool reload_outputs(
	struct kiosk *kiosk, bool *changed, const struct kiosk_listener *listener) {
	bool ok = true, modeset = false;
	note_mirrors(kiosk, listener);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		char error[256];
		if (!reload_mode(kiosk, &kiosk->outputs[i], &modeset, error)) {
			tell_problem(listener, error);
			ok = false;
		}
	}
	int32_t x = 0;
	for (int i = 0; i < kiosk->n_outputs; i++) {
		*changed = update_output(kiosk, &kiosk->outputs[i], &x) || *changed;
		*changed = *changed || modeset;
		if (modeset) { // what the device takes may depend on the other outputs' modes
			output_forget(kiosk->outputs[i].output);
		}
	}
	// Mirrors are made for the sizes and transforms of both.
	if (*changed) {
		kiosk_mirrors_finish(kiosk);
		if (!kiosk_mirrors_start(kiosk)) {
			tell_problem(listener, "out of memory: not every mirror shows something");
			ok = false;
		}
	}
	return ok;
}

// ---- All of it ----

static bool apply(
	struct kiosk *kiosk, struct config *config, const struct kiosk_listener *listener) {
	const struct config *before = kiosk->config;
	kiosk->config = config;
	bool outputs_changed = false;
	bool ok = reload_outputs(kiosk, &outputs_changed, listener);
	kiosk_input_reload(kiosk->input, before, outputs_changed);
	kiosk_cursor_reload(kiosk->cursor, before, outputs_changed);
	kiosk_keys_reload(kiosk->keys);
	kiosk_idle_reload(kiosk->idle, before);
	kiosk_osk_reload(kiosk->osk, before);
	kiosk_backgrounds_reload(kiosk->backgrounds);
	if (kiosk->apps != NULL && !kiosk_apps_reload(kiosk->apps, config)) {
		tell_problem(listener, "out of memory: not all apps are started");
		ok = false;
	}
	kiosk_status_screen_reload(kiosk->status_screen);
	return ok;
}

static void notify_reloading(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

bool kiosk_reload(struct kiosk *kiosk, const struct kiosk_listener *listener) {
	if (kiosk->stopping || kiosk->load == NULL) {
		tell_problem(listener, "vitrine is ending: nothing is changed");
		return false;
	}
	notify_reloading();
	struct config *config = read_config(kiosk, listener);
	bool ok = config != NULL;
	if (ok) {
		struct config *former = kiosk->config;
		hold_back(config, former, listener);
		ok = apply(kiosk, config, listener);
		config_finish(former);
		free(former);
		log_info("the configuration was read anew");
	} else {
		log_error("the configuration was read anew and is wrong: nothing is changed");
	}
	if (kiosk->ready) {
		sd_notify(0, "READY=1");
	}
	return ok;
}
