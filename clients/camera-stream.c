// SPDX-License-Identifier: MIT
#include "camera-stream.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <unistd.h>

#include "shared/display.h"
#include "shared/report.h"

void camera_stream_fail(struct camera_stream *stream, int error) {
	if (stream->failed) {
		return;
	}
	stream->failed = true;
	if (error == ENODEV) {
		client_report("%s (%s): the camera is gone: it was unplugged or its driver unloaded",
			stream->device->path, stream->device->card);
	} else {
		client_report("%s (%s): the camera stopped delivering: %s", stream->device->path,
			stream->device->card, strerror(error));
	}
}

// Asks the driver for `count` buffers; it may give more or fewer.
static bool request_buffers(struct camera_stream *stream, uint32_t memory, uint32_t count) {
	struct v4l2_requestbuffers request = {
		.count = count, .type = stream->device->type, .memory = memory};
	if (camera_ioctl(stream->device->fd, VIDIOC_REQBUFS, &request) < 0) {
		return false;
	}
	stream->memory = memory;
	stream->len = request.count < CAMERA_MAX_BUFFERS ? request.count : CAMERA_MAX_BUFFERS;
	return true;
}

static bool export_slot(struct camera_stream *stream, struct camera_slot *slot) {
	for (int i = 0; i < stream->picture.memories; i++) {
		struct v4l2_exportbuffer export = {
			.type = stream->device->type,
			.index = slot->index,
			.plane = (uint32_t)i,
			.flags = O_RDWR | O_CLOEXEC,
		};
		if (camera_ioctl(stream->device->fd, VIDIOC_EXPBUF, &export) < 0) {
			return false;
		}
		slot->fds[i] = export.fd;
	}
	return true;
}

static bool allocate_slot(struct camera_stream *stream, struct camera_slot *slot) {
	for (int i = 0; i < stream->picture.memories; i++) {
		if (!client_memory_alloc(&stream->allocator, stream->picture.sizes[i],
				stream->picture.strides[i], &slot->memory[i])) {
			return false;
		}
		slot->fds[i] = slot->memory[i].fd;
	}
	return true;
}

static void free_memories(struct camera_stream *stream) {
	for (uint32_t i = 0; i < CAMERA_MAX_BUFFERS; i++) {
		struct camera_slot *slot = &stream->slots[i];
		client_buffer_finish(&slot->buffer);
		for (int j = 0; j < FORMAT_MAX_PLANES; j++) {
			if (slot->memory[j].fd >= 0) {
				client_memory_free(&slot->memory[j]);
			} else if (slot->fds[j] >= 0) {
				close(slot->fds[j]);
			}
			slot->fds[j] = -1;
		}
	}
}

// The driver's own buffers. False, with everything given back, if it does not export them.
static bool use_export(struct camera_stream *stream, uint32_t count) {
	if (!request_buffers(stream, V4L2_MEMORY_MMAP, count)) {
		return false;
	}
	for (uint32_t i = 0; i < stream->len; i++) {
		if (!export_slot(stream, &stream->slots[i])) {
			int error = errno;
			free_memories(stream);
			request_buffers(stream, V4L2_MEMORY_MMAP, 0);
			errno = error;
			return false;
		}
	}
	return stream->len > 0;
}

static bool use_import(struct camera_stream *stream, const struct client_display *display,
	const struct camera_options *options) {
	if (!request_buffers(stream, V4L2_MEMORY_DMABUF, options->buffers)) {
		client_report(
			"%s: the driver neither exports its buffers (VIDIOC_EXPBUF) nor takes others "
			"(V4L2_MEMORY_DMABUF): this camera cannot be shown without a copy; use another one",
			stream->device->path);
		return false;
	}
	// The order of what is tried differs from that of pictures drawn by a CPU: camera drivers write
	// by DMA, for which heaps are made.
	struct client_allocator_options allocator = {
		.kind = options->memory,
		.heap = options->heap,
		.main_device = display->feedback.main_device,
	};
	if (options->memory == CLIENT_MEMORY_AUTO && access("/dev/dma_heap/system", R_OK | W_OK) == 0) {
		allocator.kind = CLIENT_MEMORY_DMA_HEAP;
	}
	if (!client_allocator_open(&stream->allocator, &allocator)) {
		return false;
	}
	for (uint32_t i = 0; i < stream->len; i++) {
		if (!allocate_slot(stream, &stream->slots[i])) {
			return false;
		}
	}
	return true;
}

static void handle_released(struct client_buffer *buffer, void *data) {
	(void)buffer;
	camera_stream_requeue(data);
}

static bool create_wl_buffer(struct camera_slot *slot, struct client_display *display) {
	const struct camera_picture *picture = &slot->stream->picture;
	struct client_dmabuf dmabuf = {
		.format = picture->drm,
		.width = picture->width,
		.height = picture->height,
		.planes = picture->planes,
	};
	// The way was found among the modifiers before: one of them is there.
	if (!client_feedback_modifier(&display->feedback, picture->drm, &dmabuf.modifier)) {
		dmabuf.modifier = DRM_FORMAT_MOD_LINEAR;
	}
	for (int i = 0; i < picture->planes; i++) {
		dmabuf.fds[i] = slot->fds[picture->memory[i]];
		dmabuf.offsets[i] = picture->offsets[i];
		dmabuf.strides[i] = picture->strides[i];
	}
	if (!client_buffer_init_dmabuf(&slot->buffer, display, &dmabuf)) {
		return false;
	}
	slot->buffer.released = handle_released;
	slot->buffer.data = slot;
	return true;
}

