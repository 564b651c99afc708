// SPDX-License-Identifier: MIT
#ifndef VITRINE_TESTS_FUZZ_WIRE_CONTROL_H
#define VITRINE_TESTS_FUZZ_WIRE_CONTROL_H

#include "kiosk/layout.h"
#include "wayland/wayland.h"

// Serves vitrine_control_v1, of a kiosk that is none. False when out of memory.
bool wire_control_start(struct wayland_server *server, struct kiosk_layout *layout);
void wire_control_finish(void); // after the clients are gone, before the server

#endif
