// SPDX-License-Identifier: MIT
// CRTCs and planes: what the device has, with its properties found by name.
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "kms/internal.h"

static const char *const crtc_names[KMS_CRTC_PROPERTY_COUNT] = {
	[KMS_CRTC_ACTIVE] = "ACTIVE",
	[KMS_CRTC_MODE_ID] = "MODE_ID",
	[KMS_CRTC_VRR_ENABLED] = "VRR_ENABLED",
	[KMS_CRTC_GAMMA_LUT] = "GAMMA_LUT",
	[KMS_CRTC_GAMMA_LUT_SIZE] = "GAMMA_LUT_SIZE",
	[KMS_CRTC_DEGAMMA_LUT] = "DEGAMMA_LUT",
	[KMS_CRTC_CTM] = "CTM",
	[KMS_CRTC_OUT_FENCE_PTR] = "OUT_FENCE_PTR",
};

static const char *const plane_names[KMS_PLANE_PROPERTY_COUNT] = {
	[KMS_PLANE_TYPE] = "type",
	[KMS_PLANE_FB_ID] = "FB_ID",
	[KMS_PLANE_CRTC_ID] = "CRTC_ID",
	[KMS_PLANE_SRC_X] = "SRC_X",
	[KMS_PLANE_SRC_Y] = "SRC_Y",
	[KMS_PLANE_SRC_W] = "SRC_W",
	[KMS_PLANE_SRC_H] = "SRC_H",
	[KMS_PLANE_CRTC_X] = "CRTC_X",
	[KMS_PLANE_CRTC_Y] = "CRTC_Y",
	[KMS_PLANE_CRTC_W] = "CRTC_W",
	[KMS_PLANE_CRTC_H] = "CRTC_H",
	[KMS_PLANE_IN_FORMATS] = "IN_FORMATS",
	[KMS_PLANE_SIZE_HINTS] = "SIZE_HINTS",
	[KMS_PLANE_ALPHA] = "alpha",
	[KMS_PLANE_BLEND_MODE] = "pixel blend mode",
	[KMS_PLANE_ROTATION] = "rotation",
	[KMS_PLANE_ZPOS] = "zpos",
	[KMS_PLANE_COLOR_ENCODING] = "COLOR_ENCODING",
	[KMS_PLANE_COLOR_RANGE] = "COLOR_RANGE",
	[KMS_PLANE_FB_DAMAGE_CLIPS] = "FB_DAMAGE_CLIPS",
	[KMS_PLANE_IN_FENCE_FD] = "IN_FENCE_FD",
};

static int find_name(const char *const *names, int count, const char *name) {
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0) {
			return i;
		}
	}
	return -1;
}

// libdrm's call, which returns half of it when memory runs out.
static drmModePropertyRes *get_property(struct kms_device *device, uint32_t id) {
	drmModePropertyRes *property = drmModeGetProperty(device->fd, id);
	if (property &&
		((property->count_values > 0 && !property->values) ||
			(property->count_enums > 0 && !property->enums))) {
		drmModeFreeProperty(property);
		errno = ENOMEM;
		return NULL;
	}
	return property;
}

static bool reserve_known(struct kms_device *device) {
	if (!device->known) {
		device->known = calloc(1, sizeof(*device->known));
	}
	struct kms_known_properties *known = device->known;
	if (!known || known->len < known->cap) {
		return known != NULL;
	}
	size_t cap = known->cap > 0 ? 2 * known->cap : 64;
	drmModePropertyRes **list = realloc(known->list, cap * sizeof(*list));
	if (list) {
		known->list = list;
		known->cap = cap;
	}
	return list != NULL;
}

// Kept by the device until it forgets. NULL with errno set.
static const drmModePropertyRes *find_property(struct kms_device *device, uint32_t id) {
	struct kms_known_properties *known = device->known;
	for (size_t i = 0; known && i < known->len; i++) {
		if (known->list[i]->prop_id == id) {
			return known->list[i];
		}
	}
	if (!reserve_known(device)) {
		errno = ENOMEM;
		return NULL;
	}
	drmModePropertyRes *property = get_property(device, id);
	if (property) {
		device->known->list[device->known->len++] = property;
	}
	return property;
}

