// SPDX-License-Identifier: MIT
// Deciding a frame: what is visible, what goes on which plane, what differs from the frame before.
#include <stdlib.h>
#include <string.h>

#include "output/internal.h"

enum { ALL_PICTURES = (1 << FRAME_PICTURES) - 1 };

static bool reserve_layers(struct frame *frame, int n) {
	if (n > frame->cap_layers) {
		int cap = n + n / 2 + 8;
		struct frame_layer *layers = realloc(frame->layers, sizeof(*layers) * (size_t)cap);
		if (layers == NULL) {
			return false;
		}
		frame->layers = layers;
		frame->cap_layers = cap;
	}
	return true;
}

bool frame_reserve_regions(struct output *output, int n) {
	if (n > output->cap_regions) {
		int cap = n + n / 2 + 8;
		pixman_region32_t *visible = realloc(output->visible, sizeof(*visible) * (size_t)cap);
		if (visible == NULL) {
			return false;
		}
		output->visible = visible;
		pixman_region32_t *opaque = realloc(output->opaque, sizeof(*opaque) * (size_t)cap);
		if (opaque == NULL) {
			return false;
		}
		output->opaque = opaque;
		struct scene_shape *shapes = realloc(output->shapes, sizeof(*shapes) * (size_t)cap);
		if (shapes == NULL) {
			return false;
		}
		output->shapes = shapes;
		memset(
			&shapes[output->cap_regions], 0, sizeof(*shapes) * (size_t)(cap - output->cap_regions));
		struct render_layer *render = realloc(output->render_layers, sizeof(*render) * (size_t)cap);
		if (render == NULL) {
			return false;
		}
		output->render_layers = render;
		int *index = realloc(output->render_index, sizeof(*index) * (size_t)cap);
		if (index == NULL) {
			return false;
		}
		output->render_index = index;
		for (int i = output->cap_regions; i < cap; i++) {
			pixman_region32_init(&output->visible[i]);
			pixman_region32_init(&output->opaque[i]);
		}
		output->cap_regions = cap;
	}
	return true;
}

// Regions of several boxes cost allocations, so they are made anew only where something moved.
void frame_visibility(struct output *output) {
	const struct scene_output *scene = &output->scene;
	bool changed = scene_output_take_shapes(scene, output->shapes);
	if (changed || output->n_shapes != scene->n_layers) {
		scene_output_visibility(scene, output->visible, &output->background);
		output->n_shapes = scene->n_layers;
		output->visibility++;
	}
}

bool frame_covers(const struct output *output, const struct scene_rect *dst) {
	return dst->x <= 0 && dst->y <= 0 && dst->x + dst->width >= output->scene.width &&
		dst->y + dst->height >= output->scene.height;
}

void frame_unlock(struct frame *frame) {
	for (int i = 0; i < frame->n_layers; i++) {
		if (frame->layers[i].locked) {
			frame->layers[i].locked = false;
			scene_buffer_unlock(frame->layers[i].buffer);
			scene_release_unlock(frame->layers[i].release);
		}
	}
}

void frame_forsake(struct frame *frame) {
	for (int i = 0; frame != NULL && i < frame->n_layers; i++) {
		if (frame->layers[i].locked && frame->layers[i].release != NULL) {
			frame->layers[i].release->forsaken = true;
		}
	}
}

static void take_layer(struct frame_layer *taken, const struct scene_layer *layer) {
	*taken = (struct frame_layer){
		.id = layer->id,
		.buffer = layer->buffer,
		.release = layer->release,
		.src = layer->src,
		.dst = layer->dst,
		.transform = layer->transform,
		.coding = layer->coding,
		.fade = layer->fade,
		.opaque_serial = layer->opaque_serial,
		.stays = layer->stays,
		.changed =
			layer->frame_wanted || pixman_region32_not_empty((pixman_region32_t *)&layer->damage),
		.placement = FRAME_CULLED,
		.plane = -1,
	};
	if (layer->buffer != NULL) {
		taken->kind = layer->buffer->kind;
		taken->format = layer->buffer->format;
		taken->modifier = layer->buffer->modifier;
	}
}

