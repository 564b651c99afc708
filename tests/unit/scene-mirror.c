// SPDX-License-Identifier: MIT
// Mirrors: where layers of one output come to lie on another, px by px over all transforms; damage and
// opaque parts; and whose buffers are held for how long.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "scene/mirror.h"

enum { WIDTH = 40, HEIGHT = 30 }; // px, upright

static int scheduled;

static void handle_schedule(struct scene_output *output) {
	(void)output;
	scheduled++;
}

// ---- Buffers that count ----

struct buffer {
	struct scene_buffer base;
	int releases, destroys;
};

static void handle_release(struct scene_buffer *base) {
	((struct buffer *)base)->releases++;
}

static void handle_destroy(struct scene_buffer *base) {
	((struct buffer *)base)->destroys++;
}

static const struct scene_buffer_ops buffer_ops = {
	.release = handle_release, .destroy = handle_destroy};

static void buffer_init(struct buffer *buffer, int32_t width, int32_t height, uint32_t format) {
	*buffer = (struct buffer){0};
	scene_buffer_init(&buffer->base, &buffer_ops, SCENE_BUFFER_SHM);
	buffer->base.width = width;
	buffer->base.height = height;
	buffer->base.format = format;
}

// What a producer does.
static void set_buffer(struct scene_layer *layer, struct buffer *buffer) {
	struct scene_buffer *before = layer->buffer;
	layer->buffer = buffer ? scene_buffer_lock(&buffer->base) : NULL;
	scene_buffer_unlock(before);
	scene_layer_want_frame(layer);
}

// ---- Two outputs ----

struct pair {
	struct scene_output source, target;
	struct scene_mirror *mirror;
};

static void output_init(
	struct scene_output *output, enum wl_output_transform transform, int width, int height) {
	bool quarter = (transform & 1) != 0;
	scene_output_init(output, quarter ? height : width, quarter ? width : height);
	output->schedule = handle_schedule;
}

// The target's size upright, px.
static void pair_init(struct pair *pair, enum wl_output_transform source_transform,
	enum wl_output_transform target_transform, int width, int height) {
	output_init(&pair->source, source_transform, WIDTH, HEIGHT);
	output_init(&pair->target, target_transform, width, height);
	pair->mirror =
		scene_mirror_create(&pair->target, target_transform, &pair->source, source_transform);
	assert_non_null(pair->mirror);
}

static void pair_finish(struct pair *pair) {
	scene_mirror_destroy(pair->mirror);
	assert_int_equal(pair->target.n_layers, 0);
	assert_null(pair->source.mirrors);
	scene_output_finish(&pair->source);
	scene_output_finish(&pair->target);
}

static void show(struct pair *pair, struct scene_layer *layers, int n) {
	scene_output_begin(&pair->source);
	for (int i = 0; i < n; i++) {
		assert_true(scene_output_append(&pair->source, &layers[i]));
	}
	scene_output_end(&pair->source);
	assert_true(scene_mirror_update(pair->mirror));
	assert_int_equal(pair->target.n_layers, n);
}

// What wl_output.transform means, told px by px: flipped around a vertical axis and then turned
// counter-clockwise by so many quarters. What is at x, y of w x h px lies in memory at:
static void to_memory(unsigned transform, int w, int h, int x, int y, int *at_x, int *at_y) {
	if (transform >= 4) {
		x = w - 1 - x;
	}
	for (unsigned i = 0; i < transform % 4; i++) {
		int turned = w - 1 - x;
		x = y;
		y = turned;
		turned = w;
		w = h;
		h = turned;
	}
	*at_x = x;
	*at_y = y;
}

// The px of the buffer that a layer with as many px shows at x, y of its output; false: none.
static bool buffer_px(const struct scene_layer *layer, int x, int y, int *at_x, int *at_y) {
	x -= layer->dst.x;
	y -= layer->dst.y;
	if (x < 0 || y < 0 || x >= layer->dst.width || y >= layer->dst.height) {
		return false;
	}
	to_memory(layer->transform, layer->dst.width, layer->dst.height, x, y, at_x, at_y);
	*at_x += (int)layer->src.x;
	*at_y += (int)layer->src.y;
	return true;
}

// ---- Places ----

