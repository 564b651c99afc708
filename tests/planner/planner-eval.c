// SPDX-License-Identifier: MIT
// planner-eval [--json] DEVICE.ini SCENE.ini...: what the planner makes of scenes on a device, beside
// the best that is possible.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"

struct run {
	struct model model;
	bool json, failed;
	int scenes;
};

static double part(uint64_t cost, uint64_t total) {
	return total != 0 ? 1 - (double)cost / (double)total : 1;
}

static void print_reasons(uint32_t reasons, const char *quote) {
	const char *comma = "";
	for (unsigned i = 0; planner_reason_name(i) != NULL; i++) {
		if (reasons & (1u << i)) {
			printf("%s%s%s%s", comma, quote, planner_reason_name(i), quote);
			comma = ", ";
		}
	}
}

static void print_json(struct run *run, const struct model_scene *scene,
	const struct eval_result *r, uint64_t optimum) {
	printf("%s{\"device\": \"%s\", \"scene\": \"%s\", \"cost\": %llu, \"optimum_cost\": %llu, "
		   "\"saved\": %.6f, \"optimum_saved\": %.6f, \"tests\": %d, \"first_tests\": %d, "
		   "\"first_saved\": %.6f, \"right\": %s, \"assignment\": [",
		run->scenes > 0 ? "\n" : "", run->model.name, scene->name, (unsigned long long)r->cost,
		(unsigned long long)optimum, part(r->cost, r->total), part(optimum, r->total), r->tests,
		r->first_tests, part(r->first_cost, r->total), r->right ? "true" : "false");
	for (int l = 0; l < scene->n_layers; l++) {
		printf("%s{\"layer\": %d, \"plane\": %d, \"reasons\": [", l > 0 ? ", " : "", l,
			r->plan.plane_of[l]);
		print_reasons(r->plan.reasons[l], "\"");
		printf("]}");
	}
	printf("]}");
}

static const char *role(const struct model_scene *scene, const struct planner_plan *plan, int l) {
	return !scene->layers[l].visible ? "culled"
		: plan->above >> l & 1       ? "composed above"
									 : "composed";
}

static void print_text(const struct run *run, const struct model_scene *scene,
	const struct eval_result *r, uint64_t optimum, const struct planner_plan *best) {
	printf(
		"%s on %s: %.1f %% saved (optimum %.1f %%), %d tests (%d at once, which saved %.1f %%)%s\n",
		scene->name, run->model.name, 100 * part(r->cost, r->total), 100 * part(optimum, r->total),
		r->tests, r->first_tests, 100 * part(r->first_cost, r->total), r->right ? "" : " WRONG");
	for (int l = scene->n_layers - 1; l >= 0; l--) {
		const struct planner_layer *layer = &scene->layers[l];
		char format[5];
		format_name(layer->format, format);
		printf("  layer %d %s %dx%d at %d,%d, %4.1f %%: ", l, format, layer->width, layer->height,
			layer->x, layer->y,
			100 * (double)planner_layer_cost(layer) / (double)(r->total != 0 ? r->total : 1));
		int p = r->plan.plane_of[l];
		if (p >= 0) {
			bool under = ((r->plan.below[0] | r->plan.below[1]) >> l & 1) != 0;
			printf("plane %d zpos %llu%s", p, (unsigned long long)r->plan.zpos[p],
				under ? ", below the picture" : "");
		} else {
			printf("%s ", role(scene, &r->plan, l));
			print_reasons(r->plan.reasons[l], "");
		}
		if (optimum < r->cost) {
			printf(best->plane_of[l] >= 0 ? " (optimum: plane %d)" : " (optimum: composed)",
				best->plane_of[l]);
		}
		printf("\n");
	}
	for (int p = 0; p < run->model.n_planes; p++) {
		if (r->plan.layer_of[p] < PLANNER_OFF) {
			printf("  composed picture%s on plane %d zpos %llu\n",
				r->plan.layer_of[p] == PLANNER_COMPOSED_ABOVE ? " (upper)" : "", p,
				(unsigned long long)r->plan.zpos[p]);
		}
	}
}

static void evaluate(void *data, const struct model_scene *scene) {
	struct run *run = data;
	struct planner *planner = planner_create();
	if (planner == NULL) {
		run->failed = true;
		return;
	}
	struct planner_scene planned;
	model_scene_plan(&run->model, scene, &planned);
	struct eval_result result;
	eval_planner(planner, &run->model, &planned, &result);
	planner_destroy(planner);
	struct planner_plan best;
	uint64_t optimum = optimum_find(&run->model, &planned, &best);
	if (!judge_picture(&planned, &best) || optimum > result.cost) {
		fprintf(stderr, "%s: the optimum found is none\n", scene->name);
		run->failed = true;
	}
	run->failed |= !result.right;
	if (run->json) {
		print_json(run, scene, &result, optimum);
	} else {
		print_text(run, scene, &result, optimum, &best);
	}
	run->scenes++;
}

int main(int argc, char **argv) {
	static struct run run;
	int at = 1;
	if (at < argc && strcmp(argv[at], "--json") == 0) {
		run.json = true;
		at++;
	}
	if (argc - at < 2) {
		fprintf(stderr, "usage: planner-eval [--json] DEVICE.ini SCENE.ini...\n");
		return 2;
	}
	if (!model_load(&run.model, argv[at++])) {
		return 2;
	}
	for (; at < argc; at++) {
		run.failed |= !model_scenes_load(argv[at], evaluate, &run);
	}
	if (run.json) {
		printf("\n");
	}
	model_finish(&run.model);
	return run.failed ? 1 : 0;
}
