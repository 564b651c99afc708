// SPDX-License-Identifier: MIT
// The running kiosk: device, outputs, Wayland server, layout, app and control channel, joined.
#ifndef VITRINE_KIOSK_KIOSK_H
#define VITRINE_KIOSK_KIOSK_H

#include <stdbool.h>
#include <wayland-server-core.h>

#include "input/input.h"
#include "kiosk/app.h"
#include "kiosk/apps.h"
#include "kiosk/config.h"
#include "kiosk/layout.h"
#include "kms/kms.h"
#include "output/output.h"
#include "wayland/wayland.h"

enum {
	KIOSK_MAX_OUTPUTS = 32,
};

struct kiosk_output {
	struct kiosk *kiosk;
	struct output *output;
	struct wayland_output *wayland; // NULL: it mirrors another
	enum wl_output_transform transform;
	char *make, *model;           // of the display; NULL: unknown
	struct kiosk_output *source;  // that it mirrors; NULL: it shows apps
	struct scene_mirror *mirror;  // NULL likewise
	drmModeModeInfo default_mode; // without one in the configuration
};

// Fills `config`, which config_init made, as it is to be now: from files and command line. False with
// one line in error.
typedef bool kiosk_loader(void *data, struct config *config, char error[CONFIG_ERROR_SIZE]);

struct kiosk {
	struct session *session; // borrowed
	struct config *config;   // owned; another one after a reload
	kiosk_loader *load;      // NULL: it cannot be read anew
	void *load_data;
	struct kms_device *device;
	struct output_pool *pool;
	struct wayland_server *server;
	struct kiosk_layout *layout;
	struct wl_event_source *device_event;
	struct kms_monitor *monitor;           // may be NULL: udev cannot be reached
	struct wl_event_source *monitor_event; // may be NULL
	struct kiosk_output outputs[KIOSK_MAX_OUTPUTS];
	int n_outputs;
	struct process_host host;
	struct kiosk_apps *apps; // may be NULL, before they are started
	struct kiosk_keys *keys;
	struct kiosk_idle *idle;
	struct control *control;
	struct kiosk_input *input;
	struct kiosk_cursor *cursor;
	struct kiosk_osk *osk;
	struct kiosk_backgrounds *backgrounds;
	struct kiosk_status_screen *status_screen;
	struct kiosk_session *kiosk_session;
	struct watchdog *watchdog;
	struct calibration *calibration; // NULL: none is under way
	bool stopping;
	bool ready;
	bool failed; // the device went away
};

// Takes over `config` (from malloc) and `device` (owned from now on, also on failure), lights its outputs,
// opens the socket and starts argv (may be NULL: the apps of the configuration). The session outlives the
// kiosk. False with one line in error.
bool kiosk_start(struct kiosk *kiosk, struct config *config, struct session *session,
	struct kms_device *device, char **argv, char error[256]);
// Ends the apps, then the event loop.
void kiosk_stop(struct kiosk *kiosk);
// Ends the event loop if it is to end, and nothing that was started runs any more.
void kiosk_check_stopped(struct kiosk *kiosk);
void kiosk_finish(struct kiosk *kiosk);
struct wl_event_loop *kiosk_loop(struct kiosk *kiosk);

// ---- session.c: who has the device ----

struct kiosk_session *kiosk_session_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_session_destroy(struct kiosk_session *session);       // before the outputs; NULL is fine
// A commit was refused: another process is DRM master.
void kiosk_session_lost(struct kiosk_session *session);

// ---- mirror.c: outputs that repeat another ----

// Sets what each output mirrors, as the configuration says and is possible. One pipe an output.
void kiosk_mirrors_find(struct kiosk *kiosk, const struct kms_pipe *pipes);
bool kiosk_mirrors_start(struct kiosk *kiosk); // the outputs are lit; false when out of memory
void kiosk_mirrors_finish(struct kiosk *kiosk);
// Where on the output's `wayland`, or on that of what it mirrors, a place on its panel is.
void kiosk_output_map(const struct kiosk_output *output, struct input_map *map);
double kiosk_output_scale(const struct kiosk_output *output); // px a logical px
// The mode that the configuration asks for, if it does: one of the display's own, else made to measure
// (*custom). False with one line in error.
bool kiosk_choose_mode(
	const struct config *config, struct kms_pipe *pipe, bool *custom, char error[256]);
void kiosk_say_custom(const struct kms_pipe *pipe);
// `section` may be NULL.
void kiosk_set_scale(struct wayland_output_info *info, const struct config_output *section);
enum wl_output_transform kiosk_transform(const struct config_output *section); // likewise

// ---- reload.c: the configuration anew ----

void kiosk_set_loader(struct kiosk *kiosk, kiosk_loader *load, void *data);

// Who asked for it hears, besides the log, a line for each thing that is wrong and for each that is to be
// known, during the call.
struct kiosk_listener {
	void (*problem)(void *data, const char *text);
	void (*note)(void *data, const char *text);
	void *data;
};

