// SPDX-License-Identifier: MIT
// What vitrinectl makes of a status and of a picture.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <json.h>
#include <png.h>

#include "ctl-png.h"
#include "ctl-table.h"

static char *print(const char *text, const char *earlier_text, int64_t interval_ns) {
	struct json_object *status = json_tokener_parse(text);
	struct json_object *earlier = earlier_text ? json_tokener_parse(earlier_text) : NULL;
	char *printed = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&printed, &size);
	assert_non_null(file);
	ctl_table_print(file, status, earlier, interval_ns);
	fclose(file);
	json_object_put(status);
	json_object_put(earlier);
	return printed;
}

static void displays_and_modes(void **state) {
	(void)state;
	struct json_object *status = json_tokener_parse(
		"{\"outputs\":[{\"name\":\"DP-1\",\"mode\":{\"width\":1920,\"height\":1080,"
		"\"refresh_mhz\":59940},\"power\":\"off\",\"transform\":\"90\",\"scale\":1.5,"
		"\"x\":10,\"y\":-20}],\"displays\":["
		"{\"connector\":\"DP-1\",\"connected\":true,\"make\":\"DEL\",\"model\":\"U\\u001b2415\","
		"\"serial\":\"7\",\"modes\":[{\"width\":1920,\"height\":1080,\"refresh_mhz\":60000,"
		"\"preferred\":true},{\"width\":1920,\"height\":1080,\"refresh_mhz\":59940}]},"
		"{\"connector\":\"DP-2\",\"connected\":true,\"make\":\"\"},"
		"{\"connector\":\"DP-3\",\"connected\":false}]}");
	assert_non_null(status);
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	ctl_table_print_displays(file, status);
	fputs("--\n", file);
	ctl_table_print_modes(
		file, status, json_object_array_get_idx(json_object_object_get(status, "displays"), 0));
	fclose(file);
	assert_non_null(strstr(text, "DP-1       off            1920x1080@59.940  10,-20    1.5"));
	assert_non_null(strstr(text, "DEL/U?2415/7\n"));
	assert_non_null(strstr(text, "DP-2       dark"));
	assert_non_null(strstr(text, "DP-3       not connected"));
	assert_non_null(strstr(text, "--\n1920x1080@60.000 preferred\n1920x1080@59.940 current\n"));
	free(text);
	json_object_put(status);
}

static void table_shows_layers_and_reasons(void **state) {
	(void)state;
	char *text = print(
		"{\"version\":\"0.1.0\",\"device\":{\"path\":\"/dev/dri/card1\",\"driver\":\"vkms\"},"
		"\"outputs\":[{\"name\":\"Virtual-1\",\"mode\":{\"width\":1024,\"height\":768,"
		"\"refresh_mhz\":60004},\"power\":\"on\",\"transform\":\"normal\",\"scale\":1.0,"
		"\"frames\":10,\"missed\":1,\"modesets\":2,\"test_commits\":3,\"composed_bytes\":1000,"
		"\"layers\":[{\"app_id\":\"vitrine-camera\",\"buffer\":\"dmabuf\",\"format\":\"XR24\","
		"\"x\":192,\"y\":204,\"width\":640,\"height\":360,\"placement\":\"plane\",\"plane\":34,"
		"\"reasons\":[]},"
		"{\"app_id\":\"foot\",\"buffer\":\"shm\",\"format\":\"AR24\",\"width\":1024,"
		"\"height\":768,\"placement\":\"composed\",\"reasons\":[\"shm\",\"alpha\"]}],"
		"\"planes\":[{\"id\":34,\"type\":\"overlay\",\"layer\":0,\"role\":\"client\"}]}],"
		"\"inputs\":[{\"name\":\"Goodix\",\"id\":\"0416:038f\",\"kinds\":[\"touch\","
		"\"keyboard\"],\"output\":\"DSI-1\"}],"
		"\"apps\":[{\"name\":\"foot\",\"pid\":42,\"state\":\"running\",\"restarts\":0}]}",
		NULL, 0);
	assert_non_null(strstr(text, "vitrine 0.1.0 on /dev/dri/card1 (vkms)\n"));
	assert_non_null(
		strstr(text, "Virtual-1: 1024x768 at 60.004 Hz, power on, transform normal, scale 1\n"));
	assert_non_null(strstr(
		text, "  10 frames, 1 missed, 2 modesets, 3 test commits, 100 bytes composed a frame\n"));
	assert_non_null(strstr(
		text, "  0      vitrine-camera  dmabuf  XR24    640x360   192,204   plane 34 (overlay)\n"));
	assert_non_null(strstr(text,
		"  1      foot            shm     AR24    1024x768  0,0       composed: shm, alpha\n"));
	assert_non_null(strstr(text, "  foot  42   running  0         -       -\n"));
	assert_non_null(strstr(text, "  Goodix  0416:038f  touch, keyboard  DSI-1\n"));
	free(text);
}

