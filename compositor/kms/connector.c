// SPDX-License-Identifier: MIT
// Connectors: what is plugged in, which modes it has, which CRTCs can feed it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "kms/internal.h"

static const char *const connector_names[KMS_CONNECTOR_PROPERTY_COUNT] = {
	[KMS_CONNECTOR_CRTC_ID] = "CRTC_ID",
	[KMS_CONNECTOR_EDID] = "EDID",
	[KMS_CONNECTOR_NON_DESKTOP] = "non-desktop",
	[KMS_CONNECTOR_MAX_BPC] = "max bpc",
	[KMS_CONNECTOR_CONTENT_TYPE] = "content type",
	[KMS_CONNECTOR_PANEL_ORIENTATION] = "panel orientation",
	[KMS_CONNECTOR_VRR_CAPABLE] = "vrr_capable",
	[KMS_CONNECTOR_LINK_STATUS] = "link-status",
	[KMS_CONNECTOR_WRITEBACK_FB_ID] = "WRITEBACK_FB_ID",
	[KMS_CONNECTOR_WRITEBACK_OUT_FENCE_PTR] = "WRITEBACK_OUT_FENCE_PTR",
	[KMS_CONNECTOR_WRITEBACK_PIXEL_FORMATS] = "WRITEBACK_PIXEL_FORMATS",
};

// What one probe found, before it is compared with what was known.
struct probe {
	drmModeConnection connection;
	drmModeModeInfo *modes; // owned
	int n_modes;
	void *edid; // owned, may be NULL
	size_t edid_size;
};

static void probe_finish(struct probe *probe) {
	free(probe->modes);
	free(probe->edid);
	*probe = (struct probe){0};
}

static bool read_edid(struct kms_device *device, const drmModeConnector *now,
	const struct kms_connector *connector, struct probe *probe) {
	for (int i = 0; i < now->count_props; i++) {
		if (now->props[i] != connector->props[KMS_CONNECTOR_EDID].id || now->prop_values[i] == 0) {
			continue;
		}
		drmModePropertyBlobRes *blob = kms_blob_get(device, (uint32_t)now->prop_values[i]);
		if (!blob) {
			return errno != ENOMEM; // else unplugged in between: the next probe tells
		}
		bool ok = true;
		if (blob->length > 0) {
			probe->edid = malloc(blob->length);
			ok = probe->edid != NULL;
			if (ok) {
				memcpy(probe->edid, blob->data, blob->length);
				probe->edid_size = blob->length;
			}
		}
		drmModeFreePropertyBlob(blob);
		return ok;
	}
	return true;
}

// Asks the display. False when out of memory; a connector that is gone reads as disconnected.
static bool probe_connector(struct kms_connector *connector, struct probe *probe) {
	struct kms_device *device = connector->device;
	*probe = (struct probe){.connection = DRM_MODE_DISCONNECTED};
	errno = 0;
	drmModeConnector *now = drmModeGetConnector(device->fd, connector->id);
	if (!now) {
		return errno != ENOMEM;
	}
	probe->connection = now->connection;
	connector->width_mm = now->mmWidth;
	connector->height_mm = now->mmHeight;
	bool ok = true;
	if (now->count_modes > 0) {
		probe->modes = calloc((size_t)now->count_modes, sizeof(*probe->modes));
		ok = probe->modes != NULL;
		if (ok) {
			memcpy(probe->modes, now->modes, (size_t)now->count_modes * sizeof(*probe->modes));
			probe->n_modes = now->count_modes;
		}
	}
	for (int i = 0; i < now->count_props; i++) {
		if (now->props[i] == connector->props[KMS_CONNECTOR_NON_DESKTOP].id) {
			connector->non_desktop = now->prop_values[i] != 0;
		} else if (now->props[i] == connector->props[KMS_CONNECTOR_VRR_CAPABLE].id) {
			connector->vrr_capable = now->prop_values[i] != 0;
		} else if (now->props[i] == connector->props[KMS_CONNECTOR_LINK_STATUS].id) {
			connector->props[KMS_CONNECTOR_LINK_STATUS].value = now->prop_values[i];
		}
	}
	ok = ok && read_edid(device, now, connector, probe);
	drmModeFreeConnector(now);
	if (!ok) {
		probe_finish(probe);
	}
	return ok;
}

static bool same_modes(const struct kms_connector *connector, const struct probe *probe) {
	if (connector->n_modes != probe->n_modes) {
		return false;
	}
	for (int i = 0; i < probe->n_modes; i++) {
		if (!kms_mode_equal(&connector->modes[i], &probe->modes[i]) ||
			connector->modes[i].type != probe->modes[i].type) {
			return false;
		}
	}
	return true;
}

