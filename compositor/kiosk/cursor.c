// SPDX-License-Identifier: MIT
// Shows the seat's cursor: one layer on top of its output, in memory that a cursor plane takes.
//
// Cursor planes want buffers of few sizes, and wl_shm is on no plane: so a picture, be it of a theme or
// of a client, is copied into a dumb buffer of such a size when it changes, with transparent px around
// it. Moving it moves the layer and nothing else. A client's cursor that is no plain picture (scaled,
// turned, too large) is shown as what it is, a surface.
#include <drm_fourcc.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "kiosk/config_keys.h"
#include "kiosk/cursor_theme.h"
#include "kiosk/kiosk.h"
#include "wayland/seat.h"

enum {
	// Of the layer, to draw into, and on each output, that mirrors show it on, on screen and on its way.
	N_BUFFERS = 2 + 2 * KIOSK_MAX_OUTPUTS,
	SMALLEST_SIZE = 64, // px, of cursor planes whose driver does not tell
};

struct cursor_buffer {
	struct scene_buffer base;
	struct kms_dumb *dumb;
	uint32_t *pixels; // the same in cached memory, to compose from
};

struct kiosk_cursor {
	struct kiosk *kiosk;
	struct seat *seat;
	struct scene_layer layer;
	struct cursor_buffer *buffers[N_BUFFERS]; // may be NULL
	struct cursor_theme *theme;               // NULL before it is needed
	double scale;                             // of the output, that `theme` and the picture are for
	enum wl_output_transform transform;       // likewise
	int32_t width, height;                    // of what is shown, upright px
	bool theme_failed;                        // said once
	struct seat_cursor now;                   // what is shown
	bool direct;                              // as the client's own layer
	int32_t hotspot_x, hotspot_y;             // of what is shown, upright px
	char shape[32];                           // of the picture in the layer; "" for a surface's
	int32_t theme_hotspot_x, theme_hotspot_y; // of `shape`
};

// ---- Buffers ----

static void handle_release(struct scene_buffer *base) {
	(void)base; // whether it is locked is looked at
}

static void handle_destroy(struct scene_buffer *base) {
	struct cursor_buffer *buffer = wl_container_of(base, buffer, base);
	if (base->fd[0] >= 0) {
		close(base->fd[0]);
	}
	kms_dumb_destroy(buffer->dumb);
	free(buffer->pixels);
	free(buffer);
}

static bool handle_begin_access(struct scene_buffer *base, struct scene_pixels *pixels) {
	struct cursor_buffer *buffer = wl_container_of(base, buffer, base);
	pixels->n_planes = 1;
	pixels->data[0] = (const uint8_t *)buffer->pixels;
	pixels->stride[0] = (uint32_t)base->width * 4;
	return true;
}

static bool handle_end_access(struct scene_buffer *base) {
	(void)base;
	return true;
}

static const struct scene_buffer_ops buffer_ops = {
	.release = handle_release,
	.destroy = handle_destroy,
	.begin_access = handle_begin_access,
	.end_access = handle_end_access,
};

static struct cursor_buffer *buffer_create(
	struct kms_device *device, int32_t width, int32_t height) {
	struct cursor_buffer *buffer = calloc(1, sizeof(*buffer));
	uint32_t *pixels = calloc((size_t)width * (size_t)height, sizeof(*pixels));
	if (buffer == NULL || pixels == NULL) {
		free(buffer);
		free(pixels);
		return NULL;
	}
	buffer->pixels = pixels;
	buffer->dumb = kms_dumb_create(device, (uint32_t)width, (uint32_t)height, DRM_FORMAT_ARGB8888);
	int fd = buffer->dumb != NULL ? kms_dumb_export(buffer->dumb) : -1;
	if (fd < 0) {
		log_debug("%s: a cursor cannot be on a plane: %s", device->path, strerror(errno));
	}
	scene_buffer_init(&buffer->base, &buffer_ops, fd >= 0 ? SCENE_BUFFER_DMABUF : SCENE_BUFFER_SHM);
	buffer->base.width = width;
	buffer->base.height = height;
	buffer->base.format = DRM_FORMAT_ARGB8888;
	buffer->base.modifier = DRM_FORMAT_MOD_LINEAR;
	buffer->base.n_planes = 1;
	buffer->base.fd[0] = fd;
	buffer->base.stride[0] = buffer->dumb != NULL ? buffer->dumb->stride : (uint32_t)width * 4;
	return buffer;
}

