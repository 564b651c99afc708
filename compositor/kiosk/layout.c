// SPDX-License-Identifier: MIT
// Windows form trees: those without a parent stand on an output, from the back to the front, dialogs on
// their parent likewise. A walk through the trees, parents first, meets the windows in the order in
// which they are stacked. Requests only change the trees and mark outputs; what follows from it
// (places, activation, the scene) is worked out once a burst of requests, by flush.
#include "kiosk/layout.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "kiosk/layout_internal.h"
#include "wayland/seat.h"

static void handle_idle(void *data) {
	struct kiosk_layout *layout = data;
	layout->idle = NULL;
	kiosk_layout_flush(layout);
}

void layout_mark_dirty(struct kiosk_layout *layout, struct layout_output *output) {
	output->dirty = true;
	if (!layout->idle && layout->loop) {
		// Without memory for this the flush before the next frame has to do.
		layout->idle = wl_event_loop_add_idle(layout->loop, handle_idle, layout);
	}
}

// ---- Sizes ----

static void configure(struct layout_window *window, bool force) {
	if (!window->output->wayland) {
		return; // once there is an output, the client learns of it
	}
	struct scene_rect area = layout_window_area(window);
	toplevel_set_bounds(window->toplevel, area.width, area.height);
	// What is not mapped yet will be in front when it is.
	uint32_t states = window->active || !window->mapped ? TOPLEVEL_ACTIVATED : 0;
	if (layout_is_floating(window)) {
		toplevel_configure(window->toplevel, 0, 0, states, force);
	} else {
		toplevel_configure(
			window->toplevel, area.width, area.height, states | TOPLEVEL_FULLSCREEN, force);
	}
}

static void configure_tree(struct layout_window *top, bool force) {
	for (struct layout_window *window = top; window; window = layout_next_window(window, top)) {
		configure(window, force);
	}
}

// True if it lies elsewhere than before.
static bool update_place(struct layout_window *window) {
	struct scene_rect geometry = toplevel_geometry(window->toplevel);
	struct scene_rect place = layout_find_place(window, geometry.width, geometry.height);
	bool moved = place.x != window->place.x || place.y != window->place.y;
	window->place = place;
	return moved;
}

// ---- The scene ----

static bool append_window(struct layout_window *window) {
	struct scene_rect geometry = toplevel_geometry(window->toplevel);
	return surface_append(toplevel_surface(window->toplevel), window->output->wayland,
		window->place.x - geometry.x, window->place.y - geometry.y);
}

static bool append_trees(struct layout_output *output, bool covered, bool *any) {
	struct layout_window *root, *window;
	wl_list_for_each(root, &output->roots, stack_link) {
		for (window = root; root->covered == covered && window;
			 window = layout_next_window(window, root)) {
			if (window->mapped && !append_window(window)) {
				return false;
			}
			*any = *any || window->mapped;
		}
	}
	return true;
}

// What is covered comes first, and black over it: it is hidden, and does not shine in around what is in
// front of it; what is below that on purpose, in the background, is seen.
static bool append_windows(struct layout_output *output, struct scene_output *scene) {
	struct layout_window *window;
	for (window = layout_first_window(output); window; window = layout_next_window(window, NULL)) {
		configure(window, false);
		if (window->mapped && update_place(window)) {
			toplevel_moved(window->toplevel);
		}
	}
	bool behind = false, any = false;
	return append_trees(output, true, &behind) &&
		(!behind || backdrop_append(&output->backdrop, scene)) && append_trees(output, false, &any);
}

