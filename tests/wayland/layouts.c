// SPDX-License-Identifier: MIT
// While the planner changes its mind, no refresh shows a layer twice, or not at all: contents stay the
// same, layouts do not, and neither does the screen's CRC.
#include <drm_fourcc.h>
#include <stdio.h>

#include "app.h"
#include "watch.h"

enum {
	VIDEOS = 7,            // more than there are planes
	ROUNDS = 6,            // of other videos being the fast ones
	FRAMES_OF_ROUND = 180, // more than it takes the planner to believe in new rates
	LEAST_CHANGES = 3,     // of layouts, in all rounds
	LEAST_SEEN = 200,      // refreshes whose picture is known, of more than 1,000
};

// Which parts are on planes, a bit each; the lowest layer is the window.
static unsigned parts_on_planes(struct fixture *fixture) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	unsigned on = 0;
	for (size_t i = 1; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		on |= (unsigned)(test_json_int(layer, "plane") != 0) << i;
	}
	json_object_put(status);
	return on;
}

// Which parts are missing from a picture that has this CRC; 0 if it is wrong in another way.
static unsigned find_missing(struct app *app, struct test_picture *picture, uint32_t value) {
	for (unsigned missing = 1; missing < 1u << VIDEOS; missing++) {
		for (int i = 0; i < VIDEOS; i++) {
			app->parts[i].mapped = !(missing & 1u << i);
		}
		app_draw(app, picture);
		if (test_picture_crc(picture) == value) {
			return missing;
		}
	}
	return 0;
}

static void assert_no_other(
	struct fixture *fixture, struct app *app, struct test_watch *watch, int round) {
	uint32_t frame, value;
	if (test_watch_wrong(watch, &frame, &value)) {
		fail_msg(
			"the screen's CRC was %08x at frame %u, round %d, should stay %08x (missing: %02x)",
			value, frame, round, watch->expected, find_missing(app, &fixture->picture, value));
	}
}

// What the watch would tell of: a part is missing.
static void assert_missing_is_seen(
	struct fixture *fixture, struct app *app, struct test_screen *screen) {
	static struct test_watch watch;
	uint32_t frame, value;
	test_watch_start(&watch, screen, &fixture->picture);
	part_unmap(&app->parts[0]);
	do {
		app_commit_state(app);
	} while (!test_watch_wrong(&watch, &frame, &value));
	test_watch_stop(&watch);
}

// A part's contents in both of its buffers, so that turning it changes nothing.
static void add_videos(struct app *app) {
	for (int i = 0; i < VIDEOS; i++) {
		struct part *part = app_add_part(app, true, DRM_FORMAT_XRGB8888, 90 - 4 * i, 60 + 3 * i);
		test_buffer_paint(&part->buffers[1], (uint32_t)app->n_parts * 10);
		part_move(part, 4 + i * 34, 10 + i * 25);
		part_turn(part);
	}
}

static void test_layouts_change_between_refreshes(void **state) {
	struct fixture *fixture = *state;
	struct app app;
	app_init(&app, fixture, "app");
	add_videos(&app);
	app_commit(&app);
	app_draw(&app, &fixture->picture);
	static struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &fixture->picture);
	static struct test_watch watch;
	test_watch_start(&watch, &screen, &fixture->picture);
	unsigned on = parts_on_planes(fixture);
	int changes = 0;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < FRAMES_OF_ROUND; i++) {
			// Three of them are drawn each time, the others hardly ever.
			for (int k = 0; k < 3; k++) {
				part_turn(&app.parts[(round * 3 + k) % VIDEOS]);
			}
			app_commit_state(&app);
			unsigned now = parts_on_planes(fixture);
			changes += now != on;
			on = now;
			assert_no_other(fixture, &app, &watch, round);
		}
	}
	test_watch_stop(&watch);
	assert_no_other(fixture, &app, &watch, ROUNDS);
	print_message("%d changes of the layout in %d frames\n", changes, ROUNDS * FRAMES_OF_ROUND);
	print_message("%u refreshes were seen in time, %u late, %u of them with another CRC\n",
		watch.in_time, watch.late, watch.late_wrong);
	assert_true(watch.in_time >= LEAST_SEEN);
	assert_true(changes >= LEAST_CHANGES);
	assert_true(changes <= ROUNDS * 4); // and it does not swing
	assert_missing_is_seen(fixture, &app, &screen);
	test_screen_close(&screen);
	app_finish(&app);
}

int main(void) {
	test_guard(110);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_layouts_change_between_refreshes, fixture_start, fixture_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
