// SPDX-License-Identifier: MIT
// Planes that two CRTCs share: they go where they save most, and move by off, event, on, so that no
// commit finds a CRTC busy. Results of commits are counted from outside.
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

enum {
	OUTPUTS = 2,
	PARTS = 5,
	PATIENCE = 1000,     // frames until planes have moved where they should be
	MOVES = 150,         // of planes between the CRTCs, at random; VITRINE_MOVES: more of them
	PICTURES_EVERY = 40, // steps
};

static uint32_t random_state = 7;

static int pick(int from, int to) {
	random_state = random_state * 1664525 + 1013904223;
	return from + (int)((random_state >> 8) % (uint32_t)(to - from + 1));
}

static void add_parts(struct app *app, int n, int width, int height) {
	for (int i = 0; i < n; i++) {
		struct part *part = app_add_part(app, true, DRM_FORMAT_XRGB8888, width, height);
		part_move(part, 3 + i * 31, 5 + i * 23);
		part_turn(part);
	}
}

// Which output the app is on: an index into status and, on vkms, of the CRTC.
static size_t output_of(struct fixture *fixture, const char *app_id) {
	struct json_object *status = test_status(&fixture->control);
	size_t found = OUTPUTS;
	for (size_t o = 0; o < OUTPUTS; o++) {
		struct json_object *layers = test_json(test_status_output(status, o), "layers");
		for (size_t i = 0; i < json_object_array_length(layers); i++) {
			struct json_object *layer = json_object_array_get_idx(layers, i);
			if (strcmp(test_json_string(layer, "app_id"), app_id) == 0) {
				found = o;
			}
		}
	}
	json_object_put(status);
	assert_true(found < OUTPUTS);
	return found;
}

static int count_on_planes(struct fixture *fixture, size_t output) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *layers = test_json(test_status_output(status, output), "layers");
	int n = 0;
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		n += strcmp(test_json_string(json_object_array_get_idx(layers, i), "placement"), "plane") ==
			0;
	}
	json_object_put(status);
	return n;
}

static void assert_screen(struct fixture *fixture, const struct app *app, size_t output) {
	struct test_screen screen;
	test_screen_open(&screen, (int)output);
	app_draw(app, &fixture->picture);
	test_screen_wait(&screen, &fixture->picture);
	test_screen_close(&screen);
}

// Lighting the screens is left out: that is tried without a modeset first.
static void assert_all_taken(struct fixture *fixture, const struct trace_counts *start) {
	struct trace_counts counts = test_trace_counts(&fixture->trace, start);
	assert_int_equal(counts.commit_results[EBUSY], 0);
	assert_int_equal(counts.commit_results[0], counts.commits);
}

static void frame(struct app *app) {
	for (int i = 0; i < app->n_parts; i++) {
		part_turn(&app->parts[i]);
	}
	app_commit_state(app);
}

// Small videos have all the overlays, since they came first. Larger ones on the other screen get them,
// and when those end, the small ones have them back.
static void test_planes_go_where_they_save_most(void **state) {
	struct fixture *fixture = *state;
	struct app small, large;
	struct trace_counts start = test_trace_counts(&fixture->trace, NULL);
	app_init(&small, fixture, "small");
	add_parts(&small, 4, 40, 30);
	app_commit(&small);
	size_t first = output_of(fixture, "small");
	assert_int_equal(count_on_planes(fixture, first), 4); // three overlays, and the cursor plane
	app_init(&large, fixture, "large");
	add_parts(&large, 4, 150, 100);
	app_commit(&large);
	size_t second = output_of(fixture, "large");
	assert_int_not_equal(first, second);
	int frames = 0;
	while (count_on_planes(fixture, second) < 4) {
		frame(&small);
		frame(&large);
		assert_true(++frames < PATIENCE);
	}
	assert_int_equal(count_on_planes(fixture, first), 1);
	assert_screen(fixture, &small, first);
	assert_screen(fixture, &large, second);
	// It stays: nothing is to be gained by going back.
	for (int i = 0; i < 60; i++) {
		frame(&small);
		frame(&large);
		assert_int_equal(count_on_planes(fixture, second), 4);
	}
	for (int i = 0; i < 4; i++) {
		part_unmap(&large.parts[i]);
	}
	app_commit_state(&large);
	for (frames = 0; count_on_planes(fixture, first) < 4; frames++) {
		frame(&small);
		assert_true(frames < PATIENCE);
	}
	assert_screen(fixture, &small, first);
	assert_screen(fixture, &large, second);
	assert_all_taken(fixture, &start);
	app_finish(&large);
	app_finish(&small);
}

