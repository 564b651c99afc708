// SPDX-License-Identifier: MIT
// What the files of scene/ share.
#ifndef VITRINE_SCENE_PRIVATE_H
#define VITRINE_SCENE_PRIVATE_H

#include "scene/scene.h"

// Takes the layer out of the output's list and of the one being built; schedules the output.
void scene_output_remove(struct scene_output *output, struct scene_layer *layer);

void scene_output_schedule(struct scene_output *output);

// True if there is nothing to see through in any part of its buffer, which it has.
bool scene_layer_is_opaque(const struct scene_layer *layer);

// ---- mirror.c: what its mirrors have to know of an output and its layers ----

void scene_mirror_schedule(struct scene_output *source);
// The layer was told of damage, relative to dst, or is another in some other way.
void scene_mirror_damage(struct scene_layer *source, const pixman_region32_t *damage);
void scene_mirror_damage_all(struct scene_layer *source);
void scene_mirror_changed(struct scene_layer *source);
// The layer is on its output no more.
void scene_mirror_left(struct scene_layer *source);

#endif
