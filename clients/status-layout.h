// SPDX-License-Identifier: MIT
// Where the words of the status screen go: as large as is good to read on a screen of that size, and
// smaller where they would not fit. Knows no font.
#ifndef VITRINE_CLIENTS_STATUS_LAYOUT_H
#define VITRINE_CLIENTS_STATUS_LAYOUT_H

#include "status-text.h"

enum { STATUS_MAX_RUNS = 64 };

struct status_rect { // px
	int x, y, width, height;
};

// A piece of a line that stands in one row.
struct status_run {
	enum status_style style;
	const char *text; // into the status_text
	size_t length;    // bytes
	struct status_rect at;
};

struct status_layout {
	int sizes[N_STATUS_STYLES]; // of the letters, px
	struct status_rect picture; // room for one above the text; of no size without one
	struct status_rect bar;     // in the colour of the tone, beside the text
	struct status_run runs[STATUS_MAX_RUNS];
	int n_runs;
};

// How wide the bytes are in letters of that size, px.
typedef int status_measure(
	void *data, enum status_style style, int size, const char *text, size_t length);

// On width x height px. What does not fit in the smallest letters is left out at the end.
void status_layout_make(struct status_layout *layout, const struct status_text *text, int width,
	int height, bool has_picture, status_measure *measure, void *data);

#endif
