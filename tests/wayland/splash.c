// SPDX-License-Identifier: MIT
// What another process has left on the screen, a boot splash for one, stays there until an app's first
// picture: at every refresh the screen shows the one or the other. Where it does not fit, the screen is black.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fixture.h"
#include "other-session.h"

#define PATIENCE_S 30

static const struct intruder_look plain = {.format = DRM_FORMAT_XRGB8888, .seed = 1};

// ---- Every picture that the screen shows ----

enum { MAX_PICTURES = 16 };

struct recorder {
	struct test_crc crc;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t more;
	uint32_t pictures[MAX_PICTURES]; // CRCs, each other than the one before
	int n;
	unsigned refreshes; // of which the CRC is known
	bool stops;
};

static void record(struct recorder *recorder, uint32_t value) {
	pthread_mutex_lock(&recorder->mutex);
	recorder->refreshes++;
	bool other = recorder->n == 0 || recorder->pictures[recorder->n - 1] != value;
	if (other && recorder->n < MAX_PICTURES) {
		recorder->pictures[recorder->n++] = value;
	}
	pthread_cond_broadcast(&recorder->more);
	pthread_mutex_unlock(&recorder->mutex);
}

static bool stops(struct recorder *recorder) {
	pthread_mutex_lock(&recorder->mutex);
	bool result = recorder->stops;
	pthread_mutex_unlock(&recorder->mutex);
	return result;
}

static void *run(void *data) {
	struct recorder *recorder = data;
	while (!stops(recorder)) {
		uint32_t frame, value;
		if (test_crc_read(&recorder->crc, &frame, &value, 100)) {
			record(recorder, value);
		}
	}
	return NULL;
}

static void recorder_start(struct recorder *recorder) {
	*recorder = (struct recorder){.mutex = PTHREAD_MUTEX_INITIALIZER};
	pthread_cond_init(&recorder->more, NULL);
	assert_true(test_crc_open(&recorder->crc, test_device_rdev(), 0));
	assert_int_equal(pthread_create(&recorder->thread, NULL, run, recorder), 0);
}

static void wait_more(struct recorder *recorder, const struct timespec *end) {
	if (pthread_cond_timedwait(&recorder->more, &recorder->mutex, end) != 0) {
		fail_msg("the screen did not come to show what it should: after %u refreshes and %d "
				 "pictures CRC %08x",
			recorder->refreshes, recorder->n,
			recorder->n > 0 ? recorder->pictures[recorder->n - 1] : 0);
	}
}

static struct timespec patience(void) {
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_S;
	return end;
}

// Until so many pictures were shown, and the newest of them at `refreshes` refreshes from now on.
static void recorder_wait(struct recorder *recorder, int n, unsigned refreshes) {
	struct timespec end = patience();
	pthread_mutex_lock(&recorder->mutex);
	while (recorder->n < n) {
		wait_more(recorder, &end);
	}
	unsigned last = recorder->refreshes + refreshes;
	while (recorder->refreshes < last) {
		wait_more(recorder, &end);
	}
	pthread_mutex_unlock(&recorder->mutex);
}

static void recorder_stop(struct recorder *recorder) {
	pthread_mutex_lock(&recorder->mutex);
	recorder->stops = true;
	pthread_mutex_unlock(&recorder->mutex);
	pthread_join(recorder->thread, NULL);
	test_crc_close(&recorder->crc);
	pthread_cond_destroy(&recorder->more);
}

// ---- A splash, a server and an app ----

struct stage {
	struct intruder splash; // its file is -1 once it has ended
	struct recorder recorder;
	struct fixture fixture;
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	struct test_picture picture; // of the app
};

// Lets go of the display, and keeps its file, which keeps the picture.
static void splash_show(struct stage *stage, const struct intruder_look *look) {
	*stage = (struct stage){.splash.fd = open(test_device(), O_RDWR | O_CLOEXEC)};
	assert_true(stage->splash.fd >= 0);
	assert_true(intruder_show(&stage->splash, look));
	assert_int_equal(drmDropMaster(stage->splash.fd), 0);
}

// As a process that ends: the kernel frees what it had.
static void splash_end(struct stage *stage) {
	if (stage->splash.fd >= 0) {
		close(stage->splash.fd);
		stage->splash.fd = -1;
	}
}

