// SPDX-License-Identifier: MIT
// A layer of the size of an output that keeps what is below it from view: black, or the output's
// background.
#ifndef VITRINE_KIOSK_BACKDROP_H
#define VITRINE_KIOSK_BACKDROP_H

#include <stdbool.h>

#include "scene/scene.h"

struct backdrop {
	struct scene_layer layer;
};

// What backdrops show without a background; the caller drops it (scene_buffer_drop). NULL when out of memory.
struct scene_buffer *backdrop_black(void);
void backdrop_init(struct backdrop *backdrop, struct scene_buffer *black);
void backdrop_finish(struct backdrop *backdrop);
// Shows that from now on, stretched if need be.
void backdrop_set(struct backdrop *backdrop, struct scene_buffer *buffer, bool is_background);
// False when out of memory.
bool backdrop_append(struct backdrop *backdrop, struct scene_output *scene);

#endif
