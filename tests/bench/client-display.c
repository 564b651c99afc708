// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <wayland-client.h>

#include "client.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "xdg-shell-client-protocol.h"

// How long a socket is waited for that is not there yet.
#define SOCKET_WAIT_NS 20000000000

static void handle_clock(void *data, struct wp_presentation *presentation, uint32_t clock) {
	(void)presentation;
	struct client *client = data;
	client->clock = (clockid_t)clock;
}

static const struct wp_presentation_listener presentation_listener = {
	.clock_id = handle_clock,
};

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	(void)data;
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {
	.ping = handle_ping,
};

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
	int32_t width, int32_t height, int32_t subpixel, const char *make, const char *model,
	int32_t transform) {
	(void)data;
	(void)output;
	(void)x;
	(void)y;
	(void)width;
	(void)height;
	(void)subpixel;
	(void)make;
	(void)model;
	(void)transform;
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh) {
	(void)output;
	(void)refresh;
	struct client *client = data;
	if (flags & WL_OUTPUT_MODE_CURRENT) {
		client->output_width = width;
		client->output_height = height;
	}
}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct client *client = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0 && version >= 4) {
		client->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_subcompositor_interface.name) == 0) {
		client->subcompositor = wl_registry_bind(registry, name, &wl_subcompositor_interface, 1);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		client->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		client->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(client->wm_base, &wm_base_listener, client);
	} else if (strcmp(interface, wl_output_interface.name) == 0 && !client->output) {
		client->output = wl_registry_bind(registry, name, &wl_output_interface, 1);
		wl_output_add_listener(client->output, &output_listener, client);
	} else if (strcmp(interface, wl_seat_interface.name) == 0 && version >= 5 && !client->seat) {
		client->seat = wl_registry_bind(registry, name, &wl_seat_interface, 5);
		client_input_seat(client);
	} else if (strcmp(interface, wp_presentation_interface.name) == 0) {
		client->presentation = wl_registry_bind(registry, name, &wp_presentation_interface, 1);
		wp_presentation_add_listener(client->presentation, &presentation_listener, client);
	} else if (strcmp(interface, zwp_linux_dmabuf_v1_interface.name) == 0 && version >= 3) {
		client->dmabuf = wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface, 3);
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

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	struct client *client = data;
	xdg_surface_ack_configure(surface, serial);
	client->configured = true;
}

static const struct xdg_surface_listener surface_listener = {
	.configure = handle_configure,
};

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	(void)toplevel;
	(void)states;
	struct client *client = data;
	// A size that comes later than the buffers is not followed.
	bool mine = client->options.width > 0;
	if (!mine && !client->windows[0].buffers[0].buffer && width > 0 && height > 0) {
		client->width = width;
		client->height = height;
	}
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
	(void)toplevel;
	struct client *client = data;
	client->closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
};

static bool connect_display(struct client *client) {
	int64_t deadline = client_now_ns(CLOCK_MONOTONIC) + SOCKET_WAIT_NS;
	do {
		client->display = wl_display_connect(NULL);
		if (!client->display) {
			poll(NULL, 0, 1);
		}
	} while (!client->display && client->options.wait && client_now_ns(CLOCK_MONOTONIC) < deadline);
	return client->display || client_complain("cannot connect to a compositor");
}

static bool bind_globals(struct client *client) {
	struct wl_registry *registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(registry, &registry_listener, client);
	// The second one brings what the globals themselves tell.
	if (wl_display_roundtrip(client->display) < 0 || wl_display_roundtrip(client->display) < 0) {
		return client_complain("the connection is lost");
	}
	if (!client->compositor || !client->shm || !client->wm_base) {
		return client_complain("the compositor lacks wl_compositor 4, wl_shm or xdg_wm_base");
	}
	return client->options.memory != CLIENT_MEMORY_UDMABUF || client->dmabuf ||
		client_complain("the compositor takes no dma-bufs");
}

bool client_display_init(struct client *client) {
	client->clock = CLOCK_MONOTONIC;
	if (!connect_display(client) || !bind_globals(client)) {
		return false;
	}
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	client->windows[0].surface = surface;
	client->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	client->toplevel = xdg_surface_get_toplevel(client->xdg_surface);
	xdg_surface_add_listener(client->xdg_surface, &surface_listener, client);
	xdg_toplevel_add_listener(client->toplevel, &toplevel_listener, client);
	xdg_toplevel_set_app_id(client->toplevel, "bench-client");
	int32_t width = (int32_t)client->options.width, height = (int32_t)client->options.height;
	if (width > 0) {
		client->width = width;
		client->height = height;
		xdg_toplevel_set_min_size(client->toplevel, width, height);
		xdg_toplevel_set_max_size(client->toplevel, width, height);
	} else {
		xdg_toplevel_set_fullscreen(client->toplevel, NULL);
	}
	wl_surface_commit(surface);
	while (!client->configured) {
		if (wl_display_dispatch(client->display) < 0) {
			return client_complain("no configure; the connection is lost");
		}
	}
	if (client->width == 0) {
		client->width = client->output_width;
		client->height = client->output_height;
	}
	return client->width > 0 || client_complain("the compositor tells no size");
}

static int timeout_ms(int64_t deadline_ns) {
	if (deadline_ns < 0) {
		return -1;
	}
	int64_t left_ns = deadline_ns - client_now_ns(CLOCK_MONOTONIC);
	return left_ns > 0 ? (int)((left_ns + 999999) / 1000000) : 0;
}

bool client_display_wait(struct client *client, int fd, int64_t deadline_ns) {
	while (wl_display_prepare_read(client->display) < 0) {
		wl_display_dispatch_pending(client->display);
	}
	wl_display_flush(client->display);
	struct pollfd fds[] = {
		{.fd = wl_display_get_fd(client->display), .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};
	int ready = poll(fds, fd >= 0 ? 2 : 1, timeout_ms(deadline_ns));
	if (ready > 0 && fds[0].revents != 0) {
		wl_display_read_events(client->display);
	} else {
		wl_display_cancel_read(client->display);
	}
	if (wl_display_dispatch_pending(client->display) < 0) {
		return client_complain(
			"the connection is lost: %s", strerror(wl_display_get_error(client->display)));
	}
	return true;
}
