// SPDX-License-Identifier: MIT
// Where the pixels of a layer come from and how they get to the target.
//
// Pixels that coincide with the target's are copied or blended straight from the client's memory,
// YUV is converted straight into the target. Scaled and turned layers go through a pixman transform,
// which is fast only for 8888 in the usual order: anything else is first brought into that form, a
// piece at a time in memory that stays in the CPU's cache. Nothing converted is kept, so nothing can
// be stale and a buffer costs no second copy.
#include "render/private.h"

#include <drm_fourcc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIECE_PIXELS = 1 << 20, // of the source
	ONE = 1 << 16,          // 16.16
};

static bool is_whole(double value) {
	return value == floor(value);
}

static int32_t clamp(double value, int32_t max) {
	return value <= 0 ? 0 : value >= max ? max : (int32_t)value;
}

// One axis of the target, and the source's that it runs along.
struct axis {
	int32_t start, length, limit; // target px: the layer's, and the target's own size
	double src_start, src_length; // px
	bool reversed;
};

// The scale is rounded to 16.16; to keep the error small on both sides the offset is made right for
// the middle of what can be seen. It depends on nothing else, so pieces fit together.
static bool axis_map(const struct axis *axis, int32_t *scale, int64_t *offset) {
	double ratio = axis->src_length / axis->length;
	if (ratio > RENDER_MAX_SIZE) {
		return false;
	}
	*scale = (int32_t)lround(axis->reversed ? -ratio * ONE : ratio * ONE);
	int64_t end = (int64_t)axis->start + axis->length;
	int64_t visible_start = axis->start > 0 ? axis->start : 0;
	int64_t visible_end = end < axis->limit ? end : axis->limit;
	int64_t middle = (visible_start + visible_end) / 2;
	double along = (double)(axis->reversed ? end - middle : middle - axis->start) * ratio;
	*offset = llround((axis->src_start + along) * ONE) - middle * *scale;
	return true;
}

static bool has_data(const struct render_pixels *pixels) {
	for (int i = 0; i < pixels->n_planes; i++) {
		if (!pixels->data[i]) {
			return false;
		}
	}
	return pixels->n_planes > 0 && pixels->width > 0 && pixels->height > 0;
}

bool render_source_init(struct render_source *source, const struct render_layer *layer,
	int32_t target_width, int32_t target_height) {
	// A flip around the vertical axis and a turn are a flip around the horizontal one and this turn.
	static const int turn_of_flip[] = {2, 1, 0, 3};

	const struct render_pixels *pixels = &layer->pixels;
	const struct format_info *info = format_info(pixels->format);
	if (!info || !render_can_compose(pixels->format) || !has_data(pixels) ||
		!(layer->src.width > 0) || !(layer->src.height > 0)) {
		return false;
	}
	struct render_yuv matrix = {0};
	if (info->yuv && !render_yuv_init(&matrix, pixels)) {
		return false;
	}
	bool flipped = layer->transform >= WL_OUTPUT_TRANSFORM_FLIPPED;
	int turn = flipped ? turn_of_flip[layer->transform - WL_OUTPUT_TRANSFORM_FLIPPED]
					   : (int)layer->transform;
	bool sideways = turn & 1;
	struct render_box src = layer->src;
	if (flipped) {
		src.y = pixels->height - src.y - src.height;
	}
	*source = (struct render_source){
		.pixels = pixels,
		.format = render_pixman_format(pixels->format),
		.yuv = info->yuv,
		.matrix = matrix,
		.alpha = info->alpha,
		.backwards = flipped != pixels->y_invert,
		.turn = turn,
		.exact = is_whole(src.x) && is_whole(src.y) &&
			src.width == (sideways ? layer->height : layer->width) &&
			src.height == (sideways ? layer->width : layer->height),
		.box =
			{
				.x1 = clamp(floor(src.x), pixels->width),
				.y1 = clamp(floor(src.y), pixels->height),
				.x2 = clamp(ceil(src.x + src.width), pixels->width),
				.y2 = clamp(ceil(src.y + src.height), pixels->height),
			},
	};
	struct axis across = {
		.start = layer->x,
		.length = layer->width,
		.limit = target_width,
		.src_start = sideways ? src.y : src.x,
		.src_length = sideways ? src.height : src.width,
		.reversed = turn == 1 || turn == 2,
	};
	struct axis down = {
		.start = layer->y,
		.length = layer->height,
		.limit = target_height,
		.src_start = sideways ? src.x : src.y,
		.src_length = sideways ? src.width : src.height,
		.reversed = turn == 2 || turn == 3,
	};
	const struct axis *along_x = sideways ? &down : &across;
	const struct axis *along_y = sideways ? &across : &down;
	return source->box.x1 < source->box.x2 && source->box.y1 < source->box.y2 &&
		axis_map(along_x, &source->scale_x, &source->offset_x) &&
		axis_map(along_y, &source->scale_y, &source->offset_y);
}

