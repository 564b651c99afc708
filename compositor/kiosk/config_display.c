// SPDX-License-Identifier: MIT
// What only outputs have: which section is for which display, modes, sizes and places.
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kiosk/config.h"
#include "kiosk/config_keys.h"

// ---- Sections ----

enum { N_PARTS = 3, MAX_PART = 64 }; // maker, model, serial number

// Parts of "MAKE/MODEL/SERIAL". False if the name has not that form.
static bool split(const char *name, char parts[N_PARTS][MAX_PART]) {
	for (int i = 0; i < N_PARTS; i++) {
		size_t len = strcspn(name, "/");
		if (len == 0 || len >= MAX_PART || (name[len] == '/') != (i < N_PARTS - 1)) {
			return false;
		}
		memcpy(parts[i], name, len);
		parts[i][len] = '\0';
		name += len + 1;
	}
	return true;
}

bool config_display_is_valid(const char *name) {
	char parts[N_PARTS][MAX_PART];
	if (strchr(name, '/') != NULL) {
		return split(name, parts);
	}
	return strcmp(name, "*") == 0 ||
		(strlen(name) < CONFIG_NAME_SIZE && strpbrk(name, "*?") == NULL);
}

static bool fits(const char *pattern, const char *text) {
	return fnmatch(pattern, text != NULL ? text : "", FNM_NOESCAPE) == 0;
}

// How well the section is meant for the display, from 0; -1: it is not.
static int rank(const char *name, const struct config_display *display) {
	enum { MAKE = 1, MODEL = 2, CONNECTOR = 4, SERIAL = 8 };
	static const int worth[N_PARTS] = {MAKE, MODEL, SERIAL};
	char parts[N_PARTS][MAX_PART];
	if (strcmp(name, "*") == 0) {
		return 0;
	}
	if (strcmp(name, display->connector) == 0) {
		return CONNECTOR;
	}
	if (!split(name, parts) || !fits(parts[1], display->model) ||
		!fits(parts[2], display->serial) ||
		(!fits(parts[0], display->make) && !fits(parts[0], display->pnp))) {
		return -1;
	}
	int sum = 0;
	for (int i = 0; i < N_PARTS; i++) {
		sum += strcmp(parts[i], "*") != 0 ? worth[i] : 0;
	}
	return sum;
}

const struct config_output *config_output(
	const struct config *config, const struct config_display *display) {
	const struct config_output *best = NULL;
	int best_rank = -1;
	for (int i = 0; i < config->n_outputs; i++) {
		int its = rank(config->outputs[i].name, display);
		if (its >= 0 && its >= best_rank) {
			best = &config->outputs[i];
			best_rank = its;
		}
	}
	return best;
}

// ---- Values ----

// A whole number of `least` to `most` at *at, which moves on.
static bool parse_px(const char **at, long least, long most, int *px) {
	char *end;
	bool has_sign = **at == '-' || **at == '+';
	if (!isdigit((unsigned char)(*at)[has_sign])) {
		return false;
	}
	errno = 0;
	long number = strtol(*at, &end, 10);
	*at = end;
	*px = (int)number;
	return errno == 0 && number >= least && number <= most;
}

static bool parse_size(const char **at, int *width, int *height) {
	enum { MOST = 32767 };
	if (!parse_px(at, 1, MOST, width) || **at != 'x') {
		return false;
	}
	++*at;
	return parse_px(at, 1, MOST, height);
}

bool config_parse_mode(struct config_mode *field, const char *value) {
	struct config_mode mode = {.highest = strcmp(value, "highest") == 0};
	if (!mode.highest && strcmp(value, "preferred") != 0) {
		if (!parse_size(&value, &mode.width, &mode.height)) {
			return false;
		}
		double hz = 0;
		if (*value == '@') {
			char *end;
			hz = strtod(++value, &end);
			if (end == value || !(hz >= 1 && hz <= 1000)) {
				return false;
			}
			value = end;
		}
		if (*value != '\0') {
			return false;
		}
		mode.refresh_mhz = (int)lround(hz * 1000);
	}
	*field = mode;
	return true;
}

bool config_parse_size(struct config_size *field, const char *value) {
	struct config_size size;
	if (!parse_size(&value, &size.width, &size.height) || *value != '\0') {
		return false;
	}
	*field = size;
	return true;
}

bool config_parse_position(struct config_position *field, const char *value) {
	enum { MOST = 32767 };
	struct config_position position = {.set = true};
	if (!parse_px(&value, -MOST, MOST, &position.x) || *value != ',') {
		return false;
	}
	value += 1 + strspn(value + 1, " \t");
	if (!parse_px(&value, -MOST, MOST, &position.y) || *value != '\0') {
		return false;
	}
	*field = position;
	return true;
}
