// SPDX-License-Identifier: MIT
// Recordings of libinput's own tools: what `libinput record` wrote while a device was used is played by
// `libinput replay` on a device that it makes from the recording, and the client hears the same.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "input-fixture.h"

static char folder[] = "/tmp/vitrine-recordings-XXXXXX";
static char recording[64];

// ---- libinput's tools ----

struct tool {
	pid_t pid;
	int input, output; // of its standard input, error and output
	char text[4096];   // what it said
};

static void start_tool(struct tool *tool, const char *const *argv) {
	int in[2], out[2];
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fflush(NULL);
	*tool = (struct tool){.pid = fork(), .input = in[1], .output = out[0]};
	assert_true(tool->pid >= 0);
	if (tool->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("PATH", "/usr/bin:/bin", 1); // its Python is the system's, which has its modules
		setenv("PYTHONUNBUFFERED", "1", 1);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
}

static void wait_said(struct tool *tool, const char *text) {
	size_t length = strlen(tool->text);
	while (!strstr(tool->text, text)) {
		ssize_t n = read(tool->output, tool->text + length, sizeof(tool->text) - 1 - length);
		if (n <= 0) {
			fail_msg("it ended before it said '%s': %s", text, tool->text);
		}
		length += (size_t)n;
		tool->text[length] = '\0';
	}
}

static void end_tool(struct tool *tool) {
	kill(tool->pid, SIGINT);
	assert_int_equal(waitpid(tool->pid, NULL, 0), tool->pid);
	close(tool->input);
	close(tool->output);
}

static void start_recording(struct tool *tool, struct test_device *device) {
	char node[32];
	test_device_node(device, node);
	// Without this every letter would be an A.
	const char *argv[] = {"libinput", "record", "--show-keycodes", "-o", recording, node, NULL};
	start_tool(tool, argv);
	wait_said(tool, "Recording to");
}

// ---- What is done with a device, and what has to come of it ----

struct script {
	const char *name; // of the device
	uint32_t capability;
	void (*plug)(struct input_fixture *fixture, struct test_device *device, const char *name);
	void (*play)(struct test_device *device);
	void (*expect)(struct input_fixture *fixture);
};

static void plug_touch(
	struct input_fixture *fixture, struct test_device *device, const char *name) {
	struct test_device_settings settings = {.width = 16 * TEST_WIDTH, .height = 16 * TEST_HEIGHT};
	test_device_init_touch(device, &fixture->server, name, &settings);
}

enum { FINGERS = 5 };

static void play_touch(struct test_device *device) {
	for (int i = 0; i < FINGERS; i++) {
		test_device_touch_down(device, i, 16 * 40 * i + 8, 16 * 30 * i + 8);
	}
	for (int i = 0; i < FINGERS; i++) {
		test_device_touch_move(device, i, 16 * (40 * i + 11) + 8, 16 * (30 * i + 7) + 8);
	}
	for (int i = 0; i < FINGERS; i++) {
		test_device_touch_up(device, i);
	}
}

static void expect_at(struct test_event event, int x, int y) {
	assert_int_equal((int)event.x, x);
	assert_int_equal((int)event.y, y);
}

static void expect_touch(struct input_fixture *fixture) {
	struct test_seat *seat = &fixture->seat;
	seat->ignored = 1u << TEST_TOUCH_FRAME;
	int32_t ids[FINGERS];
	for (int i = 0; i < FINGERS; i++) {
		struct test_event down = test_seat_expect(seat, TEST_TOUCH_DOWN);
		expect_at(down, 40 * i, 30 * i);
		ids[i] = down.value;
	}
	for (int i = 0; i < FINGERS; i++) {
		struct test_event motion = test_seat_expect(seat, TEST_TOUCH_MOTION);
		expect_at(motion, 40 * i + 11, 30 * i + 7);
		assert_int_equal(motion.value, ids[i]);
	}
	for (int i = 0; i < FINGERS; i++) {
		assert_int_equal(test_seat_expect(seat, TEST_TOUCH_UP).value, ids[i]);
	}
}

static void plug_mouse(
	struct input_fixture *fixture, struct test_device *device, const char *name) {
	test_device_init_pointer(device, &fixture->server, name, NULL);
}

static void play_mouse(struct test_device *device) {
	test_device_move(device, -4000, -4000);
	test_device_move(device, 57, 68);
	test_device_wheel(device, -2);
	test_device_key(device, BTN_LEFT, true);
	test_device_move(device, 10, -5);
	test_device_key(device, BTN_LEFT, false); // libinput waits whether it bounces
}

static void expect_mouse(struct input_fixture *fixture) {
	struct test_seat *seat = &fixture->seat;
	// It enters where it first moves, which is the corner or where it was left.
	seat->ignored = 1u << TEST_POINTER_FRAME | 1u << TEST_POINTER_ENTER | 1u << TEST_AXIS_SOURCE |
		1u << TEST_AXIS_DIRECTION | 1u << TEST_POINTER_LEAVE;
	struct test_event event = test_seat_expect(seat, TEST_MOTION);
	if (event.x != 57) {
		expect_at(event, 0, 0);
		event = test_seat_expect(seat, TEST_MOTION);
	}
	expect_at(event, 57, 68);
	assert_int_equal(test_seat_expect(seat, TEST_AXIS_V120).value, 240);
	assert_true(test_seat_expect(seat, TEST_AXIS).x == 30);
	event = test_seat_expect(seat, TEST_BUTTON);
	assert_int_equal(event.value, BTN_LEFT);
	assert_int_equal(event.state, WL_POINTER_BUTTON_STATE_PRESSED);
	expect_at(test_seat_expect(seat, TEST_MOTION), 67, 63);
	event = test_seat_expect(seat, TEST_BUTTON);
	assert_int_equal(event.state, WL_POINTER_BUTTON_STATE_RELEASED);
}

static void plug_keyboard(
	struct input_fixture *fixture, struct test_device *device, const char *name) {
	test_device_init_keyboard(device, &fixture->server, name, NULL);
}

static const uint16_t typed[] = {
	KEY_V, KEY_I, KEY_T, KEY_R, KEY_I, KEY_N, KEY_E, KEY_SPACE, KEY_1, KEY_ENTER};

static void play_keyboard(struct test_device *device) {
	test_device_key(device, KEY_LEFTSHIFT, true);
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		test_device_key(device, typed[i], true);
		test_device_key(device, typed[i], false);
		if (i == 0) {
			test_device_key(device, KEY_LEFTSHIFT, false);
		}
	}
}

