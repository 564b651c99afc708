// SPDX-License-Identifier: MIT
// wp_linux_drm_syncobj_v1 on a kernel that is made up: what waits for which point, which points are signalled and when,
// and what is left of all that. tests/wayland/syncobj.c has the kernel's own.
#include "wayland-harness.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "count.h"
#include "fake-fence.h"
#include "fake-syncobj.h"
#include "order.h"

struct line { // a timeline
	struct wp_linux_drm_syncobj_timeline_v1 *object;
	int fd;
	uint64_t number;
};

static struct client *client;

static int setup(void **state) {
	harness_setup(state);
	assert_true(wayland_server_set_sync_device(harness.server, FAKE_DEVICE));
	client = client_connect();
	assert_non_null(client->syncobj);
	return 0;
}

static int teardown(void **state) {
	client_disconnect(client);
	assert_true(wl_list_empty(&harness.server->sync.timelines));
	int rc = harness_teardown(state);
	fake_syncobj_reset();
	fake_fence_reset();
	return rc;
}

static void sync_client(void) {
	assert_true(client_sync(client));
}

static struct line line_create(struct client *owner) {
	struct line line = {0};
	line.fd = fake_syncobj_create(&line.number);
	line.object = wp_linux_drm_syncobj_manager_v1_import_timeline(owner->syncobj, line.fd);
	return line;
}

static void line_destroy(struct line *line) {
	if (line->object) {
		wp_linux_drm_syncobj_timeline_v1_destroy(line->object);
	}
	close(line->fd);
}

static uint64_t reached(const struct line *line) {
	return fake_syncobj_signalled(line->number);
}

// A picture that the server takes for a dma-buf, as far as this protocol is concerned.
static struct shm_image *new_image_of(struct client *owner, uint32_t colour) {
	struct shm_image *image = image_create(owner, 8, 8, WL_SHM_FORMAT_ARGB8888, colour);
	assert_true(client_sync(owner));
	struct wl_resource *resource =
		wl_client_get_object(owner->peer, wl_proxy_get_id((struct wl_proxy *)image->buffer));
	buffer_from_resource(resource)->kind = SCENE_BUFFER_DMABUF;
	return image;
}

static struct shm_image *new_image(uint32_t colour) {
	return new_image_of(client, colour);
}

static struct wl_surface *new_surface(void) {
	return wl_compositor_create_surface(client->compositor);
}

static struct wp_linux_drm_syncobj_surface_v1 *sync_of(struct wl_surface *surface) {
	return wp_linux_drm_syncobj_manager_v1_get_surface(client->syncobj, surface);
}

static void set_acquire(
	struct wp_linux_drm_syncobj_surface_v1 *sync, const struct line *line, uint64_t point) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(
		sync, line->object, (uint32_t)(point >> 32), (uint32_t)point);
}

static void set_release(
	struct wp_linux_drm_syncobj_surface_v1 *sync, const struct line *line, uint64_t point) {
	wp_linux_drm_syncobj_surface_v1_set_release_point(
		sync, line->object, (uint32_t)(point >> 32), (uint32_t)point);
}

static uint32_t shown(struct wl_surface *surface) {
	return read_pixel(&server_surface(client, surface)->layer);
}

static int n_held(struct wl_surface *surface) {
	return server_surface(client, surface)->n_held;
}

// ---- Waiting and releasing ----

static void test_waits_and_releases(void **state) {
	(void)state;
	const uint64_t far = UINT64_C(1) << 40; // both halves of a point count
	struct shm_image *a = new_image(1), *b = new_image(2);
	struct wl_surface *surface = new_surface();
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
	struct line acquire = line_create(client), first = line_create(client),
				second = line_create(client);
	make_root(client, surface);
	fake_syncobj_signal(acquire.number, 1);
	set_acquire(sync, &acquire, 1);
	set_release(sync, &first, far);
	show(surface, a);
	assert_int_equal(shown(surface), 1);
	set_acquire(sync, &acquire, far + 2);
	set_release(sync, &second, 5);
	show(surface, b);
	assert_int_equal(shown(surface), 1);
	fake_syncobj_signal(acquire.number, far + 1);
	assert_int_equal(shown(surface), 1);
	assert_int_equal(reached(&first), 0);
	fake_syncobj_signal(acquire.number, far + 2);
	assert_int_equal(shown(surface), 2);
	assert_int_equal(reached(&first), far);
	assert_int_equal(a->released, 1);
	assert_int_equal(reached(&second), 0);
	assert_int_equal(n_held(surface), 0);
	assert_int_equal(fake_syncobj_watches, 0);
	show(surface, NULL);
	sync_client();
	assert_int_equal(reached(&second), 5);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	line_destroy(&acquire);
	line_destroy(&first);
	line_destroy(&second);
	drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
	assert_int_equal(fake_syncobj_handles, 0);
}

