// SPDX-License-Identifier: MIT
// Timelines of clients (DRM synchronisation objects): whether a point is signalled, what to do when it is, and
// to signal one when nobody reads a buffer any more. All of it is the kernel's, on the display device's file,
// though the objects are no device's: another device takes them over by the client's file.
//
// Nothing here waits. A point that is not signalled, or that nobody has promised yet, is told by an event (Linux
// 6.6): each timeline that was ever waited for has one eventfd, so that a wait costs one call and no file. The
// kernel keeps a wait that nobody is interested in any more until its point comes, or the timeline goes; the
// counter of the eventfd tells how many of them are left.
//
// Source: include/uapi/drm/drm.h, drivers/gpu/drm/drm_syncobj.c.
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/log.h"
#include "wayland/server.h"

enum { MAX_WAITS = 4096 }; // that the kernel keeps for one client

// libdrm before 2.4.116 does not have it.
struct syncobj_eventfd {
	uint32_t handle, flags;
	uint64_t point;
	int32_t fd;
	uint32_t pad;
};
#define IOCTL_SYNCOBJ_EVENTFD DRM_IOWR(0xCF, struct syncobj_eventfd)

struct sync_timeline {
	struct wayland_server *server;
	struct client_account *account;
	unsigned users;     // its object, points, releases
	int fd;             // the client's file
	uint32_t handle;    // of the device's file; 0: there is none, or it is gone
	uint64_t signalled; // points up to this one are known to be
	uint64_t owed;      // points up to this one are to be signalled once there is a device again
	int event_fd;       // -1 before the first wait
	struct wl_event_source *event;
	size_t n_waits;             // that the kernel has
	struct wl_list waits;       // struct sync_wait.link
	struct sync_release *spare; // may be NULL
	struct wl_list link;        // wayland_server.sync.timelines
};

// A point to be signalled when a buffer is not read any more.
struct sync_release {
	struct scene_release base;
	struct sync_timeline *timeline;
	uint64_t value;
	bool promised; // the kernel will do it
};

// ---- The device ----

static int watch_point(int device, uint32_t handle, uint64_t value, int fd) {
	struct syncobj_eventfd arg = {.handle = handle, .point = value, .fd = fd};
	return drmIoctl(device, IOCTL_SYNCOBJ_EVENTFD, &arg);
}

// Kernels know timelines, drivers offer them, and events came later than either: so it is tried.
static bool device_works(int device) {
	uint64_t capable = 0;
	uint32_t handle;
	if (drmGetCap(device, DRM_CAP_SYNCOBJ_TIMELINE, &capable) != 0 || capable == 0 ||
		drmSyncobjCreate(device, 0, &handle) != 0) {
		return false;
	}
	uint64_t value = 1, times = 0;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bool works = fd >= 0 && watch_point(device, handle, value, fd) == 0 &&
		read(fd, &times, sizeof(times)) < 0 &&
		drmSyncobjTimelineSignal(device, &handle, &value, 1) == 0 &&
		read(fd, &times, sizeof(times)) == sizeof(times);
	if (fd >= 0) {
		close(fd);
	}
	drmSyncobjDestroy(device, handle);
	return works;
}

static void signal_owed(struct sync_timeline *timeline) {
	if (timeline->owed > 0 &&
		drmSyncobjTimelineSignal(
			timeline->server->sync.fd, &timeline->handle, &timeline->owed, 1) == 0) {
		timeline->owed = 0;
	}
}

bool sync_set_device(struct wayland_server *server, int fd) {
	struct sync_device *sync = &server->sync;
	bool works = fd >= 0 && device_works(fd);
	sync->fd = works ? fd : -1;
	sync->carrier = 0;
	struct sync_timeline *timeline;
	wl_list_for_each(timeline, &sync->timelines, link) {
		timeline->handle = 0; // went with the other device's file
		if (works && drmSyncobjFDToHandle(fd, timeline->fd, &timeline->handle) == 0) {
			signal_owed(timeline);
		}
	}
	return works;
}

// ---- Life ----

