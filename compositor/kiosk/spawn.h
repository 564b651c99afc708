// SPDX-License-Identifier: MIT
// The start of vitrine-launch for a program, as a chore: to look up a user, and to have a process that comes as far as
// vitrine-launch (until then whoever starts it stands still), may take any time.
#ifndef VITRINE_KIOSK_SPAWN_H
#define VITRINE_KIOSK_SPAWN_H

#include <sys/types.h>

struct process_host;
struct process_spec;
struct spawn;

struct spawn_end {
	pid_t pid;           // 0: there is no process
	int pidfd;           // given away; -1 without a process
	const char *problem; // one line; NULL: it was called off, or it went well
};

struct spawn_order {
	struct process_host *host;
	const struct process_spec *spec; // not kept
	const char *variable;            // VITRINE_APP=...; not kept
	int go, report;                  // the process' ends of its pipes; owned
	void (*done)(void *data, const struct spawn_end *end);
	void *data;
};

// NULL when out of memory; what it would have owned is closed then.
struct spawn *spawn_create(const struct spawn_order *order);
// Of one that is not run. NULL is fine.
void spawn_destroy(struct spawn *spawn);
// `done` is called once, from the event loop, or before this returns where no thread can be had; then it is no more.
void spawn_run(struct spawn *spawn);
// Without a process yet it gets none.
void spawn_call_off(struct spawn *spawn);
// 0: there is none yet. There is one before the next chore runs, also if `done` has not been called.
pid_t spawn_pid(const struct spawn *spawn);

#endif