static void lay_out(struct kiosk_layout *layout, struct layout_output *output) {
	layout_update_fronts(output);
	struct scene_output *scene = wayland_output_scene(output->wayland);
	int32_t width, height;
	layout_output_size(output, &width, &height);
	kiosk_layers_arrange(&layout->layers, output->wayland, width, height);
	scene_output_begin(scene);
	bool ok = layout_ground_append(output, layout) &&
		kiosk_layers_append(&layout->layers, output->wayland, LAYER_BACKGROUND) &&
		kiosk_layers_append(&layout->layers, output->wayland, LAYER_BOTTOM) &&
		append_windows(output, scene) && layout_stand_in_append(layout, output) &&
		kiosk_layers_append(&layout->layers, output->wayland, LAYER_TOP) &&
		kiosk_layers_append(&layout->layers, output->wayland, LAYER_OVERLAY) &&
		input_popups_append(
			wayland_output_server(output->wayland), output->wayland, layout_usable_area(output));
	struct seat_icon icon =
		seat_drag_icon(wayland_server_seat(wayland_output_server(output->wayland)));
	if (icon.surface && icon.at.output == output->wayland) {
		ok = surface_append(icon.surface, output->wayland, (int32_t)floor(icon.at.x),
				 (int32_t)floor(icon.at.y)) &&
			ok;
	}
	if (layout->cursor.append) {
		ok = layout->cursor.append(layout->cursor.data, output->wayland) && ok;
	}
	scene_output_end(scene);
	output->dirty = !ok;
	if (!ok) {
		log_warning("out of memory: not every window is shown");
	}
}

static void mark_layers(struct kiosk_layout *layout, struct wayland_output *wayland) {
	if (wayland && wayland_output_data(wayland)) {
		layout_mark_dirty(layout, wayland_output_data(wayland));
	}
}

static void mark_all(struct kiosk_layout *layout) {
	struct layout_output *output;
	wl_list_for_each(output, &layout->outputs, link) {
		layout_mark_dirty(layout, output);
	}
}

// The root that has the keyboard: what was pressed, else what came to the front last. What lies above or
// below normal windows has it only where there are none of these.
static struct layout_window *front_root(struct kiosk_layout *layout) {
	static const int ranks[] = {[LAYOUT_BACKGROUND] = 1, [LAYOUT_NORMAL] = 2, [LAYOUT_OVERLAY] = 0};
	if (layout->pressed && layout->pressed->mapped && layout->pressed->output->wayland) {
		return layout_root_of(layout->pressed);
	}
	struct layout_window *front = NULL, *root;
	struct layout_output *output;
	wl_list_for_each(output, &layout->outputs, link) {
		wl_list_for_each(root, &output->roots, stack_link) {
			int more = front ? ranks[root->level] - ranks[front->level] : 1;
			if (root->mapped && (more > 0 || (more == 0 && root->raised > front->raised))) {
				front = root;
			}
		}
	}
	return front;
}

// Where the user is likely to be; NULL: there is none.
static struct layout_output *front_output(struct kiosk_layout *layout) {
	struct layout_window *root = front_root(layout);
	if (root) {
		return root->output;
	}
	struct layout_output *first = wl_container_of(layout->outputs.next, first, link);
	return wl_list_empty(&layout->outputs) ? NULL : first;
}

// The front window has the keyboard: its topmost dialog, or what of it the user pressed.
static void update_keyboard(struct kiosk_layout *layout, struct seat *seat) {
	struct layout_window *window = front_root(layout), *dialog = window;
	while (dialog && (dialog = layout_topmost_mapped(&window->children))) {
		window = dialog;
	}
	if (layout->pressed && layout->pressed->active && window &&
		layout_root_of(layout->pressed) == layout_root_of(window)) {
		window = layout->pressed;
	}
	struct surface *surface = kiosk_layers_focus(&layout->layers);
	if (!surface && window) {
		surface = toplevel_surface(window->toplevel);
	}
	seat_set_keyboard_focus(seat, surface);
}

void kiosk_layout_flush(struct kiosk_layout *layout) {
	bool changed = layout->waiting.dirty;
	layout->waiting.dirty = false;
	struct layout_output *output;
	wl_list_for_each(output, &layout->outputs, link) {
		if (output->dirty) {
			lay_out(layout, output);
			changed = true;
		}
	}
	if (changed && layout->server) {
		struct seat *seat = wayland_server_seat(layout->server);
		update_keyboard(layout, seat);
		seat_scene_changed(seat);
	}
}

// ---- Policy ----

static struct layout_window *window_of(const struct toplevel *toplevel) {
	return toplevel ? toplevel_data(toplevel) : NULL;
}

