// SPDX-License-Identifier: MIT
// The arithmetic between buffer px and logical px, against a px by px model: every transform, scales
// and viewports.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wayland/surface.h"

static const struct scene_buffer_ops no_ops;

enum { WIDTH = 12, HEIGHT = 8 };

struct fixture {
	struct scene_buffer buffer;
	struct surface_state state;
};

static int setup(void **state) {
	static struct fixture fixture;
	fixture = (struct fixture){0};
	scene_buffer_init(&fixture.buffer, &no_ops, SCENE_BUFFER_SHM);
	fixture.buffer.width = WIDTH;
	fixture.buffer.height = HEIGHT;
	surface_state_init(&fixture.state);
	fixture.state.buffer = scene_buffer_lock(&fixture.buffer);
	*state = &fixture;
	return 0;
}

static int teardown(void **state) {
	struct fixture *fixture = *state;
	surface_state_finish(&fixture->state);
	assert_int_equal(fixture->buffer.locks, 0);
	return 0;
}

// Where px x, y of an upright picture of width x height comes to lie in the client's buffer: flipped
// around the vertical axis, then turned counter-clockwise (wl_output.transform).
static void to_buffer(enum wl_output_transform transform, int width, int height, int *x, int *y) {
	if (transform & WL_OUTPUT_TRANSFORM_FLIPPED) {
		*x = width - 1 - *x;
	}
	for (unsigned turns = transform & 3; turns > 0; turns--) {
		int old_x = *x;
		*x = *y;
		*y = width - 1 - old_x;
		int swap = width;
		width = height;
		height = swap;
	}
}

static bool contains(pixman_region32_t *region, int x, int y) {
	return pixman_region32_contains_point(region, x, y, NULL);
}

static void test_size(void **state) {
	struct surface_state *s = &((struct fixture *)*state)->state;
	int32_t width, height;
	for (int transform = 0; transform < 8; transform++) {
		s->transform = (enum wl_output_transform)transform;
		for (s->scale = 1; s->scale <= 4; s->scale *= 2) {
			assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_OK);
			bool swapped = transform % 2 == 1;
			assert_int_equal(width, (swapped ? HEIGHT : WIDTH) / s->scale);
			assert_int_equal(height, (swapped ? WIDTH : HEIGHT) / s->scale);
		}
	}
	s->scale = 3;
	assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_NO_MULTIPLE);
	s->transform = WL_OUTPUT_TRANSFORM_90;
	s->scale = 2; // 4x6 logical px
	s->has_viewport_src = true;
	s->viewport_src = (struct scene_fbox){0, 0, 4, 6};
	assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_OK);
	assert_int_equal(width, 4);
	assert_int_equal(height, 6);
	s->viewport_src = (struct scene_fbox){0, 0, 6, 4};
	assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_OUT_OF_BUFFER);
	s->viewport_src = (struct scene_fbox){0.5, 0, 2.5, 6};
	assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_BAD_SIZE);
	s->viewport_width = 1000;
	s->viewport_height = 1;
	assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_OK);
	assert_int_equal(width, 1000);
	s->viewport_src = (struct scene_fbox){0, 6, 1, 0.25};
	assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_OUT_OF_BUFFER);
}

static void test_source(void **state) {
	struct surface_state *s = &((struct fixture *)*state)->state;
	for (int transform = 0; transform < 8; transform++) {
		s->transform = (enum wl_output_transform)transform;
		s->has_viewport_src = false;
		struct scene_fbox src = surface_state_source(s);
		assert_true(src.x == 0 && src.y == 0 && src.width == WIDTH && src.height == HEIGHT);
		// One upright px at 2,1, as the model places it.
		s->has_viewport_src = true;
		s->viewport_src = (struct scene_fbox){2, 1, 1, 1};
		src = surface_state_source(s);
		int x = 2, y = 1;
		bool swapped = transform % 2 == 1;
		to_buffer(s->transform, swapped ? HEIGHT : WIDTH, swapped ? WIDTH : HEIGHT, &x, &y);
		assert_true(src.x == x && src.y == y && src.width == 1 && src.height == 1);
	}
	s->transform = WL_OUTPUT_TRANSFORM_NORMAL;
	s->scale = 2;
	struct scene_fbox src = surface_state_source(s);
	assert_true(src.x == 4 && src.y == 2 && src.width == 2 && src.height == 2);
}

