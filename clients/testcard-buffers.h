// SPDX-License-Identifier: MIT
// The buffers that the test card draws into, one after the other.
#ifndef VITRINE_CLIENTS_TESTCARD_BUFFERS_H
#define VITRINE_CLIENTS_TESTCARD_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/buffer.h"
#include "shared/memory.h"
#include "testcard-options.h"
#include "testcard-picture.h"

struct client_display;

struct testcard_buffer {
	struct client_buffer buffer;
	struct client_memory memory;
	struct testcard_planes planes;
	bool drawn; // holds a whole picture
};

struct testcard_buffers {
	struct client_allocator allocator;
	uint64_t modifier;
	struct testcard_buffer buffers[TESTCARD_MAX_BUFFERS];
	uint32_t len, next;
};

// Chooses memory, checks that the compositor takes the format, and opens the allocating device.
// False if that cannot be: reported, and `buffers` needs no finish.
bool testcard_buffers_init(struct testcard_buffers *buffers, struct client_display *display,
	const struct testcard_options *options);
void testcard_buffers_finish(struct testcard_buffers *buffers);

// Makes `count` buffers for pictures of this format and size, in place of those there were. False
// if that fails: reported.
bool testcard_buffers_allocate(struct testcard_buffers *buffers, struct client_display *display,
	const struct testcard_picture *picture, uint32_t count);

// A buffer that the compositor does not read, in turn. NULL if all are busy.
struct testcard_buffer *testcard_buffers_acquire(struct testcard_buffers *buffers);

// Draws frame number `frame` into a buffer that is not busy.
void testcard_buffers_draw(
	struct testcard_buffer *buffer, const struct testcard_picture *picture, uint32_t frame);

#endif
