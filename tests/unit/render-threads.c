// SPDX-License-Identifier: MIT
// Composing with several threads: the picture of one to the bit, threads only where they are of use,
// nothing allocated frame after frame, and all of them end. For the thread sanitizer:
//
//     meson setup build/tsan -Db_sanitize=thread -Db_lundef=false
//     ninja -C build/tsan tests/unit/test-render-threads && build/tsan/tests/unit/test-render-threads
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "allocations.h"
#include "render-oracle.h"
#include "render/private.h"

enum { WIDTH = 1024, HEIGHT = 700, MAX_LAYERS = 6, SCENES = 60 };

static uint32_t alone[HEIGHT][WIDTH], shared[HEIGHT][WIDTH];

static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_ARGB8888,
	DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565, DRM_FORMAT_NV12, DRM_FORMAT_YUYV, DRM_FORMAT_P010,
	DRM_FORMAT_RGB888};

struct scene {
	struct render_layer layers[MAX_LAYERS];
	struct picture pictures[MAX_LAYERS];
	pixman_region32_t opaque[MAX_LAYERS], damage;
	struct render_scratch *scratch[MAX_LAYERS];
	int n;
};

static void random_boxes(pixman_region32_t *region, int n) {
	pixman_region32_init(region);
	for (int i = 0; i < n; i++) {
		pixman_region32_union_rect(region, region, random_int(0, WIDTH), random_int(0, HEIGHT),
			(unsigned)random_int(1, 300), (unsigned)random_int(1, 300));
	}
}

static void random_layer(struct render_layer *layer, struct picture *picture) {
	*layer = (struct render_layer){
		.x = random_int(-200, WIDTH - 100),
		.y = random_int(-200, HEIGHT - 100),
		.width = random_int(1, WIDTH),
		.height = random_int(1, HEIGHT),
		.transform = random_int(0, 1) ? (enum wl_output_transform)random_int(0, 7)
									  : WL_OUTPUT_TRANSFORM_NORMAL,
	};
	*picture = (struct picture){0};
	if (random_int(0, 5) == 0) {
		uint16_t alpha = (uint16_t)(random_int(0, 1) ? 0xffff : random_int(0, 0xffff));
		for (int i = 0; i < 4; i++) {
			layer->pixels.solid[i] = (uint16_t)(i < 3 ? random_int(0, alpha) : alpha);
		}
		return;
	}
	bool sideways = layer->transform % 2;
	int width = sideways ? layer->height : layer->width;
	int height = sideways ? layer->width : layer->height;
	layer->src = (struct render_box){random_int(0, 5), random_int(0, 5), width, height};
	if (random_int(0, 1)) { // scaled; sometimes to much less
		layer->src.width = random_int(1, 800 * 16) / 16.0;
		layer->src.height = random_int(1, 800 * 16) / 16.0;
		layer->src.x += random_int(0, 15) / 16.0;
	}
	picture_init(picture, formats[random_int(0, 8)],
		(int)ceil(layer->src.x + layer->src.width) + random_int(0, 3),
		(int)ceil(layer->src.y + layer->src.height) + random_int(0, 3), random_int(0, 1) * 3, 0);
	picture_premultiply(picture);
	layer->pixels = picture->pixels;
	layer->pixels.y_invert = random_int(0, 3) == 0;
}

static void scene_init(struct scene *scene) {
	*scene = (struct scene){.n = random_int(1, MAX_LAYERS)};
	for (int i = 0; i < scene->n; i++) {
		random_layer(&scene->layers[i], &scene->pictures[i]);
		random_boxes(&scene->opaque[i], random_int(0, 4));
		scene->layers[i].opaque = &scene->opaque[i];
		scene->layers[i].scratch = random_int(0, 3) ? &scene->scratch[i] : NULL;
	}
	random_boxes(&scene->damage, random_int(0, 20));
	pixman_region32_union_rect( // large enough for several threads
		&scene->damage, &scene->damage, random_int(0, 20), random_int(0, 100), WIDTH, HEIGHT - 100);
}

