// SPDX-License-Identifier: MIT
// What a server offers to a client: asked for, then bound by type.
#ifndef VITRINE_TESTS_LIB_GLOBALS_H
#define VITRINE_TESTS_LIB_GLOBALS_H

#include <stdint.h>
#include <wayland-client.h>

enum { TEST_MAX_GLOBALS = 96 };

struct test_globals {
	struct wl_registry *registry;
	struct test_global {
		uint32_t name, version;
		char interface[64];
	} list[TEST_MAX_GLOBALS];
	int n;
};

// They are known after the caller's next roundtrip.
void test_globals_ask(struct test_globals *globals, struct wl_display *display);
// The highest version that is offered; 0: none.
uint32_t test_globals_version(
	const struct test_globals *globals, const struct wl_interface *interface);
// The one of that type that was offered first, in a version of at most `version`. NULL: there is none.
void *test_globals_bind(
	struct test_globals *globals, const struct wl_interface *interface, uint32_t version);
// Number `index` of them, from 0 on.
void *test_globals_bind_nth(struct test_globals *globals, const struct wl_interface *interface,
	uint32_t version, int index);
// What was bound stays.
void test_globals_finish(struct test_globals *globals);

#endif
