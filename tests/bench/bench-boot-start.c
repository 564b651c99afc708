// SPDX-License-Identifier: MIT
// bench-boot-start FILE [--launch] CMD ARG...: writes the time (CLOCK_MONOTONIC, ns) to FILE and becomes
// CMD, in the process that systemd started. --launch: a child of it opens devices for CMD, as
// weston-launch would for a Weston 10, which has no libseat and would want a virtual terminal
// otherwise; with the rights of the user that both run as.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// Messages of weston-launch.
enum { LAUNCH_OPEN = 0, LAUNCH_EVENT_REPLY = 3 };

struct open_request {
	int opcode, flags;
	char path[1024];
};

struct open_reply {
	int event, result;
};

static int complain(const char *what) {
	fprintf(stderr, "bench-boot-start: %s: %s\n", what, strerror(errno));
	return 127;
}

static int open_device(const struct open_request *request) {
	if (request->opcode != LAUNCH_OPEN || strncmp(request->path, "/dev/", 5) != 0) {
		return -1;
	}
	return open(request->path, request->flags | O_CLOEXEC);
}

static void reply(int connection, int fd) {
	struct open_reply content = {.event = LAUNCH_EVENT_REPLY, .result = fd >= 0 ? 0 : -1};
	struct iovec iov = {.iov_base = &content, .iov_len = sizeof(content)};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	if (fd >= 0) {
		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	sendmsg(connection, &message, MSG_NOSIGNAL);
}

// Until the other end is closed.
static void launch(int connection) {
	for (;;) {
		struct open_request request = {0};
		// The last byte stays: the path ends.
		ssize_t len = recv(connection, &request, sizeof(request) - 1, 0);
		if (len < (ssize_t)offsetof(struct open_request, path)) {
			return;
		}
		int fd = open_device(&request);
		reply(connection, fd);
		if (fd >= 0) {
			close(fd);
		}
	}
}

static bool start_launcher(void) {
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) {
		return false;
	}
	pid_t child = fork();
	if (child < 0) {
		return false;
	}
	if (child == 0) {
		close(ends[0]);
		launch(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	char number[16];
	snprintf(number, sizeof(number), "%d", ends[0]);
	return setenv("WESTON_LAUNCHER_SOCK", number, 1) == 0;
}

int main(int argc, char **argv) {
	int command = argc > 2 && strcmp(argv[2], "--launch") == 0 ? 3 : 2;
	if (argc <= command) {
		fprintf(stderr, "usage: bench-boot-start FILE [--launch] CMD ARG...\n");
		return 2;
	}
	FILE *file = fopen(argv[1], "we");
	if (!file) {
		return complain(argv[1]);
	}
	if (command == 3 && !start_launcher()) {
		return complain("cannot start the launcher");
	}
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(file, "%" PRId64 "\n", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	fclose(file);
	execvp(argv[command], argv + command);
	return complain(argv[command]);
}
