// SPDX-License-Identifier: MIT
// bench-flip: the least that a page flip costs. Shows three framebuffers in turn, at every vertical
// blank or at random times, with one property written a commit, and does nothing else: what a display
// server needs beyond this is its own doing. Needs to be DRM master.
//
// --take ID,ID flips framebuffers of a server that runs, once it has ended: it says 'taken' when it has them, and
// begins when standard input ends.
//
// Prints one line of JSON with the same names as bench-client's.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "busy.h"
#include "flip.h"
#include "random.h"

#define WARM_UP_NS 1000000000
#define SLICE_NS 500000000
#define AFTER_FLIP_MS 4

struct options {
	struct flip_options flip;
	double seconds;
	bool random;
	uint32_t seed;
};

// Totals since the start.
struct bench {
	struct flip flip;
	drmModeAtomicReq *request;
	int64_t refresh_ns;
	struct bench_random random;
	int64_t next_ns, shown_ns; // of random times; when the newest frame was shown, 0: none
	uint64_t waited, commit;   // ticks
	uint64_t missed;           // refreshes
	int64_t *samples;          // latencies, ns
	size_t n_samples, cap_samples;
	uint64_t frame_busy;                     // ticks, not waited, when the last frame was committed
	struct bench_frame frames[BENCH_FRAMES]; // the newest of the measured time
	size_t n_frames;
	bool counts; // in the measured time
};

