// SPDX-License-Identifier: MIT
// zwp_input_method_keyboard_grab_v2: keys of the seat's keyboards go to the input method instead of the
// focus. Releases of keys that were down before go to who heard the press.
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <xkbcommon/xkbcommon.h>

#include "input-method-unstable-v2-server-protocol.h"
#include "wayland/input_method.h"

struct input_grab {
	struct wl_resource *resource;
	struct input_method *method; // NULL: inert
	struct seat *seat;
	struct seat_filter filter;
	struct seat_keymap *keymap; // as it was told; may be NULL
	uint8_t down[KEY_CNT / 8];  // a bit a key, of what it heard
};

static void send_keymap(struct input_grab *grab) {
	struct seat_keymap *keymap = seat_own_keymap(grab->seat);
	if (!keymap || keymap == grab->keymap) {
		return;
	}
	seat_keymap_unref(grab->keymap);
	grab->keymap = seat_keymap_ref(keymap);
	uint32_t size;
	int fd = seat_keymap_fd(keymap, &size);
	zwp_input_method_keyboard_grab_v2_send_keymap(
		grab->resource, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, size);
}

static void send_modifiers(struct input_grab *grab) {
	struct xkb_state *state = seat_xkb_state(grab->seat);
	if (state) {
		struct wl_client *client = wl_resource_get_client(grab->resource);
		zwp_input_method_keyboard_grab_v2_send_modifiers(grab->resource,
			seat_issue_serial(grab->seat, client, SEAT_SERIAL_OTHER),
			xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED),
			xkb_state_serialize_mods(state, XKB_STATE_MODS_LATCHED),
			xkb_state_serialize_mods(state, XKB_STATE_MODS_LOCKED),
			xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE));
	}
}

static bool handle_key(struct seat_filter *filter, const struct seat_key *key) {
	struct input_grab *grab = wl_container_of(filter, grab, filter);
	uint8_t *byte = &grab->down[key->key / 8], bit = (uint8_t)(1u << (key->key % 8));
	if (((*byte & bit) != 0) == key->pressed) {
		return false;
	}
	*byte ^= bit;
	struct wl_client *client = wl_resource_get_client(grab->resource);
	uint32_t serial = seat_issue_serial(
		grab->seat, client, key->pressed ? SEAT_SERIAL_PRESS : SEAT_SERIAL_RELEASE);
	zwp_input_method_keyboard_grab_v2_send_key(grab->resource, serial,
		(uint32_t)(key->time_us / 1000), key->key,
		key->pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
	return true;
}

static bool handle_modifiers(struct seat_filter *filter) {
	struct input_grab *grab = wl_container_of(filter, grab, filter);
	send_keymap(grab); // a new one makes new modifiers
	send_modifiers(grab);
	return true;
}

static void handle_repeat(struct seat_filter *filter) {
	struct input_grab *grab = wl_container_of(filter, grab, filter);
	zwp_input_method_keyboard_grab_v2_send_repeat_info(
		grab->resource, seat_repeat_rate(grab->seat), seat_repeat_delay(grab->seat));
}

static const struct seat_filter_ops filter_ops = {
	.key = handle_key,
	.repeat = handle_repeat,
	.modifiers = handle_modifiers,
};

void input_grab_orphan(struct input_grab *grab) {
	if (!grab || !grab->method) {
		return;
	}
	grab->method->grab = NULL;
	grab->method = NULL;
	seat_remove_filter(&grab->filter);
	// The focus heard of no modifiers meanwhile.
	if (seat_is_keymap(grab->seat, seat_own_keymap(grab->seat))) {
		seat_send_own(grab->seat);
	}
}

static void handle_release(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	wl_resource_destroy(resource);
}

static const struct zwp_input_method_keyboard_grab_v2_interface grab_impl = {
	.release = handle_release,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct input_grab *grab = wl_resource_get_user_data(resource);
	input_grab_orphan(grab);
	seat_keymap_unref(grab->keymap);
	free(grab);
}

void input_grab_create(struct input_method *method, uint32_t id) {
	struct wl_client *client = wl_resource_get_client(method->resource);
	int version = wl_resource_get_version(method->resource);
	struct input_grab *grab = calloc(1, sizeof(*grab));
	struct wl_resource *resource = grab
		? wl_resource_create(client, &zwp_input_method_keyboard_grab_v2_interface, version, id)
		: NULL;
	if (!resource) {
		free(grab);
		wl_client_post_no_memory(client);
		return;
	}
	grab->resource = resource;
	grab->seat = method->server->seat;
	wl_resource_set_implementation(resource, &grab_impl, grab, handle_resource_destroy);
	if (method->unavailable || method->grab) {
		return; // it grabs nothing
	}
	grab->method = method;
	method->grab = grab;
	seat_add_filter(grab->seat, &grab->filter, &filter_ops, SEAT_FILTER_METHOD);
	send_keymap(grab);
	handle_repeat(&grab->filter);
	send_modifiers(grab);
}
