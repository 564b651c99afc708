// SPDX-License-Identifier: MIT
// wl_buffer: from a client's object to the scene's buffer, and back for release.
#include "wayland/server.h"

static const struct wl_buffer_interface buffer_impl = {
	.destroy = resource_handle_destroy,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct client_buffer *buffer = wl_resource_get_user_data(resource);
	if (buffer->hooks && buffer->hooks->destroyed) {
		buffer->hooks->destroyed(buffer);
	}
	buffer->resource = NULL;
	scene_buffer_drop(&buffer->base);
}

void buffer_set_resource(struct client_buffer *buffer, struct wl_resource *resource) {
	buffer->resource = resource;
	wl_resource_set_implementation(resource, &buffer_impl, buffer, handle_resource_destroy);
}

struct scene_buffer *buffer_from_resource(struct wl_resource *resource) {
	struct client_buffer *buffer = wl_resource_get_user_data(resource);
	return &buffer->base;
}

struct scene_buffer *buffer_commit(struct wl_resource *resource) {
	struct client_buffer *buffer = wl_resource_get_user_data(resource);
	if (buffer->hooks && buffer->hooks->committed) {
		buffer->hooks->committed(buffer);
	}
	return scene_buffer_lock(&buffer->base);
}

void buffer_release(struct scene_buffer *base) {
	struct client_buffer *buffer = wl_container_of(base, buffer, base);
	if (buffer->resource) {
		wl_buffer_send_release(buffer->resource);
	}
}
