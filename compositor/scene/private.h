// SPDX-License-Identifier: MIT
// What layer.c and output.c share.
#ifndef VITRINE_SCENE_PRIVATE_H
#define VITRINE_SCENE_PRIVATE_H

#include "scene/scene.h"

// Takes the layer out of the output's list and of the one being built; schedules the output.
void scene_output_remove(struct scene_output *output, struct scene_layer *layer);

void scene_output_schedule(struct scene_output *output);

// True if there is nothing to see through in any part of it.
bool scene_buffer_is_opaque(const struct scene_buffer *buffer);

#endif
