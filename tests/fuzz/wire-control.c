// SPDX-License-Identifier: MIT
// What stands in for the kiosk that vitrine_control_v1 works on: one display that is not lit, no app, no input
// device, and a configuration that cannot be read anew. What would reach for more is put off by the linker
// (--wrap).
#include "wire-control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drmMode.h>

#include "kiosk/kiosk.h"
#include "session/session.h"
#include "wire-peer.h"

static struct kiosk kiosk;
static struct config config;

struct input_device *__wrap_kiosk_input_next(
	const struct kiosk_input *input, const struct input_device *after, int *output);
struct input_device *__wrap_kiosk_input_next(
	const struct kiosk_input *input, const struct input_device *after, int *output) {
	(void)input;
	(void)after;
	(void)output;
	return NULL;
}

bool __wrap_kiosk_rearrange(
	struct kiosk *of, const struct display_overrides *overrides, bool test, char error[256]);
bool __wrap_kiosk_rearrange(
	struct kiosk *of, const struct display_overrides *overrides, bool test, char error[256]) {
	if (!test) {
		of->overrides = *overrides;
	}
	snprintf(error, 256, "the display refuses it");
	return pick(2);
}

static bool load(void *data, struct config *read, char error[CONFIG_ERROR_SIZE]) {
	(void)data;
	(void)read;
	snprintf(error, CONFIG_ERROR_SIZE, "/etc/vitrine/vitrine.ini:1: is not to be read");
	return false;
}

bool wire_control_start(struct wayland_server *server, struct kiosk_layout *layout) {
	static drmModeModeInfo mode = {.hdisplay = 640,
		.vdisplay = 480,
		.vrefresh = 60,
		.clock = 25175,
		.htotal = 800,
		.vtotal = 525,
		.type = DRM_MODE_TYPE_PREFERRED,
		.name = "640x480"};
	static struct kms_connector connector = {
		.name = "Test", .connected = true, .modes = &mode, .n_modes = 1};
	static char path[] = "/dev/dri/card0", driver[] = "none";
	static struct kms_device device = {
		.fd = -1, .path = path, .driver = driver, .connectors = &connector, .n_connectors = 1};
	static struct session *session;
	if (session == NULL) {
		session = session_create();
	}
	config_init(&config);
	connector.device = &device;
	kiosk = (struct kiosk){.session = session,
		.config = &config,
		.load = load,
		.device = &device,
		.server = server,
		.layout = layout};
	kiosk.control = session != NULL ? control_create(&kiosk) : NULL;
	return kiosk.control != NULL;
}

void wire_control_finish(void) {
	control_destroy(kiosk.control);
	config_finish(&config);
}