static void handle_loop_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct kiosk_layout *layout = wl_container_of(listener, layout, loop_destroy);
	if (layout->idle) {
		wl_event_source_remove(layout->idle);
		layout->idle = NULL;
	}
	layout->loop = NULL;
	layout->server = NULL;
}

static void window_destroy(struct kiosk_layout *layout, struct layout_window *window) {
	struct layout_window *child, *tmp;
	wl_list_for_each_reverse_safe(child, tmp, &window->children, stack_link) {
		layout_set_parent(layout, child, window->parent);
		configure(child, false);
	}
	if (layout->pressed == window) {
		layout->pressed = NULL;
	}
	layout_mark_dirty(layout, window->output);
	toplevel_set_data(window->toplevel, NULL);
	wl_list_remove(&window->stack_link);
	wl_list_remove(&window->link);
	free(window);
}

static void handle_initial(void *data, struct toplevel *toplevel) {
	struct kiosk_layout *layout = data;
	struct wl_client *client = surface_client(toplevel_surface(toplevel));
	if (layout_stand_in_initial(layout, toplevel)) {
		return;
	}
	struct layout_window *window = calloc(1, sizeof(*window));
	if (!window) {
		wl_client_post_no_memory(client);
		return;
	}
	window->toplevel = toplevel;
	window->parent = window_of(toplevel_parent(toplevel));
	layout_place_window(layout, window);
	window->raised = ++layout->last_raised;
	wl_list_init(&window->children);
	layout_insert_front(window);
	wl_list_insert(&layout->windows, &window->link);
	toplevel_set_data(toplevel, window);
	configure(window, true);
}

static void handle_mapped(void *data, struct toplevel *toplevel) {
	struct kiosk_layout *layout = data;
	struct layout_window *window = window_of(toplevel);
	if (!window) {
		layout_stand_in_changed(layout, toplevel, false);
		return;
	}
	// A dialog comes to the front with all of its app, but not over another app.
	struct layout_window *front = layout_front_like(window);
	window->mapped = true;
	window->active = true;
	if (!window->parent || !front || layout_client_of(front) == layout_client_of(window)) {
		layout_raise_window(layout, window);
	}
	update_place(window);
	layout_mark_dirty(layout, window->output);
	if (layout->owner.drawn) {
		layout->owner.drawn(layout->owner.data, layout_client_of(window));
	}
}

static void handle_gone(void *data, struct toplevel *toplevel) {
	struct layout_window *window = window_of(toplevel);
	if (window) {
		window_destroy(data, window);
	} else {
		layout_stand_in_gone(data, toplevel);
	}
}

static void handle_changed(void *data, struct toplevel *toplevel) {
	struct kiosk_layout *layout = data;
	struct layout_window *window = window_of(toplevel);
	if (!window) {
		return;
	}
	struct layout_window *parent = window_of(toplevel_parent(toplevel));
	if (parent != window->parent) {
		struct layout_output *before = window->output;
		layout_set_parent(layout, window, parent);
		if (window->output != before) {
			configure_tree(window, false);
		}
	}
	configure(window, false); // whether its size is fixed may have changed
	update_place(window);
	layout_mark_dirty(layout, window->output);
}

static void handle_request(void *data, struct toplevel *toplevel, struct wayland_output *wanted) {
	struct kiosk_layout *layout = data;
	struct layout_window *window = window_of(toplevel);
	if (!window) {
		layout_stand_in_changed(layout, toplevel, true);
		return;
	}
	struct layout_output *output = wanted ? wayland_output_data(wanted) : NULL;
	if (output && output != window->output && !window->parent &&
		layout_may_use(layout, window, output)) {
		layout_move_root(layout, window, output);
		layout_settle(window);
		layout_raise_window(layout, window);
		configure_tree(window, false);
	}
	configure(window, true);
}

static void handle_activate(void *data, struct toplevel *toplevel) {
	struct kiosk_layout *layout = data;
	struct layout_window *window = window_of(toplevel);
	if (window && window->mapped) {
		layout_raise_window(layout, window);
		layout_mark_dirty(layout, window->output);
	}
}

