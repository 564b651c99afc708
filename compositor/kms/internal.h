// SPDX-License-Identifier: MIT
// What the files of kms/ share with each other and with nobody else.
#ifndef VITRINE_KMS_INTERNAL_H
#define VITRINE_KMS_INTERNAL_H

#include "kms/kms.h"

// Connectors that may turn up after opening (DisplayPort MST hubs make them on the fly).
#define KMS_SPARE_CONNECTORS 16

// One DRM_IOCTL_MODE_ATOMIC, its arrays sized at opening for every property that there is, so that a
// frame allocates nothing.
struct kms_request {
	uint32_t *objects;
	uint32_t *counts; // of properties of each object
	uint32_t *props;
	uint64_t *values;
	int n_objects, n_props;
	uint32_t touched; // bit i = crtcs[i] is part of the request
};

// Properties as the kernel described them. All planes have the same ones, and a description costs two ioctls.
struct kms_known_properties {
	drmModePropertyRes **list; // owned, as what is in it
	size_t len, cap;
};

// Calls `visit` for each property of the object that `names` knows, with its place in `names`.
typedef bool (*kms_property_visitor)(
	void *owner, int index, const drmModePropertyRes *property, uint64_t value);

// Reads id, value and initial value of each property named. False with errno set.
bool kms_properties_load(struct kms_device *device, uint32_t object, uint32_t object_type,
	const char *const *names, int count, struct kms_property *props, kms_property_visitor visit,
	void *owner);

// Forgets what kms_properties_load learnt of properties; the next one asks the kernel anew.
void kms_properties_forget(struct kms_device *device);

// drmModeGetPropertyBlob, but NULL with ENOMEM where that returns a blob without its data.
drmModePropertyBlobRes *kms_blob_get(struct kms_device *device, uint32_t id);

// Reads the values anew, as the kernel has them now. False with errno set.
bool kms_properties_reload(struct kms_device *device, uint32_t object, uint32_t object_type,
	struct kms_property *props, int count);

// object.c: CRTCs and planes as they are now. False with errno set.
bool kms_crtcs_reload(struct kms_device *device);
bool kms_planes_reload(struct kms_device *device);
bool kms_crtcs_load(struct kms_device *device, const drmModeRes *resources);
bool kms_planes_load(struct kms_device *device);
void kms_plane_finish(struct kms_plane *plane);
// Takes what a SIZE_HINTS blob of `size` bytes says.
void kms_plane_set_size_hints(struct kms_plane *plane, const void *data, size_t size);

// The CRTC of that id, NULL for 0 and unknown ones.
struct kms_crtc *kms_device_crtc(struct kms_device *device, uint64_t id);

// connector.c
bool kms_connectors_load(struct kms_device *device, const drmModeRes *resources);
void kms_connector_finish(struct kms_connector *connector);

// device.c: opens just this node; on failure NULL and *error filled.
struct kms_device *kms_device_open_node(
	const char *path, const struct kms_opener *opener, struct kms_open_error *error);
int kms_open_directly(void *data, const char *path);
void kms_close_directly(void *data, int fd);
void kms_open_error_set(struct kms_open_error *error, enum kms_open_status status,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

// atomic.c
bool kms_request_init(struct kms_device *device);
void kms_request_finish(struct kms_device *device);
// Stages `value` if it differs from the kernel's; properties that the driver lacks are skipped.
void kms_property_stage(struct kms_property *property, uint64_t value);
// Makes staged_blob hold `mode`. False when out of blobs.
bool kms_crtc_stage_mode(struct kms_crtc *crtc, const drmModeModeInfo *mode);

// framebuffer.c
// True if the kernel has DRM_IOCTL_MODE_CLOSEFB.
bool kms_framebuffer_can_close(int fd);
// RmFB for each doomed framebuffer that has left the screen.
void kms_framebuffers_sweep(struct kms_device *device);
// Removes all from the device; those that callers hold become empty shells.
void kms_framebuffers_finish(struct kms_device *device);

// dumb.c: unmaps and destroys all; those that callers hold become empty shells.
void kms_dumbs_finish(struct kms_device *device);

// damage.c: the blob of the boxes, at most KMS_DAMAGE_BOXES, for the request being built; 0 if there can be none.
uint32_t kms_damage_blob(struct kms_device *device, const struct drm_mode_rect *boxes, int n);
void kms_damages_finish(struct kms_device *device);

// fence.c: a sync_file that is signalled, -1 if there can be none.
int kms_fence_create(int device_fd);

// restore.c: gives the display the state that it had when the device was opened.
void kms_device_restore(struct kms_device *device);

#endif
