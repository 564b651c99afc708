// SPDX-License-Identifier: MIT
// Starting, watching over and ending an app.
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "kiosk/app.h"

struct fixture {
	struct wl_event_loop *loop;
	struct process_host host;
	struct app *app;
	int told[2]; // pipe that apps write to
	int changes;
	int hindered; // so often it is asked whether it may draw, and may not
};

static int setup(void **state) {
	struct fixture *f = test_calloc(1, sizeof(*f));
	log_set_level(LOG_LEVEL_ERROR);
	f->loop = wl_event_loop_create();
	// LAUNCHER comes from the build.
	assert_true(process_host_init(&f->host, f->loop, NULL, "test-socket", getenv("LAUNCHER")));
	assert_int_equal(pipe(f->told), 0);
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	app_destroy(f->app);
	process_host_finish(&f->host);
	wl_event_loop_destroy(f->loop);
	close(f->told[0]);
	close(f->told[1]);
	test_free(f);
	return 0;
}

static void handle_changed(void *data) {
	struct fixture *f = data;
	f->changes++;
}

static bool handle_may_draw(void *data) {
	struct fixture *f = data;
	return f->hindered-- == 0;
}

static struct app_settings defaults(struct fixture *f, const char *script) {
	static char shell[] = "sh", option[] = "-c", text[512];
	static char *argv[] = {shell, option, text, NULL};
	snprintf(text, sizeof(text), "exec >&%d; %s", f->told[1], script);
	return app_settings_default("sh", argv);
}

static void start_with(struct fixture *f, const struct app_settings *settings) {
	const struct app_handler handler = {handle_changed, f, handle_may_draw};
	f->app = app_create(&f->host, settings, &handler);
	assert_non_null(f->app);
	app_start(f->app);
}

// Runs a shell script whose standard output is the pipe.
static void start(struct fixture *f, const char *script) {
	struct app_settings settings = defaults(f, script);
	start_with(f, &settings);
	assert_int_equal(app_state(f->app), APP_RUNNING);
}

static void wait_state(struct fixture *f, enum app_state state) {
	while (app_state(f->app) != state) {
		wl_event_loop_dispatch(f->loop, -1);
	}
}

// Scopes of systemd are asked for in the event loop.
static char heard(struct fixture *f) {
	char c;
	struct pollfd pollfd = {.fd = f->told[0], .events = POLLIN};
	while (poll(&pollfd, 1, 0) == 0) {
		wl_event_loop_dispatch(f->loop, 10);
	}
	assert_int_equal(read(f->told[0], &c, 1), 1);
	return c;
}

// What the app has done may be heard before its start is.
static pid_t wait_pid(struct fixture *f) {
	while (app_pid(f->app) == 0) {
		wl_event_loop_dispatch(f->loop, -1);
	}
	return app_pid(f->app);
}

static void stop(struct fixture *f) {
	app_stop(f->app, 0);
	wait_state(f, APP_STOPPED);
	assert_int_equal(app_pid(f->app), 0);
}

static void test_environment(void **state) {
	struct fixture *f = *state;
	setenv("WAYLAND_DISPLAY", "wrong", 1);
	setenv("NOTIFY_SOCKET", "/nowhere", 1);
	start(f,
		"[ \"$WAYLAND_DISPLAY$XDG_SESSION_TYPE$NOTIFY_SOCKET\" = test-socketwayland ] "
		"&& echo y || echo n; exec sleep 100");
	assert_int_equal(heard(f), 'y');
	assert_int_equal(app_state(f->app), APP_RUNNING);
	assert_string_equal(app_name(f->app), "sh");
	stop(f);
	unsetenv("NOTIFY_SOCKET");
}

static void test_ended_app_comes_back(void **state) {
	struct fixture *f = *state;
	start(f, "printf s; exit 3");
	assert_int_equal(heard(f), 's');
	// The first time at once, the second time after a pause.
	while (app_restarts(f->app) != 1) {
		wl_event_loop_dispatch(f->loop, -1);
	}
	assert_int_equal(heard(f), 's');
	wait_state(f, APP_WAITING);
	assert_string_equal(app_reason(f->app), "ended with status 3");
	assert_int_equal(app_next(f->app), app_since(f->app) + 1);
	while (app_restarts(f->app) != 2) {
		wl_event_loop_dispatch(f->loop, -1);
	}
	assert_int_equal(heard(f), 's');
	stop(f);
}

// Each of its processes reads what is there from where the one before left off.
static void test_input(void **state) {
	struct fixture *f = *state;
	int input[2];
	assert_int_equal(pipe(input), 0);
	assert_int_equal(write(input[1], "ab", 2), 2);
	struct app_settings settings = defaults(f, "head -c 1");
	settings.process.input = input[0];
	start_with(f, &settings);
	assert_int_equal(heard(f), 'a');
	assert_int_equal(heard(f), 'b');
	close(input[1]);
	stop(f);
	assert_int_equal(app_next(f->app), 0);
	close(input[0]);
}

static void test_deaf_app_is_killed(void **state) {
	struct fixture *f = *state;
	start(f, "trap '' TERM; printf r; while :; do sleep 100; done");
	assert_int_equal(heard(f), 'r');
	stop(f);
}