// A commit that does not wait asks the kernel once, and one of a point that is known not at all.
static void test_calls(void **state) {
	(void)state;
	struct shm_image *a = new_image(1), *b = new_image(2);
	struct wl_surface *surface = new_surface();
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
	struct line acquire = line_create(client), release = line_create(client);
	make_root(client, surface);
	for (uint64_t i = 1; i < 20; i++) {
		fake_syncobj_signal(acquire.number, i);
		sync_client();
		fake_syncobj_calls = 0;
		set_acquire(sync, &acquire, i - i % 2);
		set_release(sync, &release, i);
		show(surface, i % 2 ? a : b);
		sync_client();
		int releases = i > 1;
		int asks = i == 1 || i % 2 == 0; // the first is for point 0, of which nothing is known
		assert_int_equal(fake_syncobj_calls, asks + releases);
	}
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	line_destroy(&acquire);
	line_destroy(&release);
	drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
}

// Frames keep what they show; the one that lets go last signals, unless the kernel was told to.
static void test_frames_keep_and_promise(void **state) {
	(void)state;
	struct shm_image *a = new_image(1), *b = new_image(2);
	struct wl_surface *surface = new_surface();
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
	struct line acquire = line_create(client), release = line_create(client);
	int fence = open("/dev/null", O_RDONLY | O_CLOEXEC);
	make_root(client, surface);
	fake_syncobj_signal(acquire.number, 100);
	for (uint64_t i = 1; i <= 4; i++) {
		bool promised = i > 2;
		set_acquire(sync, &acquire, i);
		set_release(sync, &release, 10 * i);
		show(surface, a);
		const struct scene_layer *layer = &server_surface(client, surface)->layer;
		struct scene_release *frame = scene_release_lock(layer->release);
		assert_int_equal(frame->locks, 2);
		set_acquire(sync, &acquire, i);
		set_release(sync, &release, 10 * i + 1);
		show(surface, i % 2 ? b : a); // with another buffer, and with the same
		sync_client();
		assert_int_equal(frame->locks, 1);
		assert_true(reached(&release) < 10 * i);
		if (promised) {
			frame->ops->promise(frame, fence);
			assert_int_equal(fake_syncobj_promised(release.number), 10 * i);
		}
		scene_release_unlock(frame);
		assert_int_equal(reached(&release) == 10 * i, !promised);
	}
	close(fence);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	line_destroy(&acquire);
	line_destroy(&release);
	drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
}

// The flip that was to keep the promise may be lost: what it kept all the same stays so, for the rest there is no
// waiting.
static void test_promise_that_is_forsaken(void **state) {
	(void)state;
	for (int kept = 0; kept < 2; kept++) {
		struct shm_image *a = new_image(1), *b = new_image(2);
		struct wl_surface *surface = new_surface();
		struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
		struct line acquire = line_create(client), release = line_create(client);
		int fence = open("/dev/null", O_RDONLY | O_CLOEXEC);
		make_root(client, surface);
		fake_syncobj_signal(acquire.number, 3);
		set_acquire(sync, &acquire, 1);
		set_release(sync, &release, 10);
		show(surface, a);
		struct scene_release *frame =
			scene_release_lock(server_surface(client, surface)->layer.release);
		set_acquire(sync, &acquire, 2);
		set_release(sync, &release, 20);
		show(surface, b);
		sync_client();
		frame->ops->promise(frame, fence);
		if (kept) {
			fake_syncobj_signal(release.number, 10);
		}
		frame->forsaken = true;
		assert_int_equal(reached(&release), kept ? 10 : 0);
		fake_syncobj_calls = 0;
		scene_release_unlock(frame);
		assert_int_equal(reached(&release), 10);
		assert_int_equal(
			fake_syncobj_calls, kept ? 1 : 4); // nothing is taken from a timeline in order
		show(surface, NULL);
		sync_client();
		assert_int_equal(reached(&release), 20);
		close(fence);
		wp_linux_drm_syncobj_surface_v1_destroy(sync);
		line_destroy(&acquire);
		line_destroy(&release);
		drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
	}
}

