// SPDX-License-Identifier: MIT
// wp_linux_drm_syncobj_v1 on the kernel's own timelines: a commit waits for its acquire point and nobody else does, and
// the release point is signalled once the screen has no more of the buffer.
//
// On two screens the client under test fills the first and a witness the second; on a device of nothing but a primary
// plane part of its picture is composed.
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fence.h"
#include "fixture.h"
#include "syncobj.h"

#define BUFFERS 3

struct player {
	struct test_client client;
	struct test_window window;
	struct wp_linux_drm_syncobj_surface_v1 *sync; // NULL once destroyed
	struct test_buffer buffers[BUFFERS];
	struct test_picture pictures[BUFFERS];
	struct test_syncobj acquire, release[BUFFERS];
	uint64_t acquired, released[BUFFERS]; // points set last
};

static struct fixture *fixture;

static int start(void **state) {
	fixture_start(state);
	fixture = *state;
	return 0;
}

static int start_without_timelines(void **state) {
	fixture_start_choosy(state, "VITRINE_TEST_NO_TIMELINES", "1");
	fixture = *state;
	return 0;
}

static const char lose[] = "/tmp/vitrine-syncobj-lose";

static int start_losing(void **state) {
	unlink(lose);
	fixture_start_with_module(state, "lost-flips.so", "VITRINE_TEST_LOSE_FLIPS", lose);
	fixture = *state;
	return 0;
}

static bool is_layout(const char *name) {
	const char *now = getenv("VITRINE_LAYOUT"); // none outside of the guest
	return now && strcmp(now, name) == 0;
}

// Commits the buffer, to be waited for until player_draw.
static void player_show(struct player *player, int i) {
	test_syncobj_set(player->sync, &player->acquire, ++player->acquired, &player->release[i],
		++player->released[i]);
	test_surface_show(&player->window.base, &player->buffers[i]);
}

// All that was committed is drawn.
static void player_draw(struct player *player) {
	test_syncobj_signal(&player->acquire, player->acquired);
}

static bool is_released(const struct player *player, int i) {
	return test_syncobj_is_signalled(&player->release[i], player->released[i]);
}

static void wait_released(const struct player *player, int i) {
	test_syncobj_wait(&player->release[i], player->released[i]);
}

// Connected; nothing is attached yet.
static void player_prepare(struct player *player, const char *app_id) {
	*player = (struct player){0};
	test_client_connect(&player->client, &fixture->server);
	test_window_init(&player->window, &player->client, app_id, NULL);
	player->sync = wp_linux_drm_syncobj_manager_v1_get_surface(
		player->client.syncobj, player->window.base.surface);
	test_syncobj_init(&player->acquire, &player->client);
	for (int i = 0; i < BUFFERS; i++) {
		struct test_buffer *buffer = &player->buffers[i];
		test_buffer_init_dmabuf(buffer, &player->client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
			TEST_WIDTH, TEST_HEIGHT);
		test_buffer_paint(buffer, 100 + (uint32_t)i);
		test_picture_init(&player->pictures[i], TEST_WIDTH, TEST_HEIGHT);
		test_picture_draw(&player->pictures[i], &(struct test_layer){.image = &buffer->image});
		test_syncobj_init(&player->release[i], &player->client);
	}
}

// Shows its first buffer when this returns.
static void player_init(struct player *player, const char *app_id) {
	player_prepare(player, app_id);
	player_show(player, 0);
	player_draw(player);
	test_surface_wait_frame(&player->window.base);
}

static void player_destroy_sync(struct player *player) {
	if (player->sync) {
		wp_linux_drm_syncobj_surface_v1_destroy(player->sync);
		player->sync = NULL;
	}
}

static void player_finish(struct player *player) {
	player_destroy_sync(player);
	test_syncobj_finish(&player->acquire);
	for (int i = 0; i < BUFFERS; i++) {
		test_syncobj_finish(&player->release[i]);
		test_buffer_finish(&player->buffers[i]);
		test_picture_finish(&player->pictures[i]);
	}
	test_window_finish(&player->window);
	test_client_disconnect(&player->client);
}

// The surface waits, and its client knows nothing yet of the commit.
static void assert_waits(struct test_surface *surface) {
	test_client_roundtrip(surface->client);
	assert_non_null(surface->callback);
}

// ---- Pictures ----