static void scene_finish(struct scene *scene) {
	for (int i = 0; i < scene->n; i++) {
		picture_finish(&scene->pictures[i]);
		render_scratch_destroy(scene->scratch[i]);
		pixman_region32_fini(&scene->opaque[i]);
	}
	pixman_region32_fini(&scene->damage);
}

static struct render_stats compose(const struct scene *scene, uint32_t pixels[HEIGHT][WIDTH],
	struct render_canvas **canvas, struct render_workers *workers) {
	struct render_target target = {
		.format = DRM_FORMAT_XRGB8888,
		.width = WIDTH,
		.height = HEIGHT,
		.data = (uint8_t *)pixels,
		.stride = sizeof(pixels[0]),
		.canvas = canvas,
		.workers = workers,
	};
	struct render_stats stats = {0};
	assert_true(render_compose(&target, &scene->damage, scene->layers, scene->n, &stats));
	return stats;
}

static void test_same_picture(void **state) {
	(void)state;
	static const int counts[] = {2, 3, RENDER_MAX_THREADS};
	struct render_workers *workers[3];
	struct render_canvas *canvas[4] = {0};
	for (int i = 0; i < 3; i++) {
		workers[i] = render_workers_create(counts[i]);
		assert_non_null(workers[i]);
	}
	for (int round = 0; round < SCENES; round++) {
		struct scene scene;
		scene_init(&scene);
		memset(alone, 0x33, sizeof(alone));
		struct render_stats expected = compose(&scene, alone, &canvas[3], NULL);
		for (int i = 0; i < 3; i++) {
			memset(shared, 0x33, sizeof(shared));
			struct render_stats stats =
				compose(&scene, shared, random_int(0, 3) ? &canvas[i] : NULL, workers[i]);
			assert_int_equal(stats.pixels, expected.pixels);
			assert_int_equal(stats.bytes, expected.bytes);
			if (memcmp(alone, shared, sizeof(alone)) != 0) {
				fail_msg("scene %d is another picture with %d threads", round, counts[i]);
			}
		}
		scene_finish(&scene);
	}
	for (int i = 0; i < 3; i++) {
		assert_true(render_workers_started(workers[i]) > 0);
		assert_true(render_workers_started(workers[i]) < counts[i]);
		render_workers_destroy(workers[i]);
	}
	for (int i = 0; i < 4; i++) {
		render_canvas_destroy(canvas[i]);
	}
}

static void scene_of_one(struct scene *scene, uint32_t format) {
	*scene = (struct scene){.n = 1};
	picture_init(&scene->pictures[0], format, WIDTH, HEIGHT, 0, 0);
	picture_premultiply(&scene->pictures[0]);
	scene->layers[0] = (struct render_layer){
		.pixels = scene->pictures[0].pixels,
		.src = {0, 0, WIDTH, HEIGHT},
		.width = WIDTH,
		.height = HEIGHT,
		.scratch = &scene->scratch[0],
	};
	pixman_region32_init(&scene->opaque[0]);
	pixman_region32_init_rect(&scene->damage, 0, 0, WIDTH, HEIGHT);
}

// A thread that drew from a buffer has its own image of it.
static void test_others_draw(void **state) {
	(void)state;
	struct scene scene;
	scene_of_one(&scene, DRM_FORMAT_RGB565); // which is not merely copied
	struct render_canvas *canvas = NULL;
	struct render_workers *workers = render_workers_create(2);
	do { // until the other one got to it
		compose(&scene, shared, &canvas, workers);
	} while (!scene.scratch[0]->images[1].image.image);
	assert_int_equal(render_workers_started(workers), 1);
	render_workers_destroy(workers);
	render_canvas_destroy(canvas);
	scene_finish(&scene);
}

static void meet(void *data, int thread) {
	assert_in_range(thread, 0, 3);
	pthread_barrier_wait(data);
}

