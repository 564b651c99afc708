// SPDX-License-Identifier: MIT
// vitrine-launch: what an app is between its birth and its own program.
//
// A thread of the compositor starts it without copying its own memory (posix_spawn), makes a cgroup for it, and
// then says "go": it puts itself into that, so nothing of the app is ever outside. What could block there (the
// kernel takes its time to move a process, the user's groups may be looked up in a network) blocks here. It is
// not meant to be run by hand:
//
//   vitrine-launch GO REPORT PARENT FILES RTTIME DIRECTORY USER COMMAND [ARGUMENT...]
//
// GO is a pipe that a 'g' comes from, and the path of the cgroup if there is one to enter, REPORT one that closes when
// COMMAND runs, or gets a line that says why it does not. FILES and RTTIME are the soft limits RLIMIT_NOFILE and
// RLIMIT_RTTIME of COMMAND: vitrine has others, which are inherited. DIRECTORY and USER may be empty. Variables that
// the user's entry tells are set where USER is named.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	ARGUMENTS = 8, // before COMMAND
	EXIT_NOT_RUN = 127,
};

static int report_fd = -1;

static _Noreturn void __attribute__((format(printf, 1, 2))) fail(const char *format, ...) {
	char text[200];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len >= (int)sizeof(text)) {
		len = sizeof(text) - 1;
	}
	// Nobody is left to tell if this fails.
	ssize_t n = write(report_fd, text, (size_t)len);
	(void)n;
	_exit(EXIT_NOT_RUN);
}

static void become(const char *name) {
	errno = 0;
	struct passwd *user = getpwnam(name);
	if (user == NULL) {
		fail("user = %s: %s", name, errno != 0 ? strerror(errno) : "there is no such user");
	}
	if (geteuid() != user->pw_uid &&
		(initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
			setuid(user->pw_uid) != 0)) {
		fail("user = %s: %s: only root may run apps as other users", name, strerror(errno));
	}
	if (setenv("HOME", user->pw_dir, 1) != 0 || setenv("USER", user->pw_name, 1) != 0 ||
		setenv("LOGNAME", user->pw_name, 1) != 0 || setenv("SHELL", user->pw_shell, 1) != 0) {
		fail("out of memory");
	}
}

// Vitrine sees where we are.
static void enter_cgroup(const char *path) {
	char file[PIPE_BUF + 16];
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = write(fd, "0", 1);
		(void)n;
		close(fd);
	}
}

static int parse_fd(const char *text) {
	int fd = atoi(text);
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}

// A limit of 1 is what lets vitrine itself run with real-time priority, and not meant for apps. Whoever wants
// them to have that gives more.
static void limit_priority(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_RTPRIO, &limit) == 0 && limit.rlim_max == 1) {
		limit.rlim_cur = limit.rlim_max = 0;
		setrlimit(RLIMIT_RTPRIO, &limit);
	}
}

static void set_soft_limit(int resource, const char *text) {
	struct rlimit limit;
	if (getrlimit(resource, &limit) == 0) {
		rlim_t soft = strtoull(text, NULL, 10);
		limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
		setrlimit(resource, &limit);
	}
}

int main(int argc, char **argv) {
	int go = argc > ARGUMENTS ? parse_fd(argv[1]) : -1;
	report_fd = go >= 0 ? parse_fd(argv[2]) : -1;
	if (report_fd < 0) {
		fprintf(stderr, "vitrine-launch: vitrine itself starts apps with this program\n");
		return EXIT_NOT_RUN;
	}
	const char *directory = argv[6], *user = argv[7];
	char message[PIPE_BUF + 1];
	ssize_t n;
	do {
		n = read(go, message, sizeof(message) - 1); // of one write
	} while (n < 0 && errno == EINTR);
	if (n < 1) {
		return EXIT_NOT_RUN; // called off
	}
	message[n] = '\0';
	if (n > 1) {
		enter_cgroup(message + 1);
	}
	if (user[0] != '\0') {
		become(user);
	}
	// After a change of user, which clears it. Of the parent it is the thread that counts which started us: it stays to the
	// end.
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != atoi(argv[3])) {
		return EXIT_NOT_RUN; // vitrine is gone
	}
	set_soft_limit(RLIMIT_NOFILE, argv[4]);
	set_soft_limit(RLIMIT_RTTIME, argv[5]);
	limit_priority();
	if (directory[0] != '\0' && chdir(directory) != 0) {
		fail("directory = %s: %s", directory, strerror(errno));
	}
	execvp(argv[ARGUMENTS], argv + ARGUMENTS);
	fail("%s: check the command and PATH", strerror(errno));
}
