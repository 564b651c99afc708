// SPDX-License-Identifier: MIT
// wp_single_pixel_buffer_manager_v1: one colour as a buffer.
#include <drm_fourcc.h>
#include <stdlib.h>

#include "single-pixel-buffer-v1-server-protocol.h"
#include "wayland/server.h"

static void destroy(struct scene_buffer *base) {
	struct client_buffer *buffer = wl_container_of(base, buffer, base);
	free(buffer);
}

static const struct scene_buffer_ops single_pixel_ops = {
	.release = buffer_release,
	.destroy = destroy,
};

static void handle_create(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	uint32_t r, uint32_t g, uint32_t b, uint32_t a) {
	(void)resource;
	struct client_buffer *buffer = calloc(1, sizeof(*buffer));
	struct wl_resource *wl_buffer =
		buffer ? wl_resource_create(client, &wl_buffer_interface, 1, id) : NULL;
	if (!wl_buffer) {
		free(buffer);
		wl_client_post_no_memory(client);
		return;
	}
	scene_buffer_init(&buffer->base, &single_pixel_ops, SCENE_BUFFER_SOLID);
	buffer->base.format = a == UINT32_MAX ? DRM_FORMAT_XRGB8888 : DRM_FORMAT_ARGB8888;
	const uint32_t colour[4] = {r, g, b, a};
	for (int i = 0; i < 4; i++) {
		buffer->base.solid[i] = (uint16_t)(colour[i] >> 16);
	}
	buffer_set_resource(buffer, wl_buffer);
}

static const struct wp_single_pixel_buffer_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.create_u32_rgba_buffer = handle_create,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(
		client, &wp_single_pixel_buffer_manager_v1_interface, version, id, &manager_impl, data);
}

bool single_pixel_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &wp_single_pixel_buffer_manager_v1_interface, 1, server, handle_bind);
}
