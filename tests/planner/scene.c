// SPDX-License-Identifier: MIT
// Scenes from files, and the random ones: eight habits of scenes, each drawn from by a seed.
#include <assert.h>
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const uint64_t afbc =
	DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_SPARSE);

struct loader {
	struct model_scene scene;
	char section[64], generator[32], file[64];
	int count;
	uint64_t seed;
	struct planner_layer *layer; // being read
	bool has_src, has_buffer;
	void (*visit)(void *data, const struct model_scene *scene);
	void *data;
};

static void finish_layer(struct planner_layer *l, bool has_src, bool has_buffer) {
	bool quarter = (l->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0;
	if (!has_buffer) {
		l->buffer_width = quarter ? l->height : l->width;
		l->buffer_height = quarter ? l->width : l->height;
	}
	if (!has_src) {
		l->src_w = (uint32_t)l->buffer_width << 16;
		l->src_h = (uint32_t)l->buffer_height << 16;
	}
	const struct format_info *info = format_info(l->format);
	l->opaque |= info != NULL && !info->alpha;
}

// ---- random scenes ----

struct habit {
	const char *name;
	int least, most;                                      // layers
	int yuv, shm, scaled, alpha, turned, odd, compressed; // percent of layers
	int small, full; // percent that are tiny, that fill the screen
	int tiles;       // percent placed on a grid, without overlap
	int cursor;      // percent of scenes with a cursor on top
};

static const struct habit habits[] = {
	{"wall", 4, 7, 80, 5, 60, 0, 0, 10, 10, 0, 0, 100, 10},
	{"desktop", 3, 7, 15, 30, 10, 30, 0, 30, 10, 10, 10, 0, 90},
	{"media", 2, 5, 60, 30, 70, 50, 0, 10, 20, 10, 50, 20, 30},
	{"signage", 3, 6, 30, 30, 20, 40, 10, 10, 10, 10, 40, 60, 0},
	{"odd", 3, 6, 50, 10, 50, 30, 0, 90, 10, 40, 10, 20, 30},
	{"turned", 2, 6, 30, 15, 30, 20, 70, 10, 10, 10, 20, 40, 20},
	{"compressed", 2, 6, 30, 10, 20, 20, 0, 10, 80, 10, 30, 30, 40},
	{"dense", 6, 7, 25, 25, 25, 40, 5, 30, 10, 30, 15, 0, 60},
};

static uint64_t draw(uint64_t *state) {
	*state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int between(uint64_t *state, int low, int high) {
	return low + (int)(draw(state) % (uint64_t)(high - low + 1));
}

static bool chance(uint64_t *state, int percent) {
	return between(state, 1, 100) <= percent;
}

static void place(uint64_t *r, const struct habit *h, const struct model_scene *s, int index,
	bool first, struct planner_layer *l) {
	if ((first && chance(r, h->full + 20)) || chance(r, h->full / 3)) {
		l->width = s->width;
		l->height = s->height;
		return;
	}
	if (chance(r, h->tiles)) {
		l->width = s->width / 3;
		l->height = s->height / 2;
		l->x = index % 3 * l->width;
		l->y = index / 3 % 2 * l->height;
		return;
	}
	bool small = chance(r, h->small);
	l->width = small ? between(r, 2, 96) : between(r, 120, s->width * 3 / 4);
	l->height = small ? between(r, 2, 96) : between(r, 90, s->height * 3 / 4);
	l->x = between(r, 0, s->width - l->width);
	l->y = between(r, 0, s->height - l->height);
	if (!chance(r, h->odd)) {
		l->x &= ~1;
		l->y &= ~1;
		l->width &= ~1;
		l->height &= ~1;
	}
}

static void dress(uint64_t *r, const struct habit *h, struct planner_layer *l) {
	static const uint32_t rates[] = {1000, 10000, 24000, 25000, 30000, 50000, 60000, 60000};
	l->rate_mhz = rates[draw(r) % 8];
	l->modifier = DRM_FORMAT_MOD_LINEAR;
	if (chance(r, h->yuv)) {
		l->format = DRM_FORMAT_NV12;
	} else if (chance(r, h->alpha)) {
		l->format = DRM_FORMAT_ARGB8888;
		l->opaque = chance(r, 15);
	} else {
		l->format = chance(r, 85) ? DRM_FORMAT_XRGB8888 : DRM_FORMAT_RGB565;
	}
	if (chance(r, h->shm)) {
		l->refused = PLANNER_REASON_SHM_BUFFER;
		l->format = l->format == DRM_FORMAT_NV12 ? DRM_FORMAT_XRGB8888 : l->format;
	} else if (chance(r, h->compressed)) {
		l->modifier = afbc;
	}
	if (chance(r, h->turned)) {
		static const uint64_t turns[] = {
			DRM_MODE_ROTATE_90, DRM_MODE_ROTATE_180, DRM_MODE_ROTATE_270};
		l->rotation = turns[draw(r) % 3];
	}
	bool has_buffer = chance(r, h->scaled);
	if (has_buffer) {
		static const struct {
			int w, h;
		} videos[] = {{640, 360}, {720, 576}, {1280, 720}, {1920, 1080}, {3840, 2160}};
		int v = (int)(draw(r) % 5);
		l->buffer_width = videos[v].w;
		l->buffer_height = videos[v].h;
	}
	finish_layer(l, false, has_buffer);
}

static void generate(const struct habit *h, uint64_t seed, int n_layers, struct model_scene *s) {
	uint64_t r = seed * 7919 + 17;
	*s = (struct model_scene){.width = 1920, .height = 1080};
	snprintf(s->name, sizeof(s->name), "%s-%llu", h->name, (unsigned long long)seed);
	int n = between(&r, h->least, h->most);
	n = n_layers > 0 ? n_layers : n;
	bool cursor = chance(&r, h->cursor);
	for (int i = 0; i < n - cursor; i++) {
		place(&r, h, s, i, i == 0, &s->layers[i]);
		dress(&r, h, &s->layers[i]);
		s->n_layers++;
	}
	if (cursor) {
		struct planner_layer *l = &s->layers[s->n_layers++];
		*l = (struct planner_layer){.format = DRM_FORMAT_ARGB8888,
			.width = 64,
			.height = 64,
			.x = between(&r, 0, s->width - 64),
			.y = between(&r, 0, s->height - 64),
			.rate_mhz = 60000};
		finish_layer(l, false, false);
	}
}

void model_scene_random(int habit, uint64_t seed, int n_layers, struct model_scene *scene) {
	generate(&habits[(size_t)habit % (sizeof(habits) / sizeof(habits[0]))], seed, n_layers, scene);
	planner_measure(scene->layers, scene->n_layers, scene->width, scene->height);
}

// ---- files ----

static void give(struct loader *l) {
	if (l->generator[0] != '\0') {
		for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
			for (int c = 0; c < l->count && strcmp(l->generator, habits[i].name) == 0; c++) {
				generate(&habits[i], l->seed + (uint64_t)c, 0, &l->scene);
				planner_measure(
					l->scene.layers, l->scene.n_layers, l->scene.width, l->scene.height);
				l->visit(l->data, &l->scene);
			}
		}
		return;
	}
	planner_measure(l->scene.layers, l->scene.n_layers, l->scene.width, l->scene.height);
	l->visit(l->data, &l->scene);
}

// What the compositor bounds as well, before a planner sees it.
static bool is_size(int32_t width, int32_t height) {
	return width > 0 && width <= MODEL_MAX_PX && height > 0 && height <= MODEL_MAX_PX;
}

static bool is_place(int32_t x, int32_t y) {
	return x >= -MODEL_MAX_PX && x <= MODEL_MAX_PX && y >= -MODEL_MAX_PX && y <= MODEL_MAX_PX;
}

// False for what is no number, and for one outside.
static bool read_number(const char *value, double low, double high, double *number) {
	*number = atof(value);
	return *number >= low && *number <= high;
}

static bool scene_key(struct loader *l, const char *key, const char *value) {
	if (strcmp(key, "name") == 0) {
		snprintf(l->scene.name, sizeof(l->scene.name), "%s", value);
		return true;
	}
	return strcmp(key, "size") == 0 &&
		sscanf(value, "%dx%d", &l->scene.width, &l->scene.height) == 2 &&
		is_size(l->scene.width, l->scene.height);
}

static bool random_key(struct loader *l, const char *key, const char *value) {
	if (strcmp(key, "habit") == 0) {
		snprintf(l->generator, sizeof(l->generator), "%s", value);
		for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
			if (strcmp(value, habits[i].name) == 0) {
				return true;
			}
		}
		return false;
	}
	if (strcmp(key, "seed") == 0) {
		l->seed = strtoull(value, NULL, 10);
		return true;
	}
	l->count = atoi(value);
	return strcmp(key, "count") == 0 && l->count > 0 && l->count <= MODEL_MAX_COUNT;
}

