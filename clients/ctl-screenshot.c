// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl-png.h"
#include "ctl.h"
#include "shared/display.h"
#include "shared/memory.h"
#include "shared/report.h"
#include "vitrine-control-v1-client-protocol.h"

struct answer {
	bool came;
	int fd; // -1 if there is no picture
	struct ctl_picture picture;
};

static void handle_done(void *data, struct vitrine_capture_v1 *capture, int32_t fd, uint32_t width,
	uint32_t height, uint32_t stride, uint32_t format, uint32_t source) {
	(void)capture;
	(void)source;
	struct answer *answer = data;
	if (answer->came) {
		close(fd);
		return;
	}
	answer->came = true;
	answer->fd = fd;
	answer->picture =
		(struct ctl_picture){.format = format, .width = width, .height = height, .stride = stride};
}

static void handle_failed(void *data, struct vitrine_capture_v1 *capture, const char *reason) {
	(void)capture;
	struct answer *answer = data;
	answer->came = true;
	client_report("no screenshot: %s", reason);
}

static const struct vitrine_capture_v1_listener capture_listener = {
	.done = handle_done,
	.failed = handle_failed,
};

static bool wait_for_answer(struct client_display *display, const struct answer *answer) {
	int64_t deadline = client_now_ns(CLOCK_MONOTONIC) + CTL_TIMEOUT_NS;
	while (!answer->came && !display->stop) {
		int64_t left_ms = (deadline - client_now_ns(CLOCK_MONOTONIC)) / 1000000;
		if (left_ms <= 0) {
			client_report("no screenshot within %d s: is the display switched on? "
						  "'vitrinectl status' tells; '--source composed' does without it",
				(int)(CTL_TIMEOUT_NS / 1000000000));
			return false;
		}
		if (!client_display_wait(display, NULL, 0, (int)left_ms)) {
			return false;
		}
	}
	return answer->came;
}

static bool save(struct answer *answer, const char *file) {
	off_t size = lseek(answer->fd, 0, SEEK_END);
	if (size <= 0) {
		client_report("the compositor sent a picture that cannot be read: %s", strerror(errno));
		return false;
	}
	void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, answer->fd, 0);
	if (data == MAP_FAILED) {
		client_report("cannot map the picture: %s", strerror(errno));
		return false;
	}
	struct client_memory memory = {
		.fd = answer->fd, .is_dmabuf = true, .size = (size_t)size, .map = data, .drm_fd = -1};
	answer->picture.data = data;
	answer->picture.size = memory.size;
	client_memory_begin(&memory, false);
	bool ok = ctl_png_save(&answer->picture, file);
	client_memory_end(&memory, false);
	munmap(data, memory.size);
	return ok;
}

int ctl_screenshot(struct client_display *display, const struct ctl_options *options) {
	struct answer answer = {.fd = -1};
	struct vitrine_capture_v1 *capture =
		vitrine_control_v1_capture_output(display->control, options->output, options->source);
	if (!capture) {
		client_report("out of memory");
		return CLIENT_EXIT_FAILURE;
	}
	vitrine_capture_v1_add_listener(capture, &capture_listener, &answer);
	bool ok = wait_for_answer(display, &answer) && answer.fd >= 0;
	vitrine_capture_v1_destroy(capture);
	ok = ok && save(&answer, options->file);
	if (answer.fd >= 0) {
		close(answer.fd);
	}
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}
