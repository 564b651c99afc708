// SPDX-License-Identifier: MIT
// Timelines of a kernel that is made up (../unit/fake-syncobj.h), for clients to bring.
#ifndef VITRINE_TESTS_FUZZ_WIRE_TIMELINES_H
#define VITRINE_TESTS_FUZZ_WIRE_TIMELINES_H

#include "wayland/wayland.h"

// The server has a device with timelines from now on.
void wire_timelines_start(struct wayland_server *server);
extern unsigned long
	wire_timeline_waits; // how often something changed while a commit waited for a point
// The server is gone.
void wire_timelines_finish(void);
// Somebody signals a point, or the device comes, goes, or is exchanged for another, maybe one without timelines.
void wire_timelines_change(struct wayland_server *server);
// Borrowed: a timeline's.
int wire_timeline_file(void);
// All buffers of clients pass for dma-bufs, of which there are none without a device: none others go with timelines.
void wire_take_for_dmabufs(struct wayland_server *server);

#endif
