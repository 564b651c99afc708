// SPDX-License-Identifier: MIT
#include "status-window.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#include "fractional-scale-v1-client-protocol.h"
#include "shared/buffer.h"
#include "shared/memory.h"
#include "shared/report.h"
#include "shared/window.h"
#include "viewporter-client-protocol.h"

enum { SCALE_ONE = 120 }; // of wp_fractional_scale_v1

// An output, and the window on it if there is one.
struct status_window {
	struct status_screen *screen;
	struct wl_list link; // status_screen.windows
	uint32_t global;     // name of the output's global
	struct wl_output *output;
	char *name;                                // NULL before it is told
	struct client_window base;                 // without a surface: no window
	struct wp_viewport *viewport;              // may be NULL
	struct wp_fractional_scale_v1 *fractional; // may be NULL
	uint32_t scale;                            // of now
	struct client_buffer buffer;               // shown; all zero: none
	uint32_t drawn_width, drawn_height;        // of the buffer, px
	struct status_text text;                   // in it
};

struct status_screen {
	struct client_display *display;
	struct status_brush *brush;
	struct wl_registry *registry;
	struct wp_viewporter *viewporter;                   // may be NULL
	struct wp_fractional_scale_manager_v1 *fractionals; // may be NULL
	struct wl_list windows;                             // status_window.link
};

// ---- Windows ----

static void handle_scale(void *data, struct wp_fractional_scale_v1 *fractional, uint32_t scale) {
	(void)fractional;
	struct status_window *window = data;
	window->scale = scale > 0 ? scale : SCALE_ONE;
}

static const struct wp_fractional_scale_v1_listener fractional_listener = {
	.preferred_scale = handle_scale,
};

static void close_window(struct status_window *window) {
	if (window->fractional) {
		wp_fractional_scale_v1_destroy(window->fractional);
	}
	if (window->viewport) {
		wp_viewport_destroy(window->viewport);
	}
	client_window_finish(&window->base);
	client_buffer_finish(&window->buffer);
	window->fractional = NULL;
	window->viewport = NULL;
}

// False when out of memory: reported.
static bool open_window(struct status_window *window) {
	const struct status_screen *screen = window->screen;
	const struct client_window_options options = {
		.app_id = "vitrine-status",
		.title = "Vitrine",
		.fullscreen = true,
		.output = window->output,
	};
	if (!client_window_open(&window->base, screen->display, &options)) {
		return false;
	}
	struct wl_surface *surface = window->base.surface;
	struct wl_region *none = wl_compositor_create_region(screen->display->compositor);
	if (!none) {
		client_report("out of memory");
		return false;
	}
	wl_surface_set_input_region(surface, none); // what is pressed is not meant for it
	wl_region_destroy(none);
	window->scale = SCALE_ONE;
	window->drawn_width = window->drawn_height = 0;
	if (screen->viewporter && screen->fractionals) {
		window->viewport = wp_viewporter_get_viewport(screen->viewporter, surface);
		window->fractional =
			wp_fractional_scale_manager_v1_get_fractional_scale(screen->fractionals, surface);
	}
	if (window->fractional) {
		wp_fractional_scale_v1_add_listener(window->fractional, &fractional_listener, window);
	}
	return true;
}

// ---- Drawing ----

static uint32_t to_px(const struct status_window *window, uint32_t logical) {
	return window->viewport ? (logical * window->scale + SCALE_ONE / 2) / SCALE_ONE : logical;
}

// Draws the words into a new buffer. The compositor has the memory then, and we need it no more.
static bool draw_buffer(
	struct status_window *window, uint32_t width, uint32_t height, struct client_buffer *buffer) {
	struct client_layout layout;
	struct client_allocator allocator;
	struct client_memory memory = {.fd = -1};
	const struct client_allocator_options options = {.kind = CLIENT_MEMORY_SHM, .allow_shm = true};
	if (!client_layout_init(&layout, format_info(DRM_FORMAT_XRGB8888), width, height, 4, 0) ||
		!client_allocator_open(&allocator, &options)) {
		return false;
	}
	bool ok = client_memory_alloc(&allocator, layout.size, layout.strides[0], &memory) &&
		client_memory_map(&memory);
	pixman_image_t *image = ok ? pixman_image_create_bits(PIXMAN_x8r8g8b8, (int)width, (int)height,
									 (uint32_t *)(void *)memory.map, (int)layout.strides[0])
							   : NULL;
	ok = image && status_draw(window->screen->brush, &window->text, image) &&
		client_buffer_init_shm(buffer, window->screen->display, memory.fd, &layout,
			DRM_FORMAT_XRGB8888, width, height);
	if (image) {
		pixman_image_unref(image);
	}
	client_memory_free(&memory);
	client_allocator_close(&allocator);
	return ok;
}

static bool draw(struct status_window *window, uint32_t width, uint32_t height) {
	struct client_buffer buffer = {0};
	if (!draw_buffer(window, width, height, &buffer)) {
		return false;
	}
	struct wl_surface *surface = window->base.surface;
	wl_surface_attach(surface, buffer.wl_buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, (int32_t)width, (int32_t)height);
	if (window->viewport) {
		wp_viewport_set_destination(
			window->viewport, (int32_t)window->base.width, (int32_t)window->base.height);
	}
	wl_surface_commit(surface);
	// What the compositor still reads of the former one is there for as long as it does.
	client_buffer_finish(&window->buffer);
	window->buffer = buffer;
	wl_proxy_set_user_data((struct wl_proxy *)buffer.wl_buffer, &window->buffer);
	window->drawn_width = width;
	window->drawn_height = height;
	return true;
}

