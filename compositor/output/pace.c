// SPDX-License-Identifier: MIT
// When a frame is begun: as late as it still reaches the next flip, so that all who draw for that flip are in
// it; at once if the output was still, since then nobody else is awaited.
//
// Nor is anybody once all who draw for that flip have: such a frame may be begun early, which saves a timer and
// its wake-up. Something that nobody told of, such as the answer to a key, then comes a flip later than it had to.
// That is no habit: for some time afterwards each frame has its deadline, and the more often it happens
// the longer.
//
// How late that is, is learned. What composing and committing take is measured, each time from the moment at
// which the frame should have been begun, so that being woken late counts too: a high percentile of the last
// several hundred frames. What happens between the commit and the device is not to be seen from here, only
// that a flip was missed: a margin for it grows with each miss, and shrinks while there is none. The more
// often it had to grow, the more frames in time it takes until it shrinks, so that it comes to rest where
// misses are rare rather than try again and again.
//
// There are machines that stop now and then, often at the same phase of the display, such as when it has flipped. What
// such a frame takes is the longer the earlier it should have been begun, the lead grows, and it is late all the
// same. So a long lead that does not keep frames from being late is given up for one of usual frames, unless they are
// clearly more often late with that. It is tried anew some time later.
#include "output/pace.h"

enum {
	// Of 100 frames.
	HIGH_PERCENT = 99,
	USUAL_PERCENT = 75,
	QUICK_PERCENT = 10,
	COSTS_FIRST = 128, // then each counts half, so that what a start costs is soon forgotten,
	COSTS_MAX = 1024,  // later after ever more of them
	COSTS_FEW = 32,    // that tell little
	COSTS_SOME = 128,  // that tell enough not to ask for each
	FIRST_COST_NS = 6000000,

	FIRST_MARGIN_NS = 2000000,
	LEAST_MARGIN_NS = 500000,
	LATE_NS = 1000000, // that it grows by at least
	ON_TIME_NS = 50000,
	FIRST_PATIENCE = 32,
	MOST_PATIENCE = 4096,
	TRIAL = 256,         // frames
	TRIAL_LATE = 3,      // of them: that is often
	BRIEF_TRIALS = 16,   // after which the long lead is tried anew
	LEARNING_TRIALS = 1, // it takes until the long lead is what it should be
	FIRST_TRIALS_REST = 4,
	MOST_TRIALS_REST = 64,
	FIRST_CAUTION = 64,
	MOST_CAUTION = 4096,
	// One of so many early frames tells what it cost: to look at the clock is a system call on some machines.
	MEASURED_EARLY = 4,

	// For so long flips are taken to go on where the last one was: kernels turn the clock of a still CRTC off
	// some time later, and it may begin anew.
	STALE_REFRESHES = 60,
	// A frame that is later than this was not late: all stood still, as a virtual machine that is paused
	// does, for hours maybe. It counts as this many.
	MOST_MISSED = 60,
};

static int64_t least(int64_t a, int64_t b) {
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b) {
	return a > b ? a : b;
}

static int64_t first_cost(int64_t refresh_ns) {
	return least(FIRST_COST_NS, refresh_ns / 3);
}

static int64_t first_margin(int64_t refresh_ns) {
	return least(FIRST_MARGIN_NS, refresh_ns / 8);
}

void pace_start(struct pace *pace, int64_t refresh_ns, int64_t blank_ns) {
	*pace = (struct pace){
		.refresh_ns = refresh_ns,
		.blank_ns = blank_ns,
		.variable = pace->variable,
		.cost_ns = first_cost(refresh_ns),
		.margin_ns = first_margin(refresh_ns),
		.usual_ns = first_cost(refresh_ns),
		.cap_costs = COSTS_FIRST,
		.patience = FIRST_PATIENCE,
		.trials_rest = LEARNING_TRIALS,
		.trials_after = FIRST_TRIALS_REST,
		.caution = FIRST_CAUTION,
	};
}

