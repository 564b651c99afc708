// SPDX-License-Identifier: MIT
// What drivers are told of a composed picture's damage holds all that differs from the one shown before, px by
// px; on an output made up for the purpose.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "output/internal.h"

enum { SIZE = 32, ROUNDS = 20000 };

struct fake {
	struct output output;
	struct kms_device device;
	struct scene_layer ground, plane; // one is composed, the other on a plane above it
	struct scene_buffer buffers[2];
	struct frame frames[2];
	struct frame_layer layers[2][2];
	uint32_t ground_px[SIZE * SIZE], px[OUTPUT_TARGETS][SIZE * SIZE];
	uint32_t colour; // of what changed last
};

static void forget(struct scene_buffer *buffer) {
	(void)buffer;
}

static bool begin_access(struct scene_buffer *buffer, struct scene_pixels *pixels) {
	struct fake *fake = wl_container_of(buffer, fake, buffers[0]);
	*pixels = (struct scene_pixels){
		.n_planes = 1, .data = {(const uint8_t *)fake->ground_px}, .stride = {SIZE * 4}};
	return true;
}

static bool end_access(struct scene_buffer *buffer) {
	(void)buffer;
	return true;
}

static const struct scene_buffer_ops ops = {
	.destroy = forget, .begin_access = begin_access, .end_access = end_access};

static void add_target(struct fake *fake, int i) {
	struct kms_dumb *dumb = calloc(1, sizeof(*dumb));
	assert_non_null(dumb);
	*dumb = (struct kms_dumb){.width = SIZE,
		.height = SIZE,
		.format = DRM_FORMAT_XRGB8888,
		.stride = SIZE * 4,
		.size = sizeof(fake->px[i]),
		.data = (uint8_t *)fake->px[i]};
	struct output_target *target = &fake->output.pictures[0].targets[i];
	target->dumb = dumb;
	pixman_region32_union_rect(&target->damage, &target->damage, 0, 0, SIZE, SIZE);
}

static void add_layer(struct fake *fake, struct scene_layer *layer, struct scene_buffer *buffer) {
	scene_layer_init(layer, NULL);
	scene_buffer_init(buffer, &ops, SCENE_BUFFER_SHM);
	buffer->width = buffer->height = SIZE;
	buffer->format = DRM_FORMAT_XRGB8888;
	buffer->stride[0] = SIZE * 4;
	buffer->n_planes = 1;
	layer->buffer = buffer;
	layer->src = (struct scene_fbox){0, 0, SIZE, SIZE};
	layer->dst = (struct scene_rect){0, 0, SIZE, SIZE};
	assert_true(scene_output_append(&fake->output.scene, layer));
}

static struct fake *fake_create(void) {
	struct fake *fake = calloc(1, sizeof(*fake));
	assert_non_null(fake);
	struct output *output = &fake->output;
	output->device = &fake->device;
	output->pool = output_pool_create(&fake->device);
	assert_non_null(output->pool);
	output->target_format = DRM_FORMAT_XRGB8888;
	output->n_shapes = -1;
	scene_output_init(&output->scene, SIZE, SIZE);
	output_pictures_init(output);
	pixman_region32_init(&output->background);
	pixman_region32_init(&output->holes);
	pixman_region32_init(&output->scratch);
	for (int i = 0; i < OUTPUT_TARGETS; i++) {
		add_target(fake, i);
	}
	scene_output_begin(&output->scene);
	add_layer(fake, &fake->ground, &fake->buffers[0]);
	add_layer(fake, &fake->plane, &fake->buffers[1]);
	scene_output_end(&output->scene);
	assert_true(frame_reserve_regions(output, 2));
	return fake;
}

static void fake_destroy(struct fake *fake) {
	struct output *output = &fake->output;
	scene_layer_finish(&fake->ground);
	scene_layer_finish(&fake->plane);
	scene_buffer_drop(&fake->buffers[0]);
	scene_buffer_drop(&fake->buffers[1]);
	scene_output_finish(&output->scene);
	output_pictures_finish(output);
	for (int i = 0; i < output->cap_regions; i++) {
		pixman_region32_fini(&output->visible[i]);
		pixman_region32_fini(&output->opaque[i]);
	}
	free(output->visible);
	free(output->opaque);
	free(output->shapes);
	free(output->render_layers);
	free(output->render_index);
	pixman_region32_fini(&output->background);
	pixman_region32_fini(&output->holes);
	pixman_region32_fini(&output->scratch);
	output_pool_destroy(output->pool);
	free(fake);
}

