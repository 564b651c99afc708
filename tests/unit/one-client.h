// SPDX-License-Identifier: MIT
// The harness with one client, for tests that need no other.
#ifndef VITRINE_TESTS_UNIT_ONE_CLIENT_H
#define VITRINE_TESTS_UNIT_ONE_CLIENT_H

#include "wayland-harness.h"

extern struct client *client;

// For cmocka_unit_test_setup_teardown.
int one_client_setup(void **state);
int one_client_teardown(void **state);

// All that it has asked for is done.
void sync_client(void);
struct wl_surface *new_surface(void);
// Of ARGB8888, all of one colour.
struct shm_image *new_image(int32_t width, int32_t height, uint32_t colour);
// The colour that the scene shows of the surface.
uint32_t shown(struct wl_surface *surface);

#endif
