// SPDX-License-Identifier: MIT
// Random scenes against the oracle: every px of the damage is right, no other byte is touched, and
// the counts of px are exact.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "render-oracle.h"

enum { WIDTH = 61, HEIGHT = 47, STRIDE = 4 * WIDTH + 12, MAX_LAYERS = 6 };

struct scene {
	struct render_layer layers[MAX_LAYERS];
	struct picture pictures[MAX_LAYERS];
	pixman_region32_t opaque[MAX_LAYERS], visible[MAX_LAYERS];
	struct render_scratch *scratch[MAX_LAYERS];
	int n;
};

struct kinds {
	const uint32_t *formats;
	int n_formats;
	bool solid, turned, scaled, with_opaque, fading;
};

static void random_region(pixman_region32_t *region, int max_rects) {
	pixman_region32_init(region);
	for (int i = random_int(0, max_rects); i > 0; i--) {
		pixman_region32_union_rect(region, region, random_int(-5, WIDTH), random_int(-5, HEIGHT),
			(unsigned)random_int(1, 40), (unsigned)random_int(1, 30));
	}
}

static double random_part(int whole) {
	return random_int(0, 1) ? random_int(0, whole) : random_int(0, whole * 256) / 256.0;
}

static void random_solid(struct render_layer *layer) {
	int alpha = random_int(0, 2) == 0 ? 0xffff : random_int(0, 0xffff);
	for (int i = 0; i < 3; i++) {
		layer->pixels.solid[i] = (uint16_t)random_int(0, alpha);
	}
	layer->pixels.solid[3] = (uint16_t)alpha;
	if (random_int(0, 3) == 0) {
		memset(layer->pixels.solid, 0, 3 * sizeof(layer->pixels.solid[0]));
	}
}

static void random_layer(
	struct render_layer *layer, struct picture *picture, const struct kinds *kinds) {
	*layer = (struct render_layer){
		.x = random_int(-30, WIDTH - 5),
		.y = random_int(-30, HEIGHT - 5),
		.width = random_int(1, WIDTH + 20),
		.height = random_int(1, HEIGHT + 20),
	};
	if (kinds->solid && random_int(0, 3) == 0) {
		*picture = (struct picture){0};
		random_solid(layer);
		return;
	}
	if (kinds->turned) {
		layer->transform = (enum wl_output_transform)random_int(0, 7);
	}
	bool sideways = layer->transform % 2;
	double width = sideways ? layer->height : layer->width;
	double height = sideways ? layer->width : layer->height;
	if (kinds->scaled && random_int(0, 3) > 0) {
		width = 0.25 + random_part(random_int(0, 1) ? 20 : 90);
		height = 0.25 + random_part(random_int(0, 1) ? 20 : 90);
	}
	int left = random_int(0, 9), top = random_int(0, 9);
	uint32_t format = kinds->formats[random_int(0, kinds->n_formats - 1)];
	picture_init(picture, format, left + (int)ceil(width) + 1 + random_int(0, 5),
		top + (int)ceil(height) + 1 + random_int(0, 5), random_int(0, 1) * random_int(0, 9),
		random_int(0, 1) * random_int(0, 3));
	picture_premultiply(picture);
	picture->pixels.y_invert = random_int(0, 3) == 0;
	layer->pixels = picture->pixels;
	layer->src = (struct render_box){left, top, width, height};
	if (kinds->scaled && random_int(0, 1)) {
		layer->src.x += random_int(0, 255) / 256.0;
		layer->src.y += random_int(0, 255) / 256.0;
	}
	if (random_int(0, 2) == 0) { // up to the edges of the buffer
		layer->src.x = picture->pixels.width - width;
		layer->src.y = 0;
	}
}

// Visibility counted px by px.
static void find_visible(struct scene *scene) {
	for (int i = 0; i < scene->n; i++) {
		pixman_region32_init(&scene->visible[i]);
	}
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			for (int i = scene->n - 1; i >= 0; i--) {
				if (oracle_in_layer(&scene->layers[i], x, y)) {
					pixman_region32_union_rect(&scene->visible[i], &scene->visible[i], x, y, 1, 1);
				}
				if (oracle_is_opaque(&scene->layers[i], x, y)) {
					break;
				}
			}
		}
	}
}

