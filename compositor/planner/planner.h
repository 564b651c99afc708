// SPDX-License-Identifier: MIT
// Which layer goes on which plane: a function of layers, planes and a verdict oracle. It knows no
// device and no client; the oracle is TEST_ONLY in production and a model in tests.
#ifndef VITRINE_PLANNER_PLANNER_H
#define VITRINE_PLANNER_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"

// Why a layer is not on a plane: shown by `vitrinectl status`, documented in vitrine(1).
// X(identifier, name)
#define PLANNER_REASONS(X) \
	X(SHM_BUFFER, "shm-buffer")           /* its memory is no dma-buf */ \
	X(SOLID_BUFFER, "solid-buffer")       /* a colour without memory */ \
	X(IMPORT_REFUSED, "import-refused")   /* the device did not take its memory or format */ \
	X(NO_PLANE_FORMAT, "no-plane-format") /* no plane of the CRTC takes format and modifier */ \
	X(TRANSFORMED, "transformed")     /* contents are rotated or mirrored, the plane can't undo */ \
	X(SUBPIXEL, "subpixel")           /* the source box does not lie on whole pixels */ \
	X(OUT_OF_BOUNDS, "out-of-bounds") /* reaches past the output and can't be cropped exactly */ \
	X(BELOW_COMPOSED, "below-composed") /* a composed layer lies above it and overlaps */ \
	X(NO_PLANE_LEFT, "no-plane-left")   /* all fitting planes are taken */ \
	X(TEST_REFUSED, "test-refused")     /* the device refused every layout with it on a plane */

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
};

struct planner_layer {
	uint32_t format; // DRM fourcc as the plane would see it
	uint64_t modifier;
	int32_t buffer_width, buffer_height; // px
	uint32_t src_x, src_y, src_w, src_h; // 16.16 px, cropped to what lies on the output
	int32_t x, y, width, height;         // px of the output, cropped
	uint64_t rotation; // DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_* to undo the transform
	bool covers;       // fills the whole output, and nothing below shows through
	bool visible;      // false: culled, never assigned
	uint32_t refused;  // PLANNER_REASON_*: known before planning; not 0 = never assigned
};

enum planner_plane_type {
	PLANNER_PLANE_OVERLAY,
	PLANNER_PLANE_PRIMARY,
	PLANNER_PLANE_CURSOR,
};

struct planner_plane {
	enum planner_plane_type type;
	const struct format_set *formats;
	uint64_t zpos; // stacking; equal ones keep the order of the array
};

enum planner_special {
	PLANNER_OFF = -1,      // plane shows nothing, or layer is on no plane
	PLANNER_COMPOSED = -2, // plane shows the composed remainder
};

struct planner_plan {
	int layer_of[PLANNER_MAX_PLANES];     // by plane: layer, PLANNER_OFF or PLANNER_COMPOSED
	int plane_of[PLANNER_MAX_LAYERS];     // by layer: plane, or PLANNER_OFF
	uint32_t reasons[PLANNER_MAX_LAYERS]; // PLANNER_REASON_* of visible layers that are on no plane
};

struct planner_scene {
	const struct planner_layer *layers; // bottom to top
	int n_layers;
	const struct planner_plane *planes;
	int n_planes;
	int primary; // index of the plane that shows the composed remainder
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
// Forgets every remembered verdict: after a modeset or hotplug.
void planner_forget(struct planner *planner);

// Fills *plan. A scene that differs only in buffers' contents from a remembered one costs no test.
// At least "everything composed on the primary" is always the outcome. Returns the tests made.
int planner_plan(struct planner *planner, const struct planner_scene *scene,
	const struct planner_oracle *oracle, struct planner_plan *plan);
// The device refused the plan after its test had passed: it will not be given again for this scene.
void planner_quarantine(struct planner *planner, const struct planner_scene *scene);

#endif
