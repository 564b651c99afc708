// SPDX-License-Identifier: MIT
// vitrinectl calibrate with a touch screen that is glued on askew: the crosses are touched where the display
// shows them, and afterwards a finger on a px is a finger on that px of the app.
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "input-fixture.h"
#include "program.h"

enum { UNITS = 64, CROSSES = 4 };

// An eighth from the corners, in the order of vitrinectl(1).
static const double crosses[CROSSES][2] = {
	{0.125, 0.125}, {0.875, 0.125}, {0.875, 0.875}, {0.125, 0.875}};

static char file[64];

// ---- A panel whose touch screen does not fit it: mirrored, too small and askew ----

static void to_device(double u, double v, int *x, int *y) {
	double raw_u = 1 - (0.05 + 0.88 * u + 0.01 * v), raw_v = 0.03 - 0.015 * u + 0.93 * v;
	*x = (int)lround(raw_u * TEST_WIDTH * UNITS - 0.5);
	*y = (int)lround(raw_v * TEST_HEIGHT * UNITS - 0.5);
}

// The middle of a px of the panel.
static void touch_px(struct test_device *device, int x, int y) {
	int at_x, at_y;
	to_device((x + 0.5) / TEST_WIDTH, (y + 0.5) / TEST_HEIGHT, &at_x, &at_y);
	test_device_touch_down(device, 0, at_x, at_y);
	test_device_touch_up(device, 0);
}

static void touch_cross(struct test_device *device, int transform, const double cross[2]) {
	double u = cross[0], v = cross[1], before;
	for (int i = 0; i < transform; i++) { // back to how the panel is mounted, a quarter at a time
		before = u;
		u = v;
		v = 1 - before;
	}
	int x, y;
	to_device(u, v, &x, &y);
	test_device_touch_down(device, 0, x + 40, y); // fingers move a little
	test_device_touch_move(device, 0, x - 40, y);
	test_device_touch_up(device, 0);
}

// ---- The program ----

static pid_t start(const struct input_fixture *fixture, const char *const *argv, int *errors) {
	assert_int_equal(setenv("WAYLAND_DISPLAY", fixture->server.socket, 1), 0);
	return test_program_start(argv, STDERR_FILENO, errors);
}

static int wait_end(pid_t pid, int errors, char *text, size_t size) {
	size_t length = 0;
	ssize_t n;
	while ((n = read(errors, text + length, size - 1 - length)) > 0) {
		length += (size_t)n;
	}
	text[length] = '\0';
	close(errors);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Until so many pictures of it were on the screen.
static void wait_pictures(struct input_fixture *fixture, int wanted) {
	int64_t frames = 0;
	while (frames < wanted) {
		struct json_object *status = test_status(&fixture->control);
		struct json_object *layers = test_json(test_status_output(status, 0), "layers");
		for (size_t i = 0; i < json_object_array_length(layers); i++) {
			struct json_object *layer = json_object_array_get_idx(layers, i);
			if (strcmp(test_json_string(layer, "app_id"), "vitrinectl") == 0) {
				frames = test_json_int(layer, "frames");
			}
		}
		json_object_put(status);
	}
}

static void take_picture(const struct input_fixture *fixture) {
	const char *folder = getenv("MESON_BUILD_ROOT");
	char path[512], text[256];
	snprintf(path, sizeof(path), "%s/calibrate.png", folder ? folder : "/tmp");
	const char *argv[] = {"vitrinectl", "screenshot", path, NULL};
	int errors;
	pid_t pid = start(fixture, argv, &errors);
	assert_int_equal(wait_end(pid, errors, text, sizeof(text)), 0);
}

static void walk(struct input_fixture *fixture, int transform) {
	for (int i = 0; i < CROSSES; i++) {
		wait_pictures(fixture, i + 1);
		if (i == 1) {
			take_picture(fixture);
		}
		touch_cross(&fixture->touch, transform, crosses[i]);
	}
}

static void plug(struct input_fixture *fixture) {
	static const struct test_device_settings settings = {
		.width = UNITS * TEST_WIDTH, .height = UNITS * TEST_HEIGHT};
	test_device_init_touch(&fixture->touch, &fixture->server, "askew panel", &settings);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_TOUCH);
}

// Of a plain output: corners and places between.
static void expect_exact(struct input_fixture *fixture) {
	static const int places[][2] = {{2, 2}, {TEST_WIDTH - 3, 2}, {2, TEST_HEIGHT - 3},
		{TEST_WIDTH - 3, TEST_HEIGHT - 3}, {37, 101}, {250, 66}, {160, 120}};
	fixture->seat.ignored = 1u << TEST_TOUCH_FRAME | 1u << TEST_KEYBOARD_ENTER |
		1u << TEST_KEYBOARD_LEAVE | 1u << TEST_MODIFIERS;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		touch_px(&fixture->touch, places[i][0], places[i][1]);
		struct test_event event = test_seat_expect(&fixture->seat, TEST_TOUCH_DOWN);
		if (floor(event.x) != places[i][0] || floor(event.y) != places[i][1]) {
			fail_msg("px %d,%d was touched, %g,%g was told", places[i][0], places[i][1], event.x,
				event.y);
		}
		test_seat_expect(&fixture->seat, TEST_TOUCH_UP);
	}
}

// ---- Tests ----

