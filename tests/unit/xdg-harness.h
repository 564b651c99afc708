// SPDX-License-Identifier: MIT
// The real server with the real layout in this process, on outputs without a device, and real clients
// on the other end of a socket pair, also in this process: what one side does the other sees at the
// next sync.
#ifndef VITRINE_TESTS_XDG_HARNESS_H
#define VITRINE_TESTS_XDG_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <wayland-client.h>

#include "kiosk/layout.h"
#include "scene/scene.h"
#include "wayland/seat.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

enum { MAX_OUTPUTS = 3, MAX_CLIENTS = 16 };

struct harness {
	struct wayland_server *server;
	struct kiosk_layout *layout;
	struct {
		struct scene_output scene;
		struct wayland_output *wayland; // NULL: not there
		const char *serial;             // of the display that is added next; NULL: unknown
	} outputs[MAX_OUTPUTS];
	struct client *clients[MAX_CLIENTS];
};

// A server with n outputs of 640x480.
void harness_start(struct harness *harness, int n_outputs);
void harness_finish(struct harness *harness);
void harness_add_output(struct harness *harness, int index, int32_t width, int32_t height);
void harness_remove_output(struct harness *harness, int index);
// Lets the server handle everything that clients have sent.
void harness_dispatch(struct harness *harness);

struct client {
	struct harness *harness;
	struct wl_client *peer; // of the server; gone when the connection broke
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct xdg_wm_base *wm_base;
	struct zxdg_decoration_manager_v1 *decoration;
	struct xdg_activation_v1 *activation;
	struct wl_output *outputs[MAX_OUTPUTS];
	int n_outputs;
};

struct client *client_connect(struct harness *harness);
// Leaves without a word, as one that was killed does.
void client_kill(struct client *client);
// Everything sent so far has been answered. False if the connection ended.
bool client_sync(struct client *client);
// The connection ended with this error of this interface, and that of no other client did.
void client_expect_error(
	struct client *client, const struct wl_interface *interface, uint32_t code);
struct wl_buffer *client_buffer(struct client *client, int32_t width, int32_t height);

// A toplevel or popup with what it was told last.
struct window {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel; // NULL for a popup
	struct xdg_popup *popup;       // NULL for a toplevel
	int32_t width, height;         // of the last configure
	int32_t x, y;                  // of a popup
	int32_t bounds_width, bounds_height;
	bool fullscreen, activated, maximized, suspended;
	int n_capabilities;
	uint32_t capabilities[8];
	uint32_t serial;
	int n_configures, n_closed, n_done;
	uint32_t token; // of the last repositioned
};

// With xdg_surface and role object, before the initial commit.
void window_init(struct window *window, struct client *client);
void window_init_surface(struct window *window, struct client *client, struct wl_surface *surface);
void popup_init(struct window *popup, struct client *client, struct window *parent,
	struct xdg_positioner *positioner);
// Asks for a grab as if an event had just told the client of a press.
void popup_grab(struct window *popup);
// The initial commit and its answer, acknowledged.
void window_configure(struct window *window);
// A new buffer, committed.
void window_draw(struct window *window, int32_t width, int32_t height);
// All the way to the screen, at a size of its own.
void window_show(struct window *window, struct client *client, int32_t width, int32_t height);
void window_destroy(struct window *window);
struct xdg_positioner *positioner_create(struct client *client, int32_t width, int32_t height,
	int32_t anchor_x, int32_t anchor_y, int32_t anchor_width, int32_t anchor_height);

// Layer `index` of the output, from the bottom, lies there.
void expect_layer(struct harness *harness, int output, int index, int32_t x, int32_t y,
	int32_t width, int32_t height);
void expect_n_layers(struct harness *harness, int output, int n);
#define assert_size(window, w, h) \
	do { \
		assert_int_equal((window)->width, w); \
		assert_int_equal((window)->height, h); \
	} while (0)

#endif
