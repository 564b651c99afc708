// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolkit.h"

enum { LINES = 200 };

static void write_letter(const char *path) {
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	for (int i = 1; i <= LINES; i++) {
		fprintf(file, "line %d of the letter\n", i);
	}
	fclose(file);
}

// Reads the letter as it is now: the line that was written anew, and the number of that marked with an x.
static void read_letter(const char *path, char third[64], int *marked) {
	FILE *file = fopen(path, "re");
	char line[64];
	*marked = 0;
	third[0] = '\0';
	for (int i = 1; file && fgets(line, sizeof(line), file); i++) {
		line[strcspn(line, "\n")] = '\0';
		if (i == 3) {
			strcpy(third, line);
		}
		if (strchr(line, 'x')) {
			*marked = i;
		}
	}
	if (file) {
		fclose(file);
	}
}

static int line_y(const struct toolkit_editor *editor, int row) {
	return editor->first_line + row * editor->line_height;
}

static void edit(struct toolkit *toolkit, const struct toolkit_editor *editor) {
	// Featherpad takes the first one for its warning of being run as root.
	toolkit_click(toolkit, TOOLKIT_WIDTH / 2, line_y(editor, 10), BTN_LEFT);
	toolkit_wait_settled(toolkit);
	// "line" of the third line is selected by dragging, and written over.
	int y = line_y(editor, 2);
	toolkit_drag(toolkit, editor->column, y, editor->column + 4 * editor->letter_width, y);
	toolkit_wait_settled(toolkit);
	toolkit_picture(toolkit, "selected");
	toolkit_type(toolkit, "Row");
	// What is in that place after scrolling is marked.
	toolkit_move(toolkit, TOOLKIT_WIDTH / 2, TOOLKIT_HEIGHT / 2);
	test_device_wheel(&toolkit->pointer, -3);
	toolkit_wait_settled(toolkit);
	toolkit_click(toolkit, TOOLKIT_WIDTH / 2, y, BTN_LEFT);
	toolkit_type(toolkit, "x");
	toolkit_wait_settled(toolkit);
	toolkit_picture(toolkit, "scrolled");
}

static void save(struct toolkit *toolkit, const struct toolkit_editor *editor) {
	toolkit_tap(toolkit, editor->menu[0], editor->menu[1]);
	toolkit_wait_popups(toolkit, 1);
	toolkit_wait_settled(toolkit);
	toolkit_picture(toolkit, "menu");
	// GTK takes no tap on a menu that opened less than half a second ago.
	do {
		toolkit_tap(toolkit, editor->save[0], editor->save[1]);
	} while (!toolkit_has_popups(toolkit, 0));
}

void toolkit_use_editor(const struct toolkit_editor *editor) {
	char path[64], third[64];
	snprintf(path, sizeof(path), "/tmp/vitrine-letter-%d.txt", (int)getpid());
	write_letter(path);
	const char *argv[] = {editor->program, path, NULL};
	struct toolkit toolkit;
	toolkit_start(&toolkit, editor->name, argv, TOOLKIT_EVERYTHING, 1, 0);
	edit(&toolkit, editor);
	save(&toolkit, editor);
	int marked;
	do {
		toolkit_wait_refresh(&toolkit);
		read_letter(path, third, &marked);
	} while (marked == 0); // until it is saved
	assert_string_equal(third, "Row 3 of the letter");
	assert_in_range(marked, 4, 30);
	toolkit_stop(&toolkit);
	unlink(path);
}
