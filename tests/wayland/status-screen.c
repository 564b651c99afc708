// SPDX-License-Identifier: MIT
// The status screen: px for px what its words are to look like, on screens without a window alone; it
// gives way without a black frame, takes no part in anything else, and comes back if it ends.
#include <drm_fourcc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "status-draw.h"
#include "status-text.h"

#define MODE "[output *]\nmode = " TEST_MODE "\n"
#define AT_ONCE "[status]\ndelay = 0\ntext = Call 555\n"

static void stop(struct fixture *fixture) {
	void *state = fixture;
	fixture_stop(&state);
}

// ---- What is to be seen ----

// The server's state as it tells the program. Its own status has the same words and times.
static struct json_object *make_state(struct fixture *fixture, const char *name, bool has_apps) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *apps = json_object_get(test_json(status, "apps"));
	struct json_object *indices = json_object_new_array();
	for (size_t i = 0; has_apps && i < json_object_array_length(apps); i++) {
		json_object_array_add(indices, json_object_new_int((int)i));
	}
	struct json_object *output = json_object_new_object();
	json_object_object_add(output, "name", json_object_new_string(name));
	json_object_object_add(output, "apps", indices);
	struct json_object *outputs = json_object_new_array();
	json_object_array_add(outputs, output);
	struct json_object *state = json_object_new_object();
	const char *folder = test_json_string(test_json(status, "configuration"), "folder");
	json_object_object_add(state, "folder", json_object_new_string(folder));
	json_object_object_add(state, "text", json_object_new_string("Call 555"));
	json_object_object_add(state, "apps", apps);
	json_object_object_add(state, "outputs", outputs);
	json_object_put(status);
	return state;
}

// Draws the words of now for an output, all of whose apps are meant for it or none, into the picture;
// upright px, turned as the output is.
static void draw(struct fixture *fixture, const char *output, bool has_apps, int width, int height,
	unsigned transform) {
	static const enum wl_output_transform inverse[] = {0, 3, 2, 1, 4, 5, 6, 7};
	struct status_host host;
	struct status_text text;
	struct json_object *state = make_state(fixture, output, has_apps);
	status_host_read(&host);
	status_text_make(&text, state, output, &host);
	json_object_put(state);
	struct status_brush *brush = status_brush_create();
	pixman_image_t *drawn = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);
	assert_non_null(brush);
	assert_non_null(drawn);
	assert_true(status_draw(brush, &text, drawn));
	const struct test_image image = {
		.format = DRM_FORMAT_XRGB8888,
		.width = width,
		.height = height,
		.data = {(uint8_t *)pixman_image_get_data(drawn)},
		.stride = {(uint32_t)pixman_image_get_stride(drawn)},
	};
	test_picture_draw(
		&fixture->picture, &(struct test_layer){.image = &image, .transform = inverse[transform]});
	pixman_image_unref(drawn);
	status_brush_destroy(brush);
}

// The screen shows them.
static void wait_words(struct fixture *fixture) {
	struct test_screen screen;
	draw(fixture, "Virtual-1", true, TEST_WIDTH, TEST_HEIGHT, WL_OUTPUT_TRANSFORM_NORMAL);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

// The process that has its window on the first output; 0: there is none.
static pid_t find_process(struct fixture *fixture) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	pid_t pid = 0;
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		if (strcmp(test_json_string(layer, "app_id"), "vitrine-status") == 0) {
			pid = (pid_t)test_json_int(layer, "pid");
			assert_string_equal(test_json_string(layer, "app"), "");
			assert_int_equal(test_json_int(layer, "width"), TEST_WIDTH);
			assert_int_equal(test_json_int(layer, "height"), TEST_HEIGHT);
		}
	}
	json_object_put(status);
	return pid;
}