// Fences of the buffer itself count besides, and come second.
static void test_fences_count_too(void **state) {
	(void)state;
	struct shm_image *a = new_image(1), *b = new_image(2);
	struct wl_surface *surface = new_surface();
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
	struct line acquire = line_create(client), release = line_create(client);
	make_root(client, surface);
	fake_syncobj_signal(acquire.number, 1);
	set_acquire(sync, &acquire, 1);
	set_release(sync, &release, 1);
	show(surface, a);
	sync_client();
	int fence = fake_fence_attach(client->peer, b->buffer);
	set_acquire(sync, &acquire, 2);
	set_release(sync, &release, 2);
	show(surface, b);
	assert_int_equal(shown(surface), 1);
	assert_int_equal(fake_fence_watches, 0);
	fake_syncobj_signal(acquire.number, 2);
	assert_int_equal(n_held(surface), 1);
	assert_int_equal(fake_fence_watches, 1);
	fake_fence_signal(fence);
	assert_int_equal(shown(surface), 2);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	line_destroy(&acquire);
	line_destroy(&release);
	drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
}

// What a synchronised subsurface cached goes with its parent, which waits for it; so does what is behind a barrier.
static void test_cached_and_behind_a_barrier(void **state) {
	(void)state;
	struct shm_image *a = new_image(1), *b = new_image(2);
	struct wl_surface *parent = new_surface(), *child = new_surface();
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, parent);
	struct wp_fifo_v1 *fifo = wp_fifo_manager_v1_get_fifo(client->fifo, parent);
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(child);
	struct line acquire = line_create(client), release = line_create(client);
	make_root(client, parent);
	wp_fifo_v1_set_barrier(fifo);
	show(parent, a);
	fake_syncobj_signal(acquire.number, 1);
	set_acquire(sync, &acquire, 1);
	set_release(sync, &release, 1);
	show(child, b);
	set_acquire(sync, &acquire, 2);
	set_release(sync, &release, 2);
	show(child, a);
	sync_client();
	assert_int_equal(reached(&release), 1); // cached, and never shown
	wp_fifo_v1_wait_barrier(fifo);
	show(parent, b);
	assert_int_equal(shown(parent), 1);
	harness_frame();
	sync_client();
	assert_int_equal(n_held(parent), 1);
	assert_int_equal(shown(parent), 1);
	fake_syncobj_signal(acquire.number, 2);
	assert_int_equal(shown(parent), 2);
	assert_int_equal(shown(child), 1);
	assert_int_equal(reached(&release), 1);
	wp_fifo_v1_destroy(fifo);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	sync_client();
	assert_int_equal(reached(&release), 2);
	line_destroy(&acquire);
	line_destroy(&release);
	drop_shown(client, parent, (struct shm_image *[]){a, b}, 2);
}

// Many commits of one surface that wait: the last of them replace one another, and costs stay what they are.
static void test_flood(void **state) {
	(void)state;
	enum { N = 1000 };
	struct shm_image *a = new_image(1);
	struct wl_surface *surface = new_surface();
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
	struct line acquire = line_create(client), release = line_create(client);
	make_root(client, surface);
	int fds = 0;
	for (uint64_t i = 1; i <= N; i++) {
		set_acquire(sync, &acquire, i);
		set_release(sync, &release, i);
		show(surface, a);
		sync_client();
		fds = i <= 2 ? test_count_entries("/proc/self/fd") : fds;
		assert_int_equal(test_count_entries("/proc/self/fd"), fds);
		assert_int_equal(fake_syncobj_watches, 1); // of the first alone
	}
	assert_true(n_held(surface) <= 64);
	fake_syncobj_signal(acquire.number, N);
	assert_int_equal(n_held(surface), 0);
	assert_int_equal(reached(&release), N - 1);
	assert_int_equal(test_count_entries("/proc/self/fd"), fds - 1); // the kernel lets go of its own
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	line_destroy(&acquire);
	line_destroy(&release);
	drop_shown(client, surface, &a, 1);
}

