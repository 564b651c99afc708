// SPDX-License-Identifier: MIT
// The candidate with the highest expected gain: (cost saved more than so far) x (probability that the
// device takes it). Depth first over the layers, the dearest first, each on one of its planes or
// composed, for each place of the composed picture. Both factors only shrink on the way down, so a
// branch whose product is below the best leaf's is cut. Planes that nothing tells apart count as one.
#include <math.h>
#include <string.h>

#include "planner/internal.h"

enum {
	LEAF_NODES = 4, // what a leaf takes of the time of a node
	MAX_SEARCHED = 24, // layers that are searched over, the dearest
	MAX_CAUTION = 2,
};

// What a test has to promise to be worth its time: the chance that it passes (below that, the layout
// is as good as refused), and the gain, as a part of what could be saved.
static const struct {
	float chance;
	double gain;
} worthwhile[] = {
	{0.015f, 0.0015}, // in the first frame of a scene
	{0.001f, 1e-6},   // in an idle one
};

struct search {
	struct planner *planner;
	const struct planner_facts *facts;
	uint64_t saved; // so far, and the least that more is worth a test
	float doomed;   // chances below this are not taken
	struct planner_candidate *best;
	float best_value, unit; // unit: 1 / all that could be saved
	int caution;
	int nodes; // left of this search's time
	int all[PLANNER_MAX_LAYERS], order[PLANNER_MAX_LAYERS]; // the dearest first; order: without those
	int n_all, n_order;       // that have no place where the picture is now
	uint64_t all_rest;        // weight of all[]
	uint64_t never;           // layers that are composed whatever is tried
	uint64_t rest[PLANNER_MAX_LAYERS + 1];       // weight of order[i] and what follows
	uint8_t planes[PLANNER_MAX_LAYERS][PLANNER_MAX_PLANES]; // by layer, the likeliest first
	int n_planes[PLANNER_MAX_LAYERS];
	float chance[PLANNER_MAX_LAYERS][PLANNER_MAX_PLANES];
	float picture_chance[2][PLANNER_MAX_PLANES]; // opaque, with alpha
	uint32_t twins[PLANNER_MAX_PLANES]; // planes before it that are the same in all that is known
	float steps[COUNT_KINDS][COUNT_STEPS]; // chance that the device takes as many
	// The branch.
	struct planner_assignment assignment;
	uint32_t used;
	uint64_t composed;
	uint64_t gained;
	float branch;
	int counts[COUNT_KINDS];
	uint64_t pixels, crtc;
	int n_usable; // planes that some layer or picture fits
};

static uint64_t bit(int i) {
	return UINT64_C(1) << i;
}

static void order_layers(struct search *s) {
	const struct planner_facts *f = s->facts;
	s->never = s->all_rest = 0;
	s->n_all = 0;
	for (int l = 0; l < f->scene->n_layers; l++) {
		if (!(f->visible & bit(l))) {
			continue;
		}
		if (f->fits[l] == 0) {
			s->never |= bit(l);
			continue;
		}
		int at = s->n_all++;
		while (at > 0 && f->weight[s->all[at - 1]] < f->weight[l]) {
			s->all[at] = s->all[at - 1];
			at--;
		}
		s->all[at] = l;
	}
	while (s->n_all > MAX_SEARCHED) {
		s->never |= bit(s->all[--s->n_all]);
	}
	for (int i = 0; i < s->n_all; i++) {
		s->all_rest += f->weight[s->all[i]];
	}
}

static void rate_planes(struct search *s) {
	const struct planner_facts *f = s->facts;
	const struct planner_learn *learn = &s->planner->learn;
	int n = f->scene->n_planes;
	for (int p = 0; p < n; p++) {
		s->picture_chance[0][p] = planner_learn_plane(learn, p, bit(ATOM_COMPOSED));
		s->picture_chance[1][p] = planner_learn_plane(learn, p, bit(ATOM_COMPOSED_ALPHA));
	}
	for (int i = 0; i < s->n_all; i++) {
		int l = s->all[i], k = 0;
		for (int p = 0; p < n; p++) {
			float chance = 0;
			if (f->fits[l] & (1u << p)) {
				chance = planner_learn_plane(learn, p, f->atoms[l]);
			}
			s->chance[l][p] = chance;
			if (chance < s->doomed) {
				continue;
			}
			int at = k++;
			while (at > 0 && s->chance[l][s->planes[l][at - 1]] < chance) {
				s->planes[l][at] = s->planes[l][at - 1];
				at--;
			}
			s->planes[l][at] = (uint8_t)p;
		}
		s->n_planes[l] = k;
	}
}

