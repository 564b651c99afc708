// SPDX-License-Identifier: MIT
// What verdicts tell of other layouts.
//
// Every layout has atoms: "YUV on plane 3", "a third scaled plane", "smaller than 16 px anywhere". The
// device is thought of as having a hidden list of atoms that it refuses; each is on that list with
// some probability. A layout that passes clears all its atoms. One that is refused has at least one
// of the list, which makes each of its atoms more probable, the more so the fewer are not cleared: after
// one or two refusals the culprit stands out, and layouts that share it come last or not at all. No
// probability becomes 1, since a device may have reasons that no atom names (the non-monotone ones).
#include <string.h>

#include "planner/internal.h"

// Of a refusal for a reason that is none of the atoms.
static const float noise = 0.04f;

// What one plane cannot do, those of its kind mostly cannot either, and often no other can.
static const float one_kind = 0.4f;
static const float one_plane = 0.1f;

static const float atom_priors[ATOM_COUNT] = {
	[ATOM_CLIENT] = 0.005f,
	[ATOM_DOWN1] = 0.04f,
	[ATOM_DOWN2] = 0.03f,
	[ATOM_DOWN4] = 0.08f,
	[ATOM_DOWN8] = 0.2f,
	[ATOM_UP1] = 0.03f,
	[ATOM_UP2] = 0.01f,
	[ATOM_UP4] = 0.02f,
	[ATOM_UP8] = 0.1f,
	[ATOM_YUV] = 0.01f,
	[ATOM_YUV_SCALED] = 0.01f,
	[ATOM_CODED] = 0.02f,
	[ATOM_YUV_ODD_POS] = 0.1f,
	[ATOM_YUV_ODD_SIZE] = 0.06f,
	[ATOM_ODD_DOWN] = 0.05f,
	[ATOM_ALPHA] = 0.005f,
	[ATOM_FADE] = 0.02f,
	[ATOM_QUARTER] = 0.05f,
	[ATOM_FLIP] = 0.02f,
	[ATOM_SMALL4] = 0.2f,
	[ATOM_SMALL8] = 0.05f,
	[ATOM_SMALL16] = 0.04f,
	[ATOM_SMALL32] = 0.01f,
	[ATOM_SMALL64] = 0.005f,
	[ATOM_PARTIAL] = 0.005f,
	[ATOM_COMPRESSED] = 0.02f,
	[ATOM_WIDE2048] = 0.01f,
	[ATOM_WIDE4096] = 0.1f,
	[ATOM_DEEP] = 0.01f,
	[ATOM_SHALLOW] = 0.005f,
	[ATOM_COMPOSED] = 0.01f,
	[ATOM_COMPOSED_ALPHA] = 0.01f,
};

static const float count_priors[COUNT_KINDS] = {
	[COUNT_ON] = 0.02f,
	[COUNT_LOAD] = 0.01f,
	[COUNT_SCALED] = 0.04f,
	[COUNT_YUV] = 0.02f,
	[COUNT_VIDEO] = 0.02f,
	[COUNT_TURNED] = 0.03f,
	[COUNT_COMPRESSED] = 0.04f,
	[COUNT_WIDE] = 0.005f,
	[COUNT_CURSOR] = 0.005f,
	[COUNT_BANDWIDTH] = 0.006f,
};

static const float global_priors[GLOBAL_COUNT] = {
	[GLOBAL_NO_PRIMARY] = 0.15f,
	[GLOBAL_UNDER_PRIMARY] = 0.05f,
	[GLOBAL_MOVED] = 0.05f,
	[GLOBAL_SPLIT] = 0.05f,
	[GLOBAL_CURSOR_YUV] = 0.04f,
	[GLOBAL_CURSOR_SCALED] = 0.04f,
};

// The first of a kind is as good as certain, or its atom says it.
static int first_step(int kind) {
	return kind == COUNT_BANDWIDTH ? 4 : 2;
}

static void set_priors(struct planner_learn *learn, bool keep_cleared) {
	for (int p = 0; p < LEARN_PLACES; p++) {
		float part = p < LEARN_KINDS ? one_plane : p < LEARN_ANYWHERE ? one_kind : 1;
		for (int a = 0; a < ATOM_COUNT; a++) {
			float *q = &learn->atoms[p][a];
			*q = keep_cleared && *q == 0 ? 0 : atom_priors[a] * part;
		}
	}
	for (int k = 0; k < COUNT_KINDS; k++) {
		for (int i = 0; i < COUNT_STEPS; i++) {
			float *q = &learn->counts[k][i];
			*q = (keep_cleared && *q == 0) || i < first_step(k) ? 0 : count_priors[k];
		}
	}
	for (int g = 0; g < GLOBAL_COUNT; g++) {
		float *q = &learn->globals[g];
		*q = keep_cleared && *q == 0 ? 0 : global_priors[g];
	}
}

