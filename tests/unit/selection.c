// SPDX-License-Identifier: MIT
// Clipboard and primary selection: who is offered what, and how the data's file goes through.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "data-harness.h"

static struct harness harness;
static struct peer a, b;

static int setup(void **state) {
	(void)state;
	peers_start(&harness);
	peer_init(&a, &harness, "a", 3, 300, 200);
	peer_init(&b, &harness, "b", 3, 100, 100); // in front: it has the keyboard
	return 0;
}

static int teardown(void **state) {
	(void)state;
	harness_finish(&harness);
	return 0;
}

static uint32_t serial_for(struct peer *peer) {
	client_sync(peer->client);
	return seat_issue_serial(peers_seat(&harness), peer->client->peer, SEAT_SERIAL_PRESS);
}

static void raise_peer(struct peer *peer) {
	seat_set_keyboard_focus(peers_seat(&harness), NULL);
	struct wl_resource *resource = wl_client_get_object(
		peer->client->peer, wl_proxy_get_id((struct wl_proxy *)peer->window.surface));
	seat_set_keyboard_focus(peers_seat(&harness), wl_resource_get_user_data(resource));
}

static void select_by(struct peer *peer, struct wl_data_source *source) {
	wl_data_device_set_selection(peer->device, source, serial_for(peer));
	assert_true(client_sync(peer->client));
}

// Asks the offer for data and gives what came, up to the end of the file.
static const char *receive(struct peer *from, struct peer *to, const char *type) {
	static char text[64];
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	wl_data_offer_receive(to->offer, type, fds[1]);
	close(fds[1]);
	assert_true(client_sync(to->client));
	if (from) {
		assert_true(client_sync(from->client));
	}
	ssize_t n = read(fds[0], text, sizeof(text) - 1);
	assert_true(n >= 0); // else somebody still holds the other end
	text[n] = '\0';
	char more;
	assert_int_equal(read(fds[0], &more, 1), 0);
	close(fds[0]);
	return text;
}

static void test_clipboard(void **state) {
	(void)state;
	struct wl_data_source *source = peer_source(&b, "text/plain", "text/html");
	wl_data_source_offer(source, "text/plain"); // again: offered once
	select_by(&b, source);
	peer_expect(&b, "offer type:text/plain type:text/html selection");
	peer_expect(&a, ""); // has no keyboard
	raise_peer(&a);
	peer_expect(&a, "offer type:text/plain type:text/html selection no-primary");
	assert_string_equal(receive(&b, &a, "text/html"), "text/html");
	peer_expect(&b, "send:text/html");
	assert_string_equal(receive(&b, &a, "image/png"), ""); // not among them
	peer_expect(&b, "");
	// A second surface of the same client: nothing new.
	struct window dialog;
	window_show(&dialog, a.client, 50, 50);
	peer_expect(&a, "");
	// It goes with its source.
	wl_data_source_destroy(source);
	assert_true(client_sync(b.client));
	peer_expect(&a, "no-selection");
	assert_string_equal(receive(NULL, &a, "text/plain"), "");
	window_destroy(&dialog);
}

static void test_replaced(void **state) {
	(void)state;
	struct wl_data_source *first = peer_source(&b, "one", NULL);
	struct wl_data_source *second = peer_source(&a, "two", NULL);
	select_by(&b, first);
	peer_forget(&b);
	struct wl_data_offer *old = b.offer;
	select_by(&a, second); // late, but it had a press
	peer_expect(&b, "cancelled offer type:two selection");
	assert_string_equal(receive(&a, &b, "two"), "two");
	peer_expect(&a, "send:two");
	b.offer = old;
	assert_string_equal(receive(&a, &b, "one"), "");
	select_by(&b, NULL);
	peer_expect(&a, "cancelled");
	peer_expect(&b, "no-selection");
	wl_data_source_destroy(first);
	wl_data_source_destroy(second);
}

static void test_serials(void **state) {
	(void)state;
	uint32_t early = serial_for(&a);
	struct wl_data_source *forged = peer_source(&a, "forged", NULL);
	wl_data_device_set_selection(a.device, forged, early + 1000);
	peer_expect(&a, "cancelled");
	wl_data_device_set_selection(a.device, peer_source(&a, "of another", NULL), serial_for(&b));
	peer_expect(&a, "cancelled");
	select_by(&b, peer_source(&b, "later", NULL));
	peer_expect(&b, "offer type:later selection");
	wl_data_device_set_selection(a.device, peer_source(&a, "early", NULL), early);
	peer_expect(&a, "cancelled");
	wl_data_device_set_selection(a.device, NULL, early);
	peer_expect(&a, "");
	peer_expect(&b, "");
}

// A device that comes later hears of it at once; without a keyboard who would have it does.
static void test_late_and_without_keyboard(void **state) {
	(void)state;
	seat_set_capabilities(peers_seat(&harness), WL_SEAT_CAPABILITY_TOUCH);
	select_by(&b, peer_source(&b, "text/plain", NULL));
	peer_expect(&b, "offer type:text/plain selection");
	wl_data_device_release(b.device);
	b.device = wl_data_device_manager_get_data_device(b.manager, b.seat);
	assert_true(client_sync(b.client));
	raise_peer(&a);
	peer_expect(&a, "offer type:text/plain selection no-primary");
}

static void test_source_dies_with_its_client(void **state) {
	(void)state;
	select_by(&b, peer_source(&b, "text/plain", NULL));
	raise_peer(&a);
	peer_expect(&a, "offer type:text/plain selection no-primary");
	peer_finish(&b);
	peer_expect(&a, "no-selection");
	assert_string_equal(receive(NULL, &a, "text/plain"), "");
	wl_data_offer_destroy(a.offer);
}

