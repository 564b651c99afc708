// SPDX-License-Identifier: MIT
// wl_surface inside of wayland/: double-buffered state, roles, trees. Policy sees wayland.h only.
#ifndef VITRINE_WAYLAND_SURFACE_H
#define VITRINE_WAYLAND_SURFACE_H

#include <pixman.h>
#include <wayland-server-core.h>

#include "scene/scene.h"
#include "wayland/wayland.h"

enum surface_state_field {
	SURFACE_STATE_BUFFER = 1 << 0,
	SURFACE_STATE_SURFACE_DAMAGE = 1 << 1,
	SURFACE_STATE_BUFFER_DAMAGE = 1 << 2,
	SURFACE_STATE_OPAQUE = 1 << 3,
	SURFACE_STATE_INPUT = 1 << 4,
	SURFACE_STATE_TRANSFORM = 1 << 5,
	SURFACE_STATE_SCALE = 1 << 6,
	SURFACE_STATE_VIEWPORT_SRC = 1 << 7,
	SURFACE_STATE_VIEWPORT_DST = 1 << 8,
	SURFACE_STATE_OFFSET = 1 << 9,
	SURFACE_STATE_FRAME = 1 << 10,
	SURFACE_STATE_FEEDBACK = 1 << 11,
	SURFACE_STATE_FADE = 1 << 12,
	SURFACE_STATE_COMMIT = 1 << 13, // cached only: there was a commit, be it an empty one
	SURFACE_STATE_TEARING = 1 << 14,
	SURFACE_STATE_CONTENT = 1 << 15,
	SURFACE_STATE_SET_BARRIER = 1 << 16,  // wp_fifo_v1
	SURFACE_STATE_WAIT_BARRIER = 1 << 17, // likewise
	SURFACE_STATE_TIME = 1 << 18,
	SURFACE_STATE_CODING = 1 << 24,
};

// What the pixels of a surface are, by what its client told of them (wp_color_representation_v1).
enum surface_coded {
	SURFACE_CODED_UNTOLD,
	SURFACE_CODED_RGB,
	SURFACE_CODED_YUV,
};

struct sync_timeline;

// A point of a client's timeline.
struct sync_point {
	struct sync_timeline *timeline; // referenced; NULL: there is none
	uint64_t value;
};

// What of wp_linux_drm_syncobj_surface_v1 waits for the next commit.
struct surface_sync {
	struct sync_point acquire, release;
};

// What a commit applies at once (wayland.xml, wl_surface.commit). One pending, one current, and for
// synchronised subsurfaces one cached.
struct surface_state {
	uint32_t fields;               // SURFACE_STATE_*: what this state changes
	struct scene_buffer *buffer;   // may be NULL; locked in current and cached, not in pending
	struct sync_point acquire;     // when it is drawn, if that was said; comes and goes with it
	struct scene_release *release; // of it; may be NULL; locked
	struct wl_resource *buffer_resource; // pending only; may be NULL
	struct wl_listener buffer_destroy;   // pending only
	int32_t dx, dy;
	pixman_region32_t surface_damage, buffer_damage;
	pixman_region32_t opaque, input;
	enum wl_output_transform transform;
	int32_t scale;
	bool has_viewport_src;
	struct scene_fbox viewport_src;          // logical px
	int32_t viewport_width, viewport_height; // 0: not set
	uint16_t fade;                           // 0xffff - alpha of all of it
	bool tearing;                            // may be shown torn
	enum scene_content content;
	struct format_coding coding;    // of a YUV buffer
	int64_t present_ns;             // CLOCK_MONOTONIC: not to be seen before
	struct wl_list frame_callbacks; // wl_callback, wl_resource_get_link
	struct wl_list feedbacks;       // wp_presentation_feedback, wl_resource_get_link
};

// Room for what of a role's requests takes effect with the next commit.
struct surface_role_state {
	_Alignas(8) unsigned char bytes[80];
};

