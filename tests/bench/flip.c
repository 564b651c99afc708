// SPDX-License-Identifier: MIT
#include "flip.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "kms/kms.h"

enum { MASTER_MS = 5000 };

int64_t flip_now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool flip_complain(const char *what) {
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	return false;
}

// 0 if the object has no such property.
static uint32_t find_property(int fd, uint32_t object, uint32_t type, const char *name) {
	drmModeObjectProperties *props = drmModeObjectGetProperties(fd, object, type);
	uint32_t id = 0;
	for (uint32_t i = 0; props && id == 0 && i < props->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(fd, props->props[i]);
		if (prop && strcmp(prop->name, name) == 0) {
			id = prop->prop_id;
		}
		drmModeFreeProperty(prop);
	}
	drmModeFreeObjectProperties(props);
	return id;
}

static bool take_mode(
	struct flip *flip, const drmModeConnector *connector, const struct flip_options *options) {
	for (int i = 0; i < connector->count_modes; i++) {
		const drmModeModeInfo *mode = &connector->modes[i];
		bool fits = options->width > 0
			? mode->hdisplay == options->width && mode->vdisplay == options->height
			: mode->type & DRM_MODE_TYPE_PREFERRED;
		if (fits) {
			flip->mode = *mode;
			return true;
		}
	}
	// As the compositor does: the timings are the same to the kHz.
	return options->width > 0 &&
		kms_mode_custom((int)options->width, (int)options->height, 0, &flip->mode);
}

