// SPDX-License-Identifier: MIT
// wl_data_device_manager: sources, devices, the clipboard.
#include "wayland/data_device.h"

#include <stdlib.h>

#include "wayland/seat_internal.h"

// ---- wl_data_source ----

static struct data_source *source_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void handle_offer(
	struct wl_client *client, struct wl_resource *resource, const char *mime_type) {
	(void)client;
	selection_source_add_type(&source_of(resource)->base, mime_type);
}

static void handle_set_actions(
	struct wl_client *client, struct wl_resource *resource, uint32_t actions) {
	(void)client;
	struct data_source *source = source_of(resource);
	if (actions & ~(uint32_t)DATA_ALL_ACTIONS) {
		wl_resource_post_error(resource, WL_DATA_SOURCE_ERROR_INVALID_ACTION_MASK,
			"invalid action mask 0x%x", actions);
		return;
	}
	if (source->base.used || source->has_actions) {
		wl_resource_post_error(resource, WL_DATA_SOURCE_ERROR_INVALID_SOURCE,
			"set_actions comes once, before the source is used");
		return;
	}
	source->has_actions = true;
	source->actions = actions;
}

static const struct wl_data_source_interface source_impl = {
	.offer = handle_offer,
	.destroy = resource_handle_destroy,
	.set_actions = handle_set_actions,
};

static void handle_source_destroy(struct wl_resource *resource) {
	struct data_source *source = source_of(resource);
	if (source->drag) {
		drag_source_gone(source->drag);
	}
	selection_source_finish(&source->base);
	free(source);
}

// ---- wl_data_device ----

static struct seat *seat_of(struct wl_resource *device) {
	return wl_resource_get_user_data(device);
}

static const struct selection_protocol protocol = {
	.offer = data_offer_create,
	.selected = wl_data_device_send_selection,
	.cancelled = wl_data_source_send_cancelled,
};

static bool use_source(struct wl_resource *device, struct data_source *source) {
	if (source->base.used) {
		wl_resource_post_error(device, WL_DATA_DEVICE_ERROR_USED_SOURCE,
			"wl_data_source#%u has already been used", wl_resource_get_id(source->base.resource));
		return false;
	}
	source->base.used = true;
	return true;
}

static void handle_start_drag(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *source_resource, struct wl_resource *origin,
	struct wl_resource *icon_resource, uint32_t serial) {
	(void)client;
	struct data_source *source = source_resource ? source_of(source_resource) : NULL;
	struct surface *icon = icon_resource ? surface_from_resource(icon_resource) : NULL;
	struct seat *seat = seat_of(resource);
	// The role is taken whether or not the drag begins, and may serve for another one.
	if (icon && (icon->role != &drag_icon_role || !icon->role_object) &&
		!surface_set_role(icon, &drag_icon_role, seat, resource, WL_DATA_DEVICE_ERROR_ROLE)) {
		return;
	}
	if (source && !use_source(resource, source)) {
		return;
	}
	if (!drag_start(seat, resource, source, surface_from_resource(origin), icon, serial) &&
		source) {
		data_source_cancel(source);
	}
}

static void handle_set_selection(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *source_resource, uint32_t serial) {
	struct data_source *source = source_resource ? source_of(source_resource) : NULL;
	if (source && source->has_actions) {
		wl_resource_post_error(source_resource, WL_DATA_SOURCE_ERROR_INVALID_SOURCE,
			"a source with drag-and-drop actions can't be the selection");
		return;
	}
	if (!source || use_source(resource, source)) {
		selection_set(&seat_of(resource)->clipboard, source ? &source->base : NULL, client, serial);
	}
}

static const struct wl_data_device_interface device_impl = {
	.start_drag = handle_start_drag,
	.set_selection = handle_set_selection,
	.release = resource_handle_destroy,
};

// ---- wl_data_device_manager ----

static void handle_create_data_source(
	struct wl_client *client, struct wl_resource *manager, uint32_t id) {
	struct data_source *source = calloc(1, sizeof(*source));
	struct wl_resource *resource = source ? wl_resource_create(client, &wl_data_source_interface,
												wl_resource_get_version(manager), id)
										  : NULL;
	if (!resource) {
		free(source);
		wl_client_post_no_memory(client);
		return;
	}
	selection_source_init(&source->base, resource);
	wl_resource_set_implementation(resource, &source_impl, source, handle_source_destroy);
}

static void handle_get_data_device(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *seat_resource) {
	struct seat *seat = seat_from_resource(seat_resource);
	struct wl_resource *resource =
		wl_resource_create(client, &wl_data_device_interface, wl_resource_get_version(manager), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &device_impl, seat, selection_handle_device_destroy);
	selection_add_device(&seat->clipboard, &protocol, resource);
}

static const struct wl_data_device_manager_interface manager_impl = {
	.create_data_source = handle_create_data_source,
	.get_data_device = handle_get_data_device,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &wl_data_device_manager_interface, version, id, &manager_impl, data);
}

bool data_device_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wl_data_device_manager_interface, 3, server, handle_bind);
}
