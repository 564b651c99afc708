// SPDX-License-Identifier: MIT
// zwlr_layer_shell_v1: where layer surfaces lie, what they leave to windows, who has the keyboard, and
// what clients do wrong.
#include "xdg-harness.h"

#include <string.h>

#include "globals.h"
#include "wayland/server.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"

#define TOP ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP
#define BOTTOM ZWLR_LAYER_SURFACE_V1_ANCHOR_BOTTOM
#define LEFT ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT
#define RIGHT ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT

static struct harness harness;

static bool trust(void *data, pid_t pid, int fd) {
	(void)pid;
	(void)fd;
	return *(bool *)data;
}

static bool trusting;

static void start(int n_outputs) {
	harness_start(&harness, n_outputs);
	trusting = true;
	kiosk_layout_set_trust(harness.layout, trust, &trusting);
}

// ---- A client's layer surface ----

struct panel {
	struct client *client;
	struct wl_surface *surface;
	struct zwlr_layer_surface_v1 *layer;
	uint32_t serial, width, height;
	int n_configures, n_closed;
};

static void handle_configure(void *data, struct zwlr_layer_surface_v1 *layer, uint32_t serial,
	uint32_t width, uint32_t height) {
	(void)layer;
	struct panel *panel = data;
	panel->serial = serial;
	panel->width = width;
	panel->height = height;
	panel->n_configures++;
}

static void handle_closed(void *data, struct zwlr_layer_surface_v1 *layer) {
	(void)layer;
	((struct panel *)data)->n_closed++;
}

static const struct zwlr_layer_surface_v1_listener layer_listener = {
	.configure = handle_configure,
	.closed = handle_closed,
};

// NULL: it is not offered.
static struct zwlr_layer_shell_v1 *bind_shell(struct client *client) {
	struct test_globals globals;
	test_globals_ask(&globals, client->display);
	client_sync(client);
	struct zwlr_layer_shell_v1 *shell =
		test_globals_bind(&globals, &zwlr_layer_shell_v1_interface, UINT32_MAX);
	test_globals_finish(&globals);
	return shell;
}

static void panel_init(
	struct panel *panel, struct client *client, uint32_t layer, struct wl_output *output) {
	*panel = (struct panel){.client = client};
	panel->surface = wl_compositor_create_surface(client->compositor);
	struct zwlr_layer_shell_v1 *shell = bind_shell(client);
	assert_non_null(shell);
	panel->layer =
		zwlr_layer_shell_v1_get_layer_surface(shell, panel->surface, output, layer, "test");
	zwlr_layer_surface_v1_add_listener(panel->layer, &layer_listener, panel);
	zwlr_layer_shell_v1_destroy(shell);
}

static void panel_set(
	struct panel *panel, uint32_t anchor, uint32_t width, uint32_t height, int32_t zone) {
	zwlr_layer_surface_v1_set_anchor(panel->layer, anchor);
	zwlr_layer_surface_v1_set_size(panel->layer, width, height);
	zwlr_layer_surface_v1_set_exclusive_zone(panel->layer, zone);
}

static void panel_configure(struct panel *panel) {
	int before = panel->n_configures;
	wl_surface_commit(panel->surface);
	assert_true(client_sync(panel->client));
	assert_int_equal(panel->n_configures, before + 1);
	zwlr_layer_surface_v1_ack_configure(panel->layer, panel->serial);
}

static void panel_draw(struct panel *panel, int32_t width, int32_t height) {
	struct wl_buffer *buffer = client_buffer(panel->client, width, height);
	wl_surface_attach(panel->surface, buffer, 0, 0);
	wl_surface_commit(panel->surface);
	assert_true(client_sync(panel->client));
}

// A strip of `height` px along the whole edge, which it keeps free; shown.
static void panel_show(struct panel *panel, struct client *client, uint32_t edge, int32_t height) {
	panel_init(panel, client, ZWLR_LAYER_SHELL_V1_LAYER_TOP, NULL);
	panel_set(panel, edge | LEFT | RIGHT, 0, (uint32_t)height, height);
	panel_configure(panel);
	panel_draw(panel, (int32_t)panel->width, (int32_t)panel->height);
}

