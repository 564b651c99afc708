// SPDX-License-Identifier: MIT
// What a camera can deliver and which of it to take. Pure: no device is touched here.
#ifndef VITRINE_CLIENTS_CAMERA_MODE_H
#define VITRINE_CLIENTS_CAMERA_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/format.h"
#include "shared/feedback.h"
#include "shared/memory.h"

// How a V4L2 pixel format reads as a DRM format.
struct camera_format {
	uint32_t v4l2;
	uint32_t drm;
	bool split; // each plane lies in a buffer of its own (V4L2's ...M formats)
};

// NULL for a format that has no DRM format, such as MJPG. Formats with alpha are taken as opaque:
// cameras leave that byte undefined.
const struct camera_format *camera_format_find(uint32_t v4l2);

// What the compositor does with a format.
enum camera_way {
	CAMERA_WAY_NONE,    // it does not take it
	CAMERA_WAY_COMPOSE, // it copies it into its own picture
	CAMERA_WAY_SCANOUT, // a plane of the display takes it
};

// The way of a DRM format. A compositor that does not tell what planes take is trusted to know.
enum camera_way camera_way(const struct client_feedback *feedback, uint32_t drm);

// One choice of the camera: a format at a size.
struct camera_mode {
	const struct camera_format *format;
	uint32_t width, height; // px
	uint32_t rate_mhz;      // see camera_rate_better(), 0 when the driver does not tell
};

// What is wanted of it.
struct camera_wish {
	uint32_t drm;           // format, 0 for any
	uint32_t width, height; // px, not to be exceeded; 0 for any
	uint32_t rate_mhz;      // 0 for CAMERA_LEAST_RATE_MHZ
};

// Below this, moving pictures look like a slide show: size is given up before.
#define CAMERA_LEAST_RATE_MHZ 24000

// The best of `len` modes, NULL if the compositor takes none of them (or not of the wished format).
// In this order: not larger than wished; fast enough; on a plane rather than composed; large; few
// bytes a pixel; few planes. If every mode is too large: the smallest.
const struct camera_mode *camera_mode_choose(const struct camera_mode *modes, size_t len,
	const struct camera_wish *wish, const struct client_feedback *feedback);

// Whether rate `a` serves better than `b` where no more than `wish` is of use (0: all is): the
// highest that does not exceed it, else the lowest. All in mHz; 0 for no rate.
bool camera_rate_better(uint32_t a, uint32_t b, uint32_t wish);

// The size within a stepwise range that comes closest to `wish` px without exceeding it; the
// smallest if that is more; the largest if `wish` is 0.
uint32_t camera_step_size(uint32_t min, uint32_t max, uint32_t step, uint32_t wish);

// Lays out the planes of a picture in the one buffer that holds them all, as V4L2 defines it: one
// after the other, rows of the first plane `bytesperline` bytes long, those of the others in
// proportion. False when `bytesperline` is too short for the width, or the size overflows.
bool camera_layout_init(struct client_layout *layout, const struct camera_format *format,
	uint32_t width, uint32_t height, uint32_t bytesperline);

// How pictures of YUV are coded, of what V4L2 tells (enum v4l2_colorspace, v4l2_ycbcr_encoding and
// v4l2_quantization, each of which may say "default"). False for what no struct format_coding stands for.
bool camera_coding_init(
	struct format_coding *coding, uint32_t colorspace, uint32_t encoding, uint32_t quantization);

// Writes a V4L2 fourcc for people. Bit 31 says big-endian in V4L2 and is dropped.
void camera_format_name(uint32_t v4l2, char name[5]);

#endif
