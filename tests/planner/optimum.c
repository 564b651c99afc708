// SPDX-License-Identifier: MIT
// The best whole assignment, by exhaustion: every place of the composed picture(s), every layer on every
// plane or composed, every way to split the composed layers, every order of the planes.
//
// What is left out cannot hold the optimum:
//   - a branch whose composed layers already cost as much as the best assignment found;
//   - a plane that the model refuses for this layer whatever else is on (model_check_plane);
//   - all but the first free plane of those that are alike in every way;
//   - a branch that exceeds a limit, since limits count what is on and more only adds;
//   - two overlapping layers on planes whose zpos ranges cannot give their order;
//   - orders of the planes that end higher than another order of the same planes does.
// It shares no code with the planner but the cost of a layer.
#include <string.h>

#include "model.h"

enum { MAX_USED = 12 };

struct search {
	const struct model *model;
	const struct planner_scene *scene;
	uint64_t over[MODEL_MAX_LAYERS], under[MODEL_MAX_LAYERS]; // overlapping
	uint64_t cost[MODEL_MAX_LAYERS];
	uint32_t planes[MODEL_MAX_LAYERS]; // that take it
	uint64_t opaque, visible;
	int order[MODEL_MAX_LAYERS], n; // the dearest first
	uint64_t best;
	struct planner_plan *plan;
	// The branch.
	int plane_of[MODEL_MAX_LAYERS];
	uint64_t on, composed;
	uint32_t used;
	int picture[2];
	struct model_use uses[PLANNER_MAX_PLANES];
	int n_uses;
};

// One way to stack: nodes are planes in use, `pictures` the first of them.
struct stacking {
	int plane[MAX_USED], layer[MAX_USED]; // layer -1: picture
	int n, n_pictures;
	uint32_t after[MAX_USED]; // nodes that must lie below this one
	uint64_t part[2];
};

static uint64_t bit(int i) {
	return UINT64_C(1) << i;
}

// The least zpos that ends an order of all nodes, by dynamic programming over what is placed already.
static bool stack(const struct search *s, const struct stacking *t, uint64_t zpos[MAX_USED]) {
	static uint64_t least[1 << MAX_USED];
	static uint8_t last[1 << MAX_USED];
	uint32_t all = (1u << t->n) - 1;
	memset(least, 0xff, sizeof(least[0]) << t->n);
	least[0] = 0; // the least zpos that is still free
	for (uint32_t set = 0; set < all; set++) {
		if (least[set] == UINT64_MAX) {
			continue;
		}
		for (int i = 0; i < t->n; i++) {
			if ((set >> i & 1) || (t->after[i] & ~set)) {
				continue;
			}
			const struct planner_plane *plane = &s->model->planes[t->plane[i]];
			uint64_t z = plane->zpos_min > least[set] ? plane->zpos_min : least[set];
			uint32_t next = set | 1u << i;
			if (z <= plane->zpos_max && z + 1 < least[next]) {
				least[next] = z + 1;
				last[next] = (uint8_t)i;
			}
		}
	}
	if (least[all] == UINT64_MAX) {
		return false;
	}
	for (uint32_t set = all; set != 0; set &= ~(1u << last[set])) {
		zpos[last[set]] = least[set] - 1;
	}
	return true;
}

// Edges between planes and pictures; `low_open`: planes may lie below the lower picture. What may lie
// on both sides is tried on both, by the caller's `choice` of those below.
static bool relate(
	const struct search *s, struct stacking *t, bool low_open, uint32_t choice, uint32_t *free) {
	*free = 0;
	for (int i = 0; i < t->n; i++) {
		t->after[i] = 0;
	}
	for (int i = t->n_pictures; i < t->n; i++) {
		for (int j = t->n_pictures; j < t->n; j++) {
			if (s->under[t->layer[i]] & bit(t->layer[j])) {
				t->after[i] |= 1u << j;
			}
		}
	}
	if (t->n_pictures == 2) {
		t->after[1] |= 1u;
	}
	for (int k = 0; k < t->n_pictures; k++) {
		for (int i = t->n_pictures; i < t->n; i++) {
			int l = t->layer[i];
			bool above = (s->over[l] & t->part[k]) == 0;
			bool below =
				((s->under[l] & t->part[k]) == 0 || (s->opaque & bit(l))) && (k > 0 || low_open);
			if (!above && !below) {
				return false;
			}
			uint32_t flag = 1u << (i + k * MAX_USED);
			if (above && below) {
				*free |= flag;
				below = (choice & flag) != 0;
			} else {
				below = !above;
			}
			if (below) {
				t->after[k] |= 1u << i;
			} else {
				t->after[i] |= 1u << k;
			}
		}
	}
	return true;
}

