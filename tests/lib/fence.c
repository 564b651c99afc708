// SPDX-License-Identifier: MIT
#include "fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "sw_sync.h"

void test_timeline_init(struct test_timeline *timeline) {
	*timeline = (struct test_timeline){.fd = open(SW_SYNC_PATH, O_RDWR | O_CLOEXEC)};
	if (timeline->fd < 0) {
		printf("%s: %s: needs a kernel with CONFIG_SW_SYNC\n", SW_SYNC_PATH, strerror(errno));
		exit(77);
	}
}

void test_timeline_attach(struct test_timeline *timeline, struct test_dmabuf *buffer) {
	struct sw_sync_fence fence = {.value = ++timeline->attached, .name = "test", .fence = -1};
	assert_int_equal(ioctl(timeline->fd, SW_SYNC_CREATE_FENCE, &fence), 0);
	struct dma_buf_import_sync_file import = {.flags = DMA_BUF_SYNC_WRITE, .fd = fence.fence};
	assert_int_equal(ioctl(buffer->fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import), 0);
	close(fence.fence);
}

void test_timeline_signal(struct test_timeline *timeline) {
	__u32 points = 1;
	assert_int_equal(ioctl(timeline->fd, SW_SYNC_INC, &points), 0);
}

void test_timeline_finish(struct test_timeline *timeline) {
	close(timeline->fd);
	timeline->fd = -1;
}
