// SPDX-License-Identifier: MIT
// The atomic request: what is to change is staged at the properties themselves, and a commit sends
// those that differ from what the kernel holds, in one DRM_IOCTL_MODE_ATOMIC.
//
// libdrm's drmModeAtomicCommit allocates and sorts on every call; here the arrays are made at opening.
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "kms/internal.h"

// ---- one property ----

void kms_property_stage(struct kms_property *property, uint64_t value) {
	if (property->id == 0 || property->immutable) {
		return;
	}
	property->staged = value;
	property->is_staged = value != property->value;
}

// Sent though the kernel may hold the same already.
static void stage_anyway(struct kms_property *property, uint64_t value) {
	kms_property_stage(property, value);
	property->is_staged = property->id != 0 && !property->immutable;
}

// What the property will be after the commit.
static uint64_t next_value(const struct kms_property *property) {
	return property->is_staged ? property->staged : property->value;
}

// ---- all properties ----

typedef void (*object_visitor)(
	struct kms_device *device, uint32_t object, struct kms_property *props, int count);

static void for_each_object(struct kms_device *device, object_visitor visit) {
	for (int i = 0; i < device->n_connectors; i++) {
		visit(device, device->connectors[i].id, device->connectors[i].props,
			KMS_CONNECTOR_PROPERTY_COUNT);
	}
	for (int i = 0; i < device->n_crtcs; i++) {
		visit(device, device->crtcs[i].id, device->crtcs[i].props, KMS_CRTC_PROPERTY_COUNT);
	}
	for (int i = 0; i < device->n_planes; i++) {
		visit(device, device->planes[i].id, device->planes[i].props, KMS_PLANE_PROPERTY_COUNT);
	}
}

bool kms_request_init(struct kms_device *device) {
	struct kms_request *request = calloc(1, sizeof(*request));
	if (!request) {
		return false;
	}
	device->request = request;
	size_t connectors = (size_t)device->cap_connectors;
	size_t crtcs = (size_t)device->n_crtcs;
	size_t planes = (size_t)device->n_planes;
	size_t objects = connectors + crtcs + planes;
	size_t props = connectors * KMS_CONNECTOR_PROPERTY_COUNT + crtcs * KMS_CRTC_PROPERTY_COUNT +
		planes * KMS_PLANE_PROPERTY_COUNT;
	request->objects = calloc(objects, sizeof(*request->objects));
	request->counts = calloc(objects, sizeof(*request->counts));
	request->props = calloc(props, sizeof(*request->props));
	request->values = calloc(props, sizeof(*request->values));
	return request->objects && request->counts && request->props && request->values;
}

void kms_request_finish(struct kms_device *device) {
	struct kms_request *request = device->request;
	if (!request) {
		return;
	}
	free(request->objects);
	free(request->counts);
	free(request->props);
	free(request->values);
	free(request);
	device->request = NULL;
}

static void clear_object(
	struct kms_device *device, uint32_t object, struct kms_property *props, int count) {
	(void)device;
	(void)object;
	for (int i = 0; i < count; i++) {
		props[i].is_staged = false;
	}
}

void kms_request_begin(struct kms_device *device) {
	device->n_requests++;
	for_each_object(device, clear_object);
}

static void collect_object(
	struct kms_device *device, uint32_t object, struct kms_property *props, int count) {
	struct kms_request *request = device->request;
	int before = request->n_props;
	for (int i = 0; i < count; i++) {
		if (props[i].is_staged) {
			request->props[request->n_props] = props[i].id;
			request->values[request->n_props] = props[i].staged;
			request->n_props++;
		}
	}
	if (request->n_props > before) {
		request->objects[request->n_objects] = object;
		request->counts[request->n_objects] = (uint32_t)(request->n_props - before);
		request->n_objects++;
	}
}

static void keep_object(
	struct kms_device *device, uint32_t object, struct kms_property *props, int count) {
	(void)device;
	(void)object;
	for (int i = 0; i < count; i++) {
		if (props[i].is_staged) {
			props[i].value = props[i].staged;
			props[i].is_staged = false;
		}
	}
}

static bool any_staged(const struct kms_property *props, int count) {
	for (int i = 0; i < count; i++) {
		if (props[i].is_staged) {
			return true;
		}
	}
	return false;
}

