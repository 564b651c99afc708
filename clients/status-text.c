// SPDX-License-Identifier: MIT
#include "status-text.h"

#include <json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// ---- The state ----

struct json_object *status_state_parse(const char *text, size_t size) {
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *state =
		tokener != NULL ? json_tokener_parse_ex(tokener, text, (int)size) : NULL;
	if (tokener != NULL) {
		json_tokener_free(tokener);
	}
	if (state != NULL && !json_object_is_type(state, json_type_object)) {
		json_object_put(state);
		return NULL;
	}
	return state;
}

static struct json_object *member(
	const struct json_object *object, const char *key, enum json_type type) {
	struct json_object *value = NULL;
	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type)
		? value
		: NULL;
}

const char *status_state_string(const struct json_object *state, const char *key) {
	struct json_object *value = member(state, key, json_type_string);
	return value != NULL ? json_object_get_string(value) : "";
}

long long status_state_int(const struct json_object *state, const char *key) {
	struct json_object *value = member(state, key, json_type_int);
	return value != NULL ? json_object_get_int64(value) : 0;
}

struct json_object *status_state_output(const struct json_object *state, const char *name) {
	struct json_object *list = member(state, "outputs", json_type_array);
	size_t n = list != NULL ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < n; i++) {
		struct json_object *output = json_object_array_get_idx(list, i);
		if (strcmp(status_state_string(output, "name"), name) == 0) {
			return output;
		}
	}
	return NULL;
}

// ---- Words ----

static struct status_line __attribute__((format(printf, 3, 4))) *
	add(struct status_text *text, enum status_style style, const char *format, ...) {
	if (text->n_lines == STATUS_MAX_LINES) {
		return &text->lines[STATUS_MAX_LINES - 1];
	}
	struct status_line *line = &text->lines[text->n_lines++];
	line->style = style;
	va_list args;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	return line;
}

// A time of day, with its day: it may stand there for long.
static void format_time(long long seconds, char text[32]) {
	time_t time = (time_t)seconds;
	struct tm parts;
	if (localtime_r(&time, &parts) == NULL || strftime(text, 32, "%F %T", &parts) == 0) {
		text[0] = '\0';
	}
}

// What happens next.
static void add_fate(struct status_text *text, const char *name, const char *state,
	const char *reason, long long next) {
	char when[32];
	if (strcmp(state, "failed") == 0) {
		add(text, STATUS_BODY, "Nothing happens until an operator starts it:");
		add(text, STATUS_BODY, "vitrinectl app start %s", name);
	} else if (strcmp(state, "stopped") == 0) {
		add(text, STATUS_BODY, "Nothing happens until it is started:");
		add(text, STATUS_BODY, "vitrinectl app start %s", name);
	} else if (strcmp(state, "waiting") == 0 && next != 0) {
		format_time(next, when);
		add(text, STATUS_BODY, "It is started again at %s.", when);
	} else if (strcmp(state, "waiting") == 0) {
		add(text, STATUS_BODY, "It %s.", reason);
	}
}

static enum status_tone tone_of(const char *state, long long next) {
	return strcmp(state, "failed") == 0 ? STATUS_ALERT
		: strcmp(state, "stopped") == 0 || (strcmp(state, "waiting") == 0 && next != 0)
		? STATUS_WAITS
		: STATUS_CALM;
}

static const char *verb_of(const char *state, long long next) {
	static const struct {
		const char *state, *verb;
	} verbs[] = {
		{"starting", "is starting"},
		{"running", "runs, but shows nothing here"},
		{"stopping", "is being stopped"},
		{"stopped", "is stopped"},
		{"failed", "has failed"},
	};
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(state, verbs[i].state) == 0) {
			return verbs[i].verb;
		}
	}
	return next != 0 ? "has ended" : "waits for its turn";
}

