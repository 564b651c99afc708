// SPDX-License-Identifier: MIT
#include "status-layout.h"

#include <string.h>

enum {
	LETTERS = 26, // in the shorter side of the screen, if all fits
	SMALLEST = 8, // px, below which nobody reads
	LARGEST = 200,
	COLUMN = 30, // letters' heights that a row is wide at most: eyes find the next one
	MARGIN = 14, // of the shorter side
	PICTURE = 5, // of the height
};

struct column {
	struct status_layout *layout;
	status_measure *measure;
	void *data;
	int x, width; // px
	int y;        // where the next row begins
	int bottom;   // beyond which there is no room
	bool full;
};

static int row_height(int size) {
	return size * 4 / 3;
}

// Bytes of the first character.
static size_t step(const char *text, size_t length) {
	size_t n = 1;
	while (n < length && ((unsigned char)text[n] & 0xc0) == 0x80) {
		n++;
	}
	return n;
}

// How many bytes of the text go into one row: whole words, or as much of one as fits. One character
// at least.
static size_t fit(
	const struct column *column, enum status_style style, const char *text, size_t length) {
	int size = column->layout->sizes[style];
	size_t fits = 0;
	for (size_t end = 0; end < length;) {
		size_t next = end + strspn(text + end, " ");
		next += strcspn(text + next, " ");
		next = next > length ? length : next;
		if (column->measure(column->data, style, size, text, next) > column->width) {
			break;
		}
		fits = end = next;
	}
	if (fits > 0) {
		return fits;
	}
	do {
		fits += step(text + fits, length - fits);
	} while (fits < length &&
		column->measure(column->data, style, size, text, fits + step(text + fits, length - fits)) <=
			column->width &&
		text[fits] != ' ');
	return fits;
}

static void place_line(struct column *column, const struct status_line *line) {
	struct status_layout *layout = column->layout;
	const char *text = line->text;
	size_t length = strlen(text);
	int height = row_height(layout->sizes[line->style]);
	column->y += line->apart ? layout->sizes[STATUS_BODY] : 0;
	while (length > 0) {
		size_t skip = strspn(text, " ");
		text += skip;
		length -= skip;
		if (length == 0) {
			break;
		}
		if (layout->n_runs == STATUS_MAX_RUNS || column->y + height > column->bottom) {
			column->full = true;
			return;
		}
		size_t n = fit(column, line->style, text, length);
		layout->runs[layout->n_runs++] = (struct status_run){
			.style = line->style,
			.text = text,
			.length = n,
			.at = {column->x, column->y, column->width, height},
		};
		column->y += height;
		text += n;
		length -= n;
	}
}

// From the top in letters of that size; true if all of it fits.
static bool try_size(struct status_layout *layout, const struct status_text *text, int width,
	int height, bool has_picture, struct column *column, int size) {
	int side = width < height ? width : height;
	int margin = side / MARGIN, bar = (size + 5) / 6, room = width - 2 * margin;
	*layout = (struct status_layout){
		.sizes = {[STATUS_HEADING] = size * 8 / 5, [STATUS_BODY] = size, [STATUS_NOTE] = size},
	};
	int wide = COLUMN * size > width / 2 ? COLUMN * size : width / 2; // for low screens
	wide = wide < room ? wide : room;
	int left = (width - wide) / 2;
	column->width = wide - 2 * size > 1 ? wide - 2 * size : 1;
	column->x = left + wide - column->width;
	column->y = margin;
	column->bottom = height - margin;
	column->full = false;
	if (has_picture) {
		layout->picture = (struct status_rect){left, margin, wide, height / PICTURE};
		column->y += height / PICTURE + size;
	}
	int top = column->y;
	for (int i = 0; i < text->n_lines && !column->full; i++) {
		place_line(column, &text->lines[i]);
	}
	layout->bar = (struct status_rect){left, top, bar, column->y - top};
	return !column->full;
}

static void move_down(struct status_layout *layout, int by) {
	layout->picture.y += by;
	layout->bar.y += by;
	for (int i = 0; i < layout->n_runs; i++) {
		layout->runs[i].at.y += by;
	}
}

void status_layout_make(struct status_layout *layout, const struct status_text *text, int width,
	int height, bool has_picture, status_measure *measure, void *data) {
	struct column column = {.layout = layout, .measure = measure, .data = data};
	int side = width < height ? width : height;
	int best = side / LETTERS > LARGEST ? LARGEST : side / LETTERS;
	best = best < SMALLEST + 2 ? SMALLEST + 2 : best;
	// Rather no picture than words that are hard to read.
	int least = has_picture && best * 3 / 4 > SMALLEST ? best * 3 / 4 : SMALLEST, size = best;
	while (!try_size(layout, text, width, height, has_picture, &column, size)) {
		if (size <= least && !has_picture) {
			break;
		}
		size -= (size + 19) / 20;
		if (size < least && has_picture) {
			has_picture = false;
			least = SMALLEST;
			size = best;
		}
	}
	int spare = column.bottom - column.y;
	move_down(layout, spare > 0 ? spare / 2 : 0);
}
