// SPDX-License-Identifier: MIT
// Where the layout puts the windows of real clients, and what it tells them.
#include "xdg-harness.h"

#include <string.h>
#include <time.h>

static void expect_window(
	struct harness *harness, int layer, int32_t x, int32_t y, int32_t width, int32_t height) {
	expect_layer(harness, 0, layer, x, y, width, height);
}

static void test_first_configure(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_init(&window, client_connect(&harness));
	window_configure(&window);
	assert_size(&window, 640, 480);
	assert_true(window.fullscreen && window.activated);
	assert_false(window.maximized || window.suspended);
	assert_int_equal(window.bounds_width, 640);
	assert_int_equal(window.bounds_height, 480);
	assert_int_equal(window.n_capabilities, 1);
	assert_int_equal(window.capabilities[0], XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN);
	expect_n_layers(&harness, 0, 0);
	window_draw(&window, 640, 480);
	expect_n_layers(&harness, 0, 1);
	expect_window(&harness, 0, 0, 0, 640, 480);
	assert_int_equal(window.n_configures, 1);
	harness_finish(&harness);
}

static void test_own_size(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	expect_window(&harness, 0, 160, 120, 320, 240);
	window_draw(&window, 800, 600);
	expect_window(&harness, 0, 0, 0, 800, 600);
	window_draw(&window, 800, 100);
	expect_window(&harness, 0, 0, 190, 800, 100);
	window_draw(&window, 101, 480);
	expect_window(&harness, 0, 269, 0, 101, 480);
	harness_finish(&harness);
}

// A shadow around the window does not count, and geometry is applied with the commit.
static void test_window_geometry(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_init(&window, client_connect(&harness));
	xdg_surface_set_window_geometry(window.xdg, 10, 20, 320, 240);
	window_configure(&window);
	window_draw(&window, 340, 280);
	expect_window(&harness, 0, 150, 100, 340, 280);
	xdg_surface_set_window_geometry(window.xdg, 0, 0, 100, 100);
	assert_true(client_sync(window.client));
	expect_window(&harness, 0, 150, 100, 340, 280);
	wl_surface_commit(window.surface);
	assert_true(client_sync(window.client));
	expect_window(&harness, 0, 270, 190, 340, 280);
	// Clipped to the surface.
	xdg_surface_set_window_geometry(window.xdg, -5, 0, 1000, 280);
	wl_surface_commit(window.surface);
	assert_true(client_sync(window.client));
	expect_window(&harness, 0, 150, 100, 340, 280);
	harness_finish(&harness);
}

// Subsurfaces count for the geometry, also those that appear with the same commit.
static void test_geometry_of_subsurfaces(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window;
	window_init(&window, client);
	window_configure(&window);
	struct wl_surface *child = wl_compositor_create_surface(client->compositor);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, window.surface);
	wl_subsurface_set_position(subsurface, 100, 0);
	wl_surface_attach(child, client_buffer(client, 300, 240), 0, 0);
	wl_surface_commit(child);
	xdg_surface_set_window_geometry(window.xdg, 0, 0, 400, 240);
	window_draw(&window, 100, 240);
	expect_n_layers(&harness, 0, 2);
	expect_window(&harness, 0, 120, 120, 100, 240);
	expect_window(&harness, 1, 220, 120, 300, 240);
	harness_finish(&harness);
}

static void test_requests_are_answered(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	void (*const requests[])(struct xdg_toplevel *) = {
		xdg_toplevel_unset_fullscreen,
		xdg_toplevel_set_maximized,
		xdg_toplevel_unset_maximized,
		xdg_toplevel_set_minimized,
	};
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		int n = window.n_configures;
		requests[i](window.toplevel);
		assert_true(client_sync(window.client));
		assert_int_equal(window.n_configures, n + 1);
		assert_size(&window, 640, 480);
		assert_true(window.fullscreen && window.activated && !window.maximized);
	}
	int n = window.n_configures;
	xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, n + 1);
	harness_finish(&harness);
}

