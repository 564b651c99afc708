// SPDX-License-Identifier: MIT
// Client buffers of every kind of memory, with the pixels at hand.
#ifndef VITRINE_TESTS_LIB_BUFFER_H
#define VITRINE_TESTS_LIB_BUFFER_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "dmabuf.h"
#include "picture.h"

struct test_client;

struct test_buffer {
	struct test_client *client;
	struct wl_buffer *buffer; // NULL once destroyed
	struct test_image image;
	struct test_dmabuf dmabuf; // fd -1 for wl_shm
	int shm_fd;                // -1 for a dma-buf
	uint32_t offset[2];        // bytes, of the planes
	size_t size;               // bytes in all
	bool busy;                 // shown, and not released since
	unsigned releases;
	unsigned last_release; // client->events of the last one
};

// Size in bytes of an image with the smallest strides that are multiples of 64, which it is given.
size_t test_image_layout(struct test_image *image, uint32_t offset[2]);
int test_format_planes(uint32_t format);

// Zeroed. XRGB8888, ARGB8888, RGB565. Of a memfd that takes no seals, and so is always composed.
void test_buffer_init_shm(
	struct test_buffer *buffer, struct test_client *client, uint32_t format, int width, int height);
// The same of a memfd that takes them, and of a file of /dev/shm.
void test_buffer_init_sealable(
	struct test_buffer *buffer, struct test_client *client, uint32_t format, int width, int height);
void test_buffer_init_file(
	struct test_buffer *buffer, struct test_client *client, uint32_t format, int width, int height);
// Zeroed, linear, all planes in one dma-buf.
void test_buffer_init_dmabuf(struct test_buffer *buffer, struct test_client *client,
	enum test_memory memory, uint32_t format, int width, int height);
// test_image_paint, _paint_exact and _fill, bracketed as dma-bufs want it.
void test_buffer_paint(struct test_buffer *buffer, uint32_t seed);
void test_buffer_paint_exact(struct test_buffer *buffer, uint32_t seed);
void test_buffer_fill(struct test_buffer *buffer, uint32_t argb);
// Only the protocol object; the memory stays.
void test_buffer_destroy_object(struct test_buffer *buffer);
void test_buffer_finish(struct test_buffer *buffer);
void test_buffer_wait_release(struct test_buffer *buffer);

#endif
