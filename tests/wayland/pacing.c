// SPDX-License-Identifier: MIT
// When frames are begun: before their deadline once all who were told to draw have, and only then.
#include <drm_fourcc.h>

#include "fixture.h"

#define FRAMES 30
#define REST 64 // frames that wait for their deadline after one was begun too early

// A window, and a part of it that draws at its own pace.
struct scene {
	struct fixture *fixture;
	struct witness witness;
	struct test_surface part;
	struct wl_subsurface *subsurface;
	struct test_buffer buffers[2];
	unsigned shown;
};

static void start(struct scene *scene, struct fixture *fixture) {
	*scene = (struct scene){.fixture = fixture};
	struct test_client *client = &scene->witness.client;
	witness_init(&scene->witness, fixture, "app", 1);
	test_surface_init(&scene->part, client);
	scene->subsurface = wl_subcompositor_get_subsurface(
		client->subcompositor, scene->part.surface, scene->witness.window.base.surface);
	wl_subsurface_set_desync(scene->subsurface);
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(
			&scene->buffers[i], client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, 64, 64);
	}
	test_surface_show(&scene->part, &scene->buffers[0]);
	witness_next_frame(&scene->witness);
	test_client_wait(client, !scene->part.callback);
}

static void end(struct scene *scene) {
	wl_subsurface_destroy(scene->subsurface);
	test_surface_finish(&scene->part);
	test_buffer_finish(&scene->buffers[0]);
	test_buffer_finish(&scene->buffers[1]);
	witness_finish(&scene->witness);
}

static int64_t count_early(struct scene *scene) {
	return test_status_counter(&scene->fixture->control, 0, "early");
}

static void draw_part(struct scene *scene) {
	scene->shown = 1 - scene->shown;
	test_buffer_wait_release(&scene->buffers[scene->shown]);
	test_surface_show(&scene->part, &scene->buffers[scene->shown]);
}

static void test_who_draws_alone_is_not_kept_waiting(void **state) {
	struct scene scene;
	start(&scene, *state);
	int64_t before = count_early(&scene);
	do {
		for (int i = 0; i < FRAMES; i++) {
			witness_next_frame(&scene.witness);
		}
	} while (count_early(&scene) == before);
	end(&scene);
}

// A frame of the part, which asks for no callback.
static void change_part(struct scene *scene) {
	struct test_feedback feedback;
	test_feedback_init(&feedback, &scene->part);
	wl_surface_commit(scene->part.surface);
	test_feedback_wait(&feedback);
	assert_true(feedback.presented);
	test_feedback_finish(&feedback);
}

// None of these frames is early: when the part changes the window was told, and has not drawn; with that frame
// nobody is told; both draw, and are told with that; the window draws, and the part has not.
static void test_others_are_waited_for(void **state) {
	struct scene scene;
	struct test_client *client = &scene.witness.client;
	start(&scene, *state);
	witness_next_frame(&scene.witness);
	int64_t early = count_early(&scene);
	for (int i = 0; i < FRAMES; i++) {
		change_part(&scene);
		draw_part(&scene);
		witness_next_frame(&scene.witness);
		test_client_wait(client, !scene.part.callback);
		witness_next_frame(&scene.witness);
	}
	// Where the server reads the two commits of both one by one, the last of the four may be.
	assert_in_range(count_early(&scene) - early, 0, FRAMES);
	end(&scene);
}

// What comes unasked after a frame was begun early has to wait for the next one. It does so once: then frames
// wait for it.
static void test_frames_wait_for_what_came_late(void **state) {
	struct scene scene;
	struct test_client *client = &scene.witness.client;
	struct test_surface *window = &scene.witness.window.base;
	start(&scene, *state);
	int64_t early;
	do {
		// Told alone, the window comes; then the part does, which nobody told.
		test_surface_want_frame(window);
		wl_surface_commit(window->surface);
		test_client_roundtrip(client);
		draw_part(&scene);
		test_client_wait(client, !window->callback);
		test_client_wait(client, !scene.part.callback);
		early = count_early(&scene);
		for (int i = 0; i < REST / 2; i++) {
			witness_next_frame(&scene.witness);
		}
		early = count_early(&scene) - early;
	} while (early > 0);
	end(&scene);
}

int main(void) {
	test_guard(60);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
		TEST(test_who_draws_alone_is_not_kept_waiting),
		TEST(test_others_are_waited_for),
		TEST(test_frames_wait_for_what_came_late),
	};
	return cmocka_run_group_tests_name("pacing", tests, NULL, NULL);
}
