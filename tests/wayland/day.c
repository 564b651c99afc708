// SPDX-License-Identifier: MIT
// A day of kiosk life in as many cycles: a screenshot a minute, and between them apps that crash or end,
// displays, the device and the session that come and go, screens that sleep until a key is pressed, and
// configurations that are read anew. The server's memory, its file descriptors, and the cgroups are at the end
// where they were at the beginning.
//
// VITRINE_MINUTES: of the day; VITRINE_SEED: where the random numbers begin.
#include <linux/input-event-codes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps-fixture.h"
#include "other-session.h"
#include "plug-fixture.h"
#include "uinput.h"

enum {
	MINUTES = 30,
	PARTS = 10,        // of the day, which the table has a line for
	MAX_PART = 1000,   // minutes
	GROWTH_KIB = 2048, // of the median of the first part to that of the last
};

enum event {
	EVENT_CRASH,
	EVENT_EXIT,
	EVENT_RELOAD,
	EVENT_REPLUG,
	EVENT_SLEEP,
	EVENT_SESSION,
	EVENT_DEVICE,
	EVENT_COUNT,
};

static const struct {
	const char *name;
	int weight; // of 100 minutes; in the others nothing happens
} events[EVENT_COUNT] = {
	[EVENT_CRASH] = {"crashes", 15},
	[EVENT_EXIT] = {"exits", 10},
	[EVENT_RELOAD] = {"reloads", 10},
	[EVENT_REPLUG] = {"replugs", 15},
	[EVENT_SLEEP] = {"sleeps", 8},
	[EVENT_SESSION] = {"sessions", 3},
	[EVENT_DEVICE] = {"devices", 2},
};

struct app { // of the configuration
	const char *name;
	int64_t restarts;
};

enum figure { RSS, FDS, CGROUPS, FIGURES };

struct day {
	struct plugs plugs;
	struct app apps[2]; // the first one ends with 0 when it is asked to, the second draws only once
	struct test_device keyboard;
	int scale;         // of the second display, in the configuration
	uint32_t sessions; // that were there, besides the server's
	int counts[EVENT_COUNT];
	int figures[FIGURES][MAX_PART]; // of this part of the day
	int n;
	int medians[PARTS][FIGURES];
	int lowest[FIGURES]; // of the second half, as far as it is over; before, of the last part
};

static char painter[512], screenshot[64];
static uint32_t random_state;

static int pick(int n) {
	random_state = random_state * 1664525 + 1013904223;
	return (int)((random_state >> 8) % (uint32_t)n);
}

// ---- The server ----

static void configure(const struct day *day, int off_after) {
	char text[2048];
	snprintf(text, sizeof(text),
		"[output *]\nmode = " TEST_MODE "\n"
		"[output Virtual-2]\nmode = " TEST_MODE "\ntransform = 90\nscale = %d\n"
		"[idle]\noff-after = %d\n"
		"[app signage]\ncommand = vitrine-testcard --memory shm --rate 10\noutput = Virtual-1\n"
		"restart-pause = 0\nready-within = 60\n"
		"[app panel]\ncommand = %s 5\noutput = Virtual-2\n"
		"restart-pause = 0\nready-within = 60\n",
		day->scale, off_after, painter);
	plugs_write_configuration(text);
}

static void vitrinectl(struct day *day, const char *command) {
	char line[256];
	snprintf(line, sizeof(line), "vitrinectl --socket %s %s", day->plugs.server.socket, command);
	if (system(line) != 0) {
		fail_msg("vitrinectl %s", command);
	}
}

static void wait_apps(struct day *day) {
	for (int i = 0; i < 2; i++) {
		struct app *app = &day->apps[i];
		struct app_seen seen =
			apps_wait(&day->plugs.server, &day->plugs.control, app->name, "running", app->restarts);
		assert_int_equal(seen.restarts, app->restarts); // and no others
	}
}

// Of both displays, in whichever order.
static void expect_both(struct day *day, const char *what) {
	struct plugs *plugs = &day->plugs;
	size_t mark = plugs->mark, last = mark;
	for (int i = 0; i < PLUGS_DISPLAYS; i++) {
		char line[64];
		snprintf(line, sizeof(line), "Virtual-%d: %s\n", i + 1, what);
		plugs->mark = mark;
		plugs_expect(plugs, line);
		last = plugs->mark > last ? plugs->mark : last;
	}
	plugs->mark = last;
}

// ---- What happens ----

static void end_app(struct day *day, struct app *app, int signal) {
	struct app_seen seen = apps_look(&day->plugs.control, app->name);
	assert_int_equal(kill(seen.pid, signal), 0);
	app->restarts++;
	wait_apps(day);
}

// By which screens stay lit. What follows in the log is of this configuration.
static void stay_lit(struct day *day) {
	configure(day, 0);
	vitrinectl(day, "reload");
	plugs_expect(&day->plugs, "the configuration was read anew\n");
}

static void reload(struct day *day) {
	day->scale = 3 - day->scale;
	stay_lit(day);
}

static void sleep_and_wake(struct day *day) {
	configure(day, 1);
	vitrinectl(
		day, "reload"); // nobody has touched anything, so screens may go off before it is done
	expect_both(day, "off");
	test_device_key(&day->keyboard, KEY_A, true);
	test_device_key(&day->keyboard, KEY_A, false);
	expect_both(day, "on");
	stay_lit(day);
}

#ifdef HAVE_LIBSEAT
static void switch_session(struct day *day) {
	if (!other_session_is_possible()) {
		return;
	}
	struct other_session other;
	other_session_begin(&other, &day->plugs.control, ++day->sessions);
	plugs_leave(&day->plugs);
	other_session_show(&other);
	other_session_end(&other);
	plugs_return(&day->plugs);
}
#else
static void switch_session(struct day *day) {
	(void)day;
}
#endif

