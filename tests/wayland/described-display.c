// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: gives the first virtual display, of which vkms tells nothing, an EDID
// (maker DEL, model "PANEL 7", serial number "S1") and the connector property "max bpc" of 6 to 12, which is 10.
// What it is set to is written into the file that VITRINE_TEST_MAX_BPC names.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

enum { EDID_PROP = 0x7ffffff0, EDID_BLOB, MAX_BPC_PROP, EDID_SIZE = 128, MAX_PROPS = 512 };

static uint32_t connector; // that is described; 0: not seen yet
static uint64_t max_bpc = 10;

// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
static void find(const char *name, void *function) {
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function) {
		fprintf(stderr, "described-display: no %s\n", name);
		abort();
	}
}

// Two more properties.
static void append(uint32_t **props, uint64_t **values, size_t n) {
	*props = realloc(*props, (n + 2) * sizeof(**props));
	*values = realloc(*values, (n + 2) * sizeof(**values));
	if (!*props || !*values) {
		abort();
	}
	(*props)[n] = EDID_PROP;
	(*values)[n] = EDID_BLOB;
	(*props)[n + 1] = MAX_BPC_PROP;
	(*values)[n + 1] = max_bpc;
}

static drmModeConnector *describe(drmModeConnector *now) {
	if (now && now->connector_type == DRM_MODE_CONNECTOR_VIRTUAL && now->connector_type_id == 1) {
		connector = now->connector_id;
		append(&now->props, &now->prop_values, (size_t)now->count_props);
		now->count_props += 2;
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
		list->count_props += 2;
	}
	return list;
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id) {
	drmModePropertyPtr (*real)(int, uint32_t);
	find("drmModeGetProperty", &real);
	if (id != EDID_PROP && id != MAX_BPC_PROP) {
		return real(fd, id);
	}
	drmModePropertyPtr property = calloc(1, sizeof(*property));
	uint64_t *range = calloc(2, sizeof(*range));
	if (!property || !range) {
		abort();
	}
	range[0] = 6;
	range[1] = 12;
	property->prop_id = id;
	property->flags =
		id == MAX_BPC_PROP ? DRM_MODE_PROP_RANGE : DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE;
	property->values = range;
	property->count_values = id == MAX_BPC_PROP ? 2 : 0;
	snprintf(property->name, sizeof(property->name), "%s", id == MAX_BPC_PROP ? "max bpc" : "EDID");
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

static void note(uint64_t value, bool test) {
	const char *path = getenv("VITRINE_TEST_MAX_BPC");
	FILE *file = path && !test ? fopen(path, "we") : NULL;
	if (file) {
		max_bpc = value;
		fprintf(file, "%u\n", (unsigned)value);
		fclose(file);
	}
}

// The kernel does not know the property.
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
	uint64_t wanted = 0;
	for (uint32_t o = 0; o < atomic.count_objs; o++) {
		uint32_t before = n;
		for (uint32_t p = 0; p < from_counts[o]; p++, at++) {
			if (from_props[at] == MAX_BPC_PROP) {
				wanted = from_values[at];
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
	int rc = real(fd, number, &atomic);
	if (rc == 0 && wanted != 0) {
		note(wanted, (atomic.flags & DRM_MODE_ATOMIC_TEST_ONLY) != 0);
	}
	return rc;
}
