// SPDX-License-Identifier: MIT
// What the files of the apps know of each other.
#ifndef VITRINE_KIOSK_APPS_INTERNAL_H
#define VITRINE_KIOSK_APPS_INTERNAL_H

#include <wordexp.h>

#include "kiosk/apps.h"
#include "kiosk/kiosk.h"

struct kiosk_app {
	struct kiosk_apps *apps;
	struct wl_list link;      // kiosk_apps.apps
	struct config_app config; // its own copy
	wordexp_t command, environment;
	bool has_command, has_environment;
	struct app *app;
	struct layout_placement placement;
	bool waits;                                      // for its turn
	bool removed;                                    // ends, and is forgotten then
	struct wl_event_source *ping_timer, *draw_timer; // NULL: not watched
	uint64_t drawn;                                  // by its clients, when it was last looked at
	bool was_in_front;                               // likewise
};

struct kiosk_apps {
	struct kiosk *kiosk;
	struct wl_list apps;    // kiosk_app.link, as the configuration has them
	struct wl_list clients; // app_client.link: those that are of an app
	struct wl_listener client_created;
	bool of_command_line;
	bool stopping;
};

struct app_client {
	struct wl_client *client;
	struct kiosk_app *app;
	pid_t pid;
	struct wl_listener destroy;
	struct wl_list link;
};

// ---- apps_client.c ----
void apps_clients_init(struct kiosk_apps *apps);
void apps_clients_finish(struct kiosk_apps *apps);
// Its clients are nobody's from now on.
void apps_clients_forget(struct kiosk_app *app);
struct kiosk_app *apps_of_client(const struct kiosk_apps *apps, const struct wl_client *client);

// ---- apps_watch.c ----
// For app_handler.may_draw: windows that wait for an output draw nothing.
bool apps_watch_may_draw(void *data);
// False when out of memory.
bool apps_watch_init(struct kiosk_app *app);
void apps_watch_finish(struct kiosk_app *app);
// The app's state has changed.
void apps_watch_update(struct kiosk_app *app);

#endif
