// SPDX-License-Identifier: MIT
#include "kiosk/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "kiosk/process_tree.h"
#include "kiosk/realtime.h"
#include "kiosk/user_socket.h"
#include "wayland/wayland.h"

enum { FIXED_ARGUMENTS = 6 }; // of vitrine-launch

struct process {
	struct process_host *host;
	struct process_handler handler;
	struct wl_list link; // process_host.processes
	pid_t pid;
	int pidfd;
	int report; // pipe from vitrine-launch; -1: over
	struct wl_event_source *exit_event, *report_event;
	struct cgroup *cgroup; // NULL until it was asked for
	bool not_run;          // `problem` tells why
	char variable[96];     // VITRINE_APP=...
	char problem[256];
};

extern char **environ;

// ---- Host ----

static bool is_known(void *data, pid_t pid) {
	struct process_host *host = data;
	struct process *process;
	wl_list_for_each(process, &host->processes, link) {
		if (process->pid == pid) {
			return true;
		}
	}
	return false;
}

static int handle_child(int number, void *data) {
	(void)number;
	process_tree_reap(is_known, data);
	return 0;
}

char *process_find_own(const char *name) {
	static const char *const folders[] = {"", "/../clients"};
	char own[4096], *path = NULL;
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	if (n > 0) {
		own[n] = '\0';
		*strrchr(own, '/') = '\0';
	}
	for (size_t i = 0; n > 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (asprintf(&path, "%s%s/%s", own, folders[i], name) < 0) {
			return NULL;
		}
		if (access(path, X_OK) == 0) {
			return path;
		}
		free(path);
	}
	return asprintf(&path, "%s/%s", VITRINE_LIBEXEC, name) < 0 ? NULL : path;
}

bool process_host_init(struct process_host *host, struct wl_event_loop *loop,
	struct wl_display *display, const char *socket, const char *launcher) {
	*host = (struct process_host){.loop = loop, .display = display, .socket = socket};
	wl_list_init(&host->processes);
	wl_list_init(&host->sockets);
	host->launcher = launcher != NULL ? strdup(launcher) : process_find_own("vitrine-launch");
	host->cgroups = cgroups_create(loop);
	if (host->launcher == NULL || host->cgroups == NULL) {
		return false;
	}
	if (strcmp(cgroups_kind(host->cgroups), "none") == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		host->child_event = wl_event_loop_add_signal(loop, SIGCHLD, handle_child, host);
		return host->child_event != NULL;
	}
	return true;
}

void process_host_finish(struct process_host *host) {
	if (host->loop == NULL) {
		return;
	}
	if (host->child_event != NULL) {
		handle_child(SIGCHLD, host);
		wl_event_source_remove(host->child_event);
		prctl(PR_SET_CHILD_SUBREAPER, 0);
	}
	cgroups_destroy(host->cgroups);
	user_sockets_finish(&host->sockets);
	free(host->launcher);
	*host = (struct process_host){0};
}

// ---- Environment ----

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

static void environment_free(char **environment) {
	for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
		free(environment[i]);
	}
	free(environment);
}

static size_t count(char *const *list) {
	size_t n = 0;
	while (list != NULL && list[n] != NULL) {
		n++;
	}
	return n;
}

// `socket` NULL: the host's own. NULL when out of memory.
static char **environment_make(const struct process_host *host, const struct process_spec *spec,
	const char *name, const struct user_socket *socket) {
	char **environment = calloc(count(environ) + count(spec->variables) + 5, sizeof(*environment));
	if (environment == NULL) {
		return NULL;
	}
	size_t len = 0;
	bool ok =
		asprintf(&environment[len++], "WAYLAND_DISPLAY=%s%s",
			socket != NULL ? socket->folder : host->socket, socket != NULL ? "/wayland" : "") >= 0;
	ok = ok && (environment[len++] = strdup("XDG_SESSION_TYPE=wayland")) != NULL;
	ok = ok && (environment[len++] = strdup(name)) != NULL;
	if (socket != NULL) {
		ok = ok && asprintf(&environment[len++], "XDG_RUNTIME_DIR=%s", socket->runtime) >= 0;
	}
	for (size_t i = 0; ok && spec->variables != NULL && spec->variables[i] != NULL; i++) {
		ok = (environment[len++] = strdup(spec->variables[i])) != NULL;
	}
	for (size_t i = 0; ok && environ[i] != NULL; i++) {
		bool theirs = socket != NULL && strncmp(environ[i], "XDG_RUNTIME_DIR=", 16) == 0;
		if (!theirs && !is_replaced(environ[i], spec->variables)) {
			ok = (environment[len++] = strdup(environ[i])) != NULL;
		}
	}
	if (!ok) {
		environment_free(environment);
		return NULL;
	}
	return environment;
}

