// SPDX-License-Identifier: MIT
// Hordes of windows, dialogs and popups: no request, no commit and no unplugged output takes time that
// grows with the square of them.
#include "xdg-harness.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wayland/server.h"
#include "wayland/xdg.h"

enum { MANY = 10000 };

static struct harness harness;
static struct client *client;
static struct window windows[MANY];

// Of work: a busy machine is no fault of the server's.
static double seconds(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int setup(void **state) {
	(void)state;
	harness_start(&harness, 1);
	client = client_connect(&harness);
	memset(windows, 0, sizeof(windows));
	return 0;
}

static int teardown(void **state) {
	(void)state;
	harness_finish(&harness);
	return 0;
}

static void sync_client(void) {
	assert_true(client_sync(client));
}

static void acknowledge(struct window *window) {
	if (window->serial) {
		xdg_surface_ack_configure(window->xdg, window->serial);
		window->serial = 0;
	}
}

static void init_all(void) {
	for (int i = 0; i < MANY; i++) {
		window_init(&windows[i], client);
		wl_surface_commit(windows[i].surface);
		if (i % 100 == 0) {
			sync_client();
		}
	}
	sync_client();
}

static void map_all(struct wl_buffer *buffer) {
	for (int i = 1; i < MANY; i++) {
		acknowledge(&windows[i]);
		wl_surface_attach(windows[i].surface, buffer, 0, 0);
		wl_surface_commit(windows[i].surface);
		if (i % 100 == 0) {
			sync_client();
		}
	}
	sync_client();
}

// Each hangs on the one before and follows it.
static void test_nested_reactive_popups(void **state) {
	(void)state;
	window_show(&windows[0], client, 640, 480);
	windows[0].serial = 0; // acknowledged
	struct xdg_positioner *positioner = positioner_create(client, 10, 10, 0, 0, 1, 1);
	xdg_positioner_set_reactive(positioner);
	xdg_positioner_set_constraint_adjustment(
		positioner, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	for (int i = 1; i < MANY; i++) {
		popup_init(&windows[i], client, &windows[i - 1], positioner);
		wl_surface_commit(windows[i].surface);
		if (i % 100 == 0) {
			sync_client();
		}
	}
	map_all(client_buffer(client, 10, 10));
	expect_n_layers(&harness, 0, MANY);
	double before = seconds();
	for (int i = 0; i < 20; i++) {
		window_draw(&windows[0], 640 - 2 * (i % 2), 480);
		for (int j = 0; j < MANY; j++) {
			acknowledge(&windows[j]);
			if (j % 1000 == 0) {
				sync_client();
			}
		}
		sync_client();
	}
	assert_true(seconds() - before < 5);
}

// The outermost goes first, again and again: those behind it move one up each time.
static void test_chain_of_dialogs(void **state) {
	(void)state;
	struct wl_buffer *buffer = client_buffer(client, 10, 10);
	init_all();
	acknowledge(&windows[0]);
	wl_surface_attach(windows[0].surface, buffer, 0, 0);
	wl_surface_commit(windows[0].surface);
	map_all(buffer);
	for (int i = MANY - 1; i > 0; i--) {
		xdg_toplevel_set_parent(windows[i].toplevel, windows[i - 1].toplevel);
		if (i % 20 == 0) {
			sync_client();
		}
	}
	sync_client();
	expect_n_layers(&harness, 0, MANY);
	double before = seconds();
	client_kill(client);
	expect_n_layers(&harness, 0, 0);
	assert_true(seconds() - before < 2);
}

static void test_windows_without_an_output(void **state) {
	(void)state;
	struct wl_buffer *buffer = client_buffer(client, 10, 10);
	init_all();
	map_all(buffer);
	double before = seconds();
	for (int i = 0; i < 5; i++) {
		harness_remove_output(&harness, 0);
		sync_client();
		harness_add_output(&harness, 0, 640, 480 + i);
		sync_client();
		for (int j = 0; j < MANY; j++) {
			acknowledge(&windows[j]);
		}
		sync_client();
	}
	assert_true(seconds() - before < 5);
	expect_n_layers(&harness, 0, MANY); // one has no contents, and the black behind it is one
}

static struct toplevel *only_toplevel(void) {
	struct surface *surface;
	wl_list_for_each(surface, &harness.server->surfaces, link) {
		struct toplevel *toplevel = toplevel_from_surface(surface);
		if (toplevel) {
			return toplevel;
		}
	}
	return NULL;
}

// Of a long string only the beginning is kept, and no character is cut in two.
static void test_long_strings(void **state) {
	(void)state;
	char text[3001] = "";
	for (int i = 0; i < 1000; i++) {
		memcpy(text + 3 * i, "\xe2\x82\xac", 4);
	}
	window_show(&windows[0], client, 640, 480);
	xdg_toplevel_set_title(windows[0].toplevel, text);
	xdg_toplevel_set_app_id(windows[0].toplevel, "\x80\x80\x80");
	sync_client();
	struct toplevel *toplevel = only_toplevel();
	assert_non_null(toplevel);
	assert_int_equal(strlen(toplevel_title(toplevel)), 1023);
	assert_memory_equal(toplevel_title(toplevel), text, 1023);
	assert_string_equal(toplevel_app_id(toplevel), ""); // no UTF-8: status could not tell it
	xdg_toplevel_set_app_id(windows[0].toplevel, "Caf\xe9");
	sync_client();
	assert_string_equal(toplevel_app_id(toplevel), "Caf");
}

// An output that was asked for goes, and another one takes its place in memory: it was not asked for.
static void test_wanted_output_goes(void **state) {
	(void)state;
	harness_add_output(&harness, 1, 320, 240);
	sync_client();
	window_init(&windows[0], client);
	xdg_toplevel_set_fullscreen(windows[0].toplevel, client->outputs[1]);
	wl_surface_commit(windows[0].surface);
	sync_client();
	struct toplevel *toplevel = only_toplevel();
	assert_ptr_equal(toplevel_wanted_output(toplevel), harness.outputs[1].wayland);
	harness_remove_output(&harness, 1);
	assert_null(toplevel_wanted_output(toplevel));
	assert_ptr_equal(toplevel->wanted_output, NULL);
	sync_client();
	assert_size(&windows[0], 640, 480);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nested_reactive_popups),
		TEST(test_chain_of_dialogs),
		TEST(test_windows_without_an_output),
		TEST(test_long_strings),
		TEST(test_wanted_output_goes),
	};
	return cmocka_run_group_tests_name("wayland-hostile-windows", tests, NULL, NULL);
}