static bool same_edid(const struct kms_connector *connector, const struct probe *probe) {
	return connector->edid_size == probe->edid_size &&
		(probe->edid_size == 0 || memcmp(connector->edid, probe->edid, probe->edid_size) == 0);
}

static bool lightable(const struct kms_connector *connector) {
	return !connector->writeback && !connector->non_desktop;
}

// Some analogue outputs cannot tell whether something is plugged in. Like the kernel's own console
// they are taken for connected only when nothing else is.
static bool any_connected(const struct kms_device *device, const struct probe *probes) {
	for (int i = 0; i < device->n_connectors; i++) {
		if (lightable(&device->connectors[i]) && probes[i].connection == DRM_MODE_CONNECTED) {
			return true;
		}
	}
	return false;
}

static void connector_init(struct kms_connector *connector, const drmModeConnector *now) {
	const char *type = drmModeGetConnectorTypeName(now->connector_type);
	connector->type = now->connector_type;
	connector->writeback = now->connector_type == DRM_MODE_CONNECTOR_WRITEBACK;
	connector->possible_crtcs = drmModeConnectorGetPossibleCrtcs(connector->device->fd, now);
	snprintf(connector->name, sizeof(connector->name), "%s-%u", type ? type : "Unknown",
		now->connector_type_id);
}

static enum kms_orientation read_orientation(const drmModePropertyRes *property, uint64_t value) {
	static const char *const names[] = {
		[KMS_ORIENTATION_NORMAL] = "Normal",
		[KMS_ORIENTATION_BOTTOM_UP] = "Upside Down",
		[KMS_ORIENTATION_LEFT_UP] = "Left Side Up",
		[KMS_ORIENTATION_RIGHT_UP] = "Right Side Up",
	};
	for (int i = 0; i < property->count_enums; i++) {
		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
			if (property->enums[i].value == value &&
				strcmp(property->enums[i].name, names[n]) == 0) {
				return (enum kms_orientation)n;
			}
		}
	}
	return KMS_ORIENTATION_NORMAL;
}

static void read_content_types(
	const drmModePropertyRes *property, uint64_t values[KMS_CONTENT_COUNT]) {
	static const char *const names[KMS_CONTENT_COUNT] = {
		[KMS_CONTENT_NONE] = "No Data",
		[KMS_CONTENT_PHOTO] = "Photo",
		[KMS_CONTENT_CINEMA] = "Cinema",
		[KMS_CONTENT_GAME] = "Game",
	};
	for (int n = 0; n < KMS_CONTENT_COUNT; n++) {
		for (int i = 0; i < property->count_enums; i++) {
			if (strcmp(property->enums[i].name, names[n]) == 0) {
				values[n] = property->enums[i].value;
			}
		}
	}
}

static bool visit_property(
	void *owner, int index, const drmModePropertyRes *property, uint64_t value) {
	struct kms_connector *connector = owner;
	if (index == KMS_CONNECTOR_PANEL_ORIENTATION) {
		connector->orientation = read_orientation(property, value);
	} else if (index == KMS_CONNECTOR_CONTENT_TYPE) {
		read_content_types(property, connector->content_types);
	} else if (index == KMS_CONNECTOR_MAX_BPC && property->count_values == 2) {
		connector->min_bpc = (int)property->values[0];
		connector->max_bpc = (int)property->values[1];
	}
	return true;
}

static bool is_listed(const drmModeRes *resources, uint32_t id) {
	for (int i = 0; i < resources->count_connectors; i++) {
		if (resources->connectors[i] == id) {
			return true;
		}
	}
	return false;
}

// That of one which the kernel has no more (each plugging of a DisplayPort MST hub makes new ones), and of
// which that was known before: then nobody shows on it. NULL: there are more than anyone has.
static struct kms_connector *free_place(struct kms_device *device, const drmModeRes *resources) {
	for (int i = 0; i < device->n_connectors; i++) {
		struct kms_connector *connector = &device->connectors[i];
		if (!connector->connected && connector->props[KMS_CONNECTOR_CRTC_ID].value == 0 &&
			!is_listed(resources, connector->id)) {
			return connector;
		}
	}
	return device->n_connectors < device->cap_connectors ? &device->connectors[device->n_connectors]
														 : NULL;
}

