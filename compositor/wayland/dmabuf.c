// SPDX-License-Identifier: MIT
// zwp_linux_dmabuf_v1: dma-bufs as wl_buffers. Everything about a client's planes is checked here
// against the memory itself, so that whoever reads or imports the buffer later need not.
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "linux-dmabuf-v1-server-protocol.h"
#include "wayland/server.h"

#ifndef DMA_BUF_MAGIC
#define DMA_BUF_MAGIC 0x444d4142 // linux/magic.h since Linux 5.3
#endif

struct params_plane {
	int fd; // -1: not set
	uint32_t offset, stride;
	uint64_t modifier;
};

struct params {
	struct wl_resource *resource;
	struct wayland_server *server;
	struct client_account *account;
	struct params_plane planes[FORMAT_MAX_PLANES];
	bool used;
};

// A dma-buf's memory, mapped when first read. Planes in the same dma-buf share the fd and the mapping.
struct mapping {
	void *data;  // NULL: not mapped
	size_t size; // bytes
	struct sigbus_guard guard;
};

struct dmabuf_buffer {
	struct client_buffer base;
	struct client_account *account;
	int n_maps;
	struct mapping maps[FORMAT_MAX_PLANES];
	int map_of[FORMAT_MAX_PLANES]; // by plane
	int map_fd[FORMAT_MAX_PLANES]; // owned
	bool unreadable;               // a CPU can't read it: do not try again
};

// ---- Access ----

static struct dmabuf_buffer *dmabuf_of(struct scene_buffer *base) {
	struct dmabuf_buffer *buffer = wl_container_of(base, buffer, base.base);
	return buffer;
}

void dmabuf_sync(int fd, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = flags};
	int ret;
	do {
		ret = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (ret != 0 && (errno == EINTR || errno == EAGAIN));
}

static bool map_all(struct dmabuf_buffer *buffer) {
	for (int i = 0; i < buffer->n_maps; i++) {
		struct mapping *map = &buffer->maps[i];
		if (map->data) {
			continue;
		}
		void *data = mmap(NULL, map->size, PROT_READ, MAP_SHARED, buffer->map_fd[i], 0);
		if (data == MAP_FAILED) {
			return false;
		}
		map->data = data;
	}
	return true;
}

// Whoever draws into it has finished. DMA_BUF_IOCTL_SYNC would wait for that as long as it takes, which
// the client decides. Commits wait for their buffers, so this one draws into what it has committed.
static bool is_ready(struct dmabuf_buffer *buffer) {
	for (int i = 0; i < buffer->n_maps; i++) {
		struct pollfd pollfd = {.fd = buffer->map_fd[i], .events = POLLIN};
		if (buffer->maps[i].guard.users == 0 && poll(&pollfd, 1, 0) == 0) {
			return false;
		}
	}
	return true;
}

