// SPDX-License-Identifier: MIT
#include "toolkit.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "program.h"

#define MODE "1024x768@60"

// ---- What the program tells ----

enum { PATIENCE_MS = 30000 }; // for a line; then it is told which one did not come

// False if nothing came for so long.
static bool read_more(struct toolkit *toolkit, int timeout_ms) {
	struct pollfd fd = {.fd = toolkit->output, .events = POLLIN};
	int ready;
	do {
		ready = poll(&fd, 1, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready == 0) {
		return false;
	}
	if (toolkit->cap - toolkit->length < 4096) {
		toolkit->cap = toolkit->cap * 2 + 8192;
		toolkit->text = realloc(toolkit->text, toolkit->cap);
		assert_non_null(toolkit->text);
	}
	ssize_t n = read(toolkit->output, toolkit->text + toolkit->length, 4095);
	if (n <= 0) {
		fail_msg("the program ended; it told:\n%s", toolkit->text);
	}
	toolkit->length += (size_t)n;
	toolkit->text[toolkit->length] = '\0';
	return true;
}

// The next line that `fits`, which is seen then.
static void expect_line(struct toolkit *toolkit, const char *awaited,
	bool (*fits)(const char *line, const void *data), const void *data) {
	size_t from = toolkit->seen;
	for (;;) {
		char *end;
		while ((end = memchr(toolkit->text + from, '\n', toolkit->length - from))) {
			*end = '\0';
			bool found = fits(toolkit->text + from, data);
			*end = '\n';
			from = (size_t)(end + 1 - toolkit->text);
			if (found) {
				toolkit->seen = from;
				return;
			}
		}
		if (!read_more(toolkit, PATIENCE_MS)) {
			toolkit_picture(toolkit, "failed");
			fail_msg("'%s' did not come; after what was awaited before, the program told:\n%s",
				awaited, toolkit->text + toolkit->seen);
		}
	}
}

static bool is_line(const char *line, const void *data) {
	return strcmp(line, data) == 0;
}

void toolkit_expect(struct toolkit *toolkit, const char *line) {
	expect_line(toolkit, line, is_line, line);
}

struct number {
	const char *word;
	int least, most;
};

static bool is_number(const char *line, const void *data) {
	const struct number *number = data;
	size_t length = strlen(number->word);
	if (strncmp(line, number->word, length) != 0 || line[length] != ' ') {
		return false;
	}
	int value = atoi(line + length);
	return value >= number->least && value <= number->most;
}

void toolkit_expect_number(struct toolkit *toolkit, const char *word, int least, int most) {
	expect_line(toolkit, word, is_number, &(struct number){word, least, most});
}

static bool is_place(const char *line, const void *data) {
	const char *name = data;
	return strncmp(line, "place ", 6) == 0 && strncmp(line + 6, name, strlen(name)) == 0 &&
		line[6 + strlen(name)] == ' ';
}

struct toolkit_place toolkit_place(const struct toolkit *toolkit, const char *name) {
	struct toolkit_place place = {0};
	const char *line = toolkit->text;
	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (is_place(line, name)) {
			assert_int_equal(sscanf(line + 6 + strlen(name), "%d %d %d %d", &place.x, &place.y,
								 &place.width, &place.height),
				4);
		}
	}
	if (place.width == 0) {
		fail_msg("nobody told where %s is", name);
	}
	return place;
}

struct toolkit_place toolkit_expect_place(struct toolkit *toolkit, const char *name) {
	expect_line(toolkit, name, is_place, name);
	toolkit_wait_settled(toolkit);
	while (read_more(toolkit, 0)) { // it may have moved since
	}
	struct toolkit_place place = toolkit_place(toolkit, name);
	if (place.x < 0 || place.y < 0 || place.x + place.width > toolkit->width ||
		place.y + place.height > toolkit->height) {
		fail_msg("%s is beyond the screen: %d,%d, %dx%d", name, place.x, place.y, place.width,
			place.height);
	}
	return place;
}

