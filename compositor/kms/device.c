// SPDX-License-Identifier: MIT
// Opening and closing one DRM device node.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/log.h"
#include "kms/internal.h"

#ifndef DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP // libdrm of Debian 12
#define DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP 0x15
#endif

// libdrm before 2.4.105 has no name for it.
#ifndef DRM_CLIENT_CAP_WRITEBACK_CONNECTORS
#define DRM_CLIENT_CAP_WRITEBACK_CONNECTORS 5
#endif

#define DEFAULT_CURSOR_SIZE 64 // px, what a device that does not say takes

void kms_open_error_set(
	struct kms_open_error *error, enum kms_open_status status, const char *format, ...) {
	error->status = status;
	va_list args;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
}

// The group that the node belongs to, as the remedy for a lack of permission.
static const char *node_group(const char *path) {
	struct stat st;
	if (stat(path, &st) == 0 && st.st_gid != 0) {
		struct group *group = getgrgid(st.st_gid);
		if (group) {
			return group->gr_name;
		}
	}
	return "video";
}

static void open_failed(const char *path, int err, struct kms_open_error *error) {
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
		kms_open_error_set(error, KMS_OPEN_NO_DEVICE,
			"%s: no such device: is the driver loaded? (--wait waits for it)", path);
		break;
	case EACCES:
	case EPERM:
		kms_open_error_set(error, KMS_OPEN_NO_PERMISSION,
			"%s: permission denied: add the user to group \"%s\" "
			"or start from a logind session",
			path, node_group(path));
		break;
	case EBUSY:
		kms_open_error_set(error, KMS_OPEN_BUSY,
			"%s: another session of the seat is in front: switch to the one of vitrine "
			"(--wait waits for that)",
			path);
		break;
	case ENOMEM:
		kms_open_error_set(error, KMS_OPEN_NO_MEMORY, "%s: out of memory", path);
		break;
	default:
		kms_open_error_set(error, KMS_OPEN_UNFIT,
			"%s: cannot be opened: %s: choose another device with --device", path, strerror(err));
		break;
	}
}

