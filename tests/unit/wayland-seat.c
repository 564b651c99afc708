// SPDX-License-Identifier: MIT
// The seat without devices: filters, serials, clients that do not read, and objects that go in any
// order while events come.
#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>
#include <unistd.h>

#include "wayland-harness.h"
#include "wayland/keymap.h"
#include "wayland/seat.h"

enum { ALL = WL_SEAT_CAPABILITY_POINTER | WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_TOUCH };

static struct seat *seat;
static struct client *client;
static struct wl_surface *surface;
static struct shm_image *image;

static struct {
	unsigned keys, presses, motions, buttons, cancels, downs, ups;
	double x, y;
} heard;

// ---- What the client hears ----

static void keymap(
	void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	(void)data;
	(void)keyboard;
	(void)format;
	(void)size;
	close(fd);
}

static void keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *entered, struct wl_array *keys) {
	(void)data;
	(void)keyboard;
	(void)serial;
	(void)entered;
	(void)keys;
}

static void keyboard_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *left) {
	(void)data;
	(void)keyboard;
	(void)serial;
	(void)left;
}

static void key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
	uint32_t code, uint32_t state) {
	(void)data;
	(void)keyboard;
	(void)serial;
	(void)time;
	(void)code;
	heard.keys++;
	heard.presses += state;
}

static void modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
	uint32_t latched, uint32_t locked, uint32_t group) {
	(void)data;
	(void)keyboard;
	(void)serial;
	(void)depressed;
	(void)latched;
	(void)locked;
	(void)group;
}

static void repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay) {
	(void)data;
	(void)keyboard;
	(void)rate;
	(void)delay;
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keymap,
	.enter = keyboard_enter,
	.leave = keyboard_leave,
	.key = key,
	.modifiers = modifiers,
	.repeat_info = repeat_info,
};

static void pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *entered, wl_fixed_t x, wl_fixed_t y) {
	(void)data;
	(void)pointer;
	(void)serial;
	(void)entered;
	heard.x = wl_fixed_to_double(x);
	heard.y = wl_fixed_to_double(y);
}

static void pointer_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *left) {
	(void)data;
	(void)pointer;
	(void)serial;
	(void)left;
}

static void motion(
	void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	(void)data;
	(void)pointer;
	(void)time;
	heard.motions++;
	heard.x = wl_fixed_to_double(x);
	heard.y = wl_fixed_to_double(y);
}

static void button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
	uint32_t code, uint32_t state) {
	(void)data;
	(void)pointer;
	(void)serial;
	(void)time;
	(void)code;
	(void)state;
	heard.buttons++;
}

static void axis(
	void *data, struct wl_pointer *pointer, uint32_t time, uint32_t which, wl_fixed_t value) {
	(void)data;
	(void)pointer;
	(void)time;
	(void)which;
	(void)value;
}

static const struct wl_pointer_listener pointer_listener = {
	// of version 4
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = motion,
	.button = button,
	.axis = axis,
};

static void down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
	struct wl_surface *on, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)data;
	(void)touch;
	(void)serial;
	(void)time;
	(void)on;
	(void)id;
	(void)x;
	(void)y;
	heard.downs++;
}

static void up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	(void)data;
	(void)touch;
	(void)serial;
	(void)time;
	(void)id;
	heard.ups++;
}

static void touch_motion(
	void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	(void)data;
	(void)touch;
	(void)time;
	(void)id;
	heard.x = wl_fixed_to_double(x);
	heard.y = wl_fixed_to_double(y);
}

static void touch_frame(void *data, struct wl_touch *touch) {
	(void)data;
	(void)touch;
}

static void touch_cancel(void *data, struct wl_touch *touch) {
	(void)data;
	(void)touch;
	heard.cancels++;
}

static const struct wl_touch_listener touch_listener = {
	.down = down,
	.up = up,
	.motion = touch_motion,
	.frame = touch_frame,
	.cancel = touch_cancel,
};

// ---- Setup ----

static struct wl_seat *bind_seat(struct client *of, uint32_t version) {
	// Its name is known from what the harness bound.
	const char *line = strstr(of->globals, "wl_seat");
	assert_non_null(line);
	uint32_t name = 1;
	for (const char *c = of->globals; c < line; c++) {
		name += *c == '\n';
	}
	return wl_registry_bind(of->registry, name, &wl_seat_interface, version);
}

