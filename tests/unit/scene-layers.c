// SPDX-License-Identifier: MIT
// Layers and the list of an output: membership, damage, scheduling, and finishing a layer whenever.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "scene/scene.h"

static int scheduled;

static void handle_schedule(struct scene_output *output) {
	(void)output;
	scheduled++;
}

static void start(struct scene_output *output) {
	scene_output_init(output, 640, 480);
	output->schedule = handle_schedule;
	scheduled = 0;
}

static void show(struct scene_output *output, struct scene_layer *layers, const int *order, int n) {
	scene_output_begin(output);
	for (int i = 0; i < n; i++) {
		assert_true(scene_output_append(output, &layers[order[i]]));
	}
	scene_output_end(output);
}

static void expect(
	const struct scene_output *output, struct scene_layer *layers, const int *order, int n) {
	assert_int_equal(output->n_layers, n);
	for (int i = 0; i < n; i++) {
		assert_ptr_equal(output->layers[i], &layers[order[i]]);
		assert_ptr_equal(layers[order[i]].output, output);
	}
}

#define ORDER(...) (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int)

static void test_list(void **state) {
	(void)state;
	struct scene_output output;
	struct scene_layer layers[4];
	start(&output);
	for (int i = 0; i < 4; i++) {
		scene_layer_init(&layers[i], NULL);
		assert_int_equal(layers[i].id, layers[0].id + (uint64_t)i);
	}
	show(&output, layers, ORDER(0, 1, 2));
	expect(&output, layers, ORDER(0, 1, 2));
	assert_true(output.changed);
	assert_int_equal(scheduled, 1);

	output.changed = false;
	show(&output, layers, ORDER(0, 1, 2));
	assert_false(output.changed);
	assert_int_equal(scheduled, 1);

	show(&output, layers, ORDER(0, 2, 1));
	expect(&output, layers, ORDER(0, 2, 1));
	assert_true(output.changed);
	assert_int_equal(scheduled, 2);

	output.changed = false;
	show(&output, layers, ORDER(3, 1));
	expect(&output, layers, ORDER(3, 1));
	assert_null(layers[0].output);
	assert_null(layers[2].output);
	assert_true(output.changed);
	assert_int_equal(scheduled, 3);

	show(&output, layers, NULL, 0);
	assert_int_equal(output.n_layers, 0);
	assert_null(layers[1].output);
	assert_int_equal(scheduled, 4);
	for (int i = 0; i < 4; i++) {
		scene_layer_finish(&layers[i]);
	}
	assert_int_equal(scheduled, 4);
	scene_output_finish(&output);
}

static void test_finish_shown_layer(void **state) {
	(void)state;
	struct scene_output output;
	struct scene_layer layers[3];
	start(&output);
	for (int i = 0; i < 3; i++) {
		scene_layer_init(&layers[i], NULL);
	}
	show(&output, layers, ORDER(0, 1, 2));
	output.changed = false;
	scene_layer_finish(&layers[1]);
	expect(&output, layers, ORDER(0, 2));
	assert_true(output.changed);
	assert_int_equal(scheduled, 2);
	scene_output_finish(&output); // before its layers
	assert_null(layers[0].output);
	scene_layer_finish(&layers[0]);
	scene_layer_finish(&layers[2]);
	assert_int_equal(scheduled, 2);
}

static void test_finish_while_building(void **state) {
	(void)state;
	for (int victim = 0; victim < 4; victim++) {
		struct scene_output output;
		struct scene_layer layers[4];
		start(&output);
		for (int i = 0; i < 4; i++) {
			scene_layer_init(&layers[i], NULL);
		}
		show(&output, layers, ORDER(0, 1, 2));
		scene_output_begin(&output);
		scene_output_append(&output, &layers[3]);
		scene_output_append(&output, &layers[1]);
		scene_layer_finish(&layers[victim]); // in the old list, the new one, or both
		if (victim != 0) {
			scene_output_append(&output, &layers[0]);
		}
		scene_output_end(&output);
		switch (victim) {
		case 0:
			expect(&output, layers, ORDER(3, 1));
			break;
		case 1:
			expect(&output, layers, ORDER(3, 0));
			break;
		case 2:
			expect(&output, layers, ORDER(3, 1, 0));
			break;
		case 3:
			expect(&output, layers, ORDER(1, 0));
			break;
		}
		for (int i = 0; i < 4; i++) {
			if (i != victim) {
				scene_layer_finish(&layers[i]);
			}
		}
		assert_int_equal(output.n_layers, 0);
		scene_output_finish(&output);
	}
}

