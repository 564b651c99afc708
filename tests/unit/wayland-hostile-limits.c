// SPDX-License-Identifier: MIT
// What one client can't use up: file descriptors, mappings, memory, connections, time. Each of these
// clients is told so by the protocol's own error, or is disconnected, and another one goes on.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "count.h"
#include "wayland-harness.h"

static struct client *client, *witness;
static int n_fds_before;
static double started;

// What a test does not destroy is lost with its client, as in a client that is killed.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
	return "leak:libwayland-client.so";
}

// Of work: a busy machine is no fault of the server's.
static double seconds(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int count_maps(void) {
	char line[1024];
	int n = 0;
	FILE *file = fopen("/proc/self/maps", "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		n++;
	}
	fclose(file);
	return n;
}

static rlim_t first_limit;

static rlim_t file_limit(void) {
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit.rlim_cur;
}

static int setup(void **state) {
	if (harness_setup(state) != 0) {
		return -1;
	}
	witness = client_connect();
	assert_true(client_sync(witness));
	n_fds_before = test_count_entries("/proc/self/fd");
	client = client_connect();
	started = seconds();
	return 0;
}

static int teardown(void **state) {
	if (client) {
		client_disconnect(client);
	}
	assert_true(client_sync(witness));
	assert_int_equal(
		test_count_entries("/proc/self/fd"), n_fds_before); // nothing of the other one is left
	client_disconnect(witness);
	return harness_teardown(state);
}

static void assert_no_memory(void) {
	assert_error(client, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
	assert_true(client_sync(witness));
}

// True every so often, and then the server has seen all: libwayland's client would block otherwise.
static bool alive(int i) {
	return i % 200 != 0 || client_sync(client);
}

static void destroy_proxies(void **proxies, int n) {
	for (int i = 0; i < n; i++) {
		wl_proxy_destroy(proxies[i]);
	}
	free(proxies);
}

// ---- File descriptors and mappings ----

static void test_limit_is_raised(void **state) {
	(void)state;
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, limit.rlim_max);
	// What it was before is kept, however often it is raised.
	assert_int_equal(wayland_first_file_limit(), first_limit);
	wayland_raise_file_limit();
	assert_int_equal(wayland_first_file_limit(), first_limit);
}

static void test_dmabuf_planes_without_end(void **state) {
	(void)state;
	enum { MAX = 40000 };
	struct zwp_linux_buffer_params_v1 *params = NULL;
	void **proxies = calloc(MAX, sizeof(*proxies));
	int n = 0, fd = memfd_create("plane", MFD_CLOEXEC);
	while (n < MAX && client_sync(client)) { // fds that are not read in time hide the error
		params = zwp_linux_dmabuf_v1_create_params(client->dmabuf);
		proxies[n++] = params;
		for (uint32_t plane = 0; plane < 4; plane++) {
			zwp_linux_buffer_params_v1_add(params, fd, plane, 0, 64, 0, 0);
		}
	}
	assert_true(n < MAX);
	assert_no_memory();
	destroy_proxies(proxies, n);
	close(fd);
}

// With requests that have no use for them: libwayland keeps them until one has.
static void test_parked_fds(void **state) {
	(void)state;
	int fds[2], many[28], most = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_non_null(wl_client_create(harness.server->display, fds[0]));
	for (int i = 0; i < 28; i++) {
		many[i] = fds[1];
	}
	char control[CMSG_SPACE(sizeof(many))] = {0}, events[4096];
	for (uint32_t id = 2; id < 20000; id++) {
		uint32_t sync[] = {1, 12 << 16, id};
		struct iovec iov = {sync, sizeof(sync)};
		struct msghdr message = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(many));
		memcpy(CMSG_DATA(header), many, sizeof(many));
		if (sendmsg(fds[1], &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			break;
		}
		wl_event_loop_dispatch(harness.server->loop, 0);
		wl_display_flush_clients(harness.server->display);
		recv(fds[1], events, sizeof(events), MSG_DONTWAIT);
		int n = id % 16 == 0 ? test_count_entries("/proc/self/fd") : 0;
		most = n > most ? n : most;
	}
	assert_true((rlim_t)(most - n_fds_before) < file_limit() / 4 + 1024);
	close(fds[1]);
	assert_true(client_sync(witness));
}

static void test_pools_without_end(void **state) {
	(void)state;
	enum { MAX = 70000 };
	void **proxies = calloc(MAX, sizeof(*proxies));
	int n = 0, before = count_maps(), fd = memfd_create("pool", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, 4096), 0);
	while (n < MAX && alive(n)) {
		proxies[n++] = wl_shm_create_pool(client->shm, fd, 4096);
	}
	assert_true(n < MAX && n > 4096);
	assert_no_memory();
	assert_true(client_sync(witness));
	assert_true(count_maps() < before + 1000);
	destroy_proxies(proxies, n);
	close(fd);
}