// ---- What the screen shows ----

void toolkit_wait_refresh(struct toolkit *toolkit) {
	drmVBlank vblank = {.request = {.type = DRM_VBLANK_RELATIVE, .sequence = 1}};
	assert_int_equal(drmWaitVBlank(toolkit->drm, &vblank), 0);
}

void toolkit_wait_settled(struct toolkit *toolkit) {
	int64_t frames = -1;
	for (int quiet = 0; quiet < 15; quiet++) {
		int64_t now = test_status_counter(&toolkit->control, 0, "frames");
		quiet = now == frames ? quiet : 0;
		frames = now;
		toolkit_wait_refresh(toolkit);
	}
}

// How many layers of the program are on the screen; the lowest is its window.
static int count_layers(struct toolkit *toolkit) {
	struct json_object *status = test_status(&toolkit->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	int n = 0;
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		n += test_json_int(layer, "pid") == toolkit->pid;
	}
	json_object_put(status);
	return n;
}

void toolkit_wait_popups(struct toolkit *toolkit, int n) {
	while (!toolkit_has_popups(toolkit, n)) {
	}
}

enum { SOON = 60 }; // refreshes

bool toolkit_has_popups(struct toolkit *toolkit, int n) {
	for (int i = 0; i < SOON; i++) {
		if (count_layers(toolkit) == 1 + n) {
			return true;
		}
		toolkit_wait_refresh(toolkit);
	}
	return false;
}

