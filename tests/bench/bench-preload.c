// SPDX-License-Identifier: MIT
// Loaded into a display server by LD_PRELOAD, for what it cannot be asked from outside:
//
// BENCH_BUSY=FILE  counts how long the main thread is at work, see busy.h. The guest's CPU time comes
//                  in ticks of 10 ms, that is 5 samples in 3 frames at 60 Hz, always at the same 5
//                  phases: work of 3 ms a frame is seen as anything from 0 to 3.3. A server with
//                  one thread is on the CPU from the end of a wait for events to the next one.
//                  Also counts how long atomic commits take, and allocations by who makes them.
// BENCH_MODE=WxH   makes this mode the preferred one of every display. cage cannot be told a mode.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xf86drmMode.h>

#include "busy.h"

// glibc's own names of these, so that the first calls need no dlsym(3), which allocates itself.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

#define MAX_LIBRARIES 4

static struct {
	struct bench_busy *busy;                          // NULL: do not count
	uint64_t since;                                   // ticks, end of the last wait
	uint64_t frame_busy;                              // ticks at work when the last frame ended
	uintptr_t from[MAX_LIBRARIES], to[MAX_LIBRARIES]; // where libwayland and pixman lie
	int n_libraries;
	unsigned width, height; // px; 0: leave the modes alone
	int (*epoll_wait)(int fd, struct epoll_event *events, int len, int timeout);
	int (*poll)(struct pollfd *fds, nfds_t len, int timeout);
	drmModeConnectorPtr (*get_connector)(int fd, uint32_t connector);
} preload;

// Only the thread that loaded this counts.
static _Thread_local bool main_thread;

// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
static void find(const char *name, void *function) {
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function) {
		fprintf(stderr, "bench-preload: no %s\n", name);
		abort();
	}
}

static void stop_counting(void) {
	preload.busy = NULL;
}

static int take_library(struct dl_phdr_info *info, size_t size, void *data) {
	(void)size;
	(void)data;
	if ((!strstr(info->dlpi_name, "libwayland") && !strstr(info->dlpi_name, "libpixman")) ||
		preload.n_libraries == MAX_LIBRARIES) {
		return 0;
	}
	uintptr_t end = 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD && segment->p_vaddr + segment->p_memsz > end) {
			end = segment->p_vaddr + segment->p_memsz;
		}
	}
	preload.from[preload.n_libraries] = info->dlpi_addr;
	preload.to[preload.n_libraries++] = info->dlpi_addr + end;
	return 0;
}

__attribute__((constructor)) static void start(void) {
	find("epoll_wait", &preload.epoll_wait);
	find("poll", &preload.poll);
	const char *mode = getenv("BENCH_MODE");
	if (mode && sscanf(mode, "%ux%u", &preload.width, &preload.height) != 2) {
		preload.width = 0;
	}
	const char *path = getenv("BENCH_BUSY");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd >= 0) {
		void *map = mmap(NULL, sizeof(*preload.busy), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		preload.busy = map != MAP_FAILED ? map : NULL;
		close(fd);
	}
	main_thread = true;
	dl_iterate_phdr(take_library, NULL);
	preload.since = bench_ticks();
	// Helpers that the server forks or starts are not the server.
	pthread_atfork(NULL, NULL, stop_counting);
	unsetenv("LD_PRELOAD");
	unsetenv("BENCH_BUSY");
	unsetenv("BENCH_MODE");
}

static bool begin_wait(int timeout) {
	if (!preload.busy || !main_thread || timeout == 0) {
		return false;
	}
	preload.busy->busy += bench_ticks() - preload.since;
	preload.busy->waits++;
	return true;
}

static void end_wait(void) {
	preload.since = bench_ticks();
}

int epoll_wait(int fd, struct epoll_event *events, int len, int timeout) {
	bool counted = begin_wait(timeout);
	int result = preload.epoll_wait(fd, events, len, timeout);
	if (counted) {
		end_wait();
	}
	return result;
}

int poll(struct pollfd *fds, nfds_t len, int timeout) {
	bool counted = begin_wait(timeout);
	int result = preload.poll(fds, len, timeout);
	if (counted) {
		end_wait();
	}
	return result;
}

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t connector_id) {
	// Not before: libdrm may come with a module that is loaded later.
	if (!preload.get_connector) {
		find("drmModeGetConnector", &preload.get_connector);
	}
	drmModeConnectorPtr connector = preload.get_connector(fd, connector_id);
	for (int i = 0; preload.width > 0 && connector && i < connector->count_modes; i++) {
		drmModeModeInfo *mode = &connector->modes[i];
		bool wanted = mode->hdisplay == preload.width && mode->vdisplay == preload.height;
		mode->type &= ~(uint32_t)DRM_MODE_TYPE_PREFERRED;
		mode->type |= wanted ? DRM_MODE_TYPE_PREFERRED : 0;
	}
	return connector;
}

static void note_frame(uint64_t now, uint64_t commit) {
	uint64_t busy = preload.busy->busy + (now - preload.since);
	preload.busy->frames[preload.busy->commits++ % BENCH_FRAMES] = (struct bench_frame){
		.busy = (uint32_t)(busy - preload.frame_busy), .commit = (uint32_t)commit};
	preload.frame_busy = busy;
}

// libdrm and the servers themselves call it with one argument at most.
int ioctl(int fd, unsigned long request, ...) {
	va_list list;
	va_start(list, request);
	void *argument = va_arg(list, void *);
	va_end(list);
	if (!preload.busy || !main_thread || request != DRM_IOCTL_MODE_ATOMIC) {
		return (int)syscall(SYS_ioctl, fd, request, argument);
	}
	uint64_t start = bench_ticks();
	int result = (int)syscall(SYS_ioctl, fd, request, argument);
	uint64_t end = bench_ticks();
	preload.busy->commit += end - start;
	const struct drm_mode_atomic *atomic = argument;
	if (result == 0 && (atomic->flags & DRM_MODE_PAGE_FLIP_EVENT)) {
		note_frame(end, end - start);
	}
	return result;
}

static void count_allocation(const void *caller) {
	struct bench_busy *busy = preload.busy;
	if (!busy) {
		return;
	}
	for (int i = 0; i < preload.n_libraries; i++) {
		if ((uintptr_t)caller >= preload.from[i] && (uintptr_t)caller < preload.to[i]) {
			busy->library_allocations++;
			return;
		}
	}
	busy->allocations++;
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
