// SPDX-License-Identifier: MIT
// Telling the compositor how YUV is coded (wp_color_representation_v1).
#ifndef VITRINE_CLIENTS_CODING_H
#define VITRINE_CLIENTS_CODING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"

struct wl_registry;
struct wl_surface;
struct wp_color_representation_manager_v1;
struct wp_color_representation_surface_v1;

// What the compositor can be told.
struct client_codings {
	struct wp_color_representation_manager_v1 *manager; // may be NULL
	uint32_t taken;                                     // format_coding_bit of each
};

// Binds the global if it is the one. False when out of memory. One more roundtrip brings what is taken.
bool client_codings_bind(struct client_codings *codings, struct wl_registry *registry,
	uint32_t name, const char *interface);
void client_codings_finish(struct client_codings *codings);

// Tells how the surface's YUV is coded, from the next commit on: as long as the object lives that it
// returns. NULL if the compositor cannot be told that, or when out of memory.
struct wp_color_representation_surface_v1 *client_coding_tell(
	const struct client_codings *codings, struct wl_surface *surface, struct format_coding coding);
void client_coding_end(struct wp_color_representation_surface_v1 *told); // NULL is fine

#endif
