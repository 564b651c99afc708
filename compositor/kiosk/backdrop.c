// SPDX-License-Identifier: MIT
#include "kiosk/backdrop.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <unistd.h>

static void destroy_black(struct scene_buffer *buffer) {
	free(buffer);
}

static const struct scene_buffer_ops black_ops = {.destroy = destroy_black};

struct scene_buffer *backdrop_black(void) {
	struct scene_buffer *black = calloc(1, sizeof(*black));
	if (black != NULL) {
		scene_buffer_init(black, &black_ops, SCENE_BUFFER_SOLID);
		black->format = DRM_FORMAT_XRGB8888;
		black->solid[3] = UINT16_MAX;
	}
	return black;
}

static void ignore_latched(struct scene_layer *layer) {
	(void)layer;
}

static void ignore_presented(
	struct scene_layer *layer, const struct scene_presentation *presentation) {
	(void)layer;
	(void)presentation;
}

static void ignore_hidden(struct scene_layer *layer, int64_t time_ns) {
	(void)layer;
	(void)time_ns;
}

static const struct scene_layer_ops backdrop_ops = {
	.latched = ignore_latched,
	.presented = ignore_presented,
	.hidden = ignore_hidden,
};

void backdrop_init(struct backdrop *backdrop, struct scene_buffer *black) {
	scene_layer_init(&backdrop->layer, &backdrop_ops);
	backdrop->layer.buffer = scene_buffer_lock(black);
	backdrop->layer.src = (struct scene_fbox){0, 0, 1, 1};
}

void backdrop_finish(struct backdrop *backdrop) {
	struct scene_buffer *black = backdrop->layer.buffer;
	scene_layer_finish(&backdrop->layer);
	scene_buffer_unlock(black);
}

void backdrop_set(struct backdrop *backdrop, struct scene_buffer *buffer, bool is_background) {
	struct scene_layer *layer = &backdrop->layer;
	struct scene_buffer *before = layer->buffer;
	if (buffer == before) {
		return;
	}
	layer->buffer = scene_buffer_lock(buffer);
	layer->src = (struct scene_fbox){0, 0, buffer->width, buffer->height};
	layer->owner = (struct scene_owner){
		.pid = is_background ? getpid() : 0,
		.app_id = is_background ? "vitrine-background" : NULL,
	};
	scene_buffer_unlock(before);
	scene_layer_damage_all(layer);
}

bool backdrop_append(struct backdrop *backdrop, struct scene_output *scene) {
	struct scene_layer *layer = &backdrop->layer;
	bool resized = layer->dst.width != scene->width || layer->dst.height != scene->height;
	bool shown = layer->output != NULL;
	layer->dst = (struct scene_rect){0, 0, scene->width, scene->height};
	if (!scene_output_append(scene, layer)) {
		return false;
	}
	if (resized || !shown) {
		scene_layer_damage_all(layer);
	}
	return true;
}