static void calibrate_into_file(const char *configuration, int transform) {
	struct input_fixture *fixture = input_start_with(configuration);
	plug(fixture);
	const char *argv[] = {"vitrinectl", "calibrate", "--file", file, NULL};
	char text[1024];
	int errors;
	pid_t pid = start(fixture, argv, &errors);
	walk(fixture, transform);
	if (wait_end(pid, errors, text, sizeof(text)) != 0) {
		fail_msg("%s", text);
	}
	// None of these touches was the app's.
	fixture->seat.ignored = ~(1u << TEST_TOUCH_DOWN | 1u << TEST_TOUCH_UP);
	test_seat_expect_nothing(&fixture->seat);
	input_stop((void **)&fixture);
}

static void read_matrix(char *text, size_t size) {
	FILE *stream = fopen(file, "re");
	assert_non_null(stream);
	size_t length = fread(text, 1, size - 1, stream);
	text[length] = '\0';
	fclose(stream);
}

static void test_on_turned_outputs(void **state) {
	(void)state;
	static const char *const configurations[] = {
		"", "[output *]\ntransform = 90\nscale = 1.5\n", "[output *]\ntransform = 180\n"};
	static const int transforms[] = {0, 1, 2};
	for (size_t i = 0; i < 3; i++) {
		calibrate_into_file(configurations[i], transforms[i]);
		// The matrix is the panel's, however its picture is turned.
		char text[1024];
		read_matrix(text, sizeof(text));
		struct input_fixture *fixture = input_start_with(text);
		plug(fixture);
		expect_exact(fixture);
		input_stop((void **)&fixture);
		unlink(file);
	}
}

// Without a file it goes where the configuration is, and takes effect at once: for the app that is there.
static void test_takes_effect_at_once(void **state) {
	struct input_fixture *fixture = *state;
	plug(fixture);
	const char *argv[] = {"vitrinectl", "calibrate", NULL};
	char text[1024];
	int errors;
	pid_t pid = start(fixture, argv, &errors);
	walk(fixture, 0);
	if (wait_end(pid, errors, text, sizeof(text)) != 0) {
		fail_msg("%s", text);
	}
	test_seat_drain(&fixture->seat);
	expect_exact(fixture);
	assert_int_equal(unlink("/tmp/conf.d/calibration.ini"), 0);
	rmdir("/tmp/conf.d");
}

// Touches that do not fit the crosses are not believed.
static void test_touched_elsewhere(void **state) {
	struct input_fixture *fixture = *state;
	plug(fixture);
	const char *argv[] = {"vitrinectl", "calibrate", "--file", file, NULL};
	char text[1024];
	int errors;
	pid_t pid = start(fixture, argv, &errors);
	int pictures = 0;
	for (int round = 0; round < 3; round++) {
		static const int order[CROSSES] = {0, 2, 1, 3};
		for (int i = 0; i < CROSSES; i++) {
			wait_pictures(fixture, ++pictures);
			touch_cross(&fixture->touch, 0, crosses[order[i]]);
		}
		pictures++; // the one with all of them done
	}
	assert_int_equal(wait_end(pid, errors, text, sizeof(text)), 1);
	assert_non_null(strstr(text, "did not fit"));
	assert_int_equal(access(file, F_OK), -1);
	// Its touches are the app's again.
	test_seat_drain(&fixture->seat);
	fixture->seat.ignored = ~(1u << TEST_TOUCH_DOWN);
	touch_px(&fixture->touch, 100, 100);
	test_seat_expect(&fixture->seat, TEST_TOUCH_DOWN);
}

static void expect_refusal(
	struct input_fixture *fixture, const char *const *argv, const char *reason) {
	char text[1024];
	int errors;
	pid_t pid = start(fixture, argv, &errors);
	assert_int_equal(wait_end(pid, errors, text, sizeof(text)), 1);
	if (!strstr(text, reason)) {
		fail_msg("it said: %s", text);
	}
}

static void test_refusals(void **state) {
	struct input_fixture *fixture = *state;
	const char *any[] = {"vitrinectl", "calibrate", "--print", NULL};
	expect_refusal(fixture, any, "there is no touch screen");
	plug(fixture);
	const char *named[] = {"vitrinectl", "calibrate", "--print", "--device", "nothing", NULL};
	expect_refusal(fixture, named, "of that name");
	test_device_init_touch(&fixture->others[0], &fixture->server, "another panel", NULL);
	expect_refusal(fixture, any, "several touch screens");
	// One at a time; what is pulled out ends it.
	const char *first[] = {"vitrinectl", "calibrate", "--print", "--device", "askew panel", NULL};
	char text[1024];
	int errors;
	pid_t pid = start(fixture, first, &errors);
	wait_pictures(fixture, 1);
	const char *second[] = {
		"vitrinectl", "calibrate", "--print", "--device", "another panel", NULL};
	expect_refusal(fixture, second, "under way");
	test_device_finish(&fixture->touch, &fixture->server);
	assert_int_equal(wait_end(pid, errors, text, sizeof(text)), 1);
	assert_non_null(strstr(text, "gone"));
}

int main(void) {
	test_guard(110);
	snprintf(file, sizeof(file), "/tmp/vitrine-calibrate-%d.ini", (int)getpid());
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_turned_outputs),
		TEST(test_takes_effect_at_once),
		TEST(test_touched_elsewhere),
		TEST(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