static void test_dialog(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window, dialog, nested;
	window_show(&window, client, 400, 300);
	window_init(&dialog, client);
	xdg_toplevel_set_parent(dialog.toplevel, window.toplevel);
	window_configure(&dialog);
	assert_size(&dialog, 0, 0);
	assert_true(dialog.activated && !dialog.fullscreen);
	assert_int_equal(dialog.bounds_width, 640);
	window_draw(&dialog, 200, 100);
	expect_n_layers(&harness, 0, 2);
	expect_window(&harness, 0, 120, 90, 400, 300);
	expect_window(&harness, 1, 220, 190, 200, 100);
	assert_true(window.activated); // the parents of the front window are, too

	// A parent that is set late makes a dialog of it.
	window_show(&nested, client, 640, 480);
	expect_n_layers(&harness, 0, 4); // with the backdrop
	assert_true(client_sync(client));
	assert_true(nested.activated && !dialog.activated && !window.activated);
	xdg_toplevel_set_parent(nested.toplevel, dialog.toplevel);
	assert_true(client_sync(client));
	assert_size(&nested, 0, 0);
	assert_true(nested.activated && !nested.fullscreen && dialog.activated && window.activated);
	window_draw(&nested, 700, 20);
	expect_n_layers(&harness, 0, 3);
	expect_window(&harness, 2, 0, 230, 700, 20);

	// When its parent goes it becomes its grandparent's.
	window_destroy(&dialog);
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, 2);
	assert_size(&nested, 0, 0);
	window_destroy(&window);
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, 1);
	assert_size(&nested, 640, 480);
	assert_true(nested.fullscreen && nested.activated);
	harness_finish(&harness);
}

// Large dialogs of a small parent stay on the output.
static void test_dialog_stays_on_output(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window, dialog;
	window_show(&window, client, 1000, 300); // from 0, beyond the right edge
	window_init(&dialog, client);
	xdg_toplevel_set_parent(dialog.toplevel, window.toplevel);
	window_configure(&dialog);
	window_draw(&dialog, 300, 100);
	expect_window(&harness, 1, 340, 190, 300, 100);
	window_draw(&dialog, 100, 600);
	expect_window(&harness, 1, 450, 0, 100, 600);
	harness_finish(&harness);
}

static void test_newest_in_front(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window first, second;
	window_show(&first, client_connect(&harness), 640, 480);
	window_show(&second, client_connect(&harness), 320, 240);
	expect_n_layers(&harness, 0, 3);
	expect_window(&harness, 0, 0, 0, 640, 480);
	expect_window(&harness, 1, 0, 0, 640, 480); // black around the smaller one
	const struct scene_layer *backdrop = harness.outputs[0].scene.layers[1];
	assert_int_equal(backdrop->buffer->kind, SCENE_BUFFER_SOLID);
	expect_window(&harness, 2, 160, 120, 320, 240);
	assert_true(client_sync(first.client));
	assert_true(!first.activated && first.fullscreen && second.activated);

	window_destroy(&second);
	assert_true(client_sync(second.client));
	assert_true(client_sync(first.client));
	assert_true(first.activated);
	expect_n_layers(&harness, 0, 1);

	// A dialog of the app behind does not come before the app in front.
	struct window dialog;
	window_show(&second, second.client, 640, 480);
	window_init(&dialog, first.client);
	xdg_toplevel_set_parent(dialog.toplevel, first.toplevel);
	window_configure(&dialog);
	window_draw(&dialog, 100, 100);
	expect_n_layers(&harness, 0, 4);
	expect_window(&harness, 1, 270, 190, 100, 100);
	expect_window(&harness, 3, 0, 0, 640, 480);
	assert_true(client_sync(first.client));
	assert_false(dialog.activated);
	client_kill(second.client);
	assert_true(client_sync(first.client));
	assert_true(dialog.activated && first.activated);
	expect_n_layers(&harness, 0, 2);
	harness_finish(&harness);
}

// A size that the client has fixed is kept, and what is behind stays in view.
static void test_fixed_size_floats(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window app, card, other;
	window_show(&app, client_connect(&harness), 640, 480);
	window_init(&card, client_connect(&harness));
	xdg_toplevel_set_min_size(card.toplevel, 200, 100);
	xdg_toplevel_set_max_size(card.toplevel, 200, 100);
	window_configure(&card);
	assert_size(&card, 0, 0);
	assert_true(card.activated && !card.fullscreen);
	window_draw(&card, 200, 100);
	expect_n_layers(&harness, 0, 2);
	expect_window(&harness, 0, 0, 0, 640, 480);
	expect_window(&harness, 1, 220, 190, 200, 100);
	// Another app covers both.
	window_show(&other, client_connect(&harness), 320, 240);
	expect_n_layers(&harness, 0, 4);
	expect_window(&harness, 2, 0, 0, 640, 480);
	expect_window(&harness, 3, 160, 120, 320, 240);
	// Fixed no more it is a screen like others.
	xdg_toplevel_set_max_size(card.toplevel, 0, 0);
	wl_surface_commit(card.surface);
	assert_true(client_sync(card.client));
	assert_size(&card, 640, 480);
	assert_true(card.fullscreen && !card.activated);
	harness_finish(&harness);
}

