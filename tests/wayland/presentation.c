// SPDX-License-Identifier: MIT
// What clients hear of their frames: the time and count of the flip itself, that nothing was copied
// only if it was so, and one callback for each frame that was shown.
#include <dirent.h>
#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#define FRAMES 60
#define REFRESH_NS (1000000000 / 60)

static int64_t now_ns(clockid_t clock) {
	struct timespec ts;
	assert_int_equal(clock_gettime(clock, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void test_times_and_counts_are_the_hardware_s(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct test_surface *surface = &witness.window.base;
	int64_t last_time = 0;
	uint64_t last_sequence = 0;
	for (int i = 0; i < FRAMES; i++) {
		struct test_feedback feedback;
		test_feedback_init(&feedback, surface);
		int64_t before = now_ns((clockid_t)witness.client.presentation_clock);
		witness_next_frame(&witness);
		test_feedback_wait(&feedback);
		int64_t after = now_ns((clockid_t)witness.client.presentation_clock);
		assert_true(feedback.presented);
		assert_int_equal(feedback.sync_outputs, 1);
		const uint32_t wanted = WP_PRESENTATION_FEEDBACK_KIND_VSYNC |
			WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK | WP_PRESENTATION_FEEDBACK_KIND_HW_COMPLETION |
			WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY;
		assert_int_equal(feedback.flags, wanted);
		assert_in_range(feedback.refresh_ns, REFRESH_NS / 100 * 99, REFRESH_NS / 100 * 101);
		// vkms stamps a flip with the time at which its vblank is over.
		assert_true(feedback.time_ns > before - REFRESH_NS);
		assert_true(feedback.time_ns < after + REFRESH_NS);
		if (i > 0) {
			assert_true(feedback.sequence > last_sequence);
			int64_t refreshes = (int64_t)(feedback.sequence - last_sequence);
			int64_t off = feedback.time_ns - last_time - refreshes * (int64_t)feedback.refresh_ns;
			if (off > REFRESH_NS / 4 || off < -REFRESH_NS / 4) {
				fail_msg("%lld refreshes later the time is off by %lld us", (long long)refreshes,
					(long long)off / 1000);
			}
		}
		last_time = feedback.time_ns;
		last_sequence = feedback.sequence;
		test_feedback_finish(&feedback);
	}
	witness_finish(&witness);
}

static void test_composed_frames_are_not_zero_copy(void **state) {
	struct fixture *fixture = *state;
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	test_client_connect(&client, &fixture->server);
	test_window_init(&window, &client, "app", NULL);
	test_buffer_init_shm(&buffer, &client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	for (int i = 0; i < 5; i++) {
		struct test_feedback feedback;
		test_feedback_init(&feedback, &window.base);
		test_surface_show(&window.base, &buffer);
		test_feedback_wait(&feedback);
		assert_true(feedback.presented);
		assert_false(feedback.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY);
		assert_true(feedback.flags & WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK);
		test_feedback_finish(&feedback);
		test_client_wait(&client, !window.base.callback);
	}
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&client);
}

// Contents that were replaced before a frame took them were never shown.
static void test_superseded_contents_are_discarded(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct test_surface *surface = &witness.window.base;
	int discarded = 0;
	for (int i = 0; i < 10; i++) {
		struct test_feedback first, second;
		test_feedback_init(&first, surface);
		wl_surface_commit(surface->surface);
		test_feedback_init(&second, surface);
		witness_next_frame(&witness);
		test_feedback_wait(&first);
		test_feedback_wait(&second);
		assert_true(second.presented);
		discarded += first.discarded; // a frame may have begun in between
		test_feedback_finish(&first);
		test_feedback_finish(&second);
	}
	assert_true(discarded > 0);
	witness_finish(&witness);
}

struct count {
	unsigned done;
};

static void handle_done(void *data, struct wl_callback *callback, uint32_t time) {
	(void)time;
	struct count *count = data;
	count->done++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener count_listener = {.done = handle_done};

// Each callback once, all of a commit together, and no more than one frame a refresh.
static void test_callbacks_come_once_a_presented_frame(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	int64_t frames = test_status_counter(&fixture->control, 0, "frames");
	struct count count = {0};
	uint64_t first = 0, last = 0;
	for (int i = 0; i < FRAMES; i++) {
		for (int j = 0; j < 2; j++) {
			struct wl_callback *callback = wl_surface_frame(witness.window.base.surface);
			wl_callback_add_listener(callback, &count_listener, &count);
		}
		struct test_feedback feedback;
		test_feedback_init(&feedback, &witness.window.base);
		witness_next_frame(&witness);
		test_feedback_wait(&feedback);
		assert_int_equal(count.done, 2 * (i + 1));
		first = i == 0 ? feedback.sequence : first;
		last = feedback.sequence;
		test_feedback_finish(&feedback);
	}
	int64_t shown = test_status_counter(&fixture->control, 0, "frames") - frames;
	assert_in_range(shown, FRAMES, FRAMES + 1);
	assert_true(last - first >= FRAMES - 1);
	witness_finish(&witness);
}

// A commit that changes nothing but asks for a callback gets it with a frame.
static void test_callback_without_new_contents(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	for (int i = 0; i < 5; i++) {
		test_surface_want_frame(&witness.window.base);
		wl_surface_commit(witness.window.base.surface);
		test_surface_wait_frame(&witness.window.base);
	}
	witness_finish(&witness);
}

// A client behind another goes on, though it cannot be seen, but slowly and unpresented.
static void test_hidden_clients_get_slow_callbacks(void **state) {
	struct fixture *fixture = *state;
	struct witness hidden, front;
	witness_init(&hidden, fixture, "hidden", 1);
	witness_init(&front, fixture, "front", 2);
	int64_t frames = test_status_counter(&fixture->control, 0, "frames");
	int64_t start = now_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < 3; i++) {
		struct test_feedback feedback;
		test_feedback_init(&feedback, &hidden.window.base);
		witness_next_frame(&hidden);
		test_feedback_wait(&feedback);
		assert_true(feedback.discarded);
		test_feedback_finish(&feedback);
	}
	// Two pauses at the least of what is well above a refresh.
	assert_true(now_ns(CLOCK_MONOTONIC) - start > 4 * (int64_t)REFRESH_NS);
	// And the screen is left alone.
	assert_in_range(test_status_counter(&fixture->control, 0, "frames") - frames, 0, 6);
	witness_finish(&hidden);
	witness_finish(&front);
}

// How many of the server's timers run.
static int running_timers(const struct fixture *fixture) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)fixture->server.pid);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	int running = 0;
	const struct dirent *entry;
	while ((entry = readdir(folder)) != NULL) {
		char line[128];
		int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
		FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
		while (file && fgets(line, sizeof(line), file)) {
			long long seconds, nanoseconds;
			if (sscanf(line, "it_value: (%lld, %lld)", &seconds, &nanoseconds) == 2) {
				running += seconds != 0 || nanoseconds != 0;
			}
		}
		if (file) {
			fclose(file);
		}
	}
	closedir(folder);
	return running;
}