void kms_properties_forget(struct kms_device *device) {
	struct kms_known_properties *known = device->known;
	for (size_t i = 0; known && i < known->len; i++) {
		drmModeFreeProperty(known->list[i]);
	}
	if (known) {
		free(known->list);
	}
	free(known);
	device->known = NULL;
}

bool kms_properties_load(struct kms_device *device, uint32_t object, uint32_t object_type,
	const char *const *names, int count, struct kms_property *props, kms_property_visitor visit,
	void *owner) {
	drmModeObjectProperties *list = drmModeObjectGetProperties(device->fd, object, object_type);
	if (!list) {
		return false;
	}
	bool ok = true;
	for (uint32_t i = 0; ok && i < list->count_props; i++) {
		const drmModePropertyRes *property = find_property(device, list->props[i]);
		if (!property) {
			ok = false;
			break;
		}
		int index = find_name(names, count, property->name);
		if (index >= 0) {
			props[index] = (struct kms_property){
				.id = property->prop_id,
				.immutable = property->flags & DRM_MODE_PROP_IMMUTABLE,
				.value = list->prop_values[i],
				.initial = list->prop_values[i],
			};
			ok = !visit || visit(owner, index, property, list->prop_values[i]);
		}
	}
	drmModeFreeObjectProperties(list);
	return ok;
}

bool kms_properties_reload(struct kms_device *device, uint32_t object, uint32_t object_type,
	struct kms_property *props, int count) {
	drmModeObjectProperties *list = drmModeObjectGetProperties(device->fd, object, object_type);
	if (!list) {
		return false;
	}
	for (uint32_t i = 0; i < list->count_props; i++) {
		for (int p = 0; p < count; p++) {
			if (props[p].id == list->props[i]) {
				props[p].value = list->prop_values[i];
				props[p].is_staged = false;
			}
		}
	}
	drmModeFreeObjectProperties(list);
	return true;
}

struct kms_crtc *kms_device_crtc(struct kms_device *device, uint64_t id) {
	for (int i = 0; id != 0 && i < device->n_crtcs; i++) {
		if (device->crtcs[i].id == id) {
			return &device->crtcs[i];
		}
	}
	return NULL;
}

bool kms_crtcs_load(struct kms_device *device, const drmModeRes *resources) {
	device->crtcs = calloc((size_t)resources->count_crtcs, sizeof(*device->crtcs));
	if (!device->crtcs) {
		return false;
	}
	for (int i = 0; i < resources->count_crtcs; i++) {
		struct kms_crtc *crtc = &device->crtcs[i];
		crtc->device = device;
		crtc->id = resources->crtcs[i];
		crtc->index = i;
		device->n_crtcs++;
		if (!kms_properties_load(device, crtc->id, DRM_MODE_OBJECT_CRTC, crtc_names,
				KMS_CRTC_PROPERTY_COUNT, crtc->props, NULL, NULL)) {
			return false;
		}
		drmModeCrtc *now = drmModeGetCrtc(device->fd, crtc->id);
		if (!now) {
			return false;
		}
		crtc->mode_valid = now->mode_valid;
		if (now->mode_valid) {
			crtc->mode = now->mode;
			crtc->initial_mode = now->mode;
		}
		crtc->initial_active = crtc->props[KMS_CRTC_ACTIVE].value != 0;
		drmModeFreeCrtc(now);
	}
	return true;
}

bool kms_crtcs_reload(struct kms_device *device) {
	for (int i = 0; i < device->n_crtcs; i++) {
		struct kms_crtc *crtc = &device->crtcs[i];
		drmModeCrtc *now = drmModeGetCrtc(device->fd, crtc->id);
		if (!now) {
			return false;
		}
		crtc->mode_valid = now->mode_valid;
		if (now->mode_valid) {
			crtc->mode = now->mode;
		}
		drmModeFreeCrtc(now);
		if (!kms_properties_reload(
				device, crtc->id, DRM_MODE_OBJECT_CRTC, crtc->props, KMS_CRTC_PROPERTY_COUNT)) {
			return false;
		}
	}
	return true;
}