static uint32_t crtc_bits(struct kms_device *device, const struct kms_property *crtc_id) {
	struct kms_crtc *before = kms_device_crtc(device, crtc_id->value);
	struct kms_crtc *after = kms_device_crtc(device, next_value(crtc_id));
	return (before ? 1u << before->index : 0) | (after ? 1u << after->index : 0);
}

// The CRTCs that the kernel takes into the commit: those named, and those that a plane or connector
// named leaves or joins. Each of them sends its own event.
static uint32_t touched_crtcs(struct kms_device *device) {
	uint32_t touched = 0;
	for (int i = 0; i < device->n_connectors; i++) {
		struct kms_property *props = device->connectors[i].props;
		if (any_staged(props, KMS_CONNECTOR_PROPERTY_COUNT)) {
			touched |= crtc_bits(device, &props[KMS_CONNECTOR_CRTC_ID]);
		}
	}
	for (int i = 0; i < device->n_crtcs; i++) {
		if (any_staged(device->crtcs[i].props, KMS_CRTC_PROPERTY_COUNT)) {
			touched |= 1u << i;
		}
	}
	for (int i = 0; i < device->n_planes; i++) {
		struct kms_property *props = device->planes[i].props;
		if (any_staged(props, KMS_PLANE_PROPERTY_COUNT)) {
			touched |= crtc_bits(device, &props[KMS_PLANE_CRTC_ID]);
		}
	}
	return touched;
}

int kms_request_count(const struct kms_device *device) {
	int count = 0;
	for (int i = 0; i < device->n_connectors; i++) {
		for (int j = 0; j < KMS_CONNECTOR_PROPERTY_COUNT; j++) {
			count += device->connectors[i].props[j].is_staged;
		}
	}
	for (int i = 0; i < device->n_crtcs; i++) {
		for (int j = 0; j < KMS_CRTC_PROPERTY_COUNT; j++) {
			count += device->crtcs[i].props[j].is_staged;
		}
	}
	for (int i = 0; i < device->n_planes; i++) {
		for (int j = 0; j < KMS_PLANE_PROPERTY_COUNT; j++) {
			count += device->planes[i].props[j].is_staged;
		}
	}
	return count;
}

static int count_fences(const struct kms_device *device) {
	int count = 0;
	for (int i = 0; i < device->n_planes; i++) {
		count += device->planes[i].props[KMS_PLANE_IN_FENCE_FD].is_staged;
	}
	for (int i = 0; i < device->n_crtcs; i++) {
		count += device->crtcs[i].props[KMS_CRTC_OUT_FENCE_PTR].is_staged;
	}
	return count;
}

bool kms_request_is_flip(const struct kms_plane *plane) {
	const struct kms_property *fb_id = &plane->props[KMS_PLANE_FB_ID];
	const struct kms_property *clips = &plane->props[KMS_PLANE_FB_DAMAGE_CLIPS];
	return fb_id->is_staged && fb_id->staged != 0 && fb_id->value != 0 &&
		kms_request_count(plane->device) == 1 + clips->is_staged + count_fences(plane->device);
}

// ---- staging planes ----

// The last master leaves its values: everything is written, changed or not.
static void stage_whole_plane(struct kms_plane *plane) {
	struct kms_property *props = plane->props;
	for (int i = KMS_PLANE_SRC_X; i <= KMS_PLANE_CRTC_H; i++) {
		stage_anyway(&props[i], props[i].staged);
	}
	stage_anyway(&props[KMS_PLANE_FB_ID], props[KMS_PLANE_FB_ID].staged);
	stage_anyway(&props[KMS_PLANE_CRTC_ID], props[KMS_PLANE_CRTC_ID].staged);
	stage_anyway(&props[KMS_PLANE_ALPHA], props[KMS_PLANE_ALPHA].staged);
	if (plane->blend_premultiplied != UINT64_MAX) {
		stage_anyway(&props[KMS_PLANE_BLEND_MODE], plane->blend_premultiplied);
	}
	stage_anyway(&props[KMS_PLANE_ROTATION], props[KMS_PLANE_ROTATION].staged);
}

