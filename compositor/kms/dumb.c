// SPDX-License-Identifier: MIT
// Dumb buffers: memory that every KMS driver can make, map and scan out.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>

#include "kms/internal.h"

static bool map(struct kms_dumb *dumb) {
	uint64_t offset;
	if (drmModeMapDumbBuffer(dumb->device->fd, dumb->handle, &offset) != 0) {
		return false;
	}
	void *data =
		mmap(NULL, dumb->size, PROT_READ | PROT_WRITE, MAP_SHARED, dumb->device->fd, (off_t)offset);
	if (data == MAP_FAILED) {
		return false;
	}
	dumb->data = data;
	if (dumb->device->stale_memory) {
		memset(data, 0, dumb->size);
	}
	return true;
}

static struct kms_framebuffer *make_framebuffer(struct kms_dumb *dumb, uint32_t format) {
	struct kms_framebuffer *framebuffer = calloc(1, sizeof(*framebuffer));
	if (!framebuffer) {
		return NULL;
	}
	uint32_t handles[4] = {dumb->handle};
	uint32_t strides[4] = {dumb->stride};
	uint32_t offsets[4] = {0};
	// Without a modifier: a dumb buffer is linear by definition.
	if (drmModeAddFB2(dumb->device->fd, dumb->width, dumb->height, format, handles, strides,
			offsets, &framebuffer->id, 0) != 0) {
		free(framebuffer);
		return NULL;
	}
	framebuffer->device = dumb->device;
	wl_list_insert(&dumb->device->framebuffers, &framebuffer->link);
	return framebuffer;
}

struct kms_dumb *kms_dumb_create(
	struct kms_device *device, uint32_t width, uint32_t height, uint32_t format) {
	const struct format_info *info = format_info(format);
	if (!info || info->planes != 1 || info->block_width[0] != 1 || width == 0 || height == 0) {
		errno = EINVAL;
		return NULL;
	}
	struct kms_dumb *dumb = calloc(1, sizeof(*dumb));
	if (!dumb) {
		errno = ENOMEM;
		return NULL;
	}
	*dumb = (struct kms_dumb){.device = device, .width = width, .height = height, .format = format};
	wl_list_insert(&device->dumbs, &dumb->link);
	uint64_t size = 0;
	if (drmModeCreateDumbBuffer(device->fd, width, height, 8u * info->block_bytes[0], 0,
			&dumb->handle, &dumb->stride, &size) != 0) {
		goto fail;
	}
	dumb->size = (size_t)size;
	if (!map(dumb)) {
		goto fail;
	}
	dumb->framebuffer = make_framebuffer(dumb, format);
	if (!dumb->framebuffer) {
		goto fail;
	}
	return dumb;

fail:;
	int saved_errno = errno;
	kms_dumb_destroy(dumb);
	errno = saved_errno;
	return NULL;
}

// Gives back what the device and the address space hold of it.
static void release(struct kms_dumb *dumb) {
	if (dumb->data) {
		munmap(dumb->data, dumb->size);
		dumb->data = NULL;
	}
	if (dumb->handle) {
		drmModeDestroyDumbBuffer(dumb->device->fd, dumb->handle);
		dumb->handle = 0;
	}
	wl_list_remove(&dumb->link);
}

void kms_dumb_destroy(struct kms_dumb *dumb) {
	if (!dumb) {
		return;
	}
	kms_framebuffer_destroy(dumb->framebuffer);
	kms_framebuffer_destroy(dumb->alpha);
	if (dumb->device) {
		release(dumb);
	}
	free(dumb);
}

struct kms_framebuffer *kms_dumb_alpha(struct kms_dumb *dumb) {
	if (!dumb->device || dumb->alpha) {
		return dumb->alpha;
	}
	const struct format_info *info;
	for (size_t i = 0; (info = format_info_at(i)) != NULL; i++) {
		if (info->alpha && info->opaque == dumb->format) {
			dumb->alpha = make_framebuffer(dumb, info->format);
			return dumb->alpha;
		}
	}
	errno = EINVAL;
	return NULL;
}

int kms_dumb_export(struct kms_dumb *dumb) {
	if (!dumb->device) {
		errno = ENODEV;
		return -1;
	}
	int fd;
	if (drmPrimeHandleToFD(dumb->device->fd, dumb->handle, DRM_CLOEXEC | DRM_RDWR, &fd) != 0) {
		return -1;
	}
	return fd;
}

void kms_dumbs_finish(struct kms_device *device) {
	struct kms_dumb *dumb, *tmp;
	wl_list_for_each_safe(dumb, tmp, &device->dumbs, link) {
		release(dumb);
		dumb->device = NULL;
	}
}
