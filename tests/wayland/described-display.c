// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: gives the first virtual display, of which vkms tells nothing, an EDID
// (maker DEL, model "PANEL 7", serial number "S1"), the connector property "max bpc" of 6 to 12, which is 10, and
// "content type", which is 1, "Graphics". What they are set to is written into the files that
// VITRINE_TEST_MAX_BPC and VITRINE_TEST_CONTENT name. With VITRINE_TEST_STUBBORN set, another content type is
// refused without leave for a modeset.
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

enum { EDID_PROP = 0x7ffffff0, EDID_BLOB, MAX_BPC_PROP, CONTENT_PROP };
enum { N_ADDED = 3, EDID_SIZE = 128, MAX_PROPS = 512 };

static uint32_t connector; // that is described; 0: not seen yet
static uint64_t max_bpc = 10, content = 1;

// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
static void find(const char *name, void *function) {
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function) {
		fprintf(stderr, "described-display: no %s\n", name);
		abort();
	}
}

static void append(uint32_t **props, uint64_t **values, size_t n) {
	*props = realloc(*props, (n + N_ADDED) * sizeof(**props));
	*values = realloc(*values, (n + N_ADDED) * sizeof(**values));
	if (!*props || !*values) {
		abort();
	}
	(*props)[n] = EDID_PROP;
	(*values)[n] = EDID_BLOB;
	(*props)[n + 1] = MAX_BPC_PROP;
	(*values)[n + 1] = max_bpc;
	(*props)[n + 2] = CONTENT_PROP;
	(*values)[n + 2] = content;
}

static drmModeConnector *describe(drmModeConnector *now) {
	if (now && now->connector_type == DRM_MODE_CONNECTOR_VIRTUAL && now->connector_type_id == 1) {
		connector = now->connector_id;
		append(&now->props, &now->prop_values, (size_t)now->count_props);
		now->count_props += N_ADDED;
	}
	return now;
}

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id) {
	drmModeConnectorPtr (*real)(int, uint32_t);
	find("drmModeGetConnector", &real);
	return describe(real(fd, id));
}

drmModeConnectorPtr drmModeGetConnectorCurrent(int fd, uint32_t id) {
	drmModeConnectorPtr (*real)(int, uint32_t);
	find("drmModeGetConnectorCurrent", &real);
	return describe(real(fd, id));
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t object, uint32_t type) {
	drmModeObjectPropertiesPtr (*real)(int, uint32_t, uint32_t);
	find("drmModeObjectGetProperties", &real);
	drmModeObjectPropertiesPtr list = real(fd, object, type);
	if (list && type == DRM_MODE_OBJECT_CONNECTOR && object == connector) {
		append(&list->props, &list->prop_values, list->count_props);
		list->count_props += N_ADDED;
	}
	return list;
}

static void describe_max_bpc(drmModePropertyPtr property) {
	uint64_t *range = calloc(2, sizeof(*range));
	if (!range) {
		abort();
	}
	range[0] = 6;
	range[1] = 12;
	property->flags = DRM_MODE_PROP_RANGE;
	property->values = range;
	property->count_values = 2;
	strcpy(property->name, "max bpc");
}

static void describe_content(drmModePropertyPtr property) {
	static const char *const names[] = {"No Data", "Graphics", "Photo", "Cinema", "Game"};
	enum { N = sizeof(names) / sizeof(names[0]) };
	struct drm_mode_property_enum *enums = calloc(N, sizeof(*enums));
	if (!enums) {
		abort();
	}
	for (size_t i = 0; i < N; i++) {
		enums[i].value = i;
		strcpy(enums[i].name, names[i]);
	}
	property->flags = DRM_MODE_PROP_ENUM;
	property->enums = enums;
	property->count_enums = N;
	strcpy(property->name, "content type");
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id) {
	drmModePropertyPtr (*real)(int, uint32_t);
	find("drmModeGetProperty", &real);
	if (id != EDID_PROP && id != MAX_BPC_PROP && id != CONTENT_PROP) {
		return real(fd, id);
	}
	drmModePropertyPtr property = calloc(1, sizeof(*property));
	if (!property) {
		abort();
	}
	property->prop_id = id;
	if (id == MAX_BPC_PROP) {
		describe_max_bpc(property);
	} else if (id == CONTENT_PROP) {
		describe_content(property);
	} else {
		property->flags = DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE;
		strcpy(property->name, "EDID");
	}
	return property;
}

