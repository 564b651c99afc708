// SPDX-License-Identifier: MIT
#include "buffer.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

#include "client.h"

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	(void)wl_buffer;
	struct test_buffer *buffer = data;
	buffer->busy = false;
	buffer->releases++;
	buffer->last_release = ++buffer->client->events;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

int test_format_planes(uint32_t format) {
	return format == DRM_FORMAT_NV12 ? 2 : 1;
}

static uint32_t align_64(uint32_t value) {
	return (value + 63) / 64 * 64;
}

size_t test_image_layout(struct test_image *image, uint32_t offset[2]) {
	uint32_t width = (uint32_t)image->width, height = (uint32_t)image->height;
	offset[0] = offset[1] = 0;
	switch (image->format) {
	case DRM_FORMAT_NV12:
		image->stride[0] = image->stride[1] = align_64(width);
		offset[1] = image->stride[0] * height;
		return offset[1] + (size_t)image->stride[1] * ((height + 1) / 2);
	case DRM_FORMAT_RGB565:
	case DRM_FORMAT_YUYV:
		image->stride[0] = align_64(2 * width);
		break;
	default:
		image->stride[0] = align_64(4 * width);
	}
	return (size_t)image->stride[0] * height;
}

static void init(struct test_buffer *buffer, struct test_client *client, uint32_t format, int width,
	int height) {
	*buffer = (struct test_buffer){
		.client = client,
		.image = {.format = format, .width = width, .height = height},
		.dmabuf = {.fd = -1},
		.shm_fd = -1,
	};
	buffer->size = test_image_layout(&buffer->image, buffer->offset);
}

static void set_map(struct test_buffer *buffer, uint8_t *map) {
	buffer->image.data[0] = map + buffer->offset[0];
	buffer->image.data[1] = map + buffer->offset[1];
}

static uint32_t shm_format(uint32_t format) {
	switch (format) {
	case DRM_FORMAT_ARGB8888:
		return WL_SHM_FORMAT_ARGB8888;
	case DRM_FORMAT_XRGB8888:
		return WL_SHM_FORMAT_XRGB8888;
	default:
		return format;
	}
}

static void init_shm(struct test_buffer *buffer) {
	struct test_client *client = buffer->client;
	assert_true(buffer->shm_fd >= 0);
	assert_int_equal(ftruncate(buffer->shm_fd, (off_t)buffer->size), 0);
	void *map = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->shm_fd, 0);
	assert_true(map != MAP_FAILED);
	set_map(buffer, map);
	struct wl_shm_pool *pool =
		wl_shm_create_pool(client->shm, buffer->shm_fd, (int32_t)buffer->size);
	buffer->buffer = wl_shm_pool_create_buffer(pool, 0, buffer->image.width, buffer->image.height,
		(int32_t)buffer->image.stride[0], shm_format(buffer->image.format));
	wl_shm_pool_destroy(pool);
	wl_buffer_add_listener(buffer->buffer, &buffer_listener, buffer);
}

void test_buffer_init_shm(struct test_buffer *buffer, struct test_client *client, uint32_t format,
	int width, int height) {
	init(buffer, client, format, width, height);
	buffer->shm_fd = memfd_create("test-shm", MFD_CLOEXEC);
	init_shm(buffer);
}

void test_buffer_init_sealable(struct test_buffer *buffer, struct test_client *client,
	uint32_t format, int width, int height) {
	init(buffer, client, format, width, height);
	buffer->shm_fd = memfd_create("test-shm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	init_shm(buffer);
}

void test_buffer_init_file(struct test_buffer *buffer, struct test_client *client, uint32_t format,
	int width, int height) {
	init(buffer, client, format, width, height);
	buffer->shm_fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	init_shm(buffer);
}

void test_buffer_init_dmabuf(struct test_buffer *buffer, struct test_client *client,
	enum test_memory memory, uint32_t format, int width, int height) {
	init(buffer, client, format, width, height);
	if (!test_dmabuf_create(&buffer->dmabuf, memory, buffer->size)) {
		fail_msg("no dma-buf of %zu bytes from %s", buffer->size, test_memory_name(memory));
	}
	set_map(buffer, buffer->dmabuf.map);
	struct zwp_linux_buffer_params_v1 *params = zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	for (int i = 0; i < test_format_planes(format); i++) {
		zwp_linux_buffer_params_v1_add(params, buffer->dmabuf.fd, (uint32_t)i, buffer->offset[i],
			buffer->image.stride[i], (uint32_t)(DRM_FORMAT_MOD_LINEAR >> 32),
			(uint32_t)DRM_FORMAT_MOD_LINEAR);
	}
	buffer->buffer = zwp_linux_buffer_params_v1_create_immed(params, width, height, format, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	wl_buffer_add_listener(buffer->buffer, &buffer_listener, buffer);
}

static void begin_write(struct test_buffer *buffer) {
	if (buffer->dmabuf.fd >= 0) {
		assert_true(test_dmabuf_begin_write(&buffer->dmabuf));
	}
}

static void end_write(struct test_buffer *buffer) {
	if (buffer->dmabuf.fd >= 0) {
		assert_true(test_dmabuf_end_write(&buffer->dmabuf));
	}
}

void test_buffer_paint(struct test_buffer *buffer, uint32_t seed) {
	begin_write(buffer);
	test_image_paint(&buffer->image, seed);
	end_write(buffer);
}

void test_buffer_paint_exact(struct test_buffer *buffer, uint32_t seed) {
	begin_write(buffer);
	test_image_paint_exact(&buffer->image, seed);
	end_write(buffer);
}

void test_buffer_fill(struct test_buffer *buffer, uint32_t argb) {
	begin_write(buffer);
	test_image_fill(&buffer->image, argb);
	end_write(buffer);
}

void test_buffer_destroy_object(struct test_buffer *buffer) {
	if (buffer->buffer) {
		wl_buffer_destroy(buffer->buffer);
	}
	buffer->buffer = NULL;
}

void test_buffer_finish(struct test_buffer *buffer) {
	test_buffer_destroy_object(buffer);
	if (buffer->shm_fd >= 0) {
		munmap(buffer->image.data[0], buffer->size);
		close(buffer->shm_fd);
	}
	test_dmabuf_finish(&buffer->dmabuf);
	*buffer = (struct test_buffer){.dmabuf = {.fd = -1}, .shm_fd = -1};
}

void test_buffer_wait_release(struct test_buffer *buffer) {
	test_client_wait(buffer->client, !buffer->busy);
}
