// SPDX-License-Identifier: MIT
// The globals and the answers to bad input: the protocol's own error, to that client alone.
#include "wayland-harness.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// Another client that has to live through whatever the first one does.
static struct client *bystander;

static int setup(void **state) {
	harness_setup(state);
	bystander = client_connect();
	return 0;
}

static int teardown(void **state) {
	assert_true(client_sync(bystander));
	client_disconnect(bystander);
	return harness_teardown(state);
}

static void expect_error(
	struct client *client, const struct wl_interface *interface, uint32_t code) {
	assert_error(client, interface, code);
	client_disconnect(client);
	assert_true(client_sync(bystander));
}

// ---- Globals ----

static struct scene_output passing_scene;

static struct wayland_output *make_passing_output(void) {
	const struct wayland_output_info info = {
		.name = "Passing-1",
		.width = HARNESS_WIDTH,
		.height = HARNESS_HEIGHT,
		.refresh_mhz = 60000,
		.scale = 1,
	};
	struct wayland_output *output = wayland_output_create(harness.server, &info, &passing_scene);
	assert_non_null(output);
	return output;
}

static struct wl_output *bind_output(struct client *client, uint32_t name) {
	return client_keep(client, wl_registry_bind(client->registry, name, &wl_output_interface, 4));
}

// However late a client hears that an output is gone, it may have bound it; until very many others went.
static void test_gone_outputs(void **state) {
	(void)state;
	enum { KEPT = 1024 };
	scene_output_init(&passing_scene, HARNESS_WIDTH, HARNESS_HEIGHT);
	wayland_output_destroy(harness.output);
	harness.output = make_passing_output();
	struct client *slow = client_connect();
	uint32_t name = slow->output_name;
	wayland_output_destroy(harness.output);
	harness.output = NULL;
	assert_true(client_sync(bystander));
	for (int i = 1; i < KEPT; i++) {
		wayland_output_destroy(make_passing_output());
		assert_true(client_sync(bystander)); // who is awake
	}
	bind_output(slow, name);
	bind_output(slow, name);
	assert_true(client_sync(slow));
	// Nobody else is told of it any more.
	struct client *late = client_connect();
	assert_int_not_equal(late->output_name, name);
	client_disconnect(late);
	wayland_output_destroy(make_passing_output());
	bind_output(slow, name);
	expect_error(slow, &wl_registry_interface, WL_DISPLAY_ERROR_INVALID_OBJECT);
	scene_output_finish(&passing_scene);
}

static void test_globals(void **state) {
	(void)state;
	static const char *const expected[] = {"wl_compositor 6\n", "wl_subcompositor 1\n",
		"wl_shm 2\n", "wl_output 4\n", "zxdg_output_manager_v1 3\n", "zwp_linux_dmabuf_v1 5\n",
		"wp_viewporter 1\n", "wp_presentation 2\n", "wp_single_pixel_buffer_manager_v1 1\n",
		"wl_data_device_manager 3\n", "zwp_primary_selection_device_manager_v1 1\n",
		"zwp_relative_pointer_manager_v1 1\n", "zwp_pointer_constraints_v1 1\n",
		"zwp_pointer_gestures_v1 3\n", "wp_cursor_shape_manager_v1 2\n", "wl_seat 9\n",
		"xdg_wm_base 6\n"};
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_non_null(strstr(bystander->globals, expected[i]));
	}
}

static void handle_private_bind(
	struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	(void)client;
	(void)data;
	(void)version;
	(void)id;
}

