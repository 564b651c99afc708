// SPDX-License-Identifier: MIT
// What a client gets wrong is answered by the protocol's own error, to that client alone: another one
// goes on getting frames, and the screen keeps its picture.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

#define STRIDE (4 * TEST_WIDTH)
#define SIZE (STRIDE * TEST_HEIGHT)
#define MANY_SURFACES 10000

// One plane as it is described to the server.
struct plane {
	int fd;
	uint32_t index, offset, stride;
	uint64_t modifier;
};

struct attack {
	struct fixture *fixture;
	struct witness witness;
	struct test_client client;
	struct test_dmabuf dmabuf; // SIZE bytes
	struct zwp_linux_buffer_params_v1 *params;
	bool created, failed;
};

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
	(void)params;
	struct attack *attack = data;
	attack->created = true;
	wl_buffer_destroy(buffer);
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	(void)params;
	struct attack *attack = data;
	attack->failed = true;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static void attack_init(struct attack *attack, void **state) {
	*attack = (struct attack){.fixture = *state};
	witness_init(&attack->witness, attack->fixture, "witness", 7);
	assert_true(test_dmabuf_create(&attack->dmabuf, TEST_MEMORY_UDMABUF, SIZE));
}

static void begin(struct attack *attack) {
	test_client_connect(&attack->client, &attack->fixture->server);
	attack->params = zwp_linux_dmabuf_v1_create_params(attack->client.dmabuf);
	zwp_linux_buffer_params_v1_add_listener(attack->params, &params_listener, attack);
	attack->created = attack->failed = false;
}

static void add(struct attack *attack, struct plane plane) {
	zwp_linux_buffer_params_v1_add(attack->params, plane.fd ? plane.fd : attack->dmabuf.fd,
		plane.index, plane.offset, plane.stride, (uint32_t)(plane.modifier >> 32),
		(uint32_t)plane.modifier);
}

static void create(struct attack *attack, int32_t width, int32_t height, uint32_t format) {
	struct wl_buffer *buffer =
		zwp_linux_buffer_params_v1_create_immed(attack->params, width, height, format, 0);
	wl_proxy_destroy((struct wl_proxy *)buffer);
}

// The server has answered with this error of the params, and all else goes on.
static void assert_error(struct attack *attack, uint32_t code) {
	wl_proxy_destroy((struct wl_proxy *)attack->params);
	uint32_t is = test_client_wait_error(&attack->client, &zwp_linux_buffer_params_v1_interface);
	assert_int_equal(is, code);
	witness_next_frame(&attack->witness);
}

static void attack_finish(struct attack *attack) {
	struct test_picture picture;
	struct test_screen screen;
	witness_picture(&attack->witness, &picture);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	witness_finish(&attack->witness);
	test_dmabuf_finish(&attack->dmabuf);
}

static void test_dmabuf_that_is_too_small(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	static const struct {
		struct plane plane;
		int32_t width, height;
	} cases[] = {
		{{.stride = STRIDE}, TEST_WIDTH, TEST_HEIGHT + 1},
		{{.stride = STRIDE, .offset = 4096}, TEST_WIDTH, TEST_HEIGHT},
		{{.stride = STRIDE, .offset = SIZE}, 1, 1},
		{{.stride = STRIDE, .offset = UINT32_MAX - 3}, 1, 1},
		{{.stride = UINT32_MAX - 3}, TEST_WIDTH, TEST_HEIGHT},
		{{.stride = 0x80000000}, TEST_WIDTH, TEST_HEIGHT},
		{{.stride = 0x80000000, .offset = 0x80000000}, 1, 2},
		{{.stride = STRIDE - 4}, TEST_WIDTH, TEST_HEIGHT},
		{{.stride = 0}, TEST_WIDTH, TEST_HEIGHT},
		{{.stride = 65536}, 16384, 16384},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&attack);
		add(&attack, cases[i].plane);
		create(&attack, cases[i].width, cases[i].height, DRM_FORMAT_XRGB8888);
		assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS);
	}
	attack_finish(&attack);
}

static void test_second_plane_out_of_bounds(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	begin(&attack);
	add(&attack, (struct plane){.stride = TEST_WIDTH});
	add(&attack, (struct plane){.index = 1, .stride = TEST_WIDTH, .offset = SIZE - TEST_WIDTH});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_NV12);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS);
	attack_finish(&attack);
}

