// SPDX-License-Identifier: MIT
// What an output shows: layers with buffer, geometry, opaque region and damage. Pure data, no I/O.
//
// Producers (wayland/) fill layers, policy (kiosk/) says which layers an output has and in which
// order, output/ reads them once a frame and tells them what became of their contents.
#ifndef VITRINE_SCENE_SCENE_H
#define VITRINE_SCENE_SCENE_H

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-protocol.h>
#include <wayland-util.h>

#include "base/format.h"

struct scene_buffer;
struct scene_layer;
struct scene_mirror;
struct scene_mirror_layer;
struct scene_output;

struct scene_rect { // px
	int32_t x, y, width, height;
};

struct scene_fbox { // px of a buffer, fractions allowed
	double x, y, width, height;
};

// ---- buffer.c ----

enum scene_buffer_kind {
	SCENE_BUFFER_DMABUF,
	SCENE_BUFFER_SHM,
	SCENE_BUFFER_SOLID, // one pixel's colour, any size
};

// How the memory of a SHM buffer is with devices.
enum scene_share {
	SCENE_SHARED,          // a dma-buf: fd[0], offset[0]
	SCENE_SHARE_OFF,       // nothing makes dma-bufs of it
	SCENE_SHARE_UNSEALED,  // it is of a kind that could shrink
	SCENE_SHARE_UNALIGNED, // it is no whole pages
	SCENE_SHARE_NEW,       // it may be worth it, once it has been used again
	SCENE_SHARE_BUSY,      // its client draws into it while it is shown
	SCENE_SHARE_REFUSED,   // it did not become one
	SCENE_SHARE_UNWANTED,  // it was one that the device did not take
};

// What a CPU reads of a buffer between begin_access and end_access.
struct scene_pixels {
	int n_planes;
	const uint8_t *data[FORMAT_MAX_PLANES];
	uint32_t stride[FORMAT_MAX_PLANES]; // bytes
};

struct scene_buffer_ops {
	// The last lock is gone: the client may draw into it again. Not called for a dropped buffer.
	void (*release)(struct scene_buffer *buffer);
	// No one will use it again: free it. Both faces are gone already.
	void (*destroy)(struct scene_buffer *buffer);
	// Whoever draws into it has finished, as far as is known without waiting. NULL: always.
	bool (*is_drawn)(struct scene_buffer *buffer);
	// If it was not: a descriptor that becomes readable when it may be. The caller closes it; -1 with
	// errno on failure. NULL where is_drawn is.
	int (*drawn_fd)(struct scene_buffer *buffer);
	// Maps for reading, brackets the cache. NULL for SOLID. False: the contents cannot be read now.
	bool (*begin_access)(struct scene_buffer *buffer, struct scene_pixels *pixels);
	// False if the memory turned out to be truncated while it was read (what was read is zero).
	bool (*end_access)(struct scene_buffer *buffer);
	// SHM: makes it a dma-buf, if that is worth it and possible. NULL: never.
	enum scene_share (*share)(struct scene_buffer *buffer);
	// SHM: the device did not take it. NULL where share is.
	void (*unshare)(struct scene_buffer *buffer);
};

// A cached form of a buffer (framebuffer, converted image), embedded by the folder that made it.
struct scene_face {
	void (*destroy)(struct scene_face *face);
};

// A client buffer: one thing with two faces, each made when first asked for and kept until the
// client drops the buffer.
struct scene_buffer {
	const struct scene_buffer_ops *ops;
	enum scene_buffer_kind kind;
	int32_t width, height; // px; 1x1 for SOLID
	uint32_t format;       // DRM fourcc
	uint64_t modifier;     // DRM_FORMAT_MOD_INVALID: implicit; LINEAR for shm
	int n_planes;
	int fd[FORMAT_MAX_PLANES]; // dma-bufs, owned by the producer; -1 elsewhere
	uint32_t offset[FORMAT_MAX_PLANES];
	uint32_t stride[FORMAT_MAX_PLANES];
	uint16_t solid[4]; // premultiplied r, g, b, a of 0..0xffff
	bool y_invert;
	unsigned locks;       // users of the contents: surface states, frames on their way or on screen
	bool dropped;         // the producer will not use it again
	bool scanout_refused; // the device did not take it: do not ask again
	struct scene_face *scanout; // may be NULL; output/
	struct scene_face *image;   // may be NULL; render/
};

void scene_buffer_init(
	struct scene_buffer *buffer, const struct scene_buffer_ops *ops, enum scene_buffer_kind kind);
// Takes the contents into use; returns its argument. NULL is fine.
struct scene_buffer *scene_buffer_lock(struct scene_buffer *buffer);
// Ends one use: release at the last one, or destroy if dropped. NULL is fine.
void scene_buffer_unlock(struct scene_buffer *buffer);
// The producer is done (wl_buffer destroyed): destroyed now or with the last unlock.
void scene_buffer_drop(struct scene_buffer *buffer);

