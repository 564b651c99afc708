// SPDX-License-Identifier: MIT
// planner-eval's files: a device, then after a line "----" a scene. What is understood is planned, and the plan
// shows the scene.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "fuzz.h"

enum { MAX_SCENES = 4 }; // of a file

struct run {
	struct model model;
	int n_scenes;
};

static unsigned long n_planned, n_refused;

bool fuzz_is_mixture(void) {
	printf("%lu planned, %lu refused\n", n_planned, n_refused);
	return n_planned > 0 && n_refused > 0;
}

static void plan(void *data, const struct model_scene *scene) {
	struct run *run = data;
	if (run->n_scenes++ >= MAX_SCENES) {
		return;
	}
	struct planner *planner = planner_create();
	fuzz_assert(planner != NULL);
	struct planner_scene planned;
	model_scene_plan(&run->model, scene, &planned);
	static struct eval_result result;
	eval_planner(planner, &run->model, &planned, &result);
	// A device that refuses the composed picture by itself shows nothing, whatever is planned.
	struct planner_plan composed;
	planner_plan_composed(&planned, &composed);
	struct eval_oracle oracle = {.model = &run->model, .scene = &planned};
	if (eval_test(&oracle, &composed) == PLANNER_ACCEPTED) {
		fuzz_assert(result.right);
		fuzz_assert(result.first_tests <= PLANNER_TESTS_NEW && result.tests <= PLANNER_TESTS_ALL);
	} else {
		fuzz_assert(judge_picture(&planned, &result.plan));
	}
	fuzz_assert(result.cost <= result.total);
	planner_destroy(planner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct run run;
	size_t scene_size;
	const uint8_t *scene = fuzz_split(data, &size, &scene_size);
	fuzz_silence();
	run.n_scenes = 0;
	const char *device = fuzz_write("device.ini", data, size);
	if (!model_load(&run.model, device)) {
		n_refused++;
		return 0;
	}
	if (model_scenes_load(fuzz_write("scene.ini", scene, scene_size), plan, &run)) {
		n_planned += run.n_scenes > 0;
	} else {
		n_refused++;
	}
	model_finish(&run.model);
	return 0;
}
