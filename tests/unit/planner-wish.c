// SPDX-License-Identifier: MIT
// What another format would bring: the wish of a layer against what the planner does once the layer
// has the format.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "planner/planner.h"

enum {
	WIDTH = 1920,
	HEIGHT = 1080,
	N_PLANES = 5,
	CURSOR = 4,
	SCENES = 300,
};

enum {
	PRIMARY_BIT = 1 << 0,
	VIDEO_BIT = 1 << 1, // the only plane that knows NV12
	PLAIN_BITS = 1 << 2 | 1 << 3,
	CURSOR_BIT = 1 << CURSOR,
};

struct device {
	bool no_yuv;
	int32_t least_height; // px, of layers on planes
};

struct fixture {
	struct format_set formats[N_PLANES];
	struct planner_plane planes[N_PLANES];
	struct planner_layer layers[PLANNER_MAX_LAYERS];
	struct planner_scene scene;
	struct device device;
	struct planner_oracle oracle;
	struct planner *planner;
	struct planner_plan plan;
};

// A format that plane p alone knows.
static uint32_t format_of(int p) {
	static const uint32_t formats[N_PLANES] = {DRM_FORMAT_RGB888, DRM_FORMAT_BGR888,
		DRM_FORMAT_XBGR8888, DRM_FORMAT_RGBX8888, DRM_FORMAT_BGRX8888};
	return formats[p];
}

static enum planner_verdict device_test(void *data, const struct planner_plan *plan) {
	const struct fixture *f = data;
	for (int l = 0; l < f->scene.n_layers; l++) {
		const struct planner_layer *layer = &f->layers[l];
		if (plan->plane_of[l] >= 0 &&
			((f->device.no_yuv && layer->format == DRM_FORMAT_NV12) ||
				layer->height < f->device.least_height)) {
			return PLANNER_REFUSED;
		}
	}
	return PLANNER_ACCEPTED;
}

