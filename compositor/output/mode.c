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

// A device makes up its mind when the last line is out; a flip's time is that of the first line.
static int64_t blank_ns(const drmModeModeInfo *mode) {
	int64_t lines = mode->vtotal - mode->vdisplay;
	return mode->clock > 0 && lines > 0 ? lines * mode->htotal * 1000000 / (int64_t)mode->clock : 0;
}

void output_take_mode(struct output *output, const drmModeModeInfo *mode) {
	output->pipe.mode = *mode;
	output->scene.width = mode->hdisplay;
	output->scene.height = mode->vdisplay;
	int32_t mhz = kms_mode_refresh_mhz(mode);
	pace_start(&output->pace, mhz > 0 ? INT64_C(1000000000000) / mhz : 16666667, blank_ns(mode));
	format_set_finish(&output->whole_only);
	output->n_shapes = -1; // of what the output's size cuts off
}

bool output_stage_mode(struct output *output) {
	const struct kms_pipe *pipe = &output->pipe;
	kms_request_max_bpc(pipe->connector, pipe->max_bpc);
	content_stage(output);
	kms_request_vrr(pipe->crtc, pipe->vrr);
	return kms_request_enable(pipe->crtc, pipe->connector, &pipe->mode);
}

bool output_vrr_is_due(const struct output *output) {
	const struct kms_property *vrr = &output->pipe.crtc->props[KMS_CRTC_VRR_ENABLED];
	return vrr->id != 0 && vrr->value != output->pipe.vrr;
}

void output_give_up_vrr(struct output *output, int rc, char error[256]) {
	snprintf(error, 256, "%s: the display refused variable refresh: %s; it goes on without",
		output->pipe.connector->name, strerror(-rc));
	output->pipe.vrr = false;
	pace_set_variable(&output->pace, false);
}

bool output_set_vrr(struct output *output, bool on, char error[256]) {
	struct kms_crtc *crtc = output->pipe.crtc;
	bool asks = on && !output->pipe.vrr && output->lit && !output->paused;
	int rc = on && crtc->props[KMS_CRTC_VRR_ENABLED].id == 0 ? -ENOTSUP : 0;
	if (rc == 0 && asks) {
		kms_request_begin(output->device);
		kms_request_vrr(crtc, true);
		rc = kms_request_commit(output->device, crtc, KMS_COMMIT_TEST | KMS_COMMIT_ALLOW_MODESET);
	}
	if (rc != 0) {
		output_give_up_vrr(output, rc, error);
	} else {
		output->pipe.vrr = on;
		pace_set_variable(&output->pace, on);
	}
	if (output_vrr_is_due(output)) {
		output->scene.schedule(&output->scene);
	}
	return rc == 0;
}

static int commit(struct output *output, const struct frame *frame, bool test) {
	if (output->paused) {
		return 0; // nobody can be asked: it is found out when the device is ours again
	}
	kms_request_begin(output->device);
	if (!output_stage(output, frame, &frame->plan) || !output_stage_mode(output)) {
		return -ENOMEM;
	}
	// One that is dark stays so: whether it could be lit is asked.
	test |= !output->lit;
	uint32_t flags = test ? KMS_COMMIT_TEST : KMS_COMMIT_EVENT | KMS_COMMIT_BLOCK;
	return kms_request_commit(output->device, output->pipe.crtc, flags | KMS_COMMIT_ALLOW_MODESET);
}

// All of the scene in pictures of the new size.
static int show(struct output *output, struct frame *frame, bool test) {
	if (!output_pictures_prepare(output) || !frame_build(output, frame, clock_now_ns())) {
		return -ENOMEM;
	}
	frame_damage(output, NULL, frame);
	int rc = output_compose(output, frame) ? commit(output, frame, test) : -ENOMEM;
	if (rc == 0 || rc == -ENOMEM) {
		return rc;
	}
	frame_compose_all(output, frame);
	frame_damage(output, NULL, frame);
	return output_compose(output, frame) ? commit(output, frame, test) : -ENOMEM;
}

static void shown(struct output *output, struct frame *frame) {
	if (!output->lit || output->paused) {
		return; // with the frame that lights it
	}
	output->modeset_due = false;
	output->counters.modesets++;
	output->slow = true;
	output->torn = false;
	watch_committed(output, frame);
	pace_committed_slowly(&output->pace, clock_now_ns());
	output_latch(output, frame);
}

// What another mode takes the place of, to be put back.
struct former {
	drmModeModeInfo mode;
	int max_bpc;
	struct pace pace;
	bool modeset_due;
	struct output_picture pictures[FRAME_PICTURES];
	struct kms_framebuffer *splash;
};

static void take(
	struct output *output, const drmModeModeInfo *mode, int max_bpc, struct former *former) {
	former->mode = output->pipe.mode;
	former->max_bpc = output->pipe.max_bpc;
	former->pace = output->pace;
	former->modeset_due = output->modeset_due;
	output_pictures_swap(output, former->pictures);
	former->splash = output->splash;
	output->splash = NULL;
	planner_forget(output->planner);
	output_take_mode(output, mode);
	output->pipe.max_bpc = max_bpc;
	output->modeset_due = true;
}

static void put_back(struct output *output, struct former *former) {
	output_pictures_restore(output, former->pictures);
	output->splash = former->splash;
	output_take_mode(output, &former->mode);
	output->pipe.max_bpc = former->max_bpc;
	output->pace = former->pace;
	output->modeset_due = former->modeset_due;
	planner_forget(output->planner);
	output->scene.schedule(&output->scene);
}

static void say_refused(
	const struct output *output, const drmModeModeInfo *mode, int rc, char error[256]) {
	const drmModeModeInfo *runs = &output->pipe.mode;
	snprintf(error, 256,
		"%s: the display refused %dx%d@%.2f: %s; it goes on with %dx%d@%.2f, try another mode",
		output->pipe.connector->name, mode->hdisplay, mode->vdisplay,
		kms_mode_refresh_mhz(mode) / 1000.0, strerror(-rc), runs->hdisplay, runs->vdisplay,
		kms_mode_refresh_mhz(runs) / 1000.0);
}

static bool is_set(const struct output *output, const drmModeModeInfo *mode, int max_bpc) {
	return kms_mode_equal(mode, &output->pipe.mode) && max_bpc == output->pipe.max_bpc;
}

bool output_set_mode(
	struct output *output, const drmModeModeInfo *mode, int max_bpc, char error[256]) {
	if (is_set(output, mode, max_bpc)) {
		return true;
	}
	captures_abandon(output);
	output_wait_for_flip(output);
	if (output->pending != NULL) {
		snprintf(error, 256, "%s: the display is busy: its mode is not changed, try again",
			output->pipe.connector->name);
		return false;
	}
	struct former former;
	take(output, mode, max_bpc, &former);
	struct frame *frame = output_spare_frame(output);
	int rc = show(output, frame, false);
	if (rc == 0) {
		output_pictures_drop(former.pictures);
		kms_framebuffer_destroy(former.splash);
		shown(output, frame);
		return true;
	}
	put_back(output, &former);
	say_refused(output, mode, rc, error);
	return false;
}

bool output_test_mode(
	struct output *output, const drmModeModeInfo *mode, int max_bpc, char error[256]) {
	if (is_set(output, mode, max_bpc)) {
		return true;
	}
	struct former former;
	take(output, mode, max_bpc, &former);
	int rc = show(output, output_spare_frame(output), true);
	put_back(output, &former);
	if (rc != 0) {
		say_refused(output, mode, rc, error);
	}
	return rc == 0;
}