// As scene_buffer_ops.share says.
enum scene_share scene_buffer_share(struct scene_buffer *buffer);

// As scene_buffer_ops.is_drawn says; true of NULL.
bool scene_buffer_is_drawn(struct scene_buffer *buffer);

// The end of what one commit brought, for producers that want to know of it besides scene_buffer_ops.release: a
// buffer may have been brought by several. Locked together with the buffer.
struct scene_release;

struct scene_release_ops {
	// The last lock is gone, and the release is the producer's again.
	void (*done)(struct scene_release *release);
	// When `fence`, a sync_file that is borrowed for the call, is signalled, nobody will read what the commit
	// brought; `done` is still to come.
	void (*promise)(struct scene_release *release, int fence);
};

struct scene_release {
	const struct scene_release_ops *ops;
	unsigned locks;
	bool forsaken; // what was to signal the fence that was promised may never do so
};

// Returns its argument. NULL is fine, of both.
struct scene_release *scene_release_lock(struct scene_release *release);
void scene_release_unlock(struct scene_release *release);

// ---- layer.c ----

// A frame that reached the screen.
struct scene_presentation {
	int64_t time_ns;    // CLOCK_MONOTONIC, of the flip
	uint64_t sequence;  // vblank counter of the CRTC
	int32_t refresh_ns; // 0 if unknown
	bool hardware_clock;
	bool zero_copy; // this layer was on a plane
	bool torn;      // it did not wait for the refresh that was on its way
	bool variable;  // the next one comes when it is wanted, refresh_ns later at the earliest
};

// Which planes would show a layer where it is now, were its buffer of a format and modifier that they
// take.
struct scene_wish {
	int64_t time_ns;                        // CLOCK_MONOTONIC
	const struct format_set *const *planes; // what each takes; valid during the call
	int n_planes;                           // 0: none would, or the layer is not in sight
	bool placed;                            // it is on a plane: the only one of these
	bool import_refused;                    // the device did not take its buffer
};

struct scene_layer_ops {
	// The contents of now go into a frame: what was asked for up to here belongs to it. NULL is fine.
	void (*latched)(struct scene_layer *layer);
	// The frame that latched it is on screen, older buffers are released already.
	void (*presented)(struct scene_layer *layer, const struct scene_presentation *presentation);
	// Nothing of it is visible: let the client go on slowly (frame callbacks, discarded feedback).
	void (*hidden)(struct scene_layer *layer, int64_t time_ns);
	// What would bring it onto a plane, or keeps it there: told again whenever it may have changed, if
	// `wish_wanted`. May be NULL.
	void (*scanout_wish)(struct scene_layer *layer, const struct scene_wish *wish);
};

// What a layer shows, as its producer says (wp_content_type_v1).
enum scene_content {
	SCENE_CONTENT_NONE, // nothing in particular, or not known
	SCENE_CONTENT_PHOTO,
	SCENE_CONTENT_VIDEO,
	SCENE_CONTENT_GAME,
};

// Whose layer it is, for people: status and reasons.
struct scene_owner {
	int32_t pid;
	const char *app_id; // may be NULL; owned by the producer, valid as long as the layer
};

struct scene_layer {
	const struct scene_layer_ops *ops;  // may be NULL
	uint64_t id;                        // never reused: frames are compared by it
	uint64_t tree;                      // layers that a client sees as one thing share it; 0: alone
	struct scene_output *output;        // may be NULL: not shown
	struct scene_buffer *buffer;        // may be NULL: shows nothing; locked by the producer
	struct scene_release *release;      // of the buffer, likewise
	struct scene_fbox src;              // part of the buffer, before `transform`, buffer px
	struct scene_rect dst;              // where it is shown, px of the output
	enum wl_output_transform transform; // how the buffer's contents were transformed by the client
	struct format_coding coding;        // of a YUV buffer
	uint16_t fade;            // 0xffff - alpha of all of it, besides that of its pixels; 0: none
	pixman_region32_t opaque; // relative to dst, output px
	pixman_region32_t damage; // relative to dst, output px, since the last frame that took it
	struct scene_owner owner;
	bool
		whole; // planes are to show all of it or nothing, also at the edge: cursor planes cannot crop
	bool tearing; // its contents are better shown at once, and torn, than with the next refresh
	bool stays;   // they begin with a refresh whatever `tearing` says, and are to be seen for one
	enum scene_content content;
	bool frame_wanted;       // asks for a frame though nothing may have changed
	bool awaited;            // its producer was told to draw with the newest flip, and has not yet
	bool wish_wanted;        // the producer would use another format or modifier if it was told
	uint32_t opaque_serial;  // changes whenever `opaque` does
	uint64_t latched_serial; // output/: the last frame that took its contents
	bool latched_zero_copy;  // output/: that frame had it on a plane
	uint64_t frames;         // output/: how often new contents were shown
	int64_t updated_ns;      // output/: when they last were
	int64_t interval_ns;     // output/: between updates, smoothed
	uint64_t composed_bytes; // output/: drawn of it into composed pictures
	bool listed;             // output.c: in the list that its output is building
	const struct scene_layer *mirrored; // mirror.c: that it follows; NULL: it is no mirror's
	struct scene_mirror_layer *mirrors; // mirror.c: that follow it; may be NULL
};

