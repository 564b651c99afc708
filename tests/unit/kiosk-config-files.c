// SPDX-License-Identifier: MIT
// Configuration that is in several files, what was meant by a slip, and what differs between two.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kiosk/config.h"
#include "kiosk/config_keys.h"

static char folder[] = "/tmp/vitrine-conf-XXXXXX";

static const char *path_of(const char *name) {
	static char path[256];
	snprintf(path, sizeof(path), "%s/vitrine/%s", folder, name);
	return path;
}

static void put_bytes(const char *name, const char *text, size_t size) {
	FILE *file = fopen(path_of(name), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void put(const char *name, const char *text) {
	put_bytes(name, text, strlen(text));
}

static void load(struct config *config, const char *main_file) {
	char error[CONFIG_ERROR_SIZE] = "";
	config_init(config);
	if (!config_load(config, main_file != NULL ? path_of(main_file) : NULL, error)) {
		fail_msg("%s", error);
	}
}

// A problem with that text at that line of the file.
static void assert_problem(
	const struct config *config, const char *name, int line, const char *said) {
	char place[300];
	snprintf(place, sizeof(place), "%s:%d: ", path_of(name), line);
	for (int i = 0; i < config->n_problems; i++) {
		if (strncmp(config->problems[i], place, strlen(place)) == 0 &&
			strstr(config->problems[i], said) != NULL) {
			return;
		}
	}
	for (int i = 0; i < config->n_problems; i++) {
		print_error("%s\n", config->problems[i]);
	}
	fail_msg("nobody said \"%s\" of %s", said, place);
}

// ---- Files ----

static void test_order(void **state) {
	(void)state;
	struct config config;
	put("vitrine.ini", "[output *]\nscale = 2\nmode = 10x10\n[idle]\ndim-after = 5\n");
	put("conf.d/10-a.ini", "[output *]\nscale = 3\n[idle]\noff-after = 7\n");
	put("conf.d/9-b.ini", "[output *]\nscale = 4\n");     // after 10 by its name
	put("conf.d/.hidden.ini", "[output *]\nscale = 5\n"); // none of them
	put("conf.d/z.ini~", "[output *]\nscale = 5\n");
	put("conf.d/z.conf", "[output *]\nscale = 5\n");
	load(&config, "vitrine.ini");
	assert_int_equal(config.n_problems, 0);
	const struct config_output *output =
		config_output(&config, &(struct config_display){.connector = "X"});
	assert_true(output->scale == 4);
	assert_int_equal(output->mode.width, 10); // key by key
	assert_int_equal(config.idle.dim_after, 5);
	assert_int_equal(config.idle.off_after, 7);
	config_finish(&config);
}

static void test_places(void **state) {
	(void)state;
	struct config config;
	put("vitrine.ini", "[core]\n\ndevise = /dev/dri/card0\n[keyboard]\nlayout = de\n");
	put("conf.d/1.ini", "wait = true\n[core]\nwait = yes\n");
	put("conf.d/2.ini", "\n[keyboard]\nvariant = noletters\n");
	load(&config, "vitrine.ini");
	assert_int_equal(config.n_problems, 4);
	assert_problem(&config, "vitrine.ini", 3, "did you mean \"device\"");
	assert_problem(&config, "conf.d/1.ini", 1, "\"wait\" stands before any [SECTION]");
	assert_problem(&config, "conf.d/1.ini", 3, "expected true or false");
	assert_problem(&config, "conf.d/2.ini", 3, "variant = noletters");
	config_finish(&config);
}

// The first that no default serves is the error; the others are told as well.
static void test_refusals(void **state) {
	(void)state;
	struct config config;
	char error[CONFIG_ERROR_SIZE] = "";
	put("vitrine.ini", "[core]\ndevice = card0\n");
	put("conf.d/1.ini", "[core]\nsocket = a/b\nwait = 3\n");
	config_init(&config);
	assert_false(config_load(&config, path_of("vitrine.ini"), error));
	assert_non_null(strstr(error, "vitrine.ini:2: device = card0"));
	assert_int_equal(config.n_problems, 2);
	assert_problem(&config, "conf.d/1.ini", 2, "without '/'");
	assert_problem(&config, "conf.d/1.ini", 3, "expected true or false");
	config_finish(&config);
}

static void test_unreadable(void **state) {
	(void)state;
	struct config config;
	char error[CONFIG_ERROR_SIZE] = "";
	put("vitrine.ini", "[core]\nwait = true\n");
	assert_int_equal(symlink("/nonexistent", path_of("conf.d/1.ini")), 0);
	config_init(&config);
	assert_false(config_load(&config, path_of("vitrine.ini"), error));
	assert_non_null(strstr(error, "conf.d/1.ini: cannot be read: No such file"));
	config_finish(&config);
	unlink(path_of("conf.d/1.ini"));
	assert_int_equal(mkdir(path_of("conf.d/1.ini"), 0700), 0);
	config_init(&config);
	assert_false(config_load(&config, path_of("vitrine.ini"), error));
	assert_non_null(strstr(error, "conf.d/1.ini: cannot be read"));
	config_finish(&config);
	rmdir(path_of("conf.d/1.ini"));
}

// Without --config, also where there is a conf.d alone.
static void test_usual_places(void **state) {
	(void)state;
	struct config config;
	setenv("XDG_CONFIG_HOME", folder, 1);
	put("vitrine.ini", "[cursor]\nsize = 30\n");
	put("conf.d/1.ini", "[idle]\ndim-after = 9\n");
	load(&config, NULL);
	assert_int_equal(config.cursor.size, 30);
	assert_int_equal(config.idle.dim_after, 9);
	config_finish(&config);
	unlink(path_of("vitrine.ini"));
	load(&config, NULL);
	assert_int_equal(config.cursor.size, 24);
	assert_int_equal(config.idle.dim_after, 9);
	config_finish(&config);
	unsetenv("XDG_CONFIG_HOME");
}

static void test_what_is_no_text(void **state) {
	(void)state;
	static const char nul[] = "[core]\nwait = tr\0ue\nwait = true\n";
	static const struct {
		const char *text;
		int line;
	} cases[] = {
		{"[cursor]\ntheme = \xff\n[core]\nwait = true\n", 2},
		{"[cursor]\ntheme = \x1b[2J\n[core]\nwait = true\n", 2},
		{"[cursor]\ntheme = \xed\xa0\x80\n[core]\nwait = true\n", 2}, // half of a pair
		{"[cursor]\ntheme = \xc2\x9b\n[core]\nwait = true\n", 2},     // a control of 8 bit
		{"[core]\nwait = true\n[output \xc3]\n", 3},
	};
	struct config config;
	put_bytes("vitrine.ini", nul, sizeof(nul) - 1);
	load(&config, "vitrine.ini");
	assert_int_equal(config.n_problems, 1);
	assert_problem(&config, "vitrine.ini", 2, "no text");
	assert_true(config.wait);
	config_finish(&config);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("vitrine.ini", cases[i].text);
		load(&config, "vitrine.ini");
		assert_int_equal(config.n_problems, 1);
		assert_problem(&config, "vitrine.ini", cases[i].line, "no text");
		assert_true(config.wait);
		config_finish(&config);
	}
	// An editor's mark, the other system's line ends, letters of any language.
	put("vitrine.ini",
		"\xef\xbb\xbf[core]\r\nwait = true\r\n[input B\xc3\xbchne]\r\ntap = true\r\n");
	load(&config, "vitrine.ini");
	assert_int_equal(config.n_problems, 0);
	assert_true(config.wait);
	assert_string_equal(config.inputs[0].match, "B\xc3\xbchne");
	config_finish(&config);
	// Line 3 is not the rest of a section whose name nobody knows.
	put("vitrine.ini", "[core]\n[cursor\nwait = true\n\n[garden]\n");
	load(&config, "vitrine.ini");
	assert_false(config.wait);
	assert_problem(&config, "vitrine.ini", 2, "expected [SECTION]");
	assert_problem(&config, "vitrine.ini", 5, "unknown section [garden]");
	config_finish(&config);
}

static void test_too_much(void **state) {
	(void)state;
	struct config config;
	char error[CONFIG_ERROR_SIZE] = "";
	FILE *file = fopen(path_of("vitrine.ini"), "w");
	for (int i = 0; i < 100; i++) {
		fprintf(file, "[garden]\n");
	}
	fclose(file);
	load(&config, "vitrine.ini");
	assert_int_equal(config.n_problems, CONFIG_MAX_PROBLEMS);
	assert_problem(&config, "vitrine.ini", CONFIG_MAX_PROBLEMS, "and more");
	config_finish(&config);
	config_init(&config); // endless, and without a line's end
	config_load(&config, "/dev/zero", error);
	assert_true(config.n_problems > 0);
	config_finish(&config);
}

// ---- Slips ----

static void test_did_you_mean(void **state) {
	(void)state;
	static const struct {
		const char *text, *said;
	} near[] = {
		{"[output *]\nmoed = 1x1\n", "did you mean \"mode\"?"},
		{"[output *]\nTransform = 90\n", "did you mean \"transform\"?"},
		{"[output *]\ntransform = fliped-90\n", "did you mean flipped-90?"},
		{"[output *]\nmode = prefered\n", "did you mean preferred?"},
		{"[input *]\naccel-profile = adaptiv\n", "did you mean adaptive?"},
		{"[core]\nwait = ture\n", "did you mean true?"},
		{"[core]\nwait = False\n", "did you mean false?"},
		{"[app-key x]\nallow = A\n", "did you mean [app-keys APP-ID]?"},
	};
	static const char *const far[] = {"[output *]\ngnomes = 1\n", "[output *]\ntransform = 45\n",
		"[core]\nwait = maybe\n", "[garden]\n", "[input *]\naccel-profile = fast\n"};
	struct config config;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		put("vitrine.ini", near[i].text);
		load(&config, "vitrine.ini");
		assert_int_equal(config.n_problems, 1);
		if (strstr(config.problems[0], near[i].said) == NULL) {
			fail_msg("said: %s", config.problems[0]);
		}
		config_finish(&config);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		put("vitrine.ini", far[i]);
		load(&config, "vitrine.ini");
		assert_int_equal(config.n_problems, 1);
		if (strstr(config.problems[0], "did you mean") != NULL) {
			fail_msg("said: %s", config.problems[0]);
		}
		config_finish(&config);
	}
}

