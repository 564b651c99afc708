// SPDX-License-Identifier: MIT
// xdg-shell inside of wayland/: what its objects know of each other. Policy sees wayland.h only.
//
// The wl_surface, its xdg_surface and the role object may go in any order when a client leaves. Each
// struct lives as long as its own resource; whoever goes first takes itself out of the others, which
// are inert from then on (NULL where they pointed).
#ifndef VITRINE_WAYLAND_XDG_H
#define VITRINE_WAYLAND_XDG_H

#include <wayland-server-core.h>

#include "wayland/surface.h"

struct xdg_wm_base {
	struct wl_resource *resource;
	struct wayland_server *server;
	struct wl_list surfaces; // xdg_surface.link
	uint32_t ping;           // serial of the last one
	bool unanswered;
};

// ---- xdg_positioner.c ----

struct xdg_positioner_rules { // logical px, relative to the parent's window geometry
	int32_t width, height;    // 0: not set
	struct scene_rect anchor_rect;
	uint32_t anchor, gravity; // enum xdg_positioner_anchor, _gravity
	uint32_t adjustment;      // enum xdg_positioner_constraint_adjustment
	int32_t offset_x, offset_y;
	bool reactive;
	int32_t parent_width, parent_height; // 0: not set
};

void xdg_positioner_create(struct wl_client *client, uint32_t version, uint32_t id);
const struct xdg_positioner_rules *xdg_positioner_from_resource(struct wl_resource *resource);
// A size and an anchor rectangle were set, both of more than no px.
bool xdg_positioner_is_complete(const struct xdg_positioner_rules *rules);
// Where the rules put the popup in bounds (an empty box: anywhere). Its coordinates stay within
// XDG_MAX_COORDINATE whatever the client asked for.
struct scene_rect xdg_positioner_place(
	const struct xdg_positioner_rules *rules, struct scene_rect bounds);

// Positions are kept this small so that sums of a few never leave 32 bits, px.
#define XDG_MAX_COORDINATE (1 << 24)
int32_t xdg_clamp_coordinate(int64_t value);

// ---- xdg_surface.c ----

// A configure on its way: what applies once the client has acknowledged it and committed.
struct xdg_configure {
	uint32_t serial;
	struct scene_rect box; // of a popup
};

// More than these wait for nobody: the client gets the next one when it has acknowledged.
enum { XDG_MAX_CONFIGURES = 16 };

struct xdg_surface {
	struct wl_resource *resource;
	struct xdg_wm_base *wm_base; // NULL once it is gone
	struct surface *surface;     // NULL once it is gone
	struct wl_listener surface_destroy;
	struct toplevel *toplevel; // at most one of the two
	struct popup *popup;
	bool initialized; // the initial commit came, a configure has been sent
	bool configured;  // it has been acknowledged: buffers are welcome
	struct xdg_configure configures[XDG_MAX_CONFIGURES]; // not acknowledged, oldest first
	int n_configures;
	int n_stale;                // the first of them, sent before the surface was unmapped
	bool configure_owed;        // not sent as there was no room
	struct xdg_configure acked; // takes effect with the next commit
	bool ack_pending;
	struct scene_rect pending_geometry; // as the client set it
	bool geometry_set, geometry_pending;
	struct scene_rect geometry; // effective, logical px relative to the surface
	struct wl_list popups;      // popup.parent_link
	struct wl_list link;        // xdg_wm_base.surfaces
};

void xdg_surface_create(
	struct xdg_wm_base *wm_base, struct wl_client *client, uint32_t id, struct surface *surface);
// NULL if the surface has none.
struct xdg_surface *xdg_surface_from_surface(struct surface *surface);
struct xdg_surface *xdg_surface_from_resource(struct wl_resource *resource);
// Posts an error on the xdg_wm_base that the surface came from.
void xdg_surface_post_error(struct xdg_surface *xdg, uint32_t error, const char *message);
// The surface has contents, or gets some with its next commit.
bool xdg_surface_has_buffer(const struct surface *surface);
bool xdg_surface_attaches_buffer(const struct surface *surface);
// Common part of both roles' precommit. False: an error was posted.
bool xdg_surface_precommit(struct xdg_surface *xdg);
// Commits may have been held back until the surface is not configured any more: what is mapped then is
// an error that is posted. For the roles' commit.
bool xdg_surface_check_mapped(struct xdg_surface *xdg);
// For the roles' save and restore.
void xdg_surface_save(struct surface *surface, struct surface_role_state *state);
void xdg_surface_restore(struct surface *surface, const struct surface_role_state *state);
// Applies window geometry, true if the effective one changed. An unset one follows the surface.
bool xdg_surface_commit_geometry(struct xdg_surface *xdg);
// Whether another configure may be sent; otherwise it is owed.
bool xdg_surface_may_configure(struct xdg_surface *xdg);
// Ends a configure sequence that the role began.
void xdg_surface_end_configure(struct xdg_surface *xdg, const struct scene_rect *box);
// Back to where only the role is there: the next thing is an initial commit.
void xdg_surface_reset(struct xdg_surface *xdg);

