// SPDX-License-Identifier: MIT
// Surfaces: what a commit shows and when, trees of subsurfaces, release and frame callbacks, and every
// way of going away.
#include "one-client.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct wl_surface *new_root(struct shm_image *image) {
	struct wl_surface *surface = new_surface();
	make_root(client, surface);
	show(surface, image);
	return surface;
}

static struct wl_subsurface *new_child(struct wl_surface *surface, struct wl_surface *parent) {
	return wl_subcompositor_get_subsurface(client->subcompositor, surface, parent);
}

// ---- Buffers ----

static void test_release(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2);
	struct wl_surface *surface = new_root(a);
	sync_client();
	assert_int_equal(harness.scene.n_layers, 1);
	struct scene_layer *layer = harness.scene.layers[0];
	assert_int_equal(read_pixel(layer), 1);
	struct scene_buffer *shown = scene_buffer_lock(layer->buffer); // a frame that shows it
	show(surface, b);
	sync_client();
	assert_int_equal(read_pixel(layer), 2);
	assert_int_equal(a->released, 0);
	scene_buffer_unlock(shown);
	sync_client();
	assert_int_equal(a->released, 1);
	// The same one again is not given back in between.
	show(surface, b);
	sync_client();
	assert_int_equal(b->released, 0);
	show(surface, NULL);
	sync_client();
	assert_int_equal(b->released, 1);
	assert_int_equal(harness.scene.n_layers, 0);
	drop_root(client, surface);
	wl_surface_destroy(surface);
	image_destroy(a);
	image_destroy(b);
}

static void test_contents_outlive_buffer(void **state) {
	(void)state;
	struct shm_image *image = new_image(8, 8, 0xabcdef);
	struct wl_surface *surface = new_root(image);
	wl_buffer_destroy(image->buffer);
	image->buffer = NULL;
	sync_client();
	memset(image->pixels, 0, 8 * 8 * 4);
	assert_int_equal(read_pixel(harness.scene.layers[0]), 0xabcdef);
	wl_surface_commit(surface);
	sync_client();
	assert_int_equal(read_pixel(harness.scene.layers[0]), 0xabcdef);
	// A pending buffer that goes before its commit leaves nothing.
	struct shm_image *pending = new_image(8, 8, 1);
	wl_surface_attach(surface, pending->buffer, 0, 0);
	image_destroy(pending);
	wl_surface_commit(surface);
	sync_client();
	assert_int_equal(harness.scene.n_layers, 0);
	image_destroy(image);
	drop_root(client, surface);
	wl_surface_destroy(surface);
}

static int setup_scaled(void **state) {
	harness_scale = 1.5;
	return one_client_setup(state);
}

static int teardown_scaled(void **state) {
	harness_scale = 1;
	return one_client_teardown(state);
}

static void set_opaque(struct wl_surface *surface, int x, int y, int width, int height) {
	struct wl_region *region = wl_compositor_create_region(client->compositor);
	wl_region_add(region, x, y, width, height);
	wl_surface_set_opaque_region(surface, region);
	wl_region_destroy(region);
}

// On a scaled output no px is opaque for which a bilinear filter reads texels outside the opaque region.
static void test_scaled_opaque(void **state) {
	(void)state;
	enum { SIZE = 33, TEXELS = 2 * SIZE, LOW = 5, HIGH = 25, LAST = 12 };
	struct shm_image *image = new_image(TEXELS, TEXELS, 'r');
	struct wl_surface *root = new_root(image), *child = new_surface();
	struct wl_subsurface *subsurface = new_child(child, root);
	wl_surface_set_buffer_scale(child, 2);
	set_opaque(child, LOW, LOW, HIGH - LOW, HIGH - LOW);
	show(child, image);
	for (int at = 0; at < LAST; at++) {
		wl_subsurface_set_position(subsurface, at, at);
		wl_surface_commit(child);
		wl_surface_commit(root);
		sync_client();
		const struct scene_layer *layer = harness.scene.layers[1];
		const pixman_box32_t *box = pixman_region32_extents((pixman_region32_t *)&layer->opaque);
		double step = (double)TEXELS / layer->dst.width;
		assert_true(box->x2 - box->x1 >= 1.5 * (HIGH - LOW - 3)); // most of it
		assert_true(floor((box->x1 + 0.5) * step - 0.5) >= 2 * LOW);
		assert_true(floor((box->x2 - 0.5) * step + 0.5) < 2 * HIGH);
	}
	// What is opaque to its edge stays so.
	set_opaque(child, 0, 0, SIZE, SIZE);
	wl_surface_commit(child);
	wl_surface_commit(root);
	sync_client();
	const struct scene_layer *layer = harness.scene.layers[1];
	const pixman_box32_t *box = pixman_region32_extents((pixman_region32_t *)&layer->opaque);
	assert_true(box->x1 == 0 && box->x2 == layer->dst.width && box->y2 == layer->dst.height);
	image_destroy(image);
	drop_root(client, root);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	wl_surface_destroy(root);
}

