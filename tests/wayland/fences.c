// SPDX-License-Identifier: MIT
// A dma-buf that is still being drawn when it is committed: its surface keeps what it shows until the
// fence is signalled, and nobody else waits.
//
// On two screens: the client under test fills the first, a witness the second.
#include <drm_fourcc.h>

#include "fence.h"
#include "fixture.h"

#define BUFFERS 4

struct drawer {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[BUFFERS];
	struct test_picture pictures[BUFFERS];
};

static struct fixture *fixture;
static struct test_timeline timeline;

static int start(void **state) {
	fixture_start(state);
	fixture = *state;
	test_timeline_init(&timeline);
	return 0;
}

static int stop(void **state) {
	test_timeline_finish(&timeline);
	return fixture_stop(state);
}

// Shows its first buffer when this returns.
static void drawer_init(struct drawer *drawer, const char *app_id) {
	*drawer = (struct drawer){0};
	test_client_connect(&drawer->client, &fixture->server);
	test_window_init(&drawer->window, &drawer->client, app_id, NULL);
	for (int i = 0; i < BUFFERS; i++) {
		struct test_buffer *buffer = &drawer->buffers[i];
		test_buffer_init_dmabuf(buffer, &drawer->client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
			TEST_WIDTH, TEST_HEIGHT);
		test_buffer_paint(buffer, 100 + (uint32_t)i);
		test_picture_init(&drawer->pictures[i], TEST_WIDTH, TEST_HEIGHT);
		test_picture_draw(&drawer->pictures[i], &(struct test_layer){.image = &buffer->image});
	}
	test_surface_show(&drawer->window.base, &drawer->buffers[0]);
	test_surface_wait_frame(&drawer->window.base);
}

static void drawer_finish(struct drawer *drawer) {
	for (int i = 0; i < BUFFERS; i++) {
		test_buffer_finish(&drawer->buffers[i]);
		test_picture_finish(&drawer->pictures[i]);
	}
	test_window_finish(&drawer->window);
	test_client_disconnect(&drawer->client);
}

static void attach_fence(struct test_buffer *buffer) {
	test_timeline_attach(&timeline, &buffer->dmabuf);
}

// The surface waits for its fence, and its client knows nothing yet of the commit.
static void assert_waits(struct test_surface *surface) {
	test_client_roundtrip(surface->client);
	assert_non_null(surface->callback);
}

static void test_old_picture_stays_and_others_go_on(void **state) {
	(void)state;
	struct drawer drawer;
	struct witness beside;
	struct test_screen first, second;
	drawer_init(&drawer, "drawer");
	witness_init(&beside, fixture, "beside", 22);
	test_screen_open(&first, 0);
	test_screen_open(&second, 1);
	test_screen_wait(&first, &drawer.pictures[0]);
	attach_fence(&drawer.buffers[1]);
	test_surface_show(&drawer.window.base, &drawer.buffers[1]);
	assert_waits(&drawer.window.base);
	for (int i = 0; i < 60; i++) {
		witness_next_frame(&beside);
	}
	assert_waits(&drawer.window.base);
	test_screen_assert_stays(&first, &drawer.pictures[0], 5);
	assert_true(drawer.buffers[0].busy);
	test_timeline_signal(&timeline);
	test_surface_wait_frame(&drawer.window.base);
	test_screen_wait(&first, &drawer.pictures[1]);
	assert_false(drawer.buffers[0].busy);
	test_screen_close(&first);
	test_screen_close(&second);
	witness_finish(&beside);
	drawer_finish(&drawer);
}

static void test_pictures_come_in_order(void **state) {
	(void)state;
	struct drawer drawer;
	struct test_screen screen;
	drawer_init(&drawer, "drawer");
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &drawer.pictures[0]);
	attach_fence(&drawer.buffers[1]);
	attach_fence(&drawer.buffers[2]);
	for (int i = 1; i < BUFFERS; i++) { // the last one has no fence
		test_surface_show(&drawer.window.base, &drawer.buffers[i]);
	}
	assert_waits(&drawer.window.base);
	test_screen_assert_stays(&screen, &drawer.pictures[0], 5);
	test_timeline_signal(&timeline);
	test_screen_wait(&screen, &drawer.pictures[1]);
	test_screen_assert_stays(&screen, &drawer.pictures[1], 5);
	test_timeline_signal(&timeline);
	test_screen_wait(&screen, &drawer.pictures[BUFFERS - 1]);
	test_buffer_wait_release(&drawer.buffers[2]);
	test_screen_close(&screen);
	drawer_finish(&drawer);
}