static bool begin_access(struct scene_buffer *base, struct scene_pixels *pixels) {
	struct dmabuf_buffer *buffer = dmabuf_of(base);
	if (buffer->unreadable || !map_all(buffer)) {
		buffer->unreadable = true;
		return false;
	}
	if (!is_ready(buffer)) {
		return false;
	}
	*pixels = (struct scene_pixels){.n_planes = base->n_planes};
	for (int i = 0; i < buffer->n_maps; i++) {
		struct mapping *map = &buffer->maps[i];
		if (map->guard.users == 0) {
			dmabuf_sync(buffer->map_fd[i], DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
		}
		sigbus_guard_begin(&map->guard, map->data, map->size);
	}
	for (int i = 0; i < base->n_planes; i++) {
		const uint8_t *data = buffer->maps[buffer->map_of[i]].data;
		pixels->data[i] = data + base->offset[i];
		pixels->stride[i] = base->stride[i];
	}
	return true;
}

static bool end_access(struct scene_buffer *base) {
	struct dmabuf_buffer *buffer = dmabuf_of(base);
	bool ok = true;
	for (int i = 0; i < buffer->n_maps; i++) {
		struct mapping *map = &buffer->maps[i];
		ok = sigbus_guard_end(&map->guard) && ok;
		if (map->guard.users == 0) {
			dmabuf_sync(buffer->map_fd[i], DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
		}
	}
	if (!ok) {
		// The exporter lost its memory (unplugged): the mapping holds zeroes from now on.
		buffer->unreadable = true;
	}
	return ok;
}

static void destroy(struct scene_buffer *base) {
	struct dmabuf_buffer *buffer = dmabuf_of(base);
	for (int i = 0; i < buffer->n_maps; i++) {
		if (buffer->maps[i].data) {
			munmap(buffer->maps[i].data, buffer->maps[i].size);
		}
		close(buffer->map_fd[i]);
		client_return_fd(buffer->account);
	}
	client_account_unref(buffer->account);
	free(buffer);
}

static bool is_drawn(struct scene_buffer *base) {
	const struct dmabuf_buffer *buffer = dmabuf_of(base);
	struct pollfd pollfds[FORMAT_MAX_PLANES];
	for (int i = 0; i < buffer->n_maps; i++) {
		pollfds[i] = (struct pollfd){.fd = buffer->map_fd[i], .events = POLLIN};
	}
	// What cannot be asked is shown as it is.
	int n = poll(pollfds, (nfds_t)buffer->n_maps, 0);
	return n < 0 || n == buffer->n_maps;
}

// The fences of now as a file of their own: unlike the dma-buf itself it is let go of at once, whether
// they are signalled or not.
static int drawn_fd(struct scene_buffer *base) {
	const struct dmabuf_buffer *buffer = dmabuf_of(base);
	for (int i = 0; i < buffer->n_maps; i++) {
		struct pollfd pollfd = {.fd = buffer->map_fd[i], .events = POLLIN};
		if (i + 1 < buffer->n_maps && poll(&pollfd, 1, 0) != 0) {
			continue;
		}
		struct dma_buf_export_sync_file sync = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
		if (ioctl(buffer->map_fd[i], DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &sync) == 0) {
			return sync.fd;
		}
		return fcntl(buffer->map_fd[i], F_DUPFD_CLOEXEC, 0); // Linux before 6.0
	}
	return -1;
}

static const struct scene_buffer_ops dmabuf_ops = {
	.release = buffer_release,
	.destroy = destroy,
	.is_drawn = is_drawn,
	.drawn_fd = drawn_fd,
	.begin_access = begin_access,
	.end_access = end_access,
};

// ---- Checks ----

static bool is_dmabuf(int fd) {
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && fs.f_type == DMA_BUF_MAGIC;
}

static const struct format_info *check_format(
	struct params *params, uint32_t format, uint64_t modifier) {
	const struct format_set *offered = &params->server->dmabuf.composed;
	const struct format_info *info = format_info(format);
	bool known = info && format_set_has(offered, format, modifier);
	// Before version 4 clients passed "no modifier" whether it was on offer or not.
	bool legacy = info && modifier == DRM_FORMAT_MOD_INVALID &&
		wl_resource_get_version(params->resource) < 4 && format_set_has_format(offered, format);
	if (known || legacy) {
		return info;
	}
	char name[5];
	format_name(format, name);
	wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
		"format %s (0x%08x) with modifier 0x%016llx is not on offer", name, format,
		(unsigned long long)modifier);
	return NULL;
}

static bool check_planes(struct params *params, const struct format_info *info) {
	for (int i = 0; i < FORMAT_MAX_PLANES; i++) {
		const struct params_plane *plane = &params->planes[i];
		if ((plane->fd >= 0) != (i < info->planes)) {
			wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
				"plane %d is %s: the format has %d", i, plane->fd >= 0 ? "too many" : "missing",
				info->planes);
			return false;
		}
		if (i < info->planes && plane->modifier != params->planes[0].modifier) {
			wl_resource_post_error(params->resource,
				ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
				"planes 0 and %d have different modifiers", i);
			return false;
		}
	}
	return true;
}

