// SPDX-License-Identifier: MIT
// Runs vitrine-status while an output has had no window for a while, and tells it what to show.
//
// The program is watched over as an app is, hangs included, but is none: the layout keeps its windows apart. It
// reads its state from its standard input, a socket of messages: each is all of it, and takes the place of
// one that was not read yet. So the socket never fills, and the next process finds what the one before had.
#include "kiosk/status_screen.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static const char program_name[] = "vitrine-status";

enum { CONNECT_MS = 30000 }; // from the start of the program until it is our client, at the latest

// One that has no window.
struct bare_output {
	struct kiosk_status_screen *screen;
	struct wayland_output *output;
	struct wl_list link; // kiosk_status_screen.outputs
	struct wl_event_source *timer;
	bool due; // for long enough
};

struct kiosk_status_screen {
	struct kiosk *kiosk;
	struct wl_list outputs;       // bare_output.link, in order of arrival
	struct wl_event_source *idle; // the update to come; may be NULL
	struct app *app;              // NULL before it is needed
	struct wl_event_source *ping_timer;
	pid_t pid;          // that is pinged; 0: none
	int64_t started_ms; // CLOCK_MONOTONIC, of that
	char *path;         // of the program
	bool is_missing;    // it was said
	char *argv[2];
	int input[2]; // ours, and what the program reads
	char *told;   // the last message; NULL: none
};

// ---- The program ----

