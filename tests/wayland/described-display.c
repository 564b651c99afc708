// SPDX-License-Identifier: MIT
// Loaded into the server by LD_PRELOAD: gives the first virtual display, of which vkms tells nothing, an EDID
// (maker DEL, model "PANEL 7", serial number "S1"), the connector property "max bpc" of 6 to 12, which is 10, and
// "content type", which is 1, "Graphics", and variable refresh ("vrr_capable", and VRR_ENABLED of all CRTCs).
// What they are set to is written into the files that VITRINE_TEST_MAX_BPC, VITRINE_TEST_CONTENT and
// VITRINE_TEST_VRR name. With VITRINE_TEST_STUBBORN=test, another content type is refused without leave for a
// modeset; with VITRINE_TEST_STUBBORN=commit only where that is no test. So many further commits that are no
// tests are refused as the file has in it that VITRINE_TEST_REFUSALS names.
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

enum {
	EDID_PROP = 0x7ffffff0,
	EDID_BLOB,
	MAX_BPC_PROP,
	VRR_CAPABLE_PROP,
	VRR_ENABLED_PROP,
	CONTENT_PROP,
	EDID_SIZE = 128,
	MAX_PROPS = 512,
};

static uint32_t connector;   // that is described; 0: not seen yet
static uint32_t active_prop; // ACTIVE of CRTCs; 0: not seen yet
static uint64_t max_bpc = 10, vrr, content = 1;

// dlsym(3) returns an object pointer, which ISO C does not convert to a function pointer.
static void find(const char *name, void *function) {
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function) {
		fprintf(stderr, "described-display: no %s\n", name);
		abort();
	}
}

enum { CONNECTOR_PROPS = 4 };

static void append(uint32_t **props, uint64_t **values, size_t n, uint32_t prop, uint64_t value) {
	*props = realloc(*props, (n + 1) * sizeof(**props));
	*values = realloc(*values, (n + 1) * sizeof(**values));
	if (!*props || !*values) {
		abort();
	}
	(*props)[n] = prop;
	(*values)[n] = value;
}

static void append_all(uint32_t **props, uint64_t **values, size_t n) {
	append(props, values, n, EDID_PROP, EDID_BLOB);
	append(props, values, n + 1, MAX_BPC_PROP, max_bpc);
	append(props, values, n + 2, VRR_CAPABLE_PROP, 1);
	append(props, values, n + 3, CONTENT_PROP, content);
}

static drmModeConnector *describe(drmModeConnector *now) {
	if (now && now->connector_type == DRM_MODE_CONNECTOR_VIRTUAL && now->connector_type_id == 1) {
		connector = now->connector_id;
		append_all(&now->props, &now->prop_values, (size_t)now->count_props);
		now->count_props += CONNECTOR_PROPS;
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
		append_all(&list->props, &list->prop_values, list->count_props);
		list->count_props += CONNECTOR_PROPS;
	} else if (list && type == DRM_MODE_OBJECT_CRTC) {
		append(&list->props, &list->prop_values, list->count_props++, VRR_ENABLED_PROP, vrr);
	}
	return list;
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
	property->count_values = 0;
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id) {
	static const char *const names[] = {[EDID_PROP - EDID_PROP] = "EDID",
		[MAX_BPC_PROP - EDID_PROP] = "max bpc",
		[VRR_CAPABLE_PROP - EDID_PROP] = "vrr_capable",
		[VRR_ENABLED_PROP - EDID_PROP] = "VRR_ENABLED",
		[CONTENT_PROP - EDID_PROP] = "content type"};
	drmModePropertyPtr (*real)(int, uint32_t);
	find("drmModeGetProperty", &real);
	if (id < EDID_PROP || id > CONTENT_PROP) {
		drmModePropertyPtr known = real(fd, id);
		active_prop = known && strcmp(known->name, "ACTIVE") == 0 ? id : active_prop;
		return known;
	}
	drmModePropertyPtr property = calloc(1, sizeof(*property));
	uint64_t *range = calloc(2, sizeof(*range));
	if (!property || !range) {
		abort();
	}
	range[0] = id == MAX_BPC_PROP ? 6 : 0;
	range[1] = id == MAX_BPC_PROP ? 12 : 1;
	property->prop_id = id;
	property->flags = (id == EDID_PROP ? DRM_MODE_PROP_BLOB : DRM_MODE_PROP_RANGE) |
		(id == EDID_PROP || id == VRR_CAPABLE_PROP ? DRM_MODE_PROP_IMMUTABLE : 0);
	property->values = range;
	property->count_values = id == EDID_PROP ? 0 : 2;
	snprintf(property->name, sizeof(property->name), "%s", names[id - EDID_PROP]);
	if (id == CONTENT_PROP) {
		describe_content(property);
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

static void note(const char *variable, uint64_t *kept, uint64_t value) {
	const char *path = getenv(variable);
	FILE *file = path ? fopen(path, "we") : NULL;
	if (file) {
		*kept = value;
		fprintf(file, "%u\n", (unsigned)value);
		fclose(file);
	}
}

// One of those that are refused whatever they are.
static bool take_refusal(void) {
	const char *path = getenv("VITRINE_TEST_REFUSALS");
	FILE *file = path ? fopen(path, "r+e") : NULL;
	unsigned left = 0;
	if (file) {
		if (fscanf(file, "%u", &left) == 1 && left > 0) {
			rewind(file);
			fprintf(file, "%u\n", left - 1);
		}
		fclose(file);
	}
	return left > 0;
}

static bool is_refused(uint32_t flags, uint64_t wanted_content) {
	const char *stubborn = getenv("VITRINE_TEST_STUBBORN");
	bool test = (flags & DRM_MODE_ATOMIC_TEST_ONLY) != 0;
	if (!test && take_refusal()) {
		return true;
	}
	return wanted_content != content && !(flags & DRM_MODE_ATOMIC_ALLOW_MODESET) && stubborn &&
		(!test || strcmp(stubborn, "test") == 0);
}

// The kernel does not know the properties. VRR_ENABLED becomes ACTIVE, so that the CRTC is in the request.
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
	uint64_t wanted_bpc = 0, wanted_vrr = vrr, wanted_content = content;
	for (uint32_t o = 0; o < atomic.count_objs; o++) {
		uint32_t before = n;
		for (uint32_t p = 0; p < from_counts[o]; p++, at++) {
			if (from_props[at] == MAX_BPC_PROP) {
				wanted_bpc = from_values[at];
			} else if (from_props[at] == CONTENT_PROP) {
				wanted_content = from_values[at];
			} else if (from_props[at] == VRR_ENABLED_PROP) {
				wanted_vrr = from_values[at];
				props[n] = active_prop;
				values[n++] = 1;
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
	if (is_refused(atomic.flags, wanted_content)) {
		errno = EINVAL;
		return -1;
	}
	int rc = real(fd, number, &atomic);
	bool test = (atomic.flags & DRM_MODE_ATOMIC_TEST_ONLY) != 0;
	if (rc == 0 && wanted_bpc != 0 && !test) {
		note("VITRINE_TEST_MAX_BPC", &max_bpc, wanted_bpc);
	}
	if (rc == 0 && wanted_vrr != vrr && !test) {
		note("VITRINE_TEST_VRR", &vrr, wanted_vrr);
	}
	if (rc == 0 && wanted_content != content && !test) {
		note("VITRINE_TEST_CONTENT", &content, wanted_content);
	}
	return rc;
}