static bool are_twins(const struct search *s, int p, int q) {
	const struct planner_facts *f = s->facts;
	const struct planner_plane *a = &f->scene->planes[p], *b = &f->scene->planes[q];
	if (p == f->scene->primary || q == f->scene->primary || a->type != b->type ||
		f->z_min[p] != f->z_min[q] || f->z_max[p] != f->z_max[q] || f->z_min[p] == f->z_max[p] ||
		((f->composed_fits >> p) & 1) != ((f->composed_fits >> q) & 1) ||
		((f->composed_alpha_fits >> p) & 1) != ((f->composed_alpha_fits >> q) & 1) ||
		s->picture_chance[0][p] != s->picture_chance[0][q] ||
		s->picture_chance[1][p] != s->picture_chance[1][q]) {
		return false;
	}
	for (int i = 0; i < s->n_all; i++) {
		if (s->chance[s->all[i]][p] != s->chance[s->all[i]][q]) {
			return false;
		}
	}
	return true;
}

static void find_twins(struct search *s) {
	for (int p = 0; p < s->facts->scene->n_planes; p++) {
		s->twins[p] = 0;
		for (int q = 0; q < p; q++) {
			s->twins[p] |= are_twins(s, p, q) ? 1u << q : 0;
		}
	}
}

static void sum_steps(struct search *s) {
	const struct planner_learn *learn = &s->planner->learn;
	for (int k = 0; k < COUNT_KINDS; k++) {
		float chance = 1;
		for (int i = 0; i < COUNT_STEPS; i++) {
			chance *= 1 - learn->counts[k][i];
			s->steps[k][i] = chance;
		}
	}
}

static float counts_chance(const struct search *s) {
	float chance = 1;
	for (int k = 0; k < COUNT_BANDWIDTH; k++) {
		int n = s->counts[k] < COUNT_STEPS ? s->counts[k] : COUNT_STEPS - 1;
		chance *= s->steps[k][n];
	}
	uint64_t quarters = s->crtc != 0 ? s->pixels * 4 / s->crtc : 0;
	return chance * s->steps[COUNT_BANDWIDTH][quarters < COUNT_STEPS ? quarters : COUNT_STEPS - 1];
}

// The more refusals in a row, the less the size of a gain counts: what would save most may be what
// the device cannot do at all, and then little things are all that there is to save.
static float worth(const struct search *s, uint64_t gained, float chance) {
	if (gained <= s->saved) {
		return 0;
	}
	float gain = (float)(gained - s->saved) * s->unit;
	for (int i = 0; i < s->caution; i++) {
		gain = sqrtf(gain);
	}
	return gain * chance;
}

static void leaf(struct search *s) {
	s->nodes -= LEAF_NODES;
	struct planner *planner = s->planner;
	struct planner_candidate *spare = &planner->spare;
	if (!planner_stack(s->facts, &s->assignment, &spare->plan)) {
		return;
	}
	planner_layout_init(&spare->layout, s->facts, &spare->plan, &planner->learn);
	enum planner_verdict verdict = planner_memory_verdict(
		&planner->memory, spare->layout.key, s->facts->scene->now_ns);
	if (verdict == PLANNER_REFUSED) {
		return;
	}
	float chance = 1;
	if (verdict == PLANNER_UNKNOWN) {
		chance = s->branch * counts_chance(s);
		const struct planner_layout *layout = &spare->layout;
		int cursor = layout->counts[COUNT_CURSOR];
		chance *= s->steps[COUNT_CURSOR][cursor] / s->steps[COUNT_CURSOR][s->counts[COUNT_CURSOR]];
		for (uint32_t globals = layout->globals; globals != 0; globals &= globals - 1) {
			chance *= 1 - planner->learn.globals[__builtin_ctz(globals)];
		}
		if (chance < s->doomed) {
			return;
		}
	}
	float value = worth(s, s->gained, chance);
	if (value > s->best_value) {
		s->best_value = value;
		*s->best = *spare;
		s->best->saved = s->gained;
		s->best->known = verdict == PLANNER_ACCEPTED;
	}
}

