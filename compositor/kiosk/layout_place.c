// SPDX-License-Identifier: MIT
// Which output a window belongs to, where on it, and what is in front there.
#include <stdio.h>
#include <string.h>

#include "kiosk/layout_internal.h"

struct wl_client *layout_client_of(const struct layout_window *window) {
	return surface_client(toplevel_surface(window->toplevel));
}

// ---- Places ----

void layout_output_size(const struct layout_output *output, int32_t *width, int32_t *height) {
	*width = *height = 0;
	if (output->wayland) {
		wayland_output_logical_size(output->wayland, width, height);
	}
}

struct scene_rect layout_usable_area(const struct layout_output *output) {
	int32_t width, height;
	layout_output_size(output, &width, &height);
	return kiosk_layers_usable(output->layers, output->wayland, width, height);
}

// What both have in common; of no size if that is nothing.
static struct scene_rect intersect(struct scene_rect a, struct scene_rect b) {
	int32_t x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
	int32_t right = a.x + a.width < b.x + b.width ? a.x + a.width : b.x + b.width;
	int32_t bottom = a.y + a.height < b.y + b.height ? a.y + a.height : b.y + b.height;
	if (right <= x || bottom <= y) {
		return (struct scene_rect){0};
	}
	return (struct scene_rect){x, y, right - x, bottom - y};
}

struct scene_rect layout_window_area(const struct layout_window *window) {
	struct scene_rect usable = layout_usable_area(window->output), whole = {0};
	if (window->region.width == 0) {
		return usable;
	}
	layout_output_size(window->output, &whole.width, &whole.height);
	struct scene_rect region = intersect(window->region, whole);
	struct scene_rect free = intersect(region, usable);
	return free.width > 0 ? free : region.width > 0 ? region : usable;
}

bool layout_is_floating(const struct layout_window *window) {
	return window->parent || toplevel_has_fixed_size(window->toplevel);
}

// Centres on [start, start + room), kept within [first, first + length). What is too large shows its
// beginning, where menus and titles are.
static int32_t centre(int32_t start, int32_t room, int32_t size, int32_t first, int32_t length) {
	int64_t at = start + ((int64_t)room - size) / 2;
	if (at > (int64_t)first + length - size) {
		at = (int64_t)first + length - size;
	}
	return at < first ? first : (int32_t)at;
}

struct scene_rect layout_find_place(
	const struct layout_window *window, int32_t width, int32_t height) {
	struct scene_rect area = layout_window_area(window), on = area;
	if (window->parent) {
		on = window->parent->place;
	}
	return (struct scene_rect){
		.x = centre(on.x, on.width, width, area.x, area.width),
		.y = centre(on.y, on.height, height, area.y, area.height),
		.width = width,
		.height = height,
	};
}

// ---- Outputs ----

static const struct layout_placement *placement_of(
	struct kiosk_layout *layout, const struct layout_window *window) {
	return layout->owner.placement
		? layout->owner.placement(layout->owner.data, layout_client_of(window))
		: NULL;
}

static const char *name_of(const struct layout_output *output) {
	return output->wayland ? wayland_output_info(output->wayland)->name : "";
}

static struct layout_output *find_output(struct kiosk_layout *layout, const char *name) {
	struct layout_output *output;
	wl_list_for_each(output, &layout->outputs, link) {
		if (strcmp(name_of(output), name) == 0) {
			return output;
		}
	}
	return NULL;
}

static bool lists(const struct layout_placement *placement, const char *wanted) {
	const char *at = placement->outputs;
	char name[CONFIG_NAME_SIZE];
	while (config_next_name(&at, name)) {
		if (strcmp(name, wanted) == 0) {
			return true;
		}
	}
	return false;
}

// Whether the app with this placement has another root there.
static bool is_taken(struct kiosk_layout *layout, const struct layout_placement *placement,
	const struct layout_output *output, const struct layout_window *except) {
	const struct layout_window *root;
	wl_list_for_each(root, &output->roots, stack_link) {
		if (root != except && placement_of(layout, root) == placement) {
			return true;
		}
	}
	return false;
}

// One of those that the app may use.
static struct layout_output *choose_listed(struct kiosk_layout *layout,
	const struct layout_placement *placement, const struct layout_window *window) {
	struct layout_output *first = NULL;
	const char *at = placement->outputs;
	char name[CONFIG_NAME_SIZE];
	while (config_next_name(&at, name)) {
		struct layout_output *output = find_output(layout, name);
		if (output && !is_taken(layout, placement, output, window)) {
			return output;
		}
		first = first ? first : output;
	}
	return first ? first : &layout->waiting;
}

