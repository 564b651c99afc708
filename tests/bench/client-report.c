// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

int64_t client_report_ticks(pid_t pid) {
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file) {
		return -1;
	}
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	// The name of the program, in parentheses, may hold anything. utime and stime are fields 14 and
	// 15 of proc(5).
	char *field = strrchr(text, ')');
	for (int i = 2; field && i < 14; i++) {
		field = strchr(field + 1, ' ');
	}
	uint64_t user, system;
	return field && sscanf(field, "%" SCNu64 " %" SCNu64, &user, &system) == 2
		? (int64_t)(user + system)
		: -1;
}

bool client_report_sample(struct client *client) {
	struct client_sample *now = &client->now;
	now->time_ns = client_now_ns(CLOCK_MONOTONIC);
	size_t wanted = (size_t)(client->options.seconds * 1e9 / CLIENT_SLICE_NS) + 1;
	if (wanted > CLIENT_MAX_SLICES + 1) {
		wanted = CLIENT_MAX_SLICES + 1;
	}
	int64_t due_ns = client->n_slices > 0
		? client->slices[0].time_ns + (int64_t)client->n_slices * CLIENT_SLICE_NS
		: 0;
	if (client->n_slices < wanted && now->time_ns >= due_ns) {
		now->ticks = bench_ticks();
		if (client->busy) {
			now->busy = client->busy->busy;
			now->waits = client->busy->waits;
			now->commit = client->busy->commit;
			now->commits = client->busy->commits;
			now->allocations = client->busy->allocations;
			now->library_allocations = client->busy->library_allocations;
		}
		client->slices[client->n_slices++] = *now;
	}
	return client->n_slices == wanted;
}

// For each slice: length in ns, frame callbacks, frames presented, the server's busy ns, waits, ns in
// commits, commits, allocations, and those of libraries.
static void print_slices(const struct client *client) {
	printf("\"slices\": [");
	for (size_t i = 1; i < client->n_slices; i++) {
		const struct client_sample *from = &client->slices[i - 1], *to = &client->slices[i];
		int64_t length_ns = to->time_ns - from->time_ns;
		double tick_ns = (double)length_ns / (double)(to->ticks - from->ticks);
		printf("%s[%" PRId64 ", %" PRIu64 ", %" PRIu64 ", %.0f, %" PRIu64 ", %.0f, %" PRIu64
			   ", %" PRIu64 ", %" PRIu64 "]",
			i > 1 ? ", " : "", length_ns, to->callbacks - from->callbacks,
			to->presented - from->presented, (double)(to->busy - from->busy) * tick_ns,
			to->waits - from->waits, (double)(to->commit - from->commit) * tick_ns,
			to->commits - from->commits, to->allocations - from->allocations,
			to->library_allocations - from->library_allocations);
	}
	printf("]");
}

// Of each frame that the server ended in the measured time: busy us, and us in the commit.
static void print_frames(const struct client *client) {
	const struct client_sample *from = &client->slices[0],
							   *to = &client->slices[client->n_slices - 1];
	if (!client->busy || to->ticks == from->ticks) {
		return;
	}
	double tick_us =
		(double)(to->time_ns - from->time_ns) / 1e3 / (double)(to->ticks - from->ticks);
	uint64_t first = from->commits;
	if (to->commits - first > BENCH_FRAMES / 2) { // older ones may be overwritten
		first = to->commits - BENCH_FRAMES / 2;
	}
	printf(", \"frames_us\": [");
	for (uint64_t i = first; i < to->commits; i++) {
		struct bench_frame frame = client->busy->frames[i % BENCH_FRAMES];
		printf(
			"%s[%.1f, %.1f]", i > first ? ", " : "", frame.busy * tick_us, frame.commit * tick_us);
	}
	printf("]");
}

void client_report_print(const struct client *client) {
	printf("{\"first_commit_ns\": %" PRId64 ", \"first_callback_ns\": %" PRId64
		   ", \"first_light_ns\": %" PRId64
		   ", \"width\": %d, \"height\": %d, \"presentation\": %s, ",
		client->first_commit_ns, client->first_callback_ns, client->first_light_ns, client->width,
		client->height, client->presentation ? "true" : "false");
	if (client->latencies > 0) {
		printf("\"latency_us\": %.1f, \"latency_max_us\": %.1f, \"zero_copy\": %.3f, ",
			(double)client->latency_ns / 1e3 / (double)client->latencies,
			(double)client->latency_max_ns / 1e3,
			(double)client->zero_copy / (double)client->latencies);
	}
	printf("\"starved\": %" PRIu64 ", \"missed\": %" PRIu64 ", \"refresh_ns\": %" PRId64 ", ",
		client->starved, client->missed, client->refresh_ns);
	if (client->samples) {
		printf("\"latencies_us\": [");
		for (size_t i = 0; i < client->n_samples; i++) {
			printf("%s%.1f", i > 0 ? ", " : "", (double)client->samples[i] / 1e3);
		}
		printf("], ");
	}
	print_slices(client);
	if (client->n_slices > 0) {
		print_frames(client);
	}
}
