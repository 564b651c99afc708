// SPDX-License-Identifier: MIT
// [app NAME]: values that only apps have, and what can be judged of apps from the file alone.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "kiosk/config.h"
#include "kiosk/config_keys.h"

#define SEPARATORS " \t,"

// ---- Values ----

static bool replace(char **field, const char *value) {
	char *copy = strdup(value);
	if (copy == NULL) {
		return false;
	}
	free(*field);
	*field = copy;
	return true;
}

bool config_next_name(const char **at, char name[CONFIG_NAME_SIZE]) {
	if (*at == NULL) {
		return false;
	}
	*at += strspn(*at, SEPARATORS);
	size_t len = strcspn(*at, SEPARATORS);
	snprintf(name, CONFIG_NAME_SIZE, "%.*s", (int)len, *at);
	*at += len;
	return len > 0;
}

bool config_parse_names(char **field, const char *value) {
	const char *at = value + strspn(value, SEPARATORS);
	if (*at == '\0') {
		return false;
	}
	while (*at != '\0') {
		size_t len = strcspn(at, SEPARATORS);
		if (len >= CONFIG_NAME_SIZE || memchr(at, '/', len) != NULL) {
			return false;
		}
		at += len + strspn(at + len, SEPARATORS);
	}
	return replace(field, value);
}

static bool is_setting(const char *word) {
	if (!isalpha((unsigned char)word[0]) && word[0] != '_') {
		return false;
	}
	while (isalnum((unsigned char)*word) || *word == '_') {
		word++;
	}
	return *word == '=';
}

bool config_parse_settings(char **field, const char *value) {
	wordexp_t words;
	if (wordexp(value, &words, WRDE_NOCMD) != 0) {
		return false;
	}
	bool ok = words.we_wordc > 0;
	for (size_t i = 0; i < words.we_wordc; i++) {
		ok = ok && is_setting(words.we_wordv[i]);
	}
	wordfree(&words);
	return ok && replace(field, value);
}

static bool parse_px(const char **at, char before, int least, int *px) {
	char *end;
	if (before != '\0' && *(*at)++ != before) {
		return false;
	}
	if (!isdigit((unsigned char)**at)) {
		return false;
	}
	errno = 0;
	long number = strtol(*at, &end, 10);
	*at = end;
	*px = (int)number;
	return errno == 0 && number >= least && number <= 65535;
}

bool config_parse_region(struct config_region *field, const char *value) {
	struct config_region region;
	if (!parse_px(&value, '\0', 1, &region.width) || !parse_px(&value, 'x', 1, &region.height) ||
		!parse_px(&value, '+', 0, &region.x) || !parse_px(&value, '+', 0, &region.y) ||
		*value != '\0') {
		return false;
	}
	*field = region;
	return true;
}

bool config_parse_bytes(int64_t *field, const char *value) {
	static const char units[] = "KMG";
	char *end;
	errno = 0;
	long long number = isdigit((unsigned char)value[0]) ? strtoll(value, &end, 10) : 0;
	if (number <= 0 || errno != 0) {
		return false;
	}
	const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
	int shift = unit != NULL ? 10 * (int)(unit - units + 1) : 0;
	if (end[unit != NULL] != '\0' || number > INT64_MAX >> shift) {
		return false;
	}
	*field = (int64_t)number << shift;
	return true;
}

bool config_parse_percent(const struct config_key *key, int *field, const char *value) {
	char *end;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (end == value || strcmp(end, "%") != 0 || errno != 0 || (double)number < key->min ||
		(double)number > key->max) {
		return false;
	}
	*field = (int)number;
	return true;
}

// ---- Sections ----

static bool is_name(const char *name) {
	size_t len = strlen(name);
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL) {
			return false;
		}
	}
	return len > 0 && len < CONFIG_NAME_SIZE && name[0] != '.';
}

bool config_app_init(struct config_app *app, const char *name) {
	*app = (struct config_app){
		.name = is_name(name) ? strdup(name) : NULL,
		.layer = 1,
		.pause = 1,
		.pause_max = 30,
		.restart_window = 600,
		.stop_timeout = 1.3,
	};
	return app->name != NULL;
}

