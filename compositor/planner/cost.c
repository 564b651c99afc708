// SPDX-License-Identifier: MIT
// What composing a pixel costs, relative to copying one: from times of pixman 0.42 at 1080p (copy
// 0.17 ms, blend 0.79, turn and copy 0.70, bilinear copy 1.77, bilinear blend 2.96).
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <stddef.h>

#include "planner/internal.h"

enum { // 16 = copying
	COST_COPY = 16,
	COST_BLEND = 74,
	COST_SCALED_COPY = 167,
	COST_SCALED_BLEND = 279,
	COST_TURN = 50,
	COST_YUV = 120,
	// Contents that never change are still drawn when what is around them does.
	RATE_FLOOR_MHZ = 100,
};

uint64_t planner_layer_cost(const struct planner_layer *layer) {
	if (!layer->visible) {
		return 0;
	}
	const struct format_info *info = format_info(layer->format);
	uint32_t w = (uint32_t)layer->width << 16, h = (uint32_t)layer->height << 16;
	bool quarter = (layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0;
	bool scaled =
		quarter ? layer->src_w != h || layer->src_h != w : layer->src_w != w || layer->src_h != h;
	bool blend = !layer->opaque || layer->fade != 0;
	uint64_t px = scaled ? (blend ? COST_SCALED_BLEND : COST_SCALED_COPY)
		: blend          ? COST_BLEND
						 : COST_COPY;
	px += quarter ? COST_TURN : 0;
	px += info != NULL && info->yuv ? COST_YUV : 0;
	uint64_t area = layer->visible_px != 0 ? layer->visible_px
										   : (uint64_t)layer->width * (uint64_t)layer->height;
	uint32_t rate = layer->rate_mhz > RATE_FLOOR_MHZ ? layer->rate_mhz : RATE_FLOOR_MHZ;
	return area * px * rate;
}

struct box {
	int32_t x1, y1, x2, y2;
};

// Pixels of `box` that no opaque layer from `from` on hides: what a layer leaves is up to four boxes.
static uint64_t seen(const struct planner_layer *layers, int n, int from, struct box box) {
	for (int i = from; i < n; i++) {
		const struct planner_layer *l = &layers[i];
		struct box o = {l->x, l->y, l->x + l->width, l->y + l->height};
		if (!l->opaque || l->fade != 0 || o.x1 >= box.x2 || o.x2 <= box.x1 || o.y1 >= box.y2 ||
			o.y2 <= box.y1) {
			continue;
		}
		uint64_t sum = 0;
		if (o.y1 > box.y1) {
			sum += seen(layers, n, i + 1, (struct box){box.x1, box.y1, box.x2, o.y1});
			box.y1 = o.y1;
		}
		if (o.y2 < box.y2) {
			sum += seen(layers, n, i + 1, (struct box){box.x1, o.y2, box.x2, box.y2});
			box.y2 = o.y2;
		}
		if (o.x1 > box.x1) {
			sum += seen(layers, n, i + 1, (struct box){box.x1, box.y1, o.x1, box.y2});
		}
		if (o.x2 < box.x2) {
			sum += seen(layers, n, i + 1, (struct box){o.x2, box.y1, box.x2, box.y2});
		}
		return sum;
	}
	return (uint64_t)(box.x2 - box.x1) * (uint64_t)(box.y2 - box.y1);
}

void planner_measure(struct planner_layer *layers, int n_layers, int32_t width, int32_t height) {
	for (int i = 0; i < n_layers; i++) {
		struct planner_layer *l = &layers[i];
		struct box box = {l->x, l->y, l->x + l->width, l->y + l->height};
		box.x1 = box.x1 > 0 ? box.x1 : 0;
		box.y1 = box.y1 > 0 ? box.y1 : 0;
		box.x2 = box.x2 < width ? box.x2 : width;
		box.y2 = box.y2 < height ? box.y2 : height;
		bool empty = box.x1 >= box.x2 || box.y1 >= box.y2;
		l->visible_px = empty ? 0 : seen(layers, n_layers, i + 1, box);
		l->visible = l->visible_px != 0;
	}
}
