// SPDX-License-Identifier: MIT
// The words of the status screen, and where they go.
#include <json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

#include "status-draw.h"
#include "status-layout.h"
#include "status-text.h"

static const struct status_host host = {.name = "kiosk7", .addresses = "192.0.2.7"};

#define APP(name, state, reason, since, next) \
	"{\"name\":\"" name "\",\"state\":\"" state "\",\"reason\":\"" reason "\",\"since\":" #since \
	",\"next\":" #next "}"
#define STATE(apps, indices) \
	"{\"folder\":\"/etc/vitrine\",\"text\":\"Call 555\",\"apps\":[" apps \
	"],\"outputs\":[{\"name\":\"A\",\"apps\":[" indices "]}]}"

static void make(struct status_text *text, const char *json) {
	struct json_object *state = status_state_parse(json, strlen(json));
	assert_non_null(state);
	status_text_make(text, state, "A", &host);
	json_object_put(state);
}

// The lines with '|' between them.
static void expect(const char *json, enum status_tone tone, const char *lines) {
	struct status_text text;
	char all[4096] = "";
	make(&text, json);
	for (int i = 0; i < text.n_lines; i++) {
		strcat(all, i > 0 ? "|" : "");
		strcat(all, text.lines[i].text);
	}
	assert_string_equal(all, lines);
	assert_int_equal(text.tone, tone);
}

#define END "|This is kiosk7, reached at 192.0.2.7|What it does: vitrinectl status|Call 555"

static void test_words(void **state) {
	(void)state;
	expect(STATE("", ""), STATUS_WAITS,
		"No app is configured|Name one in /etc/vitrine/vitrine.ini, then:|vitrinectl reload" END);
	expect(STATE(APP("shop", "starting", "its first picture is awaited", 86400, 0), "0"),
		STATUS_CALM,
		"shop is starting|Since 1970-01-02 00:00:00: its first picture is awaited." END);
	expect(STATE(APP("shop", "running", "", 86400, 0), "0"), STATUS_CALM,
		"shop runs, but shows nothing here|Since 1970-01-02 00:00:00." END);
	expect(STATE(APP("shop", "waiting", "ended with status 1", 86400, 86408), "0"), STATUS_WAITS,
		"shop has ended|Since 1970-01-02 00:00:00: ended with status 1.|It is started again at "
		"1970-01-02 00:00:08." END);
	expect(STATE(APP("shop", "waiting", "starts after menu", 86400, 0), "0"), STATUS_CALM,
		"shop waits for its turn|Since 1970-01-02 00:00:00.|It starts after menu." END);
	expect(STATE(APP("shop", "failed", "ended with status 7", 86400, 0), "0"), STATUS_ALERT,
		"shop has failed|Since 1970-01-02 00:00:00: ended with status 7.|Nothing happens until an "
		"operator starts it:|vitrinectl app start shop" END);
	expect(STATE(APP("shop", "stopped", "stopped by hand", 86400, 0), "0"), STATUS_WAITS,
		"shop is stopped|Since 1970-01-02 00:00:00: stopped by hand.|Nothing happens until it is "
		"started:|vitrinectl app start shop" END);
	expect(STATE(APP("shop", "running", "", 86400, 0), ""), STATUS_WAITS,
		"No app is meant for this screen|It is A; all apps of /etc/vitrine name other "
		"outputs." END);
}

// Those that failed come first, and of many the rest is counted.
static void test_many_apps(void **state) {
	(void)state;
	expect(STATE(APP("a", "running", "", 0, 0) "," APP("b", "failed", "x", 0, 0) "," APP(
					 "c", "starting", "", 0, 0) "," APP("d", "stopped", "y", 0, 0),
			   "0,1,2,3"),
		STATUS_ALERT,
		"b has failed|Since 1970-01-01 00:00:00: x.|Nothing happens until an operator starts it:|"
		"vitrinectl app start b|d is stopped|Since 1970-01-01 00:00:00: y.|Nothing happens until "
		"it is started:|vitrinectl app start d|a runs, but shows nothing here|Since 1970-01-01 "
		"00:00:00.|And 1 more, which this lists: vitrinectl app" END);
}

static void test_no_network(void **state) {
	(void)state;
	struct status_text text;
	const struct status_host alone = {.name = "kiosk7"};
	const char json[] = STATE("", "");
	struct json_object *parsed = status_state_parse(json, strlen(json));
	status_text_make(&text, parsed, "A", &alone);
	json_object_put(parsed);
	assert_string_equal(text.lines[3].text, "This is kiosk7, without a network address");
}

// It comes from our own side, and yet.
static void test_strange_states(void **state) {
	(void)state;
	static const char *const none[] = {"", "x", "[]", "3", "{", "null", "\"outputs\""};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_null(status_state_parse(none[i], strlen(none[i])));
	}
	static const char *const strange[] = {"{}", "{\"outputs\":3}", "{\"outputs\":[3]}",
		"{\"outputs\":[{\"name\":\"A\"}]}", "{\"outputs\":[{\"name\":\"A\",\"apps\":3}]}",
		"{\"outputs\":[{\"name\":\"A\",\"apps\":[-1,7,\"x\",null,0]}],\"apps\":[]}",
		"{\"outputs\":[{\"name\":\"A\",\"apps\":[0,1]}],\"apps\":[7,{\"name\":7,\"since\":\"x\"}]}",
		"{\"outputs\":[{\"name\":\"A\",\"apps\":[0]}],\"apps\":[{\"since\":9223372036854775807}]}"};
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct status_text text;
		make(&text, strange[i]);
		assert_true(text.n_lines > 0);
	}
}

// ---- Where ----

