// SPDX-License-Identifier: MIT
// wp_cursor_shape_v1: cursors by name, from the kiosk's theme.
#include "cursor-shape-v1-server-protocol.h"
#include "wayland/seat_internal.h"

enum { SHAPE_VERSION = 2 };

// As cursor themes name them.
static const char *const names[] = {
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_DEFAULT] = "default",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_CONTEXT_MENU] = "context-menu",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_HELP] = "help",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_POINTER] = "pointer",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_PROGRESS] = "progress",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_WAIT] = "wait",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_CELL] = "cell",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_CROSSHAIR] = "crosshair",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_TEXT] = "text",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_VERTICAL_TEXT] = "vertical-text",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ALIAS] = "alias",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_COPY] = "copy",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_MOVE] = "move",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_NO_DROP] = "no-drop",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_NOT_ALLOWED] = "not-allowed",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_GRAB] = "grab",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_GRABBING] = "grabbing",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_E_RESIZE] = "e-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_N_RESIZE] = "n-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_NE_RESIZE] = "ne-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_NW_RESIZE] = "nw-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_S_RESIZE] = "s-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_SE_RESIZE] = "se-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_SW_RESIZE] = "sw-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_W_RESIZE] = "w-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_EW_RESIZE] = "ew-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_NS_RESIZE] = "ns-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_NESW_RESIZE] = "nesw-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_NWSE_RESIZE] = "nwse-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_COL_RESIZE] = "col-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ROW_RESIZE] = "row-resize",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ALL_SCROLL] = "all-scroll",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ZOOM_IN] = "zoom-in",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ZOOM_OUT] = "zoom-out",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_DND_ASK] = "dnd-ask",
	[WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ALL_RESIZE] = "all-resize",
};

static void handle_set_shape(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial, uint32_t shape) {
	if (!wp_cursor_shape_device_v1_shape_is_valid(
			shape, (uint32_t)wl_resource_get_version(resource))) {
		wl_resource_post_error(
			resource, WP_CURSOR_SHAPE_DEVICE_V1_ERROR_INVALID_SHAPE, "%u is no shape", shape);
		return;
	}
	struct seat_client *seat_client = wl_resource_get_user_data(resource);
	if (seat_client && seat_may_set_cursor(seat_client->seat, client, serial)) {
		seat_set_cursor_shape(seat_client->seat, names[shape]);
	}
}

static const struct wp_cursor_shape_device_v1_interface device_impl = {
	.destroy = resource_handle_destroy,
	.set_shape = handle_set_shape,
};

static void handle_get_pointer(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *pointer) {
	(void)client;
	struct seat_client *seat_client = wl_resource_get_user_data(pointer);
	seat_pointer_object(seat_client, &wp_cursor_shape_device_v1_interface,
		wl_resource_get_version(manager), id, &device_impl, &seat_client->shapes);
}

// There are no such tools: tablets are pointers here.
static void handle_get_tablet_tool(
	struct wl_client *client, struct wl_resource *manager, uint32_t id, struct wl_resource *tool) {
	(void)tool;
	struct wl_resource *resource = wl_resource_create(
		client, &wp_cursor_shape_device_v1_interface, wl_resource_get_version(manager), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &device_impl, NULL, NULL);
}

static const struct wp_cursor_shape_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_pointer = handle_get_pointer,
	.get_tablet_tool_v2 = handle_get_tablet_tool,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &wp_cursor_shape_manager_v1_interface, version, id, &manager_impl, data);
}

bool cursor_shape_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wp_cursor_shape_manager_v1_interface, SHAPE_VERSION, server, handle_bind);
}
