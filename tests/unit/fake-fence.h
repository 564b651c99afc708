// SPDX-License-Identifier: MIT
// Buffers of clients in the same process that are drawn when the test says so, as a dma-buf is when its
// fence is signalled.
#ifndef VITRINE_TESTS_FAKE_FENCE_H
#define VITRINE_TESTS_FAKE_FENCE_H

#include <stdbool.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

// From now on the buffer, which the server has to know by now, is not drawn. `peer` is the server's
// client. Its number is given to the others; a buffer takes a new one each time.
int fake_fence_attach(struct wl_client *peer, struct wl_buffer *buffer);
void fake_fence_signal(int fence);
// How often what is drawn was asked for in order to be watched.
extern int fake_fence_watches;
// All of them are forgotten; the buffers are gone, or drawn.
void fake_fence_reset(void);

#endif
