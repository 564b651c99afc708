// SPDX-License-Identifier: MIT
// bench-flip: the least that a page flip costs. Shows three framebuffers in turn, at every vertical
// blank, with one property written a commit, and does nothing else: what a display server needs
// beyond this is its own doing. Needs to be DRM master.
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

#include "flip.h"

#define WARM_UP_NS 1000000000
#define SLICE_NS 500000000

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
	(void)seconds;
	(void)microseconds;
	(void)crtc;
	struct flip *flip = data;
	flip->pending = false;
}

// One commit, and its event.
static bool flip_once(struct flip *flip, drmModeAtomicReq *request) {
	drmModeAtomicSetCursor(request, 0);
	drmModeAtomicAddProperty(
		request, flip->plane, flip->prop_fb_id, flip->fbs[flip->flips % FLIP_FRAMEBUFFERS]);
	if (drmModeAtomicCommit(
			flip->fd, request, DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT, flip) != 0) {
		return flip_complain("cannot flip");
	}
	flip->pending = true;
	flip->flips++;
	drmEventContext context = {.version = 3, .page_flip_handler2 = handle_flip};
	while (flip->pending) {
		struct pollfd poll_fd = {.fd = flip->fd, .events = POLLIN};
		int64_t start_ns = flip_now_ns();
		int ready = poll(&poll_fd, 1, 1000);
		flip->waited_ns += flip_now_ns() - start_ns;
		if (ready < 0 && errno == EINTR) {
			continue;
		}
		if (ready <= 0 || drmHandleEvent(flip->fd, &context) != 0) {
			errno = ready == 0 ? ETIMEDOUT : errno;
			return flip_complain("no flip event");
		}
	}
	return true;
}

static bool flip_until(struct flip *flip, drmModeAtomicReq *request, int64_t end_ns) {
	while (flip_now_ns() < end_ns) {
		if (!flip_once(flip, request)) {
			return false;
		}
	}
	return true;
}

// Flips for one slice of the measured time and prints it: length in ns, frames twice (here a
// commit is a frame), busy ns, waits.
static bool measure_slice(struct flip *flip, drmModeAtomicReq *request, bool first) {
	uint64_t flips = flip->flips;
	int64_t start_ns = flip_now_ns(), waited_ns = flip->waited_ns;
	if (!flip_until(flip, request, start_ns + SLICE_NS)) {
		return false;
	}
	int64_t length_ns = flip_now_ns() - start_ns;
	flips = flip->flips - flips;
	printf("%s[%" PRId64 ", %" PRIu64 ", %" PRIu64 ", %" PRId64 ", %" PRIu64 "]", first ? "" : ", ",
		length_ns, flips, flips, length_ns - (flip->waited_ns - waited_ns), flips);
	return true;
}

static bool measure(struct flip *flip, double seconds) {
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	if (!request || !flip_until(flip, request, flip_now_ns() + WARM_UP_NS)) {
		drmModeAtomicFree(request);
		return false;
	}
	int64_t end_ns = flip_now_ns() + (int64_t)(seconds * 1e9), cpu_start_ns = cpu_ns();
	bool ok = true;
	printf("{\"slices\": [");
	for (bool first = true; ok && flip_now_ns() < end_ns; first = false) {
		ok = measure_slice(flip, request, first);
	}
	printf("], \"cpu_ms\": %.0f}\n", (double)(cpu_ns() - cpu_start_ns) / 1e6);
	drmModeAtomicFree(request);
	return ok;
}

static bool parse_options(struct flip_options *options, double *seconds, int argc, char **argv) {
	static const struct option names[] = {
		{"device", required_argument, NULL, 'd'},
		{"mode", required_argument, NULL, 'm'},
		{"seconds", required_argument, NULL, 's'},
		{"memory", required_argument, NULL, 'b'},
		{0},
	};
	int code;
	bool ok = true;
	while (ok && (code = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (code) {
		case 'd':
			options->device = optarg;
			break;
		case 'm':
			ok = sscanf(optarg, "%" SCNu32 "x%" SCNu32, &options->width, &options->height) == 2;
			break;
		case 's':
			*seconds = atof(optarg);
			ok = *seconds > 0;
			break;
		case 'b':
			options->udmabuf = strcmp(optarg, "udmabuf") == 0;
			ok = options->udmabuf || strcmp(optarg, "dumb") == 0;
			break;
		default:
			ok = false;
		}
	}
	ok = ok && options->device && optind == argc;
	if (!ok) {
		fprintf(stderr,
			"usage: bench-flip --device /dev/dri/cardN [--mode WxH] [--seconds S] "
			"[--memory dumb|udmabuf]\n");
	}
	return ok;
}

int main(int argc, char **argv) {
	struct flip_options options = {.device = getenv("VITRINE_TEST_DEVICE")};
	double seconds = 10;
	if (!parse_options(&options, &seconds, argc, argv)) {
		return 2;
	}
	// What is open goes with the process.
	static struct flip flip;
	return flip_open(&flip, &options) && measure(&flip, seconds) ? 0 : 1;
}
