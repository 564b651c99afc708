// SPDX-License-Identifier: MIT
// Which layer goes on which plane: a function of layers, planes and a verdict oracle. It knows no
// device and no client; the oracle is TEST_ONLY in production and a model in tests.
//
// Objective: the least composing cost a second. A layer that is composed costs
//     visible pixels (what opaque layers above leave of it) x updates a second x cost of one pixel,
// where a pixel is copied, blended, scaled, turned or converted from YUV (cost.c); a layer on a plane
// costs nothing. Of the layouts that the device takes, the one with the least sum is wanted; between
// equals the one with fewer planes.
//
// A layout is right when it shows what composing everything would show. The composed picture may
// lie on any plane that takes it; a plane may lie below it (an underlay: the picture has a hole there)
// or above it, and the picture may be split in two, one below and one above such planes.
#ifndef VITRINE_PLANNER_PLANNER_H
#define VITRINE_PLANNER_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"

// Why a layer is not on a plane: shown by `vitrinectl status`, documented in vitrine(1).
// X(identifier, name)
#define PLANNER_REASONS(X) \
	X(SHM_BUFFER, "shm-buffer")           /* its memory is no dma-buf */ \
	X(NO_UDMABUF, "no-udmabuf")           /* and nothing makes one of it */ \
	X(SHM_UNSEALED, "shm-unsealed")       /* and could shrink */ \
	X(SHM_UNALIGNED, "shm-unaligned")     /* and is no whole pages */ \
	X(SHM_NEW, "shm-new")                 /* and was not used before */ \
	X(SHM_BUSY, "shm-busy")               /* and is drawn into while it is shown */ \
	X(UDMABUF_REFUSED, "udmabuf-refused") /* and the kernel, or our limits, let it be none */ \
	X(SOLID_BUFFER, "solid-buffer")       /* a colour without memory */ \
	X(IMPORT_REFUSED, "import-refused")   /* the device did not take its memory or format */ \
	X(NO_PLANE_FORMAT, "no-plane-format") /* no plane of the CRTC takes format and modifier */ \
	X(TRANSFORMED, "transformed")     /* contents are rotated or mirrored, the plane can't undo */ \
	X(SUBPIXEL, "subpixel")           /* the source box does not lie on whole pixels */ \
	X(OUT_OF_BOUNDS, "out-of-bounds") /* reaches past the output and can't be cropped exactly */ \
	X(BELOW_COMPOSED, "below-composed")   /* a composed layer lies above it and overlaps */ \
	X(NO_PLANE_LEFT, "no-plane-left")     /* all fitting planes show layers that save more */ \
	X(TEST_REFUSED, "test-refused")       /* the device refused every layout with it on a plane */ \
	X(YUV_CODING, "yuv-coding")           /* no plane that takes its format shows YUV coded so */ \
	X(FADED, "faded")                     /* is translucent as a whole, no plane can do that */ \
	X(STACKING, "stacking")               /* no free plane can lie where it is in the stack */ \
	X(SCALING_REFUSED, "scaling-refused") /* the device refused this scaling before */ \
	X(TOO_SMALL, "too-small")             /* the device refused layers this small before */ \
	X(ODD_POSITION, "odd-position") /* the device refused YUV at odd positions or sizes before */ \
	X(DEVICE_LIMIT, "device-limit") /* the device refused as many planes, scalers or pixels */ \
	X(NOT_TRIED, "not-tried")       /* the tests for this scene were used up, or not yet made */

enum planner_reason {
#define X(id, name) PLANNER_REASON_BIT_##id,
	PLANNER_REASONS(X)
#undef X
		PLANNER_REASON_COUNT,
};

enum planner_reason_mask {
#define X(id, name) PLANNER_REASON_##id = 1 << PLANNER_REASON_BIT_##id,
	PLANNER_REASONS(X)
#undef X
};

// Name of the reason with the given bit number; NULL past the end.
const char *planner_reason_name(unsigned bit);

