// SPDX-License-Identifier: MIT
// What is composed looks as the protocols say, from shm and dma-buf memory alike: to the bit where it
// is opaque, to within 1 of 255 where it is blended.
#include <dirent.h>
#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

struct part { // a subsurface
	struct test_surface surface;
	struct wl_subsurface *subsurface;
	struct test_buffer buffer;
};

struct app {
	struct test_client client;
	struct test_window window;
	struct test_buffer background;
};

// `memory` is an enum test_memory, or -1 for wl_shm.
static void make_buffer(struct test_buffer *buffer, struct test_client *client, int memory,
	uint32_t format, int width, int height, uint32_t seed) {
	if (memory < 0) {
		test_buffer_init_shm(buffer, client, format, width, height);
	} else {
		test_buffer_init_dmabuf(buffer, client, (enum test_memory)memory, format, width, height);
	}
	test_buffer_paint(buffer, seed);
}

// A window that fills the screen, committed once its parts are.
static void app_init(struct app *app, struct fixture *fixture, int memory, uint32_t format) {
	*app = (struct app){0};
	test_client_connect(&app->client, &fixture->server);
	test_window_init(&app->window, &app->client, "app", NULL);
	// Without it parts that stick out would belong to the window and move it.
	xdg_surface_set_window_geometry(app->window.xdg_surface, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	make_buffer(&app->background, &app->client, memory, format, TEST_WIDTH, TEST_HEIGHT, 1);
}

static void app_show(struct app *app) {
	test_surface_show(&app->window.base, &app->background);
	test_surface_wait_frame(&app->window.base);
}

static void app_finish(struct app *app) {
	test_buffer_finish(&app->background);
	test_window_finish(&app->window);
	test_client_disconnect(&app->client);
}

static void part_init(struct part *part, struct app *app, int x, int y) {
	*part = (struct part){0};
	test_surface_init(&part->surface, &app->client);
	part->subsurface = wl_subcompositor_get_subsurface(
		app->client.subcompositor, part->surface.surface, app->window.base.surface);
	wl_subsurface_set_position(part->subsurface, x, y);
}

static void part_finish(struct part *part) {
	wl_subsurface_destroy(part->subsurface);
	test_surface_finish(&part->surface);
	if (part->buffer.client) {
		test_buffer_finish(&part->buffer);
	}
}

// Commits a synchronised part's buffer; it is shown with the next commit of its parent.
static void part_commit(struct part *part, struct wl_buffer *buffer) {
	wl_surface_attach(part->surface.surface, buffer, 0, 0);
	wl_surface_damage_buffer(part->surface.surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(part->surface.surface);
}

static void draw(struct fixture *fixture, const struct test_buffer *buffer, int x, int y) {
	test_picture_draw(
		&fixture->picture, &(struct test_layer){.image = &buffer->image, .x = x, .y = y});
}

// To the bit.
static void assert_screen(struct fixture *fixture) {
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

static void test_one_surface_of_each_memory_and_format(void **state) {
	static const uint32_t formats[] = {
		DRM_FORMAT_XRGB8888, DRM_FORMAT_RGB565, DRM_FORMAT_NV12, DRM_FORMAT_YUYV};
	struct fixture *fixture = *state;
	for (int memory = -1; memory < TEST_MEMORY_COUNT; memory++) {
		for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
			bool yuv = formats[i] == DRM_FORMAT_NV12 || formats[i] == DRM_FORMAT_YUYV;
			if (memory < 0 && yuv) {
				continue; // nobody sends it in wl_shm
			}
			struct app app;
			app_init(&app, fixture, memory, formats[i]);
			struct part part; // shm over it: with planes to spare it is composed above a hole
			part_init(&part, &app, 40, 30);
			make_buffer(&part.buffer, &app.client, -1, DRM_FORMAT_XRGB8888, 16, 16, 2);
			part_commit(&part, part.buffer.buffer);
			app_show(&app);
			struct test_layer_status layer = test_status_layer(&fixture->control, 0, "app");
			// vkms takes no YUYV.
			bool on_plane = fixture_has_overlays() && memory >= 0 && formats[i] != DRM_FORMAT_YUYV;
			assert_string_equal(layer.placement, on_plane ? "plane" : "composed");
			test_picture_draw(&fixture->picture,
				&(struct test_layer){.image = &app.background.image, .on_plane = on_plane});
			draw(fixture, &part.buffer, 40, 30);
			if (yuv && !on_plane) { // rounding is the composer's own
				test_capture_assert(&fixture->control, &fixture->picture, 1);
			} else {
				assert_screen(fixture);
			}
			part_finish(&part);
			app_finish(&app);
		}
	}
}

static void test_overlapping_subsurfaces(void **state) {
	static const int places[][4] = {
		{-20, -10, 100, 80}, {60, 50, 120, 100}, {150, 20, 99, 77}, {280, 200, 120, 90}};
	enum { N = sizeof(places) / sizeof(places[0]) };
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
	struct part parts[N];
	for (int i = 0; i < N; i++) {
		part_init(&parts[i], &app, places[i][0], places[i][1]);
		make_buffer(&parts[i].buffer, &app.client, i % 2 ? TEST_MEMORY_UDMABUF : -1,
			i == 2 ? DRM_FORMAT_RGB565 : DRM_FORMAT_XRGB8888, places[i][2], places[i][3],
			(uint32_t)i + 10);
		part_commit(&parts[i], parts[i].buffer.buffer);
	}
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	for (int i = 0; i < N; i++) {
		draw(fixture, &parts[i].buffer, places[i][0], places[i][1]);
	}
	assert_screen(fixture);

	// The lowest one to the top, and one moved: nothing of the old place may stay.
	wl_subsurface_place_above(parts[0].subsurface, parts[N - 1].surface.surface);
	wl_subsurface_set_position(parts[2].subsurface, 170, 90);
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	draw(fixture, &parts[1].buffer, places[1][0], places[1][1]);
	draw(fixture, &parts[2].buffer, 170, 90);
	draw(fixture, &parts[3].buffer, places[3][0], places[3][1]);
	draw(fixture, &parts[0].buffer, places[0][0], places[0][1]);
	assert_screen(fixture);

	// One gone: what was below comes to light.
	part_commit(&parts[1], NULL);
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	draw(fixture, &parts[2].buffer, 170, 90);
	draw(fixture, &parts[3].buffer, places[3][0], places[3][1]);
	draw(fixture, &parts[0].buffer, places[0][0], places[0][1]);
	assert_screen(fixture);
	for (int i = 0; i < N; i++) {
		part_finish(&parts[i]);
	}
	app_finish(&app);
}

// Only what the client says has changed is read again, in all of the composer's targets.
static void test_damage_of_a_part(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
	app_show(&app);
	struct test_buffer other;
	make_buffer(&other, &app.client, -1, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT, 1);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	for (int i = 0; i < 12; i++) {
		// Both buffers get the same change, one is shown: a client with two buffers.
		int x = i * 23 % (TEST_WIDTH - 40), y = i * 37 % (TEST_HEIGHT - 30);
		struct test_buffer *buffers[2] = {&app.background, &other};
		for (int j = 0; j < 2; j++) {
			struct test_image box = buffers[j]->image;
			box.data[0] += (size_t)y * box.stride[0] + 4 * (size_t)x;
			box.width = 40;
			box.height = 30;
			test_buffer_wait_release(buffers[(i + 1) % 2]);
			test_image_paint(&box, (uint32_t)i + 100);
		}
		struct test_buffer *shown = buffers[(i + 1) % 2];
		shown->busy = true;
		wl_surface_attach(app.window.base.surface, shown->buffer, 0, 0);
		wl_surface_damage_buffer(app.window.base.surface, x, y, 40, 30);
		test_surface_want_frame(&app.window.base);
		wl_surface_commit(app.window.base.surface);
		test_surface_wait_frame(&app.window.base);
		draw(fixture, shown, 0, 0);
		test_screen_wait(&screen, &fixture->picture);
	}
	test_screen_close(&screen);
	test_buffer_finish(&other);
	app_finish(&app);
}

static void test_alpha(void **state) {
	struct fixture *fixture = *state;
	for (int memory = -1; memory < TEST_MEMORY_COUNT; memory++) {
		struct app app;
		app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
		struct part parts[2];
		for (int i = 0; i < 2; i++) {
			part_init(&parts[i], &app, 30 + 60 * i, 20 + 40 * i);
			make_buffer(&parts[i].buffer, &app.client, memory, DRM_FORMAT_ARGB8888, 150, 120,
				(uint32_t)i + 20);
			part_commit(&parts[i], parts[i].buffer.buffer);
		}
		app_show(&app);
		draw(fixture, &app.background, 0, 0);
		draw(fixture, &parts[0].buffer, 30, 20);
		draw(fixture, &parts[1].buffer, 90, 60);
		test_capture_assert(&fixture->control, &fixture->picture, 1);
		part_finish(&parts[0]);
		part_finish(&parts[1]);
		app_finish(&app);
	}
}

// Nothing is behind the only window but black.
static void test_see_through_window_shows_black_behind(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, -1, DRM_FORMAT_ARGB8888);
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	test_capture_assert(&fixture->control, &fixture->picture, 1);
	app_finish(&app);
}

static void test_viewport_crops(void **state) {
	struct fixture *fixture = *state;
	for (int memory = -1; memory <= TEST_MEMORY_HEAP; memory++) {
		struct app app;
		app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
		struct part part;
		part_init(&part, &app, 50, 60);
		make_buffer(&part.buffer, &app.client, memory, DRM_FORMAT_XRGB8888, 200, 150, 5);
		struct wp_viewport *viewport =
			wp_viewporter_get_viewport(app.client.viewporter, part.surface.surface);
		wp_viewport_set_source(viewport, wl_fixed_from_int(17), wl_fixed_from_int(9),
			wl_fixed_from_int(120), wl_fixed_from_int(100));
		part_commit(&part, part.buffer.buffer);
		app_show(&app);
		draw(fixture, &app.background, 0, 0);
		test_picture_draw(&fixture->picture,
			&(struct test_layer){.image = &part.buffer.image,
				.x = 50,
				.y = 60,
				.crop_x = 17,
				.crop_y = 9,
				.crop_width = 120,
				.crop_height = 100});
		assert_screen(fixture);
		wp_viewport_destroy(viewport);
		part_finish(&part);
		app_finish(&app);
	}
}

// Scaling one colour gives that colour, over exactly the box that was asked for.
static void test_viewport_scales_to_the_asked_box(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
	struct part part;
	part_init(&part, &app, 33, 44);
	make_buffer(&part.buffer, &app.client, -1, DRM_FORMAT_XRGB8888, 50, 40, 5);
	test_buffer_fill(&part.buffer, 0xff8040c0);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(app.client.viewporter, part.surface.surface);
	wp_viewport_set_destination(viewport, 131, 77);
	part_commit(&part, part.buffer.buffer);
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	test_picture_fill(
		&fixture->picture, 33, 44, 131, 77, (struct test_color){0xffff, 0x8080, 0x4040, 0xc0c0});
	assert_screen(fixture);
	wp_viewport_destroy(viewport);
	part_finish(&part);
	app_finish(&app);
}

static void test_single_pixel_buffers(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
	struct part opaque, blended;
	part_init(&opaque, &app, 10, 10);
	part_init(&blended, &app, 60, 40);
	struct wl_buffer *red = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
		app.client.single_pixel, UINT32_MAX, 0, 0x40404040, UINT32_MAX);
	struct wl_buffer *veil = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
		app.client.single_pixel, 0, 0x40404040, 0, 0x80808080);
	struct wp_viewport *viewports[2] = {
		wp_viewporter_get_viewport(app.client.viewporter, opaque.surface.surface),
		wp_viewporter_get_viewport(app.client.viewporter, blended.surface.surface),
	};
	wp_viewport_set_destination(viewports[0], 100, 90);
	wp_viewport_set_destination(viewports[1], 120, 110);
	part_commit(&opaque, red);
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	test_picture_fill(
		&fixture->picture, 10, 10, 100, 90, (struct test_color){0xffff, 0xffff, 0, 0x4040});
	assert_screen(fixture);
	part_commit(&blended, veil);
	app_show(&app);
	test_picture_fill(
		&fixture->picture, 60, 40, 120, 110, (struct test_color){0x8080, 0, 0x4040, 0});
	test_capture_assert(&fixture->control, &fixture->picture, 1);
	for (int i = 0; i < 2; i++) {
		wp_viewport_destroy(viewports[i]);
	}
	wl_buffer_destroy(red);
	wl_buffer_destroy(veil);
	part_finish(&opaque);
	part_finish(&blended);
	app_finish(&app);
}

