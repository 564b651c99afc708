// SPDX-License-Identifier: MIT
// What the files of render/ share.
//
// compose.c decides what is drawn where, source.c what it is drawn from: the client's memory as it
// is when pixman reads it well, a staging area otherwise. image.c knows pixman's formats and keeps
// its images, yuv.c converts rows, workers.c has the threads that share in the work.
//
// pixman's images are not to be used by two threads at once: each thread has its own of everything.
#ifndef VITRINE_RENDER_PRIVATE_H
#define VITRINE_RENDER_PRIVATE_H

#include <pixman.h>

#include "render/render.h"

// pixman refuses images from 32767 px on: coordinates are 16.16 fixed point.
#define RENDER_MAX_SIZE 32766

enum {
	RENDER_MAX_THREADS = 8, // memory is busy long before
	// Pieces of transformed layers end at multiples of so many rows of the target, as do the bands that
	// threads take: a picture does not depend on how many drew it.
	RENDER_PIECE_ROWS = 64,
};

// ---- image.c ----

// 0 if pixman does not read the format, or not rightly.
pixman_format_code_t render_pixman_format(uint32_t format);

// Rows of pixels in memory.
struct render_view {
	pixman_format_code_t format;
	int32_t width, height; // px
	const uint8_t *data;   // the first row's
	int32_t stride;        // bytes; negative: the rows are in reverse order
};

// A view and its pixman image, which is made anew only when the view changes.
struct render_image {
	pixman_image_t *image; // may be NULL
	struct render_view view;
};

// Owned by `image`; NULL when out of memory.
pixman_image_t *render_image_get(struct render_image *image, const struct render_view *view);
void render_image_finish(struct render_image *image);

// Of a source.
struct render_images {
	struct render_image image;
	pixman_image_t *solid; // may be NULL
	pixman_color_t colour; // of `solid`
};

void render_images_finish(struct render_images *images);

struct render_scratch {
	struct render_images images[RENDER_MAX_THREADS];
};

// Memory for the piece of a picture that is being drawn, and images of it: one with alpha, one
// without, and one for any other format. Only grows.
struct render_staging {
	uint8_t *data;
	size_t size;
	struct render_image images[3];
};

// An image of at least width x height px in the staging area, valid until the next call. NULL when
// out of memory or when the size is beyond RENDER_MAX_SIZE.
struct render_image *render_staging_get(
	struct render_staging *staging, pixman_format_code_t format, int32_t width, int32_t height);
void render_staging_finish(struct render_staging *staging);

// What one thread draws on a target with.
struct render_brush {
	struct render_image image;   // of the target
	struct render_images images; // for layers that bring none
	// A piece of a layer: as the client drew it, turned as well, and as it is on the output. Three,
	// so that none changes between having a pixman transform and having none, which allocates.
	struct render_staging source, upright, oriented;
};

struct render_canvas {
	struct render_brush brushes[RENDER_MAX_THREADS];
};

// ---- workers.c ----

// How many threads render_workers_run may have, at least 1. NULL is fine: one.
int render_workers_threads(const struct render_workers *workers);

// Calls work(data, 0) here, and with other numbers below n_threads in other threads at the same time, as
// far as they get to it; returns when all that began have ended.
void render_workers_run(struct render_workers *workers, int n_threads,
	void (*work)(void *data, int thread), void *data);

// ---- yuv.c ----

// What turns samples of a format and coding into colours: factors in units of its own.
struct render_yuv {
	const struct yuv_format *format;
	int16_t black; // luma
	int16_t luma, r_cr, g_cb, g_cr, b_cb;
};

bool render_yuv_supports(uint32_t format);

// False if the pixels are no YUV that can be converted.
bool render_yuv_init(struct render_yuv *yuv, const struct render_pixels *pixels);

// Converts `width` px of row `y` from `x` on to XRGB8888 at `out`. Reads exactly the samples that
// belong to these pixels.
void render_yuv_convert_row(const struct render_yuv *yuv, const struct render_pixels *pixels,
	int32_t x, int32_t y, int32_t width, uint8_t *out);

// ---- source.c ----

// How a layer's pixels come to the target. The flips of wl_output_transform (and y_invert) are rows
// read backwards, which leaves turns: 0 to 3 quarters. `box` is in px of the rows as they are read.
struct render_source {
	const struct render_pixels *pixels;
	pixman_format_code_t format; // 0 for YUV
	bool yuv, alpha;
	struct render_yuv matrix; // of YUV
	bool backwards;           // rows in reverse order
	int turn;                 // quarters
	bool exact;               // source and target pixels coincide
	pixman_box32_t box;       // px that may be read
	// Position in the source in 16.16 = offset + scale * position in the target. Odd turns: the
	// source's x depends on the target's y and vice versa.
	int64_t offset_x, offset_y;
	int32_t scale_x, scale_y;
};

// False when the layer has nothing that can be drawn.
bool render_source_init(struct render_source *source, const struct render_layer *layer,
	int32_t target_width, int32_t target_height);

// Draws `box` (target px, within the layer) of the source. False when out of memory.
bool render_source_draw(const struct render_source *source, pixman_op_t op,
	const struct render_target *target, struct render_brush *brush, struct render_images *images,
	const pixman_box32_t *box);

#endif
