// SPDX-License-Identifier: MIT
// bench-client: a client that costs as little as a client can, to measure display servers with.
#ifndef VITRINE_BENCH_CLIENT_H
#define VITRINE_BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "busy.h"
#include "random.h"

struct wl_buffer;
struct wl_callback;
struct wl_compositor;
struct wl_display;
struct wl_output;
struct wl_seat;
struct wl_shm;
struct wl_subcompositor;
struct wl_subsurface;
struct wl_surface;
struct wl_touch;
struct wp_presentation;
struct wp_presentation_feedback;
struct xdg_surface;
struct xdg_toplevel;
struct xdg_wm_base;
struct test_timeline;
struct zwp_linux_dmabuf_v1;

// One on the screen, one on its way, one to draw.
#define CLIENT_BUFFERS 3
#define CLIENT_FEEDBACKS 16
#define CLIENT_MAX_WINDOWS 16
#define CLIENT_MAX_SLICES 8192
#define CLIENT_SLICE_NS 500000000

enum client_memory {
	CLIENT_MEMORY_SHM,     // as plain as it can be: nobody can scan it out
	CLIENT_MEMORY_SEALED,  // a sealed memfd, whole pages: the server may make a dma-buf of it
	CLIENT_MEMORY_UDMABUF, // a dma-buf
};

enum client_pace {
	CLIENT_PACE_FRAME,  // a commit at every frame callback
	CLIENT_PACE_RANDOM, // a commit at random times, see random.h
	CLIENT_PACE_INPUT,  // a commit an event
};

struct client_options {
	enum client_memory memory;
	enum client_pace pace;
	uint32_t box_width, box_height; // px, of what changes a frame; 0: everything
	uint32_t width, height;         // px of a window of that size; 0: fullscreen
	uint32_t windows;               // 1, and as many subsurfaces more
	uint32_t late_ms;               // from a frame callback to the next commit
	uint32_t fence_ms;              // until a picture is done after its commit; 0: before it
	uint32_t seed;                  // of random times; 0: of the clock
	double warm_up, seconds;
	pid_t server;     // whose CPU time is read; 0: nobody's
	const char *busy; // file of bench-preload; may be NULL
	size_t events;    // of CLIENT_PACE_INPUT
	bool first;       // end after the first frame
	bool hold;        // keep the last picture up until standard input ends
	bool wait;        // for the socket to appear
	bool announce;    // the first picture, on standard error
	bool samples;     // report each latency
};

struct client_buffer {
	struct wl_buffer *buffer;
	uint32_t *pixels;
	int dmabuf; // -1 unless it is one
	bool busy;  // the server may read it
};

// The toplevel, or one of its subsurfaces.
struct client_window {
	struct wl_surface *surface;
	struct wl_subsurface *subsurface; // NULL for the toplevel
	int32_t x, y, width, height;      // px
	struct client_buffer buffers[CLIENT_BUFFERS];
	uint64_t commits;
};

struct client_feedback {
	struct client *client;
	struct wp_presentation_feedback *object; // NULL: free
	int64_t commit_ns;
	size_t n_answered; // events up to this commit
};

// ns of CLOCK_MONOTONIC, and of the clock of presentation times.
struct client_event {
	int64_t receipt_ns, light_ns;
};

// What is read at the borders of a slice of the measured time.
struct client_sample {
	int64_t time_ns;
	uint64_t callbacks, presented;
	// Of the server, see busy.h; ticks.
	uint64_t busy, waits, commit, commits, allocations, library_allocations;
	uint64_t ticks; // of this clock, at this time
};

struct client {
	struct client_options options;
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor; // may be NULL
	struct wl_shm *shm;
	struct wl_output *output; // may be NULL
	struct xdg_wm_base *wm_base;
	struct wp_presentation *presentation; // may be NULL
	struct zwp_linux_dmabuf_v1 *dmabuf;   // may be NULL
	struct wl_seat *seat;                 // may be NULL
	struct wl_touch *touch;               // may be NULL
	clockid_t clock;                      // of presentation times

