// SPDX-License-Identifier: MIT
// The configuration: vitrine.ini(5) and what the command line overrides.
#ifndef VITRINE_KIOSK_CONFIG_H
#define VITRINE_KIOSK_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CONFIG_MAX_OUTPUTS = 32,
	CONFIG_ERROR_SIZE = 256,
};

struct config_output {
	char name[32];     // connector name, or "*"
	int width, height; // px; 0 = the preferred mode
	int refresh_mhz;   // 0 = the highest
};

struct config {
	char *device; // NULL: the first that has a display
	char *socket; // NULL: the first free wayland-N
	bool wait;    // for a device that is not there yet
	struct config_output outputs[CONFIG_MAX_OUTPUTS];
	int n_outputs;
};

void config_init(struct config *config);
void config_finish(struct config *config);

// Reads `path`, or if NULL the first of $XDG_CONFIG_HOME/vitrine/vitrine.ini and
// /etc/vitrine/vitrine.ini that exists (none is fine). False with one line in `error` that names
// file, line, key and what was expected.
bool config_load(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE]);

// Sets an output's mode from "[NAME=]WxH[@HZ]"; without a name it is for every output.
bool config_set_mode(struct config *config, const char *text, char error[CONFIG_ERROR_SIZE]);

// What applies to the connector: its own section, else "*"; NULL if neither.
const struct config_output *config_output(const struct config *config, const char *name);

#endif
