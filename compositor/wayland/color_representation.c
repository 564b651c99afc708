// SPDX-License-Identifier: MIT
// wp_color_representation_v1: how the colours of a surface's pixels are coded.
//
// Of alpha there is the kind that everyone has. Where chroma samples lie does not show: composing and planes
// repeat each over the pixels that it belongs to, and of all the places that a client can name, none is nearer
// to another sample.
#include "color-representation-v1-server-protocol.h"
#include "wayland/server.h"

// wayland-protocols 1.44 has no name for it yet.
enum { ERROR_CHROMA_LOCATION = 5 };

static const struct {
	uint32_t coefficients, range;
	struct format_coding coding;
} known[] = {
	{WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT601,
		WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_LIMITED, {FORMAT_BT601, false}},
	{WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT601,
		WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL, {FORMAT_BT601, true}},
	{WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT709,
		WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_LIMITED, {FORMAT_BT709, false}},
	{WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT709,
		WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL, {FORMAT_BT709, true}},
	{WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT2020,
		WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_LIMITED, {FORMAT_BT2020, false}},
	{WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT2020,
		WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL, {FORMAT_BT2020, true}},
	// RGB as it is.
	{WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_IDENTITY,
		WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL, {FORMAT_BT601, false}},
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

// ---- wp_color_representation_surface_v1 ----

// NULL, and an error, when it is inert.
static struct surface *surface_of(struct wl_resource *resource) {
	return surface_extension_require(resource, WP_COLOR_REPRESENTATION_SURFACE_V1_ERROR_INERT);
}

static void set_coding(struct surface *surface, struct format_coding coding) {
	surface->pending.coding = coding;
	surface->pending.fields |= SURFACE_STATE_CODING;
}

static void handle_set_alpha_mode(
	struct wl_client *client, struct wl_resource *resource, uint32_t mode) {
	(void)client;
	if (surface_of(resource) &&
		mode != WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_ELECTRICAL) {
		wl_resource_post_error(resource, WP_COLOR_REPRESENTATION_SURFACE_V1_ERROR_ALPHA_MODE,
			"alpha mode %u is not on offer", mode);
	}
}

static void handle_set_coefficients_and_range(
	struct wl_client *client, struct wl_resource *resource, uint32_t coefficients, uint32_t range) {
	(void)client;
	struct surface *surface = surface_of(resource);
	if (!surface) {
		return;
	}
	for (size_t i = 0; i < N_KNOWN; i++) {
		if (known[i].coefficients == coefficients && known[i].range == range) {
			bool identity =
				coefficients == WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_IDENTITY;
			surface->coded_as = identity ? SURFACE_CODED_RGB : SURFACE_CODED_YUV;
			set_coding(surface, known[i].coding);
			return;
		}
	}
	wl_resource_post_error(resource, WP_COLOR_REPRESENTATION_SURFACE_V1_ERROR_COEFFICIENTS,
		"coefficients %u with range %u are not on offer", coefficients, range);
}

static void handle_set_chroma_location(
	struct wl_client *client, struct wl_resource *resource, uint32_t location) {
	(void)client;
	struct surface *surface = surface_of(resource);
	if (!surface) {
		return;
	}
	if (location < WP_COLOR_REPRESENTATION_SURFACE_V1_CHROMA_LOCATION_TYPE_0 ||
		location > WP_COLOR_REPRESENTATION_SURFACE_V1_CHROMA_LOCATION_TYPE_5) {
		wl_resource_post_error(
			resource, ERROR_CHROMA_LOCATION, "%u is no chroma location", location);
		return;
	}
	surface->chroma_located = true;
}

static const struct wp_color_representation_surface_v1_interface surface_impl = {
	.destroy = resource_handle_destroy,
	.set_alpha_mode = handle_set_alpha_mode,
	.set_coefficients_and_range = handle_set_coefficients_and_range,
	.set_chroma_location = handle_set_chroma_location,
};

static void handle_destroyed(struct surface *surface) {
	surface->coded_as = SURFACE_CODED_UNTOLD;
	surface->chroma_located = false;
	set_coding(surface, (struct format_coding){0});
}

// ---- The commit ----

// What the surface shows once all that was committed has taken effect, this commit too.
static const struct scene_buffer *committed_buffer(const struct surface *surface) {
	if (surface->pending.fields & SURFACE_STATE_BUFFER) {
		return surface->pending.buffer;
	}
	return surface->cached.fields & SURFACE_STATE_BUFFER ? surface->cached.buffer
														 : surface_latest_buffer(surface);
}

bool color_representation_check(struct surface *surface) {
	if (surface->coded_as == SURFACE_CODED_UNTOLD && !surface->chroma_located) {
		return true;
	}
	const struct scene_buffer *buffer = committed_buffer(surface);
	if (!buffer) {
		return true;
	}
	const struct format_info *info = format_info(buffer->format); // NULL: a colour without memory
	bool yuv = info && info->yuv;
	const char *wrong = NULL;
	if (surface->coded_as != SURFACE_CODED_UNTOLD &&
		yuv != (surface->coded_as == SURFACE_CODED_YUV)) {
		wrong = yuv ? "the identity matrix" : "a matrix of YUV";
	} else if (surface->chroma_located && !(yuv && info->hsub == 2 && info->vsub == 2)) {
		wrong = "a chroma location, which is for 4:2:0,";
	}
	if (wrong) {
		char name[5];
		format_name(buffer->format, name);
		wl_resource_post_error(surface->extended[SURFACE_COLOR_REPRESENTATION].resource,
			WP_COLOR_REPRESENTATION_SURFACE_V1_ERROR_PIXEL_FORMAT, "%s does not go with %s", wrong,
			info ? name : "a buffer of one colour");
	}
	return !wrong;
}

// ---- wp_color_representation_manager_v1 ----

static const struct wp_color_representation_manager_v1_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_surface = surface_extension_get,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = resource_bind(
		client, &wp_color_representation_manager_v1_interface, version, id, &manager_impl, data);
	if (!resource) {
		return;
	}
	wp_color_representation_manager_v1_send_supported_alpha_mode(
		resource, WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_ELECTRICAL);
	for (size_t i = 0; i < N_KNOWN; i++) {
		wp_color_representation_manager_v1_send_supported_coefficients_and_ranges(
			resource, known[i].coefficients, known[i].range);
	}
	wp_color_representation_manager_v1_send_done(resource);
}

bool color_representation_create(struct wayland_server *server) {
	static const struct surface_extension extension = {
		.slot = SURFACE_COLOR_REPRESENTATION,
		.manager = &wp_color_representation_manager_v1_interface,
		.interface = &wp_color_representation_surface_v1_interface,
		.manager_impl = &manager_impl,
		.impl = &surface_impl,
		.exists = WP_COLOR_REPRESENTATION_MANAGER_V1_ERROR_SURFACE_EXISTS,
		.destroyed = handle_destroyed,
	};
	return wl_global_create(server->display, extension.manager, 1, (void *)&extension, handle_bind);
}
