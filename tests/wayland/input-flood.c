// SPDX-License-Identifier: MIT
// A device that floods 8,000 events a second: the client that it is for may be slow or not read at all,
// the server holds no more for it than before, and others go on as if nothing was.
#include <drm_fourcc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "input-fixture.h"

enum { RATE = 8000, BURST = 8 };

static int seconds(void) {
	return getenv("VITRINE_SOAK") ? 10 : 3;
}

static int64_t now_ns(void) {
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

// Writes RATE motions a second from a process of its own; its exit status tells whether it kept up.
static pid_t start_flood(struct test_device *pointer) {
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int64_t start = now_ns();
	int n = RATE * seconds();
	for (int i = 0; i < n; i++) {
		// There and back, so that it ends where it began.
		test_device_move(pointer, i % 2 ? -1 : 1, i % 2 ? -1 : 1);
		if (i % BURST == BURST - 1) {
			int64_t next = start + (int64_t)(i + 1) * 1000000000 / RATE;
			struct timespec ts = {.tv_sec = next / 1000000000, .tv_nsec = next % 1000000000};
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL); // the device's rate
		}
	}
	int64_t took = now_ns() - start;
	_exit(took > (int64_t)seconds() * 2000000000 ? 1 : 0);
}

// Bytes of the server's memory that are its own.
static long private_kb(const struct test_server *server) {
	char path[64], line[256];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)server->pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	long kb = -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "RssAnon: %ld kB", &kb) == 1) {
			break;
		}
	}
	fclose(file);
	assert_true(kb >= 0);
	return kb;
}

struct other { // a client that draws as fast as it may
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[2];
	int shown; // of them, last
};

static int other_frames(struct other *other, pid_t until) {
	int n = 0;
	for (;; n++) {
		other->shown = 1 - other->shown;
		struct test_buffer *buffer = &other->buffers[other->shown];
		test_buffer_wait_release(buffer);
		test_surface_show(&other->window.base, buffer);
		test_surface_wait_frame(&other->window.base);
		int status;
		if (until > 0 && waitpid(until, &status, WNOHANG) == until) {
			if (WEXITSTATUS(status) != 0) {
				print_message("the flood was slower than half of what it should be\n");
			}
			return n;
		}
		if (until == 0 && n == 60) {
			return n;
		}
	}
}

// On the other screen.
static void other_init(struct other *other, struct input_fixture *fixture) {
	test_client_connect(&other->client, &fixture->server);
	test_window_init(&other->window, &other->client, "other", NULL);
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(&other->buffers[i], &other->client, TEST_MEMORY_UDMABUF,
			DRM_FORMAT_XRGB8888, other->window.width, other->window.height);
	}
}

static void other_finish(struct other *other) {
	test_window_finish(&other->window);
	test_buffer_finish(&other->buffers[0]);
	test_buffer_finish(&other->buffers[1]);
	test_client_disconnect(&other->client);
}

// Refreshes that another client misses while the device floods and nobody has opened it: what the machine
// has to do for the flood itself.
static int64_t missed_without_us(struct input_fixture *fixture, struct other *other) {
	test_device_init_pointer(&fixture->others[0], NULL, "left alone", NULL);
	int64_t missed = test_status_counter(&fixture->control, 1, "missed");
	other_frames(other, start_flood(&fixture->others[0]));
	test_device_finish(&fixture->others[0], NULL);
	return test_status_counter(&fixture->control, 1, "missed") - missed;
}

static void test_client_that_does_not_read(void **state) {
	(void)state;
	struct input_fixture *fixture = input_start_with("[input left alone]\nenabled = false\n");
	struct other other = {0};
	other_init(&other, fixture);
	int64_t missed_anyway = missed_without_us(fixture, &other);
	test_device_init_pointer(&fixture->pointer, &fixture->server, "flood", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_POINTER);
	test_device_move(&fixture->pointer, -4000, -4000);
	test_device_move(&fixture->pointer, 50, 60);
	test_seat_expect(&fixture->seat, TEST_POINTER_ENTER);
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	test_seat_drain(&fixture->seat);
	int64_t start = now_ns();
	int quiet = other_frames(&other, 0);
	double quiet_rate = quiet * 1e9 / (double)(now_ns() - start);
	long before = private_kb(&fixture->server);
	int64_t missed = test_status_counter(&fixture->control, 1, "missed");
	pid_t flood = start_flood(&fixture->pointer);
	start = now_ns();
	int n = other_frames(&other, flood); // and nobody reads what the flood brings
	double rate = n * 1e9 / (double)(now_ns() - start);
	long after = private_kb(&fixture->server);
	missed = test_status_counter(&fixture->control, 1, "missed") - missed;
	print_message(
		"frames a second of another client: %.1f before, %.1f in the flood (%d frames, "
		"%lld refreshes missed, %lld in one that the server does not see); the server's memory: "
		"%ld kB, then %ld kB\n",
		quiet_rate, rate, n, (long long)missed, (long long)missed_anyway, before, after);
	assert_true(rate > quiet_rate / 3); // the guest has one CPU for all of it
	assert_true(after - before < 1024);
	// It was not thrown out for that, and hears where the pointer is now. (Where the flood left it is
	// the kernel's secret if that had to drop some of it.)
	test_device_move(&fixture->pointer, -4000, -4000);
	test_device_move(&fixture->pointer, 57, 68);
	fixture->seat.ignored = 1u << TEST_POINTER_FRAME;
	struct test_event event = {0};
	while (event.x != 57 || event.y != 68) {
		event = test_seat_expect(&fixture->seat, TEST_MOTION);
	}
	test_device_key(&fixture->pointer, BTN_LEFT, true);
	test_seat_expect(&fixture->seat, TEST_BUTTON);
	other_finish(&other);
	input_stop((void **)&fixture);
}

int main(void) {
	test_guard(140);
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_that_does_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
