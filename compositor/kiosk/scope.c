// SPDX-License-Identifier: MIT
#include "kiosk/scope.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>

#include "base/log.h"

#define MANAGER_NAME "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
#define PATIENCE_US 2000000 // an app is not to wait longer for a manager that does not answer

struct scope {
	struct scopes *scopes;
	struct wl_list link;
	sd_bus_slot *call;
	char *job; // object path; NULL before the manager has told it
	struct wl_event_source *timer;
	void (*done)(void *data, bool started);
	void *data;
};

struct scopes {
	sd_bus *bus;
	bool user;  // the manager is the user's own
	char *unit; // that this process runs in, of the same manager; NULL: not in a service
	struct wl_list waiting; // scope.link
	struct wl_event_loop *loop;
	struct wl_event_source *fd_event, *timer_event;
	int timer; // timerfd on the bus' clock
	uint64_t serial;
	bool broken;
};

static void scope_free(struct scope *scope) {
	wl_list_remove(&scope->link);
	sd_bus_slot_unref(scope->call);
	wl_event_source_remove(scope->timer);
	free(scope->job);
	free(scope);
}

void scope_cancel(struct scope *scope) {
	if (scope != NULL) {
		scope_free(scope);
	}
}

static void finish(struct scope *scope, bool started) {
	// The analyzer does not see that a freed scope has left its list.
	// NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
	void (*done)(void *data, bool started) = scope->done;
	void *data = scope->data;
	scope_free(scope);
	done(data, started);
}

// ---- The bus in the event loop ----

static void update_events(struct scopes *scopes) {
	int events = sd_bus_get_events(scopes->bus);
	uint64_t until = UINT64_MAX;
	if (events < 0 || sd_bus_get_timeout(scopes->bus, &until) < 0) {
		events = 0;
	}
	wl_event_source_fd_update(scopes->fd_event,
		((events & POLLIN) != 0 ? WL_EVENT_READABLE : 0) |
			((events & POLLOUT) != 0 ? WL_EVENT_WRITABLE : 0));
	struct itimerspec when = {0}; // disarmed
	if (until != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(until / 1000000);
		when.it_value.tv_nsec = until == 0 ? 1 : (long)(until % 1000000) * 1000;
	}
	timerfd_settime(scopes->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void give_up(struct scopes *scopes, const char *why) {
	if (!scopes->broken) {
		log_warning("systemd does not answer (%s): apps get no scopes of it", why);
	}
	scopes->broken = true;
	while (!wl_list_empty(&scopes->waiting)) {
		struct scope *scope = wl_container_of(scopes->waiting.next, scope, link);
		finish(scope, false);
	}
}

static void stop_events(struct scopes *scopes) {
	struct wl_event_source **sources[] = {&scopes->fd_event, &scopes->timer_event};
	for (int i = 0; i < 2; i++) {
		if (*sources[i] != NULL) {
			wl_event_source_remove(*sources[i]);
			*sources[i] = NULL;
		}
	}
}

static int handle_bus(int fd, uint32_t mask, void *data) {
	(void)mask;
	struct scopes *scopes = data;
	if (fd == scopes->timer) {
		uint64_t times;
		ssize_t n = read(fd, &times, sizeof(times));
		(void)n; // it is armed anew below, in any case
	}
	int rc;
	do {
		rc = sd_bus_process(scopes->bus, NULL);
	} while (rc > 0);
	if (rc < 0) {
		// The file would report the hangup for ever, and the timer is armed for what was asked before.
		stop_events(scopes);
		give_up(scopes, strerror(-rc));
		return 0;
	}
	update_events(scopes);
	return 0;
}

static int handle_job(sd_bus_message *message, void *data, sd_bus_error *error) {
	(void)error;
	struct scopes *scopes = data;
	uint32_t id;
	const char *job, *unit, *result;
	if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) < 0) {
		return 0;
	}
	struct scope *scope;
	wl_list_for_each(scope, &scopes->waiting, link) {
		if (scope->job != NULL && strcmp(scope->job, job) == 0) {
			bool started = strcmp(result, "done") == 0;
			if (!started) {
				log_warning("systemd: %s: its start ended with \"%s\"", unit, result);
			}
			finish(scope, started);
			break;
		}
	}
	return 0;
}

