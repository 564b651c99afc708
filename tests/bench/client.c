// SPDX-License-Identifier: MIT
// bench-client: a fullscreen window of wl_shm or udmabuf memory, painted beforehand. Runs on every
// compositor with wl_compositor, wl_shm and xdg_wm_base; what else it uses it can do without.
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <wayland-client.h>

#include "client.h"

static const char usage[] =
	"usage: bench-client [OPTION...]\n"
	"  --memory shm|udmabuf  of the pictures\n"
	"  --damage full|WxH     what changes a frame\n"
	"  --pace frame|random   a commit a frame callback, or at random times\n"
	"  --events N            a commit for each of so many motions of a touch point\n"
	"  --warm-up S           before the measured time\n"
	"  --seconds S           the measured time\n"
	"  --server PID          the process whose CPU time is read\n"
	"  --busy FILE           written by bench-preload in the server\n"
	"  --first               end after the first frame\n"
	"  --hold                keep the picture up until standard input ends\n"
	"  --wait                for the compositor's socket\n";

bool client_complain(const char *format, ...) {
	char text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "bench-client: %s\n", text);
	return false;
}

int64_t client_now_ns(clockid_t clock) {
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool take_choice(bool *second, const char *value, const char *a, const char *b) {
	*second = strcmp(value, b) == 0;
	return *second || strcmp(value, a) == 0;
}

static bool take_option(struct client_options *options, int code, const char *value) {
	bool random;
	switch (code) {
	case 'm':
		return take_choice(&options->udmabuf, value, "shm", "udmabuf");
	case 'd':
		return strcmp(value, "full") == 0 ||
			(sscanf(value, "%" SCNu32 "x%" SCNu32, &options->box_width, &options->box_height) ==
					2 &&
				options->box_width > 0);
	case 'p':
		if (!take_choice(&random, value, "frame", "random")) {
			return false;
		}
		options->pace = random ? CLIENT_PACE_RANDOM : CLIENT_PACE_FRAME;
		return true;
	case 'e':
		options->pace = CLIENT_PACE_INPUT;
		options->events = strtoul(value, NULL, 10);
		return options->events > 0;
	case 'u':
		options->warm_up = atof(value);
		return true;
	case 's':
		options->seconds = atof(value);
		return options->seconds > 0;
	case 'P':
		options->server = (pid_t)atoi(value);
		return options->server > 0;
	case 'b':
		options->busy = value;
		return true;
	case 'f':
		options->first = true;
		return true;
	case 'h':
		options->hold = true;
		return true;
	case 'w':
		options->wait = true;
		return true;
	default:
		return false;
	}
}

static bool parse_options(struct client_options *options, int argc, char **argv) {
	static const struct option names[] = {
		{"memory", required_argument, NULL, 'm'},
		{"damage", required_argument, NULL, 'd'},
		{"pace", required_argument, NULL, 'p'},
		{"events", required_argument, NULL, 'e'},
		{"warm-up", required_argument, NULL, 'u'},
		{"seconds", required_argument, NULL, 's'},
		{"server", required_argument, NULL, 'P'},
		{"busy", required_argument, NULL, 'b'},
		{"first", no_argument, NULL, 'f'},
		{"hold", no_argument, NULL, 'h'},
		{"wait", no_argument, NULL, 'w'},
		{0},
	};
	*options = (struct client_options){.warm_up = 1, .seconds = 10};
	int code;
	while ((code = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (!take_option(options, code, optarg)) {
			fputs(usage, stderr);
			return false;
		}
	}
	return optind == argc || client_complain("unknown argument '%s'", argv[optind]);
}

static bool map_busy(struct client *client) {
	if (!client->options.busy) {
		return true;
	}
	int fd = open(client->options.busy, O_RDONLY | O_CLOEXEC);
	void *map =
		fd >= 0 ? mmap(NULL, sizeof(*client->busy), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (fd >= 0) {
		close(fd);
	}
	if (map == MAP_FAILED) {
		return client_complain("cannot map %s", client->options.busy);
	}
	client->busy = map;
	return true;
}

// Commits if it is time to and a buffer is free. Sets the time when it will be, -1 for an event.
static void step(struct client *client, bool *starving, int64_t *wake_ns) {
	*wake_ns = -1;
	if (client->callback) {
		return;
	}
	int64_t now_ns = client_now_ns(CLOCK_MONOTONIC);
	if (client->options.pace == CLIENT_PACE_RANDOM && now_ns < client->next_ns) {
		*wake_ns = client->next_ns;
		return;
	}
	if (client->options.pace == CLIENT_PACE_INPUT && client->frame > 0 &&
		client->n_answered == client->n_events) {
		return;
	}
	struct client_buffer *buffer = client_buffers_acquire(client);
	if (!buffer) {
		client->starved += !*starving;
		*starving = true;
		return;
	}
	*starving = false;
	client_commit(client, buffer);
	client->next_ns = now_ns + 50000000 + random() % 100000000;
}

// Draws until `done`, which is asked after every event.
static bool draw_until(struct client *client, bool (*done)(struct client *client)) {
	bool starving = false;
	while (!client->closed && !done(client)) {
		int64_t wake_ns;
		step(client, &starving, &wake_ns);
		if (!client_display_wait(client, -1, wake_ns)) {
			return false;
		}
	}
	return !client->closed || client_complain("the compositor closed the window");
}

static bool shown(struct client *client) {
	return client->first_callback_ns != 0 && (client->first_light_ns != 0 || !client->presentation);
}

// Without a commit, until standard input ends.
static bool hold(struct client *client) {
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	char byte;
	while (client_display_wait(client, STDIN_FILENO, -1)) {
		if (read(STDIN_FILENO, &byte, 1) == 0) {
			return true;
		}
	}
	return false;
}

static bool warmed_up(struct client *client) {
	return client_now_ns(CLOCK_MONOTONIC) >= client->warm_ns;
}

static bool measure(struct client *client) {
	client->warm_ns = client_now_ns(CLOCK_MONOTONIC) + (int64_t)(client->options.warm_up * 1e9);
	if (!draw_until(client, warmed_up)) {
		return false;
	}
	client->starved = 0;
	int64_t ticks = client->options.server ? client_report_ticks(client->options.server) : 0;
	if (!draw_until(client, client_report_sample)) {
		return false;
	}
	int64_t ticks_end = client->options.server ? client_report_ticks(client->options.server) : 0;
	if (ticks < 0 || ticks_end < 0) {
		return client_complain("the server is gone");
	}
	client_report_print(client);
	printf(
		", \"cpu_ms\": %.0f}\n", (double)(ticks_end - ticks) * 1e3 / (double)sysconf(_SC_CLK_TCK));
	fflush(stdout);
	return true;
}

static bool run(struct client *client) {
	if (!map_busy(client) || !client_display_init(client) || !client_buffers_init(client) ||
		!draw_until(client, shown)) {
		return false;
	}
	if (client->options.first) {
		client_report_print(client);
		printf("}\n");
		fflush(stdout);
	} else if (client->options.pace == CLIENT_PACE_INPUT) {
		if (!client_input_init(client) || !draw_until(client, client_input_done)) {
			return false;
		}
		client_input_print(client);
	} else if (!measure(client)) {
		return false;
	}
	return !client->options.hold || hold(client);
}

int main(int argc, char **argv) {
	static struct client client;
	if (!parse_options(&client.options, argc, argv)) {
		return 2;
	}
	srandom((unsigned)client_now_ns(CLOCK_MONOTONIC));
	// What is left goes with the process.
	bool ok = run(&client);
	if (client.display) {
		wl_display_disconnect(client.display);
	}
	return ok ? 0 : 1;
}