void toolkit_picture(struct toolkit *toolkit, const char *step) {
	const char *folder = getenv("MESON_BUILD_ROOT");
	char path[512];
	snprintf(
		path, sizeof(path), "%s/toolkit-%s-%s.png", folder ? folder : ".", toolkit->name, step);
	const char *argv[] = {"vitrinectl", "screenshot", path, NULL};
	int output, status;
	pid_t pid = test_program_start(argv, STDOUT_FILENO, &output);
	close(output);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

// ---- What people do ----

// As long as it takes people: libinput takes a press right after a release for a button that bounces.
static void release(struct toolkit *toolkit, uint16_t button) {
	toolkit_wait_refresh(toolkit);
	test_device_key(&toolkit->pointer, button, false);
	for (int i = 0; i < 4; i++) {
		toolkit_wait_refresh(toolkit);
	}
}

void toolkit_move(struct toolkit *toolkit, int x, int y) {
	x = x < toolkit->width ? x : toolkit->width - 1; // at the edge it stops
	y = y < toolkit->height ? y : toolkit->height - 1;
	test_device_move(&toolkit->pointer, x - toolkit->x, y - toolkit->y);
	toolkit->x = x;
	toolkit->y = y;
	toolkit_wait_refresh(toolkit);
}

void toolkit_click(struct toolkit *toolkit, int x, int y, uint16_t button) {
	toolkit_move(toolkit, x, y);
	test_device_key(&toolkit->pointer, button, true);
	release(toolkit, button);
}

enum { STEPS = 8 }; // of a drag

void toolkit_drag(struct toolkit *toolkit, int x, int y, int to_x, int to_y) {
	toolkit_move(toolkit, x, y);
	test_device_key(&toolkit->pointer, BTN_LEFT, true);
	for (int i = 1; i <= STEPS; i++) {
		toolkit_move(toolkit, x + (to_x - x) * i / STEPS, y + (to_y - y) * i / STEPS);
	}
	release(toolkit, BTN_LEFT);
}

// px of the panel: turned counter-clockwise a quarter at a time.
static void to_panel(const struct toolkit *toolkit, int *x, int *y) {
	int panel_x = (int)((*x + 0.5) * toolkit->scale), panel_y = (int)((*y + 0.5) * toolkit->scale);
	int width = toolkit->quarters & 1 ? TOOLKIT_HEIGHT : TOOLKIT_WIDTH;
	for (int i = 0; i < toolkit->quarters; i++) {
		int before = panel_x;
		panel_x = panel_y;
		panel_y = width - 1 - before;
		width = TOOLKIT_WIDTH + TOOLKIT_HEIGHT - width;
	}
	*x = panel_x;
	*y = panel_y;
}

void toolkit_tap(struct toolkit *toolkit, int x, int y) {
	to_panel(toolkit, &x, &y);
	test_device_touch_down(&toolkit->touch, 0, x, y);
	toolkit_wait_refresh(toolkit); // a finger stays for a while
	test_device_touch_up(&toolkit->touch, 0);
}

void toolkit_swipe(struct toolkit *toolkit, int x, int y, int to_x, int to_y) {
	int at_x = x, at_y = y;
	to_panel(toolkit, &at_x, &at_y);
	test_device_touch_down(&toolkit->touch, 0, at_x, at_y);
	for (int i = 1; i <= STEPS; i++) {
		toolkit_wait_refresh(toolkit);
		at_x = x + (to_x - x) * i / STEPS;
		at_y = y + (to_y - y) * i / STEPS;
		to_panel(toolkit, &at_x, &at_y);
		test_device_touch_move(&toolkit->touch, 0, at_x, at_y);
	}
	toolkit_wait_refresh(toolkit);
	test_device_touch_up(&toolkit->touch, 0);
}

void toolkit_key(struct toolkit *toolkit, uint16_t key) {
	test_device_key(&toolkit->keyboard, key, true);
	test_device_key(&toolkit->keyboard, key, false);
}

void toolkit_type(struct toolkit *toolkit, const char *text) {
	static const char *const rows[] = {"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"};
	static const uint16_t first[] = {KEY_1, KEY_Q, KEY_A, KEY_Z};
	for (; *text; text++) {
		uint16_t key = KEY_SPACE;
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const char *found = strchr(rows[i], tolower(*text));
			key = found ? (uint16_t)(first[i] + (found - rows[i])) : key;
		}
		assert_true(key != KEY_SPACE || *text == ' ');
		if (isupper(*text)) {
			test_device_key(&toolkit->keyboard, KEY_LEFTSHIFT, true);
		}
		toolkit_key(toolkit, key);
		if (isupper(*text)) {
			test_device_key(&toolkit->keyboard, KEY_LEFTSHIFT, false);
		}
	}
}

void toolkit_click_on(struct toolkit *toolkit, const char *name) {
	struct toolkit_place place = toolkit_place(toolkit, name);
	toolkit_click(toolkit, place.x + place.width / 2, place.y + place.height / 2, BTN_LEFT);
}

void toolkit_tap_on(struct toolkit *toolkit, const char *name) {
	struct toolkit_place place = toolkit_place(toolkit, name);
	toolkit_tap(toolkit, place.x + place.width / 2, place.y + place.height / 2);
}

// ---- Life ----

void toolkit_need(const char *path) {
	glob_t found = {0};
	bool missing = glob(path, 0, NULL, &found) != 0;
	globfree(&found);
	if (missing) {
		print_message("%s is not installed\n", path);
		skip();
	}
}

static void start_server(struct toolkit *toolkit) {
	static unsigned serial;
	char path[96], name[32];
	snprintf(path, sizeof(path), "%s/vitrine.ini", toolkit->folder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file,
		"[output *]\nscale = %g\ntransform = %s\n"
		"[input *]\naccel-profile = flat\naccel-speed = 0\n",
		toolkit->scale, (const char *const[]){"normal", "90", "180", "270"}[toolkit->quarters]);
	fclose(file);
	snprintf(name, sizeof(name), "toolkit-%d-%u", (int)getpid(), serial++);
	const char *args[] = {
		"--device", test_device(), "--mode", MODE, "--socket", name, "--config", path, NULL};
	test_server_launch(&toolkit->server, args, NULL);
	strcpy(toolkit->server.socket, name);
	assert_true(test_server_wait_log(&toolkit->server, "ready\n"));
	// Not before: the first one has to be the server.
	toolkit->drm = open(test_device(), O_RDWR | O_CLOEXEC);
	assert_true(toolkit->drm >= 0);
	test_client_connect(&toolkit->control, &toolkit->server);
}

