// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: makes a device choosier than vkms is, all of whose planes are
// alike.
//
// VITRINE_TEST_OVERLAYS=XR24,NV12  planes but the first one (the primary) know no other formats
// VITRINE_TEST_NO_IMPORT=NV12      dma-bufs of these formats are refused as framebuffers
// VITRINE_TEST_SLOW_DUMBS=1        dumb buffers are said to be slow to read
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

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
	return real(fd, capability, value);
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t object, uint32_t type) {
	drmModeObjectPropertiesPtr (*real)(int, uint32_t, uint32_t);
	find("drmModeObjectGetProperties", &real);
	current_plane = type == DRM_MODE_OBJECT_PLANE ? object : 0;
	first_plane = first_plane != 0 ? first_plane : current_plane;
	return real(fd, object, type);
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
