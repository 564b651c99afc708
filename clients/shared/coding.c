// SPDX-License-Identifier: MIT
#include "shared/coding.h"

#include <stddef.h>
#include <string.h>
#include <wayland-client.h>

#include "color-representation-v1-client-protocol.h"

static const uint32_t coefficients[FORMAT_MATRICES] = {
	[FORMAT_BT601] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT601,
	[FORMAT_BT709] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT709,
	[FORMAT_BT2020] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT2020,
};

static uint32_t range_of(struct format_coding coding) {
	return coding.full_range ? WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL
							 : WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_LIMITED;
}

static void handle_alpha_mode(
	void *data, struct wp_color_representation_manager_v1 *manager, uint32_t mode) {
	(void)data;
	(void)manager;
	(void)mode;
}

static void handle_coefficients_and_ranges(void *data,
	struct wp_color_representation_manager_v1 *manager, uint32_t matrix, uint32_t range) {
	(void)manager;
	struct client_codings *codings = data;
	for (int i = 0; i < FORMAT_MATRICES; i++) {
		for (int full = 0; full <= 1; full++) {
			struct format_coding coding = {(enum format_matrix)i, full};
			if (coefficients[i] == matrix && range_of(coding) == range) {
				codings->taken |= format_coding_bit(coding);
			}
		}
	}
}

static void handle_done(void *data, struct wp_color_representation_manager_v1 *manager) {
	(void)data;
	(void)manager;
}

static const struct wp_color_representation_manager_v1_listener listener = {
	.supported_alpha_mode = handle_alpha_mode,
	.supported_coefficients_and_ranges = handle_coefficients_and_ranges,
	.done = handle_done,
};

bool client_codings_bind(struct client_codings *codings, struct wl_registry *registry,
	uint32_t name, const char *interface) {
	if (codings->manager ||
		strcmp(interface, wp_color_representation_manager_v1_interface.name) != 0) {
		return true;
	}
	codings->manager =
		wl_registry_bind(registry, name, &wp_color_representation_manager_v1_interface, 1);
	if (codings->manager) {
		wp_color_representation_manager_v1_add_listener(codings->manager, &listener, codings);
	}
	return codings->manager;
}

void client_codings_finish(struct client_codings *codings) {
	if (codings->manager) {
		wp_color_representation_manager_v1_destroy(codings->manager);
	}
	*codings = (struct client_codings){0};
}

struct wp_color_representation_surface_v1 *client_coding_tell(
	const struct client_codings *codings, struct wl_surface *surface, struct format_coding coding) {
	if (!(codings->taken & format_coding_bit(coding))) {
		return NULL;
	}
	struct wp_color_representation_surface_v1 *told =
		wp_color_representation_manager_v1_get_surface(codings->manager, surface);
	if (told) {
		wp_color_representation_surface_v1_set_coefficients_and_range(
			told, coefficients[coding.matrix], range_of(coding));
	}
	return told;
}

void client_coding_end(struct wp_color_representation_surface_v1 *told) {
	if (told) {
		wp_color_representation_surface_v1_destroy(told);
	}
}
