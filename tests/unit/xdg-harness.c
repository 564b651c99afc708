// SPDX-License-Identifier: MIT
#include "xdg-harness.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wayland-server-core.h>

// Proxies that a test does not destroy are lost with their client, as in a client that is killed.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
	return "leak:libwayland-client.so";
}

// ---- The server ----

static char runtime_dir[] = "/tmp/vitrine-test-XXXXXX";

void harness_start(struct harness *harness, int n_outputs) {
	*harness = (struct harness){0};
	memcpy(runtime_dir + sizeof(runtime_dir) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(runtime_dir));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", runtime_dir, 1), 0);
	harness->layout = kiosk_layout_create();
	assert_non_null(harness->layout);
	struct format_set none = {0};
	struct wayland_server_options options = {
		.policy = kiosk_layout_policy(),
		.data = harness->layout,
		.scanout_formats = &none,
		.composed_formats = &none,
		.presentation_clock = CLOCK_MONOTONIC,
	};
	char error[256] = "";
	harness->server = wayland_server_create(&options, error);
	if (!harness->server) {
		fail_msg("%s", error);
	}
	for (int i = 0; i < n_outputs; i++) {
		harness_add_output(harness, i, 640, 480);
	}
}

void harness_add_output(struct harness *harness, int index, int32_t width, int32_t height) {
	char name[32];
	snprintf(name, sizeof(name), "Test-%d", index + 1);
	struct wayland_output_info info = {
		.name = name,
		.description = "no device",
		.make = "none",
		.model = "none",
		.serial = harness->outputs[index].serial,
		.width = width,
		.height = height,
		.refresh_mhz = 60000,
		.scale = 1,
	};
	scene_output_init(&harness->outputs[index].scene, width, height);
	harness->outputs[index].wayland =
		wayland_output_create(harness->server, &info, &harness->outputs[index].scene);
	assert_non_null(harness->outputs[index].wayland);
	assert_true(kiosk_layout_add_output(harness->layout, harness->outputs[index].wayland));
}

void harness_remove_output(struct harness *harness, int index) {
	kiosk_layout_remove_output(harness->layout, harness->outputs[index].wayland);
	wayland_output_destroy(harness->outputs[index].wayland);
	scene_output_finish(&harness->outputs[index].scene);
	harness->outputs[index].wayland = NULL;
}

static struct wl_event_loop *loop_of(struct harness *harness) {
	return wl_display_get_event_loop(wayland_server_display(harness->server));
}

void harness_dispatch(struct harness *harness) {
	for (int i = 0; i < 4; i++) {
		wl_event_loop_dispatch(loop_of(harness), 0);
		wl_display_flush_clients(wayland_server_display(harness->server));
	}
}

void harness_finish(struct harness *harness) {
	for (int i = 0; i < MAX_CLIENTS; i++) {
		if (harness->clients[i]) {
			client_kill(harness->clients[i]);
		}
	}
	harness_dispatch(harness);
	for (int i = 0; i < MAX_OUTPUTS; i++) {
		if (harness->outputs[i].wayland) {
			expect_n_layers(harness, i, 0);
			harness_remove_output(harness, i);
		}
	}
	wayland_server_destroy(harness->server);
	kiosk_layout_destroy(harness->layout);
	rmdir(runtime_dir);
}

