// SPDX-License-Identifier: MIT
#include "shared/buffer.h"

#include <drm_fourcc.h>
#include <stddef.h>
#include <wayland-client.h>

#include "linux-dmabuf-v1-client-protocol.h"
#include "shared/display.h"
#include "shared/report.h"

// The answer to a create request.
struct creation {
	struct wl_buffer *wl_buffer; // may be NULL
	bool failed;
};

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	(void)wl_buffer;
	struct client_buffer *buffer = data;
	buffer->busy = false;
	if (buffer->released) {
		buffer->released(buffer, buffer->data);
	}
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer) {
	(void)params;
	struct creation *creation = data;
	creation->wl_buffer = wl_buffer;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	(void)params;
	struct creation *creation = data;
	creation->failed = true;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

bool client_buffer_init_dmabuf(struct client_buffer *buffer, struct client_display *display,
	const struct client_dmabuf *dmabuf) {
	*buffer = (struct client_buffer){0};
	struct zwp_linux_buffer_params_v1 *params = zwp_linux_dmabuf_v1_create_params(display->dmabuf);
	if (!params) {
		client_report("out of memory");
		return false;
	}
	struct creation creation = {0};
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &creation);
	for (int i = 0; i < dmabuf->planes; i++) {
		zwp_linux_buffer_params_v1_add(params, dmabuf->fds[i], (uint32_t)i, dmabuf->offsets[i],
			dmabuf->strides[i], (uint32_t)(dmabuf->modifier >> 32), (uint32_t)dmabuf->modifier);
	}
	// Not create_immed: a refusal would be fatal there, and the reason would be lost.
	zwp_linux_buffer_params_v1_create(
		params, (int32_t)dmabuf->width, (int32_t)dmabuf->height, dmabuf->format, 0);
	bool answered = client_display_roundtrip(display);
	zwp_linux_buffer_params_v1_destroy(params);
	if (answered && !creation.wl_buffer) {
		char name[5];
		format_name(dmabuf->format, name);
		client_report("the compositor refuses a dma-buf of %ux%u %s, stride %u, modifier 0x%llx: "
					  "try another --format or --memory, and see the compositor's log",
			dmabuf->width, dmabuf->height, name, dmabuf->strides[0],
			(unsigned long long)dmabuf->modifier);
	}
	if (!answered || !creation.wl_buffer) {
		return false;
	}
	buffer->wl_buffer = creation.wl_buffer;
	wl_buffer_add_listener(buffer->wl_buffer, &buffer_listener, buffer);
	return true;
}

bool client_buffer_init_shm(struct client_buffer *buffer, struct client_display *display, int fd,
	const struct client_layout *layout, uint32_t format, uint32_t width, uint32_t height) {
	*buffer = (struct client_buffer){0};
	uint32_t shm_format = format;
	if (format == DRM_FORMAT_ARGB8888) {
		shm_format = WL_SHM_FORMAT_ARGB8888;
	} else if (format == DRM_FORMAT_XRGB8888) {
		shm_format = WL_SHM_FORMAT_XRGB8888;
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(display->shm, fd, (int32_t)layout->size);
	if (pool) {
		buffer->wl_buffer = wl_shm_pool_create_buffer(
			pool, 0, (int32_t)width, (int32_t)height, (int32_t)layout->strides[0], shm_format);
		wl_shm_pool_destroy(pool);
	}
	if (!buffer->wl_buffer) {
		client_report("out of memory");
		return false;
	}
	wl_buffer_add_listener(buffer->wl_buffer, &buffer_listener, buffer);
	return true;
}

void client_buffer_finish(struct client_buffer *buffer) {
	if (buffer->wl_buffer) {
		wl_buffer_destroy(buffer->wl_buffer);
	}
	*buffer = (struct client_buffer){0};
}