// ---- What differs ----

static const char everything[] =
	"[core]\ndevice = /dev/dri/card7\nsocket = kiosk\nwait = true\nudmabuf = false\n"
	"realtime = false\n"
	"[output A]\noff = true\nmode = 1920x1080@59.94\nmode-max = 800x600\nmax-bpc = 8\nvrr = true\n"
	"position = 1,2\nscale = 2\ntransform = 90\n[output Z]\nmirror = A\n"
	"background = #102030\nbackground-picture = /a.png\nbackground-fit = contain\n"
	"[keyboard]\nmodel = pc104\nlayout = de\nvariant = nodeadkeys\noptions = compose:caps\n"
	"repeat-rate = 1\nrepeat-delay = 2\n"
	"[input B]\nenabled = true\ntap = true\nnatural-scroll = true\nleft-handed = true\n"
	"accel-profile = adaptive\naccel-speed = 0.5\ncalibration-matrix = 0 1 0 -1 0 1\noutput = A\n"
	"[cursor]\ntheme = Adwaita\nsize = 48\nhide-after = 1\n"
	"[keys]\nswallow = F1\noperator = F2\noperator-command = foot\ngrab = false\n"
	"[app-keys C]\nallow = A\ndeny = B\n"
	"[idle]\ndim-after = 1\ndim-level = 0.5\noff-after = 2\n"
	"[osk]\ncommand = wvkbd\nallow = /usr/bin/wvkbd\n"
	"[status]\nenabled = false\ndelay = 1\ntext = Hello\npicture = /b.png\nwatchdog-ping = 2\n"
	"[app D]\ncommand = foot\nenvironment = A=B\ndirectory = /tmp\nuser = root\noutput = A\n"
	"region = 10x20+30+40\nlayer = overlay\nafter = E\nrestart = never\nrestart-pause = 2\n"
	"restart-pause-max = 3\nmax-restarts = 4\nrestart-window = 5\nstop-signal = INT\n"
	"stop-timeout = 6\nready-within = 7\nwatchdog-ping = 8\nwatchdog-draw = 9\n"
	"memory-max = 10M\ncpu-quota = 11%\npids-max = 12\n"
	"[app E]\ncommand = cat\n";

