// SPDX-License-Identifier: MIT
#include "kiosk/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "kiosk/chores.h"
#include "kiosk/process_tree.h"
#include "kiosk/spawn.h"
#include "kiosk/user_socket.h"

struct process {
	struct process_host *host;
	struct process_handler handler;
	struct wl_list link; // process_host.processes
	struct spawn *spawn; // under way; NULL: there is a process, or was
	pid_t pid;
	int pidfd;
	int report; // pipe from vitrine-launch; -1: over
	struct wl_event_source *exit_event, *report_event;
	struct cgroup *cgroup;
	bool starting;     // process_start has not returned
	bool ready;        // its cgroup is
	bool not_run;      // `problem` tells why
	bool ran_out;      // of memory
	bool ending, over; // `end_chore` is under way; freed after what is, as it was destroyed
	int signal;        // for when there is a process; 0: none
	struct chore end_chore;
	char variable[96]; // VITRINE_APP=...
	char problem[256];
};

// ---- Host ----

static bool is_known(const struct process_host *host, pid_t pid) {
	const struct process *process;
	wl_list_for_each(process, &host->processes, link) {
		if (process->pid == pid) {
			return true;
		}
	}
	return false;
}

// Takes note of the end of orphans: of each that comes before one of ours, whose own end is heard of, too, and brings us
// here again. Chores come first that rely on it that no id becomes another's.
static void reap_orphans(const struct process_host *host) {
	siginfo_t info = {0};
	while (host->child_event != NULL && host->chores_with_children == 0 &&
		waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
		!is_known(host, info.si_pid)) {
		waitpid(info.si_pid, NULL, 0);
		info.si_pid = 0;
	}
}

static int handle_child(int number, void *data) {
	(void)number;
	reap_orphans(data);
	return 0;
}

static void begin_chore(struct process_host *host, struct chore *chore) {
	host->chores_with_children++;
	chores_add(host->chores, chore);
}

