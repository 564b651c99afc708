// SPDX-License-Identifier: MIT
// Display devices and scenes as data (tests/devices/README.md): what planners are judged on.
#ifndef VITRINE_TESTS_MODEL_H
#define VITRINE_TESTS_MODEL_H

#include "planner/planner.h"

enum {
	MODEL_MAX_SIZES = 8,
	MODEL_MAX_RULES = 8,
	MODEL_MAX_PX = 32767, // of sizes and places: 16.16 holds them
};

// What a layout has: terms of [refuse] sections.
enum model_term {
	MODEL_TERM_YUV = 1 << 0,
	MODEL_TERM_SCALED = 1 << 1,
	MODEL_TERM_CURSOR = 1 << 2,  // a cursor plane is on
	MODEL_TERM_BLENDED = 1 << 3, // an overlay with an alpha format is on
	MODEL_TERM_TURNED = 1 << 4,
	MODEL_TERM_COMPRESSED = 1 << 5,
};

struct model_plane {
	int section; // planes of one section are alike
	struct format_set formats;
	double scale_min, scale_max;                          // target / source
	int32_t min_width, min_height, max_width, max_height; // px, 0 = any
	struct {
		int32_t width, height;
	} sizes[MODEL_MAX_SIZES]; // of buffers; none = any
	int n_sizes;
	bool whole;                          // all of the buffer is shown, and not scaled
	bool even_x, even_y, even_w, even_h; // of YUV
	bool no_odd_downscale, covers;
};

struct model_rule {
	uint32_t with, without; // MODEL_TERM_*
};

struct model {
	char name[128];
	int error;                                       // errno of refusals
	struct planner_plane planes[PLANNER_MAX_PLANES]; // what KMS tells
	struct model_plane hidden[PLANNER_MAX_PLANES];   // what only TEST_ONLY tells
	int n_planes, n_sections, primary;
	bool primary_mandatory;
	// Limits, 0 = none. A pool is what planes share: each takes `cost` of it.
	int max_planes, max_scaled, max_yuv, max_video, max_turned, max_compressed;
	int pool, cost_plane, cost_cursor, cost_yuv, cost_scaled, cost_wide;
	int cost_cursor_over; // a cursor plane over YUV or scaled contents
	double bandwidth;     // source px in areas of the CRTC
	struct model_rule rules[MODEL_MAX_RULES];
	int n_rules;
};

// One plane in use.
struct model_use {
	int plane;
	uint32_t format;
	uint64_t modifier;
	int32_t buffer_width, buffer_height;
	uint32_t src_x, src_y, src_w, src_h; // 16.16
	int32_t x, y, width, height;
	uint64_t rotation; // 0 = none
	uint16_t fade;
	uint64_t zpos;
};

// False with a line on stderr.
bool model_load(struct model *model, const char *path);
void model_finish(struct model *model);

// 0 or the errno of a refusal. _plane looks at one use alone: what it refuses is refused in every
// layout.
int model_check(
	const struct model *model, const struct model_use *uses, int n, int32_t width, int32_t height);
int model_check_plane(
	const struct model *model, const struct model_use *use, int32_t width, int32_t height);
// True if the uses exceed a limit, which no further use can cure.
bool model_exceeds(
	const struct model *model, const struct model_use *uses, int n, int32_t width, int32_t height);

// The uses of a plan.
int model_uses(const struct planner_scene *scene, const struct planner_plan *plan,
	struct model_use uses[PLANNER_MAX_PLANES]);
void model_use_layer(struct model_use *use, const struct planner_layer *layer, int plane);
void model_use_picture(
	struct model_use *use, const struct planner_scene *scene, int plane, bool alpha);

// ---- scene.c ----

enum { MODEL_MAX_LAYERS = 16, MODEL_MAX_COUNT = 10000 };

struct model_scene {
	char name[64];
	int32_t width, height;
	struct planner_layer layers[MODEL_MAX_LAYERS];
	int n_layers;
};

// Scenes of a file, each given to `visit`. False with a line on stderr.
bool model_scenes_load(
	const char *path, void (*visit)(void *data, const struct model_scene *scene), void *data);
// A random scene of one of the habits, by number; n_layers 0 = as many as the habit has.
void model_scene_random(int habit, uint64_t seed, int n_layers, struct model_scene *scene);
// What the planner is asked about: the scene on the model, with all flags. Refers to both.
void model_scene_plan(
	const struct model *model, const struct model_scene *scene, struct planner_scene *out);

// ---- judge.c ----

// True if the plan shows what composing all of the scene would show: looks at each piece of the
// screen, knows nothing of how the plan was made.
bool judge_picture(const struct planner_scene *scene, const struct planner_plan *plan);
uint64_t judge_total(const struct planner_scene *scene); // cost of composing everything
uint64_t judge_cost(const struct planner_scene *scene, const struct planner_plan *plan);

// ---- optimum.c ----

// The least cost of all whole assignments that the model takes, by exhaustion. *plan is one of them.
uint64_t optimum_find(
	const struct model *model, const struct planner_scene *scene, struct planner_plan *plan);

#endif
