// SPDX-License-Identifier: MIT
// Outputs that are arranged while everything runs: by vitrinectl, and by programs of other people that speak
// wlr's output management. What the screens show is asked of their CRCs, the modes of the kernel.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reload-fixture.h"

#define WLR_RANDR "/usr/bin/wlr-randr"
#define KANSHI "/usr/bin/kanshi"

// ---- Asking ----

// Exit status; `output` (may be NULL) has what it said.
static int run(struct reload *reload, char output[4096], const char *command) {
	char line[512], rest[256];
	snprintf(line, sizeof(line), "WAYLAND_DISPLAY=%s %s 2>&1", reload->server.socket, command);
	FILE *pipe = popen(line, "re");
	assert_non_null(pipe);
	size_t n = output != NULL ? fread(output, 1, 4095, pipe) : 0;
	if (output != NULL) {
		output[n] = '\0';
	}
	while (fread(rest, 1, sizeof(rest), pipe) > 0) {
	}
	int status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void must(struct reload *reload, const char *command) {
	char output[4096];
	if (run(reload, output, command) != 0) {
		fail_msg("%s: %s", command, output);
	}
}

static bool skip_without(const char *program) {
	if (access(program, X_OK) != 0) {
		print_message("skipped: %s is not installed\n", program);
		return true;
	}
	return false;
}

// The mode's name of the CRTC, "" if it is off.
static void read_mode(int crtc, char mode[64]) {
	char path[64], line[256];
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/state", minor(test_device_rdev()));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	int at = -1;
	bool here = false, active = false;
	mode[0] = '\0';
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '\t') {
			here = strncmp(line, "crtc[", 5) == 0 && ++at == crtc;
		} else if (here) {
			active |= strstr(line, "\tactive=1") != NULL;
			sscanf(line, " mode: \"%63[^\"]\"", mode);
		}
	}
	fclose(file);
	if (!active) {
		mode[0] = '\0';
	}
}

static void wait_mode(struct reload *reload, int crtc, const char *expected) {
	char mode[64];
	read_mode(crtc, mode);
	while (strcmp(mode, expected) != 0) { // test_guard ends it
		test_client_roundtrip(&reload->control);
		read_mode(crtc, mode);
	}
}

static size_t count_outputs(struct reload *reload) {
	struct json_object *status = test_status(&reload->control);
	size_t n = json_object_array_length(test_json(status, "outputs"));
	json_object_put(status);
	return n;
}

static void assert_place(struct reload *reload, size_t output, int x, int y) {
	struct json_object *status = test_status(&reload->control);
	struct json_object *object = test_status_output(status, output);
	assert_int_equal(test_json_int(object, "x"), x);
	assert_int_equal(test_json_int(object, "y"), y);
	json_object_put(status);
}

static void wait_window(struct reload *reload, int width, int height) {
	test_client_wait(
		&reload->client, reload->window.width == width && reload->window.height == height);
}

// ---- vitrinectl ----

static void test_vitrinectl(void **state) {
	struct reload *reload = *state;
	char output[4096];
	wait_window(reload, 240, 320); // it is a panel
	int64_t modesets = reload_counter(reload, "modesets");
	must(reload, "vitrinectl output Virtual-1 --rotate 180");
	wait_window(reload, 320, 240);
	reload_redraw(reload, 1, 3);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_180);
	must(reload, "vitrinectl output Virtual-1 --flip");
	reload_redraw(reload, 1, 4);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_FLIPPED);
	must(reload, "vitrinectl output Virtual-1 --rotate 0 --scale 2 --position 7,-9");
	wait_window(reload, 160, 120);
	reload_redraw(reload, 2, 5);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_NORMAL);
	assert_place(reload, 0, 7, -9);
	assert_int_equal(reload_counter(reload, "modesets"), modesets);
	// A question changes nothing.
	must(reload, "vitrinectl output Virtual-1 --test --mode 640x480");
	assert_int_equal(run(reload, output, "vitrinectl output Virtual-1 --test --mode 9000x120"), 1);
	assert_non_null(strstr(output, "refused 9000x120"));
	wait_mode(reload, 0, "320x240");
	assert_int_equal(reload_counter(reload, "modesets"), modesets);
	must(reload, "vitrinectl output Virtual-1 --mode 640x480 --scale 1");
	wait_mode(reload, 0, "640x480");
	wait_window(reload, 640, 480);
	reload_redraw(reload, 1, 6);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_NORMAL);
	assert_int_equal(reload_counter(reload, "modesets"), modesets + 1);
	// What is refused leaves all of it as it was.
	assert_int_equal(
		run(reload, output, "vitrinectl output Virtual-1 --mode 9000x120 --rotate 90"), 1);
	assert_non_null(strstr(output, "refused 9000x120"));
	wait_mode(reload, 0, "640x480");
	reload_redraw(reload, 1, 7);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_NORMAL);
	assert_int_equal(run(reload, output, "vitrinectl output HDMI-A-1 --off"), 1);
	assert_non_null(strstr(output, "no such connector"));
	// A reload forgets it all.
	reload_configure(reload, MODE);
	wait_mode(reload, 0, "320x240");
	wait_window(reload, 240, 320);
}

