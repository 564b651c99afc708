// SPDX-License-Identifier: MIT
// wl_surface: requests, commit, roles, life and death.
#include <stdlib.h>

#include <math.h>

#include "viewporter-server-protocol.h"
#include "wayland/server.h"

enum {
	// A layer is placed within these bounds, px, so that sums of positions and sizes stay far from the
	// ends of 32 bits whatever a client asks for.
	MAX_POSITION = 1 << 24,
	MAX_SIZE = 1 << 20,
	MAX_OPAQUE_RECTS = 64, // an opaque region of more, which is but a hint, is left unused
};

static int32_t clamp(int64_t value, int32_t min, int32_t max) {
	return (int32_t)(value < min ? min : value > max ? max : value);
}

// ---- Requests ----

static struct surface *surface_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct surface *surface = surface_of(resource);
	if (surface->role_object && !surface->role->no_object) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT,
			"surface destroyed before its role object (%s)", surface->role->name);
		return;
	}
	wl_resource_destroy(resource);
}

static void handle_pending_buffer_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct surface_state *state = wl_container_of(listener, state, buffer_destroy);
	state->buffer_resource = NULL;
	wl_list_remove(&state->buffer_destroy.link);
	wl_list_init(&state->buffer_destroy.link);
}

static void set_pending_buffer(struct surface_state *state, struct wl_resource *buffer) {
	wl_list_remove(&state->buffer_destroy.link);
	wl_list_init(&state->buffer_destroy.link);
	state->buffer_resource = buffer;
	if (buffer) {
		state->buffer_destroy.notify = handle_pending_buffer_destroy;
		wl_resource_add_destroy_listener(buffer, &state->buffer_destroy);
	}
}

static void handle_attach(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *buffer, int32_t x, int32_t y) {
	(void)client;
	struct surface_state *pending = &surface_of(resource)->pending;
	if (wl_resource_get_version(resource) >= WL_SURFACE_OFFSET_SINCE_VERSION) {
		if (x != 0 || y != 0) {
			wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_OFFSET,
				"attach with offset %d,%d: use wl_surface.offset since version 5", x, y);
			return;
		}
	} else {
		pending->dx = x;
		pending->dy = y;
		pending->fields |= SURFACE_STATE_OFFSET;
	}
	set_pending_buffer(pending, buffer);
	pending->fields |= SURFACE_STATE_BUFFER;
}

// What the regions of the surface take is told to the client's account.
static void account_regions(struct surface *surface) {
	size_t n = surface_state_rects(&surface->pending) + surface_state_rects(&surface->cached) +
		surface_state_rects(&surface->current) + surface_held_rects(surface);
	if (!client_hold_rects(surface->account, &surface->held_rects, n)) {
		wl_resource_post_no_memory(surface->resource);
	}
}

static void add_damage(struct surface *surface, pixman_region32_t *region, int32_t x, int32_t y,
	int32_t width, int32_t height) {
	if (!surface_region_add(region, x, y, width, height)) {
		wl_resource_post_no_memory(surface->resource);
	}
	surface_damage_limit(region);
	account_regions(surface);
}

static void handle_damage(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height) {
	(void)client;
	struct surface *surface = surface_of(resource);
	struct surface_state *pending = &surface->pending;
	add_damage(surface, &pending->surface_damage, x, y, width, height);
	pending->fields |= SURFACE_STATE_SURFACE_DAMAGE;
}

static void handle_damage_buffer(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height) {
	(void)client;
	struct surface *surface = surface_of(resource);
	struct surface_state *pending = &surface->pending;
	add_damage(surface, &pending->buffer_damage, x, y, width, height);
	pending->fields |= SURFACE_STATE_BUFFER_DAMAGE;
}

static void handle_callback_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

static void handle_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct surface_state *pending = &surface_of(resource)->pending;
	struct wl_resource *callback = wl_resource_create(client, &wl_callback_interface, 1, id);
	if (!callback) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(callback, NULL, NULL, handle_callback_destroy);
	wl_list_insert(pending->frame_callbacks.prev, wl_resource_get_link(callback));
	pending->fields |= SURFACE_STATE_FRAME;
}

