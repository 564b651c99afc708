// SPDX-License-Identifier: MIT
// Shared by the files of output/ alone.
#ifndef VITRINE_OUTPUT_INTERNAL_H
#define VITRINE_OUTPUT_INTERNAL_H

#include "base/clock.h"
#include "output/output.h"
#include "render/render.h"

enum {
	OUTPUT_TARGETS = 2, // composed while no flip is pending: one on screen, one to draw into
	OUTPUT_FRAMES = 3,  // on screen, on its way or held, being decided
};

// A dumb buffer that composed pictures are drawn into.
struct output_target {
	struct kms_dumb *dumb;        // NULL until first needed
	struct render_canvas *canvas; // may be NULL
	pixman_region32_t damage;     // px where it differs from the newest picture
	pixman_region32_t behind;     // more of them, left out because planes hide them
	bool sorted;                  // which is which, for now
	bool alpha;                   // drawn with transparent parts
	bool blank;                   // new: zero
	// Most of its pages are there. Until then drawing is mostly the kernel's making of them, for which threads
	// only wait for each other (one lock a buffer, one a process).
	bool warm;
};

// Memory that is fast to read, for what is blended where dumb buffers are slow: nothing of it is kept
// from one frame to the next.
struct output_shadow {
	uint8_t *data; // NULL until first needed
	size_t size;
	struct render_canvas *canvas; // may be NULL
};

// A composed picture: the lower or the upper one.
struct output_picture {
	struct output_target targets[OUTPUT_TARGETS];
	int front;                // the target whose contents are the newest
	pixman_region32_t damage; // px where the frame being made differs from what was last taken
	struct drm_mode_rect drawn[KMS_DAMAGE_BOXES]; // for the frame being made, px
	int n_drawn;
	pixman_region32_t hidden;                  // px that opaque planes above it hide
	uint64_t hidden_visibility, hidden_layers; // that `hidden` is for; bits of planned layers
	struct output_shadow shadow;
};

struct output {
	struct wl_event_loop *loop;
	struct output_handler handler;
	struct kms_pipe pipe;
	struct kms_device *device;
	struct output_pool *pool;
	struct scene_output scene;
	struct kms_plane *planes[PLANNER_MAX_PLANES];
	struct planner_plane planner_planes[PLANNER_MAX_PLANES];
	int n_planes;
	int primary; // index into planes
	uint32_t target_format;
	uint32_t target_alpha_format; // of the same memory with alpha; 0 if no plane takes that

	struct output_picture pictures[FRAME_PICTURES];
	// What another process left on the screen, until the scene shows something; may be NULL.
	struct kms_framebuffer *splash;

	struct planner *planner;
	uint64_t context;      // that verdicts hold for, see pool.c
	int64_t starved_ns;    // since when a plane elsewhere would save more here; 0 if none would
	uint64_t wish_key;     // of the plan that wish_update told about last
	struct frame *testing; // the frame whose plans the oracle is asked about
	struct frame frames[OUTPUT_FRAMES];
	struct frame *on_screen; // NULL before the first
	struct frame *pending;   // committed, flip not yet there; may be NULL
	struct frame *held;      // before one whose flip was lost, perhaps still seen; may be NULL
	uint64_t serial;

	// Per-frame work space, kept so that a frame allocates nothing.
	pixman_region32_t *visible, *opaque; // by layer of the scene, px of the output
	struct scene_shape *shapes;          // that `visible` and `background` are for
	int n_shapes;                        // -1: for none
	uint64_t visibility;                 // how often they were worked out
	struct render_layer *render_layers;
	int *render_index; // frame layer of each render layer
	int cap_regions;
	pixman_region32_t background, holes, scratch;
	bool swapped; // a plane gets another buffer or place

	bool scheduled; // a frame is wanted
	bool retiring;  // of nobody any more: goes with the flip that is on its way
	bool powered;   // it should be lit
	bool paused;    // the device is not ours for now
	bool lit;       // its CRTC is active
	bool lighting;  // it was dark before the newest frame
	double level;   // of brightness, 0 to 1
	bool gamma_changed;
	bool modeset_due; // pipe.mode is not what the CRTC runs, or is to run when it is lit
	bool had_flip;
	enum kms_content content;      // what the display is told, with the next frame at the latest
	uint32_t content_refused;      // bit i = kms_content i takes a modeset
	uint32_t content_taken;        // bit i = it does not
	int32_t retry_ms;              // after the last commit was refused; 0: it was not
	struct wl_event_source *idle;  // repaint now; may be NULL
	struct wl_event_source *timer; // repaint then; ms are too coarse for a deadline
	int timer_fd;                  // its timerfd
	struct wl_event_source *hidden_timer;
	bool hidden_armed;
	struct pace pace;
	int64_t wanted_ns;            // when the frame that is wanted was
	int64_t deadline_ns;          // when it is to be begun: later, or at once; 0: unknown
	bool early;                   // it is begun before that
	bool told;                    // with the newest flip somebody was told to draw
	int64_t begun_ns;             // when the frame being made was begun, or was to be
	bool torn;                    // the newest frame did not wait for a refresh
	struct format_set whole_only; // of buffers that the device does not show torn