static void draw_ground(struct fake *fake, const struct scene_rect *rect) {
	for (int y = rect->y; y < rect->y + rect->height; y++) {
		for (int x = rect->x; x < rect->x + rect->width; x++) {
			fake->ground_px[y * SIZE + x] = fake->colour;
		}
	}
}

// A frame with the plane's layer at x, y, and the ground in another colour where `damage` says.
static void show(struct fake *fake, int x, int y, const struct scene_rect *damage, int n_damage) {
	struct output *output = &fake->output;
	int i = output->on_screen == &fake->frames[0];
	struct frame *frame = &fake->frames[i];
	fake->plane.dst = (struct scene_rect){x, y, SIZE / 4, SIZE / 4};
	*frame = (struct frame){.layers = fake->layers[i],
		.n_layers = 2,
		.planned_layer = {0, 1},
		.n_planned = 2,
		.picture_plane = {0, -1},
		.picture_target = {-1, -1}};
	frame->plan.plane_of[0] = PLANNER_OFF;
	frame->plan.plane_of[1] = 1;
	frame->layers[0] = (struct frame_layer){.placement = FRAME_COMPOSED};
	frame->layers[1] = (struct frame_layer){.placement = FRAME_PLANE};
	frame_visibility(output);
	pixman_region32_t *region = &output->pictures[0].damage;
	pixman_region32_clear(region);
	fake->colour++;
	for (int d = 0; d < n_damage; d++) {
		draw_ground(fake, &damage[d]);
		pixman_region32_union_rect(region, region, damage[d].x, damage[d].y,
			(unsigned)damage[d].width, (unsigned)damage[d].height);
	}
	assert_true(output_compose(output, frame));
	struct drm_mode_rect boxes[KMS_DAMAGE_BOXES];
	int n = damage_of_picture(output, frame, 0, boxes);
	int before = output->on_screen != NULL ? output->on_screen->picture_target[0] : -1;
	int now = frame->picture_target[0];
	pixman_region32_t *stale = &output->pictures[0].targets[now].behind;
	for (int p = 0; before >= 0 && before != now && n > 0 && p < SIZE * SIZE; p++) {
		int px = p % SIZE, py = p / SIZE;
		// It is drawn, and told of, before it comes to light.
		bool told = pixman_region32_contains_point(stale, px, py, NULL);
		for (int b = 0; b < n; b++) {
			told |= px >= boxes[b].x1 && py >= boxes[b].y1 && px < boxes[b].x2 && py < boxes[b].y2;
		}
		if (!told && fake->px[before][p] != fake->px[now][p]) {
			fail_msg("%d,%d differs and is not told", px, py);
		}
	}
	output->on_screen = frame;
}

static const struct scene_rect all = {0, 0, SIZE, SIZE};

// The picture on screen is out of date where a plane hid it, the other one is not: it differs there as well.
static void what_comes_to_light(void **state) {
	(void)state;
	struct fake *fake = fake_create();
	show(fake, 20, 20, &all, 1);
	show(fake, 20, 20, &all, 1);
	show(fake, 20, 20, &(struct scene_rect){0, 0, 8, 8}, 1);
	show(fake, 0, 0, &(struct scene_rect){12, 12, 4, 4}, 1);
	show(fake, 20, 20, NULL, 0);
	fake_destroy(fake);
}

static void whatever_comes(void **state) {
	(void)state;
	srandom(1);
	struct fake *fake = fake_create();
	int x = 0, y = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct scene_rect damage[4];
		int n = (int)(random() % 5);
		for (int d = 0; d < n; d++) {
			damage[d] = (struct scene_rect){(int32_t)(random() % 24), (int32_t)(random() % 24),
				1 + (int32_t)(random() % 8), 1 + (int32_t)(random() % 8)};
		}
		if (random() % 3 == 0) {
			x = (int)(random() % 24);
			y = (int)(random() % 24);
		}
		show(fake, x, y, i == 0 ? &all : damage, i == 0 ? 1 : n);
	}
	fake_destroy(fake);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_to_light),
		cmocka_unit_test(whatever_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