static void test_fit(void **state) {
	(void)state;
	static const struct {
		int width, height, room_width, room_height;
		struct scene_rect fit;
	} cases[] = {
		{1920, 1080, 1920, 1080, {0, 0, 1920, 1080}},
		{1920, 1080, 3840, 2160, {0, 0, 3840, 2160}},
		{320, 240, 640, 480, {0, 0, 640, 480}},
		{320, 240, 1920, 1080, {240, 0, 1440, 1080}},
		{1920, 1080, 1024, 768, {0, 96, 1024, 576}},
		{1920, 1080, 1366, 768, {0, 0, 1365, 768}}, // 1365.3
		{1366, 768, 1920, 1080, {0, 0, 1920, 1079}},
		{1080, 1920, 1920, 1080, {656, 0, 608, 1080}}, // 607.5
		{32000, 1, 100, 100, {0, 49, 100, 1}},
		{1, 32000, 100, 100, {49, 0, 1, 100}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene_rect fit = scene_mirror_fit(
			cases[i].width, cases[i].height, cases[i].room_width, cases[i].room_height);
		if (memcmp(&fit, &cases[i].fit, sizeof(fit)) != 0) {
			fail_msg("case %zu: %d,%d %dx%d", i, fit.x, fit.y, fit.width, fit.height);
		}
	}
}

// Each px of the source's picture, as a person sees it, is on the target where it belongs, and shows
// the same px of the buffer; `bars`: px left and right.
static void check_px(
	struct pair *pair, const struct scene_layer *layer, unsigned from, unsigned to, int bars) {
	const struct scene_layer *mirrored = pair->target.layers[0];
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		int x = i % WIDTH, y = i / WIDTH, source_x, source_y, target_x, target_y;
		int at_x = -1, at_y = -1, mirrored_x = -1, mirrored_y = -1;
		to_memory(from, WIDTH, HEIGHT, x, y, &source_x, &source_y);
		to_memory(to, WIDTH + 2 * bars, HEIGHT, x + bars, y, &target_x, &target_y);
		bool shown = buffer_px(layer, source_x, source_y, &at_x, &at_y);
		bool is_mirrored = buffer_px(mirrored, target_x, target_y, &mirrored_x, &mirrored_y);
		if (shown != is_mirrored || at_x != mirrored_x || at_y != mirrored_y) {
			fail_msg("transforms %u to %u, layer %d: px %d,%d is %d,%d of the buffer, mirrored "
					 "%d,%d",
				from, to, (int)layer->transform, x, y, at_x, at_y, mirrored_x, mirrored_y);
		}
	}
}

static void test_every_px(void **state) {
	(void)state;
	static const struct scene_rect places[] = {
		{3, 5, 12, 7}, {-4, 2, 12, 7}, {25, 26, 12, 7}, {0, 0, 50, 50}};
	for (unsigned i = 0; i < 8 * 8 * 8 * 4 * 2; i++) {
		unsigned from = i % 8, to = i / 8 % 8, own = i / 64 % 8, place = i / 512 % 4;
		int bars = i / 2048 ? 9 : 0;
		struct pair pair;
		struct buffer buffer;
		struct scene_layer layer;
		pair_init(&pair, from, to, WIDTH + 2 * bars, HEIGHT);
		buffer_init(&buffer, 60, 60, DRM_FORMAT_XRGB8888);
		scene_layer_init(&layer, NULL);
		layer.dst = places[place];
		layer.transform = own;
		layer.src = (struct scene_fbox){2, 3, layer.dst.width, layer.dst.height};
		if (own & 1) {
			layer.src.width = layer.dst.height;
			layer.src.height = layer.dst.width;
		}
		set_buffer(&layer, &buffer);
		show(&pair, &layer, 1);
		check_px(&pair, &layer, from, to, bars);
		const struct scene_rect *dst = &pair.target.layers[0]->dst;
		int32_t start = to & 1 ? dst->y : dst->x, length = to & 1 ? dst->height : dst->width;
		assert_true(bars == 0 || (start >= bars && start + length <= bars + WIDTH));
		set_buffer(&layer, NULL);
		scene_layer_finish(&layer);
		pair_finish(&pair);
	}
}

