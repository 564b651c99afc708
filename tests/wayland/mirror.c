// SPDX-License-Identifier: MIT
// An output that mirrors another: the same picture on both screens, whatever their modes and turns; no
// buffer is held for it longer than it is shown, nothing grows, and a frame still costs what it must.
#include <drm_fourcc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"

enum {
	FRAMES = 120,
	STEADY_FRAMES = 500,
	QUIET_FRAMES = 30, // without a test: the planner has come to an end
	ROUNDS = 12,       // of clients that die
};

#define SAME_MODE "[output Virtual-2]\nmirror = Virtual-1\nmode = " TEST_MODE "\n"

struct rect {
	int x, y, width, height; // px
};

static const char *const transforms[] = {
	"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"};

// For the next server, which looks for its file itself.
static void configure(const char *text) {
	char folder[64], path[96];
	snprintf(folder, sizeof(folder), "/tmp/vitrine-mirror-%d", (int)getpid());
	mkdir(folder, 0700);
	setenv("XDG_CONFIG_HOME", folder, 1);
	snprintf(path, sizeof(path), "%s/vitrine", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/vitrine/vitrine.ini", folder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static struct fixture *running; // NULL: none

// What a test that failed left behind must not keep the next one from the device.
static void end_left_over(void) {
	if (running) {
		test_server_kill(&running->server);
		running = NULL;
	}
}

static struct fixture *start(const char *text) {
	void *state;
	end_left_over();
	configure(text);
	fixture_start(&state);
	running = state;
	return running;
}

static void stop(struct fixture *fixture) {
	void *state = fixture;
	running = NULL;
	fixture_stop(&state);
}

// The picture of the source as it is seen on the mirror: each px as `factor` x `factor`, from x, y.
static void enlarge(
	const struct test_picture *from, struct test_picture *to, int x, int y, int factor) {
	for (int i = 0; i < from->width * from->height; i++) {
		const struct test_color *color = &from->pixels[i];
		test_picture_fill(
			to, x + i % from->width * factor, y + i / from->width * factor, factor, factor, *color);
	}
}

static void wait_screens(const struct test_picture *first, const struct test_picture *second) {
	const struct test_picture *pictures[] = {first, second};
	for (int i = 0; i < 2; i++) {
		struct test_screen screen;
		test_screen_open(&screen, i);
		test_screen_wait(&screen, pictures[i]);
		test_screen_close(&screen);
	}
}

static void wait_same(struct fixture *fixture, const struct app *app) {
	app_draw(app, &fixture->picture);
	wait_screens(&fixture->picture, &fixture->picture);
}

static struct part *add_video(struct app *app, int width, int height, int x, int y) {
	struct part *video = app_add_part(app, true, DRM_FORMAT_XRGB8888, width, height);
	part_move(video, x, y);
	part_turn(video);
	return video;
}

static void assert_placement(
	struct fixture *fixture, size_t output, size_t layer, const char *placement) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, output), "layers");
	assert_true(layer < json_object_array_length(layers));
	struct json_object *found = json_object_array_get_idx(layers, layer);
	assert_string_equal(test_json_string(found, "app_id"), layer == 0 ? "app" : "");
	if (strcmp(test_json_string(found, "placement"), placement) != 0) {
		fail_msg("output %zu, layer %zu: %s", output, layer, json_object_to_json_string(found));
	}
	json_object_put(status);
}

static void assert_mirrors(struct fixture *fixture, const char *name) {
	struct json_object *status = test_status(&fixture->control);
	assert_string_equal(test_json_string(test_status_output(status, 0), "mirror"), "");
	assert_string_equal(test_json_string(test_status_output(status, 1), "mirror"), name);
	json_object_put(status);
}

// ---- Pictures ----