static void test_connections_without_end(void **state) {
	(void)state;
	enum { MAX = 2000 };
	if (file_limit() < 3 * MAX) {
		skip();
	}
	int fds[MAX], ended = 0;
	for (int i = 0; i < MAX; i++) {
		int pair[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		assert_non_null(wl_client_create(harness.server->display, pair[0]));
		fds[i] = pair[1];
		wl_event_loop_dispatch(harness.server->loop, 0);
	}
	for (int i = 0; i < MAX; i++) {
		struct pollfd pollfd = {.fd = fds[i], .events = POLLIN};
		ended += poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLHUP) != 0;
		close(fds[i]);
	}
	assert_in_range(ended, MAX - 1024, MAX - 256);
	assert_true(client_sync(client));
	assert_true(client_sync(client));
	assert_int_equal(harness.server->n_clients, 2);
}

// ---- Memory ----

static void test_surfaces_without_end(void **state) {
	(void)state;
	enum { MAX = 40000 };
	void **proxies = calloc(MAX, sizeof(*proxies));
	int n = 0;
	while (n < MAX && alive(n)) {
		proxies[n++] = wl_compositor_create_surface(client->compositor);
	}
	assert_in_range(n, 10000, MAX - 1);
	assert_no_memory();
	destroy_proxies(proxies, n);
}

// Frame callbacks and feedback that no commit will ever answer.
static void test_objects_without_end(void **state) {
	(void)state;
	enum { MAX = 200000 };
	struct wl_surface *surface =
		client_keep(client, wl_compositor_create_surface(client->compositor));
	void **proxies = calloc(MAX, sizeof(*proxies));
	int n = 0;
	while (n < MAX && alive(n)) {
		proxies[n] = n % 2 ? (void *)wl_surface_frame(surface)
						   : (void *)wp_presentation_feedback(client->presentation, surface);
		n++;
	}
	assert_in_range(n, 65536, MAX - 1);
	assert_no_memory();
	destroy_proxies(proxies, n);
}

// As many, one after the other, are nothing to complain of.
static void test_objects_that_go(void **state) {
	(void)state;
	for (int i = 0; i < 150000; i++) {
		wl_region_destroy(wl_compositor_create_region(client->compositor));
		assert_true(alive(i));
	}
	assert_true(client_sync(client));
}

static struct wl_region *complex_region(int n) {
	struct wl_region *region = wl_compositor_create_region(client->compositor);
	for (int i = 0; i < n; i++) {
		wl_region_add(region, i % 100 * 2, i / 100 * 2, 1, 1);
		if (!alive(i)) {
			break;
		}
	}
	return client_keep(client, region);
}

static void test_complex_region(void **state) {
	(void)state;
	complex_region(100000);
	assert_no_memory();
	assert_true(seconds() - started < 10);
}

