// SPDX-License-Identifier: MIT
// wl_keyboard: keys, modifiers, keymaps, and who has the keyboard.
//
// A client hears the release of exactly those keys whose press it heard, or that it was told of when
// the keyboard came to it: `down` is that list. It differs from what fingers hold (`held`) by what
// filters took.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wayland/keymap.h"
#include "wayland/seat_internal.h"

enum { XKB_OFFSET = 8 }; // X11's key codes begin there

// ---- Keymaps ----

struct seat_keymap *seat_keymap_create(int fd, uint32_t size) {
	struct seat_keymap *keymap = calloc(1, sizeof(*keymap));
	if (!keymap) {
		close(fd);
		return NULL;
	}
	*keymap = (struct seat_keymap){.fd = fd, .size = size, .users = 1};
	return keymap;
}

struct seat_keymap *seat_keymap_ref(struct seat_keymap *keymap) {
	keymap->users++;
	return keymap;
}

void seat_keymap_unref(struct seat_keymap *keymap) {
	if (keymap && --keymap->users == 0) {
		close(keymap->fd);
		free(keymap);
	}
}

int seat_keymap_fd(const struct seat_keymap *keymap, uint32_t *size) {
	*size = keymap->size;
	return keymap->fd;
}

struct seat_keymap *seat_own_keymap(struct seat *seat) {
	return seat->keyboard.own;
}

struct xkb_state *seat_xkb_state(struct seat *seat) {
	return seat->keyboard.state;
}

int32_t seat_repeat_rate(struct seat *seat) {
	return seat->keyboard.rate;
}

int32_t seat_repeat_delay(struct seat *seat) {
	return seat->keyboard.delay;
}

static void send_keymap_to(const struct seat_keymap *keymap, struct wl_resource *resource) {
	if (keymap) {
		wl_keyboard_send_keymap(
			resource, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, keymap->fd, keymap->size);
	}
}

// Every wl_keyboard there is: its client may be another one than that of the focus.
static void for_each_keyboard(
	struct seat *seat, void (*visit)(struct seat *seat, struct wl_resource *resource)) {
	struct wl_client *client;
	wl_client_for_each(client, wl_display_get_client_list(seat->server->display)) {
		struct seat_client *seat_client = seat_client_get(seat, client);
		struct wl_resource *resource;
		if (seat_client) {
			wl_resource_for_each(resource, &seat_client->keyboards) {
				visit(seat, resource);
			}
		}
	}
}

static void visit_keymap(struct seat *seat, struct wl_resource *resource) {
	send_keymap_to(seat->keyboard.active, resource);
}

void seat_send_keymap(struct seat *seat, struct seat_keymap *keymap) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	if (!keymap || keymap == keyboard->active) {
		return;
	}
	struct seat_keymap *before = keyboard->active;
	keyboard->active = seat_keymap_ref(keymap);
	seat_keymap_unref(before);
	for_each_keyboard(seat, visit_keymap);
	// To clients no modifier is down with a new keymap, until they are told.
	keyboard->modifiers_owed = true;
}

bool seat_is_keymap(struct seat *seat, const struct seat_keymap *keymap) {
	return seat->keyboard.active == keymap;
}

static void send_repeat(struct seat *seat, struct wl_resource *resource) {
	if (wl_resource_get_version(resource) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION) {
		wl_keyboard_send_repeat_info(resource, seat->keyboard.rate, seat->keyboard.delay);
	}
}

void seat_set_repeat(struct seat *seat, int32_t rate, int32_t delay) {
	seat->keyboard.rate = rate;
	seat->keyboard.delay = delay;
	for_each_keyboard(seat, send_repeat);
	for (struct seat_filter *filter = seat_first_filter(seat); filter;
		 filter = seat_next_filter(seat)) {
		if (filter->ops->repeat) {
			filter->ops->repeat(filter);
		}
	}
}

// ---- Modifiers ----