static void table_shows_rates_between_samples(void **state) {
	(void)state;
	char *text = print(
		"{\"outputs\":[{\"name\":\"A\",\"frames\":160,\"missed\":3,\"composed_bytes\":7000}]}",
		"{\"outputs\":[{\"name\":\"B\"},{\"name\":\"A\",\"frames\":100,\"missed\":1,"
		"\"composed_bytes\":1000}]}",
		2000000000);
	assert_non_null(
		strstr(text, "  30.0 frames/s, 2 missed, 100 bytes composed a frame (over 2.0 s)\n"));
	free(text);
}

static void table_names_what_is_mirrored(void **state) {
	(void)state;
	char *text =
		print("{\"outputs\":[{\"name\":\"A\",\"power\":\"on\",\"transform\":\"90\",\"scale\":1.5,"
			  "\"mirror\":\"B\"},{\"name\":\"B\",\"scale\":1,\"mirror\":\"\"}]}",
			NULL, 0);
	assert_non_null(strstr(text, "power on, transform 90, scale 1.5, mirrors B\n"));
	assert_non_null(strstr(text, "power -, transform -, scale 1\n"));
	free(text);
}

static void table_survives_what_is_missing(void **state) {
	(void)state;
	static const char *const statuses[] = {"{}", "{\"outputs\":[]}", "{\"outputs\":[{}]}",
		"{\"outputs\":[{\"layers\":[{}]}],\"apps\":[{}],\"inputs\":[{\"kinds\":[null]}]}",
		"{\"outputs\":3,\"device\":[]}", "{\"outputs\":[null,{\"mode\":7,\"layers\":[null]}]}"};
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		char *text = print(statuses[i], i % 2 ? "{}" : NULL, 0);
		assert_non_null(strstr(text, "vitrine - on - (-)\n"));
		free(text);
	}
	char *text = print("{\"device\":{\"path\":\"\",\"driver\":\"\"}}", NULL, 0);
	assert_non_null(strstr(text, "vitrine -, no display device\n"));
	free(text);
}

// An app names itself; the terminal must not obey it.
static void table_disarms_control_characters(void **state) {
	(void)state;
	char *text = print("{\"outputs\":[{\"name\":\"A\",\"layers\":[{\"app_id\":"
					   "\"x\\u001b[2Jy\\n\"}]}]}",
		NULL, 0);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "x?[2Jy?"));
	free(text);
	// CSI is one character, too; and nothing is taken on trust.
	text = print(
		"{\"version\":\"\\u001b\",\"device\":{\"path\":\"\\u001b\",\"driver\":\"\\u001b\"},"
		"\"outputs\":[{\"name\":\"x\\u009b2J\",\"power\":\"\\u001b\",\"transform\":\"\\u001b\"}]}",
		NULL, 0);
	assert_null(strchr(text, '\033'));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_non_null(strstr(text, "x??2J"));
	free(text);
}

