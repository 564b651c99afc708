// SPDX-License-Identifier: MIT
// Counts what a unit test allocates, by the address sanitizer's hooks.
#ifndef VITRINE_TESTS_ALLOCATIONS_H
#define VITRINE_TESTS_ALLOCATIONS_H

#include <stdatomic.h>
#include <stddef.h>

// Without the address sanitizer nobody counts.
extern int __sanitizer_install_malloc_and_free_hooks(
	void (*malloc_hook)(const volatile void *, size_t), void (*free_hook)(const volatile void *))
	__attribute__((weak));

static atomic_int allocations; // in all threads, since count_allocations

static void count_malloc(const volatile void *p, size_t size) {
	(void)p;
	(void)size;
	allocations++;
}

static void ignore_free(const volatile void *p) {
	(void)p;
}

// Once a program. Skips the test where that cannot be.
static void count_allocations(void) {
	if (!__sanitizer_install_malloc_and_free_hooks) {
		print_message("no address sanitizer to count allocations with\n");
		skip();
	}
	__sanitizer_install_malloc_and_free_hooks(count_malloc, ignore_free);
}

#endif
