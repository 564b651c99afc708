// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: makes planes of vkms such that show a copy of what is given to them, kept
// up to date where FB_DAMAGE_CLIPS says alone. Damage that is too small is seen on the screen.
//
// What came of it is written into the file that VITRINE_TEST_CLIPS names.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "clipped-planes.h"

enum { CLIPS_PROP = 0x7fffffe0, MAX_PLANES = 32, MAX_PROPS = 1024 };

struct copy {
	uint32_t fb, handle, pitch;
	uint8_t *map;
};

struct plane {
	uint32_t id;
	uint32_t width, height, format; // of both copies
	struct copy copies[2];
	int front;
	bool valid;        // the copy in front is on the plane
	uint32_t given_fb; // that it is a copy of
};

static struct plane planes[MAX_PLANES];
static int n_planes;
static uint32_t fb_prop;
static struct clips_counts counts;

// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
static void find(const char *name, void *function) {
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function) {
		fprintf(stderr, "clipped-planes: no %s\n", name);
		abort();
	}
}

static void need(bool condition, const char *what) {
	if (!condition) {
		fprintf(stderr, "clipped-planes: %s failed\n", what);
		abort();
	}
}

static void write_counts(void) {
	const char *path = getenv("VITRINE_TEST_CLIPS");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		need(pwrite(fd, &counts, sizeof(counts), 0) == (ssize_t)sizeof(counts), "pwrite");
		close(fd);
	}
}

// ---- The property ----

static struct plane *plane_of(uint32_t id, bool make) {
	for (int i = 0; i < n_planes; i++) {
		if (planes[i].id == id) {
			return &planes[i];
		}
	}
	if (!make) {
		return NULL;
	}
	need(n_planes < MAX_PLANES, "one more plane");
	planes[n_planes].id = id;
	return &planes[n_planes++];
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t object, uint32_t type) {
	drmModeObjectPropertiesPtr (*real)(int, uint32_t, uint32_t);
	find("drmModeObjectGetProperties", &real);
	drmModeObjectPropertiesPtr list = real(fd, object, type);
	if (list && type == DRM_MODE_OBJECT_PLANE) {
		plane_of(object, true);
		size_t n = list->count_props;
		list->props = realloc(list->props, (n + 1) * sizeof(*list->props));
		list->prop_values = realloc(list->prop_values, (n + 1) * sizeof(*list->prop_values));
		need(list->props && list->prop_values, "realloc");
		list->props[n] = CLIPS_PROP;
		list->prop_values[n] = 0;
		list->count_props++;
	}
	return list;
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id) {
	drmModePropertyPtr (*real)(int, uint32_t);
	find("drmModeGetProperty", &real);
	if (id != CLIPS_PROP) {
		drmModePropertyPtr property = real(fd, id);
		if (property && strcmp(property->name, "FB_ID") == 0) {
			fb_prop = id;
		}
		return property;
	}
	drmModePropertyPtr property = calloc(1, sizeof(*property));
	need(property, "calloc");
	property->prop_id = id;
	property->flags = DRM_MODE_PROP_BLOB | DRM_MODE_PROP_ATOMIC;
	strcpy(property->name, "FB_DAMAGE_CLIPS");
	return property;
}

int drmModeCreatePropertyBlob(int fd, const void *data, size_t size, uint32_t *id) {
	int (*real)(int, const void *, size_t, uint32_t *);
	find("drmModeCreatePropertyBlob", &real);
	counts.blobs++;
	return real(fd, data, size, id);
}

// ---- Copies ----

// Unlike drmModeRmFB it leaves what is on the screen there.
static void close_framebuffer(int fd, uint32_t id) {
	struct {
		uint32_t fb_id, pad;
	} arg = {.fb_id = id};
	need(drmIoctl(fd, DRM_IOWR(0xD0, arg), &arg) == 0, "closing a framebuffer");
}

static void drop_copies(int fd, struct plane *plane) {
	for (int i = 0; i < 2; i++) {
		struct copy *copy = &plane->copies[i];
		if (copy->fb) {
			munmap(copy->map, (size_t)copy->pitch * plane->height);
			close_framebuffer(fd, copy->fb);
			drmModeDestroyDumbBuffer(fd, copy->handle);
		}
		*copy = (struct copy){0};
	}
	plane->valid = false;
}

