// SPDX-License-Identifier: MIT
#include "wire-host.h"

#include <drm_fourcc.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#include "wayland/keymap.h"
#include "wayland/seat.h"
#include "wire-control.h"
#include "wire-files.h"
#include "wire-heads.h"
#include "wire-timelines.h"

struct host host;

static void update_heads(void) {
	struct wayland_output *outputs[N_OUTPUTS];
	for (int i = 0; i < N_OUTPUTS; i++) {
		outputs[i] = host.outputs[i].wayland;
	}
	wire_heads_update(outputs, N_OUTPUTS);
}

void add_output(int i) {
	struct wayland_output_info info = {
		.name = "Test",
		.description = "no device",
		.make = "none",
		.model = "none",
		.width = 200 + (int32_t)pick(400),
		.height = 200 + (int32_t)pick(300),
		.refresh_mhz = 60000,
		.scale = 1 + (int32_t)pick(2),
		.transform = (enum wl_output_transform)pick(8),
	};
	scene_output_init(&host.outputs[i].scene, info.width, info.height);
	host.outputs[i].wayland = wayland_output_create(host.server, &info, &host.outputs[i].scene);
	assert_non_null(host.outputs[i].wayland);
	assert_true(kiosk_layout_add_output(host.layout, host.outputs[i].wayland));
	update_heads();
}

void remove_output(int i) {
	kiosk_layout_remove_output(host.layout, host.outputs[i].wayland);
	wayland_output_destroy(host.outputs[i].wayland);
	scene_output_finish(&host.outputs[i].scene);
	host.outputs[i].wayland = NULL;
	update_heads();
}

// One of a few keys: that of the system takes long to make.
static void set_keymap(struct seat *seat) {
	static struct xkb_keymap *keymap;
	if (!keymap) {
		keymap = keymap_read(wire_keymap_file(), wire_keymap_size);
		assert_non_null(keymap);
	}
	assert_true(seat_set_keymap(seat, keymap));
}

static bool trusts(void *data, pid_t pid, int fd) {
	(void)data;
	(void)pid;
	(void)fd;
	return host.trusts;
}

void host_start(bool trusting) {
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565,
		DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, DRM_FORMAT_NV12};
	struct format_set set = {0};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		assert_true(format_set_add(&set, formats[i], DRM_FORMAT_MOD_LINEAR));
	}
	host = (struct host){.trusts = trusting, .layout = kiosk_layout_create()};
	assert_non_null(host.layout);
	kiosk_layout_set_trust(host.layout, trusts, NULL);
	struct wayland_server_options options = {
		.policy = kiosk_layout_policy(),
		.data = host.layout,
		.scanout_formats = &set,
		.composed_formats = &set,
		.presentation_clock = CLOCK_MONOTONIC,
	};
	char error[256] = "";
	host.server = wayland_server_create(&options, error);
	format_set_finish(&set);
	assert_string_equal(error, "");
	seat_set_capabilities(wayland_server_seat(host.server),
		WL_SEAT_CAPABILITY_POINTER | WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_TOUCH);
	set_keymap(wayland_server_seat(host.server));
	assert_true(wire_heads_start(host.server));
	assert_true(wire_control_start(host.server, host.layout));
	wire_timelines_start(host.server);
	add_output(0);
}

void host_finish(void) {
	for (int i = 0; i < N_OUTPUTS; i++) {
		if (host.outputs[i].wayland) {
			assert_int_equal(host.outputs[i].scene.n_layers, 0);
			remove_output(i);
		}
	}
	wire_control_finish();
	wire_heads_finish();
	wayland_server_destroy(host.server);
	wire_timelines_finish();
	kiosk_layout_destroy(host.layout);
}

void serve(void) {
	struct wl_display *display = wayland_server_display(host.server);
	wl_event_loop_dispatch(wl_display_get_event_loop(display), 0);
	wl_display_flush_clients(display);
}

void take_for_dmabufs(void) {
	serve();
	wire_take_for_dmabufs(host.server);
}

void host_join(struct peer *peer) {
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_non_null(wl_client_create(wayland_server_display(host.server), fds[0]));
	peer_connect(peer, fds[1]);
	act_settle(peer);
}

