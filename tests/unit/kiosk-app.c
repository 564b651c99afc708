// SPDX-License-Identifier: MIT
// Starting, watching over and ending an app.
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
	struct app *app;
	int told[2]; // pipe that apps write to
	bool stopped;
	char error[256];
};

static int setup(void **state) {
	struct fixture *f = test_calloc(1, sizeof(*f));
	log_set_level(LOG_LEVEL_ERROR);
	f->loop = wl_event_loop_create();
	assert_int_equal(pipe(f->told), 0);
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	app_destroy(f->app);
	wl_event_loop_destroy(f->loop);
	close(f->told[0]);
	close(f->told[1]);
	test_free(f);
	return 0;
}

// Runs a shell script whose standard output is the pipe.
static void start(struct fixture *f, const char *script) {
	static char shell[] = "sh", option[] = "-c", text[512];
	static char *argv[] = {shell, option, text, NULL};
	snprintf(text, sizeof(text), "exec >&%d; %s", f->told[1], script);
	f->app = app_create(f->loop, "test-socket", argv, f->error);
	assert_non_null(f->app);
}

static char heard(struct fixture *f) {
	char c;
	assert_int_equal(read(f->told[0], &c, 1), 1);
	return c;
}

static void handle_stopped(void *data) {
	struct fixture *f = data;
	f->stopped = true;
}

static void stop(struct fixture *f) {
	app_stop(f->app, handle_stopped, f);
	while (!f->stopped) {
		wl_event_loop_dispatch(f->loop, -1);
	}
	assert_int_equal(app_state(f->app), APP_STOPPED);
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
	while (app_state(f->app) != APP_WAITING) {
		wl_event_loop_dispatch(f->loop, -1);
	}
	assert_int_equal(heard(f), 's');
	assert_int_equal(app_restarts(f->app), 1);
	while (app_restarts(f->app) != 2) {
		wl_event_loop_dispatch(f->loop, -1);
	}
	assert_int_equal(heard(f), 's');
	stop(f);
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

static void test_no_such_program(void **state) {
	struct fixture *f = *state;
	char path[] = "/nonexistent/app";
	char *argv[] = {path, NULL};
	assert_null(app_create(f->loop, "test-socket", argv, f->error));
	assert_non_null(strstr(f->error, "/nonexistent/app"));
	assert_non_null(strstr(f->error, "No such file"));
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_environment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended_app_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deaf_app_is_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_children_go_with_the_app, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_program, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