static void handle_token(void *data, struct xdg_activation_token_v1 *token, const char *text) {
	(void)token;
	char *copy = data;
	size_t i = 0;
	for (; text[i] && i < 63; i++) {
		copy[i] = text[i];
	}
	copy[i] = '\0';
}

static const struct xdg_activation_token_v1_listener token_listener = {.done = handle_token};

static void get_token(struct client *client, char text[64]) {
	struct xdg_activation_token_v1 *token =
		xdg_activation_v1_get_activation_token(client->activation);
	xdg_activation_token_v1_add_listener(token, &token_listener, text);
	xdg_activation_token_v1_set_app_id(token, "test");
	xdg_activation_token_v1_commit(token);
	assert_true(client_sync(client));
	xdg_activation_token_v1_destroy(token);
}

static void test_activation(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window first, second;
	window_show(&first, client_connect(&harness), 640, 480);
	window_show(&second, client_connect(&harness), 640, 480);
	assert_true(client_sync(first.client));
	assert_false(first.activated);
	xdg_activation_v1_activate(first.client->activation, "00", first.surface);
	assert_true(client_sync(first.client));
	assert_false(first.activated);
	char text[64] = "";
	get_token(second.client, text);
	assert_int_equal(strlen(text), 32);
	xdg_activation_v1_activate(first.client->activation, text, first.surface);
	assert_true(client_sync(first.client));
	assert_true(first.activated);
	// Once only.
	xdg_activation_v1_activate(second.client->activation, text, second.surface);
	assert_true(client_sync(second.client));
	assert_false(second.activated);
	// A client that asks for very many forgets its oldest.
	get_token(second.client, text);
	char later[64];
	for (int i = 0; i < 16; i++) {
		get_token(second.client, later);
	}
	xdg_activation_v1_activate(second.client->activation, text, second.surface);
	assert_true(client_sync(second.client));
	assert_false(second.activated);
	xdg_activation_v1_activate(second.client->activation, later, second.surface);
	assert_true(client_sync(second.client));
	assert_true(second.activated);
	harness_finish(&harness);
}

static void test_outputs(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	harness_add_output(&harness, 1, 800, 600);
	struct window first, second, same, third;
	window_show(&first, client_connect(&harness), 640, 480);
	window_show(&second, client_connect(&harness), 640, 480); // the first one without a toplevel
	assert_size(&second, 800, 600);
	window_show(&same, second.client, 100, 100);             // where its client is
	window_show(&third, client_connect(&harness), 640, 480); // the first one
	assert_size(&third, 640, 480);
	expect_n_layers(&harness, 0, 3);
	expect_n_layers(&harness, 1, 3);
	assert_true(same.activated && third.activated); // each in front on its output

	// To the output that it names, in front.
	struct wl_output *named = first.client->outputs[1];
	xdg_toplevel_set_fullscreen(first.toplevel, named);
	assert_true(client_sync(first.client));
	assert_size(&first, 800, 600);
	assert_true(first.activated);
	expect_n_layers(&harness, 0, 1);
	expect_n_layers(&harness, 1, 4);

	harness_remove_output(&harness, 1);
	assert_true(client_sync(first.client));
	assert_size(&first, 640, 480);
	expect_n_layers(&harness, 0, 5);
	expect_layer(&harness, 0, 4, 0, 0, 640, 480);
	assert_true(first.activated);
	// Gone with its output, the wish is no reason to crash.
	xdg_toplevel_unset_fullscreen(first.toplevel);
	assert_true(client_sync(first.client));
	harness_finish(&harness);
}