// Twice the size: each px is 2 x 2 of them; neighbours share their edges at any size.
static void test_scaled(void **state) {
	(void)state;
	struct pair pair;
	struct buffer buffer;
	struct scene_layer layers[2];
	buffer_init(&buffer, 10, 10, DRM_FORMAT_XRGB8888);
	for (int size = 1; size < 100; size++) {
		pair_init(&pair, 0, 0, WIDTH * size / 10 + 1, HEIGHT * size / 10 + 1);
		for (int i = 0; i < 2; i++) {
			scene_layer_init(&layers[i], NULL);
			layers[i].src = (struct scene_fbox){0, 0, 10, 10};
			layers[i].dst = (struct scene_rect){i * 17, 0, i ? WIDTH - 17 : 17, HEIGHT};
			set_buffer(&layers[i], &buffer);
		}
		show(&pair, layers, 2);
		struct scene_rect fit =
			scene_mirror_fit(WIDTH, HEIGHT, pair.target.width, pair.target.height);
		const struct scene_rect *left = &pair.target.layers[0]->dst;
		const struct scene_rect *right = &pair.target.layers[1]->dst;
		assert_int_equal(left->x, fit.x);
		assert_int_equal(left->x + left->width, right->x);
		assert_int_equal(right->x + right->width, fit.x + fit.width);
		assert_int_equal(left->y, fit.y);
		assert_int_equal(left->height, fit.height);
		for (int i = 0; i < 2; i++) {
			set_buffer(&layers[i], NULL);
			scene_layer_finish(&layers[i]);
		}
		pair_finish(&pair);
	}
	pair_init(&pair, 0, 1, 2 * WIDTH, 2 * HEIGHT);
	scene_layer_init(&layers[0], NULL);
	layers[0].dst = (struct scene_rect){5, 6, 7, 8};
	layers[0].src = (struct scene_fbox){0, 0, 7, 8};
	set_buffer(&layers[0], &buffer);
	show(&pair, layers, 1);
	const struct scene_rect *dst = &pair.target.layers[0]->dst;
	assert_int_equal(dst->x, 12); // counter-clockwise: what is above is on the left
	assert_int_equal(dst->y, 2 * (WIDTH - 12));
	assert_int_equal(dst->width, 16);
	assert_int_equal(dst->height, 14);
	set_buffer(&layers[0], NULL);
	scene_layer_finish(&layers[0]);
	pair_finish(&pair);
}

// Whatever a client asks for stays within what the rest can count with.
static void test_extremes(void **state) {
	(void)state;
	static const int32_t starts[] = {
		INT32_MIN, -(1 << 20), -1, 0, 39, 1 << 20, INT32_MAX - (1 << 20)};
	static const int32_t sizes[] = {0, 1, WIDTH, 1 << 20};
	struct buffer buffer;
	buffer_init(&buffer, 64, 64, DRM_FORMAT_ARGB8888);
	for (unsigned transform = 0; transform < 8; transform++) {
		struct pair pair;
		struct scene_layer layer;
		pair_init(&pair, transform, 3, 4000, 3000);
		scene_layer_init(&layer, NULL);
		set_buffer(&layer, &buffer);
		pixman_region32_t all;
		pixman_region32_init_rect(&all, 0, 0, 1 << 20, 1 << 20);
		for (size_t i = 0; i < 7 * 7 * 4 * 4; i++) {
			layer.dst = (struct scene_rect){
				starts[i % 7], starts[i / 7 % 7], sizes[i / 49 % 4], sizes[i / 196]};
			layer.src = (struct scene_fbox){0, 0, 0.5, 64};
			scene_layer_damage(&layer, &all);
			scene_layer_damage_all(&layer);
			show(&pair, &layer, 1);
			const struct scene_layer *mirrored = pair.target.layers[0];
			const struct scene_rect *dst = &mirrored->dst;
			assert_true(dst->width >= 0 && dst->width <= 1 << 21);
			assert_true(dst->height >= 0 && dst->height <= 1 << 21);
			assert_true(mirrored->src.x >= 0 && mirrored->src.x + mirrored->src.width <= 64);
			assert_true(mirrored->src.y >= 0 && mirrored->src.y + mirrored->src.height <= 64);
		}
		pixman_region32_fini(&all);
		set_buffer(&layer, NULL);
		scene_layer_finish(&layer);
		pair_finish(&pair);
	}
}

// ---- Damage and what is opaque ----

static bool contains(const pixman_region32_t *region, int x, int y) {
	return pixman_region32_contains_point((pixman_region32_t *)region, x, y, NULL);
}

static void set_region(pixman_region32_t *region, int x, int y, int width, int height) {
	pixman_region32_fini(region);
	pixman_region32_init_rect(region, x, y, (unsigned)width, (unsigned)height);
}

