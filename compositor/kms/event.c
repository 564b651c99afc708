// SPDX-License-Identifier: MIT
// Page-flip events (drm.h, struct drm_event_vblank), one per CRTC and commit.
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "kms/internal.h"

// The kernel never splits an event; its own readers use this size as well.
#define EVENT_BUFFER_BYTES 1024
// No event is longer. A read that left that much room has taken all there were.
#define EVENT_MAX_BYTES 64

static void handle_flip(struct kms_device *device, const struct drm_event_vblank *event) {
	struct kms_crtc *crtc = kms_device_crtc(device, event->crtc_id);
	if (!crtc || event->user_data <= crtc->lost_serial) {
		return;
	}
	uint64_t sequence = (crtc->last_sequence & ~UINT64_C(0xffffffff)) | event->sequence;
	// Half a turn backwards is a wrap, less is a driver that counts anew after a modeset.
	if (sequence + UINT64_C(0x80000000) < crtc->last_sequence) {
		sequence += UINT64_C(1) << 32;
	}
	crtc->last_sequence = sequence;
	crtc->flip_pending = false;
	for (int i = 0; i < device->n_planes; i++) {
		if (device->planes[i].outgoing_crtc == crtc->index) {
			device->planes[i].outgoing_fb = 0;
		}
	}
	kms_framebuffers_sweep(device);

	struct kms_flip flip = {
		.sequence = sequence,
		.time_ns = (int64_t)event->tv_sec * 1000000000 + (int64_t)event->tv_usec * 1000,
	};
	if (crtc->on_flip) {
		crtc->on_flip(crtc, &flip, crtc->on_flip_data);
	}
}

void kms_crtc_lose_flip(struct kms_crtc *crtc) {
	crtc->lost_serial = crtc->flip_serial;
	crtc->flip_pending = false;
}

static void handle_events(struct kms_device *device, const char *buffer, size_t len) {
	size_t at = 0;
	while (at + sizeof(struct drm_event) <= len) {
		struct drm_event header;
		memcpy(&header, buffer + at, sizeof(header));
		if (header.length < sizeof(header) || at + header.length > len) {
			return;
		}
		if (header.type == DRM_EVENT_FLIP_COMPLETE &&
			header.length >= sizeof(struct drm_event_vblank)) {
			struct drm_event_vblank event;
			memcpy(&event, buffer + at, sizeof(event));
			handle_flip(device, &event);
		}
		at += header.length;
	}
}

bool kms_device_dispatch(struct kms_device *device) {
	char buffer[EVENT_BUFFER_BYTES];
	while (true) {
		// The file description is non-blocking: this ends with EAGAIN.
		ssize_t len = read(device->fd, buffer, sizeof(buffer));
		if (len > 0) {
			handle_events(device, buffer, (size_t)len);
			if ((size_t)len <= sizeof(buffer) - EVENT_MAX_BYTES) {
				return true;
			}
			continue;
		}
		if (len < 0 && errno == EINTR) {
			continue;
		}
		return len == 0 || errno == EAGAIN;
	}
}