void planner_learn_init(struct planner_learn *learn) {
	memset(learn, 0, sizeof(*learn));
	set_priors(learn, false);
}

void planner_learn_relent(struct planner_learn *learn) {
	learn->n_refused = learn->next_refused = 0;
	set_priors(learn, true);
}

enum { MAX_SUSPECTS = 3072 };

static int gather_atoms(
	struct planner_learn *learn, int place, uint64_t atoms, float *out[], int n) {
	for (; atoms != 0; atoms &= atoms - 1) {
		out[n++] = &learn->atoms[place][__builtin_ctzll(atoms)];
	}
	return n;
}

static int gather(
	struct planner_learn *learn, const struct planner_layout *layout, float *out[MAX_SUSPECTS]) {
	int n = 0;
	uint64_t anywhere = 0, of_kind[PLANNER_MAX_PLANES];
	uint32_t kinds = 0;
	for (uint32_t planes = layout->planes; planes != 0; planes &= planes - 1) {
		int p = __builtin_ctz(planes), kind = layout->kinds[p];
		anywhere |= layout->atoms[p];
		of_kind[kind] = (kinds & (1u << kind) ? of_kind[kind] : 0) | layout->atoms[p];
		kinds |= 1u << kind;
		n = gather_atoms(learn, p, layout->atoms[p], out, n);
	}
	for (; kinds != 0; kinds &= kinds - 1) {
		int kind = __builtin_ctz(kinds);
		n = gather_atoms(learn, LEARN_KINDS + kind, of_kind[kind], out, n);
	}
	n = gather_atoms(learn, LEARN_ANYWHERE, anywhere, out, n);
	for (int k = 0; k < COUNT_KINDS; k++) {
		for (int i = first_step(k); i <= layout->counts[k]; i++) {
			out[n++] = &learn->counts[k][i];
		}
	}
	for (uint32_t globals = layout->globals; globals != 0; globals &= globals - 1) {
		out[n++] = &learn->globals[__builtin_ctz(globals)];
	}
	return n;
}

static void suspect(struct planner_learn *learn, const struct planner_layout *layout) {
	float *suspects[MAX_SUSPECTS];
	int n = gather(learn, layout, suspects);
	float passes = 1 - noise;
	for (int i = 0; i < n; i++) {
		passes *= 1 - *suspects[i];
	}
	for (int i = 0; i < n; i++) {
		float q = *suspects[i] / (1 - passes);
		*suspects[i] = q < 0.995f ? q : 0.995f;
	}
}

void planner_learn_verdict(
	struct planner_learn *learn, const struct planner_layout *layout, bool accepted) {
	if (!accepted) {
		suspect(learn, layout);
		learn->refused[learn->next_refused] = *layout;
		learn->next_refused = (learn->next_refused + 1) % LEARN_RECORDS;
		learn->n_refused += learn->n_refused < LEARN_RECORDS;
		uint32_t cursor = 1u << GLOBAL_CURSOR_YUV | 1u << GLOBAL_CURSOR_SCALED;
		learn->cursor_matters |= (layout->globals & cursor) != 0;
		return;
	}
	float *cleared[MAX_SUSPECTS];
	int n = gather(learn, layout, cleared);
	bool news = false;
	for (int i = 0; i < n; i++) {
		news |= *cleared[i] != 0;
		*cleared[i] = 0;
	}
	if (!news || learn->n_refused == 0) {
		return;
	}
	// Old refusals now point at fewer culprits.
	set_priors(learn, true);
	int first = learn->n_refused < LEARN_RECORDS ? 0 : learn->next_refused;
	for (int i = 0; i < learn->n_refused; i++) {
		suspect(learn, &learn->refused[(first + i) % LEARN_RECORDS]);
	}
}

float planner_learn_plane(const struct planner_learn *learn, const struct planner_facts *facts,
	int plane, uint64_t atoms) {
	const float *own = learn->atoms[plane];
	const float *kind = learn->atoms[LEARN_KINDS + facts->kind[plane]];
	const float *anywhere = learn->atoms[LEARN_ANYWHERE];
	float passes = 1;
	for (; atoms != 0; atoms &= atoms - 1) {
		int a = __builtin_ctzll(atoms);
		passes *= (1 - own[a]) * (1 - kind[a]) * (1 - anywhere[a]);
	}
	return passes;
}

float planner_learn_doubt(const struct planner_learn *learn, const struct planner_layout *layout) {
	float *suspects[MAX_SUSPECTS];
	float most = 0;
	int n = gather((struct planner_learn *)learn, layout, suspects);
	for (int i = 0; i < n; i++) {
		most = *suspects[i] > most ? *suspects[i] : most;
	}
	return most;
}

