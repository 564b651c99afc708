// SPDX-License-Identifier: MIT
// wp_alpha_modifier_v1: the factor reaches the layer with the commit, and makes it see-through.
#include "wayland-harness.h"

static const struct scene_layer *layer_of(struct client *client, struct wl_surface *surface) {
	return &server_surface(client, surface)->layer;
}

static bool is_opaque(const struct scene_layer *layer) {
	pixman_region32_t opaque;
	pixman_region32_init(&opaque);
	scene_layer_opaque(layer, &opaque);
	bool some = pixman_region32_not_empty(&opaque);
	pixman_region32_fini(&opaque);
	return some;
}

static void test_factor(void **state) {
	(void)state;
	struct client *client = client_connect();
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct shm_image *image = image_create(client, 20, 10, WL_SHM_FORMAT_XRGB8888, 0xff00ff);
	make_root(client, surface);
	struct wp_alpha_modifier_surface_v1 *modifier =
		wp_alpha_modifier_v1_get_surface(client->alpha_modifier, surface);
	show(surface, image);
	assert_true(client_sync(client));
	const struct scene_layer *layer = layer_of(client, surface);
	assert_int_equal(layer->fade, 0);
	assert_true(is_opaque(layer));
	uint32_t serial = layer->opaque_serial;
	harness_frame();

	wp_alpha_modifier_surface_v1_set_multiplier(modifier, UINT32_MAX / 2);
	assert_true(client_sync(client));
	assert_int_equal(layer->fade, 0); // only with the commit
	wl_surface_commit(surface);
	assert_true(client_sync(client));
	assert_int_equal(layer->fade, 0x8000);
	assert_false(is_opaque(layer));
	assert_false(pixman_region32_not_empty((pixman_region32_t *)&layer->opaque));
	assert_int_not_equal(layer->opaque_serial, serial);
	pixman_box32_t all = {.x2 = 20, .y2 = 10}; // all of it is another picture now
	assert_int_equal(pixman_region32_contains_rectangle((pixman_region32_t *)&layer->damage, &all),
		PIXMAN_REGION_IN);

	wp_alpha_modifier_surface_v1_set_multiplier(modifier, 0);
	wl_surface_commit(surface);
	assert_true(client_sync(client));
	assert_int_equal(layer->fade, 0xffff);

	wp_alpha_modifier_surface_v1_destroy(modifier); // as a factor of one, with the next commit
	assert_true(client_sync(client));
	assert_int_equal(layer->fade, 0xffff);
	wl_surface_commit(surface);
	assert_true(client_sync(client));
	assert_int_equal(layer->fade, 0);
	assert_true(is_opaque(layer));

	modifier = wp_alpha_modifier_v1_get_surface(client->alpha_modifier, surface); // another one
	wp_alpha_modifier_surface_v1_set_multiplier(modifier, UINT32_MAX);
	wl_surface_commit(surface);
	assert_true(client_sync(client));
	assert_int_equal(layer->fade, 0);
	wp_alpha_modifier_surface_v1_destroy(modifier);
	drop_root(client, surface);
	wl_surface_destroy(surface);
	image_destroy(image);
	client_disconnect(client);
}

static void test_synchronized(void **state) {
	(void)state;
	struct client *client = client_connect();
	struct wl_surface *parent = wl_compositor_create_surface(client->compositor);
	struct wl_surface *child = wl_compositor_create_surface(client->compositor);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, parent);
	struct shm_image *image = image_create(client, 20, 10, WL_SHM_FORMAT_XRGB8888, 0xff00ff);
	make_root(client, parent);
	struct wp_alpha_modifier_surface_v1 *modifier =
		wp_alpha_modifier_v1_get_surface(client->alpha_modifier, child);
	wp_alpha_modifier_surface_v1_set_multiplier(modifier, 0x40000000);
	show(child, image);
	assert_true(client_sync(client));
	assert_int_equal(layer_of(client, child)->fade, 0); // cached
	show(parent, image);
	assert_true(client_sync(client));
	assert_int_equal(layer_of(client, child)->fade, 0xbfff);
	assert_int_equal(layer_of(client, parent)->fade, 0);
	wp_alpha_modifier_surface_v1_destroy(modifier);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	drop_root(client, parent);
	wl_surface_destroy(parent);
	image_destroy(image);
	client_disconnect(client);
}

static void test_two_modifiers(void **state) {
	(void)state;
	struct client *client = client_connect();
	struct wl_surface *surface =
		client_keep(client, wl_compositor_create_surface(client->compositor));
	for (int i = 0; i < 2; i++) {
		client_keep(client, wp_alpha_modifier_v1_get_surface(client->alpha_modifier, surface));
	}
	assert_error(
		client, &wp_alpha_modifier_v1_interface, WP_ALPHA_MODIFIER_V1_ERROR_ALREADY_CONSTRUCTED);
	client_disconnect(client);
}

static void test_without_its_surface(void **state) {
	(void)state;
	struct client *client = client_connect();
	for (int last = 0; last < 2; last++) {
		struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
		struct wp_alpha_modifier_surface_v1 *modifier =
			wp_alpha_modifier_v1_get_surface(client->alpha_modifier, surface);
		wl_surface_destroy(surface);
		assert_true(client_sync(client));
		if (!last) {
			wp_alpha_modifier_surface_v1_destroy(modifier); // which is fine
			assert_true(client_sync(client));
			continue;
		}
		client_keep(client, modifier);
		wp_alpha_modifier_surface_v1_set_multiplier(modifier, 5);
		assert_error(client, &wp_alpha_modifier_surface_v1_interface,
			WP_ALPHA_MODIFIER_SURFACE_V1_ERROR_NO_SURFACE);
	}
	client_disconnect(client);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
		TEST(test_factor),
		TEST(test_synchronized),
		TEST(test_two_modifiers),
		TEST(test_without_its_surface),
	};
	return cmocka_run_group_tests_name("alpha-modifier", tests, NULL, NULL);
}
