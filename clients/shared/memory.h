// SPDX-License-Identifier: MIT
// Memory for pictures that a program draws itself, or that a camera writes.
#ifndef VITRINE_CLIENTS_MEMORY_H
#define VITRINE_CLIENTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/format.h"

enum client_memory_kind {
	CLIENT_MEMORY_AUTO,     // the first of those below that works
	CLIENT_MEMORY_UDMABUF,  // a sealed memfd as dma-buf, /dev/udmabuf
	CLIENT_MEMORY_DMA_HEAP, // /dev/dma_heap/NAME
	CLIENT_MEMORY_DUMB,     // a dumb buffer of a DRM device
	CLIENT_MEMORY_SHM,      // a memfd for wl_shm; no dma-buf
};

// Parses "auto", "udmabuf", "dma-heap", "dma-heap:NAME", "dumb" and "shm". `*heap` points into
// `text`, NULL without a name. False for anything else.
bool client_memory_parse(const char *text, enum client_memory_kind *kind, const char **heap);

// "udmabuf" and the like.
const char *client_memory_name(enum client_memory_kind kind);

struct client_allocator_options {
	enum client_memory_kind kind;
	const char *heap;   // may be NULL: "system"
	const char *device; // DRM device for dumb buffers; may be NULL: vgem, `main_device`, any other
	dev_t main_device;  // of the compositor, 0 if unknown
	bool allow_shm;     // whether CLIENT_MEMORY_AUTO may fall back to wl_shm
};

struct client_allocator {
	enum client_memory_kind kind; // never CLIENT_MEMORY_AUTO
	int fd;                       // of the allocating device, -1 for CLIENT_MEMORY_SHM
	char path[64];                // of that device, for messages
};

// Opens the device that allocates. False when it cannot be used: reported.
bool client_allocator_open(
	struct client_allocator *allocator, const struct client_allocator_options *options);
void client_allocator_close(struct client_allocator *allocator);

struct client_memory {
	int fd; // dma-buf, or memfd for CLIENT_MEMORY_SHM
	bool is_dmabuf;
	size_t size;    // bytes, at least what was asked for
	uint8_t *map;   // the whole of it; NULL until mapped
	uint32_t pitch; // bytes of a row as the device wants it, at least what was asked for

	// private
	uint32_t handle; // of the dumb buffer, 0 for other kinds
	int drm_fd;      // borrowed from the allocator, which has to outlive the memory
};

// Allocates at least `size` bytes. `pitch` is the length in bytes of a row of the first plane: a
// DRM device may ask for more, see `memory->pitch`. False when that fails: reported.
bool client_memory_alloc(
	struct client_allocator *allocator, size_t size, uint32_t pitch, struct client_memory *memory);

// Maps the memory for reading and writing. False when that fails: reported.
bool client_memory_map(struct client_memory *memory);
void client_memory_free(struct client_memory *memory);

// What a CPU that writes (or only reads) has to do around it, so that devices see what it wrote:
// DMA_BUF_IOCTL_SYNC. Nothing for shared memory.
void client_memory_begin(struct client_memory *memory, bool write);
void client_memory_end(struct client_memory *memory, bool write);

// How a picture lies in memory: its planes one after the other.
struct client_layout {
	int planes;
	uint32_t strides[FORMAT_MAX_PLANES]; // bytes
	uint32_t offsets[FORMAT_MAX_PLANES]; // bytes
	size_t size;                         // bytes
};

// Lays out a picture of width x height px with rows that are a multiple of `align` bytes long, or
// with rows of `pitch` bytes in the first plane if that is not 0; the rows of the other planes are
// as long as they have to be in proportion. False when it would exceed 4 GiB.
bool client_layout_init(struct client_layout *layout, const struct format_info *info,
	uint32_t width, uint32_t height, uint32_t align, uint32_t pitch);

#endif
