// SPDX-License-Identifier: MIT
// Clients that draw ahead: each of their pictures is in a refresh of its own (fifo-v1), and not on screen
// before its time (commit-timing-v1); and what the status says that surfaces say of their contents.
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#define PICTURES 8
#define REFRESH_NS (1000000000 / 60)

// A client in front that hands in all of its pictures at once.
struct player {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[PICTURES];
	struct test_feedback feedbacks[PICTURES];
	struct wp_fifo_v1 *fifo;
	struct wp_commit_timer_v1 *timer;
};

static int64_t now_ns(const struct player *player) {
	struct timespec ts;
	assert_int_equal(clock_gettime((clockid_t)player->client.presentation_clock, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void player_init(struct player *player, struct fixture *fixture, bool dmabuf) {
	struct test_client *client = &player->client;
	test_client_connect(client, &fixture->server);
	assert_non_null(client->fifo);
	assert_non_null(client->commit_timing);
	test_window_init(&player->window, client, "player", NULL);
	for (int i = 0; i < PICTURES; i++) {
		if (dmabuf) {
			test_buffer_init_dmabuf(&player->buffers[i], client, TEST_MEMORY_UDMABUF,
				DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		} else {
			test_buffer_init_shm(
				&player->buffers[i], client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		}
	}
	struct wl_surface *surface = player->window.base.surface;
	player->fifo = wp_fifo_manager_v1_get_fifo(client->fifo, surface);
	player->timer = wp_commit_timing_manager_v1_get_timer(client->commit_timing, surface);
	test_surface_show(&player->window.base, &player->buffers[0]);
	test_surface_wait_frame(&player->window.base);
}

static void player_finish(struct player *player) {
	wp_fifo_v1_destroy(player->fifo);
	wp_commit_timer_v1_destroy(player->timer);
	test_window_finish(&player->window);
	for (int i = 0; i < PICTURES; i++) {
		test_feedback_finish(&player->feedbacks[i]);
		test_buffer_finish(&player->buffers[i]);
	}
	test_client_disconnect(&player->client);
}

// 0: at no time.
static void hand_in(struct player *player, int picture, int64_t time_ns) {
	struct wl_surface *surface = player->window.base.surface;
	if (time_ns != 0) {
		uint64_t seconds = (uint64_t)(time_ns / 1000000000);
		wp_commit_timer_v1_set_timestamp(player->timer, (uint32_t)(seconds >> 32),
			(uint32_t)seconds, (uint32_t)(time_ns % 1000000000));
	}
	test_feedback_finish(&player->feedbacks[picture]);
	test_feedback_init(&player->feedbacks[picture], &player->window.base);
	wp_fifo_v1_wait_barrier(player->fifo);
	wp_fifo_v1_set_barrier(player->fifo);
	wl_surface_attach(surface, player->buffers[picture].buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	wl_surface_commit(surface);
}

static void show_all(struct fixture *fixture, bool dmabuf) {
	struct player player = {0};
	player_init(&player, fixture, dmabuf);
	uint64_t last = 0;
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < PICTURES; i++) {
			hand_in(&player, i, 0);
		}
		for (int i = 0; i < PICTURES; i++) {
			test_feedback_wait(&player.feedbacks[i]);
			assert_true(player.feedbacks[i].presented);
			assert_true(player.feedbacks[i].sequence > last);
			last = player.feedbacks[i].sequence;
		}
	}
	player_finish(&player);
}

static void test_each_picture_is_in_a_refresh_of_its_own(void **state) {
	show_all(*state, true);
	show_all(*state, false);
}

// Behind another window it goes on, though not a picture of it is seen; and in front again they all are.
static void test_hidden_clients_go_on(void **state) {
	struct fixture *fixture = *state;
	struct player player = {0};
	player_init(&player, fixture, true);
	struct witness front;
	witness_init(&front, fixture, "front", 1);
	for (int i = 0; i < 3; i++) {
		hand_in(&player, i, 0);
	}
	for (int i = 0; i < 3; i++) {
		test_feedback_wait(&player.feedbacks[i]);
		assert_true(player.feedbacks[i].discarded);
		witness_next_frame(&front);
	}
	for (int i = 0; i < PICTURES; i++) {
		hand_in(&player, i, 0);
	}
	witness_finish(&front);
	test_feedback_wait(&player.feedbacks[PICTURES - 1]);
	assert_true(player.feedbacks[PICTURES - 1].presented);
	player_finish(&player);
}

static void assert_in_time(
	const struct player *player, const struct test_feedback *feedback, int64_t time_ns) {
	int64_t heard_ns = now_ns(player);
	assert_true(feedback->presented);
	assert_true(heard_ns >= time_ns - REFRESH_NS / 2);
	// The vblank of a machine that was stopped for a moment is stamped with when it should have been.
	assert_true(feedback->time_ns >= time_ns - REFRESH_NS / 2 - REFRESH_NS);
}

static void test_pictures_wait_for_their_time(void **state) {
	struct fixture *fixture = *state;
	struct player player = {0};
	player_init(&player, fixture, true);
	// On a screen at rest.
	for (int i = 0; i < PICTURES; i++) {
		int64_t time_ns = now_ns(&player) + (6 + i) * REFRESH_NS + i * REFRESH_NS / PICTURES;
		hand_in(&player, i, time_ns);
		test_feedback_wait(&player.feedbacks[i]);
		assert_in_time(&player, &player.feedbacks[i], time_ns);
	}
	// All at once, at the pace of a film.
	int64_t start_ns = now_ns(&player) + 6 * REFRESH_NS;
	for (int i = 0; i < PICTURES; i++) {
		hand_in(&player, i, start_ns + i * (int64_t)(1000000000 / 24));
	}
	uint64_t last = 0;
	for (int i = 0; i < PICTURES; i++) {
		test_feedback_wait(&player.feedbacks[i]);
		assert_in_time(&player, &player.feedbacks[i], start_ns + i * (int64_t)(1000000000 / 24));
		assert_true(player.feedbacks[i].sequence > last);
		last = player.feedbacks[i].sequence;
	}
	player_finish(&player);
}

// It goes with pictures that nobody will see for long; others do not notice.
static void test_queue_goes_with_its_client(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	for (int i = 0; i < 2; i++) {
		struct player player = {0};
		player_init(&player, fixture, true);
		for (int j = 0; j < PICTURES; j++) {
			hand_in(&player, j, now_ns(&player) + INT64_C(1000000000) * (1000 + j));
		}
		test_client_roundtrip(&player.client);
		if (i == 1) {
			witness_init(&witness, fixture, "app", 1);
			witness_next_frame(&witness);
		}
		player_finish(&player);
	}
	witness_next_frame(&witness);
	witness_finish(&witness);
}

static struct json_object *layer_of(struct json_object *status, const char *app_id) {
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		if (strcmp(test_json_string(layer, "app_id"), app_id) == 0) {
			return layer;
		}
	}
	fail_msg("no layer of %s", app_id);
	return NULL;
}

static void assert_status(struct fixture *fixture, const char *content, bool tearing) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layer = layer_of(status, "app");
	assert_string_equal(test_json_string(layer, "content"), content);
	assert_int_equal(json_object_get_boolean(test_json(layer, "tearing")), tearing);
	json_object_put(status);
}

static void test_status_tells_of_contents(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct test_client *client = &witness.client;
	struct wl_surface *surface = witness.window.base.surface;
	assert_status(fixture, "none", false);
	struct wp_content_type_v1 *type =
		wp_content_type_manager_v1_get_surface_content_type(client->content_type, surface);
	struct wp_tearing_control_v1 *control =
		wp_tearing_control_manager_v1_get_tearing_control(client->tearing_control, surface);
	static const char *const names[] = {
		[WP_CONTENT_TYPE_V1_TYPE_PHOTO] = "photo",
		[WP_CONTENT_TYPE_V1_TYPE_VIDEO] = "video",
		[WP_CONTENT_TYPE_V1_TYPE_GAME] = "game",
	};
	for (uint32_t i = WP_CONTENT_TYPE_V1_TYPE_PHOTO; i <= WP_CONTENT_TYPE_V1_TYPE_GAME; i++) {
		wp_content_type_v1_set_content_type(type, i);
		wp_tearing_control_v1_set_presentation_hint(control, i % 2);
		witness_next_frame(&witness);
		assert_status(fixture, names[i], i % 2);
	}
	wp_content_type_v1_destroy(type);
	wp_tearing_control_v1_destroy(control);
	witness_next_frame(&witness);
	assert_status(fixture, "none", false);
	witness_finish(&witness);
}

// ---- What the display is told ----

static char content_path[64], refusals_path[64];

// `stubborn`: what refuses to tell it, NULL: nothing.
static int start_telling(void **state, const char *stubborn) {
	snprintf(content_path, sizeof(content_path), "/tmp/vitrine-content-%d", (int)getpid());
	snprintf(refusals_path, sizeof(refusals_path), "/tmp/vitrine-refusals-%d", (int)getpid());
	setenv("VITRINE_TEST_REFUSALS", refusals_path, 1);
	if (stubborn) {
		setenv("VITRINE_TEST_STUBBORN", stubborn, 1);
	}
	int rc = fixture_start_with_module(
		state, "described-display.so", "VITRINE_TEST_CONTENT", content_path);
	unsetenv("VITRINE_TEST_STUBBORN");
	unsetenv("VITRINE_TEST_REFUSALS");
	return rc;
}

static int start_told(void **state) {
	return start_telling(state, NULL);
}

static int start_stubborn(void **state) {
	return start_telling(state, "test");
}

static int start_stubborn_at_last(void **state) {
	return start_telling(state, "commit");
}

// Its content type, in the kernel's numbers.
static int told(void) {
	int content = -1;
	FILE *file = fopen(content_path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &content), 1);
	fclose(file);
	return content;
}

enum { NO_DATA, GRAPHICS, PHOTO, CINEMA, GAME };

static int stop_told(void **state) {
	int rc = fixture_stop(state);
	assert_int_equal(told(), GRAPHICS); // as it was before
	unlink(content_path);
	unlink(refusals_path);
	return rc;
}

static void test_display_is_told(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	assert_int_equal(told(), NO_DATA);
	struct wp_content_type_v1 *type = wp_content_type_manager_v1_get_surface_content_type(
		witness.client.content_type, witness.window.base.surface);
	static const int contents[] = {
		[WP_CONTENT_TYPE_V1_TYPE_NONE] = NO_DATA,
		[WP_CONTENT_TYPE_V1_TYPE_PHOTO] = PHOTO,
		[WP_CONTENT_TYPE_V1_TYPE_VIDEO] = CINEMA,
		[WP_CONTENT_TYPE_V1_TYPE_GAME] = GAME,
	};
	int64_t modesets = test_status_counter(&fixture->control, 0, "modesets"), tests = 0;
	for (int i = 15; i >= 0; i--) {
		wp_content_type_v1_set_content_type(type, (uint32_t)i % 4);
		witness_next_frame(&witness);
		assert_int_equal(told(), contents[i % 4]);
		if (i == 8) {
			tests = test_status_counter(&fixture->control, 0, "test_commits");
		}
	}
	// What it has taken before is not asked again.
	assert_int_equal(test_status_counter(&fixture->control, 0, "test_commits"), tests);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_VIDEO);
	witness_next_frame(&witness);
	// Something else in front.
	struct witness other;
	witness_init(&other, fixture, "other", 2);
	assert_int_equal(told(), NO_DATA);
	witness_finish(&other);
	witness_next_frame(&witness);
	assert_int_equal(told(), CINEMA);
	// The window says nothing, but a subsurface that fills it does.
	wp_content_type_v1_destroy(type);
	struct test_surface child;
	test_surface_init(&child, &witness.client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		witness.client.subcompositor, child.surface, witness.window.base.surface);
	type = wp_content_type_manager_v1_get_surface_content_type(
		witness.client.content_type, child.surface);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_GAME);
	struct test_buffer buffer;
	test_buffer_init_shm(&buffer, &witness.client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_surface_show(&child, &buffer);
	witness_next_frame(&witness);
	assert_int_equal(told(), GAME);
	assert_int_equal(test_status_counter(&fixture->control, 0, "modesets"), modesets);
	wp_content_type_v1_destroy(type);
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	test_buffer_finish(&buffer);
	witness_finish(&witness);
}

