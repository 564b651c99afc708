// SPDX-License-Identifier: MIT
// wl_seat: capabilities, the clients' objects, serials, filters.
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "wayland/seat_internal.h"

enum {
	SEAT_VERSION = 9,
	BEHIND_MS = 20, // until clients that were behind are looked at again
	TRUSTED_EVENTS = 32,
};

struct seat *wayland_server_seat(struct wayland_server *server) {
	return server->seat;
}

struct seat *seat_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

uint32_t seat_time_ms(uint64_t time_us) {
	return (uint32_t)(time_us / 1000);
}

uint64_t seat_now_us(void) {
	return (uint64_t)clock_now_us();
}

// ---- Clients ----

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct seat_client *client = wl_container_of(listener, client, destroy);
	wl_list_remove(&client->frame_link);
	free(client);
}

struct seat_client *seat_client_get(struct seat *seat, struct wl_client *wl_client) {
	(void)seat;
	struct wl_listener *listener =
		wl_client_get_destroy_late_listener(wl_client, handle_client_destroy);
	struct seat_client *client = NULL;
	return listener ? wl_container_of(listener, client, destroy) : NULL;
}

static struct seat_client *client_create(struct seat *seat, struct wl_client *wl_client) {
	struct seat_client *client = calloc(1, sizeof(*client));
	if (!client) {
		return NULL;
	}
	client->seat = seat;
	client->client = wl_client;
	wl_list_init(&client->pointers);
	wl_list_init(&client->keyboards);
	wl_list_init(&client->touches);
	wl_list_init(&client->relatives);
	wl_list_init(&client->shapes);
	for (unsigned i = 0; i < sizeof(client->gestures) / sizeof(client->gestures[0]); i++) {
		wl_list_init(&client->gestures[i]);
	}
	wl_list_init(&client->frame_link);
	client->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_late_listener(wl_client, &client->destroy);
	return client;
}

// ---- Clients that do not read ----

static int handle_behind(void *data) {
	struct seat *seat = data;
	seat->behind_armed = false;
	seat->behind_turn++;
	seat_touch_catch_up(seat);
	seat_pointer_refocus(seat);
	return 0;
}

// Asked for each motion, while an event is of the size of a hundred bytes: every so often is enough.
bool seat_client_is_behind(struct seat_client *client) {
	struct seat *seat = client->seat;
	if (seat->behind_armed && client->behind_turn == seat->behind_turn) {
		return true;
	}
	if (client->trusted_events > 0) {
		client->trusted_events--;
		return false;
	}
	int unread = 0;
	if (ioctl(wl_client_get_fd(client->client), SIOCOUTQ, &unread) != 0 ||
		unread <= SEAT_MAX_UNREAD) {
		client->trusted_events = TRUSTED_EVENTS;
		return false;
	}
	client->behind_turn = seat->behind_turn;
	if (!seat->behind_armed) {
		seat->behind_armed = true;
		wl_event_source_timer_update(seat->behind_timer, BEHIND_MS);
	}
	return true;
}

// ---- Serials ----

uint32_t seat_client_serial(struct seat_client *client, enum seat_serial_kind kind) {
	uint32_t serial = wl_display_next_serial(client->seat->server->display);
	client->serials[client->n_serials++ % SEAT_SERIALS] = (struct seat_serial){serial, kind};
	if (kind & (SEAT_SERIAL_PRESS | SEAT_SERIAL_RELEASE)) {
		client->last_action = client->seat->last_action = serial;
	}
	return serial;
}

uint32_t seat_issue_serial(
	struct seat *seat, struct wl_client *wl_client, enum seat_serial_kind kind) {
	struct seat_client *client = seat_client_get(seat, wl_client);
	return client ? seat_client_serial(client, kind)
				  : wl_display_next_serial(seat->server->display);
}

bool seat_has_serial(
	struct seat *seat, struct wl_client *wl_client, uint32_t serial, uint32_t kinds) {
	const struct seat_client *client = seat_client_get(seat, wl_client);
	unsigned n = client ? client->n_serials : 0;
	n = n < SEAT_SERIALS ? n : SEAT_SERIALS;
	for (unsigned i = 0; i < n; i++) {
		if (client->serials[i].value == serial && (client->serials[i].kind & kinds)) {
			return true;
		}
	}
	return false;
}

bool seat_acted_last(struct seat *seat, struct wl_client *wl_client) {
	const struct seat_client *client = seat_client_get(seat, wl_client);
	return client && client->last_action != 0 && client->last_action == seat->last_action;
}

// ---- Surfaces that are remembered ----

void seat_surface_init(struct seat_surface *hold) {
	*hold = (struct seat_surface){0};
	wl_list_init(&hold->destroy.link);
}

void seat_surface_set(
	struct seat *seat, struct seat_surface *hold, struct surface *surface, wl_notify_func_t gone) {
	wl_list_remove(&hold->destroy.link);
	wl_list_init(&hold->destroy.link);
	hold->surface = surface;
	hold->client = surface ? seat_client_get(seat, surface_client(surface)) : NULL;
	if (surface) {
		hold->destroy.notify = gone;
		wl_signal_add(&surface->destroy, &hold->destroy);
	}
}