// The kernel keeps a wait until its point comes: who leaves ever more of them behind is stopped.
static void test_waits_that_are_left_behind(void **state) {
	(void)state;
	struct client *other = client_connect();
	struct shm_image *a = new_image_of(other, 1);
	a->buffer = client_keep(other, a->buffer);
	struct line acquire = line_create(other), release = line_create(other);
	acquire.object = client_keep(other, acquire.object);
	release.object = client_keep(other, release.object);
	int n = 0;
	bool alive = true;
	while (alive && n < 7000) {
		struct wl_surface *surface = wl_compositor_create_surface(other->compositor);
		struct wp_linux_drm_syncobj_surface_v1 *sync =
			wp_linux_drm_syncobj_manager_v1_get_surface(other->syncobj, surface);
		n++;
		set_acquire(sync, &acquire, (uint64_t)n);
		set_release(sync, &release, (uint64_t)n);
		show(surface, a);
		alive = client_sync(other); // it is waited for
		wp_linux_drm_syncobj_surface_v1_destroy(sync);
		wl_surface_destroy(surface);
		if (n == 2000) {
			assert_int_equal(fake_syncobj_watches, 2000);
			fake_syncobj_signal(acquire.number, 2000); // these do not count any more
			alive = client_sync(other);
			assert_int_equal(fake_syncobj_watches, 0);
		}
	}
	assert_int_equal(n, 2000 + 4096 + 1);
	assert_error(other, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
	a->buffer = NULL;
	image_destroy(a);
	acquire.object = release.object = NULL;
	line_destroy(&acquire);
	line_destroy(&release);
	client_disconnect(other);
	assert_int_equal(fake_syncobj_handles, 0);
}

// ---- What goes first ----

enum step { SURFACE, SYNC, ACQUIRE, RELEASE, BUFFER, SIGNAL, STEPS };

static void go_in_order(const int *order, bool placed) {
	int fds = test_count_entries("/proc/self/fd");
	struct shm_image *a = new_image(1), *b = new_image(2);
	struct wl_surface *surface = new_surface();
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
	struct line acquire = line_create(client), release = line_create(client);
	if (placed) {
		make_root(client, surface);
	}
	fake_syncobj_signal(acquire.number, 1);
	for (uint64_t i = 1; i <= 3; i++) {
		set_acquire(sync, &acquire, i);
		set_release(sync, &release, i);
		show(surface, i == 1 ? a : b);
	}
	set_acquire(sync, &acquire, 9); // never committed
	set_release(sync, &release, 9);
	sync_client();
	for (int i = 0; i < STEPS; i++) {
		switch ((enum step)order[i]) {
		case SURFACE:
			if (placed) {
				drop_root(client, surface);
			}
			wl_surface_destroy(surface);
			break;
		case SYNC:
			wp_linux_drm_syncobj_surface_v1_destroy(sync);
			break;
		case ACQUIRE:
			wp_linux_drm_syncobj_timeline_v1_destroy(acquire.object);
			acquire.object = NULL;
			break;
		case RELEASE:
			wp_linux_drm_syncobj_timeline_v1_destroy(release.object);
			release.object = NULL;
			break;
		case BUFFER:
			wl_buffer_destroy(b->buffer);
			b->buffer = NULL;
			break;
		case SIGNAL:
			fake_syncobj_signal(acquire.number, 3);
			sync_client();
			harness_frame();
			break;
		case STEPS:
			break;
		}
		sync_client();
	}
	assert_int_equal(reached(&release), 3);
	assert_int_equal(fake_syncobj_handles, 0);
	line_destroy(&acquire);
	line_destroy(&release);
	image_destroy(a);
	image_destroy(b);
	sync_client();
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

static void test_every_order_of_going(void **state) {
	(void)state;
	int order[STEPS] = {SURFACE, SYNC, ACQUIRE, RELEASE, BUFFER, SIGNAL};
	do {
		go_in_order(order, false);
		go_in_order(order, true);
	} while (test_next_order(order, STEPS));
}

static void test_client_goes(void **state) {
	(void)state;
	int fds = test_count_entries("/proc/self/fd");
	struct client *leaving = client_connect();
	struct shm_image *a = new_image_of(leaving, 1);
	struct wl_surface *surface =
		client_keep(leaving, wl_compositor_create_surface(leaving->compositor));
	struct wp_linux_drm_syncobj_surface_v1 *sync = client_keep(
		leaving, wp_linux_drm_syncobj_manager_v1_get_surface(leaving->syncobj, surface));
	struct line acquire = line_create(leaving), release = line_create(leaving);
	make_root(leaving, surface);
	for (uint64_t i = 1; i <= 3; i++) {
		set_acquire(sync, &acquire, i);
		set_release(sync, &release, i);
		show(surface, a);
	}
	assert_int_equal(server_surface(leaving, surface)->n_held, 3);
	acquire.object = client_keep(leaving, acquire.object);
	release.object = client_keep(leaving, release.object);
	wl_buffer_destroy(a->buffer);
	a->buffer = NULL;
	image_destroy(a);
	client_disconnect(leaving);
	sync_client();
	assert_int_equal(reached(&release), 3); // whoever shares the timeline goes on
	assert_int_equal(fake_syncobj_handles, 0);
	acquire.object = release.object = NULL;
	line_destroy(&acquire);
	line_destroy(&release);
	assert_int_equal(
		test_count_entries("/proc/self/fd"), fds + fake_syncobj_watches); // that the kernel keeps
}

// ---- Devices ----

static bool is_offered(void) {
	struct client *asking = client_connect();
	bool offered = strstr(asking->globals, "wp_linux_drm_syncobj_manager_v1") != NULL;
	client_disconnect(asking);
	return offered;
}

// What waits, and what is to be signalled, is taken over by the next device.
static void test_device_goes_and_comes(void **state) {
	(void)state;
	struct shm_image *a = new_image(1), *b = new_image(2);
	struct wl_surface *surface = new_surface();
	struct wp_linux_drm_syncobj_surface_v1 *sync = sync_of(surface);
	struct line acquire = line_create(client), release = line_create(client);
	make_root(client, surface);
	fake_syncobj_signal(acquire.number, 1);
	set_acquire(sync, &acquire, 1);
	set_release(sync, &release, 1);
	show(surface, a);
	set_acquire(sync, &acquire, 2);
	set_release(sync, &release, 2);
	show(surface, b);
	assert_int_equal(shown(surface), 1);
	fake_syncobj_unplug(FAKE_DEVICE); // and nobody knows
	fake_syncobj_signal(acquire.number, 2);
	assert_int_equal(n_held(surface), 1);
	set_acquire(sync, &acquire, 3);
	set_release(sync, &release, 3);
	show(surface, a);
	sync_client();
	assert_true(wayland_server_set_sync_device(harness.server, -1));
	struct line late = line_create(client); // unknown to any device for now
	set_acquire(sync, &late, 1);
	set_release(sync, &release, 4);
	show(surface, b);
	assert_int_equal(n_held(surface), 3);
	assert_true(is_offered());
	assert_true(wayland_server_set_sync_device(harness.server, FAKE_OTHER_DEVICE));
	assert_int_equal(shown(surface), 2);
	assert_int_equal(reached(&release), 1);
	fake_syncobj_signal(acquire.number, 3);
	assert_int_equal(shown(surface), 1);
	fake_syncobj_signal(late.number, 1);
	assert_int_equal(shown(surface), 2);
	assert_int_equal(reached(&release), 3);
	// Without a device, what is due is owed.
	fake_syncobj_unplug(FAKE_OTHER_DEVICE);
	show(surface, NULL);
	sync_client();
	assert_int_equal(reached(&release), 3);
	fake_syncobj_plug(FAKE_DEVICE);
	assert_true(wayland_server_set_sync_device(harness.server, FAKE_DEVICE));
	assert_int_equal(reached(&release), 4);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	line_destroy(&acquire);
	line_destroy(&release);
	line_destroy(&late);
	drop_shown(client, surface, (struct shm_image *[]){a, b}, 2);
}

static void test_device_without_timelines(void **state) {
	(void)state;
	struct client *user = client_connect();
	struct line line = line_create(user);
	line.object = client_keep(user, line.object);
	assert_true(client_sync(user));
	assert_true(wayland_server_set_sync_device(harness.server, FAKE_PLAIN_DEVICE));
	assert_error(user, &wl_display_interface, WL_DISPLAY_ERROR_IMPLEMENTATION);
	client_disconnect(user);
	line.object = NULL;
	line_destroy(&line);
	sync_client(); // who uses none stays
	assert_false(is_offered());
	assert_true(wayland_server_set_sync_device(harness.server, FAKE_DEVICE));
	assert_true(is_offered());
}

// ---- Errors ----

enum mistake {
	NO_BUFFER,
	NULL_BUFFER,
	NO_ACQUIRE,
	NO_RELEASE,
	CONFLICT,
	SHARED_MEMORY,
	NO_SURFACE,
	MISTAKES,
};

static void make_mistake(enum mistake mistake, uint32_t error) {
	struct client *wrong = client_connect();
	struct shm_image *a = mistake == SHARED_MEMORY
		? image_create(wrong, 8, 8, WL_SHM_FORMAT_ARGB8888, 1)
		: new_image_of(wrong, 1);
	struct wl_surface *surface = wl_compositor_create_surface(wrong->compositor);
	struct wp_linux_drm_syncobj_surface_v1 *sync =
		client_keep(wrong, wp_linux_drm_syncobj_manager_v1_get_surface(wrong->syncobj, surface));
	struct line acquire = line_create(wrong), release = line_create(wrong);
	if (mistake == NO_SURFACE) {
		wl_surface_destroy(surface);
	}
	if (mistake != NO_ACQUIRE) {
		set_acquire(sync, &acquire, 5);
	}
	if (mistake != NO_RELEASE) {
		set_release(sync, mistake == CONFLICT ? &acquire : &release, 5);
	}
	if (mistake != NO_BUFFER && mistake != NO_SURFACE) {
		wl_surface_attach(surface, mistake == NULL_BUFFER ? NULL : a->buffer, 0, 0);
	}
	if (mistake != NO_SURFACE) {
		wl_surface_commit(surface);
	}
	assert_error(wrong, &wp_linux_drm_syncobj_surface_v1_interface, error);
	if (mistake != NO_SURFACE) {
		wl_surface_destroy(surface);
	}
	line_destroy(&acquire);
	line_destroy(&release);
	image_destroy(a);
	client_disconnect(wrong);
	assert_int_equal(fake_syncobj_handles, 0);
}

static void test_mistakes(void **state) {
	(void)state;
	static const uint32_t errors[MISTAKES] = {
		[NO_BUFFER] = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER,
		[NULL_BUFFER] = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER,
		[NO_ACQUIRE] = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT,
		[NO_RELEASE] = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT,
		[CONFLICT] = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS,
		[SHARED_MEMORY] = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER,
		[NO_SURFACE] = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE,
	};
	for (enum mistake mistake = 0; mistake < MISTAKES; mistake++) {
		make_mistake(mistake, errors[mistake]);
	}
}

static void test_managers_mistakes(void **state) {
	(void)state;
	struct client *wrong = client_connect();
	int fds = test_count_entries("/proc/self/fd");
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	client_keep(wrong, wp_linux_drm_syncobj_manager_v1_import_timeline(wrong->syncobj, file));
	assert_error(wrong, &wp_linux_drm_syncobj_manager_v1_interface,
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE);
	close(file);
	client_disconnect(wrong);
	wrong = client_connect();
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
	struct wl_surface *surface =
		client_keep(wrong, wl_compositor_create_surface(wrong->compositor));
	for (int i = 0; i < 2; i++) {
		client_keep(wrong, wp_linux_drm_syncobj_manager_v1_get_surface(wrong->syncobj, surface));
	}
	assert_error(wrong, &wp_linux_drm_syncobj_manager_v1_interface,
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS);
	client_disconnect(wrong);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_waits_and_releases),
		TEST(test_calls),
		TEST(test_frames_keep_and_promise),
		TEST(test_promise_that_is_forsaken),
		TEST(test_fences_count_too),
		TEST(test_cached_and_behind_a_barrier),
		TEST(test_flood),
		TEST(test_waits_that_are_left_behind),
		TEST(test_every_order_of_going),
		TEST(test_client_goes),
		TEST(test_device_goes_and_comes),
		TEST(test_device_without_timelines),
		TEST(test_mistakes),
		TEST(test_managers_mistakes),
	};
	return cmocka_run_group_tests_name("drm-syncobj", tests, NULL, NULL);
}