static void read_layer(const struct scene_layer *layer) {
	struct scene_buffer *buffer = layer->buffer;
	struct scene_pixels pixels;
	if (!buffer || !buffer->ops->begin_access || !buffer->ops->begin_access(buffer, &pixels)) {
		return;
	}
	for (int32_t y = 0; y < buffer->height; y++) {
		const volatile uint8_t *row = pixels.data[0] + (size_t)y * pixels.stride[0];
		(void)row[0];
		(void)row[pixels.stride[0] - 1];
	}
	buffer->ops->end_access(buffer);
}

// What output/ does for a frame; some are hidden, some frames never reach the screen.
unsigned show_frame(struct scene_output *scene) {
	struct scene_presentation presentation = {
		.time_ns = 5000000000, .sequence = 42, .refresh_ns = 16666666};
	pixman_region32_t visible[64], background;
	int n = scene->n_layers < 64 ? scene->n_layers : 0;
	pixman_region32_init(&background);
	for (int i = 0; i < n; i++) {
		pixman_region32_init(&visible[i]);
	}
	if (n > 0) {
		scene_output_visibility(scene, visible, &background);
	}
	for (int i = 0; i < n; i++) {
		pixman_region32_fini(&visible[i]);
	}
	pixman_region32_fini(&background);
	for (int i = 0; i < scene->n_layers; i++) {
		struct scene_layer *layer = scene->layers[i];
		read_layer(layer);
		layer->ops->latched(layer);
		pixman_region32_clear(&layer->damage);
	}
	bool lost = pick(8) == 0;
	for (int i = 0; i < scene->n_layers && !lost; i++) {
		struct scene_layer *layer = scene->layers[i];
		if (pick(4)) {
			layer->ops->presented(layer, &presentation);
		} else {
			layer->ops->hidden(layer, presentation.time_ns);
		}
	}
	return (unsigned)scene->n_layers;
}

static void use_touch(struct seat *seat, const struct seat_touch *touch) {
	host.touch_down = !host.touch_down;
	if (host.touch_down) {
		seat_notify_touch_down(seat, touch);
	} else if (pick(10)) {
		seat_notify_touch_up(seat, touch);
	} else {
		seat_notify_touch_cancel(seat, touch->id);
	}
	seat_notify_touch_frame(seat);
}

static void use_wheel(struct seat *seat) {
	int notches = (int)pick(3) - 1;
	seat_notify_axis(seat,
		&(struct seat_axis){.time_us = host.time_us,
			.axis = (enum wl_pointer_axis)pick(2),
			.source = notches != 0 ? WL_POINTER_AXIS_SOURCE_WHEEL : WL_POINTER_AXIS_SOURCE_FINGER,
			.value = notches * 15,
			.v120 = notches * 120});
}

void use_devices(void) {
	struct seat *seat = wayland_server_seat(host.server);
	struct seat_place place = {host.outputs[pick(N_OUTPUTS)].wayland, pick(700), pick(500)};
	uint64_t time_us = host.time_us += 1000;
	switch (pick(9)) {
	case 0:
		host.button_down = !host.button_down;
		seat_notify_button(seat, &(struct seat_button){time_us, BTN_LEFT, host.button_down});
		break;
	case 1:
		use_touch(seat, &(struct seat_touch){time_us, 1, place});
		break;
	case 2:
		seat_notify_touch_motion(seat, &(struct seat_touch){time_us, 1, place});
		seat_notify_touch_frame(seat);
		break;
	case 3:
		seat_notify_gesture(seat,
			&(struct seat_gesture){.time_us = time_us,
				.type = (enum seat_gesture_type)pick(3),
				.phase = (enum seat_gesture_phase)pick(3),
				.fingers = 3});
		break;
	case 4:
		seat_notify_motion(seat, &(struct seat_motion){time_us, false, .to = place});
		break;
	case 5:
		host.key_down = !host.key_down;
		seat_notify_key(seat, &(struct seat_key){time_us, KEY_A, host.key_down});
		break;
	case 6:
		use_wheel(seat);
		break;
	case 7:
		wayland_idle_activity(host.server, time_us);
		break;
	default:
		seat_notify_motion(seat,
			&(struct seat_motion){
				time_us, true, .dx = (double)pick(200) - 100, .dy = (double)pick(200) - 100});
	}
	seat_notify_pointer_frame(seat);
}
