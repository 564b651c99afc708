// SPDX-License-Identifier: MIT
// Windows whose contents are still being drawn when they are committed: they appear and change when that
// is done, with what their commit said and not what was said since.
#include "fake-fence.h"
#include "xdg-harness.h"

static int teardown(void **state) {
	(void)state;
	fake_fence_reset();
	return 0;
}

// As window_draw, but it is still being drawn. Gives the fence.
static int draw_later(struct window *window, int32_t width, int32_t height) {
	struct wl_buffer *buffer = client_buffer(window->client, width, height);
	assert_true(client_sync(window->client));
	int fence = fake_fence_attach(window->client->peer, buffer);
	wl_surface_attach(window->surface, buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, width, height);
	wl_surface_commit(window->surface);
	assert_true(client_sync(window->client));
	wl_buffer_destroy(buffer);
	return fence;
}

static void signal_fence(struct window *window, int fence) {
	fake_fence_signal(fence);
	assert_true(client_sync(window->client));
}

static void test_window_appears_when_drawn(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_init(&window, client_connect(&harness));
	window_configure(&window);
	int fence = draw_later(&window, 320, 240);
	expect_n_layers(&harness, 0, 0);
	// For a commit yet to come: neither may be taken for that of the one before.
	xdg_surface_set_window_geometry(window.xdg, 1000, 1000, 10, 10);
	xdg_toplevel_set_max_size(window.toplevel, 600, 400);
	xdg_toplevel_set_min_size(window.toplevel, 700, 500);
	signal_fence(&window, fence);
	expect_layer(&harness, 0, 0, 160, 120, 320, 240);
	xdg_surface_set_window_geometry(window.xdg, 0, 0, 320, 240);
	xdg_toplevel_set_min_size(window.toplevel, 0, 0);
	wl_surface_commit(window.surface);
	assert_true(client_sync(window.client));
	expect_layer(&harness, 0, 0, 160, 120, 320, 240);
	harness_finish(&harness);
}

static void test_geometry_goes_with_its_commit(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	xdg_surface_set_window_geometry(window.xdg, 40, 20, 280, 220);
	int fence = draw_later(&window, 320, 240);
	xdg_surface_set_window_geometry(window.xdg, 0, 0, 320, 240);
	assert_true(client_sync(window.client));
	expect_layer(&harness, 0, 0, 160, 120, 320, 240);
	signal_fence(&window, fence);
	expect_layer(&harness, 0, 0, 140, 110, 320, 240);
	wl_surface_commit(window.surface);
	assert_true(client_sync(window.client));
	expect_layer(&harness, 0, 0, 160, 120, 320, 240);
	harness_finish(&harness);
}

// What waits for a role object that is gone shows nothing, and is no commit of the next one.
static void test_role_object_goes_while_waiting(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	int fence = draw_later(&window, 400, 300);
	struct wl_surface *surface = window.surface;
	xdg_toplevel_destroy(window.toplevel);
	xdg_surface_destroy(window.xdg);
	window_init_surface(&window, window.client, surface);
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, 0);
	expect_n_layers(&harness, 0, 0);
	signal_fence(&window, fence);
	expect_n_layers(&harness, 0, 0);
	window_configure(&window);
	window_draw(&window, 320, 240);
	expect_layer(&harness, 0, 0, 160, 120, 320, 240);
	harness_finish(&harness);
}

static void test_unmap_waits_its_turn(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	int fence = draw_later(&window, 400, 300), n = window.n_configures;
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	wl_surface_commit(window.surface); // the initial one of its next life
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, n);
	expect_n_layers(&harness, 0, 1);
	signal_fence(&window, fence);
	assert_int_equal(window.n_configures, n + 1);
	expect_n_layers(&harness, 0, 0);
	xdg_surface_ack_configure(window.xdg, window.serial);
	window_draw(&window, 320, 240);
	expect_n_layers(&harness, 0, 1);
	// A buffer that does not wait for that configure.
	fence = draw_later(&window, 400, 300);
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	window_draw(&window, 320, 240);
	fake_fence_signal(fence);
	client_expect_error(
		window.client, &xdg_surface_interface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER);
	harness_finish(&harness);
}

static void test_popup_of_a_window_that_waits(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window, popup;
	window_init(&window, client_connect(&harness));
	window_configure(&window);
	int fence = draw_later(&window, 320, 240);
	popup_init(
		&popup, window.client, &window, positioner_create(window.client, 40, 30, 10, 10, 1, 1));
	window_configure(&popup);
	int popup_fence = draw_later(&popup, 40, 30);
	signal_fence(&window, popup_fence);
	expect_n_layers(&harness, 0, 0);
	signal_fence(&window, fence);
	expect_n_layers(&harness, 0, 2);
	assert_int_equal(popup.n_done, 0);
	harness_finish(&harness);
}

static void test_surface_that_waits_has_a_buffer(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window = {
		.client = client,
		.surface = wl_compositor_create_surface(client->compositor),
	};
	draw_later(&window, 40, 30);
	xdg_wm_base_get_xdg_surface(client->wm_base, window.surface);
	client_expect_error(client, &xdg_wm_base_interface, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE);
	harness_finish(&harness);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
		TEST(test_window_appears_when_drawn),
		TEST(test_geometry_goes_with_its_commit),
		TEST(test_role_object_goes_while_waiting),
		TEST(test_unmap_waits_its_turn),
		TEST(test_popup_of_a_window_that_waits),
		TEST(test_surface_that_waits_has_a_buffer),
	};
	return cmocka_run_group_tests_name("xdg-hold", tests, NULL, NULL);
}
