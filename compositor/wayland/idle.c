// SPDX-License-Identifier: MIT
// ext_idle_notifier_v1: clients hear when nobody has touched anything for as long as they asked.
// zwp_idle_inhibit_manager_v1: surfaces that are looked at without being touched.
//
// Input may come a thousand times a second: it only notes the time. A timer that finds that there was
// some runs again for the rest.
#include <stdlib.h>

#include "base/clock.h"
#include "ext-idle-notify-v1-server-protocol.h"
#include "idle-inhibit-unstable-v1-server-protocol.h"
#include "wayland/server.h"

struct idle {
	struct wayland_server *server;
	int64_t active_ms;            // CLOCK_MONOTONIC, of the last input
	struct wl_list notifications; // notification.link
	struct wl_list inhibitors;    // inhibitor.link
};

struct notification {
	struct idle *idle;
	struct wl_resource *resource;
	struct wl_event_source *timer;
	struct wl_list link;
	int64_t timeout_ms, begun_ms;
	bool input_only; // inhibitors do not count
	bool idled;
};

struct inhibitor {
	struct idle *idle;
	struct surface *surface; // NULL: gone
	struct wl_listener surface_destroy;
	struct wl_list link;
};

// ---- Notifications ----

static const struct ext_idle_notification_v1_interface notification_impl = {
	.destroy = resource_handle_destroy,
};

static void arm(struct notification *notification, int64_t ms) {
	int64_t most = INT32_MAX;
	wl_event_source_timer_update(notification->timer, (int)(ms < 1 ? 1 : ms > most ? most : ms));
}

static int handle_timer(void *data) {
	struct notification *notification = data;
	struct idle *idle = notification->idle;
	int64_t now = clock_now_ms();
	bool inhibited = !notification->input_only && wayland_idle_inhibited(idle->server);
	int64_t since =
		idle->active_ms > notification->begun_ms ? idle->active_ms : notification->begun_ms;
	if (inhibited) {
		notification->begun_ms = since = now;
	}
	if (now - since < notification->timeout_ms) {
		arm(notification, notification->timeout_ms - (now - since));
	} else if (!notification->idled) {
		notification->idled = true;
		ext_idle_notification_v1_send_idled(notification->resource);
	}
	return 0;
}

static void handle_notification_destroy(struct wl_resource *resource) {
	struct notification *notification = wl_resource_get_user_data(resource);
	wl_event_source_remove(notification->timer);
	wl_list_remove(&notification->link);
	free(notification);
}

static void create_notification(struct wl_client *client, struct wl_resource *notifier, uint32_t id,
	uint32_t timeout, bool input_only) {
	struct idle *idle = wl_resource_get_user_data(notifier);
	struct notification *notification = calloc(1, sizeof(*notification));
	struct wl_event_source *timer = notification
		? wl_event_loop_add_timer(idle->server->loop, handle_timer, notification)
		: NULL;
	struct wl_resource *resource = timer
		? wl_resource_create(
			  client, &ext_idle_notification_v1_interface, wl_resource_get_version(notifier), id)
		: NULL;
	if (!resource) {
		if (timer) {
			wl_event_source_remove(timer);
		}
		free(notification);
		wl_client_post_no_memory(client);
		return;
	}
	*notification = (struct notification){.idle = idle,
		.resource = resource,
		.timer = timer,
		.timeout_ms = timeout,
		.begun_ms = clock_now_ms(),
		.input_only = input_only};
	wl_list_insert(&idle->notifications, &notification->link);
	wl_resource_set_implementation(
		resource, &notification_impl, notification, handle_notification_destroy);
	arm(notification, notification->timeout_ms);
}

static void handle_get_notification(struct wl_client *client, struct wl_resource *notifier,
	uint32_t id, uint32_t timeout, struct wl_resource *seat) {
	(void)seat; // there is one
	create_notification(client, notifier, id, timeout, false);
}

static void handle_get_input_notification(struct wl_client *client, struct wl_resource *notifier,
	uint32_t id, uint32_t timeout, struct wl_resource *seat) {
	(void)seat;
	create_notification(client, notifier, id, timeout, true);
}

