// SPDX-License-Identifier: MIT
// Composes layers into a target with pixman. Knows neither clients nor KMS.
//
// Opaque parts and what lies on black are copied (SRC), the rest is blended (OVER, premultiplied);
// nothing that an opaque part above hides is drawn; integer offsets are source offsets, never a matrix
// (peers: 2.6 times the time). YUV is converted while it is drawn.
// What pixman needs to know of a buffer is kept in a scratch beside the buffer and a canvas beside
// the target, so that a frame like the last one allocates nothing.
#ifndef VITRINE_RENDER_RENDER_H
#define VITRINE_RENDER_RENDER_H

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-protocol.h>

#include "base/format.h"

// Pixels to read: one client buffer, mapped for as long as the call that takes it. Memory needs no
// alignment; planes hold format_min_stride() x format_plane_height() at least.
struct render_pixels {
	uint32_t format;       // DRM fourcc; 0 = solid
	int32_t width, height; // px
	int n_planes;
	const uint8_t *data[FORMAT_MAX_PLANES];
	uint32_t stride[FORMAT_MAX_PLANES]; // bytes
	uint16_t solid[4];                  // premultiplied r, g, b, a
	struct format_coding coding;        // of YUV
	bool y_invert;                      // the first row in memory is the picture's last
};

struct render_box { // px, fractions allowed
	double x, y, width, height;
};

struct render_layer {
	struct render_pixels pixels;
	struct render_box src;              // part of the buffer shown, buffer px (after y_invert)
	int32_t x, y, width, height;        // where, px of the target
	enum wl_output_transform transform; // of the buffer's contents
	uint16_t fade;                      // 0xffff - alpha of all of it; then nothing of it is opaque
	const pixman_region32_t *opaque;    // target px, may be NULL; all of it if there is no alpha
	const pixman_region32_t *visible;   // target px: what opaque layers above leave to be seen
	struct render_scratch **scratch; // made here, kept with the buffer by the caller; may be NULL
};

// Threads that share in large pieces of work.
struct render_workers;

struct render_target {
	uint32_t format; // 16 or 32 bit RGB; with alpha it becomes premultiplied
	int32_t width, height;
	uint8_t *data;   // 4 byte aligned
	uint32_t stride; // bytes, a multiple of 4
	// Target px where the ground below the layers is transparent instead of black; may be NULL. Of use only
	// for formats with alpha.
	const pixman_region32_t *holes;
	bool blank;                     // all zero so far: of the ground only what is not zero is drawn
	struct render_canvas **canvas;  // made here, kept with the target by the caller; may be NULL
	struct render_workers *workers; // that large damage is shared among; NULL: none
};

struct render_stats {
	uint64_t pixels; // px written into the target (a pixel drawn twice counts twice)
	uint64_t bytes;  // the same in bytes
};

// What is kept of a client buffer between frames. It refers to the buffer's memory only by address
// (never read outside of render_compose) and holds no copy of its contents.
struct render_scratch;
void render_scratch_destroy(struct render_scratch *scratch); // NULL is fine

// What is kept of a target between frames. A target of its own each is best.
struct render_canvas;
void render_canvas_destroy(struct render_canvas *canvas); // NULL is fine

// n_threads counts the one that calls render_compose; 0: as many as there are CPUs that this process may
// use, up to 8. They are started when there first is work for them, and sleep while there is none; they
// handle no signals but what their own instructions raise. NULL when out of memory, which is fine to
// compose with.
struct render_workers *render_workers_create(int n_threads);
// Ends the threads. NULL is fine.
void render_workers_destroy(struct render_workers *workers);
// Threads that were started, without the one that asks. NULL is fine.
int render_workers_started(const struct render_workers *workers);

// True if render_compose can read the format.
bool render_can_compose(uint32_t format);

// True if some of the layers' pixels would be mixed with those below them, for which the target's memory
// is read. May err on that side.
bool render_blends(
	const struct render_target *target, const struct render_layer *layers, int n_layers);

// Draws what `damage` (target px, clipped to the target) covers: black (or nothing, see holes) where no
// opaque part hides it, then the layers bottom to top. Scaled pictures are filtered bilinearly and end at the edge of src:
// nothing beyond it shines in. A layer whose pixels are missing (data NULL, unknown format) or that
// shrinks to less than 1/32766 is left out. Adds to *stats. False when out of memory or for a target
// that pixman cannot draw on: parts may be undrawn. The picture is the same to the bit however many
// threads drew it.
bool render_compose(const struct render_target *target, const pixman_region32_t *damage,
	const struct render_layer *layers, int n_layers, struct render_stats *stats);

#endif
