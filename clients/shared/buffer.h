// SPDX-License-Identifier: MIT
// Pictures that the compositor shows: a wl_buffer, and whether it is still being read.
#ifndef VITRINE_CLIENTS_BUFFER_H
#define VITRINE_CLIENTS_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"
#include "shared/memory.h"

struct client_display;
struct wl_buffer;

struct client_buffer {
	struct wl_buffer *wl_buffer; // NULL until created
	bool busy;                   // the compositor may read it: hands off

	// Called when `busy` has become false. May be NULL.
	void (*released)(struct client_buffer *buffer, void *data);
	void *data;
};

// A picture in dma-bufs as linux-dmabuf wants it.
struct client_dmabuf {
	uint32_t format; // DRM fourcc
	uint64_t modifier;
	uint32_t width, height; // px
	int planes;
	int fds[FORMAT_MAX_PLANES]; // borrowed; several planes may share one
	uint32_t offsets[FORMAT_MAX_PLANES], strides[FORMAT_MAX_PLANES]; // bytes
};

// Makes a buffer of dma-bufs and waits until the compositor has accepted it. False if it refuses or
// the connection is lost: reported. `buffer` must not move afterwards.
bool client_buffer_init_dmabuf(struct client_buffer *buffer, struct client_display *display,
	const struct client_dmabuf *dmabuf);

// Makes a buffer of a picture of one plane in shared memory; `fd` is borrowed. False when out of
// memory: reported.
bool client_buffer_init_shm(struct client_buffer *buffer, struct client_display *display, int fd,
	const struct client_layout *layout, uint32_t format, uint32_t width, uint32_t height);

// Takes a zeroed buffer as well.
void client_buffer_finish(struct client_buffer *buffer);

#endif
