// SPDX-License-Identifier: MIT
// Keys that do not reach apps: chords that would leave the kiosk, those that the operator wants
// swallowed, what an app is not to have; and the operator's own chord.
//
// What is swallowed is so from its press to its release, whatever else happens in between: a client
// never hears of one without the other.
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "base/log.h"
#include "kiosk/chord.h"
#include "kiosk/kiosk.h"
#include "wayland/seat.h"

// Consoles and the kernel's emergency keys. Keyboards are grabbed from both (config keys.grab); where
// that is off an app need not see them all the same.
static const char always[] =
	"Ctrl+Alt+F1 Ctrl+Alt+F2 Ctrl+Alt+F3 Ctrl+Alt+F4 Ctrl+Alt+F5 Ctrl+Alt+F6 Ctrl+Alt+F7 "
	"Ctrl+Alt+F8 Ctrl+Alt+F9 Ctrl+Alt+F10 Ctrl+Alt+F11 Ctrl+Alt+F12 Alt+Print Alt+Sys_Req";

struct chord_list {
	struct chord chords[CHORD_MAX];
	int n;
};

struct app_keys {
	const char *app_id; // of the configuration
	struct chord_list allow, deny;
};

struct kiosk_keys {
	struct kiosk *kiosk;
	struct seat_filter filter;
	struct wl_listener focus;
	struct chord_list always, swallow, operator;
	struct app_keys apps[CONFIG_MAX_APP_KEYS];
	int n_apps;
	const struct app_keys *focused; // NULL: its app has no lists
	uint8_t swallowed[(KEY_CNT + 7) / 8];
	char *argv[4];
	char *command;      // that runs or did last; owned
	struct app *action; // the operator's command while it runs; may be NULL
};

static void read_list(struct chord_list *list, const char *text) {
	int n = text != NULL ? chord_parse_list(text, list->chords) : 0;
	list->n = n > 0 ? n : 0; // the configuration was checked when it was read
}

// A key without modifiers in an app's list is meant with any.
static bool is_listed(const struct chord_list *list, struct xkb_state *state, uint32_t key,
	uint32_t modifiers, bool any_modifiers) {
	for (int i = 0; i < list->n; i++) {
		const struct chord *chord = &list->chords[i];
		bool any = any_modifiers && chord->modifiers == 0;
		if ((any || chord->modifiers == modifiers) && chord_has_key(chord, state, key)) {
			return true;
		}
	}
	return false;
}

static bool is_modifier(struct xkb_state *state, uint32_t key) {
	xkb_keysym_t keysym = xkb_state_key_get_one_sym(state, key + 8);
	return (keysym >= XKB_KEY_Shift_L && keysym <= XKB_KEY_Hyper_R) ||
		keysym == XKB_KEY_ISO_Level3_Shift || keysym == XKB_KEY_ISO_Level5_Shift ||
		keysym == XKB_KEY_Num_Lock || keysym == XKB_KEY_Mode_switch;
}

static void handle_action_changed(void *data) {
	struct kiosk_keys *keys = data;
	enum app_state state = app_state(keys->action);
	if (state != APP_STOPPED && state != APP_FAILED) {
		return;
	}
	log_info("the operator's command has ended");
	app_destroy(keys->action);
	keys->action = NULL;
}

static void run_action(struct kiosk_keys *keys) {
	static char shell[] = "/bin/sh", option[] = "-c";
	struct kiosk *kiosk = keys->kiosk;
	if (keys->action != NULL) {
		log_info("the operator's command still runs");
		return;
	}
	if (kiosk->config->keys.operator_command == NULL) {
		log_warning("the operator's chord was pressed, and [keys] operator-command is not set");
		return;
	}
	free(keys->command);
	keys->command = strdup(kiosk->config->keys.operator_command);
	if (keys->command == NULL) {
		log_error("the operator's command: out of memory");
		return;
	}
	log_info("the operator's chord: %s", keys->command);
	keys->argv[0] = shell;
	keys->argv[1] = option;
	keys->argv[2] = keys->command;
	struct app_settings settings = app_settings_default("operator", keys->argv);
	settings.rules.restart = APP_RESTART_NEVER;
	const struct app_handler handler = {handle_action_changed, keys};
	keys->action = app_create(&kiosk->host, &settings, &handler);
	if (keys->action == NULL) {
		log_error("the operator's command: out of memory");
		return;
	}
	app_start(keys->action);
}