// Where that would take a modeset it stays as it is, and is not asked for again and again.
static void test_display_is_not_told_by_modesets(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	assert_int_equal(told(), NO_DATA); // as the display was lit
	struct wp_content_type_v1 *type = wp_content_type_manager_v1_get_surface_content_type(
		witness.client.content_type, witness.window.base.surface);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_VIDEO);
	int64_t modesets = test_status_counter(&fixture->control, 0, "modesets");
	witness_next_frame(&witness);
	int64_t tests = test_status_counter(&fixture->control, 0, "test_commits");
	for (int i = 0; i < 10; i++) {
		witness_next_frame(&witness);
	}
	assert_int_equal(told(), NO_DATA);
	assert_int_equal(test_status_counter(&fixture->control, 0, "test_commits"), tests);
	assert_int_equal(test_status_counter(&fixture->control, 0, "modesets"), modesets);
	wp_content_type_v1_destroy(type);
	witness_finish(&witness);
}

static void assert_placement(struct fixture *fixture, const char *placement) {
	struct json_object *status = test_status(&fixture->control);
	assert_string_equal(test_json_string(layer_of(status, "app"), "placement"), placement);
	json_object_put(status);
}

// Where a commit is refused for it though the test of it passed, the frame is shown as it was planned.
static void test_frame_is_shown_without_telling(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct wp_content_type_v1 *type = wp_content_type_manager_v1_get_surface_content_type(
		witness.client.content_type, witness.window.base.surface);
	for (uint32_t i = 0; i < 12; i++) {
		wp_content_type_v1_set_content_type(type, i % 4);
		witness_next_frame(&witness);
		assert_placement(fixture, "plane");
	}
	assert_int_equal(told(), NO_DATA);
	wp_content_type_v1_destroy(type);
	witness_finish(&witness);
}