static int handle_subscribed(sd_bus_message *message, void *data, sd_bus_error *error) {
	(void)error;
	if (sd_bus_message_is_method_error(message, NULL)) {
		give_up(data, sd_bus_message_get_error(message)->message);
	}
	return 0;
}

static bool start_bus(struct scopes *scopes) {
	sd_bus *bus = scopes->bus;
	scopes->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (scopes->timer < 0) {
		return false;
	}
	scopes->fd_event = wl_event_loop_add_fd(
		scopes->loop, sd_bus_get_fd(bus), WL_EVENT_READABLE, handle_bus, scopes);
	scopes->timer_event =
		wl_event_loop_add_fd(scopes->loop, scopes->timer, WL_EVENT_READABLE, handle_bus, scopes);
	if (scopes->fd_event == NULL || scopes->timer_event == NULL ||
		sd_bus_match_signal_async(bus, NULL, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE,
			"JobRemoved", handle_job, NULL, scopes) < 0 ||
		sd_bus_call_method_async(bus, NULL, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE,
			"Subscribe", handle_subscribed, scopes, "") < 0) {
		return false;
	}
	update_events(scopes);
	return true;
}

struct scopes *scopes_create(struct wl_event_loop *loop) {
	struct scopes *scopes = calloc(1, sizeof(*scopes));
	if (scopes == NULL) {
		return NULL;
	}
	scopes->loop = loop;
	scopes->timer = -1;
	wl_list_init(&scopes->waiting);
	// Root's own processes belong to the system's manager, which asks others for a password.
	scopes->user = geteuid() != 0;
	int rc = sd_booted() <= 0 ? -ENOENT
		: scopes->user        ? sd_bus_open_user(&scopes->bus)
							  : sd_bus_open_system(&scopes->bus);
	if (rc < 0 || !start_bus(scopes)) {
		scopes_destroy(scopes);
		return NULL;
	}
	sd_bus_set_method_call_timeout(scopes->bus, PATIENCE_US);
	if (scopes->user) {
		sd_pid_get_user_unit(0, &scopes->unit);
	} else {
		sd_pid_get_unit(0, &scopes->unit);
	}
	const char *dot = scopes->unit != NULL ? strrchr(scopes->unit, '.') : NULL;
	if (dot != NULL && strcmp(dot, ".service") != 0) {
		free(scopes->unit);
		scopes->unit = NULL;
	}
	return scopes;
}

void scopes_destroy(struct scopes *scopes) {
	if (scopes == NULL) {
		return;
	}
	struct scope *scope, *next;
	wl_list_for_each_safe(scope, next, &scopes->waiting, link) {
		scope_free(scope);
	}
	stop_events(scopes);
	if (scopes->timer >= 0) {
		close(scopes->timer);
	}
	sd_bus_close_unref(scopes->bus);
	free(scopes->unit);
	free(scopes);
}

// ---- Scopes ----

static int handle_timeout(void *data) {
	struct scope *scope = data;
	log_warning("systemd: no scope within %d s", PATIENCE_US / 1000000);
	finish(scope, false);
	return 0;
}

static int handle_started(sd_bus_message *message, void *data, sd_bus_error *error) {
	(void)error;
	struct scope *scope = data;
	const char *job;
	if (sd_bus_message_is_method_error(message, NULL)) {
		log_warning("systemd: no scope: %s", sd_bus_message_get_error(message)->message);
		finish(scope, false);
	} else if (sd_bus_message_read(message, "o", &job) < 0 || (scope->job = strdup(job)) == NULL) {
		finish(scope, false);
	}
	return 0;
}

// A slice of the app's own, beside the scopes of others. A '-' would make it one within another; no name has a ':'.
static int append_slice(struct scopes *scopes, sd_bus_message *message, const char *name) {
	char slice[128];
	int len = snprintf(slice, sizeof(slice), "%s-vitrine:", scopes->user ? "app" : "system");
	snprintf(slice + len, sizeof(slice) - (size_t)len, "%.64s.slice", name);
	for (char *dash = slice + len; (dash = strchr(dash, '-')) != NULL;) {
		*dash = ':';
	}
	return sd_bus_message_append(message, "(sv)", "Slice", "s", slice);
}