static void handle_set_opaque_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region) {
	(void)client;
	struct surface_state *pending = &surface_of(resource)->pending;
	pending->fields |= SURFACE_STATE_OPAQUE;
	pixman_region32_t *opaque = region ? (pixman_region32_t *)region_from_resource(region) : NULL;
	if (!opaque || pixman_region32_n_rects(opaque) > MAX_OPAQUE_RECTS) {
		pixman_region32_clear(&pending->opaque);
	} else if (!pixman_region32_copy(&pending->opaque, opaque)) {
		wl_resource_post_no_memory(resource);
	}
	account_regions(surface_of(resource));
}

static void handle_set_input_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region) {
	(void)client;
	struct surface_state *pending = &surface_of(resource)->pending;
	pending->fields |= SURFACE_STATE_INPUT;
	if (!region) {
		pixman_box32_t all = {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};
		pixman_region32_reset(&pending->input, &all);
	} else if (!pixman_region32_copy(
				   &pending->input, (pixman_region32_t *)region_from_resource(region))) {
		wl_resource_post_no_memory(resource);
	}
	account_regions(surface_of(resource));
}

static void handle_set_buffer_transform(
	struct wl_client *client, struct wl_resource *resource, int32_t transform) {
	(void)client;
	if (transform < WL_OUTPUT_TRANSFORM_NORMAL || transform > WL_OUTPUT_TRANSFORM_FLIPPED_270) {
		wl_resource_post_error(
			resource, WL_SURFACE_ERROR_INVALID_TRANSFORM, "%d is no buffer transform", transform);
		return;
	}
	struct surface_state *pending = &surface_of(resource)->pending;
	pending->transform = (enum wl_output_transform)transform;
	pending->fields |= SURFACE_STATE_TRANSFORM;
}

static void handle_set_buffer_scale(
	struct wl_client *client, struct wl_resource *resource, int32_t scale) {
	(void)client;
	if (scale <= 0) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_SCALE,
			"buffer scale %d is not greater than 0", scale);
		return;
	}
	struct surface_state *pending = &surface_of(resource)->pending;
	pending->scale = scale;
	pending->fields |= SURFACE_STATE_SCALE;
}

static void handle_offset(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y) {
	(void)client;
	struct surface_state *pending = &surface_of(resource)->pending;
	pending->dx = x;
	pending->dy = y;
	pending->fields |= SURFACE_STATE_OFFSET;
}

// ---- Commit ----

static void post_size_error(struct surface *surface, enum surface_size_error error) {
	const struct surface_state *state = &surface->current;
	struct wl_resource *viewport = surface->extended[SURFACE_VIEWPORT].resource;
	switch (error) {
	case SURFACE_SIZE_NO_MULTIPLE:
		wl_resource_post_error(surface->resource, WL_SURFACE_ERROR_INVALID_SIZE,
			"buffer of %dx%d px: not a multiple of the buffer scale %d", state->buffer->width,
			state->buffer->height, state->scale);
		break;
	case SURFACE_SIZE_BAD_SIZE:
		wl_resource_post_error(viewport, WP_VIEWPORT_ERROR_BAD_SIZE,
			"source of %gx%g px without a destination", state->viewport_src.width,
			state->viewport_src.height);
		break;
	case SURFACE_SIZE_OUT_OF_BUFFER:
		wl_resource_post_error(viewport, WP_VIEWPORT_ERROR_OUT_OF_BUFFER,
			"source %g,%g %gx%g reaches past the buffer", state->viewport_src.x,
			state->viewport_src.y, state->viewport_src.width, state->viewport_src.height);
		break;
	case SURFACE_SIZE_OK:
		break;
	}
}

// Size of the surface as of its current state; an error was posted if it has none.
static bool update_size(struct surface *surface) {
	struct surface_state *state = &surface->current;
	if (!surface->extended[SURFACE_VIEWPORT].resource) {
		// Cached before its wp_viewport went: nothing is left to post an error on.
		state->has_viewport_src = false;
	}
	enum surface_size_error error = surface_state_size(state, &surface->width, &surface->height);
	post_size_error(surface, error);
	return error == SURFACE_SIZE_OK;
}

