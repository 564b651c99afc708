// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: makes another device of vkms, all of whose planes are alike.
//
// VITRINE_TEST_OVERLAYS=XR24,NV12  planes but the first one (the primary) know no other formats
// VITRINE_TEST_NO_IMPORT=NV12      dma-bufs of these formats are refused as framebuffers
// VITRINE_TEST_SLOW_DUMBS=1        dumb buffers are said to be slow to read
// VITRINE_TEST_NO_ENCODING=1       planes have no COLOR_ENCODING property
// VITRINE_TEST_NO_TIMELINES=1      there are no synchronisation objects with timelines
// VITRINE_TEST_PLANE_ALPHA=1       planes have an alpha property; what is written to it is logged
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

enum { ALPHA_ID = 0x7fff0001 }; // no object's

static uint32_t first_plane, current_plane; // 0: none

// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
static void find(const char *name, void *function) {
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function) {
		fprintf(stderr, "fewer-formats: no %s\n", name);
		abort();
	}
}

static bool lists(const char *variable, uint32_t format) {
	char name[5] = {0};
	memcpy(name, &format, sizeof(format));
	const char *list = getenv(variable);
	return list && strstr(list, name);
}

int drmGetCap(int fd, uint64_t capability, uint64_t *value) {
	int (*real)(int, uint64_t, uint64_t *);
	find("drmGetCap", &real);
	if (capability == DRM_CAP_DUMB_PREFER_SHADOW && getenv("VITRINE_TEST_SLOW_DUMBS")) {
		*value = 1;
		return 0;
	}
	if (capability == DRM_CAP_SYNCOBJ_TIMELINE && getenv("VITRINE_TEST_NO_TIMELINES")) {
		*value = 0;
		return 0;
	}
	return real(fd, capability, value);
}

static void add_alpha(drmModeObjectPropertiesPtr list) {
	uint32_t n = list->count_props;
	uint32_t *ids = realloc(list->props, (n + 1) * sizeof(*ids));
	list->props = ids ? ids : list->props;
	uint64_t *values = realloc(list->prop_values, (n + 1) * sizeof(*values));
	list->prop_values = values ? values : list->prop_values;
	if (ids && values) {
		ids[n] = ALPHA_ID;
		values[n] = 0x1234; // of whoever was there before
		list->count_props = n + 1;
	}
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t object, uint32_t type) {
	drmModeObjectPropertiesPtr (*real)(int, uint32_t, uint32_t);
	find("drmModeObjectGetProperties", &real);
	current_plane = type == DRM_MODE_OBJECT_PLANE ? object : 0;
	first_plane = first_plane != 0 ? first_plane : current_plane;
	drmModeObjectPropertiesPtr list = real(fd, object, type);
	if (list && current_plane != 0 && getenv("VITRINE_TEST_PLANE_ALPHA")) {
		add_alpha(list);
	}
	return list;
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id) {
	drmModePropertyPtr (*real)(int, uint32_t);
	find("drmModeGetProperty", &real);
	if (id != ALPHA_ID) {
		drmModePropertyPtr known = real(fd, id);
		if (known && getenv("VITRINE_TEST_NO_ENCODING") &&
			strcmp(known->name, "COLOR_ENCODING") == 0) {
			known->name[0] = '\0'; // one that nobody knows
		}
		return known;
	}
	drmModePropertyPtr property = calloc(1, sizeof(*property));
	if (property) {
		property->prop_id = id;
		property->flags = DRM_MODE_PROP_RANGE;
		strcpy(property->name, "alpha");
	}
	return property;
}

