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

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "kiosk/apps.h"
#include "kiosk/config_keys.h"
#include "kiosk/kiosk.h"
#include "wayland/seat.h"

void kiosk_set_loader(struct kiosk *kiosk, kiosk_loader *load, void *data) {
	kiosk->load = load;
	kiosk->load_data = data;
}

// ---- Reading ----

// All of the configuration without anything wrong; NULL if there was, which was told.
static struct config *read_config(struct kiosk *kiosk, const struct kiosk_listener *listener) {
	struct config *config = calloc(1, sizeof(*config));
	if (config == NULL) {
		kiosk_tell_problem(listener, "out of memory: nothing is changed");
		return NULL;
	}
	char error[CONFIG_ERROR_SIZE] = "";
	config_init(config);
	config->known_keyboard = &kiosk->config->keyboard;
	bool ok = kiosk->load(kiosk->load_data, config, error);
	for (int i = 0; i < config->n_problems; i++) {
		kiosk_tell_problem(listener, config->problems[i]);
	}
	if (!ok) {
		kiosk_tell_problem(listener, error);
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
		kiosk_tell_notef(listener, "[%s] %s: the change takes effect when vitrine is restarted",
			config_sections[key->section].name, key->name);
	}
}

// ---- Outputs ----

// False if its mode is the former one though it should not be.
static bool reload_mode(
	struct kiosk_output *output, const struct kiosk_listener *listener, char error[256]) {
	const struct kms_pipe *runs = output_pipe(output->output);
	struct kms_pipe pipe = *runs;
	struct display_wish wish = kiosk_wish(output->kiosk, pipe.connector);
	pipe.mode = output->default_mode;
	bool custom;
	if (!kiosk_choose_mode(&wish, &pipe, &custom, listener, error)) {
		return false;
	}
	const bool vrr = runs->vrr;
	if (!wish.off && vrr != pipe.vrr && !output_set_vrr(output->output, pipe.vrr, error)) {
		return false;
	}
	if (wish.off || (kms_mode_equal(&runs->mode, &pipe.mode) && runs->max_bpc == pipe.max_bpc)) {
		return true;
	}
	if (custom) {
		kiosk_say_custom(&pipe);
	}
	if (!output_set_mode(output->output, &pipe.mode, pipe.max_bpc, error)) {
		char refusal[256]; // of what ran
		if (vrr != pipe.vrr && !output_set_vrr(output->output, vrr, refusal)) {
			kiosk_tell_notef(listener, "%s", refusal);
		}
		return false;
	}
	output->changed = true;
	log_info("%s: %dx%d at %.2f Hz from now on", pipe.connector->name, pipe.mode.hdisplay,
		pipe.mode.vdisplay, kms_mode_refresh_mhz(&pipe.mode) / 1000.0);
	return true;
}

bool kiosk_outputs_apply(
	struct kiosk *kiosk, bool probe, bool *changed, const struct kiosk_listener *listener) {
	bool ok = true;
	for (int i = 0; i < kiosk->n_outputs; i++) {
		char error[256];
		if (!reload_mode(kiosk->outputs[i], listener, error)) {
			kiosk_tell_problem(listener, error);
			ok = false;
		}
	}
	return kiosk_outputs_reload(kiosk, probe, changed, listener) && ok;
}

// ---- All of it ----

static bool apply(
	struct kiosk *kiosk, struct config *config, const struct kiosk_listener *listener) {
	const struct config *before = kiosk->config;
	kiosk->config = config;
	kiosk->overrides.n = 0;
	bool outputs_changed;
	bool ok = kiosk_outputs_apply(kiosk, true, &outputs_changed, listener);
	kiosk_input_reload(kiosk->input, before, outputs_changed);
	kiosk_cursor_reload(kiosk->cursor, before, outputs_changed);
	kiosk_keys_reload(kiosk->keys);
	kiosk_idle_reload(kiosk->idle, before);
	kiosk_osk_reload(kiosk->osk, before);
	kiosk_backgrounds_reload(kiosk->backgrounds);
	if (kiosk->apps != NULL && !kiosk_apps_reload(kiosk->apps, config)) {
		kiosk_tell_problem(listener, "out of memory: not all apps are started");
		ok = false;
	}
	kiosk_status_screen_reload(kiosk->status_screen);
	return ok;
}

static void notify_reloading(void) {
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_now_us());
}

bool kiosk_reload(struct kiosk *kiosk, const struct kiosk_listener *listener) {
	if (kiosk->stopping || kiosk->load == NULL) {
		kiosk_tell_problem(listener, "vitrine is ending: nothing is changed");
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
