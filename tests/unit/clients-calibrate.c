// SPDX-License-Identifier: MIT
// What vitrinectl calibrate works out and writes is what the compositor reads and does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calibration.h"
#include "input/input.h"
#include "kiosk/config.h"

static void assert_near(double a, double b, double by) {
	if (!(fabs(a - b) <= by)) {
		fail_msg("%f, expected %f", a, b);
	}
}

// A touch at that place of the panel is at the place of the picture that it came from.
static void test_to_panel(void **state) {
	(void)state;
	enum { WIDTH = 1920, HEIGHT = 1080 };
	for (unsigned transform = 0; transform < 8; transform++) {
		struct input_map map = {
			.transform = transform, .width = WIDTH, .height = HEIGHT, .scale = 1};
		memcpy(map.calibration, input_no_calibration, sizeof(map.calibration));
		double width = transform & 1 ? HEIGHT : WIDTH, height = transform & 1 ? WIDTH : HEIGHT;
		for (int i = 0; i < 16; i++) {
			struct calibration_point upright = {(i % 4 + 0.5) / 4, (i / 4 + 0.25) / 4};
			struct calibration_point at = calibration_to_panel(transform, upright);
			double x, y;
			input_map_point(&map, at.x, at.y, &x, &y);
			assert_near(x, upright.x * width, 0.01);
			assert_near(y, upright.y * height, 0.01);
		}
	}
}

static struct calibration_point apply(const float m[6], struct calibration_point at) {
	return (struct calibration_point){
		m[0] * at.x + m[1] * at.y + m[2], m[3] * at.x + m[4] * at.y + m[5]};
}

static void test_solve(void **state) {
	(void)state;
	static const struct calibration_point raw[] = {
		{0.1, 0.2}, {0.8, 0.15}, {0.9, 0.85}, {0.2, 0.9}};
	static const float matrices[][6] = {
		{1, 0, 0, 0, 1, 0}, {-1, 0, 1, 0, 1, 0},      // mirrored
		{0, 1, 0, -1, 0, 1},                          // a quarter turn
		{1.07f, 0.02f, -0.03f, -0.01f, 0.94f, 0.05f}, // as panels are glued
	};
	for (size_t b = 0; b < 4; b++) {
		for (size_t w = 0; w < 4; w++) {
			struct calibration_point seen[4], meant[4];
			for (int i = 0; i < 4; i++) {
				seen[i] = apply(matrices[b], raw[i]);
				meant[i] = apply(matrices[w], raw[i]);
			}
			float matrix[6];
			double residual;
			assert_true(calibration_solve(seen, meant, 4, matrices[b], matrix, &residual));
			assert_near(residual, 0, 1e-6);
			for (int k = 0; k < 6; k++) {
				assert_near(matrix[k], matrices[w][k], 1e-5);
			}
		}
	}
}

static void test_what_does_not_tell(void **state) {
	(void)state;
	static const struct calibration_point meant[] = {
		{0.125, 0.125}, {0.875, 0.125}, {0.875, 0.875}, {0.125, 0.875}};
	static const struct calibration_point line[] = {{0.1, 0.1}, {0.2, 0.2}, {0.3, 0.3}, {0.9, 0.9}};
	static const struct calibration_point point[] = {
		{0.5, 0.5}, {0.5, 0.5}, {0.5, 0.5}, {0.5, 0.5}};
	// The second and third cross in the wrong order.
	static const struct calibration_point crossed[] = {
		{0.125, 0.125}, {0.875, 0.875}, {0.875, 0.125}, {0.125, 0.875}};
	float matrix[6];
	double residual;
	assert_false(calibration_solve(line, meant, 4, input_no_calibration, matrix, &residual));
	assert_false(calibration_solve(point, meant, 4, input_no_calibration, matrix, &residual));
	assert_false(calibration_solve(crossed, meant, 2, input_no_calibration, matrix, &residual));
	assert_true(calibration_solve(crossed, meant, 4, input_no_calibration, matrix, &residual));
	assert_true(residual > 0.1);
}

// ---- The file, as the compositor reads it ----

static const struct config_input *find(const struct config *config, const char *name) {
	const struct config_input *found = NULL;
	struct input_identity identity = {.name = name, .node = "event0"};
	for (int i = 0; i < config->n_inputs; i++) {
		if (input_match(config->inputs[i].match, &identity, NULL, NULL)) {
			found = &config->inputs[i];
		}
	}
	return found;
}

static void expect_matrix(const char *path, const char *name, float first, int n_sections) {
	struct config config;
	char error[CONFIG_ERROR_SIZE] = "";
	config_init(&config);
	if (!config_load(&config, path, error) || config.n_problems > 0) {
		fail_msg("%s%s", error, config.n_problems > 0 ? config.problems[0] : "");
	}
	assert_int_equal(config.n_inputs, n_sections);
	const struct config_input *input = find(&config, name);
	assert_non_null(input);
	assert_true(input->calibration.set);
	assert_near(input->calibration.values[0], first, 1e-5);
	assert_near(input->calibration.values[5], 0.25, 1e-5);
	config_finish(&config);
}

static void test_file(void **state) {
	(void)state;
	char folder[] = "/tmp/vitrine-calibrate-XXXXXX", inner[128], path[160];
	assert_non_null(mkdtemp(folder));
	snprintf(inner, sizeof(inner), "%s/conf.d", folder);
	snprintf(path, sizeof(path), "%s/calibration.ini", inner);
	float matrix[6] = {1.5f, 0, 0, 0, 1, 0.25f};
	assert_true(calibration_save(path, "ILI2117 panel", matrix)); // the folder is made
	expect_matrix(path, "ILI2117 panel", 1.5f, 1);
	matrix[0] = 0.5f;
	assert_true(calibration_save(path, "Odd [name] * of #7", matrix));
	expect_matrix(path, "ILI2117 panel", 1.5f, 2);
	expect_matrix(path, "Odd [name] * of #7", 0.5f, 2);
	matrix[0] = 0.75f; // again: in place of the former
	assert_true(calibration_save(path, "ILI2117 panel", matrix));
	assert_true(calibration_save(path, "ILI2117 panel", matrix));
	expect_matrix(path, "ILI2117 panel", 0.75f, 2);
	expect_matrix(path, "Odd [name] * of #7", 0.5f, 2);
	struct stat stat_before, stat_after;
	assert_int_equal(stat(path, &stat_before), 0);
	// Where it cannot be written everything stays as it was.
	char blocked[200];
	snprintf(blocked, sizeof(blocked), "%s/not-a-folder", path);
	assert_false(calibration_save(blocked, "ILI2117 panel", matrix));
	assert_int_equal(stat(path, &stat_after), 0);
	assert_int_equal(stat_before.st_size, stat_after.st_size);
	unlink(path);
	rmdir(inner);
	rmdir(folder);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_panel),
		cmocka_unit_test(test_solve),
		cmocka_unit_test(test_what_does_not_tell),
		cmocka_unit_test(test_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
