// SPDX-License-Identifier: MIT
// wl_data_device_manager inside: data_device.c has the sources, devices and the clipboard,
// data_offer.c the offers and what the two sides of a drag agree on, data_drag.c the drag.
#ifndef VITRINE_WAYLAND_DATA_DEVICE_H
#define VITRINE_WAYLAND_DATA_DEVICE_H

#include <wayland-server-protocol.h>

#include "wayland/selection.h"
#include "wayland/surface.h"

struct drag;

enum {
	DATA_NO_ACTION = WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE,
	DATA_ALL_ACTIONS = WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY |
		WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE | WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK,
};

enum data_phase {
	DATA_IDLE,    // not dragged
	DATA_DRAGGED, // and not dropped yet
	DATA_DROPPED, // the destination takes what it wants, and says when it has
	DATA_DONE,    // finished or cancelled
};

struct data_source {
	struct selection_source base;
	uint32_t actions; // WL_DATA_DEVICE_MANAGER_DND_ACTION_*
	bool has_actions; // set_actions was called: for drags only
	enum data_phase phase;
	struct drag *drag; // while it is dragged
	// As agreed with the surface that it is dragged over, or was dropped on.
	bool accepted; // one of its types
	bool lenient;  // it is of a version that agrees on nothing
	uint32_t wanted, preferred, action;
	bool asked; // the drop left the action to the user
};

// ---- data_offer.c ----

// For selections: see selection_protocol.
struct wl_resource *data_offer_create(struct wl_resource *device, struct selection_source *source);
// Nothing is agreed on: it was dragged off a surface.
void data_source_reset(struct data_source *source);
// Ends a drag in vain.
void data_source_cancel(struct data_source *source);

// ---- data_drag.c ----

// wl_data_device.start_drag, its arguments checked but for the serial. The source may be NULL. False if
// no button or touch that is down has that serial.
bool drag_start(struct seat *seat, struct wl_resource *device, struct data_source *source,
	struct surface *origin, struct surface *icon, uint32_t serial);
void drag_source_gone(struct drag *drag);
extern const struct surface_role drag_icon_role;

#endif
