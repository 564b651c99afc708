// SPDX-License-Identifier: MIT
// vitrine-status: says on screen which app is awaited or has failed, and how to reach the machine. Vitrine
// starts it where no window is, with a socket of messages as its standard input; each message is the whole
// state, as compositor/kiosk/status_state.c writes it.
//
// It sleeps until a message, the compositor or the network has something new, and draws only where the
// words changed.
#include <drm_fourcc.h>
#include <errno.h>
#include <getopt.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl-png.h"
#include "shared/display.h"
#include "shared/report.h"
#include "status-draw.h"
#include "status-host.h"
#include "status-window.h"

enum {
	MAX_MESSAGE = 256 << 10, // bytes
	MAX_SIDE = 8192,         // px, of --png
};

static const char usage[] =
	"Usage: vitrine-status\n"
	"       vitrine-status --png FILE [--size WxH] [--output NAME] <STATE\n"
	"The status screen of Vitrine, which starts it with its state as standard input.\n"
	"\n"
	"  --png FILE     draw one state to a PNG file instead\n"
	"  --size WxH     of that many px (default 1920x1080)\n"
	"  --output NAME  as it is on that output (default: the first of the state)\n"
	"  --version, --help\n"
	"                 say so and exit\n"
	"\n"
	"See vitrine-status(1).\n";

struct options {
	const char *png, *output; // NULL: none
	int width, height;        // px
};

struct status {
	struct client_display display;
	struct status_brush *brush;
	struct status_screen *screen;
	struct status_host host;
	struct json_object *state; // NULL before the first
	char *message;             // MAX_MESSAGE bytes
	int network;               // -1: nothing tells of addresses
};

// ---- Messages ----

// Takes over a new state.
static void set_state(struct status *status, struct json_object *state) {
	if (!state) {
		client_report(
			"what came in is no state of vitrine's: is one of the two of another version?");
		return;
	}
	json_object_put(status->state);
	status->state = state;
}

// All that have come; the last one counts. False when there will be no more.
static bool read_messages(struct status *status) {
	for (;;) {
		ssize_t n = recv(STDIN_FILENO, status->message, MAX_MESSAGE, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			return true;
		}
		if (n <= 0) {
			client_report("standard input is no socket of vitrine's: vitrine itself starts this "
						  "program; --help tells how to draw a picture");
			return false;
		}
		set_state(status, n <= MAX_MESSAGE ? status_state_parse(status->message, (size_t)n) : NULL);
	}
}

static bool run(struct status *status) {
	status_host_read(&status->host);
	for (;;) {
		if (!read_messages(status) ||
			!status_screen_update(status->screen, status->state, &status->host)) {
			return false;
		}
		struct pollfd fds[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = status->network, .events = POLLIN},
		};
		if (!client_display_wait(&status->display, fds, 2, -1)) {
			return false;
		}
		if (status->display.stop) {
			return true;
		}
		if (fds[1].revents != 0) {
			status_host_drain(status->network);
			status_host_read(&status->host);
		}
	}
}

static bool show(struct status *status) {
	if (!client_display_connect(&status->display, NULL, CLIENT_WANT_WINDOW)) {
		return false;
	}
	status->message = malloc(MAX_MESSAGE);
	status->screen = status_screen_create(&status->display, status->brush);
	status->network = status_host_watch();
	bool ok = status->message && status->screen && run(status);
	if (status->network >= 0) {
		close(status->network);
	}
	status_screen_destroy(status->screen);
	client_display_finish(&status->display);
	free(status->message);
	return ok;
}

// ---- One picture ----

static struct json_object *read_state(void) {
	char *text = malloc(MAX_MESSAGE);
	size_t n = text ? fread(text, 1, MAX_MESSAGE, stdin) : 0;
	struct json_object *state = n > 0 ? status_state_parse(text, n) : NULL;
	free(text);
	return state;
}

static const char *first_output(const struct json_object *state) {
	struct json_object *outputs = NULL;
	return json_object_object_get_ex(state, "outputs", &outputs) &&
			json_object_is_type(outputs, json_type_array) && json_object_array_length(outputs) > 0
		? status_state_string(json_object_array_get_idx(outputs, 0), "name")
		: "";
}

static bool save(struct status *status, const struct options *options) {
	struct status_text text;
	status_host_read(&status->host);
	status_text_make(&text, status->state,
		options->output ? options->output : first_output(status->state), &status->host);
	pixman_image_t *image =
		pixman_image_create_bits(PIXMAN_x8r8g8b8, options->width, options->height, NULL, 0);
	if (!image) {
		client_report("out of memory");
		return false;
	}
	const uint32_t stride = (uint32_t)pixman_image_get_stride(image);
	const struct ctl_picture picture = {
		.data = (const uint8_t *)pixman_image_get_data(image),
		.size = (size_t)stride * (size_t)options->height,
		.format = DRM_FORMAT_XRGB8888,
		.width = (uint32_t)options->width,
		.height = (uint32_t)options->height,
		.stride = stride,
	};
	bool ok = status_draw(status->brush, &text, image) && ctl_png_save(&picture, options->png);
	pixman_image_unref(image);
	return ok;
}

// ---- Options ----

static bool parse_size(const char *text, struct options *options) {
	int end = 0;
	return sscanf(text, "%5dx%5d%n", &options->width, &options->height, &end) == 2 &&
		text[end] == '\0' && options->width > 0 && options->height > 0 &&
		options->width <= MAX_SIDE && options->height <= MAX_SIDE;
}

// Returns an exit status, -1 to go on.
static int parse(struct options *options, int argc, char **argv) {
	enum { OPTION_PNG = 256, OPTION_SIZE, OPTION_OUTPUT, OPTION_VERSION, OPTION_HELP };
	static const struct option long_options[] = {
		{"png", required_argument, NULL, OPTION_PNG},
		{"size", required_argument, NULL, OPTION_SIZE},
		{"output", required_argument, NULL, OPTION_OUTPUT},
		{"version", no_argument, NULL, OPTION_VERSION},
		{"help", no_argument, NULL, OPTION_HELP},
		{0},
	};
	*options = (struct options){.width = 1920, .height = 1080};
	int code;
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (code) {
		case OPTION_PNG:
			options->png = optarg;
			break;
		case OPTION_OUTPUT:
			options->output = optarg;
			break;
		case OPTION_SIZE:
			if (!parse_size(optarg, options)) {
				client_report_usage(
					"--size %s: expected WIDTHxHEIGHT of at most %d px each", optarg, MAX_SIDE);
				return CLIENT_EXIT_USAGE;
			}
			break;
		case OPTION_VERSION:
			printf("vitrine-status %s\n", VITRINE_VERSION);
			return CLIENT_EXIT_OK;
		case OPTION_HELP:
			fputs(usage, stdout);
			return CLIENT_EXIT_OK;
		default:
			client_report_usage("wrong options");
			return CLIENT_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		client_report_usage("%s: takes no arguments", argv[optind]);
		return CLIENT_EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char *argv[]) {
	struct options options;
	struct status status = {.network = -1};
	int code = parse(&options, argc, argv);
	if (code >= 0) {
		return code;
	}
	status.brush = status_brush_create();
	if (!status.brush) {
		return CLIENT_EXIT_FAILURE;
	}
	bool ok;
	if (options.png) {
		set_state(&status, read_state());
		ok = status.state && save(&status, &options);
	} else {
		ok = show(&status);
	}
	json_object_put(status.state);
	status_brush_destroy(status.brush);
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}
