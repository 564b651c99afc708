// SPDX-License-Identifier: MIT
// Clients that would rather be torn than late: their buffers do not wait for a refresh where the device can do
// that, if nothing else changes; and nobody is told that they did.
#include <drm_fourcc.h>
#include <inttypes.h>
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

// How many commits were to be without waiting; each of them changed one property. None of them came from
// `from_ns` until before `to_ns` (CLOCK_MONOTONIC).
static int async_commits_but(int64_t from_ns, int64_t to_ns) {
	int n = 0, properties;
	int64_t time_ns;
	FILE *file = fopen(log_path, "re");
	while (file && fscanf(file, "%d %" SCNd64, &properties, &time_ns) == 2) {
		assert_int_equal(properties, 1);
		assert_false(time_ns >= from_ns && time_ns < to_ns);
		n++;
	}
	if (file) {
		fclose(file);
	}
	return n;
}

static int async_commits(void) {
	return async_commits_but(0, 0);
}

// True if it waited for a refresh, as the client is told.
static bool waits(struct test_feedback *feedback) {
	test_feedback_wait(feedback);
	assert_true(feedback->presented);
	return (feedback->flags & WP_PRESENTATION_FEEDBACK_KIND_VSYNC) != 0;
}

// The same of a buffer that is shown next.
static bool buffer_waits(struct test_surface *surface, struct test_buffer *buffer) {
	struct test_feedback feedback;
	test_feedback_init(&feedback, surface);
	test_buffer_wait_release(buffer);
	test_surface_show(surface, buffer);
	test_surface_wait_frame(surface);
	bool waited = waits(&feedback);
	test_feedback_finish(&feedback);
	return waited;
}

// A client that would rather be torn.
struct hasty {
	struct witness witness;
	struct wp_tearing_control_v1 *control;
};

static void set_hint(struct hasty *hasty, enum wp_tearing_control_v1_presentation_hint hint) {
	wp_tearing_control_v1_set_presentation_hint(hasty->control, hint);
}

static void hasty_init(struct hasty *hasty, struct fixture *fixture) {
	witness_init(&hasty->witness, fixture, "app", 1);
	hasty->control = wp_tearing_control_manager_v1_get_tearing_control(
		hasty->witness.client.tearing_control, hasty->witness.window.base.surface);
	set_hint(hasty, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
}

static void hasty_finish(struct hasty *hasty) {
	if (hasty->control) {
		wp_tearing_control_v1_destroy(hasty->control);
	}
	witness_finish(&hasty->witness);
}

static bool next_frame_waits(struct hasty *hasty) {
	struct witness *witness = &hasty->witness;
	witness->shown = 1 - witness->shown;
	return buffer_waits(&witness->window.base, &witness->buffers[witness->shown]);
}

static int64_t torn_frames(struct fixture *fixture) {
	return test_status_counter(&fixture->control, 0, "torn");
}

static void test_buffers_do_not_wait(void **state) {
	struct fixture *fixture = *state;
	struct hasty hasty;
	hasty_init(&hasty, fixture);
	for (int i = 0; i < FRAMES; i++) {
		assert_false(next_frame_waits(&hasty));
	}
	int64_t torn = torn_frames(fixture);
	assert_true(torn >= FRAMES && async_commits() >= torn);
	set_hint(&hasty, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_VSYNC);
	assert_true(next_frame_waits(&hasty));
	set_hint(&hasty, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	assert_false(next_frame_waits(&hasty));
	wp_tearing_control_v1_destroy(hasty.control);
	hasty.control = NULL;
	assert_true(next_frame_waits(&hasty));
	assert_int_equal(torn_frames(fixture), torn + 1);
	struct test_picture picture;
	struct test_screen screen;
	witness_picture(&hasty.witness, &picture);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	hasty_finish(&hasty);
}

// Something above it changes in the same frame.
static void test_frames_of_more_than_a_buffer_wait(void **state) {
	struct hasty hasty;
	hasty_init(&hasty, *state);
	struct witness *witness = &hasty.witness;
	struct test_surface child;
	test_surface_init(&child, &witness->client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		witness->client.subcompositor, child.surface, witness->window.base.surface);
	struct test_buffer buffers[2];
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(
			&buffers[i], &witness->client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, 64, 48);
	}
	for (int i = 0; i < FRAMES; i++) {
		test_surface_show(&child, &buffers[i % 2]); // with its parent's next commit
		assert_true(next_frame_waits(&hasty));
	}
	assert_false(next_frame_waits(&hasty));
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&buffers[i]);
	}
	hasty_finish(&hasty);
}

// What is to stay for a refresh does, though the next picture waits behind it and may be torn.
static void test_barriers_are_seen_for_a_refresh(void **state) {
	struct hasty hasty;
	hasty_init(&hasty, *state);
	struct test_client *client = &hasty.witness.client;
	struct test_surface *surface = &hasty.witness.window.base;
	struct wp_fifo_v1 *fifo = wp_fifo_manager_v1_get_fifo(client->fifo, surface->surface);
	struct test_buffer buffers[2];
	struct test_feedback feedbacks[2];
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(
			&buffers[i], client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	}
	for (int round = 0; round < FRAMES; round++) {
		for (int i = 0; i < 2; i++) {
			test_buffer_wait_release(&buffers[i]);
			test_feedback_init(&feedbacks[i], surface);
			if (i == 0) {
				wp_fifo_v1_set_barrier(fifo);
			} else {
				wp_fifo_v1_wait_barrier(fifo);
			}
			test_surface_show(surface, &buffers[i]);
		}
		assert_true(waits(&feedbacks[0]));
		test_feedback_wait(&feedbacks[1]);
		assert_true(feedbacks[1].presented);
		int64_t seen_ns = feedbacks[0].time_ns;
		async_commits_but(seen_ns, seen_ns + feedbacks[0].refresh_ns);
		test_client_wait(client, surface->callback == NULL);
		assert_false(next_frame_waits(&hasty));
		for (int i = 0; i < 2; i++) {
			test_feedback_finish(&feedbacks[i]);
		}
	}
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&buffers[i]);
	}
	wp_fifo_v1_destroy(fifo);
	hasty_finish(&hasty);
}

// What the device refuses is shown as usual, and it is not asked again: not for any format.
static void test_refused_frames_wait(void **state) {
	struct hasty hasty;
	hasty_init(&hasty, *state);
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565};
	enum { N = sizeof(formats) / sizeof(formats[0]) };
	struct test_buffer buffers[N];
	for (int i = 0; i < N; i++) {
		test_buffer_init_dmabuf(&buffers[i], &hasty.witness.client, TEST_MEMORY_UDMABUF, formats[i],
			TEST_WIDTH, TEST_HEIGHT);
	}
	for (int i = 0; i < FRAMES; i++) {
		assert_true(buffer_waits(&hasty.witness.window.base, &buffers[i % N]));
	}
	assert_int_equal(torn_frames(*state), 0);
	assert_int_equal(async_commits(), N);
	for (int i = 0; i < N; i++) {
		test_buffer_finish(&buffers[i]);
	}
	hasty_finish(&hasty);
}

int main(void) {
	test_guard(90);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_buffers_do_not_wait, start_taking, stop),
		cmocka_unit_test_setup_teardown(test_frames_of_more_than_a_buffer_wait, start_taking, stop),
		cmocka_unit_test_setup_teardown(test_barriers_are_seen_for_a_refresh, start_taking, stop),
		cmocka_unit_test_setup_teardown(test_refused_frames_wait, start_refusing, stop),
	};
	return cmocka_run_group_tests_name("torn", tests, NULL, NULL);
}
