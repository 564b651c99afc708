// SPDX-License-Identifier: MIT
// Reads vitrine.ini by the table of config_keys.c.
#include "kiosk/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/input.h"
#include "kiosk/config_keys.h"
#include "wayland/keymap.h"

enum {
	// What the library keeps of a line and of a section's name, bytes: more would be cut off.
	MAX_LINE = 198,
	MAX_SECTION = 49,
	N_KEYBOARD_NAMES = 4, // model, layout, variant, options: what config_keyboard begins with
};

struct reader {
	struct config *config;
	FILE *file;
	const char *path;
	int line;         // of the file, counted here: the library may be built without line numbers
	int section_line; // where the section began
	int bad_section;  // section_line of the one that was complained of last
	int keyboard_lines[N_KEYBOARD_NAMES]; // where the names were set; 0: nowhere
	char *error; // CONFIG_ERROR_SIZE bytes, empty until something is wrong that no default serves
};

// ---- What is wrong ----

static void add_problem(struct config *config, const char *text) {
	if (config->n_problems < CONFIG_MAX_PROBLEMS) {
		char *copy = strdup(text);
		config->problems[config->n_problems] = copy;
		config->n_problems += copy != NULL;
	}
}

static void __attribute__((format(printf, 3, 4)))
complain(struct reader *reader, int line, const char *format, ...) {
	char text[CONFIG_ERROR_SIZE];
	int len = snprintf(text, sizeof(text), "%.120s:%d: ", reader->path, line);
	va_list args;
	va_start(args, format);
	vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
	va_end(args);
	add_problem(reader->config, text);
}

static size_t smallest(size_t a, size_t b, size_t c) {
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

// How many letters have to be changed, added or left out to make one word of the other.
static size_t distance(const char *a, const char *b) {
	size_t row[MAX_SECTION + 1], len = strlen(b);
	if (len > MAX_SECTION) {
		return MAX_SECTION;
	}
	for (size_t j = 0; j <= len; j++) {
		row[j] = j;
	}
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t above = row[j + 1];
			bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
			row[j + 1] = smallest(above + 1, row[j] + 1, corner + !same);
			corner = above;
		}
	}
	return row[len];
}

struct guess {
	const char *best; // NULL: nothing is near
	size_t distance;
};

static void consider(struct guess *guess, const char *said, const char *known) {
	size_t n = distance(said, known);
	if (n <= 1 + strlen(known) / 4 && (guess->best == NULL || n < guess->distance)) {
		*guess = (struct guess){known, n};
	}
}

static void complain_of_key(
	struct reader *reader, enum config_section_id id, const char *section, const char *name) {
	struct guess guess = {0};
	for (size_t k = 0; k < config_n_keys; k++) {
		if (config_keys[k].section == id) {
			consider(&guess, name, config_keys[k].name);
		}
	}
	if (guess.best != NULL) {
		complain(reader, reader->line, "unknown key \"%s\" in section [%s]: did you mean \"%s\"?",
			name, section, guess.best);
	} else {
		complain(reader, reader->line,
			"unknown key \"%s\" in section [%s]: vitrine.ini(5) lists them", name, section);
	}
}

static void complain_of_section(struct reader *reader, const char *section) {
	if (reader->bad_section == reader->section_line) {
		return; // once is enough
	}
	reader->bad_section = reader->section_line;
	char word[MAX_SECTION + 1];
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(section, " "), section);
	struct guess guess = {0};
	for (size_t s = 0; s < CONFIG_N_SECTIONS; s++) {
		consider(&guess, word, config_sections[s].name);
	}
	const struct config_section *near = NULL;
	for (size_t s = 0; s < CONFIG_N_SECTIONS; s++) {
		near = guess.best == config_sections[s].name ? &config_sections[s] : near;
	}
	if (near != NULL) {
		complain(reader, reader->section_line, "unknown section [%s]: did you mean [%s%s%s]?",
			section, near->name, near->argument != NULL ? " " : "",
			near->argument != NULL ? near->argument : "");
	} else {
		char all[256] = "";
		for (size_t s = 0, len = 0; s < CONFIG_N_SECTIONS && len < sizeof(all); s++) {
			const struct config_section *known = &config_sections[s];
			len += (size_t)snprintf(all + len, sizeof(all) - len, "%s[%s%s%s]", s > 0 ? ", " : "",
				known->name, known->argument != NULL ? " " : "",
				known->argument != NULL ? known->argument : "");
		}
		complain(
			reader, reader->section_line, "unknown section [%s]: expected one of %s", section, all);
	}
}

// ---- Sections ----

