// SPDX-License-Identifier: MIT
// Photos that lie on their side: for each orientation, a file that exif(1) has made is shown as exiftran(1) turns it.
#include "picture/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
// These need some of the above.
#include <cmocka.h>

enum {
	WIDTH = 48, // whole blocks of JPEG: turning them loses nothing
	HEIGHT = 32,
	MOST = 4, // that a channel differs by: colours are rounded after blocks are turned, or before
	LEAST = 100, // that some channel differs by where a picture is turned
	SKIPPED = 77,
};

static char folder[] = "/tmp/vitrine-orientation-XXXXXX";

static int set_up(void **state) {
	(void)state;
	return mkdtemp(folder) != NULL ? chdir(folder) : -1;
}

static int tear_down(void **state) {
	(void)state;
	static const char *const names[] = {"base.ppm", "base.jpg", "turned.jpg", "upright.jpg"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unlink(names[i]);
	}
	return rmdir(folder);
}

// No two of its eight turns are alike.
static void write_base(void) {
	FILE *file = fopen("base.ppm", "wb");
	assert_non_null(file);
	fprintf(file, "P6\n%d %d\n255\n", WIDTH, HEIGHT);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		int x = i % WIDTH, y = i / WIDTH;
		fputc(x * 5, file);
		fputc(y * 7, file);
		fputc((x < WIDTH / 2) == (y < HEIGHT / 2) ? 200 : 40, file);
	}
	assert_int_equal(fclose(file), 0);
	assert_int_equal(system("pnmtojpeg -quality=100 -sample=1x1 base.ppm > base.jpg"), 0);
}

static pixman_image_t *load(const char *path) {
	char error[PICTURE_ERROR_SIZE] = "";
	pixman_image_t *image = picture_load(path, NULL, error);
	if (image == NULL) {
		fail_msg("%s", error);
	}
	return image;
}

// The most that a channel of any px differs by; INT32_MAX if the sizes do.
static int difference(pixman_image_t *a, pixman_image_t *b) {
	int width = pixman_image_get_width(a), height = pixman_image_get_height(a), most = 0;
	if (width != pixman_image_get_width(b) || height != pixman_image_get_height(b)) {
		return INT32_MAX;
	}
	for (int y = 0; y < height; y++) {
		const uint8_t *of_a =
			(const uint8_t *)pixman_image_get_data(a) + (ptrdiff_t)y * pixman_image_get_stride(a);
		const uint8_t *of_b =
			(const uint8_t *)pixman_image_get_data(b) + (ptrdiff_t)y * pixman_image_get_stride(b);
		for (int i = 0; i < width * 4; i++) {
			int differs = abs(of_a[i] - of_b[i]);
			most = differs > most ? differs : most;
		}
	}
	return most;
}

static void test_orientations(void **state) {
	(void)state;
	write_base();
	pixman_image_t *base = load("base.jpg");
	for (int orientation = 1; orientation <= 8; orientation++) {
		char line[160];
		snprintf(line, sizeof(line),
			"exif --create-exif --ifd=0 --tag=Orientation --set-value=%d --output=turned.jpg "
			"base.jpg > /dev/null && exiftran -a -o upright.jpg turned.jpg",
			orientation);
		assert_int_equal(system(line), 0);
		pixman_image_t *turned = load("turned.jpg"), *upright = load("upright.jpg");
		assert_in_range(difference(turned, upright), 0, MOST);
		if (orientation == 1) {
			assert_int_equal(difference(turned, base), 0);
		} else {
			assert_in_range(difference(turned, base), LEAST, INT32_MAX);
		}
		pixman_image_unref(turned);
		pixman_image_unref(upright);
	}
	pixman_image_unref(base);
}

int main(void) {
	if (system("command -v pnmtojpeg exif exiftran > /dev/null") != 0) {
		puts("skipped: one of pnmtojpeg, exif and exiftran is not installed");
		return SKIPPED;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_orientations)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
