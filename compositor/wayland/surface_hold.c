// SPDX-License-Identifier: MIT
// Commits that wait:
// - until their buffers have been drawn: a dma-buf may be committed while a device still writes to it, and
//   the frame must not wait for that. Its own fences tell, and the acquire point where the client set one
//   (wp_linux_drm_syncobj_v1);
// - until what the surface shows has been in a frame, where that set a barrier and they ask for it to be
//   gone (wp_fifo_v1);
// - for their time (wp_commit_timer_v1).
//
// A commit that is due takes effect at once if it has nothing to wait for and no earlier commit of its
// surfaces waits. Else all of it is held back, the state of synchronised subsurfaces with it, while what
// was shown stays, and so do other surfaces as they go on. Commits in one queue follow one another in
// order; two queues become one when a commit has surfaces in both. Of a queue just the first thing is
// watched that its first commit waits for; a buffer's own fences cost a file descriptor meanwhile.
//
// Nobody is made to wait for room: of more than MAX_HELD commits of a surface the latest replace one another,
// as they would without anything to wait for. What cannot (contents that come and go) ends the client.
//
// Order and positions of subsurfaces, and constraints of the pointer, are not kept by commit: as for
// cached state, those of the moment it takes effect count.
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "wayland/server.h"

enum {
	MAX_HELD = 64,          // commits of one surface: later ones are joined to the last of them
	MAX_CLIENT_HELD = 4096, // of all surfaces of a client
};

struct held_queue {
	struct wayland_server *server;
	struct client_account *account;
	struct wl_list commits;       // struct held_commit.link, oldest first; never empty
	struct wl_event_source *idle; // the first one may wait no more; may be NULL
	// What the first one waits for is one of these.
	struct sync_wait acquire;
	struct wl_event_source *source; // a buffer; may be NULL
	struct commit_timer timer;
	bool behind_barrier;
};

// With any of these a commit has a moment of its own to take effect.
enum { HAS_MOMENT = SURFACE_STATE_BUFFER | SURFACE_STATE_WAIT_BARRIER | SURFACE_STATE_TIME };

struct held_commit {
	struct held_queue *queue;
	struct surface *root; // whose commit it is; NULL when it is gone
	struct wl_list parts; // struct held_part.link, in order, that of the root first
	unsigned role_serial; // of the root at that time
	struct surface_role_state role;
	struct wl_list link; // held_queue.commits, alone while it is applied
};

struct held_part {
	struct held_commit *commit;
	struct surface *surface;
	struct surface_state state;
	struct wl_list link;         // held_commit.parts
	struct wl_list surface_link; // surface.held, oldest first
};

// ---- Life ----

static void part_destroy(struct held_part *part) {
	wl_list_remove(&part->link);
	wl_list_remove(&part->surface_link);
	part->surface->n_held--;
	part->surface->account->n_held--;
	surface_state_finish(&part->state);
	free(part);
}

// Takes what `state` changes. False when out of memory.
static bool part_create(
	struct held_commit *commit, struct surface *surface, struct surface_state *state) {
	struct held_part *part = calloc(1, sizeof(*part));
	if (!part) {
		return false;
	}
	part->commit = commit;
	part->surface = surface;
	surface_state_init(&part->state);
	wl_list_insert(commit->parts.prev, &part->link);
	wl_list_insert(surface->held.prev, &part->surface_link);
	surface->n_held++;
	surface->account->n_held++;
	return surface_state_merge(&part->state, state);
}

static void commit_destroy(struct held_commit *commit) {
	struct held_part *part, *next;
	wl_list_for_each_safe(part, next, &commit->parts, link) {
		part_destroy(part);
	}
	wl_list_remove(&commit->link);
	free(commit);
}

static void stop_watching(struct held_queue *queue) {
	queue->behind_barrier = false;
	sync_wait_end(&queue->acquire);
	commit_timer_disarm(queue->server, &queue->timer);
	if (queue->source) {
		wl_event_source_remove(queue->source);
		queue->source = NULL;
		client_return_fd(queue->account);
	}
}

// All of its commits are gone, or elsewhere.
static void queue_destroy(struct held_queue *queue) {
	stop_watching(queue);
	if (queue->idle) {
		wl_event_source_remove(queue->idle);
	}
	client_account_unref(queue->account);
	free(queue);
}

static void handle_due(struct commit_timer *timer);
static void handle_signalled(struct sync_wait *wait);

