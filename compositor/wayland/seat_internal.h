// SPDX-License-Identifier: MIT
// The seat inside of seat*.c.
#ifndef VITRINE_WAYLAND_SEAT_INTERNAL_H
#define VITRINE_WAYLAND_SEAT_INTERNAL_H

#include <linux/input-event-codes.h>
#include <xkbcommon/xkbcommon.h>

#include "wayland/seat.h"
#include "wayland/selection.h"
#include "wayland/server.h"

enum {
	SEAT_SERIALS = 64,     // of a client are remembered
	SEAT_MAX_OBJECTS = 64, // of a client: wl_pointer, wl_keyboard, wl_touch, what belongs to them
	SEAT_MAX_BUTTONS = 32, // down at a time, more are not heard of
	SEAT_MAX_TOUCHES = 64, // likewise
	SEAT_N_AXES = 2,
	// What a client has not read yet, as the kernel counts it (bytes, with what it needs itself): beyond
	// it motion is held back and only its end is told later. Other events have to be told, and end
	// the connection when there is no room for them.
	SEAT_MAX_UNREAD = 1 << 17,
};

struct seat_serial {
	uint32_t value;
	enum seat_serial_kind kind;
};

// What one client has of the seat. Lives until all of the client's objects are gone.
struct seat_client {
	struct seat *seat;
	struct wl_client *client;
	struct wl_list pointers, keyboards, touches; // wl_resource_get_link
	struct wl_list relatives, shapes;            // likewise: zwp_relative_pointer_v1 and so on
	struct wl_list gestures[SEAT_GESTURE_HOLD + 1];
	int n_objects;
	struct seat_serial serials[SEAT_SERIALS]; // a ring
	unsigned n_serials;                       // issued so far
	uint32_t last_action;                     // serial of the last press or release, 0: none
	struct wl_listener destroy;
	unsigned trusted_events;   // so many more before it is asked again whether the client reads
	unsigned behind_turn;      // seat.behind_turn when it was found not to
	struct wl_list frame_link; // seat_touch_state.frames: a wl_touch.frame is owed
};

// A surface that is remembered until it goes.
struct seat_surface {
	struct surface *surface;    // may be NULL
	struct seat_client *client; // of the surface; NULL if it has no object of the seat
	struct wl_listener destroy;
};

struct seat_keymap {
	int fd;
	uint32_t size;
	unsigned users;
};

struct seat_modifiers {
	uint32_t depressed, latched, locked, group;
};

struct seat_keyboard {
	struct xkb_keymap *xkb; // may be NULL, with the next two
	struct xkb_state *state;
	struct seat_keymap *own;
	struct seat_keymap *active; // what clients hear of keys by; may be NULL
	int32_t rate, delay;
	uint16_t held[KEY_CNT]; // by how many devices
	uint32_t down[KEY_CNT]; // what the focus hears of as pressed
	size_t n_down;
	struct seat_modifiers modifiers; // as clients were told
	bool modifiers_owed;             // they are to be told, whatever they are
	uint32_t leds;
	void (*handle_leds)(void *data, uint32_t leds); // may be NULL
	void *leds_data;
	struct seat_surface wanted;   // policy's choice
	struct seat_surface override; // the popup that grabbed
	struct seat_surface focus;
	struct wl_signal focus_changed;
};

struct seat_held_button {
	uint32_t button;
	unsigned devices;
	bool sent;       // the focus heard of it
	uint32_t serial; // of its press, if sent
};

struct seat_pointer {
	bool active; // something moved it
	struct seat_place place;
	struct seat_surface focus;
	wl_fixed_t x, y; // as the focus heard last
	uint32_t enter_serial;
	struct seat_held_button buttons[SEAT_MAX_BUTTONS];
	unsigned n_buttons;
	bool shared;               // buttons are down, but the focus follows the pointer all the same
	int32_t v120[SEAT_N_AXES]; // of a notch that is not full
	bool source_sent, frame_owed;
};

struct seat_touch_point {
	int32_t id;
	uint32_t serial;
	struct seat_place at;
	struct seat_surface grab;
	bool filtered; // a filter took its beginning
	bool moved;    // to x, y; the client has not been told yet
	wl_fixed_t x, y;
};

struct seat_touch_state {
	struct seat_touch_point points[SEAT_MAX_TOUCHES];
	unsigned n_points;
	struct wl_list frames; // seat_client.frame_link
};

struct seat_cursor_state {
	enum seat_cursor_kind kind;
	char shape[32];
	struct seat_surface surface;
	int32_t hotspot_x, hotspot_y;
	bool shown;        // moved lately
	int hide_after_ms; // 0: never
	int64_t moved_ms;  // CLOCK_MONOTONIC
	struct wl_event_source *timer;
	bool armed;
};

struct seat {
	struct wayland_server *server;
	uint32_t capabilities, ever; // WL_SEAT_CAPABILITY_*
	uint32_t devices;            // those that devices make
	unsigned n_typists;
	struct wl_list resources;    // wl_seat, wl_resource_get_link
	struct wl_list filters;      // seat_filter.link, in their order
	struct wl_list *next_filter; // while an event goes through them
	struct wl_list popup_grabs;  // popup.grab_link, oldest first
	struct seat_filter popup_filter;
	struct wl_event_source *scene_idle; // may be NULL
	struct wl_event_source *behind_timer;
	bool behind_armed;
	unsigned behind_turn; // how often the timer has looked
	uint32_t last_action; // that of the client that was told of a press or a release last
	struct seat_keyboard keyboard;
	struct seat_pointer pointer;
	struct seat_touch_state touch;
	struct seat_cursor_state cursor;
	struct selection clipboard, primary;
	struct wl_client *selection_client; // is told of them; NULL: nobody
	struct drag *drag;                  // NULL: nothing is dragged
	struct seat_filter relative_filter, constraint_filter;
	struct seat_constraint *constraint; // the active one; NULL: none
	bool in_gesture;                    // the pointer's focus heard of its beginning
	enum seat_gesture_type gesture;
};

