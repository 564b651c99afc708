// SPDX-License-Identifier: MIT
// Real dma-bufs: their bounds, reading them, and that nothing of them stays. Skipped on a machine that
// has no source of dma-bufs; the guest has.
#include "wayland-harness.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "dmabuf.h"

static struct client *client;
static struct test_dmabuf memory;

enum { SIZE = 1 << 20 };

static int setup(void **state) {
	harness_setup(state);
	client = client_connect();
	memory.fd = -1;
	for (int i = 0; i < TEST_MEMORY_COUNT && memory.fd < 0; i++) {
		if (!test_dmabuf_create(&memory, (enum test_memory)i, SIZE)) {
			memory.fd = -1;
		}
	}
	return 0;
}

static int teardown(void **state) {
	if (memory.fd >= 0) {
		test_dmabuf_finish(&memory);
	}
	client_disconnect(client);
	return harness_teardown(state);
}

static void need_memory(void) {
	if (memory.fd < 0) {
		print_message("no source of dma-bufs here\n");
		skip();
	}
}

struct plane {
	uint32_t offset, stride;
};

static struct zwp_linux_buffer_params_v1 *new_params(const struct plane *planes, int n) {
	struct zwp_linux_buffer_params_v1 *params =
		client_keep(client, zwp_linux_dmabuf_v1_create_params(client->dmabuf));
	for (int i = n - 1; i >= 0; i--) { // any order is fine
		zwp_linux_buffer_params_v1_add(
			params, memory.fd, (uint32_t)i, planes[i].offset, planes[i].stride, 0, 0);
	}
	return params;
}

static struct wl_buffer *new_buffer(
	const struct plane *planes, int n, int32_t width, int32_t height, uint32_t format) {
	return zwp_linux_buffer_params_v1_create_immed(new_params(planes, n), width, height, format, 0);
}

static void test_bounds(void **state) {
	(void)state;
	need_memory();
	const uint32_t xr24 = DRM_FORMAT_XRGB8888, nv12 = DRM_FORMAT_NV12;
	const struct {
		int32_t width, height;
		uint32_t format;
		int n;
		struct plane planes[2];
		bool fits;
	} cases[] = {
		{512, 512, xr24, 1, {{0, 2048}}, true}, // all of it
		{512, 512, xr24, 1, {{4, 2048}}, false},
		{512, 513, xr24, 1, {{0, 2048}}, false},
		{1, 1, xr24, 1, {{0, 4}}, true},
		{1, 1, xr24, 1, {{SIZE - 4, 4}}, true},
		{1, 1, xr24, 1, {{SIZE, 4}}, false},
		{1, 1, xr24, 1, {{UINT32_MAX, 4}}, false},
		{1, 1, xr24, 1, {{UINT32_MAX - 3, UINT32_MAX}}, false},
		{64, 64, xr24, 1, {{0, 255}}, false}, // less than a row
		{64, 64, xr24, 1, {{0, 0}}, false},
		{16384, 16384, xr24, 1, {{0, 65536}}, false},
		{INT32_MAX, 1, xr24, 1, {{0, UINT32_MAX}}, false}, // a row has no 32 bit stride
		{1, INT32_MAX, xr24, 1, {{0, UINT32_MAX}}, false},
		{640, 480, nv12, 2, {{0, 640}, {640 * 480, 640}}, true},
		{640, 480, nv12, 2, {{0, 640}, {SIZE - 640 * 240, 640}}, true},
		{640, 480, nv12, 2, {{0, 640}, {SIZE - 640 * 240 + 1, 640}}, false},
		{640, 480, nv12, 2, {{0, 640}, {640 * 480, 639}}, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wl_buffer *buffer = client_keep(client,
			new_buffer(
				cases[i].planes, cases[i].n, cases[i].width, cases[i].height, cases[i].format));
		(void)buffer;
		if (cases[i].fits) {
			assert_true(client_sync(client));
		} else {
			assert_error(client, &zwp_linux_buffer_params_v1_interface,
				ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS);
		}
		client_disconnect(client);
		client = client_connect();
	}
}

static void test_read(void **state) {
	(void)state;
	need_memory();
	int fds = test_count_entries("/proc/self/fd");
	assert_true(test_dmabuf_begin_write(&memory));
	memset(memory.map, 1, 640 * 480);
	memset((uint8_t *)memory.map + 640 * 480, 2, 640 * 240);
	assert_true(test_dmabuf_end_write(&memory));
	const struct plane planes[] = {{0, 640}, {640 * 480, 640}};
	struct wl_buffer *buffer = new_buffer(planes, 2, 640, 480, DRM_FORMAT_NV12);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	make_root(client, surface);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_commit(surface);
	assert_true(client_sync(client));
	assert_int_equal(harness.scene.n_layers, 1);
	struct scene_buffer *shown = harness.scene.layers[0]->buffer;
	assert_int_equal(shown->kind, SCENE_BUFFER_DMABUF);
	assert_int_equal(shown->fd[0], shown->fd[1]); // both planes came as fds of their own
	assert_int_equal(test_count_entries("/proc/self/fd"), fds + 1);
	struct scene_pixels first, second;
	assert_true(shown->ops->begin_access(shown, &first));
	assert_true(shown->ops->begin_access(shown, &second)); // in two places of one frame
	assert_int_equal(first.data[0][640 * 480 - 1], 1);
	assert_int_equal(second.data[1][640 * 240 - 1], 2);
	assert_int_equal(second.stride[1], 640);
	assert_true(shown->ops->end_access(shown));
	assert_true(shown->ops->end_access(shown));
	// The contents outlive the wl_buffer, and go with the surface.
	wl_buffer_destroy(buffer);
	assert_true(client_sync(client));
	assert_true(shown->ops->begin_access(shown, &first));
	assert_int_equal(first.data[0][0], 1);
	assert_true(shown->ops->end_access(shown));
	assert_int_equal(test_count_entries("/proc/self/fd"), fds + 1);
	wl_surface_attach(surface, NULL, 0, 0);
	wl_surface_commit(surface);
	assert_true(client_sync(client));
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
	drop_root(client, surface);
	wl_surface_destroy(surface);
}

static struct wl_buffer *created_buffer;

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
	(void)params;
	created_buffer = buffer;
	++*(int *)data;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	(void)params;
	*(int *)data = -1;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static void test_created(void **state) {
	(void)state;
	need_memory();
	const struct plane plane = {0, 256};
	int answer = 0;
	struct zwp_linux_buffer_params_v1 *params = new_params(&plane, 1);
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &answer);
	zwp_linux_buffer_params_v1_create(
		params, 64, 64, DRM_FORMAT_XRGB8888, ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_Y_INVERT);
	assert_true(client_sync(client));
	assert_int_equal(answer, 1);
	wl_buffer_destroy(created_buffer);
	answer = 0;
	params = new_params(&plane, 1);
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &answer);
	zwp_linux_buffer_params_v1_create(
		params, 64, 64, DRM_FORMAT_XRGB8888, ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_INTERLACED);
	assert_true(client_sync(client));
	assert_int_equal(answer, -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_created, setup, teardown),
	};
	return cmocka_run_group_tests_name("wayland-dmabuf", tests, NULL, NULL);
}
