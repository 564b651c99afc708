// SPDX-License-Identifier: MIT
#include "render/private.h"

#include <stdlib.h>

static bool is_solid(const struct render_layer *layer) {
	return layer->pixels.format == 0;
}

// A layer as far as it concerns the frame being drawn.
struct item {
	const struct render_layer *layer;
	struct render_source source; // unless solid
	pixman_box32_t box;          // target px, clipped to the target
	bool opaque;                 // all of it
};

static int32_t clamp(int64_t value, int32_t max) {
	return (int32_t)(value < 0 ? 0 : value > max ? max : value);
}

// False when nothing of the layer can be drawn.
static bool item_init(
	struct item *item, const struct render_layer *layer, const struct render_target *target) {
	if (layer->width <= 0 || layer->height <= 0) {
		return false;
	}
	item->layer = layer;
	item->box = (pixman_box32_t){
		.x1 = clamp(layer->x, target->width),
		.y1 = clamp(layer->y, target->height),
		.x2 = clamp((int64_t)layer->x + layer->width, target->width),
		.y2 = clamp((int64_t)layer->y + layer->height, target->height),
	};
	if (item->box.x1 >= item->box.x2 || item->box.y1 >= item->box.y2) {
		return false;
	}
	if (is_solid(layer)) {
		item->opaque = layer->pixels.solid[3] == UINT16_MAX;
		return true;
	}
	if (!render_source_init(&item->source, layer, target->width, target->height)) {
		return false;
	}
	item->opaque = !item->source.alpha;
	return true;
}

static bool intersect_box(
	pixman_region32_t *result, const pixman_region32_t *region, const pixman_box32_t *box) {
	return pixman_region32_intersect_rect(result, region, box->x1, box->y1,
		(unsigned)(box->x2 - box->x1), (unsigned)(box->y2 - box->y1));
}

// What of the item hides the layers below.
static bool item_opaque(const struct item *item, pixman_region32_t *opaque) {
	if (item->opaque) {
		pixman_region32_reset(opaque, &item->box);
		return true;
	}
	if (!item->layer->opaque) {
		pixman_region32_clear(opaque);
		return true;
	}
	return intersect_box(opaque, item->layer->opaque, &item->box);
}

// What of the item is to be drawn.
static bool item_draw(const struct item *item, struct render_canvas *canvas) {
	if (!item->layer->visible) {
		return intersect_box(&canvas->draw, &canvas->todo, &item->box);
	}
	return intersect_box(&canvas->part, item->layer->visible, &item->box) &&
		pixman_region32_intersect(&canvas->draw, &canvas->part, &canvas->todo);
}

// To 8 bits, rounded, and back: pixman cuts off.
static uint16_t round_colour(uint16_t value) {
	return (uint16_t)((value * 255u + 32767u) / 65535u * 257u);
}

static pixman_color_t item_colour(const struct item *item) {
	const uint16_t *solid = item->layer->pixels.solid;
	return (pixman_color_t){
		.red = round_colour(solid[0]),
		.green = round_colour(solid[1]),
		.blue = round_colour(solid[2]),
		.alpha = round_colour(solid[3]),
	};
}

static pixman_image_t *solid_image(struct render_scratch *scratch, const pixman_color_t *colour) {
	const pixman_color_t *old = &scratch->colour;
	if (scratch->solid && old->red == colour->red && old->green == colour->green &&
		old->blue == colour->blue && old->alpha == colour->alpha) {
		return scratch->solid;
	}
	if (scratch->solid) {
		pixman_image_unref(scratch->solid);
	}
	scratch->solid = pixman_image_create_solid_fill(colour);
	scratch->colour = *colour;
	return scratch->solid;
}

static bool blend_colour(struct render_canvas *canvas, struct render_scratch *scratch,
	const pixman_color_t *colour, const pixman_box32_t *box) {
	pixman_image_t *image = solid_image(scratch, colour);
	if (image) {
		pixman_image_composite32(PIXMAN_OP_OVER, image, NULL, canvas->image.image, 0, 0, 0, 0,
			box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1);
	}
	return image != NULL;
}

static bool fill(
	struct render_canvas *canvas, const pixman_color_t *colour, const pixman_box32_t *box) {
	return pixman_image_fill_boxes(PIXMAN_OP_SRC, canvas->image.image, colour, 1, box);
}

struct pass {
	const struct render_target *target;
	struct render_canvas *canvas;
	struct render_stats *stats;
};

static void count(const struct pass *pass, const pixman_box32_t *box) {
	uint64_t pixels = (uint64_t)(box->x2 - box->x1) * (uint64_t)(box->y2 - box->y1);
	unsigned bits = PIXMAN_FORMAT_BPP(pass->canvas->image.view.format);
	pass->stats->pixels += pixels;
	pass->stats->bytes += pixels * (bits / 8);
}

// pixman is called a rectangle at a time: a clip region would be copied.
static bool draw_region(const struct pass *pass, const struct item *item,
	struct render_scratch *scratch, pixman_op_t op, const pixman_region32_t *region) {
	int n_boxes;
	const pixman_box32_t *boxes =
		pixman_region32_rectangles(region, &n_boxes);
	for (int i = 0; i < n_boxes; i++) {
		bool done;
		if (is_solid(item->layer)) {
			pixman_color_t colour = item_colour(item);
			done = op == PIXMAN_OP_SRC ? fill(pass->canvas, &colour, &boxes[i])
									   : blend_colour(pass->canvas, scratch, &colour, &boxes[i]);
		} else {
			done = render_source_draw(
				&item->source, op, pass->target, pass->canvas, scratch, &boxes[i]);
		}
		if (!done) {
			return false;
		}
		count(pass, &boxes[i]);
	}
	return true;
}

