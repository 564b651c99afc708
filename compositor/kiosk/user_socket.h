// SPDX-License-Identifier: MIT
// Wayland sockets for apps that run as other users: those may not enter our own user's folder.
#ifndef VITRINE_KIOSK_USER_SOCKET_H
#define VITRINE_KIOSK_USER_SOCKET_H

#include <stdbool.h>

#include <wayland-server-core.h>

enum user_socket_state {
	USER_SOCKET_UNKNOWN, // who the user is
	USER_SOCKET_OWN,     // this user, who needs none
	USER_SOCKET_MADE,
};

struct user_socket {
	struct wl_list link;
	char *user;
	bool served;

	// Of the thread that makes it, which does not touch them once it has.
	enum user_socket_state state;
	int fd;            // listens
	char folder[128];  // of that user alone; holds the socket "wayland"
	char runtime[128]; // XDG_RUNTIME_DIR: the user's own where there is one, else `folder`
};

// The one of the list for the user, to be made. NULL when out of memory.
struct user_socket *user_socket_find(struct wl_list *sockets, const char *user);
// Finds out who the user is, and makes it unless that is known: may block, as users are looked up in networks, too. Not
// in two threads at a time. False with one line in error.
bool user_socket_make(struct user_socket *socket, char error[256]);
// Who has connected is heard of from now on. False with one line in error.
bool user_socket_serve(struct user_socket *socket, struct wl_display *display, char error[256]);
// Removes all of them. The display closes those that it serves.
void user_sockets_finish(struct wl_list *sockets);

#endif
