// SPDX-License-Identifier: MIT
// The upper a layer, the earlier its surfaces choose their place; in each layer those with an exclusive
// zone do before the others, which keep clear of the zones.
#include "kiosk/layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kiosk/config.h"

enum { MAX_SIZE = 1 << 24 }; // px, so that sums of a few never leave 32 bits

struct layered {
	struct layer_surface *surface;
	struct wayland_output *output; // NULL: waits for one
	char home[CONFIG_NAME_SIZE]; // name of the first that it lay on, to which it returns; "": none
	struct scene_rect place;     // px of the output
	struct wl_list link;         // kiosk_layers.surfaces
};

void kiosk_layers_init(struct kiosk_layers *layers) {
	*layers = (struct kiosk_layers){0};
	wl_list_init(&layers->surfaces);
}

static bool is_mapped(const struct layered *layered) {
	return surface_is_mapped(layer_surface_surface(layered->surface));
}

// ---- Outputs ----

static void lay_on(struct layered *layered, struct wayland_output *output) {
	layered->output = output;
	if (output && layered->home[0] == '\0') {
		snprintf(layered->home, sizeof(layered->home), "%s", wayland_output_info(output)->name);
	}
}

bool kiosk_layers_add(
	struct kiosk_layers *layers, struct layer_surface *surface, struct wayland_output *output) {
	struct layered *layered = calloc(1, sizeof(*layered));
	if (layered == NULL) {
		return false;
	}
	struct wayland_output *wanted = layer_surface_wanted_output(surface);
	layered->surface = surface;
	lay_on(layered, wanted != NULL && wayland_output_data(wanted) != NULL ? wanted : output);
	wl_list_insert(layers->surfaces.prev, &layered->link);
	layer_surface_set_data(surface, layered);
	return true;
}

struct wayland_output *kiosk_layers_remove(
	struct kiosk_layers *layers, struct layer_surface *surface) {
	struct layered *layered = layer_surface_data(surface);
	if (layered == NULL) {
		return NULL;
	}
	struct wayland_output *output = layered->output;
	if (layers->pressed == layered) {
		layers->pressed = NULL;
	}
	layer_surface_set_data(surface, NULL);
	wl_list_remove(&layered->link);
	free(layered);
	return output;
}

struct wayland_output *kiosk_layers_output(const struct layer_surface *surface) {
	const struct layered *layered = layer_surface_data(surface);
	return layered != NULL ? layered->output : NULL;
}

struct scene_rect kiosk_layers_place(const struct layer_surface *surface) {
	const struct layered *layered = layer_surface_data(surface);
	return layered != NULL ? layered->place : (struct scene_rect){0};
}

void kiosk_layers_output_added(struct kiosk_layers *layers, struct wayland_output *output) {
	struct layered *layered;
	wl_list_for_each(layered, &layers->surfaces, link) {
		bool home = strcmp(layered->home, wayland_output_info(output)->name) == 0;
		if (layered->output == NULL || home) {
			lay_on(layered, output);
		}
	}
}

void kiosk_layers_output_removed(
	struct kiosk_layers *layers, struct wayland_output *output, struct wayland_output *other) {
	struct layered *layered, *tmp;
	wl_list_for_each_safe(layered, tmp, &layers->surfaces, link) {
		if (layered->output != output) {
			continue;
		}
		layered->output = other;
		if (layer_surface_wanted_output(layered->surface) == output) {
			layer_surface_close(layered->surface); // which removes it
		}
	}
}

// ---- Places ----

static struct scene_rect whole(int32_t width, int32_t height) {
	return (struct scene_rect){0, 0, width, height};
}

// The edge that a surface keeps free; 0: none.
static uint32_t exclusive_edge(const struct layer_state *state) {
	if (state->exclusive_zone <= 0) {
		return 0;
	}
	if (state->exclusive_edge != 0) {
		return state->exclusive_edge;
	}
	const uint32_t wide = LAYER_EDGE_LEFT | LAYER_EDGE_RIGHT;
	const uint32_t high = LAYER_EDGE_TOP | LAYER_EDGE_BOTTOM;
	uint32_t x = state->anchors & wide, y = state->anchors & high;
	if (y != 0 && y != high && (x == 0 || x == wide)) {
		return y;
	}
	if (x != 0 && x != wide && (y == 0 || y == high)) {
		return x;
	}
	return 0; // a corner, or nothing that has one edge
}

// Takes the surface's zone off the area, unless that would leave nothing of it.
static void take_zone(const struct layer_state *state, struct scene_rect *area) {
	uint32_t edge = exclusive_edge(state);
	bool horizontal = (edge & (LAYER_EDGE_LEFT | LAYER_EDGE_RIGHT)) != 0;
	int32_t margin = edge == LAYER_EDGE_TOP ? state->margin_top
		: edge == LAYER_EDGE_BOTTOM         ? state->margin_bottom
		: edge == LAYER_EDGE_LEFT           ? state->margin_left
											: state->margin_right;
	int64_t zone = (int64_t)state->exclusive_zone + margin;
	if (edge == 0 || zone <= 0 || zone >= (horizontal ? area->width : area->height)) {
		return;
	}
	int32_t size = (int32_t)zone;
	area->x += edge == LAYER_EDGE_LEFT ? size : 0;
	area->y += edge == LAYER_EDGE_TOP ? size : 0;
	area->width -= horizontal ? size : 0;
	area->height -= horizontal ? 0 : size;
}