static void make_copies(int fd, struct plane *plane, const drmModeFB2 *given) {
	plane->width = given->width;
	plane->height = given->height;
	plane->format = given->pixel_format;
	for (int i = 0; i < 2; i++) {
		struct copy *copy = &plane->copies[i];
		uint64_t size, offset;
		need(drmModeCreateDumbBuffer(
				 fd, given->width, given->height, 32, 0, &copy->handle, &copy->pitch, &size) == 0,
			"a dumb buffer");
		need(drmModeMapDumbBuffer(fd, copy->handle, &offset) == 0, "its mapping");
		copy->map = mmap(NULL, (size_t)copy->pitch * given->height, PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, (off_t)offset);
		need(copy->map != MAP_FAILED, "mmap");
		const uint32_t handles[4] = {copy->handle}, pitches[4] = {copy->pitch}, offsets[4] = {0};
		need(drmModeAddFB2(fd, given->width, given->height, given->pixel_format, handles, pitches,
				 offsets, &copy->fb, 0) == 0,
			"a framebuffer");
	}
}

static void copy_box(
	struct copy *to, const uint8_t *from, uint32_t pitch, const struct drm_mode_rect *box) {
	for (int32_t y = box->y1; y < box->y2; y++) {
		memcpy(to->map + (size_t)y * to->pitch + (size_t)box->x1 * 4,
			from + (size_t)y * pitch + (size_t)box->x1 * 4, (size_t)(box->x2 - box->x1) * 4);
	}
}

// What is to be in the next copy: all of it, or the one in front and what the blob says.
static void fill(
	int fd, struct plane *plane, const drmModeFB2 *given, const uint8_t *from, uint32_t blob_id) {
	struct copy *next = &plane->copies[1 - plane->front];
	const struct drm_mode_rect all = {0, 0, (int32_t)given->width, (int32_t)given->height};
	if (!blob_id || !plane->valid) {
		copy_box(next, from, given->pitches[0], &all);
		counts.whole++;
		return;
	}
	const struct copy *front = &plane->copies[plane->front];
	copy_box(next, front->map, front->pitch, &all);
	drmModePropertyBlobPtr blob = drmModeGetPropertyBlob(fd, blob_id);
	need(blob && blob->length > 0 && blob->length % sizeof(struct drm_mode_rect) == 0, "a blob");
	const struct drm_mode_rect *boxes = blob->data;
	counts.clipped++;
	counts.px = 0;
	for (size_t i = 0; i < blob->length / sizeof(*boxes); i++) {
		need(boxes[i].x1 >= 0 && boxes[i].y1 >= 0 && boxes[i].x1 < boxes[i].x2 &&
				boxes[i].y1 < boxes[i].y2 && boxes[i].x2 <= all.x2 && boxes[i].y2 <= all.y2,
			"a box within the framebuffer");
		copy_box(next, from, given->pitches[0], &boxes[i]);
		counts.px += (uint64_t)(boxes[i].x2 - boxes[i].x1) * (uint64_t)(boxes[i].y2 - boxes[i].y1);
	}
	drmModeFreePropertyBlob(blob);
}

// The framebuffer to show instead of the one given; that one itself if it is of another kind.
static uint32_t replace(int fd, struct plane *plane, uint32_t fb, uint32_t blob) {
	drmModeFB2Ptr given = drmModeGetFB2(fd, fb);
	need(given, "a look at a framebuffer");
	bool plain = (given->pixel_format == DRM_FORMAT_XRGB8888 ||
					 given->pixel_format == DRM_FORMAT_ARGB8888) &&
		given->offsets[0] == 0;
	if (plane->copies[0].fb &&
		(!plain || plane->width != given->width || plane->height != given->height ||
			plane->format != given->pixel_format)) {
		drop_copies(fd, plane);
	}
	if (plain) {
		if (!plane->copies[0].fb) {
			make_copies(fd, plane, given);
		}
		int dmabuf = -1;
		need(drmPrimeHandleToFD(fd, given->handles[0], DRM_CLOEXEC, &dmabuf) == 0, "a dma-buf");
		size_t size = (size_t)given->pitches[0] * given->height;
		uint8_t *from = mmap(NULL, size, PROT_READ, MAP_SHARED, dmabuf, 0);
		need(from != MAP_FAILED, "mmap");
		fill(fd, plane, given, from, blob);
		munmap(from, size);
		close(dmabuf);
		fb = plane->copies[1 - plane->front].fb;
	}
	for (int i = 0; i < 4; i++) {
		bool seen = false;
		for (int j = 0; j < i; j++) {
			seen = seen || given->handles[j] == given->handles[i];
		}
		if (given->handles[i] && !seen) {
			drmCloseBufferHandle(fd, given->handles[i]);
		}
	}
	drmModeFreeFB2(given);
	return fb;
}

