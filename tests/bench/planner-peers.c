// SPDX-License-Identifier: MIT
#include "planner-peers.h"

#include <drm_fourcc.h>

static bool is_taken(
	const struct model *model, const struct planner_scene *scene, struct peer_result *out) {
	struct model_use uses[PLANNER_MAX_PLANES];
	int n = model_uses(scene, &out->plan, uses);
	out->tests++;
	return model_check(model, uses, n, scene->width, scene->height) == 0;
}

static void put(struct peer_result *out, int layer, int plane, uint64_t zpos) {
	out->plan.layer_of[plane] = layer;
	out->plan.plane_of[layer] = plane;
	out->plan.zpos[plane] = zpos;
}

static void take_off(struct peer_result *out, int layer, int plane) {
	out->plan.layer_of[plane] = PLANNER_OFF;
	out->plan.plane_of[layer] = PLANNER_OFF;
}

static bool overlap(const struct planner_layer *a, const struct planner_layer *b) {
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
		b->y < a->y + a->height;
}

static bool below_composed(
	const struct planner_scene *scene, const struct peer_result *out, int layer) {
	for (int l = layer + 1; l < scene->n_layers; l++) {
		if (scene->layers[l].visible && out->plan.plane_of[l] == PLANNER_OFF &&
			overlap(&scene->layers[layer], &scene->layers[l])) {
			return true;
		}
	}
	return false;
}

static bool may_show(const struct planner_scene *scene, int plane, const struct planner_layer *l) {
	const struct planner_plane *p = &scene->planes[plane];
	return l->refused == 0 && format_set_has(p->formats, l->format, l->modifier) &&
		(p->max_width == 0 || (l->width <= p->max_width && l->height <= p->max_height)) &&
		((l->rotation != 0 ? l->rotation : 1) & ~(p->rotations != 0 ? p->rotations : 1)) == 0;
}

// Highest planes first; each next view needs a zpos below the ones above.
static int next_plane(const struct planner_scene *scene, const struct peer_result *out,
	const bool *tried, uint64_t ceiling, uint64_t floor, uint64_t *zpos) {
	int best = -1;
	for (int p = 0; p < scene->n_planes; p++) {
		const struct planner_plane *plane = &scene->planes[p];
		uint64_t z = plane->zpos_max < ceiling ? plane->zpos_max : ceiling - 1;
		if (tried[p] || out->plan.layer_of[p] != PLANNER_OFF || ceiling == 0 ||
			plane->zpos_min >= ceiling || (floor != UINT64_MAX && z <= floor)) {
			continue;
		}
		if (best < 0 || z > *zpos) {
			best = p;
			*zpos = z;
		}
	}
	return best;
}

// With the composed picture on the primary, or (planes only) with all views on planes. False if a view
// found no plane in planes-only mode.
static bool greedy(const struct model *model, const struct planner_scene *scene, bool planes_only,
	struct peer_result *out) {
	planner_plan_composed(scene, &out->plan);
	uint64_t ceiling = UINT64_MAX, floor = scene->planes[scene->primary].zpos;
	if (planes_only) {
		out->plan.layer_of[scene->primary] = PLANNER_OFF;
		floor = UINT64_MAX;
	}
	for (int l = scene->n_layers - 1; l >= 0; l--) {
		bool tried[PLANNER_MAX_PLANES] = {false}, placed = false;
		if (!scene->layers[l].visible) {
			continue;
		}
		while (!placed && !below_composed(scene, out, l)) {
			uint64_t zpos = 0;
			int p = next_plane(scene, out, tried, ceiling, floor, &zpos);
			if (p < 0) {
				break;
			}
			tried[p] = true;
			if (!may_show(scene, p, &scene->layers[l])) {
				continue;
			}
			put(out, l, p, zpos);
			placed = is_taken(model, scene, out);
			if (placed) {
				ceiling = zpos;
			} else {
				take_off(out, l, p);
			}
		}
		if (!placed && planes_only) {
			return false;
		}
	}
	return true;
}

void peer_greedy(
	const struct model *model, const struct planner_scene *scene, struct peer_result *out) {
	*out = (struct peer_result){0};
	if (!greedy(model, scene, true, out)) {
		greedy(model, scene, false, out);
	}
}

void peer_primary_cursor(
	const struct model *model, const struct planner_scene *scene, struct peer_result *out) {
	*out = (struct peer_result){0};
	planner_plan_composed(scene, &out->plan);
	int top = scene->n_layers - 1, cursor = -1;
	for (int p = 0; p < scene->n_planes; p++) {
		cursor = scene->planes[p].type == PLANNER_PLANE_CURSOR ? p : cursor;
	}
	if (cursor >= 0 && top >= 0 && scene->layers[top].visible &&
		may_show(scene, cursor, &scene->layers[top])) {
		put(out, top, cursor, scene->planes[cursor].zpos);
		if (!is_taken(model, scene, out)) {
			take_off(out, top, cursor);
		}
	}
	int only = -1, left = 0;
	for (int l = 0; l < scene->n_layers; l++) {
		if (scene->layers[l].visible && out->plan.plane_of[l] == PLANNER_OFF) {
			only = l;
			left++;
		}
	}
	const struct planner_layer *layer = &scene->layers[only >= 0 ? only : 0];
	if (left == 1 && layer->x == 0 && layer->y == 0 && layer->width == scene->width &&
		layer->height == scene->height && may_show(scene, scene->primary, layer)) {
		put(out, only, scene->primary, scene->planes[scene->primary].zpos);
		if (!is_taken(model, scene, out)) {
			take_off(out, only, scene->primary);
			out->plan.layer_of[scene->primary] = PLANNER_COMPOSED;
		}
	}
}