static void show_nothing(struct surface *surface) {
	surface->layer.buffer = NULL;
	surface->layer.release = NULL;
}

static void update_mapped(struct surface *surface) {
	surface->mapped = surface->current.buffer && surface->role_object;
	if (!surface->mapped && surface->output) {
		surface_hide_tree(surface);
	}
}

bool surface_apply(struct surface *surface, struct surface_state *state, bool *changed) {
	uint32_t fields = state->fields;
	int32_t width = surface->width, height = surface->height;
	bool was_mapped = surface->mapped;
	bool ok = surface_state_merge(&surface->current, state);
	sync_point_clear(&surface->current.acquire); // reached
	surface->committed = true;
	surface->barrier |= (fields & SURFACE_STATE_SET_BARRIER) != 0;
	if (!update_size(surface)) {
		show_nothing(surface); // the client is about to go
		return false;
	}
	bool resized = width != surface->width || height != surface->height;
	if (!surface_update_layer(surface, fields, resized) || !ok) {
		wl_resource_post_no_memory(surface->resource);
		return false;
	}
	surface->current.fields = 0;
	update_mapped(surface);
	if (!wl_list_empty(&surface->current.frame_callbacks) ||
		!wl_list_empty(&surface->current.feedbacks) || surface->barrier) {
		surface_wait(surface);
	}
	if (surface->constraint) {
		seat_constraint_apply(surface, resized || (fields & SURFACE_STATE_INPUT));
	}
	bool children = subsurface_apply_children(surface);
	*changed |= resized || children || was_mapped != surface->mapped;
	return true;
}

// Children whose cached state waits for the surface's: into the queue.
static void queue_children(struct surface *surface, bool synchronized, struct wl_list *queue) {
	struct subsurface *child, *next;
	wl_list_for_each_safe(child, next, &surface->cached_children, cached_link) {
		if (!synchronized && !child->sync) {
			continue;
		}
		wl_list_remove(&child->cached_link);
		wl_list_init(&child->cached_link);
		if (child->surface->cached.fields) {
			wl_list_insert(queue->prev, &child->surface->apply_link);
		}
	}
}

// The surface's synchronised descendants that have cached state for this moment, parents first.
static void collect_tree(struct surface *root, struct wl_list *tree) {
	wl_list_init(tree);
	queue_children(root, false, tree);
	for (struct wl_list *link = tree->next; link != tree; link = link->next) {
		struct surface *surface = wl_container_of(link, surface, apply_link);
		queue_children(surface, true, tree);
	}
}

// `state` of the surface is due, and what its synchronised descendants cached with it: now, or when
// their buffers have been drawn. True if the tree has to be laid out anew.
static bool apply(struct surface *root, struct surface_state *state) {
	bool changed = false;
	struct wl_list tree;
	collect_tree(root, &tree);
	if (surface_hold(root, state, &tree)) {
		return false;
	}
	bool ok = surface_apply(root, state, &changed);
	while (!wl_list_empty(&tree)) {
		struct surface *surface = wl_container_of(tree.next, surface, apply_link);
		wl_list_remove(&surface->apply_link);
		wl_list_init(&surface->apply_link);
		ok = ok && surface_apply(surface, &surface->cached, &changed);
	}
	root->server->shape_serial += changed;
	// Only now: the role looks at all of what the commit brought, subsurfaces too.
	if (ok && root->role && root->role_object && root->role->commit) {
		root->role->commit(root);
	}
	return ok && changed;
}

bool surface_apply_cached(struct surface *surface) {
	return surface->cached.fields && apply(surface, &surface->cached);
}

