// SPDX-License-Identifier: MIT
// Starting a process, which the event loop does not wait for: held at each point of it, and destroyed or signalled there.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "count.h"
#include "kiosk/app.h"
#include "kiosk/chores.h"
#include "kiosk/process.h"
#include "kiosk/realtime.h"
#include "wayland/wayland.h"

enum {
	PATIENCE_MS = 20000,
	MAX_SPAWNS = 32,
};

// How far its start is, as the event loop stands still.
enum moment {
	QUEUED,  // other chores come first
	BEFORE,  // the thread is about to make the process
	AFTER,   // it has, and does not know yet
	UNHEARD, // the program runs
	HEARD,   // the loop knows the process
	N_MOMENTS,
};

struct fixture {
	struct wl_event_loop *loop;
	struct process_host host;
	struct process *process;
	int told[2]; // pipe that programs write to
	int n_fds;   // before
	bool running, ended;
	struct process_end end;
	char problem[256];
	struct blocker {
		struct chore chore;
		bool done;
	} blocker;
};

// ---- posix_spawn, held ----

static struct {
	enum moment at;         // BEFORE or AFTER: held there
	int inside[2], pass[2]; // pipes: it is there; it may go on
	int error;              // to end with; 0: none
	pid_t pids[MAX_SPAWNS];
	atomic_int n;
	atomic_int thread;
} spawns;

static void wait_byte(int fd) {
	char byte;
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	if (poll(&pollfd, 1, PATIENCE_MS) != 1 || read(fd, &byte, 1) != 1) {
		abort();
	}
}

static void write_byte(int fd) {
	if (write(fd, "x", 1) != 1) {
		abort();
	}
}

static void hold(enum moment moment) {
	if (spawns.at == moment) {
		write_byte(spawns.inside[1]);
		wait_byte(spawns.pass[0]);
	}
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
	const posix_spawn_file_actions_t *restrict actions,
	const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
	char *const envp[restrict]) {
	int (*next)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		const posix_spawnattr_t *, char *const *, char *const *) = NULL;
	*(void **)&next = dlsym(RTLD_NEXT, "posix_spawn");
	const int i = spawns.n++;
	if (i >= MAX_SPAWNS) {
		abort();
	}
	spawns.thread = gettid();
	hold(BEFORE);
	int rc = spawns.error != 0 ? spawns.error : next(pid, path, actions, attributes, argv, envp);
	spawns.pids[i] = rc == 0 ? *pid : 0;
	hold(AFTER);
	return rc;
}

static bool no_threads;

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
	void *(*run)(void *), void *restrict data) {
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;
	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	return no_threads ? EAGAIN : next(thread, attributes, run, data);
}

// Systemd would have to be asked by the event loop.
int sd_booted(void) {
	return 0;
}

// ---- Fixture ----

static int begin(struct fixture *f, const char *launcher) {
	*f = (struct fixture){0};
	log_set_level(LOG_LEVEL_ERROR);
	spawns.at = N_MOMENTS;
	spawns.error = 0;
	spawns.n = 0;
	f->n_fds = test_count_entries("/proc/self/fd");
	assert_int_equal(pipe2(spawns.inside, O_CLOEXEC), 0);
	assert_int_equal(pipe2(spawns.pass, O_CLOEXEC), 0);
	assert_int_equal(pipe(f->told), 0);
	f->loop = wl_event_loop_create();
	assert_true(process_host_init(&f->host, f->loop, NULL, "test-socket", launcher));
	return 0;
}

static void close_pipe(int fds[2]) {
	close(fds[0]);
	close(fds[1]);
}

static bool can_be_read(int fd, int ms) {
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	return poll(&pollfd, 1, ms) == 1;
}

// Neither processes nor files are left of it.
static void finish(struct fixture *f) {
	process_host_finish(&f->host);
	// Orphans may be about to die; the processes themselves are gone.
	for (pid_t pid; (pid = waitpid(-1, NULL, 0)) > 0;) {
		for (int i = 0; i < spawns.n; i++) {
			assert_int_not_equal(pid, spawns.pids[i]);
		}
	}
	assert_int_equal(errno, ECHILD);
	wl_event_loop_destroy(f->loop);
	close(f->told[1]);
	char told[16];
	do {
		assert_true(can_be_read(f->told[0], PATIENCE_MS)); // who could write is gone
	} while (read(f->told[0], told, sizeof(told)) > 0);
	close(f->told[0]);
	close_pipe(spawns.inside);
	close_pipe(spawns.pass);
	assert_int_equal(test_count_entries("/proc/self/fd"), f->n_fds);
}

static void handle_running(void *data) {
	struct fixture *f = data;
	f->running = true;
}

