// SPDX-License-Identifier: MIT
// What output/ tells a surface of its frames, and what the client hears of it: frame callbacks,
// presentation feedback, enter and leave.
#include "base/clock.h"
#include "presentation-time-server-protocol.h"
#include "wayland/server.h"

// Surfaces that are shown nowhere get their callbacks this slowly.
enum { WAITING_INTERVAL_MS = 1000 };

static struct surface *surface_of(struct scene_layer *layer) {
	struct surface *surface = wl_container_of(layer, surface, layer);
	return surface;
}

void surface_destroy_callbacks(struct wl_list *callbacks) {
	struct wl_resource *resource, *next;
	wl_resource_for_each_safe(resource, next, callbacks) {
		wl_resource_destroy(resource);
	}
}

void surface_discard_feedbacks(struct wl_list *feedbacks) {
	struct wl_resource *resource, *next;
	wl_resource_for_each_safe(resource, next, feedbacks) {
		wp_presentation_feedback_send_discarded(resource);
		wl_resource_destroy(resource);
	}
}

static void send_callbacks(struct wl_list *callbacks, int64_t time_ns) {
	struct wl_resource *resource, *next;
	wl_resource_for_each_safe(resource, next, callbacks) {
		wl_callback_send_done(resource, (uint32_t)(time_ns / 1000000));
		wl_resource_destroy(resource);
	}
}

static void move_list(struct wl_list *to, struct wl_list *from) {
	wl_list_insert_list(to->prev, from);
	wl_list_init(from);
}

// Until then it may leave its output, with or without a frame on its way: surface_handle_waiting.
static void stop_waiting(struct surface *surface) {
	wl_list_remove(&surface->waiting_link);
	wl_list_init(&surface->waiting_link);
}

static void handle_latched(struct scene_layer *layer) {
	struct surface *surface = surface_of(layer);
	if (surface->committed) {
		// A frame that never reached the screen: its content has been superseded.
		surface_discard_feedbacks(&surface->latched_feedbacks);
		surface->committed = false;
	}
	move_list(&surface->latched_callbacks, &surface->current.frame_callbacks);
	move_list(&surface->latched_feedbacks, &surface->current.feedbacks);
	surface_clear_barrier(surface);
}

static void send_sync_output(struct wl_resource *feedback, struct wayland_output *output) {
	struct wl_client *client = wl_resource_get_client(feedback);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &output->resources) {
		if (wl_resource_get_client(resource) == client) {
			wp_presentation_feedback_send_sync_output(feedback, resource);
		}
	}
}

static void send_presented(struct surface *surface, const struct scene_presentation *presentation) {
	uint32_t flags = WP_PRESENTATION_FEEDBACK_KIND_HW_COMPLETION;
	if (!presentation->torn) {
		flags |= WP_PRESENTATION_FEEDBACK_KIND_VSYNC;
	}
	if (presentation->hardware_clock) {
		flags |= WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK;
	}
	if (presentation->zero_copy) {
		flags |= WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY;
	}
	uint64_t seconds = (uint64_t)(presentation->time_ns / 1000000000);
	uint32_t nanoseconds = (uint32_t)(presentation->time_ns % 1000000000);
	struct wl_resource *resource, *next;
	wl_resource_for_each_safe(resource, next, &surface->latched_feedbacks) {
		if (surface->output) {
			send_sync_output(resource, surface->output);
		}
		wp_presentation_feedback_send_presented(resource, (uint32_t)(seconds >> 32),
			(uint32_t)seconds, nanoseconds, (uint32_t)presentation->refresh_ns,
			(uint32_t)(presentation->sequence >> 32), (uint32_t)presentation->sequence, flags);
		wl_resource_destroy(resource);
	}
}

static void handle_presented(
	struct scene_layer *layer, const struct scene_presentation *presentation) {
	struct surface *surface = surface_of(layer);
	send_presented(surface, presentation);
	layer->awaited = !wl_list_empty(&surface->latched_callbacks);
	send_callbacks(&surface->latched_callbacks, presentation->time_ns);
	commit_timing_note_flip(surface->output, presentation);
	if (wl_list_empty(&surface->current.frame_callbacks) &&
		wl_list_empty(&surface->current.feedbacks) && !surface->barrier) {
		stop_waiting(surface);
	}
}

