// SPDX-License-Identifier: MIT
// The cursor on screen: there when a pointer moves, gone with a touch and with time, what a client makes
// of it, and what moving it costs, counted from outside.
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "input-fixture.h"
#include "trace.h"

enum { PERIOD_NS = 1000000 }; // 1,000 motions a second

static int motions(void) {
	return getenv("VITRINE_SOAK") ? 10000 : 3000;
}

static bool has_layout(const char *name) {
	const char *layout = getenv("VITRINE_LAYOUT");
	return layout && strcmp(layout, name) == 0;
}

// The cursor's layer in the status, NULL if there is none. *status has to be put.
static struct json_object *find_cursor(struct test_client *client, struct json_object **status) {
	*status = test_status(client);
	struct json_object *layers = test_json(test_status_output(*status, 0), "layers");
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		if (strcmp(test_json_string(layer, "app_id"), "vitrine-cursor") == 0) {
			assert_int_equal(i, json_object_array_length(layers) - 1); // on top
			return layer;
		}
	}
	return NULL;
}

static bool is_shown(struct test_client *client) {
	struct json_object *status;
	bool shown = find_cursor(client, &status) != NULL;
	json_object_put(status);
	return shown;
}

// A frame of the window after which the cursor is there, or is not.
static void wait_shown(struct input_fixture *fixture, bool shown) {
	while (is_shown(&fixture->control) != shown) {
		test_surface_show(&fixture->window.base, &fixture->buffer);
		test_surface_wait_frame(&fixture->window.base);
	}
}

static void plug_pointer(struct input_fixture *fixture) {
	test_device_init_pointer(&fixture->pointer, &fixture->server, "test pointer", NULL);
	test_seat_wait_capabilities(&fixture->seat, WL_SEAT_CAPABILITY_POINTER);
}

static uint32_t enter(struct input_fixture *fixture) {
	test_device_move(&fixture->pointer, -2 * TEST_WIDTH, -2 * TEST_HEIGHT);
	uint32_t serial = test_seat_expect(&fixture->seat, TEST_POINTER_ENTER).serial;
	test_seat_expect(&fixture->seat, TEST_POINTER_FRAME);
	return serial;
}

static void test_shown_by_motion_alone(void **state) {
	struct input_fixture *fixture = *state;
	assert_false(is_shown(&fixture->control));
	plug_pointer(fixture);
	wait_shown(fixture, false);
	enter(fixture);
	wait_shown(fixture, true);
	test_device_init_touch(&fixture->touch, &fixture->server, "test touch", NULL);
	test_device_touch_down(&fixture->touch, 0, 9, 9);
	wait_shown(fixture, false);
	test_device_move(&fixture->pointer, 1, 0);
	wait_shown(fixture, true);
	test_device_finish(&fixture->pointer, &fixture->server);
	wait_shown(fixture, false);
}

static void test_hidden_after_a_time(void **state) {
	(void)state;
	struct input_fixture *fixture = input_start_with("[cursor]\nhide-after = 1000\n");
	plug_pointer(fixture);
	enter(fixture);
	wait_shown(fixture, true);
	wait_shown(fixture, false); // nothing moves it
	test_device_move(&fixture->pointer, 1, 0);
	wait_shown(fixture, true);
	input_stop((void **)&fixture);
}

static void screen_with(struct input_fixture *fixture, struct test_picture *picture,
	const struct test_buffer *cursor, int x, int y, bool on_plane) {
	test_picture_init(picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(picture, &(struct test_layer){.image = &fixture->buffer.image});
	test_picture_draw(picture,
		&(struct test_layer){.image = &cursor->image, .x = x, .y = y, .on_plane = on_plane});
}

// The picture that a client sets, its hotspot where the pointer is, also over the edges.
static void test_picture_of_a_client(void **state) {
	struct input_fixture *fixture = *state;
	struct test_surface surface;
	struct test_buffer cursor;
	bool plane = !has_layout("none");
	test_buffer_paint(&fixture->buffer, 3);
	test_surface_show(&fixture->window.base, &fixture->buffer);
	test_surface_wait_frame(&fixture->window.base);
	plug_pointer(fixture);
	uint32_t serial = enter(fixture);
	test_surface_init(&surface, &fixture->client);
	test_buffer_init_shm(&cursor, &fixture->client, DRM_FORMAT_ARGB8888, 21, 13);
	if (plane) {
		test_buffer_paint(&cursor, 8);
	} else {
		test_buffer_fill(&cursor, 0xff3080c0); // how composing rounds is not told to the bit
	}
	wl_pointer_set_cursor(fixture->seat.pointer, serial, surface.surface, 4, 5);
	test_surface_show(&surface, &cursor);
	test_surface_wait_frame(&surface); // it hears of its frames
	static const struct {
		int dx, dy, x, y;
	} moves[] = {
		{50, 60, 50, 60},
		{-50, -60, 0, 0},
		{2 * TEST_WIDTH, 2 * TEST_HEIGHT, TEST_WIDTH - 1, TEST_HEIGHT - 1},
		{-100, -7, TEST_WIDTH - 101, TEST_HEIGHT - 8},
	};
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		struct test_picture picture;
		struct test_screen screen;
		test_device_move(&fixture->pointer, moves[i].dx, moves[i].dy);
		screen_with(fixture, &picture, &cursor, moves[i].x - 4, moves[i].y - 5, plane);
		test_screen_open(&screen, 0);
		test_screen_wait(&screen, &picture);
		test_screen_close(&screen);
		test_picture_finish(&picture);
		struct json_object *status, *layer = find_cursor(&fixture->control, &status);
		assert_non_null(layer);
		assert_string_equal(test_json_string(layer, "placement"), plane ? "plane" : "composed");
		json_object_put(status);
	}
	// Hidden by the client, and again by one that was never told of that serial.
	wl_pointer_set_cursor(fixture->seat.pointer, serial - 1, surface.surface, 0, 0);
	wl_pointer_set_cursor(fixture->seat.pointer, serial, NULL, 0, 0);
	wait_shown(fixture, false);
	test_surface_finish(&surface);
	test_buffer_finish(&cursor);
}