static void test_buffer_transforms(void **state) {
	struct fixture *fixture = *state;
	for (enum wl_output_transform transform = WL_OUTPUT_TRANSFORM_NORMAL;
		 transform <= WL_OUTPUT_TRANSFORM_FLIPPED_270; transform++) {
		struct app app;
		app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
		struct part part;
		part_init(&part, &app, 70, 25);
		make_buffer(&part.buffer, &app.client, transform % 3 == 0 ? TEST_MEMORY_HEAP : -1,
			DRM_FORMAT_XRGB8888, 120, 80, 6);
		wl_surface_set_buffer_transform(part.surface.surface, (int32_t)transform);
		part_commit(&part, part.buffer.buffer);
		app_show(&app);
		draw(fixture, &app.background, 0, 0);
		test_picture_draw(&fixture->picture,
			&(struct test_layer){
				.image = &part.buffer.image, .x = 70, .y = 25, .transform = transform});
		assert_screen(fixture);
		part_finish(&part);
		app_finish(&app);
	}
}

static void test_crop_of_a_transformed_buffer(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
	struct part part;
	part_init(&part, &app, 70, 25);
	make_buffer(&part.buffer, &app.client, -1, DRM_FORMAT_XRGB8888, 120, 80, 6);
	wl_surface_set_buffer_transform(part.surface.surface, WL_OUTPUT_TRANSFORM_FLIPPED_90);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(app.client.viewporter, part.surface.surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(11), wl_fixed_from_int(31),
		wl_fixed_from_int(60), wl_fixed_from_int(70));
	part_commit(&part, part.buffer.buffer);
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	test_picture_draw(&fixture->picture,
		&(struct test_layer){.image = &part.buffer.image,
			.x = 70,
			.y = 25,
			.crop_x = 11,
			.crop_y = 31,
			.crop_width = 60,
			.crop_height = 70,
			.transform = WL_OUTPUT_TRANSFORM_FLIPPED_90});
	assert_screen(fixture);
	wp_viewport_destroy(viewport);
	part_finish(&part);
	app_finish(&app);
}