// Not scaled: to the px.
static void test_regions_turned(void **state) {
	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		unsigned from = i % 8, to = i / 8;
		struct pair pair;
		struct buffer buffer;
		struct scene_layer layer;
		pixman_region32_t damage;
		pair_init(&pair, from, to, WIDTH + 10, HEIGHT);
		buffer_init(&buffer, 20, 15, DRM_FORMAT_ARGB8888);
		scene_layer_init(&layer, NULL);
		layer.dst = (struct scene_rect){4, 6, 20, 15};
		layer.src = (struct scene_fbox){0, 0, 20, 15};
		set_region(&layer.opaque, 2, 3, 9, 4);
		layer.opaque_serial++;
		set_buffer(&layer, &buffer);
		show(&pair, &layer, 1);
		struct scene_layer *mirrored = pair.target.layers[0];
		pixman_region32_clear(&mirrored->damage); // as a frame does
		pixman_region32_init_rect(&damage, 1, 5, 12, 2);
		scene_layer_damage(&layer, &damage);
		for (int px = 0; px < WIDTH * HEIGHT; px++) {
			int x = px % WIDTH, y = px / WIDTH, at_x, at_y, to_x, to_y;
			to_memory(from, WIDTH, HEIGHT, x, y, &at_x, &at_y);
			to_memory(to, WIDTH + 10, HEIGHT, x + 5, y, &to_x, &to_y);
			at_x -= layer.dst.x;
			at_y -= layer.dst.y;
			to_x -= mirrored->dst.x;
			to_y -= mirrored->dst.y;
			assert_int_equal(
				contains(&damage, at_x, at_y), contains(&mirrored->damage, to_x, to_y));
			assert_int_equal(
				contains(&layer.opaque, at_x, at_y), contains(&mirrored->opaque, to_x, to_y));
		}
		pixman_region32_fini(&damage);
		set_buffer(&layer, NULL);
		scene_layer_finish(&layer);
		pair_finish(&pair);
	}
}

// Scaled: what is damaged reaches a filter's width farther, what is opaque not so far; and both are not
// just everything or nothing.
static void test_regions_scaled(void **state) {
	(void)state;
	for (int size = 4; size < 60; size++) {
		const double scale = size / 10.0;
		struct pair pair;
		struct buffer buffer;
		struct scene_layer layer;
		pixman_region32_t damage;
		pair_init(&pair, 0, 0, (int)(WIDTH * scale), (int)(HEIGHT * scale));
		buffer_init(&buffer, 20, 15, DRM_FORMAT_ARGB8888);
		scene_layer_init(&layer, NULL);
		layer.dst = (struct scene_rect){3, 4, 36, 26};
		layer.src = (struct scene_fbox){0, 0, 20, 15}; // scaled on the source, too
		set_region(&layer.opaque, 5, 6, 20, 14);
		layer.opaque_serial++;
		set_buffer(&layer, &buffer);
		show(&pair, &layer, 1);
		struct scene_layer *mirrored = pair.target.layers[0];
		pixman_region32_clear(&mirrored->damage);
		pixman_region32_init_rect(&damage, 10, 11, 3, 4);
		scene_layer_damage(&layer, &damage);
		const struct scene_rect fit =
			scene_mirror_fit(WIDTH, HEIGHT, pair.target.width, pair.target.height);
		const double sx = (double)fit.width / WIDTH, sy = (double)fit.height / HEIGHT;
		for (int i = 0; i < mirrored->dst.width * mirrored->dst.height; i++) {
			int x = i % mirrored->dst.width, y = i / mirrored->dst.width;
			// The px's middle, px of the layer on the source.
			double at_x = (x + 0.5 + mirrored->dst.x - fit.x) / sx - layer.dst.x;
			double at_y = (y + 0.5 + mirrored->dst.y - fit.y) / sy - layer.dst.y;
			// What a filter brings in from beside; it reaches that far on the source as well.
			double in = size == 10 ? 0 : 1, out = size == 10 ? 0 : 1.8;
			bool near = at_x > 10 - out && at_x < 13 + out && at_y > 11 - out && at_y < 15 + out;
			bool far = at_x < 10 - 3 - 3 / sx || at_x > 13 + 3 + 3 / sx || at_y < 11 - 3 - 3 / sy ||
				at_y > 15 + 3 + 3 / sy;
			assert_true(!near || contains(&mirrored->damage, x, y));
			assert_true(!far || !contains(&mirrored->damage, x, y));
			bool opaque = at_x > 5 + in && at_x < 25 - in && at_y > 6 + in && at_y < 20 - in;
			if (!opaque && contains(&mirrored->opaque, x, y)) {
				fail_msg("scale %g: px %d,%d (%g,%g) is opaque", scale, x, y, at_x, at_y);
			}
		}
		assert_true(size < 10 || pixman_region32_not_empty(&mirrored->opaque));
		// All of it is all of it.
		set_region(&layer.opaque, 0, 0, 36, 26);
		layer.opaque_serial++;
		scene_layer_want_frame(&layer);
		pixman_box32_t whole = {0, 0, mirrored->dst.width, mirrored->dst.height};
		assert_int_equal(
			pixman_region32_contains_rectangle(&mirrored->opaque, &whole), PIXMAN_REGION_IN);
		pixman_region32_fini(&damage);
		set_buffer(&layer, NULL);
		scene_layer_finish(&layer);
		pair_finish(&pair);
	}
}

