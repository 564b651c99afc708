// SPDX-License-Identifier: MIT
// Scenes at random, as data: what a window and its subsurfaces show where. A scene follows from its seed
// alone, and differs in about half of its parts from that with the next lower seed, as the scenes of
// an app that runs do.
#ifndef VITRINE_TESTS_WAYLAND_RANDOM_SCENE_H
#define VITRINE_TESTS_WAYLAND_RANDOM_SCENE_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client-protocol.h>

#include "dmabuf.h"

enum { SCENE_PARTS = 7 };

struct scene_source { // contents
	uint32_t format;
	bool dmabuf;
	enum test_memory memory; // of a dma-buf
	int width, height;       // px
	uint32_t seed;           // of the picture
};

struct scene_part { // a subsurface; [0] of a scene is the window itself
	struct scene_source source;
	bool mapped;
	int x, y; // px of the window
	enum wl_output_transform transform;
	int crop_x, crop_y, crop_width, crop_height; // px after the transform; 0 x 0: all
};

struct random_scene {
	uint32_t seed;
	struct scene_part window; // all of the screen
	struct scene_part parts[SCENE_PARTS];
	int order[SCENE_PARTS]; // from bottom to top
};

// `blended`: some of the parts can be seen through.
void random_scene_init(struct random_scene *scene, uint32_t seed, bool blended);
bool scene_source_equal(const struct scene_source *a, const struct scene_source *b);
bool scene_part_equal(const struct scene_part *a, const struct scene_part *b);
// On standard error.
void random_scene_print(const struct random_scene *scene);

#endif
