// SPDX-License-Identifier: MIT
// dma-bufs from every source that a test machine has.
#ifndef VITRINE_TESTS_LIB_DMABUF_H
#define VITRINE_TESTS_LIB_DMABUF_H

#include <stdbool.h>
#include <stddef.h>

enum test_memory {
	TEST_MEMORY_UDMABUF, // a sealed memfd through /dev/udmabuf
	TEST_MEMORY_HEAP,    // /dev/dma_heap/system
	TEST_MEMORY_DUMB, // a dumb buffer of the KMS device (VITRINE_TEST_DEVICE), own file description
	TEST_MEMORY_VGEM, // a dumb buffer of vgem
	TEST_MEMORY_COUNT,
};

struct test_dmabuf {
	int fd;      // the dma-buf
	void *map;   // readable and writable
	size_t size; // bytes, whole pages
};

// "udmabuf", "heap", "dumb", "vgem"
const char *test_memory_name(enum test_memory source);

// A zeroed dma-buf of at least `size` bytes, mapped. False with errno set, ENOENT or ENODEV when the
// machine does not have the source; the caller ends it with test_dmabuf_finish.
bool test_dmabuf_create(struct test_dmabuf *buffer, enum test_memory source, size_t size);
void test_dmabuf_finish(struct test_dmabuf *buffer);

// Brackets writing by the CPU (DMA_BUF_IOCTL_SYNC).
bool test_dmabuf_begin_write(struct test_dmabuf *buffer);
bool test_dmabuf_end_write(struct test_dmabuf *buffer);

#endif
