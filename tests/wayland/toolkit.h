// SPDX-License-Identifier: MIT
// Programs of a toolkit, unmodified, that are used as people use them: with a mouse, a keyboard and a
// touch screen made of /dev/uinput.
//
// The program tells on its standard output, a line an event, what becomes of it; a line
// "place NAME X Y WIDTH HEIGHT" says where something is, px of its window, which fills the screen.
// Names are NAME for a widget, menu:NAME in a menu bar, item:NAME in what pops up.
#ifndef VITRINE_TESTS_WAYLAND_TOOLKIT_H
#define VITRINE_TESTS_WAYLAND_TOOLKIT_H

#include <linux/input-event-codes.h>

#include "fixture.h"
#include "uinput.h"

enum { TOOLKIT_WIDTH = 1024, TOOLKIT_HEIGHT = 768 }; // px of the panel

struct toolkit_place {
	int x, y, width, height; // px of the window
};

struct toolkit {
	const char *name;  // of pictures
	double scale;      // of the output
	int quarters;      // that it is turned counter-clockwise (wl_output.transform)
	int width, height; // px of the window
	char folder[64];   // for what the program keeps; in XDG_CONFIG_HOME
	struct test_server server;
	struct test_client control;
	struct test_device pointer, keyboard, touch;
	int drm;
	pid_t pid;          // of the program
	int output;         // its standard output
	char *text;         // what came of it; owned
	size_t length, cap; // bytes
	size_t seen;        // what was waited for came before
	int x, y;           // where the pointer is, px of the window
};

// Skips the running test, with the reason, unless the file is there. A pattern of glob(7) will do.
void toolkit_need(const char *path);

enum { TOOLKIT_TOUCH = 1, TOOLKIT_MOUSE = 2, TOOLKIT_KEYBOARD = 4, TOOLKIT_EVERYTHING = 7 };

// The server and devices (TOOLKIT_*), with an output of that scale and transform (0 to 3 quarters), and the
// program, NULL-terminated. `name` begins the names of pictures.
void toolkit_start(struct toolkit *toolkit, const char *name, const char *const *argv,
	unsigned devices, double scale, int quarters);
// Ends the program and the server.
void toolkit_stop(struct toolkit *toolkit);

// ---- What the program tells ----

// Waits for this line, after all that was waited for before.
void toolkit_expect(struct toolkit *toolkit, const char *line);
// Waits for a line "WORD NUMBER" with a number from `least` to `most`.
void toolkit_expect_number(struct toolkit *toolkit, const char *word, int least, int most);
// Waits for its place to be told (again), which has to be within the screen, and until that is quiet.
struct toolkit_place toolkit_expect_place(struct toolkit *toolkit, const char *name);
// Where it was told to be last.
struct toolkit_place toolkit_place(const struct toolkit *toolkit, const char *name);

// ---- What the screen shows ----

void toolkit_wait_refresh(struct toolkit *toolkit);
// Until nothing was drawn for a quarter of a second.
void toolkit_wait_settled(struct toolkit *toolkit);
// Until the window and so many popups are shown.
void toolkit_wait_popups(struct toolkit *toolkit, int n);
// The same, for 60 refreshes at most: false then.
bool toolkit_has_popups(struct toolkit *toolkit, int n);
// toolkit-NAME-STEP.png in the build folder.
void toolkit_picture(struct toolkit *toolkit, const char *step);

// ---- What people do; px of the window ----

void toolkit_move(struct toolkit *toolkit, int x, int y);
void toolkit_click(struct toolkit *toolkit, int x, int y, uint16_t button);
// With the left button held down.
void toolkit_drag(struct toolkit *toolkit, int x, int y, int to_x, int to_y);
void toolkit_tap(struct toolkit *toolkit, int x, int y);
void toolkit_swipe(struct toolkit *toolkit, int x, int y, int to_x, int to_y);
// Letters, digits and blanks.
void toolkit_type(struct toolkit *toolkit, const char *text);
void toolkit_key(struct toolkit *toolkit, uint16_t key);

// The same in the middle of what has a place.
void toolkit_click_on(struct toolkit *toolkit, const char *name);
void toolkit_tap_on(struct toolkit *toolkit, const char *name);

// ---- All of it ----

// Starts a script of the toolkit, which shows its widgets, and uses each of them: click, drag, wheel, text,
// selection by dragging, touch, a menu, a combo box, a menu in the screen's corner. Each step leaves a
// picture.
void toolkit_use_widgets(const char *name, const char *script, double scale, int quarters);
// The combo box and the menu in the corner once more, where there is neither mouse nor keyboard.
void toolkit_use_touch_alone(const char *name, const char *script);

// ---- A text editor ----

// Where its things are was read off a screenshot of it; px.
struct toolkit_editor {
	const char *name, *program;
	int column, letter_width;    // of the first letter's left edge, and of each
	int first_line, line_height; // middle of the first line, and to the next one
	int menu[2], save[2];        // x, y: what opens the menu, and its item that saves
};

// Selects text by dragging and writes over it, scrolls with the wheel, clicks and types there, saves by
// touch from the menu; what is in the file then is what was done. Each step leaves a picture.
void toolkit_use_editor(const struct toolkit_editor *editor);

#endif