	struct client_window windows[CLIENT_MAX_WINDOWS];
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wl_callback *callback;        // NULL: time to draw
	int32_t width, height;               // px
	int32_t output_width, output_height; // px, 0 if unknown
	bool configured, closed;

	struct client_feedback feedbacks[CLIENT_FEEDBACKS];
	struct bench_busy *busy; // may be NULL
	uint64_t frame;          // commits so far
	int64_t next_ns;         // of the next commit at CLIENT_PACE_RANDOM
	struct bench_random random;
	struct test_timeline *timeline; // NULL without fences
	int64_t ready_ns;               // when the next picture is drawn, with options.late_ms
	int64_t signal_ns;              // when the fence on its way is due; 0: none is

	struct client_event *events; // of options.events; NULL unless CLIENT_PACE_INPUT
	size_t n_events, n_answered, n_lit;

	int64_t warm_ns;           // when the measured time may begin
	int64_t first_commit_ns;   // 0 before it
	int64_t first_callback_ns; // 0 before the first frame callback
	int64_t first_light_ns;    // 0 before the first frame, and without presentation
	struct client_sample now;  // totals
	uint64_t zero_copy, starved;
	int64_t light_ns, refresh_ns; // of the last frame shown; 0 before
	uint64_t missed;              // refreshes between two frames of the measured time
	int64_t *samples;             // latencies, ns; NULL unless wanted
	size_t n_samples, cap_samples;
	int64_t latency_ns, latency_max_ns; // over `latencies`
	uint64_t latencies;
	struct client_sample slices[CLIENT_MAX_SLICES + 1];
	size_t n_slices; // borders taken; 0 before the measured time
};

// Reports to standard error and returns false.
bool client_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

int64_t client_now_ns(clockid_t clock);

// client-buffers.c

// Makes all buffers at the size of their surfaces, painted. Reports errors.
bool client_buffers_init(struct client *client);

// A buffer that the server does not read; NULL if there is none.
struct client_buffer *client_buffers_acquire(struct client_window *window);

// client-windows.c

// Makes the subsurfaces. Reports errors.
bool client_windows_init(struct client *client);

// client-fence.c

// Opens a timeline, if fences are wanted. Ends the program if there are none.
void client_fence_init(struct client *client);

// The buffer is not drawn yet.
void client_fence_attach(struct client *client, struct client_buffer *buffer);

// Signals what is due. Returns when the next one is, -1: none.
int64_t client_fence_run(struct client *client);

// client-display.c

// Connects, makes the fullscreen toplevel and waits for its first configure. Reports errors.
bool client_display_init(struct client *client);

// Waits for events until `deadline_ns` (CLOCK_MONOTONIC; -1: no deadline) or input on `fd` (-1:
// none), and dispatches them. False when the connection is lost: reported.
bool client_display_wait(struct client *client, int fd, int64_t deadline_ns);

// client-commit.c

// Commits the next picture of all windows, and follows it to the screen. False: the server has all
// buffers.
bool client_commit(struct client *client);

// client-input.c

// wl_seat was bound.
void client_input_seat(struct client *client);

// Waits for a touch screen. Reports errors.
bool client_input_init(struct client *client);

// True when all events are answered and the answers shown.
bool client_input_done(struct client *client);

// The answer to the first `n_answered` events is on the screen.
void client_input_lit(struct client *client, size_t n_answered, int64_t light_ns);

// Writes all times to standard output, as one line of JSON.
void client_input_print(const struct client *client);

// client-report.c

// Takes a sample when its time has come. True when the measured time is over.
bool client_report_sample(struct client *client);

// Writes what was measured to standard output, as one line of JSON.
void client_report_print(const struct client *client);

// CPU time of a process in ticks of the guest, -1 if it is gone.
int64_t client_report_ticks(pid_t pid);

#endif
