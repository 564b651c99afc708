// SPDX-License-Identifier: MIT
// The face of a client buffer that planes see: its framebuffers, imported once.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "output/internal.h"

// A buffer with alpha whose surface calls itself opaque is shown by its alpha-less twin, which more
// planes take.
struct scanout_face {
	struct scene_face base;
	uint64_t device;                         // its serial
	struct kms_framebuffer *framebuffers[2]; // [0] own format, [1] the opaque twin; may be NULL
	bool refused[2];
};

static void face_destroy(struct scene_face *base) {
	struct scanout_face *face = (struct scanout_face *)base;
	kms_framebuffer_destroy(face->framebuffers[0]);
	kms_framebuffer_destroy(face->framebuffers[1]);
	free(face);
}

static struct scanout_face *face_get(struct kms_device *device, struct scene_buffer *buffer) {
	struct scanout_face *face = (struct scanout_face *)buffer->scanout;
	if (face != NULL && face->device == device->serial) {
		return face;
	}
	if (face != NULL) { // of a device that is gone
		buffer->scanout = NULL;
		face_destroy(&face->base);
	}
	face = calloc(1, sizeof(*face));
	if (face == NULL) {
		return NULL;
	}
	face->base.destroy = face_destroy;
	face->device = device->serial;
	buffer->scanout = &face->base;
	return face;
}

struct kms_framebuffer *scanout_framebuffer(
	struct kms_device *device, struct scene_buffer *buffer, uint32_t format) {
	if (buffer->fd[0] < 0) {
		return NULL; // no dma-buf
	}
	struct scanout_face *face = face_get(device, buffer);
	if (face == NULL) {
		return NULL;
	}
	int twin = format != buffer->format;
	if (face->framebuffers[twin] != NULL || face->refused[twin]) {
		return face->framebuffers[twin];
	}
	struct kms_framebuffer_desc desc = {
		.width = (uint32_t)buffer->width,
		.height = (uint32_t)buffer->height,
		.format = format,
		.modifier = buffer->modifier,
		.n_planes = buffer->n_planes,
	};
	for (int i = 0; i < buffer->n_planes; i++) {
		desc.fd[i] = buffer->fd[i];
		desc.offset[i] = buffer->offset[i];
		desc.stride[i] = buffer->stride[i];
	}
	face->framebuffers[twin] = kms_framebuffer_import(device, &desc);
	if (face->framebuffers[twin] == NULL) {
		// Not an error of the client's: many display engines refuse scattered memory.
		face->refused[twin] = true;
		char name[5];
		format_name(format, name);
		log_debug("%s refused a %dx%d %s buffer for scan-out: %s", device->path, buffer->width,
			buffer->height, name, strerror(errno));
	}
	return face->framebuffers[twin];
}
