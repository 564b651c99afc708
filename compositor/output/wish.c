// SPDX-License-Identifier: MIT
// Tells producers that asked for it which planes would show their layers, had they another format or
// modifier. Looked at anew only when the plan or the scene's shape changed.
#include "output/internal.h"

static bool listens(const struct scene_layer *layer) {
	return layer->wish_wanted && layer->ops != NULL && layer->ops->scanout_wish != NULL;
}

// Of all that an outcome depends on; 0 if nobody listens.
static uint64_t wish_key(const struct output *output, const struct frame *frame) {
	uint64_t key = 0;
	for (int i = 0; i < frame->n_layers; i++) {
		if (listens(output->scene.layers[i])) {
			key = output_mix(key != 0 ? key : planner_wish_key(output->planner, &frame->plan),
				frame->layers[i].id << 2 | frame->layers[i].placement);
		}
	}
	return key;
}

static void tell(struct output *output, struct scene_layer *layer, uint32_t planes, bool placed,
	bool import_refused) {
	const struct format_set *formats[PLANNER_MAX_PLANES];
	struct scene_wish wish = {
		.time_ns = clock_now_ns(),
		.planes = formats,
		.placed = placed,
		.import_refused = import_refused,
	};
	for (; planes != 0; planes &= planes - 1) {
		formats[wish.n_planes++] = output->planner_planes[__builtin_ctz(planes)].formats;
	}
	layer->ops->scanout_wish(layer, &wish);
}

void wish_update(
	struct output *output, const struct frame *frame, const struct planner_scene *scene) {
	uint64_t key = wish_key(output, frame);
	if (key == output->wish_key) {
		return;
	}
	output->wish_key = key;
	int planned = 0;
	for (int i = 0; i < frame->n_layers && key != 0; i++) {
		bool is_planned = planned < frame->n_planned && frame->planned_layer[planned] == i;
		int p = is_planned ? planned++ : -1;
		struct scene_layer *layer = output->scene.layers[i];
		if (!listens(layer)) {
			continue;
		}
		uint32_t reasons = is_planned ? frame->plan.reasons[p] : 0;
		if ((reasons & (PLANNER_REASON_NOT_TRIED | PLANNER_REASON_SHM_NEW)) != 0) {
			continue; // it may yet get a plane as it is
		}
		uint32_t planes = is_planned ? planner_wish(output->planner, scene, &frame->plan, p) : 0;
		tell(output, layer, planes, is_planned && frame->plan.plane_of[p] >= 0,
			(reasons & PLANNER_REASON_IMPORT_REFUSED) != 0);
	}
}