// ---- Commits ----

struct request {
	uint32_t counts[MAX_PROPS], props[MAX_PROPS];
	uint64_t values[MAX_PROPS];
	uint32_t n;
	struct plane *shown[MAX_PLANES]; // planes that get another picture
	uint32_t given[MAX_PLANES];      // which one; 0: none
	int n_shown;
};

// One object's properties: all but the clips.
static void take_object(int fd, struct request *request, uint32_t object, const uint32_t *props,
	const uint64_t *values, uint32_t *count, bool test) {
	struct plane *plane = plane_of(object, false);
	uint32_t first = request->n, blob = 0;
	int64_t fb = -1;
	for (uint32_t i = 0; i < *count; i++) {
		if (plane && props[i] == CLIPS_PROP) {
			blob = (uint32_t)values[i];
			continue;
		}
		if (plane && props[i] == fb_prop) {
			fb = (int64_t)values[i];
			continue;
		}
		need(request->n < MAX_PROPS, "one more property");
		request->props[request->n] = props[i];
		request->values[request->n++] = values[i];
	}
	fb = fb < 0 && blob ? (int64_t)plane->given_fb : fb;
	if (fb >= 0) {
		request->shown[request->n_shown] = plane;
		request->given[request->n_shown++] = (uint32_t)fb;
		uint32_t shown = test || fb == 0 ? (uint32_t)fb : replace(fd, plane, (uint32_t)fb, blob);
		request->props[request->n] = fb_prop;
		request->values[request->n++] = shown;
	}
	*count = request->n - first;
}

static void take_success(struct request *request) {
	for (int i = 0; i < request->n_shown; i++) {
		struct plane *plane = request->shown[i];
		plane->given_fb = request->given[i];
		plane->valid = plane->given_fb != 0 && plane->copies[0].fb != 0;
		plane->front = plane->valid ? 1 - plane->front : plane->front;
	}
	write_counts();
}

int drmIoctl(int fd, unsigned long number, void *argument) {
	static struct request request;
	int (*real)(int, unsigned long, void *);
	find("drmIoctl", &real);
	if (number != DRM_IOCTL_MODE_ATOMIC) {
		return real(fd, number, argument);
	}
	struct drm_mode_atomic atomic = *(struct drm_mode_atomic *)argument;
	const uint32_t *objects = (const void *)(uintptr_t)atomic.objs_ptr;
	const uint32_t *from_counts = (const void *)(uintptr_t)atomic.count_props_ptr;
	const uint32_t *props = (const void *)(uintptr_t)atomic.props_ptr;
	const uint64_t *values = (const void *)(uintptr_t)atomic.prop_values_ptr;
	bool test = atomic.flags & DRM_MODE_ATOMIC_TEST_ONLY;
	request.n = 0;
	request.n_shown = 0;
	for (uint32_t i = 0; i < atomic.count_objs; i++) {
		request.counts[i] = from_counts[i];
		take_object(fd, &request, objects[i], props, values, &request.counts[i], test);
		props += from_counts[i];
		values += from_counts[i];
	}
	atomic.count_props_ptr = (uint64_t)(uintptr_t)request.counts;
	atomic.props_ptr = (uint64_t)(uintptr_t)request.props;
	atomic.prop_values_ptr = (uint64_t)(uintptr_t)request.values;
	int rc = real(fd, number, &atomic);
	if (rc == 0 && !test) {
		take_success(&request);
	}
	return rc;
}
