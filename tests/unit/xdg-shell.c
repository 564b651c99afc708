// SPDX-License-Identifier: MIT
// xdg-shell as a well-behaved client sees it: configures, mapping, popups, decorations; and objects that
// go in every order.
#include "xdg-harness.h"

// ---- Configure and map ----

static void test_unmap_and_map_again(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	for (int i = 0; i < 3; i++) {
		wl_surface_attach(window.surface, NULL, 0, 0);
		wl_surface_commit(window.surface);
		assert_true(client_sync(window.client));
		expect_n_layers(&harness, 0, 0);
		assert_int_equal(window.n_configures, 1 + i);
		window.n_capabilities = 0;
		window_configure(&window);
		assert_size(&window, 640, 480);
		assert_true(window.fullscreen && window.activated);
		assert_int_equal(window.n_capabilities, 1);
		window_draw(&window, 320, 240);
		expect_layer(&harness, 0, 0, 160, 120, 320, 240);
	}
	harness_finish(&harness);
}

// A configure that was on its way when the window was unmapped may be acknowledged, but is not the
// answer to the new initial commit.
static void test_late_ack(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, 2);
	xdg_surface_ack_configure(window.xdg, window.serial);
	window_configure(&window);
	window_draw(&window, 320, 240);
	expect_n_layers(&harness, 0, 1);
	harness_finish(&harness);
}

// Who does not acknowledge is told no more, until it does; then it gets the last word.
static void test_bounded_configures(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	for (int i = 0; i < 1000; i++) {
		xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	}
	assert_true(client_sync(window.client));
	int n = window.n_configures;
	assert_in_range(n, 2, 100);
	harness_remove_output(&harness, 0);
	harness_add_output(&harness, 1, 800, 600);
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, n);
	xdg_surface_ack_configure(window.xdg, window.serial);
	assert_true(client_sync(window.client));
	assert_int_equal(window.n_configures, n + 1);
	assert_size(&window, 800, 600);
	// All of them lost, an unmapped one still gets its configure.
	for (int i = 0; i < 1000; i++) {
		xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	}
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	assert_true(client_sync(window.client));
	window_configure(&window);
	window_draw(&window, 320, 240);
	expect_n_layers(&harness, 1, 1);
	harness_finish(&harness);
}

static void test_size_limits(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 320, 240);
	xdg_toplevel_set_max_size(window.toplevel, 100, 100);
	wl_surface_commit(window.surface);
	// Only what is committed counts, so the order of the requests does not.
	xdg_toplevel_set_min_size(window.toplevel, 200, 200);
	xdg_toplevel_set_max_size(window.toplevel, 300, 0);
	wl_surface_commit(window.surface);
	xdg_toplevel_set_title(window.toplevel, "title");
	xdg_toplevel_set_app_id(window.toplevel, "org.example.test");
	xdg_toplevel_show_window_menu(window.toplevel, window.client->seat, 0, 1, 1);
	xdg_toplevel_move(window.toplevel, window.client->seat, 0);
	xdg_toplevel_resize(window.toplevel, window.client->seat, 0, XDG_TOPLEVEL_RESIZE_EDGE_LEFT);
	assert_true(client_sync(window.client));
	const struct scene_layer *layer = harness.outputs[0].scene.layers[0];
	assert_string_equal(layer->owner.app_id, "org.example.test");
	assert_int_equal(window.n_configures, 1);
	harness_finish(&harness);
}

static int decoration_configures;
static uint32_t decoration_mode;

static void handle_decoration(
	void *data, struct zxdg_toplevel_decoration_v1 *decoration, uint32_t mode) {
	(void)data;
	(void)decoration;
	decoration_configures++;
	decoration_mode = mode;
}

static const struct zxdg_toplevel_decoration_v1_listener decoration_listener = {
	.configure = handle_decoration,
};

