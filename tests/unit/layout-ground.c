// SPDX-License-Identifier: MIT
// What is seen where no window is: the background, and the windows of a stand-in, which are never more
// than that.
#include "xdg-harness.h"

#include <string.h>

#include <drm_fourcc.h>

struct kiosk {
	struct harness harness;
	const struct wl_client *stand_in;
	struct scene_buffer *ground; // NULL: black
	bool bare[MAX_OUTPUTS];
	int n_bare, n_removed[2];
};

static int index_of(const struct kiosk *kiosk, const struct wayland_output *output) {
	for (int i = 0; i < MAX_OUTPUTS; i++) {
		if (kiosk->harness.outputs[i].wayland == output) {
			return i;
		}
	}
	fail_msg("an unknown output");
	return -1;
}

static bool is_client(void *data, struct wl_client *client) {
	const struct kiosk *kiosk = data;
	return kiosk->stand_in == client;
}

static void tell_bare(void *data, struct wayland_output *output, bool bare) {
	struct kiosk *kiosk = data;
	int i = index_of(kiosk, output);
	assert_true(kiosk->bare[i] != bare);
	kiosk->bare[i] = bare;
	kiosk->n_bare++;
}

static void tell_removed(void *data, struct wayland_output *output) {
	struct kiosk *kiosk = data;
	(void)output;
	kiosk->n_removed[0]++;
}

static struct scene_buffer *get_ground(void *data, struct wayland_output *output) {
	const struct kiosk *kiosk = data;
	index_of(kiosk, output);
	return kiosk->ground;
}

static void tell_ground_removed(void *data, struct wayland_output *output) {
	struct kiosk *kiosk = data;
	(void)output;
	kiosk->n_removed[1]++;
}

static void begin(struct kiosk *kiosk, int n_outputs) {
	*kiosk = (struct kiosk){0};
	harness_start(&kiosk->harness, n_outputs);
	const struct layout_stand_in stand_in = {is_client, tell_bare, tell_removed, kiosk};
	const struct layout_ground ground = {get_ground, tell_ground_removed, kiosk};
	kiosk_layout_set_stand_in(kiosk->harness.layout, &stand_in);
	kiosk_layout_set_ground(kiosk->harness.layout, &ground);
	harness_dispatch(&kiosk->harness);
}

static void finish(struct kiosk *kiosk) {
	kiosk_layout_set_stand_in(kiosk->harness.layout, NULL);
	kiosk_layout_set_ground(kiosk->harness.layout, NULL);
	scene_buffer_drop(kiosk->ground);
	harness_finish(&kiosk->harness);
}

static struct client *connect_stand_in(struct kiosk *kiosk) {
	struct client *client = client_connect(&kiosk->harness);
	kiosk->stand_in = client->peer;
	return client;
}

static void show_on(struct window *window, struct client *client, int output) {
	window_init(window, client);
	xdg_toplevel_set_fullscreen(window->toplevel, client->outputs[output]);
	window_configure(window);
	window_draw(window, window->width, window->height);
}

// ---- The stand-in ----

static void test_only_where_nothing_else_is(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 2);
	assert_true(kiosk.bare[0] && kiosk.bare[1]);
	struct client *client = connect_stand_in(&kiosk);
	struct window first, second, app;
	show_on(&first, client, 0);
	show_on(&second, client, 1);
	assert_size(&first, 640, 480);
	assert_true(first.fullscreen && !first.activated && !second.activated);
	expect_layer(&kiosk.harness, 0, 0, 0, 0, 640, 480);
	expect_n_layers(&kiosk.harness, 1, 1);
	// An app's window goes to the first output, as if nothing was there, and takes its place there.
	struct client *other = client_connect(&kiosk.harness);
	window_show(&app, other, 100, 80);
	expect_n_layers(&kiosk.harness, 0, 1);
	expect_layer(&kiosk.harness, 0, 0, 270, 200, 100, 80);
	expect_n_layers(&kiosk.harness, 1, 1);
	assert_true(!kiosk.bare[0] && kiosk.bare[1]);
	assert_true(client_sync(other));
	assert_true(app.activated);
	// What the stand-in draws meanwhile is not seen; nor does it come to the front.
	window_draw(&first, 640, 480);
	xdg_toplevel_set_fullscreen(first.toplevel, client->outputs[0]);
	assert_true(client_sync(client));
	expect_n_layers(&kiosk.harness, 0, 1);
	window_destroy(&app);
	assert_true(client_sync(other));
	assert_true(kiosk.bare[0]);
	expect_layer(&kiosk.harness, 0, 0, 0, 0, 640, 480);
	assert_int_equal(kiosk.n_bare, 4);
	// It is none of the windows.
	struct layout_window_info info;
	const void *position = NULL;
	assert_false(kiosk_layout_next_window(kiosk.harness.layout, &info, &position));
	finish(&kiosk);
}

