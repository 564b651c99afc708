// SPDX-License-Identifier: MIT
// When frames are begun, on a clock and a display made up for the purpose.
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output/pace.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define REFRESH (INT64_C(1000000000) / 60)
#define BLANK (500 * US)
#define FLIP (1000 * MS) // when the first one is

static struct pace known(void) {
	struct pace pace = {0};
	pace_start(&pace, REFRESH, BLANK);
	pace.due_ns = FLIP;
	assert_int_equal(pace_flipped(&pace, FLIP), 0);
	return pace;
}

// A frame for each flip, each begun when it should be, and `cost` in the making. Returns the last flip.
static int64_t run(struct pace *pace, int frames, int64_t cost) {
	int64_t flip = pace->flip_ns;
	for (int i = 0; i < frames; i++) {
		int64_t begun = pace_begin(pace, flip + MS);
		pace_committed(pace, begun, begun + cost);
		flip = pace->due_ns;
		assert_int_equal(pace_flipped(pace, flip), 0);
	}
	return flip;
}

static void at_once_while_nothing_is_known(void **state) {
	(void)state;
	struct pace pace = {0};
	pace_start(&pace, REFRESH, BLANK);
	assert_int_equal(pace_begin(&pace, 5 * MS), 5 * MS);
	pace_committed(&pace, 5 * MS, 6 * MS);
	assert_int_equal(pace.due_ns, 6 * MS + REFRESH);
	// Some devices know no time of the flip that lights them.
	assert_int_equal(pace_flipped(&pace, 0), 0);
	assert_int_equal(pace_begin(&pace, 20 * MS), 20 * MS);
	// Nor does one know much after a pause.
	pace = known();
	assert_int_equal(pace_begin(&pace, FLIP + 2000 * MS), FLIP + 2000 * MS);
}

// Clients that answer a flip share the next one.
static void at_the_deadline_after_a_flip(void **state) {
	(void)state;
	struct pace pace = known();
	int64_t deadline = FLIP + REFRESH - BLANK - pace_window(&pace);
	assert_in_range(pace_window(&pace), 1 * MS, REFRESH / 2);
	// Flips are stamped with a time to come by some devices.
	for (int64_t now = FLIP - 300 * US; now < deadline; now += 100 * US) {
		assert_int_equal(pace_begin(&pace, now), deadline);
	}
	assert_int_equal(pace_begin(&pace, deadline), deadline);
	assert_int_equal(pace_begin(&pace, deadline + 1), deadline + 1);
}

// An output that was still waits for nobody, unless the next flip cannot be reached.
static void at_once_when_still(void **state) {
	(void)state;
	struct pace pace = known();
	int64_t flip = run(&pace, 100, 3 * MS);
	assert_in_range(pace.quick_ns, 3 * MS - PACE_BUCKET_NS, 3 * MS);
	for (int i = 1; i < 50; i++) {
		int64_t next = flip + (i + 1) * REFRESH, latest = next - pace.quick_ns;
		int64_t deadline = next + REFRESH - BLANK - pace_window(&pace);
		for (int64_t now = flip + i * REFRESH + 1; now <= next; now += 100 * US) {
			assert_int_equal(pace_begin(&pace, now), now <= latest ? now : deadline);
		}
	}
}

static void the_deadline_follows_what_frames_cost(void **state) {
	(void)state;
	struct pace pace = known();
	int64_t first = pace_window(&pace);
	run(&pace, 100, 300 * US);
	assert_true(pace_window(&pace) < first);
	assert_in_range(pace.cost_ns, 300 * US, 300 * US + PACE_BUCKET_NS);
	// One of fifty that takes long counts.
	for (int i = 0; i < 50; i++) {
		run(&pace, 49, 300 * US);
		run(&pace, 1, 4 * MS);
	}
	assert_in_range(pace.cost_ns, 4 * MS, 4 * MS + PACE_BUCKET_NS);
	assert_true(pace.quick_ns < 300 * US);
	// And is forgotten.
	run(&pace, 5000, 300 * US);
	assert_in_range(pace.cost_ns, 300 * US, 300 * US + PACE_BUCKET_NS);
	assert_true(pace_window(&pace) < 2 * MS);
}

