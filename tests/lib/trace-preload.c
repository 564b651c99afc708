// SPDX-License-Identifier: MIT
// Loaded into `vitrine` by LD_PRELOAD: counts what trace.h says into the file that VITRINE_TRACE names,
// and refuses commits when asked to.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <drm.h>
#include <drm_mode.h>

#include "trace.h"

// glibc's own names of these, so that the first calls need no dlsym(3), which allocates itself.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

// The code of a library.
struct code {
	const char *name;
	uintptr_t start, end;
};

static struct {
	struct trace_shared *shared; // NULL: count nothing
	struct code wayland, pixman;
	bool refused_last;
	int64_t refused_ns;
} trace = {
	.wayland = {"libwayland-server.so"},
	.pixman = {"libpixman-1.so"},
};

static bool is_in(const struct code *code, const void *address) {
	return (uintptr_t)address >= code->start && (uintptr_t)address < code->end;
}

static void take_code(struct code *code, const struct dl_phdr_info *info) {
	if (!strstr(info->dlpi_name, code->name)) {
		return;
	}
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X)) {
			code->start = info->dlpi_addr + segment->p_vaddr;
			code->end = code->start + segment->p_memsz;
		}
	}
}

static int find_code(struct dl_phdr_info *info, size_t size, void *data) {
	(void)size;
	(void)data;
	take_code(&trace.wayland, info);
	take_code(&trace.pixman, info);
	return 0;
}

static void stop_counting(void) {
	trace.shared = NULL;
}

