// SPDX-License-Identifier: MIT
#include "kiosk/layout_internal.h"

static struct layout_window *window_from_link(struct wl_list *link) {
	struct layout_window *window;
	return wl_container_of(link, window, stack_link);
}

// Where the window stands among its likes.
static struct wl_list *siblings_of(const struct layout_window *window) {
	return window->parent ? &window->parent->children : &window->output->roots;
}

struct layout_window *layout_next_window(
	struct layout_window *window, const struct layout_window *top) {
	if (!wl_list_empty(&window->children)) {
		return window_from_link(window->children.next);
	}
	while (window != top) {
		if (window->stack_link.next != siblings_of(window)) {
			return window_from_link(window->stack_link.next);
		}
		window = window->parent;
	}
	return NULL;
}

struct layout_window *layout_first_window(const struct layout_output *output) {
	return wl_list_empty(&output->roots) ? NULL : window_from_link(output->roots.next);
}

struct layout_window *layout_topmost_mapped(struct wl_list *stack) {
	struct layout_window *window;
	wl_list_for_each_reverse(window, stack, stack_link) {
		if (window->mapped) {
			return window;
		}
	}
	return NULL;
}

void layout_insert_front(struct layout_window *window) {
	struct wl_list *siblings = siblings_of(window), *below = siblings->prev;
	while (!window->parent && below != siblings && window_from_link(below)->level > window->level) {
		below = below->prev;
	}
	wl_list_insert(below, &window->stack_link);
}

struct layout_window *layout_root_of(struct layout_window *window) {
	while (window->parent) {
		window = window->parent;
	}
	return window;
}

void layout_raise_window(struct kiosk_layout *layout, struct layout_window *window) {
	layout_root_of(window)->raised = ++layout->last_raised;
	layout->pressed = NULL;
	for (; window; window = window->parent) {
		wl_list_remove(&window->stack_link);
		layout_insert_front(window);
	}
}

void layout_set_output(
	struct kiosk_layout *layout, struct layout_window *top, struct layout_output *output) {
	layout_mark_dirty(layout, top->output);
	layout_mark_dirty(layout, output);
	for (struct layout_window *window = top; window; window = layout_next_window(window, top)) {
		window->output = output;
	}
}

void layout_move_root(
	struct kiosk_layout *layout, struct layout_window *root, struct layout_output *output) {
	wl_list_remove(&root->stack_link);
	layout_set_output(layout, root, output);
	struct wl_list *below = output->roots.prev;
	while (below != &output->roots) {
		const struct layout_window *other = window_from_link(below);
		if (other->level < root->level ||
			(other->level == root->level && other->raised < root->raised)) {
			break;
		}
		below = below->prev;
	}
	wl_list_insert(below, &root->stack_link);
}

void layout_set_parent(
	struct kiosk_layout *layout, struct layout_window *window, struct layout_window *parent) {
	struct layout_window *old = window->parent;
	wl_list_remove(&window->stack_link);
	window->parent = parent;
	if (old && !parent) {
		window->home = layout_root_of(old)->home;
	}
	if (parent && parent->output != window->output) {
		layout_set_output(layout, window, parent->output);
	}
	if (old && old->parent == parent) { // takes its place when the parent goes
		window->raised = old->raised;
		wl_list_insert(&old->stack_link, &window->stack_link);
	} else {
		window->raised = ++layout->last_raised;
		layout_insert_front(window);
	}
	layout_mark_dirty(layout, window->output);
}
