// SPDX-License-Identifier: MIT
// What is seen where windows are not: the background below them, and the windows of the stand-in (the
// status screen). Those are in none of the trees: nothing places them, raises them or gives them the
// keyboard, and no app has them.
#include <stdlib.h>

#include "kiosk/layout_internal.h"

struct stand_in_window {
	struct toplevel *toplevel;
	struct wayland_output *output; // that it asked for; NULL: none, or it is gone
	struct wl_list link;           // kiosk_layout.stand_ins
};

// ---- The background ----

static bool is_behind(const struct layout_output *output) {
	const struct layout_window *root;
	wl_list_for_each(root, &output->roots, stack_link) {
		if (root->covered) {
			return true;
		}
	}
	return false;
}

bool layout_ground_append(struct layout_output *output, struct kiosk_layout *layout) {
	struct scene_buffer *buffer =
		layout->ground.buffer ? layout->ground.buffer(layout->ground.data, output->wayland) : NULL;
	backdrop_set(&output->backdrop, buffer ? buffer : layout->black, buffer != NULL);
	// Behind the front window it comes with that, over what is covered. Black needs no layer.
	return !buffer || is_behind(output) ||
		backdrop_append(&output->backdrop, wayland_output_scene(output->wayland));
}

void layout_ground_remove(struct kiosk_layout *layout, struct wayland_output *wayland) {
	struct stand_in_window *window;
	wl_list_for_each(window, &layout->stand_ins, link) {
		window->output = window->output == wayland ? NULL : window->output;
	}
	if (layout->ground.removed) {
		layout->ground.removed(layout->ground.data, wayland);
	}
	if (layout->stand_in.removed) {
		layout->stand_in.removed(layout->stand_in.data, wayland);
	}
}

// ---- The stand-in ----

void kiosk_layout_set_stand_in(
	struct kiosk_layout *layout, const struct layout_stand_in *stand_in) {
	struct layout_output *output;
	layout->stand_in = stand_in ? *stand_in : (struct layout_stand_in){0};
	wl_list_for_each(output, &layout->outputs, link) {
		output->is_bare = false;
		layout_mark_dirty(layout, output);
	}
}

static struct stand_in_window *find(
	const struct kiosk_layout *layout, const struct toplevel *toplevel) {
	struct stand_in_window *window;
	wl_list_for_each(window, &layout->stand_ins, link) {
		if (window->toplevel == toplevel) {
			return window;
		}
	}
	return NULL;
}

static void mark(struct kiosk_layout *layout, const struct stand_in_window *window) {
	if (window->output) {
		layout_mark_dirty(layout, wayland_output_data(window->output));
	}
}

static void configure(const struct stand_in_window *window, bool force) {
	int32_t width = 0, height = 0;
	if (window->output) {
		wayland_output_logical_size(window->output, &width, &height);
	}
	toplevel_configure(window->toplevel, width, height, TOPLEVEL_FULLSCREEN, force);
}

// One that is on no output of the layout is on none.
static struct wayland_output *wanted_output(const struct toplevel *toplevel) {
	struct wayland_output *wanted = toplevel_wanted_output(toplevel);
	return wanted && wayland_output_data(wanted) ? wanted : NULL;
}

bool layout_stand_in_initial(struct kiosk_layout *layout, struct toplevel *toplevel) {
	struct wl_client *client = surface_client(toplevel_surface(toplevel));
	if (!layout->stand_in.is_client || !layout->stand_in.is_client(layout->stand_in.data, client)) {
		return false;
	}
	struct stand_in_window *window = calloc(1, sizeof(*window));
	if (!window) {
		wl_client_post_no_memory(client);
		return true;
	}
	window->toplevel = toplevel;
	window->output = wanted_output(toplevel);
	wl_list_insert(&layout->stand_ins, &window->link);
	configure(window, true);
	return true;
}

void layout_stand_in_changed(struct kiosk_layout *layout, struct toplevel *toplevel, bool asked) {
	struct stand_in_window *window = find(layout, toplevel);
	if (!window) {
		return;
	}
	mark(layout, window);
	window->output = wanted_output(toplevel);
	mark(layout, window);
	configure(window, asked);
}

void layout_stand_in_gone(struct kiosk_layout *layout, struct toplevel *toplevel) {
	struct stand_in_window *window = find(layout, toplevel);
	if (window) {
		mark(layout, window);
		wl_list_remove(&window->link);
		free(window);
	}
}

static bool is_bare(const struct layout_output *output) {
	struct layout_window *window;
	for (window = layout_first_window(output); window; window = layout_next_window(window, NULL)) {
		if (window->mapped) {
			return false;
		}
	}
	return true;
}

bool layout_stand_in_append(struct kiosk_layout *layout, struct layout_output *output) {
	bool bare = is_bare(output), ok = true;
	if (layout->stand_in.bare && bare != output->is_bare) {
		output->is_bare = bare;
		layout->stand_in.bare(layout->stand_in.data, output->wayland, bare);
	}
	struct stand_in_window *window;
	wl_list_for_each(window, &layout->stand_ins, link) {
		if (window->output != output->wayland) {
			continue;
		}
		configure(window, false);
		struct surface *surface = toplevel_surface(window->toplevel);
		if (bare && surface_is_mapped(surface)) {
			ok = surface_append(surface, output->wayland, 0, 0) && ok;
		}
	}
	return ok;
}
