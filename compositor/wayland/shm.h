// SPDX-License-Identifier: MIT
// wl_shm inside of wayland/: pools (shm_pool.c), the wl_buffers in them (shm.c), and what makes dma-bufs of
// them (udmabuf.c).
#ifndef VITRINE_WAYLAND_SHM_H
#define VITRINE_WAYLAND_SHM_H

#include "wayland/server.h"

// A client's shared memory. Lives as long as its wl_shm_pool, and as buffers that are in it.
struct shm_pool {
	struct client_account *account;
	unsigned users;
	uint8_t *data;          // mapped for reading; where it lies changes with its size
	size_t size;            // bytes
	int fd;                 // its file, if dma-bufs can be made of it; else -1
	enum scene_share share; // and why not
};

void shm_pool_unref(struct shm_pool *pool);

// ---- shm.c ----

// A wl_buffer in the pool, which all of it is known to be in. False when out of memory.
bool shm_buffer_create(struct shm_pool *pool, uint32_t id, const struct format_info *info,
	size_t offset, int32_t width, int32_t height, uint32_t stride);

// ---- udmabuf.c ----

// The file that makes dma-bufs; -1 where there is none, or it may not be opened, which is told in the log.
int udmabuf_open(const char *path);
// The file can be kept from shrinking, which is what its pages are pinned for, and is.
bool udmabuf_can_seal(int fd);
bool udmabuf_seal(int fd);
// A dma-buf of [offset, offset + size) of a sealed file, and what else is in its last page. The caller closes it.
// -1 with errno set: EDOM if that is no whole pages.
int udmabuf_create(int device, int fd, size_t offset, size_t size);
// What a CPU wrote so far is there for devices that do not look into its caches, where there are such.
void udmabuf_flush(int dmabuf);

#endif
