// SPDX-License-Identifier: MIT
// vitrinectl: asks a running vitrine. See vitrinectl(1).
#include "ctl.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client.h>

#include "shared/display.h"
#include "shared/report.h"

static const char *socket_name(const struct ctl_options *options) {
	const char *name = options->socket ? options->socket : getenv("WAYLAND_DISPLAY");
	return name && *name ? name : "wayland-0";
}

static bool has_own_socket(void) {
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char path[108]; // as long as a socket's may be
	return folder && snprintf(path, sizeof(path), "%s/wayland-0", folder) < (int)sizeof(path) &&
		access(path, F_OK) == 0;
}

// Where vitrine.socket listens, for operators who have no WAYLAND_DISPLAY. Those who may not connect there get
// to hear so, unless they have a compositor of their own.
static void use_service(struct ctl_options *options) {
	static const char service[] = "/run/vitrine/wayland-0";
	if (options->socket || getenv("WAYLAND_DISPLAY")) {
		return;
	}
	bool may = access(service, R_OK | W_OK) == 0;
	if (may || (errno == EACCES && !has_own_socket())) {
		options->socket = service;
	}
}

// The compositor hides the control channel from other users, and other compositors have none: who
// owns the socket's other end tells the two apart.
static void report_no_control(struct client_display *display, const struct ctl_options *options) {
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	int fd = wl_display_get_fd(display->display);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid != getuid()) {
		struct passwd *user = getpwuid(peer.uid);
		const char *name = user ? user->pw_name : "another user";
		client_report("the compositor on socket %s runs as %s and answers that user only: run "
					  "vitrinectl as %s",
			socket_name(options), name, name);
		return;
	}
	client_report("the compositor on socket %s is not vitrine: name vitrine's socket with --socket "
				  "or WAYLAND_DISPLAY",
		socket_name(options));
}

static int run(const struct ctl_options *options) {
	struct client_display display;
	uint32_t wants = CLIENT_WANT_CONTROL;
	if (options->command == CTL_COMMAND_CALIBRATE) {
		wants |= CLIENT_WANT_WINDOW;
	}
	if (!client_display_connect(&display, options->socket, wants)) {
		return CLIENT_EXIT_FAILURE;
	}
	int status = CLIENT_EXIT_FAILURE;
	if (!display.control) {
		report_no_control(&display, options);
	} else if (options->command == CTL_COMMAND_STATUS) {
		status = ctl_status(&display, options);
	} else if (options->command == CTL_COMMAND_APP) {
		status = ctl_app(&display, options);
	} else if (options->command == CTL_COMMAND_OUTPUT) {
		status = ctl_output(&display, options);
	} else if (options->command == CTL_COMMAND_CALIBRATE) {
		status = ctl_calibrate(&display, options);
	} else if (options->command == CTL_COMMAND_SESSION) {
		status = ctl_session(&display, options);
	} else if (options->command == CTL_COMMAND_RELOAD) {
		status = ctl_reload(&display);
	} else {
		status = ctl_screenshot(&display, options);
	}
	client_display_finish(&display);
	return status;
}

int main(int argc, char *argv[]) {
	struct ctl_options options;
	if (!ctl_options_parse(&options, argc, argv)) {
		return CLIENT_EXIT_USAGE;
	}
	switch (options.command) {
	case CTL_COMMAND_HELP:
		ctl_options_help();
		return CLIENT_EXIT_OK;
	case CTL_COMMAND_VERSION:
		printf("vitrinectl %s\n", VITRINE_VERSION);
		return CLIENT_EXIT_OK;
	default:
		use_service(&options);
		return run(&options);
	}
}
