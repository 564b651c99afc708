// SPDX-License-Identifier: MIT
// What a surface says of its contents (tearing-control, content-type): it reaches the layer with the
// commit, and goes with the object that said it.
#include "one-client.h"

static const struct scene_layer *layer_of(struct wl_surface *surface) {
	return &server_surface(client, surface)->layer;
}

static struct wp_tearing_control_v1 *tearing_of(struct wl_surface *surface) {
	return wp_tearing_control_manager_v1_get_tearing_control(client->tearing_control, surface);
}

static struct wp_content_type_v1 *content_of(struct wl_surface *surface) {
	return wp_content_type_manager_v1_get_surface_content_type(client->content_type, surface);
}

static void test_tearing(void **state) {
	(void)state;
	struct wl_surface *surface = new_surface();
	struct wp_tearing_control_v1 *control = tearing_of(surface);
	wl_surface_commit(surface);
	assert_false(layer_of(surface)->tearing);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	assert_false(layer_of(surface)->tearing);
	wl_surface_commit(surface);
	assert_true(layer_of(surface)->tearing);
	wl_surface_commit(surface);
	assert_true(layer_of(surface)->tearing);
	wp_tearing_control_v1_set_presentation_hint(control, 77); // none that is known
	wl_surface_commit(surface);
	assert_false(layer_of(surface)->tearing);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	wl_surface_commit(surface);
	wp_tearing_control_v1_destroy(control);
	assert_true(layer_of(surface)->tearing);
	wl_surface_commit(surface);
	assert_false(layer_of(surface)->tearing);
	wp_tearing_control_v1_destroy(tearing_of(surface)); // another one may follow
	wl_surface_destroy(surface);
}

static void test_content(void **state) {
	(void)state;
	static const enum scene_content contents[] = {
		[WP_CONTENT_TYPE_V1_TYPE_NONE] = SCENE_CONTENT_NONE,
		[WP_CONTENT_TYPE_V1_TYPE_PHOTO] = SCENE_CONTENT_PHOTO,
		[WP_CONTENT_TYPE_V1_TYPE_VIDEO] = SCENE_CONTENT_VIDEO,
		[WP_CONTENT_TYPE_V1_TYPE_GAME] = SCENE_CONTENT_GAME,
		SCENE_CONTENT_NONE, // none that is known
	};
	struct wl_surface *surface = new_surface();
	struct wp_content_type_v1 *type = content_of(surface);
	enum scene_content before = SCENE_CONTENT_NONE;
	for (uint32_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		wp_content_type_v1_set_content_type(type, i);
		assert_int_equal(layer_of(surface)->content, before);
		wl_surface_commit(surface);
		assert_int_equal(layer_of(surface)->content, contents[i]);
		before = contents[i];
	}
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_GAME);
	wl_surface_commit(surface);
	wp_content_type_v1_destroy(type);
	assert_int_equal(layer_of(surface)->content, SCENE_CONTENT_GAME);
	wl_surface_commit(surface);
	assert_int_equal(layer_of(surface)->content, SCENE_CONTENT_NONE);
	wp_content_type_v1_destroy(content_of(surface));
	wl_surface_destroy(surface);
}

static void test_synchronized(void **state) {
	(void)state;
	struct wl_surface *parent = new_surface(), *child = new_surface();
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, parent);
	struct wp_tearing_control_v1 *control = tearing_of(child);
	struct wp_content_type_v1 *type = content_of(child);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_VIDEO);
	wl_surface_commit(child);
	assert_false(layer_of(child)->tearing);
	assert_int_equal(layer_of(child)->content, SCENE_CONTENT_NONE);
	wl_surface_commit(parent);
	assert_true(layer_of(child)->tearing);
	assert_int_equal(layer_of(child)->content, SCENE_CONTENT_VIDEO);
	wp_tearing_control_v1_destroy(control);
	wp_content_type_v1_destroy(type);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	wl_surface_destroy(parent);
}

// What stays for a refresh at least cannot be torn.
static void test_fifo_does_not_tear(void **state) {
	(void)state;
	struct wl_surface *surface = new_surface();
	struct shm_image *image = image_create(client, 8, 8, WL_SHM_FORMAT_ARGB8888, 1);
	make_root(client, surface);
	struct wp_tearing_control_v1 *control = tearing_of(surface);
	struct wp_fifo_v1 *fifo = wp_fifo_manager_v1_get_fifo(client->fifo, surface);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	wp_fifo_v1_set_barrier(fifo);
	show(surface, image);
	assert_true(layer_of(surface)->stays);
	harness_frame();
	assert_false(layer_of(surface)->stays); // the next picture need not
	show(surface, image);
	assert_false(layer_of(surface)->stays);
	assert_true(layer_of(surface)->tearing);
	wp_fifo_v1_destroy(fifo);
	wp_tearing_control_v1_destroy(control);
	drop_root(client, surface);
	wl_surface_destroy(surface);
	image_destroy(image);
}

static void test_without_their_surface(void **state) {
	(void)state;
	struct wl_surface *surface = new_surface();
	struct wp_tearing_control_v1 *control = tearing_of(surface);
	struct wp_content_type_v1 *type = content_of(surface);
	wl_surface_destroy(surface);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_GAME);
	assert_true(client_sync(client));
	wp_tearing_control_v1_destroy(control);
	wp_content_type_v1_destroy(type);
	assert_true(client_sync(client));
}

static void test_two_of_a_kind(void **state) {
	(void)state;
	struct client *twice = client_connect();
	struct wl_surface *surface =
		client_keep(twice, wl_compositor_create_surface(twice->compositor));
	for (int i = 0; i < 2; i++) {
		client_keep(twice,
			wp_tearing_control_manager_v1_get_tearing_control(twice->tearing_control, surface));
	}
	assert_error(twice, &wp_tearing_control_manager_v1_interface,
		WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS);
	client_disconnect(twice);
	twice = client_connect();
	surface = client_keep(twice, wl_compositor_create_surface(twice->compositor));
	for (int i = 0; i < 2; i++) {
		client_keep(twice,
			wp_content_type_manager_v1_get_surface_content_type(twice->content_type, surface));
	}
	assert_error(twice, &wp_content_type_manager_v1_interface,
		WP_CONTENT_TYPE_MANAGER_V1_ERROR_ALREADY_CONSTRUCTED);
	client_disconnect(twice);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, one_client_setup, one_client_teardown)
		TEST(test_tearing),
		TEST(test_content),
		TEST(test_synchronized),
		TEST(test_fifo_does_not_tear),
		TEST(test_without_their_surface),
		TEST(test_two_of_a_kind),
	};
	return cmocka_run_group_tests_name("surface-hints", tests, NULL, NULL);
}