static int setup(void **state) {
	struct fixture *f = test_calloc(1, sizeof(*f));
	f->planner = planner_create();
	assert_non_null(f->planner);
	for (int p = 0; p < N_PLANES; p++) {
		format_set_add(&f->formats[p], DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
		format_set_add(&f->formats[p], format_of(p), DRM_FORMAT_MOD_LINEAR);
		f->planes[p] = (struct planner_plane){
			.type = p == 0    ? PLANNER_PLANE_PRIMARY
				: p == CURSOR ? PLANNER_PLANE_CURSOR
							  : PLANNER_PLANE_OVERLAY,
			.formats = &f->formats[p],
			.zpos = (uint64_t)p,
			.max_width = p == CURSOR ? 64 : 0,
			.max_height = p == CURSOR ? 64 : 0,
		};
	}
	format_set_add(&f->formats[1], DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR);
	f->scene = (struct planner_scene){.layers = f->layers,
		.planes = f->planes,
		.n_planes = N_PLANES,
		.width = WIDTH,
		.height = HEIGHT,
		.flags = PLANNER_ALLOW_CURSOR};
	f->oracle = (struct planner_oracle){.test = device_test, .data = f};
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	planner_destroy(f->planner);
	for (int p = 0; p < N_PLANES; p++) {
		format_set_finish(&f->formats[p]);
	}
	test_free(f);
	return 0;
}

static struct planner_layer *add_layer(
	struct fixture *f, uint32_t format, int x, int y, int width, int height) {
	struct planner_layer *layer = &f->layers[f->scene.n_layers++];
	*layer = (struct planner_layer){
		.format = format,
		.x = x,
		.y = y,
		.width = width,
		.height = height,
		.buffer_width = width,
		.buffer_height = height,
		.visible = true,
		.opaque = true,
		.src_w = (uint32_t)width << 16,
		.src_h = (uint32_t)height << 16,
	};
	return layer;
}

// An app that can only be composed, on all of the screen.
static void add_app(struct fixture *f) {
	add_layer(f, DRM_FORMAT_XRGB8888, 0, 0, WIDTH, HEIGHT)->refused = PLANNER_REASON_SOLID_BUFFER;
}

static void plan(struct fixture *f) {
	planner_plan(f->planner, &f->scene, &f->oracle, &f->plan);
	while (planner_improve(f->planner, &f->scene, &f->oracle, &f->plan) > 0) {
	}
}

static uint32_t wish(struct fixture *f, int layer) {
	return planner_wish(f->planner, &f->scene, &f->plan, layer);
}

static void test_format_that_no_plane_knows(void **state) {
	struct fixture *f = *state;
	add_app(f);
	add_layer(f, DRM_FORMAT_YUYV, 100, 100, 640, 360);
	add_layer(f, DRM_FORMAT_YUYV, 1000, 100, 64, 64);
	plan(f);
	assert_int_equal(wish(f, 0), 0);
	assert_int_equal(wish(f, 1), VIDEO_BIT | PLAIN_BITS);
	assert_int_equal(wish(f, 2), VIDEO_BIT | PLAIN_BITS | CURSOR_BIT);
	f->layers[1].format = DRM_FORMAT_XRGB8888;
	plan(f);
	assert_true(f->plan.plane_of[1] > 0);
	assert_int_equal(wish(f, 1), 1 << f->plan.plane_of[1]);
}

static void test_modifier_that_no_plane_knows(void **state) {
	struct fixture *f = *state;
	add_app(f);
	add_layer(f, DRM_FORMAT_XRGB8888, 100, 100, 640, 360)->modifier = I915_FORMAT_MOD_X_TILED;
	plan(f);
	assert_int_equal(wish(f, 1), VIDEO_BIT | PLAIN_BITS);
}

static void test_format_known_by_a_plane_that_is_taken(void **state) {
	struct fixture *f = *state;
	add_app(f);
	add_layer(f, DRM_FORMAT_NV12, 0, 0, 1280, 720);
	add_layer(f, DRM_FORMAT_NV12, 1300, 0, 320, 180);
	plan(f);
	assert_int_equal(f->plan.plane_of[1], 1);
	assert_int_equal(f->plan.plane_of[2], PLANNER_OFF);
	assert_int_equal(wish(f, 2), PLAIN_BITS);
}

static void test_layers_that_save_less_give_way(void **state) {
	struct fixture *f = *state;
	add_app(f);
	for (int i = 0; i < 3; i++) {
		add_layer(f, DRM_FORMAT_XRGB8888, 500 * i, 0, 400, 200 + i);
	}
	add_layer(f, DRM_FORMAT_RGB565, 0, 500, 600, 400);
	add_layer(f, DRM_FORMAT_RGB565, 1000, 500, 100, 100);
	plan(f);
	for (int i = 1; i <= 3; i++) {
		assert_true(f->plan.plane_of[i] > 0);
	}
	assert_int_equal(wish(f, 4), VIDEO_BIT | PLAIN_BITS);
	assert_int_equal(wish(f, 5), 0);
}

static void test_what_no_format_mends(void **state) {
	static const uint32_t reasons[] = {PLANNER_REASON_SOLID_BUFFER, PLANNER_REASON_TRANSFORMED,
		PLANNER_REASON_SUBPIXEL, PLANNER_REASON_OUT_OF_BOUNDS,
		PLANNER_REASON_NO_PLANE_FORMAT | PLANNER_REASON_TRANSFORMED};
	struct fixture *f = *state;
	add_app(f);
	add_layer(f, DRM_FORMAT_YUYV, 100, 100, 640, 360);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		f->layers[1].refused = reasons[i];
		plan(f);
		assert_int_equal(wish(f, 1), 0);
	}
	f->layers[1].refused = 0;
	f->layers[1].fade = 100;
	plan(f);
	assert_int_equal(wish(f, 1), 0);
	f->layers[1].fade = 0;
	f->layers[1].visible = false;
	plan(f);
	assert_int_equal(wish(f, 1), 0);
	f->layers[1].visible = true;
	add_app(f); // above it
	plan(f);
	assert_int_equal(wish(f, 1), 0);
}

static void test_other_memory(void **state) {
	struct fixture *f = *state;
	add_app(f);
	add_layer(f, DRM_FORMAT_XRGB8888, 100, 100, 640, 360)->refused = PLANNER_REASON_SHM_BUFFER;
	add_layer(f, DRM_FORMAT_XRGB8888, 900, 100, 640, 360)->refused = PLANNER_REASON_IMPORT_REFUSED;
	plan(f);
	assert_int_equal(wish(f, 1), VIDEO_BIT | PLAIN_BITS);
	assert_int_equal(wish(f, 2), VIDEO_BIT | PLAIN_BITS);
}

static void test_others_make_room_below(void **state) {
	struct fixture *f = *state;
	add_app(f);
	add_layer(f, DRM_FORMAT_YUYV, 100, 100, 640, 360);
	add_layer(f, format_of(2), 200, 200, 640, 360); // overlaps it, and has plane 2 alone
	plan(f);
	assert_int_equal(f->plan.plane_of[2], 2);
	assert_int_equal(wish(f, 1), VIDEO_BIT);
	f->layers[2].format = DRM_FORMAT_XRGB8888; // can have plane 3
	plan(f);
	assert_int_equal(wish(f, 1), VIDEO_BIT | 1 << 2);
}

static void test_primary(void **state) {
	struct fixture *f = *state;
	f->scene.n_planes = 1;
	add_layer(f, DRM_FORMAT_YUYV, 0, 0, WIDTH, HEIGHT);
	plan(f);
	assert_int_equal(wish(f, 0), PRIMARY_BIT);
	add_layer(f, DRM_FORMAT_YUYV, 0, 0, 100, 100);
	plan(f);
	assert_int_equal(wish(f, 0), 0);
	assert_int_equal(wish(f, 1), 0);
}

