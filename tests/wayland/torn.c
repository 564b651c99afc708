// SPDX-License-Identifier: MIT
// Clients that would rather be torn than late: their buffers do not wait for a refresh where the device can do
// that, if nothing else changes; and nobody is told that they did.
#include <drm_fourcc.h>
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"

enum { FRAMES = 20 };

static char log_path[64];

static int start(void **state, const char *what) {
	snprintf(log_path, sizeof(log_path), "/tmp/vitrine-async-%d", (int)getpid());
	setenv("VITRINE_TEST_ASYNC_LOG", log_path, 1);
	int rc = fixture_start_with_module(state, "async-flips.so", "VITRINE_TEST_ASYNC", what);
	unsetenv("VITRINE_TEST_ASYNC_LOG");
	return rc;
}

static int start_taking(void **state) {
	return start(state, "take");
}

static int start_refusing(void **state) {
	return start(state, "refuse");
}

static int stop(void **state) {
	int rc = fixture_stop(state);
	unlink(log_path);
	return rc;
}

// How many commits were to be without waiting; each of them changed one property.
static int async_commits(void) {
	int n = 0, properties;
	FILE *file = fopen(log_path, "re");
	while (file && fscanf(file, "%d", &properties) == 1) {
		assert_int_equal(properties, 1);
		n++;
	}
	if (file) {
		fclose(file);
	}
	return n;
}

// Shows the next picture. True if it waited for a refresh, as the client is told.
static bool next_frame_waits(struct witness *witness) {
	struct test_feedback feedback;
	test_feedback_init(&feedback, &witness->window.base);
	witness_next_frame(witness);
	test_feedback_wait(&feedback);
	assert_true(feedback.presented);
	bool waits = (feedback.flags & WP_PRESENTATION_FEEDBACK_KIND_VSYNC) != 0;
	test_feedback_finish(&feedback);
	return waits;
}

static struct wp_tearing_control_v1 *control_of(struct witness *witness) {
	return wp_tearing_control_manager_v1_get_tearing_control(
		witness->client.tearing_control, witness->window.base.surface);
}

static int64_t torn_frames(struct fixture *fixture) {
	return test_status_counter(&fixture->control, 0, "torn");
}

static void test_buffers_do_not_wait(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	assert_true(next_frame_waits(&witness));
	struct wp_tearing_control_v1 *control = control_of(&witness);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	for (int i = 0; i < FRAMES; i++) {
		assert_false(next_frame_waits(&witness));
	}
	int64_t torn = torn_frames(fixture);
	assert_true(torn >= FRAMES && async_commits() >= torn);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_VSYNC);
	assert_true(next_frame_waits(&witness));
	wp_tearing_control_v1_destroy(control);
	assert_true(next_frame_waits(&witness));
	assert_int_equal(torn_frames(fixture), torn);
	struct test_picture picture;
	struct test_screen screen;
	witness_picture(&witness, &picture);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	witness_finish(&witness);
}

// Something above it changes in the same frame.
static void test_frames_of_more_than_a_buffer_wait(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct wp_tearing_control_v1 *control = control_of(&witness);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	struct test_surface child;
	test_surface_init(&child, &witness.client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		witness.client.subcompositor, child.surface, witness.window.base.surface);
	struct test_buffer buffers[2];
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(
			&buffers[i], &witness.client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, 64, 48);
	}
	for (int i = 0; i < FRAMES; i++) {
		test_surface_show(&child, &buffers[i % 2]); // with its parent's next commit
		assert_true(next_frame_waits(&witness));
	}
	assert_false(next_frame_waits(&witness));
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&buffers[i]);
	}
	wp_tearing_control_v1_destroy(control);
	witness_finish(&witness);
}

// What the device refuses is shown as usual, and it is not asked again.
static void test_refused_frames_wait(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct wp_tearing_control_v1 *control = control_of(&witness);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	for (int i = 0; i < FRAMES; i++) {
		assert_true(next_frame_waits(&witness));
	}
	assert_int_equal(torn_frames(fixture), 0);
	assert_int_equal(async_commits(), 1);
	wp_tearing_control_v1_destroy(control);
	witness_finish(&witness);
}

int main(void) {
	test_guard(90);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_buffers_do_not_wait, start_taking, stop),
		cmocka_unit_test_setup_teardown(test_frames_of_more_than_a_buffer_wait, start_taking, stop),
		cmocka_unit_test_setup_teardown(test_refused_frames_wait, start_refusing, stop),
	};
	return cmocka_run_group_tests_name("torn", tests, NULL, NULL);
}