static void test_synchronised_child_holds_its_parent(void **state) {
	(void)state;
	struct drawer drawer;
	struct test_screen screen;
	struct test_buffer child_buffers[2];
	struct test_surface child;
	drawer_init(&drawer, "drawer");
	test_surface_init(&child, &drawer.client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		drawer.client.subcompositor, child.surface, drawer.window.base.surface);
	wl_subsurface_set_position(subsurface, 100, 80);
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(
			&child_buffers[i], &drawer.client, TEST_MEMORY_HEAP, DRM_FORMAT_XRGB8888, 64, 64);
		test_buffer_paint(&child_buffers[i], 200 + (uint32_t)i);
		test_picture_draw(&drawer.pictures[i],
			&(struct test_layer){.image = &child_buffers[i].image, .x = 100, .y = 80});
	}
	test_surface_show(&child, &child_buffers[0]);
	test_surface_show(&drawer.window.base, &drawer.buffers[0]);
	test_surface_wait_frame(&drawer.window.base);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &drawer.pictures[0]);
	test_client_wait(&drawer.client, !child.callback);
	attach_fence(&child_buffers[1]);
	test_surface_show(&child, &child_buffers[1]);
	test_surface_show(&drawer.window.base, &drawer.buffers[1]);
	assert_waits(&drawer.window.base);
	assert_waits(&child);
	test_screen_assert_stays(&screen, &drawer.pictures[0], 5);
	test_timeline_signal(&timeline);
	test_surface_wait_frame(&drawer.window.base);
	test_screen_wait(&screen, &drawer.pictures[1]);
	test_screen_close(&screen);
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&child_buffers[i]);
	}
	drawer_finish(&drawer);
}

// Several at once, whose fences are signalled in the order they were attached in.
static void test_many_clients_wait(void **state) {
	(void)state;
	enum { N = 4 };
	struct drawer drawers[N];
	struct witness witness;
	for (int i = 0; i < N; i++) {
		drawer_init(&drawers[i], "drawer");
	}
	for (int i = 0; i < N; i++) {
		attach_fence(&drawers[i].buffers[1]);
		test_surface_show(&drawers[i].window.base, &drawers[i].buffers[1]);
		assert_waits(&drawers[i].window.base);
	}
	witness_init(&witness, fixture, "witness", 22);
	for (int i = 0; i < 60; i++) {
		witness_next_frame(&witness);
	}
	for (int i = 0; i < N; i++) {
		assert_waits(&drawers[i].window.base);
		test_timeline_signal(&timeline);
		test_surface_wait_frame(&drawers[i].window.base);
	}
	witness_finish(&witness);
	for (int i = 0; i < N; i++) {
		drawer_finish(&drawers[i]);
	}
}