// Each output's frames take damage for themselves.
static void test_damage_reaches_both(void **state) {
	(void)state;
	struct pair pair;
	struct buffer buffer;
	struct scene_layer layer;
	pixman_region32_t damage;
	pair_init(&pair, 0, 0, WIDTH, HEIGHT);
	buffer_init(&buffer, 10, 10, DRM_FORMAT_XRGB8888);
	scene_layer_init(&layer, NULL);
	layer.dst = (struct scene_rect){0, 0, 10, 10};
	layer.src = (struct scene_fbox){0, 0, 10, 10};
	set_buffer(&layer, &buffer);
	show(&pair, &layer, 1);
	struct scene_layer *mirrored = pair.target.layers[0];
	pixman_region32_clear(&mirrored->damage);
	pixman_region32_clear(&layer.damage);
	pixman_region32_init_rect(&damage, 1, 1, 2, 2);
	scheduled = 0;
	scene_layer_damage(&layer, &damage);
	assert_true(scheduled >= 2); // both
	pixman_region32_clear(&layer.damage);
	assert_true(pixman_region32_equal(&mirrored->damage, &damage));
	assert_true(scene_mirror_update(pair.mirror));
	assert_true(pixman_region32_equal(&mirrored->damage, &damage));
	pixman_region32_clear(&mirrored->damage);
	// Nothing happened: nothing is to be drawn, and the same layer stands for it.
	uint64_t id = mirrored->id;
	assert_true(scene_mirror_update(pair.mirror));
	assert_int_equal(pair.target.layers[0]->id, id);
	assert_false(pixman_region32_not_empty(&mirrored->damage));
	// What is coded in another way is another picture.
	layer.coding = (struct format_coding){FORMAT_BT709, true};
	scene_layer_damage_all(&layer);
	assert_true(scene_mirror_update(pair.mirror));
	assert_true(format_coding_equal(mirrored->coding, layer.coding));
	assert_true(pixman_region32_not_empty(&mirrored->damage));
	pixman_region32_clear(&mirrored->damage);
	// What moves is not drawn anew; what gets another size is.
	layer.dst.x = 7;
	assert_true(scene_mirror_update(pair.mirror));
	assert_int_equal(mirrored->dst.x, 7);
	assert_false(pixman_region32_not_empty(&mirrored->damage));
	layer.dst.width = 9;
	assert_true(scene_mirror_update(pair.mirror));
	assert_true(pixman_region32_not_empty(&mirrored->damage));
	pixman_region32_fini(&damage);
	set_buffer(&layer, NULL);
	scene_layer_finish(&layer);
	pair_finish(&pair);
}

// ---- Lives ----

