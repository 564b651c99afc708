// SPDX-License-Identifier: MIT
// Text fields, the input method, and virtual keyboards: what each hears, in any order of their lives.
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "text-side.h"
#include "wayland/keymap.h"
#include "wayland/server.h"

static struct harness harness;
static struct seat *seat;

static bool trust(void *data, pid_t pid, int fd) {
	(void)data;
	(void)pid;
	(void)fd;
	return true;
}

static void start(void) {
	harness_start(&harness, 1);
	kiosk_layout_set_trust(harness.layout, trust, NULL);
	seat = wayland_server_seat(harness.server);
}

// ---- Text ----

// An app with a text field that has the focus, and an input method.
static void start_field(struct side *app, struct side *method, struct window *window) {
	start();
	seat_set_capabilities(seat, WL_SEAT_CAPABILITY_KEYBOARD);
	side_init(method, &harness);
	add_method(method);
	side_init(app, &harness);
	window_show(window, app->client, 640, 480);
	app->text = add_text(app);
	expect(app, "enter ");
	expect(method, "");
}

static void enable(struct side *app, struct zwp_text_input_v3 *text) {
	zwp_text_input_v3_enable(text);
	zwp_text_input_v3_commit(text);
	assert_true(client_sync(app->client));
}

static void test_field_and_method(void **state) {
	(void)state;
	struct side app, method;
	struct window window;
	start_field(&app, &method, &window);
	zwp_text_input_v3_enable(app.text);
	zwp_text_input_v3_set_surrounding_text(app.text, "h\xc3\xa4llo", 3, 0);
	zwp_text_input_v3_set_text_change_cause(app.text, 1);
	zwp_text_input_v3_set_content_type(app.text, 0xffffffff, 13);
	expect(&app, "");
	expect(&method, ""); // nothing before the commit
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect(&method, "activate text(h\xc3\xa4llo,3,0) cause(1) content(1023,13) done ");
	// What was not set again stays, but for the cause.
	zwp_text_input_v3_set_surrounding_text(app.text, "ab", 1, 1);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect(&method, "text(ab,1,1) content(1023,13) done ");
	zwp_input_method_v2_commit_string(method.method, "x");
	zwp_input_method_v2_set_preedit_string(method.method, "yz", 1, 2);
	zwp_input_method_v2_delete_surrounding_text(method.method, 1, 2);
	zwp_input_method_v2_commit(method.method, method.n_done);
	expect(&method, "");
	expect(&app, "preedit(yz,1,2) commit(x) delete(1,2) done(2) ");
	// It applied once.
	zwp_input_method_v2_commit(method.method, method.n_done);
	expect(&method, "");
	expect(&app, "done(2) ");
	// Enabled anew: another field.
	enable(&app, app.text);
	expect(&method, "activate content(0,0) done ");
	zwp_text_input_v3_disable(app.text);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect(&method, "deactivate done ");
	zwp_input_method_v2_commit_string(method.method, "late");
	zwp_input_method_v2_commit(method.method, method.n_done);
	expect(&method, "");
	expect(&app, "");
	harness_finish(&harness);
}

// Typed before the method heard what the field told last: for it all the same. Before it heard of the
// field: for another one.
static void test_serials(void **state) {
	(void)state;
	struct side app, method;
	struct window window;
	start_field(&app, &method, &window);
	enable(&app, app.text);
	for (int i = 0; i < 3; i++) {
		zwp_text_input_v3_set_cursor_rectangle(app.text, i, 0, 1, 1);
		zwp_text_input_v3_commit(app.text);
	}
	assert_true(client_sync(app.client));
	zwp_input_method_v2_commit_string(method.method, "a");
	zwp_input_method_v2_commit(method.method, 1);
	zwp_input_method_v2_commit_string(method.method, "b");
	zwp_input_method_v2_commit(method.method, 4);
	zwp_input_method_v2_commit_string(method.method, "c");
	zwp_input_method_v2_commit(method.method, 5); // none that there was
	zwp_input_method_v2_commit_string(method.method, "d");
	zwp_input_method_v2_commit(method.method, 0);
	assert_true(client_sync(method.client));
	expect(&app, "commit(a) done(4) commit(b) done(4) ");
	enable(&app, app.text);
	zwp_input_method_v2_commit_string(method.method, "e");
	zwp_input_method_v2_commit(method.method, 4);
	assert_true(client_sync(method.client));
	expect(&app, "");
	zwp_input_method_v2_commit_string(method.method, "f");
	zwp_input_method_v2_commit(method.method, 5);
	assert_true(client_sync(method.client));
	expect(&app, "commit(f) done(5) ");
	harness_finish(&harness);
}

