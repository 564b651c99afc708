// SPDX-License-Identifier: MIT
// wl_region.
#include <stdlib.h>

#include "wayland/server.h"

// More rectangles than any client needs: every further request would cost in proportion.
enum { MAX_RECTS = 8192 };

static pixman_region32_t *region_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void check(struct wl_resource *resource, bool ok) {
	if (!ok || pixman_region32_n_rects(region_of(resource)) > MAX_RECTS) {
		wl_resource_post_no_memory(resource);
	}
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static void handle_add(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y,
	int32_t width, int32_t height) {
	(void)client;
	check(resource, surface_region_add(region_of(resource), x, y, width, height));
}

static void handle_subtract(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height) {
	(void)client;
	pixman_region32_t rect;
	pixman_region32_init(&rect);
	bool ok = surface_region_add(&rect, x, y, width, height) &&
		pixman_region32_subtract(region_of(resource), region_of(resource), &rect);
	pixman_region32_fini(&rect);
	check(resource, ok);
}

static const struct wl_region_interface region_impl = {
	.destroy = handle_destroy,
	.add = handle_add,
	.subtract = handle_subtract,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	pixman_region32_fini(region_of(resource));
	free(region_of(resource));
}

void region_create(struct wl_client *client, uint32_t version, uint32_t id) {
	pixman_region32_t *region = calloc(1, sizeof(*region));
	struct wl_resource *resource =
		region ? wl_resource_create(client, &wl_region_interface, (int)version, id) : NULL;
	if (!resource) {
		free(region);
		wl_client_post_no_memory(client);
		return;
	}
	pixman_region32_init(region);
	wl_resource_set_implementation(resource, &region_impl, region, handle_resource_destroy);
}

const pixman_region32_t *region_from_resource(struct wl_resource *resource) {
	return region_of(resource);
}