static const uint8_t *row_at(const struct render_source *source, int32_t y) {
	const struct render_pixels *pixels = source->pixels;
	int32_t row = source->backwards ? pixels->height - 1 - y : y;
	return pixels->data[0] + (size_t)row * pixels->stride[0];
}

// Whether pixman can read the client's memory as it lies there: it wants strides of whole words, and
// pixels where the CPU can load them.
static bool is_readable(const struct render_source *source) {
	int bytes = PIXMAN_FORMAT_BPP(source->format) / 8;
	uintptr_t address = (uintptr_t)source->pixels->data[0];
	uint32_t stride = source->pixels->stride[0];
	return !source->yuv && stride % sizeof(uint32_t) == 0 && stride <= INT32_MAX &&
		(bytes == 3 || address % (unsigned)bytes == 0);
}

// The rows are of 8888 in the order for which pixman has fast transforms.
static bool is_native(const struct render_source *source) {
	return source->format == PIXMAN_x8r8g8b8 || source->format == PIXMAN_a8r8g8b8;
}

static struct render_view view_of(const struct render_source *source, const pixman_box32_t *box) {
	int32_t stride = (int32_t)source->pixels->stride[0];
	int bytes = PIXMAN_FORMAT_BPP(source->format) / 8;
	return (struct render_view){
		.format = source->format,
		.width = box->x2 - box->x1,
		.height = box->y2 - box->y1,
		.data = row_at(source, box->y1) + (size_t)box->x1 * (size_t)bytes,
		.stride = source->backwards ? -stride : stride,
	};
}

static bool fits(const pixman_box32_t *box) {
	return box->x2 - box->x1 <= RENDER_MAX_SIZE && box->y2 - box->y1 <= RENDER_MAX_SIZE;
}

// Copies without scaling. *origin is where the returned image begins in the source.
static pixman_image_t *plain_image(const struct render_source *source, struct render_images *images,
	const pixman_box32_t *need, pixman_box32_t *origin) {
	// All of the buffer if possible: the image then stays the same whatever part is asked for.
	*origin = (pixman_box32_t){.x2 = source->pixels->width, .y2 = source->pixels->height};
	if (!fits(origin)) {
		*origin = *need;
	}
	struct render_view view = view_of(source, origin);
	pixman_image_t *image = render_image_get(&images->image, &view);
	if (image) {
		pixman_image_set_transform(image, NULL);
		pixman_image_set_repeat(image, PIXMAN_REPEAT_NONE);
	}
	return image;
}

// What of the source one axis of a piece of the target needs, in px: [*first, *end).
static void need_along(bool exact, int64_t offset, int32_t scale, int32_t start, int32_t stop,
	int32_t *first, int32_t *end) {
	// Positions of the centres of the outermost pixels.
	int64_t a = offset + scale * (int64_t)start + scale / 2;
	int64_t b = offset + scale * (int64_t)(stop - 1) + scale / 2;
	int64_t low = a < b ? a : b;
	int64_t high = a < b ? b : a;
	// The filter takes the two nearest pixels, and pixman may look at one more.
	int margin = exact ? 0 : 2;
	*first = (int32_t)(low >> 16) - margin;
	*end = (int32_t)(high >> 16) + margin + 1;
}

static pixman_box32_t need_of(const struct render_source *source, const pixman_box32_t *piece) {
	bool sideways = source->turn & 1;
	pixman_box32_t need;
	need_along(source->exact, source->offset_x, source->scale_x, sideways ? piece->y1 : piece->x1,
		sideways ? piece->y2 : piece->x2, &need.x1, &need.x2);
	need_along(source->exact, source->offset_y, source->scale_y, sideways ? piece->x1 : piece->y1,
		sideways ? piece->x2 : piece->y2, &need.y1, &need.y2);
	return need;
}

