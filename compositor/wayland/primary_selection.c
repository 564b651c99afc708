// SPDX-License-Identifier: MIT
// zwp_primary_selection_v1: what was marked last, for the middle button.
#include <stdlib.h>

#include "primary-selection-unstable-v1-server-protocol.h"
#include "wayland/seat_internal.h"

// ---- Offers ----

static void handle_receive(
	struct wl_client *client, struct wl_resource *resource, const char *type, int32_t fd) {
	(void)client;
	selection_offer_receive(
		wl_resource_get_user_data(resource), type, fd, zwp_primary_selection_source_v1_send_send);
}

static const struct zwp_primary_selection_offer_v1_interface offer_impl = {
	.receive = handle_receive,
	.destroy = resource_handle_destroy,
};

static void handle_offer_destroy(struct wl_resource *resource) {
	struct selection_offer *offer = wl_resource_get_user_data(resource);
	selection_offer_finish(offer);
	free(offer);
}

static struct wl_resource *send_offer(struct wl_resource *device, struct selection_source *source) {
	struct wl_client *client = wl_resource_get_client(device);
	struct selection_offer *offer = calloc(1, sizeof(*offer));
	struct wl_resource *resource = offer
		? wl_resource_create(
			  client, &zwp_primary_selection_offer_v1_interface, wl_resource_get_version(device), 0)
		: NULL;
	if (!resource) {
		free(offer);
		wl_client_post_no_memory(client);
		return NULL;
	}
	selection_offer_init(offer, resource, source);
	wl_resource_set_implementation(resource, &offer_impl, offer, handle_offer_destroy);
	zwp_primary_selection_device_v1_send_data_offer(device, resource);
	selection_source_for_each_type(source, zwp_primary_selection_offer_v1_send_offer, resource);
	return resource;
}

static const struct selection_protocol protocol = {
	.offer = send_offer,
	.selected = zwp_primary_selection_device_v1_send_selection,
	.cancelled = zwp_primary_selection_source_v1_send_cancelled,
};

// ---- Sources ----

static void handle_offer(struct wl_client *client, struct wl_resource *resource, const char *type) {
	(void)client;
	selection_source_add_type(wl_resource_get_user_data(resource), type);
}

static const struct zwp_primary_selection_source_v1_interface source_impl = {
	.offer = handle_offer,
	.destroy = resource_handle_destroy,
};

static void handle_source_destroy(struct wl_resource *resource) {
	struct selection_source *source = wl_resource_get_user_data(resource);
	selection_source_finish(source);
	free(source);
}

// ---- Devices ----

static void handle_set_selection(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *source_resource, uint32_t serial) {
	struct seat *seat = wl_resource_get_user_data(resource);
	struct selection_source *source =
		source_resource ? wl_resource_get_user_data(source_resource) : NULL;
	// The protocol has no error for a source that is set again: it is told that it was in vain.
	if (source && source->used) {
		if (!source->selection) {
			zwp_primary_selection_source_v1_send_cancelled(source_resource);
		}
		return;
	}
	if (source) {
		source->used = true;
	}
	selection_set(&seat->primary, source, client, serial);
}

static const struct zwp_primary_selection_device_v1_interface device_impl = {
	.set_selection = handle_set_selection,
	.destroy = resource_handle_destroy,
};

// ---- The manager ----

static void handle_create_source(
	struct wl_client *client, struct wl_resource *manager, uint32_t id) {
	struct selection_source *source = calloc(1, sizeof(*source));
	struct wl_resource *resource = source
		? wl_resource_create(client, &zwp_primary_selection_source_v1_interface,
			  wl_resource_get_version(manager), id)
		: NULL;
	if (!resource) {
		free(source);
		wl_client_post_no_memory(client);
		return;
	}
	selection_source_init(source, resource);
	wl_resource_set_implementation(resource, &source_impl, source, handle_source_destroy);
}

static void handle_get_device(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *seat_resource) {
	struct seat *seat = seat_from_resource(seat_resource);
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_primary_selection_device_v1_interface, wl_resource_get_version(manager), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &device_impl, seat, selection_handle_device_destroy);
	selection_add_device(&seat->primary, &protocol, resource);
}

static const struct zwp_primary_selection_device_manager_v1_interface manager_impl = {
	.create_source = handle_create_source,
	.get_device = handle_get_device,
	.destroy = resource_handle_destroy,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &zwp_primary_selection_device_manager_v1_interface, version, id,
		&manager_impl, data);
}

bool primary_selection_create(struct wayland_server *server) {
	return wl_global_create(server->display, &zwp_primary_selection_device_manager_v1_interface, 1,
		server, handle_bind);
}
