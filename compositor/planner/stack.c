// SPDX-License-Identifier: MIT
// Whether planes can be stacked so that the screen shows the scene, and with which zpos.
//
// What must lie below what: overlapping layers on planes, in the order of the scene; below the composed
// picture what a composed layer covers, above it all other planes where they can. A plane below it
// needs a hole in the picture, so it has to be opaque where something composed lies below it. If the
// picture is split, what lies above a plane goes into the upper part, the rest into the lower one.
// Then every plane wants a place of its own between its least and highest zpos: one-machine scheduling
// of unit jobs with release times, deadlines and precedence, which earliest deadline first solves.
#include "planner/internal.h"

// Inside for (): i runs over the set bits. A macro as a function cannot hold the loop's state.
#define EACH(i, mask) \
	(uint64_t m_ = (mask); m_ != 0 && (i = __builtin_ctzll(m_), true); m_ &= m_ - 1)

struct stack {
	bool ideal; // planes that can lie anywhere: is there a stacking at all?
	const struct planner_facts *facts;
	const struct planner_assignment *assignment;
	struct planner_plan *plan;
	uint32_t planes;                    // in use
	uint32_t lower[PLANNER_MAX_PLANES]; // planes that must lie below
};

static uint64_t bit(int i) {
	return UINT64_C(1) << i;
}

// What of the composed layers has to be in the upper part: what lies above layers of `middle`.
static uint64_t upper_part(const struct planner_facts *f, uint64_t composed, uint64_t middle) {
	uint64_t upper = 0;
	int c;
	for
		EACH(c, composed) {
			if ((f->under[c] & (middle | upper)) != 0) {
				upper |= bit(c);
			}
		}
	return upper;
}

// The layers on planes that lie below a picture of `part` on plane `picture`: those of `asked`, and what
// has to. False if one can't.
static bool find_below(
	struct stack *s, int picture, uint64_t part, uint64_t asked, uint64_t *below) {
	const struct planner_facts *f = s->facts;
	const int *plane_of = s->assignment->plane_of;
	uint64_t on = s->assignment->on, found = asked;
	int l;
	for
		EACH(l, on) {
			bool forced = !s->ideal && (f->can_above[picture] & (1u << plane_of[l])) == 0;
			found |= forced || (f->over[l] & part) != 0 ? bit(l) : 0;
		}
	for (uint64_t todo = found; todo != 0;) {
		int top = 63 - __builtin_clzll(todo);
		todo &= ~bit(top);
		uint64_t more = f->under[top] & on & ~found;
		found |= more;
		todo |= more;
	}
	for
		EACH(l, found) {
			bool hidden = (f->under[l] & part) != 0 && !(f->opaque & bit(l));
			if (hidden || (!s->ideal && (f->can_above[plane_of[l]] & (1u << picture)) == 0)) {
				return false;
			}
		}
	*below = found;
	if (found != 0 &&
		(!(f->scene->flags & PLANNER_ALLOW_UNDERLAY) ||
			(!s->ideal && !(f->composed_alpha_fits & (1u << picture))))) {
		return false;
	}
	return true;
}

static void place_picture(struct stack *s, int picture, uint64_t below) {
	int l;
	for
		EACH(l, s->assignment->on) {
			int p = s->assignment->plane_of[l];
			if (below & bit(l)) {
				s->lower[picture] |= 1u << p;
			} else {
				s->lower[p] |= 1u << picture;
			}
		}
}

static bool place_single(struct stack *s) {
	const struct planner_assignment *a = s->assignment;
	int picture = a->composed[0];
	if (!find_below(s, picture, s->facts->visible & ~a->on, 0, &s->plan->below[0])) {
		return false;
	}
	s->planes |= 1u << picture;
	place_picture(s, picture, s->plan->below[0]);
	return true;
}