static void test_private_global(void **state) {
	(void)state;
	struct wl_global *global = wl_global_create(
		harness.server->display, &wl_callback_interface, 1, NULL, handle_private_bind);
	assert_true(wayland_server_add_private_global(harness.server, global));
	struct client *client = client_connect();
	assert_non_null(strstr(client->globals, "wl_callback 1\n"));
	client_disconnect(client);
	if (geteuid() == 0) {
		// Credentials are those of the moment of connecting.
		char path[128];
		snprintf(path, sizeof(path), "%s/test-0", harness.dir);
		assert_int_equal(chmod(harness.dir, 0777), 0);
		assert_int_equal(chmod(path, 0777), 0);
		assert_int_equal(seteuid(65534), 0);
		struct wl_display *display = wl_display_connect("test-0");
		assert_int_equal(seteuid(0), 0);
		assert_non_null(display);
		client = client_create(display);
		assert_null(strstr(client->globals, "wl_callback"));
		assert_non_null(strstr(client->globals, "wl_compositor 6\n"));
		client_disconnect(client);
	}
	wl_global_destroy(global);
}

// ---- Socket ----

static struct wayland_server *another(const char *socket, char *error) {
	static const struct wayland_policy policy;
	struct wayland_server_options options = {.socket = socket, .policy = &policy};
	error[0] = '\0';
	return wayland_server_create(&options, error);
}

static void test_socket(void **state) {
	(void)state;
	char path[128], error[256];
	struct stat stat_;
	snprintf(path, sizeof(path), "%s/test-0", harness.dir);
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, 0700);

	assert_null(another("test-0", error));
	assert_non_null(strstr(error, "test-0 is in use"));

	// What a crash leaves behind: a socket file that no one holds the lock of.
	snprintf(path, sizeof(path), "%s/stale", harness.dir);
	assert_int_equal(mknod(path, S_IFSOCK | 0700, 0), 0);
	struct wayland_server *server = another("stale", error);
	assert_non_null(server);
	assert_string_equal(wayland_server_socket(server), "stale");
	wayland_server_destroy(server);

	server = another(NULL, error);
	assert_non_null(server);
	assert_string_equal(wayland_server_socket(server), "wayland-0");
	wayland_server_destroy(server);

	char long_name[200];
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_null(another(long_name, error));
	assert_non_null(strstr(error, "too long"));

	unsetenv("XDG_RUNTIME_DIR");
	assert_null(another("test-1", error));
	assert_non_null(strstr(error, "XDG_RUNTIME_DIR is not set"));
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	assert_null(another("test-1", error));
	assert_non_null(strstr(error, "/nonexistent"));
	setenv("XDG_RUNTIME_DIR", harness.dir, 1);
	static const char *const left[] = {"stale.lock", "wayland-0.lock"};
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", harness.dir, left[i]);
		unlink(path);
	}
}

// ---- dma-bufs ----

struct bad_dmabuf {
	uint32_t error;
	int32_t width, height;
	uint32_t format;
	uint64_t modifier;
	uint32_t planes[6];     // indices to add, ending with 9
	uint64_t last_modifier; // of the last plane added; 0 = the same
};

