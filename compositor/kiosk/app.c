// SPDX-License-Identifier: MIT
#include "kiosk/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

struct app {
	struct process_host *host;
	struct app_settings settings;
	struct app_handler handler;
	struct app_policy policy;
	enum app_state state;
	struct process *process;       // NULL while none runs
	struct wl_event_source *timer; // what ends the state: picture awaited, pause, stop
	int stopping_ms;
	bool runs;       // the program itself, not what starts it
	bool drawn;      // since it was started
	bool given_up;   // `reason` tells why it was killed
	bool again;      // to be started once it has stopped
	int64_t started; // ms on the monotonic clock
	time_t since;
	int pause_ms; // of APP_WAITING
	uint64_t restarts;
	char reason[256];
};

static void set_state(struct app *app, enum app_state state, int timer_ms) {
	if (state == APP_STARTING || state == APP_RUNNING) {
		log_info("app %s: %s", app_name(app), app_state_name(state));
	}
	wl_event_source_timer_update(app->timer, timer_ms);
	app->state = state;
	app->since = time(NULL);
	if (app->handler.changed != NULL) {
		app->handler.changed(app->handler.data);
	}
}

static void set_reason(struct app *app, const char *reason) {
	snprintf(app->reason, sizeof(app->reason), "%s", reason);
}

// ---- Its ends ----

static void describe_end(struct app *app, const struct process_end *end) {
	char *reason = app->reason;
	const size_t size = sizeof(app->reason);
	if (app->given_up) {
		return;
	}
	if (end->problem != NULL) {
		snprintf(reason, size, "cannot be started: %.200s", end->problem);
	} else if (end->out_of_memory) {
		snprintf(reason, size, "killed: it reached its memory-max");
	} else if (WIFSIGNALED(end->status)) {
		snprintf(reason, size, "ended by signal %d (%s)", WTERMSIG(end->status),
			strsignal(WTERMSIG(end->status)));
	} else {
		snprintf(reason, size, "ended with status %d", WEXITSTATUS(end->status));
	}
}

static void follow_policy(struct app *app, bool failed, int64_t ran_ms) {
	int64_t pause_ms = 0;
	switch (app_policy_ended(&app->policy, failed, ran_ms, clock_now_ms(), &pause_ms)) {
	case APP_VERDICT_RESTART:
		if (failed) {
			log_warning("app %s: %s", app_name(app), app->reason);
		} else {
			log_info("app %s: %s", app_name(app), app->reason);
		}
		// Also without a pause the event loop gets its turn.
		app->pause_ms = pause_ms > 0 ? (int)pause_ms : 1;
		set_state(app, APP_WAITING, app->pause_ms);
		break;
	case APP_VERDICT_STOPPED:
		log_info("app %s: %s, and stays stopped", app_name(app), app->reason);
		set_state(app, APP_STOPPED, 0);
		break;
	case APP_VERDICT_FAILED:
		log_error("app %s: %s, and is not started again", app_name(app), app->reason);
		set_state(app, APP_FAILED, 0);
		break;
	}
}

static void spawn(struct app *app);

static void handle_ended(void *data, const struct process_end *end) {
	struct app *app = data;
	bool stopping = app->state == APP_STOPPING;
	bool failed = app->given_up || end->problem != NULL || end->out_of_memory || end->status != 0;
	int64_t ran_ms = end->problem != NULL ? 0 : clock_now_ms() - app->started;
	describe_end(app, end);
	process_destroy(app->process); // and `end` with it
	app->process = NULL;
	app->runs = false;
	if (stopping && app->again) {
		app->again = false;
		spawn(app);
	} else if (stopping) {
		log_info("app %s: stopped", app_name(app));
		set_reason(app, "stopped by hand");
		set_state(app, APP_STOPPED, 0);
	} else {
		follow_policy(app, failed, ran_ms);
	}
}

// ---- Its beginnings ----

static void handle_running(void *data) {
	struct app *app = data;
	app->runs = true;
	log_debug("app %s: its program runs in %s", app_name(app),
		cgroup_path(app_cgroup(app))[0] != '\0' ? cgroup_path(app_cgroup(app))
												: "no cgroup of its own");
	if (app->handler.changed != NULL) {
		app->handler.changed(app->handler.data); // others may wait for it
	}
}

static void spawn(struct app *app) {
	const struct process_handler handler = {handle_running, handle_ended, app};
	char error[256];
	app->runs = app->drawn = app->given_up = false;
	app->started = clock_now_ms();
	app->process = process_start(app->host, &app->settings.process, &handler, error);
	if (app->process == NULL) {
		snprintf(app->reason, sizeof(app->reason), "cannot be started: %.200s", error);
		follow_policy(app, true, 0);
	} else if (app->settings.ready_ms > 0) {
		set_reason(app, "its first picture is awaited");
		set_state(app, APP_STARTING, app->settings.ready_ms);
	} else {
		set_reason(app, "");
		set_state(app, APP_RUNNING, 0);
	}
}

