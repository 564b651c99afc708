// SPDX-License-Identifier: MIT
//
// The chooser walks the visible layers from top to bottom and gives each one the highest overlay that
// is left below the planes of the layers above it. A layer that stays composed hides what lies below
// it in the composed picture, so whatever it overlaps has to be composed too. The layer at the bottom
// goes straight on the primary plane when it fills the output and everything above found an overlay:
// then nothing is composed at all. Each step is a whole layout that the oracle has to accept, so what
// comes out was tested as it is. Outcomes are remembered by scene, without buffers.
#include "planner/planner.h"

#include <stdlib.h>
#include <string.h>

enum {
	MEMORY_SCENES = 8,
	MAX_TESTS = 32, // for one scene: bounds the time of its first frame
};

struct memory {
	bool valid;
	uint64_t last_used;
	int n_layers;
	struct planner_layer layers[PLANNER_MAX_LAYERS];
	struct planner_plan plan;
};

struct planner {
	uint64_t clock;
	struct memory memory[MEMORY_SCENES];
};

// One run of the search.
struct search {
	const struct planner_scene *scene;
	const struct planner_oracle *oracle;
	struct planner_plan *plan;
	int overlays[PLANNER_MAX_PLANES]; // above the primary, top to bottom
	int n_overlays;
	int tests;
	bool unknown;
};

static const char *const reason_names[] = {
#define X(id, name) [PLANNER_REASON_BIT_##id] = name,
	PLANNER_REASONS(X)
#undef X
};

const char *planner_reason_name(unsigned bit) {
	return bit < PLANNER_REASON_COUNT ? reason_names[bit] : NULL;
}

struct planner *planner_create(void) {
	return calloc(1, sizeof(struct planner));
}

void planner_destroy(struct planner *planner) {
	free(planner);
}

void planner_forget(struct planner *planner) {
	for (int i = 0; i < MEMORY_SCENES; i++) {
		planner->memory[i].valid = false;
	}
}

static bool layers_equal(const struct planner_layer *a, const struct planner_layer *b) {
	if (a->visible != b->visible) {
		return false;
	}
	if (!a->visible) {
		return true;
	}
	return a->format == b->format && a->modifier == b->modifier &&
		a->buffer_width == b->buffer_width && a->buffer_height == b->buffer_height &&
		a->src_x == b->src_x && a->src_y == b->src_y && a->src_w == b->src_w &&
		a->src_h == b->src_h && a->x == b->x && a->y == b->y && a->width == b->width &&
		a->height == b->height && a->rotation == b->rotation && a->covers == b->covers &&
		a->refused == b->refused;
}

static struct memory *recall(struct planner *planner, const struct planner_scene *scene) {
	for (int i = 0; i < MEMORY_SCENES; i++) {
		struct memory *memory = &planner->memory[i];
		bool same = memory->valid && memory->n_layers == scene->n_layers;
		for (int l = 0; same && l < scene->n_layers; l++) {
			same = layers_equal(&memory->layers[l], &scene->layers[l]);
		}
		if (same) {
			memory->last_used = ++planner->clock;
			return memory;
		}
	}
	return NULL;
}

static void remember(
	struct planner *planner, const struct planner_scene *scene, const struct planner_plan *plan) {
	struct memory *oldest = &planner->memory[0];
	for (int i = 0; i < MEMORY_SCENES; i++) {
		struct memory *memory = &planner->memory[i];
		if (!memory->valid) {
			oldest = memory;
			break;
		}
		if (memory->last_used < oldest->last_used) {
			oldest = memory;
		}
	}
	oldest->valid = true;
	oldest->last_used = ++planner->clock;
	oldest->n_layers = scene->n_layers;
	memcpy(oldest->layers, scene->layers, sizeof(scene->layers[0]) * (size_t)scene->n_layers);
	oldest->plan = *plan;
}

// Everything composed on the primary: what every device shows.
static void plan_composed(const struct planner_scene *scene, struct planner_plan *plan) {
	for (int p = 0; p < scene->n_planes; p++) {
		plan->layer_of[p] = PLANNER_OFF;
	}
	plan->layer_of[scene->primary] = PLANNER_COMPOSED;
	for (int l = 0; l < scene->n_layers; l++) {
		plan->plane_of[l] = PLANNER_OFF;
		plan->reasons[l] = scene->layers[l].visible ? scene->layers[l].refused : 0;
	}
}

static bool is_above(const struct planner_scene *scene, int a, int b) {
	uint64_t za = scene->planes[a].zpos, zb = scene->planes[b].zpos;
	return za != zb ? za > zb : a > b;
}