static void assert_changed(
	const struct config *a, const struct config *b, enum config_section_id only) {
	for (int id = 0; id < CONFIG_N_SECTIONS; id++) {
		bool changed = config_section_changed(a, b, (enum config_section_id)id);
		if (changed != (id == (int)only)) {
			fail_msg("[%s] %s", config_sections[id].name, changed ? "changed" : "did not change");
		}
	}
}

// Each key of the table by itself: its line left out is a change of its section and of no other.
static void test_each_key_is_compared(void **state) {
	(void)state;
	struct config whole, same;
	put("vitrine.ini", everything);
	load(&whole, "vitrine.ini");
	load(&same, "vitrine.ini");
	assert_int_equal(whole.n_problems, 0);
	assert_changed(&whole, &same, CONFIG_N_SECTIONS);
	config_finish(&same);
	enum config_section_id section = CONFIG_CORE;
	size_t n_keys = 0;
	for (const char *line = everything; *line != '\0'; line += strcspn(line, "\n") + 1) {
		if (*line == '[') {
			while (strncmp(line + 1, config_sections[section].name,
					   strlen(config_sections[section].name)) != 0) {
				section++;
			}
			continue;
		}
		char text[sizeof(everything)];
		snprintf(text, sizeof(text), "%.*s%s", (int)(line - everything), everything,
			line + strcspn(line, "\n") + 1);
		put("vitrine.ini", text);
		struct config less;
		load(&less, "vitrine.ini");
		// An app that has no command is none, and no one can wait for it.
		bool no_app = section == CONFIG_APP && strncmp(line, "command", 7) == 0;
		assert_true(no_app == (less.n_problems > 0));
		assert_changed(&whole, &less, section);
		assert_changed(&less, &whole, section);
		config_finish(&less);
		n_keys++;
	}
	assert_int_equal(n_keys, config_n_keys + 1); // none is missing here, and one is there twice
	config_finish(&whole);
}

