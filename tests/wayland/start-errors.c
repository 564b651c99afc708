// SPDX-License-Identifier: MIT
// A server that cannot start says why in one line, which names the thing and the remedy, and exits
// with a status other than 0; with --wait it waits for what can still come.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fixture.h"

#define NOBODY 65534
#define VKMS "/sys/kernel/config/vkms/"

static char folder[] = "/tmp/start-errors-XXXXXX"; // for anybody to look into

static int lines_of(const char *text) {
	int n = 0;
	for (; *text; text++) {
		n += *text == '\n';
	}
	return n;
}

// Runs it; it must fail with one line that holds all of the words (NULL ends them).
static void assert_fails(const char *const *args, void (*prepare)(void), const char *const *words) {
	struct test_server server;
	test_server_launch(&server, args, prepare);
	int status = test_server_wait_exit(&server);
	const char *text = server.text ? server.text : "";
	if (status <= 0) {
		fail_msg("exit status %d; it said: %s", status, text);
	}
	if (lines_of(text) != 1) {
		fail_msg("not one line: %s", text);
	}
	for (int i = 0; words[i]; i++) {
		if (!strstr(text, words[i])) {
			fail_msg("\"%s\" is not in: %s", words[i], text);
		}
	}
	test_server_free(&server);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_sigterm_ends_waiting(const char *const *args) {
	struct test_server server;
	test_server_launch(&server, args, NULL);
	assert_true(test_server_wait_log(&server, "waiting"));
	test_server_stop(&server);
}

static void write_file(const char *path, const char *text) {
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

// ---- Layout default ----

static void test_bad_options(void **state) {
	(void)state;
	assert_fails(ARGS("--nonsense"), NULL, ARGS("--nonsense", "--help"));
	assert_fails(ARGS("--device"), NULL, ARGS("--device", "--help"));
	assert_fails(ARGS("--mode", "wide"), NULL, ARGS("wide", "WIDTHxHEIGHT"));
	assert_fails(ARGS("--mode", "0x0"), NULL, ARGS("0x0", "WIDTHxHEIGHT"));
}

static void test_bad_configuration(void **state) {
	(void)state;
	char path[64];
	assert_fails(ARGS("--config", "/nonexistent/vitrine.ini"), NULL,
		ARGS("/nonexistent/vitrine.ini", "No such file", "--config"));
	assert_fails(ARGS("--config", folder), NULL, ARGS(folder));
	snprintf(path, sizeof(path), "%s/bad.ini", folder);
	write_file(path, "[core]\n\ncolour = red\n");
	assert_fails(ARGS("--check-config", "--config", path), NULL, ARGS("bad.ini:3", "colour"));
	write_file(path, "[core]\nsocket = a/b\n");
	assert_fails(ARGS("--config", path), NULL, ARGS("bad.ini:2", "socket", "without '/'"));
	write_file(path, "[core]\nwait = perhaps\n");
	assert_fails(ARGS("--check-config", "--config", path), NULL,
		ARGS("bad.ini:2", "perhaps", "true or false"));
}

static void test_no_such_device(void **state) {
	(void)state;
	assert_fails(ARGS("--device", "/dev/dri/card77"), NULL, ARGS("/dev/dri/card77"));
	assert_fails(ARGS("--device", "/dev/null"), NULL, ARGS("/dev/null"));
	assert_fails(ARGS("--device", folder), NULL, ARGS(folder));
}

static void become_nobody(void) {
	setenv("PATH", folder, 1);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
		_exit(0);
	}
}

static void test_no_permission(void **state) {
	(void)state;
	if (geteuid() != 0) {
		skip();
	}
	// Where the tree lies, nobody may not be allowed to look.
	char command[256];
	snprintf(command, sizeof(command), "cp \"$(command -v vitrine)\" %s/vitrine", folder);
	assert_int_equal(system(command), 0);
	struct stat st;
	assert_int_equal(stat(test_device(), &st), 0);
	assert_int_equal(chmod(test_device(), 0600), 0);
	assert_fails(ARGS("--device", test_device()), become_nobody, ARGS(test_device(), "ermission"));
	assert_int_equal(chmod(test_device(), st.st_mode & 07777), 0);
}

static int taken = -1; // the device with DRM master

static int take_device(void **state) {
	(void)state;
	taken = open(test_device(), O_RDWR | O_CLOEXEC);
	return taken >= 0 && (drmIsMaster(taken) || drmSetMaster(taken) == 0) ? 0 : -1;
}

static int give_device_back(void **state) {
	(void)state;
	return close(taken);
}

static void test_busy_device(void **state) {
	(void)state;
	assert_fails(ARGS("--device", test_device()), NULL, ARGS(test_device(), "master", "stop it"));
	struct test_server server;
	test_server_launch(&server,
		ARGS("--device", test_device(), "--mode", TEST_MODE, "--socket", "busy", "--wait"), NULL);
	assert_true(test_server_wait_log(&server, "waiting"));
	assert_int_equal(drmDropMaster(taken), 0);
	assert_true(test_server_wait_log(&server, "ready\n"));
	test_server_stop(&server);
}

static void test_sigterm_while_waiting_for_a_busy_device(void **state) {
	(void)state;
	assert_sigterm_ends_waiting(ARGS("--device", test_device(), "--wait"));
}

static void unset_runtime_dir(void) {
	unsetenv("XDG_RUNTIME_DIR");
}

static void lose_runtime_dir(void) {
	setenv("XDG_RUNTIME_DIR", "/nonexistent/run", 1);
}

static void test_no_runtime_directory(void **state) {
	(void)state;
	const char *const *args = ARGS("--device", test_device(), "--mode", TEST_MODE);
	assert_fails(args, unset_runtime_dir, ARGS("XDG_RUNTIME_DIR", "0700"));
	assert_fails(args, lose_runtime_dir, ARGS("XDG_RUNTIME_DIR", "/nonexistent/run"));
}

static void socket_path(char *path, size_t size, const char *name) {
	snprintf(path, size, "%s/%s", getenv("XDG_RUNTIME_DIR"), name);
}

// As another compositor does it. `lock` is -1 without the lock file.
static int listen_at(const char *name, int *lock) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socket_path(address.sun_path, sizeof(address.sun_path), name);
	if (lock) {
		char path[128];
		snprintf(path, sizeof(path), "%s.lock", address.sun_path);
		*lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
		assert_true(*lock >= 0);
		assert_int_equal(flock(*lock, LOCK_EX | LOCK_NB), 0);
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_live_socket(void **state) {
	(void)state;
	int lock, fd = listen_at("live", &lock);
	assert_fails(ARGS("--device", test_device(), "--mode", TEST_MODE, "--socket", "live"), NULL,
		ARGS("live", "--socket"));
	char path[128];
	socket_path(path, sizeof(path), "live");
	assert_int_equal(access(path, F_OK), 0); // it is the other's
	close(fd);
	close(lock);
}

static void test_stale_socket_is_replaced(void **state) {
	(void)state;
	close(listen_at("stale", NULL));
	struct test_server server;
	test_server_launch(
		&server, ARGS("--device", test_device(), "--mode", TEST_MODE, "--socket", "stale"), NULL);
	assert_true(test_server_wait_log(&server, "ready\n"));
	strcpy(server.socket, "stale");
	struct test_client client;
	test_client_connect(&client, &server);
	test_client_disconnect(&client);
	char path[128];
	struct stat st;
	socket_path(path, sizeof(path), "stale");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	test_server_stop(&server);
	assert_int_equal(access(path, F_OK), -1);
}

// What is on the screen stays: nothing would come in its place.
static void test_app_that_does_not_exist(void **state) {
	(void)state;
	struct test_server server;
	struct test_trace trace;
	int status = test_trace_run(&trace, &server,
		ARGS("--device", test_device(), "--mode", TEST_MODE, "--socket", "app", "--",
			"/nonexistent/app"));
	assert_true(status > 0);
	assert_non_null(strstr(server.text, "/nonexistent/app"));
	assert_int_equal(test_trace_counts(&trace, NULL).commits, 0);
	test_trace_finish(&trace);
	test_server_free(&server);
}

// ---- Layout nodisplay ----

// That is no error: it starts, and waits for one.
static void assert_waits_for_a_display(const char *const *args) {
	struct test_server server;
	test_server_launch(&server, args, NULL);
	assert_true(test_server_wait_log(&server, "no display is connected: waiting for one\n"));
	assert_true(test_server_wait_log(&server, "ready\n"));
	write_file(VKMS "kiosk/connectors/n0/status", "1");
	assert_true(test_server_wait_log(&server, "Virtual-1: 320x240 at"));
	write_file(VKMS "kiosk/connectors/n0/status", "2");
	assert_true(test_server_wait_log(&server, "Virtual-1: its display is gone\n"));
	test_server_stop(&server);
}

static void test_no_display(void **state) {
	(void)state;
	assert_waits_for_a_display(
		ARGS("--device", test_device(), "--mode", TEST_MODE, "--socket", "named"));
	assert_waits_for_a_display(ARGS("--mode", TEST_MODE, "--socket", "found", "--wait"));
}

// ---- Layout nodevice ----

static void make_device(void) {
	static const char *const folders[] = {VKMS "late", VKMS "late/planes/p0", VKMS "late/crtcs/c0",
		VKMS "late/encoders/e0", VKMS "late/connectors/n0"};
	static const char *const links[][2] = {
		{VKMS "late/crtcs/c0", VKMS "late/planes/p0/possible_crtcs/c0"},
		{VKMS "late/crtcs/c0", VKMS "late/encoders/e0/possible_crtcs/c0"},
		{VKMS "late/encoders/e0", VKMS "late/connectors/n0/possible_encoders/e0"}};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		assert_int_equal(mkdir(folders[i], 0755), 0);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		assert_int_equal(symlink(links[i][0], links[i][1]), 0);
	}
	write_file(VKMS "late/planes/p0/type", "1");
	write_file(VKMS "late/connectors/n0/status", "1");
	write_file(VKMS "late/enabled", "1");
}

static void test_no_device(void **state) {
	(void)state;
	assert_fails(ARGS("--socket", "none"), NULL, ARGS("DRM device", "driver", "--wait"));
}

static void test_waiting_for_a_device(void **state) {
	(void)state;
	assert_sigterm_ends_waiting(ARGS("--wait"));
	char ini[64];
	snprintf(ini, sizeof(ini), "%s/late.ini", folder);
	write_file(ini, "[output *]\nmode = 1024x768\n");
	struct test_server server;
	test_server_launch(&server, ARGS("--config", ini, "--socket", "late", "--wait"), NULL);
	assert_true(test_server_wait_log(&server, "waiting"));
	// The configuration is read anew meanwhile, all of it or nothing.
	write_file(ini, "[output *]\nmode = " TEST_MODE "\n");
	kill(server.pid, SIGHUP);
	assert_true(test_server_wait_log(&server, "the configuration was read anew\n"));
	write_file(ini, "[output *]\nmode = 640x480\ncolour = blue\n");
	kill(server.pid, SIGHUP);
	assert_true(test_server_wait_log(&server, "is wrong: nothing is changed\n"));
	assert_non_null(strstr(server.text, "late.ini:3: "));
	make_device();
	assert_true(test_server_wait_log(&server, "ready\n"));
	assert_true(test_server_wait_log(&server, "Virtual-1: 320x240 at"));
	test_server_stop(&server);
}

static int run(const char *layout) {
	const struct CMUnitTest on_device[] = {
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_bad_configuration),
		cmocka_unit_test(test_no_such_device),
		cmocka_unit_test(test_no_permission),
		cmocka_unit_test_setup_teardown(test_busy_device, take_device, give_device_back),
		cmocka_unit_test_setup_teardown(
			test_sigterm_while_waiting_for_a_busy_device, take_device, give_device_back),
		cmocka_unit_test(test_no_runtime_directory),
		cmocka_unit_test(test_live_socket),
		cmocka_unit_test(test_stale_socket_is_replaced),
		cmocka_unit_test(test_app_that_does_not_exist),
	};
	const struct CMUnitTest without_display[] = {
		cmocka_unit_test(test_no_display),
	};
	const struct CMUnitTest without_device[] = {
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_waiting_for_a_device),
	};
	if (strcmp(layout, "nodisplay") == 0) {
		return cmocka_run_group_tests_name("start-errors", without_display, NULL, NULL);
	}
	if (strcmp(layout, "nodevice") == 0) {
		return cmocka_run_group_tests_name("start-errors", without_device, NULL, NULL);
	}
	return cmocka_run_group_tests_name("start-errors", on_device, NULL, NULL);
}

int main(void) {
	test_guard(60);
	if (!mkdtemp(folder) || chmod(folder, 0755) != 0) {
		perror(folder);
		return 1;
	}
	const char *layout = getenv("VITRINE_LAYOUT");
	int failed = run(layout ? layout : "");
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) != 0 ? 1 : failed;
}