void seat_send_modifiers(
	struct seat *seat, uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	struct seat_modifiers modifiers = {depressed, latched, locked, group};
	if (!keyboard->modifiers_owed &&
		memcmp(&modifiers, &keyboard->modifiers, sizeof(modifiers)) == 0) {
		return;
	}
	keyboard->modifiers = modifiers;
	keyboard->modifiers_owed = false;
	struct seat_client *client = keyboard->focus.client;
	if (!client || wl_list_empty(&client->keyboards)) {
		return;
	}
	uint32_t serial = seat_client_serial(client, SEAT_SERIAL_OTHER);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->keyboards) {
		wl_keyboard_send_modifiers(resource, serial, depressed, latched, locked, group);
	}
}

static void send_own_modifiers(struct seat *seat) {
	struct xkb_state *state = seat->keyboard.state;
	if (state) {
		seat_send_modifiers(seat, xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED),
			xkb_state_serialize_mods(state, XKB_STATE_MODS_LATCHED),
			xkb_state_serialize_mods(state, XKB_STATE_MODS_LOCKED),
			xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE));
	}
}

void seat_send_own(struct seat *seat) {
	seat_send_keymap(seat, seat->keyboard.own);
	if (seat->keyboard.state) {
		send_own_modifiers(seat);
	} else {
		seat_send_modifiers(seat, 0, 0, 0, 0);
	}
}

static void update_leds(struct seat *seat) {
	static const char *const names[] = {XKB_LED_NAME_NUM, XKB_LED_NAME_CAPS, XKB_LED_NAME_SCROLL};
	struct seat_keyboard *keyboard = &seat->keyboard;
	uint32_t leds = 0;
	for (unsigned i = 0; keyboard->state && i < sizeof(names) / sizeof(names[0]); i++) {
		if (xkb_state_led_name_is_active(keyboard->state, names[i]) > 0) {
			leds |= 1u << i;
		}
	}
	if (leds != keyboard->leds) {
		keyboard->leds = leds;
		if (keyboard->handle_leds) {
			keyboard->handle_leds(keyboard->leds_data, leds);
		}
	}
}

void seat_set_leds_handler(
	struct seat *seat, void (*handler)(void *data, uint32_t leds), void *data) {
	seat->keyboard.handle_leds = handler;
	seat->keyboard.leds_data = data;
	if (handler) {
		handler(data, seat->keyboard.leds);
	}
}

static void after_modifiers(struct seat *seat) {
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->modifiers && filter->ops->modifiers(filter);
	}
	if (!taken) {
		send_own_modifiers(seat);
	}
	update_leds(seat);
}

bool seat_set_keymap(struct seat *seat, struct xkb_keymap *xkb) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	struct xkb_state *state = xkb_state_new(xkb);
	uint32_t size;
	int fd = state ? keymap_export(xkb, &size) : -1;
	struct seat_keymap *own = fd >= 0 ? seat_keymap_create(fd, size) : NULL;
	if (!own) {
		xkb_state_unref(state);
		return false;
	}
	xkb_state_unref(keyboard->state);
	xkb_keymap_unref(keyboard->xkb);
	keyboard->xkb = xkb_keymap_ref(xkb);
	keyboard->state = state;
	for (uint32_t key = 0; key < KEY_CNT; key++) {
		if (keyboard->held[key] > 0) {
			xkb_state_update_key(state, key + XKB_OFFSET, XKB_KEY_DOWN);
		}
	}
	seat_send_keymap(seat, own);
	seat_keymap_unref(keyboard->own);
	keyboard->own = own;
	after_modifiers(seat);
	return true;
}

// ---- Keys ----

static bool is_down(const struct seat_keyboard *keyboard, uint32_t key, size_t *index) {
	for (*index = 0; *index < keyboard->n_down; (*index)++) {
		if (keyboard->down[*index] == key) {
			return true;
		}
	}
	return false;
}

