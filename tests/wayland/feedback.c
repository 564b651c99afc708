// SPDX-License-Identifier: MIT
// A client in a format that its plane does not take is told of better ones, takes one up, and is on
// a plane: without being asked to change its mind again and again.
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

enum {
	VIDEO_WIDTH = 96,
	VIDEO_HEIGHT = 64,
	FRAMES = 200,
	MAX_PAIRS = 256,
};

struct pair {
	uint32_t format, padding;
	uint64_t modifier;
};

struct feedback {
	struct test_client *client;
	struct zwp_linux_dmabuf_feedback_v1 *object;
	struct pair *table; // mapped
	uint32_t table_size, flags;
	int done;
	uint32_t scanout[MAX_PAIRS]; // formats
	int n_scanout, next;
};

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)object;
	struct feedback *feedback = data;
	feedback->done++;
	feedback->n_scanout = feedback->next;
	feedback->next = 0;
}

static void unmap_table(struct feedback *feedback) {
	if (feedback->table) {
		munmap(feedback->table, feedback->table_size);
	}
	feedback->table = NULL;
}

static void handle_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, int32_t fd, uint32_t size) {
	(void)object;
	struct feedback *feedback = data;
	unmap_table(feedback);
	feedback->table = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(feedback->table != MAP_FAILED);
	feedback->table_size = size;
	close(fd);
}

static void handle_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	(void)data;
	(void)object;
	dev_t rdev = test_device_rdev();
	assert_int_equal(device->size, sizeof(rdev));
	assert_memory_equal(device->data, &rdev, sizeof(rdev));
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)data;
	(void)object;
}

static void handle_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *indices) {
	(void)object;
	struct feedback *feedback = data;
	const uint16_t *index;
	wl_array_for_each(index, indices) {
		assert_true(*index < feedback->table_size / sizeof(struct pair));
		if (feedback->flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT) {
			assert_true(feedback->next < MAX_PAIRS);
			feedback->scanout[feedback->next++] = feedback->table[*index].format;
		}
	}
}

