// SPDX-License-Identifier: MIT
// libwayland-cursor knows the themes, their folders and what inherits what, and needs no library that
// we do not have, where libxcursor would bring Xlib. But it is made for clients: it puts the pictures
// into wl_shm buffers of a compositor. So it gets one, with wl_shm and nothing else, that lives in
// here, and the pictures are read at its end. Both ends are ours: nothing blocks.
#include "kiosk/cursor_theme.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client.h>
#include <wayland-cursor.h>

// After the client's, as its protocol header would bring the server's names of the same requests.
#include <wayland-server-core.h>

struct wl_shm_buffer;

struct cursor_theme {
	struct wl_display *host; // the compositor
	struct wl_client *peer;  // its view of us
	struct wl_display *connection;
	struct wl_registry *registry;
	struct wl_shm *shm;
	struct wl_cursor_theme *theme;
};

// Lets each end read what the other has written.
static bool exchange(struct cursor_theme *theme) {
	struct wl_display *connection = theme->connection;
	wl_display_flush(connection);
	wl_event_loop_dispatch(wl_display_get_event_loop(theme->host), 0);
	wl_display_flush_clients(theme->host);
	while (wl_display_prepare_read(connection) != 0) {
		wl_display_dispatch_pending(connection);
	}
	struct pollfd pollfd = {.fd = wl_display_get_fd(connection), .events = POLLIN};
	if (poll(&pollfd, 1, 0) > 0) {
		wl_display_read_events(connection);
	} else {
		wl_display_cancel_read(connection);
	}
	return wl_display_dispatch_pending(connection) >= 0;
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	(void)version;
	struct cursor_theme *theme = data;
	if (strcmp(interface, wl_shm_interface.name) == 0) {
		theme->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
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

static bool connect_ends(struct cursor_theme *theme) {
	int fds[2];
	theme->host = wl_display_create();
	if (theme->host == NULL || wl_display_init_shm(theme->host) != 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		return false;
	}
	theme->peer = wl_client_create(theme->host, fds[0]);
	theme->connection = wl_display_connect_to_fd(fds[1]);
	if (theme->peer == NULL || theme->connection == NULL) {
		close(theme->peer == NULL ? fds[0] : fds[1]);
		return false;
	}
	theme->registry = wl_display_get_registry(theme->connection);
	wl_registry_add_listener(theme->registry, &registry_listener, theme);
	return exchange(theme) && theme->shm != NULL;
}

struct cursor_theme *cursor_theme_load(const char *name, int size) {
	struct cursor_theme *theme = calloc(1, sizeof(*theme));
	if (theme == NULL) {
		return NULL;
	}
	if (name == NULL) {
		name = getenv("XCURSOR_THEME");
	}
	if (connect_ends(theme)) {
		theme->theme = wl_cursor_theme_load(name, size, theme->shm);
	}
	if (theme->theme == NULL || !exchange(theme)) {
		cursor_theme_destroy(theme);
		return NULL;
	}
	return theme;
}

void cursor_theme_destroy(struct cursor_theme *theme) {
	if (theme == NULL) {
		return;
	}
	if (theme->theme != NULL) {
		wl_cursor_theme_destroy(theme->theme);
	}
	if (theme->shm != NULL) {
		wl_shm_destroy(theme->shm);
	}
	if (theme->registry != NULL) {
		wl_registry_destroy(theme->registry);
	}
	if (theme->connection != NULL) {
		wl_display_disconnect(theme->connection);
	}
	if (theme->host != NULL) {
		wl_display_destroy_clients(theme->host);
		wl_display_destroy(theme->host);
	}
	free(theme);
}

// Names of the arrow, in order of how usual they are.
static const char *const arrows[] = {"default", "left_ptr", "arrow"};

static struct wl_cursor *find(struct cursor_theme *theme, const char *name) {
	struct wl_cursor *cursor = wl_cursor_theme_get_cursor(theme->theme, name);
	for (size_t i = 0; cursor == NULL && i < sizeof(arrows) / sizeof(arrows[0]); i++) {
		cursor = wl_cursor_theme_get_cursor(theme->theme, arrows[i]);
	}
	return cursor;
}

bool cursor_theme_picture(
	struct cursor_theme *theme, const char *name, struct cursor_picture *picture) {
	struct wl_cursor *cursor = find(theme, name);
	if (cursor == NULL || cursor->image_count == 0) {
		return false;
	}
	struct wl_cursor_image *image = cursor->images[0];
	struct wl_buffer *buffer = wl_cursor_image_get_buffer(image);
	if (buffer == NULL || !exchange(theme)) {
		return false;
	}
	struct wl_resource *resource =
		wl_client_get_object(theme->peer, wl_proxy_get_id((struct wl_proxy *)buffer));
	struct wl_shm_buffer *shm = resource != NULL ? wl_shm_buffer_get(resource) : NULL;
	if (shm == NULL || wl_shm_buffer_get_stride(shm) != wl_shm_buffer_get_width(shm) * 4) {
		return false;
	}
	// Without begin_access: the memory is our own, and that would take over SIGBUS.
	*picture = (struct cursor_picture){
		.width = wl_shm_buffer_get_width(shm),
		.height = wl_shm_buffer_get_height(shm),
		.hotspot_x = (int32_t)image->hotspot_x,
		.hotspot_y = (int32_t)image->hotspot_y,
		.pixels = wl_shm_buffer_get_data(shm),
	};
	return true;
}
