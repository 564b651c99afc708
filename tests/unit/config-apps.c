// SPDX-License-Identifier: MIT
// [app NAME] of the configuration: what is taken, what is said of what is not, and when two are alike.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kiosk/config.h"

static char path[] = "/tmp/vitrine-apps-XXXXXX";

static void load(struct config *config, const char *text) {
	char error[CONFIG_ERROR_SIZE];
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	config_init(config);
	assert_true(config_load(config, path, error));
}

static const char everything[] =
	"[app player]\ncommand = mpv --fs 'a b.mp4'\nenvironment = A=1 B='two words'\n"
	"directory = /srv\nuser = nobody\noutput = HDMI-A-1, DP-1\nregion = 640x480+10+20\n"
	"layer = overlay\nafter = bar\nrestart = on-failure\nrestart-pause = 0.5\n"
	"restart-pause-max = 8\nmax-restarts = 5\nrestart-window = 60\nstop-signal = INT\n"
	"stop-timeout = 3\nready-within = 10\nwatchdog-ping = 20\nwatchdog-draw = 2.5\n"
	"memory-max = 512M\ncpu-quota = 150%\npids-max = 99\n"
	"[app bar]\ncommand = bar\n";

static void test_all_keys(void **state) {
	(void)state;
	struct config config;
	load(&config, everything);
	assert_int_equal(config.n_problems, 0);
	assert_int_equal(config.n_apps, 2);
	const struct config_app *app = &config.apps[0];
	assert_string_equal(app->name, "player");
	assert_string_equal(app->command, "mpv --fs 'a b.mp4'");
	assert_string_equal(app->environment, "A=1 B='two words'");
	assert_string_equal(app->directory, "/srv");
	assert_string_equal(app->user, "nobody");
	const char *at = app->output;
	char name[CONFIG_NAME_SIZE];
	assert_true(config_next_name(&at, name));
	assert_string_equal(name, "HDMI-A-1");
	assert_true(config_next_name(&at, name));
	assert_string_equal(name, "DP-1");
	assert_false(config_next_name(&at, name));
	assert_int_equal(app->region.width, 640);
	assert_int_equal(app->region.height, 480);
	assert_int_equal(app->region.x, 10);
	assert_int_equal(app->region.y, 20);
	assert_int_equal(app->layer, 2);
	assert_string_equal(app->after, "bar");
	assert_int_equal(app->restart, 1);
	assert_true(app->pause == 0.5 && app->pause_max == 8);
	assert_int_equal(app->max_restarts, 5);
	assert_int_equal(app->restart_window, 60);
	assert_int_equal(app->stop_signal, 1);
	assert_true(app->stop_timeout == 3 && app->ready_within == 10);
	assert_true(app->watchdog_ping == 20 && app->watchdog_draw == 2.5);
	assert_int_equal(app->memory_max, 512 << 20);
	assert_int_equal(app->cpu_quota, 150);
	assert_int_equal(app->pids_max, 99);
	app = &config.apps[1];
	assert_int_equal(app->layer, 1);
	assert_int_equal(app->restart, 0);
	assert_int_equal(app->memory_max, 0);
	config_finish(&config);
}