static void test_one_field(void **state) {
	(void)state;
	struct side app, method;
	struct window window;
	start_field(&app, &method, &window);
	struct zwp_text_input_v3 *other = add_text(&app);
	expect(&app, "enter ");
	enable(&app, app.text);
	expect(&method, "activate content(0,0) done ");
	enable(&app, other);
	expect(&method, "");
	zwp_text_input_v3_disable(other);
	zwp_text_input_v3_commit(other);
	expect(&app, "");
	expect(&method, "");
	zwp_text_input_v3_destroy(app.text);
	expect(&app, "");
	expect(&method, "deactivate done ");
	enable(&app, other);
	expect(&method, "activate content(0,0) done ");
	harness_finish(&harness);
}

static void test_focus(void **state) {
	(void)state;
	struct side app, method, second;
	struct window window, window2;
	start_field(&app, &method, &window);
	enable(&app, app.text);
	expect(&method, "activate content(0,0) done ");
	side_init(&second, &harness);
	second.text = add_text(&second);
	expect(&second, "");
	enable(&second, second.text); // without the focus
	expect(&method, "");
	window_show(&window2, second.client, 640, 480);
	expect(&app, "leave ");
	expect(&second, "enter ");
	expect(&method, "deactivate done ");
	enable(&app, app.text);
	expect(&method, "");
	window_destroy(&window2);
	expect(&second, ""); // it knows what it destroyed
	expect(&app, "enter ");
	expect(&method, ""); // it has to be enabled again
	enable(&app, app.text);
	expect(&method, "activate content(0,0) done ");
	client_kill(app.client);
	expect(&method, "deactivate done ");
	harness_finish(&harness);
}