// ---- Filters ----

void seat_add_filter(struct seat *seat, struct seat_filter *filter,
	const struct seat_filter_ops *ops, enum seat_filter_order order) {
	filter->ops = ops;
	filter->order = order;
	filter->seat = seat;
	struct wl_list *link = seat->filters.next;
	while (link != &seat->filters) {
		struct seat_filter *other = wl_container_of(link, other, link);
		if (other->order >= order) {
			break;
		}
		link = link->next;
	}
	wl_list_insert(link->prev, &filter->link);
}

void seat_remove_filter(struct seat_filter *filter) {
	if (!filter->seat) {
		return;
	}
	if (filter->seat->next_filter == &filter->link) {
		filter->seat->next_filter = filter->link.next;
	}
	wl_list_remove(&filter->link);
	filter->seat = NULL;
}

struct seat_filter *seat_next_filter(struct seat *seat) {
	struct wl_list *link = seat->next_filter;
	if (link == &seat->filters) {
		return NULL;
	}
	seat->next_filter = link->next;
	struct seat_filter *filter;
	return wl_container_of(link, filter, link);
}

struct seat_filter *seat_first_filter(struct seat *seat) {
	seat->next_filter = seat->filters.next;
	return seat_next_filter(seat);
}

// ---- What the outputs show ----

static void handle_scene_idle(void *data) {
	struct seat *seat = data;
	seat->scene_idle = NULL;
	seat_touch_check(seat);
	seat_pointer_refocus(seat);
}

void seat_scene_changed(struct seat *seat) {
	if (!seat->scene_idle && seat->capabilities) {
		// Without memory for it the next event finds out.
		seat->scene_idle = wl_event_loop_add_idle(seat->server->loop, handle_scene_idle, seat);
	}
}

void seat_output_removed(struct seat *seat, struct wayland_output *output) {
	seat_drag_output_removed(seat, output);
	seat_touch_output_removed(seat, output);
	seat_pointer_output_removed(seat, output);
}

void seat_output_changed(struct seat *seat, struct wayland_output *output) {
	struct seat_pointer *pointer = &seat->pointer;
	if (pointer->place.output == output) {
		seat_place_clamp(&pointer->place);
		seat_cursor_moved(seat);
	}
	seat_scene_changed(seat);
}

// ---- wl_seat ----

static struct wl_resource *create_object(
	struct seat_client *client, const struct wl_interface *interface, int version, uint32_t id) {
	struct wl_resource *resource = client->n_objects < SEAT_MAX_OBJECTS
		? wl_resource_create(client->client, interface, version, id)
		: NULL;
	if (!resource) {
		wl_client_post_no_memory(client->client);
		return NULL;
	}
	client->n_objects++;
	return resource;
}

// A device of a kind that the seat has, or once had: clients may not have heard yet that it went.
static struct wl_resource *create_device(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, const struct wl_interface *interface, uint32_t capability) {
	struct seat *seat = seat_from_resource(resource);
	if (!(seat->ever & capability)) {
		wl_resource_post_error(resource, WL_SEAT_ERROR_MISSING_CAPABILITY,
			"the seat has never had a %s device", interface->name);
		return NULL;
	}
	return create_object(
		seat_client_get(seat, client), interface, wl_resource_get_version(resource), id);
}

static void handle_device_destroy(struct wl_resource *resource) {
	struct seat_client *client = wl_resource_get_user_data(resource);
	client->n_objects--;
	wl_list_remove(wl_resource_get_link(resource));
}

void seat_pointer_object(struct seat_client *client, const struct wl_interface *interface,
	int version, uint32_t id, const void *impl, struct wl_list *list) {
	struct wl_resource *resource = create_object(client, interface, version, id);
	if (resource) {
		wl_resource_set_implementation(resource, impl, client, handle_device_destroy);
		wl_list_insert(list->prev, wl_resource_get_link(resource));
	}
}