static int handle_timer(void *data) {
	struct app *app = data;
	char reason[64];
	switch (app->state) {
	case APP_STARTING:
		if (app->handler.may_draw != NULL && !app->handler.may_draw(app->handler.data)) {
			wl_event_source_timer_update(app->timer, app->settings.ready_ms);
			break;
		}
		snprintf(reason, sizeof(reason), "killed: no picture within %g s",
			app->settings.ready_ms / 1000.0);
		app_give_up(app, reason);
		break;
	case APP_WAITING:
		app->restarts++;
		spawn(app);
		break;
	case APP_STOPPING:
		log_warning("app %s: did not end within %d ms, killed", app_name(app), app->stopping_ms);
		process_kill(app->process);
		break;
	default:
		break;
	}
	return 0;
}

// ---- Commands ----

void app_start(struct app *app) {
	if (app->state == APP_STOPPING) {
		app->again = true;
	} else if (app->process == NULL) {
		app_policy_forget(&app->policy);
		spawn(app);
	}
}

static void stop(struct app *app, int within_ms, bool again) {
	app->again = again;
	if (app->process == NULL) {
		if (app->state != APP_STOPPED) {
			set_reason(app, "stopped by hand");
			set_state(app, APP_STOPPED, 0);
		}
		return;
	}
	int ms = app->settings.stop_ms;
	ms = within_ms > 0 && within_ms < ms ? within_ms : ms;
	if (app->state == APP_STOPPING && app->stopping_ms <= ms) {
		return;
	}
	app->stopping_ms = ms;
	process_signal(app->process, app->settings.stop_signal);
	set_reason(app, "");
	set_state(app, APP_STOPPING, ms > 0 ? ms : 1);
}

void app_stop(struct app *app, int within_ms) {
	stop(app, within_ms, false);
}

void app_restart(struct app *app) {
	if (app->process != NULL) {
		app_policy_forget(&app->policy);
		stop(app, 0, true);
	} else {
		app_start(app);
	}
}

void app_has_drawn(struct app *app) {
	app->drawn = true;
	if (app->state == APP_STARTING) {
		set_reason(app, "");
		set_state(app, APP_RUNNING, 0);
	}
}

void app_give_up(struct app *app, const char *reason) {
	if (app->process == NULL || app->state == APP_STOPPING || app->given_up) {
		return;
	}
	app->given_up = true;
	set_reason(app, reason);
	process_kill(app->process);
}

// ---- Life ----

struct app_settings app_settings_default(const char *name, char *const *argv) {
	return (struct app_settings){
		.process = {.name = name, .argv = argv},
		.rules = {.restart = APP_RESTART_ALWAYS, .pause_ms = 1000, .pause_max_ms = 30000},
		.stop_signal = SIGTERM,
		.stop_ms = APP_STOP_MS,
	};
}

struct app *app_create(struct process_host *host, const struct app_settings *settings,
	const struct app_handler *handler) {
	struct app *app = calloc(1, sizeof(*app));
	if (app == NULL) {
		return NULL;
	}
	app->host = host;
	app->settings = *settings;
	app->handler = handler != NULL ? *handler : (struct app_handler){0};
	app->since = time(NULL);
	bool ok = app_policy_init(&app->policy, &settings->rules);
	app->timer = wl_event_loop_add_timer(host->loop, handle_timer, app);
	if (!ok || app->timer == NULL) {
		app_destroy(app);
		return NULL;
	}
	return app;
}

void app_destroy(struct app *app) {
	if (app == NULL) {
		return;
	}
	process_destroy(app->process);
	if (app->timer != NULL) {
		wl_event_source_remove(app->timer);
	}
	app_policy_finish(&app->policy);
	free(app);
}

// ---- What is known of it ----

const char *app_name(const struct app *app) {
	return app->settings.process.name;
}

enum app_state app_state(const struct app *app) {
	return app->state;
}

const char *app_state_name(enum app_state state) {
	static const char *const names[] = {
		[APP_STOPPED] = "stopped",
		[APP_STARTING] = "starting",
		[APP_RUNNING] = "running",
		[APP_WAITING] = "waiting",
		[APP_STOPPING] = "stopping",
		[APP_FAILED] = "failed",
	};
	return names[state];
}

bool app_is_settled(const struct app *app) {
	return app->state == APP_RUNNING ? app->runs
									 : app->state == APP_STOPPED || app->state == APP_FAILED;
}

const char *app_reason(const struct app *app) {
	return app->reason;
}

time_t app_since(const struct app *app) {
	return app->since;
}

time_t app_next(const struct app *app) {
	return app->state == APP_WAITING ? app->since + (app->pause_ms + 999) / 1000 : 0;
}

pid_t app_pid(const struct app *app) {
	return app->process != NULL ? process_pid(app->process) : 0;
}

uint64_t app_restarts(const struct app *app) {
	return app->restarts;
}

bool app_has_process(const struct app *app) {
	return app->process != NULL;
}

bool app_is(const struct app *app, pid_t pid) {
	return app->process != NULL && process_is(app->process, pid);
}

bool app_has(const struct app *app, pid_t pid) {
	return app->process != NULL && process_has(app->process, pid);
}

const struct cgroup *app_cgroup(const struct app *app) {
	return app->process != NULL ? process_cgroup(app->process) : NULL;
}
