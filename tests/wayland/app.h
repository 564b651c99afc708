// SPDX-License-Identifier: MIT
// An app as a kiosk runs them: a window that fills its screen, from shared memory, with subsurfaces.
#ifndef VITRINE_TESTS_WAYLAND_APP_H
#define VITRINE_TESTS_WAYLAND_APP_H

#include "fixture.h"

enum { APP_PARTS = 8 };

struct part { // a subsurface
	struct test_surface surface;
	struct wl_subsurface *subsurface;
	struct test_buffer buffers[2];
	int shown; // index of the buffer attached last
	bool mapped;
	int x, y; // px
};

struct app {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[2]; // both with the same picture
	int shown;
	struct part parts[APP_PARTS]; // from bottom to top
	int n_parts;
};

// Connected and configured; nothing is attached yet.
void app_init(struct app *app, struct fixture *fixture, const char *app_id);
void app_finish(struct app *app);

// A synchronised subsurface on top of the others, with two painted buffers, not yet mapped.
struct part *app_add_part(struct app *app, bool dmabuf, uint32_t format, int width, int height);
// With the parent's next commit.
void part_move(struct part *part, int x, int y);
// Attaches and commits the other buffer, once it is free, and asks for a frame callback.
void part_turn(struct part *part);
void part_unmap(struct part *part);

// Attaches the window's other buffer with damage all over, commits, and waits for the callback.
void app_commit(struct app *app);
// Commits without contents, only for its subsurfaces' sake, and waits for the callback.
void app_commit_state(struct app *app);

// What the app's screen shows. `picture` is one of the screen's size.
void app_draw(const struct app *app, struct test_picture *picture);

#endif
