// SPDX-License-Identifier: MIT
#include "server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

#include "count.h"

#define LOG_PIPE_BYTES (1 << 20) // a test reads it only while it waits for a line
#define MAX_ARGS 32

static struct test_server *running; // for the guard
bool test_server_status_screen;

static void pass_on(const char *text, size_t len) {
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);
		if (n <= 0) {
			return;
		}
		text += n;
		len -= (size_t)n;
	}
}

// Only what a signal handler may do.
static void handle_alarm(int number) {
	(void)number;
	static const char message[] = "test: still waiting at the end of its time; the server's log:\n";
	pass_on(message, sizeof(message) - 1);
	struct test_server *server = running;
	if (server) {
		pass_on(server->text, server->len);
		char rest[4096];
		ssize_t n;
		while ((n = read(server->log, rest, sizeof(rest))) > 0) {
			pass_on(rest, (size_t)n);
		}
		kill(server->pid, SIGKILL);
	}
	_exit(124);
}

void test_guard(unsigned seconds) {
	signal(SIGALRM, handle_alarm);
	signal(SIGPIPE, SIG_IGN);
	alarm(seconds);
}

static void skip_program(const char *reason) {
	printf("skipped: %s\n", reason);
	exit(77);
}

void test_need_layout(const char *layout) {
	const char *now = getenv("VITRINE_LAYOUT");
	if (!now || strcmp(now, layout) != 0) {
		char reason[128];
		snprintf(reason, sizeof(reason), "needs the guest with layout '%s'", layout);
		skip_program(reason);
	}
}

const char *test_device(void) {
	const char *path = getenv("VITRINE_TEST_DEVICE");
	if (!path || !*path) {
		skip_program(
			"needs a vkms device: run it through `./run vm`, or name one in VITRINE_TEST_DEVICE");
	}
	return path;
}

dev_t test_device_rdev(void) {
	struct stat st;
	assert_int_equal(stat(test_device(), &st), 0);
	return st.st_rdev;
}

static bool read_log(struct test_server *server) {
	if (server->cap - server->len < 4096) {
		size_t cap = server->cap * 2 + 8192;
		char *text = realloc(server->text, cap);
		assert_non_null(text);
		server->text = text;
		server->cap = cap;
	}
	ssize_t n;
	do {
		n = read(server->log, server->text + server->len, 4095);
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		return false;
	}
	server->len += (size_t)n;
	server->text[server->len] = '\0';
	return true;
}

static void set_blocking(int fd, bool blocking) {
	int flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static void show_log(struct test_server *server) {
	set_blocking(server->log, false);
	while (read_log(server)) {
	}
	if (server->len > 0) {
		pass_on(server->text, server->len);
	}
}

void test_server_launch(
	struct test_server *server, const char *const *args, void (*prepare)(void)) {
	*server = (struct test_server){.log = -1};
	const char *argv[MAX_ARGS] = {"vitrine"};
	int n = 1;
	if (!test_server_status_screen) {
		argv[n++] = "--no-status-screen";
	}
	for (int i = 0; args && args[i]; i++) {
		assert_true(n + 1 < MAX_ARGS);
		argv[n++] = args[i];
	}
	int pipe_fds[2];
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	fcntl(pipe_fds[1], F_SETPIPE_SZ, LOG_PIPE_BYTES);
	fflush(NULL);
	pid_t parent = getpid();
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		alarm(0);
		if (prepare) {
			prepare();
		}
		if (getppid() == parent && dup2(pipe_fds[1], STDERR_FILENO) >= 0) {
			execvp(argv[0], (char *const *)argv);
		}
		dprintf(STDERR_FILENO, "vitrine cannot be run: %s\n", strerror(errno));
		_exit(127);
	}
	close(pipe_fds[1]);
	server->log = pipe_fds[0];
	running = server;
}

void test_server_start(struct test_server *server, const char *mode) {
	static unsigned serial;
	char name[32];
	snprintf(name, sizeof(name), "test-%d-%u", (int)getpid(), serial++);
	const char *args[] = {
		"--device", test_device(), "--mode", mode ? mode : TEST_MODE, "--socket", name, NULL};
	test_server_launch(server, args, NULL);
	strcpy(server->socket, name);
	if (!test_server_wait_log(server, "ready\n")) {
		show_log(server);
		fail_msg("the server ended before it was ready, status %d", test_server_wait_exit(server));
	}
}

bool test_server_wait_log(struct test_server *server, const char *text) {
	set_blocking(server->log, true);
	while (!server->text || !strstr(server->text, text)) {
		if (!read_log(server)) {
			return false;
		}
	}
	return true;
}

bool test_server_wait_log_after(struct test_server *server, size_t *mark, const char *text) {
	set_blocking(server->log, true);
	const char *found;
	while (!server->text || !(found = strstr(server->text + *mark, text))) {
		if (!read_log(server)) {
			return false;
		}
	}
	*mark = (size_t)(found - server->text) + strlen(text);
	return true;
}