// A machine that stops now and then for longer than any deadline could make up for: clients share frames all
// the same.
static void hiccups_leave_time_to_share(void **state) {
	(void)state;
	struct pace pace = known();
	for (int i = 0; i < 2000; i++) {
		int64_t begun = pace_begin(&pace, pace.flip_ns + MS);
		int64_t cost = i % 20 == 0 ? 30 * MS : 2 * MS;
		pace_committed(&pace, begun, begun + cost);
		int64_t since = begun + cost + BLANK - pace.flip_ns;
		pace_flipped(&pace, pace.flip_ns + (since + REFRESH - 1) / REFRESH * REFRESH);
		assert_true(pace_begin(&pace, pace.flip_ns + MS) >= pace.flip_ns + REFRESH / 4 - BLANK);
	}
	assert_in_range(pace.cost_ns, 30 * MS, 31 * MS);
}

// A frame that is not where it was due: the margin grows at once, and shrinks in small steps.
static void misses_move_the_margin(void **state) {
	(void)state;
	struct pace pace = known();
	run(&pace, 100000, MS);
	int64_t rest = pace.margin_ns;
	assert_in_range(rest, 100 * US, MS);
	int patience = pace.patience;
	for (int i = 0; i < 20; i++) {
		int64_t margin = pace.margin_ns, begun = pace_begin(&pace, pace.flip_ns + MS);
		pace_committed(&pace, begun, begun + MS);
		assert_int_equal(pace_flipped(&pace, pace.due_ns + 2 * REFRESH), 2);
		assert_true(pace.margin_ns >= margin + MS || pace.margin_ns == REFRESH / 2);
	}
	assert_true(pace.patience > patience);
	int64_t grown = pace.margin_ns;
	assert_int_equal(grown, REFRESH / 2);
	run(&pace, patience, MS);
	assert_int_equal(pace.margin_ns, grown);
	run(&pace, 1000000, MS);
	assert_int_equal(pace.margin_ns, rest);
}

// What is no fault of the margin does not move it: a modeset, or a clock that had been turned off.
static void slow_commits_teach_nothing(void **state) {
	(void)state;
	struct pace pace = known();
	struct pace before = pace;
	pace_committed_slowly(&pace, FLIP + 5 * MS);
	assert_int_equal(pace.due_ns, FLIP + 5 * MS + REFRESH);
	pace_flipped(&pace, FLIP + 700 * MS);
	assert_int_equal(pace.margin_ns, before.margin_ns);
	assert_int_equal(pace.n_costs, before.n_costs);
	pace_committed(&pace, FLIP + 5000 * MS, FLIP + 5001 * MS);
	assert_int_equal(pace_flipped(&pace, FLIP + 5001 * MS + REFRESH), 0);
	assert_int_equal(pace_flipped(&pace, FLIP + 5002 * MS + 2 * REFRESH), 1);
	assert_int_equal(pace.margin_ns, before.margin_ns);
}

// A machine that is paused for hours, before or after the commit, misses no refreshes of all that time, and the
// deadline afterwards is the one of before.
static void a_pause_is_not_a_late_frame(void **state) {
	(void)state;
	const int64_t hours = 5 * 3600 * 1000 * MS;
	struct pace pace = known();
	run(&pace, 1000, MS);
	const int64_t window = pace_window(&pace), margin = pace.margin_ns;
	const int patience = pace.patience;
	int64_t begun = pace_begin(&pace, pace.flip_ns + MS);
	pace_committed(&pace, begun, begun + MS);
	assert_int_equal(pace_flipped(&pace, pace.due_ns + hours), 60);
	assert_int_equal(pace.margin_ns, margin);
	begun = pace_begin(&pace, pace.flip_ns + MS);
	pace_committed(&pace, begun, begun + hours);
	assert_int_equal(pace_flipped(&pace, begun + hours + REFRESH), 60);
	assert_int_equal(pace.margin_ns, margin);
	assert_int_equal(pace.patience, patience);
	assert_int_equal(pace_window(&pace), window);
	// A second is the bound: what is below it is counted as it is.
	begun = pace_begin(&pace, pace.flip_ns + MS);
	pace_committed(&pace, begun, begun + MS);
	assert_int_equal(pace_flipped(&pace, pace.due_ns + 59 * REFRESH), 59);
	assert_true(pace.margin_ns > margin);
}

// Frames with time to spare are due at the flip that they were wanted for, and teach nothing of the margin.
static void early_frames(void **state) {
	(void)state;
	struct pace pace = known();
	int64_t flip = run(&pace, 100, MS);
	struct pace before = pace;
	for (int i = 0; i < 100; i++) {
		assert_true(pace_may_be_early(&pace));
		bool measured = pace_measures_early(&pace);
		int64_t begun = flip + 700 * US;
		pace_committed_early(&pace, begun, measured ? begun + 5 * MS : begun);
		assert_int_equal(pace.due_ns, flip + REFRESH);
		flip = pace.due_ns;
		assert_int_equal(pace_flipped(&pace, flip), 0);
	}
	pace_committed_early(&pace, flip + 700 * US, flip + 5 * MS);
	assert_int_equal(pace_flipped(&pace, flip + 3 * REFRESH), 2);
	assert_int_equal(pace.margin_ns, before.margin_ns);
	assert_int_equal(pace.calm, before.calm);
	// What they cost counts, of those that were measured.
	assert_in_range(pace.cost_ns, 5 * MS, 5 * MS + PACE_BUCKET_NS);
	pace_set_variable(&pace, true);
	assert_false(pace_may_be_early(&pace));
}