static void test_same_mode(void **state) {
	(void)state;
	struct fixture *fixture = start(SAME_MODE);
	struct app app;
	app_init(&app, fixture, "app");
	assert_int_equal(app.client.n_outputs, 1); // the mirror is no output to apps
	add_video(&app, 64, 48, 20, 10);
	add_video(&app, 64, 48, 290, 200); // over the edge
	add_video(&app, 40, 30, 50, 40);
	app_commit(&app);
	wait_same(fixture, &app);
	assert_mirrors(fixture, "Virtual-1");
	for (size_t output = 0; output < 2; output++) {
		assert_placement(fixture, output, 0, "composed");
		assert_placement(fixture, output, 1, "plane");
		assert_placement(fixture, output, 3, "plane");
	}
	// What moves, what is new, what is gone.
	part_move(&app.parts[0], 100, 100);
	part_turn(&app.parts[2]);
	part_unmap(&app.parts[1]);
	app_commit_state(&app);
	wait_same(fixture, &app);
	// Only what is damaged is drawn anew, and all of that, on each of them.
	struct test_buffer *buffer = &app.buffers[app.shown];
	test_buffer_paint(buffer, 5);
	wl_surface_attach(app.window.base.surface, buffer->buffer, 0, 0);
	wl_surface_damage(app.window.base.surface, 0, 0, TEST_WIDTH, 7);
	wl_surface_damage_buffer(app.window.base.surface, 0, 7, TEST_WIDTH, TEST_HEIGHT);
	app_commit_state(&app);
	wait_same(fixture, &app);
	app_finish(&app);
	stop(fixture);
}

// A picture in the middle of a wider screen; nothing of it lies on the bars.
static void test_bars(void **state) {
	(void)state;
	struct fixture *fixture = start("[output Virtual-2]\nmirror = Virtual-1\nmode = 400x240@60\n");
	struct app app;
	struct test_picture mirrored;
	test_picture_init(&mirrored, 400, TEST_HEIGHT);
	app_init(&app, fixture, "app");
	add_video(&app, 64, 48, 290, 30);
	add_video(&app, 64, 48, -30, -20);
	app_commit(&app);
	app_draw(&app, &fixture->picture);
	enlarge(&fixture->picture, &mirrored, 40, 0, 1);
	wait_screens(&fixture->picture, &mirrored);
	assert_placement(fixture, 1, 1, "plane");
	assert_placement(fixture, 1, 2, "plane");
	part_move(&app.parts[0], 310, 230);
	app_commit_state(&app);
	app_draw(&app, &fixture->picture);
	enlarge(&fixture->picture, &mirrored, 40, 0, 1);
	wait_screens(&fixture->picture, &mirrored);
	test_picture_finish(&mirrored);
	app_finish(&app);
	stop(fixture);
}

static void fill(struct part *part, uint32_t argb) {
	part_turn(part);
	test_buffer_fill(&part->buffers[part->shown], argb);
}

// Larger: areas of one colour, so that no filter matters.
static void test_other_mode(void **state) {
	(void)state;
	struct fixture *fixture = start("[output Virtual-2]\nmirror = Virtual-1\nmode = 640x500@60\n");
	struct app app;
	struct test_picture mirrored;
	test_picture_init(&mirrored, 640, 500);
	app_init(&app, fixture, "app");
	test_buffer_fill(&app.buffers[0], 0xff203040);
	test_buffer_fill(&app.buffers[1], 0xff203040);
	struct part *shm = app_add_part(&app, false, DRM_FORMAT_XRGB8888, 31, 17);
	struct part *dmabuf = app_add_part(&app, true, DRM_FORMAT_XRGB8888, 64, 48);
	for (int i = 0; i < 6; i++) {
		fill(shm, 0xff00ff00 + (uint32_t)i);
		fill(dmabuf, 0xffff0000 + (uint32_t)i);
		part_move(shm, 7 + 13 * i, 11 + 9 * i);
		part_move(dmabuf, 300 - 40 * i, 220 - 50 * i);
		app_commit(&app);
		app_draw(&app, &fixture->picture);
		enlarge(&fixture->picture, &mirrored, 0, 10, 2);
		wait_screens(&fixture->picture, &mirrored);
	}
	struct json_object *status = test_status(&fixture->control);
	struct json_object *output = test_status_output(status, 1);
	assert_true(json_object_get_double(test_json(output, "scale")) == 2);
	json_object_put(status);
	test_picture_finish(&mirrored);
	app_finish(&app);
	stop(fixture);
}

