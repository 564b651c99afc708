// SPDX-License-Identifier: MIT
// Draws the status screen: words in the system's font, light on dark.
#ifndef VITRINE_CLIENTS_STATUS_DRAW_H
#define VITRINE_CLIENTS_STATUS_DRAW_H

#include <pixman.h>
#include <stdbool.h>

#include "status-text.h"

// Fonts of the last size, and the operator's picture: kept between drawings. Begins all zero.
struct status_brush;

// NULL with the reason reported: no fonts can be had.
struct status_brush *status_brush_create(void);
void status_brush_destroy(struct status_brush *brush); // NULL is fine

// Draws all of an x8r8g8b8 image. A picture that cannot be shown is reported once. False when out of memory or without a font: reported.
bool status_draw(
	struct status_brush *brush, const struct status_text *text, pixman_image_t *target);

#endif
