// SPDX-License-Identifier: MIT
// An output that shows what another one does: as large as fits, centred, with its aspect kept, on black.
//
// Each layer of the source is followed by one of the mirror's own, with the same buffer. What is
// committed to the source reaches it at once, damage and buffer above all: a buffer that the source has
// left is not kept here, whether the mirror is lit or not. Order and membership, and what moved without
// damage, follow with scene_mirror_update. Frame callbacks and feedback are the source's alone.
#ifndef VITRINE_SCENE_MIRROR_H
#define VITRINE_SCENE_MIRROR_H

#include "scene/scene.h"

struct scene_mirror;

// Where a picture of width x height px goes in a room of that size, px; both upright.
struct scene_rect scene_mirror_fit(
	int32_t width, int32_t height, int32_t room_width, int32_t room_height);

// `source` with its picture turned by `source_transform` is shown on `target` with its own turned by
// `target_transform` (wl_output.transform). Both outlive the mirror, and nobody else fills the target.
// The target is scheduled whenever the source is. NULL when out of memory.
struct scene_mirror *scene_mirror_create(struct scene_output *target,
	enum wl_output_transform target_transform, struct scene_output *source,
	enum wl_output_transform source_transform);
void scene_mirror_destroy(struct scene_mirror *mirror); // empties the target; NULL is fine
// Brings the target's list of layers up to date. False when out of memory: some are left out.
bool scene_mirror_update(struct scene_mirror *mirror);

#endif
