// SPDX-License-Identifier: MIT
#include "fake-syncobj.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <xf86drm.h>

enum { MAX_TIMELINES = 32768, MAX_HANDLES = 65536, MAX_WATCHES = 65536 };

struct timeline {
	uint64_t number; // 0: made by the server
	uint64_t signalled, promised;
};

static struct timeline timelines[MAX_TIMELINES];
static int n_timelines;
// By handle - 1: of which device, and which timeline; -1: none.
static struct { int device, timeline; } handles[MAX_HANDLES];
static int n_handles;
static struct {
	int timeline, fd; // a duplicate; -1: fired
	uint64_t point;
} watches[MAX_WATCHES];
static int n_watches;
static bool unplugged[FAKE_PLAIN_DEVICE + 1 - FAKE_DEVICE];

int fake_syncobj_calls, fake_syncobj_handles, fake_syncobj_watches;

int fake_syncobj_create(uint64_t *number) {
	int fd = memfd_create("syncobj", MFD_CLOEXEC);
	struct stat stat;
	assert_true(fd >= 0 && fstat(fd, &stat) == 0 && n_timelines < MAX_TIMELINES);
	*number = stat.st_ino;
	timelines[n_timelines++] = (struct timeline){.number = stat.st_ino};
	return fd;
}

// The latest one: inodes are used again.
static int find(uint64_t number) {
	int i = n_timelines - 1;
	while (i >= 0 && timelines[i].number != number) {
		i--;
	}
	return i;
}

static void set_signalled(int index, uint64_t point) {
	struct timeline *timeline = &timelines[index];
	timeline->signalled = point > timeline->signalled ? point : timeline->signalled;
	for (int i = 0; i < n_watches; i++) {
		if (watches[i].timeline == index && watches[i].fd >= 0 &&
			watches[i].point <= timeline->signalled) {
			assert_int_equal(eventfd_write(watches[i].fd, 1), 0);
			close(watches[i].fd);
			watches[i].fd = -1;
			fake_syncobj_watches--;
		}
	}
}

void fake_syncobj_signal(uint64_t number, uint64_t point) {
	set_signalled(find(number), point);
}

uint64_t fake_syncobj_signalled(uint64_t number) {
	return timelines[find(number)].signalled;
}

uint64_t fake_syncobj_promised(uint64_t number) {
	return timelines[find(number)].promised;
}

void fake_syncobj_unplug(int device) {
	unplugged[device - FAKE_DEVICE] = true;
}

void fake_syncobj_plug(int device) {
	unplugged[device - FAKE_DEVICE] = false;
}

void fake_syncobj_reset(void) {
	for (int i = 0; i < n_watches; i++) {
		if (watches[i].fd >= 0) {
			close(watches[i].fd);
		}
	}
	n_timelines = n_handles = n_watches = 0;
	fake_syncobj_calls = fake_syncobj_handles = fake_syncobj_watches = 0;
	for (size_t i = 0; i < sizeof(unplugged) / sizeof(unplugged[0]); i++) {
		unplugged[i] = false;
	}
}

// ---- What libdrm has ----

// False with errno set.
static bool answers(int device) {
	fake_syncobj_calls++;
	assert_in_range(device, FAKE_DEVICE, FAKE_PLAIN_DEVICE);
	errno = unplugged[device - FAKE_DEVICE] ? ENODEV : EOPNOTSUPP;
	return !unplugged[device - FAKE_DEVICE] && device != FAKE_PLAIN_DEVICE;
}

// Of a handle; a bad one is the server's mistake.
static int timeline_of(int device, uint32_t handle) {
	assert_in_range(handle, 1, n_handles);
	assert_int_equal(handles[handle - 1].device, device);
	assert_true(handles[handle - 1].timeline >= 0);
	return handles[handle - 1].timeline;
}

static uint32_t new_handle(int device, int timeline) {
	assert_true(n_handles < MAX_HANDLES);
	handles[n_handles].device = device;
	handles[n_handles].timeline = timeline;
	fake_syncobj_handles++;
	return (uint32_t)++n_handles;
}

int drmGetCap(int fd, uint64_t capability, uint64_t *value) {
	fake_syncobj_calls++;
	assert_int_equal(capability, DRM_CAP_SYNCOBJ_TIMELINE);
	*value = fd != FAKE_PLAIN_DEVICE;
	return 0;
}

