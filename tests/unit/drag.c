// SPDX-License-Identifier: MIT
// Drag and drop between two clients: what each side hears, what they agree on, and what becomes of it
// when anything dies.
#include <linux/input-event-codes.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

#include "data-harness.h"

enum {
	COPY = WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY,
	MOVE = WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE,
	ASK = WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK,
};

static struct harness harness;
static struct peer a, b;
static struct wl_data_source *source;

// a lies at 20,190 with 600x100 px, b at 270,40 with 100x400 px: pressed, it comes to the front.
static int setup_versions(uint32_t of_a, uint32_t of_b) {
	peers_start(&harness);
	peer_init(&a, &harness, "a", of_a, 600, 100);
	peer_init(&b, &harness, "b", of_b, 100, 400);
	source = peer_source(&a, "text/plain", NULL);
	return 0;
}

static int setup(void **state) {
	(void)state;
	return setup_versions(3, 3);
}

static int teardown(void **state) {
	(void)state;
	harness_finish(&harness);
	return 0;
}

static void press_on_a(void) {
	point_at(&harness, 30, 200);
	press(&harness, true);
	peer_forget(&a);
	peer_forget(&b);
}

static void start(struct wl_surface *icon) {
	wl_data_device_start_drag(a.device, source, a.window.surface, icon, a.press);
	assert_true(client_sync(a.client));
}

// Up to where b has been entered, and both agree.
static void start_and_agree(uint32_t offered, uint32_t wanted, uint32_t preferred) {
	press_on_a();
	wl_data_source_set_actions(source, offered);
	start(NULL);
	point_at(&harness, 300, 60);
	peer_forget(&b);
	wl_data_offer_accept(b.offer, 0, "text/plain");
	wl_data_offer_set_actions(b.offer, wanted, preferred);
	peer_forget(&b);
	peer_forget(&a);
}

static void test_by_pointer(void **state) {
	(void)state;
	press_on_a();
	wl_data_source_set_actions(source, COPY | MOVE);
	start(NULL);
	peer_expect(&a, "leave frame offer type:text/plain source-actions:3 drag-enter:10,10");
	point_at(&harness, 50, 200);
	peer_expect(&a, "drag-motion:30,10");
	point_at(&harness, 280, 60);
	peer_expect(&a, "drag-leave");
	peer_expect(&b, "offer type:text/plain source-actions:3 drag-enter:10,20");
	wl_data_offer_accept(b.offer, 0, "text/plain");
	wl_data_offer_set_actions(b.offer, COPY | MOVE, MOVE);
	peer_expect(&b, "action:2");
	peer_expect(&a, "target:text/plain chosen:2");
	struct seat_axis axis = {.value = 10, .source = WL_POINTER_AXIS_SOURCE_FINGER};
	seat_notify_axis(peers_seat(&harness), &axis);
	press(&harness, false);
	peer_expect(&b, "drop drag-leave enter:10,20 frame");
	peer_expect(&a, "dropped");
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	wl_data_offer_receive(b.offer, "text/plain", fds[1]);
	close(fds[1]);
	peer_expect(&b, "");
	peer_expect(&a, "send:text/plain");
	char text[32];
	assert_int_equal(read(fds[0], text, sizeof(text)), 10);
	close(fds[0]);
	wl_data_offer_finish(b.offer);
	wl_data_offer_destroy(b.offer);
	peer_expect(&b, "");
	peer_expect(&a, "finished");
}

static void test_by_touch(void **state) {
	(void)state;
	touch_down(&harness, 4, 30, 200);
	touch_down(&harness, 7, 290, 60);
	peer_forget(&a);
	peer_forget(&b);
	wl_data_source_set_actions(source, COPY);
	start(NULL);
	peer_expect(&a, "touch-cancel offer type:text/plain source-actions:1 drag-enter:10,10");
	touch_move(&harness, 4, 280, 60);
	touch_move(&harness, 7, 300, 60); // another finger's is its own
	peer_expect(&b, "offer type:text/plain source-actions:1 drag-enter:10,20 move7:30,20");
	wl_data_offer_accept(b.offer, 0, "text/plain");
	wl_data_offer_set_actions(b.offer, COPY, 0);
	peer_expect(&b, "action:1");
	touch_up(&harness, 7);
	touch_up(&harness, 4);
	peer_expect(&b, "up7 drop drag-leave");
	peer_expect(&a, "drag-leave target:text/plain chosen:1 dropped");
	wl_data_offer_finish(b.offer);
	peer_expect(&b, "");
	peer_expect(&a, "finished");
	touch_down(&harness, 4, 30, 200); // as ever
	peer_expect(&a, "down4:10,10 no-selection no-primary");
}