// Afterwards the producer sets what differs from zero, before the layer is shown.
void scene_layer_init(struct scene_layer *layer, const struct scene_layer_ops *ops);
// Leaves its output; the output is scheduled. Allowed at any time, also while the output's list is
// being built or walked by index: the layers above move down by one.
void scene_layer_finish(struct scene_layer *layer);
// Adds damage relative to dst, clipped to it, and schedules the layer's output.
void scene_layer_damage(struct scene_layer *layer, const pixman_region32_t *damage);
void scene_layer_damage_all(struct scene_layer *layer);
// Schedules a frame of the layer's output (for frame callbacks without damage), with what was awaited.
void scene_layer_want_frame(struct scene_layer *layer);

// New contents of the layer go into a frame at now_ns (CLOCK_MONOTONIC).
void scene_layer_note_update(struct scene_layer *layer, int64_t now_ns);
// Updates of the contents, mHz: smoothed, falling while there are none. A new layer counts as drawn at
// 60 Hz until it shows what it does.
uint32_t scene_layer_rate_mhz(const struct scene_layer *layer, int64_t now_ns);

// What of the layer certainly hides what is below it, output px (not clipped to the output): its
// opaque region, all of dst if the buffer has no alpha, nothing without a buffer or when it fades. The
// caller initialises and finishes the region.
void scene_layer_opaque(const struct scene_layer *layer, pixman_region32_t *opaque);

// Whose it is, or whose the one is that it mirrors.
const struct scene_owner *scene_layer_owner(const struct scene_layer *layer);

// The part of `src` that is shown in `part`, px relative to dst: buffer px, before `transform`. The layer
// has a buffer and a size.
struct scene_fbox scene_layer_part(const struct scene_layer *layer, struct scene_fbox part);

// The transform that undoes `transform`.
enum wl_output_transform scene_transform_invert(enum wl_output_transform transform);

// The transform whose contents were transformed by `second` first, and then by `first`.
enum wl_output_transform scene_transform_compose(
	enum wl_output_transform first, enum wl_output_transform second);

// Box in buffer px -> box after `transform` was undone (wl_surface.set_buffer_transform); `width` and
// `height` are the buffer's size. The way back is the inverted transform with the surface's size.
struct scene_fbox scene_fbox_transform(
	struct scene_fbox box, enum wl_output_transform transform, double width, double height);

// ---- output.c ----

// The layers of one output, bottom to top.
struct scene_output {
	int32_t width, height;       // px
	struct scene_layer **layers; // not owned
	int n_layers, cap_layers;
	struct scene_layer **next; // list being built between begin and end; not owned
	int n_next, cap_next;
	bool changed;                 // order or membership differ from what the last frame took
	struct scene_mirror *mirrors; // mirror.c: that show it elsewhere; may be NULL
	// Set by output/: something of the scene differs from what the last frame took. May be NULL.
	void (*schedule)(struct scene_output *output);
};

void scene_output_init(struct scene_output *output, int32_t width, int32_t height);
void scene_output_finish(struct scene_output *output);
// Replaces the list: begin, append bottom to top (each layer once), end. Layers that do not come back
// leave the output. A layer that is on another output moves. append: false when out of memory. Until
// end the old list stays in force. The output is scheduled if order or membership changed.
void scene_output_begin(struct scene_output *output);
bool scene_output_append(struct scene_output *output, struct scene_layer *layer);
void scene_output_end(struct scene_output *output);

// visible[i] = what of layer i is not hidden by opaque parts of layers above, output px. The caller
// initialises and finishes the regions. *background (may be NULL) gets what no layer hides.
void scene_output_visibility(
	const struct scene_output *output, pixman_region32_t *visible, pixman_region32_t *background);

// All of a layer that visibility depends on.
struct scene_shape {
	uint64_t id;
	struct scene_rect dst;
	uint32_t opaque_serial;
	bool mapped, opaque_buffer;
};

// Writes the shapes of the n_layers layers, bottom to top. False if they were the same there already:
// what scene_output_visibility came to then still holds.
bool scene_output_take_shapes(const struct scene_output *output, struct scene_shape *shapes);

#endif
