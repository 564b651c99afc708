// SPDX-License-Identifier: MIT
// What systemd gives and gets: a socket that it listens on, readiness, and food for the watchdog. The test
// plays systemd's part, as sd_listen_fds(3) and sd_notify(3) describe it.
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "fixture.h"

#define WATCHDOG_MS 400 // half of it is a period
#define HANDED_OVER 3   // SD_LISTEN_FDS_START

static struct {
	char folder[64];
	int notify;   // where the server's messages arrive
	int listener; // handed over to it; -1: none
} host;

static int unix_socket(int type, const char *name) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", host.folder, name);
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int connect_to(const char *name) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", host.folder, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int set_up(void **state) {
	(void)state;
	strcpy(host.folder, "/tmp/test-XXXXXX");
	assert_non_null(mkdtemp(host.folder));
	host.notify = unix_socket(SOCK_DGRAM, "notify");
	host.listener = -1;
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	close(host.notify);
	if (host.listener >= 0) {
		close(host.listener);
	}
	return 0;
}

// In the server's process, before it is one.
static void be_service(void) {
	char text[96];
	snprintf(text, sizeof(text), "%s/notify", host.folder);
	setenv("NOTIFY_SOCKET", text, 1);
	snprintf(text, sizeof(text), "%d", WATCHDOG_MS * 1000);
	setenv("WATCHDOG_USEC", text, 1);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("WATCHDOG_PID", text, 1);
	if (host.listener >= 0) {
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDS", "1", 1);
		if (host.listener == HANDED_OVER) {
			fcntl(host.listener, F_SETFD, 0);
		} else {
			dup2(host.listener, HANDED_OVER);
		}
	}
}

static void launch(struct test_server *server) {
	const char *args[] = {"--device", test_device(), "--mode", TEST_MODE, NULL};
	test_server_launch(server, args, be_service);
}

// Waits for a message of the server that holds `text`, and skips those before.
static void expect_message(const char *text) {
	char message[512] = "";
	while (!strstr(message, text)) {
		ssize_t n = recv(host.notify, message, sizeof(message) - 1, 0);
		assert_true(n >= 0);
		message[n] = '\0';
	}
}

static void forget_messages(void) {
	char message[512];
	while (recv(host.notify, message, sizeof(message), MSG_DONTWAIT) >= 0) {
	}
}

// Nothing for twice as long as systemd would wait.
static void expect_silence(void) {
	struct pollfd fd = {.fd = host.notify, .events = POLLIN};
	assert_int_equal(poll(&fd, 1, 2 * WATCHDOG_MS), 0);
}