// Tells pixman to draw so that its (0, 0) is `piece`'s corner; `x` and `y` are the source px with
// which the image begins.
static bool set_transform(const struct render_source *source, pixman_image_t *image,
	const pixman_box32_t *piece, int32_t x, int32_t y) {
	bool sideways = source->turn & 1;
	int64_t offset_x = source->offset_x - (int64_t)x * ONE +
		(int64_t)source->scale_x * (sideways ? piece->y1 : piece->x1);
	int64_t offset_y = source->offset_y - (int64_t)y * ONE +
		(int64_t)source->scale_y * (sideways ? piece->x1 : piece->y1);
	pixman_transform_t transform = {0};
	transform.matrix[0][sideways ? 1 : 0] = source->scale_x;
	transform.matrix[0][2] = (pixman_fixed_t)offset_x;
	transform.matrix[1][sideways ? 0 : 1] = source->scale_y;
	transform.matrix[1][2] = (pixman_fixed_t)offset_y;
	transform.matrix[2][2] = ONE;
	pixman_filter_t filter = source->exact ? PIXMAN_FILTER_NEAREST : PIXMAN_FILTER_BILINEAR;
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
	return pixman_image_set_transform(image, &transform) &&
		pixman_image_set_filter(image, filter, NULL, 0);
}

// Draws a piece from an image that begins at source px (x, y).
static bool draw_transformed(const struct render_source *source, pixman_op_t op,
	pixman_image_t *image, int32_t x, int32_t y, struct render_brush *brush,
	const pixman_box32_t *piece) {
	int32_t width = piece->x2 - piece->x1;
	int32_t height = piece->y2 - piece->y1;
	if (!set_transform(source, image, piece, x, y)) {
		return false;
	}
	if (op != PIXMAN_OP_OVER || !(source->turn & 1)) {
		pixman_image_composite32(
			op, image, NULL, brush->image.image, 0, 0, 0, 0, piece->x1, piece->y1, width, height);
		return true;
	}
	// pixman has a fast turn for copies only: two passes take less than half the time of one.
	struct render_image *staged =
		render_staging_get(&brush->oriented, PIXMAN_a8r8g8b8, width, height);
	if (!staged) {
		return false;
	}
	pixman_image_t *oriented = staged->image;
	pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, oriented, 0, 0, 0, 0, 0, 0, width, height);
	pixman_image_composite32(PIXMAN_OP_OVER, oriented, NULL, brush->image.image, 0, 0, 0, 0,
		piece->x1, piece->y1, width, height);
	return true;
}

// The same for a picture that is scaled and lies on its side, of which `need` was staged: pixman has a
// fast turn and a fast scaling, but both at once takes five times as long.
static bool draw_upright(const struct render_source *source, pixman_op_t op, pixman_image_t *staged,
	struct render_brush *brush, const pixman_box32_t *need, const pixman_box32_t *piece) {
	int32_t width = need->x2 - need->x1;
	int32_t height = need->y2 - need->y1;
	pixman_format_code_t format = source->alpha ? PIXMAN_a8r8g8b8 : PIXMAN_x8r8g8b8;
	struct render_image *image = render_staging_get(&brush->upright, format, height, width);
	if (!image) {
		return false;
	}
	struct render_source turned = *source; // as if only that turn were left to do
	turned.exact = true;
	turned.scale_x = source->turn == 1 ? ONE : -ONE;
	turned.scale_y = -turned.scale_x;
	turned.offset_x = source->turn == 1 ? 0 : (int64_t)width * ONE;
	turned.offset_y = source->turn == 1 ? (int64_t)height * ONE : 0;
	static const pixman_box32_t corner = {0};
	if (!set_transform(&turned, staged, &corner, 0, 0)) {
		return false;
	}
	pixman_image_composite32(
		PIXMAN_OP_SRC, staged, NULL, image->image, 0, 0, 0, 0, 0, 0, height, width);

	struct render_source upright = *source; // and what is left after it
	upright.turn = 0;
	if (source->turn == 1) {
		upright.scale_x = -source->scale_y;
		upright.offset_x = (int64_t)need->y2 * ONE - source->offset_y;
		upright.scale_y = source->scale_x;
		upright.offset_y = source->offset_x - (int64_t)need->x1 * ONE;
	} else {
		upright.scale_x = source->scale_y;
		upright.offset_x = source->offset_y - (int64_t)need->y1 * ONE;
		upright.scale_y = -source->scale_x;
		upright.offset_y = (int64_t)need->x2 * ONE - source->offset_x;
	}
	return draw_transformed(&upright, op, image->image, 0, 0, brush, piece);
}