static void test_single_pixel(void **state) {
	(void)state;
	struct wl_surface *surface = new_surface();
	make_root(client, surface);
	struct wl_buffer *buffer = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
		client->single_pixel, 0, UINT32_MAX, 0, UINT32_MAX);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(client->viewporter, surface);
	wp_viewport_set_destination(viewport, INT32_MAX, 100);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_commit(surface);
	sync_client();
	struct scene_layer *layer = harness.scene.layers[0];
	assert_int_equal(layer->buffer->kind, SCENE_BUFFER_SOLID);
	assert_int_equal(layer->buffer->solid[1], UINT16_MAX);
	assert_int_equal(layer->dst.height, 100);
	assert_true(layer->dst.width >= HARNESS_WIDTH);
	assert_int_equal(pixman_region32_extents(&layer->opaque)->y2, 100);
	// Without its viewport the surface is as large as the buffer, from the next commit on.
	wp_viewport_destroy(viewport);
	wl_buffer_destroy(buffer);
	sync_client();
	assert_int_equal(layer->dst.height, 100);
	wl_surface_commit(surface);
	sync_client();
	assert_int_equal(layer->dst.height, 1);
	drop_root(client, surface);
	wl_surface_destroy(surface);
}

// ---- Frames ----

// Callbacks and feedback asked for: kept until the end, whether they were answered or not.
static struct wl_proxy *asked[256];
static int n_asked;

struct frame_log {
	int done, presented, discarded, synced;
	uint32_t time, flags, sequence, refresh;
};

static void handle_done(void *data, struct wl_callback *callback, uint32_t time) {
	(void)callback;
	struct frame_log *log = data;
	log->done++;
	log->time = time;
}

static const struct wl_callback_listener callback_listener = {.done = handle_done};

