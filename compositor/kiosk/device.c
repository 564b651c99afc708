// SPDX-License-Identifier: MIT
// The display device itself may go (a USB display, a driver that is loaded anew) and come back. Without it
// there is no output, and all else goes on. Clients keep their buffers, which are imported anew by the next
// device.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drm_fourcc.h>

#include "base/log.h"
#include "kiosk/kiosk.h"
#include "session/session.h"

enum { BUSY_RETRY_MS = 1000 }; // nothing tells when another process lets go of a device

struct kiosk_device_watch {
	struct wl_event_source *monitor_event;  // NULL: udev cannot be reached
	struct wl_event_source *device_event;   // NULL without a device
	struct wl_event_source *idle;           // the device is gone; may be NULL
	struct wl_event_source *timer;          // a device is there, and busy
	bool displays_changed, devices_changed; // udev said so
};

static int open_node(void *data, const char *path) {
	return session_is_active(data) ? session_open(data, path, O_RDWR | O_NONBLOCK) : -EBUSY;
}

static void close_node(void *data, int fd) {
	session_close(data, fd);
}

struct kms_opener kiosk_opener(struct session *session) {
	return (struct kms_opener){open_node, close_node, session};
}

// ---- It comes ----

static int handle_device(int fd, uint32_t mask, void *data) {
	(void)fd;
	struct kiosk *kiosk = data;
	if (!kms_device_dispatch(kiosk->device) || (mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) != 0) {
		kiosk_device_gone(kiosk);
	}
	return 0;
}

// Without a GPU, linear memory and memory whose modifier nobody told are the same.
static bool add_format(struct format_set *set, uint32_t format, uint64_t modifier) {
	bool linear = modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID;
	return linear ? format_set_add(set, format, DRM_FORMAT_MOD_LINEAR) &&
			format_set_add(set, format, DRM_FORMAT_MOD_INVALID)
				  : format_set_add(set, format, modifier);
}

bool kiosk_device_formats(const struct kms_device *device, struct format_set *scanout) {
	for (int p = 0; p < device->n_planes; p++) {
		const struct kms_plane *plane = &device->planes[p];
		for (size_t f = 0; f < plane->formats.len && plane->type != KMS_PLANE_CURSOR; f++) {
			const struct format_pair *pair = &plane->formats.pairs[f];
			if (!add_format(scanout, pair->format, pair->modifier)) {
				return false;
			}
		}
	}
	return true;
}

static bool watch_device(struct kiosk *kiosk) {
	struct kiosk_device_watch *watch = kiosk->device_watch;
	watch->device_event = wl_event_loop_add_fd(
		kiosk_loop(kiosk), kiosk->device->fd, WL_EVENT_READABLE, handle_device, kiosk);
	return watch->device_event != NULL;
}

static void let_go(struct kiosk *kiosk) {
	struct kiosk_device_watch *watch = kiosk->device_watch;
	if (watch->device_event != NULL) {
		wl_event_source_remove(watch->device_event);
		watch->device_event = NULL;
	}
	kiosk->device->gone = true;
	kiosk_outputs_drop(kiosk);
	kiosk_cursor_device_gone(kiosk->cursor);
	kiosk_session_device_gone(kiosk->kiosk_session);
	output_pool_destroy(kiosk->pool);
	kiosk->pool = NULL;
	wayland_server_set_sync_device(kiosk->server, -1);
	kms_device_close(kiosk->device);
	kiosk->device = NULL;
}

static bool adopt(struct kiosk *kiosk) {
	struct format_set scanout = {0};
	kiosk->pool = output_pool_create(kiosk->device);
	bool ok = kiosk->pool != NULL && watch_device(kiosk) &&
		kiosk_device_formats(kiosk->device, &scanout) &&
		wayland_server_set_device(kiosk->server, kiosk->device->rdev, &scanout) &&
		wayland_server_set_sync_device(kiosk->server, kiosk->device->fd);
	format_set_finish(&scanout);
	return ok;
}

