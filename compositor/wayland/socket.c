// SPDX-License-Identifier: MIT
// The socket in XDG_RUNTIME_DIR. libwayland locks NAME.lock beside it: a locked one is in use, an
// unlocked one is left over from a crash and replaced.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wayland/server.h"

enum { ERROR_SIZE = 256 };

static bool check_runtime_dir(char *error) {
	const char *dir = getenv("XDG_RUNTIME_DIR");
	if (!dir || dir[0] != '/') {
		snprintf(error, ERROR_SIZE,
			"XDG_RUNTIME_DIR is %s: set it to a directory of your own with mode 0700, such as "
			"/run/user/%u",
			dir ? "no absolute path" : "not set", (unsigned)geteuid());
		return false;
	}
	struct stat stat_;
	if (stat(dir, &stat_) != 0 || !S_ISDIR(stat_.st_mode)) {
		snprintf(error, ERROR_SIZE,
			"XDG_RUNTIME_DIR %.120s is no directory: create it with mode 0700", dir);
		return false;
	}
	if (access(dir, W_OK | X_OK) != 0) {
		snprintf(error, ERROR_SIZE,
			"XDG_RUNTIME_DIR %.120s: no permission to write: make user %u its owner", dir,
			(unsigned)geteuid());
		return false;
	}
	return true;
}

static void describe_failure(const char *name, int number, char *error) {
	if (!name) {
		snprintf(error, ERROR_SIZE,
			"no free socket name wayland-0 to wayland-32 in XDG_RUNTIME_DIR: give one with "
			"--socket");
	} else if (number == EAGAIN || number == EWOULDBLOCK) {
		snprintf(error, ERROR_SIZE,
			"socket %.100s is in use by another compositor: stop that one or choose another name "
			"with --socket",
			name);
	} else if (number == ENAMETOOLONG) {
		snprintf(
			error, ERROR_SIZE, "socket %.100s: the path is too long: choose a shorter name", name);
	} else {
		snprintf(error, ERROR_SIZE, "socket %.100s can't be opened: %.60s: check XDG_RUNTIME_DIR",
			name, strerror(number));
	}
}

bool socket_open(struct wayland_server *server, const char *name, char error[256]) {
	bool absolute = name && name[0] == '/';
	if (!absolute && !check_runtime_dir(error)) {
		return false;
	}
	// Mode 0700 from the first moment on: connecting takes write permission.
	mode_t mask = umask(S_IRWXG | S_IRWXO);
	errno = 0;
	if (!name) {
		const char *found = wl_display_add_socket_auto(server->display);
		server->socket = found ? strdup(found) : NULL;
	} else if (wl_display_add_socket(server->display, name) == 0) {
		server->socket = strdup(name);
	}
	int number = errno;
	umask(mask);
	if (!server->socket) {
		describe_failure(name, number, error);
		return false;
	}
	return true;
}