// Unscaled: exactly the px that the model names.
static void test_buffer_damage(void **state) {
	struct surface_state *s = &((struct fixture *)*state)->state;
	for (int transform = 0; transform < 8; transform++) {
		s->transform = (enum wl_output_transform)transform;
		int32_t width, height;
		assert_int_equal(surface_state_size(s, &width, &height), SURFACE_SIZE_OK);
		pixman_region32_clear(&s->buffer_damage);
		assert_true(surface_region_add(&s->buffer_damage, 3, 2, 4, 1));
		assert_true(surface_region_add(&s->buffer_damage, 10, 6, INT32_MAX, INT32_MAX));
		pixman_region32_t damage;
		pixman_region32_init(&damage);
		assert_true(surface_state_damage(s, width, height, &damage));
		for (int y = 0; y < height; y++) {
			for (int x = 0; x < width; x++) {
				int bx = x, by = y;
				to_buffer(s->transform, width, height, &bx, &by);
				assert_int_equal(contains(&damage, x, y), contains(&s->buffer_damage, bx, by));
			}
		}
		pixman_box32_t *extents = pixman_region32_extents(&damage);
		assert_true(extents->x1 >= 0 && extents->y1 >= 0);
		assert_true(extents->x2 <= width && extents->y2 <= height);
		pixman_region32_fini(&damage);
	}
}

// Scaled: nothing that a changed px touches, or reaches through a filter, is left out.
static void test_scaled_damage(void **state) {
	struct surface_state *s = &((struct fixture *)*state)->state;
	static const int32_t sizes[][2] = {{24, 16}, {31, 5}, {3, 50}, {1, 1}, {6, 4}};
	for (size_t i = 0; i < 5; i++) {
		int32_t width = sizes[i][0], height = sizes[i][1];
		s->viewport_width = width;
		s->viewport_height = height;
		for (int bx = 0; bx < WIDTH; bx++) {
			pixman_region32_clear(&s->buffer_damage);
			assert_true(surface_region_add(&s->buffer_damage, bx, 3, 1, 1));
			pixman_region32_t damage;
			pixman_region32_init(&damage);
			assert_true(surface_state_damage(s, width, height, &damage));
			for (int x = 0; x < width; x++) {
				double first = (double)x * WIDTH / width - 1, end = (x + 1.0) * WIDTH / width + 1;
				int y = 3 * height / HEIGHT;
				if (bx + 1 > first && bx < end) {
					assert_true(contains(&damage, x, y));
				}
			}
			pixman_region32_fini(&damage);
		}
	}
}

static void test_surface_damage(void **state) {
	struct surface_state *s = &((struct fixture *)*state)->state;
	assert_true(surface_region_add(&s->surface_damage, INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX));
	assert_true(surface_region_add(&s->surface_damage, 5, 5, 0, 7));
	assert_true(surface_region_add(&s->surface_damage, 5, 5, -3, 7));
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	assert_true(surface_state_damage(s, WIDTH, HEIGHT, &damage));
	assert_false(pixman_region32_not_empty(&damage)); // all of it lies outside
	assert_true(surface_region_add(&s->surface_damage, 11, 7, 100, 100));
	assert_true(surface_state_damage(s, WIDTH, HEIGHT, &damage));
	assert_int_equal(pixman_region32_n_rects(&damage), 1);
	pixman_box32_t box = *pixman_region32_extents(&damage);
	assert_true(box.x1 == 11 && box.y1 == 7 && box.x2 == 12 && box.y2 == 8);
	// Any number of rectangles stays affordable.
	for (int y = 0; y < 1000; y++) {
		assert_true(surface_region_add(&s->surface_damage, y % 2, 2 * y, 1, 1));
	}
	pixman_region32_clear(&damage);
	assert_true(surface_state_damage(s, WIDTH, HEIGHT, &damage));
	assert_int_equal(pixman_region32_n_rects(&damage), 1);
	pixman_region32_fini(&damage);
}