// The app is in that state; the log has a line for each change.
static void wait_state(struct fixture *fixture, const char *name, const char *wanted) {
	for (bool there = false; !there;) {
		struct json_object *status = test_status(&fixture->control);
		struct json_object *apps = test_json(status, "apps");
		for (size_t i = 0; i < json_object_array_length(apps); i++) {
			struct json_object *app = json_object_array_get_idx(apps, i);
			there = there ||
				(strcmp(test_json_string(app, "name"), name) == 0 &&
					strcmp(test_json_string(app, "state"), wanted) == 0);
		}
		json_object_put(status);
		if (!there) {
			assert_true(test_server_read_log(&fixture->server));
		}
	}
}

static void command(struct fixture *fixture, const char *what) {
	char line[192];
	snprintf(line, sizeof(line), "vitrinectl --socket %s app %s", fixture->server.socket, what);
	assert_int_equal(system(line), 0);
}

// ---- Tests ----

static void test_no_app(void **state) {
	(void)state;
	struct fixture f;
	fixture_start_with(&f, MODE "[status]\ndelay = 0.2\ntext = Call 555\n");
	wait_words(&f);
	assert_true(find_process(&f) > 0);
	struct json_object *status = test_status(&f.control);
	assert_int_equal(json_object_array_length(test_json(status, "apps")), 0);
	json_object_put(status);
	stop(&f);
}

// From the one picture to the other, with nothing in between; and back again once it has gone.
static void test_gives_way(void **state) {
	(void)state;
	struct fixture f;
	struct witness witness;
	struct test_picture picture;
	struct test_screen screen;
	fixture_start_with(&f, MODE AT_ONCE "[app one]\ncommand = sleep 1000\n");
	wait_state(&f, "one", "running");
	wait_words(&f);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &f.picture);
	uint32_t before = test_picture_crc(&f.picture);
	witness_init(&witness, &f, "witness", 3);
	witness_picture(&witness, &picture);
	uint32_t after = test_picture_crc(&picture), frame, value;
	do {
		assert_true(test_crc_read(&screen.crc, &frame, &value, 30000));
		if (value != before && value != after) {
			fail_msg("between %08x and %08x the screen showed %08x", before, after, value);
		}
	} while (value != after);
	// Its program ends, and nobody sees it.
	assert_true(test_server_wait_log(&f.server, "app vitrine-status: stopped"));
	assert_int_equal(find_process(&f), 0);
	test_screen_assert_stays(&screen, &picture, 5);
	test_screen_close(&screen);
	witness_finish(&witness);
	test_picture_finish(&picture);
	wait_words(&f);
	stop(&f);
}

static void test_failed_for_good(void **state) {
	(void)state;
	struct fixture f;
	fixture_start_with(&f,
		MODE AT_ONCE
		"[app broken]\ncommand = sh -c 'exit 7'\nrestart-pause = 0\nmax-restarts = 2\n");
	wait_state(&f, "broken", "failed");
	wait_words(&f);
	// What an operator does changes the words.
	command(&f, "stop broken");
	wait_state(&f, "broken", "stopped");
	wait_words(&f);
	stop(&f);
}

// However much happens while it does not listen: it says how things are when it does again.
static void test_sleeps_over_changes(void **state) {
	(void)state;
	struct fixture f;
	fixture_start_with(&f, MODE AT_ONCE "watchdog-ping = 0\n[app one]\ncommand = sleep 1000\n");
	wait_state(&f, "one", "running");
	wait_words(&f);
	pid_t pid = find_process(&f);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < 20; i++) {
		command(&f, "restart one");
	}
	command(&f, "stop one");
	wait_state(&f, "one", "stopped");
	assert_int_equal(kill(pid, SIGCONT), 0);
	wait_words(&f);
	assert_int_equal(find_process(&f), pid);
	stop(&f);
}

// One that hangs is killed, and its place is taken. From when on it is watched may change while it runs.
static void test_hangs(void **state) {
	(void)state;
	struct fixture f;
	fixture_start_with(&f, MODE AT_ONCE "watchdog-ping = 0\n");
	wait_words(&f);
	pid_t pid = find_process(&f);
	fixture_reload(&f, MODE AT_ONCE "watchdog-ping = 1\n");
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_true(
		test_server_wait_log(&f.server, "app vitrine-status: killed: no answer to a ping for 1 s"));
	pid_t next;
	do {
		test_client_roundtrip(&f.control);
		next = find_process(&f);
	} while (next == 0 || next == pid);
	wait_words(&f);
	stop(&f);
}