static void test_problems(void **state) {
	(void)state;
	static const struct {
		const char *text, *line, *said;
		int n_apps;
	} cases[] = {
		{"[app a]\nrestart = never\n", ":1:", "[app a]: expected a command", 0},
		{"\n[app a]\ncommand = a\nafter = b\n", ":2:", "after = b: expected the name of another",
			1},
		{"[app a]\ncommand = a\nafter = a\n", ":1:", "that do not wait for this one", 1},
		{"[app a]\ncommand = a\nafter = b\n[app b]\ncommand = b\nafter = c a\n[app "
		 "c]\ncommand = c\n",
			":1:", "after = b: expected apps that do not wait", 3},
		{"[app a/b]\ncommand = a\n", ":2:", "letters, digits", 0},
		{"[app .a]\ncommand = a\n", ":2:", "letters, digits", 0},
		{"[app a]\ncommand = a\nregion = 10x10\n", ":3:", "WIDTHxHEIGHT+X+Y", 1},
		{"[app a]\ncommand = a\nregion = 0x10+0+0\n", ":3:", "WIDTHxHEIGHT+X+Y", 1},
		{"[app a]\ncommand = a\nregion = 10x10+-1+0\n", ":3:", "WIDTHxHEIGHT+X+Y", 1},
		{"[app a]\ncommand = a\nregion = 99999x10+0+0\n", ":3:", "WIDTHxHEIGHT+X+Y", 1},
		{"[app a]\ncommand = a\nmemory-max = 12X\n", ":3:", "such as 512M", 1},
		{"[app a]\ncommand = a\nmemory-max = 0\n", ":3:", "such as 512M", 1},
		{"[app a]\ncommand = a\nmemory-max = 9999999999G\n", ":3:", "such as 512M", 1},
		{"[app a]\ncommand = a\ncpu-quota = 50\n", ":3:", "1% to 100000%", 1},
		{"[app a]\ncommand = a\ncpu-quota = 0%\n", ":3:", "1% to 100000%", 1},
		{"[app a]\ncommand = a\nenvironment = A\n", ":3:", "NAME=VALUE", 1},
		{"[app a]\ncommand = a\nenvironment = 1A=2\n", ":3:", "NAME=VALUE", 1},
		{"[app a]\ncommand = a\nenvironment = A=$(b)\n", ":3:", "NAME=VALUE", 1},
		{"[app a]\ncommand = a\noutput = ,\n", ":3:", "names of fewer", 1},
		{"[app a]\ncommand = a\nlayer = top\n", ":3:", "background|normal|overlay", 1},
		{"[app a]\ncommand = a\nrestart = maybe\n", ":3:", "always|on-failure|never", 1},
		{"[app a]\ncommand = a\nreadywithin = 3\n", ":3:", "did you mean \"ready-within\"", 1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config config;
		load(&config, cases[i].text);
		const char *said = config.n_problems > 0 ? config.problems[0] : "nothing";
		if (config.n_apps != cases[i].n_apps || strstr(said, cases[i].line) == NULL ||
			strstr(said, cases[i].said) == NULL) {
			fail_msg("case %zu: %d apps, said: %s", i, config.n_apps, said);
		}
		config_finish(&config);
	}
}

// A circle is opened at one place only: the others go on waiting.
static void test_a_circle_is_opened_once(void **state) {
	(void)state;
	struct config config;
	load(&config,
		"[app a]\ncommand = a\nafter = c\n[app b]\ncommand = b\nafter = a\n[app c]\ncommand = c\n"
		"after = b\n");
	assert_int_equal(config.n_problems, 1);
	assert_null(config.apps[0].after);
	assert_string_equal(config.apps[1].after, "a");
	assert_string_equal(config.apps[2].after, "b");
	config_finish(&config);
}

static void test_copies_and_differences(void **state) {
	(void)state;
	static const char *const changes[] = {"command = mpv", "environment = A=2", "directory = /",
		"user = root", "output = DP-1", "region = 640x480+10+21", "layer = normal", "after = bar,",
		"restart = never", "restart-pause = 1", "restart-pause-max = 9", "max-restarts = 6",
		"restart-window = 61", "stop-signal = TERM", "stop-timeout = 4", "ready-within = 11",
		"watchdog-ping = 21", "watchdog-draw = 2", "memory-max = 513M", "cpu-quota = 151%",
		"pids-max = 98"};
	struct config config;
	load(&config, everything);
	struct config_app copy;
	assert_true(config_app_copy(&copy, &config.apps[0]));
	assert_true(config_app_equal(&copy, &config.apps[0]));
	assert_false(config_app_equal(&copy, &config.apps[1]));
	config_finish(&config);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		char text[2048];
		snprintf(text, sizeof(text), "# moves all by a line\n%s[app player]\n%s\n", everything,
			changes[i]);
		load(&config, text);
		assert_int_equal(config.n_problems, 0);
		if (config_app_equal(&copy, &config.apps[0])) {
			fail_msg("%s makes no difference", changes[i]);
		}
		config_finish(&config);
	}
	load(&config, everything);
	assert_true(config_app_equal(&copy, &config.apps[0]));
	config_finish(&config);
	config_app_finish(&copy);
}

static void test_too_many(void **state) {
	(void)state;
	char text[4096];
	size_t len = 0;
	for (int i = 0; i <= CONFIG_MAX_APPS; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "[app a%d]\ncommand = a\n", i);
	}
	struct config config;
	load(&config, text);
	assert_int_equal(config.n_apps, CONFIG_MAX_APPS);
	assert_int_equal(config.n_problems, 1);
	assert_non_null(strstr(config.problems[0], "too many [app] sections"));
	config_finish(&config);
}

static int make_file(void **state) {
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 || close(fd);
}

static int remove_file(void **state) {
	(void)state;
	return unlink(path);
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_a_circle_is_opened_once),
		cmocka_unit_test(test_copies_and_differences),
		cmocka_unit_test(test_too_many),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
