// SPDX-License-Identifier: MIT
// Values of vitrine.ini: from text into fields.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "kiosk/chord.h"
#include "kiosk/config.h"
#include "kiosk/config_keys.h"

static void expected_of_type(const struct config_key *key, char *text, size_t size) {
	switch (key->type) {
	case CONFIG_BOOL:
		snprintf(text, size, "true or false");
		break;
	case CONFIG_CHOICE:
		snprintf(text, size, "one of %s", key->choices);
		break;
	case CONFIG_INT:
		snprintf(text, size, "a whole number of %.10g to %.10g", key->min, key->max);
		break;
	case CONFIG_REAL:
		snprintf(text, size, "a number of %.10g to %.10g", key->min, key->max);
		break;
	case CONFIG_MODE:
		snprintf(text, size, "WIDTHxHEIGHT, WIDTHxHEIGHT@HZ, preferred or highest");
		break;
	case CONFIG_SIZE:
		snprintf(text, size, "WIDTHxHEIGHT in px, such as 1920x1080");
		break;
	case CONFIG_POSITION:
		snprintf(text, size, "X,Y in px of the outputs beside each other, such as 1920,0");
		break;
	case CONFIG_CHORDS:
		snprintf(text, size, "keys such as F11 or Ctrl+Alt+Delete, with commas between them");
		break;
	case CONFIG_COMMAND:
		snprintf(text, size,
			"a command as a shell reads it, without $(...), and ; | & < > ( ) only in quotes");
		break;
	case CONFIG_PATHS:
		snprintf(
			text, size, "absolute paths with blanks between them, such as /usr/bin/wvkbd-mobintl");
		break;
	case CONFIG_NAMES:
		snprintf(text, size, "names of fewer than %d characters, with blanks between them",
			CONFIG_NAME_SIZE);
		break;
	case CONFIG_SETTINGS:
		snprintf(text, size, "NAME=VALUE, more than one with blanks between them");
		break;
	case CONFIG_REGION:
		snprintf(text, size, "WIDTHxHEIGHT+X+Y in px of the output, such as 1280x720+0+0");
		break;
	case CONFIG_BYTES:
		snprintf(text, size, "a number of bytes, or of them with K, M or G, such as 512M");
		break;
	case CONFIG_PERCENT:
		snprintf(text, size, "%.10g%% to %.10g%%", key->min, key->max);
		break;
	case CONFIG_COLOR:
		snprintf(text, size, "a colour as #RRGGBB, such as #204060");
		break;
	default:
		snprintf(text, size, "some text");
	}
}

void config_expected(
	const struct config_key *key, const char *value, char text[CONFIG_EXPECTED_SIZE]) {
	if (key->expected != NULL) {
		snprintf(text, CONFIG_EXPECTED_SIZE, "%s", key->expected);
		return;
	}
	expected_of_type(key, text, CONFIG_EXPECTED_SIZE);
	struct config_guess guess = {0};
	const char *choice = key->type == CONFIG_CHOICE ? key->choices
		: key->type == CONFIG_BOOL                  ? "true|false"
		: key->type == CONFIG_MODE                  ? "preferred|highest"
													: "";
	while (*choice != '\0') {
		size_t len = strcspn(choice, "|");
		config_guess(&guess, value, choice, len);
		choice += len + (choice[len] == '|');
	}
	if (guess.best != NULL) {
		size_t len = strlen(text);
		snprintf(text + len, CONFIG_EXPECTED_SIZE - len, ": did you mean %.*s?", (int)guess.length,
			guess.best);
	}
}

static bool parse_text(char **field, const char *value) {
	char *copy = value[0] != '\0' ? strdup(value) : NULL;
	if (copy == NULL) {
		return false;
	}
	free(*field);
	*field = copy;
	return true;
}

static bool parse_command(char **field, const char *value) {
	wordexp_t words;
	if (wordexp(value, &words, WRDE_NOCMD) != 0) {
		return false;
	}
	bool ok = words.we_wordc > 0;
	wordfree(&words);
	return ok && parse_text(field, value);
}

static bool parse_paths(char **field, const char *value) {
	for (const char *at = value; *at != '\0'; at += strspn(at, " \t")) {
		if (*at != '/') {
			return false;
		}
		at += strcspn(at, " \t");
	}
	return parse_text(field, value);
}

static bool parse_bool(int *field, const char *value) {
	bool is_true = strcmp(value, "true") == 0;
	if (!is_true && strcmp(value, "false") != 0) {
		return false;
	}
	*field = is_true;
	return true;
}

static bool parse_choice(int *field, const char *choices, const char *value) {
	size_t len = strlen(value);
	int index = 0;
	for (const char *at = choices;; index++) {
		size_t n = strcspn(at, "|");
		if (n == len && strncmp(at, value, n) == 0) {
			*field = index;
			return true;
		}
		if (at[n] == '\0') {
			return false;
		}
		at += n + 1;
	}
}

// One number; *end is behind it and the blanks or the comma after it.
static bool parse_number(const char *text, char **end, double *value) {
	errno = 0;
	*value = strtod(text, end);
	if (*end == text || errno != 0 || !isfinite(*value)) {
		return false;
	}
	*end += strspn(*end, " \t");
	*end += **end == ',';
	return true;
}

static bool parse_real(const struct config_key *key, double *field, const char *value) {
	char *end;
	double number;
	if (!parse_number(value, &end, &number) || *end != '\0' || number < key->min ||
		number > key->max) {
		return false;
	}
	*field = number;
	return true;
}