static void test_wrong_number_of_planes(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	begin(&attack); // none
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE);
	begin(&attack); // one of two
	add(&attack, (struct plane){.stride = TEST_WIDTH});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_NV12);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE);
	begin(&attack); // a gap
	add(&attack, (struct plane){.index = 1, .stride = TEST_WIDTH});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_NV12);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE);
	begin(&attack); // two of one
	add(&attack, (struct plane){.stride = STRIDE});
	add(&attack, (struct plane){.index = 1, .stride = STRIDE});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE);
	attack_finish(&attack);
}

static void test_plane_index_used_twice_or_too_large(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	begin(&attack);
	add(&attack, (struct plane){.stride = STRIDE});
	add(&attack, (struct plane){.stride = STRIDE});
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET);
	begin(&attack);
	add(&attack, (struct plane){.stride = STRIDE, .index = 4});
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX);
	begin(&attack);
	add(&attack, (struct plane){.stride = STRIDE, .index = UINT32_MAX});
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX);
	attack_finish(&attack);
}

static void test_params_used_twice(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	begin(&attack);
	add(&attack, (struct plane){.stride = STRIDE});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED);
	attack_finish(&attack);
}

static void test_unknown_format_or_modifier(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	begin(&attack);
	add(&attack, (struct plane){.stride = STRIDE});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, fourcc_code('Z', 'Z', '9', '9'));
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
	begin(&attack);
	add(&attack, (struct plane){.stride = STRIDE});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, 0);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
	begin(&attack);
	add(&attack, (struct plane){.stride = STRIDE, .modifier = I915_FORMAT_MOD_X_TILED});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
	begin(&attack); // planes that do not agree
	add(&attack, (struct plane){.stride = TEST_WIDTH});
	add(&attack,
		(struct plane){.index = 1, .stride = TEST_WIDTH, .modifier = DRM_FORMAT_MOD_INVALID});
	create(&attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_NV12);
	assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
	attack_finish(&attack);
}

static void test_impossible_sizes(void **state) {
	static const int32_t sizes[][2] = {{0, 1}, {1, 0}, {-1, 1}, {1, -1}, {INT32_MIN, INT32_MIN}};
	struct attack attack;
	attack_init(&attack, state);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		begin(&attack);
		add(&attack, (struct plane){.stride = STRIDE});
		create(&attack, sizes[i][0], sizes[i][1], DRM_FORMAT_XRGB8888);
		assert_error(&attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS);
	}
	attack_finish(&attack);
}

// create_immed ends the client, create only tells it.
static void check_no_dmabuf(struct attack *attack, int fd) {
	assert_true(fd > 0);
	begin(attack);
	add(attack, (struct plane){.fd = fd, .stride = STRIDE});
	create(attack, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888);
	assert_error(attack, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER);
	begin(attack);
	add(attack, (struct plane){.fd = fd, .stride = STRIDE});
	zwp_linux_buffer_params_v1_create(
		attack->params, TEST_WIDTH, TEST_HEIGHT, DRM_FORMAT_XRGB8888, 0);
	test_client_wait(&attack->client, attack->failed || attack->created);
	assert_true(attack->failed);
	zwp_linux_buffer_params_v1_destroy(attack->params);
	test_client_roundtrip(&attack->client);
	test_client_disconnect(&attack->client);
	close(fd);
	witness_next_frame(&attack->witness);
}

static void test_file_that_is_no_dmabuf(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	int memory = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(memory, SIZE), 0);
	check_no_dmabuf(&attack, memory);
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	check_no_dmabuf(&attack, ends[0]);
	check_no_dmabuf(&attack, open("/dev/null", O_RDWR | O_CLOEXEC));
	check_no_dmabuf(&attack, open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	attack_finish(&attack);
}

