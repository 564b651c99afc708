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

	// output: the connector is `output`
	enum ctl_power power;

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

// Writes the usage to standard output.
void ctl_options_help(void);

#endif
