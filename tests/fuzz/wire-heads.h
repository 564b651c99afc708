// SPDX-License-Identifier: MIT
#ifndef VITRINE_TESTS_FUZZ_WIRE_HEADS_H
#define VITRINE_TESTS_FUZZ_WIRE_HEADS_H

#include "wayland/wayland.h"

enum { WIRE_MAX_HEADS = 2 };

// Serves what tools arrange outputs by. False when out of memory.
bool wire_heads_start(struct wayland_server *server);
void wire_heads_update(struct wayland_output *const *outputs, int n); // NULL: it is off
void wire_heads_finish(void); // after the clients are gone, before the server

#endif