static void end_chore(struct process_host *host) {
	host->chores_with_children--;
	reap_orphans(host);
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
	host->chores = chores_create(loop);
	host->cgroups = host->chores != NULL ? cgroups_create(loop, host->chores) : NULL;
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
	chores_destroy(host->chores);
	if (host->child_event != NULL) {
		reap_orphans(host);
		wl_event_source_remove(host->child_event);
		prctl(PR_SET_CHILD_SUBREAPER, 0);
	}
	cgroups_destroy(host->cgroups);
	user_sockets_finish(&host->sockets);
	free(host->launcher);
	*host = (struct process_host){0};
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

static void close_report(struct process *process) {
	if (process->report_event != NULL) {
		wl_event_source_remove(process->report_event);
		process->report_event = NULL;
	}
	if (process->report >= 0) {
		close(process->report);
		process->report = -1;
	}
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

static int handle_exit(int fd, uint32_t mask, void *data);

// What is reported is heard once the program runs in the cgroup, or never will.
static void await_report(struct process *process) {
	if (!process->ready || process->pid == 0 || process->report < 0) {
		return;
	}
	process->report_event = wl_event_loop_add_fd(
		process->host->loop, process->report, WL_EVENT_READABLE, handle_report, process);
	if (process->report_event == NULL) {
		log_error("process %d: out of memory: it is ended", (int)process->pid);
		kill(process->pid, SIGKILL);
	}
}

static void handle_cgroup_ready(void *data) {
	struct process *process = data;
	process->ready = true;
	await_report(process);
}

static void process_free(struct process *process) {
	struct process_host *host = process->host;
	close_report(process);
	if (process->pidfd >= 0) {
		close(process->pidfd);
	}
	cgroup_destroy(process->cgroup);
	wl_list_remove(&process->link);
	free(process);
	reap_orphans(host);
}

static void end_later(struct process *process);

// There is no process.
static void tell_not_started(struct process *process) {
	if (!process->starting) { // else process_start tells
		const struct process_end end = {
			.status = process->signal, // it was called off with that, if there is no problem
			.problem = process->not_run ? process->problem : NULL,
		};
		process->handler.ended(process->handler.data, &end);
	}
}

static bool watch_exit(struct process *process) {
	process->exit_event = wl_event_loop_add_fd(
		process->host->loop, process->pidfd, WL_EVENT_READABLE, handle_exit, process);
	if (process->exit_event == NULL) {
		process->not_run = true;
		snprintf(process->problem, sizeof(process->problem), "out of memory");
	}
	return process->exit_event != NULL;
}

static void handle_spawned(void *data, const struct spawn_end *end) {
	struct process *process = data;
	process->spawn = NULL;
	process->pid = end->pid;
	process->pidfd = end->pidfd;
	process->not_run = end->problem != NULL;
	snprintf(
		process->problem, sizeof(process->problem), "%s", end->problem != NULL ? end->problem : "");
	end_chore(process->host);
	if (process->pid == 0) {
		if (process->over) {
			process_free(process);
		} else {
			tell_not_started(process);
		}
	} else if (process->over || !watch_exit(process)) {
		kill(-process->pid, SIGKILL);
		end_later(process);
	} else {
		log_info("app %s: process %d", strchr(process->variable, '=') + 1, (int)process->pid);
		cgroup_set_process(process->cgroup, process->pid);
		await_report(process);
		if (process->signal == SIGKILL) {
			process_kill(process);
		} else if (process->signal != 0) {
			process_signal(process, process->signal);
		}
	}
}

static bool open_pipes(int go[2], int report[2]) {
	if (pipe2(go, O_CLOEXEC) != 0) {
		return false;
	}
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0) {
		int error = errno;
		close(go[0]);
		close(go[1]);
		errno = error;
		return false;
	}
	return true;
}

// The chore that makes the cgroup comes after the one that starts the process, and tells it to go on: all without the
// event loop.
static bool start(struct process *process, const struct process_spec *spec, char error[256]) {
	struct process_host *host = process->host;
	int go[2], report[2];
	if (!open_pipes(go, report)) {
		snprintf(error, 256, "%s", strerror(errno));
		return false;
	}
	process->report = report[0];
	process->cgroup = cgroup_create(
		host->cgroups, spec->name, &spec->limits, go[1], handle_cgroup_ready, process);
	const struct spawn_order order = {
		.host = host,
		.spec = spec,
		.variable = process->variable,
		.go = go[0],
		.report = report[1],
		.done = handle_spawned,
		.data = process,
	};
	struct spawn *spawn = spawn_create(&order);
	if (process->cgroup == NULL || spawn == NULL) {
		spawn_destroy(spawn);
		snprintf(error, 256, "out of memory");
		return false;
	}
	process->spawn = spawn;
	host->chores_with_children++;
	spawn_run(spawn);
	if (process->not_run) { // without a thread it is known already
		snprintf(error, 256, "%s", process->problem);
		return false;
	}
	cgroup_start(process->cgroup);
	return true;
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
	wl_list_insert(&host->processes, &process->link);
	snprintf(process->variable, sizeof(process->variable), "VITRINE_APP=%.64s", spec->name);
	process->starting = true;
	if (!start(process, spec, error)) {
		process_destroy(process);
		return NULL;
	}
	process->starting = false;
	return process;
}

// ---- End ----

static void tell_end(struct process *process) {
	struct process_end end = {
		.problem = process->not_run ? process->problem : NULL,
		.out_of_memory = process->ran_out,
	};
	waitpid(process->pid, &end.status, 0); // it has ended
	process->pid = 0;
	if (process->over) {
		process_free(process);
		return;
	}
	reap_orphans(process->host);
	if (!process->starting) { // else process_start tells
		process->handler.ended(process->handler.data, &end);
	}
}

// In the thread.
static void run_end(struct chore *chore) {
	struct process *process = wl_container_of(chore, process, end_chore);
	siginfo_t info;
	process_tree_kill(process->pid, process->variable);
	while (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
	}
}

static void handle_end(struct chore *chore) {
	struct process *process = wl_container_of(chore, process, end_chore);
	process->ending = false;
	process->host->chores_with_children--;
	tell_end(process);
}

// It has been killed, or ended by itself.
static void end_later(struct process *process) {
	process->ending = true;
	process->end_chore = (struct chore){.run = run_end, .done = handle_end};
	begin_chore(process->host, &process->end_chore);
}

static bool has_cgroup(const struct process *process) {
	return cgroup_path(process->cgroup)[0] != '\0';
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
	process->ran_out = cgroup_ran_out_of_memory(process->cgroup);
	wl_event_source_remove(process->exit_event);
	process->exit_event = NULL;
	// What it left behind goes first: as long as it is not reaped, its ids cannot be another's.
	kill(-process->pid, SIGKILL);
	if (has_cgroup(process)) {
		cgroup_kill(process->cgroup);
		tell_end(process);
	} else {
		end_later(process);
	}
	return 0;
}

struct tree_kill {
	struct chore chore;
	struct process_host *host;
	pid_t pid;
	char variable[96];
};

static void run_tree_kill(struct chore *chore) {
	const struct tree_kill *work = wl_container_of(chore, work, chore);
	process_tree_kill(work->pid, work->variable);
}

static void handle_tree_killed(struct chore *chore) {
	struct tree_kill *work = wl_container_of(chore, work, chore);
	end_chore(work->host);
	free(work);
}

// Before the chore that its end gives rise to.
static void kill_tree(struct process *process) {
	struct tree_kill *work = calloc(1, sizeof(*work));
	if (work == NULL) {
		process_tree_kill(process->pid, process->variable);
		return;
	}
	*work = (struct tree_kill){.chore = {.run = run_tree_kill, .done = handle_tree_killed},
		.host = process->host,
		.pid = process->pid};
	strcpy(work->variable, process->variable);
	begin_chore(process->host, &work->chore);
}

// To a process that is not there yet.
static void signal_later(struct process *process, int number) {
	if (process->spawn != NULL) {
		process->signal = process->signal == SIGKILL ? SIGKILL : number;
		spawn_call_off(process->spawn);
	}
}

void process_signal(struct process *process, int number) {
	if (process->pid == 0) {
		signal_later(process, number);
		return;
	}
	kill(-process->pid, number);
	kill(-process->pid, SIGCONT); // what is stopped would not hear of it
}

void process_kill(struct process *process) {
	if (process->pid == 0) {
		signal_later(process, SIGKILL);
		return;
	}
	kill(-process->pid, SIGKILL);
	if (has_cgroup(process)) {
		cgroup_kill(process->cgroup);
	} else if (!process->ending) { // which does it
		kill_tree(process);
	}
}

void process_destroy(struct process *process) {
	if (process == NULL) {
		return;
	}
	process->over = true;
	if (process->exit_event != NULL) {
		wl_event_source_remove(process->exit_event);
		process->exit_event = NULL;
	}
	close_report(process);
	if (process->spawn != NULL || process->ending) {
		cgroup_destroy(process->cgroup);
		process->cgroup = NULL;
		signal_later(process, SIGKILL);
	} else if (process->pid != 0) {
		kill(-process->pid, SIGKILL);
		cgroup_destroy(process->cgroup);
		process->cgroup = NULL;
		end_later(process);
	} else {
		process_free(process);
	}
}

pid_t process_pid(const struct process *process) {
	return process->pid;
}

static pid_t own_pid(const struct process *process) {
	return process->spawn != NULL ? spawn_pid(process->spawn) : process->pid;
}

bool process_is(const struct process *process, pid_t pid) {
	return pid > 0 && pid == own_pid(process);
}

bool process_has(const struct process *process, pid_t pid) {
	const pid_t own = own_pid(process);
	return own != 0 && pid > 0 &&
		(pid == own || cgroup_has(process->cgroup, pid) ||
			(!has_cgroup(process) && process_tree_has(own, pid)));
}

const struct cgroup *process_cgroup(const struct process *process) {
	return process->cgroup;
}