static void resolve_pending_buffer(struct surface *surface) {
	struct surface_state *pending = &surface->pending;
	if ((pending->fields & SURFACE_STATE_BUFFER) && pending->buffer_resource) {
		pending->buffer = buffer_commit(pending->buffer_resource);
		set_pending_buffer(pending, NULL);
	}
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource) {
	struct surface *surface = surface_of(resource);
	if (surface->role && surface->role_object && surface->role->precommit &&
		!surface->role->precommit(surface)) {
		return;
	}
	if (!drm_syncobj_commit(surface)) {
		return;
	}
	client_account(client)->n_drawn += (surface->pending.fields & SURFACE_STATE_BUFFER) != 0;
	resolve_pending_buffer(surface);
	if (!color_representation_check(surface)) {
		return;
	}
	if (surface->constraint) {
		seat_constraint_commit(surface);
	}
	bool synchronized = subsurface_is_synchronized(surface), changed = false;
	if (synchronized) {
		surface->pending.fields &= ~(uint32_t)SURFACE_STATE_WAIT_BARRIER; // as wp_fifo_v1 says
	}
	if (synchronized || surface->cached.fields) {
		// A commit without requests counts too: what descendants cached waits for it.
		uint32_t fields = surface->pending.fields | SURFACE_STATE_COMMIT;
		surface->pending.fields = fields;
		if (!surface_state_merge(&surface->cached, &surface->pending)) {
			wl_resource_post_no_memory(resource);
		} else if (synchronized) {
			subsurface_note_cached(surface);
		} else {
			changed = apply(surface, &surface->cached);
		}
	} else {
		changed = apply(surface, &surface->pending);
	}
	account_regions(surface);
	if (changed) {
		surface_tree_changed(surface);
	}
}

static const struct wl_surface_interface surface_impl = {
	.destroy = handle_destroy,
	.attach = handle_attach,
	.damage = handle_damage,
	.frame = handle_frame,
	.set_opaque_region = handle_set_opaque_region,
	.set_input_region = handle_set_input_region,
	.commit = handle_commit,
	.set_buffer_transform = handle_set_buffer_transform,
	.set_buffer_scale = handle_set_buffer_scale,
	.damage_buffer = handle_damage_buffer,
	.offset = handle_offset,
};

// ---- Life and death ----

static void handle_resource_destroy(struct wl_resource *resource) {
	struct surface *surface = surface_of(resource);
	surface->dying = true;
	wl_signal_emit_mutable(&surface->destroy, surface);
	if (surface->role && surface->role_object && surface->role->destroyed) {
		surface->role->destroyed(surface);
		surface->role_object = NULL;
	}
	subsurface_orphan_children(surface);
	show_nothing(surface);
	scene_layer_finish(&surface->layer);
	surface_destroy_callbacks(&surface->latched_callbacks);
	surface_discard_feedbacks(&surface->latched_feedbacks);
	surface_held_finish(surface);
	surface_state_finish(&surface->pending);
	surface_state_finish(&surface->cached);
	surface_state_finish(&surface->current);
	drm_syncobj_forget(surface);
	surface_extensions_orphan(surface);
	struct wl_resource *feedback, *next;
	wl_resource_for_each_safe(feedback, next, &surface->dmabuf_feedbacks) {
		wl_list_remove(wl_resource_get_link(feedback));
		wl_list_init(wl_resource_get_link(feedback));
		wl_resource_set_user_data(feedback, NULL);
	}
	dmabuf_wish_destroy(surface);
	wl_list_remove(&surface->link);
	wl_list_remove(&surface->waiting_link);
	wl_list_remove(&surface->dirty_link);
	wl_list_remove(&surface->apply_link);
	client_hold_rects(surface->account, &surface->held_rects, 0);
	client_return_surface(surface->account);
	free(surface);
}

static void init_lists(struct surface *surface) {
	wl_list_init(&surface->children);
	wl_list_init(&surface->pending_children);
	wl_list_insert(&surface->children, &surface->self);
	wl_list_insert(&surface->pending_children, &surface->pending_self);
	wl_list_init(&surface->cached_children);
	wl_list_init(&surface->latched_callbacks);
	wl_list_init(&surface->latched_feedbacks);
	wl_list_init(&surface->dmabuf_feedbacks);
	wl_list_init(&surface->waiting_link);
	wl_list_init(&surface->dirty_link);
	wl_list_init(&surface->apply_link);
	wl_list_init(&surface->held);
	wl_signal_init(&surface->destroy);
}

