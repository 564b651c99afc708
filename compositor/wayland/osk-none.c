// SPDX-License-Identifier: MIT
// Built without the XML that on-screen keyboards need: policy hears of no layer surface.
#include <stdlib.h>

#include "base/log.h"
#include "wayland/server.h"

bool osk_create(struct wayland_server *server) {
	(void)server;
	log_debug("built without on-screen keyboards: run ./run setup with the network up");
	return true;
}

bool input_popups_append(
	struct wayland_server *server, struct wayland_output *output, struct scene_rect bounds) {
	(void)server;
	(void)output;
	(void)bounds;
	return true;
}

const struct layer_state *layer_surface_state(const struct layer_surface *layer) {
	(void)layer;
	abort();
}

struct surface *layer_surface_surface(const struct layer_surface *layer) {
	(void)layer;
	abort();
}

struct layer_surface *layer_surface_from_surface(const struct surface *surface) {
	(void)surface;
	return NULL;
}

struct wayland_output *layer_surface_wanted_output(const struct layer_surface *layer) {
	(void)layer;
	abort();
}

void layer_surface_configure(struct layer_surface *layer, int32_t width, int32_t height) {
	(void)layer;
	(void)width;
	(void)height;
	abort();
}

void layer_surface_close(struct layer_surface *layer) {
	(void)layer;
	abort();
}

void layer_surface_moved(struct layer_surface *layer) {
	(void)layer;
	abort();
}

void *layer_surface_data(const struct layer_surface *layer) {
	(void)layer;
	abort();
}

void layer_surface_set_data(struct layer_surface *layer, void *data) {
	(void)layer;
	(void)data;
	abort();
}
