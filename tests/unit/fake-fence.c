// SPDX-License-Identifier: MIT
#include "fake-fence.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "wayland/server.h"

enum { MAX_FENCES = 256 };

static struct {
	struct scene_buffer *buffer;
	int fd; // readable when signalled
	bool signalled;
} fences[MAX_FENCES];
static int n_fences;
static struct scene_buffer_ops ops;

int fake_fence_watches;

// The latest one of the buffer.
static int fence_of(const struct scene_buffer *buffer) {
	int i = n_fences - 1;
	while (fences[i].buffer != buffer) {
		i--;
		assert_true(i >= 0);
	}
	return i;
}

static bool is_drawn(struct scene_buffer *buffer) {
	return fences[fence_of(buffer)].signalled;
}

static int drawn_fd(struct scene_buffer *buffer) {
	fake_fence_watches++;
	return fcntl(fences[fence_of(buffer)].fd, F_DUPFD_CLOEXEC, 0);
}

int fake_fence_attach(struct wl_client *peer, struct wl_buffer *buffer) {
	struct wl_resource *resource =
		wl_client_get_object(peer, wl_proxy_get_id((struct wl_proxy *)buffer));
	assert_non_null(resource);
	struct scene_buffer *base = buffer_from_resource(resource);
	assert_non_null(base);
	assert_true(n_fences < MAX_FENCES);
	if (!base->ops->is_drawn) {
		ops = *base->ops; // all are of one kind
		ops.is_drawn = is_drawn;
		ops.drawn_fd = drawn_fd;
		base->ops = &ops;
	}
	int fd = eventfd(0, EFD_CLOEXEC);
	assert_true(fd >= 0);
	fences[n_fences].buffer = base;
	fences[n_fences].fd = fd;
	fences[n_fences].signalled = false;
	return n_fences++;
}

void fake_fence_signal(int fence) {
	fences[fence].signalled = true;
	assert_int_equal(eventfd_write(fences[fence].fd, 1), 0);
}

void fake_fence_reset(void) {
	for (int i = 0; i < n_fences; i++) {
		close(fences[i].fd);
	}
	n_fences = 0;
	fake_fence_watches = 0;
}
