// SPDX-License-Identifier: MIT
// Screenshots: from the writeback connector, which gives what the hardware shows, or composed anew.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "base/log.h"
#include "output/internal.h"

enum {
	// A job that is not written by then never will be.
	WRITEBACK_TIMEOUT_MS = 2000,
};

enum capture_state {
	CAPTURE_WAITING,
	CAPTURE_READY,  // prepared for the commit being built
	CAPTURE_FENCED, // the hardware is writing
};

struct capture {
	struct output *output;
	struct wl_list link; // output.captures
	enum capture_source source;
	enum capture_state state;
	void (*done)(void *data, const struct capture_result *result);
	void *data;
	struct kms_dumb *picture; // may be NULL
	bool modeset;
	int32_t fence;                 // -1 if none
	struct wl_event_source *event; // fence, or idle for composed ones; may be NULL
	struct wl_event_source *timer; // while the hardware writes; may be NULL
};

static void capture_free(struct capture *capture) {
	wl_list_remove(&capture->link);
	if (capture->event != NULL) {
		wl_event_source_remove(capture->event);
	}
	if (capture->timer != NULL) {
		wl_event_source_remove(capture->timer);
	}
	if (capture->fence >= 0) {
		close(capture->fence);
	}
	kms_dumb_destroy(capture->picture);
	free(capture);
}

static void finish(struct capture *capture, const char *error) {
	struct capture_result result = {
		.picture = error == NULL ? capture->picture : NULL,
		.source = capture->source,
		.error = error,
	};
	capture->done(capture->data, &result);
	capture_free(capture);
}

static bool make_picture(struct capture *capture) {
	struct output *output = capture->output;
	if (capture->picture == NULL) {
		capture->picture = kms_dumb_create(output->device, (uint32_t)output->scene.width,
			(uint32_t)output->scene.height, DRM_FORMAT_XRGB8888);
	}
	return capture->picture != NULL;
}

static void handle_idle(void *data) {
	struct capture *capture = data;
	struct output *output = capture->output;
	capture->event = NULL;
	if (output->handler.before_frame != NULL) {
		output->handler.before_frame(output->handler.data, output);
	}
	// The scene of now, drawn as if there were no planes.
	if (!make_picture(capture) || !output_compose_into(output, capture->picture)) {
		finish(capture, "no memory for a picture of this size");
		return;
	}
	finish(capture, NULL);
}

static void start_composed(struct capture *capture) {
	capture->source = CAPTURE_COMPOSED;
	capture->event = wl_event_loop_add_idle(capture->output->loop, handle_idle, capture);
	if (capture->event == NULL) {
		finish(capture, "out of memory");
	}
}

struct capture *output_capture(struct output *output, enum capture_source source,
	void (*done)(void *data, const struct capture_result *result), void *data) {
	struct capture *capture = calloc(1, sizeof(*capture));
	if (capture == NULL) {
		return NULL;
	}
	capture->output = output;
	capture->source = source;
	capture->done = done;
	capture->data = data;
	capture->fence = -1;
	wl_list_insert(output->captures.prev, &capture->link);
	if (source == CAPTURE_COMPOSED) {
		capture->event = wl_event_loop_add_idle(output->loop, handle_idle, capture);
		if (capture->event == NULL) {
			capture_free(capture);
			return NULL;
		}
	} else {
		output->scene.schedule(&output->scene);
	}
	return capture;
}

void capture_cancel(struct capture *capture) {
	struct output *output = capture->output;
	capture_free(capture);
	output_resume(output);
}

void captures_finish(struct output *output) {
	struct capture *capture, *next;
	wl_list_for_each_safe(capture, next, &output->captures, link) {
		finish(capture, "the output went away");
	}
}

void captures_abandon(struct output *output) {
	struct capture *capture, *next;
	wl_list_for_each_safe(capture, next, &output->captures, link) {
		if (capture->picture != NULL) {
			finish(capture, "the display's mode was changed meanwhile: try again");
		}
	}
}

void captures_dark(struct output *output) {
	struct capture *capture, *next;
	wl_list_for_each_safe(capture, next, &output->captures, link) {
		if (capture->state != CAPTURE_WAITING || capture->source == CAPTURE_COMPOSED) {
			continue;
		}
		if (capture->source == CAPTURE_WRITEBACK) {
			finish(capture, "the display is off: turn it on, or use --source composed");
		} else {
			start_composed(capture);
		}
	}
}

