// SPDX-License-Identifier: MIT
// Requests that are legal and mad: endless trees, the largest numbers, floods of objects, a client that
// never reads. The server survives, and another client goes on getting frames.
#include <drm_fourcc.h>
#include <poll.h>
#include <string.h>

#include "fixture.h"

#define DEPTH 10000
#define FLOOD 20000

struct flood {
	struct witness witness;
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
};

static void flood_init(struct flood *flood, void **state) {
	struct fixture *fixture = *state;
	*flood = (struct flood){0};
	test_client_connect(&flood->client, &fixture->server);
	test_window_init(&flood->window, &flood->client, "flood", NULL);
	test_buffer_init_shm(
		&flood->buffer, &flood->client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_surface_show(&flood->window.base, &flood->buffer);
	test_surface_wait_frame(&flood->window.base);
	witness_init(&flood->witness, fixture, "witness", 9);
}

// The client may have been thrown out: that is an answer, too.
static void flood_finish(struct flood *flood) {
	struct test_picture picture;
	struct test_screen screen;
	test_buffer_finish(&flood->buffer);
	test_window_finish(&flood->window);
	test_client_disconnect(&flood->client);
	for (int i = 0; i < 10; i++) {
		witness_next_frame(&flood->witness);
	}
	witness_picture(&flood->witness, &picture);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
	witness_finish(&flood->witness);
}

// Each the child of the one before.
static void test_subsurfaces_nested_ten_thousand_deep(void **state) {
	struct flood flood;
	flood_init(&flood, state);
	static struct wl_surface *surfaces[DEPTH];
	static struct wl_subsurface *subsurfaces[DEPTH];
	struct wl_surface *parent = flood.window.base.surface;
	struct wl_buffer *pixel = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
		flood.client.single_pixel, UINT32_MAX, 0, 0, UINT32_MAX);
	for (int i = 0; i < DEPTH; i++) {
		surfaces[i] = wl_compositor_create_surface(flood.client.compositor);
		subsurfaces[i] =
			wl_subcompositor_get_subsurface(flood.client.subcompositor, surfaces[i], parent);
		wl_surface_attach(surfaces[i], pixel, 0, 0);
		parent = surfaces[i];
		if (i % 500 == 499) {
			test_client_roundtrip(&flood.client);
			witness_next_frame(&flood.witness);
		}
	}
	for (int i = DEPTH - 1; i >= 0; i--) {
		wl_surface_commit(surfaces[i]);
		if (i % 500 == 0) {
			test_client_roundtrip(&flood.client);
		}
	}
	test_surface_show(&flood.window.base, &flood.buffer);
	test_client_roundtrip(&flood.client);
	for (int i = 0; i < 3; i++) {
		witness_next_frame(&flood.witness);
	}
	for (int i = 0; i < DEPTH; i++) {
		wl_proxy_destroy((struct wl_proxy *)subsurfaces[i]);
		wl_proxy_destroy((struct wl_proxy *)surfaces[i]);
	}
	wl_proxy_destroy((struct wl_proxy *)pixel);
	flood_finish(&flood);
}

static void test_dialogs_nested_a_thousand_deep(void **state) {
	struct flood flood;
	flood_init(&flood, state);
	enum { DIALOGS = 1000 };
	static struct test_window dialogs[DIALOGS];
	for (int i = 0; i < DIALOGS; i++) {
		test_window_init(
			&dialogs[i], &flood.client, "dialog", i > 0 ? &dialogs[i - 1] : &flood.window);
		wl_surface_attach(dialogs[i].base.surface, flood.buffer.buffer, 0, 0);
		wl_surface_commit(dialogs[i].base.surface);
	}
	test_client_roundtrip(&flood.client);
	witness_next_frame(&flood.witness);
	for (int i = 0; i < DIALOGS; i++) { // parents first
		test_window_finish(&dialogs[i]);
	}
	test_client_roundtrip(&flood.client);
	flood_finish(&flood);
}

// A window, and a smaller child whose state has extreme numbers in it.
struct extreme {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer, child_buffer;
	struct test_surface child;
	struct wl_subsurface *subsurface;
	struct wp_viewport *viewport;
	struct wl_region *region;
};

static void extreme_init(struct extreme *extreme, struct fixture *fixture) {
	struct test_client *client = &extreme->client;
	test_client_connect(client, &fixture->server);
	test_window_init(&extreme->window, client, "extreme", NULL);
	test_buffer_init_shm(&extreme->buffer, client, DRM_FORMAT_XRGB8888, 96, 96);
	test_buffer_init_shm(&extreme->child_buffer, client, DRM_FORMAT_XRGB8888, 64, 64);
	test_surface_init(&extreme->child, client);
	extreme->subsurface = wl_subcompositor_get_subsurface(
		client->subcompositor, extreme->child.surface, extreme->window.base.surface);
	extreme->viewport = wp_viewporter_get_viewport(client->viewporter, extreme->child.surface);
	extreme->region = wl_compositor_create_region(client->compositor);
}