int kms_open_directly(void *data, const char *path) {
	(void)data;
	// Non-blocking for the reading of events; nothing else in DRM looks at it.
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

void kms_close_directly(void *data, int fd) {
	(void)data;
	close(fd);
}

static uint64_t capability(const struct kms_device *device, uint64_t name, uint64_t otherwise) {
	uint64_t value;
	return drmGetCap(device->fd, name, &value) == 0 ? value : otherwise;
}

// The driver's name, NULL with errno set: ENOMEM, or else the file is no DRM device. (libdrm's
// drmGetVersion crashes when it finds no memory.)
static char *driver_name(int fd) {
	char name[64] = "";
	struct drm_version version = {.name = name, .name_len = sizeof(name) - 1};
	if (drmIoctl(fd, DRM_IOCTL_VERSION, &version) != 0) {
		return NULL;
	}
	return strdup(name);
}

static bool check_is_kms(struct kms_device *device, struct kms_open_error *error) {
	struct stat st;
	bool is_node = fstat(device->fd, &st) == 0 && S_ISCHR(st.st_mode);
	device->driver = is_node ? driver_name(device->fd) : NULL;
	if (is_node && !device->driver && errno == ENOMEM) {
		kms_open_error_set(error, KMS_OPEN_NO_MEMORY, "%s: out of memory", device->path);
		return false;
	}
	if (!device->driver) {
		kms_open_error_set(error, KMS_OPEN_UNFIT,
			"%s: not a DRM device: choose one of /dev/dri/card* with --device", device->path);
		return false;
	}
	device->rdev = st.st_rdev;
	if (drmGetNodeTypeFromFd(device->fd) != DRM_NODE_PRIMARY || !drmIsKMS(device->fd)) {
		kms_open_error_set(error, KMS_OPEN_UNFIT,
			"%s: a DRM device (%s) without display outputs: choose another device "
			"with --device",
			device->path, device->driver);
		return false;
	}
	return true;
}

static bool check_capabilities(struct kms_device *device, struct kms_open_error *error) {
	if (drmSetClientCap(device->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1) != 0 ||
		drmSetClientCap(device->fd, DRM_CLIENT_CAP_ATOMIC, 1) != 0) {
		kms_open_error_set(error, KMS_OPEN_UNFIT,
			"%s: driver %s has no atomic mode setting: use a newer kernel or choose "
			"another device with --device",
			device->path, device->driver);
		return false;
	}
	if (capability(device, DRM_CAP_DUMB_BUFFER, 0) == 0) {
		kms_open_error_set(error, KMS_OPEN_UNFIT,
			"%s: driver %s has no dumb buffers: choose another device with --device", device->path,
			device->driver);
		return false;
	}
	// Without it there are no screenshots from the display, and that is all.
	drmSetClientCap(device->fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1);

	uint64_t prime = capability(device, DRM_CAP_PRIME, 0);
	device->prime_import = prime & DRM_PRIME_CAP_IMPORT;
	device->prime_export = prime & DRM_PRIME_CAP_EXPORT;
	device->addfb2_modifiers = capability(device, DRM_CAP_ADDFB2_MODIFIERS, 0) != 0;
	device->async_flip = capability(device, DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP, 0) != 0;
	device->prefer_shadow = capability(device, DRM_CAP_DUMB_PREFER_SHADOW, 0) != 0;
	device->cursor_width = (uint32_t)capability(device, DRM_CAP_CURSOR_WIDTH, DEFAULT_CURSOR_SIZE);
	device->cursor_height =
		(uint32_t)capability(device, DRM_CAP_CURSOR_HEIGHT, DEFAULT_CURSOR_SIZE);
	device->close_fb = kms_framebuffer_can_close(device->fd);
	return true;
}

static bool become_master(struct kms_device *device, struct kms_open_error *error) {
	// The first to open a device without a master is it already.
	if (drmIsMaster(device->fd) || drmSetMaster(device->fd) == 0) {
		return true;
	}
	kms_open_error_set(error, KMS_OPEN_BUSY,
		"%s: another display server is DRM master: stop it (systemctl stop display-manager) "
		"or choose another device with --device",
		device->path);
	return false;
}

static bool load_objects(struct kms_device *device, struct kms_open_error *error) {
	drmModeRes *resources = drmModeGetResources(device->fd);
	errno = resources ? 0 : errno;
	bool ok = resources && kms_crtcs_load(device, resources) &&
		kms_connectors_load(device, resources) && kms_planes_load(device) &&
		kms_request_init(device);
	int err = errno;
	kms_properties_forget(device);
	if (resources) {
		drmModeFreeResources(resources);
	}
	if (!ok && (err == ENOMEM || err == 0)) {
		kms_open_error_set(error, KMS_OPEN_NO_MEMORY, "%s: out of memory", device->path);
	} else if (!ok) {
		kms_open_error_set(error, KMS_OPEN_UNFIT,
			"%s: driver %s does not tell what it has: %s: choose another device with "
			"--device",
			device->path, device->driver, strerror(err));
	}
	return ok;
}

// Everything that opening made, whether it came to its end or not.
static void device_free(struct kms_device *device) {
	kms_framebuffers_finish(device);
	kms_damages_finish(device);
	kms_dumbs_finish(device);
	for (int i = 0; i < device->n_crtcs; i++) {
		uint32_t blobs[] = {
			device->crtcs[i].mode_blob, device->crtcs[i].staged_blob, device->crtcs[i].gamma_blob};
		for (size_t j = 0; j < sizeof(blobs) / sizeof(blobs[0]); j++) {
			if (blobs[j] != 0) {
				drmModeDestroyPropertyBlob(device->fd, blobs[j]);
			}
		}
	}
	for (int i = 0; i < device->n_connectors; i++) {
		kms_connector_finish(&device->connectors[i]);
	}
	for (int i = 0; i < device->n_planes; i++) {
		kms_plane_finish(&device->planes[i]);
	}
	kms_request_finish(device);
	free(device->connectors);
	free(device->crtcs);
	free(device->planes);
	if (device->idle_fence >= 0) {
		close(device->idle_fence);
	}
	// Closing the last file description of a master drops it too; a fork may hold another one.
	drmDropMaster(device->fd);
	device->opener.close(device->opener.data, device->fd);
	free(device->driver);
	free(device->path);
	free(device);
}

struct kms_device *kms_device_open_node(
	const char *path, const struct kms_opener *opener, struct kms_open_error *error) {
	*error = (struct kms_open_error){.status = KMS_OPEN_OK};
	int fd = opener->open(opener->data, path);
	if (fd < 0) {
		open_failed(path, -fd, error);
		return NULL;
	}
	struct kms_device *device = calloc(1, sizeof(*device));
	char *own_path = strdup(path);
	if (!device || !own_path) {
		kms_open_error_set(error, KMS_OPEN_NO_MEMORY, "%s: out of memory", path);
		free(device);
		free(own_path);
		opener->close(opener->data, fd);
		return NULL;
	}
	static uint64_t last_serial;
	device->serial = ++last_serial;
	device->fd = fd;
	device->idle_fence = -1;
	device->opener = *opener;
	device->path = own_path;
	wl_list_init(&device->dumbs);
	wl_list_init(&device->framebuffers);
	wl_list_init(&device->doomed);
	if (!check_is_kms(device, error) || !check_capabilities(device, error) ||
		!become_master(device, error) || !load_objects(device, error)) {
		device_free(device);
		return NULL;
	}
	if (device->prime_export) {
		device->idle_fence = kms_fence_create(device->fd);
	}
	if (!device->prime_import) {
		log_warning(
			"%s: driver %s cannot import dma-bufs: they will be composed", path, device->driver);
	}
	return device;
}

bool kms_device_is_master(const struct kms_device *device) {
	return drmIsMaster(device->fd) != 0;
}

int kms_device_acquire(struct kms_device *device) {
	return drmIsMaster(device->fd) || drmSetMaster(device->fd) == 0 ? 0 : -errno;
}

int kms_device_resync(struct kms_device *device) {
	bool ok = kms_crtcs_reload(device) && kms_planes_reload(device);
	for (int i = 0; ok && i < device->n_connectors; i++) {
		struct kms_connector *connector = &device->connectors[i];
		// One that is no longer there has no values either.
		ok = kms_properties_reload(device, connector->id, DRM_MODE_OBJECT_CONNECTOR,
				 connector->props, KMS_CONNECTOR_PROPERTY_COUNT) ||
			errno == ENOENT;
	}
	return ok ? 0 : -errno;
}

void kms_device_close(struct kms_device *device) {
	if (!device) {
		return;
	}
	if (!device->gone) {
		kms_device_restore(device);
	}
	device_free(device);
}
