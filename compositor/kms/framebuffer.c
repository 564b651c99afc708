// SPDX-License-Identifier: MIT
// Framebuffers: made of dma-bufs by PRIME import, and dropped without a change on screen.
//
// Importing a dma-buf that the file description knows gives the same GEM handle again, uncounted:
// closing it once ends it for every user. So handles live only inside kms_framebuffer_import: each
// unique one is closed there (the framebuffer keeps the memory), except those of our own dumb
// buffers, which an exported dumb buffer resolves to.
//
// DRM_IOCTL_MODE_RMFB of a framebuffer on screen turns its plane off, at worst the CRTC, and blocks.
// DRM_IOCTL_MODE_CLOSEFB (Linux 6.8) leaves the picture. Without it the removal waits until the
// framebuffer has left every plane and the flip that took it off has completed.
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "kms/internal.h"

// struct drm_mode_closefb and its ioctl, which libdrm before 2.4.120 does not have.
struct closefb {
	uint32_t fb_id;
	uint32_t pad;
};
#define IOCTL_CLOSEFB DRM_IOWR(0xD0, struct closefb)

static int close_framebuffer(int fd, uint32_t id) {
	struct closefb arg = {.fb_id = id};
	return drmIoctl(fd, IOCTL_CLOSEFB, &arg) == 0 ? 0 : -errno;
}

bool kms_framebuffer_can_close(int fd) {
	// No framebuffer has the id 0, so a kernel that knows the call says ENOENT. One that does not
	// says EINVAL (number out of range) or ENOTTY.
	return close_framebuffer(fd, 0) == -ENOENT;
}

static bool is_dumb(const struct kms_device *device, uint32_t handle) {
	struct kms_dumb *dumb;
	wl_list_for_each(dumb, &device->dumbs, link) {
		if (dumb->handle == handle) {
			return true;
		}
	}
	return false;
}

static void close_handles(struct kms_device *device, const uint32_t *handles, int n) {
	for (int i = 0; i < n; i++) {
		bool seen = handles[i] == 0 || is_dumb(device, handles[i]);
		for (int j = 0; !seen && j < i; j++) {
			seen = handles[j] == handles[i];
		}
		if (!seen) {
			drmCloseBufferHandle(device->fd, handles[i]);
		}
	}
}

static bool add_framebuffer(struct kms_device *device, const struct kms_framebuffer_desc *desc,
	const uint32_t *handles, uint32_t *id) {
	bool implicit = desc->modifier == DRM_FORMAT_MOD_INVALID;
	if (!device->addfb2_modifiers && !implicit && desc->modifier != DRM_FORMAT_MOD_LINEAR) {
		errno = EINVAL;
		return false;
	}
	if (implicit || !device->addfb2_modifiers) {
		return drmModeAddFB2(device->fd, desc->width, desc->height, desc->format, handles,
				   desc->stride, desc->offset, id, 0) == 0;
	}
	// Every plane carries the modifier, slots that are not used are zero.
	uint64_t modifiers[FORMAT_MAX_PLANES] = {0};
	for (int i = 0; i < desc->n_planes; i++) {
		modifiers[i] = desc->modifier;
	}
	return drmModeAddFB2WithModifiers(device->fd, desc->width, desc->height, desc->format, handles,
			   desc->stride, desc->offset, modifiers, id, DRM_MODE_FB_MODIFIERS) == 0;
}

struct kms_framebuffer *kms_framebuffer_import(
	struct kms_device *device, const struct kms_framebuffer_desc *desc) {
	if (!device->prime_import || desc->n_planes < 1 || desc->n_planes > FORMAT_MAX_PLANES) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	struct kms_framebuffer *framebuffer = calloc(1, sizeof(*framebuffer));
	if (!framebuffer) {
		errno = ENOMEM;
		return NULL;
	}
	// What the description holds past its planes is not passed on: the kernel wants zeroes there.
	struct kms_framebuffer_desc used = *desc;
	uint32_t handles[FORMAT_MAX_PLANES] = {0};
	bool ok = true;
	for (int i = 0; i < FORMAT_MAX_PLANES; i++) {
		if (i >= desc->n_planes) {
			used.offset[i] = 0;
			used.stride[i] = 0;
		} else if (ok) {
			ok = drmPrimeFDToHandle(device->fd, desc->fd[i], &handles[i]) == 0;
		}
	}
	ok = ok && add_framebuffer(device, &used, handles, &framebuffer->id);
	int saved_errno = errno;
	close_handles(device, handles, desc->n_planes);
	if (!ok) {
		free(framebuffer);
		errno = saved_errno;
		return NULL;
	}
	framebuffer->device = device;
	wl_list_insert(&device->framebuffers, &framebuffer->link);
	return framebuffer;
}