static void server_start(struct stage *stage, const char *more) {
	char text[256];
	const drmModeModeInfo *mode = &stage->splash.mode;
	snprintf(text, sizeof(text), "[output *]\nmode = %dx%d@%u\n%s", mode->hdisplay, mode->vdisplay,
		mode->vrefresh, more);
	fixture_start_with(&stage->fixture, text);
}

// Shows a window all over the screen, of a server that turns pictures by `transform`.
static void app_start(struct stage *stage, enum wl_output_transform transform) {
	int width = stage->splash.mode.hdisplay, height = stage->splash.mode.vdisplay;
	bool quarter = transform & WL_OUTPUT_TRANSFORM_90;
	test_client_connect(&stage->client, &stage->fixture.server);
	test_window_init(&stage->window, &stage->client, "app", NULL);
	test_buffer_init_shm(&stage->buffer, &stage->client, DRM_FORMAT_XRGB8888,
		quarter ? height : width, quarter ? width : height);
	test_buffer_paint(&stage->buffer, 2);
	test_surface_show(&stage->window.base, &stage->buffer);
	test_picture_init(&stage->picture, width, height);
	test_picture_draw(&stage->picture,
		&(struct test_layer){.image = &stage->buffer.image,
			.transform = transform == WL_OUTPUT_TRANSFORM_90 ? WL_OUTPUT_TRANSFORM_270
															 : WL_OUTPUT_TRANSFORM_NORMAL});
}

static void app_end(struct stage *stage) {
	test_window_finish(&stage->window);
	test_buffer_finish(&stage->buffer);
	test_client_disconnect(&stage->client);
	test_picture_finish(&stage->picture);
}

static void finish(struct stage *stage) {
	void *state = &stage->fixture;
	fixture_stop(&state);
	splash_end(stage);
	test_picture_finish(&stage->splash.picture);
}

static void assert_modesets(struct stage *stage, int64_t modesets) {
	assert_int_equal(test_status_counter(&stage->fixture.control, 0, "modesets"), modesets);
}

static void assert_pictures(const struct recorder *recorder, const uint32_t *pictures, int n) {
	for (int i = 0; i < recorder->n; i++) {
		print_message(
			"picture %d: %08x, %08x expected\n", i, recorder->pictures[i], i < n ? pictures[i] : 0);
	}
	assert_int_equal(recorder->n, n);
	assert_memory_equal(recorder->pictures, pictures, (size_t)n * sizeof(*pictures));
}

static uint32_t crc_of_black(const struct stage *stage) {
	struct test_picture black;
	test_picture_init(&black, stage->splash.mode.hdisplay, stage->splash.mode.vdisplay);
	uint32_t crc = test_picture_crc(&black);
	test_picture_finish(&black);
	return crc;
}

static void assert_black(const struct stage *stage) {
	struct test_screen screen;
	struct test_picture black;
	test_picture_init(&black, stage->splash.mode.hdisplay, stage->splash.mode.vdisplay);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &black);
	test_screen_assert_stays(&screen, &black, 3);
	test_screen_close(&screen);
	test_picture_finish(&black);
}

// ---- The tests ----

// The splash ends before the app begins, or after.
static void show_kept(
	const struct intruder_look *look, bool early, enum wl_output_transform transform) {
	struct stage stage;
	splash_show(&stage, look);
	recorder_start(&stage.recorder);
	recorder_wait(&stage.recorder, 1, 1);
	server_start(&stage, transform == WL_OUTPUT_TRANSFORM_90 ? "transform = 90\n" : "");
	recorder_wait(&stage.recorder, 1, 3);
	if (early) {
		splash_end(&stage);
		recorder_wait(&stage.recorder, 1, 3);
	}
	app_start(&stage, transform);
	recorder_wait(&stage.recorder, 2, 3);
	splash_end(&stage);
	recorder_wait(&stage.recorder, 2, 3);
	assert_modesets(&stage, 0);
	// It does not come back.
	uint32_t app = test_picture_crc(&stage.picture);
	app_end(&stage);
	recorder_wait(&stage.recorder, 3, 3);
	recorder_stop(&stage.recorder);
	const uint32_t expected[] = {
		test_picture_crc(&stage.splash.picture), app, crc_of_black(&stage)};
	assert_pictures(&stage.recorder, expected, 3);
	finish(&stage);
}

