// SPDX-License-Identifier: MIT
// Relative motion, pointer constraints, gestures, cursor shapes: what each client hears of them.
#include "data-harness.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "cursor-shape-v1-client-protocol.h"
#include "globals.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"

enum {
	ONESHOT = ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT,
	PERSISTENT = ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT,
};

static struct harness harness;
static struct peer a, b;
static struct zwp_pointer_constraints_v1 *constraints;
static struct zwp_relative_pointer_manager_v1 *relative_manager;
static struct zwp_pointer_gestures_v1 *gestures;
static struct wp_cursor_shape_manager_v1 *shapes;

// a, whose globals these are, lies at 20,190 with 600x100 px, b at 270,40 with 100x400 px.
static int setup(void **state) {
	(void)state;
	peers_start(&harness);
	peer_init(&a, &harness, "a", 3, 600, 100);
	peer_init(&b, &harness, "b", 3, 100, 400);
	struct test_globals globals;
	test_globals_ask(&globals, a.client->display);
	assert_true(client_sync(a.client));
#define BIND(object, type, highest) \
	assert_int_equal(test_globals_version(&globals, &type), highest); \
	object = test_globals_bind(&globals, &type, highest);
	BIND(constraints, zwp_pointer_constraints_v1_interface, 1)
	BIND(relative_manager, zwp_relative_pointer_manager_v1_interface, 1)
	BIND(gestures, zwp_pointer_gestures_v1_interface, 3)
	BIND(shapes, wp_cursor_shape_manager_v1_interface, 2)
#undef BIND
	test_globals_finish(&globals);
	assert_non_null(constraints);
	assert_non_null(shapes);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	harness_finish(&harness);
	return 0;
}

static void move(double dx, double dy) {
	struct seat_motion motion = {.time_us = (UINT64_C(1) << 32) + 5,
		.relative = true,
		.dx = dx,
		.dy = dy,
		.raw_dx = 2 * dx,
		.raw_dy = 2 * dy};
	harness_dispatch(&harness);
	seat_notify_motion(peers_seat(&harness), &motion);
	seat_notify_pointer_frame(peers_seat(&harness));
}

// ---- Relative motion ----

static void handle_relative(void *data, struct zwp_relative_pointer_v1 *relative, uint32_t hi,
	uint32_t lo, wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t raw_dx, wl_fixed_t raw_dy) {
	(void)relative;
	peer_hear(data, "relative@%u.%u:%g,%g,%g,%g", hi, lo, wl_fixed_to_double(dx),
		wl_fixed_to_double(dy), wl_fixed_to_double(raw_dx), wl_fixed_to_double(raw_dy));
}

static const struct zwp_relative_pointer_v1_listener relative_listener = {handle_relative};

static struct zwp_relative_pointer_v1 *get_relative(void) {
	struct zwp_relative_pointer_v1 *relative =
		zwp_relative_pointer_manager_v1_get_relative_pointer(relative_manager, a.pointer);
	zwp_relative_pointer_v1_add_listener(relative, &relative_listener, &a);
	return relative;
}

static void test_relative(void **state) {
	(void)state;
	struct zwp_relative_pointer_v1 *relative = get_relative();
	point_at(&harness, 30, 200);
	peer_expect(&a, "enter:10,10 frame"); // it came by no relative motion
	move(3, -1.5);
	peer_expect(&a, "relative@1.5:3,-1.5,6,-3 motion:13,8.5 frame");
	point_at(&harness, 30, 60);
	peer_forget(&a);
	move(1, 1); // on nothing
	peer_expect(&a, "");
	point_at(&harness, 30, 200);
	peer_forget(&a);
	wl_pointer_release(a.pointer); // in no good order
	move(1, 1);
	assert_true(client_sync(a.client));
	a.heard[0] = '\0';
	zwp_relative_pointer_v1_destroy(relative);
	move(1, 1);
	peer_expect(&a, "");
}

// ---- Locks ----

static void handle_locked(void *data, struct zwp_locked_pointer_v1 *locked) {
	(void)locked;
	peer_hear(data, "locked");
}

static void handle_unlocked(void *data, struct zwp_locked_pointer_v1 *locked) {
	(void)locked;
	peer_hear(data, "unlocked");
}