static void test_old_picture_stays_and_others_go_on(void **state) {
	(void)state;
	struct player player;
	struct witness beside;
	struct test_screen first, second;
	player_init(&player, "player");
	witness_init(&beside, fixture, "beside", 22);
	test_screen_open(&first, 0);
	test_screen_open(&second, 1);
	test_screen_wait(&first, &player.pictures[0]);
	player_show(&player, 1);
	assert_waits(&player.window.base);
	for (int i = 0; i < 60; i++) {
		witness_next_frame(&beside);
	}
	assert_waits(&player.window.base);
	test_screen_assert_stays(&first, &player.pictures[0], 5);
	assert_false(is_released(&player, 0));
	player_draw(&player);
	test_surface_wait_frame(&player.window.base);
	test_screen_wait(&first, &player.pictures[1]);
	wait_released(&player, 0);
	assert_false(is_released(&player, 1));
	test_screen_close(&first);
	test_screen_close(&second);
	witness_finish(&beside);
	player_finish(&player);
}

// Each waits for its own point, the last for none; nobody overtakes.
static void test_pictures_come_in_order(void **state) {
	(void)state;
	struct player player;
	struct test_screen screen;
	player_init(&player, "player");
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &player.pictures[0]);
	player_show(&player, 1);
	uint64_t first = player.acquired;
	player_show(&player, 2);
	assert_waits(&player.window.base);
	test_screen_assert_stays(&screen, &player.pictures[0], 5);
	test_syncobj_signal(&player.acquire, first);
	test_screen_wait(&screen, &player.pictures[1]);
	test_screen_assert_stays(&screen, &player.pictures[1], 5);
	player_draw(&player);
	test_screen_wait(&screen, &player.pictures[2]);
	wait_released(&player, 0);
	wait_released(&player, 1);
	assert_false(is_released(&player, 2));
	test_screen_close(&screen);
	player_finish(&player);
}

// The same buffer again and again: what each commit asked for comes to an end with the next.
static void test_one_buffer_many_points(void **state) {
	(void)state;
	struct player player;
	player_init(&player, "player");
	for (int i = 0; i < 10; i++) {
		uint64_t before = player.released[0];
		player_show(&player, 0);
		player_draw(&player);
		test_surface_wait_frame(&player.window.base);
		test_syncobj_wait(&player.release[0], before);
		assert_false(is_released(&player, 0));
	}
	test_surface_show(&player.window.base, NULL);
	wait_released(&player, 0);
	player_finish(&player);
}

// A commit that another one takes the place of, before anything of it was seen.
static void test_superseded_buffers_are_released(void **state) {
	(void)state;
	struct player player;
	player_init(&player, "player");
	player_show(&player, 1);
	player_show(&player, 2);
	assert_waits(&player.window.base);
	player_draw(&player);
	wait_released(&player, 0);
	wait_released(&player, 1);
	test_surface_wait_frame(&player.window.base);
	player_show(&player, 1);
	player_destroy_sync(&player); // what was committed stays so
	assert_waits(&player.window.base);
	assert_false(is_released(&player, 2));
	player_draw(&player);
	wait_released(&player, 2);
	// Without the object its buffers go without points.
	test_surface_show(&player.window.base, &player.buffers[0]);
	wait_released(&player, 1);
	test_surface_wait_frame(&player.window.base);
	player_finish(&player);
}

// Fences that are in the buffer count besides: the kernel would have the screen wait for them.
static void test_fences_of_the_buffer_count_too(void **state) {
	(void)state;
	struct player player;
	struct test_screen screen;
	struct test_timeline timeline;
	test_timeline_init(&timeline);
	player_init(&player, "player");
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &player.pictures[0]);
	test_timeline_attach(&timeline, &player.buffers[1].dmabuf);
	player_show(&player, 1);
	player_draw(&player);
	assert_waits(&player.window.base);
	test_screen_assert_stays(&screen, &player.pictures[0], 5);
	test_timeline_signal(&timeline);
	test_screen_wait(&screen, &player.pictures[1]);
	wait_released(&player, 0);
	test_screen_close(&screen);
	player_finish(&player);
	test_timeline_finish(&timeline);
}

