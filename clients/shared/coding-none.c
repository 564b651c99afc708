// SPDX-License-Identifier: MIT
// Built without the XML of wp_color_representation_v1: no compositor is told how YUV is coded.
#include <stddef.h>

#include "shared/coding.h"

bool client_codings_bind(struct client_codings *codings, struct wl_registry *registry,
	uint32_t name, const char *interface) {
	(void)codings;
	(void)registry;
	(void)name;
	(void)interface;
	return true;
}

void client_codings_finish(struct client_codings *codings) {
	(void)codings;
}

struct wp_color_representation_surface_v1 *client_coding_tell(
	const struct client_codings *codings, struct wl_surface *surface, struct format_coding coding) {
	(void)codings;
	(void)surface;
	(void)coding;
	return NULL;
}

void client_coding_end(struct wp_color_representation_surface_v1 *told) {
	(void)told;
}
