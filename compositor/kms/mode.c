// SPDX-License-Identifier: MIT
// Modes: comparing, choosing, and making one that no display lists.
#include <libxcvt/libxcvt.h>
#include <stdio.h>
#include <stdlib.h>

#include "kms/kms.h"

#define REFRESH_TOLERANCE_MHZ 500
#define MAX_MODE_SIZE 16384
#define MAX_REFRESH_MHZ 1000000
#define CVT_CELL 8 // CVT counts horizontally in cells of 8 px

bool kms_mode_equal(const drmModeModeInfo *a, const drmModeModeInfo *b) {
	return a->clock == b->clock && a->hdisplay == b->hdisplay && a->hsync_start == b->hsync_start &&
		a->hsync_end == b->hsync_end && a->htotal == b->htotal && a->hskew == b->hskew &&
		a->vdisplay == b->vdisplay && a->vsync_start == b->vsync_start &&
		a->vsync_end == b->vsync_end && a->vtotal == b->vtotal && a->vscan == b->vscan &&
		a->flags == b->flags;
}

int32_t kms_mode_refresh_mhz(const drmModeModeInfo *mode) {
	uint64_t pixels = (uint64_t)mode->htotal * mode->vtotal;
	if (pixels == 0) {
		return 0;
	}
	uint64_t numerator = (uint64_t)mode->clock * 1000000; // kHz -> mHz
	if (mode->flags & DRM_MODE_FLAG_INTERLACE) {
		numerator *= 2;
	}
	if (mode->flags & DRM_MODE_FLAG_DBLSCAN) {
		pixels *= 2;
	}
	if (mode->vscan > 1) {
		pixels *= mode->vscan;
	}
	return (int32_t)((numerator + pixels / 2) / pixels);
}

bool kms_connector_find_mode(const struct kms_connector *connector, int width, int height,
	int refresh_mhz, drmModeModeInfo *mode) {
	const drmModeModeInfo *best = NULL;
	int best_score = 0;
	for (int i = 0; i < connector->n_modes; i++) {
		const drmModeModeInfo *m = &connector->modes[i];
		if (m->hdisplay != width || m->vdisplay != height ||
			(m->flags & (DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN))) {
			continue;
		}
		int refresh = kms_mode_refresh_mhz(m);
		int score = refresh;
		if (refresh_mhz != 0) {
			int distance = abs(refresh - refresh_mhz);
			if (distance > REFRESH_TOLERANCE_MHZ) {
				continue;
			}
			score = -distance;
		}
		if (!best || score > best_score) {
			best = m;
			best_score = score;
		}
	}
	if (!best) {
		return false;
	}
	*mode = *best;
	return true;
}

// The rates of two modes of one size: which comes nearer to what is wanted.
static bool is_nearer(const drmModeModeInfo *a, const drmModeModeInfo *b, int refresh_mhz) {
	int rate_a = kms_mode_refresh_mhz(a), rate_b = kms_mode_refresh_mhz(b);
	return refresh_mhz == 0 ? rate_a > rate_b
							: abs(rate_a - refresh_mhz) < abs(rate_b - refresh_mhz);
}

bool kms_connector_mode_within(const struct kms_connector *connector, int max_width, int max_height,
	int refresh_mhz, drmModeModeInfo *mode) {
	const drmModeModeInfo *best = NULL;
	for (int i = 0; i < connector->n_modes; i++) {
		const drmModeModeInfo *m = &connector->modes[i];
		if ((m->flags & (DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN)) ||
			(max_width > 0 && m->hdisplay > max_width) ||
			(max_height > 0 && m->vdisplay > max_height)) {
			continue;
		}
		int64_t more = (int64_t)m->hdisplay * m->vdisplay -
			(best ? (int64_t)best->hdisplay * best->vdisplay : 0);
		if (!best || more > 0 || (more == 0 && is_nearer(m, best, refresh_mhz))) {
			best = m;
		}
	}
	if (best) {
		*mode = *best;
	}
	return best != NULL;
}

bool kms_mode_custom(int width, int height, int refresh_mhz, drmModeModeInfo *mode) {
	if (refresh_mhz == 0) {
		refresh_mhz = 60000;
	}
	if (width < 1 || width > MAX_MODE_SIZE || height < 1 || height > MAX_MODE_SIZE ||
		refresh_mhz < 1000 || refresh_mhz > MAX_REFRESH_MHZ) {
		return false;
	}
	// CVT rounds the width down to whole cells; a panel of 1366 px wants all of them, so the
	// timings are those of the next whole cell and the blanking takes what is too much.
	int cells = (width + CVT_CELL - 1) / CVT_CELL;
	struct libxcvt_mode_info *cvt =
		libxcvt_gen_mode_info(cells * CVT_CELL, height, (float)refresh_mhz / 1000.f, true, false);
	if (!cvt) {
		return false;
	}
	// CVT also rounds the clock to 250 kHz, which is 4 % at 320x240: the exact rate is kept here.
	uint64_t clock_mhz = (uint64_t)cvt->htotal * cvt->vtotal * (uint64_t)refresh_mhz; // millihertz
	*mode = (drmModeModeInfo){
		.clock = (uint32_t)((clock_mhz + 500000) / 1000000),
		.hdisplay = (uint16_t)width,
		.hsync_start = cvt->hsync_start,
		.hsync_end = cvt->hsync_end,
		.htotal = cvt->htotal,
		.vdisplay = (uint16_t)height,
		.vsync_start = cvt->vsync_start,
		.vsync_end = cvt->vsync_end,
		.vtotal = cvt->vtotal,
		.vrefresh = (uint32_t)((refresh_mhz + 500) / 1000),
		.flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC, // CVT's mark of reduced blanking
		.type = DRM_MODE_TYPE_USERDEF,
	};
	snprintf(mode->name, sizeof(mode->name), "%dx%d", width, height);
	free(cvt);
	return true;
}
