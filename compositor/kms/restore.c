// SPDX-License-Identifier: MIT
// The way out: CRTCs, connectors and planes get the values they had when the device was opened, so
// that whoever had the screen before (a console, a boot splash, another server) has it again.
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <xf86drm.h>

#include "base/clock.h"
#include "base/log.h"
#include "kms/internal.h"

// The kernel gives up on a flip after 10 s; a person at the console does not wait that long.
#define FLIP_WAIT_MS 1000

static bool any_flip_pending(const struct kms_device *device) {
	for (int i = 0; i < device->n_crtcs; i++) {
		if (device->crtcs[i].flip_pending) {
			return true;
		}
	}
	return false;
}

static void wait_for_flips(struct kms_device *device) {
	for (int i = 0; i < device->n_crtcs; i++) {
		device->crtcs[i].on_flip = NULL;
	}
	int64_t deadline = clock_now_ms() + FLIP_WAIT_MS;
	while (any_flip_pending(device)) {
		int64_t left = deadline - clock_now_ms();
		struct pollfd pollfd = {.fd = device->fd, .events = POLLIN};
		if (left <= 0) {
			return;
		}
		if (poll(&pollfd, 1, (int)left) < 0 && errno != EINTR) {
			return;
		}
		if ((pollfd.revents & POLLIN) && !kms_device_dispatch(device)) {
			return;
		}
		if (pollfd.revents & (POLLERR | POLLHUP | POLLNVAL)) {
			return;
		}
	}
}

static bool differs(const struct kms_property *props, int count) {
	for (int i = 0; i < count; i++) {
		if (props[i].id != 0 && !props[i].immutable && props[i].value != props[i].initial) {
			return true;
		}
	}
	return false;
}

static bool anything_changed(const struct kms_device *device) {
	for (int i = 0; i < device->n_connectors; i++) {
		if (differs(device->connectors[i].props, KMS_CONNECTOR_PROPERTY_COUNT)) {
			return true;
		}
	}
	for (int i = 0; i < device->n_crtcs; i++) {
		if (differs(device->crtcs[i].props, KMS_CRTC_PROPERTY_COUNT)) {
			return true;
		}
	}
	for (int i = 0; i < device->n_planes; i++) {
		if (differs(device->planes[i].props, KMS_PLANE_PROPERTY_COUNT)) {
			return true;
		}
	}
	return false;
}

static bool is_ours(const struct kms_device *device, uint32_t id) {
	const struct kms_framebuffer *framebuffer;
	wl_list_for_each(framebuffer, &device->framebuffers, link) {
		if (framebuffer->id == id) {
			return true;
		}
	}
	wl_list_for_each(framebuffer, &device->doomed, link) {
		if (framebuffer->id == id) {
			return true;
		}
	}
	return false;
}

// True if the plane showed a framebuffer at opening that can be shown again. Its owner may have
// ended, and the number may be one of ours by now.
static bool initial_picture_exists(const struct kms_plane *plane) {
	struct kms_device *device = plane->device;
	uint32_t id = (uint32_t)plane->props[KMS_PLANE_FB_ID].initial;
	if (id == 0 || is_ours(device, id)) {
		return false;
	}
	if (plane->props[KMS_PLANE_FB_ID].value == id) {
		return true;
	}
	drmModeFB *framebuffer = drmModeGetFB(device->fd, id);
	if (!framebuffer) {
		return errno != ENOENT; // multi-planar ones exist, though this call does not take them
	}
	if (framebuffer->handle != 0) {
		drmCloseBufferHandle(device->fd, framebuffer->handle);
	}
	drmModeFreeFB(framebuffer);
	return true;
}

// A CRTC whose primary plane lost its picture stays dark rather than lit with nothing.
static bool initial_crtc_possible(struct kms_crtc *crtc) {
	struct kms_device *device = crtc->device;
	for (int i = 0; i < device->n_planes; i++) {
		struct kms_plane *plane = &device->planes[i];
		if (plane->type == KMS_PLANE_PRIMARY &&
			plane->props[KMS_PLANE_CRTC_ID].initial == crtc->id && !initial_picture_exists(plane)) {
			return false;
		}
	}
	return true;
}

static void stage_initial_props(struct kms_property *props, int count) {
	for (int i = 0; i < count; i++) {
		kms_property_stage(&props[i], props[i].initial);
	}
}

static void stage_dark_crtc(struct kms_crtc *crtc) {
	kms_property_stage(&crtc->props[KMS_CRTC_ACTIVE], 0);
	kms_property_stage(&crtc->props[KMS_CRTC_MODE_ID], 0);
}

static void stage_initial(struct kms_device *device) {
	kms_request_begin(device);
	uint32_t dark = 0;
	for (int i = 0; i < device->n_crtcs; i++) {
		struct kms_crtc *crtc = &device->crtcs[i];
		stage_initial_props(crtc->props, KMS_CRTC_PROPERTY_COUNT);
		if (crtc->props[KMS_CRTC_MODE_ID].initial == 0) {
			continue;
		}
		// The blob itself belonged to the last master and may be gone; the mode is known.
		if (!initial_crtc_possible(crtc) || !kms_crtc_stage_mode(crtc, &crtc->initial_mode)) {
			dark |= 1u << i;
			stage_dark_crtc(crtc);
		}
	}
	for (int i = 0; i < device->n_connectors; i++) {
		struct kms_property *crtc_id = &device->connectors[i].props[KMS_CONNECTOR_CRTC_ID];
		struct kms_crtc *crtc = kms_device_crtc(device, crtc_id->initial);
		bool lit = crtc && !(dark & (1u << crtc->index));
		kms_request_max_bpc(&device->connectors[i], 0);
		struct kms_property *content = &device->connectors[i].props[KMS_CONNECTOR_CONTENT_TYPE];
		kms_property_stage(content, content->initial);
		kms_property_stage(crtc_id, lit ? crtc->id : 0);
	}
	for (int i = 0; i < device->n_planes; i++) {
		struct kms_plane *plane = &device->planes[i];
		struct kms_crtc *crtc = kms_device_crtc(device, plane->props[KMS_PLANE_CRTC_ID].initial);
		stage_initial_props(plane->props, KMS_PLANE_PROPERTY_COUNT);
		if (!crtc || (dark & (1u << crtc->index)) || !initial_picture_exists(plane)) {
			kms_property_stage(&plane->props[KMS_PLANE_FB_ID], 0);
			kms_property_stage(&plane->props[KMS_PLANE_CRTC_ID], 0);
		}
	}
}

static void stage_all_dark(struct kms_device *device) {
	kms_request_begin(device);
	for (int i = 0; i < device->n_crtcs; i++) {
		kms_request_disable(&device->crtcs[i]);
	}
}

void kms_device_restore(struct kms_device *device) {
	wait_for_flips(device);
	if (!anything_changed(device)) {
		return;
	}
	const uint32_t flags = KMS_COMMIT_BLOCK | KMS_COMMIT_ALLOW_MODESET;
	stage_initial(device);
	int ret = kms_request_commit(device, NULL, flags);
	if (ret == -EACCES || ret == -ENODEV) {
		return; // another master has the screen, or there is none any more
	}
	if (ret != 0) {
		// A plane that goes back to another CRTC has to be off in between.
		stage_all_dark(device);
		ret = kms_request_commit(device, NULL, flags);
		if (ret == 0) {
			stage_initial(device);
			ret = kms_request_commit(device, NULL, flags);
		}
	}
	if (ret != 0) {
		log_debug("%s: the former picture does not come back: %s", device->path, strerror(-ret));
	}
}
