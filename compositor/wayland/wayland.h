// SPDX-License-Identifier: MIT
// The Wayland side: one file a global, each turning requests into scene state. No policy: what is
// shown where is asked of, and told to, the `struct wayland_policy` of kiosk/.
//
// Everything a client sends is checked here and nowhere below. Errors are the protocol's own, posted
// to that client alone.
#ifndef VITRINE_WAYLAND_WAYLAND_H
#define VITRINE_WAYLAND_WAYLAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <wayland-server-core.h>

#include "base/format.h"
#include "scene/scene.h"

struct wayland_server;
struct wayland_output;
struct surface;
struct toplevel;
struct popup;
struct layer_surface;

// ---- What kiosk/ decides. Each gets `data` of wayland_server_create. ----
struct wayland_policy {
	// A toplevel's first commit: the policy calls toplevel_configure with the size and states of
	// the first configure before it returns.
	void (*toplevel_initial)(void *data, struct toplevel *toplevel);
	// First buffer, or the first after an unmap.
	void (*toplevel_mapped)(void *data, struct toplevel *toplevel);
	// No buffer any more, or about to be destroyed.
	void (*toplevel_unmapped)(void *data, struct toplevel *toplevel);
	// The toplevel object goes away (unmapped was called before if it was mapped).
	void (*toplevel_destroyed)(void *data, struct toplevel *toplevel);
	// A commit changed the window geometry, or the parent, min or max size changed.
	void (*toplevel_changed)(void *data, struct toplevel *toplevel);
	// set_fullscreen (output may be NULL), unset_fullscreen, set_maximized, unset_maximized,
	// set_minimized: the policy answers with toplevel_configure in any case.
	void (*toplevel_request)(void *data, struct toplevel *toplevel, struct wayland_output *output);
	// xdg_activation with a valid token.
	void (*toplevel_activate)(void *data, struct toplevel *toplevel);
	// The box that a popup has to stay in, px relative to its parent's window geometry.
	struct scene_rect (*popup_bounds)(void *data, struct popup *popup);
	// The tree of layers under a root surface changed (subsurface, popup, size, mapped): the
	// output that shows it has to be laid out anew. Called at most once a commit.
	void (*tree_changed)(void *data, struct surface *root);

	// A layer surface's initial commit: the policy calls layer_surface_configure before it returns,
	// or once there is an output to show it on.
	void (*layer_initial)(void *data, struct layer_surface *layer);
	// It got contents, or a commit changed its state (layer_surface_state).
	void (*layer_changed)(void *data, struct layer_surface *layer);
	// Unmapped, closed or destroyed; after an unmap layer_initial may come again.
	void (*layer_gone)(void *data, struct layer_surface *layer);

	// The rest may be NULL.

	// Whether the client gets to see what on-screen keyboards need: layer shell, input method,
	// virtual keyboard. Asked once, when it connects; its socket is `fd`. NULL: nobody does.
	bool (*client_is_trusted)(void *data, pid_t pid, int fd);

	// The user pressed a button or put a finger on the tree of this surface.
	void (*surface_pressed)(void *data, struct surface *root);
	// The cursor looks otherwise, came or went (seat_cursor); or is just elsewhere.
	void (*cursor_changed)(void *data);
	void (*cursor_moved)(void *data);
	// What is dragged looks otherwise, or is elsewhere (seat_drag_icon).
	void (*drag_icon_changed)(void *data);
};

// ---- server.c ----

struct wayland_server_options {
	const char *socket; // name in XDG_RUNTIME_DIR, or NULL: the first free wayland-N; not used if
						// systemd hands over sockets
	const struct wayland_policy *policy;
	void *data;
	dev_t main_device;                         // for dma-buf feedback
	const struct format_set *scanout_formats;  // what planes take; not kept
	const struct format_set *composed_formats; // what render/ reads from a mapped dma-buf; not kept
	clockid_t presentation_clock;
	const char *udmabuf; // device that makes dma-bufs of shared memory; NULL: it is composed always
};

// The process' soft limit of open files (RLIMIT_NOFILE) is raised to the hard one, as each server does that is created;
// where that is refused all is as before.
void wayland_raise_file_limit(void);
// What it was at first: for what is started with programs of other people's, as those that use select() break with more.
rlim_t wayland_first_file_limit(void);

// The display, its globals, and the socket: those that systemd hands over (sd_listen_fds(3)), else one of its
// own (mode 0700, with its lock file; a stale one is replaced).
// On failure returns NULL and writes one line naming the thing and the remedy into error.
struct wayland_server *wayland_server_create(
	const struct wayland_server_options *options, char error[256]);
