// SPDX-License-Identifier: MIT
// A program that Vitrine starts and watches over: the app, or an on-screen keyboard.
#ifndef VITRINE_KIOSK_APP_H
#define VITRINE_KIOSK_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-server-core.h>

enum app_state {
	APP_STOPPED,
	APP_RUNNING,
	APP_WAITING, // ended, and started again after a pause
	APP_STOPPING,
};

struct app;

// Starts argv (searched in PATH) in a process group of its own, with WAYLAND_DISPLAY set. When it
// ends it is started again: at once the first time, then after a pause that doubles from 1 s to 30 s
// until it has run for a minute. argv is borrowed for the app's life. On failure returns NULL and
// fills error with one line.
struct app *app_create(
	struct wl_event_loop *loop, const char *socket, char **argv, char error[256]);
// The same for something that runs once: `ended` is called when it did, and may destroy it.
struct app *app_run(struct wl_event_loop *loop, const char *socket, char **argv,
	void (*ended)(void *data), void *data, char error[256]);
// Asks it to end (SIGTERM to its group; SIGKILL after 1.5 s); stopped is called when it has, maybe
// at once.
void app_stop(struct app *app, void (*stopped)(void *data), void *data);
void app_destroy(struct app *app); // kills what still runs; NULL is fine

const char *app_name(const struct app *app);
enum app_state app_state(const struct app *app);
const char *app_state_name(enum app_state state);
pid_t app_pid(const struct app *app); // 0 if it does not run
uint64_t app_restarts(const struct app *app);

#endif
