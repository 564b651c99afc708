// SPDX-License-Identifier: MIT
// Why a layer is composed, in words that help: what is true of the layer alone first, then what the
// device was found to refuse, then who took its place.
#include <stddef.h>

#include "planner/internal.h"

static const char *const names[] = {
#define X(id, name) [PLANNER_REASON_BIT_##id] = name,
	PLANNER_REASONS(X)
#undef X
};

const char *planner_reason_name(unsigned bit) {
	return bit < PLANNER_REASON_COUNT ? names[bit] : NULL;
}

static uint64_t bit(int i) {
	return UINT64_C(1) << i;
}

// No plane takes the layer: which of its properties is to blame on the planes that come closest.
static uint32_t explain_unfit(const struct planner_facts *f, int l) {
	const struct planner_scene *scene = f->scene;
	const struct planner_layer *layer = &scene->layers[l];
	bool format = false, rotation = false, coding = false, fade = false, any = false;
	for (int p = 0; p < scene->n_planes; p++) {
		const struct planner_plane *plane = &scene->planes[p];
		if (plane->type == PLANNER_PLANE_CURSOR) {
			continue;
		}
		any |= p != scene->primary;
		if (!format_set_has(plane->formats, layer->format, layer->modifier)) {
			continue;
		}
		format = true;
		uint64_t rotations = plane->rotations != 0 ? plane->rotations : 1;
		uint64_t wanted = layer->rotation != 0 ? layer->rotation : 1;
		rotation |= (wanted & ~rotations) == 0;
		coding |= planner_plane_codes(plane, layer);
		fade |= layer->fade == 0 || plane->fades;
	}
	if (!format) {
		return any ? PLANNER_REASON_NO_PLANE_FORMAT : PLANNER_REASON_NO_PLANE_LEFT;
	}
	return !rotation ? PLANNER_REASON_TRANSFORMED
		: !coding    ? PLANNER_REASON_YUV_CODING
		: !fade      ? PLANNER_REASON_FADED
					 : PLANNER_REASON_NO_PLANE_LEFT;
}

// What was learned of the layer's own atoms: the strongest suspicion on the plane that suits it best.
static uint32_t explain_learned(
	const struct planner *planner, const struct planner_facts *f, int l) {
	const struct planner_learn *learn = &planner->learn;
	int worst = -1;
	float least = 2;
	for (int p = 0; p < f->scene->n_planes; p++) {
		float most = 0;
		int atom = -1;
		for (uint64_t atoms = f->atoms[l]; atoms != 0 && (f->fits[l] & (1u << p));
			 atoms &= atoms - 1) {
			int a = __builtin_ctzll(atoms);
			const int places[] = {p, LEARN_KINDS + f->kind[p], LEARN_ANYWHERE};
			for (int i = 0; i < 3; i++) {
				if (learn->atoms[places[i]][a] > most) {
					most = learn->atoms[places[i]][a];
					atom = a;
				}
			}
		}
		if (atom >= 0 && most < least) {
			least = most;
			worst = atom;
		}
	}
	if (worst < 0 || least < 0.3f) {
		return 0;
	}
	if ((worst >= ATOM_DOWN1 && worst <= ATOM_UP8) || worst == ATOM_YUV_SCALED) {
		return PLANNER_REASON_SCALING_REFUSED;
	}
	if (worst >= ATOM_SMALL4 && worst <= ATOM_SMALL64) {
		return PLANNER_REASON_TOO_SMALL;
	}
	if (worst == ATOM_YUV_ODD_POS || worst == ATOM_YUV_ODD_SIZE || worst == ATOM_ODD_DOWN) {
		return PLANNER_REASON_ODD_POSITION;
	}
	if (worst == ATOM_CODED) {
		return PLANNER_REASON_YUV_CODING;
	}
	return PLANNER_REASON_TEST_REFUSED;
}

static uint32_t explain_layer(const struct planner *planner, const struct planner_facts *f,
	const struct planner_plan *plan, int l, uint64_t on, bool exhausted) {
	const struct planner_scene *scene = f->scene;
	if (scene->layers[l].refused != 0) {
		return scene->layers[l].refused;
	}
	if (f->fits[l] == 0) {
		return explain_unfit(f, l);
	}
	if ((f->over[l] & f->visible & ~on) != 0 && plan->below[0] == 0 && plan->below[1] == 0) {
		return PLANNER_REASON_BELOW_COMPOSED;
	}
	uint32_t free = f->fits[l];
	for (int p = 0; p < scene->n_planes; p++) {
		if (plan->layer_of[p] != PLANNER_OFF) {
			free &= ~(1u << p);
		}
	}
	uint32_t learned = explain_learned(planner, f, l);
	if (free == 0 && learned == 0) {
		return PLANNER_REASON_NO_PLANE_LEFT;
	}
	if (learned != 0) {
		return learned;
	}
	if (!exhausted) {
		return PLANNER_REASON_NOT_TRIED;
	}
	return planner->learn.n_refused > 0 ? PLANNER_REASON_DEVICE_LIMIT : PLANNER_REASON_STACKING;
}

void planner_explain(const struct planner *planner, const struct planner_facts *f,
	struct planner_plan *plan, bool exhausted) {
	uint64_t on = 0;
	plan->cost = 0;
	for (int l = 0; l < f->scene->n_layers; l++) {
		on |= plan->plane_of[l] != PLANNER_OFF ? bit(l) : 0;
	}
	for (int l = 0; l < f->scene->n_layers; l++) {
		plan->reasons[l] = 0;
		if ((f->visible & bit(l)) && !(on & bit(l))) {
			plan->cost += f->weight[l];
			plan->reasons[l] = explain_layer(planner, f, plan, l, on, exhausted);
		}
	}
}
