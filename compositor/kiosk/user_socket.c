// SPDX-License-Identifier: MIT
#include "kiosk/user_socket.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

static const char parent[] = "/run/vitrine";

static void set_error(char error[256], const char *user, const char *what) {
	snprintf(error, 256, "user = %.60s: %.100s: %s", user, what, strerror(errno));
}

static int listen_at(const char *path, const struct passwd *user) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path); // it is short
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(path);
	if (fd >= 0 &&
		(bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
			chown(path, user->pw_uid, user->pw_gid) != 0 || chmod(path, 0700) != 0 ||
			listen(fd, BACKLOG) != 0)) {
		int keep = errno;
		close(fd);
		errno = keep;
		return -1;
	}
	return fd;
}

static bool make(struct user_socket *socket, const struct passwd *user, char error[256]) {
	char path[sizeof(socket->folder) + 16];
	snprintf(socket->folder, sizeof(socket->folder), "%s/%d-%d", parent, (int)getpid(),
		(int)user->pw_uid);
	snprintf(path, sizeof(path), "%s/wayland", socket->folder);
	if ((mkdir(parent, 0755) != 0 && errno != EEXIST) ||
		(mkdir(socket->folder, 0700) != 0 && errno != EEXIST) ||
		chown(socket->folder, user->pw_uid, user->pw_gid) != 0) {
		set_error(error, user->pw_name, socket->folder);
		return false;
	}
	socket->fd = listen_at(path, user);
	if (socket->fd < 0) {
		set_error(error, user->pw_name, path);
		unlink(path);
		rmdir(socket->folder);
		return false;
	}
	struct stat st;
	snprintf(socket->runtime, sizeof(socket->runtime), "/run/user/%d", (int)user->pw_uid);
	if (stat(socket->runtime, &st) != 0 || st.st_uid != user->pw_uid) {
		memcpy(socket->runtime, socket->folder, sizeof(socket->runtime));
	}
	return true;
}

struct user_socket *user_socket_find(struct wl_list *sockets, const char *user) {
	struct user_socket *socket;
	wl_list_for_each(socket, sockets, link) {
		if (strcmp(socket->user, user) == 0) {
			return socket;
		}
	}
	socket = calloc(1, sizeof(*socket));
	if (socket == NULL || (socket->user = strdup(user)) == NULL) {
		free(socket);
		return NULL;
	}
	wl_list_insert(sockets, &socket->link);
	return socket;
}

bool user_socket_make(struct user_socket *socket, char error[256]) {
	if (socket->state != USER_SOCKET_UNKNOWN) {
		return true;
	}
	errno = 0;
	// Here alone, and so not while its static memory is in use.
	struct passwd *entry = getpwnam(socket->user);
	if (entry == NULL) {
		snprintf(error, 256, "user = %.60s: %s", socket->user,
			errno != 0 ? strerror(errno) : "there is no such user");
		return false;
	}
	if (entry->pw_uid == geteuid()) {
		socket->state = USER_SOCKET_OWN;
		return true;
	}
	if (geteuid() != 0) {
		snprintf(error, 256, "user = %.60s: only root may run apps as other users", socket->user);
		return false;
	}
	if (!make(socket, entry, error)) {
		return false;
	}
	socket->state = USER_SOCKET_MADE;
	return true;
}

bool user_socket_serve(struct user_socket *socket, struct wl_display *display, char error[256]) {
	if (socket->state != USER_SOCKET_MADE || socket->served) {
		return true;
	}
	socket->served = wl_display_add_socket_fd(display, socket->fd) == 0;
	if (!socket->served) {
		set_error(error, socket->user, socket->folder);
	}
	return socket->served;
}

void user_sockets_finish(struct wl_list *sockets) {
	struct user_socket *socket, *tmp;
	wl_list_for_each_safe(socket, tmp, sockets, link) {
		if (socket->state == USER_SOCKET_MADE) {
			char path[sizeof(socket->folder) + 16];
			snprintf(path, sizeof(path), "%s/wayland", socket->folder);
			unlink(path);
			// Only the user's own files could be left in it.
			rmdir(socket->folder);
			if (!socket->served) {
				close(socket->fd);
			}
		}
		wl_list_remove(&socket->link);
		free(socket->user);
		free(socket);
	}
	rmdir(parent);
}