static void panel_destroy(struct panel *panel) {
	zwlr_layer_surface_v1_destroy(panel->layer);
	wl_surface_destroy(panel->surface);
	client_sync(panel->client);
}

// Acknowledges what came.
static void sync_window(struct window *window) {
	static uint32_t acknowledged;
	assert_true(client_sync(window->client));
	if (window->serial != acknowledged) {
		acknowledged = window->serial;
		xdg_surface_ack_configure(window->xdg, window->serial);
	}
}

static struct surface *focus(void) {
	return seat_keyboard_focus(wayland_server_seat(harness.server));
}

static struct surface *peer_of(struct client *client, struct wl_surface *surface) {
	return surface_from_resource(
		wl_client_get_object(client->peer, wl_proxy_get_id((struct wl_proxy *)surface)));
}

// ---- Who gets to see it ----

static void test_offered_to_trusted(void **state) {
	(void)state;
	start(1);
	trusting = false;
	struct client *stranger = client_connect(&harness);
	trusting = true;
	struct client *known = client_connect(&harness);
	assert_null(bind_shell(stranger));
	struct zwlr_layer_shell_v1 *shell = bind_shell(known);
	assert_non_null(shell);
	assert_int_equal(zwlr_layer_shell_v1_get_version(shell), 5);
	zwlr_layer_shell_v1_destroy(shell);
	harness_finish(&harness);
}

// ---- Places ----

static void test_keyboard_takes_room(void **state) {
	(void)state;
	start(1);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	struct panel panel;
	struct client *client = client_connect(&harness);
	panel_show(&panel, client, BOTTOM, 200);
	assert_int_equal(panel.width, 640);
	assert_int_equal(panel.height, 200);
	sync_window(&window);
	assert_size(&window, 640, 280);
	assert_true(window.fullscreen);
	assert_int_equal(window.bounds_height, 280);
	// Until the window is drawn anew its top stays where it is, and the keyboard lies over it.
	expect_n_layers(&harness, 0, 2);
	expect_layer(&harness, 0, 0, 0, 0, 640, 480);
	expect_layer(&harness, 0, 1, 0, 280, 640, 200);
	window_draw(&window, 640, 280);
	expect_layer(&harness, 0, 0, 0, 0, 640, 280);
	// A window that comes now, and a dialog.
	struct window other, dialog;
	window_init(&other, window.client);
	window_configure(&other);
	assert_size(&other, 640, 280);
	window_init(&dialog, window.client);
	xdg_toplevel_set_parent(dialog.toplevel, window.toplevel);
	window_configure(&dialog);
	window_draw(&dialog, 100, 80);
	expect_layer(&harness, 0, 1, 270, 100, 100, 80);
	window_destroy(&dialog);
	// It hides: the room comes back, to the one that is not shown yet as well.
	panel_destroy(&panel);
	sync_window(&window);
	assert_size(&window, 640, 480);
	assert_size(&other, 640, 480);
	window_destroy(&other);
	harness_finish(&harness);
}

static void test_unmapped_takes_no_room(void **state) {
	(void)state;
	start(1);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	struct panel panel;
	panel_show(&panel, client_connect(&harness), BOTTOM, 100);
	sync_window(&window);
	assert_size(&window, 640, 380);
	wl_surface_attach(panel.surface, NULL, 0, 0);
	wl_surface_commit(panel.surface);
	assert_true(client_sync(panel.client));
	sync_window(&window);
	assert_size(&window, 640, 480);
	expect_n_layers(&harness, 0, 1);
	// Again, as the first time.
	panel_configure(&panel);
	sync_window(&window);
	assert_size(&window, 640, 480);
	panel_draw(&panel, 640, 100);
	sync_window(&window);
	assert_size(&window, 640, 380);
	harness_finish(&harness);
}