static bool source_key(struct planner_layer *l, const char *value) {
	double x, y, w, h;
	if (sscanf(value, "%lf,%lf %lfx%lf", &x, &y, &w, &h) != 4 || !(x >= 0 && x <= MODEL_MAX_PX) ||
		!(y >= 0 && y <= MODEL_MAX_PX) || !(w >= 1 && w <= MODEL_MAX_PX) ||
		!(h >= 1 && h <= MODEL_MAX_PX)) {
		return false;
	}
	l->src_x = (uint32_t)(x * 65536);
	l->src_y = (uint32_t)(y * 65536);
	l->src_w = (uint32_t)(w * 65536);
	l->src_h = (uint32_t)(h * 65536);
	return true;
}

static bool geometry_key(struct loader *loader, const char *key, const char *value) {
	struct planner_layer *l = loader->layer;
	if (strcmp(key, "box") == 0) {
		return sscanf(value, "%d,%d %dx%d", &l->x, &l->y, &l->width, &l->height) == 4 &&
			is_place(l->x, l->y) && is_size(l->width, l->height);
	}
	if (strcmp(key, "buffer") == 0) {
		loader->has_buffer = true;
		return sscanf(value, "%dx%d", &l->buffer_width, &l->buffer_height) == 2 &&
			is_size(l->buffer_width, l->buffer_height);
	}
	loader->has_src = true;
	return strcmp(key, "source") == 0 && source_key(l, value);
}

