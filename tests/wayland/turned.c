// SPDX-License-Identifier: MIT
// Outputs that are turned, mirrored and scaled: what a client draws in the output's own px is shown px
// for px, whether it is composed or on a plane that does the turning, and what clients are told agrees.
#include <drm_fourcc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static const char *const transforms[] = {
	"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"};
static const double scales[] = {1, 1.5, 2};

struct rect {
	int x, y, width, height; // px
};

struct turned {
	enum wl_output_transform transform;
	double scale;
	int width, height; // upright px
};

static enum wl_output_transform invert(enum wl_output_transform transform) {
	return transform == WL_OUTPUT_TRANSFORM_90 ? WL_OUTPUT_TRANSFORM_270
		: transform == WL_OUTPUT_TRANSFORM_270 ? WL_OUTPUT_TRANSFORM_90
											   : transform;
}

// Where something upright lies in the memory that is scanned out: mirrored first, then turned
// counter-clockwise a quarter at a time (wl_output.transform).
static struct rect in_memory(const struct turned *turned, struct rect rect) {
	int width = turned->width, height = turned->height, swap;
	if (turned->transform & WL_OUTPUT_TRANSFORM_FLIPPED) {
		rect.x = width - rect.x - rect.width;
	}
	for (unsigned i = 0; i < (turned->transform & 3); i++) {
		rect = (struct rect){rect.y, width - rect.x - rect.width, rect.height, rect.width};
		swap = width;
		width = height;
		height = swap;
	}
	return rect;
}

static void start(struct test_server *server, const struct turned *turned) {
	static unsigned serial;
	char path[64], name[32];
	snprintf(path, sizeof(path), "/tmp/vitrine-turned-%d.ini", (int)getpid());
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "[output *]\ntransform = %s\nscale = %g\n", transforms[turned->transform],
		turned->scale);
	fclose(file);
	snprintf(name, sizeof(name), "turned-%d-%u", (int)getpid(), serial++);
	const char *args[] = {
		"--device", test_device(), "--mode", TEST_MODE, "--socket", name, "--config", path, NULL};
	test_server_launch(server, args, NULL);
	strcpy(server->socket, name);
	assert_true(test_server_wait_log(server, "ready\n"));
	unlink(path);
}

static int px(const struct turned *turned, int logical) {
	return (int)round(logical * turned->scale);
}

static void draw(struct test_picture *picture, const struct turned *turned,
	const struct test_buffer *buffer, int x, int y) {
	struct rect rect =
		in_memory(turned, (struct rect){x, y, buffer->image.width, buffer->image.height});
	test_picture_draw(picture,
		&(struct test_layer){.image = &buffer->image,
			.x = rect.x,
			.y = rect.y,
			.transform = invert(turned->transform)});
}

static void assert_status(struct test_client *control, const struct turned *turned) {
	struct json_object *status = test_status(control);
	struct json_object *output = test_status_output(status, 0);
	assert_string_equal(test_json_string(output, "transform"), transforms[turned->transform]);
	assert_true(json_object_get_double(test_json(output, "scale")) == turned->scale);
	json_object_put(status);
}

// A window that fills the output, and a video in it.
static void check(const struct turned *turned) {
	struct test_server server;
	struct test_client client, control;
	struct test_window window;
	struct test_surface video;
	struct test_buffer buffer, frame;
	start(&server, turned);
	test_client_connect(&control, &server);
	test_client_connect(&client, &server);
	test_window_init(&window, &client, "turned", NULL);
	assert_int_equal(window.width, (int)round(turned->width / turned->scale));
	assert_int_equal(window.height, (int)round(turned->height / turned->scale));
	assert_int_equal(px(turned, window.width), turned->width);
	assert_int_equal(px(turned, window.height), turned->height);

	const int x = 20, y = 10, width = 64, height = 48; // logical, and whole px at each scale
	test_surface_init(&video, &client);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client.subcompositor, video.surface, window.base.surface);
	wl_subsurface_set_position(subsurface, x, y);
	struct wp_viewport *viewports[] = {
		wp_viewporter_get_viewport(client.viewporter, window.base.surface),
		wp_viewporter_get_viewport(client.viewporter, video.surface),
	};
	wp_viewport_set_destination(viewports[0], window.width, window.height);
	wp_viewport_set_destination(viewports[1], width, height);
	test_buffer_init_shm(&buffer, &client, DRM_FORMAT_XRGB8888, turned->width, turned->height);
	test_buffer_paint(&buffer, 3);
	test_buffer_init_dmabuf(&frame, &client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
		px(turned, width), px(turned, height));
	test_buffer_paint(&frame, 4);
	test_surface_show(&video, &frame);
	test_surface_show(&window.base, &buffer);
	test_surface_wait_frame(&window.base);

	struct test_picture picture;
	struct test_screen screen;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	draw(&picture, turned, &buffer, 0, 0);
	draw(&picture, turned, &frame, px(turned, x), px(turned, y));
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	// Only what is damaged is drawn anew, and all of that.
	test_buffer_paint(&buffer, 5);
	wl_surface_attach(window.base.surface, buffer.buffer, 0, 0);
	wl_surface_damage(window.base.surface, 0, 0, window.width, 7);
	wl_surface_damage_buffer(window.base.surface, 0, px(turned, 6), turned->width, turned->height);
	test_surface_want_frame(&window.base);
	wl_surface_commit(window.base.surface);
	test_surface_wait_frame(&window.base);
	draw(&picture, turned, &buffer, 0, 0);
	draw(&picture, turned, &frame, px(turned, x), px(turned, y));
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	assert_status(&control, turned);
	struct json_object *status = test_status(&control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	assert_int_equal(json_object_array_length(layers), 2);
	if (fixture_has_overlays()) { // vkms' planes turn
		struct json_object *layer = json_object_array_get_idx(layers, 1);
		assert_string_equal(test_json_string(layer, "placement"), "plane");
	}
	json_object_put(status);

	test_picture_finish(&picture);
	wp_viewport_destroy(viewports[0]);
	wp_viewport_destroy(viewports[1]);
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&video);
	test_buffer_finish(&frame);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&client);
	test_client_disconnect(&control);
	test_server_stop(&server);
}

static void test_all_ways(void **state) {
	(void)state;
	for (int t = 0; t < 8; t++) {
		bool quarter = (t & 1) != 0;
		for (size_t s = 0; s < sizeof(scales) / sizeof(scales[0]); s++) {
			struct turned turned = {
				.transform = (enum wl_output_transform)t,
				.scale = scales[s],
				.width = quarter ? TEST_HEIGHT : TEST_WIDTH,
				.height = quarter ? TEST_WIDTH : TEST_HEIGHT,
			};
			check(&turned);
		}
	}
}

int main(void) {
	test_guard(110);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