static void test_comes_back(void **state) {
	(void)state;
	struct fixture f;
	pid_t last = 0;
	fixture_start_with(&f, MODE AT_ONCE);
	for (int i = 0; i < 3; i++) {
		pid_t now;
		do {
			test_client_roundtrip(&f.control);
			now = find_process(&f);
		} while (now == 0 || now == last);
		wait_words(&f);
		last = now;
		assert_int_equal(kill(now, SIGKILL), 0);
	}
	// It is waited for with a pause by now, and ends with the server in time all the same.
	stop(&f);
}

static void test_turned_and_scaled(void **state) {
	(void)state;
	struct fixture f;
	fixture_start_with(&f, MODE "transform = 90\nscale = 2\n" AT_ONCE);
	struct test_screen screen;
	draw(&f, "Virtual-1", true, TEST_HEIGHT, TEST_WIDTH, WL_OUTPUT_TRANSFORM_90);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &f.picture);
	test_screen_close(&screen);
	stop(&f);
}

// Off, on and off again while all runs.
static void test_reload(void **state) {
	(void)state;
	struct fixture f;
	struct test_screen screen;
	fixture_start_with(&f, MODE "[status]\nenabled = false\ndelay = 0\n");
	test_client_roundtrip(&f.control);
	assert_int_equal(find_process(&f), 0);
	fixture_reload(&f, MODE AT_ONCE);
	wait_words(&f);
	fixture_reload(&f, MODE "[status]\nenabled = false\ndelay = 0\n");
	assert_true(test_server_wait_log(&f.server, "app vitrine-status: stopped"));
	test_picture_fill(
		&f.picture, 0, 0, TEST_WIDTH, TEST_HEIGHT, (struct test_color){.a = UINT16_MAX});
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &f.picture);
	test_screen_close(&screen);
	stop(&f);
}

// Each says what is meant for it, and stays when the other one has its app.
static void test_two_outputs(void **state) {
	(void)state;
	struct fixture f;
	struct witness witness;
	struct test_picture picture;
	struct test_screen screens[2];
	fixture_start_with(&f, MODE AT_ONCE "[app one]\ncommand = sleep 1000\noutput = Virtual-1\n");
	wait_state(&f, "one", "running");
	wait_words(&f);
	draw(&f, "Virtual-2", false, TEST_WIDTH, TEST_HEIGHT, WL_OUTPUT_TRANSFORM_NORMAL);
	for (int i = 0; i < 2; i++) {
		test_screen_open(&screens[i], i);
	}
	test_screen_wait(&screens[1], &f.picture);
	witness_init(&witness, &f, "witness", 4);
	witness_picture(&witness, &picture);
	test_screen_wait(&screens[0], &picture);
	test_screen_assert_stays(&screens[1], &f.picture, 5);
	for (int i = 0; i < 2; i++) {
		test_screen_close(&screens[i]);
	}
	witness_finish(&witness);
	test_picture_finish(&picture);
	stop(&f);
}

static int run_dual(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_outputs)};
	return cmocka_run_group_tests_name("status-screen", tests, NULL, NULL);
}

int main(void) {
	test_guard(170);
	test_server_status_screen = true;
	const char *layout = getenv("VITRINE_LAYOUT");
	if (layout && strcmp(layout, "dual") == 0) {
		return run_dual();
	}
	test_need_layout("default");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_app),
		cmocka_unit_test(test_gives_way),
		cmocka_unit_test(test_failed_for_good),
		cmocka_unit_test(test_sleeps_over_changes),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_turned_and_scaled),
		cmocka_unit_test(test_reload),
	};
	return cmocka_run_group_tests_name("status-screen", tests, NULL, NULL);
}
