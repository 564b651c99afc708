// SPDX-License-Identifier: MIT
// What may go wrong with real-time scheduling is a thread that never sleeps, as nobody else runs then (but for the
// twentieth that the kernel keeps for them). RLIMIT_RTTIME tells of it with a signal, whose handler gives the
// priority back; a timer asks for it again later. A client that floods us with requests comes to that too.
#include "kiosk/realtime.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <wayland-server-core.h>

#include "base/log.h"

enum {
	STRETCH_US = 500000, // of processor time, without a wait
	REST_S = 10,
	NAP_NS = 100000,
};

struct realtime {
	struct wl_event_source *timer;
	int timer_fd;
	bool granted, said;
	bool ours; // limit and handler
	struct sigaction former_action;
};

static volatile sig_atomic_t rest_timer = -1; // of the handler
static struct rlimit first_limit;             // as it was found
static bool limit_known;

static int schedule(int policy, int priority) {
	const struct sched_param param = {.sched_priority = priority};
	// Who has no CAP_SYS_NICE cannot take SCHED_RESET_ON_FORK back.
	return sched_setscheduler(getpid(), policy | SCHED_RESET_ON_FORK, &param);
}

static bool enter(void) {
	return schedule(SCHED_RR, sched_get_priority_min(SCHED_RR)) == 0;
}

// System calls only, since it may interrupt anything.
static void handle_overrun(int number) {
	(void)number;
	const int saved_errno = errno;
	const struct itimerspec rest = {.it_value.tv_sec = REST_S};
	schedule(SCHED_OTHER, 0);
	timerfd_settime(rest_timer, 0, &rest, NULL);
	errno = saved_errno;
}

static void set_limit(bool ours) {
	if (!limit_known) {
		return;
	}
	struct rlimit limit = first_limit;
	if (ours) {
		// At the hard one the kernel kills.
		limit.rlim_cur = limit.rlim_max / 2 < STRETCH_US ? limit.rlim_max / 2 : STRETCH_US;
	}
	setrlimit(RLIMIT_RTTIME, &limit);
}

// What was counted before counts until the thread waits for something, with the priority.
static void enter_again(void) {
	const struct timespec nap = {.tv_nsec = NAP_NS};
	if (enter()) {
		nanosleep(&nap, NULL);
		set_limit(true); // the kernel made it a second longer as it told of it
	}
}

static int handle_timer(int fd, uint32_t mask, void *data) {
	(void)mask;
	struct realtime *realtime = data;
	uint64_t times;
	if (read(fd, &times, sizeof(times)) != sizeof(times)) {
		return 0;
	}
	log_write(realtime->said ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
		"was busy for %d ms without a pause, and so without real-time priority for %d s",
		STRETCH_US / 1000, REST_S);
	realtime->said = true;
	enter_again();
	return 0;
}

static bool start(struct realtime *realtime, struct wl_event_loop *loop) {
	realtime->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (realtime->timer_fd < 0) {
		return false;
	}
	realtime->timer =
		wl_event_loop_add_fd(loop, realtime->timer_fd, WL_EVENT_READABLE, handle_timer, realtime);
	return realtime->timer != NULL;
}

struct realtime *realtime_create(struct wl_event_loop *loop) {
	struct realtime *realtime = calloc(1, sizeof(*realtime));
	if (realtime == NULL) {
		return NULL;
	}
	if (!start(realtime, loop)) {
		realtime_destroy(realtime);
		return NULL;
	}
	if (sched_getscheduler(0) != SCHED_OTHER) {
		return realtime; // whoever started us chose something
	}
	rest_timer = realtime->timer_fd;
	realtime->ours = true;
	const struct sigaction action = {.sa_handler = handle_overrun, .sa_flags = SA_RESTART};
	sigaction(SIGXCPU, &action, &realtime->former_action);
	limit_known = getrlimit(RLIMIT_RTTIME, &first_limit) == 0;
	set_limit(true);
	realtime->granted = limit_known && enter();
	if (!realtime->granted) {
		log_info("no real-time priority (%s): frames may be late while other programs are busy",
			strerror(errno));
	}
	return realtime;
}

void realtime_destroy(struct realtime *realtime) {
	if (realtime == NULL) {
		return;
	}
	if (realtime->ours) {
		if (realtime->granted) {
			schedule(SCHED_OTHER, 0);
		}
		set_limit(false);
		limit_known = false;
		sigaction(SIGXCPU, &realtime->former_action, NULL);
		rest_timer = -1;
	}
	if (realtime->timer != NULL) {
		wl_event_source_remove(realtime->timer);
	}
	if (realtime->timer_fd >= 0) {
		close(realtime->timer_fd);
	}
	free(realtime);
}

bool realtime_is_on(const struct realtime *realtime) {
	return realtime != NULL && sched_getscheduler(getpid()) == (SCHED_RR | SCHED_RESET_ON_FORK);
}

rlim_t realtime_first_limit(void) {
	struct rlimit limit = first_limit;
	return limit_known || getrlimit(RLIMIT_RTTIME, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}