static int open_memfd(void) {
	int fd = memfd_create("no dma-buf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	return fd;
}

static int open_pipe(void) {
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	return fds[0];
}

static int open_null(void) {
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void add_plane(
	struct zwp_linux_buffer_params_v1 *params, int fd, uint32_t index, uint64_t modifier) {
	zwp_linux_buffer_params_v1_add(
		params, fd, index, 0, 256, (uint32_t)(modifier >> 32), (uint32_t)modifier);
}

static void test_dmabuf_arguments(void **state) {
	(void)state;
	const uint32_t xr24 = DRM_FORMAT_XRGB8888, nv12 = DRM_FORMAT_NV12;
	const struct bad_dmabuf cases[] = {
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX, 64, 64, xr24, 0, {4, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET, 64, 64, xr24, 0, {0, 0, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE, 64, 64, xr24, 0, {9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE, 64, 64, xr24, 0, {1, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE, 64, 64, xr24, 0, {0, 1, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE, 64, 64, nv12, 0, {0, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT, 64, 64, 0x12345678, 0, {0, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT, 64, 64, DRM_FORMAT_XRGB2101010, 0, {0, 9},
			0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT, 64, 64, xr24, I915_FORMAT_MOD_X_TILED,
			{0, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT, 64, 64, nv12, 0, {0, 1, 9},
			DRM_FORMAT_MOD_INVALID},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS, 0, 64, xr24, 0, {0, 9}, 0},
		{ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS, 64, -1, xr24, 0, {0, 9}, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct bad_dmabuf *bad = &cases[i];
		struct client *client = client_connect();
		struct zwp_linux_buffer_params_v1 *params =
			client_keep(client, zwp_linux_dmabuf_v1_create_params(client->dmabuf));
		int fd = open_memfd();
		for (int j = 0; bad->planes[j] != 9; j++) {
			bool last = bad->planes[j + 1] == 9 && bad->last_modifier != 0;
			add_plane(params, fd, bad->planes[j], last ? bad->last_modifier : bad->modifier);
		}
		zwp_linux_buffer_params_v1_create(params, bad->width, bad->height, bad->format, 0);
		close(fd);
		expect_error(client, &zwp_linux_buffer_params_v1_interface, bad->error);
	}
}

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
	(void)data;
	(void)params;
	(void)buffer;
	fail_msg("a buffer was created");
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	(void)params;
	*(bool *)data = true;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static void test_dmabuf_is_none(void **state) {
	(void)state;
	int (*const openers[])(void) = {open_memfd, open_pipe, open_null};
	for (size_t i = 0; i < 3; i++) {
		struct client *client = client_connect();
		int fd = openers[i]();
		assert_true(fd >= 0);

		bool failed = false;
		struct zwp_linux_buffer_params_v1 *params =
			zwp_linux_dmabuf_v1_create_params(client->dmabuf);
		zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &failed);
		add_plane(params, fd, 0, 0);
		zwp_linux_buffer_params_v1_create(params, 64, 64, DRM_FORMAT_XRGB8888, 0);
		assert_true(client_sync(client));
		assert_true(failed);
		zwp_linux_buffer_params_v1_destroy(params);

		params = client_keep(client, zwp_linux_dmabuf_v1_create_params(client->dmabuf));
		add_plane(params, fd, 0, 0);
		client_keep(client,
			zwp_linux_buffer_params_v1_create_immed(params, 64, 64, DRM_FORMAT_XRGB8888, 0));
		close(fd);
		expect_error(client, &zwp_linux_buffer_params_v1_interface,
			ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER);
	}
}

static void test_dmabuf_used_twice(void **state) {
	(void)state;
	struct client *client = client_connect();
	bool failed = false;
	struct zwp_linux_buffer_params_v1 *params =
		client_keep(client, zwp_linux_dmabuf_v1_create_params(client->dmabuf));
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &failed);
	int fd = open_memfd();
	add_plane(params, fd, 0, 0);
	zwp_linux_buffer_params_v1_create(params, 64, 64, DRM_FORMAT_XRGB8888, 0);
	add_plane(params, fd, 0, 0);
	close(fd);
	expect_error(client, &zwp_linux_buffer_params_v1_interface,
		ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED);
}

struct feedback {
	int done, tranches, scanout_formats, formats, table_fd;
	uint32_t table_size, flags;
	dev_t device;
};

static void handle_feedback_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)object;
	((struct feedback *)data)->done++;
}

static void handle_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, int32_t fd, uint32_t size) {
	(void)object;
	struct feedback *feedback = data;
	feedback->table_fd = fd;
	feedback->table_size = size;
}

static void handle_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	(void)object;
	memcpy(&((struct feedback *)data)->device, device->data, sizeof(dev_t));
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)object;
	((struct feedback *)data)->tranches++;
}

static void handle_tranche_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	(void)object;
	assert_memory_equal(&((struct feedback *)data)->device, device->data, sizeof(dev_t));
}

static void handle_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *indices) {
	(void)object;
	struct feedback *feedback = data;
	int n = (int)(indices->size / sizeof(uint16_t));
	if (feedback->flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT) {
		assert_int_equal(feedback->tranches, 0);
		feedback->scanout_formats += n;
	} else {
		feedback->formats += n;
	}
}