static void handle_sync_output(
	void *data, struct wp_presentation_feedback *feedback, struct wl_output *output) {
	(void)feedback;
	assert_ptr_equal(output, client->output);
	((struct frame_log *)data)->synced++;
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback, uint32_t sec_hi,
	uint32_t sec_lo, uint32_t nsec, uint32_t refresh, uint32_t seq_hi, uint32_t seq_lo,
	uint32_t flags) {
	(void)feedback;
	struct frame_log *log = data;
	log->presented++;
	log->flags = flags;
	log->sequence = seq_lo;
	log->refresh = refresh;
	assert_int_equal(sec_hi, 0);
	assert_int_equal(sec_lo, 5);
	assert_int_equal(nsec, 7000000);
	assert_int_equal(seq_hi, 0);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback) {
	(void)feedback;
	((struct frame_log *)data)->discarded++;
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

static void ask(struct wl_surface *surface, struct frame_log *log) {
	assert_true(n_asked + 2 <= (int)(sizeof(asked) / sizeof(asked[0])));
	struct wl_callback *callback = wl_surface_frame(surface);
	wl_callback_add_listener(callback, &callback_listener, log);
	asked[n_asked++] = (struct wl_proxy *)callback;
	struct wp_presentation_feedback *feedback =
		wp_presentation_feedback(client->presentation, surface);
	wp_presentation_feedback_add_listener(feedback, &feedback_listener, log);
	asked[n_asked++] = (struct wl_proxy *)feedback;
}

static void forget_asked(void) {
	while (n_asked > 0) {
		wl_proxy_destroy(asked[--n_asked]);
	}
}

static void test_frame(void **state) {
	(void)state;
	struct shm_image *image = new_image(8, 8, 1);
	struct wl_surface *surface = new_root(image);
	struct frame_log first = {0}, second = {0}, third = {0};
	ask(surface, &first);
	show(surface, image);
	sync_client();
	assert_int_equal(first.done, 0);
	ask(surface, &second); // supersedes the first before any frame
	wl_surface_commit(surface);
	sync_client();
	assert_true(harness.scene.layers[0]->frame_wanted);
	assert_int_equal(first.discarded, 1);
	harness_frame();
	sync_client();
	assert_int_equal(first.done, 1);
	assert_int_equal(first.presented, 0);
	assert_int_equal(first.time, 5007);
	assert_int_equal(second.done, 1);
	assert_int_equal(second.presented, 1);
	assert_int_equal(second.synced, 1);
	assert_int_equal(second.sequence, 42);
	assert_int_equal(second.refresh, 16666666);
	assert_int_equal(second.flags,
		WP_PRESENTATION_FEEDBACK_KIND_VSYNC | WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK |
			WP_PRESENTATION_FEEDBACK_KIND_HW_COMPLETION | WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY);
	harness_frame();
	sync_client();
	assert_int_equal(second.done, 1);

	ask(surface, &third);
	show(surface, NULL); // unmapped: not presented, and the callback comes slowly
	sync_client();
	harness_frame();
	sync_client();
	assert_int_equal(third.done, 0);
	struct timespec pause = {.tv_sec = 1, .tv_nsec = 50000000};
	nanosleep(&pause, NULL);
	sync_client();
	assert_int_equal(third.done, 1);
	assert_int_equal(third.discarded, 1);
	forget_asked();
	drop_root(client, surface);
	wl_surface_destroy(surface);
	image_destroy(image);
}

// ---- Trees ----

static void assert_layers(const char *expected) {
	sync_client();
	char got[32] = "";
	for (int i = 0; i < harness.scene.n_layers && i < 31; i++) {
		got[i] = (char)read_pixel(harness.scene.layers[i]);
		got[i + 1] = '\0';
	}
	assert_string_equal(got, expected);
}

static void test_order(void **state) {
	(void)state;
	struct shm_image *images[4];
	for (int i = 0; i < 4; i++) {
		images[i] = new_image(4, 4, (uint32_t) "rabc"[i]);
	}
	struct wl_surface *root = new_root(images[0]), *surfaces[3];
	struct wl_subsurface *children[3];
	for (int i = 0; i < 3; i++) {
		surfaces[i] = new_surface();
		children[i] = new_child(surfaces[i], root);
		wl_subsurface_set_desync(children[i]);
		show(surfaces[i], images[i + 1]);
	}
	assert_layers("r"); // added with the parent's commit
	wl_surface_commit(root);
	assert_layers("rabc");
	wl_subsurface_place_below(children[1], root);
	wl_subsurface_place_above(children[0], surfaces[2]);
	assert_layers("rabc");
	wl_surface_commit(root);
	assert_layers("brca");
	int laid_out = harness.laid_out;
	show(surfaces[0], images[1]);
	show(root, images[0]);
	sync_client();
	assert_int_equal(harness.laid_out, laid_out); // new contents alone move nothing
	wl_subsurface_set_position(children[2], -5, 7);
	sync_client();
	assert_int_equal(harness.scene.layers[2]->dst.x, 0);
	wl_surface_commit(root);
	sync_client();
	assert_int_equal(harness.laid_out, laid_out + 1);
	assert_int_equal(harness.scene.layers[2]->dst.x, -5);
	assert_int_equal(harness.scene.layers[2]->dst.y, 7);
	struct scene_rect bounds = surface_bounds(server_surface(client, root));
	assert_int_equal(bounds.x, -5);
	assert_int_equal(bounds.width, 9);
	assert_int_equal(bounds.height, 11);
	// A destroyed one is gone at once.
	wl_subsurface_destroy(children[1]);
	assert_layers("rca");
	show(root, NULL);
	assert_layers("");
	show(root, images[0]);
	assert_layers("rca");
	drop_root(client, root);
	wl_surface_destroy(root);
	assert_layers("");
	wl_subsurface_destroy(children[0]);
	wl_subsurface_destroy(children[2]);
	for (int i = 0; i < 4; i++) {
		if (i < 3) {
			wl_surface_destroy(surfaces[i]);
		}
		image_destroy(images[i]);
	}
}

static void test_synchronized(void **state) {
	(void)state;
	struct shm_image *images[6];
	for (int i = 0; i < 6; i++) {
		images[i] = new_image(4, 4, (uint32_t) "rabxyz"[i]);
	}
	struct wl_surface *root = new_root(images[0]), *a = new_surface(), *b = new_surface();
	struct wl_subsurface *child_a = new_child(a, root), *child_b = new_child(b, a);
	wl_subsurface_set_desync(child_b); // its parent's mode holds it back
	show(b, images[2]);
	show(a, images[1]);
	assert_layers("r");
	wl_surface_commit(root);
	assert_layers("rab");
	show(b, images[3]);
	wl_surface_commit(root); // nothing new of `a`, so nothing of what waits for it
	assert_layers("rab");
	wl_surface_commit(a);
	assert_layers("rab");
	wl_surface_commit(root);
	assert_layers("rax");
	assert_int_equal(images[2]->released, 1);
	// Of several cached buffers the last one counts; the others come back.
	show(a, images[4]);
	show(a, images[5]);
	sync_client();
	assert_int_equal(images[4]->released, 1);
	show(b, images[2]);
	wl_subsurface_set_desync(child_a);
	assert_layers("rzb");
	show(b, images[3]);
	assert_layers("rzx");
	// An unmapped parent hides what hangs on it, and brings it back.
	show(a, NULL);
	assert_layers("r");
	show(a, images[1]);
	assert_layers("rax");
	wl_subsurface_destroy(child_a);
	assert_layers("r");
	wl_subsurface_destroy(child_b);
	wl_surface_destroy(a);
	wl_surface_destroy(b);
	drop_root(client, root);
	wl_surface_destroy(root);
	for (int i = 0; i < 6; i++) {
		image_destroy(images[i]);
	}
}

struct entered {
	int enter, leave, scale;
};

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *output) {
	(void)surface;
	assert_ptr_equal(output, client->output);
	((struct entered *)data)->enter++;
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *output) {
	(void)surface;
	(void)output;
	((struct entered *)data)->leave++;
}

