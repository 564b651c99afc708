// SPDX-License-Identifier: MIT
#include "model.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t afbc =
	DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_SPARSE);

struct loader {
	struct model *model;
	char section[64];
	struct planner_plane plane; // of the section being read
	struct model_plane hidden;
	int count;
	bool same_zpos; // all planes of the section start at the same one
	uint32_t formats[64];
	int n_formats;
	uint64_t modifiers[8];
	int n_modifiers;
	bool in_plane;
};

static bool add_planes(struct loader *loader) {
	struct model *model = loader->model;
	for (int i = 0; i < loader->count; i++) {
		if (model->n_planes == PLANNER_MAX_PLANES) {
			return false;
		}
		int p = model->n_planes++;
		model->planes[p] = loader->plane;
		model->hidden[p] = loader->hidden;
		model->hidden[p].section = model->n_sections;
		struct planner_plane *plane = &model->planes[p];
		if (plane->zpos_max == UINT64_MAX) { // none given: its place in the list
			plane->zpos = plane->zpos_min = plane->zpos_max = (uint64_t)p;
		}
		for (int f = 0; f < loader->n_formats; f++) {
			for (int m = 0; m < loader->n_modifiers; m++) {
				if (!format_set_add(
						&model->hidden[p].formats, loader->formats[f], loader->modifiers[m])) {
					return false;
				}
			}
		}
		if (plane->zpos_min < plane->zpos_max && !loader->same_zpos) {
			uint64_t zpos = plane->zpos + (uint64_t)i;
			plane->zpos = zpos < plane->zpos_max ? zpos : plane->zpos_max;
		}
		plane->formats = &model->hidden[p].formats;
		if (plane->type == PLANNER_PLANE_PRIMARY && model->primary < 0) {
			model->primary = p;
		}
	}
	model->n_sections++;
	return true;
}

static bool end_section(struct loader *loader) {
	bool ok = !loader->in_plane || add_planes(loader);
	loader->in_plane = false;
	return ok;
}

static void begin_plane(struct loader *loader) {
	loader->in_plane = true;
	loader->plane = (struct planner_plane){
		.type = PLANNER_PLANE_OVERLAY, .zpos_max = UINT64_MAX, .rotations = DRM_MODE_ROTATE_0};
	loader->hidden = (struct model_plane){.scale_min = 1, .scale_max = 1};
	loader->count = 1;
	loader->n_formats = 0;
	loader->modifiers[0] = DRM_FORMAT_MOD_LINEAR;
	loader->n_modifiers = 1;
}

static bool is_yes(const char *value) {
	return strcmp(value, "yes") == 0;
}

// Calls `add` for each word of the value.
static bool each_word(
	const char *value, bool (*add)(struct loader *, const char *), struct loader *l) {
	char copy[512], *save = NULL;
	snprintf(copy, sizeof(copy), "%s", value);
	for (char *word = strtok_r(copy, " \t,", &save); word != NULL;
		 word = strtok_r(NULL, " \t,", &save)) {
		if (!add(l, word)) {
			return false;
		}
	}
	return true;
}

static bool add_format(struct loader *l, const char *word) {
	uint32_t format = format_from_name(word);
	if (format == 0 || l->n_formats == 64) {
		return false;
	}
	l->formats[l->n_formats++] = format;
	return true;
}

static bool add_modifier(struct loader *l, const char *word) {
	if (l->n_modifiers == 8) {
		return false;
	}
	l->modifiers[l->n_modifiers++] = strcmp(word, "linear") == 0 ? DRM_FORMAT_MOD_LINEAR
		: strcmp(word, "afbc") == 0                              ? afbc
																 : strtoull(word, NULL, 16);
	return true;
}

static bool add_rotation(struct loader *l, const char *word) {
	static const struct {
		const char *name;
		uint64_t bit;
	} names[] = {{"0", DRM_MODE_ROTATE_0}, {"90", DRM_MODE_ROTATE_90}, {"180", DRM_MODE_ROTATE_180},
		{"270", DRM_MODE_ROTATE_270}, {"reflect-x", DRM_MODE_REFLECT_X},
		{"reflect-y", DRM_MODE_REFLECT_Y}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i].name) == 0) {
			l->plane.rotations |= names[i].bit;
			return true;
		}
	}
	return false;
}

