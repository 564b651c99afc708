// SPDX-License-Identifier: MIT
// A bus that goes while a scope is asked for, before systemd was heard of: whoever waits is told, and nothing of it is
// left that could come later. tests/wayland/scopes has a systemd that answers.
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <systemd/sd-daemon.h>

#include "kiosk/scope.h"

int sd_booted(void) {
	return 1;
}

// Whose target is that of a timerfd, from `fd` on; -1: none.
static int next_timer(int fd) {
	for (; fd < 256; fd++) {
		char path[32], target[64];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strcmp(target, "anon_inode:[timerfd]") == 0) {
			return fd;
		}
	}
	return -1;
}

// Until each timer has run out that may be there.
static void let_time_pass(struct wl_event_loop *loop) {
	const struct itimerspec now = {.it_value.tv_nsec = 1};
	for (int fd = next_timer(0); fd >= 0; fd = next_timer(fd + 1)) {
		struct pollfd pollfd = {.fd = fd, .events = POLLIN};
		assert_int_equal(timerfd_settime(fd, 0, &now, NULL), 0);
		assert_int_equal(poll(&pollfd, 1, -1), 1);
		wl_event_loop_dispatch(loop, 0);
	}
}

static int listen_as_bus(char folder[64]) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char variable[128];
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", folder);
	snprintf(variable, sizeof(variable), "unix:path=%s", address.sun_path);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", variable, 1);
	setenv("DBUS_SESSION_BUS_ADDRESS", variable, 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int n_refused;

static void handle_done(void *data, bool started) {
	assert_ptr_equal(data, &n_refused);
	assert_false(started);
	n_refused++;
}

static void test_bus_goes_meanwhile(void **state) {
	(void)state;
	enum { N = 2 };
	char folder[64] = "/tmp/vitrine-scopes-XXXXXX", path[96];
	const struct cgroup_limits limits = {.pids_max = 10};
	int bus = listen_as_bus(folder);
	struct wl_event_loop *loop = wl_event_loop_create();
	struct scopes *scopes = scopes_create(loop);
	assert_non_null(scopes);
	int peer = accept(bus, NULL, NULL);
	assert_true(peer >= 0);
	for (int i = 0; i < N; i++) {
		assert_non_null(scope_start(scopes, "app", getpid(), &limits, handle_done, &n_refused));
	}
	assert_true(next_timer(0) >= 0);
	close(peer);
	while (n_refused < N) {
		wl_event_loop_dispatch(loop, -1);
	}
	assert_null(scope_start(scopes, "app", getpid(), &limits, handle_done, &n_refused));
	let_time_pass(loop);
	assert_int_equal(n_refused, N);
	scopes_destroy(scopes);
	wl_event_loop_destroy(loop);
	close(bus);
	snprintf(path, sizeof(path), "%s/bus", folder);
	unlink(path);
	rmdir(folder);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bus_goes_meanwhile),
	};
	return cmocka_run_group_tests_name("kiosk-scopes", tests, NULL, NULL);
}
