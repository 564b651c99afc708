// SPDX-License-Identifier: MIT
// Whatever a client destroys, in whatever order, and however it ends: what others show stays, and so
// does what the screen held of a buffer that is gone.
//
// On two screens: a witness fills the second and must not flicker for one refresh; another lies behind
// the client under test on the first and must come to light when that is gone.
#include <drm_fourcc.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "order.h"

#define PARTS 7 // what a client under test is made of
#define KILLS 12
// Of the 840 orders that are allowed, and of the 4200 others, one in so many is tried.
#define EVERY_LEGAL 1
#define EVERY_ILLEGAL 101

struct stage {
	struct fixture *fixture;
	struct witness behind, beside;
	struct test_picture behind_picture, beside_picture;
	struct test_screen first, second;
};

static struct stage stage;

static int stage_start(void **state) {
	fixture_start(state);
	stage = (struct stage){.fixture = *state};
	witness_init(&stage.behind, stage.fixture, "behind", 11);
	witness_init(&stage.beside, stage.fixture, "beside", 22);
	witness_picture(&stage.behind, &stage.behind_picture);
	witness_picture(&stage.beside, &stage.beside_picture);
	test_screen_open(&stage.first, 0);
	test_screen_open(&stage.second, 1);
	test_screen_wait(&stage.first, &stage.behind_picture);
	test_screen_wait(&stage.second, &stage.beside_picture);
	return 0;
}

static int stage_stop(void **state) {
	test_screen_close(&stage.first);
	test_screen_close(&stage.second);
	test_picture_finish(&stage.behind_picture);
	test_picture_finish(&stage.beside_picture);
	witness_finish(&stage.behind);
	witness_finish(&stage.beside);
	return fixture_stop(state);
}

// The second screen's CRCs since the last call: nothing but its witness was ever seen.
static void assert_undisturbed(void) {
	uint32_t expected = test_picture_crc(&stage.beside_picture), frame, value;
	while (test_crc_read(&stage.second.crc, &frame, &value, 0)) {
		if (value != expected) {
			fail_msg("the other screen showed CRC %08x for a while", value);
		}
	}
	assert_true(test_server_alive(&stage.fixture->server));
}

// The client under test is gone.
static void assert_as_before(void) {
	test_screen_wait(&stage.first, &stage.behind_picture);
	assert_undisturbed();
	witness_next_frame(&stage.behind);
	witness_next_frame(&stage.beside);
}

// ---- Destroying in every order ----

struct victim {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer, child_buffer;
	struct test_surface child;
	struct wl_subsurface *subsurface;
};

