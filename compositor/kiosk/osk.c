// SPDX-License-Identifier: MIT
// The on-screen keyboard that the configuration names, and which clients may be one.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#include "base/log.h"
#include "kiosk/kiosk.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 // Linux 6.5; the C library's headers may be older
#endif

struct kiosk_osk {
	struct kiosk *kiosk;
	wordexp_t words;
	bool has_words;
	struct app *app; // may be NULL
};

// ---- Who may be one ----

// One of the paths is the file. They are looked up now: programs may be installed at any time.
static bool is_listed(const char *paths, const struct stat *file) {
	char path[4096];
	for (const char *at = paths; at != NULL && *at != '\0'; at += strspn(at, " \t")) {
		size_t length = strcspn(at, " \t");
		snprintf(path, sizeof(path), "%.*s", (int)length, at);
		struct stat listed;
		if (stat(path, &listed) == 0 && listed.st_dev == file->st_dev &&
			listed.st_ino == file->st_ino) {
			return true;
		}
		at += length;
	}
	return false;
}

// The client's process is still the one that connected, as far as the kernel tells: a process id may be
// used again.
static bool is_same_process(int pidfd) {
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};
	return pidfd < 0 || poll(&pollfd, 1, 0) == 0;
}

static bool trusts(void *data, pid_t pid, int fd) {
	const struct kiosk_osk *osk = data;
	int pidfd = -1;
	socklen_t size = sizeof(pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) != 0) {
		pidfd = -1;
	}
	bool trusted = osk->app != NULL && app_pid(osk->app) == pid;
	if (!trusted && osk->kiosk->config->osk.allow != NULL) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
		struct stat file;
		trusted = stat(path, &file) == 0 && is_listed(osk->kiosk->config->osk.allow, &file);
	}
	trusted = trusted && is_same_process(pidfd);
	if (pidfd >= 0) {
		close(pidfd);
	}
	if (trusted) {
		log_debug("process %d may be an on-screen keyboard", (int)pid);
	}
	return trusted;
}

// ---- Life ----

// A kiosk without its keyboard is better than none.
static void start(struct kiosk_osk *osk, const char *command) {
	struct kiosk *kiosk = osk->kiosk;
	osk->has_words = wordexp(command, &osk->words, WRDE_NOCMD) == 0;
	if (!osk->has_words || osk->words.we_wordc == 0) {
		log_error("osk: command = %s: nothing is left of it to start", command);
		return;
	}
	char error[256];
	osk->app = app_create(
		kiosk_loop(kiosk), wayland_server_socket(kiosk->server), osk->words.we_wordv, error);
	if (osk->app == NULL) {
		log_error("osk: %s", error);
	}
}

struct kiosk_osk *kiosk_osk_create(struct kiosk *kiosk) {
	struct kiosk_osk *osk = calloc(1, sizeof(*osk));
	if (osk == NULL) {
		return NULL;
	}
	osk->kiosk = kiosk;
	kiosk_layout_set_trust(kiosk->layout, trusts, osk);
	if (kiosk->config->osk.command != NULL) {
		start(osk, kiosk->config->osk.command);
	}
	return osk;
}

static void stop(struct kiosk_osk *osk) {
	app_destroy(osk->app);
	osk->app = NULL;
	if (osk->has_words) {
		wordfree(&osk->words);
		osk->has_words = false;
	}
}

// The former one has ended: the one of now comes.
static void handle_replaced(void *data) {
	struct kiosk_osk *osk = data;
	const char *command = osk->kiosk->config->osk.command;
	stop(osk);
	if (command != NULL) {
		start(osk, command);
	}
}

void kiosk_osk_reload(struct kiosk_osk *osk, const struct config *before) {
	const char *was = before->osk.command, *is = osk->kiosk->config->osk.command;
	if (was == is || (was != NULL && is != NULL && strcmp(was, is) == 0)) {
		return;
	}
	if (osk->app == NULL) {
		handle_replaced(osk);
	} else if (app_state(osk->app) != APP_STOPPING) {
		app_stop(osk->app, handle_replaced, osk);
	}
}

struct app *kiosk_osk_app(const struct kiosk_osk *osk) {
	return osk != NULL ? osk->app : NULL;
}

void kiosk_osk_destroy(struct kiosk_osk *osk) {
	if (osk == NULL) {
		return;
	}
	kiosk_layout_set_trust(osk->kiosk->layout, NULL, NULL);
	stop(osk);
	free(osk);
}
