// SPDX-License-Identifier: MIT
// From a plan to an atomic commit.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "output/internal.h"

// Of the lower (0) or upper (1) picture; NULL when out of memory.
static struct kms_framebuffer *composed_framebuffer(
	const struct output *output, const struct frame *frame, int picture, bool alpha) {
	if (frame->splash && picture == 0) {
		return output->splash;
	}
	// A test of a layout only needs a framebuffer of the right kind, and one always exists.
	const struct output_picture *lower = &output->pictures[0];
	struct kms_dumb *dumb = lower->targets[lower->front].dumb;
	if (frame->picture_target[picture] >= 0) {
		dumb = output->pictures[picture].targets[frame->picture_target[picture]].dumb;
	}
	return alpha ? kms_dumb_alpha(dumb) : dumb->framebuffer;
}

// Cursor planes reach past the edges of the screen by nature, and many take some sizes alone.
static void uncrop(const struct scene_layer *layer, struct kms_plane_state *state) {
	const struct scene_rect *dst = &layer->dst;
	struct scene_fbox src = frame_source(layer, (struct scene_fbox){0, 0, dst->width, dst->height});
	if (src.width != dst->width || src.height != dst->height || src.x != (int)src.x ||
		src.y != (int)src.y) {
		return; // scaled: as much of it as is known to lie on whole pixels
	}
	state->src_x = (uint32_t)src.x << 16;
	state->src_y = (uint32_t)src.y << 16;
	state->src_w = (uint32_t)dst->width << 16;
	state->src_h = (uint32_t)dst->height << 16;
	state->crtc_x = dst->x;
	state->crtc_y = dst->y;
	state->crtc_w = (uint32_t)dst->width;
	state->crtc_h = (uint32_t)dst->height;
}

// After a commit that was refused, pictures may have been drawn that were never shown.
static bool wants_damage(const struct output *output, int plane) {
	return output->planes[plane]->props[KMS_PLANE_FB_DAMAGE_CLIPS].id != 0 &&
		output->testing == NULL && output->retry_ms == 0;
}

// A client was waited for before its commit took effect. Should it draw into the buffer once more, the picture is its
// own affair, and the screen's frames are not. A plane that nothing changes of is named for that reason alone: drivers
// may take it in with its CRTC (vkms does).
static void stage_no_wait(const struct output *output, const struct scene_layer *layer, int plane) {
	if (layer->buffer->kind == SCENE_BUFFER_DMABUF && output->testing == NULL &&
		(kms_request_has_plane(output->planes[plane]) || !scene_buffer_is_drawn(layer->buffer))) {
		kms_request_no_wait(output->planes[plane]);
	}
}

static void stage_client(
	struct output *output, const struct frame *frame, const struct planner_plan *plan, int plane) {
	int entry = plan->layer_of[plane];
	const struct planner_layer *planned = &frame->planned[entry];
	const struct scene_layer *layer = output->scene.layers[frame->planned_layer[entry]];
	struct kms_plane_state state = {
		.framebuffer = scanout_framebuffer(output->device, layer->buffer, planned->format),
		.src_x = planned->src_x,
		.src_y = planned->src_y,
		.src_w = planned->src_w,
		.src_h = planned->src_h,
		.crtc_x = planned->x,
		.crtc_y = planned->y,
		.crtc_w = (uint32_t)planned->width,
		.crtc_h = (uint32_t)planned->height,
		.rotation = planned->rotation,
		.coding = planned->coding,
		.fade = planned->fade,
		.set_zpos = output->planes[plane]->zpos_mutable,
		.zpos = plan->zpos[plane],
	};
	if (output->planes[plane]->type == KMS_PLANE_CURSOR) {
		uncrop(layer, &state);
	}
	if (wants_damage(output, plane)) {
		const struct frame_layer *taken = &frame->layers[frame->planned_layer[entry]];
		state.n_damage = damage_of_layer(layer, taken, state.damage);
	}
	kms_request_plane(output->planes[plane], output->pipe.crtc, &state);
	stage_no_wait(output, layer, plane);
}

static bool stage_composed(
	struct output *output, const struct frame *frame, const struct planner_plan *plan, int plane) {
	int picture = plan->layer_of[plane] == PLANNER_COMPOSED_ABOVE;
	bool alpha = picture == 1 || plan->below[0] != 0;
	struct kms_plane_state state = {
		.framebuffer = composed_framebuffer(output, frame, picture, alpha),
		.src_w = (uint32_t)output->scene.width << 16,
		.src_h = (uint32_t)output->scene.height << 16,
		.crtc_w = (uint32_t)output->scene.width,
		.crtc_h = (uint32_t)output->scene.height,
		.set_zpos = output->planes[plane]->zpos_mutable,
		.zpos = plan->zpos[plane],
	};
	if (state.framebuffer == NULL) {
		return false;
	}
	if (wants_damage(output, plane)) {
		state.n_damage = damage_of_picture(output, frame, picture, state.damage);
	}
	kms_request_plane(output->planes[plane], output->pipe.crtc, &state);
	return true;
}

