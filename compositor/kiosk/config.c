// SPDX-License-Identifier: MIT
// Reads vitrine.ini by the table of config_keys.c.
#include "kiosk/config.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "input/input.h"
#include "kiosk/config_keys.h"
#include "wayland/keymap.h"

enum {
	// What the library keeps of a line and of a section's name, bytes: more would be cut off.
	MAX_LINE = 198,
	MAX_SECTION = 49,
	MAX_FILE = 1 << 20,   // bytes: what is larger is something else
	N_KEYBOARD_NAMES = 4, // model, layout, variant, options: what config_keyboard begins with
};

struct place {
	const char *path; // NULL: nowhere
	int line;
};

// Goes through one file after the other.
struct reader {
	struct config *config;
	FILE *file;
	const char *path;
	int section_line; // where the section of now begins
	int line;         // of the file, counted here: the library may be built without line numbers
	size_t bytes;     // of the file, so far
	bool bad_section; // its keys are not looked at: it was complained of
	struct place keyboard[N_KEYBOARD_NAMES];  // where the names were set
	struct place mirrors[CONFIG_MAX_OUTPUTS]; // likewise, by output
	struct place apps[CONFIG_MAX_APPS];       // likewise
	char *error; // CONFIG_ERROR_SIZE bytes, empty until something is wrong that no default serves
};

// ---- What is wrong ----

static void add_problem(struct reader *reader, int line, const char *text) {
	struct config *config = reader->config;
	char copy[CONFIG_ERROR_SIZE];
	if (config->n_problems == CONFIG_MAX_PROBLEMS) {
		return;
	}
	if (config->n_problems == CONFIG_MAX_PROBLEMS - 1) {
		snprintf(copy, sizeof(copy), "%.200s:%d: and more that is wrong from here on", reader->path,
			line);
	} else {
		snprintf(copy, sizeof(copy), "%s", text);
	}
	utf8_scrub(copy);
	config->problems[config->n_problems] = strdup(copy);
	config->n_problems += config->problems[config->n_problems] != NULL;
}

static void __attribute__((format(printf, 4, 0))) say(struct reader *reader, int line,
	char text[CONFIG_ERROR_SIZE], const char *format, va_list args) {
	// Line 0: the file as a whole.
	int len = line > 0 ? snprintf(text, CONFIG_ERROR_SIZE, "%.200s:%d: ", reader->path, line)
					   : snprintf(text, CONFIG_ERROR_SIZE, "%.200s: ", reader->path);
	vsnprintf(text + len, CONFIG_ERROR_SIZE - (size_t)len, format, args);
}

static void __attribute__((format(printf, 3, 4)))
complain(struct reader *reader, int line, const char *format, ...) {
	char text[CONFIG_ERROR_SIZE];
	va_list args;
	va_start(args, format);
	say(reader, line, text, format, args);
	va_end(args);
	add_problem(reader, line, text);
}

// No default serves. The first one is the error, all others are told beside it.
static void __attribute__((format(printf, 3, 4)))
refuse(struct reader *reader, int line, const char *format, ...) {
	char text[CONFIG_ERROR_SIZE];
	va_list args;
	va_start(args, format);
	say(reader, line, text, format, args);
	va_end(args);
	if (reader->error[0] != '\0') {
		add_problem(reader, line, text);
		return;
	}
	utf8_scrub(text);
	memcpy(reader->error, text, sizeof(text));
}

static void complain_of_key(
	struct reader *reader, enum config_section_id id, const char *section, const char *name) {
	struct config_guess guess = {0};
	for (size_t k = 0; k < config_n_keys; k++) {
		if (config_keys[k].section == id) {
			config_guess(&guess, name, config_keys[k].name, strlen(config_keys[k].name));
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
	char word[MAX_SECTION + 1];
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(section, " "), section);
	struct config_guess guess = {0};
	const struct config_section *near = NULL;
	for (size_t s = 0; s < CONFIG_N_SECTIONS; s++) {
		const char *known = config_sections[s].name;
		config_guess(&guess, word, known, strlen(known));
		near = guess.best == known ? &config_sections[s] : near;
	}
	if (near != NULL) {
		complain(reader, reader->line, "unknown section [%s]: did you mean [%s%s%s]?", section,
			near->name, near->argument != NULL ? " " : "",
			near->argument != NULL ? near->argument : "");
		return;
	}
	char all[256] = "";
	for (size_t s = 0, len = 0; s < CONFIG_N_SECTIONS && len < sizeof(all); s++) {
		const struct config_section *known = &config_sections[s];
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s[%s%s%s]", s > 0 ? ", " : "",
			known->name, known->argument != NULL ? " " : "",
			known->argument != NULL ? known->argument : "");
	}
	complain(reader, reader->line, "unknown section [%s]: expected one of %s", section, all);
}

