// SPDX-License-Identifier: MIT
// The display and what it offers.
#include "wayland/server.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void handle_log(const char *format, va_list args) {
	int number = errno; // libwayland's callers look at it after the line was written
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("libwayland: %s", line);
	errno = number;
}

static bool filter_global(
	const struct wl_client *client, const struct wl_global *global, void *data) {
	const struct wayland_server *server = data;
	for (int i = 0; i < server->n_trusted_globals; i++) {
		if (global == server->trusted_globals[i]) {
			const struct client_account *account = client_account((struct wl_client *)client);
			return account && account->trusted;
		}
	}
	for (int i = 0; i < server->n_private_globals; i++) {
		if (global == server->private_globals[i]) {
			uid_t uid;
			wl_client_get_credentials((struct wl_client *)client, NULL, &uid, NULL);
			return uid == geteuid() || uid == 0; // root could become any user anyway
		}
	}
	return true;
}

bool server_add_trusted_global(struct wayland_server *server, const struct wl_global *global) {
	if (global) {
		assert(server->n_trusted_globals < SERVER_TRUSTED_GLOBALS);
		server->trusted_globals[server->n_trusted_globals++] = global;
	}
	return global != NULL;
}

static bool copy_formats(struct format_set *to, const struct format_set *from) {
	for (size_t i = 0; from && i < from->len; i++) {
		if (!format_set_add(to, from->pairs[i].format, from->pairs[i].modifier)) {
			return false;
		}
	}
	return true;
}

static bool create_globals(
	struct wayland_server *server, const struct wayland_server_options *options) {
	return compositor_create(server) && subcompositor_create(server) &&
		shm_create(server, options->udmabuf) && viewporter_create(server) &&
		alpha_modifier_create(server) && tearing_control_create(server) &&
		content_type_create(server) && color_representation_create(server) && fifo_create(server) &&
		commit_timing_create(server) && fractional_scale_create(server) && idle_create(server) &&
		shortcuts_inhibit_create(server) && presentation_create(server) &&
		single_pixel_create(server) && dmabuf_create(server, options->scanout_formats) &&
		xdg_output_create(server) && data_device_create(server) &&
		primary_selection_create(server) && relative_pointer_create(server) &&
		pointer_constraints_create(server) && pointer_gestures_create(server) &&
		cursor_shape_create(server) && seat_create(server) && xdg_wm_base_create(server) &&
		xdg_decoration_create(server) && xdg_activation_create(server) &&
		text_input_create(server) && osk_create(server);
}

static bool init(struct wayland_server *server, const struct wayland_server_options *options) {
	server->policy = options->policy;
	server->data = options->data;
	server->presentation_clock = options->presentation_clock;
	server->main_device = options->main_device;
	server->dmabuf.table_fd = -1;
	server->udmabuf = -1;
	server->shape_serial = 1; // no surface knows its bounds
	wl_list_init(&server->surfaces);
	wl_list_init(&server->waiting);
	wl_list_init(&server->feedbacks);
	wl_list_init(&server->wishes);
	wl_list_init(&server->commit_timers);
	server->commit_fd = -1;
	server->sync.fd = -1;
	wl_list_init(&server->sync.timelines);
	wl_list_init(&server->dirty);
	wl_list_init(&server->outputs);
	wl_list_init(&server->retired);
	server->display = wl_display_create();
	if (!server->display) {
		return false;
	}
	server->loop = wl_display_get_event_loop(server->display);
	wayland_raise_file_limit();
	client_watch(server);
	wl_display_set_global_filter(server->display, filter_global, server);
	server->waiting_timer = wl_event_loop_add_timer(server->loop, surface_handle_waiting, server);
	server->wishes_timer =
		wl_event_loop_add_timer(server->loop, dmabuf_wishes_handle_timer, server);
	return server->waiting_timer && server->wishes_timer &&
		copy_formats(&server->composed_formats, options->composed_formats) &&
		create_globals(server, options);
}

struct wayland_server *wayland_server_create(
	const struct wayland_server_options *options, char error[256]) {
	wl_log_set_handler_server(handle_log);
	struct wayland_server *server = calloc(1, sizeof(*server));
	if (!server || !init(server, options)) {
		snprintf(error, 256, "the Wayland display can't be set up: %.80s: free some memory",
			strerror(errno ? errno : ENOMEM));
		wayland_server_destroy(server);
		return NULL;
	}
	if (!socket_open(server, options->socket, error)) {
		wayland_server_destroy(server);
		return NULL;
	}
	return server;
}

static void free_outputs(struct wl_list *outputs) {
	struct wayland_output *output, *next;
	wl_list_for_each_safe(output, next, outputs, link) {
		wayland_output_free(output);
	}
}

void wayland_server_destroy(struct wayland_server *server) {
	if (!server) {
		return;
	}
	if (server->display) {
		wl_display_destroy_clients(server->display);
		free_outputs(&server->outputs);
		free_outputs(&server->retired);
		text_focus_finish(&server->text);
		seat_destroy(server->seat);
		commit_timing_destroy(server);
		if (server->waiting_timer) {
			wl_event_source_remove(server->waiting_timer);
		}
		if (server->wishes_timer) {
			wl_event_source_remove(server->wishes_timer);
		}
		if (server->dirty_idle) {
			wl_event_source_remove(server->dirty_idle);
		}
		wl_display_destroy(server->display);
	}
	idle_destroy(server);
	if (server->guards_sigbus) {
		sigbus_remove();
	}
	if (server->udmabuf >= 0) {
		close(server->udmabuf);
	}
	dmabuf_formats_finish(&server->dmabuf);
	format_set_finish(&server->composed_formats);
	free(server->socket);
	free(server);
}

struct wl_display *wayland_server_display(struct wayland_server *server) {
	return server->display;
}

const char *wayland_server_socket(struct wayland_server *server) {
	return server->socket;
}

bool wayland_server_add_private_global(
	struct wayland_server *server, const struct wl_global *global) {
	if (global) {
		assert(server->n_private_globals < SERVER_PRIVATE_GLOBALS);
		server->private_globals[server->n_private_globals++] = global;
	}
	return global != NULL;
}