static int setup(void **state) {
	harness_setup(state);
	memset(&heard, 0, sizeof(heard));
	seat = wayland_server_seat(harness.server);
	struct xkb_keymap *xkb = keymap_compile(&(struct keymap_names){0});
	assert_non_null(xkb);
	assert_true(seat_set_keymap(seat, xkb));
	xkb_keymap_unref(xkb);
	client = client_connect();
	surface = client_keep(client, wl_compositor_create_surface(client->compositor));
	make_root(client, surface);
	image = image_create(client, HARNESS_WIDTH, HARNESS_HEIGHT, WL_SHM_FORMAT_XRGB8888, 0);
	show(surface, image);
	assert_true(client_sync(client));
	return 0;
}

static int teardown(void **state) {
	image_destroy(image);
	client_disconnect(client);
	return harness_teardown(state);
}

static void take_objects(void) {
	struct wl_seat *old = client_keep(client, bind_seat(client, 4));
	struct wl_pointer *pointer = client_keep(client, wl_seat_get_pointer(old));
	struct wl_keyboard *keyboard = client_keep(client, wl_seat_get_keyboard(client->seat));
	struct wl_touch *touch = client_keep(client, wl_seat_get_touch(old));
	wl_pointer_add_listener(pointer, &pointer_listener, NULL);
	wl_keyboard_add_listener(keyboard, &keyboard_listener, NULL);
	wl_touch_add_listener(touch, &touch_listener, NULL);
	assert_true(client_sync(client));
}

static void give_everything(void) {
	seat_set_capabilities(seat, ALL);
	seat_set_keyboard_focus(seat, server_surface(client, surface));
	take_objects();
}

static void press(uint32_t code, bool pressed) {
	seat_notify_key(seat, &(struct seat_key){1000, code, pressed});
}

static void move_to(double x, double y) {
	struct seat_motion to = {.time_us = 1000, .to = {harness.output, x, y}};
	seat_notify_motion(seat, &to);
	seat_notify_pointer_frame(seat);
}

// ---- Filters ----

static bool take_presses, take_releases;
static unsigned filtered;

static bool filter_key(struct seat_filter *filter, const struct seat_key *event) {
	(void)filter;
	filtered++;
	return event->pressed ? take_presses : take_releases;
}

static const struct seat_filter_ops key_ops = {.key = filter_key};

static unsigned order;

static bool note_first(struct seat_filter *filter, const struct seat_key *event) {
	(void)event;
	assert_int_equal(order++, 0);
	seat_remove_filter(filter); // while the walk stands on it
	return false;
}

static bool note_second(struct seat_filter *filter, const struct seat_key *event) {
	(void)filter;
	(void)event;
	assert_int_equal(order++, 1);
	return false;
}

static void test_filters(void **state) {
	(void)state;
	give_everything();
	struct seat_filter filter = {0};
	seat_add_filter(seat, &filter, &key_ops, SEAT_FILTER_METHOD);
	// Who did not hear the press does not hear the release.
	take_presses = true;
	take_releases = false;
	press(KEY_A, true);
	press(KEY_A, false);
	assert_true(client_sync(client));
	assert_int_equal(heard.keys, 0);
	// Who heard it does, also if a filter has come meanwhile.
	take_presses = false;
	press(KEY_B, true);
	take_releases = true;
	press(KEY_B, false);
	assert_true(client_sync(client));
	assert_int_equal(heard.keys, 2);
	assert_int_equal(heard.presses, 1);
	assert_int_equal(filtered, 4);
	seat_remove_filter(&filter);
	seat_remove_filter(&filter);
	// The guard comes first, whenever it was added, and may take itself out.
	static const struct seat_filter_ops first_ops = {.key = note_first};
	static const struct seat_filter_ops second_ops = {.key = note_second};
	struct seat_filter first = {0}, second = {0};
	seat_add_filter(seat, &first, &first_ops, SEAT_FILTER_GUARD);
	seat_add_filter(seat, &second, &second_ops, SEAT_FILTER_POPUP);
	press(KEY_C, true);
	assert_int_equal(order, 2);
	seat_remove_filter(&second);
	press(KEY_C, false);
	assert_int_equal(order, 2);
}

// ---- Serials ----

static void test_serials(void **state) {
	(void)state;
	give_everything();
	uint32_t serial = seat_issue_serial(seat, client->peer, SEAT_SERIAL_PRESS);
	assert_true(seat_has_serial(seat, client->peer, serial, SEAT_SERIAL_PRESS));
	assert_true(seat_has_serial(seat, client->peer, serial, SEAT_SERIAL_ANY));
	assert_false(seat_has_serial(seat, client->peer, serial, SEAT_SERIAL_ENTER));
	assert_false(seat_has_serial(seat, client->peer, serial + 1, SEAT_SERIAL_ANY));
	struct client *other = client_connect();
	assert_false(seat_has_serial(seat, other->peer, serial, SEAT_SERIAL_ANY));
	client_disconnect(other);
	for (int i = 0; i < 1000; i++) { // old ones are forgotten
		seat_issue_serial(seat, client->peer, SEAT_SERIAL_OTHER);
	}
	assert_false(seat_has_serial(seat, client->peer, serial, SEAT_SERIAL_ANY));
}