void pace_set_variable(struct pace *pace, bool variable) {
	pace->variable = variable;
}

// Clients have a quarter of the refresh to get into the frame, unless even quick frames leave them less: what
// takes longer now and then, on a machine that is busy with something else, is late anyway.
static int64_t window_for(const struct pace *pace, int64_t cost) {
	int64_t longest = most(pace->refresh_ns * 3 / 4, pace->quick_ns + pace->margin_ns);
	return least(cost + pace->margin_ns, longest);
}

int64_t pace_window(const struct pace *pace) {
	return window_for(pace, pace->brief ? pace->usual_ns : pace->cost_ns);
}

// The first flip after `now` that a frame reaches which takes `cost` from now on.
static int64_t first_flip(const struct pace *pace, int64_t now, int64_t cost) {
	int64_t since = now + cost + pace->blank_ns - pace->flip_ns;
	int64_t flips = since > 0 ? (since + pace->refresh_ns - 1) / pace->refresh_ns : 1;
	return pace->flip_ns + flips * pace->refresh_ns;
}

static bool is_known(const struct pace *pace, int64_t now) {
	return pace->flip_ns != 0 && now - pace->flip_ns <= STALE_REFRESHES * pace->refresh_ns;
}

int64_t pace_begin(const struct pace *pace, int64_t now) {
	const int64_t refresh = pace->refresh_ns, before = pace->blank_ns + pace_window(pace);
	if (!is_known(pace, now) || pace->quick_ns >= refresh) {
		return now;
	}
	if (pace->variable) { // it waits for frames once its shortest refresh is over
		return most(now, pace->flip_ns + refresh - before);
	}
	// It may turn out to be a quick one, and a device that does not know which line it is at stamps its flips when
	// it makes up its mind.
	bool still = now - pace->flip_ns >= refresh;
	bool next = first_flip(pace, now, pace->quick_ns - pace->blank_ns) - now <= refresh;
	return still && next ? now : most(now, first_flip(pace, now, pace->quick_ns) - before);
}

bool pace_may_be_early(const struct pace *pace) {
	return pace->rest == 0 && !pace->variable;
}

// ---- What is learned ----

// What `percent` of the frames do not exceed.
static int64_t percentile(const struct pace *pace, int percent) {
	int left = (pace->n_costs * percent + 99) / 100, i = 0;
	while (i < PACE_BUCKETS - 1 && left > pace->costs[i]) {
		left -= pace->costs[i++];
	}
	return (int64_t)(i + 1) * PACE_BUCKET_NS;
}

static void learn_cost(struct pace *pace, int64_t cost) {
	int64_t bucket = most(cost, 0) / PACE_BUCKET_NS;
	pace->costs[least(bucket, PACE_BUCKETS - 1)]++;
	pace->n_costs++;
	if (pace->n_costs >= pace->cap_costs) {
		pace->n_costs = 0;
		pace->cap_costs = (int)least(2 * pace->cap_costs, COSTS_MAX);
		for (int i = 0; i < PACE_BUCKETS; i++) {
			pace->costs[i] /= 2;
			pace->n_costs += pace->costs[i];
		}
	}
	pace->cost_ns = percentile(pace, HIGH_PERCENT);
	if (pace->n_costs < COSTS_FEW) {
		pace->cost_ns = most(pace->cost_ns, first_cost(pace->refresh_ns));
	} else {
		// Without the bucket that it lies in: rather too little.
		pace->quick_ns = percentile(pace, QUICK_PERCENT) - PACE_BUCKET_NS;
		pace->usual_ns = percentile(pace, USUAL_PERCENT);
	}
}