// offset + stride x height of every plane within its dma-buf, and rows within the stride.
static bool check_bounds(struct params *params, const struct format_info *info, int32_t width,
	int32_t height, const off_t *sizes) {
	for (int i = 0; i < info->planes; i++) {
		const struct params_plane *plane = &params->planes[i];
		uint32_t min = format_min_stride(info, i, (uint32_t)width);
		uint64_t rows = format_plane_height(info, i, (uint32_t)height);
		uint64_t end = plane->offset + (uint64_t)plane->stride * rows;
		if (min == 0 || plane->stride < min) {
			wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS,
				"plane %d: stride of %u bytes is too small for %d px", i, plane->stride, width);
			return false;
		}
		if (end > (uint64_t)sizes[i]) {
			wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS,
				"plane %d: offset %u + stride %u x %llu rows exceeds the dma-buf's %lld bytes", i,
				plane->offset, plane->stride, (unsigned long long)rows, (long long)sizes[i]);
			return false;
		}
	}
	return true;
}

// ---- Creation ----

// Takes the planes' fds, and of several for the same dma-buf keeps one.
static void take_planes(struct dmabuf_buffer *buffer, struct params *params, const off_t *sizes) {
	struct scene_buffer *base = &buffer->base.base;
	struct stat stats[FORMAT_MAX_PLANES] = {0};
	for (int i = 0; i < base->n_planes; i++) {
		struct params_plane *plane = &params->planes[i];
		struct stat stat = {0};
		bool known = fstat(plane->fd, &stat) == 0;
		int map = 0;
		while (map < buffer->n_maps &&
			(!known || stats[map].st_ino != stat.st_ino || stats[map].st_dev != stat.st_dev)) {
			map++;
		}
		if (map == buffer->n_maps) {
			stats[map] = stat;
			buffer->map_fd[map] = plane->fd;
			buffer->maps[map].size = (size_t)sizes[i];
			buffer->n_maps++;
		} else {
			close(plane->fd);
			client_return_fd(params->account);
		}
		plane->fd = -1;
		buffer->map_of[i] = map;
		base->fd[i] = buffer->map_fd[map];
		base->offset[i] = plane->offset;
		base->stride[i] = plane->stride;
	}
}

static struct dmabuf_buffer *create_buffer(struct params *params, const struct format_info *info,
	int32_t width, int32_t height, uint32_t flags, const off_t *sizes) {
	struct dmabuf_buffer *buffer = calloc(1, sizeof(*buffer));
	if (!buffer) {
		return NULL;
	}
	struct scene_buffer *base = &buffer->base.base;
	scene_buffer_init(base, &dmabuf_ops, SCENE_BUFFER_DMABUF);
	base->width = width;
	base->height = height;
	base->format = info->format;
	base->modifier = params->planes[0].modifier;
	base->n_planes = info->planes;
	buffer->account = client_account_ref(params->account);
	base->y_invert = flags & ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_Y_INVERT;
	take_planes(buffer, params, sizes);
	return buffer;
}

// Not the client's obvious mistake: `failed`, or with create_immed the error meant for it.
static void fail(struct params *params, uint32_t buffer_id, const char *reason) {
	if (buffer_id == 0) {
		zwp_linux_buffer_params_v1_send_failed(params->resource);
	} else {
		wl_resource_post_error(
			params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER, "%s", reason);
	}
}

