// SPDX-License-Identifier: MIT
// The candidate with the highest expected gain: (cost saved more than so far) x (probability that the
// device takes it). First which layers are to be on planes, depth first, the dearest first: the gain and
// all that counts planes, scalers or pixels depend on nothing else. For each set that could beat the
// best so far, where the composed picture is, and which layer on which plane, those with the fewest
// planes first. Probabilities only shrink on the way down, so a branch whose product is below the best
// leaf's is cut. Planes that nothing tells apart count as one.
#include <math.h>
#include <string.h>

#include "planner/internal.h"

enum {
	LEAF_NODES = 6,     // what a leaf takes of the time of a node
	MAX_SEARCHED = 24,  // layers that are searched over, the dearest
	NODES_BEFORE = 300, // for a set with its picture in one place, before and after it was placed
	NODES_AFTER = 10,
	MAX_CAUTION = 2,
	MAX_UNSTACKABLE = 24, // places of one set that cannot be stacked: then it probably never can
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
	const struct planner_effort *effort;
	uint64_t saved; // so far, and the least that more is worth a test
	float doomed;   // chances below this are not taken
	struct planner_candidate *best;
	float best_value, unit; // unit: 1 / all that could be saved
	int caution;
	int nodes;                     // left of this search's time
	int order[PLANNER_MAX_LAYERS]; // layers that have a plane, the dearest first
	int n_order;
	uint64_t rest[PLANNER_MAX_LAYERS + 1]; // weight of order[i] and what follows
	uint64_t never;                        // layers that are composed whatever is tried
	uint8_t planes[PLANNER_MAX_LAYERS][PLANNER_MAX_PLANES]; // by layer, the likeliest first
	int n_planes[PLANNER_MAX_LAYERS];
	float chance[PLANNER_MAX_LAYERS][PLANNER_MAX_PLANES];
	float picture_chance[2][PLANNER_MAX_PLANES]; // opaque, with alpha
	uint32_t twins[PLANNER_MAX_PLANES];    // planes to be used before it: alike, and as likely
	float steps[COUNT_KINDS][COUNT_STEPS]; // chance that the device takes as many
	int n_usable;                          // planes that some layer or picture fits
	// The set being tried: assignment.on, and composed.
	uint64_t composed;
	uint64_t gained;
	float set_chance; // of the layers, each on the best of its planes
	int counts[COUNT_KINDS];
	uint64_t pixels, crtc;
	// Where its layers go.
	struct planner_assignment assignment;
	int placing[PLANNER_MAX_LAYERS]; // those with the fewest planes first
	int n_placing;
	float placing_rest[PLANNER_MAX_LAYERS + 1]; // chance of placing[i] and what follows, at best
	uint64_t placed;
	uint32_t used;
	float placed_chance, counted_chance, again_chance;
	int pictures;
	int unstackable, place_until; // until: nodes that are to be left after this set
};

// How much likelier another place of the same layers has to be to be looked for.
static const float notable = 1.1f;

// Planes that look alike count as one while one is not much likelier than the other.
static const float matched = 0.6f;

// A set of layers that was refused is refused on other planes as well, mostly.
static const float same_set = 0.6f;

static uint64_t bit(int i) {
	return UINT64_C(1) << i;
}

static void order_layers(struct search *s) {
	const struct planner_facts *f = s->facts;
	s->never = 0;
	s->n_order = 0;
	for (int l = 0; l < f->scene->n_layers; l++) {
		if (!(f->visible & bit(l))) {
			continue;
		}
		if (f->fits[l] == 0) {
			s->never |= bit(l);
			continue;
		}
		int at = s->n_order++;
		while (at > 0 && f->weight[s->order[at - 1]] < f->weight[l]) {
			s->order[at] = s->order[at - 1];
			at--;
		}
		s->order[at] = l;
	}
	while (s->n_order > MAX_SEARCHED) {
		s->never |= bit(s->order[--s->n_order]);
	}
	s->rest[s->n_order] = 0;
	for (int i = s->n_order - 1; i >= 0; i--) {
		s->rest[i] = s->rest[i + 1] + f->weight[s->order[i]];
	}
}

