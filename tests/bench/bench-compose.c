// SPDX-License-Identifier: MIT
// bench-compose [PAIRS]: composing beside what it is made of, as JSON lines. Both sides of a pair take
// turns on the same memory, so that what disturbs one disturbs both. compose_bench.py makes figures of
// them.
#include <drm_fourcc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "render/render.h"

struct bench {
	int width, height;
	size_t size; // bytes of one picture
	uint8_t *opaque, *blended, *target;
	pixman_image_t *images[3]; // of these
	pixman_region32_t all;
	struct render_scratch *scratch[2];
	struct render_canvas *canvas;
	struct render_workers *workers; // of two threads
};

typedef void (*side_func)(struct bench *bench);

static int64_t now_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *allocate(size_t size) {
	void *data = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
	if (!data) {
		fprintf(stderr, "bench-compose: out of memory\n");
		exit(1);
	}
	return data;
}

// Colours of noise, a third of the pixels half transparent in some way, the others not at all or wholly.
static void paint(uint8_t *data, size_t size, bool alpha) {
	uint32_t random = 88172645;
	for (size_t i = 0; i < size; i += 4) {
		random ^= random << 13;
		random ^= random >> 17;
		random ^= random << 5;
		uint32_t kind = random >> 29;
		uint32_t a = !alpha || kind < 3 ? 255 : kind < 6 ? random >> 8 & 0xff : 0;
		for (int c = 0; c < 3; c++) {
			data[i + (size_t)c] = (uint8_t)((random >> (8 * c) & 0xff) * a / 255);
		}
		data[i + 3] = (uint8_t)a;
	}
}

static void bench_init(struct bench *bench, int width, int height) {
	*bench = (struct bench){
		.width = width, .height = height, .size = (size_t)width * (size_t)height * 4};
	bench->opaque = allocate(bench->size);
	bench->blended = allocate(bench->size);
	bench->target = allocate(bench->size);
	paint(bench->opaque, bench->size, false);
	paint(bench->blended, bench->size, true);
	memset(bench->target, 0, bench->size);
	uint8_t *data[3] = {bench->opaque, bench->blended, bench->target};
	for (int i = 0; i < 3; i++) {
		bench->images[i] =
			pixman_image_create_bits_no_clear(i == 1 ? PIXMAN_a8r8g8b8 : PIXMAN_x8r8g8b8, width,
				height, (uint32_t *)(void *)data[i], 4 * width);
	}
	pixman_region32_init_rect(&bench->all, 0, 0, (unsigned)width, (unsigned)height);
	bench->workers = render_workers_create(2);
}

static void bench_finish(struct bench *bench) {
	render_workers_destroy(bench->workers);
	render_canvas_destroy(bench->canvas);
	for (int i = 0; i < 2; i++) {
		render_scratch_destroy(bench->scratch[i]);
	}
	for (int i = 0; i < 3; i++) {
		pixman_image_unref(bench->images[i]);
	}
	pixman_region32_fini(&bench->all);
	free(bench->opaque);
	free(bench->blended);
	free(bench->target);
}

static void compose(struct bench *bench, int n_layers, struct render_workers *workers) {
	struct render_layer layers[2];
	for (int i = 0; i < 2; i++) {
		layers[i] = (struct render_layer){
			.pixels =
				{
					.format = i == 0 ? DRM_FORMAT_XRGB8888 : DRM_FORMAT_ARGB8888,
					.width = bench->width,
					.height = bench->height,
					.n_planes = 1,
					.data = {i == 0 ? bench->opaque : bench->blended},
					.stride = {4 * (uint32_t)bench->width},
				},
			.src = {0, 0, bench->width, bench->height},
			.width = bench->width,
			.height = bench->height,
			.visible = &bench->all,
			.scratch = &bench->scratch[i],
		};
	}
	struct render_target target = {
		.format = DRM_FORMAT_XRGB8888,
		.width = bench->width,
		.height = bench->height,
		.data = bench->target,
		.stride = 4 * (uint32_t)bench->width,
		.canvas = &bench->canvas,
		.workers = workers,
	};
	struct render_stats stats = {0};
	if (!render_compose(&target, &bench->all, layers, n_layers, &stats) ||
		stats.bytes != bench->size * (size_t)n_layers) {
		fprintf(stderr, "bench-compose: not what should be composed\n");
		exit(1);
	}
}

static void compose_copy(struct bench *bench) {
	compose(bench, 1, NULL);
}

static void compose_over(struct bench *bench) {
	compose(bench, 2, NULL);
}

static void compose_copy_shared(struct bench *bench) {
	compose(bench, 1, bench->workers);
}

static void compose_over_shared(struct bench *bench) {
	compose(bench, 2, bench->workers);
}

static void bare_copy(struct bench *bench) {
	memcpy(bench->target, bench->opaque, bench->size);
}

static void bare_over(struct bench *bench) {
	for (int i = 0; i < 2; i++) {
		pixman_image_composite32(i == 0 ? PIXMAN_OP_SRC : PIXMAN_OP_OVER, bench->images[i], NULL,
			bench->images[2], 0, 0, 0, 0, 0, 0, bench->width, bench->height);
	}
}

static const struct {
	const char *name;
	side_func ours, theirs;
} cases[] = {
	{"copy", compose_copy, bare_copy},
	{"over", compose_over, bare_over},
	{"copy-threads", compose_copy_shared, compose_copy},
	{"over-threads", compose_over_shared, compose_over},
};

static int64_t measure(struct bench *bench, side_func side) {
	int64_t start = now_ns();
	side(bench);
	return now_ns() - start;
}

int main(int argc, char **argv) {
	static const int sizes[][2] = {{1920, 1080}, {3840, 2160}};
	int pairs = argc > 1 ? atoi(argv[1]) : 60;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct bench bench;
		bench_init(&bench, sizes[s][0], sizes[s][1]);
		for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
			measure(&bench, cases[c].ours); // memory and images are made
			measure(&bench, cases[c].theirs);
			for (int i = 0; i < pairs; i++) {
				bool first = i % 2 == 0;
				int64_t ours = first ? measure(&bench, cases[c].ours) : 0;
				int64_t theirs = measure(&bench, cases[c].theirs);
				ours = first ? ours : measure(&bench, cases[c].ours);
				printf("{\"case\": \"%s\", \"size\": \"%dx%d\", \"ours_ns\": %lld, "
					   "\"theirs_ns\": %lld}\n",
					cases[c].name, bench.width, bench.height, (long long)ours, (long long)theirs);
			}
		}
		bench_finish(&bench);
	}
	return 0;
}
