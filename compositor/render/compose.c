// SPDX-License-Identifier: MIT
// Which part of the target is drawn from which layer, and how.
//
// Regions come in and are only read: what they share is found box by box, because regions of more
// than one box allocate whenever they are made.
#include "render/private.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Less damage than that a thread is not worth waking one: some tenths of a millisecond.
enum { MIN_THREAD_PIXELS = 1 << 17 };

// Whether layers lie on black is looked up among so many below them.
enum { MAX_BELOW = 32 };

static bool is_solid(const struct render_layer *layer) {
	return layer->pixels.format == 0;
}

struct pass {
	const struct render_target *target;
	struct render_brush *brush;
	int thread;
	pixman_box32_t clip; // target px: nothing else is drawn
	struct render_stats stats;
	const struct render_layer *layers;
	int n_layers;
};

// A layer as far as it concerns the frame being drawn.
struct item {
	const struct render_layer *layer;
	struct render_source source; // unless solid
	pixman_box32_t box;          // target px, clipped
	bool opaque;                 // all of it
};

static bool intersect(pixman_box32_t *common, const pixman_box32_t *a, const pixman_box32_t *b) {
	common->x1 = a->x1 > b->x1 ? a->x1 : b->x1;
	common->y1 = a->y1 > b->y1 ? a->y1 : b->y1;
	common->x2 = a->x2 < b->x2 ? a->x2 : b->x2;
	common->y2 = a->y2 < b->y2 ? a->y2 : b->y2;
	return common->x1 < common->x2 && common->y1 < common->y2;
}

static int32_t clamp(int64_t value, int32_t max) {
	return (int32_t)(value < 0 ? 0 : value > max ? max : value);
}

static bool is_black(const struct render_layer *layer) {
	static const uint16_t black[4] = {0, 0, 0, UINT16_MAX};

	return is_solid(layer) && layer->fade == 0 &&
		memcmp(layer->pixels.solid, black, sizeof(black)) == 0;
}

// What of the layer lies on the target.
static bool layer_box(
	pixman_box32_t *box, const struct render_layer *layer, const struct render_target *target) {
	*box = (pixman_box32_t){
		.x1 = clamp(layer->x, target->width),
		.y1 = clamp(layer->y, target->height),
		.x2 = clamp((int64_t)layer->x + layer->width, target->width),
		.y2 = clamp((int64_t)layer->y + layer->height, target->height),
	};
	return box->x1 < box->x2 && box->y1 < box->y2;
}

// True if there is black below all of the layer, which lies at `box`. Blending with it is copying then:
// what is premultiplied is what would come of it. With holes the ground is no black, and an alpha
// channel of the target has to become that of black.
static bool is_on_black(
	const struct pass *pass, const struct render_layer *layer, const pixman_box32_t *box) {
	ptrdiff_t index = layer - pass->layers;
	if (layer->fade != 0 || pass->target->holes || format_info(pass->target->format)->alpha ||
		index > MAX_BELOW) {
		return false;
	}
	for (ptrdiff_t i = 0; i < index; i++) {
		pixman_box32_t below, shared;
		if (!is_black(&pass->layers[i]) && layer_box(&below, &pass->layers[i], pass->target) &&
			intersect(&shared, &below, box)) {
			return false;
		}
	}
	return true;
}

// False when nothing of the layer can be drawn, or has to be: black on black.
static bool item_init(
	struct item *item, const struct render_layer *layer, const struct pass *pass) {
	const struct render_target *target = pass->target;
	if (layer->width <= 0 || layer->height <= 0) {
		return false;
	}
	item->layer = layer;
	pixman_box32_t box;
	if (!layer_box(&box, layer, target) || !intersect(&item->box, &box, &pass->clip)) {
		return false;
	}
	if (is_solid(layer)) {
		item->opaque = (layer->fade == 0 && layer->pixels.solid[3] == UINT16_MAX) ||
			is_on_black(pass, layer, &box);
		return !is_black(layer) || !is_on_black(pass, layer, &box);
	}
	if (!render_source_init(&item->source, layer, target->width, target->height)) {
		return false;
	}
	item->opaque = (layer->fade == 0 && !item->source.alpha) || is_on_black(pass, layer, &box);
	return true;
}

// What is left of `box` without `hole`, which lies in it: above, below, left and right of it. Boxes
// may be empty.
static void split(pixman_box32_t parts[4], const pixman_box32_t *box, const pixman_box32_t *hole) {
	parts[0] = (pixman_box32_t){box->x1, box->y1, box->x2, hole->y1};
	parts[1] = (pixman_box32_t){box->x1, hole->y2, box->x2, box->y2};
	parts[2] = (pixman_box32_t){box->x1, hole->y1, hole->x1, hole->y2};
	parts[3] = (pixman_box32_t){hole->x2, hole->y1, box->x2, hole->y2};
}

