// SPDX-License-Identifier: MIT
// A layer of the scene in the terms of planes: which part of its framebuffer, turned how, goes where,
// and what speaks against it before any plane is looked at.
#include <math.h>

#include <drm_fourcc.h>
#include <drm_mode.h>

#include "output/internal.h"

// What undoes the transform of a buffer's contents. KMS turns counter-clockwise after it mirrored;
// undoing wl_output_transform turns clockwise first, so that mirrored quarter turns keep their sense.
static const uint64_t undo[] = {
	[WL_OUTPUT_TRANSFORM_NORMAL] = DRM_MODE_ROTATE_0,
	[WL_OUTPUT_TRANSFORM_90] = DRM_MODE_ROTATE_270,
	[WL_OUTPUT_TRANSFORM_180] = DRM_MODE_ROTATE_180,
	[WL_OUTPUT_TRANSFORM_270] = DRM_MODE_ROTATE_90,
	[WL_OUTPUT_TRANSFORM_FLIPPED] = DRM_MODE_REFLECT_X | DRM_MODE_ROTATE_0,
	[WL_OUTPUT_TRANSFORM_FLIPPED_90] = DRM_MODE_REFLECT_X | DRM_MODE_ROTATE_90,
	[WL_OUTPUT_TRANSFORM_FLIPPED_180] = DRM_MODE_REFLECT_X | DRM_MODE_ROTATE_180,
	[WL_OUTPUT_TRANSFORM_FLIPPED_270] = DRM_MODE_REFLECT_X | DRM_MODE_ROTATE_270,
};

// Every turn can be written in two ways, and drivers may know just one of them.
static uint64_t other_way(uint64_t rotation) {
	uint64_t turn = rotation & DRM_MODE_ROTATE_MASK, mirror = rotation & DRM_MODE_REFLECT_MASK;
	uint64_t half = turn <= DRM_MODE_ROTATE_90 ? turn << 2 : turn >> 2;
	return half | (mirror ^ (DRM_MODE_REFLECT_X | DRM_MODE_REFLECT_Y));
}

static uint64_t rotation_for(const struct output *output, const struct scene_layer *layer) {
	uint64_t rotation = undo[layer->transform];
	if (layer->buffer->y_invert) {
		rotation ^= DRM_MODE_REFLECT_Y;
	}
	uint64_t other = other_way(rotation);
	bool takes = false, takes_other = false;
	for (int p = 0; p < output->n_planes; p++) {
		uint64_t rotations = output->planner_planes[p].rotations;
		takes |= (rotation & ~rotations) == 0;
		takes_other |= (other & ~rotations) == 0;
	}
	return takes || !takes_other ? rotation : other;
}

static bool is_whole(double value) {
	return value == floor(value);
}

// True if the layer's opaque region hides everything under its dst.
static bool is_opaque(const struct scene_layer *layer) {
	pixman_box32_t box = {.x2 = layer->dst.width, .y2 = layer->dst.height};
	return pixman_region32_contains_rectangle((pixman_region32_t *)&layer->opaque, &box) ==
		PIXMAN_REGION_IN;
}

struct scene_fbox frame_source(const struct scene_layer *layer, struct scene_fbox part) {
	struct scene_fbox box = scene_layer_part(layer, part);
	if (layer->buffer->y_invert) {
		box.y = layer->buffer->height - box.y - box.height;
	}
	return box;
}

// The part of the layer that lies on the output. Returns what speaks against it.
static uint32_t crop(
	const struct output *output, const struct scene_layer *layer, struct planner_layer *planned) {
	const struct scene_rect *dst = &layer->dst;
	if (layer->whole) {
		planned->x = dst->x;
		planned->y = dst->y;
		planned->width = dst->width;
		planned->height = dst->height;
		planned->src_w = (uint32_t)(layer->src.width * 65536.0);
		planned->src_h = (uint32_t)(layer->src.height * 65536.0);
		return 0;
	}
	int32_t x1 = dst->x > 0 ? dst->x : 0, y1 = dst->y > 0 ? dst->y : 0;
	int32_t x2 = dst->x + dst->width, y2 = dst->y + dst->height;
	x2 = x2 < output->scene.width ? x2 : output->scene.width;
	y2 = y2 < output->scene.height ? y2 : output->scene.height;
	bool cropped =
		x1 != dst->x || y1 != dst->y || x2 != dst->x + dst->width || y2 != dst->y + dst->height;
	planned->x = x1;
	planned->y = y1;
	planned->width = x2 - x1;
	planned->height = y2 - y1;
	planned->full_width = dst->width;
	planned->full_height = dst->height;
	struct scene_fbox src =
		frame_source(layer, (struct scene_fbox){x1 - dst->x, y1 - dst->y, x2 - x1, y2 - y1});
	planned->src_x = (uint32_t)(src.x * 65536.0);
	planned->src_y = (uint32_t)(src.y * 65536.0);
	planned->src_w = (uint32_t)(src.width * 65536.0);
	planned->src_h = (uint32_t)(src.height * 65536.0);
	bool whole = is_whole(src.x) && is_whole(src.y) && is_whole(src.width) && is_whole(src.height);
	if (!whole) {
		return cropped ? PLANNER_REASON_OUT_OF_BOUNDS : PLANNER_REASON_SUBPIXEL;
	}
	// 16.16 fixed point ends at 65535 px; larger sources cannot even be expressed.
	return src.x + src.width > 65535.0 || src.y + src.height > 65535.0
		? PLANNER_REASON_OUT_OF_BOUNDS
		: 0;
}