// True if the plane shows the left upper width x height px of its framebuffer on all of the CRTC.
static bool shows_as_it_is(
	const struct kms_plane *plane, const struct kms_crtc *crtc, uint32_t width, uint32_t height) {
	const struct kms_property *props = plane->props;
	return !plane->ours && props[KMS_PLANE_FB_ID].value != 0 &&
		props[KMS_PLANE_CRTC_ID].value == crtc->id && props[KMS_PLANE_SRC_X].value == 0 &&
		props[KMS_PLANE_SRC_Y].value == 0 && props[KMS_PLANE_SRC_W].value >> 16 == width &&
		props[KMS_PLANE_SRC_H].value >> 16 == height && props[KMS_PLANE_CRTC_X].value == 0 &&
		props[KMS_PLANE_CRTC_Y].value == 0 && props[KMS_PLANE_CRTC_W].value == width &&
		props[KMS_PLANE_CRTC_H].value == height &&
		(props[KMS_PLANE_ROTATION].id == 0 || props[KMS_PLANE_ROTATION].value == DRM_MODE_ROTATE_0);
}

struct kms_framebuffer *kms_framebuffer_adopt(
	const struct kms_plane *plane, const struct kms_crtc *crtc, uint32_t width, uint32_t height) {
	struct kms_device *device = plane->device;
	if (!shows_as_it_is(plane, crtc, width, height)) {
		return NULL;
	}
	drmModeFB2 *former = drmModeGetFB2(device->fd, (uint32_t)plane->props[KMS_PLANE_FB_ID].value);
	struct kms_framebuffer *framebuffer = former ? calloc(1, sizeof(*framebuffer)) : NULL;
	if (!framebuffer) {
		drmModeFreeFB2(former);
		return NULL;
	}
	struct kms_framebuffer_desc desc = {
		.width = former->width,
		.height = former->height,
		.format = former->pixel_format,
		.modifier =
			former->flags & DRM_MODE_FB_MODIFIERS ? former->modifier : DRM_FORMAT_MOD_INVALID,
	};
	while (desc.n_planes < FORMAT_MAX_PLANES && former->handles[desc.n_planes] != 0) {
		desc.offset[desc.n_planes] = former->offsets[desc.n_planes];
		desc.stride[desc.n_planes] = former->pitches[desc.n_planes];
		desc.n_planes++;
	}
	bool ok = desc.n_planes > 0 && // the kernel gives no handles to who is not master
		add_framebuffer(device, &desc, former->handles, &framebuffer->id);
	close_handles(device, former->handles, FORMAT_MAX_PLANES);
	drmModeFreeFB2(former);
	if (!ok) {
		free(framebuffer);
		return NULL;
	}
	framebuffer->device = device;
	wl_list_insert(&device->framebuffers, &framebuffer->link);
	return framebuffer;
}

static bool on_screen(const struct kms_device *device, uint32_t id) {
	for (int i = 0; i < device->n_planes; i++) {
		const struct kms_plane *plane = &device->planes[i];
		if (plane->props[KMS_PLANE_FB_ID].value == id || plane->outgoing_fb == id) {
			return true;
		}
	}
	return false;
}

void kms_framebuffers_sweep(struct kms_device *device) {
	struct kms_framebuffer *framebuffer, *tmp;
	wl_list_for_each_safe(framebuffer, tmp, &device->doomed, link) {
		if (!on_screen(device, framebuffer->id)) {
			drmModeRmFB(device->fd, framebuffer->id);
			wl_list_remove(&framebuffer->link);
			free(framebuffer);
		}
	}
}

void kms_framebuffer_destroy(struct kms_framebuffer *framebuffer) {
	if (!framebuffer) {
		return;
	}
	struct kms_device *device = framebuffer->device;
	if (!device) {
		free(framebuffer);
		return;
	}
	wl_list_remove(&framebuffer->link);
	if (device->close_fb) {
		close_framebuffer(device->fd, framebuffer->id);
		free(framebuffer);
		return;
	}
	wl_list_insert(&device->doomed, &framebuffer->link);
	kms_framebuffers_sweep(device);
}

void kms_framebuffers_finish(struct kms_device *device) {
	struct kms_framebuffer *framebuffer, *tmp;
	wl_list_for_each_safe(framebuffer, tmp, &device->doomed, link) {
		drmModeRmFB(device->fd, framebuffer->id);
		wl_list_remove(&framebuffer->link);
		free(framebuffer);
	}
	wl_list_for_each_safe(framebuffer, tmp, &device->framebuffers, link) {
		drmModeRmFB(device->fd, framebuffer->id);
		wl_list_remove(&framebuffer->link);
		framebuffer->id = 0;
		framebuffer->device = NULL;
	}
}
