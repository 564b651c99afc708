// SPDX-License-Identifier: MIT
// The running kiosk: device, outputs, Wayland server, layout, app and control channel, joined.
#ifndef VITRINE_KIOSK_KIOSK_H
#define VITRINE_KIOSK_KIOSK_H

#include <stdbool.h>
#include <wayland-server-core.h>

#include "input/input.h"
#include "kiosk/app.h"
#include "kiosk/apps.h"
#include "kiosk/arrange.h"
#include "kiosk/config.h"
#include "kiosk/edid.h"
#include "kiosk/layout.h"
#include "kms/kms.h"
#include "output/output.h"
#include "wayland/wayland.h"

enum {
	KIOSK_MAX_OUTPUTS = 32,
};

// A display that is there and lit, or off for now.
struct kiosk_output {
	struct kiosk *kiosk;
	struct output *output;
	struct wayland_output *wayland; // NULL: it mirrors another
	enum wl_output_transform transform;
	struct display_identity display;
	unsigned displays;            // kms_connector.displays when it was lit
	struct kiosk_output *source;  // that it mirrors; NULL: it shows apps
	struct scene_mirror *mirror;  // NULL likewise
	drmModeModeInfo default_mode; // without one in the configuration
	bool changed;                 // since the rest of the kiosk was told of outputs
};

// Fills `config`, which config_init made, as it is to be now: from files and command line. False with
// one line in error.
typedef bool kiosk_loader(void *data, struct config *config, char error[CONFIG_ERROR_SIZE]);

struct kiosk {
	struct session *session; // borrowed
	struct config *config;   // owned; another one after a reload
	kiosk_loader *load;      // NULL: it cannot be read anew
	void *load_data;
	struct kms_device *device; // NULL: it is gone, and another is waited for
	struct output_pool *pool;  // NULL likewise
	struct wayland_server *server;
	struct kiosk_layout *layout;
	struct kms_monitor *monitor; // may be NULL: udev cannot be reached
	struct kiosk_device_watch *device_watch;
	struct kiosk_output *outputs[KIOSK_MAX_OUTPUTS]; // in the order of the device's connectors
	int n_outputs;                                   // 0: no display is there
	struct display_overrides overrides; // what was changed since the start, or a reload
	struct process_host host;
	struct kiosk_apps *apps; // may be NULL, before they are started
	struct kiosk_keys *keys;
	struct kiosk_idle *idle;
	struct control *control;
	struct kiosk_heads *heads; // NULL while it starts
	struct kiosk_input *input;
	struct kiosk_cursor *cursor;
	struct kiosk_osk *osk;
	struct kiosk_backgrounds *backgrounds;
	struct kiosk_status_screen *status_screen;
	struct kiosk_session *kiosk_session;
	struct watchdog *watchdog;
	struct realtime *realtime;       // NULL: not wanted
	struct calibration *calibration; // NULL: none is under way
	char unit_status[128];           // what displays show, for systemd; "" before anything is
	bool stopping;
	bool ready;
};

// Takes over `config` (from malloc), `device` and `monitor` (may be NULL), all owned from now on, also on
// failure; opens the socket, starts argv (may be NULL: the apps of the configuration) and lights the outputs.
// The session outlives the kiosk. The monitor is older than the device, so that nothing is missed. False with
// one line in error.
bool kiosk_start(struct kiosk *kiosk, struct config *config, struct session *session,
	struct kms_device *device, struct kms_monitor *monitor, char **argv, char error[256]);
// Ends the apps, then the event loop.
void kiosk_stop(struct kiosk *kiosk);
// Ends the event loop if it is to end, and nothing that was started runs any more.
void kiosk_check_stopped(struct kiosk *kiosk);
void kiosk_finish(struct kiosk *kiosk);
struct wl_event_loop *kiosk_loop(struct kiosk *kiosk);

// ---- unit_status.c: the line of `systemctl status` ----

void kiosk_unit_status_display(struct kiosk *kiosk, const char *text);
// An app is in another state. Nothing is told before there is something on a display.
void kiosk_unit_status_update(struct kiosk *kiosk);

// ---- session.c: who has the device ----

struct kiosk_session *kiosk_session_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_session_destroy(struct kiosk_session *session);       // before the outputs; NULL is fine
// A commit was refused: another process is DRM master.
void kiosk_session_lost(struct kiosk_session *session);
// The device is not ours for now.
bool kiosk_session_is_away(const struct kiosk_session *session);
// Nobody has to let go of it any more.
void kiosk_session_device_gone(struct kiosk_session *session);

// ---- device.c: the device that comes and goes ----

struct kms_opener kiosk_opener(struct session *session);
// Adds what planes of the device take, whichever displays are there. False when out of memory.
bool kiosk_device_formats(const struct kms_device *device, struct format_set *scanout);
// From now on the device, displays and other devices are watched. False when out of memory.
bool kiosk_device_start(struct kiosk *kiosk);
void kiosk_device_finish(struct kiosk *kiosk); // before the outputs; the device is left
// It answers no more: it is closed once the event loop is idle, and another one waited for.
void kiosk_device_gone(struct kiosk *kiosk);
// Opens a device if there is none, and one can be opened.
void kiosk_device_take(struct kiosk *kiosk);

// ---- outputs.c: displays that come and go ----

// Who asked for something hears, besides the log, a line for each thing that is wrong and for each that is to
// be known, during the call.
struct kiosk_listener {
	void (*problem)(void *data, const char *text);
	void (*note)(void *data, const char *text);
	void *data;
};

