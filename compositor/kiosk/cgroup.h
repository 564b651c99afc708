// SPDX-License-Identifier: MIT
// A cgroup (version 2, Documentation/admin-guide/cgroup-v2.rst) for each process that is started: what
// it starts in turn cannot leave it, ends with it, and shares its limits.
//
// Cgroups are had of systemd, as transient scopes (org.freedesktop.systemd1(5)), where a manager answers
// to this user; else made in the subtree that was delegated to this process; else there are none.
#ifndef VITRINE_KIOSK_CGROUP_H
#define VITRINE_KIOSK_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-server-core.h>

struct cgroups;
struct chores;
struct cgroup;

struct cgroup_limits {  // 0: none
	int64_t memory_max; // bytes
	int cpu_quota;      // percent of one processor
	int pids_max;       // processes and threads
};

// `chores` are borrowed: it is destroyed after them. NULL when out of memory. What there is is said in the log.
struct cgroups *cgroups_create(struct wl_event_loop *loop, struct chores *chores);
// Removes what was made; each cgroup was destroyed before. NULL is fine.
void cgroups_destroy(struct cgroups *cgroups);
// For status: "systemd", "own" or "none".
const char *cgroups_kind(const struct cgroups *cgroups);

// A cgroup for a process that will wait at the pipe `go` (owned). As soon as that is to go on, not waiting for the event
// loop, a 'g' is written there, and behind it the absolute path of the cgroup that it has to put itself into first: none
// if it is in one, or if none can be had. `ready` is called then, once. NULL when out of memory; `go` is closed then.
struct cgroup *cgroup_create(struct cgroups *cgroups, const char *name,
	const struct cgroup_limits *limits, int go, void (*ready)(void *data), void *data);
// The chore that starts the process has been added.
void cgroup_start(struct cgroup *cgroup);
// It is there. Only now systemd can be asked, so where it is, the process waits for the event loop.
void cgroup_set_process(struct cgroup *cgroup, pid_t pid);
// The process has done so, or could not; after `ready`. It is looked at later.
void cgroup_joined(struct cgroup *cgroup);
// Kills all that is in it; it is removed once that is gone. NULL is fine.
void cgroup_destroy(struct cgroup *cgroup);
void cgroup_kill(struct cgroup *cgroup);
// The path of the cgroup below the root of the hierarchy, "" if there is none.
const char *cgroup_path(const struct cgroup *cgroup);
bool cgroup_has(const struct cgroup *cgroup, pid_t pid);
// -1: unknown.
int64_t cgroup_memory(const struct cgroup *cgroup); // bytes
int64_t cgroup_processes(const struct cgroup *cgroup);
// Something in it was killed as memory_max was reached.
bool cgroup_ran_out_of_memory(const struct cgroup *cgroup);

#endif