static void test_all_at_once(void **state) {
	(void)state;
	pthread_barrier_t barrier;
	pthread_barrier_init(&barrier, NULL, 4);
	struct render_workers *workers = render_workers_create(4);
	assert_int_equal(render_workers_threads(workers), 4);
	for (int i = 0; i < 200; i++) {
		render_workers_run(workers, 4, meet, &barrier);
	}
	assert_int_equal(render_workers_started(workers), 3);
	render_workers_destroy(workers);
	pthread_barrier_destroy(&barrier);
}

// ---- sleep ----

// Reads `field` of /proc/self/task/TID/status of the one thread that composes; false if there is none.
static bool read_thread(const char *field, char value[64]) {
	DIR *tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	bool found = false;
	struct dirent *task;
	while (!found && (task = readdir(tasks)) != NULL) {
		char path[300], line[200], name[200] = "";
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", task->d_name);
		FILE *file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file)) {
			size_t length = strlen(field);
			sscanf(line, "Name: %199s", name);
			if (strcmp(name, "compose") == 0 && strncmp(line, field, length) == 0) {
				snprintf(value, 64, "%.60s", line + length);
				found = true;
			}
		}
		if (file) {
			fclose(file);
		}
	}
	closedir(tasks);
	return found;
}

static void test_small_frames_wake_nobody(void **state) {
	(void)state;
	struct scene scene;
	scene_of_one(&scene, DRM_FORMAT_XRGB8888);
	struct render_canvas *canvas = NULL;
	struct render_workers *workers = render_workers_create(2);
	pixman_region32_t all = scene.damage;
	pixman_region32_init_rect(&scene.damage, 5, 5, 100, HEIGHT - 10);
	char value[64], later[64];
	for (int i = 0; i < 100; i++) {
		compose(&scene, shared, &canvas, workers);
	}
	assert_int_equal(render_workers_started(workers), 0);
	assert_false(read_thread("State:", value));

	struct scene large = scene;
	large.damage = all;
	compose(&large, shared, &canvas, workers);
	assert_int_equal(render_workers_started(workers), 1);
	do { // until it sleeps
		usleep(1000);
		assert_true(read_thread("State:", value));
	} while (!strchr(value, 'S'));
	assert_true(read_thread("voluntary_ctxt_switches:", value));
	for (int i = 0; i < 1000; i++) {
		compose(&scene, shared, &canvas, workers);
	}
	assert_true(read_thread("voluntary_ctxt_switches:", later));
	assert_string_equal(later, value);
	render_workers_destroy(workers);
	assert_false(read_thread("State:", value));
	render_canvas_destroy(canvas);
	pixman_region32_fini(&all);
	scene_finish(&scene);
}

static void test_unused_workers(void **state) {
	(void)state;
	struct render_workers *workers = render_workers_create(0);
	assert_in_range(render_workers_threads(workers), 1, RENDER_MAX_THREADS);
	assert_int_equal(render_workers_started(workers), 0);
	render_workers_destroy(workers);
	render_workers_destroy(NULL);
	workers = render_workers_create(1000);
	assert_int_equal(render_workers_threads(workers), RENDER_MAX_THREADS);
	render_workers_destroy(workers);
	assert_int_equal(render_workers_threads(NULL), 1);
	assert_int_equal(render_workers_started(NULL), 0);
}

// ---- allocations ----

// Which thread comes to draw what is chance: each of them makes its images once, whenever that is.
static void test_frames_allocate_nothing(void **state) {
	(void)state;
	enum { FRAMES = 600, ONCE = 100 };
	count_allocations();
	struct scene scene;
	scene_of_one(&scene, DRM_FORMAT_RGB565);
	struct render_canvas *canvas = NULL;
	struct render_workers *workers = render_workers_create(2);
	int before = allocations;
	for (int frame = 0; frame < FRAMES; frame++) {
		compose(&scene, shared, &canvas, workers);
	}
	assert_in_range(allocations - before, 1, ONCE);
	render_workers_destroy(workers);
	render_canvas_destroy(canvas);
	scene_finish(&scene);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_picture),
		cmocka_unit_test(test_others_draw),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_small_frames_wake_nobody),
		cmocka_unit_test(test_unused_workers),
		cmocka_unit_test(test_frames_allocate_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
