// SPDX-License-Identifier: MIT
// How device files are opened: by libseat where there is a seat daemon to ask (seatd, logind), which
// lends them to users who may not open them and takes them back while another session is in front;
// directly otherwise. Of a DRM device it makes us master as long as the session is in front.
#ifndef VITRINE_SESSION_SESSION_H
#define VITRINE_SESSION_SESSION_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct session;

// Asks for a seat. NULL when out of memory.
struct session *session_create(void);
// After everything that was opened was closed. NULL is fine.
void session_destroy(struct session *session);

// Readable when there is something to dispatch; -1: never.
int session_fd(const struct session *session);
// Comes to the front, or leaves it, if it was told to.
void session_dispatch(struct session *session);
// Dispatches from this loop, until it ends or the session does. False when out of memory.
bool session_attach(struct session *session, struct wl_event_loop *loop);
// Before the loop is destroyed.
void session_detach(struct session *session);

// In front: without, files are revoked and nothing can be opened. Always so without a seat daemon.
bool session_is_active(const struct session *session);
// The seat's name for udev, such as "seat0".
const char *session_seat(const struct session *session);
const char *session_kind(const struct session *session); // "libseat" or "direct"

// An open file, or a negative errno. Flags are those of open(2); of a seat daemon it is always for reading
// and writing, and does not block.
int session_open(struct session *session, const char *path, int flags);
void session_close(struct session *session, int fd);

// Brings another session of the seat to the front, by its number (of virtual terminals: theirs). 0, or
// a negative errno; -ENOTSUP without a seat daemon.
int session_switch(struct session *session, int number);

struct session_listener {
	// The session came to the front, or is about to leave it: what is revoked is revoked after this
	// returns. Called in the order of being added when it comes, and in the opposite one when it leaves.
	void (*changed)(struct session_listener *listener, bool active);
	struct wl_list link; // of the session's listeners
};

void session_add_listener(struct session *session, struct session_listener *listener);
void session_remove_listener(struct session_listener *listener);

#endif
