// SPDX-License-Identifier: MIT
// painter SEED [APP-ID]: an app for tests. Fills the place that it is told with the picture of that seed,
// once, and then only listens.
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

int main(int argc, char **argv) {
	const char *socket = getenv("WAYLAND_DISPLAY");
	if (argc < 2 || !socket) {
		fprintf(stderr, "usage: painter SEED [APP-ID]\n");
		return 2;
	}
	static struct test_server server;
	static struct test_client client;
	static struct test_window window;
	static struct test_buffer buffer;
	snprintf(server.socket, sizeof(server.socket), "%s", socket);
	test_client_connect(&client, &server);
	test_window_init(&window, &client, argc > 2 ? argv[2] : "painter", NULL);
	test_buffer_init_shm(&buffer, &client, DRM_FORMAT_XRGB8888, window.width, window.height);
	test_buffer_paint(&buffer, (uint32_t)atoi(argv[1]));
	test_surface_show(&window.base, &buffer);
	for (;;) {
		test_client_dispatch(&client);
	}
}