static void test_truncated_shm_pool(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	for (int when = 0; when < 2; when++) {
		test_client_connect(&attack.client, &attack.fixture->server);
		struct test_window window;
		struct test_buffer buffer;
		test_window_init(&window, &attack.client, "attacker", NULL);
		test_buffer_init_shm(&buffer, &attack.client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		if (when == 1) { // after it was shown whole
			test_surface_show(&window.base, &buffer);
			test_surface_wait_frame(&window.base);
		}
		assert_int_equal(ftruncate(buffer.shm_fd, 0), 0);
		test_surface_show(&window.base, &buffer);
		wl_proxy_destroy((struct wl_proxy *)window.base.callback);
		window.base.callback = NULL;
		test_window_finish(&window);
		test_buffer_destroy_object(&buffer);
		// The window is gone at once: whether the memory was read before that is open.
		wl_display_roundtrip(attack.client.display);
		test_client_disconnect(&attack.client);
		test_buffer_finish(&buffer);
		witness_next_frame(&attack.witness);
	}
	attack_finish(&attack);
}

// A surface that stays until the server has read it.
static void test_truncated_shm_pool_is_an_error(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	test_client_connect(&attack.client, &attack.fixture->server);
	struct test_window window;
	struct test_buffer buffer;
	test_window_init(&window, &attack.client, "attacker", NULL);
	test_buffer_init_shm(&buffer, &attack.client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	assert_int_equal(ftruncate(buffer.shm_fd, 4096), 0);
	test_surface_show(&window.base, &buffer);
	while (wl_display_dispatch(attack.client.display) >= 0) {
		if (!window.base.callback) {
			test_surface_show(&window.base, &buffer);
		}
	}
	const struct wl_interface *interface = NULL;
	uint32_t id;
	assert_int_equal(wl_display_get_protocol_error(attack.client.display, &interface, &id),
		WL_SHM_ERROR_INVALID_FD);
	test_window_finish(&window);
	test_buffer_finish(&buffer);
	test_client_disconnect(&attack.client);
	witness_next_frame(&attack.witness);
	attack_finish(&attack);
}

static void test_shm_pool_and_buffer_limits(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	static const struct {
		int32_t offset, width, height, stride;
		uint32_t format, error;
	} cases[] = {
		{0, TEST_WIDTH, TEST_HEIGHT + 1, STRIDE, 0, WL_SHM_ERROR_INVALID_STRIDE},
		{4096, TEST_WIDTH, TEST_HEIGHT, STRIDE, 0, WL_SHM_ERROR_INVALID_STRIDE},
		{-4, 1, 1, 4, 0, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 0, 1, 4, 0, WL_SHM_ERROR_INVALID_STRIDE},
		{0, TEST_WIDTH, 1, 4, 0, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 65536, 65536, INT32_MAX, 0, WL_SHM_ERROR_INVALID_STRIDE},
		{0, 1, 1, STRIDE, fourcc_code('Z', 'Z', '9', '9'), WL_SHM_ERROR_INVALID_FORMAT},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_client_connect(&attack.client, &attack.fixture->server);
		struct wl_shm_pool *pool = wl_shm_create_pool(attack.client.shm, fd, SIZE);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, cases[i].offset, cases[i].width,
			cases[i].height, cases[i].stride, cases[i].format);
		wl_proxy_destroy((struct wl_proxy *)buffer);
		wl_proxy_destroy((struct wl_proxy *)pool);
		assert_int_equal(test_client_wait_error(&attack.client, NULL), cases[i].error);
		witness_next_frame(&attack.witness);
	}
	close(fd);
	attack_finish(&attack);
}

static void show_and_check(struct attack *attack, int width, int height, int x, int y) {
	test_client_connect(&attack->client, &attack->fixture->server);
	struct test_window window;
	struct test_buffer buffer;
	test_window_init(&window, &attack->client, "size", NULL);
	test_buffer_init_shm(&buffer, &attack->client, DRM_FORMAT_XRGB8888, width, height);
	struct test_image seen = buffer.image; // the part of it that the screen has room for
	seen.width = width < TEST_WIDTH ? width : TEST_WIDTH;
	seen.height = height < TEST_HEIGHT ? height : TEST_HEIGHT;
	test_image_paint(&seen, 3);
	test_surface_show(&window.base, &buffer);
	test_surface_wait_frame(&window.base);
	struct test_picture picture;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(&picture, &(struct test_layer){.image = &seen, .x = x, .y = y});
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&attack->client);
	witness_next_frame(&attack->witness);
}

static void test_smallest_and_largest_buffers(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	show_and_check(&attack, 1, 1, (TEST_WIDTH - 1) / 2, (TEST_HEIGHT - 1) / 2);
	show_and_check(&attack, 16384, 16384, 0, 0);
	attack_finish(&attack);
}