static void handle_ended(void *data, const struct process_end *end) {
	struct fixture *f = data;
	assert_false(f->ended);
	f->ended = true;
	f->end = *end;
	snprintf(f->problem, sizeof(f->problem), "%s", end->problem != NULL ? end->problem : "");
	f->end.problem = NULL;
	process_destroy(f->process);
	f->process = NULL;
}

static struct process_handler handler_of(struct fixture *f) {
	return (struct process_handler){handle_running, handle_ended, f};
}

// A script whose standard output is the pipe.
static struct process_spec make_spec(struct fixture *f, const char *script) {
	static char shell[] = "sh", option[] = "-c", text[512];
	static char *argv[] = {shell, option, text, NULL};
	snprintf(text, sizeof(text), "exec >&%d; %s", f->told[1], script);
	return (struct process_spec){.name = "app", .argv = argv};
}

static void start(struct fixture *f, const char *script) {
	const struct process_spec spec = make_spec(f, script);
	const struct process_handler handler = handler_of(f);
	char error[256] = "";
	f->process = process_start(&f->host, &spec, &handler, error);
	assert_string_equal(error, "");
	assert_non_null(f->process);
}

static void dispatch_until(struct fixture *f, const bool *happened) {
	while (!*happened) {
		wl_event_loop_dispatch(f->loop, PATIENCE_MS);
	}
}

static void run_blocker(struct chore *chore) {
	(void)chore;
	write_byte(spawns.inside[1]);
	wait_byte(spawns.pass[0]);
}

static void handle_unblocked(struct chore *chore) {
	struct blocker *blocker = wl_container_of(chore, blocker, chore);
	blocker->done = true;
}

static void block_chores(struct fixture *f) {
	f->blocker.chore = (struct chore){run_blocker, handle_unblocked};
	chores_add(f->host.chores, &f->blocker.chore);
}

static const char script[] = "printf r; (setsid sleep 1000) & sleep 1000";

static void start_until(struct fixture *f, enum moment moment) {
	if (moment == QUEUED) {
		block_chores(f);
	} else {
		spawns.at = moment;
	}
	start(f, script);
	if (moment <= AFTER) {
		wait_byte(spawns.inside[0]);
	} else {
		wait_byte(f->told[0]);
	}
	assert_int_equal(process_pid(f->process), 0);
	while (moment == HEARD && process_pid(f->process) == 0) {
		wl_event_loop_dispatch(f->loop, PATIENCE_MS);
	}
}

static void go_on(enum moment moment) {
	if (moment <= AFTER) {
		write_byte(spawns.pass[1]);
	}
}

// ---- Tests ----

static int count_call(void *data) {
	(*(int *)data)++;
	return 0;
}

static void the_loop_goes_on_meanwhile(void **state) {
	(void)state;
	struct fixture f;
	int calls = 0;
	begin(&f, getenv("LAUNCHER"));
	struct wl_event_source *timer = wl_event_loop_add_timer(f.loop, count_call, &calls);
	start_until(&f, BEFORE);
	while (calls < 10) {
		int before = calls;
		wl_event_source_timer_update(timer, 1);
		while (calls == before) {
			wl_event_loop_dispatch(f.loop, PATIENCE_MS);
		}
	}
	assert_false(f.running);
	assert_false(process_is(f.process, 0));
	assert_false(process_has(f.process, 0));
	assert_int_not_equal(spawns.thread, gettid());
	go_on(BEFORE);
	dispatch_until(&f, &f.running);
	assert_int_not_equal(process_pid(f.process), 0);
	assert_true(process_is(f.process, process_pid(f.process)));
	process_destroy(f.process);
	wl_event_source_remove(timer);
	finish(&f);
}

// Its clients may come before the loop has heard of it.
static void what_is_of_it_is_known_at_once(void **state) {
	(void)state;
	struct fixture f;
	char line[64] = "";
	begin(&f, getenv("LAUNCHER"));
	start(&f, "sleep 1000 & echo $$ $!; wait");
	assert_true(can_be_read(f.told[0], PATIENCE_MS));
	assert_true(read(f.told[0], line, sizeof(line) - 1) > 0);
	int own, child;
	assert_int_equal(sscanf(line, "%d %d", &own, &child), 2);
	assert_int_equal(process_pid(f.process), 0);
	assert_true(process_is(f.process, own));
	assert_true(process_has(f.process, own));
	assert_false(process_is(f.process, child));
	assert_true(process_has(f.process, child));
	assert_false(process_has(f.process, getpid()));
	dispatch_until(&f, &f.running);
	assert_int_equal(process_pid(f.process), own);
	assert_true(process_has(f.process, child));
	process_destroy(f.process);
	finish(&f);
}

