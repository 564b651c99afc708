// SPDX-License-Identifier: MIT
// wp_presentation: feedback joins the surface's pending state; surface_frame.c answers it.
#include "presentation-time-server-protocol.h"
#include "wayland/server.h"

static void handle_feedback_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

static void handle_feedback(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *surface_resource, uint32_t id) {
	struct surface_state *pending = &surface_from_resource(surface_resource)->pending;
	struct wl_resource *feedback = wl_resource_create(
		client, &wp_presentation_feedback_interface, wl_resource_get_version(resource), id);
	if (!feedback) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(feedback, NULL, NULL, handle_feedback_destroy);
	wl_list_insert(pending->feedbacks.prev, wl_resource_get_link(feedback));
	pending->fields |= SURFACE_STATE_FEEDBACK;
}

static const struct wp_presentation_interface presentation_impl = {
	.destroy = resource_handle_destroy,
	.feedback = handle_feedback,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wayland_server *server = data;
	struct wl_resource *resource =
		resource_bind(client, &wp_presentation_interface, version, id, &presentation_impl, server);
	if (resource) {
		wp_presentation_send_clock_id(resource, (uint32_t)server->presentation_clock);
	}
}

bool presentation_create(struct wayland_server *server) {
	return wl_global_create(server->display, &wp_presentation_interface, 2, server, handle_bind);
}
