// SPDX-License-Identifier: MIT
// Who is meant by a place: outputs side by side, and the layers that they show.
#include <math.h>

#include "wayland/seat_internal.h"

static struct surface *surface_of(struct scene_layer *layer) {
	if (layer->ops != &surface_layer_ops) {
		return NULL;
	}
	struct surface *surface = wl_container_of(layer, surface, layer);
	return surface->role && surface->role->no_object ? NULL : surface;
}

// The surface if it takes input there.
static struct surface *surface_at(
	struct scene_layer *layer, const struct seat_place *place, double *x, double *y) {
	struct surface *surface = surface_of(layer);
	if (!surface || !layer->buffer) {
		return NULL;
	}
	double at_x = place->x - surface->x, at_y = place->y - surface->y;
	if (at_x < 0 || at_y < 0 || at_x >= surface->width || at_y >= surface->height) {
		return NULL;
	}
	if (!pixman_region32_contains_point(
			&surface->current.input, (int)floor(at_x), (int)floor(at_y), NULL)) {
		return NULL;
	}
	*x = at_x;
	*y = at_y;
	return surface;
}

struct surface *seat_pick(struct seat *seat, const struct seat_place *place, double *x, double *y) {
	(void)seat;
	const struct scene_output *scene = place->output ? place->output->scene : NULL;
	for (int i = scene ? scene->n_layers - 1 : -1; i >= 0; i--) {
		struct surface *surface = surface_at(scene->layers[i], place, x, y);
		if (surface) {
			return surface;
		}
	}
	return NULL;
}

struct surface *seat_pick_filtered(
	struct seat *seat, const struct seat_place *place, double *x, double *y) {
	struct surface *surface = seat_pick(seat, place, x, y);
	for (struct seat_filter *filter = seat_first_filter(seat); filter;
		 filter = seat_next_filter(seat)) {
		if (filter->ops->pick) {
			filter->ops->pick(filter, &surface);
		}
	}
	return surface;
}

bool seat_place_on(
	const struct seat_place *place, const struct surface *surface, double *x, double *y) {
	const struct scene_layer *layer = &surface->layer;
	if (!layer->output || !surface->output || !place->output) {
		return false;
	}
	const struct wayland_output_info *here = &place->output->info, *there = &surface->output->info;
	*x = place->x + here->x - there->x - surface->x;
	*y = place->y + here->y - there->y - surface->y;
	return true;
}

struct seat_place seat_place_of(const struct surface *surface, double x, double y) {
	struct seat_place place = {surface->output, x + surface->x, y + surface->y};
	seat_place_clamp(&place);
	return place;
}

static bool is_inside(const struct wayland_output *output, double x, double y) {
	int32_t width, height;
	wayland_output_logical_size(output, &width, &height);
	return output->scene && x >= 0 && y >= 0 && x < width && y < height;
}

static double clamp(double value, int32_t size) {
	const double most = size - 1 / 256.0; // the last that a wl_fixed_t can tell from the end
	return value > most ? most : value < 0 ? 0 : value;
}

void seat_place_clamp(struct seat_place *place) {
	if (place->output) {
		int32_t width, height;
		wayland_output_logical_size(place->output, &width, &height);
		place->x = clamp(place->x, width);
		place->y = clamp(place->y, height);
	}
}

void seat_place_move(struct seat *seat, struct seat_place *place, double dx, double dy) {
	struct wayland_output *output;
	double x = place->x + dx, y = place->y + dy;
	if (place->output && !is_inside(place->output, x, y)) {
		wl_list_for_each(output, &seat->server->outputs, link) {
			double there_x = x + place->output->info.x - output->info.x;
			double there_y = y + place->output->info.y - output->info.y;
			if (is_inside(output, there_x, there_y)) {
				*place = (struct seat_place){output, there_x, there_y};
				return;
			}
		}
	}
	place->x = x;
	place->y = y;
	seat_place_clamp(place);
}

void seat_tell_pressed(struct seat *seat, struct surface *surface) {
	struct wayland_server *server = seat->server;
	struct surface *root = surface ? surface_root(surface) : NULL;
	if (root && server->policy->surface_pressed) {
		server->policy->surface_pressed(server->data, root);
	}
}