__attribute__((constructor)) static void start(void) {
	dl_iterate_phdr(find_code, NULL);
	const char *path = getenv("VITRINE_TRACE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map = MAP_FAILED;
	if (fd >= 0) {
		map = mmap(NULL, sizeof(*trace.shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (map == MAP_FAILED || !trace.wayland.end || !trace.pixman.end) {
		fprintf(stderr, "trace-preload: %s\n",
			map == MAP_FAILED ? "cannot map the file VITRINE_TRACE"
							  : "the program has no libwayland-server or no libpixman");
		abort();
	}
	trace.shared = map;
	// What the server starts is not the server.
	pthread_atfork(NULL, NULL, stop_counting);
	unsetenv("LD_PRELOAD");
	unsetenv("VITRINE_TRACE");
}

// ---- ioctls ----

static int64_t now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int pass_on(int fd, unsigned long request, void *argument) {
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

// NULL when there are too many.
static struct trace_object *object_of(uint32_t id) {
	struct trace_shared *shared = trace.shared;
	for (uint32_t i = 0; i < shared->n_objects; i++) {
		if (shared->objects[i].id == id) {
			return &shared->objects[i];
		}
	}
	if (shared->n_objects == TRACE_OBJECTS) {
		return NULL;
	}
	struct trace_object *object = &shared->objects[shared->n_objects++];
	object->id = id;
	return object;
}

// libdrm asks twice, the first time for the number alone.
static void note_planes(const struct drm_mode_get_plane_res *resources) {
	const uint32_t *ids = (const uint32_t *)(uintptr_t)resources->plane_id_ptr;
	for (uint32_t i = 0; ids && i < resources->count_planes; i++) {
		struct trace_object *object = object_of(ids[i]);
		if (object) {
			object->is_plane = true;
		}
	}
}

static void note_values(const struct drm_mode_atomic *atomic) {
	const uint32_t *ids = (const uint32_t *)(uintptr_t)atomic->objs_ptr;
	const uint32_t *counts = (const uint32_t *)(uintptr_t)atomic->count_props_ptr;
	for (uint32_t i = 0; i < trace.shared->n_objects; i++) {
		trace.shared->objects[i].last = 0;
	}
	for (uint32_t i = 0; i < atomic->count_objs; i++) {
		struct trace_object *object = object_of(ids[i]);
		if (object) {
			object->last = counts[i];
			object->max = counts[i] > object->max ? counts[i] : object->max;
		}
	}
}

static void note_result(uint64_t results[TRACE_ERRNOS], int error) {
	results[error < TRACE_ERRNOS ? error : TRACE_ERRNOS - 1]++;
}

// An errno to refuse this commit with, or 0.
static int choose_refusal(void) {
	struct trace_shared *shared = trace.shared;
	if (shared->refusal.permille == 0 || shared->refusal.n_errnos == 0 || trace.refused_last) {
		return 0;
	}
	shared->refusal.random = shared->refusal.random * 1664525 + 1013904223;
	if ((shared->refusal.random >> 8) % 1000 >= shared->refusal.permille) {
		return 0;
	}
	return shared->refusal.errnos[shared->refusal.next++ % shared->refusal.n_errnos];
}

static int commit(int fd, struct drm_mode_atomic *atomic) {
	struct trace_counts *counts = &trace.shared->counts;
	counts->commits++;
	counts->modesets += (atomic->flags & DRM_MODE_ATOMIC_ALLOW_MODESET) != 0;
	if (trace.refused_last) {
		counts->wait_ns += (uint64_t)(now_ns() - trace.refused_ns);
	}
	int error = choose_refusal();
	trace.refused_last = error != 0;
	if (error != 0) {
		counts->refused++;
		trace.refused_ns = now_ns();
		note_result(counts->commit_results, error);
		errno = error;
		return -1;
	}
	note_values(atomic);
	int ret = pass_on(fd, DRM_IOCTL_MODE_ATOMIC, atomic);
	note_result(counts->commit_results, ret == 0 ? 0 : errno);
	return ret;
}

static int test(int fd, struct drm_mode_atomic *atomic) {
	trace.shared->counts.tests++;
	int ret = pass_on(fd, DRM_IOCTL_MODE_ATOMIC, atomic);
	note_result(trace.shared->counts.test_results, ret == 0 ? 0 : errno);
	return ret;
}

int ioctl(int fd, unsigned long request, ...) {
	va_list list;
	va_start(list, request);
	void *argument = va_arg(list, void *);
	va_end(list);
	if (!trace.shared || _IOC_TYPE(request) != DRM_IOCTL_BASE) {
		return pass_on(fd, request, argument);
	}
	if (request == DRM_IOCTL_MODE_ATOMIC) {
		struct drm_mode_atomic *atomic = argument;
		return atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY ? test(fd, atomic) : commit(fd, atomic);
	}
	trace.shared->counts.other_ioctls++;
	int ret = pass_on(fd, request, argument);
	if (request == DRM_IOCTL_MODE_GETPLANERESOURCES && ret == 0) {
		note_planes(argument);
	}
	return ret;
}

// ---- cgroups ----

static void note_cgroup(const char *path) {
	if (trace.shared && strncmp(path, "/sys/fs/cgroup/", 15) == 0 && gettid() == getpid()) {
		trace.shared->counts.cgroup_changes++;
	}
}

int mkdir(const char *path, mode_t mode) {
	note_cgroup(path);
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rmdir(const char *path) {
	note_cgroup(path);
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

static int open_file(const char *path, int flags, mode_t mode) {
	if ((flags & O_ACCMODE) != O_RDONLY) {
		note_cgroup(path);
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

// All that <fcntl.h> may make of open(2); named so as not to meet its own redirections.
int trace_open(const char *path, int flags, ...) __asm__("open");
int trace_open64(const char *path, int flags, ...) __asm__("open64");
int trace_open_2(const char *path, int flags) __asm__("__open_2");
int trace_open64_2(const char *path, int flags) __asm__("__open64_2");

int trace_open(const char *path, int flags, ...) {
	va_list list;
	va_start(list, flags);
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
	va_end(list);
	return open_file(path, flags, mode);
}

int trace_open64(const char *path, int flags, ...) {
	va_list list;
	va_start(list, flags);
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
	va_end(list);
	return open_file(path, flags, mode);
}

int trace_open_2(const char *path, int flags) {
	return open_file(path, flags, 0);
}

int trace_open64_2(const char *path, int flags) {
	return open_file(path, flags, 0);
}

// ---- the allocator ----

static void name_caller(struct trace_caller *caller, void *address) {
	Dl_info info;
	if (dladdr(address, &info) == 0) {
		snprintf(caller->name, sizeof(caller->name), "%p", address);
		return;
	}
	const char *file = strrchr(info.dli_fname, '/');
	snprintf(caller->name, sizeof(caller->name), "%s+%#tx", file ? file + 1 : info.dli_fname,
		(char *)address - (char *)info.dli_fbase);
}

static void note_caller(void *address) {
	for (int i = 0; i < TRACE_CALLERS; i++) {
		struct trace_caller *caller = &trace.shared->callers[i];
		if (caller->address == 0) {
			caller->address = (uintptr_t)address;
			name_caller(caller, address);
		}
		if (caller->address == (uintptr_t)address) {
			caller->count++;
			return;
		}
	}
}

static void count_allocation(void *address) {
	if (!trace.shared) {
		return;
	}
	if (is_in(&trace.wayland, address)) {
		trace.shared->counts.wayland_allocations++;
		return;
	}
	if (is_in(&trace.pixman, address)) {
		trace.shared->counts.pixman_allocations++;
	} else {
		trace.shared->counts.allocations++;
	}
	if (trace.shared->name_callers) {
		note_caller(address);
	}
}

void *malloc(size_t size) {
	count_allocation(__builtin_return_address(0));
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
	count_allocation(__builtin_return_address(0));
	return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size) {
	count_allocation(__builtin_return_address(0));
	return __libc_realloc(memory, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
	count_allocation(__builtin_return_address(0));
	if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
		return EINVAL;
	}
	void *made = __libc_memalign(alignment, size);
	if (!made) {
		return ENOMEM;
	}
	*memory = made;
	return 0;
}

void *aligned_alloc(size_t alignment, size_t size) {
	count_allocation(__builtin_return_address(0));
	return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
	count_allocation(__builtin_return_address(0));
	return __libc_memalign(alignment, size);
}