// A client that draws into what is on the screen spoils its own picture, and keeps nobody from showing theirs on the
// same screen: not even where its plane is no part of the frame but for the driver's sake.
static void test_drawing_into_what_is_shown_holds_nobody(void **state) {
	(void)state;
	struct drawer drawer;
	struct test_surface child;
	struct test_buffer child_buffers[2];
	struct test_screen screen;
	drawer_init(&drawer, "drawer");
	test_surface_init(&child, &drawer.client);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		drawer.client.subcompositor, child.surface, drawer.window.base.surface);
	wl_subsurface_set_desync(subsurface);
	for (int i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(
			&child_buffers[i], &drawer.client, TEST_MEMORY_HEAP, DRM_FORMAT_XRGB8888, 64, 64);
		test_buffer_paint(&child_buffers[i], 200); // both alike
	}
	test_surface_show(&child, &child_buffers[0]);
	test_surface_show(&drawer.window.base, &drawer.buffers[1]);
	test_surface_wait_frame(&drawer.window.base);
	test_picture_draw(&drawer.pictures[1], &(struct test_layer){.image = &child_buffers[0].image});
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &drawer.pictures[1]);
	attach_fence(&child_buffers[0]);  // its plane is left alone
	attach_fence(&drawer.buffers[1]); // its plane, too, until the next test
	for (int i = 0; i < 20; i++) {
		struct test_feedback feedback;
		test_feedback_init(&feedback, &drawer.window.base);
		test_surface_show(&drawer.window.base, &drawer.buffers[2 + i % 2]);
		test_feedback_wait(&feedback);
		assert_true(feedback.presented);
		test_feedback_finish(&feedback);
		test_client_wait(&drawer.client, !drawer.window.base.callback);
	}
	test_buffer_wait_release(&drawer.buffers[1]);
	// The plane beside it is where the fence is now, and this one goes on.
	attach_fence(&drawer.buffers[3]);
	for (int i = 0; i < 20; i++) {
		struct test_feedback feedback;
		test_feedback_init(&feedback, &child);
		test_surface_show(&child, &child_buffers[1]);
		test_feedback_wait(&feedback);
		assert_true(feedback.presented);
		test_feedback_finish(&feedback);
		test_client_wait(&drawer.client, !child.callback);
	}
	assert_int_equal(test_status_counter(&fixture->control, 0, "lost"), 0);
	test_screen_close(&screen);
	wl_subsurface_destroy(subsurface);
	test_surface_finish(&child);
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&child_buffers[i]);
	}
	drawer_finish(&drawer);
}

enum going { BUFFERS_FIRST, WINDOW_FIRST, ALL_AT_ONCE, SIGNALLED, GOINGS };

static void go_while_waiting(enum going going) {
	struct drawer drawer;
	drawer_init(&drawer, "drawer");
	for (int i = 1; i < BUFFERS; i++) {
		attach_fence(&drawer.buffers[i]);
		test_surface_show(&drawer.window.base, &drawer.buffers[i]);
	}
	assert_waits(&drawer.window.base);
	if (going == BUFFERS_FIRST) {
		for (int i = 0; i < BUFFERS; i++) {
			test_buffer_finish(&drawer.buffers[i]);
		}
		test_client_roundtrip(&drawer.client);
	} else if (going == WINDOW_FIRST) {
		test_window_finish(&drawer.window);
		drawer.window = (struct test_window){0};
		test_client_roundtrip(&drawer.client);
	} else if (going == SIGNALLED) {
		test_timeline_signal(&timeline);
	}
	drawer_finish(&drawer);
	test_client_roundtrip(&fixture->control);
}

static void test_nothing_stays_of_what_went_while_waiting(void **state) {
	(void)state;
	struct witness witnesses[2]; // one behind it, on either screen
	for (uint32_t i = 0; i < 2; i++) {
		witness_init(&witnesses[i], fixture, "witness", 22 + i);
	}
	struct test_counts before = {0};
	for (int round = 0; round < 2; round++) {
		for (enum going going = 0; going < GOINGS; going++) {
			go_while_waiting(going);
			// The screens let go of what they showed of it: the second frame is certainly one without.
			for (int i = 0; i < 4; i++) {
				witness_next_frame(&witnesses[i % 2]);
			}
			struct test_counts now = test_server_count(&fixture->server);
			if (round > 0) {
				// The kernel keeps what it was asked about until the fence is signalled, the server not.
				assert_true(now.fds <= before.fds);
				assert_true(now.maps <= before.maps);
			}
			test_timeline_finish(&timeline);
			test_timeline_init(&timeline);
		}
		if (round == 0) {
			before = test_server_count(&fixture->server);
		}
	}
	test_counts_assert_same(before, test_server_count(&fixture->server));
	for (int i = 0; i < 2; i++) {
		witness_finish(&witnesses[i]);
	}
}

int main(void) {
	test_guard(110);
	test_need_layout("dual");
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
		TEST(test_old_picture_stays_and_others_go_on),
		TEST(test_pictures_come_in_order),
		TEST(test_synchronised_child_holds_its_parent),
		TEST(test_many_clients_wait),
		TEST(test_drawing_into_what_is_shown_holds_nobody),
		TEST(test_nothing_stays_of_what_went_while_waiting),
	};
	return cmocka_run_group_tests_name("fences", tests, NULL, NULL);
}
