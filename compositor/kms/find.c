// SPDX-License-Identifier: MIT
// Which device to open when none was named: the seat's KMS devices in udev's order, the one that the
// firmware booted on first.
#include <fcntl.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kms/internal.h"

#define DEFAULT_SEAT "seat0"

struct candidate {
	char *path; // owned
	int rank;   // higher is tried earlier
};

struct candidates {
	struct candidate *list; // owned
	size_t len;
};

static void candidates_finish(struct candidates *candidates) {
	for (size_t i = 0; i < candidates->len; i++) {
		free(candidates->list[i].path);
	}
	free(candidates->list);
	*candidates = (struct candidates){0};
}

static bool attribute_is_1(struct udev_device *device, const char *name) {
	const char *value = udev_device_get_sysattr_value(device, name);
	return value && strcmp(value, "1") == 0;
}

static int rank_of(struct udev_device *device) {
	struct udev_device *pci =
		udev_device_get_parent_with_subsystem_devtype(device, "pci", NULL); // not owned
	if (attribute_is_1(device, "boot_display") || (pci && attribute_is_1(pci, "boot_vga"))) {
		return 2;
	}
	return udev_device_has_tag(device, "master-of-seat") == 1 ? 1 : 0;
}

static bool on_our_seat(struct udev_device *device) {
	const char *ours = getenv("XDG_SEAT");
	const char *seat = udev_device_get_property_value(device, "ID_SEAT");
	return strcmp(seat ? seat : DEFAULT_SEAT, ours && *ours ? ours : DEFAULT_SEAT) == 0;
}

static bool add(struct candidates *candidates, struct udev_device *device) {
	const char *type = udev_device_get_devtype(device);
	const char *path = udev_device_get_devnode(device);
	// Connectors ("card0-HDMI-A-1") have neither.
	if (!type || strcmp(type, "drm_minor") != 0 || !path || !on_our_seat(device)) {
		return true;
	}
	struct candidate *list =
		realloc(candidates->list, (candidates->len + 1) * sizeof(*candidates->list));
	if (!list) {
		return false;
	}
	candidates->list = list;
	struct candidate new = {.path = strdup(path), .rank = rank_of(device)};
	if (!new.path) {
		return false;
	}
	// Among equals udev's order stays.
	size_t at = candidates->len;
	while (at > 0 && list[at - 1].rank < new.rank) {
		list[at] = list[at - 1];
		at--;
	}
	list[at] = new;
	candidates->len++;
	return true;
}

static bool scan(
	struct udev_enumerate *enumerate, struct udev *udev, struct candidates *candidates) {
	if (udev_enumerate_add_match_subsystem(enumerate, "drm") < 0 ||
		udev_enumerate_add_match_sysname(enumerate, "card[0-9]*") < 0 ||
		udev_enumerate_scan_devices(enumerate) < 0) {
		return true; // no sysfs: no devices
	}
	struct udev_list_entry *entry;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate)) {
		struct udev_device *device =
			udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
		if (!device) {
			continue; // gone in between
		}
		bool ok = add(candidates, device);
		udev_device_unref(device);
		if (!ok) {
			return false;
		}
	}
	return true;
}

static bool find(struct candidates *candidates) {
	struct udev *udev = udev_new();
	if (!udev) {
		return false;
	}
	struct udev_enumerate *enumerate = udev_enumerate_new(udev);
	bool ok = enumerate && scan(enumerate, udev, candidates);
	udev_enumerate_unref(enumerate);
	udev_unref(udev);
	return ok;
}

// Of several devices that failed, the operator hears of the one that was nearest to working.
static int telling(enum kms_open_status status) {
	switch (status) {
	case KMS_OPEN_BUSY:
		return 4;
	case KMS_OPEN_NO_PERMISSION:
		return 3;
	case KMS_OPEN_NO_MEMORY:
		return 2;
	case KMS_OPEN_UNFIT:
		return 1;
	case KMS_OPEN_NO_DEVICE:
	case KMS_OPEN_OK:
		break;
	}
	return 0;
}

// Render-only devices have such a node too, and are no news for an operator who looks for a display.
static bool surely_not_kms(const char *path) {
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		return false; // opening it in earnest tells why
	}
	bool is_kms = drmIsKMS(fd);
	close(fd);
	return !is_kms;
}

// One with a display, or else the first that opens, if none is held by others.
static struct kms_device *open_first(const struct candidates *candidates,
	const struct kms_opener *opener, struct kms_open_error *error) {
	struct kms_device *dark = NULL;
	for (size_t i = 0; i < candidates->len; i++) {
		if (surely_not_kms(candidates->list[i].path)) {
			continue;
		}
		struct kms_open_error mine;
		struct kms_device *device = kms_device_open_node(candidates->list[i].path, opener, &mine);
		if (device && kms_device_has_display(device)) {
			kms_device_close(dark);
			*error = mine;
			return device;
		}
		if (device && dark) {
			kms_device_close(device);
		} else if (device) {
			dark = device;
		} else if (telling(mine.status) > telling(error->status)) {
			*error = mine;
		}
	}
	// One that cannot be had for now may have a display.
	if (dark && (error->status == KMS_OPEN_BUSY || error->status == KMS_OPEN_NO_PERMISSION)) {
		kms_device_close(dark);
		return NULL;
	}
	if (dark) {
		*error = (struct kms_open_error){.status = KMS_OPEN_OK};
	}
	return dark;
}

struct kms_device *kms_device_open(
	const char *path, const struct kms_opener *opener, struct kms_open_error *error) {
	static const struct kms_opener directly = {
		.open = kms_open_directly, .close = kms_close_directly};
	opener = opener ? opener : &directly;
	if (path) {
		return kms_device_open_node(path, opener, error);
	}
	struct candidates candidates = {0};
	if (!find(&candidates)) {
		candidates_finish(&candidates);
		kms_open_error_set(error, KMS_OPEN_NO_MEMORY, "looking for DRM devices: out of memory");
		return NULL;
	}
	kms_open_error_set(error, KMS_OPEN_NO_DEVICE,
		"no DRM device with KMS found: is the driver loaded? (--wait waits for one)");
	struct kms_device *device = open_first(&candidates, opener, error);
	candidates_finish(&candidates);
	return device;
}
