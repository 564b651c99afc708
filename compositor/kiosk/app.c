// SPDX-License-Identifier: MIT
#include "kiosk/app.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "wayland/wayland.h"

enum {
	FIRST_PAUSE_MS = 1000,
	LAST_PAUSE_MS = 30000,
	STEADY_S = 60,  // after running that long an app is healthy again
	STOP_MS = 1500, // between SIGTERM and SIGKILL
};

struct app {
	struct wl_event_loop *loop;
	char **argv;
	char **environment; // owned, NULL-terminated
	enum app_state state;
	pid_t pid;
	int pidfd;
	struct wl_event_source *exit_event; // may be NULL
	struct wl_event_source *timer;
	int pause_ms; // 0: the next restart is at once
	time_t started;
	uint64_t restarts;
	bool once;
	void (*stopped)(void *data);
	void *stopped_data;
};

extern char **environ;

static time_t now_s(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static bool is_replaced(const char *variable) {
	static const char *const names[] = {"WAYLAND_DISPLAY=", "WAYLAND_SOCKET=", "XDG_SESSION_TYPE=",
		"NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=", "LISTEN_FDS=", "LISTEN_PID="};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(variable, names[i], strlen(names[i])) == 0) {
			return true;
		}
	}
	return false;
}

static void environment_free(char **environment) {
	for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
		free(environment[i]);
	}
	free(environment);
}

static char **environment_make(const char *socket) {
	size_t n = 0;
	while (environ[n] != NULL) {
		n++;
	}
	char **environment = calloc(n + 3, sizeof(*environment));
	if (environment == NULL) {
		return NULL;
	}
	size_t len = 0;
	bool ok = asprintf(&environment[len++], "WAYLAND_DISPLAY=%s", socket) >= 0;
	ok = ok && (environment[len++] = strdup("XDG_SESSION_TYPE=wayland")) != NULL;
	for (size_t i = 0; ok && i < n; i++) {
		if (!is_replaced(environ[i])) {
			ok = (environment[len++] = strdup(environ[i])) != NULL;
		}
	}
	if (!ok) {
		environment_free(environment);
		return NULL;
	}
	return environment;
}

static int handle_exit(int fd, uint32_t mask, void *data);

static int spawn(struct app *app) {
	posix_spawnattr_t attributes;
	posix_spawnattr_init(&attributes);
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	wayland_set_file_limit(false);
	int rc = posix_spawnp(&app->pid, app->argv[0], NULL, &attributes, app->argv, app->environment);
	wayland_set_file_limit(true);
	posix_spawnattr_destroy(&attributes);
	if (rc != 0) {
		app->pid = 0;
		return rc;
	}
	app->pidfd = (int)syscall(SYS_pidfd_open, app->pid, 0);
	app->exit_event = app->pidfd < 0
		? NULL
		: wl_event_loop_add_fd(app->loop, app->pidfd, WL_EVENT_READABLE, handle_exit, app);
	if (app->exit_event == NULL) {
		rc = errno;
		kill(-app->pid, SIGKILL);
		waitpid(app->pid, NULL, 0);
		if (app->pidfd >= 0) {
			close(app->pidfd);
		}
		app->pid = 0;
		return rc;
	}
	app->state = APP_RUNNING;
	app->started = now_s();
	return 0;
}

