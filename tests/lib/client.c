// SPDX-License-Identifier: MIT
#include "client.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	(void)data;
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_clock(void *data, struct wp_presentation *presentation, uint32_t clock) {
	(void)presentation;
	struct test_client *client = data;
	client->presentation_clock = clock;
}

static const struct wp_presentation_listener presentation_listener = {.clock_id = handle_clock};

struct binding {
	const struct wl_interface *interface;
	uint32_t version; // highest that the tests know
	size_t offset;    // in struct test_client
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	static const struct binding bindings[] = {
		{&wl_compositor_interface, 6, offsetof(struct test_client, compositor)},
		{&wl_subcompositor_interface, 1, offsetof(struct test_client, subcompositor)},
		{&wl_shm_interface, 2, offsetof(struct test_client, shm)},
		{&xdg_wm_base_interface, 6, offsetof(struct test_client, wm_base)},
		{&zwp_linux_dmabuf_v1_interface, 5, offsetof(struct test_client, dmabuf)},
		{&wp_viewporter_interface, 1, offsetof(struct test_client, viewporter)},
		{&wp_alpha_modifier_v1_interface, 1, offsetof(struct test_client, alpha_modifier)},
		{&wp_tearing_control_manager_v1_interface, 1,
			offsetof(struct test_client, tearing_control)},
		{&wp_content_type_manager_v1_interface, 1, offsetof(struct test_client, content_type)},
		{&wp_fifo_manager_v1_interface, 1, offsetof(struct test_client, fifo)},
		{&wp_commit_timing_manager_v1_interface, 1, offsetof(struct test_client, commit_timing)},
		{&wp_linux_drm_syncobj_manager_v1_interface, 1, offsetof(struct test_client, syncobj)},
		{&wp_presentation_interface, 2, offsetof(struct test_client, presentation)},
		{&wp_single_pixel_buffer_manager_v1_interface, 1,
			offsetof(struct test_client, single_pixel)},
		{&vitrine_control_v1_interface, 3, offsetof(struct test_client, control)},
	};
	struct test_client *client = data;
	if (strcmp(interface, wl_output_interface.name) == 0 && client->n_outputs < TEST_MAX_OUTPUTS) {
		client->outputs[client->n_outputs++] =
			wl_registry_bind(registry, name, &wl_output_interface, version < 4 ? version : 4);
	}
	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
		if (strcmp(interface, bindings[i].interface->name) == 0) {
			void *proxy = wl_registry_bind(registry, name, bindings[i].interface,
				version < bindings[i].version ? version : bindings[i].version);
			memcpy((char *)client + bindings[i].offset, &proxy, sizeof(proxy));
		}
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	(void)data;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

void test_client_connect(struct test_client *client, const struct test_server *server) {
	*client = (struct test_client){.display = wl_display_connect(server->socket)};
	if (!client->display) {
		fail_msg("cannot connect to %s: %s", server->socket, strerror(errno));
	}
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	test_client_roundtrip(client);
	assert_non_null(client->compositor);
	assert_non_null(client->shm);
	assert_non_null(client->wm_base);
	assert_non_null(client->dmabuf);
	xdg_wm_base_add_listener(client->wm_base, &wm_base_listener, client);
	if (client->presentation) {
		wp_presentation_add_listener(client->presentation, &presentation_listener, client);
		test_client_roundtrip(client);
	}
}

// The connection's end takes the server's objects with it; libwayland frees the proxies only one by one.
static void destroy_globals(struct test_client *client) {
	struct wl_proxy *proxies[] = {
		(struct wl_proxy *)client->compositor,
		(struct wl_proxy *)client->subcompositor,
		(struct wl_proxy *)client->shm,
		(struct wl_proxy *)client->wm_base,
		(struct wl_proxy *)client->dmabuf,
		(struct wl_proxy *)client->viewporter,
		(struct wl_proxy *)client->alpha_modifier,
		(struct wl_proxy *)client->tearing_control,
		(struct wl_proxy *)client->content_type,
		(struct wl_proxy *)client->fifo,
		(struct wl_proxy *)client->commit_timing,
		(struct wl_proxy *)client->syncobj,
		(struct wl_proxy *)client->presentation,
		(struct wl_proxy *)client->single_pixel,
		(struct wl_proxy *)client->control,
		(struct wl_proxy *)client->registry,
	};
	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		if (proxies[i]) {
			wl_proxy_destroy(proxies[i]);
		}
	}
	for (int i = 0; i < client->n_outputs; i++) {
		wl_proxy_destroy((struct wl_proxy *)client->outputs[i]);
	}
}

void test_client_disconnect(struct test_client *client) {
	if (!client->display) {
		return;
	}
	destroy_globals(client);
	wl_display_disconnect(client->display);
	*client = (struct test_client){0};
}