// ---- Start ----

bool process_can_run(const char *program) {
	if (strchr(program, '/') != NULL) {
		return access(program, X_OK) == 0;
	}
	const char *path = getenv("PATH");
	for (path = path != NULL ? path : "/bin:/usr/bin"; *path != '\0';) {
		size_t len = strcspn(path, ":");
		char file[4096];
		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, program);
		if (access(file, X_OK) == 0) {
			return true;
		}
		path += len + (path[len] == ':');
	}
	errno = ENOENT;
	return false;
}

static void close_fd(int *fd) {
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

static void close_report(struct process *process) {
	if (process->report_event != NULL) {
		wl_event_source_remove(process->report_event);
		process->report_event = NULL;
	}
	close_fd(&process->report);
}

// What vitrine-launch says, if anything: it is the app then that runs.
static void read_report(struct process *process) {
	if (process->report < 0) {
		return;
	}
	ssize_t n = read(process->report, process->problem, sizeof(process->problem) - 1);
	if (n < 0) {
		return; // it has not got that far
	}
	process->problem[n] = '\0';
	process->not_run = n > 0;
	close_report(process);
	if (!process->not_run) {
		cgroup_joined(process->cgroup);
		process->handler.running(process->handler.data);
	}
}

static int handle_report(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	read_report(data);
	return 0;
}

static int handle_exit(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	struct process *process = data;
	if (process->report >= 0) {
		// Killed before it was the app; or the app, and the end of the pipe is not yet read.
		ssize_t n = read(process->report, process->problem, sizeof(process->problem) - 1);
		process->problem[n > 0 ? n : 0] = '\0';
		process->not_run = n > 0;
		close_report(process);
	}
	struct process_end end = {
		.problem = process->not_run ? process->problem : NULL,
		.out_of_memory = process->cgroup != NULL && cgroup_ran_out_of_memory(process->cgroup),
	};
	// What it left behind goes first: as long as it is not reaped, its ids cannot be another's.
	process_kill(process);
	waitpid(process->pid, &end.status, 0);
	process->pid = 0;
	wl_event_source_remove(process->exit_event);
	process->exit_event = NULL;
	process->handler.ended(process->handler.data, &end);
	return 0;
}

static int spawn_launcher(
	struct process *process, int input, char *const *argv, char **environment) {
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t files;
	posix_spawn_file_actions_init(&files);
	if (input != 0) {
		posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	}
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
	realtime_set_limit(false);
	int rc =
		posix_spawn(&process->pid, process->host->launcher, &files, &attributes, argv, environment);
	realtime_set_limit(true);
	wayland_set_file_limit(true);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	if (rc != 0) {
		process->pid = 0;
	}
	return rc;
}

// Without close-on-exec, for vitrine-launch: only while it is started.
static void set_inherited(int fd, bool inherited) {
	fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC);
}