static void test_hostile_text(void **state) {
	(void)state;
	struct side app, method;
	struct window window;
	start_field(&app, &method, &window);
	char *text = malloc(4002);
	memset(text, 'a', 4001);
	text[4001] = '\0';
	static const int32_t bad[][2] = {{-1, 0}, {0, -1}, {3, 0}, {0, INT32_MAX}, {1, 0}, {0, 1}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		zwp_text_input_v3_enable(app.text);
		zwp_text_input_v3_set_surrounding_text(app.text, "\xc3\xa4", bad[i][0], bad[i][1]);
		zwp_text_input_v3_set_content_type(app.text, 0, 99);
		zwp_text_input_v3_set_cursor_rectangle(app.text, INT32_MIN, INT32_MAX, -5, INT32_MIN);
		zwp_text_input_v3_commit(app.text);
		expect(&app, "");
		expect(&method, "activate content(0,0) done ");
	}
	zwp_text_input_v3_set_surrounding_text(app.text, text, 0, 0);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect(&method, "content(0,0) done ");
	text[4000] = '\0';
	zwp_text_input_v3_set_surrounding_text(app.text, text, 4000, 0);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect(&method, "text(aaaaaaaaaaaaaaaaaaaa,4000,0) content(0,0) done ");
	text[4000] = 'a';
	zwp_input_method_v2_commit_string(method.method, text);
	zwp_input_method_v2_set_preedit_string(method.method, "ab", 3, 0);
	zwp_input_method_v2_commit(method.method, method.n_done);
	expect(&method, "");
	expect(&app, "preedit(ab,-1,-1) commit() done(8) ");
	free(text);
	// Latin-1 is no text.
	zwp_text_input_v3_set_surrounding_text(app.text, "\xe4", 0, 0);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect(&method, "content(0,0) done ");
	zwp_input_method_v2_commit_string(method.method, "\xe4");
	zwp_input_method_v2_set_preedit_string(method.method, "a\xed\xa0\x80", 1, 1);
	zwp_input_method_v2_commit(method.method, method.n_done);
	expect(&method, "");
	expect(&app, "preedit(,-1,-1) commit() done(9) ");
	for (int i = 0; i < 64; i++) {
		add_text(&app);
	}
	client_expect_error(app.client, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
	client_kill(app.client);
	expect(&method, "deactivate done ");
	harness_finish(&harness);
}

static void test_one_method(void **state) {
	(void)state;
	struct side app, method, second;
	struct window window;
	start_field(&app, &method, &window);
	side_init(&second, &harness);
	add_method(&second);
	expect(&second, "unavailable ");
	enable(&app, app.text);
	zwp_input_method_v2_commit_string(second.method, "no");
	zwp_input_method_v2_commit(second.method, 0);
	struct zwp_input_method_keyboard_grab_v2 *grab = add_grab(&second);
	struct wl_surface *surface = wl_compositor_create_surface(second.client->compositor);
	zwp_input_method_v2_get_input_popup_surface(second.method, surface);
	expect(&second, "");
	expect(&app, "");
	zwp_input_method_keyboard_grab_v2_release(grab);
	zwp_input_method_v2_destroy(second.method);
	expect(&second, "");
	expect(&method, "activate content(0,0) done ");
	// It goes, with what it had begun; the next one finds the field.
	client_kill(method.client);
	expect(&app, "done(1) ");
	add_method(&second);
	expect(&second, "activate content(0,0) done ");
	harness_finish(&harness);
}

// ---- Popups of the method ----

static void rectangle(void *data, struct zwp_input_popup_surface_v2 *popup, int32_t x, int32_t y,
	int32_t width, int32_t height) {
	(void)popup;
	say(data, "at(%d,%d,%d,%d) ", x, y, width, height);
}

static const struct zwp_input_popup_surface_v2_listener popup_listener = {
	.text_input_rectangle = rectangle,
};

static void test_input_popup(void **state) {
	(void)state;
	struct side app, method;
	struct window window;
	start_field(&app, &method, &window);
	struct wl_surface *surface = wl_compositor_create_surface(method.client->compositor);
	struct zwp_input_popup_surface_v2 *popup =
		zwp_input_method_v2_get_input_popup_surface(method.method, surface);
	zwp_input_popup_surface_v2_add_listener(popup, &popup_listener, &method);
	wl_surface_attach(surface, client_buffer(method.client, 100, 50), 0, 0);
	wl_surface_commit(surface);
	expect(&method, "");
	expect_n_layers(&harness, 0, 1);
	zwp_text_input_v3_enable(app.text);
	zwp_text_input_v3_set_cursor_rectangle(app.text, 20, 30, 2, 10);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect_layer(&harness, 0, 1, 20, 40, 100, 50);
	expect(&method, "activate content(0,0) done at(0,-10,2,10) ");
	// No room below: above. At the right edge it slides.
	zwp_text_input_v3_set_cursor_rectangle(app.text, 600, 460, 2, 10);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect_layer(&harness, 0, 1, 540, 410, 100, 50);
	expect(&method, "content(0,0) done at(60,50,2,10) ");
	wl_surface_attach(surface, client_buffer(method.client, 100, 60), 0, 0);
	wl_surface_commit(surface);
	assert_true(client_sync(method.client));
	expect_layer(&harness, 0, 1, 540, 400, 100, 60);
	zwp_text_input_v3_disable(app.text);
	zwp_text_input_v3_commit(app.text);
	expect(&app, "");
	expect_n_layers(&harness, 0, 1);
	enable(&app, app.text);
	expect_n_layers(&harness, 0, 2);
	// Each end.
	zwp_input_popup_surface_v2_destroy(popup);
	assert_true(client_sync(method.client));
	expect_n_layers(&harness, 0, 1);
	popup = zwp_input_method_v2_get_input_popup_surface(method.method, surface);
	wl_surface_attach(surface, client_buffer(method.client, 100, 60), 0, 0);
	wl_surface_commit(surface);
	assert_true(client_sync(method.client));
	expect_n_layers(&harness, 0, 2);
	zwp_input_method_v2_destroy(method.method);
	assert_true(client_sync(method.client));
	expect_n_layers(&harness, 0, 1);
	add_method(&method);
	struct wl_surface *other = wl_compositor_create_surface(method.client->compositor);
	zwp_input_method_v2_get_input_popup_surface(method.method, other);
	wl_surface_attach(other, client_buffer(method.client, 10, 10), 0, 0);
	wl_surface_commit(other);
	assert_true(client_sync(method.client));
	expect_n_layers(&harness, 0, 2);
	client_kill(method.client);
	expect_n_layers(&harness, 0, 1);
	harness_finish(&harness);
}

static void test_popup_role(void **state) {
	(void)state;
	start();
	struct side method;
	side_init(&method, &harness);
	add_method(&method);
	struct window window;
	window_show(&window, method.client, 640, 480);
	zwp_input_method_v2_get_input_popup_surface(method.method, window.surface);
	client_expect_error(method.client, &zwp_input_method_v2_interface, 0);
	harness_finish(&harness);
}

// ---- Keys ----

static int make_file(const char *text, size_t size) {
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	return fd;
}

static const char small_keymap[] =
	"xkb_keymap { xkb_keycodes { <K1> = 38; <SH> = 50; }; xkb_types { virtual_modifiers None; "
	"type \"ONE_LEVEL\" { modifiers = none; map[none] = Level1; level_name[Level1] = \"Any\"; }; };"
	"xkb_compatibility { }; xkb_symbols { key <K1> { [ a ] }; key <SH> { [ Shift_L ] }; "
	"modifier_map Shift { <SH> }; }; };";

static void send_keymap(struct side *side, const char *text, size_t size) {
	int fd = make_file(text, size);
	zwp_virtual_keyboard_v1_keymap(
		side->virtual, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)size);
	close(fd);
}