enum { MAX_PLANES = 256 }; // ids

// Which output each plane was on last. Returns how many have moved to another one since.
static int note_users(struct fixture *fixture, int users[MAX_PLANES]) {
	struct json_object *status = test_status(&fixture->control);
	int moved = 0;
	for (int o = 0; o < OUTPUTS; o++) {
		struct json_object *planes = test_json(test_status_output(status, (size_t)o), "planes");
		for (size_t i = 0; i < json_object_array_length(planes); i++) {
			struct json_object *plane = json_object_array_get_idx(planes, i);
			const char *role = test_json_string(plane, "role");
			int64_t id = test_json_int(plane, "id");
			assert_in_range(id, 1, MAX_PLANES - 1);
			if (strcmp(role, "client") == 0 || strcmp(role, "composed") == 0) {
				moved += users[id] != 0 && users[id] != o + 1;
				users[id] = o + 1;
			}
		}
	}
	json_object_put(status);
	return moved;
}

// Shows each part with that chance in four.
static void show_some(struct app *app, int chance) {
	for (int i = 0; i < app->n_parts; i++) {
		struct part *part = &app->parts[i];
		if (pick(0, 3) < chance) {
			part_turn(part);
		} else if (part->mapped) {
			part_unmap(part);
		}
	}
	app_commit_state(app);
}

static void test_moves_at_random(void **state) {
	struct fixture *fixture = *state;
	const char *wanted = getenv("VITRINE_MOVES");
	int n = wanted ? atoi(wanted) : MOVES;
	struct trace_counts start = test_trace_counts(&fixture->trace, NULL);
	struct app apps[OUTPUTS];
	size_t outputs[OUTPUTS];
	int users[MAX_PLANES] = {0};
	for (int i = 0; i < OUTPUTS; i++) {
		const char *name = i == 0 ? "one" : "two";
		app_init(&apps[i], fixture, name);
		for (int p = 0; p < PARTS; p++) {
			add_parts(&apps[i], 1, pick(20, 160), pick(20, 120));
			part_move(&apps[i].parts[p], pick(-20, 260), pick(-20, 200));
		}
		app_commit(&apps[i]);
		outputs[i] = output_of(fixture, name);
	}
	note_users(fixture, users);
	int moves = 0, steps = 0;
	while (moves < n) {
		int giver = pick(0, OUTPUTS - 1);
		show_some(&apps[giver], pick(0, 2));
		show_some(&apps[1 - giver], pick(2, 4));
		moves += note_users(fixture, users);
		if (++steps % PICTURES_EVERY == 0) {
			for (int i = 0; i < OUTPUTS; i++) {
				assert_screen(fixture, &apps[i], outputs[i]);
			}
		}
		assert_true(steps < 5 * n + 20); // or planes do not move at all
	}
	struct trace_counts counts = test_trace_counts(&fixture->trace, NULL);
	print_message("%d moves of planes in %d steps: %llu commits, %llu EBUSY, %llu tests\n", moves,
		steps, (unsigned long long)counts.commits, (unsigned long long)counts.commit_results[EBUSY],
		(unsigned long long)counts.tests);
	assert_all_taken(fixture, &start);
	for (int i = 0; i < OUTPUTS; i++) {
		app_finish(&apps[i]);
	}
}

int main(void) {
	const char *wanted = getenv("VITRINE_MOVES");
	test_guard(wanted ? 3000 : 120);
	test_need_layout("shared");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_planes_go_where_they_save_most, fixture_start_traced, fixture_stop),
		cmocka_unit_test_setup_teardown(test_moves_at_random, fixture_start_traced, fixture_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
