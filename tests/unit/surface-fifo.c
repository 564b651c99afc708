// SPDX-License-Identifier: MIT
// wp_fifo_v1: contents with a barrier are in a frame before those that wait for it take their place.
#include "one-client.h"

static struct wp_fifo_v1 *fifo_of(struct wl_surface *surface) {
	return wp_fifo_manager_v1_get_fifo(client->fifo, surface);
}

// As clients do with each of their pictures.
static void show_next(
	struct wl_surface *surface, struct wp_fifo_v1 *fifo, struct shm_image *image) {
	wp_fifo_v1_wait_barrier(fifo);
	wp_fifo_v1_set_barrier(fifo);
	show(surface, image);
}

// A frame, and what it sets going.
static void frame(void) {
	harness_frame();
	sync_client();
}

// ---- What the client hears ----

struct fate {
	int presented, discarded, *order;
};

static void handle_sync_output(
	void *data, struct wp_presentation_feedback *feedback, struct wl_output *output) {
	(void)data;
	(void)feedback;
	(void)output;
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback,
	uint32_t seconds_high, uint32_t seconds_low, uint32_t nanoseconds, uint32_t refresh,
	uint32_t sequence_high, uint32_t sequence_low, uint32_t flags) {
	(void)seconds_high;
	(void)seconds_low;
	(void)nanoseconds;
	(void)refresh;
	(void)sequence_high;
	(void)sequence_low;
	(void)flags;
	struct fate *fate = data;
	fate->presented = ++*fate->order;
	wp_presentation_feedback_destroy(feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback) {
	struct fate *fate = data;
	fate->discarded = ++*fate->order;
	wp_presentation_feedback_destroy(feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

static void want_feedback(struct wl_surface *surface, struct fate *fate) {
	wp_presentation_feedback_add_listener(
		wp_presentation_feedback(client->presentation, surface), &feedback_listener, fate);
}

// ---- The tests ----

static void test_each_in_a_frame_of_its_own(void **state) {
	(void)state;
	enum { N = 6 };
	struct shm_image *images[N];
	struct fate fates[N] = {0};
	int order = 0, frames = 0;
	struct wl_surface *surface = new_surface();
	struct wp_fifo_v1 *fifo = fifo_of(surface);
	make_root(client, surface);
	for (uint32_t i = 0; i < N; i++) {
		images[i] = new_image(8, 8, i);
		fates[i].order = &order;
		want_frame(surface, &frames);
		want_feedback(surface, &fates[i]);
		show_next(surface, fifo, images[i]);
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(shown(surface), i);
		assert_int_equal(server_surface(client, surface)->n_held, N - 1 - i);
		assert_int_equal(frames, i);
		frame();
		assert_int_equal(fates[i].presented, i + 1);
		assert_int_equal(fates[i].discarded, 0);
		// The next one has taken its place already: it is in the coming frame.
		assert_int_equal(images[i]->released, i < N - 1);
	}
	wp_fifo_v1_destroy(fifo);
	drop_shown(client, surface, images, N);
}

// A frame, and nothing else, clears it: until then it waits, however often the client commits.
static void test_barrier(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2), *c = new_image(8, 8, 3),
					 *d = new_image(8, 8, 4);
	struct wl_surface *surface = new_surface();
	struct wp_fifo_v1 *fifo = fifo_of(surface);
	make_root(client, surface);
	// Nothing was set: nothing to wait for.
	wp_fifo_v1_wait_barrier(fifo);
	show(surface, a);
	assert_int_equal(shown(surface), 1);
	wp_fifo_v1_wait_barrier(fifo);
	wp_fifo_v1_set_barrier(fifo);
	show(surface, b);
	assert_int_equal(shown(surface), 2);
	// Who does not wait takes its place.
	show(surface, c);
	assert_int_equal(shown(surface), 3);
	assert_true(server_surface(client, surface)->barrier);
	wp_fifo_v1_wait_barrier(fifo);
	show(surface, d);
	assert_int_equal(shown(surface), 3);
	// In order, whatever it is that comes next.
	show(surface, a);
	assert_int_equal(shown(surface), 3);
	frame();
	assert_int_equal(shown(surface), 1);
	assert_false(server_surface(client, surface)->barrier);
	// Without contents: a frame is made, and a commit that waits holds up those behind it.
	wp_fifo_v1_set_barrier(fifo);
	wl_surface_commit(surface);
	assert_true(server_surface(client, surface)->layer.frame_wanted);
	wp_fifo_v1_wait_barrier(fifo);
	wl_surface_commit(surface);
	show(surface, b);
	assert_int_equal(shown(surface), 1);
	// What was asked for stays so without the object.
	wp_fifo_v1_set_barrier(fifo);
	wp_fifo_v1_destroy(fifo);
	show(surface, c);
	frame();
	assert_int_equal(shown(surface), 3);
	assert_true(server_surface(client, surface)->barrier);
	frame();
	assert_false(server_surface(client, surface)->barrier);
	drop_shown(client, surface, (struct shm_image *[]){a, b, c, d}, 4);
}

static void test_hidden(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2);
	struct wl_surface *surface = new_surface();
	struct wp_fifo_v1 *fifo = fifo_of(surface);
	make_root(client, surface);
	int order = 0;
	struct fate fate = {.order = &order};
	want_feedback(surface, &fate);
	show_next(surface, fifo, a);
	show_next(surface, fifo, b);
	assert_int_equal(shown(surface), 1);
	struct scene_layer *layer = &server_surface(client, surface)->layer;
	layer->ops->hidden(layer, 0);
	assert_int_equal(shown(surface), 2);
	assert_int_equal(fate.discarded, 1);
	// On no output at all.
	assert_true(server_surface(client, surface)->barrier);
	drop_root(client, surface);
	assert_false(server_surface(client, surface)->barrier);
	for (int i = 0; i < 3; i++) {
		show_next(surface, fifo, i % 2 ? b : a);
	}
	struct surface *held = server_surface(client, surface);
	assert_true(held->n_held > 0);
	while (held->n_held > 0) {
		wl_event_loop_dispatch(harness.server->loop, 100);
		sync_client();
	}
	wp_fifo_v1_destroy(fifo);
	wl_surface_destroy(surface);
	sync_client();
	image_destroy(a);
	image_destroy(b);
}

static void test_subsurfaces(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2), *c = new_image(8, 8, 3),
					 *d = new_image(8, 8, 4);
	struct wl_surface *parent = new_surface(), *child = new_surface();
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, parent);
	struct wp_fifo_v1 *fifo = fifo_of(parent), *child_fifo = fifo_of(child);
	make_root(client, parent);
	// Synchronised: what waits is its parent.
	show_next(child, child_fifo, a);
	show(parent, a);
	show_next(child, child_fifo, b);
	show(parent, b);
	assert_int_equal(shown(child), 2);
	assert_int_equal(shown(parent), 2);
	frame();
	show_next(child, child_fifo, c);
	show_next(parent, fifo, c);
	assert_int_equal(shown(child), 3);
	show_next(child, child_fifo, d);
	show_next(parent, fifo, d);
	assert_int_equal(shown(child), 3);
	assert_int_equal(shown(parent), 3);
	frame();
	assert_int_equal(shown(child), 4);
	assert_int_equal(shown(parent), 4);
	frame();
	// Each on its own.
	wl_subsurface_set_desync(subsurface);
	show_next(child, child_fifo, a);
	show_next(child, child_fifo, b);
	show_next(parent, fifo, a);
	assert_int_equal(shown(child), 1);
	assert_int_equal(shown(parent), 1);
	// The parent's waits behind the child's that it takes along.
	wl_subsurface_set_sync(subsurface);
	show_next(child, child_fifo, c);
	show(parent, b);
	assert_int_equal(shown(child), 1);
	assert_int_equal(shown(parent), 1);
	frame(); // the child's own
	assert_int_equal(shown(child), 3);
	assert_int_equal(shown(parent), 2);
	wp_fifo_v1_destroy(fifo);
	wp_fifo_v1_destroy(child_fifo);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	drop_shown(client, parent, (struct shm_image *[]){a, b, c, d}, 4);
}