static void put_text(uint8_t *at, uint8_t tag, const char *text) {
	at[3] = tag;
	memset(at + 5, ' ', 13);
	memcpy(at + 5, text, strlen(text));
}

drmModePropertyBlobPtr drmModeGetPropertyBlob(int fd, uint32_t id) {
	drmModePropertyBlobPtr (*real)(int, uint32_t);
	find("drmModeGetPropertyBlob", &real);
	if (id != EDID_BLOB) {
		return real(fd, id);
	}
	static const uint8_t begin[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x10, 0xac};
	drmModePropertyBlobPtr blob = calloc(1, sizeof(*blob));
	uint8_t *edid = calloc(1, EDID_SIZE);
	if (!blob || !edid) {
		abort();
	}
	memcpy(edid, begin, sizeof(begin));
	edid[18] = 1; // version 1.4
	edid[19] = 4;
	put_text(edid + 72, 0xfc, "PANEL 7\n");
	put_text(edid + 90, 0xff, "S1\n");
	for (int i = 0; i < EDID_SIZE - 1; i++) {
		edid[EDID_SIZE - 1] = (uint8_t)(edid[EDID_SIZE - 1] - edid[i]);
	}
	blob->id = id;
	blob->length = EDID_SIZE;
	blob->data = edid;
	return blob;
}

static void note(uint64_t *property, uint64_t value, const char *variable) {
	const char *path = getenv(variable);
	FILE *file = path ? fopen(path, "we") : NULL;
	if (file) {
		*property = value;
		fprintf(file, "%u\n", (unsigned)value);
		fclose(file);
	}
}

static bool is_ours(uint32_t id) {
	return id == MAX_BPC_PROP || id == CONTENT_PROP;
}

// The kernel does not know the properties.
int drmIoctl(int fd, unsigned long number, void *argument) {
	static uint32_t objects[MAX_PROPS], counts[MAX_PROPS], props[MAX_PROPS];
	static uint64_t values[MAX_PROPS];
	int (*real)(int, unsigned long, void *);
	find("drmIoctl", &real);
	if (number != DRM_IOCTL_MODE_ATOMIC) {
		return real(fd, number, argument);
	}
	struct drm_mode_atomic atomic = *(struct drm_mode_atomic *)argument;
	const uint32_t *from_objects = (const void *)(uintptr_t)atomic.objs_ptr;
	const uint32_t *from_counts = (const void *)(uintptr_t)atomic.count_props_ptr;
	const uint32_t *from_props = (const void *)(uintptr_t)atomic.props_ptr;
	const uint64_t *from_values = (const void *)(uintptr_t)atomic.prop_values_ptr;
	uint32_t n_objects = 0, n = 0, at = 0;
	uint64_t wanted_bpc = max_bpc, wanted_content = content;
	for (uint32_t o = 0; o < atomic.count_objs; o++) {
		uint32_t before = n;
		for (uint32_t p = 0; p < from_counts[o]; p++, at++) {
			if (is_ours(from_props[at])) {
				*(from_props[at] == MAX_BPC_PROP ? &wanted_bpc : &wanted_content) = from_values[at];
			} else if (n < MAX_PROPS) {
				props[n] = from_props[at];
				values[n++] = from_values[at];
			}
		}
		if (n > before) {
			objects[n_objects] = from_objects[o];
			counts[n_objects++] = n - before;
		}
	}
	atomic.count_objs = n_objects;
	atomic.objs_ptr = (uint64_t)(uintptr_t)objects;
	atomic.count_props_ptr = (uint64_t)(uintptr_t)counts;
	atomic.props_ptr = (uint64_t)(uintptr_t)props;
	atomic.prop_values_ptr = (uint64_t)(uintptr_t)values;
	if (wanted_content != content && !(atomic.flags & DRM_MODE_ATOMIC_ALLOW_MODESET) &&
		getenv("VITRINE_TEST_STUBBORN")) {
		errno = EINVAL;
		return -1;
	}
	int rc = real(fd, number, &atomic);
	if (rc == 0 && !(atomic.flags & DRM_MODE_ATOMIC_TEST_ONLY)) {
		if (wanted_bpc != max_bpc) {
			note(&max_bpc, wanted_bpc, "VITRINE_TEST_MAX_BPC");
		}
		if (wanted_content != content) {
			note(&content, wanted_content, "VITRINE_TEST_CONTENT");
		}
	}
	return rc;
}