static void expect_key(struct test_seat *seat, uint16_t key, bool pressed) {
	struct test_event event = test_seat_expect(seat, TEST_KEY);
	assert_int_equal(event.value, key);
	assert_int_equal(event.state, pressed);
}

static void expect_keyboard(struct input_fixture *fixture) {
	struct test_seat *seat = &fixture->seat;
	seat->ignored = ~(1u << TEST_KEY | 1u << TEST_MODIFIERS);
	struct test_event event = test_seat_next(seat);
	while (event.type == TEST_MODIFIERS) { // what comes with the focus
		assert_int_equal(event.value, 0);
		event = test_seat_next(seat);
	}
	assert_int_equal(event.value, KEY_LEFTSHIFT);
	assert_int_equal(test_seat_expect(seat, TEST_MODIFIERS).value, 1);
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		expect_key(seat, typed[i], true);
		expect_key(seat, typed[i], false);
		if (i == 0) {
			expect_key(seat, KEY_LEFTSHIFT, false);
			assert_int_equal(test_seat_expect(seat, TEST_MODIFIERS).value, 0);
		}
	}
}

// ---- The tests ----

static void drain(struct input_fixture *fixture) {
	fixture->seat.ignored = UINT32_MAX;
	test_seat_drain(&fixture->seat);
	fixture->seat.ignored = 0;
}

// Lines of the log about the device: when it comes and when it goes.
static int times_known(const struct test_server *server, const char *name) {
	char start[128];
	snprintf(start, sizeof(start), "input device %s (", name);
	int n = 0;
	for (const char *at = server->text; at && (at = strstr(at, start)); at++) {
		n += strchr(at, '\n') != NULL;
	}
	return n;
}

static void replay(struct input_fixture *fixture, const struct script *script) {
	struct tool tool;
	const char *argv[] = {"libinput", "replay", recording, NULL};
	start_tool(&tool, argv);
	wait_said(&tool, "Hit enter");
	while (times_known(&fixture->server, script->name) < 3) { // it came, went, and comes again
		assert_true(test_server_read_log(&fixture->server));
	}
	test_seat_wait_capabilities(&fixture->seat, script->capability);
	drain(fixture);
	assert_int_equal(write(tool.input, "\n", 1), 1);
	script->expect(fixture);
	end_tool(&tool);
}

static void record_and_replay(struct input_fixture *fixture, const struct script *script) {
	struct tool recorder;
	struct test_device device;
	script->plug(fixture, &device, script->name);
	test_seat_wait_capabilities(&fixture->seat, script->capability);
	drain(fixture);
	start_recording(&recorder, &device);
	script->play(&device);
	script->expect(fixture);
	end_tool(&recorder);
	test_device_finish(&device, &fixture->server);
	drain(fixture);
	replay(fixture, script);
}

static void test_touch_screen(void **state) {
	static const struct script script = {
		"recorded touch screen", WL_SEAT_CAPABILITY_TOUCH, plug_touch, play_touch, expect_touch};
	record_and_replay(*state, &script);
}

static void test_mouse(void **state) {
	static const struct script script = {
		"recorded mouse", WL_SEAT_CAPABILITY_POINTER, plug_mouse, play_mouse, expect_mouse};
	record_and_replay(*state, &script);
}

static void test_keyboard(void **state) {
	(void)state;
	static const struct script script = {"recorded keyboard", WL_SEAT_CAPABILITY_KEYBOARD,
		plug_keyboard, play_keyboard, expect_keyboard};
	// A keyboard that is grabbed cannot be recorded.
	struct input_fixture *fixture = input_start_with("[keys]\ngrab = false\n");
	record_and_replay(fixture, &script);
	input_stop((void **)&fixture);
}

int main(void) {
	if (access("/usr/libexec/libinput/libinput-replay", X_OK) != 0) {
		print_message("there is no `libinput replay`: apt-get install libinput-tools\n");
		return 77;
	}
	test_guard(110);
	assert_non_null(mkdtemp(folder));
	snprintf(recording, sizeof(recording), "%s/recording.yml", folder);
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	static const struct CMUnitTest tests[] = {
		TEST(test_touch_screen),
		TEST(test_mouse),
		cmocka_unit_test(test_keyboard),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(recording);
	rmdir(folder);
	return failed;
}