static int32_t clamp_between(int32_t value, int32_t low, int32_t high) {
	return value < low ? low : value > high ? high : value;
}

static uint8_t *staged_row(const struct render_image *staged, int32_t y) {
	return (uint8_t *)pixman_image_get_data(staged->image) + (ptrdiff_t)y * staged->view.stride;
}

// The source px of `inner` into the staging area at (left, top).
static bool stage_inner(const struct render_source *source, struct render_images *images,
	const struct render_image *staged, const pixman_box32_t *inner, int32_t left, int32_t top) {
	const struct render_view *view = &staged->view;
	int32_t width = inner->x2 - inner->x1;
	int32_t height = inner->y2 - inner->y1;
	if (is_readable(source)) {
		pixman_box32_t origin;
		pixman_image_t *image = plain_image(source, images, inner, &origin);
		if (image) {
			pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, staged->image,
				inner->x1 - origin.x1, inner->y1 - origin.y1, 0, 0, left, top, width, height);
		}
		return image != NULL;
	}
	size_t bytes = PIXMAN_FORMAT_BPP(view->format) / 8;
	for (int32_t y = 0; y < height; y++) {
		uint8_t *out = staged_row(staged, top + y) + (size_t)left * bytes;
		if (source->yuv) {
			int32_t row = inner->y1 + y;
			row = source->backwards ? source->pixels->height - 1 - row : row;
			render_yuv_convert_row(&source->matrix, source->pixels, inner->x1, row, width, out);
		} else {
			memcpy(out, row_at(source, inner->y1 + y) + (size_t)inner->x1 * bytes,
				(size_t)width * bytes);
		}
	}
	return true;
}

// Repeats the edges of what was staged at (left, top) until it fills width x height.
static void stage_margins(const struct render_image *staged, int32_t left, int32_t top,
	int32_t inner_width, int32_t inner_height, int32_t width, int32_t height) {
	size_t bytes = PIXMAN_FORMAT_BPP(staged->view.format) / 8;
	for (int32_t y = top; y < top + inner_height; y++) {
		uint8_t *row = staged_row(staged, y);
		uint8_t *first = row + (size_t)left * bytes;
		uint8_t *last = first + (size_t)(inner_width - 1) * bytes;
		for (int32_t x = 0; x < left; x++) {
			memcpy(row + (size_t)x * bytes, first, bytes);
		}
		for (int32_t x = left + inner_width; x < width; x++) {
			memcpy(row + (size_t)x * bytes, last, bytes);
		}
	}
	for (int32_t y = 0; y < height; y++) {
		int32_t from = clamp_between(y, top, top + inner_height - 1);
		if (from != y) {
			memcpy(staged_row(staged, y), staged_row(staged, from), (size_t)width * bytes);
		}
	}
}

static bool draw_staged(const struct render_source *source, pixman_op_t op,
	struct render_brush *brush, struct render_images *images, const pixman_box32_t *piece) {
	const pixman_box32_t *box = &source->box;
	pixman_box32_t need = need_of(source, piece);
	pixman_box32_t inner;
	inner.x1 = clamp_between(need.x1, box->x1, box->x2 - 1);
	inner.y1 = clamp_between(need.y1, box->y1, box->y2 - 1);
	inner.x2 = clamp_between(need.x2, inner.x1 + 1, box->x2);
	inner.y2 = clamp_between(need.y2, inner.y1 + 1, box->y2);
	if (need.x1 > inner.x1 || need.x2 < inner.x2 || need.y1 > inner.y1 || need.y2 < inner.y2) {
		need = inner; // the source box lies outside of the buffer
	}

	pixman_format_code_t format = source->alpha ? PIXMAN_a8r8g8b8 : PIXMAN_x8r8g8b8;
	if (!source->yuv && !is_readable(source)) {
		format = source->format;
	}
	int32_t width = need.x2 - need.x1;
	int32_t height = need.y2 - need.y1;
	int32_t left = inner.x1 - need.x1;
	int32_t top = inner.y1 - need.y1;
	struct render_image *staged = render_staging_get(&brush->source, format, width, height);
	if (!staged || !stage_inner(source, images, staged, &inner, left, top)) {
		return false;
	}
	stage_margins(staged, left, top, inner.x2 - inner.x1, inner.y2 - inner.y1, width, height);
	if (!source->exact && (source->turn & 1)) {
		return draw_upright(source, op, staged->image, brush, &need, piece);
	}
	return draw_transformed(source, op, staged->image, need.x1, need.y1, brush, piece);
}

