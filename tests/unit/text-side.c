// SPDX-License-Identifier: MIT
#include "text-side.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "globals.h"

void say(struct side *side, const char *format, ...) {
	size_t length = strlen(side->log);
	va_list args;
	va_start(args, format);
	vsnprintf(side->log + length, sizeof(side->log) - length, format, args);
	va_end(args);
}

// All that was heard since the last time.
void expect(struct side *side, const char *expected) {
	assert_true(client_sync(side->client));
	assert_string_equal(side->log, expected);
	side->log[0] = '\0';
}

void side_init(struct side *side, struct harness *harness) {
	*side = (struct side){.client = client_connect(harness)};
	struct test_globals globals;
	test_globals_ask(&globals, side->client->display);
	assert_true(client_sync(side->client));
	side->text_manager = test_globals_bind(&globals, &zwp_text_input_manager_v3_interface, 1);
	side->method_manager = test_globals_bind(&globals, &zwp_input_method_manager_v2_interface, 1);
	side->keyboard_manager =
		test_globals_bind(&globals, &zwp_virtual_keyboard_manager_v1_interface, 1);
	test_globals_finish(&globals);
	assert_non_null(side->text_manager);
	assert_non_null(side->method_manager);
	assert_non_null(side->keyboard_manager);
}

// ---- Listeners ----

static void text_enter(void *data, struct zwp_text_input_v3 *text, struct wl_surface *surface) {
	(void)text;
	(void)surface;
	say(data, "enter ");
}

static void text_leave(void *data, struct zwp_text_input_v3 *text, struct wl_surface *surface) {
	(void)text;
	(void)surface;
	say(data, "leave ");
}

static void text_preedit(
	void *data, struct zwp_text_input_v3 *text, const char *string, int32_t begin, int32_t end) {
	(void)text;
	say(data, "preedit(%s,%d,%d) ", string, begin, end);
}

static void text_commit(void *data, struct zwp_text_input_v3 *text, const char *string) {
	(void)text;
	say(data, "commit(%s) ", string);
}

static void text_delete(
	void *data, struct zwp_text_input_v3 *text, uint32_t before, uint32_t after) {
	(void)text;
	say(data, "delete(%u,%u) ", before, after);
}

static void text_done(void *data, struct zwp_text_input_v3 *text, uint32_t serial) {
	(void)text;
	say(data, "done(%u) ", serial);
}

static const struct zwp_text_input_v3_listener text_listener = {
	.enter = text_enter,
	.leave = text_leave,
	.preedit_string = text_preedit,
	.commit_string = text_commit,
	.delete_surrounding_text = text_delete,
	.done = text_done,
};

struct zwp_text_input_v3 *add_text(struct side *side) {
	struct zwp_text_input_v3 *text =
		zwp_text_input_manager_v3_get_text_input(side->text_manager, side->client->seat);
	zwp_text_input_v3_add_listener(text, &text_listener, side);
	return text;
}

static void method_activate(void *data, struct zwp_input_method_v2 *method) {
	(void)method;
	say(data, "activate ");
}

static void method_deactivate(void *data, struct zwp_input_method_v2 *method) {
	(void)method;
	say(data, "deactivate ");
}

static void method_surrounding(void *data, struct zwp_input_method_v2 *method, const char *text,
	uint32_t cursor, uint32_t anchor) {
	(void)method;
	say(data, "text(%.20s,%u,%u) ", text, cursor, anchor);
}

static void method_cause(void *data, struct zwp_input_method_v2 *method, uint32_t cause) {
	(void)method;
	if (cause != 0) {
		say(data, "cause(%u) ", cause);
	}
}

static void method_content(
	void *data, struct zwp_input_method_v2 *method, uint32_t hint, uint32_t purpose) {
	(void)method;
	say(data, "content(%u,%u) ", hint, purpose);
}

static void method_done(void *data, struct zwp_input_method_v2 *method) {
	(void)method;
	((struct side *)data)->n_done++;
	say(data, "done ");
}

static void method_unavailable(void *data, struct zwp_input_method_v2 *method) {
	(void)method;
	say(data, "unavailable ");
}

static const struct zwp_input_method_v2_listener method_listener = {
	.activate = method_activate,
	.deactivate = method_deactivate,
	.surrounding_text = method_surrounding,
	.text_change_cause = method_cause,
	.content_type = method_content,
	.done = method_done,
	.unavailable = method_unavailable,
};

void add_method(struct side *side) {
	side->n_done = 0;
	side->method =
		zwp_input_method_manager_v2_get_input_method(side->method_manager, side->client->seat);
	zwp_input_method_v2_add_listener(side->method, &method_listener, side);
	assert_true(client_sync(side->client));
}

static void keyboard_keymap(
	void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	(void)keyboard;
	struct side *side = data;
	assert_int_equal(format, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
	side->keymap_size = size;
	close(fd);
	say(side, "keymap ");
}

static void keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface, struct wl_array *keys) {
	(void)keyboard;
	(void)serial;
	(void)surface;
	(void)keys;
	say(data, "enter ");
}

static void keyboard_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
	(void)keyboard;
	(void)serial;
	(void)surface;
	say(data, "leave ");
}

static void keyboard_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
	uint32_t key, uint32_t state) {
	(void)keyboard;
	(void)serial;
	(void)time;
	say(data, "%s%u ", state ? "+" : "-", key);
}

static void keyboard_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
	(void)keyboard;
	(void)serial;
	say(data, "mods(%u,%u,%u,%u) ", depressed, latched, locked, group);
}

static void keyboard_repeat(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay) {
	(void)data;
	(void)keyboard;
	(void)rate;
	(void)delay;
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keyboard_keymap,
	.enter = keyboard_enter,
	.leave = keyboard_leave,
	.key = keyboard_key,
	.modifiers = keyboard_modifiers,
	.repeat_info = keyboard_repeat,
};

void add_keyboard(struct side *side) {
	side->keyboard = wl_seat_get_keyboard(side->client->seat);
	wl_keyboard_add_listener(side->keyboard, &keyboard_listener, side);
	assert_true(client_sync(side->client));
}

static void grab_keymap(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t format,
	int32_t fd, uint32_t size) {
	(void)grab;
	(void)format;
	(void)size;
	close(fd);
	say(data, "keymap ");
}

static void grab_key(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t serial,
	uint32_t time, uint32_t key, uint32_t state) {
	(void)grab;
	(void)serial;
	(void)time;
	say(data, "%s%u ", state ? "+" : "-", key);
}

static void grab_modifiers(void *data, struct zwp_input_method_keyboard_grab_v2 *grab,
	uint32_t serial, uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
	(void)grab;
	(void)serial;
	say(data, "mods(%u,%u,%u,%u) ", depressed, latched, locked, group);
}

static void grab_repeat(
	void *data, struct zwp_input_method_keyboard_grab_v2 *grab, int32_t rate, int32_t delay) {
	(void)grab;
	say(data, "repeat(%d,%d) ", rate, delay);
}

static const struct zwp_input_method_keyboard_grab_v2_listener grab_listener = {
	.keymap = grab_keymap,
	.key = grab_key,
	.modifiers = grab_modifiers,
	.repeat_info = grab_repeat,
};

struct zwp_input_method_keyboard_grab_v2 *add_grab(struct side *side) {
	struct zwp_input_method_keyboard_grab_v2 *grab =
		zwp_input_method_v2_grab_keyboard(side->method);
	zwp_input_method_keyboard_grab_v2_add_listener(grab, &grab_listener, side);
	return grab;
}
