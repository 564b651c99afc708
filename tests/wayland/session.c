// SPDX-License-Identifier: MIT
// The display is taken away and comes back: by another process that becomes DRM master, and by another
// session of the seat daemon. What is on the screen afterwards is what was there before, and apps have gone
// on meanwhile.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "fixture.h"

#ifdef HAVE_LIBSEAT
#include <libseat.h>
#endif

// ---- Who else there is ----

// A master that shows one colour by the legacy interface, and turns every other plane off.
struct intruder {
	int fd;
	uint32_t crtc, fb, handle;
	struct test_picture picture; // what it shows
};

static void find_display(struct intruder *intruder, uint32_t *connector, drmModeModeInfo *mode) {
	drmModeRes *resources = drmModeGetResources(intruder->fd);
	assert_non_null(resources);
	intruder->crtc = resources->crtcs[0];
	*connector = 0;
	for (int i = 0; i < resources->count_connectors && *connector == 0; i++) {
		drmModeConnector *now = drmModeGetConnector(intruder->fd, resources->connectors[i]);
		if (now && now->connection == DRM_MODE_CONNECTED && now->count_modes > 0) {
			*connector = now->connector_id;
			*mode = now->modes[now->count_modes - 1];
		}
		drmModeFreeConnector(now);
	}
	drmModeFreeResources(resources);
	assert_true(*connector != 0);
}

static void intruder_show(struct intruder *intruder) {
	uint32_t connector, stride;
	uint64_t size, offset;
	drmModeModeInfo mode;
	find_display(intruder, &connector, &mode);
	assert_int_equal(drmModeCreateDumbBuffer(intruder->fd, mode.hdisplay, mode.vdisplay, 32, 0,
						 &intruder->handle, &stride, &size),
		0);
	assert_int_equal(drmModeAddFB(intruder->fd, mode.hdisplay, mode.vdisplay, 24, 32, stride,
						 intruder->handle, &intruder->fb),
		0);
	assert_int_equal(drmModeMapDumbBuffer(intruder->fd, intruder->handle, &offset), 0);
	assert_int_equal(
		drmModeSetCrtc(intruder->fd, intruder->crtc, intruder->fb, 0, 0, &connector, 1, &mode), 0);
	test_picture_init(&intruder->picture, mode.hdisplay, mode.vdisplay);
}

static void intruder_finish(struct intruder *intruder) {
	drmModeRmFB(intruder->fd, intruder->fb);
	drmModeDestroyDumbBuffer(intruder->fd, intruder->handle);
	test_picture_finish(&intruder->picture);
}

// ---- Another process takes the master from under it ----

static void assert_screen(const struct test_picture *picture) {
	struct test_screen screen;
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, picture);
	test_screen_close(&screen);
}

static void test_master_is_taken(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	struct test_picture picture;
	witness_init(&witness, fixture, "app", 1);
	for (int round = 0; round < 3; round++) {
		int theirs = test_server_borrow_device(&fixture->server);
		assert_int_equal(drmDropMaster(theirs), 0);
		close(theirs);
		struct intruder intruder = {.fd = open(test_device(), O_RDWR | O_CLOEXEC)};
		assert_true(intruder.fd >= 0);
		assert_true(drmIsMaster(intruder.fd) || drmSetMaster(intruder.fd) == 0);
		intruder_show(&intruder);
		assert_screen(&intruder.picture);
		// The app draws on: the first frame finds out, and more come slowly.
		witness_next_frame(&witness);
		witness_next_frame(&witness);
		assert_screen(&intruder.picture);
		intruder_finish(&intruder);
		close(intruder.fd);
		assert_true(test_server_wait_log(&fixture->server, "is ours again"));
		witness_picture(&witness, &picture);
		assert_screen(&picture);
		test_picture_finish(&picture);
		witness_next_frame(&witness);
		witness_picture(&witness, &picture);
		assert_screen(&picture);
		test_picture_finish(&picture);
	}
	witness_finish(&witness);
}

// ---- Another session of the seat daemon comes to the front ----

#ifdef HAVE_LIBSEAT
struct other {
	struct libseat *seat;
	bool active;
	int device; // of the seat daemon
	struct intruder intruder;
};

static void handle_enable(struct libseat *seat, void *data) {
	(void)seat;
	((struct other *)data)->active = true;
}

static void handle_disable(struct libseat *seat, void *data) {
	((struct other *)data)->active = false;
	libseat_disable_seat(seat);
}

static void handle_reply_done(void *data, struct vitrine_reply_v1 *reply) {
	(void)reply;
	*(int *)data = 1;
}

static void handle_reply_failed(void *data, struct vitrine_reply_v1 *reply, const char *reason) {
	(void)reply;
	print_message("%s\n", reason);
	*(int *)data = 2;
}

static int switch_session(struct test_client *client, uint32_t number) {
	static const struct vitrine_reply_v1_listener listener = {
		.done = handle_reply_done, .failed = handle_reply_failed};
	int came = 0;
	struct vitrine_reply_v1 *reply = vitrine_control_v1_switch_session(client->control, number);
	vitrine_reply_v1_add_listener(reply, &listener, &came);
	test_client_wait(client, came != 0);
	vitrine_reply_v1_destroy(reply);
	return came;
}

// Takes the seat, shows a picture, and ends: the seat daemon brings the server back.
static void another_session(struct fixture *fixture, struct witness *witness, uint32_t number) {
	static const struct libseat_seat_listener listener = {
		.enable_seat = handle_enable, .disable_seat = handle_disable};
	struct other other = {0};
	other.seat = libseat_open_seat(&listener, &other);
	assert_non_null(other.seat);
	assert_int_equal(switch_session(&fixture->control, number), 1);
	while (!other.active) {
		assert_true(libseat_dispatch(other.seat, -1) >= 0);
	}
	other.device = libseat_open_device(other.seat, test_device(), &other.intruder.fd);
	assert_true(other.device >= 0);
	intruder_show(&other.intruder);
	assert_screen(&other.intruder.picture);
	witness_next_frame(witness);
	witness_next_frame(witness);
	assert_screen(&other.intruder.picture);
	intruder_finish(&other.intruder);
	libseat_close_device(other.seat, other.device);
	close(other.intruder.fd);
	libseat_close_seat(other.seat);
}

static void test_session_switches(void **state) {
	struct fixture *fixture = *state;
	if (access("/run/seatd.sock", F_OK) != 0) {
		assert_int_equal(switch_session(&fixture->control, 1), 2); // told that there is none
		skip();
	}
	int rounds = getenv("VITRINE_SOAK") ? 100 : 5;
	struct witness witness;
	struct test_picture picture;
	witness_init(&witness, fixture, "app", 1);
	struct test_counts before = {0};
	for (int round = 0; round < rounds; round++) {
		another_session(fixture, &witness, (uint32_t)round + 1);
		witness_next_frame(&witness);
		witness_picture(&witness, &picture);
		assert_screen(&picture);
		test_picture_finish(&picture);
		struct test_counts now = test_server_count(&fixture->server);
		if (round == 0) {
			before = now;
		}
		assert_int_equal(now.fds, before.fds);
		assert_int_equal(now.framebuffers, before.framebuffers);
	}
	witness_finish(&witness);
}
#endif

int main(void) {
	test_guard(getenv("VITRINE_SOAK") ? 1700 : 100);
	const struct CMUnitTest tests[] = {
#ifdef HAVE_LIBSEAT
		cmocka_unit_test_setup_teardown(test_session_switches, fixture_start, fixture_stop),
#endif
		cmocka_unit_test_setup_teardown(test_master_is_taken, fixture_start, fixture_stop),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
