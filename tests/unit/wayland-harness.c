// SPDX-License-Identifier: MIT
#include "wayland-harness.h"

#include <drm_fourcc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct harness harness;

struct root {
	struct surface *surface;
	struct wl_list link;
};

static void lay_out(void) {
	struct root *root;
	scene_output_begin(&harness.scene);
	wl_list_for_each(root, &harness.roots, link) {
		assert_true(surface_append(root->surface, harness.output, 0, 0));
	}
	scene_output_end(&harness.scene);
}

static void handle_tree_changed(void *data, struct surface *surface) {
	(void)data;
	(void)surface;
	harness.laid_out++;
	lay_out();
}

static const struct wayland_policy policy = {.tree_changed = handle_tree_changed};

static void root_destroy(struct root *root) {
	wl_list_remove(&root->link);
	free(root);
	lay_out();
}

static void handle_root_destroyed(struct surface *surface) {
	root_destroy(surface->role_object);
}

static const struct surface_role root_role = {
	.name = "root",
	.destroyed = handle_root_destroyed,
};

static void add_formats(struct format_set *scanout, struct format_set *composed) {
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565,
		DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, DRM_FORMAT_NV12};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		assert_true(format_set_add(composed, formats[i], DRM_FORMAT_MOD_LINEAR));
	}
	assert_true(format_set_add(scanout, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR));
	assert_true(format_set_add(scanout, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID));
	// A plane takes these, and no one could compose them.
	assert_true(format_set_add(scanout, DRM_FORMAT_XRGB2101010, DRM_FORMAT_MOD_LINEAR));
	assert_true(format_set_add(scanout, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED));
}

double harness_scale = 1;
const char *harness_udmabuf;

int harness_setup(void **state) {
	(void)state;
	harness = (struct harness){0};
	strcpy(harness.dir, "/tmp/vitrine-test-XXXXXX");
	assert_non_null(mkdtemp(harness.dir));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", harness.dir, 1), 0);
	wl_list_init(&harness.roots);
	struct format_set scanout = {0}, composed = {0};
	add_formats(&scanout, &composed);
	char error[256] = "";
	struct wayland_server_options options = {
		.socket = "test-0",
		.policy = &policy,
		.main_device = 0xe200,
		.scanout_formats = &scanout,
		.composed_formats = &composed,
		.presentation_clock = CLOCK_MONOTONIC,
		.udmabuf = harness_udmabuf,
	};
	harness.server = wayland_server_create(&options, error);
	format_set_finish(&scanout);
	format_set_finish(&composed);
	assert_string_equal(error, "");
	assert_non_null(harness.server);
	scene_output_init(&harness.scene, HARNESS_WIDTH, HARNESS_HEIGHT);
	struct wayland_output_info info = {
		.name = "TEST-1",
		.description = "a test",
		.make = "none",
		.model = "none",
		.width = HARNESS_WIDTH,
		.height = HARNESS_HEIGHT,
		.refresh_mhz = 60000,
		.scale = harness_scale,
	};
	harness.output = wayland_output_create(harness.server, &info, &harness.scene);
	assert_non_null(harness.output);
	return 0;
}

int harness_teardown(void **state) {
	(void)state;
	wayland_server_destroy(harness.server);
	assert_true(wl_list_empty(&harness.roots));
	assert_int_equal(harness.scene.n_layers, 0);
	scene_output_finish(&harness.scene);
	char path[128];
	snprintf(path, sizeof(path), "%s/test-0", harness.dir);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/test-0.lock", harness.dir);
	unlink(path);
	rmdir(harness.dir);
	return 0;
}

// ---- Clients ----