// A window's colours change in a box; the rest of the contents stays as it was.
static void change_box(struct test_buffer *buffer, const struct rect *box) {
	static uint32_t seed = 77;
	for (int y = box->y; y < box->y + box->height; y++) {
		uint32_t *row = (uint32_t *)(buffer->image.data[0] + (size_t)y * buffer->image.stride[0]);
		for (int x = box->x; x < box->x + box->width; x++) {
			seed = seed * 1664525 + 1013904223;
			row[x] = 0xff000000 | seed >> 8;
		}
	}
}

// What was drawn bit by bit is what is drawn at once: damage reaches as far as the filter does.
static void check_scaled_damage(const char *mode, const char *transform) {
	char text[256];
	snprintf(text, sizeof(text),
		"[output Virtual-2]\nmirror = Virtual-1\nmode = %s\ntransform = %s\n", mode, transform);
	struct fixture *fixture = start(text);
	struct app app;
	struct test_screen screen;
	app_init(&app, fixture, "app");
	struct part *part = app_add_part(&app, false, DRM_FORMAT_ARGB8888, 61, 37);
	part_turn(part);
	app_commit(&app);
	test_screen_open(&screen, 1);
	struct test_buffer *buffer = &app.buffers[app.shown];
	srand(3);
	for (int i = 0; i < 25; i++) {
		struct rect box = {rand() % 300, rand() % 220, 1 + rand() % 20, 1 + rand() % 20};
		change_box(buffer, &box);
		wl_surface_attach(app.window.base.surface, buffer->buffer, 0, 0);
		wl_surface_damage_buffer(app.window.base.surface, box.x, box.y, box.width, box.height);
		if (i % 3 == 0) {
			part_move(part, rand() % 340 - 20, rand() % 260 - 20);
		}
		app_commit_state(&app);
		struct test_image whole =
			test_capture(&fixture->control, "Virtual-2", VITRINE_CONTROL_V1_SOURCE_COMPOSED);
		uint32_t last,
			expected =
				test_crc_of_xrgb8888(whole.data[0], whole.width, whole.height, whole.stride[0]);
		if (!test_crc_wait(&screen.crc, expected, 5000, &last)) {
			fail_msg(
				"%s, %s, step %d: the screen is not what is drawn at once", mode, transform, i);
		}
		free(whole.data[0]);
	}
	test_screen_close(&screen);
	app_finish(&app);
	stop(fixture);
}

static void test_scaled_damage(void **state) {
	(void)state;
	check_scaled_damage("400x300@60", "normal");
	check_scaled_damage("250x330@60", "90");
	check_scaled_damage("161x121@60", "flipped");
	check_scaled_damage("640x480@60", "180");
}

// ---- Turned ----

// Where something upright lies in memory: mirrored first, then turned counter-clockwise a quarter at a
// time (wl_output.transform).
static struct rect in_memory(unsigned transform, int width, int height, struct rect rect) {
	if (transform & WL_OUTPUT_TRANSFORM_FLIPPED) {
		rect.x = width - rect.x - rect.width;
	}
	for (unsigned i = 0; i < (transform & 3); i++) {
		rect = (struct rect){rect.y, width - rect.x - rect.width, rect.height, rect.width};
		int swap = width;
		width = height;
		height = swap;
	}
	return rect;
}

static void draw(struct test_picture *picture, unsigned transform, int width, int height,
	const struct test_buffer *buffer, int x, int y) {
	static const enum wl_output_transform inverse[] = {0, 3, 2, 1, 4, 5, 6, 7};
	struct rect rect = in_memory(
		transform, width, height, (struct rect){x, y, buffer->image.width, buffer->image.height});
	test_picture_draw(picture,
		&(struct test_layer){
			.image = &buffer->image, .x = rect.x, .y = rect.y, .transform = inverse[transform]});
}

