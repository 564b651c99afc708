// SPDX-License-Identifier: MIT
// The buffers that go round between camera and compositor. A buffer is with one of the two at any
// time: queued to the camera, or (busy) with the compositor, or on its way between them here.
#ifndef VITRINE_CLIENTS_CAMERA_STREAM_H
#define VITRINE_CLIENTS_CAMERA_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "camera-device.h"
#include "camera-options.h"
#include "shared/buffer.h"
#include "shared/memory.h"

struct client_display;
struct camera_stream;

struct camera_slot {
	struct camera_stream *stream;
	struct client_buffer buffer;
	uint32_t index;                                 // V4L2's
	int fds[FORMAT_MAX_PLANES];                     // the dma-bufs, -1 for none
	struct client_memory memory[FORMAT_MAX_PLANES]; // where they are not the driver's own
	int64_t captured_ns;                            // CLOCK_MONOTONIC, 0 if unknown
};

struct camera_stream {
	struct camera_device *device;
	struct camera_picture picture;
	struct client_allocator allocator; // of imported buffers
	uint32_t memory;                   // enum v4l2_memory: MMAP (exported) or DMABUF (imported)
	struct camera_slot slots[CAMERA_MAX_BUFFERS];
	uint32_t len;    // buffers that the driver has
	uint32_t queued; // with the camera
	bool streaming;
	bool failed;       // the device went away or failed: reported
	uint64_t captured; // pictures taken from the camera
	uint64_t damaged;  // of those, marked as faulty by the driver
	uint64_t lost;     // gaps in the camera's own count
	uint32_t sequence; // the next one expected
};

// Makes the buffers: exported by the driver, or imported where it refuses, or if the options say
// so. False if that fails: reported, and `stream` needs no finish.
bool camera_stream_init(struct camera_stream *stream, struct camera_device *device,
	const struct camera_picture *picture, struct client_display *display,
	const struct camera_options *options);

// Stops the camera and frees the buffers.
void camera_stream_finish(struct camera_stream *stream);

// Queues all buffers and starts. False if that fails: reported.
bool camera_stream_start(struct camera_stream *stream);

// Takes the next picture from the camera. NULL when there is none, or if `failed` is set.
struct camera_slot *camera_stream_dequeue(struct camera_stream *stream);

// Gives a buffer back to the camera. Released buffers go back by themselves.
void camera_stream_requeue(struct camera_slot *slot);

// Reports that the camera stopped delivering, and sets `failed`.
void camera_stream_fail(struct camera_stream *stream, int error);

#endif
