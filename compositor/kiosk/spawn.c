// SPDX-License-Identifier: MIT
#include "kiosk/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kiosk/chores.h"
#include "kiosk/process.h"
#include "kiosk/realtime.h"
#include "kiosk/user_socket.h"
#include "wayland/wayland.h"

enum {
	FIXED_ARGUMENTS = 8, // of vitrine-launch
	FIXED_VARIABLES = 4, // at most
};

struct spawn {
	struct chore chore;
	struct process_host *host;
	void (*done)(void *data, const struct spawn_end *end);
	void *data;
	atomic_bool called_off;
	atomic_int pid;
	struct user_socket *socket; // NULL: no other user's

	// The thread's, until it has done the chore.
	char **argv, **environment;
	int go, report, input; // -1: closed
	int pidfd;
	char problem[256]; // "": none
};

extern char **environ;

// ---- What it is started with ----

// NULL-terminated, made for a number of strings.
struct strings {
	char **at; // NULL: out of memory
	size_t n;
};

static struct strings strings_make(size_t max) {
	return (struct strings){.at = calloc(max + 1, sizeof(char *))};
}

static void strings_free(char **at) {
	for (size_t i = 0; at != NULL && at[i] != NULL; i++) {
		free(at[i]);
	}
	free(at);
}

static void __attribute__((format(printf, 2, 3)))
add(struct strings *strings, const char *format, ...) {
	if (strings->at == NULL) {
		return;
	}
	va_list args;
	va_start(args, format);
	if (vasprintf(&strings->at[strings->n++], format, args) < 0) {
		strings->at[strings->n - 1] = NULL;
		strings_free(strings->at);
		strings->at = NULL;
	}
	va_end(args);
}

static size_t count(char *const *list) {
	size_t n = 0;
	while (list != NULL && list[n] != NULL) {
		n++;
	}
	return n;
}

// See launch.c. NULL when out of memory.
static char **make_arguments(const struct spawn_order *order) {
	const struct process_spec *spec = order->spec;
	struct strings argv = strings_make(FIXED_ARGUMENTS + count(spec->argv));
	add(&argv, "%s", order->host->launcher);
	add(&argv, "%d", order->go);
	add(&argv, "%d", order->report);
	add(&argv, "%d", (int)getpid());
	add(&argv, "%ju", (uintmax_t)wayland_first_file_limit());
	add(&argv, "%ju", (uintmax_t)realtime_first_limit());
	add(&argv, "%s", spec->directory != NULL ? spec->directory : "");
	add(&argv, "%s", spec->user != NULL ? spec->user : "");
	for (size_t i = 0; spec->argv[i] != NULL; i++) {
		add(&argv, "%s", spec->argv[i]);
	}
	return argv.at;
}

static bool is_replaced(const char *variable, char *const *others) {
	static const char *const names[] = {
		"WAYLAND_DISPLAY=", "WAYLAND_SOCKET=", "XDG_SESSION_TYPE=", "NOTIFY_SOCKET=",
		"WATCHDOG_USEC=", "WATCHDOG_PID=", "LISTEN_FDS=", "LISTEN_PID=", "VITRINE_APP="};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(variable, names[i], strlen(names[i])) == 0) {
			return true;
		}
	}
	size_t len = strcspn(variable, "=") + 1;
	for (size_t i = 0; others != NULL && others[i] != NULL; i++) {
		if (strncmp(variable, others[i], len) == 0) {
			return true;
		}
	}
	return false;
}

// Of this user. NULL when out of memory.
static char **make_environment(const struct spawn_order *order) {
	char *const *variables = order->spec->variables;
	struct strings made = strings_make(FIXED_VARIABLES + count(variables) + count(environ));
	add(&made, "WAYLAND_DISPLAY=%s", order->host->socket);
	add(&made, "XDG_SESSION_TYPE=wayland");
	add(&made, "%s", order->variable);
	for (size_t i = 0; variables != NULL && variables[i] != NULL; i++) {
		add(&made, "%s", variables[i]);
	}
	for (size_t i = 0; environ[i] != NULL; i++) {
		if (!is_replaced(environ[i], variables)) {
			add(&made, "%s", environ[i]);
		}
	}
	return made.at;
}

// `line` (owned; NULL: out of memory, false) is the variable's only one from here on. There is room for another.
static bool set_variable(char **environment, char *line) {
	if (line == NULL) {
		return false;
	}
	size_t len = strcspn(line, "=") + 1, n = 0;
	for (size_t i = 0; environment[i] != NULL; i++) {
		if (strncmp(environment[i], line, len) == 0) {
			free(environment[i]);
		} else {
			environment[n++] = environment[i];
		}
	}
	environment[n] = line;
	environment[n + 1] = NULL;
	return true;
}

static char *make_variable(const char *name, const char *value, const char *rest) {
	char *line;
	return asprintf(&line, "%s=%s%s", name, value, rest) < 0 ? NULL : line;
}