static bool is_text(enum config_type type) {
	return type == CONFIG_TEXT || type == CONFIG_PATH || type == CONFIG_NAME ||
		type == CONFIG_COMMAND || type == CONFIG_NAMES || type == CONFIG_SETTINGS;
}

void config_app_finish(struct config_app *app) {
	free(app->name);
	for (size_t k = 0; k < config_n_keys; k++) {
		if (config_keys[k].section == CONFIG_APP && is_text(config_keys[k].type)) {
			free(*(char **)(void *)((char *)app + config_keys[k].offset));
		}
	}
	*app = (struct config_app){0};
}

bool config_app_copy(struct config_app *copy, const struct config_app *app) {
	*copy = *app;
	copy->name = strdup(app->name);
	bool ok = copy->name != NULL;
	for (size_t k = 0; k < config_n_keys; k++) {
		if (config_keys[k].section == CONFIG_APP && is_text(config_keys[k].type)) {
			char **field = (char **)(void *)((char *)copy + config_keys[k].offset);
			bool set = *field != NULL;
			*field = set ? strdup(*field) : NULL;
			ok = ok && (*field != NULL || !set);
		}
	}
	if (!ok) {
		config_app_finish(copy);
	}
	return ok;
}

bool config_app_equal(const struct config_app *a, const struct config_app *b) {
	bool equal = strcmp(a->name, b->name) == 0;
	for (size_t k = 0; k < config_n_keys && equal; k++) {
		const struct config_key *key = &config_keys[k];
		equal = key->section != CONFIG_APP ||
			config_equal(key, (const char *)a + key->offset, (const char *)b + key->offset);
	}
	return equal;
}

// ---- Apps beside each other ----

static int find_app(const struct config *config, const char *name) {
	for (int i = 0; i < config->n_apps; i++) {
		if (strcmp(config->apps[i].name, name) == 0) {
			return i;
		}
	}
	return -1;
}

// Which apps `from` waits for in the end: a bit each.
static uint32_t waits_for(const struct config *config, int from) {
	_Static_assert(CONFIG_MAX_APPS <= 32, "a bit an app");
	uint32_t found = 0, looked = 0, next = UINT32_C(1) << from;
	while (next != 0) {
		int i = __builtin_ctz(next);
		looked |= UINT32_C(1) << i;
		const char *at = config->apps[i].after;
		char name[CONFIG_NAME_SIZE];
		while (config_next_name(&at, name)) {
			int other = find_app(config, name);
			found |= other >= 0 ? UINT32_C(1) << other : 0;
		}
		next = found & ~looked;
	}
	return found;
}

static void forget_after(struct config_app *app) {
	free(app->after);
	app->after = NULL;
}

void config_check_apps(
	struct config *config, void (*complain)(void *data, int place, const char *text), void *data) {
	char text[CONFIG_ERROR_SIZE];
	int n = 0;
	for (int i = 0; i < config->n_apps; i++) {
		struct config_app *app = &config->apps[i];
		if (app->command != NULL) {
			config->apps[n++] = *app;
			continue;
		}
		snprintf(text, sizeof(text), "[app %s]: expected a command = to start; it is left out",
			app->name);
		complain(data, app->place, text);
		config_app_finish(app);
	}
	config->n_apps = n;
	for (int i = 0; i < n; i++) {
		struct config_app *app = &config->apps[i];
		const char *at = app->after;
		char name[CONFIG_NAME_SIZE];
		while (config_next_name(&at, name)) {
			if (find_app(config, name) < 0) {
				snprintf(text, sizeof(text),
					"[app %s]: after = %s: expected the name of another [app NAME]; it does not "
					"wait",
					app->name, name);
				complain(data, app->place, text);
				forget_after(app);
				break;
			}
		}
		if ((waits_for(config, i) & UINT32_C(1) << i) != 0) {
			snprintf(text, sizeof(text),
				"[app %s]: after = %.60s: expected apps that do not wait for this one; it does not "
				"wait",
				app->name, app->after);
			complain(data, app->place, text);
			forget_after(app);
		}
	}
}