static bool add_even(struct loader *l, const char *word) {
	struct model_plane *hidden = &l->hidden;
	bool *flags[] = {&hidden->even_x, &hidden->even_y, &hidden->even_w, &hidden->even_h};
	const char *at = strchr("xywh", word[0]);
	if (at == NULL || word[0] == '\0' || word[1] != '\0') {
		return false;
	}
	*flags[at - "xywh"] = true;
	return true;
}

static bool add_size(struct loader *l, const char *word) {
	struct model_plane *hidden = &l->hidden;
	if (hidden->n_sizes == MODEL_MAX_SIZES ||
		sscanf(word, "%dx%d", &hidden->sizes[hidden->n_sizes].width,
			&hidden->sizes[hidden->n_sizes].height) != 2) {
		return false;
	}
	int i = hidden->n_sizes++;
	if (hidden->sizes[i].width > l->plane.max_width) {
		l->plane.max_width = hidden->sizes[i].width;
	}
	if (hidden->sizes[i].height > l->plane.max_height) {
		l->plane.max_height = hidden->sizes[i].height;
	}
	return true;
}

static bool add_size_hint(struct loader *l, const char *word) {
	if (l->plane.n_sizes == PLANNER_MAX_SIZES || !add_size(l, word)) {
		return false;
	}
	const struct model_plane *hidden = &l->hidden;
	l->hidden.whole = true;
	l->plane.sizes[l->plane.n_sizes++] =
		(struct planner_size){.width = hidden->sizes[hidden->n_sizes - 1].width,
			.height = hidden->sizes[hidden->n_sizes - 1].height};
	return true;
}

static bool add_term(struct loader *l, const char *word, uint32_t *terms) {
	(void)l;
	static const char *const names[] = {
		"yuv", "scaled", "cursor", "blended", "turned", "compressed"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			*terms |= 1u << i;
			return true;
		}
	}
	return false;
}

static bool add_with(struct loader *l, const char *word) {
	return add_term(l, word, &l->model->rules[l->model->n_rules - 1].with);
}

static bool add_without(struct loader *l, const char *word) {
	return add_term(l, word, &l->model->rules[l->model->n_rules - 1].without);
}

static bool parse_zpos(struct loader *l, const char *value) {
	struct planner_plane *plane = &l->plane;
	unsigned long long low, high, initial;
	int n = sscanf(value, "%llu..%llu at %llu", &low, &high, &initial);
	if (n < 1) {
		return false;
	}
	plane->zpos_min = low;
	plane->zpos_max = n > 1 ? high : low;
	plane->zpos = n > 2 ? initial : low;
	l->same_zpos = strstr(value, " all") != NULL;
	return plane->zpos_max >= plane->zpos_min;
}

static bool plane_key(struct loader *l, const char *key, const char *value) {
	struct model_plane *hidden = &l->hidden;
	if (strcmp(key, "count") == 0) {
		l->count = atoi(value);
		return l->count > 0;
	}
	if (strcmp(key, "type") == 0) {
		l->plane.type = strcmp(value, "primary") == 0 ? PLANNER_PLANE_PRIMARY
			: strcmp(value, "cursor") == 0            ? PLANNER_PLANE_CURSOR
													  : PLANNER_PLANE_OVERLAY;
		return true;
	}
	if (strcmp(key, "formats") == 0) {
		return each_word(value, add_format, l);
	}
	if (strcmp(key, "modifiers") == 0) {
		l->n_modifiers = 0;
		return each_word(value, add_modifier, l);
	}
	if (strcmp(key, "zpos") == 0) {
		return parse_zpos(l, value);
	}
	if (strcmp(key, "scale") == 0) {
		return sscanf(value, "%lf..%lf", &hidden->scale_min, &hidden->scale_max) == 2;
	}
	if (strcmp(key, "size") == 0) {
		return sscanf(value, "%dx%d..%dx%d", &hidden->min_width, &hidden->min_height,
				   &hidden->max_width, &hidden->max_height) >= 2;
	}
	if (strcmp(key, "sizes") == 0) {
		return each_word(value, add_size, l);
	}
	if (strcmp(key, "size-hints") == 0) {
		return each_word(value, add_size_hint, l);
	}
	if (strcmp(key, "even") == 0) {
		return each_word(value, add_even, l);
	}
	if (strcmp(key, "rotations") == 0) {
		return each_word(value, add_rotation, l);
	}
	bool *flag = strcmp(key, "fade") == 0      ? &l->plane.fades
		: strcmp(key, "covers") == 0           ? &hidden->covers
		: strcmp(key, "no-odd-downscale") == 0 ? &hidden->no_odd_downscale
											   : NULL;
	if (flag != NULL) {
		*flag = is_yes(value);
	}
	return flag != NULL;
}

