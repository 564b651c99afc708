// SPDX-License-Identifier: MIT
// Shared memory on its way to becoming dma-bufs, whatever its client does to it: what of it is taken, sealed,
// and given back, and that it can be read at any time.
#include "wayland-harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count.h"

enum { WIDTH = 64, HEIGHT = 64, STRIDE = WIDTH * 4, SIZE = STRIDE * HEIGHT, PAGE = 4096 };

static struct client *client;
static struct wl_surface *surface;
// What there is: the kernel's, or a file that makes nothing.
static bool real;
static enum scene_share best; // that memory can come to

static int setup_without(void **state) {
	harness_setup(state);
	client = client_connect();
	surface = client_keep(client, wl_compositor_create_surface(client->compositor));
	make_root(client, surface);
	return 0;
}

static int setup(void **state) {
	real = access("/dev/udmabuf", R_OK | W_OK) == 0;
	best = real ? SCENE_SHARED : SCENE_SHARE_REFUSED;
	harness_udmabuf = real ? "/dev/udmabuf" : "/dev/null";
	setup_without(state);
	harness_udmabuf = NULL;
	return 0;
}

static int teardown(void **state) {
	client_disconnect(client);
	return harness_teardown(state);
}

// ---- Memory ----

static int memory(unsigned flags, int seals, off_t size) {
	int fd = memfd_create("test", MFD_CLOEXEC | flags);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	if (seals) {
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	}
	return fd;
}

static struct wl_buffer *view(struct wl_shm_pool *pool, int32_t offset) {
	return wl_shm_pool_create_buffer(pool, offset, WIDTH, HEIGHT, STRIDE, WL_SHM_FORMAT_XRGB8888);
}

static void commit(struct wl_buffer *buffer) {
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(surface);
	assert_true(client_sync(client));
}

static struct scene_buffer *shown(void) {
	assert_int_equal(harness.scene.n_layers, 1);
	return harness.scene.layers[0]->buffer;
}

// Shown twice, with another one in between that is not looked at.
static void use_twice(struct wl_buffer *buffer, struct wl_buffer *other) {
	commit(buffer);
	assert_int_not_equal(scene_buffer_share(shown()), SCENE_SHARED);
	commit(other);
	commit(buffer);
}

static enum scene_share share_of(int fd, int32_t size, int32_t offset) {
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, size);
	struct wl_buffer *buffer = view(pool, offset), *other = view(pool, 0);
	use_twice(buffer, other);
	enum scene_share share = scene_buffer_share(shown());
	assert_int_equal(share == SCENE_SHARED, shown()->fd[0] >= 0);
	assert_int_equal(scene_buffer_share(shown()), share); // asked again
	read_pixel(harness.scene.layers[0]);
	commit(NULL);
	wl_buffer_destroy(buffer);
	wl_buffer_destroy(other);
	wl_shm_pool_destroy(pool);
	assert_true(client_sync(client));
	close(fd);
	return share;
}

// ---- Tests ----

