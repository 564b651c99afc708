// SPDX-License-Identifier: MIT
// Apps in cgroups of a delegated subtree. In the guest, whose root may make some; the path of vitrine-launch is the argument.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "kiosk/process.h"

#define BASE "/sys/fs/cgroup/vitrine-test"

enum { PATIENCE_MS = 20000 };

static const char *launcher;

struct fixture {
	struct wl_event_loop *loop;
	struct process_host host;
	int told[2]; // pipe that apps write to
	bool running;
};

static void write_file(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		fail_msg("%s: %s", path, strerror(errno));
	}
	close(fd);
}

static void read_file(const char *path, char text[512]) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, 511) : -1;
	if (n < 0) {
		fail_msg("%s: %s", path, strerror(errno));
	}
	text[n] = '\0';
	close(fd);
}

static int setup(void **state) {
	struct fixture *f = test_calloc(1, sizeof(*f));
	log_set_level(LOG_LEVEL_WARNING);
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+pids");
	assert_int_equal(mkdir(BASE, 0755), 0);
	write_file(BASE "/cgroup.procs", "0");
	f->loop = wl_event_loop_create();
	assert_int_equal(pipe(f->told), 0);
	assert_true(process_host_init(&f->host, f->loop, NULL, "test-socket", launcher));
	assert_string_equal(cgroups_kind(f->host.cgroups), "own");
	*state = f;
	return 0;
}

// Nothing is left, neither of cgroups nor of processes, and we are where we were.
static int teardown(void **state) {
	struct fixture *f = *state;
	process_host_finish(&f->host);
	wl_event_loop_destroy(f->loop);
	close(f->told[0]);
	close(f->told[1]);
	char text[512], own[32];
	read_file(BASE "/cgroup.procs", text);
	snprintf(own, sizeof(own), "%d\n", (int)getpid());
	assert_string_equal(text, own);
	write_file("/sys/fs/cgroup/cgroup.procs", "0");
	assert_int_equal(rmdir(BASE), 0);
	test_free(f);
	return 0;
}

static void handle_running(void *data) {
	struct fixture *f = data;
	f->running = true;
}

static void handle_ended(void *data, const struct process_end *end) {
	(void)data;
	fail_msg("the app ended: %s", end->problem != NULL ? end->problem : "without a reason");
}

// An app that tells its cgroup and the limit of that.
static struct process *start(struct fixture *f) {
	static char shell[] = "sh", option[] = "-c", text[256];
	static char *argv[] = {shell, option, text, NULL};
	snprintf(text, sizeof(text),
		"exec >&%d; own=$(sed -n s/^0:://p /proc/self/cgroup); echo \"$own\";"
		" cat /sys/fs/cgroup/$own/pids.max; exec sleep 1000",
		f->told[1]);
	const struct process_spec spec = {.name = "app", .argv = argv, .limits = {.pids_max = 50}};
	const struct process_handler handler = {handle_running, handle_ended, f};
	char error[256] = "";
	struct process *process = process_start(&f->host, &spec, &handler, error);
	if (process == NULL) {
		fail_msg("%s", error);
	}
	return process;
}

static void read_line(int fd, char line[256]) {
	size_t len = 0;
	do {
		struct pollfd pollfd = {.fd = fd, .events = POLLIN};
		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
		assert_true(len < 255);
		assert_int_equal(read(fd, line + len, 1), 1);
	} while (line[len++] != '\n');
	line[len - 1] = '\0';
}

// While the server starts, and whenever it is busy.
static void an_app_starts_without_the_event_loop(void **state) {
	struct fixture *f = *state;
	struct process *process = start(f);
	char told[256], limit[256], expected[512], text[512];
	read_line(f->told[0], told);
	read_line(f->told[0], limit);
	snprintf(expected, sizeof(expected), "/vitrine-test/vitrine-%d/app.0", (int)getpid());
	assert_string_equal(told, expected);
	assert_string_equal(limit, "50");

	// The server itself has made room for that.
	snprintf(expected, sizeof(expected), "0::/vitrine-test/vitrine-%d/server\n", (int)getpid());
	read_file("/proc/self/cgroup", text);
	assert_non_null(strstr(text, expected));
	read_file(BASE "/cgroup.procs", text);
	assert_string_equal(text, "");

	// What the app does is heard of when its cgroup is known.
	assert_false(f->running);
	while (!f->running) {
		wl_event_loop_dispatch(f->loop, PATIENCE_MS);
	}
	assert_string_equal(cgroup_path(process_cgroup(process)), told);
	assert_true(process_has(process, process_pid(process)));
	process_destroy(process);
}

static void an_app_may_be_called_off_at_once(void **state) {
	struct fixture *f = *state;
	process_destroy(start(f));
	assert_false(f->running);
}

// Its cgroup goes as well, though nobody here knows yet that it was made.
static void an_app_that_runs_may_be_called_off(void **state) {
	struct fixture *f = *state;
	char told[256];
	struct process *process = start(f);
	read_line(f->told[0], told);
	assert_int_equal(process_pid(process), 0);
	process_destroy(process);
	while (!wl_list_empty(&f->host.processes)) {
		wl_event_loop_dispatch(f->loop, PATIENCE_MS);
	}
	assert_false(f->running);
}

// A launcher that does not do what it is told.
static int setup_disobedient(void **state) {
	static const char path[] = "/tmp/vitrine-disobedient";
	const char *obedient = launcher;
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	close(fd);
	write_file(path, "#!/bin/bash\neval \"exec $2>&-\"\nexec sleep 1000\n");
	launcher = path;
	setup(state);
	launcher = obedient;
	return 0;
}

// What is outside is not taken for what is in it.
static void an_app_may_be_outside(void **state) {
	struct fixture *f = *state;
	log_set_level(LOG_LEVEL_ERROR);
	struct process *process = start(f);
	while (!f->running || cgroup_path(process_cgroup(process))[0] != '\0') {
		wl_event_loop_dispatch(f->loop, PATIENCE_MS);
	}
	assert_true(process_has(process, process_pid(process)));
	assert_false(process_has(process, getpid()));
	process_destroy(process);
}

int main(int argc, char **argv) {
	assert_int_equal(argc, 2);
	launcher = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_app_starts_without_the_event_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(an_app_may_be_called_off_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(an_app_that_runs_may_be_called_off, setup, teardown),
		cmocka_unit_test_setup_teardown(an_app_may_be_outside, setup_disobedient, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