static void test_no_keyboard(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 1);
	struct window window;
	show_on(&window, connect_stand_in(&kiosk), 0);
	assert_null(seat_keyboard_focus(wayland_server_seat(kiosk.harness.server)));
	finish(&kiosk);
}

// Without an output of its own, or with one that goes, it is nowhere.
static void test_outputs_go(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 2);
	struct client *client = connect_stand_in(&kiosk);
	struct window anywhere, second;
	window_init(&anywhere, client);
	window_configure(&anywhere);
	assert_size(&anywhere, 0, 0);
	window_draw(&anywhere, 640, 480);
	show_on(&second, client, 1);
	expect_n_layers(&kiosk.harness, 0, 0);
	expect_n_layers(&kiosk.harness, 1, 1);
	harness_remove_output(&kiosk.harness, 1);
	assert_int_equal(kiosk.n_removed[0], 1);
	assert_int_equal(kiosk.n_removed[1], 1);
	assert_true(client_sync(client));
	window_draw(&second, 640, 480);
	expect_n_layers(&kiosk.harness, 0, 0);
	// It asks for the other one.
	xdg_toplevel_set_fullscreen(second.toplevel, client->outputs[0]);
	assert_true(client_sync(client));
	window_draw(&second, 640, 480);
	expect_n_layers(&kiosk.harness, 0, 1);
	window_destroy(&second);
	window_destroy(&anywhere);
	assert_true(client_sync(client));
	expect_n_layers(&kiosk.harness, 0, 0);
	finish(&kiosk);
}

static void test_stand_in_dies(void **state) {
	(void)state;
	struct kiosk kiosk;
	begin(&kiosk, 1);
	struct window window, again;
	struct client *client = connect_stand_in(&kiosk);
	show_on(&window, client, 0);
	expect_n_layers(&kiosk.harness, 0, 1);
	client_kill(client);
	harness_dispatch(&kiosk.harness);
	expect_n_layers(&kiosk.harness, 0, 0);
	assert_true(kiosk.bare[0]);
	show_on(&again, connect_stand_in(&kiosk), 0);
	expect_n_layers(&kiosk.harness, 0, 1);
	finish(&kiosk);
}

// ---- The background ----

static void destroy_buffer(struct scene_buffer *buffer) {
	free(buffer);
}

static struct scene_buffer *make_buffer(void) {
	static const struct scene_buffer_ops ops = {.destroy = destroy_buffer};
	struct scene_buffer *buffer = calloc(1, sizeof(*buffer));
	assert_non_null(buffer);
	scene_buffer_init(buffer, &ops, SCENE_BUFFER_SOLID);
	buffer->format = DRM_FORMAT_XRGB8888;
	return buffer;
}

static const struct scene_layer *layer_at(const struct kiosk *kiosk, int i) {
	return kiosk->harness.outputs[0].scene.layers[i];
}

static void test_ground(void **state) {
	(void)state;
	struct kiosk kiosk;
	struct window behind, front;
	begin(&kiosk, 1);
	expect_n_layers(&kiosk.harness, 0, 0); // black needs no layer
	kiosk.ground = make_buffer();
	kiosk_layout_ground_changed(kiosk.harness.layout, kiosk.harness.outputs[0].wayland);
	harness_dispatch(&kiosk.harness);
	expect_layer(&kiosk.harness, 0, 0, 0, 0, 640, 480);
	assert_ptr_equal(layer_at(&kiosk, 0)->buffer, kiosk.ground);
	// Below one window; between two, where the one behind is not to be seen.
	struct client *client = client_connect(&kiosk.harness);
	window_show(&behind, client, 640, 480);
	expect_n_layers(&kiosk.harness, 0, 2);
	assert_ptr_equal(layer_at(&kiosk, 0)->buffer, kiosk.ground);
	window_show(&front, client, 100, 80);
	expect_n_layers(&kiosk.harness, 0, 3);
	assert_ptr_equal(layer_at(&kiosk, 1)->buffer, kiosk.ground);
	// Another one, while the former is still locked by the layer; and black again.
	struct scene_buffer *former = kiosk.ground;
	kiosk.ground = make_buffer();
	scene_buffer_drop(former);
	kiosk_layout_ground_changed(kiosk.harness.layout, NULL);
	harness_dispatch(&kiosk.harness);
	assert_ptr_equal(layer_at(&kiosk, 1)->buffer, kiosk.ground);
	scene_buffer_drop(kiosk.ground);
	kiosk.ground = NULL;
	kiosk_layout_ground_changed(kiosk.harness.layout, NULL);
	harness_dispatch(&kiosk.harness);
	expect_n_layers(&kiosk.harness, 0, 3);
	window_destroy(&front);
	assert_true(client_sync(client));
	expect_n_layers(&kiosk.harness, 0, 1);
	finish(&kiosk);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_where_nothing_else_is),
		cmocka_unit_test(test_no_keyboard),
		cmocka_unit_test(test_outputs_go),
		cmocka_unit_test(test_stand_in_dies),
		cmocka_unit_test(test_ground),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