// A split picture: layers on planes up to `start` lie below its lower part, the others above it.
static bool place_split(struct stack *s, int start) {
	const struct planner_facts *f = s->facts;
	const struct planner_assignment *a = s->assignment;
	uint64_t composed = f->visible & ~a->on;
	int low = a->composed[0], high = a->composed[1];
	uint64_t asked = start < 64 ? a->on & (bit(start) - 1) : a->on, below = asked;
	// What is asked and what is found make each other larger, once at most: fixed planes.
	for (int round = 0; round < 2; round++) {
		s->plan->above = upper_part(f, composed, a->on & ~below);
		if (!find_below(s, low, composed & ~s->plan->above, asked, &below)) {
			return false;
		}
	}
	s->plan->above = upper_part(f, composed, a->on & ~below);
	s->plan->below[0] = below;
	if (s->plan->above == 0 || (!s->ideal && !(f->composed_alpha_fits & (1u << high))) ||
		!find_below(s, high, s->plan->above, below, &s->plan->below[1])) {
		return false;
	}
	if (s->ideal) {
		return true;
	}
	s->planes |= 1u << low | 1u << high;
	s->lower[high] |= 1u << low;
	place_picture(s, low, s->plan->below[0]);
	place_picture(s, high, s->plan->below[1]);
	return true;
}

// Deadlines such that what has to lie above still finds its place.
static void tighten(const struct stack *s, uint64_t deadline[PLANNER_MAX_PLANES]) {
	bool changed = true;
	for (int round = 0; changed && round < PLANNER_MAX_PLANES; round++) {
		changed = false;
		int p, q;
		for
			EACH(p, s->planes) {
				uint64_t own = deadline[p];
				for (uint64_t m = s->lower[p] & s->planes; m != 0; m &= m - 1) {
					q = __builtin_ctzll(m);
					uint64_t latest = own > 0 ? own - 1 : 0;
					if (s->facts->z_min[q] == own && s->facts->z_max[q] == own && q < p) {
						latest = own; // fixed at the same zpos: the order of the array counts
					}
					if (deadline[q] > latest) {
						deadline[q] = latest;
						changed = true;
					}
				}
			}
	}
}

// Where a plane stands in the scene: pictures first, then by layer.
static int rank(const struct stack *s, int plane) {
	return s->plan->layer_of[plane] >= 0 ? s->plan->layer_of[plane] : -1;
}

static bool schedule(struct stack *s) {
	const struct planner_facts *f = s->facts;
	uint64_t deadline[PLANNER_MAX_PLANES], next = 0;
	uint32_t left = s->planes;
	int p, last = -1;
	for
		EACH(p, s->planes) {
			deadline[p] = f->z_max[p];
		}
	tighten(s, deadline);
	while (left != 0) {
		int best = -1;
		uint64_t soonest = UINT64_MAX;
		for
			EACH(p, left) {
				if ((s->lower[p] & left) != 0) {
					continue;
				}
				bool shares = last >= 0 && last < p && f->z_min[p] == f->z_max[p] &&
					f->z_min[last] == f->z_max[last] && f->z_min[p] == f->z_min[last];
				uint64_t from = f->z_min[p] > next || shares ? f->z_min[p] : next;
				soonest = from < soonest ? from : soonest;
			}
		for
			EACH(p, left) {
				bool shares = last >= 0 && last < p && f->z_min[p] == f->z_max[p] &&
					f->z_min[last] == f->z_max[last] && f->z_min[p] == f->z_min[last];
				uint64_t from = f->z_min[p] > next || shares ? f->z_min[p] : next;
				if ((s->lower[p] & left) != 0 || from > soonest) {
					continue;
				}
				if (best < 0 || deadline[p] < deadline[best] ||
					(deadline[p] == deadline[best] && rank(s, p) < rank(s, best))) {
					best = p;
				}
			}
		if (best < 0 || soonest > deadline[best]) {
			return false;
		}
		s->plan->zpos[best] = soonest;
		next = soonest + 1;
		last = best;
		left &= ~(1u << best);
	}
	return true;
}

// Planes of the layers, and their order among each other.
static void place_layers(struct stack *s) {
	uint64_t on = s->assignment->on;
	const int *plane_of = s->assignment->plane_of;
	int l;
	s->planes = 0;
	for
		EACH(l, on) {
			int p = plane_of[l];
			s->planes |= 1u << p;
			s->lower[p] = 0;
			for (uint64_t u = s->facts->under[l] & on; u != 0; u &= u - 1) {
				s->lower[p] |= 1u << plane_of[__builtin_ctzll(u)];
			}
		}
	for (int i = 0; i < 2 && s->assignment->composed[i] >= 0; i++) {
		s->lower[s->assignment->composed[i]] = 0;
	}
}

