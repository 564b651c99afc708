// SPDX-License-Identifier: MIT
// What became of the frames that a program committed, as wp_presentation tells it.
#ifndef VITRINE_CLIENTS_STATS_H
#define VITRINE_CLIENTS_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct client_stats;
struct wl_surface;
struct wp_presentation;
struct wp_presentation_feedback;

// Frames on their way; commits beyond are not followed.
#define CLIENT_STATS_SLOTS 32

struct client_stats_slot {
	struct client_stats *stats;
	struct wp_presentation_feedback *feedback; // NULL when the slot is free
	uint64_t frame;
	int64_t commit_ns;
};

struct client_stats {
	uint64_t frames; // committed
	uint64_t presented;
	uint64_t zero_copy;        // presented straight from the client's buffer, on a plane
	uint64_t discarded;        // superseded before they were shown
	uint64_t untracked;        // committed while every slot was in use
	uint32_t refresh_ns;       // last one told, 0 if unknown
	int64_t latency_ns;        // sum over `presented` of commit to light
	int64_t first_ns, last_ns; // presentation times
	uint32_t pending;          // slots in use
	bool verbose;              // writes a line a frame to standard output

	clockid_t clock;
	struct client_stats_slot slots[CLIENT_STATS_SLOTS];
};

void client_stats_init(struct client_stats *stats, clockid_t clock, bool verbose);
void client_stats_finish(struct client_stats *stats);

// Counts a frame that is about to be committed to `surface`, and follows it. `presentation` may be
// NULL: then it is only counted.
void client_stats_commit(struct client_stats *stats, struct wp_presentation *presentation,
	struct wl_surface *surface, uint64_t frame);

// Mean time from commit to light in µs, 0 if nothing was presented.
uint64_t client_stats_latency_us(const struct client_stats *stats);

// Frames presented a second, in mHz; 0 before the second one.
uint32_t client_stats_rate_mhz(const struct client_stats *stats);

// Writes one line of `name=value` pairs to standard output.
void client_stats_print(const struct client_stats *stats);

#endif
