// SPDX-License-Identifier: MIT
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

#include "server.h"

void test_trace_begin(struct test_trace *trace) {
	int fd = memfd_create("test-trace", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, sizeof(*trace->shared)), 0);
	void *map = mmap(NULL, sizeof(*trace->shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	trace->shared = map;
	trace->fd = fd;
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
	setenv("VITRINE_TRACE", path, 1);
	setenv("LD_PRELOAD", TEST_TRACE_PRELOAD, 1);
}

static void unload(const struct test_trace *trace) {
	unsetenv("LD_PRELOAD");
	unsetenv("VITRINE_TRACE");
	close(trace->fd);
}

void test_trace_begun(struct test_trace *trace) {
	unload(trace);
	if (trace->shared->counts.commits == 0 || test_trace_last_objects(trace) == 0) {
		fail_msg("%s saw no commit of the server", TEST_TRACE_PRELOAD);
	}
}

void test_trace_start(struct test_trace *trace, struct test_server *server, const char *mode) {
	test_trace_begin(trace);
	test_server_start(server, mode);
	test_trace_begun(trace);
}

int test_trace_run(struct test_trace *trace, struct test_server *server, const char *const *args) {
	test_trace_begin(trace);
	test_server_launch(server, args, NULL);
	int status = test_server_wait_exit(server);
	unload(trace);
	if (trace->shared->counts.other_ioctls == 0) {
		fail_msg("%s saw nothing of the server", TEST_TRACE_PRELOAD);
	}
	return status;
}

void test_trace_finish(struct test_trace *trace) {
	if (trace->shared) {
		munmap(trace->shared, sizeof(*trace->shared));
	}
	*trace = (struct test_trace){0};
}

static void subtract(struct trace_counts *counts, const struct trace_counts *since) {
	counts->tests -= since->tests;
	counts->commits -= since->commits;
	counts->modesets -= since->modesets;
	counts->refused -= since->refused;
	for (int i = 0; i < TRACE_ERRNOS; i++) {
		counts->test_results[i] -= since->test_results[i];
		counts->commit_results[i] -= since->commit_results[i];
	}
	counts->other_ioctls -= since->other_ioctls;
	counts->wait_ns -= since->wait_ns;
	counts->cgroup_changes -= since->cgroup_changes;
	counts->allocations -= since->allocations;
	counts->wayland_allocations -= since->wayland_allocations;
	counts->pixman_allocations -= since->pixman_allocations;
}

struct trace_counts test_trace_counts(
	const struct test_trace *trace, const struct trace_counts *since) {
	struct trace_counts counts = trace->shared->counts;
	if (since) {
		subtract(&counts, since);
	}
	return counts;
}

unsigned test_trace_plane_values(const struct test_trace *trace) {
	unsigned max = 0;
	for (uint32_t i = 0; i < trace->shared->n_objects; i++) {
		const struct trace_object *object = &trace->shared->objects[i];
		max = object->is_plane && object->max > max ? object->max : max;
	}
	return max;
}

unsigned test_trace_last_objects(const struct test_trace *trace) {
	unsigned n = 0;
	for (uint32_t i = 0; i < trace->shared->n_objects; i++) {
		n += trace->shared->objects[i].last > 0;
	}
	return n;
}

void test_trace_restart(struct test_trace *trace) {
	for (uint32_t i = 0; i < trace->shared->n_objects; i++) {
		trace->shared->objects[i].max = 0;
	}
	memset(trace->shared->callers, 0, sizeof(trace->shared->callers));
	trace->shared->name_callers = 1;
}

void test_trace_print_callers(const struct test_trace *trace) {
	for (int i = 0; i < TRACE_CALLERS && trace->shared->callers[i].address; i++) {
		const struct trace_caller *caller = &trace->shared->callers[i];
		fprintf(
			stderr, "%llu allocations from %s\n", (unsigned long long)caller->count, caller->name);
	}
}

void test_trace_refuse(struct test_trace *trace, unsigned permille, uint32_t seed,
	const int *errnos, unsigned n_errnos) {
	assert_in_range(n_errnos, 1, TRACE_REFUSALS);
	for (unsigned i = 0; i < n_errnos; i++) {
		trace->shared->refusal.errnos[i] = errnos[i];
	}
	trace->shared->refusal.n_errnos = n_errnos;
	trace->shared->refusal.next = 0;
	trace->shared->refusal.random = seed;
	trace->shared->refusal.permille = permille;
}

void test_trace_refuse_none(struct test_trace *trace) {
	trace->shared->refusal.permille = 0;
}
