// SPDX-License-Identifier: MIT
// vitrine-testcard: shows test pictures from memory of any kind. See vitrine-testcard(1).
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "shared/display.h"
#include "shared/report.h"
#include "shared/window.h"
#include "testcard-buffers.h"
#include "testcard-options.h"
#include "testcard-picture.h"

struct testcard {
	struct testcard_options options;
	struct client_display display;
	struct client_window window;
	struct testcard_buffers buffers;
	struct testcard_picture picture;
	int timer_fd;     // -1 without --rate
	bool due;         // the timer says that a picture is due
	uint32_t frame;   // number of the next picture
	uint64_t waits;   // times that all buffers were busy when a picture was due
	uint64_t skipped; // ticks of the timer that brought no picture
	bool waiting;
};

static bool start_timer(struct testcard *card) {
	card->timer_fd = -1;
	if (card->options.rate_mhz == 0) {
		return true;
	}
	card->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	long long period_ns = 1000000000000 / card->options.rate_mhz;
	struct itimerspec spec = {
		.it_value = {.tv_nsec = 1},
		.it_interval = {.tv_sec = period_ns / 1000000000, .tv_nsec = period_ns % 1000000000},
	};
	if (card->timer_fd < 0 || timerfd_settime(card->timer_fd, 0, &spec, NULL) < 0) {
		client_report("cannot make a timer: %s", strerror(errno));
		return false;
	}
	return true;
}

static void read_timer(struct testcard *card) {
	uint64_t ticks = 0;
	if (card->timer_fd < 0 || read(card->timer_fd, &ticks, sizeof(ticks)) != sizeof(ticks)) {
		return;
	}
	card->skipped += ticks - 1 + card->due;
	card->due = true;
}

// The size of the pictures: the one asked for, else as configured.
static void wanted_size(const struct testcard *card, uint32_t *width, uint32_t *height) {
	*width = card->options.width;
	*height = card->options.height;
	if (*width == 0) {
		bool known = card->window.width > 0 && card->window.height > 0;
		*width = known ? card->window.width : 640;
		*height = known ? card->window.height : 480;
	}
}

// Takes buffers of the right size into use. True if there is nothing to change, too.
static bool adapt_size(struct testcard *card) {
	uint32_t width, height;
	wanted_size(card, &width, &height);
	if (card->buffers.len > 0 && card->picture.width == width && card->picture.height == height) {
		return true;
	}
	const struct testcard_options *options = &card->options;
	card->picture = (struct testcard_picture){
		.format = options->format,
		.width = width,
		.height = height,
		.pattern = options->pattern,
		.color = options->color,
		.alpha = options->alpha,
		.coding = options->coding,
		.box_width = options->box_width < width ? options->box_width : width,
		.box_height = options->box_height < height ? options->box_height : height,
	};
	bool opaque =
		options->opaque_region && (!format_info(options->format)->alpha || options->alpha == 255);
	client_window_set_opaque(&card->window, opaque ? width : 0, opaque ? height : 0);
	if (card->options.width > 0) {
		client_window_fix_size(&card->window, width, height);
	}
	return testcard_buffers_allocate(
		&card->buffers, &card->display, &card->picture, options->buffers);
}

static void show_frame(struct testcard *card, struct testcard_buffer *buffer) {
	const struct testcard_picture *picture = &card->picture;
	struct client_rect damage = {0, 0, (int32_t)picture->width, (int32_t)picture->height};
	// A buffer that is new brings a whole picture onto the screen.
	if (card->options.damage != TESTCARD_DAMAGE_FULL && buffer->drawn) {
		struct testcard_rect changes = testcard_picture_changes(picture);
		damage = (struct client_rect){(int32_t)changes.x, (int32_t)changes.y,
			(int32_t)changes.width, (int32_t)changes.height};
	}
	testcard_buffers_draw(buffer, picture, card->frame);
	client_window_commit(&card->window, &buffer->buffer, &damage, card->frame);
	card->frame++;
	card->due = false;
}

static bool finished(const struct testcard *card) {
	return card->options.frames > 0 && card->frame >= card->options.frames;
}

// Shows a picture if one is due and a buffer is free.
static bool step(struct testcard *card) {
	bool due = card->timer_fd >= 0 ? card->due : !card->window.frame;
	if (!due || finished(card)) {
		return true;
	}
	if (!adapt_size(card)) {
		return false;
	}
	struct testcard_buffer *buffer = testcard_buffers_acquire(&card->buffers);
	if (!buffer) {
		card->waits += !card->waiting;
		card->waiting = true;
		return true;
	}
	card->waiting = false;
	show_frame(card, buffer);
	return true;
}

static bool ended(const struct testcard *card) {
	return card->display.stop || card->window.closed || (finished(card) && !card->options.hold);
}

static bool run(struct testcard *card) {
	struct pollfd timer = {.fd = card->timer_fd, .events = POLLIN};
	while (!ended(card)) {
		if (!step(card)) {
			return false;
		}
		if (ended(card)) {
			break;
		}
		bool timed = card->timer_fd >= 0 && !finished(card);
		if (!client_display_wait(&card->display, &timer, timed ? 1 : 0, -1)) {
			return false;
		}
		read_timer(card);
	}
	// What is still on its way belongs to the summary.
	return client_window_drain(&card->window);
}

static bool run_with_window(struct testcard *card) {
	struct client_window_options options = {
		.app_id = card->options.app_id,
		.title = card->options.title,
		.fullscreen = card->options.width == 0,
		.verbose = card->options.verbose,
	};
	if (!client_window_init(&card->window, &card->display, &options)) {
		return false;
	}
	bool ok = true;
	if (card->options.has_coding &&
		!client_window_set_coding(&card->window, card->options.coding)) {
		client_report("the compositor cannot be told that the picture is %s: it lacks "
					  "wp_color_representation_v1, or this coding; leave out --coding",
			format_coding_name(card->options.coding));
		ok = false;
	}
	ok = ok && start_timer(card) && run(card);
	if (ok && card->options.stats) {
		printf("memory=%s waits=%llu skipped=%llu ",
			client_memory_name(card->buffers.allocator.kind), (unsigned long long)card->waits,
			(unsigned long long)card->skipped);
		client_stats_print(&card->window.stats);
	}
	if (card->timer_fd >= 0) {
		close(card->timer_fd);
	}
	client_window_finish(&card->window);
	return ok;
}

int main(int argc, char *argv[]) {
	static struct testcard card;
	if (!testcard_options_parse(&card.options, argc, argv)) {
		return CLIENT_EXIT_USAGE;
	}
	if (card.options.help) {
		testcard_options_help();
		return CLIENT_EXIT_OK;
	}
	if (card.options.version) {
		printf("vitrine-testcard %s\n", VITRINE_VERSION);
		return CLIENT_EXIT_OK;
	}
	if (!client_display_connect(&card.display, NULL, CLIENT_WANT_WINDOW)) {
		return CLIENT_EXIT_FAILURE;
	}
	bool ok = testcard_buffers_init(&card.buffers, &card.display, &card.options);
	if (ok) {
		ok = run_with_window(&card);
		testcard_buffers_finish(&card.buffers);
	}
	// What a signal cut short is no failure.
	ok = ok || card.display.stop;
	client_display_finish(&card.display);
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}