struct sync_timeline *sync_timeline_import(struct client_account *account, int fd) {
	struct wayland_server *server = account->server;
	struct sync_timeline *timeline = calloc(1, sizeof(*timeline));
	if (!timeline) {
		errno = ENOMEM;
		return NULL;
	}
	// Without a device for now there is no telling; the next one tells.
	if (server->sync.fd >= 0 && drmSyncobjFDToHandle(server->sync.fd, fd, &timeline->handle) != 0 &&
		errno != ENODEV) {
		free(timeline);
		return NULL;
	}
	timeline->server = server;
	timeline->account = client_account_ref(account);
	timeline->users = 1;
	timeline->fd = fd;
	timeline->event_fd = -1;
	wl_list_init(&timeline->waits);
	wl_list_insert(&server->sync.timelines, &timeline->link);
	return timeline;
}

static void stop_events(struct sync_timeline *timeline) {
	if (timeline->event) {
		wl_event_source_remove(timeline->event);
		client_return_fd(timeline->account);
	}
	if (timeline->event_fd >= 0) {
		close(timeline->event_fd);
		client_return_fd(timeline->account);
	}
}

void sync_timeline_unref(struct sync_timeline *timeline) {
	if (!timeline || --timeline->users > 0) {
		return;
	}
	stop_events(timeline);
	if (timeline->handle != 0) {
		drmSyncobjDestroy(timeline->server->sync.fd, timeline->handle);
	}
	timeline->account->n_sync_waits -= timeline->n_waits;
	close(timeline->fd);
	client_return_fd(timeline->account);
	client_account_unref(timeline->account);
	wl_list_remove(&timeline->link);
	free(timeline->spare);
	free(timeline);
}

// ---- Points ----

void sync_point_set(struct sync_point *point, struct sync_timeline *timeline, uint64_t value) {
	timeline->users++;
	sync_point_clear(point);
	*point = (struct sync_point){.timeline = timeline, .value = value};
}

void sync_point_clear(struct sync_point *point) {
	struct sync_timeline *timeline = point->timeline;
	*point = (struct sync_point){0};
	sync_timeline_unref(timeline);
}

void sync_point_move(struct sync_point *to, struct sync_point *from) {
	struct sync_timeline *before = to->timeline;
	*to = *from;
	*from = (struct sync_point){0};
	sync_timeline_unref(before);
}

bool sync_point_is_signalled(const struct sync_point *point) {
	struct sync_timeline *timeline = point->timeline;
	// Point 0 is whatever was put into the object last: of that nothing is known.
	if (!timeline || (point->value > 0 && point->value <= timeline->signalled)) {
		return true;
	}
	uint64_t value = point->value;
	if (timeline->handle == 0 ||
		drmSyncobjTimelineWait(
			timeline->server->sync.fd, &timeline->handle, &value, 1, 0, 0, NULL) != 0) {
		return false; // also those that nobody has promised yet: EINVAL
	}
	timeline->signalled = value > timeline->signalled ? value : timeline->signalled;
	return true;
}

// ---- Waits ----

// Some point that was waited for is signalled. Where points do not come in order, whoever waits asks for its own.
static int handle_event(int fd, uint32_t mask, void *data) {
	(void)mask;
	struct sync_timeline *timeline = data;
	uint64_t times = 0, value = 0;
	if (read(fd, &times, sizeof(times)) != sizeof(times)) {
		return 0;
	}
	times = times < timeline->n_waits ? times : timeline->n_waits;
	timeline->n_waits -= (size_t)times;
	timeline->account->n_sync_waits -= (size_t)times;
	if (timeline->handle != 0 &&
		drmSyncobjQuery(timeline->server->sync.fd, &timeline->handle, &value, 1) == 0 &&
		value > timeline->signalled) {
		timeline->signalled = value;
	}
	struct sync_wait *wait, *next;
	wl_list_for_each_safe(wait, next, &timeline->waits, link) {
		if (wait->value <= timeline->signalled) {
			sync_wait_end(wait);
			wait->ready(wait);
		}
	}
	return 0;
}

// An eventfd of ours, and the event loop's own.
static bool start_events(struct sync_timeline *timeline) {
	if (timeline->event_fd < 0) {
		if (!client_take_fd(timeline->account)) {
			return false;
		}
		timeline->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (timeline->event_fd < 0) {
			client_return_fd(timeline->account);
			return false;
		}
	}
	if (!timeline->event) {
		if (!client_take_fd(timeline->account)) {
			return false;
		}
		timeline->event = wl_event_loop_add_fd(
			timeline->server->loop, timeline->event_fd, WL_EVENT_READABLE, handle_event, timeline);
		if (!timeline->event) {
			client_return_fd(timeline->account);
		}
	}
	return timeline->event;
}