// One axis: where something of this size lies between two edges.
static int32_t place_between(int32_t start, int32_t room, int32_t size, bool first, bool second,
	int32_t margin_first, int32_t margin_second) {
	if (first && !second) {
		return start + margin_first;
	}
	if (second && !first) {
		return (int32_t)((int64_t)start + room - size - margin_second);
	}
	int64_t from = (int64_t)start + (first ? margin_first : 0);
	int64_t to = (int64_t)start + room - (second ? margin_second : 0);
	return (int32_t)(from + (to - from - size) / 2);
}

static int32_t stretch(int32_t wanted, int32_t room, int32_t margins) {
	int32_t size = wanted != 0 ? wanted : room - margins;
	return size < 1 ? 1 : size > MAX_SIZE ? MAX_SIZE : size; // 0 would leave it to the client
}

static void arrange_one(struct layered *layered, struct scene_rect area) {
	const struct layer_state *state = layer_surface_state(layered->surface);
	int32_t width = stretch(state->width, area.width, state->margin_left + state->margin_right);
	int32_t height = stretch(state->height, area.height, state->margin_top + state->margin_bottom);
	layer_surface_configure(layered->surface, width, height);
	if (is_mapped(layered)) { // as large as its client made it
		surface_size(layer_surface_surface(layered->surface), &width, &height);
		width = stretch(width, 0, 0);
		height = stretch(height, 0, 0);
	}
	struct scene_rect place = {
		.x = place_between(area.x, area.width, width, state->anchors & LAYER_EDGE_LEFT,
			state->anchors & LAYER_EDGE_RIGHT, state->margin_left, state->margin_right),
		.y = place_between(area.y, area.height, height, state->anchors & LAYER_EDGE_TOP,
			state->anchors & LAYER_EDGE_BOTTOM, state->margin_top, state->margin_bottom),
		.width = width,
		.height = height,
	};
	bool moved = place.x != layered->place.x || place.y != layered->place.y;
	layered->place = place;
	if (moved) {
		layer_surface_moved(layered->surface);
	}
}

// Goes through the output's surfaces in the order in which they choose; NULL as `layered` begins. The
// list is short: an output has a handful of them.
struct order {
	const struct kiosk_layers *layers;
	const struct wayland_output *output;
	int layer;
	bool exclusive;
	const struct wl_list *link;
};

static struct order order_begin(
	const struct kiosk_layers *layers, const struct wayland_output *output) {
	return (struct order){layers, output, N_LAYERS - 1, true, layers->surfaces.next};
}

static struct layered *order_next(struct order *order) {
	while (order->layer >= 0) {
		while (order->link != &order->layers->surfaces) {
			struct layered *layered = wl_container_of(order->link, layered, link);
			order->link = order->link->next;
			const struct layer_state *state = layer_surface_state(layered->surface);
			if (layered->output == order->output && (int)state->layer == order->layer &&
				(state->exclusive_zone > 0) == order->exclusive) {
				return layered;
			}
		}
		order->layer -= order->exclusive ? 0 : 1;
		order->exclusive = !order->exclusive;
		order->link = order->layers->surfaces.next;
	}
	return NULL;
}

struct scene_rect kiosk_layers_usable(const struct kiosk_layers *layers,
	const struct wayland_output *output, int32_t width, int32_t height) {
	struct scene_rect area = whole(width, height);
	struct order order = order_begin(layers, output);
	struct layered *layered;
	while ((layered = order_next(&order)) != NULL) {
		if (is_mapped(layered)) {
			take_zone(layer_surface_state(layered->surface), &area);
		}
	}
	return area;
}

void kiosk_layers_arrange(struct kiosk_layers *layers, const struct wayland_output *output,
	int32_t width, int32_t height) {
	struct scene_rect area = whole(width, height);
	struct order order = order_begin(layers, output);
	struct layered *layered;
	while ((layered = order_next(&order)) != NULL) {
		const struct layer_state *state = layer_surface_state(layered->surface);
		arrange_one(layered, state->exclusive_zone < 0 ? whole(width, height) : area);
		if (is_mapped(layered)) {
			take_zone(state, &area);
		}
	}
}

bool kiosk_layers_append(
	struct kiosk_layers *layers, struct wayland_output *output, enum layer layer) {
	struct layered *layered;
	wl_list_for_each(layered, &layers->surfaces, link) {
		if (layered->output == output && layer_surface_state(layered->surface)->layer == layer &&
			!surface_append(layer_surface_surface(layered->surface), output, layered->place.x,
				layered->place.y)) {
			return false;
		}
	}
	return true;
}

// ---- The keyboard ----

bool kiosk_layers_press(struct kiosk_layers *layers, struct layer_surface *surface) {
	struct layered *layered = surface != NULL ? layer_surface_data(surface) : NULL;
	if (layered != NULL && layer_surface_state(surface)->keyboard == LAYER_KEYBOARD_NONE) {
		return false; // it takes nothing away from whom it serves
	}
	bool changed = layers->pressed != layered;
	layers->pressed = layered;
	return changed;
}

struct surface *kiosk_layers_focus(const struct kiosk_layers *layers) {
	const struct layered *layered, *chosen = NULL;
	enum layer highest = LAYER_TOP;
	wl_list_for_each(layered, &layers->surfaces, link) {
		const struct layer_state *state = layer_surface_state(layered->surface);
		if (is_mapped(layered) && layered->output != NULL && state->layer >= highest &&
			state->keyboard == LAYER_KEYBOARD_EXCLUSIVE) {
			highest = state->layer;
			chosen = layered;
		}
	}
	const struct layered *pressed = layers->pressed;
	if (chosen == NULL && pressed != NULL && is_mapped(pressed) &&
		layer_surface_state(pressed->surface)->keyboard != LAYER_KEYBOARD_NONE) {
		chosen = pressed;
	}
	return chosen != NULL ? layer_surface_surface(chosen->surface) : NULL;
}
