// SPDX-License-Identifier: MIT
// The way of a plan: remembered for this scene; else the last plan of the same layers, if it shows
// them right where they are now; else a search, in which each test is of a whole layout and what is not
// known to be good never reaches the caller.
#include "planner/planner.h"

#include <stdlib.h>
#include <string.h>

#include "planner/internal.h"

enum {
	NODES = 8000,      // of searches in one call: bounds its time
	STALE_SHARE = 64,  // of 255: a layer's part of the cost changed by so much...
	STALE_CALLS = 120, // ...for so many calls: the plan is thought over
};

struct planner *planner_create(void) {
	struct planner *planner = calloc(1, sizeof(*planner));
	if (planner != NULL) {
		planner_learn_init(&planner->learn);
	}
	return planner;
}

void planner_destroy(struct planner *planner) {
	free(planner);
}

void planner_forget(struct planner *planner) {
	memset(&planner->memory, 0, sizeof(planner->memory));
	planner_learn_init(&planner->learn);
}

void planner_plan_composed(const struct planner_scene *scene, struct planner_plan *plan) {
	for (int p = 0; p < scene->n_planes; p++) {
		plan->layer_of[p] = PLANNER_OFF;
		plan->zpos[p] = scene->planes[p].zpos;
	}
	plan->layer_of[scene->primary] = PLANNER_COMPOSED;
	plan->above = plan->below[0] = plan->below[1] = plan->cost = 0;
	for (int l = 0; l < scene->n_layers; l++) {
		plan->plane_of[l] = PLANNER_OFF;
		plan->reasons[l] = scene->layers[l].visible ? scene->layers[l].refused : 0;
	}
}

// Plans are copied without the room for planes and layers that the scene does not have.
static void copy_plan(
	struct planner_plan *to, const struct planner_plan *from, const struct planner_scene *scene) {
	size_t planes = (size_t)scene->n_planes, layers = (size_t)scene->n_layers;
	memcpy(to->layer_of, from->layer_of, sizeof(to->layer_of[0]) * planes);
	memcpy(to->zpos, from->zpos, sizeof(to->zpos[0]) * planes);
	memcpy(to->plane_of, from->plane_of, sizeof(to->plane_of[0]) * layers);
	memcpy(to->reasons, from->reasons, sizeof(to->reasons[0]) * layers);
	to->above = from->above;
	to->below[0] = from->below[0];
	to->below[1] = from->below[1];
	to->cost = from->cost;
}

static uint64_t saved_by(const struct planner_facts *f, const struct planner_plan *plan) {
	uint64_t saved = 0;
	for (int l = 0; l < f->scene->n_layers; l++) {
		saved += plan->plane_of[l] != PLANNER_OFF ? f->weight[l] : 0;
	}
	return saved;
}

static uint64_t layers_on(const struct planner_plan *plan, const struct planner_scene *scene) {
	uint64_t on = 0;
	for (int l = 0; l < scene->n_layers; l++) {
		on |= plan->plane_of[l] != PLANNER_OFF ? UINT64_C(1) << l : 0;
	}
	return on;
}

static uint8_t share(const struct planner_facts *f, int l) {
	return f->total != 0 ? (uint8_t)((double)f->weight[l] * 255 / (double)f->total) : 0;
}

static void take_shares(struct planner_scene_memory *memory, const struct planner_facts *f) {
	memory->stale = 0;
	for (int l = 0; l < f->scene->n_layers; l++) {
		memory->shares[l] = share(f, l);
	}
}

static void think_again(struct planner_scene_memory *memory, int64_t now_ns) {
	memory->exhausted = false;
	memory->tests = memory->refusals = memory->n_refused = 0;
	memory->searched_ns = now_ns;
}

// Rates that swing do not swing the layout: only what lasts makes it think again, and only a gain that
// is worth it changes it (see improve).
static void watch_shares(struct planner_scene_memory *memory, const struct planner_facts *f) {
	bool stale = false;
	for (int l = 0; l < f->scene->n_layers; l++) {
		int difference = (int)share(f, l) - (int)memory->shares[l];
		stale |= abs(difference) > STALE_SHARE;
	}
	memory->stale = stale ? memory->stale + 1 : 0;
	if (memory->stale > STALE_CALLS) {
		take_shares(memory, f);
		think_again(memory, f->scene->now_ns);
		memory->reconsidered = true;
	}
}

