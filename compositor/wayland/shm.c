// SPDX-License-Identifier: MIT
// wl_shm: libwayland keeps pools and wl_buffers; here is what the scene needs of them.
//
// A client may destroy a wl_buffer whose contents are shown: they stay (wl_surface.attach). libwayland
// frees its buffer then, so the contents are copied at that moment. Copying costs the client little
// and us much, so one that has us copy all the time is read from its own memory instead: the pool is
// held, which defers its resizing and shows what the client draws into it meanwhile.
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "wayland/server.h"

struct shm_buffer {
	struct client_buffer base;
	struct wl_shm_buffer *shm; // NULL once the wl_buffer is destroyed
	uint8_t *copy;             // contents after that; may be NULL
	struct wl_shm_pool *pool;  // or where they are held; may be NULL
	const uint8_t *held;       // in the pool
	size_t size;               // bytes
	struct client_account *account;
	struct sigbus_guard guard;
	struct wl_listener destroy;
};

static struct shm_buffer *shm_of(struct scene_buffer *base) {
	struct shm_buffer *buffer = wl_container_of(base, buffer, base.base);
	return buffer;
}

// ---- Access ----

static bool begin_access(struct scene_buffer *base, struct scene_pixels *pixels) {
	struct shm_buffer *buffer = shm_of(base);
	const uint8_t *data = buffer->copy;
	if (!data) {
		data = buffer->shm ? wl_shm_buffer_get_data(buffer->shm) : buffer->held;
		if (!data) {
			return false;
		}
		sigbus_guard_begin(&buffer->guard, data, buffer->size);
	}
	*pixels = (struct scene_pixels){.n_planes = 1, .data = {data}, .stride = {base->stride[0]}};
	return true;
}

static bool end_access(struct scene_buffer *base) {
	struct shm_buffer *buffer = shm_of(base);
	if (buffer->copy || sigbus_guard_end(&buffer->guard)) {
		return true;
	}
	if (buffer->base.resource) {
		wl_resource_post_error(buffer->base.resource, WL_SHM_ERROR_INVALID_FD,
			"the pool's file is smaller than the pool");
	}
	return false;
}

static void destroy(struct scene_buffer *base) {
	struct shm_buffer *buffer = shm_of(base);
	if (buffer->copy) {
		client_return_copy(buffer->account, buffer->size);
		free(buffer->copy);
	}
	if (buffer->pool) {
		client_return_pool(buffer->account);
		wl_shm_pool_unref(buffer->pool);
	}
	client_account_unref(buffer->account);
	free(buffer);
}

static const struct scene_buffer_ops shm_buffer_ops = {
	.release = buffer_release,
	.destroy = destroy,
	.begin_access = begin_access,
	.end_access = end_access,
};

// ---- Life ----

static bool copy_contents(struct shm_buffer *buffer) {
	if (!client_take_copy(buffer->account, buffer->size)) {
		return false;
	}
	uint8_t *copy = malloc(buffer->size);
	if (!copy) {
		client_return_copy(buffer->account, buffer->size);
		return false;
	}
	struct scene_pixels pixels;
	if (!begin_access(&buffer->base.base, &pixels)) {
		client_return_copy(buffer->account, buffer->size);
		free(copy);
		return false;
	}
	memcpy(copy, pixels.data[0], buffer->size);
	end_access(&buffer->base.base);
	buffer->copy = copy;
	return true;
}

static bool hold_pool(struct shm_buffer *buffer) {
	if (!client_take_pool(buffer->account)) {
		return false;
	}
	buffer->held = wl_shm_buffer_get_data(buffer->shm);
	buffer->pool = wl_shm_buffer_ref_pool(buffer->shm);
	return true;
}

static bool keep_contents(struct shm_buffer *buffer) {
	// Of a client that leaves, nothing is worth a copy any more.
	return buffer->account->gone || buffer->base.base.locks == 0 || copy_contents(buffer) ||
		hold_pool(buffer);
}

