// SPDX-License-Identifier: MIT
// Commits whose buffers are still being drawn: all of a commit waits, in order, and nothing else does.
#include "wayland-harness.h"

#include "count.h"
#include "fake-fence.h"
#include "order.h"

static struct client *client;

static int setup(void **state) {
	harness_setup(state);
	client = client_connect();
	return 0;
}

static int teardown(void **state) {
	if (client) {
		client_disconnect(client);
	}
	int rc = harness_teardown(state);
	fake_fence_reset();
	return rc;
}

static void sync_client(void) {
	assert_true(client_sync(client));
}

static struct wl_surface *new_surface(void) {
	return wl_compositor_create_surface(client->compositor);
}

static struct shm_image *new_image(int32_t size, uint32_t colour) {
	return image_create(client, size, size, WL_SHM_FORMAT_ARGB8888, colour);
}

static struct shm_image *new_undrawn(int32_t size, uint32_t colour, int *fence) {
	struct shm_image *image = new_image(size, colour);
	sync_client();
	*fence = fake_fence_attach(client->peer, image->buffer);
	return image;
}

static struct wl_surface *new_root(struct shm_image *image) {
	struct wl_surface *surface = new_surface();
	make_root(client, surface);
	show(surface, image);
	return surface;
}

static struct wl_subsurface *new_child(struct wl_surface *surface, struct wl_surface *parent) {
	return wl_subcompositor_get_subsurface(client->subcompositor, surface, parent);
}

static uint32_t shown(struct wl_surface *surface) {
	return read_pixel(&server_surface(client, surface)->layer);
}

static void test_old_contents_stay(void **state) {
	(void)state;
	int fence, frames = 0, other_frames = 0;
	struct shm_image *a = new_image(8, 1), *other = new_image(8, 9);
	struct shm_image *b = new_undrawn(16, 2, &fence);
	struct wl_surface *surface = new_root(a), *beside = new_root(other);
	struct surface *held = server_surface(client, surface);
	want_frame(surface, &frames);
	show(surface, b);
	for (int i = 1; i <= 3; i++) {
		want_frame(beside, &other_frames);
		show(beside, other);
		sync_client();
		harness_frame();
		sync_client();
		assert_int_equal(other_frames, i);
		assert_int_equal(frames, 0);
		assert_int_equal(shown(surface), 1);
		assert_int_equal(held->width, 8);
		assert_int_equal(a->released, 0);
	}
	assert_int_equal(fake_fence_watches, 1);
	fake_fence_signal(fence);
	sync_client();
	assert_int_equal(shown(surface), 2);
	assert_int_equal(held->width, 16);
	assert_int_equal(held->n_held, 0);
	harness_frame();
	sync_client();
	assert_int_equal(frames, 1);
	assert_int_equal(a->released, 1);
	// Drawn meanwhile: nothing to wait for.
	show(surface, a);
	show(surface, b);
	sync_client();
	assert_int_equal(shown(surface), 2);
	assert_int_equal(fake_fence_watches, 1);
	drop_shown(client, beside, &other, 1);
	drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
}

static void test_order(void **state) {
	(void)state;
	int first, second;
	struct shm_image *a = new_image(8, 1), *d = new_image(8, 4);
	struct shm_image *b = new_undrawn(8, 2, &first), *c = new_undrawn(8, 3, &second);
	struct wl_surface *surface = new_root(a);
	struct surface *held = server_surface(client, surface);
	show(surface, b);
	show(surface, c);
	show(surface, d);
	sync_client();
	assert_int_equal(held->n_held, 3);
	fake_fence_signal(second); // before its turn
	assert_int_equal(shown(surface), 1);
	fake_fence_signal(first);
	assert_int_equal(shown(surface), 4);
	assert_int_equal(b->released, 1);
	assert_int_equal(c->released, 1);
	assert_int_equal(d->released, 0);
	// Each is shown when it is drawn, though the next one is there.
	first = fake_fence_attach(client->peer, b->buffer);
	second = fake_fence_attach(client->peer, c->buffer);
	show(surface, b);
	show(surface, c);
	assert_int_equal(shown(surface), 4);
	fake_fence_signal(first);
	assert_int_equal(shown(surface), 2);
	fake_fence_signal(second);
	assert_int_equal(shown(surface), 3);
	drop_shown(client, surface, (struct shm_image *[]){a, b, c, d}, 4);
}