// A synchronised subsurface changes with its parent, a desynchronised one by itself.
static void test_synchronised_and_desynchronised_subsurfaces(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, -1, DRM_FORMAT_XRGB8888);
	struct part part;
	part_init(&part, &app, 20, 20);
	make_buffer(&part.buffer, &app.client, -1, DRM_FORMAT_XRGB8888, 64, 48, 7);
	app_show(&app);
	draw(fixture, &app.background, 0, 0);
	part_commit(&part, part.buffer.buffer);
	test_client_roundtrip(&app.client);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_assert_stays(&screen, &fixture->picture, 5);
	wl_surface_commit(app.window.base.surface);
	wl_display_flush(app.client.display);
	draw(fixture, &part.buffer, 20, 20);
	test_screen_wait(&screen, &fixture->picture);

	wl_subsurface_set_desync(part.subsurface);
	struct test_buffer second;
	make_buffer(&second, &app.client, -1, DRM_FORMAT_XRGB8888, 64, 48, 8);
	part_commit(&part, second.buffer);
	wl_display_flush(app.client.display);
	draw(fixture, &second, 20, 20);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
	test_buffer_finish(&second);
	part_finish(&part);
	app_finish(&app);
}

static struct wp_alpha_modifier_surface_v1 *fading_app(
	struct app *app, struct fixture *fixture, int memory) {
	app_init(app, fixture, memory, DRM_FORMAT_XRGB8888);
	test_buffer_fill(&app->background, 0xff4080c0);
	struct wp_alpha_modifier_surface_v1 *modifier =
		wp_alpha_modifier_v1_get_surface(app->client.alpha_modifier, app->window.base.surface);
	wp_alpha_modifier_surface_v1_set_multiplier(modifier, 0x80800000);
	app_show(app);
	return modifier;
}