static struct held_queue *queue_create(struct surface *surface) {
	struct held_queue *queue = calloc(1, sizeof(*queue));
	if (queue) {
		queue->server = surface->server;
		queue->account = client_account_ref(surface->account);
		queue->timer.due = handle_due;
		queue->acquire.ready = handle_signalled;
		wl_list_init(&queue->timer.link);
		wl_list_init(&queue->acquire.link);
		wl_list_init(&queue->commits);
	}
	return queue;
}

// ---- Waiting ----

enum wait {
	WAIT_NOTHING,
	WAIT_ACQUIRE,
	WAIT_DRAWN,
	WAIT_BARRIER,
	WAIT_TIME,
};

// What keeps `state` from taking effect on the surface, and until when in the case of a time.
static enum wait waits_for(
	const struct surface *surface, const struct surface_state *state, int64_t *due_ns) {
	if ((state->fields & SURFACE_STATE_BUFFER) && !sync_point_is_signalled(&state->acquire)) {
		return WAIT_ACQUIRE;
	}
	if ((state->fields & SURFACE_STATE_BUFFER) && !scene_buffer_is_drawn(state->buffer)) {
		return WAIT_DRAWN;
	}
	if ((state->fields & SURFACE_STATE_WAIT_BARRIER) && surface->barrier) {
		return WAIT_BARRIER;
	}
	if (state->fields & SURFACE_STATE_TIME) {
		int64_t now_ns = clock_now_ns();
		*due_ns = commit_timing_due(surface, state->present_ns, now_ns);
		return *due_ns > now_ns ? WAIT_TIME : WAIT_NOTHING;
	}
	return WAIT_NOTHING;
}

static void exchange_role(struct surface *surface, const struct surface_role_state *state,
	struct surface_role_state *before) {
	if (surface->role->save && surface->role->restore) {
		surface->role->save(surface, before);
		surface->role->restore(surface, state);
	}
}

// What the commit's requests said to the role, and nothing that was said since.
static void apply_role(struct held_commit *commit) {
	struct surface *root = commit->root;
	if (!root->role || !root->role_object || !root->role->commit ||
		root->role_serial != commit->role_serial) {
		return;
	}
	struct surface_role_state now = {0}, rest = {0};
	exchange_role(root, &commit->role, &now);
	root->role->commit(root);
	if (root->role_object) {
		exchange_role(root, &now, &rest);
	}
}

static void apply_commit(struct held_commit *commit) {
	bool changed = false, ok = true;
	struct held_part *part, *next;
	wl_list_for_each_safe(part, next, &commit->parts, link) {
		ok = ok && surface_apply(part->surface, &part->state, &changed);
		part_destroy(part);
	}
	commit->queue->server->shape_serial += changed;
	if (ok && commit->root) {
		apply_role(commit);
		if (changed) {
			surface_tree_changed(commit->root);
		}
	}
	commit_destroy(commit);
}

static int handle_readable(int fd, uint32_t mask, void *data);

// False when the client is out of file descriptors, or the system of memory.
static bool watch(struct held_queue *queue, struct scene_buffer *buffer) {
	if (!client_take_fd(queue->account)) {
		return false;
	}
	int fd = buffer->ops->drawn_fd(buffer);
	if (fd >= 0) {
		queue->source = wl_event_loop_add_fd(
			queue->server->loop, fd, WL_EVENT_READABLE, handle_readable, queue);
		close(fd); // the event loop has its own
	}
	if (!queue->source) {
		client_return_fd(queue->account);
	}
	return queue->source;
}

// What the part waits for is watched from now on, if there is anything: true.
static bool part_waits(struct held_part *part) {
	struct held_queue *queue = part->commit->queue;
	int64_t due_ns;
	switch (waits_for(part->surface, &part->state, &due_ns)) {
	case WAIT_ACQUIRE:
		if (!sync_wait_begin(&queue->acquire, &part->state.acquire)) {
			wl_client_post_no_memory(queue->account->client);
		}
		return true;
	case WAIT_DRAWN:
		if (!watch(queue, part->state.buffer)) {
			wl_client_post_no_memory(queue->account->client);
		}
		return true;
	case WAIT_BARRIER:
		queue->behind_barrier = true;
		return true;
	case WAIT_TIME:
		commit_timer_arm(queue->server, &queue->timer, due_ns);
		return true;
	case WAIT_NOTHING:
		break;
	}
	return false;
}

static bool commit_waits(struct held_commit *commit) {
	struct held_part *part;
	wl_list_for_each(part, &commit->parts, link) {
		if (part_waits(part)) {
			return true;
		}
	}
	return false;
}