struct surface_role {
	const char *name;
	// There is no protocol object that has to go before the surface, and no input that it takes
	// (cursors, drag icons); role_object is whatever lives as long as the surface.
	bool no_object;
	// Before state is applied, may post a protocol error; false stops the commit. May be NULL.
	bool (*precommit)(struct surface *surface);
	// State has been applied. May be NULL.
	void (*commit)(struct surface *surface);
	// For commits that are held back: copies what the role's requests have changed since the last
	// commit, and what they changed before, to *state (zeroed, or saved before), and makes it so again.
	// May be NULL, both.
	void (*save)(struct surface *surface, struct surface_role_state *state);
	void (*restore)(struct surface *surface, const struct surface_role_state *state);
	// The wl_surface goes away before its role object. May be NULL.
	void (*destroyed)(struct surface *surface);
	// Appends what belongs on top of the surface and its subsurfaces (popups). May be NULL.
	bool (*append)(struct surface *surface, struct wayland_output *output, int32_t x, int32_t y);
	// The surface that this one hangs on, one step or all the way up; NULL if it hangs on nothing.
	// Without this function the surface is the one that policy places.
	struct surface *(*root)(struct surface *surface);
};

// Objects of which a surface has one at most.
enum surface_extension_slot {
	SURFACE_VIEWPORT,       // wp_viewport
	SURFACE_ALPHA_MODIFIER, // wp_alpha_modifier_surface_v1
	SURFACE_TEARING_CONTROL,
	SURFACE_CONTENT_TYPE,
	SURFACE_FIFO,
	SURFACE_COMMIT_TIMER,
	SURFACE_SHORTCUTS_INHIBITOR,
	SURFACE_FRACTIONAL_SCALE,
	SURFACE_COLOR_REPRESENTATION,
	SURFACE_SYNCOBJ,
	SURFACE_EXTENSIONS
};

struct surface_extended {
	struct wl_resource *resource; // NULL: there is none
	const struct surface_extension *by;
};

struct surface {
	struct wl_resource *resource;
	struct wayland_server *server;
	struct scene_layer layer;
	struct surface_state pending, current, cached;
	int32_t width, height; // logical px of the current state; 0 without a buffer
	int32_t x, y;          // logical px of its output, as it was appended last
	bool dying;            // its client is told nothing more of it
	bool mapped; // has a buffer and a living role object; what it hangs on may still be unmapped
	const struct surface_role *role; // set once, never changed to another (wl_surface role rule)
	void *role_object;               // NULL when the role's object is gone
	unsigned role_serial;            // counts its role objects
	struct wl_list held;             // struct held_part.surface_link: its part in commits held back
	int n_held;
	// Subsurfaces bottom to top; `self` marks the surface's own place among them. The pending order
	// becomes the current one when the surface's state is applied.
	struct wl_list children, pending_children; // struct subsurface.link, .pending_link
	struct wl_list self, pending_self;
	struct wl_list cached_children; // struct subsurface.cached_link
	bool children_dirty;            // order or a position of a child waits to be applied
	struct wl_list latched_callbacks, latched_feedbacks; // belong to the frame on its way
	bool committed;                                      // since the layer was last latched
	bool barrier;                  // wp_fifo_v1: what set it has not gone into a frame yet
	struct wayland_output *output; // where it was entered; NULL if nowhere
	int32_t preferred_scale;       // whole; as the client knows it
	enum wl_output_transform preferred_transform; // likewise
	bool preferred_sent;
	struct surface_extended extended[SURFACE_EXTENSIONS];
	struct surface_sync sync;
	struct wl_list dmabuf_feedbacks;    // zwp_linux_dmabuf_feedback_v1 resources of the surface
	struct dmabuf_wish *wish;           // what they are to say; may be NULL
	struct seat_constraint *constraint; // of the pointer; may be NULL
	struct client_account *account;
	size_t held_rects;        // of its regions, in the account
	struct scene_rect bounds; // as surface_bounds found them
	uint64_t bounds_serial;   // wayland_server.shape_serial at that time
	uint64_t dirty_round;     // wayland_server.dirty_round when policy was told of its tree
	struct wl_signal destroy;
	struct wl_list link;         // wayland_server.surfaces
	struct wl_list waiting_link; // wayland_server.waiting: callbacks or feedback to be answered
	struct wl_list dirty_link;   // wayland_server.dirty: policy has to be told of its tree
	struct wl_list apply_link;   // while a commit goes down the tree
	// What its wp_color_representation_surface_v1 told of last, which each commit has to go with.
	enum surface_coded coded_as;
	bool chroma_located;
};