static void *bind(
	struct client *client, uint32_t name, const struct wl_interface *interface, uint32_t version) {
	return wl_registry_bind(client->registry, name, interface, version);
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	(void)registry;
	struct client *client = data;
	size_t len = strlen(client->globals);
	snprintf(client->globals + len, sizeof(client->globals) - len, "%s %u\n", interface, version);
	if (strcmp(interface, wl_output_interface.name) == 0) {
		client->output_name = name;
	}
	if (client->settled) {
		return;
	}
#define BIND(member, type) \
	if (strcmp(interface, type.name) == 0) { \
		client->member = bind(client, name, &type, version); \
	}
	BIND(compositor, wl_compositor_interface)
	BIND(subcompositor, wl_subcompositor_interface)
	BIND(shm, wl_shm_interface)
	BIND(output, wl_output_interface)
	BIND(seat, wl_seat_interface)
	BIND(data_device_manager, wl_data_device_manager_interface)
	BIND(dmabuf, zwp_linux_dmabuf_v1_interface)
	BIND(viewporter, wp_viewporter_interface)
	BIND(alpha_modifier, wp_alpha_modifier_v1_interface)
	BIND(tearing_control, wp_tearing_control_manager_v1_interface)
	BIND(content_type, wp_content_type_manager_v1_interface)
	BIND(fifo, wp_fifo_manager_v1_interface)
	BIND(commit_timing, wp_commit_timing_manager_v1_interface)
	BIND(syncobj, wp_linux_drm_syncobj_manager_v1_interface)
	BIND(presentation, wp_presentation_interface)
	BIND(single_pixel, wp_single_pixel_buffer_manager_v1_interface)
	BIND(xdg_output_manager, zxdg_output_manager_v1_interface)
#undef BIND
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	(void)data;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void serve(void) {
	wl_event_loop_dispatch(harness.server->loop, 0);
	wl_display_flush_clients(harness.server->display);
}

static bool receive(struct client *client) {
	struct wl_display *display = client->display;
	while (wl_display_prepare_read(display) != 0) {
		if (wl_display_dispatch_pending(display) < 0) {
			return false;
		}
	}
	struct pollfd pollfd = {.fd = wl_display_get_fd(display), .events = POLLIN};
	if (poll(&pollfd, 1, 0) > 0) {
		wl_display_read_events(display);
	} else {
		wl_display_cancel_read(display);
	}
	return wl_display_dispatch_pending(display) >= 0;
}

static void handle_sync_done(void *data, struct wl_callback *callback, uint32_t serial) {
	(void)serial;
	*(bool *)data = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener sync_listener = {.done = handle_sync_done};

bool client_sync(struct client *client) {
	bool done = false;
	struct wl_callback *callback = wl_display_sync(client->display);
	wl_callback_add_listener(callback, &sync_listener, &done);
	for (int i = 0; i < 100000 && !done; i++) {
		wl_display_flush(client->display);
		serve();
		if (!receive(client)) {
			wl_callback_destroy(callback);
			return false;
		}
	}
	assert_true(done);
	return true;
}

struct client *client_connect(void) {
	struct wl_display *display = wl_display_connect("test-0");
	assert_non_null(display);
	return client_create(display);
}

struct client *client_create(struct wl_display *display) {
	struct client *client = calloc(1, sizeof(*client));
	assert_non_null(client);
	client->display = display;
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	assert_true(client_sync(client));
	client->settled = true;
	assert_true(client_sync(client));
	struct wl_list *clients = wl_display_get_client_list(harness.server->display);
	client->peer = wl_client_from_link(clients->prev);
	return client;
}

void *client_keep(struct client *client, void *proxy) {
	assert_true(client->n_kept < (int)(sizeof(client->kept) / sizeof(client->kept[0])));
	client->kept[client->n_kept++] = proxy;
	return proxy;
}

void client_disconnect(struct client *client) {
	wl_registry_destroy(client->registry);
	for (int i = 0; i < client->n_kept; i++) {
		wl_proxy_destroy(client->kept[i]);
	}
#define DESTROY(member, destroy) \
	if (client->member) { \
		destroy(client->member); \
	}
	DESTROY(compositor, wl_compositor_destroy)
	DESTROY(subcompositor, wl_subcompositor_destroy)
	DESTROY(shm, wl_shm_destroy)
	DESTROY(output, wl_output_destroy)
	DESTROY(seat, wl_seat_destroy)
	DESTROY(data_device_manager, wl_data_device_manager_destroy)
	DESTROY(dmabuf, zwp_linux_dmabuf_v1_destroy)
	DESTROY(viewporter, wp_viewporter_destroy)
	DESTROY(alpha_modifier, wp_alpha_modifier_v1_destroy)
	DESTROY(tearing_control, wp_tearing_control_manager_v1_destroy)
	DESTROY(content_type, wp_content_type_manager_v1_destroy)
	DESTROY(fifo, wp_fifo_manager_v1_destroy)
	DESTROY(commit_timing, wp_commit_timing_manager_v1_destroy)
	DESTROY(syncobj, wp_linux_drm_syncobj_manager_v1_destroy)
	DESTROY(presentation, wp_presentation_destroy)
	DESTROY(single_pixel, wp_single_pixel_buffer_manager_v1_destroy)
	DESTROY(xdg_output_manager, zxdg_output_manager_v1_destroy)
#undef DESTROY
	wl_display_disconnect(client->display);
	free(client);
	serve();
	serve();
}

void assert_error(struct client *client, const struct wl_interface *interface, uint32_t code) {
	assert_false(client_sync(client));
	const struct wl_interface *got = NULL;
	uint32_t got_code = wl_display_get_protocol_error(client->display, &got, NULL);
	assert_non_null(got);
	assert_string_equal(got->name, interface->name);
	assert_int_equal(got_code, code);
}

// ---- Surfaces and buffers ----

struct surface *server_surface(struct client *client, struct wl_surface *surface) {
	assert_true(client_sync(client));
	struct wl_resource *resource =
		wl_client_get_object(client->peer, wl_proxy_get_id((struct wl_proxy *)surface));
	assert_non_null(resource);
	return surface_from_resource(resource);
}

void make_root(struct client *client, struct wl_surface *wl_surface) {
	struct surface *surface = server_surface(client, wl_surface);
	struct root *root = calloc(1, sizeof(*root));
	assert_non_null(root);
	root->surface = surface;
	wl_list_insert(harness.roots.prev, &root->link);
	assert_true(surface_set_role(surface, &root_role, root, surface->resource, 0));
}

void drop_root(struct client *client, struct wl_surface *wl_surface) {
	struct surface *surface = server_surface(client, wl_surface);
	struct root *root = surface->role_object;
	surface->role_object = NULL;
	surface_unmap(surface);
	root_destroy(root);
}

static void handle_release(void *data, struct wl_buffer *buffer) {
	(void)buffer;
	struct shm_image *image = data;
	image->released++;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

struct shm_image *image_create(
	struct client *client, int32_t width, int32_t height, uint32_t format, uint32_t colour) {
	struct shm_image *image = calloc(1, sizeof(*image));
	assert_non_null(image);
	image->width = width;
	image->height = height;
	int32_t size = width * height * 4;
	image->fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(image->fd, size), 0);
	image->pixels = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, image->fd, 0);
	assert_ptr_not_equal(image->pixels, MAP_FAILED);
	for (int32_t i = 0; i < width * height; i++) {
		image->pixels[i] = colour;
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, image->fd, size);
	image->buffer = wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, format);
	wl_buffer_add_listener(image->buffer, &buffer_listener, image);
	wl_shm_pool_destroy(pool);
	return image;
}