static void wait_for_timers(const struct fixture *fixture, bool running) {
	while ((running_timers(fixture) > 0) != running) {
		usleep(20000);
	}
}

// While nothing changes nothing is waited for: no timer runs. One does while a client that cannot be seen
// waits for its callback, and no longer.
static void test_no_timer_runs_for_a_still_picture(void **state) {
	struct fixture *fixture = *state;
	struct witness hidden, front;
	witness_init(&hidden, fixture, "hidden", 1);
	witness_init(&front, fixture, "front", 2);
	for (int i = 0; i < 10; i++) {
		witness_next_frame(&front);
	}
	wait_for_timers(fixture, false);
	test_surface_want_frame(&hidden.window.base);
	wl_surface_commit(hidden.window.base.surface);
	test_client_roundtrip(&hidden.client);
	wait_for_timers(fixture, true);
	test_surface_wait_frame(&hidden.window.base);
	wait_for_timers(fixture, false);
	// The screen goes on at once.
	witness_next_frame(&front);
	wait_for_timers(fixture, false);
	witness_finish(&hidden);
	witness_finish(&front);
}

// Toolkits draw at the pace of the window's callbacks also while a subsurface of theirs covers it.
static void test_window_under_its_own_subsurface_keeps_its_pace(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	struct test_surface child;
	test_surface_init(&child, &witness.client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		witness.client.subcompositor, child.surface, witness.window.base.surface);
	struct test_buffer buffer;
	test_buffer_init_dmabuf(&buffer, &witness.client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
		TEST_WIDTH, TEST_HEIGHT);
	test_surface_show(&child, &buffer);
	witness_next_frame(&witness);
	struct test_layer_status layer = test_status_layer(&fixture->control, 0, "app");
	assert_string_equal(layer.placement, "culled");
	int64_t start = now_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < 10; i++) {
		witness_next_frame(&witness);
	}
	assert_true(now_ns(CLOCK_MONOTONIC) - start < 5000000000); // hidden ones: one a second
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	test_buffer_finish(&buffer);
	witness_finish(&witness);
}

int main(void) {
	test_guard(60);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
		TEST(test_times_and_counts_are_the_hardware_s),
		TEST(test_composed_frames_are_not_zero_copy),
		TEST(test_superseded_contents_are_discarded),
		TEST(test_callbacks_come_once_a_presented_frame),
		TEST(test_callback_without_new_contents),
		TEST(test_hidden_clients_get_slow_callbacks),
		TEST(test_no_timer_runs_for_a_still_picture),
		TEST(test_window_under_its_own_subsurface_keeps_its_pace),
	};
	return cmocka_run_group_tests_name("presentation", tests, NULL, NULL);
}