// Without the property planes cannot do it.
static void test_fading_window_is_composed(void **state) {
	struct fixture *fixture = *state;
	for (int memory = -1; memory < TEST_MEMORY_COUNT; memory++) {
		struct app app;
		struct wp_alpha_modifier_surface_v1 *modifier = fading_app(&app, fixture, memory);
		struct test_layer_status layer = test_status_layer(&fixture->control, 0, "app");
		assert_string_equal(layer.placement, "composed");
		assert_true(memory < 0 || strstr(layer.reasons, "faded"));
		test_picture_fill(&fixture->picture, 0, 0, TEST_WIDTH, TEST_HEIGHT,
			(struct test_color){0xffff, 0x2020, 0x4040, 0x6060});
		test_capture_assert(&fixture->control, &fixture->picture, 1);

		wp_alpha_modifier_surface_v1_destroy(modifier);
		app_show(&app);
		draw(fixture, &app.background, 0, 0);
		assert_screen(fixture);
		app_finish(&app);
	}
}

// ---- Where planes have an alpha of their own ----

static int start_with_alpha(void **state) {
	return fixture_start_choosy(state, "VITRINE_TEST_PLANE_ALPHA", "1");
}

static void test_fading_window_on_a_plane(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	struct wp_alpha_modifier_surface_v1 *modifier = fading_app(&app, fixture, TEST_MEMORY_UDMABUF);
	struct test_layer_status layer = test_status_layer(&fixture->control, 0, "app");
	assert_string_equal(layer.placement, "plane");
	char line[64];
	snprintf(line, sizeof(line), "plane %u has alpha 0x8080", layer.plane);
	assert_true(test_server_wait_log(&fixture->server, line));

	wp_alpha_modifier_surface_v1_set_multiplier(modifier, 0x20200000);
	app_show(&app);
	snprintf(line, sizeof(line), "plane %u has alpha 0x2020", layer.plane);
	assert_true(test_server_wait_log(&fixture->server, line));

	// What does not fade is written as such, whatever was there before.
	wp_alpha_modifier_surface_v1_destroy(modifier);
	app_show(&app);
	layer = test_status_layer(&fixture->control, 0, "app");
	assert_string_equal(layer.placement, "plane");
	snprintf(line, sizeof(line), "plane %u has alpha 0xffff", layer.plane);
	assert_true(test_server_wait_log(&fixture->server, line));
	app_finish(&app);
}

