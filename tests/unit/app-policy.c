// SPDX-License-Identifier: MIT
// When what has ended is started again, on a clock of the test's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kiosk/app_policy.h"

struct bench {
	struct app_policy policy;
	int64_t now_ms;
};

static void begin(struct bench *b, struct app_policy_rules rules) {
	*b = (struct bench){.now_ms = 1000000};
	assert_true(app_policy_init(&b->policy, &rules));
}

// Runs for so long and ends. The pause, or minus what became of it.
static int64_t run(struct bench *b, int64_t ran_ms, bool failed) {
	b->now_ms += ran_ms;
	int64_t pause = -1;
	enum app_verdict verdict = app_policy_ended(&b->policy, failed, ran_ms, b->now_ms, &pause);
	if (verdict != APP_VERDICT_RESTART) {
		return -(int64_t)verdict;
	}
	assert_true(pause >= 0);
	b->now_ms += pause;
	return pause;
}

static const struct app_policy_rules usual = {
	.restart = APP_RESTART_ALWAYS, .pause_ms = 1000, .pause_max_ms = 30000};

static void test_pauses_double_up_to_the_longest(void **state) {
	(void)state;
	static const int64_t expected[] = {0, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
	struct bench b;
	begin(&b, usual);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_int_equal(run(&b, 10, true), expected[i]);
	}
	app_policy_finish(&b.policy);
}

static void test_a_healthy_run_begins_anew(void **state) {
	(void)state;
	struct bench b;
	begin(&b, usual);
	assert_int_equal(run(&b, 10, true), 0);
	assert_int_equal(run(&b, 10, true), 1000);
	assert_int_equal(run(&b, APP_POLICY_STEADY_MS - 1, true), 2000);
	assert_int_equal(run(&b, APP_POLICY_STEADY_MS, true), 0);
	assert_int_equal(run(&b, 0, true), 1000);
	app_policy_finish(&b.policy);
}

static void test_policies(void **state) {
	(void)state;
	struct bench b;
	struct app_policy_rules rules = usual;
	begin(&b, rules);
	assert_int_equal(run(&b, 10, false), 0); // a clean end, too
	app_policy_finish(&b.policy);
	rules.restart = APP_RESTART_ON_FAILURE;
	begin(&b, rules);
	assert_int_equal(run(&b, 10, true), 0);
	assert_int_equal(run(&b, 10, false), -APP_VERDICT_STOPPED);
	app_policy_finish(&b.policy);
	rules.restart = APP_RESTART_NEVER;
	begin(&b, rules);
	assert_int_equal(run(&b, 10, false), -APP_VERDICT_STOPPED);
	assert_int_equal(run(&b, 10, true), -APP_VERDICT_FAILED);
	app_policy_finish(&b.policy);
}

static void test_limit_within_the_window(void **state) {
	(void)state;
	struct bench b;
	struct app_policy_rules rules = usual;
	rules.pause_ms = rules.pause_max_ms = 0;
	rules.max_restarts = 3;
	rules.window_ms = 1000;
	begin(&b, rules);
	assert_int_equal(run(&b, 10, true), 0);
	assert_int_equal(run(&b, 10, true), 0);
	assert_int_equal(run(&b, 10, true), 0);
	assert_int_equal(run(&b, 10, true), -APP_VERDICT_FAILED);
	// By hand it has all of them again.
	app_policy_forget(&b.policy);
	assert_int_equal(run(&b, 10, true), 0);
	assert_int_equal(run(&b, 10, true), 0);
	assert_int_equal(run(&b, 10, true), 0);
	// Just past the window of the first of the three.
	assert_int_equal(run(&b, 980, true), 0);
	// Now the second is the oldest: 10 ms later than the first.
	assert_int_equal(run(&b, 9, true), -APP_VERDICT_FAILED);
	assert_int_equal(run(&b, 1, true), 0);
	app_policy_finish(&b.policy);
}

// Pauses count: slow restarts never reach a limit that quick ones do.
static void test_limit_counts_from_the_restart(void **state) {
	(void)state;
	struct bench b;
	struct app_policy_rules rules = usual;
	rules.max_restarts = 2;
	rules.window_ms = 5000;
	begin(&b, rules);
	assert_int_equal(run(&b, 1, true), 0);
	assert_int_equal(run(&b, 1, true), 1000);
	assert_int_equal(run(&b, 1, true), -APP_VERDICT_FAILED);
	app_policy_forget(&b.policy);
	rules.window_ms = 900;
	app_policy_finish(&b.policy);
	begin(&b, rules);
	for (int i = 0; i < 50; i++) {
		assert_true(run(&b, 1, true) >= 0);
	}
	app_policy_finish(&b.policy);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses_double_up_to_the_longest),
		cmocka_unit_test(test_a_healthy_run_begins_anew),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_limit_within_the_window),
		cmocka_unit_test(test_limit_counts_from_the_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