// ---- Clients ----

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	(void)data;
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct client *client = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		client->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, version);
	} else if (strcmp(interface, wl_subcompositor_interface.name) == 0) {
		client->subcompositor =
			wl_registry_bind(registry, name, &wl_subcompositor_interface, version);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		client->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, wl_seat_interface.name) == 0) {
		client->seat = wl_registry_bind(registry, name, &wl_seat_interface, 5);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		assert_int_equal(version, 6);
		client->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, version);
		xdg_wm_base_add_listener(client->wm_base, &wm_base_listener, NULL);
	} else if (strcmp(interface, zxdg_decoration_manager_v1_interface.name) == 0) {
		client->decoration =
			wl_registry_bind(registry, name, &zxdg_decoration_manager_v1_interface, 1);
	} else if (strcmp(interface, xdg_activation_v1_interface.name) == 0) {
		client->activation = wl_registry_bind(registry, name, &xdg_activation_v1_interface, 1);
	} else if (strcmp(interface, wl_output_interface.name) == 0) {
		client->outputs[client->n_outputs++ % MAX_OUTPUTS] =
			wl_registry_bind(registry, name, &wl_output_interface, version);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	(void)data;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

struct client *client_connect(struct harness *harness) {
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct client *client = calloc(1, sizeof(*client));
	assert_non_null(client);
	client->peer = wl_client_create(wayland_server_display(harness->server), fds[0]);
	assert_non_null(client->peer);
	client->harness = harness;
	client->display = wl_display_connect_to_fd(fds[1]);
	assert_non_null(client->display);
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	int i = 0;
	while (harness->clients[i]) {
		i++;
		assert_true(i < MAX_CLIENTS);
	}
	harness->clients[i] = client;
	assert_true(client_sync(client));
	assert_non_null(client->wm_base);
	return client;
}

void client_kill(struct client *client) {
	struct harness *harness = client->harness;
	for (int i = 0; i < MAX_CLIENTS; i++) {
		if (harness->clients[i] == client) {
			harness->clients[i] = NULL;
		}
	}
	wl_display_disconnect(client->display);
	free(client);
	harness_dispatch(harness);
}

static void handle_sync_done(void *data, struct wl_callback *callback, uint32_t serial) {
	(void)callback;
	(void)serial;
	*(bool *)data = true;
}

static const struct wl_callback_listener sync_listener = {.done = handle_sync_done};

static bool read_events(struct client *client) {
	while (wl_display_prepare_read(client->display) != 0) {
		if (wl_display_dispatch_pending(client->display) < 0) {
			return false;
		}
	}
	struct pollfd pollfd = {.fd = wl_display_get_fd(client->display), .events = POLLIN};
	if (poll(&pollfd, 1, 0) > 0) {
		if (wl_display_read_events(client->display) < 0) {
			return false;
		}
	} else {
		wl_display_cancel_read(client->display);
	}
	return wl_display_dispatch_pending(client->display) >= 0;
}

bool client_sync(struct client *client) {
	bool done = false;
	struct wl_callback *callback = wl_display_sync(client->display);
	wl_callback_add_listener(callback, &sync_listener, &done);
	bool ok = true;
	while (ok && !done) {
		wl_display_flush(client->display);
		harness_dispatch(client->harness);
		ok = read_events(client);
	}
	wl_callback_destroy(callback);
	return ok;
}

void client_expect_error(
	struct client *client, const struct wl_interface *interface, uint32_t code) {
	assert_false(client_sync(client));
	const struct wl_interface *actual = NULL;
	uint32_t id;
	uint32_t error = wl_display_get_protocol_error(client->display, &actual, &id);
	if (actual) { // a client knows no more about what it has destroyed
		assert_string_equal(actual->name, interface->name);
	}
	assert_int_equal(error, code);
	struct harness *harness = client->harness;
	for (int i = 0; i < MAX_CLIENTS; i++) {
		if (harness->clients[i] && harness->clients[i] != client) {
			assert_true(client_sync(harness->clients[i]));
		}
	}
}

struct wl_buffer *client_buffer(struct client *client, int32_t width, int32_t height) {
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	int32_t size = width * height * 4;
	assert_int_equal(ftruncate(fd, size), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, size);
	close(fd);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	return buffer;
}

// ---- Windows ----

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	(void)toplevel;
	struct window *window = data;
	window->width = width;
	window->height = height;
	window->fullscreen = window->activated = window->maximized = window->suspended = false;
	uint32_t *state;
	wl_array_for_each(state, states) {
		window->fullscreen |= *state == XDG_TOPLEVEL_STATE_FULLSCREEN;
		window->activated |= *state == XDG_TOPLEVEL_STATE_ACTIVATED;
		window->maximized |= *state == XDG_TOPLEVEL_STATE_MAXIMIZED;
		window->suspended |= *state == XDG_TOPLEVEL_STATE_SUSPENDED;
	}
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
	(void)toplevel;
	struct window *window = data;
	window->n_closed++;
}

static void handle_bounds(
	void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height) {
	(void)toplevel;
	struct window *window = data;
	window->bounds_width = width;
	window->bounds_height = height;
}

static void handle_capabilities(
	void *data, struct xdg_toplevel *toplevel, struct wl_array *capabilities) {
	(void)toplevel;
	struct window *window = data;
	window->n_capabilities = (int)(capabilities->size / sizeof(uint32_t));
	assert_true(window->n_capabilities <= 8);
	memcpy(window->capabilities, capabilities->data, capabilities->size);
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
	.configure_bounds = handle_bounds,
	.wm_capabilities = handle_capabilities,
};

