// SPDX-License-Identifier: MIT
// Built without the XML of wp_color_representation_v1: nobody can tell how YUV is coded.
#include "base/log.h"
#include "wayland/server.h"

bool color_representation_create(struct wayland_server *server) {
	(void)server;
	log_debug("built without wp_color_representation_v1: run ./run setup with the network up");
	return true;
}

bool color_representation_check(struct surface *surface) {
	(void)surface;
	return true;
}
