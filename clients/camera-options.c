// SPDX-License-Identifier: MIT
#include "camera-options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "shared/parse.h"
#include "shared/report.h"

enum option_id {
	OPTION_APP_ID = 256,
	OPTION_BUFFERS,
	OPTION_DEVICE,
	OPTION_FORMAT,
	OPTION_FRAMES,
	OPTION_HELP,
	OPTION_INPUT,
	OPTION_MEMORY,
	OPTION_RATE,
	OPTION_SIZE,
	OPTION_STATS,
	OPTION_VERBOSE,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"app-id", required_argument, NULL, OPTION_APP_ID},
	{"buffers", required_argument, NULL, OPTION_BUFFERS},
	{"device", required_argument, NULL, OPTION_DEVICE},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"frames", required_argument, NULL, OPTION_FRAMES},
	{"help", no_argument, NULL, OPTION_HELP},
	{"input", required_argument, NULL, OPTION_INPUT},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"stats", no_argument, NULL, OPTION_STATS},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

void camera_options_help(void) {
	printf("Usage: vitrine-camera [OPTION...]\n"
		   "Shows a V4L2 camera without copying its pictures.\n"
		   "\n"
		   "  --device /dev/videoN   the camera (default: the first one that captures)\n"
		   "  --input N              its input (default: 0)\n"
		   "  --size WxH             largest size in px (default: the size of the output)\n"
		   "  --format FORMAT        DRM pixel format, XR24 or NV12 (default: one a plane takes)\n"
		   "  --rate HZ              pictures a second (default: the refresh rate, or less)\n"
		   "  --buffers N            3 to %d (default: 6)\n"
		   "  --memory export|udmabuf|dma-heap|dma-heap:NAME|dumb\n"
		   "                         the driver's own buffers, or others that it writes into\n"
		   "                         (default: export, else the first of the others that works)\n"
		   "  --frames N             end after N pictures were shown (default: never)\n"
		   "  --app-id ID\n"
		   "  --stats                print a summary at the end\n"
		   "  --verbose              print a line a frame\n"
		   "  --help, --version\n",
		CAMERA_MAX_BUFFERS);
}

static bool parse_memory(const char *text, struct camera_options *options) {
	if (strcmp(text, "export") == 0) {
		options->origin = CAMERA_BUFFERS_EXPORT;
		return true;
	}
	options->origin = CAMERA_BUFFERS_IMPORT;
	return client_memory_parse(text, &options->memory, &options->heap) &&
		options->memory != CLIENT_MEMORY_SHM && options->memory != CLIENT_MEMORY_AUTO;
}

// The options with a value. False for a value that is none.
static bool parse_value(struct camera_options *options, int id, const char *value) {
	switch (id) {
	case OPTION_APP_ID:
		options->app_id = value;
		return true;
	case OPTION_BUFFERS:
		// One on the screen, one on its way there and one for the camera.
		return client_parse_uint(value, 3, CAMERA_MAX_BUFFERS, &options->buffers);
	case OPTION_DEVICE:
		options->device = value;
		return true;
	case OPTION_FORMAT:
		options->format = format_from_name(value);
		return options->format != 0;
	case OPTION_FRAMES:
		return client_parse_uint(value, 1, UINT32_MAX, &options->frames);
	case OPTION_INPUT:
		options->has_input = true;
		return client_parse_uint(value, 0, 255, &options->input);
	case OPTION_MEMORY:
		return parse_memory(value, options);
	case OPTION_RATE:
		return client_parse_rate(value, &options->rate_mhz);
	case OPTION_SIZE:
		return client_parse_size(value, &options->width, &options->height);
	default:
		return false;
	}
}

// True if the option is one without a value.
static bool set_flag(struct camera_options *options, int id) {
	switch (id) {
	case OPTION_HELP:
		options->help = true;
		return true;
	case OPTION_STATS:
		options->stats = true;
		return true;
	case OPTION_VERBOSE:
		options->verbose = true;
		return true;
	case OPTION_VERSION:
		options->version = true;
		return true;
	default:
		return false;
	}
}

static bool set(void *options, int id, const char *value) {
	return set_flag(options, id) || parse_value(options, id, value);
}

bool camera_options_parse(struct camera_options *options, int argc, char *argv[]) {
	*options = (struct camera_options){.buffers = 6, .app_id = "vitrine-camera"};
	return client_parse_options(argc, argv, long_options, set, options);
}