static bool layer_key(struct loader *loader, const char *key, const char *value) {
	struct planner_layer *l = loader->layer;
	double number;
	if (strcmp(key, "format") == 0) {
		l->format = format_from_name(value);
		return l->format != 0;
	}
	if (strcmp(key, "rate") == 0) {
		bool ok = read_number(value, 0, 1e6, &number);
		l->rate_mhz = ok ? (uint32_t)(number * 1000) : 0;
		return ok;
	}
	if (strcmp(key, "alpha") == 0) {
		bool ok = read_number(value, 0, 1, &number);
		l->fade = ok ? (uint16_t)((1 - number) * 65535) : 0;
		return ok;
	}
	if (strcmp(key, "opaque") == 0) {
		l->opaque = strcmp(value, "yes") == 0;
	} else if (strcmp(key, "modifier") == 0) {
		l->modifier = strcmp(value, "linear") == 0 ? DRM_FORMAT_MOD_LINEAR
			: strcmp(value, "afbc") == 0           ? afbc
												   : strtoull(value, NULL, 16);
	} else if (strcmp(key, "memory") == 0) {
		l->refused = strcmp(value, "shm") == 0 ? PLANNER_REASON_SHM_BUFFER
			: strcmp(value, "solid") == 0      ? PLANNER_REASON_SOLID_BUFFER
											   : 0;
	} else if (strcmp(key, "rotate") == 0) {
		int degrees = atoi(value);
		l->rotation = degrees == 90 ? DRM_MODE_ROTATE_90
			: degrees == 180        ? DRM_MODE_ROTATE_180
			: degrees == 270        ? DRM_MODE_ROTATE_270
									: DRM_MODE_ROTATE_0;
	} else {
		return geometry_key(loader, key, value);
	}
	return true;
}

static void end_layer(struct loader *l) {
	if (l->layer != NULL) {
		finish_layer(l->layer, l->has_src, l->has_buffer);
	}
	l->layer = NULL;
}

static int handle(void *data, const char *section, const char *key, const char *value) {
	struct loader *l = data;
	assert(section != NULL);
	if (strcmp(section, l->section) != 0) {
		end_layer(l);
		snprintf(l->section, sizeof(l->section), "%s", section);
		if (strncmp(section, "layer ", 6) == 0) {
			if (l->scene.n_layers == MODEL_MAX_LAYERS) {
				return 0;
			}
			l->layer = &l->scene.layers[l->scene.n_layers++];
			*l->layer = (struct planner_layer){.format = DRM_FORMAT_XRGB8888,
				.rate_mhz = 60000,
				.width = l->scene.width,
				.height = l->scene.height};
			l->has_src = l->has_buffer = false;
		}
	}
	return strcmp(section, "scene") == 0 ? scene_key(l, key, value)
		: strcmp(section, "random") == 0 ? random_key(l, key, value)
		: l->layer != NULL               ? layer_key(l, key, value)
										 : 0;
}

bool model_scenes_load(
	const char *path, void (*visit)(void *data, const struct model_scene *scene), void *data) {
	struct loader loader = {.count = 1, .seed = 1, .visit = visit, .data = data};
	loader.scene = (struct model_scene){.width = 1920, .height = 1080};
	const char *base = strrchr(path, '/');
	snprintf(loader.scene.name, sizeof(loader.scene.name), "%.*s",
		(int)strcspn(base != NULL ? base + 1 : path, "."), base != NULL ? base + 1 : path);
	int rc = ini_parse(path, handle, &loader);
	if (rc != 0) {
		fprintf(stderr,
			rc > 0 ? "%s:%d: not understood (tests/devices/README.md)\n" : "%s: cannot be read\n",
			path, rc);
		return false;
	}
	end_layer(&loader);
	give(&loader);
	return true;
}

void model_scene_plan(
	const struct model *model, const struct model_scene *scene, struct planner_scene *out) {
	*out = (struct planner_scene){
		.layers = scene->layers,
		.n_layers = scene->n_layers,
		.planes = model->planes,
		.n_planes = model->n_planes,
		.primary = model->primary,
		.width = scene->width,
		.height = scene->height,
		.flags = PLANNER_ALLOW_UNDERLAY | PLANNER_ALLOW_SPLIT | PLANNER_ALLOW_MOVE |
			PLANNER_ALLOW_CURSOR | PLANNER_ALLOW_ZPOS,
		.composed_format = DRM_FORMAT_XRGB8888,
		.composed_alpha_format = DRM_FORMAT_ARGB8888,
	};
}