bool output_stage(
	struct output *output, const struct frame *frame, const struct planner_plan *plan) {
	bool ok = true;
	for (int p = 0; p < output->n_planes; p++) {
		if (plan->layer_of[p] >= 0) {
			stage_client(output, frame, plan, p);
		} else if (plan->layer_of[p] != PLANNER_OFF) {
			ok = stage_composed(output, frame, plan, p) && ok;
		} else if (!pool_is_elsewhere(output, output->planes[p])) {
			kms_request_plane(output->planes[p], output->pipe.crtc, NULL);
		}
	}
	return ok;
}

// Errors that say nothing of the layout (kms-facts: the driver is busy, or no longer ours to ask).
static bool is_passing(int error) {
	return error == -EINTR || error == -EAGAIN || error == -EBUSY || error == -EACCES ||
		error == -ENODEV;
}

enum planner_verdict output_test(void *data, const struct planner_plan *plan) {
	struct output *output = data;
	kms_request_begin(output->device);
	if (!output_stage(output, output->testing, plan)) {
		return PLANNER_REFUSED;
	}
	content_stage(output);
	// What is asked of a dark one is whether the layout does once it is lit.
	uint32_t flags = KMS_COMMIT_TEST | power_stage_light(output);
	int rc = kms_request_commit(output->device, output->pipe.crtc, flags);
	if (rc == 0) {
		return PLANNER_ACCEPTED;
	}
	return is_passing(rc) ? PLANNER_UNKNOWN : PLANNER_REFUSED;
}

// ---- Torn frames ----

// What is on the primary plane now is to be seen for a refresh (wp_fifo_v1), which is not over.
static bool must_stay(const struct output *output) {
	const struct frame *shown = output->on_screen;
	const struct pace *pace = &output->pace;
	if (pace->flip_ns != 0 && clock_now_ns() - pace->flip_ns >= pace->refresh_ns) {
		return false;
	}
	for (int i = 0; shown != NULL && i < shown->n_layers; i++) {
		const struct frame_layer *layer = &shown->layers[i];
		if (layer->stays &&
			(layer->placement == FRAME_COMPOSED || layer->plane == output->primary)) {
			return true;
		}
	}
	return false;
}

bool output_tears(const struct output *output, const struct frame *frame) {
	if (!output->device->async_flip || frame == NULL) {
		return false;
	}
	int entry = frame->plan.layer_of[output->primary];
	int index = entry >= 0 ? frame->planned_layer[entry] : -1;
	const struct scene_output *scene = &output->scene;
	if (index < 0 || index >= scene->n_layers ||
		scene->layers[index]->id != frame->layers[index].id) {
		return false;
	}
	const struct scene_layer *layer = scene->layers[index];
	const struct frame_layer *taken = &frame->layers[index];
	return layer->tearing && !layer->stays && frame_covers(output, &layer->dst) &&
		!format_set_has(&output->whole_only, taken->format, taken->modifier) && !must_stay(output);
}

// The device does not show such buffers without waiting for a refresh. There are no more of them to be kept than
// its primary plane takes formats.
static void note_whole_only(struct output *output, const struct frame *frame, int rc) {
	const struct frame_layer *layer =
		&frame->layers[frame->planned_layer[frame->plan.layer_of[output->primary]]];
	char name[5];
	format_name(layer->format, name);
	format_set_add(&output->whole_only, layer->format, layer->modifier);
	log_debug("%s: the display does not show %s buffers at once: %s", output->pipe.connector->name,
		name, strerror(-rc));
}

// ---- Buffers that leave ----

// What just the picture on the screen still uses leaves it with the next flip.
static bool leaves(const struct frame_layer *layer) {
	return layer->locked && layer->release != NULL && layer->release->locks == 1;
}

// Somebody would like to know beforehand when a buffer leaves the screen: whoever draws into it next may wait for that
// himself. A flip that does not come would leave him waiting for good.
static bool promises(const struct output *output) {
	const struct frame *frame = output->on_screen;
	for (int i = 0; frame != NULL && i < frame->n_layers; i++) {
		if (leaves(&frame->layers[i])) {
			return output->counters.lost == 0;
		}
	}
	return false;
}

