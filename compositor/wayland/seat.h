// SPDX-License-Identifier: MIT
// The seat: what devices tell goes in at one end, wl_keyboard, wl_pointer and wl_touch come out at the
// other, and protocols that have a say in between (popup grabs, drags, input methods, idle) hang
// themselves in as filters.
//
// Devices are kiosk/'s: here are only events. Times are us of CLOCK_MONOTONIC; places are logical px
// of an output. The seat lives as long as the server.
#ifndef VITRINE_WAYLAND_SEAT_H
#define VITRINE_WAYLAND_SEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>

struct seat;
struct surface;
struct wayland_output;
struct wayland_server;
struct xkb_keymap;
struct xkb_state;

struct seat *wayland_server_seat(struct wayland_server *server);
// The seat of a wl_seat.
struct seat *seat_from_resource(struct wl_resource *resource);

// ---- Events ----

struct seat_place {
	struct wayland_output *output; // NULL: nowhere
	double x, y;                   // logical px of the output
};

struct seat_key {
	uint64_t time_us;
	uint32_t key; // evdev code (linux/input-event-codes.h)
	bool pressed;
};

struct seat_motion {
	uint64_t time_us;
	bool relative;         // else dx, dy are 0
	double dx, dy;         // logical px, accelerated
	double raw_dx, raw_dy; // units of the device
	struct seat_place to;  // where that takes the pointer
};

struct seat_button {
	uint64_t time_us;
	uint32_t button; // evdev code
	bool pressed;
};

struct seat_axis {
	uint64_t time_us;
	enum wl_pointer_axis axis;
	enum wl_pointer_axis_source source;
	bool inverted; // natural scrolling (wl_pointer.axis_relative_direction)
	double value;  // logical px; 0: the finger was lifted (axis_stop)
	int32_t v120;  // of wheels: 120 a notch; 0 for other sources
};

struct seat_touch {
	uint64_t time_us;
	int32_t id; // unique among those that are down
	struct seat_place at;
};

enum seat_gesture_type { SEAT_GESTURE_SWIPE, SEAT_GESTURE_PINCH, SEAT_GESTURE_HOLD };
enum seat_gesture_phase { SEAT_GESTURE_BEGIN, SEAT_GESTURE_UPDATE, SEAT_GESTURE_END };

// Of several fingers on a touchpad.
struct seat_gesture {
	uint64_t time_us;
	enum seat_gesture_type type;
	enum seat_gesture_phase phase;
	unsigned fingers;
	double dx, dy;   // UPDATE of SWIPE and PINCH: of their middle, px
	double scale;    // UPDATE of PINCH: since its beginning
	double rotation; // UPDATE of PINCH: since the last one, degrees clockwise
	bool cancelled;  // END
};

// ---- What devices tell ----

// WL_SEAT_CAPABILITY_* of the devices that are there. What goes takes its focus with it; keys,
// buttons and touches that are down have to be released before.
void seat_set_capabilities(struct seat *seat, uint32_t capabilities);
// Somebody types without a device (virtual keyboards, input methods): the seat has a keyboard as long as
// there is one of them.
void seat_add_typist(struct seat *seat);
void seat_remove_typist(struct seat *seat);
// From now on keys mean this. The state of modifiers starts anew. False when out of memory (the
// former one stays). Takes a reference.
bool seat_set_keymap(struct seat *seat, struct xkb_keymap *keymap);
// Keys a second (0: none), and ms until the first.
void seat_set_repeat(struct seat *seat, int32_t rate, int32_t delay);
// Several devices may hold the same key or button: it is pressed once, and released with the last.
void seat_notify_key(struct seat *seat, const struct seat_key *key);
// relative: dx, dy, raw_dx, raw_dy are set and `to` is worked out. Else `to` is set.
void seat_notify_motion(struct seat *seat, struct seat_motion *motion);
void seat_notify_button(struct seat *seat, const struct seat_button *button);
void seat_notify_axis(struct seat *seat, const struct seat_axis *axis);
// What came since the last one belongs together (wl_pointer.frame).
void seat_notify_pointer_frame(struct seat *seat);
// One at a time: what begins ends the one before.
void seat_notify_gesture(struct seat *seat, const struct seat_gesture *gesture);
void seat_notify_touch_down(struct seat *seat, const struct seat_touch *touch);
void seat_notify_touch_motion(struct seat *seat, const struct seat_touch *touch);
void seat_notify_touch_up(struct seat *seat, const struct seat_touch *touch); // `at` is not read
// The device took it back, or went.
void seat_notify_touch_cancel(struct seat *seat, int32_t id);
void seat_notify_touch_frame(struct seat *seat);

