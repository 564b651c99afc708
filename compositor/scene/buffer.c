// SPDX-License-Identifier: MIT
#include "scene/scene.h"

#include <assert.h>
#include <drm_fourcc.h>

void scene_buffer_init(
	struct scene_buffer *buffer, const struct scene_buffer_ops *ops, enum scene_buffer_kind kind) {
	*buffer = (struct scene_buffer){
		.ops = ops,
		.kind = kind,
		.modifier = kind == SCENE_BUFFER_DMABUF ? DRM_FORMAT_MOD_INVALID : DRM_FORMAT_MOD_LINEAR,
	};
	if (kind == SCENE_BUFFER_SOLID) {
		buffer->width = 1;
		buffer->height = 1;
	}
	for (int i = 0; i < FORMAT_MAX_PLANES; i++) {
		buffer->fd[i] = -1;
	}
}

static void face_destroy(struct scene_face **slot) {
	struct scene_face *face = *slot;
	if (!face) {
		return;
	}
	*slot = NULL;
	face->destroy(face);
}

static void buffer_destroy(struct scene_buffer *buffer) {
	// A face may hold the buffer for a moment while it goes: this lock, which no one takes back,
	// keeps the count from reaching zero a second time.
	buffer->locks++;
	face_destroy(&buffer->scanout);
	face_destroy(&buffer->image);
	buffer->ops->destroy(buffer);
}

struct scene_buffer *scene_buffer_lock(struct scene_buffer *buffer) {
	if (buffer) {
		buffer->locks++;
	}
	return buffer;
}

// Callbacks may lock, unlock or drop the buffer, so nothing of it is read after one.
void scene_buffer_unlock(struct scene_buffer *buffer) {
	if (!buffer) {
		return;
	}
	assert(buffer->locks > 0);
	buffer->locks--;
	if (buffer->locks > 0) {
		return;
	}
	if (buffer->dropped) {
		buffer_destroy(buffer);
	} else if (buffer->ops->release) {
		buffer->ops->release(buffer);
	}
}

void scene_buffer_drop(struct scene_buffer *buffer) {
	if (!buffer) {
		return;
	}
	assert(!buffer->dropped);
	buffer->dropped = true;
	if (buffer->locks == 0) {
		buffer_destroy(buffer);
	}
}

enum scene_share scene_buffer_share(struct scene_buffer *buffer) {
	return buffer->ops->share ? buffer->ops->share(buffer) : SCENE_SHARE_OFF;
}

bool scene_buffer_is_drawn(struct scene_buffer *buffer) {
	return !buffer || !buffer->ops->is_drawn || buffer->ops->is_drawn(buffer);
}

struct scene_release *scene_release_lock(struct scene_release *release) {
	if (release) {
		release->locks++;
	}
	return release;
}

void scene_release_unlock(struct scene_release *release) {
	if (release) {
		assert(release->locks > 0);
		if (--release->locks == 0) {
			release->ops->done(release);
		}
	}
}