// Ends all clients, removes the socket. NULL is fine.
void wayland_server_destroy(struct wayland_server *server);
// Another device than the one of the options shows it now: clients are told what its planes take. What was on
// offer before still is. False when out of memory.
bool wayland_server_set_device(
	struct wayland_server *server, dev_t main_device, const struct format_set *scanout);
// The DRM device whose file clients' timelines are handled with (wp_linux_drm_syncobj_v1), open until another or
// none (-1) is told: before it is closed. It is offered from the first on that has timelines, and not any more with
// one that has none, where those who use them are ended. False when out of memory.
bool wayland_server_set_sync_device(struct wayland_server *server, int fd);
struct wl_display *wayland_server_display(struct wayland_server *server);
const char *wayland_server_socket(struct wayland_server *server);
// A global (the control extension, what arranges outputs) that other users' clients do not get to see. False
// if it is NULL.
bool wayland_server_add_private_global(
	struct wayland_server *server, const struct wl_global *global);

// ---- client.c, xdg_wm_base.c: whether a client is alive ----

// How often it has committed new contents.
uint64_t wayland_client_drawn(struct wl_client *client);
// Asks whether it is alive, where it uses xdg-shell. False if it has not answered the last time: then it is
// not asked again.
bool wayland_client_ping(struct wl_client *client);

// ---- idle.c: ext_idle_notifier, idle_inhibit ----

// A person did something at that time, us of CLOCK_MONOTONIC.
void wayland_idle_activity(struct wayland_server *server, uint64_t time_us);
// A surface that is shown asks that screens stay as they are.
bool wayland_idle_inhibited(struct wayland_server *server);

// ---- output.c: wl_output and xdg_output ----

struct wayland_output_info {
	const char *name, *description, *make, *model; // copied
	const char *serial;    // copied; of the display, for policy; NULL or "": unknown
	int32_t width, height; // px of the mode
	int32_t refresh_mhz;
	int32_t width_mm, height_mm;        // 0 if unknown
	int32_t x, y;                       // logical position
	double scale;                       // px a logical px, in steps of 1/120
	enum wl_output_transform transform; // how the picture is turned
};

struct wayland_output *wayland_output_create(struct wayland_server *server,
	const struct wayland_output_info *info, struct scene_output *scene);
// Size, refresh rate, position, scale and transform are others from now on: clients are told at once,
// the layout has to be done anew by whoever calls this. The rest of `state` is not looked at. False if
// nothing differs.
bool wayland_output_update(struct wayland_output *output, const struct wayland_output_info *state);
// The global is withdrawn first and freed later, as bound clients may race. NULL is fine.
void wayland_output_destroy(struct wayland_output *output);
const struct wayland_output_info *wayland_output_info(const struct wayland_output *output);
struct wayland_server *wayland_output_server(struct wayland_output *output);
// Logical px: the mode, turned and divided by the scale.
void wayland_output_logical_size(
	const struct wayland_output *output, int32_t *width, int32_t *height);
void wayland_output_info_size(
	const struct wayland_output_info *info, int32_t *width, int32_t *height); // likewise
// Where a box in upright px of the output, which are scaled but not turned, lies in px of its scene.
struct scene_rect wayland_output_turned(
	const struct wayland_output *output, const struct scene_rect *upright);
struct scene_output *wayland_output_scene(struct wayland_output *output);
void *wayland_output_data(struct wayland_output *output); // of set_data
void wayland_output_set_data(struct wayland_output *output, void *data);

// ---- surface.c, subcompositor.c: what policy sees of surfaces ----

// Size of the surface in logical px (after buffer scale, transform, viewport); 0x0 if unmapped.
void surface_size(const struct surface *surface, int32_t *width, int32_t *height);
bool surface_is_mapped(const struct surface *surface);
// What a surface without a place of its own (a cursor) shows; NULL: nothing. Not locked.
struct scene_buffer *surface_buffer(const struct surface *surface);
// The buffer's px are the surface's at this scale: neither scaled, turned nor cropped.
bool surface_is_plain(const struct surface *surface, double scale);
// For who shows a copy of its contents: its layer's ops hear of frames (scene_layer_ops).
struct scene_layer *surface_layer(struct surface *surface);
// Appends the surface, its subsurfaces, and the popups on it (each with their subsurfaces), bottom to
// top, to the scene output's list under construction, the surface's own origin at x, y (logical px),
// and sends wl_surface.enter/leave as needed. False when out of memory.
bool surface_append(struct surface *surface, struct wayland_output *output, int32_t x, int32_t y);
struct wl_client *surface_client(const struct surface *surface);

// ---- xdg_toplevel.c ----

enum toplevel_states {
	TOPLEVEL_FULLSCREEN = 1 << 0,
	TOPLEVEL_ACTIVATED = 1 << 1,
	TOPLEVEL_MAXIMIZED = 1 << 2,
};

