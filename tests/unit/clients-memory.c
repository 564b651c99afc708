// SPDX-License-Identifier: MIT
// Memory of every kind that the client programs draw into. What a machine lacks is skipped; the
// vkms guest has it all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "count.h"
#include "shared/memory.h"

static bool usable(const char *pattern) {
	glob_t found = {0};
	bool ok = glob(pattern, 0, NULL, &found) == 0 && access(found.gl_pathv[0], R_OK | W_OK) == 0;
	globfree(&found);
	return ok;
}

// What is written through one mapping is there in the next, and nothing stays behind.
static void write_and_read_back(enum client_memory_kind kind, size_t size, uint32_t pitch) {
	int fds = test_count_entries("/proc/self/fd");
	struct client_allocator_options options = {.kind = kind};
	struct client_allocator allocator;
	assert_true(client_allocator_open(&allocator, &options));
	assert_int_equal(allocator.kind, kind);
	struct client_memory memory;
	assert_true(client_memory_alloc(&allocator, size, pitch, &memory));
	assert_true(memory.size >= size);
	assert_true(memory.pitch >= pitch);
	assert_int_equal(memory.is_dmabuf, kind != CLIENT_MEMORY_SHM);
	assert_true(lseek(memory.fd, 0, SEEK_END) >= (off_t)size);
	assert_true(client_memory_map(&memory));
	client_memory_begin(&memory, true);
	memset(memory.map, 0x5a, size);
	client_memory_end(&memory, true);
	client_memory_begin(&memory, false);
	assert_int_equal(memory.map[0], 0x5a);
	assert_int_equal(memory.map[size - 1], 0x5a);
	client_memory_end(&memory, false);
	client_memory_free(&memory);
	client_allocator_close(&allocator);
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

static void check_kind(enum client_memory_kind kind, const char *pattern) {
	if (pattern && !usable(pattern)) {
		print_message("%s is not here or not permitted\n", pattern);
		skip();
	}
	write_and_read_back(kind, 4096, 256);
	write_and_read_back(kind, (size_t)1920 * 1080 * 4, 1920 * 4);
	write_and_read_back(kind, 321 * 4 + 1, 321 * 4);
}

static void udmabuf(void **state) {
	(void)state;
	check_kind(CLIENT_MEMORY_UDMABUF, "/dev/udmabuf");
}

static void dma_heap(void **state) {
	(void)state;
	check_kind(CLIENT_MEMORY_DMA_HEAP, "/dev/dma_heap/system");
}

static void dumb(void **state) {
	(void)state;
	check_kind(CLIENT_MEMORY_DUMB, "/dev/dri/card*");
}

static void shm(void **state) {
	(void)state;
	check_kind(CLIENT_MEMORY_SHM, NULL);
}

static void unknown_devices_are_errors(void **state) {
	(void)state;
	struct client_allocator allocator;
	struct client_allocator_options options = {
		.kind = CLIENT_MEMORY_DMA_HEAP, .heap = "no-such-heap"};
	assert_false(client_allocator_open(&allocator, &options));
	options = (struct client_allocator_options){
		.kind = CLIENT_MEMORY_DUMB, .device = "/nonexistent/card0"};
	assert_false(client_allocator_open(&allocator, &options));
	options.device = "/dev/null";
	assert_false(client_allocator_open(&allocator, &options));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udmabuf),
		cmocka_unit_test(dma_heap),
		cmocka_unit_test(dumb),
		cmocka_unit_test(shm),
		cmocka_unit_test(unknown_devices_are_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
