// SPDX-License-Identifier: MIT
// The apps of the kiosk: that of the command line, or those of the configuration; started in order,
// watched, told apart by their processes, and given their places on the screens.
#ifndef VITRINE_KIOSK_APPS_H
#define VITRINE_KIOSK_APPS_H

#include <stdbool.h>
#include <sys/types.h>
#include <wayland-server-core.h>

struct kiosk;
struct kiosk_app;
struct kiosk_apps;
struct config;
struct json_object;

// argv (borrowed; may be NULL) is started instead of what the configuration names. NULL with one line in
// error: it cannot be started, or memory is out. What the configuration names may fail later.
struct kiosk_apps *kiosk_apps_create(struct kiosk *kiosk, char **argv, char error[256]);
void kiosk_apps_destroy(struct kiosk_apps *apps); // before the clients go; NULL is fine
// Stops what the new configuration does not have, starts what the old one did not, and restarts what it
// has otherwise. An app of the command line stays. False when out of memory: some are missing.
bool kiosk_apps_reload(struct kiosk_apps *apps, const struct config *config);
// Asks all to end; nothing is started any more. kiosk_check_stopped is called as each has.
void kiosk_apps_stop(struct kiosk_apps *apps);
bool kiosk_apps_have_stopped(const struct kiosk_apps *apps);

enum kiosk_apps_command { // in the order of vitrine_control_v1.app_action
	KIOSK_APPS_START,
	KIOSK_APPS_STOP,
	KIOSK_APPS_RESTART,
};

// NULL: it is under way; else why not, for people, with the remedy.
const char *kiosk_apps_command(
	struct kiosk_apps *apps, const char *name, enum kiosk_apps_command command);

// The name of the client's app; NULL: it is of none.
const char *kiosk_apps_name_of(const struct kiosk_apps *apps, pid_t client_pid);

// ---- status_apps.c ----
// The list "apps" of the status.
struct json_object *status_apps(const struct kiosk *kiosk);

#endif
