// SPDX-License-Identifier: MIT
// wl_shm: pools of memory that clients share.
//
// libwayland has a wl_shm as well, but one that lets go of the pool's file at once, and dma-bufs are made of
// the file. What it checks is checked here, and that rows fit into the stride.
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wayland/shm.h"

enum { VERSION = 2 };

// Only what render/ composes, and no format that programs take and then draw wrongly. All of them compose the
// first two, which every client may use.
static const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888, DRM_FORMAT_RGB565,
	DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888};

static uint32_t shm_format(uint32_t format) {
	switch (format) {
	case DRM_FORMAT_ARGB8888:
		return WL_SHM_FORMAT_ARGB8888;
	case DRM_FORMAT_XRGB8888:
		return WL_SHM_FORMAT_XRGB8888;
	default:
		return format;
	}
}

static bool is_offered(const struct wayland_server *server, size_t i) {
	return i < 2 || format_set_has_format(&server->composed_formats, formats[i]);
}

static const struct format_info *offered(const struct wayland_server *server, uint32_t format) {
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (shm_format(formats[i]) == format && is_offered(server, i)) {
			return format_info(formats[i]);
		}
	}
	return NULL;
}

// ---- wl_shm_pool ----

void shm_pool_unref(struct shm_pool *pool) {
	if (--pool->users > 0) {
		return;
	}
	munmap(pool->data, pool->size);
	if (pool->fd >= 0) {
		close(pool->fd);
		client_return_pool_file(pool->account);
	}
	client_account_unref(pool->account);
	free(pool);
}

static void handle_resource_destroy(struct wl_resource *resource) {
	shm_pool_unref(wl_resource_get_user_data(resource));
}

static void handle_create_buffer(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, int32_t offset, int32_t width, int32_t height, int32_t stride, uint32_t format) {
	(void)client;
	struct shm_pool *pool = wl_resource_get_user_data(resource);
	const struct format_info *info = offered(pool->account->server, format);
	if (!info) {
		wl_resource_post_error(
			resource, WL_SHM_ERROR_INVALID_FORMAT, "format 0x%08x is not on offer", format);
		return;
	}
	if (offset < 0 || width <= 0 || height <= 0 || stride <= 0 ||
		(uint64_t)stride * (uint64_t)height + (uint64_t)offset > pool->size) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_STRIDE,
			"%dx%d px with a stride of %d bytes from byte %d on: the pool has %zu", width, height,
			stride, offset, pool->size);
		return;
	}
	uint32_t min = format_min_stride(info, 0, (uint32_t)width);
	if (min == 0 || (uint32_t)stride < min) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_STRIDE,
			"stride of %d bytes is too small: %d px take %u", stride, width, min);
		return;
	}
	if (!shm_buffer_create(pool, id, info, (size_t)offset, width, height, (uint32_t)stride)) {
		wl_resource_post_no_memory(resource);
	}
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource, int32_t size) {
	(void)client;
	struct shm_pool *pool = wl_resource_get_user_data(resource);
	if (size <= 0 || (size_t)size < pool->size) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FD,
			"a pool of %zu bytes can't shrink to %d", pool->size, size);
		return;
	}
	// Nobody reads it now: that is begun and ended within a frame.
	void *data = mremap(pool->data, pool->size, (size_t)size, MREMAP_MAYMOVE);
	if (data == MAP_FAILED) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FD,
			"the pool can't be mapped with %d bytes: %s", size, strerror(errno));
		return;
	}
	pool->data = data;
	pool->size = (size_t)size;
}

static const struct wl_shm_pool_interface pool_impl = {
	.create_buffer = handle_create_buffer,
	.destroy = resource_handle_destroy,
	.resize = handle_resize,
};

// ---- wl_shm ----

// Keeps the file if dma-bufs may be made of it, closes it otherwise.
static void take_file(struct shm_pool *pool, int fd) {
	if (pool->account->server->udmabuf < 0) {
		pool->share = SCENE_SHARE_OFF;
	} else if (!udmabuf_can_seal(fd)) {
		pool->share = SCENE_SHARE_UNSEALED;
	} else if (!client_take_pool_file(pool->account)) {
		pool->share = SCENE_SHARE_REFUSED;
	} else {
		pool->fd = fd;
		return;
	}
	close(fd);
}

// Takes fd, whatever comes of it.
static struct shm_pool *pool_create(struct wl_resource *shm, int fd, size_t size) {
	struct shm_pool *pool = calloc(1, sizeof(*pool));
	if (!pool) {
		wl_resource_post_no_memory(shm);
		close(fd);
		return NULL;
	}
	void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED) {
		wl_resource_post_error(shm, WL_SHM_ERROR_INVALID_FD,
			"the pool's file can't be mapped with %zu bytes: %s", size, strerror(errno));
		free(pool);
		close(fd);
		return NULL;
	}
	pool->users = 1;
	pool->account = client_account_ref(client_account(wl_resource_get_client(shm)));
	pool->data = data;
	pool->size = size;
	pool->fd = -1;
	take_file(pool, fd);
	return pool;
}

static void handle_create_pool(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t fd, int32_t size) {
	if (size <= 0) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_STRIDE, "a pool of %d bytes", size);
		close(fd);
		return;
	}
	struct shm_pool *pool = pool_create(resource, fd, (size_t)size);
	if (!pool) {
		return;
	}
	struct wl_resource *object = wl_resource_create(client, &wl_shm_pool_interface, 1, id);
	if (!object) {
		shm_pool_unref(pool);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(object, &pool_impl, pool, handle_resource_destroy);
}

static const struct wl_shm_interface shm_impl = {
	.create_pool = handle_create_pool,
	.release = resource_handle_destroy,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wayland_server *server = data;
	struct wl_resource *resource =
		resource_bind(client, &wl_shm_interface, version, id, &shm_impl, server);
	for (size_t i = 0; resource && i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (is_offered(server, i)) {
			wl_shm_send_format(resource, shm_format(formats[i]));
		}
	}
}

bool shm_create(struct wayland_server *server, const char *udmabuf) {
	server->udmabuf = udmabuf ? udmabuf_open(udmabuf) : -1;
	server->guards_sigbus = sigbus_install();
	return server->guards_sigbus &&
		wl_global_create(server->display, &wl_shm_interface, VERSION, server, handle_bind);
}