static void test_complex_region_of_many(void **state) {
	(void)state;
	enum { MAX = 1000 };
	struct wl_region *region = complex_region(8000);
	void **proxies = calloc(MAX, sizeof(*proxies));
	int n = 0;
	while (n < MAX && client_sync(client)) {
		struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
		proxies[n++] = surface;
		wl_surface_set_input_region(surface, region);
		wl_surface_commit(surface);
	}
	assert_in_range(n, 10, MAX - 1);
	assert_no_memory();
	destroy_proxies(proxies, n);
}

static void test_regions_are_given_back(void **state) {
	(void)state;
	struct wl_region *region = complex_region(8000);
	for (int i = 0; i < 1000; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
		wl_surface_set_input_region(surface, region);
		wl_surface_commit(surface);
		wl_surface_destroy(surface);
	}
	assert_true(client_sync(client));
}

static void test_outputs_without_end(void **state) {
	(void)state;
	void *proxies[100];
	int n = 0;
	while (n < 100) {
		proxies[n++] =
			wl_registry_bind(client->registry, client->output_name, &wl_output_interface, 4);
	}
	assert_no_memory();
	for (int i = 0; i < n; i++) {
		wl_proxy_destroy(proxies[i]);
	}
}

// ---- Time ----

// Not one event is read; what can't be sent any more is the end of the client, and of nothing else.
static void test_client_that_never_reads(void **state) {
	(void)state;
	int fds[2];
	uint32_t message[64 * 3];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_non_null(wl_client_create(harness.server->display, fds[0]));
	uint32_t id = 2;
	bool ended = false;
	for (int i = 0; i < 10000 && !ended; i++) {
		for (int j = 0; j < 64; j++) {
			memcpy(&message[3 * j], (uint32_t[]){1, 12 << 16, id++}, 12);
		}
		ended = send(fds[1], message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL) < 0;
		wl_event_loop_dispatch(harness.server->loop, 0);
		wl_display_flush_clients(harness.server->display);
	}
	assert_true(ended);
	assert_int_equal(harness.server->n_clients, 2);
	close(fds[1]);
	assert_true(client_sync(witness));
}

// The contents of a wl_buffer that is destroyed while it is shown stay: not at our expense for ever.
static void test_copies_without_end(void **state) {
	setup(state); // not as a fixture: cmocka takes SIGBUS for itself when a test begins
	enum { SIDE = 1024, N = 300 };
	struct wl_surface *surface =
		client_keep(client, wl_compositor_create_surface(client->compositor));
	make_root(client, surface);
	int size = SIDE * SIDE * 4, fd = memfd_create("pool", MFD_CLOEXEC), before = count_maps();
	assert_int_equal(ftruncate(fd, size), 0);
	for (int i = 0; i < N; i++) {
		struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, size);
		struct wl_buffer *buffer =
			wl_shm_pool_create_buffer(pool, 0, SIDE, SIDE, SIDE * 4, WL_SHM_FORMAT_XRGB8888);
		wl_shm_pool_destroy(pool);
		wl_surface_attach(surface, buffer, 0, 0);
		wl_surface_commit(surface);
		wl_buffer_destroy(buffer);
		assert_true(client_sync(client));
		assert_int_equal(read_pixel(harness.scene.layers[0]), 0);
		assert_true(count_maps() < before + 50);
	}
	// Also when the client cuts off what is held.
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(read_pixel(harness.scene.layers[0]), 0);
	assert_true(client_sync(client));
	close(fd);
	teardown(state);
}

enum { HORDE = 10000 };

static struct {
	struct wl_surface *surfaces[HORDE];
	struct wl_subsurface *subsurfaces[HORDE];
} horde;

static struct wl_surface *make_horde(struct shm_image *image, bool deep, bool desync) {
	struct wl_surface *root = client_keep(client, wl_compositor_create_surface(client->compositor));
	make_root(client, root);
	show(root, image);
	for (int i = 0; i < HORDE; i++) {
		horde.surfaces[i] = wl_compositor_create_surface(client->compositor);
		horde.subsurfaces[i] = wl_subcompositor_get_subsurface(
			client->subcompositor, horde.surfaces[i], deep && i > 0 ? horde.surfaces[i - 1] : root);
		if (desync && i > 0) {
			wl_subsurface_set_desync(horde.subsurfaces[i]);
		}
		assert_true(alive(i));
	}
	for (int i = HORDE - 1; i >= 0; i--) {
		show(horde.surfaces[i], image);
		assert_true(alive(i));
	}
	return root;
}