bool test_server_read_log(struct test_server *server) {
	set_blocking(server->log, true);
	return read_log(server);
}

int test_server_wait_exit(struct test_server *server) {
	int status = 0;
	while (waitpid(server->pid, &status, 0) < 0) {
		assert_int_equal(errno, EINTR);
	}
	server->pid = 0;
	running = NULL;
	set_blocking(server->log, false);
	while (read_log(server)) {
	}
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void test_server_free(struct test_server *server) {
	running = NULL;
	if (server->log > 0) {
		close(server->log);
	}
	free(server->text);
	*server = (struct test_server){.log = -1};
}

void test_server_stop(struct test_server *server) {
	kill(server->pid, SIGTERM);
	int status = test_server_wait_exit(server);
	if (status != 0) {
		show_log(server);
	}
	test_server_free(server);
	if (status != 0) {
		fail_msg("after SIGTERM the server exited with %d", status);
	}
}

void test_server_kill(struct test_server *server) {
	kill(server->pid, SIGKILL);
	assert_int_equal(test_server_wait_exit(server), -SIGKILL);
	test_server_free(server);
}

int test_server_borrow_device(const struct test_server *server) {
	char path[64], target[64];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)server->pid);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	int pidfd = (int)syscall(SYS_pidfd_open, server->pid, 0), fd = -1;
	assert_true(pidfd >= 0);
	struct dirent *entry;
	while (fd < 0 && (entry = readdir(folder))) {
		ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strcmp(target, test_device()) == 0) {
			fd = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(entry->d_name), 0);
		}
	}
	closedir(folder);
	close(pidfd);
	assert_true(fd >= 0);
	return fd;
}

bool test_server_alive(struct test_server *server) {
	siginfo_t info = {0}; // left to be waited for
	return server->pid > 0 &&
		waitid(P_PID, (id_t)server->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == 0;
}

#define VKMS_DEVICE "/sys/kernel/config/vkms/kiosk/"

static void write_attribute(const char *path, const char *value) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value)) {
		fail_msg("%s cannot become %s: %s", path, value, strerror(errno));
	}
	close(fd);
}

void test_plug_display(int connector, bool plugged) {
	char path[96];
	snprintf(path, sizeof(path), VKMS_DEVICE "connectors/n%d/status", connector);
	write_attribute(path, plugged ? "1" : "2");
}

void test_plug_device(bool plugged) {
	write_attribute(VKMS_DEVICE "enabled", plugged ? "1" : "0");
}

static int count_attachments(void) {
	FILE *file = fopen("/sys/kernel/debug/dma_buf/bufinfo", "re");
	if (!file) {
		return -1;
	}
	char line[1024];
	int total = 0, n;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Total %d devices attached", &n) == 1) {
			total += n;
		}
	}
	fclose(file);
	return total;
}

static int count_dmabufs(void) {
	FILE *file = fopen("/sys/kernel/debug/dma_buf/bufinfo", "re");
	if (!file) {
		return -1;
	}
	char line[1024];
	int total = -1, n;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Total %d objects", &n) == 1) {
			total = n;
		}
	}
	fclose(file);
	return total;
}

struct test_counts test_server_count(const struct test_server *server) {
	char fds[64], maps[64], framebuffers[64];
	snprintf(fds, sizeof(fds), "/proc/%d/fd", (int)server->pid);
	snprintf(maps, sizeof(maps), "/proc/%d/maps", (int)server->pid);
	snprintf(framebuffers, sizeof(framebuffers), "/sys/kernel/debug/dri/%u/framebuffer",
		minor(test_device_rdev()));
	return (struct test_counts){
		.fds = test_count_entries(fds),
		// Private anonymous memory is the allocator's; shared is what clients and the device share.
		.maps = test_count_lines(maps, "s "),
		.framebuffers = test_count_lines(framebuffers, "framebuffer["),
		.dmabufs = count_dmabufs(),
		.attachments = count_attachments(),
	};
}

int test_server_rss_kib(const struct test_server *server) {
	char path[64], line[128];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)server->pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	int kib = 0;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "VmRSS: %d", &kib);
	}
	fclose(file);
	assert_true(kib > 0);
	return kib;
}

void test_counts_assert_same(struct test_counts before, struct test_counts after) {
	if (before.fds == after.fds && before.maps == after.maps &&
		before.framebuffers == after.framebuffers && before.dmabufs == after.dmabufs &&
		before.attachments == after.attachments) {
		return;
	}
	fail_msg("before and after: fds %d %d, mappings %d %d, framebuffers %d %d, dma-bufs %d %d, "
			 "imports %d %d",
		before.fds, after.fds, before.maps, after.maps, before.framebuffers, after.framebuffers,
		before.dmabufs, after.dmabufs, before.attachments, after.attachments);
}
