// SPDX-License-Identifier: MIT
// Backgrounds: colours and pictures of files, px for px where they belong, below windows and without,
// and on a plane where one takes them.
#include <drm_fourcc.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define MODE "[output *]\nmode = " TEST_MODE "\n"
#define FILE_PATH "/tmp/vitrine-background.png"
#define PICTURE MODE "background-picture = " FILE_PATH "\n"

static const struct test_color blue = {0xffff, 0x2020, 0x4040, 0x6060};

static void stop(struct fixture *fixture) {
	void *state = fixture;
	fixture_stop(&state);
}

// Makes the file anew, of one colour, or (0) of different px. The caller frees data[0].
static struct test_image write_file(int width, int height, uint32_t seed, uint32_t color) {
	struct test_image image = {
		.format = DRM_FORMAT_XRGB8888,
		.width = width,
		.height = height,
		.data = {calloc((size_t)width * (size_t)height, 4)},
		.stride = {(uint32_t)width * 4},
	};
	assert_non_null(image.data[0]);
	if (color != 0) {
		test_image_fill(&image, color);
	} else {
		test_image_paint(&image, seed);
	}
	uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
	assert_non_null(rgb);
	for (int i = 0; i < width * height; i++) {
		for (int c = 0; c < 3; c++) {
			rgb[3 * i + c] = image.data[0][4 * i + 2 - c];
		}
	}
	png_image png = {
		.version = PNG_IMAGE_VERSION,
		.width = (uint32_t)width,
		.height = (uint32_t)height,
		.format = PNG_FORMAT_RGB,
	};
	assert_true(png_image_write_to_file(&png, FILE_PATH, 0, rgb, 0, NULL) != 0);
	free(rgb);
	return image;
}

static void clear(struct fixture *fixture, struct test_color color) {
	test_picture_fill(&fixture->picture, 0, 0, TEST_WIDTH, TEST_HEIGHT, color);
}

static void wait_screen(struct fixture *fixture) {
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

// The part of the picture of the file is seen there.
static void draw(struct fixture *fixture, const struct test_image *image, int from_x, int from_y,
	int width, int height, int x, int y) {
	test_picture_draw(&fixture->picture,
		&(struct test_layer){
			.image = image,
			.x = x,
			.y = y,
			.crop_x = from_x,
			.crop_y = from_y,
			.crop_width = width,
			.crop_height = height,
		});
}

static struct test_layer_status look(struct fixture *fixture) {
	return test_status_layer(&fixture->control, 0, "vitrine-background");
}

// How often new contents of it were shown.
static int64_t count_frames(struct fixture *fixture) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	struct json_object *layer = json_object_array_get_idx(layers, 0);
	assert_string_equal(test_json_string(layer, "app_id"), "vitrine-background");
	int64_t frames = test_json_int(layer, "frames");
	json_object_put(status);
	return frames;
}

static void test_colour(void **state) {
	(void)state;
	struct fixture f;
	fixture_start_with(&f, MODE "background = #204060\n");
	clear(&f, blue);
	wait_screen(&f);
	fixture_reload(&f, MODE);
	clear(&f, (struct test_color){.a = 0xffff});
	wait_screen(&f);
	stop(&f);
}

static void test_fits(void **state) {
	(void)state;
	struct fixture f;
	// Twice as wide: the middle of it, px for px.
	struct test_image image = write_file(640, 240, 1, 0);
	fixture_start_with(&f, PICTURE);
	draw(&f, &image, 160, 0, 320, 240, 0, 0);
	wait_screen(&f);
	free(image.data[0]);
	// Half as high: between bars.
	image = write_file(320, 120, 2, 0);
	fixture_reload(&f, PICTURE "background-fit = contain\nbackground = #204060\n");
	clear(&f, blue);
	draw(&f, &image, 0, 0, 320, 120, 0, 60);
	wait_screen(&f);
	free(image.data[0]);
	// As it is, larger in one way and smaller in the other.
	image = write_file(400, 101, 3, 0);
	fixture_reload(&f, PICTURE "background-fit = centre\nbackground = #204060\n");
	clear(&f, blue);
	draw(&f, &image, 40, 0, 320, 101, 0, 69);
	wait_screen(&f);
	free(image.data[0]);
	// One colour, so that no filter matters: larger, and squeezed.
	image = write_file(40, 120, 0, 0xff4080c0);
	fixture_reload(&f, PICTURE "background-fit = contain\nbackground = #204060\n");
	clear(&f, blue);
	test_picture_fill(
		&f.picture, 120, 0, 80, 240, (struct test_color){0xffff, 0x4040, 0x8080, 0xc0c0});
	wait_screen(&f);
	fixture_reload(&f, PICTURE "background-fit = stretch\nbackground = #204060\n");
	clear(&f, (struct test_color){0xffff, 0x4040, 0x8080, 0xc0c0});
	wait_screen(&f);
	free(image.data[0]);
	stop(&f);
}

