// SPDX-License-Identifier: MIT
// One output: when a frame is made, what happens at its flip, and its beginning and end.
#include "output/output.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "base/log.h"
#include "output/internal.h"

enum {
	// How often clients that nobody sees may draw.
	HIDDEN_INTERVAL_MS = 1000,
	// How long after a refused commit the next try comes: soon, since most reasons pass and a frame
	// is begun some time before its vblank, and twice as long after each further one.
	RETRY_FIRST_MS = 1,
	RETRY_LAST_MS = 128,
	RETRY_SAID_MS = 16, // what lasts so long is told
	RETIRE_MS = 500,    // the longest wait for the last flip
};

struct frame *output_spare_frame(struct output *output) {
	for (int i = 0; i < OUTPUT_FRAMES; i++) {
		const struct frame *frame = &output->frames[i];
		if (frame != output->on_screen && frame != output->pending && frame != output->held) {
			return &output->frames[i];
		}
	}
	return NULL;
}

void output_latch(struct output *output, struct frame *frame) {
	for (int i = 0; i < frame->n_layers; i++) {
		struct frame_layer *taken = &frame->layers[i];
		struct scene_layer *layer = output->scene.layers[i];
		if (!taken->in_sight) {
			continue;
		}
		if (taken->placement == FRAME_PLANE) {
			scene_buffer_lock(taken->buffer);
			scene_release_lock(taken->release);
			taken->locked = true;
		}
		if (taken->placement != FRAME_CULLED && pixman_region32_not_empty(&layer->damage)) {
			scene_layer_note_update(layer, output->begun_ns);
		}
		pixman_region32_clear(&layer->damage);
		layer->frame_wanted = false;
		layer->latched_serial = frame->serial;
		layer->latched_zero_copy = taken->placement == FRAME_PLANE;
		if (layer->ops != NULL && layer->ops->latched != NULL) {
			layer->ops->latched(layer);
		}
	}
	output->scene.changed = false;
}

// Nobody sees anything of a dark screen, nor anything new while flips are lost.
static void arm_dark_timer(struct output *output) {
	if (!output->hidden_armed) {
		output->hidden_armed = true;
		wl_event_source_timer_update(output->hidden_timer, HIDDEN_INTERVAL_MS);
	}
}

static int handle_hidden_timer(void *data) {
	struct output *output = data;
	output->hidden_armed = false;
	int64_t now = clock_now_ns();
	const bool lost = output->lost_ns != 0;
	const struct frame *shown = lost ? NULL : output->on_screen;
	for (int i = 0; i < output->scene.n_layers; i++) {
		struct scene_layer *layer = output->scene.layers[i];
		bool visible = shown != NULL && layer->latched_serial >= shown->serial;
		// A frame that is to bring the display back may be long in coming.
		bool waits =
			lost && output->pending != NULL && layer->latched_serial == output->pending->serial;
		if (((layer->frame_wanted && !visible) || waits) && layer->ops != NULL &&
			layer->ops->hidden != NULL) {
			layer->frame_wanted = false;
			if (!lost) { // the next frame has it
				pixman_region32_clear(&layer->damage);
			}
			layer->ops->hidden(layer, now);
		}
	}
	if (lost) {
		arm_dark_timer(output);
	}
	return 0;
}

static void arm_hidden_timer(struct output *output, const struct frame *frame) {
	if (output->hidden_armed) {
		return;
	}
	for (int i = 0; i < frame->n_layers; i++) {
		if (!frame->layers[i].in_sight && output->scene.layers[i]->frame_wanted) {
			output->hidden_armed = true;
			wl_event_source_timer_update(output->hidden_timer, HIDDEN_INTERVAL_MS);
			return;
		}
	}
}

