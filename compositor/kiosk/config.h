// SPDX-License-Identifier: MIT
// The configuration: vitrine.ini(5) and what the command line overrides.
#ifndef VITRINE_KIOSK_CONFIG_H
#define VITRINE_KIOSK_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CONFIG_MAX_OUTPUTS = 32,
	CONFIG_MAX_INPUTS = 64,
	CONFIG_MAX_APP_KEYS = 32,
	CONFIG_MAX_APPS = 32,
	CONFIG_MAX_PROBLEMS = 32,
	CONFIG_NAME_SIZE = 32, // of an output, bytes
	CONFIG_ERROR_SIZE = 512,
	CONFIG_UNSET = -1, // of what a section may leave to others
};

struct config_mode {
	int width, height; // px; 0 = the preferred mode, or the largest
	int refresh_mhz;   // 0 = the highest
	bool highest;      // the largest, at its highest rate
};

struct config_size {
	int width, height; // px; 0 = not set
};

struct config_position {
	bool set;
	int x, y; // logical px
};

// Transforms of outputs: those of enum wl_output_transform, and as the panel is mounted.
enum { CONFIG_TRANSFORM_PANEL = 8 };

// What is connected where. All but the connector may be NULL: unknown.
struct config_display {
	const char *connector;
	const char *pnp; // the maker's three letters
	const char *make, *model, *serial;
};

struct config_output {
	char *name; // connector name, MAKE/MODEL/SERIAL, or "*"
	int off;    // left dark: 0 or 1
	struct config_mode mode;
	struct config_size mode_max; // for modes that are chosen for it
	int max_bpc;                 // bits a colour; 0 = as it is
	int vrr;                     // variable refresh: 0 or 1
	double scale;                // px a logical px
	int transform;               // enum wl_output_transform or CONFIG_TRANSFORM_PANEL
	struct config_position position;
	char *mirror;             // name of the output that it repeats; NULL: none
	int background;           // 0xrrggbb, below all windows
	char *background_picture; // path; NULL: none
	int background_fit;       // enum picture_fit
};

struct config_keyboard {
	char *model, *layout, *variant, *options; // of xkeyboard-config(7); NULL: its default
	int repeat_rate;                          // keys a second, 0 = keys do not repeat
	int repeat_delay;                         // ms
};

enum config_profile {
	CONFIG_PROFILE_FLAT,
	CONFIG_PROFILE_ADAPTIVE,
};

struct config_matrix {
	bool set;
	float values[6]; // first two rows, on coordinates of 0..1
};

// One [input MATCH]: only what it sets; switches are 0, 1 or CONFIG_UNSET.
struct config_input {
	char *match;
	int enabled, tap, natural_scroll, left_handed;
	int accel_profile;  // enum config_profile or CONFIG_UNSET
	double accel_speed; // -1..1; NAN: not set
	struct config_matrix calibration;
	char *output; // NULL: not set
};

// Chords that are swallowed unless the configuration says otherwise.
#define CONFIG_SWALLOW "Alt+F4, Ctrl+Alt+Delete, Ctrl+Alt+BackSpace"

struct config_idle {
	int dim_after, off_after; // s without input; 0 = never
	double dim_level;         // 0..1 of full brightness
};

struct config_keys {
	char *swallow;          // chords, see chord.h; NULL: CONFIG_SWALLOW
	char *operator_chord;   // one chord, or more for the same; NULL: none
	char *operator_command; // for /bin/sh; NULL: none
	int grab;               // keyboards are taken from the console: 0 or 1
};

// One [app-keys APP-ID].
struct config_app_keys {
	char *app_id;
	char *allow, *deny; // chords; NULL: not set
};

// Logical px of an output.
struct config_region {
	int x, y, width, height; // 0 wide: all of the output
};

// One [app NAME]. Choices are indices into those of the table.
struct config_app {
	char *name;
	int place;              // config.c: where the section begins
	char *command;          // as wordexp(3) takes it
	char *environment;      // NAME=VALUE, likewise; NULL: nothing beside our own
	char *directory, *user; // NULL: our own
	char *output;           // names with blanks or commas between them; NULL: any
	struct config_region region;
	int layer;                                         // background, normal, overlay
	char *after;                                       // names of apps, as `output`; NULL: none
	int restart;                                       // always, on-failure, never
	double pause, pause_max;                           // s
	int max_restarts;                                  // 0 = no limit
	int restart_window;                                // s
	int stop_signal;                                   // TERM, INT, HUP, QUIT, USR1, USR2, KILL
	double stop_timeout;                               // s
	double ready_within, watchdog_ping, watchdog_draw; // s, 0 = not watched
	int64_t memory_max;                                // bytes, 0 = no limit
	int cpu_quota;                                     // percent of a processor, 0 = no limit
	int pids_max;                                      // 0 = no limit
};

