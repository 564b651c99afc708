// SPDX-License-Identifier: MIT
// The planner against a device that says yes, no, or not now.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "planner/planner.h"

enum {
	WIDTH = 1920,
	HEIGHT = 1080,
	ANY = 1 << 30, // the device takes as many client planes as one likes
};

struct device {
	int max_clients;
	int tests;
	bool not_now;
	bool no_primary;   // refuses a client on the primary
	int refused_layer; // on whatever plane; -1: none
};

struct fixture {
	struct format_set formats;
	struct planner_plane planes[4];
	struct planner_layer layers[PLANNER_MAX_LAYERS];
	struct planner_scene scene;
	struct device device;
	struct planner_oracle oracle;
	struct planner *planner;
	struct planner_plan plan;
};

static enum planner_verdict device_test(void *data, const struct planner_plan *plan) {
	struct fixture *f = data;
	f->device.tests++;
	if (f->device.not_now) {
		return PLANNER_UNKNOWN;
	}
	int clients = 0;
	for (int p = 0; p < f->scene.n_planes; p++) {
		clients += plan->layer_of[p] >= 0;
	}
	bool primary = plan->layer_of[f->scene.primary] >= 0;
	int refused = f->device.refused_layer;
	if (refused >= 0 && plan->plane_of[refused] != PLANNER_OFF) {
		return PLANNER_REFUSED;
	}
	return clients > f->device.max_clients || (primary && f->device.no_primary) ? PLANNER_REFUSED
																				: PLANNER_ACCEPTED;
}

// A primary, two overlays above it, and a cursor.
static int setup(void **state) {
	struct fixture *f = test_calloc(1, sizeof(*f));
	f->planner = planner_create();
	format_set_add(&f->formats, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
	static const enum planner_plane_type types[] = {
		PLANNER_PLANE_PRIMARY, PLANNER_PLANE_OVERLAY, PLANNER_PLANE_OVERLAY, PLANNER_PLANE_CURSOR};
	for (int i = 0; i < 4; i++) {
		f->planes[i] =
			(struct planner_plane){.type = types[i], .formats = &f->formats, .zpos = (uint64_t)i};
	}
	f->scene = (struct planner_scene){
		.layers = f->layers, .planes = f->planes, .n_planes = 4, .width = WIDTH, .height = HEIGHT};
	f->device.max_clients = ANY;
	f->device.refused_layer = -1;
	f->oracle = (struct planner_oracle){.test = device_test, .data = f};
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	planner_destroy(f->planner);
	format_set_finish(&f->formats);
	test_free(f);
	return 0;
}

static void add_layer(struct fixture *f, int x, int y, int width, int height) {
	struct planner_layer *layer = &f->layers[f->scene.n_layers];
	*layer = (struct planner_layer){.format = DRM_FORMAT_XRGB8888,
		.x = x,
		.y = y,
		.width = width,
		.height = height,
		.buffer_width = width,
		.buffer_height = height,
		.visible = true,
		.src_w = (uint32_t)width << 16,
		.src_h = (uint32_t)height << 16};
	layer->opaque = true;
	f->scene.n_layers++;
}

static int plan(struct fixture *f) {
	return planner_plan(f->planner, &f->scene, &f->oracle, &f->plan);
}

static enum planner_verdict kinds_test(void *data, const struct planner_plan *plan) {
	struct fixture *f = data;
	f->device.tests++;
	return plan->layer_of[1] >= 0 || plan->layer_of[2] >= 0 ? PLANNER_REFUSED : PLANNER_ACCEPTED;
}

// What one plane refused is tried on one of another kind before it is on the same kind again.
static void test_kinds_of_planes(void **state) {
	struct fixture *f = *state;
	struct format_set more = {0};
	format_set_add(&more, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
	format_set_add(&more, DRM_FORMAT_YUYV, DRM_FORMAT_MOD_LINEAR);
	f->planes[3].type = PLANNER_PLANE_OVERLAY;
	f->planes[3].formats = &more;
	f->oracle.test = kinds_test;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, 100, 100, 201, 10);
	assert_int_equal(planner_plan(f->planner, &f->scene, &f->oracle, &f->plan), 2);
	assert_int_equal(f->plan.plane_of[1], 3);
	format_set_finish(&more);
}

static void test_nothing(void **state) {
	struct fixture *f = *state;
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.layer_of[0], PLANNER_COMPOSED);
	for (int p = 1; p < 4; p++) {
		assert_int_equal(f->plan.layer_of[p], PLANNER_OFF);
	}
}