static void create_file(const char *path) {
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

// ---- The socket ----

static void test_who_connects_early_waits(void **state) {
	(void)state;
	host.listener = unix_socket(SOCK_STREAM, "wayland");
	assert_int_equal(listen(host.listener, 8), 0);
	int early = connect_to("wayland");
	struct test_server server;
	launch(&server);
	struct wl_display *display = wl_display_connect_to_fd(early); // owns it now
	assert_non_null(display);
	assert_true(wl_display_roundtrip(display) >= 0);
	expect_message("READY=1");
	// And the next one just connects.
	struct wl_display *late = wl_display_connect_to_fd(connect_to("wayland"));
	assert_true(wl_display_roundtrip(late) >= 0);
	wl_display_disconnect(late);
	wl_display_disconnect(display);
	// The log names it as apps get to hear of it.
	char name[128];
	snprintf(name, sizeof(name), "socket %s/wayland", host.folder);
	assert_true(test_server_wait_log(&server, name));
	test_server_stop(&server);
	// The socket is systemd's: whoever connects now waits for the next start.
	close(connect_to("wayland"));
}

static void test_a_useless_socket_is_named(void **state) {
	(void)state;
	host.listener = unix_socket(SOCK_DGRAM, "wayland");
	struct test_server server;
	launch(&server);
	assert_true(test_server_wait_log(&server, "file descriptor 3, handed over by systemd, is no"));
	assert_int_equal(test_server_wait_exit(&server), 1);
	test_server_free(&server);
}

// ---- The line of `systemctl status` ----

static void test_the_status_names_what_does_not_run(void **state) {
	(void)state;
	struct test_server server;
	const char *args[] = {
		"--device", test_device(), "--mode", TEST_MODE, "--", "sh", "-c", "exit 3", NULL};
	test_server_launch(&server, args, be_service);
	// Its first restart is at once, the next ones have to wait.
	expect_message("STATUS=Showing 320x240 on Virtual-1; app sh: waiting, ended with status 3");
	test_server_stop(&server);
}

static void test_the_status_misses_apps(void **state) {
	(void)state;
	char file[96];
	snprintf(file, sizeof(file), "%s/empty.ini", host.folder);
	create_file(file);
	struct test_server server;
	const char *args[] = {"--config", file, "--device", test_device(), "--mode", TEST_MODE, NULL};
	test_server_launch(&server, args, be_service);
	expect_message("STATUS=Showing 320x240 on Virtual-1; no app is configured");
	test_server_stop(&server);
}

// ---- The watchdog ----

static void test_the_watchdog_is_fed(void **state) {
	(void)state;
	struct test_server server;
	launch(&server);
	expect_message("READY=1");
	// Also while nothing is drawn.
	for (int i = 0; i < 4; i++) {
		expect_message("WATCHDOG=1");
	}
	test_server_stop(&server);
}

static void test_a_stopped_loop_feeds_nothing(void **state) {
	(void)state;
	struct test_server server;
	launch(&server);
	expect_message("READY=1");
	kill(server.pid, SIGSTOP);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)server.pid, &info, WSTOPPED), 0);
	forget_messages();
	expect_silence();
	kill(server.pid, SIGCONT);
	expect_message("WATCHDOG=1");
	test_server_stop(&server);
}

static void lose_flips(const char *file) {
	char program[PATH_MAX] = "", preload[PATH_MAX + 32];
	assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	snprintf(preload, sizeof(preload), "%s/lost-flips.so", dirname(program));
	assert_int_equal(access(preload, R_OK), 0);
	setenv("LD_PRELOAD", preload, 1); // for the server alone
	setenv("VITRINE_TEST_LOSE_FLIPS", file, 1);
}

static void test_lost_flips_starve_the_watchdog(void **state) {
	(void)state;
	char file[96];
	snprintf(file, sizeof(file), "%s/lose", host.folder);
	host.listener = unix_socket(SOCK_STREAM, "wayland");
	assert_int_equal(listen(host.listener, 8), 0);
	lose_flips(file);
	struct test_server server;
	launch(&server);
	unsetenv("LD_PRELOAD");
	expect_message("READY=1");
	expect_message("WATCHDOG=1");

	create_file(file);
	// An app draws; the loop goes on turning, and answers.
	snprintf(server.socket, sizeof(server.socket), "%s/wayland", host.folder);
	struct test_client client;
	test_client_connect(&client, &server);
	struct test_window window;
	test_window_init(&window, &client, "app", NULL);
	struct test_buffer buffer;
	test_buffer_init_shm(&buffer, &client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_paint(&buffer, 1);
	test_surface_show(&window.base, &buffer);
	wl_display_flush(client.display);
	assert_true(test_server_wait_log(&server, "the watchdog is not fed"));
	forget_messages();
	expect_silence();
	assert_true(wl_display_roundtrip(client.display) >= 0);
	test_server_kill(&server);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&client);
}

// Armed before the first flip: systemd does not wait for ever for a start that hangs.
static void test_a_start_without_a_flip_starves_it(void **state) {
	(void)state;
	char file[96];
	snprintf(file, sizeof(file), "%s/lose", host.folder);
	create_file(file);
	lose_flips(file);
	struct test_server server;
	launch(&server);
	unsetenv("LD_PRELOAD");
	expect_message("WATCHDOG=1");
	assert_true(test_server_wait_log(&server, "the watchdog is not fed"));
	forget_messages();
	expect_silence();
	assert_null(strstr(server.text, "ready\n"));
	test_server_kill(&server);
}

int main(void) {
	test_guard(80);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_who_connects_early_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_useless_socket_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_status_names_what_does_not_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_status_misses_apps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_watchdog_is_fed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_stopped_loop_feeds_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_flips_starve_the_watchdog, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_start_without_a_flip_starves_it, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
