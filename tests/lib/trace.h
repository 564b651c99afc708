// SPDX-License-Identifier: MIT
// What the server asks of the kernel and of the allocator, counted by a module loaded into it
// (trace-preload.c) and not by the server itself; and commits that the kernel seems to refuse.
#ifndef VITRINE_TESTS_LIB_TRACE_H
#define VITRINE_TESTS_LIB_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TRACE_ERRNOS = 134, // results are counted by errno; [0]: success
	TRACE_OBJECTS = 64,
	TRACE_REFUSALS = 16,
	TRACE_CALLERS = 16,
};

struct trace_counts {
	// DRM_IOCTL_MODE_ATOMIC.
	uint64_t tests;    // TEST_ONLY
	uint64_t commits;  // all others, refused ones too
	uint64_t modesets; // of these, with ALLOW_MODESET
	uint64_t refused;  // of these, by refusal.permille
	uint64_t test_results[TRACE_ERRNOS], commit_results[TRACE_ERRNOS];
	uint64_t other_ioctls; // of DRM: imports, framebuffers...
	uint64_t wait_ns;      // between refused commits and the next ones, in all
	// By the main thread: cgroups made and removed, files of theirs opened for writing.
	uint64_t cgroup_changes;
	// malloc, calloc, realloc, posix_memalign, aligned_alloc, memalign, by who called them. libwayland
	// allocates for each request of a client and each event, pixman for regions of several boxes.
	uint64_t allocations; // by all others
	uint64_t wayland_allocations, pixman_allocations;
};

// A KMS object that commits wrote properties of.
struct trace_object {
	uint32_t id;
	bool is_plane;
	uint32_t last; // values that the last commit wrote, 0 if it left the object alone
	uint32_t max;  // that one commit wrote
};

struct trace_caller {
	uint64_t address; // 0: unused
	uint64_t count;
	char name[80]; // file and offset, for addr2line
};

// Shared by both sides. No atomics: the test reads and writes it when it has heard of what the
// server did and before it asks for more, so that the socket orders the accesses.
struct trace_shared {
	struct trace_counts counts;
	struct trace_object objects[TRACE_OBJECTS];
	uint32_t n_objects;
	struct {
		uint32_t permille;              // of commits, never two in a row; tests pass through
		uint32_t random;                // state of the generator
		int32_t errnos[TRACE_REFUSALS]; // in turn
		uint32_t n_errnos, next;
	} refusal;
	uint32_t name_callers; // not 0: notes who allocates
	struct trace_caller callers[TRACE_CALLERS];
};

struct test_trace {
	struct trace_shared *shared; // NULL: not begun
	int fd;                      // of its memory, while servers are started
};

struct test_server;

// Starts the server with the module in it; mode as for test_server_start.
void test_trace_start(struct test_trace *trace, struct test_server *server, const char *mode);
// The same in two halves, for who starts it otherwise: what is started between them has the module.
void test_trace_begin(struct test_trace *trace);
void test_trace_begun(struct test_trace *trace);
// Runs one with these arguments until it ends by itself. Its exit status, as of test_server_wait_exit.
int test_trace_run(struct test_trace *trace, struct test_server *server, const char *const *args);
void test_trace_finish(struct test_trace *trace);

// The counts since `since` (NULL: the start).
struct trace_counts test_trace_counts(
	const struct test_trace *trace, const struct trace_counts *since);
// The most values that one commit since test_trace_restart wrote to one plane.
unsigned test_trace_plane_values(const struct test_trace *trace);
// How many objects the last commit wrote properties of.
unsigned test_trace_last_objects(const struct test_trace *trace);
// Forgets maxima and allocators' names, and notes these from now on.
void test_trace_restart(struct test_trace *trace);
// Who allocated since then, on standard error; not libwayland.
void test_trace_print_callers(const struct test_trace *trace);

// From now on refuses that many of 1,000 commits with these errnos in turn.
void test_trace_refuse(struct test_trace *trace, unsigned permille, uint32_t seed,
	const int *errnos, unsigned n_errnos);
void test_trace_refuse_none(struct test_trace *trace);

#endif
