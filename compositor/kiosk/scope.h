// SPDX-License-Identifier: MIT
// Transient scopes of systemd, over D-Bus (org.freedesktop.systemd1(5)). Nothing here blocks.
#ifndef VITRINE_KIOSK_SCOPE_H
#define VITRINE_KIOSK_SCOPE_H

#include "kiosk/cgroup.h"

struct scopes;
struct scope;

// NULL: there is no manager that this user could ask, or no memory.
struct scopes *scopes_create(struct wl_event_loop *loop);
void scopes_destroy(struct scopes *scopes); // NULL is fine

// Asks for a scope with the process in it; with a limit of memory also for a slice around it, of all apps of that name,
// which stays when they go. `done` is called later, once: true if it is there. Until then scope_cancel takes it back:
// NULL is fine. NULL when it cannot be asked for.
struct scope *scope_start(struct scopes *scopes, const char *name, pid_t pid,
	const struct cgroup_limits *limits, void (*done)(void *data, bool started), void *data);
void scope_cancel(struct scope *scope);

#endif
