// SPDX-License-Identifier: MIT
// A toplevel of a client program.
#ifndef VITRINE_CLIENTS_WINDOW_H
#define VITRINE_CLIENTS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/buffer.h"
#include "shared/stats.h"

struct client_display;
struct wl_callback;
struct wl_output;
struct wl_surface;
struct wp_color_representation_surface_v1;
struct xdg_surface;
struct xdg_toplevel;

struct client_window_options {
	const char *app_id;
	const char *title;
	bool fullscreen;          // asks for it, so as to be told the size of the output
	struct wl_output *output; // where; NULL: where the compositor likes
	bool verbose;             // a line a frame, see client_stats
};

struct client_window {
	struct client_display *display;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wp_color_representation_surface_v1 *coding; // as told; may be NULL
	struct wl_callback *frame; // NULL when the last frame callback came: time to draw
	uint32_t width, height;    // as configured, in px; 0 when left to the program
	bool configured;
	bool closed; // the compositor wants the window to go
	struct client_stats stats;

	// private
	uint32_t next_width, next_height; // take effect with the next xdg_surface.configure
};

// A rectangle of a buffer in px.
struct client_rect {
	int32_t x, y, width, height;
};

// Makes the toplevel. False when out of memory: reported.
bool client_window_open(struct client_window *window, struct client_display *display,
	const struct client_window_options *options);
// The same, and waits for its first configure. False when that does not come: reported.
// Without a size from the compositor, `width` and `height` become those of the output if known.
bool client_window_init(struct client_window *window, struct client_display *display,
	const struct client_window_options *options);
void client_window_finish(struct client_window *window);

// Tells the compositor that the window has this size and no other, so that it does not stand for a
// whole screen. Double-buffered state.
void client_window_fix_size(struct client_window *window, uint32_t width, uint32_t height);

// Says that all of width x height px is opaque, or that nothing is (0x0). Double-buffered state.
void client_window_set_opaque(struct client_window *window, uint32_t width, uint32_t height);

// Tells how the YUV in its buffers is coded. Double-buffered state. False if the compositor cannot be told.
bool client_window_set_coding(struct client_window *window, struct format_coding coding);

// Attaches `buffer`, which becomes busy, with `damage`, asks for a frame callback and for
// presentation feedback, and commits. `frame` is the number for the statistics.
void client_window_commit(struct client_window *window, struct client_buffer *buffer,
	const struct client_rect *damage, uint64_t frame);

// Waits until the compositor has told what became of all frames, a signal comes or a second has
// passed. False when the connection is lost: reported.
bool client_window_drain(struct client_window *window);

#endif