struct surface *surface_create(
	struct wayland_server *server, struct wl_client *client, uint32_t version, uint32_t id) {
	struct client_account *account = client_account(client);
	bool allowed = client_take_surface(account);
	struct surface *surface = allowed ? calloc(1, sizeof(*surface)) : NULL;
	struct wl_resource *resource =
		surface ? wl_resource_create(client, &wl_surface_interface, (int)version, id) : NULL;
	if (!resource) {
		if (allowed) {
			client_return_surface(account);
		}
		free(surface);
		wl_client_post_no_memory(client);
		return NULL;
	}
	surface->server = server;
	surface->account = account;
	surface->preferred_scale = 1; // until the client is told of another
	surface->resource = resource;
	scene_layer_init(&surface->layer, &surface_layer_ops);
	pid_t pid;
	wl_client_get_credentials(client, &pid, NULL, NULL);
	surface->layer.owner.pid = pid;
	surface_state_init(&surface->pending);
	surface_state_init(&surface->current);
	surface_state_init(&surface->cached);
	init_lists(surface);
	wl_list_insert(server->surfaces.prev, &surface->link);
	wl_resource_set_implementation(resource, &surface_impl, surface, handle_resource_destroy);
	return surface;
}

struct surface *surface_from_resource(struct wl_resource *resource) {
	return surface_of(resource);
}

bool surface_set_role(struct surface *surface, const struct surface_role *role, void *object,
	struct wl_resource *resource, uint32_t error) {
	if (surface->role && surface->role != role) {
		wl_resource_post_error(resource, error, "wl_surface#%u already has the role %s",
			wl_resource_get_id(surface->resource), surface->role->name);
		return false;
	}
	if (surface->role_object) {
		wl_resource_post_error(resource, error, "wl_surface#%u already has a %s object",
			wl_resource_get_id(surface->resource), role->name);
		return false;
	}
	surface->role = role;
	surface->role_object = object;
	surface->role_serial++;
	return true;
}

struct surface *surface_root(struct surface *surface) {
	while (surface && surface->role && surface->role->root) {
		struct surface *next = surface->role->root(surface);
		if (next == surface) {
			break;
		}
		surface = next;
	}
	return surface && surface->role && surface->role_object ? surface : NULL;
}

void surface_tree_changed(struct surface *surface) {
	struct surface *root = surface_root(surface);
	if (!root) {
		return;
	}
	wl_list_remove(&root->dirty_link);
	wl_list_init(&root->dirty_link);
	root->server->policy->tree_changed(root->server->data, root);
}

// One step up the tree, or more; NULL at its root.
static struct surface *surface_above(struct surface *surface) {
	return surface->role && surface->role->root ? surface->role->root(surface) : NULL;
}

// Up to the root, or to where another one has come by in this round: many may hang deep down.
static void tell_root(struct surface *surface, uint64_t round) {
	while (surface->dirty_round != round) {
		surface->dirty_round = round;
		struct surface *above = surface_above(surface);
		if (!above) {
			surface_tree_changed(surface);
			break;
		}
		surface = above;
	}
}

static void handle_dirty_idle(void *data) {
	struct wayland_server *server = data;
	server->dirty_idle = NULL;
	uint64_t round = ++server->dirty_round;
	struct wl_list dirty;
	wl_list_init(&dirty);
	wl_list_insert_list(&dirty, &server->dirty);
	wl_list_init(&server->dirty);
	while (!wl_list_empty(&dirty)) {
		struct surface *surface = wl_container_of(dirty.next, surface, dirty_link);
		wl_list_remove(&surface->dirty_link);
		wl_list_init(&surface->dirty_link);
		tell_root(surface, round);
	}
}

void surface_tree_changed_later(struct surface *surface) {
	struct surface *above = surface_above(surface);
	if (!above || !wl_list_empty(&above->dirty_link)) {
		return;
	}
	struct wayland_server *server = above->server;
	if (!server->dirty_idle) {
		server->dirty_idle = wl_event_loop_add_idle(server->loop, handle_dirty_idle, server);
	}
	if (server->dirty_idle) {
		wl_list_insert(&server->dirty, &above->dirty_link);
	} else {
		surface_tree_changed(surface);
	}
}