// `whole`: cursor planes count, too.
static bool any_plane_takes(
	const struct output *output, bool whole, uint32_t format, uint64_t modifier) {
	for (int p = 0; p < output->n_planes; p++) {
		if ((whole || output->planner_planes[p].type != PLANNER_PLANE_CURSOR) &&
			format_set_has(output->planner_planes[p].formats, format, modifier)) {
			return true;
		}
	}
	return false;
}

// Without a GPU, memory whose modifier nobody told is linear, and a plane that tells of no modifiers
// takes linear memory.
static uint64_t modifier_for(
	const struct output *output, bool whole, uint32_t format, uint64_t modifier) {
	if (any_plane_takes(output, whole, format, modifier)) {
		return modifier;
	}
	return modifier == DRM_FORMAT_MOD_INVALID ? DRM_FORMAT_MOD_LINEAR
		: modifier == DRM_FORMAT_MOD_LINEAR   ? DRM_FORMAT_MOD_INVALID
											  : modifier;
}

// What speaks against the memory, which becomes a framebuffer if nothing does. PLANNER_REASON_*.
static uint32_t memory_refusal(
	struct output *output, struct scene_buffer *buffer, uint32_t format) {
	static const uint32_t reasons[] = {
		[SCENE_SHARED] = 0,
		[SCENE_SHARE_OFF] = PLANNER_REASON_NO_UDMABUF,
		[SCENE_SHARE_UNSEALED] = PLANNER_REASON_SHM_UNSEALED,
		[SCENE_SHARE_UNALIGNED] = PLANNER_REASON_SHM_UNALIGNED,
		[SCENE_SHARE_NEW] = PLANNER_REASON_SHM_NEW,
		[SCENE_SHARE_BUSY] = PLANNER_REASON_SHM_BUSY,
		[SCENE_SHARE_REFUSED] = PLANNER_REASON_UDMABUF_REFUSED,
		[SCENE_SHARE_UNWANTED] = PLANNER_REASON_IMPORT_REFUSED,
	};
	bool shm = buffer->kind == SCENE_BUFFER_SHM;
	if (shm) {
		enum scene_share share = scene_buffer_share(buffer);
		if (share != SCENE_SHARED) {
			return PLANNER_REASON_SHM_BUFFER | reasons[share];
		}
	}
	bool taken = scanout_framebuffer(output->device, buffer, format) != NULL;
	if (shm && !taken) {
		buffer->ops->unshare(buffer);
	}
	return taken ? 0 : PLANNER_REASON_IMPORT_REFUSED;
}

void frame_plan_layer(struct output *output, const struct scene_layer *layer, bool lowest,
	const pixman_region32_t *visible, struct planner_layer *planned) {
	struct scene_buffer *buffer = layer->buffer;
	const struct format_info *info = format_info(buffer->format);
	*planned = (struct planner_layer){
		.opaque = layer->fade == 0 && (is_opaque(layer) || (info != NULL && !info->alpha)),
		.fade = layer->fade,
		.visible_px = region_area(visible),
		.rate_mhz = scene_layer_rate_mhz(layer, output->begun_ns),
		.format = buffer->format,
		.modifier = buffer->modifier,
		.buffer_width = buffer->width,
		.buffer_height = buffer->height,
		.rotation = rotation_for(output, layer),
		.visible = true,
	};
	planned->refused = crop(output, layer, planned);
	// Cursors' are too small to be worth it.
	if (buffer->kind == SCENE_BUFFER_SHM && (planned->refused != 0 || layer->whole)) {
		planned->refused |= PLANNER_REASON_SHM_BUFFER;
		return;
	}
	if (buffer->kind == SCENE_BUFFER_SOLID) {
		planned->refused |= PLANNER_REASON_SOLID_BUFFER;
		return;
	}
	// The lowest visible layer has black below it: premultiplied colour over black is the colour.
	bool fills = planned->width == output->scene.width && planned->height == output->scene.height;
	if (info != NULL && info->alpha && ((fills && lowest) || planned->opaque) &&
		any_plane_takes(output, layer->whole, info->opaque,
			modifier_for(output, layer->whole, info->opaque, buffer->modifier))) {
		planned->format = info->opaque;
	}
	planned->modifier = modifier_for(output, layer->whole, planned->format, buffer->modifier);
	if (info != NULL && info->yuv) {
		planned->coding = layer->coding;
	}
	if (!any_plane_takes(output, layer->whole, planned->format, planned->modifier)) {
		planned->refused |= PLANNER_REASON_NO_PLANE_FORMAT;
	} else {
		planned->refused |= memory_refusal(output, buffer, planned->format);
	}
}
