// SPDX-License-Identifier: MIT
// wp_commit_timing_v1: contents that are not to be seen before a time. surface_hold.c keeps what waits;
// here is when it is due, and the one timer for all of them, armed while something waits.
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "commit-timing-v1-server-protocol.h"
#include "wayland/server.h"

enum {
	NS_PER_S = 1000000000,
	// How long vblanks are where they are expected after one was seen: clocks of displays run apart.
	FRESH_NS = 500000000,
};

// ---- The timer ----

// In the past: at once.
static void arm(struct wayland_server *server, int64_t due_ns) {
	server->commit_next_ns = due_ns;
	bool never = due_ns == INT64_MAX;
	int64_t ns = never ? 0 : due_ns > 0 ? due_ns : 1;
	struct itimerspec when = {
		.it_value = {.tv_sec = ns / NS_PER_S, .tv_nsec = (long)(ns % NS_PER_S)}};
	timerfd_settime(server->commit_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void commit_timer_arm(struct wayland_server *server, struct commit_timer *timer, int64_t due_ns) {
	commit_timer_disarm(server, timer);
	timer->due_ns = due_ns;
	wl_list_insert(&server->commit_timers, &timer->link);
	if (due_ns < server->commit_next_ns) {
		arm(server, due_ns);
	}
}

// Others may be due later than it was: then the timer fires once for nothing.
void commit_timer_disarm(struct wayland_server *server, struct commit_timer *timer) {
	if (wl_list_empty(&timer->link)) {
		return;
	}
	wl_list_remove(&timer->link);
	wl_list_init(&timer->link);
	if (wl_list_empty(&server->commit_timers)) {
		arm(server, INT64_MAX);
	}
}

static int handle_timer(int fd, uint32_t mask, void *data) {
	(void)mask;
	struct wayland_server *server = data;
	uint64_t times;
	if (read(fd, &times, sizeof(times)) < 0) {
		return 0; // armed anew in between
	}
	int64_t now_ns = clock_now_ns(), next_ns = INT64_MAX;
	struct commit_timer *timer, *next;
	wl_list_for_each_safe(timer, next, &server->commit_timers, link) {
		if (timer->due_ns > now_ns) {
			next_ns = timer->due_ns < next_ns ? timer->due_ns : next_ns;
			continue;
		}
		wl_list_remove(&timer->link);
		wl_list_init(&timer->link);
		timer->due(timer);
	}
	arm(server, next_ns);
	return 0;
}

// ---- When ----

void commit_timing_note_flip(
	struct wayland_output *output, const struct scene_presentation *presentation) {
	if (output && !presentation->torn) {
		output->flip_ns = presentation->time_ns;
		output->flip_refresh_ns = presentation->variable ? 0 : presentation->refresh_ns;
	}
}

// A frame that is seen up to half a refresh early is nearer to its time than the next one; an eighth of
// that is left for what vblanks are off. Contents have to be there before the frame that they are for
// is begun, and not before the one before it may still take them: soon after the vblank in between. Where
// that is not known, the frame which is made of them at once is the one.
int64_t commit_timing_due(const struct surface *surface, int64_t present_ns, int64_t now_ns) {
	const struct wayland_output *output = surface->output;
	if (!output || output->info.refresh_mhz <= 0) {
		return present_ns;
	}
	int64_t refresh_ns = INT64_C(1000000000000) / output->info.refresh_mhz;
	int64_t earliest_ns = present_ns - refresh_ns * 3 / 8;
	if (output->flip_ns <= 0 || output->flip_refresh_ns <= 0 ||
		now_ns - output->flip_ns > FRESH_NS || earliest_ns - now_ns > FRESH_NS) {
		return earliest_ns;
	}
	refresh_ns = output->flip_refresh_ns;
	int64_t after_ns = earliest_ns - output->flip_ns;
	int64_t refreshes = after_ns > 0 ? (after_ns + refresh_ns - 1) / refresh_ns : 0;
	return output->flip_ns + refreshes * refresh_ns - refresh_ns * 7 / 8;
}

// ---- The protocol ----

static void handle_set_timestamp(struct wl_client *client, struct wl_resource *resource,
	uint32_t seconds_high, uint32_t seconds_low, uint32_t nanoseconds) {
	(void)client;
	struct surface *surface =
		surface_extension_require(resource, WP_COMMIT_TIMER_V1_ERROR_SURFACE_DESTROYED);
	if (!surface) {
		return;
	}
	if (nanoseconds >= NS_PER_S) {
		wl_resource_post_error(resource, WP_COMMIT_TIMER_V1_ERROR_INVALID_TIMESTAMP,
			"%u ns are no part of a second", nanoseconds);
		return;
	}
	if (surface->pending.fields & SURFACE_STATE_TIME) {
		wl_resource_post_error(resource, WP_COMMIT_TIMER_V1_ERROR_TIMESTAMP_EXISTS,
			"wl_surface#%u has a timestamp that is not committed yet",
			wl_resource_get_id(surface->resource));
		return;
	}
	uint64_t seconds = (uint64_t)seconds_high << 32 | seconds_low;
	const uint64_t most = INT64_MAX / NS_PER_S - 1;
	surface->pending.present_ns =
		(int64_t)(seconds < most ? seconds : most) * NS_PER_S + nanoseconds;
	surface->pending.fields |= SURFACE_STATE_TIME;
}

// What was asked for when it is destroyed stays asked for.
static const struct wp_commit_timer_v1_interface timer_impl = {
	.set_timestamp = handle_set_timestamp,
	.destroy = resource_handle_destroy,
};

static const struct wp_commit_timing_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_timer = surface_extension_get,
};

static const struct surface_extension extension = {
	.slot = SURFACE_COMMIT_TIMER,
	.manager = &wp_commit_timing_manager_v1_interface,
	.interface = &wp_commit_timer_v1_interface,
	.manager_impl = &manager_impl,
	.impl = &timer_impl,
	.exists = WP_COMMIT_TIMING_MANAGER_V1_ERROR_COMMIT_TIMER_EXISTS,
};

bool commit_timing_create(struct wayland_server *server) {
	server->commit_next_ns = INT64_MAX;
	server->commit_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server->commit_fd < 0) {
		return false;
	}
	server->commit_source = wl_event_loop_add_fd(
		server->loop, server->commit_fd, WL_EVENT_READABLE, handle_timer, server);
	return server->commit_source && surface_extension_create(server, &extension);
}

void commit_timing_destroy(struct wayland_server *server) {
	if (server->commit_source) {
		wl_event_source_remove(server->commit_source);
	}
	if (server->commit_fd >= 0) {
		close(server->commit_fd);
	}
}