static void victim_init(struct victim *victim) {
	*victim = (struct victim){0};
	struct test_client *client = &victim->client;
	test_client_connect(client, &stage.fixture->server);
	test_window_init(&victim->window, client, "victim", NULL);
	test_buffer_init_dmabuf(
		&victim->buffer, client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_init_dmabuf(
		&victim->child_buffer, client, TEST_MEMORY_HEAP, DRM_FORMAT_XRGB8888, 64, 64);
	test_buffer_paint(&victim->buffer, 33);
	test_buffer_paint(&victim->child_buffer, 44);
	test_surface_init(&victim->child, client);
	victim->subsurface = wl_subcompositor_get_subsurface(
		client->subcompositor, victim->child.surface, victim->window.base.surface);
	wl_subsurface_set_position(victim->subsurface, 100, 80);
	test_surface_show(&victim->child, &victim->child_buffer);
	test_surface_show(&victim->window.base, &victim->buffer);
	test_surface_wait_frame(&victim->window.base);
}

static void destroy_part(struct victim *victim, int part) {
	switch (part) {
	case 0:
		test_buffer_destroy_object(&victim->buffer);
		break;
	case 1:
		test_buffer_destroy_object(&victim->child_buffer);
		break;
	case 2:
		wl_subsurface_destroy(victim->subsurface);
		break;
	case 3:
		wl_surface_destroy(victim->child.surface);
		victim->child.surface = NULL;
		break;
	case 4:
		xdg_toplevel_destroy(victim->window.toplevel);
		victim->window.toplevel = NULL;
		break;
	case 5:
		xdg_surface_destroy(victim->window.xdg_surface);
		victim->window.xdg_surface = NULL;
		break;
	case 6:
		wl_surface_destroy(victim->window.base.surface);
		victim->window.base.surface = NULL;
		break;
	}
}

// Whether a role object goes before the surface that plays the role, as wl_surface has it, and before
// the xdg_surface it was made from. Other orders are the client's error and end it.
static bool is_legal(const int *order) {
	int place[PARTS];
	for (int i = 0; i < PARTS; i++) {
		place[order[i]] = i;
	}
	return place[2] < place[3] && place[4] < place[5] && place[4] < place[6];
}

// Destroys in this order; a client that the server throws out is done, too.
static void destroy_in_order(const int *order) {
	struct victim victim;
	victim_init(&victim);
	bool alive = true;
	for (int i = 0; i < PARTS; i++) {
		destroy_part(&victim, order[i]);
		if (i % 3 == 2) { // a frame may come between
			alive = alive && wl_display_roundtrip(victim.client.display) >= 0;
		}
	}
	alive = alive && wl_display_roundtrip(victim.client.display) >= 0;
	if (alive != is_legal(order)) {
		fail_msg("order %d%d%d%d%d%d%d: the client %s", order[0], order[1], order[2], order[3],
			order[4], order[5], order[6], alive ? "lives" : "was thrown out");
	}
	test_buffer_finish(&victim.buffer);
	test_buffer_finish(&victim.child_buffer);
	test_surface_finish(&victim.child);
	test_window_finish(&victim.window);
	test_client_disconnect(&victim.client);
}

static void test_destroying_in_legal_orders(void **state) {
	(void)state;
	int order[PARTS] = {0, 1, 2, 3, 4, 5, 6}, n = 0;
	do {
		if (is_legal(order) && n++ % EVERY_LEGAL == 0) {
			destroy_in_order(order);
			assert_undisturbed();
		}
	} while (test_next_order(order, PARTS));
	assert_as_before();
}

static void test_destroying_in_illegal_orders(void **state) {
	(void)state;
	int order[PARTS] = {0, 1, 2, 3, 4, 5, 6}, n = 0;
	do {
		if (!is_legal(order) && n++ % EVERY_ILLEGAL == 0) {
			destroy_in_order(order);
			assert_undisturbed();
		}
	} while (test_next_order(order, PARTS));
	assert_as_before();
}

// ---- Dropping what is shown ----

// The screen keeps a dropped buffer until something replaces it.
static void drop_shown_buffer(enum test_memory memory) {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer, next;
	test_client_connect(&client, &stage.fixture->server);
	test_window_init(&window, &client, "dropper", NULL);
	test_buffer_init_dmabuf(&buffer, &client, memory, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_paint(&buffer, 55);
	struct test_picture picture;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(&picture, &(struct test_layer){.image = &buffer.image});
	test_surface_show(&window.base, &buffer);
	test_surface_wait_frame(&window.base);
	test_screen_wait(&stage.first, &picture);
	test_buffer_finish(&buffer); // object, dma-buf and mapping
	test_client_roundtrip(&client);
	test_screen_assert_stays(&stage.first, &picture, 10);

	test_buffer_init_dmabuf(&next, &client, memory, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
	test_buffer_paint(&next, 56);
	test_picture_draw(&picture, &(struct test_layer){.image = &next.image});
	test_surface_show(&window.base, &next);
	test_surface_wait_frame(&window.base);
	test_screen_wait(&stage.first, &picture);
	test_picture_finish(&picture);
	test_buffer_finish(&next);
	test_window_finish(&window);
	test_client_disconnect(&client);
	assert_as_before();
}

static void test_dropping_the_shown_buffer(void **state) {
	(void)state;
	for (enum test_memory memory = 0; memory < TEST_MEMORY_COUNT; memory++) {
		drop_shown_buffer(memory);
	}
}

// Dropped between commit and flip.
static void test_dropping_a_buffer_on_its_way(void **state) {
	(void)state;
	struct test_client client;
	struct test_window window;
	test_client_connect(&client, &stage.fixture->server);
	test_window_init(&window, &client, "dropper", NULL);
	for (uint32_t i = 0; i < 30; i++) {
		struct test_buffer buffer;
		test_buffer_init_dmabuf(
			&buffer, &client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		test_buffer_paint(&buffer, i);
		struct test_picture picture;
		test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
		test_picture_draw(&picture, &(struct test_layer){.image = &buffer.image});
		test_surface_show(&window.base, &buffer);
		test_buffer_finish(&buffer);
		test_surface_wait_frame(&window.base);
		test_screen_wait(&stage.first, &picture);
		test_picture_finish(&picture);
	}
	test_window_finish(&window);
	test_client_disconnect(&client);
	assert_as_before();
}

// ---- Killing ----

// Draws as fast as it may until it is killed. `told` hears of its first frame.
static void draw_until_killed(int told, bool dmabuf) {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[2];
	test_client_connect(&client, &stage.fixture->server);
	test_window_init(&window, &client, "killed", NULL);
	for (int i = 0; i < 2; i++) {
		if (dmabuf) {
			test_buffer_init_dmabuf(&buffers[i], &client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
				TEST_WIDTH, TEST_HEIGHT);
		} else {
			test_buffer_init_shm(
				&buffers[i], &client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		}
	}
	for (uint32_t frame = 0;; frame++) {
		struct test_buffer *buffer = &buffers[frame % 2];
		test_buffer_wait_release(buffer);
		test_buffer_fill(buffer, 0xff000000 | frame);
		test_surface_show(&window.base, buffer);
		if (frame > 0 && write(told, "", 1) != 1) {
			_exit(1);
		}
		test_surface_wait_frame(&window.base);
	}
}

static void test_killing_a_client_in_mid_frame(void **state) {
	(void)state;
	for (int i = 0; i < KILLS; i++) {
		int told[2];
		assert_int_equal(pipe(told), 0);
		fflush(NULL);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(told[0]);
			alarm(20);
			draw_until_killed(told[1], i % 2 == 0);
		}
		close(told[1]);
		char byte;
		for (int frame = 0; frame <= i; frame++) { // each time at another moment
			assert_int_equal(read(told[0], &byte, 1), 1);
		}
		close(told[0]);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_as_before();
	}
}

// A client that is stopped does not stop the others.
static void test_stopped_client_holds_nobody_up(void **state) {
	(void)state;
	int told[2];
	assert_int_equal(pipe(told), 0);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(told[0]);
		alarm(20);
		draw_until_killed(told[1], true);
	}
	close(told[1]);
	char byte;
	assert_int_equal(read(told[0], &byte, 1), 1);
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	for (int i = 0; i < 60; i++) {
		witness_next_frame(&stage.beside);
	}
	assert_undisturbed();
	close(told[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_as_before();
}

int main(void) {
	test_guard(210);
	test_need_layout("dual");
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_start, stage_stop)
		TEST(test_destroying_in_legal_orders),
		TEST(test_destroying_in_illegal_orders),
		TEST(test_dropping_the_shown_buffer),
		TEST(test_dropping_a_buffer_on_its_way),
		TEST(test_killing_a_client_in_mid_frame),
		TEST(test_stopped_client_holds_nobody_up),
	};
	return cmocka_run_group_tests_name("lifetimes", tests, NULL, NULL);
}