static void test_fullscreen_on_primary(void **state) {
	struct fixture *f = *state;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	assert_int_equal(plan(f), 1);
	assert_int_equal(f->plan.layer_of[0], 0);
	assert_int_equal(f->plan.plane_of[0], 0);
	assert_int_equal(f->plan.reasons[0], 0);
	// The same scene again costs nothing.
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.plane_of[0], 0);
}

static void test_primary_refused_takes_overlay(void **state) {
	struct fixture *f = *state;
	f->device.no_primary = true;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	plan(f);
	assert_int_equal(f->plan.layer_of[0], PLANNER_COMPOSED);
	assert_true(f->plan.plane_of[0] > 0);
}

static void test_camera_over_composed_app(void **state) {
	struct fixture *f = *state;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, 100, 100, 640, 360);
	plan(f);
	assert_int_equal(f->plan.layer_of[0], PLANNER_COMPOSED);
	assert_int_equal(f->plan.plane_of[0], PLANNER_OFF);
	assert_int_equal(f->plan.reasons[0], PLANNER_REASON_SHM_BUFFER);
	assert_true(f->plan.plane_of[1] > 0);
}

static void test_stacking_follows_planes(void **state) {
	struct fixture *f = *state;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	add_layer(f, 100, 100, 640, 360);
	add_layer(f, 200, 200, 640, 360);
	plan(f);
	assert_int_equal(f->plan.plane_of[0], 0);
	assert_int_equal(f->plan.plane_of[1], 1);
	assert_int_equal(f->plan.plane_of[2], 2);
}

static void test_below_composed(void **state) {
	struct fixture *f = *state;
	add_layer(f, 100, 100, 640, 360);
	add_layer(f, 200, 200, 640, 360);
	f->layers[1].refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, 1000, 600, 64, 64);
	plan(f);
	assert_int_equal(f->plan.plane_of[0], PLANNER_OFF);
	assert_int_equal(f->plan.reasons[0], PLANNER_REASON_BELOW_COMPOSED);
	assert_true(f->plan.plane_of[2] > 0);
	// What only touches the composed layer does not lie below it.
	f->layers[0].x = 840;
	assert_int_equal(plan(f), 0); // a layer that moves costs no test at once
	assert_true(planner_improve(f->planner, &f->scene, &f->oracle, &f->plan) > 0);
	assert_true(f->plan.plane_of[0] > 0);
}

// What is left of a window on the output differs with every px, and is the same layer nonetheless.
static void test_window_that_leaves_the_output(void **state) {
	enum { WINDOW = 640, STEPS_THAT_MATTER = 5 }; // smaller than 64, 32, 16, 8, 4 px
	struct fixture *f = *state;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, 100, 100, WINDOW, 360);
	assert_true(plan(f) > 0);
	int tests[2] = {0, 0}, asked = 0;
	for (int round = 0; round < 2; round++) {
		for (int x = 0; x > -WINDOW; x--) {
			struct planner_layer *layer = &f->layers[1];
			layer->full_width = WINDOW;
			layer->full_height = 360;
			layer->width = WINDOW + x;
			layer->src_x = (uint32_t)-x << 16;
			layer->src_w = (uint32_t)layer->width << 16;
			int made = plan(f);
			tests[round] += made;
			asked += made > 0;
			assert_true(f->plan.plane_of[1] > 0);
		}
	}
	assert_in_range(asked, 0, STEPS_THAT_MATTER);
	assert_int_equal(tests[1], 0);
}

static void test_cursor_at_the_edge(void **state) {
	struct fixture *f = *state;
	f->scene.flags = PLANNER_ALLOW_CURSOR;
	f->planes[3].n_sizes = 1;
	f->planes[3].sizes[0] = (struct planner_size){.width = 64, .height = 64};
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	for (int i = 0; i < 3; i++) {
		add_layer(f, 300 * i, 300, i < 2 ? 200 : 64, i < 2 ? 200 : 64);
	}
	plan(f);
	assert_int_equal(f->plan.plane_of[3], 3);
	// Half of it is on the output, and the plane shows it whole.
	f->layers[3].full_width = f->layers[3].full_height = 64;
	f->layers[3].width = 32;
	f->layers[3].src_w = 32 << 16;
	f->layers[3].src_x = 32 << 16;
	f->layers[3].x = 0;
	plan(f);
	assert_int_equal(f->plan.plane_of[3], 3);
}