// What brings no buffer takes effect with what it follows, and costs no place.
static void test_other_state(void **state) {
	(void)state;
	int fence, frames = 0;
	struct shm_image *a = new_image(8, 1), *b = new_undrawn(16, 2, &fence);
	struct wl_surface *surface = new_root(a);
	struct surface *held = server_surface(client, surface);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(client->viewporter, surface);
	wp_viewport_set_destination(viewport, 40, 30);
	show(surface, b);
	for (int i = 0; i < 200; i++) {
		want_frame(surface, &frames);
		wl_surface_set_buffer_scale(surface, 1 + i % 2);
		wl_surface_commit(surface);
	}
	sync_client();
	assert_int_equal(held->n_held, 1);
	assert_int_equal(held->width, 8);
	assert_int_equal(held->current.scale, 1);
	fake_fence_signal(fence);
	sync_client();
	assert_int_equal(held->width, 40);
	assert_int_equal(held->current.scale, 2);
	harness_frame();
	sync_client();
	assert_int_equal(frames, 200);
	// Without contents, in order too: what was to be shown before is not.
	fence = fake_fence_attach(client->peer, b->buffer);
	show(surface, b);
	show(surface, NULL);
	wl_surface_commit(surface);
	sync_client();
	assert_int_equal(held->n_held, 3);
	assert_true(held->mapped);
	fake_fence_signal(fence);
	sync_client();
	assert_false(held->mapped);
	assert_int_equal(held->n_held, 0);
	wp_viewport_destroy(viewport);
	drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
}

// The parent's commit brings both at once, and takes what was cached at that time.
static void test_synchronized_child(void **state) {
	(void)state;
	int fence, later;
	struct shm_image *a = new_image(8, 1), *b = new_image(8, 2), *c = new_image(8, 3);
	struct shm_image *d = new_undrawn(8, 4, &fence), *e = new_undrawn(8, 5, &later);
	struct wl_surface *parent = new_root(a), *child = new_surface();
	struct wl_subsurface *subsurface = new_child(child, parent);
	show(child, b);
	wl_surface_commit(parent);
	assert_int_equal(shown(child), 2);
	show(child, d);
	show(parent, c);
	show(child, e);
	assert_int_equal(shown(child), 2);
	assert_int_equal(shown(parent), 1);
	fake_fence_signal(fence);
	assert_int_equal(shown(child), 4);
	assert_int_equal(shown(parent), 3);
	wl_surface_commit(parent);
	sync_client();
	assert_int_equal(server_surface(client, child)->n_held, 1);
	// It goes its own way, but behind what its parent waits for.
	wl_subsurface_set_desync(subsurface);
	show(child, b);
	assert_int_equal(shown(child), 4);
	fake_fence_signal(later);
	assert_int_equal(shown(child), 2);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	drop_shown(client, parent, (struct shm_image *[]){a, b, c, d, e}, 5);
}

