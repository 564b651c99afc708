// SPDX-License-Identifier: MIT
// What the feedback of a surface is to say, and when: formats that a plane would take, once that has
// been so for a while.
//
// A client allocates anew on each feedback, which may change what the planner does, which may change
// what the feedback is to say. So it is said only after it has been true for STABLE_NS, what was said
// already is not said again, and the more often it changes the longer it takes. A surface on a
// plane hears nothing as long as its format is one that it was told. A format and modifier that was
// taken up and then refused is not offered to that surface again for a long time.
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wayland/server.h"

#define STABLE_NS INT64_C(1000000000)
// Between two feedbacks at least; twice as much after each that came in less than QUIET of them.
#define LEAST_INTERVAL_NS INT64_C(4000000000)
#define MOST_INTERVAL_NS INT64_C(256000000000)
#define FORGET_NS INT64_C(600000000000) // refusals: another user of the device may be gone

enum {
	QUIET = 8,
	MAX_REFUSED = 8, // formats that were taken up in vain; then nothing is offered any more
	MAX_IMPORTS = 2, // of these, ones that could not be imported: then it is the memory
};

struct dmabuf_wish {
	struct surface *surface;
	struct wl_list link; // wayland_server.wishes: waits to be sent; else alone
	// The pairs of the first tranche, uint16_t into the table, ascending. Empty: as by default.
	struct wl_array wanted, sent;
	struct wl_array scratch;
	int64_t since_ns;              // what is wanted did not change since
	int64_t sent_ns, interval_ns;  // 0: nothing was sent yet
	struct wayland_output *output; // refusals are of this one; only compared
	struct format_pair refused[MAX_REFUSED];
	int n_refused, n_imports;
	int64_t refused_ns; // the first of them
};

static bool is_linear(uint64_t modifier) {
	return modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID;
}

// Without a GPU, linear memory and memory whose modifier nobody told are the same.
static bool is_same(const struct format_pair *a, uint32_t format, uint64_t modifier) {
	return a->format == format &&
		(a->modifier == modifier || (is_linear(a->modifier) && is_linear(modifier)));
}

static bool has_same(const struct format_set *set, const struct format_pair *pair) {
	return format_set_has(set, pair->format, pair->modifier) ||
		(is_linear(pair->modifier) &&
			(format_set_has(set, pair->format, DRM_FORMAT_MOD_LINEAR) ||
				format_set_has(set, pair->format, DRM_FORMAT_MOD_INVALID)));
}

static bool is_refused(const struct dmabuf_wish *wish, const struct format_pair *pair) {
	for (int i = 0; i < wish->n_refused; i++) {
		if (is_same(&wish->refused[i], pair->format, pair->modifier)) {
			return true;
		}
	}
	return false;
}

static bool any_takes(const struct scene_wish *told, const struct format_pair *pair) {
	for (int p = 0; p < told->n_planes; p++) {
		if (has_same(told->planes[p], pair)) {
			return true;
		}
	}
	return false;
}

// The surface's buffer could not be shown though a plane lists its format and modifier.
static void note_refused(
	struct dmabuf_wish *wish, const struct scene_wish *told, const struct scene_buffer *buffer) {
	struct format_pair pair = {.format = buffer->format, .modifier = buffer->modifier};
	const struct format_info *info = format_info(pair.format);
	bool refused = buffer->kind == SCENE_BUFFER_DMABUF && !told->placed &&
		(told->import_refused || any_takes(told, &pair));
	if (!refused || wish->n_refused == MAX_REFUSED || is_refused(wish, &pair)) {
		return;
	}
	wish->refused_ns = wish->n_refused == 0 ? told->time_ns : wish->refused_ns;
	wish->refused[wish->n_refused++] = pair;
	wish->n_imports += told->import_refused;
	if (info && info->opaque != pair.format && wish->n_refused < MAX_REFUSED) {
		pair.format = info->opaque; // what may have been shown instead
		wish->refused[wish->n_refused++] = pair;
	}
}

static void forget(struct dmabuf_wish *wish, int64_t now_ns) {
	struct wayland_output *output = wish->surface->output;
	if (output != wish->output || now_ns - wish->refused_ns > FORGET_NS) {
		wish->output = output;
		wish->n_refused = wish->n_imports = 0;
	}
}

