// SPDX-License-Identifier: MIT
// Outputs that repeat what another one shows. Such an output is none to clients: it has no wl_output, no
// windows and no place among the others. Its scene is the other's, mapped by scene/mirror.h, and what is
// touched on it is touched there.
#include "scene/mirror.h"

#include <string.h>

#include "base/log.h"
#include "kiosk/kiosk.h"

void kiosk_mirrors_find(
	const struct kiosk *kiosk, struct kiosk_output *sources[KIOSK_MAX_OUTPUTS]) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		const char *name = kiosk->outputs[i]->display.name;
		const char *source =
			kiosk_wish(kiosk, output_pipe(kiosk->outputs[i]->output)->connector).mirror;
		sources[i] = source != NULL ? kiosk_find_output(kiosk, source) : NULL;
		if (source != NULL && sources[i] == NULL) {
			log_warning("%s: mirror = %s: no such output is connected, so %s shows apps; connect "
						"it, or name one that `vitrinectl status` lists",
				name, source, name);
		}
	}
	// A mirror of what is one shows apps: what is connected where the configuration alone does not tell.
	bool chained[KIOSK_MAX_OUTPUTS] = {0};
	for (int i = 0; i < kiosk->n_outputs; i++) {
		for (int j = 0; j < kiosk->n_outputs; j++) {
			chained[i] = chained[i] || (sources[i] == kiosk->outputs[j] && sources[j] != NULL);
		}
	}
	for (int i = 0; i < kiosk->n_outputs; i++) {
		if (chained[i]) {
			log_warning("%s: mirror = %s: is itself a mirror, so %s shows apps",
				kiosk->outputs[i]->display.name, sources[i]->display.name,
				kiosk->outputs[i]->display.name);
			sources[i] = NULL;
		}
	}
}

bool kiosk_mirrors_start(struct kiosk *kiosk) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		struct kiosk_output *output = kiosk->outputs[i], *source = output->source;
		if (source == NULL) {
			continue;
		}
		output->mirror = scene_mirror_create(output_scene(output->output), output->transform,
			output_scene(source->output), source->transform);
		if (output->mirror == NULL) {
			return false;
		}
		log_info("%s: mirrors %s", output->display.name, source->display.name);
	}
	return true;
}

void kiosk_mirrors_finish(struct kiosk *kiosk) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		scene_mirror_destroy(kiosk->outputs[i]->mirror);
		kiosk->outputs[i]->mirror = NULL;
	}
}

static void upright_size(const struct kiosk_output *output, int32_t *width, int32_t *height) {
	const struct scene_output *scene = output_scene(output->output);
	bool quarter = (output->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	*width = quarter ? scene->height : scene->width;
	*height = quarter ? scene->width : scene->height;
}

void kiosk_output_map(const struct kiosk_output *output, struct input_map *map) {
	const struct kiosk_output *shown = output->source != NULL ? output->source : output;
	const struct scene_output *scene = output_scene(output->output);
	*map = (struct input_map){
		.transform = output->transform,
		.width = scene->width,
		.height = scene->height,
		.scale = wayland_output_info(shown->wayland)->scale,
	};
	memcpy(map->calibration, input_no_calibration, sizeof(input_no_calibration));
	if (output->source != NULL) {
		int32_t width, height;
		upright_size(output, &width, &height);
		upright_size(shown, &map->shown_width, &map->shown_height);
		struct scene_rect fit =
			scene_mirror_fit(map->shown_width, map->shown_height, width, height);
		map->part = (struct input_part){fit.x, fit.y, fit.width, fit.height};
	}
}

double kiosk_output_scale(const struct kiosk_output *output) {
	struct input_map map;
	kiosk_output_map(output, &map);
	return output->source != NULL ? map.scale * map.part.width / map.shown_width : map.scale;
}