static void handle_release(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct wl_keyboard_interface keyboard_impl = {.release = handle_release};
static const struct wl_touch_interface touch_impl = {.release = handle_release};

static void handle_set_cursor(struct wl_client *client, struct wl_resource *resource,
	uint32_t serial, struct wl_resource *surface, int32_t hotspot_x, int32_t hotspot_y) {
	struct seat_client *seat_client = wl_resource_get_user_data(resource);
	seat_cursor_set(seat_client->seat, client, resource, serial, surface, hotspot_x, hotspot_y);
}

static const struct wl_pointer_interface pointer_impl = {
	.set_cursor = handle_set_cursor,
	.release = handle_release,
};

static void handle_get_pointer(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct wl_resource *pointer =
		create_device(client, resource, id, &wl_pointer_interface, WL_SEAT_CAPABILITY_POINTER);
	if (pointer) {
		struct seat *seat = seat_from_resource(resource);
		struct seat_client *seat_client = seat_client_get(seat, client);
		wl_resource_set_implementation(pointer, &pointer_impl, seat_client, handle_device_destroy);
		wl_list_insert(&seat_client->pointers, wl_resource_get_link(pointer));
		seat_pointer_greet(seat, seat_client, pointer);
	}
}

static void handle_get_keyboard(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct wl_resource *keyboard =
		create_device(client, resource, id, &wl_keyboard_interface, WL_SEAT_CAPABILITY_KEYBOARD);
	if (keyboard) {
		struct seat *seat = seat_from_resource(resource);
		struct seat_client *seat_client = seat_client_get(seat, client);
		wl_resource_set_implementation(
			keyboard, &keyboard_impl, seat_client, handle_device_destroy);
		wl_list_insert(&seat_client->keyboards, wl_resource_get_link(keyboard));
		seat_keyboard_greet(seat, seat_client, keyboard);
	}
}

static void handle_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct wl_resource *touch =
		create_device(client, resource, id, &wl_touch_interface, WL_SEAT_CAPABILITY_TOUCH);
	if (touch) {
		struct seat_client *seat_client = seat_client_get(seat_from_resource(resource), client);
		wl_resource_set_implementation(touch, &touch_impl, seat_client, handle_device_destroy);
		wl_list_insert(&seat_client->touches, wl_resource_get_link(touch));
	}
}

static const struct wl_seat_interface seat_impl = {
	.get_pointer = handle_get_pointer,
	.get_keyboard = handle_get_keyboard,
	.get_touch = handle_get_touch,
	.release = handle_release,
};

static void handle_seat_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct seat *seat = data;
	struct seat_client *seat_client = seat_client_get(seat, client);
	if (!seat_client) {
		seat_client = client_create(seat, client);
	}
	struct wl_resource *resource =
		seat_client ? wl_resource_create(client, &wl_seat_interface, (int)version, id) : NULL;
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &seat_impl, seat, handle_seat_destroy);
	wl_list_insert(&seat->resources, wl_resource_get_link(resource));
	if (version >= WL_SEAT_NAME_SINCE_VERSION) {
		wl_seat_send_name(resource, "seat0");
	}
	wl_seat_send_capabilities(resource, seat->capabilities);
}

static void update_capabilities(struct seat *seat) {
	uint32_t before = seat->capabilities, capabilities = seat->devices;
	capabilities |= seat->n_typists > 0 ? WL_SEAT_CAPABILITY_KEYBOARD : 0;
	if (capabilities == before) {
		return;
	}
	uint32_t lost = before & ~capabilities;
	if (lost & WL_SEAT_CAPABILITY_POINTER) {
		seat_pointer_lose(seat);
	}
	if (lost & WL_SEAT_CAPABILITY_TOUCH) {
		seat_touch_cancel_all(seat);
	}
	if (lost & WL_SEAT_CAPABILITY_KEYBOARD) {
		seat_keyboard_lose(seat);
	}
	seat->capabilities = capabilities;
	seat->ever |= capabilities;
	seat_keyboard_refocus(seat);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &seat->resources) {
		wl_seat_send_capabilities(resource, capabilities);
	}
}

void seat_set_capabilities(struct seat *seat, uint32_t capabilities) {
	seat->devices = capabilities;
	update_capabilities(seat);
}

void seat_add_typist(struct seat *seat) {
	seat->n_typists++;
	update_capabilities(seat);
}

void seat_remove_typist(struct seat *seat) {
	seat->n_typists--;
	update_capabilities(seat);
}

// ---- Life ----

bool seat_create(struct wayland_server *server) {
	struct seat *seat = calloc(1, sizeof(*seat));
	if (!seat) {
		return false;
	}
	server->seat = seat;
	seat->server = server;
	wl_list_init(&seat->resources);
	wl_list_init(&seat->filters);
	seat->next_filter = &seat->filters;
	seat_keyboard_init(seat);
	seat_pointer_init(seat);
	seat_touch_init(seat);
	seat_popup_init(seat);
	seat_constraint_init(seat);
	seat_relative_init(seat);
	selection_init(&seat->clipboard, seat);
	selection_init(&seat->primary, seat);
	seat->behind_timer = wl_event_loop_add_timer(server->loop, handle_behind, seat);
	return seat->behind_timer && seat_cursor_init(seat) &&
		wl_global_create(server->display, &wl_seat_interface, SEAT_VERSION, seat, handle_bind);
}

void seat_destroy(struct seat *seat) {
	if (!seat) {
		return;
	}
	seat_cursor_finish(seat);
	seat_keyboard_finish(seat);
	seat_pointer_finish(seat);
	seat_touch_finish(seat);
	if (seat->scene_idle) {
		wl_event_source_remove(seat->scene_idle);
	}
	if (seat->behind_timer) {
		wl_event_source_remove(seat->behind_timer);
	}
	free(seat);
}
