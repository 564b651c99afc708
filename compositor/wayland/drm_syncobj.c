// SPDX-License-Identifier: MIT
// wp_linux_drm_syncobj_v1: a commit says by which point of a timeline its buffer is drawn, and which point is to be
// signalled when nobody reads the buffer any more. surface_hold.c keeps the commit until the first is signalled;
// scene_release tells when the second is due. sync_timeline.c has the timelines.
//
// It is offered while the display device has timelines. Fences that the kernel keeps with the buffer itself count
// besides: the kernel would make the screen wait for them. wl_buffer.release is sent as ever.
#include <errno.h>
#include <unistd.h>

#include "linux-drm-syncobj-v1-server-protocol.h"
#include "wayland/server.h"

// ---- wp_linux_drm_syncobj_timeline_v1 ----

static const struct wp_linux_drm_syncobj_timeline_v1_interface timeline_impl = {
	.destroy = resource_handle_destroy,
};

static void handle_timeline_destroy(struct wl_resource *resource) {
	sync_timeline_unref(wl_resource_get_user_data(resource));
}

static void handle_import_timeline(
	struct wl_client *client, struct wl_resource *manager, uint32_t id, int32_t fd) {
	struct client_account *account = client_account(client);
	bool allowed = client_take_fd(account);
	struct wl_resource *resource = allowed
		? wl_resource_create(client, &wp_linux_drm_syncobj_timeline_v1_interface,
			  wl_resource_get_version(manager), id)
		: NULL;
	struct sync_timeline *timeline = resource ? sync_timeline_import(account, fd) : NULL;
	if (timeline) {
		wl_resource_set_implementation(resource, &timeline_impl, timeline, handle_timeline_destroy);
		return;
	}
	bool invalid = resource && errno != ENOMEM;
	if (allowed) {
		client_return_fd(account);
	}
	close(fd);
	if (invalid) {
		wl_resource_post_error(manager, WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE,
			"the file descriptor is no DRM synchronisation object");
	} else {
		wl_client_post_no_memory(client);
	}
}

// ---- wp_linux_drm_syncobj_surface_v1 ----

static void set_point(
	struct sync_point *point, struct wl_resource *timeline, uint32_t high, uint32_t low) {
	sync_point_set(point, wl_resource_get_user_data(timeline), (uint64_t)high << 32 | low);
}

// NULL after an error.
static struct surface_sync *sync_of(struct wl_resource *resource) {
	struct surface *surface =
		surface_extension_require(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE);
	return surface ? &surface->sync : NULL;
}

static void handle_set_acquire_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t high, uint32_t low) {
	(void)client;
	struct surface_sync *sync = sync_of(resource);
	if (sync) {
		set_point(&sync->acquire, timeline, high, low);
	}
}

static void handle_set_release_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t high, uint32_t low) {
	(void)client;
	struct surface_sync *sync = sync_of(resource);
	if (sync) {
		set_point(&sync->release, timeline, high, low);
	}
}

static const struct wp_linux_drm_syncobj_surface_v1_interface surface_impl = {
	.destroy = resource_handle_destroy,
	.set_acquire_point = handle_set_acquire_point,
	.set_release_point = handle_set_release_point,
};

void drm_syncobj_forget(struct surface *surface) {
	sync_point_clear(&surface->sync.acquire);
	sync_point_clear(&surface->sync.release);
}

// ---- Commits ----

static bool check_points(struct wl_resource *resource, const struct surface_sync *sync,
	const struct scene_buffer *buffer) {
	const struct sync_point *acquire = &sync->acquire, *release = &sync->release;
	if (!buffer) {
		if (acquire->timeline || release->timeline) {
			wl_resource_post_error(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER,
				"a timeline point was set, and no buffer attached");
			return false;
		}
		return true;
	}
	if (buffer->kind != SCENE_BUFFER_DMABUF) {
		wl_resource_post_error(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER,
			"the buffer is no dma-buf: nothing but the CPU draws into it");
	} else if (!acquire->timeline) {
		wl_resource_post_error(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT,
			"a buffer was attached, and no acquire point set");
	} else if (!release->timeline) {
		wl_resource_post_error(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT,
			"a buffer was attached, and no release point set");
	} else if (acquire->timeline == release->timeline && acquire->value >= release->value) {
		wl_resource_post_error(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS,
			"acquire point %llu does not come before release point %llu of the same timeline",
			(unsigned long long)acquire->value, (unsigned long long)release->value);
	} else {
		return true;
	}
	return false;
}

bool drm_syncobj_commit(struct surface *surface) {
	struct wl_resource *resource = surface->extended[SURFACE_SYNCOBJ].resource;
	struct surface_sync *sync = &surface->sync;
	struct surface_state *pending = &surface->pending;
	struct wl_resource *attached =
		pending->fields & SURFACE_STATE_BUFFER ? pending->buffer_resource : NULL;
	if (!resource) {
		return true;
	}
	if (!check_points(resource, sync, attached ? buffer_from_resource(attached) : NULL)) {
		return false;
	}
	if (attached) {
		pending->release = sync_release_create(&sync->release);
		if (!pending->release) {
			wl_resource_post_no_memory(resource);
			return false;
		}
		sync_point_move(&pending->acquire, &sync->acquire);
	}
	return true;
}

// ---- wp_linux_drm_syncobj_manager_v1 ----

static const struct wp_linux_drm_syncobj_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_surface = surface_extension_get,
	.import_timeline = handle_import_timeline,
};

static const struct surface_extension extension = {
	.slot = SURFACE_SYNCOBJ,
	.manager = &wp_linux_drm_syncobj_manager_v1_interface,
	.interface = &wp_linux_drm_syncobj_surface_v1_interface,
	.manager_impl = &manager_impl,
	.impl = &surface_impl,
	.exists = WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS,
	.destroyed = drm_syncobj_forget,
};

// Its points will never come, nor be told that they were reached: it is to begin anew.
static enum wl_iterator_result end_user(struct wl_resource *resource, void *data) {
	bool *ended = data;
	if (wl_resource_instance_of(
			resource, &wp_linux_drm_syncobj_timeline_v1_interface, &timeline_impl)) {
		*ended = true;
		return WL_ITERATOR_STOP;
	}
	return WL_ITERATOR_CONTINUE;
}

static void end_users(struct wayland_server *server) {
	struct wl_client *client;
	wl_client_for_each(client, wl_display_get_client_list(server->display)) {
		bool ends = false;
		wl_client_for_each_resource(client, end_user, &ends);
		if (ends) {
			wl_client_post_implementation_error(
				client, "the display device that is there now has no timelines");
		}
	}
}

// Who has not heard of that may still bind it; of the one before, everybody has.
static void withdraw(struct sync_device *sync) {
	wl_global_remove(sync->global);
	if (sync->retired) {
		wl_global_destroy(sync->retired);
	}
	sync->retired = sync->global;
	sync->global = NULL;
}

bool wayland_server_set_sync_device(struct wayland_server *server, int fd) {
	struct sync_device *sync = &server->sync;
	bool works = sync_set_device(server, fd), ok = true;
	if (works && !sync->global) {
		sync->global = surface_extension_create(server, &extension);
		ok = sync->global != NULL;
	} else if (fd >= 0 && !works && sync->global) {
		withdraw(sync);
		end_users(server);
	}
	struct surface *surface;
	wl_list_for_each(surface, &server->surfaces, link) {
		surface_look_again(surface);
	}
	return ok;
}
