// SPDX-License-Identifier: MIT
// The log: one line an event, whatever a client called itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static int saved_stderr, pipe_fds[2];

static int capture(void **state) {
	(void)state;
	saved_stderr = dup(STDERR_FILENO);
	return pipe(pipe_fds) == 0 && dup2(pipe_fds[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

static int release(void **state) {
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

// A mark of our own behind the line keeps the read from waiting when nothing was written.
static const char *written(void) {
	static char text[8192];
	assert_int_equal(write(pipe_fds[1], "|", 1), 1);
	ssize_t len = read(pipe_fds[0], text, sizeof(text) - 1);
	assert_true(len > 0 && text[len - 1] == '|');
	text[len - 1] = '\0';
	return text;
}

static void levels(void **state) {
	(void)state;
	log_error("a %d", 1);
	assert_string_equal(written(), "vitrine: error: a 1\n");
	log_warning("b");
	assert_string_equal(written(), "vitrine: warning: b\n");
	log_info("c");
	assert_string_equal(written(), "vitrine: c\n");
	log_debug("d");
	assert_string_equal(written(), "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("d");
	assert_string_equal(written(), "vitrine: debug: d\n");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("e");
	assert_string_equal(written(), "");
}

static void one_line(void **state) {
	(void)state;
	errno = ENOENT;
	log_info("title \"%s\"", "a\nvitrine: error: b\t\x1b[31m\x7f\xc3\xa4");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(written(), "vitrine: title \"a vitrine: error: b  [31m \xc3\xa4\"\n");
	log_info("%s", "");
	assert_string_equal(written(), "vitrine: \n");
}

static void long_lines_are_cut(void **state) {
	(void)state;
	char text[5000];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	const char *line = written();
	assert_int_equal(strlen(line), 2047);
	assert_string_equal(line + 2047 - 5, "x...\n");
}

static void priorities_for_the_journal(void **state) {
	(void)state;
	struct stat st;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	char stream[64];
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_error("a");
	assert_string_equal(written(), "<3>vitrine: error: a\n");
	log_info("b");
	assert_string_equal(written(), "<6>vitrine: b\n");
	// Inherited from a service whose output goes elsewhere.
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_error("c");
	assert_string_equal(written(), "vitrine: error: c\n");
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, capture, release)

int main(void) {
	const struct CMUnitTest tests[] = {
		CAPTURED(levels),
		CAPTURED(one_line),
		CAPTURED(long_lines_are_cut),
		CAPTURED(priorities_for_the_journal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