void surface_unmap(struct surface *surface) {
	surface_hide_tree(surface);
	bool was_mapped = surface->mapped;
	surface->mapped = false;
	surface->width = 0;
	surface->height = 0;
	show_nothing(surface);
	surface_discard_feedbacks(&surface->current.feedbacks);
	surface_discard_feedbacks(&surface->latched_feedbacks);
	surface_discard_feedbacks(&surface->cached.feedbacks);
	surface_state_drop_buffer(&surface->current);
	surface_state_drop_buffer(&surface->cached);
	surface_held_unmap(surface);
	surface_clear_barrier(surface); // what set it is in no frame any more
	if (was_mapped) {
		surface->server->shape_serial++;
		surface_tree_changed_later(surface);
	}
}

// ---- What policy sees ----

void surface_size(const struct surface *surface, int32_t *width, int32_t *height) {
	*width = surface->mapped ? surface->width : 0;
	*height = surface->mapped ? surface->height : 0;
}

bool surface_is_mapped(const struct surface *surface) {
	return surface->mapped;
}

struct scene_buffer *surface_buffer(const struct surface *surface) {
	return surface->current.buffer;
}

bool surface_is_plain(const struct surface *surface, double scale) {
	const struct surface_state *state = &surface->current;
	return state->buffer && state->transform == WL_OUTPUT_TRANSFORM_NORMAL &&
		!state->has_viewport_src &&
		state->buffer->width == (int32_t)round(surface->width * scale) &&
		state->buffer->height == (int32_t)round(surface->height * scale);
}

struct scene_layer *surface_layer(struct surface *surface) {
	return &surface->layer;
}

struct wl_client *surface_client(const struct surface *surface) {
	return wl_resource_get_client(surface->resource);
}

struct scene_rect surface_bounds(struct surface *surface) {
	if (!surface->mapped) {
		return (struct scene_rect){0};
	}
	// Clients commit more often than they change their trees.
	if (surface->bounds_serial == surface->server->shape_serial) {
		return surface->bounds;
	}
	int64_t x1 = 0, y1 = 0, x2 = surface->width, y2 = surface->height;
	struct surface_iter iter = surface_iter_begin(surface, false);
	struct surface *child;
	enum surface_iter_step step;
	while ((step = surface_iter_next(&iter, &child)) != SURFACE_ITER_END) {
		if (step != SURFACE_ITER_SURFACE) {
			continue;
		}
		int64_t right = iter.x + child->width, bottom = iter.y + child->height;
		x1 = iter.x < x1 ? iter.x : x1;
		y1 = iter.y < y1 ? iter.y : y1;
		x2 = right > x2 ? right : x2;
		y2 = bottom > y2 ? bottom : y2;
	}
	struct scene_rect bounds = {
		.x = clamp(x1, -MAX_POSITION, 0),
		.y = clamp(y1, -MAX_POSITION, 0),
	};
	bounds.width = clamp(x2, 0, MAX_POSITION) - bounds.x;
	bounds.height = clamp(y2, 0, MAX_POSITION) - bounds.y;
	surface->bounds = bounds;
	surface->bounds_serial = surface->server->shape_serial;
	return bounds;
}

bool surface_append(struct surface *surface, struct wayland_output *output, int32_t x, int32_t y) {
	if (!surface->mapped) {
		return true;
	}
	struct surface_iter iter = surface_iter_begin(surface, false);
	struct surface *child;
	enum surface_iter_step step;
	while ((step = surface_iter_next(&iter, &child)) != SURFACE_ITER_END) {
		int32_t at_x = clamp(x + iter.x, -MAX_POSITION, MAX_POSITION);
		int32_t at_y = clamp(y + iter.y, -MAX_POSITION, MAX_POSITION);
		if (step == SURFACE_ITER_SURFACE) {
			if (!surface_append_layer(child, output, at_x, at_y, surface->layer.id)) {
				return false;
			}
		} else if (child->role && child->role_object && child->role->append &&
			!child->role->append(child, output, at_x, at_y)) {
			return false;
		}
	}
	return true;
}