static void test_no_output(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 0);
	struct window window, dialog;
	window_init(&window, client_connect(&harness));
	wl_surface_commit(window.surface);
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, 0); // it waits
	xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	assert_true(client_sync(window.client));
	harness_add_output(&harness, 0, 320, 200);
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, 1);
	assert_size(&window, 320, 200);
	xdg_surface_ack_configure(window.xdg, window.serial);
	window_draw(&window, 320, 200);
	expect_n_layers(&harness, 0, 1);
	window_init(&dialog, window.client);
	xdg_toplevel_set_parent(dialog.toplevel, window.toplevel);
	window_configure(&dialog);
	window_draw(&dialog, 100, 100);

	harness_remove_output(&harness, 0);
	assert_true(client_sync(window.client));
	window_draw(&window, 320, 200);
	harness_add_output(&harness, 1, 640, 480);
	assert_true(client_sync(window.client));
	assert_size(&window, 640, 480);
	assert_size(&dialog, 0, 0);
	assert_true(dialog.activated);
	expect_n_layers(&harness, 1, 2);
	expect_layer(&harness, 1, 0, 160, 140, 320, 200);
	expect_layer(&harness, 1, 1, 270, 190, 100, 100);
	harness_finish(&harness);
}

static void plug(
	struct harness *harness, int index, const char *serial, int32_t width, int32_t height) {
	harness->outputs[index].serial = serial;
	harness_add_output(harness, index, width, height);
}

// To the display that they had, on whichever connector that is, or else to what is on the same connector.
static void test_windows_return(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 0);
	plug(&harness, 0, "A", 640, 480);
	plug(&harness, 1, "B", 800, 600);
	struct window first, window;
	window_show(&first, client_connect(&harness), 640, 480);
	window_show(&window, client_connect(&harness), 800, 600);
	assert_size(&window, 800, 600);
	harness_remove_output(&harness, 1);
	assert_true(client_sync(window.client));
	assert_size(&window, 640, 480);
	plug(&harness, 2, "B", 1024, 768);
	assert_true(client_sync(window.client));
	assert_size(&window, 1024, 768);
	harness_remove_output(&harness, 2);
	plug(&harness, 1, "C", 320, 200);
	assert_true(client_sync(window.client));
	assert_size(&window, 320, 200);
	plug(&harness, 2, "B", 1024, 768);
	assert_true(client_sync(window.client));
	assert_size(&window, 1024, 768);
	// From nowhere, too.
	for (int i = 2; i >= 0; i--) {
		harness_remove_output(&harness, i);
	}
	plug(&harness, 1, "B", 400, 300);
	plug(&harness, 0, "A", 640, 480);
	assert_true(client_sync(window.client) && client_sync(first.client));
	assert_size(&window, 400, 300);
	assert_size(&first, 640, 480);
	harness_finish(&harness);
}

static double now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Ten times the windows may take some ten times as long, not a hundred times.
static double show_many(int n) {
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window *windows = calloc((size_t)n, sizeof(*windows));
	assert_non_null(windows);
	struct wl_buffer *buffer = client_buffer(client, 64, 48);
	double start = now();
	for (int i = 0; i < n; i++) {
		window_init(&windows[i], client);
		wl_surface_commit(windows[i].surface);
	}
	assert_true(client_sync(client));
	for (int i = 0; i < n; i++) {
		assert_size(&windows[i], 640, 480);
		xdg_surface_ack_configure(windows[i].xdg, windows[i].serial);
		wl_surface_attach(windows[i].surface, buffer, 0, 0);
		wl_surface_commit(windows[i].surface);
	}
	assert_true(client_sync(client));
	double took = now() - start;
	expect_n_layers(&harness, 0, n + 1);
	client_kill(client);
	expect_n_layers(&harness, 0, 0);
	free(windows);
	harness_finish(&harness);
	return took;
}

static void test_ten_thousand(void **state) {
	(void)state;
	double few = show_many(1000), many = show_many(10000);
	print_message("1,000 toplevels: %.2f s, 10,000: %.2f s\n", few, many);
	assert_true(many < 60);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_configure),
		cmocka_unit_test(test_own_size),
		cmocka_unit_test(test_window_geometry),
		cmocka_unit_test(test_geometry_of_subsurfaces),
		cmocka_unit_test(test_requests_are_answered),
		cmocka_unit_test(test_dialog),
		cmocka_unit_test(test_dialog_stays_on_output),
		cmocka_unit_test(test_newest_in_front),
		cmocka_unit_test(test_fixed_size_floats),
		cmocka_unit_test(test_activation),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_no_output),
		cmocka_unit_test(test_windows_return),
		cmocka_unit_test(test_ten_thousand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