static void test_no_plane_left(void **state) {
	struct fixture *f = *state;
	for (int i = 0; i < 4; i++) {
		add_layer(f, i * 100, 0, 50, 50);
	}
	plan(f);
	int on = 0;
	for (int i = 0; i < 4; i++) {
		bool placed = f->plan.plane_of[i] != PLANNER_OFF;
		on += placed;
		assert_int_equal(f->plan.reasons[i], placed ? 0 : PLANNER_REASON_NO_PLANE_LEFT);
	}
	assert_int_equal(on, 2);
}

static void test_no_format(void **state) {
	struct fixture *f = *state;
	add_layer(f, 0, 0, 50, 50);
	f->layers[0].format = DRM_FORMAT_YUYV;
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.reasons[0], PLANNER_REASON_NO_PLANE_FORMAT);
}

// YUV goes to planes that show its coding; what is not told is the default, which all show.
static void test_codings(void **state) {
	struct fixture *f = *state;
	const struct format_coding bt709 = {FORMAT_BT709, false};
	format_set_add(&f->formats, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR);
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, 100, 100, 640, 360);
	f->layers[1].format = DRM_FORMAT_NV12;
	assert_int_equal(plan(f), 1);
	assert_true(f->plan.plane_of[1] > 0);

	f->layers[1].coding = bt709;
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.plane_of[1], PLANNER_OFF);
	assert_int_equal(f->plan.reasons[1], PLANNER_REASON_YUV_CODING);

	f->planes[2].codings = format_coding_bit(bt709) | format_coding_bit((struct format_coding){0});
	planner_forget(f->planner); // as with any change of the planes
	assert_int_equal(plan(f), 1);
	assert_int_equal(f->plan.plane_of[1], 2);

	// That the device took one coding says nothing of another.
	f->planes[2].codings |= format_coding_bit((struct format_coding){FORMAT_BT709, true});
	f->layers[1].coding.full_range = true;
	f->device.refused_layer = 1;
	assert_int_equal(plan(f), 1);
	assert_int_equal(f->plan.plane_of[1], PLANNER_OFF);
	f->device.refused_layer = -1;
	f->layers[1].coding = bt709;
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.plane_of[1], 2);
}

// A cursor plane with a list of sizes: of buffers, whole and unscaled.
static void test_size_list(void **state) {
	struct fixture *f = *state;
	f->scene.flags = PLANNER_ALLOW_CURSOR;
	f->planes[1].busy = f->planes[2].busy = true;
	f->planes[3].max_width = f->planes[3].max_height = 256;
	f->planes[3].sizes[0] = (struct planner_size){.width = 64, .height = 64};
	f->planes[3].sizes[1] = (struct planner_size){.width = 128, .height = 256};
	f->planes[3].n_sizes = 2;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, 100, 100, 64, 64);
	const struct planner_layer fitting = f->layers[1];
	static const struct {
		int32_t buffer_width, buffer_height, width, height;
		uint32_t src_x, src_w;
		bool fits;
	} cases[] = {
		{64, 64, 64, 64, 0, 64, true},
		{128, 256, 128, 256, 0, 128, true},
		{256, 128, 256, 128, 0, 256, false},
		{48, 48, 48, 48, 0, 48, false}, // nobody pads it
		{64, 256, 64, 256, 0, 64, false},
		{64, 64, 48, 64, 0, 48, false}, // partly outside of the output
		{64, 64, 48, 64, 16, 48, false},
		{128, 64, 64, 64, 0, 64, false}, // a part of something larger
		{64, 64, 128, 128, 0, 64, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->layers[1] = fitting;
		f->layers[1].buffer_width = cases[i].buffer_width;
		f->layers[1].buffer_height = cases[i].buffer_height;
		f->layers[1].width = cases[i].width;
		f->layers[1].height = cases[i].height;
		f->layers[1].src_x = cases[i].src_x << 16;
		f->layers[1].src_w = cases[i].src_w << 16;
		f->layers[1].src_h = (uint32_t)cases[i].buffer_height << 16;
		plan(f);
		assert_int_equal(f->plan.plane_of[1], cases[i].fits ? 3 : PLANNER_OFF);
		assert_int_equal(f->plan.reasons[1] != 0, !cases[i].fits);
	}
	// Without a list what is smaller fits.
	f->planes[3].n_sizes = 0;
	f->layers[1] = fitting;
	f->layers[1].buffer_width = f->layers[1].width = 48;
	f->layers[1].src_w = 48 << 16;
	planner_forget(f->planner);
	plan(f);
	assert_int_equal(f->plan.plane_of[1], 3);
}

