// SPDX-License-Identifier: MIT
// On-screen keyboards of Debian, unmodified: they are shown, the app keeps its text field in sight, and
// what a finger types on them arrives in foot and in a GTK text field.
//
// Where a key is was read off a screenshot of each keyboard. Each test leaves one of its own,
// osk-KEYBOARD-APP.png, with the sentence typed.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fixture.h"
#include "program.h"
#include "uinput.h"

enum { WIDTH = 1024, HEIGHT = 768 };
#define MODE "1024x768@60"
#define SENTENCE "vitrine types here"

// A keyboard that lies at the lower edge; px of the screen.
struct keyboard {
	const char *name, *program, *configuration;
	int height;
	double first[3];  // middle of the first letter of each row
	double step;      // to the next one
	int rows[4];      // middle of letters' rows, and of that with the blank
	int blank, enter; // in the last row
	bool patient;     // each key is shown before the next is pressed
};

static const struct keyboard wvkbd = {
	.name = "wvkbd",
	.program = "/usr/bin/wvkbd-mobintl",
	.configuration = "[osk]\ncommand = wvkbd-mobintl -L 240 -l full --landscape-layers full\n",
	.height = 240,
	.first = {98, 147, 205},
	.step = 97.5,
	.rows = {628, 668, 708, 748},
	.blank = 512,
	.enter = 922,
};

// It wants a bus, and a switch of the desktop's that says it is wanted.
static const struct keyboard squeekboard = {
	.name = "squeekboard",
	.program = "/usr/bin/squeekboard",
	.configuration =
		"[osk]\ncommand = dbus-run-session squeekboard\nallow = /usr/bin/squeekboard\n",
	.height = 327,
	.first = {51, 102, 205},
	.step = 102.4,
	.rows = {485, 565, 645, 724},
	.blank = 512,
	.enter = 921,
};

// What it shows for a terminal. foot drops text whose serial is not that of its last commit, which may be
// on its way: it has to be typed as slowly as people do.
static const struct keyboard squeekboard_terminal = {
	.name = "squeekboard",
	.program = "/usr/bin/squeekboard",
	.configuration =
		"[osk]\ncommand = dbus-run-session squeekboard\nallow = /usr/bin/squeekboard\n",
	.height = 327,
	.first = {51, 102, 205},
	.step = 102.4,
	.rows = {520, 591, 661, 731},
	.blank = 486,
	.enter = 938,
	.patient = true,
};

struct kiosk {
	const struct keyboard *keyboard;
	struct test_server server;
	struct test_client control;
	struct test_device touch;
	int drm;
	char folder[64], configuration[96];
};

// ---- Waiting ----

static void wait_refresh(struct kiosk *kiosk) {
	drmVBlank vblank = {.request = {.type = DRM_VBLANK_RELATIVE, .sequence = 1}};
	assert_int_equal(drmWaitVBlank(kiosk->drm, &vblank), 0);
}

static bool has_layer(struct kiosk *kiosk, int y, int height) {
	struct json_object *status = test_status(&kiosk->control);
	struct json_object *layers = test_json(test_status_output(status, 0), "layers");
	bool found = false;
	for (size_t i = 0; i < json_object_array_length(layers); i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		found |= test_json_int(layer, "y") == y && test_json_int(layer, "height") == height &&
			test_json_int(layer, "width") == WIDTH;
	}
	json_object_put(status);
	return found;
}

static void wait_layer(struct kiosk *kiosk, int y, int height, bool there) {
	while (has_layer(kiosk, y, height) != there) {
		wait_refresh(kiosk);
	}
}

// Until nothing was drawn for so many refreshes: programs take their time on a busy machine.
static void wait_settled(struct kiosk *kiosk, int refreshes) {
	int64_t frames = -1;
	for (int quiet = 0; quiet < refreshes; quiet++) {
		int64_t now = test_status_counter(&kiosk->control, 0, "frames");
		quiet = now == frames ? quiet : 0;
		frames = now;
		wait_refresh(kiosk);
	}
}

// ---- Programs ----

static void skip_without(const char *program) {
	if (access(program, X_OK) != 0) {
		print_message("%s is not installed\n", program);
		skip();
	}
}

static pid_t start_app(struct kiosk *kiosk, const char *const *argv, int *output) {
	assert_int_equal(setenv("WAYLAND_DISPLAY", kiosk->server.socket, 1), 0);
	return test_program_start(argv, STDOUT_FILENO, output);
}