static void scene_init(struct scene *scene, const struct kinds *kinds) {
	*scene = (struct scene){.n = random_int(0, MAX_LAYERS)};
	for (int i = 0; i < scene->n; i++) {
		struct render_layer *layer = &scene->layers[i];
		random_layer(layer, &scene->pictures[i], kinds);
		random_region(&scene->opaque[i], kinds->with_opaque ? 3 : 0);
		layer->opaque = random_int(0, 1) ? &scene->opaque[i] : NULL;
		if (kinds->fading && random_int(0, 3) > 0) {
			layer->fade = (uint16_t)(random_int(0, 5) == 0 ? 0xffff : random_int(1, 0xffff));
		}
		layer->visible = &scene->visible[i];
		layer->scratch = random_int(0, 3) ? &scene->scratch[i] : NULL;
	}
	find_visible(scene);
}

static void scene_finish(struct scene *scene) {
	for (int i = 0; i < scene->n; i++) {
		picture_finish(&scene->pictures[i]);
		pixman_region32_fini(&scene->opaque[i]);
		pixman_region32_fini(&scene->visible[i]);
		render_scratch_destroy(scene->scratch[i]);
	}
}

static uint8_t canary(int x, int y) {
	return (uint8_t)(x * 31 + y * 17 + 5);
}

static void paint_canary(uint8_t *pixels) {
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < STRIDE; x++) {
			pixels[y * STRIDE + x] = canary(x, y);
		}
	}
}

static bool is_black(const struct render_layer *layer) {
	const uint16_t *solid = layer->pixels.solid;
	return layer->pixels.format == 0 && layer->fade == 0 && solid[3] == 0xffff &&
		solid[0] + solid[1] + solid[2] == 0;
}

static bool lies_on_target(const struct render_layer *layer) {
	return layer->x < WIDTH && layer->y < HEIGHT && layer->x + layer->width > 0 &&
		layer->y + layer->height > 0;
}

// Nothing but black below it: copied, however transparent it is.
static bool is_on_black(const struct scene *scene, int index) {
	const struct render_layer *layer = &scene->layers[index];
	if (layer->fade != 0) {
		return false;
	}
	for (int i = 0; i < index; i++) {
		const struct render_layer *below = &scene->layers[i];
		int x1 = below->x > layer->x ? below->x : layer->x;
		int y1 = below->y > layer->y ? below->y : layer->y;
		int x2 = fmin(below->x + below->width, layer->x + layer->width);
		int y2 = fmin(below->y + below->height, layer->y + layer->height);
		struct render_layer shared = {.x = x1, .y = y1, .width = x2 - x1, .height = y2 - y1};
		if (!is_black(below) && x1 < x2 && y1 < y2 && lies_on_target(&shared)) {
			return false;
		}
	}
	return true;
}

static uint64_t expected_pixels(const struct scene *scene, const pixman_region32_t *damage) {
	uint64_t pixels = 0;
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			if (!oracle_contains(damage, x, y)) {
				continue;
			}
			bool hidden = false;
			for (int i = 0; i < scene->n; i++) {
				const struct render_layer *layer = &scene->layers[i];
				bool on_black = is_on_black(scene, i);
				if (on_black && is_black(layer)) {
					continue; // black on black
				}
				hidden = hidden || oracle_is_opaque(layer, x, y) ||
					(on_black && oracle_in_layer(layer, x, y));
				pixels += oracle_contains(&scene->visible[i], x, y);
			}
			pixels += !hidden;
		}
	}
	return pixels;
}

static void check(const struct scene *scene, const uint8_t *pixels, const pixman_region32_t *damage,
	int tolerance) {
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < STRIDE; x++) {
			if (x >= 4 * WIDTH || !oracle_contains(damage, x / 4, y)) {
				assert_int_equal(pixels[y * STRIDE + x], canary(x, y));
			}
		}
		for (int x = 0; x < WIDTH; x++) {
			if (!oracle_contains(damage, x, y)) {
				continue;
			}
			struct oracle_colour c = oracle_compose(scene->layers, scene->n, x, y);
			const uint8_t *p = pixels + y * STRIDE + 4 * x;
			if (fabs(p[0] - c.b) > tolerance || fabs(p[1] - c.g) > tolerance ||
				fabs(p[2] - c.r) > tolerance) {
				fail_msg("at %d,%d: got %d %d %d instead of %.1f %.1f %.1f", x, y, p[2], p[1], p[0],
					c.r, c.g, c.b);
			}
		}
	}
}