// ---- Clients that do not read ----

static void serve(void) {
	wl_event_loop_dispatch(harness.server->loop, 0);
	wl_display_flush_clients(harness.server->display);
}

// Motion is left out for who does not read, but not its end.
static void test_motion_waits(void **state) {
	(void)state;
	give_everything();
	struct seat_touch finger = {.time_us = 1000, .id = 3, .at = {harness.output, 5, 5}};
	seat_notify_touch_down(seat, &finger);
	const int n = 200000;
	for (int i = 0; i < n; i++) {
		move_to(i % 600, i % 400);
		finger.at.x = i % 600;
		seat_notify_touch_motion(seat, &finger);
		seat_notify_touch_frame(seat);
		serve();
	}
	move_to(123, 45);
	assert_true(client_sync(client));
	move_to(124, 46); // told at once, now that there is room
	seat_notify_touch_up(seat, &finger);
	assert_true(client_sync(client));
	assert_true(heard.motions > 100 && heard.motions < 50000);
	assert_int_equal(heard.downs, 1);
	assert_int_equal(heard.ups, 1);
	// The button knows its place in any case.
	move_to(200, 100);
	seat_notify_button(seat, &(struct seat_button){1000, BTN_LEFT, true});
	assert_true(client_sync(client));
	assert_int_equal(heard.buttons, 1);
	assert_true(heard.x == 200 && heard.y == 100);
}

// Keys cannot be left out: who does not read them ends, and is not stored without bound.
static void test_keys_without_end(void **state) {
	(void)state;
	give_everything();
	for (int i = 0; i < 300000; i++) {
		press(KEY_A, i % 2 == 0);
		serve();
	}
	assert_false(client_sync(client)); // as soon as it reads
	assert_null(seat_keyboard_focus(seat));
	press(KEY_A, true); // to nobody
}

static void test_objects_without_end(void **state) {
	(void)state;
	give_everything();
	for (int i = 0; i < 100; i++) {
		wl_proxy_destroy((struct wl_proxy *)wl_seat_get_pointer(client->seat));
	}
	assert_false(client_sync(client));
	assert_int_equal(wl_display_get_error(client->display), ENOMEM);
}

// ---- Any order ----

static uint64_t random_state = 88172645463325252u;

static unsigned pick(unsigned n) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 20) % n;
}

enum { N_ACTORS = 3, N_PROXIES = 6 };

struct actor {
	struct client *client;
	struct wl_surface *surface;
	struct shm_image *image;
	struct wl_seat *seat;
	struct wl_pointer *pointers[N_PROXIES];
	struct wl_keyboard *keyboards[N_PROXIES];
	struct wl_touch *touches[N_PROXIES];
	bool rooted;
};

static void actor_enter(struct actor *actor) {
	*actor = (struct actor){.client = client_connect()};
	actor->seat = bind_seat(actor->client, 1 + pick(9));
	actor->image = image_create(actor->client, 300, 200, WL_SHM_FORMAT_XRGB8888, 0);
	assert_true(client_sync(actor->client));
}

static void actor_leave(struct actor *actor) {
	image_destroy(actor->image);
	wl_seat_destroy(actor->seat);
	for (int i = 0; i < N_PROXIES; i++) {
		void *proxies[] = {actor->pointers[i], actor->keyboards[i], actor->touches[i]};
		for (int j = 0; j < 3; j++) {
			if (proxies[j]) {
				wl_proxy_destroy(proxies[j]); // the server learns of it from the connection's end
			}
		}
	}
	if (actor->surface) {
		wl_proxy_destroy((struct wl_proxy *)actor->surface);
	}
	client_disconnect(actor->client);
}

static void toggle_surface(struct actor *actor) {
	if (actor->surface) {
		if (actor->rooted) {
			drop_root(actor->client, actor->surface);
		}
		wl_surface_destroy(actor->surface);
		actor->surface = NULL;
		return;
	}
	actor->surface = wl_compositor_create_surface(actor->client->compositor);
	actor->rooted = pick(4) != 0;
	if (actor->rooted) {
		make_root(actor->client, actor->surface);
	}
	show(actor->surface, actor->image);
}