static void extreme_finish(struct extreme *extreme) {
	wl_region_destroy(extreme->region);
	wp_viewport_destroy(extreme->viewport);
	wl_subsurface_destroy(extreme->subsurface);
	test_surface_finish(&extreme->child);
	test_buffer_finish(&extreme->child_buffer);
	test_buffer_finish(&extreme->buffer);
	test_window_finish(&extreme->window);
	test_client_disconnect(&extreme->client);
}

enum { EXTREME_REQUESTS = 8 };

static void request_extreme(struct extreme *extreme, int request, int32_t a, int32_t b) {
	struct wl_surface *surface = extreme->child.surface;
	switch (request) {
	case 0:
		wl_subsurface_set_position(extreme->subsurface, a, b);
		break;
	case 1:
		wp_viewport_set_destination(extreme->viewport, a, b);
		break;
	case 2:
		wp_viewport_set_source(extreme->viewport, a, b, b, a);
		break;
	case 3:
		wl_surface_damage_buffer(surface, a, b, b, a);
		wl_surface_damage(surface, b, a, a, b);
		break;
	case 4:
		wl_region_add(extreme->region, a, b, b, a);
		wl_region_subtract(extreme->region, b, b, a, a);
		wl_surface_set_opaque_region(surface, extreme->region);
		wl_surface_set_input_region(surface, extreme->region);
		break;
	case 5:
		wl_surface_set_buffer_scale(surface, a);
		break;
	case 6:
		xdg_surface_set_window_geometry(extreme->window.xdg_surface, a, b, b, a);
		break;
	default:
		wl_surface_offset(surface, a, b);
		xdg_toplevel_set_min_size(extreme->window.toplevel, a, b);
	}
}

// Shown or thrown out, both are fine.
static void test_extreme_numbers(void **state) {
	static const int32_t numbers[] = {INT32_MIN, INT32_MIN + 1, -65536, -1, 0, 1, 32767, 65536,
		INT32_MAX / 2, INT32_MAX - 1, INT32_MAX};
	enum { N = sizeof(numbers) / sizeof(numbers[0]) };
	struct flood flood;
	flood_init(&flood, state);
	for (int i = 0; i < N * EXTREME_REQUESTS; i++) {
		struct extreme extreme;
		extreme_init(&extreme, *state);
		request_extreme(&extreme, i / N, numbers[i % N], numbers[(i * 7 + 3) % N]);
		wl_surface_attach(extreme.child.surface, extreme.child_buffer.buffer, 0, 0);
		wl_surface_commit(extreme.child.surface);
		test_surface_show(&extreme.window.base, &extreme.buffer);
		while (extreme.window.base.callback && wl_display_dispatch(extreme.client.display) >= 0) {
		}
		extreme_finish(&extreme);
		witness_next_frame(&flood.witness);
	}
	flood_finish(&flood);
}

static void test_flood_of_frame_callbacks(void **state) {
	struct flood flood;
	flood_init(&flood, state);
	static struct wl_callback *callbacks[FLOOD];
	for (int i = 0; i < FLOOD; i++) {
		callbacks[i] = wl_surface_frame(flood.window.base.surface);
		if (i % 1000 == 0) {
			wl_surface_commit(flood.window.base.surface);
			test_client_roundtrip(&flood.client);
			witness_next_frame(&flood.witness);
		}
	}
	wl_surface_commit(flood.window.base.surface);
	test_client_roundtrip(&flood.client);
	for (int i = 0; i < FLOOD; i++) {
		wl_callback_destroy(callbacks[i]);
	}
	flood_finish(&flood);
}

static void test_flood_of_damage(void **state) {
	struct flood flood;
	flood_init(&flood, state);
	for (int i = 0; i < FLOOD; i++) {
		wl_surface_damage_buffer(
			flood.window.base.surface, i * 7 % TEST_WIDTH, i * 13 % TEST_HEIGHT, 1, 1);
		if (i % 1000 == 0) {
			test_client_roundtrip(&flood.client);
			witness_next_frame(&flood.witness);
		}
	}
	test_surface_show(&flood.window.base, &flood.buffer);
	test_client_roundtrip(&flood.client);
	flood_finish(&flood);
}

// Asks and asks, and never listens: until the server has enough of it, or the socket is full.
static void test_client_that_never_reads(void **state) {
	struct flood flood;
	flood_init(&flood, state);
	struct wl_display *display = flood.client.display;
	for (int i = 0; i < FLOOD; i++) {
		wl_callback_destroy(wl_display_sync(display));
		if (wl_display_flush(display) < 0) {
			struct pollfd pollfd = {.fd = wl_display_get_fd(display), .events = POLLOUT};
			if (poll(&pollfd, 1, 100) <= 0 || (pollfd.revents & POLLERR) != 0) {
				break;
			}
		}
		if (i % 2000 == 0) {
			witness_next_frame(&flood.witness);
		}
	}
	flood_finish(&flood);
}

int main(void) {
	test_guard(100);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start_fast, fixture_stop)
		TEST(test_subsurfaces_nested_ten_thousand_deep),
		TEST(test_dialogs_nested_a_thousand_deep),
		TEST(test_extreme_numbers),
		TEST(test_flood_of_frame_callbacks),
		TEST(test_flood_of_damage),
		TEST(test_client_that_never_reads),
	};
	return cmocka_run_group_tests_name("floods", tests, NULL, NULL);
}