static int append_limits(sd_bus_message *message, const struct cgroup_limits *limits) {
	int rc = 0;
	if (limits->memory_max > 0) {
		rc = sd_bus_message_append(message, "(sv)", "MemoryMax", "t", (uint64_t)limits->memory_max);
		// What would go to the swap first is not held by the limit otherwise.
		rc =
			rc < 0 ? rc : sd_bus_message_append(message, "(sv)", "MemorySwapMax", "t", (uint64_t)0);
	}
	if (rc >= 0 && limits->cpu_quota > 0) {
		rc = sd_bus_message_append(
			message, "(sv)", "CPUQuotaPerSecUSec", "t", (uint64_t)limits->cpu_quota * 10000);
	}
	if (rc >= 0 && limits->pids_max > 0) {
		rc = sd_bus_message_append(message, "(sv)", "TasksMax", "t", (uint64_t)limits->pids_max);
	}
	return rc;
}

static int append_scope(struct scopes *scopes, sd_bus_message *message, const char *name, pid_t pid,
	const struct cgroup_limits *limits) {
	char unit[128], description[96];
	snprintf(unit, sizeof(unit), "app-vitrine-%.40s-%d-%" PRIu64 ".scope", name, (int)getpid(),
		scopes->serial++);
	snprintf(description, sizeof(description), "%.40s, an app of Vitrine", name);
	int rc = sd_bus_message_append(message, "ss", unit, "fail");
	rc = rc < 0 ? rc : sd_bus_message_open_container(message, 'a', "(sv)");
	rc = rc < 0 ? rc : sd_bus_message_append(message, "(sv)", "Description", "s", description);
	rc = rc < 0 ? rc : sd_bus_message_append(message, "(sv)", "PIDs", "au", 1, (uint32_t)pid);
	rc = rc < 0 ? rc
				: sd_bus_message_append(message, "(sv)", "CollectMode", "s", "inactive-or-failed");
	if (rc >= 0 && scopes->unit != NULL) { // ends with the service, however that ends
		rc = sd_bus_message_append(message, "(sv)", "BindsTo", "as", 1, scopes->unit);
	}
	if (rc >= 0 && limits->memory_max > 0) {
		rc = append_slice(scopes, message, name);
	}
	rc = rc < 0 ? rc : append_limits(message, limits);
	rc = rc < 0 ? rc : sd_bus_message_close_container(message);
	return rc < 0 ? rc : sd_bus_message_append(message, "a(sa(sv))", 0);
}

struct scope *scope_start(struct scopes *scopes, const char *name, pid_t pid,
	const struct cgroup_limits *limits, void (*done)(void *data, bool started), void *data) {
	if (scopes->broken) {
		return NULL;
	}
	struct scope *scope = calloc(1, sizeof(*scope));
	if (scope == NULL) {
		return NULL;
	}
	*scope = (struct scope){.scopes = scopes, .done = done, .data = data};
	scope->timer = wl_event_loop_add_timer(scopes->loop, handle_timeout, scope);
	if (scope->timer == NULL) {
		free(scope);
		return NULL;
	}
	wl_list_insert(&scopes->waiting, &scope->link);
	wl_event_source_timer_update(scope->timer, PATIENCE_US / 1000);
	sd_bus_message *message = NULL;
	int rc = sd_bus_message_new_method_call(
		scopes->bus, &message, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StartTransientUnit");
	rc = rc < 0 ? rc : append_scope(scopes, message, name, pid, limits);
	rc = rc < 0 ? rc
				: sd_bus_call_async(scopes->bus, &scope->call, message, handle_started, scope, 0);
	sd_bus_message_unref(message);
	if (rc < 0) {
		log_warning("systemd: no scope for %s: %s", name, strerror(-rc));
		scope_free(scope);
		return NULL;
	}
	update_events(scopes);
	return scope;
}