// At each moment; the event loop goes on afterwards, or all ends.
static void it_can_be_destroyed_at_any_time(void **state) {
	(void)state;
	for (int i = 0; i < 2 * N_MOMENTS; i++) {
		enum moment moment = (enum moment)(i / 2);
		struct fixture f;
		begin(&f, getenv("LAUNCHER"));
		start_until(&f, moment);
		process_destroy(f.process);
		go_on(moment);
		while (i % 2 == 0 && !wl_list_empty(&f.host.processes)) {
			wl_event_loop_dispatch(f.loop, PATIENCE_MS);
		}
		finish(&f);
		assert_false(f.ended);
		assert_int_equal(spawns.n, moment == QUEUED ? 0 : 1);
	}
}

static void it_can_be_signalled_at_any_time(void **state) {
	(void)state;
	for (int i = 0; i < 3 * N_MOMENTS; i++) {
		enum moment moment = (enum moment)(i / 3);
		struct fixture f;
		begin(&f, getenv("LAUNCHER"));
		start_until(&f, moment);
		if (i % 3 != 1) {
			process_signal(f.process, SIGTERM);
		}
		if (i % 3 != 0) { // after it in one of three
			process_kill(f.process);
		}
		go_on(moment);
		dispatch_until(&f, &f.ended);
		assert_string_equal(f.problem, "");
		assert_true(WIFSIGNALED(f.end.status));
		int signal = WTERMSIG(f.end.status);
		assert_true(
			signal == (i % 3 == 1 ? SIGKILL : SIGTERM) || (i % 3 == 2 && signal == SIGKILL));
		assert_int_equal(spawns.n, moment == QUEUED ? 0 : 1);
		finish(&f);
	}
}

// Several at once, of which one goes while others come.
static void many_are_started_at_once(void **state) {
	(void)state;
	enum { N = 20 };
	struct fixture f, each[N];
	begin(&f, getenv("LAUNCHER"));
	block_chores(&f);
	for (int i = 0; i < N; i++) {
		each[i] = (struct fixture){.loop = f.loop};
		const struct process_spec spec = make_spec(&f, script);
		const struct process_handler handler = handler_of(&each[i]);
		char error[256];
		each[i].process = process_start(&f.host, &spec, &handler, error);
		assert_non_null(each[i].process);
		if (i % 3 == 1) {
			process_destroy(each[i - 1].process);
			each[i - 1].process = NULL;
		}
	}
	wait_byte(spawns.inside[0]);
	write_byte(spawns.pass[1]);
	for (int i = 0; i < N; i++) {
		if (each[i].process != NULL) {
			dispatch_until(&f, &each[i].running);
			process_destroy(each[i].process);
		}
	}
	assert_int_equal(spawns.n, N - 7);
	finish(&f);
}

static void what_cannot_be_started_is_told(void **state) {
	(void)state;
	static const struct {
		const char *launcher; // NULL: the real one
		int error;
		const char *problem;
	} cases[] = {
		{"/nonexistent/launcher", 0,
			"/nonexistent/launcher: No such file or directory: it is a part"},
		{"/dev/null", 0, "/dev/null: Permission denied"},
		{NULL, ENOMEM, "vitrine-launch: Cannot allocate memory"},
		{NULL, EAGAIN, "vitrine-launch: Resource temporarily unavailable"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int destroyed = 0; destroyed < 2; destroyed++) {
			struct fixture f;
			begin(&f, cases[i].launcher != NULL ? cases[i].launcher : getenv("LAUNCHER"));
			spawns.error = cases[i].error;
			start(&f, script);
			if (destroyed) {
				process_destroy(f.process);
			} else {
				dispatch_until(&f, &f.ended);
				assert_non_null(strstr(f.problem, cases[i].problem));
				assert_false(f.running);
			}
			finish(&f);
			assert_int_equal(f.ended, !destroyed);
		}
	}
}

// As its state and reason, and by its policy.
static void an_app_that_cannot_be_started(void **state) {
	(void)state;
	struct fixture f;
	begin(&f, "/nonexistent/launcher");
	const struct process_spec spec = make_spec(&f, script);
	struct app_settings settings = app_settings_default("app", spec.argv);
	settings.rules.pause_ms = settings.rules.pause_max_ms = 0;
	settings.rules.max_restarts = 3;
	settings.rules.window_ms = 100000;
	struct app *app = app_create(&f.host, &settings, NULL);
	app_start(app);
	assert_true(app_has_process(app));
	assert_false(app_is_settled(app));
	while (app_state(app) != APP_FAILED) {
		wl_event_loop_dispatch(f.loop, PATIENCE_MS);
	}
	assert_false(app_has_process(app));
	assert_false(app_is(app, 0)); // as which a client of a foreign namespace comes
	assert_int_equal(app_restarts(app), 3);
	assert_int_equal(spawns.n, 4);
	assert_non_null(strstr(app_reason(app), "cannot be started: /nonexistent/launcher: No such"));
	app_destroy(app);
	finish(&f);
}

