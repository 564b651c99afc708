// SPDX-License-Identifier: MIT
// When a frame is begun. Pure: no clock, no I/O, no allocation; all times are ns of CLOCK_MONOTONIC.
#ifndef VITRINE_OUTPUT_PACE_H
#define VITRINE_OUTPUT_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_BUCKET_NS = 125000,
	PACE_BUCKETS = 256, // the last one also for all that costs more
};

// Of one output. Readable by anyone, written by the functions below alone.
struct pace {
	int64_t refresh_ns; // the shortest, where it is variable
	int64_t blank_ns;   // how long before a flip's time the device has made up its mind
	bool variable;
	int64_t flip_ns; // when the last one was; 0: not known

	// What it takes from the moment at which a frame should be begun until it is committed.
	uint16_t costs[PACE_BUCKETS];
	int n_costs, cap_costs;
	int64_t cost_ns;  // few frames take longer; may be more than there is time for
	int64_t usual_ns; // most take no longer
	int64_t quick_ns; // few frames take less
	// For what is not seen of here: between the commit and the device.
	int64_t margin_ns;
	int calm;     // frames in time since it last changed
	int patience; // how many of them it takes until it shrinks

	// Whether such a lead is worth it, or a short one, of usual frames, is missed no more often.
	bool brief;       // the short one is in use
	int tried;        // frames since it was decided
	int tried_late;   // of them
	int full_late;    // with the long one, when that was tried last
	int trials_rest;  // of the long one, until the short one is tried again
	int trials_after; // that will be, if it turns out to be worse

	// Frames that are not begun early, from now on, and when one was found to be too early again.
	int rest, caution;
	unsigned n_early; // of them all

	// The frame on its way.
	int64_t due_ns; // when it should be seen
	bool sure;      // the time of its flip was known: something is learned from it
};

// Another mode: nothing is known of it. `blank_ns` is the length of its vertical blanking.
void pace_start(struct pace *pace, int64_t refresh_ns, int64_t blank_ns);
// The rate follows the frames, within what the display can do.
void pace_set_variable(struct pace *pace, bool variable);

// When to begin a frame that is wanted at `now`, with none on its way: `now` for at once, else a later time, less
// than a refresh away.
int64_t pace_begin(const struct pace *pace, int64_t now);
// True if a frame that is wanted before its deadline may be begun at once where nobody is known to be awaited.
bool pace_may_be_early(const struct pace *pace);
// How long before its flip a frame is begun that others share.
int64_t pace_window(const struct pace *pace);

// A frame that was begun at `begun`, or should have been, as pace_begin said, has been committed at `now`.
void pace_committed(struct pace *pace, int64_t begun, int64_t now);
// One that was begun at `begun`, before its deadline: it has time to spare, and of the margin nothing is learned
// from it. `now` may be `begun` unless pace_measures_early.
void pace_committed_early(struct pace *pace, int64_t begun, int64_t now);
// True if it should be known of the next early frame when it was committed.
bool pace_measures_early(const struct pace *pace);
// Something was to be shown at `now` while such a frame was on its way.
void pace_came_late(struct pace *pace, int64_t now);
// One whose commit takes as long as the display likes, such as a modeset: nothing is learned from it.
void pace_committed_slowly(struct pace *pace, int64_t now);
// It was flipped to at `time` (0: the device knows none). Returns how many refreshes late that was, 60 at most.
int pace_flipped(struct pace *pace, int64_t time);

#endif
