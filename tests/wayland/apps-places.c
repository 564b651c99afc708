// SPDX-License-Identifier: MIT
// Where the windows of the configuration's apps are, by what the screens show; and whose they are, by
// their processes, whatever they call themselves.
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static char painter[512];

static void find_painter(void) {
	ssize_t n = readlink("/proc/self/exe", painter, sizeof(painter) - 16);
	assert_true(n > 0);
	painter[n] = '\0';
	strcpy(strrchr(painter, '/'), "/painter");
}

// %P in the text is the painter.
static void start(struct fixture *fixture, const char *text) {
	static char path[] = "/tmp/vitrine-places.ini";
	static unsigned serial;
	*fixture = (struct fixture){0};
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (const char *at = text, *next; *at; at = next) {
		next = strstr(at, "%P");
		next = next ? next : at + strlen(at);
		fwrite(at, 1, (size_t)(next - at), file);
		if (*next) {
			fputs(painter, file);
			next += 2;
		}
	}
	fclose(file);
	char name[32];
	snprintf(name, sizeof(name), "places-%u", serial++);
	const char *args[] = {
		"--config", path, "--device", test_device(), "--mode", TEST_MODE, "--socket", name, NULL};
	test_server_launch(&fixture->server, args, NULL);
	strcpy(fixture->server.socket, name);
	assert_true(test_server_wait_log(&fixture->server, "ready\n"));
	test_client_connect(&fixture->control, &fixture->server);
	test_picture_init(&fixture->picture, TEST_WIDTH, TEST_HEIGHT);
}

static void stop(struct fixture *fixture) {
	test_picture_finish(&fixture->picture);
	test_client_disconnect(&fixture->control);
	test_server_stop(&fixture->server);
}

static void clear(struct fixture *fixture) {
	test_picture_fill(
		&fixture->picture, 0, 0, TEST_WIDTH, TEST_HEIGHT, (struct test_color){.a = 0xffff});
}

// What a painter of that seed shows in a place of that size.
static void draw(struct fixture *fixture, uint32_t seed, int x, int y, int width, int height) {
	struct test_client client;
	struct test_buffer buffer;
	test_client_connect(&client, &fixture->server);
	test_buffer_init_shm(&buffer, &client, DRM_FORMAT_XRGB8888, width, height);
	test_buffer_paint(&buffer, seed);
	test_picture_draw(
		&fixture->picture, &(struct test_layer){.image = &buffer.image, .x = x, .y = y});
	test_buffer_finish(&buffer);
	test_client_disconnect(&client);
}

static void assert_screen(struct fixture *fixture, int crtc) {
	struct test_screen screen;
	test_screen_open(&screen, crtc);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

// The app that the layer of that size is said to be of, on the first output.
static void app_of_layer(struct fixture *fixture, int width, char name[64]) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	name[0] = '\0';
	bool found = false;
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		if (test_json_int(layer, "width") == width) {
			snprintf(name, 64, "%s", test_json_string(layer, "app"));
			found = true;
		}
	}
	json_object_put(status);
	assert_true(found);
}

static void test_regions_layers_and_outputs(void **state) {
	(void)state;
	struct fixture f;
	// The later one starts first where it has to: the order of windows is not that of the file.
	start(&f,
		"[app below]\ncommand = %P 1\noutput = Virtual-1\nlayer = background\nafter = bar\n"
		"ready-within = 60\n"
		"[app left]\ncommand = %P 2\noutput = Virtual-1\nregion = 100x200+0+0\nafter = below\n"
		"ready-within = 60\n"
		"[app right]\ncommand = %P 3\noutput = Virtual-1\nregion = 150x200+170+0\nafter = left\n"
		"ready-within = 60\n"
		"[app bar]\ncommand = %P 4\noutput = Virtual-1\nregion = 320x30+0+180\nlayer = overlay\n"
		"ready-within = 60\n"
		"[app second]\ncommand = %P 5\noutput = Virtual-2\n");
	draw(&f, 1, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	draw(&f, 2, 0, 0, 100, 200);
	draw(&f, 3, 170, 0, 150, 200);
	draw(&f, 4, 0, 180, 320, 30);
	assert_screen(&f, 0);
	clear(&f);
	draw(&f, 5, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	assert_screen(&f, 1);
	char name[64];
	app_of_layer(&f, 100, name);
	assert_string_equal(name, "left");
	app_of_layer(&f, 150, name);
	assert_string_equal(name, "right");
	stop(&f);
}

// An alert that calls itself as another app does stays where its own app belongs.
static void test_names_that_are_claimed_do_not_count(void **state) {
	(void)state;
	struct fixture f;
	start(&f,
		"[app real]\ncommand = %P 1 real\noutput = Virtual-1\nregion = 100x100+0+0\n"
		"ready-within = 60\n"
		"[app liar]\ncommand = sh -c 'setsid %P 2 real & wait'\noutput = Virtual-1\n"
		"region = 60x60+200+100\nafter = real\n");
	draw(&f, 1, 0, 0, 100, 100);
	draw(&f, 2, 200, 100, 60, 60); // though a child of its own session shows it
	assert_screen(&f, 0);
	char name[64];
	app_of_layer(&f, 60, name);
	assert_string_equal(name, "liar");
	// One from outside is of no app.
	struct test_client client;
	struct test_window window;
	test_client_connect(&client, &f.server);
	test_window_init(&window, &client, "real", NULL);
	assert_int_equal(window.width, TEST_WIDTH);
	test_window_finish(&window);
	test_client_disconnect(&client);
	stop(&f);
}

static void test_app_of_the_command_line(void **state) {
	(void)state;
	struct fixture f = {0};
	const char *args[] = {"--device", test_device(), "--mode", TEST_MODE, "--socket", "places-app",
		"--", painter, "7", NULL};
	test_server_launch(&f.server, args, NULL);
	strcpy(f.server.socket, "places-app");
	assert_true(test_server_wait_log(&f.server, "ready\n"));
	test_client_connect(&f.control, &f.server);
	test_picture_init(&f.picture, TEST_WIDTH, TEST_HEIGHT);
	draw(&f, 7, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	assert_screen(&f, 0);
	struct json_object *status = test_status(&f.control);
	struct json_object *app = json_object_array_get_idx(test_json(status, "apps"), 0);
	assert_string_equal(test_json_string(app, "name"), "painter");
	assert_string_equal(test_json_string(app, "state"), "running");
	json_object_put(status);
	stop(&f);
}

int main(void) {
	test_guard(100);
	test_need_layout("dual");
	find_painter();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regions_layers_and_outputs),
		cmocka_unit_test(test_names_that_are_claimed_do_not_count),
		cmocka_unit_test(test_app_of_the_command_line),
	};
	return cmocka_run_group_tests_name("apps-places", tests, NULL, NULL);
}
