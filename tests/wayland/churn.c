// SPDX-License-Identifier: MIT
// Clients that come and go leave nothing behind in the server or the kernel: file descriptors,
// mappings, framebuffers, dma-bufs and their imports (which GEM handles would keep).
#include <drm_fourcc.h>
#include <sys/socket.h>

#include "fixture.h"

#define CYCLES 1000
#define BUFFERS 3
#define SHM (-1)      // that is composed
#define SEALABLE (-2) // that becomes dma-bufs when it is used again

enum leaving {
	LEAVE_IN_ORDER, // destroys everything
	LEAVE_SUDDENLY, // hangs up with everything alive
	LEAVE_UNSHOWN,  // hangs up before a frame came
	LEAVE_COUNT,
};

static void visit(struct fixture *fixture, enum leaving leaving, int memory) {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[BUFFERS];
	test_client_connect(&client, &fixture->server);
	test_window_init(&window, &client, "visitor", NULL);
	for (int i = 0; i < BUFFERS; i++) {
		if (memory == SHM) {
			test_buffer_init_shm(&buffers[i], &client, DRM_FORMAT_XRGB8888, 64, 64);
		} else if (memory == SEALABLE) {
			test_buffer_init_sealable(
				&buffers[i], &client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		} else {
			test_buffer_init_dmabuf(&buffers[i], &client, (enum test_memory)memory,
				i == 1 ? DRM_FORMAT_NV12 : DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		}
	}
	for (int i = 0; i < BUFFERS; i++) {
		test_surface_show(&window.base, &buffers[i]);
	}
	if (leaving != LEAVE_UNSHOWN) { // the frame may have taken any of them
		test_client_wait(&client, !window.base.callback);
	}
	for (int i = 0; memory == SEALABLE && leaving != LEAVE_UNSHOWN && i < 2 * BUFFERS; i++) {
		test_buffer_wait_release(&buffers[i % BUFFERS]);
		test_surface_show(&window.base, &buffers[i % BUFFERS]);
		test_surface_wait_frame(&window.base);
	}
	if (leaving != LEAVE_IN_ORDER) {
		wl_display_flush(client.display);
		shutdown(wl_display_get_fd(client.display), SHUT_RDWR);
	}
	for (int i = 0; i < BUFFERS; i++) {
		test_buffer_finish(&buffers[i]);
	}
	test_window_finish(&window);
	test_client_disconnect(&client);
}

// Until the server has heard that the last visitor left, and the screen has let go of its buffers.
static void settle(struct fixture *fixture, struct witness *witness) {
	for (int i = 0; i < 4; i++) {
		witness_next_frame(witness);
	}
	while (true) {
		struct json_object *status = test_status(&fixture->control);
		size_t clients = json_object_array_length(test_json(status, "clients"));
		json_object_put(status);
		if (clients == 2) {
			break;
		}
	}
	for (int i = 0; i < 4; i++) {
		witness_next_frame(witness);
	}
}

static void churn(struct fixture *fixture, int memory) {
	struct witness witness;
	witness_init(&witness, fixture, "witness", 1);
	const int visits = memory == SEALABLE ? CYCLES / 40 : CYCLES / 8;
	// What the server makes once and keeps, such as its composing targets, belongs to the first round.
	struct test_counts before = {0};
	for (int round = 0; round < 2; round++) {
		before = test_server_count(&fixture->server);
		for (int i = 0; i < visits; i++) {
			visit(fixture, (enum leaving)(i % LEAVE_COUNT), memory);
		}
		settle(fixture, &witness);
	}
	print_message("held: %d fds, %d mappings, %d framebuffers, %d dma-bufs, %d imports\n",
		before.fds, before.maps, before.framebuffers, before.dmabufs, before.attachments);
	assert_true(before.fds > 0 && before.maps > 0 && before.framebuffers > 0);
	test_counts_assert_same(before, test_server_count(&fixture->server));
	witness_finish(&witness);
}

static void test_clients_with_udmabufs(void **state) {
	churn(*state, TEST_MEMORY_UDMABUF);
}

static void test_clients_with_heap_buffers(void **state) {
	churn(*state, TEST_MEMORY_HEAP);
}

static void test_clients_with_dumb_buffers(void **state) {
	churn(*state, TEST_MEMORY_DUMB);
}

static void test_clients_with_vgem_buffers(void **state) {
	churn(*state, TEST_MEMORY_VGEM);
}

static void test_clients_with_shm_buffers(void **state) {
	churn(*state, SHM);
}

static void test_clients_with_shared_memory(void **state) {
	churn(*state, SEALABLE);
}

// One client that makes and drops its buffers while one of them is shown.
static void test_buffers_of_one_client(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "witness", 1);
	struct test_client *client = &witness.client;
	struct test_counts before = {0};
	for (int i = 0; i < CYCLES; i++) {
		if (i == 10) {
			settle(fixture, &witness);
			before = test_server_count(&fixture->server);
		}
		struct test_buffer buffer;
		test_buffer_init_dmabuf(
			&buffer, client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		if (i % 10 == 0) {
			test_surface_show(&witness.window.base, &buffer);
			test_surface_wait_frame(&witness.window.base);
		}
		test_buffer_finish(&buffer);
	}
	settle(fixture, &witness);
	test_counts_assert_same(before, test_server_count(&fixture->server));
	witness_finish(&witness);
}

int main(void) {
	test_guard(210);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start_fast, fixture_stop)
		TEST(test_clients_with_udmabufs),
		TEST(test_clients_with_heap_buffers),
		TEST(test_clients_with_dumb_buffers),
		TEST(test_clients_with_vgem_buffers),
		TEST(test_clients_with_shm_buffers),
		TEST(test_clients_with_shared_memory),
		TEST(test_buffers_of_one_client),
	};
	return cmocka_run_group_tests_name("churn", tests, NULL, NULL);
}