static void test_anchors_and_margins(void **state) {
	(void)state;
	start(1);
	static const struct {
		uint32_t anchor;
		int32_t x, y;
	} cases[] = {
		{0, 270, 220},
		{TOP, 270, 3},
		{BOTTOM, 270, 480 - 40 - 7},
		{LEFT, 11, 220},
		{RIGHT, 640 - 100 - 5, 220},
		{TOP | LEFT, 11, 3},
		{BOTTOM | RIGHT, 640 - 100 - 5, 480 - 40 - 7},
		{LEFT | RIGHT, 11 + (640 - 16 - 100) / 2, 220},
		{TOP | BOTTOM | LEFT | RIGHT, 11 + (640 - 16 - 100) / 2, 3 + (480 - 10 - 40) / 2},
	};
	struct panel panel;
	panel_init(&panel, client_connect(&harness), ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, NULL);
	panel_set(&panel, 0, 100, 40, 0);
	zwlr_layer_surface_v1_set_margin(panel.layer, 3, 5, 7, 11);
	panel_configure(&panel);
	assert_int_equal(panel.width, 100);
	assert_int_equal(panel.height, 40);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		zwlr_layer_surface_v1_set_anchor(panel.layer, cases[i].anchor);
		panel_draw(&panel, 100, 40);
		expect_layer(&harness, 0, 0, cases[i].x, cases[i].y, 100, 40);
	}
	// From edge to edge; a client that draws less is centred.
	panel_set(&panel, TOP | BOTTOM | LEFT | RIGHT, 0, 0, 0);
	wl_surface_commit(panel.surface);
	assert_true(client_sync(panel.client));
	assert_int_equal(panel.width, 640 - 16);
	assert_int_equal(panel.height, 480 - 10);
	zwlr_layer_surface_v1_ack_configure(panel.layer, panel.serial);
	panel_draw(&panel, 624, 470);
	expect_layer(&harness, 0, 0, 11, 3, 624, 470);
	harness_finish(&harness);
}

// Which edge a zone is at, and what it leaves of 640x480.
static void test_exclusive_zones(void **state) {
	(void)state;
	static const struct {
		uint32_t anchor, edge;
		int32_t zone, width, height;
	} cases[] = {
		{TOP, 0, 50, 640, 430},
		{TOP | LEFT | RIGHT, 0, 50, 640, 430},
		{LEFT, 0, 50, 590, 480},
		{RIGHT | TOP | BOTTOM, 0, 50, 590, 480},
		{TOP | LEFT, 0, 50, 640, 480},
		{TOP | LEFT, LEFT, 50, 590, 480},
		{TOP | LEFT, TOP, 50, 640, 430},
		{TOP | BOTTOM, 0, 50, 640, 480},
		{TOP | BOTTOM | LEFT | RIGHT, 0, 50, 640, 480},
		{0, 0, 50, 640, 480},
		{TOP, 0, 0, 640, 480},
		{TOP, 0, -1, 640, 480},
		{TOP, 0, INT32_MIN, 640, 480},
		{TOP, 0, 479, 640, 1},
		// What would leave nothing is not heard.
		{TOP, 0, 480, 640, 480},
		{TOP, 0, INT32_MAX, 640, 480},
	};
	start(1);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	struct panel panel;
	panel_init(&panel, client_connect(&harness), ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM, NULL);
	panel_set(&panel, TOP, 10, 10, 0);
	panel_configure(&panel);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		panel_set(&panel, cases[i].anchor, 10, 10, cases[i].zone);
		zwlr_layer_surface_v1_set_exclusive_edge(panel.layer, cases[i].edge);
		panel_draw(&panel, 10, 10);
		sync_window(&window);
		assert_size(&window, cases[i].width, cases[i].height);
	}
	zwlr_layer_surface_v1_set_margin(panel.layer, 8, 0, 0, 0);
	panel_set(&panel, TOP, 10, 10, 20);
	panel_draw(&panel, 10, 10);
	sync_window(&window);
	assert_size(&window, 640, 480 - 28);
	harness_finish(&harness);
}

// Two strips at one edge stand on each other; 0 keeps clear of them and -1 does not.
static void test_zones_add_up(void **state) {
	(void)state;
	start(1);
	struct client *client = client_connect(&harness);
	struct panel first, second, clear, under;
	panel_show(&first, client, TOP, 30);
	panel_show(&second, client, TOP, 20);
	panel_init(&clear, client, ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, NULL);
	panel_set(&clear, TOP | BOTTOM | LEFT | RIGHT, 0, 0, 0);
	panel_configure(&clear);
	assert_int_equal(clear.height, 480); // the upper layer chooses first
	zwlr_layer_surface_v1_set_layer(clear.layer, ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND);
	panel_draw(&clear, 640, 480);
	assert_int_equal(clear.height, 430);
	panel_init(&under, client, ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND, NULL);
	panel_set(&under, TOP | BOTTOM | LEFT | RIGHT, 0, 0, -1);
	panel_configure(&under);
	assert_int_equal(under.height, 480);
	panel_draw(&under, 640, 480);
	expect_n_layers(&harness, 0, 4);
	expect_layer(&harness, 0, 1, 0, 0, 640, 480);
	expect_layer(&harness, 0, 2, 0, 0, 640, 30);
	expect_layer(&harness, 0, 3, 0, 30, 640, 20);
	harness_finish(&harness);
}