static const struct zwp_locked_pointer_v1_listener locked_listener = {
	handle_locked, handle_unlocked};

static struct zwp_locked_pointer_v1 *lock(struct wl_region *region, uint32_t lifetime) {
	struct zwp_locked_pointer_v1 *locked = zwp_pointer_constraints_v1_lock_pointer(
		constraints, a.window.surface, a.pointer, region, lifetime);
	zwp_locked_pointer_v1_add_listener(locked, &locked_listener, &a);
	return locked;
}

static struct wl_region *region_of(int32_t x, int32_t y, int32_t width, int32_t height) {
	struct wl_region *region = wl_compositor_create_region(a.client->compositor);
	wl_region_add(region, x, y, width, height);
	return region;
}

static void test_lock(void **state) {
	(void)state;
	get_relative();
	point_at(&harness, 30, 200);
	peer_forget(&a);
	struct zwp_locked_pointer_v1 *locked = lock(NULL, PERSISTENT);
	peer_expect(&a, "locked");
	move(5, 5);
	peer_expect(&a, "relative@1.5:5,5,10,10 frame");
	point_at(&harness, 100, 200);
	peer_expect(&a, "");
	press(&harness, true);
	press(&harness, false);
	peer_expect(&a, "press frame no-selection no-primary release frame");
	// The hint counts once it was committed.
	zwp_locked_pointer_v1_set_cursor_position_hint(
		locked, wl_fixed_from_int(200), wl_fixed_from_int(50));
	wl_surface_commit(a.window.surface);
	zwp_locked_pointer_v1_set_cursor_position_hint(
		locked, wl_fixed_from_int(300), wl_fixed_from_int(60));
	zwp_locked_pointer_v1_destroy(locked);
	peer_expect(&a, "motion:200,50 frame");
	move(1, 0);
	peer_expect(&a, "relative@1.5:1,0,2,0 motion:201,50 frame");
}

static void test_hint_outside(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	struct zwp_locked_pointer_v1 *locked = lock(NULL, PERSISTENT);
	zwp_locked_pointer_v1_set_cursor_position_hint(
		locked, wl_fixed_from_int(700), wl_fixed_from_int(50));
	wl_surface_commit(a.window.surface);
	peer_forget(&a);
	zwp_locked_pointer_v1_destroy(locked);
	peer_expect(&a, "");
}

// The lock waits until the pointer is in the region.
static void test_lock_region(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	peer_forget(&a);
	struct wl_region *region = region_of(50, 0, 20, 100);
	struct zwp_locked_pointer_v1 *locked = lock(region, ONESHOT);
	peer_expect(&a, "");
	point_at(&harness, 69, 200);
	peer_expect(&a, "motion:49,10 frame");
	point_at(&harness, 70, 200);
	peer_expect(&a, "motion:50,10 locked frame");
	// Its window goes behind another one: unlocked, and that was it.
	struct window dialog;
	window_show(&dialog, a.client, 600, 480);
	peer_expect(&a, "no-selection no-primary leave frame enter:50,200 frame unlocked");
	window_destroy(&dialog);
	harness_dispatch(&harness);
	peer_forget(&a);
	point_at(&harness, 72, 200);
	peer_forget(&a);
	zwp_locked_pointer_v1_set_region(locked, NULL); // of no use
	wl_surface_commit(a.window.surface);
	peer_expect(&a, "");
	// Another one may take its place.
	lock(NULL, PERSISTENT);
	zwp_locked_pointer_v1_destroy(locked);
	peer_expect(&a, "locked");
}

static void test_persistent_lock(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	struct zwp_locked_pointer_v1 *locked = lock(NULL, PERSISTENT);
	peer_forget(&a);
	seat_set_capabilities(peers_seat(&harness), 0);
	peer_expect(&a, "leave frame unlocked");
	seat_set_capabilities(peers_seat(&harness), WL_SEAT_CAPABILITY_POINTER);
	point_at(&harness, 40, 200);
	peer_expect(&a, "enter:20,10 frame locked");
	wl_surface_attach(a.window.surface, NULL, 0, 0); // unmapped
	wl_surface_commit(a.window.surface);
	peer_expect(&a, "leave frame unlocked");
	wl_pointer_release(a.pointer);
	zwp_locked_pointer_v1_destroy(locked);
	peer_expect(&a, "");
}