static void handle_resource_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct shm_buffer *buffer = wl_container_of(listener, buffer, destroy);
	if (!keep_contents(buffer)) {
		wl_client_post_no_memory(wl_resource_get_client(buffer->base.resource));
	}
	buffer->shm = NULL;
	buffer->base.resource = NULL;
	scene_buffer_drop(&buffer->base.base);
}

static uint32_t drm_format(uint32_t shm_format) {
	switch (shm_format) {
	case WL_SHM_FORMAT_ARGB8888:
		return DRM_FORMAT_ARGB8888;
	case WL_SHM_FORMAT_XRGB8888:
		return DRM_FORMAT_XRGB8888;
	default:
		return shm_format;
	}
}

// What libwayland leaves unchecked: that a row fits into the stride, else the last one reaches past
// the pool.
static bool check_layout(
	struct wl_resource *resource, struct wl_shm_buffer *shm, const struct format_info *info) {
	uint32_t stride = (uint32_t)wl_shm_buffer_get_stride(shm);
	uint32_t min = format_min_stride(info, 0, (uint32_t)wl_shm_buffer_get_width(shm));
	if (min == 0 || stride < min) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_STRIDE,
			"stride of %u bytes is too small: %d px take %u", stride, wl_shm_buffer_get_width(shm),
			min);
		return false;
	}
	return true;
}

static struct shm_buffer *create(
	struct wl_resource *resource, struct wl_shm_buffer *shm, const struct format_info *info) {
	struct shm_buffer *buffer = calloc(1, sizeof(*buffer));
	if (!buffer) {
		wl_resource_post_no_memory(resource);
		return NULL;
	}
	struct scene_buffer *base = &buffer->base.base;
	scene_buffer_init(base, &shm_buffer_ops, SCENE_BUFFER_SHM);
	base->width = wl_shm_buffer_get_width(shm);
	base->height = wl_shm_buffer_get_height(shm);
	base->format = info->format;
	base->n_planes = 1;
	base->stride[0] = (uint32_t)wl_shm_buffer_get_stride(shm);
	buffer->base.resource = resource;
	buffer->shm = shm;
	buffer->size = (size_t)base->stride[0] * (size_t)base->height;
	buffer->account = client_account_ref(client_account(wl_resource_get_client(resource)));
	buffer->destroy.notify = handle_resource_destroy;
	wl_resource_add_destroy_listener(resource, &buffer->destroy);
	return buffer;
}

struct scene_buffer *shm_buffer_from_resource(struct wl_resource *resource) {
	struct shm_buffer *buffer;
	struct wl_listener *listener =
		wl_resource_get_destroy_listener(resource, handle_resource_destroy);
	if (listener) {
		buffer = wl_container_of(listener, buffer, destroy);
		return &buffer->base.base;
	}
	struct wl_shm_buffer *shm = wl_shm_buffer_get(resource);
	const struct format_info *info = format_info(drm_format(wl_shm_buffer_get_format(shm)));
	if (!info || info->planes != 1) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FORMAT, "format is not composed");
		return NULL;
	}
	if (!check_layout(resource, shm, info)) {
		return NULL;
	}
	buffer = create(resource, shm, info);
	return buffer ? &buffer->base.base : NULL;
}

bool shm_create(struct wayland_server *server) {
	static const uint32_t formats[] = {
		WL_SHM_FORMAT_RGB565, WL_SHM_FORMAT_XBGR8888, WL_SHM_FORMAT_ABGR8888};
	if (wl_display_init_shm(server->display) != 0) {
		return false;
	}
	// Only what render/ composes, and no format that programs take and then draw wrongly.
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (format_set_has_format(&server->composed_formats, formats[i]) &&
			!wl_display_add_shm_format(server->display, formats[i])) {
			return false;
		}
	}
	server->guards_sigbus = sigbus_install();
	return server->guards_sigbus;
}
