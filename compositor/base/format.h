// SPDX-License-Identifier: MIT
// Pixel formats by their DRM fourcc (drm_fourcc.h): what every folder has to know of them.
#ifndef VITRINE_BASE_FORMAT_H
#define VITRINE_BASE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_MAX_PLANES 4

// How the colours of YUV pixels are coded. Zero is what KMS planes show by default.
enum format_matrix {
	FORMAT_BT601,
	FORMAT_BT709,
	FORMAT_BT2020, // non-constant luminance
};

enum { FORMAT_MATRICES = FORMAT_BT2020 + 1 };

struct format_coding {
	enum format_matrix matrix;
	bool full_range; // luma and chroma use all values; false: of 8 bits 16 to 235, and to 240
};

static inline bool format_coding_equal(struct format_coding a, struct format_coding b) {
	return a.matrix == b.matrix && a.full_range == b.full_range;
}

// Of a set of codings: one bit each, the lowest that of the default.
static inline uint32_t format_coding_bit(struct format_coding coding) {
	return UINT32_C(1) << (2 * (unsigned)coding.matrix + coding.full_range);
}

struct format_info {
	uint32_t format;        // DRM fourcc
	int planes;             // memory planes, 1 to 3
	uint8_t block_bytes[3]; // bytes of one sample block of each plane
	uint8_t block_width[3]; // pixels of the plane's own grid that a block covers (2 for YUYV)
	uint8_t hsub, vsub;     // chroma subsampling of planes 1 and 2; 1 for RGB
	bool alpha;             // has an alpha channel
	bool yuv;
	uint32_t opaque; // the same layout with alpha ignored, or the format itself
};

// NULL for a format that Vitrine does not know.
const struct format_info *format_info(uint32_t format);

// The i-th known format, NULL past the end: for building tables of what is supported.
const struct format_info *format_info_at(size_t i);

// Smallest stride in bytes of a plane of an image `width` px wide; 0 when it exceeds UINT32_MAX.
uint32_t format_min_stride(const struct format_info *info, int plane, uint32_t width);

// Rows of a plane of an image `height` px high.
uint32_t format_plane_height(const struct format_info *info, int plane, uint32_t height);

// "XR24" and the like, NUL-terminated. Bytes that do not print become '?'.
void format_name(uint32_t format, char name[5]);

// The fourcc of "XR24", "XRGB8888", "nv12" (case ignored); 0 if unknown.
uint32_t format_from_name(const char *name);

// "bt709", "bt709-full" and the like.
const char *format_coding_name(struct format_coding coding);
// False if it is no such name.
bool format_coding_from_name(const char *name, struct format_coding *coding);

// A format with a modifier, as planes and dma-buf feedback list them.
struct format_pair {
	uint32_t format;
	uint64_t modifier;
};

struct format_set {
	struct format_pair *pairs;
	size_t len, cap;
};

void format_set_finish(struct format_set *set);
// Adds the pair unless it is there. False when out of memory.
bool format_set_add(struct format_set *set, uint32_t format, uint64_t modifier);
bool format_set_has(const struct format_set *set, uint32_t format, uint64_t modifier);
bool format_set_has_format(const struct format_set *set, uint32_t format);

#endif