static bool is_empty(const pixman_box32_t *box) {
	return box->x1 >= box->x2 || box->y1 >= box->y2;
}

// Boxes that do not overlap; not clipped to the item.
struct boxes {
	const pixman_box32_t *boxes;
	int n;
};

static struct boxes region_boxes(const pixman_region32_t *region) {
	struct boxes boxes;
	boxes.boxes = pixman_region32_rectangles(region, &boxes.n);
	return boxes;
}

// What of the item hides the layers below.
static struct boxes item_opaque(const struct item *item) {
	if (item->opaque) {
		return (struct boxes){&item->box, 1};
	}
	bool some = item->layer->opaque && item->layer->fade == 0;
	return some ? region_boxes(item->layer->opaque) : (struct boxes){0};
}

static struct boxes item_visible(const struct item *item) {
	const pixman_region32_t *visible = item->layer->visible;
	return visible ? region_boxes(visible) : (struct boxes){&item->box, 1};
}

// To 8 bits, rounded, and back: pixman cuts off.
static uint16_t round_colour(uint32_t value) {
	return (uint16_t)((value * 255u + 32767u) / 65535u * 257u);
}

static pixman_color_t item_colour(const struct item *item) {
	uint16_t colour[4];
	for (int i = 0; i < 4; i++) {
		uint32_t value = item->layer->pixels.solid[i];
		colour[i] = round_colour(value * (UINT16_MAX - item->layer->fade) / UINT16_MAX);
	}
	return (pixman_color_t){
		.red = colour[0], .green = colour[1], .blue = colour[2], .alpha = colour[3]};
}

static bool blend_colour(struct render_brush *brush, struct render_images *images,
	const pixman_color_t *colour, const pixman_box32_t *box) {
	pixman_image_t *image = render_images_solid(images, colour);
	if (image) {
		pixman_image_composite32(PIXMAN_OP_OVER, image, NULL, brush->image.image, 0, 0, 0, 0,
			box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1);
	}
	return image != NULL;
}

static bool fill(
	struct render_brush *brush, const pixman_color_t *colour, const pixman_box32_t *box) {
	return pixman_image_fill_boxes(PIXMAN_OP_SRC, brush->image.image, colour, 1, box);
}

static void count(struct pass *pass, const pixman_box32_t *box) {
	uint64_t pixels = (uint64_t)(box->x2 - box->x1) * (uint64_t)(box->y2 - box->y1);
	unsigned bits = PIXMAN_FORMAT_BPP(pass->brush->image.view.format);
	pass->stats.pixels += pixels;
	pass->stats.bytes += pixels * (bits / 8);
}

// Zero is black, and transparent, but not opaque black.
static bool is_drawn_already(const struct pass *pass, bool black) {
	return pass->target->blank && !(black && format_info(pass->target->format)->alpha);
}

static bool draw_box(struct pass *pass, const struct item *item, struct render_images *images,
	pixman_op_t op, const pixman_box32_t *box) {
	bool done;
	if (is_solid(item->layer)) {
		pixman_color_t colour = item_colour(item);
		done = op == PIXMAN_OP_SRC ? fill(pass->brush, &colour, box)
								   : blend_colour(pass->brush, images, &colour, box);
	} else {
		done = render_source_draw(&item->source, op, pass->target, pass->brush, images, box);
	}
	count(pass, box);
	return done;
}

// Copies what of `box` is opaque, blends the rest.
static bool draw_split(struct pass *pass, const struct item *item, struct render_images *images,
	struct boxes opaque, const pixman_box32_t *box) {
	for (int i = 0; i < opaque.n; i++) {
		pixman_box32_t hole;
		if (!intersect(&hole, box, &opaque.boxes[i])) {
			continue;
		}
		if (!draw_box(pass, item, images, PIXMAN_OP_SRC, &hole)) {
			return false;
		}
		struct boxes others = {opaque.boxes + i + 1, opaque.n - i - 1};
		pixman_box32_t parts[4];
		split(parts, box, &hole);
		for (int p = 0; p < 4; p++) {
			if (!is_empty(&parts[p]) && !draw_split(pass, item, images, others, &parts[p])) {
				return false;
			}
		}
		return true;
	}
	return draw_box(pass, item, images, PIXMAN_OP_OVER, box);
}

