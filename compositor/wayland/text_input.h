// SPDX-License-Identifier: MIT
// Text fields inside of wayland/: which of them is in use, and the input method that it talks to.
#ifndef VITRINE_WAYLAND_TEXT_INPUT_H
#define VITRINE_WAYLAND_TEXT_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "scene/scene.h"

struct seat;
struct surface;
struct text_input;
struct wayland_server;

enum { TEXT_MAX = 4000 }; // bytes of any text: more do not go into a message

// What a text field told of itself (zwp_text_input_v3).
struct text_state {
	char *surrounding;      // owned; NULL: it does not tell
	int32_t cursor, anchor; // bytes into it
	uint32_t cause;
	uint32_t hint, purpose;
	bool has_cursor_box;
	struct scene_rect cursor_box; // logical px of the surface
};

// The input method, as a text field sees it.
struct text_method {
	// A field is in use: another one, or the same anew.
	void (*activated)(struct text_method *method);
	// It told something else of itself.
	void (*changed)(struct text_method *method);
	void (*deactivated)(struct text_method *method); // none is in use any more
};

// Of the seat.
struct text_focus {
	struct seat *seat;
	struct wl_listener focus_changed;
	struct surface *surface;    // that has the keyboard; may be NULL
	struct wl_list inputs;      // of all clients
	struct text_input *active;  // the field in use; may be NULL
	struct text_method *method; // may be NULL
};

// ---- text_input.c ----

void text_focus_finish(struct text_focus *focus); // after the clients
// NULL: there is none any more.
void text_focus_set_method(struct text_focus *focus, struct text_method *method);
// What the field in use told; NULL: none is.
const struct text_state *text_focus_state(const struct text_focus *focus);

// What the input method makes of the field, to be applied together; nothing is where there is nothing.
struct text_edit {
	const char *preedit; // NULL: none
	int32_t preedit_begin, preedit_end;
	const char *commit;                   // NULL: none
	uint32_t delete_before, delete_after; // bytes
};

void text_focus_edit(struct text_focus *focus, const struct text_edit *edit);

#endif