// Overlapping layers on planes that cannot be stacked that way, or a layer between composed ones.
static bool can_place(const struct search *s, int l, int plane) {
	const struct planner_facts *f = s->facts;
	const struct planner_assignment *a = &s->assignment;
	for (uint64_t m = f->under[l] & a->on; m != 0; m &= m - 1) {
		if (!(f->can_above[a->plane_of[__builtin_ctzll(m)]] & (1u << plane))) {
			return false;
		}
	}
	for (uint64_t m = f->over[l] & a->on; m != 0; m &= m - 1) {
		if (!(f->can_above[plane] & (1u << a->plane_of[__builtin_ctzll(m)]))) {
			return false;
		}
	}
	if (a->composed[0] == PLANNER_OFF || a->composed[1] != PLANNER_OFF) {
		return true;
	}
	int picture = a->composed[0];
	bool below = (f->over[l] & s->composed) != 0;
	bool above = (f->under[l] & s->composed) != 0 && !(f->opaque & bit(l));
	if (below && (above || !(f->scene->flags & PLANNER_ALLOW_UNDERLAY) ||
					!(f->composed_alpha_fits & (1u << picture)) ||
					!(f->can_above[plane] & (1u << picture)))) {
		return false;
	}
	return !above || (f->can_above[picture] & (1u << plane)) != 0;
}

// The same for the neighbours of a layer that becomes composed.
static bool can_compose(struct search *s, int l) {
	const struct planner_facts *f = s->facts;
	if (s->assignment.composed[0] == PLANNER_OFF) {
		return false;
	}
	for (uint64_t m = (f->under[l] | f->over[l]) & s->assignment.on; m != 0; m &= m - 1) {
		int other = __builtin_ctzll(m);
		if (!can_place(s, other, s->assignment.plane_of[other])) {
			return false;
		}
	}
	return true;
}

// Layers in another order than their planes: right as long as they do not overlap, but to be tested
// anew as soon as they do. A little less is thought of it.
static float inversions(const struct search *s, int l, int plane) {
	const struct planner_facts *f = s->facts;
	float chance = 1;
	for (uint64_t m = s->assignment.on; m != 0; m &= m - 1) {
		int other = __builtin_ctzll(m);
		int q = s->assignment.plane_of[other];
		int low = other < l ? q : plane, high = other < l ? plane : q;
		if (!(f->can_above[low] & (1u << high))) {
			chance *= 0.998f;
		}
	}
	return chance;
}

static void descend(struct search *s, int depth);

static void add_counts(struct search *s, int l, int sign) {
	for (int k = 0; k < COUNT_BANDWIDTH; k++) {
		s->counts[k] += sign * s->facts->counts[l][k];
	}
	s->pixels = sign > 0 ? s->pixels + s->facts->pixels[l] : s->pixels - s->facts->pixels[l];
}

static void try_planes(struct search *s, int depth) {
	const struct planner_facts *f = s->facts;
	int l = s->order[depth];
	for (int i = 0; i < s->n_planes[l]; i++) {
		int plane = s->planes[l][i];
		if ((s->used & (1u << plane)) || (s->twins[plane] & ~s->used) || !can_place(s, l, plane)) {
			continue;
		}
		float branch = s->branch;
		s->branch *= s->chance[l][plane] * inversions(s, l, plane);
		s->used |= 1u << plane;
		s->assignment.on |= bit(l);
		s->assignment.plane_of[l] = plane;
		s->gained += f->weight[l];
		add_counts(s, l, 1);
		descend(s, depth + 1);
		add_counts(s, l, -1);
		s->gained -= f->weight[l];
		s->assignment.on &= ~bit(l);
		s->assignment.plane_of[l] = PLANNER_OFF;
		s->used &= ~(1u << plane);
		s->branch = branch;
	}
}

static void descend(struct search *s, int depth) {
	if (--s->nodes < 0) {
		return;
	}
	float chance = s->branch * counts_chance(s);
	int free = s->n_usable - __builtin_popcount(s->used);
	int last = depth + free < s->n_order ? depth + free : s->n_order;
	uint64_t most = s->gained + s->rest[depth] - s->rest[last]; // no more layers than planes
	if (worth(s, most, chance) <= s->best_value * 1.000001f) {
		return;
	}
	if (depth == s->n_order) {
		leaf(s);
		return;
	}
	int l = s->order[depth];
	try_planes(s, depth);
	s->composed |= bit(l);
	if (can_compose(s, l)) {
		descend(s, depth + 1);
	}
	s->composed &= ~bit(l);
}

// Drops the layers that no plane can show as long as the picture is where it is, and lets those which
// their being composed leaves without a place follow.
static void drop_placeless(struct search *s) {
	uint64_t before;
	s->composed = s->never;
	do {
		before = s->composed;
		s->n_order = 0;
		for (int i = 0; i < s->n_all; i++) {
			int l = s->all[i];
			bool any = false;
			for (int k = 0; k < s->n_planes[l] && !any; k++) {
				int plane = s->planes[l][k];
				any = !(s->used & (1u << plane)) && can_place(s, l, plane);
			}
			if (any) {
				s->order[s->n_order++] = l;
			} else {
				s->composed |= bit(l);
			}
		}
	} while (s->composed != before);
	s->rest[s->n_order] = 0;
	for (int i = s->n_order - 1; i >= 0; i--) {
		s->rest[i] = s->rest[i + 1] + s->facts->weight[s->order[i]];
	}
}