static void test_decoration(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window;
	window_init(&window, client);
	struct zxdg_toplevel_decoration_v1 *decoration =
		zxdg_decoration_manager_v1_get_toplevel_decoration(client->decoration, window.toplevel);
	zxdg_toplevel_decoration_v1_add_listener(decoration, &decoration_listener, NULL);
	zxdg_toplevel_decoration_v1_set_mode(decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
	decoration_configures = 0;
	window_configure(&window);
	assert_int_equal(decoration_configures, 1);
	assert_int_equal(decoration_mode, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	window_draw(&window, 640, 480);
	zxdg_toplevel_decoration_v1_unset_mode(decoration);
	zxdg_toplevel_decoration_v1_set_mode(decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
	assert_true(client_sync(client));
	assert_int_equal(decoration_configures, 3);
	assert_int_equal(window.n_configures, 3);
	assert_int_equal(decoration_mode, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	zxdg_toplevel_decoration_v1_destroy(decoration);
	window_destroy(&window);
	assert_true(client_sync(client));
	harness_finish(&harness);
}

// ---- Popups ----

static void test_popup(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window, popup, nested, tip;
	window_init(&window, client);
	xdg_surface_set_window_geometry(window.xdg, 10, 10, 400, 300);
	window_configure(&window);
	window_draw(&window, 420, 320); // window geometry at 120,90
	struct xdg_positioner *positioner = positioner_create(client, 100, 50, 20, 30, 10, 10);
	popup_init(&popup, client, &window, positioner);
	popup_grab(&popup);
	window_configure(&popup);
	assert_size(&popup, 100, 50);
	assert_int_equal(popup.x, 20);
	assert_int_equal(popup.y, 30);
	expect_n_layers(&harness, 0, 1);
	xdg_surface_set_window_geometry(popup.xdg, 3, 4, 100, 50);
	window_draw(&popup, 106, 58);
	expect_n_layers(&harness, 0, 2);
	expect_layer(&harness, 0, 1, 120 + 20 - 3, 90 + 30 - 4, 106, 58);
	assert_int_equal(popup.n_done, 0);

	popup_init(&tip, client, &window, positioner);
	window_configure(&tip);
	window_draw(&tip, 10, 10);
	popup_init(&nested, client, &popup, positioner);
	popup_grab(&nested);
	window_configure(&nested);
	window_draw(&nested, 100, 50);
	// In order of creation, whoever the parent is.
	expect_n_layers(&harness, 0, 4);
	expect_layer(&harness, 0, 2, 140, 120, 10, 10);
	expect_layer(&harness, 0, 3, 160, 150, 100, 50);

	// What has no grab may go in any order.
	window_destroy(&tip);
	window_destroy(&nested);
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, 2);
	window_destroy(&popup);
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, 1);
	harness_finish(&harness);
}

static void test_popup_stays_on_output(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window, popup, nested;
	window_show(&window, client, 400, 300); // at 120,90
	struct xdg_positioner *positioner = positioner_create(client, 300, 200, 390, 290, 10, 10);
	xdg_positioner_set_constraint_adjustment(positioner,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X | XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_BOTTOM_LEFT);
	popup_init(&popup, client, &window, positioner);
	window_configure(&popup);
	assert_int_equal(popup.x, 640 - 120 - 300);
	assert_int_equal(popup.y, 290 - 200);
	window_draw(&popup, 300, 200);
	expect_layer(&harness, 0, 1, 340, 180, 300, 200);
	// Relative to its parent, which is a popup.
	struct xdg_positioner *right = positioner_create(client, 50, 50, 290, 0, 10, 10);
	xdg_positioner_set_anchor(right, XDG_POSITIONER_ANCHOR_TOP_RIGHT);
	xdg_positioner_set_constraint_adjustment(right, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	popup_init(&nested, client, &popup, right);
	window_configure(&nested);
	assert_int_equal(nested.x, 250);
	window_draw(&nested, 50, 50);
	expect_layer(&harness, 0, 2, 590, 180, 50, 50);
	harness_finish(&harness);
}

static void test_reposition(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window, popup;
	window_show(&window, client, 640, 480);
	popup_init(&popup, client, &window, positioner_create(client, 100, 50, 20, 30, 10, 10));
	window_configure(&popup);
	window_draw(&popup, 100, 50);
	xdg_popup_reposition(popup.popup, positioner_create(client, 90, 40, 60, 70, 10, 10), 4711);
	assert_true(client_sync(client));
	assert_int_equal(popup.token, 4711);
	assert_int_equal(popup.x, 60);
	assert_size(&popup, 90, 40);
	// In force once acknowledged and committed.
	expect_layer(&harness, 0, 1, 20, 30, 100, 50);
	xdg_surface_ack_configure(popup.xdg, popup.serial);
	assert_true(client_sync(client));
	expect_layer(&harness, 0, 1, 20, 30, 100, 50);
	wl_surface_commit(popup.surface);
	assert_true(client_sync(client));
	expect_layer(&harness, 0, 1, 60, 70, 100, 50);
	harness_finish(&harness);
}

// A parent that moves takes its popups along; a reactive one is placed anew.
static void test_reactive(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window, plain, reactive;
	window_show(&window, client, 640, 480);
	struct xdg_positioner *positioner = positioner_create(client, 100, 50, 600, 0, 10, 10);
	xdg_positioner_set_constraint_adjustment(
		positioner, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	popup_init(&plain, client, &window, positioner);
	window_configure(&plain);
	window_draw(&plain, 100, 50);
	xdg_positioner_set_reactive(positioner);
	popup_init(&reactive, client, &window, positioner);
	window_configure(&reactive);
	window_draw(&reactive, 100, 50);
	assert_int_equal(reactive.x, 540);
	window_draw(&window, 620, 480); // from 10 on
	assert_true(client_sync(client));
	expect_layer(&harness, 0, 1, 550, 0, 100, 50);
	assert_int_equal(plain.n_configures, 1);
	assert_int_equal(reactive.n_configures, 2);
	assert_int_equal(reactive.x, 530);
	xdg_surface_ack_configure(reactive.xdg, reactive.serial);
	wl_surface_commit(reactive.surface);
	assert_true(client_sync(client));
	expect_layer(&harness, 0, 2, 540, 0, 100, 50);

	// For a parent that is about to have another size: 220 wide it will be at 210.
	struct xdg_positioner *later = positioner_create(client, 300, 50, 219, 0, 1, 1);
	xdg_positioner_set_constraint_adjustment(later, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	xdg_positioner_set_parent_size(later, 220, 480);
	xdg_positioner_set_parent_configure(later, window.serial);
	xdg_popup_reposition(plain.popup, later, 1);
	assert_true(client_sync(client));
	assert_int_equal(plain.x, 640 - 210 - 300);
	harness_finish(&harness);
}

static void test_dismissed_with_parent(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window window, popup, nested, late;
	struct xdg_positioner *positioner = positioner_create(client, 100, 50, 20, 30, 10, 10);
	window_show(&window, client, 640, 480);
	popup_init(&popup, client, &window, positioner);
	window_configure(&popup);
	window_draw(&popup, 100, 50);
	popup_init(&nested, client, &popup, positioner);
	window_configure(&nested);
	window_draw(&nested, 100, 50);
	expect_n_layers(&harness, 0, 3);
	// A popup that is unmapped takes those above it along.
	wl_surface_attach(popup.surface, NULL, 0, 0);
	wl_surface_commit(popup.surface);
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, 1);
	assert_int_equal(popup.n_done, 0);
	assert_int_equal(nested.n_done, 1);
	// And may be mapped again; the one that was dismissed is not shown any more.
	window_configure(&popup);
	window_draw(&popup, 100, 50);
	window_draw(&nested, 100, 50);
	expect_n_layers(&harness, 0, 2);

	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, 0);
	assert_int_equal(popup.n_done, 1);
	popup_init(&late, client, &popup, positioner);
	assert_true(client_sync(client));
	assert_int_equal(late.n_done, 1);
	wl_surface_commit(late.surface);
	assert_true(client_sync(client));
	// Dismissed ones may be destroyed from below.
	window_destroy(&popup);
	window_destroy(&nested);
	window_destroy(&late);
	window_configure(&window);
	window_draw(&window, 640, 480);
	expect_n_layers(&harness, 0, 1);
	harness_finish(&harness);
}

// As deep as a client likes; the server neither recurses nor trips over it.
static void test_deep_popups(void **state) {
	(void)state;
	enum { DEPTH = 2000 };
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window *windows = calloc(DEPTH, sizeof(*windows));
	assert_non_null(windows);
	window_show(&windows[0], client, 640, 480);
	struct wl_buffer *buffer = client_buffer(client, 10, 10);
	struct xdg_positioner *positioner = positioner_create(client, 10, 10, 1, 1, 1, 1);
	for (int i = 1; i < DEPTH; i++) {
		popup_init(&windows[i], client, &windows[i - 1], positioner);
		wl_surface_commit(windows[i].surface);
	}
	assert_true(client_sync(client));
	for (int i = 1; i < DEPTH; i++) {
		xdg_surface_ack_configure(windows[i].xdg, windows[i].serial);
		wl_surface_attach(windows[i].surface, buffer, 0, 0);
		wl_surface_commit(windows[i].surface);
	}
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, DEPTH);
	expect_layer(&harness, 0, DEPTH - 1, DEPTH - 1, DEPTH - 1, 10, 10);
	xdg_toplevel_destroy(windows[0].toplevel);
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, 0);
	for (int i = 1; i < DEPTH; i++) {
		assert_int_equal(windows[i].n_done, 1);
	}
	client_kill(client);
	free(windows);
	harness_finish(&harness);
}

// Dialogs likewise.
static void test_deep_dialogs(void **state) {
	(void)state;
	enum { DEPTH = 2000 };
	struct harness harness;
	harness_start(&harness, 1);
	struct client *client = client_connect(&harness);
	struct window *windows = calloc(DEPTH, sizeof(*windows));
	assert_non_null(windows);
	struct wl_buffer *buffer = client_buffer(client, 10, 10);
	for (int i = 0; i < DEPTH; i++) {
		window_init(&windows[i], client);
		wl_surface_commit(windows[i].surface);
	}
	assert_true(client_sync(client));
	for (int i = 0; i < DEPTH; i++) {
		xdg_surface_ack_configure(windows[i].xdg, windows[i].serial);
		wl_surface_attach(windows[i].surface, buffer, 0, 0);
		wl_surface_commit(windows[i].surface);
		if (i > 0) {
			xdg_toplevel_set_parent(windows[i].toplevel, windows[i - 1].toplevel);
		}
	}
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, DEPTH);
	assert_true(client_sync(client));
	assert_true(windows[0].activated && windows[DEPTH - 1].activated);
	for (int i = 0; i < DEPTH; i += 2) {
		window_destroy(&windows[i]);
	}
	assert_true(client_sync(client));
	expect_n_layers(&harness, 0, DEPTH / 2);
	client_kill(client);
	free(windows);
	harness_finish(&harness);
}

