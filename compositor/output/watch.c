// SPDX-License-Identifier: MIT
// Page flips that do not come: the display is told to begin anew, dark and lit again with the same
// picture, and everybody else goes on meanwhile.
//
// One timer finds out. It is armed with a frame while it is not, and when it fires for the newest one that
// is on its way: two or three times a second while frames come, never while none does.
//
// Nothing here blocks. A kernel that still waits for the flip itself refuses with EBUSY until it gives up
// (after 10 s), and the CRTC is asked again until then, as after any refused commit.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "output/internal.h"

enum {
	FLIP_MS = 500,      // a flip that has not come by then will not
	FLIP_REFRESHES = 4, // but slow displays have that many refreshes
	// With a modeset links are trained and panels powered on; twice as long after each that failed.
	MODESET_MS = 5000,
	MODESET_LAST_MS = 60000,
};

static int64_t patience_ns(const struct output *output) {
	if (output->slow) {
		int64_t ms = MODESET_MS;
		for (int i = 1; i < output->losses && ms < MODESET_LAST_MS; i++) {
			ms *= 2;
		}
		return (ms < MODESET_LAST_MS ? ms : MODESET_LAST_MS) * INT64_C(1000000);
	}
	int64_t least = FLIP_MS * INT64_C(1000000),
			refreshes = FLIP_REFRESHES * output->pace.refresh_ns;
	return least > refreshes ? least : refreshes;
}

static void arm(struct output *output, int64_t now) {
	output->watch_ns = output->committed_ns + patience_ns(output);
	int64_t wait = output->watch_ns > now ? output->watch_ns - now : 0;
	wl_event_source_timer_update(output->watch_timer, (int)(wait / 1000000) + 1);
}

void watch_committed(struct output *output, struct frame *frame) {
	// The kernel takes a commit only after the flip before it.
	watch_release(output);
	output->darkens = false;
	output->pending = frame;
	const bool roughly = frame->early && !pace_measures_early(&output->pace);
	output->committed_ns = roughly ? output->begun_ns : clock_now_ns();
	if (output->watch_ns == 0 || output->committed_ns + patience_ns(output) < output->watch_ns) {
		arm(output, output->committed_ns);
	}
}

void watch_release(struct output *output) {
	if (output->held != NULL) {
		frame_unlock(output->held);
		output->held = NULL;
	}
}

void watch_forget(struct output *output) {
	watch_release(output);
	output->darkens = false;
	output->losses = 0;
	output->lost_ns = 0;
}

void watch_flipped(struct output *output) {
	if (output->losses > 0) {
		log_info("%s: the display shows frames again", output->pipe.connector->name);
	}
	watch_forget(output);
}

// What the kernel was told that planes show, and the frame that did it.
static void say_state(const struct output *output, const struct frame *frame, int64_t age_ns) {
	const struct kms_pipe *pipe = &output->pipe;
	char planes[512] = "";
	size_t used = 0;
	for (int p = 0; p < output->n_planes && used < sizeof(planes); p++) {
		const struct kms_property *props = output->planes[p]->props;
		if (props[KMS_PLANE_CRTC_ID].value != pipe->crtc->id) {
			continue;
		}
		int entry = frame->plan.layer_of[p];
		const struct frame_layer *layer =
			entry >= 0 ? &frame->layers[frame->planned_layer[entry]] : NULL;
		char what[16] = "composed";
		if (layer != NULL) {
			format_name(layer->format, what);
		}
		used += (size_t)snprintf(planes + used, sizeof(planes) - used,
			"%s%" PRIu32 " (%s, %" PRIu64 "x%" PRIu64 ", framebuffer %" PRIu64 ")",
			used > 0 ? ", " : "", output->planes[p]->id, what, props[KMS_PLANE_CRTC_W].value,
			props[KMS_PLANE_CRTC_H].value, props[KMS_PLANE_FB_ID].value);
	}
	log_error("%s: a page flip has not come %" PRId64 " ms after its commit: CRTC %" PRIu32
			  ", %dx%d@%.2f, frame %" PRIu64
			  "%s of %d layers, planes on: %s; the display gets a fresh "
			  "modeset",
		pipe->connector->name, age_ns / 1000000, pipe->crtc->id, pipe->mode.hdisplay,
		pipe->mode.vdisplay, kms_mode_refresh_mhz(&pipe->mode) / 1000.0, frame->serial,
		output->slow ? " with a modeset" : "", frame->n_layers, used > 0 ? planes : "none");
}

// Said for the first, and once more when a modeset did not help.
static void say_lost(const struct output *output, const struct frame *frame, int64_t age_ns) {
	if (output->losses == 1) {
		say_state(output, frame, age_ns);
	} else if (output->losses == 2) {
		log_error("%s: the modeset did not bring the display back: it is tried again, ever more "
				  "rarely; look for errors of driver %s in the kernel's log (dmesg)",
			output->pipe.connector->name, output->device->driver);
	} else {
		log_debug(
			"%s: no page flip, for the %dth time", output->pipe.connector->name, output->losses);
	}
}

void watch_discard(struct output *output, const struct frame *frame) {
	int64_t now = clock_now_ns();
	for (int i = 0; i < output->scene.n_layers; i++) {
		struct scene_layer *layer = output->scene.layers[i];
		if (layer->latched_serial == frame->serial && layer->ops != NULL &&
			layer->ops->hidden != NULL) {
			layer->ops->hidden(layer, now);
		}
	}
}

// The lost frame is what the kernel holds, the one before it may be what is seen: both stay locked until
// the next commit has gone through.
static void lose(struct output *output, int64_t age_ns) {
	struct frame *lost = output->pending;
	output->losses++;
	output->counters.lost++;
	say_lost(output, lost, age_ns);
	kms_crtc_lose_flip(output->pipe.crtc);
	if (output->lost_ns == 0) {
		output->lost_ns = output->pace.due_ns;
	}
	watch_release(output);
	frame_forsake(output->on_screen);
	output->held = output->on_screen;
	output->on_screen = lost;
	output->pending = NULL;
	output->darkens = true;
	watch_discard(output, lost);
	output_recover(output);
}

int watch_handle_timer(void *data) {
	struct output *output = data;
	output->watch_ns = 0;
	if (output->pending == NULL || output->retiring || output->device->gone) {
		return 0;
	}
	int64_t now = clock_now_ns();
	if (now - output->committed_ns < patience_ns(output)) {
		arm(output, now);
		return 0;
	}
	// We may be what is late: it has come then, and was not read yet.
	const struct frame *frame = output->pending;
	if (kms_device_dispatch(output->device) && output->pending == frame) {
		lose(output, now - output->committed_ns);
	}
	return 0;
}

bool watch_darken(struct output *output, int *rc) {
	if (!output->darkens) {
		return true;
	}
	*rc = power_commit_dark(output, KMS_COMMIT_ALLOW_MODESET);
	if (*rc == 0) {
		output->darkens = false;
	}
	return *rc == 0;
}
