// SPDX-License-Identifier: MIT
// zwp_virtual_keyboard_v1: keys that a client types. They go to the keyboard focus by the keymap that the
// client brought, unless policy keeps them from apps; when it goes, what it holds down is released.
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "virtual-keyboard-unstable-v1-server-protocol.h"
#include "wayland/keymap.h"
#include "wayland/server.h"

struct virtual_keyboard {
	struct wl_resource *resource;
	struct seat *seat;
	struct seat_keymap *keymap; // NULL before it is set
	struct xkb_state *state;    // of that keymap, by the modifiers that the client told
	uint8_t down[KEY_CNT / 8];  // a bit a key
	bool has_fd;                // in its client's account
};

static struct virtual_keyboard *keyboard_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static bool needs_keymap(struct virtual_keyboard *keyboard) {
	if (!keyboard->keymap) {
		wl_resource_post_error(keyboard->resource, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP,
			"keys mean nothing before a keymap is set");
	}
	return keyboard->keymap != NULL;
}

// A copy of what libxkbcommon made of it: clients get nothing that it would not read, or that is changed
// under their eyes.
static struct seat_keymap *import(int fd, uint32_t size, struct xkb_state **state) {
	struct xkb_keymap *xkb = keymap_read(fd, size);
	if (!xkb) {
		return NULL;
	}
	uint32_t exported_size;
	int exported = keymap_export(xkb, &exported_size);
	*state = xkb_state_new(xkb);
	xkb_keymap_unref(xkb);
	struct seat_keymap *keymap = exported >= 0 ? seat_keymap_create(exported, exported_size) : NULL;
	if (!keymap || !*state) {
		seat_keymap_unref(keymap);
		xkb_state_unref(*state);
		errno = ENOMEM;
		return NULL;
	}
	return keymap;
}

static void handle_keymap(struct wl_client *client, struct wl_resource *resource, uint32_t format,
	int32_t fd, uint32_t size) {
	struct virtual_keyboard *keyboard = keyboard_of(resource);
	if (format != WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1) {
		close(fd);
		wl_resource_post_error(resource, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP,
			"%u is no keymap format: only xkb_v1 is", format);
		return;
	}
	if (!keyboard->has_fd && !client_take_fd(client_account(client))) {
		close(fd);
		wl_client_post_no_memory(client);
		return;
	}
	keyboard->has_fd = true;
	struct xkb_state *state = NULL;
	struct seat_keymap *keymap = import(fd, size, &state);
	int error = errno;
	close(fd);
	if (!keymap && (error == EINVAL || error == EFBIG)) {
		wl_resource_post_error(resource, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP,
			"the %u bytes are no keymap: %s", size, strerror(error));
	} else if (!keymap) {
		wl_client_post_no_memory(client);
	} else {
		seat_keymap_unref(keyboard->keymap);
		keyboard->keymap = keymap;
		xkb_state_unref(keyboard->state);
		keyboard->state = state;
	}
}

static void send_key(
	struct virtual_keyboard *keyboard, uint64_t time_us, uint32_t key, bool pressed) {
	uint8_t *byte = &keyboard->down[key / 8], bit = (uint8_t)(1u << (key % 8));
	const struct seat_key event = {time_us, key, pressed};
	if (((*byte & bit) != 0) == pressed ||
		(pressed && !seat_may_type(keyboard->seat, &event, keyboard->state))) {
		return;
	}
	*byte ^= bit;
	seat_send_keymap(keyboard->seat, keyboard->keymap);
	seat_send_key(keyboard->seat, &event);
}

static void handle_key(struct wl_client *client, struct wl_resource *resource, uint32_t time,
	uint32_t key, uint32_t state) {
	(void)client;
	struct virtual_keyboard *keyboard = keyboard_of(resource);
	if (needs_keymap(keyboard) && key < KEY_CNT) {
		send_key(keyboard, (uint64_t)time * 1000, key, state == WL_KEYBOARD_KEY_STATE_PRESSED);
	}
}

static void handle_modifiers(struct wl_client *client, struct wl_resource *resource,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
	(void)client;
	struct virtual_keyboard *keyboard = keyboard_of(resource);
	if (needs_keymap(keyboard)) {
		xkb_state_update_mask(keyboard->state, depressed, latched, locked, 0, 0, group);
		seat_send_keymap(keyboard->seat, keyboard->keymap);
		seat_send_modifiers(keyboard->seat, depressed, latched, locked, group);
	}
}

static const struct zwp_virtual_keyboard_v1_interface keyboard_impl = {
	.keymap = handle_keymap,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.destroy = resource_handle_destroy,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct virtual_keyboard *keyboard = keyboard_of(resource);
	uint64_t now_us = (uint64_t)clock_now_us();
	for (uint32_t key = 0; key < KEY_CNT; key++) {
		if (keyboard->down[key / 8] & (1u << (key % 8))) {
			send_key(keyboard, now_us, key, false);
		}
	}
	// A modifier of its that was on would stay so.
	if (keyboard->keymap && seat_is_keymap(keyboard->seat, keyboard->keymap)) {
		seat_send_own(keyboard->seat);
	}
	seat_keymap_unref(keyboard->keymap);
	xkb_state_unref(keyboard->state);
	if (keyboard->has_fd) {
		client_return_fd(client_account(wl_resource_get_client(resource)));
	}
	seat_remove_typist(keyboard->seat);
	free(keyboard);
}

// ---- zwp_virtual_keyboard_manager_v1 ----

static void handle_create(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *seat, uint32_t id) {
	struct virtual_keyboard *keyboard = calloc(1, sizeof(*keyboard));
	struct wl_resource *keyboard_resource = keyboard
		? wl_resource_create(
			  client, &zwp_virtual_keyboard_v1_interface, wl_resource_get_version(resource), id)
		: NULL;
	if (!keyboard_resource) {
		free(keyboard);
		wl_client_post_no_memory(client);
		return;
	}
	keyboard->resource = keyboard_resource;
	keyboard->seat = seat_from_resource(seat);
	wl_resource_set_implementation(
		keyboard_resource, &keyboard_impl, keyboard, handle_resource_destroy);
	seat_add_typist(keyboard->seat);
}

static const struct zwp_virtual_keyboard_manager_v1_interface manager_impl = {
	.create_virtual_keyboard = handle_create,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(
		client, &zwp_virtual_keyboard_manager_v1_interface, version, id, &manager_impl, data);
}

bool virtual_keyboard_create(struct wayland_server *server) {
	return server_add_trusted_global(server,
		wl_global_create(
			server->display, &zwp_virtual_keyboard_manager_v1_interface, 1, server, handle_bind));
}