static void sort_overlays(struct search *search) {
	const struct planner_scene *scene = search->scene;
	for (int p = 0; p < scene->n_planes; p++) {
		if (scene->planes[p].type != PLANNER_PLANE_OVERLAY || !is_above(scene, p, scene->primary)) {
			continue;
		}
		int at = search->n_overlays++;
		while (at > 0 && is_above(scene, p, search->overlays[at - 1])) {
			search->overlays[at] = search->overlays[at - 1];
			at--;
		}
		search->overlays[at] = p;
	}
}

static bool accepted(struct search *search) {
	search->tests++;
	switch (search->oracle->test(search->oracle->data, search->plan)) {
	case PLANNER_ACCEPTED:
		return true;
	case PLANNER_UNKNOWN:
		search->unknown = true;
		return false;
	case PLANNER_REFUSED:
		break;
	}
	return false;
}

static bool plane_takes(const struct planner_scene *scene, int plane, int layer) {
	return format_set_has(
		scene->planes[plane].formats, scene->layers[layer].format, scene->layers[layer].modifier);
}

static bool overlaps_composed_above(const struct search *search, int layer) {
	const struct planner_layer *a = &search->scene->layers[layer];
	for (int i = layer + 1; i < search->scene->n_layers; i++) {
		const struct planner_layer *b = &search->scene->layers[i];
		if (b->visible && search->plan->plane_of[i] == PLANNER_OFF && a->x < b->x + b->width &&
			b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height) {
			return true;
		}
	}
	return false;
}

static bool try_plane(struct search *search, int layer, int plane) {
	if (search->tests >= MAX_TESTS) {
		search->plan->reasons[layer] |= PLANNER_REASON_NO_PLANE_LEFT;
		return false;
	}
	int before = search->plan->layer_of[plane];
	search->plan->layer_of[plane] = layer;
	search->plan->plane_of[layer] = plane;
	if (accepted(search)) {
		search->plan->reasons[layer] = 0;
		return true;
	}
	search->plan->layer_of[plane] = before;
	search->plan->plane_of[layer] = PLANNER_OFF;
	search->plan->reasons[layer] |= PLANNER_REASON_TEST_REFUSED;
	return false;
}

// Nothing would be left to compose if this layer went on the primary.
static bool can_replace_composed(const struct search *search, int layer) {
	const struct planner_scene *scene = search->scene;
	if (!scene->layers[layer].covers || !plane_takes(scene, scene->primary, layer)) {
		return false;
	}
	for (int i = 0; i < scene->n_layers; i++) {
		if (i != layer && scene->layers[i].visible && search->plan->plane_of[i] == PLANNER_OFF) {
			return false;
		}
	}
	return true;
}

// Places one layer; *next is the first overlay that is still free in stacking order.
static void place(struct search *search, int layer, int *next) {
	uint32_t *reasons = &search->plan->reasons[layer];
	if (overlaps_composed_above(search, layer)) {
		*reasons |= PLANNER_REASON_BELOW_COMPOSED;
		return;
	}
	if (can_replace_composed(search, layer) && try_plane(search, layer, search->scene->primary)) {
		return;
	}
	bool any_format = false;
	for (int i = 0; i < search->n_overlays; i++) {
		if (!plane_takes(search->scene, search->overlays[i], layer)) {
			continue;
		}
		any_format = true;
		if (i >= *next && try_plane(search, layer, search->overlays[i])) {
			*next = i + 1;
			return;
		}
	}
	if (*reasons == 0) {
		bool none = search->n_overlays > 0 && !any_format;
		*reasons = none ? PLANNER_REASON_NO_PLANE_FORMAT : PLANNER_REASON_NO_PLANE_LEFT;
	}
}

int planner_plan(struct planner *planner, const struct planner_scene *scene,
	const struct planner_oracle *oracle, struct planner_plan *plan) {
	struct memory *memory = recall(planner, scene);
	if (memory != NULL) {
		*plan = memory->plan;
		return 0;
	}
	struct search search = {.scene = scene, .oracle = oracle, .plan = plan};
	plan_composed(scene, plan);
	sort_overlays(&search);
	int next = 0;
	for (int l = scene->n_layers - 1; l >= 0; l--) {
		if (scene->layers[l].visible && scene->layers[l].refused == 0) {
			place(&search, l, &next);
		}
	}
	if (!search.unknown) {
		remember(planner, scene, plan);
	}
	return search.tests;
}

void planner_quarantine(struct planner *planner, const struct planner_scene *scene) {
	struct memory *memory = recall(planner, scene);
	if (memory == NULL) {
		return;
	}
	plan_composed(scene, &memory->plan);
	for (int l = 0; l < scene->n_layers; l++) {
		if (scene->layers[l].visible && memory->plan.reasons[l] == 0) {
			memory->plan.reasons[l] = PLANNER_REASON_TEST_REFUSED;
		}
	}
}