	// watch.c
	struct wl_event_source *watch_timer;
	int64_t watch_ns;     // when it fires; 0: it is not armed
	int64_t committed_ns; // when the newest frame was
	bool slow;            // with a modeset
	bool darkens;         // a flip was lost: its CRTC is to be turned off before the next frame
	int losses;           // of flips, one after the other
	int64_t lost_ns;      // when the first of them was due; 0: none was lost

	struct wl_list captures; // struct capture.link
	struct output_counters counters;
};

// ---- frame.c ----
// Makes room for the visible and opaque regions of n layers. False when out of memory.
bool frame_reserve_regions(struct output *output, int n);
// Brings `visible` and `background` up to date, for which there must be room.
void frame_visibility(struct output *output);
// Fills `frame`, begun at `begun_ns`, from the scene: geometry, visibility, what could be on a plane, and
// the plan. False when out of memory.
bool frame_build(struct output *output, struct frame *frame, int64_t begun_ns);
// True if `dst` is all of the output, or more.
bool frame_covers(const struct output *output, const struct scene_rect *dst);
// Puts into the pictures' damage what differs between what was last taken and `frame`, and marks its layers
// that are steady.
void frame_damage(struct output *output, const struct frame *before, struct frame *frame);
// True if `frame` has to reach the screen: something visible differs, or a frame was asked for.
bool frame_needed(struct output *output, const struct frame *before, const struct frame *frame);
// Every visible layer composed: the outcome that no device refuses.
void frame_compose_all(struct output *output, struct frame *frame);
void frame_unlock(struct frame *frame);
// The flip that was to take it off the screen is lost, and with it maybe what was promised.
void frame_forsake(struct frame *frame); // may be NULL

// ---- planned.c ----
// The layer as the planner sees it; `lowest`: nothing visible lies below it.
void frame_plan_layer(struct output *output, const struct scene_layer *layer, bool lowest,
	const pixman_region32_t *visible, struct planner_layer *planned);

// The part of the buffer whose place in the picture is `part`, px relative to dst.
struct scene_fbox frame_source(const struct scene_layer *layer, struct scene_fbox part);

// ---- wish.c ----
// Tells the producers of layers which formats would help, if the plan differs from the last one. To be
// called right after `frame` was planned; `scene` is what it was planned from.
void wish_update(
	struct output *output, const struct frame *frame, const struct planner_scene *scene);

// ---- content.c ----
// `frame` was just planned: what it shows is told to the display with it, if that differs and is possible.
void content_update(struct output *output, const struct frame *frame);
void content_stage(struct output *output);
// Something else is to be told with the next frame.
bool content_is_due(const struct output *output);
// The device refused a frame for what was told, and took it without: it is not told any more.
void content_give_up(struct output *output, int rc);
// The device may take what it refused.
void content_forget(struct output *output);

// ---- compose.c ----
void output_pictures_init(struct output *output);
void output_pictures_finish(struct output *output);
// Puts the pictures aside, for others of another size; afterwards either the ones or the others go.
void output_pictures_swap(struct output *output, struct output_picture aside[FRAME_PICTURES]);
void output_pictures_restore(struct output *output, struct output_picture aside[FRAME_PICTURES]);
void output_pictures_drop(struct output_picture aside[FRAME_PICTURES]);
// Makes the memory that tests of layouts need before anything was composed. False if there was none.
bool output_pictures_prepare(struct output *output);
// Brings the composed pictures up to date: draws into targets that are not on screen where anything
// changed. False if there was no memory.
bool output_compose(struct output *output, struct frame *frame);
// Composes every visible layer of the scene into `dumb` (screenshots).
bool output_compose_into(struct output *output, struct kms_dumb *dumb);
uint64_t region_area(const pixman_region32_t *region); // px

// ---- pool.c ----
// Fills in the planes that the CRTC may come to show, in the kernel's order. Returns how many.
int pool_planes(const struct output_pool *pool, const struct kms_crtc *crtc,
	struct kms_plane *planes[PLANNER_MAX_PLANES], int *primary);
// Threads that all outputs of the device compose with; may be NULL.
struct render_workers *pool_workers(const struct output_pool *pool);
void pool_add(struct output_pool *pool, struct output *output);
void pool_remove(struct output_pool *pool, struct output *output);
// The one that shows on the CRTC, or did until it was retired; NULL: none.
struct output *pool_output(const struct output_pool *pool, const struct kms_crtc *crtc);
// The output that has the plane on its screen; NULL: none.
struct output *pool_user(const struct output_pool *pool, const struct kms_plane *plane);
// True if another output shows the plane.
bool pool_is_elsewhere(const struct output *output, const struct kms_plane *plane);
// Before planning: which planes are busy, and the context.
void pool_look(struct output *output);
// After planning: claims planes that save more here.
void pool_settle(
	struct output *output, const struct frame *frame, const struct planner_scene *scene);