static void test_order_of_layers(void **state) {
	(void)state;
	start(1);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	struct client *client = client_connect(&harness);
	struct panel panels[4];
	for (uint32_t layer = 4; layer-- > 0;) {
		struct panel *panel = &panels[layer];
		panel_init(panel, client, layer, NULL);
		panel_set(panel, 0, 10 + layer, 10, 0);
		panel_configure(panel);
		panel_draw(panel, (int32_t)panel->width, 10);
	}
	static const int32_t widths[] = {10, 11, 640, 12, 13};
	expect_n_layers(&harness, 0, 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(harness.outputs[0].scene.layers[i]->dst.width, widths[i]);
	}
	harness_finish(&harness);
}

// ---- Outputs ----

static void test_outputs(void **state) {
	(void)state;
	start(2);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	struct client *client = client_connect(&harness);
	struct panel named, free;
	panel_init(&named, client, ZWLR_LAYER_SHELL_V1_LAYER_TOP, client->outputs[1]);
	panel_set(&named, TOP, 50, 50, 0);
	panel_configure(&named);
	panel_draw(&named, 50, 50);
	expect_n_layers(&harness, 1, 1);
	panel_init(&free, client, ZWLR_LAYER_SHELL_V1_LAYER_TOP, NULL); // where the window is
	panel_set(&free, TOP | LEFT | RIGHT, 0, 50, 50);
	panel_configure(&free);
	panel_draw(&free, 640, 50);
	expect_n_layers(&harness, 0, 2);
	harness_remove_output(&harness, 1);
	assert_true(client_sync(client));
	assert_int_equal(named.n_closed, 1);
	assert_int_equal(free.n_closed, 0);
	// What was closed is ignored.
	panel_draw(&named, 60, 60);
	expect_n_layers(&harness, 0, 2);
	harness_remove_output(&harness, 0);
	assert_true(client_sync(client));
	assert_int_equal(free.n_closed, 0);
	harness_add_output(&harness, 0, 800, 600);
	assert_true(client_sync(client));
	assert_int_equal(free.width, 800);
	zwlr_layer_surface_v1_ack_configure(free.layer, free.serial);
	panel_draw(&free, 800, 50);
	sync_window(&window);
	assert_size(&window, 800, 550);
	harness_finish(&harness);
}

// ---- The keyboard ----

static void press(struct client *client, struct wl_surface *surface) {
	kiosk_layout_policy()->surface_pressed(harness.layout, peer_of(client, surface));
	assert_true(client_sync(client));
}

static void test_keyboard_focus(void **state) {
	(void)state;
	start(1);
	struct seat *seat = wayland_server_seat(harness.server);
	seat_set_capabilities(seat, WL_SEAT_CAPABILITY_KEYBOARD);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	struct surface *app = peer_of(window.client, window.surface);
	struct client *client = client_connect(&harness);
	struct panel panel;
	panel_show(&panel, client, BOTTOM, 100);
	struct surface *osk = peer_of(client, panel.surface);
	press(client, panel.surface);
	assert_ptr_equal(focus(), app); // typing on it leaves the field its keyboard
	zwlr_layer_surface_v1_set_keyboard_interactivity(panel.layer, 2);
	panel_draw(&panel, 640, 100);
	assert_ptr_equal(focus(), app);
	press(client, panel.surface);
	assert_ptr_equal(focus(), osk);
	press(window.client, window.surface);
	assert_ptr_equal(focus(), app);
	zwlr_layer_surface_v1_set_keyboard_interactivity(panel.layer, 1);
	panel_draw(&panel, 640, 100);
	assert_ptr_equal(focus(), osk);
	press(window.client, window.surface);
	assert_ptr_equal(focus(), osk);
	// Below windows it has no right to it.
	zwlr_layer_surface_v1_set_layer(panel.layer, ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM);
	panel_draw(&panel, 640, 100);
	assert_ptr_equal(focus(), app);
	zwlr_layer_surface_v1_set_layer(panel.layer, ZWLR_LAYER_SHELL_V1_LAYER_TOP);
	panel_draw(&panel, 640, 100);
	panel_destroy(&panel);
	assert_ptr_equal(focus(), app);
	harness_finish(&harness);
}

