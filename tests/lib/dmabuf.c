// SPDX-License-Identifier: MIT
#include "dmabuf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define DUMB_ROW_PX 1024 // dumb buffers are made as XRGB8888 pictures of this width
#define MAX_CARDS 16

const char *test_memory_name(enum test_memory source) {
	static const char *const names[TEST_MEMORY_COUNT] = {
		[TEST_MEMORY_UDMABUF] = "udmabuf",
		[TEST_MEMORY_HEAP] = "heap",
		[TEST_MEMORY_DUMB] = "dumb",
		[TEST_MEMORY_VGEM] = "vgem",
	};
	return names[source];
}

static void close_keeping_errno(int fd) {
	int saved_errno = errno;
	close(fd);
	errno = saved_errno;
}

static int from_udmabuf(size_t size) {
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (device < 0) {
		return -1;
	}
	int fd = -1;
	int memory = memfd_create("test-dmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	// udmabuf insists on a memfd that cannot shrink.
	if (memory >= 0 && ftruncate(memory, (off_t)size) == 0 &&
		fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) == 0) {
		struct udmabuf_create create = {
			.memfd = (uint32_t)memory,
			.flags = UDMABUF_FLAGS_CLOEXEC,
			.size = size,
		};
		fd = ioctl(device, UDMABUF_CREATE, &create);
	}
	if (memory >= 0) {
		close_keeping_errno(memory);
	}
	close_keeping_errno(device);
	return fd;
}

static int from_heap(size_t size) {
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	if (heap < 0) {
		return -1;
	}
	struct dma_heap_allocation_data data = {.len = size, .fd_flags = O_RDWR | O_CLOEXEC};
	int fd = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) == 0 ? (int)data.fd : -1;
	close_keeping_errno(heap);
	return fd;
}

// A dumb buffer of the card; its dma-buf outlives the file description it was made with.
static int from_card(int card, size_t size) {
	uint32_t handle, pitch;
	uint64_t made;
	uint32_t rows = (uint32_t)((size + 4 * DUMB_ROW_PX - 1) / (4 * DUMB_ROW_PX));
	if (drmModeCreateDumbBuffer(card, DUMB_ROW_PX, rows, 32, 0, &handle, &pitch, &made) != 0) {
		return -1;
	}
	int fd = -1;
	if (drmPrimeHandleToFD(card, handle, DRM_CLOEXEC | DRM_RDWR, &fd) != 0) {
		fd = -1;
	}
	int saved_errno = errno;
	drmModeDestroyDumbBuffer(card, handle);
	errno = saved_errno;
	return fd;
}

// Opens the first card whose driver is vgem, or is not.
static int open_card(bool vgem) {
	const char *named = getenv("VITRINE_TEST_DEVICE");
	if (!vgem && named && *named) {
		return open(named, O_RDWR | O_CLOEXEC);
	}
	for (int i = 0; i < MAX_CARDS; i++) {
		char path[32];
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			continue;
		}
		drmVersion *version = drmGetVersion(fd);
		bool found = version && (strcmp(version->name, "vgem") == 0) == vgem;
		drmFreeVersion(version);
		if (found) {
			return fd;
		}
		close(fd);
	}
	errno = ENOENT;
	return -1;
}

static int from_dumb(size_t size, bool vgem) {
	int card = open_card(vgem);
	if (card < 0) {
		return -1;
	}
	int fd = from_card(card, size);
	close_keeping_errno(card);
	return fd;
}

bool test_dmabuf_create(struct test_dmabuf *buffer, enum test_memory source, size_t size) {
	*buffer = (struct test_dmabuf){.fd = -1};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size = (size + page - 1) / page * page;
	switch (source) {
	case TEST_MEMORY_UDMABUF:
		buffer->fd = from_udmabuf(size);
		break;
	case TEST_MEMORY_HEAP:
		buffer->fd = from_heap(size);
		break;
	case TEST_MEMORY_DUMB:
		buffer->fd = from_dumb(size, false);
		break;
	case TEST_MEMORY_VGEM:
		buffer->fd = from_dumb(size, true);
		break;
	case TEST_MEMORY_COUNT:
		errno = EINVAL;
		break;
	}
	if (buffer->fd < 0) {
		return false;
	}
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	if (map == MAP_FAILED) {
		close_keeping_errno(buffer->fd);
		buffer->fd = -1;
		return false;
	}
	buffer->map = map;
	buffer->size = size;
	memset(map, 0, size);
	return true;
}

void test_dmabuf_finish(struct test_dmabuf *buffer) {
	if (buffer->map) {
		munmap(buffer->map, buffer->size);
	}
	if (buffer->fd >= 0) {
		close(buffer->fd);
	}
	*buffer = (struct test_dmabuf){.fd = -1};
}

static bool sync_cpu(struct test_dmabuf *buffer, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = flags | DMA_BUF_SYNC_RW};
	int ret;
	do {
		ret = ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (ret != 0 && (errno == EINTR || errno == EAGAIN));
	return ret == 0;
}

bool test_dmabuf_begin_write(struct test_dmabuf *buffer) {
	return sync_cpu(buffer, DMA_BUF_SYNC_START);
}

bool test_dmabuf_end_write(struct test_dmabuf *buffer) {
	return sync_cpu(buffer, DMA_BUF_SYNC_END);
}
