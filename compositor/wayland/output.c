// SPDX-License-Identifier: MIT
// wl_output and xdg_output.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-output-unstable-v1-server-protocol.h"

// Clients may bind a global that they do not know to be gone, and nothing tells when the last of them has heard of
// it: one that is stopped may be continued after days. So many of those that went last are kept, some 300 bytes each.
enum { MAX_RETIRED = 1024 };

// Every surface that is shown tells each of its client's wl_outputs: more of them than any client
// needs would multiply that.
enum { MAX_BINDS = 32 };

static void handle_resource_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

static const struct wl_output_interface output_impl = {
	.release = resource_handle_destroy,
};

struct wayland_output *wayland_output_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void send_done(struct wl_resource *resource) {
	if (wl_resource_get_version(resource) >= WL_OUTPUT_DONE_SINCE_VERSION) {
		wl_output_send_done(resource);
	}
}

int32_t wayland_output_whole_scale(const struct wayland_output_info *info) {
	return (int32_t)ceil(info->scale);
}

// What may change as long as the output is there.
static void send_state(struct wl_resource *resource, const struct wayland_output_info *info) {
	wl_output_send_geometry(resource, info->x, info->y, info->width_mm, info->height_mm,
		WL_OUTPUT_SUBPIXEL_UNKNOWN, info->make, info->model, (int32_t)info->transform);
	wl_output_send_mode(resource, WL_OUTPUT_MODE_CURRENT | WL_OUTPUT_MODE_PREFERRED, info->width,
		info->height, info->refresh_mhz);
	if (wl_resource_get_version(resource) >= WL_OUTPUT_SCALE_SINCE_VERSION) {
		wl_output_send_scale(resource, wayland_output_whole_scale(info));
	}
}

static void send_info(struct wl_resource *resource, const struct wayland_output_info *info) {
	int version = wl_resource_get_version(resource);
	send_state(resource, info);
	if (version >= WL_OUTPUT_NAME_SINCE_VERSION) {
		wl_output_send_name(resource, info->name);
		wl_output_send_description(resource, info->description);
	}
	send_done(resource);
}

// Surfaces that were entered before the client bound the output hear of it now.
static void send_enters(struct wl_resource *resource, struct wayland_output *output) {
	struct wl_client *client = wl_resource_get_client(resource);
	struct surface *surface;
	wl_list_for_each(surface, &output->server->surfaces, link) {
		if (surface->output == output && surface_client(surface) == client) {
			wl_surface_send_enter(surface->resource, resource);
		}
	}
}

static int count_binds(struct wayland_output *output, const struct wl_client *client) {
	int n = 0;
	struct wl_resource *resource;
	wl_resource_for_each(resource, &output->resources) {
		n += wl_resource_get_client(resource) == client;
	}
	return n;
}

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wayland_output *output = data;
	if (count_binds(output, client) >= MAX_BINDS) {
		wl_client_post_no_memory(client);
		return;
	}
	struct wl_resource *resource =
		wl_resource_create(client, &wl_output_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	if (!output->scene) {
		// Withdrawn in the meantime: an inert object.
		wl_resource_set_implementation(resource, &output_impl, NULL, handle_resource_destroy);
		wl_list_init(wl_resource_get_link(resource));
		return;
	}
	wl_resource_set_implementation(resource, &output_impl, output, handle_resource_destroy);
	wl_list_insert(output->resources.prev, wl_resource_get_link(resource));
	send_info(resource, &output->info);
	send_enters(resource, output);
}

// ---- Life ----

static void info_finish(struct wayland_output_info *info) {
	free((char *)info->name);
	free((char *)info->description);
	free((char *)info->make);
	free((char *)info->model);
	free((char *)info->serial);
}

static char *copy_string(const char *string) {
	return strdup(string ? string : "");
}

static bool info_copy(struct wayland_output_info *to, const struct wayland_output_info *from) {
	*to = *from;
	to->name = copy_string(from->name);
	to->description = copy_string(from->description);
	to->make = copy_string(from->make);
	to->model = copy_string(from->model);
	to->serial = copy_string(from->serial);
	if (!(to->scale > 0)) {
		to->scale = 1;
	}
	return to->name && to->description && to->make && to->model && to->serial;
}

struct wayland_output *wayland_output_create(struct wayland_server *server,
	const struct wayland_output_info *info, struct scene_output *scene) {
	struct wayland_output *output = calloc(1, sizeof(*output));
	if (!output) {
		return NULL;
	}
	output->server = server;
	output->scene = scene;
	wl_list_init(&output->resources);
	wl_list_init(&output->xdg_resources);
	wl_signal_init(&output->withdrawn);
	wl_list_insert(server->outputs.prev, &output->link);
	if (info_copy(&output->info, info)) {
		output->global =
			wl_global_create(server->display, &wl_output_interface, 4, output, handle_bind);
	}
	if (!output->global) {
		wayland_output_free(output);
		return NULL;
	}
	return output;
}

static void make_inert(struct wl_list *resources) {
	struct wl_resource *resource, *next;
	wl_resource_for_each_safe(resource, next, resources) {
		wl_resource_set_user_data(resource, NULL);
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_init(wl_resource_get_link(resource));
	}
}

