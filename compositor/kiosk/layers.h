// SPDX-License-Identifier: MIT
// Layer surfaces: which output each lies on, where, what they leave to windows, and which of them has
// the keyboard. Part of the layout, which tells of what is asked for and shows what is worked out here.
#ifndef VITRINE_KIOSK_LAYERS_H
#define VITRINE_KIOSK_LAYERS_H

#include <stdbool.h>

#include "wayland/wayland.h"

struct layered;

struct kiosk_layers {
	struct wl_list surfaces; // oldest first
	struct layered *pressed; // by the user, after any window was; may be NULL
};

void kiosk_layers_init(struct kiosk_layers *layers);

// `output` (may be NULL: none is there) is for those that named none. Returns the output that it lies on;
// false when out of memory.
bool kiosk_layers_add(
	struct kiosk_layers *layers, struct layer_surface *surface, struct wayland_output *output);
// Returns the output that it lay on, NULL: none.
struct wayland_output *kiosk_layers_remove(
	struct kiosk_layers *layers, struct layer_surface *surface);
// NULL: none, or it is not known.
struct wayland_output *kiosk_layers_output(const struct layer_surface *surface);
// Those that wait for an output lie on this one, and those that did before it went.
void kiosk_layers_output_added(struct kiosk_layers *layers, struct wayland_output *output);
// What lies on the output moves to `other` (may be NULL), unless its client named the output: then it is
// closed.
void kiosk_layers_output_removed(
	struct kiosk_layers *layers, struct wayland_output *output, struct wayland_output *other);

// What exclusive zones leave of the output's width x height px: all of it where they would leave
// nothing.
struct scene_rect kiosk_layers_usable(const struct kiosk_layers *layers,
	const struct wayland_output *output, int32_t width, int32_t height);
// Tells those of the output their sizes, and works out where they are.
void kiosk_layers_arrange(struct kiosk_layers *layers, const struct wayland_output *output,
	int32_t width, int32_t height);
// Appends those of one layer to the output's scene. False when out of memory.
bool kiosk_layers_append(
	struct kiosk_layers *layers, struct wayland_output *output, enum layer layer);
// Where the surface lies, px of the output; valid once arranged.
struct scene_rect kiosk_layers_place(const struct layer_surface *surface);

// The user pressed it, or (NULL) something else. True if that changes who has the keyboard.
bool kiosk_layers_press(struct kiosk_layers *layers, struct layer_surface *surface);
// The one that has the keyboard before all windows; NULL: none.
struct surface *kiosk_layers_focus(const struct kiosk_layers *layers);

#endif
