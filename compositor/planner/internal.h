// SPDX-License-Identifier: MIT
// Shared by the files of planner/ alone.
//
//   facts.c   what is known of a scene without asking the device
//   stack.c   whether an assignment can be stacked right, and with which zpos
//   learn.c   what refusals and acceptances tell of other layouts
//   search.c  the most promising layout that was not tried yet
//   memory.c  verdicts of layouts, plans of scenes
//   reasons.c why a layer is composed
//   wish.c    what another format would bring
//   planner.c puts them together
#ifndef VITRINE_PLANNER_INTERNAL_H
#define VITRINE_PLANNER_INTERNAL_H

#include "planner/planner.h"

// ---- what devices are known to refuse things for ----

// Of one layer on one plane. The ones with a number are steps: what is smaller than 8 px is smaller
// than 16 px as well, and a device that takes the one takes the other.
enum planner_atom {
	ATOM_CLIENT,
	ATOM_DOWN1, // scaled down at all, by more than 2, 4, 8
	ATOM_DOWN2,
	ATOM_DOWN4,
	ATOM_DOWN8,
	ATOM_UP1,
	ATOM_UP2,
	ATOM_UP4,
	ATOM_UP8,
	ATOM_YUV,
	ATOM_YUV_SCALED,
	ATOM_CODED, // YUV otherwise than by default
	ATOM_YUV_ODD_POS,
	ATOM_YUV_ODD_SIZE,
	ATOM_ODD_DOWN,
	ATOM_ALPHA,
	ATOM_FADE,
	ATOM_QUARTER,
	ATOM_FLIP,
	ATOM_SMALL4, // a side of source or target is smaller than 4, 8, ... px
	ATOM_SMALL8,
	ATOM_SMALL16,
	ATOM_SMALL32,
	ATOM_SMALL64,
	ATOM_PARTIAL, // does not cover the CRTC
	ATOM_COMPRESSED,
	ATOM_WIDE2048, // source is wider than that
	ATOM_WIDE4096,
	ATOM_DEEP,
	ATOM_SHALLOW,
	ATOM_COMPOSED,
	ATOM_COMPOSED_ALPHA,
	ATOM_COUNT,
};

// Of a whole layout: a device that takes three scaled planes takes two.
enum planner_count {
	COUNT_ON,
	COUNT_LOAD, // YUV counts twice
	COUNT_SCALED,
	COUNT_YUV,
	COUNT_VIDEO, // YUV or scaled
	COUNT_TURNED,
	COUNT_COMPRESSED,
	COUNT_WIDE,      // what is wider than 2048 px counts twice
	COUNT_CURSOR,    // a cursor plane over YUV or scaled contents counts twice
	COUNT_BANDWIDTH, // source px in quarters of the CRTC
	COUNT_KINDS,
};

enum { COUNT_STEPS = 40 };

enum planner_global {
	GLOBAL_NO_PRIMARY, // the CRTC's own primary is off
	GLOBAL_UNDER_PRIMARY,
	GLOBAL_MOVED, // the composed picture is not on the primary
	GLOBAL_SPLIT,
	GLOBAL_CURSOR_YUV, // a cursor plane over YUV
	GLOBAL_CURSOR_SCALED,
	GLOBAL_COUNT,
};

// A candidate as the device judges it.
struct planner_layout {
	uint64_t key;    // of all that matters
	uint32_t planes; // bit p: on
	uint64_t atoms[PLANNER_MAX_PLANES];
	uint8_t kinds[PLANNER_MAX_PLANES]; // planner_facts.kind of planes that are on
	uint8_t counts[COUNT_KINDS];
	uint32_t globals;
};

// ---- facts.c ----

struct planner_facts {
	const struct planner_scene *scene;
	uint64_t over[PLANNER_MAX_LAYERS];  // bit j: layer j is above and overlaps
	uint64_t under[PLANNER_MAX_LAYERS]; // bit j: layer j is below and overlaps
	uint64_t visible, opaque;           // bit l
	uint64_t weight[PLANNER_MAX_LAYERS];
	uint64_t total; // of weight
	uint64_t atoms[PLANNER_MAX_LAYERS];
	uint8_t counts[PLANNER_MAX_LAYERS][COUNT_KINDS]; // what the layer adds; bandwidth is `pixels`
	uint64_t pixels[PLANNER_MAX_LAYERS];
	uint64_t layer_key[PLANNER_MAX_LAYERS]; // all but position and neighbours
	uint32_t fits[PLANNER_MAX_LAYERS];      // bit p: nothing that is known speaks against it
	uint32_t composed_fits, composed_alpha_fits;
	uint8_t kind[PLANNER_MAX_PLANES]; // the first plane that is the same in all that KMS tells
	uint32_t can_above[PLANNER_MAX_PLANES]; // bit q: plane q can lie above the plane
	uint64_t z_min[PLANNER_MAX_PLANES], z_max[PLANNER_MAX_PLANES];
	uint64_t shape_key; // of the scene without who overlaps whom
	uint64_t scene_key;
};

// The keys and what a remembered plan needs; cheap.
void planner_facts_begin(struct planner_facts *facts, const struct planner_scene *scene);
// The rest, for a search.
void planner_facts_finish(struct planner_facts *facts);
// True if nothing but the format speaks against the layer on the plane.
bool planner_facts_can_show(
	const struct planner_scene *scene, int plane, const struct planner_layer *layer);
// True if the plane shows what is coded as the layer is.
bool planner_plane_codes(const struct planner_plane *plane, const struct planner_layer *layer);
uint64_t planner_mix(uint64_t hash, uint64_t value);

