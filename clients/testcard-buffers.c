// SPDX-License-Identifier: MIT
#include "testcard-buffers.h"

#include <drm_fourcc.h>
#include <stddef.h>

#include "shared/display.h"
#include "shared/report.h"

// Many display controllers fetch rows at multiples of 64 bytes, some of 256.
#define STRIDE_ALIGN 256

static bool check_shm_format(const struct client_display *display, uint32_t format) {
	if (!display->shm) {
		client_report("the compositor offers no wl_shm: use a --memory of dma-bufs");
		return false;
	}
	if (format_set_has_format(&display->shm_formats, format)) {
		return true;
	}
	char name[5], offered[512];
	format_name(format, name);
	client_feedback_list(&display->shm_formats, offered, sizeof(offered));
	client_report("the compositor does not take %s in wl_shm: use one of %s, or a --memory of "
				  "dma-bufs",
		name, offered);
	return false;
}

static bool choose_modifier(struct testcard_buffers *buffers, const struct client_display *display,
	const struct testcard_options *options) {
	const struct client_feedback *feedback = &display->feedback;
	bool offered = false;
	if (options->modifier == TESTCARD_MODIFIER_AUTO) {
		offered = client_feedback_modifier(feedback, options->format, &buffers->modifier);
	} else {
		buffers->modifier = options->modifier == TESTCARD_MODIFIER_LINEAR ? DRM_FORMAT_MOD_LINEAR
																		  : DRM_FORMAT_MOD_INVALID;
		offered = format_set_has(&feedback->all, options->format, buffers->modifier);
	}
	if (offered) {
		return true;
	}
	char name[5], list[512];
	format_name(options->format, name);
	client_feedback_list(&feedback->all, list, sizeof(list));
	client_report("the compositor does not take linear dma-bufs of format %s%s: use one of %s",
		name, options->modifier == TESTCARD_MODIFIER_AUTO ? "" : " with that modifier", list);
	return false;
}

bool testcard_buffers_init(struct testcard_buffers *buffers, struct client_display *display,
	const struct testcard_options *options) {
	*buffers = (struct testcard_buffers){0};
	struct client_allocator_options allocator = {
		.kind = options->memory,
		.heap = options->heap,
		.device = options->device,
		.main_device = display->feedback.main_device,
		.allow_shm = format_info(options->format)->planes == 1,
	};
	if (!display->dmabuf && allocator.kind != CLIENT_MEMORY_SHM) {
		if (allocator.kind != CLIENT_MEMORY_AUTO || !allocator.allow_shm || options->device) {
			client_report("the compositor does not offer linux-dmabuf: use --memory shm with a "
						  "format of one plane, or a compositor that takes dma-bufs");
			return false;
		}
		allocator.kind = CLIENT_MEMORY_SHM;
	}
	if (!client_allocator_open(&buffers->allocator, &allocator)) {
		return false;
	}
	bool shm = buffers->allocator.kind == CLIENT_MEMORY_SHM;
	if (shm && options->memory == CLIENT_MEMORY_AUTO) {
		client_report("shows its pictures from shared memory: %s",
			display->dmabuf ? "nothing here allocates dma-bufs (/dev/udmabuf, /dev/dma_heap, vgem)"
							: "the compositor does not offer linux-dmabuf");
	}
	bool taken = shm ? check_shm_format(display, options->format)
					 : choose_modifier(buffers, display, options);
	if (!taken) {
		client_allocator_close(&buffers->allocator);
	}
	return taken;
}

static void free_buffer(struct testcard_buffer *buffer) {
	client_buffer_finish(&buffer->buffer);
	client_memory_free(&buffer->memory);
	*buffer = (struct testcard_buffer){0};
}

static void free_buffers(struct testcard_buffers *buffers) {
	for (uint32_t i = 0; i < buffers->len; i++) {
		free_buffer(&buffers->buffers[i]);
	}
	buffers->len = 0;
	buffers->next = 0;
}

