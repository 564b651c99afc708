// SPDX-License-Identifier: MIT
#include "status-draw.h"

#include <fcft/fcft.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "picture/picture.h"
#include "shared/report.h"
#include "status-layout.h"

enum { MAX_CHARACTERS = STATUS_LINE_SIZE };

struct status_brush {
	struct fcft_font *fonts[N_STATUS_STYLES]; // NULL before they are needed
	int sizes[N_STATUS_STYLES];
	char *path;              // of the picture; NULL: none
	pixman_image_t *picture; // NULL: none, or it cannot be shown
	bool failed;             // no font: it was reported
};

static const pixman_color_t background = {0x1010, 0x1414, 0x1a1a, 0xffff};
static const pixman_color_t letters[N_STATUS_STYLES] = {
	[STATUS_HEADING] = {0xffff, 0xffff, 0xffff, 0xffff},
	[STATUS_BODY] = {0xe4e4, 0xe7e7, 0xecec, 0xffff},
	[STATUS_NOTE] = {0xb4b4, 0xbebe, 0xc8c8, 0xffff},
};
static const pixman_color_t tones[] = {
	[STATUS_CALM] = {0x4a4a, 0x9e9e, 0xffff, 0xffff},
	[STATUS_WAITS] = {0xf5f5, 0xb8b8, 0x3d3d, 0xffff},
	[STATUS_ALERT] = {0xff00, 0x5a5a, 0x5a5a, 0xffff},
};

// ---- Fonts ----

static struct fcft_font *get_font(struct status_brush *brush, enum status_style style, int size) {
	struct fcft_font **font = &brush->fonts[style];
	if (*font != NULL && brush->sizes[style] == size) {
		return *font;
	}
	char name[64];
	snprintf(name, sizeof(name), "sans-serif:pixelsize=%d%s", size,
		style == STATUS_HEADING ? ":weight=bold" : "");
	const char *names[] = {name};
	fcft_destroy(*font);
	*font = fcft_from_name(1, names, NULL);
	brush->sizes[style] = size;
	if (*font == NULL && !brush->failed) {
		brush->failed = true;
		client_report("fontconfig finds no font: install one, such as the package "
					  "fonts-dejavu-core");
	}
	return *font;
}

// The characters of UTF-8; '?' for a byte that is none. Returns how many.
static size_t decode(const char *text, size_t length, uint32_t characters[MAX_CHARACTERS]) {
	size_t n = 0;
	for (size_t i = 0; i < length && n < MAX_CHARACTERS;) {
		const unsigned char first = (unsigned char)text[i];
		size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
		if (bytes > length - i || utf8_length(text + i, bytes) != bytes) {
			characters[n++] = '?';
			i++;
			continue;
		}
		uint32_t character = bytes == 1 ? first : first & (0xffu >> (bytes + 1));
		for (size_t b = 1; b < bytes; b++) {
			character = character << 6 | ((unsigned char)text[i + b] & 0x3f);
		}
		characters[n++] = character;
		i += bytes;
	}
	return n;
}

// ---- Rows of letters ----

static void draw_glyph(const struct fcft_glyph *glyph, pixman_image_t *color,
	pixman_image_t *target, int x, int baseline) {
	bool colored = pixman_image_get_format(glyph->pix) == PIXMAN_a8r8g8b8;
	pixman_image_composite32(PIXMAN_OP_OVER, colored ? glyph->pix : color,
		colored ? NULL : glyph->pix, target, 0, 0, 0, 0, x + glyph->x, baseline - glyph->y,
		glyph->width, glyph->height);
}

// Draws onto `target`, or (NULL) just measures. Returns the width in px.
static int write_characters(struct fcft_font *font, const uint32_t *characters, size_t n,
	pixman_image_t *color, pixman_image_t *target, int x, int baseline) {
	int start = x;
	for (size_t i = 0; i < n; i++) {
		const struct fcft_glyph *glyph =
			fcft_rasterize_char_utf32(font, characters[i], FCFT_SUBPIXEL_NONE);
		if (glyph == NULL) {
			continue;
		}
		long kern = 0;
		if (i > 0 && !fcft_kerning(font, characters[i - 1], characters[i], &kern, NULL)) {
			kern = 0;
		}
		x += (int)kern;
		if (target != NULL) {
			draw_glyph(glyph, color, target, x, baseline);
		}
		x += glyph->advance.x;
	}
	return x - start;
}