static void test_free_child(void **state) {
	(void)state;
	int fence, other;
	struct shm_image *a = new_image(8, 1), *b = new_image(8, 2), *c = new_image(8, 3);
	struct shm_image *d = new_undrawn(8, 4, &fence), *e = new_undrawn(8, 5, &other);
	struct wl_surface *parent = new_root(a), *child = new_surface();
	struct wl_subsurface *subsurface = new_child(child, parent);
	wl_subsurface_set_desync(subsurface);
	show(child, b);
	wl_surface_commit(parent);
	show(child, d);
	show(parent, c);
	assert_int_equal(shown(child), 2);
	assert_int_equal(shown(parent), 3);
	// Both wait on their own, and then in one: the child's earlier commit is not overtaken.
	show(parent, e);
	wl_subsurface_set_sync(subsurface);
	show(child, b);
	show(parent, a);
	assert_int_equal(shown(parent), 3);
	fake_fence_signal(other);
	assert_int_equal(server_surface(client, child)->n_held, 2);
	assert_int_equal(shown(child), 2);
	fake_fence_signal(fence);
	assert_int_equal(shown(child), 2);
	assert_int_equal(shown(parent), 1);
	assert_int_equal(d->released, 1);
	assert_int_equal(server_surface(client, child)->n_held, 0);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	drop_shown(client, parent, (struct shm_image *[]){a, b, c, d, e}, 5);
}

enum step { SURFACE, CHILD, SUBSURFACE, BUFFER, CHILD_BUFFER, SIGNAL, STEPS };
// What the parent's commits wait for besides.
enum besides { NOTHING, BARRIER, TIME, BESIDES };

static void wait_besides(struct wp_fifo_v1 *fifo, struct wp_commit_timer_v1 *timer) {
	if (fifo) {
		wp_fifo_v1_wait_barrier(fifo);
		wp_fifo_v1_set_barrier(fifo);
	}
	if (timer) {
		wp_commit_timer_v1_set_timestamp(timer, 1, 0, 0); // that no test sees
	}
}

// Whatever goes first while both wait.
static void go_in_order(const int *order, bool placed, enum besides besides) {
	int fence, other;
	struct shm_image *a = new_image(8, 1);
	struct shm_image *b = new_undrawn(8, 2, &fence), *c = new_undrawn(8, 3, &other);
	int fds = test_count_entries("/proc/self/fd");
	struct wl_surface *parent = new_surface(), *child = new_surface();
	struct wl_subsurface *subsurface = new_child(child, parent);
	struct wp_fifo_v1 *fifo =
		besides == BARRIER ? wp_fifo_manager_v1_get_fifo(client->fifo, parent) : NULL;
	struct wp_commit_timer_v1 *timer = besides == TIME
		? wp_commit_timing_manager_v1_get_timer(client->commit_timing, parent)
		: NULL;
	if (placed) {
		make_root(client, parent);
	}
	if (fifo) {
		wp_fifo_v1_set_barrier(fifo);
	}
	show(parent, a);
	show(child, c);
	wait_besides(fifo, timer);
	show(parent, b);
	show(child, c);
	wait_besides(fifo, timer);
	show(parent, b);
	sync_client();
	assert_int_equal(test_count_entries("/proc/self/fd"), fds + 1);
	for (int i = 0; i < STEPS; i++) {
		switch ((enum step)order[i]) {
		case SURFACE:
			if (placed) {
				drop_root(client, parent);
			}
			wl_surface_destroy(parent);
			break;
		case CHILD:
			wl_surface_destroy(child);
			break;
		case SUBSURFACE:
			wl_subsurface_destroy(subsurface);
			break;
		case BUFFER:
			wl_buffer_destroy(b->buffer);
			b->buffer = NULL;
			break;
		case CHILD_BUFFER:
			wl_buffer_destroy(c->buffer);
			c->buffer = NULL;
			break;
		case SIGNAL:
			fake_fence_signal(fence);
			fake_fence_signal(other);
			sync_client();
			harness_frame();
			break;
		case STEPS:
			break;
		}
		sync_client();
	}
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
	assert_true(wl_list_empty(&harness.server->commit_timers));
	if (fifo) {
		wp_fifo_v1_destroy(fifo);
	}
	if (timer) {
		wp_commit_timer_v1_destroy(timer);
	}
	image_destroy(a);
	image_destroy(b);
	image_destroy(c);
	sync_client();
	fake_fence_reset();
}