static void record(
	struct search *s, const struct stacking *t, const uint64_t *zpos, uint64_t cost) {
	struct planner_plan *plan = s->plan;
	s->best = cost;
	planner_plan_composed(s->scene, plan);
	for (int p = 0; p < s->scene->n_planes; p++) {
		plan->layer_of[p] = PLANNER_OFF;
	}
	for (int i = 0; i < t->n; i++) {
		int p = t->plane[i];
		plan->zpos[p] = zpos[i];
		plan->layer_of[p] = t->layer[i] >= 0 ? t->layer[i]
			: i == 0                         ? PLANNER_COMPOSED
											 : PLANNER_COMPOSED_ABOVE;
		if (t->layer[i] >= 0) {
			plan->plane_of[t->layer[i]] = p;
		}
	}
	plan->above = t->part[1];
	for (int k = 0; k < t->n_pictures; k++) {
		for (int i = t->n_pictures; i < t->n; i++) {
			plan->below[k] |= zpos[i] < zpos[k] ? bit(t->layer[i]) : 0;
		}
	}
	plan->cost = cost;
}

// All sides of planes that may lie on both sides of a picture.
static bool stack_any_side(
	struct search *s, struct stacking *t, bool low_open, uint64_t zpos[MAX_USED]) {
	uint32_t free, ignored;
	if (!relate(s, t, low_open, 0, &free)) {
		return false;
	}
	uint32_t choice = 0;
	do {
		relate(s, t, low_open, choice, &ignored);
		if (stack(s, t, zpos)) {
			return true;
		}
		choice = (choice - free) & free;
	} while (choice != 0);
	return false;
}

static bool is_taken(struct search *s, const struct stacking *t, bool low_open) {
	struct model_use uses[PLANNER_MAX_PLANES];
	memcpy(uses, s->uses, sizeof(uses[0]) * (size_t)s->n_uses);
	for (int k = 0; k < t->n_pictures; k++) {
		model_use_picture(&uses[k], s->scene, t->plane[k], k > 0 || low_open);
		uses[k].zpos = s->model->planes[t->plane[k]].zpos_min;
	}
	return model_check(s->model, uses, s->n_uses, s->scene->width, s->scene->height) == 0;
}

static bool split_is_ordered(const struct search *s, uint64_t upper) {
	for (uint64_t m = upper; m != 0; m &= m - 1) {
		if (s->over[__builtin_ctzll(m)] & s->composed & ~upper) {
			return false;
		}
	}
	return true;
}

static void leaf(struct search *s, uint64_t cost) {
	struct stacking t = {0};
	for (int k = 0; k < 2 && s->picture[k] >= 0; k++) {
		t.plane[t.n] = s->picture[k];
		t.layer[t.n++] = -1;
		t.n_pictures++;
	}
	for (uint64_t m = s->on; m != 0; m &= m - 1) {
		int l = __builtin_ctzll(m);
		t.plane[t.n] = s->plane_of[l];
		t.layer[t.n++] = l;
	}
	uint64_t zpos[MAX_USED];
	for (int open = 0; open < (t.n_pictures > 0 ? 2 : 1); open++) {
		if (!is_taken(s, &t, open)) {
			continue;
		}
		uint64_t upper = 0;
		do {
			t.part[0] = s->composed & ~upper;
			t.part[1] = upper;
			if (split_is_ordered(s, upper) && stack_any_side(s, &t, open, zpos)) {
				record(s, &t, zpos, cost);
				return;
			}
			upper = t.n_pictures == 2 ? (upper - s->composed) & s->composed : 0;
		} while (upper != 0);
	}
}

static bool is_twin(const struct search *s, int p, int q) {
	const struct planner_plane *a = &s->model->planes[p], *b = &s->model->planes[q];
	return s->model->hidden[p].section == s->model->hidden[q].section &&
		a->zpos_min == b->zpos_min && a->zpos_max == b->zpos_max && p != s->model->primary &&
		q != s->model->primary;
}

static bool has_free_twin(const struct search *s, int plane) {
	for (int q = 0; q < plane; q++) {
		if (!(s->used >> q & 1) && is_twin(s, plane, q)) {
			return true;
		}
	}
	return false;
}