static void test_what_can_be_sealed_is_shared(void **state) {
	(void)state;
	int fds = test_count_entries("/proc/self/fd");
	assert_int_equal(share_of(memory(MFD_ALLOW_SEALING, 0, SIZE), SIZE, 0), best);
	const int seals[] = {F_SEAL_SHRINK, F_SEAL_SHRINK | F_SEAL_SEAL, F_SEAL_GROW,
		F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(share_of(memory(MFD_ALLOW_SEALING, seals[i], SIZE), SIZE, 0), best);
	}
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

static void test_what_cannot_be_is_not(void **state) {
	(void)state;
	int fds = test_count_entries("/proc/self/fd");
	assert_int_equal(share_of(memory(0, 0, SIZE), SIZE, 0), SCENE_SHARE_UNSEALED);
	assert_int_equal(
		share_of(memory(MFD_ALLOW_SEALING, F_SEAL_SEAL, SIZE), SIZE, 0), SCENE_SHARE_UNSEALED);
	assert_int_equal(
		share_of(memory(MFD_ALLOW_SEALING, F_SEAL_WRITE, SIZE), SIZE, 0), SCENE_SHARE_UNSEALED);
	int fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(share_of(fd, SIZE, 0), SCENE_SHARE_UNSEALED);
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

// No more can be done to a pool that is read, or shown.
static void test_it_cannot_shrink_afterwards(void **state) {
	(void)state;
	int fd = memory(MFD_ALLOW_SEALING, 0, SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, SIZE);
	struct wl_buffer *buffer = view(pool, 0), *other = view(pool, 0);
	commit(buffer);
	assert_int_equal(scene_buffer_share(shown()), SCENE_SHARE_NEW);
	assert_int_equal(fcntl(fd, F_GET_SEALS), 0); // for nothing, nothing is sealed
	commit(other);
	commit(buffer);
	assert_int_equal(scene_buffer_share(shown()), best);
	assert_int_equal(ftruncate(fd, PAGE), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 2 * SIZE), 0);
	wl_shm_pool_resize(pool, 2 * SIZE);
	assert_true(client_sync(client));
	const uint32_t colour = 0x123456;
	assert_int_equal(pwrite(fd, &colour, sizeof(colour), 0), sizeof(colour));
	assert_int_equal(read_pixel(harness.scene.layers[0]), colour);
	wl_buffer_destroy(buffer);
	wl_buffer_destroy(other);
	wl_shm_pool_destroy(pool);
	close(fd);
}

// A pool of so many buffers, each but the first of which was used twice.
struct pool {
	int fd;
	struct wl_shm_pool *pool;
	struct wl_buffer *buffers[40];
	int n;
};

static struct pool pool_create(int n) {
	struct pool pool = {.n = n};
	assert_true(n <= 40);
	pool.fd = memory(MFD_ALLOW_SEALING, 0, n * SIZE);
	pool.pool = wl_shm_create_pool(client->shm, pool.fd, n * SIZE);
	for (int i = 0; i < n; i++) {
		pool.buffers[i] = view(pool.pool, i * SIZE);
	}
	return pool;
}

static void pool_destroy(struct pool *pool) {
	commit(NULL);
	for (int i = 0; i < pool->n; i++) {
		wl_buffer_destroy(pool->buffers[i]);
	}
	wl_shm_pool_destroy(pool->pool);
	close(pool->fd);
	assert_true(client_sync(client));
}

static void test_files_that_are_not_what_they_were(void **state) {
	(void)state;
	int fds = test_count_entries("/proc/self/fd");
	// Sealed against seals since it was seen.
	struct pool pool = pool_create(2);
	commit(pool.buffers[1]);
	assert_int_equal(fcntl(pool.fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	commit(pool.buffers[0]);
	commit(pool.buffers[1]);
	assert_int_equal(scene_buffer_share(shown()), SCENE_SHARE_UNSEALED);
	pool_destroy(&pool);
	// Shrunk before it was sealed.
	pool = pool_create(2);
	commit(pool.buffers[1]);
	assert_int_equal(ftruncate(pool.fd, SIZE), 0);
	commit(pool.buffers[0]);
	commit(pool.buffers[1]);
	assert_int_equal(scene_buffer_share(shown()), SCENE_SHARE_REFUSED);
	pool_destroy(&pool);
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

static void test_pages(void **state) {
	(void)state;
	int fds = test_count_entries("/proc/self/fd");
	assert_int_equal(share_of(memory(MFD_ALLOW_SEALING, 0, 2 * SIZE), 2 * SIZE, PAGE), best);
	assert_int_equal(
		share_of(memory(MFD_ALLOW_SEALING, 0, 2 * SIZE), 2 * SIZE, 64), SCENE_SHARE_UNALIGNED);
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

// The last page is not all in the file, which is made larger if it can be.
static void test_last_page(void **state) {
	(void)state;
	for (int seals = 0; real && seals <= F_SEAL_GROW; seals += F_SEAL_GROW) {
		const int32_t size = STRIDE * (HEIGHT - 1);
		int fd = memory(MFD_ALLOW_SEALING, seals, size);
		struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, size);
		struct wl_buffer *buffers[2];
		for (int i = 0; i < 2; i++) {
			buffers[i] = wl_shm_pool_create_buffer(
				pool, 0, WIDTH, HEIGHT - 1, STRIDE, WL_SHM_FORMAT_XRGB8888);
		}
		use_twice(buffers[0], buffers[1]);
		enum scene_share share = scene_buffer_share(shown());
		// Kernels before 6.11 do not mind.
		assert_true(share == SCENE_SHARED || (seals && share == SCENE_SHARE_UNALIGNED));
		commit(NULL);
		wl_buffer_destroy(buffers[0]);
		wl_buffer_destroy(buffers[1]);
		wl_shm_pool_destroy(pool);
		close(fd);
	}
}

static void test_a_client_has_a_limit(void **state) {
	(void)state;
	int fds = test_count_entries("/proc/self/fd"), shared = 0;
	struct pool pool = pool_create(40);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < pool.n; i++) {
			commit(pool.buffers[i]);
			enum scene_share share = scene_buffer_share(shown());
			shared += share == SCENE_SHARED;
			assert_int_equal(share,
				round == 0   ? SCENE_SHARE_NEW
					: i < 32 ? best
							 : SCENE_SHARE_REFUSED);
		}
	}
	assert_int_equal(shared, real ? 32 : 0);
	pool_destroy(&pool);
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
	// And has room again.
	assert_int_equal(share_of(memory(MFD_ALLOW_SEALING, 0, SIZE), SIZE, 0), best);
}

static void test_pools_beyond_the_limit_are_composed(void **state) {
	(void)state;
	enum { POOLS = 80 };
	int fds = test_count_entries("/proc/self/fd");
	struct wl_shm_pool *pools[POOLS];
	int fd = memory(MFD_ALLOW_SEALING, 0, SIZE);
	for (int i = 0; i < POOLS; i++) {
		pools[i] = wl_shm_create_pool(client->shm, fd, SIZE);
	}
	assert_true(client_sync(client));
	assert_int_equal(test_count_entries("/proc/self/fd"), fds + 1 + 64);
	assert_int_equal(share_of(memory(MFD_ALLOW_SEALING, 0, SIZE), SIZE, 0), SCENE_SHARE_REFUSED);
	for (int i = 0; i < POOLS; i++) {
		wl_shm_pool_destroy(pools[i]);
	}
	assert_true(client_sync(client));
	close(fd);
	assert_int_equal(test_count_entries("/proc/self/fd"), fds);
}

// A device that takes none of a client's buffers is not offered them for ever; those of others are.
static void test_what_is_refused_is_not_tried_for_ever(void **state) {
	(void)state;
	enum { TRIES = 8 };
	for (int round = 0; round < 2; round++) {
		struct pool pool = pool_create(TRIES + 2);
		for (int i = 0; i < TRIES + 1; i++) {
			use_twice(pool.buffers[i], pool.buffers[TRIES + 1]);
			assert_int_equal(scene_buffer_share(shown()), i < TRIES ? best : SCENE_SHARE_UNWANTED);
			shown()->ops->unshare(shown());
			assert_int_equal(scene_buffer_share(shown()), SCENE_SHARE_UNWANTED);
			assert_int_equal(shown()->fd[0], -1);
		}
		pool_destroy(&pool);
		client_disconnect(client);
		client = client_connect();
		surface = client_keep(client, wl_compositor_create_surface(client->compositor));
		make_root(client, surface);
	}
}

// Where it has taken one, it is the buffers that are not alike.
static void test_what_was_taken_goes_on(void **state) {
	(void)state;
	enum { N = 20, TRIES = 8 };
	struct pool pool = pool_create(N + 2);
	use_twice(pool.buffers[N], pool.buffers[N + 1]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(scene_buffer_share(shown()), best);
	}
	for (int i = 0; i < N; i++) {
		use_twice(pool.buffers[i], pool.buffers[N + 1]);
		assert_int_equal(
			scene_buffer_share(shown()), real || i < TRIES ? best : SCENE_SHARE_UNWANTED);
		shown()->ops->unshare(shown());
	}
	pool_destroy(&pool);
}

// Committed again before it came back.
static void test_who_does_not_wait_gets_a_copy(void **state) {
	(void)state;
	struct pool pool = pool_create(2);
	use_twice(pool.buffers[0], pool.buffers[1]);
	assert_int_equal(scene_buffer_share(shown()), best);
	commit(pool.buffers[0]);
	assert_int_equal(scene_buffer_share(shown()), SCENE_SHARE_BUSY);
	commit(pool.buffers[1]);
	commit(pool.buffers[0]);
	assert_int_equal(scene_buffer_share(shown()), SCENE_SHARE_BUSY);
	pool_destroy(&pool);
}

static void test_one_range_in_two_buffers(void **state) {
	(void)state;
	int fd = memory(MFD_ALLOW_SEALING, 0, SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, SIZE);
	struct wl_buffer *buffers[] = {view(pool, 0), view(pool, 0)};
	for (int i = 0; i < 4; i++) {
		commit(buffers[i % 2]);
		assert_int_equal(scene_buffer_share(shown()), i < 2 ? SCENE_SHARE_NEW : best);
	}
	wl_buffer_destroy(buffers[0]);
	assert_true(client_sync(client));
	assert_int_equal(scene_buffer_share(shown()), best);
	read_pixel(harness.scene.layers[0]);
	commit(NULL);
	wl_buffer_destroy(buffers[1]);
	wl_shm_pool_destroy(pool);
	close(fd);
}

static void test_objects_go_in_any_order(void **state) {
	(void)state;
	static const int orders[][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	int fds = test_count_entries("/proc/self/fd");
	for (int shared = 0; shared < 2; shared++) {
		for (size_t i = 0; i < 6; i++) {
			int fd = memory(MFD_ALLOW_SEALING, 0, SIZE);
			const uint32_t colour = 0x654321;
			assert_int_equal(pwrite(fd, &colour, sizeof(colour), 0), sizeof(colour));
			struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, SIZE);
			struct wl_buffer *buffer = view(pool, 0), *other = view(pool, 0);
			use_twice(buffer, other);
			wl_buffer_destroy(other);
			if (shared) {
				assert_int_equal(scene_buffer_share(shown()), best);
			}
			close(fd);
			for (int j = 0; j < 3; j++) {
				if (orders[i][j] == 0) {
					wl_buffer_destroy(buffer);
				} else if (orders[i][j] == 1) {
					wl_shm_pool_destroy(pool);
				} else {
					commit(NULL);
				}
				assert_true(client_sync(client));
				if (harness.scene.n_layers > 0) {
					assert_int_equal(read_pixel(harness.scene.layers[0]), colour);
				}
			}
			assert_int_equal(test_count_entries("/proc/self/fd"), fds);
		}
	}
}

static void test_clients_leave_with_it(void **state) {
	(void)state;
	struct pool pool = pool_create(2);
	use_twice(pool.buffers[0], pool.buffers[1]);
	assert_int_equal(scene_buffer_share(shown()), best);
	// Still on screen when its client is gone.
	struct scene_buffer *buffer = scene_buffer_lock(shown());
	for (int i = 0; i < 2; i++) {
		client_keep(client, pool.buffers[i]);
	}
	client_keep(client, pool.pool);
	client_disconnect(client);
	client = client_connect();
	assert_true(client_sync(client));
	scene_buffer_share(buffer);
	struct scene_pixels pixels;
	assert_true(buffer->ops->begin_access(buffer, &pixels));
	assert_int_equal(pixels.data[0][0], 0);
	assert_true(buffer->ops->end_access(buffer));
	scene_buffer_unlock(buffer);
	close(pool.fd);
}

static void test_without_udmabuf_it_is_composed(void **state) {
	(void)state;
	assert_int_equal(share_of(memory(MFD_ALLOW_SEALING, 0, SIZE), SIZE, 0), SCENE_SHARE_OFF);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_what_can_be_sealed_is_shared),
		TEST(test_what_cannot_be_is_not),
		TEST(test_it_cannot_shrink_afterwards),
		TEST(test_files_that_are_not_what_they_were),
		TEST(test_pages),
		TEST(test_last_page),
		TEST(test_a_client_has_a_limit),
		TEST(test_pools_beyond_the_limit_are_composed),
		TEST(test_what_is_refused_is_not_tried_for_ever),
		TEST(test_what_was_taken_goes_on),
		TEST(test_who_does_not_wait_gets_a_copy),
		TEST(test_one_range_in_two_buffers),
		TEST(test_objects_go_in_any_order),
		TEST(test_clients_leave_with_it),
		cmocka_unit_test_setup_teardown(
			test_without_udmabuf_it_is_composed, setup_without, teardown),
	};
	return cmocka_run_group_tests_name("wayland-shm", tests, NULL, NULL);
}
