// SPDX-License-Identifier: MIT
#include <linux/input.h>
#include <math.h>
#include <string.h>

#include "input/input.h"

enum { CELLS = 256 }; // a px has so many in each direction, as clients count them (wl_fixed_t)

const float input_no_calibration[6] = {1, 0, 0, 0, 1, 0};

// The cell that holds a coordinate of 0..1.
static int64_t to_cell(double value, int64_t cells) {
	double cell = floor(value * (double)cells);
	if (!(cell > 0)) {
		return 0;
	}
	return cell >= (double)cells ? cells - 1 : (int64_t)cell;
}

// Of cells, not of points: the first one becomes the last one, and not what is behind it.
static int64_t mirror(int64_t cell, int64_t cells) {
	return cells - 1 - cell;
}

// In logical px. Their number is whole, so that the output's last px may lie a little beyond the last of
// them, and belongs to it.
static double to_logical(int64_t cell, int64_t cells, double scale) {
	int64_t points = cells / CELLS;
	double last = round((double)points / scale) * CELLS - 1;
	double logical = floor((double)cell / scale);
	return (logical < last ? logical : last) / CELLS;
}

// The cell of a picture of `shown` px that is shown in `length` px from `start`. False: it is beside.
static bool to_shown(int64_t *at, int32_t start, int32_t length, int32_t shown) {
	int64_t cell = *at - (int64_t)start * CELLS, cells = (int64_t)length * CELLS;
	bool inside = cell >= 0 && cell < cells;
	cell = cell < 0 ? 0 : cell < cells ? cell : cells - 1;
	*at = (2 * cell + 1) * shown / (2 * (int64_t)length); // what is in its middle
	return inside;
}

bool input_map_point(const struct input_map *map, double u, double v, double *x, double *y) {
	const float *c = map->calibration;
	int64_t width = (int64_t)map->width * CELLS, height = (int64_t)map->height * CELLS;
	int64_t at_x = to_cell(c[0] * u + c[1] * v + c[2], width);
	int64_t at_y = to_cell(c[3] * u + c[4] * v + c[5], height);
	// A quarter turn clockwise for each that the contents were turned counter-clockwise. The flip
	// was done first, so it is undone last; then it is one of what is upright again.
	int64_t turned;
	for (unsigned i = 0; i < (map->transform & 3); i++) {
		turned = mirror(at_y, height);
		at_y = at_x;
		at_x = turned;
		turned = width;
		width = height;
		height = turned;
	}
	if (map->transform & 4) {
		at_x = mirror(at_x, width);
	}
	bool inside = true;
	if (map->part.width > 0) {
		const struct input_part *part = &map->part;
		inside = to_shown(&at_x, part->x, part->width, map->shown_width);
		inside = to_shown(&at_y, part->y, part->height, map->shown_height) && inside;
		width = (int64_t)map->shown_width * CELLS;
		height = (int64_t)map->shown_height * CELLS;
	}
	*x = to_logical(at_x, width, map->scale);
	*y = to_logical(at_y, height, map->scale);
	return inside;
}

// ---- Which output ----

static int find_panel(const char *connector, const struct input_panel *panels, int n_panels) {
	for (int i = 0; i < n_panels; i++) {
		if (strcmp(panels[i].connector, connector) == 0) {
			return i;
		}
	}
	return -1;
}

static bool has_name(const struct input_identity *identity, const struct input_panel *panel) {
	enum { SHORTEST_MODEL = 4 }; // letters; fewer say nothing
	return strstr(identity->name, panel->connector) != NULL ||
		(panel->model != NULL && strlen(panel->model) >= SHORTEST_MODEL &&
			strstr(identity->name, panel->model) != NULL);
}

static bool is_about(double a, double b) {
	return fabs(a - b) <= fmax(5, b / 20); // mm; bezels and rounding
}

static bool has_size(const struct input_identity *identity, const struct input_panel *panel) {
	double width = identity->width_mm, height = identity->height_mm;
	double panel_width = panel->width_mm, panel_height = panel->height_mm;
	if (width <= 0 || height <= 0 || panel_width <= 0 || panel_height <= 0) {
		return false;
	}
	return (is_about(width, panel_width) && is_about(height, panel_height)) ||
		(is_about(width, panel_height) && is_about(height, panel_width));
}

static bool is_built_in(const struct input_identity *identity, const struct input_panel *panel) {
	static const char *const connectors[] = {"eDP", "DSI", "LVDS", "DPI"};
	if (identity->bus != BUS_I2C && identity->bus != BUS_SPI && identity->bus != BUS_HOST) {
		return false;
	}
	for (size_t i = 0; i < sizeof(connectors) / sizeof(connectors[0]); i++) {
		if (strncmp(panel->connector, connectors[i], strlen(connectors[i])) == 0) {
			return true;
		}
	}
	return false;
}

int input_choose_panel(const struct input_identity *identity, const char *configured,
	const char *property, const struct input_panel *panels, int n_panels) {
	static bool (*const signs[])(const struct input_identity *identity,
		const struct input_panel *panel) = {has_name, has_size, is_built_in};
	if (configured != NULL) {
		return find_panel(configured, panels, n_panels);
	}
	if (property != NULL) {
		return find_panel(property, panels, n_panels);
	}
	for (size_t s = 0; s < sizeof(signs) / sizeof(signs[0]); s++) {
		int found = -1, n = 0;
		for (int i = 0; i < n_panels; i++) {
			if (signs[s](identity, &panels[i])) {
				found = i;
				n++;
			}
		}
		if (n == 1) {
			return found;
		}
	}
	return n_panels > 0 ? 0 : -1;
}