static void handle_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, uint32_t flags) {
	(void)object;
	((struct feedback *)data)->flags = flags;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = handle_feedback_done,
	.format_table = handle_format_table,
	.main_device = handle_main_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_tranche_device,
	.tranche_formats = handle_tranche_formats,
	.tranche_flags = handle_tranche_flags,
};

static void test_dmabuf_feedback(void **state) {
	(void)state;
	struct client *client = client_connect();
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	for (int i = 0; i < 2; i++) {
		struct feedback feedback = {0};
		struct zwp_linux_dmabuf_feedback_v1 *object = i == 0
			? zwp_linux_dmabuf_v1_get_default_feedback(client->dmabuf)
			: zwp_linux_dmabuf_v1_get_surface_feedback(client->dmabuf, surface);
		zwp_linux_dmabuf_feedback_v1_add_listener(object, &feedback_listener, &feedback);
		assert_true(client_sync(client));
		assert_int_equal(feedback.done, 1);
		assert_int_equal(feedback.tranches, 2);
		assert_int_equal(feedback.device, 0xe200);
		// Linear and implicit XR24: what a plane takes and nobody composes is not on offer.
		assert_int_equal(feedback.scanout_formats, 2);
		assert_int_equal(feedback.formats, 7);
		assert_int_equal(feedback.table_size, 7 * 16);
		assert_int_equal(fcntl(feedback.table_fd, F_GET_SEALS),
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
		close(feedback.table_fd);
		if (i == 1) {
			wl_surface_destroy(surface); // before its feedback
			assert_true(client_sync(client));
		}
		zwp_linux_dmabuf_feedback_v1_destroy(object);
	}
	client_disconnect(client);
}

// ---- wl_shm ----

// A pool that shrinks after the commit: two such clients read in one frame, as composing does.
static void test_shm_truncated(void **state) {
	setup(state); // not as a fixture: cmocka takes SIGBUS for itself when a test begins
	struct client *clients[2];
	struct wl_surface *surfaces[2];
	struct shm_image *images[2];
	for (int i = 0; i < 2; i++) {
		clients[i] = client_connect();
		surfaces[i] = wl_compositor_create_surface(clients[i]->compositor);
		images[i] = image_create(clients[i], 64, 64, WL_SHM_FORMAT_XRGB8888, 0x112233);
		make_root(clients[i], surfaces[i]);
		show(surfaces[i], images[i]);
		assert_true(client_sync(clients[i]));
	}
	harness_frame();
	assert_true(client_sync(clients[0]));
	assert_int_equal(ftruncate(images[0]->fd, 4096), 0);
	harness_frame();
	assert_true(client_sync(clients[1]));
	assert_error(clients[0], &wl_buffer_interface, WL_SHM_ERROR_INVALID_FD);
	image_destroy(images[0]);
	wl_surface_destroy(surfaces[0]);
	client_disconnect(clients[0]);
	assert_int_equal(harness.scene.n_layers, 1);
	assert_int_equal(read_pixel(harness.scene.layers[0]), 0x112233);
	image_destroy(images[1]);
	wl_surface_destroy(surfaces[1]);
	client_disconnect(clients[1]);
	teardown(state);
}

static void test_shm_stride(void **state) {
	(void)state;
	struct client *client = client_connect();
	int fd = open_memfd();
	struct wl_shm_pool *pool = client_keep(client, wl_shm_create_pool(client->shm, fd, 4096));
	client_keep(client, wl_shm_pool_create_buffer(pool, 0, 64, 64, 64, WL_SHM_FORMAT_XRGB8888));
	close(fd);
	expect_error(client, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE);
}

// ---- wl_surface, wp_viewport, wl_subsurface ----

enum surface_mistake {
	MISTAKE_SCALE,
	MISTAKE_TRANSFORM,
	MISTAKE_SIZE,
	MISTAKE_OFFSET,
	MISTAKE_ROLE_OBJECT,
	MISTAKE_VIEWPORT_EXISTS,
	MISTAKE_VIEWPORT_SOURCE,
	MISTAKE_VIEWPORT_DESTINATION,
	MISTAKE_VIEWPORT_SIZE,
	MISTAKE_VIEWPORT_OUTSIDE,
	MISTAKE_VIEWPORT_SURFACE,
	MISTAKE_PARENT_SELF,
	MISTAKE_PARENT_LOOP,
	MISTAKE_SUBSURFACE_TWICE,
	MISTAKE_SUBSURFACE_ROLE,
	MISTAKE_SIBLING_STRANGER,
	MISTAKE_SIBLING_SELF,
	MISTAKE_SEAT,
};

static struct wl_surface *new_surface(struct client *client) {
	return client_keep(client, wl_compositor_create_surface(client->compositor));
}

static struct wp_viewport *new_viewport(struct client *client, struct wl_surface *surface) {
	return client_keep(client, wp_viewporter_get_viewport(client->viewporter, surface));
}

static struct wl_subsurface *new_subsurface(
	struct client *client, struct wl_surface *surface, struct wl_surface *parent) {
	return client_keep(
		client, wl_subcompositor_get_subsurface(client->subcompositor, surface, parent));
}

static void make_surface_mistake(
	struct client *client, struct shm_image *image, enum surface_mistake mistake) {
	struct wl_surface *surface = new_surface(client), *other = new_surface(client);
	struct wp_viewport *viewport;
	struct wl_subsurface *child;
	wl_surface_attach(surface, image->buffer, 0, 0);
	switch (mistake) {
	case MISTAKE_SCALE:
		wl_surface_set_buffer_scale(surface, 0);
		break;
	case MISTAKE_TRANSFORM:
		wl_surface_set_buffer_transform(surface, 8);
		break;
	case MISTAKE_SIZE:
		wl_surface_set_buffer_scale(surface, 2);
		wl_surface_commit(surface);
		break;
	case MISTAKE_OFFSET:
		wl_surface_attach(surface, image->buffer, 1, 0);
		break;
	case MISTAKE_ROLE_OBJECT:
		new_subsurface(client, surface, other);
		wl_proxy_marshal_flags((struct wl_proxy *)surface, WL_SURFACE_DESTROY, NULL, 6, 0);
		break;
	case MISTAKE_VIEWPORT_EXISTS:
		new_viewport(client, surface);
		new_viewport(client, surface);
		break;
	case MISTAKE_VIEWPORT_SOURCE:
		viewport = new_viewport(client, surface);
		wp_viewport_set_source(viewport, -256, 0, 256, 256);
		break;
	case MISTAKE_VIEWPORT_DESTINATION:
		viewport = new_viewport(client, surface);
		wp_viewport_set_destination(viewport, 0, 5);
		break;
	case MISTAKE_VIEWPORT_SIZE:
		viewport = new_viewport(client, surface);
		wp_viewport_set_source(viewport, 0, 0, 640, 256);
		wl_surface_commit(surface);
		break;
	case MISTAKE_VIEWPORT_OUTSIDE:
		viewport = new_viewport(client, surface);
		wp_viewport_set_source(viewport, 256, 0, 9 * 256, 256);
		wl_surface_commit(surface);
		break;
	case MISTAKE_VIEWPORT_SURFACE:
		viewport = new_viewport(client, surface);
		wl_proxy_marshal_flags((struct wl_proxy *)surface, WL_SURFACE_DESTROY, NULL, 6, 0);
		wp_viewport_set_destination(viewport, 5, 5);
		break;
	case MISTAKE_PARENT_SELF:
		new_subsurface(client, surface, surface);
		break;
	case MISTAKE_PARENT_LOOP:
		new_subsurface(client, surface, other);
		new_subsurface(client, other, surface);
		break;
	case MISTAKE_SUBSURFACE_TWICE:
		new_subsurface(client, surface, other);
		new_subsurface(client, surface, other);
		break;
	case MISTAKE_SUBSURFACE_ROLE:
		make_root(client, surface);
		new_subsurface(client, surface, other);
		break;
	case MISTAKE_SIBLING_STRANGER:
		child = new_subsurface(client, surface, other);
		wl_subsurface_place_above(child, new_surface(client));
		break;
	case MISTAKE_SIBLING_SELF:
		child = new_subsurface(client, surface, other);
		wl_subsurface_place_below(child, surface);
		break;
	case MISTAKE_SEAT:
		client_keep(client, wl_seat_get_pointer(client->seat));
		break;
	}
}

static void test_surface_mistakes(void **state) {
	(void)state;
	static const struct {
		const struct wl_interface *interface;
		uint32_t code;
	} errors[] = {
		[MISTAKE_SCALE] = {&wl_surface_interface, WL_SURFACE_ERROR_INVALID_SCALE},
		[MISTAKE_TRANSFORM] = {&wl_surface_interface, WL_SURFACE_ERROR_INVALID_TRANSFORM},
		[MISTAKE_SIZE] = {&wl_surface_interface, WL_SURFACE_ERROR_INVALID_SIZE},
		[MISTAKE_OFFSET] = {&wl_surface_interface, WL_SURFACE_ERROR_INVALID_OFFSET},
		[MISTAKE_ROLE_OBJECT] = {&wl_surface_interface, WL_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT},
		[MISTAKE_VIEWPORT_EXISTS] = {&wp_viewporter_interface, WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS},
		[MISTAKE_VIEWPORT_SOURCE] = {&wp_viewport_interface, WP_VIEWPORT_ERROR_BAD_VALUE},
		[MISTAKE_VIEWPORT_DESTINATION] = {&wp_viewport_interface, WP_VIEWPORT_ERROR_BAD_VALUE},
		[MISTAKE_VIEWPORT_SIZE] = {&wp_viewport_interface, WP_VIEWPORT_ERROR_BAD_SIZE},
		[MISTAKE_VIEWPORT_OUTSIDE] = {&wp_viewport_interface, WP_VIEWPORT_ERROR_OUT_OF_BUFFER},
		[MISTAKE_VIEWPORT_SURFACE] = {&wp_viewport_interface, WP_VIEWPORT_ERROR_NO_SURFACE},
		[MISTAKE_PARENT_SELF] = {&wl_subcompositor_interface, WL_SUBCOMPOSITOR_ERROR_BAD_PARENT},
		[MISTAKE_PARENT_LOOP] = {&wl_subcompositor_interface, WL_SUBCOMPOSITOR_ERROR_BAD_PARENT},
		[MISTAKE_SUBSURFACE_TWICE] = {&wl_subcompositor_interface,
			WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE},
		[MISTAKE_SUBSURFACE_ROLE] = {&wl_subcompositor_interface,
			WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE},
		[MISTAKE_SIBLING_STRANGER] = {&wl_subsurface_interface, WL_SUBSURFACE_ERROR_BAD_SURFACE},
		[MISTAKE_SIBLING_SELF] = {&wl_subsurface_interface, WL_SUBSURFACE_ERROR_BAD_SURFACE},
		[MISTAKE_SEAT] = {&wl_seat_interface, WL_SEAT_ERROR_MISSING_CAPABILITY},
	};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct client *client = client_connect();
		struct shm_image *image = image_create(client, 9, 9, WL_SHM_FORMAT_XRGB8888, 0);
		make_surface_mistake(client, image, (enum surface_mistake)i);
		assert_error(client, errors[i].interface, errors[i].code);
		image_destroy(image);
		client_disconnect(client);
		assert_true(client_sync(bystander));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_globals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_outputs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_global, setup, teardown),
		cmocka_unit_test_setup_teardown(test_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dmabuf_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dmabuf_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dmabuf_used_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dmabuf_feedback, setup, teardown),
		cmocka_unit_test(test_shm_truncated),
		cmocka_unit_test_setup_teardown(test_shm_stride, setup, teardown),
		cmocka_unit_test_setup_teardown(test_surface_mistakes, setup, teardown),
	};
	return cmocka_run_group_tests_name("wayland-core", tests, NULL, NULL);
}