// On a subsurface that goes with its parent, composed where there is no plane for it.
static void test_synchronised_child_holds_its_parent(void **state) {
	(void)state;
	struct player player;
	struct test_screen screen;
	struct test_buffer child_buffers[2];
	struct test_surface child;
	player_init(&player, "player");
	test_surface_init(&child, &player.client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		player.client.subcompositor, child.surface, player.window.base.surface);
	struct wp_linux_drm_syncobj_surface_v1 *sync =
		wp_linux_drm_syncobj_manager_v1_get_surface(player.client.syncobj, child.surface);
	struct test_syncobj acquire, release[2];
	test_syncobj_init(&acquire, &player.client);
	wl_subsurface_set_position(subsurface, 100, 80);
	for (int i = 0; i < 2; i++) {
		test_syncobj_init(&release[i], &player.client);
		test_buffer_init_dmabuf(
			&child_buffers[i], &player.client, TEST_MEMORY_HEAP, DRM_FORMAT_XRGB8888, 64, 64);
		test_buffer_paint(&child_buffers[i], 200 + (uint32_t)i);
		test_picture_draw(&player.pictures[i],
			&(struct test_layer){.image = &child_buffers[i].image, .x = 100, .y = 80});
	}
	test_syncobj_signal(&acquire, 1);
	test_syncobj_set(sync, &acquire, 1, &release[0], 1);
	test_surface_show(&child, &child_buffers[0]);
	player_show(&player, 0);
	player_draw(&player);
	test_surface_wait_frame(&player.window.base);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &player.pictures[0]);
	test_client_wait(&player.client, !child.callback);
	test_syncobj_set(sync, &acquire, 2, &release[1], 1);
	test_surface_show(&child, &child_buffers[1]);
	player_show(&player, 1);
	player_draw(&player);
	assert_waits(&player.window.base);
	assert_waits(&child);
	test_screen_assert_stays(&screen, &player.pictures[0], 5);
	assert_false(test_syncobj_is_signalled(&release[0], 1));
	test_syncobj_signal(&acquire, 2);
	test_surface_wait_frame(&player.window.base);
	test_screen_wait(&screen, &player.pictures[1]);
	test_syncobj_wait(&release[0], 1);
	assert_false(test_syncobj_is_signalled(&release[1], 1));
	test_screen_close(&screen);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	test_syncobj_wait(&release[1], 1);
	for (int i = 0; i < 2; i++) {
		test_syncobj_finish(&release[i]);
		test_buffer_finish(&child_buffers[i]);
	}
	test_syncobj_finish(&acquire);
	player_finish(&player);
}

// ---- Releases that are promised ----

static int64_t now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

// A buffer that leaves a plane is promised with the commit that takes it off, before the flip.
static void test_release_is_promised_before_the_flip(void **state) {
	enum { FRAMES = 30 };
	(void)state;
	struct player player;
	player_init(&player, "player");
	int early = 0;
	int64_t promised_ns = 0, released_ns = 0;
	for (int i = 1; i <= FRAMES; i++) {
		int before = (i - 1) % BUFFERS;
		assert_false(test_syncobj_is_promised(&player.release[before], player.released[before]));
		player_show(&player, i % BUFFERS);
		player_draw(&player);
		int64_t start_ns = now_ns();
		wl_display_flush(player.client.display);
		test_syncobj_wait_promised(&player.release[before], player.released[before]);
		promised_ns += now_ns() - start_ns;
		early += !is_released(&player, before);
		wait_released(&player, before);
		released_ns += now_ns() - start_ns;
		test_surface_wait_frame(&player.window.base);
	}
	print_message("%d of %d releases were promised before they came: %.1f ms after the next commit "
				  "in the mean, "
				  "signalled %.1f ms after it\n",
		early, FRAMES, (double)promised_ns / FRAMES / 1e6, (double)released_ns / FRAMES / 1e6);
	assert_true(early > 0);
	player_finish(&player);
}

// A flip that does not come, nor the fence that was to be signalled with it: the buffer comes back with the display.
static void test_promise_is_kept_without_the_flip(void **state) {
	(void)state;
	struct player player;
	player_init(&player, "player");
	size_t mark = fixture->server.len;
	FILE *file = fopen(lose, "we");
	assert_non_null(file);
	assert_true(fputc('1', file) == '1'); // one flip
	fclose(file);
	player_show(&player, 1);
	player_draw(&player);
	wl_display_flush(player.client.display);
	test_syncobj_wait_promised(&player.release[0], player.released[0]);
	assert_true(test_server_wait_log_after(&fixture->server, &mark, "a page flip has not come "));
	assert_false(is_released(&player, 0)); // it may be seen still
	assert_true(
		test_server_wait_log_after(&fixture->server, &mark, "the display shows frames again"));
	wait_released(&player, 0);
	assert_false(is_released(&player, 1));
	for (int i = 2; i < 2 + 2 * BUFFERS; i++) {
		test_client_wait(&player.client, !player.window.base.callback);
		player_show(&player, i % BUFFERS);
		player_draw(&player);
		wl_display_flush(player.client.display);
		wait_released(&player, (i - 1) % BUFFERS);
	}
	player_finish(&player);
}