static void handle_hidden(struct scene_layer *layer, int64_t time_ns) {
	struct surface *surface = surface_of(layer);
	surface_discard_feedbacks(&surface->latched_feedbacks);
	surface_discard_feedbacks(&surface->current.feedbacks);
	send_callbacks(&surface->latched_callbacks, time_ns);
	send_callbacks(&surface->current.frame_callbacks, time_ns);
	surface_clear_barrier(surface);
	stop_waiting(surface);
}

static void handle_scanout_wish(struct scene_layer *layer, const struct scene_wish *wish) {
	dmabuf_wish_take(surface_of(layer), wish);
}

const struct scene_layer_ops surface_layer_ops = {
	.latched = handle_latched,
	.presented = handle_presented,
	.hidden = handle_hidden,
	.scanout_wish = handle_scanout_wish,
};

// ---- Surfaces that no output takes care of ----

int surface_handle_waiting(void *data) {
	struct wayland_server *server = data;
	server->waiting_armed = false;
	int64_t now_ns = clock_now_ns();
	struct surface *surface, *next;
	wl_list_for_each_safe(surface, next, &server->waiting, waiting_link) {
		if (!surface->layer.output) {
			handle_hidden(&surface->layer, now_ns);
		}
	}
	if (!wl_list_empty(&server->waiting)) {
		wl_event_source_timer_update(server->waiting_timer, WAITING_INTERVAL_MS);
		server->waiting_armed = true;
	}
	return 0;
}

void surface_wait(struct surface *surface) {
	struct wayland_server *server = surface->server;
	if (wl_list_empty(&surface->waiting_link)) {
		wl_list_insert(server->waiting.prev, &surface->waiting_link);
	}
	if (!server->waiting_armed) {
		wl_event_source_timer_update(server->waiting_timer, WAITING_INTERVAL_MS);
		server->waiting_armed = true;
	}
}

// ---- Where it is shown ----

static void send_leave(struct surface *surface) {
	struct wl_client *client = surface_client(surface);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &surface->output->resources) {
		if (wl_resource_get_client(resource) == client) {
			wl_surface_send_leave(surface->resource, resource);
		}
	}
}

// Subsurfaces may appear in hordes, and are told nothing but what differs from the initial values.
void surface_send_preferred(struct surface *surface) {
	const struct wayland_output_info *info = &surface->output->info;
	fractional_scale_send(surface);
	if (wl_resource_get_version(surface->resource) <
		WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION) {
		return;
	}
	bool first = !surface->preferred_sent && !subsurface_from_surface(surface);
	int32_t scale = wayland_output_whole_scale(info);
	if (first || scale != surface->preferred_scale) {
		wl_surface_send_preferred_buffer_scale(surface->resource, scale);
	}
	if (first || info->transform != surface->preferred_transform) {
		wl_surface_send_preferred_buffer_transform(surface->resource, info->transform);
	}
	surface->preferred_sent = true;
	surface->preferred_scale = scale;
	surface->preferred_transform = info->transform;
}

static void send_enter(struct surface *surface) {
	struct wl_client *client = surface_client(surface);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &surface->output->resources) {
		if (wl_resource_get_client(resource) == client) {
			wl_surface_send_enter(surface->resource, resource);
		}
	}
	surface_send_preferred(surface);
}

void surface_set_output(struct surface *surface, struct wayland_output *output) {
	if (surface->output == output) {
		return;
	}
	if (surface->output) {
		send_leave(surface);
	}
	surface->output = output;
	if (output) {
		send_enter(surface);
	}
}

void surface_hide_tree(struct surface *surface) {
	// Descendants are shown only where the surface is, so without an output there is nothing to hide.
	if (!surface->output) {
		return;
	}
	struct surface_iter iter = surface_iter_begin(surface, true);
	struct surface *child;
	enum surface_iter_step step;
	while ((step = surface_iter_next(&iter, &child)) != SURFACE_ITER_END) {
		if (step == SURFACE_ITER_SURFACE && child->output) {
			scene_layer_damage_all(&child->layer);
			child->layer.buffer = NULL;
			child->layer.release = NULL;
			surface_set_output(child, NULL);
		}
	}
}