// Repaints at `time_ns` instead of when it was to be before.
static void set_timer(struct output *output, int64_t time_ns) {
	const struct itimerspec at = {
		.it_value = {.tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000}};
	timerfd_settime(output->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void set_timer_in_ms(struct output *output, int32_t ms) {
	output->deadline_ns = 0;
	set_timer(output, clock_now_ns() + ms * INT64_C(1000000));
}

static void retry(struct output *output, int rc) {
	int32_t wait = output->retry_ms > 0 ? 2 * output->retry_ms : RETRY_FIRST_MS;
	output->retry_ms = wait < RETRY_LAST_MS ? wait : RETRY_LAST_MS;
	if (rc == -EACCES && output->handler.lost != NULL && !kms_device_is_master(output->device)) {
		output->scheduled = true;
		output->handler.lost(output->handler.data, output);
		return;
	}
	if ((rc == -ENODEV || rc == -EIO) && output->handler.gone != NULL) {
		output->scheduled = true;
		output->handler.gone(output->handler.data, output);
		return;
	}
	if (output->retry_ms == RETRY_SAID_MS) {
		log_error("%s: the display refused a frame: %s; trying again", output->pipe.connector->name,
			strerror(-rc));
	}
	output->scheduled = true;
	set_timer_in_ms(output, output->retry_ms);
}

static void note_pace(struct output *output) {
	if (output->slow || output->torn) {
		pace_committed_slowly(&output->pace, output->committed_ns);
	} else if (output->pending->early) {
		pace_committed_early(&output->pace, output->begun_ns, output->committed_ns);
	} else {
		pace_committed(&output->pace, output->begun_ns, output->committed_ns);
	}
}

static void finish_retired(struct output *output);

static void repaint(struct output *output) {
	if (output->retiring) {
		finish_retired(output);
		return;
	}
	if (!output->scheduled || output->device->gone || output->pending != NULL ||
		captures_in_flight(output)) {
		return;
	}
	const int64_t deadline_ns = output->deadline_ns;
	const bool early = output->early;
	output->scheduled = output->early = false;
	output->deadline_ns = 0;
	int rc = 0;
	if (!watch_darken(output, &rc)) {
		retry(output, rc);
		return;
	}
	if (!power_apply(output)) {
		captures_dark(output);
		arm_dark_timer(output);
		return;
	}
	if (output->handler.before_frame != NULL) {
		output->handler.before_frame(output->handler.data, output);
		output->scheduled = false; // what it changed is in this frame
	}
	struct frame *frame = output_spare_frame(output);
	if (!frame_build(output, frame, deadline_ns != 0 ? deadline_ns : clock_now_ns())) {
		log_error("%s: out of memory, a frame is left out", output->pipe.connector->name);
		return;
	}
	frame->early = early;
	frame_damage(output, output->on_screen, frame);
	arm_hidden_timer(output, frame);
	if (output->lit && !frame_needed(output, output->on_screen, frame) &&
		!captures_want_frame(output)) {
		return;
	}
	rc = output_compose(output, frame) ? output_commit(output, frame) : -ENOMEM;
	if (rc != 0) {
		retry(output, rc);
		return;
	}
	output->retry_ms = 0;
	watch_committed(output, frame);
	note_pace(output);
	output_latch(output, frame);
}

void output_recover(struct output *output) {
	arm_dark_timer(output);
	output->retry_ms = 0;
	output->scheduled = true;
	output->deadline_ns = 0;
	repaint(output);
}

// Somebody was told to draw with the newest flip, and all who were have done so.
static bool all_came(const struct output *output) {
	for (int i = 0; i < output->scene.n_layers; i++) {
		if (output->scene.layers[i]->awaited) {
			return false;
		}
	}
	return output->told;
}

// All that was read of clients together is known by now.
static void handle_idle(void *data) {
	struct output *output = data;
	output->idle = NULL;
	if (output->deadline_ns <= output->wanted_ns || output->retiring) {
		repaint(output);
	} else if (all_came(output)) {
		output->early = true;
		output->deadline_ns = output->wanted_ns;
		repaint(output);
		output->early = false; // nothing may have come of it
	} else {
		set_timer(output, output->deadline_ns);
	}
}

static int handle_timer(int fd, uint32_t mask, void *data) {
	(void)mask;
	uint64_t times;
	if (read(fd, &times, sizeof(times)) == sizeof(times)) { // else it was set anew meanwhile
		repaint(data);
	}
	return 0;
}

static void repaint_when_idle(struct output *output) {
	if (output->idle == NULL) {
		output->idle = wl_event_loop_add_idle(output->loop, handle_idle, output);
	}
}

static void arm(struct output *output) {
	int64_t now = clock_now_ns();
	int64_t begin = output_tears(output, output->on_screen) ? now : pace_begin(&output->pace, now);
	output->wanted_ns = now;
	output->deadline_ns = begin; // the clock is not read again for it
	if (begin > now && !(output->told && pace_may_be_early(&output->pace))) {
		set_timer(output, begin);
	} else {
		repaint_when_idle(output);
	}
}

static void handle_schedule(struct scene_output *scene) {
	struct output *output = wl_container_of(scene, output, scene);
	if (output->scheduled) {
		return;
	}
	output->scheduled = true;
	if (output->pending == NULL) {
		arm(output);
	} else if (output->pending->early) { // too early
		pace_came_late(&output->pace, clock_now_ns());
	}
}

void output_resume(struct output *output) {
	if (output->scheduled && output->pending == NULL) {
		arm(output);
	}
}

static void tell_presented(struct output *output, const struct kms_flip *flip) {
	struct scene_presentation presentation = {
		.time_ns = flip->time_ns,
		.sequence = flip->sequence,
		.refresh_ns = (int32_t)output->pace.refresh_ns,
		.hardware_clock = true,
		.torn = output->torn,
		.variable = output->pace.variable,
	};
	output->told = false;
	for (int i = 0; i < output->scene.n_layers; i++) {
		struct scene_layer *layer = output->scene.layers[i];
		// Whoever did not answer an earlier frame may have nothing to draw.
		layer->awaited = false;
		if (layer->latched_serial == output->on_screen->serial && layer->ops != NULL &&
			layer->ops->presented != NULL) {
			presentation.zero_copy = layer->latched_zero_copy;
			layer->ops->presented(layer, &presentation);
		}
		output->told |= layer->awaited;
	}
}

static void note_flip(struct output *output, const struct kms_flip *flip) {
	output->counters.frames++;
	if (output->torn) { // says nothing of when the next refresh begins
		output->counters.torn++;
		return;
	}
	output->counters.early += output->on_screen->early;
	int missed = pace_flipped(&output->pace, flip->time_ns);
	if (!output->slow) {
		output->counters.missed += (uint64_t)missed;
	}
}

static void handle_flip(struct kms_crtc *crtc, const struct kms_flip *flip, void *data) {
	(void)crtc;
	struct output *output = data;
	if (output->pending == NULL) {
		return;
	}
	struct frame *old = output->on_screen;
	output->on_screen = output->pending;
	output->pending = NULL;
	if (output->retiring) {
		repaint_when_idle(output);
		return;
	}
	watch_flipped(output);
	power_flipped(output);
	note_flip(output, flip);
	// Buffers go back before the frame callbacks: a client with two of them draws into the older one.
	if (old != NULL) {
		frame_unlock(old);
	}
	tell_presented(output, flip);
	pool_flipped(output);
	if (!output->had_flip) {
		output->had_flip = true;
		if (output->handler.first_flip != NULL) {
			// Some drivers (vkms) know no time of the flip that turns the CRTC on, or tell of an earlier one.
			bool known = flip->time_ns >= output->begun_ns;
			output->handler.first_flip(
				output->handler.data, output, known ? flip->time_ns : output->pace.due_ns);
		}
	}
	if (power_apply(output)) {
		output_resume(output);
	} else {
		arm_dark_timer(output);
	}
}

static bool take_planes(struct output *output) {
	int32_t cursor_width = (int32_t)output->device->cursor_width;
	int32_t cursor_height = (int32_t)output->device->cursor_height;
	output->n_planes =
		pool_planes(output->pool, output->pipe.crtc, output->planes, &output->primary);
	for (int i = 0; i < output->n_planes; i++) {
		struct kms_plane *plane = output->planes[i];
		output->planner_planes[i] = (struct planner_plane){
			.type = plane->type == KMS_PLANE_PRIMARY ? PLANNER_PLANE_PRIMARY
				: plane->type == KMS_PLANE_CURSOR    ? PLANNER_PLANE_CURSOR
													 : PLANNER_PLANE_OVERLAY,
			.formats = &plane->formats,
			.rotations = plane->rotations,
			.fades = plane->props[KMS_PLANE_ALPHA].id != 0,
			.codings = kms_plane_codings(plane),
			.zpos = plane->zpos_mutable ? plane->props[KMS_PLANE_ZPOS].initial : plane->zpos_min,
			.zpos_min = plane->zpos_min,
			.zpos_max = plane->zpos_mutable ? plane->zpos_max : plane->zpos_min,
			.max_width = plane->type == KMS_PLANE_CURSOR ? cursor_width : 0,
			.max_height = plane->type == KMS_PLANE_CURSOR ? cursor_height : 0,
		};
		struct planner_plane *known = &output->planner_planes[i];
		for (int h = 0; h < plane->n_size_hints && h < PLANNER_MAX_SIZES; h++) {
			known->sizes[known->n_sizes++] = (struct planner_size){
				.width = plane->size_hints[h].width, .height = plane->size_hints[h].height};
		}
	}
	if (output->primary < 0) {
		return false;
	}
	const struct format_set *formats = output->planner_planes[output->primary].formats;
	output->target_format = format_set_has_format(formats, DRM_FORMAT_XRGB8888)
		? DRM_FORMAT_XRGB8888
		: DRM_FORMAT_RGB565;
	// Dumb buffers of 32 bits have room for alpha; which planes take that the planner looks up.
	output->target_alpha_format =
		output->target_format == DRM_FORMAT_XRGB8888 ? DRM_FORMAT_ARGB8888 : 0;
	return format_set_has_format(formats, output->target_format);
}

static int commit_light(struct output *output, const struct frame *frame, uint32_t flags) {
	kms_request_begin(output->device);
	if (!output_stage(output, frame, &frame->plan) || !output_stage_mode(output)) {
		return -ENOMEM;
	}
	// A former output may have dimmed it.
	if (output->pipe.crtc->gamma_blob != 0) {
		kms_request_gamma(output->pipe.crtc, output->level);
	}
	return kms_request_commit(output->device, output->pipe.crtc, KMS_COMMIT_EVENT | flags);
}

// A plane that another output uses, as only one of them was there, and that this one has to have: moving it
// takes a frame of the other without it.
static void claim_primary(struct output *output) {
	struct output *user = pool_user(output->pool, output->planes[output->primary]);
	if (user != NULL && user != output && !user->retiring) {
		output_wait_for_flip(user);
		user->scheduled = true;
		user->deadline_ns = 0;
		repaint(user);
		output_wait_for_flip(user);
	}
}

// Without a modeset if what runs fits. Other outputs do not wait for it unless the device is busy.
static int commit_first(struct output *output, const struct frame *frame) {
	int rc = -EINVAL;
	for (int modeset = 0; modeset < 2 && rc != 0; modeset++) {
		uint32_t flags = modeset ? KMS_COMMIT_ALLOW_MODESET : 0;
		rc = commit_light(output, frame, flags);
		if (rc == -EBUSY) {
			rc = commit_light(output, frame, flags | KMS_COMMIT_BLOCK);
		}
		output->slow = modeset;
		if (rc == 0 && modeset) {
			output->counters.modesets++;
		}
	}
	return rc;
}

// Lights the CRTC with the picture that is there, or with the first target.
static int light(struct output *output) {
	struct frame *frame = &output->frames[0];
	output->splash = kms_framebuffer_adopt(output->planes[output->primary], output->pipe.crtc,
		(uint32_t)output->scene.width, (uint32_t)output->scene.height);
	if (!frame_build(output, frame, clock_now_ns())) {
		return -ENOMEM;
	}
	frame_damage(output, NULL, frame);
	if (!output_compose(output, frame)) {
		return -ENOMEM;
	}
	int rc = commit_first(output, frame);
	if (rc != 0 && frame->splash) {
		frame->splash = false;
		kms_framebuffer_destroy(output->splash);
		output->splash = NULL;
		rc = commit_first(output, frame);
	}
	if (rc == 0 && frame->splash) {
		log_info("%s: the picture that is on the screen stays until there is one to be shown",
			output->pipe.connector->name);
	}
	if (rc == 0) {
		watch_committed(output, frame);
		note_pace(output);
	}
	return rc;
}

static bool init(struct output *output, char error[256]) {
	const char *name = output->pipe.connector->name;
	if (!take_planes(output)) {
		snprintf(
			error, 256, "%s: its CRTC has no primary plane that takes XRGB8888 or RGB565", name);
		return false;
	}
	output->planner = planner_create();
	output->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (output->timer_fd >= 0) {
		output->timer = wl_event_loop_add_fd(
			output->loop, output->timer_fd, WL_EVENT_READABLE, handle_timer, output);
	}
	output->hidden_timer = wl_event_loop_add_timer(output->loop, handle_hidden_timer, output);
	output->watch_timer = wl_event_loop_add_timer(output->loop, watch_handle_timer, output);
	if (output->planner == NULL || output->timer == NULL || output->hidden_timer == NULL ||
		output->watch_timer == NULL) {
		snprintf(error, 256, "%s: out of memory", name);
		return false;
	}
	if (!output->powered) { // with the first frame after it is turned on
		output->lit = output->pipe.crtc->props[KMS_CRTC_ACTIVE].value != 0;
		output->modeset_due = true;
		output->scene.schedule(&output->scene);
		return output_pictures_prepare(output);
	}
	claim_primary(output);
	int rc = light(output);
	if (rc != 0) {
		snprintf(error, 256, "%s: the display refused %dx%d@%.2f: %s; try another mode", name,
			output->scene.width, output->scene.height,
			kms_mode_refresh_mhz(&output->pipe.mode) / 1000.0, strerror(-rc));
	}
	return rc == 0;
}

struct output *output_create(struct wl_event_loop *loop, struct output_pool *pool,
	const struct kms_pipe *pipe, bool on, const struct output_handler *handler, char error[256]) {
	struct output *former = pool_output(pool, pipe->crtc);
	if (former != NULL) {
		output_wait_for_flip(former);
		finish_retired(former);
	}
	struct output *output = calloc(1, sizeof(*output));
	if (output == NULL) {
		snprintf(error, 256, "%s: out of memory", pipe->connector->name);
		return NULL;
	}
	output->loop = loop;
	output->pool = pool;
	output->pipe = *pipe;
	output->pipe.vrr = false; // whoever wants it asks for it
	output->device = pipe->crtc->device;
	output->handler = *handler;
	output->powered = output->lit = on;
	output->level = 1;
	output->timer_fd = -1;
	scene_output_init(&output->scene, pipe->mode.hdisplay, pipe->mode.vdisplay);
	output_take_mode(output, &pipe->mode);
	output->scene.schedule = handle_schedule;
	wl_list_init(&output->captures);
	output_pictures_init(output);
	pixman_region32_init(&output->background);
	pixman_region32_init(&output->holes);
	pixman_region32_init(&output->scratch);
	pipe->crtc->on_flip = handle_flip;
	pipe->crtc->on_flip_data = output;
	pool_add(pool, output);
	if (!init(output, error)) {
		output_destroy(output);
		return NULL;
	}
	return output;
}

void output_wait_for_flip(struct output *output) {
	int64_t end = clock_now_ns() + INT64_C(500000000);
	while (output->pending != NULL && !output->device->gone && clock_now_ns() < end) {
		struct pollfd fd = {.fd = output->device->fd, .events = POLLIN};
		if (poll(&fd, 1, 100) > 0 && !kms_device_dispatch(output->device)) {
			return;
		}
	}
}

void output_destroy(struct output *output) {
	if (output == NULL) {
		return;
	}
	output->handler = (struct output_handler){0};
	captures_finish(output);
	output_wait_for_flip(output);
	pool_remove(output->pool, output);
	output->pipe.crtc->on_flip = NULL;
	if (output->idle != NULL) {
		wl_event_source_remove(output->idle);
	}
	if (output->timer != NULL) {
		wl_event_source_remove(output->timer);
	}
	if (output->timer_fd >= 0) {
		close(output->timer_fd);
	}
	if (output->hidden_timer != NULL) {
		wl_event_source_remove(output->hidden_timer);
	}
	if (output->watch_timer != NULL) {
		wl_event_source_remove(output->watch_timer);
	}
	for (int i = 0; i < OUTPUT_FRAMES; i++) {
		frame_unlock(&output->frames[i]);
		free(output->frames[i].layers);
	}
	output_pictures_finish(output);
	kms_framebuffer_destroy(output->splash);
	for (int i = 0; i < output->cap_regions; i++) {
		pixman_region32_fini(&output->visible[i]);
		pixman_region32_fini(&output->opaque[i]);
	}
	free(output->visible);
	free(output->opaque);
	free(output->shapes);
	free(output->render_layers);
	free(output->render_index);
	pixman_region32_fini(&output->background);
	pixman_region32_fini(&output->holes);
	pixman_region32_fini(&output->scratch);
	format_set_finish(&output->whole_only);
	planner_destroy(output->planner);
	scene_output_finish(&output->scene);
	free(output);
}

// A commit that does not block would be refused while a flip is pending, and the kernel tells only of those
// that do when the old pictures are off the screen: where removing framebuffers has to wait for that.
static void turn_off(struct output *output) {
	bool blocks = output->pending != NULL || !output->device->close_fb;
	kms_request_begin(output->device);
	kms_request_disable(output->pipe.crtc);
	int rc = kms_request_commit(output->device, output->pipe.crtc,
		KMS_COMMIT_ALLOW_MODESET | (blocks ? KMS_COMMIT_BLOCK : 0));
	if (rc != 0) {
		log_debug("%s: cannot be turned off: %s", output->pipe.connector->name, strerror(-rc));
	}
}

static void finish_retired(struct output *output) {
	turn_off(output);
	if (output->pending != NULL) { // it is not coming
		kms_crtc_lose_flip(output->pipe.crtc);
		frame_unlock(output->pending);
		output->pending = NULL;
		frame_forsake(output->on_screen);
	}
	pool_flipped(output);
	output_destroy(output);
}

void output_retire(struct output *output) {
	output->handler = (struct output_handler){0};
	output->retiring = true;
	output->scene.schedule = NULL;
	captures_finish(output);
	if (output->idle != NULL) {
		wl_event_source_remove(output->idle);
		output->idle = NULL;
	}
	wl_event_source_timer_update(output->hidden_timer, 0);
	if (output->pending == NULL) {
		finish_retired(output);
	} else {
		set_timer_in_ms(output, RETIRE_MS);
	}
}

struct scene_output *output_scene(struct output *output) {
	return &output->scene;
}

const struct kms_pipe *output_pipe(const struct output *output) {
	return &output->pipe;
}

bool output_plane_is_elsewhere(const struct output *output, int plane) {
	return pool_is_elsewhere(output, output->planes[plane]);
}

void output_retrain(struct output *output) {
	if (!output->lit) {
		return; // that comes with a modeset anyway
	}
	log_info("%s: the link to the display is trained anew", output->pipe.connector->name);
	output->lit = false;
	output->modeset_due = true;
	output->scene.schedule(&output->scene);
}

void output_forget(struct output *output) {
	planner_forget(output->planner);
	content_forget(output);
	format_set_finish(&output->whole_only);
}

int64_t output_overdue_ns(const struct output *output) {
	if (output->lost_ns == 0 && output->pending == NULL) {
		return 0;
	}
	int64_t due_ns = output->lost_ns != 0 ? output->lost_ns : output->pace.due_ns;
	int64_t late = clock_now_ns() - due_ns;
	return late > 0 ? late : 0;
}

const struct output_counters *output_counters(const struct output *output) {
	return &output->counters;
}

const struct pace *output_pace(const struct output *output) {
	return &output->pace;
}

struct kms_plane *const *output_planes(const struct output *output, int *n_planes) {
	*n_planes = output->n_planes;
	return output->planes;
}

const struct frame *output_frame(const struct output *output) {
	return output->on_screen;
}