static void test_already_constrained(void **state) {
	(void)state;
	lock(NULL, PERSISTENT);
	lock(NULL, PERSISTENT);
	client_expect_error(a.client, &zwp_pointer_constraints_v1_interface,
		ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED);
}

static void test_bad_lifetime(void **state) {
	(void)state;
	lock(NULL, 7);
	client_expect_error(
		a.client, &zwp_pointer_constraints_v1_interface, WL_DISPLAY_ERROR_INVALID_METHOD);
}

// ---- Confinement ----

static void handle_confined(void *data, struct zwp_confined_pointer_v1 *confined) {
	(void)confined;
	peer_hear(data, "confined");
}

static void handle_unconfined(void *data, struct zwp_confined_pointer_v1 *confined) {
	(void)confined;
	peer_hear(data, "unconfined");
}

static const struct zwp_confined_pointer_v1_listener confined_listener = {
	handle_confined, handle_unconfined};

static struct zwp_confined_pointer_v1 *confine_to(struct wl_region *region) {
	struct zwp_confined_pointer_v1 *confined = zwp_pointer_constraints_v1_confine_pointer(
		constraints, a.window.surface, a.pointer, region, PERSISTENT);
	zwp_confined_pointer_v1_add_listener(confined, &confined_listener, &a);
	return confined;
}

static void test_confine(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	peer_forget(&a);
	struct zwp_confined_pointer_v1 *confined = confine_to(NULL);
	peer_expect(&a, "confined");
	move(-100, 20); // along the edge
	peer_expect(&a, "motion:0,30 frame");
	move(10, 1000);
	peer_expect(&a, "motion:10,99.9961 frame");
	point_at(&harness, 30, 10); // a tablet's pen, too
	peer_expect(&a, "motion:10,0 frame");
	// The new region holds with the commit; where the pointer is outside of it, it is free.
	struct wl_region *region = region_of(100, 0, 50, 50);
	zwp_confined_pointer_v1_set_region(confined, region);
	move(1, 1);
	peer_expect(&a, "motion:11,1 frame");
	wl_surface_commit(a.window.surface);
	peer_expect(&a, "unconfined");
	move(89, 4);
	peer_expect(&a, "motion:100,5 confined frame");
	move(70, -3);
	peer_expect(&a, "motion:149.996,2 frame");
	zwp_confined_pointer_v1_destroy(confined);
	peer_expect(&a, "");
	move(1, 0);
	peer_expect(&a, "motion:150.996,2 frame");
}

// An L: 10,10 to 20,60, and from there on to 80,60.
static void test_confine_to_an_l(void **state) {
	(void)state;
	point_at(&harness, 35, 205);
	struct wl_region *region = region_of(10, 10, 10, 50);
	wl_region_add(region, 10, 50, 70, 10);
	confine_to(region);
	wl_region_destroy(region);
	peer_expect(&a, "enter:15,15 frame confined");
	move(60, 10); // a wall
	peer_expect(&a, "motion:19.9961,25 frame");
	move(0, 30); // down, into the other arm
	peer_expect(&a, "motion:19.9961,55 frame");
	move(20, 0);
	peer_expect(&a, "motion:39.9961,55 frame");
	move(-10, -30);
	peer_expect(&a, "motion:29.9961,50 frame");
	move(-20, -30); // along the edge to the corner, and no further up than from there
	peer_expect(&a, "motion:10,50 frame");
	move(0, -100);
	peer_expect(&a, "motion:10,10 frame");
	move(1000, 1000);
	assert_true(client_sync(a.client));
	assert_non_null(strstr(a.heard, "motion:"));
	a.heard[0] = '\0';
}

static void test_input_region_confines(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	confine_to(NULL);
	peer_expect(&a, "enter:10,10 frame confined");
	struct wl_region *region = region_of(0, 0, 40, 40);
	wl_surface_set_input_region(a.window.surface, region);
	wl_surface_commit(a.window.surface);
	peer_expect(&a, "");
	move(100, 0);
	peer_expect(&a, "motion:39.9961,10 frame");
}

