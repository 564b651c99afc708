// SPDX-License-Identifier: MIT
// Planes whose driver wants to know what changed are told: as little as it was, and never too little. The
// planes of this test show nothing else (clipped-planes.c), and the screen's CRC tells.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clipped-planes.h"
#include "fixture.h"

#define COUNTS "/tmp/vitrine-clips"
#define FRAMES 24
#define BOX 16
#define PLACES 4 // that are drawn into in turn

struct player {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[2];
	struct wp_viewport *viewport; // may be NULL
	int crop_x, crop_y;           // px
};

static int start(void **state) {
	unlink(COUNTS);
	return fixture_start_with_module(state, "clipped-planes.so", "VITRINE_TEST_CLIPS", COUNTS);
}

static struct clips_counts read_counts(void) {
	struct clips_counts counts;
	int fd = open(COUNTS, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &counts, sizeof(counts)), sizeof(counts));
	close(fd);
	return counts;
}

static void player_init(
	struct player *player, struct fixture *fixture, bool dmabuf, int crop_x, int crop_y) {
	*player = (struct player){.crop_x = crop_x, .crop_y = crop_y};
	int width = TEST_WIDTH + crop_x, height = TEST_HEIGHT + crop_y;
	test_client_connect(&player->client, &fixture->server);
	test_window_init(&player->window, &player->client, "player", NULL);
	for (int i = 0; i < 2; i++) {
		if (dmabuf) {
			test_buffer_init_dmabuf(&player->buffers[i], &player->client, TEST_MEMORY_UDMABUF,
				DRM_FORMAT_XRGB8888, width, height);
		} else {
			test_buffer_init_shm(
				&player->buffers[i], &player->client, DRM_FORMAT_XRGB8888, width, height);
		}
		test_buffer_paint(&player->buffers[i], 5);
	}
	if (crop_x || crop_y) {
		player->viewport =
			wp_viewporter_get_viewport(player->client.viewporter, player->window.base.surface);
		wp_viewport_set_source(player->viewport, wl_fixed_from_int(crop_x),
			wl_fixed_from_int(crop_y), wl_fixed_from_int(TEST_WIDTH),
			wl_fixed_from_int(TEST_HEIGHT));
	}
}

static void player_finish(struct player *player) {
	if (player->viewport) {
		wp_viewport_destroy(player->viewport);
	}
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&player->buffers[i]);
	}
	test_window_finish(&player->window);
	test_client_disconnect(&player->client);
}

// What the box of a frame looks like, in both buffers.
static void draw_box(const struct test_buffer *buffer, int x, int y, uint32_t colour) {
	const struct test_image *image = &buffer->image;
	for (int row = y; row < y + BOX; row++) {
		uint32_t *px = (uint32_t *)(void *)(image->data[0] + (size_t)row * image->stride[0]) + x;
		for (int i = 0; i < BOX; i++) {
			px[i] = colour;
		}
	}
}

// One frame: a box that is elsewhere than that of the frame before, which the buffer lacks as yet.
static void play_frame(struct player *player, struct test_screen *screen,
	struct test_picture *picture, unsigned frame) {
	struct test_buffer *buffer = &player->buffers[frame % 2];
	test_buffer_wait_release(buffer);
	for (unsigned i = frame > 0 ? frame - 1 : 0; i <= frame; i++) {
		draw_box(buffer, 40 + 50 * (int)(i % PLACES), 30 + 40 * (int)(i % PLACES),
			0xff000000 | (0x102030 + 0x030507 * i));
	}
	struct wl_surface *surface = player->window.base.surface;
	buffer->busy = true;
	test_surface_want_frame(&player->window.base);
	wl_surface_attach(surface, buffer->buffer, 0, 0);
	wl_surface_damage_buffer(
		surface, 40 + 50 * (int)(frame % PLACES), 30 + 40 * (int)(frame % PLACES), BOX, BOX);
	if (frame == 0) {
		wl_surface_damage_buffer(surface, 0, 0, buffer->image.width, buffer->image.height);
	}
	wl_surface_commit(surface);
	test_surface_wait_frame(&player->window.base);
	test_picture_draw(picture,
		&(struct test_layer){.image = &buffer->image,
			.crop_x = player->crop_x,
			.crop_y = player->crop_y,
			.crop_width = TEST_WIDTH,
			.crop_height = TEST_HEIGHT});
	test_screen_wait(screen, picture);
}

static void play(struct fixture *fixture, bool dmabuf, int crop_x, int crop_y, uint64_t most) {
	struct player player;
	player_init(&player, fixture, dmabuf, crop_x, crop_y);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	unsigned frame = 0;
	for (; frame < 2 * PLACES; frame++) {
		play_frame(&player, &screen, &fixture->picture, frame);
	}
	struct clips_counts before = read_counts(), after;
	for (; frame < FRAMES; frame++) {
		play_frame(&player, &screen, &fixture->picture, frame);
		after = read_counts();
		assert_true(after.px > 0 && after.px <= most);
	}
	// After a commit that is refused for a moment all of the picture counts.
	assert_true(after.clipped - before.clipped > after.whole - before.whole);
	assert_int_equal(after.blobs, before.blobs); // the same places again
	test_screen_close(&screen);
	player_finish(&player);
}

static void test_client_on_a_plane(void **state) {
	play(*state, true, 0, 0, BOX * BOX);
}

static void test_part_of_a_buffer(void **state) {
	play(*state, true, 32, 16, BOX * BOX);
}

// Drawn into two pictures in turn: what the other one has already is drawn, too.
static void test_composed_picture(void **state) {
	play(*state, false, 0, 0, 2 * BOX * BOX);
}

int main(void) {
	test_guard(100);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, fixture_stop)
		TEST(test_client_on_a_plane),
		TEST(test_part_of_a_buffer),
		TEST(test_composed_picture),
	};
	return cmocka_run_group_tests_name("clips", tests, NULL, NULL);
}