static void test_inverted_rows(void **state) {
	struct fixture *fixture = *state;
	fixture->buffer.y_invert = true;
	assert_true(surface_region_add(&fixture->state.buffer_damage, 0, 0, 1, 1));
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	assert_true(surface_state_damage(&fixture->state, WIDTH, HEIGHT, &damage));
	pixman_box32_t box = *pixman_region32_extents(&damage);
	assert_true(box.x1 == 0 && box.y1 == 0 && box.x2 == WIDTH && box.y2 == HEIGHT);
	pixman_region32_fini(&damage);
}

static void test_merge(void **state) {
	struct fixture *fixture = *state;
	struct surface_state cached;
	surface_state_init(&cached);
	struct surface_state *s = &fixture->state;
	s->fields = SURFACE_STATE_BUFFER | SURFACE_STATE_BUFFER_DAMAGE;
	assert_true(surface_region_add(&s->buffer_damage, 0, 0, 1, 1));
	s->scale = 2; // not in fields: stays behind
	assert_true(surface_state_merge(&cached, s));
	assert_ptr_equal(cached.buffer, &fixture->buffer);
	assert_null(s->buffer);
	assert_int_equal(cached.scale, 1);
	assert_int_equal(fixture->buffer.locks, 1);
	s->fields = SURFACE_STATE_SCALE | SURFACE_STATE_BUFFER_DAMAGE;
	assert_true(surface_region_add(&s->buffer_damage, 2, 0, 1, 1));
	assert_true(surface_state_merge(&cached, s));
	assert_int_equal(cached.scale, 2);
	assert_ptr_equal(cached.buffer, &fixture->buffer);
	assert_int_equal(pixman_region32_n_rects(&cached.buffer_damage), 2);
	assert_false(pixman_region32_not_empty(&s->buffer_damage));
	surface_state_finish(&cached);
}

// Of commits that take effect together all offsets count, whatever their sum; of those before they do not.
static void test_offsets_add_up(void **state) {
	struct fixture *fixture = *state;
	struct surface_state held, pending;
	surface_state_init(&held);
	surface_state_init(&pending);
	static const int32_t offsets[][2] = {{1, 2}, {10, -20}, {INT32_MAX, INT32_MIN}};
	static const int32_t sums[][2] = {{1, 2}, {11, -18}, {INT32_MAX, INT32_MIN}};
	for (int i = 0; i < 3; i++) {
		pending.dx = offsets[i][0];
		pending.dy = offsets[i][1];
		pending.fields = SURFACE_STATE_OFFSET;
		assert_true(surface_state_merge(&held, &pending));
		assert_int_equal(held.dx, sums[i][0]);
		assert_int_equal(held.dy, sums[i][1]);
	}
	fixture->state.dx = fixture->state.dy = 7; // nobody cared
	fixture->state.fields = 0;
	held.dx = held.dy = 3;
	assert_true(surface_state_merge(&fixture->state, &held));
	assert_int_equal(fixture->state.dx, 3);
	assert_int_equal(fixture->state.dy, 3);
	surface_state_finish(&held);
	surface_state_finish(&pending);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source, setup, teardown),
		cmocka_unit_test_setup_teardown(test_buffer_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scaled_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_surface_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inverted_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offsets_add_up, setup, teardown),
	};
	return cmocka_run_group_tests_name("surface-state", tests, NULL, NULL);
}
