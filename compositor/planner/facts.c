// SPDX-License-Identifier: MIT
// What is known of a scene without asking the device: who overlaps whom, what composing costs, which
// plane could take which layer, and the keys under which things are remembered. Positions are in no
// key, but for what devices care about: odd ones for YUV, and whether the CRTC is covered.
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <string.h>

#include "planner/internal.h"

uint64_t planner_mix(uint64_t hash, uint64_t value) {
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static uint64_t bit(int i) {
	return UINT64_C(1) << i;
}

static bool is_quarter(const struct planner_layer *l) {
	return (l->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0;
}

static bool covers(const struct planner_scene *scene, const struct planner_layer *l) {
	return l->x <= 0 && l->y <= 0 && l->x + l->width >= scene->width &&
		l->y + l->height >= scene->height;
}

static bool is_yuv(const struct planner_layer *l) {
	const struct format_info *info = format_info(l->format);
	return info != NULL && info->yuv;
}

// Odd places of YUV, where chroma samples are cut in half.
static bool is_odd_pos(const struct planner_layer *l) {
	return ((l->x | l->y) & 1) != 0 || ((l->src_x | l->src_y) & 0x1ffff) != 0;
}

static uint64_t size_atoms(const struct planner_layer *l) {
	uint32_t least = l->src_w < l->src_h ? l->src_w >> 16 : l->src_h >> 16;
	uint32_t target = (uint32_t)(l->width < l->height ? l->width : l->height);
	least = target < least ? target : least;
	uint64_t atoms = 0;
	for (int i = 0; i < 5; i++) {
		atoms |= least < 4u << i ? bit(ATOM_SMALL4 + i) : 0;
	}
	atoms |= l->src_w >> 16 > 2048 ? bit(ATOM_WIDE2048) : 0;
	atoms |= l->src_w >> 16 > 4096 ? bit(ATOM_WIDE4096) : 0;
	return atoms;
}

static bool is_odd_size(const struct planner_layer *l) {
	return ((l->src_w | l->src_h) & 0x1ffff) != 0 || ((l->width | l->height) & 1) != 0;
}

// The whole source, of which `part` (16.16 px) is shown because so much of the target is on the output,
// to 1/16 px.
static uint64_t whole_source(uint32_t part, int32_t shown, int32_t full) {
	return shown > 0 ? ((uint64_t)part * (uint64_t)full / (uint64_t)shown + 0x800) >> 12 : 0;
}

// Sizes as they would be if the output did not end: a window that leaves it is another layer only where
// that matters to devices.
static uint64_t size_key(const struct planner_layer *l) {
	uint32_t width = (uint32_t)(l->full_width != 0 ? l->full_width : l->width);
	uint32_t height = (uint32_t)(l->full_height != 0 ? l->full_height : l->height);
	bool quarter = is_quarter(l);
	uint64_t across = quarter ? whole_source(l->src_w, l->height, (int32_t)height)
							  : whole_source(l->src_w, l->width, (int32_t)width);
	uint64_t down = quarter ? whole_source(l->src_h, l->width, (int32_t)width)
							: whole_source(l->src_h, l->height, (int32_t)height);
	uint64_t key =
		planner_mix(0, ((uint64_t)(uint32_t)l->buffer_width << 32) | (uint32_t)l->buffer_height);
	key = planner_mix(key, across << 32 | down);
	key = planner_mix(key, (uint64_t)width << 32 | height);
	return planner_mix(key, size_atoms(l) << 1 | (is_yuv(l) && is_odd_size(l)));
}

static uint64_t layer_key(const struct planner_scene *scene, const struct planner_layer *l) {
	uint64_t key = planner_mix(l->format, l->modifier);
	key = planner_mix(key, size_key(l));
	uint64_t flags = (uint64_t)l->opaque | (uint64_t)l->visible << 1 |
		(uint64_t)covers(scene, l) << 2 | (uint64_t)(is_yuv(l) && is_odd_pos(l)) << 3 |
		(uint64_t)((l->src_x | l->src_y) & 0xffff ? 1 : 0) << 4 | (uint64_t)(l->fade != 0) << 5;
	key = planner_mix(key, flags | l->rotation << 8 | (uint64_t)format_coding_bit(l->coding) << 32);
	return planner_mix(key, l->refused);
}

static bool overlap(const struct planner_layer *a, const struct planner_layer *b) {
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
		b->y < a->y + a->height;
}

void planner_facts_begin(struct planner_facts *f, const struct planner_scene *scene) {
	f->scene = scene;
	f->visible = f->opaque = f->total = 0;
	uint64_t key = planner_mix(scene->context, (uint64_t)scene->n_layers);
	key = planner_mix(key, (uint64_t)scene->flags << 32 | (uint32_t)scene->n_planes);
	for (int p = 0; p < scene->n_planes; p++) {
		key = planner_mix(key, (uint64_t)scene->planes[p].busy);
	}
	for (int i = 0; i < scene->n_layers; i++) {
		const struct planner_layer *l = &scene->layers[i];
		f->layer_key[i] = layer_key(scene, l);
		key = planner_mix(key, f->layer_key[i]);
		f->over[i] = f->under[i] = 0;
		f->weight[i] = planner_layer_cost(l);
		f->total += f->weight[i];
		if (!l->visible) {
			continue;
		}
		f->visible |= bit(i);
		f->opaque |= l->opaque && l->fade == 0 ? bit(i) : 0;
		for (int j = 0; j < i; j++) {
			if (scene->layers[j].visible && overlap(l, &scene->layers[j])) {
				f->under[i] |= bit(j);
				f->over[j] |= bit(i);
			}
		}
	}
	f->shape_key = key;
	for (int i = 0; i < scene->n_layers; i++) {
		key = planner_mix(key, f->over[i]);
	}
	f->scene_key = key;
}

static uint64_t scale_atoms(uint64_t source, uint64_t target) { // 16.16 px and px
	uint64_t t = target << 16, atoms = 0;
	atoms |= source > t ? bit(ATOM_DOWN1) : 0;
	atoms |= source > t * 2 ? bit(ATOM_DOWN2) : 0;
	atoms |= source > t * 4 ? bit(ATOM_DOWN4) : 0;
	atoms |= source > t * 8 ? bit(ATOM_DOWN8) : 0;
	atoms |= source < t ? bit(ATOM_UP1) : 0;
	atoms |= source * 2 < t ? bit(ATOM_UP2) : 0;
	atoms |= source * 4 < t ? bit(ATOM_UP4) : 0;
	atoms |= source * 8 < t ? bit(ATOM_UP8) : 0;
	return atoms;
}

static uint64_t format_atoms(const struct planner_layer *l) {
	const struct format_info *info = format_info(l->format);
	uint64_t atoms = 0;
	if (info != NULL && info->yuv) {
		atoms |= bit(ATOM_YUV);
		atoms |= format_coding_equal(l->coding, (struct format_coding){0}) ? 0 : bit(ATOM_CODED);
		atoms |= is_odd_pos(l) ? bit(ATOM_YUV_ODD_POS) : 0;
		atoms |= is_odd_size(l) ? bit(ATOM_YUV_ODD_SIZE) : 0;
		atoms |= info->block_bytes[0] == 2 && info->planes > 1 ? bit(ATOM_DEEP) : 0;
	} else if (info != NULL) {
		bool deep = info->block_bytes[0] > 4 || info->format == DRM_FORMAT_XRGB2101010 ||
			info->format == DRM_FORMAT_ARGB2101010 || info->format == DRM_FORMAT_XBGR2101010 ||
			info->format == DRM_FORMAT_ABGR2101010;
		atoms |= deep ? bit(ATOM_DEEP) : 0;
		atoms |= info->block_bytes[0] < 4 ? bit(ATOM_SHALLOW) : 0;
		atoms |= info->alpha ? bit(ATOM_ALPHA) : 0;
	}
	bool linear = l->modifier == DRM_FORMAT_MOD_LINEAR || l->modifier == DRM_FORMAT_MOD_INVALID;
	return linear ? atoms : atoms | bit(ATOM_COMPRESSED);
}

static uint64_t layer_atoms(const struct planner_scene *scene, const struct planner_layer *l) {
	uint64_t atoms = bit(ATOM_CLIENT) | format_atoms(l) | size_atoms(l);
	bool quarter = is_quarter(l);
	atoms |= scale_atoms(quarter ? l->src_h : l->src_w, (uint64_t)l->width);
	atoms |= scale_atoms(quarter ? l->src_w : l->src_h, (uint64_t)l->height);
	bool scaled = (atoms & (bit(ATOM_DOWN1) | bit(ATOM_UP1))) != 0;
	atoms |= scaled && (atoms & bit(ATOM_YUV)) ? bit(ATOM_YUV_SCALED) : 0;
	atoms |= (atoms & bit(ATOM_DOWN1)) && ((l->src_w & 0x1ffff) || (l->width & 1))
		? bit(ATOM_ODD_DOWN)
		: 0;
	atoms |= l->fade != 0 ? bit(ATOM_FADE) : 0;
	atoms |= quarter ? bit(ATOM_QUARTER) : 0;
	uint64_t plain = DRM_MODE_ROTATE_0 | DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270;
	atoms |= (l->rotation & ~plain) != 0 ? bit(ATOM_FLIP) : 0;
	atoms |= covers(scene, l) ? 0 : bit(ATOM_PARTIAL);
	return atoms;
}

// Cursor planes show the whole buffer, also where it reaches past the edge of the output.
static bool fits_size(const struct planner_plane *p, const struct planner_layer *l) {
	int32_t width = l->full_width != 0 ? l->full_width : l->width;
	int32_t height = l->full_height != 0 ? l->full_height : l->height;
	if (p->n_sizes == 0) {
		return (p->max_width == 0 || width <= p->max_width) &&
			(p->max_height == 0 || height <= p->max_height);
	}
	bool whole = width == l->buffer_width && height == l->buffer_height &&
		l->src_w == (uint32_t)l->width << 16 && l->src_h == (uint32_t)l->height << 16;
	for (int i = 0; whole && i < p->n_sizes; i++) {
		if (width == p->sizes[i].width && height == p->sizes[i].height) {
			return true;
		}
	}
	return false;
}

bool planner_plane_codes(const struct planner_plane *plane, const struct planner_layer *layer) {
	uint32_t codings = plane->codings != 0 ? plane->codings : 1;
	return (codings & format_coding_bit(layer->coding)) != 0;
}

// But for its format.
static bool suits(const struct planner_scene *scene, int plane, const struct planner_layer *l) {
	const struct planner_plane *p = &scene->planes[plane];
	uint64_t plain = DRM_MODE_ROTATE_0;
	uint64_t rotation = l->rotation != 0 ? l->rotation : plain;
	uint64_t rotations = p->rotations != 0 ? p->rotations : plain;
	if ((rotation & ~rotations) != 0 || (l->fade != 0 && !p->fades) || !planner_plane_codes(p, l)) {
		return false;
	}
	if (p->type == PLANNER_PLANE_CURSOR && !(scene->flags & PLANNER_ALLOW_CURSOR)) {
		return false;
	}
	return fits_size(p, l);
}

bool planner_facts_can_show(
	const struct planner_scene *scene, int plane, const struct planner_layer *l) {
	return !scene->planes[plane].busy && suits(scene, plane, l);
}

bool planner_plane_takes(
	const struct planner_scene *scene, int plane, const struct planner_layer *l) {
	return l->refused == 0 && suits(scene, plane, l) &&
		format_set_has(scene->planes[plane].formats, l->format, l->modifier);
}

static bool is_same_set(const struct format_set *a, const struct format_set *b) {
	if (a == b || a->len != b->len) {
		return a == b;
	}
	for (size_t i = 0; i < a->len; i++) {
		if (a->pairs[i].format != b->pairs[i].format ||
			a->pairs[i].modifier != b->pairs[i].modifier) {
			return false;
		}
	}
	return true;
}

// What KMS tells is all the same, but for places in the stack that are fixed.
static bool is_same_kind(const struct planner_plane *a, const struct planner_plane *b) {
	bool fixed = a->zpos_min == a->zpos_max && b->zpos_min == b->zpos_max;
	return a->type == b->type && a->rotations == b->rotations && a->fades == b->fades &&
		a->codings == b->codings &&
		(fixed || (a->zpos_min == b->zpos_min && a->zpos_max == b->zpos_max)) &&
		is_same_set(a->formats, b->formats);
}

static void plane_facts(struct planner_facts *f) {
	const struct planner_scene *scene = f->scene;
	for (int p = 0; p < scene->n_planes; p++) {
		int q = 0;
		while (q < p && !is_same_kind(&scene->planes[q], &scene->planes[p])) {
			q++;
		}
		f->kind[p] = (uint8_t)q;
	}
	f->composed_fits = f->composed_alpha_fits = 0;
	for (int p = 0; p < scene->n_planes; p++) {
		const struct planner_plane *plane = &scene->planes[p];
		bool is_mutable =
			(scene->flags & PLANNER_ALLOW_ZPOS) != 0 && plane->zpos_min < plane->zpos_max;
		f->z_min[p] = is_mutable ? plane->zpos_min : plane->zpos;
		f->z_max[p] = is_mutable ? plane->zpos_max : plane->zpos;
		bool movable = (scene->flags & (PLANNER_ALLOW_MOVE | PLANNER_ALLOW_SPLIT)) != 0;
		if (p != scene->primary &&
			(!movable || plane->busy || plane->type == PLANNER_PLANE_CURSOR)) {
			continue;
		}
		uint32_t format = scene->composed_format, alpha = scene->composed_alpha_format;
		if (p == scene->primary || format == 0 || format_set_has_format(plane->formats, format)) {
			f->composed_fits |= 1u << p;
		}
		if (alpha != 0 && format_set_has_format(plane->formats, alpha)) {
			f->composed_alpha_fits |= 1u << p;
		}
	}
	for (int p = 0; p < scene->n_planes; p++) {
		f->can_above[p] = 0;
		for (int q = 0; q < scene->n_planes; q++) {
			bool fixed = f->z_min[p] == f->z_max[p] && f->z_min[q] == f->z_max[q];
			bool can = f->z_min[p] < f->z_max[q] || (fixed && f->z_min[p] == f->z_max[q] && p < q);
			f->can_above[p] |= can && p != q ? 1u << q : 0;
		}
	}
}

void planner_facts_finish(struct planner_facts *f) {
	const struct planner_scene *scene = f->scene;
	plane_facts(f);
	for (int i = 0; i < scene->n_layers; i++) {
		const struct planner_layer *l = &scene->layers[i];
		f->fits[i] = 0;
		if (!l->visible) {
			continue;
		}
		uint64_t atoms = f->atoms[i] = layer_atoms(scene, l);
		uint8_t *counts = f->counts[i];
		bool yuv = (atoms & bit(ATOM_YUV)) != 0;
		bool scaled = (atoms & (bit(ATOM_DOWN1) | bit(ATOM_UP1))) != 0;
		memset(counts, 0, COUNT_KINDS);
		counts[COUNT_ON] = counts[COUNT_CURSOR] = 1;
		counts[COUNT_LOAD] = yuv ? 2 : 1;
		counts[COUNT_SCALED] = scaled;
		counts[COUNT_YUV] = yuv;
		counts[COUNT_VIDEO] = yuv || scaled;
		counts[COUNT_TURNED] = (atoms & bit(ATOM_QUARTER)) != 0;
		counts[COUNT_COMPRESSED] = (atoms & bit(ATOM_COMPRESSED)) != 0;
		counts[COUNT_WIDE] = (atoms & bit(ATOM_WIDE2048)) != 0 ? 2 : 1;
		uint64_t target = (uint64_t)l->width * (uint64_t)l->height;
		uint64_t source = (uint64_t)(l->src_w >> 16) * (uint64_t)(l->src_h >> 16);
		f->pixels[i] = source > target ? source : target;
		for (int p = 0; p < scene->n_planes; p++) {
			bool fits = !scene->planes[p].busy && planner_plane_takes(scene, p, l);
			f->fits[i] |= fits ? 1u << p : 0;
		}
	}
}
