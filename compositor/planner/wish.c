// SPDX-License-Identifier: MIT
// What another format or modifier would bring: the planes that would show a composed layer if only its
// buffer were laid out as they want it.
//
// The question is put to the search itself: the same scene, with the layer in a format that is nobody's
// and that planes are taken to know. Whatever saves more than the plan does has the layer on a plane that
// is free, or whose own layer saves less. Other layers that the device refused stay composed; those
// that merely lacked room may come along.
// The device is asked nothing. What it was found to refuse counts: a plane that would most likely
// refuse the layer in any format is no use, and one that knows the layer's format already is only
// if that format is what it seems to refuse.
#include <drm_fourcc.h>

#include "planner/internal.h"

enum { NODES = 4000 }; // of the searches for one layer

// What is thought to be refused with this probability is as good as refused. Above all priors.
static const float doubtful = 0.3f;

// Reasons that another buffer does away with.
static const uint32_t mendable = PLANNER_REASON_SHM_BUFFER | PLANNER_REASON_NO_UDMABUF |
	PLANNER_REASON_SHM_UNSEALED | PLANNER_REASON_SHM_UNALIGNED | PLANNER_REASON_SHM_NEW |
	PLANNER_REASON_SHM_BUSY | PLANNER_REASON_UDMABUF_REFUSED | PLANNER_REASON_IMPORT_REFUSED |
	PLANNER_REASON_NO_PLANE_FORMAT;

static const uint32_t roomless =
	PLANNER_REASON_NO_PLANE_LEFT | PLANNER_REASON_BELOW_COMPOSED | PLANNER_REASON_STACKING;

struct wish {
	struct planner_scene scene;
	struct planner_layer layers[PLANNER_MAX_LAYERS];
	struct planner_facts facts;  // with the layer in a format that is nobody's
	struct planner_facts actual; // as it is
};

static void imagine(struct wish *wish, const struct planner_scene *scene, int layer) {
	wish->scene = *scene;
	wish->scene.layers = wish->layers;
	for (int l = 0; l < scene->n_layers; l++) {
		wish->layers[l] = scene->layers[l];
	}
	wish->layers[layer].format = 0;
	wish->layers[layer].modifier = DRM_FORMAT_MOD_LINEAR;
	wish->layers[layer].refused = 0;
	planner_facts_begin(&wish->facts, &wish->scene);
	planner_facts_finish(&wish->facts);
	// It costs what it costs as it is, and so much more that nothing could save as much without it.
	uint64_t weight = planner_layer_cost(&scene->layers[layer]) + wish->facts.total;
	wish->facts.total += weight - wish->facts.weight[layer];
	wish->facts.weight[layer] = weight;
	planner_facts_begin(&wish->actual, scene);
	planner_facts_finish(&wish->actual);
}

// Would the device take the layout that was found, and only because of the format?
static bool is_mended(const struct planner *planner, const struct wish *wish,
	const struct planner_plan *plan, int layer) {
	struct planner_layout layout;
	planner_layout_init(&layout, &wish->facts, plan, &planner->learn);
	if (planner_learn_doubt(&planner->learn, &layout) >= doubtful) {
		return false;
	}
	if (!(wish->actual.fits[layer] & (1u << plan->plane_of[layer]))) {
		return true;
	}
	planner_layout_init(&layout, &wish->actual, plan, &planner->learn);
	return planner_learn_doubt(&planner->learn, &layout) >= doubtful;
}

uint32_t planner_wish(struct planner *planner, const struct planner_scene *scene,
	const struct planner_plan *plan, int layer) {
	const struct planner_layer *wanted = &scene->layers[layer];
	if (plan->plane_of[layer] >= 0) {
		return 1u << plan->plane_of[layer];
	}
	if (!wanted->visible || (wanted->refused & ~mendable) != 0) {
		return 0;
	}
	struct wish wish;
	imagine(&wish, scene, layer);
	struct planner_facts *f = &wish.facts;
	uint64_t saved = f->weight[layer] - wish.actual.weight[layer];
	for (int l = 0; l < scene->n_layers; l++) {
		if (plan->plane_of[l] >= 0) {
			saved += f->weight[l];
		} else if (l == layer || (plan->reasons[l] & ~roomless) != 0) {
			f->fits[l] = 0;
		}
	}
	for (int p = 0; p < scene->n_planes; p++) {
		f->fits[layer] |= planner_facts_can_show(scene, p, wanted) ? 1u << p : 0;
	}
	struct planner_effort effort = {.idle = true};
	struct planner_candidate *found = &planner->candidate;
	uint32_t planes = 0;
	for (int left = NODES; left > 0 && f->fits[layer] != 0;) {
		effort.nodes = left;
		if (!planner_search(planner, f, saved, &effort, found)) {
			break;
		}
		left = effort.nodes;
		uint32_t plane = 1u << found->plan.plane_of[layer];
		planes |= is_mended(planner, &wish, &found->plan, layer) ? plane : 0;
		f->fits[layer] &= ~plane;
	}
	return planes;
}

uint64_t planner_wish_key(const struct planner *planner, const struct planner_plan *plan) {
	const struct planner_scene *scene = planner->facts.scene;
	uint64_t key = planner_mix(planner->facts.scene_key, (uint64_t)planner->learn.n_refused);
	key = planner_mix(key, (uint64_t)planner->learn.next_refused);
	for (int l = 0; l < scene->n_layers; l++) {
		key = planner_mix(key, (uint64_t)(uint32_t)plan->plane_of[l] << 32 | plan->reasons[l]);
	}
	return key;
}