static void fail_connection(struct test_client *client) {
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	int error = wl_display_get_error(client->display);
	uint32_t code = wl_display_get_protocol_error(client->display, &interface, &id);
	if (error == EPROTO) {
		fail_msg("the server ended the connection: error %u of %s %u", code,
			interface ? interface->name : "(destroyed object)", id);
	}
	fail_msg("the connection broke: %s", strerror(error));
}

void test_client_dispatch(struct test_client *client) {
	if (wl_display_dispatch(client->display) < 0) {
		fail_connection(client);
	}
}

void test_client_roundtrip(struct test_client *client) {
	if (wl_display_roundtrip(client->display) < 0) {
		fail_connection(client);
	}
}

uint32_t test_client_wait_error(struct test_client *client, const struct wl_interface *interface) {
	while (wl_display_dispatch(client->display) >= 0) {
	}
	const struct wl_interface *about = NULL;
	uint32_t id;
	int error = wl_display_get_error(client->display);
	uint32_t code = wl_display_get_protocol_error(client->display, &about, &id);
	test_client_disconnect(client);
	if (error != EPROTO) {
		fail_msg("the connection ended without a protocol error: %s", strerror(error));
	}
	if (interface && about && strcmp(interface->name, about->name) != 0) {
		fail_msg("error %u is about %s, not %s", code, about->name, interface->name);
	}
	return code;
}

// ---- Surfaces ----

void test_surface_init(struct test_surface *surface, struct test_client *client) {
	*surface = (struct test_surface){
		.client = client,
		.surface = wl_compositor_create_surface(client->compositor),
	};
}

void test_surface_finish(struct test_surface *surface) {
	if (surface->callback) {
		wl_callback_destroy(surface->callback);
	}
	if (surface->surface) {
		wl_surface_destroy(surface->surface);
	}
	if (surface->client && surface->client->display) {
		wl_display_flush(surface->client->display);
	}
	*surface = (struct test_surface){0};
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	(void)time;
	struct test_surface *surface = data;
	wl_callback_destroy(callback);
	surface->callback = NULL;
	surface->frames++;
	surface->last_frame = ++surface->client->events;
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

void test_surface_want_frame(struct test_surface *surface) {
	if (!surface->callback) {
		surface->callback = wl_surface_frame(surface->surface);
		wl_callback_add_listener(surface->callback, &frame_listener, surface);
	}
}

void test_surface_show_raw(struct test_surface *surface, struct wl_buffer *buffer) {
	wl_surface_attach(surface->surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface->surface, 0, 0, INT32_MAX, INT32_MAX);
	test_surface_want_frame(surface);
	wl_surface_commit(surface->surface);
	wl_display_flush(surface->client->display);
}

void test_surface_show(struct test_surface *surface, struct test_buffer *buffer) {
	if (buffer) {
		buffer->busy = true;
	}
	test_surface_show_raw(surface, buffer ? buffer->buffer : NULL);
}

void test_surface_wait_frame(struct test_surface *surface) {
	assert_non_null(surface->callback);
	test_client_wait(surface->client, !surface->callback);
}

// ---- Windows ----

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	(void)toplevel;
	struct test_window *window = data;
	window->width = width;
	window->height = height;
	window->fullscreen = window->activated = false;
	uint32_t *state;
	wl_array_for_each(state, states) {
		window->fullscreen |= *state == XDG_TOPLEVEL_STATE_FULLSCREEN;
		window->activated |= *state == XDG_TOPLEVEL_STATE_ACTIVATED;
	}
}

static void handle_toplevel_close(void *data, struct xdg_toplevel *toplevel) {
	(void)toplevel;
	struct test_window *window = data;
	window->closes++;
}

static void handle_toplevel_bounds(
	void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height) {
	(void)data;
	(void)toplevel;
	(void)width;
	(void)height;
}

static void handle_toplevel_capabilities(
	void *data, struct xdg_toplevel *toplevel, struct wl_array *capabilities) {
	(void)data;
	(void)toplevel;
	(void)capabilities;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_toplevel_close,
	.configure_bounds = handle_toplevel_bounds,
	.wm_capabilities = handle_toplevel_capabilities,
};

static void handle_window_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct test_window *window = data;
	window->configures++;
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener window_listener = {.configure = handle_window_configure};

void test_window_init(struct test_window *window, struct test_client *client, const char *app_id,
	struct test_window *parent) {
	*window = (struct test_window){0};
	test_surface_init(&window->base, client);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, window->base.surface);
	xdg_surface_add_listener(window->xdg_surface, &window_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_app_id(window->toplevel, app_id);
	if (parent) {
		xdg_toplevel_set_parent(window->toplevel, parent->toplevel);
	}
	wl_surface_commit(window->base.surface);
	test_client_wait(client, window->configures > 0);
}