// Writes the plan's outcome into the layers and pictures.
static void settle(const struct output *output, struct frame *frame) {
	const struct planner_plan *plan = &frame->plan;
	for (int i = 0; i < frame->n_planned; i++) {
		struct frame_layer *layer = &frame->layers[frame->planned_layer[i]];
		layer->plane = plan->plane_of[i];
		layer->reasons = plan->reasons[i];
		layer->placement = layer->plane >= 0 ? FRAME_PLANE : FRAME_COMPOSED;
		layer->picture = plan->above >> i & 1;
		layer->below = (uint8_t)((plan->below[0] >> i & 1) | (plan->below[1] >> i & 1) << 1);
	}
	for (int i = 0; i < FRAME_PICTURES; i++) {
		frame->picture_plane[i] = frame->picture_target[i] = -1;
	}
	for (int p = 0; p < output->n_planes; p++) {
		if (plan->layer_of[p] == PLANNER_COMPOSED) {
			frame->picture_plane[0] = p;
		} else if (plan->layer_of[p] == PLANNER_COMPOSED_ABOVE) {
			frame->picture_plane[1] = p;
		}
	}
	frame->picture_alpha[0] = plan->below[0] != 0;
	frame->picture_alpha[1] = true;
}

static struct planner_scene planner_scene(const struct output *output, const struct frame *frame) {
	uint32_t flags = PLANNER_ALLOW_ZPOS | PLANNER_ALLOW_CURSOR;
	// What lies too deep to be planned would show through the holes of the composed picture.
	if (!frame->too_deep) {
		flags |= PLANNER_ALLOW_UNDERLAY | PLANNER_ALLOW_SPLIT | PLANNER_ALLOW_MOVE;
	}
	return (struct planner_scene){
		.layers = frame->planned,
		.n_layers = frame->n_planned,
		.planes = output->planner_planes,
		.n_planes = output->n_planes,
		.primary = output->primary,
		.width = output->scene.width,
		.height = output->scene.height,
		.flags = flags,
		.composed_format = output->target_format,
		.composed_alpha_format = output->target_alpha_format,
		.context = output->context,
		.now_ns = output->begun_ns,
	};
}

// A surface that its own subsurfaces cover goes on as if it were seen: toolkits draw their content
// into a subsurface and drive their frames from the parent.
static void mark_in_sight(const struct output *output, struct frame *frame) {
	struct scene_layer *const *layers = output->scene.layers;
	for (int start = 0, end; start < frame->n_layers; start = end) {
		bool seen = frame->layers[start].placement != FRAME_CULLED;
		end = start + 1;
		while (end < frame->n_layers && layers[start]->tree != 0 &&
			layers[end]->tree == layers[start]->tree) {
			seen |= frame->layers[end++].placement != FRAME_CULLED;
		}
		for (int i = start; i < end; i++) {
			frame->layers[i].in_sight = seen;
		}
	}
}

bool frame_build(struct output *output, struct frame *frame, int64_t begun_ns) {
	const struct scene_output *scene = &output->scene;
	if (!reserve_layers(frame, scene->n_layers) ||
		!frame_reserve_regions(output, scene->n_layers)) {
		return false;
	}
	output->begun_ns = begun_ns;
	frame->serial = ++output->serial;
	frame->n_layers = scene->n_layers;
	frame->n_planned = 0;
	frame->early = false;
	frame->composed_px = frame->composed_bytes = 0;
	// Those that the frame was last used for may be gone with their mode.
	for (int i = 0; i < FRAME_PICTURES; i++) {
		frame->picture_target[i] = -1;
	}
	frame_visibility(output);
	int lowest = -1, visible = 0;
	for (int i = scene->n_layers - 1; i >= 0; i--) {
		take_layer(&frame->layers[i], scene->layers[i]);
		if (scene->layers[i]->buffer != NULL && pixman_region32_not_empty(&output->visible[i])) {
			frame->layers[i].placement = FRAME_COMPOSED;
			lowest = i;
			visible++;
		}
	}
	mark_in_sight(output, frame);
	if (visible > 0) {
		kms_framebuffer_destroy(output->splash);
		output->splash = NULL;
	}
	frame->splash = output->splash != NULL;
	// What lies too deep to be planned is composed; the primary then cannot be a client's.
	int skip = visible > PLANNER_MAX_LAYERS ? visible - PLANNER_MAX_LAYERS : 0;
	frame->too_deep = skip > 0;
	for (int i = 0; i < scene->n_layers; i++) {
		if (frame->layers[i].placement != FRAME_COMPOSED) {
			continue;
		}
		if (skip > 0) {
			skip--;
			frame->layers[i].reasons = PLANNER_REASON_NO_PLANE_LEFT;
			continue;
		}
		frame->planned_layer[frame->n_planned] = i;
		frame_plan_layer(output, scene->layers[i], i == lowest, &output->visible[i],
			&frame->planned[frame->n_planned++]);
	}
	pool_look(output);
	struct planner_scene planner = planner_scene(output, frame);
	struct planner_oracle oracle = {.test = output_test, .data = output};
	output->testing = frame;
	int tests = planner_plan(output->planner, &planner, &oracle, &frame->plan);
	if (tests == 0) {
		tests = planner_improve(output->planner, &planner, &oracle, &frame->plan);
	}
	output->counters.test_commits += (uint64_t)tests;
	settle(output, frame);
	pool_settle(output, frame, &planner);
	wish_update(output, frame, &planner);
	content_update(output, frame);
	output->testing = NULL;
	return true;
}