// Takes the first connected connector that has the mode or is given it, and the first CRTC that can drive it.
static bool find_route(struct flip *flip, const struct flip_options *options) {
	drmModeRes *res = drmModeGetResources(flip->fd);
	if (!res) {
		return flip_complain("cannot read the resources of the device");
	}
	for (int i = 0; flip->connector == 0 && i < res->count_connectors; i++) {
		drmModeConnector *connector = drmModeGetConnector(flip->fd, res->connectors[i]);
		if (connector && connector->connection == DRM_MODE_CONNECTED &&
			connector->connector_type != DRM_MODE_CONNECTOR_WRITEBACK &&
			connector->count_encoders > 0 && take_mode(flip, connector, options)) {
			drmModeEncoder *encoder = drmModeGetEncoder(flip->fd, connector->encoders[0]);
			if (encoder && encoder->possible_crtcs != 0) {
				flip->connector = connector->connector_id;
				flip->crtc_index = (uint32_t)__builtin_ctz(encoder->possible_crtcs);
				flip->crtc = res->crtcs[flip->crtc_index];
			}
			drmModeFreeEncoder(encoder);
		}
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(res);
	errno = ENXIO;
	return flip->connector != 0 ||
		flip_complain("no display is connected, or none can have this mode");
}

static bool plane_is_primary(int fd, uint32_t plane) {
	drmModeObjectProperties *props = drmModeObjectGetProperties(fd, plane, DRM_MODE_OBJECT_PLANE);
	uint32_t type = find_property(fd, plane, DRM_MODE_OBJECT_PLANE, "type");
	bool primary = false;
	for (uint32_t i = 0; props && i < props->count_props; i++) {
		primary =
			primary || (props->props[i] == type && props->prop_values[i] == DRM_PLANE_TYPE_PRIMARY);
	}
	drmModeFreeObjectProperties(props);
	return primary;
}

static bool find_plane(struct flip *flip) {
	drmModePlaneRes *planes = drmModeGetPlaneResources(flip->fd);
	for (uint32_t i = 0; planes && flip->plane == 0 && i < planes->count_planes; i++) {
		drmModePlane *plane = drmModeGetPlane(flip->fd, planes->planes[i]);
		if (plane && plane->possible_crtcs & 1u << flip->crtc_index &&
			plane_is_primary(flip->fd, plane->plane_id)) {
			flip->plane = plane->plane_id;
		}
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	errno = ENXIO;
	return flip->plane != 0 || flip_complain("no primary plane");
}

static bool add_framebuffer(struct flip *flip, uint32_t handle, uint32_t stride, uint32_t *fb) {
	uint32_t handles[4] = {handle}, strides[4] = {stride}, offsets[4] = {0};
	return drmModeAddFB2(flip->fd, flip->mode.hdisplay, flip->mode.vdisplay, DRM_FORMAT_XRGB8888,
			   handles, strides, offsets, fb, 0) == 0 ||
		flip_complain("cannot make a framebuffer");
}

static bool make_dumb(struct flip *flip, uint32_t *fb) {
	uint32_t handle, stride;
	uint64_t size;
	if (drmModeCreateDumbBuffer(flip->fd, flip->mode.hdisplay, flip->mode.vdisplay, 32, 0, &handle,
			&stride, &size) != 0) {
		return flip_complain("cannot make a dumb buffer");
	}
	return add_framebuffer(flip, handle, stride, fb);
}

// Memory of this process as a dma-buf: what a client's buffer is.
static bool make_udmabuf(struct flip *flip, uint32_t *fb) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint32_t stride = flip->mode.hdisplay * 4u;
	size_t size = ((size_t)stride * flip->mode.vdisplay + page - 1) / page * page;
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int memory = memfd_create("bench-flip", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct udmabuf_create create = {.memfd = (uint32_t)memory, .size = size};
	uint32_t handle;
	if (device < 0 || memory < 0 || ftruncate(memory, (off_t)size) < 0 ||
		fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) < 0) {
		return flip_complain("cannot make memory for /dev/udmabuf");
	}
	int dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	if (dmabuf < 0 || drmPrimeFDToHandle(flip->fd, dmabuf, &handle) != 0) {
		return flip_complain("cannot import memory of /dev/udmabuf");
	}
	close(device);
	close(memory);
	close(dmabuf);
	return add_framebuffer(flip, handle, stride, fb);
}

// Framebuffers of another process, which may end afterwards: their memory is kept. Takes a root user.
static bool take_framebuffer(struct flip *flip, uint32_t id, uint32_t *fb) {
	drmModeFB2 *found = drmModeGetFB2(flip->fd, id);
	if (!found || found->handles[0] == 0) {
		return flip_complain("cannot take the framebuffer of another process");
	}
	if (found->width != flip->mode.hdisplay || found->height != flip->mode.vdisplay) {
		errno = EINVAL;
		return flip_complain("a framebuffer that does not fill the screen");
	}
	int result = drmModeAddFB2(flip->fd, found->width, found->height, found->pixel_format,
		found->handles, found->pitches, found->offsets, fb, 0);
	drmModeFreeFB2(found);
	return result == 0 || flip_complain("cannot make a framebuffer");
}

static bool set_mode(struct flip *flip) {
	uint32_t blob;
	if (drmModeCreatePropertyBlob(flip->fd, &flip->mode, sizeof(flip->mode), &blob) != 0) {
		return flip_complain("cannot make a mode blob");
	}
	const uint32_t width = flip->mode.hdisplay, height = flip->mode.vdisplay;
	const struct {
		uint32_t object, type;
		const char *name;
		uint64_t value;
	} values[] = {
		{flip->connector, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID", flip->crtc},
		{flip->crtc, DRM_MODE_OBJECT_CRTC, "MODE_ID", blob},
		{flip->crtc, DRM_MODE_OBJECT_CRTC, "ACTIVE", 1},
		{flip->plane, DRM_MODE_OBJECT_PLANE, "FB_ID", flip->fbs[0]},
		{flip->plane, DRM_MODE_OBJECT_PLANE, "CRTC_ID", flip->crtc},
		{flip->plane, DRM_MODE_OBJECT_PLANE, "SRC_W", (uint64_t)width << 16},
		{flip->plane, DRM_MODE_OBJECT_PLANE, "SRC_H", (uint64_t)height << 16},
		{flip->plane, DRM_MODE_OBJECT_PLANE, "CRTC_W", width},
		{flip->plane, DRM_MODE_OBJECT_PLANE, "CRTC_H", height},
	};
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	for (size_t i = 0; request && i < sizeof(values) / sizeof(values[0]); i++) {
		uint32_t id = find_property(flip->fd, values[i].object, values[i].type, values[i].name);
		drmModeAtomicAddProperty(request, values[i].object, id, values[i].value);
	}
	int result = drmModeAtomicCommit(flip->fd, request, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);
	drmModeAtomicFree(request);
	flip->prop_fb_id = find_property(flip->fd, flip->plane, DRM_MODE_OBJECT_PLANE, "FB_ID");
	return result == 0 || flip_complain("cannot set the mode");
}

// Until whoever has the device has ended: then standard input ends.
static bool wait_for_turn(struct flip *flip) {
	char byte;
	puts("taken");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0) {
	}
	// A process that ends lets go of it a little later.
	int left = MASTER_MS;
	while (drmSetMaster(flip->fd) != 0) {
		if (errno != EBUSY || left-- == 0) {
			return flip_complain("the device is not free");
		}
		poll(NULL, 0, 1);
	}
	return true;
}

bool flip_open(struct flip *flip, const struct flip_options *options) {
	flip->fd = open(options->device, O_RDWR | O_CLOEXEC);
	if (flip->fd < 0) {
		return flip_complain(options->device);
	}
	if (drmSetClientCap(flip->fd, DRM_CLIENT_CAP_ATOMIC, 1) != 0) {
		return flip_complain("no atomic commits");
	}
	if (!find_route(flip, options) || !find_plane(flip)) {
		return false;
	}
	flip->taken = options->n_taken > 0;
	flip->n_fbs = options->n_taken > 0 ? options->n_taken : FLIP_FRAMEBUFFERS;
	for (int i = 0; i < flip->n_fbs; i++) {
		bool made = options->n_taken > 0 ? take_framebuffer(flip, options->taken[i], &flip->fbs[i])
			: options->udmabuf           ? make_udmabuf(flip, &flip->fbs[i])
										 : make_dumb(flip, &flip->fbs[i]);
		if (!made) {
			return false;
		}
	}
	if (options->n_taken > 0 && !wait_for_turn(flip)) {
		return false;
	}
	return set_mode(flip);
}