// Ever more pictures replace one another at the end of the queue, with their subsurfaces'.
static void flood(struct wl_surface *surface, struct wp_fifo_v1 *fifo, struct wl_surface *child,
	struct shm_image **images, int n) {
	int order = 0;
	struct fate fate = {.order = &order};
	for (int i = 0; i < 10000; i++) {
		if (i == 5000) {
			want_feedback(surface, &fate);
		}
		if (child) {
			show(child, images[i % n]);
		}
		show_next(surface, fifo, images[i % n]);
		wp_fifo_v1_wait_barrier(fifo); // without contents, as some drivers do
		wl_surface_commit(surface);
		if (i % 100 == 0) {
			sync_client();
		}
	}
	struct surface *held = server_surface(client, surface);
	assert_int_equal(held->n_held, 64);
	assert_int_equal(fate.discarded, 1);
	int frames = 0;
	while (held->n_held > 0) {
		frame();
		frames++;
	}
	assert_true(frames >= 32);
	assert_int_equal(shown(surface), 9999 % n);
}

static void test_floods(void **state) {
	(void)state;
	struct shm_image *images[] = {new_image(8, 8, 0), new_image(8, 8, 1), new_image(8, 8, 2)};
	struct wl_surface *surface = new_surface(), *child = new_surface();
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, surface);
	struct wp_fifo_v1 *fifo = fifo_of(surface);
	make_root(client, surface);
	flood(surface, fifo, NULL, images, 3);
	flood(surface, fifo, child, images, 3);
	assert_int_equal(shown(child), 9999 % 3);
	wp_fifo_v1_destroy(fifo);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	drop_shown(client, surface, images, 3);
}

