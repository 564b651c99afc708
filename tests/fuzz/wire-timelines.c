// SPDX-License-Identifier: MIT
#include "wire-timelines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake-syncobj.h"
#include "wayland/server.h"
#include "wire-peer.h"

enum { N_TIMELINES = 3 };

static struct {
	int fd;
	uint64_t number;
} timelines[N_TIMELINES];

unsigned long wire_timeline_waits;

void wire_timelines_start(struct wayland_server *server) {
	for (int i = 0; i < N_TIMELINES; i++) {
		timelines[i].fd = fake_syncobj_create(&timelines[i].number);
	}
	assert_true(wayland_server_set_sync_device(server, FAKE_DEVICE));
}

void wire_timelines_finish(void) {
	for (int i = 0; i < N_TIMELINES; i++) {
		close(timelines[i].fd);
	}
	fake_syncobj_reset();
}

void wire_timelines_change(struct wayland_server *server) {
	int device = FAKE_DEVICE + (int)pick(2);
	wire_timeline_waits += fake_syncobj_watches > 0;
	switch (pick(32)) {
	case 0:
		assert_true(wayland_server_set_sync_device(server, FAKE_PLAIN_DEVICE));
		break;
	case 1:
		assert_true(wayland_server_set_sync_device(server, -1));
		break;
	case 2: // before the server is told
		fake_syncobj_unplug(device);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
		fake_syncobj_plug(device);
		assert_true(wayland_server_set_sync_device(server, device));
		break;
	default:
		fake_syncobj_signal(timelines[pick(N_TIMELINES)].number, pick(64));
	}
}

int wire_timeline_file(void) {
	return timelines[pick(N_TIMELINES)].fd;
}

static enum wl_iterator_result take_for_dmabuf(struct wl_resource *resource, void *data) {
	(void)data;
	if (strcmp(wl_resource_get_class(resource), wl_buffer_interface.name) == 0) {
		buffer_from_resource(resource)->kind = SCENE_BUFFER_DMABUF;
	}
	return WL_ITERATOR_CONTINUE;
}

void wire_take_for_dmabufs(struct wayland_server *server) {
	struct wl_client *client;
	wl_client_for_each(client, wl_display_get_client_list(wayland_server_display(server))) {
		wl_client_for_each_resource(client, take_for_dmabuf, NULL);
	}
}