// RGB goes with the default: whether drivers look at it then is up to them.
static void stage_coding(struct kms_plane *plane, struct format_coding coding, bool fresh) {
	void (*stage)(struct kms_property *, uint64_t) = fresh ? stage_anyway : kms_property_stage;
	uint64_t encoding = plane->encodings[coding.matrix], range = plane->ranges[coding.full_range];
	if (encoding != UINT64_MAX) {
		stage(&plane->props[KMS_PLANE_COLOR_ENCODING], encoding);
	}
	if (range != UINT64_MAX) {
		stage(&plane->props[KMS_PLANE_COLOR_RANGE], range);
	}
}

static void stage_damage(struct kms_plane *plane, const struct kms_plane_state *state) {
	struct kms_property *clips = &plane->props[KMS_PLANE_FB_DAMAGE_CLIPS];
	if (clips->id == 0 || state->n_damage == 0) {
		return;
	}
	uint32_t blob = kms_damage_blob(plane->device, state->damage, state->n_damage);
	if (blob != 0) {
		kms_property_stage(clips, blob);
	}
}

void kms_request_plane(
	struct kms_plane *plane, struct kms_crtc *crtc, const struct kms_plane_state *state) {
	struct kms_property *props = plane->props;
	if (!state) {
		// What was staged of it before in this request does not matter any more.
		clear_object(plane->device, plane->id, props, KMS_PLANE_PROPERTY_COUNT);
		kms_property_stage(&props[KMS_PLANE_FB_ID], 0);
		kms_property_stage(&props[KMS_PLANE_CRTC_ID], 0);
		return;
	}
	uint64_t rotation = state->rotation ? state->rotation : DRM_MODE_ROTATE_0;
	assert((rotation & ~plane->rotations) == 0);
	assert(state->fade == 0 || props[KMS_PLANE_ALPHA].id != 0);
	kms_property_stage(&props[KMS_PLANE_FB_ID], state->framebuffer->id);
	kms_property_stage(&props[KMS_PLANE_CRTC_ID], crtc->id);
	kms_property_stage(&props[KMS_PLANE_SRC_X], state->src_x);
	kms_property_stage(&props[KMS_PLANE_SRC_Y], state->src_y);
	kms_property_stage(&props[KMS_PLANE_SRC_W], state->src_w);
	kms_property_stage(&props[KMS_PLANE_SRC_H], state->src_h);
	kms_property_stage(&props[KMS_PLANE_CRTC_X], (uint64_t)(int64_t)state->crtc_x);
	kms_property_stage(&props[KMS_PLANE_CRTC_Y], (uint64_t)(int64_t)state->crtc_y);
	kms_property_stage(&props[KMS_PLANE_CRTC_W], state->crtc_w);
	kms_property_stage(&props[KMS_PLANE_CRTC_H], state->crtc_h);
	kms_property_stage(&props[KMS_PLANE_ROTATION], rotation);
	kms_property_stage(&props[KMS_PLANE_ALPHA], UINT16_MAX - state->fade);
	bool fresh = props[KMS_PLANE_CRTC_ID].value != crtc->id || props[KMS_PLANE_FB_ID].value == 0 ||
		!plane->ours;
	stage_coding(plane, state->coding, fresh);
	if (fresh) {
		stage_whole_plane(plane);
	} else {
		stage_damage(plane, state);
	}
	if (state->set_zpos && plane->zpos_mutable) {
		kms_property_stage(&props[KMS_PLANE_ZPOS], state->zpos);
		props[KMS_PLANE_ZPOS].is_staged |= fresh;
	}
}

bool kms_request_has_plane(const struct kms_plane *plane) {
	return any_staged(plane->props, KMS_PLANE_PROPERTY_COUNT);
}

void kms_request_no_wait(struct kms_plane *plane) {
	if (plane->device->idle_fence >= 0) {
		stage_anyway(&plane->props[KMS_PLANE_IN_FENCE_FD], (uint64_t)plane->device->idle_fence);
	}
}

// ---- staging CRTCs and connectors ----

bool kms_crtc_stage_mode(struct kms_crtc *crtc, const drmModeModeInfo *mode) {
	struct kms_property *mode_id = &crtc->props[KMS_CRTC_MODE_ID];
	if (crtc->mode_valid && kms_mode_equal(&crtc->mode, mode)) {
		kms_property_stage(mode_id, mode_id->value);
		return true;
	}
	if (crtc->staged_blob != 0 && kms_mode_equal(&crtc->staged_mode, mode)) {
		kms_property_stage(mode_id, crtc->staged_blob);
		return true;
	}
	uint32_t blob;
	if (drmModeCreatePropertyBlob(crtc->device->fd, mode, sizeof(*mode), &blob) != 0) {
		return false;
	}
	if (crtc->staged_blob != 0) {
		drmModeDestroyPropertyBlob(crtc->device->fd, crtc->staged_blob);
	}
	crtc->staged_blob = blob;
	crtc->staged_mode = *mode;
	kms_property_stage(mode_id, blob);
	return true;
}