// ---- Another device ----

// Timelines are no device's: what waits goes on with the next one, and what is to be signalled is.
static void test_device_comes_back(void **state) {
	(void)state;
	struct player player;
	int files[1 + BUFFERS];
	player_init(&player, "player");
	player_show(&player, 1);
	assert_waits(&player.window.base);
	files[0] = test_syncobj_leave(&player.acquire);
	for (int i = 0; i < BUFFERS; i++) {
		files[1 + i] = test_syncobj_leave(&player.release[i]);
	}
	size_t mark = fixture->server.len;
	test_plug_device(false);
	assert_true(test_server_wait_log_after(
		&fixture->server, &mark, "the display device is gone: waiting for one\n"));
	test_plug_device(true);
	assert_true(
		test_server_wait_log_after(&fixture->server, &mark, "the display device is there\n"));
	test_syncobj_return(&player.acquire, files[0]);
	for (int i = 0; i < BUFFERS; i++) {
		test_syncobj_return(&player.release[i], files[1 + i]);
	}
	player_draw(&player);
	wait_released(&player, 0);
	player_show(&player, 2);
	player_draw(&player);
	wait_released(&player, 1);
	assert_false(is_released(&player, 2));
	player_finish(&player);
}

// ---- What goes while it waits ----

enum going {
	SYNC_FIRST,
	TIMELINES_FIRST,
	BUFFERS_FIRST,
	WINDOW_FIRST,
	ALL_AT_ONCE,
	DRAWN,
	GOINGS,
};

static void go_while_waiting(enum going going) {
	struct player player;
	player_init(&player, "player");
	player_show(&player, 1);
	player_show(&player, 2);
	assert_waits(&player.window.base);
	switch (going) {
	case SYNC_FIRST:
		player_destroy_sync(&player);
		break;
	case TIMELINES_FIRST:
		test_syncobj_destroy_object(&player.acquire);
		for (int i = 0; i < BUFFERS; i++) {
			test_syncobj_destroy_object(&player.release[i]);
		}
		break;
	case BUFFERS_FIRST:
		for (int i = 0; i < BUFFERS; i++) {
			test_buffer_destroy_object(&player.buffers[i]);
		}
		break;
	case WINDOW_FIRST:
		test_window_finish(&player.window);
		player.window = (struct test_window){0};
		test_client_roundtrip(&player.client);
		// Nothing of it is going to be seen.
		wait_released(&player, 1);
		wait_released(&player, 2);
		break;
	case DRAWN:
		player_draw(&player);
		break;
	case ALL_AT_ONCE:
	case GOINGS:
		break;
	}
	if (going != ALL_AT_ONCE) {
		test_client_roundtrip(&player.client);
	}
	player_finish(&player);
	test_client_roundtrip(&fixture->control);
}

static void test_nothing_stays_of_what_went_while_waiting(void **state) {
	(void)state;
	struct witness witnesses[2]; // one behind it, on either screen
	for (uint32_t i = 0; i < 2; i++) {
		witness_init(&witnesses[i], fixture, "witness", 22 + i);
	}
	struct test_counts before = {0};
	for (int round = 0; round < 2; round++) {
		for (enum going going = 0; going < GOINGS; going++) {
			go_while_waiting(going);
			// The screens let go of what they showed of it: the second frame is certainly one without.
			for (int i = 0; i < 4; i++) {
				witness_next_frame(&witnesses[i % 2]);
			}
		}
		if (round == 0) {
			before = test_server_count(&fixture->server);
		}
	}
	test_counts_assert_same(before, test_server_count(&fixture->server));
	for (int i = 0; i < 2; i++) {
		witness_finish(&witnesses[i]);
	}
}

