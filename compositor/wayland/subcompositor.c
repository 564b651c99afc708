// SPDX-License-Identifier: MIT
// wl_subcompositor: trees of surfaces.
//
// A surface's `children` list holds its subsurfaces and the surface's own mark (`self`), bottom to
// top, so that "above the parent" and "above a sibling" are the same operation. `pending_children` is
// the order that clients edit; it becomes the other one when the parent's state is applied.
#include <stdlib.h>

#include "wayland/server.h"

static const struct wl_subsurface_interface subsurface_impl;

// NULL for an inert one: its surface is gone.
static struct subsurface *subsurface_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

// ---- The tree ----

struct surface_iter surface_iter_begin(struct surface *root, bool all) {
	return (struct surface_iter){
		.root = root,
		.parent = root,
		.next = root->children.next,
		.all = all,
	};
}

static void iter_leave(struct surface_iter *iter) {
	struct subsurface *subsurface = iter->parent->role_object;
	iter->x -= subsurface->x;
	iter->y -= subsurface->y;
	iter->next = subsurface->link.next;
	iter->parent = subsurface->parent;
}

enum surface_iter_step surface_iter_next(struct surface_iter *iter, struct surface **surface) {
	for (;;) {
		if (iter->next == &iter->parent->self) {
			iter->next = iter->next->next;
			*surface = iter->parent;
			return SURFACE_ITER_SURFACE;
		}
		if (iter->next != &iter->parent->children) {
			struct subsurface *child = wl_container_of(iter->next, child, link);
			if (!child->surface->mapped && !iter->all) {
				iter->next = iter->next->next;
				continue;
			}
			iter->x += child->x;
			iter->y += child->y;
			iter->parent = child->surface;
			iter->next = child->surface->children.next;
		} else if (!iter->finished) {
			iter->finished = true;
			*surface = iter->parent;
			return SURFACE_ITER_TOP;
		} else if (iter->parent == iter->root) {
			return SURFACE_ITER_END;
		} else {
			iter->finished = false;
			iter_leave(iter);
		}
	}
}

static struct surface *subsurface_root(struct surface *surface) {
	struct subsurface *subsurface = surface->role_object;
	return subsurface ? subsurface->parent : NULL;
}

// Out of its parent's tree, hidden; policy lays out what is left of it.
static void subsurface_detach(struct subsurface *subsurface) {
	surface_unmap(subsurface->surface);
	wl_list_remove(&subsurface->link);
	wl_list_init(&subsurface->link);
	wl_list_remove(&subsurface->pending_link);
	wl_list_init(&subsurface->pending_link);
	wl_list_remove(&subsurface->cached_link);
	wl_list_init(&subsurface->cached_link);
	subsurface->parent = NULL;
}

static void subsurface_destroy(struct subsurface *subsurface) {
	subsurface_detach(subsurface);
	subsurface->surface->role_object = NULL;
	wl_resource_set_user_data(subsurface->resource, NULL);
	free(subsurface);
}

static void handle_surface_destroyed(struct surface *surface) {
	subsurface_destroy(surface->role_object);
}

static const struct surface_role subsurface_role = {
	.name = "wl_subsurface",
	.destroyed = handle_surface_destroyed,
	.root = subsurface_root,
};

struct subsurface *subsurface_from_surface(const struct surface *surface) {
	return surface->role == &subsurface_role ? surface->role_object : NULL;
}

bool subsurface_is_synchronized(const struct surface *surface) {
	for (;;) {
		const struct subsurface *subsurface = subsurface_from_surface(surface);
		if (!subsurface || !subsurface->parent) {
			return false;
		}
		if (subsurface->sync) {
			return true;
		}
		surface = subsurface->parent;
	}
}

void subsurface_note_cached(struct surface *surface) {
	struct subsurface *subsurface = subsurface_from_surface(surface);
	if (subsurface->parent && wl_list_empty(&subsurface->cached_link)) {
		wl_list_insert(subsurface->parent->cached_children.prev, &subsurface->cached_link);
	}
}

bool subsurface_apply_children(struct surface *surface) {
	if (!surface->children_dirty) {
		return false;
	}
	surface->children_dirty = false;
	wl_list_remove(&surface->self);
	struct wl_list *link;
	for (link = surface->pending_children.next; link != &surface->pending_children;
		 link = link->next) {
		if (link == &surface->pending_self) {
			wl_list_insert(surface->children.prev, &surface->self);
			continue;
		}
		struct subsurface *child = wl_container_of(link, child, pending_link);
		wl_list_remove(&child->link);
		wl_list_insert(surface->children.prev, &child->link);
		child->x = child->pending_x;
		child->y = child->pending_y;
	}
	return true;
}

void subsurface_orphan_children(struct surface *surface) {
	struct wl_list *link, *next;
	for (link = surface->pending_children.next; link != &surface->pending_children; link = next) {
		next = link->next;
		if (link != &surface->pending_self) {
			struct subsurface *child = wl_container_of(link, child, pending_link);
			child->parent = NULL; // first: policy need not hear of a tree that is going
			subsurface_detach(child);
		}
	}
}

// ---- wl_subsurface ----

static void handle_set_position(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y) {
	(void)client;
	struct subsurface *subsurface = subsurface_of(resource);
	if (!subsurface) {
		return;
	}
	if (subsurface->pending_x == x && subsurface->pending_y == y) {
		return;
	}
	subsurface->pending_x = x;
	subsurface->pending_y = y;
	if (subsurface->parent) {
		subsurface->parent->children_dirty = true;
	}
}

