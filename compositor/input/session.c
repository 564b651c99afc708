// SPDX-License-Identifier: MIT
#include "input/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBSEAT
#include <libseat.h>
#endif

#include "base/log.h"

struct borrowed { // a file of the seat daemon
	int fd, id;
	struct wl_list link; // input_session.borrowed
};

struct input_session {
	void (*changed)(void *data, bool active);
	void *data;
	bool active;
	struct libseat *seat;          // NULL: direct
	struct wl_event_source *event; // may be NULL
	struct wl_list borrowed;       // borrowed.link
};

static int open_directly(const char *path, int flags) {
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

#ifdef HAVE_LIBSEAT
static void handle_enable(struct libseat *seat, void *data) {
	(void)seat;
	struct input_session *session = data;
	session->active = true;
	session->changed(session->data, true);
}

static void handle_disable(struct libseat *seat, void *data) {
	struct input_session *session = data;
	session->active = false;
	session->changed(session->data, false);
	libseat_disable_seat(seat);
}

static void handle_log(enum libseat_log_level level, const char *format, va_list args) {
	(void)level;
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	log_debug("libseat: %s", line);
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	struct input_session *session = data;
	if (libseat_dispatch(session->seat, 0) < 0) {
		log_error("the seat daemon is gone: %s; input devices stay as they are", strerror(errno));
		wl_event_source_remove(session->event);
		session->event = NULL;
	}
	return 0;
}

// The seat daemon that there is. libseat's own, inside of this process, would do as well for root; for others
// it cannot open what they may not open themselves, and its seat never becomes active.
static struct libseat *open_any(
	const struct libseat_seat_listener *listener, struct input_session *session) {
	static const char variable[] = "LIBSEAT_BACKEND";
	static const char *const backends[] = {"seatd", "logind", "builtin"};
	if (getenv(variable) != NULL) {
		return libseat_open_seat(listener, session);
	}
	struct libseat *seat = NULL;
	int n = geteuid() == 0 ? 3 : 2;
	for (int i = 0; i < n && seat == NULL; i++) {
		setenv(variable, backends[i], 1); // libseat has no other way to be told
		seat = libseat_open_seat(listener, session);
	}
	unsetenv(variable);
	return seat;
}

static void open_seat(struct input_session *session, struct wl_event_loop *loop) {
	static const struct libseat_seat_listener listener = {
		.enable_seat = handle_enable,
		.disable_seat = handle_disable,
	};
	libseat_set_log_handler(handle_log);
	libseat_set_log_level(LIBSEAT_LOG_LEVEL_INFO);
	session->active = false;
	session->seat = open_any(&listener, session);
	if (session->seat != NULL) {
		session->event = wl_event_loop_add_fd(
			loop, libseat_get_fd(session->seat), WL_EVENT_READABLE, handle_readable, session);
		libseat_dispatch(session->seat, 0); // it may have been told already
	}
	session->active = session->active || session->seat == NULL;
}

static void close_seat(struct input_session *session) {
	if (session->seat != NULL) {
		libseat_close_seat(session->seat);
	}
}

static int borrow(struct input_session *session, const char *path) {
	struct borrowed *file = calloc(1, sizeof(*file));
	if (file == NULL) {
		return -ENOMEM;
	}
	file->id = libseat_open_device(session->seat, path, &file->fd);
	if (file->id < 0) {
		int error = errno;
		free(file);
		return -error;
	}
	wl_list_insert(&session->borrowed, &file->link);
	return file->fd;
}

static void give_back(struct input_session *session, struct borrowed *file) {
	libseat_close_device(session->seat, file->id);
}

static const char *seat_name(const struct input_session *session) {
	return session->seat != NULL ? libseat_seat_name(session->seat) : NULL;
}
#else
static void open_seat(struct input_session *session, struct wl_event_loop *loop) {
	(void)loop;
	session->active = true;
}

static void close_seat(struct input_session *session) {
	(void)session;
}

static int borrow(struct input_session *session, const char *path) {
	(void)session;
	(void)path;
	return -ENODEV;
}

static void give_back(struct input_session *session, struct borrowed *file) {
	(void)session;
	(void)file;
}

static const char *seat_name(const struct input_session *session) {
	(void)session;
	return NULL;
}
#endif

static void ignore_change(void *data, bool active) {
	(void)data;
	(void)active;
}

struct input_session *input_session_create(
	struct wl_event_loop *loop, void (*changed)(void *data, bool active), void *data) {
	struct input_session *session = calloc(1, sizeof(*session));
	if (session == NULL) {
		return NULL;
	}
	wl_list_init(&session->borrowed);
	session->changed = ignore_change; // while it is being made there is nothing to be told
	open_seat(session, loop);
	session->changed = changed;
	session->data = data;
	return session;
}

static void drop(struct input_session *session, struct borrowed *file) {
	wl_list_remove(&file->link);
	give_back(session, file);
	close(file->fd);
	free(file);
}

void input_session_destroy(struct input_session *session) {
	if (session == NULL) {
		return;
	}
	struct borrowed *file, *next;
	wl_list_for_each_safe(file, next, &session->borrowed, link) {
		drop(session, file);
	}
	if (session->event != NULL) {
		wl_event_source_remove(session->event);
	}
	close_seat(session);
	free(session);
}

bool input_session_is_active(const struct input_session *session) {
	return session->active;
}

const char *input_session_seat(const struct input_session *session) {
	const char *name = seat_name(session);
	return name != NULL ? name : "seat0";
}

const char *input_session_kind(const struct input_session *session) {
	return session->seat != NULL ? "libseat" : "direct";
}

int input_session_open(struct input_session *session, const char *path, int flags) {
	return session->seat != NULL ? borrow(session, path) : open_directly(path, flags);
}

void input_session_close(struct input_session *session, int fd) {
	struct borrowed *file;
	wl_list_for_each(file, &session->borrowed, link) {
		if (file->fd == fd) {
			drop(session, file);
			return;
		}
	}
	close(fd);
}