static void test_vitrinectl_lists(void **state) {
	struct reload *reload = *state;
	char output[4096];
	must(reload, "vitrinectl output Virtual-2 --off");
	assert_int_equal(count_outputs(reload), 1);
	wait_mode(reload, 1, "");
	assert_int_equal(run(reload, output, "vitrinectl output"), 0);
	assert_non_null(strstr(output, "Virtual-1"));
	assert_non_null(strstr(output, "320x240@"));
	assert_non_null(strstr(output, "dark"));
	assert_int_equal(run(reload, output, "vitrinectl output Virtual-2"), 0);
	assert_non_null(strstr(output, "1024x768"));
	assert_non_null(strstr(output, "preferred"));
	assert_null(strstr(output, "current"));
	must(reload, "vitrinectl output Virtual-2 --on");
	wait_mode(reload, 1, "320x240");
	assert_int_equal(run(reload, output, "vitrinectl output Virtual-2"), 0);
	assert_non_null(strstr(output, "current"));
	must(reload, "vitrinectl output Virtual-2 --power off");
	wait_mode(reload, 1, "");
	assert_int_equal(count_outputs(reload), 2); // apps stay
	must(reload, "vitrinectl output Virtual-2 --power on");
	wait_mode(reload, 1, "320x240");
}

// ---- Programs of other people ----

static void test_wlr_randr(void **state) {
	struct reload *reload = *state;
	char output[4096];
	if (skip_without(WLR_RANDR)) {
		skip();
	}
	must(reload, "wlr-randr --output Virtual-1 --transform normal");
	wait_window(reload, 320, 240);
	must(reload, "wlr-randr --output Virtual-1 --mode 640x480 --transform 180 --scale 2");
	wait_mode(reload, 0, "640x480");
	wait_window(reload, 320, 240);
	reload_redraw(reload, 2, 8);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_180);
	must(reload, "wlr-randr --output Virtual-2 --pos 320,10");
	assert_place(reload, 1, 320, 10);
	must(reload, "wlr-randr --output Virtual-1 --custom-mode 400x300@60 --scale 1");
	wait_mode(reload, 0, "400x300");
	wait_window(reload, 400, 300);
	assert_int_equal(run(reload, output, "wlr-randr"), 0);
	assert_non_null(strstr(output, "400x300"));
	// A question, and what is refused.
	int64_t modesets = reload_counter(reload, "modesets");
	must(reload, "wlr-randr --dryrun --output Virtual-1 --mode 640x480");
	assert_int_not_equal(
		run(reload, NULL, "wlr-randr --dryrun --output Virtual-1 --custom-mode 9000x120"), 0);
	assert_int_not_equal(
		run(reload, NULL, "wlr-randr --output Virtual-1 --custom-mode 9000x120"), 0);
	wait_mode(reload, 0, "400x300");
	assert_int_equal(reload_counter(reload, "modesets"), modesets);
	reload_redraw(reload, 1, 9);
	reload_assert_screen(reload, 400, 300, WL_OUTPUT_TRANSFORM_180);
	// Off and on: the window goes to the other one, and returns.
	must(reload, "wlr-randr --output Virtual-1 --off");
	wait_mode(reload, 0, "");
	wait_window(reload, 320, 240);
	assert_int_equal(count_outputs(reload), 1);
	must(reload, "wlr-randr --output Virtual-1 --on --mode 640x480 --transform 180");
	wait_mode(reload, 0, "640x480");
	wait_window(reload, 640, 480);
	reload_redraw(reload, 1, 10);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_180);
}

static void test_kanshi(void **state) {
	struct reload *reload = *state;
	char config[96], display[160];
	if (skip_without(KANSHI)) {
		skip();
	}
	snprintf(config, sizeof(config), "%s/kanshi", reload_folder);
	FILE *file = fopen(config, "we");
	assert_non_null(file);
	fputs("profile {\n"
		  "output Virtual-1 enable mode 640x480 position 0,0 transform normal\n"
		  "output Virtual-2 disable\n}\n",
		file);
	fclose(file);
	snprintf(display, sizeof(display), "%s", reload->server.socket);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("WAYLAND_DISPLAY", display, 1);
		execl(KANSHI, "kanshi", "--config", config, (char *)NULL);
		_exit(127);
	}
	wait_mode(reload, 0, "640x480");
	wait_mode(reload, 1, "");
	wait_window(reload, 640, 480);
	assert_int_equal(count_outputs(reload), 1);
	reload_redraw(reload, 1, 11);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_NORMAL);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	unlink(config);
}

int main(void) {
	test_guard(170);
	test_need_layout("panel");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_vitrinectl, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_vitrinectl_lists, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_wlr_randr, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_kanshi, reload_start, reload_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