// Begins one early, which something comes too late for at `late` after the flip before. Returns for how many
// frames none is early.
static int disturb(struct pace *pace, int64_t late) {
	int64_t flip = pace->flip_ns;
	assert_true(pace_may_be_early(pace));
	pace_committed_early(pace, flip + MS, flip + 2 * MS);
	pace_came_late(pace, flip + late);
	int frames = 0;
	pace_flipped(pace, pace->due_ns);
	while (!pace_may_be_early(pace)) {
		run(pace, 1, MS);
		frames++;
	}
	return frames;
}

static void what_comes_late_is_waited_for(void **state) {
	(void)state;
	struct pace pace = known();
	run(&pace, 100, MS);
	int64_t deadline = REFRESH - BLANK - pace_window(&pace);
	// It would have been as late in a frame that waits for its deadline.
	assert_int_equal(disturb(&pace, deadline + US), 0);
	int first = disturb(&pace, deadline - US);
	assert_in_range(first, 30, 120);
	// The more often the longer.
	int last = first;
	for (int i = 0; i < 3; i++) {
		int frames = disturb(&pace, 5 * MS);
		assert_in_range(frames, last * 2 - 8, last * 2 + 1);
		last = frames;
	}
	for (int i = 0; i < 10; i++) {
		last = disturb(&pace, 5 * MS);
	}
	assert_in_range(last, 3000, 5000);
	// It is forgiven in the end.
	for (int i = 0; i < 10000; i++) {
		pace_committed_early(&pace, pace.flip_ns + MS, pace.flip_ns + 2 * MS);
		pace_flipped(&pace, pace.due_ns);
	}
	assert_in_range(disturb(&pace, 5 * MS), first - 8, first * 2);
}

// Composing that takes longer than a refresh has nothing to wait for.
static void slow_machines_do_not_wait(void **state) {
	(void)state;
	struct pace pace = known();
	int64_t at = FLIP;
	for (int i = 0; i < 200; i++) {
		int64_t begun = pace_begin(&pace, at + MS);
		assert_in_range(begun, at + MS, at + MS + REFRESH);
		pace_committed(&pace, begun, begun + 20 * MS);
		at = pace.flip_ns + ((begun + 20 * MS + BLANK - pace.flip_ns) / REFRESH + 1) * REFRESH;
		pace_flipped(&pace, at);
	}
	assert_int_equal(pace_begin(&pace, at + MS), at + MS);
	for (int i = 0; i < 2000; i++) {
		pace_committed(&pace, at, at + 1000 * MS);
	}
	assert_in_range(pace.cost_ns, 30 * MS, 40 * MS);
}

// The display waits once its shortest refresh is over.
static void variable_refresh(void **state) {
	(void)state;
	struct pace pace = known();
	pace_set_variable(&pace, true);
	int64_t deadline = FLIP + REFRESH - BLANK - pace_window(&pace);
	assert_int_equal(pace_begin(&pace, FLIP + MS), deadline);
	for (int64_t now = deadline; now < FLIP + 10 * REFRESH; now += 100 * US) {
		assert_int_equal(pace_begin(&pace, now), now);
	}
	// That it is seen late is as it should be.
	int64_t margin = pace.margin_ns;
	pace_committed(&pace, FLIP + 40 * MS, FLIP + 41 * MS);
	assert_int_equal(pace_flipped(&pace, FLIP + 42 * MS), 0);
	assert_int_equal(pace.margin_ns, margin);
	// Another mode does not change what is wanted.
	pace_start(&pace, REFRESH, BLANK);
	assert_true(pace.variable);
}