// ---- Popups ----

static void test_popups(void **state) {
	(void)state;
	start(1);
	struct client *client = client_connect(&harness);
	struct panel panel;
	panel_show(&panel, client, BOTTOM, 100);
	struct xdg_positioner *positioner = positioner_create(client, 50, 30, 10, 0, 1, 1);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_TOP_RIGHT);
	struct window popup, nested;
	popup_init(&popup, client, NULL, positioner);
	zwlr_layer_surface_v1_get_popup(panel.layer, popup.popup);
	window_configure(&popup);
	window_draw(&popup, 50, 30);
	expect_n_layers(&harness, 0, 2);
	expect_layer(&harness, 0, 1, 10, 350, 50, 30);
	popup_init(&nested, client, &popup, positioner);
	window_configure(&nested);
	window_draw(&nested, 50, 30);
	expect_layer(&harness, 0, 2, 20, 320, 50, 30);
	// With the panel they go, the topmost first.
	wl_surface_attach(panel.surface, NULL, 0, 0);
	wl_surface_commit(panel.surface);
	assert_true(client_sync(client));
	assert_int_equal(nested.n_done, 1);
	assert_int_equal(popup.n_done, 1);
	expect_n_layers(&harness, 0, 0);
	window_destroy(&nested);
	window_destroy(&popup);
	panel_destroy(&panel);
	xdg_positioner_destroy(positioner);
	harness_finish(&harness);
}

static bool touch_panel(struct client *client, int32_t id) {
	struct seat *seat = wayland_server_seat(harness.server);
	seat_notify_touch_down(
		seat, &(struct seat_touch){1000, id, {harness.outputs[0].wayland, 320, 430}});
	bool taken = seat_touch_grab(seat, id) != NULL;
	seat_notify_touch_up(seat, &(struct seat_touch){2000, id, {0}});
	assert_true(client_sync(client));
	return taken;
}

// A menu stays open while one types on a keyboard; other panels close it, as all else does.
static void test_grab_of_an_app(void **state) {
	(void)state;
	start(1);
	seat_set_capabilities(wayland_server_seat(harness.server),
		WL_SEAT_CAPABILITY_TOUCH | WL_SEAT_CAPABILITY_KEYBOARD);
	struct window window, menu;
	window_show(&window, client_connect(&harness), 640, 480);
	struct panel panel;
	panel_show(&panel, client_connect(&harness), BOTTOM, 100);
	struct xdg_positioner *positioner = positioner_create(window.client, 50, 30, 10, 0, 1, 1);
	popup_init(&menu, window.client, &window, positioner);
	popup_grab(&menu);
	window_configure(&menu);
	window_draw(&menu, 50, 30);
	wl_touch_destroy(wl_seat_get_touch(panel.client->seat));
	assert_true(touch_panel(window.client, 1));
	assert_int_equal(menu.n_done, 0);
	zwlr_layer_surface_v1_set_keyboard_interactivity(panel.layer, 2);
	panel_draw(&panel, 640, 100);
	assert_false(touch_panel(window.client, 2));
	assert_int_equal(menu.n_done, 1);
	harness_finish(&harness);
}

static void test_popup_without_parent(void **state) {
	(void)state;
	start(1);
	struct client *client = client_connect(&harness);
	struct panel panel;
	panel_show(&panel, client, BOTTOM, 100);
	struct xdg_positioner *positioner = positioner_create(client, 50, 30, 10, 0, 1, 1);
	struct window popup;
	popup_init(&popup, client, NULL, positioner);
	zwlr_layer_surface_v1_get_popup(panel.layer, popup.popup);
	zwlr_layer_surface_v1_get_popup(panel.layer, popup.popup);
	client_expect_error(client, &zwlr_layer_surface_v1_interface, 0);
	harness_finish(&harness);
}