bool kms_planes_reload(struct kms_device *device) {
	for (int i = 0; i < device->n_planes; i++) {
		struct kms_plane *plane = &device->planes[i];
		plane->ours = false;
		plane->outgoing_fb = 0;
		if (!kms_properties_reload(
				device, plane->id, DRM_MODE_OBJECT_PLANE, plane->props, KMS_PLANE_PROPERTY_COUNT)) {
			return false;
		}
		plane->props[KMS_PLANE_FB_DAMAGE_CLIPS].value = 0;
	}
	return true;
}

static uint64_t enum_value(const drmModePropertyRes *property, const char *name) {
	for (int i = 0; i < property->count_enums; i++) {
		if (strcmp(property->enums[i].name, name) == 0) {
			return property->enums[i].value;
		}
	}
	return UINT64_MAX;
}

drmModePropertyBlobRes *kms_blob_get(struct kms_device *device, uint32_t id) {
	drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(device->fd, id);
	if (blob && blob->length > 0 && !blob->data) {
		drmModeFreePropertyBlob(blob);
		errno = ENOMEM;
		return NULL;
	}
	return blob;
}

static bool load_in_formats(struct kms_plane *plane, uint32_t blob_id) {
	drmModePropertyBlobRes *blob = kms_blob_get(plane->device, blob_id);
	if (!blob) {
		return false;
	}
	bool ok = true;
	drmModeFormatModifierIterator iter = {0};
	while (ok && drmModeFormatModifierBlobIterNext(blob, &iter)) {
		ok = format_set_add(&plane->formats, iter.fmt, iter.mod);
	}
	drmModeFreePropertyBlob(blob);
	return ok;
}

void kms_plane_set_size_hints(struct kms_plane *plane, const void *data, size_t size) {
	plane->n_size_hints = 0;
	for (size_t at = 0; at + sizeof(struct kms_size_hint) <= size;
		 at += sizeof(struct kms_size_hint)) {
		struct kms_size_hint hint;
		memcpy(&hint, (const char *)data + at, sizeof(hint));
		if (plane->n_size_hints < KMS_MAX_SIZE_HINTS && hint.width > 0 && hint.height > 0) {
			plane->size_hints[plane->n_size_hints++] = hint;
		}
	}
}

static bool load_size_hints(struct kms_plane *plane, uint32_t blob_id) {
	drmModePropertyBlobRes *blob = kms_blob_get(plane->device, blob_id);
	if (!blob) {
		return false;
	}
	kms_plane_set_size_hints(plane, blob->data, blob->length);
	drmModeFreePropertyBlob(blob);
	return true;
}

static bool visit_plane_property(
	void *owner, int index, const drmModePropertyRes *property, uint64_t value) {
	struct kms_plane *plane = owner;
	switch (index) {
	case KMS_PLANE_TYPE:
		plane->type = (enum kms_plane_type)value;
		break;
	case KMS_PLANE_IN_FORMATS:
		return value == 0 || load_in_formats(plane, (uint32_t)value);
	case KMS_PLANE_SIZE_HINTS: // 0: the driver has nothing to say
		return value == 0 || load_size_hints(plane, (uint32_t)value);
	case KMS_PLANE_BLEND_MODE:
		plane->blend_premultiplied = enum_value(property, "Pre-multiplied");
		break;
	case KMS_PLANE_ROTATION:
		plane->rotations = 0;
		for (int i = 0; i < property->count_enums; i++) {
			plane->rotations |= UINT64_C(1) << property->enums[i].value;
		}
		break;
	case KMS_PLANE_ZPOS:
		plane->zpos_mutable = !(property->flags & DRM_MODE_PROP_IMMUTABLE);
		plane->zpos_min = plane->zpos_max = value;
		if (plane->zpos_mutable && property->count_values == 2) {
			plane->zpos_min = property->values[0];
			plane->zpos_max = property->values[1];
		}
		break;
	case KMS_PLANE_COLOR_ENCODING:
		plane->encodings[FORMAT_BT601] = enum_value(property, "ITU-R BT.601 YCbCr");
		plane->encodings[FORMAT_BT709] = enum_value(property, "ITU-R BT.709 YCbCr");
		plane->encodings[FORMAT_BT2020] = enum_value(property, "ITU-R BT.2020 YCbCr");
		break;
	case KMS_PLANE_COLOR_RANGE:
		plane->ranges[false] = enum_value(property, "YCbCr limited range");
		plane->ranges[true] = enum_value(property, "YCbCr full range");
		break;
	default:
		break;
	}
	return true;
}

