// SPDX-License-Identifier: MIT
// Runs the planner on a model until it has nothing more to try.
#ifndef VITRINE_TESTS_EVAL_H
#define VITRINE_TESTS_EVAL_H

#include "model.h"

struct eval_oracle {
	const struct model *model;
	const struct planner_scene *scene;
	int tests;
};

struct eval_result {
	uint64_t total;            // cost of composing everything
	uint64_t first_cost, cost; // after the tests of the first frame; in the end
	int first_tests, tests;
	bool right; // both plans show the scene, and the model takes them
	struct planner_plan plan;
};

enum planner_verdict eval_test(void *data, const struct planner_plan *plan);
void eval_planner(struct planner *planner, const struct model *model,
	const struct planner_scene *scene, struct eval_result *result);

#endif