static void plug(struct toolkit *toolkit, unsigned devices) {
	struct test_device_settings settings = {.width = TOOLKIT_WIDTH, .height = TOOLKIT_HEIGHT};
	if (devices & TOOLKIT_MOUSE) {
		test_device_init_pointer(&toolkit->pointer, &toolkit->server, "toolkit pointer", NULL);
	}
	if (devices & TOOLKIT_KEYBOARD) {
		test_device_init_keyboard(&toolkit->keyboard, &toolkit->server, "toolkit keyboard", NULL);
	}
	if (devices & TOOLKIT_TOUCH) {
		test_device_init_touch(&toolkit->touch, &toolkit->server, "toolkit touch", &settings);
	}
}

// Wayland and nothing else, drawn without a GPU, with nothing of the user's.
static void prepare_environment(struct toolkit *toolkit) {
	static const char *const settings[][2] = {
		{"GDK_BACKEND", "wayland"},
		{"GSK_RENDERER", "cairo"},
		{"GSETTINGS_BACKEND", "keyfile"},
		{"GTK_A11Y", "none"},
		{"NO_AT_BRIDGE", "1"},
		{"QT_QPA_PLATFORM", "wayland"},
		{"LC_ALL", "C.UTF-8"},
	};
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		setenv(settings[i][0], settings[i][1], 1);
	}
	setenv("XDG_CONFIG_HOME", toolkit->folder, 1);
	setenv("WAYLAND_DISPLAY", toolkit->server.socket, 1);
	unsetenv("G_DEBUG"); // meson makes warnings fatal, of which programs have some
}

void toolkit_start(struct toolkit *toolkit, const char *name, const char *const *argv,
	unsigned devices, double scale, int quarters) {
	*toolkit = (struct toolkit){.name = name, .scale = scale, .quarters = quarters};
	int width = quarters & 1 ? TOOLKIT_HEIGHT : TOOLKIT_WIDTH;
	toolkit->width = (int)(width / scale);
	toolkit->height = (int)((TOOLKIT_WIDTH + TOOLKIT_HEIGHT - width) / scale);
	toolkit->text = calloc(1, 1);
	assert_non_null(toolkit->text);
	toolkit->cap = 1;
	strcpy(toolkit->folder, "/tmp/vitrine-toolkit-XXXXXX");
	assert_non_null(mkdtemp(toolkit->folder));
	start_server(toolkit);
	plug(toolkit, devices);
	prepare_environment(toolkit);
	toolkit->pid = test_program_start(argv, STDOUT_FILENO, &toolkit->output);
	toolkit_wait_popups(toolkit, 0);
	toolkit_wait_settled(toolkit);
	// From here on it is known where the pointer is.
	if (devices & TOOLKIT_MOUSE) {
		test_device_move(&toolkit->pointer, -2 * TOOLKIT_WIDTH, -2 * TOOLKIT_WIDTH);
	}
}

void toolkit_stop(struct toolkit *toolkit) {
	int status;
	kill(toolkit->pid, SIGTERM);
	assert_int_equal(waitpid(toolkit->pid, &status, 0), toolkit->pid);
	close(toolkit->output);
	free(toolkit->text);
	test_device_finish(&toolkit->pointer, NULL);
	test_device_finish(&toolkit->keyboard, NULL);
	test_device_finish(&toolkit->touch, NULL);
	test_client_disconnect(&toolkit->control);
	test_server_stop(&toolkit->server);
	close(toolkit->drm);
}