// Bits of the lights that should be lit, after each change: XKB's "Num Lock", "Caps Lock",
// "Scroll Lock" from the lowest.
void seat_set_leds_handler(
	struct seat *seat, void (*handler)(void *data, uint32_t leds), void *data);

// ---- Who is meant ----

// Which surface takes input at a place, and where of it (logical px); NULL if none does. Goes by what
// the output shows, its order, and the surfaces' input regions.
struct surface *seat_pick(struct seat *seat, const struct seat_place *place, double *x, double *y);

// What the kiosk's layout gives the keyboard to; NULL: nothing. A popup that grabbed has it as long as
// it is there.
void seat_set_keyboard_focus(struct seat *seat, struct surface *surface);
struct surface *seat_keyboard_focus(struct seat *seat); // NULL: none
struct seat_place seat_pointer_place(struct seat *seat);
// What the outputs show has changed: who is under the pointer is looked up anew, soon.
void seat_scene_changed(struct seat *seat);
// The output goes: the pointer moves to another one, touches on it are cancelled.
void seat_output_removed(struct seat *seat, struct wayland_output *output);
// Its size, scale or transform is another: the pointer stays inside.
void seat_output_changed(struct seat *seat, struct wayland_output *output);

// Emitted after the change, with the seat as data.
struct wl_signal *seat_keyboard_focus_signal(struct seat *seat);

// ---- Serials ----

enum seat_serial_kind {
	SEAT_SERIAL_PRESS = 1 << 0,   // a key, button or touch went down
	SEAT_SERIAL_ENTER = 1 << 1,   // keyboard or pointer came to a surface
	SEAT_SERIAL_OTHER = 1 << 2,   // modifiers, leave
	SEAT_SERIAL_RELEASE = 1 << 3, // it went up
	SEAT_SERIAL_ANY = 15,
};

// A new serial, that an event of this kind to the client carries.
uint32_t seat_issue_serial(struct seat *seat, struct wl_client *client, enum seat_serial_kind kind);
// The client got it not long ago, with an event of one of these kinds.
bool seat_has_serial(struct seat *seat, struct wl_client *client, uint32_t serial, uint32_t kinds);
// Nobody else was told of a press or a release since this client was: people are busy with it.
bool seat_acted_last(struct seat *seat, struct wl_client *client);
// How many buttons are down, however they came to be.
unsigned seat_buttons_down(struct seat *seat);
// The surface that holds the implicit grab of the pointer, or of the touch with that id; NULL: none.
struct surface *seat_pointer_grab(struct seat *seat);
struct surface *seat_touch_grab(struct seat *seat, int32_t id);
// The touch that this serial went down with; false if that is up again.
bool seat_touch_of_serial(struct seat *seat, uint32_t serial, int32_t *id);
// The serial is that of the press of a button that is still down.
bool seat_button_has_serial(struct seat *seat, uint32_t serial);
// Where the touch with that id is; nowhere if it is up.
struct seat_place seat_touch_place(struct seat *seat, int32_t id);
// Ends the pointer's implicit grab: its surface hears no more of it until the pointer enters anew.
void seat_pointer_end_grab(struct seat *seat);
// The same for what goes on to use the buttons, or the touch: filters hear of them until they are up.
// The touch's client hears that its touches are cancelled.
void seat_pointer_take(struct seat *seat);
void seat_touch_take(struct seat *seat, int32_t id);
// All clients' touches are cancelled.
void seat_touch_cancel_all(struct seat *seat);

// ---- Filters ----

// In this order they see an event.
enum seat_filter_order {
	SEAT_FILTER_GUARD,  // idle, chords that are swallowed: before all else
	SEAT_FILTER_DRAG,   // drag and drop
	SEAT_FILTER_POPUP,  // popup grabs
	SEAT_FILTER_METHOD, // input methods, constraints
};

struct seat_filter;