static bool is_equal(const struct wl_array *a, const struct wl_array *b) {
	return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool copy(struct wl_array *to, const struct wl_array *from) {
	to->size = 0;
	void *room = wl_array_add(to, from->size);
	if (from->size > 0 && room) {
		memcpy(room, from->data, from->size);
	}
	return from->size == 0 || room;
}

// What was said last offers the buffer's format for scan-out.
static bool was_told(const struct dmabuf_wish *wish, const struct scene_buffer *buffer) {
	const struct dmabuf_formats *formats = &wish->surface->server->dmabuf;
	const struct wl_array *told = wish->sent.size > 0 ? &wish->sent : &formats->scanout_indices;
	const uint16_t *index;
	wl_array_for_each(index, told) {
		if (is_same(&formats->composed.pairs[*index], buffer->format, buffer->modifier)) {
			return true;
		}
	}
	return false;
}

// Fills wish->scratch. False when out of memory.
static bool choose(
	struct dmabuf_wish *wish, const struct scene_wish *told, const struct scene_buffer *buffer) {
	const struct dmabuf_formats *formats = &wish->surface->server->dmabuf;
	wish->scratch.size = 0;
	if (told->placed && was_told(wish, buffer)) {
		return copy(&wish->scratch, &wish->sent);
	}
	if (wish->n_refused == MAX_REFUSED || wish->n_imports >= MAX_IMPORTS) {
		return true;
	}
	for (size_t i = 0; i < formats->composed.len && told->n_planes > 0; i++) {
		const struct format_pair *pair = &formats->composed.pairs[i];
		if (!any_takes(told, pair) || is_refused(wish, pair)) {
			continue;
		}
		uint16_t *index = wl_array_add(&wish->scratch, sizeof(*index));
		if (!index) {
			return false;
		}
		*index = (uint16_t)i;
	}
	if (is_equal(&wish->scratch, &formats->scanout_indices)) {
		wish->scratch.size = 0; // that is what all are told
	}
	return true;
}

static int64_t due_ns(const struct dmabuf_wish *wish) {
	int64_t stable = wish->since_ns + STABLE_NS, again = wish->sent_ns + wish->interval_ns;
	return stable > again ? stable : again;
}

static void stop(struct dmabuf_wish *wish) {
	wl_list_remove(&wish->link);
	wl_list_init(&wish->link);
}

static void send(struct dmabuf_wish *wish, int64_t now_ns) {
	if (!copy(&wish->sent, &wish->wanted)) {
		return;
	}
	bool soon = wish->interval_ns != 0 && now_ns - wish->sent_ns < QUIET * wish->interval_ns;
	int64_t interval = soon ? 2 * wish->interval_ns : LEAST_INTERVAL_NS;
	wish->interval_ns = interval < MOST_INTERVAL_NS ? interval : MOST_INTERVAL_NS;
	wish->sent_ns = now_ns;
	dmabuf_feedback_send(wish->surface);
}

int64_t dmabuf_wishes_send(struct wayland_server *server, int64_t now_ns) {
	int64_t next = -1;
	struct dmabuf_wish *wish, *after;
	wl_list_for_each_safe(wish, after, &server->wishes, link) {
		int64_t wait = due_ns(wish) - now_ns;
		if (!wish->surface->output) {
			stop(wish); // shown nowhere: what it is told next counts
			copy(&wish->wanted, &wish->sent);
		} else if (wait <= 0) {
			stop(wish);
			send(wish, now_ns);
		} else if (next < 0 || wait < next) {
			next = wait;
		}
	}
	return next;
}

static void arm(struct wayland_server *server, int64_t now_ns) {
	int64_t wait_ns = dmabuf_wishes_send(server, now_ns);
	int wait_ms = wait_ns < 0 ? 0 : (int)((wait_ns + 999999) / 1000000); // 0 disarms
	wl_event_source_timer_update(server->wishes_timer, wait_ms);
}

int dmabuf_wishes_handle_timer(void *data) {
	arm(data, clock_now_ns());
	return 0;
}

void dmabuf_wish_take(struct surface *surface, const struct scene_wish *told) {
	struct dmabuf_wish *wish = surface->wish;
	if (!wish || !surface->layer.buffer) {
		return;
	}
	forget(wish, told->time_ns);
	note_refused(wish, told, surface->layer.buffer);
	if (!choose(wish, told, surface->layer.buffer)) {
		return;
	}
	if (!is_equal(&wish->scratch, &wish->wanted)) {
		wish->since_ns = told->time_ns;
		if (!copy(&wish->wanted, &wish->scratch)) {
			wish->wanted.size = 0;
		}
	}
	stop(wish);
	if (!is_equal(&wish->wanted, &wish->sent)) {
		wl_list_insert(&surface->server->wishes, &wish->link);
		arm(surface->server, told->time_ns);
	}
}

const struct wl_array *dmabuf_wish_sent(const struct surface *surface) {
	return surface->wish && surface->wish->sent.size > 0 ? &surface->wish->sent : NULL;
}

void dmabuf_wish_forget(struct surface *surface) {
	struct dmabuf_wish *wish = surface->wish;
	if (wish) {
		stop(wish);
		wish->wanted.size = wish->sent.size = 0;
		wish->n_refused = wish->n_imports = 0;
	}
}

bool dmabuf_wish_create(struct surface *surface) {
	surface->layer.wish_wanted = true;
	if (surface->wish) {
		return true;
	}
	struct dmabuf_wish *wish = calloc(1, sizeof(*wish));
	if (!wish) {
		return false;
	}
	wish->surface = surface;
	wl_list_init(&wish->link);
	wl_array_init(&wish->wanted);
	wl_array_init(&wish->sent);
	wl_array_init(&wish->scratch);
	surface->wish = wish;
	return true;
}

void dmabuf_wish_destroy(struct surface *surface) {
	struct dmabuf_wish *wish = surface->wish;
	if (!wish) {
		return;
	}
	surface->wish = NULL;
	surface->layer.wish_wanted = false;
	wl_list_remove(&wish->link);
	wl_array_release(&wish->wanted);
	wl_array_release(&wish->sent);
	wl_array_release(&wish->scratch);
	free(wish);
}