enum planner_limits {
	PLANNER_MAX_LAYERS = 64, // further layers at the bottom are composed
	PLANNER_MAX_PLANES = 32,
	PLANNER_MAX_SIZES = 8,
	PLANNER_TESTS_NEW = 8,  // for a scene that was not seen before, at once
	PLANNER_TESTS_IDLE = 2, // for each later call of planner_improve
	PLANNER_TESTS_ALL = 64, // for one scene in all
};

struct planner_layer {
	uint32_t format; // DRM fourcc as the plane would see it
	uint64_t modifier;
	int32_t buffer_width, buffer_height; // px
	uint32_t src_x, src_y, src_w, src_h; // 16.16 px, cropped to what lies on the output
	int32_t x, y, width, height;         // px of the output, cropped
	int32_t full_width, full_height;     // px before it was cropped; 0: it was not
	uint64_t rotation; // DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_* to undo the transform; 0 = none
	struct format_coding coding; // of YUV; as by default for others
	uint16_t fade;               // 0xffff - alpha of the layer as a whole; 0 = none
	bool opaque;                 // hides all that is below its box
	bool visible;                // false: culled, never assigned
	uint32_t refused;            // PLANNER_REASON_*: known before planning; not 0 = never assigned
	uint32_t rate_mhz;           // updates of the contents, mHz; all layers 0: all count alike
	uint64_t visible_px;         // what opaque layers above leave of it; 0 = all of its box
};

enum planner_plane_type {
	PLANNER_PLANE_OVERLAY,
	PLANNER_PLANE_PRIMARY, // also the primary of an idle CRTC: an overlay like others
	PLANNER_PLANE_CURSOR,
};

struct planner_size { // px
	int32_t width, height;
};

struct planner_plane {
	enum planner_plane_type type;
	const struct format_set *formats;
	// Stacking; equal ones keep the order of the array. min < max: mutable.
	uint64_t zpos;                 // what it is now, and stays unless PLANNER_ALLOW_ZPOS
	uint64_t zpos_min, zpos_max;   // both 0: fixed at zpos
	uint64_t rotations;            // DRM_MODE_* bits it takes; 0 = none but ROTATE_0
	bool fades;                    // has an alpha property
	uint32_t codings;              // format_coding_bit of what it shows; 0 = only the default
	int32_t max_width, max_height; // px that it shows at most (cursor planes); 0 = unknown
	// The only sizes of buffers that it shows, all of them and unscaled; none = up to the above. What
	// is smaller does not fit: nobody but the client could pad it.
	struct planner_size sizes[PLANNER_MAX_SIZES];
	int n_sizes;
	bool busy; // another CRTC shows it, or it is just leaving one: not to be used now
};

enum planner_special {
	PLANNER_OFF = -1,            // plane shows nothing, or layer is on no plane
	PLANNER_COMPOSED = -2,       // plane shows the composed remainder (the lower part if split)
	PLANNER_COMPOSED_ABOVE = -3, // plane shows the upper part of a split composed remainder
};

struct planner_plan {
	int layer_of[PLANNER_MAX_PLANES];  // by plane: layer or PLANNER_OFF, _COMPOSED, _COMPOSED_ABOVE
	uint64_t zpos[PLANNER_MAX_PLANES]; // by plane that is not off
	int plane_of[PLANNER_MAX_LAYERS];  // by layer: plane, or PLANNER_OFF
	uint32_t reasons[PLANNER_MAX_LAYERS]; // PLANNER_REASON_* of visible layers that are on no plane
	uint64_t above;                       // bit l: composed into the upper part of a split picture
	uint64_t below[2]; // bit l: its plane lies below the (lower, upper) picture, which needs a hole
	uint64_t cost;     // of composing, as in the objective; units of planner_layer_cost
};

