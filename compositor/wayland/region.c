// SPDX-License-Identifier: MIT
// wl_region.
#include <stdlib.h>

#include "wayland/server.h"

// More rectangles than any client needs: every further request would cost in proportion.
enum { MAX_RECTS = 8192 };

struct region {
	pixman_region32_t region;
	struct client_account *account;
	size_t held; // rectangles in the account
};

static struct region *region_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void check(struct wl_resource *resource, bool ok) {
	struct region *region = region_of(resource);
	size_t n = (size_t)pixman_region32_n_rects(&region->region);
	ok = client_hold_rects(region->account, &region->held, n) && ok;
	if (!ok || n > MAX_RECTS) {
		wl_resource_post_no_memory(resource);
	}
}

static void handle_add(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y,
	int32_t width, int32_t height) {
	(void)client;
	check(resource, surface_region_add(&region_of(resource)->region, x, y, width, height));
}

static void handle_subtract(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height) {
	(void)client;
	pixman_region32_t *region = &region_of(resource)->region;
	pixman_region32_t rect;
	pixman_region32_init(&rect);
	bool ok = surface_region_add(&rect, x, y, width, height) &&
		pixman_region32_subtract(region, region, &rect);
	pixman_region32_fini(&rect);
	check(resource, ok);
}

static const struct wl_region_interface region_impl = {
	.destroy = resource_handle_destroy,
	.add = handle_add,
	.subtract = handle_subtract,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct region *region = region_of(resource);
	client_hold_rects(region->account, &region->held, 0);
	pixman_region32_fini(&region->region);
	free(region);
}

void region_create(struct wl_client *client, uint32_t version, uint32_t id) {
	struct region *region = calloc(1, sizeof(*region));
	struct wl_resource *resource =
		region ? wl_resource_create(client, &wl_region_interface, (int)version, id) : NULL;
	if (!resource) {
		free(region);
		wl_client_post_no_memory(client);
		return;
	}
	region->account = client_account(client);
	pixman_region32_init(&region->region);
	wl_resource_set_implementation(resource, &region_impl, region, handle_resource_destroy);
}

const pixman_region32_t *region_from_resource(struct wl_resource *resource) {
	return &region_of(resource)->region;
}
