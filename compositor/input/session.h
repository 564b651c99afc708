// SPDX-License-Identifier: MIT
// How device files are opened: by libseat where there is a seat daemon to ask (seatd, logind), which
// lends them to users who may not open them and takes them back while another session is in front;
// directly otherwise.
#ifndef VITRINE_INPUT_SESSION_H
#define VITRINE_INPUT_SESSION_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct input_session;

// `changed` is called when the session comes to the front or leaves it; files are revoked then. NULL
// when out of memory.
struct input_session *input_session_create(
	struct wl_event_loop *loop, void (*changed)(void *data, bool active), void *data);
void input_session_destroy(struct input_session *session); // NULL is fine
bool input_session_is_active(const struct input_session *session);
// The seat's name for udev, such as "seat0".
const char *input_session_seat(const struct input_session *session);
const char *input_session_kind(const struct input_session *session); // "libseat" or "direct"
// An open file, or a negative errno.
int input_session_open(struct input_session *session, const char *path, int flags);
void input_session_close(struct input_session *session, int fd);

#endif
