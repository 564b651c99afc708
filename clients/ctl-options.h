// SPDX-License-Identifier: MIT
// The command line of vitrinectl(1).
#ifndef VITRINE_CLIENTS_CTL_OPTIONS_H
#define VITRINE_CLIENTS_CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum ctl_command {
	CTL_COMMAND_HELP,
	CTL_COMMAND_VERSION,
	CTL_COMMAND_STATUS,
	CTL_COMMAND_SCREENSHOT,
	CTL_COMMAND_OUTPUT,
	CTL_COMMAND_CALIBRATE,
	CTL_COMMAND_SESSION,
	CTL_COMMAND_RELOAD,
	CTL_COMMAND_APP,
};

enum ctl_power {
	CTL_POWER_KEEP,
	CTL_POWER_ON,
	CTL_POWER_OFF,
};

// Of `vitrinectl output`.
struct ctl_change {
	enum ctl_power enabled; // lit or left dark
	bool has_mode;
	int32_t width, height, refresh_mhz; // 0: the preferred one, the highest rate
	bool rotate, flip;
	uint32_t quarters; // counter-clockwise
	double scale;      // 0: as it is
	bool has_position;
	int32_t x, y; // logical px
	bool test;    // ask only
};

struct ctl_options {
	enum ctl_command command;
	const char
		*socket; // may be NULL: WAYLAND_DISPLAY, else that of vitrine.service, else wayland-0

	// status
	bool json;
	uint32_t interval_s; // between two samples, 0 for a single one

	// screenshot
	const char *output; // connector, "" for the first
	uint32_t source;    // enum vitrine_control_v1_source
	const char *file;   // "-" for standard output; of calibrate NULL: the one that vitrine reads

	// output: the connector is `output`, "" for all where nothing is changed
	enum ctl_power power;
	struct ctl_change change;

	// calibrate: writes `file`
	const char *device; // name of the touch screen, "" for the only one
	bool print;         // to standard output instead

	// session
	uint32_t session; // number

	// app
	const char *app; // NULL: list them
	uint32_t action; // enum vitrine_control_v1_app_action
};

// Strings point into `argv`. False for a command line that makes no sense: reported.
bool ctl_options_parse(struct ctl_options *options, int argc, char *argv[]);

// Values of options. False if they are none.
bool ctl_parse_mode(const char *text, struct ctl_change *change);
bool ctl_parse_rotation(const char *text, struct ctl_change *change);
bool ctl_parse_scale(const char *text, struct ctl_change *change);
bool ctl_parse_position(const char *text, struct ctl_change *change);
// Nothing is to change.
bool ctl_change_is_empty(const struct ctl_change *change);

// Writes the usage to standard output.
void ctl_options_help(void);

#endif
