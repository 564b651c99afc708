// SPDX-License-Identifier: MIT
#include "shared/window.h"

#include <stddef.h>
#include <wayland-client.h>

#include "presentation-time-client-protocol.h"
#include "shared/display.h"
#include "shared/report.h"
#include "xdg-shell-client-protocol.h"

#define DRAIN_NS 1000000000

static void handle_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct client_window *window = data;
	window->width = window->next_width;
	window->height = window->next_height;
	window->configured = true;
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = handle_surface_configure,
};

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	(void)toplevel;
	(void)states;
	struct client_window *window = data;
	window->next_width = width > 0 ? (uint32_t)width : window->display->output_width;
	window->next_height = height > 0 ? (uint32_t)height : window->display->output_height;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
	(void)toplevel;
	struct client_window *window = data;
	window->closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
};

static bool create_objects(
	struct client_window *window, const struct client_window_options *options) {
	struct client_display *display = window->display;
	window->surface = wl_compositor_create_surface(display->compositor);
	if (!window->surface) {
		return false;
	}
	window->xdg_surface = xdg_wm_base_get_xdg_surface(display->wm_base, window->surface);
	if (!window->xdg_surface) {
		return false;
	}
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	if (!window->toplevel) {
		return false;
	}
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_app_id(window->toplevel, options->app_id);
	xdg_toplevel_set_title(window->toplevel, options->title);
	if (options->fullscreen) {
		xdg_toplevel_set_fullscreen(window->toplevel, options->output);
	}
	wl_surface_commit(window->surface);
	return true;
}

bool client_window_open(struct client_window *window, struct client_display *display,
	const struct client_window_options *options) {
	*window = (struct client_window){.display = display};
	client_stats_init(&window->stats, display->clock, options->verbose);
	if (!create_objects(window, options)) {
		client_report("out of memory");
		client_window_finish(window);
		return false;
	}
	return true;
}

bool client_window_init(struct client_window *window, struct client_display *display,
	const struct client_window_options *options) {
	if (!client_window_open(window, display, options)) {
		return false;
	}
	// A compositor without an output may hold the configure back until there is one.
	while (!window->configured && !window->closed && !display->stop) {
		if (!client_display_wait(display, NULL, 0, -1)) {
			client_window_finish(window);
			return false;
		}
	}
	return true;
}

void client_window_finish(struct client_window *window) {
	client_stats_finish(&window->stats);
	if (window->frame) {
		wl_callback_destroy(window->frame);
	}
	client_coding_end(window->coding);
	window->coding = NULL;
	if (window->toplevel) {
		xdg_toplevel_destroy(window->toplevel);
	}
	if (window->xdg_surface) {
		xdg_surface_destroy(window->xdg_surface);
	}
	if (window->surface) {
		wl_surface_destroy(window->surface);
	}
	window->frame = NULL;
	window->toplevel = NULL;
	window->xdg_surface = NULL;
	window->surface = NULL;
}

void client_window_fix_size(struct client_window *window, uint32_t width, uint32_t height) {
	xdg_toplevel_set_min_size(window->toplevel, (int32_t)width, (int32_t)height);
	xdg_toplevel_set_max_size(window->toplevel, (int32_t)width, (int32_t)height);
}

void client_window_set_opaque(struct client_window *window, uint32_t width, uint32_t height) {
	if (width == 0 || height == 0) {
		wl_surface_set_opaque_region(window->surface, NULL);
		return;
	}
	struct wl_region *region = wl_compositor_create_region(window->display->compositor);
	// Without memory the surface only stays slower to compose.
	if (region) {
		wl_region_add(region, 0, 0, (int32_t)width, (int32_t)height);
		wl_surface_set_opaque_region(window->surface, region);
		wl_region_destroy(region);
	}
}

bool client_window_set_coding(struct client_window *window, struct format_coding coding) {
	client_coding_end(window->coding);
	window->coding = client_coding_tell(&window->display->codings, window->surface, coding);
	return window->coding;
}

static void handle_frame_done(void *data, struct wl_callback *callback, uint32_t time_ms) {
	(void)time_ms;
	struct client_window *window = data;
	wl_callback_destroy(callback);
	window->frame = NULL;
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame_done};

void client_window_commit(struct client_window *window, struct client_buffer *buffer,
	const struct client_rect *damage, uint64_t frame) {
	buffer->busy = true;
	wl_surface_attach(window->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, damage->x, damage->y, damage->width, damage->height);
	// With a clock of its own a program commits without waiting: only the newest callback counts.
	if (window->frame) {
		wl_callback_destroy(window->frame);
	}
	window->frame = wl_surface_frame(window->surface);
	if (window->frame) {
		wl_callback_add_listener(window->frame, &frame_listener, window);
	}
	client_stats_commit(&window->stats, window->display->presentation, window->surface, frame);
	wl_surface_commit(window->surface);
}

bool client_window_drain(struct client_window *window) {
	int64_t deadline = client_now_ns(CLOCK_MONOTONIC) + DRAIN_NS;
	while (window->stats.pending > 0 && !window->display->stop) {
		int64_t left_ms = (deadline - client_now_ns(CLOCK_MONOTONIC)) / 1000000;
		if (left_ms <= 0) {
			break;
		}
		if (!client_display_wait(window->display, NULL, 0, (int)left_ms)) {
			return false;
		}
	}
	return true;
}