// Stopped by hand, and started again, before there is a process.
static void an_app_may_be_stopped_before(void **state) {
	(void)state;
	for (int again = 0; again < 2; again++) {
		struct fixture f;
		begin(&f, getenv("LAUNCHER"));
		const struct process_spec spec = make_spec(&f, script);
		struct app_settings settings = app_settings_default("app", spec.argv);
		struct app *app = app_create(&f.host, &settings, NULL);
		block_chores(&f);
		app_start(app);
		wait_byte(spawns.inside[0]);
		if (again) {
			app_restart(app);
		} else {
			app_stop(app, 0);
		}
		assert_int_equal(app_state(app), APP_STOPPING);
		write_byte(spawns.pass[1]);
		while (app_state(app) == APP_STOPPING || (again && !app_is_settled(app))) {
			wl_event_loop_dispatch(f.loop, PATIENCE_MS);
		}
		assert_int_equal(app_state(app), again ? APP_RUNNING : APP_STOPPED);
		assert_string_equal(app_reason(app), again ? "" : "stopped by hand");
		assert_int_equal(spawns.n, again ? 1 : 0);
		app_destroy(app);
		finish(&f);
	}
}

// It is waited for then, and else is as it was.
static void it_starts_without_a_thread_too(void **state) {
	(void)state;
	struct fixture f;
	no_threads = true;
	begin(&f, getenv("LAUNCHER"));
	start(&f, script);
	assert_int_equal(spawns.thread, gettid());
	assert_int_not_equal(process_pid(f.process), 0);
	dispatch_until(&f, &f.running);
	process_kill(f.process);
	dispatch_until(&f, &f.ended);
	assert_int_equal(WTERMSIG(f.end.status), SIGKILL);
	start(&f, script);
	process_destroy(f.process);
	assert_true(wl_list_empty(&f.host.processes));

	spawns.error = EAGAIN;
	const struct process_spec spec = make_spec(&f, script);
	const struct process_handler handler = handler_of(&f);
	char error[256] = "";
	assert_null(process_start(&f.host, &spec, &handler, error));
	assert_non_null(strstr(error, "vitrine-launch: Resource temporarily unavailable"));
	finish(&f);
	no_threads = false;
}

static void limits_are_those_of_before(void **state) {
	(void)state;
	struct fixture f;
	char expected[128], line[128] = "";
	struct rlimit files, time;
	assert_int_equal(getrlimit(RLIMIT_RTTIME, &time), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max - 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	wayland_raise_file_limit();
	begin(&f, getenv("LAUNCHER"));
	struct realtime *realtime = realtime_create(f.loop);
	assert_non_null(realtime);
	start(&f,
		"ulimit -S -n; sed -n 's/^Max realtime timeout *\\([a-z0-9]*\\).*/\\1/p' "
		"/proc/self/limits; "
		"echo end; exec sleep 1000");
	size_t len = 0;
	while (strstr(line, "end\n") == NULL) {
		assert_true(can_be_read(f.told[0], PATIENCE_MS));
		ssize_t n = read(f.told[0], line + len, sizeof(line) - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
	}
	int expected_len = snprintf(expected, sizeof(expected), "%ju\n", (uintmax_t)files.rlim_max - 1);
	snprintf(expected + expected_len, sizeof(expected) - (size_t)expected_len,
		time.rlim_cur == RLIM_INFINITY ? "unlimited\nend\n" : "%ju\nend\n",
		(uintmax_t)time.rlim_cur);
	assert_string_equal(line, expected);
	// Ours stay, at all times.
	struct rlimit now;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	assert_int_equal(now.rlim_cur, files.rlim_max);
	assert_int_equal(getrlimit(RLIMIT_RTTIME, &now), 0);
	assert_true(now.rlim_cur <= 500000);
	process_destroy(f.process);
	realtime_destroy(realtime);
	finish(&f);
}

int main(void) {
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_goes_on_meanwhile),
		cmocka_unit_test(what_is_of_it_is_known_at_once),
		cmocka_unit_test(it_can_be_destroyed_at_any_time),
		cmocka_unit_test(it_can_be_signalled_at_any_time),
		cmocka_unit_test(many_are_started_at_once),
		cmocka_unit_test(what_cannot_be_started_is_told),
		cmocka_unit_test(an_app_that_cannot_be_started),
		cmocka_unit_test(an_app_may_be_stopped_before),
		cmocka_unit_test(it_starts_without_a_thread_too),
		cmocka_unit_test(limits_are_those_of_before),
	};
	return cmocka_run_group_tests_name("kiosk-process", tests, NULL, NULL);
}