// ---- Where dumb buffers are slow to read ----

static int start_slow(void **state) {
	return fixture_start_choosy(state, "VITRINE_TEST_SLOW_DUMBS", "1");
}

// What is blended comes to the screen by way of other memory; what is not, and changes of parts, too.
static void test_blended_in_a_shadow(void **state) {
	struct fixture *fixture = *state;
	test_alpha(state);
	assert_true(test_server_wait_log(&fixture->server, "in a shadow"));
	test_damage_of_a_part(state);
	test_alpha(state);
}

// Those that compose: others, such as the one that makes cgroups, come and go as they have to.
static int count_workers(pid_t pid) {
	char path[320], name[32];
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	assert_non_null(tasks);
	int n = 0;
	for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", (int)pid, task->d_name);
		FILE *file = fopen(path, "r");
		if (file != NULL) { // not . and ..
			n += fgets(name, sizeof(name), file) != NULL && strcmp(name, "compose\n") == 0;
			fclose(file);
		}
	}
	closedir(tasks);
	return n;
}

// Drawing into memory that is new is the kernel's work more than ours: threads do not help with the first frame,
// and are not even started for it. With those that come after they do.
static void test_first_frame_takes_no_threads(void **state) {
	(void)state;
	enum { WIDTH = 640, HEIGHT = 480, FRAMES = 4 };
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		skip();
	}
	struct test_server server;
	test_server_start(&server, "640x480@60");
	struct test_client client;
	test_client_connect(&client, &server);
	struct test_window window;
	test_window_init(&window, &client, "app", NULL);
	struct test_buffer buffer;
	make_buffer(&buffer, &client, -1, DRM_FORMAT_XRGB8888, WIDTH, HEIGHT, 1);
	test_surface_show(&window.base, &buffer);
	test_surface_wait_frame(&window.base);
	assert_int_equal(count_workers(server.pid), 0);
	for (int i = 0; i < FRAMES; i++) {
		test_surface_show(&window.base, &buffer);
		test_surface_wait_frame(&window.base);
	}
	assert_int_equal(count_workers(server.pid), 1);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&client);
	test_server_stop(&server);
}

int main(void) {
	test_guard(100);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
		TEST(test_one_surface_of_each_memory_and_format),
		TEST(test_overlapping_subsurfaces),
		TEST(test_damage_of_a_part),
		TEST(test_alpha),
		TEST(test_see_through_window_shows_black_behind),
		TEST(test_viewport_crops),
		TEST(test_viewport_scales_to_the_asked_box),
		TEST(test_single_pixel_buffers),
		TEST(test_buffer_transforms),
		TEST(test_crop_of_a_transformed_buffer),
		TEST(test_synchronised_and_desynchronised_subsurfaces),
		cmocka_unit_test_setup_teardown(test_blended_in_a_shadow, start_slow, fixture_stop),
		TEST(test_fading_window_is_composed),
		cmocka_unit_test_setup_teardown(
			test_fading_window_on_a_plane, start_with_alpha, fixture_stop),
		cmocka_unit_test(test_first_frame_takes_no_threads),
	};
	return cmocka_run_group_tests_name("composed", tests, NULL, NULL);
}
