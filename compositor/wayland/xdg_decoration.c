// SPDX-License-Identifier: MIT
// zxdg_decoration_manager_v1: every window is told that the server decorates it, so that none draws
// decorations of its own. A kiosk then has none at all.
#include <stdlib.h>

#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"

struct xdg_decoration {
	struct wl_resource *resource;
	struct toplevel *toplevel; // NULL: inert
};

void xdg_decoration_send_configure(struct xdg_decoration *decoration) {
	if (decoration) {
		zxdg_toplevel_decoration_v1_send_configure(
			decoration->resource, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	}
}

void xdg_decoration_orphan(struct xdg_decoration *decoration, bool post_error) {
	if (!decoration || !decoration->toplevel) {
		return;
	}
	if (post_error) {
		wl_resource_post_error(decoration->resource, ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ORPHANED,
			"xdg_toplevel destroyed before its decoration object");
	}
	decoration->toplevel->decoration = NULL;
	decoration->toplevel = NULL;
}

// Whatever is asked for, the answer is a configure sequence with the one mode there is.
static void answer(struct xdg_decoration *decoration) {
	if (decoration->toplevel && decoration->toplevel->xdg) {
		xdg_toplevel_reconfigure(decoration->toplevel);
	}
}

static void handle_set_mode(struct wl_client *client, struct wl_resource *resource, uint32_t mode) {
	(void)client;
	if (!zxdg_toplevel_decoration_v1_mode_is_valid(
			mode, (uint32_t)wl_resource_get_version(resource))) {
		wl_resource_post_error(resource, ZXDG_TOPLEVEL_DECORATION_V1_ERROR_INVALID_MODE,
			"unknown decoration mode %u", mode);
		return;
	}
	answer(wl_resource_get_user_data(resource));
}

static void handle_unset_mode(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	answer(wl_resource_get_user_data(resource));
}

static const struct zxdg_toplevel_decoration_v1_interface decoration_impl = {
	.destroy = resource_handle_destroy,
	.set_mode = handle_set_mode,
	.unset_mode = handle_unset_mode,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct xdg_decoration *decoration = wl_resource_get_user_data(resource);
	xdg_decoration_orphan(decoration, false);
	free(decoration);
}

static bool may_decorate(struct wl_resource *resource, struct toplevel *toplevel) {
	if (toplevel->decoration) {
		wl_resource_post_error(resource, ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ALREADY_CONSTRUCTED,
			"xdg_toplevel has a decoration object already");
		return false;
	}
	const struct surface *surface = toplevel->xdg ? toplevel->xdg->surface : NULL;
	if (surface && xdg_surface_has_buffer(surface)) {
		wl_resource_post_error(resource, ZXDG_TOPLEVEL_DECORATION_V1_ERROR_UNCONFIGURED_BUFFER,
			"xdg_toplevel has a buffer before its decoration object is there");
		return false;
	}
	return true;
}

static void handle_get_toplevel_decoration(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *toplevel_resource) {
	struct toplevel *toplevel = xdg_toplevel_from_resource(toplevel_resource);
	struct xdg_decoration *decoration = calloc(1, sizeof(*decoration));
	int version = wl_resource_get_version(manager);
	struct wl_resource *resource = decoration
		? wl_resource_create(client, &zxdg_toplevel_decoration_v1_interface, version, id)
		: NULL;
	if (!resource) {
		free(decoration);
		wl_client_post_no_memory(client);
		return;
	}
	decoration->resource = resource;
	wl_resource_set_implementation(resource, &decoration_impl, decoration, handle_resource_destroy);
	if (may_decorate(resource, toplevel)) {
		decoration->toplevel = toplevel;
		toplevel->decoration = decoration;
		answer(decoration);
	}
}

static const struct zxdg_decoration_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_toplevel_decoration = handle_get_toplevel_decoration,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &zxdg_decoration_manager_v1_interface, version, id, &manager_impl, data);
}

bool xdg_decoration_create(struct wayland_server *server) {
	return wl_global_create(server->display, &zxdg_decoration_manager_v1_interface, 1, NULL,
			   handle_bind) != NULL;
}