// Objects in an order in which nobody would destroy them.
static void test_any_order(void **state) {
	(void)state;
	struct wl_data_source *source = peer_source(&b, "text/plain", NULL);
	select_by(&b, source);
	assert_true(client_sync(b.client));
	struct wl_data_offer *offer = b.offer;
	wl_data_device_release(b.device);
	wl_seat_destroy(b.seat);
	wl_data_source_destroy(source);
	assert_true(client_sync(b.client));
	wl_data_offer_destroy(offer);
	raise_peer(&a);
	peer_expect(&a, "no-selection no-primary");
	peer_finish(&b);
	peer_expect(&a, "");
}

static void test_used_source(void **state) {
	(void)state;
	struct wl_data_source *source = peer_source(&b, "text/plain", NULL);
	select_by(&b, source);
	wl_data_device_set_selection(b.device, source, serial_for(&b));
	client_expect_error(b.client, &wl_data_device_interface, WL_DATA_DEVICE_ERROR_USED_SOURCE);
}

static void test_drag_source(void **state) {
	(void)state;
	struct wl_data_source *source = peer_source(&b, "text/plain", NULL);
	wl_data_source_set_actions(source, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	wl_data_device_set_selection(b.device, source, serial_for(&b));
	client_expect_error(b.client, &wl_data_source_interface, WL_DATA_SOURCE_ERROR_INVALID_SOURCE);
}

static void expect_offer_error(void (*request)(struct wl_data_offer *offer), uint32_t error) {
	select_by(&b, peer_source(&b, "text/plain", NULL));
	assert_true(client_sync(b.client));
	request(b.offer);
	client_expect_error(b.client, &wl_data_offer_interface, error);
}

static void copy_only(struct wl_data_offer *offer) {
	wl_data_offer_set_actions(
		offer, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
}

static void test_finished_selection(void **state) {
	(void)state;
	expect_offer_error(wl_data_offer_finish, WL_DATA_OFFER_ERROR_INVALID_FINISH);
}

static void test_actions_of_a_selection(void **state) {
	(void)state;
	expect_offer_error(copy_only, WL_DATA_OFFER_ERROR_INVALID_OFFER);
}

static void test_too_many_types(void **state) {
	(void)state;
	struct wl_data_source *source = peer_source(&b, "text/plain", NULL);
	char type[32];
	for (int i = 0; i < 600; i++) {
		snprintf(type, sizeof(type), "x/%d", i);
		wl_data_source_offer(source, type);
	}
	client_expect_error(b.client, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
}

static void test_too_long_types(void **state) {
	(void)state;
	char type[3000];
	memset(type, 'x', sizeof(type) - 1);
	type[sizeof(type) - 1] = '\0';
	struct wl_data_source *source = peer_source(&b, "text/plain", NULL);
	for (int i = 0; i < 6; i++) {
		type[0] = (char)('a' + i);
		wl_data_source_offer(source, type);
	}
	client_expect_error(b.client, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
}

static void test_too_many_devices(void **state) {
	(void)state;
	for (int i = 0; i < 16; i++) {
		wl_data_device_manager_get_data_device(b.manager, b.seat);
	}
	client_expect_error(b.client, &wl_display_interface, WL_DISPLAY_ERROR_NO_MEMORY);
}

// The owner of the clipboard does not read, others ask it for data all the time: it must not be ended
// for what they do, and nobody waits.
static void test_flood_of_requests(void **state) {
	(void)state;
	select_by(&b, peer_source(&b, "text/plain", NULL));
	raise_peer(&a);
	peer_expect(&a, "offer type:text/plain selection no-primary");
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	b.quiet = true;
	for (int i = 0; i < 20000; i++) {
		wl_data_offer_receive(a.offer, "text/plain", fds[1]);
		if (i % 20 == 0) {
			assert_true(client_sync(a.client));
		}
	}
	assert_true(client_sync(a.client));
	assert_true(client_sync(b.client));
	assert_in_range(b.n_sent, 1, 19999);
	close(fds[0]);
	close(fds[1]);
}

static void test_primary(void **state) {
	(void)state;
	struct zwp_primary_selection_source_v1 *source =
		zwp_primary_selection_device_manager_v1_create_source(b.primary_manager);
	zwp_primary_selection_source_v1_offer(source, "text/plain");
	zwp_primary_selection_device_v1_set_selection(b.primary_device, source, serial_for(&b));
	peer_expect(&b, "primary-offer primary-type:text/plain primary");
	raise_peer(&a);
	peer_expect(&a, "no-selection primary-offer primary-type:text/plain primary");
	select_by(&a, peer_source(&a, "text/html", NULL)); // is another one
	peer_expect(&a, "offer type:text/html selection");
	zwp_primary_selection_device_v1_set_selection(a.primary_device, NULL, serial_for(&a));
	peer_expect(&a, "no-primary");
	zwp_primary_selection_source_v1_destroy(source);
	peer_expect(&a, "");
	zwp_primary_selection_offer_v1_destroy(a.primary_offer);
	assert_true(client_sync(b.client));
	assert_true(client_sync(a.client));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_clipboard),
		TEST(test_replaced),
		TEST(test_serials),
		TEST(test_late_and_without_keyboard),
		TEST(test_source_dies_with_its_client),
		TEST(test_any_order),
		TEST(test_used_source),
		TEST(test_drag_source),
		TEST(test_finished_selection),
		TEST(test_actions_of_a_selection),
		TEST(test_too_many_types),
		TEST(test_too_long_types),
		TEST(test_too_many_devices),
		TEST(test_flood_of_requests),
		TEST(test_primary),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