// A surface may not go before its role object.
static bool is_legal(const int *order) {
	int i = 0;
	while (order[i] != CHILD && order[i] != SUBSURFACE) {
		i++;
	}
	return order[i] == SUBSURFACE;
}

static void test_every_order_of_going(void **state) {
	(void)state;
	int order[STEPS] = {SURFACE, CHILD, SUBSURFACE, BUFFER, CHILD_BUFFER, SIGNAL};
	do {
		for (int i = 0; is_legal(order) && i < BESIDES; i++) {
			go_in_order(order, false, (enum besides)i);
			go_in_order(order, true, (enum besides)i);
		}
	} while (test_next_order(order, STEPS));
}

static void test_client_goes(void **state) {
	(void)state;
	int fds = test_count_entries("/proc/self/fd");
	for (int i = 0; i < 2; i++) {
		struct client *leaving = client_connect();
		struct shm_image *a = image_create(leaving, 8, 8, WL_SHM_FORMAT_ARGB8888, 1);
		assert_true(client_sync(leaving));
		int fence = fake_fence_attach(leaving->peer, a->buffer);
		struct wl_surface *surface =
			client_keep(leaving, wl_compositor_create_surface(leaving->compositor));
		make_root(leaving, surface);
		for (int j = 0; j < 3; j++) {
			client_keep(leaving, wl_surface_frame(surface));
			show(surface, a);
		}
		assert_int_equal(server_surface(leaving, surface)->n_held, 3);
		if (i == 1) {
			fake_fence_signal(fence);
		}
		wl_buffer_destroy(a->buffer);
		a->buffer = NULL;
		image_destroy(a);
		client_disconnect(leaving);
	}
	sync_client();
	fake_fence_reset();
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

// Ever more buffers replace one another at the end of the queue.
static void test_flood(void **state) {
	(void)state;
	enum { N = 100 };
	int fences[N];
	struct shm_image *images[N];
	struct wl_surface *surface = new_root(NULL);
	for (int i = 0; i < N; i++) {
		images[i] = new_undrawn(8, (uint32_t)i, &fences[i]);
		show(surface, images[i]);
	}
	struct surface *held = server_surface(client, surface);
	assert_int_equal(held->n_held, 64);
	int released = 0;
	for (int i = 0; i < N; i++) {
		released += images[i]->released;
	}
	assert_int_equal(released, N - 64);
	for (int i = 0; i < N; i++) {
		fake_fence_signal(fences[i]);
	}
	assert_int_equal(shown(surface), N - 1);
	assert_int_equal(held->n_held, 0);
	drop_shown(client, surface, images, N);
}

// What cannot be joined ends the client.
static void test_flood_of_unmaps(void **state) {
	(void)state;
	struct client *flooding = client_connect();
	struct shm_image *image = image_create(flooding, 8, 8, WL_SHM_FORMAT_ARGB8888, 1);
	image->buffer = client_keep(flooding, image->buffer);
	assert_true(client_sync(flooding));
	fake_fence_attach(flooding->peer, image->buffer);
	struct wl_surface *surface =
		client_keep(flooding, wl_compositor_create_surface(flooding->compositor));
	for (int i = 0; i < 40; i++) {
		show(surface, image);
		show(surface, NULL);
	}
	assert_error(flooding, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
	image->buffer = NULL; // goes with the client
	image_destroy(image);
	client_disconnect(flooding);
	sync_client();
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_old_contents_stay),
		TEST(test_order),
		TEST(test_other_state),
		TEST(test_synchronized_child),
		TEST(test_free_child),
		TEST(test_every_order_of_going),
		TEST(test_client_goes),
		TEST(test_flood),
		TEST(test_flood_of_unmaps),
	};
	return cmocka_run_group_tests_name("surface-hold", tests, NULL, NULL);
}