int drmSyncobjCreate(int fd, uint32_t flags, uint32_t *handle) {
	(void)flags;
	if (!answers(fd)) {
		return -1;
	}
	assert_true(n_timelines < MAX_TIMELINES);
	timelines[n_timelines++] = (struct timeline){0};
	*handle = new_handle(fd, n_timelines - 1);
	return 0;
}

int drmSyncobjDestroy(int fd, uint32_t handle) {
	if (!answers(fd)) {
		return -1;
	}
	timeline_of(fd, handle);
	handles[handle - 1].timeline = -1;
	fake_syncobj_handles--;
	return 0;
}

int drmSyncobjFDToHandle(int fd, int file, uint32_t *handle) {
	struct stat stat;
	if (!answers(fd)) {
		return -1;
	}
	int timeline = fstat(file, &stat) == 0 ? find(stat.st_ino) : -1;
	if (timeline < 0) {
		errno = EINVAL;
		return -1;
	}
	*handle = new_handle(fd, timeline);
	return 0;
}

int drmSyncobjTimelineWait(int fd, uint32_t *list, uint64_t *points, unsigned n, int64_t timeout_ns,
	unsigned flags, uint32_t *first) {
	(void)first;
	if (!answers(fd)) {
		return -ENODEV;
	}
	assert_int_equal(n, 1);
	assert_int_equal(timeout_ns, 0); // nobody blocks
	assert_int_equal(flags, 0);
	return *points <= timelines[timeline_of(fd, *list)].signalled ? 0 : -EINVAL;
}

int drmSyncobjQuery(int fd, uint32_t *list, uint64_t *points, uint32_t n) {
	if (!answers(fd)) {
		return -1;
	}
	assert_int_equal(n, 1);
	*points = timelines[timeline_of(fd, *list)].signalled;
	return 0;
}

int drmSyncobjQuery2(int fd, uint32_t *list, uint64_t *points, uint32_t n, uint32_t flags) {
	if (!answers(fd)) {
		return -1;
	}
	assert_int_equal(n, 1);
	assert_int_equal(flags, DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED);
	const struct timeline *timeline = &timelines[timeline_of(fd, *list)];
	*points = timeline->promised > timeline->signalled ? timeline->promised : timeline->signalled;
	return 0;
}

int drmSyncobjReset(int fd, const uint32_t *list, uint32_t n) {
	if (!answers(fd)) {
		return -1;
	}
	assert_int_equal(n, 1);
	struct timeline *timeline = &timelines[timeline_of(fd, *list)];
	timeline->signalled = timeline->promised = 0;
	return 0;
}

// No point comes before those that were promised.
int drmSyncobjTimelineSignal(int fd, const uint32_t *list, uint64_t *points, uint32_t n) {
	if (!answers(fd)) {
		return -1;
	}
	assert_int_equal(n, 1);
	int index = timeline_of(fd, *list);
	if (timelines[index].promised <= timelines[index].signalled) {
		set_signalled(index, *points);
	}
	return 0;
}

int drmSyncobjImportSyncFile(int fd, uint32_t handle, int file) {
	if (!answers(fd)) {
		return -1;
	}
	timeline_of(fd, handle);
	return fcntl(file, F_GETFD) >= 0 ? 0 : -1;
}

int drmSyncobjTransfer(
	int fd, uint32_t to, uint64_t to_point, uint32_t from, uint64_t from_point, uint32_t flags) {
	(void)flags;
	if (!answers(fd)) {
		return -1;
	}
	timeline_of(fd, from);
	assert_int_equal(from_point, 0);
	timelines[timeline_of(fd, to)].promised = to_point;
	return 0;
}

int drmIoctl(int fd, unsigned long request, void *arg) {
	const struct {
		uint32_t handle, flags;
		uint64_t point;
		int32_t fd;
		uint32_t pad;
	} *watch = arg;
	if (!answers(fd)) {
		return -1;
	}
	assert_int_equal(request & 0xff, 0xcf); // DRM_IOCTL_SYNCOBJ_EVENTFD
	assert_true(n_watches < MAX_WATCHES);
	int timeline = timeline_of(fd, watch->handle);
	watches[n_watches].timeline = timeline;
	watches[n_watches].fd = fcntl(watch->fd, F_DUPFD_CLOEXEC, 0);
	watches[n_watches].point = watch->point;
	assert_true(watches[n_watches].fd >= 0);
	n_watches++;
	fake_syncobj_watches++;
	set_signalled(timeline, timelines[timeline].signalled);
	return 0;
}
