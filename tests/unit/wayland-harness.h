// SPDX-License-Identifier: MIT
// The Wayland server and its clients in one process, without a device: a policy that shows every root
// surface at 0,0, and frames on demand.
#ifndef VITRINE_TESTS_WAYLAND_HARNESS_H
#define VITRINE_TESTS_WAYLAND_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <wayland-client.h>

#include "alpha-modifier-v1-client-protocol.h"
#include "commit-timing-v1-client-protocol.h"
#include "content-type-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "wayland/server.h"
#include "xdg-output-unstable-v1-client-protocol.h"

enum { HARNESS_WIDTH = 640, HARNESS_HEIGHT = 480 };

struct harness {
	struct wayland_server *server;
	struct wayland_output *output;
	struct scene_output scene;
	struct wl_list roots;
	int laid_out; // how often policy was told of a change
	char dir[64]; // XDG_RUNTIME_DIR
};

extern struct harness harness;

struct client {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_output *output;
	struct wl_seat *seat;
	struct wl_data_device_manager *data_device_manager;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	struct wp_viewporter *viewporter;
	struct wp_alpha_modifier_v1 *alpha_modifier;
	struct wp_tearing_control_manager_v1 *tearing_control;
	struct wp_content_type_manager_v1 *content_type;
	struct wp_fifo_manager_v1 *fifo;
	struct wp_commit_timing_manager_v1 *commit_timing;
	struct wp_linux_drm_syncobj_manager_v1
		*syncobj; // not offered unless the test's device has timelines
	struct wp_presentation *presentation;
	struct wp_single_pixel_buffer_manager_v1 *single_pixel;
	struct zxdg_output_manager_v1 *xdg_output_manager;
	struct wl_client *peer; // of the server
	char globals[4096];     // "name version\n" of each
	uint32_t output_name;   // in the registry, of the last wl_output
	bool settled;           // globals that come now are not bound
	void *kept[16];         // proxies that live until the client disconnects
	int n_kept;
};

// A wl_shm buffer with its memory.
struct shm_image {
	struct wl_buffer *buffer;
	int fd;
	int32_t width, height;
	uint32_t *pixels;
	int released;
};

// Of the output that harness_setup makes; 1 at first.
extern double harness_scale;
// Device that makes dma-bufs of shared memory; NULL at first: none.
extern const char *harness_udmabuf;
int harness_setup(void **state);
int harness_teardown(void **state);

struct client *client_connect(void);
struct client *client_create(struct wl_display *display); // takes the connection
void client_disconnect(struct client *client);
// Keeps a proxy until the client disconnects, so that an error can still name it. Returns it.
void *client_keep(struct client *client, void *proxy);
// A round trip. False if the connection broke.
bool client_sync(struct client *client);
void assert_error(struct client *client, const struct wl_interface *interface, uint32_t code);

// The server's side of a client's surface.
struct surface *server_surface(struct client *client, struct wl_surface *surface);
// Gives the surface the role of a window, without xdg-shell.
void make_root(struct client *client, struct wl_surface *surface);
void drop_root(struct client *client, struct wl_surface *surface);

struct shm_image *image_create(
	struct client *client, int32_t width, int32_t height, uint32_t format, uint32_t colour);
void image_destroy(struct shm_image *image);

// Attaches, damages and commits.
void show(struct wl_surface *surface, struct shm_image *image);
// Ends a root and the images that it showed.
void drop_shown(
	struct client *client, struct wl_surface *surface, struct shm_image **images, int n);
// Counts in `frames` when the callback asked for with the next commit has come.
void want_frame(struct wl_surface *surface, int *frames);
// What output/ does for a frame: reads, latches and presents every layer.
void harness_frame(void);
// First pixel of a layer's buffer as the composer reads it.
uint32_t read_pixel(const struct scene_layer *layer);

#endif