// Whatever is known, one waits less than a refresh, and a deadline is one.
static void deadlines_are_within_bounds(void **state) {
	(void)state;
	static const int64_t rates[] = {24, 30, 50, 60, 75, 120, 144, 240, 1000};
	srandom(1);
	for (int i = 0; i < 200000; i++) {
		int64_t refresh = INT64_C(1000000000) / rates[random() % 9],
				blank = random() % (refresh / 4);
		struct pace pace = {0};
		pace_start(&pace, refresh, blank);
		pace_flipped(&pace, FLIP);
		for (int64_t n = random() % 80, cost = random() % (2 * refresh); n > 0; n--) {
			pace_committed(&pace, FLIP, FLIP + cost);
			pace_flipped(&pace, pace.due_ns + (random() % 8 == 0 ? refresh : 0));
		}
		int64_t now = pace.flip_ns - blank + random() % (100 * refresh);
		int64_t begun = pace_begin(&pace, now);
		if (begun < now || begun > now + refresh + blank) {
			fail_msg("%" PRId64 " ns before, %" PRId64 " ns after now", now - begun, begun - now);
		}
		if (begun > now) {
			int64_t due = begun + pace_window(&pace) + blank - pace.flip_ns;
			assert_int_equal(due % refresh, 0);
		}
		pace_committed(&pace, begun, begun + 100 * US);
		assert_true(pace.due_ns > begun);
	}
}

// A machine whose kernel needs up to 1.2 ms more than is seen of it, and 5 ms once in 300 frames; in an hour.
static void misses_become_rare(void **state) {
	(void)state;
	struct pace pace = known();
	enum { FRAMES = 60 * 60 * 60, LAST = FRAMES / 6 };
	int missed = 0;
	srandom(1);
	for (int i = 0; i < FRAMES; i++) {
		int64_t begun = pace_begin(&pace, pace.flip_ns + MS);
		int64_t cost = MS + random() % MS;
		int64_t unseen = random() % 300 == 0 ? 5 * MS : random() % (1200 * US);
		pace_committed(&pace, begun, begun + cost);
		int64_t since = begun + cost + unseen + BLANK - pace.flip_ns;
		int late = pace_flipped(&pace, pace.flip_ns + (since + REFRESH - 1) / REFRESH * REFRESH);
		missed += i >= FRAMES - LAST ? late : 0;
	}
	// Of 120 frames that take so long in these ten minutes.
	assert_in_range(missed, 0, 4);
	assert_true(pace_window(&pace) < REFRESH * 3 / 4);
}

// ---- Machines that stop ----

// Every so many frames, so long after the flip, all stands still for a while: timers, who is to be woken by them, the
// kernel's part of a commit, and the display's clock, which then tells of its flips late but with their time.
struct stops {
	int every;
	int64_t after, length;
};

enum { COST = 1600 * US, UNSEEN = 300 * US };

// When what is begun at `at` and takes `cost` is done.
static int64_t done(int64_t at, int64_t cost, int64_t from, int64_t to) {
	int64_t begun = at >= from && at < to ? to : at;
	return begun < from && begun + cost > from ? begun + cost + to - from : begun + cost;
}

// A frame for each flip, wanted soon after the one before. Returns how many refreshes are missed.
static int run_stopping(struct pace *pace, int frames, struct stops stops) {
	int missed = 0;
	for (int i = 1; i <= frames; i++) {
		const int64_t flip = pace->flip_ns, from = flip + stops.after;
		const int64_t to = i % stops.every == 0 ? from + stops.length : from;
		int64_t begun = pace_begin(pace, done(flip + 200 * US, 500 * US, from, to));
		int64_t committed = done(begun, COST, from, to);
		pace_committed(pace, begun, committed);
		int64_t since = done(committed, UNSEEN, from, to) - flip;
		missed += pace_flipped(pace, flip + (since / REFRESH + 1) * REFRESH);
	}
	return missed;
}

// Frames begun before the stop are in time: that is learned in less than a second.
static void a_lead_that_helps_is_kept(void **state) {
	(void)state;
	static const struct stops machines[] = {
		{11, 9 * MS, 10 * MS},
		{11, 11 * MS, 6 * MS},
		{11, 12 * MS, 4 * MS},
		{28, 9 * MS, 10 * MS},
	};
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct pace pace = known();
		int missed = run_stopping(&pace, 10 * machines[i].every, machines[i]);
		assert_in_range(missed, 1, 6);
		missed = run_stopping(&pace, 4000, machines[i]);
		assert_in_range(missed, 0, 2);
		missed = run_stopping(&pace, 60 * 1000, machines[i]);
		assert_in_range(missed, 0, 8);
		assert_true(pace_window(&pace) < REFRESH * 3 / 4);
	}
}