// Each may be NULL. True: taken, nobody after it gets the event. Filters may come and go while an event
// goes through them, but may not tell the seat of further events (seat_notify_*) from there.
struct seat_filter_ops {
	bool (*key)(struct seat_filter *filter, const struct seat_key *key);
	// Before a virtual keyboard's key goes down, what it means being in `state`. Taken: it does not.
	bool (*typed)(struct seat_filter *filter, const struct seat_key *key, struct xkb_state *state);
	// Rate or delay of repeated keys are others (seat_repeat_rate, seat_repeat_delay).
	void (*repeat)(struct seat_filter *filter);
	// After a key, when modifiers or the layout are others (seat_xkb_state).
	bool (*modifiers)(struct seat_filter *filter);
	// Before the pointer moves; motion->to may be changed. Taken: it stays.
	bool (*motion)(struct seat_filter *filter, struct seat_motion *motion);
	bool (*button)(struct seat_filter *filter, const struct seat_button *button);
	bool (*axis)(struct seat_filter *filter, const struct seat_axis *axis);
	bool (*pointer_frame)(struct seat_filter *filter);
	bool (*gesture)(struct seat_filter *filter, const struct seat_gesture *gesture);
	// Who gets pointer and touch events at a place: may change *surface (NULL: nobody).
	void (*pick)(struct seat_filter *filter, struct surface **surface);
	bool (*touch_down)(struct seat_filter *filter, const struct seat_touch *touch);
	bool (*touch_motion)(struct seat_filter *filter, const struct seat_touch *touch);
	bool (*touch_up)(struct seat_filter *filter, const struct seat_touch *touch);
	void (*touch_cancel)(struct seat_filter *filter, int32_t id);
	bool (*touch_frame)(struct seat_filter *filter);
};

struct seat_filter {
	const struct seat_filter_ops *ops;
	enum seat_filter_order order;
	struct seat *seat;   // NULL: removed
	struct wl_list link; // of the seat's filters
};

// Newer ones come before older ones of the same order. The caller keeps it in memory until removed;
// it may be removed twice.
void seat_add_filter(struct seat *seat, struct seat_filter *filter,
	const struct seat_filter_ops *ops, enum seat_filter_order order);
void seat_remove_filter(struct seat_filter *filter);

// ---- Sending past the filters: input methods and virtual keyboards ----

// A keymap as clients get it; shared and counted.
struct seat_keymap;
struct seat_keymap *seat_keymap_create(int fd, uint32_t size); // takes the fd; NULL: out of memory
struct seat_keymap *seat_keymap_ref(struct seat_keymap *keymap);
void seat_keymap_unref(struct seat_keymap *keymap); // NULL is fine
int seat_keymap_fd(const struct seat_keymap *keymap, uint32_t *size);
// That of the seat's own keyboards, NULL before there is one.
struct seat_keymap *seat_own_keymap(struct seat *seat);

// A virtual keyboard may press this key, as far as the filters go (seat_filter_ops.typed).
bool seat_may_type(struct seat *seat, const struct seat_key *key, struct xkb_state *state);
// The state of the seat's own keyboards, NULL without a keymap.
struct xkb_state *seat_xkb_state(struct seat *seat);
// Which keymap clients hear of keys by; they are told if it is another one.
void seat_send_keymap(struct seat *seat, struct seat_keymap *keymap);
bool seat_is_keymap(struct seat *seat, const struct seat_keymap *keymap); // by which they hear now
// To the keyboard focus.
void seat_send_key(struct seat *seat, const struct seat_key *key);
void seat_send_modifiers(
	struct seat *seat, uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group);
// Keymap and modifiers are those of the seat's own keyboards again.
void seat_send_own(struct seat *seat);
int32_t seat_repeat_rate(struct seat *seat);
int32_t seat_repeat_delay(struct seat *seat);

// ---- Drags ----

struct seat_icon {
	struct surface *surface; // NULL: none is to be shown
	struct seat_place at;    // of its upper left corner
};

// What goes with the pointer or finger above all else, as long as something is dragged.
struct seat_icon seat_drag_icon(struct seat *seat);

// ---- The cursor: what to show is worked out here, kiosk/ shows it ----

enum seat_cursor_kind {
	SEAT_CURSOR_HIDDEN,
	SEAT_CURSOR_DEFAULT, // an arrow
	SEAT_CURSOR_SHAPE,   // of that name in cursor themes
	SEAT_CURSOR_SURFACE,
};

struct seat_cursor {
	enum seat_cursor_kind kind;
	const char *shape;            // SHAPE: valid until the next change
	struct surface *surface;      // SURFACE: may have no contents
	int32_t hotspot_x, hotspot_y; // SURFACE: logical px
	struct seat_place at;         // of the hotspot
};

struct seat_cursor seat_cursor(struct seat *seat);
// Hides a cursor that did not move for so many ms; 0: never.
void seat_set_cursor_timeout(struct seat *seat, int ms);
// After an enter whose serial the request named (wp_cursor_shape_device_v1).
void seat_set_cursor_shape(struct seat *seat, const char *name);
// Whether the client may set the cursor with this serial: it was entered with it, and still is.
bool seat_may_set_cursor(struct seat *seat, struct wl_client *client, uint32_t serial);

#endif