static void rate_planes(struct search *s) {
	const struct planner_facts *f = s->facts;
	const struct planner_learn *learn = &s->planner->learn;
	int n = f->scene->n_planes;
	for (int p = 0; p < n; p++) {
		s->picture_chance[0][p] = planner_learn_plane(learn, f, p, bit(ATOM_COMPOSED));
		s->picture_chance[1][p] = planner_learn_plane(learn, f, p, bit(ATOM_COMPOSED_ALPHA));
	}
	for (int i = 0; i < s->n_order; i++) {
		int l = s->order[i], k = 0;
		for (int p = 0; p < n; p++) {
			float chance = 0;
			if (f->fits[l] & (1u << p)) {
				chance = planner_learn_plane(learn, f, p, f->atoms[l]);
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

// True if the two planes are the same in all that KMS tells.
static bool look_alike(const struct planner_facts *f, int p, int q) {
	const struct planner_plane *a = &f->scene->planes[p], *b = &f->scene->planes[q];
	if (p == f->scene->primary || q == f->scene->primary || a->type != b->type ||
		f->z_min[p] != f->z_min[q] || f->z_max[p] != f->z_max[q] || f->z_min[p] == f->z_max[p] ||
		((f->composed_fits ^ f->composed_fits >> (q - p)) >> p & 1) != 0 ||
		((f->composed_alpha_fits ^ f->composed_alpha_fits >> (q - p)) >> p & 1) != 0) {
		return false;
	}
	uint32_t both = 1u << p | 1u << q;
	for (uint64_t m = f->visible; m != 0; m &= m - 1) {
		uint32_t fits = f->fits[__builtin_ctzll(m)] & both;
		if (fits != 0 && fits != both) {
			return false;
		}
	}
	return true;
}

// True if plane p is hardly better than q for any layer.
static bool is_matched(const struct search *s, int p, int q) {
	for (int i = 0; i < s->n_order; i++) {
		int l = s->order[i];
		if (s->chance[l][q] < s->chance[l][p] * matched) {
			return false;
		}
	}
	return s->picture_chance[0][q] >= s->picture_chance[0][p] * matched &&
		s->picture_chance[1][q] >= s->picture_chance[1][p] * matched;
}

static void find_twins(struct search *s) {
	int n = s->facts->scene->n_planes;
	float score[PLANNER_MAX_PLANES];
	for (int p = 0; p < n; p++) {
		s->twins[p] = 0;
		score[p] = s->picture_chance[0][p] + s->picture_chance[1][p];
		for (int i = 0; i < s->n_order; i++) {
			score[p] += s->chance[s->order[i]][p];
		}
		for (int q = 0; q < p; q++) {
			if (!look_alike(s->facts, q, p)) {
				continue;
			}
			if (score[q] >= score[p]) {
				s->twins[p] |= is_matched(s, p, q) ? 1u << q : 0;
			} else {
				s->twins[q] |= is_matched(s, q, p) ? 1u << p : 0;
			}
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

// Of as many planes, scalers and so on as the set has, with so many composed pictures.
static float counts_chance(const struct search *s, int pictures) {
	float chance = 1;
	int wide = s->facts->scene->width > 2048 ? 2 * pictures : pictures;
	for (int k = 0; k < COUNT_BANDWIDTH; k++) {
		int n = s->counts[k];
		n += k == COUNT_ON || k == COUNT_LOAD || k == COUNT_CURSOR ? pictures : 0;
		n += k == COUNT_WIDE ? wide : 0;
		chance *= s->steps[k][n < COUNT_STEPS ? n : COUNT_STEPS - 1];
	}
	uint64_t pixels = s->pixels + s->crtc * (uint64_t)pictures;
	uint64_t quarters = s->crtc != 0 ? pixels * 4 / s->crtc : 0;
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
	const struct planner_layout *layout = &spare->layout;
	if (!planner_stack(s->facts, &s->assignment, &spare->plan)) {
		s->unstackable++;
		return;
	}
	planner_layout_init(&spare->layout, s->facts, &spare->plan, &planner->learn);
	if ((layout->globals & 1u << GLOBAL_MOVED) && (layout->globals & 1u << GLOBAL_NO_PRIMARY) &&
		spare->plan.below[0] == 0) {
		return; // the picture may as well be on the primary, where it is known to be good
	}
	enum planner_verdict verdict =
		planner_memory_verdict(&planner->memory, layout->key, s->facts->scene->now_ns);
	if (verdict == PLANNER_REFUSED) {
		return;
	}
	float chance = 1;
	if (verdict == PLANNER_UNKNOWN) {
		chance = s->placed_chance * s->counted_chance;
		int n = s->counts[COUNT_CURSOR] + s->pictures;
		chance *= s->steps[COUNT_CURSOR][layout->counts[COUNT_CURSOR]] / s->steps[COUNT_CURSOR][n];
		for (uint32_t globals = layout->globals; globals != 0; globals &= globals - 1) {
			chance *= 1 - planner->learn.globals[__builtin_ctz(globals)];
		}
		if (chance < s->doomed) {
			return;
		}
	}
	// The likeliest planes come first: not much is to be gained by other places of this set.
	int until = s->nodes > NODES_AFTER ? s->nodes - NODES_AFTER : 0;
	s->place_until = until > s->place_until ? until : s->place_until;
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
	for (uint64_t m = f->under[l] & s->placed; m != 0; m &= m - 1) {
		if (!(f->can_above[a->plane_of[__builtin_ctzll(m)]] & (1u << plane))) {
			return false;
		}
	}
	for (uint64_t m = f->over[l] & s->placed; m != 0; m &= m - 1) {
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
	if (below &&
		(above || !(f->scene->flags & PLANNER_ALLOW_UNDERLAY) ||
			!(f->composed_alpha_fits & (1u << picture)) ||
			!(f->can_above[plane] & (1u << picture)))) {
		return false;
	}
	return !above || (f->can_above[picture] & (1u << plane)) != 0;
}

// Layers in another order than their planes: right as long as they do not overlap, but to be tested
// anew as soon as they do. A little less is thought of it.
static float inversions(const struct search *s, int l, int plane) {
	const struct planner_facts *f = s->facts;
	float chance = 1;
	for (uint64_t m = s->placed; m != 0; m &= m - 1) {
		int other = __builtin_ctzll(m);
		int q = s->assignment.plane_of[other];
		int low = other < l ? q : plane, high = other < l ? plane : q;
		if (!(f->can_above[low] & (1u << high))) {
			chance *= 0.998f;
		}
	}
	return chance;
}

static void place(struct search *s, int depth) {
	if (--s->nodes < s->place_until || s->unstackable > MAX_UNSTACKABLE) {
		return;
	}
	float chance = s->placed_chance * s->placing_rest[depth] * s->counted_chance;
	if (worth(s, s->gained, chance) <= s->best_value * notable) {
		return;
	}
	if (depth == s->n_placing) {
		leaf(s);
		return;
	}
	int l = s->placing[depth];
	for (int i = 0; i < s->n_planes[l]; i++) {
		int plane = s->planes[l][i];
		if ((s->used & (1u << plane)) || (s->twins[plane] & ~s->used) || !can_place(s, l, plane)) {
			continue;
		}
		float before = s->placed_chance;
		s->placed_chance *= s->chance[l][plane] * inversions(s, l, plane);
		s->used |= 1u << plane;
		s->placed |= bit(l);
		s->assignment.plane_of[l] = plane;
		place(s, depth + 1);
		s->placed &= ~bit(l);
		s->assignment.plane_of[l] = PLANNER_OFF;
		s->used &= ~(1u << plane);
		s->placed_chance = before;
	}
}

// The set with the composed picture(s) on these planes.
static void place_with(struct search *s, int low, int high, float chance) {
	s->pictures = (low >= 0) + (high >= 0);
	s->counted_chance = counts_chance(s, s->pictures) * s->again_chance;
	s->assignment.composed[0] = low;
	s->assignment.composed[1] = high;
	s->used = (low >= 0 ? 1u << low : 0) | (high >= 0 ? 1u << high : 0);
	s->placed = 0;
	s->placed_chance = chance;
	s->unstackable = 0;
	s->place_until = s->nodes > NODES_BEFORE ? s->nodes - NODES_BEFORE : 0;
	place(s, 0);
}

static void place_moved(struct search *s) {
	const struct planner_scene *scene = s->facts->scene;
	float moved = 1 - s->planner->learn.globals[GLOBAL_MOVED];
	for (int p = 0; p < scene->n_planes && (scene->flags & PLANNER_ALLOW_MOVE); p++) {
		if (p != scene->primary && (s->facts->composed_fits & (1u << p)) && s->twins[p] == 0) {
			float opaque = s->picture_chance[0][p], alpha = s->picture_chance[1][p];
			place_with(s, p, PLANNER_OFF, (opaque > alpha ? opaque : alpha) * moved);
		}
	}
}

static void place_split(struct search *s) {
	const struct planner_facts *f = s->facts;
	const struct planner_scene *scene = f->scene;
	const struct planner_learn *learn = &s->planner->learn;
	for (int low = 0; low < scene->n_planes; low++) {
		bool move = low != scene->primary;
		if (!(f->composed_fits & (1u << low)) || (move && !(scene->flags & PLANNER_ALLOW_MOVE)) ||
			s->twins[low] != 0) {
			continue;
		}
		for (int high = 0; high < scene->n_planes && s->nodes > 0; high++) {
			if (high == low || !(f->composed_alpha_fits & f->can_above[low] & (1u << high)) ||
				(s->twins[high] & ~(1u << low)) != 0) {
				continue;
			}
			float chance = s->picture_chance[0][low] * s->picture_chance[1][high];
			chance *= 1 - learn->globals[GLOBAL_SPLIT];
			chance *= move ? 1 - learn->globals[GLOBAL_MOVED] : 1;
			place_with(s, low, high, chance);
		}
	}
}

// All places of the picture for the set that was chosen.
static void place_set(struct search *s) {
	const struct planner_scene *scene = s->facts->scene;
	float again = 1;
	for (int i = 0; i < s->effort->n_refused_sets; i++) {
		again *= s->effort->refused_sets[i] == s->assignment.on ? same_set : 1;
	}
	s->again_chance = again;
	s->n_placing = 0;
	for (uint64_t m = s->assignment.on; m != 0; m &= m - 1) {
		int l = __builtin_ctzll(m), at = s->n_placing++;
		while (at > 0 && s->n_planes[s->placing[at - 1]] > s->n_planes[l]) {
			s->placing[at] = s->placing[at - 1];
			at--;
		}
		s->placing[at] = l;
	}
	s->placing_rest[s->n_placing] = 1;
	for (int i = s->n_placing - 1; i >= 0; i--) {
		int l = s->placing[i];
		s->placing_rest[i] = s->placing_rest[i + 1] * s->chance[l][s->planes[l][0]];
	}
	struct planner_plan *scratch = &s->planner->spare.plan;
	if (planner_stackable(s->facts, &s->assignment, false, scratch)) {
		if (s->composed == 0) {
			place_with(s, PLANNER_OFF, PLANNER_OFF, 1);
		}
		place_with(s, scene->primary, PLANNER_OFF, 1);
		if (s->composed == 0) {
			return;
		}
		place_moved(s);
	}
	if ((scene->flags & PLANNER_ALLOW_SPLIT) && s->composed != 0 &&
		planner_stackable(s->facts, &s->assignment, true, scratch)) {
		place_split(s);
	}
}

static void add_counts(struct search *s, int l, int sign) {
	for (int k = 0; k < COUNT_BANDWIDTH; k++) {
		s->counts[k] += sign * s->facts->counts[l][k];
	}
	s->pixels = sign > 0 ? s->pixels + s->facts->pixels[l] : s->pixels - s->facts->pixels[l];
}

// Chooses the set of layers that are to be on planes.
static void choose(struct search *s, int depth) {
	if (--s->nodes < 0) {
		return;
	}
	int pictures = s->composed != 0;
	float chance = s->set_chance * counts_chance(s, pictures);
	int free = s->n_usable - pictures - __builtin_popcountll(s->assignment.on);
	int last = depth + free < s->n_order ? depth + free : s->n_order;
	if (free < 0) {
		return;
	}
	uint64_t most = s->gained + s->rest[depth] - s->rest[last]; // no more layers than planes
	if (chance < s->doomed || worth(s, most, chance) <= s->best_value * 1.000001f) {
		return;
	}
	if (depth == s->n_order) {
		place_set(s);
		return;
	}
	int l = s->order[depth];
	if (s->n_planes[l] > 0) {
		float before = s->set_chance;
		s->set_chance *= s->chance[l][s->planes[l][0]];
		s->assignment.on |= bit(l);
		s->gained += s->facts->weight[l];
		add_counts(s, l, 1);
		choose(s, depth + 1);
		add_counts(s, l, -1);
		s->gained -= s->facts->weight[l];
		s->assignment.on &= ~bit(l);
		s->set_chance = before;
	}
	s->composed |= bit(l);
	choose(s, depth + 1);
	s->composed &= ~bit(l);
}

bool planner_search(struct planner *planner, const struct planner_facts *facts, uint64_t saved,
	struct planner_effort *effort, struct planner_candidate *best) {
	const struct planner_scene *scene = facts->scene;
	struct search s;
	s.planner = planner;
	s.facts = facts;
	s.best = best;
	s.effort = effort;
	s.best_value = 0;
	s.doomed = worthwhile[effort->idle].chance;
	s.caution = effort->refusals < MAX_CAUTION ? effort->refusals : MAX_CAUTION;
	s.nodes = effort->nodes;
	s.crtc = (uint64_t)scene->width * (uint64_t)scene->height;
	order_layers(&s);
	if (s.n_order == 0 || s.rest[0] <= saved) {
		return false;
	}
	s.unit = 1 / (float)s.rest[0];
	s.saved = saved;
	s.saved += (uint64_t)((double)s.rest[0] * worthwhile[effort->idle || saved == 0].gain);
	rate_planes(&s);
	find_twins(&s);
	sum_steps(&s);
	uint32_t usable = facts->composed_fits | facts->composed_alpha_fits;
	for (int i = 0; i < s.n_order; i++) {
		usable |= facts->fits[s.order[i]];
	}
	s.n_usable = __builtin_popcount(usable);
	s.composed = s.never;
	s.gained = s.pixels = s.assignment.on = 0;
	s.set_chance = 1;
	memset(s.counts, 0, sizeof(s.counts));
	choose(&s, 0);
	effort->nodes = s.nodes > 0 ? s.nodes : 0;
	return s.best_value > 0;
}