static void drop_horde(void) {
	for (int i = 0; i < HORDE; i++) {
		wl_proxy_destroy((struct wl_proxy *)horde.surfaces[i]);
		wl_proxy_destroy((struct wl_proxy *)horde.subsurfaces[i]);
	}
}

// One request that sets ten thousand free, each hanging on the one before.
static void test_freed_at_once(void **state) {
	(void)state;
	struct shm_image *image = image_create(client, 4, 4, WL_SHM_FORMAT_XRGB8888, 0);
	struct wl_surface *root = make_horde(image, true, true);
	wl_surface_commit(root);
	for (int round = 0; round < 5; round++) {
		wl_subsurface_set_sync(horde.subsurfaces[0]);
		for (int i = 0; i < HORDE; i++) {
			wl_surface_attach(horde.surfaces[i], image->buffer, 0, 0);
			wl_surface_commit(horde.surfaces[i]);
			assert_true(alive(i));
		}
		assert_true(client_sync(client));
		double before = seconds();
		wl_subsurface_set_desync(horde.subsurfaces[0]);
		assert_true(client_sync(client));
		assert_true(seconds() - before < 1);
	}
	drop_horde();
	image_destroy(image);
}

// Commits that change nothing cost the same, however much hangs on the surface.
static void test_empty_commits(void **state) {
	(void)state;
	struct shm_image *image = image_create(client, 4, 4, WL_SHM_FORMAT_XRGB8888, 0);
	struct wl_surface *root = make_horde(image, false, false);
	wl_surface_commit(root);
	assert_true(client_sync(client));
	double before = seconds();
	for (int i = 0; i < 100000; i++) {
		wl_surface_commit(root);
		assert_true(alive(i));
	}
	assert_true(client_sync(client));
	assert_true(seconds() - before < 3);
	drop_horde();
	image_destroy(image);
}

// The innermost first, all at once, which is what the death of a client does.
static void test_deep_death(void **state) {
	(void)state;
	struct shm_image *image = image_create(client, 4, 4, WL_SHM_FORMAT_XRGB8888, 0);
	struct wl_surface *root = make_horde(image, true, false);
	wl_surface_commit(root);
	assert_true(client_sync(client));
	assert_int_equal(harness.scene.n_layers, HORDE + 1);
	double before = seconds();
	for (int i = HORDE - 1; i >= 0; i--) {
		wl_subsurface_destroy(horde.subsurfaces[i]);
		wl_surface_destroy(horde.surfaces[i]);
		if (i % 5000 == 0) {
			assert_true(client_sync(client));
		}
	}
	assert_true(seconds() - before < 5);
	assert_int_equal(harness.scene.n_layers, 1);
	image_destroy(image);
}

int main(void) {
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	first_limit = limit.rlim_cur = limit.rlim_max - 1;
	setrlimit(RLIMIT_NOFILE, &limit);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_limit_is_raised),
		TEST(test_dmabuf_planes_without_end),
		TEST(test_parked_fds),
		TEST(test_pools_without_end),
		TEST(test_connections_without_end),
		TEST(test_surfaces_without_end),
		TEST(test_objects_without_end),
		TEST(test_objects_that_go),
		TEST(test_complex_region),
		TEST(test_complex_region_of_many),
		TEST(test_regions_are_given_back),
		TEST(test_outputs_without_end),
		TEST(test_client_that_never_reads),
		cmocka_unit_test(test_copies_without_end),
		TEST(test_freed_at_once),
		TEST(test_empty_commits),
		TEST(test_deep_death),
	};
	return cmocka_run_group_tests_name("wayland-hostile-limits", tests, NULL, NULL);
}
