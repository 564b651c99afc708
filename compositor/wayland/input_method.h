// SPDX-License-Identifier: MIT
// The input method inside of wayland/: its object, with its popups and its grab of the keyboard.
#ifndef VITRINE_WAYLAND_INPUT_METHOD_H
#define VITRINE_WAYLAND_INPUT_METHOD_H

#include "wayland/server.h"
#include "wayland/text_input.h"

struct input_grab;

struct input_method {
	struct text_method base;
	struct wl_resource *resource;
	struct wayland_server *server;
	bool unavailable;              // the seat has another one: inert
	bool active;                   // as it was told
	uint32_t n_done, activated_at; // the done event that the field in use came with
	char *commit, *preedit;        // pending; may be NULL
	int32_t preedit_begin, preedit_end;
	uint32_t delete_before, delete_after;
	struct wl_list popups;   // input_popup.link
	struct input_grab *grab; // may be NULL
};

// ---- input_popup.c ----

void input_popup_create(struct input_method *method, uint32_t id, struct surface *surface);
// The method goes: they are inert from now on.
void input_popups_orphan(struct input_method *method);
// The method became active or inactive, or the field's cursor moved: they are shown elsewhere.
void input_popups_update(struct input_method *method);

// ---- input_grab.c ----

void input_grab_create(struct input_method *method, uint32_t id);
void input_grab_orphan(struct input_grab *grab); // the method goes; NULL is fine

#endif