// A frame that is refused with it and without it is refused for something else.
static void test_other_refusals_say_nothing_of_it(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct wp_content_type_v1 *type = wp_content_type_manager_v1_get_surface_content_type(
		witness.client.content_type, witness.window.base.surface);
	FILE *file = fopen(refusals_path, "we");
	assert_non_null(file);
	assert_true(fputs("2\n", file) >= 0);
	fclose(file);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_VIDEO);
	witness_next_frame(&witness);
	assert_placement(fixture, "composed");
	assert_int_equal(told(), CINEMA);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_NONE);
	witness_next_frame(&witness);
	assert_int_equal(told(), NO_DATA);
	wp_content_type_v1_destroy(type);
	witness_finish(&witness);
}

int main(void) {
	test_guard(90);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
		TEST(test_each_picture_is_in_a_refresh_of_its_own),
		TEST(test_hidden_clients_go_on),
		TEST(test_pictures_wait_for_their_time),
		TEST(test_queue_goes_with_its_client),
		TEST(test_status_tells_of_contents),
		cmocka_unit_test_setup_teardown(test_display_is_told, start_told, stop_told),
		cmocka_unit_test_setup_teardown(
			test_display_is_not_told_by_modesets, start_stubborn, stop_told),
		cmocka_unit_test_setup_teardown(
			test_frame_is_shown_without_telling, start_stubborn_at_last, stop_told),
		cmocka_unit_test_setup_teardown(
			test_other_refusals_say_nothing_of_it, start_told, stop_told),
	};
	return cmocka_run_group_tests_name("queued", tests, NULL, NULL);
}
