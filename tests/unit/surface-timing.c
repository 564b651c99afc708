// SPDX-License-Identifier: MIT
// wp_commit_timing_v1: contents wait for their time, in order, and nothing else does.
#include "one-client.h"

#include "base/clock.h"

#define REFRESH_NS INT64_C(16666666)
#define SECOND_NS INT64_C(1000000000)

static struct wp_commit_timer_v1 *timer_of(struct wl_surface *surface) {
	return wp_commit_timing_manager_v1_get_timer(client->commit_timing, surface);
}

static void set_time(struct wp_commit_timer_v1 *timer, int64_t time_ns) {
	uint64_t seconds = (uint64_t)(time_ns / SECOND_NS);
	wp_commit_timer_v1_set_timestamp(
		timer, (uint32_t)(seconds >> 32), (uint32_t)seconds, (uint32_t)(time_ns % SECOND_NS));
}

static int n_held(struct wl_surface *surface) {
	return server_surface(client, surface)->n_held;
}

// Until the surface holds just `n` commits: when that was seen.
static int64_t wait_held(struct wl_surface *surface, int n) {
	struct surface *held = server_surface(client, surface);
	while (held->n_held > n) {
		wl_event_loop_dispatch(harness.server->loop, 100);
	}
	return clock_now_ns();
}

static void test_not_before_its_time(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2), *c = new_image(8, 8, 3);
	struct wl_surface *surface = new_surface();
	struct wp_commit_timer_v1 *timer = timer_of(surface);
	make_root(client, surface);
	set_time(timer, clock_now_ns() - SECOND_NS); // past
	show(surface, a);
	assert_int_equal(shown(surface), 1);
	int64_t time_ns = clock_now_ns() + SECOND_NS / 5;
	set_time(timer, time_ns);
	show(surface, b);
	set_time(timer, time_ns + SECOND_NS / 5);
	show(surface, c);
	wl_surface_commit(surface);
	wp_commit_timer_v1_destroy(timer); // what was asked for stays so
	assert_int_equal(n_held(surface), 2);
	assert_true(wait_held(surface, 1) >= time_ns - REFRESH_NS / 2);
	assert_int_equal(shown(surface), 2);
	assert_true(wait_held(surface, 0) >= time_ns + SECOND_NS / 5 - REFRESH_NS / 2);
	assert_int_equal(shown(surface), 3);
	drop_shown(client, surface, (struct shm_image *[]){a, b, c}, 3);
}

// Later ones without a time come after it, with any number of surfaces that wait for another time.
static void test_far_times(void **state) {
	(void)state;
	enum { N = 50 };
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2);
	struct wl_surface *surfaces[N], *near = new_surface();
	struct wp_commit_timer_v1 *timers[N], *timer = timer_of(near);
	make_root(client, near);
	for (int i = 0; i < N; i++) {
		surfaces[i] = new_surface();
		timers[i] = timer_of(surfaces[i]);
		make_root(client, surfaces[i]);
		show(surfaces[i], a);
		if (i % 2) {
			set_time(timers[i], clock_now_ns() + (1000 + i) * SECOND_NS);
		} else {
			wp_commit_timer_v1_set_timestamp(timers[i], UINT32_MAX, UINT32_MAX, 999999999);
		}
		show(surfaces[i], b);
		show(surfaces[i], a);
	}
	int64_t time_ns = clock_now_ns() + SECOND_NS / 10;
	set_time(timer, time_ns);
	show(near, b);
	show(near, a);
	assert_true(wait_held(near, 0) >= time_ns - REFRESH_NS / 2);
	assert_int_equal(shown(near), 1);
	for (int i = 0; i < N; i++) {
		assert_int_equal(n_held(surfaces[i]), 2);
		// What it shows is over: nothing is left to come in time.
		if (i % 3 == 0) {
			struct surface *held = server_surface(client, surfaces[i]);
			drop_root(client, surfaces[i]);
			sync_client();
			assert_int_equal(held->n_held, 0);
			assert_false(held->mapped);
		} else {
			drop_root(client, surfaces[i]);
		}
		wl_surface_destroy(surfaces[i]);
		wp_commit_timer_v1_destroy(timers[i]);
	}
	wp_commit_timer_v1_destroy(timer);
	drop_shown(client, near, (struct shm_image *[]){a, b}, 2);
	assert_true(wl_list_empty(&harness.server->commit_timers));
}

