// SPDX-License-Identifier: MIT
// bench-start FILE UID GID GROUP CMD ARG...: becomes that user, in GROUP as well, keeps to the first
// CPU, writes the time (CLOCK_MONOTONIC, ns) to FILE and becomes CMD. The time of the exec itself,
// without that of the interpreter that asks for it. BENCH_PRELOAD becomes LD_PRELOAD, for CMD alone.
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int complain(const char *what) {
	fprintf(stderr, "bench-start: %s: %s\n", what, strerror(errno));
	return 127;
}

int main(int argc, char **argv) {
	if (argc < 6) {
		fprintf(stderr, "usage: bench-start FILE UID GID GROUP CMD ARG...\n");
		return 2;
	}
	uid_t uid = (uid_t)strtoul(argv[2], NULL, 10);
	gid_t gid = (gid_t)strtoul(argv[3], NULL, 10);
	gid_t group = (gid_t)strtoul(argv[4], NULL, 10);
	FILE *file = fopen(argv[1], "we");
	if (!file) {
		return complain(argv[1]);
	}
	if (getuid() == 0 && (setgroups(1, &group) != 0 || setgid(gid) != 0 || setuid(uid) != 0)) {
		return complain("cannot become the user");
	}
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0) {
		return complain("cannot choose a CPU");
	}
	const char *preload = getenv("BENCH_PRELOAD");
	if (preload && (setenv("LD_PRELOAD", preload, 1) != 0 || unsetenv("BENCH_PRELOAD") != 0)) {
		return complain("cannot set LD_PRELOAD");
	}
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(file, "%" PRId64 "\n", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	fclose(file);
	execvp(argv[5], argv + 5);
	return complain(argv[5]);
}
