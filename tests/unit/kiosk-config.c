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
		"[output HDMI-A-1]\nmode = 1920x1080@59.94\n[output *]\nmode = 640x480\n",
		error));
	assert_string_equal(config.device, "/dev/dri/card7");
	assert_string_equal(config.socket, "kiosk");
	assert_true(config.wait);
	const struct config_output *output = config_output(&config, "HDMI-A-1");
	assert_int_equal(output->width, 1920);
	assert_int_equal(output->height, 1080);
	assert_int_equal(output->refresh_mhz, 59940);
	output = config_output(&config, "DP-1");
	assert_int_equal(output->width, 640);
	assert_int_equal(output->refresh_mhz, 0);
	config_finish(&config);
}

// Each error names file, line, key, and what was expected.
static void test_errors(void **state) {
	(void)state;
	static const struct {
		const char *text, *line, *said;
	} cases[] = {
		{"[core]\n\ndevise = /dev/dri/card0\n", ":3:", "unknown key \"devise\""},
		{"[kore]\nwait = true\n", ":2:", "unknown section [kore]"},
		{"[core]\nwait = maybe\n", ":2:", "expected true or false"},
		{"[core]\ndevice = card0\n", ":2:", "expected the path of a DRM node"},
		{"[core]\nsocket = a/b\n", ":2:", "without '/'"},
		{"[output A]\nmode = big\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = 0x10\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = 10x10@0\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[output A]\nmode = 99999999999x10\n", ":2:", "expected WIDTHxHEIGHT"},
		{"[core]\nnonsense\n", ":2:", "expected [SECTION] or KEY = VALUE"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config config;
		char error[CONFIG_ERROR_SIZE];
		assert_false(load(&config, cases[i].text, error));
		if (strstr(error, path) == NULL || strstr(error, cases[i].line) == NULL ||
			strstr(error, cases[i].said) == NULL) {
			fail_msg("case %zu said: %s", i, error);
		}
		config_finish(&config);
	}
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
	assert_int_equal(config_output(&config, "X")->width, 320);
	assert_int_equal(config_output(&config, "DP-2")->width, 800);
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
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_mode_option),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