static const struct ext_idle_notifier_v1_interface notifier_impl = {
	.destroy = resource_handle_destroy,
	.get_idle_notification = handle_get_notification,
	.get_input_idle_notification = handle_get_input_notification,
};

void wayland_idle_activity(struct wayland_server *server, uint64_t time_us) {
	struct idle *idle = server->idle;
	idle->active_ms = (int64_t)(time_us / 1000);
	struct notification *notification;
	wl_list_for_each(notification, &idle->notifications, link) {
		if (notification->idled) {
			notification->idled = false;
			ext_idle_notification_v1_send_resumed(notification->resource);
			arm(notification, notification->timeout_ms);
		}
	}
}

// ---- Inhibitors ----

bool wayland_idle_inhibited(struct wayland_server *server) {
	struct inhibitor *inhibitor;
	wl_list_for_each(inhibitor, &server->idle->inhibitors, link) {
		// One that nobody sees keeps nobody awake.
		if (inhibitor->surface && inhibitor->surface->layer.output &&
			inhibitor->surface->layer.buffer) {
			return true;
		}
	}
	return false;
}

static const struct zwp_idle_inhibitor_v1_interface inhibitor_impl = {
	.destroy = resource_handle_destroy,
};

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, surface_destroy);
	wl_list_remove(&inhibitor->surface_destroy.link);
	wl_list_init(&inhibitor->surface_destroy.link);
	inhibitor->surface = NULL;
}

static void handle_inhibitor_destroy(struct wl_resource *resource) {
	struct inhibitor *inhibitor = wl_resource_get_user_data(resource);
	wl_list_remove(&inhibitor->surface_destroy.link);
	wl_list_remove(&inhibitor->link);
	free(inhibitor);
}

static void handle_create_inhibitor(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *surface) {
	struct idle *idle = wl_resource_get_user_data(manager);
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));
	struct wl_resource *resource = inhibitor
		? wl_resource_create(
			  client, &zwp_idle_inhibitor_v1_interface, wl_resource_get_version(manager), id)
		: NULL;
	if (!resource) {
		free(inhibitor);
		wl_client_post_no_memory(client);
		return;
	}
	inhibitor->idle = idle;
	inhibitor->surface = surface_from_resource(surface);
	inhibitor->surface_destroy.notify = handle_surface_destroy;
	wl_signal_add(&inhibitor->surface->destroy, &inhibitor->surface_destroy);
	wl_list_insert(&idle->inhibitors, &inhibitor->link);
	wl_resource_set_implementation(resource, &inhibitor_impl, inhibitor, handle_inhibitor_destroy);
}

static const struct zwp_idle_inhibit_manager_v1_interface inhibit_impl = {
	.destroy = resource_handle_destroy,
	.create_inhibitor = handle_create_inhibitor,
};

// ---- Globals ----

static void bind(struct wl_client *client, struct idle *idle, const struct wl_interface *interface,
	const void *implementation, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(client, interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, implementation, idle, NULL);
}

static void bind_notifier(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	bind(client, data, &ext_idle_notifier_v1_interface, &notifier_impl, version, id);
}

static void bind_inhibit(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	bind(client, data, &zwp_idle_inhibit_manager_v1_interface, &inhibit_impl, version, id);
}

bool idle_create(struct wayland_server *server) {
	struct idle *idle = calloc(1, sizeof(*idle));
	if (!idle) {
		return false;
	}
	idle->server = server;
	idle->active_ms = clock_now_ms();
	wl_list_init(&idle->notifications);
	wl_list_init(&idle->inhibitors);
	server->idle = idle;
	return wl_global_create(
			   server->display, &ext_idle_notifier_v1_interface, 2, idle, bind_notifier) &&
		wl_global_create(
			server->display, &zwp_idle_inhibit_manager_v1_interface, 1, idle, bind_inhibit);
}

void idle_destroy(struct wayland_server *server) {
	free(server->idle);
	server->idle = NULL;
}