// Each to the log, and to the listener, which may be NULL.
void kiosk_tell_problem(const struct kiosk_listener *listener, const char *text);
void kiosk_tell_note(const struct kiosk_listener *listener, const char *text);
// Who hears of the first problem alone, in `error`, which becomes empty.
struct kiosk_listener kiosk_keep_first(char error[256]);
void kiosk_tell_problemf(const struct kiosk_listener *listener, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void kiosk_tell_notef(const struct kiosk_listener *listener, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

// Lights what the device found when it was opened. False if anything is wrong; `listener` may be NULL.
bool kiosk_outputs_start(struct kiosk *kiosk, const struct kiosk_listener *listener);
// All else has started, too.
void kiosk_outputs_started(struct kiosk *kiosk);
// Looks which displays are there, and makes outputs of them, as the configuration of now says. What was there
// before goes on undisturbed, unless it is another display. Nothing is done while the device is not ours.
// What is wrong is tried again the next time.
void kiosk_outputs_update(struct kiosk *kiosk);
// The same, without telling input devices and cursor (*changed); what is known of displays is not asked anew
// unless `probe`. False if anything is wrong; `listener` may be NULL.
bool kiosk_outputs_reload(
	struct kiosk *kiosk, bool probe, bool *changed, const struct kiosk_listener *listener);
// The device is gone, and all of them with it.
void kiosk_outputs_drop(struct kiosk *kiosk);
// All of them leave layout and mirrors, what is on the screens stays: before the clients go.
void kiosk_outputs_withdraw(struct kiosk *kiosk);
void kiosk_outputs_finish(struct kiosk *kiosk); // afterwards
// For people: what display it is, and where.
void kiosk_describe_display(
	const struct display_identity *display, const char *name, char *text, size_t size);
// By its name; NULL: there is none.
const struct kms_connector *kiosk_find_connector(const struct kiosk *kiosk, const char *name);
// By the name of its connector; NULL: there is none.
struct kiosk_output *kiosk_find_output(const struct kiosk *kiosk, const char *name);

// ---- mirror.c: outputs that repeat another ----

// Which output each of them is to mirror, as the configuration says and is possible; NULL: it shows apps.
// What is not possible is logged.
void kiosk_mirrors_find(const struct kiosk *kiosk, struct kiosk_output *sources[KIOSK_MAX_OUTPUTS]);
bool kiosk_mirrors_start(struct kiosk *kiosk); // the outputs are there; false when out of memory
void kiosk_mirrors_finish(struct kiosk *kiosk);
// Where on the output's `wayland`, or on that of what it mirrors, a place on its panel is.
void kiosk_output_map(const struct kiosk_output *output, struct input_map *map);
double kiosk_output_scale(const struct kiosk_output *output); // px a logical px

// ---- reload.c: the configuration anew ----

void kiosk_set_loader(struct kiosk *kiosk, kiosk_loader *load, void *data);

// Gives outputs their modes, then kiosk_outputs_reload.
bool kiosk_outputs_apply(
	struct kiosk *kiosk, bool probe, bool *changed, const struct kiosk_listener *listener);

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
// Others are there, or they have another size, scale or transform.
void kiosk_input_outputs_changed(struct kiosk_input *input);
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
void kiosk_cursor_outputs_changed(struct kiosk_cursor *cursor);
void kiosk_cursor_device_gone(struct kiosk_cursor *cursor); // and its memory with it
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

// ---- keys.c ----
struct kiosk_keys *kiosk_keys_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_keys_reload(struct kiosk_keys *keys);
void kiosk_keys_destroy(struct kiosk_keys *keys); // before the server; NULL is fine

// ---- idle.c ----
struct kiosk_idle *kiosk_idle_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_idle_reload(struct kiosk_idle *idle, const struct config *before);
void kiosk_idle_destroy(struct kiosk_idle *idle);       // before the server; NULL is fine
void kiosk_idle_wake(struct kiosk_idle *idle);          // as input does
bool kiosk_idle_is_dark(const struct kiosk_idle *idle); // screens are off
// It is as dark as the others from now on.
void kiosk_idle_output_added(struct kiosk_idle *idle, struct output *output);
// By the operator's command; an output that was turned off so is lit by any input.
void kiosk_idle_set_power(struct kiosk_idle *idle, struct output *output, bool on);

// ---- watchdog.c: systemd's ----
struct watchdog *kiosk_watchdog_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_watchdog_destroy(struct watchdog *watchdog);      // before the server; NULL is fine

// ---- heads.c: wlr's output management ----
struct kiosk_heads *kiosk_heads_create(struct kiosk *kiosk); // NULL when out of memory
void kiosk_heads_destroy(struct kiosk_heads *heads); // after its clients are gone; NULL is fine
void kiosk_heads_update(struct kiosk_heads *heads);  // displays or outputs changed; NULL is fine
void kiosk_heads_power_changed(struct kiosk_heads *heads); // likewise

// ---- status.c ----
// The state of everything as JSON text (interface of `vitrinectl status --json`); the caller frees
// it. NULL when out of memory.
char *status_json(const struct kiosk *kiosk);

// ---- status_displays.c ----
struct json_object;
struct json_object *status_displays(const struct kiosk *kiosk);

// ---- control.c: vitrine-control-v1 ----
struct control *control_create(struct kiosk *kiosk); // NULL when out of memory
// After its clients are gone. NULL is fine.
void control_destroy(struct control *control);
// Answers with a vitrine_reply_v1 of the version of `resource`: NULL reason: done.
void control_reply(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, const char *reason);

// ---- control_output.c: vitrine_output_change_v1 ----
void control_change_output(struct kiosk *kiosk, struct wl_client *client, uint32_t version,
	uint32_t id, const char *output);

#endif
