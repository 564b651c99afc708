// SPDX-License-Identifier: MIT
// What the compositor tells its tools: the state for vitrinectl, and the one for the status screen. Both are
// JSON, with texts of apps in them; terminals get nothing that they would obey.
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "ctl-table.h"
#include "fuzz.h"
#include "status-text.h"

static unsigned long n_read, n_refused;

bool fuzz_is_mixture(void) {
	printf("%lu read, %lu refused\n", n_read, n_refused);
	return n_read > 0 && n_refused > 0;
}

static void print_all(FILE *file, struct json_object *status) {
	ctl_table_print(file, status, NULL, 0);
	ctl_table_print(file, status, status, 1000000000);
	ctl_table_print_displays(file, status);
	ctl_table_print_apps(file, status);
	struct json_object *displays = NULL;
	json_object_object_get_ex(status, "displays", &displays);
	if (json_object_is_type(displays, json_type_array) && json_object_array_length(displays) > 0) {
		ctl_table_print_modes(file, status, json_object_array_get_idx(displays, 0));
	}
}

static void expect_tame(const char *text, size_t size) {
	for (size_t at = 0; at < size; at++) { // of each line
		at += utf8_printable(text + at, size - at);
		fuzz_assert(at < size && text[at] == '\n');
	}
}

static void tell(const struct json_object *state) {
	static const struct status_host host = {.name = "kiosk", .addresses = "192.0.2.1"};
	struct status_text text;
	status_text_make(&text, state, "HDMI-A-1", &host);
	fuzz_assert(text.n_lines >= 0 && text.n_lines <= STATUS_MAX_LINES);
	for (int i = 0; i < text.n_lines; i++) {
		fuzz_assert(memchr(text.lines[i].text, '\0', STATUS_LINE_SIZE) != NULL);
	}
	fuzz_assert(status_text_equal(&text, &text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct json_object *state = status_state_parse((const char *)data, size);
	if (state == NULL) {
		n_refused++;
		return 0;
	}
	n_read++;
	tell(state);
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	fuzz_assert(file != NULL);
	print_all(file, state);
	fclose(file);
	expect_tame(text, length);
	free(text);
	json_object_put(state);
	return 0;
}