// The search with the composed picture(s) on these planes.
static void search_with(struct search *s, int low, int high, float chance) {
	if (worth(s, s->all_rest, chance) <= s->best_value) {
		return;
	}
	s->assignment.composed[0] = low;
	s->assignment.composed[1] = high;
	s->used = (low >= 0 ? 1u << low : 0) | (high >= 0 ? 1u << high : 0);
	s->branch = chance;
	memset(s->counts, 0, sizeof(s->counts));
	int pictures = (low >= 0) + (high >= 0);
	s->counts[COUNT_ON] = s->counts[COUNT_LOAD] = s->counts[COUNT_CURSOR] = pictures;
	s->counts[COUNT_WIDE] = s->facts->scene->width > 2048 ? 2 * pictures : pictures;
	s->pixels = s->crtc * (uint64_t)pictures;
	drop_placeless(s);
	if (low < 0 && s->composed != 0) {
		return;
	}
	descend(s, 0);
}

static void search_moved(struct search *s) {
	const struct planner_scene *scene = s->facts->scene;
	const struct planner_learn *learn = &s->planner->learn;
	uint32_t fits = s->facts->composed_fits;
	for (int p = 0; p < scene->n_planes && (scene->flags & PLANNER_ALLOW_MOVE); p++) {
		if (p != scene->primary && (fits & (1u << p)) && s->twins[p] == 0) {
			float chance = s->picture_chance[0][p] > s->picture_chance[1][p]
				? s->picture_chance[0][p]
				: s->picture_chance[1][p];
			search_with(s, p, PLANNER_OFF, chance * (1 - learn->globals[GLOBAL_MOVED]));
		}
	}
}

static void search_split(struct search *s) {
	const struct planner_facts *f = s->facts;
	const struct planner_scene *scene = f->scene;
	const struct planner_learn *learn = &s->planner->learn;
	for (int low = 0; low < scene->n_planes; low++) {
		bool move = low != scene->primary;
		if (!(f->composed_fits & (1u << low)) || (move && !(scene->flags & PLANNER_ALLOW_MOVE)) ||
			s->twins[low] != 0) {
			continue;
		}
		for (int high = 0; high < scene->n_planes; high++) {
			if (high == low || !(f->composed_alpha_fits & f->can_above[low] & (1u << high)) ||
				(s->twins[high] & ~(1u << low)) != 0) {
				continue;
			}
			float chance = s->picture_chance[0][low] * s->picture_chance[1][high];
			chance *= 1 - learn->globals[GLOBAL_SPLIT];
			chance *= move ? 1 - learn->globals[GLOBAL_MOVED] : 1;
			search_with(s, low, high, chance);
		}
	}
}

bool planner_search(struct planner *planner, const struct planner_facts *facts, uint64_t saved,
	struct planner_effort *effort, struct planner_candidate *best) {
	const struct planner_scene *scene = facts->scene;
	struct search s;
	s.planner = planner;
	s.facts = facts;
	s.saved = saved;
	s.best = best;
	s.doomed = worthwhile[effort->idle].chance;
	s.best_value = 0;
	s.caution = effort->refusals < MAX_CAUTION ? effort->refusals : MAX_CAUTION;
	s.nodes = effort->nodes;
	s.gained = 0;
	s.crtc = (uint64_t)scene->width * (uint64_t)scene->height;
	s.assignment.on = 0;
	for (int l = 0; l < scene->n_layers; l++) {
		s.assignment.plane_of[l] = PLANNER_OFF;
	}
	order_layers(&s);
	if (s.n_all == 0 || s.all_rest <= saved) {
		return false;
	}
	s.unit = 1 / (float)s.all_rest;
	s.saved += (uint64_t)((double)s.all_rest * worthwhile[effort->idle || saved == 0].gain);
	rate_planes(&s);
	find_twins(&s);
	sum_steps(&s);
	uint32_t usable = facts->composed_fits | facts->composed_alpha_fits;
	for (int i = 0; i < s.n_all; i++) {
		usable |= facts->fits[s.all[i]];
	}
	s.n_usable = __builtin_popcount(usable);
	search_with(&s, scene->primary, PLANNER_OFF, 1);
	if (s.never == 0) {
		search_with(&s, PLANNER_OFF, PLANNER_OFF, 1);
	}
	search_moved(&s);
	if (scene->flags & PLANNER_ALLOW_SPLIT) {
		search_split(&s);
	}
	effort->nodes = s.nodes > 0 ? s.nodes : 0;
	return s.best_value > 0;
}