static void add_virtual(struct side *side) {
	side->virtual = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
		side->keyboard_manager, side->client->seat);
	assert_true(client_sync(side->client));
}

static void set_own_keymap(void) {
	struct xkb_keymap *keymap = keymap_compile(&(struct keymap_names){0});
	assert_non_null(keymap);
	assert_true(seat_set_keymap(seat, keymap));
	xkb_keymap_unref(keymap);
}

static void press(uint32_t key, bool pressed) {
	seat_notify_key(seat, &(struct seat_key){1000, key, pressed});
}

static void test_virtual_keyboard(void **state) {
	(void)state;
	start();
	set_own_keymap();
	struct side app, osk;
	struct window window;
	side_init(&app, &harness);
	side_init(&osk, &harness);
	window_show(&window, app.client, 640, 480);
	assert_null(seat_keyboard_focus(seat)); // nobody can type
	add_virtual(&osk);
	assert_non_null(seat_keyboard_focus(seat));
	add_keyboard(&app);
	expect(&app, "keymap enter mods(0,0,0,0) ");
	uint32_t own_size = app.keymap_size;
	send_keymap(&osk, small_keymap, sizeof(small_keymap));
	expect(&osk, "");
	expect(&app, ""); // told when it matters
	zwp_virtual_keyboard_v1_key(osk.virtual, 1, KEY_A, 1);
	zwp_virtual_keyboard_v1_key(osk.virtual, 2, KEY_A, 1);
	zwp_virtual_keyboard_v1_key(osk.virtual, 3, KEY_A, 0);
	zwp_virtual_keyboard_v1_key(osk.virtual, 4, KEY_A, 0);
	zwp_virtual_keyboard_v1_key(osk.virtual, 4, UINT32_MAX, 1);
	zwp_virtual_keyboard_v1_modifiers(osk.virtual, 1, 0, 2, 0);
	expect(&osk, "");
	expect(&app, "keymap +30 -30 mods(1,0,2,0) ");
	assert_true(app.keymap_size != own_size);
	// A key of a real keyboard is by the real keymap.
	press(KEY_B, true);
	expect(&app, "keymap mods(0,0,0,0) +48 ");
	assert_int_equal(app.keymap_size, own_size);
	press(KEY_B, false);
	expect(&app, "-48 ");
	// What it holds down when it goes is released, its modifiers too.
	zwp_virtual_keyboard_v1_modifiers(osk.virtual, 1, 0, 0, 0);
	zwp_virtual_keyboard_v1_key(osk.virtual, 5, KEY_A, 1);
	zwp_virtual_keyboard_v1_key(osk.virtual, 6, KEY_C, 1);
	expect(&osk, "");
	expect(&app, "keymap mods(1,0,0,0) +30 +46 ");
	add_virtual(&osk); // another one: the seat keeps a keyboard
	client_sync(osk.client);
	zwp_virtual_keyboard_v1_destroy(osk.virtual);
	expect(&app, "");
	client_kill(osk.client);
	expect(&app, "-30 -46 keymap mods(0,0,0,0) leave ");
	assert_null(seat_keyboard_focus(seat));
	harness_finish(&harness);
}

