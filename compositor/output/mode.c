// SPDX-License-Identifier: MIT
// Another mode for an output that is there: all that depends on it is made anew, and the old one is kept
// as it is until the device has taken the new one.
//
// The first picture is the scene of now, whose clients have yet to hear of it: in the same commit as the
// mode, so that no frame is black. The commit blocks, as a modeset does, for it alone says whether the
// device takes it.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "output/internal.h"

enum { FIRST_WINDOW_NS = 8000000 };

void output_take_mode(struct output *output, const drmModeModeInfo *mode) {
	output->pipe.mode = *mode;
	output->scene.width = mode->hdisplay;
	output->scene.height = mode->vdisplay;
	int32_t mhz = kms_mode_refresh_mhz(mode);
	output->refresh_ns = mhz > 0 ? INT64_C(1000000000000) / mhz : 16666667;
	output->window_ns =
		FIRST_WINDOW_NS < output->refresh_ns / 2 ? FIRST_WINDOW_NS : output->refresh_ns / 2;
	output->last_flip_ns = 0; // vblanks begin anew
	output->n_shapes = -1;    // of what the output's size cuts off
}

bool output_stage_mode(struct output *output) {
	const struct kms_pipe *pipe = &output->pipe;
	kms_request_max_bpc(pipe->connector, pipe->max_bpc);
	return kms_request_enable(pipe->crtc, pipe->connector, &pipe->mode);
}

static int commit(struct output *output, const struct frame *frame) {
	if (output->paused) {
		return 0; // nobody can be asked: it is found out when the device is ours again
	}
	kms_request_begin(output->device);
	if (!output_stage(output, frame, &frame->plan) || !output_stage_mode(output)) {
		return -ENOMEM;
	}
	// One that is dark stays so: whether it could be lit is asked.
	uint32_t flags = output->lit ? KMS_COMMIT_EVENT | KMS_COMMIT_BLOCK : KMS_COMMIT_TEST;
	return kms_request_commit(output->device, output->pipe.crtc, flags | KMS_COMMIT_ALLOW_MODESET);
}

// All of the scene in pictures of the new size.
static int show(struct output *output, struct frame *frame) {
	if (!output_pictures_prepare(output) || !frame_build(output, frame)) {
		return -ENOMEM;
	}
	frame_damage(output, NULL, frame);
	int rc = output_compose(output, frame) ? commit(output, frame) : -ENOMEM;
	if (rc == 0 || rc == -ENOMEM) {
		return rc;
	}
	frame_compose_all(output, frame);
	frame_damage(output, NULL, frame);
	return output_compose(output, frame) ? commit(output, frame) : -ENOMEM;
}

static void shown(struct output *output, struct frame *frame) {
	if (!output->lit || output->paused) {
		return; // with the frame that lights it
	}
	output->modeset_due = false;
	output->counters.modesets++;
	output->slow = true;
	watch_committed(output, frame);
	output->due_ns = output_now_ns() + output->refresh_ns;
	output->paced = false;
	output_latch(output, frame);
}

bool output_set_mode(
	struct output *output, const drmModeModeInfo *mode, int max_bpc, char error[256]) {
	if (kms_mode_equal(mode, &output->pipe.mode) && max_bpc == output->pipe.max_bpc) {
		return true;
	}
	const char *name = output->pipe.connector->name;
	captures_abandon(output);
	output_wait_for_flip(output);
	if (output->pending != NULL) {
		snprintf(error, 256, "%s: the display is busy: its mode is not changed, try again", name);
		return false;
	}
	const drmModeModeInfo before = output->pipe.mode;
	const int max_bpc_before = output->pipe.max_bpc;
	const int64_t last_flip_ns = output->last_flip_ns;
	const bool was_due = output->modeset_due;
	struct output_picture pictures[FRAME_PICTURES];
	output_pictures_swap(output, pictures);
	planner_forget(output->planner);
	output_take_mode(output, mode);
	output->pipe.max_bpc = max_bpc;
	output->modeset_due = true;
	struct frame *frame = output_spare_frame(output);
	int rc = show(output, frame);
	if (rc == 0) {
		output_pictures_drop(pictures);
		shown(output, frame);
		return true;
	}
	output_pictures_restore(output, pictures);
	output_take_mode(output, &before);
	output->pipe.max_bpc = max_bpc_before;
	output->last_flip_ns = last_flip_ns;
	output->modeset_due = was_due;
	planner_forget(output->planner);
	output->scene.schedule(&output->scene);
	snprintf(error, 256,
		"%s: the display refused %dx%d@%.2f: %s; it goes on with %dx%d@%.2f, try another mode",
		name, mode->hdisplay, mode->vdisplay, kms_mode_refresh_mhz(mode) / 1000.0, strerror(-rc),
		before.hdisplay, before.vdisplay, kms_mode_refresh_mhz(&before) / 1000.0);
	return false;
}