// Refusals are retried now and then.
static void watch_time(
	struct planner *planner, struct planner_scene_memory *memory, int64_t now_ns) {
	if (memory->n_refused > 0 && now_ns - memory->searched_ns > MEMORY_RETRY_NS) {
		planner_learn_relent(&planner->learn);
		think_again(memory, now_ns);
	}
}

static void adopt(struct planner_scene_memory *memory, const struct planner_candidate *candidate,
	const struct planner_scene *scene) {
	copy_plan(&memory->plan, &candidate->plan, scene);
	memory->layout_key = candidate->layout.key;
}

// Tests candidates until nothing is left to gain, or `max_tests`. Returns the tests made.
static int improve(struct planner *planner, struct planner_scene_memory *memory,
	const struct planner_oracle *oracle, int max_tests) {
	const struct planner_facts *f = &planner->facts;
	struct planner_candidate *candidate = &planner->candidate;
	uint64_t saved = saved_by(f, &memory->plan);
	saved += memory->reconsidered ? f->total / 10 : 0;
	int tests = 0, nodes = NODES;
	while (!memory->exhausted && memory->tests < PLANNER_TESTS_ALL) {
		struct planner_effort effort = {
			.idle = max_tests <= PLANNER_TESTS_IDLE,
			.refusals = memory->refusals,
			.nodes = nodes / 3,
			.refused_sets = memory->refused,
			.n_refused_sets = memory->n_refused,
		};
		bool found = planner_search(planner, f, saved, &effort, candidate);
		nodes -= nodes / 3 - effort.nodes;
		if (!found) {
			memory->settled = true;
			memory->exhausted = effort.idle;
			break;
		}
		if (!candidate->known) {
			if (tests == max_tests) {
				break;
			}
			tests++;
			enum planner_verdict verdict = oracle->test(oracle->data, &candidate->plan);
			if (verdict == PLANNER_UNKNOWN) {
				memory->valid = false; // the device is busy: ask again next time
				break;
			}
			memory->tests++;
			bool accepted = verdict == PLANNER_ACCEPTED;
			planner_learn_verdict(&planner->learn, &candidate->layout, accepted);
			planner_memory_learn(
				&planner->memory, candidate->layout.key, accepted, f->scene->now_ns);
			memory->refusals = accepted ? 0 : memory->refusals + 1;
			if (!accepted) {
				memory->refused[memory->n_refused++] = layers_on(&candidate->plan, f->scene);
				continue;
			}
		}
		adopt(memory, candidate, f->scene);
		memory->reconsidered = false;
		saved = candidate->saved;
	}
	planner_explain(planner, f, &memory->plan, memory->exhausted);
	return tests;
}

static bool is_refused(
	const struct planner *planner, uint64_t layout_key, const struct planner_scene *scene) {
	return layout_key != 0 &&
		planner_memory_verdict(&planner->memory, layout_key, scene->now_ns) == PLANNER_REFUSED;
}

static struct planner_scene_memory *enter(struct planner *planner) {
	const struct planner_facts *f = &planner->facts;
	struct planner_scene_memory *memory = planner_memory_add(&planner->memory);
	memory->valid = true;
	memory->scene_key = f->scene_key;
	memory->shape_key = f->shape_key;
	memory->tests = memory->refusals = memory->n_refused = 0;
	memory->settled = memory->exhausted = memory->reconsidered = false;
	memory->layout_key = 0;
	memory->searched_ns = f->scene->now_ns;
	take_shares(memory, f);
	return memory;
}