// Menus of on-screen keyboards and panels may lie on all of the output.
static struct scene_rect layer_popup_bounds(const struct popup *popup) {
	struct wayland_output *wayland = kiosk_layers_output(popup_layer(popup));
	if (!wayland) {
		return (struct scene_rect){0};
	}
	struct scene_rect place = kiosk_layers_place(popup_layer(popup)), bounds;
	int32_t x, y;
	popup_parent_position(popup, &x, &y);
	bounds.x = -(place.x + x);
	bounds.y = -(place.y + y);
	layout_output_size(wayland_output_data(wayland), &bounds.width, &bounds.height);
	return bounds;
}

static struct scene_rect handle_popup_bounds(void *data, struct popup *popup) {
	(void)data;
	if (popup_layer(popup)) {
		return layer_popup_bounds(popup);
	}
	struct layout_window *window = window_of(popup_toplevel(popup));
	if (!window || !window->output->wayland) {
		return (struct scene_rect){0};
	}
	struct scene_rect geometry = toplevel_geometry(window->toplevel);
	int32_t width = geometry.width, height = geometry.height;
	popup_parent_size(popup, &width, &height);
	struct scene_rect place = layout_find_place(window, width, height);
	int32_t x, y;
	popup_parent_position(popup, &x, &y);
	struct scene_rect bounds = layout_usable_area(window->output);
	bounds.x -= place.x + x;
	bounds.y -= place.y + y;
	return bounds;
}

static void mark_cursor(struct kiosk_layout *layout, struct wayland_output *wayland) {
	// Looked for: the output may be gone, and what is known of it with it.
	struct layout_output *output;
	wl_list_for_each(output, &layout->outputs, link) {
		if (output->wayland == wayland) {
			layout_mark_dirty(layout, output);
		}
	}
}

void kiosk_layout_update_cursor(
	struct kiosk_layout *layout, struct wayland_output *before, struct wayland_output *now) {
	mark_cursor(layout, now);
	if (before != now) {
		mark_cursor(layout, before);
	}
}

static void handle_icon_changed(void *data) {
	struct kiosk_layout *layout = data;
	if (wl_list_empty(&layout->outputs)) {
		return;
	}
	struct layout_output *any = wl_container_of(layout->outputs.next, any, link);
	struct seat *seat = wayland_server_seat(wayland_output_server(any->wayland));
	struct wayland_output *now = seat_drag_icon(seat).at.output;
	kiosk_layout_update_cursor(layout, layout->icon_output, now);
	layout->icon_output = now;
}

static void handle_tree_changed(void *data, struct surface *root) {
	struct layout_window *window = window_of(toplevel_from_surface(root));
	const struct layer_surface *layer = layer_surface_from_surface(root);
	if (window) {
		layout_mark_dirty(data, window->output);
	} else if (layer) {
		mark_layers(data, kiosk_layers_output(layer));
	} else if (toplevel_from_surface(root)) {
		layout_stand_in_changed(data, toplevel_from_surface(root), false);
	} else {
		handle_icon_changed(data); // it is of what is dragged, if it is of anything
	}
}

// ---- Layer surfaces ----

static void handle_layer_initial(void *data, struct layer_surface *layer) {
	struct kiosk_layout *layout = data;
	struct layout_output *front = front_output(layout);
	if (!kiosk_layers_add(&layout->layers, layer, front ? front->wayland : NULL)) {
		wl_client_post_no_memory(surface_client(layer_surface_surface(layer)));
		return;
	}
	struct wayland_output *wayland = kiosk_layers_output(layer);
	if (wayland) {
		int32_t width, height;
		wayland_output_logical_size(wayland, &width, &height);
		kiosk_layers_arrange(&layout->layers, wayland, width, height);
	}
}

static void handle_layer_changed(void *data, struct layer_surface *layer) {
	mark_layers(data, kiosk_layers_output(layer));
}

static void handle_layer_gone(void *data, struct layer_surface *layer) {
	struct kiosk_layout *layout = data;
	mark_layers(layout, kiosk_layers_remove(&layout->layers, layer));
}

