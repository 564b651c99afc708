// SPDX-License-Identifier: MIT
// The configuration file: what is taken, and what is said of what is not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kiosk/config.h"

static char path[] = "/tmp/vitrine-config-XXXXXX";

static const struct config_output *output_of(const struct config *config, const char *connector) {
	const struct config_display display = {.connector = connector};
	return config_output(config, &display);
}

static bool load(struct config *config, const char *text, char error[CONFIG_ERROR_SIZE]) {
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	config_init(config);
	return config_load(config, path, error);
}

static void test_all_keys(void **state) {
	(void)state;
	struct config config;
	char error[CONFIG_ERROR_SIZE];
	assert_true(load(&config,
		"[core]\ndevice = /dev/dri/card7\nsocket = kiosk\nwait = true\n"
		"[output HDMI-A-1]\nmode = 1920x1080@59.94\noff = true\nvrr = true\nmax-bpc = 8\nposition "
		"= -5, 7\n"
		"mode-max = 1920x1080\n[output *]\nmode = 640x480\n"
		"[keyboard]\nmodel = pc104\nlayout = de,us\nvariant = nodeadkeys,\n"
		"options = grp:alt_shift_toggle\nrepeat-rate = 0\nrepeat-delay = 250\n"
		"[input Goodix*]\nenabled = true\ntap = false\nnatural-scroll = true\nleft-handed = true\n"
		"accel-profile = flat\naccel-speed = -0.5\ncalibration-matrix = 0 1 0, -1 0 1\n"
		"output = DSI-1\n[input usb:046d:c52b]\nenabled = false\n"
		"[cursor]\ntheme = Adwaita\nsize = 48\nhide-after = 0\n"
		"[osk]\ncommand = wvkbd-mobintl -L 300\nallow = /usr/bin/a /usr/bin/b\n",
		error));
	assert_int_equal(config.n_problems, 0);
	assert_string_equal(config.osk.command, "wvkbd-mobintl -L 300");
	assert_string_equal(config.osk.allow, "/usr/bin/a /usr/bin/b");
	assert_string_equal(config.device, "/dev/dri/card7");
	assert_string_equal(config.socket, "kiosk");
	assert_true(config.wait);
	const struct config_output *output = output_of(&config, "HDMI-A-1");
	assert_int_equal(output->mode.width, 1920);
	assert_int_equal(output->mode.height, 1080);
	assert_int_equal(output->mode.refresh_mhz, 59940);
	assert_false(output->mode.highest);
	assert_int_equal(output->off, 1);
	assert_int_equal(output->vrr, 1);
	assert_int_equal(output->max_bpc, 8);
	assert_true(output->position.set);
	assert_int_equal(output->position.x, -5);
	assert_int_equal(output->position.y, 7);
	assert_int_equal(output->mode_max.width, 1920);
	assert_int_equal(output->mode_max.height, 1080);
	assert_int_equal(output->transform, CONFIG_TRANSFORM_PANEL);
	output = output_of(&config, "DP-1");
	assert_int_equal(output->mode.width, 640);
	assert_int_equal(output->mode.refresh_mhz, 0);
	assert_int_equal(output->off, 0);
	assert_false(output->position.set);
	assert_string_equal(config.keyboard.model, "pc104");
	assert_string_equal(config.keyboard.layout, "de,us");
	assert_string_equal(config.keyboard.variant, "nodeadkeys,");
	assert_string_equal(config.keyboard.options, "grp:alt_shift_toggle");
	assert_int_equal(config.keyboard.repeat_rate, 0);
	assert_int_equal(config.keyboard.repeat_delay, 250);
	assert_int_equal(config.n_inputs, 2);
	const struct config_input *input = &config.inputs[0];
	assert_string_equal(input->match, "Goodix*");
	assert_int_equal(input->enabled, 1);
	assert_int_equal(input->tap, 0);
	assert_int_equal(input->natural_scroll, 1);
	assert_int_equal(input->left_handed, 1);
	assert_int_equal(input->accel_profile, CONFIG_PROFILE_FLAT);
	assert_true(input->accel_speed == -0.5);
	static const float matrix[6] = {0, 1, 0, -1, 0, 1};
	assert_true(input->calibration.set);
	assert_memory_equal(input->calibration.values, matrix, sizeof(matrix));
	assert_string_equal(input->output, "DSI-1");
	assert_string_equal(config.inputs[1].match, "usb:046d:c52b");
	assert_int_equal(config.inputs[1].enabled, 0);
	assert_int_equal(config.inputs[1].tap, CONFIG_UNSET);
	assert_string_equal(config.cursor.theme, "Adwaita");
	assert_int_equal(config.cursor.size, 48);
	assert_int_equal(config.cursor.hide_after, 0);
	config_finish(&config);
}