static void test_children_go_with_the_app(void **state) {
	struct fixture *f = *state;
	start(f, "(trap '' TERM; printf c; exec sleep 100) & wait");
	assert_int_equal(heard(f), 'c');
	stop(f);
	// All who could write are gone: what is left of the pipe is its end.
	close(f->told[1]);
	char c;
	assert_int_equal(read(f->told[0], &c, 1), 0);
	f->told[1] = dup(f->told[0]);
}

// Those that left the group and the session do, too.
static void test_daemons_go_with_the_app(void **state) {
	struct fixture *f = *state;
	start(f, "setsid sh -c '(printf d; exec sleep 100) & exit'; exit 0");
	assert_int_equal(heard(f), 'd');
	wait_state(f, APP_WAITING);
	stop(f);
	close(f->told[1]);
	char c;
	assert_int_equal(read(f->told[0], &c, 1), 0);
	f->told[1] = dup(f->told[0]);
}

static void test_no_such_program(void **state) {
	struct fixture *f = *state;
	static char path[] = "/nonexistent/app";
	static char *argv[] = {path, NULL};
	assert_false(process_can_run(path));
	assert_true(process_can_run("sh"));
	struct app_settings settings = app_settings_default("app", argv);
	settings.rules.restart = APP_RESTART_NEVER;
	start_with(f, &settings);
	wait_state(f, APP_FAILED);
	assert_non_null(strstr(app_reason(f->app), "No such file"));
	// By hand it is tried again.
	f->changes = 0;
	app_start(f->app);
	while (app_state(f->app) != APP_FAILED || f->changes < 2) {
		wl_event_loop_dispatch(f->loop, -1);
	}
}

static void test_ends_and_policies(void **state) {
	struct fixture *f = *state;
	struct app_settings settings = defaults(f, "exit 0");
	settings.rules.restart = APP_RESTART_ON_FAILURE;
	start_with(f, &settings);
	wait_state(f, APP_STOPPED);
	assert_int_equal(app_restarts(f->app), 0);
	app_destroy(f->app);
	settings = defaults(f, "kill -9 $$");
	settings.rules.pause_ms = settings.rules.pause_max_ms = 0;
	settings.rules.max_restarts = 3;
	settings.rules.window_ms = 100000;
	start_with(f, &settings);
	wait_state(f, APP_FAILED);
	assert_int_equal(app_restarts(f->app), 3);
	assert_string_equal(app_reason(f->app), "ended by signal 9 (Killed)");
}

static void test_a_picture_is_awaited(void **state) {
	struct fixture *f = *state;
	struct app_settings settings = defaults(f, "printf r; exec sleep 100");
	settings.rules.restart = APP_RESTART_NEVER;
	settings.ready_ms = 100000;
	start_with(f, &settings);
	assert_int_equal(app_state(f->app), APP_STARTING);
	assert_int_equal(heard(f), 'r');
	assert_false(app_is_settled(f->app));
	app_has_drawn(f->app);
	assert_int_equal(app_state(f->app), APP_RUNNING);
	app_destroy(f->app);
	settings.ready_ms = 50;
	f->hindered = 2; // no display is there for that long
	start_with(f, &settings);
	wait_state(f, APP_FAILED);
	assert_int_equal(f->hindered, -1);
	assert_string_equal(app_reason(f->app), "killed: no picture within 0.05 s");
}

static void test_restart_waits_for_the_end(void **state) {
	struct fixture *f = *state;
	start(f, "trap 'printf t; exit' TERM; sleep 1000 & printf r; wait");
	assert_int_equal(heard(f), 'r');
	pid_t before = wait_pid(f);
	app_restart(f->app);
	assert_int_equal(heard(f), 't');
	assert_int_equal(heard(f), 'r');
	assert_int_not_equal(wait_pid(f), before);
	assert_int_equal(app_state(f->app), APP_RUNNING);
	assert_int_equal(app_restarts(f->app), 0); // that was by hand
	stop(f);
}

// One that is stopped as a debugger does is woken to hear that it is to end.
static void test_frozen_app_ends(void **state) {
	struct fixture *f = *state;
	start(f, "trap 'printf t; exit' TERM; sleep 1000 & printf r; kill -STOP $$; wait");
	assert_int_equal(heard(f), 'r');
	stop(f);
	assert_int_equal(heard(f), 't');
}

static void test_settings_of_the_process(void **state) {
	struct fixture *f = *state;
	struct app_settings settings = defaults(f,
		"[ \"$PWD $COLOR $VITRINE_APP\" = '/ light blue sh' ] && printf y || printf n; sleep 100");
	static char color[] = "COLOR=light blue";
	static char *const variables[] = {color, NULL};
	setenv("COLOR", "red", 1);
	settings.process.variables = variables;
	settings.process.directory = "/";
	start_with(f, &settings);
	assert_int_equal(heard(f), 'y');
	stop(f);
	app_destroy(f->app);
	settings.process.directory = "/nonexistent";
	settings.rules.restart = APP_RESTART_NEVER;
	start_with(f, &settings);
	wait_state(f, APP_FAILED);
	assert_non_null(strstr(app_reason(f->app), "directory = /nonexistent"));
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_environment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended_app_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_input, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deaf_app_is_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_children_go_with_the_app, setup, teardown),
		cmocka_unit_test_setup_teardown(test_daemons_go_with_the_app, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends_and_policies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_picture_is_awaited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart_waits_for_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frozen_app_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings_of_the_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_program, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