static void run(const struct kinds *kinds, int rounds, int tolerance) {
	static uint8_t pixels[HEIGHT * STRIDE] __attribute__((aligned(16)));
	struct render_canvas *canvas = NULL;
	for (int round = 0; round < rounds; round++) {
		struct scene scene;
		scene_init(&scene, kinds);
		struct render_target target = {
			.format = DRM_FORMAT_XRGB8888,
			.width = WIDTH,
			.height = HEIGHT,
			.data = pixels,
			.stride = STRIDE,
			.canvas = round % 4 ? &canvas : NULL,
		};
		for (int frame = 0; frame < 3; frame++) {
			pixman_region32_t damage;
			random_region(&damage, 3);
			if (frame == 0) {
				pixman_region32_fini(&damage);
				pixman_region32_init_rect(&damage, -10, -10, WIDTH + 20, HEIGHT + 20);
			}
			paint_canary(pixels);
			struct render_stats stats = {.pixels = 1000, .bytes = 1};
			assert_true(render_compose(&target, &damage, scene.layers, scene.n, &stats));
			check(&scene, pixels, &damage, tolerance);
			uint64_t expected = expected_pixels(&scene, &damage);
			assert_int_equal(stats.pixels - 1000, expected);
			assert_int_equal(stats.bytes - 1, 4 * expected);
			pixman_region32_fini(&damage);
		}
		scene_finish(&scene);
	}
	render_canvas_destroy(canvas);
}

static const uint32_t opaque_formats[] = {
	DRM_FORMAT_XRGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_RGB565, DRM_FORMAT_BGR888};
static const uint32_t alpha_formats[] = {
	DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_ABGR8888};
static const uint32_t all_formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565,
	DRM_FORMAT_BGRA8888, DRM_FORMAT_RGB888, DRM_FORMAT_NV12, DRM_FORMAT_YUYV, DRM_FORMAT_YVU420};

#define FORMATS(list) .formats = list, .n_formats = sizeof(list) / sizeof(list[0])

static void test_opaque_is_exact(void **state) {
	(void)state;
	run(&(struct kinds){FORMATS(opaque_formats)}, 60, 0);
}

static void test_opaque_turned_is_exact(void **state) {
	(void)state;
	run(&(struct kinds){FORMATS(opaque_formats), .turned = true}, 60, 0);
}

static void test_alpha(void **state) {
	(void)state;
	run(&(struct kinds){FORMATS(alpha_formats), .solid = true, .with_opaque = true}, 100, 1);
}

static void test_alpha_turned(void **state) {
	(void)state;
	run(&(struct kinds){FORMATS(all_formats), .solid = true, .turned = true, .with_opaque = true},
		100, 1);
}

// pixman weighs with 7 bits: two axes are off by 1/128 each at most.
static void test_scaled(void **state) {
	(void)state;
	run(&(struct kinds){FORMATS(all_formats), .solid = true, .turned = true, .scaled = true,
			.with_opaque = true},
		200, 6);
}

// Of the layer as a whole: colour and alpha are rounded once more, in each of the layers.
static void test_fading(void **state) {
	(void)state;
	run(&(struct kinds){FORMATS(all_formats), .solid = true, .turned = true, .with_opaque = true,
			.fading = true},
		150, 5);
	run(&(struct kinds){FORMATS(all_formats), .solid = true, .turned = true, .scaled = true,
			.fading = true},
		100, 9);
}