static bool can_order(const struct search *s, int l, int plane) {
	for (uint64_t m = s->on & (s->under[l] | s->over[l]); m != 0; m &= m - 1) {
		int other = __builtin_ctzll(m);
		int low = other < l ? s->plane_of[other] : plane;
		int high = other < l ? plane : s->plane_of[other];
		if (s->model->planes[low].zpos_min >= s->model->planes[high].zpos_max) {
			return false;
		}
	}
	return true;
}

static void descend(struct search *s, int depth, uint64_t cost) {
	if (cost >= s->best) {
		return;
	}
	if (depth == s->n) {
		leaf(s, cost);
		return;
	}
	int l = s->order[depth];
	for (int p = 0; p < s->model->n_planes; p++) {
		if (!(s->planes[l] >> p & 1) || (s->used >> p & 1) || has_free_twin(s, p) ||
			!can_order(s, l, p)) {
			continue;
		}
		struct model_use *use = &s->uses[s->n_uses++];
		model_use_layer(use, &s->scene->layers[l], p);
		use->zpos = s->model->planes[p].zpos_min;
		s->used |= 1u << p;
		s->on |= bit(l);
		s->plane_of[l] = p;
		if (!model_exceeds(s->model, s->uses, s->n_uses, s->scene->width, s->scene->height)) {
			descend(s, depth + 1, cost);
		}
		s->on &= ~bit(l);
		s->used &= ~(1u << p);
		s->n_uses--;
	}
	if (s->picture[0] >= 0) {
		s->composed |= bit(l);
		descend(s, depth + 1, cost + s->cost[l]);
		s->composed &= ~bit(l);
	}
}

static bool overlap(const struct planner_layer *a, const struct planner_layer *b) {
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
		b->y < a->y + a->height;
}

static void prepare(struct search *s) {
	const struct planner_scene *scene = s->scene;
	for (int l = 0; l < scene->n_layers; l++) {
		const struct planner_layer *layer = &scene->layers[l];
		s->cost[l] = planner_layer_cost(layer);
		if (!layer->visible) {
			continue;
		}
		s->visible |= bit(l);
		s->opaque |= layer->opaque && layer->fade == 0 ? bit(l) : 0;
		for (int m = 0; m < l; m++) {
			if (scene->layers[m].visible && overlap(layer, &scene->layers[m])) {
				s->under[l] |= bit(m);
				s->over[m] |= bit(l);
			}
		}
		for (int p = 0; p < s->model->n_planes && layer->refused == 0; p++) {
			struct model_use use;
			model_use_layer(&use, layer, p);
			use.zpos = s->model->planes[p].zpos_min;
			bool ok = model_check_plane(s->model, &use, scene->width, scene->height) == 0;
			s->planes[l] |= ok ? 1u << p : 0;
		}
		int at = s->n++;
		while (at > 0 && s->cost[s->order[at - 1]] < s->cost[l]) {
			s->order[at] = s->order[at - 1];
			at--;
		}
		s->order[at] = l;
	}
}

// With the composed picture(s) on these planes, -1 = none.
static void search_with(struct search *s, int low, int high) {
	s->picture[0] = low;
	s->picture[1] = high;
	s->n_uses = 0;
	s->used = 0;
	for (int k = 0; k < 2 && s->picture[k] >= 0; k++) {
		bool any = false;
		for (int alpha = k; alpha < 2; alpha++) {
			struct model_use use;
			model_use_picture(&use, s->scene, s->picture[k], alpha);
			use.zpos = s->model->planes[s->picture[k]].zpos_min;
			if (!any && model_check_plane(s->model, &use, s->scene->width, s->scene->height) == 0) {
				s->uses[k] = use;
				any = true;
			}
		}
		if (!any || has_free_twin(s, s->picture[k])) {
			return;
		}
		s->n_uses++;
		s->used |= 1u << s->picture[k];
	}
	descend(s, 0, 0);
}

uint64_t optimum_find(
	const struct model *model, const struct planner_scene *scene, struct planner_plan *plan) {
	struct search s = {.model = model, .scene = scene, .plan = plan};
	prepare(&s);
	planner_plan_composed(scene, plan);
	plan->cost = s.best = judge_total(scene);
	search_with(&s, -1, -1);
	for (int low = 0; low < model->n_planes; low++) {
		search_with(&s, low, -1);
	}
	for (int low = 0; low < model->n_planes; low++) {
		for (int high = 0; high < model->n_planes; high++) {
			if (high != low) {
				search_with(&s, low, high);
			}
		}
	}
	return s.best;
}