static int64_t cpu_ns(void) {
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
		((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static void handle_flip(
	int fd, unsigned sequence, unsigned seconds, unsigned microseconds, unsigned crtc, void *data) {
	(void)fd;
	(void)sequence;
	(void)crtc;
	struct bench *bench = data;
	bench->flip.pending = false;
	int64_t shown_ns = (int64_t)seconds * 1000000000 + (int64_t)microseconds * 1000;
	int64_t refreshes = (shown_ns - bench->shown_ns + bench->refresh_ns / 2) / bench->refresh_ns;
	if (bench->counts && bench->shown_ns > 0 && bench->next_ns == 0 && refreshes > 1) {
		bench->missed += (uint64_t)refreshes - 1;
	}
	bench->shown_ns = shown_ns;
}

static bool wait_for_flip(struct bench *bench) {
	drmEventContext context = {.version = 3, .page_flip_handler2 = handle_flip};
	while (bench->flip.pending) {
		struct pollfd poll_fd = {.fd = bench->flip.fd, .events = POLLIN};
		uint64_t start = bench_ticks();
		int ready = poll(&poll_fd, 1, 1000);
		bench->waited += bench_ticks() - start;
		if (ready < 0 && errno == EINTR) {
			continue;
		}
		if (ready <= 0 || drmHandleEvent(bench->flip.fd, &context) != 0) {
			errno = ready == 0 ? ETIMEDOUT : errno;
			return flip_complain("no flip event");
		}
	}
	return true;
}

// Servers commit some time after a flip, when the framebuffer that left the screen has been unmapped.
static void wait_as_servers(struct bench *bench) {
	uint64_t start = bench_ticks();
	poll(NULL, 0, AFTER_FLIP_MS);
	bench->waited += bench_ticks() - start;
}

// Until it is time for the next commit at a random time. Returns when that is made.
static int64_t wait_for_turn(struct bench *bench) {
	int64_t now_ns = flip_now_ns();
	bench->next_ns = (bench->next_ns > 0 ? bench->next_ns : now_ns) +
		bench_random_step_ns(&bench->random, bench->refresh_ns);
	while (now_ns < bench->next_ns) {
		// In ms, as a client with an event loop waits.
		uint64_t start = bench_ticks();
		poll(NULL, 0, (int)((bench->next_ns - now_ns + 999999) / 1000000));
		bench->waited += bench_ticks() - start;
		now_ns = flip_now_ns();
	}
	return now_ns;
}

static void note_frame(struct bench *bench, uint64_t now, uint64_t commit) {
	uint64_t busy = now - bench->waited;
	if (bench->counts) {
		bench->frames[bench->n_frames++ % BENCH_FRAMES] = (struct bench_frame){
			.busy = (uint32_t)(busy - bench->frame_busy), .commit = (uint32_t)commit};
	}
	bench->frame_busy = busy;
}

// One commit, and its event.
static bool flip_once(struct bench *bench, bool random) {
	struct flip *flip = &bench->flip;
	int64_t commit_ns = random ? wait_for_turn(bench) : 0;
	if (flip->taken) {
		wait_as_servers(bench);
	}
	drmModeAtomicSetCursor(bench->request, 0);
	drmModeAtomicAddProperty(bench->request, flip->plane, flip->prop_fb_id,
		flip->fbs[flip->flips % (uint64_t)flip->n_fbs]);
	uint64_t start = bench_ticks();
	if (drmModeAtomicCommit(flip->fd, bench->request,
			DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT, bench) != 0) {
		return flip_complain("cannot flip");
	}
	uint64_t end = bench_ticks();
	bench->commit += end - start;
	note_frame(bench, end, end - start);
	flip->pending = true;
	flip->flips++;
	if (!wait_for_flip(bench)) {
		return false;
	}
	if (random && bench->counts && bench->n_samples < bench->cap_samples) {
		bench->samples[bench->n_samples++] = bench->shown_ns - commit_ns;
	}
	return true;
}

// Flips for `ns`.
static bool flip_for(struct bench *bench, int64_t ns, bool random) {
	// The clock is read rarely: each time is a system call.
	int64_t end_ns = flip_now_ns() + ns;
	while (bench->shown_ns < end_ns) {
		if (!flip_once(bench, random)) {
			return false;
		}
	}
	return true;
}

// Flips for one slice of the measured time and prints it: length in ns, frames twice (here a
// commit is a frame), busy ns, waits, ns in commits, commits.
static bool measure_slice(struct bench *bench, bool random, bool first) {
	uint64_t flips = bench->flip.flips, waited = bench->waited, commit = bench->commit;
	uint64_t start = bench_ticks();
	int64_t start_ns = flip_now_ns();
	if (!flip_for(bench, SLICE_NS, random)) {
		return false;
	}
	uint64_t ticks = bench_ticks() - start;
	int64_t length_ns = flip_now_ns() - start_ns;
	double tick_ns = (double)length_ns / (double)ticks;
	flips = bench->flip.flips - flips;
	printf("%s[%" PRId64 ", %" PRIu64 ", %" PRIu64 ", %.0f, %" PRIu64 ", %.0f, %" PRIu64 ", 0, 0]",
		first ? "" : ", ", length_ns, flips, flips,
		(double)(ticks - (bench->waited - waited)) * tick_ns, flips,
		(double)(bench->commit - commit) * tick_ns, flips);
	return true;
}

static void print_frames(const struct bench *bench, double tick_us) {
	size_t count = bench->n_frames < BENCH_FRAMES ? bench->n_frames : BENCH_FRAMES;
	printf("\"frames_us\": [");
	for (size_t i = 0; i < count; i++) {
		printf("%s[%.1f, %.1f]", i > 0 ? ", " : "", bench->frames[i].busy * tick_us,
			bench->frames[i].commit * tick_us);
	}
	printf("], ");
}

static void print_samples(const struct bench *bench) {
	printf("\"latencies_us\": [");
	for (size_t i = 0; i < bench->n_samples; i++) {
		printf("%s%.1f", i > 0 ? ", " : "", (double)bench->samples[i] / 1e3);
	}
	printf("]");
}

static bool measure(struct bench *bench, const struct options *options) {
	const drmModeModeInfo *mode = &bench->flip.mode;
	bench->refresh_ns = (int64_t)mode->htotal * mode->vtotal * 1000000 / mode->clock;
	bench->random.state = options->seed;
	bench->cap_samples = (size_t)(options->seconds * 1000) + 1000;
	bench->samples = calloc(bench->cap_samples, sizeof(bench->samples[0]));
	bench->request = drmModeAtomicAlloc();
	if (!bench->samples || !bench->request || !flip_for(bench, WARM_UP_NS, options->random)) {
		return false;
	}
	uint64_t ticks = bench_ticks();
	int64_t start_ns = flip_now_ns(), end_ns = start_ns + (int64_t)(options->seconds * 1e9);
	int64_t cpu_start_ns = cpu_ns();
	bool ok = true;
	bench->counts = true;
	printf("{\"slices\": [");
	for (bool first = true; ok && flip_now_ns() < end_ns; first = false) {
		ok = measure_slice(bench, options->random, first);
	}
	printf("], ");
	ticks = bench_ticks() - ticks;
	print_frames(bench, (double)(flip_now_ns() - start_ns) / 1e3 / (double)ticks);
	print_samples(bench);
	printf(", \"missed\": %" PRIu64 ", \"refresh_ns\": %" PRId64 ", \"cpu_ms\": %.0f}\n",
		bench->missed, bench->refresh_ns, (double)(cpu_ns() - cpu_start_ns) / 1e6);
	return ok;
}

// Numbers with commas between them.
static bool take_ids(struct flip_options *options, const char *value) {
	const char *at = value;
	while (options->n_taken < FLIP_MAX_TAKEN) {
		char *end;
		unsigned long id = strtoul(at, &end, 10);
		if (end == at || id == 0) {
			return false;
		}
		options->taken[options->n_taken++] = (uint32_t)id;
		if (*end != ',') {
			return *end == '\0';
		}
		at = end + 1;
	}
	return false;
}

static bool take_option(struct options *options, int code, const char *value) {
	switch (code) {
	case 'd':
		options->flip.device = value;
		return true;
	case 'm':
		return sscanf(value, "%" SCNu32 "x%" SCNu32, &options->flip.width, &options->flip.height) ==
			2;
	case 's':
		options->seconds = atof(value);
		return options->seconds > 0;
	case 'b':
		options->flip.udmabuf = strcmp(value, "udmabuf") == 0;
		return options->flip.udmabuf || strcmp(value, "dumb") == 0;
	case 'p':
		options->random = strcmp(value, "random") == 0;
		return options->random || strcmp(value, "frame") == 0;
	case 'S':
		options->seed = (uint32_t)strtoul(value, NULL, 10);
		return true;
	case 't':
		return take_ids(&options->flip, value);
	default:
		return false;
	}
}

static bool parse_options(struct options *options, int argc, char **argv) {
	static const struct option names[] = {
		{"device", required_argument, NULL, 'd'},
		{"mode", required_argument, NULL, 'm'},
		{"seconds", required_argument, NULL, 's'},
		{"memory", required_argument, NULL, 'b'},
		{"pace", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 'S'},
		{"take", required_argument, NULL, 't'},
		{0},
	};
	int code;
	bool ok = true;
	while (ok && (code = getopt_long(argc, argv, "", names, NULL)) != -1) {
		ok = take_option(options, code, optarg);
	}
	ok = ok && options->flip.device && optind == argc;
	if (!ok) {
		fprintf(stderr,
			"usage: bench-flip --device /dev/dri/cardN [--mode WxH] [--seconds S] "
			"[--memory dumb|udmabuf] [--pace frame|random] [--seed N] [--take ID,ID]\n");
	}
	return ok;
}

int main(int argc, char **argv) {
	struct options options = {.flip.device = getenv("VITRINE_TEST_DEVICE"), .seconds = 10};
	if (!parse_options(&options, argc, argv)) {
		return 2;
	}
	// What is open goes with the process.
	static struct bench bench;
	return flip_open(&bench.flip, &options.flip) && measure(&bench, &options) ? 0 : 1;
}