// What the user presses comes to the front and has the keyboard.
static void handle_pressed(void *data, struct surface *root) {
	struct kiosk_layout *layout = data;
	struct layout_window *window = window_of(toplevel_from_surface(root));
	struct layer_surface *layer = layer_surface_from_surface(root);
	if (kiosk_layers_press(&layout->layers, layer)) {
		mark_all(layout);
	}
	if (!window || !window->mapped || layout->pressed == window) {
		return;
	}
	layout_raise_window(layout, window);
	layout->pressed = window;
	layout_mark_dirty(layout, window->output);
}

static void handle_cursor_changed(void *data) {
	struct kiosk_layout *layout = data;
	if (layout->cursor.changed) {
		layout->cursor.changed(layout->cursor.data);
	}
}

static void handle_cursor_moved(void *data) {
	struct kiosk_layout *layout = data;
	if (layout->cursor.moved) {
		layout->cursor.moved(layout->cursor.data);
	}
}

static bool handle_client(void *data, pid_t pid, int fd) {
	struct kiosk_layout *layout = data;
	return layout->trusts && layout->trusts(layout->trusts_data, pid, fd);
}

void kiosk_layout_set_trust(
	struct kiosk_layout *layout, bool (*trusts)(void *data, pid_t pid, int fd), void *data) {
	layout->trusts = trusts;
	layout->trusts_data = data;
}

void kiosk_layout_set_owner(struct kiosk_layout *layout, const struct layout_owner *owner) {
	layout->owner = owner ? *owner : (struct layout_owner){0};
}

bool kiosk_layout_next_window(
	const struct kiosk_layout *layout, struct layout_window_info *info, const void **position) {
	const struct wl_list *link = *position ? *position : &layout->windows;
	if (link->next == &layout->windows) {
		return false;
	}
	const struct layout_window *window = wl_container_of(link->next, window, link);
	*position = link->next;
	*info = (struct layout_window_info){
		.toplevel = window->toplevel,
		.output = window->output->wayland,
		.place = window->place,
		.level = window->level,
		.mapped = window->mapped,
		.in_front = window->mapped && window->active && window->output->wayland,
	};
	return true;
}

void kiosk_layout_set_ground(struct kiosk_layout *layout, const struct layout_ground *ground) {
	struct layout_output *output;
	layout->ground = ground ? *ground : (struct layout_ground){0};
	wl_list_for_each(output, &layout->outputs, link) {
		backdrop_set(&output->backdrop, layout->black, false);
		layout_mark_dirty(layout, output);
	}
}

void kiosk_layout_ground_changed(struct kiosk_layout *layout, struct wayland_output *wayland) {
	if (wayland) {
		mark_cursor(layout, wayland);
	} else {
		mark_all(layout);
	}
}

void kiosk_layout_set_cursor(struct kiosk_layout *layout, const struct layout_cursor *cursor) {
	layout->cursor = cursor ? *cursor : (struct layout_cursor){0};
}

const struct wayland_policy *kiosk_layout_policy(void) {
	static const struct wayland_policy policy = {
		.toplevel_initial = handle_initial,
		.toplevel_mapped = handle_mapped,
		.toplevel_unmapped = handle_gone,
		.toplevel_destroyed = handle_gone,
		.toplevel_changed = handle_changed,
		.toplevel_request = handle_request,
		.toplevel_activate = handle_activate,
		.popup_bounds = handle_popup_bounds,
		.tree_changed = handle_tree_changed,
		.layer_initial = handle_layer_initial,
		.layer_changed = handle_layer_changed,
		.layer_gone = handle_layer_gone,
		.client_is_trusted = handle_client,
		.surface_pressed = handle_pressed,
		.cursor_changed = handle_cursor_changed,
		.cursor_moved = handle_cursor_moved,
		.drag_icon_changed = handle_icon_changed,
	};
	return &policy;
}

// ---- Life, and outputs ----

struct kiosk_layout *kiosk_layout_create(void) {
	struct kiosk_layout *layout = calloc(1, sizeof(*layout));
	struct scene_buffer *black = backdrop_black();
	if (!layout || !black) {
		free(layout);
		free(black);
		return NULL;
	}
	layout->black = black;
	wl_list_init(&layout->outputs);
	wl_list_init(&layout->waiting.roots);
	kiosk_layers_init(&layout->layers);
	layout->waiting.layers = &layout->layers;
	wl_list_init(&layout->windows);
	wl_list_init(&layout->stand_ins);
	wl_list_init(&layout->loop_destroy.link);
	return layout;
}

