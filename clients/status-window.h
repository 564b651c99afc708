// SPDX-License-Identifier: MIT
// The windows of the status screen: one on each output that has something to tell.
#ifndef VITRINE_CLIENTS_STATUS_WINDOW_H
#define VITRINE_CLIENTS_STATUS_WINDOW_H

#include <stdbool.h>

#include "shared/display.h"
#include "status-draw.h"
#include "status-host.h"

struct json_object;
struct status_screen;

// Learns of the outputs there are. False when that cannot be: reported. The display and the brush outlive
// it.
struct status_screen *status_screen_create(
	struct client_display *display, struct status_brush *brush);
void status_screen_destroy(struct status_screen *screen); // NULL is fine
// What is to be told now; borrowed until the next call. Draws where words, size or scale changed since,
// and nowhere else. False when it cannot draw: reported.
bool status_screen_update(
	struct status_screen *screen, const struct json_object *state, const struct status_host *host);

#endif