void kiosk_device_take(struct kiosk *kiosk) {
	struct kiosk_device_watch *watch = kiosk->device_watch;
	if (kiosk->device != NULL || !session_is_active(kiosk->session)) {
		return;
	}
	const struct kms_opener opener = kiosk_opener(kiosk->session);
	struct kms_open_error error;
	kiosk->device = kms_device_open(kiosk->config->device, &opener, &error);
	if (kiosk->device == NULL) {
		log_debug("waiting: %s", error.message);
		bool busy = error.status == KMS_OPEN_BUSY;
		wl_event_source_timer_update(watch->timer, busy ? BUSY_RETRY_MS : 0);
		return;
	}
	log_info("%s (%s): the display device is there", kiosk->device->path, kiosk->device->driver);
	if (!adopt(kiosk)) {
		log_error("%s: out of memory: it is left alone", kiosk->device->path);
		let_go(kiosk);
		return;
	}
	kiosk_outputs_update(kiosk);
	if (kiosk->n_outputs == 0) {
		kiosk_outputs_started(kiosk);
	}
}

// ---- It goes ----

static void handle_gone(void *data) {
	struct kiosk *kiosk = data;
	kiosk->device_watch->idle = NULL;
	char path[64];
	snprintf(path, sizeof(path), "%s", kiosk->device->path);
	let_go(kiosk);
	log_error("%s: the display device is gone: waiting for one", path);
	kiosk_device_take(kiosk); // it may have come back already
}

// Whoever finds out is in the middle of something with it.
void kiosk_device_gone(struct kiosk *kiosk) {
	struct kiosk_device_watch *watch = kiosk->device_watch;
	if (watch == NULL || watch->idle != NULL || kiosk->device == NULL) {
		return;
	}
	kiosk->device->gone = true;
	watch->idle = wl_event_loop_add_idle(kiosk_loop(kiosk), handle_gone, kiosk);
	if (watch->device_event != NULL) { // it would be ready to be read from now on
		wl_event_source_remove(watch->device_event);
		watch->device_event = NULL;
	}
}

// ---- What udev tells ----

static void handle_change(void *data, const char *action, dev_t rdev, const char *path) {
	(void)path;
	struct kiosk *kiosk = data;
	struct kiosk_device_watch *watch = kiosk->device_watch;
	bool ours = kiosk->device != NULL && rdev == kiosk->device->rdev;
	if (ours && strcmp(action, "remove") == 0) {
		kiosk_device_gone(kiosk);
	} else if (ours && strcmp(action, "change") == 0) {
		watch->displays_changed = true;
	} else if (!ours) {
		watch->devices_changed = true;
	}
}

static int handle_monitor(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	struct kiosk *kiosk = data;
	struct kiosk_device_watch *watch = kiosk->device_watch;
	watch->displays_changed = watch->devices_changed = false;
	kms_monitor_dispatch(kiosk->monitor);
	if (watch->devices_changed) {
		kiosk_device_take(kiosk);
	}
	if (watch->displays_changed) { // once for all that it told
		log_debug("%s: its displays may have changed", kiosk->device->path);
		kiosk_outputs_update(kiosk);
	}
	return 0;
}

static int handle_timer(void *data) {
	kiosk_device_take(data);
	return 0;
}

// ---- Life ----

bool kiosk_device_start(struct kiosk *kiosk) {
	struct kiosk_device_watch *watch = calloc(1, sizeof(*watch));
	if (watch == NULL) {
		return false;
	}
	kiosk->device_watch = watch;
	watch->timer = wl_event_loop_add_timer(kiosk_loop(kiosk), handle_timer, kiosk);
	if (watch->timer == NULL || !watch_device(kiosk)) {
		return false;
	}
	if (kiosk->monitor != NULL) {
		kms_monitor_set_handler(kiosk->monitor, handle_change, kiosk);
		watch->monitor_event = wl_event_loop_add_fd(kiosk_loop(kiosk),
			kms_monitor_fd(kiosk->monitor), WL_EVENT_READABLE, handle_monitor, kiosk);
	}
	if (watch->monitor_event == NULL) {
		log_warning("udev cannot be reached: displays that come or go are not noticed");
	}
	return true;
}

static void remove_source(struct wl_event_source *source) {
	if (source != NULL) {
		wl_event_source_remove(source);
	}
}

void kiosk_device_finish(struct kiosk *kiosk) {
	struct kiosk_device_watch *watch = kiosk->device_watch;
	if (watch != NULL) {
		remove_source(watch->monitor_event);
		remove_source(watch->device_event);
		remove_source(watch->idle);
		remove_source(watch->timer);
		free(watch);
		kiosk->device_watch = NULL;
	}
	kms_monitor_destroy(kiosk->monitor);
	kiosk->monitor = NULL;
}