// A window with an alpha channel on a black ground costs one copy, and no memory is read for it.
static void test_black_is_not_drawn_twice(void **state) {
	(void)state;
	static uint32_t pixels[HEIGHT][WIDTH];
	struct picture picture;
	picture_init(&picture, DRM_FORMAT_ARGB8888, WIDTH, HEIGHT, 0, 0);
	picture_premultiply(&picture);
	struct render_layer window = {
		.pixels = picture.pixels, .src = {0, 0, WIDTH, HEIGHT}, .width = WIDTH, .height = HEIGHT};
	struct render_layer black = {
		.pixels.solid = {0, 0, 0, 0xffff}, .width = WIDTH, .height = HEIGHT};
	struct render_layer grey = black;
	grey.pixels.solid[0] = 0x4040;
	struct render_target target = {.format = DRM_FORMAT_XRGB8888,
		.width = WIDTH,
		.height = HEIGHT,
		.data = (uint8_t *)pixels,
		.stride = sizeof(pixels[0])};
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, WIDTH, HEIGHT);
	const struct {
		struct render_layer below;
		int n_below, draws;
		bool blends;
	} cases[] = {{black, 0, 1, false}, {black, 1, 1, false}, {grey, 1, 2, true}};
	for (int c = 0; c < 3; c++) {
		struct render_layer layers[2] = {cases[c].below, window};
		const struct render_layer *first = &layers[1 - cases[c].n_below];
		int n = 1 + cases[c].n_below;
		struct render_stats stats = {0};
		assert_true(render_compose(&target, &all, first, n, &stats));
		assert_int_equal(stats.pixels, cases[c].draws * WIDTH * HEIGHT);
		assert_int_equal(render_blends(&target, first, n), cases[c].blends);
		for (int y = 0; y < HEIGHT; y++) {
			for (int x = 0; x < WIDTH; x++) {
				struct oracle_colour expected = oracle_compose(first, n, x, y);
				struct oracle_colour got =
					oracle_rgb_read(oracle_rgb_find(DRM_FORMAT_XRGB8888), (uint8_t *)&pixels[y][x]);
				assert_true(fabs(got.r - expected.r) <= 1 && fabs(got.g - expected.g) <= 1 &&
					fabs(got.b - expected.b) <= 1);
			}
		}
	}
	window.opaque = &all; // and what calls itself opaque is copied anyway
	assert_false(render_blends(&target, &(struct render_layer[]){grey, window}[0], 2));
	pixman_region32_fini(&all);
	picture_finish(&picture);
}

// Pieces drawn one after the other make the same picture as one piece, bit by bit.
static void test_pieces_fit(void **state) {
	(void)state;
	struct kinds kinds = {FORMATS(all_formats), .solid = true, .turned = true, .scaled = true};
	static uint8_t whole[HEIGHT * STRIDE], parts[HEIGHT * STRIDE];
	for (int round = 0; round < 60; round++) {
		struct scene scene;
		scene_init(&scene, &kinds);
		struct render_target target = {
			.format = DRM_FORMAT_XRGB8888,
			.width = WIDTH,
			.height = HEIGHT,
			.data = whole,
			.stride = STRIDE,
		};
		struct render_stats stats = {0};
		pixman_region32_t damage;
		pixman_region32_init_rect(&damage, 0, 0, WIDTH, HEIGHT);
		assert_true(render_compose(&target, &damage, scene.layers, scene.n, &stats));
		target.data = parts;
		int step = random_int(1, 16);
		for (int x = 0; x < WIDTH; x += step) {
			for (int y = 0; y < HEIGHT; y += 2 * step) {
				pixman_region32_init_rect(&damage, x, y, (unsigned)step, (unsigned)(2 * step));
				assert_true(render_compose(&target, &damage, scene.layers, scene.n, &stats));
			}
		}
		for (int y = 0; y < HEIGHT; y++) {
			for (int x = 0; x < 4 * WIDTH; x++) {
				if (x % 4 != 3) {
					assert_int_equal(whole[y * STRIDE + x], parts[y * STRIDE + x]);
				}
			}
		}
		scene_finish(&scene);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opaque_is_exact),
		cmocka_unit_test(test_opaque_turned_is_exact),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_alpha_turned),
		cmocka_unit_test(test_scaled),
		cmocka_unit_test(test_fading),
		cmocka_unit_test(test_black_is_not_drawn_twice),
		cmocka_unit_test(test_pieces_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