static void handle_flags(void *data, struct zwp_linux_dmabuf_feedback_v1 *object, uint32_t flags) {
	(void)object;
	((struct feedback *)data)->flags = flags;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener listener = {
	.done = handle_done,
	.format_table = handle_table,
	.main_device = handle_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_device,
	.tranche_formats = handle_formats,
	.tranche_flags = handle_flags,
};

static void feedback_init(struct feedback *feedback, struct test_surface *surface) {
	*feedback = (struct feedback){
		.client = surface->client,
		.object =
			zwp_linux_dmabuf_v1_get_surface_feedback(surface->client->dmabuf, surface->surface),
	};
	zwp_linux_dmabuf_feedback_v1_add_listener(feedback->object, &listener, feedback);
	test_client_wait(surface->client, feedback->done == 1);
}

static void feedback_finish(struct feedback *feedback) {
	zwp_linux_dmabuf_feedback_v1_destroy(feedback->object);
	unmap_table(feedback);
}

static bool offers(const struct feedback *feedback, uint32_t format) {
	for (int i = 0; i < feedback->n_scanout; i++) {
		if (feedback->scanout[i] == format) {
			return true;
		}
	}
	return false;
}

// ---- A device that is choosier than vkms ----

static int start_few_overlays(void **state) {
	return fixture_start_choosy(state, "VITRINE_TEST_OVERLAYS", "XR24,NV12");
}

static int start_no_import(void **state) {
	return fixture_start_choosy(state, "VITRINE_TEST_NO_IMPORT", "NV12");
}

// ---- A video over an app ----

struct app {
	struct test_client client;
	struct test_window window;
	struct test_buffer background;
	struct test_surface video;
	struct wl_subsurface *subsurface;
	struct feedback feedback;
};

static void app_init(struct app *app, struct fixture *fixture) {
	*app = (struct app){0};
	test_client_connect(&app->client, &fixture->server);
	test_window_init(&app->window, &app->client, "app", NULL);
	test_buffer_init_shm(
		&app->background, &app->client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_paint(&app->background, 1);
	test_surface_init(&app->video, &app->client);
	app->subsurface = wl_subcompositor_get_subsurface(
		app->client.subcompositor, app->video.surface, app->window.base.surface);
	wl_subsurface_set_position(app->subsurface, 20, 30);
	wl_subsurface_set_desync(app->subsurface);
	test_surface_show(&app->window.base, &app->background);
	test_surface_wait_frame(&app->window.base);
	feedback_init(&app->feedback, &app->video);
}

static void app_finish(struct app *app) {
	feedback_finish(&app->feedback);
	wl_subsurface_destroy(app->subsurface);
	test_surface_finish(&app->video);
	test_buffer_finish(&app->background);
	test_window_finish(&app->window);
	test_client_disconnect(&app->client);
}

static void video_init(struct test_buffer *buffer, struct app *app, uint32_t format) {
	test_buffer_init_dmabuf(
		buffer, &app->client, TEST_MEMORY_UDMABUF, format, VIDEO_WIDTH, VIDEO_HEIGHT);
	test_buffer_paint(buffer, 2);
}

static void show(struct test_surface *surface, struct test_buffer *buffer) {
	test_buffer_wait_release(buffer);
	test_surface_show(surface, buffer);
	test_surface_wait_frame(surface);
}

// Of the top layer: the video, or the app that is alone.
static void assert_placement(struct fixture *fixture, const char *placement) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	struct json_object *top =
		json_object_array_get_idx(layers, json_object_array_length(layers) - 1);
	if (strcmp(test_json_string(top, "placement"), placement) != 0) {
		fail_msg("%s is not %s", json_object_to_json_string(top), placement);
	}
	json_object_put(status);
}

// The other planes take less than the primary, which holds the app: the video is told what they do.
static void test_told_switches_lands(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	struct test_buffer first, second[2];
	app_init(&app, fixture);
	assert_true(offers(&app.feedback, DRM_FORMAT_RGB565)); // the primary would take it
	video_init(&first, &app, DRM_FORMAT_RGB565);
	show(&app.video, &first);
	assert_placement(fixture, "composed");
	test_client_wait(&app.client, app.feedback.done == 2);
	assert_int_equal(app.feedback.n_scanout, 4); // two formats, linear and without a modifier
	assert_true(offers(&app.feedback, DRM_FORMAT_XRGB8888));
	assert_true(offers(&app.feedback, DRM_FORMAT_NV12));
	for (int i = 0; i < 2; i++) {
		video_init(&second[i], &app, DRM_FORMAT_XRGB8888);
	}
	for (int i = 0; i < FRAMES; i++) {
		show(&app.video, &second[i % 2]);
	}
	assert_placement(fixture, "plane");
	assert_int_equal(app.feedback.done, 2);
	test_buffer_finish(&first);
	test_buffer_finish(&second[0]);
	test_buffer_finish(&second[1]);
	app_finish(&app);
}

static void test_shm_is_told(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	struct test_buffer first, second;
	app_init(&app, fixture);
	test_buffer_init_shm(&first, &app.client, DRM_FORMAT_XRGB8888, VIDEO_WIDTH, VIDEO_HEIGHT);
	show(&app.video, &first);
	assert_placement(fixture, "composed");
	test_client_wait(&app.client, app.feedback.done == 2);
	assert_int_equal(app.feedback.n_scanout, 4);
	video_init(&second, &app, DRM_FORMAT_NV12);
	show(&app.video, &second);
	assert_placement(fixture, "plane");
	test_buffer_finish(&first);
	test_buffer_finish(&second);
	app_finish(&app);
}

static int64_t now_ms(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_flapping(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	struct test_buffer buffers[2];
	app_init(&app, fixture);
	video_init(&buffers[0], &app, DRM_FORMAT_RGB565);
	video_init(&buffers[1], &app, DRM_FORMAT_XRGB8888);
	int stalls = 0; // of the machine, which are as good as a scene that stays
	for (int i = 0; i < FRAMES; i++) {
		int64_t before = now_ms();
		show(&app.video, &buffers[i % 2]);
		stalls += now_ms() - before > 900;
	}
	assert_placement(fixture, "plane");
	int done = app.feedback.done;
	assert_true(done <= 1 + stalls);
	show(&app.video, &buffers[0]);
	test_client_wait(&app.client, app.feedback.done > done); // as soon as it stays
	assert_true(offers(&app.feedback, DRM_FORMAT_NV12));
	assert_false(offers(&app.feedback, DRM_FORMAT_RGB565));
	test_buffer_finish(&buffers[0]);
	test_buffer_finish(&buffers[1]);
	app_finish(&app);
}

// ---- Alone on the screen ----

struct player {
	struct test_client client;
	struct test_window window;
	struct feedback feedback;
	struct test_buffer first[2], second;
};

static void player_init(struct player *player, struct fixture *fixture, uint32_t format) {
	*player = (struct player){0};
	test_client_connect(&player->client, &fixture->server);
	test_window_init(&player->window, &player->client, "player", NULL);
	feedback_init(&player->feedback, &player->window.base);
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(&player->first[i], &player->client, TEST_MEMORY_UDMABUF, format,
			TEST_WIDTH, TEST_HEIGHT);
	}
	test_buffer_init_dmabuf(&player->second, &player->client, TEST_MEMORY_UDMABUF,
		DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_paint(&player->second, 1);
	show(&player->window.base, &player->first[0]);
	assert_placement(fixture, "composed");
}

static void player_finish(struct player *player) {
	feedback_finish(&player->feedback);
	test_buffer_finish(&player->first[0]);
	test_buffer_finish(&player->first[1]);
	test_buffer_finish(&player->second);
	test_window_finish(&player->window);
	test_client_disconnect(&player->client);
}

static void test_import_refused(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	player_init(&player, fixture, DRM_FORMAT_NV12);
	assert_true(offers(&player.feedback, DRM_FORMAT_NV12)); // nobody knew
	test_client_wait(&player.client, player.feedback.done == 2);
	assert_false(offers(&player.feedback, DRM_FORMAT_NV12));
	assert_true(offers(&player.feedback, DRM_FORMAT_XRGB8888));
	show(&player.window.base, &player.second);
	assert_placement(fixture, "plane");
	player_finish(&player);
}

// All planes are alike: what is said at first stays true, and is not said again.
static void test_told_from_the_outset(void **state) {
	struct fixture *fixture = *state;
	struct player player;
	player_init(&player, fixture, DRM_FORMAT_YUYV);
	assert_false(offers(&player.feedback, DRM_FORMAT_YUYV));
	assert_true(offers(&player.feedback, DRM_FORMAT_XRGB8888));
	for (int i = 1; i <= FRAMES; i++) {
		show(&player.window.base, &player.first[i % 2]);
	}
	show(&player.window.base, &player.second);
	assert_placement(fixture, "plane");
	assert_int_equal(player.feedback.done, 1);
	player_finish(&player);
}

int main(void) {
	test_guard(60);
	const char *layout = getenv("VITRINE_LAYOUT");
	const struct CMUnitTest alone[] = {
		cmocka_unit_test_setup_teardown(test_import_refused, start_no_import, fixture_stop),
		cmocka_unit_test_setup_teardown(test_told_from_the_outset, fixture_start, fixture_stop),
	};
#define FEW(name) cmocka_unit_test_setup_teardown(name, start_few_overlays, fixture_stop)
	const struct CMUnitTest over_an_app[] = {
		FEW(test_told_switches_lands),
		FEW(test_shm_is_told),
		FEW(test_flapping),
	};
	int failed = cmocka_run_group_tests_name("feedback", alone, NULL, NULL);
	if (layout && strcmp(layout, "default") == 0) {
		failed += cmocka_run_group_tests_name("feedback: overlays", over_an_app, NULL, NULL);
	}
	return failed;
}
