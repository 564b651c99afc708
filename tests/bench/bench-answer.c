// SPDX-License-Identifier: MIT
// bench-answer: the least time from an event of an input device to light. Reads the device in an epoll
// loop of its own and answers each report with another framebuffer, one property a commit. Needs to be
// DRM master.
//
// Prints one line of JSON: for each report the kernel's stamp, when it was read, and the time of the
// flip that showed the answer, ns of CLOCK_MONOTONIC.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "flip.h"

struct report {
	int64_t stamp_ns, read_ns, light_ns;
};

struct answer {
	struct flip flip;
	int input, epoll;
	drmModeAtomicReq *request;
	struct report *reports;
	size_t n_reports, wanted;
	size_t answered;       // reports that a commit was made for
	size_t lit, in_flight; // of those the ones whose flip came, and would with the one on its way
};

static bool open_input(struct answer *answer, const char *path) {
	answer->input = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int clock = CLOCK_MONOTONIC;
	if (answer->input < 0 || ioctl(answer->input, EVIOCSCLOCKID, &clock) != 0) {
		return flip_complain(path);
	}
	answer->epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event input = {.events = EPOLLIN, .data.fd = answer->input};
	struct epoll_event display = {.events = EPOLLIN, .data.fd = answer->flip.fd};
	if (answer->epoll < 0 || epoll_ctl(answer->epoll, EPOLL_CTL_ADD, answer->input, &input) != 0 ||
		epoll_ctl(answer->epoll, EPOLL_CTL_ADD, answer->flip.fd, &display) != 0) {
		return flip_complain("epoll");
	}
	return true;
}

static void handle_flip(
	int fd, unsigned sequence, unsigned seconds, unsigned microseconds, unsigned crtc, void *data) {
	(void)fd;
	(void)sequence;
	(void)crtc;
	struct answer *answer = data;
	int64_t light_ns = (int64_t)seconds * 1000000000 + (int64_t)microseconds * 1000;
	while (answer->lit < answer->in_flight) {
		answer->reports[answer->lit++].light_ns = light_ns;
	}
	answer->flip.pending = false;
}

static bool read_input(struct answer *answer) {
	struct input_event events[64];
	ssize_t size;
	while ((size = read(answer->input, events, sizeof(events))) > 0) {
		int64_t read_ns = flip_now_ns();
		for (size_t i = 0; i < (size_t)size / sizeof(events[0]); i++) {
			if (events[i].type == EV_SYN && events[i].code == SYN_REPORT &&
				answer->n_reports < answer->wanted) {
				int64_t stamp_ns = (int64_t)events[i].input_event_sec * 1000000000 +
					(int64_t)events[i].input_event_usec * 1000;
				answer->reports[answer->n_reports++] = (struct report){stamp_ns, read_ns, 0};
			}
		}
	}
	return (size < 0 && errno == EAGAIN) || flip_complain("cannot read the input device");
}

static bool show_next(struct answer *answer) {
	struct flip *flip = &answer->flip;
	drmModeAtomicSetCursor(answer->request, 0);
	drmModeAtomicAddProperty(answer->request, flip->plane, flip->prop_fb_id,
		flip->fbs[++flip->flips % FLIP_FRAMEBUFFERS]);
	if (drmModeAtomicCommit(flip->fd, answer->request,
			DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT, answer) != 0) {
		return flip_complain("cannot flip");
	}
	flip->pending = true;
	answer->answered = answer->in_flight = answer->n_reports;
	return true;
}

static bool answer_all(struct answer *answer) {
	drmEventContext context = {.version = 3, .page_flip_handler2 = handle_flip};
	while (answer->lit < answer->wanted) {
		struct epoll_event event;
		int n = epoll_wait(answer->epoll, &event, 1, 10000);
		if (n == 0) {
			errno = ETIMEDOUT;
		}
		if (n <= 0 && errno != EINTR) {
			return flip_complain("no more events");
		}
		if (n > 0 && event.data.fd == answer->input && !read_input(answer)) {
			return false;
		}
		if (n > 0 && event.data.fd != answer->input &&
			drmHandleEvent(answer->flip.fd, &context) != 0) {
			return flip_complain("cannot read flip events");
		}
		if (answer->n_reports > answer->answered && !answer->flip.pending && !show_next(answer)) {
			return false;
		}
	}
	return true;
}

static void print(const struct answer *answer) {
	printf("{\"reports\": [");
	for (size_t i = 0; i < answer->wanted; i++) {
		const struct report *report = &answer->reports[i];
		printf("%s[%" PRId64 ", %" PRId64 ", %" PRId64 "]", i > 0 ? ", " : "", report->stamp_ns,
			report->read_ns, report->light_ns);
	}
	printf("]}\n");
}

int main(int argc, char **argv) {
	static const struct option names[] = {
		{"mode", required_argument, NULL, 'm'},
		{"input", required_argument, NULL, 'i'},
		{"events", required_argument, NULL, 'e'},
		{0},
	};
	static struct answer answer;
	struct flip_options options = {.device = getenv("VITRINE_TEST_DEVICE"), .udmabuf = true};
	const char *input = NULL;
	int code;
	bool ok = true;
	while (ok && (code = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (code == 'm') {
			ok = sscanf(optarg, "%" SCNu32 "x%" SCNu32, &options.width, &options.height) == 2;
		} else if (code == 'i') {
			input = optarg;
		} else {
			ok = code == 'e' && (answer.wanted = strtoul(optarg, NULL, 10)) > 0;
		}
	}
	if (!ok || !options.device || !input || answer.wanted == 0 || optind != argc) {
		fprintf(stderr, "usage: bench-answer --mode WxH --input /dev/input/eventN --events N\n");
		return 2;
	}
	answer.reports = calloc(answer.wanted, sizeof(answer.reports[0]));
	answer.request = drmModeAtomicAlloc();
	// What is open goes with the process.
	if (!answer.reports || !answer.request || !flip_open(&answer.flip, &options) ||
		!open_input(&answer, input)) {
		return 1;
	}
	fprintf(stderr, "ready\n");
	if (!answer_all(&answer)) {
		return 1;
	}
	print(&answer);
	return 0;
}
