// SPDX-License-Identifier: MIT
// What most protocols have in common: managers that are bound, requests that destroy, and objects of which a
// surface has one at most.
#include "wayland/server.h"

void resource_handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

struct wl_resource *resource_bind(struct wl_client *client, const struct wl_interface *interface,
	uint32_t version, uint32_t id, const void *implementation, void *data) {
	struct wl_resource *resource = wl_resource_create(client, interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(resource, implementation, data, NULL);
	return resource;
}

// ---- Extensions of surfaces ----

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	const struct surface_extension *extension = data;
	resource_bind(client, extension->manager, version, id, extension->manager_impl, data);
}

struct wl_global *surface_extension_create(
	struct wayland_server *server, const struct surface_extension *extension) {
	return wl_global_create(server->display, extension->manager, 1, (void *)extension, handle_bind);
}

// Nothing to be done if the surface went first: surface_extensions_orphan.
static void handle_extension_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface) {
		return;
	}
	for (int i = 0; i < SURFACE_EXTENSIONS; i++) {
		struct surface_extended *extended = &surface->extended[i];
		if (extended->resource == resource) {
			extended->resource = NULL;
			if (extended->by->destroyed) {
				extended->by->destroyed(surface);
			}
		}
	}
}

void surface_extension_get(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface_resource) {
	const struct surface_extension *extension = wl_resource_get_user_data(manager);
	struct surface *surface = surface_from_resource(surface_resource);
	struct surface_extended *extended = &surface->extended[extension->slot];
	if (extended->resource) {
		wl_resource_post_error(manager, extension->exists, "wl_surface#%u already has a %s",
			wl_resource_get_id(surface_resource), extension->interface->name);
		return;
	}
	struct wl_resource *resource =
		wl_resource_create(client, extension->interface, wl_resource_get_version(manager), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, extension->impl, surface, handle_extension_destroy);
	*extended = (struct surface_extended){resource, extension};
	if (extension->made) {
		extension->made(surface);
	}
}

struct surface *surface_extension_require(struct wl_resource *resource, uint32_t error) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface) {
		wl_resource_post_error(resource, error, "the wl_surface of this %s is destroyed",
			wl_resource_get_class(resource));
	}
	return surface;
}

void surface_extensions_orphan(struct surface *surface) {
	for (int i = 0; i < SURFACE_EXTENSIONS; i++) {
		if (surface->extended[i].resource) {
			wl_resource_set_user_data(surface->extended[i].resource, NULL);
		}
	}
}