static void test_ask(void **state) {
	(void)state;
	start_and_agree(COPY | MOVE | ASK, COPY | MOVE | ASK, ASK);
	press(&harness, false);
	peer_expect(&a, "dropped");
	wl_data_offer_set_actions(b.offer, MOVE, MOVE);
	peer_forget(&b);
	peer_expect(&a, ""); // it is told the final one
	wl_data_offer_finish(b.offer);
	peer_forget(&b);
	peer_expect(&a, "chosen:2 finished");
}

static void test_ask_undecided(void **state) {
	(void)state;
	start_and_agree(COPY | ASK, COPY | ASK, ASK);
	press(&harness, false);
	peer_forget(&b);
	wl_data_offer_finish(b.offer);
	client_expect_error(b.client, &wl_data_offer_interface, WL_DATA_OFFER_ERROR_INVALID_FINISH);
}

static void test_not_accepted(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	wl_data_offer_accept(b.offer, 0, NULL);
	peer_expect(&b, "");
	press(&harness, false);
	peer_expect(&b, "drag-leave enter:30,20 frame");
	peer_expect(&a, "target:none chosen:0 cancelled");
	wl_data_offer_finish(b.offer); // it is inert: that may have been on its way
	wl_data_offer_set_actions(b.offer, COPY, COPY);
	peer_expect(&b, "");
}

static void test_no_common_action(void **state) {
	(void)state;
	start_and_agree(COPY, MOVE, MOVE);
	press(&harness, false);
	peer_forget(&b);
	peer_expect(&a, "target:none cancelled");
}

static void test_on_nothing(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	point_at(&harness, 10, 10);
	peer_expect(&b, "drag-leave");
	peer_expect(&a, "target:none chosen:0");
	press(&harness, false);
	peer_expect(&a, "cancelled");
}

static void test_destroyed_instead_of_finished(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	press(&harness, false);
	wl_data_offer_destroy(b.offer);
	peer_forget(&b);
	peer_expect(&a, "dropped cancelled");
}

static void test_finish_before_drop(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	wl_data_offer_finish(b.offer);
	client_expect_error(b.client, &wl_data_offer_interface, WL_DATA_OFFER_ERROR_INVALID_FINISH);
	peer_expect(&a, "target:none chosen:0");
	press(&harness, false);
	peer_forget(&a);
}

static void test_bad_actions(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	wl_data_offer_set_actions(b.offer, COPY | MOVE, COPY | MOVE);
	client_expect_error(b.client, &wl_data_offer_interface, WL_DATA_OFFER_ERROR_INVALID_ACTION);
}

static void test_bad_action_mask(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	wl_data_offer_set_actions(b.offer, 64, 0);
	client_expect_error(
		b.client, &wl_data_offer_interface, WL_DATA_OFFER_ERROR_INVALID_ACTION_MASK);
}

// Neither side knows of actions.
static void test_version_1(void **state) {
	(void)state;
	setup_versions(1, 1);
	press_on_a();
	start(NULL);
	point_at(&harness, 300, 60);
	peer_expect(&b, "offer type:text/plain drag-enter:30,20");
	press(&harness, false);
	peer_expect(&b, "drop drag-leave enter:30,20 frame");
	peer_expect(&a, "leave frame offer type:text/plain drag-enter:10,10 drag-leave");
	wl_data_offer_destroy(b.offer);
	peer_expect(&b, "");
	peer_expect(&a, "");
	teardown(state);
}

static void test_old_destination(void **state) {
	(void)state;
	setup_versions(3, 2);
	wl_data_source_set_actions(source, COPY | MOVE);
	press_on_a();
	start(NULL);
	peer_forget(&a);
	point_at(&harness, 300, 60);
	peer_forget(&b);
	press(&harness, false);
	peer_forget(&b);
	wl_data_offer_destroy(b.offer);
	peer_forget(&b);
	peer_expect(&a, "drag-leave chosen:1 dropped finished");
	teardown(state);
}

