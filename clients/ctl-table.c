// SPDX-License-Identifier: MIT
#include "ctl-table.h"

#include <inttypes.h>
#include <json.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

#define COLUMNS 8
#define CELL_SIZE 160

// Rows whose columns are as wide as their widest cell.
struct table {
	const char *const *titles;
	char (*cells)[COLUMNS][CELL_SIZE];
	size_t rows;
};

#define MAX_ROWS 64

static struct json_object *get(struct json_object *object, const char *name) {
	struct json_object *member = NULL;
	return json_object_object_get_ex(object, name, &member) ? member : NULL;
}

static const char *get_string(struct json_object *object, const char *name) {
	struct json_object *member = get(object, name);
	const char *text = member ? json_object_get_string(member) : NULL;
	return text && *text ? text : "-";
}

static int64_t get_int(struct json_object *object, const char *name) {
	return json_object_get_int64(get(object, name));
}

static size_t get_length(struct json_object *array) {
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

// The output of the same name in another sample. May be NULL.
static struct json_object *find_output(struct json_object *status, const char *name) {
	struct json_object *outputs = get(status, "outputs");
	for (size_t i = 0; i < get_length(outputs); i++) {
		struct json_object *output = json_object_array_get_idx(outputs, i);
		if (strcmp(get_string(output, "name"), name) == 0) {
			return output;
		}
	}
	return NULL;
}

// App names and titles come from clients: a terminal must not obey them. Returns the cell.
static const char *set_cell(char cell[CELL_SIZE], const char *text) {
	snprintf(cell, CELL_SIZE, "%s", text);
	utf8_scrub(cell);
	return cell;
}

static void print_table(FILE *file, const struct table *table) {
	size_t widths[COLUMNS] = {0};
	for (size_t column = 0; column < COLUMNS && table->titles[column]; column++) {
		widths[column] = strlen(table->titles[column]);
		for (size_t row = 0; row < table->rows; row++) {
			size_t width = strlen(table->cells[row][column]);
			widths[column] = width > widths[column] ? width : widths[column];
		}
	}
	for (size_t row = 0; row <= table->rows; row++) {
		for (size_t column = 0; column < COLUMNS && table->titles[column]; column++) {
			bool last = column + 1 == COLUMNS || !table->titles[column + 1];
			const char *text = row == 0 ? table->titles[column] : table->cells[row - 1][column];
			fprintf(file, "  %-*s", last ? 0 : (int)widths[column], text);
		}
		fputc('\n', file);
	}
}

static const char *plane_type(struct json_object *output, int64_t id) {
	struct json_object *planes = get(output, "planes");
	for (size_t i = 0; i < get_length(planes); i++) {
		struct json_object *plane = json_object_array_get_idx(planes, i);
		if (get_int(plane, "id") == id) {
			return get_string(plane, "type");
		}
	}
	return "-";
}

// "plane 34 (overlay)", or "composed" and why it is not on a plane.
static void describe_placement(
	struct json_object *output, struct json_object *layer, char *text, size_t size) {
	const char *placement = get_string(layer, "placement");
	size_t used;
	if (strcmp(placement, "plane") == 0) {
		int64_t id = get_int(layer, "plane");
		used = (size_t)snprintf(text, size, "plane %" PRId64 " (%s)", id, plane_type(output, id));
	} else {
		used = (size_t)snprintf(text, size, "%s", placement);
	}
	struct json_object *reasons = get(layer, "reasons");
	for (size_t i = 0; i < get_length(reasons) && used < size; i++) {
		const char *reason = json_object_get_string(json_object_array_get_idx(reasons, i));
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", i == 0 ? ": " : ", ", reason ? reason : "-");
	}
}

static void fill_layer(struct json_object *output, struct json_object *layer, size_t index,
	char cells[COLUMNS][CELL_SIZE]) {
	snprintf(cells[0], CELL_SIZE, "%zu", index);
	set_cell(cells[1], get_string(layer, "app_id"));
	set_cell(cells[2], get_string(layer, "buffer"));
	set_cell(cells[3], get_string(layer, "format"));
	snprintf(cells[4], CELL_SIZE, "%" PRId64 "x%" PRId64, get_int(layer, "width"),
		get_int(layer, "height"));
	snprintf(cells[5], CELL_SIZE, "%" PRId64 ",%" PRId64, get_int(layer, "x"), get_int(layer, "y"));
	char placement[CELL_SIZE];
	describe_placement(output, layer, placement, sizeof(placement));
	set_cell(cells[6], placement);
}

static void print_layers(FILE *file, struct json_object *output) {
	static const char *const titles[COLUMNS] = {
		"LAYER", "APP", "BUFFER", "FORMAT", "SIZE", "POSITION", "PLACEMENT"};
	static char cells[MAX_ROWS][COLUMNS][CELL_SIZE];
	struct json_object *layers = get(output, "layers");
	size_t len = get_length(layers);
	struct table table = {titles, cells, len < MAX_ROWS ? len : MAX_ROWS};
	if (len == 0) {
		fprintf(file, "  nothing is shown\n");
		return;
	}
	for (size_t i = 0; i < table.rows; i++) {
		fill_layer(output, json_object_array_get_idx(layers, i), i, cells[i]);
	}
	print_table(file, &table);
	if (len > table.rows) {
		fprintf(file, "  and %zu more (--json lists all)\n", len - table.rows);
	}
}

static void print_figures(
	FILE *file, struct json_object *output, struct json_object *earlier, int64_t interval_ns) {
	int64_t frames = get_int(output, "frames"), missed = get_int(output, "missed");
	int64_t composed = get_int(output, "composed_bytes");
	if (earlier) {
		frames -= get_int(earlier, "frames");
		missed -= get_int(earlier, "missed");
		composed -= get_int(earlier, "composed_bytes");
		double seconds = (double)interval_ns / 1e9;
		fprintf(file,
			"  %.1f frames/s, %" PRId64 " missed, %" PRId64
			" bytes composed a frame (over %.1f s)\n",
			seconds > 0 ? (double)frames / seconds : 0, missed,
			frames > 0 ? composed / frames : composed, seconds);
		return;
	}
	fprintf(file,
		"  %" PRId64 " frames, %" PRId64 " missed, %" PRId64 " modesets, %" PRId64
		" test commits, %" PRId64 " bytes composed a frame\n",
		frames, missed, get_int(output, "modesets"), get_int(output, "test_commits"),
		frames > 0 ? composed / frames : composed);
}

static void print_output(
	FILE *file, struct json_object *output, struct json_object *earlier, int64_t interval_ns) {
	struct json_object *mode = get(output, "mode");
	int64_t refresh = get_int(mode, "refresh_mhz");
	char name[CELL_SIZE], other[CELL_SIZE];
	fprintf(file, "\n%s: ", set_cell(name, get_string(output, "name")));
	if (mode) {
		fprintf(file, "%" PRId64 "x%" PRId64 " at %" PRId64 ".%03" PRId64 " Hz",
			get_int(mode, "width"), get_int(mode, "height"), refresh / 1000, refresh % 1000);
	} else {
		fprintf(file, "no mode");
	}
	fprintf(file, ", power %s, transform %s, scale %.4g",
		set_cell(name, get_string(output, "power")),
		set_cell(other, get_string(output, "transform")),
		json_object_get_double(get(output, "scale")));
	const char *mirror = get_string(output, "mirror");
	if (strcmp(mirror, "-") != 0) {
		fprintf(file, ", mirrors %s", set_cell(name, mirror));
	}
	fputc('\n', file);
	print_figures(file, output, earlier, interval_ns);
	print_layers(file, output);
}

// "keyboard, pointer"
static void set_kinds(char cell[CELL_SIZE], struct json_object *kinds) {
	char text[CELL_SIZE] = "";
	size_t len = 0;
	for (size_t i = 0; i < get_length(kinds) && len < sizeof(text); i++) {
		const char *kind = json_object_get_string(json_object_array_get_idx(kinds, i));
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%s", i > 0 ? ", " : "", kind ? kind : "-");
	}
	set_cell(cell, text);
}

static void print_inputs(FILE *file, struct json_object *inputs) {
	static const char *const titles[COLUMNS] = {"INPUT", "ID", "KINDS", "OUTPUT"};
	static char cells[MAX_ROWS][COLUMNS][CELL_SIZE];
	size_t len = get_length(inputs);
	struct table table = {titles, cells, len < MAX_ROWS ? len : MAX_ROWS};
	if (len == 0) {
		return;
	}
	for (size_t i = 0; i < table.rows; i++) {
		struct json_object *input = json_object_array_get_idx(inputs, i);
		const char *output = get_string(input, "output");
		set_cell(cells[i][0], get_string(input, "name"));
		set_cell(cells[i][1], get_string(input, "id"));
		set_kinds(cells[i][2], get(input, "kinds"));
		set_cell(cells[i][3], output[0] != '\0' ? output : "-");
	}
	fputc('\n', file);
	print_table(file, &table);
}

static void set_memory(char cell[CELL_SIZE], struct json_object *app) {
	int64_t bytes = get(app, "memory_bytes") ? get_int(app, "memory_bytes") : -1;
	if (bytes < 0) {
		set_cell(cell, "-");
	} else {
		snprintf(cell, CELL_SIZE, "%.1f MiB", (double)bytes / (1 << 20));
	}
}

static size_t print_apps(FILE *file, struct json_object *apps) {
	static const char *const titles[COLUMNS] = {
		"APP", "PID", "STATE", "RESTARTS", "MEMORY", "REASON"};
	static char cells[MAX_ROWS][COLUMNS][CELL_SIZE];
	size_t len = get_length(apps);
	struct table table = {titles, cells, len < MAX_ROWS ? len : MAX_ROWS};
	for (size_t i = 0; i < table.rows; i++) {
		struct json_object *app = json_object_array_get_idx(apps, i);
		set_cell(cells[i][0], get_string(app, "name"));
		set_cell(cells[i][1], get_int(app, "pid") > 0 ? get_string(app, "pid") : "-");
		set_cell(cells[i][2], get_string(app, "state"));
		set_cell(cells[i][3], get_string(app, "restarts"));
		set_memory(cells[i][4], app);
		set_cell(cells[i][5], get_string(app, "reason"));
	}
	if (len > 0) {
		print_table(file, &table);
	}
	return len;
}

static void set_mode(char cell[CELL_SIZE], struct json_object *mode) {
	int64_t refresh = get_int(mode, "refresh_mhz");
	snprintf(cell, CELL_SIZE, "%" PRId64 "x%" PRId64 "@%" PRId64 ".%03" PRId64,
		get_int(mode, "width"), get_int(mode, "height"), refresh / 1000, refresh % 1000);
}

// "MAKE/MODEL/SERIAL", as sections of the configuration have it.
static void set_display(char cell[CELL_SIZE], struct json_object *display) {
	char text[CELL_SIZE];
	if (!get(display, "make") || strcmp(get_string(display, "make"), "-") == 0) {
		set_cell(cell, "unknown");
		return;
	}
	snprintf(text, sizeof(text), "%.50s/%.50s/%.50s", get_string(display, "make"),
		get_string(display, "model"), get_string(display, "serial"));
	set_cell(cell, text);
}

static void fill_display(
	struct json_object *status, struct json_object *display, char cells[COLUMNS][CELL_SIZE]) {
	struct json_object *output = find_output(status, get_string(display, "connector"));
	bool connected = json_object_get_boolean(get(display, "connected"));
	set_cell(cells[0], get_string(display, "connector"));
	set_cell(cells[1], output ? get_string(output, "power") : connected ? "dark" : "not connected");
	for (int i = 2; i <= 5; i++) {
		set_cell(cells[i], "-");
	}
	set_cell(cells[6], "-");
	if (output) {
		set_mode(cells[2], get(output, "mode"));
		snprintf(cells[3], CELL_SIZE, "%" PRId64 ",%" PRId64, get_int(output, "x"),
			get_int(output, "y"));
		snprintf(cells[4], CELL_SIZE, "%.4g", json_object_get_double(get(output, "scale")));
		set_cell(cells[5], get_string(output, "transform"));
	}
	if (connected) {
		set_display(cells[6], display);
	}
}

void ctl_table_print_displays(FILE *file, struct json_object *status) {
	static const char *const titles[COLUMNS] = {
		"CONNECTOR", "STATE", "MODE", "POSITION", "SCALE", "TRANSFORM", "DISPLAY"};
	static char cells[MAX_ROWS][COLUMNS][CELL_SIZE];
	struct json_object *displays = get(status, "displays");
	size_t len = get_length(displays);
	struct table table = {titles, cells, len < MAX_ROWS ? len : MAX_ROWS};
	for (size_t i = 0; i < table.rows; i++) {
		fill_display(status, json_object_array_get_idx(displays, i), cells[i]);
	}
	print_table(file, &table);
}

void ctl_table_print_modes(FILE *file, struct json_object *status, struct json_object *display) {
	struct json_object *modes = get(display, "modes");
	struct json_object *output = find_output(status, get_string(display, "connector"));
	char current[CELL_SIZE] = "", text[CELL_SIZE];
	bool found = false;
	if (output) {
		set_mode(current, get(output, "mode"));
	}
	for (size_t i = 0; i < get_length(modes); i++) {
		struct json_object *mode = json_object_array_get_idx(modes, i);
		set_mode(text, mode);
		bool runs = !found && strcmp(text, current) == 0;
		found |= runs;
		fprintf(file, "%s%s%s%s\n", text,
			json_object_get_boolean(get(mode, "interlaced")) ? " interlaced" : "",
			json_object_get_boolean(get(mode, "preferred")) ? " preferred" : "",
			runs ? " current" : "");
	}
	if (output && !found) {
		fprintf(file, "%s current\n", current);
	}
}

void ctl_table_print_apps(FILE *file, struct json_object *status) {
	if (print_apps(file, get(status, "apps")) == 0) {
		fprintf(file, "no apps: vitrine.ini names none, and vitrine was started without one\n");
	}
}

void ctl_table_print(
	FILE *file, struct json_object *status, struct json_object *earlier, int64_t interval_ns) {
	char cells[3][CELL_SIZE];
	struct json_object *device = get(status, "device");
	struct json_object *path = get(device, "path");
	if (path != NULL && json_object_get_string_len(path) == 0) {
		fprintf(file, "vitrine %s, no display device\n",
			set_cell(cells[0], get_string(status, "version")));
	} else {
		fprintf(file, "vitrine %s on %s (%s)\n", set_cell(cells[0], get_string(status, "version")),
			set_cell(cells[1], get_string(device, "path")),
			set_cell(cells[2], get_string(device, "driver")));
	}
	struct json_object *outputs = get(status, "outputs");
	for (size_t i = 0; i < get_length(outputs); i++) {
		struct json_object *output = json_object_array_get_idx(outputs, i);
		struct json_object *before =
			earlier ? find_output(earlier, get_string(output, "name")) : NULL;
		print_output(file, output, before, interval_ns);
	}
	if (get_length(outputs) == 0) {
		fprintf(file, "\nno output: no display is connected\n");
	}
	print_inputs(file, get(status, "inputs"));
	if (get_length(get(status, "apps")) > 0) {
		fputc('\n', file);
		print_apps(file, get(status, "apps"));
	}
}
