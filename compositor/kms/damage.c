// SPDX-License-Identifier: MIT
// FB_DAMAGE_CLIPS: which part of a plane's picture differs from the one before, for drivers that send what
// they show somewhere (virtual machines, USB displays, panels with memory of their own).
//
// A blob for each list of boxes: the newest are kept, so that what changes in the same places again costs
// none. The kernel forgets the property with every commit.
#include <string.h>

#include "kms/internal.h"

uint32_t kms_damage_blob(struct kms_device *device, const struct drm_mode_rect *boxes, int n) {
	struct kms_damage *oldest = &device->damages[0];
	for (int i = 0; i < KMS_DAMAGES; i++) {
		struct kms_damage *damage = &device->damages[i];
		if (damage->blob != 0 && damage->n == n &&
			memcmp(damage->boxes, boxes, sizeof(*boxes) * (size_t)n) == 0) {
			damage->used = device->n_requests;
			return damage->blob;
		}
		oldest = damage->used < oldest->used ? damage : oldest;
	}
	if (oldest->used == device->n_requests) {
		return 0; // more planes than that in one request
	}
	if (oldest->blob != 0) { // a state that still uses it keeps it
		drmModeDestroyPropertyBlob(device->fd, oldest->blob);
		oldest->blob = 0;
	}
	if (drmModeCreatePropertyBlob(device->fd, boxes, sizeof(*boxes) * (size_t)n, &oldest->blob) !=
		0) {
		oldest->blob = 0;
		return 0;
	}
	memcpy(oldest->boxes, boxes, sizeof(*boxes) * (size_t)n);
	oldest->n = n;
	oldest->used = device->n_requests;
	return oldest->blob;
}

void kms_damages_finish(struct kms_device *device) {
	for (int i = 0; i < KMS_DAMAGES; i++) {
		if (device->damages[i].blob != 0) {
			drmModeDestroyPropertyBlob(device->fd, device->damages[i].blob);
			device->damages[i].blob = 0;
		}
	}
}
