// SPDX-License-Identifier: MIT
// wl_data_device_manager. A selection belongs to whom has the keyboard, a drag to whom has the
// pointer: while the seat has neither, each attempt is answered as one that came too late.
#include <stdlib.h>

#include "wayland/server.h"

struct data_source {
	struct wl_resource *resource;
	bool used;        // given to set_selection or start_drag
	bool has_actions; // set_actions was called: for drags only
};

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

// ---- wl_data_source ----

static void handle_offer(
	struct wl_client *client, struct wl_resource *resource, const char *mime_type) {
	(void)client;
	(void)resource;
	(void)mime_type; // no one can be offered it
}

static void handle_set_actions(
	struct wl_client *client, struct wl_resource *resource, uint32_t actions) {
	(void)client;
	struct data_source *source = wl_resource_get_user_data(resource);
	const uint32_t all = WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY |
		WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE | WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK;
	if (actions & ~all) {
		wl_resource_post_error(resource, WL_DATA_SOURCE_ERROR_INVALID_ACTION_MASK,
			"invalid action mask 0x%x", actions);
		return;
	}
	if (source->used || source->has_actions) {
		wl_resource_post_error(resource, WL_DATA_SOURCE_ERROR_INVALID_SOURCE,
			"set_actions comes once, before the source is used");
		return;
	}
	source->has_actions = true;
}

static const struct wl_data_source_interface source_impl = {
	.offer = handle_offer,
	.destroy = handle_destroy,
	.set_actions = handle_set_actions,
};

static void handle_source_destroy(struct wl_resource *resource) {
	free(wl_resource_get_user_data(resource));
}

// ---- wl_data_device ----

// A drag that never starts gives its icon the role all the same, and no object with it.
static const struct surface_role icon_role = {
	.name = "drag icon",
};

static bool use_source(struct wl_resource *device, struct data_source *source) {
	if (source->used) {
		wl_resource_post_error(device, WL_DATA_DEVICE_ERROR_USED_SOURCE,
			"wl_data_source#%u has already been used", wl_resource_get_id(source->resource));
		return false;
	}
	source->used = true;
	return true;
}

static void handle_start_drag(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *source_resource, struct wl_resource *origin, struct wl_resource *icon,
	uint32_t serial) {
	(void)client;
	(void)origin;
	(void)serial;
	struct data_source *source =
		source_resource ? wl_resource_get_user_data(source_resource) : NULL;
	if (icon &&
		!surface_set_role(
			surface_from_resource(icon), &icon_role, NULL, resource, WL_DATA_DEVICE_ERROR_ROLE)) {
		return;
	}
	if (!source || !use_source(resource, source)) {
		return;
	}
	// Up to version 2 `cancelled` only means that another source took the place.
	if (wl_resource_get_version(source_resource) >= 3) {
		wl_data_source_send_cancelled(source_resource);
	}
}

static void handle_set_selection(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *source_resource, uint32_t serial) {
	(void)client;
	(void)serial;
	if (!source_resource) {
		return;
	}
	struct data_source *source = wl_resource_get_user_data(source_resource);
	if (source->has_actions) {
		wl_resource_post_error(source_resource, WL_DATA_SOURCE_ERROR_INVALID_SOURCE,
			"a source with drag-and-drop actions can't be the selection");
		return;
	}
	if (use_source(resource, source)) {
		wl_data_source_send_cancelled(source_resource);
	}
}

static const struct wl_data_device_interface device_impl = {
	.start_drag = handle_start_drag,
	.set_selection = handle_set_selection,
	.release = handle_destroy,
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
	source->resource = resource;
	wl_resource_set_implementation(resource, &source_impl, source, handle_source_destroy);
}

static void handle_get_data_device(
	struct wl_client *client, struct wl_resource *manager, uint32_t id, struct wl_resource *seat) {
	(void)seat;
	struct wl_resource *resource =
		wl_resource_create(client, &wl_data_device_interface, wl_resource_get_version(manager), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &device_impl, NULL, NULL);
}

static const struct wl_data_device_manager_interface manager_impl = {
	.create_data_source = handle_create_data_source,
	.get_data_device = handle_get_data_device,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wl_data_device_manager_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool data_device_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wl_data_device_manager_interface, 3, server, handle_bind);
}
