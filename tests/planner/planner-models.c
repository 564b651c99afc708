// SPDX-License-Identifier: MIT
// planner-models DEVICE.ini... -- SCENE.ini...: on every model, every scene: the picture is right, the tests
// are bounded, little is left to save, and the optimum that this is measured by is one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "eval.h"

static char **devices, **scenes;
static int n_devices, n_scenes;

struct run {
	struct model model;
	double sum, worst;
	int n;
};

static double quality(uint64_t total, uint64_t optimum, uint64_t cost) {
	return total == optimum ? 1 : (double)(total - cost) / (double)(total - optimum);
}

static void judge(void *data, const struct model_scene *scene) {
	struct run *run = data;
	struct planner *planner = planner_create();
	assert_non_null(planner);
	struct planner_scene planned;
	model_scene_plan(&run->model, scene, &planned);
	struct eval_result result;
	eval_planner(planner, &run->model, &planned, &result);
	struct planner_plan best;
	uint64_t optimum = optimum_find(&run->model, &planned, &best);
	double q = quality(result.total, optimum, result.cost);
	if (!result.right || q < 0.95) {
		print_error("%s, %s: %s, %.3f of the optimum\n", run->model.name, scene->name,
			result.right ? "right" : "wrong", q);
	}
	assert_true(result.right);
	assert_true(judge_picture(&planned, &best));
	assert_true(optimum <= result.cost);
	assert_true(q >= 0.95);
	assert_true(result.first_tests <= PLANNER_TESTS_NEW && result.tests <= PLANNER_TESTS_ALL);
	// Seen before: no test, the same plan.
	struct eval_oracle asked = {.model = &run->model, .scene = &planned};
	struct planner_oracle oracle = {.test = eval_test, .data = &asked};
	struct planner_plan again;
	assert_int_equal(planner_plan(planner, &planned, &oracle, &again), 0);
	assert_true(judge_cost(&planned, &again) == result.cost);
	planner_destroy(planner);
	run->sum += q;
	run->n++;
}

static void test_all_scenes(void **state) {
	(void)state;
	for (int d = 0; d < n_devices; d++) {
		static struct run run;
		run = (struct run){0};
		assert_true(model_load(&run.model, devices[d]));
		for (int s = 0; s < n_scenes; s++) {
			assert_true(model_scenes_load(scenes[s], judge, &run));
		}
		print_message(
			"%s: %d scenes, %.5f of the optimum\n", run.model.name, run.n, run.sum / run.n);
		assert_true(run.sum / run.n >= 0.99);
		model_finish(&run.model);
	}
}

// ---- the optimum against a search that leaves nothing out at all ----

struct naive {
	const struct model *model;
	const struct planner_scene *scene;
	struct planner_plan plan;
	uint64_t best;
};

static void naive_parts(struct naive *n) {
	uint64_t composed = 0;
	for (int l = 0; l < n->scene->n_layers; l++) {
		composed |= n->plan.plane_of[l] == PLANNER_OFF ? UINT64_C(1) << l : 0;
	}
	struct model_use uses[PLANNER_MAX_PLANES];
	int used = model_uses(n->scene, &n->plan, uses);
	if (model_check(n->model, uses, used, n->scene->width, n->scene->height) != 0) {
		return;
	}
	uint64_t above = 0;
	do {
		n->plan.above = above;
		if (judge_picture(n->scene, &n->plan)) {
			n->best = judge_cost(n->scene, &n->plan);
			return;
		}
		above = (above - composed) & composed;
	} while (above != 0);
}

static void naive_zpos(struct naive *n, int plane) {
	if (plane < n->model->n_planes) {
		const struct planner_plane *p = &n->model->planes[plane];
		bool on = n->plan.layer_of[plane] != PLANNER_OFF;
		for (uint64_t z = p->zpos_min; z <= p->zpos_max && z < p->zpos_min + 4; z++) {
			n->plan.zpos[plane] = z;
			naive_zpos(n, plane + 1);
			if (!on) {
				break;
			}
		}
		return;
	}
	n->plan.below[0] = n->plan.below[1] = 0;
	for (int k = 0; k < 2; k++) {
		for (int q = 0; q < plane; q++) {
			for (int p = 0; p < plane &&
				 n->plan.layer_of[q] == (k ? PLANNER_COMPOSED_ABOVE : PLANNER_COMPOSED);
				 p++) {
				uint64_t zp = n->plan.zpos[p], zq = n->plan.zpos[q];
				if (n->plan.layer_of[p] >= 0 && (zp < zq || (zp == zq && p < q))) {
					n->plan.below[k] |= UINT64_C(1) << n->plan.layer_of[p];
				}
			}
		}
	}
	naive_parts(n);
}