// ---- Errors ----

static void expect_layer_error(uint32_t code, void (*provoke)(struct panel *panel)) {
	struct panel panel;
	panel_init(&panel, client_connect(&harness), ZWLR_LAYER_SHELL_V1_LAYER_TOP, NULL);
	panel_set(&panel, TOP, 10, 10, 0);
	provoke(&panel);
	client_expect_error(panel.client, &zwlr_layer_surface_v1_interface, code);
	client_kill(panel.client);
}

static void provoke_early_buffer(struct panel *panel) {
	wl_surface_attach(panel->surface, client_buffer(panel->client, 10, 10), 0, 0);
	wl_surface_commit(panel->surface);
}

static void provoke_no_ack(struct panel *panel) {
	wl_surface_commit(panel->surface);
	assert_true(client_sync(panel->client));
	provoke_early_buffer(panel);
}

static void provoke_no_width(struct panel *panel) {
	panel_set(panel, TOP | LEFT, 0, 10, 0);
	wl_surface_commit(panel->surface);
}

static void provoke_no_height(struct panel *panel) {
	panel_set(panel, LEFT | RIGHT | TOP, 0, 0, 0);
	wl_surface_commit(panel->surface);
}

static void provoke_large(struct panel *panel) {
	zwlr_layer_surface_v1_set_size(panel->layer, 10, 1u << 31);
}

static void provoke_anchor(struct panel *panel) {
	zwlr_layer_surface_v1_set_anchor(panel->layer, 16);
}

static void provoke_keyboard(struct panel *panel) {
	zwlr_layer_surface_v1_set_keyboard_interactivity(panel->layer, 3);
}

static void provoke_layer(struct panel *panel) {
	zwlr_layer_surface_v1_set_layer(panel->layer, 4);
}

static void provoke_two_edges(struct panel *panel) {
	zwlr_layer_surface_v1_set_exclusive_edge(panel->layer, TOP | LEFT);
}

static void provoke_other_edge(struct panel *panel) {
	zwlr_layer_surface_v1_set_exclusive_edge(panel->layer, LEFT);
	wl_surface_commit(panel->surface);
}

static void provoke_serial(struct panel *panel) {
	wl_surface_commit(panel->surface);
	assert_true(client_sync(panel->client));
	zwlr_layer_surface_v1_ack_configure(panel->layer, panel->serial + 1);
}

static void test_errors(void **state) {
	(void)state;
	start(1);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE, provoke_early_buffer);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE, provoke_no_ack);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE, provoke_serial);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE, provoke_layer);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE, provoke_no_width);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE, provoke_no_height);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE, provoke_large);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_ANCHOR, provoke_anchor);
	expect_layer_error(
		ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_KEYBOARD_INTERACTIVITY, provoke_keyboard);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_EXCLUSIVE_EDGE, provoke_two_edges);
	expect_layer_error(ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_EXCLUSIVE_EDGE, provoke_other_edge);
	harness_finish(&harness);
}

static void test_shell_errors(void **state) {
	(void)state;
	start(1);
	struct client *client = client_connect(&harness);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	zwlr_layer_shell_v1_get_layer_surface(bind_shell(client), surface, NULL, 4, "");
	client_expect_error(
		client, &zwlr_layer_shell_v1_interface, ZWLR_LAYER_SHELL_V1_ERROR_INVALID_LAYER);
	client_kill(client);
	client = client_connect(&harness);
	surface = wl_compositor_create_surface(client->compositor);
	wl_surface_attach(surface, client_buffer(client, 10, 10), 0, 0);
	zwlr_layer_shell_v1_get_layer_surface(bind_shell(client), surface, NULL, 0, "");
	client_expect_error(
		client, &zwlr_layer_shell_v1_interface, ZWLR_LAYER_SHELL_V1_ERROR_ALREADY_CONSTRUCTED);
	client_kill(client);
	struct window window;
	client = client_connect(&harness);
	window_init(&window, client);
	zwlr_layer_shell_v1_get_layer_surface(bind_shell(client), window.surface, NULL, 0, "");
	client_expect_error(client, &zwlr_layer_shell_v1_interface, ZWLR_LAYER_SHELL_V1_ERROR_ROLE);
	client_kill(client);
	// The surface first.
	struct panel panel;
	panel_init(&panel, client_connect(&harness), 0, NULL);
	wl_surface_destroy(panel.surface);
	client_expect_error(panel.client, &wl_surface_interface, WL_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT);
	harness_finish(&harness);
}

