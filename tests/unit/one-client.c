// SPDX-License-Identifier: MIT
#include "one-client.h"

struct client *client;

int one_client_setup(void **state) {
	harness_setup(state);
	client = client_connect();
	return 0;
}

int one_client_teardown(void **state) {
	client_disconnect(client);
	return harness_teardown(state);
}

void sync_client(void) {
	assert_true(client_sync(client));
}

struct wl_surface *new_surface(void) {
	return wl_compositor_create_surface(client->compositor);
}

struct shm_image *new_image(int32_t width, int32_t height, uint32_t colour) {
	return image_create(client, width, height, WL_SHM_FORMAT_ARGB8888, colour);
}

uint32_t shown(struct wl_surface *surface) {
	return read_pixel(&server_surface(client, surface)->layer);
}