static struct layout_output *choose_any(
	struct kiosk_layout *layout, const struct layout_window *window) {
	struct layout_window *other;
	wl_list_for_each(other, &layout->windows, link) {
		if (other != window && other->output->wayland &&
			layout_client_of(other) == layout_client_of(window)) {
			return other->output;
		}
	}
	struct layout_output *output;
	wl_list_for_each(output, &layout->outputs, link) {
		if (wl_list_empty(&output->roots)) {
			return output;
		}
	}
	return wl_container_of(layout->outputs.next, output, link);
}

// The one where it belongs; NULL: that is not there.
static struct layout_output *find_home(
	struct kiosk_layout *layout, const struct layout_window *window) {
	struct layout_output *home = NULL, *output;
	int most = 0;
	wl_list_for_each(output, &layout->outputs, link) {
		int rank = layout_home_rank(window, output);
		if (rank > most && layout_may_use(layout, window, output)) {
			most = rank;
			home = output;
		}
	}
	return home;
}

struct layout_output *layout_choose_output(
	struct kiosk_layout *layout, const struct layout_window *window) {
	const struct layout_placement *placement = placement_of(layout, window);
	struct wayland_output *wanted = toplevel_wanted_output(window->toplevel);
	struct layout_output *asked = wanted ? wayland_output_data(wanted) : NULL;
	if (asked && layout_may_use(layout, window, asked)) {
		return asked;
	}
	if (wl_list_empty(&layout->outputs)) {
		return &layout->waiting;
	}
	struct layout_output *home = find_home(layout, window);
	if (home) {
		return home;
	}
	return placement && placement->outputs ? choose_listed(layout, placement, window)
										   : choose_any(layout, window);
}

void layout_place_window(struct kiosk_layout *layout, struct layout_window *window) {
	const struct layout_placement *placement = placement_of(layout, window);
	window->level = placement ? placement->level : LAYOUT_NORMAL;
	window->region = placement ? placement->region : (struct scene_rect){0};
	// A dialog is nothing without its parent.
	window->output = window->parent ? window->parent->output : layout_choose_output(layout, window);
	layout_settle(window);
}

bool layout_may_use(struct kiosk_layout *layout, const struct layout_window *window,
	const struct layout_output *output) {
	const struct layout_placement *placement = placement_of(layout, window);
	return !placement || !placement->outputs || lists(placement, name_of(output));
}

static struct layout_home home_at(const struct layout_output *output) {
	struct layout_home home = {0};
	if (output->wayland) {
		const struct wayland_output_info *info = wayland_output_info(output->wayland);
		snprintf(home.name, sizeof(home.name), "%s", info->name);
		if (info->serial[0] != '\0') {
			snprintf(home.display, sizeof(home.display), "%s %s %s", info->make, info->model,
				info->serial);
		}
	}
	return home;
}

int layout_home_rank(const struct layout_window *window, const struct layout_output *output) {
	const struct layout_home here = home_at(output), *home = &window->home;
	bool same_name = home->name[0] != '\0' && strcmp(home->name, here.name) == 0;
	bool same_display = home->display[0] != '\0' && strcmp(home->display, here.display) == 0;
	return (same_name ? 1 : 0) + (same_display ? 2 : 0);
}

void layout_settle(struct layout_window *window) {
	if (window->output->wayland) {
		window->home = home_at(window->output);
	}
}

// ---- What is in front ----

static bool is_like(const struct layout_window *a, const struct layout_window *b) {
	return a->level == b->level && a->region.x == b->region.x && a->region.y == b->region.y &&
		a->region.width == b->region.width && a->region.height == b->region.height;
}

struct layout_window *layout_front_like(const struct layout_window *window) {
	struct layout_window *root;
	wl_list_for_each_reverse(root, &window->output->roots, stack_link) {
		if (root->mapped && is_like(root, window)) {
			return root;
		}
	}
	return NULL;
}

static void activate(struct layout_window *window) {
	while (window) {
		window->active = true;
		window = layout_topmost_mapped(&window->children);
	}
}

void layout_update_fronts(struct layout_output *output) {
	struct layout_window *window, *root;
	for (window = layout_first_window(output); window; window = layout_next_window(window, NULL)) {
		window->active = window->covered = false;
	}
	// The front window of each place, and whether one that fills it was met. Each app has one place.
	struct {
		const struct layout_window *front;
		bool filled;
	} places[CONFIG_MAX_APPS + 1];
	int n = 0;
	wl_list_for_each_reverse(root, &output->roots, stack_link) {
		int i = 0;
		while (i < n && !is_like(places[i].front, root)) {
			i++;
		}
		if (!root->mapped || i > CONFIG_MAX_APPS) {
			continue; // unmapped, or there are more places than apps can have, after reloads
		}
		if (i == n) {
			places[n].front = root;
			places[n++].filled = false;
			activate(root);
		}
		root->covered = places[i].filled;
		places[i].filled = places[i].filled || !layout_is_floating(root);
	}
}
