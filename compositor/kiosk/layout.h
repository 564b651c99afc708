// SPDX-License-Identifier: MIT
// Which window is shown where.
//
// A toplevel gets an output for itself: it is told to fill it, the newest in front, and what it does
// not fill stays black. What on-screen keyboards and panels claim at the edges (layers.h) is left free:
// windows get the rest of the output. An app's configuration may name an output, a region of it to fill
// instead, and a level: below or above all others. A dialog (a toplevel with a parent) keeps its own size and is centred above its
// parent, inside of the output. Windows behind stay in the scene: output/ sees that they are hidden.
#ifndef VITRINE_KIOSK_LAYOUT_H
#define VITRINE_KIOSK_LAYOUT_H

#include <stdbool.h>

#include "wayland/wayland.h"

struct kiosk_layout;

// NULL when out of memory.
struct kiosk_layout *kiosk_layout_create(void);
// After the clients are gone; before or after the Wayland server. NULL is fine.
void kiosk_layout_destroy(struct kiosk_layout *layout);
// For wayland_server_options, with the layout as its data.
const struct wayland_policy *kiosk_layout_policy(void);

// Windows that wait for an output get this one, and those that belong there return. Takes over wayland_output_set_data. False when out of
// memory.
bool kiosk_layout_add_output(struct kiosk_layout *layout, struct wayland_output *output);
// Its size, scale or transform is another (wayland_output_update).
void kiosk_layout_output_changed(struct kiosk_layout *layout, struct wayland_output *output);
// Before the output is destroyed: its windows move to the others, or wait for one, until it is there again.
void kiosk_layout_remove_output(struct kiosk_layout *layout, struct wayland_output *output);

// Who decides which clients get to see what on-screen keyboards need (wayland_policy.client_is_trusted);
// NULL: none does.
void kiosk_layout_set_trust(
	struct kiosk_layout *layout, bool (*trusts)(void *data, pid_t pid, int fd), void *data);

// Windows of a level are in front of all those of the ones before.
enum layout_level { // in the order of the configuration's choices
	LAYOUT_BACKGROUND,
	LAYOUT_NORMAL,
	LAYOUT_OVERLAY,
};

// Where the windows of an app belong.
struct layout_placement {
	enum layout_level level;
	struct scene_rect region; // of the output, logical px; empty: all of it
	const char *outputs;      // names as config_next_name takes them; NULL: any
};

// Who knows whose windows are whose.
struct layout_owner {
	// Of the client's app; NULL: of none that is known. The same pointer for all clients of the app.
	const struct layout_placement *(*placement)(void *data, struct wl_client *client);
	void (*drawn)(void *data, struct wl_client *client); // one of its windows has its first picture
	void *data;
};

// NULL: nobody any more. Copied.
void kiosk_layout_set_owner(struct kiosk_layout *layout, const struct layout_owner *owner);

struct layout_window_info {
	struct toplevel *toplevel;
	struct wayland_output *output; // NULL: it waits for one
	struct scene_rect place;       // of its geometry, logical px of the output
	enum layout_level level;
	bool mapped;
	bool in_front; // in its region of the output
};

// The next of all windows, newest first. *position is NULL at first; false at the end.
bool kiosk_layout_next_window(
	const struct kiosk_layout *layout, struct layout_window_info *info, const void **position);

// What is below all windows.
struct layout_ground {
	// Fills the output; NULL: black. Asked for with each layout; it need not be of the output's size.
	struct scene_buffer *(*buffer)(void *data, struct wayland_output *output);
	void (*removed)(void *data, struct wayland_output *output); // it goes
	void *data;
};

// NULL: nobody any more. Copied.
void kiosk_layout_set_ground(struct kiosk_layout *layout, const struct layout_ground *ground);
// The output's, or all outputs' (NULL), is another one.
void kiosk_layout_ground_changed(struct kiosk_layout *layout, struct wayland_output *output);

// A client whose windows are seen only where there is no other: never in front, never with input.
struct layout_stand_in {
	bool (*is_client)(void *data, struct wl_client *client);
	// The output has no mapped window any more, or again (false). Just tells: the layout is being done.
	void (*bare)(void *data, struct wayland_output *output, bool bare);
	void (*removed)(void *data, struct wayland_output *output); // it goes
	void *data;
};

// NULL: nobody any more. Copied.
void kiosk_layout_set_stand_in(struct kiosk_layout *layout, const struct layout_stand_in *stand_in);

// Who shows the cursor: its layer is on top of all others.
struct layout_cursor {
	// Appends the cursor's layer to the output's scene if it is there. False when out of memory.
	bool (*append)(void *data, struct wayland_output *output);
	void (*changed)(void *data); // wayland_policy.cursor_changed
	void (*moved)(void *data);   // wayland_policy.cursor_moved
	void *data;
};

// NULL: nobody any more. Copied.
void kiosk_layout_set_cursor(struct kiosk_layout *layout, const struct layout_cursor *cursor);
// The cursor came to an output or left one (each may be NULL).
void kiosk_layout_update_cursor(
	struct kiosk_layout *layout, struct wayland_output *before, struct wayland_output *now);

// Brings the scenes of all outputs up to date. Happens by itself once the event loop is idle; call it
// before a frame reads its scene.
void kiosk_layout_flush(struct kiosk_layout *layout);

#endif