static void toggle_object(struct actor *actor) {
	unsigned i = pick(N_PROXIES);
	bool release = wl_seat_get_version(actor->seat) >= 3 && pick(2);
	switch (pick(3)) {
	case 0:
		if (!actor->pointers[i]) {
			actor->pointers[i] = wl_seat_get_pointer(actor->seat);
		} else if (release) {
			wl_pointer_release(actor->pointers[i]);
			actor->pointers[i] = NULL;
		}
		break;
	case 1:
		if (!actor->keyboards[i]) {
			actor->keyboards[i] = wl_seat_get_keyboard(actor->seat);
		} else if (release) {
			wl_keyboard_release(actor->keyboards[i]);
			actor->keyboards[i] = NULL;
		}
		break;
	default:
		if (!actor->touches[i]) {
			actor->touches[i] = wl_seat_get_touch(actor->seat);
		} else if (release) {
			wl_touch_release(actor->touches[i]);
			actor->touches[i] = NULL;
		}
	}
}

static void set_cursor(struct actor *actor) {
	for (int i = 0; i < N_PROXIES; i++) {
		if (actor->pointers[i]) {
			uint32_t serial = wl_display_get_serial(harness.server->display) - pick(6);
			// A surface of its own, for one with another role is an error.
			struct wl_surface *cursor = wl_compositor_create_surface(actor->client->compositor);
			wl_pointer_set_cursor(actor->pointers[i], serial, pick(3) ? cursor : NULL, 1, 1);
			show(cursor, actor->image);
			if (pick(2)) {
				assert_true(client_sync(actor->client));
			}
			wl_surface_destroy(cursor);
			return;
		}
	}
}

static void some_event(struct actor *actors) {
	static unsigned clock_us;
	clock_us += 1000;
	struct seat_place at = {harness.output, pick(HARNESS_WIDTH), pick(HARNESS_HEIGHT)};
	struct seat_touch touch = {clock_us, (int32_t)pick(5), at};
	switch (pick(10)) {
	case 0:
		seat_notify_key(seat, &(struct seat_key){clock_us, 1 + pick(120), pick(2)});
		break;
	case 1:
		seat_notify_button(seat, &(struct seat_button){clock_us, BTN_LEFT + pick(3), pick(2)});
		break;
	case 2:
		seat_notify_axis(seat,
			&(struct seat_axis){.time_us = clock_us,
				.axis = pick(2),
				.source = pick(3),
				.value = pick(30),
				.v120 = (int32_t)pick(240)});
		break;
	case 3:
		seat_notify_touch_down(seat, &touch);
		break;
	case 4:
		seat_notify_touch_up(seat, &touch);
		break;
	case 5:
		seat_notify_touch_motion(seat, &touch);
		break;
	case 6:
		seat_notify_touch_cancel(seat, touch.id);
		break;
	case 7: {
		struct actor *actor = &actors[pick(N_ACTORS)];
		seat_set_keyboard_focus(
			seat, actor->surface ? server_surface(actor->client, actor->surface) : NULL);
		break;
	}
	case 8:
		seat_set_capabilities(seat, pick(3) ? ALL : pick(8));
		break;
	default: {
		struct seat_motion to = {.time_us = clock_us, .to = at};
		seat_notify_motion(seat, &to);
	}
	}
	if (pick(2)) {
		seat_notify_pointer_frame(seat);
		seat_notify_touch_frame(seat);
	}
}

static void test_any_order(void **state) {
	(void)state;
	seat_set_capabilities(seat, ALL);
	struct actor actors[N_ACTORS];
	for (int i = 0; i < N_ACTORS; i++) {
		actor_enter(&actors[i]);
	}
	for (int step = 0; step < 6000; step++) {
		struct actor *actor = &actors[pick(N_ACTORS)];
		unsigned what = pick(100);
		if (what < 50) {
			some_event(actors);
		} else if (what < 65) {
			toggle_surface(actor);
		} else if (what < 85) {
			toggle_object(actor);
		} else if (what < 97) {
			set_cursor(actor);
		} else {
			actor_leave(actor);
			actor_enter(actor);
		}
		if (pick(3) == 0) {
			assert_true(client_sync(actor->client));
			seat_scene_changed(seat);
		}
	}
	for (int i = 0; i < N_ACTORS; i++) {
		actor_leave(&actors[i]);
	}
	assert_null(seat_keyboard_focus(seat));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_filters),
		TEST(test_serials),
		TEST(test_motion_waits),
		TEST(test_keys_without_end),
		TEST(test_objects_without_end),
		TEST(test_any_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
