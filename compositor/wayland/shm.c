// SPDX-License-Identifier: MIT
// wl_buffers of shared memory.
//
// Composing reads them from the pool. One that a client uses again and again becomes a dma-buf as well
// (udmabuf.c), if it can: then planes can show it without a copy, and it goes back to the client with the flip
// that takes it off the screen, as any dma-buf does. The client alone can draw into it meanwhile, and sees no
// other pixels than its own spoilt. One that has not been waited for is composed from then on: such a client
// counts on a copy.
//
// A client may destroy a wl_buffer whose contents are shown: they stay (wl_surface.attach), so they are copied
// at that moment. Copying costs the client little and us much, so one that has us copy all the time is read
// from its own memory instead, and so is what is a dma-buf: the pool is held, which shows what the client draws
// into it meanwhile.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "wayland/shm.h"

enum {
	SHARE_AT_USE = 2, // what is used once is not worth it: import and pages cost as much as a copy
	// So many of a client's have been refused and none was taken: the device wants memory in one piece, or not
	// of the kind that this client has.
	SHARE_TRIES = 8,
};

struct shm_buffer {
	struct client_buffer base;
	struct shm_pool *pool; // NULL once the contents were copied
	size_t offset, size;   // bytes, in the pool
	uint8_t *copy;         // of the contents, after the wl_buffer was destroyed; may be NULL
	bool kept;             // or the pool is held for them
	unsigned uses;         // commits with it, as far as they matter
	enum scene_share share;
	struct client_account *account;
	struct sigbus_guard guard;
};

static struct shm_buffer *shm_of(struct scene_buffer *base) {
	struct shm_buffer *buffer = wl_container_of(base, buffer, base.base);
	return buffer;
}

static const uint8_t *contents(const struct shm_buffer *buffer) {
	return buffer->copy ? buffer->copy : buffer->pool->data + buffer->offset;
}

// ---- Access ----

static bool begin_access(struct scene_buffer *base, struct scene_pixels *pixels) {
	struct shm_buffer *buffer = shm_of(base);
	const uint8_t *data = contents(buffer);
	if (!buffer->copy) {
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

// ---- Sharing with the display device ----

// What of the pool was read into our page tables is not needed there any more.
static void forget_pages(const struct shm_buffer *buffer) {
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)contents(buffer) + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)contents(buffer) + buffer->size) & ~(page - 1);
	if (start < end) {
		madvise((void *)start, end - start, MADV_DONTNEED);
	}
}

static enum scene_share make_dmabuf(struct shm_buffer *buffer) {
	struct shm_pool *pool = buffer->pool;
	if (!udmabuf_seal(pool->fd)) {
		return SCENE_SHARE_UNSEALED;
	}
	if (!client_take_shared(buffer->account, buffer->size)) {
		return SCENE_SHARE_REFUSED;
	}
	struct scene_buffer *base = &buffer->base.base;
	int fd =
		udmabuf_create(buffer->account->server->udmabuf, pool->fd, buffer->offset, buffer->size);
	if (fd < 0) {
		const int reason = errno;
		log_debug("no dma-buf of a %dx%d px wl_shm buffer: %s", base->width, base->height,
			strerror(reason));
		client_return_shared(buffer->account, buffer->size);
		return reason == EDOM ? SCENE_SHARE_UNALIGNED : SCENE_SHARE_REFUSED;
	}
	base->fd[0] = fd;
	forget_pages(buffer);
	return SCENE_SHARED;
}

static enum scene_share share(struct scene_buffer *base) {
	struct shm_buffer *buffer = shm_of(base);
	// Asked for again, it was not given back.
	buffer->account->wanted |= buffer->share == SCENE_SHARED;
	if (buffer->share != SCENE_SHARE_NEW) {
		return buffer->share;
	}
	if (buffer->account->gone || !buffer->pool) {
		return SCENE_SHARE_OFF;
	}
	if (buffer->pool->fd < 0) {
		return buffer->pool->share;
	}
	if (!buffer->account->wanted && buffer->account->n_unwanted >= SHARE_TRIES) {
		return SCENE_SHARE_UNWANTED;
	}
	if (buffer->uses >= SHARE_AT_USE) {
		buffer->share = make_dmabuf(buffer);
	}
	return buffer->share;
}

