// SPDX-License-Identifier: MIT
// Wayland clients for tests; one process may have many, each with its connection.
//
// Everything waits for events and never for time. What goes wrong ends the running cmocka test.
#ifndef VITRINE_TESTS_LIB_CLIENT_H
#define VITRINE_TESTS_LIB_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "alpha-modifier-v1-client-protocol.h"
#include "buffer.h"
#include "commit-timing-v1-client-protocol.h"
#include "content-type-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "server.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "vitrine-control-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

enum { TEST_MAX_OUTPUTS = 4 };

struct test_client {
	struct wl_display *display; // NULL when not connected
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	struct wp_viewporter *viewporter;
	struct wp_alpha_modifier_v1 *alpha_modifier;
	struct wp_tearing_control_manager_v1 *tearing_control;
	struct wp_content_type_manager_v1 *content_type;
	struct wp_fifo_manager_v1 *fifo;
	struct wp_commit_timing_manager_v1 *commit_timing;
	struct wp_linux_drm_syncobj_manager_v1 *syncobj; // NULL where the device has no timelines
	struct wp_presentation *presentation;
	struct wp_single_pixel_buffer_manager_v1 *single_pixel;
	struct vitrine_control_v1 *control;
	struct wl_output *outputs[TEST_MAX_OUTPUTS];
	int n_outputs;
	uint32_t presentation_clock;
	unsigned events; // counts what the helpers below hear: an order of events
};

// Connects to the server and binds what it offers.
void test_client_connect(struct test_client *client, const struct test_server *server);
void test_client_disconnect(struct test_client *client);
// Waits for events and handles them. Fails the test when the server hung up.
void test_client_dispatch(struct test_client *client);
void test_client_roundtrip(struct test_client *client);
#define test_client_wait(client, condition) \
	do { \
		while (!(condition)) { \
			test_client_dispatch(client); \
		} \
	} while (0)

// Waits until the server ends the connection with a protocol error, disconnects and gives the error's
// code. `interface` (NULL: any) is that of the object it is about.
uint32_t test_client_wait_error(struct test_client *client, const struct wl_interface *interface);

struct test_surface {
	struct test_client *client;
	struct wl_surface *surface;
	struct wl_callback *callback; // may be NULL: none asked for
	unsigned frames;              // callbacks that came
	unsigned last_frame;          // client->events of the last one
};

void test_surface_init(struct test_surface *surface, struct test_client *client);
// Destroys it for the server, too, at once. As all finish functions here, it takes a zeroed one.
void test_surface_finish(struct test_surface *surface);
// Attaches the buffer (NULL: none) with damage all over, asks for a frame callback if none is on its
// way, and commits.
void test_surface_show(struct test_surface *surface, struct test_buffer *buffer);
// The same for any wl_buffer.
void test_surface_show_raw(struct test_surface *surface, struct wl_buffer *buffer);
// Asks for a frame callback, to be committed.
void test_surface_want_frame(struct test_surface *surface);
// Waits for the frame callback that is on its way.
void test_surface_wait_frame(struct test_surface *surface);

struct test_window {
	struct test_surface base;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	int32_t width, height; // px, of the last configure
	bool fullscreen, activated;
	unsigned configures;
	unsigned closes;
};

// A toplevel whose first configure came and was acknowledged; nothing is attached yet.
void test_window_init(struct test_window *window, struct test_client *client, const char *app_id,
	struct test_window *parent);
void test_window_finish(struct test_window *window);

struct test_popup {
	struct test_surface base;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *popup;
	int32_t x, y, width, height; // px relative to the parent's geometry, of the last configure
	unsigned configures;
	unsigned dones; // popup_done
};

// A popup of `width` x `height` at the lower right corner of the box at x, y of 1 x 1 px, which may
// slide to stay inside. Configured and acknowledged.
void test_popup_init(struct test_popup *popup, struct test_window *parent, int32_t x, int32_t y,
	int32_t width, int32_t height);
// The same with a grab. Its first configure came, or it was dismissed.
void test_popup_init_grab(struct test_popup *popup, struct test_window *parent, int32_t x,
	int32_t y, int32_t width, int32_t height, struct wl_seat *seat, uint32_t serial);
void test_popup_finish(struct test_popup *popup);

struct test_feedback {
	struct test_client *client;
	struct wp_presentation_feedback *feedback; // NULL when it came
	bool presented, discarded;
	int64_t time_ns;
	uint64_t sequence;
	uint32_t refresh_ns, flags;
	unsigned sync_outputs;
};

// Of the surface's next commit.
void test_feedback_init(struct test_feedback *feedback, struct test_surface *surface);
void test_feedback_wait(struct test_feedback *feedback);
void test_feedback_finish(struct test_feedback *feedback);

#endif