static void test_smallest_dmabuf(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	test_client_connect(&attack.client, &attack.fixture->server);
	struct test_window window;
	struct test_buffer buffer;
	test_window_init(&window, &attack.client, "size", NULL);
	test_buffer_init_dmabuf(&buffer, &attack.client, TEST_MEMORY_HEAP, DRM_FORMAT_XRGB8888, 1, 1);
	test_buffer_fill(&buffer, 0xff123456);
	test_surface_show(&window.base, &buffer);
	test_surface_wait_frame(&window.base);
	struct test_picture picture;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(&picture,
		&(struct test_layer){
			.image = &buffer.image, .x = (TEST_WIDTH - 1) / 2, .y = (TEST_HEIGHT - 1) / 2});
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&attack.client);
	attack_finish(&attack);
}

// Bare surfaces first, then as many that are shown.
static void test_ten_thousand_surfaces(void **state) {
	struct attack attack;
	attack_init(&attack, state);
	struct test_client *client = &attack.client;
	test_client_connect(client, &attack.fixture->server);
	static struct wl_surface *surfaces[MANY_SURFACES];
	static struct wl_subsurface *subsurfaces[MANY_SURFACES];
	for (int i = 0; i < MANY_SURFACES; i++) {
		surfaces[i] = wl_compositor_create_surface(client->compositor);
		wl_surface_commit(surfaces[i]);
		if (i % 500 == 0) {
			test_client_roundtrip(client);
			witness_next_frame(&attack.witness);
		}
	}
	struct test_window window;
	struct test_buffer buffer;
	test_window_init(&window, client, "many", NULL);
	test_buffer_init_shm(&buffer, client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_fill(&buffer, 0xff202020);
	struct wl_buffer *pixel = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
		client->single_pixel, 0x80808080, 0, 0, UINT32_MAX);
	for (int i = 0; i < MANY_SURFACES; i++) {
		subsurfaces[i] = wl_subcompositor_get_subsurface(
			client->subcompositor, surfaces[i], window.base.surface);
		wl_subsurface_set_position(subsurfaces[i], i % TEST_WIDTH, i / TEST_WIDTH);
		wl_surface_attach(surfaces[i], pixel, 0, 0);
		wl_surface_damage_buffer(surfaces[i], 0, 0, 1, 1);
		wl_surface_commit(surfaces[i]);
		if (i % 500 == 0) {
			test_client_roundtrip(client);
		}
	}
	test_surface_show(&window.base, &buffer);
	test_surface_wait_frame(&window.base);
	struct test_picture picture;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(&picture, &(struct test_layer){.image = &buffer.image});
	for (int i = 0; i < MANY_SURFACES; i++) {
		test_picture_fill(&picture, i % TEST_WIDTH, i / TEST_WIDTH, 1, 1,
			(struct test_color){0xffff, 0x8080, 0, 0});
	}
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	witness_next_frame(&attack.witness);
	for (int i = 0; i < MANY_SURFACES; i++) {
		wl_proxy_destroy((struct wl_proxy *)subsurfaces[i]);
		wl_proxy_destroy((struct wl_proxy *)surfaces[i]);
	}
	wl_proxy_destroy((struct wl_proxy *)pixel);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(client); // takes all of them at once
	attack_finish(&attack);
}

int main(void) {
	test_guard(100);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start_fast, fixture_stop)
		TEST(test_dmabuf_that_is_too_small),
		TEST(test_second_plane_out_of_bounds),
		TEST(test_wrong_number_of_planes),
		TEST(test_plane_index_used_twice_or_too_large),
		TEST(test_params_used_twice),
		TEST(test_unknown_format_or_modifier),
		TEST(test_impossible_sizes),
		TEST(test_file_that_is_no_dmabuf),
		TEST(test_truncated_shm_pool),
		TEST(test_truncated_shm_pool_is_an_error),
		TEST(test_shm_pool_and_buffer_limits),
		TEST(test_smallest_and_largest_buffers),
		TEST(test_smallest_dmabuf),
		TEST(test_ten_thousand_surfaces),
	};
	return cmocka_run_group_tests_name("bad-input", tests, NULL, NULL);
}