static void test_surface_dies_first(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	struct zwp_confined_pointer_v1 *confined = confine_to(NULL);
	peer_forget(&a);
	window_destroy(&a.window);
	peer_expect(&a, "unconfined");
	move(100, 0);
	zwp_confined_pointer_v1_set_region(confined, NULL);
	zwp_confined_pointer_v1_destroy(confined);
	peer_expect(&a, "");
}

static void test_client_dies_confined(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	confine_to(NULL);
	peer_forget(&a);
	peer_finish(&a);
	point_at(&harness, 300, 60);
	peer_expect(&b, "enter:30,20 frame");
}

// What a grab takes from the surface it is not confined to any more.
static void test_drag_frees(void **state) {
	(void)state;
	point_at(&harness, 30, 200);
	press(&harness, true);
	confine_to(NULL);
	peer_forget(&a);
	wl_data_device_start_drag(
		a.device, peer_source(&a, "text/plain", NULL), a.window.surface, NULL, a.press);
	peer_expect(
		&a, "leave frame unconfined offer type:text/plain source-actions:1 drag-enter:10,10");
	press(&harness, false);
	peer_expect(&a, "drag-leave cancelled enter:10,10 frame confined");
}

// ---- Gestures ----

static void swipe_begin(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial,
	uint32_t time, struct wl_surface *surface, uint32_t fingers) {
	(void)swipe;
	(void)serial;
	(void)time;
	assert_ptr_equal(surface, a.window.surface);
	peer_hear(data, "swipe:%u", fingers);
}

static void swipe_update(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t time,
	wl_fixed_t dx, wl_fixed_t dy) {
	(void)swipe;
	(void)time;
	peer_hear(data, "swipe-by:%g,%g", wl_fixed_to_double(dx), wl_fixed_to_double(dy));
}

static void swipe_end(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial,
	uint32_t time, int32_t cancelled) {
	(void)swipe;
	(void)serial;
	(void)time;
	peer_hear(data, cancelled ? "swipe-cancelled" : "swiped");
}

static const struct zwp_pointer_gesture_swipe_v1_listener swipe_listener = {
	swipe_begin, swipe_update, swipe_end};

static void pinch_begin(void *data, struct zwp_pointer_gesture_pinch_v1 *pinch, uint32_t serial,
	uint32_t time, struct wl_surface *surface, uint32_t fingers) {
	(void)pinch;
	(void)serial;
	(void)time;
	(void)surface;
	peer_hear(data, "pinch:%u", fingers);
}

static void pinch_update(void *data, struct zwp_pointer_gesture_pinch_v1 *pinch, uint32_t time,
	wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t scale, wl_fixed_t rotation) {
	(void)pinch;
	(void)time;
	peer_hear(data, "pinch-by:%g,%g,%g,%g", wl_fixed_to_double(dx), wl_fixed_to_double(dy),
		wl_fixed_to_double(scale), wl_fixed_to_double(rotation));
}

static void pinch_end(void *data, struct zwp_pointer_gesture_pinch_v1 *pinch, uint32_t serial,
	uint32_t time, int32_t cancelled) {
	(void)pinch;
	(void)serial;
	(void)time;
	peer_hear(data, cancelled ? "pinch-cancelled" : "pinched");
}

static const struct zwp_pointer_gesture_pinch_v1_listener pinch_listener = {
	pinch_begin, pinch_update, pinch_end};

static void hold_begin(void *data, struct zwp_pointer_gesture_hold_v1 *hold, uint32_t serial,
	uint32_t time, struct wl_surface *surface, uint32_t fingers) {
	(void)hold;
	(void)serial;
	(void)time;
	(void)surface;
	peer_hear(data, "hold:%u", fingers);
}

static void hold_end(void *data, struct zwp_pointer_gesture_hold_v1 *hold, uint32_t serial,
	uint32_t time, int32_t cancelled) {
	(void)hold;
	(void)serial;
	(void)time;
	peer_hear(data, cancelled ? "hold-cancelled" : "held");
}

static const struct zwp_pointer_gesture_hold_v1_listener hold_listener = {hold_begin, hold_end};

