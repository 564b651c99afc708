// SPDX-License-Identifier: MIT
// A client that has text fields, an input method, a virtual keyboard and a real one, as a test asks for
// them, and writes what it hears into a log.
#ifndef VITRINE_TESTS_TEXT_SIDE_H
#define VITRINE_TESTS_TEXT_SIDE_H

#include "input-method-unstable-v2-client-protocol.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "xdg-harness.h"

struct side {
	struct client *client;
	struct zwp_text_input_manager_v3 *text_manager;
	struct zwp_input_method_manager_v2 *method_manager;
	struct zwp_virtual_keyboard_manager_v1 *keyboard_manager;
	struct zwp_text_input_v3 *text;
	struct zwp_input_method_v2 *method;
	struct zwp_virtual_keyboard_v1 *virtual;
	struct wl_keyboard *keyboard;
	uint32_t n_done, keymap_size;
	char log[2048];
};

void side_init(struct side *side, struct harness *harness);
// All that was heard since the last time.
void expect(struct side *side, const char *expected);
// Adds to the log.
void say(struct side *side, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct zwp_text_input_v3 *add_text(struct side *side);
void add_method(struct side *side);
void add_keyboard(struct side *side);
struct zwp_input_method_keyboard_grab_v2 *add_grab(struct side *side);

#endif