// All checks; what is not a buffer afterwards has been answered.
static struct dmabuf_buffer *check_and_create(struct params *params, uint32_t buffer_id,
	int32_t width, int32_t height, uint32_t format, uint32_t flags) {
	if (params->planes[0].fd < 0) {
		wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			"no dma-buf was added for plane 0");
		return NULL;
	}
	const struct format_info *info = check_format(params, format, params->planes[0].modifier);
	if (!info || !check_planes(params, info)) {
		return NULL;
	}
	if (width <= 0 || height <= 0) {
		wl_resource_post_error(params->resource,
			ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS, "%dx%d px", width, height);
		return NULL;
	}
	off_t sizes[FORMAT_MAX_PLANES];
	for (int i = 0; i < info->planes; i++) {
		sizes[i] = lseek(params->planes[i].fd, 0, SEEK_END);
		if (!is_dmabuf(params->planes[i].fd) || sizes[i] < 0) {
			fail(params, buffer_id, "a file descriptor is no dma-buf");
			return NULL;
		}
	}
	if (!check_bounds(params, info, width, height, sizes)) {
		return NULL;
	}
	if (flags & ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_INTERLACED) {
		fail(params, buffer_id, "interlaced buffers are not shown");
		return NULL;
	}
	struct dmabuf_buffer *buffer = create_buffer(params, info, width, height, flags, sizes);
	if (!buffer) {
		wl_resource_post_no_memory(params->resource);
	}
	return buffer;
}

static void close_planes(struct params *params) {
	for (int i = 0; i < FORMAT_MAX_PLANES; i++) {
		if (params->planes[i].fd >= 0) {
			close(params->planes[i].fd);
			client_return_fd(params->account);
			params->planes[i].fd = -1;
		}
	}
}

static bool check_unused(struct params *params) {
	if (params->used) {
		wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED,
			"the params were already used to create a wl_buffer");
		return false;
	}
	return true;
}

// buffer_id 0: `create`, which answers with an event.
static void create(struct params *params, uint32_t buffer_id, int32_t width, int32_t height,
	uint32_t format, uint32_t flags) {
	if (!check_unused(params)) {
		return;
	}
	params->used = true;
	struct wl_client *client = wl_resource_get_client(params->resource);
	struct dmabuf_buffer *buffer =
		check_and_create(params, buffer_id, width, height, format, flags);
	close_planes(params);
	if (!buffer) {
		return;
	}
	struct wl_resource *resource = wl_resource_create(client, &wl_buffer_interface, 1, buffer_id);
	if (!resource) {
		scene_buffer_drop(&buffer->base.base);
		wl_client_post_no_memory(client);
		return;
	}
	buffer_set_resource(&buffer->base, resource);
	if (buffer_id == 0) {
		zwp_linux_buffer_params_v1_send_created(params->resource, resource);
	}
}

// ---- zwp_linux_buffer_params_v1 ----

static bool check_add(struct params *params, uint32_t index, uint64_t modifier) {
	if (!check_unused(params)) {
		return false;
	}
	if (index >= FORMAT_MAX_PLANES) {
		wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX,
			"plane %u: the last one is %d", index, FORMAT_MAX_PLANES - 1);
		return false;
	}
	if (params->planes[index].fd >= 0) {
		wl_resource_post_error(params->resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET,
			"plane %u was already set", index);
		return false;
	}
	for (int i = 0; i < FORMAT_MAX_PLANES && wl_resource_get_version(params->resource) >= 5; i++) {
		if (params->planes[i].fd >= 0 && params->planes[i].modifier != modifier) {
			wl_resource_post_error(params->resource,
				ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
				"planes %d and %u have different modifiers", i, index);
			return false;
		}
	}
	return true;
}

static void handle_add(struct wl_client *client, struct wl_resource *resource, int32_t fd,
	uint32_t index, uint32_t offset, uint32_t stride, uint32_t modifier_hi, uint32_t modifier_lo) {
	(void)client;
	struct params *params = wl_resource_get_user_data(resource);
	uint64_t modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	if (!check_add(params, index, modifier)) {
		close(fd);
		return;
	}
	if (!client_take_fd(params->account)) {
		close(fd);
		wl_resource_post_no_memory(resource);
		return;
	}
	params->planes[index] = (struct params_plane){fd, offset, stride, modifier};
}

