// SPDX-License-Identifier: MIT
#include "kiosk/drawn.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void handle_release(struct scene_buffer *base) {
	(void)base; // whether it is locked is looked at
}

static void handle_destroy(struct scene_buffer *base) {
	struct drawn_buffer *buffer = wl_container_of(base, buffer, base);
	if (base->fd[0] >= 0) {
		close(base->fd[0]);
	}
	kms_dumb_destroy(buffer->dumb);
	free(buffer->pixels);
	free(buffer);
}

static bool handle_begin_access(struct scene_buffer *base, struct scene_pixels *pixels) {
	struct drawn_buffer *buffer = wl_container_of(base, buffer, base);
	pixels->n_planes = 1;
	pixels->data[0] = (const uint8_t *)buffer->pixels;
	pixels->stride[0] = (uint32_t)base->width * 4;
	return true;
}

static bool handle_end_access(struct scene_buffer *base) {
	(void)base;
	return true;
}

static const struct scene_buffer_ops buffer_ops = {
	.release = handle_release,
	.destroy = handle_destroy,
	.begin_access = handle_begin_access,
	.end_access = handle_end_access,
};

struct drawn_buffer *drawn_buffer_create(
	struct kms_device *device, int32_t width, int32_t height, uint32_t format, uint32_t *pixels) {
	struct drawn_buffer *buffer = calloc(1, sizeof(*buffer));
	pixels = pixels != NULL ? pixels : calloc((size_t)width * (size_t)height, sizeof(*pixels));
	if (buffer == NULL || pixels == NULL) {
		free(buffer);
		free(pixels);
		return NULL;
	}
	buffer->pixels = pixels;
	buffer->dumb = kms_dumb_create(device, (uint32_t)width, (uint32_t)height, format);
	int fd = buffer->dumb != NULL ? kms_dumb_export(buffer->dumb) : -1;
	if (fd < 0) {
		log_debug("%s: a %dx%d picture of our own cannot be on a plane: %s", device->path, width,
			height, strerror(errno));
	}
	scene_buffer_init(&buffer->base, &buffer_ops, fd >= 0 ? SCENE_BUFFER_DMABUF : SCENE_BUFFER_SHM);
	buffer->base.width = width;
	buffer->base.height = height;
	buffer->base.format = format;
	buffer->base.modifier = DRM_FORMAT_MOD_LINEAR;
	buffer->base.n_planes = 1;
	buffer->base.fd[0] = fd;
	buffer->base.stride[0] = buffer->dumb != NULL ? buffer->dumb->stride : (uint32_t)width * 4;
	return buffer;
}

void drawn_buffer_show(struct drawn_buffer *buffer) {
	size_t row = (size_t)buffer->base.width * 4;
	for (int32_t y = 0; buffer->dumb != NULL && y < buffer->base.height; y++) {
		memcpy(buffer->dumb->data + (size_t)y * buffer->dumb->stride,
			buffer->pixels + (size_t)y * (size_t)buffer->base.width, row);
	}
}