// Half of the commits wait, half do not.
static void test_ten_thousand_commits_cost_nothing(void **state) {
	(void)state;
	enum { COMMITS = 10000, ROUND = 50 };
	struct player player;
	player_init(&player, "player");
	struct test_counts before = {0};
	for (int i = 1; i <= COMMITS; i++) {
		bool late = i % ROUND < ROUND / 2;
		if (!late) {
			test_syncobj_signal(&player.acquire, player.acquired + 1);
		}
		player_show(&player, i % BUFFERS);
		if (i % ROUND == 0) {
			player_draw(&player);
			test_surface_wait_frame(&player.window.base);
		}
		if (i == 10 * ROUND) {
			before = test_server_count(&fixture->server);
		}
	}
	test_counts_assert_same(before, test_server_count(&fixture->server));
	player_finish(&player);
}

// ---- Errors ----

// The server ends the connection with an error about an object of this kind.
static uint32_t wait_error(struct player *player, const struct wl_interface *interface) {
	struct wl_display *display = player->client.display;
	while (wl_display_dispatch(display) >= 0) {
	}
	assert_int_equal(wl_display_get_error(display), EPROTO);
	const struct wl_interface *about = NULL;
	uint32_t id, code = wl_display_get_protocol_error(display, &about, &id);
	assert_non_null(about);
	assert_string_equal(about->name, interface->name);
	return code;
}

enum mistake {
	NO_BUFFER_BUT_ACQUIRE,
	NO_BUFFER_BUT_RELEASE,
	NULL_BUFFER,
	NO_ACQUIRE,
	NO_RELEASE,
	SAME_POINT,
	LATER_POINT,
	SHARED_MEMORY,
	SOLID,
	MISTAKES,
};

static uint32_t error_of(enum mistake mistake) {
	switch (mistake) {
	case NO_BUFFER_BUT_ACQUIRE:
	case NO_BUFFER_BUT_RELEASE:
	case NULL_BUFFER:
		return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER;
	case NO_ACQUIRE:
		return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT;
	case NO_RELEASE:
		return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT;
	case SAME_POINT:
	case LATER_POINT:
		return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS;
	case SHARED_MEMORY:
	case SOLID:
		return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER;
	case MISTAKES:
		break;
	}
	return UINT32_MAX;
}

static void set_points(struct player *player, enum mistake mistake) {
	const struct test_syncobj *acquire = &player->acquire, *release = &player->release[0];
	if (mistake == SAME_POINT) {
		test_syncobj_set(player->sync, acquire, 7, acquire, 7);
	} else if (mistake == LATER_POINT) {
		test_syncobj_set(player->sync, acquire, UINT64_C(1) << 40, acquire, 7);
	} else {
		if (mistake != NO_ACQUIRE && mistake != NO_BUFFER_BUT_RELEASE) {
			wp_linux_drm_syncobj_surface_v1_set_acquire_point(
				player->sync, acquire->timeline, 0, 1);
		}
		if (mistake != NO_RELEASE && mistake != NO_BUFFER_BUT_ACQUIRE) {
			wp_linux_drm_syncobj_surface_v1_set_release_point(
				player->sync, release->timeline, 0, 1);
		}
	}
}

static void make_mistake(enum mistake mistake) {
	struct player player;
	struct test_buffer shm = {.dmabuf = {.fd = -1}, .shm_fd = -1};
	player_prepare(&player, "player");
	set_points(&player, mistake);
	struct wl_surface *surface = player.window.base.surface;
	struct wl_buffer *buffer = player.buffers[0].buffer, *solid = NULL;
	if (mistake == SHARED_MEMORY) {
		test_buffer_init_shm(&shm, &player.client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		buffer = shm.buffer;
	} else if (mistake == SOLID) {
		buffer = solid = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
			player.client.single_pixel, 0, 0, 0, UINT32_MAX);
	} else if (mistake == NULL_BUFFER) {
		buffer = NULL;
	}
	if (mistake != NO_BUFFER_BUT_ACQUIRE && mistake != NO_BUFFER_BUT_RELEASE) {
		wl_surface_attach(surface, buffer, 0, 0);
	}
	wl_surface_commit(surface);
	assert_int_equal(
		wait_error(&player, &wp_linux_drm_syncobj_surface_v1_interface), error_of(mistake));
	if (solid) {
		wl_buffer_destroy(solid);
	}
	test_buffer_finish(&shm);
	player_finish(&player);
}

static void test_mistakes(void **state) {
	(void)state;
	struct witness witness;
	witness_init(&witness, fixture, "witness", 3);
	for (enum mistake mistake = 0; mistake < MISTAKES; mistake++) {
		make_mistake(mistake);
		witness_next_frame(&witness);
	}
	witness_finish(&witness);
}

