// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <drm_fourcc.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool fixture_has_overlays(void) {
	const char *layout = getenv("VITRINE_LAYOUT");
	return layout && strcmp(layout, "default") == 0;
}

#define FAST_MODE "320x240@200"

static int start(void **state, const char *mode, bool traced) {
	static struct fixture fixture;
	fixture = (struct fixture){0};
	*state = &fixture;
	if (traced) {
		test_trace_start(&fixture.trace, &fixture.server, mode);
	} else {
		test_server_start(&fixture.server, mode);
	}
	test_client_connect(&fixture.control, &fixture.server);
	test_picture_init(&fixture.picture, TEST_WIDTH, TEST_HEIGHT);
	return 0;
}

int fixture_start(void **state) {
	return start(state, NULL, false);
}

int fixture_start_fast(void **state) {
	return start(state, FAST_MODE, false);
}

int fixture_start_with_module(
	void **state, const char *module, const char *variable, const char *value) {
	char program[PATH_MAX] = "", preload[PATH_MAX + 32];
	assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	snprintf(preload, sizeof(preload), "%s/%s", dirname(program), module);
	assert_int_equal(access(preload, R_OK), 0);
	setenv(variable, value, 1);
	setenv("LD_PRELOAD", preload, 1); // for the server alone
	int rc = fixture_start(state);
	unsetenv("LD_PRELOAD");
	unsetenv(variable);
	return rc;
}

int fixture_start_choosy(void **state, const char *variable, const char *value) {
	return fixture_start_with_module(state, "fewer-formats.so", variable, value);
}

int fixture_start_traced(void **state) {
	return start(state, NULL, true);
}

int fixture_start_traced_fast(void **state) {
	return start(state, FAST_MODE, true);
}

static const char config_path[] = "/tmp/vitrine-fixture.ini";

static void write_config(const char *text) {
	FILE *file = fopen(config_path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
}

void fixture_start_with(struct fixture *fixture, const char *text) {
	static unsigned serial;
	char name[32];
	*fixture = (struct fixture){0};
	write_config(text);
	snprintf(name, sizeof(name), "configured-%u", serial++);
	const char *args[] = {
		"--config", config_path, "--device", test_device(), "--socket", name, NULL};
	test_server_launch(&fixture->server, args, NULL);
	strcpy(fixture->server.socket, name);
	assert_true(test_server_wait_log(&fixture->server, "ready\n"));
	test_client_connect(&fixture->control, &fixture->server);
	test_picture_init(&fixture->picture, TEST_WIDTH, TEST_HEIGHT);
}

void fixture_reload(struct fixture *fixture, const char *text) {
	char line[192];
	write_config(text);
	snprintf(line, sizeof(line), "vitrinectl --socket %s reload", fixture->server.socket);
	assert_int_equal(system(line), 0);
}

int fixture_stop(void **state) {
	struct fixture *fixture = *state;
	test_picture_finish(&fixture->picture);
	test_client_disconnect(&fixture->control);
	test_server_stop(&fixture->server);
	test_trace_finish(&fixture->trace);
	return 0;
}

void witness_init(
	struct witness *witness, struct fixture *fixture, const char *app_id, uint32_t seed) {
	*witness = (struct witness){0};
	test_client_connect(&witness->client, &fixture->server);
	test_window_init(&witness->window, &witness->client, app_id, NULL);
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(&witness->buffers[i], &witness->client, TEST_MEMORY_UDMABUF,
			DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		test_buffer_paint(&witness->buffers[i], seed); // both alike: one picture for ever
	}
	witness_next_frame(witness);
}

void witness_finish(struct witness *witness) {
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&witness->buffers[i]);
	}
	test_window_finish(&witness->window);
	test_client_disconnect(&witness->client);
}

void witness_next_frame(struct witness *witness) {
	witness->shown = 1 - witness->shown;
	struct test_buffer *buffer = &witness->buffers[witness->shown];
	test_buffer_wait_release(buffer);
	test_surface_show(&witness->window.base, buffer);
	test_surface_wait_frame(&witness->window.base);
}

void witness_picture(const struct witness *witness, struct test_picture *picture) {
	test_picture_init(picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(picture, &(struct test_layer){.image = &witness->buffers[0].image});
}