static bool device_key(struct model *m, const char *key, const char *value) {
	const struct {
		const char *name;
		int *value;
	} numbers[] = {{"max-planes", &m->max_planes}, {"max-scaled", &m->max_scaled},
		{"max-yuv", &m->max_yuv}, {"max-video", &m->max_video}, {"max-turned", &m->max_turned},
		{"max-compressed", &m->max_compressed}, {"pool", &m->pool}, {"cost-plane", &m->cost_plane},
		{"cost-cursor", &m->cost_cursor}, {"cost-yuv", &m->cost_yuv},
		{"cost-scaled", &m->cost_scaled}, {"cost-wide", &m->cost_wide},
		{"cost-cursor-over", &m->cost_cursor_over}};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(key, numbers[i].name) == 0) {
			*numbers[i].value = atoi(value);
			return true;
		}
	}
	if (strcmp(key, "name") == 0) {
		snprintf(m->name, sizeof(m->name), "%s", value);
	} else if (strcmp(key, "primary-mandatory") == 0) {
		m->primary_mandatory = is_yes(value);
	} else if (strcmp(key, "bandwidth") == 0) {
		m->bandwidth = atof(value);
	} else if (strcmp(key, "errno") == 0) {
		m->error = strcmp(value, "ENOSPC") == 0 ? ENOSPC
			: strcmp(value, "E2BIG") == 0       ? E2BIG
			: strcmp(value, "ERANGE") == 0      ? ERANGE
												: EINVAL;
	} else {
		return false;
	}
	return true;
}

static int handle(void *data, const char *section, const char *key, const char *value) {
	struct loader *l = data;
	if (strcmp(section, l->section) != 0) {
		if (!end_section(l)) {
			return 0;
		}
		snprintf(l->section, sizeof(l->section), "%s", section);
		if (strncmp(section, "plane ", 6) == 0) {
			begin_plane(l);
		} else if (strncmp(section, "refuse ", 7) == 0) {
			if (l->model->n_rules == MODEL_MAX_RULES) {
				return 0;
			}
			l->model->n_rules++;
		}
	}
	if (strcmp(section, "device") == 0) {
		return device_key(l->model, key, value);
	}
	if (l->in_plane) {
		return plane_key(l, key, value);
	}
	if (strncmp(section, "refuse ", 7) == 0) {
		return strcmp(key, "with") == 0   ? each_word(value, add_with, l)
			: strcmp(key, "without") == 0 ? each_word(value, add_without, l)
										  : 0;
	}
	return 0;
}

bool model_load(struct model *model, const char *path) {
	*model = (struct model){.error = EINVAL, .primary = -1, .cost_plane = 1, .cost_cursor = 1};
	struct loader loader = {.model = model};
	int rc = ini_parse(path, handle, &loader);
	if (rc == 0 && !end_section(&loader)) {
		rc = -1;
	}
	if (rc != 0) {
		fprintf(stderr,
			rc > 0 ? "%s:%d: not understood (tests/devices/README.md)\n" : "%s: cannot be read\n",
			path, rc);
	} else if (model->primary < 0) {
		fprintf(stderr, "%s: no plane of type primary\n", path);
		rc = -1;
	}
	for (int p = 0; p < model->n_planes; p++) {
		model->planes[p].formats = &model->hidden[p].formats;
	}
	if (rc != 0) {
		model_finish(model);
	}
	return rc == 0;
}

void model_finish(struct model *model) {
	for (int p = 0; p < model->n_planes; p++) {
		format_set_finish(&model->hidden[p].formats);
	}
	model->n_planes = 0;
}

static bool is_yuv(const struct model_use *use) {
	const struct format_info *info = format_info(use->format);
	return info != NULL && info->yuv;
}

