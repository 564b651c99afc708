// SPDX-License-Identifier: MIT
// wl_seat without input devices: toolkits do not start without a seat.
#include "wayland/server.h"

// Clients ask for a device after its capability was announced; none has been, ever.
static void post_missing(struct wl_resource *resource, const char *device) {
	wl_resource_post_error(
		resource, WL_SEAT_ERROR_MISSING_CAPABILITY, "the seat has never had a %s", device);
}

static void handle_get_pointer(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	(void)client;
	(void)id;
	post_missing(resource, "pointer");
}

static void handle_get_keyboard(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	(void)client;
	(void)id;
	post_missing(resource, "keyboard");
}

static void handle_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	(void)client;
	(void)id;
	post_missing(resource, "touch device");
}

static void handle_release(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct wl_seat_interface seat_impl = {
	.get_pointer = handle_get_pointer,
	.get_keyboard = handle_get_keyboard,
	.get_touch = handle_get_touch,
	.release = handle_release,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(client, &wl_seat_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &seat_impl, data, NULL);
	if (version >= WL_SEAT_NAME_SINCE_VERSION) {
		wl_seat_send_name(resource, "seat0");
	}
	wl_seat_send_capabilities(resource, 0);
}

bool seat_create(struct wayland_server *server) {
	return wl_global_create(server->display, &wl_seat_interface, 7, server, handle_bind);
}
