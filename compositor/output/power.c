// SPDX-License-Identifier: MIT
// Screens that are off, or darker. Off is ACTIVE = 0: mode and connector stay, planes are free for other
// CRTCs, buffers go back to their clients. On is a whole frame, with a modeset.
#include <string.h>

#include "base/log.h"
#include "output/internal.h"

// What is on the screen is not ours any more: buffers go back, and the next frame is a whole one.
static void forget_screen(struct output *output) {
	planner_forget(output->planner);
	watch_forget(output);
	if (output->on_screen != NULL) {
		frame_unlock(output->on_screen);
		output->on_screen = NULL;
	}
}

int power_commit_dark(struct output *output, uint32_t flags) {
	kms_request_begin(output->device);
	for (int p = 0; p < output->n_planes; p++) {
		if (!pool_is_elsewhere(output, output->planes[p])) {
			kms_request_plane(output->planes[p], output->pipe.crtc, NULL);
		}
	}
	kms_request_active(output->pipe.crtc, false);
	int rc = kms_request_commit(output->device, output->pipe.crtc, flags);
	if (rc == 0) {
		output->counters.modesets++;
		output->lit = false;
	}
	return rc;
}

// While no flip is pending and nothing is being written back.
static void go_dark(struct output *output) {
	int rc = power_commit_dark(output, KMS_COMMIT_BLOCK | KMS_COMMIT_ALLOW_MODESET);
	if (rc != 0) {
		log_error("%s: cannot be turned off: %s", output->pipe.connector->name, strerror(-rc));
		output->powered = true; // as it is; whoever asks again tries again
		return;
	}
	forget_screen(output);
	pool_flipped(output);
	log_info("%s: off", output->pipe.connector->name);
}

bool power_apply(struct output *output) {
	if (output->paused) {
		return false;
	}
	if (output->powered || !output->lit) {
		if (!output->powered && output->on_screen != NULL) {
			// It went dark after a flip was lost, and stays so.
			forget_screen(output);
			pool_flipped(output);
			log_info("%s: off", output->pipe.connector->name);
		}
		return output->powered;
	}
	if (output->pending == NULL && !output->darkens && !captures_in_flight(output)) {
		go_dark(output);
	}
	return output->powered;
}

uint32_t power_stage_light(struct output *output) {
	if (output->lit && !output->modeset_due) {
		kms_request_vrr(output->pipe.crtc, output->pipe.vrr);
		return output_vrr_is_due(output) ? KMS_COMMIT_ALLOW_MODESET : 0; // some need one
	}
	if (!output->modeset_due || !output_stage_mode(output)) {
		kms_request_active(output->pipe.crtc, true);
	}
	return KMS_COMMIT_ALLOW_MODESET;
}

uint32_t power_stage(struct output *output) {
	if (output->gamma_changed) {
		kms_request_gamma(output->pipe.crtc, output->level);
	}
	content_stage(output);
	return power_stage_light(output);
}

void output_pause(struct output *output) {
	if (output->paused) {
		return;
	}
	output_wait_for_flip(output);
	if (output->pending != NULL) { // it is not coming
		struct frame *lost = output->pending;
		kms_crtc_lose_flip(output->pipe.crtc);
		output->pending = NULL;
		frame_unlock(lost);
		frame_forsake(output->on_screen);
		watch_discard(output, lost);
	}
	output->paused = true;
	captures_dark(output);
	forget_screen(output);
	output->scheduled = false;
	output->scene.schedule(&output->scene); // apps go on, slowly
}

void output_unpause(struct output *output) {
	if (!output->paused) {
		return;
	}
	output->paused = false;
	output->retry_ms = 0;
	output->gamma_changed = true;
	if (output->powered) {
		output->lit = false;
		output->modeset_due = true; // another one may run
		output->scheduled = false;
		output->scene.schedule(&output->scene);
	} else {
		output->lit = true; // by whoever had the device
		power_apply(output);
	}
}

void power_committed(struct output *output, uint32_t flags) {
	output->gamma_changed = false;
	output->slow = flags & KMS_COMMIT_ALLOW_MODESET;
	// One that is lit may be due another mode all the same: whoever had it before lit it.
	if ((!output->lit || output->modeset_due) && (flags & KMS_COMMIT_ALLOW_MODESET)) {
		output->lighting = !output->lit;
		output->lit = true;
		output->modeset_due = false;
		output->counters.modesets++;
	}
}

void power_flipped(struct output *output) {
	if (output->lighting) {
		output->lighting = false;
		log_info("%s: on", output->pipe.connector->name);
	}
}

void output_set_power(struct output *output, bool on) {
	if (on == output->powered) {
		return;
	}
	output->powered = on;
	if (on) {
		output->scheduled = false;
		output->scene.schedule(&output->scene);
	} else {
		power_apply(output);
	}
}

bool output_power(const struct output *output) {
	return output->powered;
}

bool output_set_level(struct output *output, double level) {
	if (output->pipe.crtc->props[KMS_CRTC_GAMMA_LUT].id == 0) {
		return level >= 1;
	}
	if (level != output->level) {
		output->level = level;
		output->gamma_changed = true;
		output->scene.schedule(&output->scene);
	}
	return true;
}