void wayland_output_free(struct wayland_output *output) {
	make_inert(&output->resources);
	make_inert(&output->xdg_resources);
	if (output->global) {
		wl_global_destroy(output->global);
	}
	wl_list_remove(&output->link);
	info_finish(&output->info);
	free(output);
}

// Nothing but its global is needed from now on, for those who bind it too late.
static void retire(struct wayland_output *output) {
	struct wayland_server *server = output->server;
	wl_global_remove(output->global);
	output->scene = NULL;
	info_finish(&output->info);
	output->info = (struct wayland_output_info){0};
	wl_list_remove(&output->link);
	wl_list_insert(&server->retired, &output->link);
	if (wl_list_length(&server->retired) > MAX_RETIRED) {
		struct wayland_output *oldest = wl_container_of(server->retired.prev, oldest, link);
		wayland_output_free(oldest);
	}
}

void wayland_output_destroy(struct wayland_output *output) {
	if (!output) {
		return;
	}
	struct wayland_server *server = output->server;
	seat_output_removed(server->seat, output);
	wl_signal_emit_mutable(&output->withdrawn, output);
	struct surface *surface;
	wl_list_for_each(surface, &server->surfaces, link) {
		if (surface->output == output) {
			// What was on its way to the screen is not going to be seen there.
			surface_discard_feedbacks(&surface->latched_feedbacks);
			surface_set_output(surface, NULL);
		}
		struct toplevel *toplevel = toplevel_from_surface(surface);
		if (toplevel && toplevel->wanted_output == output) {
			toplevel->wanted_output = NULL;
		}
	}
	make_inert(&output->resources);
	make_inert(&output->xdg_resources);
	retire(output);
}

const struct wayland_output_info *wayland_output_info(const struct wayland_output *output) {
	return &output->info;
}

struct wayland_server *wayland_output_server(struct wayland_output *output) {
	return output->server;
}

struct scene_output *wayland_output_scene(struct wayland_output *output) {
	return output->scene;
}

void *wayland_output_data(struct wayland_output *output) {
	return output->data;
}

void wayland_output_set_data(struct wayland_output *output, void *data) {
	output->data = data;
}

// ---- xdg_output ----

static const struct zxdg_output_v1_interface xdg_output_impl = {
	.destroy = resource_handle_destroy,
};

static void handle_get_xdg_output(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *output_resource) {
	struct wayland_output *output = wayland_output_from_resource(output_resource);
	int version = wl_resource_get_version(manager);
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_output_v1_interface, version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &xdg_output_impl, output, handle_resource_destroy);
	if (!output) {
		wl_list_init(wl_resource_get_link(resource));
		return;
	}
	wl_list_insert(&output->xdg_resources, wl_resource_get_link(resource));
	int32_t width, height;
	wayland_output_logical_size(output, &width, &height);
	zxdg_output_v1_send_logical_position(resource, output->info.x, output->info.y);
	zxdg_output_v1_send_logical_size(resource, width, height);
	if (version >= ZXDG_OUTPUT_V1_NAME_SINCE_VERSION) {
		zxdg_output_v1_send_name(resource, output->info.name);
		zxdg_output_v1_send_description(resource, output->info.description);
	}
	if (version >= 3) {
		send_done(output_resource);
	} else {
		zxdg_output_v1_send_done(resource);
	}
}

static const struct zxdg_output_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_xdg_output = handle_get_xdg_output,
};

static void handle_manager_bind(
	struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_output_manager_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool xdg_output_create(struct wayland_server *server) {
	return wl_global_create(
		server->display, &zxdg_output_manager_v1_interface, 3, server, handle_manager_bind);
}

// ---- Changes ----

static void send_xdg_state(struct wayland_output *output) {
	int32_t width, height;
	wayland_output_logical_size(output, &width, &height);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &output->xdg_resources) {
		zxdg_output_v1_send_logical_position(resource, output->info.x, output->info.y);
		zxdg_output_v1_send_logical_size(resource, width, height);
		if (wl_resource_get_version(resource) < 3) { // later ones are done with their wl_output
			zxdg_output_v1_send_done(resource);
		}
	}
}

bool wayland_output_update(struct wayland_output *output, const struct wayland_output_info *state) {
	struct wayland_output_info *info = &output->info;
	if (info->width == state->width && info->height == state->height &&
		info->refresh_mhz == state->refresh_mhz && info->x == state->x && info->y == state->y &&
		info->scale == state->scale && info->transform == state->transform) {
		return false;
	}
	info->width = state->width;
	info->height = state->height;
	info->refresh_mhz = state->refresh_mhz;
	info->x = state->x;
	info->y = state->y;
	info->scale = state->scale > 0 ? state->scale : 1;
	info->transform = state->transform;
	send_xdg_state(output);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &output->resources) {
		send_state(resource, info);
		send_done(resource);
	}
	struct surface *surface;
	wl_list_for_each(surface, &output->server->surfaces, link) {
		if (surface->output == output) {
			surface_send_preferred(surface);
		}
	}
	seat_output_changed(output->server->seat, output);
	return true;
}