// ---- Ends ----

// A client that acknowledges nothing is told of the last size only.
static void test_configures_are_bounded(void **state) {
	(void)state;
	start(1);
	struct client *client = client_connect(&harness);
	struct panel panel, strip;
	panel_init(&panel, client, ZWLR_LAYER_SHELL_V1_LAYER_TOP, NULL);
	panel_set(&panel, TOP | BOTTOM | LEFT | RIGHT, 0, 0, 0);
	panel_configure(&panel);
	panel_draw(&panel, 640, 480);
	panel_show(&strip, client, TOP, 1);
	for (int32_t i = 2; i < 60; i++) {
		zwlr_layer_surface_v1_set_exclusive_zone(strip.layer, i);
		wl_surface_commit(strip.surface);
		assert_true(client_sync(client));
	}
	assert_int_equal(panel.n_configures, 17);
	zwlr_layer_surface_v1_ack_configure(panel.layer, panel.serial);
	assert_true(client_sync(client));
	assert_int_equal(panel.n_configures, 18);
	assert_int_equal(panel.height, 480 - 59);
	harness_finish(&harness);
}

static void test_lifetimes(void **state) {
	(void)state;
	start(1);
	struct window window;
	window_show(&window, client_connect(&harness), 640, 480);
	struct panel panel;
	// Killed in each state.
	panel_init(&panel, client_connect(&harness), 0, NULL);
	assert_true(client_sync(panel.client));
	client_kill(panel.client);
	panel_init(&panel, client_connect(&harness), 2, NULL);
	panel_set(&panel, TOP, 10, 10, 10);
	panel_configure(&panel);
	client_kill(panel.client);
	panel_show(&panel, client_connect(&harness), BOTTOM, 100);
	struct xdg_positioner *positioner = positioner_create(panel.client, 50, 30, 10, 0, 1, 1);
	struct window popup;
	popup_init(&popup, panel.client, NULL, positioner);
	zwlr_layer_surface_v1_get_popup(panel.layer, popup.popup);
	window_configure(&popup);
	window_draw(&popup, 50, 30);
	client_kill(panel.client);
	harness_dispatch(&harness);
	sync_window(&window);
	assert_size(&window, 640, 480);
	expect_n_layers(&harness, 0, 1);
	// The layer surface goes, its wl_surface gets another one.
	panel_show(&panel, client_connect(&harness), BOTTOM, 100);
	zwlr_layer_surface_v1_destroy(panel.layer);
	wl_surface_attach(panel.surface, NULL, 0, 0);
	wl_surface_commit(panel.surface);
	struct zwlr_layer_shell_v1 *shell = bind_shell(panel.client);
	panel.layer = zwlr_layer_shell_v1_get_layer_surface(
		shell, panel.surface, panel.client->outputs[0], 3, "again");
	zwlr_layer_surface_v1_add_listener(panel.layer, &layer_listener, &panel);
	panel_set(&panel, TOP, 20, 20, 0);
	panel_configure(&panel);
	panel_draw(&panel, 20, 20);
	expect_layer(&harness, 0, 1, 310, 0, 20, 20);
	harness_finish(&harness);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offered_to_trusted),
		cmocka_unit_test(test_keyboard_takes_room),
		cmocka_unit_test(test_unmapped_takes_no_room),
		cmocka_unit_test(test_anchors_and_margins),
		cmocka_unit_test(test_exclusive_zones),
		cmocka_unit_test(test_zones_add_up),
		cmocka_unit_test(test_order_of_layers),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_keyboard_focus),
		cmocka_unit_test(test_popups),
		cmocka_unit_test(test_grab_of_an_app),
		cmocka_unit_test(test_popup_without_parent),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_shell_errors),
		cmocka_unit_test(test_configures_are_bounded),
		cmocka_unit_test(test_lifetimes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