static bool has_connector(const struct kms_crtc *crtc) {
	const struct kms_device *device = crtc->device;
	for (int i = 0; i < device->n_connectors; i++) {
		if (next_value(&device->connectors[i].props[KMS_CONNECTOR_CRTC_ID]) == crtc->id) {
			return true;
		}
	}
	return false;
}

static void detach_others(struct kms_crtc *crtc, const struct kms_connector *keep) {
	struct kms_device *device = crtc->device;
	for (int i = 0; i < device->n_connectors; i++) {
		struct kms_connector *connector = &device->connectors[i];
		struct kms_property *crtc_id = &connector->props[KMS_CONNECTOR_CRTC_ID];
		if (connector != keep && !connector->writeback && !crtc_id->is_staged &&
			crtc_id->value == crtc->id) {
			kms_property_stage(crtc_id, 0);
		}
	}
}

bool kms_request_enable(
	struct kms_crtc *crtc, struct kms_connector *connector, const drmModeModeInfo *mode) {
	struct kms_property *crtc_id = &connector->props[KMS_CONNECTOR_CRTC_ID];
	if (!kms_crtc_stage_mode(crtc, mode)) {
		return false;
	}
	struct kms_crtc *former = kms_device_crtc(crtc->device, next_value(crtc_id));
	kms_property_stage(crtc_id, crtc->id);
	kms_property_stage(&connector->props[KMS_CONNECTOR_LINK_STATUS], DRM_MODE_LINK_STATUS_GOOD);
	kms_property_stage(&crtc->props[KMS_CRTC_ACTIVE], 1);
	if (crtc_id->is_staged || any_staged(crtc->props, KMS_CRTC_PROPERTY_COUNT)) {
		detach_others(crtc, connector);
	}
	// A CRTC that is on without a connector is refused. If a later call of this request gives it
	// another one, that stages it on again.
	if (former && former != crtc && !has_connector(former)) {
		kms_request_disable(former);
	}
	return true;
}

void kms_request_max_bpc(struct kms_connector *connector, int max_bpc) {
	struct kms_property *property = &connector->props[KMS_CONNECTOR_MAX_BPC];
	int within = max_bpc < connector->min_bpc ? connector->min_bpc
		: max_bpc > connector->max_bpc        ? connector->max_bpc
											  : max_bpc;
	if (connector->max_bpc > 0) {
		kms_property_stage(property, max_bpc > 0 ? (uint64_t)within : property->initial);
	}
}

void kms_request_content(struct kms_connector *connector, enum kms_content content) {
	if (content != KMS_CONTENT_KEEP && connector->content_types[content] != UINT64_MAX) {
		kms_property_stage(
			&connector->props[KMS_CONNECTOR_CONTENT_TYPE], connector->content_types[content]);
	}
}

void kms_request_vrr(struct kms_crtc *crtc, bool vrr) {
	kms_property_stage(&crtc->props[KMS_CRTC_VRR_ENABLED], vrr);
}

void kms_request_out_fence(struct kms_crtc *crtc, int32_t *out_fence) {
	*out_fence = -1;
	stage_anyway(&crtc->props[KMS_CRTC_OUT_FENCE_PTR], (uint64_t)(uintptr_t)out_fence);
}

void kms_request_disable(struct kms_crtc *crtc) {
	struct kms_device *device = crtc->device;
	for (int i = 0; i < device->n_connectors; i++) {
		struct kms_property *crtc_id = &device->connectors[i].props[KMS_CONNECTOR_CRTC_ID];
		if (next_value(crtc_id) == crtc->id) {
			kms_property_stage(crtc_id, 0);
		}
	}
	for (int i = 0; i < device->n_planes; i++) {
		if (next_value(&device->planes[i].props[KMS_PLANE_CRTC_ID]) == crtc->id) {
			kms_request_plane(&device->planes[i], NULL, NULL);
		}
	}
	kms_property_stage(&crtc->props[KMS_CRTC_ACTIVE], 0);
	kms_property_stage(&crtc->props[KMS_CRTC_MODE_ID], 0);
}