// ---- Sections ----

static struct config_output *output_section(struct config *config, const char *name) {
	for (int i = 0; i < config->n_outputs; i++) {
		if (strcmp(config->outputs[i].name, name) == 0) {
			return &config->outputs[i];
		}
	}
	char *copy = config->n_outputs < CONFIG_MAX_OUTPUTS && config_display_is_valid(name)
		? strdup(name)
		: NULL;
	if (copy == NULL) {
		return NULL;
	}
	struct config_output *output = &config->outputs[config->n_outputs++];
	*output = (struct config_output){.name = copy, .scale = 1, .transform = CONFIG_TRANSFORM_PANEL};
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

static struct config_app *app_section(struct reader *reader, const char *name) {
	struct config *config = reader->config;
	for (int i = 0; i < config->n_apps; i++) {
		if (strcmp(config->apps[i].name, name) == 0) {
			return &config->apps[i];
		}
	}
	struct config_app *app = &config->apps[config->n_apps];
	if (config->n_apps == CONFIG_MAX_APPS || !config_app_init(app, name)) {
		return NULL;
	}
	app->place = config->n_apps;
	reader->apps[app->place] = (struct place){reader->path, reader->section_line};
	config->n_apps++;
	return app;
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

void *config_section_base(struct config *config, enum config_section_id id) {
	switch (id) {
	case CONFIG_CORE:
		return config;
	case CONFIG_KEYBOARD:
		return &config->keyboard;
	case CONFIG_CURSOR:
		return &config->cursor;
	case CONFIG_IDLE:
		return &config->idle;
	case CONFIG_KEYS:
		return &config->keys;
	case CONFIG_OSK:
		return &config->osk;
	case CONFIG_STATUS:
		return &config->status;
	default:
		return NULL;
	}
}

// The struct that a section's keys are in; NULL if there are too many.
static void *section_base(struct reader *reader, enum config_section_id id, const char *argument) {
	struct config *config = reader->config;
	switch (id) {
	case CONFIG_OUTPUT:
		return output_section(config, argument);
	case CONFIG_INPUT:
		return input_section(config, argument);
	case CONFIG_APP_KEYS:
		return app_keys_section(config, argument);
	case CONFIG_APP:
		return app_section(reader, argument);
	default:
		return config_section_base(config, id);
	}
}

// ---- Reading ----

// One line without its end, as much as fits into MAX_LINE + 1 bytes; *len is that, or more if it was
// longer. False at the end of the file.
static bool next_line(struct reader *reader, char line[MAX_LINE + 2], size_t *len) {
	int c;
	*len = 0;
	while ((c = getc_unlocked(reader->file)) != EOF && ++reader->bytes <= MAX_FILE && c != '\n') {
		if (*len <= MAX_LINE) {
			line[*len] = (char)c;
		}
		++*len;
	}
	line[*len <= MAX_LINE ? *len : MAX_LINE + 1] = '\0';
	return c != EOF || *len > 0;
}

// A section begins: whether there is one like this.
static void check_section(struct reader *reader, const char *section) {
	const char *argument;
	enum config_section_id id = find_section(section, &argument);
	reader->bad_section = true;
	if (id == CONFIG_N_SECTIONS) {
		complain_of_section(reader, section);
	} else if (id == CONFIG_INPUT && !input_pattern_is_valid(argument)) {
		complain(reader, reader->line,
			"[%s] fits no device: expected a name, usb:VVVV:PPPP or tag:PROPERTY", section);
	} else if (id == CONFIG_OUTPUT && !config_display_is_valid(argument)) {
		complain(reader, reader->line,
			"[%s] fits no display: expected a connector such as HDMI-A-1, MAKE/MODEL/SERIAL in "
			"which "
			"* stands for anything, or *",
			section);
	} else {
		reader->bad_section = false;
	}
}

// What the library is to see of a line, from its first letter on: it would take an indented one for more
// of the one before. Nothing, where the line was complained of.
static const char *look_at(struct reader *reader, char *line, size_t len) {
	if (len > MAX_LINE) {
		complain(reader, reader->line, "the line is longer than %d bytes", MAX_LINE);
		return "";
	}
	static const char bom[] = "\xef\xbb\xbf";
	char *text =
		line + (reader->line == 1 && strncmp(line, bom, strlen(bom)) == 0 ? strlen(bom) : 0);
	text += strspn(text, " \t");
	if (*text == '#' || *text == ';') {
		return "";
	}
	if (!config_is_text(line, len)) {
		complain(reader, reader->line,
			"the line holds what is no text: expected UTF-8 without control characters");
		return "";
	}
	size_t end = strcspn(text, "]");
	bool is_section = *text == '[';
	bool is_blank = text[strspn(text, " \t\r")] == '\0';
	if (!is_blank && text[is_section ? end : strcspn(text, "=:")] == '\0') {
		complain(reader, reader->line, "expected [SECTION] or KEY = VALUE");
		reader->bad_section |= is_section;
		return "";
	}
	reader->section_line = is_section ? reader->line : reader->section_line;
	if (!is_section) {
		return text;
	}
	if (end - 1 > MAX_SECTION) {
		complain(reader, reader->line,
			"the section's name is longer than %d bytes: shorten it with a *", MAX_SECTION);
		reader->bad_section = true;
		return "";
	}
	text[end] = '\0';
	check_section(reader, text + 1);
	text[end] = ']';
	return text;
}

// Called for each line before the library looks at it.
static char *read_line(char *text, int size, void *user) {
	struct reader *reader = user;
	char line[MAX_LINE + 2];
	size_t len;
	if (reader->bytes > MAX_FILE || !next_line(reader, line, &len)) {
		return NULL;
	}
	reader->line++;
	snprintf(text, (size_t)size, "%s\n", look_at(reader, line, len));
	return text;
}

static void set_key(struct reader *reader, const struct config_key *key, const char *argument,
	const char *name, const char *value) {
	void *base = section_base(reader, key->section, argument);
	if (base == NULL) {
		complain(reader, reader->line, "%s: too many [%s] sections, or %s", name,
			config_sections[key->section].name,
			key->section == CONFIG_APP
				? "the name is not one of up to 31 letters, digits, - _ and ."
				: "too long a name");
		return;
	}
	if (!config_parse(key, (char *)base + key->offset, value)) {
		char expected[CONFIG_EXPECTED_SIZE];
		config_expected(key, value, expected);
		if (key->needed) {
			refuse(reader, reader->line, "%s = %.60s: expected %s", name, value, expected);
		} else {
			complain(reader, reader->line, "%s = %.60s: expected %s", name, value, expected);
		}
		return;
	}
	if (key->section == CONFIG_OUTPUT && key->offset == offsetof(struct config_output, mirror)) {
		ptrdiff_t output = (struct config_output *)base - reader->config->outputs;
		reader->mirrors[output] = (struct place){reader->path, reader->line};
	}
	if (key->section == CONFIG_KEYBOARD && key->offset < N_KEYBOARD_NAMES * sizeof(char *)) {
		reader->keyboard[key->offset / sizeof(char *)] = (struct place){reader->path, reader->line};
	}
}

static int handle_key(void *user, const char *section, const char *name, const char *value) {
	struct reader *reader = user;
	if (section[0] == '\0' && !reader->bad_section) {
		complain(reader, reader->line, "\"%s\" stands before any [SECTION]", name);
		return 1;
	}
	const char *argument;
	enum config_section_id id =
		reader->bad_section ? CONFIG_N_SECTIONS : find_section(section, &argument);
	if (id == CONFIG_N_SECTIONS) {
		return 1; // it was complained of
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

static bool is_known(const struct config_keyboard *keyboard, const struct config_keyboard *known) {
	for (size_t k = 0; known != NULL && k < config_n_keys; k++) {
		const struct config_key *key = &config_keys[k];
		if (key->section == CONFIG_KEYBOARD && key->type == CONFIG_TEXT &&
			!config_equal(
				key, (const char *)keyboard + key->offset, (const char *)known + key->offset)) {
			return false;
		}
	}
	return known != NULL;
}

static void check_keyboard(struct reader *reader) {
	struct config_keyboard *keyboard = &reader->config->keyboard;
	bool any = false;
	for (int i = 0; i < N_KEYBOARD_NAMES; i++) {
		any |= reader->keyboard[i].path != NULL;
	}
	if (!any || is_known(keyboard, reader->config->known_keyboard) || compiles(keyboard)) {
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
	reader->path = reader->keyboard[wrong].path;
	complain(reader, reader->keyboard[wrong].line,
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
			reader->path = reader->mirrors[i].path;
			complain(reader, reader->mirrors[i].line, "%s", text);
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

static void complain_of_app(void *data, int place, const char *text) {
	struct reader *reader = data;
	reader->path = reader->apps[place].path;
	complain(reader, reader->apps[place].line, "%s", text);
}

// ---- Life ----

void config_init(struct config *config) {
	*config = (struct config){
		.udmabuf = 1,
		.realtime = 1,
		.keyboard = {.repeat_rate = 25, .repeat_delay = 400},
		.cursor = {.size = 24, .hide_after = 5000},
		.keys = {.grab = 1},
		.idle = {.dim_level = 0.3},
		.status = {.enabled = 1, .delay = 5, .watchdog_ping = 30},
	};
}

void config_finish(struct config *config) {
	free(config->folder);
	free(config->device);
	free(config->socket);
	for (int i = 0; i < config->n_outputs; i++) {
		free(config->outputs[i].name);
		free(config->outputs[i].mirror);
		free(config->outputs[i].background_picture);
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
	free(config->status.text);
	free(config->status.picture);
	for (int i = 0; i < config->n_apps; i++) {
		config_app_finish(&config->apps[i]);
	}
	for (int i = 0; i < config->n_problems; i++) {
		free(config->problems[i]);
	}
	*config = (struct config){0};
}

// ---- Files ----

// Nobody knows what device and socket one would name that cannot be read.
static void read_file(struct reader *reader, const char *path) {
	reader->path = path;
	reader->line = 0;
	reader->bytes = 0;
	reader->bad_section = false;
	reader->file = fopen(path, "re");
	if (reader->file == NULL) {
		refuse(reader, 0, "cannot be read: %s", strerror(errno));
		return;
	}
	int rc = ini_parse_stream(read_line, reader, handle_key, reader);
	if (ferror(reader->file) != 0) {
		refuse(reader, 0, "cannot be read: is it a file?");
	} else if (reader->bytes > MAX_FILE) {
		complain(reader, reader->line, "the file is larger than %d bytes", MAX_FILE);
	} else if (rc > 0) {
		complain(reader, rc, "expected [SECTION] or KEY = VALUE");
	} else if (rc < 0) {
		complain(reader, reader->line, "out of memory");
	}
	fclose(reader->file);
	reader->file = NULL;
}

static int is_ini(const struct dirent *entry) {
	size_t len = strlen(entry->d_name);
	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".ini") == 0;
}

// By their bytes: not as a language sorts.
static int by_name(const struct dirent **a, const struct dirent **b) {
	return strcmp((*a)->d_name, (*b)->d_name);
}

// The paths of conf.d/*.ini in `folder`, in the order of their names. Returns how many; *paths is for
// free_paths.
static int list_conf_d(struct reader *reader, const char *folder, char ***paths) {
	char path[PATH_MAX];
	struct dirent **entries = NULL;
	*paths = NULL;
	if (snprintf(path, sizeof(path), "%s/conf.d", folder) >= (int)sizeof(path)) {
		return 0;
	}
	int n = scandir(path, &entries, is_ini, by_name);
	if (n < 0) {
		reader->path = path;
		if (errno != ENOENT && errno != ENOTDIR) {
			refuse(reader, 0, "cannot be read: %s", strerror(errno));
		}
		reader->path = NULL;
		return 0;
	}
	*paths = calloc((size_t)n + 1, sizeof(**paths));
	int n_paths = 0;
	for (int i = 0; i < n; i++) {
		if (*paths != NULL && asprintf(&(*paths)[n_paths], "%s/%s", path, entries[i]->d_name) > 0) {
			n_paths++;
		}
		free(entries[i]);
	}
	free(entries);
	if (n_paths < n) {
		snprintf(reader->error, CONFIG_ERROR_SIZE, "%.200s: out of memory", path);
	}
	return n_paths;
}

static void free_paths(char **paths, int n) {
	for (int i = 0; i < n; i++) {
		free(paths[i]);
	}
	free(paths);
}

// Reads `path` (NULL: there is none), then what is in conf.d beside it.
static bool read_all(
	struct config *config, const char *path, const char *folder, char error[CONFIG_ERROR_SIZE]) {
	struct reader reader = {.config = config, .error = error};
	error[0] = '\0';
	free(config->folder);
	config->folder = realpath(folder, NULL);
	if (path != NULL) {
		read_file(&reader, path);
	}
	char **paths;
	int n = list_conf_d(&reader, folder, &paths);
	for (int i = 0; i < n; i++) {
		read_file(&reader, paths[i]);
	}
	check_keyboard(&reader);
	check_mirrors(&reader);
	config_check_apps(config, complain_of_app, &reader);
	config->known_keyboard = NULL;
	free_paths(paths, n);
	return error[0] == '\0';
}

// The one that was asked for has to be there.
static bool read_given(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE]) {
	struct stat info;
	int wrong = access(path, R_OK) != 0 || stat(path, &info) != 0 ? errno
		: S_ISDIR(info.st_mode)                                   ? EISDIR
																  : 0;
	if (wrong != 0) {
		snprintf(error, CONFIG_ERROR_SIZE,
			"configuration %.200s: %s: check the path given to --config", path, strerror(wrong));
		return false;
	}
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	if (slash != NULL) {
		snprintf(folder, sizeof(folder), "%.*s", slash > path ? (int)(slash - path) : 1, path);
	}
	return read_all(config, path, folder, error);
}

// Reads what is in the folder. False if there is nothing.
static bool read_folder(
	struct config *config, const char *folder, char error[CONFIG_ERROR_SIZE], bool *ok) {
	char path[PATH_MAX], conf_d[PATH_MAX];
	snprintf(path, sizeof(path), "%s/vitrine.ini", folder);
	snprintf(conf_d, sizeof(conf_d), "%s/conf.d", folder);
	bool has_file = access(path, F_OK) == 0;
	if (!has_file && access(conf_d, F_OK) != 0) {
		return false;
	}
	*ok = read_all(config, has_file ? path : NULL, folder, error);
	return true;
}

bool config_load(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE]) {
	if (path != NULL) {
		return read_given(config, path, error);
	}
	char user[PATH_MAX - 16];
	const char *home = getenv("XDG_CONFIG_HOME");
	int len = home != NULL && home[0] == '/' ? snprintf(user, sizeof(user), "%s/vitrine", home)
											 : snprintf(user, sizeof(user), "%s/.config/vitrine",
												   getenv("HOME") != NULL ? getenv("HOME") : "");
	static const char system[] = "/etc/vitrine";
	bool ok = true, has_user = len > 0 && (size_t)len < sizeof(user);
	if ((!has_user || !read_folder(config, user, error, &ok)) &&
		!read_folder(config, system, error, &ok)) {
		config->folder = strdup(has_user && geteuid() != 0 ? user : system);
	}
	return ok;
}

bool config_set_mode(struct config *config, const char *text, char error[CONFIG_ERROR_SIZE]) {
	static const struct config_key mode_key = {CONFIG_OUTPUT, "mode", CONFIG_MODE};
	char name[64] = "*";
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