// Reads the configuration anew and applies what changed; `listener` may be NULL. False if anything is
// wrong: with the configuration, then nothing is changed; or a display refused its mode, then all else
// is.
bool kiosk_reload(struct kiosk *kiosk, const struct kiosk_listener *listener);

// ---- input.c: devices and the seat ----

// NULL when out of memory; without devices, or without leave to use them, it goes on without.
struct kiosk_input *kiosk_input_create(struct kiosk *kiosk);
void kiosk_input_destroy(struct kiosk_input *input); // before the server; NULL is fine
// kiosk->config is another one than `before`.
void kiosk_input_reload(
	struct kiosk_input *input, const struct config *before, bool outputs_changed);
struct input_device;
struct input_report;
// The device after `after` (NULL: the first), NULL at the end; *output is the index of the output that
// a touch screen or tablet lies on, -1 otherwise.
struct input_device *kiosk_input_next(
	const struct kiosk_input *input, const struct input_device *after, int *output);

// Everything that it reports goes through here first; true: to nobody else. NULL ends it.
void kiosk_input_set_tap(struct kiosk_input *input,
	bool (*tap)(void *data, const struct input_report *report), void *data);

// ---- calibrate.c: vitrine_calibration_v1 ----

// Answers a request of a client for the touches of the device (empty: the only one).
void calibration_create(struct kiosk *kiosk, struct wl_client *client, uint32_t version,
	uint32_t id, const char *device);
// The device goes, or all do (NULL).
void calibration_forget(struct kiosk *kiosk, const struct input_device *device);

// ---- cursor.c: shows the seat's cursor ----

struct kiosk_cursor *kiosk_cursor_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_cursor_reload(
	struct kiosk_cursor *cursor, const struct config *before, bool outputs_changed);
// After the clients are gone, before the outputs. NULL is fine.
void kiosk_cursor_destroy(struct kiosk_cursor *cursor);

// ---- osk.c: the on-screen keyboard, and who may be one ----

// NULL when out of memory; without a command there is none. Clients are trusted from now on as the
// configuration says.
struct kiosk_osk *kiosk_osk_create(struct kiosk *kiosk);
// The program is replaced if the command is another one.
void kiosk_osk_reload(struct kiosk_osk *osk, const struct config *before);
struct app *kiosk_osk_app(const struct kiosk_osk *osk); // NULL: none
void kiosk_osk_destroy(struct kiosk_osk *osk);          // NULL is fine

// ---- background.c: what is below all windows ----

struct kiosk_backgrounds *kiosk_backgrounds_create(struct kiosk *kiosk); // NULL when out of memory
// kiosk->config is another one.
void kiosk_backgrounds_reload(struct kiosk_backgrounds *backgrounds);
// After the clients, before the device. NULL is fine.
void kiosk_backgrounds_destroy(struct kiosk_backgrounds *backgrounds);

// ---- status_screen.c: what stands in where no window is ----

struct kiosk_status_screen *kiosk_status_screen_create(
	struct kiosk *kiosk); // NULL when out of memory
// What it tells of may have changed; NULL is fine.
void kiosk_status_screen_update(struct kiosk_status_screen *screen);
// kiosk->config is another one.
void kiosk_status_screen_reload(struct kiosk_status_screen *screen);
struct app *kiosk_status_screen_app(const struct kiosk_status_screen *screen); // NULL: none
void kiosk_status_screen_destroy(struct kiosk_status_screen *screen);          // NULL is fine

// ---- edid.c, or edid-none.c where the system has no libdisplay-info ----
// Names from the display's EDID (VESA E-EDID; may be NULL); the caller frees them, NULL if unknown.
void edid_names(const void *edid, size_t size, char **make, char **model);

// ---- keys.c ----
struct kiosk_keys *kiosk_keys_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_keys_reload(struct kiosk_keys *keys);
void kiosk_keys_destroy(struct kiosk_keys *keys); // before the server; NULL is fine

// ---- idle.c ----
struct kiosk_idle *kiosk_idle_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_idle_reload(struct kiosk_idle *idle, const struct config *before);
void kiosk_idle_destroy(struct kiosk_idle *idle); // before the server; NULL is fine
void kiosk_idle_wake(struct kiosk_idle *idle);    // as input does
// By the operator's command; an output that was turned off so is lit by any input.
void kiosk_idle_set_power(struct kiosk_idle *idle, struct output *output, bool on);

// ---- watchdog.c: systemd's ----
struct watchdog *kiosk_watchdog_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_watchdog_destroy(struct watchdog *watchdog);      // before the server; NULL is fine

// ---- status.c ----
// The state of everything as JSON text (interface of `vitrinectl status --json`); the caller frees
// it. NULL when out of memory.
char *status_json(const struct kiosk *kiosk);

// ---- control.c: vitrine-control-v1 ----
struct control *control_create(struct kiosk *kiosk); // NULL when out of memory
// After its clients are gone. NULL is fine.
void control_destroy(struct control *control);

#endif
