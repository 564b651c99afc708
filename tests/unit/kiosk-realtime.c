// SPDX-License-Identifier: MIT
// Real-time scheduling: had, lost by who never sleeps, had again, not handed on, and refused.
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <wayland-server-core.h>

#include "base/clock.h"
#include "kiosk/realtime.h"

#define ON (SCHED_RR | SCHED_RESET_ON_FORK)

// True if this process may have it at all.
static bool permitted(void) {
	int status;
	pid_t child = fork();
	if (child == 0) {
		const struct sched_param param = {.sched_priority = 1};
		_exit(sched_setscheduler(0, SCHED_RR, &param) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status == 0;
}

static void is_had_and_not_handed_on(void **state) {
	(void)state;
	if (!permitted()) {
		skip();
	}
	struct rlimit before, during, after;
	getrlimit(RLIMIT_RTTIME, &before);
	struct wl_event_loop *loop = wl_event_loop_create();
	struct realtime *realtime = realtime_create(loop);
	assert_non_null(realtime);
	assert_true(realtime_is_on(realtime));
	assert_int_equal(sched_getscheduler(0), ON);
	getrlimit(RLIMIT_RTTIME, &during);
	assert_true(during.rlim_cur <= 500000);
	int status;
	pid_t child = fork();
	if (child == 0) {
		_exit(sched_getscheduler(0) != SCHED_OTHER);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	realtime_destroy(realtime);
	wl_event_loop_destroy(loop);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER | SCHED_RESET_ON_FORK);
	getrlimit(RLIMIT_RTTIME, &after);
	assert_int_equal(after.rlim_cur, before.rlim_cur);
}

// In a child, as the flag of the test above stays with its process.
static void run_in_child(bool (*test)(void)) {
	int status;
	pid_t child = fork();
	if (child == 0) {
		_exit(!test());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int64_t limit_us(void) {
	struct rlimit limit;
	return getrlimit(RLIMIT_RTTIME, &limit) == 0 && limit.rlim_cur < INT64_MAX
		? (int64_t)limit.rlim_cur
		: INT64_MAX;
}

// The kernel makes the limit a second longer each time that it tells of it.
static bool spin_and_rest(void) {
	struct wl_event_loop *loop = wl_event_loop_create();
	struct realtime *realtime = realtime_create(loop);
	bool ok = realtime_is_on(realtime);
	while (realtime_is_on(realtime)) {
	}
	int64_t lost = clock_now_ms();
	while (!realtime_is_on(realtime)) {
		wl_event_loop_dispatch(loop, -1);
	}
	ok = ok && clock_now_ms() - lost >= 9000 && limit_us() <= 500000;
	realtime_destroy(realtime);
	wl_event_loop_destroy(loop);
	return ok;
}

static void is_lost_for_a_while_by_who_never_sleeps(void **state) {
	(void)state;
	if (!permitted()) {
		skip();
	}
	run_in_child(spin_and_rest);
}

// The kernel ends whoever gets to the hard limit, and looks at that one first.
static bool be_held_tight(void) {
	const struct rlimit tight = {.rlim_cur = 200000, .rlim_max = 200000};
	if (setrlimit(RLIMIT_RTTIME, &tight) != 0) {
		return false;
	}
	struct wl_event_loop *loop = wl_event_loop_create();
	struct realtime *realtime = realtime_create(loop);
	bool ok = realtime_is_on(realtime);
	while (realtime_is_on(realtime)) {
	}
	realtime_destroy(realtime);
	wl_event_loop_destroy(loop);
	return ok;
}

static void is_lost_before_the_hard_limit(void **state) {
	(void)state;
	if (!permitted()) {
		skip();
	}
	run_in_child(be_held_tight);
}

static bool be_refused(void) {
	const struct rlimit none = {0};
	if (setrlimit(RLIMIT_RTPRIO, &none) != 0 || (getuid() == 0 && setuid(65534) != 0)) {
		return false;
	}
	struct wl_event_loop *loop = wl_event_loop_create();
	struct realtime *realtime = realtime_create(loop);
	bool ok = realtime != NULL && !realtime_is_on(realtime) && sched_getscheduler(0) == SCHED_OTHER;
	realtime_destroy(realtime);
	wl_event_loop_destroy(loop);
	return ok;
}

static void goes_on_when_refused(void **state) {
	(void)state;
	run_in_child(be_refused);
}

// What whoever started us chose stays.
static bool be_chosen(void) {
	const struct sched_param param = {0};
	if (sched_setscheduler(0, SCHED_BATCH, &param) != 0) {
		return false;
	}
	struct wl_event_loop *loop = wl_event_loop_create();
	struct realtime *realtime = realtime_create(loop);
	bool ok = realtime != NULL && sched_getscheduler(0) == SCHED_BATCH;
	realtime_destroy(realtime);
	wl_event_loop_destroy(loop);
	return ok && sched_getscheduler(0) == SCHED_BATCH;
}

static void another_policy_stays(void **state) {
	(void)state;
	run_in_child(be_chosen);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_when_refused),
		cmocka_unit_test(another_policy_stays),
		cmocka_unit_test(is_lost_for_a_while_by_who_never_sleeps),
		cmocka_unit_test(is_lost_before_the_hard_limit),
		cmocka_unit_test(is_had_and_not_handed_on),
	};
	return cmocka_run_group_tests_name("kiosk-realtime", tests, NULL, NULL);
}