static void handle_preferred_scale(void *data, struct wl_surface *surface, int32_t factor) {
	(void)surface;
	((struct entered *)data)->scale = factor;
}

static void handle_preferred_transform(void *data, struct wl_surface *surface, uint32_t transform) {
	(void)data;
	(void)surface;
	assert_int_equal(transform, WL_OUTPUT_TRANSFORM_NORMAL);
}

static const struct wl_surface_listener surface_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.preferred_buffer_scale = handle_preferred_scale,
	.preferred_buffer_transform = handle_preferred_transform,
};

static void test_enter_leave(void **state) {
	(void)state;
	struct shm_image *image = new_image(4, 4, 'r');
	struct wl_surface *root = new_root(image), *child = new_surface();
	struct entered seen = {0}, child_seen = {0};
	wl_surface_add_listener(root, &surface_listener, &seen);
	wl_surface_add_listener(child, &surface_listener, &child_seen);
	struct wl_subsurface *subsurface = new_child(child, root);
	show(child, image);
	wl_surface_commit(root);
	sync_client();
	assert_int_equal(seen.enter, 1);
	assert_int_equal(seen.scale, 1);
	assert_int_equal(child_seen.enter, 1);
	show(root, NULL);
	sync_client();
	assert_int_equal(seen.leave, 1);
	assert_int_equal(child_seen.leave, 1);
	show(root, image);
	sync_client();
	assert_int_equal(child_seen.enter, 2);
	// An output that goes while clients know it.
	wayland_output_destroy(harness.output);
	harness.output = NULL;
	sync_client();
	assert_int_equal(seen.leave, 2);
	drop_root(client, root);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	wl_surface_destroy(root);
	sync_client();
	image_destroy(image);
}

// ---- Hordes, and sudden ends ----

