// SPDX-License-Identifier: MIT
// Pictures that the kiosk draws itself, for layers: in memory that planes take, and the same in cached
// memory to compose from.
#ifndef VITRINE_KIOSK_DRAWN_H
#define VITRINE_KIOSK_DRAWN_H

#include "kms/kms.h"
#include "scene/scene.h"

struct drawn_buffer {
	struct scene_buffer base; // its locks tell who shows it; scene_buffer_drop ends it
	struct kms_dumb *dumb;    // NULL: it can be on no plane
	uint32_t *pixels;         // rows of base.width; call drawn_buffer_show after drawing
};

// `format` of 32 bits a px. `pixels` (from malloc, taken over also on failure) may be NULL: it is zeroed
// then. NULL when out of memory.
struct drawn_buffer *drawn_buffer_create(
	struct kms_device *device, int32_t width, int32_t height, uint32_t format, uint32_t *pixels);
// Its pixels are for planes, too, from now on.
void drawn_buffer_show(struct drawn_buffer *buffer);

#endif