static bool draw_item(struct pass *pass, const struct item *item, struct boxes todo) {
	struct render_scratch **slot = item->layer->scratch;
	struct render_images *images =
		slot && *slot ? &(*slot)->images[pass->thread] : &pass->brush->images;
	struct boxes visible = item_visible(item);
	struct boxes opaque = item_opaque(item);
	for (int v = 0; v < visible.n; v++) {
		pixman_box32_t seen;
		if (!intersect(&seen, &visible.boxes[v], &item->box)) {
			continue;
		}
		for (int t = 0; t < todo.n; t++) {
			pixman_box32_t box;
			if (!intersect(&box, &seen, &todo.boxes[t])) {
				continue;
			}
			if (!draw_split(pass, item, images, opaque, &box)) {
				return false;
			}
		}
	}
	return true;
}

// Paints what of `box` no opaque part hides, from the given part of the given layer on.
static bool draw_background(
	struct pass *pass, int first_layer, int first_part, const pixman_box32_t *box) {
	static const pixman_color_t black = {.alpha = UINT16_MAX};

	for (int l = first_layer; l < pass->n_layers; l++, first_part = 0) {
		struct item item;
		if (!item_init(&item, &pass->layers[l], pass)) {
			continue;
		}
		pixman_box32_t shared;
		struct boxes opaque = item_opaque(&item);
		for (int i = first_part; i < opaque.n; i++) {
			pixman_box32_t hole;
			if (!intersect(&shared, box, &item.box) ||
				!intersect(&hole, &shared, &opaque.boxes[i])) {
				continue;
			}
			pixman_box32_t parts[4];
			split(parts, box, &hole);
			for (int p = 0; p < 4; p++) {
				if (!is_empty(&parts[p]) && !draw_background(pass, l, i + 1, &parts[p])) {
					return false;
				}
			}
			return true;
		}
	}
	if (is_drawn_already(pass, true)) {
		return true;
	}
	count(pass, box);
	return fill(pass->brush, &black, box);
}

// Clears the holes in `box`, from the given one on, and paints the rest. In a hole no layer counts as
// hiding it: what lies below it may have been left out for the sake of what shines through.
static bool draw_ground(struct pass *pass, int first_hole, const pixman_box32_t *box) {
	static const pixman_color_t clear = {0};

	const pixman_region32_t *region = pass->target->holes;
	struct boxes holes = region ? region_boxes(region) : (struct boxes){0};
	for (int i = first_hole; i < holes.n; i++) {
		pixman_box32_t hole;
		if (!intersect(&hole, box, &holes.boxes[i])) {
			continue;
		}
		pixman_box32_t parts[4];
		split(parts, box, &hole);
		for (int p = 0; p < 4; p++) {
			if (!is_empty(&parts[p]) && !draw_ground(pass, i + 1, &parts[p])) {
				return false;
			}
		}
		if (is_drawn_already(pass, false)) {
			return true;
		}
		count(pass, &hole);
		return fill(pass->brush, &clear, &hole);
	}
	return draw_background(pass, 0, 0, box);
}

static bool draw_all(struct pass *pass, const pixman_region32_t *damage) {
	struct boxes todo = region_boxes(damage);
	for (int i = 0; i < todo.n; i++) {
		pixman_box32_t box;
		if (intersect(&box, &todo.boxes[i], &pass->clip) && !draw_ground(pass, 0, &box)) {
			return false;
		}
	}
	for (int i = 0; i < pass->n_layers; i++) {
		struct item item;
		if (item_init(&item, &pass->layers[i], pass) && !draw_item(pass, &item, todo)) {
			return false;
		}
	}
	return true;
}

static void brush_finish(struct render_brush *brush) {
	render_images_finish(&brush->images);
	render_staging_finish(&brush->source);
	render_staging_finish(&brush->upright);
	render_staging_finish(&brush->oriented);
	render_image_finish(&brush->image);
}

void render_canvas_destroy(struct render_canvas *canvas) {
	if (!canvas) {
		return;
	}
	for (int i = 0; i < RENDER_MAX_THREADS; i++) {
		brush_finish(&canvas->brushes[i]);
	}
	free(canvas);
}

// What several threads draw, a band at a time: rows from RENDER_PIECE_ROWS * n on.
struct job {
	const struct render_target *target;
	struct render_view view; // of the target
	struct render_canvas *canvas;
	const pixman_region32_t *damage;
	const struct render_layer *layers;
	int n_layers;
	int end_band;
	atomic_int next_band;
	atomic_bool failed;
	struct render_stats stats[RENDER_MAX_THREADS];
};

static void draw_bands(void *data, int thread) {
	struct job *job = data;
	struct pass pass = {
		.target = job->target,
		.brush = &job->canvas->brushes[thread],
		.thread = thread,
		.clip = {.x2 = job->target->width},
		.layers = job->layers,
		.n_layers = job->n_layers,
	};
	bool ok = render_image_get(&pass.brush->image, &job->view) != NULL;
	int band;
	while (ok && (band = atomic_fetch_add(&job->next_band, 1)) < job->end_band) {
		pass.clip.y1 = band * RENDER_PIECE_ROWS;
		pass.clip.y2 = clamp((int64_t)(band + 1) * RENDER_PIECE_ROWS, job->target->height);
		ok = draw_all(&pass, job->damage);
	}
	if (!ok) {
		atomic_store(&job->failed, true);
	}
	job->stats[thread] = pass.stats;
}