static void test_refusal_is_remembered(void **state) {
	struct fixture *f = *state;
	f->device.max_clients = 0;
	add_layer(f, 0, 0, 50, 50);
	assert_true(plan(f) > 0);
	assert_int_equal(f->plan.plane_of[0], PLANNER_OFF);
	assert_int_equal(f->plan.reasons[0], PLANNER_REASON_TEST_REFUSED);
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.reasons[0], PLANNER_REASON_TEST_REFUSED);
	planner_forget(f->planner);
	f->device.max_clients = ANY;
	assert_true(plan(f) > 0);
	assert_true(f->plan.plane_of[0] >= 0);
}

static void test_busy_device_is_asked_again(void **state) {
	struct fixture *f = *state;
	f->device.not_now = true;
	add_layer(f, 0, 0, 50, 50);
	plan(f);
	assert_int_equal(f->plan.plane_of[0], PLANNER_OFF);
	f->device.not_now = false;
	plan(f);
	assert_true(f->plan.plane_of[0] >= 0);
}

static void test_quarantine(void **state) {
	struct fixture *f = *state;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	plan(f);
	planner_quarantine(f->planner, &f->scene, &f->plan);
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.layer_of[0], PLANNER_COMPOSED);
	assert_int_equal(f->plan.reasons[0], PLANNER_REASON_TEST_REFUSED);
}

static void test_culled_is_ignored(void **state) {
	struct fixture *f = *state;
	add_layer(f, 0, 0, 50, 50);
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[0].visible = false;
	f->layers[1].opaque = true;
	plan(f);
	assert_int_equal(f->plan.plane_of[1], 0);
	assert_int_equal(f->plan.plane_of[0], PLANNER_OFF);
	assert_int_equal(f->plan.reasons[0], 0);
}

static void test_tests_are_bounded(void **state) {
	struct fixture *f = *state;
	f->device.max_clients = 0;
	for (int i = 0; i < PLANNER_MAX_LAYERS; i++) {
		add_layer(f, i * 20, 0, 10, 10);
	}
	assert_true(plan(f) <= 32);
}

static void improve(struct fixture *f) {
	while (planner_improve(f->planner, &f->scene, &f->oracle, &f->plan) > 0) {
	}
}

static void test_quarantine_finds_another(void **state) {
	struct fixture *f = *state;
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	add_layer(f, 100, 100, 640, 360);
	plan(f);
	struct planner_plan bad = f->plan;
	planner_quarantine(f->planner, &f->scene, &bad);
	assert_int_equal(plan(f), 0);
	assert_int_equal(f->plan.layer_of[0], PLANNER_COMPOSED);
	improve(f);
	assert_true(f->plan.plane_of[0] != PLANNER_OFF || f->plan.plane_of[1] != PLANNER_OFF);
	assert_memory_not_equal(f->plan.layer_of, bad.layer_of, sizeof(int) * 4);
}

static void test_refusal_is_retried_rarely(void **state) {
	struct fixture *f = *state;
	f->device.max_clients = 0;
	f->scene.now_ns = 1;
	add_layer(f, 0, 0, 50, 50);
	plan(f);
	improve(f);
	f->device.max_clients = ANY;
	f->scene.now_ns += INT64_C(60) * 1000000000;
	improve(f);
	plan(f);
	assert_int_equal(f->plan.plane_of[0], PLANNER_OFF);
	f->scene.now_ns += INT64_C(600) * 1000000000;
	plan(f);
	improve(f);
	assert_true(f->plan.plane_of[0] >= 0);
}

