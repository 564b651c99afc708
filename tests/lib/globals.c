// SPDX-License-Identifier: MIT
#include "globals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	(void)registry;
	struct test_globals *globals = data;
	assert_true(globals->n < TEST_MAX_GLOBALS);
	struct test_global *global = &globals->list[globals->n++];
	*global = (struct test_global){.name = name, .version = version};
	snprintf(global->interface, sizeof(global->interface), "%s", interface);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	(void)data;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

void test_globals_ask(struct test_globals *globals, struct wl_display *display) {
	*globals = (struct test_globals){.registry = wl_display_get_registry(display)};
	wl_registry_add_listener(globals->registry, &registry_listener, globals);
}

static const struct test_global *find(
	const struct test_globals *globals, const struct wl_interface *interface, int index) {
	for (int i = 0; i < globals->n; i++) {
		if (strcmp(globals->list[i].interface, interface->name) == 0 && index-- == 0) {
			return &globals->list[i];
		}
	}
	return NULL;
}

uint32_t test_globals_version(
	const struct test_globals *globals, const struct wl_interface *interface) {
	const struct test_global *global = find(globals, interface, 0);
	return global ? global->version : 0;
}

void *test_globals_bind_nth(struct test_globals *globals, const struct wl_interface *interface,
	uint32_t version, int index) {
	const struct test_global *global = find(globals, interface, index);
	return global ? wl_registry_bind(globals->registry, global->name, interface,
						global->version < version ? global->version : version)
				  : NULL;
}

void *test_globals_bind(
	struct test_globals *globals, const struct wl_interface *interface, uint32_t version) {
	return test_globals_bind_nth(globals, interface, version, 0);
}

void test_globals_finish(struct test_globals *globals) {
	wl_registry_destroy(globals->registry);
	globals->registry = NULL;
}