bool captures_want_frame(const struct output *output) {
	struct capture *capture;
	wl_list_for_each(capture, &output->captures, link) {
		if (capture->state == CAPTURE_WAITING && capture->source != CAPTURE_COMPOSED) {
			return true;
		}
	}
	return false;
}

static int test(struct capture *capture, const struct frame *frame, uint32_t flags) {
	struct output *output = capture->output;
	struct kms_connector *writeback = kms_crtc_writeback(output->pipe.crtc);
	kms_request_begin(output->device);
	if (!output_stage(output, frame, &frame->plan)) {
		return -ENOMEM;
	}
	kms_request_writeback(writeback, output->pipe.crtc, capture->picture->framebuffer, NULL);
	output->counters.test_commits++;
	return kms_request_commit(output->device, output->pipe.crtc, KMS_COMMIT_TEST | flags);
}

static bool prepare(struct capture *capture, const struct frame *frame) {
	struct output *output = capture->output;
	bool required = capture->source == CAPTURE_WRITEBACK;
	if (kms_crtc_writeback(output->pipe.crtc) == NULL) {
		if (required) {
			finish(capture, "this device has no writeback connector: use --source composed");
		} else {
			start_composed(capture);
		}
		return false;
	}
	if (!make_picture(capture)) {
		finish(capture, "no memory for a picture of this size");
		return false;
	}
	capture->modeset = false;
	if (test(capture, frame, 0) == 0) {
		return true;
	}
	if (!required) {
		start_composed(capture);
		return false;
	}
	capture->modeset = true;
	if (test(capture, frame, KMS_COMMIT_ALLOW_MODESET) == 0) {
		return true;
	}
	finish(capture, "the device refuses to write this picture back: use --source composed");
	return false;
}

struct capture *captures_prepare(struct output *output, const struct frame *frame) {
	struct capture *capture, *next;
	wl_list_for_each_safe(capture, next, &output->captures, link) {
		if (capture->state == CAPTURE_WAITING && capture->source != CAPTURE_COMPOSED &&
			prepare(capture, frame)) {
			capture->state = CAPTURE_READY;
			return capture; // one job a frame
		}
	}
	return NULL;
}

uint32_t captures_stage(struct capture *capture) {
	struct output *output = capture->output;
	kms_request_writeback(kms_crtc_writeback(output->pipe.crtc), output->pipe.crtc,
		capture->picture->framebuffer, &capture->fence);
	return capture->modeset ? KMS_COMMIT_ALLOW_MODESET : 0;
}

static int handle_fence(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	struct capture *capture = data;
	struct output *output = capture->output;
	capture->source = CAPTURE_WRITEBACK;
	finish(capture, NULL);
	output_resume(output);
	return 0;
}

static int handle_timeout(void *data) {
	struct capture *capture = data;
	struct output *output = capture->output;
	finish(capture, "the device did not write the picture back: use --source composed");
	output_resume(output);
	return 0;
}

bool captures_in_flight(const struct output *output) {
	struct capture *capture;
	wl_list_for_each(capture, &output->captures, link) {
		if (capture->state == CAPTURE_FENCED) {
			return true;
		}
	}
	return false;
}

void captures_committed(struct capture *capture, int rc) {
	struct output *output = capture->output;
	if (rc == -EBUSY || rc == -EAGAIN) {
		capture->state = CAPTURE_WAITING;
		return;
	}
	if (rc != 0 || capture->fence < 0) {
		log_debug("%s: writeback failed: %s", output->pipe.connector->name, strerror(-rc));
		capture->fence = -1;
		finish(capture, "the writeback job failed: use --source composed");
		return;
	}
	if (capture->modeset) {
		output->counters.modesets++;
		planner_forget(output->planner); // what a device takes may depend on what else it does
	}
	capture->state = CAPTURE_FENCED;
	capture->event = wl_event_loop_add_fd(
		output->loop, capture->fence, WL_EVENT_READABLE, handle_fence, capture);
	capture->timer = wl_event_loop_add_timer(output->loop, handle_timeout, capture);
	if (capture->event == NULL || capture->timer == NULL) {
		finish(capture, "out of memory");
		return;
	}
	wl_event_source_timer_update(capture->timer, WRITEBACK_TIMEOUT_MS);
}
