// SPDX-License-Identifier: MIT
// The command line of vitrine-camera(1).
#ifndef VITRINE_CLIENTS_CAMERA_OPTIONS_H
#define VITRINE_CLIENTS_CAMERA_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/memory.h"

#define CAMERA_MAX_BUFFERS 16

// Whose memory the pictures lie in.
enum camera_buffers {
	CAMERA_BUFFERS_AUTO,   // the driver's if it exports it, else ours
	CAMERA_BUFFERS_EXPORT, // the driver's
	CAMERA_BUFFERS_IMPORT, // ours
};

struct camera_options {
	const char *device;     // may be NULL: the first camera
	uint32_t format;        // DRM fourcc, 0 to choose
	uint32_t width, height; // px, not to be exceeded; 0: the output's
	uint32_t rate_mhz;      // 0: the highest
	uint32_t input;
	bool has_input; // the input was named on the command line
	uint32_t buffers;
	uint32_t frames; // to show; 0: until ended
	enum camera_buffers origin;
	enum client_memory_kind memory; // where buffers come from that the driver does not export
	const char *heap;               // may be NULL
	bool stats, verbose;
	const char *app_id;
	bool help, version; // print that and do nothing else
};

// Fills in defaults and what the command line says; strings point into `argv`. False for a command
// line that makes no sense: reported.
bool camera_options_parse(struct camera_options *options, int argc, char *argv[]);

// Writes the usage to standard output.
void camera_options_help(void);

#endif
