// SPDX-License-Identifier: MIT
// Loaded into a display server by LD_PRELOAD, for what it cannot be asked from outside:
//
// BENCH_BUSY=FILE  counts how long the main thread is at work, see busy.h. The guest's CPU time comes
//                  in ticks of 10 ms, that is 5 samples in 3 frames at 60 Hz, always at the same 5
//                  phases: work of 3 ms a frame is seen as anything from 0 to 3.3. A server with
//                  one thread is on the CPU from the end of a wait for events to the next one.
// BENCH_MODE=WxH   makes this mode the preferred one of every display. cage cannot be told a mode.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xf86drmMode.h>

#include "busy.h"

static struct {
	struct bench_busy *busy; // NULL: do not count
	int64_t since_ns;        // end of the last wait
	unsigned width, height;  // px; 0: leave the modes alone
	int (*epoll_wait)(int fd, struct epoll_event *events, int len, int timeout);
	int (*poll)(struct pollfd *fds, nfds_t len, int timeout);
	drmModeConnectorPtr (*get_connector)(int fd, uint32_t connector);
} preload;

// Only the thread that loaded this counts.
static _Thread_local bool main_thread;

static int64_t now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

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
	preload.since_ns = now_ns();
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
	preload.busy->busy_ns += (uint64_t)(now_ns() - preload.since_ns);
	preload.busy->waits++;
	return true;
}

static void end_wait(void) {
	preload.since_ns = now_ns();
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