static void assert_said(const char *what, const char *line, const char *said, size_t index) {
	if (strstr(what, path) == NULL || strstr(what, line) == NULL || strstr(what, said) == NULL) {
		fail_msg("case %zu said: %s", index, what);
	}
}

// What no default serves.
static void test_fatal_errors(void **state) {
	(void)state;
	static const struct {
		const char *text, *line, *said;
	} cases[] = {
		{"[core]\ndevice = card0\n", ":2:", "expected the path of a DRM node"},
		{"[core]\nsocket = a/b\n", ":2:", "without '/'"},
		{"[core]\nsocket =\n", ":2:", "without '/'"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config config;
		char error[CONFIG_ERROR_SIZE];
		assert_false(load(&config, cases[i].text, error));
		assert_said(error, cases[i].line, cases[i].said, i);
		config_finish(&config);
	}
}

// Each problem names file, line, key, and what was expected; what is right is taken all the same.
static void test_problems(void **state) {
	(void)state;
	static const struct {
		const char *text, *line, *said;
	} cases[] = {
		{"[core]\n\ndevise = /dev/dri/card0\n",
			":3:", "unknown key \"devise\" in section [core]: did you mean \"device\"?"},
		{"[keyboard]\nrepeat_rate = 3\n", ":2:", "did you mean \"repeat-rate\"?"},
		{"[core]\ncolour = red\n", ":2:", "vitrine.ini(5)"},
		{"[kore]\nwait = true\nwait = true\n",
			":1:", "unknown section [kore]: did you mean [core]?"},
		{"[osk]\ncommand = wvkbd; rm -r /\n", ":2:", "expected a command as a shell reads it"},
		{"[osk]\ncommand = a $(b)\n", ":2:", "expected a command as a shell reads it"},
		{"[osk]\ncommand = 'a\n", ":2:", "expected a command as a shell reads it"},
		{"[osk]\nallow = /usr/bin/a wvkbd\n", ":2:", "expected absolute paths"},
		{"[outptu HDMI-A-1]\nmode = 1x1\n", ":1:", "did you mean [output NAME]?"},
		{"[output]\nmode = 1x1\n", ":1:", "did you mean [output NAME]?"},
		{"[core x]\nwait = true\n", ":1:", "did you mean [core]?"},
		{"[garden]\ngnomes = 7\n", ":1:", "expected one of [core], [output NAME]"},
		{"[core]\nwait = maybe\n", ":2:", "wait = maybe: expected true or false"},
		{"[output A]\nmode = big\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = 0x10\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = 10x10@0\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = 99999999999x10\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = 10x10@60x\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = -10x10\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode-max = 1920\n", ":2:", "mode-max = 1920: expected WIDTHxHEIGHT in px"},
		{"[output A]\nmode-max = 0x0\n", ":2:", "expected WIDTHxHEIGHT in px"},
		{"[output A]\nmode-max = 19x10@60\n", ":2:", "expected WIDTHxHEIGHT in px"},
		{"[output A]\nposition = 10x10\n", ":2:", "position = 10x10: expected X,Y in px"},
		{"[output A]\nposition = 10\n", ":2:", "expected X,Y in px"},
		{"[output A]\nposition = 10,40000\n", ":2:", "expected X,Y in px"},
		{"[output A]\nposition = 1,2,3\n", ":2:", "expected X,Y in px"},
		{"[output A]\noff = yes\n", ":2:", "off = yes: expected true or false"},
		{"[output A]\nmax-bpc = 5\n", ":2:", "a whole number of 6 to 16"},
		{"[output A]\ntransform = pannel\n", ":2:", "did you mean panel?"},
		{"[output A]\nmode = hihgest\n", ":2:", "did you mean highest?"},
		{"[output DEL/U2415]\noff = true\noff = true\n", ":1:", "MAKE/MODEL/SERIAL"},
		{"[output DEL/U2415/]\noff = true\n", ":1:", "fits no display"},
		{"[output //]\noff = true\n", ":1:", "fits no display"},
		{"[output A/B/C/D]\noff = true\n", ":1:", "fits no display"},
		{"[output HDMI-*]\noff = true\n", ":1:", "fits no display: expected a connector"},
		{"[output a-connector-whose-name-is-too-long]\noff = true\n", ":1:", "fits no display"},
		{"[core]\nnonsense\n", ":2:", "expected [SECTION] or KEY = VALUE"},
		{"[input *]\ncalibration-matrix = 1 0 0 0 1\n", ":2:", "expected 6 numbers"},
		{"[input *]\ncalibration-matrix = 1 0 0 0 1 0 0\n", ":2:", "expected 6 numbers"},
		{"[input *]\ncalibration-matrix = 1 0 0 2 0 0\n", ":2:", "expected 6 numbers"},
		{"[input *]\ncalibration-matrix = 1 0 0 0 nan 0\n", ":2:", "expected 6 numbers"},
		{"[input *]\naccel-speed = 1.5\n", ":2:", "a number of -1 to 1"},
		{"[input *]\naccel-profile = fast\n", ":2:", "one of flat|adaptive"},
		{"[input *]\ntap = 1\n", ":2:", "tap = 1: expected true or false"},
		{"[keyboard]\nrepeat-rate = 4x\n", ":2:", "a whole number of 0 to 1000"},
		{"[keyboard]\nrepeat-delay = 0\n", ":2:", "a whole number of 1 to 60000"},
		{"[keyboard]\nmodel = pc105\nlayout = klingon\n", ":3:", "layout = klingon: expected"},
		{"[keyboard]\nlayout = de\nvariant = noletters\n", ":3:", "variant = noletters: expected"},
		{"[input usb:46d:c52b]\ntap = true\ntap = true\n", ":1:", "usb:VVVV:PPPP"},
		{"[output A]\nmirror = a/b\n", ":2:", "expected the name of a connector"},
		{"[output A]\nmirror = A\n", ":2:", "expected another output than the section's own"},
		{"[output A]\nmirror = B\n[output B]\nmirror = C\n",
			":2:", "mirror = B: is itself a mirror of C: expected an output that shows apps"},
		{"[output A]\nmirror = B\n[output *]\nmirror = C\n", ":2:", "is itself a mirror of C"},
		{"[output A]\nscale = 2\nmirror = B\n", ":3:", "scale has no meaning beside mirror = B"},
		{"[output *]\nscale = 2\nmirror = B\n[output B]\nmode = 1x1\n",
			":3:", "scale has no meaning beside mirror = B"},
		{"[cursor]\nsize = 1000\n", ":2:", "a whole number of 8 to 256"},
		{"[input A very long name that nobody would give to any device at all]\ntap = true\n",
			":1:", "longer than 49 bytes"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config config;
		char error[CONFIG_ERROR_SIZE], text[512];
		snprintf(text, sizeof(text), "%s[output right]\nmode = 12x34\n", cases[i].text);
		assert_true(load(&config, text, error));
		if (config.n_problems != 1) {
			fail_msg("case %zu: %d problems", i, config.n_problems);
		}
		assert_said(config.problems[0], cases[i].line, cases[i].said, i);
		assert_non_null(output_of(&config, "right"));
		assert_int_equal(output_of(&config, "right")->mode.width, 12);
		assert_null(config.keyboard.layout); // the safe one
		config_finish(&config);
	}
}

static const char *mirrored(const struct config *config, const char *name) {
	const struct config_display display = {.connector = name};
	const char *source = config_mirror(config, &display);
	return source != NULL ? source : "";
}

// Who shows whom; what is wrong is as if it were not there.
static void test_mirrors(void **state) {
	(void)state;
	static const struct {
		const char *text;
		int problems;
		const char *a, *b, *c; // what these mirror
	} cases[] = {
		{"[output A]\nmirror = B\n", 0, "B", "", ""},
		{"[output A]\nmirror = C\ntransform = 90\n[output B]\nmirror = C\n", 0, "C", "C", ""},
		// For all that have no section, the one that is named being one of them or not.
		{"[output *]\nmirror = A\n", 0, "", "A", "A"},
		{"[output *]\nmirror = A\nscale = 2\n", 0, "", "A", "A"},
		{"[output *]\nmirror = A\n[output B]\nmode = 1x1\n", 0, "", "", "A"},
		{"[output *]\nmirror = A\n[output A]\nmode = 1x1\n", 0, "", "A", "A"},
		{"[output A]\nmirror = A\n", 1, "", "", ""},
		{"[output A]\nmirror = B\n[output B]\nmirror = C\n", 1, "", "C", ""},
		{"[output A]\nmirror = B\n[output B]\nmirror = A\n", 2, "", "", ""},
		{"[output A]\nmirror = B\n[output B]\nmirror = C\n[output C]\nmirror = A\n", 3, "", "", ""},
		{"[output *]\nmirror = A\n[output A]\nmirror = B\n", 2, "", "", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config config;
		char error[CONFIG_ERROR_SIZE];
		assert_true(load(&config, cases[i].text, error));
		if (config.n_problems != cases[i].problems) {
			fail_msg("case %zu: %d problems", i, config.n_problems);
		}
		assert_string_equal(mirrored(&config, "A"), cases[i].a);
		assert_string_equal(mirrored(&config, "B"), cases[i].b);
		assert_string_equal(mirrored(&config, "C"), cases[i].c);
		config_finish(&config);
	}
}

static void test_long_and_indented_lines(void **state) {
	(void)state;
	struct config config;
	char error[CONFIG_ERROR_SIZE], text[2048];
	snprintf(text, sizeof(text), "[core]\n%01000d = 1\n\twait = true\n", 7);
	assert_true(load(&config, text, error));
	assert_int_equal(config.n_problems, 1);
	assert_said(config.problems[0], ":2:", "longer than 198", 0);
	assert_true(config.wait);
	config_finish(&config);
}

static void test_no_such_file(void **state) {
	(void)state;
	struct config config;
	char error[CONFIG_ERROR_SIZE];
	config_init(&config);
	assert_false(config_load(&config, "/nonexistent/vitrine.ini", error));
	assert_non_null(strstr(error, "/nonexistent/vitrine.ini"));
	assert_non_null(strstr(error, "--config"));
	// A folder can be opened but not read.
	assert_false(config_load(&config, "/tmp", error));
	assert_non_null(strstr(error, "/tmp"));
	config_finish(&config);
}

static void test_mode_option(void **state) {
	(void)state;
	struct config config;
	char error[CONFIG_ERROR_SIZE];
	config_init(&config);
	assert_true(config_set_mode(&config, "320x240@60", error));
	assert_true(config_set_mode(&config, "DP-2=800x600", error));
	assert_int_equal(output_of(&config, "X")->mode.width, 320);
	assert_int_equal(output_of(&config, "DP-2")->mode.width, 800);
	assert_false(config_set_mode(&config, "320", error));
	assert_non_null(strstr(error, "320"));
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
		cmocka_unit_test(test_fatal_errors),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_mirrors),
		cmocka_unit_test(test_long_and_indented_lines),
		cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_mode_option),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
