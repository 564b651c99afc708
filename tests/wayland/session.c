// SPDX-License-Identifier: MIT
// The display is taken away and comes back: by another process that becomes DRM master, and by another
// session of the seat daemon. What is on the screen afterwards is what was there before, and apps have gone
// on meanwhile.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <xf86drm.h>

#include "other-session.h"

enum { ROUNDS = 5 }; // `replugs` has more

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
		assert_true(intruder_show(&intruder, NULL));
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
static void another_session(struct fixture *fixture, struct witness *witness, uint32_t number) {
	struct other_session other;
	other_session_begin(&other, &fixture->control, number);
	other_session_show(&other);
	assert_screen(&other.intruder.picture);
	witness_next_frame(witness);
	witness_next_frame(witness);
	assert_screen(&other.intruder.picture);
	other_session_end(&other);
}

static void test_session_switches(void **state) {
	struct fixture *fixture = *state;
	if (!other_session_is_possible()) {
		assert_false(other_session_switch(&fixture->control, 1)); // told that there is none
		skip();
	}
	struct witness witness;
	struct test_picture picture;
	witness_init(&witness, fixture, "app", 1);
	struct test_counts before = {0};
	for (int round = 0; round < ROUNDS; round++) {
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

#ifdef HAVE_LIBSEAT
static const char lose[] = "/tmp/vitrine-session-lose";

static int start_losing(void **state) {
	unlink(lose);
	return fixture_start_with_module(state, "lost-flips.so", "VITRINE_TEST_LOSE_FLIPS", lose);
}

// The display is taken away while a flip is lost: whoever waits for that frame goes on, slowly, all the same.
static void test_flip_is_lost_over_a_switch(void **state) {
	struct fixture *fixture = *state;
	if (!other_session_is_possible()) {
		skip();
	}
	struct witness witness;
	struct test_picture picture;
	witness_init(&witness, fixture, "app", 1);
	FILE *file = fopen(lose, "we");
	assert_non_null(file);
	assert_true(fputc('1', file) == '1'); // one flip
	fclose(file);
	witness.shown = 1 - witness.shown;
	test_buffer_wait_release(&witness.buffers[witness.shown]);
	test_surface_show(&witness.window.base, &witness.buffers[witness.shown]);
	wl_display_flush(witness.client.display);
	while (access(lose, F_OK) == 0) {
		assert_true(wl_display_roundtrip(fixture->control.display) >= 0);
	}
	struct other_session other;
	other_session_begin(&other, &fixture->control, ROUNDS + 2); // after those of the test before
	other_session_show(&other);
	test_surface_wait_frame(&witness.window.base);
	witness_next_frame(&witness);
	assert_screen(&other.intruder.picture);
	other_session_end(&other);
	witness_next_frame(&witness);
	witness_picture(&witness, &picture);
	assert_screen(&picture);
	test_picture_finish(&picture);
	witness_finish(&witness);
}
#endif

int main(void) {
	test_guard(100);
	const struct CMUnitTest tests[] = {
#ifdef HAVE_LIBSEAT
		cmocka_unit_test_setup_teardown(test_session_switches, fixture_start, fixture_stop),
		cmocka_unit_test_setup_teardown(
			test_flip_is_lost_over_a_switch, start_losing, fixture_stop),
#endif
		cmocka_unit_test_setup_teardown(test_master_is_taken, fixture_start, fixture_stop),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