static void test_errors(void **state) {
	(void)state;
	struct client *wrong = client_connect();
	struct wl_surface *surface =
		client_keep(wrong, wl_compositor_create_surface(wrong->compositor));
	client_keep(wrong, wp_fifo_manager_v1_get_fifo(wrong->fifo, surface));
	client_keep(wrong, wp_fifo_manager_v1_get_fifo(wrong->fifo, surface));
	assert_error(wrong, &wp_fifo_manager_v1_interface, WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS);
	client_disconnect(wrong);
	for (int i = 0; i < 2; i++) {
		wrong = client_connect();
		surface = wl_compositor_create_surface(wrong->compositor);
		struct wp_fifo_v1 *fifo =
			client_keep(wrong, wp_fifo_manager_v1_get_fifo(wrong->fifo, surface));
		wl_surface_destroy(surface);
		assert_true(client_sync(wrong));
		if (i == 0) {
			wp_fifo_v1_set_barrier(fifo);
		} else {
			wp_fifo_v1_wait_barrier(fifo);
		}
		assert_error(wrong, &wp_fifo_v1_interface, WP_FIFO_V1_ERROR_SURFACE_DESTROYED);
		client_disconnect(wrong);
	}
	// Gone without another word, or made anew: fine.
	surface = new_surface();
	wp_fifo_v1_destroy(fifo_of(surface));
	struct wp_fifo_v1 *fifo = fifo_of(surface);
	wl_surface_destroy(surface);
	wp_fifo_v1_destroy(fifo);
	sync_client();
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, one_client_setup, one_client_teardown)
		TEST(test_each_in_a_frame_of_its_own),
		TEST(test_barrier),
		TEST(test_hidden),
		TEST(test_subsurfaces),
		TEST(test_floods),
		TEST(test_errors),
	};
	return cmocka_run_group_tests_name("surface-fifo", tests, NULL, NULL);
}