static void test_format_that_tests_refuse(void **state) {
	struct fixture *f = *state;
	f->device.no_yuv = true;
	add_app(f);
	add_layer(f, DRM_FORMAT_XRGB8888, 0, 0, 640, 360);
	plan(f);
	add_layer(f, DRM_FORMAT_NV12, 700, 100, 640, 360);
	plan(f);
	assert_true(f->plan.plane_of[1] > 0);
	assert_int_equal(f->plan.plane_of[2], PLANNER_OFF);
	assert_int_equal(wish(f, 2) & PLAIN_BITS, PLAIN_BITS);
}

// It is not the format if the device refuses its size: nothing else is offered in vain.
static void test_size_that_tests_refuse(void **state) {
	struct fixture *f = *state;
	f->device.least_height = 16;
	add_app(f);
	add_layer(f, DRM_FORMAT_YUYV, 0, 0, 640, 8);
	plan(f);
	assert_int_equal(wish(f, 1), VIDEO_BIT | PLAIN_BITS); // not known yet
	f->layers[1].format = DRM_FORMAT_XRGB8888;
	plan(f);
	assert_int_equal(f->plan.plane_of[1], PLANNER_OFF);
	assert_int_equal(wish(f, 1), 0);
	f->layers[1].format = DRM_FORMAT_YUYV;
	plan(f);
	assert_int_equal(wish(f, 1), 0);
}

static void test_key(void **state) {
	struct fixture *f = *state;
	add_app(f);
	add_layer(f, DRM_FORMAT_YUYV, 100, 100, 640, 360);
	add_layer(f, DRM_FORMAT_XRGB8888, 1000, 500, 100, 100);
	plan(f);
	uint64_t key = planner_wish_key(f->planner, &f->plan);
	f->layers[2].x += 100;
	plan(f);
	assert_int_equal(planner_wish_key(f->planner, &f->plan), key);
	f->layers[2].x = f->layers[2].y = 200; // over the other one
	plan(f);
	assert_true(planner_wish_key(f->planner, &f->plan) != key);
	f->layers[2].x = 1000;
	f->layers[1].format = DRM_FORMAT_XRGB8888;
	plan(f);
	assert_true(planner_wish_key(f->planner, &f->plan) != key);
}

static int pick(int from, int to) {
	return from + rand() % (to - from + 1);
}

// In whatever format that a wished plane alone knows, the layer gets onto that plane; in one of any
// other plane it does not.
static void test_random_wishes_come_true(void **state) {
	struct fixture *f = *state;
	int wishes = 0, granted = 0;
	srand(1);
	for (int i = 0; i < SCENES; i++) {
		f->scene.n_layers = 0;
		if (pick(0, 3) > 0) {
			add_app(f);
		}
		for (int n = pick(2, 7); n > 0; n--) {
			int width = pick(10, 80) * pick(1, 12), height = pick(10, 80) * pick(1, 12);
			int which = pick(0, 9);
			uint32_t format = which < 4 ? DRM_FORMAT_XRGB8888
				: which < 6             ? DRM_FORMAT_NV12
										: DRM_FORMAT_YUYV;
			add_layer(f, format, pick(0, WIDTH - width), pick(0, HEIGHT - height), width, height);
		}
		planner_measure(f->layers, f->scene.n_layers, WIDTH, HEIGHT);
		plan(f);
		struct planner_plan before = f->plan;
		for (int l = 0; l < f->scene.n_layers; l++) {
			struct planner_layer *layer = &f->layers[l];
			if (layer->format != DRM_FORMAT_YUYV) {
				continue;
			}
			f->plan = before;
			uint32_t planes = wish(f, l);
			for (int p = 0; p < N_PLANES; p++) {
				// What it saves stays what it saved as YUYV: its formats differ in this alone.
				struct planner_layer was = *layer;
				format_set_add(&f->formats[p], DRM_FORMAT_UYVY, DRM_FORMAT_MOD_LINEAR);
				layer->format = DRM_FORMAT_UYVY;
				plan(f);
				bool on = f->plan.plane_of[l] == p;
				*layer = was;
				f->formats[p].len--;
				planner_forget(f->planner);
				assert_int_equal((planes >> p) & 1, on);
				wishes++;
				granted += on;
			}
		}
	}
	assert_true(wishes > 1000 && granted > wishes / 10 && granted < wishes);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_format_that_no_plane_knows),
		TEST(test_modifier_that_no_plane_knows),
		TEST(test_format_known_by_a_plane_that_is_taken),
		TEST(test_layers_that_save_less_give_way),
		TEST(test_what_no_format_mends),
		TEST(test_other_memory),
		TEST(test_others_make_room_below),
		TEST(test_primary),
		TEST(test_format_that_tests_refuse),
		TEST(test_size_that_tests_refuse),
		TEST(test_key),
		TEST(test_random_wishes_come_true),
	};
	return cmocka_run_group_tests_name("planner-wish", tests, NULL, NULL);
}