// The place of a sibling, or of the parent, in the pending order; NULL after an error.
static struct wl_list *reference_link(
	struct subsurface *subsurface, struct wl_resource *resource, const char *request) {
	struct surface *reference = surface_from_resource(resource);
	if (reference == subsurface->parent) {
		return &reference->pending_self;
	}
	struct subsurface *sibling = subsurface_from_surface(reference);
	if (!sibling || sibling == subsurface || sibling->parent != subsurface->parent) {
		wl_resource_post_error(subsurface->resource, WL_SUBSURFACE_ERROR_BAD_SURFACE,
			"%s: wl_surface#%u is neither sibling nor parent", request,
			wl_resource_get_id(resource));
		return NULL;
	}
	return &sibling->pending_link;
}

static void place(struct wl_resource *resource, struct wl_resource *reference, bool above) {
	struct subsurface *subsurface = subsurface_of(resource);
	if (!subsurface || !subsurface->parent) {
		return;
	}
	struct wl_list *link =
		reference_link(subsurface, reference, above ? "place_above" : "place_below");
	if (!link) {
		return;
	}
	wl_list_remove(&subsurface->pending_link);
	wl_list_insert(above ? link : link->prev, &subsurface->pending_link);
	subsurface->parent->children_dirty = true;
}

static void handle_place_above(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *sibling) {
	(void)client;
	place(resource, sibling, true);
}

static void handle_place_below(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *sibling) {
	(void)client;
	place(resource, sibling, false);
}

static void handle_set_sync(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct subsurface *subsurface = subsurface_of(resource);
	if (subsurface) {
		subsurface->sync = true;
	}
}

// Descendants that were held back by this one alone run freely now: what they cached is due. From the
// top down, so that each is looked at once, however deep they hang.
static void apply_freed(struct surface *top) {
	bool changed = false;
	struct wl_list queue;
	wl_list_init(&queue);
	wl_list_insert(&queue, &top->apply_link);
	while (!wl_list_empty(&queue)) {
		struct surface *surface = wl_container_of(queue.next, surface, apply_link);
		wl_list_remove(&surface->apply_link);
		wl_list_init(&surface->apply_link);
		changed |= surface_apply_cached(surface);
		struct wl_list *link;
		for (link = surface->children.next; link != &surface->children; link = link->next) {
			struct subsurface *child = wl_container_of(link, child, link);
			if (link != &surface->self && !child->sync) {
				wl_list_insert(queue.prev, &child->surface->apply_link);
			}
		}
	}
	if (changed) {
		surface_tree_changed(top);
	}
}

static void handle_set_desync(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct subsurface *subsurface = subsurface_of(resource);
	if (!subsurface || !subsurface->sync) {
		return;
	}
	subsurface->sync = false;
	if (!subsurface_is_synchronized(subsurface->surface)) {
		apply_freed(subsurface->surface);
	}
}

static const struct wl_subsurface_interface subsurface_impl = {
	.destroy = resource_handle_destroy,
	.set_position = handle_set_position,
	.place_above = handle_place_above,
	.place_below = handle_place_below,
	.set_sync = handle_set_sync,
	.set_desync = handle_set_desync,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct subsurface *subsurface = subsurface_of(resource);
	if (subsurface) {
		subsurface_destroy(subsurface);
	}
}

// ---- wl_subcompositor ----

static bool is_descendant(struct surface *surface, const struct surface *ancestor) {
	while (surface) {
		if (surface == ancestor) {
			return true;
		}
		struct subsurface *subsurface = subsurface_from_surface(surface);
		surface = subsurface ? subsurface->parent : NULL;
	}
	return false;
}

static void subsurface_init(
	struct subsurface *subsurface, struct surface *surface, struct surface *parent) {
	subsurface->surface = surface;
	subsurface->parent = parent;
	subsurface->sync = true;
	wl_list_init(&subsurface->link);
	wl_list_init(&subsurface->cached_link);
	if (surface->cached.fields) {
		wl_list_insert(parent->cached_children.prev, &subsurface->cached_link);
	}
	wl_list_insert(parent->pending_children.prev, &subsurface->pending_link);
	parent->children_dirty = true;
	surface->mapped = surface->current.buffer != NULL;
}

static void handle_get_subsurface(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource, struct wl_resource *parent_resource) {
	struct surface *surface = surface_from_resource(surface_resource);
	struct surface *parent = surface_from_resource(parent_resource);
	if (is_descendant(parent, surface)) {
		wl_resource_post_error(resource, WL_SUBCOMPOSITOR_ERROR_BAD_PARENT,
			"wl_surface#%u is wl_surface#%u or one of its descendants",
			wl_resource_get_id(parent_resource), wl_resource_get_id(surface_resource));
		return;
	}
	struct subsurface *subsurface = calloc(1, sizeof(*subsurface));
	if (!subsurface) {
		wl_client_post_no_memory(client);
		return;
	}
	if (!surface_set_role(
			surface, &subsurface_role, subsurface, resource, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE)) {
		free(subsurface);
		return;
	}
	subsurface->resource =
		wl_resource_create(client, &wl_subsurface_interface, wl_resource_get_version(resource), id);
	if (!subsurface->resource) {
		surface->role_object = NULL;
		free(subsurface);
		wl_client_post_no_memory(client);
		return;
	}
	subsurface_init(subsurface, surface, parent);
	wl_resource_set_implementation(
		subsurface->resource, &subsurface_impl, subsurface, handle_resource_destroy);
}

static const struct wl_subcompositor_interface subcompositor_impl = {
	.destroy = resource_handle_destroy,
	.get_subsurface = handle_get_subsurface,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &wl_subcompositor_interface, version, id, &subcompositor_impl, data);
}

bool subcompositor_create(struct wayland_server *server) {
	return wl_global_create(server->display, &wl_subcompositor_interface, 1, server, handle_bind);
}
