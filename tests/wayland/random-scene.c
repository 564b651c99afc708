// SPDX-License-Identifier: MIT
#include "random-scene.h"

#include <drm_fourcc.h>
#include <stdio.h>

#include "server.h"

enum {
	SOURCE_PERIOD = 4, // scenes for which a part keeps its contents
	PLACE_PERIOD = 2,  // and its place
	WINDOW = 100,      // as number of a part
};

struct random {
	uint32_t state;
};

static struct random begin(uint32_t seed, uint32_t purpose) {
	struct random random = {seed * UINT32_C(0x9e3779b1) ^ purpose * UINT32_C(0x85ebca77)};
	random.state ^= random.state >> 15;
	random.state *= UINT32_C(0x2c1b3c6d);
	random.state ^= random.state >> 12;
	return random;
}

// From `from` to `to`, both included.
static int pick(struct random *random, int from, int to) {
	random->state = random->state * 1664525 + 1013904223;
	return from + (int)((random->state >> 8) % (uint32_t)(to - from + 1));
}

static bool chance(struct random *random, int percent) {
	return pick(random, 1, 100) <= percent;
}

static bool is_yuv(uint32_t format) {
	return format == DRM_FORMAT_NV12 || format == DRM_FORMAT_YUYV;
}

static void pick_format(struct random *random, struct scene_source *source) {
	static const struct {
		int percent;
		uint32_t format;
		bool dmabuf;
	} kinds[] = {
		{45, DRM_FORMAT_XRGB8888, true},
		{20, DRM_FORMAT_XRGB8888, false},
		{15, DRM_FORMAT_NV12, true},
		{8, DRM_FORMAT_YUYV, true},
		{8, DRM_FORMAT_RGB565, true},
		{4, DRM_FORMAT_RGB565, false},
	};
	int kind = 0, at = pick(random, 1, 100);
	while (at > kinds[kind].percent) {
		at -= kinds[kind++].percent;
	}
	source->format = kinds[kind].format;
	source->dmabuf = kinds[kind].dmabuf;
	source->memory = (enum test_memory)pick(random, 0, TEST_MEMORY_COUNT - 1);
	source->seed = (uint32_t)pick(random, 0, 0xfffff);
}

static void pick_source(struct random *random, struct scene_source *source, bool blended) {
	pick_format(random, source);
	if (blended) {
		source->format = DRM_FORMAT_ARGB8888;
	}
	bool full = chance(random, 8), small = chance(random, 20);
	source->width = full ? TEST_WIDTH : pick(random, 1, small ? 64 : 220);
	source->height = full ? TEST_HEIGHT : pick(random, 1, small ? 64 : 160);
	if (is_yuv(source->format)) {
		source->width += source->width % 2;
		source->height += source->height % 2;
	}
}

static int to_grid(int value, int grid) {
	return value - value % grid;
}

static void pick_place(struct random *random, struct scene_part *part) {
	int grid = is_yuv(part->source.format) ? 2 : 1;
	part->mapped = chance(random, 85);
	part->transform = chance(random, 35) ? (enum wl_output_transform)pick(random, 0, 7)
										 : WL_OUTPUT_TRANSFORM_NORMAL;
	int width = part->transform % 2 ? part->source.height : part->source.width;
	int height = part->transform % 2 ? part->source.width : part->source.height;
	bool at_origin = width == TEST_WIDTH && height == TEST_HEIGHT && chance(random, 80);
	part->x = at_origin ? 0 : to_grid(pick(random, -100, TEST_WIDTH - 10), grid);
	part->y = at_origin ? 0 : to_grid(pick(random, -80, TEST_HEIGHT - 10), grid);
	if (chance(random, 30) && width > 4 && height > 4) {
		part->crop_x = to_grid(pick(random, 0, width - 3), grid);
		part->crop_y = to_grid(pick(random, 0, height - 3), grid);
		part->crop_width = to_grid(pick(random, 2, width - part->crop_x), grid);
		part->crop_height = to_grid(pick(random, 2, height - part->crop_y), grid);
	}
}

static void make_part(struct scene_part *part, uint32_t seed, int number, bool blended) {
	*part = (struct scene_part){0};
	uint32_t at = seed + (uint32_t)number; // so that not all change in the same scene
	struct random random = begin(at / SOURCE_PERIOD, (uint32_t)number);
	pick_source(&random, &part->source, blended);
	random = begin(at / PLACE_PERIOD, (uint32_t)number + 1000);
	pick_place(&random, part);
}

static void make_window(struct scene_part *part, uint32_t seed) {
	struct random random = begin(seed / (2 * SOURCE_PERIOD), WINDOW);
	*part = (struct scene_part){.mapped = true};
	pick_format(&random, &part->source);
	part->source.width = TEST_WIDTH;
	part->source.height = TEST_HEIGHT;
}

void random_scene_init(struct random_scene *scene, uint32_t seed, bool blended) {
	*scene = (struct random_scene){.seed = seed};
	make_window(&scene->window, seed);
	struct random random = begin(seed / PLACE_PERIOD, 2000);
	int n = pick(&random, 0, SCENE_PARTS);
	for (int i = 0; i < SCENE_PARTS; i++) {
		// More than two see-through parts above one another add up to more than a rounding error.
		make_part(&scene->parts[i], seed, i, blended && i % 4 == 1);
		scene->parts[i].mapped &= i < n;
		scene->order[i] = i;
	}
	random = begin(seed, 3000);
	for (int moves = pick(&random, 0, 3); moves > 0; moves--) {
		int from = pick(&random, 0, SCENE_PARTS - 1), to = pick(&random, 0, SCENE_PARTS - 1);
		int number = scene->order[from];
		scene->order[from] = scene->order[to];
		scene->order[to] = number;
	}
}

bool scene_source_equal(const struct scene_source *a, const struct scene_source *b) {
	return a->format == b->format && a->dmabuf == b->dmabuf && a->memory == b->memory &&
		a->width == b->width && a->height == b->height && a->seed == b->seed;
}

bool scene_part_equal(const struct scene_part *a, const struct scene_part *b) {
	return scene_source_equal(&a->source, &b->source) && a->mapped == b->mapped && a->x == b->x &&
		a->y == b->y && a->transform == b->transform && a->crop_x == b->crop_x &&
		a->crop_y == b->crop_y && a->crop_width == b->crop_width &&
		a->crop_height == b->crop_height;
}

static void print_part(const char *name, const struct scene_part *part) {
	const struct scene_source *source = &part->source;
	fprintf(stderr, "  %s: %s %.4s %d x %d at %d,%d", name,
		source->dmabuf ? test_memory_name(source->memory) : "shm", (const char *)&source->format,
		source->width, source->height, part->x, part->y);
	if (part->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		fprintf(stderr, ", transform %d", (int)part->transform);
	}
	if (part->crop_width > 0) {
		fprintf(stderr, ", of it %d x %d at %d,%d", part->crop_width, part->crop_height,
			part->crop_x, part->crop_y);
	}
	fprintf(stderr, "%s\n", part->mapped ? "" : ", not mapped");
}

void random_scene_print(const struct random_scene *scene) {
	fprintf(stderr, "scene %u, from bottom to top:\n", scene->seed);
	print_part("window", &scene->window);
	for (int i = 0; i < SCENE_PARTS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "part %d", scene->order[i]);
		print_part(name, &scene->parts[scene->order[i]]);
	}
}