// ---- seat.c ----

// NULL if the client has no object of the seat.
struct seat_client *seat_client_get(struct seat *seat, struct wl_client *client);
void seat_surface_init(struct seat_surface *hold);
// Remembers `surface` (NULL: none) instead. `gone` is called when it is destroyed, before it is
// forgotten.
void seat_surface_set(
	struct seat *seat, struct seat_surface *hold, struct surface *surface, wl_notify_func_t gone);
uint32_t seat_client_serial(struct seat_client *client, enum seat_serial_kind kind);
// The client reads too slowly for motion: it is told of its end later.
bool seat_client_is_behind(struct seat_client *client);
// An object that goes with a wl_pointer of the client, in one of the client's lists, with the
// seat_client as its data. Without room for it the client is told so.
void seat_pointer_object(struct seat_client *client, const struct wl_interface *interface,
	int version, uint32_t id, const void *impl, struct wl_list *list);
uint32_t seat_time_ms(uint64_t time_us);
uint64_t seat_now_us(void);

// Goes through the filters, which may come and go meanwhile. One walk at a time.
struct seat_filter *seat_first_filter(struct seat *seat);
struct seat_filter *seat_next_filter(struct seat *seat);

// ---- seat_keyboard.c ----

void seat_keyboard_init(struct seat *seat);
void seat_keyboard_finish(struct seat *seat);
// A new wl_keyboard, already in its client's list.
void seat_keyboard_greet(
	struct seat *seat, struct seat_client *client, struct wl_resource *resource);
void seat_keyboard_lose(struct seat *seat); // the last one went
// Who has it is worked out anew.
void seat_keyboard_refocus(struct seat *seat);
// The popup that has it before all others; NULL: none.
void seat_keyboard_override(struct seat *seat, struct surface *surface);

// ---- seat_pointer.c ----

void seat_pointer_init(struct seat *seat);
void seat_pointer_finish(struct seat *seat);
void seat_pointer_greet(
	struct seat *seat, struct seat_client *client, struct wl_resource *resource);
void seat_pointer_lose(struct seat *seat);
// Looks up anew who is under it.
void seat_pointer_refocus(struct seat *seat);
// The implicit grab is no more one surface's: the pointer goes where it is.
void seat_pointer_share_grab(struct seat *seat);
// Something is done with it: it is there, and on whatever is below it.
void seat_pointer_wake(struct seat *seat, uint64_t time_us);
void seat_pointer_warp(struct seat *seat, const struct seat_place *place);
void seat_pointer_output_removed(struct seat *seat, struct wayland_output *output);

// ---- seat_touch.c ----

// Touches on it are cancelled.
void seat_touch_output_removed(struct seat *seat, const struct wayland_output *output);
void seat_touch_init(struct seat *seat);
void seat_touch_finish(struct seat *seat);
// Motion that was held back, of clients that have caught up.
void seat_touch_catch_up(struct seat *seat);
// Points on surfaces that are no longer shown are cancelled.
void seat_touch_check(struct seat *seat);

// ---- seat_pick.c ----

// As seat_pick, with a say of the filters.
struct surface *seat_pick_filtered(
	struct seat *seat, const struct seat_place *place, double *x, double *y);
// The place, relative to a surface that is shown somewhere. False if it is not.
bool seat_place_on(
	const struct seat_place *place, const struct surface *surface, double *x, double *y);
// The way back: the place of x, y on a surface that is shown somewhere, kept inside of its output.
struct seat_place seat_place_of(const struct surface *surface, double x, double y);
// Moves a place by dx, dy, over to other outputs, but not off all of them.
void seat_place_move(struct seat *seat, struct seat_place *place, double dx, double dy);
// Into its output.
void seat_place_clamp(struct seat_place *place);
// Policy hears that the user pressed something in the window that the surface belongs to.
void seat_tell_pressed(struct seat *seat, struct surface *surface);

// ---- seat_cursor.c ----

extern const struct surface_role seat_cursor_role;
bool seat_cursor_init(struct seat *seat);
void seat_cursor_finish(struct seat *seat);
void seat_cursor_moved(struct seat *seat); // by a pointer
void seat_cursor_hide(struct seat *seat);  // by a touch, or as there is no pointer
// The pointer's focus is another one.
void seat_cursor_focus(struct seat *seat, struct wl_client *before, struct wl_client *now);
void seat_cursor_set(struct seat *seat, struct wl_client *client, struct wl_resource *resource,
	uint32_t serial, struct wl_resource *surface, int32_t hotspot_x, int32_t hotspot_y);

// ---- seat_relative.c, seat_constraint.c, seat_gesture.c ----

// In this order their filters see events from the last to the first.
void seat_constraint_init(struct seat *seat);
void seat_relative_init(struct seat *seat);
// The pointer came to another surface, or moved on the one where it is.
void seat_constraint_update(struct seat *seat);
// The pointer leaves its focus.
void seat_gesture_cancel(struct seat *seat);

// ---- selection.c, data_drag.c ----

// Who has the keyboard, or would have if there was one, is told of the selections.
void seat_selection_refocus(struct seat *seat);
void seat_drag_output_removed(struct seat *seat, struct wayland_output *output);

// ---- xdg_grab.c ----

void seat_popup_init(struct seat *seat);
// Policy gave the keyboard to another window: grabs of popups on others end.
void seat_popup_check(struct seat *seat);

#endif