void kms_request_dark(struct kms_connector *connector) {
	struct kms_property *crtc_id = &connector->props[KMS_CONNECTOR_CRTC_ID];
	struct kms_crtc *crtc = kms_device_crtc(connector->device, next_value(crtc_id));
	kms_property_stage(crtc_id, 0);
	if (crtc && !has_connector(crtc)) {
		kms_request_disable(crtc);
	}
}

void kms_request_active(struct kms_crtc *crtc, bool active) {
	kms_property_stage(&crtc->props[KMS_CRTC_ACTIVE], active);
}

void kms_request_writeback(struct kms_connector *writeback, struct kms_crtc *crtc,
	struct kms_framebuffer *framebuffer, int32_t *out_fence) {
	kms_property_stage(&writeback->props[KMS_CONNECTOR_CRTC_ID], crtc->id);
	stage_anyway(&writeback->props[KMS_CONNECTOR_WRITEBACK_FB_ID], framebuffer->id);
	if (out_fence == NULL) {
		return;
	}
	*out_fence = -1;
	stage_anyway(
		&writeback->props[KMS_CONNECTOR_WRITEBACK_OUT_FENCE_PTR], (uint64_t)(uintptr_t)out_fence);
}

void kms_request_detach(struct kms_connector *writeback) {
	clear_object(writeback->device, writeback->id, writeback->props, KMS_CONNECTOR_PROPERTY_COUNT);
	kms_property_stage(&writeback->props[KMS_CONNECTOR_CRTC_ID], 0);
}

// ---- the commit ----

static void drop_damage(struct kms_device *device) {
	for (int i = 0; i < device->n_planes; i++) {
		device->planes[i].props[KMS_PLANE_FB_DAMAGE_CLIPS].is_staged = false;
	}
}

static void drop_fences(struct kms_device *device) {
	for (int i = 0; i < device->n_planes; i++) {
		device->planes[i].props[KMS_PLANE_IN_FENCE_FD].is_staged = false;
	}
	for (int i = 0; i < device->n_crtcs; i++) {
		device->crtcs[i].props[KMS_CRTC_OUT_FENCE_PTR].is_staged = false;
	}
}

// A test would make fences and install their fds too, for nobody. Damage is nothing to be tested.
static void drop_passing(struct kms_device *device) {
	drop_damage(device);
	drop_fences(device);
	for (int i = 0; i < device->n_connectors; i++) {
		device->connectors[i].props[KMS_CONNECTOR_WRITEBACK_OUT_FENCE_PTR].is_staged = false;
	}
}

static void note_planes(struct kms_device *device) {
	for (int i = 0; i < device->n_planes; i++) {
		struct kms_plane *plane = &device->planes[i];
		struct kms_property *fb_id = &plane->props[KMS_PLANE_FB_ID];
		struct kms_crtc *crtc = kms_device_crtc(device, plane->props[KMS_PLANE_CRTC_ID].value);
		if (fb_id->is_staged && fb_id->staged != fb_id->value && crtc) {
			plane->outgoing_fb = (uint32_t)fb_id->value;
			plane->outgoing_crtc = crtc->index;
		}
		if (fb_id->is_staged) {
			plane->ours = fb_id->staged != 0;
		}
	}
}

static void note_modes(struct kms_device *device) {
	for (int i = 0; i < device->n_crtcs; i++) {
		struct kms_crtc *crtc = &device->crtcs[i];
		const struct kms_property *mode_id = &crtc->props[KMS_CRTC_MODE_ID];
		if (!mode_id->is_staged) {
			continue;
		}
		// The CRTC's state keeps the blob that it uses; ours can go once another took its place.
		if (crtc->mode_blob != 0) {
			drmModeDestroyPropertyBlob(device->fd, crtc->mode_blob);
		}
		crtc->mode_blob = 0;
		crtc->mode_valid = mode_id->staged != 0;
		if (crtc->mode_valid && mode_id->staged == crtc->staged_blob) {
			crtc->mode_blob = crtc->staged_blob;
			crtc->mode = crtc->staged_mode;
			crtc->staged_blob = 0;
		}
	}
}