// ---- In the thread ----

static void set_problem(struct spawn *spawn, int error) {
	snprintf(spawn->problem, sizeof(spawn->problem), "%.150s: %s%s", spawn->argv[0],
		strerror(error), error == ENOENT ? ": it is a part of vitrine: install it again" : "");
}

static bool use_socket(struct spawn *spawn) {
	struct user_socket *socket = spawn->socket;
	if (!user_socket_make(socket, spawn->problem)) {
		return false;
	}
	if (socket->state == USER_SOCKET_MADE &&
		(!set_variable(
			 spawn->environment, make_variable("WAYLAND_DISPLAY", socket->folder, "/wayland")) ||
			!set_variable(
				spawn->environment, make_variable("XDG_RUNTIME_DIR", socket->runtime, "")))) {
		set_problem(spawn, ENOMEM);
		return false;
	}
	return true;
}

// To the same number: without close-on-exec there, and only there.
static int plan_files(const struct spawn *spawn, posix_spawn_file_actions_t *files) {
	int rc = posix_spawn_file_actions_adddup2(files, spawn->go, spawn->go);
	if (rc == 0) {
		rc = posix_spawn_file_actions_adddup2(files, spawn->report, spawn->report);
	}
	if (rc == 0 && spawn->input >= 0) {
		rc = posix_spawn_file_actions_adddup2(files, spawn->input, STDIN_FILENO);
	}
	return rc;
}

static int start(struct spawn *spawn, pid_t *pid) {
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t files;
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int rc = plan_files(spawn, &files);
	if (rc == 0) {
		rc = posix_spawn(pid, spawn->argv[0], &files, &attributes, spawn->argv, spawn->environment);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void close_fd(int *fd) {
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

static void close_all(struct spawn *spawn) {
	close_fd(&spawn->go);
	close_fd(&spawn->report);
	close_fd(&spawn->input);
}

static void abandon(pid_t pid) {
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void run(struct chore *chore) {
	struct spawn *spawn = wl_container_of(chore, spawn, chore);
	pid_t pid;
	if (!atomic_load(&spawn->called_off) && (spawn->socket == NULL || use_socket(spawn))) {
		int rc = start(spawn, &pid);
		spawn->pidfd = rc == 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
		if (rc != 0) {
			set_problem(spawn, rc);
		} else if (spawn->pidfd < 0) {
			set_problem(spawn, errno);
			abandon(pid);
		} else {
			atomic_store(&spawn->pid, (int)pid);
		}
	}
	close_all(spawn);
}

// ---- In the event loop ----

void spawn_destroy(struct spawn *spawn) {
	if (spawn == NULL) {
		return;
	}
	close_all(spawn);
	strings_free(spawn->argv);
	strings_free(spawn->environment);
	free(spawn);
}

static void handle_done(struct chore *chore) {
	struct spawn *spawn = wl_container_of(chore, spawn, chore);
	struct spawn_end end = {.pid = spawn_pid(spawn), .pidfd = spawn->pidfd};
	if (end.pid != 0 && spawn->socket != NULL &&
		!user_socket_serve(spawn->socket, spawn->host->display, spawn->problem)) {
		abandon(end.pid);
		close(end.pidfd);
		end = (struct spawn_end){.pidfd = -1};
	}
	if (spawn->problem[0] != '\0') {
		end.problem = spawn->problem;
	}
	spawn->done(spawn->data, &end);
	spawn_destroy(spawn);
}

struct spawn *spawn_create(const struct spawn_order *order) {
	const struct process_spec *spec = order->spec;
	struct process_host *host = order->host;
	struct spawn *spawn = calloc(1, sizeof(*spawn));
	if (spawn == NULL) {
		close(order->go);
		close(order->report);
		return NULL;
	}
	spawn->chore = (struct chore){.run = run, .done = handle_done};
	spawn->host = host;
	spawn->done = order->done;
	spawn->data = order->data;
	spawn->go = order->go;
	spawn->report = order->report;
	spawn->pidfd = -1;
	spawn->argv = make_arguments(order);
	spawn->environment = make_environment(order);
	spawn->input = spec->input != 0 ? fcntl(spec->input, F_DUPFD_CLOEXEC, 0) : -1;
	bool other = spec->user != NULL && host->display != NULL;
	if (other) {
		spawn->socket = user_socket_find(&host->sockets, spec->user);
	}
	if (spawn->argv == NULL || spawn->environment == NULL || (other && spawn->socket == NULL) ||
		(spec->input != 0 && spawn->input < 0)) {
		spawn_destroy(spawn);
		return NULL;
	}
	return spawn;
}

void spawn_run(struct spawn *spawn) {
	chores_add(spawn->host->chores, &spawn->chore);
}

void spawn_call_off(struct spawn *spawn) {
	atomic_store(&spawn->called_off, true);
}

pid_t spawn_pid(const struct spawn *spawn) {
	return (pid_t)atomic_load(&spawn->pid);
}
