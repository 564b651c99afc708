// SPDX-License-Identifier: MIT
// The connection of a client program: its globals and its event loop.
#ifndef VITRINE_CLIENTS_DISPLAY_H
#define VITRINE_CLIENTS_DISPLAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/format.h"
#include "shared/coding.h"
#include "shared/feedback.h"

struct wl_compositor;
struct wl_display;
struct wl_output;
struct wl_registry;
struct wl_shm;
struct wp_presentation;
struct vitrine_control_v1;
struct xdg_wm_base;
struct zwp_linux_dmabuf_v1;

// What a program wants of the compositor: globals of other kinds are not bound.
enum client_want {
	CLIENT_WANT_WINDOW = 1 << 0,  // compositor, shell, output, presentation, dma-buf, shm
	CLIENT_WANT_CONTROL = 1 << 1, // vitrine_control_v1
};

struct client_display {
	uint32_t wants; // enum client_want
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct xdg_wm_base *wm_base;
	struct wl_shm *shm;                   // may be NULL
	struct zwp_linux_dmabuf_v1 *dmabuf;   // may be NULL
	struct wp_presentation *presentation; // may be NULL
	struct wl_output *output;             // the first one; may be NULL
	struct vitrine_control_v1 *control;   // may be NULL

	struct format_set shm_formats;        // as DRM fourccs, modifier 0
	struct client_feedback feedback;      // empty without linux-dmabuf
	struct client_codings codings;        // of YUV, that the compositor can be told
	uint32_t output_width, output_height; // mode of `output` in px; 0 when unknown
	uint32_t output_refresh_mhz;          // of that mode; 0 when unknown
	clockid_t clock;                      // of presentation times; CLOCK_MONOTONIC until told
	int signal_fd;                        // readable on SIGINT and SIGTERM
	bool stop;                            // SIGINT or SIGTERM came
	bool failed;                          // out of memory
};

// Connects to `socket` (NULL: WAYLAND_DISPLAY, else wayland-0), binds what is wanted and blocks
// SIGINT and SIGTERM, which then arrive at `signal_fd`. Reports errors, with the remedy; `display`
// needs no finish then.
bool client_display_connect(struct client_display *display, const char *socket, uint32_t wants);

// Flushes what is still to be sent and closes the connection.
void client_display_finish(struct client_display *display);

// Sends requests, waits for events of the compositor, of `fds` (at most 8) or a signal and
// dispatches those of the compositor. `timeout_ms` as in poll(2). False when the connection is
// lost: reported. A signal is no failure: look at `stop`.
bool client_display_wait(
	struct client_display *display, struct pollfd *fds, size_t n_fds, int timeout_ms);

// Waits for the answers to all requests so far. False when the connection is lost (reported) or
// when SIGINT or SIGTERM ended the wait.
bool client_display_roundtrip(struct client_display *display);

// The time of `clock` in ns.
int64_t client_now_ns(clockid_t clock);

#endif