static void handle_create(struct wl_client *client, struct wl_resource *resource, int32_t width,
	int32_t height, uint32_t format, uint32_t flags) {
	(void)client;
	create(wl_resource_get_user_data(resource), 0, width, height, format, flags);
}

static void handle_create_immed(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	int32_t width, int32_t height, uint32_t format, uint32_t flags) {
	(void)client;
	create(wl_resource_get_user_data(resource), id, width, height, format, flags);
}

static const struct zwp_linux_buffer_params_v1_interface params_impl = {
	.destroy = resource_handle_destroy,
	.add = handle_add,
	.create = handle_create,
	.create_immed = handle_create_immed,
};

static void handle_params_destroy(struct wl_resource *resource) {
	struct params *params = wl_resource_get_user_data(resource);
	close_planes(params);
	free(params);
}

// ---- zwp_linux_dmabuf_v1 ----

static void handle_create_params(
	struct wl_client *client, struct wl_resource *dmabuf, uint32_t id) {
	struct params *params = calloc(1, sizeof(*params));
	struct wl_resource *resource = params
		? wl_resource_create(
			  client, &zwp_linux_buffer_params_v1_interface, wl_resource_get_version(dmabuf), id)
		: NULL;
	if (!resource) {
		free(params);
		wl_client_post_no_memory(client);
		return;
	}
	params->resource = resource;
	params->server = wl_resource_get_user_data(dmabuf);
	params->account = client_account(client);
	for (int i = 0; i < FORMAT_MAX_PLANES; i++) {
		params->planes[i].fd = -1;
	}
	wl_resource_set_implementation(resource, &params_impl, params, handle_params_destroy);
}

static void handle_get_default_feedback(
	struct wl_client *client, struct wl_resource *dmabuf, uint32_t id) {
	(void)client;
	dmabuf_feedback_create(wl_resource_get_user_data(dmabuf), dmabuf, id, NULL);
}

static void handle_get_surface_feedback(struct wl_client *client, struct wl_resource *dmabuf,
	uint32_t id, struct wl_resource *surface) {
	(void)client;
	dmabuf_feedback_create(
		wl_resource_get_user_data(dmabuf), dmabuf, id, surface_from_resource(surface));
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_impl = {
	.destroy = resource_handle_destroy,
	.create_params = handle_create_params,
	.get_default_feedback = handle_get_default_feedback,
	.get_surface_feedback = handle_get_surface_feedback,
};

// What versions before feedback are told: formats, then formats with modifiers.
static void send_formats(struct wl_resource *resource, const struct format_set *formats) {
	int version = wl_resource_get_version(resource);
	for (size_t i = 0; i < formats->len; i++) {
		const struct format_pair *pair = &formats->pairs[i];
		bool first = true;
		for (size_t j = 0; j < i && first; j++) {
			first = formats->pairs[j].format != pair->format;
		}
		if (first) {
			zwp_linux_dmabuf_v1_send_format(resource, pair->format);
		}
		if (version >= ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION) {
			zwp_linux_dmabuf_v1_send_modifier(
				resource, pair->format, (uint32_t)(pair->modifier >> 32), (uint32_t)pair->modifier);
		}
	}
}

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wayland_server *server = data;
	struct wl_resource *resource =
		resource_bind(client, &zwp_linux_dmabuf_v1_interface, version, id, &dmabuf_impl, server);
	if (resource && version < ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
		send_formats(resource, &server->dmabuf.composed);
	}
}

bool dmabuf_create(struct wayland_server *server, const struct format_set *scanout) {
	if (!dmabuf_formats_init(&server->dmabuf, scanout, &server->composed_formats)) {
		return false;
	}
	// Nothing to offer, nothing to bind.
	return server->dmabuf.composed.len == 0 ||
		wl_global_create(server->display, &zwp_linux_dmabuf_v1_interface, 5, server, handle_bind);
}