// Takes a connector in that was not known. False with errno set.
static bool add_connector(struct kms_device *device, struct kms_connector *connector, uint32_t id) {
	drmModeConnector *now = drmModeGetConnectorCurrent(device->fd, id);
	if (!now) {
		return true; // it came and went
	}
	kms_connector_finish(connector);
	*connector = (struct kms_connector){.device = device, .id = id};
	connector_init(connector, now);
	memset(connector->content_types, 0xff, sizeof(connector->content_types));
	drmModeFreeConnector(now);
	if (!kms_properties_load(device, id, DRM_MODE_OBJECT_CONNECTOR, connector_names,
			KMS_CONNECTOR_PROPERTY_COUNT, connector->props, visit_property, connector)) {
		return false;
	}
	// One-shot in the kernel: what was read is not a state that could be kept or restored.
	connector->props[KMS_CONNECTOR_WRITEBACK_FB_ID].value = 0;
	connector->props[KMS_CONNECTOR_WRITEBACK_FB_ID].initial = 0;
	connector->props[KMS_CONNECTOR_WRITEBACK_OUT_FENCE_PTR].value = 0;
	connector->props[KMS_CONNECTOR_WRITEBACK_OUT_FENCE_PTR].initial = 0;
	device->n_connectors += connector == &device->connectors[device->n_connectors];
	return true;
}

static bool known(const struct kms_device *device, uint32_t id) {
	for (int i = 0; i < device->n_connectors; i++) {
		if (device->connectors[i].id == id) {
			return true;
		}
	}
	return false;
}

static bool add_new_connectors(struct kms_device *device, const drmModeRes *resources) {
	for (int i = 0; i < resources->count_connectors; i++) {
		if (known(device, resources->connectors[i])) {
			continue;
		}
		struct kms_connector *connector = free_place(device, resources);
		if (!connector) {
			break; // the first ones keep working
		}
		if (!add_connector(device, connector, resources->connectors[i])) {
			return false;
		}
	}
	return true;
}

// Probes every connector and takes over what was found. False when out of memory.
static bool refresh(struct kms_device *device, bool *changed) {
	// One more than there are: a device with none is not out of memory.
	struct probe *probes = calloc((size_t)device->n_connectors + 1, sizeof(*probes));
	if (!probes) {
		return false;
	}
	bool ok = true;
	int n_probed = 0;
	for (; ok && n_probed < device->n_connectors; n_probed++) {
		ok = probe_connector(&device->connectors[n_probed], &probes[n_probed]);
	}
	bool sure = any_connected(device, probes);
	for (int i = 0; ok && i < device->n_connectors; i++) {
		struct kms_connector *connector = &device->connectors[i];
		struct probe *probe = &probes[i];
		bool connected = probe->connection == DRM_MODE_CONNECTED ||
			(!sure && probe->connection == DRM_MODE_UNKNOWNCONNECTION && probe->n_modes > 0 &&
				lightable(connector));
		if (connected != connector->connected || !same_modes(connector, probe) ||
			!same_edid(connector, probe)) {
			*changed = true;
			connector->displays++;
		}
		connector->connected = connected;
		free(connector->modes);
		free(connector->edid);
		connector->modes = probe->modes;
		connector->n_modes = probe->n_modes;
		connector->edid = probe->edid;
		connector->edid_size = probe->edid_size;
		*probe = (struct probe){0};
	}
	for (int i = 0; i < n_probed; i++) {
		probe_finish(&probes[i]);
	}
	free(probes);
	return ok;
}

bool kms_connectors_load(struct kms_device *device, const drmModeRes *resources) {
	device->cap_connectors = resources->count_connectors + KMS_SPARE_CONNECTORS;
	device->connectors = calloc((size_t)device->cap_connectors, sizeof(*device->connectors));
	bool changed;
	return device->connectors && add_new_connectors(device, resources) && refresh(device, &changed);
}

bool kms_device_probe(struct kms_device *device) {
	bool changed = false;
	drmModeRes *resources = drmModeGetResources(device->fd);
	if (resources) {
		int before = device->n_connectors;
		add_new_connectors(device, resources);
		kms_properties_forget(device);
		changed = device->n_connectors != before;
		drmModeFreeResources(resources);
	}
	// Out of memory: nothing was taken over, the next hotplug event tries again.
	refresh(device, &changed);
	return changed;
}

bool kms_connector_has_display(const struct kms_connector *connector) {
	return connector->connected && lightable(connector) && connector->n_modes > 0;
}

bool kms_device_has_display(const struct kms_device *device) {
	for (int i = 0; i < device->n_connectors; i++) {
		if (kms_connector_has_display(&device->connectors[i])) {
			return true;
		}
	}
	return false;
}

struct kms_connector *kms_crtc_writeback(struct kms_crtc *crtc) {
	struct kms_device *device = crtc->device;
	for (int i = 0; i < device->n_connectors; i++) {
		struct kms_connector *connector = &device->connectors[i];
		if (connector->writeback && (connector->possible_crtcs & (1u << crtc->index))) {
			return connector;
		}
	}
	return NULL;
}

void kms_connector_finish(struct kms_connector *connector) {
	free(connector->modes);
	free(connector->edid);
	*connector = (struct kms_connector){0};
}