// The source turned by `from` and scaled, the mirror by `to`; upright they are of the same size.
static void check_turned(unsigned from, unsigned to, double scale) {
	const int width = TEST_WIDTH, height = TEST_HEIGHT;
	const unsigned turns[] = {from, to};
	char text[512];
	size_t len = 0;
	struct test_picture pictures[2];
	for (int i = 0; i < 2; i++) {
		int across = turns[i] & 1 ? height : width, down = turns[i] & 1 ? width : height;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"[output Virtual-%d]\nmode = %dx%d@60\ntransform = %s\n", i + 1, across, down,
			transforms[turns[i]]);
		test_picture_init(&pictures[i], across, down);
	}
	snprintf(text + len, sizeof(text) - len, "mirror = Virtual-1\n[output Virtual-1]\nscale = %g\n",
		scale);
	struct fixture *fixture = start(text);
	struct test_client client;
	struct test_window window;
	struct test_surface video;
	struct test_buffer buffer, frame;
	test_client_connect(&client, &fixture->server);
	test_window_init(&window, &client, "turned", NULL);
	assert_int_equal(window.width, (int)round(width / scale));
	test_surface_init(&video, &client);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client.subcompositor, video.surface, window.base.surface);
	wl_subsurface_set_position(subsurface, 20, 10); // logical, and whole px at each scale
	struct wp_viewport *viewports[] = {
		wp_viewporter_get_viewport(client.viewporter, window.base.surface),
		wp_viewporter_get_viewport(client.viewporter, video.surface),
	};
	wp_viewport_set_destination(viewports[0], window.width, window.height);
	wp_viewport_set_destination(viewports[1], 64, 48);
	test_buffer_init_shm(&buffer, &client, DRM_FORMAT_XRGB8888, width, height);
	test_buffer_init_dmabuf(&frame, &client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
		(int)round(64 * scale), (int)round(48 * scale));
	for (uint32_t seed = 1; seed <= 2; seed++) {
		// The second time damage alone says what to draw.
		test_buffer_paint(&buffer, seed);
		test_buffer_paint(&frame, 10 + seed);
		test_surface_show(&video, &frame);
		test_surface_show(&window.base, &buffer);
		test_surface_wait_frame(&window.base);
		for (int i = 0; i < 2; i++) {
			draw(&pictures[i], turns[i], width, height, &buffer, 0, 0);
			draw(&pictures[i], turns[i], width, height, &frame, (int)round(20 * scale),
				(int)round(10 * scale));
		}
		wait_screens(&pictures[0], &pictures[1]);
	}
	for (int i = 0; i < 2; i++) {
		wp_viewport_destroy(viewports[i]);
		test_picture_finish(&pictures[i]);
	}
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&video);
	test_buffer_finish(&frame);
	test_buffer_finish(&buffer);
	test_window_finish(&window);
	test_client_disconnect(&client);
	stop(fixture);
}

static void test_turned(void **state) {
	(void)state;
	static const double scales[] = {1, 1.5, 2};
	for (unsigned i = 0; i < 8; i++) {
		check_turned(0, i, 1);
		check_turned(i, (5 * i + 3) % 8, scales[i % 3]);
	}
}

// ---- Lives ----

static void set_power_done(void *data, struct vitrine_reply_v1 *reply) {
	(void)reply;
	*(int *)data = 1;
}

static void set_power_failed(void *data, struct vitrine_reply_v1 *reply, const char *reason) {
	(void)reply;
	fail_msg("%s", reason);
	*(int *)data = -1;
}

static void set_power(struct fixture *fixture, const char *output, bool on) {
	static const struct vitrine_reply_v1_listener listener = {
		.done = set_power_done, .failed = set_power_failed};
	int answer = 0;
	struct vitrine_reply_v1 *reply =
		vitrine_control_v1_set_power(fixture->control.control, output, on);
	vitrine_reply_v1_add_listener(reply, &listener, &answer);
	test_client_wait(&fixture->control, answer != 0);
	vitrine_reply_v1_destroy(reply);
}