// The plan of the same layers in other places, if it is as good here: a window that moves.
static struct planner_scene_memory *follow(struct planner *planner) {
	const struct planner_facts *f = &planner->facts;
	struct planner_scene_memory *before = planner_memory_shape(&planner->memory, f->shape_key);
	if (before == NULL || is_refused(planner, before->layout_key, f->scene)) {
		return NULL;
	}
	struct planner_plan *plan = &planner->spare.plan;
	struct planner_layout *layout = &planner->spare.layout;
	copy_plan(plan, &before->plan, f->scene);
	uint64_t possible = 0;
	for (int l = 0; l < f->scene->n_layers; l++) {
		possible += f->fits[l] != 0 ? f->weight[l] : 0;
	}
	if (saved_by(f, plan) < possible && !before->settled) {
		return NULL;
	}
	if (!planner_restack(f, plan)) {
		return NULL;
	}
	planner_layout_init(layout, f, plan, &planner->learn);
	if (is_refused(planner, layout->key, f->scene)) {
		return NULL;
	}
	bool exhausted = saved_by(f, plan) == possible;
	struct planner_scene_memory *memory = enter(planner);
	copy_plan(&memory->plan, plan, f->scene);
	memory->layout_key = layout->key;
	memory->exhausted = exhausted;
	improve(planner, memory, NULL, 0); // to what is known to be good
	return memory;
}

int planner_plan(struct planner *planner, const struct planner_scene *scene,
	const struct planner_oracle *oracle, struct planner_plan *plan) {
	struct planner_facts *f = &planner->facts;
	planner_facts_begin(f, scene);
	struct planner_scene_memory *memory = planner_memory_scene(&planner->memory, f->scene_key);
	if (memory != NULL && !is_refused(planner, memory->layout_key, scene)) {
		watch_shares(memory, f);
		watch_time(planner, memory, scene->now_ns);
		copy_plan(plan, &memory->plan, scene);
		return 0;
	}
	planner_facts_finish(f);
	if (memory == NULL) {
		memory = follow(planner);
		if (memory != NULL) {
			copy_plan(plan, &memory->plan, scene);
			return 0;
		}
		memory = enter(planner);
	} else {
		memory->exhausted = false;
		memory->layout_key = 0;
	}
	planner_plan_composed(scene, &memory->plan);
	int tests = improve(planner, memory, oracle, PLANNER_TESTS_NEW);
	copy_plan(plan, &memory->plan, scene);
	return tests;
}

int planner_improve(struct planner *planner, const struct planner_scene *scene,
	const struct planner_oracle *oracle, struct planner_plan *plan) {
	struct planner_facts *f = &planner->facts;
	planner_facts_begin(f, scene);
	struct planner_scene_memory *memory = planner_memory_scene(&planner->memory, f->scene_key);
	if (memory == NULL) {
		return planner_plan(planner, scene, oracle, plan);
	}
	int tests = 0;
	if (!memory->exhausted && memory->tests < PLANNER_TESTS_ALL) {
		planner_facts_finish(f);
		tests = improve(planner, memory, oracle, PLANNER_TESTS_IDLE);
	}
	copy_plan(plan, &memory->plan, scene);
	return tests;
}

void planner_quarantine(
	struct planner *planner, const struct planner_scene *scene, const struct planner_plan *plan) {
	struct planner_facts *f = &planner->facts;
	planner_facts_begin(f, scene);
	planner_facts_finish(f);
	struct planner_layout *layout = &planner->spare.layout;
	planner_layout_init(layout, f, plan, &planner->learn);
	uint32_t cursor = 1u << GLOBAL_CURSOR_YUV | 1u << GLOBAL_CURSOR_SCALED;
	if ((layout->globals & cursor) != 0 && !planner->learn.cursor_matters) {
		// Where a cursor plane is had not mattered so far: only this place of it is to blame.
		planner->learn.cursor_matters = true;
		planner_layout_init(layout, f, plan, &planner->learn);
	}
	planner_memory_learn(&planner->memory, layout->key, false, scene->now_ns);
	struct planner_scene_memory *memory = planner_memory_scene(&planner->memory, f->scene_key);
	if (memory == NULL) {
		memory = enter(planner);
	}
	planner_plan_composed(scene, &memory->plan);
	memory->layout_key = 0;
	memory->exhausted = false;
	for (int l = 0; l < scene->n_layers; l++) {
		if (plan->plane_of[l] != PLANNER_OFF) {
			memory->plan.reasons[l] = PLANNER_REASON_TEST_REFUSED;
		}
	}
}