static bool refuse_shifted(
	struct seat_filter *filter, const struct seat_key *key, struct xkb_state *state) {
	(void)filter;
	return key->key == KEY_A &&
		xkb_state_mod_name_is_active(state, XKB_MOD_NAME_SHIFT, XKB_STATE_MODS_EFFECTIVE) > 0;
}

// A filter sees what a key means by the keyboard's own keymap and modifiers; what it keeps is kept to the
// key's end.
static void test_virtual_keyboard_is_filtered(void **state) {
	(void)state;
	start();
	set_own_keymap();
	struct side app, osk;
	struct window window;
	side_init(&app, &harness);
	side_init(&osk, &harness);
	window_show(&window, app.client, 640, 480);
	add_virtual(&osk);
	add_keyboard(&app);
	send_keymap(&osk, small_keymap, sizeof(small_keymap));
	expect(&osk, "");
	static const struct seat_filter_ops ops = {.typed = refuse_shifted};
	struct seat_filter filter;
	seat_add_filter(seat, &filter, &ops, SEAT_FILTER_GUARD);
	expect(&app, "keymap enter mods(0,0,0,0) ");
	zwp_virtual_keyboard_v1_modifiers(osk.virtual, 1, 0, 0, 0);
	zwp_virtual_keyboard_v1_key(osk.virtual, 1, KEY_A, 1);
	zwp_virtual_keyboard_v1_modifiers(osk.virtual, 0, 0, 0, 0);
	zwp_virtual_keyboard_v1_key(osk.virtual, 2, KEY_A, 0);
	expect(&osk, "");
	expect(&app, "keymap mods(1,0,0,0) mods(0,0,0,0) ");
	zwp_virtual_keyboard_v1_key(osk.virtual, 3, KEY_A, 1);
	zwp_virtual_keyboard_v1_modifiers(osk.virtual, 1, 0, 0, 0);
	zwp_virtual_keyboard_v1_key(osk.virtual, 4, KEY_A, 0);
	expect(&osk, "");
	expect(&app, "+30 mods(1,0,0,0) -30 ");
	seat_remove_filter(&filter);
	harness_finish(&harness);
}

static void expect_refused(const char *text, size_t size, uint32_t told, uint32_t format) {
	struct side osk;
	side_init(&osk, &harness);
	add_virtual(&osk);
	int fd = make_file(text, size);
	zwp_virtual_keyboard_v1_keymap(osk.virtual, format, fd, told);
	close(fd);
	client_expect_error(
		osk.client, &zwp_virtual_keyboard_v1_interface, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP);
	client_kill(osk.client);
}