static struct config_output *output_section(struct config *config, const char *name) {
	for (int i = 0; i < config->n_outputs; i++) {
		if (strcmp(config->outputs[i].name, name) == 0) {
			return &config->outputs[i];
		}
	}
	char *copy = config->n_outputs < CONFIG_MAX_OUTPUTS && strlen(name) < CONFIG_NAME_SIZE
		? strdup(name)
		: NULL;
	if (copy == NULL) {
		return NULL;
	}
	struct config_output *output = &config->outputs[config->n_outputs++];
	*output = (struct config_output){.name = copy, .scale = 1};
	return output;
}

static struct config_input *input_section(struct config *config, const char *match) {
	struct config_input *last = config->n_inputs > 0 ? &config->inputs[config->n_inputs - 1] : NULL;
	if (last != NULL && strcmp(last->match, match) == 0) {
		return last;
	}
	char *copy = config->n_inputs < CONFIG_MAX_INPUTS ? strdup(match) : NULL;
	if (copy == NULL) {
		return NULL;
	}
	struct config_input *input = &config->inputs[config->n_inputs++];
	*input = (struct config_input){
		.match = copy,
		.enabled = CONFIG_UNSET,
		.tap = CONFIG_UNSET,
		.natural_scroll = CONFIG_UNSET,
		.left_handed = CONFIG_UNSET,
		.accel_profile = CONFIG_UNSET,
		.accel_speed = NAN,
	};
	return input;
}

static struct config_app_keys *app_keys_section(struct config *config, const char *app_id) {
	for (int i = 0; i < config->n_app_keys; i++) {
		if (strcmp(config->app_keys[i].app_id, app_id) == 0) {
			return &config->app_keys[i];
		}
	}
	char *copy = config->n_app_keys < CONFIG_MAX_APP_KEYS ? strdup(app_id) : NULL;
	if (copy == NULL) {
		return NULL;
	}
	struct config_app_keys *app_keys = &config->app_keys[config->n_app_keys++];
	*app_keys = (struct config_app_keys){.app_id = copy};
	return app_keys;
}

// Index into config_sections, CONFIG_N_SECTIONS if there is no such section; *argument is what
// follows its name.
static enum config_section_id find_section(const char *section, const char **argument) {
	for (size_t s = 0; s < CONFIG_N_SECTIONS; s++) {
		size_t len = strlen(config_sections[s].name);
		if (strncmp(section, config_sections[s].name, len) != 0) {
			continue;
		}
		*argument = section + len + strspn(section + len, " \t");
		bool has_argument = **argument != '\0';
		if (has_argument == (config_sections[s].argument != NULL) &&
			(section[len] == '\0' || has_argument) && *argument != section + len - !has_argument) {
			return (enum config_section_id)s;
		}
	}
	return CONFIG_N_SECTIONS;
}

// The struct that a section's keys are in; NULL if there are too many.
static void *section_base(struct config *config, enum config_section_id id, const char *argument) {
	switch (id) {
	case CONFIG_OUTPUT:
		return output_section(config, argument);
	case CONFIG_KEYBOARD:
		return &config->keyboard;
	case CONFIG_INPUT:
		return input_section(config, argument);
	case CONFIG_CURSOR:
		return &config->cursor;
	case CONFIG_IDLE:
		return &config->idle;
	case CONFIG_KEYS:
		return &config->keys;
	case CONFIG_APP_KEYS:
		return app_keys_section(config, argument);
	case CONFIG_OSK:
		return &config->osk;
	default:
		return config;
	}
}

// ---- Reading ----

// Called for each line before the library looks at it.
static char *read_line(char *text, int size, void *user) {
	struct reader *reader = user;
	char line[512];
	if (fgets(line, sizeof(line), reader->file) == NULL) {
		return NULL;
	}
	reader->line++;
	size_t len = strcspn(line, "\n");
	if (len > MAX_LINE) {
		complain(reader, reader->line, "the line is longer than %d characters", MAX_LINE);
		for (int c = (unsigned char)line[len]; c != '\n' && c != EOF;) {
			c = fgetc(reader->file);
		}
		len = 0; // nothing of it is taken
	}
	// The library would take an indented line for more of the one before.
	size_t start = strspn(line, " \t");
	start = start < len ? start : len;
	snprintf(text, (size_t)size, "%.*s\n", (int)(len - start), line + start);
	if (text[0] == '[') {
		reader->section_line = reader->line;
		if (strcspn(text + 1, "]") > MAX_SECTION) {
			complain(reader, reader->line,
				"the section's name is longer than %d characters: shorten it with a *",
				MAX_SECTION);
			text[MAX_SECTION + 1] = ']'; // fits nothing it was not meant for
		}
	}
	return text;
}