static struct zwp_pointer_gesture_swipe_v1 *get_gestures(void) {
	struct zwp_pointer_gesture_swipe_v1 *swipe =
		zwp_pointer_gestures_v1_get_swipe_gesture(gestures, a.pointer);
	zwp_pointer_gesture_swipe_v1_add_listener(swipe, &swipe_listener, &a);
	struct zwp_pointer_gesture_pinch_v1 *pinch =
		zwp_pointer_gestures_v1_get_pinch_gesture(gestures, a.pointer);
	zwp_pointer_gesture_pinch_v1_add_listener(pinch, &pinch_listener, &a);
	struct zwp_pointer_gesture_hold_v1 *hold =
		zwp_pointer_gestures_v1_get_hold_gesture(gestures, a.pointer);
	zwp_pointer_gesture_hold_v1_add_listener(hold, &hold_listener, &a);
	assert_true(client_sync(a.client));
	return swipe;
}

static void gesture(struct seat_gesture what) {
	what.time_us = 77000;
	seat_notify_gesture(peers_seat(&harness), &what);
}

static void test_gestures(void **state) {
	(void)state;
	get_gestures();
	point_at(&harness, 30, 200);
	peer_forget(&a);
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_BEGIN, .fingers = 3});
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_UPDATE, .dx = 1.5, .dy = -2});
	gesture((struct seat_gesture){.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_END});
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_PINCH, .phase = SEAT_GESTURE_BEGIN, .fingers = 2});
	gesture((struct seat_gesture){.type = SEAT_GESTURE_PINCH,
		.phase = SEAT_GESTURE_UPDATE,
		.dx = 1,
		.scale = 1.5,
		.rotation = -30});
	// Another one begins, without an end of the first: the client hears of one all the same.
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_HOLD, .phase = SEAT_GESTURE_BEGIN, .fingers = 4});
	gesture((struct seat_gesture){.type = SEAT_GESTURE_PINCH, .phase = SEAT_GESTURE_END});
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_HOLD, .phase = SEAT_GESTURE_END, .cancelled = true});
	peer_expect(&a,
		"swipe:3 swipe-by:1.5,-2 swiped pinch:2 pinch-by:1,0,1.5,-30 pinch-cancelled hold:4 "
		"hold-cancelled");
}

static void test_gesture_leaves(void **state) {
	(void)state;
	struct zwp_pointer_gesture_swipe_v1 *swipe = get_gestures();
	point_at(&harness, 30, 200);
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_BEGIN, .fingers = 3});
	peer_expect(&a, "enter:10,10 frame swipe:3");
	point_at(&harness, 300, 60);
	peer_expect(&a, "swipe-cancelled leave frame");
	gesture((struct seat_gesture){.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_UPDATE});
	gesture((struct seat_gesture){.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_END});
	peer_expect(&a, "");
	point_at(&harness, 30, 200);
	peer_forget(&a);
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_BEGIN, .fingers = 3});
	peer_expect(&a, "swipe:3");
	zwp_pointer_gesture_swipe_v1_destroy(swipe);
	zwp_pointer_gestures_v1_release(gestures);
	assert_true(client_sync(a.client));
	gesture((struct seat_gesture){.type = SEAT_GESTURE_SWIPE, .phase = SEAT_GESTURE_END});
	peer_expect(&a, "");
	gesture((struct seat_gesture){
		.type = SEAT_GESTURE_HOLD, .phase = SEAT_GESTURE_BEGIN, .fingers = 1});
	peer_expect(&a, "hold:1");
	peer_finish(&a); // in the middle of it
	gesture((struct seat_gesture){.type = SEAT_GESTURE_HOLD, .phase = SEAT_GESTURE_END});
}

// ---- Shapes ----