static void drop_dmabuf(struct shm_buffer *buffer) {
	struct scene_buffer *base = &buffer->base.base;
	if (base->fd[0] >= 0) {
		close(base->fd[0]);
		base->fd[0] = -1;
		client_return_shared(buffer->account, buffer->size);
	}
}

static void unshare(struct scene_buffer *base) {
	struct shm_buffer *buffer = shm_of(base);
	drop_dmabuf(buffer);
	buffer->share = SCENE_SHARE_UNWANTED;
	buffer->account->n_unwanted++;
}

// ---- Life ----

static void let_go(struct shm_buffer *buffer) {
	if (buffer->kept) {
		client_return_pool(buffer->account);
	}
	shm_pool_unref(buffer->pool);
	buffer->pool = NULL;
}

static void destroy(struct scene_buffer *base) {
	struct shm_buffer *buffer = shm_of(base);
	drop_dmabuf(buffer);
	if (buffer->copy) {
		client_return_copy(buffer->account, buffer->size);
		free(buffer->copy);
	}
	if (buffer->pool) {
		let_go(buffer);
	}
	client_account_unref(buffer->account);
	free(buffer);
}

static const struct scene_buffer_ops shm_buffer_ops = {
	.release = buffer_release,
	.destroy = destroy,
	.begin_access = begin_access,
	.end_access = end_access,
	.share = share,
	.unshare = unshare,
};

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
	begin_access(&buffer->base.base, &pixels);
	memcpy(copy, pixels.data[0], buffer->size);
	end_access(&buffer->base.base);
	let_go(buffer);
	buffer->copy = copy;
	return true;
}

static bool hold_pool(struct shm_buffer *buffer) {
	buffer->kept = client_take_pool(buffer->account);
	return buffer->kept;
}

static void handle_destroyed(struct client_buffer *base) {
	struct shm_buffer *buffer = shm_of(&base->base);
	// Of a client that leaves, nothing is worth a copy any more.
	if (buffer->account->gone || base->base.locks == 0) {
		return;
	}
	bool shared = base->base.fd[0] >= 0;
	if (!(shared && hold_pool(buffer)) && !copy_contents(buffer) && !hold_pool(buffer)) {
		wl_client_post_no_memory(buffer->account->client);
	}
}

static void handle_committed(struct client_buffer *base) {
	struct shm_buffer *buffer = shm_of(&base->base);
	if (base->base.locks > 0) {
		buffer->share = SCENE_SHARE_BUSY;
	} else if (buffer->uses < SHARE_AT_USE) {
		buffer->uses++;
	}
	if (base->base.fd[0] >= 0) {
		udmabuf_flush(base->base.fd[0]);
	}
}

static const struct client_buffer_hooks hooks = {
	.committed = handle_committed,
	.destroyed = handle_destroyed,
};

bool shm_buffer_create(struct shm_pool *pool, uint32_t id, const struct format_info *info,
	size_t offset, int32_t width, int32_t height, uint32_t stride) {
	struct shm_buffer *buffer = calloc(1, sizeof(*buffer));
	struct wl_resource *resource =
		buffer ? wl_resource_create(pool->account->client, &wl_buffer_interface, 1, id) : NULL;
	if (!resource) {
		free(buffer);
		return false;
	}
	struct scene_buffer *base = &buffer->base.base;
	scene_buffer_init(base, &shm_buffer_ops, SCENE_BUFFER_SHM);
	base->width = width;
	base->height = height;
	base->format = info->format;
	base->n_planes = 1;
	base->stride[0] = stride;
	buffer->pool = pool;
	pool->users++;
	buffer->offset = offset;
	buffer->size = (size_t)stride * (size_t)height;
	buffer->share = SCENE_SHARE_NEW;
	buffer->account = client_account_ref(pool->account);
	buffer->base.hooks = &hooks;
	buffer_set_resource(&buffer->base, resource);
	return true;
}
