// SPDX-License-Identifier: MIT
// What on-screen keyboards need, where the build had its XML.
#include "wayland/server.h"

bool osk_create(struct wayland_server *server) {
	return layer_shell_create(server) && virtual_keyboard_create(server) &&
		input_method_create(server);
}
