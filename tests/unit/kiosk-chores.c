// SPDX-License-Identifier: MIT
// Chores: done in order, by a thread that the event loop does not wait for, and none is lost at the end.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <wayland-server-core.h>

#include "kiosk/chores.h"

enum { MANY = 5000 };

struct task {
	struct chore chore;
	int wait_fd; // a byte is awaited from there; -1: nothing
	bool run;
	pid_t thread;
	int number;
};

static int n_done;
static struct chores *chores;

static void run(struct chore *chore) {
	struct task *task = wl_container_of(chore, task, chore);
	char byte;
	task->run = task->wait_fd < 0 || read(task->wait_fd, &byte, 1) == 1;
	task->thread = gettid();
}

static void done(struct chore *chore) {
	struct task *task = wl_container_of(chore, task, chore);
	assert_true(task->run);
	assert_int_equal(task->number, n_done++);
}

static struct task task(int number, int wait_fd) {
	return (struct task){.chore = {run, done}, .wait_fd = wait_fd, .number = number};
}

static int count_call(void *data) {
	(*(int *)data)++;
	return 0;
}

static void the_loop_goes_on_meanwhile(void **state) {
	(void)state;
	int pipe_fds[2], calls = 0;
	assert_int_equal(pipe(pipe_fds), 0);
	n_done = 0;
	struct wl_event_loop *loop = wl_event_loop_create();
	struct wl_event_source *timer = wl_event_loop_add_timer(loop, count_call, &calls);
	chores = chores_create(loop);
	assert_non_null(chores);
	struct task first = task(0, pipe_fds[0]), second = task(1, -1);
	chores_add(chores, &first.chore);
	chores_add(chores, &second.chore);
	while (calls < 10) {
		int before = calls;
		wl_event_source_timer_update(timer, 1);
		while (calls == before) {
			wl_event_loop_dispatch(loop, -1);
		}
	}
	assert_int_equal(n_done, 0);
	assert_int_equal(write(pipe_fds[1], "x", 1), 1);
	while (n_done < 2) {
		wl_event_loop_dispatch(loop, -1);
	}
	assert_int_not_equal(first.thread, gettid());
	assert_int_equal(first.thread, second.thread);
	chores_destroy(chores);
	wl_event_source_remove(timer);
	wl_event_loop_destroy(loop);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static struct task last;

static void add_last(struct chore *chore) {
	done(chore);
	chores_add(chores, &last.chore);
}

// What is added by what is done at the end, too.
static void none_is_lost_at_the_end(void **state) {
	(void)state;
	static struct task tasks[MANY];
	n_done = 0;
	struct wl_event_loop *loop = wl_event_loop_create();
	chores = chores_create(loop);
	assert_non_null(chores);
	for (int i = 0; i < MANY; i++) {
		tasks[i] = task(i, -1);
		tasks[i].chore.done = i == MANY - 1 ? add_last : done;
		chores_add(chores, &tasks[i].chore);
	}
	last = task(MANY, -1);
	chores_destroy(chores);
	assert_int_equal(n_done, MANY + 1);
	chores_destroy(chores_create(loop));
	wl_event_loop_destroy(loop);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_goes_on_meanwhile),
		cmocka_unit_test(none_is_lost_at_the_end),
	};
	return cmocka_run_group_tests_name("kiosk-chores", tests, NULL, NULL);
}