// Until its end.
static void expect_output(int fd, const char *expected) {
	char text[256] = "";
	size_t length = 0;
	ssize_t n;
	while ((n = read(fd, text + length, sizeof(text) - 1 - length)) != 0) {
		assert_true(n > 0 || errno == EINTR);
		length += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	assert_string_equal(text, expected);
}

static void take_screenshot(struct kiosk *kiosk, const char *app) {
	const char *folder = getenv("MESON_BUILD_ROOT");
	char path[512];
	snprintf(
		path, sizeof(path), "%s/osk-%s-%s.png", folder ? folder : ".", kiosk->keyboard->name, app);
	const char *argv[] = {"vitrinectl", "screenshot", path, NULL};
	int output, status;
	pid_t pid = start_app(kiosk, argv, &output);
	close(output);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

// ---- Typing ----

static void tap(struct kiosk *kiosk, int x, int y) {
	test_device_touch_down(&kiosk->touch, 0, x, y);
	wait_refresh(kiosk); // a finger stays for a while
	test_device_touch_up(&kiosk->touch, 0);
	if (kiosk->keyboard->patient) {
		wait_settled(kiosk, 15);
	} else {
		wait_refresh(kiosk);
	}
}

static void type(struct kiosk *kiosk, const char *text) {
	static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
	const struct keyboard *keyboard = kiosk->keyboard;
	for (; *text; text++) {
		if (*text == ' ' || *text == '\n') {
			tap(kiosk, *text == ' ' ? keyboard->blank : keyboard->enter, keyboard->rows[3]);
			continue;
		}
		int row = 0;
		while (row < 2 && !strchr(rows[row], *text)) {
			row++;
		}
		const char *key = strchr(rows[row], *text);
		assert_non_null(key);
		tap(kiosk, (int)(keyboard->first[row] + keyboard->step * (double)(key - rows[row])),
			keyboard->rows[row]);
	}
}

// ---- The kiosk ----

static void write_file(const char *path, const char *text) {
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void prepare_desktop(struct kiosk *kiosk) {
	char path[128];
	strcpy(kiosk->folder, "/tmp/vitrine-osk-XXXXXX");
	assert_non_null(mkdtemp(kiosk->folder));
	snprintf(path, sizeof(path), "%s/glib-2.0", kiosk->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/glib-2.0/settings", kiosk->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/glib-2.0/settings/keyfile", kiosk->folder);
	write_file(path, "[org/gnome/desktop/a11y/applications]\nscreen-keyboard-enabled=true\n");
	setenv("XDG_CONFIG_HOME", kiosk->folder, 1);
	setenv("GSETTINGS_BACKEND", "keyfile", 1);
	setenv("NO_AT_BRIDGE", "1", 1);
	setenv("GDK_BACKEND", "wayland", 1);
	unsetenv("G_DEBUG"); // meson makes warnings fatal, of which squeekboard has some
}

static void start(struct kiosk *kiosk, const struct keyboard *keyboard) {
	skip_without(keyboard->program);
	*kiosk = (struct kiosk){.keyboard = keyboard};
	prepare_desktop(kiosk);
	snprintf(kiosk->configuration, sizeof(kiosk->configuration), "%s/vitrine.ini", kiosk->folder);
	write_file(kiosk->configuration, keyboard->configuration);
	static unsigned serial;
	char name[32];
	snprintf(name, sizeof(name), "osk-%d-%u", (int)getpid(), serial++);
	const char *args[] = {"--device", test_device(), "--mode", MODE, "--socket", name, "--config",
		kiosk->configuration, NULL};
	test_server_launch(&kiosk->server, args, NULL);
	strcpy(kiosk->server.socket, name);
	assert_true(test_server_wait_log(&kiosk->server, "ready\n"));
	kiosk->drm =
		open(test_device(), O_RDWR | O_CLOEXEC); // not before: the first one has to be the server
	assert_true(kiosk->drm >= 0);
	test_client_connect(&kiosk->control, &kiosk->server);
	struct test_device_settings settings = {.width = WIDTH, .height = HEIGHT};
	test_device_init_touch(&kiosk->touch, &kiosk->server, "osk touch", &settings);
}

static void stop(struct kiosk *kiosk) {
	test_device_finish(&kiosk->touch, &kiosk->server);
	test_client_disconnect(&kiosk->control);
	test_server_stop(&kiosk->server);
	close(kiosk->drm);
}

// Shown above the keyboard, which has come with it or was there.
static void wait_shown(struct kiosk *kiosk) {
	int height = kiosk->keyboard->height;
	wait_layer(kiosk, HEIGHT - height, height, true);
	wait_layer(kiosk, 0, HEIGHT - height, true);
	wait_settled(kiosk, 40);
}

static void type_into_zenity(const struct keyboard *keyboard) {
	skip_without("/usr/bin/zenity");
	struct kiosk kiosk;
	start(&kiosk, keyboard);
	const char *argv[] = {"zenity", "--entry", "--text=What is typed", NULL};
	int output, status;
	pid_t pid = start_app(&kiosk, argv, &output);
	wait_shown(&kiosk);
	type(&kiosk, SENTENCE);
	wait_settled(&kiosk, 40);
	take_screenshot(&kiosk, "zenity");
	type(&kiosk, "\n");
	expect_output(output, SENTENCE "\n");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if (keyboard == &squeekboard) { // it goes with the text field
		wait_layer(&kiosk, HEIGHT - keyboard->height, keyboard->height, false);
	}
	stop(&kiosk);
}

static void type_into_foot(const struct keyboard *keyboard) {
	skip_without("/usr/bin/foot");
	struct kiosk kiosk;
	start(&kiosk, keyboard);
	char path[96], script[256];
	snprintf(path, sizeof(path), "%s/typed", kiosk.folder);
	snprintf(script, sizeof(script), "read -r line; echo \"$line\" >%s", path);
	const char *argv[] = {"foot", "--config=/dev/null", "sh", "-c", script, NULL};
	int output, status;
	pid_t pid = start_app(&kiosk, argv, &output);
	wait_shown(&kiosk);
	type(&kiosk, SENTENCE);
	wait_settled(&kiosk, 40);
	take_screenshot(&kiosk, "foot");
	type(&kiosk, "\n");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(output);
	expect_output(open(path, O_RDONLY | O_CLOEXEC), SENTENCE "\n");
	stop(&kiosk);
}

static void test_wvkbd_zenity(void **state) {
	(void)state;
	type_into_zenity(&wvkbd);
}

static void test_wvkbd_foot(void **state) {
	(void)state;
	type_into_foot(&wvkbd);
}

static void test_squeekboard_zenity(void **state) {
	(void)state;
	type_into_zenity(&squeekboard);
}

static void test_squeekboard_foot(void **state) {
	(void)state;
	type_into_foot(&squeekboard_terminal);
}

// ---- Another configuration ----

static const struct keyboard high = {
	.name = "wvkbd",
	.program = "/usr/bin/wvkbd-mobintl",
	.configuration = "[osk]\ncommand = wvkbd-mobintl -L 240\n",
	.height = 240,
};

static void reload(struct kiosk *kiosk, const char *configuration) {
	const char *argv[] = {"vitrinectl", "reload", NULL};
	int output, status;
	write_file(kiosk->configuration, configuration);
	pid_t pid = start_app(kiosk, argv, &output);
	close(output);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

// The keyboard of another command takes the place of the former one, and goes with its section.
static void test_replaced(void **state) {
	(void)state;
	struct kiosk kiosk;
	start(&kiosk, &high);
	wait_layer(&kiosk, HEIGHT - 240, 240, true);
	reload(&kiosk, "[osk]\ncommand = wvkbd-mobintl -H 200 -L 200\n");
	wait_layer(&kiosk, HEIGHT - 200, 200, true);
	wait_layer(&kiosk, HEIGHT - 240, 240, false);
	reload(&kiosk, "");
	wait_layer(&kiosk, HEIGHT - 200, 200, false);
	reload(&kiosk, high.configuration);
	wait_layer(&kiosk, HEIGHT - 240, 240, true);
	stop(&kiosk);
}

// ---- Who may be one ----

static const struct keyboard listed = {
	.name = "wvkbd",
	.program = "/usr/bin/wvkbd-mobintl",
	.configuration = "[osk]\nallow = /usr/bin/foot /usr/bin/wvkbd-mobintl\n",
	.height = 240,
};

static const struct keyboard stranger = {
	.name = "wvkbd",
	.program = "/usr/bin/wvkbd-mobintl",
	.configuration = "[osk]\nallow = /usr/bin/foot /usr/bin/wvkbd\n",
	.height = 240,
};

static pid_t start_wvkbd(struct kiosk *kiosk) {
	const char *argv[] = {"wvkbd-mobintl", "-L", "240", NULL};
	int output;
	pid_t pid = start_app(kiosk, argv, &output);
	close(output);
	return pid;
}

static void test_listed(void **state) {
	(void)state;
	struct kiosk kiosk;
	int status;
	start(&kiosk, &listed);
	pid_t pid = start_wvkbd(&kiosk);
	wait_layer(&kiosk, HEIGHT - listed.height, listed.height, true);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	wait_layer(&kiosk, HEIGHT - listed.height, listed.height, false);
	stop(&kiosk);
}

// Without layer shell it ends at once.
static void test_stranger(void **state) {
	(void)state;
	struct kiosk kiosk;
	int status;
	start(&kiosk, &stranger);
	pid_t pid = start_wvkbd(&kiosk);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	stop(&kiosk);
}

int main(void) {
	test_guard(290);
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_wvkbd_zenity),
		cmocka_unit_test(test_wvkbd_foot),
		cmocka_unit_test(test_squeekboard_zenity),
		cmocka_unit_test(test_squeekboard_foot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
