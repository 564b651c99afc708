// SPDX-License-Identifier: MIT
// Page flips that never come: apps go on, and the display comes back with a modeset.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"

static const char lose[] = "/tmp/vitrine-stuck";

// From the next commit on: that many flips, 0: all.
static void lose_flips(size_t count) {
	// Put there whole: the server may look at any time.
	static const char made[] = "/tmp/vitrine-stuck-new";
	int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)count), 0);
	close(fd);
	assert_int_equal(rename(made, lose), 0);
}

static int start(void **state) {
	unlink(lose);
	return fixture_start_with_module(state, "lost-flips.so", "VITRINE_TEST_LOSE_FLIPS", lose);
}

static void expect_picture(const struct witness *witness) {
	struct test_picture picture;
	struct test_screen screen;
	witness_picture(witness, &picture);
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
}

// Shows its other buffer once it is free, and waits until it is told that this was seen.
static void expect_presented(struct witness *witness) {
	struct test_feedback feedback;
	test_feedback_init(&feedback, &witness->window.base);
	witness_next_frame(witness);
	test_feedback_wait(&feedback);
	assert_true(feedback.presented);
	test_feedback_finish(&feedback);
}

static void test_a_lost_flip_is_made_up_for(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 1);
	expect_picture(&witness);
	int64_t modesets = test_status_counter(&fixture->control, 0, "modesets");
	for (int i = 0; i < 3; i++) {
		size_t mark = fixture->server.len;
		struct test_feedback feedback;
		test_feedback_init(&feedback, &witness.window.base);
		lose_flips(1);
		witness_next_frame(&witness); // its callback comes all the same
		test_feedback_wait(&feedback);
		assert_true(feedback.discarded);
		test_feedback_finish(&feedback);
		assert_true(test_server_wait_log_after(
			&fixture->server, &mark, "Virtual-1: a page flip has not come "));
		assert_true(test_server_wait_log_after(
			&fixture->server, &mark, "Virtual-1: the display shows frames again"));
		expect_picture(&witness);
		// Each of its buffers comes back, whichever was lost.
		for (int j = 0; j < 4; j++) {
			expect_presented(&witness);
		}
		assert_true(test_status_counter(&fixture->control, 0, "lost") > i);
	}
	assert_true(test_status_counter(&fixture->control, 0, "modesets") > modesets);
	witness_finish(&witness);
}

static void test_apps_go_on_while_nothing_helps(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	witness_init(&witness, fixture, "app", 2);
	size_t mark = fixture->server.len;
	lose_flips(0);
	witness_next_frame(&witness);
	assert_true(test_server_wait_log_after(&fixture->server, &mark, "a page flip has not come "));
	for (int i = 0; i < 3; i++) {
		test_surface_want_frame(&witness.window.base);
		wl_surface_commit(witness.window.base.surface);
		test_surface_wait_frame(&witness.window.base);
	}
	assert_true(test_server_wait_log_after(
		&fixture->server, &mark, "Virtual-1: the modeset did not bring the display back"));
	unlink(lose);
	assert_true(test_server_wait_log_after(
		&fixture->server, &mark, "Virtual-1: the display shows frames again"));
	expect_picture(&witness);
	for (int i = 0; i < 4; i++) {
		expect_presented(&witness);
	}
	witness_finish(&witness);
}

// Its turn comes when the kernel lets go of the flip.
static void test_turned_off_while_a_flip_is_lost(void **state) {
	struct fixture *fixture = *state;
	struct witness witness;
	char line[192];
	witness_init(&witness, fixture, "app", 3);
	size_t mark = fixture->server.len;
	lose_flips(1);
	witness.shown = 1 - witness.shown;
	struct test_buffer *buffer = &witness.buffers[witness.shown];
	test_buffer_wait_release(buffer);
	test_surface_show(&witness.window.base, buffer);
	wl_display_flush(witness.client.display);
	while (access(lose, F_OK) == 0) {
		assert_true(wl_display_roundtrip(fixture->control.display) >= 0);
	}
	const char *const format = "vitrinectl --socket %s output Virtual-1 --power %s";
	snprintf(line, sizeof(line), format, fixture->server.socket, "off");
	assert_int_equal(system(line), 0);
	assert_true(test_server_wait_log_after(&fixture->server, &mark, "Virtual-1: off"));
	test_surface_wait_frame(&witness.window.base);
	snprintf(line, sizeof(line), format, fixture->server.socket, "on");
	assert_int_equal(system(line), 0);
	assert_true(test_server_wait_log_after(&fixture->server, &mark, "Virtual-1: on"));
	expect_picture(&witness);
	for (int i = 0; i < 4; i++) {
		expect_presented(&witness);
	}
	witness_finish(&witness);
}

int main(void) {
	test_guard(170);
	test_need_layout("default");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_lost_flip_is_made_up_for, start, fixture_stop),
		cmocka_unit_test_setup_teardown(test_apps_go_on_while_nothing_helps, start, fixture_stop),
		cmocka_unit_test_setup_teardown(test_turned_off_while_a_flip_is_lost, start, fixture_stop),
	};
	return cmocka_run_group_tests_name("stuck", tests, NULL, NULL);
}
