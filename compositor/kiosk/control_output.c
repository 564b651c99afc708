// SPDX-License-Identifier: MIT
// vitrine_output_change_v1: arranges an output for vitrinectl.
#include <stdio.h>
#include <stdlib.h>

#include "kiosk/kiosk.h"
#include "vitrine-control-v1-server-protocol.h"

struct output_change {
	struct kiosk *kiosk;
	char connector[32]; // its name
	struct display_change change;
};

static struct output_change *change_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static void handle_set_enabled(
	struct wl_client *client, struct wl_resource *resource, uint32_t enabled) {
	(void)client;
	struct display_change *change = &change_from_resource(resource)->change;
	change->set |= DISPLAY_CHANGE_OFF;
	change->off = enabled == 0;
}

static void handle_set_mode(struct wl_client *client, struct wl_resource *resource, int32_t width,
	int32_t height, int32_t refresh_mhz) {
	(void)client;
	struct display_change *change = &change_from_resource(resource)->change;
	change->set |= DISPLAY_CHANGE_MODE;
	change->mode =
		(struct config_mode){.width = width, .height = height, .refresh_mhz = refresh_mhz};
}

static void handle_set_transform(
	struct wl_client *client, struct wl_resource *resource, uint32_t transform) {
	(void)client;
	struct display_change *change = &change_from_resource(resource)->change;
	if (transform > WL_OUTPUT_TRANSFORM_FLIPPED_270) {
		wl_resource_post_error(resource, VITRINE_OUTPUT_CHANGE_V1_ERROR_INVALID_TRANSFORM,
			"%u is not a transform", transform);
		return;
	}
	change->set |= DISPLAY_CHANGE_TRANSFORM;
	change->transform = (enum wl_output_transform)transform;
}

static void handle_set_scale(
	struct wl_client *client, struct wl_resource *resource, wl_fixed_t scale) {
	(void)client;
	struct display_change *change = &change_from_resource(resource)->change;
	change->set |= DISPLAY_CHANGE_SCALE;
	change->scale = wl_fixed_to_double(scale);
}

static void handle_set_position(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y) {
	(void)client;
	struct display_change *change = &change_from_resource(resource)->change;
	change->set |= DISPLAY_CHANGE_POSITION;
	change->x = x;
	change->y = y;
}

// False with a sentence for people in error.
static bool perform(const struct output_change *change, bool test, char error[256]) {
	struct kiosk *kiosk = change->kiosk;
	const struct kms_connector *connector = kiosk_find_connector(kiosk, change->connector);
	if (connector == NULL || !kms_connector_has_display(connector)) {
		snprintf(error, 256, "%s: `vitrinectl output` lists the displays",
			connector == NULL ? "no such connector" : "nothing is connected there");
		return false;
	}
	struct display_overrides overrides = kiosk->overrides;
	if (!display_change_is_valid(&change->change, connector, error)) {
		return false;
	}
	if (!display_override(&overrides, connector, &change->change)) {
		snprintf(error, 256, "too many displays were changed: reload the configuration");
		return false;
	}
	return kiosk_rearrange(kiosk, &overrides, test, error);
}

static void answer(struct wl_client *client, struct wl_resource *resource, uint32_t id, bool test) {
	char error[256] = "";
	bool ok = perform(change_from_resource(resource), test, error);
	control_reply(client, resource, id, ok ? NULL : error);
}

static void handle_test(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	answer(client, resource, id, true);
}

static void handle_apply(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	answer(client, resource, id, false);
}

static const struct vitrine_output_change_v1_interface change_implementation = {
	.destroy = handle_destroy,
	.set_enabled = handle_set_enabled,
	.set_mode = handle_set_mode,
	.set_transform = handle_set_transform,
	.set_scale = handle_set_scale,
	.set_position = handle_set_position,
	.test = handle_test,
	.apply = handle_apply,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	free(change_from_resource(resource));
}

void control_change_output(struct kiosk *kiosk, struct wl_client *client, uint32_t version,
	uint32_t id, const char *output) {
	struct output_change *change = calloc(1, sizeof(*change));
	struct wl_resource *resource = change != NULL
		? wl_resource_create(client, &vitrine_output_change_v1_interface, (int)version, id)
		: NULL;
	if (resource == NULL) {
		free(change);
		wl_client_post_no_memory(client);
		return;
	}
	change->kiosk = kiosk;
	snprintf(change->connector, sizeof(change->connector), "%s", output);
	wl_resource_set_implementation(
		resource, &change_implementation, change, handle_resource_destroy);
}
