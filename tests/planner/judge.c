// SPDX-License-Identifier: MIT
// Whether a plan shows the scene. The edges of all boxes cut the screen into cells; in each, what is
// seen is a list of layers from the top to the first opaque one, and it must be the same list for the
// scene and for the stack of planes.
#include <stdlib.h>

#include "model.h"

struct cell {
	int32_t x, y; // a pixel of it
};

struct view {
	int layers[PLANNER_MAX_LAYERS + PLANNER_MAX_PLANES];
	int n;
	bool closed; // an opaque one ends the list
};

static bool has(const struct planner_layer *l, struct cell c) {
	return l->visible && c.x >= l->x && c.x < l->x + l->width && c.y >= l->y &&
		c.y < l->y + l->height;
}

static void see(struct view *view, const struct planner_scene *scene, int layer) {
	if (!view->closed) {
		view->layers[view->n++] = layer;
		view->closed = scene->layers[layer].opaque && scene->layers[layer].fade == 0;
	}
}

// A composed picture: its layers, cut off where a plane below it shines through a hole.
static void see_picture(struct view *view, const struct planner_scene *scene,
	const struct planner_plan *plan, int which, bool alpha, struct cell c) {
	for (int l = scene->n_layers - 1; l >= 0; l--) {
		if (!has(&scene->layers[l], c)) {
			continue;
		}
		if (plan->plane_of[l] == PLANNER_OFF) {
			bool above = (plan->above >> l & 1) != 0;
			if (above == (which == 1)) {
				see(view, scene, l);
			}
		} else if (plan->below[which] >> l & 1) {
			return;
		}
	}
	view->closed |= !alpha; // black below everything
}

static bool cell_is_right(const struct planner_scene *scene, const struct planner_plan *plan,
	const int *stack, int n_stack, struct cell c) {
	struct view wanted = {0}, shown = {0};
	for (int l = scene->n_layers - 1; l >= 0; l--) {
		if (has(&scene->layers[l], c)) {
			see(&wanted, scene, l);
		}
	}
	for (int i = n_stack - 1; i >= 0 && !shown.closed; i--) {
		int l = plan->layer_of[stack[i]];
		if (l >= 0) {
			if (has(&scene->layers[l], c)) {
				see(&shown, scene, l);
			}
		} else {
			bool above = l == PLANNER_COMPOSED_ABOVE;
			see_picture(&shown, scene, plan, above, above || plan->below[0] != 0, c);
		}
	}
	if (wanted.n != shown.n) {
		return false;
	}
	for (int i = 0; i < wanted.n; i++) {
		if (wanted.layers[i] != shown.layers[i]) {
			return false;
		}
	}
	return true;
}

static int compare(const void *a, const void *b) {
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static int edges(const struct planner_scene *scene, bool vertical, int32_t *out) {
	int n = 0;
	out[n++] = 0;
	for (int l = 0; l < scene->n_layers; l++) {
		const struct planner_layer *layer = &scene->layers[l];
		out[n++] = vertical ? layer->y : layer->x;
		out[n++] = vertical ? layer->y + layer->height : layer->x + layer->width;
	}
	qsort(out, (size_t)n, sizeof(out[0]), compare);
	return n;
}

bool judge_picture(const struct planner_scene *scene, const struct planner_plan *plan) {
	int stack[PLANNER_MAX_PLANES], n = 0;
	uint64_t placed = 0;
	for (int p = 0; p < scene->n_planes; p++) {
		int l = plan->layer_of[p];
		if (l == PLANNER_OFF) {
			continue;
		}
		if (l >= 0 && (plan->plane_of[l] != p || !scene->layers[l].visible)) {
			return false;
		}
		placed |= l >= 0 ? UINT64_C(1) << l : 0;
		int at = n++;
		while (at > 0 && plan->zpos[stack[at - 1]] > plan->zpos[p]) {
			stack[at] = stack[at - 1];
			at--;
		}
		stack[at] = p;
	}
	for (int l = 0; l < scene->n_layers; l++) {
		if (plan->plane_of[l] != PLANNER_OFF && !(placed >> l & 1)) {
			return false;
		}
	}
	int32_t xs[2 * PLANNER_MAX_LAYERS + 1], ys[2 * PLANNER_MAX_LAYERS + 1];
	int n_x = edges(scene, false, xs), n_y = edges(scene, true, ys);
	for (int y = 0; y < n_y; y++) {
		for (int x = 0; x < n_x; x++) {
			struct cell c = {xs[x], ys[y]};
			if (c.x < 0 || c.y < 0 || c.x >= scene->width || c.y >= scene->height ||
				(x > 0 && xs[x] == xs[x - 1]) || (y > 0 && ys[y] == ys[y - 1])) {
				continue;
			}
			if (!cell_is_right(scene, plan, stack, n, c)) {
				return false;
			}
		}
	}
	return true;
}

uint64_t judge_total(const struct planner_scene *scene) {
	uint64_t sum = 0;
	for (int l = 0; l < scene->n_layers; l++) {
		sum += planner_layer_cost(&scene->layers[l]);
	}
	return sum;
}

uint64_t judge_cost(const struct planner_scene *scene, const struct planner_plan *plan) {
	uint64_t sum = 0;
	for (int l = 0; l < scene->n_layers; l++) {
		sum += plan->plane_of[l] == PLANNER_OFF ? planner_layer_cost(&scene->layers[l]) : 0;
	}
	return sum;
}
