// SPDX-License-Identifier: MIT
// xdg_wm_base version 6: the way into xdg-shell.
#include <stdlib.h>

#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-shell-server-protocol.h"

enum { XDG_WM_BASE_VERSION = 6 };

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct xdg_wm_base *wm_base = wl_resource_get_user_data(resource);
	if (!wl_list_empty(&wm_base->surfaces)) {
		wl_resource_post_error(resource, XDG_WM_BASE_ERROR_DEFUNCT_SURFACES,
			"xdg_wm_base destroyed while xdg_surfaces of it are alive");
		return;
	}
	wl_resource_destroy(resource);
}

static void handle_create_positioner(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	xdg_positioner_create(client, (uint32_t)wl_resource_get_version(resource), id);
}

static void handle_get_xdg_surface(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource) {
	xdg_surface_create(
		wl_resource_get_user_data(resource), client, id, surface_from_resource(surface_resource));
}

// No ping is ever sent, so there is nothing that an answer could belong to.
static void handle_pong(struct wl_client *client, struct wl_resource *resource, uint32_t serial) {
	(void)client;
	(void)resource;
	(void)serial;
}

static const struct xdg_wm_base_interface wm_base_impl = {
	.destroy = handle_destroy,
	.create_positioner = handle_create_positioner,
	.get_xdg_surface = handle_get_xdg_surface,
	.pong = handle_pong,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct xdg_wm_base *wm_base = wl_resource_get_user_data(resource);
	struct xdg_surface *xdg, *tmp;
	wl_list_for_each_safe(xdg, tmp, &wm_base->surfaces, link) {
		xdg->wm_base = NULL;
		wl_list_remove(&xdg->link);
		wl_list_init(&xdg->link);
	}
	free(wm_base);
}

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct xdg_wm_base *wm_base = calloc(1, sizeof(*wm_base));
	struct wl_resource *resource =
		wm_base ? wl_resource_create(client, &xdg_wm_base_interface, (int)version, id) : NULL;
	if (!resource) {
		free(wm_base);
		wl_client_post_no_memory(client);
		return;
	}
	wm_base->resource = resource;
	wm_base->server = data;
	wl_list_init(&wm_base->surfaces);
	wl_resource_set_implementation(resource, &wm_base_impl, wm_base, handle_resource_destroy);
}

bool xdg_wm_base_create(struct wayland_server *server) {
	return wl_global_create(server->display, &xdg_wm_base_interface, XDG_WM_BASE_VERSION, server,
			   handle_bind) != NULL;
}