// One that nobody shows; NULL when out of memory.
static struct cursor_buffer *spare_buffer(
	struct kiosk_cursor *cursor, int32_t width, int32_t height) {
	for (int i = 0; i < N_BUFFERS; i++) {
		struct cursor_buffer *buffer = cursor->buffers[i];
		if (buffer != NULL && buffer->base.locks > 0) {
			continue;
		}
		if (buffer != NULL && (buffer->base.width != width || buffer->base.height != height)) {
			scene_buffer_drop(&buffer->base);
			buffer = NULL;
		}
		if (buffer == NULL) {
			buffer = buffer_create(cursor->kiosk->device, width, height);
		}
		cursor->buffers[i] = buffer;
		return buffer;
	}
	return NULL;
}

// The cursor plane's size that holds the picture, else that of the picture.
static void buffer_size(const struct kms_device *device, int32_t *width, int32_t *height) {
	const int32_t w = *width, h = *height;
	for (int p = 0; p < device->n_planes; p++) {
		const struct kms_plane *plane = &device->planes[p];
		bool found = false;
		for (int i = 0; plane->type == KMS_PLANE_CURSOR && i < plane->n_size_hints; i++) {
			const struct kms_size_hint *hint = &plane->size_hints[i];
			if (hint->width >= w && hint->height >= h && (!found || hint->width < *width)) {
				*width = hint->width;
				*height = hint->height;
				found = true;
			}
		}
		if (found) {
			return;
		}
	}
	// Drivers that do not tell take squares of powers of two, if not anything.
	int32_t side = SMALLEST_SIZE;
	while (side < w || side < h) {
		side *= 2;
	}
	if (side <= (int32_t)device->cursor_width && side <= (int32_t)device->cursor_height) {
		*width = *height = side;
	}
}

// ---- Pictures ----

static void set_buffer(struct kiosk_cursor *cursor, struct cursor_buffer *buffer) {
	struct scene_layer *layer = &cursor->layer;
	struct scene_buffer *before = layer->buffer;
	layer->buffer = buffer != NULL ? scene_buffer_lock(&buffer->base) : NULL;
	scene_buffer_unlock(before);
	layer->src = (struct scene_fbox){0};
	if (buffer != NULL) {
		layer->src.width = layer->dst.width = buffer->base.width;
		layer->src.height = layer->dst.height = buffer->base.height;
		scene_layer_damage_all(layer);
	}
}

// The px of an upright picture, turned as its output is: few cursor planes can do that themselves.
static uint32_t *turned_px(
	const struct kiosk_cursor *cursor, struct cursor_buffer *buffer, int32_t x, int32_t y) {
	struct scene_fbox box = scene_fbox_transform((struct scene_fbox){x, y, 1, 1},
		scene_transform_invert(cursor->transform), cursor->width, cursor->height);
	return &buffer->pixels[(size_t)box.y * (size_t)buffer->base.width + (size_t)box.x];
}