static void learn_margin(struct pace *pace, bool late) {
	if (late) {
		int64_t more = most(LATE_NS, pace->margin_ns / 2);
		pace->margin_ns = least(pace->margin_ns + more, pace->refresh_ns / 2);
		pace->patience = (int)least(pace->patience * 2, MOST_PATIENCE);
		pace->calm = 0;
	} else if (++pace->calm >= pace->patience) {
		int64_t floor = least(LEAST_MARGIN_NS, pace->refresh_ns / 8);
		pace->margin_ns = most(pace->margin_ns - ON_TIME_NS, floor);
		pace->patience = (int)most(pace->patience - pace->patience / 64, FIRST_PATIENCE);
		pace->calm = 0;
	}
}

static void begin_trial(struct pace *pace, bool brief, int rest) {
	pace->brief = brief;
	pace->tried = 0;
	pace->trials_rest = rest;
	if (brief) { // it grew in vain
		pace->margin_ns = least(pace->margin_ns, first_margin(pace->refresh_ns));
		pace->patience = FIRST_PATIENCE;
		pace->calm = 0;
	}
}

// One more frame was late or not. Margins are learned while the long lead is in use.
static void judge_lead(struct pace *pace, bool late) {
	pace->tried_late += late;
	if (++pace->tried % TRIAL != 0) {
		return;
	}
	const int number = pace->tried_late;
	pace->tried_late = 0;
	if (!pace->brief) {
		bool longer = window_for(pace, pace->cost_ns) >
			pace->usual_ns + first_margin(pace->refresh_ns) + pace->refresh_ns / 8;
		pace->full_late = number;
		pace->tried = 0;
		if (pace->trials_rest > 0) {
			pace->trials_rest--;
		} else if (number >= TRIAL_LATE && longer) {
			begin_trial(pace, true, 0);
		}
	} else if (number > pace->full_late + pace->full_late / 2 + 1) {
		begin_trial(pace, false, pace->trials_after);
		pace->trials_after = (int)least(pace->trials_after * 2, MOST_TRIALS_REST);
	} else if (pace->tried >= TRIAL * BRIEF_TRIALS) {
		begin_trial(pace, false, LEARNING_TRIALS);
	}
}

// ---- A frame ----

void pace_committed(struct pace *pace, int64_t begun, int64_t now) {
	// One that took unusually long is late if the flip that it was begun for has gone by meanwhile.
	pace->sure = is_known(pace, begun) && !pace->variable;
	pace->due_ns = pace->sure ? first_flip(pace, begun, pace_window(pace)) : now + pace->refresh_ns;
	learn_cost(pace, now - begun);
}

bool pace_measures_early(const struct pace *pace) {
	return pace->n_costs < COSTS_SOME || pace->n_early % MEASURED_EARLY == 0;
}

void pace_committed_early(struct pace *pace, int64_t begun, int64_t now) {
	if (pace_measures_early(pace)) {
		learn_cost(pace, now - begun);
	}
	pace->n_early++;
	pace->due_ns = first_flip(pace, begun, pace->quick_ns);
	pace->sure = false;
	pace->caution = (int)most(pace->caution - pace->caution / FIRST_CAUTION, FIRST_CAUTION);
}

void pace_came_late(struct pace *pace, int64_t now) {
	// What misses the deadline as well would have been as late without.
	if (now < pace->due_ns - pace->blank_ns - pace_window(pace)) {
		pace->rest = pace->caution;
		pace->caution = (int)least(pace->caution * 2, MOST_CAUTION);
	}
}

void pace_committed_slowly(struct pace *pace, int64_t now) {
	pace->due_ns = now + pace->refresh_ns;
	pace->sure = false;
}

int pace_flipped(struct pace *pace, int64_t time) {
	int64_t late = time - pace->due_ns;
	int missed = 0;
	pace->flip_ns = time;
	pace->rest -= pace->rest > 0;
	if (late > pace->refresh_ns / 2) {
		missed = (int)least((late + pace->refresh_ns / 2) / pace->refresh_ns, MOST_MISSED);
	}
	if (pace->sure && time != 0 && missed < MOST_MISSED) {
		if (!pace->brief) {
			learn_margin(pace, missed > 0);
		}
		judge_lead(pace, missed > 0);
	}
	return missed;
}