struct config_cursor {
	char *theme;    // NULL: the system's
	int size;       // px
	int hide_after; // ms without motion, 0 = never
};

struct config_status {
	int enabled;
	double delay;         // s without a window
	double watchdog_ping; // s, 0 = not watched
	char *text;           // for whoever stands before it; NULL: none
	char *picture;        // path; NULL: none
};

struct config_osk {
	char *command; // as wordexp(3) takes it; NULL: none
	char *allow;   // absolute paths with blanks between them; NULL: none
};

struct config {
	char *folder; // absolute: its vitrine.ini and conf.d were read, or would be if they were there
	char *device; // NULL: the first that has a display
	char *socket; // NULL: the first free wayland-N
	int wait;     // for a device that is not there yet: 0 or 1
	int udmabuf;  // shared memory of apps goes to planes: 0 or 1
	int realtime; // scheduling of the main thread: 0 or 1
	struct config_output outputs[CONFIG_MAX_OUTPUTS];
	int n_outputs;
	struct config_keyboard keyboard;
	struct config_input inputs[CONFIG_MAX_INPUTS]; // in the order of the file
	int n_inputs;
	struct config_cursor cursor;
	struct config_keys keys;
	struct config_idle idle;
	struct config_app_keys app_keys[CONFIG_MAX_APP_KEYS];
	int n_app_keys;
	struct config_osk osk;
	struct config_status status;
	struct config_app apps[CONFIG_MAX_APPS]; // in the order of the file
	int n_apps;
	// Names that are known to be right, so that they need not be compiled to find out; NULL: none are.
	// For config_load, not kept afterwards.
	const struct config_keyboard *known_keyboard;
	// What was wrong with the file and not so bad that the default would not serve: a line each.
	char *problems[CONFIG_MAX_PROBLEMS];
	int n_problems;
};

// All defaults.
void config_init(struct config *config);
void config_finish(struct config *config);

// Reads `path`, or if NULL the vitrine.ini of the first of $XDG_CONFIG_HOME/vitrine and /etc/vitrine
// that holds one, or a conf.d (none is fine); then conf.d/*.ini beside it, in the order of their names:
// what comes later wins, key by key. What can be done without is left at its default and told in
// config->problems. False where that would not serve, with one line in `error`. Lines name file, line,
// key and what was expected.
bool config_load(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE]);

// Sets an output's mode from "[NAME=]WxH[@HZ]"; without a name it is for every output.
bool config_set_mode(struct config *config, const char *text, char error[CONFIG_ERROR_SIZE]);

// ---- config_display.c ----

// The section that is meant best for the display: the first of those with its serial number, its
// connector, its model, its maker, and "*"; the last of equal ones. NULL without one.
const struct config_output *config_output(
	const struct config *config, const struct config_display *display);
// It can be the name of a section [output NAME].
bool config_display_is_valid(const char *name);

// ---- config_app.c ----

// All defaults but for the name; false when out of memory or if that is none.
bool config_app_init(struct config_app *app, const char *name);
void config_app_finish(struct config_app *app);
// False when out of memory; `copy` is all zero then.
bool config_app_copy(struct config_app *copy, const struct config_app *app);
// They are set alike, wherever that is written.
bool config_app_equal(const struct config_app *a, const struct config_app *b);
// What is wrong with apps beside each other: those without a command go, names that `after` does not
// find and circles are forgotten. `complain` gets a line for each, and where the section begins.
void config_check_apps(
	struct config *config, void (*complain)(void *data, int place, const char *text), void *data);
// The next name of a list of names, from *at, which moves on; false at the end.
bool config_next_name(const char **at, char name[CONFIG_NAME_SIZE]);

// ---- config_mirror.c ----

// The output that the display is to repeat, which may not be there; NULL: none.
const char *config_mirror(const struct config *config, const struct config_display *display);

enum config_mirror_verdict {
	CONFIG_MIRROR_RIGHT,
	CONFIG_MIRROR_SCALED, // `scale` means nothing there
	CONFIG_MIRROR_WRONG,  // of itself, or of what is a mirror
};

// Of the section with that index. One line in `text` if something is wrong.
enum config_mirror_verdict config_judge_mirror(
	const struct config *config, int output, char text[CONFIG_ERROR_SIZE]);

#endif