// Copies a picture, stride in bytes, into a buffer and that into the layer. False when out of memory.
static bool draw(struct kiosk_cursor *cursor, const uint8_t *data, uint32_t stride, int32_t width,
	int32_t height, uint32_t set_bits) {
	cursor->width = width;
	cursor->height = height;
	buffer_size(cursor->kiosk->device, &cursor->width, &cursor->height);
	bool quarter = (cursor->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	int32_t buffer_width = quarter ? cursor->height : cursor->width;
	int32_t buffer_height = quarter ? cursor->width : cursor->height;
	struct cursor_buffer *buffer = spare_buffer(cursor, buffer_width, buffer_height);
	if (buffer == NULL) {
		return false;
	}
	size_t row = (size_t)buffer_width * 4;
	memset(buffer->pixels, 0, row * (size_t)buffer_height);
	for (int32_t y = 0; y < height; y++) {
		const uint8_t *from = data + (size_t)y * stride;
		for (int32_t x = 0; x < width; x++) {
			uint32_t px;
			memcpy(&px, from + (size_t)x * 4, sizeof(px));
			*turned_px(cursor, buffer, x, y) = px | set_bits;
		}
	}
	for (int32_t y = 0; buffer->dumb != NULL && y < buffer_height; y++) {
		memcpy(buffer->dumb->data + (size_t)y * buffer->dumb->stride,
			buffer->pixels + (size_t)y * (size_t)buffer_width, row);
	}
	set_buffer(cursor, buffer);
	return true;
}

static bool draw_shape(struct kiosk_cursor *cursor, const char *shape) {
	const struct config_cursor *config = &cursor->kiosk->config->cursor;
	if (strcmp(cursor->shape, shape) == 0) {
		cursor->hotspot_x = cursor->theme_hotspot_x;
		cursor->hotspot_y = cursor->theme_hotspot_y;
		return true;
	}
	if (cursor->theme == NULL && !cursor->theme_failed) {
		cursor->theme = cursor_theme_load(config->theme, (int)round(config->size * cursor->scale));
	}
	struct cursor_picture picture;
	if (cursor->theme == NULL || !cursor_theme_picture(cursor->theme, shape, &picture) ||
		!draw(cursor, (const uint8_t *)picture.pixels, (uint32_t)picture.width * 4, picture.width,
			picture.height, 0)) {
		if (!cursor->theme_failed) {
			log_warning("no cursor theme can be loaded: the cursor is shown by apps alone");
		}
		cursor->theme_failed = true;
		return false;
	}
	snprintf(cursor->shape, sizeof(cursor->shape), "%s", shape);
	cursor->hotspot_x = cursor->theme_hotspot_x = picture.hotspot_x;
	cursor->hotspot_y = cursor->theme_hotspot_y = picture.hotspot_y;
	return true;
}

static bool can_copy(const struct kms_device *device, const struct surface *surface, double scale) {
	const struct scene_buffer *buffer = surface_buffer(surface);
	return surface_is_plain(surface, scale) && !buffer->y_invert &&
		buffer->kind != SCENE_BUFFER_SOLID &&
		(buffer->format == DRM_FORMAT_ARGB8888 || buffer->format == DRM_FORMAT_XRGB8888) &&
		buffer->width <= (int32_t)device->cursor_width &&
		buffer->height <= (int32_t)device->cursor_height;
}

static bool draw_surface(struct kiosk_cursor *cursor, struct surface *surface) {
	struct scene_buffer *buffer = surface_buffer(surface);
	struct scene_pixels pixels = {0};
	cursor->shape[0] = '\0';
	if (!buffer->ops->begin_access(buffer, &pixels)) {
		return false;
	}
	bool ok = draw(cursor, pixels.data[0], pixels.stride[0], buffer->width, buffer->height,
		buffer->format == DRM_FORMAT_XRGB8888 ? 0xff000000 : 0);
	return buffer->ops->end_access(buffer) && ok;
}

// ---- Where it is ----

static void place(struct kiosk_cursor *cursor) {
	const struct seat_place *at = &cursor->now.at;
	if (at->output == NULL) {
		return;
	}
	struct scene_rect upright = {(int32_t)(at->x * cursor->scale) - cursor->hotspot_x,
		(int32_t)(at->y * cursor->scale) - cursor->hotspot_y, cursor->width, cursor->height};
	struct scene_rect rect = wayland_output_turned(at->output, &upright);
	cursor->layer.dst.x = rect.x;
	cursor->layer.dst.y = rect.y;
}

// Pictures are made for an output's scale and transform.
static void adapt(struct kiosk_cursor *cursor) {
	if (cursor->now.at.output == NULL) {
		return;
	}
	const struct wayland_output_info *info = wayland_output_info(cursor->now.at.output);
	if (info->scale != cursor->scale) {
		cursor_theme_destroy(cursor->theme);
		cursor->theme = NULL;
	}
	if (info->scale != cursor->scale || info->transform != cursor->transform) {
		cursor->shape[0] = '\0';
	}
	cursor->scale = info->scale;
	cursor->transform = info->transform;
}

static bool handle_append(void *data, struct wayland_output *output) {
	struct kiosk_cursor *cursor = data;
	if (cursor->now.kind == SEAT_CURSOR_HIDDEN || cursor->now.at.output != output) {
		return true;
	}
	place(cursor);
	if (cursor->direct) {
		return surface_append(cursor->now.surface, output,
			(int32_t)cursor->now.at.x - cursor->now.hotspot_x,
			(int32_t)cursor->now.at.y - cursor->now.hotspot_y);
	}
	return cursor->layer.buffer == NULL ||
		scene_output_append(wayland_output_scene(output), &cursor->layer);
}

// Makes the picture of `now`. False: nothing is to be seen.
static bool update_picture(struct kiosk_cursor *cursor) {
	struct seat_cursor *now = &cursor->now;
	cursor->direct = false;
	adapt(cursor);
	cursor->hotspot_x = (int32_t)round(now->hotspot_x * cursor->scale);
	cursor->hotspot_y = (int32_t)round(now->hotspot_y * cursor->scale);
	switch (now->kind) {
	case SEAT_CURSOR_DEFAULT:
		return draw_shape(cursor, "default");
	case SEAT_CURSOR_SHAPE:
		return draw_shape(cursor, now->shape);
	case SEAT_CURSOR_SURFACE:
		if (surface_buffer(now->surface) == NULL) {
			return false;
		}
		cursor->direct = !can_copy(cursor->kiosk->device, now->surface, cursor->scale);
		return cursor->direct || draw_surface(cursor, now->surface);
	default:
		return false;
	}
}

static void handle_changed(void *data) {
	struct kiosk_cursor *cursor = data;
	struct seat_cursor before = cursor->now;
	bool was_direct = cursor->direct;
	cursor->now = seat_cursor(cursor->seat);
	if (cursor->now.kind != SEAT_CURSOR_HIDDEN && !update_picture(cursor)) {
		cursor->now.kind = SEAT_CURSOR_HIDDEN;
	}
	place(cursor);
	bool hidden = cursor->now.kind == SEAT_CURSOR_HIDDEN;
	bool was_hidden = before.kind == SEAT_CURSOR_HIDDEN;
	if (hidden && was_hidden) {
		return;
	}
	// Just another picture in the same layer does not change the list of layers.
	if (hidden != was_hidden || before.at.output != cursor->now.at.output || cursor->direct ||
		was_direct) {
		kiosk_layout_update_cursor(cursor->kiosk->layout, before.at.output, cursor->now.at.output);
	}
}

static void handle_moved(void *data) {
	struct kiosk_cursor *cursor = data;
	if (cursor->now.kind == SEAT_CURSOR_HIDDEN) {
		return;
	}
	struct wayland_output *before = cursor->now.at.output;
	cursor->now.at = seat_cursor(cursor->seat).at;
	if (before != cursor->now.at.output && !update_picture(cursor)) {
		cursor->now.kind = SEAT_CURSOR_HIDDEN;
	}
	if (before != cursor->now.at.output || cursor->direct) {
		kiosk_layout_update_cursor(cursor->kiosk->layout, before, cursor->now.at.output);
		return;
	}
	int32_t x = cursor->layer.dst.x, y = cursor->layer.dst.y;
	place(cursor);
	if (x != cursor->layer.dst.x || y != cursor->layer.dst.y) {
		scene_layer_want_frame(&cursor->layer);
	}
}

// ---- A client whose picture is shown as a copy hears of its frames all the same ----

static struct scene_layer *followed(struct scene_layer *layer) {
	struct kiosk_cursor *cursor = wl_container_of(layer, cursor, layer);
	return cursor->now.kind == SEAT_CURSOR_SURFACE && !cursor->direct
		? surface_layer(cursor->now.surface)
		: NULL;
}

static void handle_latched(struct scene_layer *layer) {
	struct scene_layer *surface = followed(layer);
	if (surface != NULL) {
		surface->ops->latched(surface);
	}
}

static void handle_presented(
	struct scene_layer *layer, const struct scene_presentation *presentation) {
	struct scene_layer *surface = followed(layer);
	if (surface != NULL) {
		surface->ops->presented(surface, presentation);
	}
}

static void handle_hidden(struct scene_layer *layer, int64_t time_ns) {
	struct scene_layer *surface = followed(layer);
	if (surface != NULL) {
		surface->ops->hidden(surface, time_ns);
	}
}

static const struct scene_layer_ops layer_ops = {
	.latched = handle_latched,
	.presented = handle_presented,
	.hidden = handle_hidden,
};

// ---- Life ----

struct kiosk_cursor *kiosk_cursor_create(struct kiosk *kiosk) {
	struct kiosk_cursor *cursor = calloc(1, sizeof(*cursor));
	if (cursor == NULL) {
		return NULL;
	}
	cursor->kiosk = kiosk;
	cursor->seat = wayland_server_seat(kiosk->server);
	cursor->scale = 1;
	scene_layer_init(&cursor->layer, &layer_ops);
	cursor->layer.whole = true;
	cursor->layer.owner.pid = getpid();
	cursor->layer.owner.app_id = "vitrine-cursor";
	const struct layout_cursor handler = {handle_append, handle_changed, handle_moved, cursor};
	kiosk_layout_set_cursor(kiosk->layout, &handler);
	return cursor;
}

void kiosk_cursor_outputs_changed(struct kiosk_cursor *cursor) {
	handle_changed(cursor);
}

void kiosk_cursor_reload(
	struct kiosk_cursor *cursor, const struct config *before, bool outputs_changed) {
	bool changed = config_section_changed(before, cursor->kiosk->config, CONFIG_CURSOR);
	if (changed) {
		cursor_theme_destroy(cursor->theme);
		cursor->theme = NULL;
		cursor->theme_failed = false;
		cursor->shape[0] = '\0';
	}
	if (changed || outputs_changed) {
		handle_changed(cursor);
	}
}

void kiosk_cursor_device_gone(struct kiosk_cursor *cursor) {
	set_buffer(cursor, NULL);
	for (int i = 0; i < N_BUFFERS; i++) {
		if (cursor->buffers[i] != NULL) {
			scene_buffer_drop(&cursor->buffers[i]->base);
			cursor->buffers[i] = NULL;
		}
	}
	cursor->shape[0] = '\0';
	handle_changed(cursor);
}

void kiosk_cursor_destroy(struct kiosk_cursor *cursor) {
	if (cursor == NULL) {
		return;
	}
	kiosk_layout_set_cursor(cursor->kiosk->layout, NULL);
	struct scene_buffer *shown = cursor->layer.buffer;
	scene_layer_finish(&cursor->layer);
	scene_buffer_unlock(shown);
	for (int i = 0; i < N_BUFFERS; i++) {
		if (cursor->buffers[i] != NULL) {
			scene_buffer_drop(&cursor->buffers[i]->base);
		}
	}
	cursor_theme_destroy(cursor->theme);
	free(cursor);
}
