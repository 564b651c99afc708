// SPDX-License-Identifier: MIT
// Connectors, and what is connected to them, in `vitrinectl status --json`.
#include <json.h>

#include "kiosk/kiosk.h"

static void add(struct json_object *object, const char *key, struct json_object *value) {
	json_object_object_add(object, key, value);
}

static void add_string(struct json_object *object, const char *key, const char *value) {
	add(object, key, json_object_new_string(value != NULL ? value : ""));
}

static struct json_object *modes_json(const struct kms_connector *connector) {
	struct json_object *array = json_object_new_array();
	for (int i = 0; i < connector->n_modes; i++) {
		const drmModeModeInfo *mode = &connector->modes[i];
		struct json_object *object = json_object_new_object();
		add(object, "width", json_object_new_int(mode->hdisplay));
		add(object, "height", json_object_new_int(mode->vdisplay));
		add(object, "refresh_mhz", json_object_new_int(kms_mode_refresh_mhz(mode)));
		add(object, "preferred",
			json_object_new_boolean((mode->type & DRM_MODE_TYPE_PREFERRED) != 0));
		add(object, "interlaced",
			json_object_new_boolean((mode->flags & DRM_MODE_FLAG_INTERLACE) != 0));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *display_json(
	const struct kiosk *kiosk, const struct kms_connector *connector) {
	struct display_identity names = {0};
	edid_identify(connector->edid, connector->edid_size, &names);
	struct json_object *object = json_object_new_object();
	add_string(object, "connector", connector->name);
	add(object, "connected", json_object_new_boolean(connector->connected));
	add(object, "enabled",
		json_object_new_boolean(kiosk_find_output(kiosk, connector->name) != NULL));
	add_string(object, "pnp", names.pnp);
	add_string(object, "make", names.make);
	add_string(object, "model", names.model);
	add_string(object, "serial", names.serial);
	add(object, "width_mm", json_object_new_int64(connector->width_mm));
	add(object, "height_mm", json_object_new_int64(connector->height_mm));
	add(object, "vrr_capable", json_object_new_boolean(connector->vrr_capable));
	add(object, "modes", modes_json(connector));
	display_identity_finish(&names);
	return object;
}

struct json_object *status_displays(const struct kiosk *kiosk) {
	struct json_object *array = json_object_new_array();
	for (int i = 0; kiosk->device != NULL && i < kiosk->device->n_connectors; i++) {
		const struct kms_connector *connector = &kiosk->device->connectors[i];
		if (!connector->writeback && !connector->non_desktop) {
			json_object_array_add(array, display_json(kiosk, connector));
		}
	}
	return array;
}