// True if the key is not for the app.
static bool is_kept(struct kiosk_keys *keys, struct xkb_state *state, uint32_t key) {
	uint32_t modifiers = chord_modifiers(state);
	if (is_listed(&keys->operator, state, key, modifiers, false)) {
		run_action(keys);
		return true;
	}
	if (is_listed(&keys->always, state, key, modifiers, false) ||
		is_listed(&keys->swallow, state, key, modifiers, false)) {
		return true;
	}
	const struct app_keys *app = keys->focused;
	if (app == NULL) {
		return false;
	}
	if (is_listed(&app->deny, state, key, modifiers, true)) {
		return true;
	}
	return app->allow.n > 0 && !is_modifier(state, key) &&
		!is_listed(&app->allow, state, key, modifiers, true);
}

static bool handle_key(struct seat_filter *filter, const struct seat_key *key) {
	struct kiosk_keys *keys = wl_container_of(filter, keys, filter);
	struct xkb_state *state = seat_xkb_state(filter->seat);
	if (key->key >= KEY_CNT || state == NULL) {
		return false;
	}
	uint8_t *byte = &keys->swallowed[key->key / 8];
	uint8_t bit = (uint8_t)(1u << key->key % 8);
	if (key->pressed && is_kept(keys, state, key->key)) {
		*byte |= bit;
		return true;
	}
	bool was_swallowed = (*byte & bit) != 0;
	*byte &= (uint8_t)~bit;
	return was_swallowed && !key->pressed;
}

static bool handle_typed(
	struct seat_filter *filter, const struct seat_key *key, struct xkb_state *state) {
	struct kiosk_keys *keys = wl_container_of(filter, keys, filter);
	return is_kept(keys, state, key->key);
}

static const struct seat_filter_ops filter_ops = {.key = handle_key, .typed = handle_typed};

// Popups take the keyboard from their window and stay its app's.
static void handle_focus(struct wl_listener *listener, void *data) {
	struct kiosk_keys *keys = wl_container_of(listener, keys, focus);
	struct surface *surface = seat_keyboard_focus(data);
	struct toplevel *toplevel = surface != NULL ? toplevel_from_surface(surface) : NULL;
	if (surface != NULL && toplevel == NULL) {
		return;
	}
	const char *app_id = toplevel != NULL ? toplevel_app_id(toplevel) : NULL;
	keys->focused = NULL;
	for (int i = 0; i < keys->n_apps && app_id != NULL; i++) {
		if (strcmp(keys->apps[i].app_id, app_id) == 0) {
			keys->focused = &keys->apps[i];
		}
	}
}

static void read_lists(struct kiosk_keys *keys) {
	const struct config *config = keys->kiosk->config;
	keys->n_apps = config->n_app_keys;
	keys->focused = NULL;
	read_list(&keys->swallow, config->keys.swallow != NULL ? config->keys.swallow : CONFIG_SWALLOW);
	read_list(&keys->operator, config->keys.operator_chord);
	for (int i = 0; i < keys->n_apps; i++) {
		keys->apps[i].app_id = config->app_keys[i].app_id;
		read_list(&keys->apps[i].allow, config->app_keys[i].allow);
		read_list(&keys->apps[i].deny, config->app_keys[i].deny);
	}
}

struct kiosk_keys *kiosk_keys_create(struct kiosk *kiosk) {
	struct kiosk_keys *keys = calloc(1, sizeof(*keys));
	if (keys == NULL) {
		return NULL;
	}
	keys->kiosk = kiosk;
	read_list(&keys->always, always);
	read_lists(keys);
	struct seat *seat = wayland_server_seat(kiosk->server);
	seat_add_filter(seat, &keys->filter, &filter_ops, SEAT_FILTER_GUARD);
	keys->focus.notify = handle_focus;
	wl_signal_add(seat_keyboard_focus_signal(seat), &keys->focus);
	return keys;
}

// What is swallowed already is so to its release, whatever the new lists say.
void kiosk_keys_reload(struct kiosk_keys *keys) {
	read_lists(keys);
	handle_focus(&keys->focus, wayland_server_seat(keys->kiosk->server));
}

void kiosk_keys_destroy(struct kiosk_keys *keys) {
	if (keys == NULL) {
		return;
	}
	app_destroy(keys->action);
	seat_remove_filter(&keys->filter);
	wl_list_remove(&keys->focus.link);
	free(keys->command);
	free(keys);
}