void kiosk_layout_destroy(struct kiosk_layout *layout) {
	if (!layout) {
		return;
	}
	struct layout_output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &layout->outputs, link) {
		kiosk_layout_remove_output(layout, output->wayland);
	}
	if (layout->idle) {
		wl_event_source_remove(layout->idle);
	}
	if (layout->loop) {
		wl_list_remove(&layout->loop_destroy.link);
	}
	scene_buffer_drop(layout->black);
	free(layout);
}

// Windows that belong there, and were somewhere else meanwhile.
static void take_home(struct kiosk_layout *layout, struct layout_output *output) {
	struct layout_window *window;
	wl_list_for_each(window, &layout->windows, link) {
		if (!window->parent && window->output != output &&
			layout_home_rank(window, output) > layout_home_rank(window, window->output) &&
			layout_may_use(layout, window, output)) {
			layout_move_root(layout, window, output);
			configure_tree(window, false);
		}
	}
}

bool kiosk_layout_add_output(struct kiosk_layout *layout, struct wayland_output *wayland) {
	struct layout_output *output = calloc(1, sizeof(*output));
	if (!output) {
		return false;
	}
	if (!layout->loop) {
		layout->server = wayland_output_server(wayland);
		layout->loop = wl_display_get_event_loop(wayland_server_display(layout->server));
		layout->loop_destroy.notify = handle_loop_destroy;
		wl_event_loop_add_destroy_listener(layout->loop, &layout->loop_destroy);
	}
	output->wayland = wayland;
	output->layers = &layout->layers;
	wl_list_init(&output->roots);
	backdrop_init(&output->backdrop, layout->black);
	wl_list_insert(layout->outputs.prev, &output->link);
	wayland_output_set_data(wayland, output);
	struct layout_window *root, *tmp;
	wl_list_for_each_safe(root, tmp, &layout->waiting.roots, stack_link) {
		struct layout_output *chosen = layout_choose_output(layout, root);
		if (chosen->wayland) {
			bool is_new = root->home.name[0] == '\0';
			layout_move_root(layout, root, chosen);
			if (is_new) {
				layout_settle(root);
			}
			configure_tree(root, true); // an answer may be owed
		}
	}
	take_home(layout, output);
	kiosk_layers_output_added(&layout->layers, wayland);
	mark_all(layout);
	return true;
}

void kiosk_layout_output_changed(struct kiosk_layout *layout, struct wayland_output *wayland) {
	struct layout_output *output = wayland_output_data(wayland);
	layout_mark_dirty(layout, output);
	struct layout_window *window;
	for (window = layout_first_window(output); window; window = layout_next_window(window, NULL)) {
		toplevel_moved(window->toplevel); // menus have another room
	}
}

void kiosk_layout_remove_output(struct kiosk_layout *layout, struct wayland_output *wayland) {
	struct layout_output *output = wayland_output_data(wayland);
	if (!output) {
		return;
	}
	wayland_output_set_data(wayland, NULL);
	wl_list_remove(&output->link);
	layout_ground_remove(layout, wayland);
	struct layout_window *root, *tmp;
	wl_list_for_each(root, &output->roots, stack_link) {
		// What chooses the new output must not find the old one through these windows.
		layout_set_output(layout, root, &layout->waiting);
	}
	wl_list_for_each_safe(root, tmp, &output->roots, stack_link) {
		layout_move_root(layout, root, layout_choose_output(layout, root));
		configure_tree(root, false);
	}
	struct layout_output *front = front_output(layout);
	kiosk_layers_output_removed(&layout->layers, wayland, front ? front->wayland : NULL);
	if (front) {
		layout_mark_dirty(layout, front);
	}
	scene_output_begin(wayland_output_scene(wayland));
	scene_output_end(wayland_output_scene(wayland));
	backdrop_finish(&output->backdrop);
	free(output);
}