void test_window_finish(struct test_window *window) {
	if (window->toplevel) {
		xdg_toplevel_destroy(window->toplevel);
	}
	if (window->xdg_surface) {
		xdg_surface_destroy(window->xdg_surface);
	}
	test_surface_finish(&window->base);
	*window = (struct test_window){0};
}

static void handle_popup_configure(
	void *data, struct xdg_popup *xdg_popup, int32_t x, int32_t y, int32_t width, int32_t height) {
	(void)xdg_popup;
	struct test_popup *popup = data;
	popup->x = x;
	popup->y = y;
	popup->width = width;
	popup->height = height;
}

static void handle_popup_done(void *data, struct xdg_popup *xdg_popup) {
	(void)xdg_popup;
	struct test_popup *popup = data;
	popup->dones++;
}

static void handle_popup_repositioned(void *data, struct xdg_popup *popup, uint32_t token) {
	(void)data;
	(void)popup;
	(void)token;
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
	.repositioned = handle_popup_repositioned,
};

static void handle_popup_surface_configure(
	void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct test_popup *popup = data;
	popup->configures++;
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener popup_surface_listener = {
	.configure = handle_popup_surface_configure,
};

void test_popup_init(struct test_popup *popup, struct test_window *parent, int32_t x, int32_t y,
	int32_t width, int32_t height) {
	test_popup_init_grab(popup, parent, x, y, width, height, NULL, 0);
}

void test_popup_init_grab(struct test_popup *popup, struct test_window *parent, int32_t x,
	int32_t y, int32_t width, int32_t height, struct wl_seat *seat, uint32_t serial) {
	struct test_client *client = parent->base.client;
	*popup = (struct test_popup){0};
	test_surface_init(&popup->base, client);
	popup->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, popup->base.surface);
	xdg_surface_add_listener(popup->xdg_surface, &popup_surface_listener, popup);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);
	xdg_positioner_set_size(positioner, width, height);
	xdg_positioner_set_anchor_rect(positioner, x, y, 1, 1);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_constraint_adjustment(positioner,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X |
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y);
	popup->popup = xdg_surface_get_popup(popup->xdg_surface, parent->xdg_surface, positioner);
	xdg_positioner_destroy(positioner);
	xdg_popup_add_listener(popup->popup, &popup_listener, popup);
	if (seat) {
		xdg_popup_grab(popup->popup, seat, serial);
	}
	wl_surface_commit(popup->base.surface);
	test_client_wait(client, popup->configures > 0 || popup->dones > 0);
}

void test_popup_finish(struct test_popup *popup) {
	if (popup->popup) {
		xdg_popup_destroy(popup->popup);
	}
	if (popup->xdg_surface) {
		xdg_surface_destroy(popup->xdg_surface);
	}
	test_surface_finish(&popup->base);
	*popup = (struct test_popup){0};
}

// ---- Presentation feedback ----

static void end_feedback(struct test_feedback *feedback) {
	wp_presentation_feedback_destroy(feedback->feedback);
	feedback->feedback = NULL;
	feedback->client->events++;
}

static void handle_sync_output(
	void *data, struct wp_presentation_feedback *wp_feedback, struct wl_output *output) {
	(void)wp_feedback;
	(void)output;
	struct test_feedback *feedback = data;
	feedback->sync_outputs++;
}

static void handle_presented(void *data, struct wp_presentation_feedback *wp_feedback,
	uint32_t seconds_high, uint32_t seconds_low, uint32_t nanoseconds, uint32_t refresh,
	uint32_t sequence_high, uint32_t sequence_low, uint32_t flags) {
	(void)wp_feedback;
	struct test_feedback *feedback = data;
	int64_t seconds = (int64_t)((uint64_t)seconds_high << 32 | seconds_low);
	feedback->presented = true;
	feedback->time_ns = seconds * 1000000000 + nanoseconds;
	feedback->refresh_ns = refresh;
	feedback->sequence = (uint64_t)sequence_high << 32 | sequence_low;
	feedback->flags = flags;
	end_feedback(feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *wp_feedback) {
	(void)wp_feedback;
	struct test_feedback *feedback = data;
	feedback->discarded = true;
	end_feedback(feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

void test_feedback_init(struct test_feedback *feedback, struct test_surface *surface) {
	struct test_client *client = surface->client;
	*feedback = (struct test_feedback){
		.client = client,
		.feedback = wp_presentation_feedback(client->presentation, surface->surface),
	};
	wp_presentation_feedback_add_listener(feedback->feedback, &feedback_listener, feedback);
}

void test_feedback_wait(struct test_feedback *feedback) {
	test_client_wait(feedback->client, !feedback->feedback);
}

void test_feedback_finish(struct test_feedback *feedback) {
	if (feedback->feedback) {
		wp_presentation_feedback_destroy(feedback->feedback);
	}
	*feedback = (struct test_feedback){0};
}
