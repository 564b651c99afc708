// SPDX-License-Identifier: MIT
#include "input-fixture.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void start_server(struct test_server *server, const char *configuration) {
	snprintf(path, sizeof(path), "/tmp/vitrine-input-%d.ini", (int)getpid());
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(configuration, file);
	fclose(file);
	static unsigned serial;
	char name[32];
	snprintf(name, sizeof(name), "input-%d-%u", (int)getpid(), serial++);
	const char *args[] = {
		"--device", test_device(), "--mode", TEST_MODE, "--socket", name, "--config", path, NULL};
	test_server_launch(server, args, NULL);
	strcpy(server->socket, name);
	assert_true(test_server_wait_log(server, "ready\n"));
}

struct input_fixture *input_start_with(const char *configuration) {
	static struct input_fixture fixture;
	memset(&fixture, 0, sizeof(fixture));
	char text[4096];
	snprintf(text, sizeof(text), "%s%s", INPUT_FLAT, configuration);
	start_server(&fixture.server, text);
	test_client_connect(&fixture.control, &fixture.server);
	test_client_connect(&fixture.client, &fixture.server);
	input_show_window(&fixture.window, &fixture.client, &fixture.buffer, "input");
	test_seat_init(&fixture.seat, &fixture.client, 9);
	return &fixture;
}

int input_start(void **state) {
	*state = input_start_with("");
	return 0;
}

int input_stop(void **state) {
	struct input_fixture *fixture = *state;
	test_device_finish(&fixture->pointer, NULL);
	test_device_finish(&fixture->keyboard, NULL);
	test_device_finish(&fixture->touch, NULL);
	test_device_finish(&fixture->others[0], NULL);
	test_device_finish(&fixture->others[1], NULL);
	test_seat_finish(&fixture->seat);
	test_window_finish(&fixture->window);
	test_buffer_finish(&fixture->buffer);
	test_client_disconnect(&fixture->client);
	test_client_disconnect(&fixture->control);
	test_server_stop(&fixture->server);
	unlink(path);
	return 0;
}

void input_show_window(struct test_window *window, struct test_client *client,
	struct test_buffer *buffer, const char *app_id) {
	test_window_init(window, client, app_id, NULL);
	test_buffer_init_shm(buffer, client, DRM_FORMAT_XRGB8888, window->width, window->height);
	test_surface_show(&window->base, buffer);
	test_surface_wait_frame(&window->base);
}

void input_show_popup(struct test_popup *popup, struct test_buffer *buffer, int width, int height) {
	test_buffer_init_shm(buffer, popup->base.client, DRM_FORMAT_XRGB8888, width, height);
	test_surface_show(&popup->base, buffer);
	test_surface_wait_frame(&popup->base);
}
