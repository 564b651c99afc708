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

// What answers no ping is ignored: it does no harm.
static void handle_pong(struct wl_client *client, struct wl_resource *resource, uint32_t serial) {
	(void)client;
	struct xdg_wm_base *wm_base = wl_resource_get_user_data(resource);
	wm_base->unanswered = wm_base->unanswered && serial != wm_base->ping;
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

static enum wl_iterator_result ping(struct wl_resource *resource, void *data) {
	bool *alive = data;
	if (wl_resource_instance_of(resource, &xdg_wm_base_interface, &wm_base_impl)) {
		struct xdg_wm_base *wm_base = wl_resource_get_user_data(resource);
		*alive = *alive && !wm_base->unanswered;
		if (!wm_base->unanswered) {
			wm_base->ping = wl_display_next_serial(wm_base->server->display);
			wm_base->unanswered = true;
			xdg_wm_base_send_ping(resource, wm_base->ping);
		}
	}
	return WL_ITERATOR_CONTINUE;
}

bool wayland_client_ping(struct wl_client *client) {
	bool alive = true;
	wl_client_for_each_resource(client, ping, &alive);
	return alive;
}

bool xdg_wm_base_create(struct wayland_server *server) {
	return wl_global_create(server->display, &xdg_wm_base_interface, XDG_WM_BASE_VERSION, server,
			   handle_bind) != NULL;
}