// One that no cursor plane takes is shown all the same, and one whose surface goes is gone.
static void test_unusual_cursors(void **state) {
	struct input_fixture *fixture = *state;
	struct test_surface surface;
	struct test_buffer cursor;
	plug_pointer(fixture);
	uint32_t serial = enter(fixture);
	test_surface_init(&surface, &fixture->client);
	test_buffer_init_shm(&cursor, &fixture->client, DRM_FORMAT_ARGB8888, 32, 16);
	test_buffer_paint(&cursor, 5);
	wl_surface_set_buffer_transform(surface.surface, WL_OUTPUT_TRANSFORM_90);
	wl_pointer_set_cursor(fixture->seat.pointer, serial, surface.surface, 1, 2);
	test_surface_show(&surface, &cursor);
	test_surface_wait_frame(&surface);
	test_device_move(&fixture->pointer, 31, 42);
	struct test_picture picture;
	struct test_screen screen;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(&picture,
		&(struct test_layer){
			.image = &cursor.image, .x = 30, .y = 40, .transform = WL_OUTPUT_TRANSFORM_90});
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_surface_finish(&surface);
	test_picture_fill(&picture, 0, 0, TEST_WIDTH, TEST_HEIGHT, (struct test_color){.a = 0xffff});
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	// A surface with another role is none, and the client hears so.
	wl_pointer_set_cursor(fixture->seat.pointer, serial, fixture->window.base.surface, 0, 0);
	assert_int_equal(
		test_client_wait_error(&fixture->client, &wl_pointer_interface), WL_POINTER_ERROR_ROLE);
	// What it had is gone with its connection.
	memset(&fixture->window, 0, sizeof(fixture->window));
	memset(&fixture->seat, 0, sizeof(fixture->seat));
	fixture->buffer.buffer = NULL;
	cursor.buffer = NULL;
	test_buffer_finish(&cursor);
}

// 1,000 motions a second: no test, nothing composed, at most one commit a refresh.
static void test_cost_of_motion(void **state) {
	(void)state;
	struct test_trace trace;
	struct test_server server;
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	struct test_device pointer;
	static struct test_seat seat;
	test_trace_start(&trace, &server, NULL);
	test_client_connect(&client, &server);
	input_show_window(&window, &client, &buffer, "below");
	test_seat_init(&seat, &client, 9);
	test_device_init_pointer(&pointer, &server, "fast pointer", NULL);
	test_seat_wait_capabilities(&seat, WL_SEAT_CAPABILITY_POINTER);
	seat.ignored = 1u << TEST_MOTION | 1u << TEST_POINTER_FRAME;
	for (int i = 0; i < 40; i++) { // all of the screen, and its planes tried
		test_device_move(&pointer, i % 2 ? 700 : -700, i % 3 ? 90 : -90);
		test_surface_show(&window.base, &buffer);
		test_surface_wait_frame(&window.base);
	}
	struct trace_counts before = test_trace_counts(&trace, NULL);
	int64_t bytes = test_status_counter(&client, 0, "composed_bytes");
	int64_t frames = test_status_counter(&client, 0, "frames");
	struct timespec start, next, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	next = start;
	for (int i = 0; i < motions(); i++) {
		// A path that crosses the screen and leans on its edges.
		test_device_move(&pointer, i / 400 % 2 ? -2 : 2, i / 300 % 2 ? -2 : 2);
		next.tv_nsec += PERIOD_NS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL); // the device's rate
		if (i % 50 == 0) {
			test_client_roundtrip(&client);
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	struct trace_counts counts = test_trace_counts(&trace, &before);
	double seconds =
		(double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	int64_t shown = test_status_counter(&client, 0, "frames") - frames;
	print_message("%d motions in %.2f s: %llu tests, %llu commits, %lld frames, %lld bytes "
				  "composed\n",
		motions(), seconds, (unsigned long long)counts.tests, (unsigned long long)counts.commits,
		(long long)shown, (long long)(test_status_counter(&client, 0, "composed_bytes") - bytes));
	assert_int_equal(counts.tests, 0);
	assert_int_equal(test_status_counter(&client, 0, "composed_bytes"), bytes);
	assert_true((double)counts.commits <= seconds * 60 + 2);
	assert_true(shown > 10); // it did move
	test_device_finish(&pointer, &server);
	test_seat_finish(&seat);
	test_window_finish(&window);
	test_buffer_finish(&buffer);
	test_client_disconnect(&client);
	test_server_stop(&server);
	test_trace_finish(&trace);
}

int main(void) {
	test_guard(110);
#define TEST(name) cmocka_unit_test_setup_teardown(name, input_start, input_stop)
	static const struct CMUnitTest with_plane[] = {
		TEST(test_shown_by_motion_alone),
		cmocka_unit_test(test_hidden_after_a_time),
		TEST(test_picture_of_a_client),
		TEST(test_unusual_cursors),
		cmocka_unit_test(test_cost_of_motion),
	};
	static const struct CMUnitTest composed[] = {
		TEST(test_shown_by_motion_alone),
		TEST(test_picture_of_a_client),
	};
	return has_layout("none") ? cmocka_run_group_tests(composed, NULL, NULL)
							  : cmocka_run_group_tests(with_plane, NULL, NULL);
}