// Upright, however the panel is mounted.
static void test_turned(void **state) {
	(void)state;
	static const char *const transforms[] = {
		"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"};
	static const enum wl_output_transform inverse[] = {0, 3, 2, 1, 4, 5, 6, 7};
	struct fixture f;
	fixture_start_with(&f, MODE);
	for (unsigned i = 0; i < 8; i++) {
		char text[256];
		struct test_image image = (i & 1) != 0 ? write_file(TEST_HEIGHT, TEST_WIDTH, 10 + i, 0)
											   : write_file(TEST_WIDTH, TEST_HEIGHT, 10 + i, 0);
		snprintf(text, sizeof(text), PICTURE "transform = %s\n", transforms[i]);
		fixture_reload(&f, text);
		test_picture_draw(
			&f.picture, &(struct test_layer){.image = &image, .transform = inverse[i]});
		wait_screen(&f);
		free(image.data[0]);
	}
	stop(&f);
}

// On a plane, with a window above it; a reload that does not change it leaves it alone.
static void test_below_windows(void **state) {
	(void)state;
	struct fixture f;
	struct test_client client;
	struct test_window window, front;
	struct test_buffer whole, small;
	struct test_image image = write_file(TEST_WIDTH, TEST_HEIGHT, 5, 0);
	fixture_start_with(&f, PICTURE);
	draw(&f, &image, 0, 0, TEST_WIDTH, TEST_HEIGHT, 0, 0);
	wait_screen(&f);
	assert_string_equal(look(&f).buffer, "dmabuf");
	assert_string_equal(look(&f).placement, "plane");
	int64_t frames = count_frames(&f);
	fixture_reload(&f, PICTURE "[cursor]\nhide-after = 1000\n");
	assert_int_equal(count_frames(&f), frames);
	// A window that fills the screen hides it.
	test_client_connect(&client, &f.server);
	test_window_init(&window, &client, "whole", NULL);
	test_buffer_init_shm(&whole, &client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_paint(&whole, 6);
	test_surface_show(&window.base, &whole);
	test_picture_draw(&f.picture, &(struct test_layer){.image = &whole.image});
	wait_screen(&f);
	assert_string_equal(look(&f).placement, "culled");
	// One in front of that which is smaller has it around itself, as the one behind is not to be seen.
	test_window_init(&front, &client, "front", NULL);
	test_buffer_init_shm(&small, &client, DRM_FORMAT_XRGB8888, 100, 80);
	test_buffer_paint(&small, 7);
	test_surface_show(&front.base, &small);
	draw(&f, &image, 0, 0, TEST_WIDTH, TEST_HEIGHT, 0, 0);
	test_picture_draw(&f.picture, &(struct test_layer){.image = &small.image, .x = 110, .y = 80});
	wait_screen(&f);
	test_window_finish(&front);
	test_window_finish(&window);
	draw(&f, &image, 0, 0, TEST_WIDTH, TEST_HEIGHT, 0, 0);
	wait_screen(&f);
	test_buffer_finish(&small);
	test_buffer_finish(&whole);
	test_client_disconnect(&client);
	free(image.data[0]);
	stop(&f);
}

static void test_no_such_file(void **state) {
	(void)state;
	struct fixture f;
	unlink(FILE_PATH);
	fixture_start_with(&f, PICTURE "background = #204060\n");
	assert_true(test_server_wait_log(&f.server,
		"Virtual-1: background-picture = " FILE_PATH
		": No such file or directory: the colour is shown"));
	clear(&f, blue);
	wait_screen(&f);
	// It comes later, and goes again.
	struct test_image image = write_file(TEST_WIDTH, TEST_HEIGHT, 8, 0);
	fixture_reload(&f, PICTURE "background = #204060\n");
	draw(&f, &image, 0, 0, TEST_WIDTH, TEST_HEIGHT, 0, 0);
	wait_screen(&f);
	free(image.data[0]);
	fixture_reload(&f, MODE "background = #204060\n");
	clear(&f, blue);
	wait_screen(&f);
	stop(&f);
}

int main(void) {
	test_guard(170);
	test_need_layout("default");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_below_windows),
		cmocka_unit_test(test_no_such_file),
	};
	return cmocka_run_group_tests_name("background", tests, NULL, NULL);
}