static void test_move_between_outputs(void **state) {
	(void)state;
	struct scene_output left, right;
	struct scene_layer layers[2];
	start(&left);
	start(&right);
	scene_layer_init(&layers[0], NULL);
	scene_layer_init(&layers[1], NULL);
	show(&left, layers, ORDER(0, 1));
	scheduled = 0;
	left.changed = false;
	show(&right, layers, ORDER(1));
	expect(&left, layers, ORDER(0));
	expect(&right, layers, ORDER(1));
	assert_true(left.changed);
	assert_int_equal(scheduled, 2);

	// In two lists that are built at the same time: the later one has it.
	scene_output_begin(&left);
	scene_output_begin(&right);
	scene_output_append(&left, &layers[0]);
	scene_output_append(&left, &layers[1]);
	scene_output_append(&right, &layers[1]);
	scene_output_end(&left);
	scene_output_end(&right);
	expect(&left, layers, ORDER(0));
	expect(&right, layers, ORDER(1));

	scene_output_finish(&right);
	assert_null(layers[1].output);
	scene_layer_finish(&layers[0]);
	scene_layer_finish(&layers[1]);
	scene_output_finish(&left);
}

static void test_random_lists(void **state) {
	(void)state;
	enum { N = 12, OUTPUTS = 2 };
	struct scene_output outputs[OUTPUTS];
	struct scene_layer layers[N];
	int on[N]; // model: output, or -1
	unsigned random = 1;
	for (int i = 0; i < OUTPUTS; i++) {
		start(&outputs[i]);
	}
	for (int i = 0; i < N; i++) {
		scene_layer_init(&layers[i], NULL);
		on[i] = -1;
	}
	for (int round = 0; round < 2000; round++) {
		random = random * 1103515245 + 12345;
		int which = (random >> 20) & 1;
		unsigned mask = (random >> 8) & ((1 << N) - 1);
		scene_output_begin(&outputs[which]);
		int n = 0;
		for (int i = 0; i < N; i++) {
			int pick = (i * 5 + round) % N;
			if (mask & (1u << pick)) {
				assert_true(scene_output_append(&outputs[which], &layers[pick]));
				on[pick] = which;
				n++;
			} else if (on[pick] == which) {
				on[pick] = -1;
			}
		}
		int victim = (int)((random >> 24) % N);
		if (round % 3 == 0) {
			uint64_t id = layers[victim].id;
			n -= on[victim] == which;
			on[victim] = -1;
			scene_layer_finish(&layers[victim]);
			scene_layer_init(&layers[victim], NULL);
			assert_true(layers[victim].id > id);
		}
		scene_output_end(&outputs[which]);
		assert_int_equal(outputs[which].n_layers, n);
		for (int i = 0; i < N; i++) {
			assert_ptr_equal(layers[i].output, on[i] < 0 ? NULL : &outputs[on[i]]);
		}
	}
	for (int i = 0; i < N; i++) {
		scene_layer_finish(&layers[i]);
	}
	for (int i = 0; i < OUTPUTS; i++) {
		assert_int_equal(outputs[i].n_layers, 0);
		scene_output_finish(&outputs[i]);
	}
}

static void expect_damage(const struct scene_layer *layer, int x1, int y1, int x2, int y2) {
	pixman_box32_t box = *pixman_region32_extents(&layer->damage);
	assert_int_equal(pixman_region32_n_rects(&layer->damage), 1);
	assert_int_equal(box.x1, x1);
	assert_int_equal(box.y1, y1);
	assert_int_equal(box.x2, x2);
	assert_int_equal(box.y2, y2);
}

static void test_damage(void **state) {
	(void)state;
	struct scene_output output;
	struct scene_layer layer;
	start(&output);
	scene_layer_init(&layer, NULL);
	layer.dst = (struct scene_rect){10, 20, 100, 50};
	pixman_region32_t damage;
	pixman_region32_init_rect(&damage, 90, -5, 30, 20);

	scene_layer_damage(&layer, &damage); // on no output: kept, nobody to schedule
	expect_damage(&layer, 90, 0, 100, 15);
	assert_int_equal(scheduled, 0);

	show(&output, &layer, ORDER(0));
	scheduled = 0;
	scene_layer_damage(&layer, &damage);
	assert_int_equal(scheduled, 1);
	scene_layer_damage_all(&layer);
	expect_damage(&layer, 0, 0, 100, 50);
	assert_int_equal(scheduled, 2);

	layer.dst.width = 40; // a smaller one: damage of before does not reach past it
	scene_layer_damage(&layer, &damage);
	expect_damage(&layer, 0, 0, 40, 50);

	layer.dst.width = 0;
	scene_layer_damage_all(&layer);
	assert_false(pixman_region32_not_empty(&layer.damage));

	// A comb of rectangles becomes one.
	layer.dst.width = 1000;
	for (int i = 0; i < 40; i++) {
		pixman_region32_fini(&damage);
		pixman_region32_init_rect(&damage, 10 * i, 3, 5, 7);
		scene_layer_damage(&layer, &damage);
		assert_true(pixman_region32_n_rects(&layer.damage) <= 32);
	}
	pixman_box32_t box = *pixman_region32_extents(&layer.damage);
	assert_int_equal(box.x1, 0);
	assert_int_equal(box.x2, 395);

	scheduled = 0;
	assert_false(layer.frame_wanted);
	scene_layer_want_frame(&layer);
	assert_true(layer.frame_wanted);
	assert_int_equal(scheduled, 1);

	output.schedule = NULL; // nobody listens: fine
	scene_layer_want_frame(&layer);
	pixman_region32_fini(&damage);
	scene_layer_finish(&layer);
	scene_output_finish(&output);
}

