// SPDX-License-Identifier: MIT
// The socket: one that systemd listens on for us (sd_listen_fds(3)), so that who connects before we are
// there just waits, else one in XDG_RUNTIME_DIR. libwayland locks NAME.lock beside that: a locked one is
// in use, an unlocked one is left over from a crash and replaced.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
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

// What a client's WAYLAND_DISPLAY has to say: the name alone if it is in XDG_RUNTIME_DIR. NULL when the
// socket has no path, or without memory.
static char *display_name(int fd) {
	struct sockaddr_un address = {0};
	socklen_t size = sizeof(address);
	// One byte is kept: a path that fills all of it would have no end.
	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 || address.sun_path[0] != '/' ||
		size >= sizeof(address)) {
		return NULL;
	}
	const char *dir = getenv("XDG_RUNTIME_DIR");
	size_t len = dir ? strlen(dir) : 0;
	bool inside = len > 0 && strncmp(address.sun_path, dir, len) == 0 &&
		address.sun_path[len] == '/' && !strchr(address.sun_path + len + 1, '/');
	return strdup(inside ? address.sun_path + len + 1 : address.sun_path);
}

static bool take_inherited(struct wayland_server *server, int fd, char *error) {
	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0) {
		snprintf(error, ERROR_SIZE,
			"file descriptor %d, handed over by systemd, is no listening Unix stream socket: give "
			"the socket unit ListenStream= with a path",
			fd);
		return false;
	}
	// Clients are accepted until there are none left: with a blocking one, that would be for ever.
	int flags = fcntl(fd, F_GETFL);
	char *name = display_name(fd);
	if (!name || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
		wl_display_add_socket_fd(server->display, fd) != 0) {
		free(name);
		snprintf(error, ERROR_SIZE,
			"file descriptor %d, handed over by systemd, can't be used: give the socket unit one "
			"ListenStream= with a path",
			fd);
		return false;
	}
	if (server->socket) {
		free(name); // apps are told of the first one
	} else {
		server->socket = name;
	}
	return true;
}

bool socket_open(struct wayland_server *server, const char *name, char error[256]) {
	int inherited = sd_listen_fds(0);
	if (inherited > 0) {
		for (int i = 0; i < inherited; i++) {
			if (!take_inherited(server, SD_LISTEN_FDS_START + i, error)) {
				return false;
			}
		}
		if (name) {
			log_warning("socket %s is not made: systemd hands over %s", name, server->socket);
		}
		return true;
	}
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