void image_destroy(struct shm_image *image) {
	if (image->buffer) {
		wl_buffer_destroy(image->buffer);
	}
	munmap(image->pixels, (size_t)(image->width * image->height) * 4);
	close(image->fd);
	free(image);
}

void show(struct wl_surface *surface, struct shm_image *image) {
	wl_surface_attach(surface, image ? image->buffer : NULL, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(surface);
}

// ---- Frames ----

uint32_t read_pixel(const struct scene_layer *layer) {
	struct scene_buffer *buffer = layer->buffer;
	struct scene_pixels pixels = {0};
	assert_true(buffer->ops->begin_access(buffer, &pixels));
	uint32_t pixel;
	memcpy(&pixel, pixels.data[0], sizeof(pixel));
	buffer->ops->end_access(buffer);
	return pixel;
}

static void read_all(void) {
	struct scene_output *scene = &harness.scene;
	for (int i = 0; i < scene->n_layers; i++) {
		struct scene_buffer *buffer = scene->layers[i]->buffer;
		struct scene_pixels pixels;
		if (buffer && buffer->ops->begin_access) {
			assert_true(buffer->ops->begin_access(buffer, &pixels));
			const volatile uint8_t *data = pixels.data[0];
			for (uint32_t y = 0; y < (uint32_t)buffer->height; y++) {
				(void)data[y * pixels.stride[0]];
			}
		}
	}
	for (int i = 0; i < scene->n_layers; i++) {
		struct scene_buffer *buffer = scene->layers[i]->buffer;
		if (buffer && buffer->ops->end_access) {
			buffer->ops->end_access(buffer);
		}
	}
}

void drop_shown(
	struct client *client, struct wl_surface *surface, struct shm_image **images, int n) {
	drop_root(client, surface);
	wl_surface_destroy(surface);
	assert_true(client_sync(client));
	for (int i = 0; i < n; i++) {
		image_destroy(images[i]);
	}
}

static void handle_frame_done(void *data, struct wl_callback *callback, uint32_t time) {
	(void)time;
	wl_callback_destroy(callback);
	++*(int *)data;
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame_done};

void want_frame(struct wl_surface *surface, int *frames) {
	wl_callback_add_listener(wl_surface_frame(surface), &frame_listener, frames);
}

void harness_frame(void) {
	struct scene_output *scene = &harness.scene;
	read_all();
	for (int i = 0; i < scene->n_layers; i++) {
		struct scene_layer *layer = scene->layers[i];
		layer->ops->latched(layer);
		pixman_region32_clear(&layer->damage);
		layer->frame_wanted = false;
	}
	struct scene_presentation presentation = {
		.time_ns = 5000000000 + 7000000,
		.sequence = 42,
		.refresh_ns = 16666666,
		.hardware_clock = true,
		.zero_copy = true,
	};
	for (int i = 0; i < scene->n_layers; i++) {
		scene->layers[i]->ops->presented(scene->layers[i], &presentation);
	}
	wl_display_flush_clients(harness.server->display);
}
