// SPDX-License-Identifier: MIT
// Darker pictures by the CRTC's gamma table (GAMMA_LUT, drm-kms.rst "Color Management"): costs no
// composing, and works over planes.
#include <stdlib.h>
#include <xf86drm.h>

#include "kms/internal.h"

enum { MAX_ENTRIES = 1 << 16 };

static uint32_t make_table(struct kms_crtc *crtc, double level) {
	uint64_t n = crtc->props[KMS_CRTC_GAMMA_LUT_SIZE].value;
	if (n < 2 || n > MAX_ENTRIES) {
		return 0;
	}
	struct drm_color_lut *table = calloc(n, sizeof(*table));
	if (!table) {
		return 0;
	}
	for (uint64_t i = 0; i < n; i++) {
		uint16_t value = (uint16_t)((double)(i * 0xffff) / (double)(n - 1) * level + 0.5);
		table[i] = (struct drm_color_lut){.red = value, .green = value, .blue = value};
	}
	uint32_t blob = 0;
	if (drmModeCreatePropertyBlob(crtc->device->fd, table, n * sizeof(*table), &blob) != 0) {
		blob = 0;
	}
	free(table);
	return blob;
}

bool kms_request_gamma(struct kms_crtc *crtc, double level) {
	struct kms_property *gamma = &crtc->props[KMS_CRTC_GAMMA_LUT];
	if (gamma->id == 0) {
		return false;
	}
	uint32_t blob = level < 1 ? make_table(crtc, level) : 0;
	if (level < 1 && blob == 0) {
		return false;
	}
	kms_property_stage(gamma, blob);
	// The CRTC's state keeps the table that it uses; this one is needed until the commit.
	if (crtc->gamma_blob != 0) {
		drmModeDestroyPropertyBlob(crtc->device->fd, crtc->gamma_blob);
	}
	crtc->gamma_blob = blob;
	return true;
}
