// SPDX-License-Identifier: MIT
// Where windows go whose apps have a place in the configuration.
#include "xdg-harness.h"

#include <string.h>

struct kiosk {
	struct harness harness;
	struct {
		const struct wl_client *client;
		struct layout_placement placement;
	} apps[4];
	int n_apps;
	int n_drawn;
};

static const struct layout_placement *placement(void *data, struct wl_client *client) {
	struct kiosk *kiosk = data;
	for (int i = 0; i < kiosk->n_apps; i++) {
		if (kiosk->apps[i].client == client) {
			return &kiosk->apps[i].placement;
		}
	}
	return NULL;
}

static void drawn(void *data, struct wl_client *client) {
	(void)client;
	struct kiosk *kiosk = data;
	kiosk->n_drawn++;
}

static void begin(struct kiosk *kiosk, int n_outputs) {
	*kiosk = (struct kiosk){0};
	harness_start(&kiosk->harness, n_outputs);
	const struct layout_owner owner = {placement, drawn, kiosk};
	kiosk_layout_set_owner(kiosk->harness.layout, &owner);
}

static void finish(struct kiosk *kiosk) {
	harness_finish(&kiosk->harness);
}

// The only client of an app.
static struct client *start(struct kiosk *kiosk, struct layout_placement placed) {
	struct client *client = client_connect(&kiosk->harness);
	kiosk->apps[kiosk->n_apps].client = client->peer;
	kiosk->apps[kiosk->n_apps++].placement = placed;
	return client;
}

static const struct scene_rect left = {0, 0, 320, 480}, right = {320, 0, 320, 480};

// Shows a window of the size it was told.
static void show(struct window *window, struct client *client) {
	window_init(window, client);
	window_configure(window);
	window_draw(window, window->width, window->height);
}

static void test_split_screen(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 1);
	struct window a, b, newer;
	show(&a, start(&kiosk, (struct layout_placement){LAYOUT_NORMAL, left, NULL}));
	assert_size(&a, 320, 480);
	assert_true(a.fullscreen);
	assert_int_equal(kiosk.n_drawn, 1);
	struct client *client = start(&kiosk, (struct layout_placement){LAYOUT_NORMAL, right, NULL});
	show(&b, client);
	expect_n_layers(&kiosk.harness, 0, 2);
	expect_layer(&kiosk.harness, 0, 0, 0, 0, 320, 480);
	expect_layer(&kiosk.harness, 0, 1, 320, 0, 320, 480);
	// Each is in front of its own half.
	assert_true(client_sync(client));
	assert_true(client_sync(a.client));
	assert_true(a.activated && b.activated);
	// One that covers another does so in its half alone: that is below the black.
	show(&newer, client);
	expect_n_layers(&kiosk.harness, 0, 4);
	expect_layer(&kiosk.harness, 0, 0, 320, 0, 320, 480);
	expect_layer(&kiosk.harness, 0, 1, 0, 0, 640, 480);
	expect_layer(&kiosk.harness, 0, 2, 0, 0, 320, 480);
	expect_layer(&kiosk.harness, 0, 3, 320, 0, 320, 480);
	assert_true(client_sync(a.client));
	assert_true(client_sync(client));
	assert_true(a.activated && newer.activated && !b.activated);
	finish(&kiosk);
}

static void test_small_windows_and_dialogs_stay_in_the_region(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 1);
	struct window window, dialog;
	struct client *client = start(&kiosk, (struct layout_placement){LAYOUT_NORMAL, right, NULL});
	window_show(&window, client, 100, 80);
	expect_layer(&kiosk.harness, 0, 0, 320 + 110, 200, 100, 80);
	assert_int_equal(window.bounds_width, 320);
	window_init(&dialog, client);
	xdg_toplevel_set_parent(dialog.toplevel, window.toplevel);
	window_configure(&dialog);
	assert_size(&dialog, 0, 0);
	window_draw(&dialog, 310, 20);
	expect_layer(&kiosk.harness, 0, 1, 325, 230, 310, 20);
	window_draw(&dialog, 400, 20); // its beginning is in view
	expect_layer(&kiosk.harness, 0, 1, 320, 230, 400, 20);
	finish(&kiosk);
}

static void test_region_past_the_edge(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 1);
	struct window a, b;
	show(&a,
		start(&kiosk,
			(struct layout_placement){
				LAYOUT_NORMAL, (struct scene_rect){600, 400, 100, 100}, NULL}));
	assert_size(&a, 40, 80);
	expect_layer(&kiosk.harness, 0, 0, 600, 400, 40, 80);
	show(&b,
		start(&kiosk,
			(struct layout_placement){LAYOUT_NORMAL, (struct scene_rect){640, 0, 10, 10}, NULL}));
	assert_size(&b, 640, 480); // better than nowhere
	finish(&kiosk);
}

static void test_levels(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 1);
	const struct scene_rect bar = {0, 440, 640, 40}, all = {0};
	struct window over, normal, below, second;
	show(&over, start(&kiosk, (struct layout_placement){LAYOUT_OVERLAY, bar, NULL}));
	window_show(&normal, client_connect(&kiosk.harness), 200, 100); // of no app
	show(&below, start(&kiosk, (struct layout_placement){LAYOUT_BACKGROUND, all, NULL}));
	expect_n_layers(&kiosk.harness, 0, 3);
	expect_layer(&kiosk.harness, 0, 0, 0, 0, 640, 480);
	expect_layer(&kiosk.harness, 0, 1, 220, 190, 200, 100);
	expect_layer(&kiosk.harness, 0, 2, 0, 440, 640, 40);
	// What a new window covers does not shine through, what is in the background does.
	window_show(&second, client_connect(&kiosk.harness), 100, 50);
	expect_n_layers(&kiosk.harness, 0, 5);
	expect_layer(&kiosk.harness, 0, 0, 220, 190, 200, 100);
	expect_layer(&kiosk.harness, 0, 1, 0, 0, 640, 480); // black
	expect_layer(&kiosk.harness, 0, 2, 0, 0, 640, 480);
	expect_layer(&kiosk.harness, 0, 3, 270, 215, 100, 50);
	expect_layer(&kiosk.harness, 0, 4, 0, 440, 640, 40);
	finish(&kiosk);
}