static void test_sections_are_compared(void **state) {
	(void)state;
	struct config one, two;
	put("vitrine.ini", "[input A]\ntap = true\n[input B]\ntap = false\n");
	load(&one, "vitrine.ini");
	put("vitrine.ini", "[input B]\ntap = false\n[input A]\ntap = true\n");
	load(&two, "vitrine.ini");
	assert_changed(&one, &two, CONFIG_INPUT); // the later one wins: the order counts
	config_finish(&two);
	put("vitrine.ini", "[input A]\ntap = true\n");
	load(&two, "vitrine.ini");
	assert_changed(&one, &two, CONFIG_INPUT);
	assert_changed(&two, &one, CONFIG_INPUT);
	config_finish(&one);
	config_finish(&two);
}

// What waits for a restart is told at each reload, not only at the first.
static void test_hold_back(void **state) {
	(void)state;
	struct config running, next;
	put("vitrine.ini", "[core]\nsocket = a\nwait = true\n[cursor]\nsize = 30\n");
	load(&running, "vitrine.ini");
	put("vitrine.ini",
		"[core]\nsocket = b\ndevice = /dev/dri/card1\nwait = true\n"
		"[cursor]\nsize = 40\n");
	for (int i = 0; i < 2; i++) {
		load(&next, "vitrine.ini");
		const struct config_key *key = config_hold_back(&next, &running, NULL);
		assert_non_null(key);
		assert_string_equal(key->name, "device");
		key = config_hold_back(&next, &running, key);
		assert_non_null(key);
		assert_string_equal(key->name, "socket");
		assert_null(config_hold_back(&next, &running, key));
		assert_string_equal(next.socket, "a");
		assert_null(next.device);
		assert_int_equal(next.cursor.size, 40);
		config_finish(&running);
		running = next;
	}
	config_finish(&running);
}

// ---- Life ----

static int make_folder(void **state) {
	(void)state;
	return mkdtemp(folder) == NULL || mkdir(path_of(""), 0700) || mkdir(path_of("conf.d"), 0700);
}

static int clear(void **state) {
	(void)state;
	static const char *const names[] = {"vitrine.ini", "conf.d/10-a.ini", "conf.d/9-b.ini",
		"conf.d/.hidden.ini", "conf.d/z.ini~", "conf.d/z.conf", "conf.d/1.ini", "conf.d/2.ini"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unlink(path_of(names[i]));
	}
	return 0;
}

static int remove_folder(void **state) {
	clear(state);
	return rmdir(path_of("conf.d")) || rmdir(path_of("")) || rmdir(folder);
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_order, clear),
		cmocka_unit_test_teardown(test_places, clear),
		cmocka_unit_test_teardown(test_refusals, clear),
		cmocka_unit_test_teardown(test_unreadable, clear),
		cmocka_unit_test_teardown(test_usual_places, clear),
		cmocka_unit_test_teardown(test_what_is_no_text, clear),
		cmocka_unit_test_teardown(test_too_much, clear),
		cmocka_unit_test_teardown(test_did_you_mean, clear),
		cmocka_unit_test_teardown(test_each_key_is_compared, clear),
		cmocka_unit_test_teardown(test_sections_are_compared, clear),
		cmocka_unit_test_teardown(test_hold_back, clear),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