// NULL for an inert resource.
struct surface *surface_from_resource(struct wl_resource *resource);

// Gives the surface a role; posts `error` on `resource` when it has another one, or the same one with
// a living object.
bool surface_set_role(struct surface *surface, const struct surface_role *role, void *object,
	struct wl_resource *resource, uint32_t error);

// The surface that policy places for this one; NULL when it hangs on nothing.
struct surface *surface_root(struct surface *surface);

// Shows nothing any more: buffer, cached state and mapped state are dropped, descendants hidden;
// callbacks are answered slowly, feedback is discarded. Policy is told that the tree changed, unless
// the surface is its own root.
void surface_unmap(struct surface *surface);

// Applies what a synchronised subsurface has cached, if anything. True if the tree changed: the caller
// tells policy.
bool surface_apply_cached(struct surface *surface);

// Makes `state`, which is due, the surface's current one. Returns false after an error; sets *changed
// if the tree has to be laid out anew.
bool surface_apply(struct surface *surface, struct surface_state *state, bool *changed);

// Bounding box of the surface with its mapped subsurfaces, logical px relative to the surface.
struct scene_rect surface_bounds(struct surface *surface);

// Tells policy that the tree which `surface` hangs on changed: at once, or when the event loop has
// nothing else to do (for objects that may go in hordes, and hang on another one).
void surface_tree_changed(struct surface *surface);
void surface_tree_changed_later(struct surface *surface);

// ---- surface_hold.c: commits that wait: for their buffers, a frame, their time ----

// `state`, and what the surfaces in `tree` (surface.apply_link) have cached, are due together. Takes
// them all, for later, if one of them has to wait or an earlier commit does: true, and `tree` is empty
// then. Too many of them that cannot become one are the client's no_memory.
bool surface_hold(struct surface *root, struct surface_state *state, struct wl_list *tree);
// What the surface shows once all commits of it that wait have taken effect; NULL if nothing.
struct scene_buffer *surface_latest_buffer(const struct surface *surface);
// One of its commits that wait attaches a buffer.
bool surface_holds_buffer(const struct surface *surface);
size_t surface_held_rects(const struct surface *surface);
// The surface was unmapped: what it holds brings no contents any more.
void surface_held_unmap(struct surface *surface);
// The surface is about to be destroyed.
void surface_held_finish(struct surface *surface);
// What its first commit waits for may be known now.
void surface_look_again(struct surface *surface);
// A frame has taken what set its barrier, or none will: what waits for that goes on, soon.
void surface_clear_barrier(struct surface *surface);

// ---- surface_frame.c: what output/ tells, and where a surface is shown ----

extern const struct scene_layer_ops surface_layer_ops;

// Sends enter and leave where `output` (may be NULL) differs from the surface's.
void surface_set_output(struct surface *surface, struct wayland_output *output);
// Scale and transform of its output, that it would best be drawn for; it has one.
void surface_send_preferred(struct surface *surface);
// The surface and its subsurfaces are shown nowhere until they are appended again.
void surface_hide_tree(struct surface *surface);
// Callbacks or feedback of the current state wait for a frame.
void surface_wait(struct surface *surface);
void surface_destroy_callbacks(struct wl_list *callbacks);
void surface_discard_feedbacks(struct wl_list *feedbacks);

// ---- surface_layer.c ----