// The same with the letters joined and ordered as their script wants it, where fcft can.
static int write_row(struct fcft_font *font, const char *text, size_t length, pixman_image_t *color,
	pixman_image_t *target, int x, int baseline) {
	uint32_t characters[MAX_CHARACTERS];
	size_t n = decode(text, length, characters);
	struct fcft_text_run *run =
		n > 0 && (fcft_capabilities() & FCFT_CAPABILITY_TEXT_RUN_SHAPING) != 0
		? fcft_rasterize_text_run_utf32(font, n, characters, FCFT_SUBPIXEL_NONE)
		: NULL;
	if (run == NULL) {
		return write_characters(font, characters, n, color, target, x, baseline);
	}
	int start = x;
	for (size_t i = 0; i < run->count; i++) {
		if (target != NULL) {
			draw_glyph(run->glyphs[i], color, target, x, baseline);
		}
		x += run->glyphs[i]->advance.x;
	}
	fcft_text_run_destroy(run);
	return x - start;
}

static int measure(void *data, enum status_style style, int size, const char *text, size_t length) {
	struct fcft_font *font = get_font(data, style, size);
	return font != NULL ? write_row(font, text, length, NULL, NULL, 0, 0) : 0;
}

// ---- All of it ----

static void fill(pixman_image_t *target, const pixman_color_t *color, struct status_rect rect) {
	const pixman_box32_t box = {rect.x, rect.y, rect.x + rect.width, rect.y + rect.height};
	pixman_image_fill_boxes(PIXMAN_OP_SRC, target, color, 1, &box);
}

static bool draw_run(
	struct status_brush *brush, int size, const struct status_run *run, pixman_image_t *target) {
	struct fcft_font *font = get_font(brush, run->style, size);
	pixman_image_t *color = pixman_image_create_solid_fill(&letters[run->style]);
	if (font != NULL && color != NULL) {
		int baseline =
			run->at.y + (run->at.height - font->ascent - font->descent) / 2 + font->ascent;
		write_row(font, run->text, run->length, color, target, run->at.x, baseline);
	}
	if (color != NULL) {
		pixman_image_unref(color);
	}
	return font != NULL && color != NULL;
}

static void set_picture(struct status_brush *brush, const char *path) {
	if (strcmp(path, brush->path != NULL ? brush->path : "") == 0) {
		return;
	}
	if (brush->picture != NULL) {
		pixman_image_unref(brush->picture);
		brush->picture = NULL;
	}
	free(brush->path);
	brush->path = path[0] != '\0' ? strdup(path) : NULL;
	char error[PICTURE_ERROR_SIZE];
	if (brush->path != NULL && (brush->picture = picture_load(path, NULL, error)) == NULL) {
		client_report("[status] picture = %s", error);
	}
}

static void draw_picture(
	struct status_brush *brush, struct status_rect room, pixman_image_t *target) {
	if (brush->picture == NULL || room.width == 0) {
		return;
	}
	int width = pixman_image_get_width(brush->picture);
	int height = pixman_image_get_height(brush->picture);
	// A small one is not made coarse.
	bool larger = width > room.width || height > room.height;
	struct picture_place place = picture_place(
		larger ? PICTURE_CONTAIN : PICTURE_CENTRE, width, height, room.width, room.height);
	place.x = room.x;
	place.y += room.y;
	picture_draw(brush->picture, &place, target, NULL);
}

bool status_draw(
	struct status_brush *brush, const struct status_text *text, pixman_image_t *target) {
	int width = pixman_image_get_width(target), height = pixman_image_get_height(target);
	struct status_layout layout;
	set_picture(brush, text->picture);
	status_layout_make(&layout, text, width, height, brush->picture != NULL, measure, brush);
	fill(target, &background, (struct status_rect){0, 0, width, height});
	fill(target, &tones[text->tone], layout.bar);
	draw_picture(brush, layout.picture, target);
	for (int i = 0; i < layout.n_runs; i++) {
		const struct status_run *run = &layout.runs[i];
		if (!draw_run(brush, layout.sizes[run->style], run, target)) {
			return false;
		}
	}
	return true;
}

struct status_brush *status_brush_create(void) {
	struct status_brush *brush = calloc(1, sizeof(*brush));
	if (brush == NULL || !fcft_init(FCFT_LOG_COLORIZE_NEVER, false, FCFT_LOG_CLASS_ERROR)) {
		client_report("the font library cannot be used: out of memory?");
		free(brush);
		return NULL;
	}
	return brush;
}

void status_brush_destroy(struct status_brush *brush) {
	if (brush == NULL) {
		return;
	}
	for (int i = 0; i < N_STATUS_STYLES; i++) {
		fcft_destroy(brush->fonts[i]);
	}
	set_picture(brush, "");
	free(brush);
	fcft_fini();
}