static void test_opaque(void **state) {
	(void)state;
	struct scene_layer layer;
	struct scene_buffer buffer;
	pixman_region32_t opaque;
	pixman_region32_init(&opaque);
	scene_layer_init(&layer, NULL);
	scene_buffer_init(&buffer, NULL, SCENE_BUFFER_SHM);
	layer.dst = (struct scene_rect){-10, 20, 100, 50};

	scene_layer_opaque(&layer, &opaque); // no buffer
	assert_false(pixman_region32_not_empty(&opaque));

	layer.buffer = &buffer;
	buffer.format = DRM_FORMAT_ARGB8888;
	scene_layer_opaque(&layer, &opaque);
	assert_false(pixman_region32_not_empty(&opaque));

	pixman_region32_union_rect(&layer.opaque, &layer.opaque, 90, 10, 1000, 10);
	scene_layer_opaque(&layer, &opaque);
	pixman_box32_t expected = {80, 30, 90, 40};
	assert_memory_equal(pixman_region32_extents(&opaque), &expected, sizeof(expected));

	buffer.format = DRM_FORMAT_NV12;
	scene_layer_opaque(&layer, &opaque);
	expected = (pixman_box32_t){-10, 20, 90, 70};
	assert_memory_equal(pixman_region32_extents(&opaque), &expected, sizeof(expected));

	scene_buffer_init(&buffer, NULL, SCENE_BUFFER_SOLID);
	pixman_region32_clear(&layer.opaque);
	buffer.solid[3] = 0xfffe;
	scene_layer_opaque(&layer, &opaque);
	assert_false(pixman_region32_not_empty(&opaque));
	buffer.solid[3] = 0xffff;
	scene_layer_opaque(&layer, &opaque);
	assert_memory_equal(pixman_region32_extents(&opaque), &expected, sizeof(expected));

	pixman_region32_fini(&opaque);
	scene_layer_finish(&layer);
}

// The client turned its contents counter-clockwise (wl_output.transform): px by px.
static void test_transform(void **state) {
	(void)state;
	enum { W = 5, H = 3 };
	for (int t = 0; t < 8; t++) {
		enum wl_output_transform transform = (enum wl_output_transform)t;
		for (int y = 0; y < H; y++) {
			for (int x = 0; x < W; x++) {
				// Where the client's px (x, y) is in its buffer: flip, then quarter turns.
				int px = x, py = y, w = W, h = H;
				if (t >= 4) {
					px = w - 1 - px;
				}
				for (int turn = 0; turn < t % 4; turn++) {
					int turned_x = py, turned_y = w - 1 - px;
					px = turned_x;
					py = turned_y;
					int swap = w;
					w = h;
					h = swap;
				}
				struct scene_fbox in_buffer = {px, py, 1, 1};
				struct scene_fbox box = scene_fbox_transform(in_buffer, transform, w, h);
				assert_true(box.x == x && box.y == y && box.width == 1 && box.height == 1);
				box = scene_fbox_transform(box, scene_transform_invert(transform), W, H);
				assert_true(box.x == px && box.y == py);
			}
		}
	}
	struct scene_fbox box =
		scene_fbox_transform((struct scene_fbox){1.5, 2, 3, 0.25}, WL_OUTPUT_TRANSFORM_90, 20, 10);
	assert_true(box.x == 7.75 && box.y == 1.5 && box.width == 0.25 && box.height == 3);
}

// Undoing a composed transform is undoing one after the other.
static void test_transforms_compose(void **state) {
	(void)state;
	const struct scene_fbox box = {3, 5, 7, 11};
	const double width = 40, height = 30;
	for (int a = 0; a < 8; a++) {
		for (int b = 0; b < 8; b++) {
			enum wl_output_transform first = (enum wl_output_transform)a;
			enum wl_output_transform second = (enum wl_output_transform)b;
			bool turned = (a & 1) != 0;
			struct scene_fbox steps =
				scene_fbox_transform(scene_fbox_transform(box, first, width, height), second,
					turned ? height : width, turned ? width : height);
			struct scene_fbox once =
				scene_fbox_transform(box, scene_transform_compose(first, second), width, height);
			assert_memory_equal(&steps, &once, sizeof(once));
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transforms_compose),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_finish_shown_layer),
		cmocka_unit_test(test_finish_while_building),
		cmocka_unit_test(test_move_between_outputs),
		cmocka_unit_test(test_random_lists),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_opaque),
		cmocka_unit_test(test_transform),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