// The kernel knows nothing of it.
static void take_alpha_out(struct drm_mode_atomic *atomic) {
	const uint32_t *objects = (const void *)(uintptr_t)atomic->objs_ptr;
	uint32_t *counts = (void *)(uintptr_t)atomic->count_props_ptr;
	uint32_t *props = (void *)(uintptr_t)atomic->props_ptr;
	uint64_t *values = (void *)(uintptr_t)atomic->prop_values_ptr;
	uint32_t from = 0, to = 0;
	for (uint32_t o = 0; o < atomic->count_objs; o++) {
		for (uint32_t n = counts[o]; n > 0; n--, from++) {
			if (props[from] != ALPHA_ID) {
				props[to] = props[from];
				values[to++] = values[from];
				continue;
			}
			counts[o]--;
			if (!(atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY)) {
				fprintf(stderr, "fewer-formats: plane %u has alpha 0x%llx\n", objects[o],
					(unsigned long long)values[from]);
			}
		}
	}
}

// The caller's arrays stay what they are.
static int commit(int (*real)(int, unsigned long, void *), int fd, unsigned long number,
	const struct drm_mode_atomic *atomic) {
	enum { MAX = 512 };
	static uint32_t counts[MAX], props[MAX];
	static uint64_t values[MAX];
	const uint32_t *own = (const void *)(uintptr_t)atomic->count_props_ptr;
	uint32_t total = 0;
	for (uint32_t o = 0; o < atomic->count_objs; o++) {
		total += own[o];
	}
	if (total > MAX || atomic->count_objs > MAX) {
		fprintf(stderr, "fewer-formats: a commit of %u values\n", total);
		abort();
	}
	memcpy(counts, own, atomic->count_objs * sizeof(counts[0]));
	memcpy(props, (const void *)(uintptr_t)atomic->props_ptr, total * sizeof(props[0]));
	memcpy(values, (const void *)(uintptr_t)atomic->prop_values_ptr, total * sizeof(values[0]));
	struct drm_mode_atomic copy = *atomic;
	copy.count_props_ptr = (uintptr_t)counts;
	copy.props_ptr = (uintptr_t)props;
	copy.prop_values_ptr = (uintptr_t)values;
	take_alpha_out(&copy);
	return real(fd, number, &copy);
}

int drmIoctl(int fd, unsigned long number, void *argument) {
	int (*real)(int, unsigned long, void *);
	find("drmIoctl", &real);
	return number == DRM_IOCTL_MODE_ATOMIC ? commit(real, fd, number, argument)
										   : real(fd, number, argument);
}

static void drop_formats(struct drm_format_modifier_blob *blob) {
	const uint32_t *formats = (const void *)((const char *)blob + blob->formats_offset);
	struct drm_format_modifier *modifiers = (void *)((char *)blob + blob->modifiers_offset);
	for (uint32_t m = 0; m < blob->count_modifiers; m++) {
		for (uint32_t i = 0; i < 64 && modifiers[m].offset + i < blob->count_formats; i++) {
			if (!lists("VITRINE_TEST_OVERLAYS", formats[modifiers[m].offset + i])) {
				modifiers[m].formats &= ~(UINT64_C(1) << i);
			}
		}
	}
}

drmModePropertyBlobPtr drmModeGetPropertyBlob(int fd, uint32_t id) {
	drmModePropertyBlobPtr (*real)(int, uint32_t);
	find("drmModeGetPropertyBlob", &real);
	drmModePropertyBlobPtr blob = real(fd, id);
	// The only blob of a plane that is asked for is IN_FORMATS.
	if (blob && current_plane != 0 && current_plane != first_plane &&
		getenv("VITRINE_TEST_OVERLAYS")) {
		drop_formats(blob->data);
	}
	return blob;
}

int drmModeAddFB2WithModifiers(int fd, uint32_t width, uint32_t height, uint32_t format,
	const uint32_t handles[4], const uint32_t strides[4], const uint32_t offsets[4],
	const uint64_t modifiers[4], uint32_t *id, uint32_t flags) {
	int (*real)(int, uint32_t, uint32_t, uint32_t, const uint32_t[4], const uint32_t[4],
		const uint32_t[4], const uint64_t[4], uint32_t *, uint32_t);
	find("drmModeAddFB2WithModifiers", &real);
	if (lists("VITRINE_TEST_NO_IMPORT", format)) {
		errno = EINVAL;
		return -1;
	}
	return real(fd, width, height, format, handles, strides, offsets, modifiers, id, flags);
}