static void rows_become_rgb(void **state) {
	(void)state;
	uint8_t rgb[6];
	static const uint8_t xrgb[8] = {1, 2, 3, 0, 4, 5, 6, 255};
	assert_true(ctl_png_convert_row(DRM_FORMAT_XRGB8888, xrgb, 2, rgb));
	assert_memory_equal(rgb, ((uint8_t[]){3, 2, 1, 6, 5, 4}), 6);
	assert_true(ctl_png_convert_row(DRM_FORMAT_XBGR8888, xrgb, 2, rgb));
	assert_memory_equal(rgb, ((uint8_t[]){1, 2, 3, 4, 5, 6}), 6);
	static const uint8_t rgb565[4] = {0x08, 0xfc, 0xff, 0xff};
	assert_true(ctl_png_convert_row(DRM_FORMAT_RGB565, rgb565, 2, rgb));
	assert_memory_equal(rgb, ((uint8_t[]){255, 130, 66, 255, 255, 255}), 6);
	assert_false(ctl_png_convert_row(DRM_FORMAT_NV12, xrgb, 2, rgb));
}

static void picture_survives_the_file(void **state) {
	(void)state;
	char folder[] = "/tmp/clients-ctl.XXXXXX";
	assert_non_null(mkdtemp(folder));
	char path[64];
	snprintf(path, sizeof(path), "%s/a.png", folder);
	static const uint8_t data[2 * 16] = {1, 2, 3, 9, 4, 5, 6, 9, 7, 8, 9, 9, 0, 0, 0, 0, 11, 12, 13,
		9, 14, 15, 16, 9, 17, 18, 19, 9};
	struct ctl_picture picture = {.data = data,
		.size = sizeof(data),
		.format = DRM_FORMAT_XRGB8888,
		.width = 3,
		.height = 2,
		.stride = 16};
	assert_true(ctl_png_save(&picture, path));
	png_image image = {.version = PNG_IMAGE_VERSION};
	assert_true(png_image_begin_read_from_file(&image, path));
	assert_int_equal(image.width, 3);
	assert_int_equal(image.height, 2);
	image.format = PNG_FORMAT_RGB;
	uint8_t read[18];
	assert_true(png_image_finish_read(&image, NULL, read, 0, NULL));
	assert_memory_equal(
		read, ((uint8_t[]){3, 2, 1, 6, 5, 4, 9, 8, 7, 13, 12, 11, 16, 15, 14, 19, 18, 17}), 18);
	assert_int_equal(unlink(path), 0);
	// Nothing else was left there.
	assert_int_equal(rmdir(folder), 0);
}

static void impossible_pictures_are_refused(void **state) {
	(void)state;
	static const uint8_t data[64] = {0};
	struct ctl_picture good = {.data = data,
		.size = sizeof(data),
		.format = DRM_FORMAT_XRGB8888,
		.width = 4,
		.height = 4,
		.stride = 16};
	struct ctl_picture bad = good;
	bad.size = 63;
	assert_false(ctl_png_save(&bad, "/nonexistent/a.png"));
	bad = good;
	bad.stride = 15;
	assert_false(ctl_png_save(&bad, "/nonexistent/a.png"));
	bad = good;
	bad.format = DRM_FORMAT_NV12;
	assert_false(ctl_png_save(&bad, "/nonexistent/a.png"));
	bad = good;
	bad.height = 0;
	assert_false(ctl_png_save(&bad, "/nonexistent/a.png"));
	assert_false(ctl_png_save(&good, "/nonexistent/a.png"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(displays_and_modes),
		cmocka_unit_test(table_shows_layers_and_reasons),
		cmocka_unit_test(table_shows_rates_between_samples),
		cmocka_unit_test(table_names_what_is_mirrored),
		cmocka_unit_test(table_survives_what_is_missing),
		cmocka_unit_test(table_disarms_control_characters),
		cmocka_unit_test(rows_become_rgb),
		cmocka_unit_test(picture_survives_the_file),
		cmocka_unit_test(impossible_pictures_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
