// SPDX-License-Identifier: MIT
#include <wayland-client.h>

#include "client.h"
#include "presentation-time-client-protocol.h"

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	(void)time;
	struct client *client = data;
	wl_callback_destroy(callback);
	client->callback = NULL;
	client->now.callbacks++;
	if (client->options.late_ms > 0) {
		client->ready_ns =
			client_now_ns(CLOCK_MONOTONIC) + (int64_t)client->options.late_ms * 1000000;
	}
	if (client->first_callback_ns == 0) {
		client->first_callback_ns = client_now_ns(CLOCK_MONOTONIC);
	}
}

static const struct wl_callback_listener frame_listener = {
	.done = handle_frame,
};

static void free_feedback(struct client_feedback *feedback) {
	wp_presentation_feedback_destroy(feedback->object);
	feedback->object = NULL;
}

static void handle_sync_output(
	void *data, struct wp_presentation_feedback *object, struct wl_output *output) {
	(void)data;
	(void)object;
	(void)output;
}

// Refreshes that went by without a frame since the last one.
static void count_missed(struct client *client, int64_t light_ns) {
	if (client->options.pace != CLIENT_PACE_FRAME || client->light_ns == 0 ||
		client->refresh_ns == 0) {
		return;
	}
	int64_t refreshes = (light_ns - client->light_ns + client->refresh_ns / 2) / client->refresh_ns;
	client->missed += refreshes > 1 ? (uint64_t)refreshes - 1 : 0;
}

static void handle_presented(void *data, struct wp_presentation_feedback *object,
	uint32_t seconds_hi, uint32_t seconds_lo, uint32_t nanoseconds, uint32_t refresh_ns,
	uint32_t sequence_hi, uint32_t sequence_lo, uint32_t flags) {
	(void)object;
	(void)sequence_hi;
	(void)sequence_lo;
	struct client_feedback *feedback = data;
	struct client *client = feedback->client;
	int64_t light_ns =
		(int64_t)((uint64_t)seconds_hi << 32 | seconds_lo) * 1000000000 + nanoseconds;
	client->now.presented++;
	client_input_lit(client, feedback->n_answered, light_ns);
	if (client->first_light_ns == 0) {
		client->first_light_ns = light_ns;
	}
	if (client->n_slices > 0 && feedback->commit_ns >= client->slices[0].time_ns) {
		int64_t latency_ns = light_ns - feedback->commit_ns;
		client->latency_ns += latency_ns;
		client->latencies++;
		client->zero_copy += (flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY) != 0;
		if (latency_ns > client->latency_max_ns) {
			client->latency_max_ns = latency_ns;
		}
		if (client->n_samples < client->cap_samples) {
			client->samples[client->n_samples++] = latency_ns;
		}
		count_missed(client, light_ns);
	}
	client->light_ns = light_ns;
	client->refresh_ns = refresh_ns > 0 ? refresh_ns : client->refresh_ns;
	free_feedback(feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *object) {
	(void)object;
	free_feedback(data);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

static void follow(struct client *client) {
	for (size_t i = 0; client->presentation && i < CLIENT_FEEDBACKS; i++) {
		struct client_feedback *feedback = &client->feedbacks[i];
		if (feedback->object) {
			continue;
		}
		feedback->client = client;
		feedback->object =
			wp_presentation_feedback(client->presentation, client->windows[0].surface);
		feedback->n_answered = client->n_answered;
		feedback->commit_ns = client_now_ns(client->clock);
		wp_presentation_feedback_add_listener(feedback->object, &feedback_listener, feedback);
		return;
	}
}

static void paint_box(struct client *client, const struct client_window *window,
	struct client_buffer *buffer, int32_t x, int32_t y) {
	uint32_t color = 0xff000000 | (uint32_t)client->frame * 0x010305;
	for (int32_t row = y; row < y + (int32_t)client->options.box_height; row++) {
		for (int32_t column = x; column < x + (int32_t)client->options.box_width; column++) {
			buffer->pixels[row * window->width + column] = color;
		}
	}
}

// All but the commit.
static void draw(
	struct client *client, struct client_window *window, struct client_buffer *buffer) {
	int32_t x = 0, y = 0, width = window->width, height = window->height;
	if (client->options.box_width > 0) {
		width = (int32_t)client->options.box_width;
		height = (int32_t)client->options.box_height;
		x = (window->width - width) / 2;
		y = (window->height - height) / 2;
		paint_box(client, window, buffer, x, y);
	}
	wl_surface_attach(window->surface, buffer->buffer, 0, 0);
	if (window->commits == 0) {
		wl_surface_damage_buffer(window->surface, 0, 0, window->width, window->height);
		struct wl_region *region = wl_compositor_create_region(client->compositor);
		wl_region_add(region, 0, 0, window->width, window->height);
		wl_surface_set_opaque_region(window->surface, region);
		wl_region_destroy(region);
	} else {
		wl_surface_damage_buffer(window->surface, x, y, width, height);
	}
	client_fence_attach(client, buffer);
	buffer->busy = true;
	window->commits++;
}

bool client_commit(struct client *client) {
	// With subsurfaces the toplevel below them stays as it is: all of them change with its commit.
	uint32_t first = client->options.windows > 1 && client->frame > 0 ? 1 : 0;
	struct client_buffer *buffers[CLIENT_MAX_WINDOWS];
	for (uint32_t i = first; i < client->options.windows; i++) {
		buffers[i] = client_buffers_acquire(&client->windows[i]);
		if (!buffers[i]) {
			return false;
		}
	}
	for (uint32_t i = client->options.windows; i-- > first;) {
		draw(client, &client->windows[i], buffers[i]);
		if (i > 0) {
			wl_surface_commit(client->windows[i].surface);
		}
	}
	struct wl_surface *surface = client->windows[0].surface;
	client->callback = wl_surface_frame(surface);
	wl_callback_add_listener(client->callback, &frame_listener, client);
	client->n_answered = client->n_events;
	follow(client);
	if (client->frame == 0) {
		client->first_commit_ns = client_now_ns(CLOCK_MONOTONIC);
	}
	wl_surface_commit(surface);
	client->frame++;
	return true;
}