static bool draw_item(const struct pass *pass, const struct item *item) {
	struct render_canvas *canvas = pass->canvas;
	struct render_scratch **slot = item->layer->scratch;
	if (slot && !*slot) {
		*slot = calloc(1, sizeof(**slot));
	}
	struct render_scratch *scratch = slot && *slot ? *slot : &canvas->scratch;
	return item_opaque(item, &canvas->opaque) &&
		pixman_region32_intersect(&canvas->part, &canvas->draw, &canvas->opaque) &&
		draw_region(pass, item, scratch, PIXMAN_OP_SRC, &canvas->part) &&
		pixman_region32_subtract(&canvas->part, &canvas->draw, &canvas->opaque) &&
		draw_region(pass, item, scratch, PIXMAN_OP_OVER, &canvas->part);
}

static bool draw_background(
	const struct pass *pass, const struct render_layer *layers, int n_layers) {
	static const pixman_color_t black = {.alpha = UINT16_MAX};

	struct render_canvas *canvas = pass->canvas;
	pixman_region32_clear(&canvas->covered);
	for (int i = 0; i < n_layers; i++) {
		struct item item;
		if (!item_init(&item, &layers[i], pass->target)) {
			continue;
		}
		// Not in place: pixman would give up the memory that the region has.
		if (!item_opaque(&item, &canvas->opaque) ||
			!pixman_region32_union(&canvas->part, &canvas->covered, &canvas->opaque)) {
			return false;
		}
		pixman_region32_t old = canvas->covered;
		canvas->covered = canvas->part;
		canvas->part = old;
	}
	if (!pixman_region32_subtract(&canvas->part, &canvas->todo, &canvas->covered)) {
		return false;
	}
	int n_boxes;
	const pixman_box32_t *boxes = pixman_region32_rectangles(&canvas->part, &n_boxes);
	for (int i = 0; i < n_boxes; i++) {
		if (!fill(canvas, &black, &boxes[i])) {
			return false;
		}
		count(pass, &boxes[i]);
	}
	return true;
}

static bool draw_all(const struct pass *pass, const pixman_region32_t *damage,
	const struct render_layer *layers, int n_layers) {
	struct render_canvas *canvas = pass->canvas;
	pixman_box32_t all = {.x2 = pass->target->width, .y2 = pass->target->height};
	if (!intersect_box(&canvas->todo, damage, &all)) {
		return false;
	}
	if (!pixman_region32_not_empty(&canvas->todo)) {
		return true;
	}
	if (!draw_background(pass, layers, n_layers)) {
		return false;
	}
	for (int i = 0; i < n_layers; i++) {
		struct item item;
		if (!item_init(&item, &layers[i], pass->target)) {
			continue;
		}
		if (!item_draw(&item, canvas)) {
			return false;
		}
		if (pixman_region32_not_empty(&canvas->draw) && !draw_item(pass, &item)) {
			return false;
		}
	}
	return true;
}

static struct render_canvas *canvas_create(void) {
	struct render_canvas *canvas = calloc(1, sizeof(*canvas));
	if (canvas) {
		pixman_region32_init(&canvas->todo);
		pixman_region32_init(&canvas->covered);
		pixman_region32_init(&canvas->opaque);
		pixman_region32_init(&canvas->draw);
		pixman_region32_init(&canvas->part);
	}
	return canvas;
}

void render_canvas_destroy(struct render_canvas *canvas) {
	if (!canvas) {
		return;
	}
	pixman_region32_fini(&canvas->todo);
	pixman_region32_fini(&canvas->covered);
	pixman_region32_fini(&canvas->opaque);
	pixman_region32_fini(&canvas->draw);
	pixman_region32_fini(&canvas->part);
	render_scratch_finish(&canvas->scratch);
	render_staging_finish(&canvas->source);
	render_staging_finish(&canvas->oriented);
	render_image_finish(&canvas->image);
	free(canvas);
}

bool render_compose(const struct render_target *target, const pixman_region32_t *damage,
	const struct render_layer *layers, int n_layers, struct render_stats *stats) {
	struct render_view view = {
		.format = render_pixman_format(target->format),
		.width = target->width,
		.height = target->height,
		.data = target->data,
		.stride = (int32_t)target->stride,
	};
	if (view.format == 0 || target->width > RENDER_MAX_SIZE || target->height > RENDER_MAX_SIZE ||
		target->stride > INT32_MAX) {
		return false;
	}
	struct render_canvas *canvas = target->canvas ? *target->canvas : NULL;
	bool created = !canvas;
	if (created) {
		canvas = canvas_create();
		if (!canvas) {
			return false;
		}
	}
	struct pass pass = {.target = target, .canvas = canvas, .stats = stats};
	bool done = render_image_get(&canvas->image, &view) != NULL &&
		draw_all(&pass, damage, layers, n_layers);
	if (created && target->canvas) {
		*target->canvas = canvas;
	} else if (created) {
		render_canvas_destroy(canvas);
	}
	return done;
}