static void handle_popup_configure(
	void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
	(void)popup;
	struct window *window = data;
	window->x = x;
	window->y = y;
	window->width = width;
	window->height = height;
}

static void handle_popup_done(void *data, struct xdg_popup *popup) {
	(void)popup;
	struct window *window = data;
	window->n_done++;
}

static void handle_repositioned(void *data, struct xdg_popup *popup, uint32_t token) {
	(void)popup;
	struct window *window = data;
	window->token = token;
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
	.repositioned = handle_repositioned,
};

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial) {
	(void)xdg;
	struct window *window = data;
	window->serial = serial;
	window->n_configures++;
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

static void init_xdg_surface(
	struct window *window, struct client *client, struct wl_surface *surface) {
	*window = (struct window){.client = client, .surface = surface};
	window->xdg = xdg_wm_base_get_xdg_surface(client->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg, &xdg_surface_listener, window);
}

void window_init_surface(struct window *window, struct client *client, struct wl_surface *surface) {
	init_xdg_surface(window, client, surface);
	window->toplevel = xdg_surface_get_toplevel(window->xdg);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
}

void window_init(struct window *window, struct client *client) {
	window_init_surface(window, client, wl_compositor_create_surface(client->compositor));
}

void popup_init(struct window *popup, struct client *client, struct window *parent,
	struct xdg_positioner *positioner) {
	init_xdg_surface(popup, client, wl_compositor_create_surface(client->compositor));
	popup->popup = xdg_surface_get_popup(popup->xdg, parent ? parent->xdg : NULL, positioner);
	xdg_popup_add_listener(popup->popup, &popup_listener, popup);
}

void window_configure(struct window *window) {
	int n = window->n_configures;
	wl_surface_commit(window->surface);
	assert_true(client_sync(window->client));
	assert_int_equal(window->n_configures, n + 1);
	xdg_surface_ack_configure(window->xdg, window->serial);
}

void window_draw(struct window *window, int32_t width, int32_t height) {
	struct wl_buffer *buffer = client_buffer(window->client, width, height);
	wl_surface_attach(window->surface, buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, width, height);
	wl_surface_commit(window->surface);
	assert_true(client_sync(window->client));
	wl_buffer_destroy(buffer);
}

void window_show(struct window *window, struct client *client, int32_t width, int32_t height) {
	window_init(window, client);
	window_configure(window);
	window_draw(window, width, height);
}

void window_destroy(struct window *window) {
	if (window->toplevel) {
		xdg_toplevel_destroy(window->toplevel);
	}
	if (window->popup) {
		xdg_popup_destroy(window->popup);
	}
	xdg_surface_destroy(window->xdg);
	wl_surface_destroy(window->surface);
}

struct xdg_positioner *positioner_create(struct client *client, int32_t width, int32_t height,
	int32_t anchor_x, int32_t anchor_y, int32_t anchor_width, int32_t anchor_height) {
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);
	xdg_positioner_set_size(positioner, width, height);
	xdg_positioner_set_anchor_rect(positioner, anchor_x, anchor_y, anchor_width, anchor_height);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	return positioner;
}

// ---- What is on the output ----

void expect_n_layers(struct harness *harness, int output, int n) {
	kiosk_layout_flush(harness->layout);
	assert_int_equal(harness->outputs[output].scene.n_layers, n);
}

void expect_layer(struct harness *harness, int output, int index, int32_t x, int32_t y,
	int32_t width, int32_t height) {
	kiosk_layout_flush(harness->layout);
	const struct scene_output *scene = &harness->outputs[output].scene;
	assert_in_range(index, 0, scene->n_layers - 1);
	const struct scene_rect *dst = &scene->layers[index]->dst;
	if (dst->x != x || dst->y != y || dst->width != width || dst->height != height) {
		fail_msg("layer %d is %dx%d at %d,%d, not %dx%d at %d,%d", index, dst->width, dst->height,
			dst->x, dst->y, width, height, x, y);
	}
}

void popup_grab(struct window *popup) {
	struct client *client = popup->client;
	if (client_sync(client)) {
		struct seat *seat = wayland_server_seat(client->harness->server);
		xdg_popup_grab(
			popup->popup, client->seat, seat_issue_serial(seat, client->peer, SEAT_SERIAL_PRESS));
	}
}
