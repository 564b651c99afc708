// SPDX-License-Identifier: MIT
// A program that Vitrine starts and watches over: an app, an on-screen keyboard, the operator's command.
#ifndef VITRINE_KIOSK_APP_H
#define VITRINE_KIOSK_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "kiosk/app_policy.h"
#include "kiosk/process.h"

enum app_state {
	APP_STOPPED,  // not started, stopped by hand, or it ended as it should
	APP_STARTING, // its first picture is awaited
	APP_RUNNING,
	APP_WAITING, // ended, and started again after a pause
	APP_STOPPING,
	APP_FAILED, // for good, as its restart policy says
};

enum {
	// What remains of 2 s, after which systemd and people lose patience, is for leaving the screen.
	APP_STOP_MS = 1300, // between the stop signal and SIGKILL, when all of Vitrine ends
};

struct app_settings {
	struct process_spec process; // borrowed for the app's life
	struct app_policy_rules rules;
	int stop_signal;
	int stop_ms;  // between it and SIGKILL
	int ready_ms; // until the first picture; 0: no picture is awaited
};

struct app_handler {
	// Its state is another, or its program runs now. The last thing that happens: the handler may do
	// anything with the app.
	void (*changed)(void *data);
	void *data;
	// Its first picture is overdue: false if it cannot be expected to have drawn one, which is awaited anew
	// then. May be NULL.
	bool (*may_draw)(void *data);
};

struct app;

// Restarted always: at once the first time, then after a pause that doubles from 1 s to 30 s until it
// has run for a minute.
struct app_settings app_settings_default(const char *name, char *const *argv);

// Not started yet. NULL when out of memory.
struct app *app_create(struct process_host *host, const struct app_settings *settings,
	const struct app_handler *handler);
void app_destroy(struct app *app); // kills what still runs; NULL is fine

// By hand, so what was before does not count. Does nothing while it runs; while it stops it is started
// once it has.
void app_start(struct app *app);
// Asks it to end, with SIGKILL after stop_ms, or within_ms if that is less (and not 0).
void app_stop(struct app *app, int within_ms);
void app_restart(struct app *app);
// It has shown a picture.
void app_has_drawn(struct app *app);
// It does not do what it should: it is killed, and that counts as a failure. One line for people.
void app_give_up(struct app *app, const char *reason);

const char *app_name(const struct app *app);
enum app_state app_state(const struct app *app);
const char *app_state_name(enum app_state state);
// Its program runs, and has drawn if that is awaited; or nothing more is to be expected of it.
bool app_is_settled(const struct app *app);
// Why it is in this state, "" if there is nothing to say.
const char *app_reason(const struct app *app);
time_t app_next(const struct app *app);      // when it is started again, s since 1970; 0: it is not
time_t app_since(const struct app *app);     // of the state, s since 1970
bool app_has_process(const struct app *app); // it was started, and has not ended
pid_t app_pid(const struct app *app);        // 0 if it does not run, or not yet
uint64_t app_restarts(const struct app *app);
// The process is its own; or that, or one of those that it has started. Also if its start has not been heard of yet.
bool app_is(const struct app *app, pid_t pid);
bool app_has(const struct app *app, pid_t pid);
const struct cgroup *app_cgroup(const struct app *app); // NULL if it does not run

#endif
