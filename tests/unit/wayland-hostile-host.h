// SPDX-License-Identifier: MIT
// The server that wayland-hostile.c torments: outputs that come and go, frames that are shown or lost,
// and somebody at its devices.
#ifndef VITRINE_TESTS_WAYLAND_HOSTILE_HOST_H
#define VITRINE_TESTS_WAYLAND_HOSTILE_HOST_H

#include "kiosk/layout.h"
#include "scene/scene.h"
#include "wayland/wayland.h"

enum { N_OUTPUTS = 2 };

struct host {
	struct wayland_server *server;
	struct kiosk_layout *layout;
	struct {
		struct scene_output scene;
		struct wayland_output *wayland; // NULL: not there
	} outputs[N_OUTPUTS];
};

extern struct host host;

// Of the test: below n, the same ones for the same seed.
unsigned pick(unsigned n);

// With one output, and a pointer, a keyboard and a touch screen.
void host_start(void);
void host_finish(void);
void add_output(int i);
void remove_output(int i);
// Lets the server handle what was sent, and send what it has to.
void serve(void);
// What output/ does for a frame; some layers are hidden, some frames never reach the screen. Returns the
// number of layers.
unsigned show_frame(struct scene_output *scene);
// Somebody does something with one of the devices.
void use_devices(void);

#endif