// ---- xdg_popup.c: what popups hang on in the end ----

// The popups of a toplevel or a layer surface, with those that hang on one another.
struct popup_tree {
	struct surface *surface; // of the root; NULL: inert
	struct toplevel *toplevel;
	struct layer_surface *layer; // one of the two is NULL
	struct wl_list popups;       // popup.stack_link, oldest at the bottom
	bool placing;                // all of them: their base is up to date
};

// ---- xdg_toplevel.c ----

struct toplevel_limits { // logical px; 0: not set
	int32_t min_width, min_height, max_width, max_height;
};

struct toplevel {
	struct wl_resource *resource;
	struct xdg_surface *xdg;           // NULL: inert
	struct xdg_decoration *decoration; // may be NULL
	struct toplevel *parent;           // may be NULL
	struct wl_list children;           // toplevel.parent_link
	struct wl_list parent_link;
	struct popup_tree tree;
	char *title, *app_id; // may be NULL
	struct toplevel_limits limits, pending_limits;
	struct wayland_output *wanted_output; // may be NULL
	bool mapped;
	// The last configure that policy asked for, sent or owed.
	int32_t width, height;
	uint32_t states;
	int32_t bounds_width, bounds_height;
	bool bounds_changed;
	bool configure_begun; // the first one was sent
	void *data;           // of policy
};

extern const struct surface_role xdg_toplevel_role;

void xdg_toplevel_create(struct xdg_surface *xdg, uint32_t id);
// Unmaps it and tells everybody; the resource stays, inert. `surface_gone`: the wl_surface is being
// destroyed and may not be touched any more.
void xdg_toplevel_retire(struct toplevel *toplevel, bool surface_gone);
struct toplevel *xdg_toplevel_from_resource(struct wl_resource *resource);
// Sends what policy asked for last, when the initial commit came.
void xdg_toplevel_reconfigure(struct toplevel *toplevel);

// ---- xdg_popup.c ----

struct popup {
	struct wl_resource *resource;
	struct xdg_surface *xdg;    // NULL: inert
	struct xdg_surface *parent; // NULL: it hangs on a layer surface, or on nothing
	struct popup_tree *tree;    // of the root of its parents; NULL when it hangs on nothing
	struct wl_list parent_link; // xdg_surface.popups, or alone
	struct wl_list stack_link;  // popup_tree.popups
	struct xdg_positioner_rules rules;
	struct scene_rect configured; // last sent, relative to the parent's window geometry
	struct scene_rect current;    // acknowledged and committed
	bool dismissed, grabbed, mapped;
	struct seat *seat;        // of the server
	struct wl_list grab_link; // of the seat's popup grabs, or alone
	int64_t base_x, base_y; // of the parent, relative to the root; valid while the tree is placing
	bool reposition_owed;
	uint32_t reposition_token;
	int32_t shown_x, shown_y; // window geometry's corner, valid while the tree is appended
};

extern const struct surface_role xdg_popup_role;

void xdg_popup_create(struct xdg_surface *xdg, uint32_t id, struct xdg_surface *parent,
	const struct xdg_positioner_rules *rules);
void xdg_popup_retire(struct popup *popup, bool surface_gone); // as xdg_toplevel_retire
// Sends the box of the rules as they are now, when the initial commit came.
void xdg_popup_reconfigure(struct popup *popup);
// Dismisses it and all popups above it, topmost first.
void xdg_popup_dismiss(struct popup *popup);
// Dismisses all popups above the surface, topmost first.
void xdg_popup_dismiss_all(struct xdg_surface *parent);
// The popup of an xdg_popup.
struct popup *xdg_popup_from_resource(struct wl_resource *resource);
// A popup that was made without a parent hangs on this root from now on.
void xdg_popup_hang_on_root(struct popup *popup, struct popup_tree *tree);
// Dismisses all popups of the root, topmost first.
void xdg_popup_dismiss_tree(struct popup_tree *tree);
// The place of the root, or of a popup of it, changed: reactive popups are placed anew.
void xdg_popup_reconstrain_all(struct popup_tree *tree);
// Appends the popups of the root whose window geometry has its corner at x, y.
bool xdg_popup_append_all(
	struct popup_tree *tree, struct wayland_output *output, int32_t x, int32_t y);

// ---- xdg_grab.c ----

// False if the serial is none of a press that the client heard of lately.
bool xdg_popup_begin_grab(struct popup *popup, uint32_t serial);
void xdg_popup_end_grab(struct popup *popup); // if it has one
// A popup with a grab is shown, or no more.
void xdg_popup_grab_mapped(struct popup *popup);

// ---- xdg_decoration.c ----

// Part of a configure sequence; NULL is fine.
void xdg_decoration_send_configure(struct xdg_decoration *decoration);
// The toplevel goes first: an error, unless the client is leaving. NULL is fine.
void xdg_decoration_orphan(struct xdg_decoration *decoration, bool post_error);

#endif
