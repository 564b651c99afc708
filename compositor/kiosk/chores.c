// SPDX-License-Identifier: MIT
// Two pipes carry pointers: no lock is held by the thread, which anything may displace, that the event loop could
// have to wait for.
#include "kiosk/chores.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <wayland-server-core.h>

struct chores {
	struct wl_event_loop *loop;
	pthread_t thread;
	bool tried, runs;   // to make the thread; it is there
	int to[2], from[2]; // pipes to it and from it, a NULL ends it; -1: none
	struct wl_event_source *event;
};

static bool read_chore(int fd, struct chore **chore) {
	ssize_t n;
	do {
		n = read(fd, chore, sizeof(*chore));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(*chore);
}

static void write_chore(int fd, struct chore *chore) {
	while (write(fd, &chore, sizeof(chore)) < 0 && errno == EINTR) {
	}
}

static void *thread_main(void *data) {
	struct chores *chores = data;
	struct chore *chore;
	while (read_chore(chores->to[0], &chore) && chore != NULL) {
		chore->run(chore);
		write_chore(chores->from[1], chore);
	}
	return NULL;
}

static int handle_done(int fd, uint32_t mask, void *data) {
	(void)mask;
	(void)data;
	struct chore *chore;
	while (read_chore(fd, &chore)) {
		chore->done(chore);
	}
	return 0;
}

static void close_pipe(int fds[2]) {
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0) {
			close(fds[i]);
		}
		fds[i] = -1;
	}
}

static bool open_pipes(struct chores *chores) {
	if (pipe2(chores->to, O_CLOEXEC) != 0 || pipe2(chores->from, O_CLOEXEC) != 0 ||
		fcntl(chores->from[0], F_SETFL, O_NONBLOCK) != 0) {
		return false;
	}
	chores->event =
		wl_event_loop_add_fd(chores->loop, chores->from[0], WL_EVENT_READABLE, handle_done, chores);
	return chores->event != NULL;
}

static void start(struct chores *chores) {
	chores->tried = true;
	if (!open_pipes(chores)) {
		return;
	}
	sigset_t all, former;
	sigfillset(&all); // signals are for the main thread
	pthread_sigmask(SIG_SETMASK, &all, &former);
	chores->runs = pthread_create(&chores->thread, NULL, thread_main, chores) == 0;
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	if (chores->runs) {
		pthread_setname_np(chores->thread, "chores");
	}
}

struct chores *chores_create(struct wl_event_loop *loop) {
	struct chores *chores = calloc(1, sizeof(*chores));
	if (chores != NULL) {
		*chores = (struct chores){.loop = loop, .to = {-1, -1}, .from = {-1, -1}};
	}
	return chores;
}

void chores_destroy(struct chores *chores) {
	if (chores == NULL) {
		return;
	}
	chores->tried = true; // no thread is made any more
	if (chores->runs) {
		write_chore(chores->to[1], NULL);
		pthread_join(chores->thread, NULL);
		chores->runs = false;
		handle_done(chores->from[0], 0, chores);
	}
	if (chores->event != NULL) {
		wl_event_source_remove(chores->event);
	}
	close_pipe(chores->to);
	close_pipe(chores->from);
	free(chores);
}

void chores_add(struct chores *chores, struct chore *chore) {
	if (!chores->tried) { // with the first one
		start(chores);
	}
	if (chores->runs) {
		write_chore(chores->to[1], chore);
	} else {
		chore->run(chore);
		chore->done(chore);
	}
}