// With subsurfaces, the last of the times that came together counts.
static void test_subsurfaces(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2);
	struct wl_surface *parent = new_surface(), *child = new_surface();
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, parent);
	struct wp_commit_timer_v1 *timer = timer_of(child);
	make_root(client, parent);
	show(child, a);
	show(parent, a);
	int64_t time_ns = clock_now_ns() + SECOND_NS / 5;
	set_time(timer, time_ns);
	show(child, b);
	set_time(timer, 0);
	show(child, b);
	assert_int_equal(n_held(child), 0); // cached
	show(parent, b);
	assert_int_equal(n_held(child), 1);
	assert_int_equal(shown(parent), 1);
	assert_true(wait_held(parent, 0) >= time_ns - REFRESH_NS / 2);
	assert_int_equal(shown(parent), 2);
	assert_int_equal(shown(child), 2);
	wp_commit_timer_v1_destroy(timer);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	drop_shown(client, parent, (struct shm_image *[]){a, b}, 2);
}

// Both: a barrier and a time.
static void test_with_fifo(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1), *b = new_image(8, 8, 2), *c = new_image(8, 8, 3);
	struct wl_surface *surface = new_surface();
	struct wp_commit_timer_v1 *timer = timer_of(surface);
	struct wp_fifo_v1 *fifo = wp_fifo_manager_v1_get_fifo(client->fifo, surface);
	make_root(client, surface);
	wp_fifo_v1_set_barrier(fifo);
	show(surface, a);
	int64_t time_ns = clock_now_ns() + SECOND_NS / 10;
	wp_fifo_v1_wait_barrier(fifo);
	set_time(timer, time_ns);
	show(surface, b);
	assert_int_equal(shown(surface), 1);
	harness_frame();
	assert_true(wait_held(surface, 0) >= time_ns - REFRESH_NS / 2);
	assert_int_equal(shown(surface), 2);
	// The time comes first.
	wp_fifo_v1_set_barrier(fifo);
	wl_surface_commit(surface);
	wp_fifo_v1_wait_barrier(fifo);
	set_time(timer, clock_now_ns() - SECOND_NS);
	show(surface, c);
	assert_int_equal(shown(surface), 2);
	harness_frame();
	wait_held(surface, 0);
	assert_int_equal(shown(surface), 3);
	wp_fifo_v1_destroy(fifo);
	wp_commit_timer_v1_destroy(timer);
	drop_shown(client, surface, (struct shm_image *[]){a, b, c}, 3);
}

// No vblank between the moment it takes effect and the one that is meant.
static void test_due(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1);
	struct wl_surface *wl_surface = new_surface();
	make_root(client, wl_surface);
	show(wl_surface, a);
	struct surface *surface = server_surface(client, wl_surface);
	struct wayland_output *output = surface->output;
	assert_ptr_equal(output, harness.output);
	const int64_t flip_ns = 100 * SECOND_NS;
	for (int64_t at = 0; at < 3 * REFRESH_NS; at += REFRESH_NS / 7) {
		int64_t present_ns = flip_ns + 5 * REFRESH_NS + at, now = flip_ns + 1;
		output->flip_ns = flip_ns;
		output->flip_refresh_ns = (int32_t)REFRESH_NS;
		int64_t due_ns = commit_timing_due(surface, present_ns, now);
		// The first vblank afterwards is the nearest to its time, but for what is left for their errors.
		int64_t vblank_ns = due_ns - (due_ns - flip_ns) % REFRESH_NS + REFRESH_NS;
		assert_in_range(vblank_ns - present_ns + REFRESH_NS / 2, 0, REFRESH_NS * 9 / 8);
		assert_true(vblank_ns - due_ns > REFRESH_NS * 3 / 4);
		// The last flip is long ago, or not known: half a refresh early at most, wherever vblanks are.
		due_ns = commit_timing_due(surface, present_ns, flip_ns + 10 * SECOND_NS);
		assert_in_range(present_ns - due_ns, 1, REFRESH_NS / 2);
		due_ns = commit_timing_due(surface, present_ns + 10 * SECOND_NS, now);
		assert_in_range(present_ns + 10 * SECOND_NS - due_ns, 1, REFRESH_NS / 2);
		output->flip_ns = 0;
		due_ns = commit_timing_due(surface, present_ns, now);
		assert_in_range(present_ns - due_ns, 1, REFRESH_NS / 2);
	}
	output->flip_ns = flip_ns;
	assert_true(commit_timing_due(surface, 0, flip_ns) < flip_ns);
	assert_true(commit_timing_due(surface, INT64_MAX, flip_ns) > INT64_MAX - SECOND_NS);
	// Shown nowhere: its own time.
	struct wl_surface *nowhere = new_surface();
	assert_int_equal(commit_timing_due(server_surface(client, nowhere), 1234, 5), 1234);
	wl_surface_destroy(nowhere);
	drop_shown(client, wl_surface, &a, 1);
}