static void show_frames(struct app *app, int n) {
	for (int i = 0; i < n; i++) {
		part_turn(&app->parts[0]); // waits until its buffer is free
		test_surface_wait_frame(&app->parts[0].surface);
	}
}

// A client that draws all the time has its buffers back, and all is as it was before.
static void test_animation(void **state) {
	(void)state;
	struct fixture *fixture = start(SAME_MODE);
	struct app app;
	app_init(&app, fixture, "app");
	struct part *video = add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	wl_subsurface_set_desync(video->subsurface);
	show_frames(&app, 10);
	wait_same(fixture, &app);
	struct test_counts before = test_server_count(&fixture->server);
	int64_t shown = test_status_counter(&fixture->control, 1, "frames");
	show_frames(&app, FRAMES);
	test_counts_assert_same(before, test_server_count(&fixture->server));
	assert_true(test_status_counter(&fixture->control, 1, "frames") >= shown + FRAMES / 2);
	wait_same(fixture, &app);
	app_finish(&app);
	stop(fixture);
}

// A dark mirror holds nothing back; lit again it shows what is.
static void test_dark_mirror(void **state) {
	(void)state;
	struct fixture *fixture = start(SAME_MODE);
	struct app app;
	app_init(&app, fixture, "app");
	struct part *video = add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	wl_subsurface_set_desync(video->subsurface);
	show_frames(&app, 10);
	set_power(fixture, "Virtual-2", false);
	show_frames(&app, FRAMES);
	struct test_counts before = test_server_count(&fixture->server);
	// What a client takes off and throws away is gone, though nobody looks at the mirror.
	struct part *more = add_video(&app, 64, 48, 100, 100);
	app_commit(&app);
	show_frames(&app, 2);
	part_unmap(more);
	app_commit_state(&app);
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&more->buffers[i]);
	}
	show_frames(&app, 3);
	test_counts_assert_same(before, test_server_count(&fixture->server));
	// Both dark: a client that does not wait for frames has its buffers back all the same.
	set_power(fixture, "Virtual-1", false);
	for (int i = 0; i < 6; i++) {
		part_turn(video);
		wl_display_flush(app.client.display);
	}
	set_power(fixture, "", true);
	test_surface_wait_frame(&video->surface);
	wait_same(fixture, &app);
	app_finish(&app);
	stop(fixture);
}

// Clients end at once, with the buffer first, with the window first, while both screens show them.
static void test_clients_die(void **state) {
	(void)state;
	struct fixture *fixture = start(SAME_MODE);
	struct witness witness;
	struct test_picture expected, black;
	test_picture_init(&black, TEST_WIDTH, TEST_HEIGHT);
	wait_screens(&black, &black);
	witness_init(&witness, fixture, "witness", 3);
	witness_picture(&witness, &expected);
	wait_screens(&expected, &expected);
	witness_next_frame(&witness);
	struct test_counts before = {0};
	for (int i = 0; i < ROUNDS; i++) {
		struct app app;
		app_init(&app, fixture, "app");
		add_video(&app, 64, 48, 20, 10);
		app_commit(&app);
		wait_same(fixture, &app);
		if (i % 3 == 1) {
			test_buffer_destroy_object(&app.parts[0].buffers[app.parts[0].shown]);
			test_buffer_destroy_object(&app.buffers[app.shown]);
			test_client_roundtrip(&app.client);
			wait_same(fixture, &app);
		} else if (i % 3 == 2) {
			wl_subsurface_destroy(app.parts[0].subsurface);
			test_surface_finish(&app.parts[0].surface);
			test_client_roundtrip(&app.client);
		}
		// Without a word of good-bye: what follows is heard by nobody.
		shutdown(wl_display_get_fd(app.client.display), SHUT_RDWR);
		for (int k = 0; k < 2; k++) {
			test_buffer_finish(&app.parts[0].buffers[k]);
			test_buffer_finish(&app.buffers[k]);
		}
		test_client_disconnect(&app.client);
		wait_screens(&expected, &expected);
		witness_next_frame(&witness);
		witness_next_frame(&witness);
		if (i == 2) {
			before = test_server_count(&fixture->server);
		} else if (i > 2) {
			test_counts_assert_same(before, test_server_count(&fixture->server));
		}
	}
	witness_finish(&witness);
	wait_screens(&black, &black);
	test_picture_finish(&expected);
	test_picture_finish(&black);
	stop(fixture);
}