// *go_fd is the caller's, to tell it to go on.
static bool spawn(
	struct process *process, const struct process_spec *spec, int *go_fd, char error[256]) {
	struct process_host *host = process->host;
	const struct user_socket *socket = NULL;
	struct passwd *user = spec->user != NULL ? getpwnam(spec->user) : NULL;
	bool other = spec->user != NULL && (user == NULL || user->pw_uid != geteuid());
	if (other && host->display != NULL &&
		(socket = user_socket_get(&host->sockets, host->display, spec->user, error)) == NULL) {
		return false;
	}
	int go[2], report[2];
	if (pipe2(go, O_CLOEXEC) != 0) {
		snprintf(error, 256, "%s", strerror(errno));
		return false;
	}
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0) {
		snprintf(error, 256, "%s", strerror(errno));
		close(go[0]);
		close(go[1]);
		return false;
	}
	process->report = report[0];
	char numbers[3][16], *argv0 = host->launcher;
	snprintf(numbers[0], sizeof(numbers[0]), "%d", go[0]);
	snprintf(numbers[1], sizeof(numbers[1]), "%d", report[1]);
	snprintf(numbers[2], sizeof(numbers[2]), "%d", (int)getpid());
	size_t n = count(spec->argv);
	char **argv = calloc(FIXED_ARGUMENTS + n + 1, sizeof(*argv));
	char **environment = environment_make(host, spec, process->variable, socket);
	int rc = ENOMEM;
	if (argv != NULL && environment != NULL) {
		char *const fixed[FIXED_ARGUMENTS] = {argv0, numbers[0], numbers[1], numbers[2],
			(char *)(spec->directory != NULL ? spec->directory : ""),
			(char *)(spec->user != NULL ? spec->user : "")};
		memcpy(argv, fixed, sizeof(fixed));
		memcpy(argv + FIXED_ARGUMENTS, spec->argv, n * sizeof(*argv));
		set_inherited(go[0], true);
		set_inherited(report[1], true);
		rc = spawn_launcher(process, spec->input, argv, environment);
	}
	close(go[0]);
	close(report[1]);
	if (rc == 0) {
		*go_fd = go[1];
	} else {
		close(go[1]);
	}
	free(argv);
	environment_free(environment);
	if (rc != 0) {
		snprintf(error, 256, "%.150s: %s%s", host->launcher, strerror(rc),
			rc == ENOENT ? ": it is a part of vitrine: install it again" : "");
	}
	return rc == 0;
}

// What is reported is heard from here on: the program runs in the cgroup then, or never will.
static void handle_cgroup_ready(void *data) {
	struct process *process = data;
	process->report_event = wl_event_loop_add_fd(
		process->host->loop, process->report, WL_EVENT_READABLE, handle_report, process);
	if (process->report_event == NULL) {
		log_error("process %d: out of memory: it is ended", (int)process->pid);
		kill(process->pid, SIGKILL);
	}
}

struct process *process_start(struct process_host *host, const struct process_spec *spec,
	const struct process_handler *handler, char error[256]) {
	struct process *process = calloc(1, sizeof(*process));
	if (process == NULL) {
		snprintf(error, 256, "out of memory");
		return NULL;
	}
	process->host = host;
	process->handler = *handler;
	process->pidfd = process->report = -1;
	int go;
	wl_list_insert(&host->processes, &process->link);
	snprintf(process->variable, sizeof(process->variable), "VITRINE_APP=%.64s", spec->name);
	if (!spawn(process, spec, &go, error)) {
		process_destroy(process);
		return NULL;
	}
	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	process->exit_event = process->pidfd < 0
		? NULL
		: wl_event_loop_add_fd(host->loop, process->pidfd, WL_EVENT_READABLE, handle_exit, process);
	if (process->exit_event != NULL) {
		process->cgroup = cgroup_create(host->cgroups, spec->name, process->pid, &spec->limits, go,
			handle_cgroup_ready, process);
	} else {
		close(go);
	}
	if (process->cgroup == NULL) {
		snprintf(error, 256, "%s", process->pidfd < 0 ? strerror(errno) : "out of memory");
		process_destroy(process);
		return NULL;
	}
	return process;
}

// ---- End ----

void process_signal(struct process *process, int number) {
	if (process->pid != 0) {
		kill(-process->pid, number);
		kill(-process->pid, SIGCONT); // what is stopped would not hear of it
	}
}

void process_kill(struct process *process) {
	if (process->pid == 0) {
		return;
	}
	kill(-process->pid, SIGKILL);
	if (process->cgroup != NULL && cgroup_path(process->cgroup)[0] != '\0') {
		cgroup_kill(process->cgroup);
	} else {
		process_tree_kill(process->pid, process->variable);
	}
}

void process_destroy(struct process *process) {
	if (process == NULL) {
		return;
	}
	if (process->pid != 0) {
		process_kill(process);
		waitpid(process->pid, NULL, 0);
	}
	if (process->exit_event != NULL) {
		wl_event_source_remove(process->exit_event);
	}
	close_report(process);
	close_fd(&process->pidfd);
	cgroup_destroy(process->cgroup);
	wl_list_remove(&process->link);
	free(process);
}

pid_t process_pid(const struct process *process) {
	return process->pid;
}

bool process_has(const struct process *process, pid_t pid) {
	if (process->pid == 0) {
		return false;
	}
	return pid == process->pid || cgroup_has(process->cgroup, pid) ||
		(cgroup_path(process->cgroup)[0] == '\0' && process_tree_has(process->pid, pid));
}

const struct cgroup *process_cgroup(const struct process *process) {
	return process->cgroup;
}