// ---- stack.c ----

struct planner_assignment {
	int plane_of[PLANNER_MAX_LAYERS]; // PLANNER_OFF: composed or culled
	uint64_t on;                      // layers on planes
	int composed[2];                  // planes of the lower and upper picture, PLANNER_OFF
};

// Fills *plan (all but reasons). False if no stacking shows the scene right.
bool planner_stack(const struct planner_facts *facts, const struct planner_assignment *assignment,
	struct planner_plan *plan);
// False if no planes could show these layers beside one composed picture, or a split one. Of the
// assignment only `on` counts; *scratch is overwritten.
bool planner_stackable(const struct planner_facts *facts,
	const struct planner_assignment *assignment, bool split, struct planner_plan *scratch);
// True if the plan, made for other places of the same layers, shows this scene right too; updates
// what depends on the places.
bool planner_restack(const struct planner_facts *facts, struct planner_plan *plan);

// ---- learn.c ----

enum {
	LEARN_RECORDS = 24,
	LEARN_KINDS = PLANNER_MAX_PLANES, // where planes of the kind begin, and where all are one
	LEARN_ANYWHERE = 2 * PLANNER_MAX_PLANES,
	LEARN_PLACES,
};

struct planner_learn {
	// Probability that the device refuses what has the atom; 0 = it was seen to take it.
	float atoms[LEARN_PLACES][ATOM_COUNT]; // on a plane; on any of its kind; on whatever plane
	float counts[COUNT_KINDS][COUNT_STEPS];
	float globals[GLOBAL_COUNT];
	struct planner_layout refused[LEARN_RECORDS];
	int n_refused, next_refused;
	bool cursor_matters; // a layout with a cursor plane over YUV or scaled contents was refused
};

void planner_learn_init(struct planner_learn *learn);
// Forgets refusals, not what was seen to pass.
void planner_learn_relent(struct planner_learn *learn);
void planner_learn_verdict(
	struct planner_learn *learn, const struct planner_layout *layout, bool accepted);
// Probability that atoms (of one layer) on the plane alone are no obstacle.
float planner_learn_plane(const struct planner_learn *learn, const struct planner_facts *facts,
	int plane, uint64_t atoms);
// The worst that is thought of anything in the layout: probability that the device refuses it.
float planner_learn_doubt(const struct planner_learn *learn, const struct planner_layout *layout);

// The atoms, counts and key of a plan.
void planner_layout_init(struct planner_layout *layout, const struct planner_facts *facts,
	const struct planner_plan *plan, const struct planner_learn *learn);

// ---- memory.c ----

// How long a refusal stands: drivers and other users of the device change their minds rarely.
#define MEMORY_RETRY_NS (INT64_C(600) * 1000000000)

enum {
	MEMORY_SCENES = 24,
	MEMORY_VERDICTS = 1024, // a power of two
};

struct planner_scene_memory {
	bool valid;
	uint64_t scene_key, shape_key;
	uint64_t last_used;
	struct planner_plan plan;
	uint64_t layout_key;                 // 0: everything composed
	int tests, refusals;                 // refusals: since something passed
	uint64_t refused[PLANNER_TESTS_ALL]; // sets of layers on planes that were refused
	int n_refused;
	bool settled;                       // nothing better is worth a test in its first frame
	bool exhausted;                     // nor in an idle one
	bool reconsidered;                  // the shares changed: only a gain of a tenth counts
	uint8_t shares[PLANNER_MAX_LAYERS]; // of each layer in the total weight, in 1/255
	int stale;                          // calls in a row with other shares
	int64_t searched_ns;                // when its tests began
};

struct planner_verdict_memory {
	uint64_t key; // 0 = free
	bool accepted;
	int64_t time_ns;
};

struct planner_memory {
	uint64_t clock;
	struct planner_scene_memory scenes[MEMORY_SCENES];
	struct planner_verdict_memory verdicts[MEMORY_VERDICTS];
};

struct planner_scene_memory *planner_memory_scene(struct planner_memory *memory, uint64_t key);
// The one used last with this shape; NULL if none.
struct planner_scene_memory *planner_memory_shape(struct planner_memory *memory, uint64_t key);
struct planner_scene_memory *planner_memory_add(struct planner_memory *memory);
// PLANNER_UNKNOWN if there is none.
enum planner_verdict planner_memory_verdict(
	const struct planner_memory *memory, uint64_t key, int64_t now_ns);
void planner_memory_learn(
	struct planner_memory *memory, uint64_t key, bool accepted, int64_t now_ns);

// ---- search.c ----

struct planner_candidate {
	struct planner_plan plan;
	struct planner_layout layout;
	uint64_t saved;
	bool known; // accepted before
};

struct planner_effort {
	bool idle;    // things are tried that are not worth a test in the first frame of a scene
	int refusals; // since something passed
	int nodes;    // of the search: what is left of its time; updated
	const uint64_t *refused_sets; // of layers, on whatever planes
	int n_refused_sets;
};

// The candidate with the highest expected gain over `saved`; false if none is worth a test.
bool planner_search(struct planner *planner, const struct planner_facts *facts, uint64_t saved,
	struct planner_effort *effort, struct planner_candidate *best);

// ---- reasons.c ----

// Sets plan->reasons and plan->cost.
void planner_explain(const struct planner *planner, const struct planner_facts *facts,
	struct planner_plan *plan, bool exhausted);

struct planner {
	struct planner_learn learn;
	struct planner_memory memory;
	struct planner_facts facts;                // of the call being made
	struct planner_candidate candidate, spare; // of the search being made
};

#endif
