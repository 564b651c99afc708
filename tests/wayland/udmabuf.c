// SPDX-License-Identifier: MIT
// Shared memory that can become a dma-buf goes to a plane as any dma-buf does: nothing is composed, and the
// screen shows the client's pixels to the bit. What can not is composed as ever, and the reason is told.
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

#define FRAMES 100
#define SETTLING 16 // frames until each of three buffers was used again, and the layout has settled

typedef void (*buffer_init)(
	struct test_buffer *buffer, struct test_client *client, uint32_t format, int width, int height);

struct player {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[3];
	int next;
};

static void player_init(struct player *player, struct fixture *fixture, buffer_init init,
	uint32_t format, int width, int height) {
	*player = (struct player){0};
	test_client_connect(&player->client, &fixture->server);
	test_window_init(&player->window, &player->client, "player", NULL);
	for (uint32_t i = 0; i < 3; i++) {
		init(&player->buffers[i], &player->client, format, width, height);
		test_buffer_paint(&player->buffers[i], i + 1);
	}
}

// Fills the screen from memory that can be sealed.
static void full_player_init(struct player *player, struct fixture *fixture) {
	player_init(
		player, fixture, test_buffer_init_sealable, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
}

static void player_finish(struct player *player) {
	for (int i = 0; i < 3; i++) {
		test_buffer_finish(&player->buffers[i]);
	}
	test_window_finish(&player->window);
	test_client_disconnect(&player->client);
}

// Shows frames one after the other, each in another buffer; returns the last one's.
static struct test_buffer *play(struct player *player, int count) {
	struct test_buffer *buffer = NULL;
	for (int i = 0; i < count; i++) {
		buffer = &player->buffers[player->next++ % 3];
		test_buffer_wait_release(buffer);
		test_surface_show(&player->window.base, buffer);
		test_surface_wait_frame(&player->window.base);
	}
	return buffer;
}

static void draw(struct fixture *fixture, const struct test_buffer *buffer, bool on_plane) {
	struct test_color black = {.a = 0xffff};
	test_picture_fill(&fixture->picture, 0, 0, TEST_WIDTH, TEST_HEIGHT, black);
	test_picture_draw(&fixture->picture,
		&(struct test_layer){.image = &buffer->image,
			.x = (TEST_WIDTH - buffer->image.width) / 2,
			.y = (TEST_HEIGHT - buffer->image.height) / 2,
			.on_plane = on_plane});
}

static void assert_shown(struct fixture *fixture, const struct test_buffer *buffer, bool on_plane) {
	draw(fixture, buffer, on_plane);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_assert_stays(&screen, &fixture->picture, 3);
	test_screen_close(&screen);
}

static void assert_on_plane(struct fixture *fixture) {
	struct test_layer_status layer = test_status_layer(&fixture->control, 0, "player");
	if (strcmp(layer.placement, "plane") != 0 || strcmp(layer.buffer, "shm") != 0) {
		fail_msg("%s %s: %s", layer.buffer, layer.placement, layer.reasons);
	}
}

static void assert_composed(struct fixture *fixture, const char *reason) {
	struct test_layer_status layer = test_status_layer(&fixture->control, 0, "player");
	char reasons[64];
	snprintf(reasons, sizeof(reasons), "shm-buffer %s", reason);
	assert_string_equal(layer.placement, "composed");
	assert_string_equal(layer.reasons, reasons);
}

static void play_on_plane(struct fixture *fixture, uint32_t format, int width, int height) {
	struct player player;
	player_init(&player, fixture, test_buffer_init_sealable, format, width, height);
	play(&player, SETTLING);
	assert_on_plane(fixture);
	int64_t bytes = test_status_counter(&fixture->control, 0, "composed_bytes");
	int64_t tests = test_status_counter(&fixture->control, 0, "test_commits");
	struct test_buffer *last = play(&player, FRAMES);
	assert_on_plane(fixture);
	assert_int_equal(test_status_counter(&fixture->control, 0, "composed_bytes"), bytes);
	assert_int_equal(test_status_counter(&fixture->control, 0, "test_commits"), tests);
	assert_shown(fixture, last, true);
	player_finish(&player);
}

static void test_full_screen_is_scanned_out(void **state) {
	play_on_plane(*state, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	play_on_plane(*state, DRM_FORMAT_ARGB8888, TEST_WIDTH, TEST_HEIGHT);
	play_on_plane(*state, DRM_FORMAT_RGB565, TEST_WIDTH, TEST_HEIGHT);
}

static void test_window_is_scanned_out(void **state) {
	if (fixture_has_overlays()) { // 61 rows of 128 px: no whole pages
		play_on_plane(*state, DRM_FORMAT_XRGB8888, 128, 61);
	}
}

// The screen shows what is in the buffers now, not what was when they became dma-bufs.
static void test_each_frame_is_seen(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	full_player_init(&player, fixture);
	play(&player, SETTLING);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	for (uint32_t i = 0; i < 10; i++) {
		struct test_buffer *buffer = &player.buffers[player.next % 3];
		test_buffer_wait_release(buffer);
		test_buffer_paint(buffer, 100 + i);
		assert_ptr_equal(play(&player, 1), buffer);
		draw(fixture, buffer, true);
		test_screen_wait(&screen, &fixture->picture);
	}
	test_screen_close(&screen);
	assert_on_plane(fixture);
	player_finish(&player);
}

static void test_what_can_shrink_is_composed(void **state) {
	struct fixture *fixture = *state;
	const buffer_init inits[] = {test_buffer_init_shm, test_buffer_init_file};
	for (size_t i = 0; i < 2; i++) {
		struct player player;
		player_init(&player, fixture, inits[i], DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		struct test_buffer *last = play(&player, SETTLING);
		assert_composed(fixture, "shm-unsealed");
		assert_shown(fixture, last, false);
		player_finish(&player);
	}
}

static void test_buffers_that_are_used_once_are_composed(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	full_player_init(&player, fixture);
	for (int i = 0; i < 3; i++) {
		struct test_buffer *last = play(&player, 1);
		assert_composed(fixture, "shm-new");
		assert_shown(fixture, last, false);
	}
	player_finish(&player);
}

// Composing from the same memory: screenshots.
static void test_it_can_be_read_as_well(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	full_player_init(&player, fixture);
	struct test_buffer *last = play(&player, SETTLING);
	assert_on_plane(fixture);
	draw(fixture, last, true);
	struct test_image image =
		test_capture(&fixture->control, "Virtual-1", VITRINE_CONTROL_V1_SOURCE_COMPOSED);
	assert_int_equal(test_picture_compare(&fixture->picture, &image, 0), 0);
	free(image.data[0]);
	player_finish(&player);
}

// Whoever draws into what is shown spoils nothing but that, and cannot take the memory away.
static void test_client_that_writes_harms_itself(void **state) {
	struct fixture *fixture = *state;
	int width = fixture_has_overlays() ? 128 : TEST_WIDTH;
	int height = fixture_has_overlays() ? 64 : TEST_HEIGHT;
	struct player player;
	player_init(&player, fixture, test_buffer_init_sealable, DRM_FORMAT_XRGB8888, width, height);
	struct test_buffer *last = play(&player, SETTLING);
	assert_on_plane(fixture);
	test_buffer_paint(last, 77);
	assert_shown(fixture, last, true);
	assert_int_equal(ftruncate(last->shm_fd, 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_shown(fixture, last, true);
	player_finish(&player);
}

// One buffer for all frames, without waiting: whole pictures by a copy.
static void test_client_that_does_not_wait_is_composed(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	full_player_init(&player, fixture);
	struct test_buffer *last = play(&player, SETTLING);
	assert_on_plane(fixture);
	for (uint32_t i = 0; i < 3; i++) {
		test_buffer_paint(last, 50 + i);
		test_surface_show(&player.window.base, last);
		test_surface_wait_frame(&player.window.base);
		assert_composed(fixture, "shm-busy");
		assert_shown(fixture, last, false);
	}
	player_finish(&player);
}

static void test_picture_outlives_its_buffer(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	full_player_init(&player, fixture);
	struct test_buffer *last = play(&player, SETTLING);
	test_buffer_destroy_object(last);
	test_client_roundtrip(&player.client);
	assert_shown(fixture, last, true);
	test_surface_want_frame(&player.window.base);
	wl_surface_damage_buffer(player.window.base.surface, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	wl_surface_commit(player.window.base.surface);
	test_surface_wait_frame(&player.window.base);
	assert_on_plane(fixture);
	assert_shown(fixture, last, true);
	player_finish(&player);
}

// Two buffers in one range of a pool, which grows while it is shown.
struct pool_player {
	struct test_buffer memory;
	struct wl_shm_pool *pool;
	struct test_buffer views[2];
};

static void handle_release(void *data, struct wl_buffer *buffer) {
	(void)buffer;
	((struct test_buffer *)data)->busy = false;
}

static const struct wl_buffer_listener release_listener = {.release = handle_release};

static void pool_player_init(struct pool_player *pool, struct player *player, size_t offset) {
	struct test_buffer *memory = &pool->memory;
	const int32_t stride = TEST_WIDTH * 4, rows = stride * TEST_HEIGHT;
	const size_t size = offset + (size_t)rows;
	*memory = (struct test_buffer){.shm_fd = memfd_create("test-pool", MFD_ALLOW_SEALING)};
	assert_true(memory->shm_fd >= 0);
	assert_int_equal(ftruncate(memory->shm_fd, (off_t)size), 0);
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->shm_fd, 0);
	assert_true(map != MAP_FAILED);
	memory->image.data[0] = map;
	memory->size = size;
	pool->pool = wl_shm_create_pool(player->client.shm, memory->shm_fd, (int32_t)size);
	for (int i = 0; i < 2; i++) {
		struct test_buffer *view = &pool->views[i];
		*view = (struct test_buffer){.client = &player->client,
			.image = {.format = DRM_FORMAT_XRGB8888,
				.width = TEST_WIDTH,
				.height = TEST_HEIGHT,
				.data = {map + offset},
				.stride = {(uint32_t)stride}},
			.dmabuf = {.fd = -1},
			.shm_fd = -1};
		view->buffer = wl_shm_pool_create_buffer(
			pool->pool, (int32_t)offset, TEST_WIDTH, TEST_HEIGHT, stride, WL_SHM_FORMAT_XRGB8888);
		wl_buffer_add_listener(view->buffer, &release_listener, view);
	}
}

static void pool_play(struct pool_player *pool, struct player *player, int count) {
	for (int i = 0; i < count; i++) {
		struct test_buffer *view = &pool->views[i % 2];
		test_buffer_wait_release(view);
		test_surface_show(&player->window.base, view);
		test_surface_wait_frame(&player->window.base);
	}
}

static void pool_player_finish(struct pool_player *pool) {
	for (int i = 0; i < 2; i++) {
		wl_buffer_destroy(pool->views[i].buffer);
	}
	wl_shm_pool_destroy(pool->pool);
	munmap(pool->memory.image.data[0], pool->memory.size);
	close(pool->memory.shm_fd);
}

static void test_pools_are_used_as_they_are(void **state) {
	struct fixture *fixture = *state;
	const size_t offsets[] = {0, 4096, 12288};
	struct player player;
	full_player_init(&player, fixture);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct pool_player pool;
		pool_player_init(&pool, &player, offsets[i]);
		test_image_paint(&pool.views[0].image, (uint32_t)i + 5);
		pool_play(&pool, &player, SETTLING);
		assert_on_plane(fixture);
		assert_shown(fixture, &pool.views[0], true);
		const size_t larger = 4 * pool.memory.size;
		assert_int_equal(ftruncate(pool.memory.shm_fd, (off_t)larger), 0);
		wl_shm_pool_resize(pool.pool, (int32_t)larger);
		test_image_paint(&pool.views[0].image, (uint32_t)i + 15);
		pool_play(&pool, &player, SETTLING);
		assert_on_plane(fixture);
		assert_shown(fixture, &pool.views[0], true);
		pool_player_finish(&pool);
	}
	// Amid a page: vkms, for one, does not show what lies there.
	struct pool_player pool;
	pool_player_init(&pool, &player, 1024);
	pool_play(&pool, &player, SETTLING);
	assert_composed(fixture, "shm-unaligned");
	assert_shown(fixture, &pool.views[0], false);
	pool_player_finish(&pool);
	player_finish(&player);
}

static int start_without(void **state) {
	static struct fixture fixture;
	*state = &fixture;
	fixture_start_with(&fixture, "[core]\nudmabuf = false\n[output *]\nmode = " TEST_MODE "\n");
	return 0;
}

static void test_it_can_be_turned_off(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	full_player_init(&player, fixture);
	struct test_buffer *last = play(&player, SETTLING);
	assert_composed(fixture, "no-udmabuf");
	assert_shown(fixture, last, false);
	player_finish(&player);
}

int main(void) {
	test_guard(150);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
		TEST(test_full_screen_is_scanned_out),
		TEST(test_window_is_scanned_out),
		TEST(test_each_frame_is_seen),
		TEST(test_what_can_shrink_is_composed),
		TEST(test_buffers_that_are_used_once_are_composed),
		TEST(test_it_can_be_read_as_well),
		TEST(test_client_that_writes_harms_itself),
		TEST(test_client_that_does_not_wait_is_composed),
		TEST(test_picture_outlives_its_buffer),
		TEST(test_pools_are_used_as_they_are),
		cmocka_unit_test_setup_teardown(test_it_can_be_turned_off, start_without, fixture_stop),
	};
	return cmocka_run_group_tests_name("udmabuf", tests, NULL, NULL);
}