void seat_send_key(struct seat *seat, const struct seat_key *key) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	size_t index;
	bool down = is_down(keyboard, key->key, &index);
	if (down == key->pressed || key->key >= KEY_CNT) {
		return;
	}
	if (key->pressed) {
		keyboard->down[keyboard->n_down++] = key->key;
	} else {
		keyboard->down[index] = keyboard->down[--keyboard->n_down];
	}
	struct seat_client *client = keyboard->focus.client;
	if (!client || wl_list_empty(&client->keyboards)) {
		return;
	}
	uint32_t serial =
		seat_client_serial(client, key->pressed ? SEAT_SERIAL_PRESS : SEAT_SERIAL_RELEASE);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->keyboards) {
		wl_keyboard_send_key(resource, serial, seat_time_ms(key->time_us), key->key,
			key->pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
	}
}

// True if this is the first device to press it, or the last to release it.
static bool hold(struct seat_keyboard *keyboard, const struct seat_key *key) {
	uint16_t *held = &keyboard->held[key->key];
	if (key->pressed) {
		return (*held)++ == 0;
	}
	return *held > 0 && --*held == 0;
}

static void update_state(struct seat *seat, const struct seat_key *key) {
	struct xkb_state *state = seat->keyboard.state;
	if (state &&
		xkb_state_update_key(
			state, key->key + XKB_OFFSET, key->pressed ? XKB_KEY_DOWN : XKB_KEY_UP) != 0) {
		after_modifiers(seat);
	}
}

void seat_notify_key(struct seat *seat, const struct seat_key *key) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	if (key->key >= KEY_CNT || !hold(keyboard, key)) {
		return;
	}
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->key && filter->ops->key(filter, key);
	}
	// Who heard the press hears the release, whatever came in between.
	if (!taken || !key->pressed) {
		if (!taken && keyboard->active != keyboard->own) {
			seat_send_own(seat);
		}
		seat_send_key(seat, key);
	}
	update_state(seat, key);
}

bool seat_may_type(struct seat *seat, const struct seat_key *key, struct xkb_state *state) {
	bool taken = false;
	for (struct seat_filter *filter = seat_first_filter(seat); filter && !taken;
		 filter = seat_next_filter(seat)) {
		taken = filter->ops->typed && filter->ops->typed(filter, key, state);
	}
	return !taken;
}

// ---- Focus ----

static void send_enter_to(struct seat *seat, struct wl_resource *resource, uint32_t serial) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	struct wl_array keys = {
		.size = keyboard->n_down * sizeof(keyboard->down[0]),
		.alloc = sizeof(keyboard->down),
		.data = keyboard->down,
	};
	const struct seat_modifiers *modifiers = &keyboard->modifiers;
	wl_keyboard_send_enter(resource, serial, keyboard->focus.surface->resource, &keys);
	wl_keyboard_send_modifiers(resource, serial, modifiers->depressed, modifiers->latched,
		modifiers->locked, modifiers->group);
}

void seat_keyboard_greet(
	struct seat *seat, struct seat_client *client, struct wl_resource *resource) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	send_keymap_to(keyboard->active, resource);
	send_repeat(seat, resource);
	if (keyboard->focus.client == client) {
		send_enter_to(seat, resource, seat_client_serial(client, SEAT_SERIAL_ENTER));
	}
}

static void send_leave(struct seat *seat) {
	struct seat_surface *focus = &seat->keyboard.focus;
	if (!focus->client || focus->surface->dying || wl_list_empty(&focus->client->keyboards)) {
		return;
	}
	uint32_t serial = seat_client_serial(focus->client, SEAT_SERIAL_OTHER);
	struct wl_resource *resource;
	wl_resource_for_each(resource, &focus->client->keyboards) {
		wl_keyboard_send_leave(resource, serial, focus->surface->resource);
	}
}

// The three may be the same surface: whichever hears first, it goes out of all of them.
static void forget(struct seat *seat, const struct surface *surface) {
	struct seat_surface *holds[] = {
		&seat->keyboard.wanted, &seat->keyboard.override, &seat->keyboard.focus};
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		if (holds[i]->surface == surface) {
			seat_surface_set(seat, holds[i], NULL, NULL);
		}
	}
}