static void add_app(struct status_text *text, const struct json_object *app) {
	const char *name = status_state_string(app, "name");
	const char *state = status_state_string(app, "state");
	const char *reason = status_state_string(app, "reason");
	long long next = status_state_int(app, "next");
	bool of_turn = strcmp(state, "waiting") == 0 && next == 0;
	char since[32];
	format_time(status_state_int(app, "since"), since);
	add(text, STATUS_HEADING, "%s %s", name, verb_of(state, next))->apart = text->n_lines > 1;
	if (reason[0] != '\0' && !of_turn) {
		add(text, STATUS_BODY, "Since %s: %s.", since, reason);
	} else {
		add(text, STATUS_BODY, "Since %s.", since);
	}
	add_fate(text, name, state, reason, next);
	enum status_tone tone = tone_of(state, next);
	text->tone = tone > text->tone ? tone : text->tone;
}

static struct json_object *app_at(
	const struct json_object *state, const struct json_object *output, size_t i) {
	struct json_object *apps = member(state, "apps", json_type_array);
	struct json_object *indices = member(output, "apps", json_type_array);
	struct json_object *index = indices != NULL ? json_object_array_get_idx(indices, i) : NULL;
	if (apps == NULL || index == NULL) {
		return NULL;
	}
	return json_object_array_get_idx(apps, (size_t)json_object_get_int64(index));
}

// Those that have failed come first.
static size_t add_apps(
	struct status_text *text, const struct json_object *state, const struct json_object *output) {
	size_t n = 0, told = 0;
	for (int tone = STATUS_ALERT; tone >= STATUS_CALM; tone--) {
		struct json_object *app;
		for (size_t i = 0; (app = app_at(state, output, i)) != NULL; i++) {
			if ((int)tone_of(status_state_string(app, "state"), status_state_int(app, "next")) !=
				tone) {
				continue;
			}
			n++;
			if (told < STATUS_MAX_APPS) {
				add_app(text, app);
				told++;
			}
		}
	}
	if (n > told) {
		add(text, STATUS_BODY, "And %zu more, which this lists: vitrinectl app", n - told)->apart =
			true;
	}
	return n;
}

static void add_none(
	struct status_text *text, const struct json_object *state, const char *output) {
	const struct json_object *apps = member(state, "apps", json_type_array);
	const char *folder = status_state_string(state, "folder");
	folder = folder[0] != '\0' ? folder : "/etc/vitrine";
	if (apps == NULL || json_object_array_length(apps) == 0) {
		add(text, STATUS_HEADING, "No app is configured");
		add(text, STATUS_BODY, "Name one in %s/vitrine.ini, then:", folder);
		add(text, STATUS_BODY, "vitrinectl reload");
	} else {
		add(text, STATUS_HEADING, "No app is meant for this screen");
		add(text, STATUS_BODY, "It is %s; all apps of %s name other outputs.", output, folder);
	}
	text->tone = STATUS_WAITS;
}

void status_text_make(struct status_text *text, const struct json_object *state, const char *output,
	const struct status_host *host) {
	*text = (struct status_text){0};
	snprintf(text->picture, sizeof(text->picture), "%s", status_state_string(state, "picture"));
	const struct json_object *entry = status_state_output(state, output);
	if (add_apps(text, state, entry) == 0) {
		add_none(text, state, output);
	}
	add(text, STATUS_NOTE, "This is %s, %s%s",
		host->name[0] != '\0' ? host->name : "a nameless machine",
		host->addresses[0] != '\0' ? "reached at " : "without a network address", host->addresses)
		->apart = true;
	add(text, STATUS_NOTE, "What it does: vitrinectl status");
	const char *own = status_state_string(state, "text");
	if (own[0] != '\0') {
		add(text, STATUS_NOTE, "%s", own)->apart = true;
	}
}

bool status_text_equal(const struct status_text *a, const struct status_text *b) {
	bool equal =
		a->tone == b->tone && a->n_lines == b->n_lines && strcmp(a->picture, b->picture) == 0;
	for (int i = 0; equal && i < a->n_lines; i++) {
		equal = a->lines[i].style == b->lines[i].style && a->lines[i].apart == b->lines[i].apart &&
			strcmp(a->lines[i].text, b->lines[i].text) == 0;
	}
	return equal;
}