// What has no source is its client's own affair.
static void test_without_source(void **state) {
	(void)state;
	press_on_a();
	wl_data_device_start_drag(a.device, NULL, a.window.surface, NULL, a.press);
	peer_expect(&a, "leave frame drag-enter:10,10:none");
	point_at(&harness, 300, 60);
	peer_expect(&a, "drag-leave");
	peer_expect(&b, "");
	point_at(&harness, 40, 200);
	press(&harness, false);
	peer_expect(&a, "drag-enter:20,10:none drop drag-leave enter:20,10 frame");
}

static void test_bad_serials(void **state) {
	(void)state;
	press_on_a();
	uint32_t held = a.press;
	press(&harness, false);
	peer_forget(&a);
	start(NULL); // too late
	peer_expect(&a, "cancelled");
	press(&harness, true);
	peer_forget(&a);
	source = peer_source(&a, "text/plain", NULL);
	wl_data_device_start_drag(a.device, source, a.window.surface, NULL, held);
	peer_expect(&a, "cancelled");
	// Of another client, whose button it is not.
	struct wl_data_source *other = peer_source(&b, "text/plain", NULL);
	wl_data_device_start_drag(b.device, other, b.window.surface, NULL, a.press);
	peer_expect(&b, "cancelled");
	// On a surface that does not hold it.
	struct wl_surface *surface = wl_compositor_create_surface(a.client->compositor);
	source = peer_source(&a, "text/plain", NULL);
	wl_data_device_start_drag(a.device, source, surface, NULL, a.press);
	peer_expect(&a, "cancelled");
	press(&harness, false);
	peer_forget(&a);
}

static void test_one_at_a_time(void **state) {
	(void)state;
	press_on_a();
	start(NULL);
	peer_forget(&a);
	touch_down(&harness, 1, 300, 60);
	peer_forget(&b);
	struct wl_data_source *other = peer_source(&b, "text/plain", NULL);
	wl_data_device_start_drag(b.device, other, b.window.surface, NULL, b.press);
	peer_expect(&b, "cancelled");
	press(&harness, false);
	peer_forget(&a);
}

static void test_escape(void **state) {
	(void)state;
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, NULL, 0);
	assert_true(seat_set_keymap(peers_seat(&harness), keymap));
	start_and_agree(COPY, COPY, COPY);
	struct seat_key key = {1, KEY_ESC, true};
	seat_notify_key(peers_seat(&harness), &key);
	peer_expect(&b, "drag-leave");
	peer_expect(&a, "target:none chosen:0 cancelled");
	key.pressed = false;
	seat_notify_key(peers_seat(&harness), &key);
	press(&harness, false);
	peer_expect(&b, "enter:30,20 frame");
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
}

// ---- The icon ----

static void draw_icon(struct wl_surface *icon, int32_t dx, int32_t dy) {
	struct wl_buffer *buffer = client_buffer(a.client, 16, 16);
	wl_surface_attach(icon, buffer, 0, 0);
	wl_surface_offset(icon, dx, dy);
	wl_surface_commit(icon);
	assert_true(client_sync(a.client));
	wl_buffer_destroy(buffer);
}

static void test_icon(void **state) {
	(void)state;
	struct wl_surface *icon = wl_compositor_create_surface(a.client->compositor);
	press_on_a();
	expect_n_layers(&harness, 0, 2);
	draw_icon(icon, 0, 0); // before it is one
	start(icon);
	expect_n_layers(&harness, 0, 3);
	expect_layer(&harness, 0, 2, 30, 200, 16, 16);
	draw_icon(icon, -5, -7);
	expect_layer(&harness, 0, 2, 25, 193, 16, 16);
	point_at(&harness, 300, 60);
	expect_layer(&harness, 0, 2, 295, 53, 16, 16);
	peer_expect(&b, "offer type:text/plain source-actions:1 drag-enter:30,20"); // not on the icon
	press(&harness, false);
	expect_n_layers(&harness, 0, 2);
	// It may serve again, from where the pointer is.
	point_at(&harness, 30, 200);
	press(&harness, true);
	peer_forget(&a);
	source = peer_source(&a, "text/plain", NULL);
	start(icon);
	expect_n_layers(&harness, 0, 2);
	draw_icon(icon, 0, 0);
	expect_layer(&harness, 0, 2, 30, 200, 16, 16);
	wl_surface_destroy(icon);
	assert_true(client_sync(a.client));
	expect_n_layers(&harness, 0, 2);
	point_at(&harness, 300, 60);
	press(&harness, false);
}

