// SPDX-License-Identifier: MIT
#include "session/session.h"

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
	struct wl_list link; // session.borrowed
};

struct session {
	bool active;
	bool lost;                     // the seat daemon is gone
	struct libseat *seat;          // NULL: direct
	struct wl_event_source *event; // NULL: not attached
	struct wl_list borrowed;       // borrowed.link
	struct wl_list listeners;      // session_listener.link
};

static int open_directly(const char *path, int flags) {
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

#ifdef HAVE_LIBSEAT
static void handle_enable(struct libseat *seat, void *data) {
	(void)seat;
	struct session *session = data;
	session->active = true;
	struct session_listener *listener, *next;
	wl_list_for_each_safe(listener, next, &session->listeners, link) {
		listener->changed(listener, true);
	}
}

static void handle_disable(struct libseat *seat, void *data) {
	struct session *session = data;
	session->active = false;
	struct session_listener *listener, *next;
	wl_list_for_each_reverse_safe(listener, next, &session->listeners, link) {
		listener->changed(listener, false);
	}
	libseat_disable_seat(seat);
}

static void handle_log(enum libseat_log_level level, const char *format, va_list args) {
	(void)level;
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	log_debug("libseat: %s", line);
}

// The seat daemon that there is. libseat's own, inside of this process, would do as well for root; for others
// it cannot open what they may not open themselves, and its seat never becomes active.
static struct libseat *open_any(
	const struct libseat_seat_listener *listener, struct session *session) {
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

static void open_seat(struct session *session) {
	static const struct libseat_seat_listener listener = {
		.enable_seat = handle_enable,
		.disable_seat = handle_disable,
	};
	libseat_set_log_handler(handle_log);
	libseat_set_log_level(LIBSEAT_LOG_LEVEL_INFO);
	session->seat = open_any(&listener, session);
	session->active = session->seat == NULL;
	session_dispatch(session); // it may have been told already
}

int session_fd(const struct session *session) {
	return session->seat != NULL && !session->lost ? libseat_get_fd(session->seat) : -1;
}

void session_dispatch(struct session *session) {
	if (session->seat != NULL && !session->lost && libseat_dispatch(session->seat, 0) < 0) {
		session->lost = true;
		log_error("the seat daemon is gone: %s; devices stay as they are", strerror(errno));
		session_detach(session);
	}
}

static void close_seat(struct session *session) {
	if (session->seat != NULL) {
		libseat_close_seat(session->seat);
	}
}

static int borrow(struct session *session, const char *path) {
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
	fcntl(file->fd, F_SETFL, fcntl(file->fd, F_GETFL) | O_NONBLOCK);
	fcntl(file->fd, F_SETFD, FD_CLOEXEC);
	return file->fd;
}

static void give_back(struct session *session, struct borrowed *file) {
	libseat_close_device(session->seat, file->id);
}

static const char *seat_name(const struct session *session) {
	return session->seat != NULL ? libseat_seat_name(session->seat) : NULL;
}

int session_switch(struct session *session, int number) {
	if (session->seat == NULL) {
		return -ENOTSUP;
	}
	return libseat_switch_session(session->seat, number) == 0 ? 0 : -errno;
}
#else
static void open_seat(struct session *session) {
	session->active = true;
}

int session_fd(const struct session *session) {
	(void)session;
	return -1;
}

void session_dispatch(struct session *session) {
	(void)session;
}

static void close_seat(struct session *session) {
	(void)session;
}

static int borrow(struct session *session, const char *path) {
	(void)session;
	(void)path;
	return -ENODEV;
}

static void give_back(struct session *session, struct borrowed *file) {
	(void)session;
	(void)file;
}

static const char *seat_name(const struct session *session) {
	(void)session;
	return NULL;
}

int session_switch(struct session *session, int number) {
	(void)session;
	(void)number;
	return -ENOTSUP;
}
#endif

struct session *session_create(void) {
	struct session *session = calloc(1, sizeof(*session));
	if (session == NULL) {
		return NULL;
	}
	wl_list_init(&session->borrowed);
	wl_list_init(&session->listeners);
	open_seat(session);
	return session;
}

static void drop(struct session *session, struct borrowed *file) {
	wl_list_remove(&file->link);
	give_back(session, file);
	close(file->fd);
	free(file);
}

void session_destroy(struct session *session) {
	if (session == NULL) {
		return;
	}
	session_detach(session);
	struct borrowed *file, *next;
	wl_list_for_each_safe(file, next, &session->borrowed, link) {
		drop(session, file);
	}
	close_seat(session);
	free(session);
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	session_dispatch(data);
	return 0;
}

bool session_attach(struct session *session, struct wl_event_loop *loop) {
	int fd = session_fd(session);
	if (fd < 0) {
		return true;
	}
	session->event = wl_event_loop_add_fd(loop, fd, WL_EVENT_READABLE, handle_readable, session);
	return session->event != NULL;
}

void session_detach(struct session *session) {
	if (session->event != NULL) {
		wl_event_source_remove(session->event);
		session->event = NULL;
	}
}

bool session_is_active(const struct session *session) {
	return session->active;
}

const char *session_seat(const struct session *session) {
	const char *name = seat_name(session);
	return name != NULL ? name : "seat0";
}

const char *session_kind(const struct session *session) {
	return session->seat != NULL ? "libseat" : "direct";
}

int session_open(struct session *session, const char *path, int flags) {
	return session->seat != NULL ? borrow(session, path) : open_directly(path, flags);
}

void session_close(struct session *session, int fd) {
	struct borrowed *file;
	wl_list_for_each(file, &session->borrowed, link) {
		if (file->fd == fd) {
			drop(session, file);
			return;
		}
	}
	close(fd);
}

void session_add_listener(struct session *session, struct session_listener *listener) {
	wl_list_insert(session->listeners.prev, &listener->link);
}

void session_remove_listener(struct session_listener *listener) {
	wl_list_remove(&listener->link);
}