// Those whose stop begins right after the flip are late whenever they are begun: clients are not to have less time
// for it. It is seen again and again whether that is still so, and once it has ended it is soon forgotten.
static void a_lead_that_does_not_help_is_given_up(void **state) {
	(void)state;
	static const struct stops machines[] = {{11, 700 * US, 15500 * US}, {28, 700 * US, 15 * MS}};
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct pace pace = known();
		run_stopping(&pace, 1000, machines[i]);
		int long_ones = 0, missed = 0;
		enum { FRAMES = 20000 };
		for (int frame = 0; frame < FRAMES; frame += machines[i].every) {
			missed += run_stopping(&pace, machines[i].every, machines[i]);
			long_ones += pace_window(&pace) > 5 * MS ? machines[i].every : 0;
		}
		assert_in_range(missed, FRAMES / machines[i].every - 1, FRAMES / machines[i].every + 1);
		assert_in_range(long_ones, 1, FRAMES / 5);
		run(&pace, 7000, COST);
		assert_in_range(pace_window(&pace), COST, COST + MS);
	}
}

// Of two kinds of slow frames a lead helps but one, and is kept for that.
static void a_lead_that_helps_some_is_kept(void **state) {
	(void)state;
	struct pace pace = known();
	enum { FRAMES = 20000 };
	int missed = 0;
	for (int i = 0; i < FRAMES; i++) {
		int64_t begun = pace_begin(&pace, pace.flip_ns + MS);
		int64_t cost = i % 20 == 0 ? 20 * MS : i % 20 == 10 ? 8 * MS : 2 * MS;
		pace_committed(&pace, begun, begun + cost);
		int64_t since = begun + cost + BLANK - pace.flip_ns;
		missed += pace_flipped(&pace, pace.flip_ns + (since + REFRESH - 1) / REFRESH * REFRESH);
	}
	// Those of 20 ms, and some of the others while the short one is tried.
	assert_in_range(missed, FRAMES / 20, FRAMES / 20 * 11 / 10);
}

static void one_slow_frame_is_forgotten(void **state) {
	(void)state;
	for (int before = 40; before <= 1000; before += 240) {
		struct pace pace = known();
		run(&pace, before, MS);
		int64_t begun = pace_begin(&pace, pace.flip_ns + MS);
		pace_committed(&pace, begun, begun + 14 * MS);
		assert_int_equal(pace_flipped(&pace, pace.due_ns + REFRESH), 1);
		run(&pace, 100, MS);
		assert_in_range(pace.cost_ns, MS, MS + PACE_BUCKET_NS);
		// The margin grew by it, and takes its time.
		assert_in_range(pace_window(&pace), 2 * MS, 5 * MS);
		run(&pace, 4000, MS);
		assert_in_range(pace_window(&pace), MS, 2 * MS);
	}
}

// Windows come, buffers are seen for the first time: in 4 s later it is as if that had not been.
static void what_a_start_costs_is_forgotten(void **state) {
	(void)state;
	struct pace pace = known();
	for (int i = 0; i < 100; i++) {
		run(&pace, 1, i % 16 == 0 ? 9 * MS : 2 * MS);
	}
	assert_in_range(pace.cost_ns, 9 * MS, 9 * MS + PACE_BUCKET_NS);
	run(&pace, 240, 2 * MS);
	assert_in_range(pace.cost_ns, 2 * MS, 2 * MS + PACE_BUCKET_NS);
	// What comes again and again is not.
	for (int i = 0; i < 2000; i++) {
		run(&pace, 1, i % 50 == 0 ? 7 * MS : 2 * MS);
	}
	assert_in_range(pace.cost_ns, 7 * MS, 7 * MS + PACE_BUCKET_NS);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_once_while_nothing_is_known),
		cmocka_unit_test(at_the_deadline_after_a_flip),
		cmocka_unit_test(at_once_when_still),
		cmocka_unit_test(the_deadline_follows_what_frames_cost),
		cmocka_unit_test(hiccups_leave_time_to_share),
		cmocka_unit_test(misses_move_the_margin),
		cmocka_unit_test(slow_commits_teach_nothing),
		cmocka_unit_test(a_pause_is_not_a_late_frame),
		cmocka_unit_test(early_frames),
		cmocka_unit_test(what_comes_late_is_waited_for),
		cmocka_unit_test(slow_machines_do_not_wait),
		cmocka_unit_test(variable_refresh),
		cmocka_unit_test(deadlines_are_within_bounds),
		cmocka_unit_test(misses_become_rare),
		cmocka_unit_test(a_lead_that_helps_is_kept),
		cmocka_unit_test(a_lead_that_does_not_help_is_given_up),
		cmocka_unit_test(a_lead_that_helps_some_is_kept),
		cmocka_unit_test(one_slow_frame_is_forgotten),
		cmocka_unit_test(what_a_start_costs_is_forgotten),
	};
	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