// Sends a configure if size or states differ from the last one (always for the first, or when
// `force`: an answer is owed). 0x0 lets the client choose.
void toplevel_configure(
	struct toplevel *toplevel, int32_t width, int32_t height, uint32_t states, bool force);
// The size that the client's own choice should stay within, sent with the next configure.
void toplevel_set_bounds(struct toplevel *toplevel, int32_t width, int32_t height);
// Policy shows it elsewhere now: its reactive popups are placed anew.
void toplevel_moved(struct toplevel *toplevel);
struct toplevel *toplevel_from_surface(const struct surface *surface); // NULL if it is none
struct surface *toplevel_surface(const struct toplevel *toplevel);
struct toplevel *toplevel_parent(const struct toplevel *toplevel); // NULL if none
// Window geometry: the part of the surface that the user sees as the window, logical px relative to
// the surface; the whole surface with its subsurfaces when the client set none.
struct scene_rect toplevel_geometry(const struct toplevel *toplevel);
// True if the client allows one size alone (set_min_size equals set_max_size).
bool toplevel_has_fixed_size(const struct toplevel *toplevel);
const char *toplevel_app_id(const struct toplevel *toplevel); // NULL if not set
const char *toplevel_title(const struct toplevel *toplevel);  // NULL if not set
void *toplevel_data(const struct toplevel *toplevel);         // of set_data, for policy
void toplevel_set_data(struct toplevel *toplevel, void *data);
// The output named by the last set_fullscreen, NULL if none; xdg_popup.c: the root toplevel.
struct wayland_output *toplevel_wanted_output(const struct toplevel *toplevel);
struct toplevel *popup_toplevel(const struct popup *popup);   // NULL when its parents are gone
struct layer_surface *popup_layer(const struct popup *popup); // where that is its root, else NULL
// Where the window geometry of the popup's parent lies, logical px relative to the toplevel's.
void popup_parent_position(const struct popup *popup, int32_t *x, int32_t *y);
// The size that the toplevel's window geometry will have when the popup is shown, where the client
// said so (xdg_positioner.set_parent_size); false otherwise.
bool popup_parent_size(const struct popup *popup, int32_t *width, int32_t *height);

// ---- layer_shell.c: surfaces that belong to an output, below or above its windows ----

enum layer {
	LAYER_BACKGROUND,
	LAYER_BOTTOM,
	// Windows are here.
	LAYER_TOP,
	LAYER_OVERLAY,
	N_LAYERS,
};

enum layer_edge {
	LAYER_EDGE_TOP = 1 << 0,
	LAYER_EDGE_BOTTOM = 1 << 1,
	LAYER_EDGE_LEFT = 1 << 2,
	LAYER_EDGE_RIGHT = 1 << 3,
};

enum layer_keyboard {
	LAYER_KEYBOARD_NONE,
	LAYER_KEYBOARD_EXCLUSIVE,
	LAYER_KEYBOARD_ON_DEMAND,
};

// As the client committed it and zwlr_layer_surface_v1 describes it; logical px.
struct layer_state {
	enum layer layer;
	uint32_t anchors;        // enum layer_edge
	int32_t width, height;   // 0: from edge to edge
	int32_t exclusive_zone;  // -1: not even that of others is kept free
	uint32_t exclusive_edge; // one of enum layer_edge; 0: none is named
	int32_t margin_top, margin_right, margin_bottom, margin_left;
	enum layer_keyboard keyboard;
};

const struct layer_state *layer_surface_state(const struct layer_surface *layer);
struct surface *layer_surface_surface(const struct layer_surface *layer);
struct layer_surface *layer_surface_from_surface(const struct surface *surface); // NULL: is none
// The output that the client named; NULL: none, or it is gone.
struct wayland_output *layer_surface_wanted_output(const struct layer_surface *layer);
// Sends a configure if the size differs from the last one.
void layer_surface_configure(struct layer_surface *layer, int32_t width, int32_t height);
// It is shown no more, for good; layer_gone is called.
void layer_surface_close(struct layer_surface *layer);
// Policy shows it elsewhere now: its reactive popups are placed anew.
void layer_surface_moved(struct layer_surface *layer);
void *layer_surface_data(const struct layer_surface *layer); // of set_data, for policy
void layer_surface_set_data(struct layer_surface *layer, void *data);

// ---- input_popup.c ----

// Appends what the input method shows at the cursor of the text field in use, if that is in a window which
// was appended to the output's scene before; it stays in bounds (px of the output). False when out of
// memory.
bool input_popups_append(
	struct wayland_server *server, struct wayland_output *output, struct scene_rect bounds);

#endif