static void handle_focus_gone(struct wl_listener *listener, void *data) {
	struct seat *seat = wl_container_of(listener, seat, keyboard.focus.destroy);
	forget(seat, data);
	seat_keyboard_refocus(seat);
	wl_signal_emit_mutable(&seat->keyboard.focus_changed, seat);
}

void seat_keyboard_refocus(struct seat *seat) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	bool present = (seat->capabilities & WL_SEAT_CAPABILITY_KEYBOARD) != 0;
	struct surface *surface =
		keyboard->override.surface ? keyboard->override.surface : keyboard->wanted.surface;
	seat_selection_refocus(seat); // before the client has the keyboard
	if (!present) {
		surface = NULL;
	}
	if (surface == keyboard->focus.surface) {
		return;
	}
	send_leave(seat);
	seat_surface_set(seat, &keyboard->focus, surface, handle_focus_gone);
	struct seat_client *client = keyboard->focus.client;
	if (client && !wl_list_empty(&client->keyboards)) {
		uint32_t serial = seat_client_serial(client, SEAT_SERIAL_ENTER);
		struct wl_resource *resource;
		wl_resource_for_each(resource, &client->keyboards) {
			send_enter_to(seat, resource, serial);
		}
	}
	wl_signal_emit_mutable(&keyboard->focus_changed, seat);
}

static void handle_wanted_gone(struct wl_listener *listener, void *data) {
	(void)data;
	struct seat *seat = wl_container_of(listener, seat, keyboard.wanted.destroy);
	seat_surface_set(seat, &seat->keyboard.wanted, NULL, NULL); // has not got the keyboard
	seat_selection_refocus(seat);
}

void seat_set_keyboard_focus(struct seat *seat, struct surface *surface) {
	if (surface == seat->keyboard.wanted.surface) {
		return;
	}
	seat_surface_set(seat, &seat->keyboard.wanted, surface, handle_wanted_gone);
	seat_popup_check(seat);
	seat_keyboard_refocus(seat);
}

static void handle_override_gone(struct wl_listener *listener, void *data) {
	(void)data;
	struct seat *seat = wl_container_of(listener, seat, keyboard.override.destroy);
	seat_surface_set(seat, &seat->keyboard.override, NULL, NULL);
	seat_selection_refocus(seat);
}

void seat_keyboard_override(struct seat *seat, struct surface *surface) {
	if (surface != seat->keyboard.override.surface) {
		seat_surface_set(seat, &seat->keyboard.override, surface, handle_override_gone);
		seat_keyboard_refocus(seat);
	}
}

struct surface *seat_keyboard_focus(struct seat *seat) {
	return seat->keyboard.focus.surface;
}

struct wl_signal *seat_keyboard_focus_signal(struct seat *seat) {
	return &seat->keyboard.focus_changed;
}

// ---- Life ----

void seat_keyboard_lose(struct seat *seat) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	for (uint32_t key = 0; key < KEY_CNT; key++) {
		if (keyboard->held[key] > 0) {
			keyboard->held[key] = 1;
			seat_notify_key(seat, &(struct seat_key){seat_now_us(), key, false});
		}
	}
}

void seat_keyboard_init(struct seat *seat) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	keyboard->rate = 25;
	keyboard->delay = 400;
	seat_surface_init(&keyboard->wanted);
	seat_surface_init(&keyboard->override);
	seat_surface_init(&keyboard->focus);
	wl_signal_init(&keyboard->focus_changed);
}

void seat_keyboard_finish(struct seat *seat) {
	struct seat_keyboard *keyboard = &seat->keyboard;
	seat_keymap_unref(keyboard->active);
	seat_keymap_unref(keyboard->own);
	xkb_state_unref(keyboard->state);
	xkb_keymap_unref(keyboard->xkb);
}