static void test_learns_across_scenes(void **state) {
	struct fixture *f = *state;
	// Layers of less than 16 px are refused on any plane; others are not.
	add_layer(f, 0, 0, 640, 360);
	add_layer(f, 1000, 100, 8, 8);
	f->device.refused_layer = 1;
	plan(f);
	improve(f);
	assert_true(f->plan.plane_of[0] >= 0);
	assert_int_equal(f->plan.plane_of[1], PLANNER_OFF);
	assert_int_equal(f->plan.reasons[1], PLANNER_REASON_TOO_SMALL);
	f->layers[1].width = f->layers[1].buffer_width = 10;
	f->layers[1].src_w = 10 << 16;
	int tests = plan(f);
	assert_true(tests <= 2);
	assert_true(f->plan.plane_of[0] >= 0);
}

static void test_swinging_rates_do_not_swing_the_layout(void **state) {
	struct fixture *f = *state;
	f->device.max_clients = 1;
	add_layer(f, 0, 0, 400, 400);
	add_layer(f, 500, 0, 400, 400);
	f->layers[0].rate_mhz = 60000;
	f->layers[1].rate_mhz = 30000;
	plan(f);
	improve(f);
	assert_true(f->plan.plane_of[0] >= 0);
	for (int i = 0; i < 1000; i++) {
		f->layers[1].rate_mhz = i % 20 < 10 ? 240000 : 30000;
		assert_int_equal(plan(f), 0);
		improve(f);
		assert_true(f->plan.plane_of[0] >= 0);
	}
	// What lasts does.
	f->layers[1].rate_mhz = 240000;
	for (int i = 0; i < 200; i++) {
		plan(f);
		improve(f);
	}
	assert_true(f->plan.plane_of[1] >= 0);
}

static void test_busy_plane_is_left_alone(void **state) {
	struct fixture *f = *state;
	f->planes[1].busy = f->planes[2].busy = true;
	add_layer(f, 100, 100, 640, 360);
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, 200, 200, 640, 360);
	plan(f);
	assert_int_equal(f->plan.plane_of[1], PLANNER_OFF);
	f->planes[2].busy = false;
	plan(f);
	assert_int_equal(f->plan.plane_of[1], 2);
}

static void test_underlay(void **state) {
	struct fixture *f = *state;
	add_layer(f, 100, 100, 640, 360);
	add_layer(f, 200, 200, 640, 360);
	f->layers[1].refused = PLANNER_REASON_SHM_BUFFER;
	f->scene.flags = PLANNER_ALLOW_UNDERLAY | PLANNER_ALLOW_MOVE;
	f->scene.composed_format = f->scene.composed_alpha_format = DRM_FORMAT_XRGB8888;
	plan(f);
	int picture = 0;
	while (f->plan.layer_of[picture] != PLANNER_COMPOSED) {
		picture++;
	}
	assert_true(f->plan.plane_of[0] >= 0 && f->plan.plane_of[0] < picture);
	assert_int_equal(f->plan.below[0], 1);
	// Nothing can be seen through a hole in what does not hide all that is below it.
	add_layer(f, 0, 0, WIDTH, HEIGHT);
	f->layers[2] = f->layers[1];
	f->layers[1] = f->layers[0];
	f->layers[1].opaque = false;
	f->layers[0].refused = PLANNER_REASON_SHM_BUFFER;
	plan(f);
	assert_int_equal(f->plan.plane_of[1], PLANNER_OFF);
	assert_int_equal(f->plan.reasons[1], PLANNER_REASON_BELOW_COMPOSED);
}

static void test_reasons_have_names(void **state) {
	(void)state;
	for (unsigned i = 0; i < PLANNER_REASON_COUNT; i++) {
		assert_non_null(planner_reason_name(i));
	}
	assert_null(planner_reason_name(PLANNER_REASON_COUNT));
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fullscreen_on_primary, setup, teardown),
		cmocka_unit_test_setup_teardown(test_primary_refused_takes_overlay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_camera_over_composed_app, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stacking_follows_planes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_below_composed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_window_that_leaves_the_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cursor_at_the_edge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_plane_left, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_format, setup, teardown),
		cmocka_unit_test_setup_teardown(test_codings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_size_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds_of_planes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusal_is_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_busy_device_is_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quarantine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_culled_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tests_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quarantine_finds_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusal_is_retried_rarely, setup, teardown),
		cmocka_unit_test_setup_teardown(test_learns_across_scenes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_swinging_rates_do_not_swing_the_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_busy_plane_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_underlay, setup, teardown),
		cmocka_unit_test(test_reasons_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
