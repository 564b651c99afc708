// SPDX-License-Identifier: MIT
// The on-screen keyboard that the configuration names, and which clients may be one.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wordexp.h>

#include "base/log.h"
#include "kiosk/kiosk.h"
#include "kiosk/peer.h"

struct kiosk_osk {
	struct kiosk *kiosk;
	wordexp_t words;
	bool has_words;
	bool replacing;  // the one that runs is to end, for another command
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

static bool trusts(void *data, pid_t pid, int fd) {
	const struct kiosk_osk *osk = data;
	struct peer peer = peer_get(fd);
	bool trusted = osk->app != NULL && app_is(osk->app, pid);
	if (!trusted && osk->kiosk->config->osk.allow != NULL) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
		struct stat file;
		trusted = stat(path, &file) == 0 && is_listed(osk->kiosk->config->osk.allow, &file);
	}
	trusted = trusted && peer_lives(&peer);
	peer_put(&peer);
	if (trusted) {
		log_debug("process %d may be an on-screen keyboard", (int)pid);
	}
	return trusted;
}

// ---- Life ----

static void stop(struct kiosk_osk *osk) {
	app_destroy(osk->app);
	osk->app = NULL;
	if (osk->has_words) {
		wordfree(&osk->words);
		osk->has_words = false;
	}
}

static void replace(struct kiosk_osk *osk);

static void handle_changed(void *data) {
	struct kiosk_osk *osk = data;
	if (osk->replacing && app_state(osk->app) == APP_STOPPED) {
		replace(osk);
	}
	kiosk_check_stopped(osk->kiosk);
}

// A kiosk without its keyboard is better than none.
static void start(struct kiosk_osk *osk, const char *command) {
	struct kiosk *kiosk = osk->kiosk;
	osk->has_words = wordexp(command, &osk->words, WRDE_NOCMD) == 0;
	if (!osk->has_words || osk->words.we_wordc == 0) {
		log_error("osk: command = %s: nothing is left of it to start", command);
		return;
	}
	const char *program = osk->words.we_wordv[0], *slash = strrchr(program, '/');
	const struct app_settings settings =
		app_settings_default(slash != NULL ? slash + 1 : program, osk->words.we_wordv);
	const struct app_handler handler = {handle_changed, osk};
	osk->app = app_create(&kiosk->host, &settings, &handler);
	if (osk->app == NULL) {
		log_error("osk: out of memory");
		return;
	}
	app_start(osk->app);
}

// By what the configuration names now.
static void replace(struct kiosk_osk *osk) {
	osk->replacing = false;
	stop(osk);
	const char *command = osk->kiosk->config->osk.command;
	if (command != NULL && !osk->kiosk->stopping) {
		start(osk, command);
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

void kiosk_osk_reload(struct kiosk_osk *osk, const struct config *before) {
	const char *was = before->osk.command, *is = osk->kiosk->config->osk.command;
	if (was == is || (was != NULL && is != NULL && strcmp(was, is) == 0)) {
		return;
	}
	if (osk->app == NULL) {
		replace(osk);
		return;
	}
	osk->replacing = true; // once the former one has ended
	app_stop(osk->app, 0);
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