// All of it, in this thread.
static void draw_whole(struct job *job) {
	struct pass pass = {
		.target = job->target,
		.brush = &job->canvas->brushes[0],
		.clip = {.x2 = job->target->width, .y2 = job->target->height},
		.layers = job->layers,
		.n_layers = job->n_layers,
	};
	bool ok =
		render_image_get(&pass.brush->image, &job->view) != NULL && draw_all(&pass, job->damage);
	atomic_store(&job->failed, !ok);
	job->stats[0] = pass.stats;
}

static int64_t clipped_area(const struct job *job) {
	const pixman_box32_t all = {.x2 = job->target->width, .y2 = job->target->height};
	struct boxes todo = region_boxes(job->damage);
	int64_t px = 0;
	for (int i = 0; i < todo.n; i++) {
		pixman_box32_t box;
		if (intersect(&box, &todo.boxes[i], &all)) {
			px += (int64_t)(box.x2 - box.x1) * (box.y2 - box.y1);
		}
	}
	return px;
}

// Layers whose buffers keep something get it now: threads are not to agree about it.
static void make_scratches(const struct render_layer *layers, int n_layers) {
	for (int i = 0; i < n_layers; i++) {
		struct render_scratch **slot = layers[i].scratch;
		if (slot && !*slot) {
			*slot = calloc(1, sizeof(**slot)); // without, it is done without
		}
	}
}

static void run(struct job *job, struct render_workers *workers) {
	int64_t px = clipped_area(job);
	int n_threads = render_workers_threads(workers);
	int64_t worth = px / MIN_THREAD_PIXELS;
	n_threads = worth < n_threads ? (int)worth : n_threads;
	if (px > 0) {
		make_scratches(job->layers, job->n_layers);
	}
	if (n_threads < 2) {
		draw_whole(job);
		return;
	}
	const pixman_box32_t *extents =
		pixman_region32_extents((pixman_region32_t *)(uintptr_t)job->damage);
	int32_t top = clamp(extents->y1, job->target->height);
	int32_t bottom = clamp(extents->y2, job->target->height);
	atomic_init(&job->next_band, top / RENDER_PIECE_ROWS);
	job->end_band = (bottom + RENDER_PIECE_ROWS - 1) / RENDER_PIECE_ROWS;
	render_workers_run(workers, n_threads, draw_bands, job);
}

bool render_blends(
	const struct render_target *target, const struct render_layer *layers, int n_layers) {
	struct pass pass = {
		.target = target,
		.clip = {.x2 = target->width, .y2 = target->height},
		.layers = layers,
		.n_layers = n_layers,
	};
	for (int i = 0; i < n_layers; i++) {
		struct item item;
		if (!item_init(&item, &layers[i], &pass) || item.opaque) {
			continue;
		}
		const pixman_region32_t *opaque = layers[i].opaque;
		if (!opaque || layers[i].fade != 0 ||
			pixman_region32_contains_rectangle((pixman_region32_t *)(uintptr_t)opaque, &item.box) !=
				PIXMAN_REGION_IN) {
			return true;
		}
	}
	return false;
}

bool render_compose(const struct render_target *target, const pixman_region32_t *damage,
	const struct render_layer *layers, int n_layers, struct render_stats *stats) {
	struct job job = {
		.target = target,
		.view =
			{
				.format = render_pixman_format(target->format),
				.width = target->width,
				.height = target->height,
				.data = target->data,
				.stride = (int32_t)target->stride,
			},
		.damage = damage,
		.layers = layers,
		.n_layers = n_layers,
	};
	if (job.view.format == 0 || target->width > RENDER_MAX_SIZE ||
		target->height > RENDER_MAX_SIZE || target->stride > INT32_MAX) {
		return false;
	}
	job.canvas = target->canvas ? *target->canvas : NULL;
	if (!job.canvas) {
		job.canvas = calloc(1, sizeof(*job.canvas));
		if (!job.canvas) {
			return false;
		}
	}
	run(&job, target->workers);
	for (int i = 0; i < RENDER_MAX_THREADS; i++) {
		stats->pixels += job.stats[i].pixels;
		stats->bytes += job.stats[i].bytes;
	}
	if (target->canvas) {
		*target->canvas = job.canvas;
	} else {
		render_canvas_destroy(job.canvas);
	}
	return !atomic_load(&job.failed);
}