bool camera_stream_init(struct camera_stream *stream, struct camera_device *device,
	const struct camera_picture *picture, struct client_display *display,
	const struct camera_options *options) {
	*stream =
		(struct camera_stream){.device = device, .picture = *picture, .allocator = {.fd = -1}};
	for (uint32_t i = 0; i < CAMERA_MAX_BUFFERS; i++) {
		struct camera_slot *slot = &stream->slots[i];
		slot->stream = stream;
		slot->index = i;
		for (int j = 0; j < FORMAT_MAX_PLANES; j++) {
			slot->fds[j] = -1;
			slot->memory[j].fd = -1;
		}
	}
	bool ok = options->origin != CAMERA_BUFFERS_IMPORT && use_export(stream, options->buffers);
	if (!ok && options->origin == CAMERA_BUFFERS_EXPORT) {
		client_report("%s: the driver does not export its buffers: %s: leave --memory out, so that "
					  "others are tried",
			device->path, strerror(errno));
	} else if (!ok) {
		ok = use_import(stream, display, options);
	}
	for (uint32_t i = 0; ok && i < stream->len; i++) {
		ok = create_wl_buffer(&stream->slots[i], display);
	}
	if (!ok) {
		camera_stream_finish(stream);
	}
	return ok;
}

void camera_stream_finish(struct camera_stream *stream) {
	if (stream->streaming) {
		int type = (int)stream->device->type;
		camera_ioctl(stream->device->fd, VIDIOC_STREAMOFF, &type);
		stream->streaming = false;
	}
	free_memories(stream);
	if (stream->len > 0) {
		request_buffers(stream, stream->memory, 0);
	}
	client_allocator_close(&stream->allocator);
	stream->len = 0;
	stream->queued = 0;
}

// A V4L2 buffer of either kind; `planes` has to live as long as the buffer.
static struct v4l2_buffer describe(
	const struct camera_stream *stream, struct v4l2_plane planes[VIDEO_MAX_PLANES]) {
	struct v4l2_buffer buffer = {.type = stream->device->type, .memory = stream->memory};
	if (stream->device->multi_planar) {
		memset(planes, 0, VIDEO_MAX_PLANES * sizeof(*planes));
		buffer.m.planes = planes;
		buffer.length = (uint32_t)stream->picture.memories;
	}
	return buffer;
}

static bool queue(struct camera_slot *slot) {
	struct camera_stream *stream = slot->stream;
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
	struct v4l2_buffer buffer = describe(stream, planes);
	buffer.index = slot->index;
	if (stream->memory == V4L2_MEMORY_DMABUF && stream->device->multi_planar) {
		for (int i = 0; i < stream->picture.memories; i++) {
			planes[i].m.fd = slot->fds[i];
			planes[i].length = stream->picture.sizes[i];
		}
	} else if (stream->memory == V4L2_MEMORY_DMABUF) {
		buffer.m.fd = slot->fds[0];
		buffer.length = stream->picture.sizes[0];
	}
	if (camera_ioctl(stream->device->fd, VIDIOC_QBUF, &buffer) < 0) {
		return false;
	}
	stream->queued++;
	return true;
}

void camera_stream_requeue(struct camera_slot *slot) {
	struct camera_stream *stream = slot->stream;
	if (stream->streaming && !stream->failed && !queue(slot)) {
		camera_stream_fail(stream, errno);
	}
}

bool camera_stream_start(struct camera_stream *stream) {
	for (uint32_t i = 0; i < stream->len; i++) {
		if (!queue(&stream->slots[i])) {
			client_report("%s: the driver refuses a buffer of %s: %s: try another --memory",
				stream->device->path,
				stream->memory == V4L2_MEMORY_DMABUF ? client_memory_name(stream->allocator.kind)
													 : "its own",
				strerror(errno));
			return false;
		}
	}
	int type = (int)stream->device->type;
	if (camera_ioctl(stream->device->fd, VIDIOC_STREAMON, &type) < 0) {
		client_report("%s: cannot start: %s%s", stream->device->path, strerror(errno),
			errno == ENOSPC      ? " (too little USB bandwidth: a smaller --size or --rate)"
				: errno == EBUSY ? " (in use by another program: end that first)"
								 : "");
		return false;
	}
	stream->streaming = true;
	return true;
}

static void count(struct camera_stream *stream, const struct v4l2_buffer *buffer) {
	uint32_t gap = buffer->sequence - stream->sequence;
	// A camera that starts to count anew has lost nothing that can be told.
	if (stream->captured > 0 && gap < UINT32_MAX / 2) {
		stream->lost += gap;
	}
	stream->sequence = buffer->sequence + 1;
	stream->captured++;
}

struct camera_slot *camera_stream_dequeue(struct camera_stream *stream) {
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
	struct v4l2_buffer buffer = describe(stream, planes);
	if (camera_ioctl(stream->device->fd, VIDIOC_DQBUF, &buffer) < 0) {
		if (errno != EAGAIN) {
			camera_stream_fail(stream, errno);
		}
		return NULL;
	}
	if (buffer.index >= stream->len) {
		camera_stream_fail(stream, EINVAL);
		return NULL;
	}
	stream->queued--;
	count(stream, &buffer);
	struct camera_slot *slot = &stream->slots[buffer.index];
	bool monotonic =
		(buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	slot->captured_ns = monotonic
		? (int64_t)buffer.timestamp.tv_sec * 1000000000 + (int64_t)buffer.timestamp.tv_usec * 1000
		: 0;
	if (buffer.flags & V4L2_BUF_FLAG_ERROR) {
		stream->damaged++;
		camera_stream_requeue(slot);
		return NULL;
	}
	return slot;
}