static bool load_plane(struct kms_plane *plane) {
	struct kms_device *device = plane->device;
	drmModePlane *now = drmModeGetPlane(device->fd, plane->id);
	if (!now) {
		return false;
	}
	plane->possible_crtcs = now->possible_crtcs;
	plane->zpos_min = plane->zpos_max = (uint64_t)plane->index;
	plane->rotations = DRM_MODE_ROTATE_0;
	for (int i = 0; i < FORMAT_MATRICES; i++) {
		plane->encodings[i] = UINT64_MAX;
	}
	plane->ranges[false] = plane->ranges[true] = UINT64_MAX;
	plane->blend_premultiplied = UINT64_MAX;

	bool ok = kms_properties_load(device, plane->id, DRM_MODE_OBJECT_PLANE, plane_names,
		KMS_PLANE_PROPERTY_COUNT, plane->props, visit_plane_property, plane);
	// Of a commit that was, and nothing to go back to.
	plane->props[KMS_PLANE_FB_DAMAGE_CLIPS].value = 0;
	plane->props[KMS_PLANE_FB_DAMAGE_CLIPS].initial = 0;
	// Modifiers of a device that cannot be told a buffer's modifier are of no use to anyone.
	if (ok && (plane->formats.len == 0 || !device->addfb2_modifiers)) {
		format_set_finish(&plane->formats);
		for (uint32_t i = 0; ok && i < now->count_formats; i++) {
			ok = format_set_add(&plane->formats, now->formats[i], DRM_FORMAT_MOD_INVALID);
		}
	}
	drmModeFreePlane(now);
	return ok;
}

bool kms_planes_load(struct kms_device *device) {
	drmModePlaneRes *resources = drmModeGetPlaneResources(device->fd);
	if (!resources) {
		return false;
	}
	bool ok = false;
	// One more than there are: a device without planes is not out of memory.
	device->planes = calloc((size_t)resources->count_planes + 1, sizeof(*device->planes));
	if (device->planes) {
		ok = true;
		for (uint32_t i = 0; ok && i < resources->count_planes; i++) {
			struct kms_plane *plane = &device->planes[i];
			plane->device = device;
			plane->id = resources->planes[i];
			plane->index = (int)i;
			device->n_planes++;
			ok = load_plane(plane);
		}
	}
	drmModeFreePlaneResources(resources);
	return ok;
}

static bool takes(const struct kms_property *property, uint64_t value, bool by_default) {
	if (property->id == 0) {
		return by_default;
	}
	return value != UINT64_MAX && (!property->immutable || property->value == value);
}

uint32_t kms_plane_codings(const struct kms_plane *plane) {
	const struct kms_property *encoding = &plane->props[KMS_PLANE_COLOR_ENCODING];
	const struct kms_property *range = &plane->props[KMS_PLANE_COLOR_RANGE];
	uint32_t codings = 0;
	for (int matrix = 0; matrix < FORMAT_MATRICES; matrix++) {
		for (int full = 0; full <= 1; full++) {
			struct format_coding coding = {(enum format_matrix)matrix, full};
			if (takes(encoding, plane->encodings[matrix], matrix == FORMAT_BT601) &&
				takes(range, plane->ranges[full], !full)) {
				codings |= format_coding_bit(coding);
			}
		}
	}
	return codings;
}

void kms_plane_finish(struct kms_plane *plane) {
	format_set_finish(&plane->formats);
}
