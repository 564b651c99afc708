// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <wayland-client.h>

#include "client.h"
#include "linux-dmabuf-v1-client-protocol.h"

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	(void)wl_buffer;
	struct client_buffer *buffer = data;
	buffer->busy = false;
}

static const struct wl_buffer_listener buffer_listener = {
	.release = handle_release,
};

static struct wl_buffer *share_shm(struct client *client, const struct client_window *window,
	int memory, int32_t size, int32_t offset) {
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, memory, size);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(
		pool, offset, window->width, window->height, window->width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	return buffer;
}

// NULL, reported, if the memory cannot be made a dma-buf.
static struct wl_buffer *share_udmabuf(struct client *client, const struct client_window *window,
	struct client_buffer *picture, int memory, int32_t size) {
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create create = {.memfd = (uint32_t)memory, .size = (uint64_t)size};
	int dmabuf = device >= 0 ? ioctl(device, UDMABUF_CREATE, &create) : -1;
	if (dmabuf < 0) {
		client_complain("/dev/udmabuf: %s", strerror(errno));
	}
	if (device >= 0) {
		close(device);
	}
	if (dmabuf < 0) {
		return NULL;
	}
	struct zwp_linux_buffer_params_v1 *params = zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add(params, dmabuf, 0, 0, (uint32_t)window->width * 4,
		DRM_FORMAT_MOD_LINEAR >> 32, DRM_FORMAT_MOD_LINEAR & 0xffffffff);
	struct wl_buffer *buffer = zwp_linux_buffer_params_v1_create_immed(
		params, window->width, window->height, DRM_FORMAT_XRGB8888, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	picture->dmabuf = dmabuf;
	return buffer;
}

static bool init_buffer(struct client *client, struct client_window *window,
	struct client_buffer *buffer, uint32_t color) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t len = (size_t)window->width * (size_t)window->height;
	bool plain = client->options.memory == CLIENT_MEMORY_SHM;
	size_t offset = plain ? 64 : 0;
	size_t size = (len * 4 + offset + page - 1) / page * page;
	int memory = memfd_create("bench-client", MFD_CLOEXEC | (plain ? 0 : MFD_ALLOW_SEALING));
	if (memory < 0 || ftruncate(memory, (off_t)size) < 0 ||
		(!plain && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) < 0)) {
		return client_complain("no memory to share: %s", strerror(errno));
	}
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (map == MAP_FAILED) {
		return client_complain("cannot map memory: %s", strerror(errno));
	}
	buffer->pixels = (uint32_t *)((char *)map + offset);
	buffer->dmabuf = -1;
	for (size_t i = 0; i < len; i++) {
		buffer->pixels[i] = color;
	}
	buffer->buffer = client->options.memory == CLIENT_MEMORY_UDMABUF
		? share_udmabuf(client, window, buffer, memory, (int32_t)size)
		: share_shm(client, window, memory, (int32_t)size, (int32_t)offset);
	close(memory);
	if (!buffer->buffer) {
		return false;
	}
	wl_buffer_add_listener(buffer->buffer, &buffer_listener, buffer);
	return true;
}

bool client_buffers_init(struct client *client) {
	// With full damage the picture changes because the buffers differ; with a box only the box does.
	static const uint32_t colors[CLIENT_BUFFERS] = {0xff204060, 0xff602040, 0xff406020};
	for (size_t i = 0; i < CLIENT_BUFFERS * (size_t)client->options.windows; i++) {
		struct client_window *window = &client->windows[i / CLIENT_BUFFERS];
		uint32_t color = colors[client->options.box_width > 0 ? 0 : i % CLIENT_BUFFERS];
		if (!init_buffer(client, window, &window->buffers[i % CLIENT_BUFFERS], color)) {
			return false;
		}
	}
	return true;
}

struct client_buffer *client_buffers_acquire(struct client_window *window) {
	for (size_t i = 0; i < CLIENT_BUFFERS; i++) {
		// In turn, so that one picture differs from the next.
		struct client_buffer *buffer = &window->buffers[(window->commits + i) % CLIENT_BUFFERS];
		if (!buffer->busy) {
			return buffer;
		}
	}
	return NULL;
}