// Letters as wide as half of their height, one a character.
static int measure(void *data, enum status_style style, int size, const char *text, size_t length) {
	(void)data;
	(void)style;
	int n = 0;
	for (size_t i = 0; i < length; i++) {
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return n * size / 2;
}

static void check_layout(
	const struct status_layout *layout, const struct status_text *text, int width, int height) {
	int bottom = 0;
	char all[8192] = "", runs[8192] = "";
	for (int i = 0; i < layout->n_runs; i++) {
		const struct status_run *run = &layout->runs[i];
		assert_true(run->at.x >= 0 && run->at.y >= bottom);
		bottom = run->at.y + run->at.height;
		assert_true(bottom <= height);
		int size = layout->sizes[run->style];
		assert_true(size >= 8);
		assert_true(run->at.x + measure(NULL, run->style, size, run->text, run->length) <= width);
		assert_int_not_equal((unsigned char)run->text[0] & 0xc0, 0x80); // no letter in two
		strncat(runs, run->text, run->length);
	}
	for (int i = 0; i < text->n_lines; i++) {
		strcat(all, text->lines[i].text);
	}
	// All of it, in order; blanks go where rows end.
	const char *a = all, *b = runs;
	while (*(a += strspn(a, " ")) != '\0' && *a == *(b += strspn(b, " "))) {
		a++;
		b++;
	}
	assert_string_equal(a, "");
}

static void test_layout(void **state) {
	(void)state;
	static const int sizes[][2] = {{320, 240}, {240, 320}, {480, 272}, {800, 480}, {1024, 768},
		{1920, 1080}, {1080, 1920}, {3840, 2160}, {2160, 3840}, {1920, 360}};
	struct status_text text;
	make(&text,
		STATE(APP("Größe-ändern", "failed", "ended by signal 11 (Segmentation fault)", 0,
				  0) "," APP("a-name-of-thirty-one-characters", "waiting",
				  "cannot be started: /opt/a/long/path/with-a-program: No such file or directory",
				  0, 8),
			"0,1"));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int picture = 0; picture < 2; picture++) {
			struct status_layout layout;
			int width = sizes[i][0], height = sizes[i][1];
			status_layout_make(&layout, &text, width, height, picture != 0, measure, NULL);
			check_layout(&layout, &text, width, height);
			if (layout.picture.width > 0) {
				assert_true(layout.picture.y >= 0);
				assert_true(layout.picture.y + layout.picture.height <= layout.runs[0].at.y);
			}
			// Those who stand before it read it.
			assert_true(width < 800 || layout.sizes[STATUS_BODY] >= 12);
		}
	}
}

// Words that fit nowhere, rooms in which nothing does.
static void test_layout_extremes(void **state) {
	(void)state;
	struct status_text text = {.n_lines = 2};
	struct status_layout layout;
	memset(text.lines[0].text, 'w', STATUS_LINE_SIZE - 1);
	for (int i = 0; i + 2 < STATUS_LINE_SIZE; i += 2) {
		memcpy(text.lines[1].text + i, "ü", 2);
	}
	status_layout_make(&layout, &text, 800, 600, false, measure, NULL);
	check_layout(&layout, &text, 800, 600);
	for (int width = 1; width < 60; width += 7) {
		for (int height = 1; height < 60; height += 7) {
			status_layout_make(&layout, &text, width, height, true, measure, NULL);
			assert_in_range(layout.n_runs, 0, STATUS_MAX_RUNS);
		}
	}
}

// ---- How it looks ----

static uint32_t px_at(pixman_image_t *image, int x, int y) {
	return pixman_image_get_data(image)[y * pixman_image_get_stride(image) / 4 + x] & 0xffffff;
}

// Light letters on dark, none at the edges, and other words look otherwise.
static void test_draw(void **state) {
	(void)state;
	struct status_brush *brush = status_brush_create();
	assert_non_null(brush);
	struct status_text text;
	make(&text, STATE(APP("shop", "failed", "ended with status 7", 0, 0), "0"));
	pixman_image_t *images[3];
	for (int i = 0; i < 3; i++) {
		images[i] = pixman_image_create_bits(PIXMAN_x8r8g8b8, 320, 240, NULL, 0);
		assert_non_null(images[i]);
		strcpy(text.lines[1].text, i < 2 ? "Größer \xff\xc3 ☎" : "Kleiner");
		assert_true(status_draw(brush, &text, images[i]));
	}
	int light = 0, differ = 0;
	for (int y = 0; y < 240; y++) {
		for (int x = 0; x < 320; x++) {
			uint32_t px = px_at(images[0], x, y);
			light += (px & 0xff) > 0xb0;
			assert_int_equal(px, px_at(images[1], x, y));
			differ += px != px_at(images[2], x, y);
			if (x < 8 || y < 8 || x >= 312 || y >= 232) {
				assert_int_equal(px, 0x10141a);
			}
		}
	}
	assert_true(light > 500 && differ > 50);
	// Without its picture it is what it was.
	struct status_text with = text;
	strcpy(with.picture, "/nonexistent");
	assert_false(status_text_equal(&with, &text));
	assert_true(status_text_equal(&text, &text));
	assert_true(status_draw(brush, &with, images[0]));
	for (int i = 0; i < 320 * 240; i++) {
		assert_int_equal(px_at(images[0], i % 320, i / 320), px_at(images[2], i % 320, i / 320));
	}
	for (int i = 0; i < 3; i++) {
		pixman_image_unref(images[i]);
	}
	status_brush_destroy(brush);
}

int main(void) {
	setenv("TZ", "UTC", 1);
	tzset();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_many_apps),
		cmocka_unit_test(test_no_network),
		cmocka_unit_test(test_strange_states),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_layout_extremes),
		cmocka_unit_test(test_draw),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