static void set_key(struct reader *reader, const struct config_key *key, const char *argument,
	const char *name, const char *value) {
	void *base = section_base(reader->config, key->section, argument);
	if (base == NULL) {
		complain(reader, reader->line, "%s: too many [%s] sections, or too long a name", name,
			config_sections[key->section].name);
		return;
	}
	if (!config_parse(key, (char *)base + key->offset, value)) {
		char expected[CONFIG_EXPECTED_SIZE];
		config_expected(key, expected);
		if (key->needed) {
			snprintf(reader->error, CONFIG_ERROR_SIZE, "%.80s:%d: %.30s = %.60s: expected %.60s",
				reader->path, reader->line, name, value, expected);
		} else {
			complain(reader, reader->line, "%s = %.60s: expected %s", name, value, expected);
		}
		return;
	}
	if (key->section == CONFIG_OUTPUT && key->offset == offsetof(struct config_output, mirror)) {
		((struct config_output *)base)->mirror_line = reader->line;
	}
	if (key->section == CONFIG_KEYBOARD && key->offset < N_KEYBOARD_NAMES * sizeof(char *)) {
		reader->keyboard_lines[key->offset / sizeof(char *)] = reader->line;
	}
}

static int handle_key(void *user, const char *section, const char *name, const char *value) {
	struct reader *reader = user;
	if (reader->error[0] != '\0') {
		return 1; // the first one that is fatal is the one to tell
	}
	const char *argument;
	enum config_section_id id = find_section(section, &argument);
	if (id == CONFIG_N_SECTIONS) {
		complain_of_section(reader, section);
		return 1;
	}
	if (id == CONFIG_INPUT && !input_pattern_is_valid(argument)) {
		if (reader->bad_section != reader->section_line) {
			reader->bad_section = reader->section_line;
			complain(reader, reader->section_line,
				"[%s] fits no device: expected a name, usb:VVVV:PPPP or tag:PROPERTY", section);
		}
		return 1;
	}
	for (size_t k = 0; k < config_n_keys; k++) {
		if (config_keys[k].section == id && strcmp(config_keys[k].name, name) == 0) {
			set_key(reader, &config_keys[k], argument, name, value);
			return 1;
		}
	}
	complain_of_key(reader, id, section, name);
	return 1;
}

// ---- Keyboards: only the whole of the names is right or wrong ----

static bool compiles(const struct config_keyboard *keyboard) {
	struct keymap_names names = {
		keyboard->model, keyboard->layout, keyboard->variant, keyboard->options};
	return keymap_is_valid(&names);
}

static void check_keyboard(struct reader *reader) {
	struct config_keyboard *keyboard = &reader->config->keyboard;
	if (compiles(keyboard)) {
		return;
	}
	// The one without which the others do; else the layout, or what there is.
	char **fields[N_KEYBOARD_NAMES] = {
		&keyboard->model, &keyboard->layout, &keyboard->variant, &keyboard->options};
	static const char *const names[N_KEYBOARD_NAMES] = {"model", "layout", "variant", "options"};
	static const int order[N_KEYBOARD_NAMES] = {2, 3, 0, 1};
	int wrong = keyboard->layout != NULL ? 1 : keyboard->variant != NULL ? 2 : 0;
	for (int i = 0; i < N_KEYBOARD_NAMES; i++) {
		char **field = fields[order[i]], *value = *field;
		*field = NULL;
		bool better = value != NULL && compiles(keyboard);
		*field = value;
		if (better) {
			wrong = order[i];
			break;
		}
	}
	complain(reader, reader->keyboard_lines[wrong],
		"%s = %.60s: expected a name of xkeyboard-config(7) that goes with the rest of [keyboard]; "
		"using the layout us",
		names[wrong], *fields[wrong] != NULL ? *fields[wrong] : "");
	for (int i = 0; i < N_KEYBOARD_NAMES; i++) {
		free(*fields[i]);
		*fields[i] = NULL;
	}
}

// ---- Mirrors: a name is right or wrong beside the other sections ----

static void check_mirrors(struct reader *reader) {
	struct config *config = reader->config;
	bool wrong[CONFIG_MAX_OUTPUTS];
	for (int i = 0; i < config->n_outputs; i++) {
		char text[CONFIG_ERROR_SIZE];
		enum config_mirror_verdict verdict = config_judge_mirror(config, i, text);
		wrong[i] = verdict == CONFIG_MIRROR_WRONG;
		if (verdict != CONFIG_MIRROR_RIGHT) {
			complain(reader, config->outputs[i].mirror_line, "%s", text);
		}
	}
	// All were judged as they are written.
	for (int i = 0; i < config->n_outputs; i++) {
		if (wrong[i]) {
			free(config->outputs[i].mirror);
			config->outputs[i].mirror = NULL;
		}
	}
}