static void test_shapes(void **state) {
	(void)state;
	struct wp_cursor_shape_device_v1 *device =
		wp_cursor_shape_manager_v1_get_pointer(shapes, a.pointer);
	struct seat *seat = peers_seat(&harness);
	point_at(&harness, 30, 200);
	peer_forget(&a);
	assert_int_equal(seat_cursor(seat).kind, SEAT_CURSOR_DEFAULT);
	for (uint32_t shape = 1; shape <= WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ALL_RESIZE; shape++) {
		wp_cursor_shape_device_v1_set_shape(device, a.enter, shape);
		assert_true(client_sync(a.client));
		assert_int_equal(seat_cursor(seat).kind, SEAT_CURSOR_SHAPE);
		assert_true(strlen(seat_cursor(seat).shape) >= 4);
	}
	assert_string_equal(seat_cursor(seat).shape, "all-resize");
	wp_cursor_shape_device_v1_set_shape(
		device, a.enter - 1, WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_TEXT); // of no event
	assert_true(client_sync(a.client));
	assert_string_equal(seat_cursor(seat).shape, "all-resize");
	point_at(&harness, 300, 60); // another client's
	assert_int_equal(seat_cursor(seat).kind, SEAT_CURSOR_DEFAULT);
	wp_cursor_shape_device_v1_set_shape(device, a.enter, WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_TEXT);
	assert_true(client_sync(a.client));
	assert_int_equal(seat_cursor(seat).kind, SEAT_CURSOR_DEFAULT);
	wp_cursor_shape_device_v1_destroy(device);
	assert_true(client_sync(a.client));
}

// ---- Cursors of clients ----

static void expect_hotspot(int32_t x, int32_t y) {
	assert_true(client_sync(a.client));
	struct seat_cursor cursor = seat_cursor(peers_seat(&harness));
	assert_int_equal(cursor.kind, SEAT_CURSOR_SURFACE);
	assert_int_equal(cursor.hotspot_x, x);
	assert_int_equal(cursor.hotspot_y, y);
}

// What moves the contents of a cursor leaves the pointer where it is, from when on it is one, and however far.
static void test_cursor_offsets(void **state) {
	(void)state;
	struct wl_surface *surface = wl_compositor_create_surface(a.client->compositor);
	point_at(&harness, 30, 200);
	peer_forget(&a);
	wl_surface_offset(surface, 5, 5);
	wl_surface_commit(surface);
	wl_pointer_set_cursor(a.pointer, a.enter, surface, 10, 20);
	wl_surface_commit(surface);
	expect_hotspot(10, 20);
	wl_surface_offset(surface, 1, -2);
	wl_surface_commit(surface);
	expect_hotspot(9, 22);
	wl_pointer_set_cursor(a.pointer, a.enter, NULL, 0, 0);
	wl_surface_offset(surface, 3, 3); // of none
	wl_surface_commit(surface);
	wl_pointer_set_cursor(a.pointer, a.enter, surface, 1, 2);
	wl_surface_commit(surface);
	expect_hotspot(1, 2);
	for (int i = 0; i < 3; i++) {
		wl_surface_offset(surface, INT32_MIN, INT32_MAX);
		wl_surface_commit(surface);
	}
	assert_true(client_sync(a.client));
	struct seat_cursor cursor = seat_cursor(peers_seat(&harness));
	assert_true(cursor.hotspot_x > 1 && cursor.hotspot_y < 2);
	wl_surface_destroy(surface);
	assert_true(client_sync(a.client));
}

static void test_bad_shape(void **state) {
	(void)state;
	struct wp_cursor_shape_device_v1 *device =
		wp_cursor_shape_manager_v1_get_pointer(shapes, a.pointer);
	wp_cursor_shape_device_v1_set_shape(device, 0, 37);
	client_expect_error(a.client, &wp_cursor_shape_device_v1_interface,
		WP_CURSOR_SHAPE_DEVICE_V1_ERROR_INVALID_SHAPE);
}

static void test_too_many_objects(void **state) {
	(void)state;
	for (int i = 0; i < 100; i++) {
		get_relative();
	}
	client_expect_error(a.client, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_relative),
		TEST(test_lock),
		TEST(test_hint_outside),
		TEST(test_lock_region),
		TEST(test_persistent_lock),
		TEST(test_already_constrained),
		TEST(test_bad_lifetime),
		TEST(test_confine),
		TEST(test_confine_to_an_l),
		TEST(test_input_region_confines),
		TEST(test_surface_dies_first),
		TEST(test_client_dies_confined),
		TEST(test_drag_frees),
		TEST(test_gestures),
		TEST(test_gesture_leaves),
		TEST(test_shapes),
		TEST(test_cursor_offsets),
		TEST(test_bad_shape),
		TEST(test_too_many_objects),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