static void test_hostile_keymaps(void **state) {
	(void)state;
	start();
	const uint32_t xkb = WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1;
	expect_refused("", 0, 0, xkb);
	expect_refused("xkb_keymap", 10, 10, xkb);
	expect_refused(small_keymap, sizeof(small_keymap), sizeof(small_keymap) / 2, xkb);
	expect_refused(small_keymap, sizeof(small_keymap), sizeof(small_keymap) + 1, xkb);
	expect_refused(small_keymap, sizeof(small_keymap), UINT32_MAX, xkb);
	expect_refused(small_keymap, sizeof(small_keymap), sizeof(small_keymap), 0);
	// A file that it names is not read, be it one that would never end.
	static const char include[] = "xkb_keymap { xkb_keycodes { include \"evdev\" }; "
								  "xkb_types { include \"complete\" }; "
								  "xkb_compat { include \"complete\" }; "
								  "xkb_symbols { include \"pc+us\" }; };";
	expect_refused(include, sizeof(include), sizeof(include), xkb);
	char *large = calloc(1, (1 << 20) + 1);
	memset(large, ' ', 1 << 20);
	memcpy(large + (1 << 20) - sizeof(small_keymap), small_keymap, sizeof(small_keymap));
	expect_refused(large, (1 << 20) + 1, (1 << 20) + 1, xkb);
	free(large);
	// A pipe has no end to read to.
	struct side osk;
	side_init(&osk, &harness);
	add_virtual(&osk);
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	zwp_virtual_keyboard_v1_keymap(osk.virtual, xkb, fds[0], 100);
	client_expect_error(
		osk.client, &zwp_virtual_keyboard_v1_interface, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP);
	client_kill(osk.client);
	close(fds[0]);
	close(fds[1]);
	// Keys without any.
	side_init(&osk, &harness);
	add_virtual(&osk);
	zwp_virtual_keyboard_v1_key(osk.virtual, 0, KEY_A, 1);
	client_expect_error(
		osk.client, &zwp_virtual_keyboard_v1_interface, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP);
	client_kill(osk.client);
	side_init(&osk, &harness);
	add_virtual(&osk);
	zwp_virtual_keyboard_v1_modifiers(osk.virtual, 1, 0, 0, 0);
	client_expect_error(
		osk.client, &zwp_virtual_keyboard_v1_interface, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP);
	harness_finish(&harness);
}

static void test_keyboard_grab(void **state) {
	(void)state;
	start();
	set_own_keymap();
	seat_set_capabilities(seat, WL_SEAT_CAPABILITY_KEYBOARD);
	struct side app, method;
	struct window window;
	side_init(&app, &harness);
	window_show(&window, app.client, 640, 480);
	add_keyboard(&app);
	expect(&app, "keymap enter mods(0,0,0,0) ");
	press(KEY_A, true);
	expect(&app, "+30 ");
	side_init(&method, &harness);
	add_method(&method);
	struct zwp_input_method_keyboard_grab_v2 *grab = add_grab(&method);
	expect(&method, "keymap repeat(25,400) mods(0,0,0,0) ");
	struct zwp_input_method_keyboard_grab_v2 *second = add_grab(&method);
	expect(&method, "");
	zwp_input_method_keyboard_grab_v2_release(second);
	press(KEY_A, false); // belongs to who heard the press
	press(KEY_LEFTSHIFT, true);
	press(KEY_B, true);
	press(KEY_B, false);
	expect(&method, "+42 mods(1,0,0,0) +48 -48 ");
	expect(&app, "-30 ");
	// The grab ends while Shift is down: the app is told how things are.
	zwp_input_method_keyboard_grab_v2_release(grab);
	expect(&method, "");
	expect(&app, "mods(1,0,0,0) ");
	press(KEY_LEFTSHIFT, false);
	expect(&app, "mods(0,0,0,0) ");
	// With its method, and with its client.
	add_grab(&method);
	zwp_input_method_v2_destroy(method.method);
	assert_true(client_sync(method.client));
	press(KEY_C, true);
	expect(&app, "+46 ");
	press(KEY_C, false);
	expect(&app, "-46 ");
	add_method(&method);
	add_grab(&method);
	assert_true(client_sync(method.client));
	press(KEY_C, true);
	expect(&app, "");
	client_kill(method.client);
	press(KEY_C, false);
	press(KEY_D, true);
	expect(&app, "+32 ");
	press(KEY_D, false);
	harness_finish(&harness);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_and_method),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_one_field),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_one_method),
		cmocka_unit_test(test_input_popup),
		cmocka_unit_test(test_popup_role),
		cmocka_unit_test(test_virtual_keyboard),
		cmocka_unit_test(test_virtual_keyboard_is_filtered),
		cmocka_unit_test(test_hostile_keymaps),
		cmocka_unit_test(test_keyboard_grab),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