// ---- Life ----

void config_init(struct config *config) {
	*config = (struct config){
		.keyboard = {.repeat_rate = 25, .repeat_delay = 400},
		.cursor = {.size = 24, .hide_after = 5000},
		.keys = {.grab = 1},
		.idle = {.dim_level = 0.3},
	};
}

void config_finish(struct config *config) {
	free(config->device);
	free(config->socket);
	for (int i = 0; i < config->n_outputs; i++) {
		free(config->outputs[i].name);
		free(config->outputs[i].mirror);
	}
	for (int i = 0; i < config->n_inputs; i++) {
		free(config->inputs[i].match);
		free(config->inputs[i].output);
	}
	free(config->keyboard.model);
	free(config->keyboard.layout);
	free(config->keyboard.variant);
	free(config->keyboard.options);
	free(config->cursor.theme);
	free(config->keys.swallow);
	free(config->keys.operator_chord);
	free(config->keys.operator_command);
	for (int i = 0; i < config->n_app_keys; i++) {
		free(config->app_keys[i].app_id);
		free(config->app_keys[i].allow);
		free(config->app_keys[i].deny);
	}
	free(config->osk.command);
	free(config->osk.allow);
	for (int i = 0; i < config->n_problems; i++) {
		free(config->problems[i]);
	}
	*config = (struct config){0};
}

static bool read_file(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE]) {
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		snprintf(error, CONFIG_ERROR_SIZE, "configuration %s: %s: check the path given to --config",
			path, strerror(errno));
		return false;
	}
	struct reader reader = {.config = config, .file = file, .path = path, .error = error};
	error[0] = '\0';
	int rc = ini_parse_stream(read_line, &reader, handle_key, &reader);
	bool read_error = ferror(file) != 0;
	fclose(file);
	if (read_error) {
		snprintf(error, CONFIG_ERROR_SIZE, "configuration %s: cannot be read: is it a file?", path);
	} else if (rc > 0) {
		complain(&reader, rc, "expected [SECTION] or KEY = VALUE");
	}
	check_keyboard(&reader);
	check_mirrors(&reader);
	return error[0] == '\0';
}

bool config_load(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE]) {
	if (path != NULL) {
		return read_file(config, path, error);
	}
	char user[4096];
	const char *home = getenv("XDG_CONFIG_HOME");
	int len = home != NULL && home[0] == '/'
		? snprintf(user, sizeof(user), "%s/vitrine/vitrine.ini", home)
		: snprintf(user, sizeof(user), "%s/.config/vitrine/vitrine.ini",
			  getenv("HOME") != NULL ? getenv("HOME") : "");
	if (len > 0 && (size_t)len < sizeof(user) && access(user, F_OK) == 0) {
		return read_file(config, user, error);
	}
	static const char system[] = "/etc/vitrine/vitrine.ini";
	return access(system, F_OK) != 0 || read_file(config, system, error);
}

bool config_set_mode(struct config *config, const char *text, char error[CONFIG_ERROR_SIZE]) {
	static const struct config_key mode_key = {CONFIG_OUTPUT, "mode", CONFIG_MODE};
	char name[CONFIG_NAME_SIZE] = "*";
	const char *mode = text;
	const char *equals = strchr(text, '=');
	if (equals != NULL && (size_t)(equals - text) < sizeof(name)) {
		memcpy(name, text, (size_t)(equals - text));
		name[equals - text] = '\0';
		mode = equals + 1;
	}
	struct config_output *output = output_section(config, name);
	if (output != NULL && config_parse(&mode_key, &output->mode, mode)) {
		return true;
	}
	snprintf(error, CONFIG_ERROR_SIZE,
		"--mode %s: expected [OUTPUT=]WIDTHxHEIGHT[@HZ], such as 1920x1080@60", text);
	return false;
}

const struct config_output *config_output(const struct config *config, const char *name) {
	const struct config_output *any = NULL;
	for (int i = 0; i < config->n_outputs; i++) {
		if (strcmp(config->outputs[i].name, name) == 0) {
			return &config->outputs[i];
		}
		if (strcmp(config->outputs[i].name, "*") == 0) {
			any = &config->outputs[i];
		}
	}
	return any;
}
