// SPDX-License-Identifier: MIT
// A full-screen dma-buf of any format and memory goes to a plane: nothing is composed, nothing is
// tested again while it runs, and the screen shows the client's pixels to the bit.
#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define FRAMES 300
#define FULL_SCREEN_TRANSITION 6 // frames until the layout has settled

struct player {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[3];
};

static void player_init(
	struct player *player, struct fixture *fixture, enum test_memory memory, uint32_t format) {
	*player = (struct player){0};
	test_client_connect(&player->client, &fixture->server);
	test_window_init(&player->window, &player->client, "player", NULL);
	for (uint32_t i = 0; i < 3; i++) {
		test_buffer_init_dmabuf(
			&player->buffers[i], &player->client, memory, format, TEST_WIDTH, TEST_HEIGHT);
		test_buffer_paint(&player->buffers[i], i + 1);
	}
}

static void player_finish(struct player *player) {
	for (int i = 0; i < 3; i++) {
		test_buffer_finish(&player->buffers[i]);
	}
	test_window_finish(&player->window);
	test_client_disconnect(&player->client);
}

// Shows `count` frames, each after the callback of the one before. The last one is in buffers[0].
static void play(struct player *player, int count) {
	for (int i = count - 1; i >= 0; i--) {
		struct test_buffer *buffer = &player->buffers[i % 3];
		if (buffer->busy) {
			fail_msg("frame %d: the frame callback came before a buffer of three was free", i);
		}
		test_surface_show(&player->window.base, buffer);
		test_surface_wait_frame(&player->window.base);
	}
}

static void assert_on_plane(struct fixture *fixture, const char *what) {
	struct test_layer_status layer = test_status_layer(&fixture->control, 0, "player");
	if (strcmp(layer.placement, "plane") != 0 || layer.plane == 0 ||
		strcmp(layer.reasons, "") != 0) {
		fail_msg("%s: placement %s, plane %u, reasons: %s", what, layer.placement, layer.plane,
			layer.reasons);
	}
	assert_string_equal(layer.buffer, "dmabuf");
}

static void assert_shown(const struct test_buffer *buffer) {
	struct test_picture picture;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(&picture, &(struct test_layer){.image = &buffer->image, .on_plane = true});
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_assert_stays(&screen, &picture, 3);
	test_screen_close(&screen);
	test_picture_finish(&picture);
}

static void play_on_plane(struct fixture *fixture, enum test_memory memory, uint32_t format) {
	char what[32];
	snprintf(what, sizeof(what), "%.4s from %s", (const char *)&format, test_memory_name(memory));
	struct player player;
	player_init(&player, fixture, memory, format);
	play(&player, FULL_SCREEN_TRANSITION);
	assert_on_plane(fixture, what);
	int64_t bytes = test_status_counter(&fixture->control, 0, "composed_bytes");
	int64_t tests = test_status_counter(&fixture->control, 0, "test_commits");
	int64_t frames = test_status_counter(&fixture->control, 0, "frames");
	play(&player, FRAMES);
	assert_on_plane(fixture, what);
	assert_int_equal(test_status_counter(&fixture->control, 0, "composed_bytes"), bytes);
	assert_int_equal(test_status_counter(&fixture->control, 0, "test_commits"), tests);
	int64_t shown = test_status_counter(&fixture->control, 0, "frames") - frames;
	if (shown < FRAMES || shown > FRAMES + 1) {
		fail_msg("%s: %d frames, but %lld flips", what, FRAMES, (long long)shown);
	}
	assert_shown(&player.buffers[0]);
	player_finish(&player);
}

static void play_from_all_memory(struct fixture *fixture, uint32_t format) {
	for (enum test_memory memory = 0; memory < TEST_MEMORY_COUNT; memory++) {
		play_on_plane(fixture, memory, format);
	}
}

static void test_xrgb8888_is_scanned_out(void **state) {
	play_from_all_memory(*state, DRM_FORMAT_XRGB8888);
}

static void test_argb8888_is_scanned_out(void **state) {
	play_from_all_memory(*state, DRM_FORMAT_ARGB8888);
}

static void test_rgb565_is_scanned_out(void **state) {
	play_from_all_memory(*state, DRM_FORMAT_RGB565);
}

static void test_nv12_is_scanned_out(void **state) {
	play_from_all_memory(*state, DRM_FORMAT_NV12);
}

// vkms has no packed YUV: the picture must come all the same, and the reason be told.
static void test_yuyv_without_a_plane_is_composed(void **state) {
	struct fixture *fixture = *state;
	for (enum test_memory memory = 0; memory < TEST_MEMORY_COUNT; memory++) {
		struct player player;
		player_init(&player, fixture, memory, DRM_FORMAT_YUYV);
		play(&player, FULL_SCREEN_TRANSITION);
		struct test_layer_status layer = test_status_layer(&fixture->control, 0, "player");
		assert_string_equal(layer.placement, "composed");
		assert_non_null(strstr(layer.reasons, "no-plane-format"));
		int64_t bytes = test_status_counter(&fixture->control, 0, "composed_bytes");
		play(&player, 3);
		assert_true(test_status_counter(&fixture->control, 0, "composed_bytes") > bytes);
		test_picture_draw(
			&fixture->picture, &(struct test_layer){.image = &player.buffers[0].image});
		test_capture_assert(&fixture->control, &fixture->picture, 1);
		player_finish(&player);
	}
}

int main(void) {
	test_guard(200);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start_fast, fixture_stop)
		TEST(test_xrgb8888_is_scanned_out),
		TEST(test_argb8888_is_scanned_out),
		TEST(test_rgb565_is_scanned_out),
		TEST(test_nv12_is_scanned_out),
		TEST(test_yuyv_without_a_plane_is_composed),
	};
	return cmocka_run_group_tests_name("scanout", tests, NULL, NULL);
}