// Turns the current state, of which `fields` changed, into what the scene shows. False when out of memory.
bool surface_update_layer(struct surface *surface, uint32_t fields, bool resized);
// Appends the surface alone, at x, y in logical px of the output. False when out of memory.
bool surface_append_layer(
	struct surface *surface, struct wayland_output *output, int32_t x, int32_t y, uint64_t tree);

// ---- surface_state.c ----

void surface_state_init(struct surface_state *state);
// Unlocks the buffer; callbacks are destroyed, feedback is discarded.
void surface_state_finish(struct surface_state *state);
// As if no buffer had been attached.
void surface_state_drop_buffer(struct surface_state *state);
// Moves what `from` changes into `to`. False when out of memory: parts may not have been moved.
bool surface_state_merge(struct surface_state *to, struct surface_state *from);

// How many rectangles its regions have.
size_t surface_state_rects(const struct surface_state *state);

enum surface_size_error {
	SURFACE_SIZE_OK,
	SURFACE_SIZE_NO_MULTIPLE,   // the buffer's size is no multiple of its scale
	SURFACE_SIZE_BAD_SIZE,      // the viewport's source has no integer size, and no destination
	SURFACE_SIZE_OUT_OF_BUFFER, // the viewport's source is not inside of the buffer
};
// Logical size of a surface with this state, 0x0 without a buffer (wl_surface.attach, wp_viewport).
enum surface_size_error surface_state_size(
	const struct surface_state *state, int32_t *width, int32_t *height);
// Part of the buffer that is shown, buffer px.
struct scene_fbox surface_state_source(const struct surface_state *state);
// Adds the state's damage to `damage`, in logical px, rounded outward, for a surface of this size.
// False when out of memory.
bool surface_state_damage(
	const struct surface_state *state, int32_t width, int32_t height, pixman_region32_t *damage);
// Keeps damage that a client gathers from growing without bound.
void surface_damage_limit(pixman_region32_t *damage);
// Adds a rectangle of a client's to a region, cut to what a region can hold. False when out of memory.
bool surface_region_add(
	pixman_region32_t *region, int32_t x, int32_t y, int32_t width, int32_t height);

// ---- subcompositor.c ----

struct subsurface {
	struct wl_resource *resource;
	struct surface *surface;
	struct surface *parent;             // NULL when it is gone
	struct wl_list link;                // surface.children of the parent; alone until first applied
	struct wl_list pending_link;        // surface.pending_children of the parent
	struct wl_list cached_link;         // surface.cached_children of the parent, or alone
	int32_t x, y, pending_x, pending_y; // logical px relative to the parent
	bool sync;
};

// NULL when the surface is no subsurface (any more).
struct subsurface *subsurface_from_surface(const struct surface *surface);
// Commits are cached for the parent's: of its own will or by that of an ancestor.
bool subsurface_is_synchronized(const struct surface *surface);
// The surface, which is synchronized, has cached state: its parent's commit finds it.
void subsurface_note_cached(struct surface *surface);
// The surface's state was applied: order and positions of its subsurfaces become current. Returns
// true if anything changed.
bool subsurface_apply_children(struct surface *surface);
// The surface is about to be destroyed: its subsurfaces lose their parent.
void subsurface_orphan_children(struct surface *surface);

// Walks the tree of subsurfaces bottom to top without recursion: clients nest as deep as they like.
struct surface_iter {
	struct surface *root, *parent;
	struct wl_list *next;
	int64_t x, y;  // logical px of the surface returned last, relative to the root
	bool all;      // unmapped ones too
	bool finished; // the surface returned last has no more subsurfaces above: its TOP
};

enum surface_iter_step {
	SURFACE_ITER_END,
	SURFACE_ITER_SURFACE, // the surface itself
	SURFACE_ITER_TOP,     // all of its subsurfaces have been walked
};

struct surface_iter surface_iter_begin(struct surface *root, bool all);
enum surface_iter_step surface_iter_next(struct surface_iter *iter, struct surface **surface);

#endif