static void promise(const struct output *output, int fence) {
	const struct frame *frame = output->on_screen;
	for (int i = 0; i < frame->n_layers; i++) {
		if (leaves(&frame->layers[i])) {
			frame->layers[i].release->ops->promise(frame->layers[i].release, fence);
		}
	}
	close(fence);
}

// ---- The commit ----

// `torn`: at once, if no more than a buffer changes.
static int stage_and_commit(
	struct output *output, const struct frame *frame, struct capture *capture, bool torn) {
	kms_request_begin(output->device);
	if (!output_stage(output, frame, &frame->plan)) {
		return -ENOMEM;
	}
	uint32_t flags = KMS_COMMIT_EVENT | power_stage(output);
	int32_t fence = -1;
	if (capture != NULL) {
		flags |= captures_stage(capture);
	}
	torn =
		torn && flags == KMS_COMMIT_EVENT && kms_request_is_flip(output->planes[output->primary]);
	if (!torn && promises(output)) {
		kms_request_out_fence(output->pipe.crtc, &fence);
	}
	int rc = kms_request_commit(
		output->device, output->pipe.crtc, flags | (torn ? KMS_COMMIT_ASYNC : 0));
	if (rc == 0 && fence >= 0) {
		promise(output, fence);
	}
	if (rc == 0) {
		output->torn = torn;
		power_committed(output, flags);
	} else if (torn && !is_passing(rc)) {
		int torn_rc = rc;
		rc = stage_and_commit(output, frame, capture, false);
		if (rc == 0) {
			note_whole_only(output, frame, torn_rc);
		}
	}
	return rc;
}

static int commit_once(struct output *output, struct frame *frame) {
	struct capture *capture = captures_prepare(output, frame);
	bool torn = capture == NULL && output_tears(output, frame);
	int rc = stage_and_commit(output, frame, capture, torn);
	if (capture != NULL) {
		captures_committed(capture, rc);
	}
	return rc;
}

static bool uses_clients(const struct output *output, const struct frame *frame) {
	for (int p = 0; p < output->n_planes; p++) {
		if (frame->plan.layer_of[p] >= 0) {
			return true;
		}
	}
	return false;
}

// What may come along with a frame that shows no difference without it.
enum { EXTRA_CONTENT = 1 << 0, EXTRA_VRR = 1 << 1, EXTRA_ALL = EXTRA_CONTENT | EXTRA_VRR };

static void give_up(struct output *output, unsigned extras, int rc) {
	if (extras & EXTRA_CONTENT) {
		content_give_up(output, rc);
	}
	if (extras & EXTRA_VRR) {
		char line[256];
		output_give_up_vrr(output, rc, line);
		log_warning("%s", line);
	}
}

// The frame was refused with all extras that are due. Whether they are why shows when it is taken without: those are
// given up then, and others are not.
static int commit_without_extras(struct output *output, struct frame *frame, int refusal) {
	const enum kms_content content = output->content;
	const bool vrr = output->pipe.vrr;
	const unsigned due = (content_is_due(output) ? EXTRA_CONTENT : 0) |
		(vrr && output_vrr_is_due(output) ? EXTRA_VRR : 0);
	int rc = refusal;
	for (unsigned extras = 1; extras <= EXTRA_ALL && rc != 0 && !is_passing(rc); extras++) {
		if ((extras & ~due) != 0) {
			continue;
		}
		output->content = extras & EXTRA_CONTENT ? KMS_CONTENT_KEEP : content;
		output->pipe.vrr = vrr && !(extras & EXTRA_VRR);
		rc = commit_once(output, frame);
		output->content = content;
		output->pipe.vrr = vrr;
		if (rc == 0) {
			give_up(output, extras, refusal);
		}
	}
	return rc;
}

int output_commit(struct output *output, struct frame *frame) {
	int rc = commit_once(output, frame);
	if (rc != 0 && !is_passing(rc)) {
		rc = commit_without_extras(output, frame, rc);
	}
	if (rc == 0 || is_passing(rc) || !uses_clients(output, frame)) {
		return rc;
	}
	// TEST_ONLY neither pins nor maps: a layout that passed may fail now. The same frame is shown
	// composed, and this layout is not tried again.
	log_debug("%s: a layout failed after its test had passed: %s", output->pipe.connector->name,
		strerror(-rc));
	frame_compose_all(output, frame);
	// The pictures are drawn for that layout already, without what it had on planes: not only what differs from
	// what is on the screen is to be drawn again.
	frame_damage(output, NULL, frame);
	if (!output_compose(output, frame)) {
		return -ENOMEM;
	}
	return commit_once(output, frame);
}