bool sync_wait_begin(struct sync_wait *wait, const struct sync_point *point) {
	struct sync_timeline *timeline = point->timeline;
	sync_wait_end(wait);
	if (timeline->account->n_sync_waits >= MAX_WAITS || !start_events(timeline)) {
		return false;
	}
	if (timeline->handle != 0 &&
		watch_point(
			timeline->server->sync.fd, timeline->handle, point->value, timeline->event_fd) == 0) {
		timeline->n_waits++;
		timeline->account->n_sync_waits++;
	} else if (timeline->handle != 0 && errno != ENODEV) {
		return false;
	} // else the next device brings it to mind
	wait->value = point->value;
	wl_list_insert(timeline->waits.prev, &wait->link);
	return true;
}

void sync_wait_end(struct sync_wait *wait) {
	wl_list_remove(&wait->link);
	wl_list_init(&wait->link);
}

// ---- Releases ----

static struct sync_release *release_of(struct scene_release *base) {
	struct sync_release *release = wl_container_of(base, release, base);
	return release;
}

static void signal_point(struct sync_timeline *timeline, uint64_t value) {
	if (timeline->handle == 0 ||
		drmSyncobjTimelineSignal(timeline->server->sync.fd, &timeline->handle, &value, 1) != 0) {
		timeline->owed = value > timeline->owed ? value : timeline->owed;
	}
}

// The fence that was promised never comes, and points come in order: so the timeline begins anew, with all of its
// points reached that somebody has named. Who waits for that fence already does so for good.
static void signal_anyway(struct sync_timeline *timeline, uint64_t value) {
	const int device = timeline->server->sync.fd;
	uint64_t last = 0;
	if (timeline->handle != 0 &&
		drmSyncobjQuery2(
			device, &timeline->handle, &last, 1, DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED) == 0) {
		drmSyncobjReset(device, &timeline->handle, 1);
	}
	signal_point(timeline, last > value ? last : value);
}

static void handle_done(struct scene_release *base) {
	struct sync_release *release = release_of(base);
	struct sync_timeline *timeline = release->timeline;
	const struct sync_point point = {.timeline = timeline, .value = release->value};
	if (!release->promised) {
		signal_point(timeline, release->value);
	} else if (base->forsaken && !sync_point_is_signalled(&point)) {
		log_warning("a buffer's release was promised with a page flip that did not come: it is "
					"told without it");
		signal_anyway(timeline, release->value);
	}
	if (timeline->spare) {
		free(release);
	} else {
		timeline->spare = release;
	}
	sync_timeline_unref(timeline);
}

// The fence goes into an object of its own first, and from there to the point.
static bool put_fence(
	struct wayland_server *server, const struct sync_release *release, int fence) {
	struct sync_device *sync = &server->sync;
	if (sync->carrier == 0 && drmSyncobjCreate(sync->fd, 0, &sync->carrier) != 0) {
		sync->carrier = 0;
		return false;
	}
	return drmSyncobjImportSyncFile(sync->fd, sync->carrier, fence) == 0 &&
		drmSyncobjTransfer(
			sync->fd, release->timeline->handle, release->value, sync->carrier, 0, 0) == 0;
}

static void handle_promise(struct scene_release *base, int fence) {
	struct sync_release *release = release_of(base);
	release->promised = release->promised ||
		(release->timeline->handle != 0 && put_fence(release->timeline->server, release, fence));
}

static const struct scene_release_ops release_ops = {
	.done = handle_done,
	.promise = handle_promise,
};

struct scene_release *sync_release_create(struct sync_point *point) {
	struct sync_timeline *timeline = point->timeline;
	struct sync_release *release = timeline->spare;
	if (!release) {
		release = malloc(sizeof(*release));
	}
	if (!release) {
		return NULL;
	}
	timeline->spare = NULL;
	*release = (struct sync_release){
		.base = {.ops = &release_ops, .locks = 1}, .timeline = timeline, .value = point->value};
	*point = (struct sync_point){0}; // its reference is the release's now
	return &release->base;
}