// ---- Costs ----

static void test_steady(void **state) {
	(void)state;
	void *begun;
	end_left_over();
	configure("[output Virtual-2]\nmirror = Virtual-1\nmode = 320x240@200\n");
	fixture_start_traced_fast(&begun);
	struct fixture *fixture = running = begun;
	struct app app;
	app_init(&app, fixture, "app");
	struct part *video = add_video(&app, 160, 120, 40, 30);
	app_commit(&app);
	wl_subsurface_set_desync(video->subsurface);
	struct trace_counts counts;
	for (int quiet = 0; quiet < QUIET_FRAMES;) {
		counts = test_trace_counts(&fixture->trace, NULL);
		show_frames(&app, 1);
		quiet = test_trace_counts(&fixture->trace, &counts).tests == 0 ? quiet + 1 : 0;
	}
	assert_placement(fixture, 1, 1, "plane");
	int64_t shown = test_status_counter(&fixture->control, 1, "frames");
	int64_t composed = test_status_counter(&fixture->control, 1, "composed_bytes");
	test_trace_restart(&fixture->trace);
	struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
	show_frames(&app, STEADY_FRAMES);
	counts = test_trace_counts(&fixture->trace, &before);
	test_trace_print_callers(&fixture->trace);
	shown = test_status_counter(&fixture->control, 1, "frames") - shown;
	print_message("%d frames: %llu commits, %lld of them the mirror's, %llu tests, allocations: "
				  "%llu, by pixman %llu; %llu other ioctls\n",
		STEADY_FRAMES, (unsigned long long)counts.commits, (long long)shown,
		(unsigned long long)counts.tests, (unsigned long long)counts.allocations,
		(unsigned long long)counts.pixman_allocations, (unsigned long long)counts.other_ioctls);
	assert_true(shown >= STEADY_FRAMES / 2);
	assert_int_equal(counts.tests, 0);
	assert_int_equal(counts.allocations, 0);
	assert_int_equal(counts.pixman_allocations, 0);
	assert_int_equal(counts.other_ioctls, 0);
	assert_int_equal(test_status_counter(&fixture->control, 1, "composed_bytes"), composed);
	app_finish(&app);
	stop(fixture);
}

// ---- Configurations that make no mirror ----

static void test_not_connected(void **state) {
	(void)state;
	struct fixture *fixture = start("[output Virtual-2]\nmirror = DP-9\n");
	struct test_client client;
	assert_non_null(strstr(fixture->server.text, "Virtual-2: mirror = DP-9: no such output"));
	test_client_connect(&client, &fixture->server);
	assert_int_equal(client.n_outputs, 2);
	assert_mirrors(fixture, "");
	test_client_disconnect(&client);
	stop(fixture);
}

static void test_mirror_of_itself(void **state) {
	(void)state;
	struct fixture *fixture = start("[output Virtual-2]\nmirror = Virtual-2\n"
									"[output Virtual-1]\nmode = " TEST_MODE "\n");
	struct test_client client;
	assert_non_null(strstr(fixture->server.text, "expected another output"));
	test_client_connect(&client, &fixture->server);
	assert_int_equal(client.n_outputs, 2);
	assert_mirrors(fixture, "");
	test_client_disconnect(&client);
	stop(fixture);
}

int main(void) {
	test_guard(230);
	test_need_layout("dual");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_mode),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_other_mode),
		cmocka_unit_test(test_scaled_damage),
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_animation),
		cmocka_unit_test(test_dark_mirror),
		cmocka_unit_test(test_clients_die),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_not_connected),
		cmocka_unit_test(test_mirror_of_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