// Takes over what the kernel now holds.
static void note_success(struct kms_device *device, uint32_t flags) {
	struct kms_request *request = device->request;
	note_planes(device);
	note_modes(device);
	for_each_object(device, keep_object);
	for (int i = 0; i < device->n_connectors; i++) {
		// One-shot: the kernel forgets them with the job.
		device->connectors[i].props[KMS_CONNECTOR_WRITEBACK_FB_ID].value = 0;
		device->connectors[i].props[KMS_CONNECTOR_WRITEBACK_OUT_FENCE_PTR].value = 0;
	}
	for (int i = 0; i < device->n_planes; i++) {
		device->planes[i].props[KMS_PLANE_FB_DAMAGE_CLIPS].value = 0;
	}
	for (int i = 0; i < device->n_crtcs; i++) {
		if ((request->touched & (1u << i)) && (flags & KMS_COMMIT_EVENT)) {
			device->crtcs[i].flip_pending = true;
			device->crtcs[i].flip_serial = device->flip_serial;
		}
	}
	// A blocking commit returns when the old pictures are off.
	if ((flags & KMS_COMMIT_BLOCK) && !(flags & KMS_COMMIT_EVENT)) {
		for (int i = 0; i < device->n_planes; i++) {
			if (request->touched & (1u << device->planes[i].outgoing_crtc)) {
				device->planes[i].outgoing_fb = 0;
			}
		}
		kms_framebuffers_sweep(device);
	}
	device->stats.commits++;
	device->stats.props_sent += (uint64_t)request->n_props;
	if (flags & KMS_COMMIT_ALLOW_MODESET) {
		device->stats.modesets++;
	}
}

static uint32_t kernel_flags(uint32_t flags) {
	uint32_t kernel = 0;
	if (flags & KMS_COMMIT_ALLOW_MODESET) {
		kernel |= DRM_MODE_ATOMIC_ALLOW_MODESET;
	}
	if (flags & KMS_COMMIT_TEST) {
		return kernel | DRM_MODE_ATOMIC_TEST_ONLY;
	}
	if (!(flags & KMS_COMMIT_BLOCK)) {
		kernel |= DRM_MODE_ATOMIC_NONBLOCK;
	}
	if (flags & KMS_COMMIT_EVENT) {
		kernel |= DRM_MODE_PAGE_FLIP_EVENT;
	}
	if (flags & KMS_COMMIT_ASYNC) {
		kernel |= DRM_MODE_PAGE_FLIP_ASYNC;
	}
	return kernel;
}

int kms_request_commit(struct kms_device *device, struct kms_crtc *crtc, uint32_t flags) {
	struct kms_request *request = device->request;
	bool test = flags & KMS_COMMIT_TEST;
	if (test) {
		drop_passing(device);
	} else if (flags & KMS_COMMIT_ASYNC) {
		drop_damage(device); // Linux before 6.14 takes nothing but the framebuffer
		drop_fences(device);
	}
	request->touched = touched_crtcs(device);
	if (!test && (flags & KMS_COMMIT_EVENT) && !(request->touched & (1u << crtc->index))) {
		// Takes the CRTC in and no plane, and is no modeset.
		struct kms_property *active = &crtc->props[KMS_CRTC_ACTIVE];
		stage_anyway(active, active->value);
		request->touched |= 1u << crtc->index;
	}
	request->n_objects = request->n_props = 0;
	for_each_object(device, collect_object);
	if (request->n_props == 0) {
		return 0;
	}
	struct drm_mode_atomic atomic = {
		.flags = kernel_flags(flags),
		.count_objs = (uint32_t)request->n_objects,
		.objs_ptr = (uint64_t)(uintptr_t)request->objects,
		.count_props_ptr = (uint64_t)(uintptr_t)request->counts,
		.props_ptr = (uint64_t)(uintptr_t)request->props,
		.prop_values_ptr = (uint64_t)(uintptr_t)request->values,
	};
	if (!test && (flags & KMS_COMMIT_EVENT)) {
		atomic.user_data = ++device->flip_serial;
	}
	// drmIoctl repeats on EINTR and EAGAIN.
	int ret = drmIoctl(device->fd, DRM_IOCTL_MODE_ATOMIC, &atomic) == 0 ? 0 : -errno;
	if (test) {
		device->stats.tests++;
	}
	if (ret != 0) {
		device->stats.failed++;
	} else if (!test) {
		note_success(device, flags);
	}
	kms_request_begin(device);
	return ret;
}
