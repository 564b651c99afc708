// SPDX-License-Identifier: MIT
#include "eval.h"

enum planner_verdict eval_test(void *data, const struct planner_plan *plan) {
	struct eval_oracle *oracle = data;
	struct model_use uses[PLANNER_MAX_PLANES];
	oracle->tests++;
	int n = model_uses(oracle->scene, plan, uses);
	int rc = model_check(oracle->model, uses, n, oracle->scene->width, oracle->scene->height);
	return rc == 0 ? PLANNER_ACCEPTED : PLANNER_REFUSED;
}

static bool is_right(struct eval_oracle *oracle, const struct planner_plan *plan) {
	return judge_picture(oracle->scene, plan) && eval_test(oracle, plan) == PLANNER_ACCEPTED;
}

void eval_planner(struct planner *planner, const struct model *model,
	const struct planner_scene *scene, struct eval_result *result) {
	struct eval_oracle asked = {.model = model, .scene = scene}, check = asked;
	struct planner_oracle oracle = {.test = eval_test, .data = &asked};
	result->total = judge_total(scene);
	result->first_tests = planner_plan(planner, scene, &oracle, &result->plan);
	result->first_cost = judge_cost(scene, &result->plan);
	result->right = is_right(&check, &result->plan) && asked.tests == result->first_tests;
	for (int frame = 0; frame < PLANNER_TESTS_ALL; frame++) {
		int before = asked.tests;
		planner_improve(planner, scene, &oracle, &result->plan);
		if (asked.tests == before) {
			break;
		}
		result->right &= asked.tests - before <= PLANNER_TESTS_IDLE;
	}
	result->tests = asked.tests;
	result->cost = judge_cost(scene, &result->plan);
	result->right &= is_right(&check, &result->plan) && result->cost == result->plan.cost;
}