static void happen(struct day *day, enum event event) {
	int which = pick(2);
	day->counts[event]++;
	switch (event) {
	case EVENT_CRASH:
		end_app(day, &day->apps[which], SIGKILL);
		break;
	case EVENT_EXIT:
		end_app(day, &day->apps[0], SIGTERM);
		break;
	case EVENT_RELOAD:
		reload(day);
		break;
	case EVENT_REPLUG:
		plugs_unplug(&day->plugs, which);
		plugs_plug(&day->plugs, which);
		break;
	case EVENT_SLEEP:
		sleep_and_wake(day);
		break;
	case EVENT_SESSION:
		switch_session(day);
		break;
	case EVENT_DEVICE:
		plugs_unplug_device(&day->plugs);
		plugs_plug_device(&day->plugs);
		break;
	case EVENT_COUNT:
		break;
	}
}

// ---- A minute ----

static void take_screenshot(struct day *day) {
	char command[128];
	struct stat st;
	snprintf(
		command, sizeof(command), "screenshot --output Virtual-%d %s", 1 + pick(2), screenshot);
	vitrinectl(day, command);
	assert_int_equal(stat(screenshot, &st), 0);
	assert_true(st.st_size > 0);
	assert_int_equal(unlink(screenshot), 0);
}

static void pass_minute(struct day *day) {
	int chance = pick(100);
	for (int e = 0; e < EVENT_COUNT; e++) {
		if (chance >= 0 && chance < events[e].weight) {
			happen(day, (enum event)e);
		}
		chance -= events[e].weight;
	}
	take_screenshot(day);
	wait_apps(day);
	const struct test_server *server = &day->plugs.server;
	assert_true(day->n < MAX_PART);
	day->figures[RSS][day->n] = test_server_rss_kib(server);
	day->figures[FDS][day->n] = test_server_count(server).fds;
	day->figures[CGROUPS][day->n] = apps_count_cgroups(server);
	day->n++;
}

static int compare_ints(const void *a, const void *b) {
	return *(const int *)a - *(const int *)b;
}

static void end_part(struct day *day, int part) {
	for (int f = 0; f < FIGURES; f++) {
		qsort(day->figures[f], (size_t)day->n, sizeof(int), compare_ints);
		day->medians[part][f] = day->figures[f][day->n / 2];
		if (part <= PARTS / 2 || day->figures[f][0] < day->lowest[f]) {
			day->lowest[f] = day->figures[f][0];
		}
	}
	print_message("%4d%% %8d KiB %5d fds %3d cgroups", 100 * (part + 1) / PARTS,
		day->medians[part][RSS], day->medians[part][FDS], day->medians[part][CGROUPS]);
	for (int e = 0; e < EVENT_COUNT; e++) {
		print_message("%s %d %s", e > 0 ? "," : ";", day->counts[e], events[e].name);
	}
	print_message("\n");
	day->n = 0;
}

// ---- The day ----

static void start(struct day *day) {
	static char name[32];
	struct plugs *plugs = &day->plugs;
	day->scale = 1;
	day->apps[0].name = "signage";
	day->apps[1].name = "panel";
	configure(day, 0);
	snprintf(name, sizeof(name), "day-%d", (int)getpid());
	plugs_launch_with(plugs, name, apps_launch);
	plugs_expect(plugs, "ready\n");
	test_client_connect(&plugs->control, &plugs->server);
	for (int i = 0; i < plugs->n; i++) {
		plugs->plugged[i] = plugs->lit[i] = true;
	}
	test_device_init_keyboard(&day->keyboard, &plugs->server, "day keyboard", NULL);
	wait_apps(day);
}

static void test_day(void **state) {
	(void)state;
	static struct day day;
	const char *given = getenv("VITRINE_MINUTES"), *seed = getenv("VITRINE_SEED");
	int minutes = given ? atoi(given) : MINUTES;
	random_state = seed ? (uint32_t)strtoul(seed, NULL, 10) : 1;
	print_message("%d minutes from VITRINE_SEED=%u\n", minutes, random_state);
	start(&day);
	for (int e = 0; e < EVENT_COUNT; e++) { // what is kept for ever is there then
		happen(&day, (enum event)e);
		take_screenshot(&day);
	}
	memset(day.counts, 0, sizeof(day.counts));
	for (int part = 0; part < PARTS; part++) {
		for (int i = minutes * part / PARTS; i < minutes * (part + 1) / PARTS; i++) {
			pass_minute(&day);
		}
		end_part(&day, part);
	}
	const int *first = day.medians[0], *last = day.medians[PARTS - 1];
	assert_true(last[RSS] - first[RSS] < GROWTH_KIB);
	// Whoever has just left may still hold something at one moment, and not at all of half a day.
	assert_true(day.lowest[FDS] <= first[FDS]);
	assert_true(day.lowest[CGROUPS] <= 2);
	test_device_finish(&day.keyboard, NULL);
	test_client_disconnect(&day.plugs.control);
	test_server_stop(&day.plugs.server);
	apps_assert_nothing_left();
}

int main(void) {
	test_guard(getenv("VITRINE_MINUTES") ? 7100 : 170);
	test_need_layout("dual");
	plugs_init();
	ssize_t n = readlink("/proc/self/exe", painter, sizeof(painter) - 16);
	assert_true(n > 0);
	painter[n] = '\0';
	strcpy(strrchr(painter, '/'), "/painter");
	snprintf(screenshot, sizeof(screenshot), "/tmp/vitrine-day-%d.png", (int)getpid());
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_day)};
	return cmocka_run_group_tests_name("day", tests, NULL, NULL);
}
