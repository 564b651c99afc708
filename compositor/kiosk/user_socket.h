// SPDX-License-Identifier: MIT
// Wayland sockets for apps that run as other users: those may not enter our own user's folder.
#ifndef VITRINE_KIOSK_USER_SOCKET_H
#define VITRINE_KIOSK_USER_SOCKET_H

#include <wayland-server-core.h>

struct user_socket {
	struct wl_list link;
	char user[64];
	char folder[128];  // of that user alone; holds the socket "wayland"
	char runtime[128]; // XDG_RUNTIME_DIR: the user's own where there is one, else `folder`
};

// The one of the list for the user, made if need be. NULL with one line in error.
struct user_socket *user_socket_get(
	struct wl_list *sockets, struct wl_display *display, const char *user, char error[256]);
// Removes all of them. The display closes them itself.
void user_sockets_finish(struct wl_list *sockets);

#endif
