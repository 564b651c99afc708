// SPDX-License-Identifier: MIT
#include "shared/stats.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "presentation-time-client-protocol.h"
#include "shared/display.h"

void client_stats_init(struct client_stats *stats, clockid_t clock, bool verbose) {
	*stats = (struct client_stats){.clock = clock, .verbose = verbose};
}

static void free_slot(struct client_stats_slot *slot) {
	wp_presentation_feedback_destroy(slot->feedback);
	slot->feedback = NULL;
	slot->stats->pending--;
}

void client_stats_finish(struct client_stats *stats) {
	for (size_t i = 0; i < CLIENT_STATS_SLOTS; i++) {
		if (stats->slots[i].feedback) {
			free_slot(&stats->slots[i]);
		}
	}
}

static void handle_sync_output(
	void *data, struct wp_presentation_feedback *feedback, struct wl_output *output) {
	(void)data;
	(void)feedback;
	(void)output;
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback,
	uint32_t seconds_hi, uint32_t seconds_lo, uint32_t nanoseconds, uint32_t refresh_ns,
	uint32_t sequence_hi, uint32_t sequence_lo, uint32_t flags) {
	(void)feedback;
	struct client_stats_slot *slot = data;
	struct client_stats *stats = slot->stats;
	int64_t seconds = (int64_t)((uint64_t)seconds_hi << 32 | seconds_lo);
	int64_t when = seconds * 1000000000 + nanoseconds;
	bool zero_copy = flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY;
	stats->presented++;
	stats->zero_copy += zero_copy;
	stats->refresh_ns = refresh_ns;
	stats->latency_ns += when - slot->commit_ns;
	stats->first_ns = stats->presented == 1 ? when : stats->first_ns;
	stats->last_ns = when;
	if (stats->verbose) {
		printf("presented frame=%" PRIu64 " time_ns=%" PRId64 " sequence=%" PRIu64
			   " zero_copy=%d\n",
			slot->frame, when, (uint64_t)sequence_hi << 32 | sequence_lo, zero_copy);
		fflush(stdout);
	}
	free_slot(slot);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback) {
	(void)feedback;
	struct client_stats_slot *slot = data;
	slot->stats->discarded++;
	if (slot->stats->verbose) {
		printf("discarded frame=%" PRIu64 "\n", slot->frame);
		fflush(stdout);
	}
	free_slot(slot);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

void client_stats_commit(struct client_stats *stats, struct wp_presentation *presentation,
	struct wl_surface *surface, uint64_t frame) {
	stats->frames++;
	if (!presentation) {
		return;
	}
	for (size_t i = 0; i < CLIENT_STATS_SLOTS; i++) {
		struct client_stats_slot *slot = &stats->slots[i];
		if (slot->feedback) {
			continue;
		}
		slot->feedback = wp_presentation_feedback(presentation, surface);
		if (!slot->feedback) {
			break;
		}
		slot->stats = stats;
		slot->frame = frame;
		slot->commit_ns = client_now_ns(stats->clock);
		stats->pending++;
		wp_presentation_feedback_add_listener(slot->feedback, &feedback_listener, slot);
		return;
	}
	stats->untracked++;
}

uint64_t client_stats_latency_us(const struct client_stats *stats) {
	return stats->presented > 0 && stats->latency_ns > 0
		? (uint64_t)stats->latency_ns / stats->presented / 1000
		: 0;
}

uint32_t client_stats_rate_mhz(const struct client_stats *stats) {
	int64_t span = stats->last_ns - stats->first_ns;
	return stats->presented > 1 && span > 0
		? (uint32_t)((stats->presented - 1) * 1000000000000 / (uint64_t)span)
		: 0;
}

void client_stats_print(const struct client_stats *stats) {
	uint32_t rate = client_stats_rate_mhz(stats);
	printf("frames=%" PRIu64 " presented=%" PRIu64 " zero_copy=%" PRIu64 " discarded=%" PRIu64
		   " untracked=%" PRIu64 " refresh_ns=%" PRIu32 " latency_us=%" PRIu64 " fps=%u.%03u\n",
		stats->frames, stats->presented, stats->zero_copy, stats->discarded, stats->untracked,
		stats->refresh_ns, client_stats_latency_us(stats), rate / 1000, rate % 1000);
}
