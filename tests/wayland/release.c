// SPDX-License-Identifier: MIT
// A buffer is the client's again exactly when neither the screen nor the composer needs it: in order,
// before the frame callback that lets the client draw, and never while it is shown.
#include <drm_fourcc.h>
#include <time.h>

#include "fixture.h"

#define FRAMES 30
#define POISON 0xff00ff00

enum way { // how the buffers reach the screen
	ON_PLANE,
	COMPOSED_DMABUF, // turned by 180 degrees, which no plane of vkms is asked to undo
	COMPOSED_SHM,
	SHARED_SHM, // on a plane, once each buffer has been used
	WAY_COUNT,
};

struct player {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[3];
	enum wl_output_transform transform;
};

static void player_init(struct player *player, struct fixture *fixture, enum way way) {
	*player = (struct player){0};
	test_client_connect(&player->client, &fixture->server);
	test_window_init(&player->window, &player->client, "player", NULL);
	for (int i = 0; i < 3; i++) {
		if (way == COMPOSED_SHM) {
			test_buffer_init_shm(
				&player->buffers[i], &player->client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		} else if (way == SHARED_SHM) {
			test_buffer_init_sealable(
				&player->buffers[i], &player->client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		} else {
			test_buffer_init_dmabuf(&player->buffers[i], &player->client, TEST_MEMORY_UDMABUF,
				DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		}
	}
	if (way == COMPOSED_DMABUF) {
		player->transform = WL_OUTPUT_TRANSFORM_180;
		wl_surface_set_buffer_transform(player->window.base.surface, player->transform);
	}
}

static void player_finish(struct player *player) {
	for (int i = 0; i < 3; i++) {
		test_buffer_finish(&player->buffers[i]);
	}
	test_window_finish(&player->window);
	test_client_disconnect(&player->client);
}

static int64_t monotonic_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint32_t crc_of(const struct player *player, const struct test_buffer *buffer) {
	struct test_picture picture;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(
		&picture, &(struct test_layer){.image = &buffer->image, .transform = player->transform});
	uint32_t crc = test_picture_crc(&picture);
	test_picture_finish(&picture);
	return crc;
}

// When the callback of a frame comes, all older buffers were given back, each at its turn.
static void test_buffers_return_in_order_before_the_callback(void **state) {
	struct fixture *fixture = *state;
	for (enum way way = 0; way < WAY_COUNT; way++) {
		struct player player;
		player_init(&player, fixture, way);
		unsigned previous_release = 0;
		for (int i = 0; i < FRAMES; i++) {
			struct test_buffer *buffer = &player.buffers[i % 3];
			assert_false(buffer->busy);
			test_surface_show(&player.window.base, buffer);
			test_surface_wait_frame(&player.window.base);
			if (i == 0) {
				continue;
			}
			struct test_buffer *before = &player.buffers[(i - 1) % 3];
			assert_false(before->busy);
			assert_int_equal(before->releases, (i - 1) / 3 + 1);
			assert_true(before->last_release < player.window.base.last_frame);
			assert_true(before->last_release > previous_release);
			previous_release = before->last_release;
		}
		player_finish(&player);
	}
}

// Clients with no more than two buffers never have to wait for one.
static void test_two_buffers_are_enough(void **state) {
	struct fixture *fixture = *state;
	for (enum way way = 0; way < WAY_COUNT; way++) {
		struct player player;
		player_init(&player, fixture, way);
		for (int i = 0; i < FRAMES; i++) {
			struct test_buffer *buffer = &player.buffers[i % 2];
			if (buffer->busy) {
				fail_msg("way %d: both buffers are busy at frame %d", way, i);
			}
			test_surface_show(&player.window.base, buffer);
			test_surface_wait_frame(&player.window.base);
		}
		player_finish(&player);
	}
}

// Reads CRCs up to the first that is `now`. All before it must be `before`, but for those of frames
// earlier than `flip` (0: none): vkms composes in a worker that may read a picture's buffers for a
// while after the flip that took it off the screen, when they are the client's again.
static void follow(struct test_screen *screen, uint32_t before, uint32_t now, uint64_t flip) {
	uint32_t frame, value = 0;
	for (int i = 0; i < 100; i++) {
		assert_true(test_crc_read(&screen->crc, &frame, &value, 5000));
		if (value == now) {
			return;
		}
		bool read_late = flip != 0 && (int32_t)(frame - (uint32_t)flip) < 0;
		if (before && value != before && !read_late) {
			fail_msg("CRC %08x on screen is neither the old picture's %08x nor the new one's %08x",
				value, before, now);
		}
	}
	fail_msg("the screen's CRC stays %08x, should become %08x", value, now);
}

// A client that soils each buffer the moment it gets it back is never seen doing so.
static void test_released_buffers_are_not_on_screen(void **state) {
	struct fixture *fixture = *state;
	for (enum way way = 0; way < WAY_COUNT; way++) {
		struct player player;
		player_init(&player, fixture, way);
		test_buffer_paint(&player.buffers[0], 1000);
		uint32_t before = crc_of(&player, &player.buffers[0]);
		test_surface_show(&player.window.base, &player.buffers[0]);
		test_surface_wait_frame(&player.window.base);
		struct test_screen screen;
		test_screen_open(&screen, 0);
		follow(&screen, 0, before, 0);
		for (uint32_t i = 1; i < FRAMES; i++) {
			struct test_buffer *buffer = &player.buffers[i % 3];
			test_buffer_wait_release(buffer);
			test_buffer_paint(buffer, i);
			uint32_t now = crc_of(&player, buffer);
			struct test_feedback feedback;
			test_feedback_init(&feedback, &player.window.base);
			test_surface_show(&player.window.base, buffer);
			struct test_buffer *older = &player.buffers[(i - 1) % 3];
			test_buffer_wait_release(older);
			int64_t soiled = monotonic_ns();
			test_buffer_fill(older, POISON);
			test_client_wait(&player.client, !player.window.base.callback);
			test_feedback_wait(&feedback);
			bool on_plane = way == ON_PLANE || way == SHARED_SHM;
			bool after_flip = on_plane && soiled >= feedback.time_ns;
			follow(&screen, before, now, after_flip ? feedback.sequence : 0);
			test_feedback_finish(&feedback);
			before = now;
		}
		test_screen_close(&screen);
		player_finish(&player);
	}
}

// Until the flip the screen reads the older buffer.
static void test_buffer_on_a_plane_returns_with_the_flip(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	player_init(&player, fixture, ON_PLANE);
	test_surface_show(&player.window.base, &player.buffers[0]);
	test_surface_wait_frame(&player.window.base);
	for (int i = 1; i < FRAMES; i++) {
		test_surface_show(&player.window.base, &player.buffers[i % 2]);
		test_buffer_wait_release(&player.buffers[1 - i % 2]);
		// The flip's callback was sent right after it, if there was a flip.
		test_client_roundtrip(&player.client);
		assert_null(player.window.base.callback);
	}
	player_finish(&player);
}

static void test_shown_buffer_is_kept_on_a_plane_until_replaced(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	player_init(&player, fixture, ON_PLANE);
	test_buffer_paint(&player.buffers[0], 1);
	test_surface_show(&player.window.base, &player.buffers[0]);
	test_surface_wait_frame(&player.window.base);
	for (int i = 0; i < 5; i++) {
		test_surface_want_frame(&player.window.base);
		wl_surface_commit(player.window.base.surface);
		test_surface_wait_frame(&player.window.base);
	}
	assert_true(player.buffers[0].busy);
	test_surface_show(&player.window.base, &player.buffers[1]);
	test_surface_wait_frame(&player.window.base);
	assert_false(player.buffers[0].busy);
	player_finish(&player);
}

// The screen shows a copy of it, and the composer draws from the one that replaced it.
static void test_replaced_shm_buffer_returns_before_the_flip(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	player_init(&player, fixture, COMPOSED_SHM);
	test_surface_show(&player.window.base, &player.buffers[0]);
	test_surface_wait_frame(&player.window.base);
	for (int i = 1; i < FRAMES; i++) {
		test_surface_show(&player.window.base, &player.buffers[i % 2]);
		test_client_roundtrip(&player.client);
		assert_false(player.buffers[1 - i % 2].busy);
		test_client_wait(&player.client, !player.window.base.callback);
	}
	player_finish(&player);
}

// A buffer that was replaced before any frame took it comes back without one.
static void test_replaced_buffer_returns_at_once(void **state) {
	struct fixture *fixture = *state;
	for (enum way way = 0; way < WAY_COUNT; way++) {
		struct player player;
		player_init(&player, fixture, way);
		test_surface_show(&player.window.base, &player.buffers[2]);
		test_surface_wait_frame(&player.window.base);
		// The first of the two may be taken by a frame that begins in between; one in four is not.
		unsigned at_once = 0;
		for (int i = 0; i < 4; i++) {
			for (int j = 0; j < 2; j++) {
				test_buffer_wait_release(&player.buffers[j]);
			}
			player.buffers[0].busy = player.buffers[1].busy = true;
			wl_surface_attach(player.window.base.surface, player.buffers[0].buffer, 0, 0);
			wl_surface_damage_buffer(player.window.base.surface, 0, 0, 1, 1);
			wl_surface_commit(player.window.base.surface);
			test_surface_show(&player.window.base, &player.buffers[1]);
			test_buffer_wait_release(&player.buffers[0]);
			at_once += player.window.base.callback != NULL;
			test_client_wait(&player.client, !player.window.base.callback);
			test_surface_show(&player.window.base, &player.buffers[2]);
			test_surface_wait_frame(&player.window.base);
		}
		assert_true(at_once > 0);
		player_finish(&player);
	}
}

int main(void) {
	test_guard(100);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
		TEST(test_buffers_return_in_order_before_the_callback),
		TEST(test_two_buffers_are_enough),
		TEST(test_released_buffers_are_not_on_screen),
		TEST(test_buffer_on_a_plane_returns_with_the_flip),
		TEST(test_shown_buffer_is_kept_on_a_plane_until_replaced),
		TEST(test_replaced_shm_buffer_returns_before_the_flip),
		TEST(test_replaced_buffer_returns_at_once),
	};
	return cmocka_run_group_tests_name("release", tests, NULL, NULL);
}