static bool stack_split(struct stack *s) {
	int start = 0;
	while (true) {
		if (!s->ideal) {
			place_layers(s);
		}
		if (place_split(s, start) && (s->ideal || schedule(s))) {
			return true;
		}
		uint64_t left = start < 64 ? s->assignment->on & ~(bit(start) - 1) : 0;
		if (left == 0 || !(s->facts->scene->flags & PLANNER_ALLOW_UNDERLAY)) {
			return false;
		}
		start = __builtin_ctzll(left) + 1;
	}
}

bool planner_stack(const struct planner_facts *facts, const struct planner_assignment *assignment,
	struct planner_plan *plan) {
	struct stack s;
	s.ideal = false;
	s.facts = facts;
	s.assignment = assignment;
	s.plan = plan;
	const struct planner_scene *scene = facts->scene;
	for (int p = 0; p < scene->n_planes; p++) {
		plan->layer_of[p] = PLANNER_OFF;
	}
	for (int l = 0; l < scene->n_layers; l++) {
		plan->plane_of[l] = PLANNER_OFF;
	}
	int l;
	for
		EACH(l, assignment->on) {
			plan->plane_of[l] = assignment->plane_of[l];
			plan->layer_of[assignment->plane_of[l]] = l;
		}
	plan->above = plan->below[0] = plan->below[1] = 0;
	int low = assignment->composed[0], high = assignment->composed[1];
	if (low != PLANNER_OFF) {
		plan->layer_of[low] = PLANNER_COMPOSED;
	}
	if (high != PLANNER_OFF) {
		plan->layer_of[high] = PLANNER_COMPOSED_ABOVE;
		return stack_split(&s);
	}
	place_layers(&s);
	if (low == PLANNER_OFF) {
		return (facts->visible & ~assignment->on) == 0 && schedule(&s);
	}
	return place_single(&s) && schedule(&s);
}

bool planner_stackable(const struct planner_facts *facts,
	const struct planner_assignment *assignment, bool split, struct planner_plan *scratch) {
	struct stack s;
	s.ideal = true;
	s.facts = facts;
	s.assignment = assignment;
	s.plan = scratch;
	uint64_t composed = facts->visible & ~assignment->on, below;
	return split ? stack_split(&s) : find_below(&s, PLANNER_OFF, composed, 0, &below);
}

static bool is_below(const struct planner_plan *plan, int p, int q) {
	return plan->zpos[p] != plan->zpos[q] ? plan->zpos[p] < plan->zpos[q] : p < q;
}

bool planner_restack(const struct planner_facts *f, struct planner_plan *plan) {
	uint64_t on = 0;
	int picture[2] = {PLANNER_OFF, PLANNER_OFF}, l;
	for (int p = 0; p < f->scene->n_planes; p++) {
		if (plan->layer_of[p] >= 0) {
			on |= bit(plan->layer_of[p]);
		} else if (plan->layer_of[p] != PLANNER_OFF) {
			picture[plan->layer_of[p] == PLANNER_COMPOSED_ABOVE] = p;
		}
	}
	uint64_t parts[2] = {f->visible & ~on, 0};
	if ((on & ~f->visible) != 0 || (picture[0] == PLANNER_OFF && parts[0] != 0)) {
		return false;
	}
	if (picture[1] != PLANNER_OFF) {
		parts[1] = upper_part(f, parts[0], on & ~plan->below[0]);
		parts[0] &= ~parts[1];
	}
	plan->above = parts[1];
	for
		EACH(l, on) {
			int p = plan->plane_of[l];
			for (uint64_t u = f->under[l] & on; u != 0; u &= u - 1) {
				if (!is_below(plan, plan->plane_of[__builtin_ctzll(u)], p)) {
					return false;
				}
			}
			for (int i = 0; i < 2 && picture[i] != PLANNER_OFF; i++) {
				bool below = is_below(plan, p, picture[i]);
				if (below != ((plan->below[i] & bit(l)) != 0)) {
					return false; // the picture has no alpha, or was not tested with it
				}
				if (below ? (f->under[l] & parts[i]) != 0 && !(f->opaque & bit(l))
						  : (f->over[l] & parts[i]) != 0) {
					return false;
				}
			}
		}
	return true;
}
