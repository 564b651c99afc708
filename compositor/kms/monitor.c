// SPDX-License-Identifier: MIT
// Devices and displays that come and go: udev events of subsystem "drm".
#include <libudev.h>
#include <stdlib.h>

#include "kms/kms.h"

struct kms_monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
	kms_monitor_handler handler;
	void *data;
};

struct kms_monitor *kms_monitor_create(kms_monitor_handler handler, void *data) {
	struct kms_monitor *monitor = calloc(1, sizeof(*monitor));
	if (!monitor) {
		return NULL;
	}
	monitor->handler = handler;
	monitor->data = data;
	monitor->udev = udev_new();
	if (monitor->udev) {
		monitor->monitor = udev_monitor_new_from_netlink(monitor->udev, "udev");
	}
	// Connectors are udev devices of their own; their hotplug is told by the card's "change".
	if (!monitor->monitor ||
		udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "drm", "drm_minor") < 0 ||
		udev_monitor_enable_receiving(monitor->monitor) < 0) {
		kms_monitor_destroy(monitor);
		return NULL;
	}
	return monitor;
}

void kms_monitor_destroy(struct kms_monitor *monitor) {
	if (!monitor) {
		return;
	}
	udev_monitor_unref(monitor->monitor);
	udev_unref(monitor->udev);
	free(monitor);
}

void kms_monitor_set_handler(struct kms_monitor *monitor, kms_monitor_handler handler, void *data) {
	monitor->handler = handler;
	monitor->data = data;
}

int kms_monitor_fd(struct kms_monitor *monitor) {
	return udev_monitor_get_fd(monitor->monitor);
}

void kms_monitor_dispatch(struct kms_monitor *monitor) {
	struct udev_device *device;
	// The socket is non-blocking: NULL when nothing is left.
	while ((device = udev_monitor_receive_device(monitor->monitor))) {
		const char *action = udev_device_get_action(device);
		monitor->handler(monitor->data, action ? action : "", udev_device_get_devnum(device),
			udev_device_get_devnode(device));
		udev_device_unref(device);
	}
}