static const struct surface *focus(struct kiosk *kiosk) {
	kiosk_layout_flush(kiosk->harness.layout);
	return seat_keyboard_focus(wayland_server_seat(kiosk->harness.server));
}

static struct surface *server_surface(struct kiosk *kiosk, const struct wl_client *client) {
	struct layout_window_info info;
	const void *position = NULL;
	while (kiosk_layout_next_window(kiosk->harness.layout, &info, &position)) {
		if (surface_client(toplevel_surface(info.toplevel)) == client) {
			return toplevel_surface(info.toplevel);
		}
	}
	fail_msg("no such window");
	return NULL;
}

static void test_keyboard_of_levels(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 1);
	seat_set_capabilities(wayland_server_seat(kiosk.harness.server), WL_SEAT_CAPABILITY_KEYBOARD);
	const struct scene_rect bar = {0, 440, 640, 40}, all = {0};
	struct window below, normal, over;
	struct client *background =
		start(&kiosk, (struct layout_placement){LAYOUT_BACKGROUND, all, NULL});
	struct client *overlay = start(&kiosk, (struct layout_placement){LAYOUT_OVERLAY, bar, NULL});
	show(&over, overlay);
	struct surface *of_over = server_surface(&kiosk, overlay->peer);
	assert_ptr_equal(focus(&kiosk), of_over); // there is no other
	show(&below, background);
	struct surface *of_below = server_surface(&kiosk, background->peer);
	assert_ptr_equal(focus(&kiosk), of_below);
	struct client *client = client_connect(&kiosk.harness);
	show(&normal, client);
	struct surface *of_normal = server_surface(&kiosk, client->peer);
	assert_ptr_equal(focus(&kiosk), of_normal);
	kiosk_layout_policy()->surface_pressed(kiosk.harness.layout, of_over);
	assert_ptr_equal(focus(&kiosk), of_over);
	kiosk_layout_policy()->surface_pressed(kiosk.harness.layout, of_below);
	assert_ptr_equal(focus(&kiosk), of_below);
	expect_layer(&kiosk.harness, 0, 0, 0, 0, 640, 480); // pressed, it stays below
	expect_layer(&kiosk.harness, 0, 2, 0, 440, 640, 40);
	window_destroy(&below);
	assert_true(client_sync(background));
	assert_ptr_equal(focus(&kiosk), of_normal);
	finish(&kiosk);
}

static void test_outputs_of_a_list(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 3);
	const struct scene_rect all = {0};
	struct window windows[3];
	struct client *client =
		start(&kiosk, (struct layout_placement){LAYOUT_NORMAL, all, "Test-3, Test-2"});
	for (int i = 0; i < 3; i++) {
		show(&windows[i], client);
	}
	expect_n_layers(&kiosk.harness, 0, 0);
	expect_n_layers(&kiosk.harness, 1, 1);
	expect_n_layers(&kiosk.harness, 2, 3); // two, and black between them
	// It may choose of its own, and of no other.
	xdg_toplevel_set_fullscreen(windows[1].toplevel, client->outputs[0]);
	assert_true(client_sync(client));
	expect_n_layers(&kiosk.harness, 0, 0);
	xdg_toplevel_set_fullscreen(windows[1].toplevel, client->outputs[2]);
	assert_true(client_sync(client));
	expect_n_layers(&kiosk.harness, 1, 0);
	finish(&kiosk);
}

static void test_outputs_that_come_and_go(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 2);
	const struct scene_rect all = {0};
	struct window a, b, any;
	struct client *other = client_connect(&kiosk.harness);
	show(&any, other);
	struct client *waits = start(&kiosk, (struct layout_placement){LAYOUT_NORMAL, all, "Test-3"});
	window_init(&a, waits);
	wl_surface_commit(a.surface);
	assert_true(client_sync(waits));
	assert_int_equal(a.n_configures, 0); // nobody knows a size yet
	struct client *two =
		start(&kiosk, (struct layout_placement){LAYOUT_NORMAL, all, "Test-2 Test-1"});
	show(&b, two);
	expect_n_layers(&kiosk.harness, 1, 1);
	harness_add_output(&kiosk.harness, 2, 300, 200);
	assert_true(client_sync(waits));
	assert_size(&a, 300, 200);
	// To the other one of the list, and home again.
	harness_remove_output(&kiosk.harness, 1);
	assert_true(client_sync(two));
	expect_n_layers(&kiosk.harness, 0, 3);
	harness_add_output(&kiosk.harness, 1, 400, 300);
	assert_true(client_sync(two));
	expect_n_layers(&kiosk.harness, 0, 1);
	expect_n_layers(&kiosk.harness, 1, 1);
	assert_size(&b, 400, 300);
	// What has no other waits, whatever else there is.
	harness_remove_output(&kiosk.harness, 2);
	expect_n_layers(&kiosk.harness, 0, 1);
	expect_n_layers(&kiosk.harness, 1, 1);
	finish(&kiosk);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_screen),
		cmocka_unit_test(test_small_windows_and_dialogs_stay_in_the_region),
		cmocka_unit_test(test_region_past_the_edge),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_keyboard_of_levels),
		cmocka_unit_test(test_outputs_of_a_list),
		cmocka_unit_test(test_outputs_that_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