// ---- Ends ----

// A window with a dialog, popups and decoration, left at every step of its life.
static void live(struct client *client, int step) {
	struct window window, dialog, popup, nested;
	struct xdg_positioner *positioner = positioner_create(client, 100, 50, 20, 30, 10, 10);
	window_init(&window, client);
	zxdg_decoration_manager_v1_get_toplevel_decoration(client->decoration, window.toplevel);
	xdg_activation_token_v1_commit(xdg_activation_v1_get_activation_token(client->activation));
	if (step == 0) {
		return;
	}
	window_configure(&window);
	if (step == 1) {
		return;
	}
	window_draw(&window, 640, 480);
	window_init(&dialog, client);
	xdg_toplevel_set_parent(dialog.toplevel, window.toplevel);
	if (step == 2) {
		return;
	}
	window_configure(&dialog);
	if (step == 3) {
		return;
	}
	window_draw(&dialog, 100, 100);
	popup_init(&popup, client, &dialog, positioner);
	popup_grab(&popup);
	if (step == 4) {
		return;
	}
	window_configure(&popup);
	window_draw(&popup, 100, 50);
	popup_init(&nested, client, &popup, positioner);
	window_configure(&nested);
	if (step == 5) {
		return;
	}
	window_draw(&nested, 100, 50);
	if (step == 6) {
		return;
	}
	xdg_toplevel_destroy(dialog.toplevel);
	assert_true(client_sync(client));
	assert_int_equal(popup.n_done, 1);
	if (step == 7) {
		return;
	}
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
}