static void test_icon_with_another_role(void **state) {
	(void)state;
	press_on_a();
	wl_data_device_start_drag(a.device, source, a.window.surface, a.window.surface, a.press);
	client_expect_error(a.client, &wl_data_device_interface, WL_DATA_DEVICE_ERROR_ROLE);
}

// ---- What dies ----

static void test_source_dies(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	wl_data_source_destroy(source);
	assert_true(client_sync(a.client));
	peer_expect(&b, "drag-leave");
	point_at(&harness, 310, 60);
	press(&harness, false);
	peer_expect(&b, "enter:40,20 frame");
	wl_data_offer_accept(b.offer, 0, "text/plain");
	wl_data_offer_destroy(b.offer);
	peer_expect(&b, "");
}

static void test_origin_client_dies(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	peer_finish(&a);
	peer_expect(&b, "drag-leave no-selection no-primary"); // the second as it has the keyboard now
	press(&harness, false);
	peer_forget(&b);
}

static void test_origin_client_dies_after_the_drop(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	press(&harness, false);
	peer_forget(&b);
	peer_finish(&a);
	peer_forget(&b);
	wl_data_offer_finish(b.offer);
	peer_expect(&b, "");
}

static void test_destination_dies(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	peer_finish(&b);
	peer_expect(&a, "target:none chosen:0");
	point_at(&harness, 300, 210); // what was below it
	peer_expect(&a, "offer type:text/plain source-actions:1 drag-enter:280,20");
	press(&harness, false);
	peer_expect(&a, "drag-leave cancelled enter:280,20 frame");
}

static void test_destination_dies_after_the_drop(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	press(&harness, false);
	peer_forget(&b);
	peer_finish(&b);
	harness_dispatch(&harness);
	peer_expect(&a, "dropped cancelled");
}

static void test_everything_of_both_dies(void **state) {
	(void)state;
	start_and_agree(COPY, COPY, COPY);
	wl_surface_destroy(wl_compositor_create_surface(a.client->compositor));
	window_destroy(&b.window);
	wl_data_device_release(b.device);
	peer_forget(&b);
	wl_data_offer_destroy(b.offer);
	wl_data_device_release(a.device);
	window_destroy(&a.window);
	peer_forget(&a);
	point_at(&harness, 200, 200);
	press(&harness, false);
	peer_expect(&a, "cancelled");
	peer_finish(&b);
}

static void test_output_goes(void **state) {
	(void)state;
	struct wl_surface *icon = wl_compositor_create_surface(a.client->compositor);
	press_on_a();
	start(icon);
	draw_icon(icon, 0, 0);
	peer_forget(&a);
	harness_remove_output(&harness, 0);
	harness_add_output(&harness, 0, 640, 480);
	peer_expect(&a, "drag-leave cancelled");
	press(&harness, false);
	peer_forget(&a);
}

static void test_finger_is_cancelled(void **state) {
	(void)state;
	touch_down(&harness, 4, 30, 200);
	peer_forget(&a);
	start(NULL);
	peer_forget(&a);
	seat_notify_touch_cancel(peers_seat(&harness), 4);
	peer_expect(&a, "drag-leave cancelled");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_by_pointer),
		TEST(test_by_touch),
		TEST(test_ask),
		TEST(test_ask_undecided),
		TEST(test_not_accepted),
		TEST(test_no_common_action),
		TEST(test_on_nothing),
		TEST(test_destroyed_instead_of_finished),
		TEST(test_finish_before_drop),
		TEST(test_bad_actions),
		TEST(test_bad_action_mask),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_old_destination),
		TEST(test_without_source),
		TEST(test_bad_serials),
		TEST(test_one_at_a_time),
		TEST(test_escape),
		TEST(test_icon),
		TEST(test_icon_with_another_role),
		TEST(test_source_dies),
		TEST(test_origin_client_dies),
		TEST(test_origin_client_dies_after_the_drop),
		TEST(test_destination_dies),
		TEST(test_destination_dies_after_the_drop),
		TEST(test_everything_of_both_dies),
		TEST(test_output_goes),
		TEST(test_finger_is_cancelled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
