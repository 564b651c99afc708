// SPDX-License-Identifier: MIT
// The frame: schedule -> plan -> compose -> commit -> flip -> feedback. Joins kms, scene, planner and
// render for one CRTC.
#ifndef VITRINE_OUTPUT_OUTPUT_H
#define VITRINE_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "kms/kms.h"
#include "output/pace.h"
#include "planner/planner.h"
#include "scene/scene.h"

struct output;

enum frame_placement {
	FRAME_CULLED, // nothing of it is visible
	FRAME_COMPOSED,
	FRAME_PLANE,
};

// One layer as a frame decided about it.
struct frame_layer {
	uint64_t id;                   // scene_layer.id
	struct scene_buffer *buffer;   // locked if `locked`, otherwise only compared, never followed
	struct scene_release *release; // of the buffer, likewise; may be NULL
	bool locked;
	enum scene_buffer_kind kind;
	uint32_t format; // DRM fourcc
	uint64_t modifier;
	struct scene_fbox src;
	struct scene_rect dst; // px of the output
	enum wl_output_transform transform;
	struct format_coding coding; // of YUV
	uint16_t fade;
	uint32_t opaque_serial;
	bool changed; // damaged, or a frame was asked for
	bool stays;   // it is to be seen for a refresh
	enum frame_placement placement;
	bool in_sight;    // it or another layer of its tree is visible
	uint8_t picture;  // FRAME_COMPOSED: which of the composed pictures it is drawn into
	bool steady;      // FRAME_PLANE: it was on this plane before, and differs where it is damaged
	uint8_t below;    // FRAME_PLANE: bit i = its plane lies below picture i
	int plane;        // index into output_planes, -1 if on none
	uint32_t reasons; // PLANNER_REASON_*
};

// Composed pictures of a frame: all that is on no plane, split in two where planes lie in between.
enum { FRAME_PICTURES = 2 };

// What one repaint decided: read by tests, status and traces.
struct frame {
	uint64_t serial;
	struct frame_layer *layers; // bottom to top, as in the scene
	int n_layers, cap_layers;
	struct planner_layer planned[PLANNER_MAX_LAYERS]; // the topmost visible ones
	int planned_layer[PLANNER_MAX_LAYERS];            // index into layers
	int n_planned;
	bool too_deep; // there are visible layers below the planned ones
	struct planner_plan plan;
	// Of the lower and upper composed picture: index of the plane that shows it and of the target
	// that it is in, -1 if there is none.
	int picture_plane[FRAME_PICTURES], picture_target[FRAME_PICTURES];
	bool picture_alpha[FRAME_PICTURES]; // with transparent parts
	bool early;  // all who were awaited had drawn: it did not wait for its deadline
	bool splash; // nothing is visible: what another process left, in place of the lower picture
	uint64_t composed_px, composed_bytes; // drawn for this frame
};

// Totals since start.
struct output_counters {
	uint64_t frames; // flips that came
	uint64_t missed; // refreshes for which a frame was due and not there
	uint64_t lost;   // flips that did not come
	uint64_t torn;   // frames that did not wait for a refresh
	uint64_t
		early; // frames that did not wait for their deadline, as all who were awaited had drawn
	uint64_t modesets;
	uint64_t test_commits;
	uint64_t composed_px;
	uint64_t composed_bytes;
};

struct output_handler {
	// Before a frame or a screenshot looks at the scene: the last moment to change it. May be NULL.
	void (*before_frame)(void *data, struct output *output);
	// A commit was refused because another process is DRM master: output_pause is the way to wait. May be
	// NULL.
	void (*lost)(void *data, struct output *output);
	// A commit was refused because there is no device any more: nothing is committed until the output is
	// destroyed. May be NULL.
	void (*gone)(void *data, struct output *output);
	// The first flip after output_create, and when it was or was due, ns of CLOCK_MONOTONIC. May be NULL.
	void (*first_flip)(void *data, struct output *output, int64_t time_ns);
	void *data;
};

// ---- pool.c: the planes of a device among its outputs ----

struct output_pool;

// No pipe has a plane yet. NULL when out of memory.
struct output_pool *output_pool_create(struct kms_device *device);
// After its outputs, those that were retired excepted, which end with it. NULL is fine.
void output_pool_destroy(struct output_pool *pool);
// These are the pipes from now on: each has a primary plane of its own, the one that it had if it was there
// before. Outputs of other pipes are destroyed or retired already.
void output_pool_route(struct output_pool *pool, const struct kms_pipe *pipes, int n_pipes);