// What was not read yet is out of date.
static void tell(struct kiosk_status_screen *screen) {
	char byte;
	while (recv(screen->input[1], &byte, sizeof(byte), MSG_DONTWAIT) >= 0) {
	}
	if (screen->told != NULL) {
		send(screen->input[0], screen->told, strlen(screen->told), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static bool is_client(const struct kiosk_status_screen *screen, struct wl_client *client) {
	pid_t pid;
	wl_client_get_credentials(client, &pid, NULL, NULL);
	return screen->app != NULL && app_is(screen->app, pid);
}

static void arm_ping(struct kiosk_status_screen *screen) {
	const double seconds = screen->kiosk->config->status.watchdog_ping;
	int ms = screen->pid != 0 && seconds > 0 ? (int)ceil(seconds * 1000) : 0; // 0: never
	wl_event_source_timer_update(screen->ping_timer, ms);
}

static int handle_ping_timer(void *data) {
	struct kiosk_status_screen *screen = data;
	bool connected = false, alive = true;
	struct wl_client *client;
	wl_client_for_each(
		client, wl_display_get_client_list(wayland_server_display(screen->kiosk->server))) {
		if (is_client(screen, client)) {
			connected = true;
			alive = wayland_client_ping(client) && alive;
		}
	}
	char reason[80] = "killed: it hangs before it is connected";
	if (!connected) {
		alive = clock_now_ms() - screen->started_ms < CONNECT_MS;
	} else if (!alive) {
		snprintf(reason, sizeof(reason), "killed: no answer to a ping for %g s",
			screen->kiosk->config->status.watchdog_ping);
	}
	if (alive) {
		arm_ping(screen);
	} else {
		app_give_up(screen->app, reason);
	}
	return 0;
}

static void handle_app_changed(void *data) {
	struct kiosk_status_screen *screen = data;
	pid_t pid = app_state(screen->app) == APP_RUNNING ? app_pid(screen->app) : 0;
	if (pid != screen->pid) {
		screen->pid = pid;
		screen->started_ms = clock_now_ms();
		arm_ping(screen);
	}
	if (!app_has_process(screen->app)) {
		tell(screen); // the next one
	}
	kiosk_check_stopped(screen->kiosk);
}

// False when that cannot be: said in the log.
static bool make_app(struct kiosk_status_screen *screen) {
	if (screen->app != NULL) {
		return true;
	}
	if (access(screen->path, X_OK) != 0) {
		if (!screen->is_missing) {
			log_warning(
				"no status screen is shown: %s: %s: it is a part of vitrine: install it again",
				screen->path, strerror(errno));
		}
		screen->is_missing = true;
		return false;
	}
	screen->argv[0] = screen->path;
	struct app_settings settings = app_settings_default(program_name, screen->argv);
	settings.process.input = screen->input[1];
	const struct app_handler handler = {handle_app_changed, screen};
	screen->app = app_create(&screen->kiosk->host, &settings, &handler);
	if (screen->app == NULL) {
		log_error("out of memory: no status screen is shown");
	}
	return screen->app != NULL;
}

// ---- What is shown ----

// The output is shown, or goes on being so.
static bool is_shown(const struct kiosk_status_screen *screen, const struct bare_output *bare) {
	const struct kiosk *kiosk = screen->kiosk;
	return bare->due && kiosk->config->status.enabled != 0 && !kiosk->stopping &&
		kiosk->apps != NULL;
}

// What there is to tell; NULL: nothing.
static char *make_state(const struct kiosk_status_screen *screen) {
	const char *names[KIOSK_MAX_OUTPUTS];
	int n = 0;
	const struct bare_output *bare;
	wl_list_for_each(bare, &screen->outputs, link) {
		if (is_shown(screen, bare) && n < KIOSK_MAX_OUTPUTS) {
			names[n++] = wayland_output_info(bare->output)->name;
		}
	}
	return n > 0 ? status_state(screen->kiosk, names, n) : NULL;
}

static void update(struct kiosk_status_screen *screen) {
	char *state = make_state(screen);
	bool same = state != NULL && screen->told != NULL && strcmp(state, screen->told) == 0;
	free(screen->told);
	screen->told = state;
	if (state == NULL) {
		if (screen->app != NULL) {
			app_stop(screen->app, 0);
		}
		return;
	}
	if (!make_app(screen)) {
		return;
	}
	if (!same) {
		tell(screen);
	}
	enum app_state now = app_state(screen->app);
	// One that waits for its next start does so: it may be what keeps failing.
	if (now == APP_STOPPED || now == APP_STOPPING || now == APP_FAILED) {
		app_start(screen->app);
	}
}

static void handle_idle(void *data) {
	struct kiosk_status_screen *screen = data;
	screen->idle = NULL;
	update(screen);
}

void kiosk_status_screen_update(struct kiosk_status_screen *screen) {
	if (screen != NULL && screen->idle == NULL) {
		screen->idle = wl_event_loop_add_idle(kiosk_loop(screen->kiosk), handle_idle, screen);
	}
}

// ---- Outputs ----

static int handle_timer(void *data) {
	struct bare_output *bare = data;
	bare->due = true;
	kiosk_status_screen_update(bare->screen);
	return 0;
}

static void bare_destroy(struct bare_output *bare) {
	if (bare->timer != NULL) {
		wl_event_source_remove(bare->timer);
	}
	wl_list_remove(&bare->link);
	free(bare);
}

static void forget(struct kiosk_status_screen *screen, const struct wayland_output *output) {
	struct bare_output *bare, *tmp;
	wl_list_for_each_safe(bare, tmp, &screen->outputs, link) {
		if (bare->output == output) {
			bare_destroy(bare);
		}
	}
}

static void wait_for(struct bare_output *bare) {
	const double delay = bare->screen->kiosk->config->status.delay;
	if (bare->timer == NULL || delay <= 0) {
		bare->due = true;
	} else {
		wl_event_source_timer_update(bare->timer, (int)(delay * 1000) + 1);
	}
}

static void remember(struct kiosk_status_screen *screen, struct wayland_output *output) {
	struct bare_output *bare = calloc(1, sizeof(*bare));
	if (bare == NULL) {
		log_warning("out of memory: the status screen is not shown");
		return;
	}
	bare->screen = screen;
	bare->output = output;
	wl_list_insert(screen->outputs.prev, &bare->link);
	bare->timer = wl_event_loop_add_timer(kiosk_loop(screen->kiosk), handle_timer, bare);
	wait_for(bare);
}

static void handle_bare(void *data, struct wayland_output *output, bool is_bare) {
	struct kiosk_status_screen *screen = data;
	forget(screen, output);
	if (is_bare) {
		remember(screen, output);
	}
	kiosk_status_screen_update(screen);
}

static void handle_removed(void *data, struct wayland_output *output) {
	struct kiosk_status_screen *screen = data;
	forget(screen, output);
	kiosk_status_screen_update(screen);
}

static bool handle_is_client(void *data, struct wl_client *client) {
	return is_client(data, client);
}

void kiosk_status_screen_reload(struct kiosk_status_screen *screen) {
	struct bare_output *bare;
	wl_list_for_each(bare, &screen->outputs, link) {
		if (!bare->due) {
			wait_for(bare);
		}
	}
	arm_ping(screen);
	kiosk_status_screen_update(screen);
}

// ---- Life ----

struct kiosk_status_screen *kiosk_status_screen_create(struct kiosk *kiosk) {
	struct kiosk_status_screen *screen = calloc(1, sizeof(*screen));
	if (screen == NULL) {
		return NULL;
	}
	screen->kiosk = kiosk;
	screen->input[0] = screen->input[1] = -1;
	wl_list_init(&screen->outputs);
	screen->path = process_find_own(program_name);
	screen->ping_timer = wl_event_loop_add_timer(kiosk_loop(kiosk), handle_ping_timer, screen);
	if (screen->path == NULL || screen->ping_timer == NULL ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, screen->input) != 0) {
		kiosk_status_screen_destroy(screen);
		return NULL;
	}
	const struct layout_stand_in stand_in = {handle_is_client, handle_bare, handle_removed, screen};
	kiosk_layout_set_stand_in(kiosk->layout, &stand_in);
	return screen;
}

struct app *kiosk_status_screen_app(const struct kiosk_status_screen *screen) {
	return screen != NULL ? screen->app : NULL;
}

void kiosk_status_screen_destroy(struct kiosk_status_screen *screen) {
	if (screen == NULL) {
		return;
	}
	kiosk_layout_set_stand_in(screen->kiosk->layout, NULL);
	if (screen->idle != NULL) {
		wl_event_source_remove(screen->idle);
	}
	app_destroy(screen->app);
	if (screen->ping_timer != NULL) {
		wl_event_source_remove(screen->ping_timer);
	}
	struct bare_output *bare, *tmp;
	wl_list_for_each_safe(bare, tmp, &screen->outputs, link) {
		bare_destroy(bare);
	}
	for (int i = 0; i < 2; i++) {
		if (screen->input[i] >= 0) {
			close(screen->input[i]);
		}
	}
	free(screen->told);
	free(screen->path);
	free(screen);
}