void testcard_buffers_finish(struct testcard_buffers *buffers) {
	free_buffers(buffers);
	client_allocator_close(&buffers->allocator);
}

static bool create_wl_buffer(struct testcard_buffer *buffer, struct client_display *display,
	const struct testcard_picture *picture, const struct client_layout *layout, uint64_t modifier) {
	if (!buffer->memory.is_dmabuf) {
		return client_buffer_init_shm(&buffer->buffer, display, buffer->memory.fd, layout,
			picture->format, picture->width, picture->height);
	}
	struct client_dmabuf dmabuf = {
		.format = picture->format,
		.modifier = modifier,
		.width = picture->width,
		.height = picture->height,
		.planes = layout->planes,
	};
	for (int i = 0; i < layout->planes; i++) {
		dmabuf.fds[i] = buffer->memory.fd;
		dmabuf.offsets[i] = layout->offsets[i];
		dmabuf.strides[i] = layout->strides[i];
	}
	return client_buffer_init_dmabuf(&buffer->buffer, display, &dmabuf);
}

static bool allocate_buffer(struct testcard_buffers *buffers, struct testcard_buffer *buffer,
	struct client_display *display, const struct testcard_picture *picture) {
	const struct format_info *info = format_info(picture->format);
	struct client_layout layout;
	if (!client_layout_init(&layout, info, picture->width, picture->height, STRIDE_ALIGN, 0)) {
		client_report("a picture of %ux%u px is too large", picture->width, picture->height);
		return false;
	}
	if (!client_memory_alloc(
			&buffers->allocator, layout.size, layout.strides[0], &buffer->memory)) {
		return false;
	}
	// The device may want longer rows than asked for.
	if (buffer->memory.pitch != layout.strides[0] &&
		(!client_layout_init(
			 &layout, info, picture->width, picture->height, STRIDE_ALIGN, buffer->memory.pitch) ||
			layout.size > buffer->memory.size)) {
		client_report("%s wants rows that do not fit this format: choose another --memory",
			buffers->allocator.path);
		return false;
	}
	if (!client_memory_map(&buffer->memory)) {
		return false;
	}
	for (int i = 0; i < layout.planes; i++) {
		buffer->planes.data[i] = buffer->memory.map + layout.offsets[i];
		buffer->planes.strides[i] = layout.strides[i];
	}
	return create_wl_buffer(buffer, display, picture, &layout, buffers->modifier);
}

bool testcard_buffers_allocate(struct testcard_buffers *buffers, struct client_display *display,
	const struct testcard_picture *picture, uint32_t count) {
	// The compositor keeps what it still shows by its own reference.
	free_buffers(buffers);
	for (uint32_t i = 0; i < count; i++) {
		struct testcard_buffer *buffer = &buffers->buffers[i];
		if (!allocate_buffer(buffers, buffer, display, picture)) {
			free_buffer(buffer);
			free_buffers(buffers);
			return false;
		}
		buffers->len++;
	}
	return true;
}

struct testcard_buffer *testcard_buffers_acquire(struct testcard_buffers *buffers) {
	for (uint32_t i = 0; i < buffers->len; i++) {
		uint32_t index = (buffers->next + i) % buffers->len;
		if (!buffers->buffers[index].buffer.busy) {
			buffers->next = (index + 1) % buffers->len;
			return &buffers->buffers[index];
		}
	}
	return NULL;
}

void testcard_buffers_draw(
	struct testcard_buffer *buffer, const struct testcard_picture *picture, uint32_t frame) {
	client_memory_begin(&buffer->memory, true);
	if (buffer->drawn) {
		testcard_picture_update(picture, &buffer->planes, frame);
	} else {
		testcard_picture_draw(picture, &buffer->planes, frame);
		buffer->drawn = true;
	}
	client_memory_end(&buffer->memory, true);
}