// Applies what waits no more. The queue may be gone afterwards.
static void queue_run(struct held_queue *queue) {
	stop_watching(queue);
	while (!wl_list_empty(&queue->commits)) {
		struct held_commit *commit = wl_container_of(queue->commits.next, commit, link);
		if (commit_waits(commit)) {
			return;
		}
		wl_list_remove(&commit->link);
		wl_list_init(&commit->link);
		apply_commit(commit);
	}
	queue_destroy(queue);
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	queue_run(data);
	return 0;
}

static void handle_idle(void *data) {
	struct held_queue *queue = data;
	queue->idle = NULL;
	queue_run(queue);
}

// Not at once: whoever changes surfaces that hold something does so in the middle of something else.
static void run_later(struct held_queue *queue) {
	if (!queue->idle) {
		queue->idle = wl_event_loop_add_idle(queue->server->loop, handle_idle, queue);
	}
	if (!queue->idle) {
		wl_client_post_no_memory(queue->account->client);
	}
}

static void handle_due(struct commit_timer *timer) {
	struct held_queue *queue = wl_container_of(timer, queue, timer);
	run_later(queue);
}

static void handle_signalled(struct sync_wait *wait) {
	struct held_queue *queue = wl_container_of(wait, queue, acquire);
	run_later(queue);
}

static bool is_watched(const struct held_queue *queue) {
	return queue->source || queue->behind_barrier || !wl_list_empty(&queue->timer.link) ||
		!wl_list_empty(&queue->acquire.link) || queue->idle;
}

void surface_look_again(struct surface *surface) {
	if (!wl_list_empty(&surface->held)) {
		struct held_part *part = wl_container_of(surface->held.next, part, surface_link);
		run_later(part->commit->queue);
	}
}

void surface_clear_barrier(struct surface *surface) {
	if (!surface->barrier) {
		return;
	}
	surface->barrier = surface->layer.stays = false;
	if (!wl_list_empty(&surface->held)) {
		struct held_part *part = wl_container_of(surface->held.next, part, surface_link);
		if (part->commit->queue->behind_barrier) {
			run_later(part->commit->queue);
		}
	}
}

// ---- Holding ----

static struct held_part *last_part(const struct surface *surface) {
	struct held_part *part = NULL;
	return wl_list_empty(&surface->held) ? NULL
										 : wl_container_of(surface->held.prev, part, surface_link);
}

static bool must_wait(const struct surface *surface, const struct surface_state *state) {
	int64_t due_ns;
	return surface->n_held > 0 || waits_for(surface, state, &due_ns) != WAIT_NOTHING;
}

static bool tree_must_wait(
	const struct surface *root, const struct surface_state *state, struct wl_list *tree) {
	bool wait = must_wait(root, state);
	struct surface *surface;
	wl_list_for_each(surface, tree, apply_link) {
		wait = wait || must_wait(surface, &surface->cached);
	}
	return wait;
}

// The one queue that has all commits of the surface and of `queue` (may be NULL).
static struct held_queue *join_queues(struct held_queue *queue, const struct surface *surface) {
	struct held_part *part = last_part(surface);
	struct held_queue *other = part ? part->commit->queue : queue;
	if (!queue || other == queue) {
		return other;
	}
	struct held_commit *commit;
	wl_list_for_each(commit, &other->commits, link) {
		commit->queue = queue;
	}
	wl_list_insert_list(queue->commits.prev, &other->commits);
	queue_destroy(other);
	return queue;
}

struct scene_buffer *surface_latest_buffer(const struct surface *surface) {
	const struct held_part *part;
	wl_list_for_each_reverse(part, &surface->held, surface_link) {
		if (part->state.fields & SURFACE_STATE_BUFFER) {
			return part->state.buffer;
		}
	}
	return surface->current.buffer;
}

// The commit that waits last, if `state` may take effect together with it, and `tree`: as it has no moment
// of its own, or as it is one too many. What unmaps the surface, or maps it, stays a commit of its own.
static struct held_commit *joinable(struct held_queue *queue, struct surface *root,
	const struct surface_state *state, const struct wl_list *tree) {
	struct held_commit *last = wl_container_of(queue->commits.prev, last, link);
	struct held_part *part = last_part(root);
	if (last->root != root || last->role_serial != root->role_serial || !part ||
		part->commit != last) {
		return NULL;
	}
	bool unmaps = (part->state.fields & SURFACE_STATE_BUFFER) && !part->state.buffer;
	bool own = (state->fields & HAS_MOMENT) || !wl_list_empty(tree);
	if (own && root->n_held < MAX_HELD) {
		return NULL;
	}
	if (!(state->fields & SURFACE_STATE_BUFFER)) {
		return unmaps ? NULL : last;
	}
	return state->buffer && surface_latest_buffer(root) ? last : NULL;
}