static void test_buffers_go_back(void **state) {
	(void)state;
	struct pair pair;
	struct buffer buffers[2];
	struct scene_layer layer;
	pair_init(&pair, 0, 0, 2 * WIDTH, 2 * HEIGHT);
	for (int i = 0; i < 2; i++) {
		buffer_init(&buffers[i], 10, 10, DRM_FORMAT_XRGB8888);
	}
	scene_layer_init(&layer, NULL);
	layer.dst = (struct scene_rect){0, 0, 10, 10};
	layer.src = (struct scene_fbox){0, 0, 10, 10};
	layer.owner = (struct scene_owner){7, "app"};
	set_buffer(&layer, &buffers[0]);
	show(&pair, &layer, 1);
	assert_int_equal(buffers[0].base.locks, 2);
	assert_string_equal(scene_layer_owner(pair.target.layers[0])->app_id, "app");
	// At once, also while no frame of the mirror comes.
	for (int i = 0; i < 10; i++) {
		set_buffer(&layer, &buffers[(i + 1) % 2]);
		assert_int_equal(buffers[i % 2].releases, i / 2 + 1);
		assert_int_equal(buffers[i % 2].base.locks, 0);
		assert_ptr_equal(pair.target.layers[0]->buffer, layer.buffer);
	}
	// The client destroys what is shown: it is there as long as anyone shows it.
	scene_buffer_drop(&buffers[0].base);
	assert_int_equal(buffers[0].destroys, 0);
	set_buffer(&layer, &buffers[1]);
	assert_int_equal(buffers[0].destroys, 1);
	// The window is shown no more: neither is it on the mirror.
	scene_output_begin(&pair.source);
	scene_output_end(&pair.source);
	assert_int_equal(pair.target.n_layers, 0);
	assert_int_equal(buffers[1].base.locks, 1);
	// A layer that ends.
	show(&pair, &layer, 1);
	set_buffer(&layer, NULL);
	assert_int_equal(buffers[1].base.locks, 0);
	scene_layer_finish(&layer);
	assert_int_equal(pair.target.n_layers, 0);
	pair_finish(&pair);
}

// Layers, outputs and two mirrors in a random order of deaths and births.
static void test_any_order(void **state) {
	(void)state;
	enum { LAYERS = 6, BUFFERS = 4, STEPS = 20000 };
	struct scene_output source, targets[2];
	struct scene_mirror *mirrors[2] = {0};
	struct scene_layer layers[LAYERS];
	struct buffer buffers[BUFFERS];
	output_init(&source, 0, WIDTH, HEIGHT);
	output_init(&targets[0], 1, 2 * WIDTH, HEIGHT);
	output_init(&targets[1], 6, WIDTH, WIDTH);
	for (int i = 0; i < LAYERS; i++) {
		scene_layer_init(&layers[i], NULL);
	}
	for (int i = 0; i < BUFFERS; i++) {
		buffer_init(&buffers[i], 10, 10, DRM_FORMAT_ARGB8888);
	}
	srand(1);
	for (int step = 0; step < STEPS; step++) {
		int i = rand() % LAYERS, m = rand() % 2;
		switch (rand() % 6) {
		case 0:
			layers[i].dst = (struct scene_rect){rand() % 50 - 10, rand() % 50 - 10, 10, 10};
			layers[i].src = (struct scene_fbox){0, 0, 10, 10};
			set_buffer(&layers[i], rand() % 4 ? &buffers[rand() % BUFFERS] : NULL);
			break;
		case 1:
			set_buffer(&layers[i], NULL);
			scene_layer_finish(&layers[i]);
			scene_layer_init(&layers[i], NULL);
			break;
		case 2:
			scene_output_begin(&source);
			for (int k = 0; k < LAYERS; k++) {
				struct scene_layer *layer = &layers[(k + i) % LAYERS];
				assert_true(rand() % 3 == 0 || scene_output_append(&source, layer));
			}
			scene_output_end(&source);
			break;
		case 3:
			scene_mirror_destroy(mirrors[m]);
			mirrors[m] =
				rand() % 3 ? scene_mirror_create(&targets[m], m ? 6 : 1, &source, 0) : NULL;
			break;
		default:
			assert_true(!mirrors[m] || scene_mirror_update(mirrors[m]));
			for (int k = 0; mirrors[m] && k < source.n_layers; k++) {
				assert_ptr_equal(targets[m].layers[k]->mirrored, source.layers[k]);
				assert_ptr_equal(targets[m].layers[k]->buffer, source.layers[k]->buffer);
			}
		}
	}
	for (int m = 0; m < 2; m++) {
		scene_mirror_destroy(mirrors[m]);
		scene_output_finish(&targets[m]);
	}
	for (int i = 0; i < LAYERS; i++) {
		set_buffer(&layers[i], NULL);
		scene_layer_finish(&layers[i]);
	}
	for (int i = 0; i < BUFFERS; i++) {
		assert_int_equal(buffers[i].base.locks, 0);
	}
	scene_output_finish(&source);
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_every_px),
		cmocka_unit_test(test_scaled),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_regions_turned),
		cmocka_unit_test(test_regions_scaled),
		cmocka_unit_test(test_damage_reaches_both),
		cmocka_unit_test(test_buffers_go_back),
		cmocka_unit_test(test_any_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
