// SPDX-License-Identifier: MIT
// Starts and stops of the server leave the display as it was found, and nothing in the kernel.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"

#define CYCLES 20

// What the kernel says of planes, CRTCs and connectors, but for numbers that always differ.
static char *display_state(void) {
	char path[64];
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/state", minor(test_device_rdev()));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t size = 0;
	char *text = NULL, line[512];
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	while (fgets(line, sizeof(line), file)) {
		static const char *const relevant[] = {"plane[", "crtc", "connector[", "fb=", "enable=",
			"active=", "mode:", "crtc-pos=", "src-pos=", "rotation=", "encoding=", "range="};
		for (size_t i = 0; i < sizeof(relevant) / sizeof(relevant[0]); i++) {
			if (strstr(line, relevant[i])) {
				fputs(line, out);
				break;
			}
		}
	}
	fclose(file);
	fclose(out);
	return text;
}

static int framebuffers(void) {
	char path[64], line[256];
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/framebuffer", minor(test_device_rdev()));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	int n = 0;
	while (fgets(line, sizeof(line), file)) {
		n += strncmp(line, "framebuffer[", 12) == 0;
	}
	fclose(file);
	return n;
}

static void test_display_is_left_as_it_was_found(void **state) {
	(void)state;
	char *before = display_state();
	int framebuffers_before = framebuffers();
	for (int i = 0; i < CYCLES; i++) {
		struct fixture *fixture;
		void *fixture_state;
		fixture_start(&fixture_state);
		fixture = fixture_state;
		struct witness witness;
		if (i % 2 == 0) { // with a client on a plane, and without
			witness_init(&witness, fixture, "app", 1);
		}
		fixture_stop(&fixture_state);
		if (i % 2 == 0) {
			witness_finish(&witness);
		}
		char *after = display_state();
		if (strcmp(before, after) != 0) {
			fprintf(stderr, "before:\n%s\nafter:\n%s\n", before, after);
			fail_msg("the display's state after start %d is not that of before", i + 1);
		}
		free(after);
		assert_int_equal(framebuffers(), framebuffers_before);
	}
	free(before);
}

// A kill leaves the kernel to clean up; the next start must not mind.
static void test_start_after_a_crash(void **state) {
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct test_server server;
		test_server_start(&server, NULL);
		struct test_client client;
		test_client_connect(&client, &server);
		test_client_disconnect(&client);
		test_server_kill(&server);
	}
	struct test_server server;
	test_server_start(&server, NULL);
	test_server_stop(&server);
}

int main(void) {
	test_guard(90);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_display_is_left_as_it_was_found),
		cmocka_unit_test(test_start_after_a_crash),
	};
	return cmocka_run_group_tests_name("start-stop", tests, NULL, NULL);
}
