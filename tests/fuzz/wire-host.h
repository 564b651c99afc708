// SPDX-License-Identifier: MIT
// The server that clients torment, without a device: outputs that come and go, frames that are shown or lost,
// and somebody at its devices.
#ifndef VITRINE_TESTS_FUZZ_WIRE_HOST_H
#define VITRINE_TESTS_FUZZ_WIRE_HOST_H

#include "kiosk/layout.h"
#include "scene/scene.h"
#include "wayland/wayland.h"
#include "wire-peer.h"

enum { N_OUTPUTS = 2 };

struct host {
	struct wayland_server *server;
	struct kiosk_layout *layout;
	bool trusts; // clients get to see what on-screen keyboards need
	struct {
		struct scene_output scene;
		struct wayland_output *wayland; // NULL: not there
	} outputs[N_OUTPUTS];
	uint64_t time_us; // of the last event of a device
	bool button_down, touch_down, key_down;
};

extern struct host host;

// After wire_open. With one output, and a pointer, a keyboard and a touch screen.
void host_start(bool trusting);
// Its clients are gone.
void host_finish(void);
// Connects, and does what clients do first.
void host_join(struct peer *peer);
void add_output(int i);
void remove_output(int i);
// What output/ does for a frame; some layers are hidden, some frames never reach the screen. Returns the
// number of layers.
unsigned show_frame(struct scene_output *scene);
// Somebody does something with one of the devices.
void use_devices(void);

#endif