static bool parse_int(const struct config_key *key, int *field, const char *value) {
	char *end;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || (double)number < key->min ||
		(double)number > key->max) {
		return false;
	}
	*field = (int)number;
	return true;
}

static bool parse_color(int *field, const char *value) {
	if (value[0] != '#' || strlen(value) != 7 || strspn(value + 1, "0123456789abcdefABCDEF") != 6) {
		return false;
	}
	*field = (int)strtol(value + 1, NULL, 16);
	return true;
}

static bool parse_matrix(struct config_matrix *field, const char *value) {
	struct config_matrix matrix = {.set = true};
	const char *at = value;
	for (int i = 0; i < 6; i++) {
		char *end;
		double number;
		if (!parse_number(at, &end, &number) || fabs(number) > 1000) {
			return false;
		}
		matrix.values[i] = (float)number;
		at = end;
	}
	const float *m = matrix.values;
	if (*at != '\0' || m[0] * m[4] == m[1] * m[3]) {
		return false; // all of the screen in one line
	}
	*field = matrix;
	return true;
}

static bool parse_chords(char **field, const char *value) {
	struct chord chords[CHORD_MAX];
	char *copy = chord_parse_list(value, chords) >= 0 ? strdup(value) : NULL;
	if (copy == NULL) {
		return false;
	}
	free(*field);
	*field = copy;
	return true;
}

bool config_parse(const struct config_key *key, void *field, const char *value) {
	switch (key->type) {
	case CONFIG_TEXT:
		return parse_text(field, value);
	case CONFIG_PATH:
		return value[0] == '/' && parse_text(field, value);
	case CONFIG_NAME:
		return strchr(value, '/') == NULL && parse_text(field, value);
	case CONFIG_BOOL:
		return parse_bool(field, value);
	case CONFIG_CHOICE:
		return parse_choice(field, key->choices, value);
	case CONFIG_INT:
		return parse_int(key, field, value);
	case CONFIG_REAL:
		return parse_real(key, field, value);
	case CONFIG_MODE:
		return config_parse_mode(field, value);
	case CONFIG_SIZE:
		return config_parse_size(field, value);
	case CONFIG_POSITION:
		return config_parse_position(field, value);
	case CONFIG_MATRIX:
		return parse_matrix(field, value);
	case CONFIG_CHORDS:
		return parse_chords(field, value);
	case CONFIG_COMMAND:
		return parse_command(field, value);
	case CONFIG_PATHS:
		return parse_paths(field, value);
	case CONFIG_NAMES:
		return config_parse_names(field, value);
	case CONFIG_SETTINGS:
		return config_parse_settings(field, value);
	case CONFIG_REGION:
		return config_parse_region(field, value);
	case CONFIG_BYTES:
		return config_parse_bytes(field, value);
	case CONFIG_PERCENT:
		return config_parse_percent(key, field, value);
	case CONFIG_COLOR:
		return parse_color(field, value);
	}
	return false;
}

size_t config_field_size(const struct config_key *key) {
	switch (key->type) {
	case CONFIG_BOOL:
	case CONFIG_CHOICE:
	case CONFIG_INT:
	case CONFIG_PERCENT:
	case CONFIG_COLOR:
		return sizeof(int);
	case CONFIG_BYTES:
		return sizeof(int64_t);
	case CONFIG_REGION:
		return sizeof(struct config_region);
	case CONFIG_REAL:
		return sizeof(double);
	case CONFIG_MODE:
		return sizeof(struct config_mode);
	case CONFIG_SIZE:
		return sizeof(struct config_size);
	case CONFIG_POSITION:
		return sizeof(struct config_position);
	case CONFIG_MATRIX:
		return sizeof(struct config_matrix);
	default:
		return sizeof(char *);
	}
}

static bool same_text(const char *a, const char *b) {
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool config_equal(const struct config_key *key, const void *a, const void *b) {
	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_PATH:
	case CONFIG_NAME:
	case CONFIG_COMMAND:
	case CONFIG_PATHS:
	case CONFIG_CHORDS:
	case CONFIG_NAMES:
	case CONFIG_SETTINGS:
		return same_text(*(char *const *)a, *(char *const *)b);
	case CONFIG_BOOL:
	case CONFIG_CHOICE:
	case CONFIG_INT:
	case CONFIG_PERCENT:
	case CONFIG_COLOR:
		return *(const int *)a == *(const int *)b;
	case CONFIG_BYTES:
		return *(const int64_t *)a == *(const int64_t *)b;
	case CONFIG_REGION: {
		const struct config_region *x = a, *y = b;
		return x->x == y->x && x->y == y->y && x->width == y->width && x->height == y->height;
	}
	case CONFIG_REAL: {
		double x = *(const double *)a, y = *(const double *)b;
		return x == y || (isnan(x) && isnan(y)); // not set in both
	}
	case CONFIG_MODE: {
		const struct config_mode *x = a, *y = b;
		return x->width == y->width && x->height == y->height && x->refresh_mhz == y->refresh_mhz &&
			x->highest == y->highest;
	}
	case CONFIG_SIZE: {
		const struct config_size *x = a, *y = b;
		return x->width == y->width && x->height == y->height;
	}
	case CONFIG_POSITION: {
		const struct config_position *x = a, *y = b;
		return x->set == y->set && x->x == y->x && x->y == y->y;
	}
	case CONFIG_MATRIX: {
		const struct config_matrix *x = a, *y = b;
		bool same = x->set == y->set;
		for (int i = 0; same && x->set && i < 6; i++) {
			same = x->values[i] == y->values[i];
		}
		return same;
	}
	}
	return false;
}
