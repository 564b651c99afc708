// SPDX-License-Identifier: MIT
// What the status screen says, in words, from what the compositor and the machine tell.
#ifndef VITRINE_CLIENTS_STATUS_TEXT_H
#define VITRINE_CLIENTS_STATUS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "status-host.h"

struct json_object;

enum status_style {
	STATUS_HEADING,
	STATUS_BODY,
	STATUS_NOTE, // how to reach the machine, and whom
	N_STATUS_STYLES,
};

enum status_tone {
	STATUS_CALM,  // something is to come
	STATUS_WAITS, // for somebody or something
	STATUS_ALERT, // something has failed
};

enum {
	STATUS_MAX_LINES = 20,
	STATUS_LINE_SIZE = 512, // bytes
	STATUS_MAX_APPS = 3,    // that are told of in full
};

struct status_line {
	enum status_style style;
	bool apart; // from the line above
	char text[STATUS_LINE_SIZE];
};

struct status_text {
	enum status_tone tone;
	char picture[STATUS_LINE_SIZE]; // path of one above them; "": none
	int n_lines;
	struct status_line lines[STATUS_MAX_LINES];
};

// A message of the compositor. The caller ends it with json_object_put. NULL if it is none.
struct json_object *status_state_parse(const char *text, size_t size);
// Members of it; "" and 0 for what is missing. Borrowed.
const char *status_state_string(const struct json_object *state, const char *key);
long long status_state_int(const struct json_object *state, const char *key);
// The entry of the output of that name; NULL: nothing is to be shown there. Borrowed.
struct json_object *status_state_output(const struct json_object *state, const char *name);

// The words for an output of the state.
void status_text_make(struct status_text *text, const struct json_object *state, const char *output,
	const struct status_host *host);
// They look the same.
bool status_text_equal(const struct status_text *a, const struct status_text *b);

#endif