static bool update_window(
	struct status_window *window, const struct json_object *state, const struct status_host *host) {
	bool wanted = state && window->name && status_state_output(state, window->name);
	if (!wanted) {
		close_window(window);
		return true;
	}
	if (!window->base.surface && !open_window(window)) {
		return false;
	}
	if (!window->base.configured) {
		return true; // its size is not told yet
	}
	uint32_t width = to_px(window, window->base.width);
	uint32_t height = to_px(window, window->base.height);
	if (width == 0 || height == 0) {
		return true;
	}
	struct status_text text;
	status_text_make(&text, state, window->name, host);
	if (width == window->drawn_width && height == window->drawn_height &&
		status_text_equal(&text, &window->text)) {
		return true;
	}
	window->text = text;
	return draw(window, width, height);
}

bool status_screen_update(
	struct status_screen *screen, const struct json_object *state, const struct status_host *host) {
	struct status_window *window;
	wl_list_for_each(window, &screen->windows, link) {
		if (!update_window(window, state, host)) {
			return false;
		}
	}
	return true;
}

// ---- Outputs ----

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
	int32_t width_mm, int32_t height_mm, int32_t subpixel, const char *make, const char *model,
	int32_t transform) {
	(void)data;
	(void)output;
	(void)x;
	(void)y;
	(void)width_mm;
	(void)height_mm;
	(void)subpixel;
	(void)make;
	(void)model;
	(void)transform;
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh_mhz) {
	(void)data;
	(void)output;
	(void)flags;
	(void)width;
	(void)height;
	(void)refresh_mhz;
}

static void handle_output_scale(void *data, struct wl_output *output, int32_t scale) {
	(void)data;
	(void)output;
	(void)scale;
}

static void handle_done(void *data, struct wl_output *output) {
	(void)data;
	(void)output;
}

static void handle_name(void *data, struct wl_output *output, const char *name) {
	(void)output;
	struct status_window *window = data;
	free(window->name);
	window->name = strdup(name);
}

static void handle_description(void *data, struct wl_output *output, const char *description) {
	(void)data;
	(void)output;
	(void)description;
}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.scale = handle_output_scale,
	.done = handle_done,
	.name = handle_name,
	.description = handle_description,
};

static void window_destroy(struct status_window *window) {
	close_window(window);
	wl_output_destroy(window->output);
	wl_list_remove(&window->link);
	free(window->name);
	free(window);
}

static void add_output(struct status_screen *screen, uint32_t global) {
	struct status_window *window = calloc(1, sizeof(*window));
	if (!window) {
		screen->display->failed = true;
		return;
	}
	window->screen = screen;
	window->global = global;
	window->output = wl_registry_bind(screen->registry, global, &wl_output_interface, 4);
	if (!window->output) {
		screen->display->failed = true;
		free(window);
		return;
	}
	wl_output_add_listener(window->output, &output_listener, window);
	wl_list_insert(&screen->windows, &window->link);
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct status_screen *screen = data;
	if (strcmp(interface, wl_output_interface.name) == 0 && version >= 4) {
		add_output(screen, name);
	} else if (strcmp(interface, wp_viewporter_interface.name) == 0) {
		screen->viewporter = wl_registry_bind(registry, name, &wp_viewporter_interface, 1);
	} else if (strcmp(interface, wp_fractional_scale_manager_v1_interface.name) == 0) {
		screen->fractionals =
			wl_registry_bind(registry, name, &wp_fractional_scale_manager_v1_interface, 1);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	(void)registry;
	struct status_screen *screen = data;
	struct status_window *window, *tmp;
	wl_list_for_each_safe(window, tmp, &screen->windows, link) {
		if (window->global == name) {
			window_destroy(window);
		}
	}
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

struct status_screen *status_screen_create(
	struct client_display *display, struct status_brush *brush) {
	struct status_screen *screen = calloc(1, sizeof(*screen));
	if (!screen) {
		client_report("out of memory");
		return NULL;
	}
	screen->display = display;
	screen->brush = brush;
	wl_list_init(&screen->windows);
	screen->registry = wl_display_get_registry(display->display);
	if (screen->registry) {
		wl_registry_add_listener(screen->registry, &registry_listener, screen);
	}
	// Two roundtrips: the globals, then what they tell of themselves.
	if (!screen->registry || !client_display_roundtrip(display) ||
		!client_display_roundtrip(display) || display->failed || !display->shm) {
		client_report("the compositor does not tell of its outputs, or has no wl_shm");
		status_screen_destroy(screen);
		return NULL;
	}
	return screen;
}

void status_screen_destroy(struct status_screen *screen) {
	if (!screen) {
		return;
	}
	struct status_window *window, *tmp;
	wl_list_for_each_safe(window, tmp, &screen->windows, link) {
		window_destroy(window);
	}
	if (screen->fractionals) {
		wp_fractional_scale_manager_v1_destroy(screen->fractionals);
	}
	if (screen->viewporter) {
		wp_viewporter_destroy(screen->viewporter);
	}
	if (screen->registry) {
		wl_registry_destroy(screen->registry);
	}
	free(screen);
}