static void test_leaving(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 2);
	struct window bystander;
	window_show(&bystander, client_connect(&harness), 640, 480);
	for (int step = 0; step < 9; step++) {
		for (int sync = 0; sync < 2; sync++) {
			struct client *client = client_connect(&harness);
			live(client, step);
			if (sync) {
				assert_true(client_sync(client));
			} else {
				wl_display_flush(client->display);
			}
			client_kill(client);
			expect_n_layers(&harness, 0, 1);
			expect_n_layers(&harness, 1, 0);
		}
	}
	assert_true(client_sync(bystander.client));
	harness_finish(&harness);
}

// Roles come back on the same wl_surface.
static void test_new_role_object(void **state) {
	(void)state;
	struct harness harness;
	harness_start(&harness, 1);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	for (int i = 0; i < 3; i++) {
		struct wl_surface *surface = window.surface;
		struct client *client = window.client;
		xdg_toplevel_destroy(window.toplevel);
		xdg_surface_destroy(window.xdg);
		assert_true(client_sync(client));
		expect_n_layers(&harness, 0, 0);
		window_init_surface(&window, client, surface);
		window_configure(&window);
		window_draw(&window, 640, 480);
		expect_n_layers(&harness, 0, 1);
	}
	window_destroy(&window);
	assert_true(client_sync(window.client));
	xdg_wm_base_destroy(window.client->wm_base);
	assert_true(client_sync(window.client));
	harness_finish(&harness);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unmap_and_map_again),
		cmocka_unit_test(test_late_ack),
		cmocka_unit_test(test_bounded_configures),
		cmocka_unit_test(test_size_limits),
		cmocka_unit_test(test_decoration),
		cmocka_unit_test(test_popup),
		cmocka_unit_test(test_popup_stays_on_output),
		cmocka_unit_test(test_reposition),
		cmocka_unit_test(test_reactive),
		cmocka_unit_test(test_dismissed_with_parent),
		cmocka_unit_test(test_deep_popups),
		cmocka_unit_test(test_deep_dialogs),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_new_role_object),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