// The client's memory can be handed to pixman together with a transform.
static bool is_direct(const struct render_source *source) {
	return is_readable(source) && is_native(source) && fits(&source->box);
}

static bool draw_direct(const struct render_source *source, pixman_op_t op,
	struct render_brush *brush, struct render_images *images, const pixman_box32_t *piece) {
	struct render_view view = view_of(source, &source->box);
	pixman_image_t *image = render_image_get(&images->image, &view);
	return image &&
		draw_transformed(source, op, image, source->box.x1, source->box.y1, brush, piece);
}

static int64_t area(const pixman_box32_t *box) {
	return (int64_t)(box->x2 - box->x1) * (box->y2 - box->y1);
}

static bool draw_in_pieces(const struct render_source *source, pixman_op_t op,
	struct render_brush *brush, struct render_images *images, const pixman_box32_t *box) {
	// When a picture is made much smaller most of its rows are not needed: single rows skip them.
	int32_t scale_down = source->turn & 1 ? source->scale_x : source->scale_y;
	bool direct = is_direct(source) && (source->exact || !(source->turn & 1));
	int32_t rows = !direct && abs(scale_down) > 4 * ONE ? 1 : RENDER_PIECE_ROWS;
	pixman_box32_t piece = *box;
	while (piece.y1 < box->y2) {
		piece.y2 = piece.y1 - piece.y1 % rows + rows;
		piece.y2 = piece.y2 < box->y2 ? piece.y2 : box->y2;
		piece.x1 = box->x1;
		while (piece.x1 < box->x2) {
			piece.x2 = box->x2;
			pixman_box32_t need = need_of(source, &piece);
			while ((area(&need) > PIECE_PIXELS || !fits(&need)) && piece.x2 - piece.x1 > 1) {
				piece.x2 = piece.x1 + (piece.x2 - piece.x1) / 2;
				need = need_of(source, &piece);
			}
			bool done = direct ? draw_direct(source, op, brush, images, &piece)
							   : draw_staged(source, op, brush, images, &piece);
			if (!done) {
				return false;
			}
			piece.x1 = piece.x2;
		}
		piece.y1 = piece.y2;
	}
	return true;
}

// YUV whose pixels coincide with those of an 8888 target.
static void convert_into(const struct render_source *source, const struct render_target *target,
	const pixman_box32_t *box) {
	int32_t x = box->x1 + (int32_t)(source->offset_x / ONE);
	for (int32_t row = box->y1; row < box->y2; row++) {
		int32_t y = row + (int32_t)(source->offset_y / ONE);
		y = source->backwards ? source->pixels->height - 1 - y : y;
		render_yuv_convert_row(&source->matrix, source->pixels, x, y, box->x2 - box->x1,
			target->data + (size_t)row * target->stride + (size_t)box->x1 * sizeof(uint32_t));
	}
}

static bool contains(const pixman_box32_t *outer, const pixman_box32_t *inner) {
	return inner->x1 >= outer->x1 && inner->y1 >= outer->y1 && inner->x2 <= outer->x2 &&
		inner->y2 <= outer->y2;
}

bool render_source_draw(const struct render_source *source, pixman_op_t op,
	const struct render_target *target, struct render_brush *brush, struct render_images *images,
	const pixman_box32_t *box) {
	bool plain = source->exact && source->turn == 0;
	pixman_box32_t need = need_of(source, box);
	if (plain && contains(&source->box, &need)) {
		if (is_readable(source)) {
			pixman_box32_t origin;
			pixman_image_t *image = plain_image(source, images, &need, &origin);
			if (image) {
				pixman_image_composite32(op, image, NULL, brush->image.image, need.x1 - origin.x1,
					need.y1 - origin.y1, 0, 0, box->x1, box->y1, box->x2 - box->x1,
					box->y2 - box->y1);
			}
			return image != NULL;
		}
		if (source->yuv &&
			(target->format == DRM_FORMAT_XRGB8888 || target->format == DRM_FORMAT_ARGB8888)) {
			convert_into(source, target, box);
			return true;
		}
	}
	// Copies that are turned need no pieces.
	if (is_direct(source) && source->exact && op == PIXMAN_OP_SRC) {
		return draw_direct(source, op, brush, images, box);
	}
	return draw_in_pieces(source, op, brush, images, box);
}