// After a flip: whoever waits for a plane that left the screen plans again.
void pool_flipped(struct output *output);

// ---- damage.c ----
// The boxes of the region, or one that holds all of them. Returns how many.
int damage_boxes(const pixman_region32_t *region, struct drm_mode_rect boxes[KMS_DAMAGE_BOXES]);
// What of the layer's buffer differs from what its plane shows. 0: all of it may.
int damage_of_layer(const struct scene_layer *layer, const struct frame_layer *taken,
	struct drm_mode_rect boxes[KMS_DAMAGE_BOXES]);
// The same of a composed picture.
int damage_of_picture(const struct output *output, const struct frame *frame, int picture,
	struct drm_mode_rect boxes[KMS_DAMAGE_BOXES]);

// ---- commit.c ----
// Stages what the plan shows; planes of ours that it does not use go off. False when out of memory.
bool output_stage(
	struct output *output, const struct frame *frame, const struct planner_plan *plan);
// True if a frame like this one is shown without waiting for a refresh: its clients want it, and as far as is
// known the device can.
bool output_tears(const struct output *output, const struct frame *frame);
// Commits a frame; on refusal of the layout falls back to composing all of it. 0 or -errno.
int output_commit(struct output *output, struct frame *frame);
enum planner_verdict output_test(void *data, const struct planner_plan *plan);

// ---- scanout.c ----
// The buffer's framebuffer in `format` (its own, or its opaque twin), imported when first asked for;
// NULL if the device refused it.
struct kms_framebuffer *scanout_framebuffer(
	struct kms_device *device, struct scene_buffer *buffer, uint32_t format);

// ---- power.c ----
// Turns the screen off if that is wanted and possible now. False: nothing is to be shown, or can be.
bool power_apply(struct output *output);
// Commits the CRTC inactive and its planes off. 0 or -errno.
int power_commit_dark(struct output *output, uint32_t flags);
// Stages what lights the CRTC, in its mode; returns further commit flags.
uint32_t power_stage_light(struct output *output);
// The same, and its brightness.
uint32_t power_stage(struct output *output);
void power_committed(struct output *output, uint32_t flags);
void power_flipped(struct output *output);

// ---- capture.c ----
// A writeback job that goes with this frame, its layout tested; NULL if none.
struct capture *captures_prepare(struct output *output, const struct frame *frame);
uint32_t captures_stage(struct capture *capture); // returns further commit flags
void captures_committed(struct capture *capture, int rc);
// True if a frame has to be committed for a capture though nothing changed.
bool captures_want_frame(const struct output *output);
// True while the hardware writes a picture: it is lost (vkms) if the next frame comes before it is.
bool captures_in_flight(const struct output *output);
void captures_finish(struct output *output);
// What is on its way was begun for another mode: it fails.
void captures_abandon(struct output *output);
// The screen is off: what would read it back is composed, or fails.
void captures_dark(struct output *output);

// ---- mode.c ----
// Stages the mode, and what the connector gets with it. False when out of memory.
bool output_stage_mode(struct output *output);
// Variable refresh is to change with the next frame.
bool output_vrr_is_due(const struct output *output);
// The device refused it: it stays as it is, one line in error says so.
void output_give_up_vrr(struct output *output, int rc, char error[256]);
// What depends on the mode, but for the pictures.
void output_take_mode(struct output *output, const drmModeModeInfo *mode);

// ---- watch.c ----
// The frame is on its way; `slow` tells how long that may take.
void watch_committed(struct output *output, struct frame *frame);
// The flip has come.
void watch_flipped(struct output *output);
// What was held of frames before is not seen any more.
void watch_release(struct output *output);
// Whoever waits for the frame hears that it was not shown, and goes on.
void watch_discard(struct output *output, const struct frame *frame);
// What was lost does not matter any more: the screen is dark, or not ours.
void watch_forget(struct output *output);
// Turns the CRTC off after a flip was lost. False: it was refused, *rc says why.
bool watch_darken(struct output *output, int *rc);
int watch_handle_timer(void *data);

// ---- output.c ----
// A frame that is neither on screen nor on its way.
struct frame *output_spare_frame(struct output *output);
// What the frame took of the layers is on its way: they start anew.
void output_latch(struct output *output, struct frame *frame);
// Half a second at most.
void output_wait_for_flip(struct output *output);
// Makes a frame now, after a flip was lost.
void output_recover(struct output *output);
// Goes on with a frame that was held back.
void output_resume(struct output *output);

// FNV-1a, a word at a time: for keys of what an outcome depends on.
static inline uint64_t output_mix(uint64_t hash, uint64_t value) {
	return (hash ^ value) * UINT64_C(0x100000001b3);
}

#endif
