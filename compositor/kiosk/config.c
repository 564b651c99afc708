// SPDX-License-Identifier: MIT
#include "kiosk/config.h"

#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Every key of every section, documented in vitrine.ini(5).
struct key {
	const char *section;
	const char *name;
	const char *expected;
	bool (*set)(struct config *config, const char *section, const char *value);
};

static bool set_string(char **field, const char *value) {
	char *copy = value[0] != '\0' ? strdup(value) : NULL;
	if (copy == NULL) {
		return false;
	}
	free(*field);
	*field = copy;
	return true;
}

static bool set_device(struct config *config, const char *section, const char *value) {
	(void)section;
	return value[0] == '/' && set_string(&config->device, value);
}

static bool set_socket(struct config *config, const char *section, const char *value) {
	(void)section;
	return strchr(value, '/') == NULL && set_string(&config->socket, value);
}

static bool set_wait(struct config *config, const char *section, const char *value) {
	(void)section;
	config->wait = strcmp(value, "true") == 0;
	return config->wait || strcmp(value, "false") == 0;
}

static struct config_output *output_section(struct config *config, const char *name) {
	for (int i = 0; i < config->n_outputs; i++) {
		if (strcmp(config->outputs[i].name, name) == 0) {
			return &config->outputs[i];
		}
	}
	if (config->n_outputs == CONFIG_MAX_OUTPUTS ||
		strlen(name) >= sizeof(config->outputs[0].name)) {
		return NULL;
	}
	struct config_output *output = &config->outputs[config->n_outputs++];
	*output = (struct config_output){0};
	snprintf(output->name, sizeof(output->name), "%s", name);
	return output;
}

// "WxH[@HZ]" or "preferred".
static bool parse_mode(const char *text, struct config_output *output) {
	if (strcmp(text, "preferred") == 0) {
		output->width = output->height = output->refresh_mhz = 0;
		return true;
	}
	char *end;
	errno = 0;
	long width = strtol(text, &end, 10);
	if (end == text || *end != 'x') {
		return false;
	}
	const char *rest = end + 1;
	long height = strtol(rest, &end, 10);
	if (end == rest || errno != 0) {
		return false;
	}
	double hz = 0;
	if (*end == '@') {
		rest = end + 1;
		hz = strtod(rest, &end);
		if (end == rest || !(hz >= 1 && hz <= 1000)) {
			return false;
		}
	}
	if (*end != '\0' || width < 1 || height < 1 || width > 32767 || height > 32767) {
		return false;
	}
	output->width = (int)width;
	output->height = (int)height;
	output->refresh_mhz = (int)lround(hz * 1000);
	return true;
}

static bool set_mode(struct config *config, const char *section, const char *value) {
	const char *name = strchr(section, ' ');
	struct config_output *output = output_section(config, name != NULL ? name + 1 : "*");
	return output != NULL && parse_mode(value, output);
}

static const struct key keys[] = {
	{"core", "device", "the path of a DRM node, such as /dev/dri/card0", set_device},
	{"core", "socket", "a name without '/', such as wayland-0", set_socket},
	{"core", "wait", "true or false", set_wait},
	{"output", "mode", "WIDTHxHEIGHT, WIDTHxHEIGHT@HZ or preferred", set_mode},
};

struct reader {
	struct config *config;
	FILE *file;
	const char *path;
	int line;    // of the file, counted here: the library may be built without line numbers
	char *error; // CONFIG_ERROR_SIZE bytes, empty until something is wrong
};

static bool section_is(const char *section, const char *name) {
	size_t len = strlen(name);
	return strncmp(section, name, len) == 0 && (section[len] == '\0' || section[len] == ' ');
}

static char *read_line(char *text, int size, void *user) {
	struct reader *reader = user;
	reader->line++;
	return fgets(text, size, reader->file);
}

static int handle_key(void *user, const char *section, const char *name, const char *value) {
	struct reader *reader = user;
	if (reader->error[0] != '\0') {
		return 1; // the first error is the one to tell
	}
	bool known_section = false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!section_is(section, keys[i].section)) {
			continue;
		}
		known_section = true;
		if (strcmp(name, keys[i].name) != 0) {
			continue;
		}
		if (!keys[i].set(reader->config, section, value)) {
			snprintf(reader->error, CONFIG_ERROR_SIZE, "%s:%d: %s = %s: expected %s", reader->path,
				reader->line, name, value, keys[i].expected);
		}
		return 1;
	}
	if (known_section) {
		snprintf(reader->error, CONFIG_ERROR_SIZE, "%s:%d: unknown key \"%s\" in section [%s]",
			reader->path, reader->line, name, section);
	} else {
		snprintf(reader->error, CONFIG_ERROR_SIZE,
			"%s:%d: unknown section [%s]: expected [core] or [output NAME]", reader->path,
			reader->line, section);
	}
	return 1;
}

void config_init(struct config *config) {
	*config = (struct config){0};
}

void config_finish(struct config *config) {
	free(config->device);
	free(config->socket);
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
	} else if (rc != 0 && error[0] == '\0') {
		snprintf(error, CONFIG_ERROR_SIZE, "%s:%d: expected [SECTION] or KEY = VALUE", path, rc);
	}
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
	char name[32] = "*";
	const char *mode = text;
	const char *equals = strchr(text, '=');
	if (equals != NULL && (size_t)(equals - text) < sizeof(name)) {
		memcpy(name, text, (size_t)(equals - text));
		name[equals - text] = '\0';
		mode = equals + 1;
	}
	struct config_output *output = output_section(config, name);
	if (output != NULL && parse_mode(mode, output)) {
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