static void test_kept(void **state) {
	(void)state;
	show_kept(&plain, true, WL_OUTPUT_TRANSFORM_NORMAL);
	show_kept(&plain, false, WL_OUTPUT_TRANSFORM_NORMAL);
}

static void test_kept_as_it_is(void **state) {
	(void)state;
	const struct intruder_look other_format = {.format = DRM_FORMAT_RGB565, .seed = 3};
	const struct intruder_look larger = {.format = DRM_FORMAT_XRGB8888, .seed = 4, .more = 32};
	show_kept(&other_format, true, WL_OUTPUT_TRANSFORM_NORMAL);
	show_kept(&larger, true, WL_OUTPUT_TRANSFORM_NORMAL);
	show_kept(&plain, true, WL_OUTPUT_TRANSFORM_90);
}

// A small window has black around it, and nothing of the splash.
static void test_small_window(void **state) {
	(void)state;
	struct stage stage;
	splash_show(&stage, &plain);
	server_start(&stage, "");
	test_client_connect(&stage.client, &stage.fixture.server);
	test_window_init(&stage.window, &stage.client, "app", NULL);
	test_buffer_init_shm(&stage.buffer, &stage.client, DRM_FORMAT_XRGB8888, 100, 80);
	test_buffer_paint(&stage.buffer, 2);
	test_surface_show(&stage.window.base, &stage.buffer);
	int width = stage.splash.mode.hdisplay, height = stage.splash.mode.vdisplay;
	test_picture_init(&stage.picture, width, height);
	test_picture_draw(&stage.picture,
		&(struct test_layer){
			.image = &stage.buffer.image, .x = (width - 100) / 2, .y = (height - 80) / 2});
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &stage.picture);
	test_screen_close(&screen);
	app_end(&stage);
	finish(&stage);
}

// A screenshot is one of the splash, and changes nothing.
static void test_screenshots(void **state) {
	(void)state;
	struct stage stage;
	splash_show(&stage, &plain);
	server_start(&stage, "");
	for (int i = 0; i < 2; i++) {
		test_capture_assert(&stage.fixture.control, &stage.splash.picture, 0);
		splash_end(&stage);
	}
	finish(&stage);
}

// The first picture of anything else is not black.
static void show_no_black(const char *more, bool status_screen) {
	struct stage stage;
	splash_show(&stage, &plain);
	recorder_start(&stage.recorder);
	recorder_wait(&stage.recorder, 1, 1);
	test_server_status_screen = status_screen;
	server_start(&stage, more);
	test_server_status_screen = false;
	recorder_wait(&stage.recorder, 2, 3);
	recorder_stop(&stage.recorder);
	assert_int_equal(stage.recorder.pictures[0], test_picture_crc(&stage.splash.picture));
	for (int i = 1; i < stage.recorder.n; i++) {
		assert_int_not_equal(stage.recorder.pictures[i], crc_of_black(&stage));
	}
	finish(&stage);
}

static void test_background(void **state) {
	(void)state;
	show_no_black("background = #204060\n", false);
}

static void test_status_screen(void **state) {
	(void)state;
	show_no_black("[status]\ndelay = 0\n", true);
}

// Of another size than the mode that is asked for, or not as it is in memory.
static void test_unfit(void **state) {
	(void)state;
	struct stage stage;
	splash_show(&stage, &plain);
	stage.splash.mode = (drmModeModeInfo){.hdisplay = 800, .vdisplay = 600, .vrefresh = 60};
	server_start(&stage, "");
	assert_black(&stage);
	assert_modesets(&stage, 1);
	finish(&stage);
	const struct intruder_look moved = {
		.format = DRM_FORMAT_XRGB8888, .seed = 5, .more = 32, .from = 16};
	splash_show(&stage, &moved);
	server_start(&stage, "");
	assert_black(&stage);
	assert_modesets(&stage, 0);
	finish(&stage);
}

// The kernel takes the picture of a process that has ended off the screen.
static void test_ended_before(void **state) {
	(void)state;
	struct stage stage;
	splash_show(&stage, &plain);
	splash_end(&stage);
	server_start(&stage, "");
	assert_black(&stage);
	finish(&stage);
}

int main(void) {
	test_guard(230);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_as_it_is),
		cmocka_unit_test(test_small_window),
		cmocka_unit_test(test_screenshots),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_status_screen),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_ended_before),
	};
	return cmocka_run_group_tests_name("splash", tests, NULL, NULL);
}