static bool is_turned(const struct model_use *use) {
	return (use->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0;
}

static void scales(const struct model_use *use, double *x, double *y) {
	double w = (is_turned(use) ? use->src_h : use->src_w) / 65536.0;
	double h = (is_turned(use) ? use->src_w : use->src_h) / 65536.0;
	*x = use->width / w;
	*y = use->height / h;
}

static bool is_scaled(const struct model_use *use) {
	double x, y;
	scales(use, &x, &y);
	return x != 1 || y != 1;
}

static bool is_even(const struct model_use *use, const struct model_plane *hidden) {
	bool x = ((use->src_x & 0x1ffff) | (uint32_t)(use->x & 1)) == 0;
	bool y = ((use->src_y & 0x1ffff) | (uint32_t)(use->y & 1)) == 0;
	bool w = ((use->src_w & 0x1ffff) | (uint32_t)(use->width & 1)) == 0;
	bool h = ((use->src_h & 0x1ffff) | (uint32_t)(use->height & 1)) == 0;
	return (x || !hidden->even_x) && (y || !hidden->even_y) && (w || !hidden->even_w) &&
		(h || !hidden->even_h);
}

static bool fits_size(const struct model_use *use, const struct model_plane *hidden) {
	int32_t w = (int32_t)(use->src_w >> 16), h = (int32_t)(use->src_h >> 16);
	if (w < hidden->min_width || use->width < hidden->min_width || h < hidden->min_height ||
		use->height < hidden->min_height) {
		return false;
	}
	if ((hidden->max_width != 0 && (w > hidden->max_width || use->width > hidden->max_width)) ||
		(hidden->max_height != 0 && (h > hidden->max_height || use->height > hidden->max_height))) {
		return false;
	}
	bool whole = use->src_w == (uint32_t)use->buffer_width << 16 &&
		use->src_h == (uint32_t)use->buffer_height << 16;
	if (hidden->whole && (!whole || w != use->width || h != use->height)) {
		return false;
	}
	for (int i = 0; i < hidden->n_sizes; i++) {
		if (use->buffer_width == hidden->sizes[i].width &&
			use->buffer_height == hidden->sizes[i].height) {
			return true;
		}
	}
	return hidden->n_sizes == 0;
}

int model_check_plane(
	const struct model *model, const struct model_use *use, int32_t width, int32_t height) {
	const struct planner_plane *plane = &model->planes[use->plane];
	const struct model_plane *hidden = &model->hidden[use->plane];
	uint64_t rotation = use->rotation != 0 ? use->rotation : DRM_MODE_ROTATE_0;
	double x, y;
	scales(use, &x, &y);
	bool bad = !format_set_has(plane->formats, use->format, use->modifier) ||
		(rotation & ~plane->rotations) != 0 || (use->fade != 0 && !plane->fades) ||
		use->zpos < plane->zpos_min || use->zpos > plane->zpos_max || x < hidden->scale_min ||
		x > hidden->scale_max || y < hidden->scale_min || y > hidden->scale_max ||
		!fits_size(use, hidden) || (is_yuv(use) && !is_even(use, hidden));
	bad |= hidden->no_odd_downscale && x < 1 && (((use->src_w >> 16) | (uint32_t)use->width) & 1);
	bad |= hidden->covers &&
		(use->x > 0 || use->y > 0 || use->x + use->width < width || use->y + use->height < height);
	return bad ? -model->error : 0;
}

static bool over_special(const struct model_use *cursor, const struct model_use *uses, int n) {
	for (int i = 0; i < n; i++) {
		const struct model_use *u = &uses[i];
		if (u != cursor && u->x < cursor->x + cursor->width && cursor->x < u->x + u->width &&
			u->y < cursor->y + cursor->height && cursor->y < u->y + u->height &&
			(is_yuv(u) || is_scaled(u))) {
			return true;
		}
	}
	return false;
}

static bool within(int value, int limit) {
	return limit == 0 || value <= limit;
}

struct tally {
	int scaled, yuv, video, turned, compressed, pool;
	bool primary;
	uint32_t terms; // MODEL_TERM_*
	double px;
};

static void count(
	const struct model *model, const struct model_use *uses, int n, int i, struct tally *t) {
	const struct model_use *u = &uses[i];
	const struct format_info *info = format_info(u->format);
	enum planner_plane_type type = model->planes[u->plane].type;
	bool cursor = type == PLANNER_PLANE_CURSOR, scaled = is_scaled(u), yuv = info && info->yuv;
	bool compressed = u->modifier != DRM_FORMAT_MOD_LINEAR, turned = is_turned(u);
	t->primary |= u->plane == model->primary;
	t->scaled += scaled;
	t->yuv += yuv;
	t->video += scaled || yuv;
	t->turned += turned;
	t->compressed += compressed;
	t->px += (double)(u->src_w >> 16) * (double)(u->src_h >> 16);
	t->pool += cursor ? model->cost_cursor : model->cost_plane;
	t->pool += (yuv ? model->cost_yuv : 0) + (scaled ? model->cost_scaled : 0) +
		(u->src_w >> 16 > 2048 ? model->cost_wide : 0);
	if (cursor && model->cost_cursor_over != 0 && over_special(u, uses, n)) {
		t->pool += model->cost_cursor_over;
	}
	bool blended = type == PLANNER_PLANE_OVERLAY && info != NULL && info->alpha;
	t->terms |= (yuv ? MODEL_TERM_YUV : 0) | (scaled ? MODEL_TERM_SCALED : 0) |
		(cursor ? MODEL_TERM_CURSOR : 0) | (blended ? MODEL_TERM_BLENDED : 0) |
		(turned ? MODEL_TERM_TURNED : 0) | (compressed ? MODEL_TERM_COMPRESSED : 0);
}

static bool exceeds(const struct model *model, const struct tally *t, int n, double area) {
	return !within(n, model->max_planes) || !within(t->scaled, model->max_scaled) ||
		!within(t->yuv, model->max_yuv) || !within(t->video, model->max_video) ||
		!within(t->turned, model->max_turned) || !within(t->compressed, model->max_compressed) ||
		!within(t->pool, model->pool) || (model->bandwidth > 0 && t->px > model->bandwidth * area);
}

bool model_exceeds(
	const struct model *model, const struct model_use *uses, int n, int32_t width, int32_t height) {
	struct tally tally = {0};
	for (int i = 0; i < n; i++) {
		count(model, uses, n, i, &tally);
	}
	return exceeds(model, &tally, n, (double)width * height);
}

int model_check(
	const struct model *model, const struct model_use *uses, int n, int32_t width, int32_t height) {
	struct tally tally = {0};
	for (int i = 0; i < n; i++) {
		if (model_check_plane(model, &uses[i], width, height) != 0) {
			return -model->error;
		}
		count(model, uses, n, i, &tally);
	}
	bool bad = exceeds(model, &tally, n, (double)width * height) ||
		(model->primary_mandatory && !tally.primary);
	for (int i = 0; i < model->n_rules; i++) {
		const struct model_rule *rule = &model->rules[i];
		bad |= (tally.terms & rule->with) == rule->with && (tally.terms & rule->without) == 0;
	}
	return bad ? -model->error : 0;
}

void model_use_layer(struct model_use *use, const struct planner_layer *l, int plane) {
	*use = (struct model_use){
		.plane = plane,
		.format = l->format,
		.modifier = l->modifier,
		.buffer_width = l->buffer_width,
		.buffer_height = l->buffer_height,
		.src_x = l->src_x,
		.src_y = l->src_y,
		.src_w = l->src_w,
		.src_h = l->src_h,
		.x = l->x,
		.y = l->y,
		.width = l->width,
		.height = l->height,
		.rotation = l->rotation,
		.fade = l->fade,
	};
}

void model_use_picture(
	struct model_use *use, const struct planner_scene *scene, int plane, bool alpha) {
	*use = (struct model_use){
		.plane = plane,
		.format = alpha ? scene->composed_alpha_format : scene->composed_format,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.buffer_width = scene->width,
		.buffer_height = scene->height,
		.src_w = (uint32_t)scene->width << 16,
		.src_h = (uint32_t)scene->height << 16,
		.width = scene->width,
		.height = scene->height,
	};
}

int model_uses(const struct planner_scene *scene, const struct planner_plan *plan,
	struct model_use uses[PLANNER_MAX_PLANES]) {
	int n = 0;
	for (int p = 0; p < scene->n_planes; p++) {
		int l = plan->layer_of[p];
		if (l == PLANNER_OFF) {
			continue;
		}
		if (l >= 0) {
			model_use_layer(&uses[n], &scene->layers[l], p);
		} else {
			model_use_picture(
				&uses[n], scene, p, l == PLANNER_COMPOSED_ABOVE || plan->below[0] != 0);
		}
		uses[n++].zpos = plan->zpos[p];
	}
	return n;
}
