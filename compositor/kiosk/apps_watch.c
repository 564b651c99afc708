// SPDX-License-Identifier: MIT
// Watchdogs: an app that runs may hang all the same.
#include <stdio.h>

#include "kiosk/apps_internal.h"

static int to_ms(double seconds) {
	int ms = (int)(seconds * 1000 + 0.5);
	return ms > 0 ? ms : 1;
}

static int handle_ping_timer(void *data) {
	struct kiosk_app *app = data;
	const double seconds = app->config.watchdog_ping;
	bool alive = true;
	struct app_client *client;
	wl_list_for_each(client, &app->apps->clients, link) {
		alive = (client->app != app || wayland_client_ping(client->client)) && alive;
	}
	if (!alive) {
		char reason[80];
		snprintf(reason, sizeof(reason), "killed: no answer to a ping for %g s", seconds);
		app_give_up(app->app, reason);
		return 0;
	}
	wl_event_source_timer_update(app->ping_timer, to_ms(seconds));
	return 0;
}

static bool is_lit(const struct kiosk *kiosk, const struct wayland_output *wayland) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		if (kiosk->outputs[i]->wayland == wayland) {
			return output_power(kiosk->outputs[i]->output);
		}
	}
	return false;
}

// One of its windows is where it can be seen.
static bool is_in_front(const struct kiosk_app *app) {
	const struct kiosk *kiosk = app->apps->kiosk;
	const void *position = NULL;
	struct layout_window_info info;
	while (kiosk_layout_next_window(kiosk->layout, &info, &position)) {
		const struct wl_client *client = surface_client(toplevel_surface(info.toplevel));
		if (info.in_front && is_lit(kiosk, info.output) &&
			apps_of_client(app->apps, client) == app) {
			return true;
		}
	}
	return false;
}

bool apps_watch_may_draw(void *data) {
	const struct kiosk_app *app = data;
	const struct kiosk *kiosk = app->apps->kiosk;
	const void *position = NULL;
	struct layout_window_info info;
	while (kiosk_layout_next_window(kiosk->layout, &info, &position)) {
		const struct wl_client *client = surface_client(toplevel_surface(info.toplevel));
		if (info.output == NULL && apps_of_client(app->apps, client) == app) {
			return false;
		}
	}
	return kiosk->n_outputs > 0;
}

static int handle_draw_timer(void *data) {
	struct kiosk_app *app = data;
	const double seconds = app->config.watchdog_draw;
	uint64_t drawn = 0;
	const struct app_client *client;
	wl_list_for_each(client, &app->apps->clients, link) {
		drawn += client->app == app ? wayland_client_drawn(client->client) : 0;
	}
	bool in_front = is_in_front(app);
	if (in_front && app->was_in_front && drawn == app->drawn) {
		char reason[80];
		snprintf(reason, sizeof(reason), "killed: drew nothing for %g s", seconds);
		app_give_up(app->app, reason);
		return 0;
	}
	app->drawn = drawn;
	app->was_in_front = in_front;
	wl_event_source_timer_update(app->draw_timer, to_ms(seconds));
	return 0;
}

bool apps_watch_init(struct kiosk_app *app) {
	struct wl_event_loop *loop = kiosk_loop(app->apps->kiosk);
	if (app->config.watchdog_ping > 0) {
		app->ping_timer = wl_event_loop_add_timer(loop, handle_ping_timer, app);
	}
	if (app->config.watchdog_draw > 0) {
		app->draw_timer = wl_event_loop_add_timer(loop, handle_draw_timer, app);
	}
	return (app->ping_timer != NULL) == (app->config.watchdog_ping > 0) &&
		(app->draw_timer != NULL) == (app->config.watchdog_draw > 0);
}

void apps_watch_finish(struct kiosk_app *app) {
	if (app->ping_timer != NULL) {
		wl_event_source_remove(app->ping_timer);
	}
	if (app->draw_timer != NULL) {
		wl_event_source_remove(app->draw_timer);
	}
}

void apps_watch_update(struct kiosk_app *app) {
	bool runs = app_state(app->app) == APP_RUNNING;
	app->was_in_front = false;
	if (app->ping_timer != NULL) {
		wl_event_source_timer_update(app->ping_timer, runs ? to_ms(app->config.watchdog_ping) : 0);
	}
	if (app->draw_timer != NULL) {
		wl_event_source_timer_update(app->draw_timer, runs ? to_ms(app->config.watchdog_draw) : 0);
	}
}
