// SPDX-License-Identifier: MIT
// A program of other people's as a child: started in a cgroup of its own where there are such, watched
// by its pidfd, ended with all that it has started.
#ifndef VITRINE_KIOSK_PROCESS_H
#define VITRINE_KIOSK_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>
#include <wayland-server-core.h>

#include "kiosk/cgroup.h"

// What processes are started with; one for all.
struct process_host {
	struct wl_event_loop *loop;
	struct wl_display *display; // for sockets of other users; may be NULL: apps run as this user
	const char *socket;         // WAYLAND_DISPLAY
	char *launcher;             // path of vitrine-launch
	struct chores *chores;      // whose thread is the parent of all, which end with it
	struct cgroups *cgroups;
	struct wl_list processes;            // process.link
	struct wl_list sockets;              // user_socket.link
	struct wl_event_source *child_event; // NULL where cgroups hold what was started
	int chores_with_children; // under way: as long as they are no child is reaped behind them
};

// `launcher` NULL: the one beside this program, else the installed one. False when out of memory.
bool process_host_init(struct process_host *host, struct wl_event_loop *loop,
	struct wl_display *display, const char *socket, const char *launcher);
// After its processes. A zeroed one is fine.
void process_host_finish(struct process_host *host);

struct process_spec {
	const char *name; // of the app, for the log and the cgroup
	char *const *argv;
	char *const *variables; // NAME=VALUE, NULL-terminated; may be NULL
	const char *directory;  // NULL: this one
	const char *user;       // NULL: this one
	int input;              // borrowed, becomes its standard input; 0: ours
	struct cgroup_limits limits;
};

struct process_end {
	int status;          // as of waitpid(2)
	const char *problem; // why the program did not run; NULL: it did
	bool out_of_memory;  // the limit of its cgroup was reached
};

struct process_handler {
	void (*running)(void *data); // the program itself runs
	// It has ended, and what it left behind is killed; the handler destroys it, and `end` with it.
	void (*ended)(void *data, const struct process_end *end);
	void *data;
};

struct process;

// The path of a program that is a part of Vitrine and not in PATH: beside this one, in the folder where it is
// built, else where it is installed. The caller frees it; NULL when out of memory.
char *process_find_own(const char *name);
// The program can be found in PATH: a path is not told of programs that only another user may see.
bool process_can_run(const char *program);
// Asks for it, and does not wait: what fails later is told as its end. On failure returns NULL with one line in error.
struct process *process_start(struct process_host *host, const struct process_spec *spec,
	const struct process_handler *handler, char error[256]);
// Kills what still runs, and does not wait for its end. NULL is fine.
void process_destroy(struct process *process);
// Both also while it is being started: then what is started ends at once, if it is started at all.
void process_signal(struct process *process, int number); // to its group
void process_kill(struct process *process);               // and all that it has started
// 0 while it is being started.
pid_t process_pid(const struct process *process);
// True if it is the process itself, also if its start has not been heard of yet.
bool process_is(const struct process *process, pid_t pid);
// True if the process is of it: in its cgroup, else a descendant or of its group.
bool process_has(const struct process *process, pid_t pid);
const struct cgroup *process_cgroup(const struct process *process);

#endif
