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
	"  --memory shm|sealed|udmabuf  of the pictures: wl_shm, the same of sealed whole pages, "
	"dma-bufs\n"
	"  --damage full|WxH     what changes a frame\n"
	"  --pace frame|random   a commit a frame callback, or at random times\n"
	"  --events N            a commit for each of so many motions of a touch point\n"
	"  --window WxH          of that size instead of fullscreen\n"
	"  --windows N           that many: a toplevel that stays and N - 1 subsurfaces that change\n"
	"  --fence MS            pictures are done so long after their commit (udmabuf only)\n"
	"  --late MS             a commit so long after the frame callback\n"
	"  --seed N              of the random times\n"
	"  --warm-up S           before the measured time\n"
	"  --seconds S           the measured time\n"
	"  --server PID          the process whose CPU time is read\n"
	"  --busy FILE           written by bench-preload in the server\n"
	"  --first               end after the first frame\n"
	"  --hold                keep the picture up until standard input ends\n"
	"  --announce            say 'lit' on standard error when the first frame is there\n"
	"  --samples             report each latency\n"
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

static bool take_memory(enum client_memory *memory, const char *value) {
	static const char *const names[] = {
		[CLIENT_MEMORY_SHM] = "shm",
		[CLIENT_MEMORY_SEALED] = "sealed",
		[CLIENT_MEMORY_UDMABUF] = "udmabuf",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			*memory = (enum client_memory)i;
			return true;
		}
	}
	return false;
}

static bool take_option(struct client_options *options, int code, const char *value) {
	bool random;
	switch (code) {
	case 'm':
		return take_memory(&options->memory, value);
	case 'W':
		return sscanf(value, "%" SCNu32 "x%" SCNu32, &options->width, &options->height) == 2 &&
			options->width > 0 && options->height > 0;
	case 'n':
		options->windows = (uint32_t)strtoul(value, NULL, 10);
		return options->windows > 0 && options->windows <= CLIENT_MAX_WINDOWS;
	case 'F':
		options->fence_ms = (uint32_t)strtoul(value, NULL, 10);
		return options->fence_ms > 0;
	case 'L':
		options->late_ms = (uint32_t)strtoul(value, NULL, 10);
		return options->late_ms > 0;
	case 'S':
		options->seed = (uint32_t)strtoul(value, NULL, 10);
		return true;
	case 'a':
		options->announce = true;
		return true;
	case 'l':
		options->samples = true;
		return true;
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
		{"window", required_argument, NULL, 'W'},
		{"windows", required_argument, NULL, 'n'},
		{"fence", required_argument, NULL, 'F'},
		{"late", required_argument, NULL, 'L'},
		{"seed", required_argument, NULL, 'S'},
		{"announce", no_argument, NULL, 'a'},
		{"samples", no_argument, NULL, 'l'},
		{"warm-up", required_argument, NULL, 'u'},
		{"seconds", required_argument, NULL, 's'},
		{"server", required_argument, NULL, 'P'},
		{"busy", required_argument, NULL, 'b'},
		{"first", no_argument, NULL, 'f'},
		{"hold", no_argument, NULL, 'h'},
		{"wait", no_argument, NULL, 'w'},
		{0},
	};
	*options = (struct client_options){.windows = 1, .warm_up = 1, .seconds = 10};
	int code;
	while ((code = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (!take_option(options, code, optarg)) {
			fputs(usage, stderr);
			return false;
		}
	}
	if (options->fence_ms > 0 && options->memory != CLIENT_MEMORY_UDMABUF) {
		return client_complain("--fence needs --memory udmabuf: only dma-bufs have fences");
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
	*wake_ns = client_fence_run(client);
	if (client->callback) {
		return;
	}
	int64_t now_ns = client_now_ns(CLOCK_MONOTONIC);
	if (now_ns < client->ready_ns) {
		*wake_ns = client->ready_ns;
		return;
	}
	if (client->options.pace == CLIENT_PACE_RANDOM && now_ns < client->next_ns) {
		*wake_ns = client->next_ns;
		return;
	}
	if (client->options.pace == CLIENT_PACE_INPUT && client->frame > 0 &&
		client->n_answered == client->n_events) {
		return;
	}
	if (!client_commit(client)) {
		client->starved += !*starving;
		*starving = true;
		return;
	}
	*starving = false;
	*wake_ns = client_fence_run(client);
	int64_t refresh_ns = client->refresh_ns > 0 ? client->refresh_ns : 1000000000 / 60;
	client->next_ns = (client->next_ns > 0 ? client->next_ns : now_ns) +
		bench_random_step_ns(&client->random, refresh_ns);
	// After a pause it does not hurry.
	client->next_ns = client->next_ns > now_ns ? client->next_ns : now_ns;
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

static bool init_samples(struct client *client) {
	if (!client->options.samples) {
		return true;
	}
	client->cap_samples = (size_t)(client->options.seconds * 1000) + 1000;
	client->samples = calloc(client->cap_samples, sizeof(client->samples[0]));
	return client->samples || client_complain("out of memory");
}

static bool run(struct client *client) {
	client_fence_init(client);
	if (!map_busy(client) || !init_samples(client) || !client_display_init(client) ||
		!client_windows_init(client) || !client_buffers_init(client) ||
		!draw_until(client, shown)) {
		return false;
	}
	if (client->options.announce) {
		fprintf(stderr, "lit\n");
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
	client.random.state =
		client.options.seed ? client.options.seed : (uint32_t)client_now_ns(CLOCK_MONOTONIC);
	// What is left goes with the process.
	bool ok = run(&client);
	if (client.display) {
		wl_display_disconnect(client.display);
	}
	return ok ? 0 : 1;
}