// Flips of what is shown tell where vblanks are.
static void test_flips_are_noted(void **state) {
	(void)state;
	struct shm_image *a = new_image(8, 8, 1);
	struct wl_surface *surface = new_surface();
	make_root(client, surface);
	show(surface, a);
	sync_client();
	assert_int_equal(harness.output->flip_ns, 0);
	harness_frame();
	assert_int_equal(harness.output->flip_ns, 5007000000);
	assert_int_equal(harness.output->flip_refresh_ns, 16666666);
	// One that waited for no vblank says nothing of them, and they may not be a refresh apart.
	struct scene_presentation flip = {.time_ns = 6 * SECOND_NS, .refresh_ns = 5, .torn = true};
	commit_timing_note_flip(harness.output, &flip);
	assert_int_equal(harness.output->flip_ns, 5007000000);
	flip.torn = false;
	flip.variable = true;
	commit_timing_note_flip(harness.output, &flip);
	assert_int_equal(harness.output->flip_ns, 6 * SECOND_NS);
	assert_int_equal(harness.output->flip_refresh_ns, 0);
	commit_timing_note_flip(NULL, &flip);
	drop_shown(client, surface, &a, 1);
}

static void expect_error(struct client *wrong, uint32_t code) {
	assert_error(wrong, &wp_commit_timer_v1_interface, code);
	client_disconnect(wrong);
}

static void test_errors(void **state) {
	(void)state;
	struct wp_commit_timer_v1 *timers[3];
	struct client *wrong[3];
	struct wl_surface *surfaces[3];
	for (int i = 0; i < 3; i++) {
		wrong[i] = client_connect();
		surfaces[i] = wl_compositor_create_surface(wrong[i]->compositor);
		timers[i] = client_keep(
			wrong[i], wp_commit_timing_manager_v1_get_timer(wrong[i]->commit_timing, surfaces[i]));
	}
	wp_commit_timer_v1_set_timestamp(timers[0], 0, 1, 999999999); // the greatest there is
	wl_surface_commit(surfaces[0]);
	assert_true(client_sync(wrong[0]));
	client_keep(wrong[0], surfaces[0]);
	wp_commit_timer_v1_set_timestamp(timers[0], 0, 1, 1000000000);
	expect_error(wrong[0], WP_COMMIT_TIMER_V1_ERROR_INVALID_TIMESTAMP);
	client_keep(wrong[1], surfaces[1]);
	wp_commit_timer_v1_set_timestamp(timers[1], 0, 1, 0);
	wl_surface_commit(surfaces[1]);
	wp_commit_timer_v1_set_timestamp(timers[1], 0, 1, 0);
	assert_true(client_sync(wrong[1]));
	wp_commit_timer_v1_set_timestamp(timers[1], 0, 2, 0);
	expect_error(wrong[1], WP_COMMIT_TIMER_V1_ERROR_TIMESTAMP_EXISTS);
	wl_surface_destroy(surfaces[2]);
	assert_true(client_sync(wrong[2]));
	wp_commit_timer_v1_set_timestamp(timers[2], 0, 1, 0);
	expect_error(wrong[2], WP_COMMIT_TIMER_V1_ERROR_SURFACE_DESTROYED);
	struct client *twice = client_connect();
	struct wl_surface *surface =
		client_keep(twice, wl_compositor_create_surface(twice->compositor));
	for (int i = 0; i < 2; i++) {
		client_keep(twice, wp_commit_timing_manager_v1_get_timer(twice->commit_timing, surface));
	}
	assert_error(twice, &wp_commit_timing_manager_v1_interface,
		WP_COMMIT_TIMING_MANAGER_V1_ERROR_COMMIT_TIMER_EXISTS);
	client_disconnect(twice);
	// Another one after the first.
	surface = new_surface();
	wp_commit_timer_v1_destroy(timer_of(surface));
	wp_commit_timer_v1_destroy(timer_of(surface));
	wl_surface_destroy(surface);
	sync_client();
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, one_client_setup, one_client_teardown)
		TEST(test_not_before_its_time),
		TEST(test_far_times),
		TEST(test_subsurfaces),
		TEST(test_with_fifo),
		TEST(test_due),
		TEST(test_flips_are_noted),
		TEST(test_errors),
	};
	return cmocka_run_group_tests_name("surface-timing", tests, NULL, NULL);
}
