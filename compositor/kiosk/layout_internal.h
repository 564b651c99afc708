// SPDX-License-Identifier: MIT
// The trees of windows, shared by the files of the layout.
#ifndef VITRINE_KIOSK_LAYOUT_INTERNAL_H
#define VITRINE_KIOSK_LAYOUT_INTERNAL_H

#include "kiosk/backdrop.h"
#include "kiosk/config.h"
#include "kiosk/layers.h"
#include "kiosk/layout.h"
#include "scene/scene.h"

struct layout_output {
	struct wayland_output *wayland; // NULL: where windows wait for an output
	struct kiosk_layers *layers;    // of the layout
	struct wl_list roots;           // layout_window.stack_link, back to front, levels in order
	struct backdrop backdrop;       // keeps what is behind the front window from view
	bool is_bare;                   // no window is mapped, and the stand-in knows
	bool dirty;
	struct wl_list link; // kiosk_layout.outputs
};

// Where a window belongs, and returns to when it was elsewhere meanwhile.
struct layout_home {
	char name[CONFIG_NAME_SIZE]; // of the output; "": nowhere yet
	char display[128]; // make, model and serial number; "": no two of them can be told apart
};

// From the initial commit of a toplevel until it is unmapped.
struct layout_window {
	struct toplevel *toplevel;
	struct layout_output *output;
	struct layout_window *parent; // NULL: it stands on the output
	struct wl_list children;      // layout_window.stack_link, back to front
	struct wl_list stack_link;    // parent's children or output's roots
	struct wl_list link;          // kiosk_layout.windows
	uint64_t raised;              // of roots: when it last came to the front
	bool mapped;
	bool active;              // in front, or the parent of what is
	bool covered;             // a root behind one that fills the same place
	enum layout_level level;  // of its app, as the region: a window's tree is of one app
	struct scene_rect region; // of the output, logical px; empty: all of it
	struct scene_rect place;  // of the window geometry, px of the output
	struct layout_home home;
};

struct kiosk_layout {
	struct wl_list outputs; // layout_output.link, in order of arrival
	struct layout_output waiting;
	struct wl_list windows; // layout_window.link, newest first
	struct kiosk_layers layers;
	struct layout_cursor cursor;        // all zero: none is shown
	struct wayland_output *icon_output; // shows what is dragged; may be NULL, or gone
	struct layout_window *pressed; // by the user, after anything came to the front; may be NULL
	bool (*trusts)(void *data, pid_t pid, int fd); // NULL: nobody is trusted
	void *trusts_data;
	struct layout_ground ground;     // all zero: black
	struct layout_stand_in stand_in; // all zero: there is none
	struct wl_list stand_ins;        // stand_in_window.link
	struct layout_owner owner;       // all zero: nobody knows of apps
	uint64_t last_raised;
	struct scene_buffer *black;
	struct wl_event_loop *loop;    // NULL before the first output
	struct wayland_server *server; // likewise
	struct wl_listener loop_destroy;
	struct wl_event_source *idle; // may be NULL
};

// ---- layout.c ----

// The output's scene is to be worked out anew, before its next frame at the latest.
void layout_mark_dirty(struct kiosk_layout *layout, struct layout_output *output);

// ---- layout_ground.c ----

// Appends the background, unless it lies behind the front window. False when out of memory.
bool layout_ground_append(struct layout_output *output, struct kiosk_layout *layout);
// The toplevel is the stand-in's: it is dealt with.
bool layout_stand_in_initial(struct kiosk_layout *layout, struct toplevel *toplevel);
// `asked`: the client waits for an answer.
void layout_stand_in_changed(struct kiosk_layout *layout, struct toplevel *toplevel, bool asked);
void layout_stand_in_gone(struct kiosk_layout *layout, struct toplevel *toplevel);
// Tells whether windows are there, and appends the stand-in's if not. False when out of memory.
bool layout_stand_in_append(struct kiosk_layout *layout, struct layout_output *output);
// The output goes.
void layout_ground_remove(struct kiosk_layout *layout, struct wayland_output *output);

// ---- layout_place.c ----

struct wl_client *layout_client_of(const struct layout_window *window);
// 0x0 where windows wait.
void layout_output_size(const struct layout_output *output, int32_t *width, int32_t *height);
// Where windows belong: what is left of the output by on-screen keyboards and the like.
struct scene_rect layout_usable_area(const struct layout_output *output);
// The part of that which is the window's.
struct scene_rect layout_window_area(const struct layout_window *window);
// A window whose size its app has fixed is no screen but a piece of one: it keeps that size and lies
// over what is behind it.
bool layout_is_floating(const struct layout_window *window);
// Where a window of this size belongs; its parent's place is up to date.
struct scene_rect layout_find_place(
	const struct layout_window *window, int32_t width, int32_t height);
// Sets what the app's configuration says of the new window, and its output. Its parent is set.
void layout_place_window(struct kiosk_layout *layout, struct layout_window *window);
// For a root; layout->waiting if there is none for it.
struct layout_output *layout_choose_output(
	struct kiosk_layout *layout, const struct layout_window *window);
// The configuration leaves the output to the window.
bool layout_may_use(struct kiosk_layout *layout, const struct layout_window *window,
	const struct layout_output *output);
// How much the output is where the window belongs; 0: not at all. The same display counts more than the same
// connector.
int layout_home_rank(const struct layout_window *window, const struct layout_output *output);
// It belongs where it is now, if that is anywhere.
void layout_settle(struct layout_window *window);
// The front one of the roots that share the window's level and region; NULL: none is mapped.
struct layout_window *layout_front_like(const struct layout_window *window);
// Finds out which windows are in front, each in its region, and which are covered.
void layout_update_fronts(struct layout_output *output);

// ---- layout_tree.c ----

// In front of its siblings of the same level.
void layout_insert_front(struct layout_window *window);

// The next one of the tree of `top`, or of all of the output's if that is NULL; parents come before
// their children. No recursion: clients decide how deep it goes.
struct layout_window *layout_next_window(
	struct layout_window *window, const struct layout_window *top);
// NULL: the output has none.
struct layout_window *layout_first_window(const struct layout_output *output);
// Of a list of roots or children; NULL: none is mapped.
struct layout_window *layout_topmost_mapped(struct wl_list *stack);
struct layout_window *layout_root_of(struct layout_window *window);
// To the front of the output, its parents likewise.
void layout_raise_window(struct kiosk_layout *layout, struct layout_window *window);
// Of the window and all that stands on it.
void layout_set_output(
	struct kiosk_layout *layout, struct layout_window *top, struct layout_output *output);
// Puts a root among those of another output, by age: a move does not bring it to the front.
void layout_move_root(
	struct kiosk_layout *layout, struct layout_window *root, struct layout_output *output);
// NULL: it becomes a root.
void layout_set_parent(
	struct kiosk_layout *layout, struct layout_window *window, struct layout_window *parent);

#endif