enum planner_flags {                 // what the caller can carry out
	PLANNER_ALLOW_UNDERLAY = 1 << 0, // planes below the composed picture, which gets holes
	PLANNER_ALLOW_SPLIT = 1 << 1,    // two composed pictures
	PLANNER_ALLOW_MOVE = 1 << 2,     // the composed picture on another plane than `primary`
	PLANNER_ALLOW_CURSOR = 1 << 3,   // cursor planes for contents
	PLANNER_ALLOW_ZPOS = 1 << 4,     // writes plan.zpos
};

struct planner_scene {
	const struct planner_layer *layers; // bottom to top
	int n_layers;
	const struct planner_plane *planes;
	int n_planes;
	int primary;              // index of the plane that can always show the composed remainder
	int32_t width, height;    // px of the CRTC
	uint32_t flags;           // PLANNER_ALLOW_*
	uint32_t composed_format; // of the composed picture; 0 = any plane takes it
	uint32_t composed_alpha_format; // of one with transparent parts; 0 = there is none
	uint64_t context; // mode, load of other CRTCs: verdicts hold for the same value only
	int64_t now_ns;   // any clock that does not go back; refusals are retried by it. 0 = never
};

enum planner_verdict {
	PLANNER_ACCEPTED,
	PLANNER_REFUSED,
	PLANNER_UNKNOWN, // the device could not be asked now: not used, and not remembered
};

struct planner_oracle {
	// Would the device take this plan now?
	enum planner_verdict (*test)(void *data, const struct planner_plan *plan);
	void *data;
};

struct planner;

struct planner *planner_create(void);          // NULL when out of memory
void planner_destroy(struct planner *planner); // NULL is fine
// Forgets every verdict and all that was learned: after a modeset or hotplug.
void planner_forget(struct planner *planner);

// Fills *plan. Verdicts are remembered by what matters to the device, so that a scene in which layers
// merely moved costs no test. "Everything composed on `primary`" is the outcome when nothing
// better is known to be good. Returns the tests made, at most PLANNER_TESTS_NEW. Allocates nothing.
int planner_plan(struct planner *planner, const struct planner_scene *scene,
	const struct planner_oracle *oracle, struct planner_plan *plan);

// Looks for something better than planner_plan had time for; to be called while nothing else is to
// be done, until it makes no test. *plan is what planner_plan will return from now on. Returns the
// tests made, at most PLANNER_TESTS_IDLE.
int planner_improve(struct planner *planner, const struct planner_scene *scene,
	const struct planner_oracle *oracle, struct planner_plan *plan);

// The device refused this plan of the scene after its test had passed: it is not given again, and
// until something else has proved good all of the scene is composed.
void planner_quarantine(
	struct planner *planner, const struct planner_scene *scene, const struct planner_plan *plan);

// The planes (bit p) that would show the layer where it is now, were its buffer of a format and
// modifier that they take: free ones, and ones whose layer saves less. The plane that it is on if it is
// on one. 0 if another format would not mend it. `plan` is the scene's; no test is made. A pure function
// of the arguments and of what was learned.
uint32_t planner_wish(struct planner *planner, const struct planner_scene *scene,
	const struct planner_plan *plan, int layer);
// Of the scene that the planner was last asked about, and its plan: while it stays the same, so do the
// outcomes of planner_wish. Cheap, and the same for layers that merely move.
uint64_t planner_wish_key(const struct planner *planner, const struct planner_plan *plan);

// Everything composed on `primary`: what every device shows.
void planner_plan_composed(const struct planner_scene *scene, struct planner_plan *plan);

// True if nothing that is known of it speaks against the layer on the plane, busy or not.
bool planner_plane_takes(
	const struct planner_scene *scene, int plane, const struct planner_layer *layer);

// ---- cost.c ----

// Cost of composing a layer, a second: copying one px at 1 mHz costs 16.
uint64_t planner_layer_cost(const struct planner_layer *layer);

// Sets `visible` and `visible_px` from the boxes and `opaque`, for callers that have no regions.
void planner_measure(struct planner_layer *layers, int n_layers, int32_t width, int32_t height);

#endif
