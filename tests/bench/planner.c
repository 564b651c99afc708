// SPDX-License-Identifier: MIT
// bench-planner DEVICE.ini... -- SCENE.ini...: the planner and other choosers on models, as JSON lines;
// then how long the planner takes. planner.py makes figures of them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eval.h"
#include "planner-peers.h"

struct run {
	struct model model;
	const char *device;
	bool failed;
};

// Of this thread: what others do on the machine does not count.
static int64_t now_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void print_peer(const struct run *run, const char *name, const struct planner_scene *scene,
	const struct peer_result *r) {
	struct model_use uses[PLANNER_MAX_PLANES];
	int n = model_uses(scene, &r->plan, uses);
	bool taken = model_check(&run->model, uses, n, scene->width, scene->height) == 0;
	printf(", \"%s\": {\"cost\": %llu, \"tests\": %d, \"right\": %s}", name,
		(unsigned long long)judge_cost(scene, &r->plan), r->tests,
		taken && judge_picture(scene, &r->plan) ? "true" : "false");
}

static void measure(void *data, const struct model_scene *scene) {
	struct run *run = data;
	struct planner_scene planned;
	model_scene_plan(&run->model, scene, &planned);
	struct planner *planner = planner_create();
	if (planner == NULL) {
		run->failed = true;
		return;
	}
	struct eval_result own;
	eval_planner(planner, &run->model, &planned, &own);
	planner_destroy(planner);
	struct planner_plan best;
	uint64_t optimum = optimum_find(&run->model, &planned, &best);
	printf(
		"{\"device\": \"%s\", \"scene\": \"%s\", \"total\": %llu, \"optimum\": %llu, "
		"\"vitrine\": {\"cost\": %llu, \"first_cost\": %llu, \"tests\": %d, \"first_tests\": %d, "
		"\"right\": %s}",
		run->device, scene->name, (unsigned long long)own.total, (unsigned long long)optimum,
		(unsigned long long)own.cost, (unsigned long long)own.first_cost, own.tests,
		own.first_tests, own.right && judge_picture(&planned, &best) ? "true" : "false");
	struct peer_result peer;
	peer_liftoff(&run->model, &planned, &peer);
	print_peer(run, "libliftoff", &planned, &peer);
	peer_greedy(&run->model, &planned, &peer);
	print_peer(run, "greedy", &planned, &peer);
	peer_primary_cursor(&run->model, &planned, &peer);
	print_peer(run, "primary+cursor", &planned, &peer);
	printf("}\n");
}

// ---- time ----

enum { TIMED_SCENES = 400, TIMED_LAYERS = 8, TIMED_PLANES = 10 };

struct timed_oracle {
	struct eval_oracle oracle;
	int64_t spent_ns;
};

static enum planner_verdict timed_test(void *data, const struct planner_plan *plan) {
	struct timed_oracle *timed = data;
	int64_t start = now_ns();
	enum planner_verdict verdict = eval_test(&timed->oracle, plan);
	timed->spent_ns += now_ns() - start;
	return verdict;
}

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print_times(const char *device, const char *what, double *us, int n) {
	qsort(us, (size_t)n, sizeof(us[0]), compare);
	printf(
		"{\"time\": \"%s\", \"device\": \"%s\", \"n\": %d, \"median_us\": %.2f, \"p99_us\": %.2f, "
		"\"max_us\": %.2f}\n",
		what, device, n, us[n / 2], us[n * 99 / 100], us[n - 1]);
}

// 8 layers on 10 planes: the device's first ten, the last overlay repeated if it has fewer.
static void widen(struct model *model) {
	int from = model->n_planes - 1;
	for (int p = 0; p < model->n_planes; p++) {
		from = model->planes[p].type == PLANNER_PLANE_OVERLAY ? p : from;
	}
	for (int p = model->n_planes; p < TIMED_PLANES; p++) {
		model->planes[p] = model->planes[from];
		model->hidden[p] = model->hidden[from];
		if (model->planes[p].zpos_min == model->planes[p].zpos_max) {
			model->planes[p].zpos = model->planes[p].zpos_min = model->planes[p].zpos_max =
				(uint64_t)(100 + p);
		}
	}
	model->n_planes = TIMED_PLANES;
}

static void measure_time(const char *path, const char *device) {
	static double fresh[TIMED_SCENES], known[TIMED_SCENES], moved[TIMED_SCENES];
	struct model model;
	if (!model_load(&model, path)) {
		exit(2);
	}
	int n_planes = model.n_planes;
	widen(&model);
	struct planner *planner = planner_create();
	for (int i = 0; planner != NULL && i < TIMED_SCENES; i++) {
		struct model_scene scene;
		model_scene_random(i, 90000 + (uint64_t)i, TIMED_LAYERS, &scene);
		struct planner_scene planned;
		model_scene_plan(&model, &scene, &planned);
		planner_forget(planner);
		struct timed_oracle timed = {.oracle = {.model = &model, .scene = &planned}};
		struct planner_oracle oracle = {.test = timed_test, .data = &timed};
		struct planner_plan plan;
		int64_t start = now_ns();
		planner_plan(planner, &planned, &oracle, &plan);
		fresh[i] = (double)(now_ns() - start - timed.spent_ns) / 1000;
		start = now_ns();
		planner_plan(planner, &planned, &oracle, &plan);
		known[i] = (double)(now_ns() - start) / 1000;
		struct planner_layer *top = &scene.layers[scene.n_layers - 1];
		top->x = top->x > 40 ? top->x - 40 : top->x + 40; // may change who overlaps whom
		start = now_ns();
		planner_plan(planner, &planned, &oracle, &plan);
		moved[i] = (double)(now_ns() - start) / 1000;
	}
	planner_destroy(planner);
	print_times(device, "new", fresh, TIMED_SCENES);
	print_times(device, "known", known, TIMED_SCENES);
	print_times(device, "moved", moved, TIMED_SCENES);
	for (int p = n_planes; p < TIMED_PLANES; p++) { // borrowed
		model.hidden[p].formats = (struct format_set){0};
	}
	model.n_planes = n_planes > TIMED_PLANES ? n_planes : TIMED_PLANES;
	model_finish(&model);
}

int main(int argc, char **argv) {
	int split = 1;
	while (split < argc && strcmp(argv[split], "--") != 0) {
		split++;
	}
	if (split == 1 || split >= argc - 1) {
		fprintf(stderr, "usage: bench-planner DEVICE.ini... -- SCENE.ini...\n");
		return 2;
	}
	static struct run run;
	for (int d = 1; d < split; d++) {
		const char *base = strrchr(argv[d], '/');
		char name[64];
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(base != NULL ? base + 1 : argv[d], "."),
			base != NULL ? base + 1 : argv[d]);
		run.device = name;
		if (!model_load(&run.model, argv[d])) {
			return 2;
		}
		for (int s = split + 1; s < argc; s++) {
			run.failed |= !model_scenes_load(argv[s], measure, &run);
		}
		model_finish(&run.model);
		measure_time(argv[d], name);
	}
	return run.failed ? 1 : 0;
}