void frame_compose_all(struct output *output, struct frame *frame) {
	struct planner_scene planner = planner_scene(output, frame);
	planner_quarantine(output->planner, &planner, &frame->plan);
	for (int i = 0; i < frame->n_planned; i++) {
		frame->plan.reasons[i] |=
			frame->plan.plane_of[i] != PLANNER_OFF ? PLANNER_REASON_TEST_REFUSED : 0;
		frame->planned[i].refused |= frame->plan.reasons[i];
	}
	planner_plan_composed(&planner, &frame->plan);
	settle(output, frame);
}

// `pictures`: bit i = picture i.
static void damage_rect(struct output *output, const struct scene_rect *rect, unsigned pictures) {
	for (int i = 0; i < FRAME_PICTURES; i++) {
		pixman_region32_t *damage = &output->pictures[i].damage;
		if (pictures & 1u << i) {
			pixman_region32_union_rect(
				damage, damage, rect->x, rect->y, (unsigned)rect->width, (unsigned)rect->height);
		}
	}
}

static void damage_layer(struct output *output, const struct frame_layer *layer) {
	if (layer->placement != FRAME_CULLED) {
		damage_rect(output, &layer->dst, ALL_PICTURES);
	}
}

static bool is_same_rect(const struct scene_rect *a, const struct scene_rect *b) {
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static bool is_same_fbox(const struct scene_fbox *a, const struct scene_fbox *b) {
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static bool is_same_place(const struct frame_layer *a, const struct frame_layer *b) {
	return a->placement == b->placement && a->picture == b->picture && a->below == b->below &&
		a->opaque_serial == b->opaque_serial && a->format == b->format &&
		a->transform == b->transform && a->fade == b->fade &&
		format_coding_equal(a->coding, b->coding) && is_same_rect(&a->dst, &b->dst) &&
		is_same_fbox(&a->src, &b->src);
}

// True if the layer certainly hides what is below `box`, px of the output. Makes no region.
static bool hides(const struct scene_layer *layer, const pixman_box32_t *box) {
	const struct scene_rect *dst = &layer->dst;
	pixman_box32_t relative = {
		box->x1 - dst->x, box->y1 - dst->y, box->x2 - dst->x, box->y2 - dst->y};
	const struct scene_buffer *buffer = layer->buffer;
	const struct format_info *info = format_info(buffer->format);
	bool opaque = buffer->kind == SCENE_BUFFER_SOLID ? buffer->solid[3] == UINT16_MAX
													 : info != NULL && !info->alpha;
	if (layer->fade != 0) {
		return false;
	}
	if (opaque) {
		return relative.x1 >= 0 && relative.y1 >= 0 && relative.x2 <= dst->width &&
			relative.y2 <= dst->height;
	}
	return pixman_region32_contains_rectangle((pixman_region32_t *)&layer->opaque, &relative) ==
		PIXMAN_REGION_IN;
}

// True if a layer of the same picture above number `index` hides all of `damage`: it need not be drawn
// again, as that layer will be all over when it goes or moves. Planes do not count, which move without.
static bool is_drawn_over(
	const struct output *output, const struct frame *frame, int index, pixman_region32_t *damage) {
	const pixman_box32_t *box = pixman_region32_extents(damage);
	for (int i = index + 1; i < frame->n_layers; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		if (layer->placement == FRAME_COMPOSED && layer->picture == frame->layers[index].picture &&
			hides(output->scene.layers[i], box)) {
			return true;
		}
	}
	return false;
}

static void damage_same(
	struct output *output, const struct frame_layer *before, struct frame *frame, int index) {
	const struct frame_layer *now = &frame->layers[index];
	struct scene_layer *layer = output->scene.layers[index];
	bool same_place = is_same_place(before, now);
	// A buffer that was swapped without damage is shown all the same: the older one is waited for.
	frame->layers[index].steady =
		same_place && now->placement == FRAME_PLANE && now->plane == before->plane;
	output->swapped |=
		now->placement == FRAME_PLANE && (now->buffer != before->buffer || !same_place);
	if (before->placement == FRAME_PLANE && now->placement == FRAME_PLANE) {
		// A picture below the plane has nothing of it, and what it hid there is still known to be
		// stale. One above has a hole, and what the layer hides is not drawn there.
		unsigned above = same_place ? 0 : before->below | now->below;
		damage_rect(output, &before->dst, above);
		damage_rect(output, &now->dst, above);
		return;
	}
	if (!same_place) {
		damage_layer(output, before);
		damage_layer(output, now);
	} else if (now->placement == FRAME_COMPOSED && pixman_region32_not_empty(&layer->damage)) {
		pixman_region32_copy(&output->scratch, &layer->damage);
		pixman_region32_translate(&output->scratch, now->dst.x, now->dst.y);
		if (is_drawn_over(output, frame, index, &output->scratch)) {
			return;
		}
		pixman_region32_t *damage = &output->pictures[now->picture].damage;
		pixman_region32_union(damage, damage, &output->scratch);
	}
}

void frame_damage(struct output *output, const struct frame *before, struct frame *frame) {
	for (int i = 0; i < FRAME_PICTURES; i++) {
		pixman_region32_clear(&output->pictures[i].damage);
	}
	output->swapped = false;
	if (before == NULL) {
		struct scene_rect all = {.width = output->scene.width, .height = output->scene.height};
		damage_rect(output, &all, ALL_PICTURES);
		return;
	}
	// Layers keep their order but for a run that came, went or moved: that run is damaged in whole.
	int n = before->n_layers < frame->n_layers ? before->n_layers : frame->n_layers;
	int head = 0, tail = 0;
	while (head < n && before->layers[head].id == frame->layers[head].id) {
		damage_same(output, &before->layers[head], frame, head);
		head++;
	}
	while (tail < n - head &&
		before->layers[before->n_layers - 1 - tail].id ==
			frame->layers[frame->n_layers - 1 - tail].id) {
		int now = frame->n_layers - 1 - tail;
		damage_same(output, &before->layers[before->n_layers - 1 - tail], frame, now);
		tail++;
	}
	for (int i = head; i < before->n_layers - tail; i++) {
		damage_layer(output, &before->layers[i]);
	}
	for (int i = head; i < frame->n_layers - tail; i++) {
		damage_layer(output, &frame->layers[i]);
	}
	for (int i = 0; i < FRAME_PICTURES; i++) {
		pixman_region32_t *damage = &output->pictures[i].damage;
		pixman_region32_intersect_rect(
			damage, damage, 0, 0, (unsigned)output->scene.width, (unsigned)output->scene.height);
	}
}

bool frame_needed(struct output *output, const struct frame *before, const struct frame *frame) {
	if (before == NULL || output->swapped || output->gamma_changed || output_vrr_is_due(output) ||
		pixman_region32_not_empty(&output->pictures[0].damage) ||
		pixman_region32_not_empty(&output->pictures[1].damage)) {
		return true;
	}
	for (int i = 0; i < frame->n_layers; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		// Without damage the runs of layers are the same but for culled ones.
		if (layer->in_sight && layer->changed) {
			return true;
		}
	}
	return memcmp(before->plan.layer_of, frame->plan.layer_of,
			   sizeof(frame->plan.layer_of[0]) * (size_t)output->n_planes) != 0;
}