// ---- output.c ----

// Lights the pipe, one of those that the pool was routed for, at once (keeping the running mode without a modeset
// when it fits): with the picture that another process left there, which stays until the scene shows something, or
// black where it does not fit; unless `on`, it stays dark until output_set_power. On failure
// returns NULL and fills error with one line.
struct output *output_create(struct wl_event_loop *loop, struct output_pool *pool,
	const struct kms_pipe *pipe, bool on, const struct output_handler *handler, char error[256]);
// Its screen stays as it is: for when the device is closed, or not ours. Waits for a pending flip; NULL is
// fine.
void output_destroy(struct output *output);
// Turns its CRTC off and destroys it, without keeping the caller waiting: with the flip that is on its way,
// half a second at most. Its scene is empty, and nobody uses the output any more.
void output_retire(struct output *output);

struct scene_output *output_scene(struct output *output);
const struct kms_pipe *output_pipe(const struct output *output);
// True if the plane is on the screen of another output now.
bool output_plane_is_elsewhere(const struct output *output, int plane);
// Forgets what the device was found to take: after a display came or went, or another mode was set.
void output_forget(struct output *output);
// Runs another mode, or other bits a colour, from now on, with a modeset, which may take as long as the
// display does; one that is off has it when it is lit. Of the scene nothing is changed but its size: lay it out anew. False if the
// device refused it: the one that ran goes on, one line in error says so.
bool output_set_mode(
	struct output *output, const drmModeModeInfo *mode, int max_bpc, char error[256]);
// Asks whether that could be, and changes nothing.
bool output_test_mode(
	struct output *output, const drmModeModeInfo *mode, int max_bpc, char error[256]);
// Variable refresh from the next frame on, or not; at the beginning it is not. False if the device refused it:
// it is not variable then, one line in error says so.
bool output_set_vrr(struct output *output, bool on, char error[256]);
// The link to its display has gone bad: the next frame comes with a modeset, which trains it anew.
void output_retrain(struct output *output);
const struct output_counters *output_counters(const struct output *output);
// What it has learned of when to begin frames.
const struct pace *output_pace(const struct output *output);
// For how long a frame has been due on the screen and none has come, ns of CLOCK_MONOTONIC; 0 if none is.
int64_t output_overdue_ns(const struct output *output);
// The planes that its CRTC can show and no other output has for itself, as many as *n_planes says; plane indices of frames refer to it.
struct kms_plane *const *output_planes(const struct output *output, int *n_planes);
// The frame on screen, NULL before the first. Valid until the next return to the event loop.
const struct frame *output_frame(const struct output *output);

// ---- power.c ----

// Turns the screen off (its CRTC inactive), at once or with the flip that is on its way; on with the next
// frame, which is the scene of then. While it is off clients' frames go on slowly.
void output_set_power(struct output *output, bool on);
bool output_power(const struct output *output); // as it was asked for
// The device is not ours for now: nothing is committed, clients' frames go on slowly. Waits for the flip that
// is on its way, half a second at most.
void output_pause(struct output *output);
// It is again, and in sync (kms_device_resync): the next frame is a whole one with a modeset, or the screen
// is turned off if it was.
void output_unpause(struct output *output);
// Brightness, 0 to 1 of what the picture is, with the next frame. False if the device cannot do that.
bool output_set_level(struct output *output, double level);

// ---- capture.c: screenshots ----

enum capture_source {
	CAPTURE_AUTOMATIC, // writeback if that needs no modeset, else composed
	CAPTURE_WRITEBACK,
	CAPTURE_COMPOSED,
};

struct capture_result {
	struct kms_dumb *picture; // NULL on failure; valid during the call
	enum capture_source source;
	const char *error; // a sentence for people, NULL on success
};

struct capture; // one on its way

// Captures what the output shows. `done` is called exactly once, never before this returns, unless the
// capture is cancelled. NULL when out of memory.
struct capture *output_capture(struct output *output, enum capture_source source,
	void (*done)(void *data, const struct capture_result *result), void *data);
void capture_cancel(struct capture *capture);

#endif