static void add_client(struct planner_layout *layout, const struct planner_facts *f,
	const struct planner_plan *plan, int p, uint64_t on) {
	int l = plan->layer_of[p];
	layout->atoms[p] = f->atoms[l];
	for (int k = 0; k < COUNT_KINDS; k++) {
		layout->counts[k] = (uint8_t)(layout->counts[k] + f->counts[l][k]);
	}
	if (f->scene->planes[p].type != PLANNER_PLANE_CURSOR) {
		return;
	}
	uint32_t over = 0;
	for (uint64_t u = f->under[l] & on; u != 0; u &= u - 1) {
		uint64_t atoms = f->atoms[__builtin_ctzll(u)];
		uint64_t scaled = UINT64_C(1) << ATOM_DOWN1 | UINT64_C(1) << ATOM_UP1;
		over |= atoms & (UINT64_C(1) << ATOM_YUV) ? 1u << GLOBAL_CURSOR_YUV : 0;
		over |= atoms & scaled ? 1u << GLOBAL_CURSOR_SCALED : 0;
	}
	layout->globals |= over;
	layout->counts[COUNT_CURSOR] += over != 0;
}

static void add_picture(struct planner_layout *layout, const struct planner_facts *f,
	const struct planner_plan *plan, int p) {
	bool upper = plan->layer_of[p] == PLANNER_COMPOSED_ABOVE;
	bool alpha = upper || plan->below[0] != 0;
	layout->atoms[p] = UINT64_C(1) << (alpha ? ATOM_COMPOSED_ALPHA : ATOM_COMPOSED);
	layout->globals |= upper ? 1u << GLOBAL_SPLIT : 0;
	layout->globals |= p != f->scene->primary && !upper ? 1u << GLOBAL_MOVED : 0;
	layout->counts[COUNT_ON]++;
	layout->counts[COUNT_LOAD]++;
	layout->counts[COUNT_CURSOR]++;
	layout->counts[COUNT_WIDE] += f->scene->width > 2048 ? 2 : 1;
}

void planner_layout_init(struct planner_layout *layout, const struct planner_facts *f,
	const struct planner_plan *plan, const struct planner_learn *learn) {
	const struct planner_scene *scene = f->scene;
	*layout = (struct planner_layout){0};
	uint64_t on = 0, pixels = 0, crtc = (uint64_t)scene->width * (uint64_t)scene->height;
	for (int p = 0; p < scene->n_planes; p++) {
		if (plan->layer_of[p] >= 0) {
			on |= UINT64_C(1) << plan->layer_of[p];
		}
	}
	uint64_t key = planner_mix(scene->context, UINT64_C(0x706c616e));
	for (int p = 0; p < scene->n_planes; p++) {
		int l = plan->layer_of[p];
		if (l == PLANNER_OFF) {
			continue;
		}
		layout->planes |= 1u << p;
		layout->kinds[p] = f->kind[p];
		if (l >= 0) {
			add_client(layout, f, plan, p, on);
			pixels += f->pixels[l];
		} else {
			add_picture(layout, f, plan, p);
			pixels += crtc;
		}
		if (p != scene->primary && scene->planes[scene->primary].zpos_max != 0 &&
			plan->layer_of[scene->primary] != PLANNER_OFF &&
			plan->zpos[p] < plan->zpos[scene->primary]) {
			layout->globals |= 1u << GLOBAL_UNDER_PRIMARY;
		}
		key = planner_mix(key, (uint64_t)p << 32 | (uint32_t)plan->zpos[p]);
		key = planner_mix(key, l >= 0 ? f->layer_key[l] : layout->atoms[p]);
	}
	if (plan->layer_of[scene->primary] == PLANNER_OFF) {
		layout->globals |= 1u << GLOBAL_NO_PRIMARY;
	}
	uint64_t quarters = crtc != 0 ? pixels * 4 / crtc : 0;
	layout->counts[COUNT_BANDWIDTH] =
		(uint8_t)(quarters < COUNT_STEPS ? quarters : COUNT_STEPS - 1);
	uint32_t cursor = 1u << GLOBAL_CURSOR_YUV | 1u << GLOBAL_CURSOR_SCALED;
	key = planner_mix(key, learn->cursor_matters ? layout->globals & cursor : 0);
	layout->key = key != 0 ? key : 1;
	for (int k = 0; k < COUNT_KINDS; k++) {
		if (layout->counts[k] >= COUNT_STEPS) {
			layout->counts[k] = COUNT_STEPS - 1;
		}
	}
}