static void test_second_object(void **state) {
	(void)state;
	struct player player;
	player_prepare(&player, "player");
	struct wp_linux_drm_syncobj_surface_v1 *other = wp_linux_drm_syncobj_manager_v1_get_surface(
		player.client.syncobj, player.window.base.surface);
	assert_int_equal(wait_error(&player, &wp_linux_drm_syncobj_manager_v1_interface),
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS);
	wp_linux_drm_syncobj_surface_v1_destroy(other);
	player_finish(&player);
}

static void test_no_timeline(void **state) {
	(void)state;
	struct player player;
	player_prepare(&player, "player");
	struct wp_linux_drm_syncobj_timeline_v1 *timeline =
		wp_linux_drm_syncobj_manager_v1_import_timeline(
			player.client.syncobj, player.buffers[0].dmabuf.fd);
	assert_int_equal(wait_error(&player, &wp_linux_drm_syncobj_manager_v1_interface),
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE);
	wp_linux_drm_syncobj_timeline_v1_destroy(timeline);
	player_finish(&player);
}

static void test_no_surface(void **state) {
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct player player;
		player_prepare(&player, "player");
		test_window_finish(&player.window);
		player.window = (struct test_window){0};
		if (i == 0) {
			wp_linux_drm_syncobj_surface_v1_set_acquire_point(
				player.sync, player.acquire.timeline, 0, 1);
		} else {
			wp_linux_drm_syncobj_surface_v1_set_release_point(
				player.sync, player.release[0].timeline, 0, 1);
		}
		assert_int_equal(wait_error(&player, &wp_linux_drm_syncobj_surface_v1_interface),
			WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE);
		player_finish(&player);
	}
}

// Another surface's object, and one after the first was destroyed, are no mistake; nor is the latest of many points.
static void test_objects_come_and_go(void **state) {
	(void)state;
	struct player player;
	player_prepare(&player, "player");
	test_syncobj_set(player.sync, &player.acquire, 1000, &player.release[0], 1);
	player_destroy_sync(&player); // and the points with it
	wl_surface_commit(player.window.base.surface);
	test_client_roundtrip(&player.client);
	player.sync = wp_linux_drm_syncobj_manager_v1_get_surface(
		player.client.syncobj, player.window.base.surface);
	test_syncobj_set(player.sync, &player.acquire, 1000, &player.acquire, 999);
	player_show(&player, 0);
	player_draw(&player);
	test_surface_wait_frame(&player.window.base);
	assert_false(is_released(&player, 0));
	player_finish(&player);
}

static void test_not_offered_without_timelines(void **state) {
	(void)state;
	assert_null(fixture->control.syncobj);
}

int main(void) {
	test_guard(140);
	test_syncobj_need();
	const struct CMUnitTest on_planes[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, fixture_stop)
		TEST(test_old_picture_stays_and_others_go_on),
		TEST(test_pictures_come_in_order),
		TEST(test_one_buffer_many_points),
		TEST(test_superseded_buffers_are_released),
		TEST(test_fences_of_the_buffer_count_too),
		TEST(test_synchronised_child_holds_its_parent),
		TEST(test_release_is_promised_before_the_flip),
		TEST(test_nothing_stays_of_what_went_while_waiting),
		TEST(test_ten_thousand_commits_cost_nothing),
		TEST(test_mistakes),
		TEST(test_second_object),
		TEST(test_no_timeline),
		TEST(test_no_surface),
		TEST(test_objects_come_and_go),
		cmocka_unit_test_setup_teardown(
			test_not_offered_without_timelines, start_without_timelines, fixture_stop),
	};
	const struct CMUnitTest composed[] = {
		TEST(test_pictures_come_in_order),
		TEST(test_superseded_buffers_are_released),
		TEST(test_synchronised_child_holds_its_parent),
	};
	const struct CMUnitTest replugged[] = {
		TEST(test_device_comes_back),
		cmocka_unit_test_setup_teardown(
			test_promise_is_kept_without_the_flip, start_losing, fixture_stop),
	};
	if (is_layout("dual")) {
		return cmocka_run_group_tests_name("syncobj", on_planes, NULL, NULL);
	}
	if (is_layout("none")) {
		return cmocka_run_group_tests_name("syncobj-composed", composed, NULL, NULL);
	}
	test_need_layout("default");
	return cmocka_run_group_tests_name("syncobj-replugged", replugged, NULL, NULL);
}