static double seconds(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

enum { HORDE = 10000 };

static struct wl_surface *horde[HORDE];
static struct wl_subsurface *horde_children[HORDE];

// Deep: each hangs on the one before; flat: all on the root. The client vanishes at the end.
static void make_horde(struct wl_surface *root, struct shm_image *image, bool deep) {
	for (int i = 0; i < HORDE; i++) {
		horde[i] = new_surface();
		horde_children[i] = new_child(horde[i], deep && i > 0 ? horde[i - 1] : root);
		wl_subsurface_set_position(horde_children[i], INT32_MAX, INT32_MIN);
		if (i % 500 == 0) {
			sync_client();
		}
	}
	for (int i = HORDE - 1; i >= 0; i--) {
		show(horde[i], image);
		if (i % 500 == 0) {
			sync_client();
		}
	}
	wl_surface_commit(root);
	sync_client();
}

static void run_horde(bool deep, bool destroy) {
	double start = seconds();
	struct shm_image *image = new_image(4, 4, 'r');
	struct wl_surface *root = new_root(image);
	make_horde(root, image, deep);
	assert_int_equal(harness.scene.n_layers, HORDE + 1);
	harness_frame();
	for (int i = 0; i < HORDE; i++) {
		if (destroy) {
			wl_subsurface_destroy(horde_children[i]);
			wl_surface_destroy(horde[i]);
			if (i % 500 == 0) {
				sync_client();
			}
		}
	}
	if (destroy) {
		assert_layers("r");
	} else {
		for (int i = 0; i < HORDE; i++) {
			wl_proxy_destroy((struct wl_proxy *)horde_children[i]);
			wl_proxy_destroy((struct wl_proxy *)horde[i]);
		}
	}
	wl_proxy_destroy((struct wl_proxy *)root);
	image_destroy(image);
	client_disconnect(client);
	client = client_connect();
	assert_int_equal(harness.scene.n_layers, 0);
	assert_true(seconds() - start < 30); // some 0.3 s where nothing is quadratic
}

static void test_flat_horde(void **state) {
	(void)state;
	run_horde(false, false);
}

static void test_flat_horde_destroyed(void **state) {
	(void)state;
	run_horde(false, true);
}

static void test_deep_horde(void **state) {
	(void)state;
	run_horde(true, false);
}

static void test_deep_horde_destroyed(void **state) {
	(void)state;
	run_horde(true, true);
}

// Random requests on a few objects, then the connection ends wherever it is: what matters is that the
// address sanitizer finds nothing.
static void test_sudden_end(void **state) {
	(void)state;
	unsigned seed = 1;
	for (int round = 0; round < 60; round++) {
		struct shm_image *images[3];
		struct wl_surface *surfaces[6] = {0};
		struct wl_subsurface *children[6] = {0};
		struct frame_log log = {0};
		for (int i = 0; i < 3; i++) {
			images[i] = new_image(4 + i, 4, 'a');
		}
		surfaces[0] = new_root(images[0]);
		for (int i = 1; i < 6; i++) {
			surfaces[i] = new_surface();
			int parent = rand_r(&seed) % i;
			children[i] = new_child(surfaces[i], surfaces[parent]);
		}
		for (int step = 0; step < 80; step++) {
			int i = rand_r(&seed) % 6;
			switch (rand_r(&seed) % 10) {
			case 0:
			case 1:
			case 2:
				show(surfaces[i], images[rand_r(&seed) % 3]);
				break;
			case 3:
				wl_surface_commit(surfaces[i]);
				break;
			case 4:
				ask(surfaces[i], &log);
				break;
			case 5:
				show(surfaces[i], NULL);
				break;
			case 6:
				if (children[i]) {
					wl_subsurface_set_position(children[i], rand_r(&seed), rand_r(&seed));
				}
				break;
			case 7:
				if (children[i]) {
					(rand_r(&seed) % 2 ? wl_subsurface_set_sync : wl_subsurface_set_desync)(
						children[i]);
				}
				break;
			case 8:
				if (children[i] && rand_r(&seed) % 4 == 0) {
					wl_subsurface_destroy(children[i]);
					children[i] = NULL;
				}
				break;
			case 9:
				sync_client();
				harness_frame();
				break;
			}
		}
		wl_display_flush(client->display);
		forget_asked();
		for (int i = 0; i < 6; i++) {
			if (children[i]) {
				wl_proxy_destroy((struct wl_proxy *)children[i]);
			}
			wl_proxy_destroy((struct wl_proxy *)surfaces[i]);
		}
		for (int i = 0; i < 3; i++) {
			if (round % 2) {
				image_destroy(images[i]);
			} else {
				wl_proxy_destroy((struct wl_proxy *)images[i]->buffer);
				images[i]->buffer = NULL;
				image_destroy(images[i]);
			}
		}
		client_disconnect(client);
		client = client_connect();
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_release, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(
			test_contents_outlive_buffer, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_single_pixel, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_scaled_opaque, setup_scaled, teardown_scaled),
		cmocka_unit_test_setup_teardown(test_frame, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_order, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_synchronized, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_enter_leave, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_flat_horde, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(
			test_flat_horde_destroyed, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_deep_horde, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(
			test_deep_horde_destroyed, one_client_setup, one_client_teardown),
		cmocka_unit_test_setup_teardown(test_sudden_end, one_client_setup, one_client_teardown),
	};
	return cmocka_run_group_tests_name("wayland-surface", tests, NULL, NULL);
}