static void naive_search(struct naive *n, int plane) {
	if (plane == n->model->n_planes) {
		if (judge_cost(n->scene, &n->plan) < n->best) {
			naive_zpos(n, 0);
		}
		return;
	}
	bool lower = false, upper = false;
	for (int p = 0; p < plane; p++) {
		lower |= n->plan.layer_of[p] == PLANNER_COMPOSED;
		upper |= n->plan.layer_of[p] == PLANNER_COMPOSED_ABOVE;
	}
	for (int what = PLANNER_COMPOSED_ABOVE; what < n->scene->n_layers; what++) {
		if ((what == PLANNER_COMPOSED && lower) || (what == PLANNER_COMPOSED_ABOVE && upper) ||
			(what >= 0 &&
				(n->plan.plane_of[what] != PLANNER_OFF || n->scene->layers[what].refused != 0 ||
					!n->scene->layers[what].visible))) {
			continue;
		}
		n->plan.layer_of[plane] = what;
		if (what >= 0) {
			n->plan.plane_of[what] = plane;
		}
		naive_search(n, plane + 1);
		if (what >= 0) {
			n->plan.plane_of[what] = PLANNER_OFF;
		}
		n->plan.layer_of[plane] = PLANNER_OFF;
	}
}

static void test_optimum(void **state) {
	(void)state;
	for (int d = 0; d < n_devices; d++) {
		struct model model;
		assert_true(model_load(&model, devices[d]));
		for (uint64_t seed = 0; seed < 16 && model.n_planes <= 4; seed++) {
			struct model_scene scene;
			model_scene_random((int)seed, 300 + seed, 3, &scene);
			struct planner_scene planned;
			model_scene_plan(&model, &scene, &planned);
			struct naive naive = {.model = &model, .scene = &planned};
			planner_plan_composed(&planned, &naive.plan);
			naive.plan.layer_of[model.primary] = PLANNER_OFF;
			naive.best = judge_total(&planned);
			naive_search(&naive, 0);
			struct planner_plan best;
			assert_true(optimum_find(&model, &planned, &best) == naive.best);
		}
		model_finish(&model);
	}
}

// ---- what moves costs no test ----

static void settle(struct planner *planner, const struct planner_scene *scene,
	const struct planner_oracle *oracle, struct planner_plan *plan) {
	planner_plan(planner, scene, oracle, plan);
	while (planner_improve(planner, scene, oracle, plan) > 0) {
	}
}

// A cursor over a video and a picture beside it, moved all over the screen; also a whole window.
static void move(const struct model *model, struct model_scene *scene, int moving) {
	struct planner *planner = planner_create();
	assert_non_null(planner);
	struct planner_scene planned;
	model_scene_plan(model, scene, &planned);
	struct eval_oracle asked = {.model = model, .scene = &planned};
	struct planner_oracle oracle = {.test = eval_test, .data = &asked};
	struct planner_plan plan;
	struct planner_layer *layer = &scene->layers[moving];
	// The first round may test what has not been seen, the second one has nothing left to ask.
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++) {
			layer->x = i * 7 % (scene->width - layer->width);
			layer->y = i * 5 % (scene->height - layer->height);
			planner_measure(scene->layers, scene->n_layers, scene->width, scene->height);
			if (round == 0) {
				settle(planner, &planned, &oracle, &plan);
			} else {
				assert_int_equal(planner_plan(planner, &planned, &oracle, &plan), 0);
				assert_int_equal(planner_improve(planner, &planned, &oracle, &plan), 0);
			}
			assert_true(judge_picture(&planned, &plan));
		}
	}
	planner_destroy(planner);
}

static void test_moving(void **state) {
	(void)state;
	for (int d = 0; d < n_devices; d++) {
		struct model model;
		assert_true(model_load(&model, devices[d]));
		struct model_scene scene = {.width = 1920, .height = 1080, .n_layers = 3};
		scene.layers[0] = (struct planner_layer){.format = DRM_FORMAT_XRGB8888,
			.width = 1920,
			.height = 1080,
			.buffer_width = 1920,
			.buffer_height = 1080,
			.src_w = 1920 << 16,
			.src_h = 1080 << 16,
			.opaque = true,
			.rate_mhz = 10000};
		scene.layers[1] = (struct planner_layer){.format = DRM_FORMAT_XRGB8888,
			.x = 300,
			.y = 200,
			.width = 640,
			.height = 360,
			.buffer_width = 640,
			.buffer_height = 360,
			.src_w = 640 << 16,
			.src_h = 360 << 16,
			.opaque = true,
			.rate_mhz = 60000};
		scene.layers[2] = (struct planner_layer){.format = DRM_FORMAT_ARGB8888,
			.width = 64,
			.height = 64,
			.buffer_width = 64,
			.buffer_height = 64,
			.src_w = 64 << 16,
			.src_h = 64 << 16,
			.rate_mhz = 60000};
		move(&model, &scene, 2);
		move(&model, &scene, 1);
		model_finish(&model);
	}
}

int main(int argc, char **argv) {
	int split = 1;
	while (split < argc && strcmp(argv[split], "--") != 0) {
		split++;
	}
	devices = argv + 1;
	n_devices = split - 1;
	scenes = argv + split + 1;
	n_scenes = argc - split - 1;
	if (n_devices < 1 || n_scenes < 1) {
		print_error("usage: planner-models DEVICE.ini... -- SCENE.ini...\n");
		return 2;
	}
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_scenes),
		cmocka_unit_test(test_optimum),
		cmocka_unit_test(test_moving),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