static void save_role(struct held_commit *commit) {
	struct surface *root = commit->root;
	if (root->role && root->role_object && root->role->save) {
		root->role->save(root, &commit->role);
	}
}

static bool add_commit(struct held_queue *queue, struct surface *root, struct surface_state *state,
	struct wl_list *tree) {
	struct held_commit *commit = calloc(1, sizeof(*commit));
	if (!commit) {
		return false;
	}
	commit->queue = queue;
	commit->root = root;
	commit->role_serial = root->role_serial;
	wl_list_init(&commit->parts);
	wl_list_insert(queue->commits.prev, &commit->link);
	save_role(commit);
	bool ok = root->n_held < MAX_HELD && part_create(commit, root, state);
	struct surface *surface;
	wl_list_for_each(surface, tree, apply_link) {
		ok = ok && surface->n_held < MAX_HELD && part_create(commit, surface, &surface->cached);
	}
	if (wl_list_empty(&commit->parts)) {
		commit_destroy(commit);
	}
	return ok && root->account->n_held <= MAX_CLIENT_HELD;
}

static bool join_part(
	struct held_commit *commit, struct surface *surface, struct surface_state *state) {
	struct held_part *part = last_part(surface);
	if (part && part->commit == commit) {
		return surface_state_merge(&part->state, state);
	}
	return surface->n_held < MAX_HELD && part_create(commit, surface, state);
}

static bool join_commit(struct held_commit *commit, struct surface *root,
	struct surface_state *state, struct wl_list *tree) {
	save_role(commit);
	bool ok = join_part(commit, root, state);
	struct surface *surface;
	wl_list_for_each(surface, tree, apply_link) {
		ok = ok && join_part(commit, surface, &surface->cached);
	}
	return ok && root->account->n_held <= MAX_CLIENT_HELD;
}

static void release_tree(struct wl_list *tree) {
	while (!wl_list_empty(tree)) {
		struct surface *surface = wl_container_of(tree->next, surface, apply_link);
		wl_list_remove(&surface->apply_link);
		wl_list_init(&surface->apply_link);
	}
}

// False after an error that the client is not told of yet. *queue may be NULL, before and afterwards.
static bool hold(struct held_queue **queue, struct surface *root, struct surface_state *state,
	struct wl_list *tree) {
	struct held_commit *last = *queue ? joinable(*queue, root, state, tree) : NULL;
	if (last) {
		return join_commit(last, root, state, tree);
	}
	*queue = *queue ? *queue : queue_create(root);
	return *queue && add_commit(*queue, root, state, tree);
}

bool surface_hold(struct surface *root, struct surface_state *state, struct wl_list *tree) {
	if (!tree_must_wait(root, state, tree)) {
		return false;
	}
	struct held_queue *queue = join_queues(NULL, root);
	struct surface *surface;
	wl_list_for_each(surface, tree, apply_link) {
		queue = join_queues(queue, surface);
	}
	if (!hold(&queue, root, state, tree)) {
		wl_resource_post_no_memory(root->resource);
	}
	release_tree(tree);
	if (queue && wl_list_empty(&queue->commits)) {
		queue_destroy(queue);
	} else if (queue && !is_watched(queue)) {
		run_later(queue);
	}
	return true;
}

bool surface_holds_buffer(const struct surface *surface) {
	struct held_part *part;
	wl_list_for_each(part, &surface->held, surface_link) {
		if (part->state.buffer) {
			return true;
		}
	}
	return false;
}

size_t surface_held_rects(const struct surface *surface) {
	size_t n = 0;
	struct held_part *part;
	wl_list_for_each(part, &surface->held, surface_link) {
		n += surface_state_rects(&part->state);
	}
	return n;
}

void surface_held_unmap(struct surface *surface) {
	struct held_part *part;
	wl_list_for_each(part, &surface->held, surface_link) {
		part->state.fields &= ~(uint32_t)HAS_MOMENT;
		surface_discard_feedbacks(&part->state.feedbacks);
		surface_state_drop_buffer(&part->state);
		run_later(part->commit->queue);
	}
}

void surface_held_finish(struct surface *surface) {
	struct held_part *part, *next;
	wl_list_for_each_safe(part, next, &surface->held, surface_link) {
		struct held_commit *commit = part->commit;
		struct held_queue *queue = commit->queue;
		if (commit->root == surface) {
			commit->root = NULL;
		}
		part_destroy(part);
		if (wl_list_empty(&commit->parts)) {
			commit_destroy(commit);
		}
		if (wl_list_empty(&queue->commits)) {
			queue_destroy(queue);
		} else {
			run_later(queue);
		}
	}
}