static void say_ended(const struct app *app, int status) {
	if (WIFSIGNALED(status)) {
		log_warning("app %s: ended by signal %d (%s)", app->argv[0], WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	} else {
		log_warning("app %s: ended with status %d", app->argv[0], WEXITSTATUS(status));
	}
}

static void start_again(struct app *app) {
	int rc = spawn(app);
	if (rc == 0) {
		app->restarts++;
		return;
	}
	log_error("app %s: cannot be started: %s", app->argv[0], strerror(rc));
	app->state = APP_WAITING;
	app->pause_ms = LAST_PAUSE_MS;
	wl_event_source_timer_update(app->timer, app->pause_ms);
}

static void reap(struct app *app) {
	// Whatever it left behind in its group goes with it; as long as it is not reaped, the group's id
	// cannot be another's.
	kill(-app->pid, SIGKILL);
	int status = 0;
	waitpid(app->pid, &status, 0);
	wl_event_source_remove(app->exit_event);
	close(app->pidfd);
	app->exit_event = NULL;
	app->pidfd = -1;
	app->pid = 0;
	wl_event_source_timer_update(app->timer, 0);
	bool stopping = app->state == APP_STOPPING;
	if (!stopping && (!app->once || status != 0)) {
		say_ended(app, status);
	}
	if (stopping || app->once) {
		app->state = APP_STOPPED;
		app->stopped(app->stopped_data);
		return;
	}
	if (now_s() - app->started >= STEADY_S) {
		app->pause_ms = 0;
	}
	int pause = app->pause_ms;
	app->pause_ms = pause == 0 ? FIRST_PAUSE_MS : pause * 2;
	if (app->pause_ms > LAST_PAUSE_MS) {
		app->pause_ms = LAST_PAUSE_MS;
	}
	if (pause == 0) {
		start_again(app);
		return;
	}
	app->state = APP_WAITING;
	wl_event_source_timer_update(app->timer, pause);
}

static int handle_exit(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	reap(data);
	return 0;
}

static int handle_timer(void *data) {
	struct app *app = data;
	if (app->state == APP_STOPPING) {
		log_warning("app %s: did not end within %d ms, killed", app->argv[0], STOP_MS);
		kill(-app->pid, SIGKILL);
	} else if (app->state == APP_WAITING) {
		start_again(app);
	}
	return 0;
}

struct app *app_create(
	struct wl_event_loop *loop, const char *socket, char **argv, char error[256]) {
	struct app *app = calloc(1, sizeof(*app));
	if (app == NULL) {
		snprintf(error, 256, "app %s: out of memory", argv[0]);
		return NULL;
	}
	app->loop = loop;
	app->argv = argv;
	app->pidfd = -1;
	app->environment = environment_make(socket);
	app->timer = wl_event_loop_add_timer(loop, handle_timer, app);
	int rc = app->environment != NULL && app->timer != NULL ? spawn(app) : ENOMEM;
	if (rc != 0) {
		snprintf(error, 256, "app %s: cannot be started: %s: check the command and PATH", argv[0],
			strerror(rc));
		app_destroy(app);
		return NULL;
	}
	return app;
}

struct app *app_run(struct wl_event_loop *loop, const char *socket, char **argv,
	void (*ended)(void *data), void *data, char error[256]) {
	struct app *app = app_create(loop, socket, argv, error);
	if (app != NULL) {
		app->once = true;
		app->stopped = ended;
		app->stopped_data = data;
	}
	return app;
}

void app_stop(struct app *app, void (*stopped)(void *data), void *data) {
	app->stopped = stopped;
	app->stopped_data = data;
	if (app->pid == 0) {
		app->state = APP_STOPPED;
		wl_event_source_timer_update(app->timer, 0);
		stopped(data);
		return;
	}
	app->state = APP_STOPPING;
	kill(-app->pid, SIGTERM);
	wl_event_source_timer_update(app->timer, STOP_MS);
}

void app_destroy(struct app *app) {
	if (app == NULL) {
		return;
	}
	if (app->pid != 0) {
		kill(-app->pid, SIGKILL);
		waitpid(app->pid, NULL, 0);
		wl_event_source_remove(app->exit_event);
		close(app->pidfd);
	}
	if (app->timer != NULL) {
		wl_event_source_remove(app->timer);
	}
	environment_free(app->environment);
	free(app);
}

const char *app_name(const struct app *app) {
	const char *slash = strrchr(app->argv[0], '/');
	return slash != NULL ? slash + 1 : app->argv[0];
}

enum app_state app_state(const struct app *app) {
	return app->state;
}

const char *app_state_name(enum app_state state) {
	static const char *const names[] = {
		[APP_STOPPED] = "stopped",
		[APP_RUNNING] = "running",
		[APP_WAITING] = "waiting",
		[APP_STOPPING] = "stopping",
	};
	return names[state];
}

pid_t app_pid(const struct app *app) {
	return app->pid;
}

uint64_t app_restarts(const struct app *app) {
	return app->restarts;
}
